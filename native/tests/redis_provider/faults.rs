//! A store that is frozen, gone, demoted or loading, a line that breaks, a caller who leaves.

use std::sync::Arc;
use std::time::Duration;

use assignment_engine::{RedisOptions, RedisRoundRobinContextProvider};
use tokio::time::timeout;

use crate::proxy::Proxy;
use crate::redis_server::RedisServer;
use crate::{failing_pick, heals, patient, pick, picking_connections, provider};

fn count(server: &RedisServer) -> u32 {
    server.text("GET assignment:rr:team").parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_server_answers_by_our_clock_and_heals_by_itself() {
    let server = RedisServer::start();
    let provider = provider(&server.url());
    heals(&provider).await;
    let before = count(&server);
    server.freeze();
    for _ in 0..4 {
        assert_eq!(failing_pick(&provider).await, "timeout");
    }
    server.thaw();
    let attempts = heals(&provider).await;
    // What timed out may have counted late, but nothing was sent twice.
    let counted = count(&server) - before;
    assert!(
        (1..=4 + attempts).contains(&counted),
        "{counted} of {attempts}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_server_is_left_for_a_healthy_one_at_the_same_address() {
    let (frozen, healthy) = (RedisServer::start(), RedisServer::start());
    let proxy = Proxy::to(frozen.port()).await;
    let provider = provider(&proxy.url(""));
    heals(&provider).await;
    frozen.freeze();
    proxy.lead_to(healthy.port());
    assert_eq!(failing_pick(&provider).await, "timeout");
    let attempts = heals(&provider).await;
    assert!((1..=attempts).contains(&count(&healthy)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_server_that_wants_a_password_is_no_different() {
    let server = RedisServer::start();
    server.ask("ACL SETUSER app on >secret ~* +@all");
    let provider = provider(&format!("redis://app:secret@127.0.0.1:{}", server.port()));
    server.freeze();
    for _ in 0..2 {
        assert_eq!(failing_pick(&provider).await, "timeout", "while connecting");
    }
    server.thaw();
    heals(&provider).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_is_unreachable_at_once_and_welcome_when_it_is_back() {
    let mut server = RedisServer::start();
    let provider = provider(&server.url());
    heals(&provider).await;
    server.kill();
    for _ in 0..3 {
        assert_eq!(failing_pick(&provider).await, "unreachable");
    }
    server.restart(&[]);
    let attempts = heals(&provider).await;
    assert!((1..=attempts).contains(&count(&server)));
}

#[tokio::test]
async fn a_line_that_was_closed_while_idle_costs_no_pick() {
    let server = RedisServer::start();
    let provider = patient(&server.url());
    assert_eq!(pick(&provider, 10).await, Ok(0));
    server.ask("CLIENT KILL TYPE normal SKIPME yes");
    while !picking_connections(&server).is_empty() {
        tokio::task::yield_now().await;
    }
    // The end of the line lies in the socket; the runtime gets the time to look there.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(pick(&provider, 10).await, Ok(1));
}

#[tokio::test]
async fn a_replica_is_read_only_and_its_connection_is_replaced() {
    let server = RedisServer::start();
    let provider = patient(&server.url());
    pick(&provider, 3).await.unwrap();
    let old = picking_connections(&server);
    server.ask("REPLICAOF 127.0.0.1 1");
    assert_eq!(failing_pick(&provider).await, "read_only");
    server.ask("CONFIG SET replica-serve-stale-data no");
    assert_eq!(failing_pick(&provider).await, "unavailable", "MASTERDOWN");
    server.ask("REPLICAOF NO ONE");
    heals(&provider).await;
    assert_eq!(count(&server), 2, "what a replica refused was not counted");
    let new = picking_connections(&server);
    assert_eq!((old.len(), new.len()), (1, 1));
    assert_ne!(old, new);
}

#[tokio::test]
async fn a_demoted_server_is_left_for_the_new_master_at_the_same_address() {
    let (demoted, promoted) = (RedisServer::start(), RedisServer::start());
    let proxy = Proxy::to(demoted.port()).await;
    let provider = patient(&proxy.url(""));
    pick(&provider, 3).await.unwrap();
    demoted.ask(&format!("REPLICAOF 127.0.0.1 {}", promoted.port()));
    proxy.lead_to(promoted.port());
    assert_eq!(failing_pick(&provider).await, "read_only");
    pick(&provider, 3).await.unwrap();
    assert_eq!(proxy.lines(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_loading_server_says_so_until_it_has_loaded() {
    let mut server = RedisServer::start();
    let provider = patient(&server.url());
    server.ask("DEBUG POPULATE 400 filler 4096");
    server.ask("SAVE");
    // Half a millisecond for each key, and a look at the clients after each kilobyte.
    let slowly = [
        "--key-load-delay",
        "5000",
        "--loading-process-events-interval-bytes",
        "1024",
    ];
    server.restart(&slowly);
    assert_eq!(failing_pick(&provider).await, "loading");
    heals(&provider).await;
}

#[tokio::test]
async fn a_lost_answer_is_not_asked_for_again() {
    let server = RedisServer::start();
    let proxy = Proxy::to(server.port()).await;
    let provider = patient(&proxy.url(""));
    pick(&provider, 3).await.unwrap();
    proxy.set_cut_replies(true);
    assert_eq!(failing_pick(&provider).await, "unreachable");
    assert_eq!(count(&server), 2, "it counted, once");
    proxy.set_cut_replies(false);
    assert_eq!(pick(&provider, 3).await, Ok(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_who_leaves_takes_nobodys_connection_attempt_along() {
    let server = RedisServer::start();
    server.ask("ACL SETUSER app on >secret ~* +@all");
    let proxy = Proxy::to(server.port()).await;
    proxy.set_open(false);
    let provider = Arc::new(patient(&proxy.url("app:secret@")));
    // The first caller begins the attempt and leaves before it has logged in.
    assert!(
        timeout(Duration::from_millis(50), pick(&provider, 3))
            .await
            .is_err()
    );
    let others: Vec<_> = (0..3)
        .map(|_| {
            let provider = Arc::clone(&provider);
            tokio::spawn(async move { pick(&provider, 3).await })
        })
        .collect();
    proxy.set_open(true);
    for other in others {
        other.await.unwrap().unwrap();
    }
    assert_eq!(
        proxy.lines(),
        1,
        "they all came through the attempt of the first"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_with_a_shorter_deadline_do_not_leave_a_dead_line_behind() {
    let server = RedisServer::start();
    let proxy = Proxy::to(server.port()).await;
    let provider = patient(&proxy.url(""));
    pick(&provider, 3).await.unwrap();
    let leave = async || {
        let left = timeout(Duration::from_millis(50), pick(&provider, 3)).await;
        assert!(left.is_err());
    };
    // One answer that did not come proves nothing.
    proxy.set_open(false);
    leave().await;
    proxy.set_open(true);
    pick(&provider, 3).await.unwrap();
    assert_eq!(proxy.lines(), 1);
    // Two in a row do.
    proxy.set_open(false);
    leave().await;
    leave().await;
    proxy.set_open(true);
    pick(&provider, 3).await.unwrap();
    assert_eq!(proxy.lines(), 2);
}

#[test]
fn a_provider_outlives_the_runtime_that_connected_it() {
    let server = RedisServer::start();
    let provider = patient(&server.url());
    for expected in [0, 1, 2] {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        assert_eq!(runtime.block_on(pick(&provider, 3)), Ok(expected));
    }
    let alone = poll_once(pick(&provider, 3)).unwrap_err();
    assert_eq!(alone.code(), "configuration");
}

/// Polls once, outside any runtime.
fn poll_once<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match future.as_mut().poll(&mut context) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("should not wait for anything"),
    }
}

#[tokio::test]
async fn a_host_that_does_not_exist_and_a_silent_one_are_told_apart_in_time() {
    let quick = |url: &str| {
        let options = RedisOptions::from_url(url).unwrap();
        RedisRoundRobinContextProvider::new(options.with_deadline(Duration::from_millis(100)))
    };
    let refusing = quick("redis://127.0.0.1:1");
    assert_eq!(failing_pick(&refusing).await, "unreachable");
    // Accepts, in the kernel, and never reads.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}", silent.local_addr().unwrap());
    assert_eq!(failing_pick(&quick(&url)).await, "timeout");
}
