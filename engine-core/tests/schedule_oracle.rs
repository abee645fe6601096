//! Opening hours against a walk minute by minute, for every time zone of the bundled database
//! around each of its changes of offset from 2020 to 2030.
//!
//! The walk shares nothing with the implementation but the list of changes: it adds the offset of
//! the last change to UTC minutes, and looks the minute up in the shifts as they are written.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop where it goes wrong"
)]

use std::collections::BTreeMap;
use std::thread;

use assignment_engine_core::{Days, Schedule, ScheduleConfig, Shift, TimeOfDay, Timestamp};
use jiff::tz::{TimeZone, TimeZoneDatabase};

const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;

/// How far before and after a change every minute is looked at.
const AROUND: i64 = 36 * HOUR;
/// How far the walk goes to find an opening: a week's pattern, and a change that hides it once.
const BEYOND: i64 = 16 * DAY;

/// Offsets over time, as minutes: the second of a pair holds from the first on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Offsets(Vec<(i64, i64)>);

#[derive(Debug, Clone, Copy)]
struct Change {
    at: i64,
    before: i64,
    after: i64,
}

impl Offsets {
    fn of(zone: &TimeZone) -> Self {
        let minutes = |seconds: i64| {
            assert_eq!(seconds % 60, 0, "a change within a minute");
            seconds / 60
        };
        let start: jiff::Timestamp = "2019-11-01T00:00:00Z".parse().unwrap();
        let end: jiff::Timestamp = "2031-03-01T00:00:00Z".parse().unwrap();
        let mut offsets = vec![(i64::MIN, minutes(zone.to_offset(start).seconds().into()))];
        let changes = zone.following(start);
        for change in changes.take_while(|change| change.timestamp() < end) {
            let offset = minutes(change.offset().seconds().into());
            // Some changes are of the name alone.
            if offset != offsets[offsets.len() - 1].1 {
                offsets.push((minutes(change.timestamp().as_second()), offset));
            }
        }
        Self(offsets)
    }

    fn changes(&self) -> impl Iterator<Item = Change> + '_ {
        let years = minute("2020-01-01T00:00:00Z")..minute("2031-01-01T00:00:00Z");
        let changes = self.0.windows(2).map(|pair| Change {
            at: pair[1].0,
            before: pair[0].1,
            after: pair[1].1,
        });
        changes.filter(move |change| years.contains(&change.at))
    }

    /// The place of the offset in force.
    fn at(&self, minute: i64) -> usize {
        self.0.partition_point(|(since, _)| *since <= minute) - 1
    }
}

fn minute(text: &str) -> i64 {
    Timestamp::parse(text).unwrap().as_millisecond() / 60_000
}

fn instant(minute: i64) -> Timestamp {
    Timestamp::from_millisecond(minute * 60_000).unwrap()
}

/// Shifts of a week, start and end in minutes of the day, by the day from Monday on.
type Shifts = [Vec<(i64, i64)>; 7];

/// The weekday of a day since 1970-01-01, a Thursday; Monday is 0.
fn weekday(day: i64) -> usize {
    usize::try_from((day + 3).rem_euclid(7)).unwrap()
}

/// Is the local minute inside a shift?
fn is_open(shifts: &Shifts, local: i64) -> bool {
    let (day, minute) = (local.div_euclid(DAY), local.rem_euclid(DAY));
    let today = shifts[weekday(day)].iter().any(|&(start, end)| {
        let overnight = end <= start;
        minute >= start && (overnight || minute < end)
    });
    let since_yesterday = shifts[weekday(day - 1)]
        .iter()
        .any(|&(start, end)| end <= start && minute < end);
    today || since_yesterday
}

fn compile(zone: &str, shifts: &Shifts) -> Schedule {
    let time = |minutes: i64| {
        let [hour, minute] = [minutes / HOUR, minutes % HOUR].map(|n| u8::try_from(n).unwrap());
        TimeOfDay::new(hour, minute).unwrap()
    };
    let [
        monday,
        tuesday,
        wednesday,
        thursday,
        friday,
        saturday,
        sunday,
    ] = shifts.each_ref().map(|day| {
        let shifts = day.iter().map(|&(start, end)| Shift {
            start: time(start),
            end: time(end),
        });
        shifts.collect()
    });
    let config = ScheduleConfig {
        enabled: true,
        timezone: Some(zone.to_owned()),
        days: Days {
            monday,
            tuesday,
            wednesday,
            thursday,
            friday,
            saturday,
            sunday,
        },
        ..ScheduleConfig::default()
    };
    Schedule::new(&config).unwrap()
}

