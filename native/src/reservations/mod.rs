//! Where places are held while sessions are being assigned: the seam, two stores, and the comparison
//! with the truth.

mod memory;
mod reconcile;
#[cfg(feature = "redis")]
mod redis;

use std::num::NonZeroU64;
use std::time::Duration;

use assignment_engine_core::{AgentId, ReserveRequest, Reserved, SessionId, TenantId};

use crate::provider::Providing;
pub use memory::InMemoryReservations;
pub use reconcile::{DRIFT_TOTAL, Drift, ReconcileError, reconcile};
#[cfg(feature = "redis")]
pub use redis::RedisReservations;

/// Holds places for sessions that are being assigned, for all instances that share it.
///
/// A reservation makes refusals at the store rare; it is no substitute for the store's last word.
/// What is held, when it lapses and what a token is worth: [`ReservationBook`], which is the
/// meaning of every implementation.
///
/// [`ReservationBook`]: assignment_engine_core::ReservationBook
pub trait Reservations: Send + Sync {
    /// The largest age of what is read from the store before a reservation is made on it: as long
    /// as a confirmed place still counts.
    fn read_window(&self) -> Duration {
        DEFAULT_READ_WINDOW
    }

    /// Chooses one of the candidates and holds the place, in one step; the same place again for a
    /// session that has one.
    ///
    /// # Errors
    /// [`ProviderError`](crate::ProviderError) when there was no usable answer. A place may be held all the same: the same
    /// request finds it again, and else it lapses.
    fn reserve<'a>(&'a self, request: &'a ReserveRequest) -> Providing<'a, Reserved>;

    /// The store has the assignment: the place counts for the read window more, and then no longer.
    /// False if it is another one's by now, or has lapsed.
    ///
    /// # Errors
    /// [`ProviderError`](crate::ProviderError). The place lapses with its lease then.
    fn confirm<'a>(&'a self, place: &'a Place) -> Providing<'a, bool>;

    /// The store refused: the place is free again, and the turn is given back. False if it is
    /// another one's by now, was confirmed, or has lapsed.
    ///
    /// # Errors
    /// [`ProviderError`](crate::ProviderError). The place lapses with its lease then.
    fn release<'a>(&'a self, place: &'a Place) -> Providing<'a, bool>;

    /// Everything that is held for the tenant, for comparing with the store.
    ///
    /// # Errors
    /// [`ProviderError`](crate::ProviderError) when it cannot be read.
    fn held<'a>(&'a self, tenant: &'a TenantId) -> Providing<'a, Vec<HeldPlace>>;
}

/// [`Reservations::read_window`] unless said otherwise.
pub const DEFAULT_READ_WINDOW: Duration = Duration::from_secs(2);

/// A place that is held for a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Whose session it is.
    pub tenant_id: TenantId,
    /// The session.
    pub session_id: SessionId,
    /// The token it was given out with.
    pub token: NonZeroU64,
}

/// A place as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldPlace {
    /// For which session.
    pub place: Place,
    /// With whom.
    pub agent_id: AgentId,
    /// Does the store have the assignment already?
    pub confirmed: bool,
}
