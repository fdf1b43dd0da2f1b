//! Rhythm: the days on which something can change in a life, the next one after the other.
//!
//! A rule may look at every day; most days change nothing. Days of facts are known beforehand (`marks`). What time
//! alone changes comes at the beginning of a month or the day after a due day, and while what is paid lasts not even
//! there: then the next such day is the one after the due day of the first month that is not paid. It never matters
//! that a day is looked at too often. Absent: what happens on a day.

use crate::answer::Scheme;
use crate::calendar::Day;
use crate::household::birthday;
use crate::life::Life;
use crate::policy::Book;
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
    for revision in book.revisions() {
        marks.push(revision.effective);
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
    /// The next day after a day on which something can change, marks aside.
    pub(crate) fn next_day(&self, day: Day) -> Day {
        let mut next = self.next_in_time(day);
        if let Some(payment) = self.life.payments.get(self.next.payments) {
            next = next.min(payment.on);
        }
        if let Some(unsettled) = self.unsettled {
            next = next.min(unsettled.after());
        }
        next
    }

    /// Whether nothing changes by time alone up to a day after the newest one that passed.
    pub(crate) fn is_quiet_on(&self, day: Day) -> bool {
        day < self.quiet_until && self.unsettled.is_none()
    }

    /// Takes the payments of quiet days before a mark, and answers the last of these days. Nothing is overdue on them,
    /// nothing is added up, and the covers last by what is paid already: so they change nothing but the money.
    pub(crate) fn receive_while_quiet(&mut self, mark: Day, now: Day) -> Day {
        let life = self.life;
        let mut newest = now;
        while let Some(payment) = life.payments.get(self.next.payments)
            && payment.on < mark
            && self.is_quiet_on(payment.on)
        {
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
            if self.quiet_until < Day::NEVER {
                self.advance_oldest_open(today);
                self.quiet_until = self.after_open_month();
            }
        }
        newest
    }

    /// The next day on which time alone can change something.
    fn next_in_time(&self, day: Day) -> Day {
        if self.quiet_until > day {
            return self.quiet_until;
        }
        let mut next = self.book.next_tick(day);
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

    /// The first day after a day on which time alone may change something; the day itself when that cannot be told
    /// without looking at each beginning of a month and each due day.
    pub(crate) fn look_ahead(&self, today: Today<'_>) -> Day {
        let day = today.day;
        if self.dead(day) {
            return Day::NEVER;
        }
        if !self.steady || self.state.co_payment.is_some() || self.state.covers.has(Scheme::RunOff) {
            return day;
        }
        let Some(first) = self.enrolled_from else { return Day::NEVER };
        let restless = self.pending.is_some() || self.suspended || self.purse.pot() > 0;
        if restless || self.lates.iter().any(|late| late.from <= day && day <= late.due.day) {
            return day;
        }
        if self.lapse.is_some() {
            // Money that can be added up for a return changes more than the money.
            return if self.terms_of_return(today).is_some() { day } else { Day::NEVER };
        }
        if first > today.month || !self.book.is_in_order() {
            return day;
        }
        let after_due = self.after_open_month();
        if after_due <= day { day } else { after_due }
    }

    /// The day after the due day of the first month that may still have to be paid. All before it, from the current one
    /// on, are insured or passed over.
    fn after_open_month(&self) -> Day {
        let open = self.oldest_open;
        self.months.get(open).map_or_else(|| self.book.due(open), |row| row.due(open, &self.book).day).after()
    }
}
