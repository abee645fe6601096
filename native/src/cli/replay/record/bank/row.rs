//! One line of the bank's table, read but not yet judged.

use jiff::civil::Date;

use super::super::notes::{ENDS_BEFORE_IT_STARTS, Reason};
use super::fields::{self, Outcome, Unreadable, number, time_of_day, unreadable, word};

/// The header.
pub(super) const COLUMNS: [&str; 17] = [
    "vru+line",
    "call_id",
    "customer_id",
    "priority",
    "type",
    "date",
    "vru_entry",
    "vru_exit",
    "vru_time",
    "q_start",
    "q_exit",
    "q_time",
    "outcome",
    "ser_start",
    "ser_exit",
    "ser_time",
    "server",
];

/// The columns as values, with the table's words for "none" turned into `None`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row<'a> {
    pub(super) unit: &'a str,
    pub(super) id: &'a str,
    /// `None` for 0, a caller who was not identified.
    pub(super) customer: Option<&'a str>,
    pub(super) priority: i64,
    pub(super) kind: &'a str,
    pub(super) date: Date,
    /// The only span that may end before it begins.
    pub(super) voice_unit: Span,
    /// `None` where entry, exit and length are all 0.
    pub(super) queue: Option<Span>,
    pub(super) outcome: Outcome,
    /// `None` where start, exit and length are all 0.
    pub(super) service: Option<Span>,
    /// `None` for NO_SERVER.
    pub(super) server: Option<&'a str>,
    /// One of the times belongs to the day after `date`.
    pub(super) past_midnight: bool,
}

/// From when to when, in seconds since the midnight that began the date, as clocks show it; may
/// be more than a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: i64,
    pub(super) to: i64,
}

impl<'a> Row<'a> {
    /// Reads one line, without its end.
    ///
    /// # Errors
    /// [`Unreadable`] with the first column, from the left, that cannot be read.
    pub(super) fn parse(text: &'a str) -> Result<Self, Unreadable> {
        let columns: Vec<&'a str> = text.split('\t').map(str::trim).collect();
        let &[
            unit,
            id,
            customer,
            priority,
            kind,
            date,
            vru_entry,
            vru_exit,
            vru_time,
            q_start,
            q_exit,
            q_time,
            outcome,
            ser_start,
            ser_exit,
            ser_time,
            server,
        ] = columns.as_slice()
        else {
            let detail = format!("{} columns instead of {}", columns.len(), COLUMNS.len());
            return Err(Unreadable {
                reason: WRONG_NUMBER_OF_COLUMNS,
                detail,
            });
        };

        let mut clock = Clock {
            last: None,
            past_midnight: false,
        };
        Ok(Self {
            unit: word("vru+line", unit)?,
            id: word("call_id", id)?,
            customer: Some(word("customer_id", customer)?).filter(|customer| *customer != "0"),
            priority: number("priority", priority)?,
            kind: word("type", kind)?,
            date: fields::date(date)?,
            voice_unit: clock.voice_unit(vru_entry, vru_exit, vru_time)?,
            queue: clock.span(["q_start", "q_exit", "q_time"], [q_start, q_exit, q_time])?,
            outcome: fields::outcome(outcome)?,
            service: clock.span(
                ["ser_start", "ser_exit", "ser_time"],
                [ser_start, ser_exit, ser_time],
            )?,
            server: Some(word("server", server)?).filter(|server| *server != "NO_SERVER"),
            past_midnight: clock.past_midnight,
        })
    }
}

/// Turns times of day into seconds since one midnight: the times of a line follow each other, so
/// one that seems to jump back by half a day and more has passed the next midnight.
struct Clock {
    last: Option<i64>,
    past_midnight: bool,
}

impl Clock {
    fn next(&mut self, time_of_day: i64) -> i64 {
        let mut time = time_of_day;
        if let Some(last) = self.last {
            while time + HALF_A_DAY < last {
                time += DAY;
                self.past_midnight = true;
            }
        }
        self.last = Some(time);
        time
    }

    /// The voice unit's times are used even where they run backwards by some seconds, which is
    /// known of this record; its length is not used at all, so it is only looked at for form.
    fn voice_unit(&mut self, entry: &str, exit: &str, time: &str) -> Result<Span, Unreadable> {
        let from = self.next(time_of_day("vru_entry", entry)?);
        let to = self.next(time_of_day("vru_exit", exit)?);
        number("vru_time", time)?;
        Ok(Span { from, to })
    }

    fn span(&mut self, names: [&str; 3], texts: [&str; 3]) -> Result<Option<Span>, Unreadable> {
        let ([from_name, to_name, length_name], [from, to, length]) = (names, texts);
        let from = time_of_day(from_name, from)?;
        let to = time_of_day(to_name, to)?;
        let length = number(length_name, length)?;
        if (from, to, length) == (0, 0, 0) {
            return Ok(None);
        }
        let from = self.next(from);
        let to = self.next(to);
        if to < from {
            return Err(unreadable(
                ENDS_BEFORE_IT_STARTS,
                to_name,
                &format_args!("before `{from_name}`"),
            ));
        }
        if to - from != length {
            let detail = format_args!("{length}, but the times are {} apart", to - from);
            return Err(unreadable(TIMES_DISAGREE, length_name, &detail));
        }
        Ok(Some(Span { from, to }))
    }
}

