//! The record: what a file of past calls says, ready to be routed again.
//!
//! Two formats are read, plain or compressed with gzip, both told apart by what the file holds and
//! never by its name: the tab-separated table of the bank ([`bank`]) and one JSON object a line
//! ([`json_lines`]). Every line of the file ends either as a [`Call`] (or a [`Shift`]) or in
//! [`Record::left_out`] under exactly one reason, so that a figure computed from the calls can
//! always be held against the size of the file.

mod bank;
mod draft;
mod json_lines;
mod lines;
mod notes;
mod presence;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Serialize;

use self::draft::Draft;
use self::lines::{Line, Lines};
pub(crate) use self::notes::{Example, Tally};

/// A file of calls, read and put in order. Nothing in it depends on the order of the lines, except
/// which of two lines with the same id is kept (the first).
#[derive(Debug)]
pub(crate) struct Record {
    /// How the file was written.
    pub(crate) format: Format,
    /// Lines of the file that hold something, the header of a table not counted.
    pub(crate) lines: u64,
    /// The days that have a call: the date in the table, else the date in UTC on which the
    /// service starts or, where there was none, the caller arrives.
    pub(crate) days: BTreeSet<jiff::civil::Date>,
    /// The calls in order of arrival, those of the same millisecond in order of their ids.
    pub(crate) calls: Vec<Call>,
    /// Everybody who served, has a shift or is in a team, in order; an agent's place here is its
    /// number in the statistics.
    pub(crate) agents: Vec<String>,
    /// Who was on duty when, in order of the beginning, then of the agent. Two shifts of one agent
    /// never overlap.
    pub(crate) shifts: Vec<Shift>,
    /// The file states the shifts; otherwise they are read off the services, without breaks.
    pub(crate) shifts_stated: bool,
    /// The members of each team that a call or a shift names; a team may have none.
    pub(crate) teams: BTreeMap<String, BTreeSet<String>>,
    /// Lines that are not replayed and why, the most frequent reason first.
    pub(crate) left_out: Vec<Tally>,
    /// Calls that are replayed although something about them was corrected or filled in.
    pub(crate) corrected: Vec<Tally>,
}

impl Record {
    /// The agent's number: its place in [`Record::agents`].
    pub(crate) fn agent_number(&self, name: &str) -> Option<u32> {
        let place = self
            .agents
            .binary_search_by(|agent| agent.as_str().cmp(name))
            .ok()?;
        u32::try_from(place).ok()
    }
}

/// How a file was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Format {
    /// The tab-separated table of the bank.
    Bank,
    /// One JSON object a line.
    JsonLines,
}

impl Format {
    /// The name for people.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bank => "bank table",
            Self::JsonLines => "JSON lines",
        }
    }
}

/// One call to route again. Instants are milliseconds since the Unix epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    /// Unique in the file.
    pub(crate) id: String,
    /// Who called, if the caller was identified.
    pub(crate) contact: Option<String>,
    /// Higher is more urgent.
    pub(crate) priority: i64,
    /// The service wanted; the agents who give it are its team.
    pub(crate) team: String,
    /// When the caller began to wait for an agent.
    pub(crate) arrived_ms: i64,
    /// How long an agent is busy with it. Where the caller hung up unserved nobody knows: then it
    /// is the service of the next served call of the same team in order of arrival, where there
    /// is none of the last before, where the team was never served the mean of all served calls,
    /// and in a file without any served call three minutes. So the lengths stay those of the
    /// hour and the team, and nothing is drawn at random.
    pub(crate) service_ms: u64,
    /// How long the caller waits before hanging up; known only of those who did.
    pub(crate) patience_ms: Option<u64>,
    /// What really happened.
    pub(crate) recorded: Recorded,
}

/// What really happened to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Recorded {
    /// An agent served the caller.
    Served {
        /// Who.
        agent: String,
        /// The wait as the record states it. The bank's queue and its agents' telephones have
        /// different clocks (a second or two apart), so it may differ from `started_ms` minus
        /// the arrival.
        waited_ms: u64,
        /// Never before the arrival.
        started_ms: i64,
        /// Never before `started_ms`.
        ended_ms: i64,
    },
    /// The caller gave up.
    HungUp {
        /// When.
        at_ms: i64,
    },
}

