//! `decide` and `explain`: the examples as they are printed, and how state moves on.

use serde_json::{Value, json};

use super::{Ran, clean, expect, run, run_with, with};

/// What was decided, line by line.
fn decided(scenario: &Value, args: &[&str]) -> Vec<Value> {
    let args = [&["decide", "-"], args].concat();
    let Ran { code, out, err } = run_with(&args, scenario.to_string().as_bytes());
    assert_eq!((code, err.as_str()), (0, ""));
    out.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Who got each of the sessions, or why nobody did.
fn owners(scenario: &Value) -> Vec<String> {
    let owner = |decision: Value| {
        let agent = decision.pointer("/outcome/agentId");
        let told = agent.or(decision.get("reason")).and_then(Value::as_str);
        told.unwrap().to_owned()
    };
    decided(scenario, &[]).into_iter().map(owner).collect()
}

#[test]
fn the_examples_are_decided_as_they_were() {
    for name in ["support-team", "night-shift"] {
        let path = format!("examples/{name}.json");
        let Ran { code, out, err } = run(&["decide", &path]);
        assert_eq!((code, err.as_str()), (0, ""));
        expect(&format!("decide-{name}.jsonl"), &out);
        let traced = run(&["decide", "--trace", &path]).out;
        expect(&format!("decide-trace-{name}.jsonl"), &traced);

        let mut told = String::new();
        for line in out.lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            let session = line.get("sessionId").and_then(Value::as_str).unwrap();
            let Ran { code, out, err } = run(&["explain", &path, session]);
            assert_eq!((code, err.as_str()), (0, ""));
            told += &format!("$ assignment-engine explain {path} {session}\n{out}\n");
        }
        expect(&format!("explain-{name}.txt"), &told);
    }
}

#[test]
fn an_assignment_counts_and_the_rotation_turns() {
    let session = |n: u32| json!({ "id": format!("s{n}"), "assignedTeamId": "support" });
    let scenario = with(clean(), "/sessions", (0..5).map(session).collect());
    // The rotation stands at 1, and each may have two.
    assert_eq!(
        owners(&scenario),
        ["ben", "anna", "ben", "anna", "everybody_at_limit"]
    );
    let start = with(scenario.clone(), "/rotation", json!({}));
    assert_eq!(
        owners(&start),
        ["anna", "ben", "anna", "ben", "everybody_at_limit"]
    );
    let busy = with(scenario, "/roster/agents/0/active", json!(1));
    assert_eq!(
        owners(&busy),
        [
            "ben",
            "anna",
            "ben",
            "everybody_at_limit",
            "everybody_at_limit"
        ]
    );
}

#[test]
fn what_an_agent_was_given_before_counts() {
    let team =
        json!({ "id": "t", "routingStrategy": "least_assigned", "members": ["anna", "ben"] });
    let scenario = with(clean(), "/roster/teams", json!([team]));
    let scenario = with(scenario, "/rotation", json!({}));
    let session = |n: u32| json!({ "id": format!("s{n}"), "assignedTeamId": "t" });
    let scenario = with(scenario, "/sessions", (0..4).map(session).collect());
    let scenario = with(scenario, "/roster/agents/0/total", json!(3));
    assert_eq!(owners(&scenario), ["ben", "ben", "ben", "ben"]);
    let scenario = with(scenario, "/roster/agents/1/total", json!(2));
    assert_eq!(owners(&scenario), ["ben", "ben", "anna", "ben"]);
}

#[test]
fn the_sessions_listed_say_whether_a_contact_is_assigned() {
    let session = |id: &str, contact: &str| json!({ "id": id, "contactId": contact });
    let taken = json!({ "id": "old", "contactId": "c1", "status": "assigned",
                        "assignedAgentId": "anna", "assignedTeamId": "support" });
    let sessions = json!([
        session("a", "c1"),
        session("b", "c2"),
        session("c", "c2"),
        taken
    ]);
    let scenario = with(clean(), "/sessions", sessions);
    let scenario = with(scenario, "/rotation", json!({}));
    // The one that is assigned counts from the beginning, wherever it stands, and gets no line.
    let skipped = "contact_already_assigned";
    assert_eq!(owners(&scenario), [skipped, "anna", skipped]);

    let told = with(scenario, "/sessions/0/contactAssigned", json!(false));
    let told = with(told, "/sessions/1/contactAssigned", json!(true));
    assert_eq!(owners(&told), ["anna", skipped, "ben"]);

    let resolved = with(told, "/sessions/3/status", json!("resolved"));
    assert_eq!(decided(&resolved, &[]).len(), 3);
}

#[test]
fn a_trace_is_there_only_when_asked_for() {
    assert!(
        decided(&clean(), &[])
            .iter()
            .all(|line| line.get("trace").is_none())
    );
    for line in decided(&clean(), &["--trace"]) {
        assert!(line.pointer("/trace/rules/0/reason").is_some(), "{line}");
    }
}

#[test]
fn a_scenario_without_sessions_decides_nothing() {
    let scenario = with(clean(), "/sessions", json!([]));
    assert_eq!(decided(&scenario, &[]), [] as [Value; 0]);
}

#[test]
fn a_session_that_is_not_there_is_looked_for_nearby() {
    let path = "examples/support-team.json";
    for (session, message) in [
        (
            "chat-55",
            "error: sessions: there is no session `chat-55`\nhint: near to it: `chat-5`\n",
        ),
        (
            "Chat 2",
            "error: sessions: there is no session `Chat 2`\nhint: near to it: `chat-2`\n",
        ),
        (
            "night",
            "error: sessions: there is no session `night`\nhint: the sessions to decide on are \
             `chat-2`, `chat-3`, `chat-4`, `chat-5` and 5 more\n",
        ),
        (
            "chat-1",
            "error: sessions[0]: `chat-1` is assigned already: nothing is decided\nhint: only \
             sessions with the status `unassigned` are decided on\n",
        ),
    ] {
        let Ran { code, out, err } = run(&["explain", path, session]);
        assert_eq!((code, out.as_str()), (1, ""));
        assert_eq!(err, message);
    }
}
