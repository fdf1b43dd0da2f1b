//! Coverage: which schemes cover a person on a day, from insured months, employment and certificates.
//!
//! Entitlement looks at the months before the one of the day, as they stand on that day. Absent: what is kept in
//! good faith, which needs a second look from an earlier instant (`decision`).

use crate::answer::{Scheme, Standing};
use crate::calendar::{Day, Month};
use crate::months::MonthRow;
use crate::policy::{Entitlement, Revision};
use crate::standing::Machine;

/// A set of schemes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Covers(u8);

impl Covers {
    pub(crate) const NONE: Covers = Covers(0);

    pub(crate) fn has(self, scheme: Scheme) -> bool {
        self.0 & Covers::bit(scheme) != 0
    }

    fn with(self, scheme: Scheme, covered: bool) -> Covers {
        if covered { Covers(self.0 | Covers::bit(scheme)) } else { self }
    }

    fn bit(scheme: Scheme) -> u8 {
        match scheme {
            Scheme::Voluntary => 1,
            Scheme::Formal => 2,
            Scheme::RunOff => 4,
            Scheme::Assistance => 8,
        }
    }
}

impl Machine<'_> {
    /// The schemes that cover on a day.
    pub(crate) fn covers(&self, day: Day, standing: Standing, overdue: u32, revision: &Revision) -> Covers {
        if standing == Standing::Closed {
            return Covers::NONE;
        }
        let employed = standing == Standing::Employed;
        let voluntary = match standing {
            Standing::Current | Standing::InArrears | Standing::LapsePending => {
                revision.suspend_after.is_none_or(|months| overdue <= u32::from(months))
                    && day >= self.waiting_over
                    && self.entitled(day, &revision.entitlement)
            }
            Standing::Closed | Standing::Employed | Standing::Abandoned | Standing::NotEnrolled => false,
        };
        let run_off = !employed
            && revision.run_off_months > 0
            && self.run_off_from.is_some_and(|last_worked| {
                day <= last_worked.month().plus(i32::from(revision.run_off_months)).last_day()
            });
        Covers::NONE
            .with(Scheme::Voluntary, voluntary)
            .with(Scheme::Formal, employed && self.entitled(day, &revision.formal_entitlement))
            .with(Scheme::RunOff, run_off)
            .with(Scheme::Assistance, self.assisted(day, revision))
    }

    /// Remembers the last day worked that formal cover covered, on the day after it.
    pub(crate) fn note_run_off(&mut self, day: Day) {
        let worked_yesterday = self.life.jobs.iter().any(|job| job.until.map(Day::after) == Some(day));
        if worked_yesterday && self.state.covers.has(Scheme::Formal) {
            self.run_off_from = Some(day.before());
        }
    }

    fn assisted(&self, day: Day, revision: &Revision) -> bool {
        self.life.certificates.iter().any(|certificate| {
            certificate.from <= day
                && certificate.until.is_none_or(|until| day <= until)
                && revision.assistance_levels.contains(&certificate.level)
        })
    }

    fn entitled(&self, day: Day, limbs: &[Entitlement]) -> bool {
        limbs.iter().any(|limb| match *limb {
            Entitlement::Immediate => true,
            Entitlement::Consecutive(months) => self.newest_insured(day, usize::from(months)),
            Entitlement::Window { insured, of } => {
                let last = day.month().plus(-1);
                let first = day.month().plus(-i32::from(of));
                let window = self.months.slice(first, last).iter();
                window.filter(|row| self.insured(row, day)).count() >= usize::from(insured)
            }
        })
    }

    /// Whether the newest months before the one of the day, this many, are insured. Passed over are months that
    /// are excused, and months that are owed and unpaid but have not fallen due.
    fn newest_insured(&self, day: Day, needed: usize) -> bool {
        let mut found = 0;
        for row in self.months.slice(Month(0), day.month().plus(-1)).iter().rev() {
            if found == needed {
                break;
            }
            if self.insured(row, day) {
                found += 1;
            } else if !(self.excused(row) || self.owed(row, day) && day <= row.due.day) {
                break;
            }
        }
        found >= needed
    }

    /// A month is insured when it is paid, and when any of its days is worked in formal employment.
    fn insured(&self, row: &MonthRow, day: Day) -> bool {
        self.paid(row, day) || self.worked(row, day)
    }
}
