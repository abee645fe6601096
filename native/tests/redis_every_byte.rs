//! The exchange of a pick, broken at every byte of it, in both directions, in five ways.
#![cfg(feature = "redis")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "support/redis_fault_proxy.rs"]
mod proxy;
#[path = "support/redis_server.rs"]
#[expect(dead_code, reason = "other tests do more with a server")]
mod redis_server;
#[path = "support/redis_timing.rs"]
mod timing;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use assignment_engine::{
    ContextKey, RedisOptions, RedisRoundRobinContextProvider, RoundRobinContextProvider,
};

use crate::proxy::{Direction, Fault, FaultProxy, Plan};
use crate::redis_server::RedisServer;
use crate::timing::{GRACE, timed};

/// Short, so that the many calls that run into it take no time to speak of.
const DEADLINE: Duration = Duration::from_millis(80);
const KEY: &str = "assignment:rr:team";
/// Each goes through its cases one by one, so that its scripts can be flushed before each.
const SERVERS: usize = 12;

/// One server with a user and a database other than 0, so that there is a handshake.
fn server() -> RedisServer {
    let server = RedisServer::start();
    server.ask(
        "ACL SETUSER app on >secret ~assignment:* +evalsha +script|load +incr +incrby +expire +get +select",
    );
    server
}

fn provider(proxy: &FaultProxy) -> RedisRoundRobinContextProvider {
    let url = format!("redis://app:secret@127.0.0.1:{}/1", proxy.port());
    let options = RedisOptions::from_url(&url).unwrap();
    RedisRoundRobinContextProvider::new(options.with_deadline(DEADLINE))
}

/// The counter in a database and its time to live, at one moment.
fn counter(server: &RedisServer, database: i64) -> Option<(i64, i64)> {
    let script = format!("return{{redis.call('GET','{KEY}')or'',redis.call('TTL','{KEY}')}}");
    let both = server.text_in(database, &["EVAL", &script, "0"]);
    let (value, ttl) = both.split_once('\n').unwrap();
    Some((value.parse().ok()?, ttl.parse().unwrap()))
}

/// Makes the server forget the scripts, and the counter as if 41 turns were taken.
fn prepare(server: &RedisServer) {
    server.ask("SCRIPT FLUSH");
    server.ask("FLUSHALL");
    server.text_in(1, &["SET", KEY, "41", "EX", "100"]);
}

/// How the pick that met the fault ended; every pick here must end in time.
async fn case(server: &RedisServer, plan: Plan) -> (String, Duration) {
    let team = ContextKey::new("team").unwrap();
    let mut latest = Duration::ZERO;
    // Where the machine was too slow to get to the byte within the deadline, the fault is still
    // to come.
    for _ in 0..50 {
        prepare(server);
        let proxy = FaultProxy::to(server.port(), Some(plan)).await;
        let provider = provider(&proxy);
        let (outcome, late) = timed(DEADLINE, provider.get_next_index(&team, 7)).await;
        latest = latest.max(late);
        if !proxy.has_struck() {
            continue;
        }
        let (value, ttl) = counter(server, 1).unwrap();
        let refreshed = ttl > 100;
        assert!(value > 41 || !refreshed, "{plan:?}: a failure refreshed");
        let ended = match outcome {
            Ok(index) => {
                assert!(index < 7, "{plan:?}: {index}");
                "ok".to_owned()
            }
            Err(error) => error.code().to_owned(),
        };
        heal(&provider, plan).await;
        // Where `SELECT 1` became `SELECT 0` on its way, nobody can know it: they count there.
        let (value, ttl) = match counter(server, 0) {
            Some((value, ttl)) => (value + 41, ttl),
            None => counter(server, 1).unwrap(),
        };
        assert!(value > 41 && ttl > 604_000, "{plan:?}: {value} {ttl}");
        return (ended, latest);
    }
    panic!("{plan:?} was never reached");
}

