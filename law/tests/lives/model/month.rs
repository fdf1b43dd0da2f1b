//! What holds of a month on a day (sections 4, 6 and 8): owed, paid, overdue, the run, insured, entitled.
//!
//! Everything is worked out from scratch at each question. Only what the order of a day leaves behind (money,
//! forgiveness, enrolment) is taken from the state.

use krama_law::calendar::{Day, Month};
use krama_law::money::Riel;
use krama_law::policy::{Entitlement, FormalSpell, LapseCondition, Revision};

use super::day::State;
use super::facts::World;
use super::table::{Due, own_due};

/// A member's months seen on one day.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) world: &'a World<'a>,
    pub(super) state: &'a State,
    pub(super) day: Day,
    /// The first day of the stay that is asked about, if it is one.
    pub(super) stay: Option<Day>,
}

impl<'a> View<'a> {
    pub(super) fn of(world: &'a World<'a>, state: &'a State, day: Day) -> View<'a> {
        View { world, state, day, stay: None }
    }
}

impl View<'_> {
    /// The due day of a month: its own, or a later one when it was made owed again late.
    pub(super) fn due(&self, month: Month) -> Due {
        let Some(index) = self.world.own.index(month) else { return own_due(&self.world.book, month) };
        self.state.later_due[index].unwrap_or(self.world.own.due[index])
    }

    fn fallen_due(&self, month: Month) -> bool {
        self.day > self.due(month).day
    }

    pub(super) fn rules(&self) -> &Revision {
        self.world.book.on(self.day)
    }

    pub(super) fn current_month(&self) -> Month {
        self.world.own.month_of(self.day)
    }

    pub(super) fn price(&self, month: Month) -> Riel {
        self.world.own.price(&self.world.book, month, self.day)
    }

    pub(super) fn on_month(&self, month: Month) -> Riel {
        self.world.own.index(month).map_or(0, |index| self.state.on_month[index])
    }

    /// Section 4: paid when the money on it reaches the contribution, or when it once did while its own revision
    /// was not yet in force.
    pub(super) fn paid(&self, month: Month) -> bool {
        if let Some(index) = self.world.own.index(month)
            && self.state.was_paid[index].is_some()
        {
            return true;
        }
        self.on_month(month) >= self.price(month)
    }

    /// What the month's contribution lacks.
    pub(super) fn lack(&self, month: Month) -> Riel {
        if self.paid(month) { 0 } else { self.price(month) - self.on_month(month) }
    }

    /// Section 4: after a lapse months go on being owed, since the enrolment stays in the state.
    pub(super) fn owed(&self, month: Month) -> bool {
        let Some(enrolment) = &self.state.enrolment else { return false };
        let forgiven = self.world.own.index(month).is_some_and(|index| self.state.forgiven[index]);
        month >= enrolment.first_owed && !forgiven && !self.world.exempt(month, self.day)
    }

    pub(super) fn overdue(&self, month: Month) -> bool {
        !self.paid(month) && self.fallen_due(month) && self.owed(month)
    }

    pub(super) fn any_overdue(&self) -> bool {
        let Some(enrolment) = &self.state.enrolment else { return false };
        let mut month = self.current_month();
        while month >= enrolment.month {
            if self.overdue(month) {
                return true;
            }
            month = month.plus(-1);
        }
        false
    }

    /// The months overdue by the payments processed so far, oldest first. A month cannot fall due before it begins.
    pub(super) fn overdue_months(&self) -> Vec<Month> {
        let Some(enrolment) = &self.state.enrolment else { return Vec::new() };
        (enrolment.month.0..=self.current_month().0).map(Month).filter(|&month| self.overdue(month)).collect()
    }

    /// Section 6: the months of the run, newest first.
    pub(super) fn run(&self) -> Vec<Month> {
        let mut run = Vec::new();
        let Some(enrolment) = &self.state.enrolment else { return run };
        let formal = self.rules().formal_spell;
        let mut month = self.current_month();
        while month >= enrolment.month {
            if self.paid(month) {
                break;
            } else if self.world.job_in_month(month, self.day) {
                if formal == FormalSpell::Resets {
                    break;
                }
            } else if self.overdue(month) && !self.gap_before_a_fresh_start(month) {
                run.push(month);
            }
            month = month.plus(-1);
        }
        run
    }

