//! The world as known: facts sorted into what the rules speak of, and what holds of a day by facts alone.
//!
//! A world is built from any prefix of the ledger, so that what was known before a fact can be lived through too.

use krama_law::answer::EnrolmentRefusal;
use krama_law::calendar::{Day, Moment, Month};
use krama_law::fact::{AssistanceLevel, EmployerAct, Fact, FactId, MemberId, Recorded, Relation};
use krama_law::money::Riel;
use krama_law::policy::{Book, FormalMonthCounts};

use super::day::State;
use super::entry;
use super::jobs::{Job, jobs_of};
use super::late::Loss;
use super::retract::{retractions, standing};
use super::table::{Table, months_ahead};

#[derive(Clone, Copy)]
pub(super) struct Payment {
    pub(super) id: FactId,
    pub(super) on: Day,
    pub(super) amount: Riel,
    pub(super) named: Option<Month>,
    pub(super) known: Moment,
    /// Reversed on its own value date, so that it never counts, and by which reversal.
    pub(super) void: Option<Reversal>,
}

#[derive(Clone, Copy)]
pub(super) struct Reversal {
    pub(super) id: FactId,
    pub(super) payment: FactId,
    pub(super) on: Day,
    pub(super) known: Moment,
}

#[derive(Clone, Copy)]
pub(super) struct Refund {
    pub(super) payment: FactId,
    pub(super) amount: Riel,
    /// The day it counts on, which is never before the payment's own.
    pub(super) on: Day,
    pub(super) known: Moment,
}

/// One report of a household.
#[derive(Clone, Copy)]
pub(super) struct Household {
    pub(super) head: MemberId,
    pub(super) relation: Relation,
    pub(super) disabled: bool,
    pub(super) registered: bool,
    from: Day,
    until: Option<Day>,
}

impl Household {
    pub(super) fn holds_on(&self, day: Day) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }
}

#[derive(Clone, Copy)]
pub(super) struct Joining {
    pub(super) on: Day,
    pub(super) learnt: Day,
    /// From this month on an enrolment known before, and dated after, owes already.
    pub(super) owed_anyway_from: Month,
}

/// What is known, under one book. Lists of dated facts are in the order of their day, then of the ledger.
pub(super) struct World<'a> {
    pub(super) book: Book<'a>,
    /// The months with their own due days.
    pub(super) own: Table,
    pub(super) losses: Vec<Loss>,
    pub(super) jobs: Vec<Job>,
    pub(super) enrolments: Vec<Joining>,
    pub(super) payments: Vec<Payment>,
    pub(super) reversals: Vec<Reversal>,
    pub(super) refunds: Vec<Refund>,
    employer_months: Vec<(Month, EmployerAct, Day)>,
    pub(super) households: Vec<Household>,
    pub(super) born: Option<Day>,
    excuses: Vec<(Month, Month)>,
    certificates: Vec<(AssistanceLevel, Day, Option<Day>)>,
    pub(super) notices: Vec<Day>,
    pub(super) confirmations: Vec<Day>,
    pub(super) waivers: Vec<Day>,
    pub(super) death: Option<Day>,
}

