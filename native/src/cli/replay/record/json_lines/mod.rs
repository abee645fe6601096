//! Our own format: one JSON object a line, UTF-8, blank lines allowed.
//!
//! A call, served or given up:
//! ```json
//! {"id":"c1","contact":"42","priority":2,"team":"PS","arrived":"1999-01-03T07:00:05+02:00","served":{"agent":"ANNA","started":"1999-01-03T07:00:10+02:00","ended":"1999-01-03T07:04:00+02:00"}}
//! {"id":"c2","team":"PS","arrived":"1999-01-03T05:01:00Z","patience_s":120}
//! ```
//! - `id`, `team`, `arrived` are required, and either `served` or `patience_s`: how many seconds
//!   the caller waited before hanging up unserved (a fraction down to the millisecond is kept).
//! - `contact` may be absent or null: not identified. `priority` is 0 unless given.
//! - Instants are RFC 3339 with an offset or `Z`.
//!
//! Optionally shifts, anywhere in the file:
//! ```json
//! {"shift":{"agent":"ANNA","teams":["PS"],"from":"1999-01-03T07:00:00+02:00","to":"1999-01-03T15:00:00+02:00"}}
//! ```
//! With one such line in the file, presence and teams come from these lines alone. Without any,
//! an agent is on duty on each day (in UTC, the day on which a service starts) from the begin of
//! the first to the end of the last service, and in every team that it ever served.
//!
//! The format is strict: a line that does not follow it refuses the file, with its number and the
//! path to the field, because whoever wrote it can mend it. A line that follows it but cannot be
//! replayed is left out with a reason, as in the bank's table.

use std::fmt;
use std::marker::PhantomData;

use assignment_engine_core::limits::MAX_ID_BYTES;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::draft::Draft;
use super::notes::{
    ENDS_BEFORE_IT_STARTS, NEITHER_SERVED_NOR_HUNG_UP, Reason, SERVED_WITHOUT_SERVICE_TIME,
};
use super::{Call, RecordError, Recorded, Shift};

/// Adds one line to the record.
///
/// # Errors
/// [`RecordError::Json`] where the line does not follow the format,
/// [`RecordError::TooMany`].
pub(super) fn read_line(line: u64, text: &str, draft: &mut Draft) -> Result<(), RecordError> {
    // Most lines are calls, and looking for the word is far cheaper than parsing twice.
    if text.contains("\"shift\"") && parse::<Kind>(line, text)?.shift.is_some() {
        let ShiftLine {
            shift: Object(shift),
        } = parse(line, text)?;
        return add_shift(line, shift, draft);
    }
    let call: CallLine = parse(line, text)?;
    add_call(line, call, draft)
}

/// The error for a line that is not even text.
pub(super) fn refuse(line: u64, reason: Reason) -> RecordError {
    let message = reason.sentence.to_owned();
    RecordError::Json {
        line,
        column: 0,
        path: ".".to_owned(),
        message,
    }
}

fn add_shift(line: u64, stated: ShiftText, draft: &mut Draft) -> Result<(), RecordError> {
    let (from_ms, to_ms) = (stated.from.0, stated.to.0);
    let reason = match length(from_ms, to_ms) {
        None | Some(0) => SHIFT_WITHOUT_LENGTH,
        Some(MAX_LENGTH_MS..) => LONGER_THAN_A_YEAR,
        Some(_) => {
            let day = stated.from.day();
            let shift = Shift {
                agent: stated.agent.0,
                day,
                from_ms,
                to_ms,
            };
            let teams = stated.teams.into_iter().map(|team| team.0).collect();
            return draft.add_shift(shift, teams);
        }
    };
    draft.leave_out(reason, line, None);
    Ok(())
}

fn add_call(line: u64, text: CallLine, draft: &mut Draft) -> Result<(), RecordError> {
    let arrived_ms = text.arrived.0;
    let (day, service_ms, patience_ms, recorded) = match outcome(&text) {
        Ok(outcome) => outcome,
        Err(reason) => {
            draft.leave_out(reason, line, None);
            return Ok(());
        }
    };
    let call = Call {
        id: text.id.0,
        contact: text.contact.map(|contact| contact.0),
        priority: text.priority,
        team: text.team.0,
        arrived_ms,
        service_ms,
        patience_ms,
        recorded,
    };
    draft.add_call(line, day, call, &[])
}

