//! What operators see: two log lines, to the letter, spans, a counter and a histogram.

use std::collections::BTreeMap;

use assignment_engine::core::{Pipeline, Request, RuleAnswer, RuleId, RuleVerdict};
use assignment_engine::{
    BoxFuture, HostRules, OUTCOMES_TOTAL, ProviderErrorKind, RULE_DURATION_SECONDS,
};
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use serde_json::json;

use crate::log::Log;
use crate::world::{NEVER_OPEN, World, id, json_of};

/// The contract's lines, without the time in front of them: the spans, and the event as
/// operators search for it.
fn lines(log: &Log) -> Vec<(String, String)> {
    let log = log.take();
    let ours = log.lines().filter(|line| !line.contains(" WARN "));
    let split = ours.filter_map(|line| {
        let (head, event) = line.split_once(" assignment_engine::observe: ")?;
        let (_, spans) = head.split_once("DEBUG").expect("at debug level");
        Some((spans.trim().to_owned(), event.to_owned()))
    });
    split.collect()
}

/// The rule of a line of `rule_duration`, which is checked to the letter.
fn rule(event: &str) -> Option<&str> {
    let rest = event.strip_prefix("assignment_engine.rule_duration rule=")?;
    let (rule, milliseconds) = rest.split_once(" durationMs=").expect("a duration");
    milliseconds.parse::<u64>().expect("whole milliseconds");
    Some(rule)
}

#[tokio::test]
async fn the_two_lines_are_as_the_contract_gives_them() {
    let log = Log::start();
    let world = World::new();
    world.team("sales", &["anna"]);
    world.team("support", &["ben", "cleo"]);
    world.session("s1", json!({"contactId": "c1"}));
    world.hand_over("s1", Some("sales")).await.unwrap();
    let events = lines(&log);
    let rules: Vec<&str> = events.iter().filter_map(|(_, event)| rule(event)).collect();
    let all = [
        "schedule",
        "contactAlreadyAssigned",
        "strategy",
        "eligibility",
        "selector",
    ];
    assert_eq!(rules, all);
    let (spans, last) = events.last().unwrap();
    assert_eq!(
        last,
        "assignment_engine.outcome outcome=assign sessionId=s1"
    );
    assert_eq!(events.len(), 6);
    assert_eq!(spans, "assignment_engine.request_assignment{sessionId=s1}:");

    // Each outcome; the message only of an error.
    world.team_with("manual", &["anna"], json!({"routingStrategy": "manual"}));
    world.session("s2", json!({}));
    world.hand_over("s2", Some("manual")).await.unwrap();
    let events = lines(&log);
    let (_, last) = events.last().unwrap();
    assert_eq!(last, "assignment_engine.outcome outcome=stop sessionId=s2");
    assert_eq!(events.len(), 4, "no line of a rule that was not asked");

    world.session("s3", json!({"contactId": "c1"}));
    world.hand_over("s3", Some("sales")).await.unwrap();
    let events = lines(&log);
    let (_, last) = events.last().unwrap();
    assert_eq!(last, "assignment_engine.outcome outcome=skip sessionId=s3");

    world.rotation.answer(Err(ProviderErrorKind::Timeout));
    world.session("s4", json!({}));
    world.hand_over("s4", Some("support")).await.unwrap();
    let events = lines(&log);
    let (_, last) = events.last().unwrap();
    assert_eq!(
        last,
        "assignment_engine.outcome outcome=error sessionId=s4 message=the rotation is away"
    );
    assert_eq!(events.len(), 6, "the rule that failed has its line");
}

#[tokio::test]
async fn queue_runs_and_the_dispatch_have_the_same_lines() {
    let log = Log::start();
    let world = World::new();
    world.team("sales", &["anna"]);
    world.session("s1", json!({}));
    world.run_queue().await;
    let events = lines(&log);
    assert_eq!(events.len(), 6);
    let (spans, last) = events.last().unwrap();
    assert_eq!(
        last,
        "assignment_engine.outcome outcome=assign sessionId=s1"
    );
    assert_eq!(spans, "assignment_engine.assign_queue{tenantId=acme}:");

    world.session("s2", json!({}));
    world.service.assign_session(&id("s2")).await.unwrap();
    let events = lines(&log);
    let rules: Vec<&str> = events.iter().filter_map(|(_, event)| rule(event)).collect();
    assert_eq!(rules, ["strategy", "eligibility", "selector"]);

    world.session("s3", json!({}));
    world.to_teams(&["sales"], true).await.unwrap();
    let events = lines(&log);
    let (_, last) = events.last().unwrap();
    assert_eq!(
        last,
        "assignment_engine.outcome outcome=assign sessionId=s3"
    );
}

