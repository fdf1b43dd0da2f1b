//! The world as known: facts sorted into what the rules speak of, and what holds of a day by facts alone.
//!
//! A world is built from any prefix of the ledger, so that what was known before a fact can be lived through too.

use krama_law::answer::EnrolmentRefusal;
use krama_law::calendar::{Day, Moment, Month};
use krama_law::fact::{AssistanceLevel, EmploymentId, Fact, FactId, Recorded};
use krama_law::money::Riel;
use krama_law::policy::Book;

use super::day::State;
use super::late::JobLoss;
use super::table::{Table, months_ahead};

/// One employment as it stands after all corrections.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Job {
    pub(super) id: EmploymentId,
    pub(super) from: Day,
    pub(super) until: Option<Day>,
}

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
    pub(super) losses: Vec<JobLoss>,
    pub(super) jobs: Vec<Job>,
    pub(super) enrolments: Vec<Joining>,
    pub(super) payments: Vec<Payment>,
    pub(super) reversals: Vec<Reversal>,
    excuses: Vec<(Month, Month)>,
    certificates: Vec<(AssistanceLevel, Day, Option<Day>)>,
    pub(super) notices: Vec<Day>,
    pub(super) confirmations: Vec<Day>,
    pub(super) waivers: Vec<Day>,
    pub(super) death: Option<Day>,
}

/// The employments after the corrections of these facts, which are in the order of the ledger.
pub(super) fn jobs_of(facts: &[&Recorded]) -> Vec<Job> {
    let mut jobs: Vec<Job> = Vec::new();
    for recorded in facts {
        match recorded.fact {
            Fact::Hired { employment, from, until, .. } => {
                // Reading: a second report of the same hire replaces the first one, also after a retraction.
                jobs.retain(|job| job.id != employment);
                jobs.push(Job { id: employment, from, until });
            }
            // Reading: an end or an amendment of an employment that is not known (or retracted) changes nothing.
            Fact::Separated { employment, last } => {
                jobs.iter_mut().filter(|job| job.id == employment).for_each(|job| job.until = Some(last));
            }
            Fact::Amended { employment, from, until } => {
                for job in jobs.iter_mut().filter(|job| job.id == employment) {
                    job.from = from.unwrap_or(job.from);
                    job.until = until.or(job.until);
                }
            }
            Fact::EmploymentRetracted { employment } => jobs.retain(|job| job.id != employment),
            Fact::Enrolled { .. }
            | Fact::Payment { .. }
            | Fact::Reversed { .. }
            | Fact::Certificate { .. }
            | Fact::Excused { .. }
            | Fact::NoticeServed { .. }
            | Fact::LapseConfirmed { .. }
            | Fact::LapseWaived { .. }
            | Fact::Died { .. } => {}
        }
    }
    jobs
}

impl<'a> World<'a> {
    pub(super) fn new(facts: &[&Recorded], book: Book<'a>, own: Table, losses: &[JobLoss]) -> World<'a> {
        let mut world = World {
            book,
            own,
            losses: losses.to_vec(),
            // An employment whose last day is before its first has no day.
            jobs: jobs_of(facts).into_iter().filter(|job| job.until.is_none_or(|last| last >= job.from)).collect(),
            enrolments: Vec::new(),
            payments: Vec::new(),
            reversals: Vec::new(),
            excuses: Vec::new(),
            certificates: Vec::new(),
            notices: Vec::new(),
            confirmations: Vec::new(),
            waivers: Vec::new(),
            death: None,
        };
        for recorded in facts {
            world.add(recorded);
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
            // Reading: of two reports of a death the earlier day counts, as there is no fact that retracts one.
            Fact::Died { on } => self.death = Some(self.death.map_or(on, |known| known.min(on))),
            Fact::Hired { .. } | Fact::Separated { .. } | Fact::Amended { .. } | Fact::EmploymentRetracted { .. } => {}
        }
    }

    fn sort(&mut self) {
        // Sorting is stable, so facts of one day stay in the order of the ledger.
        self.enrolments.sort_by_key(|joining| joining.on);
        self.payments.sort_by_key(|payment| payment.on);
        self.reversals.sort_by_key(|reversal| reversal.on);
        for payment in &mut self.payments {
            // Reading: a reversal dated before the value date is taken like one on it.
            let void = self.reversals.iter().find(|r| r.payment == payment.id && r.on <= payment.on);
            payment.void = void.copied();
        }
    }

    /// Section 11: as if no fact were valid after the day, but known ends of employments.
    pub(super) fn drop_facts_after(&mut self, day: Day) {
        self.jobs.retain(|job| job.from <= day);
        self.enrolments.retain(|joining| joining.on <= day);
        self.losses.retain(|loss| loss.counts_from <= day || loss.old.from <= day);
        self.payments.retain(|payment| payment.on <= day);
        self.reversals.retain(|reversal| reversal.on <= day);
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
        self.jobs.iter().any(|job| job.from <= day && job.until.is_none_or(|until| day <= until))
    }

    /// Whether an employment that has begun on or before the day covers any day of the month.
    pub(super) fn job_in_month(&self, month: Month, day: Day) -> bool {
        self.jobs.iter().any(|job| {
            job.from <= day
                && job.from <= self.own.last_day(month)
                && job.until.is_none_or(|until| until >= self.own.first_day(month))
        })
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
            None
        }
    }
}
