//! Both sides of every limit.

use assignment_engine_core::limits::{
    MAX_CANDIDATES, MAX_CONTEXT_KEY_BYTES, MAX_CRITERIA, MAX_ID_BYTES, MAX_MESSAGE_BYTES,
    MAX_NAME_BYTES, MAX_PAYLOAD_BYTES, MAX_ROSTER_AGENTS, MAX_SHIFTS_PER_DAY, MAX_TEAMS,
};
use assignment_engine_core::{ContextKey, IdError, InputErrorCode as Code};

use crate::session;
use crate::{REQUEST, monday, of_facts, of_request, of_roster, refused, request, roster, routing};

#[test]
fn ids_names_and_messages_have_their_limits() {
    // In bytes, not in characters.
    for letter in ["a", "é", "漢"] {
        let text = |bytes: usize| letter.repeat(bytes / letter.len());
        let more = |limit: usize| letter.repeat(limit / letter.len() + 1);
        let id = |id: &str| of_request(REQUEST.replace("s1", id));
        assert_eq!(id(&text(MAX_ID_BYTES)), None);
        refused(id(&more(MAX_ID_BYTES)), Code::TooLarge, "session.id");

        let name = |name: &str| of_facts(format!(r#"{{"agents":[{{"id":"a","name":"{name}"}}]}}"#));
        assert_eq!(name(&text(MAX_NAME_BYTES)), None);
        refused(
            name(&more(MAX_NAME_BYTES)),
            Code::TooLarge,
            "agents[0].name",
        );

        let says = |text: &str| of_facts(format!(r#"{{"noAgent":{{"noAgentMessage":"{text}"}}}}"#));
        assert_eq!(says(&text(MAX_MESSAGE_BYTES)), None);
        let path = "noAgent.noAgentMessage";
        refused(says(&more(MAX_MESSAGE_BYTES)), Code::TooLarge, path);
    }
    assert_eq!((MAX_ID_BYTES, MAX_NAME_BYTES), (128, 256));

    let name = "n".repeat(MAX_NAME_BYTES + 1);
    for (json, path) in [
        (
            r#"{"strategy":{"teamStrategy":"@"}}"#,
            "strategy.teamStrategy",
        ),
        (
            r#"{"strategy":{"tenantStrategy":"@"}}"#,
            "strategy.tenantStrategy",
        ),
        (r#"{"strategy":{"timeZone":"@"}}"#, "strategy.timeZone"),
        (
            r#"{"agents":[{"id":"a","status":"@"}]}"#,
            "agents[0].status",
        ),
        (
            r#"{"schedule":{"schedule":{"enabled":true,"timezone":"@"}}}"#,
            "schedule.schedule.timezone",
        ),
    ] {
        refused(of_facts(json.replace('@', &name)), Code::TooLarge, path);
    }
    refused(
        of_request(session(&format!(r#""channel":"{name}""#))),
        Code::TooLarge,
        "session.channel",
    );
    for (json, path) in [
        (r#""tenant":{"strategy":"@"}"#, "tenant.strategy"),
        (r#""teams":[{"id":"t","name":"@"}]"#, "teams[0].name"),
        (
            r#""teams":[{"id":"t","routingStrategy":"@"}]"#,
            "teams[0].routingStrategy",
        ),
    ] {
        refused(
            of_roster(roster(&json.replace('@', &name))),
            Code::TooLarge,
            path,
        );
    }

    let text = "m".repeat(MAX_MESSAGE_BYTES + 1);
    for (json, path) in [
        (
            r#"{"schedule":{"schedule":{"enabled":true,"outOfOfficeMessage":"@"}}}"#,
            "schedule.schedule.outOfOfficeMessage",
        ),
        (
            r#"{"schedule":{"schedule":{"enabled":true,"outOfOfficeImage":"@"}}}"#,
            "schedule.schedule.outOfOfficeImage",
        ),
        (
            r#"{"schedule":{"tenantMessage":"@"}}"#,
            "schedule.tenantMessage",
        ),
        (
            r#"{"schedule":{"availability":{"isOpen":true,"message":"@"}}}"#,
            "schedule.availability.message",
        ),
        (
            r#"{"schedule":{"availability":{"isOpen":true,"mediaUrl":"@"}}}"#,
            "schedule.availability.mediaUrl",
        ),
    ] {
        refused(of_facts(json.replace('@', &text)), Code::TooLarge, path);
    }
    refused(
        of_roster(roster(&format!(
            r#""tenant":{{"settings":{{"outOfOfficeMessage":"{text}"}}}}"#
        ))),
        Code::TooLarge,
        "tenant.settings.outOfOfficeMessage",
    );

    let key = |bytes: usize| ContextKey::new("k".repeat(bytes));
    assert!(key(MAX_CONTEXT_KEY_BYTES).is_ok());
    let (bytes, limit) = (MAX_CONTEXT_KEY_BYTES + 1, MAX_CONTEXT_KEY_BYTES);
    assert_eq!(key(bytes), Err(IdError::TooLong { bytes, limit }));
    assert_eq!(key(0), Err(IdError::Empty));
}

#[test]
fn lists_have_their_limits() {
    let list = |count: usize, item: &dyn Fn(usize) -> String| {
        let items: Vec<String> = (0..count).map(item).collect();
        format!("[{}]", items.join(","))
    };
    let ids = |count| list(count, &|n| format!(r#""a{n}""#));
    let objects = |count| list(count, &|n| format!(r#"{{"id":"a{n}"}}"#));

    let excluded = |count| of_request(request(&format!(r#""excluded":{}"#, ids(count))));
    assert_eq!(excluded(MAX_CANDIDATES), None);
    refused(excluded(MAX_CANDIDATES + 1), Code::TooLarge, "excluded");

    let agents = |count| of_facts(format!(r#"{{"agents":{}}}"#, objects(count)));
    assert_eq!(agents(MAX_CANDIDATES), None);
    refused(agents(MAX_CANDIDATES + 1), Code::TooLarge, "agents");

    let all = |count| of_roster(roster(&format!(r#""agents":{}"#, objects(count))));
    assert_eq!(all(MAX_ROSTER_AGENTS), None);
    refused(all(MAX_ROSTER_AGENTS + 1), Code::TooLarge, "agents");

    let teams = |count| of_roster(roster(&format!(r#""teams":{}"#, objects(count))));
    assert_eq!(teams(MAX_TEAMS), None);
    refused(teams(MAX_TEAMS + 1), Code::TooLarge, "teams");

    let members = |count| {
        let (agents, members) = (objects(count), ids(count));
        of_roster(roster(&format!(
            r#""agents":{agents},"teams":[{{"id":"t","members":{members}}}]"#
        )))
    };
    assert_eq!(members(MAX_CANDIDATES), None);
    refused(
        members(MAX_CANDIDATES + 1),
        Code::TooLarge,
        "teams[0].members",
    );

    let shift = |_| r#"{"start":"09:00","end":"10:00"}"#.to_owned();
    let shifts = |count| of_facts(monday(&list(count, &shift)));
    assert_eq!(shifts(MAX_SHIFTS_PER_DAY), None);
    let path = "schedule.schedule.days.monday";
    refused(shifts(MAX_SHIFTS_PER_DAY + 1), Code::TooLarge, path);

    let criterion = |_| r#""least_active""#.to_owned();
    let criteria = |count| {
        of_facts(routing(&format!(
            r#"{{"priority":{}}}"#,
            list(count, &criterion)
        )))
    };
    assert_eq!(criteria(MAX_CRITERIA), None);
    let path = "strategy.config.priority";
    refused(criteria(MAX_CRITERIA + 1), Code::TooLarge, path);
}

#[test]
fn a_document_has_its_limit() {
    let padded = |bytes: usize| REQUEST.to_owned() + &" ".repeat(bytes - REQUEST.len());
    assert_eq!(of_request(padded(MAX_PAYLOAD_BYTES)), None);
    refused(
        of_request(padded(MAX_PAYLOAD_BYTES + 1)),
        Code::TooLarge,
        "$",
    );
    // It is not even looked at.
    refused(
        of_facts(vec![0xff; MAX_PAYLOAD_BYTES + 1]),
        Code::TooLarge,
        "$",
    );
}
