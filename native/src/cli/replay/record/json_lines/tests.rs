use super::super::{Call, Format, Record, RecordError, Recorded, read_from};

fn read(lines: &[&str]) -> Result<Record, RecordError> {
    read_from(lines.join("\n").as_bytes())
}

fn refused(line: &str) -> String {
    read(&[HUNG_UP, line]).unwrap_err().to_string()
}

fn left_out(line: &str) -> Vec<&'static str> {
    let record = read(&[HUNG_UP, line]).unwrap();
    assert_eq!((record.lines, record.calls.len()), (2, 1));
    record
        .left_out
        .iter()
        .map(|tally| tally.reason.code)
        .collect()
}

const SERVED: &str = r#"{"id":"c1","contact":"42","priority":2,"team":"PS","arrived":"1999-01-03T07:00:05+02:00","served":{"agent":"ANNA","started":"1999-01-03T07:00:10.250+02:00","ended":"1999-01-03T07:04:00+02:00"}}"#;
const HUNG_UP: &str =
    r#"{"id":"c2","contact":null,"team":"NW","arrived":"1999-01-03T05:00:00Z","patience_s":1.5}"#;
const SHIFT: &str = r#"{"shift":{"agent":"BORA","teams":["PS","NE"],"from":"1999-01-03T07:00:00+02:00","to":"1999-01-03T15:00:00+02:00"}}"#;

#[test]
fn reads_calls_served_and_given_up() {
    let record = read(&["", SERVED, "  ", HUNG_UP]).unwrap();
    assert_eq!(
        (record.format, record.lines, record.days.len()),
        (Format::JsonLines, 2, 1)
    );
    let arrived_ms = 915_339_605_000;
    let expected = [
        Call {
            id: "c2".to_owned(),
            contact: None,
            priority: 0,
            team: "NW".to_owned(),
            arrived_ms: arrived_ms - 5_000,
            // Nobody of its team was ever served: the mean of all.
            service_ms: 229_750,
            patience_ms: Some(1_500),
            recorded: Recorded::HungUp {
                at_ms: arrived_ms - 3_500,
            },
        },
        Call {
            id: "c1".to_owned(),
            contact: Some("42".to_owned()),
            priority: 2,
            team: "PS".to_owned(),
            arrived_ms,
            service_ms: 229_750,
            patience_ms: None,
            recorded: Recorded::Served {
                agent: "ANNA".to_owned(),
                waited_ms: 5_250,
                started_ms: arrived_ms + 5_250,
                ended_ms: arrived_ms + 235_000,
            },
        },
    ];
    assert_eq!(record.calls, expected);
    assert_eq!(record.agents, ["ANNA"]);
    assert_eq!(
        (record.agent_number("ANNA"), record.agent_number("BORA")),
        (Some(0), None)
    );
    let shift = &record.shifts[0];
    assert_eq!(
        (shift.from_ms, shift.to_ms),
        (arrived_ms + 5_250, arrived_ms + 235_000)
    );
    assert_eq!(shift.day, jiff::civil::date(1999, 1, 3));
}

#[test]
fn stated_shifts_replace_those_read_off_the_services() {
    let record = read(&[SERVED, SHIFT, HUNG_UP]).unwrap();
    assert_eq!(
        (record.lines, record.calls.len(), record.shifts.len()),
        (3, 2, 1)
    );
    assert_eq!(record.shifts[0].agent, "BORA");
    assert_eq!(
        record.shifts[0].to_ms - record.shifts[0].from_ms,
        8 * 3_600_000
    );
    // ANNA still has a number, for the record's own statistics.
    assert_eq!(record.agents, ["ANNA", "BORA"]);
    let teams: Vec<String> = record
        .teams
        .iter()
        .map(|team| format!("{team:?}"))
        .collect();
    assert_eq!(
        teams,
        [
            r#"("NE", {"BORA"})"#,
            r#"("NW", {})"#,
            r#"("PS", {"BORA"})"#
        ]
    );
}

#[test]
fn a_file_of_callers_who_all_hung_up_still_has_service_times() {
    let record = read(&[HUNG_UP, SHIFT]).unwrap();
    assert_eq!(record.calls[0].service_ms, 180_000);
}

