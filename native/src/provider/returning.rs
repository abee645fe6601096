use std::fmt;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use assignment_engine_core::{ContextKey, Rotation, Turn, TurnBook};

use super::random::fraction;
use super::{
    BookVersion, Counted, GivenBack, InMemoryRoundRobinContextProvider, NextIndex, ProviderError,
    Providing, RedisRoundRobinContextProvider, RoundRobinContextProvider, Tickets, TurnRequest,
    unsupported,
};

/// Counts in memory because Redis could not be used at the start, tries it again from time to
/// time, and moves over for good the first time that it can.
pub(super) struct ReturningProvider {
    redis: Arc<RedisRoundRobinContextProvider>,
    /// `redis` with its policy.
    shared: Arc<dyn RoundRobinContextProvider>,
    memory: InMemoryRoundRobinContextProvider,
    moved: AtomicBool,
    trouble: Mutex<ProviderError>,
}

impl ReturningProvider {
    /// Tries again every `interval`, less a random half, for as long as somebody has the provider.
    pub(super) fn start(
        redis: Arc<RedisRoundRobinContextProvider>,
        shared: Arc<dyn RoundRobinContextProvider>,
        trouble: ProviderError,
        interval: Duration,
        deadline: Duration,
    ) -> Arc<Self> {
        let provider = Arc::new(Self {
            redis,
            shared,
            memory: InMemoryRoundRobinContextProvider::new(),
            moved: AtomicBool::new(false),
            trouble: Mutex::new(trouble),
        });
        let weak = Arc::downgrade(&provider);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(interval.mul_f64(0.5 + fraction() / 2.0)).await;
                let Some(provider) = weak.upgrade() else {
                    return;
                };
                if provider.moves(deadline).await {
                    return;
                }
            }
        });
        provider
    }

    async fn moves(&self, deadline: Duration) -> bool {
        match self.redis.check(deadline).await {
            Ok(()) => {
                self.moved.store(true, Ordering::Release);
                tracing::info!(
                    redis = self.redis.address(),
                    "redis can be used: round robin is shared through it from now on"
                );
                true
            }
            Err(error) => {
                // Said once for each sort of trouble, not for each try.
                let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
                if trouble.kind() != error.kind() {
                    tracing::warn!(code = error.code(), %error, "redis still cannot be used");
                }
                *trouble = error;
                false
            }
        }
    }

    /// Why it still counts in memory, if it does.
    pub(super) fn trouble(&self) -> Option<ProviderError> {
        if self.moved.load(Ordering::Acquire) {
            return None;
        }
        let trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        Some(trouble.clone())
    }
}

impl RoundRobinContextProvider for ReturningProvider {
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
        let Some(trouble) = self.trouble() else {
            return self.shared.next_counted(context_key, candidate_count);
        };
        Box::pin(async move {
            let index = self.memory.get_next_index(context_key, candidate_count);
            Ok(Counted {
                value: index.await?,
                from_memory: Some(trouble.kind()),
            })
        })
    }

    fn take_turn<'a>(&'a self, asked: &'a TurnRequest) -> Providing<'a, Counted<Turn>> {
        let Some(trouble) = self.trouble() else {
            return self.shared.take_turn(asked);
        };
        Box::pin(async move {
            Ok(Counted {
                from_memory: Some(trouble.kind()),
                ..self.memory.take_turn(asked).await?
            })
        })
    }

    fn give_back<'a>(&'a self, asked: &'a TurnRequest, turn: Counted<Turn>) -> GivenBack<'a> {
        match turn.from_memory {
            None => self.shared.give_back(asked, turn),
            Some(_) => self.memory.give_back(asked, turn),
        }
    }

    // Many turns at once cannot say that they come from memory; so they are taken one by one, as
    // long as they do.

    fn load_book<'a>(
        &'a self,
        context_key: &'a ContextKey,
        rotation: Rotation,
    ) -> Providing<'a, (TurnBook, BookVersion)> {
        match self.trouble() {
            None => self.shared.load_book(context_key, rotation),
            Some(_) => unsupported(rotation),
        }
    }

    fn store_book<'a>(
        &'a self,
        context_key: &'a ContextKey,
        book: &'a TurnBook,
        version: BookVersion,
    ) -> Providing<'a, bool> {
        match self.trouble() {
            None => self.shared.store_book(context_key, book, version),
            Some(_) => unsupported(book.rotation()),
        }
    }

    fn take_tickets<'a>(
        &'a self,
        context_key: &'a ContextKey,
        count: NonZeroU32,
    ) -> Providing<'a, Tickets> {
        match self.trouble() {
            None => self.shared.take_tickets(context_key, count),
            Some(_) => unsupported(Rotation::Counter),
        }
    }
}

impl fmt::Debug for ReturningProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReturningProvider")
            .field("redis", &self.redis)
            .field("moved", &self.moved)
            .finish_non_exhaustive()
    }
}
