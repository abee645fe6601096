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
