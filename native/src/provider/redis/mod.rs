mod backoff;
mod books;
mod cluster;
mod counter;
mod holder;
mod kept;
mod line;
mod options;
mod reply;
mod script;
mod sentinel;
mod server;
mod slots;
mod state;
mod target;
mod timers;
mod tls;
mod turns;
mod url;

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use assignment_engine_core::{ContextKey, Rotation, Turn, TurnBook, position};

use self::books::Books;
use self::counter::Counter;
use self::turns::Turns;
use super::{
    BookVersion, Counted, GivenBack, NextIndex, ProviderError, ProviderErrorKind, Providing,
    RoundRobinContextProvider, Tickets, TurnRequest, unsupported,
};

pub(crate) use self::books::check_count;
pub use self::options::{DEFAULT_MAX_IN_FLIGHT, DEFAULT_REDIS_DEADLINE, RedisOptions};
pub(crate) use self::reply::text;
pub(crate) use self::script::{Script, script_of};
pub(crate) use self::server::Redis;

/// Rotations in Redis, shared by every instance that uses the same server: first, counters.
///
/// A pick is one round trip: a script counts with `INCR` and, only if that went well, lets the
/// key live for seven more days. So after a successful pick the key has a time to live wherever
/// the exchange was cut, and a failing pick refreshes none: a key with a foreign value under
/// our name goes away by itself. The key is `assignment:rr:` and the context key, byte by byte.
/// Who picks while a pick of the same key is under way waits for its end, and all who wait then
/// take their turns in one call, with `INCRBY`.
///
/// The deadline stands around the whole call, connecting included. When it passes, whether the
/// turn was taken is unknown, and the call is not repeated. So many calls are under way at most
/// ([`RedisOptions::with_max_in_flight`]); one more is refused at once.
///
/// One connection (in a cluster: one to each node), made at the first pick, carries all
/// concurrent picks. It is replaced when it broke, after two picks in a row without an answer,
/// and after an answer that says that this server is the wrong one to ask (`READONLY`,
/// `LOADING`, `MASTERDOWN`, `CLUSTERDOWN`, `NOAUTH`, …), so the provider leaves a demoted, frozen
/// or restarted server without help. Somebody reconnects at a time, at once after the first
/// failure and then after waits that grow to a second and differ; who picks meanwhile is refused
/// at once. `docs/RELIABILITY.md` has it fault by fault.
///
/// A turn in another rotation is one round trip too, with a script that reads and moves on the
/// [`TurnBook`] of the context key: the same turns as the book's own. Its key is
/// `assignment:least_recent:` or `assignment:proportional:` and the context key, and lives like a
/// counter. These need Redis 7 or Valkey, and take at most
/// [`MAX_SHARED_CANDIDATES`](assignment_engine_core::limits::MAX_SHARED_CANDIDATES) candidates.
///
/// Needs a Tokio runtime with time and I/O enabled. The Redis user needs the commands `EVALSHA`,
/// `SCRIPT LOAD`, `INCR`, `INCRBY`, `EXPIRE` and `GET` on `assignment:rr:*`, and in a cluster
/// `CLUSTER SLOTS`, nothing else; for the other rotations also `TIME`, `HMGET`, `HGET`, `HGETALL`,
/// `HSCAN`, `HSET`, `HDEL`, `DEL` and `EXPIRE` on their keys.
pub struct RedisRoundRobinContextProvider {
    turns: Arc<Turns>,
    books: Books,
}

impl RedisRoundRobinContextProvider {
    /// A provider that has not connected yet; the first pick does.
    #[must_use]
    pub fn new(options: RedisOptions) -> Self {
        let counter = Counter::new(Arc::new(Redis::new(options)));
        Self {
            turns: Arc::new(Turns::new(counter)),
            books: Books::new(),
        }
    }

    /// As [`RedisOptions::address`] says; no user name, no password.
    #[must_use]
    pub fn address(&self) -> &str {
        self.redis().address()
    }

    /// How long a pick may take at most.
    #[must_use]
    pub fn deadline(&self) -> Duration {
        self.redis().deadline()
    }

    /// Why the server does not serve, if the last picks show that it does not. For a health check
    /// that must not wait; [`check`](Self::check) asks the server.
    #[must_use]
    pub fn trouble(&self) -> Option<ProviderErrorKind> {
        self.redis().trouble()
    }

    /// Makes sure that picks can work: connects, logs in, and uses every command that a pick
    /// may need, all within `deadline`. It counts under the key `assignment:rr:` itself, which
    /// no pick can have because a context key is never empty, and which goes after a minute.
    ///
    /// # Errors
    /// [`ProviderError`] says what is missing, like a pick would; `tls` if one side speaks TLS
    /// and the other does not.
    pub async fn check(&self, deadline: Duration) -> Result<(), ProviderError> {
        self.turns.counter().rehearse(REHEARSAL_KEY, deadline).await
    }

