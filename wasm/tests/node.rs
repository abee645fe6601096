//! The bindings by themselves, called as JavaScript calls them:
//! `wasm-pack test --node --mode no-install wasm`.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a test may stop where it goes wrong")]

use assignment_engine_wasm::{
    Engine, Roster, availability, default_team, explain, failed_decision, message_failed, overrule,
    rule_names,
};
use js_sys::{Function, JSON, Promise, Reflect};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

const REQUEST: &str = r#"{"session":{"id":"chat-1","tenantId":"acme","assignedTeamId":"sales","contactId":"c1"},
    "now":"2026-11-23T09:00:00Z"}"#;
const FACTS: &str = r#"{"schedule":{},"contactAssigned":false,"strategy":{},
    "agents":[{"id":"anna","name":"Anna","status":"online"},{"id":"ben","name":"Ben","status":"online"}]}"#;
const ROSTER: &str = r#"{"tenantId":"acme",
    "teams":[{"id":"sales","members":["anna","ben"],"routingConfig":{"maxLoad":3},
        "schedule":{"enabled":true,"timezone":"UTC","days":{"monday":[{"start":"08:00","end":"17:00"}]}}}],
    "agents":[{"id":"anna","name":"Anna","status":"online"},{"id":"ben","name":"Ben","status":"online"}]}"#;
/// 2026-11-23T09:00:00Z, a Monday.
const NOW: f64 = 1_795_424_400_000.0;

fn js(json: &str) -> JsValue {
    JSON::parse(json).unwrap()
}

fn field(of: &JsValue, name: &str) -> JsValue {
    Reflect::get(of, &name.into()).unwrap()
}

fn text(of: &JsValue, name: &str) -> String {
    field(of, name).as_string().unwrap_or_default()
}

async fn decide(facts: &str, get_next_index: &str) -> Result<JsValue, JsValue> {
    let engine = Engine::new(None).unwrap();
    let function = Function::new_with_args("contextKey, candidateCount", get_next_index);
    let promise: Promise = engine.decide(&js(REQUEST), &js(facts), function);
    JsFuture::from(promise).await
}

#[wasm_bindgen_test]
async fn an_index_can_be_a_number_or_a_promise() {
    for body in [
        "return candidateCount - 1",
        "return Promise.resolve(candidateCount - 1)",
        "return new Promise((resolve) => setTimeout(resolve, 5, candidateCount - 1))",
        "return contextKey === 'sales' ? { then: (resolve) => resolve(1) } : 0",
    ] {
        let decision = decide(FACTS, body).await.unwrap();
        let outcome = field(&decision, "outcome");
        assert_eq!(text(&outcome, "kind"), "assign", "{body}");
        assert_eq!(text(&outcome, "agentId"), "ben", "{body}");
    }
}

#[wasm_bindgen_test]
async fn an_index_that_cannot_be_had_is_an_error() {
    for (body, code) in [
        ("return NaN", "index_out_of_range"),
        ("return -1", "index_out_of_range"),
        ("return 1.5", "index_out_of_range"),
        ("return candidateCount", "index_out_of_range"),
        ("return '1'", "index_out_of_range"),
        ("return 1n", "index_out_of_range"),
        ("", "index_out_of_range"),
        ("throw new Error('secret')", "host_failed"),
        ("return Promise.reject(new Error('secret'))", "host_failed"),
    ] {
        let decision = decide(FACTS, body).await.unwrap();
        let outcome = field(&decision, "outcome");
        assert_eq!(text(&outcome, "kind"), "error", "{body}");
        assert_eq!(text(&outcome, "code"), code, "{body}");
        assert!(!text(&outcome, "message").contains("secret"));
    }
}

