//! SQLite: how its file is opened, and what is asked of it so that a commit survives a loss of power.
//!
//! The writer is a pool of one connection, so writers queue up instead of failing on a lock. A write transaction
//! takes SQLite's lock at once: one that began by reading could not take it later without losing what it read.
//! Deliberately absent: any table.

use std::path::Path;
use std::time::Duration;

use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ConnectionTrait, Database, DatabaseConnection, SqliteTransactionMode, Statement, TransactionOptions, TryGetable,
};

use crate::store::connection::{STATEMENTS, Settings, common};
use crate::store::failure::Failure;

/// How much of the file the connection that writes keeps in memory, in KiB: the upper part of every index. With less,
/// each batch reads them again.
const WRITER_CACHE_KIB: u32 = 65_536;
/// After how many pages of the log, 4 KiB each, the batch that filled it copies into the file whatever was not copied beside
/// it, so that the log begins anew. Many batches share that, and a page that several of them wrote is copied once.
const CHECKPOINT_PAGES: u32 = 32_768;
/// How many rows of an answer the thread of a connection reads before it waits for somebody to take them: about what a batch
/// asks for. Else it would be woken for every few.
const ROWS_AHEAD: usize = 4_096;
/// How long SQLite waits for a lock that another process holds, such as a backup.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// What `PRAGMA synchronous` answers for FULL: a commit is on the disk before it is answered.
const SYNCHRONOUS_FULL: i64 = 2;

/// The one connection that writes.
pub(super) async fn writer(path: &Path, settings: &Settings) -> Result<DatabaseConnection, Failure> {
    check_place(path)?;
    let writer = connect(path, settings, 1, writer_options).await?;
    check_durability(&writer, path).await?;
    Ok(writer)
}

/// Keeps in memory what it takes to undo one statement, once the schema is up to date: a statement of a batch changes few
/// pages, and would write them to a file that nobody reads. A step of the schema may sort and change a whole table, and a
/// connection that had to be opened anew is only slower.
pub(super) async fn undo_in_memory(writer: &DatabaseConnection) -> Result<(), Failure> {
    writer.execute_unprepared("PRAGMA temp_store = MEMORY").await?;
    Ok(())
}

/// The connections that read.
pub(super) async fn readers(path: &Path, settings: &Settings) -> Result<DatabaseConnection, Failure> {
    connect(path, settings, settings.readers.max(1), reader_options).await
}

/// The connection that copies the log.
pub(super) async fn copier(path: &Path, settings: &Settings) -> Result<DatabaseConnection, Failure> {
    connect(path, settings, 1, |defaults| defaults.create_if_missing(false).synchronous(SqliteSynchronous::Full)).await
}

/// A transaction that takes the writer lock at once.
pub(super) fn writing() -> TransactionOptions {
    TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    }
}

/// A transaction that sees one state, from its first query on.
pub(super) fn reading() -> TransactionOptions {
    TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Deferred),
        ..TransactionOptions::default()
    }
}

/// Says in plain words what the driver would report as "unable to open database file".
fn check_place(path: &Path) -> Result<(), Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        return Err(Failure::unusable(folder, "the folder of the database does not exist; make it first"));
    }
    if path.is_dir() {
        return Err(Failure::unusable(path, "the database must be a file, and this is a folder"));
    }
    Ok(())
}

/// What the writer asks of SQLite, on every connection that its pool may ever open.
fn writer_options(defaults: SqliteConnectOptions) -> SqliteConnectOptions {
    defaults
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .pragma("cache_size", format!("-{WRITER_CACHE_KIB}"))
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES.to_string())
        // Otherwise INSERT OR REPLACE would delete a row of an append-only table past its trigger.
        .pragma("recursive_triggers", "1")
}

/// What the readers ask of SQLite: a statement that writes fails on them.
fn reader_options(defaults: SqliteConnectOptions) -> SqliteConnectOptions {
    defaults.create_if_missing(false).pragma("query_only", "1")
}

async fn connect(
    path: &Path,
    settings: &Settings,
    count: u32,
    role: fn(SqliteConnectOptions) -> SqliteConnectOptions,
) -> Result<DatabaseConnection, Failure> {
    // The address only chooses the driver; the path goes in by itself, since an address would have to escape it.
    let mut options = common("sqlite://ledger", count, settings);
    let file = path.to_owned();
    options.test_before_acquire(false).map_sqlx_sqlite_opts(move |defaults| {
        let shared = defaults.filename(&file).busy_timeout(BUSY_TIMEOUT);
        role(shared.statement_cache_capacity(STATEMENTS).row_buffer_size(ROWS_AHEAD))
    });
    Database::connect(options)
        .await
        .map_err(|error| Failure::unusable_because(path, "the database cannot be opened", error))
}

/// Reads back what was asked for, because SQLite falls silently back where a file system cannot do it.
async fn check_durability(writer: &DatabaseConnection, path: &Path) -> Result<(), Failure> {
    let journal: String = pragma(writer, "PRAGMA journal_mode").await?;
    let synchronous: i64 = pragma(writer, "PRAGMA synchronous").await?;
    if journal != "wal" || synchronous != SYNCHRONOUS_FULL {
        let problem = format!(
            "the database is not durable here: journal_mode is {journal} and synchronous is {synchronous}, \
             where wal and {SYNCHRONOUS_FULL} are needed; is it on a network file system?"
        );
        return Err(Failure::unusable(path, problem));
    }
    Ok(())
}

async fn pragma<T: TryGetable>(conn: &impl ConnectionTrait, sql: &str) -> Result<T, Failure> {
    let row = conn.query_one_raw(Statement::from_string(conn.get_database_backend(), sql)).await?;
    let row = row.ok_or_else(|| Failure::Internal("a pragma answered nothing".into()))?;
    Ok(row.try_get_by_index(0)?)
}
