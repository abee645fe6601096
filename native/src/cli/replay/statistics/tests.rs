use super::super::record::{self, Record, read_from};
use super::*;

/// Seconds after 1999-01-03T05:00:00Z, and the end.
fn served(id: &str, team: &str, agent: &str, arrived: u32, started: u32, ended: u32) -> String {
    let at = |second: u32| format!("1999-01-03T05:{:02}:{:02}Z", second / 60, second % 60);
    format!(
        r#"{{"id":"{id}","team":"{team}","arrived":"{}","served":{{"agent":"{agent}","started":"{}","ended":"{}"}}}}"#,
        at(arrived),
        at(started),
        at(ended)
    )
}

fn hung_up(id: &str, patience_s: u32) -> String {
    format!(
        r#"{{"id":"{id}","team":"PS","arrived":"1999-01-03T05:00:00Z","patience_s":{patience_s}}}"#
    )
}

fn record(lines: &[String]) -> Record {
    read_from(lines.join("\n").as_bytes()).unwrap()
}

fn figures_of_record(record: &Record) -> Figures {
    Figures::of(record, &course_of_record(record))
}

fn agent<'a>(figures: &'a Figures, name: &str) -> &'a AgentFigures {
    figures
        .agents
        .iter()
        .find(|agent| agent.agent == name)
        .unwrap()
}

#[test]
fn counts_waits_and_loads() {
    let record = record(&[
        served("1", "PS", "A", 0, 10, 70),
        served("2", "PS", "A", 10, 100, 130),
        served("3", "PS", "B", 20, 20, 50),
        hung_up("4", 40),
    ]);
    let figures = figures_of_record(&record);
    assert_eq!(
        (figures.offered, figures.served, figures.abandoned),
        (4, 3, 1)
    );
    assert_eq!(
        (figures.abandoned_share, figures.waiting_at_end),
        (Some(0.25), 0)
    );
    assert_eq!(figures.wait_of_served.median_ms, Some(10_000));
    assert_eq!(figures.wait_of_served.mean_ms, Some(33_333));
    assert_eq!(figures.wait_of_all.mean_ms, Some(35_000));
    assert_eq!(figures.wait_of_all.max_ms, Some(90_000));
    // A from 10 to 130, B from 20 to 50.
    assert_eq!((figures.talk_ms, figures.duty_ms), (120_000, 150_000));
    assert_eq!(figures.occupancy, Some(0.8));
    assert_eq!(figures.calls_gap, 1);
    assert_eq!(figures.jain_of_calls, Some(0.9));
    // 60 and 120 calls an hour: 180² / (2 · (60² + 120²)).
    assert_eq!(figures.jain_of_calls_per_duty_hour, Some(0.9));
    let a = agent(&figures, "A");
    assert_eq!((a.served, a.talk_ms, a.duty_ms), (2, 90_000, 120_000));
    assert_eq!(
        (a.occupancy, a.calls_per_duty_hour),
        (Some(0.75), Some(60.0))
    );
}

#[test]
fn turns_of_the_record_are_missed_by_who_was_there_and_free_and_in_the_team() {
    let record = record(&[
        // On duty: A 0-100, B 10-90, C 20-40, D 30-200.
        served("1", "PS", "A", 0, 0, 10),
        served("2", "PS", "B", 10, 10, 15),    // A is free again.
        served("3", "NW", "C", 20, 20, 40),    // Nobody else is in this team.
        served("4", "PS", "D", 30, 30, 50),    // A and B miss it, C is not in the team.
        served("5", "PS", "D", 35, 35, 45),    // A second call at once: A and B miss it.
        served("6", "PS", "A", 46, 46, 60),    // B misses it; D is still in the first call.
        served("7", "PS", "B", 80, 80, 90),    // A and D miss it.
        served("8", "PS", "A", 90, 90, 100),   // D misses it, B's duty ends here.
        served("9", "PS", "D", 150, 150, 200), // Nobody else is left.
    ]);
    let figures = figures_of_record(&record);
    let turns: Vec<(&str, u64, f64)> = figures
        .agents
        .iter()
        .map(|agent| {
            (
                agent.agent.as_str(),
                agent.longest_missed_turns,
                agent.fair_share,
            )
        })
        .collect();
    assert_eq!((turns[0].0, turns[0].1), ("A", 3));
    assert_eq!((turns[1].0, turns[1].1), ("B", 3));
    assert_eq!((turns[2].0, turns[2].1, turns[2].2), ("C", 0, 1.0));
    assert_eq!((turns[3].0, turns[3].1), ("D", 2));
    assert_eq!(turns[0].2, 3.5, "1, ½, ⅓, ⅓, ½, ⅓, ½");
    assert_eq!(turns[1].2, 2.0, "½, ⅓, ⅓, ½, ⅓");
    assert_eq!(turns[3].2, 2.5, "⅓, ⅓, ⅓, ½, 1");
    assert_eq!(
        (
            figures.longest_missed_turns,
            figures.furthest_from_fair_share
        ),
        (3, 0.5)
    );
    // D talks 20 + 10 + 50 seconds in 170 on duty.
    assert_eq!(agent(&figures, "D").talk_ms, 80_000);
}

