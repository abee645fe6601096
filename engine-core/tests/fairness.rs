//! The ring on a stable list: after any number of sessions nobody has had more than one turn more
//! than anybody else. Through the whole engine, with the counter of the contract.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop where it goes wrong"
)]

mod oracle;

use std::collections::BTreeMap;

use assignment_engine_core::{
    Agent, AgentId, AgentStatus, Decision, Facts, Outcome, Roster, RoutingConfig, SortBy,
};
use oracle::{World, decide};

fn world(agents: usize, strategy: &str, sort_by: SortBy) -> World {
    let agent = |n: usize| {
        // Names and ids are in different orders.
        let id = AgentId::new(format!("agent-{n}")).unwrap();
        Agent {
            name: format!("{}", 9 - n),
            ..Agent::online(id)
        }
    };
    let mut agents: Vec<Agent> = (0..agents).map(agent).collect();
    // Somebody who is never there must not disturb the ring.
    agents.insert(
        agents.len() / 2,
        Agent {
            status: AgentStatus::Offline,
            ..Agent::online(AgentId::new("offline").unwrap())
        },
    );
    World {
        agents,
        strategy: Some(strategy.to_owned()),
        config: Some(RoutingConfig {
            sort_by: Some(sort_by),
            ..RoutingConfig::default()
        }),
        forced: false,
        excluded: Vec::new(),
    }
}

fn winner(decision: &Decision) -> AgentId {
    match &decision.outcome {
        Outcome::Assign { agent_id } => agent_id.clone(),
        other => panic!("{other:?}"),
    }
}

/// Serves sessions and checks the gap between most and least served after each.
fn assert_fair(agents: usize, sessions: u32, mut serve: impl FnMut(u32) -> AgentId) {
    let mut served: BTreeMap<AgentId, u32> = BTreeMap::new();
    for turn in 0..sessions {
        *served.entry(serve(turn)).or_default() += 1;
        let most = served.values().max().copied().unwrap();
        let least = if served.len() < agents {
            0
        } else {
            served.values().min().copied().unwrap()
        };
        assert!(
            most - least <= 1,
            "{agents} agents, after {turn}: {served:?}"
        );
    }
    assert_eq!(served.len(), agents);
}

/// Told as facts, and kept in a roster.
fn assert_both_fair(agents: usize, world: &World) {
    for told in [World::given, World::kept] {
        assert_fair(agents, 100, |turn| {
            let decided = told(world, turn);
            world.assert_holds(turn, &decided);
            winner(&decided.0)
        });
    }
}

#[test]
fn round_robin_is_even_at_every_prefix() {
    for agents in 1..=8 {
        for sort_by in [SortBy::Name, SortBy::CreatedAt, SortBy::Random] {
            let world = world(agents, "round_robin", sort_by);
            assert_both_fair(agents, &world);
        }
    }
}

#[test]
fn equals_are_served_evenly_by_the_other_strategies_too() {
    for agents in 1..=8 {
        for strategy in ["least_active", "least_assigned", "hybrid"] {
            let world = world(agents, strategy, SortBy::Name);
            assert_both_fair(agents, &world);
        }
    }
}

/// With counts that move on, the strategies that compare them are even whatever the rotation says.
#[test]
fn counts_that_move_on_keep_everybody_even() {
    for agents in 1..=8 {
        for strategy in ["least_active", "least_assigned", "hybrid"] {
            for stuck in [0, 1, 7] {
                let world = world(agents, strategy, SortBy::Name);
                let (request, facts) = (world.request(), Facts::default());
                let mut roster: Roster = world.roster();
                assert_fair(agents, 50, |_| {
                    let (decision, _) = decide(&request, &facts, Some(&roster), stuck);
                    roster.assigned(decision.agent.unwrap()).unwrap();
                    winner(&decision)
                });
            }
        }
    }
}
