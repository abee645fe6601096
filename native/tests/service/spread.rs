//! `assign_queued_sessions_to_teams`: the queue, over teams in turn.

use assignment_engine::ServiceError;
use serde_json::json;

use crate::watched_store::{Call, Then, Write};
use crate::world::{NEVER_OPEN, World, id, json_of};

fn team_of(world: &World, n: usize) -> String {
    let team = world.stored(&format!("s{n:03}")).assigned_team_id;
    team.map_or_else(String::new, |team| team.to_string())
}

#[tokio::test]
async fn the_oldest_goes_to_the_first_team_and_so_in_turn() {
    let world = World::new();
    world.team("sales", &["anna"]);
    world.team("support", &["ben"]);
    world.team("legal", &["cleo"]);
    world.sessions(8, &json!({"assignedTeamId": "sales"}));
    let teams = ["support", "legal", "sales"];
    assert_eq!(world.to_teams(&teams, false).await, Ok(8));
    for n in 0..8 {
        assert_eq!(team_of(&world, n), teams[n % 3], "s00{n}");
        let owner = world.owner(&format!("s00{n}"));
        assert_eq!(owner, ["ben", "cleo", "anna"][n % 3]);
    }
}

#[tokio::test]
async fn at_most_fifty() {
    let world = World::new();
    world.team("sales", &["anna"]);
    world.sessions(70, &json!({}));
    assert_eq!(world.to_teams(&["sales"], false).await, Ok(50));
    assert_eq!(
        (team_of(&world, 49), team_of(&world, 50)),
        ("sales".into(), String::new())
    );
}

#[tokio::test]
async fn force_skips_the_schedule_and_takes_offline_agents_but_holds_the_limit() {
    let world = World::new();
    let more = json!({"schedule": json_of(NEVER_OPEN), "routingConfig": {"maxLoad": 2}});
    world.team_with("sales", &["anna"], more);
    world.agent(json!({"id": "anna", "status": "offline"}));
    world.sessions(
        3,
        &json!({"context": {"oooLastSentAt": "2026-11-23T09:00:00Z"}}),
    );
    assert_eq!(world.to_teams(&["sales"], false).await, Ok(0));
    assert_eq!(world.to_teams(&["sales"], true).await, Ok(2));
    assert_eq!(
        (world.load("anna"), world.owner("s002")),
        (2, String::new())
    );
}

#[tokio::test]
async fn a_session_moves_though_nobody_there_can_take_it_yet() {
    let world = World::new();
    world.tenant(json!({"settings": {"waterfall": {"noAgentAction": "queue"}}}));
    world.team("empty", &[]);
    world.sessions(2, &json!({}));
    assert_eq!(world.to_teams(&["empty"], false).await, Ok(0));
    assert_eq!(
        (team_of(&world, 0), team_of(&world, 1)),
        ("empty".into(), "empty".into())
    );
    let moved = [Write::Updated(id("s000")), Write::Updated(id("s001"))];
    assert_eq!(world.store.take_writes(), moved);
}

#[tokio::test]
async fn a_team_that_is_not_the_tenants_is_refused_before_anything_moves() {
    let world = World::new();
    world.team("sales", &["anna"]);
    world.team_of("other", "theirs", &["zoe"], json!({}));
    world.sessions(4, &json!({}));
    let before = world.snapshot();
    for unknown in ["theirs", "nowhere"] {
        let refused = world.to_teams(&["sales", unknown], false).await;
        assert_eq!(refused, Err(ServiceError::UnknownTeam(id(unknown))));
    }
    assert_eq!(
        world.to_teams(&[], false).await,
        Ok(0),
        "no team, nothing to do"
    );
    assert_eq!(world.snapshot(), before);
}

#[tokio::test]
async fn one_sessions_error_leaves_it_where_it_was_and_goes_on() {
    let world = World::new();
    world.team("sales", &["anna"]);
    world.team("support", &["ben"]);
    world.sessions(4, &json!({"context": {"topic": "billing"}}));
    let before = world.snapshot();
    world.store.before(|call, _| match call {
        Call::Claim(session, _) if session.as_str() == "s001" => Then::Fail,
        _ => Then::GoOn,
    });
    assert_eq!(world.to_teams(&["sales", "support"], false).await, Ok(3));
    assert_eq!(world.stored("s001"), before.sessions[1]);
    assert_eq!(
        team_of(&world, 2),
        "sales",
        "the turn of a failed session is used up"
    );
    assert_eq!(team_of(&world, 3), "support");
}
