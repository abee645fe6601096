//! The bank's table: calls of the "Anonymous Bank", January 1999, as published by the Technion.
//!
//! One line a call, 17 columns separated by tabs, a header, times of day in Israel. How a line
//! becomes a [`Call`]:
//!
//! - The id is `date-unit-call_id`: the bank's own is unique only per unit and day.
//! - The caller arrives on entering the queue, or at the exit of the voice unit where no queueing
//!   is recorded. Voice unit and queue have one clock, the agents' telephones another, usually a
//!   second behind; a service that starts before the arrival therefore moves the arrival to its
//!   start, and the recorded wait stays what the queue's clock measured.
//! - A caller with outcome HANG is as patient as the time in the queue.
//! - Times behind midnight carry the date of the evening; a time more than twelve hours before
//!   the one that must precede it belongs to the next day.
//!
//! What cannot be replayed is left out, each line under the first reason that holds: unreadable,
//! PHANTOM, type AA; HANG with a server, with a service, without time in the queue; AGENT without
//! a service time, without a server (most of these last a few seconds: nobody can be credited);
//! a service long before the arrival.

mod fields;
mod row;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use self::fields::{BAD_DATE, Outcome, unreadable};
use self::row::{COLUMNS, Row};
use super::draft::Draft;
use super::notes::{
    ENDS_BEFORE_IT_STARTS, NEITHER_SERVED_NOR_HUNG_UP, Reason, SERVED_WITHOUT_SERVICE_TIME,
};
use super::{Call, RecordError, Recorded};

/// Checks that the columns are the bank's, in its order.
///
/// # Errors
/// [`RecordError::Header`] with the first column that is not.
pub(super) fn check_header(line: u64, text: &str) -> Result<(), RecordError> {
    let found: Vec<&str> = text.split('\t').map(str::trim).collect();
    let name = |name: Option<&&str>| {
        name.map_or_else(
            || "the end of the line".to_owned(),
            |name| format!("`{name}`"),
        )
    };
    for place in 0..found.len().max(COLUMNS.len()) {
        let (expected, found) = (COLUMNS.get(place), found.get(place));
        if expected != found {
            let (expected, found) = (name(expected), name(found));
            return Err(RecordError::Header {
                line,
                column: place + 1,
                expected,
                found,
            });
        }
    }
    Ok(())
}

/// Reads lines of the table.
pub(super) struct Bank {
    zone: TimeZone,
}

/// Why a line is not replayed, and what exactly is wrong with it if the reason does not say it.
struct LeftOut(Reason, Option<String>);

impl Bank {
    /// Looks up the time zone.
    pub(super) fn new() -> Result<Self, RecordError> {
        let zone = TimeZone::get(ZONE).map_err(|_| RecordError::Zone { zone: ZONE })?;
        Ok(Self { zone })
    }

    /// Adds one line to the record, as a call or as left out.
    ///
    /// # Errors
    /// [`RecordError::TooMany`]; whatever is wrong with the line itself is none.
    pub(super) fn read_line(
        &self,
        line: u64,
        text: &str,
        draft: &mut Draft,
    ) -> Result<(), RecordError> {
        let row = match Row::parse(text) {
            Ok(row) => row,
            Err(unreadable) => {
                draft.leave_out(unreadable.reason, line, Some(unreadable.detail));
                return Ok(());
            }
        };
        match self.call(&row) {
            Ok((call, corrections)) => draft.add_call(line, row.date, call, &corrections),
            Err(LeftOut(reason, detail)) => {
                draft.leave_out(reason, line, detail);
                Ok(())
            }
        }
    }

    fn call(&self, row: &Row<'_>) -> Result<(Call, Vec<Reason>), LeftOut> {
        if let Some(reason) = unusable(row) {
            return Err(LeftOut(reason, None));
        }
        let mut corrections = Vec::new();
        if row.past_midnight {
            corrections.push(PAST_MIDNIGHT);
        }
        if row.voice_unit.to < row.voice_unit.from {
            corrections.push(VOICE_UNIT_BACKWARDS);
        }

        let entered = row.queue.map_or(row.voice_unit.to, |queue| queue.from);
        let entered_ms = self.instant(row.date, entered)?;
        let waited_ms = match row.queue {
            Some(queue) => Some(length(entered_ms, self.instant(row.date, queue.to)?)?),
            None => None,
        };
        let id = format!("{}-{}-{}", row.date.strftime("%y%m%d"), row.unit, row.id);
        fields::word("call_id", &id).map_err(|long| LeftOut(long.reason, Some(long.detail)))?;
        let mut call = Call {
            id,
            contact: row.customer.map(str::to_owned),
            priority: row.priority,
            team: row.kind.to_owned(),
            arrived_ms: entered_ms,
            service_ms: 0,
            patience_ms: None,
            recorded: Recorded::HungUp { at_ms: entered_ms },
        };
        match (row.outcome, row.service, row.server, waited_ms) {
            (Outcome::Agent, Some(service), Some(server), waited_ms) => {
                let started_ms = self.instant(row.date, service.from)?;
                let ended_ms = self.instant(row.date, service.to)?;
                if entered_ms.saturating_sub(started_ms) > MUCH_TOO_EARLY_MS {
                    return Err(LeftOut(SERVED_BEFORE_ARRIVAL, None));
                }
                if started_ms < entered_ms {
                    corrections.push(STARTS_BEFORE_ARRIVAL);
                    call.arrived_ms = started_ms;
                }
                if let Some(queue) = row.queue
                    && queue.to.abs_diff(service.from) > CLOCKS_APART_S
                {
                    corrections.push(STARTS_OFF_THE_QUEUE);
                }
                call.service_ms = length(started_ms, ended_ms)?;
                // On the clocks it had a length, but they were set forward meanwhile.
                if call.service_ms == 0 {
                    return Err(LeftOut(SERVED_WITHOUT_SERVICE_TIME, None));
                }
                let waited_ms = match waited_ms {
                    Some(waited_ms) => waited_ms,
                    None => length(call.arrived_ms, started_ms)?,
                };
                let agent = server.to_owned();
                call.recorded = Recorded::Served {
                    agent,
                    waited_ms,
                    started_ms,
                    ended_ms,
                };
            }
            (Outcome::Hang, None, None, Some(patience_ms)) => {
                call.patience_ms = Some(patience_ms);
                let at_ms = entered_ms.saturating_add_unsigned(patience_ms);
                call.recorded = Recorded::HungUp { at_ms };
            }
            // `unusable` has named every other kind of line.
            _ => return Err(LeftOut(NEITHER_SERVED_NOR_HUNG_UP, None)),
        }
        Ok((call, corrections))
    }

