//! `check`: every finding there is, each with its path and what it makes of the exit code.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Ran, clean, expect, run, run_with, with, without};

/// What is found, as JSON, and the exit code.
fn findings(scenario: &Value, args: &[&str]) -> (Vec<Value>, i32) {
    let args = [&["check", "--json", "-"], args].concat();
    let Ran { code, out, err } = run_with(&args, scenario.to_string().as_bytes());
    assert_eq!(err, "");
    let findings = out.lines().map(|line| serde_json::from_str(line).unwrap());
    (findings.collect(), code)
}

/// A way to spoil the clean scenario, and what must be found then: code and path.
type Case = (&'static str, &'static str, Value, &'static str);

#[rustfmt::skip] // A row a line, however long.
fn cases() -> Vec<Case> {
    let monday = "/roster/teams/0/schedule/days/monday";
    let contact = json!({ "id": "s5", "contactId": "c3", "at": "2026-11-23T09:33:00Z" });
    vec![
        ("unknown_strategy", "/roster/teams/0/routingStrategy", json!("fair"), "roster.teams[0].routingStrategy"),
        ("unknown_strategy", "/roster/tenant/strategy", json!("Manual"), "roster.tenant.strategy"),
        ("setting_ignored", "/roster/teams/0/routingConfig/timeWindow", json!("day"), "roster.teams[0].routingConfig.timeWindow"),
        ("setting_ignored", "/roster/teams/0/routingConfig/priority", json!(["least_active"]), "roster.teams[0].routingConfig.priority"),
        ("setting_ignored", "/roster/teams/1/routingConfig/sortBy", json!("name"), "roster.teams[1].routingConfig.sortBy"),
        ("setting_ignored", "/roster/teams/0/routingStrategy", json!("manual"), "roster.teams[0].routingConfig.maxLoad"),
        ("limit_zero", "/roster/teams/0/routingConfig/maxLoad", json!(0), "roster.teams[0].routingConfig.maxLoad"),
        ("criterion_repeated", "/roster/teams/1/routingConfig/priority/1", json!("load_balanced"), "roster.teams[1].routingConfig.priority[1]"),
        ("no_criterion", "/roster/teams/1/routingConfig/priority", json!([]), "roster.teams[1].routingConfig.priority"),
        ("sort_by_random", "/roster/teams/0/routingConfig/sortBy", json!("random"), "roster.teams[0].routingConfig.sortBy"),
        ("created_at_unknown", "/roster/teams/0/routingConfig/sortBy", json!("created_at"), "roster.teams[0].routingConfig.sortBy"),
        ("message_blank", "/roster/tenant/settings/waterfall/noAgentMessage", json!(" "), "roster.tenant.settings.waterfall.noAgentMessage"),
        ("message_blank", "/roster/tenant/settings/outOfOfficeMessage", json!(""), "roster.tenant.settings.outOfOfficeMessage"),
        ("message_blank", "/roster/teams/0/schedule/outOfOfficeMessage", json!("\n"), "roster.teams[0].schedule.outOfOfficeMessage"),
        ("message_blank", "/roster/teams/0/schedule/outOfOfficeImage", json!(""), "roster.teams[0].schedule.outOfOfficeImage"),
        ("message_unused", "/roster/tenant/settings/waterfall/noAgentAction", json!("queue"), "roster.tenant.settings.waterfall.noAgentMessage"),
        ("tenant_disabled", "/roster/tenant/enabled", json!(false), "roster.tenant.enabled"),
        ("team_without_members", "/roster/teams/1/members", json!([]), "roster.teams[1].members"),
        ("nobody_online", "/roster/agents/1/status", json!("away"), "roster.teams[1].members"),
        ("everybody_at_limit", "/roster/teams/1/routingConfig", json!({ "maxLoad": 1 }), ""),
        ("name_twice", "/roster/teams/1/name", json!("SUPPORT "), "roster.teams[1].name"),
        ("several_default_teams", "/roster/teams/1/isDefault", json!(true), "roster.teams[0].isDefault"),
        ("no_default_team", "/roster/teams/0/isDefault", json!(false), "roster.teams"),
        ("default_team_inactive", "/roster/teams/0/isActive", json!(false), "roster.teams[0].isDefault"),
        ("team_inactive", "/roster/teams/0/isActive", json!(false), "sessions[0].assignedTeamId"),
        ("schedule_disabled", "/roster/teams/0/schedule/enabled", json!(false), "roster.teams[0].schedule.enabled"),
        ("never_open", "/roster/teams/0/schedule/days", json!({}), "roster.teams[0].schedule.days"),
        ("zone_unknown", "/roster/teams/1/schedule", json!({ "enabled": false }), "roster.teams[1].schedule.timezone"),
        ("unknown_time_zone", "/roster/teams/0/schedule/timezone", json!("Europe/Viena"), "roster.teams[0].schedule.timezone"),
        ("shifts_overlap", monday, json!([{ "start": "08:00", "end": "12:00" }, { "start": "11:59", "end": "18:00" }]), "roster.teams[0].schedule.days.monday[1]"),
        ("shifts_overlap", "/roster/teams/0/schedule/days/sunday/0/end", json!("08:01"), "roster.teams[0].schedule.days.sunday[0]"),
        ("shift_of_a_full_day", monday, json!([{ "start": "09:00", "end": "09:00" }]), "roster.teams[0].schedule.days.monday[0]"),
        ("agent_in_no_team", "/roster/agents/-", json!({ "id": "emil", "status": "online" }), "roster.agents[2]"),
        ("agent_name_twice", "/roster/agents/1/name", json!("anna"), "roster.agents[1].name"),
        ("status_mistyped", "/roster/agents/0/status", json!("Online"), "roster.agents[0].status"),
        ("status_missing", "/roster/agents/0", json!({ "id": "anna", "name": "Anna" }), "roster.agents[0].status"),
        ("duplicate", "/sessions/1/id", json!("s1"), "sessions[1].id"),
        ("invalid_value", "/sessions/1/tenantId", json!("globex"), "sessions[1].tenantId"),
        ("unknown_reference", "/sessions/1/assignedTeamId", json!("suport"), "sessions[1].assignedTeamId"),
        ("unknown_reference", "/sessions/2/assignedAgentId", json!("emil"), "sessions[2].assignedAgentId"),
        ("contact_twice", "/sessions/-", contact, "sessions[4].contactId"),
        ("back_in_time", "/sessions/1/at", json!("2026-11-23T09:29:59Z"), "sessions[1].at"),
        ("assigned_to_nobody", "/sessions/3/status", json!("assigned"), "sessions[3].assignedAgentId"),
        ("owner_ignored", "/sessions/0/assignedAgentId", json!("anna"), "sessions[0].assignedAgentId"),
        ("owner_not_in_team", "/sessions/2/assignedTeamId", json!("sales"), "sessions[2].assignedAgentId"),
        ("contact_unknown", "/sessions/3/contactAssigned", json!(true), "sessions[3].contactAssigned"),
        ("stamp_unreadable", "/sessions/1/context/noAgentLastSentAt", json!("soon"), "sessions[1].context.noAgentLastSentAt"),
        ("stamp_unreadable", "/sessions/1/context/oooLastSentAt", json!(1), "sessions[1].context.oooLastSentAt"),
        ("stamp_in_future", "/sessions/1/context/oooLastSentAt", json!("2026-11-23T09:31:01Z"), "sessions[1].context.oooLastSentAt"),
        ("account_unreadable", "/sessions/1/context/account", json!(7), "sessions[1].context.account"),
        ("not_decided", "/sessions/2/at", json!("2026-11-23T09:30:00Z"), "sessions[2].at"),
        ("not_decided", "/sessions/2/forceOverride", json!(true), "sessions[2].forceOverride"),
        ("rotation_of_nothing", "/rotation/suport", json!(1), "rotation.suport"),
        ("no_team", "/roster/teams", json!([]), "roster.teams"),
        ("no_team_to_go_to", "/roster/teams", json!([]), "sessions[3]"),
        ("unknown_field", "/roster/teams/0/rountingStrategy", json!("manual"), "roster.teams[0].rountingStrategy"),
        ("invalid_value", "/roster/teams/0/routingConfig/sortBy", json!("age"), "roster.teams[0].routingConfig.sortBy"),
    ]
}

#[test]
fn each_way_to_spoil_a_scenario_is_found() {
    for (code, pointer, value, path) in cases() {
        let mut scenario = with(clean(), pointer, value);
        let mut path = path;
        if code == "everybody_at_limit" {
            // A limit alone is fine; the agent must have reached it.
            scenario = with(scenario, "/roster/agents/1/active", json!(1));
            path = "roster.teams[1].members";
        }
        let (found, exit) = findings(&scenario, &[]);
        let finding = found.iter().find(|finding| {
            let text = |name: &str| finding.get(name).and_then(Value::as_str);
            (text("code"), text("path")) == (Some(code), Some(path))
        });
        assert!(finding.is_some(), "{code} at {path} in {found:#?}");
        let worst = found.first().and_then(|finding| finding.get("severity"));
        assert_eq!(exit, i32::from(worst != Some(&json!("note"))), "{code}");
        assert_eq!(findings(&scenario, &["--strict"]), (found, 1));
    }
}

#[test]
fn nothing_is_found_where_nothing_is_wrong() {
    let Ran { code, out, err } = run_with(&["check", "-"], clean().to_string().as_bytes());
    assert_eq!((code, out.as_str(), err.as_str()), (0, "no findings\n", ""));
    assert_eq!(findings(&clean(), &["--strict"]), (vec![], 0));
    // Neither with as little as possible.
    let roster = json!({ "tenantId": "a", "teams": [{ "id": "t", "members": ["x"] }],
                         "agents": [{ "id": "x", "status": "online" }] });
    let least = json!({ "now": "2026-11-23T09:30:00Z", "roster": roster });
    assert_eq!(findings(&least, &["--strict"]), (vec![], 0));
    // An empty strategy is as good as none, in the team as in the tenant.
    let unset = without(clean(), "/roster/tenant/strategy");
    let unset = with(unset, "/roster/teams/0/routingStrategy", json!(""));
    assert_eq!(findings(&unset, &["--strict"]), (vec![], 0));
    // Two shifts may touch, over midnight and over the week's end.
    let shifts = json!({ "saturday": [{ "start": "00:00", "end": "24:00" }],
                         "sunday": [{ "start": "00:00", "end": "00:00" }],
                         "monday": [{ "start": "00:00", "end": "08:00" }] });
    let touching = with(clean(), "/roster/teams/0/schedule/days", shifts);
    assert_eq!(findings(&touching, &["--strict"]), (vec![], 0));
}

#[test]
fn everything_that_is_looked_for_has_a_case() {
    let source = include_str!("../../src/cli/check/lint.rs");
    let (_, table) = source.split_once("\nlints! {").unwrap();
    let codes = table
        .lines()
        .filter_map(|line| line.split('"').nth(1).filter(|_| line.contains(" = ")));
    let codes: BTreeSet<&str> = codes.collect();
    let tried: Vec<Case> = cases();
    let tried: BTreeSet<&str> = tried.iter().map(|(code, ..)| *code).collect();
    assert!(codes.len() > 30, "{codes:?}");
    assert_eq!(
        codes.difference(&tried).collect::<Vec<_>>(),
        [] as [&&str; 0]
    );
}

#[test]
fn the_examples_are_found_as_they_were() {
    for (name, expected) in [("support-team", 0), ("night-shift", 0), ("suspicious", 1)] {
        let path = format!("examples/{name}.json");
        let Ran { code, out, err } = run(&["check", &path]);
        assert_eq!((code, err.as_str()), (expected, ""), "{name}");
        expect(&format!("check-{name}.txt"), &out);
        let json = run(&["check", "--json", &path]);
        assert_eq!(json.code, expected);
        let lines = if out == "no findings\n" {
            0
        } else {
            out.lines().count()
        };
        assert_eq!(json.out.lines().count(), lines);
    }
}
