//! Allocation: what becomes of a payment on the day of its value, and of one that comes to nothing.
//!
//! Money is never refused: what cannot be allocated is kept in suspense with its reason. Absent: the price of a
//! return and what it forgives (`doors`).

use crate::calendar::{Day, Moment, Month};
use crate::explanation::Clause;
use crate::fact::FactId;
use crate::life::{Payment, late};
use crate::money::{Riel, paid_with_penalty, price_with_penalty};
use crate::policy::{BackPayment, LateCharge};
use crate::purse::{Owner, Place, SuspenseReason};
use crate::standing::{Machine, Today};

/// What money that is taken off months opens.
struct Opened {
    /// The months that were paid and are so no longer.
    unpaid: Vec<Month>,
    /// The months that had been paid in part.
    partly: Vec<Month>,
}

impl Machine<'_> {
    pub(crate) fn reverse(&mut self, day: Day) {
        while let Some(&index) = self.life.reversals.get(self.next.reversals) {
            let payment = self.life.payments[index];
            let Some(reversal) = payment.reversal.filter(|reversal| reversal.on <= day) else { return };
            self.next.reversals += 1;
            // One reversed on its own value date lies nowhere yet: what follows for it is dealt with where it would count.
            self.take_off(&payment, day, reversal.known, reversal.fact);
        }
    }

    /// Takes a payment off where it lies. Months that were paid and are so no longer are owed again, and late.
    fn take_off(&mut self, payment: &Payment, day: Day, known: Moment, fact: FactId) {
        let opened = self.take_off_quietly(payment, day);
        let amount = payment.amount;
        self.note(day, || vec![fact], || Clause::PaymentReversed { amount, months: opened.unpaid.clone() });
        self.owe_again(&opened, day, known, fact);
    }

    /// Takes a payment off where it lies, and answers what that opens.
    fn take_off_quietly(&mut self, payment: &Payment, day: Day) -> Opened {
        let off = self.purse.take_off(payment.fact, payment.amount, day);
        self.reopen(off, day)
    }

    /// Pays money back, last of all that is done with money on a day.
    pub(crate) fn refund(&mut self, day: Day) {
        while let Some(&refund) = self.life.refunds.get(self.next.refunds).filter(|refund| refund.on <= day) {
            self.next.refunds += 1;
            let Some(payment) = self.life.payments.iter().find(|payment| payment.fact == refund.payment) else {
                continue;
            };
            if payment.reversal.is_some_and(|reversal| reversal.on <= day) {
                continue;
            }
            let amount = refund.amount.min(payment.amount - self.purse.refunded(payment.fact));
            let off = self.purse.refund(payment.fact, amount, day);
            let opened = self.reopen(off, day);
            let months = opened.unpaid.clone();
            self.note(day, || vec![refund.fact], || Clause::PaymentRefunded { amount, months });
            self.owe_again(&opened, day, refund.known, refund.fact);
        }
    }

    /// Takes money off months, and answers what that opens.
    fn reopen(&mut self, off: Vec<(Month, Riel)>, day: Day) -> Opened {
        self.unsettled = Some(day);
        let mut months: Vec<Month> = off.iter().map(|&(month, _)| month).collect();
        months.sort_unstable();
        months.dedup();
        let (mut unpaid, partly): (Vec<Month>, Vec<Month>) =
            months.into_iter().partition(|&month| self.paid(month, day));
        for (month, amount) in off {
            self.months.add(month, -amount, None);
            self.oldest_open = self.oldest_open.min(month);
        }
        unpaid.retain(|&month| !self.paid(month, day));
        Opened { unpaid, partly }
    }

    /// Gives those of the months that a reversal reopened which are owed again the time that a late loss leaves. A month
    /// of an earlier enrolment, or one that is excused by now, takes nothing away from anybody. A month that had been
    /// paid in part was owing all along; but other money may have paid it before it was learnt that this is gone, so
    /// that leaves time without lapse too.
    fn owe_again(&mut self, opened: &Opened, day: Day, known: Moment, fact: FactId) {
        let mut left = None;
        if known.day() > day && opened.partly.iter().any(|&month| self.owed(month)) {
            left = late(self.book, known, day, fact, Month(1), Month(0));
            self.lates.extend(left);
        }
        for &month in opened.unpaid.iter() {
            if !self.owed(month) {
                continue;
            }
            let Some(late) = late(self.book, known, day, fact, month, month) else { return };
            // With a later due day a suspension may be over at the start of the next day.
            self.unsettled = Some(day);
            if self.due(month).day < late.due.day {
                self.months.put_off(month, late.due);
            }
            self.lates.push(late);
            left = Some(late);
        }
        if let Some(late) = left {
            self.note(day, || vec![fact], || Clause::LearntLate { until: late.due.day });
        }
    }

    #[inline(always)]
    pub(crate) fn receive(&mut self, today: Today<'_>) {
        let life = self.life;
        let day = today.day;
        let first = self.next.payments;
        let mut any_void = false;
        while let Some(payment) = life.payments.get(self.next.payments).filter(|payment| payment.on <= day) {
            any_void |= payment.reversal.is_some_and(|reversal| reversal.on == day);
            self.next.payments += 1;
        }
        let todays = &life.payments[first..self.next.payments];
        if any_void {
            for void in todays.iter().filter(|payment| payment.reversal.is_some_and(|r| r.on == day)) {
                self.relied_upon(void, todays, today);
            }
        }
        for payment in todays {
            if payment.reversal.is_some_and(|reversal| reversal.on == day) {
                self.purse.put(Owner::Payment(payment.fact), Place::Reversed, payment.amount, day);
            } else {
                self.place(payment, today);
            }
        }
    }

    /// A payment that is reversed on its own value date never counted. But where that was learnt later, the ledger
    /// had shown the money as received until then: whoever relied on a month that it paid gets the time that any
    /// late loss gives. Which months these are shows when the day is tried with the payment.
    fn relied_upon(&mut self, void: &Payment, todays: &[Payment], today: Today<'_>) {
        let day = today.day;
        let Some(reversal) = void.reversal.filter(|reversal| reversal.known.day() > day) else { return };
        let mut as_known_before = self.clone();
        as_known_before.steps = None;
        for payment in todays {
            let known_before =
                payment.reversal.filter(|r| r.on == day && (r.known, r.fact) < (reversal.known, reversal.fact));
            if known_before.is_none() && (payment.known, payment.fact) < (reversal.known, reversal.fact) {
                as_known_before.place(payment, today);
            }
        }
        as_known_before.come_back(today);
        let opened = as_known_before.take_off_quietly(void, day);
        self.owe_again(&opened, day, reversal.known, reversal.fact);
    }

    #[inline(always)]
    pub(crate) fn place(&mut self, payment: &Payment, today: Today<'_>) {
        let day = today.day;
        let (owner, amount) = (Owner::Payment(payment.fact), payment.amount);
        if self.lapse.is_some() || self.suspended || self.enrolled_from.is_none() || self.dead(day) {
            return self.keep(payment, today);
        }
        let placed_before = self.purse.parcels.len();
        self.allocate(owner, amount, payment.month, today);
        if self.steps.is_some() {
            let (months, credit, charge) = self.placed_since(placed_before);
            // So little that the charge took all of it is on no month.
            if charge < amount {
                self.note(day, || vec![payment.fact], || Clause::PaymentAllocated { amount, months, credit });
            }
            if charge > 0 {
                self.note(day, || vec![payment.fact], || Clause::ChargedForDelay { amount: charge });
            }
        }
    }

    /// On which months the parcels lie that were placed since there were so many, how much of them is credit, and how
    /// much is charged for delay.
    pub(crate) fn placed_since(&self, placed_before: usize) -> (Vec<Month>, Riel, Riel) {
        let placed = &self.purse.parcels[placed_before..];
        let months = placed.iter().filter_map(|parcel| match parcel.place {
            Place::Month(month) => Some(month),
            Place::Credit | Place::Suspense(_) | Place::Pot | Place::Surcharge | Place::Reversed | Place::Refunded => {
                None
            }
        });
        let sum = |place| placed.iter().filter(|parcel| parcel.place == place).map(|parcel| parcel.amount).sum();
        (months.collect(), sum(Place::Credit), sum(Place::Surcharge))
    }

    /// Keeps money that is on no month: added up for a return where the law has one, in suspense otherwise.
    fn keep(&mut self, payment: &Payment, today: Today<'_>) {
        let day = today.day;
        let (owner, amount) = (Owner::Payment(payment.fact), payment.amount);
        let terms = self.terms_of_return(today);
        if terms.is_some() || self.suspended && !self.dead(day) {
            self.purse.put(owner, Place::Pot, amount, day);
            self.drop_older_instalments(payment, terms, today);
            if let Some(terms) = terms.filter(|_| self.steps.is_some()) {
                let (pot, price) = (self.purse.pot(), self.price_of_return(today, &terms).0);
                let fields = self.fields_of_return(today);
                self.note_by(day, || vec![payment.fact], fields, || Clause::PaymentSavedUp { amount, pot, price });
            }
            return;
        }
        let reason = if self.dead(day) {
            SuspenseReason::Deceased
        } else if self.enrolled_from.is_none() {
            SuspenseReason::NotEnrolled
        } else {
            SuspenseReason::Abandoned
        };
        self.purse.put(owner, Place::Suspense(reason), amount, day);
        self.note(day, || vec![payment.fact], || Clause::PaymentSuspended { amount, reason });
    }

    /// Lets no more payments add up for a return than the law lets count: the older ones are credit.
    fn drop_older_instalments(&mut self, payment: &Payment, terms: Option<BackPayment>, today: Today<'_>) {
        let Some(terms) = terms.filter(|terms| terms.instalments.is_some()) else { return };
        if let Some(most) = terms.payments_that_count(self.overdue_months(today).count()) {
            let amount = self.purse.leave_in_pot(most);
            if amount > 0 {
                let payments = u32::try_from(most).unwrap_or(u32::MAX);
                let (facts, fields) = (vec![payment.fact], self.fields_of_return(today));
                self.note_by(today.day, || facts, fields, || Clause::InstalmentsDropped { amount, payments });
            }
        }
    }

    /// Allocates money: the named month first, then the oldest owed unpaid one and on, up to the limit; the rest
    /// is credit.
    #[inline(always)]
    pub(crate) fn allocate(&mut self, owner: Owner, amount: Riel, named: Option<Month>, today: Today<'_>) {
        let Some(first) = self.enrolled_from else { return };
        let day = today.day;
        self.allocated_on(day);
        let limit = self.newest_payable(today);
        let mut left = amount;
        if let Some(month) = named.filter(|&month| month <= limit) {
            left -= self.fill_and_charge(owner, left, month, today);
        }
        let mut month = self.oldest_open.max(first);
        while left > 0 && month <= limit {
            left -= self.fill_and_charge(owner, left, month, today);
            month = month.plus(1);
        }
        self.purse.put(owner, Place::Credit, left, day);
    }

    /// Puts on a month what it lacks, and where the law charges for paying late takes the charge; answers how much of
    /// `left` that was.
    #[inline(always)]
    fn fill_and_charge(&mut self, owner: Owner, left: Riel, month: Month, today: Today<'_>) -> Riel {
        match &today.revision.late_charge {
            None => self.fill(owner, left, month, today.day),
            Some(terms) => self.fill_late(owner, left, month, today.day, *terms),
        }
    }

    #[cold]
    fn fill_late(&mut self, owner: Owner, left: Riel, month: Month, day: Day, terms: LateCharge) -> Riel {
        if self.paid(month, day) || !self.owed(month) {
            return 0;
        }
        let lack = self.lack(month, day);
        let (part, charge) = paid_with_penalty(left, lack, terms.penalty, terms.compound);
        self.months.add(month, part, (part == lack.amount).then_some(day));
        self.purse.put(owner, Place::Month(month), part, day);
        self.purse.put(owner, Place::Surcharge, charge, day);
        part + charge
    }

    /// What a month costs more on a day than it lacks, because it is paid late; nothing for who has to pay to come back.
    pub(crate) fn charge_for_delay(&self, month: Month, today: Today<'_>) -> Riel {
        let Some(terms) = today.revision.late_charge.filter(|_| self.lapse.is_none() && !self.suspended) else {
            return 0;
        };
        if self.paid(month, today.day) || !self.owed(month) {
            return 0;
        }
        let lack = self.lack(month, today.day);
        price_with_penalty(&[lack], terms.penalty, terms.compound, 0) - lack.amount
    }

    /// The months that money paid on the newest day reaches, in order, and what each lacks with what is charged for its
    /// delay.
    pub(crate) fn lacking_months(&self, today: Today<'_>) -> Vec<(Month, Riel)> {
        let day = today.day;
        let Some(first) = self.enrolled_from.filter(|_| self.lapse.is_none() && !self.dead(day)) else {
            return Vec::new();
        };
        let limit = self.newest_payable(today);
        let lacking = (first.0..=limit.0).map(Month).filter(|&month| self.owed(month) && !self.paid(month, day));
        lacking.map(|month| (month, self.lack(month, day).amount + self.charge_for_delay(month, today))).collect()
    }

    /// Puts on a month what it lacks, at most `left`, and answers how much that was.
    #[inline(always)]
    pub(crate) fn fill(&mut self, owner: Owner, left: Riel, month: Month, day: Day) -> Riel {
        if self.paid(month, day) || !self.owed(month) {
            return 0;
        }
        let price = self.book.price(month, day);
        let lack = price - self.months.row(month).allocated;
        let amount = left.min(lack);
        self.months.add(month, amount, (amount == lack).then_some(day));
        self.purse.put(owner, Place::Month(month), amount, day);
        amount
    }

    /// From the day after a death what lies on months after the month of death is credit.
    pub(crate) fn settle_death(&mut self, day: Day) {
        let Some((died, _)) = self.life.died.filter(|(died, _)| died.after() == day && *died <= self.heard_until)
        else {
            return;
        };
        self.purse.credit_months_after(died.month());
        self.months.take_off_from(died.month().plus(1));
    }
}

#[cfg(test)]
mod tests;
