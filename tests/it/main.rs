//! The service as its callers meet it: a real server on a port of its own, asked through the generated clients.
//!
//! Each test has a ledger of its own: in a SQLite file here, and in a PostgreSQL database where `tests/postgres.rs` runs
//! the same tests once more. First the means (`world`, `ask`, `book`, `refusal`, `say`), then a
//! file a subject. Deliberately absent: fakes of any floor, and any call past the wire, except that the ledger's
//! database is read to see that a refusal changed nothing.

#[path = "../../src/store/tests/cluster.rs"]
pub(crate) mod cluster;

pub(crate) mod ask;
pub(crate) mod book;
pub(crate) mod pour;
pub(crate) mod refusal;
pub(crate) mod say;
pub(crate) mod world;

pub(crate) mod account;
pub(crate) mod amendment;
pub(crate) mod batch;
pub(crate) mod clock;
pub(crate) mod contested;
pub(crate) mod correction;
pub(crate) mod coverage;
pub(crate) mod crash;
pub(crate) mod employer;
pub(crate) mod enrolment;
pub(crate) mod explanation;
pub(crate) mod feed;
pub(crate) mod glance;
pub(crate) mod hire;
pub(crate) mod household;
pub(crate) mod import;
pub(crate) mod lapse;
pub(crate) mod list;
pub(crate) mod member;
pub(crate) mod notice;
pub(crate) mod once;
pub(crate) mod operator;
pub(crate) mod payment;
pub(crate) mod policy;
pub(crate) mod population;
pub(crate) mod position;
pub(crate) mod preview;
pub(crate) mod privacy;
pub(crate) mod process;
pub(crate) mod quote;
pub(crate) mod register;
pub(crate) mod restart;
pub(crate) mod reversal;
pub(crate) mod roles;
pub(crate) mod scope;
pub(crate) mod separation;
pub(crate) mod simulation;
pub(crate) mod standing;
pub(crate) mod story;
pub(crate) mod stream;
pub(crate) mod suspense;
pub(crate) mod together;
pub(crate) mod transitions;
pub(crate) mod transport;
pub(crate) mod workload;
