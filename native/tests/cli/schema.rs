//! The published schema: the examples fit it, and it says what the strict reader says.

use jsonschema::Validator;
use serde_json::{Value, json};

use super::{Ran, clean, run, run_with, with, without};

fn validator() -> Validator {
    let Ran { code, out, err } = run(&["schema"]);
    assert_eq!((code, err.as_str()), (0, ""));
    let schema: Value = serde_json::from_str(&out).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap()
}

#[test]
fn the_examples_fit_the_schema() {
    let validator = validator();
    let mut seen = 0;
    for entry in std::fs::read_dir(super::root().join("examples")).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            let example = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            let errors: Vec<_> = validator
                .iter_errors(&example)
                .map(|e| e.to_string())
                .collect();
            assert!(errors.is_empty(), "{}: {errors:?}", path.display());
            seen += 1;
        }
    }
    assert!(seen >= 3);
}

/// What becomes of a scenario with this value in this place.
enum Fate {
    /// Reader and schema take it.
    Taken,
    /// Reader and schema refuse it; the reader names this path.
    Refused(&'static str),
    /// The reader refuses it for something that no schema can say.
    RefusedByReader(&'static str),
}

use Fate::{Refused, RefusedByReader, Taken};

#[test]
fn schema_and_reader_agree() {
    let validator = validator();
    for (pointer, value, fate) in table() {
        agree(
            &validator,
            &with(clean(), pointer, value.clone()),
            &fate,
            &format!("{pointer} {value:.80}"),
        );
    }
    for (pointer, path) in [
        ("/now", "$"),
        ("/roster", "$"),
        ("/roster/tenantId", "roster"),
        ("/roster/teams/0/id", "roster.teams[0]"),
        (
            "/roster/teams/0/schedule/enabled",
            "roster.teams[0].schedule",
        ),
        ("/roster/agents/0/id", "roster.agents[0]"),
        ("/sessions/0/id", "sessions[0]"),
    ] {
        agree(
            &validator,
            &without(clean(), pointer),
            &Refused(path),
            pointer,
        );
    }
    for pointer in [
        "/sessions",
        "/rotation",
        "/roster/tenant",
        "/roster/tenant/settings",
        "/roster/teams/0/schedule/days",
        "/sessions/0/contactId",
    ] {
        agree(&validator, &without(clean(), pointer), &Taken, pointer);
    }
}

fn agree(validator: &Validator, scenario: &Value, fate: &Fate, what: &str) {
    let Ran { code, out, err } = run_with(&["decide", "-"], scenario.to_string().as_bytes());
    let (taken, fits) = match fate {
        Taken => (true, true),
        Refused(_) => (false, false),
        RefusedByReader(_) => (false, true),
    };
    assert_eq!(code, i32::from(!taken), "reader on {what}: {err}");
    if let Refused(path) | RefusedByReader(path) = fate {
        assert_eq!(out, "", "{what}");
        assert!(
            err.starts_with(&format!("error: {path}: ")),
            "{what}: {err}"
        );
        assert!(
            err.lines()
                .nth(1)
                .is_some_and(|line| line.starts_with("hint: ")),
            "{err}"
        );
    }
    let errors: Vec<_> = validator
        .iter_errors(scenario)
        .map(|e| e.to_string())
        .collect();
    assert_eq!(errors.is_empty(), fits, "schema on {what}: {errors:?}");
}

#[rustfmt::skip] // A row a line, however long.
fn table() -> Vec<(&'static str, Value, Fate)> {
    let long = |length: usize| "x".repeat(length);
    let monday = "/roster/teams/0/schedule/days/monday";
    let start = "/roster/teams/0/schedule/days/monday/0/start";
    let end = "/roster/teams/0/schedule/days/monday/0/end";
    let shifts = |count: usize| vec![json!({ "start": "08:00", "end": "09:00" }); count];
    let many = |count: usize| {
        (0..count)
            .map(|n| json!({ "id": format!("x{n}") }))
            .collect::<Value>()
    };
    vec![
        // Fields.
        ("/now", json!("2026-11-23T10:30:00+01:00"), Taken),
        ("/now", json!("2026-11-23"), Refused("now")),
        ("/now", json!("noon"), Refused("now")),
        ("/now", json!(1_764_000_000), Refused("now")),
        ("/now", json!(null), Refused("now")),
        ("/$schema", json!("scenario.schema.json"), Taken),
        ("/description", json!("What it shows."), Taken),
        ("/comment", json!("x"), Refused("comment")),
        ("/roster", json!([]), Refused("roster")),
        ("/roster/color", json!("red"), Refused("roster.color")),
        ("/roster/teams/0/color", json!("red"), Refused("roster.teams[0].color")),
        ("/roster/agents/0/color", json!("red"), Refused("roster.agents[0].color")),
        ("/sessions/0/color", json!("red"), Refused("sessions[0].color")),
        ("/sessions/1/context/color", json!({ "any": ["thing"] }), Taken),
        ("/roster/teams/0/routingConfig/limit", json!(3), Refused("roster.teams[0].routingConfig.limit")),
        ("/roster/tenant/settings/waterfall/x", json!(3), Refused("roster.tenant.settings.waterfall.x")),
        // Ids and names.
        ("/roster/tenantId", json!(""), Refused("roster.tenantId")),
        ("/sessions/0/id", json!(long(128)), Taken),
        ("/sessions/0/id", json!(long(129)), Refused("sessions[0].id")),
        ("/sessions/0/id", json!("ä".repeat(65)), RefusedByReader("sessions[0].id")),
        ("/sessions/0/id", json!(17), Refused("sessions[0].id")),
        ("/sessions/0/contactId", json!(null), Taken),
        ("/sessions/0/contactId", json!(""), Refused("sessions[0].contactId")),
        ("/sessions/0/tenantId", json!("acme"), Taken),
        ("/sessions/0/tenantId", json!("globex"), RefusedByReader("sessions[0].tenantId")),
        ("/sessions/0/assignedTeamId", json!("vip"), RefusedByReader("sessions[0].assignedTeamId")),
        ("/sessions/0/assignedAgentId", json!("emil"), RefusedByReader("sessions[0].assignedAgentId")),
        ("/sessions/0/id", json!("s2"), RefusedByReader("sessions[1].id")),
        ("/roster/teams/1/id", json!("support"), RefusedByReader("roster.teams[1].id")),
        ("/roster/agents/1/id", json!("anna"), RefusedByReader("roster.agents[1].id")),
        ("/roster/teams/0/members/1", json!("anna"), RefusedByReader("roster.teams[0].members[1]")),
        ("/roster/teams/0/members/1", json!("emil"), RefusedByReader("roster.teams[0].members[1]")),
        ("/roster/teams/0/name", json!(long(256)), Taken),
        ("/roster/teams/0/name", json!(long(257)), Refused("roster.teams[0].name")),
        ("/roster/agents/0/name", json!(long(257)), Refused("roster.agents[0].name")),
        ("/sessions/0/channel", json!(long(256)), Taken),
        ("/sessions/0/channel", json!(long(257)), Refused("sessions[0].channel")),
        // Numbers.
        ("/roster/agents/0/active", json!(4_294_967_295_u32), Taken),
        ("/roster/agents/0/active", json!(4_294_967_296_u64), Refused("roster.agents[0].active")),
        ("/roster/agents/0/active", json!(-1), Refused("roster.agents[0].active")),
        ("/roster/agents/0/total", json!(1.5), Refused("roster.agents[0].total")),
        ("/roster/agents/0/total", json!("3"), Refused("roster.agents[0].total")),
        ("/roster/teams/0/routingConfig/maxLoad", json!(0), Taken),
        ("/roster/teams/0/routingConfig/maxLoad", json!(null), Taken),
        ("/roster/teams/0/routingConfig/maxLoad", json!(-1), Refused("roster.teams[0].routingConfig.maxLoad")),
        ("/sessions/0/priority", json!(-9_223_372_036_854_775_808_i64), Taken),
        ("/sessions/0/priority", json!(9_223_372_036_854_775_808_u64), Refused("sessions[0].priority")),
        ("/rotation/support", json!(4_294_967_295_u32), Taken),
        ("/rotation/support", json!(4_294_967_296_u64), Refused("rotation.support")),
        ("/rotation/support", json!(-1), Refused("rotation.support")),
        ("/rotation", json!({ "": 1 }), Refused("rotation")),
        // Words.
        ("/roster/agents/0/status", json!("lunch"), Taken),
        ("/roster/agents/0/status", json!(true), Refused("roster.agents[0].status")),
        ("/sessions/0/status", json!("unassigned"), Taken),
        ("/sessions/0/status", json!("open"), Refused("sessions[0].status")),
        ("/sessions/0/source", json!("handover"), Taken),
        ("/sessions/0/source", json!("import"), Refused("sessions[0].source")),
        ("/sessions/0/forceOverride", json!("yes"), Refused("sessions[0].forceOverride")),
        ("/sessions/0/contactAssigned", json!(true), Taken),
        ("/roster/teams/0/routingStrategy", json!("no such thing"), Taken),
        ("/roster/teams/0/routingConfig/sortBy", json!("created_at"), Taken),
        ("/roster/teams/0/routingConfig/sortBy", json!("createdAt"), Refused("roster.teams[0].routingConfig.sortBy")),
        ("/roster/teams/0/routingConfig/timeWindow", json!("all_time"), Taken),
        ("/roster/teams/0/routingConfig/timeWindow", json!("year"), Refused("roster.teams[0].routingConfig.timeWindow")),
        ("/roster/teams/1/routingConfig/priority/0", json!("load_balanced"), Taken),
        ("/roster/teams/1/routingConfig/priority/0", json!("round_robin"), Refused("roster.teams[1].routingConfig.priority[0]")),
        ("/roster/tenant/settings/waterfall/noAgentAction", json!("queue"), Taken),
        ("/roster/tenant/settings/waterfall/noAgentAction", json!("ignore"), Refused("roster.tenant.settings.waterfall.noAgentAction")),
        // Opening hours.
        (start, json!("00:00"), Taken),
        (start, json!("24:00"), Refused("roster.teams[0].schedule.days.monday[0].start")),
        (start, json!("8:00"), Refused("roster.teams[0].schedule.days.monday[0].start")),
        (end, json!("24:00"), Taken),
        (end, json!("24:01"), Refused("roster.teams[0].schedule.days.monday[0].end")),
        (end, json!("25:00"), Refused("roster.teams[0].schedule.days.monday[0].end")),
        (end, json!("12:60"), Refused("roster.teams[0].schedule.days.monday[0].end")),
        ("/roster/teams/0/schedule/days/Monday", json!([]), Refused("roster.teams[0].schedule.days.Monday")),
        ("/roster/teams/0/schedule/timezone", json!("Mars/Phobos"), RefusedByReader("roster.teams[0].schedule.timezone")),
        ("/roster/teams/0/schedule/timezone", json!(null), RefusedByReader("roster.teams[0].schedule.timezone")),
        ("/roster/teams/0/schedule", json!(null), Taken),
        // Sizes.
        (monday, shifts(24).into(), Taken),
        (monday, shifts(25).into(), Refused("roster.teams[0].schedule.days.monday")),
        ("/roster/teams/1/routingConfig/priority", vec![json!("least_active"); 8].into(), Taken),
        ("/roster/teams/1/routingConfig/priority", vec![json!("least_active"); 9].into(), Refused("roster.teams[1].routingConfig.priority")),
        ("/roster/teams/0/schedule/outOfOfficeMessage", json!(long(4_096)), Taken),
        ("/roster/teams/0/schedule/outOfOfficeMessage", json!(long(4_097)), Refused("roster.teams[0].schedule.outOfOfficeMessage")),
        ("/roster/tenant/settings/waterfall/noAgentMessage", json!(long(4_097)), Refused("roster.tenant.settings.waterfall.noAgentMessage")),
        ("/sessions", many(10_000), Taken),
        ("/sessions", many(10_001), Refused("sessions")),
        ("/roster/teams", many(1_001), Refused("roster.teams")),
    ]
}

#[test]
fn a_rotation_named_twice_is_refused() {
    let text = clean().to_string();
    let twice = text.replace(r#""rotation":{"#, r#""rotation":{"support":2,"#);
    assert_ne!(text, twice);
    let Ran { code, err, .. } = run_with(&["decide", "-"], twice.as_bytes());
    assert_eq!(code, 1);
    assert!(
        err.starts_with("error: rotation: duplicate field `support`"),
        "{err}"
    );
}
