//! The server is ended without leave-taking while sessions are claimed, and started again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use assignment_engine::{
    Claim, Expected, PostgresOptions, PostgresSessionStore, Refusal, SessionStore,
};
use tokio::task::JoinSet;

use crate::database::{Database, client};
use crate::history::{crowd, name, totals};
use crate::postgres_server::PostgresServer;
use crate::stage::{changes, id, limit};

const SESSIONS: usize = 240;
const AGENTS: usize = 10;
/// More than there are sessions for, so that every one of them can find somebody.
const LIMIT: u32 = 60;
const KILLS: usize = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_server_killed_under_claims_loses_none_and_doubles_none() {
    let start = || {
        let server = PostgresServer::start(&[]);
        let name = server.database();
        (server, name)
    };
    let (mut server, database_name) = tokio::task::spawn_blocking(start).await.unwrap();
    let url = server.url(&database_name);
    let database = Database::at(&url).await;
    crowd(&database, AGENTS, SESSIONS).await;

    let done = Arc::new(AtomicUsize::new(0));
    let failures = Arc::new(AtomicUsize::new(0));
    let mut workers = JoinSet::new();
    for worker in 0..8 {
        let options = PostgresOptions::from_url(&url).unwrap();
        let options = options
            .with_deadline(Duration::from_secs(5))
            .with_pool_size(2);
        let store = PostgresSessionStore::connect(options).await.unwrap();
        let (done, failures) = (Arc::clone(&done), Arc::clone(&failures));
        workers.spawn(async move {
            // Two workers want each session, for different agents: one of them gets it.
            let mine = (0..SESSIONS).filter(|n| n % 4 == worker % 4);
            let mut won = Vec::new();
            for session in mine {
                let agent = (session + worker / 4 * 5) % AGENTS;
                if claim(&store, session, agent, worker, &failures).await {
                    won.push((session, agent));
                }
                done.fetch_add(1, Ordering::SeqCst);
            }
            won
        });
    }
    let all = 2 * SESSIONS;
    for kill in 1..=KILLS {
        while done.load(Ordering::SeqCst) < all * kill / (KILLS + 1) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let ended = move || {
            server.kill();
            server.restart();
            server
        };
        server = tokio::task::spawn_blocking(ended).await.unwrap();
    }
    let won: Vec<(usize, usize)> = workers.join_all().await.into_iter().flatten().collect();

    let failures = failures.load(Ordering::SeqCst);
    assert!(failures >= KILLS, "only {failures} calls have seen a kill");
    let mut database = database;
    database.client = client(&url).await;
    let (given, twice, most) = totals(&database).await;
    println!(
        "{all} claims, {KILLS} kills: {failures} calls failed, {given} given, {twice} twice, \
         at most {most} of {LIMIT}"
    );
    assert_eq!(twice, 0);
    assert!(most <= i64::from(LIMIT), "{most}");
    // Whoever was told so has it, and everybody who has one was told so.
    let store = database.store().await;
    for (session, agent) in &won {
        let stored = store.session(&id(&name(*session))).await.unwrap().unwrap();
        assert_eq!(
            stored.assigned_agent_id,
            Some(id(&format!("agent-{agent}")))
        );
    }
    assert_eq!(
        (won.len(), usize::try_from(given).unwrap()),
        (SESSIONS, SESSIONS)
    );
}

/// Until there is an answer; whether the session is the agent's.
async fn claim(
    store: &PostgresSessionStore,
    session: usize,
    agent: usize,
    worker: usize,
    failures: &AtomicUsize,
) -> bool {
    let (session, agent) = (id(&name(session)), id(&format!("agent-{agent}")));
    // The same each time, so that a claim whose answer was lost can be asked for again.
    let expected = Expected {
        token: u64::try_from(worker).ok(),
        ..limit(LIMIT)
    };
    for _ in 0..1_000 {
        match store.claim(&session, &agent, &expected, &changes()).await {
            Ok(Claim::Claimed(_)) => return true,
            Ok(Claim::Refused(Refusal::SessionTaken | Refusal::StaleToken)) => return false,
            Ok(Claim::Refused(refusal)) => panic!("{refusal:?}"),
            Err(_) => {
                failures.fetch_add(1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
    panic!("the server does not come back");
}
