//! Fifty processes lose their Redis for fifteen seconds.
#![cfg(feature = "redis")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "support/redis_server.rs"]
#[expect(dead_code, reason = "other tests do more with a server")]
mod redis_server;

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use assignment_engine::{
    ContextKey, RedisOptions, RedisRoundRobinContextProvider, RoundRobinContextProvider,
};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

use crate::redis_server::RedisServer;

const PROCESSES: usize = 50;
const OUTAGE: Duration = Duration::from_secs(15);
/// Says to a copy of this program that it is one of the fifty, and where its Redis is.
const URL: &str = "ASSIGNMENT_ENGINE_TEST_HERD";

#[test]
fn fifty_processes_come_back_one_by_one_and_say_little() {
    if let Ok(url) = std::env::var(URL) {
        return be_one_of_them(&url);
    }
    let mut server = RedisServer::start();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let (port, connects) = runtime.block_on(balancer(server.port()));
    let processes: Vec<Child> = (0..PROCESSES).map(|_| start(port)).collect();
    let counted = |server: &RedisServer| -> u64 {
        let keys = server.text("KEYS assignment:rr:*");
        assert!(keys.lines().count() <= PROCESSES);
        u64::try_from(keys.lines().count()).unwrap()
    };
    let begin = Instant::now();
    while counted(&server) < 50 {
        assert!(
            begin.elapsed() < Duration::from_secs(60),
            "they do not come up"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    std::thread::sleep(Duration::from_secs(1));

    let down = Instant::now();
    server.kill();
    std::thread::sleep(OUTAGE);
    server.restart(&[]);
    let up = Instant::now();
    while counted(&server) < 50 {
        assert!(
            up.elapsed() < Duration::from_secs(10),
            "they do not come back"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
    let back = up.elapsed();
    // Time for the line that says so.
    std::thread::sleep(Duration::from_secs(2));

    let lines: Vec<usize> = processes.into_iter().map(lines_of).collect();
    let connects = connects.lock().unwrap().clone();
    let steady = after(&connects, down + Duration::from_secs(3), up);
    let recovery = after(&connects, up, up + Duration::from_secs(3));
    println!(
        "all back after {back:?}; {} attempts in the last {} s of the outage, at most {} in 100 ms; \
         {} afterwards, at most {} in 100 ms; at most {} log lines in a process",
        steady.len(),
        (up - down).as_secs() - 3,
        peak(&steady),
        recovery.len(),
        peak(&recovery),
        lines.iter().max().unwrap(),
    );
    assert!(
        lines.iter().all(|lines| (1..=5).contains(lines)),
        "{lines:?}"
    );
    assert!(back <= Duration::from_secs(2), "{back:?}");
    // At most two a second for each, and never half of them together.
    let seconds = (up - down).as_secs_f64() - 3.0;
    assert!(
        steady.len() as f64 <= 2.0 * seconds * PROCESSES as f64,
        "{}",
        steady.len()
    );
    assert!(peak(&steady) <= PROCESSES / 2, "{}", peak(&steady));
    assert!(peak(&recovery) <= PROCESSES / 2, "{}", peak(&recovery));
}

/// Takes every connection, notes when, and hangs up where no server is behind it.
async fn balancer(upstream: u16) -> (u16, Arc<Mutex<Vec<Instant>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let connects = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&connects);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            noted.lock().unwrap().push(Instant::now());
            tokio::spawn(async move {
                if let Ok(mut server) = TcpStream::connect(("127.0.0.1", upstream)).await {
                    let _ = copy_bidirectional(&mut client, &mut server).await;
                }
            });
        }
    });
    (port, connects)
}

fn start(port: u16) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "fifty_processes_come_back_one_by_one_and_say_little",
            "--nocapture",
        ])
        .env(URL, format!("redis://127.0.0.1:{port}"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Ends a process, and counts what it has logged.
fn lines_of(mut process: Child) -> usize {
    // It ends with its input.
    drop(process.stdin.take());
    let mut said = String::new();
    process
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert!(process.wait().unwrap().success(), "{said}");
    let lines: Vec<_> = said
        .lines()
        .filter(|line| line.contains("assignment_engine"))
        .collect();
    assert!(
        lines.iter().any(|line| line.contains("state=\"down\"")),
        "{said}"
    );
    lines.len()
}

/// Picks twenty times a second under a key of its own, and logs all there is at every level.
fn be_one_of_them(url: &str) {
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .init();
    std::thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let options = RedisOptions::from_url(url).unwrap();
        let provider = RedisRoundRobinContextProvider::new(options);
        let key = ContextKey::new(format!("team-{}", std::process::id())).unwrap();
        loop {
            let _ = provider.get_next_index(&key, 3).await;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
}

fn after(connects: &[Instant], from: Instant, to: Instant) -> Vec<Instant> {
    let within = connects.iter().filter(|at| **at >= from && **at < to);
    within.copied().collect()
}

/// The most within any 100 ms.
fn peak(connects: &[Instant]) -> usize {
    let window = Duration::from_millis(100);
    let from = |n: usize| {
        connects[n..]
            .iter()
            .take_while(|at| **at - connects[n] < window)
            .count()
    };
    (0..connects.len()).map(from).max().unwrap_or(0)
}
