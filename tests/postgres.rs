//! The service as its callers meet it, on PostgreSQL: every test of `tests/it`, once more.
//!
//! Nothing is listed here, so no test can be forgotten. `world` sees by the name of this program where the ledger
//! belongs.

#[path = "it/main.rs"]
mod it;

// The tests name each other by `crate::`, which is here.
use it::*;

// What only a database of its own beside the server can do.
#[path = "postgres/fleet.rs"]
mod fleet;
#[path = "postgres/outage.rs"]
mod outage;
