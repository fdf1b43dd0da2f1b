//! Failures of the memory, in the words by which the floors above decide what to do.
//!
//! This is the only place that looks into a driver's error. No message holds a value of a row: what is stored may
//! be personal, so a failure names tables, columns and ids and leaves the rest out.

use std::error::Error;
use std::ffi::OsStr;

use sea_orm::sqlx::error::DatabaseError;
use sea_orm::sqlx::postgres::PgDatabaseError;
use sea_orm::{DbErr, RuntimeErr, SqlErr, sqlx};

/// The error underneath, kept for the log of the operator and never matched upon.
pub type Cause = Box<dyn Error + Send + Sync>;

/// Why the memory did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The database is busy, full or out of reach; the same call may succeed later.
    #[error("the database cannot be used at the moment")]
    Unavailable(#[source] Cause),
    /// A row with the same key exists already; nothing of the statement was kept.
    #[error("a row with the same key is already stored")]
    Conflict(#[source] Cause),
    /// A stored row breaks a rule that every stored row keeps.
    #[error("row {id} of table {table} cannot be read: {what}")]
    Corrupt {
        /// The table that holds the row.
        table: &'static str,
        /// The row's id, or the first column of its key.
        id: i64,
        /// Which rule the row breaks, without the value that breaks it.
        what: &'static str,
    },
    /// The files or the database of the ledger are not what the memory can work with; an operator has to act.
    #[error("{place}: {problem}")]
    Unusable {
        /// The file, folder, database or setting that is at fault.
        place: String,
        /// What is wrong with it, and what to do where that is known.
        problem: String,
        /// The error underneath, if one told of it.
        #[source]
        source: Option<Cause>,
    },
    /// A mistake in the program, or a fault of the database that no retry mends.
    #[error("the database refused a statement")]
    Internal(#[source] Cause),
}

impl Failure {
    /// Whether the same call may succeed later, because nothing is wrong with what it asks.
    pub fn is_passing(&self) -> bool {
        matches!(self, Failure::Unavailable(_))
    }

    /// A row that breaks the rule `what`.
    pub(crate) fn corrupt(table: &'static str, id: i64, what: &'static str) -> Failure {
        Failure::Corrupt { table, id, what }
    }

    /// A place that the memory found wrong by itself.
    pub(crate) fn unusable(place: impl AsRef<OsStr>, problem: impl Into<String>) -> Failure {
        Failure::Unusable { place: text_of(place), problem: problem.into(), source: None }
    }

    /// A place that could not be worked with because of `source`.
    pub(crate) fn unusable_because(
        place: impl AsRef<OsStr>,
        problem: impl Into<String>,
        source: impl Into<Cause>,
    ) -> Failure {
        Failure::Unusable { place: text_of(place), problem: problem.into(), source: Some(source.into()) }
    }
}

fn text_of(place: impl AsRef<OsStr>) -> String {
    place.as_ref().to_string_lossy().into_owned()
}

impl From<DbErr> for Failure {
    fn from(error: DbErr) -> Failure {
        if is_unavailable(&error) {
            return Failure::Unavailable(error.into());
        }
        if let Some(SqlErr::UniqueConstraintViolation(_)) = error.sql_err() {
            return Failure::Conflict(error.into());
        }
        Failure::Internal(error.into())
    }
}

/// Whether the fault lies in the circumstances, so that nothing is wrong with the statement.
fn is_unavailable(error: &DbErr) -> bool {
    if let DbErr::ConnectionAcquire(_) = error {
        return true;
    }
    let (DbErr::Conn(runtime) | DbErr::Exec(runtime) | DbErr::Query(runtime)) = error else {
        return false;
    };
    let RuntimeErr::SqlxError(driver) = runtime else {
        return false;
    };
    if let sqlx::Error::Database(database) = driver.as_ref() {
        return is_passing(database.as_ref());
    }
    is_lost_connection(driver)
}

fn is_lost_connection(driver: &sqlx::Error) -> bool {
    use sqlx::Error::{BeginFailed, Io, PoolClosed, PoolTimedOut, Protocol, WorkerCrashed};
    matches!(driver, BeginFailed | Io(_) | PoolClosed | PoolTimedOut | Protocol(_) | WorkerCrashed)
}

fn is_passing(error: &(dyn DatabaseError + 'static)) -> bool {
    let code = error.code().unwrap_or_default();
    if error.try_downcast_ref::<PgDatabaseError>().is_some() {
        passes_in_postgres(&code)
    } else {
        passes_in_sqlite(&code)
    }
}

/// Whether a SQLSTATE tells of the connection, the server, its resources or a lock, rather than of the statement.
fn passes_in_postgres(code: &str) -> bool {
    /// Connections, transactions that were rolled back, resources, operators, the system.
    const CLASSES: [&str; 5] = ["08", "40", "53", "57", "58"];
    /// A lock was not to be had; the transaction stood still for too long; the server has become a replica.
    const CODES: [&str; 3] = ["55P03", "25P03", "25006"];
    code.get(..2).is_some_and(|class| CLASSES.contains(&class)) || CODES.contains(&code)
}

/// Whether SQLite's extended result code tells of a lock, a disk or a file, rather than of the statement.
fn passes_in_sqlite(code: &str) -> bool {
    /// SQLITE_BUSY, LOCKED, IOERR, FULL, CANTOPEN and PROTOCOL, which are the low byte of an extended code.
    const PASSING: [u32; 6] = [5, 6, 10, 13, 14, 15];
    code.parse::<u32>().is_ok_and(|code| PASSING.contains(&(code & 0xff)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks_and_disks_pass_while_constraints_stay() {
        for passing in ["5", "517", "261", "6", "10", "778", "13", "14"] {
            assert!(passes_in_sqlite(passing), "{passing}");
        }
        for lasting in ["1", "8", "11", "19", "26", "1555", "1811", "2067", "", "full"] {
            assert!(!passes_in_sqlite(lasting), "{lasting}");
        }
    }

    #[test]
    fn servers_and_locks_pass_while_statements_stay_wrong() {
        for passing in
            ["08006", "40001", "40P01", "53100", "53300", "55P03", "57P01", "57P03", "57014", "58030", "25006"]
        {
            assert!(passes_in_postgres(passing), "{passing}");
        }
        for lasting in ["22021", "23505", "25P02", "42P01", "P0001", "XX000", ""] {
            assert!(!passes_in_postgres(lasting), "{lasting}");
        }
    }
}
