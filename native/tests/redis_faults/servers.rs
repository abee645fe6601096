//! What a server does to us.

use std::thread;
use std::time::Duration;

use assignment_engine::{RedisOptions, RedisRoundRobinContextProvider};

use crate::redis_server::RedisServer;
use crate::{healed, pick, provider};

const KEY: &str = "assignment:rr:team";

/// The server's numbers of our connections: those whose last command was a pick.
fn lines(server: &RedisServer) -> Vec<String> {
    let list = server.text("CLIENT LIST");
    let picking = list.lines().filter(|line| line.contains(" cmd=evalsha "));
    picking
        .map(|line| line.split(' ').next().unwrap().to_owned())
        .collect()
}

fn ttl(server: &RedisServer) -> i64 {
    server.text(&format!("TTL {KEY}")).parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed() {
    let mut server = RedisServer::start();
    let provider = provider(&server.url());
    healed(&provider).await;
    server.kill();
    for _ in 0..20 {
        assert_eq!(pick(&provider).await, Err("unreachable"));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    server.restart(&[]);
    healed(&provider).await;
    assert!(ttl(&server) > 604_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frozen() {
    let server = RedisServer::start();
    let provider = provider(&server.url());
    healed(&provider).await;
    let before = lines(&server);
    server.freeze();
    for _ in 0..8 {
        assert_eq!(pick(&provider).await, Err("timeout"));
    }
    server.thaw();
    healed(&provider).await;
    let after = lines(&server);
    assert!(!after.iter().any(|line| before.contains(line)), "replaced");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn paused() {
    let server = RedisServer::start();
    let provider = provider(&server.url());
    healed(&provider).await;
    server.ask("CLIENT PAUSE 1500 ALL");
    for _ in 0..3 {
        assert_eq!(pick(&provider).await, Err("timeout"));
    }
    tokio::time::sleep(Duration::from_millis(800)).await;
    healed(&provider).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn busy() {
    let server = RedisServer::start();
    let provider = provider(&server.url());
    healed(&provider).await;
    let before = lines(&server);
    server.ask("CONFIG SET busy-reply-threshold 50");
    let port = server.port();
    let script = thread::spawn(move || {
        let client = redis::Client::open(("127.0.0.1", port)).unwrap();
        let mut connection = client.get_connection().unwrap();
        let mut forever = redis::cmd("EVAL");
        forever.arg("while true do end").arg(0);
        let _ = forever.exec(&mut connection);
    });
    // It counts as busy when it has run for a while; until then it is just silent.
    while !server.refuses("GET x", "BUSY") {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for _ in 0..3 {
        assert_eq!(pick(&provider).await, Err("busy"));
    }
    server.ask("SCRIPT KILL");
    script.join().unwrap();
    healed(&provider).await;
    assert_eq!(lines(&server), before, "kept");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_replicas_it_wants() {
    let server = RedisServer::start();
    let provider = provider(&server.url());
    healed(&provider).await;
    server.ask(&format!("EXPIRE {KEY} 100"));
    server.ask("CONFIG SET min-replicas-to-write 1");
    assert_eq!(pick(&provider).await, Err("unavailable"), "NOREPLICAS");
    assert!(ttl(&server) <= 100);
    server.ask("CONFIG SET min-replicas-to-write 0");
    healed(&provider).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn emptied() {
    let server = RedisServer::start();
    let provider = provider(&server.url());
    for expected in [0, 1, 2] {
        assert_eq!(pick(&provider).await, Ok(expected));
    }
    let before = lines(&server);
    server.ask("FLUSHALL");
    assert_eq!(pick(&provider).await, Ok(0), "the rotation begins again");
    assert!(ttl(&server) > 604_000);
    assert_eq!(lines(&server), before, "kept");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn evicting() {
    let server = RedisServer::start();
    let provider = provider(&server.url());
    for expected in [0, 1, 2] {
        assert_eq!(pick(&provider).await, Ok(expected));
    }
    let used: u64 = {
        let memory = server.text("INFO memory");
        let used = memory
            .lines()
            .find_map(|line| line.strip_prefix("used_memory:"));
        used.unwrap().parse().unwrap()
    };
    server.ask("CONFIG SET maxmemory-policy volatile-lru");
    server.ask(&format!("CONFIG SET maxmemory {}", used + 500_000));
    // Keys that have no time to live stay; ours are the first to go.
    while server.text(&format!("EXISTS {KEY}")) == "1" {
        if server.refuses("APPEND filler:x 0123456789", "OOM") {
            break;
        }
        let grow = server.text("STRLEN filler:big").parse::<u64>().unwrap() + 20_000;
        let _ = server.refuses(&format!("SETRANGE filler:big {grow} x"), "OOM");
    }
    let outcome = pick(&provider).await;
    assert!(
        matches!(outcome, Ok(0) | Err("out_of_memory")),
        "{outcome:?}"
    );
    server.ask("DEL filler:big");
    assert!(healed(&provider).await <= 1, "the rotation began again");
    assert!(ttl(&server) > 604_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_our_user() {
    const USER: &str =
        "ACL SETUSER app on >secret ~assignment:* +evalsha +script|load +incr +incrby +expire +get";
    let server = RedisServer::start();
    server.ask(USER);
    let provider = provider(&format!("redis://app:secret@127.0.0.1:{}", server.port()));
    healed(&provider).await;
    // Redis hangs up on a user that is gone.
    server.ask("ACL DELUSER app");
    let code = pick(&provider).await.unwrap_err();
    assert!(["unreachable", "authentication"].contains(&code), "{code}");
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(pick(&provider).await, Err("authentication"));
    server.ask(USER);
    healed(&provider).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn full_of_clients() {
    let server = RedisServer::start_with(&["--maxclients", "2"]);
    let guests: Vec<_> = (0..2)
        .map(|_| std::net::TcpStream::connect(("127.0.0.1", server.port())).unwrap())
        .collect();
    let provider = provider(&server.url());
    // It says so and hangs up; the end of the line may be seen first.
    let code = pick(&provider).await.unwrap_err();
    assert!(["unavailable", "unreachable"].contains(&code), "{code}");
    drop(guests);
    healed(&provider).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overloaded() {
    let server = RedisServer::start();
    let options = RedisOptions::from_url(&server.url()).unwrap();
    let provider = RedisRoundRobinContextProvider::new(options.with_max_in_flight(2));
    healed(&provider).await;
    server.freeze();
    let (one, two, three) = tokio::join!(pick(&provider), pick(&provider), pick(&provider));
    assert_eq!((one, two), (Err("timeout"), Err("timeout")));
    assert_eq!(three, Err("overloaded"), "refused at once");
    server.thaw();
    healed(&provider).await;
    // As many as allowed are no trouble.
    let (one, two) = tokio::join!(pick(&provider), pick(&provider));
    assert!(one.is_ok() && two.is_ok());
}

/// Attempts to connect while nothing is there: so many in a second, whoever asks how often.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn down_for_long() {
    // Takes connections and hangs up, like a balancer without servers behind it.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    let attempts = tokio::spawn(async move {
        let mut attempts = 0;
        let end = tokio::time::Instant::now() + Duration::from_secs(4);
        while let Ok(taken) = tokio::time::timeout_at(end, listener.accept()).await {
            drop(taken.unwrap());
            attempts += 1;
        }
        attempts
    });
    let provider = provider(&url);
    let begin = std::time::Instant::now();
    let mut calls = 0;
    while begin.elapsed() < Duration::from_secs(4) {
        assert_eq!(pick(&provider).await, Err("unreachable"));
        calls += 1;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let attempts = attempts.await.unwrap();
    // Waits of at least 12 + 25 + 50 + 100 + 200 + 400 ms, then half a second each.
    assert!(attempts <= 18, "{attempts} attempts for {calls} calls");
    assert!(
        attempts >= 5 && calls > 10 * attempts,
        "{attempts} for {calls}"
    );
}
