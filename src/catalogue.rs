//! The catalogue: what each clause of the law is called, which values it carries, and how it reads in English.
//!
//! A sentence is made from the clause and its values and nothing else. Absent: other languages, which come with
//! a catalogue file, and any decision on what is said to whom.

use krama_law::answer::{EnrolmentRefusal, Scheme};
use krama_law::calendar::Month;
use krama_law::explanation::Clause;
use krama_law::money::Riel;
use krama_law::purse::SuspenseReason;

/// The stable name of a clause, as programs see it.
pub fn name(clause: &Clause) -> &'static str {
    match clause {
        Clause::Enrolled { .. } => "ENROLLED",
        Clause::EnrolmentRefused { .. } => "ENROLMENT_REFUSED",
        Clause::PaymentAllocated { .. } => "PAYMENT_ALLOCATED",
        Clause::PaymentSuspended { .. } => "PAYMENT_SUSPENDED",
        Clause::PaymentSavedUp { .. } => "PAYMENT_SAVED_UP",
        Clause::PaymentReversed { .. } => "PAYMENT_REVERSED",
        Clause::PaymentRefunded { .. } => "PAYMENT_REFUNDED",
        Clause::CoverSuspended => "COVER_SUSPENDED",
        Clause::SuspensionOver => "SUSPENSION_OVER",
        Clause::BarLiftedByLaw => "BAR_LIFTED_BY_LAW",
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
        Clause::Died => "DIED",
    }
}

/// The values of a clause, by name.
pub fn values(clause: &Clause) -> Vec<(&'static str, String)> {
    let list = |months: &[Month]| months.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    match clause {
        Clause::Enrolled { first_month } => vec![("first_month", first_month.to_string())],
        Clause::EnrolmentRefused { reason } => vec![("reason", refusal(*reason).to_owned())],
        Clause::PaymentAllocated { amount, months, credit } => {
            vec![("amount_riel", amount.to_string()), ("months", list(months)), ("credit_riel", credit.to_string())]
        }
        Clause::PaymentSuspended { amount, reason } => {
            vec![("amount_riel", amount.to_string()), ("reason", suspense(*reason).to_owned())]
        }
        Clause::PaymentSavedUp { amount, pot, price } => {
            vec![("amount_riel", amount.to_string()), ("pot_riel", pot.to_string()), ("price_riel", price.to_string())]
        }
        Clause::PaymentReversed { amount, months } | Clause::PaymentRefunded { amount, months } => {
            vec![("amount_riel", amount.to_string()), ("months", list(months))]
        }
        Clause::MonthOverdue { month, overdue } => {
            vec![("month", month.to_string()), ("overdue_months", overdue.to_string())]
        }
        Clause::LearntLate { until } => vec![("until", until.to_string())],
        Clause::LapsePending { run } => vec![("run_months", run.to_string())],
        Clause::Lapsed { run, oldest, dated } => {
            let mut values = vec![("run_months", run.to_string()), ("dated", dated.to_string())];
            values.extend(oldest.map(|month| ("oldest_month", month.to_string())));
            values
        }
        Clause::BarLifted { months } => vec![("months", months.to_string())],
        Clause::ReturnedByBackPayment { price, surcharge, months } => {
            vec![("price_riel", price.to_string()), ("surcharge_riel", surcharge.to_string()), ("months", list(months))]
        }
        Clause::CoverBegan { scheme } | Clause::CoverEnded { scheme } => {
            vec![("scheme", scheme_name(*scheme).to_owned())]
        }
        Clause::LapseWaived
        | Clause::LapseAverted
        | Clause::Employed
        | Clause::Reinstated
        | Clause::EmploymentEnded
        | Clause::BarStandsAgain
        | Clause::BarLiftedByLaw
        | Clause::CoverSuspended
        | Clause::SuspensionOver
        | Clause::Died => Vec::new(),
    }
}

