use std::sync::{Mutex, PoisonError};

use assignment_engine_core::{Message, Session, SessionId};

use crate::driver::BoxFuture;

/// Sends messages to contacts.
pub trait Messenger: Send + Sync {
    /// Sends `message` to the contact of `session`, over the account that the message names.
    ///
    /// # Errors
    /// Why it could not be sent, for people; it goes into outcomes and logs.
    fn send<'a>(
        &'a self,
        session: &'a Session,
        message: &'a Message,
    ) -> BoxFuture<'a, Result<(), String>>;
}

/// Keeps messages instead of sending them: for tests, demonstrations and services that send them
/// some other way.
#[derive(Debug, Default)]
pub struct Outbox {
    sent: Mutex<Vec<(SessionId, Message)>>,
}

impl Outbox {
    /// Takes out what was kept so far, oldest first.
    pub fn take(&self) -> Vec<(SessionId, Message)> {
        std::mem::take(&mut *self.sent.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Messenger for Outbox {
    fn send<'a>(
        &'a self,
        session: &'a Session,
        message: &'a Message,
    ) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async {
            let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
            sent.push((session.id.clone(), message.clone()));
            Ok(())
        })
    }
}
