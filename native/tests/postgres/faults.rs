//! The line is cut, held up, or leads nowhere: an answer within the deadline, and the truth in it.

use std::future::Future;
use std::time::{Duration, Instant};

use assignment_engine::{
    Claim, Counts, Expected, PostgresOptions, PostgresSessionStore, SessionStore, Stamp, StoreError,
};

use futures_util::future::join_all;

use crate::database::Database;
use crate::history::{crowd, totals};
use crate::line::{Line, Mode};
use crate::postgres_server::PostgresServer;
use crate::stage::{changes, id, token};

/// Long enough to connect within on a busy machine.
const DEADLINE: Duration = Duration::from_secs(2);
const PATIENT: Duration = Duration::from_secs(20);
/// By how much a call may be over its deadline.
const GRACE: Duration = Duration::from_millis(50);

/// One agent, one session, and a store at the end of a line.
struct Far {
    database: Database,
    line: Line,
    store: PostgresSessionStore,
}

impl Far {
    async fn new(deadline: Duration, connections: usize) -> Self {
        let made = tokio::task::spawn_blocking(|| {
            let server = PostgresServer::shared();
            (server.database(), server.port())
        });
        let (name, port) = made.await.unwrap();
        let database = Database::at(&PostgresServer::shared().url(&name)).await;
        crowd(&database, 1, 1).await;
        let line = Line::to(port).await;
        let options = PostgresOptions::from_url(&line.url(&name)).unwrap();
        let options = options.with_deadline(deadline).with_pool_size(connections);
        let store = PostgresSessionStore::connect(options).await.unwrap();
        Self {
            database,
            line,
            store,
        }
    }

    async fn claim(&self, expected: &Expected) -> Result<Claim, StoreError> {
        let (session, agent, changes) = (id("s000"), id("agent-0"), changes());
        self.store.claim(&session, &agent, expected, &changes).await
    }

