//! The calendar: civil days, calendar months and instants, and nothing that knows what day it is.
//!
//! A civil day is a day in Asia/Phnom_Penh, which is seven hours ahead of UTC all year round. All three types
//! are plain numbers with an order, so that a rule compares and counts them without parsing anything.

use std::fmt;
use std::str::FromStr;

use time::{Date, Month as MonthName};

/// Julian day number of 1 January 1970, the day that is number 0 here.
const EPOCH_JULIAN_DAY: i32 = 2_440_588;
/// How far Asia/Phnom_Penh is ahead of UTC, in microseconds. There has been no daylight saving in the fund's lifetime.
const PHNOM_PENH_OFFSET_MICROS: i64 = 7 * 3_600 * 1_000_000;
const DAY_MICROS: i64 = 24 * 3_600 * 1_000_000;

/// The days from 1 March of the year 0 to 1 January 1970.
const DAYS_TO_MARCH_0000: i32 = 719_468;
const DAYS_OF_400_YEARS: i32 = 146_097;

/// A civil day in Asia/Phnom_Penh, counted from 1 January 1970.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Day(pub i32);

/// A calendar month, counted from January of the year 0.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Month(pub i32);

/// An instant, in microseconds of UTC since 1 January 1970: when the ledger came to know a fact.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Moment(pub i64);

/// A text that is no day or no month.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{text}` is not {expected}")]
pub struct BadCalendarText {
    /// What was given.
    pub text: String,
    /// What would have been right, with an example.
    pub expected: &'static str,
}

impl Day {
    /// The earliest day that a rule may ever meet; earlier than any fact.
    pub const MIN: Day = Day(-365_243); // 1 January 970
    /// Later than any day that a rule may meet. Stands for "never" in comparisons.
    pub const NEVER: Day = Day(i32::MAX / 2);

    /// The day of a year, month (1 to 12) and day of the month; `None` when there is no such day.
    pub fn of(year: i32, month: u8, day: u8) -> Option<Day> {
        let month = MonthName::try_from(month).ok()?;
        Date::from_calendar_date(year, month, day).ok().map(Day::from)
    }

    /// The day before.
    pub fn before(self) -> Day {
        Day(self.0 - 1)
    }

    /// The day after.
    pub fn after(self) -> Day {
        Day(self.0 + 1)
    }

    /// The day `days` days later (earlier when negative).
    pub fn plus(self, days: i32) -> Day {
        Day(self.0.saturating_add(days))
    }

    /// The calendar month in which the day lies.
    pub fn month(self) -> Month {
        // The kernel asks this millions of times, so it is whole-number arithmetic: the Gregorian calendar repeats
        // every 400 years, and years that begin in March have their leap day last. A test compares it with the
        // calendar library for every day of four centuries.
        let days = self.0 + DAYS_TO_MARCH_0000;
        let era = days.div_euclid(DAYS_OF_400_YEARS);
        let day_of_era = days.rem_euclid(DAYS_OF_400_YEARS);
        let leap_days = day_of_era / 1_460 - day_of_era / 36_524 + day_of_era / 146_096;
        let year_of_era = (day_of_era - leap_days) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        Month((era * 400 + year_of_era) * 12 + month_from_march + 2)
    }

    /// Whether the day is a Saturday or a Sunday.
    pub fn is_weekend(self) -> bool {
        // 1 January 1970 was a Thursday, three days after a Monday.
        (self.0 + 3).rem_euclid(7) >= 5
    }

    /// The year, month (1 to 12) and day of the month.
    pub fn parts(self) -> (i32, u8, u8) {
        let date = Date::from(self);
        (date.year(), u8::from(date.month()), date.day())
    }
}

impl Month {
    /// The month of a year and a number from 1 to 12. Numbers beyond the year run on into its neighbours.
    pub fn of(year: i32, month: u8) -> Month {
        Month(year * 12 + i32::from(month) - 1)
    }

    /// The month `months` months later (earlier when negative).
    pub fn plus(self, months: i32) -> Month {
        Month(self.0 + months)
    }

    /// At which place the month stands in a list that begins with another one; far beyond any list if it comes before.
    #[inline]
    pub(crate) fn places_after(self, first: Month) -> usize {
        // One comparison by the list then tells both: a month that comes before is a very large unsigned number.
        self.0.wrapping_sub(first.0).cast_unsigned() as usize
    }

    /// The first day of the month.
    pub fn first_day(self) -> Day {
        // The counterpart of `Day::month`, by the same years that begin in March.
        let from_march = self.0 - 2;
        let (year, month) = (from_march.div_euclid(12), from_march.rem_euclid(12));
        let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let day_of_year = (153 * month + 2) / 5;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Day(era * DAYS_OF_400_YEARS + day_of_era - DAYS_TO_MARCH_0000)
    }

    /// The last day of the month.
    pub fn last_day(self) -> Day {
        self.plus(1).first_day().before()
    }

    /// The day with this number in the month, or the month's last day where the month is shorter.
    pub fn day_clamped(self, number: u8) -> Day {
        let first = self.first_day();
        let last = self.last_day();
        first.plus(i32::from(number) - 1).min(last)
    }

