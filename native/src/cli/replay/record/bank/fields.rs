//! The values that stand in the columns, and how each is refused.

use std::fmt::Display;

use assignment_engine_core::limits::MAX_ID_BYTES;
use jiff::civil::Date;

use super::super::notes::Reason;

/// The column of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Agent,
    Hang,
    Phantom,
}

/// Why a line says nothing, and where the trouble is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unreadable {
    pub(super) reason: Reason,
    pub(super) detail: String,
}

/// `column `date`: …`, for the list of examples.
pub(super) fn unreadable(reason: Reason, column: &str, detail: &dyn Display) -> Unreadable {
    Unreadable {
        reason,
        detail: format!("column `{column}`: {detail}"),
    }
}

/// A text that the engine takes as an id.
pub(super) fn word<'a>(column: &str, text: &'a str) -> Result<&'a str, Unreadable> {
    match text.len() {
        0 => Err(unreadable(BAD_FIELD, column, &"empty")),
        length if length > MAX_ID_BYTES => {
            let detail = format_args!("{length} bytes, at most {MAX_ID_BYTES} are allowed");
            Err(unreadable(BAD_FIELD, column, &detail))
        }
        _ => Ok(text),
    }
}

/// A whole number, with or without a sign.
pub(super) fn number(column: &str, text: &str) -> Result<i64, Unreadable> {
    let number = text.parse().ok();
    number.ok_or_else(|| unreadable(BAD_NUMBER, column, &format_args!("`{}`", shown(text))))
}

/// One of the three words.
pub(super) fn outcome(text: &str) -> Result<Outcome, Unreadable> {
    match text {
        "AGENT" => Ok(Outcome::Agent),
        "HANG" => Ok(Outcome::Hang),
        "PHANTOM" => Ok(Outcome::Phantom),
        _ => Err(unreadable(
            BAD_FIELD,
            "outcome",
            &format_args!("`{}`", shown(text)),
        )),
    }
}

/// YYMMDD; the years are 1970 to 2069.
pub(super) fn date(text: &str) -> Result<Date, Unreadable> {
    let digits = Some(text).filter(|text| text.len() == 6);
    let number = digits.and_then(digits_only);
    let date = number.and_then(|number| {
        let year = number / 10_000;
        let year = if year < 70 {
            2_000 + year
        } else {
            1_900 + year
        };
        let part = |value: i64| i8::try_from(value % 100).ok();
        Date::new(
            i16::try_from(year).ok()?,
            part(number / 100)?,
            part(number)?,
        )
        .ok()
    });
    date.ok_or_else(|| unreadable(BAD_DATE, "date", &format_args!("`{}`", shown(text))))
}

/// h:mm:ss, from 0:00:00 to 23:59:59, in seconds.
pub(super) fn time_of_day(column: &str, text: &str) -> Result<i64, Unreadable> {
    let part = |text: Option<&str>, digits: std::ops::RangeInclusive<usize>, limit: i64| {
        let text = text.filter(|text| digits.contains(&text.len()))?;
        digits_only(text).filter(|value| *value < limit)
    };
    let mut parts = text.split(':');
    let hour = part(parts.next(), 1..=2, 24);
    let minute = part(parts.next(), 2..=2, 60);
    let second = part(parts.next(), 2..=2, 60);
    match (hour, minute, second, parts.next()) {
        (Some(hour), Some(minute), Some(second), None) => Ok(hour * 3_600 + minute * 60 + second),
        _ => Err(unreadable(
            BAD_TIME,
            column,
            &format_args!("`{}`", shown(text)),
        )),
    }
}

/// Unlike `parse` takes no sign.
fn digits_only(text: &str) -> Option<i64> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}

/// The beginning of what stands in the file; nobody needs more to find it.
fn shown(text: &str) -> String {
    const LONGEST: usize = 24;
    if text.chars().nth(LONGEST).is_none() {
        return text.to_owned();
    }
    text.chars().take(LONGEST).chain(['…']).collect()
}

const BAD_FIELD: Reason = Reason {
    code: "bad_field",
    sentence: "a column is empty, too long or no known word",
};
const BAD_NUMBER: Reason = Reason {
    code: "bad_number",
    sentence: "a column is not a whole number",
};
pub(super) const BAD_DATE: Reason = Reason {
    code: "bad_date",
    sentence: "the date is not a day, written YYMMDD",
};
const BAD_TIME: Reason = Reason {
    code: "bad_time",
    sentence: "a time is not a time of day, written h:mm:ss",
};
