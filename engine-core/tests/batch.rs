//! A batch comes to what its sessions come to one after the other.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop where it goes wrong"
)]

#[path = "rotation/churn.rs"]
#[expect(dead_code, reason = "of this file only the random numbers are used")]
mod churn;

use std::collections::{BTreeMap, BTreeSet};

use assignment_engine_core::{
    Answer, Batch, ContextKey, Decision, Engine, Facts, Input, Need, Outcome, Pipeline, Placed,
    QueueOrder, Reason, Request, Roster, RosterConfig, Rotation, RuleId, Session, SessionStatus,
    Step, Timestamp, TurnBook,
};
use churn::Random;
use serde_json::{Value, json};

type Books = BTreeMap<(ContextKey, Rotation), TurnBook>;

const MONDAY: &str = "2026-11-23T09:00:00Z";

impl Random {
    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }
}

fn roster(random: &mut Random) -> Roster {
    let agents: Vec<Value> = (0..random.below(8))
        .map(|n| {
            let status = *random.one(&["online", "online", "online", "away"]);
            json!({"id": format!("agent-{n}"), "name": *random.one(&["Anna", "Ben", "anna", ""]),
                "status": status, "active": random.below(3), "total": random.below(4)})
        })
        .collect();
    let team = |random: &mut Random, id: &str| {
        let members: Vec<&Value> = agents
            .iter()
            .filter(|_| random.chance(70))
            .map(|a| &a["id"])
            .collect();
        let strategies = [
            "round_robin",
            "least_active",
            "least_assigned",
            "hybrid",
            "manual",
            "quickest",
        ];
        let mut config = json!({"sortBy": *random.one(&["name", "random", "created_at"])});
        if random.chance(70) {
            config["maxLoad"] = (1 + random.below(5)).into();
        }
        if random.chance(40) {
            config["rotation"] = (*random.one(&["counter", "least_recent", "proportional"])).into();
            config["weights"] = json!({"agent-1": 3});
        }
        let day = *random.one(&["monday", "monday", "monday", "tuesday", "thursday"]);
        let end = *random.one(&["09:00", "10:01", "17:00"]);
        let mut team = json!({"id": id, "members": members, "routingConfig": config,
            "isActive": random.chance(90), "isDefault": random.chance(30)});
        if random.chance(90) {
            team["routingStrategy"] = (*random.one(&strategies)).into();
        }
        if random.chance(60) {
            let mut days = json!({});
            days[day] = json!([{"start": "08:00", "end": end}]);
            team["schedule"] = json!({"enabled": true, "timezone": "Europe/Vienna", "days": days});
        }
        team
    };
    let teams = [team(random, "sales"), team(random, "support")];
    let config = json!({"tenantId": "acme", "agents": agents, "teams": teams, "tenant": {
        "strategy": *random.one(&["round_robin", "least_active", "none"]),
        "settings": {"waterfall": {"noAgentAction": *random.one(&["reply", "queue"])}}}});
    Roster::from_config(RosterConfig::from_json(config.to_string().as_bytes()).unwrap()).unwrap()
}

fn queue(random: &mut Random) -> Vec<(Request, bool)> {
    let mut now = Timestamp::parse(MONDAY).unwrap();
    (0..1 + random.below(14))
        .map(|n| {
            let tenant = if random.chance(3) { "other" } else { "acme" };
            let id = format!("chat-{n}").as_str().try_into().unwrap();
            let mut session = Session::new(id, tenant.try_into().unwrap());
            let teams = [
                Some("sales"),
                Some("sales"),
                Some("support"),
                None,
                Some("gone"),
            ];
            session.assigned_team_id = random.one(&teams).map(|team| team.try_into().unwrap());
            let contacts = [None, Some("c1"), Some("c2"), Some("c3"), Some("c4")];
            session.contact_id = random.one(&contacts).map(|id| id.try_into().unwrap());
            now = now.saturating_add(i64::try_from(random.below(60_000)).unwrap());
            let mut request = Request::new(session, now);
            request.force_override = random.chance(5);
            if random.chance(5) {
                request.excluded.push("agent-1".try_into().unwrap());
            }
            (request, random.chance(5))
        })
        .collect()
}

/// One session by itself; `None` where it needs more than a roster and its rotations.
fn alone(
    engine: &Engine,
    roster: &Roster,
    books: &mut Books,
    request: &Request,
    taken: bool,
    trace: bool,
) -> Option<Decision> {
    let facts = Facts {
        contact_assigned: Some(taken),
        ..Facts::default()
    };
    let input = Input {
        request,
        facts: &facts,
        roster: Some(roster),
        trace,
    };
    let mut step = engine.start(input);
    loop {
        let (need, run) = match step {
            Step::Done(decision) => return Some(decision),
            Step::Need(need, run) => (need, run),
        };
        let index = match need {
            Need::NextIndex {
                context_key,
                candidate_count,
            } => {
                let book = books.entry((context_key, Rotation::Counter));
                let book = book.or_insert(TurnBook::new(Rotation::Counter));
                let index = book.newest() % i64::from(candidate_count.get());
                book.next_index(candidate_count).unwrap();
                u32::try_from(index).unwrap()
            }
            Need::Turn {
                context_key,
                rotation,
                candidates,
            } => {
                let book = books.entry((context_key, rotation));
                let book = book.or_insert_with(|| TurnBook::new(rotation));
                book.take(&candidates, request.now).unwrap().index
            }
            _ => return None,
        };
        step = engine.resume(run, input, Answer::NextIndex(index)).unwrap();
    }
}

