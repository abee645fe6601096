//! The ordinary course is that of a run, wherever there is one.

use assignment_engine_core::{
    Answer, Decision, Engine, Facts, Input, Need, Outcome, Pipeline, Reason, Request, Roster,
    RosterConfig, RuleId, ScheduleConfig, Session, Step, TeamConfig, TeamPlace, TenantConfig,
    Timestamp,
};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::config;
use crate::generate::{agents, instant, json, routing, strategy};

/// A minute within the two weeks around the end of summer time in Vienna, 2026-10-25.
fn minute() -> impl Strategy<Value = Timestamp> {
    let start = Timestamp::parse("2026-10-18T00:00:00Z").unwrap();
    (0..14 * 24 * 60_i64, select(vec![0, 1, 59_999]))
        .prop_map(move |(minute, more)| start.saturating_add(minute * 60_000 + more))
}

fn schedule() -> impl Strategy<Value = Option<ScheduleConfig>> {
    let days = [
        r#"{"monday":[{"start":"00:00","end":"24:00"}],"tuesday":[{"start":"00:00","end":"12:00"}]}"#,
        r#"{"sunday":[{"start":"01:30","end":"02:30"},{"start":"22:00","end":"06:00"}]}"#,
        r#"{"saturday":[{"start":"23:00","end":"04:00"}],"wednesday":[{"start":"08:00","end":"08:00"}]}"#,
        "{}",
    ];
    let zones = ["UTC", "Europe/Vienna", "Australia/Lord_Howe", "Mars/Phobos"];
    let schedule = (any::<bool>(), select(zones.to_vec()), select(days.to_vec())).prop_map(
        |(enabled, zone, days)| ScheduleConfig {
            enabled,
            timezone: Some(zone.into()),
            days: serde_json::from_str(days).unwrap(),
            ..ScheduleConfig::default()
        },
    );
    option::weighted(0.7, schedule)
}

prop_compose! {
    fn roster()(
        agents in agents(10),
        team_strategy in strategy(),
        tenant_strategy in strategy(),
        routing_config in option::of(routing()),
        schedule in schedule(),
        created_at in option::of(instant()),
        is_default in any::<bool>(),
    ) -> Roster {
        let mut roster = Roster::new("acme".try_into().unwrap(), TenantConfig {
            strategy: tenant_strategy, ..TenantConfig::default()
        });
        let members = agents.iter().map(|agent| agent.id.clone()).collect();
        for agent in agents {
            roster.add_agent(agent).unwrap();
        }
        let team = TeamConfig {
            members, routing_strategy: team_strategy, routing_config, schedule, created_at, is_default,
            ..TeamConfig::new("sales".try_into().unwrap())
        };
        roster.add_team(team).unwrap();
        roster.add_team(TeamConfig::new("empty".try_into().unwrap())).unwrap();
        roster
    }
}

/// The run's question for an index, if it asks for one, and what it comes to.
fn run(
    engine: &Engine,
    roster: &Roster,
    team: Option<&str>,
    now: Timestamp,
    turn: u32,
) -> (Option<u32>, Decision) {
    let mut session = Session::new("s".try_into().unwrap(), "acme".try_into().unwrap());
    session.assigned_team_id = team.map(|team| team.try_into().unwrap());
    let request = Request::new(session, now);
    let input = Input {
        request: &request,
        facts: &Facts::default(),
        roster: Some(roster),
        trace: false,
    };
    match engine.start(input) {
        Step::Done(decision) => (None, decision),
        Step::Need(
            Need::NextIndex {
                candidate_count, ..
            },
            run,
        ) => {
            let answer = Answer::NextIndex(turn % candidate_count);
            match engine.resume(run, input, answer).unwrap() {
                Step::Done(decision) => (Some(candidate_count.get()), decision),
                Step::Need(need, _) => panic!("{need:?}"),
            }
        }
        // Equals who take turns by another rotation than the counter.
        Step::Need(Need::Turn { .. }, run) => {
            match engine.resume(run, input, Answer::NextIndex(0)).unwrap() {
                Step::Done(decision) => (None, decision),
                Step::Need(need, _) => panic!("{need:?}"),
            }
        }
        Step::Need(need, _) => panic!("{need:?}"),
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn it_comes_to_what_a_run_comes_to(
        roster in roster(),
        team in select(vec![Some("sales"), Some("empty"), None]),
        now in minute(),
        turn in any::<u32>(),
        later in any::<Index>(),
    ) {
        let engine = Engine::default();
        let id = team.map(|team| team.try_into().unwrap());
        let place = roster.team_place(id.as_ref()).unwrap();
        let (count, decision) = run(&engine, &roster, team, now, turn);
        let Some(ordinary) = engine.ordinary(&roster, place, now) else {
            // What it does not know is not an assignment by the counter without a word.
            let silent = count.is_some() && matches!(decision.outcome, Outcome::Assign { .. })
                && decision.warnings.is_empty();
            prop_assert!(!silent, "{decision:?}");
            return Ok(());
        };
        prop_assert_eq!(Some(ordinary.candidate_count.get()), count);
        prop_assert_eq!(ordinary.limit, decision.limit);
        prop_assert_eq!(decision.reason, Reason::Selected);
        prop_assert_eq!(decision.rule.as_str(), RuleId::Selector.name());
        prop_assert!(decision.effects.is_empty() && decision.warnings.is_empty());
        prop_assert!(decision.next_check_at.is_none());
        let picked = roster.ordinary_pick(place, turn % ordinary.candidate_count);
        prop_assert_eq!(picked, decision.agent);
        prop_assert!(picked.is_some());
        // And it stays so for as long as it says.
        prop_assert!(ordinary.until > now);
        let span = usize::try_from(ordinary.until.since(now).min(30 * 86_400_000)).unwrap();
        let then = now.saturating_add(i64::try_from(later.index(span)).unwrap());
        let (count_then, decision_then) = run(&engine, &roster, team, then, turn);
        prop_assert_eq!((count_then, json(&decision_then)), (count, json(&decision)));
    }
}

#[test]
fn other_rules_and_unknown_teams_are_out_of_the_ordinary() {
    let config = br#"{"tenantId":"acme","agents":[{"id":"a","status":"online"}],
        "teams":[{"id":"sales","members":["a"]}]}"#;
    let roster = Roster::from_config(RosterConfig::from_json(config).unwrap()).unwrap();
    let sales = TeamPlace::Team(0);
    assert!(
        Engine::default()
            .ordinary(&roster, sales, Timestamp::EPOCH)
            .is_some()
    );
    assert!(
        roster
            .team_place(Some(&"gone".try_into().unwrap()))
            .is_none()
    );
    for place in [1, u32::MAX] {
        let team = TeamPlace::Team(place);
        assert!(
            Engine::default()
                .ordinary(&roster, team, Timestamp::EPOCH)
                .is_none()
        );
        assert!(roster.ordinary_pick(team, 0).is_none());
    }
    assert!(roster.ordinary_pick(sales, 1).is_none());
    let own = Pipeline::with_rule_before(RuleId::Selector, "skills").unwrap();
    let fewer = Pipeline::new(Pipeline::standard().rules()[..4].to_vec()).unwrap();
    for pipeline in [own, fewer] {
        assert!(!pipeline.is_standard());
        assert!(
            Engine::new(pipeline)
                .ordinary(&roster, sales, Timestamp::EPOCH)
                .is_none()
        );
    }
}
