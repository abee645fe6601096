//! What every store answers when it is asked.

use assignment_engine::Counts;
use assignment_engine::core::{AgentStatus, SessionId, SessionStatus, TenantConfig};
use serde_json::json;

use crate::stage::{NOW, Stage, at, held, id, session, uuid};

pub(crate) async fn a_session_is_read_as_it_was_stored(stage: &Stage) {
    stage.team("sales", &["anna"], json!({})).await;
    let full = json!({"status": "assigned", "assignedAgentId": uuid("anna"),
        "assignedTeamId": uuid("sales"), "assignedAt": "2026-11-23T09:10:00.123Z",
        "acceptedAt": "2026-11-23T09:11:00.999Z", "priority": -7, "channel": "e-mail",
        "context": {"account": "wa-1", "deep": {"list": [1, 2.5, null, "é\u{1f600}"]}},
        "lastMessageAt": "2026-11-23T09:12:00.001Z"});
    let full = stage.session("full", full).await;
    let bare = stage.session("bare", json!({})).await;
    assert_eq!(stage.stored("full").await, full);
    assert_eq!(stage.stored("bare").await, bare);
}

pub(crate) async fn what_is_not_there_is_not_found(stage: &Stage) {
    let store = &stage.store;
    for nowhere in [
        uuid("nowhere"),
        "nowhere".into(),
        "é".into(),
        "x' OR true --".into(),
    ] {
        let session = SessionId::new(&nowhere).unwrap();
        let (team, tenant) = (
            nowhere.as_str().try_into().unwrap(),
            nowhere.as_str().try_into().unwrap(),
        );
        let contact = nowhere.as_str().try_into().unwrap();
        assert_eq!(store.session(&session).await.unwrap(), None);
        assert_eq!(store.team(&team).await.unwrap(), None);
        assert_eq!(store.teams(&tenant).await.unwrap(), []);
        assert_eq!(store.members(&team, Counts::Ever).await.unwrap(), []);
        assert_eq!(store.queue(&tenant, None, 9).await.unwrap(), []);
        assert_eq!(store.queue(&id("acme"), Some(&team), 9).await.unwrap(), []);
        assert_eq!(
            store.tenant(&tenant).await.unwrap(),
            TenantConfig::default()
        );
        let busy = store.contact_has_assigned_session(&tenant, &contact, &session);
        assert!(!busy.await.unwrap());
    }
}

pub(crate) async fn the_queue_is_what_waits_oldest_first(stage: &Stage) {
    stage.team("sales", &["anna"], json!({})).await;
    stage.team("support", &[], json!({})).await;
    for (name, created, team) in [
        ("d", "2026-11-23T09:00:00Z", "sales"),
        ("b", "2026-11-23T09:00:00Z", "support"),
        ("a", "2026-11-23T09:30:00Z", "sales"),
        ("c", "2026-11-22T09:00:00Z", "sales"),
    ] {
        let more = json!({"createdAt": created, "assignedTeamId": uuid(team), "priority": 5});
        stage.session(name, more).await;
    }
    stage.session("held", held("anna")).await;
    stage.session("over", json!({"status": "resolved"})).await;
    let foreign = json!({"tenantId": uuid("other")});
    stage.session("foreign", foreign).await;

    let tenant = id("acme");
    let names = async |team: Option<&str>, limit: usize| {
        let team = team.map(id);
        let queue = stage
            .store
            .queue(&tenant, team.as_ref(), limit)
            .await
            .unwrap();
        let ids = queue.into_iter().map(|one| one.id);
        ids.collect::<Vec<SessionId>>()
    };
    let of = |names: &[&str]| {
        names
            .iter()
            .map(|name| id(name))
            .collect::<Vec<SessionId>>()
    };
    assert_eq!(names(None, usize::MAX).await, of(&["c", "b", "d", "a"]));
    assert_eq!(names(None, 2).await, of(&["c", "b"]));
    assert_eq!(names(None, 0).await, []);
    assert_eq!(names(Some("sales"), 9).await, of(&["c", "d", "a"]));
}

pub(crate) async fn a_contact_is_busy_with_another_session_of_the_tenant(stage: &Stage) {
    stage.team("sales", &["anna"], json!({})).await;
    let of = |contact: &str, tenant: &str| {
        let mut more = held("anna");
        more["contactId"] = uuid(contact).into();
        more["tenantId"] = uuid(tenant).into();
        more
    };
    stage.session("one", of("busy", "acme")).await;
    stage.session("two", of("elsewhere", "other")).await;
    stage
        .session("three", json!({"contactId": uuid("waiting")}))
        .await;
    let over = json!({"contactId": uuid("over"), "status": "resolved"});
    stage.session("four", over).await;
    for (contact, except, busy) in [
        ("busy", "other", true),
        ("busy", "one", false),
        ("elsewhere", "other", false),
        ("waiting", "other", false),
        ("over", "other", false),
    ] {
        let (tenant, contact_id, except) = (id("acme"), id(contact), id(except));
        let answer = stage
            .store
            .contact_has_assigned_session(&tenant, &contact_id, &except);
        assert_eq!(answer.await.unwrap(), busy, "{contact}");
    }
}

