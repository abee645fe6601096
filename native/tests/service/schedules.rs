//! Who is open: `check_schedule_availability` and `get_teams_available_for_queue`.

use assignment_engine::core::Availability;
use assignment_engine::{ServiceError, TeamAvailability};
use serde_json::{Value, json};

use crate::world::{NEVER_OPEN, World, at, id, json_of};

/// Monday 09:00 to 17:00 in Vienna, which is 08:00 to 16:00 UTC in November.
fn mondays() -> Value {
    json!({"enabled": true, "timezone": "Europe/Vienna",
        "days": {"monday": [{"start": "09:00", "end": "17:00"}]}})
}

async fn availability(world: &World, team: &str) -> Availability {
    let found = world.service.check_schedule_availability(&id(team)).await;
    found.unwrap()
}

#[tokio::test]
async fn open_from_the_first_minute_to_the_last_and_then_closed_until_next_week() {
    let world = World::new();
    world.team_with("sales", &[], json!({"schedule": mondays()}));
    let this = at("2026-11-23T08:00:00Z");
    let next = at("2026-11-30T08:00:00Z");
    for (now, is_open, next_open) in [
        ("2026-11-23T07:59:59.999Z", false, Some(this)),
        ("2026-11-23T08:00:00Z", true, None),
        ("2026-11-23T15:59:59.999Z", true, None),
        ("2026-11-23T16:00:00Z", false, Some(next)),
    ] {
        world.clock.set(now);
        let found = availability(&world, "sales").await;
        assert_eq!(
            (found.is_open, found.next_open),
            (is_open, next_open),
            "{now}"
        );
    }
}

#[tokio::test]
async fn no_schedule_and_a_disabled_one_are_open_and_one_without_a_zone_is_closed_for_good() {
    let world = World::new();
    world.team("none", &[]);
    world.team_with("off", &[], json!({"schedule": {"enabled": false}}));
    world.team_with("never", &[], json!({"schedule": json_of(NEVER_OPEN)}));
    for zone in [Value::Null, json!(" "), json!("Mars/Phobos")] {
        let mut schedule = mondays();
        schedule["timezone"] = zone.clone();
        world.team_with("lost", &[], json!({"schedule": schedule}));
        let found = availability(&world, "lost").await;
        assert_eq!((found.is_open, found.next_open), (false, None), "{zone}");
    }
    for (team, is_open) in [("none", true), ("off", true), ("never", false)] {
        let found = availability(&world, team).await;
        assert_eq!((found.is_open, found.next_open), (is_open, None), "{team}");
    }
}

#[tokio::test]
async fn the_message_is_the_teams_else_the_tenants_and_the_picture_the_teams() {
    let world = World::new();
    world.tenant(json!({"settings": {"outOfOfficeMessage": "acme sleeps"}}));
    world.team_with("plain", &[], json!({"schedule": json_of(NEVER_OPEN)}));
    let mut own = json_of(NEVER_OPEN);
    own["outOfOfficeMessage"] = "sales sleeps".into();
    own["outOfOfficeImage"] = "https://acme.example/moon.png".into();
    world.team_with("sales", &[], json!({"schedule": own}));
    let plain = availability(&world, "plain").await;
    assert_eq!(plain.message.as_deref(), Some("acme sleeps"));
    assert_eq!(plain.media_url, None);
    let sales = availability(&world, "sales").await;
    assert_eq!(sales.message.as_deref(), Some("sales sleeps"));
    assert_eq!(
        sales.media_url.as_deref(),
        Some("https://acme.example/moon.png")
    );

    world.tenant(json!({"enabled": false, "settings": {"outOfOfficeMessage": "acme sleeps"}}));
    assert_eq!(availability(&world, "plain").await.message, None);
}

#[tokio::test]
async fn a_team_that_is_not_there_is_refused() {
    let world = World::new();
    let refused = world
        .service
        .check_schedule_availability(&id("sales"))
        .await;
    assert_eq!(refused, Err(ServiceError::UnknownTeam(id("sales"))));
}

#[tokio::test]
async fn the_queue_can_go_to_active_open_teams_with_members() {
    let world = World::new();
    let closed = json!({"schedule": json_of(NEVER_OPEN)});
    world.team_with("z", &["anna", "ben"], json!({"name": "Abend"}));
    world.team_with("b", &["anna"], json!({"name": "Morgen"}));
    world.team_with(
        "a",
        &["ben"],
        json!({"name": "Morgen", "schedule": mondays()}),
    );
    world.team_with("closed", &["anna"], closed);
    world.team_with("off", &["anna"], json!({"isActive": false}));
    world.team("empty", &[]);
    world.team_of("other", "theirs", &["zoe"], json!({}));
    world.agent(json!({"id": "ben", "status": "offline"}));
    let team = |team: &str, name: &str, member_count| TeamAvailability {
        team_id: id(team),
        name: name.into(),
        member_count,
    };
    let open = [
        team("z", "Abend", 2),
        team("a", "Morgen", 1),
        team("b", "Morgen", 1),
    ];
    let tenant = id("acme");
    let found = world.service.get_teams_available_for_queue(&tenant).await;
    assert_eq!(found.unwrap(), open);

    world.clock.set("2026-11-24T10:00:00Z");
    let found = world.service.get_teams_available_for_queue(&tenant).await;
    assert_eq!(found.unwrap(), [open[0].clone(), open[2].clone()]);
    let nobody = id("nobody");
    let found = world.service.get_teams_available_for_queue(&nobody).await;
    assert_eq!(found.unwrap(), []);
}
