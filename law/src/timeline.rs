//! A member's timeline: everything that the ledger holds about one person, in the order in which it became known.
//!
//! Absent: what it means. A life without contradictions, as known at one instant, is made of it in `life`.

use std::sync::Arc;

use crate::calendar::{Day, Moment};
use crate::fact::{EmploymentId, Fact, FactId, MemberId, Recorded};
use crate::jobs::Jobs;
use crate::life::{Payment, in_order_of_days};

/// The ids of facts that are only supposed; no ledger comes so far.
const SUPPOSED: i64 = i64::MAX - (1 << 20);

/// Everything that the ledger holds about one member, in the order in which it became known.
#[derive(Clone, Default, Debug)]
pub struct Timeline {
    facts: Vec<Recorded>,
    heads: Vec<(MemberId, Timeline)>,
    sorted: Option<Sorted>,
}

/// The facts of a timeline none of which corrects another's payment, sorted once for all who ask what is known in the
/// end: the payments in the order of their days, and the places of the others.
#[derive(Clone, Debug)]
pub(crate) struct Sorted {
    pub(crate) payments: Arc<Vec<Payment>>,
    pub(crate) others: Vec<usize>,
}

impl Sorted {
    fn of(facts: &[Recorded]) -> Option<Sorted> {
        let corrects =
            |fact: &Fact| matches!(fact, Fact::Reversed { .. } | Fact::Refunded { .. } | Fact::Retracted { .. });
        if facts.iter().any(|recorded| corrects(&recorded.fact)) {
            return None;
        }
        let mut payments: Vec<Payment> = facts.iter().filter_map(Payment::of).collect();
        in_order_of_days(&mut payments);
        let others = (0..facts.len()).filter(|&place| Payment::of(&facts[place]).is_none());
        Some(Sorted { others: others.collect(), payments: Arc::new(payments) })
    }
}

impl PartialEq for Timeline {
    fn eq(&self, other: &Timeline) -> bool {
        (&self.facts, &self.heads) == (&other.facts, &other.heads)
    }
}

impl Eq for Timeline {}

impl Timeline {
    /// A timeline of these facts, given in any order.
    pub fn new(mut facts: Vec<Recorded>) -> Timeline {
        facts.sort_by_key(|recorded| (recorded.known, recorded.id));
        let sorted = Sorted::of(&facts);
        Timeline { facts, heads: Vec::new(), sorted }
    }

    /// The same timeline with those of the heads of its households, whose covers decide about that of a dependant.
    #[must_use]
    pub fn with_heads(self, heads: Vec<(MemberId, Timeline)>) -> Timeline {
        Timeline { heads, ..self }
    }

    /// The timeline of the head of a household.
    pub(crate) fn head(&self, head: MemberId) -> Option<&Timeline> {
        self.heads.iter().find(|(id, _)| *id == head).map(|(_, timeline)| timeline)
    }

    /// The timelines of all heads.
    pub(crate) fn heads(&self) -> impl Iterator<Item = &Timeline> {
        self.heads.iter().map(|(_, timeline)| timeline)
    }

    /// What would be known at an instant if these facts were recorded then, after all others.
    pub(crate) fn supposing(&self, supposed: impl IntoIterator<Item = Fact>, known: Moment) -> Timeline {
        let mut facts = self.facts[..self.facts.partition_point(|recorded| recorded.known <= known)].to_vec();
        facts.extend((SUPPOSED..).zip(supposed).map(|(id, fact)| Recorded { id: FactId(id), known, fact }));
        Timeline { facts, heads: self.heads.clone(), sorted: None }
    }

    /// The facts, in the order in which they became known.
    pub fn facts(&self) -> &[Recorded] {
        &self.facts
    }

    /// The instant at which all of it had become known, what is held about the heads of households too.
    pub fn known_through(&self) -> Option<Moment> {
        let all = std::iter::once(self).chain(self.heads());
        all.filter_map(|timeline| timeline.facts.last()).map(|recorded| recorded.known).max()
    }

    /// Adds a fact that became known after all others.
    pub fn push(&mut self, recorded: Recorded) {
        debug_assert!(self.facts.last().is_none_or(|last| (last.known, last.id) < (recorded.known, recorded.id)));
        self.facts.push(recorded);
        self.sorted = None;
    }

    /// The facts sorted, where all of them are known at an instant.
    pub(crate) fn sorted(&self, known: Moment) -> Option<&Sorted> {
        self.sorted.as_ref().filter(|_| self.facts.last().is_none_or(|last| last.known <= known))
    }

    /// The days of an employment as known at an instant; none when it is unknown or was retracted.
    pub fn employment(&self, employment: EmploymentId, known: Moment) -> Option<Employment> {
        let mut jobs = Jobs::default();
        for recorded in self.facts.iter().filter(|recorded| recorded.known <= known) {
            jobs.learn(recorded, &self.facts);
        }
        let job = jobs.into_list().into_iter().find(|job| job.id == employment)?;
        Some(Employment { from: job.from, until: job.until })
    }
}

/// The days of an employment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Employment {
    /// The first day worked.
    pub from: Day,
    /// The last day worked, where it is known.
    pub until: Option<Day>,
}

#[cfg(test)]
pub(crate) mod tests;
