//! Coverage: which schemes cover a person on a day, from insured months, employment, certificates and households.
//!
//! Entitlement looks at the months before the one of the day, as they stand on that day. Absent: what is kept in
//! good faith, which needs a second look from an earlier instant (`good_faith`).

use crate::answer::{CoPayment, Scheme, Schemes, Standing};
use crate::calendar::{Day, Month};
use crate::fact::{EmployerAct, Sector};
use crate::months::{Bits, Part, above};
use crate::policy::{Entitlement, FormalMonthCounts};
use crate::standing::{Machine, Today};

/// Whether somebody is entitled, and for how long that can be told without looking again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Entitled {
    No,
    /// By a window of months, which moves on with every month: through this one by the months that are insured already.
    Through(Month),
    /// As long as the months that pass are insured, or passed over.
    Steadily,
}

/// What counts as an insured month: for whom, and paid before which day.
#[derive(Clone, Copy)]
struct Insuring<'a> {
    today: Today<'a>,
    for_stay: bool,
    before_stay: Option<Day>,
}

impl Machine<'_> {
    /// The schemes that cover on a day.
    pub(crate) fn covers(&mut self, today: Today<'_>, standing: Standing, overdue: u32) -> Schemes {
        let (covers, entitled) =
            self.covers_of(&Insuring { today, for_stay: false, before_stay: None }, standing, overdue);
        self.entitled = entitled;
        covers
    }

    /// Looks again for how long a window of months is complete, by what has been paid since.
    pub(crate) fn renew_window(&mut self, today: Today<'_>) {
        let insuring = Insuring { today, for_stay: false, before_stay: None };
        if let renewed @ Entitled::Through(_) = self.entitled(&insuring, &today.revision.entitlement) {
            self.entitled = renewed;
        }
    }

    /// The schemes that cover on the newest day for a stay that began on a day: where the law says so, what was paid
    /// from then on does not count.
    pub(crate) fn covers_for_stay(&self, today: Today<'_>, began: Day) -> Schemes {
        let before_stay = today.revision.paid_before_stay.then_some(began);
        self.covers_of(&Insuring { today, for_stay: true, before_stay }, self.state.standing, self.state.overdue).0
    }

    /// The sector by whose law formal employment covers on the newest day.
    pub(crate) fn formal_by(&self, today: Today<'_>) -> Sector {
        let insuring = Insuring { today, for_stay: false, before_stay: None };
        let private = self.worked_through[Sector::Private as usize] >= today.day
            && self.entitled(&insuring, &today.revision.formal(Sector::Private).entitlement) != Entitled::No;
        if private { Sector::Private } else { Sector::Public }
    }

    fn covers_of(&self, insuring: &Insuring<'_>, standing: Standing, overdue: u32) -> (Schemes, Entitled) {
        let Today { day, revision, .. } = insuring.today;
        let (mut voluntary, mut formal) = (Entitled::No, Entitled::No);
        match standing {
            Standing::Closed => return (Schemes::NONE, Entitled::No),
            Standing::Current | Standing::InArrears | Standing::LapsePending => {
                let suspended = self.suspended || revision.suspend_after.is_some_and(|most| overdue > u32::from(most));
                if !suspended && day >= self.waiting_over {
                    voluntary = self.entitled(insuring, &revision.entitlement);
                }
            }
            Standing::Employed => {
                for sector in [Sector::Private, Sector::Public] {
                    if self.worked_through[sector as usize] >= day {
                        formal = formal.max(self.entitled(insuring, &revision.formal(sector).entitlement));
                    }
                }
            }
            Standing::Abandoned | Standing::NotEnrolled => {}
        }
        let covers = Schemes::NONE
            .with(Scheme::Voluntary, voluntary != Entitled::No)
            .with(Scheme::Formal, formal != Entitled::No)
            .with(Scheme::RunOff, standing != Standing::Employed && self.runs_off(insuring.today))
            .with(Scheme::Assistance, self.assisted(insuring.today))
            .with(Scheme::Dependant, self.dependant(insuring.today, insuring.for_stay));
        (covers, voluntary.max(formal))
    }

    /// Remembers the last day worked that formal cover covered, on the day after it.
    pub(crate) fn note_run_off(&mut self, day: Day) {
        if self.state.covers.has(Scheme::Formal) {
            let ended = self.life.jobs[..self.next.jobs].iter().filter(|job| job.until.map(Day::after) == Some(day));
            for job in ended {
                self.run_off_from[job.sector as usize] = day.before();
            }
        }
    }

    /// The last day on which cover runs on after the lapse, by the law of a day, for who was covered before it.
    pub(crate) fn runs_on_until(&self, today: Today<'_>) -> Option<Day> {
        let months = i32::from(today.revision.lapse_run_off_months);
        let lapse = self.lapse.filter(|lapse| months > 0 && lapse.covered)?;
        Some(lapse.dated.before().month().plus(months).last_day())
    }

    fn runs_off(&self, today: Today<'_>) -> bool {
        let after_lapse = self.runs_on_until(today).is_some_and(|until| today.day <= until);
        after_lapse || self.runs_off_employment(today)
    }

    fn runs_off_employment(&self, today: Today<'_>) -> bool {
        [Sector::Private, Sector::Public].into_iter().any(|sector| {
            let months = i32::from(today.revision.formal(sector).run_off_months);
            let last_worked = self.run_off_from[sector as usize];
            months > 0 && today.month <= self.book.month_of(last_worked).plus(months)
        })
    }

    fn assisted(&self, today: Today<'_>) -> bool {
        self.life.certificates.iter().any(|certificate| {
            certificate.covers_day(today.day) && today.revision.assistance_levels.contains(&certificate.level)
        })
    }

    /// The part of a bill that a member who paid to come back still owes.
    pub(crate) fn co_payment(&self, today: Today<'_>, covers: Schemes) -> Option<CoPayment> {
        let returned = self.returned.filter(|returned| returned.overdue > 0 && covers.has(Scheme::Voluntary))?;
        let rule = today.revision.co_payment?;
        let until = returned.on.plus(i32::from(rule.days));
        let months = u16::try_from(returned.overdue).unwrap_or(u16::MAX).min(rule.max_months);
        (today.day <= until).then_some(CoPayment { rate: rule.rate, months, ceiling: rule.ceiling, until })
    }

    fn entitled(&self, insuring: &Insuring<'_>, limbs: &[Entitlement]) -> Entitled {
        let mut best = Entitled::No;
        for limb in limbs {
            best = best.max(match *limb {
                Entitlement::Immediate => Entitled::Steadily,
                Entitlement::Consecutive(months) if self.newest_insured(insuring, months) => Entitled::Steadily,
                Entitlement::Consecutive(_) => Entitled::No,
                Entitlement::Window { insured, of } => self.window_complete(insuring, insured, of),
            });
            if best == Entitled::Steadily {
                break;
            }
        }
        best
    }

    /// Whether enough of the months before the one of the day are insured, and until when they are by those that are so
    /// already: until the oldest of the months that are needed drops out of the window.
    fn window_complete(&self, insuring: &Insuring<'_>, needed: u16, of: u16) -> Entitled {
        let (month, of) = (insuring.today.month, i32::from(of));
        let Some(mut missing) = u32::from(needed).checked_sub(1) else { return Entitled::Steadily };
        for part in self.months.parts_back(month.plus(-of), month.plus(-1)) {
            let insured = self.insured_in(&part, insuring);
            match insured.count_ones() {
                found if found > missing => {
                    let oldest = Bits(insured).rev().nth(missing as usize);
                    return oldest.map_or(Entitled::No, |bit| Entitled::Through(part.month(bit).plus(of)));
                }
                found => missing -= found,
            }
        }
        Entitled::No
    }

    /// Whether the newest months before the one of the day, this many, are insured. Passed over are months that
    /// are excused, and months that are owed and unpaid but have not fallen due.
    fn newest_insured(&self, insuring: &Insuring<'_>, needed: u16) -> bool {
        let today = insuring.today;
        let mut missing = u32::from(needed);
        for part in self.months.parts_back(self.months.base(), today.month.plus(-1)) {
            let insured = self.insured_in(&part, insuring);
            if (insured | !part.mask).leading_ones() >= missing + part.mask.leading_zeros() {
                return true;
            }
            let not_insured = self.owed_in(&part) & !insured;
            let passed_over = part.sets.excused | not_insured & !self.fallen_due_in(&part, not_insured, today);
            let gaps = part.mask & !insured & !passed_over;
            let found = (insured & above(gaps)).count_ones();
            if found >= missing || gaps != 0 {
                return found >= missing;
            }
            missing -= found;
        }
        missing == 0
    }

    /// Which of the months of a part are insured: those that are paid, and those of which any day is worked in formal
    /// employment that counts.
    #[inline]
    fn insured_in(&self, part: &Part, insuring: &Insuring<'_>) -> u64 {
        let Today { day, revision, .. } = insuring.today;
        let paid = match insuring.before_stay {
            None => self.paid_in(part, day),
            Some(began) => part.such(part.mask, |month| self.paid_before(month, day, began)),
        };
        let worked = part.sets.worked & part.mask;
        let worked = match revision.formal_month_counts {
            FormalMonthCounts::Employed => worked,
            FormalMonthCounts::Declared | FormalMonthCounts::Paid => {
                part.such(worked, |month| self.counts_as_worked(month, insuring.today))
            }
        };
        paid | worked
    }

    fn paid_before(&self, month: Month, day: Day, began: Day) -> bool {
        self.months.row(month).reached_on.is_some_and(|on| on < began)
            || self.purse.placed_before(month, began) >= self.book.price(month, day)
    }

    pub(crate) fn counts_as_worked(&self, month: Month, today: Today<'_>) -> bool {
        let done = |acts: &[EmployerAct]| {
            let heard = today.day.min(self.heard_until);
            self.life.employer_months.iter().any(|m| m.month == month && m.on <= heard && acts.contains(&m.act))
        };
        match today.revision.formal_month_counts {
            FormalMonthCounts::Employed => true,
            FormalMonthCounts::Declared => done(&[EmployerAct::Declared, EmployerAct::Paid]),
            FormalMonthCounts::Paid => done(&[EmployerAct::Paid]),
        }
    }
}

#[cfg(test)]
mod tests;
