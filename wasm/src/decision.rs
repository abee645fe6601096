use assignment_engine_core::{
    self as core, Decision, InputError, Outcome, Reason, ScheduleFact, TeamConfig, Timestamp,
    from_json,
};
use wasm_bindgen::prelude::*;

use crate::error::{error, refused};
use crate::run::json;

/// A decision in a few lines of plain English; with a trace it tells what became of every agent.
///
/// # Errors
/// An `Error` with `code` and `path` for what is no decision.
#[wasm_bindgen]
pub fn explain(decision: &str) -> Result<Vec<String>, JsValue> {
    Ok(read(decision)?.explain())
}

/// The decision, when its message could not be sent, for this reason.
///
/// # Errors
/// An `Error` with `code` and `path` for what is no decision.
#[wasm_bindgen(js_name = messageFailed)]
pub fn message_failed(decision: &str, why: &str) -> Result<String, JsValue> {
    let mut decision = read(decision)?;
    decision.message_failed(why);
    Ok(json(&decision))
}

/// The decision, when the store did not let it come true.
///
/// # Errors
/// An `Error` with `code` and `path` for what is no decision, outcome or reason.
#[wasm_bindgen]
pub fn overrule(decision: &str, outcome: &str, reason: &str) -> Result<String, JsValue> {
    let mut decision = read(decision)?;
    let outcome: Outcome = from_json(outcome.as_bytes()).map_err(|e| refused("outcome", &e))?;
    let known = Reason::ALL.iter().find(|known| known.code() == reason);
    let reason = known.ok_or_else(|| {
        error(
            "invalid_value",
            "reason: there is no such reason",
            Some("reason"),
            None,
        )
    })?;
    decision.overrule(outcome, *reason);
    Ok(json(&decision))
}

/// A decision that could not be made.
#[wasm_bindgen(js_name = failedDecision)]
#[must_use]
pub fn failed_decision(code: &str, message: &str) -> String {
    json(&Decision::failed(code, message))
}

/// Whether a team is open at `now`, in milliseconds since 1970: `fact` is the fact of the schedule.
///
/// # Errors
/// An `Error` with `code` and `path` for what cannot be read.
#[wasm_bindgen]
pub fn availability(fact: &str, now: f64) -> Result<String, JsValue> {
    let fact: ScheduleFact = from_json(fact.as_bytes()).map_err(|e| refused("schedule", &e))?;
    Ok(json(&fact.availability_at(instant(now)?)))
}

/// The place in the list of the team that conversations without one go to, if there is one.
///
/// # Errors
/// An `Error` with `code` and `path` for what cannot be read.
#[wasm_bindgen(js_name = defaultTeam)]
pub fn default_team(teams: &str) -> Result<Option<usize>, JsValue> {
    let teams: Vec<TeamConfig> = from_json(teams.as_bytes()).map_err(|e| refused("teams", &e))?;
    let standings = teams.iter().enumerate();
    Ok(core::default_team(
        standings.map(|(at, team)| (at, team.standing())),
    ))
}

/// An instant of JavaScript's.
pub(crate) fn instant(now: f64) -> Result<Timestamp, JsValue> {
    // Whole milliseconds within the years 1 to 9998 are exact as f64 and fit an i64.
    let millisecond = Some(now)
        .filter(|now| now.is_finite())
        .map(|now| now.floor() as i64);
    millisecond
        .and_then(Timestamp::from_millisecond)
        .ok_or_else(|| {
            let hint = Some("give milliseconds since 1970, within the years 1 to 9998");
            error("invalid_value", "now: is no instant", Some("now"), hint)
        })
}

fn read(decision: &str) -> Result<Decision, JsValue> {
    let read: Result<Decision, InputError> = from_json(decision.as_bytes());
    read.map_err(|e| refused("decision", &e))
}
