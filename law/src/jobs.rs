//! Employments: what reports and corrections make of each, as far as they are known.
//!
//! Absent: what an employment means for months and cover.

use crate::calendar::Day;
use crate::fact::{EmploymentId, Fact, FactId, Recorded, Sector};

/// One employment by what is known of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Job {
    pub(crate) id: EmploymentId,
    pub(crate) sector: Sector,
    pub(crate) from: Day,
    pub(crate) until: Option<Day>,
    /// The fact that reported it.
    pub(crate) fact: FactId,
    /// The fact that gave the last day worked.
    pub(crate) ended_by: FactId,
    retracted: bool,
}

impl Job {
    /// Whether it has any day at all.
    pub(crate) fn is_one(&self) -> bool {
        !self.retracted && self.until.is_none_or(|until| self.from <= until)
    }
}

/// Every employment that was ever reported, retracted ones too.
#[derive(Clone, Default, Debug)]
pub(crate) struct Jobs {
    list: Vec<Job>,
}

/// What a report did to an employment that was known before.
pub(crate) struct Change {
    pub(crate) before: Job,
    pub(crate) after: Job,
}

/// What a fact says about an employment.
enum Said {
    Is {
        sector: Sector,
        from: Day,
        until: Option<Day>,
    },
    Days {
        from: Option<Day>,
        until: Option<Day>,
    },
    Never,
    /// The fact that gave the last day was a mistake.
    NoEnd {
        given_by: FactId,
    },
}

impl Jobs {
    /// Takes in a fact, and answers what it changed of an employment that was known; `facts` are those among which a
    /// retraction finds what it retracts.
    pub(crate) fn learn(&mut self, recorded: &Recorded, facts: &[Recorded]) -> Option<Change> {
        let (id, said) = said(recorded, facts)?;
        let known = self.list.iter_mut().find(|job| job.id == id);
        if let Said::Is { sector, from, until } = said {
            let fact = recorded.id;
            let job = Job { id, sector, from, until, fact, ended_by: fact, retracted: false };
            let Some(known) = known else {
                self.list.push(job);
                return None;
            };
            return Some(Change { before: std::mem::replace(known, job), after: job });
        }
        // A correction of what nobody reported, or of what was retracted, changes nothing.
        let job = known.filter(|job| !job.retracted)?;
        let before = *job;
        match said {
            Said::Is { .. } => {}
            Said::Days { from, until } => {
                job.from = from.unwrap_or(job.from);
                if until.is_some() {
                    (job.until, job.ended_by) = (until, recorded.id);
                }
            }
            Said::Never => job.retracted = true,
            Said::NoEnd { given_by } if job.ended_by == given_by => job.until = None,
            Said::NoEnd { .. } => {}
        }
        Some(Change { before, after: *job })
    }

    /// Those that are employments, in the order of their first days.
    pub(crate) fn into_list(self) -> Vec<Job> {
        let mut list = self.list;
        list.retain(Job::is_one);
        list.sort_by_key(|job| job.from);
        list
    }
}

fn said(recorded: &Recorded, facts: &[Recorded]) -> Option<(EmploymentId, Said)> {
    match recorded.fact {
        Fact::Hired { employment, sector, from, until } => Some((employment, Said::Is { sector, from, until })),
        Fact::Separated { employment, last } => Some((employment, Said::Days { from: None, until: Some(last) })),
        Fact::Amended { employment, from, until } => Some((employment, Said::Days { from, until })),
        Fact::EmploymentRetracted { employment } => Some((employment, Said::Never)),
        Fact::Retracted { fact } => {
            let earlier = |original: &&Recorded| (original.known, original.id) < (recorded.known, recorded.id);
            let original = facts.iter().filter(earlier).find(|original| original.id == fact)?;
            match said(original, &[])? {
                (employment, Said::Is { .. }) => Some((employment, Said::Never)),
                (employment, Said::Days { until: Some(_), .. }) => Some((employment, Said::NoEnd { given_by: fact })),
                (_, Said::Days { until: None, .. } | Said::Never | Said::NoEnd { .. }) => None,
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
        | Fact::Household { .. } => None,
    }
}