    /// The year and the number of the month, from 1 to 12.
    pub fn parts(self) -> (i32, u8) {
        let month = u8::try_from(self.0.rem_euclid(12)).unwrap_or(0);
        (self.0.div_euclid(12), month + 1)
    }
}

impl Moment {
    /// Before anything was recorded.
    pub const MIN: Moment = Moment(i64::MIN);
    /// After everything that will ever be recorded.
    pub const MAX: Moment = Moment(i64::MAX);

    /// The civil day in Asia/Phnom_Penh on which the instant falls.
    pub fn day(self) -> Day {
        let day = self.0.saturating_add(PHNOM_PENH_OFFSET_MICROS).div_euclid(DAY_MICROS);
        // All microseconds that there can be are fewer days than this.
        Day(i32::try_from(day).unwrap_or(Day::NEVER.0))
    }

    /// The first instant of a civil day in Asia/Phnom_Penh.
    pub fn start_of(day: Day) -> Moment {
        Moment(i64::from(day.0) * DAY_MICROS - PHNOM_PENH_OFFSET_MICROS)
    }

    /// The last instant of a civil day in Asia/Phnom_Penh: one microsecond before 17:00 UTC.
    pub fn end_of(day: Day) -> Moment {
        Moment(Moment::start_of(day.after()).0 - 1)
    }
}

impl From<Date> for Day {
    fn from(date: Date) -> Day {
        Day(date.to_julian_day() - EPOCH_JULIAN_DAY)
    }
}

impl From<Day> for Date {
    fn from(day: Day) -> Date {
        Date::from_julian_day(day.0.saturating_add(EPOCH_JULIAN_DAY)).unwrap_or(Date::MAX)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.parts();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month) = self.parts();
        write!(f, "{year:04}-{month:02}")
    }
}

/// The whole number that a text of exactly `length` ASCII digits writes.
fn digits(text: &str, length: usize) -> Option<u16> {
    (text.len() == length && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

impl FromStr for Month {
    type Err = BadCalendarText;

    fn from_str(text: &str) -> Result<Month, BadCalendarText> {
        let parsed = text.split_once('-').and_then(|(year, month)| {
            let (year, month) = (digits(year, 4)?, digits(month, 2)?);
            let month = u8::try_from(month).ok().filter(|month| (1..=12).contains(month))?;
            Some(Month::of(i32::from(year), month))
        });
        parsed.ok_or_else(|| BadCalendarText { text: text.to_owned(), expected: "a month such as 2026-09" })
    }
}

impl FromStr for Day {
    type Err = BadCalendarText;

    fn from_str(text: &str) -> Result<Day, BadCalendarText> {
        let parsed = text.rsplit_once('-').and_then(|(month, day)| {
            let (year, month) = month.parse::<Month>().ok()?.parts();
            Day::of(year, month, u8::try_from(digits(day, 2)?).ok()?)
        });
        parsed.ok_or_else(|| BadCalendarText { text: text.to_owned(), expected: "a day such as 2026-09-15" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_four_centuries_survives_the_round_trip() {
        let (first, last) = (Day::of(1800, 1, 1).unwrap(), Day::of(2200, 12, 31).unwrap());
        for number in first.0..=last.0 {
            let day = Day(number);
            assert_eq!(day.to_string().parse::<Day>(), Ok(day));
            assert_eq!(day.month().to_string().parse::<Month>(), Ok(day.month()));
            let date = Date::from(day);
            assert_eq!(day.month(), Month::of(date.year(), u8::from(date.month())));
            assert_eq!(Day::of(date.year(), u8::from(date.month()), 1), Some(day.month().first_day()));
            assert!(day.month().first_day() <= day && day <= day.month().last_day());
            assert_eq!(Moment::start_of(day).day(), day);
            assert_eq!(Moment::end_of(day).day(), day);
            assert_eq!(Moment(Moment::end_of(day).0 + 1).day(), day.after());
        }
    }

    #[test]
    fn a_day_number_beyond_the_month_is_its_last_day() {
        let clamp = |month: &str, number| month.parse::<Month>().unwrap().day_clamped(number).to_string();
        assert_eq!(clamp("2025-02", 31), "2025-02-28");
        assert_eq!(clamp("2028-02", 31), "2028-02-29");
        assert_eq!(clamp("2026-09", 15), "2026-09-15");
    }

    #[test]
    fn weekends_are_saturdays_and_sundays() {
        let weekend = |text: &str| text.parse::<Day>().unwrap().is_weekend();
        assert!(!weekend("2026-11-20") && weekend("2026-11-21") && weekend("2026-11-22") && !weekend("2026-11-23"));
    }

    #[test]
    fn texts_that_are_no_dates_are_refused() {
        for text in ["2026-02-30", "2026-13-01", "2026-9-15", "26-09-15", "2026-09-15 ", "+026-09-15", "", "2026-09"] {
            assert!(text.parse::<Day>().is_err(), "{text}");
        }
        for text in ["2026-00", "2026-13", "2026-9", "202609", "2026-09-15"] {
            assert!(text.parse::<Month>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_civil_day_ends_at_seventeen_hours_utc() {
        let day = Day(0);
        assert_eq!(Moment::end_of(day).0, 17 * 3_600 * 1_000_000 - 1);
    }
}
