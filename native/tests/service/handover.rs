//! `request_assignment`: which team, what is merged, what is stored, and in how many writes.

use assignment_engine::ServiceError;
use assignment_engine::core::{Outcome, Reason, SessionStatus};
use serde_json::{Value, json};

use crate::watched_store::Write;
use crate::world::{NOW, World, at, error_code, id, told};

#[tokio::test]
async fn an_agent_of_the_team_gets_the_session() {
    let world = World::new();
    world.team("sales", &["anna"]);
    world.session("s1", json!({"contactId": "c1", "priority": 3}));
    let handover = world.hand_over("s1", Some("sales")).await.unwrap();
    assert_eq!(told(&handover), "anna");
    assert_eq!(handover.session, world.stored("s1"));
    let mut expected = crate::world::session("s1", json!({"contactId": "c1", "priority": 3}));
    expected.status = SessionStatus::Assigned;
    expected.assigned_agent_id = Some(id("anna"));
    expected.assigned_team_id = Some(id("sales"));
    expected.assigned_at = Some(at(NOW));
    expected.updated_at = Some(at(NOW));
    assert_eq!(handover.session, expected, "and nothing else has changed");
}

#[tokio::test]
async fn no_team_and_a_blank_one_mean_the_default_team() {
    for blank in [None, Some(""), Some(" "), Some("\t \n")] {
        let world = World::new();
        world.team("a-sales", &["anna"]);
        world.team_with("help", &["ben"], json!({"isDefault": true}));
        world.session("s1", json!({}));
        let handover = world.hand_over("s1", blank).await.unwrap();
        assert_eq!(told(&handover), "ben", "{blank:?}");
        assert_eq!(world.stored("s1").assigned_team_id, Some(id("help")));
    }
}

/// Teams as `name members more`, and the team that a session without one goes to.
type DefaultCase = (
    &'static str,
    &'static [(&'static str, &'static [&'static str], &'static str)],
    Option<&'static str>,
);

