use std::fmt;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use assignment_engine_core::{ContextKey, Rotation, Turn, TurnBook};
use tokio::time::Instant;

use super::random::fraction;
use super::{
    BookVersion, Counted, GivenBack, InMemoryRoundRobinContextProvider, NextIndex, ProviderError,
    ProviderErrorKind, Providing, RoundRobinContextProvider, Tickets, TurnRequest,
};

/// What a pick becomes that the store fails to count.
///
/// Turns counted in memory are even within this process, from a place of its own; over all
/// processes the difference is at most one turn per process and outage. They are not made up for
/// afterwards. A pick with no candidates, and one outside a Tokio runtime, is never one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum RunTimePolicy {
    /// `fail`: the pick fails. Nobody gets a turn that the store did not count.
    #[default]
    Fail,
    /// `fallback`: this pick is counted in memory, and the next one asks the store again. With a
    /// frozen store each pick takes as long as its deadline.
    Fallback,
    /// `breaker`: picks fail until so many have failed in a row. From then on they are counted
    /// in memory at once, for the pause; after it one pick at a time asks the store, and the
    /// first that succeeds ends it. A failure that is about one key (`wrong_type`, `overflow`)
    /// does not count.
    Breaker {
        /// Failures in a row, the last of which opens it.
        failures: NonZeroU32,
        /// How long nobody asks the store.
        pause: Duration,
    },
}

impl RunTimePolicy {
    /// A breaker after [`BREAKER_FAILURES`] with [`BREAKER_PAUSE`].
    #[must_use]
    pub fn breaker() -> Self {
        Self::Breaker {
            failures: BREAKER_FAILURES,
            pause: BREAKER_PAUSE,
        }
    }
}

/// A provider with a [`RunTimePolicy`] for its failures.
///
/// A turn that came from memory says so ([`Counted::from_memory`]), which puts it into the trace of
/// the decision, and is counted by [`MEMORY_PICKS_TOTAL`].
pub struct ResilientRoundRobinContextProvider {
    store: Arc<dyn RoundRobinContextProvider>,
    policy: RunTimePolicy,
    memory: InMemoryRoundRobinContextProvider,
    /// Where this process begins to count, so that not all begin with the same agent.
    offset: u32,
    breaker: Mutex<Breaker>,
}

