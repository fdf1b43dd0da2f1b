//! The service as its callers meet it: a real server on a port of its own, asked through the generated clients.
//!
//! Each test has a ledger in a folder of its own. First the means (`world`, `ask`, `book`, `refusal`, `say`), then a
//! file a subject. Deliberately absent: fakes of any floor, and any call past the wire, except that the ledger's file
//! is read to see that a refusal changed nothing.

mod ask;
mod book;
mod refusal;
mod say;
mod world;

mod account;
mod clock;
mod coverage;
mod employer;
mod enrolment;
mod explanation;
mod hire;
mod list;
mod member;
mod once;
mod payment;
mod position;
mod privacy;
mod process;
mod quote;
mod restart;
mod roles;
mod scope;
mod separation;
mod story;
mod together;
mod transport;