impl<'a> World<'a> {
    pub(super) fn new(facts: &[&Recorded], book: Book<'a>, own: Table, losses: &[Loss]) -> World<'a> {
        let mut world = World {
            book,
            own,
            losses: losses.to_vec(),
            // An employment whose last day is before its first has no day.
            jobs: jobs_of(facts).into_iter().filter(|job| job.until.is_none_or(|last| last >= job.from)).collect(),
            enrolments: Vec::new(),
            payments: Vec::new(),
            reversals: Vec::new(),
            refunds: Vec::new(),
            employer_months: Vec::new(),
            households: Vec::new(),
            born: None,
            excuses: Vec::new(),
            certificates: Vec::new(),
            notices: Vec::new(),
            confirmations: Vec::new(),
            waivers: Vec::new(),
            death: None,
        };
        for recorded in standing(facts) {
            world.add(recorded);
        }
        // A payment that is retracted is as one reversed on its own value date, unless it was reversed before.
        for retraction in retractions(facts) {
            if let Fact::Payment { on, .. } = retraction.named.fact {
                let payment = retraction.named.id;
                let reversed =
                    |fact: &&&Recorded| matches!(fact.fact, Fact::Reversed { payment: id, .. } if id == payment);
                if !facts[..retraction.position].iter().any(|fact| reversed(&fact)) {
                    let (id, known) = (retraction.id, retraction.known);
                    world.reversals.push(Reversal { id, payment, on, known });
                }
            }
        }
        world.sort();
        world
    }

    fn add(&mut self, recorded: &Recorded) {
        match recorded.fact {
            Fact::Enrolled { on } => {
                let later = self.enrolments.iter().filter(|joining| joining.on > on).map(|joining| joining.on.month());
                let owed_anyway_from = later.min().unwrap_or(Month(i32::MAX));
                self.enrolments.push(Joining { on, learnt: recorded.known.day(), owed_anyway_from });
            }
            Fact::Payment { on, amount, month } => {
                let (id, known) = (recorded.id, recorded.known);
                self.payments.push(Payment { id, on, amount, named: month, known, void: None });
            }
            Fact::Reversed { payment, on } => {
                self.reversals.push(Reversal { id: recorded.id, payment, on, known: recorded.known });
            }
            Fact::Certificate { level, from, until } => self.certificates.push((level, from, until)),
            Fact::Excused { from, to } => self.excuses.push((from, to)),
            Fact::NoticeServed { on } => self.notices.push(on),
            Fact::LapseConfirmed { on } => self.confirmations.push(on),
            Fact::LapseWaived { on } => self.waivers.push(on),
            Fact::Refunded { payment, amount, on } => {
                self.refunds.push(Refund { payment, amount, on, known: recorded.known });
            }
            Fact::EmployerMonth { month, act, on } => self.employer_months.push((month, act, on)),
            Fact::Born { on } => self.born = Some(on),
            Fact::Household { head, relation, disabled, registered, from, until } => {
                self.households.push(Household { head, relation, disabled, registered, from, until });
            }
            // Reading: of two reports of a death the earlier day counts.
            Fact::Died { on } => self.death = Some(self.death.map_or(on, |known| known.min(on))),
            Fact::Hired { .. }
            | Fact::Separated { .. }
            | Fact::Amended { .. }
            | Fact::EmploymentRetracted { .. }
            | Fact::Retracted { .. } => {}
        }
    }

    fn sort(&mut self) {
        // Sorting is stable, so facts of one day stay in the order of the ledger.
        self.enrolments.sort_by_key(|joining| joining.on);
        self.payments.sort_by_key(|payment| payment.on);
        self.reversals.sort_by_key(|reversal| reversal.on);
        for payment in &mut self.payments {
            // Reading: a reversal dated before the value date is taken like one on it; where a retraction says the
            // same, the one known first made the payment void.
            let void = self.reversals.iter().filter(|r| r.payment == payment.id && r.on <= payment.on);
            payment.void = void.min_by_key(|r| (r.known, r.id)).copied();
        }
        // A refund counts from the value date of its payment on, and is heard of only with it.
        let of = |refund: &Refund| self.payments.iter().find(|payment| payment.id == refund.payment);
        let heard = self
            .refunds
            .iter()
            .filter_map(|refund| of(refund).map(|payment| Refund { on: refund.on.max(payment.on), ..*refund }));
        self.refunds = heard.collect();
        self.refunds.sort_by_key(|refund| refund.on);
    }

    /// Section 11: as if no fact were valid after the day, but known ends of employments.
    pub(super) fn drop_facts_after(&mut self, day: Day) {
        self.jobs.retain(|job| job.from <= day);
        self.enrolments.retain(|joining| joining.on <= day);
        self.losses.retain(|loss| loss.counts_from <= day || loss.began <= day);
        self.payments.retain(|payment| payment.on <= day);
        self.reversals.retain(|reversal| reversal.on <= day);
        self.refunds.retain(|refund| refund.on <= day);
        self.excuses.retain(|(from, _)| from.first_day() <= day);
        self.notices.retain(|&on| on <= day);
        self.confirmations.retain(|&on| on <= day);
        self.waivers.retain(|&on| on <= day);
        self.death = self.death.filter(|&on| on <= day);
    }

    /// A day after which no first lapse can come any more if nothing happens after `day`: everything that could
    /// put it off (money, excuses, employments, late due days) lies before, and the longest condition fits in.
    pub(super) fn horizon(&self, state: &State, day: Day) -> Day {
        let mut month = self.own.month_of(day);
        month = month.max(state.last_month_with_money(&self.own).unwrap_or(month));
        month = self.excuses.iter().fold(month, |latest, &(_, to)| latest.max(to));
        month = self.jobs.iter().filter_map(|job| job.until).fold(month, |latest, until| latest.max(until.month()));
        month = state.shields.iter().fold(month, |latest, &(_, to)| latest.max(to.month()));
        month = self.losses.iter().fold(month, |latest, loss| latest.max(loss.due.day.month()));
        let end = month.plus(months_ahead(self.book.on(day))).last_day();
        end.min(day.plus(365 * 110))
    }

    pub(super) fn dead_on(&self, day: Day) -> bool {
        self.death.is_some_and(|death| day > death)
    }

    pub(super) fn employed_on(&self, day: Day) -> bool {
        self.jobs.iter().any(|job| job.covers(day))
    }

    /// Whether an employment that has begun on or before the day covers any day of the month.
    pub(super) fn job_in_month(&self, month: Month, day: Day) -> bool {
        self.jobs.iter().any(|job| {
            job.from <= day
                && job.from <= self.own.last_day(month)
                && job.until.is_none_or(|until| until >= self.own.first_day(month))
        })
    }

    /// Whether the law of the day takes a month of formal employment for an insured one, by what the employer did.
    pub(super) fn employer_did_enough(&self, month: Month, day: Day) -> bool {
        let done = |paid: bool| {
            let acts = self.employer_months.iter().filter(|(of, _, on)| *of == month && *on <= day);
            acts.into_iter().any(|(_, act, _)| !paid || *act == EmployerAct::Paid)
        };
        match self.book.on(day).formal_month_counts {
            FormalMonthCounts::Employed => true,
            FormalMonthCounts::Declared => done(false),
            FormalMonthCounts::Paid => done(true),
        }
    }

    /// Whether a payment has come to nothing on or before the day.
    pub(super) fn reversed_by(&self, payment: FactId, day: Day) -> bool {
        let void = self.payments.iter().any(|other| other.id == payment && other.void.is_some());
        void || self.reversals.iter().any(|reversal| reversal.payment == payment && reversal.on <= day)
    }

    pub(super) fn excused(&self, month: Month) -> bool {
        self.excuses.iter().any(|&(from, to)| from <= month && month <= to)
    }

    pub(super) fn exempt(&self, month: Month, day: Day) -> bool {
        self.job_in_month(month, day) || self.excused(month)
    }

    /// Whether what was learnt late of an employment keeps a lapse off.
    pub(super) fn shielded(&self, day: Day) -> bool {
        self.losses.iter().any(|loss| loss.counts_from <= day && day <= loss.due.day)
    }

    pub(super) fn certified(&self, day: Day) -> bool {
        let levels = &self.book.on(day).assistance_levels;
        self.certificates.iter().any(|(level, from, until)| {
            levels.contains(level) && *from <= day && until.is_none_or(|until| day <= until)
        })
    }

    /// The day before the first fact, on which everybody is no member of anything.
    pub(super) fn beginning(&self) -> Option<Day> {
        let first = [
            self.jobs.iter().map(|job| job.from).min(),
            self.enrolments.first().map(|joining| joining.on),
            self.payments.first().map(|payment| payment.on),
            self.reversals.first().map(|reversal| reversal.on),
            self.death,
        ];
        first.into_iter().flatten().min().map(Day::before)
    }

    /// Section 5, step 2: the first reason that applies, by what stands at that point of the day.
    pub(super) fn refusal(&self, state: &State, day: Day) -> Option<EnrolmentRefusal> {
        if self.dead_on(day) {
            Some(EnrolmentRefusal::Deceased)
        } else if self.employed_on(day) {
            Some(EnrolmentRefusal::FormallyEmployed)
        } else if state.lapse.as_ref().is_some_and(|lapse| lapse.bars(&self.book, day)) {
            Some(EnrolmentRefusal::VoluntaryAbandoned)
        } else if state.enrolment.is_some() && state.lapse.is_none() {
            Some(EnrolmentRefusal::AlreadyEnrolled)
        } else {
            entry::refusal(self, state, day)
        }
    }
}
