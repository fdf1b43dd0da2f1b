//! The names by which cases write what an answer holds.
//!
//! They are the names of the wire as well, in capitals; a clause has the name of its kind in small letters. Absent: the
//! words of the law itself, which documents of both kinds share.

use krama_law::answer::{DoorKind, EnrolmentRefusal, Scheme, Standing};
use krama_law::explanation::Clause;

pub(super) fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Closed => "CLOSED",
        Standing::Employed => "EMPLOYED",
        Standing::Abandoned => "ABANDONED",
        Standing::NotEnrolled => "NOT_ENROLLED",
        Standing::LapsePending => "LAPSE_PENDING",
        Standing::InArrears => "IN_ARREARS",
        Standing::Current => "CURRENT",
    }
}

pub(super) fn scheme(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Voluntary => "VOLUNTARY",
        Scheme::Formal => "FORMAL",
        Scheme::RunOff => "RUN_OFF",
        Scheme::Assistance => "ASSISTANCE",
        Scheme::Dependant => "DEPENDANT",
    }
}

pub(super) fn refusal(reason: EnrolmentRefusal) -> &'static str {
    match reason {
        EnrolmentRefusal::Deceased => "DECEASED",
        EnrolmentRefusal::FormallyEmployed => "FORMALLY_EMPLOYED",
        EnrolmentRefusal::VoluntaryAbandoned => "VOLUNTARY_ABANDONED",
        EnrolmentRefusal::AlreadyEnrolled => "ALREADY_ENROLLED",
        EnrolmentRefusal::InsuredTooShort => "INSURED_TOO_SHORT",
        EnrolmentRefusal::EntryClosed => "ENTRY_CLOSED",
    }
}

pub(super) fn door(kind: DoorKind) -> &'static str {
    match kind {
        DoorKind::FormalEmployment => "FORMAL_EMPLOYMENT",
        DoorKind::BackPayment => "BACK_PAYMENT",
        DoorKind::ReEnrolment => "RE_ENROLMENT",
        DoorKind::SocialAssistance => "SOCIAL_ASSISTANCE",
    }
}

/// The name of a clause's kind, as the law itself calls it: `MonthOverdue { .. }` is `month_overdue`. Taken from its
/// debug text, so that a clause which the law gains has its name at once.
pub(super) fn clause(clause: &Clause) -> String {
    let text = format!("{clause:?}");
    let mut name = String::new();
    for sign in text.chars().take_while(char::is_ascii_alphanumeric) {
        if sign.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(sign.to_ascii_lowercase());
    }
    name
}
