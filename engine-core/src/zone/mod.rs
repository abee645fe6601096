//! Time zones: from an instant to the offset of its local time, and to the next change of that.
//!
//! All of them are in the module itself, in the form in which `build.rs` packs the database that jiff
//! brings; jiff answers the same, and the tests hold it against this on both sides of every change.

mod packed;
mod rule;

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::time::{DAY, Timestamp};
use packed::Packed;
use rule::Rule;

/// A time zone of the bundled database.
#[derive(Debug, Clone)]
pub(crate) struct Zone {
    recent: Changes,
    /// What holds from the last change on.
    rule: Rule,
    early: Packed,
}

/// A zone's changes of offset over a stretch of time, in order.
#[derive(Debug, Clone)]
struct Changes {
    /// The offset before the first one: milliseconds that local time is ahead of UTC.
    first: i64,
    list: Vec<Change>,
}

/// A change of a zone's offset.
#[derive(Debug, Clone, Copy)]
struct Change {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    at: i64,
    /// The offset from then on.
    offset: i64,
}

/// A time in which a zone's offset stays the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Period {
    offset: i64,
    /// Its end, excluded, in milliseconds since 1970; `None` if it has none.
    until: Option<i64>,
}

/// Why a schedule has no usable time zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ZoneError {
    /// No name, or only blanks.
    #[error("the schedule has no time zone")]
    Missing,
    /// Not in the bundled database.
    #[error("the time zone `{}` is unknown", .name.escape_debug())]
    Unknown {
        /// The name as it was given.
        name: String,
    },
}

impl Zone {
    pub(crate) const UTC: Self = Self {
        recent: Changes {
            first: 0,
            list: Vec::new(),
        },
        rule: Rule::UTC,
        early: Packed::NONE,
    };

    /// Names are matched without regard to ASCII case, blanks around them are ignored.
    pub(crate) fn named(name: Option<&str>) -> Result<Self, ZoneError> {
        let name = name
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .ok_or(ZoneError::Missing)?;
        packed::zone(name).ok_or_else(|| ZoneError::Unknown {
            name: name.to_string(),
        })
    }

    /// Milliseconds that local time is ahead of UTC at an instant, and the first instant after it at
    /// which that changes.
    pub(crate) fn offset(&self, at: Timestamp) -> (i64, Option<Timestamp>) {
        let period = self.period(at.as_millisecond());
        let until = period.until.map(instant).filter(|until| *until > at);
        (period.offset, until)
    }

    /// The first instant of the local day that `day` makes of that of `now`, days being counted from
    /// 1970-01-01.
    pub(crate) fn start_of_day(&self, now: Timestamp, day: impl FnOnce(i32) -> i32) -> Timestamp {
        let local = now.as_millisecond() + self.period(now.as_millisecond()).offset;
        // Within the years 0 to 9999.
        let today = i32::try_from(local.div_euclid(DAY)).unwrap_or(0);
        self.at_midnight(i64::from(day(today)) * DAY)
    }

    /// The instant at which local clocks show the midnight that is so many milliseconds after that of
    /// 1970-01-01. One that is skipped counts from the end of the gap, one that comes twice from its
    /// first coming: in both cases the clock before the change tells it.
    fn at_midnight(&self, local: i64) -> Timestamp {
        let mut period = self.period(local - FURTHEST);
        while let Some(change) = period.until {
            let next = self.period(change);
            if local < change + period.offset.max(next.offset) {
                break;
            }
            period = next;
        }
        instant(local - period.offset)
    }

    fn period(&self, at: i64) -> Period {
        if at >= RECENT {
            return self.recent.period(at, &self.rule);
        }
        // Nobody decides in the past: what only that needs is unpacked when it is asked for.
        let mut changes = self.early.clone().changes().unwrap_or(Changes {
            first: self.recent.first,
            list: Vec::new(),
        });
        changes.list.extend(&self.recent.list);
        changes.period(at, &self.rule)
    }
}

impl Changes {
    fn period(&self, at: i64, rule: &Rule) -> Period {
        let next = self.list.partition_point(|change| change.at <= at);
        let Some(change) = self.list.get(next) else {
            return rule.at(at);
        };
        let last = next.checked_sub(1).and_then(|last| self.list.get(last));
        Period {
            offset: last.map_or(self.first, |last| last.offset),
            until: Some(change.at),
        }
    }
}

fn instant(millisecond: i64) -> Timestamp {
    Timestamp::EPOCH.saturating_add(millisecond)
}

