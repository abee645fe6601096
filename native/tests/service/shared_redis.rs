//! Two services over one store and one real Redis: an even rotation, and a Redis that is gone.

use std::sync::Arc;
use std::time::{Duration, Instant};

use assignment_engine::{
    AssignmentService, DEFAULT_REDIS_DEADLINE, RedisOptions, RedisRoundRobinContextProvider,
};
use serde_json::{Map, json};
use tokio::task::JoinSet;

use crate::redis_server::RedisServer;
use crate::world::{World, error_code, id, run_queue};

/// What the scheduler of a busy machine may add to the deadline.
const GRACE: Duration = Duration::from_millis(150);

/// An instance with a connection of its own.
fn instance(world: &World, server: &RedisServer, deadline: Duration) -> Arc<AssignmentService> {
    let options = RedisOptions::from_url(&server.url()).unwrap();
    let provider = RedisRoundRobinContextProvider::new(options.with_deadline(deadline));
    Arc::new(world.another_service().with_provider(Arc::new(provider)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_services_that_share_a_redis_rotate_evenly_together() {
    let server = RedisServer::start();
    let world = World::new();
    let agents = ["anna", "ben", "cleo", "dora", "emil"];
    world.team("sales", &agents);
    let sessions = world.sessions(103, &json!({}));
    let patient = Duration::from_secs(10);
    let pair = [0, 1].map(|_| instance(&world, &server, patient));
    // One after the other, in blocks of uneven size: even after each single one.
    for (n, session) in sessions[..50].iter().enumerate() {
        let service = &pair[usize::from(n % 7 < 3)];
        let handover = service.request_assignment(session, Some("sales"), Map::new());
        assert_eq!(handover.await.unwrap().outcome().kind(), "assign");
        let loads = agents.map(|agent| world.load(agent));
        let gap = loads.iter().max().unwrap() - loads.iter().min().unwrap();
        assert!(gap <= 1, "{loads:?} after {n}");
    }
    // All at once: even in the end.
    let mut calls = JoinSet::new();
    for (n, session) in sessions[50..].iter().enumerate() {
        let (service, session) = (Arc::clone(&pair[n % 2]), session.clone());
        calls.spawn(async move {
            let handover = service.request_assignment(&session, Some("sales"), Map::new());
            assert_eq!(handover.await.unwrap().outcome().kind(), "assign");
        });
    }
    calls.join_all().await;
    let mut loads = agents.map(|agent| world.load(agent));
    loads.sort_unstable();
    assert_eq!(loads, [20, 20, 21, 21, 21]);
    assert_eq!(server.text("KEYS *"), "assignment:rr:sales", "no other key");
    assert_eq!(server.text("GET assignment:rr:sales"), "103");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_hangs_or_is_gone_is_an_error_in_time_and_the_row_untouched() {
    let mut server = RedisServer::start();
    let world = World::new();
    world.team("sales", &["anna", "ben"]);
    world.sessions(2, &json!({"context": {"old": 1}}));
    let service = instance(&world, &server, DEFAULT_REDIS_DEADLINE);
    let before = world.snapshot();
    for (how, codes) in [
        ("frozen", ["timeout"; 2]),
        ("killed", ["timeout", "unreachable"]),
    ] {
        match how {
            "frozen" => server.freeze(),
            _ => server.kill(),
        }
        for _ in 0..2 {
            let begin = Instant::now();
            let context = Map::from_iter([("a".to_owned(), json!(1))]);
            let session = id("s000");
            let handover = service.request_assignment(&session, Some("sales"), context);
            let handover = handover.await.unwrap();
            let took = begin.elapsed();
            assert!(took <= DEFAULT_REDIS_DEADLINE + GRACE, "{how}: {took:?}");
            assert!(
                codes.contains(&error_code(&handover)),
                "{how}: {handover:?}"
            );
            assert_eq!(handover.session, before.sessions[0]);
            assert_eq!(world.snapshot(), before);
        }
    }
    assert_eq!(run_queue(&service, None, None).await, 0);
    assert_eq!(world.snapshot(), before);
    assert_eq!(world.store.take_writes(), []);
}