fn assert_equals_one_by_one(seed: u64, engine: &Engine, trace: bool) -> (u32, u32) {
    let mut random = Random(seed);
    let (mut kept, queue) = (roster(&mut random), queue(&mut random));
    let mut model = kept.clone();
    let (mut books, mut contacts) = (Books::new(), BTreeSet::new());
    let mut batch = Batch::new(engine);
    if trace {
        batch = batch.with_trace();
    }
    let (mut ordinary, mut others) = (0, 0);
    for (request, contact_assigned) in &queue {
        let contact = request.session.contact_id.clone();
        let taken = contact
            .as_ref()
            .is_some_and(|id| *contact_assigned || contacts.contains(id));
        let expected = if request.session.tenant_id.as_str() == "acme" {
            alone(engine, &model, &mut books, request, taken, trace)
        } else {
            None
        };
        let placed = loop {
            match batch.place(&mut kept, request, *contact_assigned) {
                Placed::NeedsBook(key, rotation) => batch.put_book(key, TurnBook::new(rotation)),
                placed => break placed,
            }
        };
        match (&placed, &expected) {
            (Placed::NotHere, None) => continue,
            (Placed::Assigned(placement), Some(expected)) => {
                ordinary += 1;
                assert_eq!(
                    Some(placement.agent),
                    expected.agent,
                    "seed {seed}: {request:?}"
                );
                assert_eq!(placement.limit, expected.limit, "seed {seed}");
                assert!(matches!(expected.outcome, Outcome::Assign { .. }));
                assert_eq!(expected.reason, Reason::Selected);
                assert_eq!(expected.rule.as_str(), RuleId::Selector.name());
                assert!(expected.effects.is_empty() && expected.warnings.is_empty());
                assert!(expected.next_check_at.is_none() && expected.trace.is_none());
            }
            (Placed::Decided(decision, _), Some(expected)) => {
                others += 1;
                assert_eq!(**decision, *expected, "seed {seed}");
            }
            _ => panic!("seed {seed}: {placed:?} for {expected:?}"),
        }
        if let Some(agent) = expected.and_then(|decision| decision.agent) {
            model.assigned(agent).unwrap();
            contacts.extend(contact);
        }
        for place in 0..10 {
            let state = |roster: &Roster| roster.snapshot(roster.agent_at(place)?);
            assert_eq!(state(&kept), state(&model), "seed {seed}");
        }
    }
    let left: BTreeMap<_, _> = batch
        .into_books()
        .map(|(key, book)| ((key, book.rotation()), book))
        .collect();
    // A book that was asked for and not opened is as empty as none.
    for (key, book) in &books {
        assert_eq!(left.get(key), Some(book), "seed {seed}");
    }
    (ordinary, others)
}

#[test]
fn a_hundred_thousand_queues_come_to_what_their_sessions_come_to_alone() {
    let engine = Engine::default();
    let (mut ordinary, mut others) = (0, 0);
    for seed in 0..100_000 {
        let (one, other) = assert_equals_one_by_one(seed, &engine, seed % 10 == 0);
        ordinary += one;
        others += other;
    }
    // Both ways are taken often.
    assert!(ordinary > 50_000 && others > 50_000, "{ordinary} {others}");
}

#[test]
fn other_rules_go_the_whole_way_or_are_left_to_the_caller() {
    let fewer = Engine::new(Pipeline::new(Pipeline::standard().rules()[2..].to_vec()).unwrap());
    let own = Engine::new(Pipeline::with_rule_before(RuleId::Selector, "skills").unwrap());
    for seed in 0..500 {
        let (ordinary, _) = assert_equals_one_by_one(seed, &fewer, false);
        assert_eq!(ordinary, 0);
        assert_equals_one_by_one(seed, &own, false);
    }
}

fn small() -> (Roster, Request) {
    let config = br#"{"tenantId":"acme","agents":[{"id":"a","status":"online"},{"id":"b","status":"online"}],
        "teams":[{"id":"sales","members":["a","b"],"routingConfig":{"maxLoad":1,"rotation":"least_recent"}},
        {"id":"support","members":["a","b"],"routingConfig":{"maxLoad":1}}]}"#;
    let roster = Roster::from_config(RosterConfig::from_json(config).unwrap()).unwrap();
    let mut session = Session::new("s".try_into().unwrap(), "acme".try_into().unwrap());
    session.assigned_team_id = Some("support".try_into().unwrap());
    session.contact_id = Some("c".try_into().unwrap());
    let now = Timestamp::parse(MONDAY).unwrap();
    (roster, Request::new(session, now))
}