/// One agent's time on duty, from the first instant included to the last excluded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shift {
    /// Who.
    pub(crate) agent: String,
    /// The day it is counted under. A shift that runs past midnight stays with its first day.
    pub(crate) day: jiff::civil::Date,
    /// Begin of duty.
    pub(crate) from_ms: i64,
    /// End of duty, after the begin.
    pub(crate) to_ms: i64,
}

/// Why a file could not be used at all. A single bad line of a table is no such reason.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordError {
    /// Not there, or not allowed.
    #[error("cannot open `{}`: {io}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        io: std::io::Error,
    },
    /// The disk failed, or a compressed file is cut off or damaged.
    #[error("cannot read on after line {line}: {io}")]
    Read {
        /// The last line that was read.
        line: u64,
        /// What the system said.
        io: std::io::Error,
    },
    /// No line holds anything.
    #[error("the file is empty")]
    Empty,
    /// Neither of the two formats.
    #[error(
        "line {line}: neither the tab-separated header (`vru+line`, `call_id`, …) nor a JSON object"
    )]
    Format {
        /// The first line that holds something.
        line: u64,
    },
    /// A table whose columns are not the bank's.
    #[error("line {line}, column {column}: expected {expected}, found {found}")]
    Header {
        /// The line of the header.
        line: u64,
        /// The number of the column, the first is 1.
        column: usize,
        /// Its name in the bank's table, in backticks, or `the end of the line`.
        expected: String,
        /// Its name in the file, in backticks, or `the end of the line`.
        found: String,
    },
    /// A line of our own format that does not follow it.
    #[error("line {line}, column {column}, at `{path}`: {message}")]
    Json {
        /// The line in the file.
        line: u64,
        /// How many bytes of the line had been read when it showed.
        column: usize,
        /// The field, `.` for the whole object.
        path: String,
        /// What is wrong with it.
        message: String,
    },
    /// Every line was left out.
    #[error("none of the {lines} lines is a call to replay; the first left out is {first}")]
    NoCall {
        /// Lines that hold something, without the header.
        lines: u64,
        /// Line, reason and detail of the first of them.
        first: String,
    },
    /// More than [`MAX_LINES`].
    #[error("more than {MAX_LINES} calls, or as many shifts")]
    TooMany,
    /// The time zone of the bank is missing in the zone database of this program.
    #[error("unknown time zone `{zone}`")]
    Zone {
        /// Its IANA name.
        zone: &'static str,
    },
}

/// Calls in one file, and likewise shifts: a call's place must fit 32 bits, and all of them are held
/// in memory. Lines that are left out do not count.
pub(crate) const MAX_LINES: usize = 10_000_000;

/// Reads a file of calls.
///
/// # Errors
/// [`RecordError`] where the file as a whole cannot be used.
pub(crate) fn read(path: &Path) -> Result<Record, RecordError> {
    let file = File::open(path).map_err(|io| RecordError::Open {
        path: path.to_owned(),
        io,
    })?;
    read_from(file)
}

/// Reads the calls from what is in a file.
///
/// # Errors
/// [`RecordError`] where the input as a whole cannot be used.
pub(crate) fn read_from(input: impl Read) -> Result<Record, RecordError> {
    let mut lines = Lines::new(input)?;
    let (number, first) = match lines.next()? {
        None => return Err(RecordError::Empty),
        Some((number, Line::Text(text))) => (number, text.to_owned()),
        Some((number, Line::Unreadable(_))) => return Err(RecordError::Format { line: number }),
    };
    if first.trim_start().starts_with('{') {
        let mut draft = Draft::new(Format::JsonLines);
        json_lines::read_line(number, &first, &mut draft)?;
        while let Some((number, line)) = lines.next()? {
            match line {
                Line::Text(text) => json_lines::read_line(number, text, &mut draft)?,
                Line::Unreadable(reason) => return Err(json_lines::refuse(number, reason)),
            }
        }
        draft.finish()
    } else if first.contains('\t') {
        bank::check_header(number, &first)?;
        let bank = bank::Bank::new()?;
        let mut draft = Draft::new(Format::Bank);
        while let Some((number, line)) = lines.next()? {
            match line {
                Line::Text(text) => bank.read_line(number, text, &mut draft)?,
                Line::Unreadable(reason) => draft.leave_out(reason, number, None),
            }
        }
        draft.finish()
    } else {
        Err(RecordError::Format { line: number })
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use self::tests::bank_calls;
