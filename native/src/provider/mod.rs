//! Where a rotation keeps its place: the seam, what can go wrong behind it, and two stores.

mod error;
#[cfg(feature = "redis")]
mod factory;
mod memory;
mod policy;
mod random;
#[cfg(feature = "redis")]
pub(crate) mod redis;
#[cfg(feature = "redis")]
mod returning;
mod tickets;

use std::future::Future;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::sync::Arc;

use assignment_engine_core::{ContextKey, Rotation, Timestamp, Turn, TurnBook, TurnCandidate};

pub use error::{ProviderError, ProviderErrorKind};
#[cfg(feature = "redis")]
pub use factory::{
    HealthStatus, ProviderChoice, ProviderFactory, ProviderHealth, ProviderKind, ProviderReason,
    StartError, provider_from_env,
};
pub use memory::{IN_MEMORY_KEY_LIMIT, InMemoryRoundRobinContextProvider};
pub use policy::{
    BREAKER_FAILURES, BREAKER_PAUSE, MEMORY_PICKS_TOTAL, ResilientRoundRobinContextProvider,
    RunTimePolicy,
};
#[cfg(feature = "redis")]
pub use redis::{
    DEFAULT_MAX_IN_FLIGHT, DEFAULT_REDIS_DEADLINE, RedisOptions, RedisRoundRobinContextProvider,
};
pub use tickets::Tickets;

/// What a method of [`RoundRobinContextProvider`], or of [`Reservations`](crate::Reservations),
/// comes to.
///
/// A plain boxed future and not the `async-trait` macro: it is one line, it keeps the trait
/// usable behind `dyn`, the documentation shows the signature that is really there, and there
/// is no macro to depend on. A pick crosses a network, so one small allocation is not felt.
pub type Providing<'a, T> = Pin<Box<dyn Future<Output = Result<T, ProviderError>> + Send + 'a>>;

/// The answer of [`RoundRobinContextProvider::get_next_index`] while it is on its way.
pub type NextIndex<'a> = Providing<'a, u32>;

/// What was taken from a rotation, and whether the store counted it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted<T> {
    /// A position in `[0, candidate_count)`, or a [`Turn`].
    pub value: T,
    /// It was counted in memory in the store's place, because of this.
    pub from_memory: Option<ProviderErrorKind>,
}

impl<T> Counted<T> {
    /// As it was asked for: by the store.
    #[must_use]
    pub const fn shared(value: T) -> Self {
        Self {
            value,
            from_memory: None,
        }
    }
}

