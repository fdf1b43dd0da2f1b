//! A refusal as a person reads it: the reason, the fields at fault and what to do next.
//!
//! The reason and its variables are the server's, from the details of the status; the advice is ours, one sentence
//! for each reason of the contract, so that a new reason does not compile without one.

use std::fmt;

use krama_documents::catalogue::{Catalogue, Language};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::proto::v1;
use crate::proto::v1::ErrorReason;

/// Why a call was refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::cli) struct Refusal {
    /// The class of the error.
    pub(in crate::cli) code: Code,
    /// The stable reason; unspecified when the status has none of this contract.
    pub(in crate::cli) reason: ErrorReason,
    /// The server's own sentence.
    pub(in crate::cli) message: String,
    /// The fields at fault, each with what is wrong with it.
    pub(in crate::cli) fields: Vec<(String, String)>,
    /// The variables of the reason, in the order of their names.
    pub(in crate::cli) variables: Vec<(String, String)>,
    /// The reason in the language of the person, where that is not English.
    pub(in crate::cli) told: Option<String>,
}

impl From<Status> for Refusal {
    fn from(status: Status) -> Refusal {
        let info = status.get_details_error_info().filter(|info| info.domain == "krama");
        let reason =
            info.as_ref().and_then(|info| ErrorReason::from_str_name(&format!("ERROR_REASON_{}", info.reason)));
        let mut variables: Vec<_> = info.into_iter().flat_map(|info| info.metadata).collect();
        variables.sort();
        let violations = status.get_details_bad_request().into_iter().flat_map(|bad| bad.field_violations);
        Refusal {
            code: status.code(),
            reason: reason.unwrap_or(ErrorReason::Unspecified),
            message: status.message().to_owned(),
            fields: violations.map(|violation| (violation.field, violation.description)).collect(),
            variables,
            told: None,
        }
    }
}

/// The refusal of one record among many.
impl From<v1::Refusal> for Refusal {
    fn from(told: v1::Refusal) -> Refusal {
        let (code, reason) = (Code::from(told.code), told.reason());
        let mut variables: Vec<_> = told.metadata.into_iter().collect();
        variables.sort();
        let fields = told.fields.into_iter().map(|field| (field.field, field.description)).collect();
        Refusal { code, reason, message: told.message, fields, variables, told: None }
    }
}

impl std::error::Error for Refusal {}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.reason == ErrorReason::Unspecified {
            write!(f, "the call failed ({:?}): {}", self.code, self.message)?;
        } else {
            write!(f, "the server refused: {}", self.reason_name())?;
            if let Some(told) = &self.told {
                write!(f, "\n  {told}")?;
            }
            // A message that only repeats what is wrong with a field is told once, at the field.
            if !self.message.is_empty() && self.fields.iter().all(|(_, problem)| *problem != self.message) {
                write!(f, "\n  {}", self.message)?;
            }
        }
        for (field, problem) in &self.fields {
            write!(f, "\n  {field}: {problem}")?;
        }
        let variables = self.variables.iter().filter(|(name, value)| self.tells_more(name, value));
        let variables: Vec<String> = variables.map(|(name, value)| format!("{name} = {value}")).collect();
        if !variables.is_empty() {
            write!(f, "\n  ({})", variables.join(", "))?;
        }
        write!(f, "\nWhat to do: {}", self.advice())
    }
}

impl Refusal {
    /// The same with its reason in another language, before what the server says in English.
    pub(in crate::cli) fn told_in(mut self, language: Language) -> Refusal {
        self.told = match language {
            Language::English => None,
            Language::Khmer => Catalogue::new(language).refusal(self.reason_name()),
        };
        self
    }

