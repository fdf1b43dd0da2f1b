//! Clauses in words: what each clause of the law is called, which values it carries, and which message says it.
//!
//! Names and values are for programs and stay as they are in any language. Absent: the sentences.

use krama_law::answer::{EnrolmentRefusal, Scheme};
use krama_law::calendar::Month;
use krama_law::explanation::Clause;
use krama_law::money::Riel;
use krama_law::purse::SuspenseReason;

use crate::catalogue::{Key, Message, Value};

/// The message that says a clause.
pub fn clause(clause: &Clause) -> Message {
    let alone = |key| Message::of(key, []);
    match clause {
        Clause::Enrolled { first_month } => Message::of(Key::Enrolled, [("first_month", Value::Month(*first_month))]),
        Clause::EnrolmentRefused { reason } => {
            Message::of(Key::EnrolmentRefused, [("why", Value::Part(why_refused(*reason)))])
        }
        Clause::PaymentAllocated { amount, months, credit } => {
            let keys = [Key::PaymentIsCredit, Key::PaymentAllocated, Key::PaymentAllocatedWithCredit];
            allocated(keys, *amount, months, *credit)
        }
        Clause::SavedUpAllocated { amount, months, credit } => {
            let keys = [Key::SavedUpIsCredit, Key::SavedUpAllocated, Key::SavedUpAllocatedWithCredit];
            allocated(keys, *amount, months, *credit)
        }
        Clause::ChargedForDelay { amount } => Message::of(Key::ChargedForDelay, [("amount", Value::Riel(*amount))]),
        Clause::PaymentSuspended { amount, reason } => Message::of(
            Key::PaymentSuspended,
            [("amount", Value::Riel(*amount)), ("why", Value::Part(why_suspended(*reason)))],
        ),
        Clause::PaymentSavedUp { amount, pot, price } => Message::of(
            Key::PaymentSavedUp,
            [("amount", Value::Riel(*amount)), ("pot", Value::Riel(*pot)), ("price", Value::Riel(*price))],
        ),
        Clause::InstalmentsDropped { amount, payments } => Message::of(
            Key::InstalmentsDropped,
            [("amount", Value::Riel(*amount)), ("payments", Value::Count(*payments))],
        ),
        Clause::PaymentReversed { amount, months } => {
            taken_back(Key::PaymentReversed, Key::PaymentReversedOffMonths, *amount, months)
        }
        Clause::PaymentRefunded { amount, months } => {
            taken_back(Key::PaymentRefunded, Key::PaymentRefundedOffMonths, *amount, months)
        }
        Clause::CoverSuspended => alone(Key::CoverSuspended),
        Clause::SuspensionOver => alone(Key::SuspensionOver),
        Clause::BarLiftedByLaw => alone(Key::BarLiftedByLaw),
        Clause::MembershipOver { months } => {
            Message::of(Key::MembershipOver, [("months", Value::Count(u32::from(*months)))])
        }
        Clause::MonthsExcused { from, to } => {
            Message::of(Key::MonthsExcused, [("from", Value::Month(*from)), ("to", Value::Month(*to))])
        }
        Clause::MonthsForgiven { months } => {
            let count = Value::Count(u32::try_from(months.len()).unwrap_or(u32::MAX));
            Message::of(Key::MonthsForgiven, [("months", Value::Months(months.clone())), ("count", count)])
        }
        Clause::NoticeServed => alone(Key::NoticeServed),
        Clause::CoverWaits { until } => Message::of(Key::CoverWaits, [("until", Value::Day(*until))]),
        Clause::MonthOverdue { month, overdue } => {
            Message::of(Key::MonthOverdue, [("month", Value::Month(*month)), ("overdue", Value::Count(*overdue))])
        }
        Clause::LearntLate { until } => Message::of(Key::LearntLate, [("until", Value::Day(*until))]),
        Clause::LapsePending { run } => Message::of(Key::LapsePending, [("run", Value::Count(*run))]),
        Clause::LapseWaived => alone(Key::LapseWaived),
        Clause::LapseAverted => alone(Key::LapseAverted),
        Clause::Lapsed { run, oldest: Some(oldest), dated } => Message::of(
            Key::LapsedAfterRun,
            [("run", Value::Count(*run)), ("oldest", Value::Month(*oldest)), ("dated", Value::Day(*dated))],
        ),
        Clause::Lapsed { oldest: None, dated, .. } => Message::of(Key::Lapsed, [("dated", Value::Day(*dated))]),
        Clause::Employed => alone(Key::Employed),
        Clause::Reinstated => alone(Key::Reinstated),
        Clause::EmploymentEnded => alone(Key::EmploymentEnded),
        Clause::BarStandsAgain => alone(Key::BarStandsAgain),
        Clause::BarLifted { months } => Message::of(Key::BarLifted, [("months", Value::Count(*months))]),
        Clause::ReturnedByBackPayment { price, surcharge, .. } => Message::of(
            Key::ReturnedByBackPayment,
            [("price", Value::Riel(*price)), ("surcharge", Value::Riel(*surcharge))],
        ),
        Clause::CoverBegan { scheme } => of_scheme(Key::CoverBegan, *scheme),
        Clause::CoverEnded { scheme } => of_scheme(Key::CoverEnded, *scheme),
        Clause::CoverRunsOn { until } => Message::of(Key::CoverRunsOn, [("until", Value::Day(*until))]),
        Clause::CoverRanOut => alone(Key::CoverRanOut),
        Clause::Died => alone(Key::Died),
    }
}

