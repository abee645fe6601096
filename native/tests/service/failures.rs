//! The store and the rotation fail, at every step: what is not done is not half done.

use std::sync::atomic::Ordering;

use assignment_engine::core::{AgentId, MessageKind, SessionStatus};
use assignment_engine::{ProviderErrorKind, ServiceError, SessionStore, Stamp, StoreError};
use serde_json::{Value, json};

use crate::watched_store::{Snapshot, Write, ready};
use crate::world::{NEVER_OPEN, NOW, World, error_code, id, json_of, session};

fn store_down() -> StoreError {
    StoreError {
        code: "store_down".into(),
        message: "the database is away".into(),
    }
}

/// Ways in which a handover of `s1` to `sales` goes: each asks the store other things.
const SITUATIONS: [Situation; 5] = [
    ("assigned", || {
        let world = World::new();
        let window = json!({"routingStrategy": "least_assigned", "routingConfig":
            {"timeWindow": "day", "maxLoad": 3}});
        world.team_with("sales", &["anna", "ben"], window);
        world
    }),
    ("nobody there", || {
        let world = World::new();
        world.team("sales", &[]);
        world.team_with("help", &["anna"], json!({"isDefault": true}));
        world
    }),
    ("closed", || {
        let world = World::new();
        world.team_with("sales", &["anna"], json!({"schedule": json_of(NEVER_OPEN)}));
        world
    }),
    ("contact busy", || {
        let world = World::new();
        world.team("sales", &["anna"]);
        let more = json!({"contactId": "c1", "status": "assigned", "assignedAgentId": "anna"});
        world.session("old", more);
        world
    }),
    ("rival", || {
        let world = World::new();
        world.team_with(
            "sales",
            &["anna", "ben"],
            json!({"routingConfig": {"maxLoad": 1}}),
        );
        world
    }),
];

