use std::io::Write;
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

fn error(input: &[u8]) -> String {
    read_from(input).unwrap_err().to_string()
}

#[test]
fn the_format_is_told_by_the_first_line_that_holds_something() {
    let line = "line 1: neither the tab-separated header (`vru+line`, `call_id`, …) nor a JSON \
                object";
    assert_eq!(error(b"id,contact\n"), line);
    assert_eq!(error(b"\xff\n"), line);
    assert!(error(b"\n\n  \nid,contact\n").starts_with("line 4: neither"));
    assert_eq!(error(b""), "the file is empty");
    assert_eq!(error(b" \r\n\n"), "the file is empty");
    assert!(error(b"a\tb\n").starts_with("line 1, column 1: expected `vru+line`, found `a`"));
    assert!(error(b"  {}\n").starts_with("line 1, column 4, at `.`: missing field `id`"));
    let bad = error(b"{\"id\":\"a\",\"team\":\"b\",\"arrived\":\"1999-01-03T05:00Z\"}\n\xff\n");
    assert_eq!(bad, "line 2, column 0, at `.`: the line is not valid UTF-8");
    assert!(error(b"\x1f\x8bnot gzip").starts_with("cannot read on after line 0: "));
}

#[test]
fn a_missing_file_is_named() {
    let error = read(Path::new("/nowhere/calls.tsv"))
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("cannot open `/nowhere/calls.tsv`: "),
        "{error}"
    );
}

fn hung_up(id: &str, team: &str, second: u32) -> String {
    let arrived = format!("1999-01-03T05:00:{second:02}Z");
    format!(r#"{{"id":"{id}","team":"{team}","arrived":"{arrived}","patience_s":1}}"#)
}

fn served(id: &str, team: &str, second: u32, service_s: u32) -> String {
    let started = format!("1999-01-03T05:00:{second:02}Z");
    let ended = format!("1999-01-03T05:{:02}:{second:02}Z", service_s / 60);
    format!(
        r#"{{"id":"{id}","team":"{team}","arrived":"{started}","served":{{"agent":"A","started":"{started}","ended":"{ended}"}}}}"#
    )
}

#[test]
fn who_hung_up_borrows_the_next_service_of_the_team() {
    let lines = [
        hung_up("b", "PS", 0),
        hung_up("a", "PS", 0),
        served("c", "NW", 1, 60),
        served("d", "PS", 2, 120),
        hung_up("e", "PS", 3),
        served("f", "PS", 4, 180),
        hung_up("g", "PS", 5),
        hung_up("h", "NW", 6),
        hung_up("i", "PE", 7),
    ];
    let minutes = |lines: &[String]| -> Vec<(String, u64)> {
        let record = read_from(lines.join("\n").as_bytes()).unwrap();
        let borrowed = &record.corrected[0];
        assert_eq!(
            (borrowed.reason.code, borrowed.count),
            ("service_time_borrowed", 6)
        );
        record
            .calls
            .into_iter()
            .map(|call| (call.id, call.service_ms / 60_000))
            .collect()
    };
    let expected = [
        ("a", 2),
        ("b", 2),
        ("c", 1),
        ("d", 2),
        ("e", 3),
        ("f", 3),
        // None comes after: the last one before.
        ("g", 3),
        ("h", 1),
        // Nobody of the team was ever served: the mean.
        ("i", 2),
    ]
    .map(|(id, minutes)| (id.to_owned(), minutes));
    assert_eq!(minutes(&lines), expected);
    let mut backwards = lines;
    backwards.reverse();
    assert_eq!(
        minutes(&backwards),
        expected,
        "the order of the lines does not matter"
    );
}

/// A header, a call of each kind, and shifts: every byte damaged in several ways.
#[test]
fn no_damage_panics_and_every_line_of_a_table_is_accounted_for() {
    let bank = "vru+line\tcall_id\tcustomer_id\tpriority\ttype\tdate\tvru_entry\tvru_exit\t\
                vru_time\tq_start\tq_exit\tq_time\toutcome\tser_start\tser_exit\tser_time\tserver\n\
                A\t1\t0\t0\tPS\t990101\t7:41:16\t7:41:26\t10\t0:00:00\t0:00:00\t0\tAGENT\t7:41:25\t\
                7:44:53\t208\tBASCH\n\
                A\t2\t9\t2\tPS\t990101\t0:00:31\t0:00:36\t5\t0:00:36\t0:03:09\t153\tHANG\t0:00:00\t\
                0:00:00\t0\tNO_SERVER\n";
    let shift = r#"{"shift":{"agent":"A","teams":["PS"],"from":"1999-01-03T05:00:00Z","to":"1999-01-03T06:00:00Z"}}"#;
    let own = [
        served("a", "PS", 1, 60),
        hung_up("b", "PS", 0),
        shift.to_owned(),
    ]
    .join("\n");
    for (input, table) in [(bank, true), (own.as_str(), false)] {
        let record = read_from(input.as_bytes()).unwrap();
        assert_eq!(record.calls.len(), 2, "{:?}", record.left_out);
        for place in 0..input.len() {
            for byte in *b"\0\t\n\r \"-09:{}[],\xff\xc3" {
                let mut damaged = input.as_bytes().to_vec();
                damaged[place] = byte;
                let Ok(record) = read_from(damaged.as_slice()) else {
                    continue;
                };
                let left_out: u64 = record.left_out.iter().map(|tally| tally.count).sum();
                let stated = if table { 0 } else { record.shifts.len() as u64 };
                let stated = if record.shifts_stated { stated } else { 0 };
                assert_eq!(record.calls.len() as u64 + left_out + stated, record.lines);
            }
        }
    }
}

/// Where the real record lies: named by the environment, else beside the checkout. Tests that need
/// it are skipped, and say so, where it is in neither place.
pub(crate) fn bank_calls() -> Option<PathBuf> {
    let named = std::env::var_os("ASSIGNMENT_ENGINE_BANK_CALLS").map(PathBuf::from);
    let beside = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../shared/data/bank-calls-1999-01.tsv.gz"
    );
    let path = named.unwrap_or_else(|| PathBuf::from(beside));
    if path.exists() {
        return Some(path);
    }
    println!("skipped: no file {}", path.display());
    None
}

