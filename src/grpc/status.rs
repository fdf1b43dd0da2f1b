//! Status: the one map from a failure to what a client sees, exhaustive on purpose.
//!
//! A status has a code, a stable reason and every value of its message as metadata. None of it is personal, and
//! none of it comes from inside.

use std::collections::HashMap;
use std::time::Duration;

use krama_law::calendar::{Day, Moment};
use tonic::body::Body;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::grpc::wire::{Wrong, id_text, timestamp};
use crate::operation::failure::{Failure, Refusal};
use crate::operation::foreseen::Stale;
use crate::operation::policy::Which;

/// The domain of every reason.
/// Records that a refusal names at most.
const RECORDS_NAMED: usize = 20;
const DOMAIN: &str = "krama";
/// Violations that one status lists; the rest is only counted.
const VIOLATIONS_LISTED: usize = 20;
/// Characters of a fault of a document that a status tells; all details together have their bound.
const FAULT_MOST: usize = 240;
/// After how long a call that met a passing fault is worth repeating.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A status with a reason and metadata.
pub(crate) fn status(code: Code, message: &str, reason: &str, metadata: &[(&str, String)]) -> Status {
    let metadata: HashMap<String, String> =
        metadata.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
    Status::with_error_details(code, message, ErrorDetails::with_error_info(reason, DOMAIN, metadata))
}

/// The status of a request of which some fields cannot be used.
pub(crate) fn malformed(wrong: &[Wrong]) -> Status {
    let Some(first) = wrong.first() else {
        return status(Code::InvalidArgument, "the request cannot be used", "FIELD_INVALID", &[]);
    };
    let omitted = wrong.len().saturating_sub(VIOLATIONS_LISTED);
    let metadata = [("field", first.field.clone()), ("violations_omitted", omitted.to_string())];
    let metadata = metadata.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<HashMap<_, _>>();
    let reason = if first.missing { "FIELD_REQUIRED" } else { "FIELD_INVALID" };
    let mut details = ErrorDetails::with_error_info(reason, DOMAIN, metadata);
    for violation in wrong.iter().take(VIOLATIONS_LISTED) {
        details.add_bad_request_violation(&violation.field, &violation.rule);
    }
    Status::with_error_details(Code::InvalidArgument, format!("{} {}", first.field, first.rule), details)
}

/// The status of a failure.
pub(crate) fn of(failure: &Failure) -> Status {
    match failure {
        Failure::Refused(refusal) => refused(refusal),
        Failure::Unavailable => passing("the ledger cannot reach its storage; send the call again", failure),
        Failure::Busy => {
            let message = "too much is asked at the same time; send the call again a little later";
            let mut details = ErrorDetails::with_error_info(failure.reason(), DOMAIN, HashMap::new());
            details.set_retry_info(Some(RETRY_AFTER));
            Status::with_error_details(Code::ResourceExhausted, message, details)
        }
        Failure::Stopping => passing("the server is about to stop; send the call again", failure),
        Failure::Broken(incident) => {
            let message = "a fault of the ledger itself; the fund's operators find it under the incident's number";
            status(Code::Internal, message, failure.reason(), &[("incident", incident.to_string())])
        }
    }
}

/// A status after which the same call is worth sending again.
pub(crate) fn passing(message: &str, failure: &Failure) -> Status {
    let mut details = ErrorDetails::with_error_info(failure.reason(), DOMAIN, HashMap::new());
    details.set_retry_info(Some(RETRY_AFTER));
    Status::with_error_details(Code::Unavailable, message, details)
}

/// The status of a call that took longer than it may.
pub(crate) fn late() -> Status {
    let mut details = ErrorDetails::with_error_info("DEADLINE", DOMAIN, HashMap::new());
    details.set_retry_info(Some(RETRY_AFTER));
    Status::with_error_details(Code::DeadlineExceeded, "the call took longer than it may; send it again", details)
}

