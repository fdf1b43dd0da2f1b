//! The explanation: the steps that led to an answer, each a clause of the law with its values.
//!
//! The list of clauses is closed, so that a catalogue of messages can be complete. Absent on purpose: words. A
//! step becomes a sentence, in any language, on another floor.

use crate::answer::{EnrolmentRefusal, Scheme};
use crate::calendar::{Day, Month};
use crate::fact::FactId;
use crate::money::Riel;
use crate::purse::SuspenseReason;

/// One step: what changed on a day, by which clause, because of which facts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// The day on which it took effect.
    pub day: Day,
    /// What the law did.
    pub clause: Clause,
    /// The facts that caused it; none when time alone did.
    pub facts: Vec<FactId>,
    /// The fields of the law document that decide it, the first of them the chief one; empty where it only follows from
    /// the facts.
    pub fields: &'static [&'static str],
    /// The day by whose revision it is decided: that of the step, or the first of the month that it is about.
    pub decided_on: Day,
}

/// What the law does; a closed list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Clause {
    /// The person became a voluntary member; the first month owed.
    Enrolled {
        /// The first month owed.
        first_month: Month,
    },
    /// An enrolment was refused.
    EnrolmentRefused {
        /// The first reason that applied.
        reason: EnrolmentRefusal,
    },
    /// Money was allocated.
    PaymentAllocated {
        /// The amount of the payment.
        amount: Riel,
        /// The months that it reached, oldest first.
        months: Vec<Month>,
        /// What no month needed.
        credit: Riel,
    },
    /// A part of what was allocated is charged for paying late.
    ChargedForDelay {
        /// How much.
        amount: Riel,
    },
    /// Money could not be allocated and waits.
    PaymentSuspended {
        /// The amount of the payment.
        amount: Riel,
        /// Why it waits.
        reason: SuspenseReason,
    },
    /// Money was added to what is being saved up for a return.
    PaymentSavedUp {
        /// The amount of the payment.
        amount: Riel,
        /// All that is saved up.
        pot: Riel,
        /// What the return costs that day.
        price: Riel,
    },
    /// What was saved up for a return, or is left after one, was allocated.
    SavedUpAllocated {
        /// How much.
        amount: Riel,
        /// The months that it reached, oldest first.
        months: Vec<Month>,
        /// What no month needed.
        credit: Riel,
    },
    /// What was saved up in more payments than the law lets count is credit.
    InstalmentsDropped {
        /// How much.
        amount: Riel,
        /// How many payments count.
        payments: u32,
    },
    /// A payment came to nothing; the months that lost money by it.
    PaymentReversed {
        /// The amount of the payment.
        amount: Riel,
        /// The months that are no longer paid, oldest first.
        months: Vec<Month>,
    },
    /// Money was paid back; the months that lost money by it.
    PaymentRefunded {
        /// How much.
        amount: Riel,
        /// The months that are no longer paid.
        months: Vec<Month>,
    },
    /// So many months are overdue that cover is suspended until the price of its way back is paid.
    CoverSuspended,
    /// A suspension ended because few enough months are overdue.
    SuspensionOver,
    /// A new revision lifted the bars of earlier lapses.
    BarLiftedByLaw,
    /// The membership ended because it has lasted as long as the law lets it; no bar follows.
    MembershipOver {
        /// How many months that is.
        months: u16,
    },
    /// Months are excused: they are not owed.
    MonthsExcused {
        /// The first of them.
        from: Month,
        /// The last of them.
        to: Month,
    },
    /// Months that were overdue are owed no more: the way back does not ask for them.
    MonthsForgiven {
        /// Which.
        months: Vec<Month>,
    },
    /// A notice of a lapse was served; it counts for a lapse by the month that fell due unpaid before it.
    NoticeServed,
    /// Who came back waits for cover.
    CoverWaits {
        /// The first day on which the waiting is over.
        until: Day,
    },
    /// A month fell due unpaid.
    MonthOverdue {
        /// The month.
        month: Month,
        /// Months overdue now.
        overdue: u32,
    },
    /// Something that takes away was learnt late: the member has time until the due day.
    LearntLate {
        /// The day until which no lapse takes effect.
        until: Day,
    },
    /// A condition of lapse holds and waits for an officer.
    LapsePending {
        /// The run of missed months.
        run: u32,
    },
    /// An officer waived a pending lapse.
    LapseWaived,
    /// A pending lapse ended because no condition holds any longer.
    LapseAverted,
    /// The membership lapsed.
    Lapsed {
        /// The run of missed months.
        run: u32,
        /// The oldest month of the run, where there is one.
        oldest: Option<Month>,
        /// The day from which the lapse is dated.
        dated: Day,
    },
    /// Formal employment began.
    Employed,
    /// Formal employment began after a lapse: the person is reinstated.
    Reinstated,
    /// Formal employment ended and the person owes voluntary contributions again, or never did.
    EmploymentEnded,
    /// Formal employment ended and the bar of the earlier lapse stands again.
    BarStandsAgain,
    /// Enough months of formal employment lifted the bar.
    BarLifted {
        /// The months with any day of employment since the lapse.
        months: u32,
    },
    /// The lapsed member paid what a return costs.
    ReturnedByBackPayment {
        /// What it cost.
        price: Riel,
        /// The part of it that is penalty.
        surcharge: Riel,
        /// The months that now count as paid.
        months: Vec<Month>,
    },
    /// A scheme began to cover.
    CoverBegan {
        /// Which scheme.
        scheme: Scheme,
    },
    /// A scheme ceased to cover.
    CoverEnded {
        /// Which scheme.
        scheme: Scheme,
    },
    /// Cover runs on for a time after a lapse.
    CoverRunsOn {
        /// Its last day.
        until: Day,
    },
    /// The time is over for which cover ran on after a lapse.
    CoverRanOut,
    /// The person died the day before.
    Died,
}

