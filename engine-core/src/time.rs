use alloc::string::{String, ToString};
use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

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
        if !is_rfc_3339(text) {
            return None;
        }
        let parsed: jiff::Timestamp = text.parse().ok()?;
        // `as_millisecond` cuts towards zero; an instant before 1970 is cut towards the past too.
        let nanoseconds = parsed.as_nanosecond();
        i64::try_from(nanoseconds.div_euclid(1_000_000))
            .ok()
            .and_then(Self::from_millisecond)
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

    pub(crate) fn to_jiff(self) -> jiff::Timestamp {
        // In range by construction; the epoch stands in for what cannot happen.
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }

    pub(crate) fn from_jiff(instant: jiff::Timestamp) -> Self {
        Self(0).saturating_add(instant.as_millisecond())
    }
}

/// Has it the shape `2026-11-23T09:00:00.123Z` or `…+01:00`? The parser takes other shapes too,
/// which other readers of the same text would not.
fn is_rfc_3339(text: &str) -> bool {
    let shaped = |text: &[u8], shape: &[u8]| {
        text.len() == shape.len()
            && text.iter().zip(shape).all(|(byte, shape)| match shape {
                b'0' => byte.is_ascii_digit(),
                b'+' => matches!(byte, b'+' | b'-'),
                shape => byte.eq_ignore_ascii_case(shape),
            })
    };
    let Some((second, rest)) = text.as_bytes().split_at_checked(19) else {
        return false;
    };
    let digits = match rest.strip_prefix(b".") {
        Some(rest) => rest.iter().take_while(|byte| byte.is_ascii_digit()).count(),
        None => 0,
    };
    let zone = rest
        .get(if digits > 0 { digits + 1 } else { 0 }..)
        .unwrap_or_default();
    digits <= 9
        && shaped(second, b"0000-00-00T00:00:00")
        && (shaped(zone, b"Z") || shaped(zone, b"+00:00"))
}

/// `0001-01-01T00:00:00Z`
const MIN: i64 = -62_135_596_800_000;
/// `9998-12-31T23:59:59.999Z`: a year short of jiff's end, so that local time stays in range.
const MAX: i64 = 253_370_764_799_999;

pub(crate) const MINUTE: i64 = 60_000;
pub(crate) const DAY: i64 = 24 * 60 * MINUTE;

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.to_jiff())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_string())
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
    fn both_ends_convert_to_local_time_anywhere() {
        for end in [MIN, MAX] {
            let end = Timestamp::from_millisecond(end).unwrap();
            assert_eq!(Timestamp::from_jiff(end.to_jiff()), end);
            assert_eq!(Timestamp::parse(&end.to_string()), Some(end));
        }
    }
}
