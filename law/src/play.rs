//! A life played: the machine taken from one day on which something can change to the next.
//!
//! Here is decided which days those are, and how far ahead it is worth looking. Absent: every rule; the machine
//! is only called.

use crate::answer::{Scheme, Standing};
use crate::calendar::{Day, Moment, Month};
use crate::decision::{Horizon, MonthLine, MonthState, Placement, Stretch};
use crate::fact::FactId;
use crate::money::Riel;
use crate::policy::{Book, Entitlement, LapseCondition, Law};
use crate::purse::{Owner, Place};
use crate::standing::{Machine, State};
use crate::timeline::{Life, Timeline};

/// How far ahead anything is looked for, in months: beyond a century nothing is promised.
const FARTHEST_MONTHS: i32 = 1_200;

/// How much of the way is told.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Telling {
    /// Only what an answer needs.
    Brief,
    /// Every step.
    Whole,
}

/// A life played up to the day asked about, and on from there as far as anything can still change.
pub(crate) struct Play<'a> {
    pub(crate) day: Day,
    pub(crate) at_day: Machine<'a>,
    /// The states up to the day, each with its first day.
    past: Vec<(Day, State)>,
    /// The states after the day if nothing more is recorded, each with its first day.
    pub(crate) later: Vec<(Day, State)>,
    horizon: Day,
}

