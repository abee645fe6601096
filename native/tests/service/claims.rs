//! The store has the last word: what becomes of a decision that it does not let come true.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use assignment_engine::core::{AgentStatus, Outcome, Reason, SessionId, SessionStatus};
use assignment_engine::{
    Claim, Expected, InMemorySessionStore, Refusal, SessionChanges, SessionStore,
};
use serde_json::{Value, json};

use crate::watched_store::{Call, Then, Write, ready};
use crate::world::{NOW, World, error_code, id, session, told};

/// Somebody else assigns the session.
fn take(store: &InMemorySessionStore, session: &SessionId) {
    let stored = ready(store.session(session)).unwrap().unwrap();
    let expected = Expected {
        team_id: stored.assigned_team_id,
        ..Expected::default()
    };
    let changes = SessionChanges::default();
    store.put_agent(serde_json::from_value(json!({"id": "rival"})).unwrap());
    let claim = ready(store.claim(session, &id("rival"), &expected, &changes)).unwrap();
    assert!(matches!(claim, Claim::Claimed(_)));
}

/// Somebody else moves the session to another team.
fn move_to(store: &InMemorySessionStore, session: &SessionId, team: &str) {
    let changes = SessionChanges {
        team_id: Some(id(team)),
        ..SessionChanges::default()
    };
    ready(store.update(session, &changes)).unwrap();
}

/// One more session for the agent.
fn burden(store: &InMemorySessionStore, agent: &str, n: usize) {
    let more = json!({"status": "assigned", "assignedAgentId": agent});
    store.put_session(session(&format!("burden-{agent}-{n}"), more));
}

fn refusals(world: &World) -> Vec<(String, Refusal)> {
    let writes = world.store.take_writes().into_iter();
    let refused = writes.filter_map(|write| match write {
        Write::Refused { agent, refusal, .. } => Some((agent.to_string(), refusal)),
        _ => None,
    });
    refused.collect()
}

#[tokio::test]
async fn a_session_taken_meanwhile_keeps_its_owner_and_the_answer_is_skip() {
    let world = World::new();
    world.team("sales", &["anna", "ben"]);
    world.session("s1", json!({"context": {"old": 1}}));
    world.store.before(|call, store| {
        if let Call::Claim(session, _) = call {
            take(store, session);
        }
        Then::GoOn
    });
    let handover = world.hand_over_with("s1", Some("sales"), json!({"a": 1}));
    let handover = handover.await.unwrap();
    assert_eq!(handover.outcome(), &Outcome::Skip);
    assert_eq!(handover.decision.reason, Reason::SessionTaken);
    assert_eq!(handover.session, world.stored("s1"), "as it is now");
    assert_eq!(world.owner("s1"), "rival");
    let context = world.stored("s1").context.map(Value::Object);
    assert_eq!(
        context,
        Some(json!({"old": 1})),
        "nothing of ours is stored"
    );
    let refused = [("anna".to_owned(), Refusal::SessionTaken)];
    assert_eq!(refusals(&world), refused, "one try");
}

#[tokio::test]
async fn a_session_taken_meanwhile_is_none_for_the_dispatch_and_uncounted_in_the_queue() {
    let world = World::new();
    world.team("sales", &["anna"]);
    world.session("s1", json!({}));
    world.session("s2", json!({}));
    world.store.before(|call, store| {
        if let Call::Claim(session, _) = call {
            take(store, session);
        }
        Then::GoOn
    });
    assert_eq!(world.service.assign_session(&id("s1")).await, Ok(None));
    assert_eq!(world.run_queue().await, 0);
    assert_eq!(
        (world.owner("s1"), world.owner("s2")),
        ("rival".into(), "rival".into())
    );
}

#[tokio::test]
async fn a_session_removed_meanwhile_is_skipped() {
    let world = World::new();
    world.team("sales", &["anna"]);
    world.session("s1", json!({}));
    world.store.before(|call, store| {
        if let Call::Claim(session, _) = call {
            assert!(store.remove(session).is_some());
        }
        Then::GoOn
    });
    let handover = world.hand_over("s1", Some("sales")).await.unwrap();
    assert_eq!(handover.outcome(), &Outcome::Skip);
    assert_eq!(handover.decision.reason, Reason::SessionTaken);
    assert_eq!(world.store.inner().sessions(), []);
}

