//! The choice at the start, against real servers and against what only looks like one.
#![cfg(feature = "redis")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "factory/choice.rs"]
mod choice;
#[path = "support/log.rs"]
mod log;
#[path = "support/redis_server.rs"]
#[expect(dead_code, reason = "other tests do more with a server")]
mod redis_server;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use assignment_engine::{
    ContextKey, ProviderChoice, ProviderFactory, ProviderKind, ProviderReason, StartError,
    provider_from_env,
};

use crate::log::Log;
use crate::redis_server::RedisServer;

/// A factory that sees these variables and waits `start_deadline` at most.
fn factory(variables: &[(&str, &str)]) -> ProviderFactory {
    let found = |name: &str| variables.iter().find(|(known, _)| *known == name);
    ProviderFactory::from_variables(|name| found(name).map(|(_, value)| (*value).to_owned()))
        .with_deadline(Duration::from_secs(10))
        .with_start_deadline(Duration::from_secs(10))
}

async fn choose(variables: &[(&str, &str)]) -> Result<ProviderChoice, StartError> {
    factory(variables).provider().await
}

async fn with_url(url: &str) -> Result<ProviderChoice, StartError> {
    choose(&[("REDIS_URL", url)]).await
}

/// The code in a reason of `unreachable`.
fn unreachable_code(choice: &ProviderChoice) -> &'static str {
    assert_eq!(choice.kind, ProviderKind::InMemory);
    match &choice.reason {
        ProviderReason::Unreachable { error } => error.code(),
        other => panic!("{other:?}"),
    }
}

async fn first_turns(choice: &ProviderChoice) -> [u32; 3] {
    let key = ContextKey::new("team").unwrap();
    let mut turns = [9; 3];
    for turn in &mut turns {
        *turn = choice.provider.get_next_index(&key, 10).await.unwrap();
    }
    turns
}

#[tokio::test]
async fn without_a_redis_the_rotation_is_in_memory() {
    for variables in [
        &[][..],
        &[("REDIS_HOST", "h")],
        &[("REDIS_PORT", "1")],
        &[("REDIS_HOST", "h"), ("REDIS_PORT", "")],
        &[("REDIS_HOST", " "), ("REDIS_PORT", "1")],
        &[
            ("REDIS_URL", " \t"),
            ("REDIS_HOST", ""),
            ("REDIS_PORT", "1"),
        ],
    ] {
        let choice = choose(variables).await.unwrap();
        assert_eq!(choice.kind, ProviderKind::InMemory);
        assert_eq!(
            choice.reason,
            ProviderReason::NotConfigured,
            "{variables:?}"
        );
        assert_eq!(first_turns(&choice).await, [0, 1, 2]);
    }
}

#[tokio::test]
async fn a_redis_is_found_by_url_or_by_host_and_port() {
    let server = RedisServer::start();
    server.ask("XADD analytics:events 1-1 type message");
    let (url, port) = (server.url(), server.port().to_string());
    for (variables, turns) in [
        (
            &[
                ("REDIS_URL", url.as_str()),
                ("REDIS_HOST", "-"),
                ("REDIS_PORT", "-"),
            ][..],
            [0, 1, 2],
        ),
        (
            &[("REDIS_HOST", "127.0.0.1"), ("REDIS_PORT", port.as_str())],
            [3, 4, 5],
        ),
        (
            &[
                ("REDIS_URL", ""),
                ("REDIS_HOST", "127.0.0.1 "),
                ("REDIS_PORT", &port),
            ],
            [6, 7, 8],
        ),
    ] {
        let choice = choose(variables).await.unwrap();
        assert_eq!(
            (choice.kind, choice.reason.code()),
            (ProviderKind::Redis, "connected")
        );
        assert_eq!(first_turns(&choice).await, turns, "they share the counter");
    }
    let keys = server.text("KEYS *");
    let foreign = keys.lines().filter(|key| !key.starts_with("assignment:"));
    assert_eq!(foreign.collect::<Vec<_>>(), ["analytics:events"]);
    assert_eq!(server.text("XLEN analytics:events"), "1");
}

