use std::collections::BTreeSet;

use assignment_engine_core::{Rotation, RoutingConfig, SortBy, Strategy, TeamConfig};

use super::lint::{Findings, Lint};
use crate::cli::explain::near_matches;
use crate::cli::output::{list, ticked};
use crate::cli::scenario::Scenario;

/// A team's strategy and its settings; `path` is the team's.
pub(super) fn look_at(team: &TeamConfig, path: &str, scenario: &Scenario, findings: &mut Findings) {
    let own = team.routing_strategy.as_deref();
    if let Some(name) = own {
        unknown_strategy(name, &format!("{path}.routingStrategy"), findings);
    }
    let Some(config) = &team.routing_config else {
        return;
    };
    let name = own
        .filter(|name| !name.is_empty())
        .or(scenario.roster.tenant.strategy())
        .filter(|name| !name.is_empty());
    let strategy = name
        .and_then(Strategy::named)
        .unwrap_or(Strategy::RoundRobin);
    let path = format!("{path}.routingConfig");
    ignored(config, strategy, &path, findings);
    if config.max_load == Some(0) {
        let message = "a limit of zero is no limit";
        findings.add(Lint::LimitZero, format!("{path}.maxLoad"), message);
    }
    if strategy == Strategy::Hybrid {
        criteria(config, &path, findings);
    }
    if strategy == Strategy::RoundRobin {
        order(team, config, &path, scenario, findings);
    }
}

/// A name that no strategy has. An empty one is as good as none.
pub(super) fn unknown_strategy(name: &str, path: &str, findings: &mut Findings) {
    if name.is_empty() || Strategy::named(name).is_some() {
        return;
    }
    let near = near_matches(name, Strategy::NAMES.iter().map(|(known, _)| *known));
    let near = match near.as_slice() {
        [] => String::new(),
        near => format!("; near to it: {}", list(near.iter().copied())),
    };
    let name = ticked(name);
    let message = format!("there is no strategy {name}, so it means `round_robin`{near}");
    findings.add(Lint::UnknownStrategy, path, message);
}

/// Settings that belong to another strategy.
fn ignored(config: &RoutingConfig, strategy: Strategy, path: &str, findings: &mut Findings) {
    let RoutingConfig {
        sort_by,
        time_window,
        priority,
        max_load,
        rotation,
        weights,
    } = config;
    let wanted = |wanted| strategy == wanted;
    let settings = [
        ("sortBy", sort_by.is_some(), wanted(Strategy::RoundRobin)),
        (
            "timeWindow",
            time_window.is_some(),
            wanted(Strategy::LeastAssigned),
        ),
        ("priority", priority.is_some(), wanted(Strategy::Hybrid)),
        ("maxLoad", max_load.is_some(), !wanted(Strategy::Manual)),
        ("rotation", rotation.is_some(), !wanted(Strategy::Manual)),
    ];
    for (setting, given, heeded) in settings {
        if given && !heeded {
            let message = format!("the strategy `{}` does not look at it", strategy.name());
            findings.add(Lint::SettingIgnored, format!("{path}.{setting}"), message);
        }
    }
    let rotation = rotation.unwrap_or_default();
    if weights.is_some() && rotation != Rotation::Proportional {
        let message = format!("the rotation `{}` does not look at it", rotation.name());
        findings.add(Lint::SettingIgnored, format!("{path}.weights"), message);
    }
}

fn criteria(config: &RoutingConfig, path: &str, findings: &mut Findings) {
    let Some(priority) = &config.priority else {
        return;
    };
    let path = format!("{path}.priority");
    if priority.is_empty() {
        let message = "an empty list means least_active, then least_assigned";
        findings.add(Lint::NoCriterion, path.as_str(), message);
    }
    for (place, criterion) in priority.iter().enumerate() {
        if priority
            .iter()
            .take(place)
            .any(|earlier| earlier == criterion)
        {
            let message = "this criterion is there already, and tells nobody apart here";
            findings.add(Lint::CriterionRepeated, format!("{path}[{place}]"), message);
        }
    }
}

fn order(
    team: &TeamConfig,
    config: &RoutingConfig,
    path: &str,
    scenario: &Scenario,
    findings: &mut Findings,
) {
    let path = format!("{path}.sortBy");
    match config.sort_by {
        Some(SortBy::Random) => {
            findings.add(Lint::SortByRandom, path, "nothing is drawn at random");
        }
        Some(SortBy::CreatedAt) => {
            let members: BTreeSet<_> = team.members.iter().collect();
            let unknown = scenario
                .roster
                .agents
                .iter()
                .filter(|agent| agent.created_at.is_none() && members.contains(&agent.id));
            let unknown: Vec<&str> = unknown.map(|agent| agent.id.as_str()).collect();
            if !unknown.is_empty() {
                let message = format!("no createdAt, so last in the ring: {}", list(unknown));
                findings.add(Lint::CreatedAtUnknown, path, message);
            }
        }
        Some(SortBy::Name) | None => {}
    }
}