    fn redis(&self) -> &Redis {
        self.turns.counter().redis()
    }
}

impl RoundRobinContextProvider for RedisRoundRobinContextProvider {
    fn get_next_index<'a>(
        &'a self,
        context_key: &'a ContextKey,
        candidate_count: u32,
    ) -> NextIndex<'a> {
        Box::pin(async move {
            if candidate_count == 0 {
                return Ok(0);
            }
            let key = counter_key(context_key);
            let turn = self.redis().run(&key, self.turns.take(&key)).await?;
            Ok(index(turn, candidate_count))
        })
    }

    fn take_turn<'a>(&'a self, asked: &'a TurnRequest) -> Providing<'a, Counted<Turn>> {
        Box::pin(async move {
            let turn = if asked.rotation == Rotation::Counter {
                let count = u32::try_from(asked.candidates.len()).unwrap_or(u32::MAX);
                let index = self.get_next_index(&asked.context_key, count).await?;
                let stamps = (0, 0);
                Turn { index, stamps }
            } else {
                self.books.take(self.redis(), asked).await?
            };
            Ok(Counted::shared(turn))
        })
    }

    fn give_back<'a>(&'a self, asked: &'a TurnRequest, turn: Counted<Turn>) -> GivenBack<'a> {
        Box::pin(async move {
            if asked.rotation == Rotation::Counter {
                return;
            }
            if let Err(error) = self.books.give_back(self.redis(), asked, turn.value).await {
                tracing::debug!(code = error.code(), "assignment_engine.turn_not_given_back");
            }
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
        Box::pin(self.books.load(self.redis(), context_key, rotation))
    }

    fn store_book<'a>(
        &'a self,
        context_key: &'a ContextKey,
        book: &'a TurnBook,
        version: BookVersion,
    ) -> Providing<'a, bool> {
        if book.rotation() == Rotation::Counter {
            return unsupported(book.rotation());
        }
        Box::pin(self.books.store(self.redis(), context_key, book, version))
    }

    fn take_tickets<'a>(
        &'a self,
        context_key: &'a ContextKey,
        count: NonZeroU32,
    ) -> Providing<'a, Tickets> {
        Box::pin(async move {
            let key = counter_key(context_key);
            let taken = self.turns.counter().take(&key, count.get());
            let last = self.redis().run(&key, taken).await?;
            // The server counts from 1.
            Ok(Tickets::new(
                last.wrapping_sub(i64::from(count.get())),
                count,
            ))
        })
    }
}

impl fmt::Debug for RedisRoundRobinContextProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisRoundRobinContextProvider")
            .field("address", &self.address())
            .field("deadline", &self.deadline())
            .finish_non_exhaustive()
    }
}

/// The counter's key: the prefix and the context key, byte by byte, so that no two context keys
/// share one and nothing of ours lies outside the prefix.
fn counter_key(context_key: &ContextKey) -> String {
    let mut key = String::with_capacity(KEY_PREFIX.len() + context_key.as_str().len());
    key.push_str(KEY_PREFIX);
    key.push_str(context_key.as_str());
    key
}

/// The position that a ticket means: the server counts from 1. For nobody it is 0.
fn index(ticket: i64, candidate_count: u32) -> u32 {
    NonZeroU32::new(candidate_count).map_or(0, |count| position(ticket.wrapping_sub(1), count))
}

/// Every key of a counter begins with this.
const KEY_PREFIX: &str = "assignment:rr:";

/// The bare prefix: under the same rights as every counter, and never a counter's key.
const REHEARSAL_KEY: &str = KEY_PREFIX;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ticket_gives_a_valid_position() {
        for ticket in [
            i64::MIN,
            i64::MIN + 1,
            -7,
            -1,
            0,
            1,
            2,
            i64::MAX - 1,
            i64::MAX,
        ] {
            for count in [1, 2, 3, 7, 1 << 31, u32::MAX] {
                assert!(index(ticket, count) < count, "{ticket} of {count}");
            }
        }
    }

    #[test]
    fn the_first_ticket_is_position_zero_and_they_follow_each_other() {
        let positions: Vec<u32> = (1..=7).map(|ticket| index(ticket, 3)).collect();
        assert_eq!(positions, [0, 1, 2, 0, 1, 2, 0]);
        let below_zero: Vec<u32> = (-4..=1).map(|ticket| index(ticket, 3)).collect();
        assert_eq!(
            below_zero,
            [1, 2, 0, 1, 2, 0],
            "no jump where the sign changes"
        );
    }
}