/// 2000-01-01T00:00:00Z, from where on changes are at hand. `build.rs` knows it too.
const RECENT: i64 = 946_684_800_000;
/// No clock is further from UTC.
const FURTHEST: i64 = DAY + DAY / 12;

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use jiff::tz::{TimeZone, TimeZoneDatabase};

    #[test]
    fn zones_are_named_or_refused() {
        assert_eq!(Zone::named(None).unwrap_err(), ZoneError::Missing);
        assert_eq!(Zone::named(Some(" ")).unwrap_err(), ZoneError::Missing);
        for name in [
            "Mars/Phobos",
            "+04:30",
            "Etc/Unknown",
            "local",
            "EST5EDT4,M3.2.0,M11.1.0",
        ] {
            assert!(
                matches!(Zone::named(Some(name)), Err(ZoneError::Unknown { .. })),
                "{name}"
            );
        }
        for name in ["UTC", "Europe/Kyiv", "Europe/Kiev", "america/new_york"] {
            assert!(Zone::named(Some(name)).is_ok(), "{name}");
        }
    }

    /// What jiff says: the offset at the beginning, and each change of it before `end`, in milliseconds.
    fn changes_of_jiff(zone: &TimeZone, start: i64, end: i64) -> (i64, Vec<(i64, i64)>) {
        let start = jiff::Timestamp::from_millisecond(start).unwrap();
        let first = i64::from(zone.to_offset(start).seconds()) * 1_000;
        let (mut offset, mut changes) = (first, Vec::new());
        for change in zone.following(start) {
            let at = change.timestamp().as_millisecond();
            if at >= end {
                break;
            }
            // Some changes are of the name alone.
            let changed = i64::from(change.offset().seconds()) * 1_000;
            if changed != offset {
                offset = changed;
                changes.push((at, offset));
            }
        }
        (first, changes)
    }

    fn changes(zone: &Zone, start: i64, end: i64) -> (i64, Vec<(i64, i64)>) {
        let first = zone.period(start);
        let (mut next, mut changes) = (first.until, Vec::<(i64, i64)>::new());
        while let Some(at) = next.filter(|at| *at < end) {
            let period = zone.period(at);
            assert_eq!(zone.period(at - 1).until, Some(at));
            // One change marks the beginning of the rule, and no more.
            if changes.last().map_or(first.offset, |(_, offset)| *offset) != period.offset {
                changes.push((at, period.offset));
            }
            next = period.until;
        }
        (first.offset, changes)
    }

    /// 1 January of the year, in milliseconds since 1970.
    fn year(year: i32) -> i64 {
        let (month, day) = (1, 1);
        i64::from(crate::calendar::Date { year, month, day }.to_day()) * DAY
    }

    fn each() -> Vec<(String, Zone, TimeZone)> {
        let database = TimeZoneDatabase::bundled();
        let names = database.available().map(|name| name.to_string());
        let zone = |name: String| {
            let zone = Zone::named(Some(&name)).unwrap();
            let jiff = database.get(&name).unwrap();
            (name, zone, jiff)
        };
        names.map(zone).collect()
    }

    #[test]
    fn every_zone_changes_when_jiff_says_so() {
        let mut rules = Vec::new();
        for (name, zone, jiff) in each() {
            // The last change that is not by rule is far before this; from then on the calendar
            // repeats every 400 years.
            let (start, end) = (year(1), year(2_150));
            assert!(
                zone.recent
                    .list
                    .iter()
                    .all(|change| change.at < year(2_100))
            );
            let of_jiff = changes_of_jiff(&jiff, start, end);
            assert!(changes(&zone, start, end) == of_jiff, "{name}");
            if !rules.contains(&zone.rule) {
                rules.push(zone.rule);
                let (start, end) = (year(2_150), year(2_560));
                let of_jiff = changes_of_jiff(&jiff, start, end);
                assert!(changes(&zone, start, end) == of_jiff, "{name}");
            }
        }
        assert!(rules.len() > 50, "{}", rules.len());
    }

    #[test]
    fn every_day_begins_when_jiff_says_so() {
        for (name, zone, jiff) in each() {
            let (_, changes) = changes(&zone, year(1_800), year(2_100));
            for (change, _) in changes {
                for hours in (-50..=50).step_by(5) {
                    let now = instant(change + hours * DAY / 24);
                    let at = jiff::Timestamp::from_millisecond(now.as_millisecond()).unwrap();
                    let today = jiff.to_datetime(at).date();
                    let midnight = today.to_datetime(jiff::civil::Time::midnight());
                    let begins = jiff.to_ambiguous_timestamp(midnight).compatible().unwrap();
                    let start = zone.start_of_day(now, |today| today);
                    assert_eq!(
                        start.as_millisecond(),
                        begins.as_millisecond(),
                        "{name} {now}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_ends_of_time_are_in_a_zone_too() {
        for end in [Timestamp::LAST, instant(i64::MIN)] {
            for (name, zone, jiff) in each() {
                let at = jiff::Timestamp::from_millisecond(end.as_millisecond()).unwrap();
                let offset = i64::from(jiff.to_offset(at).seconds()) * 1_000;
                let (found, until) = zone.offset(end);
                assert_eq!(found, offset, "{name}");
                assert!(until.is_none_or(|until| until > end), "{name}");
            }
        }
    }
}
