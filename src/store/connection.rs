//! Connections: one writer and some readers on one ledger, and the only transactions of the program.
//!
//! A write transaction holds the writer lock of its database from the first statement to the end: SQLite's own, or an
//! advisory lock in PostgreSQL. So one writes at a time, however many servers share the database, and nothing that a
//! writer has loaded grows old before it commits. What is peculiar to either database is in a file of its own.
//! Deliberately absent: queries, and databases in memory.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::prelude::async_trait::async_trait;
use sea_orm::{
    ConnectOptions, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult,
    QueryResult, Statement, TransactionOptions, TransactionTrait,
};
use tokio::sync::Notify;

use crate::store::failure::Failure;
use crate::store::ledger;
use crate::store::seal::Vault;

mod log;
mod postgres;
mod sqlite;

/// How many prepared statements a connection keeps: more than the memory has texts.
const STATEMENTS: usize = 512;

/// How many connections may be open to write in PostgreSQL. The writer lock lets one of them write; the others replace
/// one that is given up without an answer.
const WRITERS: u32 = 3;

/// Where the ledger lies, and how it is worked with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Which database holds it.
    pub place: Place,
    /// The key file, made at the first start; without it personal data is lost.
    pub key_file: PathBuf,
    /// How many reads run at the same time; at least one does.
    pub readers: u32,
    /// How long a call waits for a connection before it is told that the database is not available.
    pub connection_patience: Duration,
    /// How long a statement may take, with the waiting for its locks; in PostgreSQL a transaction may idle as long.
    pub statement_patience: Duration,
}

/// Which database holds the ledger.
#[derive(Clone)]
pub enum Place {
    /// A SQLite file, made at the first start; its folder must exist.
    File(PathBuf),
    /// A PostgreSQL database by its address, `postgres://...`; it must exist, its tables are made at the first start.
    Postgres(String),
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Place::File(path) => f.debug_tuple("File").field(path).finish(),
            // The address may hold a password.
            Place::Postgres(_) => f.write_str("Postgres(..)"),
        }
    }
}

/// The open ledger.
#[derive(Debug)]
pub struct Store {
    writer: DatabaseConnection,
    readers: DatabaseConnection,
    /// What copies the log of SQLite; PostgreSQL sees to its own.
    log: Option<log::Log>,
    vault: Vault,
    write_patience: Duration,
    close_patience: Duration,
}

/// A write transaction. What is not committed is undone when the value is dropped.
#[derive(Debug)]
pub struct Write {
    transaction: DatabaseTransaction,
    /// Who is told of the commit.
    committed: Option<Arc<Notify>>,
}

/// A read transaction: all its queries see the ledger as it was at the first of them.
#[derive(Debug)]
pub struct Read {
    transaction: DatabaseTransaction,
}

/// The present, as all servers that share a database agree upon it: none of them trusts its own clock.
///
/// What is told "as known now" must not change later. A reader that asks for the present before it reads tells an
/// instant before `coming`; a writer that is not announced yet will find a later `now`, since it asks after announcing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Present {
    /// What the clock of the database shows, in microseconds of UTC.
    pub now: i64,
    /// Set while somebody writes: what is being written becomes known after this.
    pub coming: Option<i64>,
    /// Where the clock of a sandbox stands.
    pub sandbox_clock: Option<i64>,
}

/// A transaction that can be read, whether it also writes or not. The floors above load through it without
/// knowing the driver.
pub trait Readable: ConnectionTrait {}

impl Readable for Write {}
impl Readable for Read {}

impl Store {
    /// Opens the ledger, makes it at the first start, and brings its schema up to date.
    pub async fn open(settings: &Settings) -> Result<Store, Failure> {
        // The writer comes first: in SQLite it makes the file and its journal, which a reader may not.
        match &settings.place {
            Place::File(path) => {
                let writer = sqlite::writer(path, settings).await?;
                let vault = prepare(&writer, settings, path.as_os_str()).await?;
                sqlite::undo_in_memory(&writer).await?;
                let readers = sqlite::readers(path, settings).await?;
                let log = Some(log::Log::copied_by(sqlite::copier(path, settings).await?));
                // A file of this machine does not fall silent.
                let (write_patience, close_patience) = (Duration::MAX, Duration::MAX);
                Ok(Store { writer, readers, log, vault, write_patience, close_patience })
            }
            Place::Postgres(address) => {
                let address = postgres::Address::parse(address)?;
                let writer = postgres::connect(&address, settings, WRITERS).await?;
                postgres::check_durability(&writer, &address).await?;
                let vault = prepare(&writer, settings, address.to_string().as_ref()).await?;
                let readers = postgres::connect(&address, settings, settings.readers.max(1)).await?;
                // The database itself bounds each statement; this is for one that does not even say no any more.
                let write_patience = settings.connection_patience + 2 * settings.statement_patience;
                let close_patience = settings.connection_patience;
                Ok(Store { writer, readers, log: None, vault, write_patience, close_patience })
            }
        }
    }

    /// Begins the one write transaction; waits while another holds it.
    pub async fn begin(&self) -> Result<Write, Failure> {
        let committed = self.log.as_ref().map(log::Log::committed);
        Ok(Write { committed, ..begin(&self.writer).await? })
    }