#[tokio::test]
async fn a_session_moved_meanwhile_is_decided_anew_for_its_new_team() {
    let world = World::new();
    world.team("sales", &["anna"]);
    world.team("support", &["ben"]);
    world.session("s1", json!({"assignedTeamId": "sales"}));
    let mut moved = false;
    world.store.before(move |call, store| {
        if let (Call::Claim(session, _), false) = (call, moved) {
            moved = true;
            move_to(store, session, "support");
        }
        Then::GoOn
    });
    assert_eq!(world.run_queue().await, 1);
    assert_eq!(world.owner("s1"), "ben", "not anna of the team it has left");
    assert_eq!(world.stored("s1").assigned_team_id, Some(id("support")));
    let refused = [("anna".to_owned(), Refusal::SessionMoved)];
    assert_eq!(refusals(&world), refused);
}

#[tokio::test]
async fn a_session_moved_meanwhile_still_goes_where_it_is_handed_over_to() {
    let world = World::new();
    world.team("sales", &["anna"]);
    world.team("support", &["ben"]);
    world.session("s1", json!({}));
    let mut moved = false;
    world.store.before(move |call, store| {
        if let (Call::Claim(session, _), false) = (call, moved) {
            moved = true;
            move_to(store, session, "support");
        }
        Then::GoOn
    });
    let handover = world.hand_over("s1", Some("sales")).await.unwrap();
    assert_eq!(told(&handover), "anna");
    assert_eq!(world.stored("s1").assigned_team_id, Some(id("sales")));
}

#[tokio::test]
async fn a_session_that_keeps_moving_is_left_after_a_bounded_number_of_tries() {
    let world = World::new();
    world.team("sales", &["anna"]);
    world.team("support", &["ben"]);
    world.session("s1", json!({"assignedTeamId": "sales"}));
    let mut claims = 0;
    world.store.before(move |call, store| {
        if let Call::Claim(session, _) = call {
            claims += 1;
            let there = ["sales", "support"][claims % 2];
            move_to(store, session, there);
        }
        Then::GoOn
    });
    let handover = world
        .hand_over_with("s1", None, json!({"a": 1}))
        .await
        .unwrap();
    assert_eq!(error_code(&handover), "claims_refused");
    assert_eq!(handover.decision.reason, Reason::ClaimsRefused);
    assert_eq!(refusals(&world).len(), 8);
    let stored = world.stored("s1");
    assert_eq!(
        (stored.status, stored.context),
        (SessionStatus::Unassigned, None)
    );
    assert_eq!(handover.session, world.stored("s1"));
}

/// The session moves before the claim, and before it is looked at again `then` happens.
fn moved_and(
    world: &World,
    mut then: impl FnMut(&InMemorySessionStore, &SessionId) + Send + 'static,
) {
    let mut moved = false;
    world.store.before(move |call, store| {
        match call {
            Call::Claim(session, _) if !moved => {
                moved = true;
                move_to(store, session, "support");
            }
            Call::Session(session) if moved => then(store, session),
            _ => {}
        }
        Then::GoOn
    });
}

#[tokio::test]
async fn a_session_moved_and_then_taken_is_skipped_without_a_word() {
    let world = World::new();
    world.team("sales", &["anna"]);
    world.team("support", &[]);
    world.session("s1", json!({"assignedTeamId": "sales"}));
    moved_and(&world, |store, session| {
        take(store, session);
        store.set_status(&id("anna"), AgentStatus::Offline);
    });
    let handover = world.hand_over_with("s1", Some("sales"), json!({"a": 1}));
    let handover = handover.await.unwrap();
    assert_eq!(handover.outcome(), &Outcome::Skip);
    assert_eq!(handover.decision.reason, Reason::SessionTaken);
    assert_eq!(handover.session, world.stored("s1"));
    let stored = world.stored("s1");
    assert_eq!(stored.assigned_team_id, Some(id("support")), "the rival's");
    assert_eq!(stored.context, None);
    assert_eq!(world.courier.texts(), [""; 0], "the contact has an agent");
}

#[tokio::test]
async fn a_session_moved_and_then_removed_is_skipped() {
    let world = World::new();
    world.team("sales", &["anna"]);
    world.team("support", &["ben"]);
    world.session("s1", json!({"assignedTeamId": "sales"}));
    moved_and(&world, |store, session| {
        store.remove(session);
    });
    let handover = world.hand_over("s1", Some("sales")).await.unwrap();
    assert_eq!(handover.outcome(), &Outcome::Skip);
    assert_eq!(handover.decision.reason, Reason::SessionTaken);
}

