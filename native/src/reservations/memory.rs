use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use assignment_engine_core::{
    ReservationBook, ReservationTerms, ReserveRequest, Reserved, TenantId, Timestamp,
};

use super::{HeldPlace, Place, Reservations};
use crate::clock::{Clock, SystemClock};
use crate::provider::Providing;

/// Reservations in this process: for one instance, and for tests.
pub struct InMemoryReservations {
    terms: ReservationTerms,
    clock: Arc<dyn Clock>,
    books: Mutex<BTreeMap<TenantId, ReservationBook>>,
}

impl InMemoryReservations {
    /// Nothing is held yet; time is the machine's.
    #[must_use]
    pub fn new(terms: ReservationTerms) -> Self {
        Self {
            terms,
            clock: Arc::new(SystemClock),
            books: Mutex::default(),
        }
    }

    /// Takes the time from `clock`.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    fn with_book<T>(
        &self,
        tenant: &TenantId,
        with: impl FnOnce(&mut ReservationBook, Timestamp) -> T,
    ) -> T {
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        let book = books.entry(tenant.clone());
        let book = book.or_insert_with(|| ReservationBook::new(self.terms));
        with(book, self.clock.now())
    }
}

impl Reservations for InMemoryReservations {
    fn read_window(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.terms.read_window_ms).unwrap_or(0))
    }

    fn reserve<'a>(&'a self, request: &'a ReserveRequest) -> Providing<'a, Reserved> {
        Box::pin(async move {
            Ok(self.with_book(&request.tenant_id, |book, now| book.reserve(request, now)))
        })
    }

    fn confirm<'a>(&'a self, place: &'a Place) -> Providing<'a, bool> {
        Box::pin(async move {
            let (session, token) = (&place.session_id, place.token);
            Ok(self.with_book(&place.tenant_id, |book, now| {
                book.confirm(session, token, now)
            }))
        })
    }

    fn release<'a>(&'a self, place: &'a Place) -> Providing<'a, bool> {
        Box::pin(async move {
            let (session, token) = (&place.session_id, place.token);
            Ok(self.with_book(&place.tenant_id, |book, now| {
                book.release(session, token, now)
            }))
        })
    }

    fn held<'a>(&'a self, tenant: &'a TenantId) -> Providing<'a, Vec<HeldPlace>> {
        Box::pin(async move {
            Ok(self.with_book(tenant, |book, now| {
                let held = book.held(now);
                held.map(|(session, agent, token, confirmed)| HeldPlace {
                    place: Place {
                        tenant_id: tenant.clone(),
                        session_id: session.clone(),
                        token,
                    },
                    agent_id: agent.clone(),
                    confirmed,
                })
                .collect()
            }))
        })
    }
}

impl fmt::Debug for InMemoryReservations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InMemoryReservations")
            .field("terms", &self.terms)
            .finish_non_exhaustive()
    }
}