#[wasm_bindgen_test]
async fn a_fact_that_is_missing_is_an_error_and_one_that_is_wrong_is_refused() {
    let decision = decide("{}", "return 0").await.unwrap();
    assert_eq!(text(&field(&decision, "outcome"), "code"), "not_answered");
    let error = decide(r#"{"agents":[{"id":"a","active":-1}]}"#, "return 0").await;
    let error = error.unwrap_err();
    assert_eq!(text(&error, "code"), "invalid_value");
    assert_eq!(text(&error, "path"), "facts.agents[0].active");
    assert!(!text(&error, "hint").is_empty());
}

#[wasm_bindgen_test]
async fn the_engine_can_be_called_while_it_asks() {
    let engine = Engine::new(None).unwrap();
    let again = wasm_bindgen::closure::Closure::<dyn FnMut() -> JsValue>::new(move || {
        let run = engine.start(REQUEST, FACTS, false).unwrap();
        assert!(run.need().is_some());
        JsValue::from(1)
    });
    let function: Function = again.as_ref().clone().into();
    let outer = Engine::new(None).unwrap();
    let decision = JsFuture::from(outer.decide(&js(REQUEST), &js(FACTS), function))
        .await
        .unwrap();
    assert_eq!(text(&field(&decision, "outcome"), "agentId"), "ben");
}

#[wasm_bindgen_test]
fn a_run_says_what_it_needs_and_takes_the_answer_once() {
    let engine = Engine::new(Some(r#"["strategy",{"host":"own"}]"#.into())).unwrap();
    let mut run = engine.start(REQUEST, "{}", true).unwrap();
    assert!(run.need().unwrap().contains(r#""kind":"strategy""#));
    let error = run
        .answer(r#"{"strategy":{"config":{"maxLod":1}}}"#)
        .unwrap_err();
    assert_eq!(text(&error, "path"), "answer.strategy.config.maxLod");
    run.answer(r#"{"strategy":{}}"#).unwrap();
    assert_eq!(run.rules_left(), ["strategy"]);
    assert!(run.need().unwrap().contains(r#""name":"own""#));
    run.answer(r#"{"rule":{"verdict":{"kind":"stop"}}}"#)
        .unwrap();
    let decision = run.decision().unwrap();
    assert!(decision.contains(r#""reason":"host_rule""#));
    assert_eq!(text(&run.answer_index(0).unwrap_err(), "code"), "run_over");
    assert!(!explain(&decision).unwrap().is_empty());
    assert!(
        overrule(&decision, r#"{"kind":"skip"}"#, "session_taken")
            .unwrap()
            .contains("claim")
    );
    assert!(overrule(&decision, r#"{"kind":"skip"}"#, "whim").is_err());
    assert_eq!(message_failed(&decision, "why").unwrap(), decision);
    assert!(
        explain(&failed_decision("timeout", "no answer"))
            .unwrap()
            .concat()
            .contains("timeout")
    );
    assert_eq!(rule_names().len(), 5);
}

#[wasm_bindgen_test]
fn the_ordinary_course_on_a_roster_is_that_of_a_run() {
    let engine = Engine::new(None).unwrap();
    let roster = Roster::new(ROSTER).unwrap();
    let sales = roster.team("sales").unwrap();
    assert_eq!(roster.turn(&engine, sales, NOW), 2);
    assert_eq!((roster.until(), roster.limit()), (1_795_453_200_000.0, 3));
    let ben = roster.agent("ben").unwrap();
    assert_eq!(roster.pick(sales, 1), ben);
    let mut run = engine
        .start_on(&roster, REQUEST, r#"{"contactAssigned":false}"#, false)
        .unwrap();
    run.answer_index(1).unwrap();
    assert!(run.decision().unwrap().contains(r#""agentId":"ben""#));
    // Two turns each, then nobody has room.
    let picked = roster.fill(&engine, &[sales; 7], &[0; 7], vec![0.0], NOW);
    assert_eq!(picked.len(), 6);
    assert_eq!(roster.turn(&engine, sales, NOW), 0);
    roster.released(ben).unwrap();
    assert_eq!(roster.turn(&engine, sales, NOW), 1);
    assert_eq!(roster.turn(&engine, sales, 0.0), 0, "the team is closed");
    roster.remove_agent(ben).unwrap();
    assert_eq!(
        text(&roster.set_online(ben, true).unwrap_err(), "code"),
        "unknown_agent"
    );
}

#[wasm_bindgen_test]
fn teams_and_opening_hours() {
    let fact = r#"{"schedule":{"enabled":true,"timezone":"UTC","days":{"monday":[{"start":"10:00","end":"17:00"}]}}}"#;
    let shut = availability(fact, NOW).unwrap();
    assert!(
        shut.contains(r#""isOpen":false,"nextOpen":"2026-11-23T10:00:00.000Z""#),
        "{shut}"
    );
    assert!(availability(fact, f64::NAN).is_err());
    let teams =
        r#"[{"id":"b","members":["x"]},{"id":"a","members":["x"]},{"id":"c","isDefault":true}]"#;
    assert_eq!(default_team(teams).unwrap(), Some(1));
}
