//! Rows that others have written: what cannot be read says so, and keeps nobody else waiting.

use assignment_engine::core::SessionStatus;
use assignment_engine::{Claim, Counts, Expected, SessionStore};
use serde_json::json;

use crate::database::Database;
use crate::stage::{at, changes, id, session, uuid};

/// Without the contract's own checks, as many databases are.
async fn unchecked() -> Database {
    let database = Database::new().await;
    let drop = "ALTER TABLE sessions DROP CONSTRAINT sessions_status_check,
        DROP CONSTRAINT sessions_context_check";
    database.client.batch_execute(drop).await.unwrap();
    for name in ["s1", "s2", "s3"] {
        database.put_session(&session(name, json!({}))).await;
    }
    database
}

async fn set(database: &Database, name: &str, what: &str) {
    let sql = format!("UPDATE sessions SET {what} WHERE id = '{}'", uuid(name));
    database.client.batch_execute(&sql).await.unwrap();
}

#[tokio::test]
async fn a_session_that_cannot_be_read_keeps_the_others_of_its_queue_going() {
    let database = unchecked().await;
    let store = database.store().await;
    set(&database, "s1", r#"context = '{"n": 1e400}'"#).await;
    set(&database, "s3", "status = 'snoozed'").await;
    for name in ["s1", "s3"] {
        let unreadable = store.session(&id(name)).await.unwrap_err();
        assert_eq!(unreadable.code, "invalid_row", "{name}");
        assert!(unreadable.message.contains(&uuid(name)), "{unreadable}");
    }
    let queue = store.queue(&id("acme"), None, 9).await.unwrap();
    let ids: Vec<_> = queue.into_iter().map(|one| one.id).collect();
    assert_eq!(ids, [id("s2")]);
}

#[tokio::test]
async fn a_context_that_is_no_object_holds_nothing_and_makes_room_for_one() {
    let database = unchecked().await;
    let store = database.store().await;
    for odd in ["[1, 2]", "\"text\"", "7", "null"] {
        set(&database, "s1", &format!("context = '{odd}'")).await;
        assert_eq!(
            store.session(&id("s1")).await.unwrap().unwrap().context,
            None
        );
        let mut changes = changes();
        changes.context.insert("a".into(), 1.into());
        let updated = store.update(&id("s1"), &changes).await.unwrap();
        let context = updated.context.map(serde_json::Value::Object);
        assert_eq!(context, Some(json!({"a": 1})), "{odd}");
    }
}

#[tokio::test]
async fn instants_are_cut_to_milliseconds_and_infinite_ones_are_none() {
    let database = unchecked().await;
    let store = database.store().await;
    set(
        &database,
        "s1",
        "created_at = '2026-11-23 10:00:00.123999+02', updated_at = 'infinity',
         last_message_at = '-infinity', accepted_at = '0044-03-15 BC'",
    )
    .await;
    let read = store.session(&id("s1")).await.unwrap().unwrap();
    assert_eq!(read.created_at, Some(at("2026-11-23T08:00:00.123Z")));
    assert_eq!(
        (read.updated_at, read.last_message_at, read.accepted_at),
        (None, None, None)
    );
}

#[tokio::test]
async fn settings_may_hold_more_than_ours_but_ours_have_to_make_sense() {
    let database = unchecked().await;
    let store = database.store().await;
    let add = |config: &str, schedule: &str| {
        format!(
            "DELETE FROM teams; INSERT INTO teams (id, tenant_id, name, routing_config, schedule)
             VALUES ('{}', '{}', 'sales', '{config}', '{schedule}')",
            uuid("sales"),
            uuid("acme")
        )
    };
    let more = add(
        r#"{"maxLoad": 4, "colour": "red"}"#,
        r#"{"enabled": true, "timezone": "UTC", "days": {}, "holidays": ["2026-12-24"]}"#,
    );
    database.client.batch_execute(&more).await.unwrap();
    let (_, team) = store.team(&id("sales")).await.unwrap().unwrap();
    assert_eq!(team.routing_config.unwrap().max_load, Some(4));
    assert!(team.schedule.unwrap().enabled);
    database
        .client
        .batch_execute(&add("null", "null"))
        .await
        .unwrap();
    let (_, team) = store.team(&id("sales")).await.unwrap().unwrap();
    assert_eq!((team.routing_config, team.schedule), (None, None));
    // To go on without a limit would be the worst reading of a bad one.
    let wrong = add(r#"{"maxLoad": "4"}"#, "null");
    database.client.batch_execute(&wrong).await.unwrap();
    let unreadable = store.team(&id("sales")).await.unwrap_err();
    assert_eq!(unreadable.code, "invalid_row");
    assert!(unreadable.message.contains("maxLoad"), "{unreadable}");

    let config = format!(
        "INSERT INTO assignment_configs (tenant_id, settings) VALUES ('{}',
         '{{\"waterfall\": {{\"noAgentAction\": \"queue\", \"x\": 1}}, \"outOfOfficeMessage\": null, \"y\": 2}}')",
        uuid("acme")
    );
    database.client.batch_execute(&config).await.unwrap();
    let tenant = store.tenant(&id("acme")).await.unwrap();
    let policy = serde_json::to_value(tenant.no_agent_policy()).unwrap();
    assert_eq!(policy["noAgentAction"], "queue");
}

#[tokio::test]
async fn only_active_members_count_and_only_active_users_get_sessions() {
    let database = unchecked().await;
    let store = database.store().await;
    let rows = format!(
        "INSERT INTO users (id, tenant_id, name, status, is_active) VALUES
           ('{anna}', '{acme}', 'anna', 'online', true), ('{ben}', '{acme}', 'ben', 'busy', false),
           ('{cleo}', '{acme}', 'cleo', 'online', true);
         INSERT INTO teams (id, tenant_id, name) VALUES ('{sales}', '{acme}', 'sales');
         INSERT INTO team_members VALUES ('{sales}', '{anna}', true), ('{sales}', '{ben}', true),
           ('{sales}', '{cleo}', false)",
        anna = uuid("anna"),
        ben = uuid("ben"),
        cleo = uuid("cleo"),
        sales = uuid("sales"),
        acme = uuid("acme")
    );
    database.client.batch_execute(&rows).await.unwrap();
    let (_, team) = store.team(&id("sales")).await.unwrap().unwrap();
    assert_eq!(team.members, [id("anna")]);
    let members = store.members(&id("sales"), Counts::Ever).await.unwrap();
    assert_eq!(members.len(), 1);
    let (waiting, any, changes) = (id("s1"), Expected::default(), changes());
    let refused = store
        .claim(&waiting, &id("ben"), &any, &changes)
        .await
        .unwrap();
    assert!(matches!(refused, Claim::Refused(_)), "{refused:?}");
}

/// Ids are compared as UUIDs, not as texts.
#[tokio::test]
async fn a_uuid_in_capital_letters_is_the_same_one() {
    let database = unchecked().await;
    let store = database.store().await;
    let user = format!(
        "INSERT INTO users (id, tenant_id, name) VALUES
         ('abcdef00-0000-4000-8000-00000000000a', '{}', 'anna')",
        uuid("acme")
    );
    database.client.batch_execute(&user).await.unwrap();
    let loud = "ABCDEF00-0000-4000-8000-00000000000A".try_into().unwrap();
    let (waiting, changes) = (id("s1"), changes());
    let claim = store
        .claim(&waiting, &loud, &Expected::default(), &changes)
        .await
        .unwrap();
    assert!(matches!(claim, Claim::Claimed(_)), "{claim:?}");
    let from = Expected {
        owner: Some(loud.clone()),
        ..Expected::default()
    };
    let claim = store.claim(&waiting, &loud, &from, &changes).await.unwrap();
    let Claim::Claimed(session) = claim else {
        panic!("{claim:?}");
    };
    assert_eq!(session.status, SessionStatus::Assigned);
}

#[tokio::test]
async fn a_value_that_the_tables_do_not_take_is_an_error_and_changes_nothing() {
    let database = unchecked().await;
    let store = database.store().await;
    let user = format!(
        "INSERT INTO users (id, tenant_id, name) VALUES ('{}', '{}', 'anna')",
        uuid("anna"),
        uuid("acme")
    );
    database.client.batch_execute(&user).await.unwrap();
    let (waiting, anna, any) = (id("s1"), id("anna"), Expected::default());
    let before = store.session(&waiting).await.unwrap();
    let mut nul = changes();
    nul.context.insert("text".into(), "a\0b".into());
    let mut nowhere = changes();
    nowhere.team_id = Some(id("nowhere"));
    let mut no_id = changes();
    no_id.team_id = Some("nowhere".try_into().unwrap());
    for (changes, code) in [
        (nul, "invalid_value"),
        (nowhere, "constraint"),
        (no_id, "invalid_value"),
    ] {
        let failed = store
            .claim(&waiting, &anna, &any, &changes)
            .await
            .unwrap_err();
        assert_eq!(failed.code, code, "{failed}");
        let failed = store.update(&waiting, &changes).await.unwrap_err();
        assert_eq!(failed.code, code, "{failed}");
        assert_eq!(store.session(&waiting).await.unwrap(), before);
    }
    let claim = store
        .claim(&waiting, &anna, &any, &changes())
        .await
        .unwrap();
    assert!(
        matches!(claim, Claim::Claimed(_)),
        "the connection is as good as new"
    );
}
