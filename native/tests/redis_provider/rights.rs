//! Users, passwords, and what must not be seen of them.

use std::time::Duration;

use assignment_engine::RedisOptions;

use crate::redis_server::RedisServer;
use crate::{failing_pick, patient, pick, picking_connections, provider};

/// Everything that the provider needs, and nothing else.
const NEEDED: &str = "~assignment:* resetchannels +evalsha +script|load +incr +incrby +expire +get";

#[tokio::test]
async fn a_user_with_our_keys_and_the_needed_commands_is_enough() {
    let server = RedisServer::start();
    server.ask(&format!("ACL SETUSER app on >secret {NEEDED}"));
    let provider = patient(&format!("redis://app:secret@127.0.0.1:{}", server.port()));
    provider.check(Duration::from_secs(10)).await.unwrap();
    server.ask("SCRIPT FLUSH");
    assert_eq!(pick(&provider, 3).await, Ok(0));
    server.ask(&format!("SET assignment:rr:team {}", i64::MAX - 1));
    let expected = u32::try_from((i64::MAX - 1) % 10).unwrap();
    assert_eq!(
        pick(&provider, 10).await,
        Ok(expected),
        "exact, which takes GET"
    );
    assert_eq!(
        server.text("ACL LOG"),
        "",
        "nothing was tried that is not allowed"
    );
}

#[tokio::test]
async fn a_missing_right_is_an_error_that_refreshes_nothing_and_keeps_the_connection() {
    let server = RedisServer::start();
    server.ask(&format!("ACL SETUSER app on >secret {NEEDED}"));
    let provider = patient(&format!("redis://app:secret@127.0.0.1:{}", server.port()));
    assert_eq!(pick(&provider, 3).await, Ok(0));
    let connections = picking_connections(&server);
    server.ask("EXPIRE assignment:rr:team 100");
    for (take, give) in [
        ("-evalsha", "+evalsha"),
        ("-incr", "+incr"),
        ("-expire", "+expire"),
        ("resetkeys", "~assignment:*"),
    ] {
        server.ask(&format!("ACL SETUSER app {take}"));
        assert_eq!(failing_pick(&provider).await, "not_permitted", "{take}");
        let ttl: i64 = server.text("TTL assignment:rr:team").parse().unwrap();
        assert!((1..=100).contains(&ttl), "{take}");
        server.ask(&format!("ACL SETUSER app {give}"));
    }
    pick(&provider, 3).await.unwrap();
    assert_eq!(picking_connections(&server), connections);
}

#[tokio::test]
async fn a_wrong_or_missing_password_says_so() {
    let server = RedisServer::start();
    server.ask("ACL SETUSER app on >secret ~* +@all");
    let port = server.port();
    for login in ["app:wrong@", "nobody:wrong@", ":wrong@"] {
        let provider = patient(&format!("redis://{login}127.0.0.1:{port}"));
        assert_eq!(failing_pick(&provider).await, "authentication", "{login}");
    }
    server.ask("CONFIG SET requirepass secret");
    for (login, answer) in [("", Err("authentication")), (":secret@", Ok(0))] {
        let provider = patient(&format!("redis://{login}127.0.0.1:{port}"));
        assert_eq!(
            pick(&provider, 3).await.map_err(|error| error.code()),
            answer,
            "{login}"
        );
    }
}

#[tokio::test]
async fn the_database_of_the_url_is_used_or_refused() {
    let server = RedisServer::start();
    let provider = patient(&format!("{}/3", server.url()));
    assert_eq!(pick(&provider, 3).await, Ok(0));
    assert_eq!(server.text("KEYS *"), "");
    assert!(server.text("INFO keyspace").contains("db3:keys=1"));
    let provider = patient(&format!("{}/999", server.url()));
    assert_eq!(failing_pick(&provider).await, "configuration");
}

#[tokio::test]
async fn no_error_and_no_provider_shows_the_password() {
    let mut server = RedisServer::start();
    server.ask(&format!("ACL SETUSER canary-user on >canary-pass {NEEDED}"));
    let port = server.port();
    let right = format!("redis://canary-user:canary-pass@127.0.0.1:{port}");
    let wrong = format!("redis://canary-user:canary-wrong@127.0.0.1:{port}");
    let mut shown = vec![format!("{:?}", RedisOptions::from_url(&right).unwrap())];

    for url in [&right, &wrong] {
        let provider = provider(url);
        shown.push(format!("{provider:?} {}", provider.address()));
        if let Err(error) = provider.check(Duration::from_secs(10)).await {
            shown.push(format!("{error} {error:?}"));
        }
        server.ask("ACL SETUSER canary-user -incr");
        let error = pick(&provider, 3).await.unwrap_err();
        shown.push(format!("{error} {error:?}"));
        server.ask("ACL SETUSER canary-user +incr");
    }
    let provider = provider(&right);
    server.freeze();
    shown.push(format!("{:?}", pick(&provider, 3).await.unwrap_err()));
    server.kill();
    shown.push(format!("{:?}", pick(&provider, 3).await.unwrap_err()));
    assert_eq!(shown.len(), 8);
    for text in shown {
        assert!(!text.contains("canary"), "{text}");
    }
}
