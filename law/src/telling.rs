//! Telling: the steps that the machine notes on its way, when it was asked to explain itself.
//!
//! Nothing here decides anything; without a list of steps nothing is noted and nothing is spent.

use crate::answer::{Scheme, Standing};
use crate::calendar::{Day, Month};
use crate::explanation::{Clause, Step};
use crate::fact::FactId;
use crate::standing::{Machine, State, Today};

impl Machine<'_> {
    #[inline]
    pub(crate) fn note(&mut self, day: Day, facts: impl FnOnce() -> Vec<FactId>, clause: impl FnOnce() -> Clause) {
        if let Some(steps) = &mut self.steps {
            steps.push(Step { day, clause: clause(), facts: facts() });
        }
    }

    /// Notes what follows from employments that ended the day before, where any did.
    pub(crate) fn note_job_ends(&mut self, day: Day, clause: impl FnOnce() -> Clause) {
        if self.steps.is_some() {
            let ended = self.facts_of_jobs_ended(day);
            if !ended.is_empty() {
                self.note(day, || ended, clause);
            }
        }
    }

    pub(crate) fn note_changes(&mut self, today: Today<'_>, before: State) {
        let (day, now) = (today.day, self.state);
        if let Some((_, fact)) = self.life.died
            && now.standing == Standing::Closed
            && before.standing != Standing::Closed
        {
            self.note(day, || vec![fact], || Clause::Died);
        }
        let began: Vec<FactId> = self.life.jobs.iter().filter(|job| job.from == day).map(|job| job.fact).collect();
        if now.standing == Standing::Employed && before.standing != Standing::Employed {
            let back = self.lapse.is_some();
            self.note(day, || began, || if back { Clause::Reinstated } else { Clause::Employed });
        } else if before.standing == Standing::Employed && now.standing != Standing::Employed && self.lapse.is_none() {
            self.note_job_ends(day, || Clause::EmploymentEnded);
        }
        let overdue_now = self.overdue_months(today);
        let fell_due: Vec<Month> = overdue_now.filter(|&month| self.due(month).day.after() == day).collect();
        let overdue = now.overdue;
        for month in fell_due.into_iter().filter(|_| overdue > 0) {
            self.note(day, Vec::new, || Clause::MonthOverdue { month, overdue });
        }
        for late in self.life.lates.iter().filter(|late| late.from == day) {
            self.note(day, || vec![late.fact], || Clause::LearntLate { until: late.due.day });
        }
        let certificates = self.life.certificates.iter().filter(|certificate| certificate.from == day);
        let certified: Vec<FactId> = certificates.map(|certificate| certificate.fact).collect();
        let households: Vec<FactId> =
            self.life.households.iter().filter(|household| household.covers_day(day)).map(|h| h.fact).collect();
        let runs_on = self.runs_on_until(today);
        for scheme in Scheme::ALL {
            let facts = || match scheme {
                Scheme::Assistance => certified.clone(),
                Scheme::Dependant => households.clone(),
                Scheme::Voluntary | Scheme::Formal | Scheme::RunOff => Vec::new(),
            };
            match (before.covers.has(scheme), now.covers.has(scheme)) {
                (false, true) if scheme == Scheme::RunOff && runs_on.is_some_and(|until| day <= until) => {
                    self.note(day, Vec::new, || Clause::CoverRunsOn { until: runs_on.unwrap_or(day) });
                }
                (true, false) if scheme == Scheme::RunOff && runs_on.map(Day::after) == Some(day) => {
                    self.note(day, Vec::new, || Clause::CoverRanOut);
                }
                (false, true) => self.note(day, facts, || Clause::CoverBegan { scheme }),
                (true, false) => self.note(day, Vec::new, || Clause::CoverEnded { scheme }),
                (true, true) | (false, false) => {}
            }
        }
    }

    pub(crate) fn facts_of_jobs_ended(&self, day: Day) -> Vec<FactId> {
        let ended = self.life.jobs.iter().filter(|job| job.until.map(Day::after) == Some(day));
        ended.map(|job| job.ended_by).collect()
    }
}

#[cfg(test)]
mod tests;
