//! Employments as they stand after all corrections that are known.

use krama_law::calendar::{Day, Month};
use krama_law::fact::{EmploymentId, Fact, FactId, Recorded, Sector};

use super::retract::retractions;

/// One employment as it stands after all corrections.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Job {
    pub(super) id: EmploymentId,
    pub(super) sector: Sector,
    pub(super) from: Day,
    pub(super) until: Option<Day>,
    /// The separation or amendment that gave the last day; none where the hire itself did.
    ended_by: Option<FactId>,
}

impl Job {
    pub(super) fn covers(&self, day: Day) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }

    /// Whether the employment, once it has begun, exempts the month on the day.
    pub(super) fn exempts(&self, month: Month, day: Day) -> bool {
        self.from <= day && self.from <= month.last_day() && self.until.is_none_or(|until| until >= month.first_day())
    }

    /// What of the employment lies on a day and after it.
    pub(super) fn rest_from(self, from: Day) -> Job {
        Job { from: self.from.max(from), ..self }
    }
}

/// The employments after the corrections of these facts, which are in the order of the ledger.
pub(super) fn jobs_of(facts: &[&Recorded]) -> Vec<Job> {
    let retractions = retractions(facts);
    let mut jobs: Vec<Job> = Vec::new();
    for (position, recorded) in facts.iter().enumerate() {
        match recorded.fact {
            Fact::Hired { employment, sector, from, until } => {
                // Reading: a second report of the same hire replaces the first one, also after a retraction.
                jobs.retain(|job| job.id != employment);
                jobs.push(Job { id: employment, sector, from, until, ended_by: None });
            }
            // Reading: an end or an amendment of an employment that is not known (or retracted) changes nothing.
            Fact::Separated { employment, last } => {
                for job in jobs.iter_mut().filter(|job| job.id == employment) {
                    (job.until, job.ended_by) = (Some(last), Some(recorded.id));
                }
            }
            Fact::Amended { employment, from, until } => {
                for job in jobs.iter_mut().filter(|job| job.id == employment) {
                    job.from = from.unwrap_or(job.from);
                    if until.is_some() {
                        (job.until, job.ended_by) = (until, Some(recorded.id));
                    }
                }
            }
            Fact::EmploymentRetracted { employment } => jobs.retain(|job| job.id != employment),
            Fact::Retracted { .. } => {
                if let Some(retraction) = retractions.iter().find(|retraction| retraction.position == position) {
                    retract(&mut jobs, retraction.named);
                }
            }
            Fact::Enrolled { .. }
            | Fact::Payment { .. }
            | Fact::Reversed { .. }
            | Fact::Refunded { .. }
            | Fact::EmployerMonth { .. }
            | Fact::Certificate { .. }
            | Fact::Excused { .. }
            | Fact::NoticeServed { .. }
            | Fact::LapseConfirmed { .. }
            | Fact::LapseWaived { .. }
            | Fact::Died { .. }
            | Fact::Born { .. }
            | Fact::Household { .. } => {}
        }
    }
    jobs
}

/// A hire that never was takes the employment with it. An end that never was leaves it open, if it is the one that
/// stands; an earlier end is not revived. Reading: where a later hire of the same employment replaced an end, that end
/// is not the one that stands.
fn retract(jobs: &mut Vec<Job>, named: &Recorded) {
    if let Fact::Hired { employment, .. } = named.fact {
        jobs.retain(|job| job.id != employment);
    }
    for job in jobs.iter_mut().filter(|job| job.ended_by == Some(named.id)) {
        (job.until, job.ended_by) = (None, None);
    }
}

/// Of which employment a fact speaks.
pub(super) fn employment_of(fact: &Fact) -> Option<EmploymentId> {
    match *fact {
        Fact::Separated { employment, .. }
        | Fact::Hired { employment, .. }
        | Fact::Amended { employment, .. }
        | Fact::EmploymentRetracted { employment } => Some(employment),
        Fact::Enrolled { .. }
        | Fact::Payment { .. }
        | Fact::Reversed { .. }
        | Fact::Refunded { .. }
        | Fact::EmployerMonth { .. }
        | Fact::Certificate { .. }
        | Fact::Excused { .. }
        | Fact::NoticeServed { .. }
        | Fact::LapseConfirmed { .. }
        | Fact::LapseWaived { .. }
        | Fact::Died { .. }
        | Fact::Born { .. }
        | Fact::Household { .. }
        | Fact::Retracted { .. } => None,
    }
}
