//! Does one of the things whose instructions are counted, as often as it is told to:
//! `instructions <what> <times>`. See `scripts/count-instructions.sh`.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark may stop where it goes wrong"
)]

#[path = "../benches/support/mod.rs"]
mod support;

use std::hint::black_box;

use assignment_engine_core::{
    Answer, Batch, Engine, Facts, Input, Need, Placed, Request, Rotation, Session, SessionId, Step,
    Timestamp, TurnBook,
};
use support::{STRATEGIES, roster};

fn main() {
    let mut args = std::env::args().skip(1);
    let what = args.next().unwrap_or_default();
    let times = args.next().map_or(0, |times| times.parse().unwrap());
    let (kind, strategy) = what.split_once('/').unwrap();
    assert!(STRATEGIES.contains(&strategy), "{what}");
    match kind {
        "decide" => decide(strategy, times, false),
        "decide_with_trace" => decide(strategy, times, true),
        "batch" => batch(strategy, times),
        _ => panic!("{what}"),
    }
}

fn request(n: usize) -> Request {
    let id = SessionId::new(format!("session-{n}")).unwrap();
    let mut session = Session::new(id, "acme".try_into().unwrap());
    session.assigned_team_id = Some("sales".try_into().unwrap());
    session.contact_id = Some(format!("contact-{n}").as_str().try_into().unwrap());
    Request::new(session, Timestamp::parse("2026-11-23T09:30:00Z").unwrap())
}

fn decide(strategy: &str, times: usize, trace: bool) {
    let (engine, request) = (Engine::default(), request(0));
    let facts = Facts {
        contact_assigned: Some(false),
        ..Facts::default()
    };
    let mut roster = roster(strategy, 50);
    for turn in 0..times {
        let input = Input {
            request: &request,
            facts: &facts,
            roster: Some(&roster),
            trace,
        };
        let Step::Need(
            Need::NextIndex {
                candidate_count, ..
            },
            run,
        ) = engine.start(input)
        else {
            panic!("nothing was asked");
        };
        let answer = Answer::NextIndex(u32::try_from(turn).unwrap() % candidate_count);
        let Ok(Step::Done(decision)) = engine.resume(run, input, answer) else {
            panic!("nothing was decided");
        };
        roster.assigned(black_box(decision).agent.unwrap()).unwrap();
    }
}

fn batch(strategy: &str, times: usize) {
    let engine = Engine::default();
    // As many in any case, so that what is done once costs the same.
    let queue: Vec<Request> = (0..20_000).map(request).collect();
    let mut roster = roster(strategy, 1_000);
    let mut batch = Batch::new(&engine);
    batch.put_book(
        "sales".try_into().unwrap(),
        TurnBook::new(Rotation::Counter),
    );
    for request in &queue[..times] {
        let Placed::Assigned(placement) = batch.place(&mut roster, request, false) else {
            panic!("it is out of the ordinary");
        };
        black_box(placement);
    }
}
