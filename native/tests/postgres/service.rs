//! The service on PostgreSQL: every way to an agent goes through the claim.

use std::sync::Arc;

use assignment_engine::core::{
    Failure, Need, Outcome, Pipeline, Reason, Request, RuleAnswer, RuleId, RuleVerdict, SessionId,
    TenantId,
};
use assignment_engine::{
    AssignmentService, BoxFuture, Handover, HostRules, ManualAssignment, Messenger, Outbox,
    PostgresSessionStore, Refusal, SessionStore, Transfer,
};
use serde_json::{Map, json};
use tokio::task::JoinSet;

use crate::database::Database;
use crate::history::{crowd, name, totals};
use crate::stage::{held, id, session, uuid};

async fn instances(
    database: &Database,
    count: usize,
) -> (Vec<Arc<AssignmentService>>, Arc<Outbox>) {
    let outbox = Arc::new(Outbox::default());
    let mut services = Vec::new();
    for _ in 0..count {
        let store: Arc<PostgresSessionStore> = Arc::new(database.store().await);
        let service = AssignmentService::new(store as Arc<dyn SessionStore>)
            .with_messenger(Arc::clone(&outbox) as Arc<dyn Messenger>)
            .with_trace();
        services.push(Arc::new(service));
    }
    (services, outbox)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_at_four_instances_gives_no_session_twice_and_nobody_too_many() {
    let database = Database::new().await;
    crowd(&database, 10, 100).await;
    // Each has a team from the start: where a session has none, no limit counts.
    let route = "UPDATE sessions SET assigned_team_id = (SELECT id FROM teams)";
    database.client.batch_execute(route).await.unwrap();
    let (services, _) = instances(&database, 4).await;
    let mut calls: JoinSet<()> = JoinSet::new();
    for n in 0..100 {
        let service = Arc::clone(&services[n % 4]);
        calls.spawn(async move {
            assert_ne!(hand_over(&service, n).await.outcome().kind(), "error");
        });
        if n % 10 == 0 {
            let service = Arc::clone(&services[n / 10 % 4]);
            calls.spawn(async move {
                run_queue(&service).await;
            });
        }
        if n % 20 == 0 {
            let service = Arc::clone(&services[n / 20 % 4]);
            calls.spawn(async move {
                let wanted = ManualAssignment {
                    agent_id: id(&format!("agent-{}", n / 20)),
                    count: 3,
                };
                service
                    .assign_queued_sessions_to_agents(&acme(), &[wanted])
                    .await
                    .unwrap();
            });
        }
        if n % 5 == 0 {
            let service = Arc::clone(&services[n / 5 % 4]);
            calls.spawn(async move {
                let (from, to) = (
                    id(&format!("agent-{}", n / 5 % 10)),
                    id(&format!("agent-{}", n / 10)),
                );
                if from != to {
                    service
                        .transfer_session(&id(&name(n)), &from, &to)
                        .await
                        .unwrap();
                }
            });
        }
    }
    calls.join_all().await;
    // Once the crowd is gone, whoever still waits waits for a reason.
    run_queue(&services[0]).await;
    let (_, _, most) = totals(&database).await;
    assert_eq!(most, 6, "everybody is full, and nobody had more");
    let full = "SELECT string_agg(n::text, ' ') FROM (SELECT count(*) AS n FROM sessions
        WHERE status = 'assigned' GROUP BY assigned_agent_id) AS t";
    assert_eq!(database.value(full).await, "6 6 6 6 6 6 6 6 6 6");
    let waiting = database.value("SELECT count(*)::text FROM sessions WHERE status = 'unassigned'");
    assert_eq!(waiting.await, "40");
}

async fn hand_over(service: &AssignmentService, n: usize) -> Handover {
    let (session, team) = (id(&name(n)), uuid("sales"));
    let handover = service.request_assignment(&session, Some(&team), Map::new());
    handover.await.unwrap()
}

async fn run_queue(service: &AssignmentService) {
    let tenant = acme();
    let run = service.assign_queued_sessions_to_available_agents(&tenant, None, Some(200));
    run.await.unwrap();
}

