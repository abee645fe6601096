//! What a decision costs on a resident roster: schedule checked, strategy found, an agent chosen,
//! the counts updated. Also the pieces by themselves, and the same with a trace.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark may stop where it goes wrong"
)]

use std::hint::black_box;

use assignment_engine_core::{
    Agent, AgentId, Answer, Decision, Engine, Facts, Input, Need, Request, Roster, RosterConfig,
    Session, SessionId, Step, Timestamp,
};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};

const SIZES: [usize; 4] = [5, 50, 500, 5_000];
const STRATEGIES: [&str; 4] = ["round_robin", "least_active", "least_assigned", "hybrid"];

fn roster(strategy: &str, agents: usize) -> Roster {
    let config = format!(
        r#"{{
            "tenantId": "acme",
            "teams": [{{
                "id": "sales", "routingStrategy": "{strategy}",
                "routingConfig": {{ "maxLoad": 1000000 }},
                "schedule": {{
                    "enabled": true, "timezone": "Europe/Vienna",
                    "days": {{
                        "monday": [{{ "start": "08:00", "end": "12:00" }}, {{ "start": "13:00", "end": "18:00" }}],
                        "tuesday": [{{ "start": "08:00", "end": "18:00" }}],
                        "wednesday": [{{ "start": "08:00", "end": "18:00" }}],
                        "thursday": [{{ "start": "08:00", "end": "18:00" }}],
                        "friday": [{{ "start": "08:00", "end": "14:00" }}]
                    }}
                }}
            }}]
        }}"#
    );
    let mut config = RosterConfig::from_json(config.as_bytes()).unwrap();
    for n in 0..agents {
        let id = AgentId::new(format!("agent-{:08x}", n as u32 ^ 0x5eed_1234)).unwrap();
        config.teams[0].members.push(id.clone());
        let mut agent = Agent::online(id);
        agent.active = (n * 7 % 11) as u32;
        agent.total = (n * 13 % 101) as u32;
        config.agents.push(agent);
    }
    Roster::from_config(config).unwrap()
}

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
