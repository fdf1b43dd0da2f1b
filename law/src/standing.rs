//! The state machine of one life: owed, paid, run, lapse, and the doors back, in the order of the day.
//!
//! The machine is given the days on which something can change, one after the other, and never walks the calendar
//! in between. What it knows is one `Life` and one `Book` of rules; entitlement and covers are in `coverage`, which
//! days those are in `rhythm`.

use crate::answer::{CoPayment, EnrolmentRefusal, Scheme, Schemes, Standing};
use crate::calendar::{Day, Month};
use crate::coverage::Entitled;
use crate::explanation::{Clause, Step};
use crate::fact::FactId;
use crate::life::{Late, Life};
use crate::months::Months;
use crate::owed::Arrears;
use crate::policy::{Book, LapseCondition, LapseEffective, Revision};
use crate::purse::Purse;

/// What a day's answer consists of, beside the money.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct State {
    pub(crate) standing: Standing,
    pub(crate) since: Option<Day>,
    pub(crate) covers: Schemes,
    pub(crate) overdue: u32,
    pub(crate) run: u32,
    pub(crate) co_payment: Option<CoPayment>,
}

impl State {
    /// Before anything was recorded.
    pub(crate) const NOBODY: State = State {
        standing: Standing::NotEnrolled,
        since: None,
        covers: Schemes::NONE,
        overdue: 0,
        run: 0,
        co_payment: None,
    };
}

/// A lapse that has taken effect.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lapse {
    /// The day on which it took effect.
    pub(crate) breach: Day,
    /// The day from which it is dated.
    pub(crate) dated: Day,
    /// Whether voluntary cover covered on the day before it took effect.
    pub(crate) covered: bool,
}

/// A return by paying.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Return {
    pub(crate) on: Day,
    /// The months that were overdue before it.
    pub(crate) overdue: u32,
}

/// Up to which fact of each kind the machine has come.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Cursors {
    pub(crate) jobs: usize,
    pub(crate) enrolments: usize,
    pub(crate) reversals: usize,
    pub(crate) payments: usize,
    pub(crate) refunds: usize,
}

/// The machine, standing at the end of the last day that it was given.
#[derive(Clone)]
pub(crate) struct Machine<'a> {
    pub(crate) book: &'a Book<'a>,
    pub(crate) life: &'a Life,
    /// The days on which something begins or ceases to count, payments aside, and how many of them have passed.
    pub(crate) marks: &'a [Day],
    marks_passed: usize,
    /// The first of them that has not passed.
    pub(crate) next_mark: Day,
    /// Facts valid after this day are passed over, known ends of employments aside.
    pub(crate) heard_until: Day,
    pub(crate) next: Cursors,
    /// The month of the newest day, and the first day of the one after.
    pub(crate) month: (Month, Day),
    /// The revision in force on the newest day, and the first day of the next one.
    pub(crate) in_force: (&'a Revision, Day),
    /// The newest month that has fallen due, where months fall due in order, and the due day of the one after.
    pub(crate) fallen_due: (Month, Day),
    pub(crate) months: Months,
    pub(crate) purse: Purse,
    /// The last day worked in each sector, of the employments that have begun; `Day::NEVER` while one is open.
    pub(crate) worked_through: [Day; 2],
    /// The first month owed by the present enrolment, paid or not.
    pub(crate) enrolled_from: Option<Month>,
    /// The month of the present enrolment, from which its time is counted.
    pub(crate) joined: Month,
    pub(crate) lapse: Option<Lapse>,
    pub(crate) pending: Option<Day>,
    /// The months that were overdue when a pending lapse was waived.
    pub(crate) waived: Option<Vec<Month>>,
    /// Whether cover is suspended until the price of its way back is paid.
    pub(crate) suspended: bool,
    /// The newest return by paying of the present enrolment.
    pub(crate) returned: Option<Return>,
    /// The first day on which a member who came back is no longer in a waiting time.
    pub(crate) waiting_over: Day,
    /// The newest last day worked in each sector that formal cover covered.
    pub(crate) run_off_from: [Day; 2],
    pub(crate) lates: Vec<Late>,
    /// No month before this one can be overdue.
    pub(crate) oldest_open: Month,
    /// The day on which something happened after its start that may bring a lapse at the start of the next.
    pub(crate) unsettled: Option<Day>,
    /// Whether a payment can bring a lapse on the next day: one paid ahead completes a window of months, and one that
    /// pays the oldest month overdue makes a notice count that was served before.
    payments_unsettle: bool,
    /// For how long who is entitled on the newest day is so by what is paid.
    pub(crate) entitled: Entitled,
    /// Time and payments change nothing but the money before this day, marks aside.
    pub(crate) quiet_until: Day,
    /// Time alone changes nothing before this day, marks aside.
    pub(crate) still_until: Day,
    /// Whether nobody asks how many months are overdue on the days to come, only for standing, covers and lapse.
    pub(crate) brisk: bool,
    /// Whether a payment that was taken while it was quiet changes the standing of its day, which has yet to pass.
    pub(crate) stirred: bool,
    /// The newest day that passed, other than by the payments of a quiet one.
    pub(crate) passed: Day,
    pub(crate) state: State,
    pub(crate) refused: Vec<(Day, FactId, EnrolmentRefusal)>,
    pub(crate) steps: Option<Vec<Step>>,
}

