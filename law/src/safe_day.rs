//! The last safe day: until when paying still prevents the next lapse, and the least that does.
//!
//! Both are asked as if no fact were valid after the day but known ends of employments. Absent: when a lapse comes
//! (`standing`).

use crate::answer::Standing;
use crate::calendar::{Day, Moment};
use crate::fact::FactId;
use crate::life::Payment;
use crate::money::Riel;
use crate::play::{Ahead, Play};
use crate::standing::{Machine, Today};

impl<'a> Play<'a> {
    /// Whether no fact is valid after the day and no other revision comes, so that a look ahead "if nothing more is
    /// recorded" is also one that hears of nothing later.
    pub(crate) fn nothing_follows(&self) -> bool {
        let no_payment = self.at_day.next.payments == self.at_day.life.payments.len();
        no_payment && self.at_day.next_mark == Day::NEVER
    }

    /// Whether a lapse can come at all that paying could prevent.
    pub(crate) fn can_lapse(&self) -> bool {
        match self.at_day.state.standing {
            Standing::Closed | Standing::Abandoned | Standing::NotEnrolled | Standing::LapsePending => return false,
            Standing::Employed | Standing::InArrears | Standing::Current => {}
        }
        let open_job = self.at_day.life.jobs.iter().any(|job| job.until.is_none() && job.from <= self.day);
        self.at_day.lapse.is_none() && self.at_day.enrolled_from.is_some() && !open_job
    }

    /// The last day on which paying still prevents the next lapse, as if no fact were valid after the day but
    /// known ends of employments.
    pub(crate) fn last_safe_day(&self) -> Option<Day> {
        if self.can_lapse() { self.next_lapse() } else { None }
    }

    /// The same, where a look ahead has been taken that may have seen it.
    pub(crate) fn last_safe_day_seen(&self, ahead: &Ahead) -> Option<Day> {
        if self.nothing_follows() && self.can_lapse() {
            return ahead.lapse.map(Day::before);
        }
        self.last_safe_day()
    }

    /// The day before the next lapse.
    fn next_lapse(&self) -> Option<Day> {
        let mut machine = self.unheard();
        machine.brisk = true;
        let mut lapsed = None;
        self.onward(&mut machine, |machine, day| {
            machine.pass(day);
            lapsed = machine.lapse.map(|_| day.before());
            lapsed.is_some()
        });
        lapsed
    }

    /// The least amount, in riel, that prevents the lapse of the day after when it is paid on the last safe day for no
    /// month that is named; none where there is no such day, or nothing that is paid on it would.
    pub(crate) fn least_saving_amount(&self) -> Option<Riel> {
        let last = self.last_safe_day()?;
        let mut machine = self.unheard();
        machine.brisk = false;
        let mut next = machine.next_day(self.day);
        while next <= last {
            machine.pass(next);
            next = machine.next_day(next);
        }
        let today = machine.look_up(last);
        machine.amounts_that_pay(today).into_iter().find(|&amount| {
            let mut paid = machine.clone();
            paid.be_paid(amount, today);
            paid.pass(last.after());
            paid.lapse.is_none()
        })
    }

    /// The machine at the end of the day, which hears of nothing later and tells nothing.
    fn unheard(&self) -> Machine<'a> {
        let mut machine = self.at_day.clone();
        machine.steps = None;
        machine.hear_until(self.day);
        machine
    }
}

impl Machine<'_> {
    /// The amounts at which a payment on the day makes one more difference, the least first. Of somebody suspended it is
    /// the way back that is paid first; what is added up then can also bring back after the lapse, where the law asks
    /// less for that.
    fn amounts_that_pay(&self, today: Today<'_>) -> Vec<Riel> {
        if !self.suspended {
            return self.sums_of_months(today).collect();
        }
        let mut lapsed = self.clone();
        lapsed.pass(today.day.after());
        let tomorrow = lapsed.look_up(today.day.after());
        let after = lapsed.price_of_any_return(tomorrow).map(|price| self.lacking_for(price, today));
        let before = self.price_of_any_return(today).map(|price| self.lacking_for(price, today));
        let mut amounts: Vec<Riel> = after.into_iter().chain(before).collect();
        if let Some(return_costs) = before {
            let mut back = self.clone();
            back.be_paid(return_costs, today);
            amounts.extend(back.sums_of_months(today).map(|sum| return_costs + sum));
        }
        amounts.sort_unstable();
        amounts
    }

    /// What one, two, three of the months cost that money reaches, and so on.
    fn sums_of_months(&self, today: Today<'_>) -> impl Iterator<Item = Riel> {
        self.lacking_months(today).into_iter().scan(0, |sum, (_, lack)| {
            *sum += lack;
            Some(*sum)
        })
    }

    /// Receives a payment on the newest day, after all that is known of it.
    fn be_paid(&mut self, amount: Riel, today: Today<'_>) {
        let fact = FactId(i64::MAX);
        let payment = Payment { on: today.day, amount, month: None, known: Moment::MAX, fact, reversal: None };
        self.place(&payment, today);
        self.come_back(today);
        self.end_of_pending(today);
    }
}
