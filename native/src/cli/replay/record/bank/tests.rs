use super::super::{Call, Record, RecordError, Recorded, read_from};
use super::row::COLUMNS;

/// The header and these lines, tabs written as spaces.
fn read(lines: &[&str]) -> Result<Record, RecordError> {
    let mut file = COLUMNS.join("\t");
    for line in lines {
        file.push_str("\r\n");
        file.push_str(&line.split_whitespace().collect::<Vec<_>>().join("\t"));
    }
    read_from(file.as_bytes())
}

fn one(line: &str) -> (Call, Vec<&'static str>) {
    let record = read(&[line]).unwrap();
    let corrections = record
        .corrected
        .iter()
        .map(|tally| tally.reason.code)
        .collect();
    (record.calls[0].clone(), corrections)
}

fn ms(instant: &str) -> i64 {
    instant.parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

/// Agent and wait in seconds, begin, end.
fn served(agent: &str, waited_s: u64, started: &str, ended: &str) -> Recorded {
    let (started_ms, ended_ms) = (ms(started), ms(ended));
    Recorded::Served {
        agent: agent.to_owned(),
        waited_ms: waited_s * 1_000,
        started_ms,
        ended_ms,
    }
}

const SERVED: &str = "AA0101 33118 27997683 2 PS 990101 6:55:20 6:55:26 6 6:55:26 6:55:43 17 \
                      AGENT 6:55:43 6:56:37 54 MICHAL";

#[test]
fn served_from_the_queue() {
    let (call, corrections) = one(SERVED);
    let expected = Call {
        id: "990101-AA0101-33118".to_owned(),
        contact: Some("27997683".to_owned()),
        priority: 2,
        team: "PS".to_owned(),
        arrived_ms: ms("1999-01-01T06:55:26+02:00"),
        service_ms: 54_000,
        patience_ms: None,
        recorded: served(
            "MICHAL",
            17,
            "1999-01-01T06:55:43+02:00",
            "1999-01-01T06:56:37+02:00",
        ),
    };
    assert_eq!((call, corrections), (expected, vec![]));
}

#[test]
fn served_without_queueing_and_a_second_before_the_voice_unit_lets_go() {
    let (call, corrections) = one(
        "AA0101 33119 0 0 PS 990101 7:41:16 7:41:26 10 0:00:00 0:00:00 \
                                   0 AGENT 7:41:25 7:44:53 208 BASCH",
    );
    assert_eq!((call.contact, call.patience_ms), (None, None));
    assert_eq!(call.arrived_ms, ms("1999-01-01T07:41:25+02:00"));
    let expected = served(
        "BASCH",
        0,
        "1999-01-01T07:41:25+02:00",
        "1999-01-01T07:44:53+02:00",
    );
    assert_eq!(call.recorded, expected);
    assert_eq!(corrections, ["service_starts_before_arrival"]);
}

#[test]
fn the_wait_is_the_time_in_the_queue_whatever_the_other_clock_says() {
    // One second behind is usual and not worth a word.
    let (call, corrections) = one(
        "A 1 0 0 PS 990101 7:00:00 7:00:05 5 7:00:05 7:01:05 60 AGENT \
                                   7:01:04 7:02:00 56 ANAT",
    );
    assert_eq!(call.arrived_ms, ms("1999-01-01T07:00:05+02:00"));
    let expected = served(
        "ANAT",
        60,
        "1999-01-01T07:01:04+02:00",
        "1999-01-01T07:02:00+02:00",
    );
    assert_eq!((call.recorded, corrections), (expected, vec![]));

    let (call, corrections) = one(
        "A 1 0 0 PS 990101 7:00:00 7:00:05 5 7:00:05 7:01:05 60 AGENT \
                                   7:00:01 7:02:01 120 ANAT",
    );
    assert_eq!(call.arrived_ms, ms("1999-01-01T07:00:01+02:00"));
    assert!(matches!(
        call.recorded,
        Recorded::Served {
            waited_ms: 60_000,
            ..
        }
    ));
    assert_eq!(
        corrections,
        [
            "service_starts_before_arrival",
            "service_starts_off_the_queue"
        ]
    );
}

#[test]
fn hung_up_after_a_while_in_the_queue() {
    let record = read(&[
        SERVED,
        "AA0101 33116 9664491 2 PS 990101 0:00:31 0:00:36 5 0:00:36 0:03:09 153 HANG 0:00:00 \
         0:00:00 0 NO_SERVER",
    ])
    .unwrap();
    let call = &record.calls[0];
    assert_eq!(call.id, "990101-AA0101-33116");
    assert_eq!((call.patience_ms, call.service_ms), (Some(153_000), 54_000));
    assert_eq!(
        call.recorded,
        Recorded::HungUp {
            at_ms: ms("1999-01-01T00:03:09+02:00")
        }
    );
    let note = &record.corrected[0];
    assert_eq!((note.reason.code, note.count), ("service_time_borrowed", 1));
    assert_eq!(note.examples[0].line, 3);
}

#[test]
fn seconds_backwards_in_the_voice_unit_are_noted() {
    let (call, corrections) = one("AA0101 34400 48820351 2 PS 990128 15:46:49 15:45:56 -53 \
                                   15:45:56 15:46:59 63 AGENT 15:46:57 15:53:31 394 DORIT");
    assert_eq!(call.arrived_ms, ms("1999-01-28T15:45:56+02:00"));
    assert_eq!(corrections, ["voice_unit_time_negative"]);
}

#[test]
fn a_service_past_midnight_stays_with_its_day() {
    let record = read(&[
        "A 1 0 0 PS 990105 23:59:15 23:59:34 19 0:00:00 0:00:00 0 AGENT 23:59:33 0:03:40 247 BENSION",
        "A 2 1 1 PS 990105 23:59:23 23:59:23 0 23:59:28 0:00:03 35 AGENT 0:00:03 0:00:55 52 ANAT",
        "A 3 0 0 PS 990105 23:59:57 23:59:57 0 0:00:00 0:00:00 0 AGENT 0:00:14 0:02:21 127 AVNI",
    ])
    .unwrap();
    assert_eq!(record.calls[0].id, "990105-A-2");
    let next_day = served(
        "ANAT",
        35,
        "1999-01-06T00:00:03+02:00",
        "1999-01-06T00:00:55+02:00",
    );
    assert_eq!(record.calls[0].recorded, next_day);
    assert_eq!(record.calls[1].service_ms, 247_000);
    // Neither queue nor agent at once: the wait is what lies between.
    assert!(matches!(
        record.calls[2].recorded,
        Recorded::Served {
            waited_ms: 17_000,
            ..
        }
    ));
    assert_eq!(record.corrected[0].reason.code, "past_midnight");
    assert_eq!(record.corrected[0].count, 3);
    assert!(
        record
            .shifts
            .iter()
            .all(|shift| shift.day == jiff::civil::date(1999, 1, 5))
    );
    assert_eq!(record.days.len(), 1);
}

/// Israel set its clocks forward on 2 April 1999 at 2:00, back on 3 September 1999 at 2:00.
#[test]
fn the_zone_is_that_of_the_bank() {
    let served = |date: &str, from: &str, to: &str, length: u32| {
        one(&format!(
            "A 1 0 0 PS {date} {from} {from} 0 0:00:00 0:00:00 0 AGENT {from} {to} {length} ANAT"
        ))
        .0
    };
    let winter = served("990401", "12:00:00", "12:10:00", 600);
    assert_eq!(winter.arrived_ms, ms("1999-04-01T10:00:00Z"));
    let summer = served("990402", "12:00:00", "12:10:00", 600);
    assert_eq!(summer.arrived_ms, ms("1999-04-02T09:00:00Z"));
    // The clocks show two hours, one of which did not happen.
    let forward = served("990402", "1:30:00", "3:30:00", 7_200);
    assert_eq!(forward.service_ms, 3_600_000);
    let back = served("990903", "0:30:00", "2:30:00", 7_200);
    assert_eq!(back.service_ms, 3 * 3_600_000);
    let skipped = served("990402", "2:30:00", "2:40:00", 600);
    assert_eq!(skipped.arrived_ms, ms("1999-04-02T00:30:00Z"));
    assert_eq!(skipped.service_ms, 600_000);
    // The evening before, through the change.
    let evening = served("990401", "23:50:00", "3:10:00", 12_000);
    assert_eq!(evening.service_ms, 2 * 3_600_000 + 1_200_000);
}

#[test]
fn each_line_left_out_has_one_reason() {
    let hung = |queue: &str, service: &str, server: &str| {
        format!("A 7 0 0 PS 990101 7:00:00 7:00:05 5 {queue} HANG {service} {server}")
    };
    let agent = |service: &str, server: &str| {
        format!("A 7 0 0 PS 990101 7:00:00 7:00:05 5 0:00:00 0:00:00 0 AGENT {service} {server}")
    };
    let (never, no_time) = ("0:00:00 0:00:00 0", "7:00:05 7:00:05 0");
    let (queued, spoke) = ("7:00:05 7:00:35 30", "7:00:35 7:01:35 60");
    let none = "NO_SERVER";
    for (line, reason) in [
        (hung(queued, never, none).replace("HANG", "PHANTOM"), "phantom"),
        (agent(spoke, "ANAT").replace("AGENT", "PHANTOM"), "phantom"),
        (hung(queued, spoke, none).replace("PS", "AA"), "noise_type"),
        (hung(never, never, none), "hung_up_without_queueing"),
        (hung(no_time, never, none), "hung_up_without_queueing"),
        (hung(queued, spoke, none), "hung_up_with_service"),
        (hung(queued, no_time, none), "hung_up_with_service"),
        (hung(queued, spoke, "DARMON"), "hung_up_with_server"),
        (hung(queued, never, "DARMON"), "hung_up_with_server"),
        (agent(never, "ANAT"), "served_without_service_time"),
        (agent(no_time, "ANAT"), "served_without_service_time"),
        (agent(no_time, none), "served_without_service_time"),
        (agent(spoke, none), "served_without_server"),
        (SERVED.to_owned(), "duplicate_id"),
        (SERVED.replace("990101", "990132"), "bad_date"),
        (SERVED.replace("6:55:20", "6:55"), "bad_time"),
        (SERVED.replace("54", "55"), "times_disagree"),
        (SERVED.replace("MICHAL", ""), "wrong_number_of_columns"),
        // From 2:00 to 3:00 on a night on which there was no such hour.
        (
            "A 7 0 0 PS 990402 2:00:00 2:00:00 0 0:00:00 0:00:00 0 AGENT 2:00:00 3:00:00 3600 ANAT"
                .to_owned(),
            "served_without_service_time",
        ),
        // Each part is short enough for an id, all together are not.
        (SERVED.replace("AA0101", &"A".repeat(120)), "bad_field"),
        // The clocks went back at 2:00; of the two hours after 1:00 the first is meant.
        (
            "A 7 0 0 PS 990903 1:55:00 1:55:00 0 1:55:00 1:58:00 180 AGENT 1:10:00 1:12:00 120 ANAT"
                .to_owned(),
            "served_before_arrival",
        ),
    ] {
        let record = read(&[SERVED, "", &line]).unwrap();
        let codes: Vec<&str> = record.left_out.iter().map(|tally| tally.reason.code).collect();
        assert_eq!(codes, [reason], "{line}");
        assert_eq!((record.lines, record.calls.len()), (2, 1));
    }
}

#[test]
fn a_bad_line_says_what_is_wrong_and_the_others_count() {
    let bad = SERVED.replace("6:55:43", "6:75:43");
    let record = read(&["nonsense", SERVED, &bad]).unwrap();
    assert_eq!((record.lines, record.calls.len()), (3, 1));
    let texts: Vec<String> = record
        .left_out
        .iter()
        .map(|t| t.examples[0].text())
        .collect();
    assert_eq!(
        texts,
        [
            "line 4, column `q_exit`: `6:75:43`",
            "line 2, 1 columns instead of 17"
        ]
    );
}

#[test]
fn a_table_without_a_call_is_refused() {
    assert_eq!(read(&[]).unwrap_err().to_string(), "the file is empty");
    let error = read(&[&SERVED.replace("54", "55"), "nonsense"]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "none of the 2 lines is a call to replay; the first left out is line 2, column \
         `ser_time`: 55, but the times are 54 apart (a length of time is not what lies between \
         its begin and its end)"
    );
}

#[test]
fn a_wrong_header_is_refused_with_its_column() {
    let header = |columns: &[&str]| {
        read_from(format!("{}\n", columns.join("\t")).as_bytes())
            .unwrap_err()
            .to_string()
    };
    let mut columns = COLUMNS.to_vec();
    columns[10] = "queue_exit";
    assert_eq!(
        header(&columns),
        "line 1, column 11: expected `q_exit`, found `queue_exit`"
    );
    let expected = "line 1, column 17: expected `server`, found the end of the line";
    assert_eq!(header(&COLUMNS[..16]), expected);
    let more = [&COLUMNS[..], &["more"]].concat();
    assert_eq!(
        header(&more),
        "line 1, column 18: expected the end of the line, found `more`"
    );
}
