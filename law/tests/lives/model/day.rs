//! One day after the other: the order within a day (section 5), and what one day leaves to the next.

use std::collections::BTreeSet;

use krama_law::answer::{EnrolmentRefusal, Standing};
use krama_law::calendar::{Day, Month};
use krama_law::fact::Sector;
use krama_law::money::Riel;

use super::cover;
use super::facts::World;
use super::month::View;
use super::purse::Purse;
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

/// What one day leaves to the next. The lists are by month of the table.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub(super) enrolment: Option<Enrolment>,
    pub(super) lapse: Option<Lapse>,
    pub(super) pending: bool,
    /// The months that were overdue when an officer waived a lapse; the waiver holds until another one is.
    pub(super) waived: Option<BTreeSet<Month>>,
    /// Whether cover is suspended until the arrears are paid together.
    pub(super) suspended: bool,
    /// The newest return by paying: its day, and how many months were overdue before it.
    pub(super) returned: Option<(Day, usize)>,
    pub(super) waiting_until: Option<Day>,
    pub(super) purse: Purse,
    pub(super) on_month: Vec<Riel>,
    /// On which day the money on a month reached its price, while it has not been taken off since.
    pub(super) was_paid: Vec<Option<Day>>,
    pub(super) forgiven: Vec<bool>,
    /// The later due days of months that were made owed again late.
    pub(super) later_due: Vec<Option<Due>>,
    /// From which day to which no lapse takes effect, besides what was learnt of employments.
    pub(super) shields: Vec<(Day, Day)>,
    /// Enrolments entered late, while their months are made owed again: from, learnt, due, and up to which month.
    pub(super) joined_late: Vec<(Day, Day, Due, Month)>,
}

/// What is told of a day besides the state that it leaves.
#[derive(Default)]
pub(super) struct Log {
    pub(super) refused: Vec<EnrolmentRefusal>,
}

/// A life lived up to a day.
#[derive(Clone)]
pub(crate) struct Walk {
    first: Day,
    next: Day,
    standings: Vec<Standing>,
    pub(super) state: State,
    pub(super) refused: Vec<EnrolmentRefusal>,
    /// Whether VOLUNTARY covered on the day before the newest lapse took effect; not asked where no law lets cover run on.
    pub(super) covered_before_lapse: bool,
    /// Last days of employments on which FORMAL covered, with the sector of the employment that ended.
    pub(super) covered_last_days: Vec<(Day, Sector)>,
}

impl Walk {
    /// A life from before its first fact, or from the day asked where that is earlier.
    pub(super) fn begin(world: &World<'_>, asked: Day) -> Walk {
        let first = world.beginning().map_or(asked, |day| day.min(asked));
        Walk {
            first,
            next: first,
            standings: Vec::new(),
            state: State::new(&world.own),
            refused: Vec::new(),
            covered_before_lapse: false,
            covered_last_days: Vec::new(),
        }
    }

    /// Lives on to the end of a day.
    pub(super) fn go_on(&mut self, world: &World<'_>, last: Day) {
        let runs_on = world.book.revisions().iter().any(|revision| revision.lapse_run_off_months > 0);
        while self.next <= last {
            let day = self.next;
            let mut log = Log::default();
            let eve = runs_on && cover::voluntary(&View::of(world, &self.state, day.before()), self.standing());
            live(world, &mut self.state, day, &mut log);
            if self.state.lapse.is_some_and(|lapse| lapse.breach == day) {
                self.covered_before_lapse = eve;
            }
            let view = View::of(world, &self.state, day);
            self.standings.push(standing(&view));
            if world.jobs.iter().any(|job| job.until == Some(day)) && cover::formal(&view) {
                let ended = world.jobs.iter().filter(|job| job.until == Some(day));
                self.covered_last_days.extend(ended.map(|job| (day, job.sector)));
            }
            self.refused = log.refused;
            self.next = day.after();
        }
    }

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
    let mut walked = Walk::begin(world, last);
    walked.go_on(world, last);
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
    state.lift_bar_by_a_new_law(world, day);
    state.end_by_time(world, day);
    state.lapse_if_due(world, day);
    state.suspend_or_resume(world, day);
    for joining in on_day(&world.enrolments, day, |joining| joining.on) {
        match world.refusal(state, day) {
            Some(reason) => log.refused.push(reason),
            None => state.enrol(world, joining, day),
        }
    }
    state.put_off(world, day);
    for reversal in on_day(&world.reversals, day, |reversal| reversal.on) {
        let opened = state.reverse(world, reversal, day);
        state.owe_again(world, &opened, day, reversal.known.day());
    }
    let payments = on_day(&world.payments, day, |payment| payment.on);
    for void in payments.iter().filter_map(|payment| payment.void) {
        state.owe_again_what_was_relied_upon(world, payments, day, &void);
    }
    for payment in payments {
        state.receive(world, payment, day);
    }
    state.return_if_paid(world, day);
    for refund in on_day(&world.refunds, day, |refund| refund.on) {
        let opened = state.refund(world, refund, day);
        state.owe_again(world, &opened, day, refund.known.day());
    }
    // Section 6: a pending lapse ends when, after the day's payments, no condition holds.
    state.pending = state.pending && View::of(world, state, day).lapse_condition_holds();
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
            suspended: false,
            returned: None,
            waiting_until: None,
            purse: Purse::default(),
            on_month: vec![0; table.len()],
            was_paid: vec![None; table.len()],
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
}
