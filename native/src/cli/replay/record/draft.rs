//! A record while its file is read: the calls as they come, put in order at the end.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::civil::Date;

use super::notes::{Notes, Reason};
use super::presence::Presence;
use super::{Call, Format, MAX_LINES, Record, RecordError, Recorded, Shift};

/// Collects what the lines say.
#[derive(Debug)]
pub(super) struct Draft {
    format: Format,
    lines: u64,
    entries: Vec<Entry>,
    ids: HashSet<String>,
    presence: Presence,
    left_out: Notes,
    corrected: Notes,
}

#[derive(Debug)]
struct Entry {
    line: u64,
    call: Call,
}

impl Draft {
    /// Nothing read yet.
    pub(super) fn new(format: Format) -> Self {
        Self {
            format,
            lines: 0,
            entries: Vec::new(),
            ids: HashSet::new(),
            presence: Presence::default(),
            left_out: Notes::default(),
            corrected: Notes::default(),
        }
    }

    /// The line holds a call; `day` is the day that its service counts under, `corrections` what
    /// had to be put right before it made sense.
    pub(super) fn add_call(
        &mut self,
        line: u64,
        day: Date,
        call: Call,
        corrections: &[Reason],
    ) -> Result<(), RecordError> {
        if self.entries.len() >= MAX_LINES {
            return Err(RecordError::TooMany);
        }
        if !self.ids.insert(call.id.clone()) {
            self.leave_out(DUPLICATE_ID, line, Some(format!("id `{}`", call.id)));
            return Ok(());
        }
        self.lines += 1;
        for correction in corrections {
            self.corrected.add(*correction, line, None);
        }
        self.presence.see_call(day, &call);
        self.entries.push(Entry { line, call });
        Ok(())
    }

    /// The line holds a shift.
    pub(super) fn add_shift(
        &mut self,
        shift: Shift,
        teams: Vec<String>,
    ) -> Result<(), RecordError> {
        if self.presence.stated() >= MAX_LINES {
            return Err(RecordError::TooMany);
        }
        self.lines += 1;
        self.presence.add_shift(shift, teams);
        Ok(())
    }

    /// The line holds nothing that can be replayed.
    pub(super) fn leave_out(&mut self, reason: Reason, line: u64, detail: Option<String>) {
        self.lines += 1;
        self.left_out.add(reason, line, detail);
    }

    /// Puts everything in order and fills in what only the whole file can tell.
    ///
    /// # Errors
    /// [`RecordError::Empty`] and [`RecordError::NoCall`].
    pub(super) fn finish(mut self) -> Result<Record, RecordError> {
        if self.entries.is_empty() {
            return Err(match self.left_out.first() {
                None => RecordError::Empty,
                Some((reason, example)) => RecordError::NoCall {
                    lines: self.lines,
                    first: format!("{} ({})", example.text(), reason.sentence),
                },
            });
        }
        self.entries
            .sort_by(|a, b| (a.call.arrived_ms, &a.call.id).cmp(&(b.call.arrived_ms, &b.call.id)));
        let borrowed = borrow_service(&mut self.entries);
        for line in borrowed {
            self.corrected.add(SERVICE_BORROWED, line, None);
        }

        let calls: Vec<Call> = self.entries.into_iter().map(|entry| entry.call).collect();
        let days = self.presence.days().clone();
        let shifts_stated = self.presence.stated() > 0;
        let (shifts, teams) = self.presence.finish();
        let agents = everybody(&calls, &shifts, &teams);
        Ok(Record {
            format: self.format,
            lines: self.lines,
            days,
            calls,
            agents,
            shifts,
            shifts_stated,
            teams,
            left_out: self.left_out.into_tallies(),
            corrected: self.corrected.into_tallies(),
        })
    }
}

/// Gives every call that was never served a service time (see [`Call::service_ms`]); the entries
/// are in order of arrival. Answers the lines of these calls in the order of the file.
fn borrow_service(entries: &mut [Entry]) -> Vec<u64> {
    let mut lines = BTreeSet::new();
    let served = |call: &Call| matches!(call.recorded, Recorded::Served { .. });
    let (mut sum, mut count) = (0_u128, 0_u128);
    for entry in entries.iter() {
        if served(&entry.call) {
            sum += u128::from(entry.call.service_ms);
            count += 1;
        } else {
            lines.insert(entry.line);
        }
    }
    let mean = sum
        .checked_div(count)
        .and_then(|mean| u64::try_from(mean).ok());
    let fallback = mean.unwrap_or(SERVICE_WITHOUT_ANY_RECORD_MS);

    // Before the walk backwards meets a served call of the team, the last one in the file counts.
    let mut next: BTreeMap<String, u64> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| served(&entry.call)) {
        next.insert(entry.call.team.clone(), entry.call.service_ms);
    }
    for Entry { call, .. } in entries.iter_mut().rev() {
        if served(call) {
            if let Some(service_ms) = next.get_mut(&call.team) {
                *service_ms = call.service_ms;
            }
        } else {
            call.service_ms = next.get(&call.team).copied().unwrap_or(fallback);
        }
    }
    lines.into_iter().collect()
}

fn everybody(
    calls: &[Call],
    shifts: &[Shift],
    teams: &BTreeMap<String, BTreeSet<String>>,
) -> Vec<String> {
    let mut names: BTreeSet<&str> = shifts.iter().map(|shift| shift.agent.as_str()).collect();
    names.extend(teams.values().flatten().map(String::as_str));
    for call in calls {
        if let Recorded::Served { agent, .. } = &call.recorded {
            names.insert(agent);
        }
    }
    names.into_iter().map(str::to_owned).collect()
}

/// Only for a file in which nobody was ever served, so that nothing better is known.
const SERVICE_WITHOUT_ANY_RECORD_MS: u64 = 180_000;

const DUPLICATE_ID: Reason = Reason {
    code: "duplicate_id",
    sentence: "an earlier line has the same id",
};
const SERVICE_BORROWED: Reason = Reason {
    code: "service_time_borrowed",
    sentence: "hung up unserved, so the service time is unknown: if served here, it is that of the \
               next served call of the same team",
};
