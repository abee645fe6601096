use alloc::vec::Vec;

use super::config::Days;

/// Minutes in a week; minute 0 is Monday 00:00.
pub(crate) const WEEK_MINUTES: u16 = 7 * DAY_MINUTES;
const DAY_MINUTES: u16 = 1_440;

/// When a week is open, as half-open spans of minutes: in order, apart, within the week. A shift
/// over Sunday midnight is two spans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Week {
    spans: Vec<Span>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    start: u16,
    end: u16,
}

impl Week {
    pub(crate) fn new(days: &Days) -> Self {
        let mut spans = Vec::new();
        let mut midnight = 0;
        for (_, shifts) in days.each() {
            for shift in shifts {
                let start = midnight + shift.start.minutes();
                let end = start + shift.minutes();
                put(&mut spans, start, end.min(WEEK_MINUTES));
                if end > WEEK_MINUTES {
                    put(&mut spans, 0, end - WEEK_MINUTES);
                }
            }
            midnight += DAY_MINUTES;
        }
        let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
        for span in spans {
            match merged.last_mut() {
                Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
                _ => merged.push(span),
            }
        }
        Self { spans: merged }
    }

    /// Is `minute` (0 to 10,079) inside a shift?
    pub(crate) fn contains(&self, minute: u16) -> bool {
        self.minutes_until_closed(minute).is_some()
    }

    /// Minutes from `minute` to the end of the span it is in, at least 1; `None` if it is in none.
    /// The next span may follow at once, where the week begins anew.
    pub(crate) fn minutes_until_closed(&self, minute: u16) -> Option<u16> {
        let after = self.spans.partition_point(|span| span.start <= minute);
        let span = self.spans.get(after.checked_sub(1)?)?;
        span.end.checked_sub(minute).filter(|left| *left > 0)
    }

    /// Minutes from `minute` to the first open one: 0 if it is open itself, `None` if none is.
    pub(crate) fn minutes_until_open(&self, minute: u16) -> Option<u16> {
        if self.contains(minute) {
            return Some(0);
        }
        let after = self.spans.partition_point(|span| span.start <= minute);
        match self.spans.get(after) {
            Some(next) => Some(next.start - minute),
            None => self
                .spans
                .first()
                .map(|first| first.start + WEEK_MINUTES - minute),
        }
    }
}

/// Puts a span in its place among others. There are few, and most come in order.
fn put(spans: &mut Vec<Span>, start: u16, end: u16) {
    let at = spans.partition_point(|span| (span.start, span.end) <= (start, end));
    spans.insert(at, Span { start, end });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn week(json: &str) -> Week {
        Week::new(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn start_is_included_and_end_is_not() {
        let week = week(r#"{"monday":[{"start":"09:00","end":"17:00"}]}"#);
        assert!(!week.contains(9 * 60 - 1));
        assert!(week.contains(9 * 60));
        assert!(week.contains(17 * 60 - 1));
        assert!(!week.contains(17 * 60));
    }

    #[test]
    fn sunday_night_runs_into_monday() {
        let week = week(r#"{"sunday":[{"start":"22:00","end":"06:00"}]}"#);
        assert!(week.contains(0) && week.contains(6 * 60 - 1) && !week.contains(6 * 60));
        assert!(week.contains(WEEK_MINUTES - 1) && !week.contains(WEEK_MINUTES - 121));
        assert_eq!(
            week.minutes_until_open(6 * 60),
            Some(WEEK_MINUTES - 120 - 360)
        );
    }

    #[test]
    fn both_midnights_end_the_day_and_equal_ends_make_a_full_one() {
        let until = |end: &str| {
            week(&alloc::format!(
                r#"{{"tuesday":[{{"start":"12:00","end":"{end}"}}]}}"#
            ))
        };
        assert_eq!(until("24:00"), until("00:00"));
        assert_eq!(
            until("12:00").spans,
            [Span {
                start: 1440 + 720,
                end: 2880 + 720
            }]
        );
    }

    #[test]
    fn overlapping_and_touching_shifts_are_one() {
        let week = week(
            r#"{"monday":[{"start":"12:00","end":"14:00"},{"start":"09:00","end":"12:00"},
                {"start":"13:00","end":"13:30"}]}"#,
        );
        assert_eq!(
            week.spans,
            [Span {
                start: 540,
                end: 840
            }]
        );
    }

    #[test]
    fn an_empty_week_never_opens() {
        assert_eq!(week("{}").minutes_until_open(0), None);
    }
}
