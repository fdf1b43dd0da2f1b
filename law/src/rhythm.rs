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
use crate::purse::Owner;
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
    marks.extend(&life.notices);
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
            marks.extend(life.notices.iter().map(|on| on.plus(i32::from(days))));
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

    /// Whether nothing changes by time alone up to a day after the newest one that passed.
    pub(crate) fn is_still_on(&self, day: Day) -> bool {
        day < self.still_until && self.unsettled.is_none()
    }

    /// Takes the payments of quiet days up to a day, and answers the last of these days. Nothing is added up on them, and
    /// the covers last by what is paid already: so they change nothing but the money, and at most what is overdue.
    pub(crate) fn receive_while_quiet(&mut self, last: Day, now: Day) -> Day {
        let payments: &[Payment] = &self.life.payments;
        let mut newest = now;
        let end = self.next_mark.min(last.after());
        // The day of the newest payment after which it was not looked at how much longer it is quiet: no payment shortens
        // that, so it can wait until it matters.
        let mut not_looked: Option<Today<'_>> = None;
        while let Some(payment) = payments.get(self.next.payments)
            && payment.on < end
            && self.unsettled.is_none()
        {
            if payment.on >= self.quiet_until {
                let Some(today) = not_looked.take() else { break };
                self.stay_quiet(today);
                if payment.on >= self.quiet_until {
                    break;
                }
            }
            newest = payment.on;
            let today = self.look_up(newest);
            if self.quiet_until < Day::NEVER && payment.reversal.is_none() && self.steps.is_none() {
                // A member in good standing: of the rules for money only those of allocation are left.
                self.next.payments += 1;
                self.allocate(Owner::Payment(payment.fact), payment.amount, payment.month, today);
            } else {
                self.receive(today);
            }
            self.unsettled = None;
            if self.state.standing == Standing::InArrears {
                self.stay_quiet(today);
            } else if self.quiet_until < Day::NEVER {
                not_looked = Some(today);
            }
        }
        if let Some(today) = not_looked {
            self.stay_quiet(today);
        }
        // Where they moved on how long nothing changes, they did so for time alone too.
        self.still_until = self.still_until.max(self.quiet_until);
        newest
    }

    /// The next day on which time alone can change something.
    fn next_in_time(&self, day: Day) -> Day {
        if self.still_until > day {
            return self.still_until;
        }
        let month = self.month_of(day);
        let mut next = self.book.first_day(month.plus(1)).min(self.book.next_due_passed(day, month));
        if self.purse.pot() > 0 {
            // The price of a return steps on the days after the due days as the law names them.
            next = next.min(self.next_price_step(day));
        }
        if let Some(co_payment) = self.state.co_payment {
            next = next.min(co_payment.until.after());
        }
        next
    }

    fn next_price_step(&self, day: Day) -> Day {
        let month = self.book.month_of(day);
        let steps = self
            .book
            .revisions()
            .iter()
            .flat_map(|revision| [month, month.plus(1)].map(|month| month.day_clamped(revision.due_day).after()));
        steps.filter(|&step| step > day).min().unwrap_or(Day::NEVER)
    }

    /// The month of a day that is not before the newest one.
    fn month_of(&self, day: Day) -> Month {
        let (month, ends) = self.month;
        if day < ends { month } else { self.book.month_of(day) }
    }

    /// Tells how long it is quiet after a day.
    pub(crate) fn look_ahead(&mut self, today: Today<'_>) {
        self.quiet_until = self.quiet_after(today);
        self.still_until = self.quiet_until;
        self.arrears_until = self.quiet_until;
        if self.quiet_until <= today.day && self.state.standing == Standing::Current && !self.is_busy(today.day) {
            // Nothing is overdue before the first open month has fallen due, and nobody is entitled before a month is over.
            self.still_until = self.after_open_month().min(self.month.1);
            self.arrears_until = self.still_until;
        }
        if self.quiet_until <= today.day && self.state.standing == Standing::InArrears && !self.is_busy(today.day) {
            let lapse = if self.brisk { self.lapse_may_come(today) } else { Day::MIN };
            match self.entitled {
                Entitled::Through(_) if lapse > today.day => {
                    self.quiet_until = lapse.min(self.entitled_until());
                    self.still_until = self.quiet_until;
                }
                Entitled::No if lapse > today.day && self.is_untouched(today.month, self.book.month_of(lapse)) => {
                    self.still_until = lapse;
                }
                Entitled::No | Entitled::Through(_) | Entitled::Steadily => {
                    self.still_until = self.still_in_arrears(today);
                    self.arrears_until = self.still_until;
                }
            }
        }
    }

    /// Tells how long it stays quiet after a payment.
    #[inline]
    fn stay_quiet(&mut self, today: Today<'_>) {
        self.advance_oldest_open(today);
        if let Entitled::Through(month) = self.entitled
            && month <= today.month
        {
            self.renew_window(today);
        }
        if self.state.standing == Standing::InArrears {
            let open = self.oldest_open;
            let behind = self.months.get(open).is_some_and(|row| self.overdue(open, row, today.day));
            self.arrears = None;
            self.stirred = !behind;
            self.quiet_until = if behind { self.lapse_may_come(today).min(self.entitled_until()) } else { today.day };
        } else {
            self.quiet_until = self.after_open_month().min(self.entitled_until());
        }
    }

    /// The first day on which a member in arrears may lapse or lose cover for what is overdue, if all that follows is
    /// unpaid: a run of missed months cannot be longer than the months from the oldest open one to the newest fallen due.
    /// `Day::MIN` where other rules than that of the run have a say.
    fn lapse_may_come(&self, today: Today<'_>) -> Day {
        let revision = today.revision;
        if revision.suspend_after.is_some() || self.waived.is_some() {
            return Day::MIN;
        }
        let may_come = revision.lapse.iter().map(|condition| match *condition {
            LapseCondition::Consecutive(months) => self.book.due(self.oldest_open.plus(i32::from(months))).after(),
            LapseCondition::Window { .. } => Day::MIN,
        });
        may_come.min().unwrap_or(Day::NEVER)
    }

    /// Whether nothing lies on the months from one to another, and none of them is worked or forgiven.
    fn is_untouched(&self, first: Month, last: Month) -> bool {
        let mut rows = self.months.range(first, last);
        last < self.months.end()
            && rows.all(|(_, row)| row.allocated == 0 && row.worked_from == Day::NEVER && !row.forgiven)
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
        let lasts = match self.state.standing {
            Standing::Current => self.entitled != Entitled::No,
            Standing::Employed => self.entitled == Entitled::Steadily,
            Standing::InArrears | Standing::LapsePending => false,
            Standing::Closed | Standing::Abandoned | Standing::NotEnrolled => true,
        };
        let insured_by_work = today.revision.formal_month_counts == FormalMonthCounts::Employed;
        let covered = matches!(self.state.standing, Standing::Current | Standing::Employed);
        if !lasts || covered && !insured_by_work {
            return day;
        }
        let Some(first) = self.enrolled_from else { return Day::NEVER };
        if self.is_restless(day) {
            return day;
        }
        if self.lapse.is_some() {
            // Money that can be added up for a return changes more than the money.
            return if self.terms_of_return(today).is_some() { day } else { Day::NEVER };
        }
        if first > today.month || !self.book.is_in_order() {
            return day;
        }
        let until = self.after_open_month().min(self.entitled_until());
        if until <= day { day } else { until }
    }

    /// Whether something is going on that a member in arrears has to be looked at for on more days.
    fn is_busy(&self, day: Day) -> bool {
        self.is_restless(day)
            || !self.lates.is_empty()
            || self.state.co_payment.is_some()
            || self.state.covers.has(Scheme::RunOff)
            || day < self.waiting_over
            || !self.book.is_in_order()
    }

    /// Whether something is going on that may end, or be decided, on any day.
    fn is_restless(&self, day: Day) -> bool {
        self.pending.is_some()
            || self.suspended
            || self.purse.pot() > 0
            || self.lates.iter().any(|late| late.from <= day && day <= late.due.day)
    }

    /// The day from which a window of months, by those that are insured already, is complete no more.
    #[inline]
    fn entitled_until(&self) -> Day {
        match self.entitled {
            Entitled::Through(month) => self.book.first_day(month.plus(1)),
            Entitled::No | Entitled::Steadily => Day::NEVER,
        }
    }

    /// How long nothing changes for a member in arrears who does not pay: to the day after the next due day. The next
    /// month that begins changes nothing either, where the window of months is complete for it. Nothing lies on it or on
    /// the current one, so it ends no run, nor does the current one complete a window; and a month that is owed, unpaid
    /// and not fallen due is passed over by the newest months.
    fn still_in_arrears(&self, today: Today<'_>) -> Day {
        let Today { day, month, .. } = today;
        let (begins, fallen_due) = (self.month.1, self.book.next_due_passed(day, month));
        if begins < self.entitled_until() && self.is_untouched(month, month.plus(1)) {
            return fallen_due.min(self.book.first_day(month.plus(2)));
        }
        fallen_due.min(begins)
    }

    /// The day after the due day of the first month that may still have to be paid. All before it, from the current one
    /// on, are insured or passed over.
    #[inline]
    fn after_open_month(&self) -> Day {
        let open = self.oldest_open;
        self.months.get(open).map_or_else(|| self.book.due(open), |row| row.due(open, &self.book).day).after()
    }
}
