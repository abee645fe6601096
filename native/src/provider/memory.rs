use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::mem;
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};

use assignment_engine_core::{ContextKey, Rotation, Turn, TurnBook, position};

use super::{
    BookVersion, Counted, GivenBack, NextIndex, ProviderError, ProviderErrorKind, Providing,
    RoundRobinContextProvider, Tickets, TurnRequest, unsupported,
};

/// Counters in this process: each key starts at 0 and is forgotten with the process.
///
/// Right for one instance and for tests. Several instances each keep their own place, so
/// together they are fair only on average.
///
/// Memory is bounded: at most [`IN_MEMORY_KEY_LIMIT`] counters are kept, which is at most some
/// 40 MB with keys of the largest size, and a tenth as many books of other rotations. A key stays
/// for as long as fewer than half that many other keys have been used since; one that was dropped
/// starts at 0 again, which is a legal restart.
pub struct InMemoryRoundRobinContextProvider {
    counters: Mutex<Recent<ContextKey, i64>>,
    books: Mutex<Books>,
}

struct Books {
    recent: Recent<(ContextKey, Rotation), Kept>,
    /// Of all books together, so that one that was dropped does not have an old version again.
    version: u64,
}

struct Kept {
    book: TurnBook,
    version: u64,
}

impl Books {
    fn entry(&mut self, context_key: &ContextKey, rotation: Rotation) -> &mut Kept {
        let key = (context_key.clone(), rotation);
        self.recent.entry(&key, || Kept {
            book: TurnBook::new(rotation),
            version: 0,
        })
    }

    fn next_version(&mut self) -> u64 {
        self.version += 1;
        self.version
    }
}

impl InMemoryRoundRobinContextProvider {
    /// No key has been used yet.
    #[must_use]
    pub fn new() -> Self {
        Self::with_generation(IN_MEMORY_KEY_LIMIT / 2)
    }

    fn with_generation(keys: usize) -> Self {
        Self {
            counters: Mutex::new(Recent::new(keys)),
            books: Mutex::new(Books {
                recent: Recent::new(keys / 10),
                version: 0,
            }),
        }
    }

    fn next(&self, context_key: &ContextKey, candidate_count: u32) -> u32 {
        let count = NonZeroU32::new(candidate_count);
        count.map_or(0, |count| position(self.count(context_key, 1), count))
    }

    /// Counts on, and answers where it was.
    fn count(&self, context_key: &ContextKey, turns: u32) -> i64 {
        // A counter is whole at every moment, so a panic elsewhere leaves nothing to repair.
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        let next = counters.entry(context_key, || 0);
        let turn = *next;
        *next = turn.wrapping_add(i64::from(turns));
        turn
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with_book<T>(&self, asked: &TurnRequest, with: impl FnOnce(&mut TurnBook) -> T) -> T {
        let mut books = self.books();
        let version = books.next_version();
        let kept = books.entry(&asked.context_key, asked.rotation);
        kept.version = version;
        with(&mut kept.book)
    }
}

impl RoundRobinContextProvider for InMemoryRoundRobinContextProvider {
    fn get_next_index<'a>(
        &'a self,
        context_key: &'a ContextKey,
        candidate_count: u32,
    ) -> NextIndex<'a> {
        // In the future and not before it: a call that nobody awaits takes no turn.
        Box::pin(async move { Ok(self.next(context_key, candidate_count)) })
    }

    fn take_turn<'a>(&'a self, asked: &'a TurnRequest) -> Providing<'a, Counted<Turn>> {
        Box::pin(async move {
            let turn = self.with_book(asked, |book| book.take(&asked.candidates, asked.now));
            let nobody = "there is nobody to take turns";
            let turn = turn.ok_or_else(|| ProviderError::new(ProviderErrorKind::Other, nobody));
            turn.map(Counted::shared)
        })
    }

    fn give_back<'a>(&'a self, asked: &'a TurnRequest, turn: Counted<Turn>) -> GivenBack<'a> {
        Box::pin(async move {
            self.with_book(asked, |book| book.give_back(&asked.candidates, &turn.value));
        })
    }

    fn load_book<'a>(
        &'a self,
        context_key: &'a ContextKey,
        rotation: Rotation,
    ) -> Providing<'a, (TurnBook, BookVersion)> {
        if rotation == Rotation::Counter {
            return unsupported(rotation);
        }
        Box::pin(async move {
            let mut books = self.books();
            let kept = books.entry(context_key, rotation);
            Ok((kept.book.clone(), BookVersion(kept.version)))
        })
    }

    fn store_book<'a>(
        &'a self,
        context_key: &'a ContextKey,
        book: &'a TurnBook,
        version: BookVersion,
    ) -> Providing<'a, bool> {
        let rotation = book.rotation();
        if rotation == Rotation::Counter {
            return unsupported(rotation);
        }
        Box::pin(async move {
            let mut books = self.books();
            let next = books.next_version();
            let kept = books.entry(context_key, rotation);
            let unchanged = kept.version == version.0;
            if unchanged {
                kept.book = book.clone();
                kept.version = next;
            }
            Ok(unchanged)
        })
    }

    fn take_tickets<'a>(
        &'a self,
        context_key: &'a ContextKey,
        count: NonZeroU32,
    ) -> Providing<'a, Tickets> {
        Box::pin(async move { Ok(Tickets::new(self.count(context_key, count.get()), count)) })
    }
}

