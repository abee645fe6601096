//! What contacts hear, and how often: out of office, and nobody free.

use std::sync::Arc;

use assignment_engine::core::{MessageKind, Reason};
use assignment_engine::{SessionStore, Stamp};
use serde_json::{Map, Value, json};
use tokio::task::JoinSet;

use crate::watched_store::{Call, Then, Write, ready};
use crate::world::{
    NEVER_OPEN, NOW, World, error_code, id, json_of, run_queue, session as session_of, told,
};

const BUSY: &str = "All of our agents are currently busy. We will get back to you shortly.";
const DAY: i64 = 24 * 60 * 60 * 1_000;

/// Closed for good, with more in the schedule.
fn closed(more: Value) -> Value {
    let mut schedule = json_of(NEVER_OPEN);
    let more: Map<String, Value> = serde_json::from_value(more).unwrap();
    schedule.as_object_mut().unwrap().extend(more);
    json!({"schedule": schedule})
}

fn stamp(world: &World, name: &str) -> Option<Value> {
    world.stored("s1").context?.get(name).cloned()
}

#[tokio::test]
async fn the_out_of_office_text_is_the_teams_else_the_tenants_else_the_usual_one() {
    let teams = json!({"outOfOfficeMessage": "sales sleeps"});
    let tenants = json!({"settings": {"outOfOfficeMessage": "acme sleeps"}});
    let off = json!({"enabled": false, "settings": {"outOfOfficeMessage": "acme sleeps"}});
    for (team, tenant, text) in [
        (&teams, &tenants, "sales sleeps"),
        (&json!({}), &tenants, "acme sleeps"),
        (&json!({}), &off, "We are currently closed."),
        (&json!({}), &json!({}), "We are currently closed."),
    ] {
        let world = World::new();
        world.tenant(tenant.clone());
        world.team_with("sales", &["anna"], closed(team.clone()));
        world.session("s1", json!({}));
        let handover = world.hand_over("s1", Some("sales")).await.unwrap();
        assert_eq!(handover.decision.reason, Reason::OutOfOffice);
        assert_eq!(world.courier.texts(), [text]);
        assert_eq!(stamp(&world, "oooLastSentAt"), Some(NOW.into()));
    }
}

#[tokio::test]
async fn a_message_names_session_account_and_picture() {
    let world = World::new();
    let image = json!({"outOfOfficeImage": "https://acme.example/moon.png"});
    world.team_with("sales", &["anna"], closed(image));
    world.team("empty", &[]);
    world.session("s1", json!({"context": {"account": "old"}}));
    world.session("s2", json!({"context": {"account": "wa-2"}}));
    world.session("s3", json!({}));
    let account = json!({"account": "wa-1"});
    let handed = world.hand_over_with("s1", Some("sales"), account);
    handed.await.unwrap();
    for name in ["s2", "s3"] {
        world.hand_over(name, Some("empty")).await.unwrap();
    }
    let mut sent = world.courier.take().into_iter();
    let (session, message) = sent.next().unwrap();
    assert_eq!(
        (session, message.about),
        (id("s1"), MessageKind::OutOfOffice)
    );
    assert_eq!(
        message.account.as_deref(),
        Some("wa-1"),
        "of this very handover"
    );
    let picture = message.media_url.as_deref();
    assert_eq!(picture, Some("https://acme.example/moon.png"));
    let (session, message) = sent.next().unwrap();
    assert_eq!((session, message.about), (id("s2"), MessageKind::NoAgent));
    assert_eq!(
        (message.account.as_deref(), message.media_url),
        (Some("wa-2"), None)
    );
    let (_, message) = sent.next().unwrap();
    assert_eq!(message.account, None);
    assert_eq!(sent.next(), None);
}

#[tokio::test]
async fn a_team_that_opens_within_a_day_says_nothing() {
    let hours = json!({"enabled": true, "timezone": "UTC",
        "days": {"wednesday": [{"start": "10:00", "end": "17:00"}]}});
    for (now, texts) in [
        ("2026-11-24T09:59:59.999Z", 1),
        ("2026-11-24T10:00:00.000Z", 0),
        ("2026-11-25T09:59:59.999Z", 0),
        ("2026-11-25T17:00:00.000Z", 1),
    ] {
        let world = World::new();
        world.clock.set(now);
        world.team_with("sales", &["anna"], json!({"schedule": hours}));
        world.session("s1", json!({}));
        let handover = world.hand_over("s1", Some("sales")).await.unwrap();
        assert_eq!(told(&handover), "stop", "{now}");
        assert_eq!(world.courier.texts().len(), texts, "{now}");
        assert_eq!(stamp(&world, "oooLastSentAt").is_some(), texts == 1);
    }
}

