//! `transfer_session`: from the agent who has a session to another one.

use assignment_engine::core::{SessionStatus, Timestamp};
use assignment_engine::{Refusal, ServiceError, Transfer};
use serde_json::json;

use crate::watched_store::{Call, Then, Write};
use crate::world::{World, id, session};

/// Anna has `s1`, of the team `sales` with ben.
fn world() -> World {
    let world = World::new();
    let limit = json!({"routingConfig": {"maxLoad": 2}});
    world.team_with("sales", &["anna", "ben"], limit);
    let held = json!({"status": "assigned", "assignedAgentId": "anna", "assignedTeamId": "sales",
        "assignedAt": "2026-11-23T08:00:00.000Z", "context": {"topic": 1}});
    world.session("s1", held);
    world
}

async fn transfer(world: &World, from: &str, to: &str) -> Result<Transfer, ServiceError> {
    let session = id("s1");
    world
        .service
        .transfer_session(&session, &id(from), &id(to))
        .await
}

async fn refusal(world: &World, from: &str, to: &str) -> Refusal {
    let before = world.snapshot();
    let answer = transfer(world, from, to).await.unwrap();
    let Transfer::Refused { refusal, session } = answer else {
        panic!("{answer:?}");
    };
    assert_eq!(world.snapshot(), before, "nothing changes");
    assert_eq!(
        session,
        before.sessions.into_iter().find(|one| one.id == id("s1"))
    );
    refusal
}

#[tokio::test]
async fn the_other_agent_has_it_then_and_everything_else_stays() {
    let world = world();
    let before = world.stored("s1");
    let now = Timestamp::parse(crate::world::NOW);
    let answer = transfer(&world, "anna", "ben").await.unwrap();
    let mut expected = before;
    expected.assigned_agent_id = Some(id("ben"));
    expected.assigned_at = now;
    expected.updated_at = now;
    assert_eq!(answer, Transfer::Transferred(expected.clone()));
    assert_eq!(world.stored("s1"), expected);
    assert_eq!((world.load("anna"), world.load("ben")), (0, 1));
    let writes = world.store.take_writes();
    assert!(
        matches!(writes[..], [Write::Claimed { .. }]),
        "by a claim: {writes:?}"
    );
}

#[tokio::test]
async fn the_limit_of_the_sessions_team_holds() {
    let world = world();
    for n in 0..2 {
        let more = json!({"status": "assigned", "assignedAgentId": "ben"});
        world.session(&format!("other-{n}"), more);
    }
    assert_eq!(refusal(&world, "anna", "ben").await, Refusal::AgentAtLimit);
    world.store.resolve(&id("other-0"));
    let transferred = transfer(&world, "anna", "ben").await.unwrap();
    assert!(matches!(transferred, Transfer::Transferred(_)));
}

#[tokio::test]
async fn it_is_refused_where_things_are_not_as_they_seemed() {
    assert_eq!(
        refusal(&world(), "ben", "anna").await,
        Refusal::SessionTaken
    );
    assert_eq!(
        refusal(&world(), "anna", "nobody").await,
        Refusal::AgentGone
    );

    let waiting = world();
    waiting.session("s1", json!({}));
    assert_eq!(
        refusal(&waiting, "anna", "ben").await,
        Refusal::SessionTaken
    );

    let over = world();
    over.store.resolve(&id("s1"));
    assert_eq!(refusal(&over, "anna", "ben").await, Refusal::SessionTaken);

    let moved = world();
    moved.store.before(|call, store| {
        if let Call::Claim(..) = call {
            let more = json!({"status": "assigned", "assignedAgentId": "anna",
                "assignedTeamId": "support"});
            store.put_session(session("s1", more));
        }
        Then::GoOn
    });
    let answer = transfer(&moved, "anna", "ben").await.unwrap();
    let expected = Transfer::Refused {
        refusal: Refusal::SessionMoved,
        session: Some(moved.stored("s1")),
    };
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn what_makes_no_sense_is_an_error() {
    let world = world();
    let same = transfer(&world, "anna", "anna").await.unwrap_err();
    assert_eq!(same, ServiceError::SameAgent(id("anna")));
    assert_eq!(same.code(), "invalid_value");
    world.store.inner().remove(&id("s1"));
    let gone = transfer(&world, "anna", "ben").await;
    assert_eq!(gone, Err(ServiceError::UnknownSession(id("s1"))));
}

#[tokio::test]
async fn of_two_transfers_at_once_one_comes_true() {
    let world = world();
    world.agent(json!({"id": "cleo", "status": "online"}));
    world.store.yield_around_calls();
    let other = world.another_service();
    let (session, anna, ben, cleo) = (id("s1"), id("anna"), id("ben"), id("cleo"));
    let (to_ben, to_cleo) = tokio::join!(
        world.service.transfer_session(&session, &anna, &ben),
        other.transfer_session(&session, &anna, &cleo),
    );
    let done = [to_ben, to_cleo].map(|answer| matches!(answer, Ok(Transfer::Transferred(_))));
    assert_eq!(done.iter().filter(|done| **done).count(), 1, "{done:?}");
    assert_eq!(world.stored("s1").status, SessionStatus::Assigned);
}
