//! `assign_queued_sessions_to_agents`: so many of the queue, by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use assignment_engine::core::SessionStatus;
use assignment_engine::{Refusal, ServiceError};
use serde_json::json;

use crate::watched_store::{Call, Then};
use crate::world::{NEVER_OPEN, NOW, World, at, id, json_of, session};

fn owners(world: &World, count: usize) -> Vec<String> {
    let owners = (0..count).map(|n| world.owner(&format!("s{n:03}")));
    owners.collect()
}

#[tokio::test]
async fn each_agent_gets_as_many_as_said_oldest_first() {
    let world = World::new();
    world.team("sales", &["anna", "ben"]);
    world.sessions(6, &json!({"context": {"topic": "billing"}}));
    assert_eq!(world.to_agents(&[("ben", 2), ("anna", 3)]).await, Ok(5));
    assert_eq!(
        owners(&world, 6),
        ["ben", "ben", "anna", "anna", "anna", ""]
    );
    let stored = world.stored("s000");
    assert_eq!(stored.status, SessionStatus::Assigned);
    assert_eq!(stored.assigned_team_id, Some(id("sales")));
    assert_eq!(stored.assigned_at, Some(at(NOW)));
    assert_eq!(stored.context, world.stored("s005").context);
    assert_eq!(world.rotation.take_asked(), [], "nobody's turn is used up");
}

#[tokio::test]
async fn an_agent_may_come_twice_and_nobody_gets_more_than_there_is() {
    let world = World::new();
    world.team("sales", &["anna", "ben"]);
    world.sessions(5, &json!({}));
    let wanted = [("anna", 1), ("ben", 0), ("anna", 2), ("ben", usize::MAX)];
    assert_eq!(world.to_agents(&wanted).await, Ok(5));
    assert_eq!(owners(&world, 5), ["anna", "anna", "anna", "ben", "ben"]);
    assert_eq!(world.to_agents(&wanted).await, Ok(0), "the queue is empty");
    assert_eq!(world.to_agents(&[]).await, Ok(0));
}

#[tokio::test]
async fn the_team_is_the_agents_first_active_one() {
    let world = World::new();
    world.team_with("a", &["anna"], json!({"createdAt": "2026-01-01T00:00:00Z"}));
    world.team_with("b", &["anna"], json!({"createdAt": "2025-01-01T00:00:00Z"}));
    let retired = json!({"createdAt": "2024-01-01T00:00:00Z", "isActive": false});
    world.team_with("c", &["anna"], retired);
    world.team("d", &["anna"]);
    world.session("s1", json!({"assignedTeamId": "d"}));
    assert_eq!(world.to_agents(&[("anna", 1)]).await, Ok(1));
    assert_eq!(world.stored("s1").assigned_team_id, Some(id("b")));
}

#[tokio::test]
async fn neither_rules_nor_presence_count() {
    let world = World::new();
    let more = json!({"schedule": json_of(NEVER_OPEN), "routingStrategy": "manual"});
    world.team_with("sales", &["anna"], more);
    world.agent(json!({"id": "anna", "status": "offline"}));
    let taken = json!({"contactId": "c1", "status": "assigned", "assignedAgentId": "anna"});
    world.session("old", taken);
    world.session("s1", json!({"contactId": "c1"}));
    assert_eq!(world.to_agents(&[("anna", 1)]).await, Ok(1));
    assert_eq!(world.owner("s1"), "anna");
}

#[tokio::test]
async fn the_limit_of_the_team_holds_and_what_is_left_goes_to_the_next() {
    let world = World::new();
    world.team_with(
        "sales",
        &["anna", "ben"],
        json!({"routingConfig": {"maxLoad": 2}}),
    );
    world.team("free", &["cleo"]);
    world.session(
        "old",
        json!({"status": "assigned", "assignedAgentId": "anna"}),
    );
    world.sessions(6, &json!({}));
    let wanted = [("anna", 3), ("ben", 1), ("anna", 1), ("cleo", 9)];
    assert_eq!(world.to_agents(&wanted).await, Ok(6));
    assert_eq!(
        owners(&world, 6),
        ["anna", "ben", "cleo", "cleo", "cleo", "cleo"]
    );
}

#[tokio::test]
async fn an_agent_without_an_active_team_here_is_refused_before_anything_is_assigned() {
    let world = World::new();
    world.team("sales", &["anna"]);
    world.team_with("retired", &["ben"], json!({"isActive": false}));
    world.team_of("other", "theirs", &["zoe"], json!({}));
    world.sessions(2, &json!({}));
    let before = world.snapshot();
    for agent in ["ben", "zoe", "nobody"] {
        let refused = world.to_agents(&[("anna", 1), (agent, 1)]).await;
        assert_eq!(refused, Err(ServiceError::UnknownAgent(id(agent))));
    }
    assert_eq!(world.snapshot(), before);
}

#[tokio::test]
async fn a_session_that_was_taken_moved_or_removed_meanwhile_is_passed_over() {
    let world = World::new();
    world.team("sales", &["anna", "ben"]);
    world.team("support", &[]);
    world.sessions(4, &json!({}));
    world.store.before(|call, store| {
        match call {
            Call::Claim(one, _) if one.as_str() == "s000" => {
                let taken = json!({"status": "assigned", "assignedAgentId": "rival"});
                store.put_session(session("s000", taken));
            }
            Call::Claim(one, _) if one.as_str() == "s001" => {
                store.put_session(session("s001", json!({"assignedTeamId": "support"})));
            }
            Call::Claim(one, _) if one.as_str() == "s002" => drop(store.remove(one)),
            _ => {}
        }
        Then::GoOn
    });
    assert_eq!(world.to_agents(&[("anna", 1), ("ben", 2)]).await, Ok(2));
    assert_eq!(world.owner("s000"), "rival");
    assert_eq!(world.owner("s003"), "ben", "the queue is read on");
    assert_eq!(world.owner("s001"), "anna", "it still waits");
}

/// Others take what was read from the queue, as long as they find anything.
#[tokio::test]
async fn the_queue_is_read_on_until_the_count_is_met() {
    let world = World::new();
    world.team("sales", &["anna", "ben"]);
    world.sessions(12, &json!({}));
    let mut claims = 0;
    world.store.before(move |call, store| {
        if let Call::Claim(one, _) = call {
            claims += 1;
            if claims % 2 == 1 && claims < 12 {
                let taken = json!({"status": "assigned", "assignedAgentId": "rival"});
                store.put_session(session(one.as_str(), taken));
            }
        }
        Then::GoOn
    });
    assert_eq!(world.to_agents(&[("anna", 4), ("ben", 2)]).await, Ok(6));
    assert_eq!(
        (world.load("anna"), world.load("ben"), world.load("rival")),
        (4, 2, 6)
    );
}

#[tokio::test]
async fn a_queue_that_gives_nothing_is_left_after_a_bounded_number_of_looks() {
    let world = World::new();
    world.team("sales", &["anna"]);
    world.sessions(1, &json!({}));
    let reads = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&reads);
    world.store.before(move |call, _| match call {
        Call::Queue => {
            counted.fetch_add(1, Ordering::SeqCst);
            Then::GoOn
        }
        Call::Claim(..) => Then::Refuse(Refusal::SessionMoved),
        _ => Then::GoOn,
    });
    assert_eq!(world.to_agents(&[("anna", 1)]).await, Ok(0));
    assert_eq!(reads.load(Ordering::SeqCst), 8);
}