    async fn given(&self) -> i64 {
        totals(&self.database).await.0
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_is_lost_is_looked_up() {
    let far = Far::new(PATIENT, 1).await;
    far.line.set(Mode::CutAfterCommit);
    let claim = far.claim(&Expected::default()).await.unwrap();
    let Claim::Claimed(session) = claim else {
        panic!("{claim:?}");
    };
    assert_eq!(session.assigned_agent_id, Some(id("agent-0")));
    assert_eq!(far.given().await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_did_not_arrive_is_an_error_and_has_changed_nothing() {
    let far = Far::new(PATIENT, 1).await;
    far.line.set(Mode::CutBeforeCommit);
    let failed = far.claim(&token(1)).await.unwrap_err();
    assert_eq!(failed.code, "unreachable");
    assert_eq!(far.given().await, 0);
    let again = far.claim(&token(1)).await.unwrap();
    assert!(matches!(again, Claim::Claimed(_)), "{again:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outcome_that_cannot_be_found_out_is_said_to_be_unknown_and_a_token_settles_it() {
    let far = Far::new(DEADLINE, 1).await;
    far.line.set(Mode::CutAfterCommitForGood);
    let (unknown, took, late) = timed(far.claim(&token(1))).await;
    assert_eq!(unknown.unwrap_err().code, "unknown_outcome");
    let limit = 2 * DEADLINE + 2 * GRACE + late;
    assert!(took <= limit, "{took:?}, {late:?} of them the machine's");
    far.line.set(Mode::Through);
    let again = eventually(async || far.claim(&token(1)).await.ok()).await;
    assert!(matches!(again, Claim::Claimed(_)), "{again:?}");
    assert_eq!(far.given().await, 1, "it was carried out the first time");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_does_not_answer_costs_the_deadline_and_no_more() {
    let far = Far::new(DEADLINE, 10).await;
    let (session, team, tenant) = (id("s000"), id("sales"), id("acme"));
    let (contact, stamp) = (id("c1"), stamp());
    let (any, none) = (Expected::default(), changes());
    let agent = id("agent-0");
    far.line.set(Mode::Held);
    let store = &far.store;
    // A claim that got no lock has no outcome to look up.
    let calls: [(&str, Answer<'_>); 10] = [
        ("session", code(store.session(&session))),
        ("queue", code(store.queue(&tenant, None, 9))),
        ("claim", code(store.claim(&session, &agent, &any, &none))),
        ("update", code(store.update(&session, &none))),
        ("stamp", code(store.stamp(&session, &stamp))),
        ("unstamp", code(store.unstamp(&session, &stamp))),
        (
            "contact",
            code(store.contact_has_assigned_session(&tenant, &contact, &session)),
        ),
        ("teams", code(store.teams(&tenant))),
        ("members", code(store.members(&team, Counts::Ever))),
        ("tenant", code(store.tenant(&tenant))),
    ];
    let (names, calls): (Vec<_>, Vec<_>) = calls.into_iter().unzip();
    let answers = join_all(calls.into_iter().map(timed)).await;
    for (what, (answer, took, late)) in names.into_iter().zip(answers) {
        assert_eq!(answer, "timeout", "{what}");
        assert!(took <= DEADLINE + GRACE + late, "{what}: {took:?}");
    }
    far.line.set(Mode::Through);
    let healed = eventually(async || store.session(&session).await.ok()).await;
    assert!(healed.is_some());
    assert_eq!(far.given().await, 0);
}

type Answer<'a> = std::pin::Pin<Box<dyn Future<Output = String> + Send + 'a>>;

/// Asks once it is awaited.
fn code<'a, T: 'a>(call: assignment_engine::Stored<'a, T>) -> Answer<'a> {
    Box::pin(async move { call.await.err().map_or("ok".into(), |error| error.code) })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_that_is_not_let_go_is_a_timeout() {
    let far = Far::new(DEADLINE, 1).await;
    let begin = "BEGIN; SELECT 1 FROM users FOR UPDATE";
    far.database.client.batch_execute(begin).await.unwrap();
    let expected = Expected::default();
    assert_eq!(far.claim(&expected).await.unwrap_err().code, "timeout");
    far.database.client.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(far.given().await, 0, "nothing comes of it later");
    let claim = eventually(async || far.claim(&expected).await.ok()).await;
    assert!(matches!(claim, Claim::Claimed(_)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_beyond_the_pool_are_turned_away_in_time() {
    let far = Far::new(DEADLINE, 1).await;
    far.line.set(Mode::Held);
    let session = id("s000");
    let reads = (0..8).map(|_| timed(far.store.session(&session)));
    // It has minutes to wait for an answer, and the only connection.
    let mut holder = std::pin::pin!(far.store.migrate());
    let answers = tokio::select! {
        biased;
        done = &mut holder => panic!("{done:?}"),
        answers = join_all(reads) => answers,
    };
    for (answer, took, late) in answers {
        assert_eq!(answer.unwrap_err().code, "overloaded");
        assert!(took <= DEADLINE + GRACE + late, "{took:?}");
    }
}

#[tokio::test]
async fn who_cannot_get_in_is_told_why_and_no_secret() {
    let server = tokio::task::spawn_blocking(PostgresServer::shared)
        .await
        .unwrap();
    let port = server.port();
    for (url, code) in [
        (
            format!("postgres://locked:canary@127.0.0.1:{port}/contract"),
            "authentication",
        ),
        (
            format!("postgres://canary@127.0.0.1:{port}/contract"),
            "authentication",
        ),
        (
            format!("postgres://locked@127.0.0.1:{port}/contract"),
            "configuration",
        ),
        (
            format!("postgres://dashboard:canary@127.0.0.1:{port}/nowhere"),
            "authentication",
        ),
        (
            format!("postgres://locked:horse@127.0.0.1:{port}/contract"),
            "not_permitted",
        ),
        (
            format!("postgres://dashboard:canary@127.0.0.1:{port}/postgres"),
            "schema",
        ),
        (
            "postgres://dashboard:canary@127.0.0.1:1/contract".into(),
            "unreachable",
        ),
    ] {
        let options = PostgresOptions::from_url(&url).unwrap();
        let refused = PostgresSessionStore::connect(options).await.unwrap_err();
        let told = format!("{refused:?}");
        assert_eq!(refused.code, code, "{told}");
        assert!(
            !told.contains("canary") && !told.contains("horse"),
            "{told}"
        );
    }
}

#[tokio::test]
async fn a_token_without_its_table_names_what_is_missing() {
    let far = Far::new(PATIENT, 1).await;
    let drop = "DROP TABLE assignment_claims";
    far.database.client.batch_execute(drop).await.unwrap();
    let failed = far.claim(&token(1)).await.unwrap_err();
    assert_eq!(failed.code, "schema");
    assert!(failed.message.contains("assignment_claims"), "{failed}");
    let claim = far.claim(&Expected::default()).await.unwrap();
    assert!(
        matches!(claim, Claim::Claimed(_)),
        "without one it is not needed"
    );
}

fn stamp() -> Stamp {
    Stamp {
        key: "oooLastSentAt".into(),
        text: "now".into(),
        seen: None,
    }
}

/// What the call comes to, how long it took, and by how much this machine was late meanwhile.
async fn timed<T>(call: impl Future<Output = T>) -> (T, Duration, Duration) {
    let (begin, nap) = (Instant::now(), Duration::from_millis(10));
    let mut call = std::pin::pin!(call);
    let mut late = Duration::ZERO;
    loop {
        let before = Instant::now();
        let answer = tokio::select! {
            answer = &mut call => Some(answer),
            () = tokio::time::sleep(nap) => None,
        };
        late += before.elapsed().saturating_sub(nap + TICK);
        if let Some(answer) = answer {
            return (answer, begin.elapsed(), late);
        }
    }
}

/// As exact as a sleep is on a machine that does nothing else.
const TICK: Duration = Duration::from_millis(2);

async fn eventually<T>(call: impl AsyncFn() -> Option<T>) -> T {
    for _ in 0..200 {
        if let Some(answer) = call().await {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it does not heal");
}