/// Which of three messages: of money that is all credit, none, or some.
fn allocated([all, none, some]: [Key; 3], amount: Riel, months: &[Month], credit: Riel) -> Message {
    let amount = ("amount", Value::Riel(amount));
    if months.is_empty() {
        return Message::of(all, [amount]);
    }
    let months = ("months", Value::Months(months.to_vec()));
    if credit > 0 {
        Message::of(some, [amount, months, ("credit", Value::Riel(credit))])
    } else {
        Message::of(none, [amount, months])
    }
}

fn taken_back(whole: Key, off_months: Key, amount: Riel, months: &[Month]) -> Message {
    let amount = ("amount", Value::Riel(amount));
    if months.is_empty() {
        return Message::of(whole, [amount]);
    }
    let count = Value::Count(u32::try_from(months.len()).unwrap_or(u32::MAX));
    Message::of(off_months, [amount, ("months", Value::Months(months.to_vec())), ("count", count)])
}

fn of_scheme(key: Key, scheme: Scheme) -> Message {
    Message::of(key, [("scheme", Value::Part(Key::of_scheme(scheme)))])
}

fn why_refused(reason: EnrolmentRefusal) -> Key {
    match reason {
        EnrolmentRefusal::Deceased => Key::WhyDeceased,
        EnrolmentRefusal::FormallyEmployed => Key::WhyFormallyEmployed,
        EnrolmentRefusal::VoluntaryAbandoned => Key::WhyBarred,
        EnrolmentRefusal::AlreadyEnrolled => Key::WhyAlreadyEnrolled,
        EnrolmentRefusal::InsuredTooShort => Key::WhyInsuredTooShort,
        EnrolmentRefusal::EntryClosed => Key::WhyEntryClosed,
    }
}

fn why_suspended(reason: SuspenseReason) -> Key {
    match reason {
        SuspenseReason::NotEnrolled => Key::WhyNotEnrolled,
        SuspenseReason::Abandoned => Key::WhyLapsed,
        SuspenseReason::Deceased => Key::WhyDeceased,
    }
}

/// The stable name of a clause, as programs see it.
pub fn name(clause: &Clause) -> &'static str {
    match clause {
        Clause::Enrolled { .. } => "ENROLLED",
        Clause::EnrolmentRefused { .. } => "ENROLMENT_REFUSED",
        Clause::PaymentAllocated { .. } => "PAYMENT_ALLOCATED",
        Clause::ChargedForDelay { .. } => "CHARGED_FOR_DELAY",
        Clause::PaymentSuspended { .. } => "PAYMENT_SUSPENDED",
        Clause::PaymentSavedUp { .. } => "PAYMENT_SAVED_UP",
        Clause::SavedUpAllocated { .. } => "SAVED_UP_ALLOCATED",
        Clause::InstalmentsDropped { .. } => "INSTALMENTS_DROPPED",
        Clause::PaymentReversed { .. } => "PAYMENT_REVERSED",
        Clause::PaymentRefunded { .. } => "PAYMENT_REFUNDED",
        Clause::CoverSuspended => "COVER_SUSPENDED",
        Clause::SuspensionOver => "SUSPENSION_OVER",
        Clause::BarLiftedByLaw => "BAR_LIFTED_BY_LAW",
        Clause::MembershipOver { .. } => "MEMBERSHIP_OVER",
        Clause::MonthsExcused { .. } => "MONTHS_EXCUSED",
        Clause::MonthsForgiven { .. } => "MONTHS_FORGIVEN",
        Clause::NoticeServed => "NOTICE_SERVED",
        Clause::CoverWaits { .. } => "COVER_WAITS",
        Clause::MonthOverdue { .. } => "MONTH_OVERDUE",
        Clause::LearntLate { .. } => "LEARNT_LATE",
        Clause::LapsePending { .. } => "LAPSE_PENDING",
        Clause::LapseWaived => "LAPSE_WAIVED",
        Clause::LapseAverted => "LAPSE_AVERTED",
        Clause::Lapsed { .. } => "LAPSED",
        Clause::Employed => "EMPLOYED",
        Clause::Reinstated => "REINSTATED",
        Clause::EmploymentEnded => "EMPLOYMENT_ENDED",
        Clause::BarStandsAgain => "BAR_STANDS_AGAIN",
        Clause::BarLifted { .. } => "BAR_LIFTED",
        Clause::ReturnedByBackPayment { .. } => "RETURNED_BY_BACK_PAYMENT",
        Clause::CoverBegan { .. } => "COVER_BEGAN",
        Clause::CoverEnded { .. } => "COVER_ENDED",
        Clause::CoverRunsOn { .. } => "COVER_RUNS_ON",
        Clause::CoverRanOut => "COVER_RAN_OUT",
        Clause::Died => "DIED",
    }
}