/// Schedules that a change can trip up.
fn schedules(change: Change) -> Vec<(&'static str, Shifts)> {
    let (before, after) = (change.at + change.before, change.at + change.after);
    let on = |local: i64, shift: (i64, i64)| {
        let mut shifts = Shifts::default();
        shifts[weekday(local.div_euclid(DAY))] = vec![shift];
        shifts
    };
    let every = |shifts: &[(i64, i64)]| -> Shifts { std::array::from_fn(|_| shifts.to_vec()) };
    let mut office = every(&[(9 * HOUR, 17 * HOUR)]);
    (office[5], office[6]) = (Vec::new(), Vec::new());
    let split = [
        (0, 2 * HOUR + 30),
        (3 * HOUR + 15, 12 * HOUR),
        (13 * HOUR, DAY),
    ];
    let clock = after.rem_euclid(DAY);
    let mut schedules = vec![
        ("day shift", office),
        ("every night", every(&[(22 * HOUR, 6 * HOUR)])),
        ("split", every(&split)),
        (
            "the night over the change",
            on(before - DAY / 2, (21 * HOUR + 30, 5 * HOUR)),
        ),
        ("until 24:00 on the day", on(before, (12 * HOUR, DAY))),
        ("a full day from the change on", on(after, (clock, clock))),
    ];
    // Inside what is skipped, or what comes twice.
    let (first, last) = (before.min(after), before.max(after));
    let quarter = (last - first) / 4;
    let (start, end) = (first + quarter, last - quarter);
    if start.div_euclid(DAY) == end.div_euclid(DAY) && start < end {
        let shift = (start.rem_euclid(DAY), end.rem_euclid(DAY));
        schedules.push(("inside the gap or the fold", on(start, shift)));
    }
    schedules
}

/// Walks around an instant, and compares every minute; how many those were.
fn compare(zone: &str, offsets: &Offsets, middle: i64, (name, shifts): &(&str, Shifts)) -> u64 {
    let schedule = compile(zone, shifts);
    let (from, to) = (middle - AROUND, middle + AROUND);
    let mut at = offsets.at(from);
    let open: Vec<bool> = (from..to + BEYOND)
        .map(|minute| {
            let next = offsets.0.get(at + 1);
            if next.is_some_and(|(since, _)| *since <= minute) {
                at += 1;
            }
            is_open(shifts, minute + offsets.0[at].1)
        })
        .collect();
    let (mut next, mut compared) = (None, 0);
    for (minute, open) in (from..to + BEYOND).rev().zip(open.into_iter().rev()) {
        if open {
            next = Some(minute);
        }
        if minute >= to {
            continue;
        }
        let now = instant(minute);
        let what = || format!("{zone}, {name}, change at {}, now {now}", instant(middle));
        assert_eq!(schedule.is_open(now), open, "open? {}", what());
        let opening = schedule.next_opening(now);
        assert_eq!(opening, next.map(instant), "next opening? {}", what());
        if (minute - middle).abs() <= HOUR {
            // Within a minute nothing changes; who is open is open from that very instant.
            let later = now.saturating_add(59_999);
            let expected = if open { Some(later) } else { opening };
            assert_eq!(schedule.is_open(later), open, "open? {}, later", what());
            let opening = schedule.next_opening(later);
            assert_eq!(opening, expected, "next opening? {}, later", what());
        }
        compared += 1;
    }
    compared
}

/// Every zone of the database, those that keep the same time in these years together.
fn zones() -> Vec<(Offsets, Vec<String>)> {
    let mut zones: BTreeMap<Offsets, Vec<String>> = BTreeMap::new();
    let database = TimeZoneDatabase::bundled();
    for name in database.available() {
        let offsets = Offsets::of(&database.get(name.as_str()).unwrap());
        zones.entry(offsets).or_default().push(name.to_string());
    }
    zones.into_iter().collect()
}

#[test]
fn open_and_next_opening_agree_with_a_walk_around_every_change() {
    let zones = zones();
    let names: usize = zones.iter().map(|(_, names)| names.len()).sum();
    assert!(names > 500, "the database has only {names} zones");
    let workers = thread::available_parallelism().map_or(1, |cores| cores.get().min(8));
    let walk = |worker: usize| {
        let (mut changes, mut minutes) = (0, 0);
        for (offsets, names) in zones.iter().skip(worker).step_by(workers) {
            for change in offsets.changes() {
                changes += 1;
                for schedule in schedules(change) {
                    minutes += compare(&names[0], offsets, change.at, &schedule);
                }
            }
        }
        (changes, minutes)
    };
    let (changes, minutes) = thread::scope(|scope| {
        let walks: Vec<_> = (0..workers)
            .map(|worker| scope.spawn(move || walk(worker)))
            .collect();
        let walks = walks.into_iter().map(|walk| walk.join().unwrap());
        walks.fold((0, 0), |sum, walk| (sum.0 + walk.0, sum.1 + walk.1))
    });
    println!(
        "{names} zones, {} that differ, {changes} changes, {minutes} minutes",
        zones.len()
    );
    assert!(changes >= 800, "only {changes} changes");
}

/// Also where nobody moves the clock, and under each of a zone's names.
#[test]
fn every_name_of_a_zone_keeps_its_time() {
    let mut office = Shifts::default();
    office[0] = vec![(9 * HOUR, 17 * HOUR)];
    let middle = minute("2026-11-22T12:00:00Z");
    for (offsets, names) in zones() {
        for name in &names {
            compare(name, &offsets, middle, &("Monday", office.clone()));
        }
    }
}
