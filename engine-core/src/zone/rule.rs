use super::Period;
use crate::calendar::{Date, weekday};
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
        let year = Date::of_day(day).year;
        let start = |year| summer.start.in_year(year) - self.standard;
        let end = |year| summer.end.in_year(year) - summer.offset;
        let (turned_on, turned_off) = (start(year), end(year));
        let next = match turned_on < turned_off {
            true if at < turned_on => (self.standard, turned_on),
            true if at < turned_off => (summer.offset, turned_off),
            true => (self.standard, start(year + 1)),
            // South of the equator a year begins in summer.
            false if at < turned_off => (summer.offset, turned_off),
            false if at < turned_on => (self.standard, turned_on),
            false => (summer.offset, end(year + 1)),
        };
        Period {
            offset: next.0,
            until: Some(next.1),
        }
    }
}

impl Turn {
    /// Milliseconds from 1970-01-01 on the clock that is changed.
    const fn in_year(&self, year: i32) -> i64 {
        let last = self.week == 5;
        let month = Date {
            year: year + (last && self.month == 12) as i32,
            month: if last {
                self.month % 12 + 1
            } else {
                self.month
            },
            day: 1,
        };
        // The last one is looked for in the week before the next month, the n-th in the n-th week.
        let first = month.to_day();
        let from = if last {
            first - 7
        } else {
            first + 7 * (self.week - 1)
        };
        // Sunday is the last day of the week here, and the first one there.
        let day = from + (self.weekday + 6 - weekday(from)).rem_euclid(7);
        day as i64 * DAY + self.time
    }
}