#[tokio::test]
async fn a_session_that_is_left_alone_has_its_outcome_and_no_rule() {
    let log = Log::start();
    let world = World::new();
    world.team("sales", &["anna"]);
    world.session(
        "s1",
        json!({"status": "assigned", "assignedAgentId": "anna"}),
    );
    world.hand_over("s1", Some("sales")).await.unwrap();
    let events: Vec<String> = lines(&log).into_iter().map(|(_, event)| event).collect();
    assert_eq!(
        events,
        ["assignment_engine.outcome outcome=skip sessionId=s1"]
    );
}

#[tokio::test]
async fn warnings_name_team_and_session() {
    let log = Log::start();
    let world = World::new();
    let schedule = json!({"enabled": true, "timezone": "Mars/Phobos"});
    world.team_with("sales", &["anna"], json!({"schedule": schedule}));
    world.team_with("support", &["anna"], json!({"routingStrategy": "psychic"}));
    world.session("s1", json!({}));
    world.hand_over("s1", Some("sales")).await.unwrap();
    let text = log.take();
    let warning = text.lines().find(|line| line.contains(" WARN ")).unwrap();
    for part in [
        "`sales`",
        "Mars/Phobos",
        "sessionId=s1",
        "time_zone_unknown",
    ] {
        assert!(warning.contains(part), "{warning}");
    }
    world.session("s2", json!({}));
    world.hand_over("s2", Some("support")).await.unwrap();
    let text = log.take();
    let warning = text.lines().find(|line| line.contains(" WARN ")).unwrap();
    for part in ["`psychic`", "sessionId=s2", "unknown_strategy"] {
        assert!(warning.contains(part), "{warning}");
    }
}

/// Text that would end a line, begin a forged one, and colour a terminal.
const FORGERY: &str = "x\r\n2026-11-23 WARN forged\u{1b}[31m\u{85}\0";

fn clean(log: &Log, expected_lines: usize, what: &str) {
    let text = log.take();
    let raw = text
        .chars()
        .filter(|char| char.is_control() && *char != '\n');
    assert_eq!(raw.collect::<String>(), "", "{what}: {text:?}");
    for line in text.lines() {
        assert!(
            line.starts_with("2026") || line.starts_with("20"),
            "{what}: {line}"
        );
        assert!(
            !line.starts_with("2026-11-23 WARN forged"),
            "{what} forges a line: {text}"
        );
    }
    assert!(text.lines().count() >= expected_lines, "{what}: {text}");
    assert!(
        text.contains("forged"),
        "{what} is not in the log at all: {text}"
    );
}

#[tokio::test]
async fn no_id_message_or_name_from_outside_reaches_the_log_raw() {
    let log = Log::start();
    let world = World::new();
    world.team("sales", &["anna", "ben"]);
    world.session(FORGERY, json!({}));
    world.hand_over(FORGERY, Some("sales")).await.unwrap();
    clean(&log, 6, "a session id");

    world.session("s1", json!({}));
    world.courier.fail(FORGERY);
    world.team("empty", &[]);
    world.hand_over("s1", Some("empty")).await.unwrap();
    clean(&log, 5, "why a no-agent message was not sent");

    world.team_with(
        "closed",
        &["anna"],
        json!({"schedule": json_of(NEVER_OPEN)}),
    );
    world.hand_over("s1", Some("closed")).await.unwrap();
    clean(&log, 2, "why an out-of-office message was not sent");

    let more = json!({"routingStrategy": FORGERY,
        "schedule": {"enabled": true, "timezone": FORGERY}});
    world.team_with(FORGERY, &["anna"], more);
    world.courier.recover();
    world.hand_over("s1", Some(FORGERY)).await.unwrap();
    clean(&log, 3, "team and time zone");
    world.to_teams(&[FORGERY], true).await.unwrap();
    clean(&log, 3, "a strategy");

    let tenant = id(FORGERY);
    let service = &world.service;
    let run = service.assign_queued_sessions_to_available_agents(&tenant, None, None);
    run.await.unwrap();
    let foreign = crate::world::session("foreign", json!({"tenantId": FORGERY}));
    world.store.inner().put_session(foreign);
    world.team_of(FORGERY, "theirs", &["zoe"], json!({}));
    let run = service.assign_queued_sessions_to_available_agents(&tenant, None, None);
    assert_eq!(run.await.unwrap().assigned, 1);
    clean(&log, 6, "a tenant");
}

/// A host's rule that fails with a code and a message.
struct Failing;

impl HostRules for Failing {
    fn answer<'a>(
        &'a self,
        _: &'a Request,
        _: &'a assignment_engine::core::Need,
    ) -> BoxFuture<'a, Result<RuleAnswer, assignment_engine::core::Failure>> {
        Box::pin(async {
            Err(assignment_engine::core::Failure {
                code: FORGERY.into(),
                message: FORGERY.into(),
            })
        })
    }
}

