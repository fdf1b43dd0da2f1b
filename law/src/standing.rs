//! The state machine of one life: owed, paid, run, lapse, and the doors back, in the order of the day.
//!
//! The machine is given the days on which something can change, one after the other, and never walks the calendar
//! in between. What it knows is one `Life` and one `Book` of rules; entitlement and covers are in `coverage`.

use crate::answer::{EnrolmentRefusal, Standing};
use crate::calendar::{Day, Month};
use crate::coverage::Covers;
use crate::explanation::{Clause, Step};
use crate::fact::FactId;
use crate::money::Riel;
use crate::months::{MonthRow, Months};
use crate::policy::{Book, FormalSpell, LapseCondition, LapseEffective, Revision};
use crate::purse::Purse;
use crate::timeline::{Late, Life};

/// What a day's answer consists of, beside the money.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct State {
    pub(crate) standing: Standing,
    pub(crate) since: Option<Day>,
    pub(crate) covers: Covers,
    pub(crate) overdue: u32,
    pub(crate) run: u32,
}

/// A lapse that has taken effect.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lapse {
    /// The day on which it took effect.
    pub(crate) breach: Day,
    /// The day from which it is dated.
    pub(crate) dated: Day,
}

/// The machine, standing at the end of the last day that it was given.
#[derive(Clone)]
pub(crate) struct Machine<'a> {
    pub(crate) book: Book<'a>,
    pub(crate) life: &'a Life,
    /// Facts valid after this day are passed over, known ends of employments aside.
    pub(crate) heard_until: Day,
    pub(crate) months: Months,
    pub(crate) purse: Purse,
    /// The first month owed by the present enrolment, paid or not.
    pub(crate) enrolled_from: Option<Month>,
    pub(crate) lapse: Option<Lapse>,
    pub(crate) pending: Option<Day>,
    /// The months that were overdue when a pending lapse was waived.
    pub(crate) waived: Option<Vec<Month>>,
    /// The first day on which a member who came back is no longer in a waiting time.
    pub(crate) waiting_over: Day,
    /// The last day worked that formal cover covered.
    pub(crate) run_off_from: Option<Day>,
    pub(crate) lates: Vec<Late>,
    /// No month before this one can be overdue.
    pub(crate) oldest_open: Month,
    /// The day on which something happened after its start that may bring a lapse at the start of the next.
    pub(crate) unsettled: Option<Day>,
    /// Whether some revision looks at a window of months, which a payment ahead can complete.
    windows: bool,
    pub(crate) state: State,
    pub(crate) refused: Vec<(Day, FactId, EnrolmentRefusal)>,
    pub(crate) steps: Option<Vec<Step>>,
}

