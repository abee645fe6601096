//! Books of turns and reservations in Redis, on real servers: the same answers and the same state as
//! the core's own books, and what is left in the store when something is wrong.
#![cfg(feature = "redis")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "redis_books/batches.rs"]
mod batches;
#[path = "redis_books/faults.rs"]
mod faults;
#[path = "redis_books/growth.rs"]
mod growth;
#[path = "redis_books/places.rs"]
mod places;
#[path = "redis_books/random.rs"]
mod random;
#[path = "support/redis_server.rs"]
#[expect(
    dead_code,
    reason = "other tests freeze it, kill it and start it again"
)]
mod redis_server;
#[path = "redis_books/rights.rs"]
mod rights;
#[path = "redis_books/together.rs"]
mod together;
#[path = "redis_books/turns.rs"]
mod turns;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use assignment_engine::core::{
    AgentId, ReservationTerms, ReserveCandidate, ReserveRequest, Rotation, SessionId, TenantId,
    Timestamp, TurnCandidate, Weight,
};
use assignment_engine::{
    Clock, ContextKey, RedisOptions, RedisReservations, RedisRoundRobinContextProvider, TurnRequest,
};
use redis::Value;

use crate::redis_server::RedisServer;

/// For tests that are not about time: nothing is late however busy the machine is.
fn options(url: &str) -> RedisOptions {
    let options = RedisOptions::from_url(url).unwrap();
    options.with_deadline(Duration::from_secs(10))
}

fn provider(url: &str) -> RedisRoundRobinContextProvider {
    RedisRoundRobinContextProvider::new(options(url))
}

fn reservations(url: &str) -> RedisReservations {
    RedisReservations::new(options(url), ReservationTerms::default())
}

fn key(text: &str) -> ContextKey {
    ContextKey::new(text).unwrap()
}

fn turn_of(rotation: Rotation, agents: &[&str]) -> TurnRequest {
    let candidate = |id: &&str| TurnCandidate {
        agent_id: AgentId::new(id).unwrap(),
        weight: Weight::ONE,
    };
    TurnRequest {
        context_key: key("team"),
        rotation,
        candidates: agents.iter().map(candidate).collect(),
        now: Timestamp::parse("2026-11-24T09:00:00Z").unwrap(),
    }
}

/// A place among these, who have nothing yet and may have two sessions each.
fn place_for(session: &str, rotation: Rotation, agents: &[&str]) -> ReserveRequest {
    let candidate = |id: &&str| ReserveCandidate {
        agent_id: AgentId::new(id).unwrap(),
        weight: Weight::ONE,
        active: 0,
        total: 0,
    };
    ReserveRequest {
        tenant_id: TenantId::new("tenant").unwrap(),
        session_id: SessionId::new(session).unwrap(),
        context_key: key("team"),
        rotation,
        limit: NonZeroU32::new(2),
        order: Vec::new(),
        candidates: agents.iter().map(candidate).collect(),
    }
}

/// Every key with its value and the instant at which it ends.
fn dump(server: &RedisServer) -> Vec<(String, Value, Value)> {
    let keys = server.text("KEYS *");
    let mut keys: Vec<&str> = keys.lines().collect();
    keys.sort_unstable();
    keys.into_iter()
        .map(|key| {
            let value = server.ask(&format!("DUMP {key}"));
            let end = server.ask(&format!("PEXPIRETIME {key}"));
            (key.to_owned(), value, end)
        })
        .collect()
}

/// Asks the server with words that may hold spaces, or be empty.
fn ask_words(server: &RedisServer, words: &[&str]) {
    let client = redis::Client::open(server.url()).unwrap();
    let mut command = redis::cmd(words[0]);
    let mut connection = client.get_connection().unwrap();
    command.arg(&words[1..]).exec(&mut connection).unwrap();
}

fn ttl(server: &RedisServer, key: &str) -> i64 {
    server.text(&format!("TTL {key}")).parse().unwrap()
}

/// The three keys of the tenant of [`place_for`].
const PLACES: [&str; 3] = [
    "assignment:places:{tenant}:sessions",
    "assignment:places:{tenant}:agents",
    "assignment:places:{tenant}:turns",
];

const BOTH: [Rotation; 2] = [Rotation::LeastRecent, Rotation::Proportional];

const WEEK_SECONDS: i64 = 7 * 24 * 60 * 60;

/// A clock that stands until it is moved.
#[derive(Clone)]
struct HandClock(Arc<AtomicI64>);

impl HandClock {
    fn new() -> Self {
        let start = Timestamp::parse("2026-11-24T09:00:00Z").unwrap();
        Self(Arc::new(AtomicI64::new(start.as_millisecond())))
    }

    fn wait(&self, milliseconds: i64) {
        self.0.fetch_add(milliseconds, Ordering::Relaxed);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(Ordering::Relaxed)).unwrap()
    }
}
