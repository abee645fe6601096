use super::*;
use crate::cli::replay::record::{bank_calls, read, read_from};
use crate::cli::replay::statistics::Figures;
use crate::provider::InMemoryRoundRobinContextProvider;

fn figures(record: &Record, strategy: &str) -> Figures {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let provider = InMemoryRoundRobinContextProvider::new();
    let simulation = Simulation::new(record, strategy, Rotation::Counter, "").unwrap();
    let progress = Progress::on_terminal(0);
    let course = runtime
        .block_on(simulation.run(&provider, &progress))
        .unwrap();
    Figures::of(record, &course)
}

fn small(lines: &str) -> Figures {
    figures(&read_from(lines.as_bytes()).unwrap(), "round_robin")
}

/// One agent, on duty for an hour; calls that take a minute each.
const SHIFT: &str = r#"{"shift":{"agent":"ANNA","teams":["PS"],"from":"2026-11-23T09:00:00Z","to":"2026-11-23T10:00:00Z"}}"#;

fn served(id: &str, priority: i64, contact: &str, arrived: &str) -> String {
    let ended = plus_a_minute(arrived);
    format!(
        r#"{{"id":"{id}","contact":{contact},"priority":{priority},"team":"PS","arrived":"2026-11-23T{arrived}Z","served":{{"agent":"ANNA","started":"2026-11-23T{arrived}Z","ended":"2026-11-23T{ended}Z"}}}}"#,
    )
}

fn plus_a_minute(time: &str) -> String {
    let minute: u32 = time[3..5].parse().unwrap();
    format!("{}{:02}{}", &time[..3], minute + 1, &time[5..])
}

#[test]
fn one_agent_serves_by_priority_and_then_by_age() {
    let calls = [
        SHIFT.to_string(),
        served("first", 0, "null", "09:00:00"),
        served("old", 0, "null", "09:00:10"),
        served("young", 0, "null", "09:00:20"),
        served("urgent", 2, "null", "09:00:30"),
    ]
    .join("\n");
    let figures = small(&calls);
    let ends = (figures.served, figures.abandoned, figures.waiting_at_end);
    assert_eq!(ends, (4, 0, 0));
    // first at once; urgent after 30 s; old after 110 s; young after 160 s.
    assert_eq!(figures.wait_of_served.max_ms, Some(160_000));
    assert_eq!(figures.wait_of_served.median_ms, Some(30_000));
}

#[test]
fn a_caller_hangs_up_after_the_patience_of_the_record_and_is_served_at_its_very_end() {
    let hung = |patience: u32| {
        let hung = format!(
            r#"{{"id":"h","contact":null,"priority":0,"team":"PS","arrived":"2026-11-23T09:00:00Z","patience_s":{patience}}}"#
        );
        // "a" comes before "h" in the order of the record, and keeps Anna busy for a minute.
        small(&[SHIFT.into(), served("a", 0, "null", "09:00:00"), hung].join("\n"))
    };
    assert_eq!((hung(59).served, hung(59).abandoned), (1, 1));
    assert_eq!((hung(60).served, hung(60).abandoned), (2, 0));
}

#[test]
fn an_identified_customer_is_not_served_twice_at_once() {
    let two = SHIFT.replace("ANNA", "BEN");
    let twice = |contact: &str| {
        let calls = [
            served("a", 0, contact, "09:00:00"),
            served("b", 0, contact, "09:00:10"),
        ];
        small(&[SHIFT, &two, &calls[0], &calls[1]].join("\n"))
    };
    assert_eq!(twice("null").wait_of_served.max_ms, Some(0));
    assert_eq!(twice("\"42\"").wait_of_served.max_ms, Some(50_000));
}

#[test]
fn who_nobody_serves_waits_to_the_end() {
    let late = served("late", 0, "null", "10:00:00");
    let figures = small(&[SHIFT, &late].join("\n"));
    assert_eq!((figures.served, figures.waiting_at_end), (0, 1));
}

#[test]
fn the_month_is_routed_call_by_call() {
    let Some(path) = bank_calls() else {
        println!("skipped: the record of real calls is not there");
        return;
    };
    let record = read(&path).unwrap();
    for strategy in ["round_robin", "least_active", "least_assigned", "hybrid"] {
        let figures = figures(&record, strategy);
        assert_eq!(figures.offered, 29_329, "{strategy}");
        let ended = figures.served + figures.abandoned + figures.waiting_at_end;
        assert_eq!(ended, figures.offered, "{strategy}");
        assert!(figures.served > 28_000, "{strategy}: {}", figures.served);
    }
}
