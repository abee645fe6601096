//! What `replay` prints: the figures of the simulation beside those of the record.

mod text;

use std::collections::BTreeMap;

use serde::Serialize;
use serde::ser::Serializer;

pub(crate) use self::text::text;
use super::record::{Format, Record, Tally};
use super::statistics::Figures;

/// Everything there is to print.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Report<'a> {
    /// The file, as the user named it.
    pub(crate) file: &'a str,
    /// Further lines of the heading, name and value: strategy, where the counters are, seed …
    pub(crate) settings: &'a [(&'static str, String)],
    /// What was replayed.
    pub(crate) record: &'a Record,
    /// What the engine made of it.
    pub(crate) simulated: &'a Figures,
    /// What really happened.
    pub(crate) recorded: &'a Figures,
}

impl Report<'_> {
    /// What a reader must know before comparing the two columns.
    fn notes(&self) -> Vec<&'static str> {
        let mut notes = Vec::new();
        if !self.record.shifts_stated {
            notes.push(NOTE_PRESENCE);
        }
        notes.push(NOTE_PATIENCE);
        notes
    }
}

/// The report for programs: field names and reason codes are stable, lengths of time are in
/// milliseconds, ratios have six digits at most, and what does not exist is null. The fields come
/// in the order in which they are declared here.
pub(crate) fn json<'a>(report: &Report<'a>) -> impl Serialize + use<'a> {
    let record = report.record;
    let teams = record.teams.iter();
    Json {
        file: report.file,
        format: record.format,
        settings: Settings(report.settings),
        lines: record.lines,
        calls: record.calls.len(),
        days: Days {
            count: record.days.len(),
            first: record.days.first().map(ToString::to_string),
            last: record.days.last().map(ToString::to_string),
        },
        agents: record.agents.len(),
        shifts: record.shifts.len(),
        shifts_stated: record.shifts_stated,
        team_sizes: teams
            .map(|(team, members)| (team.as_str(), members.len()))
            .collect(),
        simulated: report.simulated,
        recorded: report.recorded,
        left_out: &record.left_out,
        corrected: &record.corrected,
        notes: report.notes(),
    }
}

#[derive(Serialize)]
struct Json<'a> {
    file: &'a str,
    format: Format,
    settings: Settings<'a>,
    lines: u64,
    calls: usize,
    days: Days,
    agents: usize,
    shifts: usize,
    shifts_stated: bool,
    team_sizes: BTreeMap<&'a str, usize>,
    simulated: &'a Figures,
    recorded: &'a Figures,
    left_out: &'a [Tally],
    corrected: &'a [Tally],
    notes: Vec<&'static str>,
}

#[derive(Serialize)]
struct Days {
    count: usize,
    first: Option<String>,
    last: Option<String>,
}

/// An object whose fields keep their order.
struct Settings<'a>(&'a [(&'static str, String)]);

impl Serialize for Settings<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

const NOTE_PRESENCE: &str = "The file does not say when agents were present. Each counts as on \
    duty from its first to its last service of a day, without breaks, so the simulation has more \
    agents at hand than there really were and its waits come out shorter than the record's. \
    Compare strategies with each other within the simulation, not with the record. For the same \
    reason agents on a break seem to miss turns in the record.";
const NOTE_PATIENCE: &str = "Who hung up unserved in the record hangs up in the simulation after \
    the same wait; how long the others would have waited is not known, so they never hang up.";

#[cfg(test)]
mod tests;