#[tokio::test]
async fn no_code_or_message_of_a_rule_reaches_the_log_raw() {
    let log = Log::start();
    let mut world = World::new();
    let pipeline = Pipeline::with_rule_before(RuleId::Selector, FORGERY).unwrap();
    let service = world.another_service();
    world.service = service.with_pipeline(pipeline, std::sync::Arc::new(Failing));
    world.team("sales", &["anna", "ben"]);
    world.session("s1", json!({}));
    world.hand_over("s1", Some("sales")).await.unwrap();
    clean(&log, 6, "a rule's message");
    world.run_queue().await;
    clean(&log, 6, "a rule's code");
}

/// Takes what was counted since the last call: outcomes, and how often each rule was measured.
fn counted(snapshotter: &Snapshotter) -> (BTreeMap<String, u64>, BTreeMap<String, usize>) {
    let (mut outcomes, mut rules) = (BTreeMap::new(), BTreeMap::new());
    for (key, _, _, value) in snapshotter.snapshot().into_vec() {
        let labels: Vec<_> = key.key().labels().collect();
        let [label] = labels[..] else {
            panic!("one label, not {labels:?}");
        };
        let what = (key.key().name(), label.key(), value);
        match what {
            (OUTCOMES_TOTAL, "outcome", DebugValue::Counter(count)) => {
                outcomes.insert(label.value().to_owned(), count);
            }
            (RULE_DURATION_SECONDS, "rule", DebugValue::Histogram(seconds)) => {
                let sound = |second: f64| (0.0..60.0).contains(&second);
                assert!(seconds.iter().all(|second| sound(second.into_inner())));
                rules.insert(label.value().to_owned(), seconds.len());
            }
            other => panic!("{other:?}"),
        }
    }
    (outcomes, rules)
}

#[test]
fn outcomes_and_rule_durations_are_measured() {
    assert_eq!(OUTCOMES_TOTAL, "assignment_engine_outcomes_total");
    assert_eq!(
        RULE_DURATION_SECONDS,
        "assignment_engine_rule_duration_seconds"
    );
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.unwrap();
    metrics::with_local_recorder(&recorder, || {
        runtime.block_on(async {
            let world = World::new();
            world.team("sales", &["anna"]);
            world.team_with(
                "closed",
                &["anna"],
                json!({"schedule": json_of(NEVER_OPEN)}),
            );
            world.sessions(3, &json!({"assignedTeamId": "sales"}));
            assert_eq!(world.run_queue().await, 3);
            world.session("s4", json!({}));
            world.hand_over("s4", Some("closed")).await.unwrap();
            world.hand_over("s000", Some("closed")).await.unwrap();
            world.rotation.answer(Ok(5));
            world.hand_over("s4", Some("sales")).await.unwrap();
        });
    });
    let (outcomes, rules) = counted(&snapshotter);
    let outcomes: Vec<(&str, u64)> = outcomes.iter().map(|(k, v)| (k.as_str(), *v)).collect();
    assert_eq!(
        outcomes,
        [("assign", 3), ("error", 1), ("skip", 1), ("stop", 1)]
    );
    let rules: Vec<(&str, usize)> = rules.iter().map(|(k, v)| (k.as_str(), *v)).collect();
    let expected = [
        ("contactAlreadyAssigned", 4),
        ("eligibility", 4),
        ("schedule", 5),
        ("selector", 4),
        ("strategy", 4),
    ];
    assert_eq!(rules, expected);
}

#[test]
fn a_rule_of_the_hosts_is_measured_by_its_name() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.unwrap();
    struct GoOn;
    impl HostRules for GoOn {
        fn answer<'a>(
            &'a self,
            _: &'a Request,
            _: &'a assignment_engine::core::Need,
        ) -> BoxFuture<'a, Result<RuleAnswer, assignment_engine::core::Failure>> {
            Box::pin(async { Ok(RuleVerdict::Continue.into()) })
        }
    }
    metrics::with_local_recorder(&recorder, || {
        runtime.block_on(async {
            let mut world = World::new();
            let pipeline = Pipeline::with_rule_before(RuleId::Selector, "skills").unwrap();
            let service = world.another_service();
            world.service = service.with_pipeline(pipeline, std::sync::Arc::new(GoOn));
            world.team("sales", &["anna"]);
            world.session("s1", json!({}));
            world.hand_over("s1", Some("sales")).await.unwrap();
        });
    });
    let (_, rules) = counted(&snapshotter);
    assert_eq!(rules.get("skills"), Some(&1));
    assert_eq!(rules.len(), 6);
}