/// The values of a clause, by name.
pub fn values(clause: &Clause) -> Vec<(&'static str, String)> {
    let list = |months: &[Month]| months.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    match clause {
        Clause::Enrolled { first_month } => vec![("first_month", first_month.to_string())],
        Clause::EnrolmentRefused { reason } => vec![("reason", refusal(*reason).to_owned())],
        Clause::PaymentAllocated { amount, months, credit } | Clause::SavedUpAllocated { amount, months, credit } => {
            vec![("amount_riel", amount.to_string()), ("months", list(months)), ("credit_riel", credit.to_string())]
        }
        Clause::ChargedForDelay { amount } => vec![("amount_riel", amount.to_string())],
        Clause::PaymentSuspended { amount, reason } => {
            vec![("amount_riel", amount.to_string()), ("reason", suspense(*reason).to_owned())]
        }
        Clause::PaymentSavedUp { amount, pot, price } => {
            vec![("amount_riel", amount.to_string()), ("pot_riel", pot.to_string()), ("price_riel", price.to_string())]
        }
        Clause::InstalmentsDropped { amount, payments } => {
            vec![("amount_riel", amount.to_string()), ("payments", payments.to_string())]
        }
        Clause::PaymentReversed { amount, months } | Clause::PaymentRefunded { amount, months } => {
            vec![("amount_riel", amount.to_string()), ("months", list(months))]
        }
        Clause::MonthsExcused { from, to } => vec![("from", from.to_string()), ("to", to.to_string())],
        Clause::MonthsForgiven { months } => vec![("months", list(months))],
        Clause::MonthOverdue { month, overdue } => {
            vec![("month", month.to_string()), ("overdue_months", overdue.to_string())]
        }
        Clause::LearntLate { until } | Clause::CoverRunsOn { until } | Clause::CoverWaits { until } => {
            vec![("until", until.to_string())]
        }
        Clause::LapsePending { run } => vec![("run_months", run.to_string())],
        Clause::Lapsed { run, oldest, dated } => {
            let mut values = vec![("run_months", run.to_string()), ("dated", dated.to_string())];
            values.extend(oldest.map(|month| ("oldest_month", month.to_string())));
            values
        }
        Clause::BarLifted { months } => vec![("months", months.to_string())],
        Clause::MembershipOver { months } => vec![("months", months.to_string())],
        Clause::ReturnedByBackPayment { price, surcharge, months } => {
            vec![("price_riel", price.to_string()), ("surcharge_riel", surcharge.to_string()), ("months", list(months))]
        }
        Clause::CoverBegan { scheme } | Clause::CoverEnded { scheme } => {
            vec![("scheme", scheme_name(*scheme).to_owned())]
        }
        Clause::NoticeServed
        | Clause::LapseWaived
        | Clause::LapseAverted
        | Clause::Employed
        | Clause::Reinstated
        | Clause::EmploymentEnded
        | Clause::BarStandsAgain
        | Clause::BarLiftedByLaw
        | Clause::CoverSuspended
        | Clause::SuspensionOver
        | Clause::CoverRanOut
        | Clause::Died => Vec::new(),
    }
}

fn scheme_name(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Voluntary => "VOLUNTARY",
        Scheme::Formal => "FORMAL",
        Scheme::RunOff => "RUN_OFF",
        Scheme::Assistance => "ASSISTANCE",
        Scheme::Dependant => "DEPENDANT",
    }
}

fn refusal(reason: EnrolmentRefusal) -> &'static str {
    match reason {
        EnrolmentRefusal::Deceased => "DECEASED",
        EnrolmentRefusal::FormallyEmployed => "FORMALLY_EMPLOYED",
        EnrolmentRefusal::VoluntaryAbandoned => "VOLUNTARY_ABANDONED",
        EnrolmentRefusal::AlreadyEnrolled => "ALREADY_ENROLLED",
        EnrolmentRefusal::InsuredTooShort => "INSURED_TOO_SHORT",
        EnrolmentRefusal::EntryClosed => "ENTRY_CLOSED",
    }
}

fn suspense(reason: SuspenseReason) -> &'static str {
    match reason {
        SuspenseReason::NotEnrolled => "NOT_ENROLLED",
        SuspenseReason::Abandoned => "ABANDONED",
        SuspenseReason::Deceased => "DECEASED",
    }
}
