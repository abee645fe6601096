//! Many calls at once, through one service and through several that share a store.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use assignment_engine::AssignmentService;
use assignment_engine::core::{AgentId, SessionId, SessionStatus, TeamId};
use serde_json::{Map, json};
use tokio::task::JoinSet;

use crate::watched_store::{Write, ready};
use crate::world::{World, id, run_queue, to_agents, to_teams, told};

/// Each team with its limit and its members.
const TEAMS: [(&str, u32, &[&str]); 3] = [
    ("sales", 12, &["anna", "ben", "cleo"]),
    ("support", 20, &["dora", "emil"]),
    ("help", 9, &["fritz", "gerda", "hugo", "ines"]),
];

/// What is held against the agents' limits and the sessions' owners, write by write in the order
/// in which the store took them.
struct History {
    claimed: BTreeSet<SessionId>,
    active: BTreeMap<AgentId, u32>,
    claims: usize,
}

impl History {
    fn of(writes: Vec<Write>, limits: &BTreeMap<AgentId, u32>) -> Self {
        let mut history = Self {
            claimed: BTreeSet::new(),
            active: BTreeMap::new(),
            claims: 0,
        };
        for write in writes {
            match write {
                Write::Claimed { session, agent, .. } => {
                    let first = history.claimed.insert(session.clone());
                    assert!(first, "`{session}` was assigned twice");
                    history.claims += 1;
                    let active = history.active.entry(agent.clone()).or_default();
                    *active += 1;
                    let limit = limits.get(&agent).copied().unwrap_or(u32::MAX);
                    assert!(*active <= limit, "`{agent}` has {active} of {limit}");
                }
                Write::Resolved(session, Some(agent)) => {
                    // What is over is not assigned anew, so it stays in `claimed`.
                    assert!(history.claimed.contains(&session));
                    *history.active.get_mut(&agent).unwrap() -= 1;
                }
                Write::Resolved(session, None) => {
                    assert!(!history.claimed.contains(&session));
                }
                Write::Updated(session) => {
                    assert!(
                        !history.claimed.contains(&session),
                        "`{session}` has an owner"
                    );
                }
                Write::Refused { .. } | Write::Stamped(_) | Write::Unstamped(_) => {}
            }
        }
        history
    }
}

fn crowded_world() -> (World, BTreeMap<AgentId, u32>) {
    let world = World::new();
    let mut limits = BTreeMap::new();
    for (team, limit, members) in TEAMS {
        let strategy = if team == "support" {
            "least_active"
        } else {
            "round_robin"
        };
        let more = json!({"routingStrategy": strategy, "routingConfig": {"maxLoad": limit},
            "isDefault": team == "help"});
        world.team_with(team, members, more);
        limits.extend(members.iter().map(|agent| (id(agent), limit)));
    }
    (world, limits)
}

