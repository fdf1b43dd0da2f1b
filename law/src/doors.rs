//! The doors: enrolling, the bar after a lapse, and the ways back from it.
//!
//! Formal employment reinstates by itself, since the standing of the employed comes first; here is what happens
//! when it ends. Absent: the lapse itself (`standing`).

use crate::answer::EnrolmentRefusal;
use crate::calendar::{Day, Month};
use crate::explanation::Clause;
use crate::fact::FactId;
use crate::money::{Lack, Riel, price_with_penalty};
use crate::policy::{BackPayment, Bar, Revision};
use crate::purse::Place;
use crate::standing::{Lapse, Machine};
use crate::timeline::{Late, late};

impl Machine<'_> {
    pub(crate) fn enrol(&mut self, day: Day, revision: &Revision) {
        let from = self.life.enrolments.partition_point(|enrolment| enrolment.on < day);
        for enrolment in self.life.enrolments[from..].iter().take_while(|enrolment| enrolment.on == day) {
            if day > self.heard_until {
                return;
            }
            if let Some(reason) = self.refuses_enrolment(day) {
                self.refused.push((day, enrolment.fact, reason));
                self.note(day, vec![enrolment.fact], || Clause::EnrolmentRefused { reason });
                continue;
            }
            // The month of enrolment is owed, unless it had fallen due before the person enrolled.
            let month = day.month();
            let first_month = if self.book.due_day(month).day < day { month.plus(1) } else { month };
            self.enrolled_from = Some(first_month);
            self.unsettled = Some(day);
            self.oldest_open = first_month;
            self.lapse = None;
            self.pending = None;
            self.waived = None;
            self.waiting_over = Day::MIN;
            self.note(day, vec![enrolment.fact], || Clause::Enrolled { first_month });
            if enrolment.known.day() > day {
                // The shield begins after the day, on which it could only keep an older lapse from taking effect.
                let last = enrolment.owed_anyway_from.plus(-1);
                let late = late(&self.book, enrolment.known, day, enrolment.fact, first_month, last);
                self.lates.extend(late.map(|late| Late { from: day.after(), about_from: Some(day), ..late }));
            }
            if self.purse.pot() > 0 {
                let (owner, amount) = self.purse.open_pot();
                self.allocate(owner, amount, None, day, revision);
            }
        }
    }

    /// The first reason for which an enrolment on the day is refused.
    pub(crate) fn refuses_enrolment(&self, day: Day) -> Option<EnrolmentRefusal> {
        if self.dead(day) {
            Some(EnrolmentRefusal::Deceased)
        } else if self.employed(day) {
            Some(EnrolmentRefusal::FormallyEmployed)
        } else if let Some(lapse) = self.lapse {
            let barred = match self.book.on(day).bar {
                Bar::Life => true,
                Bar::Months(0) => false,
                Bar::Months(months) => day < lapse.dated.month().plus(i32::from(months)).first_day(),
            };
            barred.then_some(EnrolmentRefusal::VoluntaryAbandoned)
        } else {
            self.enrolled_from.map(|_| EnrolmentRefusal::AlreadyEnrolled)
        }
    }

    /// Lifts the bar when nobody employs the member and enough months have been worked since the lapse.
    pub(crate) fn lift_bar(&mut self, day: Day, lapse: Lapse, revision: &Revision) {
        if self.employed(day) {
            return;
        }
        let heard = day.before().min(self.heard_until);
        let since_lapse = self.life.jobs.iter().filter(|job| job.from > lapse.breach && job.from <= heard);
        let mut months: Vec<Month> = since_lapse
            .flat_map(|job| {
                let last = job.until.unwrap_or(day).min(day.before()).month();
                (job.from.month().0..=last.0).map(Month)
            })
            .collect();
        months.sort_unstable();
        months.dedup();
        let worked = u32::try_from(months.len()).unwrap_or(u32::MAX);
        let ended = self.facts_of_jobs_ended(day);
        if revision.lifts_bar_after_months.is_some_and(|needed| worked >= u32::from(needed).max(1)) {
            self.lapse = None;
            self.enrolled_from = None;
            self.note(day, ended, || Clause::BarLifted { months: worked });
        } else if self.employed(day.before()) {
            self.note(day, ended, || Clause::BarStandsAgain);
        }
    }

    /// What a return by back-payment costs on a day, and for which months.
    pub(crate) fn price_of_return(&self, day: Day, terms: &BackPayment) -> (Riel, Vec<Month>) {
        let current = day.month();
        let oldest = terms.refuse_older_months.map(|months| current.plus(-i32::from(months)));
        let mut months: Vec<Month> = self.overdue_months(day).map(|row| row.month).collect();
        months.retain(|&month| oldest.is_none_or(|oldest| month >= oldest));
        if let Some(cap) = terms.cap_months {
            months.drain(..months.len().saturating_sub(usize::from(cap)));
        }
        if terms.plus_current && !months.contains(&current) {
            let owed = self.months.get(current).filter(|row| self.owed(row, day) && !self.paid(row, day));
            months.extend(owed.map(|row| row.month));
        }
        let lacks: Vec<Lack> = months.iter().filter_map(|&month| self.lack(month, day)).collect();
        (price_with_penalty(&lacks, terms.penalty, terms.compound, terms.flat), months)
    }

    fn lack(&self, month: Month, day: Day) -> Option<Lack> {
        let row = self.months.get(month)?;
        let amount = self.price(row, day) - row.allocated;
        if day <= row.due.day {
            return Some(Lack { amount, months_late: 0 });
        }
        // Months are counted from the due day as the law names it, not as a holiday moved it.
        let started = (day.month().0 - row.due.month.0).max(1);
        let over = i32::from(day > row.due.month.plus(started).day_clamped(row.due.number));
        Some(Lack { amount, months_late: u32::try_from(started + over).unwrap_or(1) })
    }

    /// Brings a lapsed member back on the first day on which what was saved up reaches the price of that day.
    pub(crate) fn come_back(&mut self, day: Day, revision: &Revision) {
        let Some(terms) = revision.back_payment.filter(|_| self.lapse.is_some() && !self.dead(day)) else {
            return;
        };
        let pot = self.purse.pot();
        if pot == 0 {
            return;
        }
        let (price, months) = self.price_of_return(day, &terms);
        if pot < price {
            return;
        }
        let overdue: Vec<Month> = self.overdue_months(day).map(|row| row.month).collect();
        let payments: Vec<FactId> = self.facts_in_pot();
        let (owner, _) = self.purse.open_pot();
        let mut placed = 0;
        for &month in &months {
            placed += self.fill(owner, Riel::MAX, month, day);
        }
        for month in overdue.into_iter().filter(|month| !months.contains(month)) {
            if let Some(row) = self.months.get_mut(month) {
                row.forgiven = true;
            }
        }
        self.purse.put(owner, Place::Surcharge, price - placed, day);
        self.lapse = None;
        if terms.waiting_months > 0 {
            self.waiting_over = day.month().plus(i32::from(terms.waiting_months)).first_day();
        }
        let surcharge = price - placed;
        self.note(day, payments, || Clause::ReturnedByBackPayment { price, surcharge, months });
        self.allocate(owner, pot - price, None, day, revision);
    }

    fn facts_in_pot(&self) -> Vec<FactId> {
        let in_pot = self.purse.parcels.iter().filter(|parcel| parcel.place == Place::Pot);
        in_pot.flat_map(|parcel| self.purse.payments_of(parcel)).collect()
    }
}
