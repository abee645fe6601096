//! Services that hold a place in one real Redis before they claim.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use assignment_engine::core::{ReservationTerms, SessionStatus};
use assignment_engine::{
    AssignmentService, Drift, RedisOptions, RedisReservations, Refusal, Reservations, reconcile,
};
use serde_json::{Map, json};
use tokio::task::JoinSet;

use crate::redis_server::RedisServer;
use crate::watched_store::{Call, Then, Write};
use crate::world::{World, error_code, id, run_queue, told};

fn places(world: &World, server: &RedisServer, terms: ReservationTerms) -> Arc<RedisReservations> {
    let options = RedisOptions::from_url(&server.url()).unwrap();
    let options = options.with_deadline(Duration::from_secs(10));
    let clock = Arc::clone(&world.clock);
    Arc::new(RedisReservations::new(options, terms).with_clock(clock))
}

/// An instance with a connection of its own.
fn instance(world: &World, server: &RedisServer) -> AssignmentService {
    let places = places(world, server, TERMS);
    world.another_service().with_reservations(places)
}

/// Long enough for any machine: the age of what was read is measured by its own clock.
const TERMS: ReservationTerms = ReservationTerms {
    lease_ms: 300_000,
    read_window_ms: WINDOW_MS,
};

const WINDOW_MS: i64 = 60_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instances_that_assign_at_once_are_never_refused_and_leave_nothing_behind() {
    let server = RedisServer::start();
    for (n, strategy) in ["round_robin", "least_active", "least_assigned"]
        .into_iter()
        .enumerate()
    {
        server.ask("FLUSHALL");
        let world = World::new();
        let agents = ["anna", "ben", "cleo", "dora", "emil"];
        let rotation = ["counter", "least_recent", "proportional"][n];
        let more = json!({"routingStrategy": strategy,
            "routingConfig": {"maxLoad": 6, "rotation": rotation}});
        world.team_with("sales", &agents, more);
        let sessions = world.sessions(40, &json!({}));
        world.store.yield_around_calls();
        let mut calls = JoinSet::new();
        for chunk in sessions.chunks(10) {
            let service = Arc::new(instance(&world, &server));
            for session in chunk {
                let (service, session) = (Arc::clone(&service), session.clone());
                calls.spawn(async move {
                    let handover = service.request_assignment(&session, Some("sales"), Map::new());
                    assert_ne!(told(&handover.await.unwrap()), "error");
                });
            }
        }
        calls.join_all().await;
        // What is confirmed counts twice for as long as somebody may not have read it yet; so some
        // places may be left.
        let all = agents.len() * 6;
        let claimed = claims(&world);
        assert!((all / 2..=all).contains(&claimed), "{strategy}: {claimed}");
        world.clock.forward(WINDOW_MS);
        let service = instance(&world, &server);
        while run_queue(&service, None, None).await > 0 {
            world.clock.forward(WINDOW_MS);
        }
        assert_eq!(
            claimed + claims(&world),
            all,
            "{strategy}: now everybody is full"
        );
        assert!(agents.iter().all(|agent| world.load(agent) == 6));

        let places = places(&world, &server, TERMS);
        assert_eq!(places.held(&id("acme")).await.unwrap(), []);
        let drift = reconcile(&*world.store, &*places, &id("acme")).await;
        assert_eq!(drift, Ok(Drift::default()));
    }
}

/// How many were granted; none was refused.
fn claims(world: &World) -> usize {
    let writes = world.store.take_writes();
    let refused = writes
        .iter()
        .find(|write| matches!(write, Write::Refused { .. }));
    assert_eq!(refused, None);
    let claimed = writes
        .iter()
        .filter(|write| matches!(write, Write::Claimed { .. }));
    claimed.count()
}

