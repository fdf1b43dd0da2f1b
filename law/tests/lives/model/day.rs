//! One day after the other: the order within a day (section 5), lapse (6) and the doors back (7).

use std::collections::BTreeSet;

use krama_law::answer::{EnrolmentRefusal, Standing};
use krama_law::calendar::{Day, Month};
use krama_law::money::Riel;
use krama_law::policy::{Bar, Book, LapseEffective};

use super::cover;
use super::facts::{Joining, Payment, Reversal, World};
use super::late::due_left;
use super::month::View;
use super::purse::{Owner, Place, Purse};
use super::quote::quote;
use super::table::{Due, Table};

/// A voluntary membership, which a lapse leaves standing so that months go on being owed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Enrolment {
    pub(super) month: Month,
    /// The month of enrolment, or the next one where its due day was before the day of enrolment.
    pub(super) first_owed: Month,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Lapse {
    /// The day on which it took effect.
    pub(super) breach: Day,
    /// The day that dates it, and the bar from it.
    pub(super) dated: Day,
}

impl Lapse {
    /// Sections 2 and 7: a bar of `n` months is over on the 1st of the `n`-th month after its own.
    pub(super) fn bars(&self, book: &Book<'_>, day: Day) -> bool {
        match book.on(day).bar {
            Bar::Life => true,
            Bar::Months(months) => day < self.dated.month().plus(i32::from(months)).first_day(),
        }
    }
}

/// What one day leaves to the next. The lists are by month of the table.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) enrolment: Option<Enrolment>,
    pub(super) lapse: Option<Lapse>,
    pub(super) pending: bool,
    /// The months that were overdue when an officer waived a lapse; the waiver holds until another one is.
    waived: Option<BTreeSet<Month>>,
    pub(super) waiting_until: Option<Day>,
    pub(super) purse: Purse,
    pub(super) on_month: Vec<Riel>,
    pub(super) was_paid: Vec<bool>,
    pub(super) forgiven: Vec<bool>,
    /// The later due days of months that were made owed again late.
    pub(super) later_due: Vec<Option<Due>>,
    /// From which day to which no lapse takes effect, besides what was learnt of employments.
    pub(super) shields: Vec<(Day, Day)>,
    /// Enrolments entered late, while their months are made owed again: from, learnt, due, and up to which month.
    joined_late: Vec<(Day, Day, Due, Month)>,
}

/// What is told of a day besides the state that it leaves.
#[derive(Default)]
pub(super) struct Log {
    pub(super) refused: Vec<EnrolmentRefusal>,
}

/// A life lived up to a day.
pub(super) struct Walk {
    first: Day,
    standings: Vec<Standing>,
    pub(super) state: State,
    pub(super) refused: Vec<EnrolmentRefusal>,
    /// Last days of employments on which FORMAL covered.
    pub(super) covered_last_days: Vec<Day>,
}

impl Walk {
    /// The standing of the last day.
    pub(super) fn standing(&self) -> Standing {
        self.standings.last().copied().unwrap_or(Standing::NotEnrolled)
    }

    /// The first day of the unbroken stretch of that standing; none when it was so from the beginning.
    pub(super) fn since(&self) -> Option<Day> {
        let stretch = self.standings.iter().rev().take_while(|&&standing| standing == self.standing()).count();
        let before = self.standings.len() - stretch;
        (before > 0).then(|| self.first.plus(i32::try_from(before).unwrap_or(0)))
    }
}

/// Lives through every day from before the first fact to the end of `last`.
pub(super) fn walk(world: &World<'_>, last: Day) -> Walk {
    let first = world.beginning().map_or(last, |day| day.min(last));
    let mut walked = Walk {
        first,
        standings: Vec::new(),
        state: State::new(&world.own),
        refused: Vec::new(),
        covered_last_days: Vec::new(),
    };
    let mut day = first;
    while day <= last {
        let mut log = Log::default();
        live(world, &mut walked.state, day, &mut log);
        let view = View { world, state: &walked.state, day };
        walked.standings.push(standing(&view));
        if world.jobs.iter().any(|job| job.until == Some(day)) && cover::formal(&view) {
            walked.covered_last_days.push(day);
        }
        walked.refused = log.refused;
        day = day.after();
    }
    walked
}