    /// The present that several servers agree upon; none in SQLite, which has one server. It is asked before the read
    /// that it is to hold for begins.
    pub async fn present(&self) -> Result<Option<Present>, Failure> {
        if is_postgres(&self.readers) { Ok(Some(postgres::present(&self.readers).await?)) } else { Ok(None) }
    }

    /// Begins a read that sees one state of the ledger. It ends when it is dropped; one that is kept long keeps
    /// SQLite's write-ahead log from being cleared, and PostgreSQL from vacuuming.
    pub async fn read(&self) -> Result<Read, Failure> {
        let options = if is_postgres(&self.readers) { postgres::reading() } else { sqlite::reading() };
        Ok(Read { transaction: self.readers.begin_with_options(options).await? })
    }

    /// A connection for a single statement, which sees one state by itself.
    pub(crate) fn single(&self) -> &DatabaseConnection {
        &self.readers
    }

    /// Waits for `work`, which is one write transaction from its begin to its end, but not for ever.
    pub async fn in_time<T>(&self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        let in_time = tokio::time::timeout(self.write_patience, work).await;
        in_time.unwrap_or_else(|_| Err(Failure::Unavailable("the database did not answer in time".into())))
    }

    /// What seals and unseals personal data.
    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Closes the connections after the work under way; the last step of an orderly stop. One that fell silent is not
    /// waited for.
    pub async fn close(&self) -> Result<(), Failure> {
        // The writer goes last, because in SQLite the last connection to leave clears the write-ahead log.
        if let Some(log) = &self.log {
            log.close().await?;
        }
        let readers = tokio::time::timeout(self.close_patience, self.readers.close_by_ref()).await;
        let writer = tokio::time::timeout(self.close_patience, self.writer.close_by_ref()).await;
        for closed in [readers, writer] {
            closed.map_err(|late| Failure::Unavailable(late.into()))??;
        }
        Ok(())
    }
}

impl Write {
    /// The present that several servers agree upon; none in SQLite, which has one server.
    pub async fn present(&self) -> Result<Option<Present>, Failure> {
        if is_postgres(self) { Ok(Some(postgres::present(self).await?)) } else { Ok(None) }
    }

    /// Makes everything that was written durable and visible, at once.
    pub async fn commit(self) -> Result<(), Failure> {
        self.transaction.commit().await?;
        if let Some(committed) = self.committed {
            committed.notify_one();
        }
        Ok(())
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

/// Whether a connection leads to PostgreSQL; the only other database is SQLite.
pub(crate) fn is_postgres(conn: &impl ConnectionTrait) -> bool {
    conn.get_database_backend() == DbBackend::Postgres
}

/// The only place where a writing transaction begins.
async fn begin(writer: &DatabaseConnection) -> Result<Write, Failure> {
    if is_postgres(writer) {
        let transaction = writer.begin_with_options(TransactionOptions::default()).await?;
        transaction.execute_unprepared(postgres::WRITER_LOCK).await?;
        return Ok(Write { transaction, committed: None });
    }
    Ok(Write { transaction: writer.begin_with_options(sqlite::writing()).await?, committed: None })
}

/// What both databases are connected to with.
fn common(address: &str, count: u32, settings: &Settings) -> ConnectOptions {
    let mut options = ConnectOptions::new(address);
    options
        .max_connections(count)
        .acquire_timeout(settings.connection_patience)
        .idle_timeout(None)
        .max_lifetime(None)
        .sqlx_logging(false)
        .record_stmt_in_spans(false);
    options
}

/// Brings the schema up to date and finds the vault, in one write transaction: of several servers that start at once
/// on a new database, one makes the ledger and the others find it made.
async fn prepare(writer: &DatabaseConnection, settings: &Settings, place: &OsStr) -> Result<Vault, Failure> {
    let write = begin(writer).await?;
    if is_postgres(writer) {
        // A step of the schema may have much to move, and other servers wait for it.
        write.execute_unprepared(postgres::WITHOUT_HASTE).await?;
    }
    krama_migrations::bring_up_to_date(&write.transaction).await.map_err(|error| {
        let problem = "the schema cannot be brought up to date; was the ledger written by a newer release?";
        Failure::unusable_because(place, problem, error)
    })?;
    let vault = unlock(&write, settings).await?;
    write.commit().await?;
    Ok(vault)
}

/// The vault of this ledger. A new ledger takes a new key or one laid ready; an old one takes its own and no other,
/// since rows sealed under two keys could never be told apart.
async fn unlock(write: &Write, settings: &Settings) -> Result<Vault, Failure> {
    let Some(key_check) = ledger::key_check(write).await? else {
        let vault = Vault::open_or_make(&settings.key_file)?;
        ledger::found(write, &vault.key_check()).await?;
        return Ok(vault);
    };
    let vault = Vault::open(&settings.key_file)?;
    if vault.key_check() != key_check {
        let problem = "this is not the key file under which the ledger was written; bring back the right one";
        return Err(Failure::unusable(&settings.key_file, problem));
    }
    Ok(vault)
}
