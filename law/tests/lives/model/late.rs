//! Learnt late (section 4): what a fact that takes away, and became known late, does to due days and lapses.
//!
//! What is made owed again is seen on the walk, with everything that is known: an employment takes away from the
//! first of its days that are no more, an enrolment from the day after it, a reversal or a refund from its own day,
//! the retraction of an excuse or a death from the first day that it had spared.

use krama_law::calendar::{Day, Month};
use krama_law::fact::{EmploymentId, Fact, Recorded};
use krama_law::policy::{Book, RetroactiveLoss};

use super::day::State;
use super::facts::World;
use super::jobs::{Job, employment_of, jobs_of};
use super::month::View;
use super::payments::Opened;
use super::retract::{Retraction, retractions};
use super::table::{Due, Table, first_due_from, own_due};

/// What was taken away.
#[derive(Clone, Copy, Debug)]
enum Taken {
    /// Days of an employment, given as it was known before.
    Job(Job),
    /// The excuse of these months.
    Excuse(Month, Month),
    /// A death on this day.
    Death(Day),
    /// An enrolment, or the time that a refund had left; it opens no month.
    Shelter,
}

/// Something that was taken away, and was learnt to be so on a day not before the first one that it changes.
#[derive(Clone, Debug)]
pub(super) struct Loss {
    taken: Taken,
    /// The day on which what was taken away began.
    pub(super) began: Day,
    pub(super) counts_from: Day,
    pub(super) learnt: Day,
    pub(super) due: Due,
}

/// The due day that a fact which counts from a day and was learnt on another leaves, by the rules of the first; none
/// where it was known in time, or where those rules take away from the valid day.
pub(super) fn due_left(book: &Book<'_>, counts_from: Day, learnt: Day) -> Option<Due> {
    let rules = book.on(counts_from);
    let late = learnt >= counts_from && rules.retroactive_loss == RetroactiveLoss::FromKnown;
    late.then(|| first_due_from(book, learnt.plus(i32::from(rules.learnt_late_days))))
}

/// What corrections took away late, but for reversals and refunds, which the walk meets.
pub(super) fn losses(facts: &[&Recorded], book: &Book<'_>) -> Vec<Loss> {
    let retractions = retractions(facts);
    let mut losses = Vec::new();
    for (position, fact) in facts.iter().enumerate() {
        let retraction = retractions.iter().find(|retraction| retraction.position == position);
        let learnt = fact.known.day();
        let mut lost = Vec::new();
        if let Some(id) = employment_of(retraction.map_or(&fact.fact, |retraction| &retraction.named.fact))
            && let Some(old) = find(&facts[..position], id)
        {
            let new = find(&facts[..=position], id);
            // Reading: an earlier end takes away the days after it, and what a later beginning of the same employment
            // takes away besides is judged by the rules of its own day.
            lost.extend(taken_from(old, new).into_iter().map(|from| (Taken::Job(old.rest_from(from)), old.from, from)));
        }
        lost.extend(retraction.and_then(|retraction| retracted(&facts[..position], retraction)));
        for (taken, began, counts_from) in lost {
            let due = due_left(book, counts_from, learnt);
            losses.extend(due.map(|due| Loss { taken, began, counts_from, learnt, due }));
        }
    }
    losses
}

/// What the retraction of an excuse, a death or an enrolment takes away, when that began, and from when it counts.
fn retracted(before: &[&Recorded], retraction: &Retraction<'_>) -> Option<(Taken, Day, Day)> {
    let named = retraction.named;
    if let Fact::Excused { from, to } = named.fact {
        return Some((Taken::Excuse(from, to), from.first_day(), from.first_day()));
    }
    if let Fact::Enrolled { on } = named.fact {
        // Reading: it counts from the day after the enrolment, and the rules of that day decide.
        return Some((Taken::Shelter, on, on.after()));
    }
    if let Fact::Refunded { payment, on, .. } = named.fact {
        // A refund counts from the value date of its payment at the earliest.
        let on = match before.iter().find(|fact| fact.id == payment).map(|named| &named.fact) {
            Some(Fact::Payment { on: valued, .. }) => on.max(*valued),
            Some(_) | None => on,
        };
        return Some((Taken::Shelter, on, on));
    }
    if let Fact::Died { on } = named.fact {
        // Only the death that counted takes anything away; of two on one day the one known first.
        let known = super::retract::standing(before);
        let deaths = known.iter().filter_map(|fact| {
            let Fact::Died { on } = fact.fact else { return None };
            Some((on, fact.id))
        });
        let counted = deaths.min_by_key(|&(on, _)| on).map(|(_, id)| id);
        return (counted == Some(named.id)).then_some((Taken::Death(on), on, on.after()));
    }
    None
}

fn find(facts: &[&Recorded], id: EmploymentId) -> Option<Job> {
    jobs_of(facts).into_iter().find(|job| job.id == id && job.until.is_none_or(|last| last >= job.from))
}

/// The first days of what a correction takes away: at the beginning, at the end, at both, or nothing.
fn taken_from(old: Job, new: Option<Job>) -> Vec<Day> {
    let Some(new) = new else { return vec![old.from] };
    let mut from = Vec::new();
    if new.from > old.from {
        from.push(old.from);
    }
    if let Some(end) = new.until
        && old.until.is_none_or(|old_end| end < old_end)
    {
        from.push(old.from.max(end.after()));
    }
    from
}

impl Loss {
    /// Whether what was taken away, as it was known before, had spared the month on the day.
    fn had_spared(&self, book: &Book<'_>, month: Month, day: Day) -> bool {
        match self.taken {
            Taken::Job(old) => old.exempts(month, day),
            Taken::Excuse(from, to) => from <= month && month <= to,
            Taken::Death(on) => own_due(book, month).day > on,
            Taken::Shelter => false,
        }
    }
}

impl State {
    /// Section 4, learnt late: months made owed again fall due later. They are those that are owed, on some day from
    /// which the fact counts to which it became known, and were not before it.
    pub(super) fn put_off(&mut self, world: &World<'_>, day: Day) {
        let lost: Vec<&Loss> =
            world.losses.iter().filter(|loss| loss.counts_from <= day && day <= loss.learnt).collect();
        let joined: Vec<(Due, Month)> = self
            .joined_late
            .iter()
            .filter(|(from, learnt, _, _)| *from <= day && day <= *learnt)
            .map(|&(_, _, due, until)| (due, until))
            .collect();
        if lost.is_empty() && joined.is_empty() {
            return;
        }
        for index in 0..world.own.len() {
            let month = world.own.base.plus(i32::try_from(index).unwrap_or(0));
            let view = View::of(world, self, day);
            if !view.owed(month) {
                continue;
            }
            let lost = lost.iter().filter(|loss| loss.had_spared(&world.book, month, day)).map(|loss| loss.due);
            let joined = joined.iter().filter(|(_, until)| month < *until).map(|&(due, _)| due);
            for due in lost.chain(joined) {
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

    /// Section 4: months that a reversal or a refund, which became known on a day, opened again.
    /// Reading: where something came off a month that had been paid in part, and is learnt on a later day to be gone,
    /// no lapse takes effect either, since other money may have paid the month before.
    pub(super) fn owe_again(&mut self, world: &World<'_>, opened: &Opened, day: Day, learnt: Day) {
        let Some(due) = due_left(&world.book, day, learnt) else { return };
        if opened.partly && learnt > day {
            self.shields.push((day, due.day));
        }
        for &month in &opened.months {
            self.fall_due_later(&world.own, month, due);
            self.shields.push((day, due.day));
        }
    }
}
