//! Lapse (section 6), and how the bar after it ends without a door being used (sections 7 and 12).

use std::collections::BTreeSet;

use krama_law::calendar::{Day, Month};
use krama_law::policy::{Bar, Book, LapseEffective};

use super::day::{Lapse, State};
use super::facts::World;
use super::month::View;
use super::quote::amnesty;

impl Lapse {
    /// Sections 2 and 7: a bar of `n` months is over on the 1st of the `n`-th month after its own. An amnesty may lay
    /// it aside.
    pub(super) fn bars(&self, book: &Book<'_>, day: Day) -> bool {
        let rules = book.on(day);
        !amnesty(rules, day).is_some_and(|amnesty| amnesty.re_enrolment) && self.bars_without_amnesty(book, day)
    }

    pub(super) fn bars_without_amnesty(&self, book: &Book<'_>, day: Day) -> bool {
        match book.on(day).bar {
            Bar::Life => true,
            Bar::Months(months) => day < self.dated.month().plus(i32::from(months)).first_day(),
        }
    }
}

impl State {
    /// Section 7: when employment ends, the bar may be lifted by the months of it.
    pub(super) fn lift_bar(&mut self, world: &World<'_>, day: Day) {
        let (Some(lapse), Some(enough)) = (self.lapse, world.book.on(day).lifts_bar_after_months) else { return };
        // Reading: the months are counted on every day without employment, so that a revision which lifts bars
        // also helps those whose employment had ended before it; without any employment there is nothing to lift.
        if world.employed_on(day) || world.dead_on(day) {
            return;
        }
        let mut months = BTreeSet::new();
        for job in world.jobs.iter().filter(|job| job.from > lapse.breach && job.from <= day) {
            let last = job.until.unwrap_or(day).min(day);
            months.extend((job.from.month().0..=last.month().0).map(Month));
        }
        if !months.is_empty() && months.len() >= usize::from(enough) {
            self.go_free();
        }
    }

    /// Section 12: a revision may lift, at the start of its first day, the bars of lapses from before it.
    /// Reading: the oldest revision that is known has none before it, and lifts nothing.
    pub(super) fn lift_bar_by_a_new_law(&mut self, world: &World<'_>, day: Day) {
        let newer = world.book.revisions().iter().skip(1);
        let lifts = newer.into_iter().any(|revision| revision.effective == day && revision.transition.bars_lifted);
        if lifts && self.lapse.is_some_and(|lapse| lapse.breach < day) {
            self.go_free();
        }
    }

    /// Neither lapsed nor enrolled any more.
    pub(super) fn go_free(&mut self) {
        self.lapse = None;
        self.enrolment = None;
        self.waiting_until = None;
    }

    /// Section 5, step 1, and section 6.
    pub(super) fn lapse_if_due(&mut self, world: &World<'_>, day: Day) {
        if self.enrolment.is_none() || self.lapse.is_some() {
            return;
        }
        let view = View::of(world, self, day);
        let rules = view.rules();
        let spared = world.dead_on(day) || world.employed_on(day) || world.shielded(day) || self.shielded(day);
        // Reading: a lapse becomes pending only on a day on which it could take effect: not under a shield, in an
        // employment, or before the notice has been served long enough. One that is pending stays so under these.
        let may_lapse = !spared && view.lapse_condition_holds() && view.notice_served_long_enough();
        if !rules.confirmation {
            // Reading: where the rules of the day ask for no confirmation nothing is pending.
            if may_lapse {
                self.lapse(world, day);
            } else {
                self.pending = false;
            }
            return;
        }
        let overdue: BTreeSet<Month> = view.overdue_months().into_iter().collect();
        let waiver_holds = self.waived.as_ref().is_some_and(|waived| overdue.is_subset(waived));
        if !waiver_holds {
            self.waived = None;
        }
        let would_begin = may_lapse && !waiver_holds;
        // Reading: a lapse that became pending and whose condition still holds can be waived during an employment.
        if world.waivers.contains(&day) && (self.pending || would_begin) {
            self.pending = false;
            self.waived = Some(overdue);
        } else if would_begin {
            // Reading: a confirmation on the very day on which the lapse becomes pending counts.
            if world.confirmations.contains(&day) {
                self.lapse(world, day);
            } else {
                self.pending = true;
            }
        }
    }

    fn shielded(&self, day: Day) -> bool {
        self.shields.iter().any(|&(from, to)| from <= day && day <= to)
    }

    fn lapse(&mut self, world: &World<'_>, day: Day) {
        let view = View::of(world, self, day);
        let dated = match view.rules().lapse_effective {
            LapseEffective::Breach => day,
            LapseEffective::FirstMissed => view.run().last().map_or(day, |oldest| oldest.first_day()),
        };
        self.lapse = Some(Lapse { breach: day, dated });
        self.pending = false;
        self.waived = None;
        // What was added up during a suspension stays in the pot.
        self.suspended = false;
    }
}