/// The clause as an English sentence.
pub fn english(clause: &Clause) -> String {
    match clause {
        Clause::Enrolled { first_month } => {
            format!("Enrolled in the voluntary scheme; {first_month} is the first month owed.")
        }
        Clause::EnrolmentRefused { reason } => format!("An enrolment was refused: {}.", refusal_words(*reason)),
        Clause::PaymentAllocated { amount, months, credit } => allocated(*amount, months, *credit),
        Clause::PaymentSuspended { amount, reason } => {
            format!("A payment of {} stands in suspense: {}.", riel(*amount), suspense_words(*reason))
        }
        Clause::PaymentSavedUp { amount, pot, price } => format!(
            "A payment of {} is saved up for the return: {} of the {} that it costs.",
            riel(*amount),
            riel(*pot),
            riel(*price)
        ),
        Clause::PaymentReversed { amount, months } if months.is_empty() => {
            format!("A payment of {} came to nothing.", riel(*amount))
        }
        Clause::PaymentReversed { amount, months } => {
            format!("A payment of {} came to nothing; {} is open again.", riel(*amount), span(months))
        }
        Clause::PaymentRefunded { amount, months } if months.is_empty() => {
            format!("{} were paid back.", riel(*amount))
        }
        Clause::PaymentRefunded { amount, months } => {
            format!("{} were paid back; {} is open again.", riel(*amount), span(months))
        }
        Clause::CoverSuspended => "Cover is suspended until what is owed is paid.".to_owned(),
        Clause::SuspensionOver => "The suspension ended: few enough months are overdue.".to_owned(),
        Clause::BarLiftedByLaw => "A new law lifted the bar.".to_owned(),
        Clause::MonthOverdue { month, overdue: 1 } => format!("{month} fell due unpaid: one month is overdue."),
        Clause::MonthOverdue { month, overdue } => format!("{month} fell due unpaid: {overdue} months are overdue."),
        Clause::LearntLate { until } => {
            format!("Something that takes away was learnt late: no lapse takes effect up to {until}.")
        }
        Clause::LapsePending { run } => format!("{run} months missed in a row: a lapse waits for an officer."),
        Clause::LapseWaived => "An officer waived the pending lapse.".to_owned(),
        Clause::LapseAverted => "The pending lapse is averted.".to_owned(),
        Clause::Lapsed { run, oldest, dated } => {
            let since = oldest.map_or(String::new(), |month| format!(", the oldest of them {month}"));
            format!("Membership lapsed: {run} months missed in a row{since}. The lapse is dated {dated}.")
        }
        Clause::Employed => "Formal employment began.".to_owned(),
        Clause::Reinstated => "Formal employment began after the lapse: reinstated.".to_owned(),
        Clause::EmploymentEnded => "Formal employment ended.".to_owned(),
        Clause::BarStandsAgain => "Formal employment ended; the bar of the earlier lapse stands again.".to_owned(),
        Clause::BarLifted { months } => format!("{months} months of formal employment lifted the bar."),
        Clause::ReturnedByBackPayment { price, surcharge, .. } => {
            format!("Came back by paying {}, of which {} is penalty.", riel(*price), riel(*surcharge))
        }
        Clause::CoverBegan { scheme } => format!("{} began.", scheme_words(*scheme)),
        Clause::CoverEnded { scheme } => format!("{} ended.", scheme_words(*scheme)),
        Clause::Died => "The member had died the day before.".to_owned(),
    }
}

fn allocated(amount: Riel, months: &[Month], credit: Riel) -> String {
    let credit = if credit > 0 { format!("; {} is credit", riel(credit)) } else { String::new() };
    if months.is_empty() {
        return format!("A payment of {}{credit}.", riel(amount));
    }
    format!("A payment of {} went to {}{credit}.", riel(amount), span(months))
}

/// Months as people say them: one, or from the first to the last.
fn span(months: &[Month]) -> String {
    match (months.iter().min(), months.iter().max()) {
        (Some(first), Some(last)) if first == last => first.to_string(),
        (Some(first), Some(last)) => format!("{first} to {last}"),
        (None, _) | (_, None) => "no month".to_owned(),
    }
}

/// An amount with its thousands apart.
pub fn riel(amount: Riel) -> String {
    let digits = amount.unsigned_abs().to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    format!("{}{text} riel", if amount < 0 { "-" } else { "" })
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

fn scheme_words(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Voluntary => "Voluntary cover",
        Scheme::Formal => "Cover by formal employment",
        Scheme::RunOff => "Cover after formal employment",
        Scheme::Assistance => "Cover by social assistance",
        Scheme::Dependant => "Cover as a dependant",
    }
}

fn refusal(reason: EnrolmentRefusal) -> &'static str {
    match reason {
        EnrolmentRefusal::Deceased => "DECEASED",
        EnrolmentRefusal::FormallyEmployed => "FORMALLY_EMPLOYED",
        EnrolmentRefusal::VoluntaryAbandoned => "VOLUNTARY_ABANDONED",
        EnrolmentRefusal::AlreadyEnrolled => "ALREADY_ENROLLED",
    }
}

fn refusal_words(reason: EnrolmentRefusal) -> &'static str {
    match reason {
        EnrolmentRefusal::Deceased => "the person had died",
        EnrolmentRefusal::FormallyEmployed => "the person was in formal employment",
        EnrolmentRefusal::VoluntaryAbandoned => "the bar of an earlier lapse stood",
        EnrolmentRefusal::AlreadyEnrolled => "the person was enrolled already",
    }
}

fn suspense(reason: SuspenseReason) -> &'static str {
    match reason {
        SuspenseReason::NotEnrolled => "NOT_ENROLLED",
        SuspenseReason::Abandoned => "ABANDONED",
        SuspenseReason::Deceased => "DECEASED",
    }
}

fn suspense_words(reason: SuspenseReason) -> &'static str {
    match reason {
        SuspenseReason::NotEnrolled => "the person was not enrolled",
        SuspenseReason::Abandoned => "the membership had lapsed",
        SuspenseReason::Deceased => "the person had died",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_their_thousands_apart() {
        assert_eq!(
            [riel(0), riel(999), riel(15_600), riel(-1_000_000)],
            ["0 riel", "999 riel", "15,600 riel", "-1,000,000 riel"]
        );
    }
}