/// 200 handovers, runs over the queue, the queue over the teams, sessions by hand, and sessions
/// that end, all at once.
async fn crowd(services: usize) {
    let (world, limits) = crowded_world();
    // Each has a team from the start: where a session has none, no limit counts.
    let sessions = world.sessions(200, &json!({"assignedTeamId": "sales"}));
    world.store.yield_around_calls();
    let mut pool: Vec<Arc<AssignmentService>> = Vec::new();
    for _ in 0..services {
        pool.push(Arc::new(world.another_service()));
    }
    let world = Arc::new(world);
    let mut calls: JoinSet<()> = JoinSet::new();
    for (n, session) in sessions.iter().enumerate() {
        let (service, session) = (Arc::clone(&pool[n % services]), session.clone());
        let team = [Some("sales"), Some("support"), None][n % 3];
        calls.spawn(async move {
            let mut context = Map::new();
            context.insert("n".into(), n.into());
            let handover = service.request_assignment(&session, team, context).await;
            assert_ne!(told(&handover.unwrap()), "error");
        });
        if n % 10 == 0 {
            let service = Arc::clone(&pool[n / 10 % services]);
            let team = (n % 20 == 0).then_some("sales");
            calls.spawn(async move {
                run_queue(&service, team, Some(100)).await;
            });
        }
        if n % 25 == 0 {
            let service = Arc::clone(&pool[n / 25 % services]);
            calls.spawn(async move {
                let wanted = [("anna", 3), ("dora", 2), ("ines", 1)];
                to_agents(&service, &wanted).await.unwrap();
            });
        }
        if n % 50 == 0 {
            let service = Arc::clone(&pool[n / 50 % services]);
            calls.spawn(async move {
                let teams = ["support", "help"];
                to_teams(&service, &teams, true).await.unwrap();
            });
        }
        if n % 8 == 0 {
            let (world, session) = (Arc::clone(&world), sessions[n].clone());
            calls.spawn(async move {
                tokio::task::yield_now().await;
                world.store.resolve(&session);
            });
        }
    }
    // A task that panics makes this panic too.
    calls.join_all().await;

    // Once the crowd is gone, whoever still waits waits for a reason.
    run_queue(&pool[0], None, Some(1_000)).await;
    let history = History::of(world.store.take_writes(), &limits);
    let mut waiting: BTreeSet<TeamId> = BTreeSet::new();
    let mut assigned = 0;
    for session in world.store.inner().sessions() {
        match session.status {
            SessionStatus::Assigned => {
                assigned += 1;
                assert!(history.claimed.contains(&session.id));
                assert!(session.assigned_agent_id.is_some() && session.assigned_at.is_some());
                let team = session.assigned_team_id.unwrap();
                let team = TEAMS.iter().find(|(name, ..)| *name == team.as_str());
                let agent = session.assigned_agent_id.unwrap();
                let (_, _, members) = team.unwrap();
                assert!(
                    members.contains(&agent.as_str()),
                    "{agent} is of another team"
                );
            }
            SessionStatus::Unassigned => {
                assert_eq!(
                    (session.assigned_agent_id, session.assigned_at),
                    (None, None)
                );
                waiting.insert(session.assigned_team_id.unwrap());
            }
            SessionStatus::Resolved => {}
        }
    }
    let active: u32 = history.active.values().sum();
    assert_eq!(u32::try_from(assigned), Ok(active));
    assert!(
        !waiting.is_empty(),
        "there were more sessions than anybody can take"
    );
    for team in waiting {
        for agent in ready(assignment_engine::SessionStore::members(
            world.store.inner(),
            &team,
            assignment_engine::Counts::None,
        ))
        .unwrap()
        {
            assert_eq!(Some(&agent.active), limits.get(&agent.id), "{}", agent.id);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_at_one_service_assigns_each_session_once_and_nobody_beyond_the_limit() {
    crowd(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_at_four_services_assigns_each_session_once_and_nobody_beyond_the_limit() {
    crowd(4).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_session_handed_over_200_times_at_once_is_assigned_once() {
    for services in [1, 4] {
        let world = World::new();
        world.team("sales", &["anna", "ben", "cleo"]);
        world.team("support", &["dora", "emil"]);
        world.session("s1", json!({}));
        world.store.yield_around_calls();
        let pool: Vec<_> = (0..services)
            .map(|_| Arc::new(world.another_service()))
            .collect();
        let mut calls = JoinSet::new();
        for n in 0..200 {
            let service = Arc::clone(&pool[n % services]);
            let team = ["sales", "support"][n / services % 2];
            calls.spawn(async move {
                let session = id("s1");
                let handover = service.request_assignment(&session, Some(team), Map::new());
                let handover = handover.await.unwrap();
                (
                    told(&handover).to_owned(),
                    handover.session.assigned_agent_id,
                )
            });
        }
        let answers = calls.join_all().await;
        let owner = world.owner("s1");
        let winners = answers.iter().filter(|(outcome, _)| outcome != "skip");
        let winners: Vec<&str> = winners.map(|(outcome, _)| outcome.as_str()).collect();
        assert_eq!(winners, [owner.as_str()], "{services} services");
        let everybody_is_told = answers
            .iter()
            .all(|(_, told)| told.as_ref().map(AgentId::as_str) == Some(owner.as_str()));
        assert!(everybody_is_told, "{answers:?}");
        let claims = History::of(world.store.take_writes(), &BTreeMap::new()).claims;
        assert_eq!(claims, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rotation_is_even_at_one_service_and_over_four() {
    for services in [1, 4] {
        let world = World::new();
        let names = ["anna", "ben", "cleo", "dora", "emil", "fritz"];
        world.team("sales", &names);
        let sessions = world.sessions(200, &json!({}));
        world.store.yield_around_calls();
        let pool: Vec<_> = (0..services)
            .map(|_| Arc::new(world.another_service()))
            .collect();
        let mut calls = JoinSet::new();
        for (n, session) in sessions.into_iter().enumerate() {
            let service = Arc::clone(&pool[n % services]);
            calls.spawn(async move {
                let handover = service.request_assignment(&session, Some("sales"), Map::new());
                assert_eq!(handover.await.unwrap().outcome().kind(), "assign");
            });
        }
        calls.join_all().await;
        let mut loads = names.map(|agent| world.load(agent));
        loads.sort_unstable();
        assert_eq!(loads, [33, 33, 33, 33, 34, 34], "{services} services");
    }
}
