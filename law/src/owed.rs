//! Owed: which months are owed, paid and overdue on a day, and what follows for a lapse.
//!
//! Questions about the months of a machine, and the later due days that are given by what was learnt late. Absent: what
//! becomes of the member (`standing`), and what is allocated to a month (`allocation`).

use crate::calendar::{Day, Month};
use crate::life::Late;
use crate::months::MonthRow;
use crate::policy::{FormalSpell, LapseCondition};
use crate::standing::{Machine, Today};

/// What is overdue on a day.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Arrears {
    /// The months that are overdue.
    pub(crate) overdue: u32,
    /// The run of missed months.
    pub(crate) run: u32,
    /// The oldest month of the run.
    pub(crate) oldest: Option<Month>,
}

impl Machine<'_> {
    #[inline]
    pub(crate) fn dead(&self, day: Day) -> bool {
        self.life.died.is_some_and(|(died, _)| died < day && died <= self.heard_until)
    }

    #[inline]
    pub(crate) fn employed(&self, day: Day) -> bool {
        let [private, public] = self.worked_through;
        private.max(public) >= day
    }

    /// Whether an employment that has begun covers any day of the month.
    #[inline]
    pub(crate) fn worked(&self, row: &MonthRow, day: Day) -> bool {
        row.worked_from <= day.min(self.heard_until)
    }

    #[inline]
    pub(crate) fn excused(&self, row: &MonthRow) -> bool {
        row.excused_from <= self.heard_until
    }

    #[inline]
    pub(crate) fn owed(&self, month: Month, row: &MonthRow, day: Day) -> bool {
        self.enrolled_from.is_some_and(|first| month >= first)
            && !row.forgiven
            && !self.worked(row, day)
            && !self.excused(row)
    }

    #[inline]
    pub(crate) fn paid(&self, month: Month, row: &MonthRow, day: Day) -> bool {
        // No month is free, so one on which nothing lies is not paid.
        row.reached_on.is_some() || row.allocated > 0 && row.allocated >= self.book.price(month, day)
    }

    pub(crate) fn overdue(&self, month: Month, row: &MonthRow, day: Day) -> bool {
        !self.paid(month, row, day) && self.owed(month, row, day) && day > row.due(month, &self.book).day
    }

    pub(crate) fn overdue_months(&self, today: Today<'_>) -> impl DoubleEndedIterator<Item = (Month, &MonthRow)> {
        let first = self.enrolled_from.map_or(Month(i32::MAX - 1), |first| first.max(self.oldest_open));
        let rows = self.months.range(first, today.month);
        rows.filter(move |(month, row)| self.overdue(*month, row, today.day))
    }

    /// What is overdue on a day, and the run of missed months.
    pub(crate) fn arrears(&self, today: Today<'_>) -> Arrears {
        let day = today.day;
        let mut arrears = Arrears::default();
        let Some(first) = self.enrolled_from else { return arrears };
        let counted_from = self.book.gaps_count_from(day);
        let mut runs = true;
        // Months before the oldest open one are paid or not owed; they neither add to a run nor are they overdue.
        for (month, row) in self.months.range(first.max(self.oldest_open), today.month).rev() {
            if self.paid(month, row, day) {
                runs = false;
            } else if self.worked(row, day) {
                runs &= today.revision.formal_spell == FormalSpell::Pauses;
            } else if self.owed(month, row, day) {
                let due = row.due(month, &self.book).day;
                if day > due {
                    arrears.overdue += 1;
                    if runs && due.after() >= counted_from {
                        arrears.run += 1;
                        arrears.oldest = Some(month);
                    }
                }
            }
        }
        arrears
    }

    pub(crate) fn condition_holds(&self, today: Today<'_>, arrears: Arrears) -> bool {
        today.revision.lapse.iter().any(|condition| match *condition {
            LapseCondition::Consecutive(months) => arrears.run > u32::from(months),
            LapseCondition::Window { paid, of } => self.window_broken(today.day, usize::from(paid), usize::from(of)),
        })
    }

    /// Whether of the last `of` owed months that have fallen due or are paid fewer than `needed` are paid.
    #[inline(never)]
    fn window_broken(&self, day: Day, needed: usize, of: usize) -> bool {
        let Some(first) = self.enrolled_from else { return false };
        let counted_from = self.book.gaps_count_from(day);
        let (mut counted, mut paid) = (0, 0);
        for (month, row) in self.months.range(first, self.months.end()).rev() {
            if counted == of {
                break;
            }
            if !self.owed(month, row, day) {
                continue;
            }
            let due = row.due(month, &self.book).day;
            if self.paid(month, row, day) {
                (counted, paid) = (counted + 1, paid + 1);
            } else if day > due && due.after() >= counted_from {
                counted += 1;
            }
        }
        counted == of && paid < needed
    }

    pub(crate) fn shielded(&self, day: Day) -> bool {
        self.lates.iter().any(|late| self.heard(late) && late.from <= day && day <= late.due.day)
    }

    /// Whether a late fact counts: it is no later fact than is heard, or is about something that is.
    fn heard(&self, late: &Late) -> bool {
        late.from <= self.heard_until || late.about_from.is_some_and(|from| from <= self.heard_until)
    }

    /// Lets months that a late fact makes owed again fall due no earlier than it says. They are those of its months
    /// that are owed on some day from the one from which it counts to the one on which it was learnt.
    #[inline(always)]
    pub(crate) fn put_off_due_days(&mut self, day: Day) {
        if !self.lates.is_empty() {
            self.put_off_by_lates(day);
        }
    }

    fn put_off_by_lates(&mut self, day: Day) {
        for index in 0..self.lates.len() {
            let late = self.lates[index];
            if day < late.from || late.learnt < day || !self.heard(&late) {
                continue;
            }
            self.months.extend(self.life, late.due.month);
            let first = late.first.max(self.months.base());
            for month in (first.0..=late.last.min(late.due.month).0).map(Month) {
                let Some(row) = self.months.get(month) else { continue };
                let earlier = row.due(month, &self.book).day < late.due.day;
                if earlier && self.owed(month, row, day) && self.book.due(month) > late.due_after {
                    self.put_off(month, late);
                }
            }
        }
    }

    pub(crate) fn put_off(&mut self, month: Month, late: Late) {
        if let Some(row) = self.months.get_mut(month) {
            row.put_off = Some(late.due);
        }
    }

    pub(crate) fn notice_allows(&self, today: Today<'_>) -> bool {
        let Some(days) = today.revision.notice_days else { return true };
        let Some((month, row)) = self.overdue_months(today).next() else { return false };
        let due = row.due(month, &self.book).day;
        let heard = self.life.notices.iter().filter(|&&on| on > due && on <= self.heard_until);
        heard.into_iter().any(|on| on.plus(i32::from(days)) <= today.day)
    }

    /// Whether a waiver still holds: no month is overdue that was not when it was given.
    pub(crate) fn waiver_stands(&self, today: Today<'_>) -> bool {
        let waived = self.waived.as_ref();
        waived.is_some_and(|months| self.overdue_months(today).all(|(month, _)| months.contains(&month)))
    }

    /// Few months close so; kept out of line for the sake of the others.
    #[inline(never)]
    fn is_closed_by_price_or_forgiven(&self, month: Month, row: &MonthRow, day: Day) -> bool {
        self.paid(month, row, day) || !self.owed(month, row, day)
    }

    /// Moves on over months that can never be overdue again, unless a reversal reopens them. The price of a month that
    /// has not begun may still change, so such a month must have reached it.
    #[inline]
    pub(crate) fn advance_oldest_open(&mut self, today: Today<'_>) {
        let Today { day, month, .. } = today;
        let mut open = self.oldest_open;
        while let Some(row) = self.months.get(open) {
            let closed = row.reached_on.is_some()
                || self.worked(row, day)
                || self.excused(row)
                || open < month && self.is_closed_by_price_or_forgiven(open, row, day);
            if !closed {
                break;
            }
            open = open.plus(1);
        }
        self.oldest_open = open;
    }
}