    /// The instant at which the clocks in the bank had gone so many seconds past the midnight that
    /// began the date. Of a time that the clocks show twice it is the first, a time that they skip
    /// counts as if they had not.
    fn instant(&self, date: Date, seconds: i64) -> Result<i64, LeftOut> {
        let midnight = date.at(0, 0, 0, 0);
        let time = midnight.checked_add(jiff::SignedDuration::from_secs(seconds));
        let instant = time.and_then(|time| self.zone.to_timestamp(time));
        let instant = instant.map_err(|error| {
            let unreadable = unreadable(BAD_DATE, "date", &error);
            LeftOut(unreadable.reason, Some(unreadable.detail))
        })?;
        Ok(instant.as_millisecond())
    }
}

/// Why a line that can be read is no call to replay: the first reason that holds.
fn unusable(row: &Row<'_>) -> Option<Reason> {
    if row.outcome == Outcome::Phantom {
        return Some(PHANTOM);
    }
    if row.kind == NOISE {
        return Some(NOISE_TYPE);
    }
    let waited = row.queue.is_some_and(|queue| queue.to > queue.from);
    let served = row.service.is_some_and(|service| service.to > service.from);
    match row.outcome {
        Outcome::Hang if row.server.is_some() => Some(HUNG_UP_WITH_SERVER),
        Outcome::Hang if row.service.is_some() => Some(HUNG_UP_WITH_SERVICE),
        Outcome::Hang if !waited => Some(HUNG_UP_WITHOUT_QUEUEING),
        Outcome::Agent if !served => Some(SERVED_WITHOUT_SERVICE_TIME),
        Outcome::Agent if row.server.is_none() => Some(SERVED_WITHOUT_SERVER),
        Outcome::Hang | Outcome::Agent | Outcome::Phantom => None,
    }
}

/// A length of time that may be negative only where the clocks were set back in it.
fn length(from_ms: i64, to_ms: i64) -> Result<u64, LeftOut> {
    let length = to_ms
        .checked_sub(from_ms)
        .and_then(|length| u64::try_from(length).ok());
    length.ok_or(LeftOut(ENDS_BEFORE_IT_STARTS, None))
}

const ZONE: &str = "Asia/Jerusalem";
const NOISE: &str = "AA";
/// Further apart than this, exit from the queue and start of the service are not the same event
/// seen by two clocks.
const CLOCKS_APART_S: u64 = 2;

/// Of the clocks' differences the largest in the record is below two minutes; what is above this
/// is no difference of clocks.
const MUCH_TOO_EARLY_MS: i64 = 300_000;

const PHANTOM: Reason = Reason {
    code: "phantom",
    sentence: "the outcome is PHANTOM: no call, to be ignored",
};
const NOISE_TYPE: Reason = Reason {
    code: "noise_type",
    sentence: "the type is AA, which is noise and no service",
};
const HUNG_UP_WITH_SERVER: Reason = Reason {
    code: "hung_up_with_server",
    sentence: "the caller hung up, yet an agent is named: served or not is unclear",
};
const HUNG_UP_WITH_SERVICE: Reason = Reason {
    code: "hung_up_with_service",
    sentence: "the caller hung up, yet a service by nobody is recorded: served or not is unclear",
};
const HUNG_UP_WITHOUT_QUEUEING: Reason = Reason {
    code: "hung_up_without_queueing",
    sentence: "the caller hung up without waiting for an agent",
};
const SERVED_WITHOUT_SERVER: Reason = Reason {
    code: "served_without_server",
    sentence: "served, but no agent is named (most of these last a few seconds)",
};
const SERVED_BEFORE_ARRIVAL: Reason = Reason {
    code: "served_before_arrival",
    sentence: "the service starts more than five minutes before the caller arrives",
};

const PAST_MIDNIGHT: Reason = Reason {
    code: "past_midnight",
    sentence: "a time after midnight carries the date of the evening: 24 hours added",
};
const VOICE_UNIT_BACKWARDS: Reason = Reason {
    code: "voice_unit_time_negative",
    sentence: "the call leaves the voice unit before it enters it: the entry is not used",
};
const STARTS_BEFORE_ARRIVAL: Reason = Reason {
    code: "service_starts_before_arrival",
    sentence: "the service starts before the caller leaves the voice unit or enters the queue \
               (mostly by a second or two): the caller arrives at its start",
};
const STARTS_OFF_THE_QUEUE: Reason = Reason {
    code: "service_starts_off_the_queue",
    sentence: "the service starts more than two seconds before or after the caller leaves the \
               queue: the record's wait is the time in the queue",
};

#[cfg(test)]
mod tests;
