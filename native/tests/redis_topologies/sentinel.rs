//! A master that its sentinels know.

use std::time::{Duration, Instant};

use assignment_engine::{ProviderKind, RedisOptions};

use crate::redis_server::RedisServer;
use crate::{healed, pick, provider, start};

struct Group {
    master: RedisServer,
    replica: RedisServer,
    sentinel: RedisServer,
}

impl Group {
    async fn start() -> Self {
        let (master, replica) = (RedisServer::start(), RedisServer::start());
        replica.ask(&format!("REPLICAOF 127.0.0.1 {}", master.port()));
        // Sentinels look for replicas when they start, and then every ten seconds.
        let begin = Instant::now();
        while !master.text("INFO replication").contains("state=online") {
            assert!(begin.elapsed() < Duration::from_secs(20), "no replica");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let group = Self {
            sentinel: RedisServer::start_sentinel(master.port()),
            master,
            replica,
        };
        group
            .wait_for(|group| {
                let replicas = group.sentinel.text("SENTINEL replicas main");
                replicas.contains(&group.replica.port().to_string())
                    && replicas.contains("master-link-status\nok")
            })
            .await;
        group
    }

    fn url(&self) -> String {
        format!("redis+sentinel://127.0.0.1:{}/main", self.sentinel.port())
    }

    async fn wait_for(&self, is_so: impl Fn(&Self) -> bool) {
        let begin = Instant::now();
        while !is_so(self) {
            assert!(
                begin.elapsed() < Duration::from_secs(20),
                "it never came to it"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn replica_is_master(&self) {
        self.wait_for(|group| group.replica.text("ROLE").starts_with("master"))
            .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failover_after_a_kill() {
    let mut group = Group::start().await;
    let provider = provider(&group.url());
    for expected in [0, 1, 2] {
        assert_eq!(pick(&provider, "team").await, Ok(expected));
    }
    group.master.kill();
    assert_eq!(pick(&provider, "team").await, Err("unreachable"));
    group.replica_is_master().await;
    let took = healed(&provider, "team").await;
    println!("healed {took:?} after the replica became the master");
    assert!(took <= Duration::from_secs(2), "{took:?}");
    let ttl: i64 = group
        .replica
        .text("TTL assignment:rr:team")
        .parse()
        .unwrap();
    assert!(ttl > 604_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failover_after_a_freeze() {
    let group = Group::start().await;
    let provider = provider(&group.url());
    healed(&provider, "team").await;
    group.master.freeze();
    for _ in 0..2 {
        assert_eq!(pick(&provider, "team").await, Err("timeout"));
    }
    group.replica_is_master().await;
    let took = healed(&provider, "team").await;
    println!("healed {took:?} after the replica became the master");
    assert!(took <= Duration::from_secs(2), "{took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failover_that_is_asked_for() {
    let group = Group::start().await;
    let provider = provider(&group.url());
    healed(&provider, "team").await;
    group.sentinel.ask("SENTINEL FAILOVER main");
    group.replica_is_master().await;
    let took = healed(&provider, "team").await;
    assert!(took <= Duration::from_secs(2), "{took:?}");
    // The old master becomes a replica; whoever is still on its line is told so, and leaves.
    group
        .wait_for(|group| group.master.text("ROLE").starts_with("slave"))
        .await;
    let took = healed(&provider, "team").await;
    assert!(took <= Duration::from_secs(2), "{took:?}");
    let before: u64 = group
        .replica
        .text("GET assignment:rr:team")
        .parse()
        .unwrap();
    pick(&provider, "team").await.unwrap();
    let after: u64 = group
        .replica
        .text("GET assignment:rr:team")
        .parse()
        .unwrap();
    assert_eq!(after, before + 1, "the new master counts");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sentinels_that_are_gone_or_frozen_cost_no_time() {
    let group = Group::start().await;
    let frozen = RedisServer::start_sentinel(group.master.port());
    frozen.freeze();
    let url = format!(
        "redis+sentinel://127.0.0.1:1,127.0.0.1:{},127.0.0.1:{}/main",
        frozen.port(),
        group.sentinel.port()
    );
    assert_eq!(pick(&provider(&url), "team").await, Ok(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_without_sentinels_is_in_memory_and_a_wrong_name_fails_it() {
    let group = Group::start().await;
    let options = |url: &str| RedisOptions::from_url(url).unwrap();
    assert_eq!(
        start(options(&group.url())).await,
        Ok(ProviderKind::Redis.name())
    );
    let nobody = options("redis+sentinel://127.0.0.1:1/main");
    assert_eq!(start(nobody).await, Ok(ProviderKind::InMemory.name()));
    let wrong = group.url().replace("/main", "/other");
    assert_eq!(start(options(&wrong)).await, Err("configuration"));

    // Logging in at the sentinel is one thing, at the master another.
    group
        .sentinel
        .ask("ACL SETUSER default resetpass >of-sentinel");
    group.master.ask(
        "ACL SETUSER app on >of-master ~assignment:* +evalsha +script|load +incr +incrby +expire +get",
    );
    let app = group.url().replace("://", "://app:of-master@");
    assert_eq!(start(options(&app)).await, Err("authentication"));
    let both = options(&app).with_sentinel_login("", "of-sentinel");
    assert_eq!(start(both).await, Ok(ProviderKind::Redis.name()));
}
