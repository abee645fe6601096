//! `assign_session`, strategy and save alone; and rules of the host's.

use std::sync::{Arc, Mutex};

use assignment_engine::core::{
    Agent, AgentId, Failure, Need, Pipeline, Request, RuleAnswer, RuleId, RuleVerdict, Session,
    SessionStatus, Source, TeamConfig,
};
use assignment_engine::{
    AssignmentService, BoxFuture, Clock, Counts, HostRules, InMemorySessionStore, ServiceError,
    SystemClock,
};
use serde_json::{Map, json};

use crate::watched_store::{Call, Then, Write};
use crate::world::{NEVER_OPEN, NOW, World, at, error_code, id, json_of, told};

#[tokio::test]
async fn neither_schedule_nor_contact_counts() {
    let world = World::new();
    let closed = json!({"schedule": json_of(NEVER_OPEN)});
    world.team_with("sales", &["anna"], closed);
    let taken = json!({"contactId": "c1", "status": "assigned", "assignedAgentId": "anna"});
    world.session("old", taken);
    world.session("s1", json!({"contactId": "c1", "assignedTeamId": "sales"}));
    let assigned = world.service.assign_session(&id("s1")).await.unwrap();
    let assigned = assigned.expect("anna gets it");
    assert_eq!(assigned, world.stored("s1"));
    assert_eq!(assigned.status, SessionStatus::Assigned);
    assert_eq!(assigned.assigned_agent_id, Some(id("anna")));
    assert_eq!(assigned.assigned_at, Some(at(NOW)));
    assert_eq!(world.store.take_writes().len(), 1);
    assert_eq!(world.courier.texts(), [""; 0]);
}

#[tokio::test]
async fn the_strategy_counts() {
    for (strategy, owner) in [("least_active", "ben"), ("round_robin", "anna")] {
        let world = World::new();
        world.team_with(
            "sales",
            &["anna", "ben"],
            json!({"routingStrategy": strategy}),
        );
        world.session(
            "old",
            json!({"status": "assigned", "assignedAgentId": "anna"}),
        );
        world.session("s1", json!({"assignedTeamId": "sales"}));
        world.service.assign_session(&id("s1")).await.unwrap();
        assert_eq!(world.owner("s1"), owner, "{strategy}");
    }
    let world = World::new();
    world.team_with("sales", &["anna"], json!({"routingStrategy": "manual"}));
    world.session("s1", json!({"assignedTeamId": "sales"}));
    let assigned = world.service.assign_session(&id("s1")).await;
    assert_eq!(assigned, Ok(None));
}

#[tokio::test]
async fn without_a_team_the_default_team_serves_and_the_session_stays_without() {
    let world = World::new();
    world.team_with("help", &["anna"], json!({"isDefault": true}));
    world.session("s1", json!({}));
    let assigned = world.service.assign_session(&id("s1")).await.unwrap();
    let assigned = assigned.expect("anna gets it");
    assert_eq!(assigned.assigned_agent_id, Some(id("anna")));
    assert_eq!(assigned.assigned_team_id, None);
}

#[tokio::test]
async fn nobody_an_owner_and_an_error_all_come_to_none_with_nothing_assigned() {
    let world = World::new();
    world.tenant(json!({"settings": {"waterfall": {"noAgentAction": "queue"}}}));
    world.team("sales", &["anna", "ben"]);
    world.team("empty", &[]);
    world.session("nobody", json!({"assignedTeamId": "empty"}));
    let taken = json!({"assignedTeamId": "sales", "status": "assigned", "assignedAgentId": "ben"});
    world.session("taken", taken);
    world.session("fails", json!({"assignedTeamId": "sales"}));
    world.rotation.answer(Ok(9));
    let before = world.snapshot();
    for name in ["nobody", "taken", "fails"] {
        let assigned = world.service.assign_session(&id(name)).await;
        assert_eq!(assigned, Ok(None), "{name}");
    }
    assert_eq!(world.snapshot(), before);
    assert_eq!(world.store.take_writes(), []);
    let unknown = world.service.assign_session(&id("unknown")).await;
    assert_eq!(unknown, Err(ServiceError::UnknownSession(id("unknown"))));
}

/// Answers every rule of the host's alike, and notes who asked.
struct Rule {
    answer: Result<RuleAnswer, Failure>,
    asked: Mutex<Vec<(Source, Vec<AgentId>)>>,
}

impl HostRules for Rule {
    fn answer<'a>(
        &'a self,
        request: &'a Request,
        need: &'a Need,
    ) -> BoxFuture<'a, Result<RuleAnswer, Failure>> {
        let Need::Rule { agents, .. } = need else {
            panic!("{need:?}");
        };
        let agents = agents.clone().unwrap_or_default();
        self.asked.lock().unwrap().push((request.source, agents));
        Box::pin(async move { self.answer.clone() })
    }
}

/// A world with a rule of the host's before the selector.
fn with_rule(answer: Result<RuleAnswer, Failure>) -> (World, Arc<Rule>) {
    let mut world = World::new();
    world.team("sales", &["anna", "ben", "cleo"]);
    let asked = Mutex::default();
    let rule = Arc::new(Rule { answer, asked });
    let pipeline = Pipeline::with_rule_before(RuleId::Selector, "skills").unwrap();
    let host_rules = Arc::clone(&rule) as Arc<dyn HostRules>;
    world.service = world.another_service().with_pipeline(pipeline, host_rules);
    (world, rule)
}