#[test]
fn every_line_of_the_real_record_is_a_call_or_accounted_for() {
    let Some(path) = bank_calls() else { return };
    let record = read(&path).unwrap();
    assert_eq!(
        (record.format, record.lines, record.days.len()),
        (Format::Bank, 31_599, 29)
    );
    let counts = |tallies: &[Tally]| -> Vec<(&'static str, u64)> {
        tallies
            .iter()
            .map(|tally| (tally.reason.code, tally.count))
            .collect()
    };
    assert_eq!(
        counts(&record.left_out),
        [
            ("hung_up_without_queueing", 1_217),
            ("served_without_server", 451),
            ("served_without_service_time", 277),
            ("phantom", 240),
            ("hung_up_with_service", 82),
            ("noise_type", 2),
            ("hung_up_with_server", 1),
        ]
    );
    let left_out: u64 = record.left_out.iter().map(|tally| tally.count).sum();
    assert_eq!(record.calls.len() as u64 + left_out, record.lines);
    let served = |call: &&Call| matches!(call.recorded, Recorded::Served { .. });
    assert_eq!(record.calls.iter().filter(served).count(), 26_332);
    assert_eq!(record.calls.len(), 26_332 + 2_997);
    assert_eq!(
        counts(&record.corrected),
        [
            ("service_starts_before_arrival", 9_859),
            ("service_time_borrowed", 2_997),
            ("service_starts_off_the_queue", 103),
            ("voice_unit_time_negative", 32),
            ("past_midnight", 24),
        ]
    );
    assert_eq!((record.agents.len(), record.shifts.len()), (28, 409));
    let teams: Vec<(&str, usize)> = record
        .teams
        .iter()
        .map(|(team, members)| (team.as_str(), members.len()))
        .collect();
    let members = [
        ("IN", 11),
        ("NE", 18),
        ("NW", 25),
        ("PE", 11),
        ("PS", 28),
        ("TT", 27),
    ];
    assert_eq!(teams, members);
}

#[test]
fn the_real_record_holds_what_a_simulation_relies_on() {
    let Some(path) = bank_calls() else { return };
    let record = read(&path).unwrap();
    assert!(
        record
            .calls
            .is_sorted_by(|a, b| (a.arrived_ms, &a.id) < (b.arrived_ms, &b.id))
    );
    for call in &record.calls {
        assert!(call.service_ms > 0, "{call:?}");
        match &call.recorded {
            Recorded::Served {
                agent,
                started_ms,
                ended_ms,
                ..
            } => {
                assert!(call.patience_ms.is_none());
                assert!(call.arrived_ms <= *started_ms, "{call:?}");
                assert_eq!(ended_ms - started_ms, call.service_ms as i64, "{call:?}");
                assert!(record.agent_number(agent).is_some());
                assert!(record.teams[&call.team].contains(agent));
                let on_duty = |shift: &Shift| {
                    shift.agent == *agent
                        && shift.from_ms <= *started_ms
                        && *ended_ms <= shift.to_ms
                };
                assert!(record.shifts.iter().any(on_duty), "{call:?}");
            }
            Recorded::HungUp { at_ms } => {
                let patience_ms = call.patience_ms.unwrap();
                assert!(patience_ms > 0);
                assert_eq!(*at_ms, call.arrived_ms + patience_ms as i64);
            }
        }
    }
}

#[test]
fn compressed_or_not_and_in_any_order_the_record_is_the_same() {
    let Some(path) = bank_calls() else { return };
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(File::open(&path).unwrap())
        .read_to_string(&mut text)
        .unwrap();
    let compressed = read(&path).unwrap();
    let plain = read_from(text.as_bytes()).unwrap();
    assert_eq!(format!("{compressed:?}"), format!("{plain:?}"));

    let mut lines: Vec<&str> = text.lines().collect();
    lines[1..].reverse();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(lines.join("\n").as_bytes()).unwrap();
    let reversed = read_from(encoder.finish().unwrap().as_slice()).unwrap();
    assert_eq!(reversed.calls, compressed.calls);
    assert_eq!(
        (reversed.shifts, reversed.teams),
        (compressed.shifts, compressed.teams)
    );
}
