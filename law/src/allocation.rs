//! Allocation: what becomes of a payment on the day of its value, and of one that comes to nothing.
//!
//! Money is never refused: what cannot be allocated is kept in suspense with its reason. Absent: the price of a
//! return and what it forgives (`doors`).

use crate::calendar::{Day, Moment, Month};
use crate::explanation::Clause;
use crate::fact::FactId;
use crate::money::Riel;
use crate::policy::Revision;
use crate::purse::{Owner, Place, SuspenseReason};
use crate::standing::Machine;
use crate::timeline::{Payment, late};

impl Machine<'_> {
    pub(crate) fn reverse(&mut self, day: Day) {
        for index in 0..self.life.reversals.len() {
            let payment = self.life.payments[self.life.reversals[index]];
            let Some(reversal) = payment.reversal.filter(|r| r.on == day && day <= self.heard_until) else {
                continue;
            };
            // A payment reversed on its own value date never counted: it is dealt with where it would have.
            if payment.on < day {
                self.take_off(&payment, day, reversal.known, reversal.fact);
            }
        }
    }

    /// Takes a payment off where it lies. Months that were paid and are so no longer are owed again, and late.
    fn take_off(&mut self, payment: &Payment, day: Day, known: Moment, fact: FactId) {
        let months = self.take_off_quietly(payment, day);
        let amount = payment.amount;
        self.note(day, vec![fact], || Clause::PaymentReversed { amount, months: months.clone() });
        self.owe_again(&months, day, known, fact);
    }

    /// Takes a payment off where it lies, and answers the months that were paid and are so no longer.
    fn take_off_quietly(&mut self, payment: &Payment, day: Day) -> Vec<Month> {
        self.unsettled = Some(day);
        let off = self.purse.take_off(payment.fact, payment.amount, day);
        let mut months: Vec<Month> = off.iter().map(|&(month, _)| month).collect();
        months.sort_unstable();
        months.dedup();
        months.retain(|&month| self.months.get(month).is_some_and(|row| self.paid(row, day)));
        for (month, amount) in off {
            if let Some(row) = self.months.get_mut(month) {
                row.allocated -= amount;
                row.reached = false;
            }
            self.oldest_open = self.oldest_open.min(month);
        }
        months.retain(|&month| self.months.get(month).is_some_and(|row| !self.paid(row, day)));
        months
    }

    /// Gives months that a reversal reopened the time that a late loss leaves.
    fn owe_again(&mut self, months: &[Month], day: Day, known: Moment, fact: FactId) {
        for &month in months {
            let Some(late) = late(&self.book, known, day, fact, month, month) else { return };
            if let Some(row) = self.months.get_mut(month) {
                row.due = row.due.max(late.due);
            }
            self.lates.push(late);
            self.note(day, vec![fact], || Clause::LearntLate { until: late.due.day });
        }
    }

    pub(crate) fn receive(&mut self, day: Day, revision: &Revision) {
        let from = self.life.payments.partition_point(|payment| payment.on < day);
        let until = self.life.payments.partition_point(|payment| payment.on <= day);
        if from == until || day > self.heard_until {
            return;
        }
        let todays = &self.life.payments[from..until];
        for void in todays.iter().filter(|payment| payment.reversal.is_some_and(|r| r.on == day)) {
            self.relied_upon(void, todays, day, revision);
        }
        for payment in todays {
            if payment.reversal.is_some_and(|reversal| reversal.on == day) {
                self.purse.put(Owner::Payment(payment.fact), Place::Reversed, payment.amount, day);
            } else {
                self.place(payment, day, revision);
            }
        }
    }

    /// A payment that is reversed on its own value date never counted. But where that was learnt later, the ledger
    /// had shown the money as received until then: whoever relied on a month that it paid gets the time that any
    /// late loss gives. Which months these are shows when the day is tried with the payment.
    fn relied_upon(&mut self, void: &Payment, todays: &[Payment], day: Day, revision: &Revision) {
        let Some(reversal) = void.reversal.filter(|reversal| reversal.known.day() > day) else { return };
        let mut as_known_before = self.clone();
        as_known_before.steps = None;
        for payment in todays {
            let known_before =
                payment.reversal.filter(|r| r.on == day && (r.known, r.fact) < (reversal.known, reversal.fact));
            if known_before.is_none() && payment.fact < reversal.fact {
                as_known_before.place(payment, day, revision);
            }
        }
        as_known_before.come_back(day, revision);
        let months = as_known_before.take_off_quietly(void, day);
        self.owe_again(&months, day, reversal.known, reversal.fact);
    }

    fn place(&mut self, payment: &Payment, day: Day, revision: &Revision) {
        let (owner, amount) = (Owner::Payment(payment.fact), payment.amount);
        let reason = if self.dead(day) {
            Some(SuspenseReason::Deceased)
        } else if self.enrolled_from.is_none() {
            Some(SuspenseReason::NotEnrolled)
        } else if self.lapse.is_some() {
            if let Some(terms) = revision.back_payment {
                self.purse.put(owner, Place::Pot, amount, day);
                let (pot, price) = (self.purse.pot(), self.price_of_return(day, &terms).0);
                self.note(day, vec![payment.fact], || Clause::PaymentSavedUp { amount, pot, price });
                return;
            }
            Some(SuspenseReason::Abandoned)
        } else {
            None
        };
        if let Some(reason) = reason {
            self.purse.put(owner, Place::Suspense(reason), amount, day);
            self.note(day, vec![payment.fact], || Clause::PaymentSuspended { amount, reason });
            return;
        }
        let placed_before = self.purse.parcels.len();
        self.allocate(owner, amount, payment.month, day, revision);
        if self.steps.is_some() {
            let placed = &self.purse.parcels[placed_before..];
            let months = placed.iter().filter_map(|parcel| match parcel.place {
                Place::Month(month) => Some(month),
                Place::Credit | Place::Suspense(_) | Place::Pot | Place::Surcharge | Place::Reversed => None,
            });
            let months: Vec<Month> = months.collect();
            let credit = placed.iter().filter(|p| p.place == Place::Credit).map(|p| p.amount).sum();
            self.note(day, vec![payment.fact], || Clause::PaymentAllocated { amount, months, credit });
        }
    }

    /// Allocates money: the named month first, then the oldest owed unpaid one and on, up to the limit; the rest
    /// is credit.
    pub(crate) fn allocate(&mut self, owner: Owner, amount: Riel, named: Option<Month>, day: Day, revision: &Revision) {
        let Some(first) = self.enrolled_from else { return };
        self.allocated_on(day);
        let limit = day.month().plus(i32::from(revision.prepay_months));
        let mut left = amount;
        if let Some(month) = named.filter(|&month| month <= limit) {
            left -= self.fill(owner, left, month, day);
        }
        let mut month = self.oldest_open.max(first);
        while left > 0 && month <= limit {
            left -= self.fill(owner, left, month, day);
            month = month.plus(1);
        }
        self.purse.put(owner, Place::Credit, left, day);
    }

    /// Puts on a month what it lacks, at most `left`, and answers how much that was.
    pub(crate) fn fill(&mut self, owner: Owner, left: Riel, month: Month, day: Day) -> Riel {
        let row = self.months.get(month).filter(|row| self.owed(row, day) && !self.paid(row, day));
        let Some((price, lack)) = row.map(|row| (self.price(row, day), self.price(row, day) - row.allocated)) else {
            return 0;
        };
        let amount = left.min(lack);
        if let Some(row) = self.months.get_mut(month) {
            row.allocated += amount;
            row.reached = row.allocated >= price;
        }
        self.purse.put(owner, Place::Month(month), amount, day);
        amount
    }

    /// From the day after a death what lies on months after the month of death is credit.
    pub(crate) fn settle_death(&mut self, day: Day) {
        let Some((died, _)) = self.life.died.filter(|(died, _)| died.after() == day && day <= self.heard_until) else {
            return;
        };
        for parcel in &mut self.purse.parcels {
            if let Place::Month(month) = parcel.place
                && month > died.month()
            {
                parcel.place = Place::Credit;
            }
        }
        for row in self.months.all_mut().iter_mut().filter(|row| row.month > died.month()) {
            row.allocated = 0;
            row.reached = false;
        }
    }
}
