//! The reservations as one instance sees them, and the messages it sends.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use assignment_engine::{
    BoxFuture, Clock, HeldPlace, Messenger, Place, ProviderError, ProviderErrorKind, Providing,
    Reservations,
};
use assignment_engine_core::{
    Message, ReservationBook, ReservationTerms, ReserveRequest, Reserved, Session, SessionId,
    TenantId,
};

use crate::faults::{Fate, Faults};
use crate::history::Event;
use crate::level::{LEASE_MS, Level, READ_WINDOW_MS};

/// So near to the end of its lease no place is taken up again by `L1`.
const LAST_MOMENTS_MS: i64 = 500;

/// The one book, and the replica that takes over when it is lost.
pub(crate) struct Books {
    book: Mutex<ReservationBook>,
    replica: Mutex<ReservationBook>,
    granted: Mutex<BTreeMap<SessionId, i64>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Books {
    pub(crate) fn new(level: Level) -> Self {
        let book = ReservationBook::new(ReservationTerms {
            lease_ms: LEASE_MS,
            read_window_ms: level.lingers_ms(),
        });
        Self {
            replica: Mutex::new(book.clone()),
            book: Mutex::new(book),
            granted: Mutex::default(),
        }
    }

    /// The replica catches up.
    pub(crate) fn replicate(&self) {
        *locked(&self.replica) = locked(&self.book).clone();
    }

    /// The replica takes over, and what it has not heard of is lost.
    pub(crate) fn fail_over(&self) {
        *locked(&self.book) = locked(&self.replica).clone();
    }
}

/// The reservations of one instance.
pub(crate) struct SimulatedReservations {
    pub(crate) books: Arc<Books>,
    pub(crate) faults: Faults,
}

impl SimulatedReservations {
    async fn call<T>(
        &self,
        what: &'static str,
        call: impl Future<Output = T>,
    ) -> Result<T, ProviderError> {
        let lost = || ProviderError::new(ProviderErrorKind::Timeout, "no answer");
        let fate = self.faults.send(what).await;
        if fate == Fate::NotDone {
            return Err(lost());
        }
        let answer = call.await;
        self.faults.travel(what).await;
        if fate == Fate::Done {
            Err(lost())
        } else {
            Ok(answer)
        }
    }

    /// `L1` assumes that a claim arrives while its place is held: whoever finds a place of which
    /// moments are left waits until it has lapsed.
    async fn wait_for_the_end(&self, session: &SessionId) {
        let since = locked(&self.books.granted).get(session).copied();
        let Some(since) = since.filter(|_| self.faults.level.sheltered()) else {
            return;
        };
        let left = since + LEASE_MS - self.faults.sim.now_ms();
        if (0..=LAST_MOMENTS_MS).contains(&left) {
            self.faults.sim.sleep(left + 1).await;
        }
    }
}

impl Reservations for SimulatedReservations {
    fn read_window(&self) -> Duration {
        Duration::from_millis(READ_WINDOW_MS.unsigned_abs())
    }

    fn reserve<'a>(&'a self, request: &'a ReserveRequest) -> Providing<'a, Reserved> {
        Box::pin(self.call("reserve", async move {
            let session = &request.session_id;
            self.wait_for_the_end(session).await;
            let sim = &self.faults.sim;
            let reserved = locked(&self.books.book).reserve(request, sim.now());
            let what = match &reserved {
                Reserved::Granted {
                    agent_id, token, ..
                } => {
                    locked(&self.books.granted).insert(session.clone(), sim.now_ms());
                    format!("{agent_id}, token {token}")
                }
                Reserved::AlreadyReserved { agent_id, token } => {
                    format!("{agent_id} as before, token {token}")
                }
                Reserved::Full { .. } => "nobody has room".to_owned(),
            };
            sim.note(Event::Reserved(self.faults.instance, session.clone(), what));
            reserved
        }))
    }

    fn confirm<'a>(&'a self, place: &'a Place) -> Providing<'a, bool> {
        Box::pin(self.call("confirm", async move {
            let now = self.faults.sim.now();
            locked(&self.books.book).confirm(&place.session_id, place.token, now)
        }))
    }

    fn release<'a>(&'a self, place: &'a Place) -> Providing<'a, bool> {
        Box::pin(self.call("release", async move {
            let now = self.faults.sim.now();
            locked(&self.books.book).release(&place.session_id, place.token, now)
        }))
    }

    fn held<'a>(&'a self, _tenant: &'a TenantId) -> Providing<'a, Vec<HeldPlace>> {
        Box::pin(async {
            let message = "nobody asks in a simulation";
            Err(ProviderError::new(ProviderErrorKind::Unsupported, message))
        })
    }
}

/// The messages of one instance. What fails was not sent.
pub(crate) struct SimulatedMessenger {
    pub(crate) faults: Faults,
}

impl Messenger for SimulatedMessenger {
    fn send<'a>(
        &'a self,
        session: &'a Session,
        message: &'a Message,
    ) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            if !self.faults.arrives("message").await {
                return Err("no answer".to_owned());
            }
            let (by, id) = (self.faults.instance, session.id.clone());
            self.faults.sim.note(Event::Sent(by, id, message.about));
            self.faults.travel("message").await;
            Ok(())
        })
    }
}
