//! What a refusal must look like: code, stable reason, domain, metadata and the fields at fault.

use std::collections::HashMap;

use krama::proto::v1::ErrorReason;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

/// All details of one status together stay below this.
const DETAILS_BYTES: usize = 8_192;

/// A refusal that a test expects.
#[derive(Clone, Copy, Debug)]
pub(crate) struct No {
    code: Code,
    reason: &'static str,
    field: Option<&'static str>,
}

/// A refusal with a code and a reason.
pub(crate) fn no(code: Code, reason: &'static str) -> No {
    No { code, reason, field: None }
}

/// A required field is empty.
pub(crate) fn required(field: &'static str) -> No {
    no(Code::InvalidArgument, "FIELD_REQUIRED").at(field)
}

/// A field cannot be used.
pub(crate) fn invalid(field: &'static str) -> No {
    no(Code::InvalidArgument, "FIELD_INVALID").at(field)
}

/// The law or the state says no.
pub(crate) fn not_now(reason: &'static str) -> No {
    no(Code::FailedPrecondition, reason)
}

/// Something of this name or number is there already.
pub(crate) fn exists(reason: &'static str) -> No {
    no(Code::AlreadyExists, reason)
}

/// The caller may not.
pub(crate) fn denied(reason: &'static str) -> No {
    no(Code::PermissionDenied, reason)
}

/// Whether the contract lists a reason.
pub(crate) fn is_listed(reason: &str) -> bool {
    ErrorReason::from_str_name(&format!("ERROR_REASON_{reason}")).is_some()
}

/// What a status carries besides its code.
#[derive(Debug)]
pub(crate) struct Told {
    /// Every value of the message.
    pub(crate) metadata: HashMap<String, String>,
    /// The paths of the fields at fault.
    pub(crate) fields: Vec<String>,
}

impl No {
    /// The refusal that names a field.
    pub(crate) fn at(self, field: &'static str) -> No {
        No { field: Some(field), ..self }
    }

    /// The reason that is expected.
    pub(crate) fn reason(self) -> &'static str {
        self.reason
    }

    /// Whether a refusal of one record among many is the one that is expected.
    pub(crate) fn is(self, code: i32, reason: &str, field: Option<&str>) -> bool {
        code == i32::from(self.code) && reason == self.reason && (self.field.is_none() || field == self.field)
    }

    /// Holds a status against what is expected.
    pub(crate) fn check(self, rpc: &str, status: &Status) -> Told {
        let seen = format!("{rpc}: expected {self:?}, got {status:?}");
        assert_eq!(status.code(), self.code, "{seen}");
        let details: ErrorDetails = status.get_error_details();
        let info = details.error_info().unwrap_or_else(|| panic!("no ErrorInfo; {seen}"));
        assert_eq!((info.domain.as_str(), info.reason.as_str()), ("krama", self.reason), "{seen}");
        assert!(is_listed(&info.reason), "the contract does not list {}", info.reason);
        let violations = details.bad_request().map(|bad| bad.field_violations.clone()).unwrap_or_default();
        let fields: Vec<String> = violations.iter().map(|violation| violation.field.clone()).collect();
        if let Some(field) = self.field {
            assert_eq!(fields.first().map(String::as_str), Some(field), "{seen}");
            assert_eq!(info.metadata.get("field").map(String::as_str), Some(field), "{seen}");
        }
        let may_pass = matches!(self.code, Code::Unavailable);
        assert_eq!(details.retry_info().is_some(), may_pass, "RetryInfo only where a retry can help; {seen}");
        assert!(status.details().len() < DETAILS_BYTES, "the details are too large: {seen}");
        let texts = violations.iter().map(|violation| violation.description.as_str()).chain([status.message()]);
        for text in texts {
            assert!(text.is_ascii() && !text.is_empty(), "not a plain sentence: {text:?}");
        }
        Told { metadata: info.metadata.clone(), fields }
    }
}
