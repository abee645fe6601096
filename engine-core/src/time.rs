use alloc::string::String;
use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::calendar::Date;

/// An instant: whole milliseconds since 1970-01-01T00:00:00Z, within the years 1 to 9998.
///
/// In JSON it is an RFC 3339 text. It is read with any offset and any precision (cut to
/// milliseconds) and written the way JavaScript's `toISOString` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);

    /// The last instant there is.
    pub const LAST: Self = Self(MAX);

    /// `milliseconds` since the Unix epoch; `None` outside the years 1 to 9998.
    #[must_use]
    pub const fn from_millisecond(milliseconds: i64) -> Option<Self> {
        if milliseconds < MIN || milliseconds > MAX {
            None
        } else {
            Some(Self(milliseconds))
        }
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn as_millisecond(self) -> i64 {
        self.0
    }

    /// Reads an RFC 3339 text such as `2026-11-23T09:00:00Z`; `None` if it is not one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut text = Digits(text.as_bytes());
        let year = text.number(4, 9_999)?;
        text.one_of(b"-")?;
        let month = text.number(2, 12)?;
        text.one_of(b"-")?;
        let day = text.number(2, 31)?;
        text.one_of(b"Tt")?;
        let hour = text.number(2, 23)?;
        text.one_of(b":")?;
        let minute = text.number(2, 59)?;
        text.one_of(b":")?;
        // A leap second counts as the one before it.
        let second = text.number(2, 60)?.min(59);
        let millisecond = match text.one_of(b".") {
            Some(_) => text.fraction()?,
            None => 0,
        };
        let ahead = match text.one_of(b"Zz+-")? {
            sign @ (b'+' | b'-') => {
                let hours = text.number(2, 25)?;
                text.one_of(b":")?;
                let ahead = hours * 60 + text.number(2, 59)?;
                if sign == b'+' { ahead } else { -ahead }
            }
            _ => 0,
        };
        let date = Date { year, month, day };
        let since_1970 = date.to_day();
        // Of a date that there is not, 30 February say, the calendar makes another one.
        if !text.0.is_empty() || Date::of_day(since_1970) != date {
            return None;
        }
        let minutes = i64::from(since_1970) * DAY_MINUTES + i64::from(hour * 60 + minute - ahead);
        Self::from_millisecond(minutes * MINUTE + i64::from(second * 1_000 + millisecond))
    }

    /// This instant moved by `milliseconds`, held within the years 1 to 9998.
    #[must_use]
    pub const fn saturating_add(self, milliseconds: i64) -> Self {
        let moved = self.0.saturating_add(milliseconds);
        Self(if moved < MIN {
            MIN
        } else if moved > MAX {
            MAX
        } else {
            moved
        })
    }

    /// Milliseconds from `earlier` to this instant; negative if `earlier` is the later one.
    #[must_use]
    pub const fn since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }

    /// As JavaScript's `toISOString` writes it.
    fn text(self) -> [u8; 24] {
        // In 32 bits, as long as it fits: see `calendar.rs`.
        let small = |number: i64| i32::try_from(number).unwrap_or(0);
        let (day, time) = (small(self.0.div_euclid(DAY)), small(self.0.rem_euclid(DAY)));
        let Date { year, month, day } = Date::of_day(day);
        let (minute, millisecond) = (time / 60_000, time % 60_000);
        let date = (year * 100 + month) * 100 + day;
        let clock = minute / 60 * 100 + minute % 60;
        let mut digits = i64::from(date) * 1_000_000_000 + i64::from(clock) * 100_000;
        digits += i64::from(millisecond);
        let mut text = *b"0000-00-00T00:00:00.000Z";
        for digit in text.iter_mut().rev().filter(|byte| **byte == b'0') {
            *digit += (digits % 10) as u8;
            digits /= 10;
        }
        text
    }
}

/// The rest of a text that is read from its beginning.
struct Digits<'a>(&'a [u8]);

impl Digits<'_> {
    /// A number of so many digits, up to `max`.
    fn number(&mut self, digits: usize, max: i32) -> Option<i32> {
        let (text, rest) = self.0.split_at_checked(digits)?;
        self.0 = rest;
        let number = text.iter().try_fold(0, |number, byte| match byte {
            b'0'..=b'9' => Some(number * 10 + i32::from(byte - b'0')),
            _ => None,
        });
        number.filter(|number| *number <= max)
    }

    /// Whole milliseconds of a fraction of a second, of 1 to 9 digits.
    fn fraction(&mut self) -> Option<i32> {
        let digits = self.0.iter().take_while(|byte| byte.is_ascii_digit());
        let digits = digits.take(10).count();
        let unit = match digits {
            1 => 100,
            2 => 10,
            3..=9 => 1,
            _ => return None,
        };
        let thousandths = self.number(digits.min(3), 999)?;
        self.number(digits.saturating_sub(3), i32::MAX)?;
        Some(thousandths * unit)
    }

    fn one_of(&mut self, bytes: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        if bytes.contains(first) {
            self.0 = rest;
            return Some(*first);
        }
        None
    }
}

/// `0001-01-01T00:00:00Z`
const MIN: i64 = -62_135_596_800_000;
/// `9998-12-31T23:59:59.999Z`: local time still has a year of four digits.
const MAX: i64 = 253_370_764_799_999;

