//! A cluster of three masters, one of them with a replica.

use std::time::{Duration, Instant};

use crate::redis_server::RedisServer;

pub(crate) struct Cluster {
    pub(crate) masters: Vec<RedisServer>,
    pub(crate) replica: RedisServer,
}

impl Cluster {
    /// The replica is that of the master which serves `key`.
    pub(crate) async fn start_around(key: &str) -> Self {
        let node = || {
            RedisServer::start_with(&["--cluster-enabled", "yes", "--cluster-node-timeout", "500"])
        };
        let cluster = Self {
            masters: (0..3).map(|_| node()).collect(),
            replica: node(),
        };
        let ranges = ["0 5460", "5461 10922", "10923 16383"];
        for (n, (master, range)) in cluster.masters.iter().zip(ranges).enumerate() {
            master.ask(&format!("CLUSTER ADDSLOTSRANGE {range}"));
            master.ask(&format!("CLUSTER SET-CONFIG-EPOCH {}", n + 1));
        }
        let first = &cluster.masters[0];
        for other in cluster.masters[1..].iter().chain([&cluster.replica]) {
            first.ask(&format!("CLUSTER MEET 127.0.0.1 {}", other.port()));
        }
        cluster
            .wait_for(|cluster| {
                cluster
                    .nodes()
                    .all(|node| node.text("CLUSTER INFO").contains("cluster_known_nodes:4"))
            })
            .await;
        cluster
            .wait_for(|cluster| cluster.masters.iter().all(is_ok))
            .await;
        let id = cluster.owner(key).text("CLUSTER MYID");
        cluster.replica.ask(&format!("CLUSTER REPLICATE {id}"));
        cluster
            .wait_for(|cluster| {
                cluster
                    .replica
                    .text("INFO replication")
                    .contains("master_link_status:up")
                    && cluster.nodes().all(is_ok)
                    && cluster
                        .masters
                        .iter()
                        .all(|node| node.text("CLUSTER NODES").contains("slave"))
            })
            .await;
        cluster
    }

    pub(crate) fn nodes(&self) -> impl Iterator<Item = &RedisServer> {
        self.masters.iter().chain([&self.replica])
    }

    pub(crate) fn url(&self) -> String {
        let nodes: Vec<_> = self
            .masters
            .iter()
            .map(|node| format!("127.0.0.1:{}", node.port()))
            .collect();
        format!("redis+cluster://{}", nodes.join(","))
    }

    /// The index among the masters of the one that served this key at first.
    pub(crate) fn owner_at(&self, key: &str) -> usize {
        let slot: u32 = self.masters[0]
            .text(&format!("CLUSTER KEYSLOT {key}"))
            .parse()
            .unwrap();
        usize::try_from(slot / 5461).unwrap().min(2)
    }

    pub(crate) fn owner(&self, key: &str) -> &RedisServer {
        &self.masters[self.owner_at(key)]
    }

    pub(crate) async fn wait_for(&self, is_so: impl Fn(&Self) -> bool) {
        let begin = Instant::now();
        while !is_so(self) {
            assert!(
                begin.elapsed() < Duration::from_secs(30),
                "it never came to it"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

pub(crate) fn is_ok(node: &RedisServer) -> bool {
    node.text("CLUSTER INFO").contains("cluster_state:ok")
}
