//! What a pick becomes that the store fails to count, by policy, and how a decision shows it.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use assignment_engine::core::{
    Agent, AgentId, Outcome, Session, SessionId, TeamConfig, TeamId, TenantId,
};
use assignment_engine::{
    AssignmentService, ContextKey, Counted, InMemoryRoundRobinContextProvider,
    InMemorySessionStore, MEMORY_PICKS_TOTAL, NextIndex, ProviderError, ProviderErrorKind,
    ResilientRoundRobinContextProvider, RoundRobinContextProvider, RunTimePolicy,
};
use metrics_util::debugging::{DebugValue, DebuggingRecorder};

/// A store that counts, or fails, or hangs, and knows how often it was asked.
#[derive(Default)]
struct Store {
    counters: InMemoryRoundRobinContextProvider,
    fails: Mutex<Option<ProviderErrorKind>>,
    hangs: Mutex<bool>,
    asked: AtomicUsize,
}

impl Store {
    fn fail(&self, kind: impl Into<Option<ProviderErrorKind>>) {
        *self.fails.lock().unwrap() = kind.into();
    }

    fn hang(&self, hangs: bool) {
        *self.hangs.lock().unwrap() = hangs;
    }

    /// How often since the last call of this.
    fn take_asked(&self) -> usize {
        self.asked.swap(0, Ordering::SeqCst)
    }
}

impl RoundRobinContextProvider for Store {
    fn get_next_index<'a>(&'a self, key: &'a ContextKey, count: u32) -> NextIndex<'a> {
        Box::pin(async move {
            self.asked.fetch_add(1, Ordering::SeqCst);
            if *self.hangs.lock().unwrap() {
                std::future::pending::<()>().await;
            }
            let failure = *self.fails.lock().unwrap();
            match failure {
                None => self.counters.get_next_index(key, count).await,
                Some(kind) => Err(ProviderError::new(kind, "the store is away")),
            }
        })
    }
}

fn with(policy: RunTimePolicy) -> (Arc<Store>, Arc<ResilientRoundRobinContextProvider>) {
    let store = Arc::new(Store::default());
    let provider = ResilientRoundRobinContextProvider::new(Arc::clone(&store) as _, policy);
    (store, Arc::new(provider))
}

async fn turn(provider: &impl RoundRobinContextProvider) -> Result<Counted<u32>, &'static str> {
    let team = ContextKey::new("team").unwrap();
    let turn = provider.next_counted(&team, 3).await;
    turn.map_err(|error| error.code())
}

/// The code behind a turn that came from memory; nothing if the store counted it.
async fn memory(provider: &impl RoundRobinContextProvider) -> Option<&'static str> {
    let turn = turn(provider).await.unwrap();
    assert!(turn.value < 3);
    turn.from_memory.map(ProviderErrorKind::code)
}

#[tokio::test]
async fn fail_hands_the_failure_on() {
    let (store, provider) = with(RunTimePolicy::Fail);
    assert_eq!(turn(&provider).await, Ok(Counted::shared(0)));
    store.fail(ProviderErrorKind::Timeout);
    assert_eq!(turn(&provider).await, Err("timeout"));
    store.fail(None);
    assert_eq!(turn(&provider).await, Ok(Counted::shared(1)));
}

#[tokio::test]
async fn fallback_counts_the_pick_in_memory_and_asks_the_store_again() {
    let (store, provider) = with(RunTimePolicy::Fallback);
    assert_eq!(turn(&provider).await, Ok(Counted::shared(0)));
    let kinds = [
        ProviderErrorKind::Timeout,
        ProviderErrorKind::Overloaded,
        ProviderErrorKind::ReadOnly,
        ProviderErrorKind::WrongType,
        ProviderErrorKind::NotPermitted,
        ProviderErrorKind::Other,
    ];
    let mut served = [0; 3];
    for kind in kinds {
        store.fail(kind);
        for _ in 0..3 {
            let turn = turn(&provider).await.unwrap();
            assert_eq!(turn.from_memory, Some(kind));
            *served.get_mut(turn.value as usize).unwrap() += 1;
        }
    }
    assert_eq!(served, [6; 3], "even within the process");
    assert_eq!(store.take_asked(), 19, "each pick asked");
    store.fail(None);
    assert_eq!(
        turn(&provider).await,
        Ok(Counted::shared(1)),
        "the shared rotation goes on"
    );
    store.fail(ProviderErrorKind::Configuration);
    assert_eq!(
        turn(&provider).await,
        Err("configuration"),
        "that is about us"
    );
}

#[tokio::test]
async fn processes_begin_at_places_of_their_own() {
    let mut first = [0; 3];
    for _ in 0..60 {
        let (store, provider) = with(RunTimePolicy::Fallback);
        store.fail(ProviderErrorKind::Unreachable);
        let turn = turn(&provider).await.unwrap();
        *first.get_mut(turn.value as usize).unwrap() += 1;
    }
    // All with the same agent would be one in 3^59.
    assert!(first.iter().all(|served| *served < 60), "{first:?}");
}

