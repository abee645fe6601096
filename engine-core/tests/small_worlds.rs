//! Every world of up to three agents, against the oracle: online or not, 0 to 2 sessions now, 0 or
//! 1 given, no limit or one of 1 or 2, every strategy, forced or not, every turn, and told as facts
//! as well as in a roster.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop where it goes wrong"
)]

mod oracle;

use assignment_engine_core::{Agent, AgentId, AgentStatus, Criterion, RoutingConfig, SortBy};
use oracle::{Expected, World};

/// Every state an agent can be in.
fn states(id: &str, name: &str) -> Vec<Agent> {
    let mut states = Vec::new();
    for status in [AgentStatus::Online, AgentStatus::Offline] {
        for active in 0..=2 {
            for total in 0..=1 {
                let id = AgentId::new(id).unwrap();
                states.push(Agent {
                    name: name.to_owned(),
                    status,
                    active,
                    total,
                    ..Agent::online(id)
                });
            }
        }
    }
    states
}

/// Every team of up to three. Their ids and their names are in different orders.
fn teams() -> Vec<Vec<Agent>> {
    let mut teams = vec![Vec::new()];
    for (id, name) in [("a", "Cleo"), ("b", "ben"), ("c", "Anna")] {
        let smaller = teams.clone();
        let last = smaller.iter().map(Vec::len).max().unwrap_or(0);
        for team in smaller.iter().filter(|team| team.len() == last) {
            for agent in states(id, name) {
                let mut team = team.clone();
                team.push(agent);
                teams.push(team);
            }
        }
    }
    teams
}

/// Every strategy, with the settings that make a difference to it.
fn strategies() -> Vec<(Option<&'static str>, RoutingConfig)> {
    let plain = RoutingConfig::default();
    let sorted = |sort_by| RoutingConfig {
        sort_by: Some(sort_by),
        ..RoutingConfig::default()
    };
    let by = |priority: &[Criterion]| RoutingConfig {
        priority: Some(priority.to_vec()),
        ..RoutingConfig::default()
    };
    use Criterion::{LeastActive, LeastAssigned};
    vec![
        (None, plain.clone()),
        (Some("round_robin"), sorted(SortBy::Random)),
        (Some("least_active"), plain.clone()),
        (Some("load_balanced"), plain.clone()),
        (Some("least_assigned"), plain.clone()),
        (Some("hybrid"), plain.clone()),
        (Some("hybrid"), by(&[LeastAssigned, LeastActive])),
        (Some("hybrid"), by(&[LeastAssigned])),
        (Some("manual"), plain.clone()),
        (Some("no such strategy"), plain),
    ]
}

#[test]
fn every_world_of_up_to_three_agents() {
    let mut decisions = 0_u32;
    for agents in teams() {
        for (strategy, config) in strategies() {
            for (max_load, forced) in [None, Some(1), Some(2)]
                .into_iter()
                .flat_map(|limit| [(limit, false), (limit, true)])
            {
                let world = World {
                    agents: agents.clone(),
                    strategy: strategy.map(str::to_owned),
                    config: Some(RoutingConfig {
                        max_load,
                        ..config.clone()
                    }),
                    forced,
                    excluded: Vec::new(),
                };
                let turns = match world.expected() {
                    Expected::Nobody(_) => 1,
                    Expected::Ring(ring) => u32::try_from(ring.len()).unwrap(),
                };
                for turn in 0..turns {
                    world.assert_holds(turn, &world.given(turn));
                    world.assert_holds(turn, &world.kept(turn));
                    decisions += 2;
                }
            }
        }
    }
    assert!(decisions > 300_000, "only {decisions} decisions");
}
