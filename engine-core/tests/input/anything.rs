//! Whatever comes in, nothing panics, and what is refused is refused in one line. Seeds that failed
//! are kept in `anything.regressions`.

use assignment_engine_core::{Engine, Facts, Input, Request, Roster, RosterConfig};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::FileFailurePersistence;
use serde_json::{Value, json};

use crate::REQUEST;

fn config() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

/// Reads it as everything there is; what can be read is used.
fn read(json: &[u8]) {
    let request = Request::from_json(json);
    let facts = Facts::from_json(json);
    let roster = RosterConfig::from_json(json);
    for error in [
        request.as_ref().err(),
        facts.as_ref().err(),
        roster.as_ref().err(),
    ]
    .into_iter()
    .flatten()
    {
        assert!(!error.to_string().contains(char::is_control), "{error:?}");
    }
    let (engine, usual) = (
        Engine::default(),
        Request::from_json(REQUEST.as_bytes()).unwrap(),
    );
    let (none, roster) = (Facts::default(), roster.ok());
    let roster = roster.map(|config| Roster::from_config(config).unwrap());
    let input = Input {
        request: request.as_ref().unwrap_or(&usual),
        facts: facts.as_ref().unwrap_or(&none),
        roster: roster.as_ref(),
        trace: true,
    };
    let _ = engine.start(input);
}

fn documents() -> Vec<Value> {
    vec![
        json!({
            "session": {
                "id": "s1", "tenantId": "acme", "contactId": "c1", "assignedTeamId": "sales",
                "priority": 3, "context": {"account": "w", "oooLastSentAt": "2026-11-23T09:00:00Z"}
            },
            "source": "handover", "forceOverride": false, "now": "2026-11-23T09:00:00Z",
            "excluded": ["a"]
        }),
        json!({
            "schedule": {"schedule": {
                "enabled": true, "timezone": "Europe/Vienna",
                "days": {"monday": [{"start": "09:00", "end": "17:00"}], "sunday": []},
                "outOfOfficeMessage": "Closed.", "outOfOfficeImage": null
            }, "tenantMessage": "Closed too."},
            "contactAssigned": false,
            "strategy": {"teamStrategy": "hybrid", "config": {"priority": ["least_assigned"],
                "maxLoad": 3, "sortBy": "name", "timeWindow": "day"}, "timeZone": "UTC"},
            "agents": [{"id": "a", "name": "Anna", "status": "online", "active": 1, "total": 2},
                {"id": "b", "createdAt": "2026-11-23T09:00:00Z"}],
            "noAgent": {"noAgentAction": "reply", "noAgentMessage": "Busy."}
        }),
        json!({
            "tenantId": "acme",
            "tenant": {"strategy": "least_active", "settings": {"outOfOfficeMessage": "Closed."}},
            "teams": [{"id": "sales", "isDefault": true, "members": ["a", "b"],
                "routingStrategy": "least_assigned", "routingConfig": {"timeWindow": "week"},
                "schedule": {"enabled": true, "timezone": "UTC", "days": {}}}],
            "agents": [{"id": "a", "status": "online"}, {"id": "b", "active": 4294967295_u32}]
        }),
    ]
}

/// Values to put where they do not belong.
fn stranger() -> impl Strategy<Value = Value> {
    select(vec![
        json!(null),
        json!(true),
        json!(-1),
        json!(1.5),
        json!(u64::MAX),
        json!(""),
        json!("a"),
        json!("\u{0}\u{202e}\u{10ffff}"),
        json!("24:00"),
        json!("9998-12-31T23:59:59.999Z"),
        json!("0001-01-01T00:00:00Z"),
        json!([]),
        json!({}),
        json!([[[]]]),
        json!({"id": "a"}),
    ])
}

/// Puts `new` in the place of the value that `at` picks, counting through the whole document.
fn replace(value: &mut Value, at: &mut usize, new: &Value) {
    if *at == 0 {
        *value = new.clone();
        *at = usize::MAX;
        return;
    }
    *at -= 1;
    match value {
        Value::Object(fields) => fields
            .values_mut()
            .for_each(|value| replace(value, at, new)),
        Value::Array(items) => items.iter_mut().for_each(|value| replace(value, at, new)),
        _ => {}
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        read(&bytes);
    }

    #[test]
    fn no_text_of_json_characters_panics(
        text in prop::collection::vec(select(r#"{}[]":,0-1.eE\ untrfalsiden"#.chars().collect::<Vec<char>>()), 0..60),
    ) {
        read(text.into_iter().collect::<String>().as_bytes());
    }

    #[test]
    fn no_valid_json_with_other_bytes_in_it_panics(
        document in select(documents()),
        edits in prop::collection::vec((any::<Index>(), any::<Index>(), any::<u8>(), 0..3_u8), 1..6),
    ) {
        let mut bytes = document.to_string().into_bytes();
        for (from, to, byte, edit) in edits {
            let (from, to) = (from.index(bytes.len()), to.index(bytes.len()));
            match edit {
                0 => bytes[from] = byte,
                1 => drop(bytes.drain(from.min(to)..from.max(to))),
                _ => {
                    let part = bytes[from.min(to)..from.max(to)].to_vec();
                    bytes.splice(to..to, part);
                }
            }
            bytes.push(b' ');
        }
        read(&bytes);
    }

    #[test]
    fn no_valid_json_with_other_values_in_it_panics(
        document in select(documents()),
        changes in prop::collection::vec((0..40_usize, stranger()), 1..4),
    ) {
        let mut document = document;
        for (mut at, new) in changes {
            replace(&mut document, &mut at, &new);
        }
        read(document.to_string().as_bytes());
    }
}
