//! Failures of the desk: what the law, the state or the rules of the ledger refuse, and what could not be tried.
//!
//! A refusal names its rule and carries every value of its message; none of them is personal. Status codes are the
//! counter's business.

use std::sync::atomic::{AtomicU64, Ordering};

use krama_law::calendar::{Day, Moment};

use crate::operation::policy::Which;
use crate::operation::transact::foreseen::Stale;
use crate::store;

/// Numbers the faults of this process, so that a caller can name one and an operator find it in the log.
static INCIDENTS: AtomicU64 = AtomicU64::new(0);

/// Why a call did not do what it asked for.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Failure {
    /// The answer is no, and would be again.
    #[error("refused: {}", .0.reason())]
    Refused(Refusal),
    /// The storage cannot be reached; a retry with the same request id settles what happened.
    #[error("the storage is unavailable")]
    Unavailable,
    /// Too many commands wait for the writer, or too many simulations are under way.
    #[error("too much is asked at the same time")]
    Busy,
    /// The desk is closing.
    #[error("the server is stopping")]
    Stopping,
    /// A fault of the ledger itself; the log tells of it under this number.
    #[error("a fault of the ledger, incident {0}")]
    Broken(u64),
}

/// What is refused, and by which rule.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the reasons and their metadata are documented once, at ErrorReason in the contract")]
pub enum Refusal {
    RequestIdReused { request_id: [u8; 16], method: &'static str },
    PaymentKeyReused { payment: i64, field: &'static str },
    EmploymentKeyReused { employment: i64, field: &'static str },
    IdentifierInUse { kind: IdentifierKind, field: String, member: i64 },
    EmployerNumberInUse { employer: i64 },
    MemberNotFound { member: i64 },
    EmployerNotFound { employer: i64 },
    EmployerNotGranted { employer: i64 },
    InstitutionNotOwn,
    EmploymentNotFound { employer: i64, number: String },
    EmploymentInReview { employment: i64 },
    Deceased { member: i64 },
    FormallyEmployed { member: i64, day: Day },
    VoluntaryAbandoned { member: i64, day: Day, lapsed_on: Option<Day>, barred_until: Option<Day>, revision: Day },
    AlreadyEnrolled { member: i64, enrolled_on: Option<Day> },
    InsuredTooShort { member: i64, day: Day, revision: Day },
    EntryClosed { member: i64, day: Day, revision: Day },
    EmploymentAlreadyOpen { employment: i64, first_day: Day },
    EmploymentNotOpen { employment: i64, last_day: Day },
    WorkerConflict { kind: IdentifierKind },
    WorkerUnknown { field: &'static str },
    BatchRejected,
    DayInFuture { field: &'static str, day: Day, latest: Day },
    DayBeforeStart { field: &'static str, day: Day, first_day: Day },
    DayTooOld { field: &'static str, day: Day, earliest: Day },
    KnownAtInFuture { known_at: Moment, now: Moment },
    ClockBackwards { to: Moment, now: Moment },
    PositionFromOtherEpoch { epoch: String, current: String },
    PositionNotReached { number: i64, current: i64 },
    PaymentNotFound { payment: i64 },
    PaymentReversed { payment: i64, on: Day },
    FactNotFound { fact: i64 },
    SecondPersonRequired { method: &'static str },
    EmploymentRetracted { employment: i64 },
    PaymentNotWaiting { payment: i64 },
    AmountAboveRefundable { payment: i64, amount: i64, refundable: i64 },
    FactNotRetractable { fact: i64, kind: &'static str, remedy: &'static str },
    PositionStale { number: i64, current: i64 },
    EtagStale { member: i64 },
    PolicyNotFound { policy: Which },
    PolicyUnsound { field: &'static str, faults: Vec<String> },
    PolicyDayPassed { day: Day, earliest: Day },
    PolicyDayTaken { day: Day },
    PolicyProposalClosed { proposal: i64, state: &'static str },
    PolicyDigestDiffers { proposal: i64 },
    LapseNotPending { member: i64 },
    PreparationNotFound { prepared: i64 },
    NoticeNotFound { notice: i64 },
    DayInPast { field: &'static str, day: Day, earliest: Day },
    ResultTooLarge { limit: usize, unit: &'static str },
    HouseholdsOverlap { member: i64, limit: usize },
    PreviewStale { stale: Stale },
}

/// The kind of a number by which a person or a document is known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[expect(missing_docs, reason = "the kinds are documented once, at IdentifierKind in the contract")]
pub enum IdentifierKind {
    NationalId,
    MemberNumber,
    NssfCard,
    RegistrationCertificate,
    EquityCard,
    Passport,
    BirthCertificate,
    FamilyBook,
}

impl Refusal {
    pub(crate) const PREVIEW_STALE: &'static str = "PREVIEW_STALE";

    /// The stable name of the reason, as in the contract.
    pub fn reason(&self) -> &'static str {
        match self {
            Refusal::RequestIdReused { .. } => "REQUEST_ID_REUSED",
            Refusal::PaymentKeyReused { .. } => "PAYMENT_KEY_REUSED",
            Refusal::EmploymentKeyReused { .. } => "EMPLOYMENT_KEY_REUSED",
            Refusal::IdentifierInUse { .. } => "IDENTIFIER_IN_USE",
            Refusal::EmployerNumberInUse { .. } => "EMPLOYER_NUMBER_IN_USE",
            Refusal::MemberNotFound { .. } => "MEMBER_NOT_FOUND",
            Refusal::EmployerNotFound { .. } => "EMPLOYER_NOT_FOUND",
            Refusal::EmployerNotGranted { .. } => "EMPLOYER_NOT_GRANTED",
            Refusal::InstitutionNotOwn => "INSTITUTION_NOT_OWN",
            Refusal::EmploymentNotFound { .. } => "EMPLOYMENT_NOT_FOUND",
            Refusal::EmploymentInReview { .. } => "EMPLOYMENT_IN_REVIEW",
            Refusal::Deceased { .. } => "DECEASED",
            Refusal::FormallyEmployed { .. } => "FORMALLY_EMPLOYED",
            Refusal::VoluntaryAbandoned { .. } => "VOLUNTARY_ABANDONED",
            Refusal::AlreadyEnrolled { .. } => "ALREADY_ENROLLED",
            Refusal::InsuredTooShort { .. } => "INSURED_TOO_SHORT",
            Refusal::EntryClosed { .. } => "ENTRY_CLOSED",
            Refusal::EmploymentAlreadyOpen { .. } => "EMPLOYMENT_ALREADY_OPEN",
            Refusal::EmploymentNotOpen { .. } => "EMPLOYMENT_NOT_OPEN",
            Refusal::WorkerConflict { .. } => "WORKER_CONFLICT",
            Refusal::WorkerUnknown { .. } => "WORKER_UNKNOWN",
            Refusal::BatchRejected => "BATCH_REJECTED",
            Refusal::DayInFuture { .. } => "DAY_IN_FUTURE",
            Refusal::DayBeforeStart { .. } => "DAY_BEFORE_START",
            Refusal::DayTooOld { .. } => "DAY_TOO_OLD",
            Refusal::KnownAtInFuture { .. } => "KNOWN_AT_IN_FUTURE",
            Refusal::ClockBackwards { .. } => "CLOCK_BACKWARDS",
            Refusal::PositionFromOtherEpoch { .. } => "POSITION_FROM_OTHER_EPOCH",
            Refusal::PositionNotReached { .. } => "POSITION_NOT_REACHED",
            Refusal::PaymentNotFound { .. } => "PAYMENT_NOT_FOUND",
            Refusal::PaymentReversed { .. } => "PAYMENT_REVERSED",
            Refusal::FactNotFound { .. } => "FACT_NOT_FOUND",
            Refusal::SecondPersonRequired { .. } => "SECOND_PERSON_REQUIRED",
            Refusal::EmploymentRetracted { .. } => "EMPLOYMENT_RETRACTED",
            Refusal::PaymentNotWaiting { .. } => "PAYMENT_NOT_WAITING",
            Refusal::AmountAboveRefundable { .. } => "AMOUNT_ABOVE_REFUNDABLE",
            Refusal::FactNotRetractable { .. } => "FACT_NOT_RETRACTABLE",
            Refusal::PositionStale { .. } => "POSITION_STALE",
            Refusal::EtagStale { .. } => "ETAG_STALE",
            Refusal::PolicyNotFound { .. } => "POLICY_NOT_FOUND",
            Refusal::PolicyUnsound { .. } => "POLICY_UNSOUND",
            Refusal::PolicyDayPassed { .. } => "POLICY_DAY_PASSED",
            Refusal::PolicyDayTaken { .. } => "POLICY_DAY_TAKEN",
            Refusal::PolicyProposalClosed { .. } => "POLICY_PROPOSAL_CLOSED",
            Refusal::PolicyDigestDiffers { .. } => "POLICY_DIGEST_DIFFERS",
            Refusal::LapseNotPending { .. } => "LAPSE_NOT_PENDING",
            Refusal::NoticeNotFound { .. } => "NOTICE_NOT_FOUND",
            Refusal::PreparationNotFound { .. } => "PREPARATION_NOT_FOUND",
            Refusal::DayInPast { .. } => "DAY_IN_PAST",
            Refusal::ResultTooLarge { .. } => "RESULT_TOO_LARGE",
            Refusal::HouseholdsOverlap { .. } => "HOUSEHOLDS_OVERLAP",
            Refusal::PreviewStale { .. } => Refusal::PREVIEW_STALE,
        }
    }
}

impl Failure {
    /// The stable name of the reason, as in the contract.
    pub fn reason(&self) -> &'static str {
        match self {
            Failure::Refused(refusal) => refusal.reason(),
            Failure::Unavailable => "STORAGE_UNAVAILABLE",
            Failure::Busy => "TOO_BUSY",
            Failure::Stopping => "DRAINING",
            Failure::Broken(_) => "INTERNAL",
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Failure {
        Failure::Refused(refusal)
    }
}

impl From<store::failure::Failure> for Failure {
    /// Logs the cause, once, and keeps it from the caller.
    fn from(failure: store::failure::Failure) -> Failure {
        let incident = INCIDENTS.fetch_add(1, Ordering::Relaxed) + 1;
        let cause: &dyn std::error::Error = &failure;
        tracing::error!(incident, cause, "the storage failed");
        match failure {
            store::failure::Failure::Unavailable(_) => Failure::Unavailable,
            store::failure::Failure::Conflict(_)
            | store::failure::Failure::Corrupt { .. }
            | store::failure::Failure::Unusable { .. }
            | store::failure::Failure::Internal(_) => Failure::Broken(incident),
        }
    }
}

impl IdentifierKind {
    /// Every kind, in the order of their numbers in the contract and the ledger.
    pub const ALL: [IdentifierKind; 8] = [
        IdentifierKind::NationalId,
        IdentifierKind::MemberNumber,
        IdentifierKind::NssfCard,
        IdentifierKind::RegistrationCertificate,
        IdentifierKind::EquityCard,
        IdentifierKind::Passport,
        IdentifierKind::BirthCertificate,
        IdentifierKind::FamilyBook,
    ];

    /// The number of the kind in the contract and the ledger.
    pub fn number(self) -> i16 {
        let index = IdentifierKind::ALL.iter().position(|&kind| kind == self).unwrap_or(0);
        i16::try_from(index).unwrap_or(0) + 1
    }

    /// The kind with a number.
    pub fn of(number: i16) -> Option<IdentifierKind> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        IdentifierKind::ALL.get(index).copied()
    }

    /// The name of the kind in the contract, without its prefix.
    pub fn name(self) -> &'static str {
        match self {
            IdentifierKind::NationalId => "NATIONAL_ID",
            IdentifierKind::MemberNumber => "MEMBER_NUMBER",
            IdentifierKind::NssfCard => "NSSF_CARD",
            IdentifierKind::RegistrationCertificate => "REGISTRATION_CERTIFICATE",
            IdentifierKind::EquityCard => "EQUITY_CARD",
            IdentifierKind::Passport => "PASSPORT",
            IdentifierKind::BirthCertificate => "BIRTH_CERTIFICATE",
            IdentifierKind::FamilyBook => "FAMILY_BOOK",
        }
    }
}
