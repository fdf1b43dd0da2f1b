//! Entry: whether an employment before lets somebody enrol, and the end of a membership whose time is over.
//!
//! An end by time is no lapse: no bar follows from it, and nothing is owed any more. Absent: the bar after a lapse and
//! the ways back from it (`doors`).

use crate::answer::EnrolmentRefusal;
use crate::calendar::{Day, Month};
use crate::explanation::Clause;
use crate::policy::{Entry, EntryMonths, Revision};
use crate::standing::{Machine, Today};

impl Machine<'_> {
    /// Why somebody whom nobody employs cannot enrol on a day by the clause of entry; none where it does not stand in the
    /// way. An amnesty that opens re-enrolment opens it to those who lapsed whatever they were before.
    #[inline]
    pub(crate) fn refuses_entry(&self, today: Today<'_>) -> Option<EnrolmentRefusal> {
        let entry = today.revision.entry.as_ref()?;
        let by_amnesty = today.revision.amnesty(today.day).is_some_and(|amnesty| amnesty.re_enrolment);
        if self.lapse.is_some() && by_amnesty { None } else { self.entry_not_met(today, entry) }
    }

    /// What of the clause of entry is not met on a day.
    pub(crate) fn entry_not_met(&self, today: Today<'_>, entry: &Entry) -> Option<EnrolmentRefusal> {
        let Some(last) = self.last_day_worked(today.day) else { return Some(EnrolmentRefusal::InsuredTooShort) };
        let newest = last.month();
        let insured = |ago: &u16| self.insured_by_work(newest.plus(-i32::from(*ago)), today);
        let enough = match entry.employed {
            EntryMonths::Consecutive(months) => (0..months).all(|ago| insured(&ago)),
            EntryMonths::Window { worked, of } => (0..of).filter(insured).count() >= usize::from(worked),
        };
        if !enough {
            return Some(EnrolmentRefusal::InsuredTooShort);
        }
        let in_time = entry.within.is_none_or(|within| today.day <= within.last_day(last));
        (!in_time).then_some(EnrolmentRefusal::EntryClosed)
    }

    /// The last day on which somebody whom nobody employs can still enrol after the last day worked.
    pub(crate) fn entry_closes(&self, today: Today<'_>) -> Option<Day> {
        let within = today.revision.entry.as_ref()?.within?;
        Some(within.last_day(self.last_day_worked(today.day)?))
    }

    fn last_day_worked(&self, day: Day) -> Option<Day> {
        let ended = self.life.jobs[..self.next.jobs].iter().filter_map(|job| job.until);
        ended.filter(|&until| until < day).max()
    }

    fn insured_by_work(&self, month: Month, today: Today<'_>) -> bool {
        self.months.get(month).is_some_and(|(sets, bit)| sets.worked & bit != 0) && self.counts_as_worked(month, today)
    }

    /// The first month that a membership cannot reach by its length, where the law of a day ends it by time.
    #[inline]
    pub(crate) fn beyond_by_time(&self, revision: &Revision) -> Option<Month> {
        revision.longest_months.map(|months| self.joined.plus(i32::from(months)))
    }

    /// Whether the time of the present enrolment is over on a day.
    #[inline]
    pub(crate) fn is_over_by_time(&self, today: Today<'_>) -> bool {
        self.beyond_by_time(today.revision).is_some_and(|beyond| today.month >= beyond)
    }

    /// Ends a membership whose time is over, at the start of a day, unless it has lapsed. What lies on months that begin
    /// on that day or later is credit.
    #[inline]
    pub(crate) fn end_by_time(&mut self, today: Today<'_>) {
        let Some(months) = today.revision.longest_months else { return };
        let is_member = self.enrolled_from.is_some() && self.lapse.is_none() && !self.dead(today.day);
        if is_member && self.is_over_by_time(today) {
            let begins = self.book.first_day(today.month) == today.day;
            let first = if begins { today.month } else { today.month.plus(1) };
            self.purse.credit_months_after(first.plus(-1));
            self.months.take_off_from(first);
            self.leave_scheme();
            self.pending = None;
            self.waived = None;
            self.note(today.day, Vec::new, || Clause::MembershipOver { months });
        }
    }

    /// The newest month that can be paid on a day.
    #[inline]
    pub(crate) fn newest_payable(&self, today: Today<'_>) -> Month {
        let limit = today.month.plus(i32::from(today.revision.prepay_months));
        self.beyond_by_time(today.revision).map_or(limit, |beyond| limit.min(beyond.plus(-1)))
    }
}
