//! PostgreSQL: how its database is reached, and what is asked of it so that a commit survives a loss of power.
//!
//! Several servers may share a database. The writer lock is an advisory lock that ends with its transaction, so it
//! cannot be left behind by a server that dies. Deliberately absent: any table, and encryption on the way to the
//! database, which is reached by a socket or within one protected network.

use std::fmt;

use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::sqlx::{self, ConnectOptions as _, Connection as _};
use sea_orm::{
    AccessMode, ConnectionTrait, Database, DatabaseConnection, IsolationLevel, Statement, TransactionOptions,
};

use crate::store::connection::{Present, STATEMENTS, Settings, common};
use crate::store::failure::Failure;

/// Takes the writer lock of this database until the transaction ends; waits for it in the order of asking. The pair of
/// numbers is the lock's name, "KRAM" and 1. Then announces the transaction: a lock whose number is an instant before
/// everything that it will make known.
pub(super) const WRITER_LOCK: &str = "SELECT pg_advisory_xact_lock(1263681869, 1); \
     SELECT pg_advisory_xact_lock((extract(epoch FROM clock_timestamp()) * 1000000)::bigint)";

/// The instant of asking, what is announced, and where the clock of a sandbox stands. A number that is no instant of
/// this hour is the lock of something else in this database.
const PRESENT: &str = "SELECT now, \
     (SELECT min(key) FROM (SELECT (classid::bigint << 32) | objid::bigint AS key FROM pg_locks \
      WHERE locktype = 'advisory' AND objsubid = 1 AND granted \
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS announced \
      WHERE key BETWEEN now - 3600000000 AND now + 3600000000), \
     (SELECT sandbox_clock FROM ledger) \
     FROM (SELECT (extract(epoch FROM statement_timestamp()) * 1000000)::bigint AS now) AS asked";

/// Lets the statements of one transaction take as long as they need.
pub(super) const WITHOUT_HASTE: &str =
    "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0";

/// What the database must be set to, each with the settings that will do.
const NEEDED: [(&str, &[&str]); 4] = [
    ("fsync", &["on"]),
    ("full_page_writes", &["on"]),
    ("synchronous_commit", &["on", "remote_apply"]),
    ("server_encoding", &["UTF8"]),
];

/// The address of a database. It prints without its user and password.
#[derive(Clone)]
pub(super) struct Address(PgConnectOptions);

impl Address {
    pub(super) fn parse(address: &str) -> Result<Address, Failure> {
        // What the parser complains of could repeat the password.
        address.parse().map(Address).map_err(|_| {
            let problem = "is no address of a PostgreSQL database; write postgres://USER@HOST/DATABASE, or \
                           postgres:///DATABASE?host=/FOLDER for a socket";
            Failure::unusable("store.url", problem)
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Address(options) = self;
        write!(f, "the PostgreSQL database {} at ", options.get_database().unwrap_or("of the user"))?;
        match options.get_socket() {
            Some(socket) => write!(f, "{}", socket.display()),
            None => write!(f, "{}:{}", options.get_host(), options.get_port()),
        }
    }
}

/// A pool of connections.
pub(super) async fn connect(address: &Address, settings: &Settings, count: u32) -> Result<DatabaseConnection, Failure> {
    // The address here only chooses the driver; the true one may hold a password, which the driver would trace.
    let mut options = common("postgres://ledger", count, settings);
    let milliseconds = settings.statement_patience.as_millis().to_string();
    let true_address = address.0.clone();
    // A connection that broke while it was idle is found out and replaced before it is used. One that is given back in
    // the middle of a statement must show that it still answers, or it would keep its place in the pool until the
    // network gives it up, which may take a quarter of an hour.
    let patience = settings.connection_patience;
    options.test_before_acquire(true).map_sqlx_postgres_pool_opts(move |pool| {
        pool.after_release(move |conn, _| {
            Box::pin(async move {
                let answered = tokio::time::timeout(patience, conn.ping()).await;
                answered.unwrap_or_else(|_| Err(sqlx::Error::PoolTimedOut)).map(|()| true)
            })
        })
    });
    options.map_sqlx_postgres_opts(move |_| {
        let bounded = true_address.clone().application_name("krama").options([
            ("statement_timeout", milliseconds.as_str()),
            // A server that is gone without a word, or stands still, must not hold the writer lock for ever.
            ("idle_in_transaction_session_timeout", milliseconds.as_str()),
        ]);
        bounded.statement_cache_capacity(STATEMENTS).disable_statement_logging()
    });
    Database::connect(options)
        .await
        .map_err(|error| Failure::unusable_because(address.to_string(), "the database cannot be reached", error))
}

/// A transaction that sees one state, from its first query on, and cannot write.
pub(super) fn reading() -> TransactionOptions {
    TransactionOptions {
        isolation_level: Some(IsolationLevel::RepeatableRead),
        access_mode: Some(AccessMode::ReadOnly),
        ..TransactionOptions::default()
    }
}

/// The present of all servers that share this database.
pub(super) async fn present(conn: &impl ConnectionTrait) -> Result<Present, Failure> {
    let row = conn.query_one_raw(Statement::from_string(conn.get_database_backend(), PRESENT)).await?;
    let row = row.ok_or_else(|| Failure::Internal("the present was not answered".into()))?;
    Ok(Present {
        now: row.try_get_by_index(0)?,
        coming: row.try_get_by_index(1)?,
        sandbox_clock: row.try_get_by_index(2)?,
    })
}

/// Refuses a database that would lose what was acknowledged, or that cannot hold every letter.
pub(super) async fn check_durability(conn: &DatabaseConnection, address: &Address) -> Result<(), Failure> {
    for (name, enough) in NEEDED {
        let asked = Statement::from_string(conn.get_database_backend(), format!("SHOW {name}"));
        let row = conn.query_one_raw(asked).await?;
        let row = row.ok_or_else(|| Failure::Internal("a setting answered nothing".into()))?;
        let set: String = row.try_get_by_index(0)?;
        if !enough.contains(&set.as_str()) {
            let problem = format!(
                "{name} is {set} where {} is needed, or what was acknowledged could be lost; change it in the \
                 database and start again",
                enough.join(" or ")
            );
            return Err(Failure::unusable(address.to_string(), problem));
        }
    }
    Ok(())
}