/// A world in which a contact hears something: closed for good, or nobody there.
fn speaking(stamp: &str) -> World {
    let world = World::new();
    if stamp == "oooLastSentAt" {
        world.team_with("sales", &["anna"], closed(json!({})));
    } else {
        world.team("sales", &[]);
    }
    world
}

const STAMPS: [&str; 2] = ["oooLastSentAt", "noAgentLastSentAt"];

#[tokio::test]
async fn not_again_before_24_hours_have_passed_whichever_way_it_comes() {
    for name in STAMPS {
        let world = speaking(name);
        world.session("s1", json!({"context": {"kept": 1}}));
        world.session("s2", json!({}));
        world.hand_over("s1", Some("sales")).await.unwrap();
        world.hand_over("s2", Some("sales")).await.unwrap();
        assert_eq!(world.courier.texts().len(), 2, "one per session");
        world.clock.forward(DAY - 1);
        world.hand_over("s1", Some("sales")).await.unwrap();
        world.run_queue().await;
        assert_eq!(
            world.courier.texts().len(),
            0,
            "{name}: a millisecond early"
        );
        assert_eq!(stamp(&world, name), Some(NOW.into()));
        world.clock.forward(1);
        world.run_queue().await;
        world.run_queue().await;
        assert_eq!(world.courier.texts().len(), 2, "{name}: on time, and once");
        let next = Value::from("2026-11-24T10:00:00.000Z");
        assert_eq!(stamp(&world, name), Some(next));
        assert_eq!(stamp(&world, "kept"), Some(1.into()));
    }
}

#[tokio::test]
async fn a_stamp_that_is_no_instant_holds_nothing_back() {
    for name in STAMPS {
        for value in [json!(null), json!(7), json!("yesterday"), json!({})] {
            let world = speaking(name);
            world.session("s1", json!({"context": {name: value}}));
            world.hand_over("s1", Some("sales")).await.unwrap();
            assert_eq!(world.courier.texts().len(), 1, "{name}: {value}");
            assert_eq!(stamp(&world, name), Some(NOW.into()));
        }
    }
}

#[tokio::test]
async fn the_tenant_chooses_between_a_reply_and_silence() {
    let reply = json!({"noAgentAction": "reply", "noAgentMessage": "nobody there"});
    let queue = json!({"noAgentAction": "queue", "noAgentMessage": "nobody there"});
    for (enabled, waterfall, texts) in [
        (true, reply, vec!["nobody there"]),
        (true, json!({}), vec![BUSY]),
        (true, queue.clone(), vec![]),
        (false, queue, vec![BUSY]),
    ] {
        let world = World::new();
        world.tenant(json!({"enabled": enabled, "settings": {"waterfall": waterfall}}));
        world.team("sales", &[]);
        world.session("s1", json!({}));
        let handover = world.hand_over("s1", Some("sales")).await.unwrap();
        assert_eq!(told(&handover), "stop");
        assert_eq!(world.courier.texts(), texts, "{waterfall}");
        let stamped = stamp(&world, "noAgentLastSentAt").is_some();
        assert_eq!(stamped, !texts.is_empty());
    }
}

#[tokio::test]
async fn an_out_of_office_message_that_cannot_be_sent_is_an_error_and_no_stamp() {
    let world = speaking("oooLastSentAt");
    world.session("s1", json!({"context": {"topic": 1}}));
    let before = world.snapshot();
    world.courier.fail("the line is down");
    let handover = world.hand_over_with("s1", Some("sales"), json!({"a": 1}));
    let handover = handover.await.unwrap();
    assert_eq!(error_code(&handover), "message_failed");
    let told = format!("{:?}", handover.outcome());
    assert!(told.contains("the line is down"), "{told}");
    assert_eq!(world.snapshot(), before);
    let stamp = [Write::Stamped(id("s1")), Write::Unstamped(id("s1"))];
    assert_eq!(world.store.take_writes(), stamp, "taken back");
    world.courier.recover();
    world.hand_over("s1", Some("sales")).await.unwrap();
    assert_eq!(world.courier.texts().len(), 1, "it is sent at the next try");
}

