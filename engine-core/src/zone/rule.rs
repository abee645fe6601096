use super::Period;
use crate::calendar::{Year, weekday};
use crate::time::DAY;

/// What a zone's clocks do from its last change on: always the same, or the same two changes each
/// year. Offsets and times of day are milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rule {
    /// How far standard time is ahead of UTC.
    pub(super) standard: i64,
    pub(super) summer: Option<Summer>,
}

/// The other half of the year; it may as well be winter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Summer {
    pub(super) offset: i64,
    pub(super) start: Turn,
    pub(super) end: Turn,
}

/// When in a year clocks are changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn {
    /// 1 to 12.
    pub(super) month: i32,
    /// 1 to 4 for the first to the fourth such day of the month, 5 for the last.
    pub(super) week: i32,
    /// 0 for Sunday to 6, as POSIX has it.
    pub(super) weekday: i32,
    /// From the midnight of that day, on the clock that is changed.
    pub(super) time: i64,
}

impl Rule {
    pub(super) const UTC: Self = Self {
        standard: 0,
        summer: None,
    };

    /// What holds at an instant, in milliseconds since 1970.
    pub(super) fn at(&self, at: i64) -> Period {
        let Some(summer) = &self.summer else {
            return Period {
                offset: self.standard,
                until: None,
            };
        };
        // Instants are within the years 1 to 9998.
        let day = i32::try_from(at.div_euclid(DAY)).unwrap_or(0);
        let year = Year::of_day(day);
        let start = |year| summer.start.in_year(year) - self.standard;
        let end = |year| summer.end.in_year(year) - summer.offset;
        let (starts, ends) = (start(year), end(year));
        let (offset, until) = if starts < ends {
            match at {
                at if at < starts => (self.standard, starts),
                at if at < ends => (summer.offset, ends),
                _ => (self.standard, start(year.next())),
            }
        } else {
            // South of the equator a year begins in summer.
            match at {
                at if at < ends => (summer.offset, ends),
                at if at < starts => (self.standard, starts),
                _ => (summer.offset, end(year.next())),
            }
        };
        Period {
            offset,
            until: Some(until),
        }
    }
}

impl Turn {
    /// Milliseconds from 1970-01-01 on the clock that is changed.
    const fn in_year(&self, year: Year) -> i64 {
        // The last one is looked for in the week before the next month, the n-th in the n-th week.
        let from = match self.week {
            5 => year.month(self.month + 1) - 7,
            week => year.month(self.month) + 7 * (week - 1),
        };
        // Sunday is the last day of the week here, and the first one there.
        let day = from + (self.weekday + 6 - weekday(from)).rem_euclid(7);
        day as i64 * DAY + self.time
    }
}
