use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::num::{NonZeroU32, NonZeroU64};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::pipeline::{CLAIM, PIPELINE};
use crate::{
    AgentHandle, AgentId, Reason, RuleName, RuleTrace, Timestamp, Trace, TraceAnswer, Values,
};

/// What was decided, and what the host has to do about it.
///
/// As JSON it can be stored and read back, to be explained later; the agent's handle is not part of
/// that.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Decision {
    /// Who gets the session, or why nobody does.
    pub outcome: Outcome,
    /// The rule that decided.
    pub rule: RuleName,
    /// Why it decided so.
    pub reason: Reason,
    /// What the host has to do, in this order. If a message cannot be sent, call
    /// [`Decision::message_failed`] and drop the effects after it.
    pub effects: Vec<Effect>,
    /// What is wrong with the configuration, though a decision was made.
    pub warnings: Vec<Warning>,
    /// When another try can end differently with nothing else changed; absent if never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_check_at: Option<Timestamp>,
    /// How it came about, if that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<Box<Trace>>,
    /// The limit the agent was chosen under: whoever stores the assignment must hold it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<NonZeroU32>,
    /// The token of the reservation that was made for it: goes with the claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<NonZeroU64>,
    /// The chosen agent's place in the roster, if a roster was given and holds the agent.
    #[serde(skip)]
    pub agent: Option<AgentHandle>,
}

/// How a run ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum Outcome {
    /// This agent gets the session.
    #[serde(rename_all = "camelCase")]
    Assign {
        /// Who.
        agent_id: AgentId,
    },
    /// The session is left alone.
    Skip,
    /// The session stays unassigned.
    Stop,
    /// Something failed: nothing is assigned, and nothing may be saved.
    Error {
        /// A stable code.
        code: String,
        /// What failed, for people.
        message: String,
    },
}

impl Outcome {
    const fn answer(&self) -> TraceAnswer {
        match self {
            Self::Assign { .. } => TraceAnswer::Assign,
            Self::Skip => TraceAnswer::Skip,
            Self::Stop => TraceAnswer::Stop,
            Self::Error { .. } => TraceAnswer::Error,
        }
    }

    /// `assign`, `skip`, `stop` or `error`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Assign { .. } => "assign",
            Self::Skip => "skip",
            Self::Stop => "stop",
            Self::Error { .. } => "error",
        }
    }
}

/// One thing a host has to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Effect {
    /// Send the session's contact a message.
    SendMessage(Message),
    /// Put these entries into the session's context, over older ones of the same name.
    MergeContext {
        /// The entries.
        entries: Map<String, Value>,
    },
}

/// A message to a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// What it is about.
    pub about: MessageKind,
    /// The text.
    pub text: String,
    /// Address of a picture to go with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_url: Option<String>,
    /// The account to send from, as the session's context names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
}

/// The messages the engine sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// The team is closed. If it cannot be sent, the decision is an error.
    OutOfOffice,
    /// Nobody can take the session. If it cannot be sent, the outcome stays.
    NoAgent,
}

/// Something wrong that did not prevent a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Warning {
    /// A stable code: `time_zone_missing`, `time_zone_unknown`, `unknown_strategy`,
    /// `message_not_sent`.
    pub code: Cow<'static, str>,
    /// For people.
    pub message: String,
}

impl Decision {
    /// A decision that could not be made, for drivers that have no run to fail.
    #[must_use]
    pub fn failed(code: &str, message: &str) -> Self {
        Self {
            outcome: Outcome::Error {
                code: code.into(),
                message: message.into(),
            },
            rule: RuleName::built_in(PIPELINE),
            reason: Reason::FactUnavailable,
            effects: Vec::new(),
            warnings: Vec::new(),
            next_check_at: None,
            trace: None,
            limit: None,
            token: None,
            agent: None,
        }
    }

    /// Tells the decision that the store, which has the last word, did not let it come true, and
    /// what that makes of it.
    pub fn overrule(&mut self, outcome: Outcome, reason: Reason) {
        let rule = RuleName::built_in(CLAIM);
        if let Some(trace) = &mut self.trace {
            let (rule, answer, values) = (rule.clone(), outcome.answer(), Values::new());
            trace.rules.push(RuleTrace {
                rule,
                answer,
                reason,
                values,
            });
        }
        self.outcome = outcome;
        self.rule = rule;
        self.reason = reason;
        self.effects.clear();
        self.next_check_at = None;
        self.limit = None;
        self.token = None;
        self.agent = None;
    }

    /// Records, if there is a trace, the claims that the store refused on the way to this decision:
    /// whom, and the code of why. They come before what the run that came last has answered.
    pub fn follow_refusals<'a>(&mut self, refused: impl Iterator<Item = (&'a AgentId, &'a str)>) {
        let Some(trace) = &mut self.trace else { return };
        let claims = refused.map(|(agent, refusal)| RuleTrace {
            rule: RuleName::built_in(CLAIM),
            answer: TraceAnswer::Continue,
            reason: Reason::ClaimsRefused,
            values: Values::from([
                ("agentId".into(), agent.as_str().into()),
                ("refusal".into(), refusal.into()),
            ]),
        });
        trace.rules.splice(0..0, claims);
    }

    /// Tells the decision that its message could not be sent, and why. The effects that were to
    /// follow are dropped, so that nothing claims it was sent. Without the out-of-office message
    /// the outcome becomes an error; without the no-agent message it stays, with a warning.
    pub fn message_failed(&mut self, why: &str) {
        let about = self.effects.iter().find_map(|effect| match effect {
            Effect::SendMessage(message) => Some(message.about),
            Effect::MergeContext { .. } => None,
        });
        self.effects.clear();
        match about {
            Some(MessageKind::OutOfOffice) => {
                let code = Reason::MessageFailed;
                self.outcome = Outcome::Error {
                    code: code.code().into(),
                    message: String::from(why),
                };
                self.reason = code;
                self.next_check_at = None;
                if let Some(last) = self.trace.as_mut().and_then(|trace| trace.rules.last_mut()) {
                    last.answer = TraceAnswer::Error;
                    last.reason = code;
                    last.values.insert("failure".into(), why.into());
                }
            }
            Some(MessageKind::NoAgent) => {
                self.warnings.push(Warning {
                    code: "message_not_sent".into(),
                    message: format!("the no-agent message was not sent: {why}"),
                });
            }
            None => {}
        }
    }
}
