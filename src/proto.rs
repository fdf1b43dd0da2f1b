//! The contract as generated code, and its descriptors as the server shows them to reflection.
//!
//! Nothing is written by hand here. Only the counter and the command line, which is a client, may know it.

pub use self::generated::google::r#type as google_type;
pub use self::generated::krama::sandbox::v1 as sandbox;
pub use self::generated::krama::v1;

/// Every descriptor of the contract, encoded, with custom options and comments.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/krama.binpb"));

#[allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    clippy::all,
    reason = "generated code; its documentation is the contract's"
)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/contract.rs"));
}