pub(crate) const MINUTE: i64 = 60_000;
pub(crate) const DAY: i64 = DAY_MINUTES * MINUTE;
const DAY_MINUTES: i64 = 24 * 60;

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(core::str::from_utf8(&self.text()).unwrap_or_default())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(core::str::from_utf8(&self.text()).unwrap_or_default())
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            serde::de::Error::custom("this is no instant: write it like `2026-11-23T09:00:00Z`")
        })
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Timestamp {
    fn schema_name() -> alloc::borrow::Cow<'static, str> {
        "Timestamp".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date-time" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use proptest::prelude::*;

    #[test]
    fn is_written_as_javascript_does() {
        let written = |text: &str| Timestamp::parse(text).unwrap().to_string();
        assert_eq!(written("2026-11-23T09:00:00Z"), "2026-11-23T09:00:00.000Z");
        assert_eq!(
            written("2026-11-23T10:00:00.5+01:00"),
            "2026-11-23T09:00:00.500Z"
        );
        assert_eq!(
            written("1969-12-31T23:59:59.9999Z"),
            "1969-12-31T23:59:59.999Z"
        );
    }

    #[test]
    fn refuses_what_names_no_instant() {
        for text in [
            "",
            "yesterday",
            "2026-11-23",
            "2026-11-23T09:00:00",
            "2026-13-01T00:00:00Z",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
        assert_eq!(Timestamp::from_millisecond(i64::MAX), None);
        assert_eq!(Timestamp::from_millisecond(MIN - 1), None);
        assert_eq!(Timestamp::from_millisecond(MAX + 1), None);
    }

    #[test]
    fn both_ends_are_written_and_read() {
        for end in [MIN, MAX] {
            let end = Timestamp::from_millisecond(end).unwrap();
            assert_eq!(Timestamp::parse(&end.to_string()), Some(end));
        }
    }

    /// Milliseconds of a text of the right shape, as jiff reads it.
    fn read_by_jiff(text: &str) -> Option<i64> {
        let parsed: jiff::Timestamp = text.parse().ok()?;
        let millisecond = parsed.as_nanosecond().div_euclid(1_000_000);
        let millisecond = i64::try_from(millisecond).unwrap();
        (MIN..=MAX).contains(&millisecond).then_some(millisecond)
    }

    fn assert_reads_as_jiff(text: &str) {
        let read = Timestamp::parse(text).map(Timestamp::as_millisecond);
        assert_eq!(read, read_by_jiff(text), "{text}");
    }

    #[test]
    fn reads_as_jiff_does_what_is_at_the_edge() {
        for text in [
            "0000-12-31T23:59:59.999Z",
            "0000-12-31T23:00:00-01:00",
            "0001-01-01T00:00:00+00:01",
            "9998-12-31T23:59:59.999999999Z",
            "9999-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59+25:59",
            "2026-02-29T00:00:00Z",
            "2028-02-29T00:00:00Z",
            "2100-02-29T00:00:00Z",
            "2000-02-29T00:00:00Z",
            "2026-00-10T00:00:00Z",
            "2026-01-00T00:00:00Z",
            "2026-04-31T00:00:00Z",
            "2016-12-31T23:59:60Z",
            "2016-12-31t23:59:60.5z",
            "2016-12-31T23:59:61Z",
            "2016-12-31T24:00:00Z",
            "2026-11-23T09:00:00-00:00",
            "2026-11-23T09:00:00+25:59",
            "2026-11-23T09:00:00+26:00",
            "2026-11-23T09:00:00+00:60",
            "1969-12-31T23:59:59.9999Z",
            "2026-11-23T09:00:00.123456789Z",
        ] {
            assert_reads_as_jiff(text);
        }
    }

    #[test]
    fn refuses_shapes_that_other_readers_would() {
        for text in [
            "2026-11-23T09:00:00.Z",
            "2026-11-23T09:00:00.1234567890Z",
            "2026-11-23T09:00:00.99999999999999999999Z",
            "2026-11-23T09:00:00,5Z",
            "2026-11-23 09:00:00Z",
            "2026-11-23T09:00Z",
            "2026-11-23T09:00:00+01",
            "2026-11-23T09:00:00+0100",
            "2026-11-23T09:00:00+01:00:00",
            "2026-11-23T09:00:00+01:00[Europe/Vienna]",
            "2026-11-23T09:00:00Z ",
            " 2026-11-23T09:00:00Z",
            "+002026-11-23T09:00:00Z",
            "20261123T090000Z",
            "2026-11-23T09:00:00\u{2212}01:00",
            "\u{661}026-11-23T09:00:00Z",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn is_written_as_jiff_writes_it(millisecond in MIN..=MAX) {
            let instant = Timestamp::from_millisecond(millisecond).unwrap();
            let jiff = jiff::Timestamp::from_millisecond(millisecond).unwrap();
            prop_assert_eq!(instant.to_string(), std::format!("{jiff:.3}"));
            prop_assert_eq!(Timestamp::parse(&instant.to_string()), Some(instant));
        }

        #[test]
        fn reads_as_jiff_does(
            text in "[0-9]{4}-[01][0-9]-[0-3][0-9][Tt][0-2][0-9]:[0-6][0-9]:[0-6][0-9]\\
                (\\.[0-9]{1,9})?([Zz]|[+-][0-3][0-9]:[0-6][0-9])",
        ) {
            assert_reads_as_jiff(&text);
        }
    }
}
