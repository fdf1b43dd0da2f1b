//! A member's timeline, and the life that it tells at one instant: what was known then, corrections applied.
//!
//! Corrections meet their originals here and nowhere else, so that the rest of the law sees one life without
//! contradictions. What is also settled here is what was *learnt late* (`Late`): a fact that takes something
//! away after the day from which it counts, and the time that it therefore leaves the member. Absent: any
//! opinion on standing, money or cover.

use crate::calendar::{Day, Moment, Month};
use crate::fact::{AssistanceLevel, EmploymentId, Fact, FactId, Recorded};
use crate::money::Riel;
use crate::policy::{Book, RetroactiveLoss};

/// Everything that the ledger holds about one member, in the order in which it became known.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Timeline {
    facts: Vec<Recorded>,
}

impl Timeline {
    /// A timeline of these facts, given in any order.
    pub fn new(mut facts: Vec<Recorded>) -> Timeline {
        facts.sort_by_key(|recorded| (recorded.known, recorded.id));
        Timeline { facts }
    }

    /// The facts, in the order in which they became known.
    pub fn facts(&self) -> &[Recorded] {
        &self.facts
    }

    /// Adds a fact that became known after all others.
    pub fn push(&mut self, recorded: Recorded) {
        debug_assert!(self.facts.last().is_none_or(|last| (last.known, last.id) < (recorded.known, recorded.id)));
        self.facts.push(recorded);
    }

    /// The days of an employment as known at an instant; none when it is unknown or was retracted.
    pub fn employment(&self, employment: EmploymentId, known: Moment) -> Option<Employment> {
        let mut found = None;
        for recorded in self.facts.iter().filter(|recorded| recorded.known <= known) {
            match recorded.fact {
                Fact::Hired { employment: id, from, until, .. } if id == employment => {
                    found = Some(Employment { from, until });
                }
                Fact::Separated { employment: id, last } if id == employment => {
                    found = found.map(|e| Employment { until: Some(last), ..e });
                }
                Fact::Amended { employment: id, from, until } if id == employment => {
                    found = found.map(|e| Employment { from: from.unwrap_or(e.from), until: until.or(e.until) });
                }
                Fact::EmploymentRetracted { employment: id } if id == employment => found = None,
                Fact::Enrolled { .. }
                | Fact::Payment { .. }
                | Fact::Reversed { .. }
                | Fact::Hired { .. }
                | Fact::Separated { .. }
                | Fact::Amended { .. }
                | Fact::EmploymentRetracted { .. }
                | Fact::Certificate { .. }
                | Fact::Excused { .. }
                | Fact::NoticeServed { .. }
                | Fact::LapseConfirmed { .. }
                | Fact::LapseWaived { .. }
                | Fact::Died { .. } => {}
            }
        }
        found
    }

