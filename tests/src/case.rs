use assignment_engine_core::{Agent, Answer, Outcome, Pipeline, Reason, TeamConfig};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// One case: what an engine is told, and what must come of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Case {
    /// What it shows; after loading with the file before it, and the way after it.
    pub name: String,
    /// Why that is right, where the name does not say it.
    #[serde(default)]
    pub why: Option<String>,
    /// The rules; the standard pipeline unless said.
    #[serde(default)]
    pub pipeline: Option<Pipeline>,
    /// The request, as the engine reads it.
    pub request: Value,
    /// The facts given beforehand, as the engine reads them.
    #[serde(default)]
    pub facts: Map<String, Value>,
    /// The roster given, as the engine reads it.
    #[serde(default)]
    pub roster: Option<Value>,
    /// Is the run traced? Yes, unless said.
    #[serde(default = "yes")]
    pub traced: bool,
    /// What the engine must ask, in this order, and what it is answered.
    #[serde(default)]
    pub answers: Vec<Script>,
    /// The message of the decision could not be sent, for this reason.
    #[serde(default)]
    pub message_failed: Option<String>,
    /// The store did not let the decision come true.
    #[serde(default)]
    pub overruled: Option<Overruled>,
    /// What must come of it.
    pub expect: Expected,
}

/// One question of the engine and its answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// The question, whole, as the engine writes it.
    pub need: Value,
    /// What changes before the answer is given.
    #[serde(default)]
    pub meanwhile: Meanwhile,
    /// The answer; none where the run must not go on.
    pub answer: Answer,
}

/// What changes between a question and its answer.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Meanwhile {
    /// Merged over the request.
    pub request: Option<Value>,
    /// Merged over the facts given beforehand.
    pub facts: Option<Value>,
    /// Another roster in the place of the old one.
    pub roster: Option<Value>,
    /// Changes of the roster, in order.
    pub roster_changes: Vec<Change>,
}

impl Meanwhile {
    /// Does nothing change?
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.request.is_none()
            && self.facts.is_none()
            && self.roster.is_none()
            && self.roster_changes.is_empty()
    }
}

/// One change of a roster.
#[derive(Debug, Clone, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "snake_case",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
#[expect(missing_docs, reason = "each is the roster's method of that name")]
pub enum Change {
    SetOnline {
        agent_id: String,
        online: bool,
    },
    SetActive {
        agent_id: String,
        active: u32,
    },
    SetTotal {
        team_id: String,
        agent_id: String,
        total: u32,
    },
    Assigned {
        agent_id: String,
    },
    Released {
        agent_id: String,
    },
    AddAgent {
        agent: Box<Agent>,
    },
    RemoveAgent {
        agent_id: String,
    },
    AddTeam {
        team: Box<TeamConfig>,
    },
    Join {
        team_id: String,
        agent_id: String,
        total: u32,
    },
    Leave {
        team_id: String,
        agent_id: String,
    },
}

/// What the store made of a decision.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overruled {
    /// The outcome instead.
    pub outcome: Outcome,
    /// The reason.
    pub reason: Reason,
}

/// What must come of a case: a decision, or the refusal of an answer.
#[derive(Debug, Clone)]
pub enum Expected {
    /// The answer is refused, and the run is over.
    Refused(Refusal),
    /// A decision.
    Decision(Box<Decided>),
}

impl<'de> Deserialize<'de> for Expected {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Refused {
            refused: Refusal,
        }

        // By hand, because an untagged enum would not say which field is wrong.
        let value = Value::deserialize(deserializer)?;
        if value.get("refused").is_some() {
            Refused::deserialize(value).map(|expected| Self::Refused(expected.refused))
        } else {
            Decided::deserialize(value).map(|expected| Self::Decision(Box::new(expected)))
        }
        .map_err(serde::de::Error::custom)
    }
}

/// Why an answer was refused.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// The stable code.
    pub code: String,
    /// The message.
    pub message: String,
}

/// A decision as it must be. What is absent here must be absent or empty there; `trace` and what
/// is in it, and `explain`, are compared only where they are given.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Decided {
    /// How the run ends.
    pub outcome: Value,
    /// The rule that decided.
    pub rule: String,
    /// Why.
    pub reason: String,
    /// What the host has to do.
    #[serde(default)]
    pub effects: Vec<Value>,
    /// What is wrong with the configuration.
    #[serde(default)]
    pub warnings: Vec<Value>,
    /// When to try again.
    #[serde(default)]
    pub next_check_at: Option<String>,
    /// The limit the agent was chosen under.
    #[serde(default)]
    pub limit: Option<u32>,
    /// The token of the reservation.
    #[serde(default)]
    pub token: Option<u64>,
    /// The trace, whole.
    #[serde(default)]
    pub trace: Option<Value>,
    /// The rules of the trace, whole.
    #[serde(default)]
    pub rules: Option<Value>,
    /// The candidates of the trace, whole.
    #[serde(default)]
    pub candidates: Option<Value>,
    /// The decision in words.
    #[serde(default)]
    pub explain: Option<Vec<String>>,
}

/// How a run ended.
#[derive(Debug, Clone)]
pub enum End {
    /// With this decision, as JSON, and in words.
    Decision {
        /// As JSON.
        json: Value,
        /// In words, line by line.
        explain: Vec<String>,
    },
    /// An answer was refused.
    Refused(Refusal),
    /// The case has no answer to the last question.
    Unanswered,
}

const fn yes() -> bool {
    true
}