    /// The reason as it travels on the wire.
    pub(in crate::cli) fn reason_name(&self) -> &'static str {
        self.reason.as_str_name().trim_start_matches("ERROR_REASON_")
    }

    /// Whether a variable says anything beyond the fields that are listed above it.
    fn tells_more(&self, name: &str, value: &str) -> bool {
        let is_listed = self.fields.iter().any(|(field, _)| field == value);
        !(value.is_empty() || name == "field" && is_listed || name == "violations_omitted" && value == "0")
    }

    /// What to do next.
    pub(in crate::cli) fn advice(&self) -> &'static str {
        match self.reason {
            ErrorReason::Unspecified => advice_by_code(self.code),
            ErrorReason::FieldRequired => "give the field and ask again.",
            ErrorReason::FieldInvalid => "correct the field and ask again.",
            ErrorReason::PurposeMissing => "say who asks and why, with --user, --purpose and --case.",
            ErrorReason::CallerMissing => "name the caller with --caller ROLE/ID; only a sandbox believes it.",
            ErrorReason::CallerInvalid => {
                "write the caller as ROLE/ID, such as OFFICER/desk-1; only a sandbox believes it."
            }
            ErrorReason::RoleNotAllowed => {
                "ask as a caller whose role may do this; the contract lists them at each call."
            }
            ErrorReason::EmployerNotGranted => "have an officer grant access to the employer for this day.",
            ErrorReason::RequestIdReused => "send the new content under a new request_id.",
            ErrorReason::PaymentKeyReused => "do not send it again; the remedy is named above.",
            ErrorReason::EmploymentKeyReused => "do not send it again; the remedy is named above.",
            ErrorReason::IdentifierInUse => "look the number up; the person is on record already.",
            ErrorReason::EmployerNumberInUse => "check the enterprise number; an employer has it already.",
            ErrorReason::MemberNotFound => "check the member id, or search by number.",
            ErrorReason::EmployerNotFound => "check the employer id.",
            ErrorReason::EmploymentNotFound => "check the employment number and the first day.",
            ErrorReason::Deceased => "nothing; if the death is a mistake, an officer corrects it.",
            ErrorReason::FormallyEmployed => "wait until the employment has ended.",
            ErrorReason::VoluntaryAbandoned => "see which ways back are open with `krama explain`.",
            ErrorReason::AlreadyEnrolled => "nothing; the member is enrolled.",
            ErrorReason::InsuredTooShort => "see `krama policy show` for the employment that the law asks for before.",
            ErrorReason::EntryClosed => "nothing; a new employment opens the time anew.",
            ErrorReason::EmploymentAlreadyOpen => "report the separation of the open employment first.",
            ErrorReason::EmploymentNotOpen => "nothing; the employment has ended already, on the day named above.",
            ErrorReason::WorkerConflict => "check the worker's number: it belongs to somebody else.",
            ErrorReason::WorkerUnknown => {
                "check the number, or describe the worker by identity number, name, birth date and sex."
            }
            ErrorReason::DayInFuture => "give a day that is not later than the one named above.",
            ErrorReason::DayBeforeStart => "check both days; the last cannot lie before the first.",
            ErrorReason::DayTooOld => "have an officer enter it, with a reason.",
            ErrorReason::KnownAtInFuture => "ask about what was known by now or earlier.",
            ErrorReason::ClockBackwards => "move forward only, or start a fresh sandbox.",
            ErrorReason::PositionFromOtherEpoch => "drop the position and read anew what was built on it.",
            ErrorReason::PositionNotReached => "ask again in a moment.",
            ErrorReason::ResultTooLarge => "ask for less.",
            ErrorReason::RequestTooLarge => "send less in one message.",
            ErrorReason::StorageUnavailable => "send the same again, under the same request_id, in a moment.",
            ErrorReason::Draining => "the server is stopping; ask again when it is back.",
            ErrorReason::RequestUnreadable => "use a client of this version of the contract.",
            ErrorReason::InstitutionNotOwn => "name the calling institution itself as the issuer of the reference.",
            ErrorReason::EmploymentInReview => "wait until an officer has decided whom the employment is about.",
            ErrorReason::TooBusy => "send the same again a little later.",
            ErrorReason::Deadline => "send the same again, under the same request_id.",
            ErrorReason::BatchRejected => "mend the records that were rejected, and send the batch again.",
            ErrorReason::ResultsNotRead => "read while writing, or list the results of the batch.",
            ErrorReason::Internal => "tell the fund, with the incident named above.",
            ErrorReason::PaymentNotFound => "check the payment's id, or look it up by its reference.",
            ErrorReason::PaymentReversed => "nothing; the payment came to nothing already, on the day named above.",
            ErrorReason::FactNotFound => "check the fact's id; an explanation names the facts of each step.",
            ErrorReason::SecondPersonRequired => {
                "have a supervisor do it, another than who recorded, assigned or prepared it first."
            }
            ErrorReason::EmploymentRetracted => "nothing; the employment was retracted. Report a new one.",
            ErrorReason::PaymentNotWaiting => "nothing; the payment is somebody's already, or all of it is gone.",
            ErrorReason::AmountAboveRefundable => "give at most the amount named above.",
            ErrorReason::FactNotRetractable => "do what the remedy above names instead.",
            ErrorReason::PositionStale => "read the record again, look at what changed, and decide anew.",
            ErrorReason::PolicyNotFound => "list the revisions and proposals of the law first.",
            ErrorReason::PolicyUnsound => {
                "mend the document at the lines named above; `krama policy check` reads it too."
            }
            ErrorReason::PolicyDayPassed => "let it begin later, or let the document say that the law is retroactive.",
            ErrorReason::PolicyDayTaken => "let it begin on another day; a published revision is never edited.",
            ErrorReason::PolicyProposalClosed => "nothing; it was decided already. Propose anew.",
            ErrorReason::PolicyDigestDiffers => "read the proposal again, and approve what it says now.",
            ErrorReason::LapseNotPending => "look where the member stands with `krama explain`.",
            ErrorReason::PreparationNotFound => "repeat what was prepared, word for word, or have it prepared anew.",
            ErrorReason::NoticeNotFound => "check the notice's id for a typing error, and whose notice it is.",
            ErrorReason::DayInPast => "ask for a window that ends today or later.",
            ErrorReason::HouseholdsOverlap => "set shorter stretches of days, one after the other.",
            ErrorReason::PreviewStale => "preview the records again, and look at what has changed.",
            ErrorReason::EtagStale => "read the record again, look at what changed, and decide anew.",
        }
    }
}

