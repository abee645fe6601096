//! `assign_queued_sessions_to_available_agents`: which sessions, in which order, and how far.

use assignment_engine::core::SessionId;
use serde_json::json;

use crate::log::Log;
use crate::watched_store::{Call, Then, Write};
use crate::world::{World, id, run_queue, session};

async fn run(world: &World, team: Option<&str>, limit: Option<usize>) -> usize {
    run_queue(&world.service, team, limit).await
}

/// The sessions that were claimed, in that order.
fn claimed(world: &World) -> Vec<String> {
    let writes = world.store.take_writes().into_iter();
    let claimed = writes.filter_map(|write| match write {
        Write::Claimed { session, .. } => Some(session.to_string()),
        _ => None,
    });
    claimed.collect()
}

#[tokio::test]
async fn the_oldest_goes_first_and_of_equally_old_ones_the_smaller_id() {
    let world = World::new();
    world.team("sales", &["anna"]);
    for (name, created) in [
        ("d", "2026-11-23T09:00:00Z"),
        ("b", "2026-11-23T09:00:00Z"),
        ("a", "2026-11-23T09:30:00Z"),
        ("c", "2026-11-22T09:00:00Z"),
    ] {
        world.session(name, json!({"createdAt": created, "priority": 1}));
    }
    assert_eq!(run(&world, None, Some(2)).await, 2);
    assert_eq!(claimed(&world), ["c", "b"]);
    assert_eq!(run(&world, None, Some(2)).await, 2);
    assert_eq!(claimed(&world), ["d", "a"]);
    assert_eq!(run(&world, None, Some(2)).await, 0);
}

#[tokio::test]
async fn fifty_unless_said_otherwise() {
    let world = World::new();
    world.team("sales", &["anna"]);
    let sessions = world.sessions(120, &json!({}));
    assert_eq!(run(&world, None, Some(0)).await, 0);
    assert_eq!(run(&world, None, None).await, 50);
    let first: Vec<String> = sessions[..50].iter().map(SessionId::to_string).collect();
    assert_eq!(claimed(&world), first);
    assert_eq!(run(&world, None, Some(60)).await, 60);
    assert_eq!(run(&world, None, None).await, 10);
}

#[tokio::test]
async fn only_the_team_that_was_named() {
    let world = World::new();
    world.team("sales", &["anna"]);
    world.team("support", &["ben"]);
    world.session("s1", json!({"assignedTeamId": "sales"}));
    world.session("s2", json!({"assignedTeamId": "support"}));
    world.session("s3", json!({}));
    assert_eq!(run(&world, Some("support"), None).await, 1);
    assert_eq!(claimed(&world), ["s2"]);
    assert_eq!(world.owner("s2"), "ben");
    assert_eq!(run(&world, Some("nowhere"), None).await, 0);
    assert_eq!(run(&world, None, None).await, 2);
    assert_eq!(claimed(&world), ["s1", "s3"]);
}

#[tokio::test]
async fn only_what_waits_and_only_in_this_tenant() {
    let world = World::new();
    world.team("sales", &["anna"]);
    world.session(
        "held",
        json!({"status": "assigned", "assignedAgentId": "ben"}),
    );
    world.session("over", json!({"status": "resolved"}));
    let foreign = session("foreign", json!({"tenantId": "other"}));
    world.store.inner().put_session(foreign.clone());
    world.session("waits", json!({}));
    let before = world.snapshot();
    assert_eq!(run(&world, None, None).await, 1);
    assert_eq!(claimed(&world), ["waits"]);
    let others = |name: &str| before.sessions.iter().find(|one| one.id.as_str() == name);
    for name in ["held", "over", "foreign"] {
        assert_eq!(Some(&world.stored(name)), others(name));
    }
}