#[tokio::test]
async fn a_place_is_confirmed_with_the_claim_and_free_again_without() {
    let server = RedisServer::start();
    let world = World::new();
    let more = json!({"routingConfig": {"rotation": "least_recent"}});
    world.team_with("sales", &["anna", "ben", "cleo"], more);
    let sessions = world.sessions(4, &json!({}));
    let service = instance(&world, &server);
    let places = places(&world, &server, TERMS);
    let hand_over = async |n: usize| {
        let handover = service.request_assignment(&sessions[n], Some("sales"), Map::new());
        told(&handover.await.unwrap()).to_owned()
    };
    assert_eq!(hand_over(0).await, "anna");

    let refusals = AtomicUsize::new(0);
    world.store.before(move |call, _| match call {
        Call::Claim(..) if refusals.fetch_add(1, Ordering::SeqCst) == 0 => {
            Then::Refuse(Refusal::AgentGone)
        }
        _ => Then::GoOn,
    });
    assert_eq!(hand_over(1).await, "cleo", "ben was refused");
    assert_eq!(hand_over(2).await, "ben", "whose turn it still was");
    let held = places.held(&id("acme")).await.unwrap();
    let held: Vec<(&str, &str, bool)> = held
        .iter()
        .map(|held| {
            let session = held.place.session_id.as_str();
            (session, held.agent_id.as_str(), held.confirmed)
        })
        .collect();
    assert_eq!(
        held,
        [
            ("s000", "anna", true),
            ("s001", "cleo", true),
            ("s002", "ben", true)
        ]
    );

    // A store that fails says nothing of the session; the place stays until it lapses.
    world.store.before(|call, _| match call {
        Call::Claim(..) => Then::Fail,
        _ => Then::GoOn,
    });
    let failed = service.request_assignment(&sessions[3], Some("sales"), Map::new());
    assert!(failed.await.is_err());
    assert_eq!(places.held(&id("acme")).await.unwrap().len(), 4);
    world.store.before(|_, _| Then::GoOn);
    assert_eq!(hand_over(3).await, "anna", "the same place again");
    world.clock.forward(WINDOW_MS);
    assert_eq!(places.held(&id("acme")).await.unwrap(), []);
}

#[tokio::test]
async fn what_was_read_too_long_ago_is_read_again_once() {
    let server = RedisServer::start();
    let world = World::new();
    world.team("sales", &["anna"]);
    world.sessions(1, &json!({}));
    let terms = ReservationTerms {
        read_window_ms: 3_000,
        ..ReservationTerms::default()
    };
    let service = world
        .another_service()
        .with_reservations(places(&world, &server, terms));
    let reads = Arc::new(AtomicUsize::new(0));
    let slow_first = |reads: Arc<AtomicUsize>, slow: usize| {
        move |call: Call<'_>, _: &_| {
            if matches!(call, Call::Members(_)) && reads.fetch_add(1, Ordering::SeqCst) < slow {
                thread::sleep(Duration::from_millis(3_100));
            }
            Then::GoOn
        }
    };
    world.store.before(slow_first(Arc::clone(&reads), 2));
    let session = id("s000");
    let handover = service.request_assignment(&session, Some("sales"), Map::new());
    let handover = handover.await.unwrap();
    assert_eq!(error_code(&handover), "stale_read");
    assert_eq!(reads.load(Ordering::SeqCst), 2, "twice and no more");
    assert_eq!(handover.session.status, SessionStatus::Unassigned);
    assert_eq!(server.text("KEYS *"), "", "nothing was reserved");

    reads.store(0, Ordering::SeqCst);
    world.store.before(slow_first(Arc::clone(&reads), 1));
    let handover = service.request_assignment(&session, Some("sales"), Map::new());
    assert_eq!(told(&handover.await.unwrap()), "anna");
    assert_eq!(reads.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn without_redis_nobody_is_assigned() {
    let mut server = RedisServer::start();
    let world = World::new();
    world.team("sales", &["anna"]);
    world.sessions(1, &json!({"context": {"old": 1}}));
    let service = instance(&world, &server);
    server.kill();
    let before = world.snapshot();
    let session = id("s000");
    let handover = service.request_assignment(&session, Some("sales"), Map::new());
    assert_eq!(error_code(&handover.await.unwrap()), "unreachable");
    assert_eq!(world.snapshot(), before);
}
