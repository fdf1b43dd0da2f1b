//! Rhythm: the days on which something can change in a life, the next one after the other.
//!
//! A rule may look at every day; most days change nothing. Days of facts are known beforehand (`marks`). What time
//! alone changes comes at the beginning of a month or the day after a due day, and while what is paid lasts not even
//! there: then the next such day is the one after the due day of the first month that is not paid. Of a member in arrears
//! only standing, covers and lapse matter on the days before the one asked about (`Machine::brisk`); these last until a
//! lapse can come or a window of months has moved on. It never matters that a day is looked at too often. Absent: what
//! happens on a day.

use crate::answer::{Scheme, Standing};
use crate::calendar::{Day, Month};
use crate::coverage::Entitled;
use crate::household::birthday;
use crate::life::{Life, Payment};
use crate::policy::{Book, FormalMonthCounts, LapseCondition};
use crate::purse::{Owner, Place};
use crate::standing::{Machine, Today};

/// The days on which a fact begins or ceases to count, and those on which a rule does; payments aside.
pub(crate) fn marks(life: &Life, book: &Book<'_>) -> Vec<Day> {
    let mut marks: Vec<Day> = Vec::with_capacity(32);
    marks.extend(life.enrolments.iter().map(|enrolment| enrolment.on));
    marks.extend(life.reversals.iter().filter_map(|&index| life.payments[index].reversal).map(|r| r.on));
    marks.extend(life.refunds.iter().map(|refund| refund.on));
    marks.extend(life.jobs.iter().flat_map(|job| [Some(job.from), job.until.map(Day::after)]).flatten());
    marks.extend(life.employer_months.iter().map(|month| month.on));
    marks.extend(life.certificates.iter().flat_map(|c| [Some(c.from), c.until.map(Day::after)]).flatten());
    marks.extend(life.excuses.iter().flat_map(|excuse| [excuse.from.first_day(), excuse.to.first_day()]));
    marks.extend(life.confirmations.iter().chain(&life.waivers).map(|(on, _)| *on));
    marks.extend(life.died.map(|(on, _)| on.after()));
    marks.extend(life.lates.iter().flat_map(|late| [late.from, late.due.day.after()]));
    for household in &life.households {
        marks.push(household.from);
        marks.extend(household.until.map(Day::after));
        marks.extend(household.covers.days());
    }
    // Before the first fact nothing changes, whatever the law says.
    let first_payment = life.payments.first().map(|payment| payment.on);
    let first = marks.iter().copied().chain(first_payment).min().unwrap_or(Day::NEVER);
    for revision in book.revisions() {
        marks.extend(Some(revision.effective).filter(|&effective| effective > first));
        marks.extend(revision.amnesties.iter().flat_map(|amnesty| [amnesty.from, amnesty.until.after()]));
        if let Some(days) = revision.notice_days {
            marks.extend(life.notices.iter().flat_map(|&(on, _)| [on, on.plus(i32::from(days))]));
        }
        if let (Some(rule), Some(born)) = (&revision.dependants, life.born.filter(|_| !life.households.is_empty())) {
            marks.push(birthday(born, rule.child_under));
            marks.extend(rule.spouse_under.map(|age| birthday(born, age)));
        }
    }
    marks.sort_unstable();
    marks.dedup();
    marks
}

