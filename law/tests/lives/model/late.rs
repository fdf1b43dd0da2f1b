//! Learnt late (section 4): what a fact that takes away, and became known late, does to due days and lapses.
//!
//! What is made owed again is seen on the walk, with everything that is known: an employment takes away from the
//! first of its days that are no more, an enrolment from the day after it, a reversal from its own day.

use krama_law::calendar::{Day, Month};
use krama_law::fact::{EmploymentId, Fact, Recorded};
use krama_law::policy::{Book, RetroactiveLoss};

use super::facts::{Job, jobs_of};
use super::table::{Due, first_due_from};

/// Days of an employment that were taken away, and were learnt to be so on a day not before the first of them.
#[derive(Clone, Debug)]
pub(super) struct JobLoss {
    /// As it was known before.
    pub(super) old: Job,
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

/// The days of employments that corrections took away late.
pub(super) fn job_losses(facts: &[&Recorded], book: &Book<'_>) -> Vec<JobLoss> {
    let mut losses = Vec::new();
    for (position, fact) in facts.iter().enumerate() {
        let id = match fact.fact {
            Fact::Separated { employment, .. }
            | Fact::Hired { employment, .. }
            | Fact::Amended { employment, .. }
            | Fact::EmploymentRetracted { employment } => employment,
            Fact::Enrolled { .. }
            | Fact::Reversed { .. }
            | Fact::Payment { .. }
            | Fact::Certificate { .. }
            | Fact::Excused { .. }
            | Fact::NoticeServed { .. }
            | Fact::LapseConfirmed { .. }
            | Fact::LapseWaived { .. }
            | Fact::Died { .. } => continue,
        };
        let Some(old) = find(&facts[..position], id) else { continue };
        let new = find(&facts[..=position], id);
        let learnt = fact.known.day();
        for counts_from in taken_from(old, new) {
            losses.extend(due_left(book, counts_from, learnt).map(|due| JobLoss { old, counts_from, learnt, due }));
        }
    }
    losses
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

impl JobLoss {
    /// Whether the employment, as it was known before, exempted the month on the day.
    pub(super) fn had_exempted(&self, month: Month, day: Day) -> bool {
        self.old.from <= day
            && self.old.from <= month.last_day()
            && self.old.until.is_none_or(|until| until >= month.first_day())
    }
}