/// The status of a batch with more records than it may have.
pub(crate) fn too_many(most: usize) -> Status {
    let metadata = [("limit", most.to_string()), ("unit", "records".to_owned())];
    let message = format!("a batch of this kind may have at most {most} records; send several");
    status(Code::ResourceExhausted, &message, "REQUEST_TOO_LARGE", &metadata)
}

/// The status of a stream whose client does not read what became of its records.
pub(crate) fn not_read(patience: Duration) -> Status {
    let limit = patience.as_millis().to_string();
    let message = format!("the results of the stream were not read for {limit} milliseconds; list them by batch");
    let metadata = [("limit", limit), ("unit", "milliseconds".to_owned())];
    status(Code::ResourceExhausted, &message, "RESULTS_NOT_READ", &metadata)
}

/// The reason for what the framework refuses of a message on a stream, and its status; none where the client is gone.
pub(crate) fn of_message(told: &Status, message_bytes: usize) -> Option<(&'static str, Status)> {
    // What has a cause was not said about a message: it comes from the connection.
    let cause = std::error::Error::source(told).is_some();
    if cause { None } else { of_told(told, message_bytes) }
}

/// The reason for what the framework refuses by itself, and its status: a message that cannot be read is the caller's
/// fault, though the framework calls it internal.
pub(crate) fn of_framework(response: &http::Response<Body>, message_bytes: usize) -> Option<(&'static str, Status)> {
    let told = Status::from_header_map(response.headers()).filter(|status| status.details().is_empty())?;
    of_told(&told, message_bytes)
}

fn of_told(told: &Status, message_bytes: usize) -> Option<(&'static str, Status)> {
    if matches!(told.code(), Code::OutOfRange | Code::ResourceExhausted) {
        let message = format!("a message may have at most {message_bytes} bytes");
        let metadata = [("limit", message_bytes.to_string()), ("unit", "bytes".to_owned())];
        let reason = "REQUEST_TOO_LARGE";
        return Some((reason, status(Code::ResourceExhausted, &message, reason, &metadata)));
    }
    let message = "the message cannot be read; it must be one message of the contract";
    let reason = "REQUEST_UNREADABLE";
    (told.code() == Code::Internal).then(|| (reason, status(Code::InvalidArgument, message, reason, &[])))
}

fn refused(refusal: &Refusal) -> Status {
    let metadata: HashMap<String, String> =
        metadata_of(refusal).into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    let field = metadata.get("field").cloned();
    let message = message_of(refusal);
    let mut details = ErrorDetails::with_error_info(refusal.reason(), DOMAIN, metadata);
    if let Refusal::PolicyUnsound { field, faults } = refusal {
        for fault in faults.iter().take(VIOLATIONS_LISTED) {
            details.add_bad_request_violation(*field, ascii(fault));
        }
    } else if let Some(field) = field {
        details.add_bad_request_violation(field, &message);
    }
    let code = code_of(refusal);
    if code == Code::Unavailable {
        details.set_retry_info(Some(RETRY_AFTER));
    }
    Status::with_error_details(code, message, details)
}

/// A text of a document as the details of a status may carry it: plain, and not too long.
fn ascii(text: &str) -> String {
    text.chars()
        .filter(|sign| !sign.is_control())
        .take(FAULT_MOST)
        .map(|sign| if sign.is_ascii() { sign } else { '?' })
        .collect()
}