    /// The life as it was known at an instant, under the rules known at the same instant.
    pub(crate) fn as_known(&self, known: Moment, book: &Book<'_>) -> Life {
        let mut life = Life::default();
        for recorded in self.facts.iter().filter(|recorded| recorded.known <= known) {
            life.learn(recorded, book);
        }
        // Facts of one day keep the order in which they became known: the sorts are stable.
        life.enrolments.sort_by_key(|enrolment| enrolment.on);
        life.payments.sort_by_key(|payment| payment.on);
        life.reversals = (0..life.payments.len()).filter(|&index| life.payments[index].reversal.is_some()).collect();
        life.reversals.sort_by_key(|&index| life.payments[index].reversal.map(|r| (r.on, r.known, r.fact)));
        life.jobs.retain(Job::is_one);
        life.jobs.sort_by_key(|job| job.from);
        life.notices.sort_unstable();
        life
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

/// One member's life as known at one instant: no fact contradicts another.
#[derive(Clone, Default, Debug)]
pub(crate) struct Life {
    pub(crate) enrolments: Vec<Enrolment>,
    pub(crate) payments: Vec<Payment>,
    /// Indices into `payments` of the reversed ones, in the order in which the reversals count.
    pub(crate) reversals: Vec<usize>,
    pub(crate) jobs: Vec<Job>,
    pub(crate) certificates: Vec<Certificate>,
    pub(crate) excuses: Vec<Excuse>,
    pub(crate) notices: Vec<Day>,
    pub(crate) confirmations: Vec<(Day, FactId)>,
    pub(crate) waivers: Vec<(Day, FactId)>,
    pub(crate) died: Option<(Day, FactId)>,
    pub(crate) lates: Vec<Late>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Enrolment {
    pub(crate) on: Day,
    pub(crate) known: Moment,
    pub(crate) fact: FactId,
    /// The first month that an enrolment known before this one, and dated after it, owes already.
    pub(crate) owed_anyway_from: Month,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Payment {
    pub(crate) on: Day,
    pub(crate) amount: Riel,
    pub(crate) month: Option<Month>,
    pub(crate) fact: FactId,
    pub(crate) reversal: Option<Reversal>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Reversal {
    pub(crate) on: Day,
    pub(crate) known: Moment,
    pub(crate) fact: FactId,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Job {
    pub(crate) id: EmploymentId,
    pub(crate) from: Day,
    pub(crate) until: Option<Day>,
    pub(crate) fact: FactId,
    /// The fact that gave the last day worked.
    pub(crate) ended_by: FactId,
    retracted: bool,
}

impl Job {
    /// Whether it has any day at all.
    fn is_one(&self) -> bool {
        !self.retracted && self.until.is_none_or(|until| self.from <= until)
    }

    /// Whether the person works on the day.
    pub(crate) fn covers(&self, day: Day) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Certificate {
    pub(crate) level: AssistanceLevel,
    pub(crate) from: Day,
    pub(crate) until: Option<Day>,
    pub(crate) fact: FactId,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Excuse {
    pub(crate) from: Month,
    pub(crate) to: Month,
}

/// What a fact that takes away leaves to a member who could not have known of it in time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Late {
    /// The months that are owed again, which fall due no earlier than `due`.
    pub(crate) first: Month,
    /// The last of them.
    pub(crate) last: Month,
    /// The day on which the fact became known: of its months those fall due later that are owed on some day from
    /// the one from which it counts to this one.
    pub(crate) learnt: Day,
    /// The first day of the employment or enrolment that it is about, where it is about one.
    pub(crate) about_from: Option<Day>,
    /// The day from which the fact counts: from it to `due` no lapse takes effect.
    pub(crate) from: Day,
    /// The due day until which the member has time.
    pub(crate) due: DueDay,
    /// The fact itself.
    pub(crate) fact: FactId,
}

/// A due day, with the month in which it lies and its number there before a holiday moves it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct DueDay {
    pub(crate) day: Day,
    pub(crate) month: Month,
    pub(crate) number: u8,
}

impl Life {
    fn learn(&mut self, recorded: &Recorded, book: &Book<'_>) {
        let (fact, known) = (recorded.id, recorded.known);
        match recorded.fact {
            Fact::Enrolled { on } => {
                let later = self.enrolments.iter().filter(|earlier_known| earlier_known.on > on);
                let owed_anyway_from = later.map(|enrolment| enrolment.on.month()).min().unwrap_or(Month(i32::MAX));
                self.enrolments.push(Enrolment { on, known: recorded.known, fact, owed_anyway_from });
            }
            Fact::Payment { on, amount, month } => {
                self.payments.push(Payment { on, amount, month, fact, reversal: None });
            }
            Fact::Reversed { payment, on } => {
                if let Some(payment) = self.payments.iter_mut().find(|p| p.fact == payment && p.reversal.is_none()) {
                    payment.reversal = Some(Reversal { on: on.max(payment.on), known, fact });
                }
            }
            Fact::Hired { employment, from, until, .. } => {
                let job = Job { id: employment, from, until, fact, ended_by: fact, retracted: false };
                if self.jobs.iter().any(|known| known.id == employment) {
                    self.correct_job(employment, recorded, book, |known| *known = job);
                } else {
                    self.jobs.push(job);
                }
            }
            Fact::Separated { employment, last } => {
                self.correct_known_job(employment, recorded, book, |job| job.until = Some(last));
            }
            Fact::Amended { employment, from, until } => self.correct_known_job(employment, recorded, book, |job| {
                job.from = from.unwrap_or(job.from);
                job.until = until.or(job.until);
            }),
            Fact::EmploymentRetracted { employment } => {
                self.correct_known_job(employment, recorded, book, |job| job.retracted = true);
            }
            Fact::Certificate { level, from, until } => {
                self.certificates.push(Certificate { level, from, until, fact });
            }
            Fact::Excused { from, to } => self.excuses.push(Excuse { from, to }),
            Fact::NoticeServed { on } => self.notices.push(on),
            Fact::LapseConfirmed { on } => self.confirmations.push((on, fact)),
            Fact::LapseWaived { on } => self.waivers.push((on, fact)),
            Fact::Died { on } => {
                let earlier = self.died.filter(|(died, _)| *died <= on);
                self.died = earlier.or(Some((on, fact)));
            }
        }
    }

    /// Changes an employment that was reported and not retracted; any other correction changes nothing.
    fn correct_known_job(
        &mut self,
        employment: EmploymentId,
        recorded: &Recorded,
        book: &Book<'_>,
        change: impl FnOnce(&mut Job),
    ) {
        if self.jobs.iter().any(|job| job.id == employment && !job.retracted) {
            self.correct_job(employment, recorded, book, change);
        }
    }

    /// Changes an employment, and notes what the change takes away that the ledger had shown as given.
    fn correct_job(
        &mut self,
        employment: EmploymentId,
        recorded: &Recorded,
        book: &Book<'_>,
        change: impl FnOnce(&mut Job),
    ) {
        let Some(job) = self.jobs.iter_mut().find(|job| job.id == employment) else { return };
        let before = *job;
        change(job);
        job.ended_by = recorded.id;
        let after = *job;
        if !before.is_one() {
            return;
        }
        let last_before = before.until.map_or(Month(i32::MAX), Day::month);
        let first_before = before.from.month();
        let mut lost: Vec<(Day, Month, Month)> = Vec::new();
        if !after.is_one() {
            lost.push((before.from, first_before, last_before));
        } else {
            if after.from > before.from {
                // The month of the new first day is owed too, on the days before it.
                lost.push((before.from, first_before, after.from.month().min(last_before)));
            }
            if let Some(until) = after.until.filter(|&until| before.until.is_none_or(|before| until < before)) {
                let first = until.month().plus(1).max(first_before);
                lost.push((until.after().max(before.from), first, last_before));
            }
        }
        for (from, first, last) in lost {
            let late = late(book, recorded.known, from, recorded.id, first, last);
            self.lates.extend(late.map(|late| Late { about_from: Some(before.from), ..late }));
        }
    }
}

/// The time left by a fact that takes away from the day `from` and became known at `known`; none when it was
/// known in time, or where the law takes away from the valid day.
pub(crate) fn late(book: &Book<'_>, known: Moment, from: Day, fact: FactId, first: Month, last: Month) -> Option<Late> {
    let learnt = known.day();
    // By the rules of the day from which the fact counts: a later revision must not change the days before it.
    let revision = book.on(from);
    if learnt < from || revision.retroactive_loss == RetroactiveLoss::FromValid {
        return None;
    }
    let earliest = learnt.plus(i32::from(revision.learnt_late_days));
    Some(Late { first, last, learnt, about_from: None, from, due: first_due_day(book, earliest), fact })
}

/// The first due day that is not before `earliest`.
fn first_due_day(book: &Book<'_>, earliest: Day) -> DueDay {
    let offset = i32::from(book.on(earliest).due_month_offset);
    // Where revisions with different due days meet, due days need not rise with their months; a year on both
    // sides is wider than any such fold.
    let around = earliest.month().plus(-offset);
    let candidates = (-12..=12).map(|step| book.due_day(around.plus(step)));
    candidates.filter(|due| due.day >= earliest).min().unwrap_or(DueDay {
        day: earliest,
        month: earliest.month(),
        number: earliest.parts().2,
    })
}
