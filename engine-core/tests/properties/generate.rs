//! What there can be.

use assignment_engine_core::{
    Agent, AgentId, AgentStatus, Criterion, Decision, Rotation, RoutingConfig, SortBy, TimeWindow,
    Timestamp,
};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;

use crate::oracle::World;

/// Mostly few sessions, so that agents are equal often; at times as many as a count can hold.
pub(crate) fn count() -> impl Strategy<Value = u32> {
    prop_oneof![8 => 0..4_u32, 1 => select(vec![u32::MAX, u32::MAX - 1, u32::MAX - 2])]
}

pub(crate) fn instant() -> impl Strategy<Value = Timestamp> {
    select(vec![0, 1, 1_000, 86_400_000]).prop_map(|at| Timestamp::from_millisecond(at).unwrap())
}

pub(crate) fn name() -> impl Strategy<Value = String> {
    let names = [
        "", "anna", "Anna", "ANNA", "Ben", "ben", "Zoë", "zoe", "Ärger", "Ben 2",
    ];
    select(names.map(str::to_owned).to_vec())
}

pub(crate) fn id() -> impl Strategy<Value = AgentId> {
    let text = prop_oneof![
        10 => (0..100_u32).prop_map(|n| format!("a{n}")),
        1 => select(vec!["A1", "é", "\u{202e}x", "a\nb", "日本", " "]).prop_map(str::to_owned),
    ];
    text.prop_map(|text| AgentId::new(text).unwrap())
}

prop_compose! {
    pub(crate) fn details()(
        name in name(),
        created_at in option::of(instant()),
        online in prop::bool::weighted(0.7),
        active in count(),
        total in count(),
    ) -> (String, Option<Timestamp>, bool, u32, u32) {
        (name, created_at, online, active, total)
    }
}

pub(crate) fn agent(id: AgentId, details: (String, Option<Timestamp>, bool, u32, u32)) -> Agent {
    let (name, created_at, online, active, total) = details;
    let status = if online {
        AgentStatus::Online
    } else {
        AgentStatus::Offline
    };
    Agent {
        id,
        name,
        created_at,
        status,
        active,
        total,
    }
}

pub(crate) fn agents(most: usize) -> impl Strategy<Value = Vec<Agent>> {
    let agents = btree_map(id(), details(), 0..most).prop_map(|agents| {
        let agents = agents.into_iter().map(|(id, details)| agent(id, details));
        agents.collect::<Vec<Agent>>()
    });
    agents.prop_shuffle()
}

pub(crate) fn strategy() -> impl Strategy<Value = Option<String>> {
    let names = [
        "round_robin",
        "least_active",
        "load_balanced",
        "least_assigned",
        "hybrid",
        "manual",
        "fastest",
        "",
    ];
    option::weighted(0.9, select(names.map(str::to_owned).to_vec()))
}

prop_compose! {
    pub(crate) fn routing()(
        sort_by in option::of(select(vec![SortBy::Name, SortBy::CreatedAt, SortBy::Random])),
        time_window in option::of(select(vec![
            TimeWindow::Shift, TimeWindow::Day, TimeWindow::Week, TimeWindow::Month,
            TimeWindow::AllTime,
        ])),
        priority in option::of(vec(
            select(vec![Criterion::LeastActive, Criterion::LeastAssigned]), 0..4,
        )),
        max_load in option::of(prop_oneof![0..4_u32, Just(u32::MAX)]),
        rotation in option::weighted(0.3, select(Rotation::ALL.to_vec())),
    ) -> RoutingConfig {
        RoutingConfig { sort_by, time_window, priority, max_load, rotation, weights: None }
    }
}

prop_compose! {
    /// A world of some agents, some of whom are excluded.
    pub(crate) fn world(most: usize)(
        agents in agents(most),
        strategy in strategy(),
        config in option::of(routing()),
        forced in prop::bool::weighted(0.3),
        out in vec(any::<Index>(), 0..3),
        excludes in prop::bool::weighted(0.3),
    ) -> World {
        let out = out.into_iter().filter(|_| excludes && !agents.is_empty());
        let excluded = out.map(|out| out.get(&agents).id.clone()).collect();
        World { agents, strategy, config, forced, excluded }
    }
}

pub(crate) fn json(decision: &Decision) -> Value {
    serde_json::to_value(decision).unwrap()
}