impl Clause {
    /// The fields of the law document that decide this clause, the first of them the chief one; empty where the
    /// clause only follows from the facts. What decides a cover or a way back hangs on which it is, and is told by who
    /// notes it.
    pub(crate) fn fields(&self) -> &'static [&'static str] {
        match self {
            Clause::Enrolled { .. } | Clause::Employed | Clause::EmploymentEnded | Clause::Died => &[],
            Clause::EnrolmentRefused { reason } => match reason {
                EnrolmentRefusal::VoluntaryAbandoned => &["voluntary.return.bar"],
                EnrolmentRefusal::InsuredTooShort => &["voluntary.entry.employed"],
                EnrolmentRefusal::EntryClosed => &["voluntary.entry.within"],
                EnrolmentRefusal::Deceased | EnrolmentRefusal::FormallyEmployed | EnrolmentRefusal::AlreadyEnrolled => {
                    &[]
                }
            },
            Clause::PaymentAllocated { .. } => &["voluntary.contribution_riel", "voluntary.prepay_months"],
            Clause::ChargedForDelay { .. } => &["voluntary.late_charge"],
            Clause::PaymentSuspended { reason, .. } => match reason {
                SuspenseReason::Abandoned => &["voluntary.return.back_payment"],
                SuspenseReason::NotEnrolled | SuspenseReason::Deceased => &[],
            },
            // Who notes these says which way back, or which cover, it is.
            Clause::PaymentSavedUp { .. }
            | Clause::ReturnedByBackPayment { .. }
            | Clause::InstalmentsDropped { .. }
            | Clause::MonthsForgiven { .. }
            | Clause::CoverWaits { .. }
            | Clause::CoverBegan { .. }
            | Clause::CoverEnded { .. } => &[],
            Clause::SavedUpAllocated { .. } => &["voluntary.contribution_riel", "voluntary.prepay_months"],
            Clause::MonthsExcused { .. } => &[],
            Clause::NoticeServed => &["voluntary.lapse.notice_days"],
            Clause::PaymentReversed { .. } | Clause::LearntLate { .. } => &["late_knowledge.learnt_late_days"],
            Clause::PaymentRefunded { .. } => &[],
            Clause::CoverSuspended | Clause::SuspensionOver => {
                &["voluntary.suspend_after", "voluntary.suspension_return"]
            }
            Clause::BarLiftedByLaw => &["transition.bars"],
            Clause::MembershipOver { .. } => &["voluntary.longest_months"],
            Clause::MonthOverdue { .. } => &["voluntary.due_day", "voluntary.due_month_offset"],
            Clause::LapsePending { .. } | Clause::LapseWaived | Clause::LapseAverted => {
                &["voluntary.lapse.confirmation"]
            }
            Clause::Lapsed { .. } => &["voluntary.lapse.conditions", "voluntary.lapse.effective"],
            Clause::CoverRunsOn { .. } | Clause::CoverRanOut => &["voluntary.lapse.run_off_months"],
            Clause::Reinstated => &["voluntary.return.bar"],
            Clause::BarStandsAgain | Clause::BarLifted { .. } => &["voluntary.return.lifts_bar_after_months"],
        }
    }
}

#[cfg(test)]
mod tests;