/// Plays a life as known at an instant and hands it over.
pub(crate) fn played<R>(
    timeline: &Timeline,
    law: &Law,
    day: Day,
    known_at: Moment,
    telling: Telling,
    ask: impl FnOnce(&Play<'_>) -> R,
) -> R {
    let book = law.as_known(known_at);
    let life = timeline.as_known(known_at, &book);
    ask(&Play::new(&life, &book, day, telling))
}

impl<'a> Play<'a> {
    fn new(life: &'a Life, book: &Book<'a>, day: Day, telling: Telling) -> Play<'a> {
        let horizon = horizon(life, book, day);
        let days = days_of_change(life, book, first_day(life, day), horizon);
        let mut machine = Machine::new(life, book.clone(), day.month().plus(1));
        if telling == Telling::Whole {
            machine.steps = Some(Vec::new());
        }
        let mut past = Vec::new();
        let until_day = days.partition_point(|&change| change < day);
        for &change in days[..until_day].iter().chain([&day]) {
            settle(&mut machine, change, |machine, day| pass(machine, day, &mut past));
            pass(&mut machine, change, &mut past);
        }
        let mut onward = machine.clone();
        onward.steps = None;
        let mut later = Vec::new();
        for &change in days[until_day..].iter().skip_while(|&&change| change == day) {
            settle(&mut onward, change, |machine, day| pass(machine, day, &mut later));
            pass(&mut onward, change, &mut later);
        }
        Play { day, at_day: machine, past, later, horizon }
    }

    /// The last day on which everything is as on the day, if nothing more is recorded.
    pub(crate) fn holds_until(&self) -> Option<Day> {
        self.later.first().map(|(day, _)| day.before())
    }

    /// The first day of the unbroken stretch of a cover that there is on the day.
    pub(crate) fn cover_from(&self, scheme: Scheme) -> Day {
        let stretch = self.past.iter().rev().take_while(|(_, state)| state.covers.has(scheme));
        stretch.last().map_or(self.day, |(day, _)| *day)
    }

    /// The last day of that stretch, if nothing more is recorded; open when there is no end in sight.
    pub(crate) fn cover_until(&self, scheme: Scheme) -> Option<Day> {
        self.later.iter().find(|(_, state)| !state.covers.has(scheme)).map(|(day, _)| day.before())
    }

    /// The last day on which paying still prevents the next lapse, as if no fact were valid after the day but
    /// known ends of employments.
    pub(crate) fn last_safe_day(&self, horizon: Horizon) -> Option<Day> {
        match self.at_day.state.standing {
            Standing::Closed | Standing::Abandoned | Standing::NotEnrolled | Standing::LapsePending => return None,
            Standing::Employed | Standing::InArrears | Standing::Current => {}
        }
        let open_job = |day| self.at_day.life.jobs.iter().any(|job| job.until.is_none() && job.covers(day));
        if self.at_day.lapse.is_some() || self.at_day.enrolled_from.is_none() || open_job(self.day) {
            return None;
        }
        self.next_lapse(self.at_day.clone(), horizon)
    }

    /// The last safe day after a payment of this amount, made on the day.
    pub(crate) fn last_safe_day_after_payment(&self, amount: Riel) -> Option<Day> {
        let mut machine = self.at_day.clone();
        machine.steps = None;
        let revision = machine.book.on(self.day);
        machine.allocate(Owner::Payment(FactId(i64::MAX)), amount, None, self.day, revision);
        self.next_lapse(machine, Horizon::InForce)
    }

    /// The day before the next lapse of a machine that stands at the end of the day and hears no later fact.
    fn next_lapse(&self, mut machine: Machine<'a>, horizon: Horizon) -> Option<Day> {
        machine.steps = None;
        machine.heard_until = self.day;
        if horizon == Horizon::InForce {
            machine.forget_revisions_after(self.day);
        }
        let mut days = days_of_change(machine.life, &machine.book, self.day.after(), self.horizon);
        // What was learnt late on the way may end on a due day that the book without later revisions does not have.
        days.extend(machine.lates.iter().map(|late| late.due.day.after()).filter(|&end| end > self.day));
        days.sort_unstable();
        days.dedup();
        let mut lapsed = None;
        for day in days {
            settle(&mut machine, day, |machine, day| {
                machine.pass(day);
                lapsed = lapsed.or(machine.lapse.map(|_| day.before()));
            });
            machine.pass(day);
            lapsed = lapsed.or(machine.lapse.map(|_| day.before()));
            if lapsed.is_some() {
                break;
            }
        }
        lapsed
    }

    /// The months that money paid on the day reaches, in order, and what each lacks.
    pub(crate) fn lacking_months(&self) -> Vec<(Month, Riel)> {
        let (day, machine) = (self.day, &self.at_day);
        let Some(first) = machine.enrolled_from.filter(|_| machine.lapse.is_none() && !machine.dead(day)) else {
            return Vec::new();
        };
        let limit = day.month().plus(i32::from(machine.book.on(day).prepay_months));
        let rows = machine.months.slice(first, limit).iter();
        let lacking = rows.filter(|row| machine.owed(row, day) && !machine.paid(row, day));
        lacking.map(|row| (row.month, machine.price(row, day) - row.allocated)).collect()
    }

    /// The stretches of one standing and one set of covers, from the first to the horizon.
    pub(crate) fn stretches(&self) -> Vec<Stretch> {
        let mut stretches = vec![Stretch { from: None, standing: Standing::NotEnrolled, schemes: Vec::new() }];
        for (day, state) in self.past.iter().chain(&self.later) {
            let schemes: Vec<Scheme> = Scheme::ALL.into_iter().filter(|&scheme| state.covers.has(scheme)).collect();
            let same = stretches.last().is_some_and(|last| last.standing == state.standing && last.schemes == schemes);
            if !same {
                stretches.push(Stretch { from: Some(*day), standing: state.standing, schemes });
            }
        }
        stretches
    }

    pub(crate) fn month_lines(&self) -> Vec<MonthLine> {
        let (day, machine) = (self.day, &self.at_day);
        let touched = machine.months.all().iter().filter(|row| row.allocated > 0).map(|row| row.month).max();
        let last = touched.map_or(day.month(), |month| month.max(day.month()));
        let rows = machine.months.all().iter().filter(|row| row.month <= last);
        let line = |row: &crate::months::MonthRow| {
            let parcels = machine.purse.parcels.iter().filter(|parcel| parcel.place == Place::Month(row.month));
            let paid = machine.paid(row, day);
            let state = if paid {
                MonthState::Paid
            } else if machine.worked(row, day) {
                MonthState::Worked
            } else if machine.excused(row) {
                MonthState::Excused
            } else if !machine.owed(row, day) {
                MonthState::NotOwed
            } else if day > row.due.day {
                MonthState::Overdue
            } else {
                MonthState::Open
            };
            MonthLine {
                month: row.month,
                due: row.due.day,
                price: machine.price(row, day),
                allocated: row.allocated,
                paid_on: parcels.clone().map(|parcel| parcel.on).max().filter(|_| paid),
                payments: parcels.flat_map(|parcel| machine.purse.payments_of(parcel)).collect(),
                state,
            }
        };
        rows.map(line).collect()
    }

    pub(crate) fn placements(&self) -> Vec<Placement> {
        let purse = &self.at_day.purse;
        let placement = |parcel: &crate::purse::Parcel| Placement {
            payments: purse.payments_of(parcel),
            place: parcel.place,
            amount: parcel.amount,
            on: parcel.on,
        };
        purse.parcels.iter().map(placement).collect()
    }
}

/// Lets the day after an unsettled one pass too, if it comes before the next day: what the facts of a day bring about
/// can make a lapse take effect at the start of the next.
fn settle<'a>(machine: &mut Machine<'a>, next: Day, mut pass: impl FnMut(&mut Machine<'a>, Day)) {
    while let Some(day) = machine.unsettled.filter(|day| day.after() < next) {
        machine.unsettled = None;
        pass(machine, day.after());
    }
}

