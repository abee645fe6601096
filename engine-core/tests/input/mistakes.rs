//! Every kind of mistake.

use assignment_engine_core::{InputErrorCode as Code, Request, RosterConfig};
use serde_json::json;

use crate::session;
use crate::{REQUEST, monday, of_facts, of_request, of_roster, refused, request, roster, routing};

#[test]
fn what_is_right_is_taken() {
    assert_eq!(of_request(REQUEST), None);
    assert_eq!(of_request(format!(" \n{REQUEST}\t ")), None);
    assert_eq!(of_facts("{}"), None);
    assert_eq!(of_facts(r#"{"agents":null,"schedule":null}"#), None);
    assert_eq!(of_roster(r#"{"tenantId":"acme"}"#), None);
    let every_field = json!({
        "session": {
            "id": "s1", "tenantId": "acme", "contactId": "c1", "status": "assigned",
            "assignedAgentId": "a1", "assignedTeamId": "t1", "assignedAt": "2026-11-23T09:00:00Z",
            "acceptedAt": "2026-11-23T09:00:00.123456789+01:00", "priority": -5,
            "channel": "whatsapp", "context": {"any": [{"thing": null}]},
            "createdAt": "2026-11-23T09:00:00Z", "updatedAt": "2026-11-23T09:00:00Z",
            "lastMessageAt": null
        },
        "source": "handover", "forceOverride": true, "now": "2026-11-23T09:00:00z",
        "excluded": ["a1", "a1"]
    });
    assert_eq!(of_request(every_field.to_string()), None);
}

#[test]
fn unknown_fields() {
    let unknown = Code::UnknownField;
    refused(of_request(request(r#""colour":1"#)), unknown, "colour");
    refused(
        of_request(session(r#""Status":"assigned""#)),
        unknown,
        "session.Status",
    );
    refused(of_facts(r#"{"team":{}}"#), unknown, "team");
    refused(
        of_facts(r#"{"agents":[{"id":"a"},{"id":"b","skills":[]}]}"#),
        unknown,
        "agents[1].skills",
    );
    refused(
        of_facts(routing(r#"{"max_load":1}"#)),
        unknown,
        "strategy.config.max_load",
    );
    refused(
        of_facts(monday("[]").replace("monday", "Monday")),
        unknown,
        "schedule.schedule.days.Monday",
    );
    refused(
        of_facts(monday(r#"[{"start":"09:00","end":"10:00","zone":"UTC"}]"#)),
        unknown,
        "schedule.schedule.days.monday[0].zone",
    );
    refused(
        of_roster(roster(r#""tenant":{"settings":{"waterfall":{"x":1}}}"#)),
        unknown,
        "tenant.settings.waterfall.x",
    );
}

#[test]
fn missing_fields_are_missed_in_their_object() {
    let missing = Code::MissingField;
    refused(of_request("{}"), missing, "$");
    refused(
        of_request(REQUEST.replace(r#""id":"s1","#, "")),
        missing,
        "session",
    );
    refused(of_roster("{}"), missing, "$");
    refused(
        of_facts(r#"{"agents":[{"id":"a"},{}]}"#),
        missing,
        "agents[1]",
    );
    refused(
        of_facts(r#"{"schedule":{"schedule":{}}}"#),
        missing,
        "schedule.schedule",
    );
    refused(
        of_facts(r#"{"schedule":{"availability":{}}}"#),
        missing,
        "schedule.availability",
    );
    refused(
        of_facts(monday(r#"[{"start":"09:00"}]"#)),
        missing,
        "schedule.schedule.days.monday[0]",
    );
    refused(of_roster(roster(r#""teams":[{}]"#)), missing, "teams[0]");
}

#[test]
fn what_is_there_twice() {
    let twice = Code::Duplicate;
    refused(
        of_request(request(r#""now":"2026-11-23T09:00:00Z""#)),
        twice,
        "$",
    );
    refused(of_request(session(r#""id":"s2""#)), twice, "session");
    refused(
        of_facts(r#"{"agents":[{"id":"a"},{"id":"b"},{"id":"a"}]}"#),
        twice,
        "agents[2].id",
    );
    refused(
        of_roster(roster(r#""agents":[{"id":"a"},{"id":"a"}]"#)),
        twice,
        "agents[1].id",
    );
    refused(
        of_roster(roster(r#""teams":[{"id":"t"},{"id":"t"}]"#)),
        twice,
        "teams[1].id",
    );
    refused(
        of_roster(roster(
            r#""agents":[{"id":"a"}],"teams":[{"id":"t"},{"id":"u","members":["a","a"]}]"#,
        )),
        twice,
        "teams[1].members[1]",
    );
    // The same agent in two teams is in each once.
    let both =
        r#""agents":[{"id":"a"}],"teams":[{"id":"t","members":["a"]},{"id":"u","members":["a"]}]"#;
    assert_eq!(of_roster(roster(both)), None);
}

#[test]
fn wrong_types() {
    let wrong = Code::WrongType;
    for json in ["null", "1", "true", r#""text""#] {
        refused(of_request(json), wrong, "$");
        refused(of_facts(json), wrong, "$");
        refused(of_roster(json), wrong, "$");
    }
    for (field, path) in [
        (r#""priority":"high""#, "session.priority"),
        (r#""priority":1.5"#, "session.priority"),
        (r#""contactId":7"#, "session.contactId"),
        (r#""context":[]"#, "session.context"),
        (r#""context":"{}""#, "session.context"),
        (r#""channel":{}"#, "session.channel"),
        (r#""createdAt":1795453200000"#, "session.createdAt"),
    ] {
        refused(of_request(session(field)), wrong, path);
    }
    refused(
        of_request(request(r#""forceOverride":"yes""#)),
        wrong,
        "forceOverride",
    );
    refused(of_request(request(r#""excluded":"a""#)), wrong, "excluded");
    refused(
        of_facts(r#"{"contactAssigned":0}"#),
        wrong,
        "contactAssigned",
    );
    refused(of_facts(r#"{"agents":{}}"#), wrong, "agents");
    refused(of_facts(r#"{"agents":[7]}"#), wrong, "agents[0]");
    refused(
        of_facts(r#"{"agents":[{"id":"a","status":true}]}"#),
        wrong,
        "agents[0].status",
    );
    refused(
        of_facts(routing(r#"{"maxLoad":"3"}"#)),
        wrong,
        "strategy.config.maxLoad",
    );
    refused(
        of_facts(routing(r#"{"maxLoad":2.5}"#)),
        wrong,
        "strategy.config.maxLoad",
    );
    refused(
        of_facts(monday(r#"{"start":"09:00"}"#)),
        wrong,
        "schedule.schedule.days.monday",
    );
    refused(
        of_facts(monday(r#"[{"start":900,"end":"10:00"}]"#)),
        wrong,
        "schedule.schedule.days.monday[0].start",
    );
}

/// serde would read the fields of an object from a list one by one, and check no name.
#[test]
fn a_list_where_an_object_belongs() {
    let wrong = Code::WrongType;
    refused(of_request("[]"), wrong, "$");
    let list = r#"[["s1","acme"],"queue",false,"2026-11-23T09:00:00Z"]"#;
    refused(of_request(list), wrong, "$");
    refused(
        of_request(r#"{"session":["s1","acme"],"now":"2026-11-23T09:00:00Z"}"#),
        wrong,
        "session",
    );
    refused(of_facts(r#"[{},true]"#), wrong, "$");
    refused(of_facts(r#"{"schedule":[null]}"#), wrong, "schedule");
    refused(
        of_facts(r#"{"agents":[{"id":"a"},["b"]]}"#),
        wrong,
        "agents[1]",
    );
    refused(of_facts(routing("[]")), wrong, "strategy.config");
    refused(
        of_facts(monday(r#"[["09:00","10:00"]]"#)),
        wrong,
        "schedule.schedule.days.monday[0]",
    );
    refused(of_roster(r#"["acme"]"#), wrong, "$");
    refused(of_roster(roster(r#""teams":[["t"]]"#)), wrong, "teams[0]");
    refused(of_roster(roster(r#""tenant":[true]"#)), wrong, "tenant");
}

#[test]
fn times_of_day() {
    for (start, end) in [("00:00", "24:00"), ("23:59", "00:00"), ("08:00", "08:00")] {
        let shift = format!(r#"[{{"start":"{start}","end":"{end}"}}]"#);
        assert_eq!(of_facts(monday(&shift)), None, "{start} to {end}");
    }
    for bad in [
        "25:00",
        "24:01",
        "09:60",
        "9:00",
        "09:0",
        "09:00:00",
        "0900",
        "",
        " 09:00",
        "-1:00",
        "09h00",
        "٠٩:٠٠",
    ] {
        let shift = format!(r#"[{{"start":"{bad}","end":"10:00"}}]"#);
        let path = "schedule.schedule.days.monday[0].start";
        refused(of_facts(monday(&shift)), Code::InvalidValue, path);
        let shift =
            format!(r#"[{{"start":"08:00","end":"10:00"}},{{"start":"09:00","end":"{bad}"}}]"#);
        let path = "schedule.schedule.days.monday[1].end";
        refused(of_facts(monday(&shift)), Code::InvalidValue, path);
    }
    refused(
        of_facts(monday(r#"[{"start":"24:00","end":"10:00"}]"#)),
        Code::InvalidValue,
        "schedule.schedule.days.monday[0].start",
    );
}

#[test]
fn instants() {
    let now = |text: &str| of_request(REQUEST.replace("2026-11-23T09:00:00Z", text));
    for good in [
        "2026-11-23T09:00:00Z",
        "2026-11-23T09:00:00.5Z",
        "2026-11-23T09:00:00.123456789Z",
        "2026-11-23T09:00:00+14:00",
        "2026-11-23T09:00:00-12:00",
        "2026-11-23t09:00:00z",
        "0001-01-01T00:00:00Z",
        "9998-12-31T23:59:59.999Z",
        "2024-02-29T00:00:00Z",
    ] {
        assert_eq!(now(good), None, "{good}");
    }
    for bad in [
        "",
        "yesterday",
        "2026-11-23",
        "2026-11-23T09:00:00",
        "2026-11-23T09:00Z",
        "2026-11-23 09:00:00Z",
        "2026-11-23T09:00:00,5Z",
        "2026-11-23T09:00:00.Z",
        "2026-11-23T09:00:00+1:00",
        "2026-11-23T09:00:00Z[Europe/Vienna]",
        "20261123T090000Z",
        "+002026-11-23T09:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2026-11-23T24:00:00Z",
        "0000-12-31T23:59:59Z",
        "9999-01-01T00:00:00Z",
        " 2026-11-23T09:00:00Z",
    ] {
        refused(now(bad), Code::InvalidValue, "now");
    }
}

#[test]
fn values_that_make_no_sense() {
    let invalid = Code::InvalidValue;
    refused(
        of_request(session(r#""status":"open""#)),
        invalid,
        "session.status",
    );
    refused(
        of_request(request(r#""source":"timer""#)),
        invalid,
        "source",
    );
    refused(
        of_request(session(r#""assignedTeamId":"""#)),
        invalid,
        "session.assignedTeamId",
    );
    refused(
        of_request(request(r#""excluded":["a",""]"#)),
        invalid,
        "excluded[1]",
    );
    for (json, path) in [
        (r#"{"maxLoad":-1}"#, "strategy.config.maxLoad"),
        (r#"{"maxLoad":4294967296}"#, "strategy.config.maxLoad"),
        (r#"{"sortBy":"age"}"#, "strategy.config.sortBy"),
        (r#"{"timeWindow":"year"}"#, "strategy.config.timeWindow"),
        (r#"{"priority":["name"]}"#, "strategy.config.priority[0]"),
    ] {
        refused(of_facts(routing(json)), invalid, path);
    }
    refused(
        of_facts(r#"{"agents":[{"id":"a","active":-1}]}"#),
        invalid,
        "agents[0].active",
    );
    refused(
        of_facts(r#"{"agents":[{"id":"a","total":-1}]}"#),
        invalid,
        "agents[0].total",
    );
    refused(
        of_facts(r#"{"noAgent":{"noAgentAction":"wait"}}"#),
        invalid,
        "noAgent.noAgentAction",
    );
    refused(
        of_roster(roster(
            r#""teams":[{"id":"t","routingConfig":{"maxLoad":-1}}]"#,
        )),
        invalid,
        "teams[0].routingConfig.maxLoad",
    );
}

#[test]
fn time_zones_and_references_of_a_roster() {
    let team = |schedule: &str| {
        roster(&format!(
            r#""teams":[{{"id":"t"}},{{"id":"u","schedule":{schedule}}}]"#
        ))
    };
    let path = "teams[1].schedule.timezone";
    for zone in [r#""Mars/Phobos""#, r#""+02:00""#, r#""""#, r#"" ""#, "null"] {
        let schedule = format!(r#"{{"enabled":true,"timezone":{zone}}}"#);
        refused(of_roster(team(&schedule)), Code::UnknownTimeZone, path);
    }
    refused(
        of_roster(team(r#"{"enabled":true}"#)),
        Code::UnknownTimeZone,
        path,
    );
    let off = r#"{"enabled":false,"timezone":"Mars/Phobos"}"#;
    assert_eq!(of_roster(team(off)), None);
    // As a fact it is taken: the team counts as closed, with a warning.
    let fact = r#"{"schedule":{"schedule":{"enabled":true,"timezone":"Mars/Phobos"}}}"#;
    assert_eq!(of_facts(fact), None);
    refused(
        of_roster(roster(
            r#""agents":[{"id":"a"}],"teams":[{"id":"t","members":["a","b"]}]"#,
        )),
        Code::UnknownReference,
        "teams[0].members[1]",
    );
}

#[test]
fn what_is_no_json() {
    let syntax = Code::Syntax;
    for json in [
        "",
        " ",
        "NaN",
        "{",
        "nul",
        "'x'",
        "\u{feff}{}",
        "// {}",
        "Infinity",
    ] {
        refused(of_request(json), syntax, "$");
        refused(of_facts(json), syntax, "$");
        refused(of_roster(json), syntax, "$");
    }
    // A key belongs to the object that it stands in.
    refused(of_request("{'session':1}"), syntax, "$");
    refused(
        of_request(REQUEST.replace(r#""id""#, r#""i\q""#)),
        syntax,
        "session",
    );
    // One whole value, and nothing after it.
    for more in ["x", "{}", ",", "]", "\0", "null"] {
        refused(of_request(format!("{REQUEST} {more}")), syntax, "$");
    }
    refused(
        of_facts(r#"{"contactAssigned":NaN}"#),
        syntax,
        "contactAssigned",
    );
    refused(of_facts(r#"{"agents":[{"id":"a",}]}"#), syntax, "agents[0]");
    refused(
        of_request(session(r#""context":{"n":1e999}"#)),
        syntax,
        "session.context.n",
    );
    refused(
        of_request(REQUEST.replace("s1", r"\ud800")),
        syntax,
        "session.id",
    );
    refused(
        of_request(REQUEST.replace("s1", "a\nb")),
        syntax,
        "session.id",
    );
    let mut bytes = REQUEST.as_bytes().to_vec();
    let at = REQUEST.find("s1").unwrap();
    bytes[at] = 0xff;
    refused(of_request(bytes), syntax, "session.id");
}

#[test]
fn nesting_without_end() {
    let nested = |depth: usize| {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        session(&format!(r#""context":{{"a":{open}{close}}}"#))
    };
    assert_eq!(of_request(nested(100)), None);
    let (code, path) = of_request(nested(200_000)).unwrap();
    assert_eq!(code, Code::Syntax);
    assert!(path.starts_with("session.context.a[0][0]"), "{path}");
    assert!(path.len() < 1_000, "{path}");
}

#[test]
fn an_error_is_one_line_that_says_where_and_what() {
    let shown = |json: &str| Request::from_json(json.as_bytes()).unwrap_err().to_string();
    assert_eq!(
        shown(&session(r#""assignedTeamId":"""#)),
        "session.assignedTeamId: the id is empty at line 1 column 41"
    );
    for field in [
        r#""a\nb\u001b[31m\u0000\u0085":1"#,
        r#""source":"\r\n\u0007""#,
    ] {
        let line = shown(&request(field));
        assert!(!line.contains(char::is_control), "{line:?}");
    }
    let error = RosterConfig::from_json(br#"{"tenantId":"t","agents":[{"id":"\n"},{"id":"\n"}]}"#);
    assert_eq!(
        error.unwrap_err().to_string(),
        r"agents[1].id: `\n` is there twice"
    );
    for code in Code::ALL {
        assert!(!code.hint().is_empty() && !code.as_str().is_empty());
    }
}
