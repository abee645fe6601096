//! What is made of a choice afterwards: health, a move to Redis later, a policy, a login.

use std::time::{Duration, Instant};

use assignment_engine::{ContextKey, HealthStatus, ProviderErrorKind, RunTimePolicy};

use crate::redis_server::RedisServer;
use crate::{choose, factory, first_turns, unreachable_code, with_url};

#[tokio::test]
async fn a_login_is_read_beside_host_and_port() {
    let server = RedisServer::start();
    server.ask("CONFIG SET requirepass of-default");
    let mut admin = redis::Client::open(format!("redis://:of-default@127.0.0.1:{}", server.port()))
        .unwrap()
        .get_connection()
        .unwrap();
    let user =
        "SETUSER app on >p@ss:word ~assignment:* +evalsha +script|load +incr +incrby +expire +get";
    let () = redis::cmd("ACL")
        .arg(user.split(' ').collect::<Vec<_>>())
        .query(&mut admin)
        .unwrap();
    let port = server.port().to_string();
    let with = |login: &[(&'static str, &'static str)]| {
        let mut all = vec![("REDIS_HOST", "127.0.0.1"), ("REDIS_PORT", port.as_str())];
        all.extend(login);
        factory(&all)
    };
    let code = async |login: &[(&'static str, &'static str)]| {
        let choice = with(login).provider().await;
        choice.map_or_else(|error| error.code(), |choice| choice.reason.code())
    };
    assert_eq!(code(&[]).await, "authentication");
    assert_eq!(code(&[("REDIS_PASSWORD", "of-default")]).await, "connected");
    let app = [("REDIS_USERNAME", "app"), ("REDIS_PASSWORD", "p@ss:word")];
    assert_eq!(code(&app).await, "connected");
    assert_eq!(
        code(&[("REDIS_USERNAME", "app"), ("REDIS_PASSWORD", "canary")]).await,
        "authentication"
    );
    assert!(!format!("{:?}", with(&app)).contains("p@ss"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_health_check_tells_the_three_states_apart() {
    let nowhere = choose(&[]).await.unwrap().check().await;
    assert_eq!(
        (nowhere.status, nowhere.error),
        (HealthStatus::InMemory, None)
    );
    let missing = with_url("redis://canary:canary@127.0.0.1:1")
        .await
        .unwrap()
        .check()
        .await;
    assert_eq!(missing.status, HealthStatus::InMemory);
    assert_eq!(
        missing.error.as_ref().map(|error| error.code()),
        Some("unreachable")
    );
    assert!(!format!("{missing:?}").contains("canary"));

    let mut server = RedisServer::start();
    server.ask("ACL SETUSER canary on >canary ~* +@all");
    let url = format!("redis://canary:canary@127.0.0.1:{}", server.port());
    let choice = with_url(&url).await.unwrap();
    let up = choice.check().await;
    assert_eq!((up.status, up.error.is_none()), (HealthStatus::Up, true));
    assert!(up.latency.unwrap() < Duration::from_secs(10));
    server.kill();
    let down = choice.check().await;
    assert_eq!(down.status.name(), "down");
    assert_eq!(
        down.error.as_ref().map(|error| error.code()),
        Some("unreachable")
    );
    assert!(!format!("{down:?} {choice:?}").contains("canary"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_in_memory_moves_to_redis_later_if_that_is_asked_for() {
    let mut server = RedisServer::start();
    let url = server.url();
    server.kill();
    let factory = factory(&[("REDIS_URL", url.as_str())]).with_retry(Duration::from_millis(100));
    let choice = factory.provider().await.unwrap();
    assert_eq!(unreachable_code(&choice), "unreachable");
    assert_eq!(choice.check().await.status, HealthStatus::InMemory);
    let key = ContextKey::new("team").unwrap();
    for expected in [0, 1, 2] {
        let turn = choice.provider.next_counted(&key, 10).await.unwrap();
        assert_eq!(turn.value, expected);
        assert_eq!(turn.from_memory, Some(ProviderErrorKind::Unreachable));
    }
    server.restart(&[]);
    let begin = Instant::now();
    while choice.check().await.status == HealthStatus::InMemory {
        assert!(begin.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(choice.check().await.status, HealthStatus::Up);
    assert_eq!(first_turns(&choice).await, [0, 1, 2], "the shared rotation");
    assert_eq!(server.text("GET assignment:rr:team"), "3");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_policy_of_the_factory_is_that_of_its_provider() {
    let mut server = RedisServer::start();
    let url = server.url();
    let key = ContextKey::new("team").unwrap();
    let failing = with_url(&url).await.unwrap();
    let falling_back = factory(&[("REDIS_URL", url.as_str())]).with_policy(RunTimePolicy::Fallback);
    let falling_back = falling_back.provider().await.unwrap();
    for choice in [&failing, &falling_back] {
        assert_eq!(
            choice
                .provider
                .next_counted(&key, 3)
                .await
                .unwrap()
                .from_memory,
            None
        );
    }
    server.kill();
    let error = failing.provider.next_counted(&key, 3).await.unwrap_err();
    assert_eq!(error.kind(), ProviderErrorKind::Unreachable);
    let turn = falling_back.provider.next_counted(&key, 3).await.unwrap();
    assert_eq!(turn.from_memory, Some(ProviderErrorKind::Unreachable));
    assert_eq!(falling_back.check().await.status, HealthStatus::Down);
}