fn code_of(refusal: &Refusal) -> Code {
    match refusal {
        Refusal::RequestIdReused { .. }
        | Refusal::PaymentKeyReused { .. }
        | Refusal::EmploymentKeyReused { .. }
        | Refusal::IdentifierInUse { .. }
        | Refusal::EmployerNumberInUse { .. } => Code::AlreadyExists,
        Refusal::MemberNotFound { .. }
        | Refusal::EmployerNotFound { .. }
        | Refusal::EmploymentNotFound { .. }
        | Refusal::PaymentNotFound { .. }
        | Refusal::FactNotFound { .. }
        | Refusal::PolicyNotFound { .. } => Code::NotFound,
        Refusal::PolicyUnsound { .. } => Code::InvalidArgument,
        Refusal::NoticeNotFound { .. } | Refusal::PreparationNotFound { .. } => Code::NotFound,
        Refusal::EmployerNotGranted { .. } | Refusal::InstitutionNotOwn | Refusal::SecondPersonRequired { .. } => {
            Code::PermissionDenied
        }
        Refusal::EmploymentInReview { .. }
        | Refusal::Deceased { .. }
        | Refusal::FormallyEmployed { .. }
        | Refusal::VoluntaryAbandoned { .. }
        | Refusal::AlreadyEnrolled { .. }
        | Refusal::InsuredTooShort { .. }
        | Refusal::EntryClosed { .. }
        | Refusal::EmploymentAlreadyOpen { .. }
        | Refusal::EmploymentNotOpen { .. }
        | Refusal::WorkerConflict { .. }
        | Refusal::WorkerUnknown { .. }
        | Refusal::BatchRejected
        | Refusal::DayInFuture { .. }
        | Refusal::DayBeforeStart { .. }
        | Refusal::DayTooOld { .. }
        | Refusal::KnownAtInFuture { .. }
        | Refusal::ClockBackwards { .. }
        | Refusal::PaymentReversed { .. }
        | Refusal::EmploymentRetracted { .. }
        | Refusal::PaymentNotWaiting { .. }
        | Refusal::AmountAboveRefundable { .. }
        | Refusal::FactNotRetractable { .. }
        | Refusal::PolicyDayPassed { .. }
        | Refusal::PolicyDayTaken { .. }
        | Refusal::PolicyProposalClosed { .. }
        | Refusal::LapseNotPending { .. } => Code::FailedPrecondition,
        Refusal::PositionStale { .. }
        | Refusal::EtagStale { .. }
        | Refusal::PolicyDigestDiffers { .. }
        | Refusal::PreviewStale { .. } => Code::Aborted,
        Refusal::DayInPast { .. } | Refusal::HouseholdsOverlap { .. } => Code::FailedPrecondition,
        Refusal::ResultTooLarge { .. } => Code::ResourceExhausted,
        Refusal::PositionFromOtherEpoch { .. } => Code::OutOfRange,
        Refusal::PositionNotReached { .. } => Code::Unavailable,
    }
}