#[tokio::test]
async fn a_no_agent_message_that_cannot_be_sent_changes_no_outcome_and_is_no_stamp() {
    let world = speaking("noAgentLastSentAt");
    world.session("s1", json!({}));
    world.courier.fail("the line is down");
    let handover = world.hand_over_with("s1", Some("sales"), json!({"a": 1}));
    let handover = handover.await.unwrap();
    assert_eq!(told(&handover), "stop");
    assert_eq!(handover.decision.reason, Reason::NoMembers);
    assert_eq!(handover.decision.warnings[0].code, "message_not_sent");
    let context = world.stored("s1").context.map(Value::Object);
    assert_eq!(
        context,
        Some(json!({"a": 1})),
        "team and context are stored"
    );
    world.courier.recover();
    assert_eq!(world.run_queue().await, 0);
    assert_eq!(world.courier.texts(), [BUSY], "it is sent at the next try");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_handovers_of_one_session_at_once_send_one_message() {
    for name in STAMPS {
        let world = Arc::new(speaking(name));
        world.store.yield_around_calls();
        world.session("s1", json!({}));
        let mut calls = JoinSet::new();
        for _ in 0..50 {
            let world = Arc::clone(&world);
            calls.spawn(async move {
                let handover = world.hand_over("s1", Some("sales")).await;
                told(&handover.unwrap()).to_owned()
            });
        }
        let outcomes = calls.join_all().await;
        assert!(outcomes.iter().all(|outcome| outcome == "stop"));
        assert_eq!(world.courier.texts().len(), 1, "{name}");
    }
}

/// Twenty runs at once, of two instances that know nothing of each other but the store.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_runs_of_two_instances_at_once_send_one_message() {
    for name in STAMPS {
        let world = speaking(name);
        world.store.yield_around_calls();
        world.session("s1", json!({"assignedTeamId": "sales"}));
        let instances = [world.another_service(), world.another_service()].map(Arc::new);
        let mut runs = JoinSet::new();
        for n in 0..20 {
            let service = Arc::clone(&instances[n % 2]);
            runs.spawn(async move {
                if n % 4 < 2 {
                    run_queue(&service, None, None).await;
                } else {
                    let session = id("s1");
                    let run = service.request_assignment(&session, Some("sales"), Map::new());
                    assert_eq!(told(&run.await.unwrap()), "stop");
                }
            });
        }
        runs.join_all().await;
        assert_eq!(world.courier.texts().len(), 1, "{name}");
        assert_eq!(stamp(&world, name), Some(NOW.into()));
    }
}

#[tokio::test]
async fn whoever_is_told_by_another_instance_meanwhile_is_not_told_again() {
    for name in STAMPS {
        let world = speaking(name);
        world.session("s1", json!({}));
        let mut once = true;
        world.store.before(move |call, store| {
            if let (Call::Stamp(session), true) = (call, once) {
                once = false;
                let stamp = Stamp {
                    key: name.into(),
                    text: NOW.into(),
                    seen: None,
                };
                assert_eq!(ready(store.stamp(session, &stamp)), Ok(true));
            }
            Then::GoOn
        });
        let handover = world.hand_over("s1", Some("sales")).await.unwrap();
        assert_eq!(told(&handover), "stop");
        assert_eq!(world.courier.texts(), [""; 0], "{name}");
        if name == "oooLastSentAt" {
            let reason = handover.decision.reason;
            assert_eq!(reason, Reason::OutOfOfficeSentRecently, "as it is now");
        }
    }
}

#[tokio::test]
async fn whoever_gets_an_agent_before_the_message_is_sent_is_not_told_that_nobody_is_there() {
    for name in STAMPS {
        let world = speaking(name);
        world.session("s1", json!({}));
        world.store.before(|call, store| {
            if let Call::Stamp(session) = call {
                let more = json!({"status": "assigned", "assignedAgentId": "rival"});
                store.put_session(session_of(session.as_str(), more));
            }
            Then::GoOn
        });
        let handover = world.hand_over("s1", Some("sales")).await.unwrap();
        assert_eq!(handover.decision.reason, Reason::SessionTaken, "{name}");
        assert_eq!(world.courier.texts(), [""; 0], "{name}");
    }
}
