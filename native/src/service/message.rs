use assignment_engine_core::{Decision, Effect, Session};
use serde_json::{Map, Value};

use super::AssignmentService;
use crate::observe;
use crate::store::{Stamp, StoreError};

/// What came of a decision's effects.
pub(super) enum Performed {
    /// Done, with the entries that are to be stored in the session's context.
    Done(Map<String, Value>),
    /// Somebody else has just told the contact, or taken the session: decide on how it is now.
    Overtaken,
}

impl AssignmentService {
    /// Does what the decision asks for: sends its message, and collects what is to be stored.
    /// `stored` is the session as the store gave it, `session` as the engine saw it.
    ///
    /// A message is stamped before it is sent, and only where nobody has stamped it since `stored`
    /// was read: so of several instances that decide alike, one sends. What could not be sent
    /// leaves no stamp. Should this process end between the two, the contact hears nothing until
    /// the stamp is a day old.
    pub(super) async fn perform(
        &self,
        stored: &Session,
        session: &Session,
        decision: &mut Decision,
    ) -> Result<Performed, StoreError> {
        let mut entries = Map::new();
        let mut effects = decision.effects.iter().peekable();
        let mut failure = None;
        while let Some(effect) = effects.next() {
            let message = match effect {
                Effect::SendMessage(message) => message,
                Effect::MergeContext { entries: more } => {
                    entries.extend(more.clone());
                    continue;
                }
            };
            let stamp = effects.peek().and_then(|next| stamp_in(next, stored));
            if let Some(stamp) = &stamp
                && !self.stamp(stored, stamp).await?
            {
                return Ok(Performed::Overtaken);
            }
            if let Err(why) = self.messenger.send(session, message).await {
                if let Some(stamp) = &stamp {
                    self.take_back(stored, stamp).await;
                }
                failure = Some(why);
                break;
            }
        }
        if let Some(why) = failure {
            decision.message_failed(&why);
        }
        Ok(Performed::Done(entries))
    }

    async fn stamp(&self, stored: &Session, stamp: &Stamp) -> Result<bool, StoreError> {
        let stamped = self.store.stamp(&stored.id, stamp).await;
        if stamped.is_err() {
            // It may be there all the same, and nothing is sent.
            self.take_back(stored, stamp).await;
        }
        stamped
    }

    async fn take_back(&self, stored: &Session, stamp: &Stamp) {
        if let Err(error) = self.store.unstamp(&stored.id, stamp).await {
            let session_id = observe::printable(stored.id.as_str());
            let (code, error) = (
                observe::printable(&error.code),
                observe::printable(&error.message),
            );
            tracing::warn!(sessionId = %session_id, key = stamp.key, %code, %error, "assignment_engine.stamp_left");
        }
    }
}

/// The stamp that follows a message: the first text that it puts into the context.
fn stamp_in(next: &Effect, stored: &Session) -> Option<Stamp> {
    let Effect::MergeContext { entries } = next else {
        return None;
    };
    let (key, text) = entries
        .iter()
        .find_map(|(key, value)| Some((key, value.as_str()?)))?;
    let seen = stored.context.as_ref().and_then(|context| context.get(key));
    Some(Stamp {
        key: key.clone(),
        text: text.to_owned(),
        seen: seen.cloned(),
    })
}
