//! A database of its own for a test, in the PostgreSQL that `tools/postgres` starts for the tests.
//!
//! The cluster is started when the first test asks for it, and left running for the next; each test makes a database
//! and drops it. The tests of the service use this file too. Deliberately absent: any table.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::{fs, thread};

use sea_orm::{ConnectOptions, ConnectionTrait as _, Statement};
use uuid::Uuid;

/// The first number that PostgreSQL gives to a table that is not its own.
const FIRST_OWN: u32 = 16_384;

/// A fresh database, which is dropped with the value.
#[derive(Debug)]
pub(crate) struct Database {
    cluster: PathBuf,
    name: String,
}

impl Database {
    /// A database in the cluster that the tests share.
    pub(crate) fn new() -> Database {
        static SHARED: OnceLock<PathBuf> = OnceLock::new();
        Database::on(SHARED.get_or_init(|| tool(&["start"])))
    }

    /// A database in the cluster whose socket lies in a folder.
    pub(crate) fn on(cluster: &Path) -> Database {
        let name = format!("krama_{}", Uuid::new_v4().simple());
        // Nobody can be connected to this template, so it can be copied at any time.
        execute(cluster, format!("CREATE DATABASE {name} TEMPLATE template0"));
        Database { cluster: cluster.to_owned(), name }
    }

    /// Its address.
    pub(crate) fn url(&self) -> String {
        url(&self.cluster, &self.name)
    }

    /// The bytes of the files of its own tables as they lie on the disk.
    pub(crate) fn files(&self) -> Vec<u8> {
        execute(&self.cluster, "CHECKPOINT".to_owned());
        let oid = answer(&self.cluster, format!("SELECT oid::text FROM pg_database WHERE datname = '{}'", self.name));
        let folder = self.cluster.join("data/base").join(oid.expect("the database is listed"));
        let files = fs::read_dir(folder).expect("the files of the database can be listed");
        let named = files.map(|file| file.expect("a file").path());
        // The files of PostgreSQL's own tables have lesser numbers.
        let own = named.filter(|path| path.file_stem().and_then(OsStr::to_str).and_then(number) >= Some(FIRST_OWN));
        own.flat_map(|path| fs::read(path).expect("it can be read")).collect()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        execute(&self.cluster, format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

/// Runs `tools/postgres` and answers the folder that it prints.
pub(crate) fn tool(arguments: &[&str]) -> PathBuf {
    let tool = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/postgres");
    let output = Command::new(tool).args(arguments).output().expect("tools/postgres can be run");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "tools/postgres {}: {complaint}", arguments.join(" "));
    PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())
}

/// The number with which the name of a file begins.
fn number(name: &str) -> Option<u32> {
    name.split(['_', '.']).next()?.parse().ok()
}

fn url(cluster: &Path, database: &str) -> String {
    format!("postgres://krama@localhost/{database}?host={}", cluster.display())
}

fn execute(cluster: &Path, sql: String) {
    answer(cluster, sql);
}

/// Runs a statement as the owner of the cluster, and answers the first text of its first row. It has a thread of its
/// own, because a test drops its database wherever it ends.
fn answer(cluster: &Path, sql: String) -> Option<String> {
    let mut options = ConnectOptions::new(url(cluster, "postgres"));
    options.max_connections(1).sqlx_logging(false);
    let run = async move {
        let conn = sea_orm::Database::connect(options).await?;
        let row = conn.query_one_raw(Statement::from_string(sea_orm::DbBackend::Postgres, sql)).await?;
        conn.close().await?;
        row.map(|row| row.try_get_by_index(0)).transpose()
    };
    let ran = thread::spawn(move || {
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(run)
    });
    ran.join().expect("the statement ends").expect("the statement is run")
}