impl<'a> Machine<'a> {
    pub(crate) fn new(life: &'a Life, book: Book<'a>, until: Month) -> Machine<'a> {
        let months = Months::new(life, &book, until);
        let lates = life.lates.clone();
        let window = |condition: &LapseCondition| matches!(condition, LapseCondition::Window { .. });
        let windows = book.revisions().iter().any(|revision| revision.lapse.iter().any(window));
        let state = State { standing: Standing::NotEnrolled, since: None, covers: Covers::NONE, overdue: 0, run: 0 };
        Machine {
            book,
            life,
            heard_until: Day::NEVER.before(),
            months,
            purse: Purse::default(),
            enrolled_from: None,
            lapse: None,
            pending: None,
            waived: None,
            waiting_over: Day::MIN,
            run_off_from: None,
            lates,
            oldest_open: Month(i32::MAX - 1),
            unsettled: None,
            windows,
            state,
            refused: Vec::new(),
            steps: None,
        }
    }

    /// Lets a day pass on which something can change, in the order that the law gives to it.
    pub(crate) fn pass(&mut self, day: Day) {
        self.unsettled = None;
        let revision = self.book.on(day);
        let limit = day.month().plus(i32::from(revision.prepay_months));
        self.months.extend(self.life, &self.book, limit);
        self.settle_death(day);
        self.put_off_due_days(day);
        self.start_of_day(day, revision);
        self.enrol(day, revision);
        self.put_off_due_days(day);
        self.reverse(day);
        self.receive(day, revision);
        self.come_back(day, revision);
        self.end_of_pending(day, revision);
        self.answer(day, revision);
    }

    /// Goes on as if the revisions that take effect after a day had not been published.
    pub(crate) fn forget_revisions_after(&mut self, day: Day) {
        let book = self.book.in_force_by(day);
        if book.revisions().len() < self.book.revisions().len() {
            self.months.date_anew(&self.book, &book, day);
            self.book = book;
        }
    }

    /// Notes that money was allocated: a month paid ahead can complete a window of which too few months are paid.
    pub(crate) fn allocated_on(&mut self, day: Day) {
        if self.windows {
            self.unsettled = Some(day);
        }
    }

    // ---- The start of the day -------------------------------------------------------------------------------

    fn start_of_day(&mut self, day: Day, revision: &Revision) {
        if self.enrolled_from.is_none() || self.dead(day) {
            return;
        }
        if let Some(lapse) = self.lapse {
            self.lift_bar(day, lapse, revision);
            return;
        }
        let holds = !self.employed(day)
            && !self.shielded(day)
            && self.notice_allows(day, revision)
            && self.condition_holds(day, revision);
        if !revision.confirmation {
            self.pending = None;
            if holds {
                self.lapse(day, revision, Vec::new());
            }
            return;
        }
        if holds && self.pending.is_none() && !self.waiver_stands(day) {
            self.pending = Some(day);
            let run = self.run(day, revision).0;
            self.note(day, Vec::new(), || Clause::LapsePending { run });
        }
        if self.pending.is_none() {
            return;
        }
        if let Some(&(_, fact)) = self.life.waivers.iter().find(|(on, _)| *on == day && day <= self.heard_until) {
            self.pending = None;
            self.waived = Some(self.overdue_months(day).map(|row| row.month).collect());
            self.note(day, vec![fact], || Clause::LapseWaived);
        } else if let Some(&(_, fact)) = self.life.confirmations.iter().find(|(on, _)| *on == day)
            && holds
            && day <= self.heard_until
        {
            self.lapse(day, revision, vec![fact]);
        }
    }

    fn lapse(&mut self, day: Day, revision: &Revision, facts: Vec<FactId>) {
        let (run, oldest) = self.run(day, revision);
        let dated = match revision.lapse_effective {
            LapseEffective::Breach => day,
            LapseEffective::FirstMissed => oldest.map_or(day, Month::first_day),
        };
        self.lapse = Some(Lapse { breach: day, dated });
        self.pending = None;
        self.waived = None;
        self.note(day, facts, || Clause::Lapsed { run, oldest, dated });
    }

    fn end_of_pending(&mut self, day: Day, revision: &Revision) {
        if self.pending.is_some() && !self.condition_holds(day, revision) {
            self.pending = None;
            self.note(day, Vec::new(), || Clause::LapseAverted);
        }
    }

    // ---- The answer of the day ------------------------------------------------------------------------------

    fn answer(&mut self, day: Day, revision: &Revision) {
        let before = self.state;
        self.advance_oldest_open(day);
        let quiet = self.lapse.is_some() || self.dead(day);
        let overdue = if quiet { 0 } else { u32::try_from(self.overdue_months(day).count()).unwrap_or(u32::MAX) };
        let standing = self.standing(day, overdue);
        let run = if quiet || standing == Standing::Employed { 0 } else { self.run(day, revision).0 };
        let since = match self.lapse {
            Some(lapse) if standing == Standing::Abandoned => Some(lapse.dated),
            _ if standing == before.standing => before.since,
            _ => Some(day),
        };
        self.note_run_off(day);
        let covers = self.covers(day, standing, overdue, revision);
        self.state = State { standing, since, covers, overdue, run };
        if self.steps.is_some() {
            self.note_changes(day, before);
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

    // ---- Questions on a day ---------------------------------------------------------------------------------

    pub(crate) fn dead(&self, day: Day) -> bool {
        self.life.died.is_some_and(|(died, _)| died < day && died <= self.heard_until)
    }

    pub(crate) fn employed(&self, day: Day) -> bool {
        self.life.jobs.iter().any(|job| job.from <= self.heard_until && job.covers(day))
    }

    /// Whether an employment that has begun covers any day of the month.
    pub(crate) fn worked(&self, row: &MonthRow, day: Day) -> bool {
        row.worked_from <= day.min(self.heard_until)
    }

    pub(crate) fn excused(&self, row: &MonthRow) -> bool {
        row.excused_from <= self.heard_until
    }

    pub(crate) fn owed(&self, row: &MonthRow, day: Day) -> bool {
        self.enrolled_from.is_some_and(|first| row.month >= first)
            && !row.forgiven
            && !self.worked(row, day)
            && !self.excused(row)
    }

    pub(crate) fn paid(&self, row: &MonthRow, day: Day) -> bool {
        row.reached || row.allocated >= self.price(row, day)
    }

    /// What a month costs when it is paid on a day.
    pub(crate) fn price(&self, row: &MonthRow, day: Day) -> Riel {
        if row.priced_from <= day { row.own_price } else { self.book.on(day).contribution }
    }

    fn overdue(&self, row: &MonthRow, day: Day) -> bool {
        day > row.due.day && self.owed(row, day) && !self.paid(row, day)
    }

    pub(crate) fn overdue_months(&self, day: Day) -> impl Iterator<Item = &MonthRow> {
        let first = self.enrolled_from.map_or(Month(i32::MAX - 1), |first| first.max(self.oldest_open));
        self.months.slice(first, day.month()).iter().filter(move |row| self.overdue(row, day))
    }

    /// The run of missed months on a day, and its oldest month.
    fn run(&self, day: Day, revision: &Revision) -> (u32, Option<Month>) {
        let (mut length, mut oldest) = (0, None);
        let Some(first) = self.enrolled_from else { return (length, oldest) };
        for row in self.months.slice(first, day.month()).iter().rev() {
            if self.paid(row, day) {
                break;
            }
            if self.worked(row, day) {
                match revision.formal_spell {
                    FormalSpell::Resets => break,
                    FormalSpell::Pauses => continue,
                }
            }
            if self.overdue(row, day) {
                length += 1;
                oldest = Some(row.month);
            }
        }
        (length, oldest)
    }

    fn condition_holds(&self, day: Day, revision: &Revision) -> bool {
        revision.lapse.iter().any(|condition| match *condition {
            LapseCondition::Consecutive(months) => self.run(day, revision).0 > u32::from(months),
            LapseCondition::Window { paid, of } => self.window_broken(day, usize::from(paid), usize::from(of)),
        })
    }

    /// Whether of the last `of` owed months that have fallen due or are paid fewer than `needed` are paid.
    fn window_broken(&self, day: Day, needed: usize, of: usize) -> bool {
        let Some(first) = self.enrolled_from else { return false };
        let counted = self.months.slice(first, self.months.end()).iter().rev().filter(|row| self.owed(row, day));
        let counted = counted.map(|row| (self.paid(row, day), day > row.due.day));
        let newest: Vec<bool> = counted.filter(|&(paid, due)| paid || due).map(|(paid, _)| paid).take(of).collect();
        newest.len() == of && newest.iter().filter(|&&paid| paid).count() < needed
    }

    fn shielded(&self, day: Day) -> bool {
        self.lates.iter().any(|late| self.heard(late) && late.from <= day && day <= late.due.day)
    }

    /// Whether a late fact counts: it is no later fact than is heard, or is about something that is.
    fn heard(&self, late: &Late) -> bool {
        late.from <= self.heard_until || late.about_from.is_some_and(|from| from <= self.heard_until)
    }

    /// Lets months that a late fact makes owed again fall due no earlier than it says. They are those of its months
    /// that are owed on some day from the one from which it counts to the one on which it was learnt.
    fn put_off_due_days(&mut self, day: Day) {
        for index in 0..self.lates.len() {
            let late = self.lates[index];
            if day < late.from || late.learnt < day || !self.heard(&late) {
                continue;
            }
            self.months.extend(self.life, &self.book, late.due.month);
            for month in (late.first.0..=late.last.min(late.due.month).0).map(Month) {
                if self.months.get(month).is_some_and(|row| row.due < late.due && self.owed(row, day))
                    && let Some(row) = self.months.get_mut(month)
                {
                    row.due = late.due;
                }
            }
        }
    }

    fn notice_allows(&self, day: Day, revision: &Revision) -> bool {
        let Some(days) = revision.notice_days else { return true };
        let Some(due) = self.overdue_months(day).next().map(|row| row.due.day) else { return false };
        let heard = self.life.notices.iter().filter(|&&on| on > due && on <= self.heard_until);
        heard.into_iter().any(|on| on.plus(i32::from(days)) <= day)
    }

    /// Whether a waiver still holds: no month is overdue that was not when it was given.
    fn waiver_stands(&self, day: Day) -> bool {
        let waived = self.waived.as_ref();
        waived.is_some_and(|months| self.overdue_months(day).all(|row| months.contains(&row.month)))
    }

    /// Moves on over months that can never be overdue again, unless a reversal reopens them.
    fn advance_oldest_open(&mut self, day: Day) {
        let closed = |row: &MonthRow| !self.owed(row, day) || self.paid(row, day);
        let first = self.oldest_open;
        let over = self.months.slice(first, day.month().plus(-1)).iter().take_while(|row| closed(row)).count();
        self.oldest_open = first.plus(i32::try_from(over).unwrap_or(0));
    }
}
