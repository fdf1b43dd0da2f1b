//! A life: what was known of one member at one instant, corrections applied.
//!
//! Corrections meet their originals here and nowhere else, so that the rest of the law sees one life without
//! contradictions. What is also settled here is what was *learnt late* (`Late`): a fact that takes something
//! away after the day from which it counts, and the time that it therefore leaves the member. Absent: any
//! opinion on standing, money or cover.

use std::sync::Arc;

use crate::almanac::DueDay;
use crate::calendar::{Day, Moment, Month};
use crate::fact::{AssistanceLevel, EmployerAct, Fact, FactId, MemberId, Recorded, Relation};
use crate::household::HeadCovers;
use crate::jobs::{Change, Job, Jobs};
use crate::money::Riel;
use crate::policy::{Book, RetroactiveLoss};
use crate::timeline::Timeline;

/// One member's life as known at one instant: no fact contradicts another.
#[derive(Clone, Default, Debug)]
pub(crate) struct Life {
    pub(crate) enrolments: Vec<Enrolment>,
    pub(crate) payments: Arc<Vec<Payment>>,
    /// Indices into `payments` of the reversed ones, in the order in which the reversals count.
    pub(crate) reversals: Vec<usize>,
    pub(crate) refunds: Vec<Refund>,
    pub(crate) jobs: Vec<Job>,
    pub(crate) employer_months: Vec<EmployerMonth>,
    pub(crate) certificates: Vec<Certificate>,
    pub(crate) excuses: Vec<Excuse>,
    pub(crate) notices: Vec<(Day, FactId)>,
    pub(crate) confirmations: Vec<(Day, FactId)>,
    pub(crate) waivers: Vec<(Day, FactId)>,
    pub(crate) died: Option<(Day, FactId)>,
    pub(crate) born: Option<Day>,
    pub(crate) households: Vec<Household>,
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
    pub(crate) known: Moment,
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
pub(crate) struct Refund {
    pub(crate) payment: FactId,
    pub(crate) amount: Riel,
    pub(crate) on: Day,
    pub(crate) known: Moment,
    pub(crate) fact: FactId,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct EmployerMonth {
    pub(crate) month: Month,
    pub(crate) act: EmployerAct,
    pub(crate) on: Day,
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
    pub(crate) fact: FactId,
}

/// A time in the household of a head, with the covers of that head.
#[derive(Clone, Debug)]
pub(crate) struct Household {
    pub(crate) head: MemberId,
    pub(crate) relation: Relation,
    pub(crate) disabled: bool,
    pub(crate) registered: bool,
    pub(crate) from: Day,
    pub(crate) until: Option<Day>,
    pub(crate) fact: FactId,
    pub(crate) covers: HeadCovers,
}

/// What a fact that takes away leaves to a member who could not have known of it in time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Late {
    /// The months that are owed again, which fall due no earlier than `due`.
    pub(crate) first: Month,
    /// The last of them; before the first where there is none.
    pub(crate) last: Month,
    /// Of these months only those whose own due day is after this day.
    pub(crate) due_after: Day,
    /// The day on which the fact became known: of its months those fall due later that are owed on some day from
    /// the one from which it counts to this one.
    pub(crate) learnt: Day,
    /// The first day of the employment, enrolment, excuse or death that it is about, where it is about one.
    pub(crate) about_from: Option<Day>,
    /// The day from which the fact counts: from it to `due` no lapse takes effect.
    pub(crate) from: Day,
    /// The due day until which the member has time.
    pub(crate) due: DueDay,
    /// The fact itself.
    pub(crate) fact: FactId,
}

/// Makes a life of a timeline, fact by fact in the order in which they became known.
struct Learning<'a> {
    facts: &'a [Recorded],
    book: &'a Book<'a>,
    retractions: Vec<(FactId, &'a Recorded)>,
    life: Life,
    jobs: Jobs,
}

impl Life {
    /// The life as it was known at an instant, under the rules known at the same instant. The covers of heads of
    /// households are left empty.
    pub(crate) fn of(timeline: &Timeline, known: Moment, book: &Book<'_>) -> Life {
        if let Some(sorted) = timeline.sorted(known) {
            let mut learning = Learning::of(timeline.facts(), book);
            learning.life.payments = Arc::clone(&sorted.payments);
            sorted.others.iter().for_each(|&place| learning.learn(&timeline.facts()[place]));
            return learning.into_life();
        }
        let facts = timeline.facts();
        let facts = &facts[..facts.partition_point(|recorded| recorded.known <= known)];
        let retractions = facts.iter().filter_map(|recorded| {
            let Fact::Retracted { fact } = recorded.fact else { return None };
            Some((fact, recorded))
        });
        let mut learning = Learning { retractions: retractions.collect(), ..Learning::of(facts, book) };
        learning.payments().reserve(facts.len());
        for recorded in facts {
            if !learning.never_was(recorded) {
                learning.learn(recorded);
            }
        }
        in_order_of_days(learning.payments());
        learning.into_life()
    }

