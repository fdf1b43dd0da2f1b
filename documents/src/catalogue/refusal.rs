//! Refusals in words: one message for each reason of the contract.
//!
//! The contract's details are plain ASCII; whoever shows a refusal to a person looks the reason up here. Absent: the list
//! of reasons, which is the contract's; a test of the service holds the two together.

/// The key of a refusal, by the name of its reason: `REQUEST_ID_REUSED` is `refusal-request-id-reused`.
pub fn refusal_key(reason: &str) -> String {
    format!("refusal-{}", reason.to_ascii_lowercase().replace('_', "-"))
}
