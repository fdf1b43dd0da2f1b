//! Connections: one writer and some readers on one SQLite file, and the only transactions of the program.
//!
//! The writer is a pool of one connection, so writers queue up instead of failing on a lock. A write transaction
//! takes SQLite's lock at once: one that began by reading could not take it later without losing what it read.
//! Deliberately absent: queries, and databases in memory.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sea_orm::prelude::async_trait::async_trait;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult,
    QueryResult, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};

use crate::store::failure::Failure;
use crate::store::ledger;
use crate::store::seal::Vault;

/// How long a call waits for a connection before it is told that the database is not available.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long SQLite waits for a lock that another process holds, such as a backup.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How many prepared statements a connection keeps: more than the memory has texts.
const STATEMENTS: usize = 512;
/// What `PRAGMA synchronous` answers for FULL: a commit is on the disk before it is answered.
const SYNCHRONOUS_FULL: i64 = 2;

/// Where the ledger lies, and how many may read it at once.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The database file, made at the first start; its folder must exist.
    pub path: PathBuf,
    /// How many reads run at the same time; at least one does.
    pub readers: u32,
    /// The key file, made at the first start; without it personal data is lost.
    pub key_file: PathBuf,
}

/// The open ledger.
#[derive(Debug)]
pub struct Store {
    writer: DatabaseConnection,
    readers: DatabaseConnection,
    vault: Vault,
}

/// A write transaction. What is not committed is undone when the value is dropped.
#[derive(Debug)]
pub struct Write {
    transaction: DatabaseTransaction,
}

/// A read transaction: all its queries see the ledger as it was at the first of them.
#[derive(Debug)]
pub struct Read {
    transaction: DatabaseTransaction,
}

/// A transaction that can be read, whether it also writes or not. The floors above load through it without
/// knowing the driver.
pub trait Readable: ConnectionTrait {}

impl Readable for Write {}
impl Readable for Read {}

impl Store {
    /// Opens the ledger, makes it at the first start, and brings its schema up to date.
    pub async fn open(settings: &Settings) -> Result<Store, Failure> {
        let path = &settings.path;
        check_place(path)?;
        // The writer comes first: it makes the file and its journal, which a reader may not.
        let writer = connect(path, 1, writer_options).await?;
        check_durability(&writer, path).await?;
        krama_migrations::bring_up_to_date(&writer).await.map_err(|error| {
            let problem = "the schema cannot be brought up to date; was the ledger written by a newer release?";
            Failure::unusable_because(path, problem, error)
        })?;
        let vault = unlock(&writer, settings).await?;
        let readers = connect(path, settings.readers.max(1), reader_options).await?;
        Ok(Store { writer, readers, vault })
    }

    /// Begins the one write transaction; waits while another holds it.
    pub async fn begin(&self) -> Result<Write, Failure> {
        let transaction = begin(&self.writer, SqliteTransactionMode::Immediate).await?;
        Ok(Write { transaction })
    }

    /// Begins a read that sees one state of the ledger. It ends when it is dropped; one that is kept long keeps the
    /// write-ahead log from being cleared.
    pub async fn read(&self) -> Result<Read, Failure> {
        let transaction = begin(&self.readers, SqliteTransactionMode::Deferred).await?;
        Ok(Read { transaction })
    }

    /// What seals and unseals personal data.
    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Closes the files after the work under way; the last step of an orderly stop.
    pub async fn close(&self) -> Result<(), Failure> {
        // The writer goes last, because the last connection to leave clears the write-ahead log.
        self.readers.close_by_ref().await?;
        Ok(self.writer.close_by_ref().await?)
    }
}

impl Write {
    /// Makes everything that was written durable and visible, at once.
    pub async fn commit(self) -> Result<(), Failure> {
        Ok(self.transaction.commit().await?)
    }

    /// Undoes everything that was written.
    pub async fn rollback(self) -> Result<(), Failure> {
        Ok(self.transaction.rollback().await?)
    }
}

/// Hands the queries of this floor on to the driver's transaction, which stays hidden.
macro_rules! delegate_connection {
    ($name:ident) => {
        #[async_trait]
        impl ConnectionTrait for $name {
            fn get_database_backend(&self) -> DbBackend {
                self.transaction.get_database_backend()
            }

            async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
                self.transaction.execute_raw(statement).await
            }

            async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
                self.transaction.execute_unprepared(sql).await
            }

            async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
                self.transaction.query_one_raw(statement).await
            }

            async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
                self.transaction.query_all_raw(statement).await
            }
        }
    };
}

delegate_connection!(Write);
delegate_connection!(Read);

/// The only place where a transaction begins.
async fn begin(pool: &DatabaseConnection, mode: SqliteTransactionMode) -> Result<DatabaseTransaction, Failure> {
    let options = TransactionOptions { sqlite_transaction_mode: Some(mode), ..TransactionOptions::default() };
    Ok(pool.begin_with_options(options).await?)
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
        // Otherwise INSERT OR REPLACE would delete a row of an append-only table past its trigger.
        .pragma("recursive_triggers", "1")
}

/// What the readers ask of SQLite: a statement that writes fails on them.
fn reader_options(defaults: SqliteConnectOptions) -> SqliteConnectOptions {
    defaults.create_if_missing(false).pragma("query_only", "1")
}

async fn connect(
    path: &Path,
    count: u32,
    role: fn(SqliteConnectOptions) -> SqliteConnectOptions,
) -> Result<DatabaseConnection, Failure> {
    // The address only chooses the driver; the path goes in by itself, since an address would have to escape it.
    let mut options = ConnectOptions::new("sqlite://ledger");
    let file = path.to_owned();
    options
        .max_connections(count)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .sqlx_logging(false)
        .record_stmt_in_spans(false)
        .map_sqlx_sqlite_opts(move |defaults| {
            let shared = defaults.filename(&file).busy_timeout(BUSY_TIMEOUT);
            role(shared.statement_cache_capacity(STATEMENTS))
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

async fn pragma<T: sea_orm::TryGetable>(conn: &impl ConnectionTrait, sql: &str) -> Result<T, Failure> {
    let row = conn.query_one_raw(Statement::from_string(conn.get_database_backend(), sql)).await?;
    let row = row.ok_or_else(|| Failure::Internal("a pragma answered nothing".into()))?;
    Ok(row.try_get_by_index(0)?)
}

/// The vault of this ledger. A new ledger takes a new key or one laid ready; an old one takes its own and no other,
/// since rows sealed under two keys could never be told apart.
async fn unlock(writer: &DatabaseConnection, settings: &Settings) -> Result<Vault, Failure> {
    let write = Write { transaction: begin(writer, SqliteTransactionMode::Immediate).await? };
    let Some(key_check) = ledger::key_check(&write).await? else {
        let vault = Vault::open_or_make(&settings.key_file)?;
        ledger::found(&write, &vault.key_check()).await?;
        write.commit().await?;
        return Ok(vault);
    };
    write.rollback().await?;
    let vault = Vault::open(&settings.key_file)?;
    if vault.key_check() != key_check {
        let problem = "this is not the key file under which the ledger was written; bring back the right one";
        return Err(Failure::unusable(&settings.key_file, problem));
    }
    Ok(vault)
}