#[tokio::test]
async fn an_agent_who_reached_the_limit_meanwhile_is_left_out_and_another_one_chosen() {
    let world = World::new();
    let more = json!({"routingConfig": {"maxLoad": 1}});
    world.team_with("sales", &["anna", "ben", "cleo"], more);
    world.session("s1", json!({}));
    let mut claims = 0;
    world.store.before(move |call, store| {
        if let Call::Claim(_, agent) = call {
            claims += 1;
            if claims <= 2 {
                burden(store, agent.as_str(), claims);
            }
        }
        Then::GoOn
    });
    let handover = world.hand_over("s1", Some("sales")).await.unwrap();
    let refused = refusals(&world);
    assert_eq!(refused.len(), 2);
    assert!(refused.iter().all(|(_, why)| *why == Refusal::AgentAtLimit));
    assert_ne!(refused[0].0, refused[1].0);
    let owner = world.owner("s1");
    assert_eq!(told(&handover), owner);
    assert!(!refused.iter().any(|(agent, _)| *agent == owner));
    for agent in ["anna", "ben", "cleo"] {
        assert_eq!(world.load(agent), 1);
    }
}

#[tokio::test]
async fn an_agent_who_is_gone_is_left_out_and_another_one_chosen() {
    let world = World::new();
    world.team("sales", &["anna", "ben"]);
    world.session("s1", json!({}));
    // Only because anna is left out is ben the first of those who take turns.
    world.rotation.answer(Ok(0));
    world.store.before(|call, _| match call {
        Call::Claim(_, agent) if agent.as_str() == "anna" => Then::Refuse(Refusal::AgentGone),
        _ => Then::GoOn,
    });
    let handover = world.hand_over("s1", Some("sales")).await.unwrap();
    assert_eq!(told(&handover), "ben");
    assert_eq!(refusals(&world), [("anna".to_owned(), Refusal::AgentGone)]);
}

#[tokio::test]
async fn when_everybody_reached_the_limit_meanwhile_the_contact_is_told_once() {
    let world = World::new();
    let more = json!({"routingConfig": {"maxLoad": 1}});
    world.team_with("sales", &["anna", "ben", "cleo"], more);
    world.session("s1", json!({}));
    let mut claims = 0;
    world.store.before(move |call, store| {
        if let Call::Claim(_, agent) = call {
            claims += 1;
            burden(store, agent.as_str(), claims);
        }
        Then::GoOn
    });
    let handover = world.hand_over("s1", Some("sales")).await.unwrap();
    assert_eq!(told(&handover), "stop");
    assert_eq!(world.owner("s1"), "");
    assert_eq!(world.stored("s1").assigned_team_id, Some(id("sales")));
    assert_eq!(refusals(&world).len(), 3);
    assert_eq!(world.courier.texts().len(), 1);
}

