use super::super::record::{Record, read_from};
use super::super::statistics::{Course, Fate, course_of_record};
use super::*;

const CALLS: &str = r#"{"id":"1","team":"PS","arrived":"1999-01-03T05:00:00Z","served":{"agent":"ANNA","started":"1999-01-03T05:00:10Z","ended":"1999-01-03T05:03:10Z"}}
{"id":"2","team":"PS","arrived":"1999-01-03T05:00:05Z","served":{"agent":"BO\u001b[31m","started":"1999-01-03T05:00:05.250Z","ended":"1999-01-03T06:00:05Z"}}
{"id":"3","team":"NW","arrived":"1999-01-03T05:00:06Z","patience_s":90.5}
{"id":"3","team":"NW","arrived":"1999-01-04T05:00:06Z","patience_s":90.5}"#;

/// Everything is printed from this: the record and a simulation in which ANNA does it all.
fn with_report<T>(input: &str, print: impl Fn(&Report<'_>) -> T) -> T {
    let record: Record = read_from(input.as_bytes()).unwrap();
    let recorded = Figures::of(&record, &course_of_record(&record));
    let mut course = Course::new(&record);
    for (call, started_ms) in [(0_u32, 915_339_600_000_i64), (1, 915_340_000_000)] {
        let fate = Fate::Served {
            agent: 0,
            waited_ms: 1_234,
            started_ms,
            ended_ms: started_ms + 90_000,
        };
        course.settle(call, fate);
        course.turns.pick(&[0, 1], 0);
    }
    course.settle(
        2,
        Fate::Waiting {
            waited_ms: 3_700_000,
        },
    );
    let simulated = Figures::of(&record, &course);
    print(&Report {
        file: "calls.jsonl",
        settings: &[
            ("strategy", "round_robin".to_owned()),
            ("seed", "7".to_owned()),
        ],
        record: &record,
        simulated: &simulated,
        recorded: &recorded,
    })
}

#[test]
fn the_text_as_people_see_it() {
    let text = with_report(CALLS, text);
    assert_eq!(text, include_str!("expected.txt"), "{text}");
}

#[test]
fn the_text_fits_100_columns_and_steers_no_terminal() {
    let long = CALLS
        .replace("ANNA", &"A".repeat(128))
        .replace("\"PS\"", &format!("\"{}\"", "P".repeat(128)));
    for input in [CALLS, &long] {
        let text = with_report(input, text);
        for line in text.lines() {
            assert!(line.chars().count() <= 100, "{line}");
            assert!(!line.chars().any(char::is_control), "{line:?}");
            assert_eq!(line.trim_end(), line);
        }
        assert!(text.ends_with(".\n"));
    }
}

#[test]
fn the_note_about_presence_is_for_presence_that_is_guessed() {
    let shift = r#"{"shift":{"agent":"ANNA","teams":["PS"],"from":"1999-01-03T05:00:00Z","to":"1999-01-03T06:00:00Z"}}"#;
    let stated = format!("{shift}\n{CALLS}");
    assert!(with_report(CALLS, text).contains("shorter than the record's"));
    assert!(!with_report(&stated, text).contains("shorter than the record's"));
    let line = "shifts    1, 1.0 h in all, stated by the file";
    assert!(with_report(&stated, text).contains(line));
}

#[test]
fn the_json_names_everything() {
    let print = |report: &Report<'_>| serde_json::to_string_pretty(&json(report)).unwrap();
    let text = with_report(CALLS, print);
    assert_eq!(text + "\n", include_str!("expected.json"));
}