pub(crate) async fn teams_come_with_their_settings_and_members(stage: &Stage) {
    let more = json!({"isDefault": true, "routingStrategy": "least_assigned",
        "routingConfig": {"timeWindow": "week", "maxLoad": 4},
        "schedule": {"enabled": true, "timezone": "Europe/Vienna", "outOfOfficeMessage": "zzz",
            "days": {"monday": [{"start": "09:00", "end": "17:00"}]}}});
    stage.team("sales", &["anna", "ben"], more.clone()).await;
    stage.team("support", &[], json!({"isActive": false})).await;
    stage.team_of("other", "theirs", &["zoe"], json!({})).await;
    let teams = stage.store.teams(&id("acme")).await.unwrap();
    assert_eq!(teams.len(), 2);
    let sales = teams.iter().find(|team| team.id == id("sales")).unwrap();
    let told = serde_json::to_value(sales).unwrap();
    let mut expected = more;
    expected["id"] = uuid("sales").into();
    expected["name"] = "sales".into();
    expected["isActive"] = true.into();
    expected["createdAt"] = "2026-01-01T00:00:00.000Z".into();
    expected["members"] = json!([uuid("anna"), uuid("ben")]);
    expected["schedule"]["outOfOfficeImage"] = told["schedule"]["outOfOfficeImage"].clone();
    assert_eq!(told, expected);
    let (tenant, team) = stage.store.team(&id("support")).await.unwrap().unwrap();
    assert_eq!(tenant, id("acme"));
    assert_eq!((team.is_active, team.members.len()), (false, 0));
}

pub(crate) async fn members_are_counted_over_all_teams(stage: &Stage) {
    stage.team("sales", &["anna", "ben"], json!({})).await;
    stage.team("support", &["anna"], json!({})).await;
    let mut more = held("anna");
    stage.session("now", more.clone()).await;
    more["assignedTeamId"] = uuid("support").into();
    stage.session("there", more.clone()).await;
    more["status"] = "resolved".into();
    more["assignedAt"] = "2026-11-20T09:00:00.000Z".into();
    stage.session("before", more).await;
    let since = |text: &str| Counts::Since(at(text));
    for (counts, total) in [
        (Counts::None, 0),
        (Counts::Ever, 3),
        (since("2026-11-20T09:00:00.000Z"), 3),
        (since("2026-11-20T09:00:00.001Z"), 2),
        (since("2026-11-23T09:00:00.000Z"), 2),
        (since(NOW), 0),
    ] {
        let mut members = stage.store.members(&id("sales"), counts).await.unwrap();
        members.sort_by(|a, b| a.id.cmp(&b.id));
        let [anna, ben] = &members[..] else {
            panic!("{members:?}");
        };
        assert_eq!((anna.id.clone(), anna.name.as_str()), (id("anna"), "anna"));
        assert_eq!(anna.status, AgentStatus::Online);
        assert_eq!(anna.created_at, Some(at("2026-01-01T00:00:00Z")));
        assert_eq!((anna.active, anna.total), (2, total), "{counts:?}");
        assert_eq!((ben.active, ben.total), (0, 0));
    }
}

pub(crate) async fn a_tenants_configuration_is_its_own(stage: &Stage) {
    let config = json!({"enabled": false, "strategy": "hybrid", "settings": {
        "waterfall": {"noAgentAction": "queue", "noAgentMessage": "busy"},
        "outOfOfficeMessage": "closed"}});
    stage.tenant("acme", config.clone()).await;
    let stored = stage.store.tenant(&id("acme")).await.unwrap();
    assert_eq!(serde_json::to_value(stored).unwrap(), config);
    let other = stage.store.tenant(&id("other")).await.unwrap();
    assert_eq!(other, TenantConfig::default());
}

pub(crate) async fn an_update_changes_what_waits_and_nothing_else(stage: &Stage) {
    stage.team("sales", &["anna"], json!({})).await;
    stage
        .session("s1", json!({"context": {"old": 1, "kept": {"a": 1}}}))
        .await;
    let mut changes = crate::stage::changes();
    changes.context.insert("old".into(), json!([2]));
    changes.context.insert("new".into(), json!(null));
    changes.team_id = Some(id("sales"));
    let updated = stage.store.update(&id("s1"), &changes).await.unwrap();
    let expected = session(
        "s1",
        json!({"assignedTeamId": uuid("sales"), "updatedAt": NOW,
        "context": {"old": [2], "kept": {"a": 1}, "new": null}}),
    );
    assert_eq!(updated, expected);
    assert_eq!(stage.stored("s1").await, expected);

    let held = stage.session("held", held("anna")).await;
    let over = stage.session("over", json!({"status": "resolved"})).await;
    for session in [held, over] {
        let updated = stage.store.update(&session.id, &changes).await.unwrap();
        assert_eq!(updated, session, "as it is");
        assert_eq!(
            stage.store.session(&session.id).await.unwrap(),
            Some(session)
        );
    }
    for nowhere in [id("nowhere"), SessionId::new("nowhere").unwrap()] {
        let gone = stage.store.update(&nowhere, &changes).await.unwrap_err();
        assert_eq!(gone.code, "unknown_session");
    }
}

pub(crate) async fn nothing_to_change_changes_no_context(stage: &Stage) {
    stage.session("s1", json!({})).await;
    let nothing = assignment_engine::SessionChanges::default();
    let updated = stage.store.update(&id("s1"), &nothing).await.unwrap();
    assert_eq!(updated, session("s1", json!({})));
    assert_eq!(updated.status, SessionStatus::Unassigned);
}