#[tokio::test(start_paused = true)]
async fn a_breaker_opens_after_failures_in_a_row_and_lets_one_pick_try() {
    let (failures, pause) = (NonZeroU32::new(3).unwrap(), Duration::from_secs(2));
    let (store, provider) = with(RunTimePolicy::Breaker { failures, pause });
    let sleep = tokio::time::sleep;
    // A success in between, and failures that are about one key, begin the row anew.
    for kind in [
        Some(ProviderErrorKind::Timeout),
        None,
        Some(ProviderErrorKind::WrongType),
    ] {
        store.fail(ProviderErrorKind::Timeout);
        assert_eq!(turn(&provider).await, Err("timeout"));
        store.fail(kind);
        let _ = turn(&provider).await;
        store.fail(None);
        turn(&provider).await.unwrap();
    }
    store.fail(ProviderErrorKind::Timeout);
    for _ in 0..2 {
        assert_eq!(turn(&provider).await, Err("timeout"));
    }
    assert_eq!(
        memory(&provider).await,
        Some("timeout"),
        "the one that opens it"
    );
    store.take_asked();
    for _ in 0..10 {
        assert_eq!(memory(&provider).await, Some("timeout"));
    }
    assert_eq!(store.take_asked(), 0, "nobody asks while it is open");

    // After the pause one pick asks, and the others do not wait for it.
    sleep(pause).await;
    store.hang(true);
    let probing = Arc::clone(&provider);
    let probe = tokio::spawn(async move { turn(&probing).await });
    tokio::task::yield_now().await;
    for _ in 0..5 {
        assert_eq!(memory(&provider).await, Some("timeout"));
    }
    assert_eq!(store.take_asked(), 1);
    // A caller who leaves does not leave the breaker waiting for him.
    probe.abort();
    assert!(probe.await.unwrap_err().is_cancelled());
    store.hang(false);
    sleep(pause).await;
    store.fail(ProviderErrorKind::Loading);
    assert_eq!(
        memory(&provider).await,
        Some("loading"),
        "a probe that failed"
    );
    assert_eq!(memory(&provider).await, Some("timeout"));
    assert_eq!(store.take_asked(), 1);
    store.fail(None);
    assert!(memory(&provider).await.is_some(), "the pause began anew");
    sleep(pause).await;
    for _ in 0..3 {
        assert_eq!(memory(&provider).await, None, "back at the store");
    }
}

#[tokio::test]
async fn a_decision_shows_that_its_turn_came_from_memory() {
    let recorder = DebuggingRecorder::new();
    let snapshots = recorder.snapshotter();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let (acme, sales) = (
        TenantId::new("acme").unwrap(),
        TeamId::new("sales").unwrap(),
    );
    let sessions = Arc::new(InMemorySessionStore::new());
    let mut team = TeamConfig::new(sales);
    for name in ["anna", "ben"] {
        let id = AgentId::new(name).unwrap();
        team.members.push(id.clone());
        sessions.put_agent(Agent::online(id));
    }
    sessions.put_team(acme.clone(), team);
    let (store, provider) = with(RunTimePolicy::Fallback);
    let service = AssignmentService::new(Arc::clone(&sessions) as _)
        .with_provider(provider)
        .with_trace();
    let values = async |id: &str| {
        let id = SessionId::new(id).unwrap();
        sessions.put_session(Session::new(id.clone(), acme.clone()));
        let handover = service.request_assignment(&id, Some("sales"), serde_json::Map::new());
        let handover = handover.await.unwrap();
        assert!(matches!(handover.outcome(), Outcome::Assign { .. }));
        let rules = handover.decision.trace.unwrap().rules;
        let selector = rules
            .into_iter()
            .find(|rule| rule.rule.as_str() == "selector");
        selector.unwrap().values
    };
    let counted = values("chat-1").await;
    assert!(!counted.contains_key("store") && !counted.contains_key("storeError"));
    store.fail(ProviderErrorKind::Unreachable);
    let marked = values("chat-2").await;
    assert_eq!(marked.get("store").unwrap(), "memory");
    assert_eq!(marked.get("storeError").unwrap(), "unreachable");

    let snapshot = snapshots.snapshot().into_vec();
    let picks: Vec<_> = snapshot
        .into_iter()
        .filter(|(key, ..)| key.key().name() == MEMORY_PICKS_TOTAL)
        .map(|(key, _, _, value)| {
            let labels = key.key().labels();
            let labels: Vec<_> = labels
                .map(|label| (label.key().to_owned(), label.value().to_owned()))
                .collect();
            (labels, value)
        })
        .collect();
    let code = ("code".to_owned(), "unreachable".to_owned());
    assert_eq!(picks, [(vec![code], DebugValue::Counter(1))]);
}
