//! Many calls while everything happens to the server.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use assignment_engine::{
    ContextKey, RedisOptions, RedisRoundRobinContextProvider, RoundRobinContextProvider,
};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::healed;
use crate::redis_server::RedisServer;
use crate::timing::{GRACE, timed};

const CALLS: usize = 10_000;
const CALLERS: usize = 40;
const DEADLINE: Duration = Duration::from_millis(100);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_calls_under_faults_end_in_time() {
    let mut server = RedisServer::start();
    let options = RedisOptions::from_url(&server.url()).unwrap();
    let provider = Arc::new(RedisRoundRobinContextProvider::new(
        options.with_deadline(DEADLINE),
    ));
    let over = Arc::new(AtomicBool::new(false));
    let mut callers = JoinSet::new();
    for n in 0..CALLERS {
        let (provider, over) = (Arc::clone(&provider), Arc::clone(&over));
        callers.spawn(async move {
            let key = ContextKey::new(format!("team-{}", n % 7)).unwrap();
            let mut ends: BTreeMap<&str, usize> = BTreeMap::new();
            let mut latest = Duration::ZERO;
            let mut calls = 0;
            while calls < CALLS / CALLERS || !over.load(Ordering::Relaxed) {
                let (end, late) = timed(DEADLINE, provider.get_next_index(&key, 9)).await;
                assert!(late <= GRACE, "{late:?} late: {end:?}");
                latest = latest.max(late);
                let code = match end {
                    Ok(index) => {
                        assert!(index < 9);
                        "ok"
                    }
                    Err(error) => error.code(),
                };
                *ends.entry(code).or_default() += 1;
                calls += 1;
                sleep(Duration::from_millis(5)).await;
            }
            (ends, latest)
        });
    }
    for _ in 0..2 {
        everything_happens_to(&mut server).await;
    }
    over.store(true, Ordering::Relaxed);
    let mut ends: BTreeMap<&str, usize> = BTreeMap::new();
    let mut latest = Duration::ZERO;
    for (some, late) in callers.join_all().await {
        latest = latest.max(late);
        for (code, count) in some {
            *ends.entry(code).or_default() += count;
        }
    }
    let calls: usize = ends.values().sum();
    println!("{calls} calls, at most {latest:?} late: {ends:?}");
    assert!(calls >= CALLS);
    for code in [
        "ok",
        "timeout",
        "unreachable",
        "read_only",
        "out_of_memory",
        "unavailable",
    ] {
        assert!(ends.contains_key(code), "no {code} in {ends:?}");
    }
    healed(&provider).await;
}

async fn everything_happens_to(server: &mut RedisServer) {
    let while_ = Duration::from_millis(250);
    sleep(while_).await;
    server.freeze();
    sleep(2 * while_).await;
    server.thaw();
    // Each fault finds a server that serves, else it would not be seen.
    sleep(6 * while_).await;
    for (begin, end) in [
        ("REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE"),
        ("CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0"),
        (
            "CONFIG SET min-replicas-to-write 1",
            "CONFIG SET min-replicas-to-write 0",
        ),
        ("CLIENT KILL TYPE normal SKIPME yes", "SCRIPT FLUSH"),
        ("CLIENT PAUSE 300 ALL", "PING"),
    ] {
        server.ask(begin);
        sleep(while_).await;
        server.ask(end);
        sleep(5 * while_).await;
    }
    server.kill();
    sleep(2 * while_).await;
    server.restart(&[]);
    sleep(4 * while_).await;
}