/// Section 8, at its end: the first that applies.
fn standing(view: &View<'_>) -> Standing {
    if view.world.dead_on(view.day) {
        Standing::Closed
    } else if view.world.employed_on(view.day) {
        Standing::Employed
    } else if view.state.lapse.is_some() {
        Standing::Abandoned
    } else if view.state.enrolment.is_none() {
        Standing::NotEnrolled
    } else if view.state.pending {
        Standing::LapsePending
    } else if view.any_overdue() {
        Standing::InArrears
    } else {
        Standing::Current
    }
}

/// One day in the order of section 5.
pub(super) fn live(world: &World<'_>, state: &mut State, day: Day, log: &mut Log) {
    state.credit_after_death(world, day);
    state.put_off(world, day);
    state.lift_bar(world, day);
    state.lapse_if_due(world, day);
    for joining in on_day(&world.enrolments, day, |joining| joining.on) {
        match world.refusal(state, day) {
            Some(reason) => log.refused.push(reason),
            None => state.enrol(world, joining, day),
        }
    }
    state.put_off(world, day);
    for reversal in on_day(&world.reversals, day, |reversal| reversal.on) {
        let months = state.reverse(world, reversal, day);
        state.owe_again(world, &months, day, reversal);
    }
    let payments = on_day(&world.payments, day, |payment| payment.on);
    for void in payments.iter().filter_map(|payment| payment.void) {
        state.owe_again_what_was_relied_upon(world, payments, day, &void);
    }
    for payment in payments {
        state.receive(world, payment, day);
    }
    state.return_if_paid(world, day);
    // Section 6: a pending lapse ends when, after the day's payments, no condition holds.
    state.pending = state.pending && View { world, state, day }.lapse_condition_holds();
}

/// The items of one day in a list that is in the order of days.
fn on_day<T>(items: &[T], day: Day, of: impl Fn(&T) -> Day) -> &[T] {
    let start = items.partition_point(|item| of(item) < day);
    let end = items.partition_point(|item| of(item) <= day);
    &items[start..end]
}

impl State {
    fn new(table: &Table) -> State {
        State {
            enrolment: None,
            lapse: None,
            pending: false,
            waived: None,
            waiting_until: None,
            purse: Purse::default(),
            on_month: vec![0; table.len()],
            was_paid: vec![false; table.len()],
            forgiven: vec![false; table.len()],
            later_due: vec![None; table.len()],
            shields: Vec::new(),
            joined_late: Vec::new(),
        }
    }

    /// The newest month on which money lies.
    pub(super) fn last_month_with_money(&self, table: &Table) -> Option<Month> {
        let index = self.on_month.iter().rposition(|&amount| amount > 0)?;
        Some(table.base.plus(i32::try_from(index).unwrap_or(0)))
    }

    /// Section 4: from the day after a death, what lies on months after the month of death is credit.
    fn credit_after_death(&mut self, world: &World<'_>, day: Day) {
        if let Some(death) = world.death
            && death.after() == day
        {
            for (month, amount) in self.purse.credit_months_after(death.month()) {
                self.take_from_month(&world.own, month, amount);
            }
        }
    }

    fn take_from_month(&mut self, table: &Table, month: Month, amount: Riel) {
        if let Some(index) = table.index(month) {
            self.on_month[index] -= amount;
            // What made the month paid is no longer all there.
            self.was_paid[index] = false;
        }
    }

    /// Section 7: when employment ends, the bar may be lifted by the months of it.
    fn lift_bar(&mut self, world: &World<'_>, day: Day) {
        let (Some(lapse), Some(enough)) = (self.lapse, world.book.on(day).lifts_bar_after_months) else { return };
        // Reading: the months are counted on every day without employment, so that a revision which lifts bars
        // also helps those whose employment had ended before it; without any employment there is nothing to lift.
        if world.employed_on(day) || world.dead_on(day) {
            return;
        }
        let mut months = BTreeSet::new();
        for job in world.jobs.iter().filter(|job| job.from > lapse.breach && job.from <= day) {
            let last = job.until.unwrap_or(day).min(day);
            months.extend((job.from.month().0..=last.month().0).map(Month));
        }
        if !months.is_empty() && months.len() >= usize::from(enough) {
            self.lapse = None;
            self.enrolment = None;
            self.waiting_until = None;
        }
    }

