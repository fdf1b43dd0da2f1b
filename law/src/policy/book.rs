//! The book: which revision is in force on a day, and what the law therefore says of a month.
//!
//! Absent: what a revision says, and how revisions come to be known.

use std::sync::Arc;

use crate::almanac::{Almanac, DueDay, MonthTerms};
use crate::calendar::{Day, Month};
use crate::money::Riel;
use crate::policy::Revision;

/// The revisions known at one instant, by effective day. Never empty.
#[derive(Clone, Debug)]
pub struct Book<'a> {
    pub(super) revisions: Vec<&'a Revision>,
    pub(super) almanac: Arc<Almanac>,
}

impl<'a> Book<'a> {
    /// The revision in force on a day. Days before the first revision are answered by the first.
    pub fn on(&self, day: Day) -> &'a Revision {
        in_force(&self.revisions, day)
    }

    /// The same, with the day from which another is in force; `Day::NEVER` for none.
    pub(crate) fn on_and_until(&self, day: Day) -> (&'a Revision, Day) {
        let next = self.revisions.iter().find(|revision| revision.effective > day);
        (self.on(day), next.map_or(Day::NEVER, |revision| revision.effective))
    }

    /// The same book without the revisions that take effect after `day`.
    pub fn in_force_by(&self, day: Day) -> Book<'a> {
        let mut revisions: Vec<_> = self.revisions.iter().copied().filter(|r| r.effective <= day).collect();
        if revisions.is_empty() {
            revisions.push(self.revisions[0]);
        }
        if revisions.len() == self.revisions.len() {
            return self.clone();
        }
        let almanac = Arc::new(Almanac::of(&revisions));
        Book { revisions, almanac }
    }

    /// The revisions, oldest first.
    pub fn revisions(&self) -> &[&'a Revision] {
        &self.revisions
    }

    /// The last day on which a month can be paid without being overdue, by its own revision.
    #[inline]
    pub fn due(&self, month: Month) -> Day {
        self.due_day(month).day
    }

    /// The due day of a month, with the month in which it lies before a holiday moves it.
    #[inline]
    pub(crate) fn due_day(&self, month: Month) -> DueDay {
        self.almanac.month(month).map_or_else(|| self.terms_worked_out(month).due, |terms| terms.due)
    }

    /// What the law says of a month, where the almanac has it.
    #[inline]
    pub(crate) fn terms(&self, month: Month) -> Option<&MonthTerms> {
        self.almanac.month(month)
    }

    /// What the law says of a month that is not in the almanac.
    #[cold]
    #[inline(never)]
    fn terms_worked_out(&self, month: Month) -> MonthTerms {
        MonthTerms::of(&self.revisions, month)
    }

    /// The first day of a month.
    #[inline]
    pub(crate) fn first_day(&self, month: Month) -> Day {
        self.almanac.month(month).map_or_else(|| month.first_day(), |terms| terms.first_day)
    }

    /// What a month costs when it is paid on a day. One of a revision not yet in force costs what that of the day asks.
    #[inline]
    pub(crate) fn price(&self, month: Month, day: Day) -> Riel {
        let known = self.almanac.month(month).map(|terms| (terms.priced_from, terms.price));
        let (from, price) = known.unwrap_or_else(|| {
            let terms = self.terms_worked_out(month);
            (terms.priced_from, terms.price)
        });
        if from <= day { price } else { self.on(day).contribution }
    }

    /// The calendar month in which a day lies.
    #[inline]
    pub(crate) fn month_of(&self, day: Day) -> Month {
        self.almanac.month_of(day)
    }

    /// Whether no month falls due before an earlier one.
    pub(crate) fn is_in_order(&self) -> bool {
        self.almanac.is_in_order()
    }

    /// The newest month that has fallen due on a day of a month, where months fall due in order.
    pub(crate) fn newest_fallen_due(&self, day: Day, mut month: Month) -> Month {
        while self.due(month) >= day {
            month = month.plus(-1);
        }
        month
    }

    /// The first day after a day that begins a month or comes after a due day.
    pub(crate) fn next_tick(&self, day: Day) -> Day {
        let month = self.month_of(day);
        // A due day of a month belongs to one that lies back by the offset, or by one more where a holiday moved it over
        // the end of its own.
        let passed = (0..=self.almanac.farthest_due()).map(|back| self.due(month.plus(-back)).after());
        passed.filter(|&passed| passed > day).fold(self.first_day(month.plus(1)), Day::min)
    }

    /// The first day of the newest revision in force on a day that does not count older gaps; `Day::MIN` for none.
    pub(crate) fn gaps_count_from(&self, day: Day) -> Day {
        let forgetting = self.revisions.iter().rev().find(|r| r.effective <= day && !r.transition.gaps_count);
        forgetting.map_or(Day::MIN, |revision| revision.effective)
    }
}

/// The revision in force on a day; the first stands in for the days before it.
pub(crate) fn in_force<'a>(revisions: &[&'a Revision], day: Day) -> &'a Revision {
    let newest = revisions.iter().rev().find(|revision| revision.effective <= day);
    newest.copied().unwrap_or(revisions[0])
}
