//! Owed: which months are owed, paid and overdue on a day, and what follows for a lapse.
//!
//! Questions about the months of a machine, and the later due days that are given by what was learnt late. Absent: what
//! becomes of the member (`standing`), and what is allocated to a month (`allocation`).

use crate::almanac::DueDay;
use crate::calendar::{Day, Month};
use crate::life::Late;
use crate::months::{Bits, Part, above};
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

    /// Whether a month has to be paid, by somebody who has not paid it.
    #[inline]
    pub(crate) fn owed(&self, month: Month) -> bool {
        self.enrolled_from.is_some_and(|first| month >= first)
            && self.months.get(month).is_some_and(|(sets, bit)| sets.not_owed() & bit == 0)
    }

    /// Whether the price of a month is reached.
    #[inline]
    pub(crate) fn paid(&self, month: Month, day: Day) -> bool {
        self.months.get(month).is_some_and(|(sets, bit)| {
            sets.paid & bit != 0
                || sets.partly & bit != 0 && self.months.row(month).allocated >= self.book.price(month, day)
        })
    }

    /// When a month falls due.
    #[inline]
    pub(crate) fn due(&self, month: Month) -> DueDay {
        self.months.due(month, self.book)
    }

    /// Whether a month can be paid no more without having been overdue.
    #[inline]
    pub(crate) fn has_fallen_due(&self, month: Month, day: Day) -> bool {
        day > self.due(month).day
    }

    /// Which months of a part have to be paid, by somebody who has not paid them.
    #[inline]
    pub(crate) fn owed_in(&self, part: &Part) -> u64 {
        self.enrolled_from.map_or(0, |first| part.from(first) & !part.sets.not_owed())
    }

    /// Which months of a part are paid. Where less than the price was put on a month, a later revision may ask no more
    /// than that; no month is free, so one on which nothing lies is not paid.
    #[inline]
    pub(crate) fn paid_in(&self, part: &Part, day: Day) -> u64 {
        let paid = part.sets.paid & part.mask;
        if part.sets.partly & part.mask == 0 { paid } else { paid | self.paid_by_the_price_of(part, day) }
    }

    #[cold]
    fn paid_by_the_price_of(&self, part: &Part, day: Day) -> u64 {
        part.such(part.sets.partly & part.mask, |month| self.months.row(month).allocated >= self.book.price(month, day))
    }

    /// Whether no month falls due before an older one.
    #[inline]
    fn falls_due_in_order(&self) -> bool {
        self.book.is_in_order() && self.months.none_put_off()
    }

    /// Which of some months of a part have fallen due.
    #[inline]
    pub(crate) fn fallen_due_in(&self, part: &Part, months: u64, today: Today<'_>) -> u64 {
        if self.falls_due_in_order() {
            months & part.up_to(today.fallen_due)
        } else {
            part.such(months, |month| self.has_fallen_due(month, today.day))
        }
    }

    /// Which months of a part are overdue.
    #[inline]
    fn overdue_in(&self, part: &Part, today: Today<'_>) -> u64 {
        self.fallen_due_in(part, self.owed_in(part) & !self.paid_in(part, today.day), today)
    }

    /// Which of some months that have fallen due count for a lapse: not those that did before a revision that does not
    /// count older gaps.
    #[inline]
    fn counting_in(&self, part: &Part, months: u64, day: Day) -> u64 {
        let counted_from = self.book.gaps_count_from(day);
        if counted_from == Day::MIN {
            return months;
        }
        part.such(months, |month| self.due(month).day.after() >= counted_from)
    }

    /// The months that are overdue, oldest first.
    pub(crate) fn overdue_months(&self, today: Today<'_>) -> impl Iterator<Item = Month> {
        // Months before the oldest open one are paid or not owed.
        let parts = self.months.parts(self.oldest_open, today.month);
        parts.flat_map(move |part| Bits(self.overdue_in(&part, today)).map(move |bit| part.month(bit)))
    }

    /// What is overdue on a day, and the run of missed months.
    pub(crate) fn arrears(&self, today: Today<'_>) -> Arrears {
        let mut arrears = Arrears::default();
        if self.oldest_open > today.fallen_due && self.falls_due_in_order() {
            return arrears;
        }
        let mut runs = true;
        // Months before the oldest open one neither add to a run nor are they overdue.
        for part in self.months.parts_back(self.oldest_open, today.month) {
            let overdue = self.overdue_in(&part, today);
            arrears.overdue += overdue.count_ones();
            if runs {
                let paid = self.paid_in(&part, today.day);
                let worked = match today.revision.formal_spell {
                    FormalSpell::Resets => part.sets.worked & part.mask,
                    FormalSpell::Pauses => 0,
                };
                let run = self.counting_in(&part, overdue & above(paid | worked), today.day);
                arrears.run += run.count_ones();
                if run != 0 {
                    arrears.oldest = Some(part.month(run.trailing_zeros()));
                }
                runs = paid | worked == 0;
            }
        }
        arrears
    }

    pub(crate) fn condition_holds(&self, today: Today<'_>, arrears: Arrears) -> bool {
        today.revision.lapse.iter().any(|condition| match *condition {
            LapseCondition::Consecutive(months) => arrears.run > u32::from(months),
            LapseCondition::Window { paid, of } => self.window_broken(today, u32::from(paid), u32::from(of)),
        })
    }

    /// Whether of the last `of` owed months that have fallen due or are paid fewer than `needed` are paid.
    #[inline(never)]
    fn window_broken(&self, today: Today<'_>, needed: u32, of: u32) -> bool {
        let (mut missing, mut found) = (of, 0);
        for part in self.months.parts_back(self.months.base(), self.months.end()) {
            let owed = self.owed_in(&part);
            let paid = owed & self.paid_in(&part, today.day);
            let missed = self.fallen_due_in(&part, owed & !paid, today);
            let counted = paid | self.counting_in(&part, missed, today.day);
            for bit in Bits(counted).rev().take(missing as usize) {
                (missing, found) = (missing - 1, found + u32::from(paid >> bit & 1 == 1));
            }
        }
        missing == 0 && found < needed
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
            self.make_room(late.due.month);
            let first = late.first.max(self.months.base());
            for month in (first.0..=late.last.min(late.due.month).0).map(Month) {
                let earlier = self.due(month).day < late.due.day;
                if earlier && self.owed(month) && self.book.due(month) > late.due_after {
                    self.months.put_off(month, late.due);
                }
            }
        }
    }

    pub(crate) fn notice_allows(&self, today: Today<'_>) -> bool {
        let Some(days) = today.revision.notice_days else { return true };
        let Some(oldest) = self.overdue_months(today).next() else { return false };
        let due = self.due(oldest).day;
        let heard = self.life.notices.iter().map(|&(on, _)| on).filter(|&on| on > due && on <= self.heard_until);
        heard.into_iter().any(|on| on.plus(i32::from(days)) <= today.day)
    }

    /// Whether a waiver still holds: no month is overdue that was not when it was given.
    pub(crate) fn waiver_stands(&self, today: Today<'_>) -> bool {
        let waived = self.waived.as_ref();
        waived.is_some_and(|months| self.overdue_months(today).all(|month| months.contains(&month)))
    }

    /// Moves on over months that can never be overdue again, unless a reversal reopens them. The price of a month that
    /// has not begun may still change, so such a month must have reached it.
    #[inline]
    pub(crate) fn advance_oldest_open(&mut self, today: Today<'_>) {
        while let Some((sets, bit)) = self.months.get(self.oldest_open) {
            let open = self.oldest_open;
            let closed = (sets.paid | sets.worked | sets.excused) & bit != 0;
            if !closed && (open >= today.month || !self.paid(open, today.day) && self.owed(open)) {
                return;
            }
            self.oldest_open = open.plus(1);
        }
    }
}

#[cfg(test)]
mod tests;
