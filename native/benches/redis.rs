//! What a pick costs: our provider beside a bare `INCR` through the same client, and beside
//! `redis-benchmark`, one after the other and 64 at once.
//!
//! `cargo bench -p assignment-engine --bench redis`
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

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use assignment_engine::{
    ContextKey, RedisOptions, RedisRoundRobinContextProvider, RoundRobinContextProvider,
};
use redis::aio::MultiplexedConnection;
use tokio::runtime::Runtime;

use crate::redis_server::RedisServer;

/// Pairs of runs; the figures are the medians over them, for whatever else the machine does.
const ROUNDS: usize = 15;
const SEQUENTIAL: usize = 2_000;
const AT_ONCE: usize = 64;
const CONCURRENT: usize = 20_000;
/// What is promised, against the bare command.
const MOST_LATENCY: f64 = 1.15;
const LEAST_THROUGHPUT: f64 = 0.75;

/// How the calls are made.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// One after the other, in the future that a program begins with.
    Main,
    /// One after the other, in a task.
    Task,
    /// 64 tasks, all for one team.
    OneTeam,
    /// 64 tasks, each for a team of its own.
    ManyTeams,
}

fn main() {
    let server = RedisServer::start();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let client = redis::Client::open(server.url()).unwrap();
    let bare = runtime
        .block_on(client.get_multiplexed_async_connection())
        .unwrap();
    let options = RedisOptions::from_url(&server.url()).unwrap();
    let ours = RedisRoundRobinContextProvider::new(options.with_deadline(Duration::from_secs(10)));
    let ours = Arc::new(ours);
    let keys: Vec<_> = (0..AT_ONCE)
        .map(|n| ContextKey::new(format!("team-{n}")).unwrap())
        .collect();

    println!(
        "{:<36}{:>10}{:>10}{:>10}",
        "", "picks/s", "p50 us", "p99 us"
    );
    for (way, label) in [
        (Way::Main, "one by one in main"),
        (Way::Task, "one by one in a task"),
        (Way::OneTeam, "64 at once, one team"),
        (Way::ManyTeams, "64 at once, 64 teams"),
    ] {
        let sequential = matches!(way, Way::Main | Way::Task);
        let key = |n: usize| {
            if way == Way::ManyTeams {
                keys[n].clone()
            } else {
                keys[0].clone()
            }
        };
        let mut figures = [Vec::new(), Vec::new()];
        let mut ratios = Vec::new();
        for round in 0..=ROUNDS {
            let pair = [
                run(&runtime, way, |n| pick(Arc::clone(&ours), key(n))),
                run(&runtime, way, |n| incr(bare.clone(), key(n))),
            ];
            // The first is for the caches.
            if round > 0 {
                ratios.push(if sequential {
                    pair[0].p50 / pair[1].p50
                } else {
                    pair[0].per_second / pair[1].per_second
                });
                figures[0].push(pair[0]);
                figures[1].push(pair[1]);
            }
        }
        for (name, runs) in ["provider", "bare INCR"].iter().zip(&figures) {
            let of = |figure: fn(&Run) -> f64| median(runs.iter().map(figure).collect());
            let figures = [
                of(|run| run.per_second),
                of(|run| run.p50),
                of(|run| run.p99),
            ];
            show(&format!("{label}, {name}"), figures);
        }
        let connections = if sequential { 1 } else { AT_ONCE };
        show(
            &format!("{label}, redis-benchmark"),
            redis_benchmark(&server, connections),
        );
        let ratio = median(ratios);
        if sequential {
            println!("p50 {ratio:.2} times that of a bare INCR (wanted: at most {MOST_LATENCY})\n");
        } else {
            println!(
                "{ratio:.2} times the throughput of a bare INCR (wanted: at least {LEAST_THROUGHPUT})\n"
            );
        }
    }
}

async fn pick(provider: Arc<RedisRoundRobinContextProvider>, key: ContextKey) {
    provider.get_next_index(&key, 7).await.unwrap();
}

async fn incr(mut connection: MultiplexedConnection, key: ContextKey) {
    let mut command = redis::cmd("INCR");
    let counted = command.arg(key.as_str()).query_async(&mut connection);
    let _: i64 = counted.await.unwrap();
}

#[derive(Clone, Copy)]
struct Run {
    per_second: f64,
    p50: f64,
    p99: f64,
}

fn run<F>(runtime: &Runtime, way: Way, call: impl Fn(usize) -> F) -> Run
where
    F: Future<Output = ()> + Send + 'static,
{
    let (tasks, calls) = match way {
        Way::Main | Way::Task => (1, SEQUENTIAL),
        Way::OneTeam | Way::ManyTeams => (AT_ONCE, CONCURRENT / AT_ONCE),
    };
    let futures: Vec<Vec<F>> = (0..tasks)
        .map(|n| (0..calls).map(|_| call(n)).collect())
        .collect();
    runtime.block_on(async {
        let begin = Instant::now();
        let mut all = Vec::with_capacity(tasks * calls);
        if way == Way::Main {
            for own in futures {
                all.extend(times(own).await);
            }
        } else {
            let tasks: Vec<_> = futures
                .into_iter()
                .map(|own| tokio::spawn(times(own)))
                .collect();
            for task in tasks {
                all.extend(task.await.unwrap());
            }
        }
        let took = begin.elapsed().as_secs_f64();
        all.sort_by(f64::total_cmp);
        Run {
            per_second: all.len() as f64 / took,
            p50: all[all.len() / 2],
            p99: all[all.len() * 99 / 100],
        }
    })
}

/// How long each took, in microseconds.
async fn times<F: Future<Output = ()>>(calls: Vec<F>) -> Vec<f64> {
    let mut times = Vec::with_capacity(calls.len());
    for call in calls {
        let begin = Instant::now();
        call.await;
        times.push(begin.elapsed().as_secs_f64() * 1e6);
    }
    times
}

/// Calls per second, p50 and p99, of `INCR` over so many connections.
fn redis_benchmark(server: &RedisServer, connections: usize) -> [f64; 3] {
    let calls = if connections == 1 { 20_000 } else { 100_000 };
    let output = Command::new("redis-benchmark")
        .args([
            "-p",
            &server.port().to_string(),
            "-c",
            &connections.to_string(),
        ])
        .args(["-n", &calls.to_string(), "-t", "incr", "--csv"])
        .output()
        .expect("this benchmark needs redis-benchmark: apt-get install redis-tools");
    let table = String::from_utf8(output.stdout).unwrap();
    let row = table.lines().nth(1).unwrap_or_else(|| panic!("{table}"));
    let cells: Vec<f64> = row
        .split(',')
        .skip(1)
        .map(|cell| cell.trim_matches('"').parse().unwrap())
        .collect();
    // rps, then milliseconds: average, minimum, p50, p95, p99, maximum
    [cells[0], cells[3] * 1e3, cells[5] * 1e3]
}

fn show(name: &str, [per_second, p50, p99]: [f64; 3]) {
    println!("{name:<36}{per_second:>10.0}{p50:>10.1}{p99:>10.1}");
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
