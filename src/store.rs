//! The memory: the only place that knows SQL, and the only one where personal data is written down.
//!
//! One writer and several readers share a ledger, in a SQLite file or in PostgreSQL. Functions are grouped by subject, take a connection first
//! and many keys or rows at once; a function that only reads takes any connection, one that writes takes a
//! [`connection::Write`], so that a reader cannot write by mistake. Deliberately absent: decisions, clocks,
//! permissions, wire types. A row is what was said; whether it may be said is decided on the floors above.

pub mod audit;
pub mod connection;
pub mod employer;
pub mod employment;
pub mod fact;
pub mod failure;
pub mod ledger;
pub mod notice;
pub mod payment;
pub mod payment_change;
pub mod person;
pub mod policy;
pub mod rekey;
pub mod seal;
pub mod standing;

mod bulk;

#[cfg(test)]
pub(crate) mod tests;
