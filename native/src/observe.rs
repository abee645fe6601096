//! What operators see: the two log lines, the counter and the histogram.

use std::time::Instant;

use assignment_engine_core::{AgentId, Decision, Outcome, RuleObserver, SessionId};

use crate::store::Refusal;

/// Counts decisions by `outcome`: `assign`, `skip`, `stop`, `error`.
pub const OUTCOMES_TOTAL: &str = "assignment_engine_outcomes_total";
/// Seconds from a rule's first question to its answer, waiting included, by `rule`.
pub const RULE_DURATION_SECONDS: &str = "assignment_engine_rule_duration_seconds";

/// Measures the rules of one run.
#[derive(Default)]
pub(crate) struct RuleTimer {
    entered: Option<Instant>,
}

impl RuleObserver for RuleTimer {
    fn entered(&mut self, _rule: &str) {
        self.entered = Some(Instant::now());
    }

    fn left(&mut self, rule: &str) {
        let Some(entered) = self.entered.take() else {
            return;
        };
        let elapsed = entered.elapsed();
        let name = printable(rule);
        metrics::histogram!(RULE_DURATION_SECONDS, "rule" => name.clone())
            .record(elapsed.as_secs_f64());
        let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        tracing::debug!(rule = %name, durationMs = milliseconds, "assignment_engine.rule_duration");
    }
}

/// Counts and logs how a run ended.
pub(crate) fn outcome(session_id: &SessionId, decision: &Decision) {
    let outcome = decision.outcome.kind();
    metrics::counter!(OUTCOMES_TOTAL, "outcome" => outcome).increment(1);
    let session_id = printable(session_id.as_str());
    match &decision.outcome {
        Outcome::Error { message, .. } => {
            let message = printable(message);
            // A field called `message` is taken for the text of the event and shown without its
            // name; formatters drop the `r#` and show this one as `message=…`.
            tracing::debug!(%outcome, sessionId = %session_id, "r#message" = %message, "assignment_engine.outcome");
        }
        _ => tracing::debug!(%outcome, sessionId = %session_id, "assignment_engine.outcome"),
    }
    for warning in &decision.warnings {
        let message = printable(&warning.message);
        tracing::warn!(code = warning.code.as_ref(), sessionId = %session_id, "{message}");
    }
}

/// Logs a claim that the store refused.
pub(crate) fn claim_refused(session_id: &SessionId, agent_id: &AgentId, refusal: Refusal) {
    tracing::debug!(
        sessionId = %printable(session_id.as_str()),
        agentId = %printable(agent_id.as_str()),
        refusal = refusal.code(),
        "assignment_engine.claim_refused"
    );
}

/// Text from outside, with control characters escaped so that it stays on its line.
pub(crate) fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for char in text.chars() {
        if char.is_control() {
            shown.extend(char.escape_debug())
        } else {
            shown.push(char)
        }
    }
    shown
}
