//! Who may enrol by an employment before, and the end of a membership whose time is over.

use krama_law::answer::EnrolmentRefusal;
use krama_law::calendar::{Day, Month};
use krama_law::policy::{EntryMonths, Within};

use super::day::State;
use super::facts::World;
use super::quote::amnesty;

/// Which part of the clause of entry is not met on a day on which nobody employs the person; none where there is no such
/// clause. Reading: an amnesty that opens re-enrolment lays it aside for those who lapsed.
pub(super) fn refusal(world: &World<'_>, state: &State, day: Day) -> Option<EnrolmentRefusal> {
    let laid_aside = amnesty(world.book.on(day), day).is_some_and(|amnesty| amnesty.re_enrolment);
    if state.lapse.is_some() && laid_aside { None } else { unmet(world, day) }
}

pub(super) fn unmet(world: &World<'_>, day: Day) -> Option<EnrolmentRefusal> {
    let entry = world.book.on(day).entry?;
    let Some(last) = last_day_worked(world, day) else { return Some(EnrolmentRefusal::InsuredTooShort) };
    // Reading: months are counted back from that of the last day worked, and what the employer did about them is asked
    // on the day of the enrolment.
    let insured = |ago: i32| {
        let month = last.month().plus(-ago);
        world.job_in_month(month, day) && world.employer_did_enough(month, day)
    };
    let enough = match entry.employed {
        EntryMonths::Consecutive(months) => !(0..i32::from(months)).any(|ago| !insured(ago)),
        EntryMonths::Window { worked, of } => {
            (0..i32::from(of)).map(|ago| u16::from(insured(ago))).sum::<u16>() >= worked
        }
    };
    if !enough {
        Some(EnrolmentRefusal::InsuredTooShort)
    } else if closes(world, day).is_some_and(|closes| day > closes) {
        Some(EnrolmentRefusal::EntryClosed)
    } else {
        None
    }
}

/// The last day of the time that the last employment leaves for an enrolment.
pub(super) fn closes(world: &World<'_>, day: Day) -> Option<Day> {
    let last = last_day_worked(world, day)?;
    match world.book.on(day).entry?.within? {
        Within::Days(days) => Some(Day(last.0 + i32::from(days))),
        // Reading: like a run-off, a time in months lasts to the end of a month.
        Within::Months(months) => Some(Month(last.month().0 + i32::from(months)).last_day()),
    }
}

fn last_day_worked(world: &World<'_>, day: Day) -> Option<Day> {
    let first = world.jobs.iter().map(|job| job.from).min()?;
    let mut last = day.before();
    while last >= first {
        if world.employed_on(last) {
            return Some(last);
        }
        last = last.before();
    }
    None
}

impl State {
    /// The first month of which the enrolment, by the law of a day, is no more. Section 2: as a bar, a membership of `n`
    /// months is over on the 1st of the `n`-th month after the one in which it began.
    fn ends_before(&self, world: &World<'_>, day: Day) -> Option<Month> {
        let months = world.book.on(day).longest_months?;
        self.enrolment.map(|enrolment| enrolment.month.plus(i32::from(months)))
    }

    pub(super) fn is_too_late_for(&self, world: &World<'_>, month: Month, day: Day) -> bool {
        self.ends_before(world, day).is_some_and(|ends| month >= ends)
    }

    pub(super) fn time_is_over(&self, world: &World<'_>, day: Day) -> bool {
        self.is_too_late_for(world, day.month(), day)
    }

    /// At the start of a day, before any lapse: it is no lapse, and leaves neither a bar nor anything owed. Reading: what
    /// lies on months that begin on that day or later is credit.
    pub(super) fn end_by_time(&mut self, world: &World<'_>, day: Day) {
        if self.enrolment.is_none() || self.lapse.is_some() || world.dead_on(day) || !self.time_is_over(world, day) {
            return;
        }
        self.go_free();
        self.pending = false;
        self.waived = None;
        self.suspended = false;
        let newest_begun = if day == day.month().first_day() { day.month().plus(-1) } else { day.month() };
        for (month, amount) in self.purse.credit_months_after(newest_begun) {
            self.take_from_month(&world.own, month, amount);
        }
    }
}
