//! Coming in and coming back (sections 5 and 7): enrolment, return by paying, suspension and its ends.

use krama_law::calendar::Day;

use super::day::{Enrolment, State};
use super::facts::{Joining, World};
use super::late::due_left;
use super::month::View;
use super::purse::Place;
use super::quote::{quote, terms};

impl State {
    /// Section 5, step 2: an enrolment that was not refused; after a lapse it is the re-enrolment of section 7,
    /// which forgives older months: they are not owed, as they are before the new enrolment.
    pub(super) fn enrol(&mut self, world: &World<'_>, joining: &Joining, day: Day) {
        let month = world.own.month_of(day);
        let month_is_owed = super::table::own_due(&world.book, month).day >= day;
        self.enrolment = Some(Enrolment { month, first_owed: if month_is_owed { month } else { month.plus(1) } });
        self.lapse = None;
        self.pending = false;
        self.waived = None;
        self.waiting_until = None;
        self.suspended = false;
        self.returned = None;
        if joining.learnt > day
            && let Some(due) = due_left(&world.book, day, joining.learnt)
        {
            // Reading: the shield begins with the enrolment, which comes after the start of its day.
            self.shields.push((day.after(), due.day));
            self.joined_late.push((day.after(), joining.learnt, due, joining.owed_anyway_from));
        }
        // Reading: the pot is allocated with the enrolment, before the reversals of the day, also when the bar had
        // been lifted by an employment in between.
        self.allocate_pot(world, day);
    }

    fn allocate_pot(&mut self, world: &World<'_>, day: Day) {
        if self.purse.pot() > 0 {
            let (owner, amount) = self.purse.empty_pot();
            self.allocate(world, owner, amount, None, day);
        }
    }

    /// Suspension with its way back, at the start of a day, right after the lapse step. It ends by itself when few
    /// enough months are overdue, or when the law of the day knows no such thing.
    /// Reading: as during an employment, after a death it neither begins nor ends.
    pub(super) fn suspend_or_resume(&mut self, world: &World<'_>, day: Day) {
        if self.enrolment.is_none() || self.lapse.is_some() || world.dead_on(day) || world.employed_on(day) {
            return;
        }
        let view = View::of(world, self, day);
        let rules = view.rules();
        let most = rules.suspension_return.and(rules.suspend_after);
        let too_many = most.is_some_and(|most| view.overdue_months().len() > usize::from(most));
        if too_many {
            self.suspended = true;
        } else if self.suspended {
            self.suspended = false;
            self.allocate_pot(world, day);
        }
    }

    /// Section 7, back-payment: on the first day on which the money added up reaches that day's quote. The way back from
    /// a suspension is the same, on its own terms.
    /// Reading: it is looked at once, after all payments of the day; a flat fee alone must be reached as well.
    pub(super) fn return_if_paid(&mut self, world: &World<'_>, day: Day) {
        let view = View::of(world, self, day);
        if self.purse.pot() == 0 {
            return;
        }
        let Some(quote) = quote(&view).filter(|quote| self.purse.pot() >= quote.price) else { return };
        let waiting = terms(&view).map_or(0, |terms| terms.waiting_months);
        let overdue = view.overdue_months();

        self.returned = Some((day, overdue.len()));
        let (owner, total) = self.purse.empty_pot();
        let mut on_months = 0;
        for &(month, lack) in &quote.months {
            self.put_on_month(world, owner, month, lack, day);
            on_months += lack;
        }
        self.purse.put(owner, Place::Surcharge, quote.price - on_months, day);
        for month in overdue {
            if quote.months.iter().all(|&(quoted, _)| quoted != month)
                && let Some(index) = world.own.index(month)
            {
                self.forgiven[index] = true;
            }
        }
        self.lapse = None;
        self.suspended = false;
        self.waiting_until = (waiting > 0).then(|| world.own.month_of(day).plus(i32::from(waiting)).first_day());
        self.allocate(world, owner, total - quote.price, None, day);
    }
}