/// For a status without a reason of this contract: what lies before the ledger answered, not the ledger.
fn advice_by_code(code: Code) -> &'static str {
    match code {
        Code::Unavailable => "check that the server runs and can be reached.",
        Code::Unimplemented => "use a server of the same version; a call of the sandbox needs a sandbox.",
        Code::DeadlineExceeded | Code::Cancelled => "ask again; a write goes again under the same request_id.",
        Code::Ok
        | Code::Unknown
        | Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::ResourceExhausted
        | Code::FailedPrecondition
        | Code::Aborted
        | Code::OutOfRange
        | Code::Internal
        | Code::DataLoss
        | Code::Unauthenticated => "do not repeat it unchanged; ask the fund.",
    }
}

#[cfg(test)]
mod tests {
    use tonic_types::ErrorDetails;

    use super::*;

    #[test]
    fn a_refusal_tells_reason_field_variables_and_advice() {
        let mut details = ErrorDetails::with_bad_request_violation("service_date", "lies after today");
        let variables = [("field", "service_date"), ("day", "2027-01-01"), ("latest", "2026-09-16")];
        details.set_error_info("DAY_IN_FUTURE", "krama", variables.map(|(k, v)| (k.to_owned(), v.to_owned())));
        let status = Status::with_error_details(Code::FailedPrecondition, "The day lies in the future.", details);
        assert_eq!(
            Refusal::from(status).to_string(),
            "the server refused: DAY_IN_FUTURE\n  \
             The day lies in the future.\n  \
             service_date: lies after today\n  \
             (day = 2027-01-01, latest = 2026-09-16)\n\
             What to do: give a day that is not later than the one named above."
        );
    }

    #[test]
    fn a_refusal_is_told_in_khmer_where_that_is_asked_for() {
        let refused = || {
            let details = ErrorDetails::with_error_info("DECEASED", "krama", std::collections::HashMap::new());
            Refusal::from(Status::with_error_details(Code::FailedPrecondition, "The member has died.", details))
        };
        let khmer = Catalogue::new(Language::Khmer).refusal("DECEASED").unwrap();
        let told = refused().told_in(Language::Khmer).to_string();
        assert!(
            told.starts_with(&format!("the server refused: DECEASED\n  {khmer}\n  The member has died.")),
            "{told}"
        );
        assert_eq!(refused().told_in(Language::English), refused());
    }

    #[test]
    fn a_status_of_somebody_else_is_told_by_its_code() {
        let refusal = Refusal::from(Status::unavailable("connection refused"));
        assert_eq!(
            refusal.to_string(),
            "the call failed (Unavailable): connection refused\n\
             What to do: check that the server runs and can be reached."
        );
    }

    #[test]
    fn a_reason_of_another_domain_is_not_taken_for_one_of_ours() {
        let details = ErrorDetails::with_error_info("DECEASED", "example", std::collections::HashMap::new());
        let status = Status::with_error_details(Code::FailedPrecondition, "", details);
        assert_eq!(Refusal::from(status).reason, ErrorReason::Unspecified);
    }
}
