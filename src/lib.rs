//! Krama: the system of record for membership, contributions and coverage in a social security fund.
//!
//! Folders are floors, files are subjects, and imports only go down: the command line and the assembly over the
//! counter (`grpc`), the counter over the desk (`operation`), the desk over the memory (`store`) and the law
//! (`krama_law`, a crate of its own, whose documents `krama_documents` reads). The modules below stand in the order in
//! which they are best read.

pub mod config;
pub mod server;

pub mod grpc;
pub mod proto;

pub mod operation;

pub mod store;

pub mod clock;
pub mod telemetry;

pub mod cli;