#[tokio::test]
async fn a_large_team_that_fills_up_under_the_claims_ends_in_an_error_and_leaves_the_row() {
    let names: Vec<String> = (0..20).map(|n| format!("agent-{n:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let world = World::new();
    world.team("sales", &names);
    world.session("s1", json!({}));
    world.rotation.answer(Ok(0));
    let tries = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&tries);
    world.store.before(move |call, _| match call {
        Call::Claim(..) => {
            counted.fetch_add(1, Ordering::SeqCst);
            Then::Refuse(Refusal::AgentAtLimit)
        }
        _ => Then::GoOn,
    });
    let before = world.snapshot();
    let handover = world.hand_over_with("s1", Some("sales"), json!({"a": 1}));
    let handover = handover.await.unwrap();
    assert_eq!(error_code(&handover), "claims_refused");
    assert_eq!(tries.load(Ordering::SeqCst), 8);
    assert_eq!(world.snapshot(), before);
    assert_eq!(world.courier.texts(), [""; 0]);
    let mut agents: Vec<String> = refusals(&world).into_iter().map(|one| one.0).collect();
    agents.sort();
    agents.dedup();
    assert_eq!(agents.len(), 8, "never the same agent twice");
}

#[tokio::test]
async fn a_session_taken_before_a_stop_is_stored_keeps_team_and_context_of_its_owner() {
    let world = World::new();
    world.team("sales", &[]);
    world.team("support", &[]);
    world.session("s1", json!({"assignedTeamId": "support"}));
    world.store.before(|call, store| {
        if let Call::Update(session) = call {
            take(store, session);
        }
        Then::GoOn
    });
    let handover = world.hand_over_with("s1", Some("sales"), json!({"a": 1}));
    let handover = handover.await.unwrap();
    let stored = world.stored("s1");
    assert_eq!(world.owner("s1"), "rival");
    assert_eq!(stored.assigned_team_id, Some(id("support")));
    let told = json!({"noAgentLastSentAt": NOW});
    let context = stored.context.clone().map(Value::Object);
    assert_eq!(context, Some(told), "only that the contact was told");
    assert_eq!(handover.session, stored);
    assert_eq!(handover.outcome(), &Outcome::Skip);
    assert_eq!(handover.decision.reason, Reason::SessionTaken);
}

#[tokio::test]
async fn a_refusal_by_hand_moves_on_to_the_next_session_or_the_next_agent() {
    let world = World::new();
    world.team_with("sales", &["anna"], json!({"routingConfig": {"maxLoad": 5}}));
    world.team("support", &["ben", "cleo"]);
    world.sessions(4, &json!({}));
    let mut claims = 0;
    world.store.before(move |call, store| match call {
        Call::Claim(session, _) if session.as_str() == "s000" => {
            if ready(store.session(session)).unwrap().unwrap().status == SessionStatus::Unassigned {
                take(store, session);
            }
            Then::GoOn
        }
        Call::Claim(_, agent) if agent.as_str() == "anna" => {
            claims += 1;
            if claims == 2 {
                for n in 0..5 {
                    burden(store, "anna", n);
                }
            }
            Then::GoOn
        }
        Call::Claim(_, agent) if agent.as_str() == "ben" => Then::Refuse(Refusal::AgentGone),
        _ => Then::GoOn,
    });
    assert_eq!(
        world
            .to_agents(&[("anna", 3), ("ben", 1), ("cleo", 9)])
            .await,
        Ok(3)
    );
    assert_eq!(world.owner("s000"), "rival");
    assert_eq!(world.owner("s001"), "anna");
    assert_eq!(
        (world.owner("s002"), world.owner("s003")),
        ("cleo".into(), "cleo".into())
    );
}

#[tokio::test]
async fn the_trace_shows_each_claim_that_was_refused() {
    let mut world = World::new();
    world.service = world.another_service().with_trace();
    world.team("sales", &["anna", "ben", "cleo"]);
    world.session("s1", json!({}));
    world.rotation.answer(Ok(0));
    world.store.before(|call, _| match call {
        Call::Claim(_, agent) if agent.as_str() == "anna" => Then::Refuse(Refusal::AgentAtLimit),
        Call::Claim(_, agent) if agent.as_str() == "ben" => Then::Refuse(Refusal::AgentGone),
        _ => Then::GoOn,
    });
    let handover = world.hand_over("s1", Some("sales")).await.unwrap();
    assert_eq!(told(&handover), "cleo");
    let trace = serde_json::to_value(&handover.decision.trace).unwrap();
    let claim = |agent: &str, refusal: &str| {
        json!({"rule": "claim", "answer": "continue", "reason": "claims_refused",
            "values": {"agentId": agent, "refusal": refusal}})
    };
    assert_eq!(trace["rules"][0], claim("anna", "agent_at_limit"));
    assert_eq!(trace["rules"][1], claim("ben", "agent_gone"));
    assert_eq!(trace["rules"][2]["rule"], "schedule");
    let excluded = trace["candidates"].as_array().unwrap().iter();
    let excluded = excluded.filter(|one| one["reason"] == "excluded").count();
    assert_eq!(excluded, 2);
    let told = handover.decision.explain();
    assert!(
        told.contains(&"The store refused `anna`: agent_at_limit.".to_owned()),
        "{told:?}"
    );
}

#[tokio::test]
async fn the_trace_shows_a_claim_that_ended_it_too() {
    let mut world = World::new();
    world.service = world.another_service().with_trace();
    world.team("sales", &["anna"]);
    world.session("s1", json!({}));
    world.store.before(|call, store| {
        if let Call::Claim(session, _) = call {
            take(store, session);
        }
        Then::GoOn
    });
    let handover = world.hand_over("s1", Some("sales")).await.unwrap();
    let trace = serde_json::to_value(&handover.decision.trace).unwrap();
    let rules = trace["rules"].as_array().unwrap();
    assert_eq!(
        rules[0]["values"],
        json!({"agentId": "anna", "refusal": "session_taken"})
    );
    assert_eq!(rules.last().unwrap()["reason"], "session_taken");
}