/// Lets a day pass and keeps the state if it differs from the one before.
fn pass(machine: &mut Machine<'_>, day: Day, states: &mut Vec<(Day, State)>) {
    let before = machine.state;
    machine.pass(day);
    if machine.state != before {
        states.push((day, machine.state));
    }
}

/// The first day on which anything can change.
fn first_day(life: &Life, day: Day) -> Day {
    fact_days(life).min().unwrap_or(day).min(day)
}

/// The days on which a fact of the life begins or ceases to count.
fn fact_days(life: &Life) -> impl Iterator<Item = Day> {
    let enrolments = life.enrolments.iter().map(|enrolment| enrolment.on);
    let payments = life.payments.iter().flat_map(|p| [Some(p.on), p.reversal.map(|r| r.on)]).flatten();
    let jobs = life.jobs.iter().flat_map(|job| [Some(job.from), job.until.map(Day::after)]).flatten();
    let certificates = life.certificates.iter().flat_map(|c| [Some(c.from), c.until.map(Day::after)]).flatten();
    let acts = life.confirmations.iter().chain(&life.waivers).map(|(on, _)| *on);
    let death = life.died.map(|(on, _)| on.after());
    let lates = life.lates.iter().flat_map(|late| [late.from, late.due.day.after()]);
    let excuses = life.excuses.iter().flat_map(|excuse| [excuse.from.first_day(), excuse.to.first_day()]);
    enrolments
        .chain(payments)
        .chain(jobs)
        .chain(certificates)
        .chain(acts)
        .chain(death)
        .chain(lates)
        .chain(life.notices.iter().copied())
        .chain(excuses)
}

/// Every day from `from` to `until` on which something can change, in order: days of facts, first days of months,
/// days after due days, effective days of revisions, and days on which the time after a notice is over.
fn days_of_change(life: &Life, book: &Book<'_>, from: Day, until: Day) -> Vec<Day> {
    let mut days: Vec<Day> = fact_days(life).collect();
    for revision in book.revisions() {
        days.push(revision.effective);
        if let Some(notice_days) = revision.notice_days {
            days.extend(life.notices.iter().map(|on| on.plus(i32::from(notice_days))));
        }
        if revision.back_payment.is_some() {
            // The price of a return steps on the days after the due days as the law names them.
            let months = (from.month().0..=until.month().0).map(Month);
            days.extend(months.map(|month| month.day_clamped(revision.due_day).after()));
        }
    }
    let offset = book.revisions().iter().map(|revision| i32::from(revision.due_month_offset)).max().unwrap_or(0);
    for month in (from.month().0 - offset - 1..=until.month().0).map(Month) {
        days.push(month.first_day());
        days.push(book.due_day(month).day.after());
    }
    days.retain(|day| (from..=until).contains(day));
    days.sort_unstable();
    days.dedup();
    days
}

/// The day after which nothing changes any more, if nothing more is recorded.
fn horizon(life: &Life, book: &Book<'_>, day: Day) -> Day {
    let mut settle = 0;
    let mut ahead = 0;
    for revision in book.revisions() {
        let lapses = revision.lapse.iter().map(|condition| match *condition {
            LapseCondition::Consecutive(months) => months,
            LapseCondition::Window { of, .. } => of,
        });
        let limbs = revision.entitlement.iter().chain(&revision.formal_entitlement).map(|limb| match *limb {
            Entitlement::Consecutive(months) => months,
            Entitlement::Window { of, .. } => of,
            Entitlement::Immediate => 0,
        });
        let longest = lapses.chain(limbs).max().unwrap_or(0);
        let suspension = revision.suspend_after.unwrap_or(0);
        let back = revision.back_payment.map_or(0, |terms| {
            terms.waiting_months.max(terms.refuse_older_months.unwrap_or(0)).max(terms.cap_months.unwrap_or(0))
        });
        settle =
            settle.max(i32::from(longest.max(suspension)) + i32::from(back)).max(i32::from(revision.run_off_months));
        ahead = ahead.max(i32::from(revision.prepay_months) + i32::from(revision.due_month_offset));
    }
    let effective = book.revisions().iter().map(|revision| revision.effective);
    let notices = book.revisions().iter().filter_map(|revision| revision.notice_days).max().unwrap_or(0);
    let last = fact_days(life).chain(effective).max().unwrap_or(day).max(day).plus(i32::from(notices));
    let month = last.month().plus(settle + ahead + 3);
    month.min(day.month().plus(FARTHEST_MONTHS)).last_day()
}
