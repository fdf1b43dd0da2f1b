//! The almanac: every month under one set of revisions, worked out once, since each life asks for the same ones.
//!
//! Absent: facts of any member.

use crate::calendar::{Day, Month};
use crate::money::Riel;
use crate::policy::{Revision, in_force};

/// The months that are worked out beforehand; others are when they are asked for.
const FIRST: Month = Month(1990 * 12);
const COUNT: usize = 160 * 12;

/// A due day, with the month in which it lies and its number there before a holiday moves it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct DueDay {
    pub(crate) day: Day,
    pub(crate) month: Month,
    pub(crate) number: u8,
}

/// What the law says of one calendar month, whoever asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct MonthTerms {
    pub(crate) first_day: Day,
    /// When it falls due.
    pub(crate) due: DueDay,
    /// From when the revision of its 1st is in force; it costs what the revision of the day asks until then.
    pub(crate) priced_from: Day,
    /// What it costs by that revision.
    pub(crate) price: Riel,
}

impl MonthTerms {
    pub(crate) fn of(revisions: &[&Revision], month: Month) -> MonthTerms {
        let first_day = month.first_day();
        let revision = in_force(revisions, first_day);
        let lies_in = month.plus(i32::from(revision.due_month_offset));
        let number = revision.due_day;
        let due = DueDay { day: revision.working_day(lies_in.day_clamped(number)), month: lies_in, number };
        MonthTerms { first_day, due, priced_from: revision.effective, price: revision.contribution }
    }
}

/// The months from 1990 to 2149 under one set of revisions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Almanac {
    months: Vec<MonthTerms>,
    in_order: bool,
    /// How many months a due day can lie after its month.
    farthest_due: i32,
}

impl Almanac {
    pub(crate) fn of(revisions: &[&Revision]) -> Almanac {
        let count = i32::try_from(COUNT).unwrap_or(0);
        let months: Vec<MonthTerms> = (0..count).map(|n| MonthTerms::of(revisions, FIRST.plus(n))).collect();
        let in_order = months.is_sorted_by_key(|terms| terms.due.day);
        let farthest = revisions.iter().map(|revision| i32::from(revision.due_month_offset)).max();
        Almanac { months, in_order, farthest_due: farthest.unwrap_or(0) + 1 }
    }

    #[inline]
    pub(crate) fn month(&self, month: Month) -> Option<&MonthTerms> {
        self.months.get(month.places_after(FIRST))
    }

    pub(crate) fn is_in_order(&self) -> bool {
        self.in_order
    }

    pub(crate) fn farthest_due(&self) -> i32 {
        self.farthest_due
    }

    /// The month of a day: a guess by the mean length of a month is at most one off.
    #[inline]
    pub(crate) fn month_of(&self, day: Day) -> Month {
        let days = i64::from(day.0) - i64::from(self.months[0].first_day.0);
        let Ok(guess) = usize::try_from((days * MONTHS_A_DAY) >> MONTHS_A_DAY_BITS) else { return day.month() };
        if guess + 1 >= self.months.len() {
            return day.month();
        }
        let month = if day < self.months[guess].first_day {
            guess - 1
        } else {
            guess + usize::from(day >= self.months[guess + 1].first_day)
        };
        FIRST.plus(i32::try_from(month).unwrap_or(0))
    }
}

/// The months in a day, 400 years being 4,800 months and 146,097 days, in units of a two-to-the-power.
const MONTHS_A_DAY: i64 = (4_800 << MONTHS_A_DAY_BITS) / 146_097;
const MONTHS_A_DAY_BITS: u32 = 24;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::tests::plain;

    #[test]
    fn the_month_of_every_day_is_that_of_the_calendar() {
        let revision = plain();
        let almanac = Almanac::of(&[&revision]);
        let (first, last) = (Day::of(1988, 1, 1).unwrap(), Day::of(2152, 12, 31).unwrap());
        for day in (first.0..=last.0).map(Day) {
            assert_eq!(almanac.month_of(day), day.month(), "{day}");
        }
    }

    #[test]
    fn months_fall_due_in_order_unless_a_revision_turns_them_round() {
        let first = plain();
        assert!(Almanac::of(&[&first]).is_in_order());
        let earlier = Revision { effective: Day::of(2026, 6, 1).unwrap(), due_month_offset: 0, due_day: 1, ..plain() };
        let almanac = Almanac::of(&[&first, &earlier]);
        assert!(!almanac.is_in_order(), "May falls due on 15 June, June on the 1st");
        assert_eq!(almanac.month("2026-06".parse().unwrap()).unwrap().due.day.to_string(), "2026-06-01");
        assert_eq!(almanac.farthest_due(), 2);
    }
}
