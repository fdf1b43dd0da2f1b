//! Krama: the system of record for membership, contributions and coverage in a social security fund.

pub mod case_file;
pub mod proto;
