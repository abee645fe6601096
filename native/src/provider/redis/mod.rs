mod books;
mod call;
mod connection;
mod options;
mod reply;
mod script;
mod tls;

use std::fmt;
use std::future::Future;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use assignment_engine_core::{ContextKey, Rotation, Turn, TurnBook};
use tokio::runtime::Handle;
use tokio::time::timeout;

use self::books::Books;
use self::reply::Teller;
use self::script::{PROBE_KEY, TicketScript};
use super::{
    BookVersion, GivenBack, NextIndex, ProviderError, ProviderErrorKind, Providing,
    RoundRobinContextProvider, TakenTurn, Tickets, TurnRequest, unsupported,
};

pub(crate) use self::books::about_book;
pub(crate) use self::call::{Call, Redis, Script, script_of};
pub use self::options::{DEFAULT_REDIS_DEADLINE, RedisOptions};

/// Counters in Redis, shared by every instance that uses the same server.
///
/// A pick is one round trip: a script counts with `INCR` and, only if that went well, lets the
/// key live for seven more days. So after a successful pick the key has a time to live wherever
/// the exchange was cut, and a failing pick refreshes none: a key with a foreign value under
/// our name goes away by itself. The key is `assignment:rr:` and the context key, byte by byte.
///
/// The deadline stands around the whole call, connecting included. When it passes, whether the
/// turn was taken is unknown, and the call is not repeated.
///
/// One connection, made at the first pick, carries all concurrent picks. It is replaced at the
/// next pick after a timeout, a broken line, or an answer that says that this server is the
/// wrong one to ask (`READONLY`, `LOADING`, `MASTERDOWN`, `CLUSTERDOWN`, `NOAUTH`, …), so the
/// provider leaves a demoted, frozen or restarted server without help.
///
/// Needs a Tokio runtime with time and I/O enabled. The Redis user needs the commands `PING`,
/// `EVALSHA`, `SCRIPT LOAD`, `INCR`, `EXPIRE` and `GET` on `assignment:rr:*`, nothing else.
pub struct RedisRoundRobinContextProvider {
    redis: Redis,
    script: TicketScript,
    books: Books,
}

impl RedisRoundRobinContextProvider {
    /// A provider that has not connected yet; the first pick does.
    #[must_use]
    pub fn new(options: RedisOptions) -> Self {
        Self {
            redis: Redis::new(options),
            script: TicketScript::new(),
            books: Books::new(),
        }
    }

    /// `host:port` or the path of the socket; no user name, no password.
    #[must_use]
    pub fn address(&self) -> &str {
        self.redis.address()
    }

    /// How long a pick may take at most.
    #[must_use]
    pub fn deadline(&self) -> Duration {
        self.redis.deadline()
    }

    /// Makes sure that picks can work: connects, logs in, and uses every command that a pick
    /// may need, all within `deadline`. It counts under the key `assignment:rr:` itself, which
    /// no pick can have because a context key is never empty, and which goes after a minute.
    ///
    /// # Errors
    /// [`ProviderError`] says what is missing, like a pick would; `tls` if the server expects
    /// TLS.
    pub async fn check(&self, deadline: Duration) -> Result<(), ProviderError> {
        let begin = Instant::now();
        let teller = Teller::new(self.address(), PROBE_KEY);
        let result = within(deadline, &teller, self.check_commands(deadline, &teller)).await;
        let Err(error) = &result else {
            return result;
        };
        // A server that expects TLS hangs up on plain text without a word, like one that is
        // just going away. A greeting in TLS tells them apart, if there is time for it.
        if matches!(
            error.kind(),
            ProviderErrorKind::Unreachable | ProviderErrorKind::Protocol
        ) {
            let rest = deadline.saturating_sub(begin.elapsed());
            if timeout(rest, tls::is_spoken_by(self.redis.holder().target())).await == Ok(true) {
                return Err(teller.error(ProviderErrorKind::Tls));
            }
        }
        result
    }

    async fn check_commands(
        &self,
        deadline: Duration,
        teller: &Teller<'_>,
    ) -> Result<(), ProviderError> {
        let lease = self.redis.holder().lease(deadline).await?;
        let result = self.script.probe(lease.connection(), teller).await;
        lease.settle(result)
    }

    /// The turn of this call as the server counts: 1, 2, 3, …
    async fn ticket(&self, key: &str, teller: &Teller<'_>) -> Result<i64, ProviderError> {
        let lease = self.redis.holder().lease(self.deadline()).await?;
        let result = self.script.ticket(lease.connection(), key, teller).await;
        lease.settle(result)
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
            let teller = Teller::new(self.address(), &key);
            let ticket = within(self.deadline(), &teller, self.ticket(&key, &teller)).await?;
            Ok(index(ticket, candidate_count))
        })
    }

    fn take_turn<'a>(&'a self, asked: &'a TurnRequest) -> TakenTurn<'a> {
        Box::pin(async move {
            if asked.rotation != Rotation::Counter {
                return self.books.take(&self.redis, asked).await;
            }
            let count = u32::try_from(asked.candidates.len()).unwrap_or(u32::MAX);
            let index = self.get_next_index(&asked.context_key, count).await?;
            let stamps = (0, 0);
            Ok(Turn { index, stamps })
        })
    }

    fn give_back<'a>(&'a self, asked: &'a TurnRequest, turn: Turn) -> GivenBack<'a> {
        Box::pin(async move {
            if asked.rotation == Rotation::Counter {
                return;
            }
            if let Err(error) = self.books.give_back(&self.redis, asked, turn).await {
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
        Box::pin(self.books.load(&self.redis, context_key, rotation))
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
        Box::pin(self.books.store(&self.redis, context_key, book, version))
    }

    fn take_tickets<'a>(
        &'a self,
        context_key: &'a ContextKey,
        count: NonZeroU32,
    ) -> Providing<'a, Tickets> {
        Box::pin(async move {
            let key = counter_key(context_key);
            self.books.tickets(&self.redis, &key, count).await
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

/// Everything a call does, under one clock. The client's own timeouts are off, so this is the
/// only one; what it stops has not settled its lease, and so loses its connection.
async fn within<T>(
    deadline: Duration,
    teller: &Teller<'_>,
    call: impl Future<Output = Result<T, ProviderError>>,
) -> Result<T, ProviderError> {
    if Handle::try_current().is_err() {
        return Err(ProviderError::new(
            ProviderErrorKind::Configuration,
            "the redis provider was used outside a tokio runtime",
        ));
    }
    timeout(deadline, call)
        .await
        .unwrap_or_else(|_| Err(teller.timeout(deadline)))
}

/// Turn `ticket` of a ring. Euclid's remainder and wrapping arithmetic give a valid position
/// for every value that a key can hold, negative and extreme ones included.
fn index(ticket: i64, candidate_count: u32) -> u32 {
    let position = ticket
        .wrapping_sub(1)
        .checked_rem_euclid(i64::from(candidate_count));
    // Below a u32 and not negative, and the count is not 0, so neither step can fail.
    position
        .and_then(|position| u32::try_from(position).ok())
        .unwrap_or(0)
}

fn counter_key(context_key: &ContextKey) -> String {
    format!("{KEY_PREFIX}{}", context_key.as_str())
}

/// Every key of a counter begins with this.
const KEY_PREFIX: &str = "assignment:rr:";

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