/// Counts turns, so that candidates are served one after the other.
///
/// Each call takes one turn under `context_key` and answers that turn modulo
/// `candidate_count`. While the candidate list of a key stays the same, every position comes up
/// equally often. A counter that restarts (an expired key, a failover) changes whose turn it is
/// and nothing else: an answer is always a valid position.
///
/// ```
/// use assignment_engine::{ContextKey, NextIndex, RoundRobinContextProvider};
///
/// /// Always the first candidate.
/// struct First;
///
/// impl RoundRobinContextProvider for First {
///     fn get_next_index<'a>(&'a self, _: &'a ContextKey, _: u32) -> NextIndex<'a> {
///         Box::pin(async { Ok(0) })
///     }
/// }
/// ```
pub trait RoundRobinContextProvider: Send + Sync {
    /// Takes the next turn under `context_key` and answers a position in
    /// `[0, candidate_count)`. For `candidate_count == 0` the answer is 0, and the store is not
    /// touched.
    ///
    /// # Errors
    /// [`ProviderError`] when the store gave no usable answer. Nothing may be assigned then. A
    /// turn may have been taken all the same, which is harmless: a position is passed over.
    fn get_next_index<'a>(
        &'a self,
        context_key: &'a ContextKey,
        candidate_count: u32,
    ) -> NextIndex<'a>;

    /// [`get_next_index`](Self::get_next_index), and who counted. This is what decisions ask; the
    /// trace shows a turn that came from memory. Only a provider with two places to count in has
    /// more to say than the usual answer.
    ///
    /// # Errors
    /// As with `get_next_index`.
    fn next_counted<'a>(
        &'a self,
        context_key: &'a ContextKey,
        candidate_count: u32,
    ) -> Providing<'a, Counted<u32>> {
        Box::pin(async move {
            let index = self.get_next_index(context_key, candidate_count).await?;
            Ok(Counted::shared(index))
        })
    }

    /// Takes the next turn in a rotation other than the counter. A provider that has only the
    /// counter need not implement it: it answers `unsupported`.
    ///
    /// # Errors
    /// [`ProviderError`] as for an index.
    fn take_turn<'a>(&'a self, asked: &'a TurnRequest) -> Providing<'a, Counted<Turn>> {
        unsupported(asked.rotation)
    }

    /// Gives back a turn that came to nothing: the session could not be assigned. If that fails, the
    /// turn stays spent, which is harmless: one agent is passed over once.
    fn give_back<'a>(&'a self, asked: &'a TurnRequest, turn: Counted<Turn>) -> GivenBack<'a> {
        let _ = (asked, turn);
        Box::pin(async {})
    }

    /// Reads the book of a rotation other than the counter, to take any number of turns in it here
    /// and [store](Self::store_book) it: two exchanges for a whole batch. An empty book if there is
    /// none. A provider need not implement it: it answers `unsupported`, and turns are taken one
    /// by one.
    ///
    /// # Errors
    /// [`ProviderError`] as for an index.
    fn load_book<'a>(
        &'a self,
        context_key: &'a ContextKey,
        rotation: Rotation,
    ) -> Providing<'a, (TurnBook, BookVersion)> {
        let _ = context_key;
        unsupported(rotation)
    }

    /// Writes a book back that was [loaded](Self::load_book), unless somebody has changed it since.
    /// False if somebody has: then nothing is written, and the turns that were taken in it count
    /// for nothing.
    ///
    /// # Errors
    /// [`ProviderError`] as for an index; it may have been written all the same.
    fn store_book<'a>(
        &'a self,
        context_key: &'a ContextKey,
        book: &'a TurnBook,
        version: BookVersion,
    ) -> Providing<'a, bool> {
        let _ = (context_key, version);
        unsupported(book.rotation())
    }

    /// Takes `count` turns of the counter under `context_key` at once. A provider need not
    /// implement it: it answers `unsupported`, and turns are taken one by one.
    ///
    /// # Errors
    /// [`ProviderError`] as for an index.
    fn take_tickets<'a>(
        &'a self,
        context_key: &'a ContextKey,
        count: NonZeroU32,
    ) -> Providing<'a, Tickets> {
        let _ = (context_key, count);
        unsupported(Rotation::Counter)
    }
}

fn unsupported<'a, T>(rotation: Rotation) -> Providing<'a, T> {
    let message = format!("there is no rotation `{}` here", rotation.name());
    let error = ProviderError::new(ProviderErrorKind::Unsupported, &message);
    Box::pin(async { Err(error) })
}

/// Which state of a book was read: it differs after every change, and is 0 where there was none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BookVersion(pub u64);

/// [`RoundRobinContextProvider::give_back`] while it is on its way.
pub type GivenBack<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Whose turn is it among these?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnRequest {
    /// What the rotation keeps its book under.
    pub context_key: ContextKey,
    /// Which rotation.
    pub rotation: Rotation,
    /// Who takes turns, at least one; of two alike, the first.
    pub candidates: Vec<TurnCandidate>,
    /// When.
    pub now: Timestamp,
}

impl<P: RoundRobinContextProvider + ?Sized> RoundRobinContextProvider for Arc<P> {
    fn get_next_index<'a>(
        &'a self,
        context_key: &'a ContextKey,
        candidate_count: u32,
    ) -> NextIndex<'a> {
        self.as_ref().get_next_index(context_key, candidate_count)
    }

    fn next_counted<'a>(
        &'a self,
        context_key: &'a ContextKey,
        candidate_count: u32,
    ) -> Providing<'a, Counted<u32>> {
        self.as_ref().next_counted(context_key, candidate_count)
    }

    fn take_turn<'a>(&'a self, asked: &'a TurnRequest) -> Providing<'a, Counted<Turn>> {
        self.as_ref().take_turn(asked)
    }

    fn give_back<'a>(&'a self, asked: &'a TurnRequest, turn: Counted<Turn>) -> GivenBack<'a> {
        self.as_ref().give_back(asked, turn)
    }

    fn load_book<'a>(
        &'a self,
        context_key: &'a ContextKey,
        rotation: Rotation,
    ) -> Providing<'a, (TurnBook, BookVersion)> {
        self.as_ref().load_book(context_key, rotation)
    }

    fn store_book<'a>(
        &'a self,
        context_key: &'a ContextKey,
        book: &'a TurnBook,
        version: BookVersion,
    ) -> Providing<'a, bool> {
        self.as_ref().store_book(context_key, book, version)
    }

    fn take_tickets<'a>(
        &'a self,
        context_key: &'a ContextKey,
        count: NonZeroU32,
    ) -> Providing<'a, Tickets> {
        self.as_ref().take_tickets(context_key, count)
    }
}