impl Machine<'_> {
    /// The next day after a day on which something can change.
    pub(crate) fn next_day(&self, day: Day) -> Day {
        if self.stirred {
            return day;
        }
        let mut next = self.next_in_time(day).min(self.next_mark);
        if let Some(payment) = self.life.payments.get(self.next.payments) {
            next = next.min(payment.on);
        }
        if let Some(unsettled) = self.unsettled {
            next = next.min(unsettled.after());
        }
        next
    }

    /// Takes the payments of quiet days up to one, and answers the last of these days. Nothing is added up on them, and
    /// the covers last by what is paid already: so they change nothing but the money, and at most what is overdue.
    pub(crate) fn receive_while_quiet(&mut self, last: Day, now: Day) -> Day {
        let life = self.life;
        let end = self.next_mark.min(last.after());
        let mut newest = now;
        while let Some(payment) = life.payments.get(self.next.payments)
            && payment.on < end.min(self.quiet_until)
            && self.unsettled.is_none()
            && !self.stirred
        {
            if let Some(day) = self.receive_month_by_month(end) {
                newest = day;
                continue;
            }
            newest = payment.on;
            let today = self.look_up(newest);
            let is_allocated = self.quiet_until < Day::NEVER && self.lapse.is_none();
            if is_allocated && payment.reversal.is_none() && self.steps.is_none() {
                // Of the rules for money only those of allocation are left.
                self.next.payments += 1;
                self.allocate(Owner::Payment(payment.fact), payment.amount, payment.month, today);
            } else {
                self.receive(today);
            }
            self.unsettled = None;
            if self.quiet_until < Day::NEVER {
                self.stay_quiet(today);
            }
        }
        newest
    }

    /// Takes the payments of quiet days each of which is just what the oldest open month costs, as most are; answers the
    /// last of these days. It does what `allocate` would.
    fn receive_month_by_month(&mut self, end: Day) -> Option<Day> {
        let behind = self.state.standing == Standing::InArrears;
        let enrolled = self.enrolled_from.is_some_and(|first| first <= self.oldest_open);
        let allocates = enrolled && self.lapse.is_none() && self.quiet_until < Day::NEVER;
        let charges = behind && self.in_force.0.late_charge.is_some();
        if !allocates || charges || self.steps.is_some() || !self.months.none_put_off() {
            return None;
        }
        let end = end.min(if behind { self.quiet_until } else { self.entitled_until() });
        let payments: &[Payment] = &self.life.payments;
        let mut newest = None;
        while let Some(payment) = payments.get(self.next.payments)
            && payment.on < end
            && payment.month.is_none()
            && payment.reversal.is_none()
            && let open = self.oldest_open
            && let Some(terms) = self.book.terms(open)
            && payment.amount == terms.price
            && terms.priced_from <= payment.on
            && (payment.on > terms.due.day) == behind
            && (terms.first_day <= payment.on || open <= self.limit_of_prepayment(payment.on))
            && self.months.pay_untouched(open, payment.amount, payment.on)
        {
            self.purse.put(Owner::Payment(payment.fact), Place::Month(open), payment.amount, payment.on);
            self.next.payments += 1;
            self.oldest_open = open.plus(1);
            newest = Some(payment.on);
            if behind && !self.has_fallen_due(self.oldest_open, payment.on) {
                break;
            }
        }
        let today = self.look_up(newest?);
        self.stay_quiet(today);
        newest
    }

    fn limit_of_prepayment(&mut self, day: Day) -> Month {
        self.enter_month(day).plus(i32::from(self.in_force.0.prepay_months))
    }

    /// Tells how long it stays quiet after a payment on a quiet day.
    fn stay_quiet(&mut self, today: Today<'_>) {
        self.advance_oldest_open(today);
        if let Entitled::Through(month) = self.entitled
            && month <= today.month
        {
            self.renew_window(today);
        }
        if self.state.standing == Standing::InArrears {
            let open = self.oldest_open;
            self.stirred = self.paid(open, today.day) || !self.owed(open) || !self.has_fallen_due(open, today.day);
            self.quiet_until = self.lapse_may_come(today).min(self.entitled_until());
        } else {
            self.quiet_until = self.after_open_month().min(self.entitled_until());
        }
        self.still_until = self.quiet_until;
    }

    /// The next day on which time alone can change something.
    fn next_in_time(&self, day: Day) -> Day {
        if self.still_until > day {
            return self.still_until;
        }
        let (_, ends) = self.month;
        let ticks_known = day < ends && day <= self.fallen_due.1 && self.book.is_in_order();
        let mut next = if ticks_known { ends.min(self.fallen_due.1.after()) } else { self.book.next_tick(day) };
        if self.purse.pot() > 0 {
            // The price of a return steps on the days after the due days as the law names them.
            next = next.min(self.next_price_step(day));
        }
        if let Some(co_payment) = self.state.co_payment {
            next = next.min(co_payment.until.after());
        }
        next
    }

    pub(crate) fn next_price_step(&self, day: Day) -> Day {
        let month = self.book.month_of(day);
        let revisions = self.book.revisions().iter();
        let steps = revisions
            .flat_map(|revision| [month, month.plus(1)].map(|month| month.day_clamped(revision.due_day).after()));
        steps.filter(|&step| step > day).min().unwrap_or(Day::NEVER)
    }

    /// Tells how long nothing changes after a day that has passed.
    pub(crate) fn look_ahead(&mut self, today: Today<'_>) {
        self.quiet_until = self.quiet_after(today);
        self.still_until = self.quiet_until.max(self.still_after(today));
    }

    /// The first day after a day on which time alone, or a payment, may change more than the money; the day itself when
    /// that cannot be told without looking at each beginning of a month and each due day.
    fn quiet_after(&self, today: Today<'_>) -> Day {
        let day = today.day;
        if self.dead(day) {
            return Day::NEVER;
        }
        if self.state.co_payment.is_some() || self.state.covers.has(Scheme::RunOff) {
            return day;
        }
        let insured_by_work = today.revision.formal_month_counts == FormalMonthCounts::Employed;
        let lasts = match self.state.standing {
            Standing::Current => self.entitled != Entitled::No && insured_by_work,
            Standing::Employed => self.entitled == Entitled::Steadily && insured_by_work,
            Standing::InArrears => matches!(self.entitled, Entitled::Through(_)) && self.brisk && insured_by_work,
            Standing::LapsePending => false,
            Standing::Closed | Standing::Abandoned | Standing::NotEnrolled => true,
        };
        if !lasts {
            return day;
        }
        let Some(first) = self.enrolled_from else { return Day::NEVER };
        if self.is_restless(today) {
            return day;
        }
        if self.lapse.is_some() {
            // Money that can be added up for a return changes more than the money.
            if self.terms_of_return(today).is_some() {
                return day;
            }
            if self.state.standing != Standing::Employed {
                return Day::NEVER;
            }
        }
        if first > today.month || !self.book.is_in_order() {
            return day;
        }
        let loss = match self.state.standing {
            Standing::InArrears => self.lapse_may_come(today),
            Standing::Closed
            | Standing::Employed
            | Standing::Abandoned
            | Standing::NotEnrolled
            | Standing::LapsePending
            | Standing::Current => self.after_open_month(),
        };
        loss.min(self.entitled_until()).max(day)
    }

    /// The same where only time is left, because no payment comes.
    fn still_after(&self, today: Today<'_>) -> Day {
        let nothing_else = !self.is_restless(today)
            && self.lates.is_empty()
            && self.state.co_payment.is_none()
            && !self.state.covers.has(Scheme::RunOff)
            && today.day >= self.waiting_over
            && self.book.is_in_order();
        if nothing_else && self.state.standing == Standing::Current {
            // Nothing is overdue before the first open month has fallen due, and nobody is entitled before a month is over.
            return self.after_open_month().min(self.month.1);
        }
        today.day
    }

    /// Whether something is going on that may end, or be decided, on any day.
    fn is_restless(&self, today: Today<'_>) -> bool {
        let day = today.day;
        // A membership that ends by time ends at the beginning of a month.
        today.revision.longest_months.is_some()
            || self.pending.is_some()
            || self.suspended
            || self.lates.iter().any(|late| late.from <= day && day <= late.due.day)
    }

    /// The first day on which a member in arrears may lapse or lose cover for what is overdue, if all that follows is
    /// unpaid: a run of missed months cannot be longer than the months from the oldest open one to the newest fallen due.
    /// `Day::MIN` where other rules than that of the run have a say.
    fn lapse_may_come(&self, today: Today<'_>) -> Day {
        let revision = today.revision;
        if revision.suspend_after.is_some() || self.waived.is_some() || !self.lates.is_empty() {
            return Day::MIN;
        }
        let may_come = revision.lapse.iter().map(|condition| match *condition {
            LapseCondition::Consecutive(months) => self.book.due(self.oldest_open.plus(i32::from(months))).after(),
            LapseCondition::Window { .. } => Day::MIN,
        });
        may_come.min().unwrap_or(Day::NEVER)
    }

    /// The day from which a window of months, by those that are insured already, is complete no more.
    fn entitled_until(&self) -> Day {
        match self.entitled {
            Entitled::Through(month) => self.book.first_day(month.plus(1)),
            Entitled::No | Entitled::Steadily => Day::NEVER,
        }
    }

    /// The day after the due day of the first month that may still have to be paid. All before it, from the current one
    /// on, are insured or passed over.
    #[inline]
    fn after_open_month(&self) -> Day {
        self.due(self.oldest_open).day.after()
    }
}

#[cfg(test)]
mod tests;
