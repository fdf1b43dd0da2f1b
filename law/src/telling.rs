//! Telling: the steps that the machine notes on its way, when it was asked to explain itself.
//!
//! Nothing here decides anything; without a list of steps nothing is noted and nothing is spent.

use crate::answer::{Scheme, Standing};
use crate::calendar::{Day, Month};
use crate::explanation::{Clause, Step};
use crate::fact::{FactId, Sector};
use crate::money::Riel;
use crate::standing::{Machine, State, Today};

impl Machine<'_> {
    #[inline]
    pub(crate) fn note(&mut self, day: Day, facts: impl FnOnce() -> Vec<FactId>, clause: impl FnOnce() -> Clause) {
        if let Some(steps) = &mut self.steps {
            let clause = clause();
            let fields = clause.fields();
            steps.push(Step { day, facts: facts(), fields, decided_on: day, clause });
        }
    }

    /// The same, where other fields decide it than usual.
    pub(crate) fn note_by(
        &mut self,
        day: Day,
        facts: impl FnOnce() -> Vec<FactId>,
        fields: &'static [&'static str],
        clause: impl FnOnce() -> Clause,
    ) {
        if let Some(steps) = &mut self.steps {
            steps.push(Step { day, clause: clause(), facts: facts(), fields, decided_on: day });
        }
    }

    /// Notes what was allocated of money that had been saved up, by the parcels placed since there were so many.
    pub(crate) fn note_saved_up(&mut self, day: Day, facts: Vec<FactId>, amount: Riel, placed_before: usize) {
        let (months, credit, charge) = self.placed_since(placed_before);
        // So little that the charge took all of it is on no month.
        if charge < amount {
            self.note(day, || facts.clone(), || Clause::SavedUpAllocated { amount, months, credit });
        }
        if charge > 0 {
            self.note(day, || facts, || Clause::ChargedForDelay { amount: charge });
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
        } else if now.standing == Standing::Employed && !began.is_empty() {
            self.note(day, || began, || Clause::Employed);
        } else if before.standing == Standing::Employed && now.standing != Standing::Employed && self.lapse.is_none() {
            self.note_job_ends(day, || Clause::EmploymentEnded);
        }
        let overdue_now = self.overdue_months(today);
        let fell_due: Vec<Month> = overdue_now.filter(|&month| self.due(month).day.after() == day).collect();
        let overdue = now.overdue;
        for month in fell_due.into_iter().filter(|_| overdue > 0) {
            let clause = Clause::MonthOverdue { month, overdue };
            // A month falls due by the law of its own first day, unless it was put off.
            let put_off = self.due(month).day != self.book.due(month);
            let (fields, decided_on): (&[&str], Day) = if put_off {
                (&["late_knowledge.learnt_late_days"], day)
            } else {
                (clause.fields(), month.first_day())
            };
            if let Some(steps) = &mut self.steps {
                steps.push(Step { day, clause, facts: Vec::new(), fields, decided_on });
            }
        }
        self.note_mercy(today);
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
                (false, true) => {
                    let fields = self.why_begun(scheme, today);
                    self.note_by(day, facts, fields, || Clause::CoverBegan { scheme });
                }
                (true, false) => {
                    let fields = self.why_ended(scheme, today);
                    self.note_by(day, Vec::new, fields, || Clause::CoverEnded { scheme });
                }
                (true, true) | (false, false) => {}
            }
        }
    }

    /// Notes the excuses that begin, or are met by an enrolment, and the notices that are served on the day.
    fn note_mercy(&mut self, today: Today<'_>) {
        let day = today.day;
        if self.enrolled_from.is_none() || self.dead(day) {
            return;
        }
        let (life, owed_from) = (self.life, self.enrolled_from);
        let joins = self.steps.iter().flatten().any(|s| s.day == day && matches!(s.clause, Clause::Enrolled { .. }));
        for excuse in &life.excuses {
            let (from, to, begins) = (excuse.from, excuse.to, excuse.from.first_day());
            let met = if joins { begins <= day && owed_from.is_some_and(|first| first <= to) } else { begins == day };
            if met {
                self.note(day, || vec![excuse.fact], || Clause::MonthsExcused { from, to });
            }
        }
        if today.revision.notice_days.is_some() {
            for &(_, fact) in life.notices.iter().filter(|(on, _)| *on == day) {
                self.note(day, || vec![fact], || Clause::NoticeServed);
            }
        }
    }

    /// The fields that decide that a scheme begins to cover.
    fn why_begun(&self, scheme: Scheme, today: Today<'_>) -> &'static [&'static str] {
        match scheme {
            Scheme::Voluntary => &["voluntary.entitlement"],
            Scheme::Formal => entitlement_of(self.formal_by(today)),
            Scheme::RunOff => self.run_off_by(today),
            Scheme::Assistance => &["assistance.levels"],
            Scheme::Dependant => &["dependants.head_schemes"],
        }
    }

    /// The fields that decide that a scheme no longer covers; none where the facts say so. Of somebody employed in both
    /// sectors the private one is named.
    fn why_ended(&self, scheme: Scheme, today: Today<'_>) -> &'static [&'static str] {
        let standing = self.state.standing;
        if standing == Standing::Closed {
            return &[];
        }
        match scheme {
            Scheme::Voluntary => match standing {
                Standing::Closed | Standing::Employed => &[],
                Standing::Abandoned => &["voluntary.lapse.conditions"],
                Standing::NotEnrolled => &["voluntary.longest_months"],
                Standing::LapsePending | Standing::InArrears | Standing::Current => {
                    let most = today.revision.suspend_after;
                    let suspends = most.is_some_and(|most| self.state.overdue > u32::from(most));
                    // Who lapses and comes back on one day waits by the terms of the return, which was noted.
                    let waits =
                        |step: &&Step| step.day == today.day && matches!(step.clause, Clause::CoverWaits { .. });
                    if let Some(step) = self.steps.iter().flatten().find(waits) {
                        step.fields
                    } else if self.suspended || suspends {
                        &["voluntary.suspend_after"]
                    } else {
                        &["voluntary.entitlement"]
                    }
                }
            },
            Scheme::Formal if standing != Standing::Employed => &[],
            Scheme::Formal => entitlement_of(self.works_in(today.day)),
            Scheme::RunOff if standing == Standing::Employed => &[],
            Scheme::RunOff => self.run_off_by(today),
            Scheme::Assistance if !self.life.certificates.iter().any(|one| one.covers_day(today.day)) => &[],
            Scheme::Assistance => &["assistance.levels"],
            Scheme::Dependant => self.dependant_no_more_by(today),
        }
    }

    fn works_in(&self, day: Day) -> Sector {
        let private = self.worked_through[Sector::Private as usize] >= day;
        if private { Sector::Private } else { Sector::Public }
    }

    /// The field of the sector whose cover runs off the longest.
    fn run_off_by(&self, today: Today<'_>) -> &'static [&'static str] {
        let ends = |sector: Sector| {
            let months = today.revision.formal(sector).run_off_months;
            (months > 0).then(|| self.run_off_from[sector as usize].month().plus(i32::from(months)))
        };
        if ends(Sector::Public) > ends(Sector::Private) {
            &["formal.public.run_off_months"]
        } else {
            &["formal.private.run_off_months"]
        }
    }

    pub(crate) fn facts_of_jobs_ended(&self, day: Day) -> Vec<FactId> {
        let ended = self.life.jobs.iter().filter(|job| job.until.map(Day::after) == Some(day));
        ended.map(|job| job.ended_by).collect()
    }
}

fn entitlement_of(sector: Sector) -> &'static [&'static str] {
    match sector {
        Sector::Private => &["formal.private.entitlement"],
        Sector::Public => &["formal.public.entitlement"],
    }
}

#[cfg(test)]
pub(crate) mod tests;
