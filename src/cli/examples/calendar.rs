//! Months and days as the two invented years need them.
//!
//! Only the shape of the calendar is here. What a missed due day means is the
//! law's affair and is deliberately absent.

use time::{Date, Duration, Weekday};

/// A calendar month, counted from year 0 so that months can be added and compared.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Month(i32);

impl Month {
    pub(super) fn new(year: i32, month: u8) -> Month {
        assert!((1..=12).contains(&month), "a month is 1 to 12, not {month}");
        Month(year * 12 + i32::from(month) - 1)
    }

    pub(super) fn of(day: Date) -> Month {
        Month::new(day.year(), u8::from(day.month()))
    }

    pub(super) fn plus(self, months: i32) -> Month {
        Month(self.0 + months)
    }

    pub(super) fn first_day(self) -> Date {
        let month = u8::try_from(self.0.rem_euclid(12) + 1).expect("a remainder of twelve fits");
        let month = time::Month::try_from(month).expect("a remainder of twelve plus one is 1 to 12");
        Date::from_calendar_date(self.0.div_euclid(12), month, 1).expect("every month has a first day")
    }

    pub(super) fn last_day(self) -> Date {
        later(self.plus(1).first_day(), -1)
    }

    /// The given day of this month, or its last day where the month is shorter.
    pub(super) fn day(self, day: i64) -> Date {
        later(self.first_day(), day - 1).min(self.last_day())
    }

    /// `2026-09`, the form in which one bank and the folders name a month.
    pub(super) fn iso(self) -> String {
        format!("{:04}-{:02}", self.0.div_euclid(12), self.0.rem_euclid(12) + 1)
    }

    /// `09/2026`, the form of the other bank.
    pub(super) fn slashed(self) -> String {
        format!("{:02}/{:04}", self.0.rem_euclid(12) + 1, self.0.div_euclid(12))
    }

    /// The day on which a member falls out whose run of unpaid months begins here:
    /// the seventh month is overdue from the 16th of the month after it.
    pub(super) fn abandonment_when_unpaid_from(self) -> Date {
        self.plus(7).day(16)
    }
}

/// `2026-09-15`.
pub(super) fn iso(day: Date) -> String {
    format!("{:04}-{:02}-{:02}", day.year(), u8::from(day.month()), day.day())
}

/// `15/09/2026`.
pub(super) fn slashed(day: Date) -> String {
    format!("{:02}/{:02}/{:04}", day.day(), u8::from(day.month()), day.year())
}

pub(super) fn later(day: Date, days: i64) -> Date {
    day.saturating_add(Duration::days(days))
}

/// The same day, or the Monday after it: a bank with counters books nothing at weekends.
pub(super) fn next_working_day(day: Date) -> Date {
    match day.weekday() {
        Weekday::Saturday => later(day, 2),
        Weekday::Sunday => later(day, 1),
        Weekday::Monday | Weekday::Tuesday | Weekday::Wednesday | Weekday::Thursday | Weekday::Friday => day,
    }
}
