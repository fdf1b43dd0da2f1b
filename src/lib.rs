//! Krama: the system of record for membership, contributions and coverage in a social security fund.

pub mod case_file;
pub mod clock;
pub mod config;
pub mod operation;
pub mod policy_file;
pub mod proto;
pub mod store;
pub mod telemetry;