type Situation = (&'static str, fn() -> World);

fn prepared(make: fn() -> World) -> World {
    let world = make();
    let more = json!({"contactId": "c1", "context": {"old": 1}});
    world.session("s1", more);
    world
}

/// Nothing has changed, but that a message which was sent has left its stamp.
fn assert_as_before(world: &World, before: &Snapshot, what: &str) {
    let mut expected = Vec::new();
    for (session, message) in world.courier.take() {
        let key = match message.about {
            MessageKind::OutOfOffice => "oooLastSentAt",
            MessageKind::NoAgent => "noAgentLastSentAt",
        };
        let stamp = Stamp {
            key: key.into(),
            text: NOW.into(),
            seen: None,
        };
        let there = ready(world.store.inner().unstamp(&session, &stamp));
        assert_eq!(there, Ok(true), "{what}: sent and not stamped");
        expected.push(Write::Stamped(session));
    }
    assert_eq!(world.snapshot(), *before, "{what}");
    assert_eq!(world.store.take_writes(), expected, "{what}");
}

#[tokio::test]
async fn whichever_call_of_a_handover_fails_the_store_is_as_it_was() {
    for (what, make) in SITUATIONS {
        for team in [Some("sales"), None] {
            let mut steps = 0;
            loop {
                let world = prepared(make);
                let before = world.snapshot();
                let failed = world.store.fail_nth(steps);
                let handover = world.hand_over_with("s1", team, json!({"a": 1})).await;
                if !failed.load(Ordering::SeqCst) {
                    break;
                }
                match handover {
                    Err(error) => assert_eq!(error, ServiceError::Store(store_down())),
                    Ok(handover) => {
                        assert_eq!(error_code(&handover), "store_down", "{what}, call {steps}");
                        assert_eq!(handover.session, before.sessions_of("s1"));
                    }
                }
                assert_as_before(&world, &before, &format!("{what}, call {steps}"));
                steps += 1;
            }
            assert!(steps >= 5, "{what}: only {steps} calls");
        }
    }
}

#[tokio::test]
async fn whichever_call_of_a_dispatch_fails_the_store_is_as_it_was() {
    for (what, make) in SITUATIONS {
        let mut steps = 0;
        loop {
            let world = prepared(make);
            world.session("s1", json!({"assignedTeamId": "sales"}));
            let before = world.snapshot();
            let failed = world.store.fail_nth(steps);
            let assigned = world.service.assign_session(&id("s1")).await;
            if !failed.load(Ordering::SeqCst) {
                break;
            }
            let expected = [Ok(None), Err(ServiceError::Store(store_down()))];
            assert!(
                expected.contains(&assigned),
                "{what}, call {steps}: {assigned:?}"
            );
            assert_as_before(&world, &before, &format!("{what}, call {steps}"));
            steps += 1;
        }
        assert!(steps >= 4, "{what}: only {steps} calls");
    }
}

/// Runs over a queue of four: each session is either as it was or wholly done, and after the
/// failure of one session the run goes on.
async fn a_run_survives(run: impl AsyncFn(&World) -> Result<usize, ServiceError>) {
    let mut steps = 0;
    loop {
        let world = World::new();
        world.team("sales", &["anna"]);
        world.team("support", &["ben"]);
        world.sessions(
            4,
            &json!({"assignedTeamId": "sales", "context": {"old": 1}}),
        );
        let before = world.snapshot();
        let failed = world.store.fail_nth(steps);
        let ran = run(&world).await;
        if !failed.load(Ordering::SeqCst) {
            assert_eq!(ran, Ok(4));
            break;
        }
        match ran {
            Err(error) => {
                assert_eq!(error, ServiceError::Store(store_down()));
                assert_eq!(world.snapshot(), before, "call {steps}");
            }
            Ok(assigned) => {
                assert_eq!(assigned, 3, "call {steps}: all but one");
                let after = world.snapshot().sessions;
                let pairs = after.iter().zip(&before.sessions);
                let unchanged = pairs.filter(|(after, before)| after == before).count();
                assert_eq!(unchanged, 1, "call {steps}");
                let done = after
                    .iter()
                    .filter(|one| one.status == SessionStatus::Assigned);
                assert_eq!(done.count(), 3);
            }
        }
        steps += 1;
    }
    assert!(steps > 4 * 4, "only {steps} calls");
}

#[tokio::test]
async fn whichever_call_of_a_queue_run_fails_only_its_session_is_left_as_it_was() {
    a_run_survives(async |world| {
        let (service, tenant) = (&world.service, id("acme"));
        let run = service.assign_queued_sessions_to_available_agents(&tenant, None, None);
        run.await.map(|assigned| assigned.assigned)
    })
    .await;
}

#[tokio::test]
async fn whichever_call_of_a_run_over_teams_fails_only_its_session_is_left_as_it_was() {
    a_run_survives(async |world| world.to_teams(&["support", "sales"], false).await).await;
}

#[tokio::test]
async fn whichever_call_by_hand_fails_what_was_not_assigned_is_as_it_was() {
    let mut steps = 0;
    loop {
        let world = World::new();
        world.team("sales", &["anna", "ben"]);
        world.sessions(4, &json!({"context": {"old": 1}}));
        let before = world.snapshot();
        let failed = world.store.fail_nth(steps);
        let ran = world.to_agents(&[("anna", 2), ("ben", 2)]).await;
        if !failed.load(Ordering::SeqCst) {
            assert_eq!(ran, Ok(4));
            break;
        }
        assert_eq!(ran, Err(ServiceError::Store(store_down())), "call {steps}");
        let claims = world.store.take_writes();
        let after = world.snapshot().sessions;
        for (n, (after, before)) in after.iter().zip(&before.sessions).enumerate() {
            if n < claims.len() {
                assert_eq!(after.status, SessionStatus::Assigned, "call {steps}");
            } else {
                assert_eq!(after, before, "call {steps}");
            }
        }
        steps += 1;
    }
    assert_eq!(steps, 2 + 4, "teams, queue, and a claim per session");
}

#[tokio::test]
async fn whichever_call_of_a_question_fails_the_error_is_told() {
    let world = World::new();
    world.team("sales", &["anna"]);
    let (team, tenant) = (id("sales"), id("acme"));
    for step in 0..2 {
        world.store.fail_nth(step);
        let asked = world.service.check_schedule_availability(&team).await;
        assert_eq!(asked, Err(ServiceError::Store(store_down())));
    }
    world.store.fail_nth(0);
    let asked = world.service.get_teams_available_for_queue(&tenant).await;
    assert_eq!(asked, Err(ServiceError::Store(store_down())));
}

#[tokio::test]
async fn a_rotation_that_fails_is_an_error_with_its_code_and_the_row_untouched() {
    for kind in [
        ProviderErrorKind::Timeout,
        ProviderErrorKind::Unreachable,
        ProviderErrorKind::ReadOnly,
        ProviderErrorKind::WrongType,
    ] {
        let world = World::new();
        world.team("sales", &["anna", "ben"]);
        world.session("s1", json!({"context": {"old": 1}}));
        world.rotation.answer(Err(kind));
        let before = world.snapshot();
        let handover = world.hand_over_with("s1", Some("sales"), json!({"a": 1}));
        let handover = handover.await.unwrap();
        assert_eq!(error_code(&handover), kind.code());
        assert_eq!(handover.session, before.sessions[0]);
        assert_eq!(world.service.assign_session(&id("s1")).await, Ok(None));
        assert_eq!(world.run_queue().await, 0);
        assert_eq!(world.to_teams(&["sales"], true).await, Ok(0));
        assert_eq!(world.snapshot(), before);
        assert_eq!(world.store.take_writes(), []);
        assert_eq!(world.courier.texts(), [""; 0]);
    }
}

#[tokio::test]
async fn a_rotation_that_answers_out_of_range_is_an_error() {
    for (index, fine) in [(1, true), (2, false), (u32::MAX, false)] {
        let world = World::new();
        world.team("sales", &["anna", "ben"]);
        world.session("s1", json!({}));
        world.rotation.answer(Ok(index));
        let handover = world.hand_over("s1", Some("sales")).await.unwrap();
        assert_eq!(handover.outcome().kind() == "assign", fine, "{index}");
        if !fine {
            assert_eq!(error_code(&handover), "index_out_of_range");
            assert_eq!(world.store.take_writes(), []);
        }
    }
}

#[tokio::test]
async fn more_members_than_the_engine_takes_are_an_error() {
    let world = World::new();
    let members: Vec<AgentId> = (0..10_001).map(|n| id(&format!("agent-{n}"))).collect();
    for agent in &members {
        world.agent(json!({"id": agent.as_str(), "status": "online"}));
    }
    let mut team = assignment_engine::core::TeamConfig::new(id("sales"));
    team.members = members;
    world.store.inner().put_team(id("acme"), team);
    world.session("s1", json!({}));
    let handover = world.hand_over("s1", Some("sales")).await.unwrap();
    assert_eq!(error_code(&handover), "too_many_agents");
    assert_eq!(world.store.take_writes(), []);
}

#[tokio::test]
async fn after_a_failure_the_next_call_works() {
    let world = prepared(SITUATIONS[0].1);
    for step in 0..5 {
        world.store.fail_nth(step);
        let _ = world.hand_over("s1", Some("sales")).await;
    }
    world.store.fail_nth(usize::MAX - 1);
    let handover = world.hand_over_with("s1", Some("sales"), json!({"a": 1}));
    assert_eq!(handover.await.unwrap().outcome().kind(), "assign");
    let context = world.stored("s1").context.map(Value::Object);
    assert_eq!(context, Some(json!({"old": 1, "a": 1})));
    let writes = world.store.take_writes();
    assert!(matches!(writes[..], [Write::Claimed { .. }]), "{writes:?}");
}

#[tokio::test]
async fn a_caller_who_leaves_half_way_leaves_nothing_half_done() {
    let world = prepared(SITUATIONS[0].1);
    world.store.yield_around_calls();
    let before = world.snapshot();
    let mut polls = 0;
    loop {
        let mut handover = Box::pin(world.hand_over_with("s1", Some("sales"), json!({"a": 1})));
        let waker = std::task::Waker::noop();
        let mut context = std::task::Context::from_waker(waker);
        let done = (0..=polls).any(|_| handover.as_mut().poll(&mut context).is_ready());
        drop(handover);
        if done {
            break;
        }
        if world.store.take_writes().is_empty() {
            assert_eq!(world.snapshot(), before, "left at poll {polls}");
        } else {
            assert_eq!(world.stored("s1").status, SessionStatus::Assigned);
            world.store.inner().put_session(before.sessions_of("s1"));
        }
        polls += 1;
    }
    assert!(polls > 10, "only {polls} places to leave");
}

impl Snapshot {
    fn sessions_of(&self, name: &str) -> assignment_engine::core::Session {
        let found = self.sessions.iter().find(|one| one.id.as_str() == name);
        found.cloned().unwrap_or_else(|| session(name, json!({})))
    }
}
