//! Money of a day (sections 4 and 5): payments, their allocation, reversals and refunds.

use krama_law::calendar::{Day, Month};
use krama_law::money::Riel;

use super::day::State;
use super::facts::{Payment, Refund, Reversal, World};
use super::month::View;
use super::purse::{Owner, Place, Purse};
use super::quote::{back_payment, payments_that_count, with_late_charge};
use super::table::Table;

/// What taking money off opens.
pub(super) struct Opened {
    /// The owed months that were paid and are not any more.
    pub(super) months: Vec<Month>,
    /// Whether something came off an owed month that had been paid in part.
    pub(super) partly: bool,
}

impl State {
    /// Section 4: from the day after a death, what lies on months after the month of death is credit.
    pub(super) fn credit_after_death(&mut self, world: &World<'_>, day: Day) {
        if let Some(death) = world.death
            && death.after() == day
        {
            for (month, amount) in self.purse.credit_months_after(death.month()) {
                self.take_from_month(&world.own, month, amount);
            }
        }
    }

    pub(super) fn take_from_month(&mut self, table: &Table, month: Month, amount: Riel) {
        if let Some(index) = table.index(month) {
            self.on_month[index] -= amount;
            // What made the month paid is no longer all there.
            self.was_paid[index] = None;
        }
    }

    /// Agreed: a payment reversed on its own value date never counts; but when this is learnt on a later day, the
    /// months that it had paid at the end of its value date, as was known before, are made owed again.
    pub(super) fn owe_again_what_was_relied_upon(
        &mut self,
        world: &World<'_>,
        payments: &[Payment],
        day: Day,
        void: &Reversal,
    ) {
        if void.known.day() <= day {
            return;
        }
        let mut before = self.clone();
        for payment in payments {
            let void_before = payment.void.is_some_and(|other| (other.known, other.id) < (void.known, void.id));
            if !void_before && (payment.known, payment.id) < (void.known, void.id) {
                before.receive(world, &Payment { void: None, ..*payment }, day);
            }
        }
        before.return_if_paid(world, day);
        let opened = before.reverse(world, void, day);
        self.owe_again(world, &opened, day, void.known.day());
    }

    /// Section 5, step 3: takes a payment's money off; returns the owed months that were paid and are not any more.
    pub(super) fn reverse(&mut self, world: &World<'_>, reversal: &Reversal, day: Day) -> Opened {
        self.opening(world, day, |purse| purse.take_off(reversal.payment))
    }

    /// Pays back some of a payment; returns the owed months that were paid and are not any more. Of a payment that came
    /// to nothing nothing is left to pay back.
    pub(super) fn refund(&mut self, world: &World<'_>, refund: &Refund, day: Day) -> Opened {
        if world.reversed_by(refund.payment, day) {
            return Opened { months: Vec::new(), partly: false };
        }
        self.opening(world, day, |purse| purse.refund(refund.payment, refund.amount))
    }

    /// Takes money off, and tells which months that opens.
    /// Reading: only a month that was paid is made owed again; one that was paid in part was owing all along.
    fn opening(&mut self, world: &World<'_>, day: Day, take: impl FnOnce(&mut Purse) -> Vec<(Month, Riel)>) -> Opened {
        let before = self.clone();
        let taken = take(&mut self.purse);
        for &(month, amount) in &taken {
            self.take_from_month(&world.own, month, amount);
        }
        let (before, after) = (View::of(world, &before, day), View::of(world, self, day));
        let months = (0..world.own.len()).map(|index| world.own.base.plus(i32::try_from(index).unwrap_or(0)));
        let months = months.filter(|&month| before.paid(month) && !after.paid(month) && after.owed(month));
        let partly = taken.iter().any(|&(month, _)| !before.paid(month) && after.owed(month));
        Opened { months: months.collect(), partly }
    }

    /// Section 5, step 3: a payment of the day.
    pub(super) fn receive(&mut self, world: &World<'_>, payment: &Payment, day: Day) {
        let owner = Owner::Payment(payment.id);
        if payment.void.is_some() {
            self.purse.reversed += payment.amount;
            return;
        }
        self.purse.receive(payment.id, payment.amount);
        if world.dead_on(day) || self.enrolment.is_none() {
            self.purse.put(owner, Place::Suspense, payment.amount, day);
        } else if self.lapse.is_some() {
            let door = back_payment(world.book.on(day), day).is_some() && !self.time_is_over(world, day);
            self.purse.put(owner, if door { Place::Pot } else { Place::Suspense }, payment.amount, day);
            self.drop_older_instalments(world, day);
        } else if self.suspended {
            self.purse.put(owner, Place::Pot, payment.amount, day);
            self.drop_older_instalments(world, day);
        } else {
            self.allocate(world, owner, payment.amount, payment.named, day);
        }
    }

    /// Of the payments added up only the newest that the law lets count stay so; older ones are credit from then on.
    fn drop_older_instalments(&mut self, world: &World<'_>, day: Day) {
        let view = View::of(world, self, day);
        if let Some(most) = payments_that_count(&view) {
            while self.purse.payments_in_pot().len() > most {
                self.purse.credit_oldest_in_pot();
            }
        }
    }

    /// Section 4, allocation: the month named, then the oldest owed unpaid months up to the limit, then credit.
    pub(super) fn allocate(&mut self, world: &World<'_>, owner: Owner, amount: Riel, named: Option<Month>, day: Day) {
        let Some(enrolment) = self.enrolment else { return };
        let limit = world.own.month_of(day).plus(i32::from(world.book.on(day).prepay_months));
        let mut left = amount;
        for month in named.into_iter().chain((enrolment.month.0..=limit.0).map(Month)) {
            let view = View::of(world, self, day);
            let in_time = month <= limit && !self.is_too_late_for(world, month, day);
            if left > 0 && in_time && view.owed(month) && !view.paid(month) {
                let (part, charge) = with_late_charge(&view, month, left);
                self.put_on_month(world, owner, month, part, day);
                self.purse.put(owner, Place::Surcharge, charge, day);
                left -= part + charge;
            }
        }
        self.purse.put(owner, Place::Credit, left, day);
    }

    pub(super) fn put_on_month(&mut self, world: &World<'_>, owner: Owner, month: Month, amount: Riel, day: Day) {
        self.purse.put(owner, Place::Month(month), amount, day);
        if let Some(index) = world.own.index(month) {
            self.on_month[index] += amount;
            // A month that stays paid keeps the day on which it was paid first.
            let reached = self.was_paid[index].unwrap_or(day);
            self.was_paid[index] = View::of(world, self, day).paid(month).then_some(reached);
        }
    }
}