    /// Section 12: an owed unpaid month that was overdue on the day before the newest revision in force that does not
    /// count such gaps. Reading: by its due day with all that has been put off up to the day asked.
    fn gap_before_a_fresh_start(&self, month: Month) -> bool {
        let revisions = self.world.book.revisions().iter().rev();
        let mut in_force = revisions.filter(|revision| revision.effective <= self.day);
        let Some(fresh) = in_force.find(|revision| !revision.transition.gaps_count) else { return false };
        self.owed(month) && !self.paid(month) && self.due(month).day.after() < fresh.effective
    }

    /// Section 6: whether any condition of lapse of the day's rules holds.
    pub(super) fn lapse_condition_holds(&self) -> bool {
        self.state.enrolment.is_some()
            && self.rules().lapse.iter().any(|condition| match *condition {
                LapseCondition::Consecutive(months) => self.run().len() > usize::from(months),
                LapseCondition::Window { paid, of } => self.too_few_paid(usize::from(paid), usize::from(of)),
            })
    }

    /// Of the last `of` owed months that have fallen due or are paid, fewer than `enough` are paid.
    fn too_few_paid(&self, enough: usize, of: usize) -> bool {
        let Some(enrolment) = &self.state.enrolment else { return false };
        let newest = self.state.last_month_with_money(&self.world.own).unwrap_or(enrolment.month);
        let newest = newest.max(self.current_month());
        let months = (enrolment.month.0..=newest.0).rev().map(Month);
        let counted: Vec<bool> = months
            .filter(|&month| self.paid(month) || self.fallen_due(month))
            .filter(|&month| self.owed(month) && !self.gap_before_a_fresh_start(month))
            .take(of)
            .map(|month| self.paid(month))
            .collect();
        counted.len() == of && counted.iter().filter(|&&paid| paid).count() < enough
    }

    /// Section 6: no lapse before `notice_days` after a notice served after the due day of the oldest overdue month.
    pub(super) fn notice_served_long_enough(&self) -> bool {
        let Some(days) = self.rules().notice_days else { return true };
        // Reading: where no month is overdue there is no due day to serve a notice after, and so no lapse.
        let Some(&oldest) = self.overdue_months().first() else { return false };
        let due = self.due(oldest).day;
        self.world.notices.iter().any(|&notice| notice > due && notice.plus(i32::from(days)) <= self.day)
    }

    /// Section 8: paid, as far as entitlement asks: for a stay, where the law says so, only by money placed before it.
    fn paid_for_entitlement(&self, month: Month) -> bool {
        let Some(began) = self.stay.filter(|_| self.rules().paid_before_stay) else { return self.paid(month) };
        let reached = self.world.own.index(month).and_then(|index| self.state.was_paid[index]);
        reached.is_some_and(|on| on < began) || self.state.purse.placed_before(month, began) >= self.price(month)
    }

    /// Section 8: months paid, and months with any day of formal employment, where the employer did what the law asks.
    fn insured(&self, month: Month) -> bool {
        let worked = self.world.job_in_month(month, self.day) && self.world.employer_did_enough(month, self.day);
        worked || self.paid_for_entitlement(month)
    }

    /// Section 8: entitlement on the day, by the months before the current one.
    pub(super) fn entitled(&self, limbs: &[Entitlement]) -> bool {
        let current = self.current_month();
        limbs.iter().any(|limb| match *limb {
            Entitlement::Immediate => true,
            Entitlement::Consecutive(months) => self.newest_are_insured(usize::from(months)),
            Entitlement::Window { insured, of } => {
                let months = (1..=i32::from(of)).map(|ago| current.plus(-ago));
                months.filter(|&month| self.insured(month)).count() >= usize::from(insured)
            }
        })
    }

    fn newest_are_insured(&self, enough: usize) -> bool {
        let mut found = 0;
        let mut month = self.current_month().plus(-1);
        while found < enough {
            // Before the table there is neither money nor employment.
            if month < self.world.own.base {
                return false;
            }
            // Reading: an excused month that is insured all the same counts, as passing it over would take away.
            if self.insured(month) {
                found += 1;
            } else {
                // Reading: a month that was paid during a stay is, for that stay, one that is not paid yet.
                let not_yet_due = self.owed(month) && !self.fallen_due(month);
                if !self.world.excused(month) && !not_yet_due {
                    return false;
                }
            }
            month = month.plus(-1);
        }
        true
    }
}