    /// Section 4, learnt late: months made owed again fall due later. They are those that are owed, on some day from
    /// which the fact counts to which it became known, and were not before it.
    fn put_off(&mut self, world: &World<'_>, day: Day) {
        for index in 0..world.own.len() {
            let month = world.own.base.plus(i32::try_from(index).unwrap_or(0));
            let view = View { world, state: self, day };
            if !view.owed(month) {
                continue;
            }
            let lost = world.losses.iter().filter(|loss| loss.counts_from <= day && day <= loss.learnt);
            let lost = lost.filter(|loss| loss.had_exempted(month, day)).map(|loss| loss.due);
            let joined = self
                .joined_late
                .iter()
                .filter(|(from, learnt, _, until)| *from <= day && day <= *learnt && month < *until);
            let dues: Vec<Due> = lost.chain(joined.map(|&(_, _, due, _)| due)).collect();
            for due in dues {
                self.fall_due_later(&world.own, month, due);
            }
        }
    }

    fn fall_due_later(&mut self, table: &Table, month: Month, due: Due) {
        if let Some(index) = table.index(month)
            && due.day > self.later_due[index].unwrap_or(table.due[index]).day
        {
            self.later_due[index] = Some(due);
        }
    }

    /// Section 4: months that a reversal opened again.
    fn owe_again(&mut self, world: &World<'_>, months: &[Month], day: Day, reversal: &Reversal) {
        let Some(due) = due_left(&world.book, day, reversal.known.day()) else { return };
        for &month in months {
            self.fall_due_later(&world.own, month, due);
            self.shields.push((day, due.day));
        }
    }

    /// Agreed: a payment reversed on its own value date never counts; but when this is learnt on a later day, the
    /// months that it had paid at the end of its value date, as was known before, are made owed again.
    fn owe_again_what_was_relied_upon(&mut self, world: &World<'_>, payments: &[Payment], day: Day, void: &Reversal) {
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
        let months = before.reverse(world, void, day);
        self.owe_again(world, &months, day, void);
    }

    /// Section 5, step 1, and section 6.
    fn lapse_if_due(&mut self, world: &World<'_>, day: Day) {
        if self.enrolment.is_none() || self.lapse.is_some() {
            return;
        }
        let view = View { world, state: self, day };
        let rules = view.rules();
        let spared = world.dead_on(day) || world.employed_on(day) || world.shielded(day) || self.shielded(day);
        // Reading: a lapse becomes pending only on a day on which it could take effect: not under a shield, in an
        // employment, or before the notice has been served long enough. One that is pending stays so under these.
        let may_lapse = !spared && view.lapse_condition_holds() && view.notice_served_long_enough();
        if !rules.confirmation {
            // Reading: where the rules of the day ask for no confirmation nothing is pending.
            if may_lapse {
                self.lapse(world, day);
            } else {
                self.pending = false;
            }
            return;
        }
        let overdue: BTreeSet<Month> = view.overdue_months().into_iter().collect();
        let waiver_holds = self.waived.as_ref().is_some_and(|waived| overdue.is_subset(waived));
        if !waiver_holds {
            self.waived = None;
        }
        let would_begin = may_lapse && !waiver_holds;
        // Reading: a lapse that became pending and whose condition still holds can be waived during an employment.
        if world.waivers.contains(&day) && (self.pending || would_begin) {
            self.pending = false;
            self.waived = Some(overdue);
        } else if would_begin {
            // Reading: a confirmation on the very day on which the lapse becomes pending counts.
            if world.confirmations.contains(&day) {
                self.lapse(world, day);
            } else {
                self.pending = true;
            }
        }
    }

    fn shielded(&self, day: Day) -> bool {
        self.shields.iter().any(|&(from, to)| from <= day && day <= to)
    }

    fn lapse(&mut self, world: &World<'_>, day: Day) {
        let view = View { world, state: self, day };
        let dated = match view.rules().lapse_effective {
            LapseEffective::Breach => day,
            LapseEffective::FirstMissed => view.run().last().map_or(day, |oldest| oldest.first_day()),
        };
        self.lapse = Some(Lapse { breach: day, dated });
        self.pending = false;
        self.waived = None;
    }

    /// Section 5, step 2: an enrolment that was not refused; after a lapse it is the re-enrolment of section 7,
    /// which forgives older months: they are not owed, as they are before the new enrolment.
    fn enrol(&mut self, world: &World<'_>, joining: &Joining, day: Day) {
        let month = world.own.month_of(day);
        let month_is_owed = super::table::own_due(&world.book, month).day >= day;
        self.enrolment = Some(Enrolment { month, first_owed: if month_is_owed { month } else { month.plus(1) } });
        self.lapse = None;
        self.pending = false;
        self.waived = None;
        self.waiting_until = None;
        if joining.learnt > day
            && let Some(due) = due_left(&world.book, day, joining.learnt)
        {
            // Reading: the shield begins with the enrolment, which comes after the start of its day.
            self.shields.push((day.after(), due.day));
            self.joined_late.push((day.after(), joining.learnt, due, joining.owed_anyway_from));
        }
        // Reading: the pot is allocated with the enrolment, before the reversals of the day, also when the bar had
        // been lifted by an employment in between.
        if self.purse.pot() > 0 {
            let (owner, amount) = self.purse.empty_pot();
            self.allocate(world, owner, amount, None, day);
        }
    }