async fn heal(provider: &RedisRoundRobinContextProvider, plan: Plan) {
    let team = ContextKey::new("team").unwrap();
    let begin = Instant::now();
    while let Err(error) = provider.get_next_index(&team, 7).await {
        assert!(
            begin.elapsed() < Duration::from_secs(10),
            "{plan:?}: {error}"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A pick of a key that holds something foreign; nothing that happens to it may refresh the key.
async fn foreign_case(server: &RedisServer, plan: Plan) -> (String, Duration) {
    prepare(server);
    server.text_in(1, &["SET", KEY, "hello", "EX", "100"]);
    let proxy = FaultProxy::to(server.port(), Some(plan)).await;
    let provider = provider(&proxy);
    let team = ContextKey::new("team").unwrap();
    let (outcome, late) = timed(DEADLINE, provider.get_next_index(&team, 7)).await;
    // The next one brings what the first may have left half done.
    let _ = provider.get_next_index(&team, 7).await;
    let ttl: i64 = server.text_in(1, &["TTL", KEY]).parse().unwrap();
    assert!((1..=100).contains(&ttl), "{plan:?}: {outcome:?} {ttl}");
    let ended = outcome.map_or_else(|error| error.code(), |_| "ok");
    (ended.to_owned(), late)
}

/// The faults at every byte of the exchange of a first pick, log-in and script included.
async fn plans(server: &RedisServer, faults: &'static [Fault]) -> Vec<Plan> {
    prepare(server);
    let proxy = FaultProxy::to(server.port(), None).await;
    let url = format!("redis://app:secret@127.0.0.1:{}/1", proxy.port());
    let patient = RedisOptions::from_url(&url).unwrap();
    let patient = patient.with_deadline(Duration::from_secs(10));
    let provider = RedisRoundRobinContextProvider::new(patient);
    let team = ContextKey::new("team").unwrap();
    assert_eq!(provider.get_next_index(&team, 7).await, Ok(41 % 7));
    let bytes = [Direction::Request, Direction::Reply].map(|way| (way, proxy.passed(way)));
    let plans = bytes.into_iter().flat_map(|(direction, length)| {
        (0..length).flat_map(move |offset| {
            faults.iter().map(move |fault| Plan {
                direction,
                offset,
                fault: *fault,
            })
        })
    });
    plans.collect()
}

/// How often each fault ended how, of all the plans, some servers at a time.
async fn all_of<F>(
    faults: &'static [Fault],
    case: impl Fn(Arc<RedisServer>, Plan) -> F + Copy + Send + 'static,
) -> BTreeMap<(String, String), usize>
where
    F: Future<Output = (String, Duration)> + Send,
{
    let servers: Vec<_> = (0..SERVERS).map(|_| Arc::new(server())).collect();
    let plans = plans(&servers[0], faults).await;
    let total = plans.len();
    let plans = Arc::new(Mutex::new(plans));
    let mut runs = tokio::task::JoinSet::new();
    for server in servers {
        let plans = Arc::clone(&plans);
        runs.spawn(async move {
            let mut ended = Vec::new();
            loop {
                let plan = plans.lock().unwrap().pop();
                let Some(plan) = plan else {
                    return ended;
                };
                let (end, late) = case(Arc::clone(&server), plan).await;
                assert!(late <= GRACE, "{plan:?} was {late:?} late");
                ended.push((format!("{:?}", plan.fault), end, late));
            }
        });
    }
    let mut ends = BTreeMap::new();
    let mut latest = Duration::ZERO;
    while let Some(run) = runs.join_next().await {
        for (fault, end, late) in run.unwrap() {
            latest = latest.max(late);
            *ends.entry((fault, end)).or_insert(0) += 1;
        }
    }
    println!("{total} faults, at most {latest:?} late: {ends:?}");
    assert_eq!(ends.values().sum::<usize>(), total);
    ends
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_at_any_byte_ends_in_time_and_heals() {
    let ends = all_of(&Fault::ALL, |server, plan| async move {
        case(&server, plan).await
    });
    let ends = ends.await;
    // What comes of these whatever the byte; of the others it depends on it.
    let count = |fault: Fault, code: &str| {
        let end = (format!("{fault:?}"), code.to_owned());
        ends.get(&end).copied().unwrap_or(0)
    };
    let struck = ends.values().sum::<usize>() / Fault::ALL.len();
    assert_eq!(count(Fault::Stall, "timeout"), struck);
    // Nearly all: a slow machine may get to the byte only after the deadline.
    let cut = count(Fault::Cut, "unreachable");
    assert_eq!(cut + count(Fault::Cut, "timeout"), struck);
    assert!(cut > struck / 2, "{cut} of {struck}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_at_any_byte_refreshes_no_foreign_value() {
    let faults = &[Fault::Cut, Fault::Duplicate, Fault::Garble];
    let ends = all_of(faults, |server, plan| async move {
        foreign_case(&server, plan).await
    });
    let ends = ends.await;
    let refused = ends.iter().filter(|((_, end), _)| end == "wrong_type");
    assert!(refused.count() > 0, "{ends:?}");
}
