//! What a reservation costs, and a turn in each rotation, beside a bare `INCR` through the same
//! client: one exchange each, one after the other.
//!
//! `cargo bench -p assignment-engine --bench reserve`
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark may stop where it goes wrong"
)]

#[path = "../tests/support/redis_server.rs"]
#[expect(dead_code, reason = "other tests do more with a server")]
mod redis_server;

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use assignment_engine::core::{
    AgentId, Criterion, ReservationTerms, ReserveCandidate, ReserveRequest, Rotation, SessionId,
    TenantId, Timestamp, TurnCandidate, Weight,
};
use assignment_engine::{
    ContextKey, Place, RedisOptions, RedisReservations, RedisRoundRobinContextProvider,
    Reservations, RoundRobinContextProvider, TurnRequest,
};
use redis::aio::MultiplexedConnection;

use crate::redis_server::RedisServer;

/// Everything once in each round, so that whatever else the machine does falls on all alike.
const ROUNDS: usize = 1_500;
const WARM_UP: usize = 100;
const CANDIDATES: [usize; 3] = [5, 50, 200];

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let server = RedisServer::start();
    let client = redis::Client::open(server.url()).unwrap();
    let mut bare = client.get_multiplexed_async_connection().await.unwrap();
    let options = || {
        let options = RedisOptions::from_url(&server.url()).unwrap();
        options.with_deadline(Duration::from_secs(10))
    };
    let provider = RedisRoundRobinContextProvider::new(options());
    let places = RedisReservations::new(options(), ReservationTerms::default());

    let mut table = Table::default();
    for round in 0..WARM_UP + ROUNDS {
        table.recording = round >= WARM_UP;
        table.note("INCR", async { incr(&mut bare).await }).await;
        let team = ContextKey::new("team").unwrap();
        let pick = async { provider.get_next_index(&team, 5).await.unwrap() };
        table.note("pick", pick).await;
        for count in CANDIDATES {
            for rotation in Rotation::ALL {
                one_of_each(&mut table, &provider, &places, rotation, count, round).await;
            }
        }
    }
    table.print();
}

async fn one_of_each(
    table: &mut Table,
    provider: &RedisRoundRobinContextProvider,
    places: &RedisReservations,
    rotation: Rotation,
    count: usize,
    round: usize,
) {
    let name = |what: &str| format!("{what} {} {count}", rotation.name());
    let agent = |n: usize| AgentId::new(format!("3f2c9a54-7d1e-4b8a-9c6f-0123456{n:05}")).unwrap();
    if rotation != Rotation::Counter {
        let asked = TurnRequest {
            context_key: ContextKey::new(format!("team-{count}")).unwrap(),
            rotation,
            candidates: (0..count)
                .map(|n| TurnCandidate {
                    agent_id: agent(n),
                    weight: Weight::ONE,
                })
                .collect(),
            now: Timestamp::from_millisecond(1_800_000_000_000).unwrap(),
        };
        let turn = async { provider.take_turn(&asked).await.unwrap() };
        table.note(&name("turn"), turn).await;
    }
    let request = ReserveRequest {
        tenant_id: TenantId::new(format!("tenant-{count}-{}", rotation.name())).unwrap(),
        session_id: SessionId::new(format!("c0ffee00-7d1e-4b8a-9c6f-{round:012}")).unwrap(),
        context_key: ContextKey::new("team").unwrap(),
        rotation,
        limit: NonZeroU32::new(1_000_000),
        order: vec![Criterion::LeastActive],
        candidates: (0..count)
            .map(|n| ReserveCandidate {
                agent_id: agent(n),
                weight: Weight::ONE,
                active: 3,
                total: 30,
            })
            .collect(),
    };
    let reserved = async { places.reserve(&request).await.unwrap() };
    let reserved = table.note(&name("reserve"), reserved).await;
    let place = Place {
        tenant_id: request.tenant_id,
        session_id: request.session_id,
        token: reserved.token().unwrap(),
    };
    // Of ten claims the store refuses one.
    let settled = if round.is_multiple_of(10) {
        let released = async { places.release(&place).await.unwrap() };
        table.note(&name("release"), released).await
    } else {
        let confirmed = async { places.confirm(&place).await.unwrap() };
        table.note(&name("confirm"), confirmed).await
    };
    assert!(settled);
}

async fn incr(bare: &mut MultiplexedConnection) {
    let mut command = redis::cmd("INCR");
    let answer: i64 = command.arg("bare").query_async(bare).await.unwrap();
    assert!(answer > 0);
}

/// The times of each thing, in the order in which they first came.
#[derive(Default)]
struct Table {
    recording: bool,
    lines: Vec<(String, Vec<Duration>)>,
}

impl Table {
    async fn note<T>(&mut self, name: &str, work: impl Future<Output = T>) -> T {
        let begin = Instant::now();
        let done = work.await;
        let took = begin.elapsed();
        if self.recording {
            match self.lines.iter_mut().find(|(known, _)| known == name) {
                Some((_, times)) => times.push(took),
                None => self.lines.push((name.to_owned(), vec![took])),
            }
        }
        done
    }

    fn print(mut self) {
        for (_, times) in &mut self.lines {
            times.sort_unstable();
        }
        let part = |times: &[Duration], part: usize| {
            let time = times[(times.len() - 1) * part / 100];
            time.as_secs_f64() * 1e6
        };
        let bare = part(&self.lines[0].1, 50);
        println!(
            "{:<28} {:>8} {:>8} {:>7}",
            "", "p50 µs", "p99 µs", "of INCR"
        );
        for (name, times) in &self.lines {
            let (median, slow) = (part(times, 50), part(times, 99));
            println!(
                "{name:<28} {median:>8.0} {slow:>8.0} {:>7.2}",
                median / bare
            );
        }
    }
}
