//! What a queue costs: 10,000 sessions, each of a contact of its own, decided on one roster, schedule
//! checked, counts and rotation moved on.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark may stop where it goes wrong"
)]

mod support;

use assignment_engine_core::{
    Batch, Engine, Placed, Request, Roster, Rotation, Session, SessionId, Timestamp, TurnBook,
};
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use support::{STRATEGIES, roster};

const SESSIONS: u64 = 10_000;
const SIZES: [usize; 4] = [5, 50, 1_000, 5_000];

fn queue() -> Vec<Request> {
    let now = Timestamp::parse("2026-11-23T09:30:00Z").unwrap();
    (0..SESSIONS)
        .map(|n| {
            let id = SessionId::new(format!("session-{n}")).unwrap();
            let mut session = Session::new(id, "acme".try_into().unwrap());
            session.assigned_team_id = Some("sales".try_into().unwrap());
            session.contact_id = Some(format!("contact-{n}").as_str().try_into().unwrap());
            Request::new(session, now)
        })
        .collect()
}

fn place_all(engine: &Engine, roster: &mut Roster, queue: &[Request]) -> u32 {
    let mut batch = Batch::new(engine);
    batch.put_book(
        "sales".try_into().unwrap(),
        TurnBook::new(Rotation::Counter),
    );
    let mut sum = 0_u32;
    for request in queue {
        match batch.place(roster, request, false) {
            Placed::Assigned(placement) => sum = sum.wrapping_add(placement.agent.place()),
            other => panic!("{other:?}"),
        }
    }
    sum
}

fn queues(c: &mut Criterion) {
    let (engine, queue) = (Engine::default(), queue());
    for strategy in STRATEGIES {
        let mut group = c.benchmark_group(format!("batch/{strategy}"));
        group.throughput(Throughput::Elements(SESSIONS));
        for size in SIZES {
            let roster = roster(strategy, size);
            group.bench_function(BenchmarkId::from_parameter(size), |b| {
                b.iter_batched_ref(
                    || roster.clone(),
                    |roster| place_all(&engine, roster, &queue),
                    BatchSize::LargeInput,
                );
            });
        }
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(30)
        .warm_up_time(std::time::Duration::from_millis(300))
        .measurement_time(std::time::Duration::from_millis(700));
    targets = queues
}
criterion_main!(benches);
