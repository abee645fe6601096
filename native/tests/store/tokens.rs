//! Fencing tokens: whoever was overtaken is refused, and whoever repeats a claim is answered again.

use assignment_engine::core::AgentId;
use assignment_engine::{Claim, Expected, Refusal};
use serde_json::json;

use crate::stage::{Stage, id, owned_by, token, uuid};

async fn granted(stage: &Stage, session: &str, agent: &str, expected: Expected) {
    let claim = stage.claim(session, agent, &expected).await;
    let Claim::Claimed(session) = claim else {
        panic!("{claim:?}");
    };
    assert_eq!(session.assigned_agent_id, Some(id::<AgentId>(agent)));
}

fn passed_on(from: &str, with: u64) -> Expected {
    Expected {
        token: Some(with),
        ..owned_by(from)
    }
}

pub(crate) async fn only_a_higher_token_claims_a_session_again(stage: &Stage) {
    stage.team("sales", &["anna", "ben"], json!({})).await;
    stage.session("s1", json!({})).await;
    granted(stage, "s1", "anna", token(5)).await;
    for old in [0, 4, 5] {
        let refusal = stage.refusal("s1", "ben", &passed_on("anna", old)).await;
        assert_eq!(refusal, Refusal::StaleToken, "{old}");
    }
    granted(stage, "s1", "ben", passed_on("anna", 6)).await;
    let refusal = stage.refusal("s1", "anna", &passed_on("ben", 6)).await;
    assert_eq!(refusal, Refusal::StaleToken);
}

pub(crate) async fn a_late_claim_is_refused_though_the_session_waits_again(stage: &Stage) {
    stage.team("sales", &["anna", "ben"], json!({})).await;
    stage.session("s1", json!({})).await;
    granted(stage, "s1", "anna", token(8)).await;
    // Somebody gives it back to the queue.
    stage.session("s1", json!({})).await;
    for (agent, late) in [("ben", 7), ("ben", 8), ("anna", 8)] {
        let refusal = stage.refusal("s1", agent, &token(late)).await;
        assert_eq!(refusal, Refusal::StaleToken, "{agent}, {late}");
    }
    granted(stage, "s1", "ben", token(9)).await;
}

pub(crate) async fn the_very_same_claim_is_answered_again(stage: &Stage) {
    stage.team("sales", &["anna", "ben"], json!({})).await;
    stage.session("s1", json!({})).await;
    granted(stage, "s1", "anna", token(1)).await;
    let stored = stage.stored("s1").await;
    for _ in 0..3 {
        granted(stage, "s1", "anna", token(1)).await;
        assert_eq!(stage.stored("s1").await, stored, "nothing is written again");
    }
    assert_eq!(stage.active("sales", "anna").await, 1);
}

pub(crate) async fn not_once_the_session_is_over(stage: &Stage) {
    stage.team("sales", &["anna"], json!({})).await;
    stage.session("s1", json!({})).await;
    granted(stage, "s1", "anna", token(1)).await;
    // Its agent's name stays with it.
    let over = json!({"status": "resolved", "assignedAgentId": uuid("anna")});
    stage.session("s1", over).await;
    let refusal = stage.refusal("s1", "anna", &token(1)).await;
    assert_eq!(refusal, Refusal::StaleToken);
}

pub(crate) async fn not_after_it_went_to_somebody_else(stage: &Stage) {
    stage.team("sales", &["anna", "ben"], json!({})).await;
    stage.session("s1", json!({})).await;
    granted(stage, "s1", "anna", token(1)).await;
    granted(stage, "s1", "ben", owned_by("anna")).await;
    assert_eq!(
        stage.refusal("s1", "anna", &token(1)).await,
        Refusal::StaleToken
    );
}

pub(crate) async fn without_a_token_nothing_is_compared(stage: &Stage) {
    stage.team("sales", &["anna", "ben"], json!({})).await;
    stage.session("s1", json!({})).await;
    granted(stage, "s1", "anna", token(Expected::MAX_TOKEN)).await;
    granted(stage, "s1", "ben", owned_by("anna")).await;
    stage.session("s2", json!({})).await;
    granted(stage, "s2", "anna", Expected::default()).await;
    granted(stage, "s2", "ben", passed_on("anna", 0)).await;
}

pub(crate) async fn a_refused_claim_uses_up_no_token(stage: &Stage) {
    stage.team("sales", &["anna"], json!({})).await;
    stage.session("s1", json!({})).await;
    assert_eq!(
        stage.refusal("s1", "nobody", &token(3)).await,
        Refusal::AgentGone
    );
    granted(stage, "s1", "anna", token(3)).await;
}

pub(crate) async fn each_session_has_its_own(stage: &Stage) {
    stage.team("sales", &["anna"], json!({})).await;
    for name in ["s1", "s2"] {
        stage.session(name, json!({})).await;
    }
    granted(stage, "s1", "anna", token(9)).await;
    granted(stage, "s2", "anna", token(2)).await;
}

pub(crate) async fn a_token_that_cannot_be_stored_is_an_error(stage: &Stage) {
    stage.team("sales", &["anna"], json!({})).await;
    stage.session("s1", json!({})).await;
    let (session, agent, expected) = (id("s1"), id("anna"), token(Expected::MAX_TOKEN + 1));
    let changes = crate::stage::changes();
    let claim = stage.store.claim(&session, &agent, &expected, &changes);
    assert_eq!(claim.await.unwrap_err().code, "invalid_value");
}