#[test]
fn who_never_takes_a_call_counts_and_who_is_never_there_has_no_rate() {
    let shift = |agent: &str| {
        format!(
            r#"{{"shift":{{"agent":"{agent}","teams":["PS"],"from":"1999-01-03T05:00:00Z","to":"1999-01-03T06:00:00Z"}}}}"#
        )
    };
    let record = record(&[shift("A"), shift("B"), served("1", "PS", "C", 0, 1, 61)]);
    let figures = figures_of_record(&record);
    assert_eq!(figures.calls_gap, 1);
    assert_eq!(figures.jain_of_calls, Some(0.333_333));
    assert_eq!(
        figures.jain_of_calls_per_duty_hour, None,
        "nobody on duty took a call"
    );
    let rates: Vec<Option<f64>> = figures
        .agents
        .iter()
        .map(|agent| agent.calls_per_duty_hour)
        .collect();
    assert_eq!(rates, [Some(0.0), Some(0.0), None]);
    assert_eq!(agent(&figures, "C").occupancy, None);
    // A, B and, because it was chosen, C.
    assert_eq!(agent(&figures, "C").fair_share, 0.333);
    assert_eq!(agent(&figures, "A").longest_missed_turns, 1);
}

#[test]
fn a_simulation_settles_every_call() {
    let record = record(&[
        hung_up("a", 5),
        hung_up("b", 5),
        served("c", "PS", "A", 0, 1, 61),
    ]);
    let mut course = Course::new(&record);
    course.settle(
        0,
        Fate::Served {
            agent: 0,
            waited_ms: 3,
            started_ms: 10,
            ended_ms: 70,
        },
    );
    course.settle(1, Fate::Abandoned { waited_ms: 5_000 });
    course.settle(2, Fate::Waiting { waited_ms: 9_000 });
    course.settle(3, Fate::Waiting { waited_ms: 0 });
    course.turns.pick(&[0], 0);
    let figures = Figures::of(&record, &course);
    assert_eq!(
        (figures.offered, figures.served, figures.abandoned),
        (3, 1, 1)
    );
    assert_eq!(figures.waiting_at_end, 1);
    assert_eq!(figures.abandoned_share, Some(0.333_333));
    assert_eq!(figures.wait_of_served.max_ms, Some(3));
    assert_eq!(figures.wait_of_all.max_ms, Some(9_000));
    assert_eq!(figures.furthest_from_fair_share, 0.0);
}

#[test]
fn jain_of_known_loads() {
    assert_eq!(jain([5, 5, 5].into_iter()), Some(1.0));
    assert_eq!(jain([9, 0, 0, 0].into_iter()), Some(0.25));
    assert_eq!(jain([1, 2, 3].into_iter()), Some(0.857_143));
    assert_eq!(jain([0, 0].into_iter()), None);
    assert_eq!(jain([].into_iter()), None);
}

#[test]
fn the_figures_of_the_real_record() {
    let Some(path) = record::bank_calls() else {
        return;
    };
    let record = record::read(&path).unwrap();
    let figures = figures_of_record(&record);
    assert_eq!(
        (figures.offered, figures.served, figures.abandoned),
        (29_329, 26_332, 2_997)
    );
    assert_eq!(
        (figures.waiting_at_end, figures.abandoned_share),
        (0, Some(0.102_186))
    );
    let expected = Waits {
        median_ms: Some(5_000),
        p90_ms: Some(113_000),
        p99_ms: Some(260_000),
        mean_ms: Some(35_732),
        max_ms: Some(1_500_000),
    };
    assert_eq!(figures.wait_of_served, expected);
    assert_eq!(figures.talk_ms, 4_950_201_000);
    assert_eq!(
        (figures.calls_gap, figures.longest_missed_turns),
        (1_992, 532)
    );
    assert_eq!(figures.jain_of_calls, Some(0.695_948));
    // Each call is shared out once.
    let shares: f64 = figures.agents.iter().map(|agent| agent.fair_share).sum();
    assert!((shares - 26_332.0).abs() < 0.02, "{shares}");
}