fn message_of(refusal: &Refusal) -> String {
    match refusal {
        Refusal::RequestIdReused { method, .. } => {
            format!("this request_id stands for an accepted {method} with other content; use a new one")
        }
        Refusal::PaymentKeyReused { field, .. } => {
            format!("a payment with this reference was recorded with another {field}; reverse that one first")
        }
        Refusal::EmploymentKeyReused { field, .. } => {
            format!("this employment was reported with another {field}; amend or retract that one")
        }
        Refusal::IdentifierInUse { kind, .. } => format!("this {} belongs to a member already", kind.name()),
        Refusal::EmployerNumberInUse { .. } => "the number belongs to an employer with other particulars".to_owned(),
        Refusal::MemberNotFound { .. } => "no member has this id".to_owned(),
        Refusal::EmployerNotFound { .. } => "no employer has this id".to_owned(),
        Refusal::EmployerNotGranted { .. } => {
            "the employer has not granted this caller access today; an officer records grants".to_owned()
        }
        Refusal::InstitutionNotOwn => "a collector records payments of its own institution only".to_owned(),
        Refusal::EmploymentNotFound { .. } => "the employer has no such employment".to_owned(),
        Refusal::EmploymentInReview { .. } => {
            "an officer has yet to decide whom this employment is about; report the separation then".to_owned()
        }
        Refusal::Deceased { .. } => "the member has died".to_owned(),
        Refusal::FormallyEmployed { day, .. } => format!("the member is in formal employment on {day}"),
        Refusal::VoluntaryAbandoned { barred_until: None, .. } => {
            "the member lapsed and is barred from enrolling for life; formal employment reinstates".to_owned()
        }
        Refusal::VoluntaryAbandoned { barred_until: Some(until), .. } => {
            format!("the member lapsed and is barred from enrolling until {until}")
        }
        Refusal::AlreadyEnrolled { .. } => "the member is enrolled already".to_owned(),
        Refusal::InsuredTooShort { .. } => {
            "the law lets only those enrol who were employed for long enough before, and the member was not".to_owned()
        }
        Refusal::EntryClosed { day, .. } => {
            format!("on {day} the time after the last employment within which one can enrol had passed")
        }
        Refusal::EmploymentAlreadyOpen { first_day, .. } => {
            format!("an employment that began on {first_day} is open under this number; report its separation first")
        }
        Refusal::EmploymentNotOpen { last_day, .. } => format!("the employment has ended on {last_day}"),
        Refusal::WorkerConflict { .. } => {
            "the number belongs to somebody with another birth date or sex; check the number".to_owned()
        }
        Refusal::WorkerUnknown { .. } => {
            "nobody has this member number; check it, or send the worker's details".to_owned()
        }
        Refusal::BatchRejected => {
            "another record of this batch was rejected, and the batch is all or none; nothing was recorded".to_owned()
        }
        Refusal::DayInFuture { latest, .. } => format!("must not lie after {latest}"),
        Refusal::DayBeforeStart { first_day, .. } => format!("must not lie before {first_day}"),
        Refusal::DayTooOld { earliest, .. } => format!("lies before {earliest} and so needs a reason"),
        Refusal::KnownAtInFuture { .. } => "known_at must not lie in the future".to_owned(),
        Refusal::ClockBackwards { .. } => "the sandbox clock only moves forward".to_owned(),
        Refusal::PositionFromOtherEpoch { .. } => {
            "the position was issued before the ledger was restored; drop it and read anew".to_owned()
        }
        Refusal::PositionNotReached { .. } => "this server has not seen that position yet".to_owned(),
        Refusal::PaymentNotFound { .. } => "no payment has this id".to_owned(),
        Refusal::PaymentReversed { on, .. } => format!("the payment came to nothing on {on} already"),
        Refusal::FactNotFound { .. } => "the member has no fact with this id".to_owned(),
        Refusal::SecondPersonRequired { .. } => {
            "this needs somebody else, a supervisor who did not record, assign or prepare it".to_owned()
        }
        Refusal::EmploymentRetracted { .. } => "the employment was retracted".to_owned(),
        Refusal::PaymentNotWaiting { .. } => "the payment does not wait for an officer".to_owned(),
        Refusal::AmountAboveRefundable { refundable, .. } => format!("must be at most {refundable}"),
        Refusal::FactNotRetractable { remedy, .. } => {
            format!("a fact of this kind is not retracted; the remedy is {remedy}")
        }
        Refusal::PositionStale { .. } => {
            "something was recorded about it after that position; read it again and decide anew".to_owned()
        }
        Refusal::EtagStale { .. } => "the record has changed since it was read; read it again".to_owned(),
        Refusal::PolicyNotFound { .. } => "the law has no such revision, and nobody proposed it".to_owned(),
        Refusal::PolicyUnsound { faults, .. } => faults.first().map_or_else(String::new, |fault| ascii(fault)),
        Refusal::PolicyDayPassed { day, earliest } => {
            format!(
                "a revision cannot begin on {day}, which has passed; from {earliest} on it can, or say retroactive = true"
            )
        }
        Refusal::PolicyDayTaken { day } => {
            format!("a revision begins on {day} already; a published one is never edited")
        }
        Refusal::PolicyProposalClosed { state, .. } => format!("the proposal is {state} already"),
        Refusal::PolicyDigestDiffers { .. } => "the digest is not that of what was proposed; read it again".to_owned(),
        Refusal::LapseNotPending { .. } => "no lapse of the member waits for a person today".to_owned(),
        Refusal::NoticeNotFound { .. } => "there is no such notice of this member".to_owned(),
        Refusal::PreparationNotFound { .. } => {
            "nobody prepared this very act under this id, as it now stands".to_owned()
        }
        Refusal::DayInPast { earliest, .. } => format!("must not lie before {earliest}"),
        Refusal::ResultTooLarge { limit, unit } => {
            format!("the answer would hold more than {limit} {unit}; ask for less")
        }
        Refusal::HouseholdsOverlap { limit, .. } => {
            format!("the member lives in more than {limit} households on these days; set shorter stretches of days")
        }
        Refusal::PreviewStale { stale } => match stale {
            Stale::Content => "the token is of a preview of other records, or of another caller".to_owned(),
            Stale::Day => "another day has begun since the preview; preview again".to_owned(),
            Stale::Policy => "another revision of the law is in force since the preview; preview again".to_owned(),
            Stale::Members(_) => "something was recorded about members since the preview; preview again".to_owned(),
        },
    }
}

