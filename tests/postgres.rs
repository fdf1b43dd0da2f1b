//! The service as its callers meet it, on PostgreSQL: every test of `tests/it`, once more.
//!
//! Nothing is listed here, so no test can be forgotten. `world` sees by the name of this program where the ledger
//! belongs.

#[path = "it/main.rs"]
mod it;

// The tests name each other by `crate::`, which is here.
use it::*;
