//! The doors: enrolling, the bar after a lapse, and the ways back from it.
//!
//! Formal employment reinstates by itself, since the standing of the employed comes first; here is what happens
//! when it ends. Paying is a way back from a lapse and, where the law has it so, from a suspension of cover. Absent:
//! the lapse itself (`standing`).

use crate::answer::EnrolmentRefusal;
use crate::calendar::{Day, Month};
use crate::explanation::Clause;
use crate::fact::FactId;
use crate::life::{Enrolment, late};
use crate::money::{Lack, Riel, price_with_penalty};
use crate::policy::{BackPayment, Bar, Revision};
use crate::purse::Place;
use crate::standing::{Lapse, Machine, Return, Today};

impl Machine<'_> {
    pub(crate) fn enrol(&mut self, today: Today<'_>) {
        while let Some(&enrolment) = self.life.enrolments.get(self.next.enrolments).filter(|e| e.on <= today.day) {
            self.next.enrolments += 1;
            if let Some(reason) = self.refuses_enrolment(today) {
                self.refused.push((today.day, enrolment.fact, reason));
                self.note(today.day, || vec![enrolment.fact], || Clause::EnrolmentRefused { reason });
            } else {
                self.take_in(enrolment, today);
            }
        }
    }

    fn take_in(&mut self, enrolment: Enrolment, today: Today<'_>) {
        let Today { day, month, .. } = today;
        // The month of enrolment is owed, unless it had fallen due before the person enrolled.
        let first_month = if self.book.due(month) < day { month.plus(1) } else { month };
        self.enrolled_from = Some(first_month);
        self.joined = month;
        self.unsettled = Some(day);
        self.oldest_open = first_month;
        self.lapse = None;
        self.pending = None;
        self.waived = None;
        self.suspended = false;
        self.returned = None;
        self.waiting_over = Day::MIN;
        self.note(day, || vec![enrolment.fact], || Clause::Enrolled { first_month });
        if enrolment.known.day() > day {
            // It is too late to keep an older lapse from taking effect on the day: that was decided at its start.
            let last = enrolment.owed_anyway_from.plus(-1);
            if let Some(late) = late(self.book, enrolment.known, day, enrolment.fact, first_month, last) {
                self.lates.push(late);
                self.note(day, || vec![enrolment.fact], || Clause::LearntLate { until: late.due.day });
            }
        }
        self.empty_pot(today);
    }

    /// Allocates what had been added up for a return that is no longer asked for.
    fn empty_pot(&mut self, today: Today<'_>) {
        let facts = self.facts_in_pot();
        if facts.is_empty() {
            return;
        }
        let (owner, amount) = self.purse.open_pot();
        let placed_before = self.purse.parcels.len();
        self.allocate(owner, amount, None, today);
        self.note_saved_up(today.day, facts, amount, placed_before);
    }

    /// The first reason for which an enrolment on the day is refused.
    pub(crate) fn refuses_enrolment(&self, today: Today<'_>) -> Option<EnrolmentRefusal> {
        let day = today.day;
        if self.dead(day) {
            Some(EnrolmentRefusal::Deceased)
        } else if self.employed(day) {
            Some(EnrolmentRefusal::FormallyEmployed)
        } else if self.lapse.is_some_and(|lapse| barred(today.revision.bar_on(day), lapse, day)) {
            Some(EnrolmentRefusal::VoluntaryAbandoned)
        } else if self.lapse.is_none() && self.enrolled_from.is_some() {
            Some(EnrolmentRefusal::AlreadyEnrolled)
        } else {
            self.refuses_entry(today)
        }
    }

    /// Lifts the bar when nobody employs the member and enough months have been worked since the lapse.
    pub(crate) fn lift_bar(&mut self, day: Day, lapse: Lapse, revision: &Revision) {
        if self.employed(day) {
            return;
        }
        if let Some(needed) = revision.lifts_bar_after_months {
            let worked = self.months_worked_since(lapse.breach, day);
            if worked >= u32::from(needed).max(1) {
                self.leave_scheme();
                self.note_job_ends(day, || Clause::BarLifted { months: worked });
                return;
            }
        }
        self.note_job_ends(day, || Clause::BarStandsAgain);
    }

    /// The months with any day, before a day, of an employment begun after the day of a breach.
    fn months_worked_since(&self, breach: Day, day: Day) -> u32 {
        let since = self.life.jobs[..self.next.jobs].iter().filter(|job| job.from > breach);
        let mut months: Vec<Month> = since
            .flat_map(|job| {
                let last = job.until.unwrap_or(day).min(day.before()).month();
                (job.from.month().0..=last.0).map(Month)
            })
            .collect();
        months.sort_unstable();
        months.dedup();
        u32::try_from(months.len()).unwrap_or(u32::MAX)
    }

    /// Lifts the bars of older lapses on the day of a revision that says so.
    pub(crate) fn lift_old_bar(&mut self, today: Today<'_>) {
        let lifts = today.revision.transition.bars_lifted && today.revision.effective == today.day;
        let has_older = self.book.revisions()[0].effective < today.day;
        if lifts && has_older && self.lapse.is_some() {
            self.leave_scheme();
            self.note(today.day, Vec::new, || Clause::BarLiftedByLaw);
        }
    }

    pub(crate) fn leave_scheme(&mut self) {
        self.lapse = None;
        self.enrolled_from = None;
        self.suspended = false;
        self.waiting_over = Day::MIN;
    }

    // ---- Suspension with a way back ---------------------------------------------------------------------------

    /// Suspends cover until the price of its way back is paid, and ends that when few enough months are overdue.
    pub(crate) fn suspend(&mut self, today: Today<'_>) {
        let Today { day, revision, .. } = today;
        let may_be = self.enrolled_from.is_some() && self.lapse.is_none() && !self.dead(day) && !self.employed(day);
        let most = revision.suspend_after.filter(|_| revision.suspension_return.is_some());
        if !may_be || most.is_none() && !self.suspended {
            return;
        }
        let too_many = most.is_some_and(|most| self.overdue_months(today).nth(usize::from(most)).is_some());
        if too_many && !self.suspended {
            self.suspended = true;
            self.note(day, Vec::new, || Clause::CoverSuspended);
        } else if !too_many && self.suspended {
            self.suspended = false;
            self.note(day, Vec::new, || Clause::SuspensionOver);
            self.empty_pot(today);
        }
    }

    // ---- Coming back by paying --------------------------------------------------------------------------------

    /// The terms on which a member who is out can pay to come back on a day; none where there is no such door.
    #[inline]
    pub(crate) fn terms_of_return(&self, today: Today<'_>) -> Option<BackPayment> {
        if self.dead(today.day) {
            None
        } else if self.lapse.is_some() {
            // There is no way back to a membership whose time is over.
            today.revision.back_payment_on(today.day).filter(|_| !self.is_over_by_time(today))
        } else if self.suspended {
            today.revision.suspension_return
        } else {
            None
        }
    }

    /// What a return costs on a day, and for which months.
    pub(crate) fn price_of_return(&self, today: Today<'_>, terms: &BackPayment) -> (Riel, Vec<Month>) {
        let Today { day, month: current, .. } = today;
        let oldest = terms.refuse_older_months.map(|months| current.plus(-i32::from(months)));
        let mut months: Vec<Month> = self.overdue_months(today).collect();
        months.retain(|&month| oldest.is_none_or(|oldest| month >= oldest));
        if let Some(cap) = terms.cap_months {
            months.drain(..months.len().saturating_sub(usize::from(cap)));
        }
        if terms.plus_current && !months.contains(&current) {
            months.extend(Some(current).filter(|&month| self.owed(month) && !self.paid(month, day)));
        }
        let lacks: Vec<Lack> = months.iter().map(|&month| self.lack(month, day)).collect();
        (price_with_penalty(&lacks, terms.penalty, terms.compound, terms.flat), months)
    }

    /// What the way back that there is costs on a day.
    pub(crate) fn price_of_any_return(&self, today: Today<'_>) -> Option<Riel> {
        self.terms_of_return(today).map(|terms| self.price_of_return(today, &terms).0)
    }

    /// What one more payment on a day has to be so that a price is reached by what is added up then; at least a riel,
    /// since nobody returns without paying.
    pub(crate) fn lacking_for(&self, price: Riel, today: Today<'_>) -> Riel {
        let terms = self.terms_of_return(today);
        let counting = terms.and_then(|terms| terms.payments_that_count(self.overdue_months(today).count()));
        (price - self.purse.pot_beside_one_more(counting)).max(1)
    }

    pub(crate) fn lack(&self, month: Month, day: Day) -> Lack {
        let due = self.due(month);
        let amount = self.book.price(month, day) - self.months.row(month).allocated;
        if day <= due.day {
            return Lack { amount, months_late: 0 };
        }
        // Months are counted from the due day as the law names it, not as a holiday moved it.
        let started = (day.month().0 - due.month.0).max(1);
        let over = i32::from(day > due.month.plus(started).day_clamped(due.number));
        Lack { amount, months_late: u32::try_from(started + over).unwrap_or(1) }
    }

    /// Brings a member back on the first day on which what was saved up reaches the price of that day.
    #[inline]
    pub(crate) fn come_back(&mut self, today: Today<'_>) {
        if self.purse.pot() > 0 {
            self.come_back_by_pot(today);
        }
    }

    fn come_back_by_pot(&mut self, today: Today<'_>) {
        let pot = self.purse.pot();
        let Some(terms) = self.terms_of_return(today) else { return };
        let (price, months) = self.price_of_return(today, &terms);
        if pot < price {
            return;
        }
        let day = today.day;
        let overdue: Vec<Month> = self.overdue_months(today).collect();
        let payments: Vec<FactId> = self.facts_in_pot();
        let (owner, _) = self.purse.open_pot();
        let mut placed = 0;
        for &month in &months {
            placed += self.fill(owner, Riel::MAX, month, day);
        }
        for &month in overdue.iter().filter(|month| !months.contains(month)) {
            self.months.mark(month, month, |sets| &mut sets.forgiven);
        }
        let fields = self.fields_of_return(today);
        let surcharge = price - placed;
        self.purse.put(owner, Place::Surcharge, surcharge, day);
        self.lapse = None;
        self.suspended = false;
        self.returned = Some(Return { on: day, overdue: u32::try_from(overdue.len()).unwrap_or(u32::MAX) });
        self.waiting_over = match terms.waiting_months {
            0 => Day::MIN,
            months => today.month.plus(i32::from(months)).first_day(),
        };
        let forgiven: Vec<Month> = overdue.into_iter().filter(|month| !months.contains(month)).collect();
        self.note_by(day, || payments.clone(), fields, || Clause::ReturnedByBackPayment { price, surcharge, months });
        if !forgiven.is_empty() {
            self.note_by(day, Vec::new, fields, || Clause::MonthsForgiven { months: forgiven });
        }
        if terms.waiting_months > 0 {
            let until = self.waiting_over;
            self.note_by(day, Vec::new, fields, || Clause::CoverWaits { until });
        }
        let placed_before = self.purse.parcels.len();
        self.allocate(owner, pot - price, None, today);
        self.note_saved_up(day, payments, pot - price, placed_before);
    }

    /// The fields that decide the way back that there is on a day.
    pub(crate) fn fields_of_return(&self, today: Today<'_>) -> &'static [&'static str] {
        let amnesty = today.revision.amnesty(today.day).is_some_and(|amnesty| amnesty.back_payment.is_some());
        if self.lapse.is_none() {
            &["voluntary.suspension_return"]
        } else if amnesty {
            &["voluntary.return.amnesties"]
        } else {
            &["voluntary.return.back_payment"]
        }
    }

    fn facts_in_pot(&self) -> Vec<FactId> {
        let in_pot = self.purse.parcels.iter().filter(|parcel| parcel.place == Place::Pot);
        in_pot.flat_map(|parcel| self.purse.payments_of(parcel)).collect()
    }
}

/// Whether a bar still stands on a day after a lapse.
pub(crate) fn barred(bar: Bar, lapse: Lapse, day: Day) -> bool {
    match bar {
        Bar::Life => true,
        Bar::Months(0) => false,
        Bar::Months(months) => day < lapse.dated.month().plus(i32::from(months)).first_day(),
    }
}