impl ResilientRoundRobinContextProvider {
    /// Counts with `store` while that works.
    #[must_use]
    pub fn new(store: Arc<dyn RoundRobinContextProvider>, policy: RunTimePolicy) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a fraction of 2^32"
        )]
        let offset = (fraction() * f64::from(u32::MAX)) as u32;
        Self {
            store,
            policy,
            memory: InMemoryRoundRobinContextProvider::new(),
            offset,
            breaker: Mutex::new(Breaker::Closed { failures: 0 }),
        }
    }

    /// Asks the store, or memory in its place, as the policy wants it.
    async fn ask<T>(
        &self,
        store: impl Future<Output = Result<Counted<T>, ProviderError>>,
        memory: impl Future<Output = Result<T, ProviderError>>,
    ) -> Result<Counted<T>, ProviderError> {
        match self.policy {
            RunTimePolicy::Fail => store.await,
            RunTimePolicy::Fallback => match store.await {
                Err(error) if error.kind() != ProviderErrorKind::Configuration => {
                    count_in_memory(memory, error.kind()).await
                }
                counted => counted,
            },
            RunTimePolicy::Breaker { failures, pause } => {
                self.ask_behind_breaker(store, memory, failures, pause)
                    .await
            }
        }
    }

    async fn ask_behind_breaker<T>(
        &self,
        store: impl Future<Output = Result<Counted<T>, ProviderError>>,
        memory: impl Future<Output = Result<T, ProviderError>>,
        limit: NonZeroU32,
        pause: Duration,
    ) -> Result<Counted<T>, ProviderError> {
        let probe = match self.admit(pause) {
            Admission::Store => None,
            Admission::Memory(why) => return count_in_memory(memory, why).await,
            Admission::Probe(probe) => Some(probe),
        };
        let result = store.await;
        let why = match &result {
            Err(error) if opens_breaker(error.kind()) => error.kind(),
            _ => {
                self.served(probe);
                return result;
            }
        };
        // Who only probes was sure of an answer; and the one that opens it is the first of those.
        if probe.is_some() || self.failed(limit, pause, why) {
            drop(probe);
            return count_in_memory(memory, why).await;
        }
        result
    }

    /// Asks the store for many turns at once, for which memory never answers: who fails to get
    /// them takes turns one by one, each as the policy wants it.
    fn ask_for_many<'a, T: 'a>(&'a self, store: Providing<'a, T>) -> Providing<'a, T> {
        let RunTimePolicy::Breaker { failures, pause } = self.policy else {
            return store;
        };
        Box::pin(async move {
            let probe = match self.admit(pause) {
                Admission::Store => None,
                Admission::Memory(why) => {
                    return Err(ProviderError::new(why, "the store is left alone for now"));
                }
                Admission::Probe(probe) => Some(probe),
            };
            let result = store.await;
            match &result {
                Err(error) if opens_breaker(error.kind()) => {
                    if probe.is_none() {
                        self.failed(failures, pause, error.kind());
                    }
                }
                _ => self.served(probe),
            }
            result
        })
    }

    fn admit(&self, pause: Duration) -> Admission<'_> {
        let mut breaker = self.breaker();
        match *breaker {
            Breaker::Closed { .. } => Admission::Store,
            Breaker::Open { until, why } if Instant::now() >= until => {
                *breaker = Breaker::Probing { why };
                Admission::Probe(Probe {
                    provider: self,
                    pause,
                    why,
                })
            }
            Breaker::Open { why, .. } | Breaker::Probing { why } => Admission::Memory(why),
        }
    }

    fn served(&self, probe: Option<Probe<'_>>) {
        let mut breaker = self.breaker();
        match &*breaker {
            Breaker::Closed { failures: 0 } => {}
            // A late answer of before it opened closes nothing.
            Breaker::Closed { .. } => *breaker = Breaker::Closed { failures: 0 },
            _ if probe.is_some() => {
                *breaker = Breaker::Closed { failures: 0 };
                drop(breaker);
                tracing::info!(counts_in = "store", "assignment_engine.rotation");
            }
            _ => {}
        }
    }

    /// Whether it is open from now on, or was already.
    fn failed(&self, limit: NonZeroU32, pause: Duration, why: ProviderErrorKind) -> bool {
        let mut breaker = self.breaker();
        let Breaker::Closed { failures } = &mut *breaker else {
            return true;
        };
        *failures += 1;
        if *failures < limit.get() {
            return false;
        }
        let until = Instant::now() + pause;
        *breaker = Breaker::Open { until, why };
        drop(breaker);
        tracing::warn!(
            counts_in = "memory",
            code = why.code(),
            "assignment_engine.rotation"
        );
        true
    }

    /// An index from memory. Each process begins somewhere else.
    async fn index_from_memory(&self, key: &ContextKey, count: u32) -> Result<u32, ProviderError> {
        let turn = self.memory.get_next_index(key, count).await?;
        let place = (u64::from(turn) + u64::from(self.offset)) % u64::from(count.max(1));
        // Below the count, so it fits.
        Ok(u32::try_from(place).unwrap_or(0))
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        // Whole at every moment, so a panic elsewhere leaves nothing to repair.
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RoundRobinContextProvider for ResilientRoundRobinContextProvider {
    fn get_next_index<'a>(
        &'a self,
        context_key: &'a ContextKey,
        candidate_count: u32,
    ) -> NextIndex<'a> {
        Box::pin(async move { Ok(self.next_counted(context_key, candidate_count).await?.value) })
    }

    fn next_counted<'a>(
        &'a self,
        context_key: &'a ContextKey,
        candidate_count: u32,
    ) -> Providing<'a, Counted<u32>> {
        Box::pin(async move {
            if candidate_count == 0 {
                return Ok(Counted::shared(0));
            }
            self.ask(
                self.store.next_counted(context_key, candidate_count),
                self.index_from_memory(context_key, candidate_count),
            )
            .await
        })
    }

    fn take_turn<'a>(&'a self, asked: &'a TurnRequest) -> Providing<'a, Counted<Turn>> {
        let memory = async { Ok(self.memory.take_turn(asked).await?.value) };
        Box::pin(self.ask(self.store.take_turn(asked), memory))
    }

    fn give_back<'a>(&'a self, asked: &'a TurnRequest, turn: Counted<Turn>) -> GivenBack<'a> {
        match turn.from_memory {
            None => self.store.give_back(asked, turn),
            Some(_) => self.memory.give_back(asked, turn),
        }
    }

    fn load_book<'a>(
        &'a self,
        context_key: &'a ContextKey,
        rotation: Rotation,
    ) -> Providing<'a, (TurnBook, BookVersion)> {
        self.ask_for_many(self.store.load_book(context_key, rotation))
    }

    fn store_book<'a>(
        &'a self,
        context_key: &'a ContextKey,
        book: &'a TurnBook,
        version: BookVersion,
    ) -> Providing<'a, bool> {
        self.ask_for_many(self.store.store_book(context_key, book, version))
    }

    fn take_tickets<'a>(
        &'a self,
        context_key: &'a ContextKey,
        count: NonZeroU32,
    ) -> Providing<'a, Tickets> {
        self.ask_for_many(self.store.take_tickets(context_key, count))
    }
}