#[test]
fn a_line_that_does_not_follow_the_format_is_refused_with_its_place() {
    for (line, expected) in [
        (
            HUNG_UP.replace("\"contact\"", "\"customer\""),
            "line 2, column 21, at `customer`: unknown field `customer`, expected one of `id`, \
             `contact`, `priority`, `team`, `arrived`, `patience_s`, `served`",
        ),
        (
            SERVED.replace("\"agent\"", "\"server\""),
            "line 2, column 107, at `served.server`: unknown field `server`, expected one of \
             `agent`, `started`, `ended`",
        ),
        (
            SERVED.replace("07:04:00+02:00", "07:04:00"),
            "line 2, column 186, at `served.ended`: `1999-01-03T07:04:00` is no RFC 3339 instant \
             such as `1999-01-03T07:00:05+02:00`",
        ),
        (
            HUNG_UP.replace("1.5", "-1"),
            "line 2, column 87, at `patience_s`: `-1` is not a number of seconds from 0 to \
             31535999",
        ),
        (
            HUNG_UP.replace("\"NW\"", "\"\""),
            "line 2, column 35, at `team`: the id is empty",
        ),
        (
            HUNG_UP.replace("\"NW\"", "7"),
            "line 2, column 34, at `team`: invalid type: integer `7`, expected a string",
        ),
        (
            HUNG_UP.replace("\"team\":\"NW\",", ""),
            "line 2, column 76, at `.`: missing field `team`",
        ),
        (
            SHIFT.replace("\"teams\"", "\"team\""),
            "line 2, column 31, at `shift.team`: unknown field `team`, expected one of `agent`, \
             `teams`, `from`, `to`",
        ),
        (
            SHIFT.replace("\"NE\"", "null"),
            "line 2, column 43, at `shift.teams[1]`: invalid type: null, expected a string",
        ),
        (
            format!("{HUNG_UP}x"),
            "line 2, column 89, at `.`: trailing characters",
        ),
        (
            "[]".to_owned(),
            "line 2, column 0, at `.`: invalid type: sequence, expected an object",
        ),
        (
            SERVED
                .replace(r#"{"agent":"#, "[")
                .replace(r#""}}"#, r#""]}"#),
            "line 2, column 98, at `served`: invalid type: sequence, expected an object",
        ),
    ] {
        assert_eq!(refused(&line), expected, "{line}");
    }
    let long = refused(&HUNG_UP.replace("c2", &"x".repeat(129)));
    assert!(
        long.ends_with("at `id`: the id has 129 bytes, at most 128 are allowed"),
        "{long}"
    );
}

#[test]
fn a_line_that_cannot_be_replayed_is_left_out() {
    let twice = HUNG_UP.replace("1.5", "2");
    assert_eq!(left_out(&twice), ["duplicate_id"]);
    let early = SERVED.replace("07:00:10", "06:59:59");
    assert_eq!(left_out(&early), ["ends_before_it_starts"]);
    let backwards = SERVED.replace("07:04:00", "07:00:10.249");
    assert_eq!(left_out(&backwards), ["ends_before_it_starts"]);
    let nothing = SERVED.replace("07:04:00", "07:00:10.250");
    assert_eq!(left_out(&nothing), ["served_without_service_time"]);
    let both = SERVED.replace("\"priority\":2", "\"patience_s\":2");
    assert_eq!(left_out(&both), ["served_and_hung_up"]);
    let neither = HUNG_UP
        .replace(",\"patience_s\":1.5", "")
        .replace("c2", "c3");
    assert_eq!(left_out(&neither), ["neither_served_nor_hung_up"]);
    let shift = SHIFT.replace("15:00:00", "07:00:00");
    assert_eq!(left_out(&shift), ["shift_without_length"]);
    for line in [
        SERVED.replace("1999-01-03T07:04", "9999-01-03T07:04"),
        SERVED.replace("\"arrived\":\"1999", "\"arrived\":\"0001"),
        SHIFT.replace("1999-01-03T07", "-009999-01-03T07"),
    ] {
        assert_eq!(left_out(&line), ["longer_than_a_year"], "{line}");
    }
}

#[test]
fn the_word_shift_in_a_call_is_nothing_special() {
    let call = HUNG_UP.replace("\"NW\"", "\"shift\"");
    assert_eq!(read(&[&call]).unwrap().calls[0].team, "shift");
    let refusal = refused(&HUNG_UP.replace("\"contact\"", "\"shift\""));
    assert!(refusal.contains("unknown field `shift`"), "{refusal}");
}

/// The format as its documentation shows it.
#[test]
fn the_documented_lines_are_valid() {
    let documentation = include_str!("mod.rs");
    let examples = documentation
        .lines()
        .filter_map(|line| line.strip_prefix("//! {"));
    let examples: Vec<String> = examples.map(|line| format!("{{{line}")).collect();
    let lines: Vec<&str> = examples.iter().map(String::as_str).collect();
    let record = read(&lines).unwrap();
    assert_eq!(
        (record.lines, record.calls.len(), record.shifts.len()),
        (3, 2, 1)
    );
    assert_eq!(record.left_out, []);
}