/// The day that the call counts under, the length of its service, the caller's patience, and what
/// happened; else why it cannot be replayed.
fn outcome(call: &CallLine) -> Result<(Date, u64, Option<u64>, Recorded), Reason> {
    let arrived_ms = call.arrived.0;
    match (&call.served, &call.patience_s) {
        (Some(Object(served)), None) => {
            let (started_ms, ended_ms) = (served.started.0, served.ended.0);
            let waited_ms = length(arrived_ms, started_ms).ok_or(ENDS_BEFORE_IT_STARTS)?;
            let service_ms = length(started_ms, ended_ms).ok_or(ENDS_BEFORE_IT_STARTS)?;
            if service_ms == 0 {
                return Err(SERVED_WITHOUT_SERVICE_TIME);
            }
            if waited_ms.max(service_ms) >= MAX_LENGTH_MS {
                return Err(LONGER_THAN_A_YEAR);
            }
            let agent = served.agent.0.clone();
            let recorded = Recorded::Served {
                agent,
                waited_ms,
                started_ms,
                ended_ms,
            };
            Ok((served.started.day(), service_ms, None, recorded))
        }
        (None, Some(Seconds(patience_ms))) => {
            let at_ms = arrived_ms.saturating_add_unsigned(*patience_ms);
            let recorded = Recorded::HungUp { at_ms };
            Ok((call.arrived.day(), 0, Some(*patience_ms), recorded))
        }
        (Some(_), Some(_)) => Err(SERVED_AND_HUNG_UP),
        (None, None) => Err(NEITHER_SERVED_NOR_HUNG_UP),
    }
}

fn length(from_ms: i64, to_ms: i64) -> Option<u64> {
    let length = to_ms.checked_sub(from_ms)?;
    u64::try_from(length).ok()
}

fn parse<'de, T: Deserialize<'de>>(line: u64, text: &'de str) -> Result<T, RecordError> {
    let refuse = |error: &serde_json::Error, path: String| {
        // The parser adds the place to its message, counting our one line as line 1.
        let message = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        let message = message.strip_suffix(&place).unwrap_or(&message).to_owned();
        RecordError::Json {
            line,
            column: error.column(),
            path,
            message,
        }
    };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let Object(value) = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| refuse(error.inner(), error.path().to_string()))?;
    deserializer
        .end()
        .map_err(|error| refuse(&error, ".".to_owned()))?;
    Ok(value)
}

/// Tells the two kinds of line apart before the strict reading, whose errors are then about the
/// right kind.
#[derive(Deserialize)]
struct Kind {
    shift: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallLine {
    id: Id,
    #[serde(default)]
    contact: Option<Id>,
    #[serde(default)]
    priority: i64,
    team: Id,
    arrived: Instant,
    #[serde(default)]
    patience_s: Option<Seconds>,
    #[serde(default)]
    served: Option<Object<ServedText>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ServedText {
    agent: Id,
    started: Instant,
    ended: Instant,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ShiftLine {
    shift: Object<ShiftText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ShiftText {
    agent: Id,
    teams: Vec<Id>,
    from: Instant,
    to: Instant,
}

/// Something with named fields: serde alone would also take an array of their values.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }

        deserializer.deserialize_map(Fields(PhantomData))
    }
}

/// A text that the engine takes as an id.
struct Id(String);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.len() {
            0 => Err(D::Error::custom("the id is empty")),
            bytes if bytes > MAX_ID_BYTES => Err(D::Error::custom(format_args!(
                "the id has {bytes} bytes, at most {MAX_ID_BYTES} are allowed"
            ))),
            _ => Ok(Self(text)),
        }
    }
}

/// Milliseconds since the Unix epoch.
struct Instant(i64);

impl Instant {
    fn day(&self) -> Date {
        let timestamp = Timestamp::from_millisecond(self.0).unwrap_or_default();
        TimeZone::UTC.to_datetime(timestamp).date()
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let timestamp: Timestamp = text.parse().map_err(|_| {
            D::Error::custom(format_args!(
                "`{text}` is no RFC 3339 instant such as `1999-01-03T07:00:05+02:00`"
            ))
        })?;
        Ok(Self(timestamp.as_millisecond()))
    }
}

/// Milliseconds, written in seconds.
struct Seconds(u64);

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = f64::deserialize(deserializer)?;
        if !(0.0..=MAX_PATIENCE_S).contains(&seconds) {
            return Err(D::Error::custom(format_args!(
                "`{seconds}` is not a number of seconds from 0 to {MAX_PATIENCE_S}"
            )));
        }
        // In this range the cast is exact.
        Ok(Self((seconds * 1_000.0).round() as u64))
    }
}

/// A year. Whatever is longer is a mistake, and sums of what is shorter cannot overflow.
const MAX_LENGTH_MS: u64 = 31_536_000_000;
const MAX_PATIENCE_S: f64 = 31_535_999.0;

const LONGER_THAN_A_YEAR: Reason = Reason {
    code: "longer_than_a_year",
    sentence: "a wait, a service or a shift lasts a year or more",
};
const SERVED_AND_HUNG_UP: Reason = Reason {
    code: "served_and_hung_up",
    sentence: "both `served` and `patience_s` are given",
};
const SHIFT_WITHOUT_LENGTH: Reason = Reason {
    code: "shift_without_length",
    sentence: "a shift does not end after its begin",
};

#[cfg(test)]
mod tests;