    /// Section 5, step 3: takes a payment's money off; returns the owed months that were paid and are not any more.
    /// Reading: only such a month is made owed again by a reversal; one that was paid in part was owing all along.
    pub(super) fn reverse(&mut self, world: &World<'_>, reversal: &Reversal, day: Day) -> Vec<Month> {
        let before = self.clone();
        for (month, amount) in self.purse.take_off(reversal.payment) {
            self.take_from_month(&world.own, month, amount);
        }
        let (before, after) = (View { world, state: &before, day }, View { world, state: self, day });
        let months = (0..world.own.len()).map(|index| world.own.base.plus(i32::try_from(index).unwrap_or(0)));
        months.filter(|&month| before.paid(month) && !after.paid(month) && after.owed(month)).collect()
    }

    /// Section 5, step 3: a payment of the day.
    fn receive(&mut self, world: &World<'_>, payment: &Payment, day: Day) {
        let owner = Owner::Payment(payment.id);
        if payment.void.is_some() {
            self.purse.reversed += payment.amount;
        } else if world.dead_on(day) || self.enrolment.is_none() {
            self.purse.put(owner, Place::Suspense, payment.amount);
        } else if self.lapse.is_some() {
            let door = world.book.on(day).back_payment.is_some();
            self.purse.put(owner, if door { Place::Pot } else { Place::Suspense }, payment.amount);
        } else {
            self.allocate(world, owner, payment.amount, payment.named, day);
        }
    }

    /// Section 4, allocation: the month named, then the oldest owed unpaid months up to the limit, then credit.
    fn allocate(&mut self, world: &World<'_>, owner: Owner, amount: Riel, named: Option<Month>, day: Day) {
        let Some(enrolment) = self.enrolment else { return };
        let limit = world.own.month_of(day).plus(i32::from(world.book.on(day).prepay_months));
        let mut left = amount;
        for month in named.into_iter().chain((enrolment.month.0..=limit.0).map(Month)) {
            let view = View { world, state: self, day };
            if left > 0 && month <= limit && view.owed(month) && !view.paid(month) {
                let part = left.min(view.lack(month));
                self.put_on_month(world, owner, month, part, day);
                left -= part;
            }
        }
        self.purse.put(owner, Place::Credit, left);
    }

    fn put_on_month(&mut self, world: &World<'_>, owner: Owner, month: Month, amount: Riel, day: Day) {
        self.purse.put(owner, Place::Month(month), amount);
        if let Some(index) = world.own.index(month) {
            self.on_month[index] += amount;
            self.was_paid[index] = View { world, state: self, day }.paid(month);
        }
    }

    /// Section 7, back-payment: on the first day on which the money added up reaches that day's quote.
    /// Reading: it is looked at once, after all payments of the day; a flat fee alone must be reached as well.
    fn return_if_paid(&mut self, world: &World<'_>, day: Day) {
        let view = View { world, state: self, day };
        if self.lapse.is_none() || self.purse.pot() == 0 {
            return;
        }
        let Some(quote) = quote(&view).filter(|quote| self.purse.pot() >= quote.price) else { return };
        let waiting = view.rules().back_payment.map_or(0, |door| door.waiting_months);
        let overdue = view.overdue_months();

        let (owner, total) = self.purse.empty_pot();
        let mut on_months = 0;
        for &(month, lack) in &quote.months {
            self.put_on_month(world, owner, month, lack, day);
            on_months += lack;
        }
        self.purse.put(owner, Place::Surcharge, quote.price - on_months);
        for month in overdue {
            if quote.months.iter().all(|&(quoted, _)| quoted != month)
                && let Some(index) = world.own.index(month)
            {
                self.forgiven[index] = true;
            }
        }
        self.lapse = None;
        self.waiting_until = (waiting > 0).then(|| world.own.month_of(day).plus(i32::from(waiting)).first_day());
        self.allocate(world, owner, total - quote.price, None, day);
    }
}
