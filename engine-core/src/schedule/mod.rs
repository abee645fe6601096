//! Opening hours: from an instant to open or closed, and to the next opening.
//!
//! An instant always has exactly one local time, so the way goes from instants to local minutes
//! and never back: daylight-saving gaps and folds need no rule of their own.

mod config;
mod week;

pub use config::{Days, ScheduleConfig, Shift, TimeOfDay};

use crate::time::{DAY, MINUTE, Timestamp};
use crate::zone::{Zone, ZoneError};
use week::{WEEK_MINUTES, Week};

/// Opening hours ready for use: a week of shifts in a time zone of the bundled database.
#[derive(Debug, Clone)]
pub struct Schedule {
    week: Week,
    zone: Zone,
}

impl Schedule {
    /// Compiles the shifts and looks up the zone; whether the schedule is enabled does not matter
    /// here.
    ///
    /// # Errors
    /// [`ZoneError`] when the time zone is missing, blank or unknown.
    pub fn new(config: &ScheduleConfig) -> Result<Self, ZoneError> {
        let zone = Zone::named(config.timezone.as_deref())?;
        Ok(Self {
            week: Week::new(&config.days),
            zone,
        })
    }

    /// Is a shift under way at `now`?
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        let (local, _) = self.local_minute(now);
        self.week.contains(local.of_week())
    }

    /// While open at `now`: an instant until which it stays so, itself excluded. It may be open
    /// beyond that. `None` while closed.
    #[must_use]
    pub fn open_until(&self, now: Timestamp) -> Option<Timestamp> {
        let (local, change) = self.local_minute(now);
        let left = i64::from(self.week.minutes_until_closed(local.of_week())?);
        let closing = local.instant_after(left);
        // Local time runs evenly up to the next change of offset, and no further.
        match change {
            Some(change) if change < closing => Some(change),
            _ => Some(closing),
        }
    }

    /// The first instant from `now` on at which a shift is under way: `now` itself while open,
    /// `None` if there is no shift.
    #[must_use]
    pub fn next_opening(&self, now: Timestamp) -> Option<Timestamp> {
        let mut from = now;
        // Between two changes of offset local time runs evenly, so the week alone tells the
        // opening; if the next change comes first, look again from there.
        while from.since(now) <= HORIZON {
            let (local, change) = self.local_minute(from);
            let wait = i64::from(self.week.minutes_until_open(local.of_week())?);
            let opening = if wait == 0 {
                from
            } else {
                local.instant_after(wait)
            };
            match change {
                Some(change) if change <= opening => from = change,
                // Beyond the end of time there is no opening.
                _ => return Some(opening).filter(|opening| self.is_open(*opening)),
            }
        }
        None
    }

    /// What the local clock shows, and the first instant after `at` at which it is changed.
    fn local_minute(&self, at: Timestamp) -> (LocalMinute, Option<Timestamp>) {
        let (offset, change) = self.zone.offset(at);
        let minute = (at.as_millisecond() + offset).div_euclid(MINUTE);
        (LocalMinute { minute, offset }, change)
    }
}

/// A minute on the local clock, with the offset in force.
struct LocalMinute {
    /// Local minutes since 1970-01-01 00:00 local time.
    minute: i64,
    /// Milliseconds that local time is ahead of UTC.
    offset: i64,
}

impl LocalMinute {
    fn of_week(&self) -> u16 {
        // 1970-01-01 was a Thursday, three days into the week.
        let since_monday = self.minute + 3 * (DAY / MINUTE);
        u16::try_from(since_monday.rem_euclid(i64::from(WEEK_MINUTES))).unwrap_or(0)
    }

    /// The instant at which the local clock shows `minutes` more, if no change of offset comes
    /// between.
    fn instant_after(&self, minutes: i64) -> Timestamp {
        let local = (self.minute + minutes) * MINUTE;
        Timestamp::EPOCH.saturating_add(local - self.offset)
    }
}

/// A week's pattern comes round within seven days of even local time; a change of offset moves
/// the clock by a day at most, so three weeks find any opening there is.
const HORIZON: i64 = 21 * DAY;

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(zone: &str, days: &str) -> Schedule {
        let json = alloc::format!(r#"{{"enabled":true,"timezone":"{zone}","days":{days}}}"#);
        Schedule::new(&serde_json::from_str(&json).unwrap()).unwrap()
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn next_opening_is_right_over_the_change_to_summer_time() {
        // Vienna went from UTC+1 to UTC+2 on 2026-03-29: nine o'clock came an hour earlier.
        let nine = schedule(
            "Europe/Vienna",
            r#"{"monday":[{"start":"09:00","end":"17:00"}]}"#,
        );
        assert_eq!(
            nine.next_opening(at("2026-03-28T12:00:00Z")),
            Some(at("2026-03-30T07:00:00Z"))
        );
        assert_eq!(
            nine.next_opening(at("2026-03-21T12:00:00Z")),
            Some(at("2026-03-23T08:00:00Z"))
        );
    }

    #[test]
    fn a_shift_inside_the_gap_waits_a_week() {
        let gap = schedule(
            "Europe/Vienna",
            r#"{"sunday":[{"start":"02:15","end":"02:45"}]}"#,
        );
        assert_eq!(
            gap.next_opening(at("2026-03-29T00:00:00Z")),
            Some(at("2026-04-05T00:15:00Z"))
        );
    }

    #[test]
    fn the_repeated_hour_is_open_twice() {
        let fold = schedule(
            "Europe/Vienna",
            r#"{"sunday":[{"start":"02:00","end":"02:30"}]}"#,
        );
        assert!(fold.is_open(at("2026-10-25T00:10:00Z")));
        assert!(!fold.is_open(at("2026-10-25T00:40:00Z")));
        assert_eq!(
            fold.next_opening(at("2026-10-25T00:40:00Z")),
            Some(at("2026-10-25T01:00:00Z"))
        );
    }

    #[test]
    fn a_skipped_day_does_not_hide_the_next_opening() {
        // Apia had no 2011-12-30, a Friday.
        let friday = schedule(
            "Pacific/Apia",
            r#"{"friday":[{"start":"09:00","end":"17:00"}]}"#,
        );
        let next = friday.next_opening(at("2011-12-25T00:00:00Z"));
        assert_eq!(next, Some(at("2012-01-05T19:00:00Z")));
    }
}
