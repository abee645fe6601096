//! Many at once, and a cluster.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use assignment_engine::core::{ReservationTerms, Reserved, Rotation, TenantId};
use assignment_engine::{Place, RedisReservations, Reservations, RoundRobinContextProvider};
use tokio::task::JoinSet;

use crate::redis_server::RedisServer;
use crate::{BOTH, options, place_for, provider, reservations, turn_of};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_many_reserve_at_once_nobody_gets_too_much() {
    let server = RedisServer::start();
    let terms = ReservationTerms {
        lease_ms: 600_000,
        read_window_ms: 300_000,
    };
    for rotation in Rotation::ALL {
        server.ask("FLUSHALL");
        let mut tasks = JoinSet::new();
        for instance in 0..8 {
            let places = RedisReservations::new(options(&server.url()), terms);
            tasks.spawn(async move {
                let mut granted = Vec::new();
                // Every session is tried by two instances.
                for n in 0..40 {
                    let session = format!("s{}-{n}", instance / 2);
                    let mut request = place_for(&session, rotation, &["a", "b", "c", "d"]);
                    request.limit = NonZeroU32::new(7);
                    let reserved = places.reserve(&request).await.unwrap();
                    if let Reserved::Granted {
                        agent_id, token, ..
                    } = reserved
                    {
                        granted.push((agent_id, token));
                    }
                }
                granted
            });
        }
        let mut granted = tasks.join_all().await.concat();
        assert_eq!(granted.len(), 4 * 7, "{rotation:?}");
        for agent in ["a", "b", "c", "d"] {
            let count = granted
                .iter()
                .filter(|(id, _)| id.as_str() == agent)
                .count();
            assert_eq!(count, 7, "{rotation:?}");
        }
        granted.sort_unstable_by_key(|(_, token)| *token);
        granted.dedup_by_key(|(_, token)| *token);
        assert_eq!(granted.len(), 4 * 7, "no token twice");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn turns_taken_at_once_go_round() {
    let server = RedisServer::start();
    for rotation in BOTH {
        let provider = Arc::new(provider(&server.url()));
        let mut tasks = JoinSet::new();
        for _ in 0..8 {
            let provider = Arc::clone(&provider);
            tasks.spawn(async move {
                let asked = turn_of(rotation, &["a", "b", "c", "d", "e"]);
                let mut had = [0; 5];
                for _ in 0..50 {
                    let turn = provider.take_turn(&asked).await.unwrap();
                    had[usize::try_from(turn.value.index).unwrap()] += 1;
                }
                had
            });
        }
        let all = tasks.join_all().await;
        for n in 0..5 {
            assert_eq!(
                all.iter().map(|had| had[n]).sum::<u32>(),
                80,
                "{rotation:?}"
            );
        }
    }
}

#[tokio::test]
async fn in_a_cluster_all_of_a_tenant_lies_in_one_slot() {
    let server = RedisServer::start_with(&["--cluster-enabled", "yes"]);
    server.ask("CLUSTER ADDSLOTSRANGE 0 16383");
    let begin = Instant::now();
    while !server.text("CLUSTER INFO").contains("cluster_state:ok") {
        assert!(begin.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let places = reservations(&server.url());
    for tenant in ["t", "{a}b", "}{", "a:b", "%7B", "größe", "{", "}"] {
        let mut request = place_for("s1", Rotation::Proportional, &["a", "b"]);
        request.tenant_id = TenantId::new(tenant).unwrap();
        let reserved = places.reserve(&request).await.unwrap();
        let token = reserved.token().unwrap();
        let (tenant_id, session_id) = (request.tenant_id, request.session_id);
        let place = Place {
            tenant_id,
            session_id,
            token,
        };
        assert_eq!(places.release(&place).await, Ok(true), "{tenant}");
    }
    let provider = provider(&server.url());
    for rotation in BOTH {
        provider
            .take_turn(&turn_of(rotation, &["a"]))
            .await
            .unwrap();
    }
}