const DEFAULTS: &[DefaultCase] = &[
    (
        "the default team comes first, however young",
        &[
            ("a", &["anna"], r#"{"createdAt": "2020-01-01T00:00:00Z"}"#),
            (
                "b",
                &["ben"],
                r#"{"createdAt": "2026-01-01T00:00:00Z", "isDefault": true}"#,
            ),
        ],
        Some("b"),
    ),
    (
        "a default team without members gives way to one with members",
        &[("a", &[], r#"{"isDefault": true}"#), ("b", &["ben"], "{}")],
        Some("b"),
    ),
    (
        "a default team that is not active gives way",
        &[
            ("a", &["anna"], r#"{"isDefault": true, "isActive": false}"#),
            ("b", &["ben"], "{}"),
        ],
        Some("b"),
    ),
    (
        "the oldest of several",
        &[
            ("a", &["anna"], r#"{"createdAt": "2026-01-01T00:00:00Z"}"#),
            ("b", &["ben"], r#"{"createdAt": "2025-01-01T00:00:00Z"}"#),
            ("c", &["cleo"], "{}"),
        ],
        Some("b"),
    ),
    (
        "no team has members: the default team itself",
        &[("a", &[], "{}"), ("b", &[], r#"{"isDefault": true}"#)],
        Some("b"),
    ),
    (
        "no team has members, several default ones: the oldest",
        &[
            (
                "a",
                &[],
                r#"{"isDefault": true, "createdAt": "2026-01-01T00:00:00Z"}"#,
            ),
            (
                "b",
                &[],
                r#"{"isDefault": true, "createdAt": "2025-01-01T00:00:00Z"}"#,
            ),
            ("c", &[], r#"{"isDefault": true}"#),
        ],
        Some("b"),
    ),
    (
        "no team has members, and none is the default",
        &[("a", &[], "{}"), ("b", &[], "{}")],
        None,
    ),
    (
        "no team has members, and the default one is not active",
        &[("a", &[], r#"{"isDefault": true, "isActive": false}"#)],
        None,
    ),
    ("there is no team", &[], None),
];

#[tokio::test]
async fn the_default_team_is_found_as_the_contract_says() {
    for (what, teams, expected) in DEFAULTS {
        let world = World::new();
        for (name, members, more) in *teams {
            world.team_with(name, members, crate::world::json_of(more));
        }
        world.team_of("other", "0", &["zoe"], json!({"isDefault": true}));
        world.session("s1", json!({}));
        world.hand_over("s1", None).await.unwrap();
        let team = world.stored("s1").assigned_team_id;
        let team = team.as_ref().map(|team| team.as_str());
        assert_eq!(team, *expected, "{what}");
    }
}

#[tokio::test]
async fn the_team_in_force_replaces_the_one_the_session_had() {
    for (asked, owner) in [(Some("support"), "ben"), (None, "cleo")] {
        let world = World::new();
        world.team("sales", &["anna"]);
        world.team("support", &["ben"]);
        world.team_with("help", &["cleo"], json!({"isDefault": true}));
        world.session("s1", json!({"assignedTeamId": "sales"}));
        let handover = world.hand_over("s1", asked).await.unwrap();
        assert_eq!(told(&handover), owner, "{asked:?}");
    }
}

#[tokio::test]
async fn a_team_that_is_not_the_tenants_is_refused() {
    let world = World::new();
    world.team("sales", &["anna"]);
    world.team_of("other", "theirs", &["zoe"], json!({}));
    world.session("s1", json!({}));
    let before = world.snapshot();
    for team in ["nowhere", "theirs"] {
        let refused = world
            .hand_over_with("s1", Some(team), json!({"a": 1}))
            .await;
        assert_eq!(refused, Err(ServiceError::UnknownTeam(id(team))));
    }
    let too_long = "t".repeat(129);
    let refused = world.hand_over("s1", Some(&too_long)).await.unwrap_err();
    assert_eq!(refused.code(), "bad_id");
    assert_eq!(world.snapshot(), before);
    assert_eq!(world.store.take_writes(), []);
}

#[tokio::test]
async fn a_session_that_is_not_there_is_refused() {
    let world = World::new();
    world.team("sales", &["anna"]);
    let refused = world.hand_over("s1", None).await;
    assert_eq!(refused, Err(ServiceError::UnknownSession(id("s1"))));
}

#[tokio::test]
async fn the_context_goes_over_older_entries_and_keeps_the_others() {
    for (owner, what) in [("anna", "assign"), ("", "stop")] {
        let world = World::new();
        world.tenant(json!({"settings": {"waterfall": {"noAgentAction": "queue"}}}));
        world.team("sales", if owner.is_empty() { &[] } else { &["anna"] });
        let old = json!({"account": "wa-1", "topic": {"deep": 1}, "language": "de"});
        world.session("s1", json!({"context": old}));
        let new = json!({"topic": "billing", "fresh": null});
        let handover = world
            .hand_over_with("s1", Some("sales"), new)
            .await
            .unwrap();
        assert_eq!(handover.outcome().kind(), what);
        let merged =
            json!({"account": "wa-1", "topic": "billing", "language": "de", "fresh": null});
        let context = world.stored("s1").context.map(Value::Object);
        assert_eq!(context, Some(merged), "{what}");
        assert_eq!(handover.session, world.stored("s1"));
    }
}

#[tokio::test]
async fn a_session_without_context_gets_one_only_if_there_is_something_to_keep() {
    let world = World::new();
    world.team("sales", &["anna"]);
    world.session("s1", json!({}));
    world.session("s2", json!({}));
    world.hand_over("s1", Some("sales")).await.unwrap();
    assert_eq!(world.stored("s1").context, None);
    let handed = world.hand_over_with("s2", Some("sales"), json!({"a": 1}));
    handed.await.unwrap();
    let context = world.stored("s2").context.map(Value::Object);
    assert_eq!(context, Some(json!({"a": 1})));
}

#[tokio::test]
async fn team_context_and_decision_are_one_write_after_the_stamp_of_a_message() {
    let world = World::new();
    world.tenant(json!({"settings": {"waterfall": {"noAgentAction": "reply"}}}));
    world.team_with("sales", &["anna"], json!({"routingConfig": {"maxLoad": 1}}));
    world.team("empty", &[]);
    for (name, contact) in [("s1", "c1"), ("s2", "c2"), ("s3", "c1"), ("s4", "c4")] {
        world.session(name, json!({"contactId": contact}));
    }
    let topic = json!({"topic": "billing"});

    let assigned = world.hand_over_with("s1", Some("sales"), topic.clone());
    assert_eq!(assigned.await.unwrap().outcome().kind(), "assign");
    let claimed = Write::Claimed {
        session: id("s1"),
        agent: id("anna"),
        limit: std::num::NonZeroU32::new(1),
    };
    assert_eq!(world.store.take_writes(), [claimed]);

    let stopped = world.hand_over_with("s2", Some("empty"), topic.clone());
    assert_eq!(stopped.await.unwrap().outcome().kind(), "stop");
    let stamped = [Write::Stamped(id("s2")), Write::Updated(id("s2"))];
    assert_eq!(world.store.take_writes(), stamped);
    let stored = world.stored("s2");
    assert_eq!(stored.assigned_team_id, Some(id("empty")));
    let stamped = json!({"topic": "billing", "noAgentLastSentAt": NOW});
    assert_eq!(stored.context.map(Value::Object), Some(stamped));

    let skipped = world.hand_over_with("s3", Some("sales"), topic.clone());
    assert_eq!(skipped.await.unwrap().outcome().kind(), "skip");
    assert_eq!(world.store.take_writes(), [Write::Updated(id("s3"))]);

    world.rotation.answer(Ok(7));
    world.team("crowd", &["ben", "cleo"]);
    let before = world.snapshot();
    let failed = world.hand_over_with("s4", Some("crowd"), topic).await;
    let failed = failed.unwrap();
    assert_eq!(error_code(&failed), "index_out_of_range");
    assert_eq!(world.store.take_writes(), []);
    assert_eq!(world.snapshot(), before);
    assert_eq!(failed.session, world.stored("s4"), "and so it is answered");
}

#[tokio::test]
async fn a_session_that_stays_unassigned_keeps_all_but_team_and_context() {
    let world = World::new();
    world.tenant(json!({"settings": {"waterfall": {"noAgentAction": "queue"}}}));
    world.team("sales", &[]);
    let more = json!({"contactId": "c1", "priority": -2, "channel": "whatsapp",
        "createdAt": "2026-11-20T00:00:00Z", "lastMessageAt": "2026-11-21T00:00:00Z"});
    world.session("s1", more.clone());
    let handover = world.hand_over("s1", Some("sales")).await.unwrap();
    let mut expected = crate::world::session("s1", more);
    expected.assigned_team_id = Some(id("sales"));
    expected.updated_at = Some(at(NOW));
    assert_eq!(world.stored("s1"), expected);
    assert_eq!(handover.session, expected);
}

#[tokio::test]
async fn a_session_with_an_owner_and_one_that_is_over_are_left_alone() {
    for status in ["assigned", "resolved"] {
        let world = World::new();
        world.team("sales", &["anna"]);
        world.session("s1", json!({"status": status, "assignedAgentId": "ben"}));
        let before = world.snapshot();
        let handover = world.hand_over_with("s1", Some("sales"), json!({"a": 1}));
        let handover = handover.await.unwrap();
        assert_eq!(handover.outcome(), &Outcome::Skip, "{status}");
        assert_eq!(handover.decision.reason, Reason::SessionTaken);
        assert_eq!(world.snapshot(), before);
        assert_eq!(world.store.take_writes(), []);
        assert_eq!(world.rotation.take_asked(), []);
    }
}

#[tokio::test]
async fn the_contacts_other_session_holds_this_one_back_and_only_within_the_tenant() {
    let world = World::new();
    world.team("sales", &["anna"]);
    let taken = json!({"contactId": "c1", "status": "assigned", "assignedAgentId": "anna"});
    world.session("old", taken.clone());
    let elsewhere = crate::world::session(
        "far",
        json!({"tenantId": "other", "contactId": "c2",
        "status": "assigned", "assignedAgentId": "zoe"}),
    );
    world.store.inner().put_session(elsewhere);
    world.session("s1", json!({"contactId": "c1"}));
    world.session("s2", json!({"contactId": "c2"}));
    world.session("s3", json!({}));
    for (name, outcome) in [("s1", "skip"), ("s2", "anna"), ("s3", "anna")] {
        let handover = world.hand_over(name, Some("sales")).await.unwrap();
        assert_eq!(told(&handover), outcome, "{name}");
    }
    world.store.resolve(&id("old"));
    let handover = world.hand_over("s1", Some("sales")).await.unwrap();
    assert_eq!(told(&handover), "anna", "once the other one is over");
}

#[tokio::test]
async fn a_handover_forces_nothing() {
    let world = World::new();
    world.agent(json!({"id": "anna", "status": "away"}));
    world.store.inner().put_team(
        id("acme"),
        serde_json::from_value(json!({"id": "sales", "members": ["anna"]})).unwrap(),
    );
    world.session("s1", json!({}));
    let handover = world.hand_over("s1", Some("sales")).await.unwrap();
    assert_eq!(handover.decision.reason, Reason::NobodyOnline);
    assert_eq!(world.owner("s1"), "");
}

#[tokio::test]
async fn the_rotation_is_asked_under_team_or_tenant_and_only_for_a_real_pick() {
    let world = World::new();
    world.team("sales", &["anna", "ben", "cleo"]);
    world.team("empty", &[]);
    for name in ["s1", "s2", "s3"] {
        world.session(name, json!({}));
    }
    world.hand_over("s1", Some("empty")).await.unwrap();
    assert_eq!(world.rotation.take_asked(), []);
    world.hand_over("s2", Some("sales")).await.unwrap();
    assert_eq!(world.rotation.take_asked(), [("sales".to_owned(), 3)]);
    world.service.assign_session(&id("s3")).await.unwrap();
    assert_eq!(world.rotation.take_asked(), [("acme".to_owned(), 3)]);
}

#[tokio::test]
async fn another_tenants_team_on_a_session_has_no_members_for_it() {
    let world = World::new();
    world.team("sales", &["anna"]);
    world.team_of("other", "theirs", &["zoe"], json!({}));
    world.session("s1", json!({"assignedTeamId": "theirs"}));
    world.session("s2", json!({"assignedTeamId": "gone"}));
    assert_eq!(world.run_queue().await, 0);
    for name in ["s1", "s2"] {
        let assigned = world.service.assign_session(&id(name)).await.unwrap();
        assert_eq!(assigned, None, "{name}");
        assert_eq!(world.owner(name), "");
    }
    assert_eq!(world.load("zoe"), 0);
}