impl<'a> Machine<'a> {
    /// A machine that stands before all time, in the room that another life took.
    pub(crate) fn new(
        life: &'a Life,
        book: &'a Book<'a>,
        marks: &'a [Day],
        until: Month,
        (months, mut purse): (Months, Purse),
    ) -> Machine<'a> {
        let window = |condition: &LapseCondition| matches!(condition, LapseCondition::Window { .. });
        let payments_unsettle = book.revisions().iter().any(|r| r.lapse.iter().any(window) || r.notice_days.is_some());
        purse.empty();
        purse.parcels.reserve(life.payments.len() + 8);
        let in_force = book.on_and_until(Day::MIN);
        let mut machine = Machine {
            book,
            life,
            marks,
            marks_passed: 0,
            next_mark: marks.first().copied().unwrap_or(Day::NEVER),
            heard_until: Day::NEVER.before(),
            next: Cursors::default(),
            month: (Month(0), Day::MIN),
            in_force,
            fallen_due: (Month(0), Day::MIN),
            months: Months::new(life, until, months),
            purse,
            worked_through: [Day::MIN; 2],
            enrolled_from: None,
            joined: Month(0),
            lapse: None,
            pending: None,
            waived: None,
            suspended: false,
            returned: None,
            waiting_over: Day::MIN,
            run_off_from: [Day::MIN; 2],
            lates: life.lates.clone(),
            oldest_open: Month(i32::MAX - 1),
            unsettled: None,
            payments_unsettle,
            entitled: Entitled::No,
            quiet_until: Day::NEVER,
            still_until: Day::NEVER,
            brisk: false,
            stirred: false,
            passed: Day::MIN,
            state: State::NOBODY,
            refused: Vec::new(),
            steps: None,
        };
        machine.make_room(until);
        machine
    }

    /// Lets a day pass on which something can change, in the order that the law gives to it.
    pub(crate) fn pass(&mut self, day: Day) {
        self.unsettled = None;
        self.stirred = false;
        self.passed = day;
        let today = self.look_up(day);
        if day >= self.next_mark {
            self.reach_mark(day);
        }
        self.begin_employments(day);
        self.settle_death(day);
        self.put_off_due_days(day);
        self.lift_old_bar(today);
        self.end_by_time(today);
        let before = (self.next, self.purse.pot());
        let arrears = self.start_of_day(today);
        self.suspend(today);
        self.enrol(today);
        self.put_off_due_days(day);
        self.reverse(day);
        self.receive(today);
        self.come_back(today);
        self.refund(day);
        self.end_of_pending(today);
        // Where no fact changed what is owed or paid since the start of the day, that need not be looked at again.
        let untouched = (self.next, 0) == before && self.lates.is_empty();
        self.answer(today, arrears.filter(|_| untouched));
        self.look_ahead(today);
    }

    fn reach_mark(&mut self, day: Day) {
        while self.marks.get(self.marks_passed).is_some_and(|&mark| mark <= day) {
            self.marks_passed += 1;
        }
        self.next_mark = self.marks.get(self.marks_passed).copied().unwrap_or(Day::NEVER);
    }

    /// Looks up once what is asked for a day, and makes room for its months.
    #[inline(always)]
    pub(crate) fn look_up(&mut self, day: Day) -> Today<'a> {
        let month = self.enter_month(day);
        if day >= self.in_force.1 {
            self.in_force = self.book.on_and_until(day);
        }
        if day > self.fallen_due.1 {
            let newest = self.book.newest_fallen_due(day, month);
            self.fallen_due = (newest, self.book.due(newest.plus(1)));
        }
        let today = Today { day, month, revision: self.in_force.0, fallen_due: self.fallen_due.0 };
        self.make_room(today.month.plus(i32::from(today.revision.prepay_months)));
        today
    }

    /// The month of a day that is not before the newest one.
    #[inline]
    pub(crate) fn enter_month(&mut self, day: Day) -> Month {
        // Days come in order, so the month is the one of the day before or soon after.
        let (month, ends) = self.month;
        if day >= ends {
            let month = if day < ends.plus(28) { month.plus(1) } else { self.book.month_of(day) };
            self.month = (month, self.book.first_day(month.plus(1)));
        }
        self.month.0
    }

    /// Makes sure that there is room for the months up to one.
    #[inline]
    pub(crate) fn make_room(&mut self, until: Month) {
        if !self.months.has(until) && until >= self.months.base() {
            self.months.make_room(until);
            self.life.jobs[..self.next.jobs].iter().for_each(|job| self.months.work(job));
            self.excuse();
        }
    }

    /// Marks the months that are excused.
    fn excuse(&mut self) {
        for excuse in self.life.excuses.iter().filter(|excuse| excuse.from.first_day() <= self.heard_until) {
            self.months.mark(excuse.from, excuse.to, |sets| &mut sets.excused);
        }
    }

    /// Hears of no fact that is valid after a day, known ends of employments aside.
    pub(crate) fn hear_until(&mut self, day: Day) {
        self.heard_until = day;
        self.months.clear(|sets| &mut sets.excused);
        self.excuse();
        // A month that is excused by what is no longer heard of may be overdue after all.
        self.oldest_open = self.oldest_open.min(self.book.month_of(day).plus(1));
        self.next.enrolments = self.life.enrolments.len();
        self.next.payments = self.life.payments.len();
        self.next.reversals = self.life.reversals.len();
        self.next.refunds = self.life.refunds.len();
    }

    /// Notes that money was allocated, where that can bring a lapse.
    pub(crate) fn allocated_on(&mut self, day: Day) {
        if self.payments_unsettle {
            self.unsettled = Some(day);
        }
    }

    fn begin_employments(&mut self, day: Day) {
        while let Some(job) = self.life.jobs.get(self.next.jobs).filter(|job| job.from <= day.min(self.heard_until)) {
            let through = &mut self.worked_through[job.sector as usize];
            *through = (*through).max(job.until.unwrap_or(Day::NEVER));
            self.months.work(job);
            self.next.jobs += 1;
        }
    }

    // ---- The start of the day -------------------------------------------------------------------------------

    /// Decides whether a lapse takes effect, and answers what is overdue where that was looked at.
    fn start_of_day(&mut self, today: Today<'_>) -> Option<Arrears> {
        let Today { day, revision, .. } = today;
        if self.enrolled_from.is_none() || self.dead(day) {
            return None;
        }
        if let Some(lapse) = self.lapse {
            self.lift_bar(day, lapse, revision);
            return None;
        }
        let arrears = self.arrears(today);
        // Without a month overdue no condition holds, and most days are such.
        let holds = arrears.overdue > 0
            && !self.employed(day)
            && self.condition_holds(today, arrears)
            && !self.shielded(day)
            && self.notice_allows(today);
        if !revision.confirmation {
            self.pending = None;
            if holds {
                self.lapse(today, arrears, Vec::new());
            }
            return Some(arrears);
        }
        if !self.waiver_stands(today) {
            self.waived = None;
        }
        if holds && self.pending.is_none() && self.waived.is_none() {
            self.pending = Some(day);
            self.note(day, Vec::new, || Clause::LapsePending { run: arrears.run });
        }
        if self.pending.is_none() {
            return Some(arrears);
        }
        if let Some(&(_, fact)) = self.life.waivers.iter().find(|(on, _)| *on == day && day <= self.heard_until) {
            self.pending = None;
            self.waived = Some(self.overdue_months(today).collect());
            self.note(day, || vec![fact], || Clause::LapseWaived);
        } else if let Some(&(_, fact)) = self.life.confirmations.iter().find(|(on, _)| *on == day)
            && holds
            && day <= self.heard_until
        {
            self.lapse(today, arrears, vec![fact]);
        }
        Some(arrears)
    }

    fn lapse(&mut self, today: Today<'_>, arrears: Arrears, facts: Vec<FactId>) {
        let Arrears { run, oldest, .. } = arrears;
        let day = today.day;
        let dated = match today.revision.lapse_effective {
            LapseEffective::Breach => day,
            LapseEffective::FirstMissed => oldest.map_or(day, Month::first_day),
        };
        let covered = self.state.covers.has(Scheme::Voluntary);
        self.lapse = Some(Lapse { breach: day, dated, covered });
        self.pending = None;
        self.waived = None;
        self.suspended = false;
        self.note(day, || facts, || Clause::Lapsed { run, oldest, dated });
    }

    pub(crate) fn end_of_pending(&mut self, today: Today<'_>) {
        if self.pending.is_some() && !self.condition_holds(today, self.arrears(today)) {
            self.pending = None;
            self.note(today.day, Vec::new, || Clause::LapseAverted);
        }
    }

    // ---- The answer of the day ------------------------------------------------------------------------------

    fn answer(&mut self, today: Today<'_>, arrears: Option<Arrears>) {
        let day = today.day;
        let before = self.state;
        self.advance_oldest_open(today);
        let quiet = self.lapse.is_some() || self.dead(day);
        let Arrears { overdue, run, .. } =
            if quiet { Arrears::default() } else { arrears.unwrap_or_else(|| self.arrears(today)) };
        let standing = self.standing(day, overdue);
        let run = if standing == Standing::Employed { 0 } else { run };
        let since = match self.lapse {
            Some(lapse) if standing == Standing::Abandoned => Some(lapse.dated),
            _ if standing == before.standing => before.since,
            _ => Some(day),
        };
        self.note_run_off(day);
        let covers = self.covers(today, standing, overdue);
        let co_payment = self.co_payment(today, covers);
        self.state = State { standing, since, covers, overdue, run, co_payment };
        if self.steps.is_some() {
            self.note_changes(today, before);
        }
    }

    fn standing(&self, day: Day, overdue: u32) -> Standing {
        if self.dead(day) {
            Standing::Closed
        } else if self.employed(day) {
            Standing::Employed
        } else if self.lapse.is_some() {
            Standing::Abandoned
        } else if self.enrolled_from.is_none() {
            Standing::NotEnrolled
        } else if self.pending.is_some() {
            Standing::LapsePending
        } else if overdue > 0 {
            Standing::InArrears
        } else {
            Standing::Current
        }
    }
}

/// A day with what is looked up for it once.
#[derive(Clone, Copy)]
pub(crate) struct Today<'a> {
    pub(crate) day: Day,
    pub(crate) month: Month,
    pub(crate) revision: &'a Revision,
    /// The newest month that has fallen due, where months fall due in order.
    pub(crate) fallen_due: Month,
}

#[cfg(test)]
mod tests;