#[tokio::test]
async fn a_redis_that_may_come_back_is_replaced_by_memory() {
    assert_eq!(
        unreachable_code(&with_url("redis://127.0.0.1:1").await.unwrap()),
        "unreachable"
    );
    let unknown = with_url("redis://no-such-host.invalid").await.unwrap();
    assert_eq!(unreachable_code(&unknown), "unreachable");

    let mut server = RedisServer::start();
    server.ask("CONFIG SET maxmemory 1");
    assert_eq!(
        unreachable_code(&with_url(&server.url()).await.unwrap()),
        "out_of_memory"
    );
    server.ask("CONFIG SET maxmemory 0");
    server.ask("REPLICAOF 127.0.0.1 1");
    assert_eq!(
        unreachable_code(&with_url(&server.url()).await.unwrap()),
        "read_only"
    );
    server.restart(&["--maxclients", "1"]);
    let guest = std::net::TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    let full = with_url(&server.url()).await.unwrap();
    assert!(
        ["unavailable", "unreachable"].contains(&unreachable_code(&full)),
        "{full:?}"
    );
    drop(guest);
    server.kill();
    let gone = with_url(&server.url()).await.unwrap();
    assert_eq!(unreachable_code(&gone), "unreachable");
    assert_eq!(first_turns(&gone).await, [0, 1, 2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_redis_holds_the_start_up_no_longer_than_its_deadline() {
    let server = RedisServer::start();
    server.freeze();
    let deadline = Duration::from_millis(300);
    let url = server.url();
    let factory = factory(&[("REDIS_URL", url.as_str())]).with_start_deadline(deadline);
    let begin = Instant::now();
    let choice = factory.provider().await.unwrap();
    assert!(
        begin.elapsed() <= deadline + Duration::from_millis(50),
        "{:?}",
        begin.elapsed()
    );
    assert_eq!(unreachable_code(&choice), "timeout");
    server.thaw();
}

#[tokio::test]
async fn settings_that_make_no_sense_fail_the_start() {
    for variables in [
        &[("REDIS_HOST", "h"), ("REDIS_PORT", "canary")][..],
        &[("REDIS_HOST", "h"), ("REDIS_PORT", "0")],
        &[("REDIS_HOST", "h"), ("REDIS_PORT", "65536")],
        &[("REDIS_HOST", "h"), ("REDIS_PORT", "tcp://10.0.0.1:6379")],
        &[("REDIS_HOST", "user:canary@h"), ("REDIS_PORT", "1")],
        &[("REDIS_URL", "localhost:6379")],
        &[("REDIS_URL", "redis://h:canary")],
        &[("REDIS_URL", "redis://u:1#canary@h")],
    ] {
        let error = choose(variables).await.unwrap_err();
        assert_eq!(error.code(), "configuration", "{variables:?}");
        assert!(error.to_string().contains(error.hint()));
        assert!(
            !format!("{error} {error:?}").contains("canary"),
            "{error:?}"
        );
    }
    #[cfg(not(feature = "redis-tls"))]
    assert_eq!(
        with_url("rediss://u:canary@h").await.unwrap_err().code(),
        "tls"
    );
}

#[tokio::test]
async fn a_refused_login_or_a_missing_right_fails_the_start() {
    let server = RedisServer::start();
    let url = format!("redis://app:canary@127.0.0.1:{}", server.port());
    let code = async || {
        with_url(&url)
            .await
            .map_or_else(|error| error.code(), |_| "connected")
    };
    assert_eq!(code().await, "authentication");
    let needed = [
        "~assignment:rr:*",
        "+evalsha",
        "+script|load",
        "+incr",
        "+incrby",
        "+expire",
        "+get",
    ];
    for missing in needed {
        server.ask("ACL SETUSER app reset on >canary");
        for right in needed.iter().filter(|right| **right != missing) {
            server.ask(&format!("ACL SETUSER app {right}"));
        }
        let error = with_url(&url).await.unwrap_err();
        assert_eq!(error.code(), "not_permitted", "without {missing}");
        assert!(error.hint().contains(missing), "the hint names {missing}");
        assert!(!format!("{error} {error:?}").contains("canary"));
        server.ask(&format!("ACL SETUSER app {missing}"));
        assert_eq!(code().await, "connected", "with all of them");
    }
    server.ask("CONFIG SET requirepass other");
    assert_eq!(
        with_url(&server.url()).await.unwrap_err().code(),
        "authentication"
    );
}

/// Answers the first bytes on each line by what `answer` makes of them, or hangs up.
fn stranger(answer: fn(&[u8]) -> Option<&[u8]>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        let mut kept = Vec::new();
        for mut line in listener.incoming().flatten() {
            let mut first = [0; 1024];
            let length = line.read(&mut first).unwrap_or(0);
            if let Some(said) = answer(&first[..length]) {
                let _ = line.write_all(said);
                kept.push(line);
            }
        }
    });
    url
}

#[tokio::test]
async fn whoever_is_no_redis_fails_the_start() {
    let echo = stranger(|said| Some(said));
    assert_eq!(with_url(&echo).await.unwrap_err().code(), "protocol");
    // A web server that is still waiting for the rest of a greeting in TLS.
    let web = stranger(|first| match first {
        [0x16, 3, ..] => Some(b""),
        _ => Some(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
    });
    let soon = factory(&[("REDIS_URL", &web)]).with_start_deadline(Duration::from_millis(300));
    assert_eq!(soon.provider().await.unwrap_err().code(), "protocol");
    // A Redis with TLS hangs up on plain text; a greeting it answers with one or with an alert.
    for tls in [
        stranger(|first| {
            first
                .starts_with(&[0x16, 3])
                .then_some(&[0x15, 3, 3, 0, 2, 2, 40])
        }),
        stranger(|first| {
            first
                .starts_with(&[0x16, 3])
                .then_some(&[0x16, 3, 3, 0, 61, 2, 0, 0])
        }),
        stranger(|_| Some(&[0x15, 3, 3, 0, 2, 2, 70])),
    ] {
        assert_eq!(with_url(&tls).await.unwrap_err().code(), "tls");
    }
    // One who hangs up on everybody is down: a proxy without a server behind it.
    let closed = with_url(&stranger(|_| None)).await.unwrap();
    assert_eq!(unreachable_code(&closed), "unreachable");
}

#[tokio::test]
async fn the_log_says_which_provider_and_why_and_no_password() {
    let server = RedisServer::start();
    server.ask("ACL SETUSER canary-user on >canary-pass ~* +@all");
    let port = server.port();
    let log = Log::start();

    choose(&[]).await.unwrap();
    let line = log.take();
    assert!(
        line.contains("INFO") && line.contains("reason=\"not_configured\""),
        "{line}"
    );

    choose(&[("REDIS_HOST", "canary")]).await.unwrap();
    let lines = log.take();
    let line = lines.lines().find(|line| line.contains("WARN")).unwrap();
    assert!(
        line.contains("REDIS_HOST is set without REDIS_PORT"),
        "{line}"
    );
    assert!(!lines.contains("canary"), "{lines}");

    with_url(&format!("redis://canary-user:canary-pass@127.0.0.1:{port}"))
        .await
        .unwrap();
    let lines = log.take();
    let line = lines.lines().find(|line| line.contains("INFO")).unwrap();
    assert!(
        line.contains("provider=\"redis\"") && line.contains("reason=\"connected\""),
        "{line}"
    );
    assert!(
        line.contains(&format!("127.0.0.1:{port}")) && !lines.contains("canary"),
        "{lines}"
    );

    with_url("redis://canary-user:canary-pass@127.0.0.1:1")
        .await
        .unwrap();
    let lines = log.take();
    let line = lines.lines().find(|line| line.contains("WARN")).unwrap();
    assert!(line.contains("provider=\"in_memory\"") && line.contains("code=\"unreachable\""));
    assert!(!lines.contains("canary"), "{lines}");
}

#[tokio::test]
async fn the_environment_is_read() {
    // A process has one environment, so this test starts itself again in another process, which
    // reads the one it is given and says what it chose.
    const READER: &str = "ASSIGNMENT_ENGINE_TEST_READS";
    if std::env::var_os(READER).is_some() {
        let choice = provider_from_env().await.unwrap();
        println!("chosen: {:?} {:?}", choice.kind, choice.reason);
        return;
    }
    let server = RedisServer::start();
    let reader = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "the_environment_is_read", "--nocapture"])
        .env(READER, "1")
        .env("REDIS_URL", server.url())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&reader.stdout);
    assert!(said.contains("chosen: Redis Connected"), "{said}");
}
