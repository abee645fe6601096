//! What an operator reads of an outage, and what nobody must read there.
#![cfg(feature = "redis")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "support/log.rs"]
mod log;
#[path = "support/redis_server.rs"]
#[expect(dead_code, reason = "other tests do more with a server")]
mod redis_server;

use std::time::{Duration, Instant};

use assignment_engine::{
    ContextKey, ProviderErrorKind, RedisOptions, RedisRoundRobinContextProvider,
    RoundRobinContextProvider,
};

use crate::log::Log;
use crate::redis_server::RedisServer;

/// An id that would like to be a line of its own, in red.
const TEAM: &str = "team\nWARN forged\u{1b}[31m\u{202e}";

async fn pick(provider: &RedisRoundRobinContextProvider) -> Result<u32, ProviderErrorKind> {
    let team = ContextKey::new(TEAM).unwrap();
    let outcome = provider.get_next_index(&team, 3).await;
    outcome.map_err(|error| {
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("canary"), "{shown}");
        assert!(!shown.contains(['\n', '\u{1b}', '\u{202e}']), "{shown:?}");
        error.kind()
    })
}

async fn healed(provider: &RedisRoundRobinContextProvider) {
    let begin = Instant::now();
    while let Err(kind) = pick(provider).await {
        assert!(begin.elapsed() < Duration::from_secs(10), "{kind}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn an_outage_is_one_line_and_its_end_another() {
    let log = Log::start();
    let mut server = RedisServer::start();
    server.ask("ACL SETUSER canary-user on >canary-pass ~* +@all");
    let port = server.port();
    let url = format!("redis://canary-user:canary-pass@127.0.0.1:{port}");
    let provider = RedisRoundRobinContextProvider::new(RedisOptions::from_url(&url).unwrap());
    healed(&provider).await;
    assert_eq!(provider.trouble(), None);
    // About one key, which is named; the server is well, so there is nothing to log.
    let mut connection = redis::Client::open(url.as_str())
        .unwrap()
        .get_connection()
        .unwrap();
    let mut foreign = redis::cmd("SET");
    let () = foreign
        .arg(format!("assignment:rr:{TEAM}"))
        .arg("x")
        .query(&mut connection)
        .unwrap();
    assert_eq!(pick(&provider).await, Err(ProviderErrorKind::WrongType));
    assert_eq!(ours(&log.take()), [""; 0]);

    server.kill();
    for _ in 0..300 {
        pick(&provider).await.unwrap_err();
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(provider.trouble(), Some(ProviderErrorKind::Unreachable));
    let down = ours(&log.take());
    assert_eq!(down.len(), 1, "{down:#?}");
    let expected = format!("redis=\"127.0.0.1:{port}\"");
    assert!(
        down[0].contains("WARN")
            && down[0].contains("assignment_engine.redis")
            && down[0].contains("state=\"down\"")
            && down[0].contains("code=\"unreachable\"")
            && down[0].contains(&expected),
        "{down:#?}"
    );

    server.restart(&[]);
    server.ask("ACL SETUSER canary-user on >canary-pass ~* +@all");
    for _ in 0..250 {
        let _ = pick(&provider).await;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(provider.trouble(), None);
    let up = ours(&log.take());
    assert_eq!(up.len(), 1, "{up:#?}");
    assert!(
        up[0].contains("INFO") && up[0].contains("state=\"up\""),
        "{up:#?}"
    );
    for line in down.iter().chain(&up) {
        assert!(!line.contains("canary"), "{line}");
    }
}

/// The lines of this crate; the client and the runtime have their own.
fn ours(lines: &str) -> Vec<String> {
    let ours = lines
        .lines()
        .filter(|line| line.contains("assignment_engine"));
    ours.map(str::to_owned).collect()
}
