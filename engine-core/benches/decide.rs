//! What a decision costs on a resident roster: schedule checked, strategy found, an agent chosen,
//! the counts updated. Also the pieces by themselves, and the same with a trace.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark may stop where it goes wrong"
)]

mod support;

use std::hint::black_box;

use assignment_engine_core::{
    Answer, Decision, Engine, Facts, Input, Need, Request, Session, SessionId, Step, Timestamp,
};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use support::{STRATEGIES, roster};

const SIZES: [usize; 4] = [5, 50, 500, 5_000];

fn request() -> Request {
    let mut session = Session::new(
        SessionId::new("session-1").unwrap(),
        "acme".try_into().unwrap(),
    );
    session.assigned_team_id = Some("sales".try_into().unwrap());
    session.contact_id = Some("contact-1".try_into().unwrap());
    Request::new(session, Timestamp::parse("2026-11-23T09:30:00Z").unwrap())
}

/// One whole decision; `turn` plays the rotation.
fn decide(engine: &Engine, input: Input<'_>, turn: &mut u32) -> Decision {
    match engine.start(input) {
        Step::Done(decision) => decision,
        Step::Need(
            Need::NextIndex {
                candidate_count, ..
            },
            run,
        ) => {
            *turn = turn.wrapping_add(1);
            let answer = Answer::NextIndex(*turn % candidate_count);
            match engine.resume(run, input, answer) {
                Ok(Step::Done(decision)) => decision,
                other => panic!("{other:?}"),
            }
        }
        Step::Need(need, _) => panic!("{need:?}"),
    }
}

fn full_decision(c: &mut Criterion) {
    let (engine, request) = (Engine::default(), request());
    let facts = Facts {
        contact_assigned: Some(false),
        ..Facts::default()
    };
    for (name, trace, update) in [
        ("decide", false, false),
        ("decide_and_update", false, true),
        ("decide_with_trace", true, false),
    ] {
        for strategy in STRATEGIES {
            let mut group = c.benchmark_group(format!("{name}/{strategy}"));
            for size in SIZES {
                if trace && size > 500 {
                    continue;
                }
                let mut roster = roster(strategy, size);
                let mut turn = 0;
                group.bench_function(BenchmarkId::from_parameter(size), |b| {
                    b.iter(|| {
                        let input = Input {
                            request: black_box(&request),
                            facts: &facts,
                            roster: Some(&roster),
                            trace,
                        };
                        let decision = decide(&engine, input, &mut turn);
                        if update {
                            let agent = decision.agent.unwrap();
                            roster.assigned(agent).unwrap();
                            roster.released(agent).unwrap();
                        }
                        decision
                    });
                });
            }
            group.finish();
        }
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(30)
        .warm_up_time(std::time::Duration::from_millis(300))
        .measurement_time(std::time::Duration::from_millis(700));
    targets = full_decision
}
criterion_main!(benches);
