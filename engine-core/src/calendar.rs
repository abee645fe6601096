//! The Gregorian calendar, as far back and ahead as it goes: days are counted from 1970-01-01.
//!
//! In 32 bits, since WebAssembly divides twice as many by a constant ten times slower.

/// A date on the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Date {
    /// Within a million years of 1970.
    pub(crate) year: i32,
    /// 1 to 12.
    pub(crate) month: i32,
    /// 1 to 31.
    pub(crate) day: i32,
}

impl Date {
    /// The date so many days after 1970-01-01.
    pub(crate) const fn of_day(day: i32) -> Self {
        // Years begin in March here, so that the day that some have more is their last.
        let day = day + BEFORE_1970;
        let cycle = day.div_euclid(CYCLE);
        let of_cycle = day.rem_euclid(CYCLE);
        let year = (of_cycle - of_cycle / 1_460 + of_cycle / 36_524 - of_cycle / (CYCLE - 1)) / 365;
        let of_year = of_cycle - (365 * year + year / 4 - year / 100);
        // 153 days are five months from March, or from August.
        let month = (5 * of_year + 2) / 153;
        let (month_of_year, next) = if month < 10 {
            (month + 3, 0)
        } else {
            (month - 9, 1)
        };
        Self {
            year: year + cycle * 400 + next,
            month: month_of_year,
            day: of_year - (153 * month + 2) / 5 + 1,
        }
    }

    /// Days from 1970-01-01 to this date. Of a date that there is not, 30 February say, it makes
    /// another one.
    pub(crate) const fn to_day(self) -> i32 {
        let (month, before) = if self.month > 2 {
            (self.month - 3, 0)
        } else {
            (self.month + 9, 1)
        };
        let year = self.year - before;
        let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
        365 * year + leap_days + (153 * month + 2) / 5 + self.day - 1 - BEFORE_1970
    }
}

/// A year whose months are asked for more than once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Year {
    number: i32,
    /// Its first day.
    first: i32,
}

impl Year {
    /// The year of a day.
    pub(crate) const fn of_day(day: i32) -> Self {
        let number = Date::of_day(day).year;
        let (month, day) = (1, 1);
        let first = Date {
            year: number,
            month,
            day,
        };
        Self {
            number,
            first: first.to_day(),
        }
    }

    pub(crate) const fn next(self) -> Self {
        Self {
            number: self.number + 1,
            first: self.first + 365 + self.is_leap() as i32,
        }
    }

    /// The first day of a month; of the 13th, of the next year.
    pub(crate) const fn month(self, month: i32) -> i32 {
        // As if February had 30 days.
        let days = (367 * month - 362) / 12;
        let missing = match month {
            ..=2 => 0,
            _ => 2 - self.is_leap() as i32,
        };
        self.first + days - missing
    }

    const fn is_leap(self) -> bool {
        self.number % 4 == 0 && (self.number % 100 != 0 || self.number % 400 == 0)
    }
}

/// The day of the week: 0 for Monday to 6.
pub(crate) const fn weekday(day: i32) -> i32 {
    // 1970-01-01 was a Thursday.
    (day + 3).rem_euclid(7)
}

/// Days of 400 years: after so many the calendar repeats.
const CYCLE: i32 = 146_097;
/// Days from 0000-03-01 to 1970-01-01.
const BEFORE_1970: i32 = 719_468;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_as_jiff_does_day_by_day() {
        let mut jiff = jiff::civil::date(-400, 1, 1);
        let first = Date {
            year: -400,
            month: 1,
            day: 1,
        };
        let mut day = first.to_day();
        while jiff.year() < 2_401 {
            let (year, month) = (jiff.year().into(), jiff.month().into());
            let date = Date {
                year,
                month,
                day: jiff.day().into(),
            };
            assert_eq!(Date::of_day(day), date);
            assert_eq!(date.to_day(), day);
            assert_eq!(
                weekday(day),
                i32::from(jiff.weekday().to_monday_zero_offset())
            );
            let of_year = Year::of_day(day);
            let first_of_month = day + 1 - date.day;
            assert_eq!(of_year.month(date.month), first_of_month);
            if date.month == 12 {
                assert_eq!(of_year.month(13), first_of_month + 31);
                assert_eq!(of_year.next(), Year::of_day(first_of_month + 31));
            }
            (jiff, day) = (jiff.tomorrow().unwrap(), day + 1);
        }
        assert_eq!(
            Date::of_day(0),
            Date {
                year: 1970,
                month: 1,
                day: 1
            }
        );
    }
}