#[test]
fn what_the_store_refuses_can_be_undone() {
    let engine = Engine::default();
    let (mut roster, request) = small();
    let before = roster.snapshot(roster.agent("a").unwrap());
    let mut batch = Batch::new(&engine);
    batch.put_book(
        "support".try_into().unwrap(),
        TurnBook::new(Rotation::Counter),
    );
    let Placed::Assigned(placement) = batch.place(&mut roster, &request, false) else {
        panic!();
    };
    // The contact has an agent now.
    let Placed::Decided(decision, None) = batch.place(&mut roster, &request, false) else {
        panic!();
    };
    assert_eq!(decision.outcome, Outcome::Skip);
    batch.undo(&mut roster, &request, placement.agent);
    assert_eq!(roster.snapshot(roster.agent("a").unwrap()), before);
    assert!(matches!(
        batch.place(&mut roster, &request, false),
        Placed::Assigned(_)
    ));
}

#[test]
fn a_turn_that_comes_to_nothing_is_given_back() {
    let engine = Engine::default();
    let (mut roster, mut request) = small();
    request.session.assigned_team_id = Some("sales".try_into().unwrap());
    let mut batch = Batch::new(&engine);
    let key: ContextKey = "sales".try_into().unwrap();
    let needs = batch.place(&mut roster, &request, false);
    assert_eq!(needs, Placed::NeedsBook(key.clone(), Rotation::LeastRecent));
    batch.put_book(key, TurnBook::new(Rotation::LeastRecent));
    let mut agents = Vec::new();
    for _ in 0..2 {
        let Placed::Decided(decision, Some(spent)) = batch.place(&mut roster, &request, false)
        else {
            panic!();
        };
        agents.push(decision.agent.unwrap());
        batch.undo(&mut roster, &request, decision.agent.unwrap());
        batch.give_back(&spent);
    }
    assert_eq!(agents[0], agents[1]);
}

#[test]
fn a_roster_that_others_change_meanwhile_is_seen_as_it_is() {
    let engine = Engine::default();
    let (mut roster, mut request) = small();
    request.session.contact_id = None;
    let mut batch = Batch::new(&engine);
    batch.put_book(
        "support".try_into().unwrap(),
        TurnBook::new(Rotation::Counter),
    );
    assert!(matches!(
        batch.place(&mut roster, &request, false),
        Placed::Assigned(_)
    ));
    for agent in ["a", "b"] {
        let agent = roster.agent(agent).unwrap();
        roster.set_online(agent, false).unwrap();
    }
    let Placed::Decided(decision, _) = batch.place(&mut roster, &request, false) else {
        panic!();
    };
    assert_eq!(decision.reason, Reason::NobodyOnline);
}

fn waiting(id: &str, priority: i64, began: i64) -> Session {
    let mut session = Session::new(id.try_into().unwrap(), "acme".try_into().unwrap());
    session.priority = priority;
    session.created_at = Timestamp::from_millisecond(began);
    session.status = SessionStatus::Unassigned;
    session
}

/// Whoever begins later than the stated bound passes nobody, and of two sessions the order never
/// changes: over random priorities and times.
#[test]
fn no_priority_starves_another() {
    let mut random = Random(7);
    let seconds = 90;
    let order: QueueOrder =
        serde_json::from_value(json!({"kind": "priority", "secondsPerPoint": seconds})).unwrap();
    for _ in 0..100_000 {
        let session = |random: &mut Random, id: &str| {
            let priority = i64::try_from(random.below(6)).unwrap();
            let began = i64::try_from(random.below(1_200_000)).unwrap();
            waiting(id, priority, began)
        };
        let (first, later) = (session(&mut random, "x"), session(&mut random, "y"));
        let began = |s: &Session| s.created_at.unwrap().as_millisecond();
        let passes = order.compare(&later, &first).is_lt();
        let bound = (later.priority - first.priority) * seconds * 1_000;
        if began(&later) >= began(&first) {
            let early_enough = began(&later) - began(&first) < bound;
            assert!(!passes || early_enough, "{first:?} {later:?}");
            assert!(passes || !early_enough, "{first:?} {later:?}");
        }
        assert_eq!(
            order.compare(&first, &later),
            order.compare(&later, &first).reverse()
        );
    }
}

#[test]
fn the_order_of_the_contract_knows_no_priority() {
    let fifo = QueueOrder::default();
    assert!(
        fifo.compare(&waiting("b", 0, 5), &waiting("a", 9, 6))
            .is_lt()
    );
    assert!(
        fifo.compare(&waiting("a", 0, 5), &waiting("b", 9, 5))
            .is_lt()
    );
    let mut unknown = waiting("z", 0, 0);
    unknown.created_at = None;
    assert!(fifo.compare(&unknown, &waiting("a", 0, -99)).is_lt());
    // The largest numbers there are.
    let order = QueueOrder::Priority {
        seconds_per_point: u32::MAX.try_into().unwrap(),
    };
    let extremes = [waiting("a", i64::MAX, 0), waiting("b", i64::MIN, 0)];
    assert!(order.compare(&extremes[0], &extremes[1]).is_lt());
    let zero: Result<QueueOrder, _> =
        serde_json::from_value(json!({"kind": "priority", "secondsPerPoint": 0}));
    assert!(zero.is_err());
}
