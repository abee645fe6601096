//! What stands in for the world around a service: a clock, a messenger, a rotation.

use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use assignment_engine::core::{Message, Session, SessionId, Timestamp};
use assignment_engine::{
    BoxFuture, Clock, ContextKey, InMemoryRoundRobinContextProvider, Messenger, NextIndex, Outbox,
    ProviderError, ProviderErrorKind, RoundRobinContextProvider,
};

use crate::world::at;

/// A clock that stands where it was put.
#[derive(Default)]
pub(crate) struct HandClock(AtomicI64);

impl HandClock {
    pub(crate) fn set(&self, text: &str) {
        self.0.store(at(text).as_millisecond(), Ordering::SeqCst);
    }

    pub(crate) fn forward(&self, milliseconds: i64) {
        self.0.fetch_add(milliseconds, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// Keeps messages, or fails to send them.
#[derive(Default)]
pub(crate) struct Courier {
    outbox: Outbox,
    failure: Mutex<Option<String>>,
}

impl Courier {
    /// From now on nothing is sent, for this reason.
    pub(crate) fn fail(&self, why: &str) {
        *self.failure.lock().unwrap() = Some(why.to_owned());
    }

    pub(crate) fn recover(&self) {
        *self.failure.lock().unwrap() = None;
    }

    /// What was sent since the last call of this.
    pub(crate) fn take(&self) -> Vec<(SessionId, Message)> {
        self.outbox.take()
    }

    pub(crate) fn texts(&self) -> Vec<String> {
        let sent = self.take().into_iter();
        sent.map(|(_, message)| message.text).collect()
    }
}

impl Messenger for Courier {
    fn send<'a>(
        &'a self,
        session: &'a Session,
        message: &'a Message,
    ) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            let failure = self.failure.lock().unwrap().clone();
            match failure {
                Some(why) => Err(why),
                None => self.outbox.send(session, message).await,
            }
        })
    }
}

/// Counts in memory and notes what it is asked, or fails, or answers nonsense.
#[derive(Default)]
pub(crate) struct Rotation {
    counters: InMemoryRoundRobinContextProvider,
    asked: Mutex<Vec<(String, u32)>>,
    answers: Mutex<Option<Result<u32, ProviderErrorKind>>>,
}

impl Rotation {
    /// From now on this is the answer.
    pub(crate) fn answer(&self, answer: Result<u32, ProviderErrorKind>) {
        *self.answers.lock().unwrap() = Some(answer);
    }

    /// The keys and counts it was asked for since the last call of this.
    pub(crate) fn take_asked(&self) -> Vec<(String, u32)> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

impl RoundRobinContextProvider for Rotation {
    fn get_next_index<'a>(
        &'a self,
        context_key: &'a ContextKey,
        candidate_count: u32,
    ) -> NextIndex<'a> {
        let asked = (context_key.to_string(), candidate_count);
        self.asked.lock().unwrap().push(asked);
        let answer = *self.answers.lock().unwrap();
        match answer {
            None => self.counters.get_next_index(context_key, candidate_count),
            Some(Ok(index)) => Box::pin(async move { Ok(index) }),
            Some(Err(kind)) => {
                let error = ProviderError::new(kind, "the rotation is away");
                Box::pin(async move { Err(error) })
            }
        }
    }
}
