//! What is written about a session besides its owner.

use assignment_engine_core::{Session, TeamId, Timestamp};
use serde_json::{Map, Value};

/// What to change about a session. Nothing by default.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SessionChanges {
    /// The team it moves to.
    pub team_id: Option<TeamId>,
    /// Entries of its context, over older ones of the same name.
    pub context: Map<String, Value>,
    /// When the change is made: `assignedAt` of a claim, `updatedAt`.
    pub at: Option<Timestamp>,
}

impl SessionChanges {
    /// Does it change anything but the time?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.team_id.is_none() && self.context.is_empty()
    }

    /// Makes the changes to a session in memory.
    pub fn apply(&self, session: &mut Session) {
        if let Some(team) = &self.team_id {
            session.assigned_team_id = Some(team.clone());
        }
        if !self.context.is_empty() {
            let context = session.context.get_or_insert_default();
            context.extend(self.context.clone());
        }
        if self.at.is_some() {
            session.updated_at = self.at;
        }
    }
}

/// A text in a session's context that remembers that a message is sent: put there before it is
/// sent, by one of those who saw the same, and taken back if it could not be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// Where in the context.
    pub key: String,
    /// What is put there.
    pub text: String,
    /// What stood there when the decision was made. What is no text counts as nothing.
    pub seen: Option<Value>,
}

impl Stamp {
    /// May it be put where this is now?
    pub(super) fn fits(&self, now: Option<&Value>) -> bool {
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        text(now) == text(self.seen.as_ref())
    }
}
