//! Places that nobody settled, compared with what the store knows.
#![cfg(feature = "redis")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "support/redis_server.rs"]
#[expect(dead_code, reason = "other tests do more with it")]
mod redis_server;

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};

use assignment_engine::core::{
    Agent, AgentId, ReservationTerms, ReserveCandidate, ReserveRequest, Reserved, Rotation,
    Session, SessionId, TenantId, Timestamp, Weight,
};
use assignment_engine::{
    Clock, ContextKey, DRIFT_TOTAL, Drift, Expected, InMemoryReservations, InMemorySessionStore,
    Place, ReconcileError, Reservations, SessionChanges, SessionStore, reconcile,
};
use metrics_util::debugging::{DebugValue, DebuggingRecorder};

#[tokio::test]
async fn what_nobody_settled_is_set_right_in_memory() {
    let clock = Arc::new(HandClock(Mutex::new(start())));
    let places = InMemoryReservations::new(ReservationTerms::default());
    let places = places.with_clock(Arc::clone(&clock) as Arc<dyn Clock>);
    drift_is_none_afterwards(&places, &clock).await;
}

#[tokio::test]
async fn what_nobody_settled_is_set_right_in_redis() {
    let mut server = redis_server::RedisServer::start();
    let options = assignment_engine::RedisOptions::from_url(&server.url()).unwrap();
    let options = options.with_deadline(std::time::Duration::from_secs(10));
    let clock = Arc::new(HandClock(Mutex::new(start())));
    let places = assignment_engine::RedisReservations::new(options, ReservationTerms::default());
    let places = places.with_clock(Arc::clone(&clock) as Arc<dyn Clock>);
    drift_is_none_afterwards(&places, &clock).await;

    server.kill();
    let store = InMemorySessionStore::new();
    let error = reconcile(&store, &places, &tenant()).await.unwrap_err();
    let ReconcileError::Reservations(error) = error else {
        panic!("{error:?}");
    };
    assert_eq!(error.code(), "unreachable");
}

async fn drift_is_none_afterwards(places: &dyn Reservations, clock: &HandClock) {
    let recorder = DebuggingRecorder::new();
    let metrics = recorder.snapshotter();
    let _recorded = metrics::set_default_local_recorder(&recorder);
    let store = world();

    // Claimed and confirmed; claimed, and whoever did it died; on its way; and these cannot become
    // assignments: another agent has it, there is no such session, it is another tenant's.
    let confirmed = hold(places, "confirmed", "a").await;
    claim(&store, "confirmed", "a").await;
    assert_eq!(places.confirm(&confirmed).await, Ok(true));
    hold(places, "died", "a").await;
    claim(&store, "died", "a").await;
    let under_way = hold(places, "under way", "b").await;
    hold(places, "another's", "b").await;
    claim(&store, "another's", "a").await;
    hold(places, "gone", "b").await;
    hold(places, "foreign", "b").await;
    assert_eq!(places.held(&tenant()).await.unwrap().len(), 6);
    assert_eq!(full_for(places, "b").await, 4);

    let drift = reconcile(&store, places, &tenant()).await.unwrap();
    let expected = Drift {
        held: 6,
        confirmed: 1,
        released: 3,
    };
    assert_eq!((drift, drift.count()), (expected, 4));
    let again = reconcile(&store, places, &tenant()).await.unwrap();
    assert_eq!((again.held, again.count()), (3, 0));
    assert_eq!(full_for(places, "b").await, 1, "the places are free");

    // The one on its way was not touched.
    claim(&store, "under way", "b").await;
    assert_eq!(places.confirm(&under_way).await, Ok(true));
    clock.wait(2_000);
    let last = reconcile(&store, places, &tenant()).await.unwrap();
    assert_eq!(last, Drift::default(), "the read window is over");

    let mut counted: Vec<(String, DebugValue)> = metrics
        .snapshot()
        .into_vec()
        .into_iter()
        .filter(|(key, ..)| key.key().name() == DRIFT_TOTAL)
        .map(|(key, _, _, value)| {
            let label = key.key().labels().next().unwrap();
            (label.value().to_owned(), value)
        })
        .collect();
    counted.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    let one = ("confirmed".to_owned(), DebugValue::Counter(1));
    let three = ("released".to_owned(), DebugValue::Counter(3));
    assert_eq!(counted, [one, three]);
}

fn tenant() -> TenantId {
    TenantId::new("tenant").unwrap()
}

fn start() -> Timestamp {
    Timestamp::parse("2026-11-24T09:00:00Z").unwrap()
}

fn world() -> InMemorySessionStore {
    let store = InMemorySessionStore::new();
    for agent in ["a", "b"] {
        store.put_agent(Agent::online(AgentId::new(agent).unwrap()));
    }
    let session = |id, tenant| Session::new(SessionId::new(id).unwrap(), tenant);
    for id in ["confirmed", "died", "under way", "another's"] {
        store.put_session(session(id, tenant()));
    }
    store.put_session(session("foreign", TenantId::new("other").unwrap()));
    store
}

fn request(session: &str, agent: &str) -> ReserveRequest {
    ReserveRequest {
        tenant_id: tenant(),
        session_id: SessionId::new(session).unwrap(),
        context_key: ContextKey::new("team").unwrap(),
        rotation: Rotation::Proportional,
        limit: None,
        order: Vec::new(),
        candidates: vec![ReserveCandidate {
            agent_id: AgentId::new(agent).unwrap(),
            weight: Weight::ONE,
            active: 0,
            total: 0,
        }],
    }
}

async fn hold(places: &dyn Reservations, session: &str, agent: &str) -> Place {
    let request = request(session, agent);
    let reserved = places.reserve(&request).await.unwrap();
    assert!(matches!(reserved, Reserved::Granted { .. }));
    Place {
        tenant_id: request.tenant_id,
        session_id: request.session_id,
        token: reserved.token().unwrap(),
    }
}

/// How many places the agent has: the limit from which on nothing more is held.
async fn full_for(places: &dyn Reservations, agent: &str) -> u32 {
    let mut request = request("one more", agent);
    request.limit = Some(NonZeroU32::MIN);
    match places.reserve(&request).await.unwrap() {
        Reserved::Full { held } => held.values().sum(),
        other => panic!("{other:?}"),
    }
}

async fn claim(store: &InMemorySessionStore, session: &str, agent: &str) {
    let (session, agent) = (
        SessionId::new(session).unwrap(),
        AgentId::new(agent).unwrap(),
    );
    let (expected, changes) = (Expected::default(), SessionChanges::default());
    let claim = store.claim(&session, &agent, &expected, &changes).await;
    assert!(matches!(claim, Ok(assignment_engine::Claim::Claimed(_))));
}

struct HandClock(Mutex<Timestamp>);

impl HandClock {
    fn wait(&self, milliseconds: i64) {
        let mut now = self.0.lock().unwrap();
        *now = now.saturating_add(milliseconds);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}