/// Every value of the message, and what else a program needs.
fn metadata_of(refusal: &Refusal) -> Vec<(&'static str, String)> {
    let id = |key: &'static str, id: &i64| (key, id_text(*id));
    let day = |key: &'static str, day: &Day| (key, day.to_string());
    let text = |key: &'static str, text: &str| (key, text.to_owned());
    let instant = |key: &'static str, moment: &Moment| (key, timestamp(*moment).to_string());
    match refusal {
        Refusal::RequestIdReused { request_id, method } => {
            vec![("request_id", uuid::Uuid::from_bytes(*request_id).to_string()), text("method", method)]
        }
        Refusal::PaymentKeyReused { payment, field } => {
            vec![id("payment_id", payment), text("field", field), text("remedy", "REVERSE_AND_RECORD_AGAIN")]
        }
        Refusal::EmploymentKeyReused { employment, field } => {
            vec![id("employment_id", employment), text("field", field), text("remedy", "AMEND_OR_RETRACT")]
        }
        Refusal::IdentifierInUse { kind, field, member } => {
            vec![text("kind", kind.name()), text("field", field), id("member_id", member)]
        }
        Refusal::EmployerNumberInUse { employer }
        | Refusal::EmployerNotFound { employer }
        | Refusal::EmployerNotGranted { employer } => vec![id("employer_id", employer)],
        Refusal::MemberNotFound { member } | Refusal::Deceased { member } => vec![id("member_id", member)],
        Refusal::AlreadyEnrolled { member, enrolled_on } => {
            let enrolled_on = enrolled_on.map(|on| day("enrolled_on", &on));
            [id("member_id", member)].into_iter().chain(enrolled_on).collect()
        }
        Refusal::InsuredTooShort { member, day: on, revision } | Refusal::EntryClosed { member, day: on, revision } => {
            vec![id("member_id", member), day("day", on), day("policy_revision", revision)]
        }
        Refusal::InstitutionNotOwn => vec![text("field", "institution")],
        Refusal::BatchRejected => Vec::new(),
        Refusal::EmploymentNotFound { employer, number } => {
            vec![id("employer_id", employer), text("employment_number", number)]
        }
        Refusal::EmploymentInReview { employment } => vec![id("employment_id", employment)],
        Refusal::FormallyEmployed { member, day: on } => vec![id("member_id", member), day("day", on)],
        Refusal::VoluntaryAbandoned { member, day: on, lapsed_on, barred_until, revision } => {
            let mut metadata = vec![id("member_id", member), day("day", on), day("policy_revision", revision)];
            metadata.extend(lapsed_on.map(|lapsed| day("lapsed_on", &lapsed)));
            metadata.extend(barred_until.map(|until| day("barred_until", &until)));
            metadata
        }
        Refusal::EmploymentAlreadyOpen { employment, first_day } => {
            vec![id("employment_id", employment), day("first_day", first_day)]
        }
        Refusal::EmploymentNotOpen { employment, last_day } => {
            vec![id("employment_id", employment), day("last_day", last_day)]
        }
        Refusal::WorkerConflict { kind } => vec![text("match", "CONFLICT"), text("kind", kind.name())],
        Refusal::WorkerUnknown { field } => vec![text("field", field)],
        // A birth date is nothing for a refusal to repeat.
        Refusal::DayInFuture { field, latest, .. } if field.ends_with("birth_date") => {
            vec![text("field", field), day("latest", latest)]
        }
        Refusal::DayInFuture { field, day: on, latest } => {
            vec![text("field", field), day("day", on), day("latest", latest)]
        }
        Refusal::DayBeforeStart { field, day: on, first_day } => {
            vec![text("field", field), day("day", on), day("first_day", first_day)]
        }
        Refusal::DayTooOld { field, day: on, earliest } => {
            vec![text("field", field), day("day", on), day("earliest", earliest)]
        }
        Refusal::KnownAtInFuture { known_at, now } => vec![instant("known_at", known_at), instant("now", now)],
        Refusal::ClockBackwards { to, now } => vec![instant("to", to), instant("now", now)],
        Refusal::PositionFromOtherEpoch { epoch, current } => {
            vec![text("epoch", epoch), text("current_epoch", current)]
        }
        Refusal::PositionNotReached { number, current } => {
            vec![("number", number.to_string()), ("current_number", current.to_string())]
        }
        Refusal::PaymentNotFound { payment } => vec![id("payment_id", payment)],
        Refusal::PaymentReversed { payment, on } => vec![id("payment_id", payment), day("reversed_on", on)],
        Refusal::FactNotFound { fact } => vec![id("fact_id", fact)],
        Refusal::SecondPersonRequired { method } => vec![text("method", method)],
        Refusal::EmploymentRetracted { employment } => vec![id("employment_id", employment)],
        Refusal::PaymentNotWaiting { payment } => vec![id("payment_id", payment)],
        Refusal::AmountAboveRefundable { payment, amount, refundable } => vec![
            text("field", "amount_riel"),
            id("payment_id", payment),
            ("amount_riel", amount.to_string()),
            ("refundable_riel", refundable.to_string()),
        ],
        Refusal::FactNotRetractable { fact, kind, remedy } => {
            vec![id("fact_id", fact), text("kind", kind), text("remedy", remedy)]
        }
        Refusal::PositionStale { number, current } => {
            vec![("number", number.to_string()), ("current_number", current.to_string())]
        }
        Refusal::EtagStale { member } | Refusal::LapseNotPending { member } => vec![id("member_id", member)],
        Refusal::PolicyNotFound { policy: Which::Today } => Vec::new(),
        Refusal::PolicyNotFound { policy: Which::On(on) } => vec![day("policy", on)],
        Refusal::PolicyNotFound { policy: Which::Proposal(proposal) } => vec![id("policy", proposal)],
        Refusal::PolicyUnsound { field, faults } => {
            let omitted = faults.len().saturating_sub(VIOLATIONS_LISTED);
            vec![text("field", field), ("violations_omitted", omitted.to_string())]
        }
        Refusal::PolicyDayPassed { day: on, earliest } => vec![day("day", on), day("earliest", earliest)],
        Refusal::PolicyDayTaken { day: on } => vec![day("day", on)],
        Refusal::PolicyProposalClosed { proposal, state } => vec![id("proposal_id", proposal), text("state", state)],
        Refusal::PolicyDigestDiffers { proposal } => vec![id("proposal_id", proposal)],
        Refusal::NoticeNotFound { notice } => vec![id("notice_id", notice)],
        Refusal::PreparationNotFound { prepared } => vec![id("prepared_id", prepared)],
        Refusal::DayInPast { field, day: on, earliest } => {
            vec![text("field", field), day("day", on), day("earliest", earliest)]
        }
        Refusal::ResultTooLarge { limit, unit } => vec![("limit", limit.to_string()), text("unit", unit)],
        Refusal::HouseholdsOverlap { member, limit } => vec![id("member_id", member), ("limit", limit.to_string())],
        Refusal::PreviewStale { stale } => match stale {
            Stale::Content => vec![text("cause", "CONTENT")],
            Stale::Day => vec![text("cause", "DAY")],
            Stale::Policy => vec![text("cause", "POLICY")],
            Stale::Members(records) => {
                let named: Vec<String> = records.iter().take(RECORDS_NAMED).map(i64::to_string).collect();
                let omitted = (records.len() - named.len()).to_string();
                vec![text("cause", "MEMBERS"), ("records", named.join(",")), ("records_omitted", omitted)]
            }
        },
    }
}