    /// Puts the facts in the order of their days. Facts of one day keep the order in which they became known: the
    /// sorts are stable.
    fn in_order(mut self) -> Life {
        self.enrolments.sort_by_key(|enrolment| enrolment.on);
        self.reversals = (0..self.payments.len()).filter(|&index| self.payments[index].reversal.is_some()).collect();
        self.reversals.sort_by_key(|&index| self.payments[index].reversal.map(|r| (r.on, r.known, r.fact)));
        self.refunds.sort_by_key(|refund| refund.on);
        self.notices.sort_unstable();
        self
    }
}

impl Certificate {
    pub(crate) fn covers_day(&self, day: Day) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }
}

impl Payment {
    /// The payment that a fact is, if it is one.
    pub(crate) fn of(recorded: &Recorded) -> Option<Payment> {
        let Fact::Payment { on, amount, month } = recorded.fact else { return None };
        Some(Payment { on, amount, month, known: recorded.known, fact: recorded.id, reversal: None })
    }
}

/// Puts payments in the order of their days; those of one day stay in the order in which they became known.
pub(crate) fn in_order_of_days(payments: &mut [Payment]) {
    payments.sort_by_key(|payment| payment.on);
}

impl<'a> Learning<'a> {
    fn of(facts: &'a [Recorded], book: &'a Book<'a>) -> Learning<'a> {
        Learning { facts, book, retractions: Vec::new(), life: Life::default(), jobs: Jobs::default() }
    }

    fn into_life(mut self) -> Life {
        self.life.jobs = self.jobs.into_list();
        self.life.in_order()
    }

    /// The payments, to be changed; where others hold them too, a copy.
    fn payments(&mut self) -> &mut Vec<Payment> {
        Arc::make_mut(&mut self.life.payments)
    }

    /// Whether a fact was entered by mistake. What corrects others is not dealt with here.
    fn never_was(&self, recorded: &Recorded) -> bool {
        match recorded.fact {
            Fact::Enrolled { .. }
            | Fact::Refunded { .. }
            | Fact::EmployerMonth { .. }
            | Fact::Certificate { .. }
            | Fact::Excused { .. }
            | Fact::NoticeServed { .. }
            | Fact::LapseConfirmed { .. }
            | Fact::LapseWaived { .. }
            | Fact::Died { .. }
            | Fact::Born { .. }
            | Fact::Household { .. } => self.is_retracted(recorded),
            Fact::Payment { .. }
            | Fact::Reversed { .. }
            | Fact::Hired { .. }
            | Fact::Separated { .. }
            | Fact::Amended { .. }
            | Fact::EmploymentRetracted { .. }
            | Fact::Retracted { .. } => false,
        }
    }

    fn is_retracted(&self, recorded: &Recorded) -> bool {
        let place = (recorded.known, recorded.id);
        self.retractions.iter().any(|(fact, by)| *fact == recorded.id && place < (by.known, by.id))
    }

    fn learn(&mut self, recorded: &Recorded) {
        let (fact, known) = (recorded.id, recorded.known);
        let life = &mut self.life;
        match recorded.fact {
            Fact::Enrolled { on } => {
                let later = life.enrolments.iter().filter(|earlier_known| earlier_known.on > on);
                let owed_anyway_from = later.map(|enrolment| enrolment.on.month()).min().unwrap_or(Month(i32::MAX));
                life.enrolments.push(Enrolment { on, known, fact, owed_anyway_from });
            }
            Fact::Payment { .. } => self.payments().extend(Payment::of(recorded)),
            Fact::Reversed { payment, on } => {
                let payment = self.payments().iter_mut().find(|p| p.fact == payment && p.reversal.is_none());
                if let Some(payment) = payment {
                    payment.reversal = Some(Reversal { on: on.max(payment.on), known, fact });
                }
            }
            Fact::Refunded { payment, amount, on } => {
                let paid = life.payments.iter().find(|p| p.fact == payment);
                life.refunds.extend(paid.map(|p| Refund { payment, amount, on: on.max(p.on), known, fact }));
            }
            Fact::Hired { .. } | Fact::Separated { .. } | Fact::Amended { .. } | Fact::EmploymentRetracted { .. } => {
                self.learn_of_job(recorded);
            }
            Fact::EmployerMonth { month, act, on } => {
                life.employer_months.push(EmployerMonth { month, act, on });
            }
            Fact::Certificate { level, from, until } => {
                life.certificates.push(Certificate { level, from, until, fact });
            }
            Fact::Excused { from, to } => life.excuses.push(Excuse { from, to, fact }),
            Fact::NoticeServed { on } => life.notices.push((on, fact)),
            Fact::LapseConfirmed { on } => life.confirmations.push((on, fact)),
            Fact::LapseWaived { on } => life.waivers.push((on, fact)),
            Fact::Died { on } => {
                let earlier = life.died.filter(|(died, _)| *died <= on);
                life.died = earlier.or(Some((on, fact)));
            }
            Fact::Born { on } => life.born = Some(on),
            Fact::Household { head, relation, disabled, registered, from, until } => {
                let covers = HeadCovers::default();
                life.households.push(Household { head, relation, disabled, registered, from, until, fact, covers });
            }
            Fact::Retracted { fact } => self.retract(recorded, fact),
        }
    }

    /// Takes in that a fact was entered by mistake: what it leaves to a member who relied on it.
    fn retract(&mut self, by: &Recorded, fact: FactId) {
        let before = |original: &&Recorded| (original.known, original.id) < (by.known, by.id);
        let Some(original) = self.facts.iter().filter(before).find(|original| original.id == fact) else { return };
        match original.fact {
            Fact::Payment { on, .. } => {
                let payment = self.payments().iter_mut().find(|p| p.fact == fact && p.reversal.is_none());
                if let Some(payment) = payment {
                    payment.reversal = Some(Reversal { on, known: by.known, fact: by.id });
                }
            }
            Fact::Hired { .. } | Fact::Separated { .. } | Fact::Amended { .. } => self.learn_of_job(by),
            Fact::Excused { from, to } => self.leave_time(by, from.first_day(), from.first_day(), from, to, Day::MIN),
            Fact::Enrolled { on } => self.leave_time(by, on.after(), on, Month(1), Month(0), Day::MIN),
            Fact::Refunded { on, payment, .. } => {
                // A refund may have left time itself, which ends with it.
                let paid = self.life.payments.iter().find(|paid| paid.fact == payment);
                let from = paid.map_or(on, |paid| on.max(paid.on));
                self.leave_time(by, from, from, Month(1), Month(0), Day::MIN);
            }
            Fact::Died { on } if self.counted(original, by) => {
                self.leave_time(by, on.after(), on, Month(0), Month(i32::MAX), on);
            }
            Fact::Died { .. }
            | Fact::Reversed { .. }
            | Fact::EmploymentRetracted { .. }
            | Fact::EmployerMonth { .. }
            | Fact::Certificate { .. }
            | Fact::NoticeServed { .. }
            | Fact::LapseConfirmed { .. }
            | Fact::LapseWaived { .. }
            | Fact::Born { .. }
            | Fact::Household { .. }
            | Fact::Retracted { .. } => {}
        }
    }

    /// Whether a death was the one that counted when it was retracted: the earliest that was known then.
    fn counted(&self, death: &Recorded, by: &Recorded) -> bool {
        let known = self.facts.iter().filter(|f| (f.known, f.id) < (by.known, by.id));
        let standing = known.filter(|f| {
            !self.retractions.iter().any(|(fact, other)| {
                *fact == f.id
                    && (f.known, f.id) < (other.known, other.id)
                    && (other.known, other.id) < (by.known, by.id)
            })
        });
        let deaths = standing.filter_map(|f| {
            let Fact::Died { on } = f.fact else { return None };
            Some((on, f.known, f.id))
        });
        deaths.min().is_some_and(|(.., id)| id == death.id)
    }

    fn leave_time(&mut self, by: &Recorded, from: Day, about: Day, first: Month, last: Month, due_after: Day) {
        let late = late(self.book, by.known, from, by.id, first, last);
        self.life.lates.extend(late.map(|late| Late { about_from: Some(about), due_after, ..late }));
    }

    /// Takes in what is said about an employment, and notes what that takes away that the ledger had shown as given.
    fn learn_of_job(&mut self, recorded: &Recorded) {
        let Some(Change { before, after }) = self.jobs.learn(recorded, self.facts) else { return };
        if !before.is_one() {
            return;
        }
        let last_before = before.until.map_or(Month(i32::MAX), Day::month);
        let first_before = before.from.month();
        if !after.is_one() {
            self.leave_time(recorded, before.from, before.from, first_before, last_before, Day::MIN);
            return;
        }
        if after.from > before.from {
            // Months after the new first day are owed too, on the days before it.
            self.leave_time(recorded, before.from, before.from, first_before, last_before, Day::MIN);
        }
        if let Some(until) = after.until.filter(|&until| before.until.is_none_or(|before| until < before)) {
            let (from, first) = (until.after().max(before.from), until.month().plus(1).max(first_before));
            self.leave_time(recorded, from, before.from, first, last_before, Day::MIN);
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
    let due = first_due_day(book, learnt.plus(i32::from(revision.learnt_late_days)));
    Some(Late { first, last, due_after: Day::MIN, learnt, about_from: None, from, due, fact })
}

/// The first due day that is not before `earliest`.
fn first_due_day(book: &Book<'_>, earliest: Day) -> DueDay {
    // Where revisions with different due days meet, due days need not rise with their months; a year, and the year that a
    // due day may lie after its month, are wider than any such fold.
    let candidates = (-24..=12).map(|step| book.due_day(earliest.month().plus(step)));
    candidates.filter(|due| due.day >= earliest).min().unwrap_or(DueDay {
        day: earliest,
        month: earliest.month(),
        number: earliest.parts().2,
    })
}

#[cfg(test)]
mod tests;
