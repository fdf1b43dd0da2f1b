//! Coverage: which schemes cover a person on a day, from insured months, employment, certificates and households.
//!
//! Entitlement looks at the months before the one of the day, as they stand on that day. Absent: what is kept in
//! good faith, which needs a second look from an earlier instant (`decision`).

use crate::answer::{CoPayment, Scheme, Schemes, Standing};
use crate::calendar::{Day, Month};
use crate::fact::{EmployerAct, Sector};
use crate::months::MonthRow;
use crate::policy::{Entitlement, FormalMonthCounts};
use crate::standing::{Machine, Today};

/// Whether somebody is entitled, and for how long that can be told without looking again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Entitled {
    No,
    /// By a window of months, which moves on with every month.
    ThisMonth,
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
        let (covers, steady) =
            self.covers_of(Insuring { today, for_stay: false, before_stay: None }, standing, overdue);
        self.steady = steady;
        covers
    }

    /// The schemes that cover on the newest day for a stay that began on a day: where the law says so, what was paid
    /// from then on does not count.
    pub(crate) fn covers_for_stay(&self, today: Today<'_>, began: Day) -> Schemes {
        let before_stay = today.revision.paid_before_stay.then_some(began);
        self.covers_of(Insuring { today, for_stay: true, before_stay }, self.state.standing, self.state.overdue).0
    }

    fn covers_of(&self, insuring: Insuring<'_>, standing: Standing, overdue: u32) -> (Schemes, bool) {
        let Today { day, revision, .. } = insuring.today;
        let (mut voluntary, mut formal) = (Entitled::No, Entitled::No);
        match standing {
            Standing::Closed => return (Schemes::NONE, true),
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
        let employment_insures = revision.formal_month_counts == FormalMonthCounts::Employed;
        let steady = match standing {
            Standing::Current => voluntary == Entitled::Steadily && employment_insures,
            Standing::Employed => formal == Entitled::Steadily && employment_insures,
            Standing::InArrears | Standing::LapsePending => false,
            Standing::Closed | Standing::Abandoned | Standing::NotEnrolled => true,
        };
        (covers, steady)
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

    fn runs_off(&self, today: Today<'_>) -> bool {
        [Sector::Private, Sector::Public].into_iter().any(|sector| {
            let months = i32::from(today.revision.formal(sector).run_off_months);
            let last_worked = self.run_off_from[sector as usize];
            months > 0 && last_worked > Day::MIN && today.month <= self.book.month_of(last_worked).plus(months)
        })
    }

    fn assisted(&self, today: Today<'_>) -> bool {
        self.life.certificates.iter().any(|certificate| {
            certificate.from <= today.day
                && certificate.until.is_none_or(|until| today.day <= until)
                && today.revision.assistance_levels.contains(&certificate.level)
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

    fn entitled(&self, insuring: Insuring<'_>, limbs: &[Entitlement]) -> Entitled {
        let month = insuring.today.month;
        let limb = |limb: &Entitlement| match *limb {
            Entitlement::Immediate => Entitled::Steadily,
            Entitlement::Consecutive(months) if self.newest_insured(insuring, usize::from(months)) => {
                Entitled::Steadily
            }
            Entitlement::Consecutive(_) => Entitled::No,
            Entitlement::Window { insured, of } => {
                let window = self.months.range(month.plus(-i32::from(of)), month.plus(-1));
                let mut found = window.filter(|(month, row)| self.insured(*month, row, insuring));
                let enough = usize::from(insured).checked_sub(1).is_none_or(|before| found.nth(before).is_some());
                if enough { Entitled::ThisMonth } else { Entitled::No }
            }
        };
        let mut best = Entitled::No;
        for found in limbs.iter().map(limb) {
            best = best.max(found);
            if best == Entitled::Steadily {
                break;
            }
        }
        best
    }

    /// Whether the newest months before the one of the day, this many, are insured. Passed over are months that
    /// are excused, and months that are owed and unpaid but have not fallen due.
    fn newest_insured(&self, insuring: Insuring<'_>, needed: usize) -> bool {
        let Today { day, month, .. } = insuring.today;
        let mut found = 0;
        for (month, row) in self.months.range(self.months.base(), month.plus(-1)).rev() {
            if found == needed {
                break;
            }
            if row.reached_on.is_some() && insuring.before_stay.is_none() || self.insured(month, row, insuring) {
                found += 1;
            } else if !(self.excused(row) || self.owed(month, row, day) && day <= row.due(month, &self.book).day) {
                break;
            }
        }
        found >= needed
    }

    /// A month is insured when it is paid, and when any of its days is worked in formal employment that counts.
    #[inline]
    fn insured(&self, month: Month, row: &MonthRow, insuring: Insuring<'_>) -> bool {
        let Today { day, .. } = insuring.today;
        let paid = match insuring.before_stay {
            None => self.paid(month, row, day),
            Some(began) => self.paid_before(month, row, day, began),
        };
        paid || self.worked(row, day) && self.counts_as_worked(month, insuring.today)
    }

    fn paid_before(&self, month: Month, row: &MonthRow, day: Day, began: Day) -> bool {
        row.reached_on.is_some_and(|on| on < began)
            || self.purse.placed_before(month, began) >= self.book.price(month, day)
    }

    fn counts_as_worked(&self, month: Month, today: Today<'_>) -> bool {
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
