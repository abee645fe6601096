use assignment_engine_core::{Schedule, ScheduleConfig, Shift, TimeOfDay};

use super::lint::{Findings, Lint};
use super::tenant::blank;

/// A team's opening hours; `path` is theirs.
pub(super) fn look_at(schedule: &ScheduleConfig, path: &str, findings: &mut Findings) {
    let shifts = shifts(schedule);
    if schedule.enabled && shifts.is_empty() {
        let message = "the schedule has no shift, so the team is never open";
        findings.add(Lint::NeverOpen, format!("{path}.days"), message);
    }
    if !schedule.enabled {
        let message = "the schedule is switched off, so the team is always open";
        findings.add(Lint::ScheduleDisabled, format!("{path}.enabled"), message);
        // Where it is enabled, the reader refuses it.
        if let Err(error) = Schedule::new(schedule) {
            let path = format!("{path}.timezone");
            findings.add(Lint::ZoneUnknown, path, error.to_string());
        }
    }
    for (field, text) in [
        ("outOfOfficeMessage", &schedule.out_of_office_message),
        ("outOfOfficeImage", &schedule.out_of_office_image),
    ] {
        blank(text.as_deref(), &format!("{path}.{field}"), findings);
    }
    for (place, shift) in shifts.iter().enumerate() {
        let path = format!("{path}.days.{}", shift.name);
        let Shift { start, end } = shift.shift;
        if start == end && Some(start) != MIDNIGHT {
            let message = format!("from {start} to {end} is a full day");
            findings.add(Lint::ShiftOfAFullDay, path.as_str(), message);
        }
        let mut earlier = shifts.iter().take(place);
        if let Some(other) = earlier.find(|other| other.overlaps(shift)) {
            let (ours, theirs) = (shift.times(), other.times());
            let message = format!("{ours} overlaps with {}, {theirs}", other.name);
            findings.add(Lint::ShiftsOverlap, path, message);
        }
    }
}

/// A shift in its place in the week.
struct Placed {
    /// `monday[0]`
    name: String,
    shift: Shift,
    /// Minutes from Monday 00:00.
    start: u16,
}

impl Placed {
    /// Weeks follow each other without end, so a shift on Sunday night meets the one on Monday
    /// morning.
    fn overlaps(&self, other: &Self) -> bool {
        let from_to = |a: u16, b: u16| (b + WEEK - a) % WEEK;
        from_to(self.start, other.start) < self.shift.minutes()
            || from_to(other.start, self.start) < other.shift.minutes()
    }

    fn times(&self) -> String {
        format!("{} to {}", self.shift.start, self.shift.end)
    }
}

fn shifts(schedule: &ScheduleConfig) -> Vec<Placed> {
    let days = schedule.days.each();
    let days = days.into_iter().zip((0..WEEK).step_by(usize::from(DAY)));
    days.flat_map(|((day, shifts), midnight)| {
        let placed = move |(place, shift): (usize, &Shift)| Placed {
            name: format!("{day}[{place}]"),
            shift: *shift,
            start: midnight + shift.start.minutes(),
        };
        shifts.iter().enumerate().map(placed)
    })
    .collect()
}

const MIDNIGHT: Option<TimeOfDay> = TimeOfDay::new(0, 0);
/// Minutes.
const DAY: u16 = TimeOfDay::MIDNIGHT_AFTER.minutes();
const WEEK: u16 = 7 * DAY;
