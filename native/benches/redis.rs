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

    println!(
        "{:<28}{:>12}{:>12}{:>12}",
        "", "picks/s", "p50 µs", "p99 µs"
    );
    let mut met = true;
    for (at_once, calls) in [(1, SEQUENTIAL), (AT_ONCE, CONCURRENT)] {
        let mut figures = [Vec::new(), Vec::new()];
        let mut ratios = Vec::new();
        for round in 0..=ROUNDS {
            let pair = [
                run(&runtime, at_once, calls, || pick(Arc::clone(&ours))),
                run(&runtime, at_once, calls, || incr(bare.clone())),
            ];
            // The first is for the caches.
            if round > 0 {
                ratios.push(if at_once == 1 {
                    pair[0].p50 / pair[1].p50
                } else {
                    pair[0].per_second / pair[1].per_second
                });
                figures[0].push(pair[0]);
                figures[1].push(pair[1]);
            }
        }
        let label = if at_once == 1 {
            "one by one"
        } else {
            "64 at once"
        };
        for (name, runs) in ["provider", "bare INCR"].iter().zip(&figures) {
            let of = |figure: fn(&Run) -> f64| median(runs.iter().map(figure).collect());
            show(
                &format!("{label}, {name}"),
                of(|run| run.per_second),
                of(|run| run.p50),
                of(|run| run.p99),
            );
        }
        let [per_second, p50, p99] = redis_benchmark(&server, at_once);
        show(&format!("{label}, redis-benchmark"), per_second, p50, p99);
        let ratio = median(ratios);
        let (what, promise, holds) = if at_once == 1 {
            (
                "p50",
                format!("at most {MOST_LATENCY}"),
                ratio <= MOST_LATENCY,
            )
        } else {
            (
                "throughput",
                format!("at least {LEAST_THROUGHPUT}"),
                ratio >= LEAST_THROUGHPUT,
            )
        };
        println!("{label}: {what} {ratio:.2} times that of a bare INCR ({promise})\n");
        met &= holds;
    }
    if !met {
        println!("not met");
        std::process::exit(1);
    }
}

async fn pick(provider: Arc<RedisRoundRobinContextProvider>) {
    let key = ContextKey::new("team").unwrap();
    provider.get_next_index(&key, 7).await.unwrap();
}

async fn incr(mut connection: MultiplexedConnection) {
    let mut command = redis::cmd("INCR");
    let _: i64 = command
        .arg("bare")
        .query_async(&mut connection)
        .await
        .unwrap();
}

#[derive(Clone, Copy)]
struct Run {
    per_second: f64,
    p50: f64,
    p99: f64,
}

fn run<F>(runtime: &Runtime, at_once: usize, calls: usize, call: impl Fn() -> F) -> Run
where
    F: Future<Output = ()> + Send + 'static,
{
    let futures: Vec<Vec<F>> = (0..at_once)
        .map(|_| (0..calls / at_once).map(|_| call()).collect())
        .collect();
    runtime.block_on(async {
        let begin = Instant::now();
        let tasks: Vec<_> = futures
            .into_iter()
            .map(|own| tokio::spawn(times(own)))
            .collect();
        let mut all = Vec::with_capacity(calls);
        for task in tasks {
            all.extend(task.await.unwrap());
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

fn show(name: &str, per_second: f64, p50: f64, p99: f64) {
    println!("{name:<28}{per_second:>12.0}{p50:>12.1}{p99:>12.1}");
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