#[tokio::test]
async fn a_rule_of_the_hosts_narrows_the_choice_and_sees_what_asked() {
    let (world, rule) = with_rule(Ok(RuleAnswer {
        agents: Some(vec![id("cleo")]),
        ..RuleVerdict::Continue.into()
    }));
    world.session("s1", json!({}));
    world.session("s2", json!({}));
    let handover = world.hand_over("s1", Some("sales")).await.unwrap();
    assert_eq!(told(&handover), "cleo");
    assert_eq!(world.run_queue().await, 1);
    assert_eq!(world.owner("s2"), "cleo");
    let everybody: Vec<AgentId> = ["anna", "ben", "cleo"].map(id).to_vec();
    let asked = rule.asked.lock().unwrap().clone();
    let sources = [Source::Handover, Source::Queue];
    assert_eq!(asked, sources.map(|source| (source, everybody.clone())));
}

#[tokio::test]
async fn a_rule_of_the_hosts_that_fails_or_says_error_leaves_the_row_alone() {
    let failure = Failure {
        code: "no_skills".into(),
        message: "the skill service is away".into(),
    };
    let said = RuleVerdict::Error {
        message: "no skills".into(),
    };
    for (answer, code) in [(Err(failure), "no_skills"), (Ok(said.into()), "host_rule")] {
        let (world, _) = with_rule(answer);
        world.session("s1", json!({}));
        let before = world.snapshot();
        let handover = world.hand_over_with("s1", Some("sales"), json!({"a": 1}));
        assert_eq!(error_code(&handover.await.unwrap()), code);
        assert_eq!(world.snapshot(), before);
    }
}

#[tokio::test]
async fn an_agent_whom_the_store_does_not_know_is_refused_a_bounded_number_of_times() {
    let (world, rule) = with_rule(Ok(RuleVerdict::Assign {
        agent_id: id("nobody"),
    }
    .into()));
    world.session("s1", json!({}));
    let before = world.snapshot();
    let handover = world.hand_over("s1", Some("sales")).await.unwrap();
    assert_eq!(error_code(&handover), "claims_refused");
    assert_eq!(world.snapshot(), before);
    assert_eq!(rule.asked.lock().unwrap().len(), 8);
    let refused = world.store.take_writes();
    assert_eq!(refused.len(), 8);
    assert!(
        refused
            .iter()
            .all(|write| matches!(write, Write::Refused { .. }))
    );
}

#[tokio::test]
async fn a_service_needs_nothing_but_a_store() {
    let store = Arc::new(InMemorySessionStore::new());
    store.put_agent(Agent::online(id("anna")));
    let mut sales = TeamConfig::new(id("sales"));
    sales.members.push(id("anna"));
    store.put_team(id("acme"), sales);
    store.put_session(Session::new(id("s1"), id("acme")));
    let service = AssignmentService::new(store);
    let before = SystemClock.now();
    let name = id("s1");
    let handover = service.request_assignment(&name, None, Map::new());
    let session = handover.await.unwrap().session;
    assert_eq!(session.assigned_agent_id, Some(id("anna")));
    let at = session.assigned_at.unwrap();
    assert!(
        before <= at && at <= SystemClock.now(),
        "the machine's time"
    );
}

#[tokio::test]
async fn a_trace_is_there_if_it_was_asked_for() {
    for wanted in [false, true] {
        let mut world = World::new();
        if wanted {
            world.service = world.another_service().with_trace();
        }
        world.team("sales", &["anna", "ben"]);
        world.session("s1", json!({}));
        let handover = world.hand_over("s1", Some("sales")).await.unwrap();
        let trace = handover.decision.trace;
        let candidates = trace.map(|trace| trace.candidates.len());
        assert_eq!(candidates, wanted.then_some(2));
    }
}

/// Histories are long: they are counted only for a strategy that compares them.
#[tokio::test]
async fn histories_are_counted_only_where_somebody_looks() {
    let day = Counts::Since(at("2026-11-23T00:00:00Z"));
    for (strategy, config, counts) in [
        (json!(null), json!({}), Counts::None),
        (json!("round_robin"), json!({}), Counts::None),
        (json!("least_active"), json!({"maxLoad": 3}), Counts::None),
        (json!("no_such"), json!({}), Counts::None),
        (json!("least_assigned"), json!({}), Counts::Ever),
        (json!("least_assigned"), json!({"timeWindow": "day"}), day),
        (json!("hybrid"), json!({}), Counts::Ever),
    ] {
        let world = World::new();
        let more = json!({"routingStrategy": strategy, "routingConfig": config});
        world.team_with("sales", &["anna", "ben"], more);
        world.session("s1", json!({"assignedTeamId": "sales"}));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&asked);
        world.store.before(move |call, _| {
            if let Call::Members(counts) = call {
                noted.lock().unwrap().push(counts);
            }
            Then::GoOn
        });
        world.service.assign_session(&id("s1")).await.unwrap();
        assert_eq!(*asked.lock().unwrap(), [counts], "{strategy}");
    }
}