fn acme() -> TenantId {
    id("acme")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_runs_of_two_instances_at_once_send_one_message() {
    for closed in [true, false] {
        let database = Database::new().await;
        crowd(&database, 1, 1).await;
        let change = if closed {
            "UPDATE teams SET schedule = '{\"enabled\": true, \"timezone\": \"UTC\", \"days\": {}}'"
        } else {
            "UPDATE users SET status = 'away'"
        };
        database.client.batch_execute(change).await.unwrap();
        let (services, outbox) = instances(&database, 2).await;
        let mut runs = JoinSet::new();
        for n in 0..20 {
            let service = Arc::clone(&services[n % 2]);
            runs.spawn(async move {
                if n % 4 < 2 {
                    run_queue(&service).await;
                } else {
                    assert_eq!(hand_over(&service, 0).await.outcome(), &Outcome::Stop);
                }
            });
        }
        runs.join_all().await;
        assert_eq!(outbox.take().len(), 1, "closed: {closed}");
        let stamps = "SELECT count(*)::text FROM sessions, jsonb_object_keys(context)";
        assert_eq!(database.value(stamps).await, "1");
    }
}

#[tokio::test]
async fn a_message_that_cannot_be_sent_leaves_the_row_as_it_was() {
    struct Mute;
    impl Messenger for Mute {
        fn send<'a>(
            &'a self,
            _: &'a assignment_engine::core::Session,
            _: &'a assignment_engine::core::Message,
        ) -> BoxFuture<'a, Result<(), String>> {
            Box::pin(async { Err("the line is down".into()) })
        }
    }
    let database = Database::new().await;
    crowd(&database, 1, 1).await;
    let close =
        "UPDATE teams SET schedule = '{\"enabled\": true, \"timezone\": \"UTC\", \"days\": {}}'";
    database.client.batch_execute(close).await.unwrap();
    let store = Arc::new(database.store().await);
    let before = store.session(&id(&name(0))).await.unwrap();
    let service = AssignmentService::new(Arc::clone(&store) as Arc<dyn SessionStore>)
        .with_messenger(Arc::new(Mute));
    let context = Map::from_iter([("a".to_owned(), json!(1))]);
    let session: SessionId = id(&name(0));
    let team = uuid("sales");
    let handover = service.request_assignment(&session, Some(&team), context);
    assert_eq!(
        handover.await.unwrap().decision.reason,
        Reason::MessageFailed
    );
    assert_eq!(store.session(&session).await.unwrap(), before);
}

#[tokio::test]
async fn by_hand_and_by_transfer_the_limit_of_the_team_holds() {
    let database = Database::new().await;
    crowd(&database, 2, 12).await;
    let (services, _) = instances(&database, 1).await;
    let service = &services[0];
    let wanted = [("agent-0", 9), ("agent-1", 2)].map(|(agent, count)| ManualAssignment {
        agent_id: id(agent),
        count,
    });
    let assigned = service
        .assign_queued_sessions_to_agents(&acme(), &wanted)
        .await
        .unwrap();
    assert_eq!(assigned.assigned, 8, "six, which is the limit, and two");
    let (one, other) = (id("agent-0"), id("agent-1"));
    let first: SessionId = id(&name(6));
    let refused = service
        .transfer_session(&first, &other, &one)
        .await
        .unwrap();
    let Transfer::Refused {
        refusal,
        session: stored,
    } = refused
    else {
        panic!("{refused:?}");
    };
    assert_eq!(refusal, Refusal::AgentAtLimit);
    assert_eq!(stored.unwrap().assigned_agent_id, Some(other.clone()));
    let moved = service
        .transfer_session(&id(&name(0)), &one, &other)
        .await
        .unwrap();
    let Transfer::Transferred(moved) = moved else {
        panic!("{moved:?}");
    };
    assert_eq!(moved.assigned_agent_id, Some(other));
}

/// A rule of the host's that lets the first agent fill up after the eligible were read.
struct Burden(Database);

impl HostRules for Burden {
    fn answer<'a>(
        &'a self,
        _: &'a Request,
        _: &'a Need,
    ) -> BoxFuture<'a, Result<RuleAnswer, Failure>> {
        Box::pin(async {
            self.0
                .put_session(&session("burden", held("agent-0")))
                .await;
            Ok(RuleVerdict::Continue.into())
        })
    }
}

#[tokio::test]
async fn whoever_filled_up_meanwhile_is_passed_over_and_the_trace_says_so() {
    let database = Database::new().await;
    crowd(&database, 2, 1).await;
    let tighten = "UPDATE teams SET routing_config = '{\"maxLoad\": 1}'";
    database.client.batch_execute(tighten).await.unwrap();
    let store = Arc::new(database.store().await);
    let pipeline = Pipeline::with_rule_before(RuleId::Selector, "burden").unwrap();
    let service = AssignmentService::new(store as Arc<dyn SessionStore>)
        .with_pipeline(pipeline, Arc::new(Burden(database)))
        .with_trace();
    let handover = hand_over(&service, 0).await;
    assert_eq!(handover.session.assigned_agent_id, Some(id("agent-1")));
    let trace = serde_json::to_value(&handover.decision.trace).unwrap();
    let claim = json!({"rule": "claim", "answer": "continue", "reason": "claims_refused",
        "values": {"agentId": uuid("agent-0"), "refusal": "agent_at_limit"}});
    assert_eq!(trace["rules"][0], claim);
}