const DAY: i64 = 86_400;
const HALF_A_DAY: i64 = DAY / 2;

const WRONG_NUMBER_OF_COLUMNS: Reason = Reason {
    code: "wrong_number_of_columns",
    sentence: "the line has more or fewer columns than the header",
};
const TIMES_DISAGREE: Reason = Reason {
    code: "times_disagree",
    sentence: "a length of time is not what lies between its begin and its end",
};

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "AA0101\t33116\t9664491\t2\tPS\t990101\t0:00:31\t0:00:36\t5\t0:00:36\t\
                        0:03:09\t153\tHANG\t0:00:00\t0:00:00\t0\tNO_SERVER";

    fn with(column: &str, value: &str) -> Result<Row<'static>, Unreadable> {
        let place = COLUMNS.iter().position(|name| *name == column).unwrap();
        let mut columns: Vec<&str> = LINE.split('\t').collect();
        columns[place] = value;
        // The row borrows the line.
        Row::parse(columns.join("\t").leak())
    }

    fn problem(column: &str, value: &str) -> String {
        let unreadable = with(column, value).unwrap_err();
        format!("{}: {}", unreadable.reason.code, unreadable.detail)
    }

    #[test]
    fn reads_every_column() {
        let row = Row::parse(LINE).unwrap();
        let expected = Row {
            unit: "AA0101",
            id: "33116",
            customer: Some("9664491"),
            priority: 2,
            kind: "PS",
            date: jiff::civil::date(1999, 1, 1),
            voice_unit: Span { from: 31, to: 36 },
            queue: Some(Span { from: 36, to: 189 }),
            outcome: Outcome::Hang,
            service: None,
            server: None,
            past_midnight: false,
        };
        assert_eq!(row, expected);
        assert_eq!(with("customer_id", "0").unwrap().customer, None);
        assert_eq!(
            with("date", "000229").unwrap().date,
            jiff::civil::date(2000, 2, 29)
        );
    }

    #[test]
    fn every_bad_column_is_named() {
        let short = Row::parse("AA0101\t33116").unwrap_err();
        assert_eq!(short.reason, WRONG_NUMBER_OF_COLUMNS);
        assert_eq!(short.detail, "2 columns instead of 17");
        for (column, value, expected) in [
            ("vru+line", "", "bad_field: column `vru+line`: empty"),
            ("type", " ", "bad_field: column `type`: empty"),
            ("outcome", "BUSY", "bad_field: column `outcome`: `BUSY`"),
            ("priority", "high", "bad_number: column `priority`: `high`"),
            ("vru_time", "5.0", "bad_number: column `vru_time`: `5.0`"),
            (
                "q_time",
                "99999999999999999999",
                "bad_number: column `q_time`: `99999999999999999999`",
            ),
            ("date", "990230", "bad_date: column `date`: `990230`"),
            ("date", "19990101", "bad_date: column `date`: `19990101`"),
            ("date", "+90101", "bad_date: column `date`: `+90101`"),
            ("date", "١٢٣", "bad_date: column `date`: `١٢٣`"),
            (
                "q_start",
                "24:00:00",
                "bad_time: column `q_start`: `24:00:00`",
            ),
            (
                "q_start",
                "7:60:00",
                "bad_time: column `q_start`: `7:60:00`",
            ),
            ("q_start", "7:00", "bad_time: column `q_start`: `7:00`"),
            (
                "q_start",
                "7:00:00:00",
                "bad_time: column `q_start`: `7:00:00:00`",
            ),
            (
                "q_start",
                "-1:00:00",
                "bad_time: column `q_start`: `-1:00:00`",
            ),
            ("q_start", "", "bad_time: column `q_start`: ``"),
            (
                "q_time",
                "154",
                "times_disagree: column `q_time`: 154, but the times are 153 apart",
            ),
            (
                "q_exit",
                "0:00:35",
                "ends_before_it_starts: column `q_exit`: before `q_start`",
            ),
        ] {
            assert_eq!(problem(column, value), expected);
        }
        let long = problem("server", &"x".repeat(129));
        assert_eq!(
            long,
            "bad_field: column `server`: 129 bytes, at most 128 are allowed"
        );
        let cut = problem("date", &"9".repeat(30));
        assert_eq!(
            cut,
            format!("bad_date: column `date`: `{}…`", "9".repeat(24))
        );
    }

    #[test]
    fn times_go_on_behind_midnight_but_seconds_backwards_stay() {
        let mut clock = Clock {
            last: None,
            past_midnight: false,
        };
        assert_eq!(
            [86_388, 86_380, 1, 24].map(|time| clock.next(time)),
            [86_388, 86_380, DAY + 1, DAY + 24]
        );
        assert!(clock.past_midnight);
        let mut clock = Clock {
            last: None,
            past_midnight: false,
        };
        assert_eq!(
            [80_000, 79_861, 80_100].map(|time| clock.next(time)),
            [80_000, 79_861, 80_100]
        );
        assert!(!clock.past_midnight);
    }
}