#[tokio::test]
async fn the_whole_engine_decides() {
    let world = World::new();
    let hours = json!({"enabled": true, "timezone": "UTC",
        "days": {"tuesday": [{"start": "09:00", "end": "17:00"}]}});
    world.team_with("closed", &["anna"], json!({"schedule": hours}));
    world.team_with("full", &["ben"], json!({"routingConfig": {"maxLoad": 1}}));
    world.session("s1", json!({"assignedTeamId": "closed"}));
    let old = json!({"contactId": "c1", "status": "assigned", "assignedAgentId": "cleo"});
    world.session("old", old);
    world.session("s2", json!({"assignedTeamId": "full", "contactId": "c1"}));
    world.session("s3", json!({"assignedTeamId": "full", "contactId": "c3"}));
    world.session("s4", json!({"assignedTeamId": "full", "contactId": "c4"}));
    assert_eq!(
        run(&world, None, None).await,
        1,
        "closed, skipped, assigned, full"
    );
    assert_eq!(claimed(&world), ["s3"]);
    world.clock.set("2026-11-24T09:00:00Z");
    world.store.resolve(&id("s3"));
    world.store.resolve(&id("old"));
    assert_eq!(run(&world, None, None).await, 2, "open, free, full again");
    assert_eq!(claimed(&world), ["s1", "s2"]);
    assert_eq!(world.owner("s1"), "anna");
}

#[tokio::test]
async fn the_load_moves_on_within_a_run() {
    let world = World::new();
    let strategy = json!({"routingStrategy": "least_active", "routingConfig": {"maxLoad": 3}});
    world.team_with("sales", &["anna", "ben"], strategy);
    world.session(
        "old1",
        json!({"status": "assigned", "assignedAgentId": "anna"}),
    );
    world.session(
        "old2",
        json!({"status": "assigned", "assignedAgentId": "anna"}),
    );
    world.sessions(9, &json!({"assignedTeamId": "sales"}));
    assert_eq!(run(&world, None, None).await, 4);
    assert_eq!((world.load("anna"), world.load("ben")), (3, 3));
}

#[tokio::test]
async fn one_sessions_error_is_logged_and_does_not_end_the_run() {
    let log = Log::start();
    let world = World::new();
    world.team("sales", &["anna"]);
    world.sessions(6, &json!({"assignedTeamId": "sales"}));
    let before = world.snapshot();
    // Another step fails each time: to load it, to read a fact of it, to store it.
    let mut about = String::new();
    world.store.before(move |call, _| {
        if let Call::Session(id) = call {
            about = id.to_string();
        }
        let fails = match about.as_str() {
            "s001" => matches!(call, Call::Session(_)),
            "s002" => matches!(call, Call::Members(_)),
            "s004" => matches!(call, Call::Claim(..)),
            _ => false,
        };
        if fails { Then::Fail } else { Then::GoOn }
    });
    assert_eq!(run(&world, None, None).await, 3);
    assert_eq!(claimed(&world), ["s000", "s003", "s005"]);
    for failed in [1, 2, 4] {
        let name = format!("s00{failed}");
        assert_eq!(world.stored(&name), before.sessions[failed], "untouched");
    }
    let log = log.take();
    let lines: Vec<&str> = log
        .lines()
        .filter(|line| line.contains(" WARN ") && line.contains("queued_session_failed"))
        .collect();
    assert_eq!(lines.len(), 3, "{log}");
    for (line, name) in lines.iter().zip(["s001", "s002", "s004"]) {
        let told = format!("sessionId={name} code=store_down error=");
        assert!(line.contains(&told), "{line}");
        assert!(line.ends_with("the database is away"), "{line}");
    }
}

#[tokio::test]
async fn a_session_that_was_taken_since_the_queue_was_read_is_passed_over() {
    let world = World::new();
    world.team("sales", &["anna"]);
    world.sessions(3, &json!({"assignedTeamId": "sales"}));
    world.store.before(|call, store| {
        if call == Call::Session(&id("s001")) {
            let taken = json!({"status": "assigned", "assignedAgentId": "rival"});
            store.put_session(session("s001", taken));
        }
        Then::GoOn
    });
    assert_eq!(run(&world, None, None).await, 2);
    assert_eq!(world.owner("s001"), "rival");
    assert_eq!(claimed(&world), ["s000", "s002"]);
}