impl Default for InMemoryRoundRobinContextProvider {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for InMemoryRoundRobinContextProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InMemoryRoundRobinContextProvider")
            .finish_non_exhaustive()
    }
}

/// Two generations instead of a list ordered by use: a key that is used moves to the young
/// one; when that is full it becomes the old one, and what nobody used since goes. Every step
/// takes constant time, and no order of a map is ever looked at.
struct Recent<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    generation: usize,
}

impl<K: Clone + Eq + Hash, V> Recent<K, V> {
    fn new(generation: usize) -> Self {
        Self {
            young: HashMap::new(),
            old: HashMap::new(),
            generation,
        }
    }

    /// What is kept under `key`, at first what `start` makes.
    fn entry(&mut self, key: &K, start: impl FnOnce() -> V) -> &mut V {
        let kept = if self.young.contains_key(key) {
            None
        } else {
            let kept = self.old.remove(key);
            if self.young.len() >= self.generation {
                self.old = mem::take(&mut self.young);
            }
            kept
        };
        let place = self.young.entry(key.clone());
        place.or_insert_with(|| kept.unwrap_or_else(start))
    }
}

/// How many keys [`InMemoryRoundRobinContextProvider`] keeps at most.
pub const IN_MEMORY_KEY_LIMIT: usize = 100_000;

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    fn key(text: &str) -> ContextKey {
        ContextKey::new(text).unwrap()
    }

    #[test]
    fn counts_each_key_from_zero_and_nothing_for_nobody() {
        let provider = InMemoryRoundRobinContextProvider::new();
        let (a, b) = (key("a"), key("b"));
        let turns: Vec<u32> = (0..7).map(|_| provider.next(&a, 3)).collect();
        assert_eq!(turns, [0, 1, 2, 0, 1, 2, 0]);
        assert_eq!(provider.next(&b, 3), 0);
        assert_eq!(provider.next(&a, 0), 0);
        assert_eq!(
            provider.next(&a, 3),
            1,
            "no turn was taken for zero candidates"
        );
    }

    #[test]
    fn the_largest_counter_wraps_to_a_valid_index() {
        let provider = InMemoryRoundRobinContextProvider::new();
        provider
            .counters
            .lock()
            .unwrap()
            .young
            .insert(key("a"), i64::MAX);
        assert!(provider.next(&key("a"), u32::MAX) < u32::MAX);
        let after: Vec<u32> = (0..3).map(|_| provider.next(&key("a"), 3)).collect();
        assert_eq!(after, [1, 2, 0], "each the next position, also below zero");
    }

    #[test]
    fn forgets_the_keys_longest_unused_and_keeps_the_bound() {
        let provider = InMemoryRoundRobinContextProvider::with_generation(10);
        let busy = key("busy");
        for n in 0..1_000_u32 {
            assert_eq!(
                provider.next(&busy, u32::MAX),
                n,
                "a key in use is never dropped"
            );
            for k in 0..9 {
                provider.next(&key(&format!("{n}-{k}")), 5);
            }
            let counters = provider.counters.lock().unwrap();
            assert!(counters.young.len() + counters.old.len() <= 20);
        }
        assert_eq!(
            provider.next(&key("0-0"), 5),
            0,
            "a dropped key starts at 0 again"
        );
    }

    #[test]
    fn works_on_after_a_panic_under_the_lock() {
        let provider = InMemoryRoundRobinContextProvider::new();
        provider.next(&key("a"), 5);
        let poisoned = catch_unwind(AssertUnwindSafe(|| {
            let _guard = provider.counters.lock().unwrap();
            panic!("on purpose");
        }));
        assert!(poisoned.is_err());
        assert_eq!(provider.next(&key("a"), 5), 1);
    }
}
