//! Many at once, from several pools.

use std::sync::Arc;

use assignment_engine::core::{AgentId, SessionId};
use assignment_engine::{Claim, ClaimRequest, PostgresSessionStore, Refusal, SessionStore};
use tokio::task::JoinSet;

use crate::database::{Database, client};
use crate::history::{crowd, name, totals};
use crate::postgres_server::PostgresServer;
use crate::stage::{changes, id, limit, request};

async fn pools(database: &Database) -> Vec<Arc<PostgresSessionStore>> {
    let mut pools = Vec::new();
    for _ in 0..4 {
        pools.push(Arc::new(database.store().await));
    }
    pools
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_claims_over_four_pools_give_no_session_twice_and_nobody_too_many() {
    let database = Database::new().await;
    crowd(&database, 10, 100).await;
    let pools = pools(&database).await;
    let mut claims = JoinSet::new();
    for n in 0..200 {
        let store = Arc::clone(&pools[n % 4]);
        // Each session is claimed for two agents, each agent claims twenty.
        let (session, agent) = (n % 100, (n % 10 + n / 100 * 5) % 10);
        claims.spawn(async move {
            let (session, agent) = (id(&name(session)), id(&format!("agent-{agent}")));
            let claim = store.claim(&session, &agent, &limit(6), &changes()).await;
            match claim.unwrap() {
                Claim::Claimed(_) => true,
                Claim::Refused(Refusal::SessionTaken | Refusal::AgentAtLimit) => false,
                Claim::Refused(refusal) => panic!("{refusal:?}"),
            }
        });
    }
    let granted = claims
        .join_all()
        .await
        .into_iter()
        .filter(|done| *done)
        .count();
    let (given, twice, most) = totals(&database).await;
    println!("200 claims: {granted} granted, {twice} given twice, at most {most} of 6");
    assert_eq!(usize::try_from(given).unwrap(), granted);
    assert_eq!((granted, twice, most), (60, 0, 6));
}

/// Chunks over the same agents and the same sessions, in opposite orders.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn claims_over_the_same_agents_in_opposite_orders_do_not_deadlock() {
    let server = tokio::task::spawn_blocking(PostgresServer::shared)
        .await
        .unwrap();
    let made = tokio::task::spawn_blocking(|| server.database())
        .await
        .unwrap();
    let database = Database::at(&server.url(&made)).await;
    crowd(&database, 12, 120).await;
    let pools = pools(&database).await;
    let mut rounds = JoinSet::new();
    for n in 0..40 {
        let store = Arc::clone(&pools[n % 4]);
        let mut requests: Vec<ClaimRequest> = (0..12)
            .map(|m| {
                request(
                    &name((n / 4 * 12 + m) % 120),
                    &format!("agent-{m}"),
                    limit(6),
                )
            })
            .collect();
        if n % 2 == 1 {
            requests.reverse();
        }
        if n % 4 > 1 {
            requests.rotate_left(5);
        }
        rounds.spawn(async move { store.claim_many(&requests).await.unwrap().len() });
    }
    assert!(rounds.join_all().await.iter().all(|answers| *answers == 12));
    let deadlocks = |log: String| {
        let line = format!("{made}: ERROR:  deadlock detected");
        log.lines().filter(|one| one.starts_with(&line)).count()
    };
    assert_eq!(deadlocks(server.log()), 0);
    let (_, twice, most) = totals(&database).await;
    assert_eq!((twice, most), (0, 6));

    // The log would show one: two who lock without an order get into each other's way.
    let (one, other) = (client(database.url()).await, client(database.url()).await);
    let lock = |agent: &str| {
        let agent: AgentId = id(agent);
        format!("SELECT 1 FROM users WHERE id = '{agent}' FOR NO KEY UPDATE")
    };
    for (who, first) in [(&one, "agent-0"), (&other, "agent-1")] {
        who.batch_execute(&format!("BEGIN; {}", lock(first)))
            .await
            .unwrap();
    }
    let (there, back) = (lock("agent-1"), lock("agent-0"));
    let (there, back) = tokio::join!(one.batch_execute(&there), other.batch_execute(&back));
    assert_eq!(usize::from(there.is_err()) + usize::from(back.is_err()), 1);
    assert_eq!(deadlocks(server.log()), 1);
}

/// A host that locks the other way round is no deadlock of ours, but it happens: it is tried again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadlock_with_somebody_else_ends_in_an_answer() {
    let database = Database::new().await;
    crowd(&database, 1, 1).await;
    let store = database.store().await;
    let host = client(database.url()).await;
    let (session, agent): (SessionId, AgentId) = (id(&name(0)), id("agent-0"));
    // The host's own patience is long, so the deadlock is found by us.
    let begin = format!(
        "SET deadlock_timeout = '60s'; BEGIN; \
         SELECT 1 FROM sessions WHERE id = '{session}' FOR NO KEY UPDATE"
    );
    host.batch_execute(&begin).await.unwrap();
    let (expected, changes) = (limit(6), changes());
    let claim = store.claim(&session, &agent, &expected, &changes);
    let hosts = async {
        let waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'
            AND datname = current_database()";
        while database.client.query(waits, &[]).await.unwrap().is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        let lock = format!("SELECT 1 FROM users WHERE id = '{agent}' FOR NO KEY UPDATE");
        host.batch_execute(&format!("{lock}; COMMIT"))
            .await
            .unwrap();
    };
    let (claim, ()) = tokio::join!(claim, hosts);
    assert!(matches!(claim.unwrap(), Claim::Claimed(_)));
}

/// Whatever the database's own default is, each statement of a claim sees what is committed.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_database_that_isolates_more_by_default_changes_nothing() {
    let database = Database::new().await;
    crowd(&database, 2, 20).await;
    let name_of = database.value("SELECT current_database()::text").await;
    let isolate =
        format!("ALTER DATABASE {name_of} SET default_transaction_isolation = serializable");
    database.client.batch_execute(&isolate).await.unwrap();
    let pools = pools(&database).await;
    let mut claims = JoinSet::new();
    for n in 0..20 {
        let store = Arc::clone(&pools[n % 4]);
        claims.spawn(async move {
            let (session, agent) = (id(&name(n)), id(&format!("agent-{}", n % 2)));
            store
                .claim(&session, &agent, &limit(6), &changes())
                .await
                .unwrap();
        });
    }
    claims.join_all().await;
    assert_eq!(totals(&database).await, (12, 0, 6));
}