async fn count_in_memory<T>(
    memory: impl Future<Output = Result<T, ProviderError>>,
    why: ProviderErrorKind,
) -> Result<Counted<T>, ProviderError> {
    metrics::counter!(MEMORY_PICKS_TOTAL, "code" => why.code()).increment(1);
    Ok(Counted {
        value: memory.await?,
        from_memory: Some(why),
    })
}

impl fmt::Debug for ResilientRoundRobinContextProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResilientRoundRobinContextProvider")
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

enum Breaker {
    /// Failures in a row.
    Closed { failures: u32 },
    Open {
        until: Instant,
        why: ProviderErrorKind,
    },
    /// One pick asks the store.
    Probing { why: ProviderErrorKind },
}

enum Admission<'a> {
    Store,
    Memory(ProviderErrorKind),
    Probe(Probe<'a>),
}

/// The one pick that asks the store. However it ends, if it did not succeed the pause begins
/// again: also when its caller leaves.
struct Probe<'a> {
    provider: &'a ResilientRoundRobinContextProvider,
    pause: Duration,
    why: ProviderErrorKind,
}

impl Drop for Probe<'_> {
    fn drop(&mut self) {
        let mut breaker = self.provider.breaker();
        if matches!(*breaker, Breaker::Probing { .. }) {
            *breaker = Breaker::Open {
                until: Instant::now() + self.pause,
                why: self.why,
            };
        }
    }
}

/// Not what is about one key, nor what is about us.
fn opens_breaker(kind: ProviderErrorKind) -> bool {
    !matches!(
        kind,
        ProviderErrorKind::WrongType
            | ProviderErrorKind::Overflow
            | ProviderErrorKind::Configuration
            | ProviderErrorKind::Unsupported
    )
}

/// Counts picks that were counted in memory in the store's place, by the `code` of the failure.
pub const MEMORY_PICKS_TOTAL: &str = "assignment_engine_memory_picks_total";

/// Failures in a row that open the usual breaker.
pub const BREAKER_FAILURES: NonZeroU32 = NonZeroU32::new(5).unwrap();

/// How long the usual breaker leaves the store alone.
pub const BREAKER_PAUSE: Duration = Duration::from_secs(2);
