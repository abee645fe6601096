//! A cluster: each key on its node, a failover, and a slot that moves under load.
#![cfg(feature = "redis")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "support/redis_cluster.rs"]
mod redis_cluster;
#[path = "support/redis_server.rs"]
#[expect(dead_code, reason = "other tests do more with a server")]
mod redis_server;
#[path = "support/redis_timing.rs"]
mod timing;
#[path = "support/redis_topology.rs"]
mod topology;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use assignment_engine::{ProviderKind, RedisOptions};
use tokio::task::JoinSet;

use crate::redis_cluster::{Cluster, is_ok};
use crate::redis_server::RedisServer;
use crate::topology::{healed, pick, provider, start};

const KEY: &str = "assignment:rr:team";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_key_is_counted_on_its_node() {
    let cluster = Cluster::start_around(KEY).await;
    let provider = provider(&cluster.url());
    let teams = [
        "team",
        "{a}b",
        "a{b",
        "a}b{",
        "{}",
        "{}{x}",
        "a:b",
        "a%3Ab",
        "ü",
        "{ü}",
        "\u{1f600}",
    ];
    let more: Vec<String> = (0..20).map(|n| format!("team-{n}")).collect();
    let teams: Vec<&str> = teams
        .into_iter()
        .chain(more.iter().map(String::as_str))
        .collect();
    for expected in 0..3 {
        for team in &teams {
            assert_eq!(pick(&provider, team).await, Ok(expected), "{team}");
        }
    }
    for team in &teams {
        let key = format!("assignment:rr:{team}");
        assert_eq!(
            cluster.owner(&key).text(&format!("GET {key}")),
            "3",
            "{key}"
        );
    }
    let counts = cluster
        .masters
        .iter()
        .map(|node| node.text("DBSIZE").parse::<usize>().unwrap());
    assert_eq!(counts.sum::<usize>(), teams.len(), "no other key");
    // Nobody was sent elsewhere: the provider knows who serves what.
    for node in &cluster.masters {
        assert!(!node.text("INFO errorstats").contains("MOVED"));
    }
    let options = RedisOptions::from_url(&cluster.url()).unwrap();
    assert_eq!(start(options).await, Ok(ProviderKind::Redis.name()));
    // Told of one node as if it were a server of its own.
    let one = RedisOptions::from_url(&cluster.masters[0].url()).unwrap();
    let two = RedisOptions::from_url(&cluster.masters[1].url()).unwrap();
    let alone = [start(one).await, start(two).await];
    assert!(alone.contains(&Err("cluster")), "{alone:?}");
    // Told that a server is a cluster.
    let server = RedisServer::start();
    let url = server.url().replace("redis:", "redis+cluster:");
    assert_eq!(
        start(RedisOptions::from_url(&url).unwrap()).await,
        Err("configuration")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failover() {
    let mut cluster = Cluster::start_around(KEY).await;
    let provider = provider(&cluster.url());
    for expected in [0, 1, 2] {
        assert_eq!(pick(&provider, "team").await, Ok(expected));
    }
    let owner = cluster.owner_at(KEY);
    cluster.masters[owner].kill();
    assert_eq!(pick(&provider, "team").await, Err("unreachable"));
    let replica = &cluster.replica;
    cluster
        .wait_for(|_| replica.text("ROLE").starts_with("master") && is_ok(replica))
        .await;
    let took = healed(&provider, "team").await;
    println!("healed {took:?} after the replica could write");
    assert!(took <= Duration::from_secs(2), "{took:?}");
    let ttl: i64 = replica.text(&format!("TTL {KEY}")).parse().unwrap();
    assert!(ttl > 604_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_without_a_cluster_is_down() {
    let mut cluster = Cluster::start_around(KEY).await;
    let provider = provider(&cluster.url());
    healed(&provider, "team").await;
    // Two of three are gone: the one that is left serves nothing.
    let owner = cluster.owner_at(KEY);
    for n in (0..3).filter(|n| *n != owner) {
        cluster.masters[n].kill();
    }
    cluster
        .wait_for(|cluster| !is_ok(&cluster.masters[owner]))
        .await;
    let code = pick(&provider, "team").await.unwrap_err();
    assert_eq!(code, "unavailable");
    for n in (0..3).filter(|n| *n != owner) {
        cluster.masters[n].restart(&["--cluster-enabled", "yes", "--cluster-node-timeout", "500"]);
    }
    cluster
        .wait_for(|cluster| is_ok(&cluster.masters[owner]))
        .await;
    let took = healed(&provider, "team").await;
    assert!(took <= Duration::from_secs(2), "{took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slot_moves_under_load() {
    let cluster = Cluster::start_around(KEY).await;
    let provider = Arc::new(provider(&cluster.url()));
    let slot = cluster.masters[0].text(&format!("CLUSTER KEYSLOT {KEY}"));
    let over = Arc::new(AtomicBool::new(false));
    let mut callers = JoinSet::new();
    for _ in 0..16 {
        let (provider, over) = (Arc::clone(&provider), Arc::clone(&over));
        callers.spawn(async move {
            let mut counted = Vec::new();
            while !over.load(Ordering::Relaxed) {
                counted.push(pick(&provider, "team").await.unwrap());
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            counted
        });
    }
    let mut at = cluster.owner_at(KEY);
    for _ in 0..12 {
        let to = (at + 1) % 3;
        let (from, into) = (&cluster.masters[at], &cluster.masters[to]);
        let (from_id, into_id) = (from.text("CLUSTER MYID"), into.text("CLUSTER MYID"));
        into.ask(&format!("CLUSTER SETSLOT {slot} IMPORTING {from_id}"));
        from.ask(&format!("CLUSTER SETSLOT {slot} MIGRATING {into_id}"));
        tokio::time::sleep(Duration::from_millis(50)).await;
        from.ask(&format!("MIGRATE 127.0.0.1 {} {KEY} 0 5000", into.port()));
        // From now on the old owner sends each call on with `ASK`.
        tokio::time::sleep(Duration::from_millis(50)).await;
        for node in [into, from, &cluster.masters[(to + 1) % 3]] {
            node.ask(&format!("CLUSTER SETSLOT {slot} NODE {into_id}"));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        at = to;
    }
    over.store(true, Ordering::Relaxed);
    let mut counted: Vec<u32> = callers.join_all().await.concat();
    counted.sort_unstable();
    let picks = u32::try_from(counted.len()).unwrap();
    println!("{picks} picks while the slot moved 12 times");
    assert_eq!(counted, (0..picks).collect::<Vec<_>>(), "each counted once");
    assert_eq!(
        cluster.masters[at].text(&format!("GET {KEY}")),
        picks.to_string()
    );
    let sent_on: Vec<String> = cluster
        .masters
        .iter()
        .map(|node| node.text("INFO errorstats"))
        .collect();
    for code in ["errorstat_MOVED", "errorstat_ASK"] {
        assert!(
            sent_on.iter().any(|stats| stats.contains(code)),
            "{code}: {sent_on:?}"
        );
    }
}
