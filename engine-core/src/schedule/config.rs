use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::limits::{MAX_MESSAGE_BYTES, MAX_NAME_BYTES, MAX_SHIFTS_PER_DAY};
use crate::text::{bounded_list, bounded_text};

/// A team's opening hours as a host stores them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ScheduleConfig {
    /// A schedule that is not enabled is as good as none: the team is always open.
    pub enabled: bool,
    /// IANA name such as `Europe/Vienna`. Missing, blank or unknown: the team is closed.
    #[serde(default, deserialize_with = "bounded_text::<_, MAX_NAME_BYTES>")]
    pub timezone: Option<String>,
    /// The shifts of each day of the week, in local time.
    #[serde(default)]
    pub days: Days,
    /// What a contact is told while the team is closed for longer than a day.
    #[serde(default, deserialize_with = "bounded_text::<_, MAX_MESSAGE_BYTES>")]
    pub out_of_office_message: Option<String>,
    /// Address of a picture to go with that message.
    #[serde(default, deserialize_with = "bounded_text::<_, MAX_MESSAGE_BYTES>")]
    pub out_of_office_image: Option<String>,
}

/// Shifts by day of the week. A day that is not named has none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[expect(missing_docs, reason = "the field names say it")]
pub struct Days {
    #[serde(deserialize_with = "shifts", skip_serializing_if = "Vec::is_empty")]
    pub monday: Vec<Shift>,
    #[serde(deserialize_with = "shifts", skip_serializing_if = "Vec::is_empty")]
    pub tuesday: Vec<Shift>,
    #[serde(deserialize_with = "shifts", skip_serializing_if = "Vec::is_empty")]
    pub wednesday: Vec<Shift>,
    #[serde(deserialize_with = "shifts", skip_serializing_if = "Vec::is_empty")]
    pub thursday: Vec<Shift>,
    #[serde(deserialize_with = "shifts", skip_serializing_if = "Vec::is_empty")]
    pub friday: Vec<Shift>,
    #[serde(deserialize_with = "shifts", skip_serializing_if = "Vec::is_empty")]
    pub saturday: Vec<Shift>,
    #[serde(deserialize_with = "shifts", skip_serializing_if = "Vec::is_empty")]
    pub sunday: Vec<Shift>,
}

impl Days {
    /// The seven days from Monday on, each with its name as it is written in JSON.
    #[must_use]
    pub fn each(&self) -> [(&'static str, &[Shift]); 7] {
        [
            ("monday", &self.monday),
            ("tuesday", &self.tuesday),
            ("wednesday", &self.wednesday),
            ("thursday", &self.thursday),
            ("friday", &self.friday),
            ("saturday", &self.saturday),
            ("sunday", &self.sunday),
        ]
    }
}

/// One shift: from `start`, included, to `end`, excluded. An end that is not after its start
/// lies on the next day, so `22:00` to `06:00` is a night and `08:00` to `08:00` a full day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Shift {
    /// `00:00` to `23:59`.
    #[serde(deserialize_with = "start")]
    pub start: TimeOfDay,
    /// `00:00` to `24:00`; both ends of that mean the midnight that ends the day.
    pub end: TimeOfDay,
}

impl Shift {
    /// Minutes from start to end: 1 to 1,440.
    #[must_use]
    pub const fn minutes(self) -> u16 {
        if self.end.0 > self.start.0 {
            self.end.0 - self.start.0
        } else {
            self.end.0 + TimeOfDay::MIDNIGHT_AFTER.0 - self.start.0
        }
    }
}

/// A time on the clock: whole minutes since midnight, 0 (`00:00`) to 1,440 (`24:00`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOfDay(u16);

impl TimeOfDay {
    /// `24:00`, the end of a day. No shift starts then.
    pub const MIDNIGHT_AFTER: Self = Self(1_440);

    /// `hour` 0 to 24, `minute` 0 to 59; `None` beyond `24:00`.
    #[must_use]
    pub const fn new(hour: u8, minute: u8) -> Option<Self> {
        let minutes = hour as u16 * 60 + minute as u16;
        if minute < 60 && minutes <= Self::MIDNIGHT_AFTER.0 {
            Some(Self(minutes))
        } else {
            None
        }
    }

    /// Minutes since midnight.
    #[must_use]
    pub const fn minutes(self) -> u16 {
        self.0
    }

    /// Reads `HH:MM`, two digits each.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let &[h1, h2, b':', m1, m2] = text.as_bytes() else {
            return None;
        };
        let two = |tens: u8, ones: u8| match (tens, ones) {
            (b'0'..=b'9', b'0'..=b'9') => Some((tens - b'0') * 10 + (ones - b'0')),
            _ => None,
        };
        Self::new(two(h1, h2)?, two(m1, m2)?)
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl Serialize for TimeOfDay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            serde::de::Error::custom("this is no time of day: write `HH:MM`, `00:00` to `24:00`")
        })
    }
}

fn start<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TimeOfDay, D::Error> {
    let time = TimeOfDay::deserialize(deserializer)?;
    if time == TimeOfDay::MIDNIGHT_AFTER {
        return Err(serde::de::Error::custom(
            "a shift cannot start at `24:00`: use `00:00` of the next day",
        ));
    }
    Ok(time)
}

fn shifts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Shift>, D::Error> {
    bounded_list::<_, _, MAX_SHIFTS_PER_DAY>(deserializer)
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for TimeOfDay {
    fn schema_name() -> alloc::borrow::Cow<'static, str> {
        "TimeOfDay".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"
        })
    }
}
