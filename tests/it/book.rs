//! The ledger's database, read beside the server: what it holds, and what it noted of each call.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, Statement};

use crate::world::{Folder, ON_POSTGRES};

/// A call was accepted and recorded.
pub(crate) const ACCEPTED: i16 = 1;
/// A call was refused.
pub(crate) const REFUSED: i16 = 2;
/// A call was a rehearsal.
pub(crate) const REHEARSED: i16 = 3;
/// A call had been accepted before.
pub(crate) const REPEATED: i16 = 4;

/// What a ledger shows in which nothing changed.
pub(crate) const UNCHANGED: [String; 0] = [];

/// How the tables but the audit, the columns of one, and a value as text are asked for.
type Dialect = (&'static str, &'static str, &'static str);

const SQLITE: Dialect = (
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'audit' ORDER BY name",
    "SELECT name FROM pragma_table_info('TABLE')",
    "quote(\"COLUMN\")",
);
const POSTGRES: Dialect = (
    "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'audit' ORDER BY 1",
    "SELECT attname::text FROM pg_attribute WHERE attrelid = 'TABLE'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
    "quote_nullable(\"COLUMN\")",
);

/// Every row of every table but the audit, as text.
pub(crate) type Content = BTreeMap<String, Vec<String>>;

/// An audit entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Entry {
    /// Its number.
    pub(crate) id: i64,
    /// Which caller.
    pub(crate) caller: String,
    /// In which role, by its number in the contract.
    pub(crate) role: i16,
    /// Which RPC.
    pub(crate) method: String,
    /// How it ended.
    pub(crate) outcome: i16,
    /// Why, if it was refused; empty otherwise.
    pub(crate) reason: String,
    /// The position that it answered, if any.
    pub(crate) position: Option<i64>,
    /// The person behind the caller; empty where none was named.
    pub(crate) user: String,
}

/// The database of a ledger, open for reading.
#[derive(Debug)]
pub(crate) struct Book(DatabaseConnection);

impl Book {
    /// Opens the ledger of a folder.
    pub(crate) async fn open(folder: &Folder) -> Book {
        let address = if ON_POSTGRES { folder.url() } else { "sqlite://ledger".to_owned() };
        let mut options = ConnectOptions::new(address);
        let file = folder.ledger();
        options.max_connections(1).sqlx_logging(false).map_sqlx_sqlite_opts(move |defaults| {
            defaults.filename(&file).create_if_missing(false).pragma("query_only", "1")
        });
        Book(Database::connect(options).await.expect("the ledger can be read"))
    }

    /// Writes past the server, which nobody but a test does, to see that it is found out.
    pub(crate) async fn falsify(&self, sql: &str) {
        if !ON_POSTGRES {
            self.0.execute_unprepared("PRAGMA query_only = 0").await.expect("the ledger can be written");
        }
        self.0.execute_unprepared(sql).await.expect("the ledger is falsified");
    }

    /// The texts that a query answers.
    pub(crate) async fn texts(&self, sql: &str) -> Vec<String> {
        let rows = self.0.query_all_raw(self.statement(sql)).await;
        let rows = rows.expect("the query can be run");
        rows.iter().map(|row| row.try_get_by_index(0).expect("a text")).collect()
    }

    fn statement(&self, sql: &str) -> Statement {
        Statement::from_string(self.0.get_database_backend(), sql)
    }

    /// A number that a query answers.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        let row = self.0.query_one_raw(self.statement(sql)).await;
        row.expect("the query can be run").expect("a row").try_get_by_index(0).expect("a number")
    }

    /// Everything that the ledger holds, except the audit.
    pub(crate) async fn content(&self) -> Content {
        let (tables, columns_of, quote) = if ON_POSTGRES { POSTGRES } else { SQLITE };
        let mut content = Content::new();
        for table in self.texts(tables).await {
            let columns = self.texts(&columns_of.replace("TABLE", &table)).await;
            let quoted: Vec<String> = columns.iter().map(|column| quote.replace("COLUMN", column)).collect();
            let rows = format!("SELECT {} AS line FROM \"{table}\" ORDER BY line", quoted.join(" || ',' || "));
            content.insert(table.clone(), self.texts(&rows).await);
        }
        content
    }

    /// The rows, each with its table, that are not as they were: those that went, and those that came.
    pub(crate) async fn changed_since(&self, before: &Content) -> Vec<String> {
        let (before, after) = (rows(before), rows(&self.content().await));
        let gone = before.difference(&after).map(|row| format!("- {row}"));
        gone.chain(after.difference(&before).map(|row| format!("+ {row}"))).collect()
    }

    /// The audit entries after one of them.
    pub(crate) async fn audit_after(&self, id: i64) -> Vec<Entry> {
        let sql = format!(
            "SELECT id, caller, role, method, outcome, coalesce(reason, ''), position, coalesce(user_name, '') \
             FROM audit WHERE id > {id} ORDER BY id"
        );
        let rows = self.0.query_all_raw(self.statement(&sql)).await;
        let rows = rows.expect("the audit can be read");
        let entry = |row: &sea_orm::QueryResult| -> Result<Entry, sea_orm::DbErr> {
            Ok(Entry {
                id: row.try_get_by_index(0)?,
                caller: row.try_get_by_index(1)?,
                role: row.try_get_by_index(2)?,
                method: row.try_get_by_index(3)?,
                outcome: row.try_get_by_index(4)?,
                reason: row.try_get_by_index(5)?,
                position: row.try_get_by_index(6)?,
                user: row.try_get_by_index(7)?,
            })
        };
        rows.iter().map(|row| entry(row).expect("an audit entry")).collect()
    }

    /// Positions have no gaps, and known times rise with them; each accepted command has one audit entry of its own.
    pub(crate) async fn holds_together(&self) {
        let last = self.last_position().await;
        assert_eq!(self.number("SELECT count(*) FROM command").await, last, "positions have gaps");
        let falls = "SELECT count(*) FROM command AS one JOIN command AS next ON next.position = one.position + 1 \
                     WHERE next.known_at <= one.known_at";
        assert_eq!(self.number(falls).await, 0, "known time does not rise");
        let told = "SELECT count(*) FROM standing LEFT JOIN standing_told AS told ON told.member = standing.member \
                    AND told.position = (SELECT max(position) FROM standing_told AS newest WHERE newest.member = standing.member) \
                    WHERE standing.position > 0 AND (told.member IS NULL OR told.position <> standing.position \
                    OR told.standing <> standing.standing OR told.covers <> standing.covers \
                    OR told.overdue <> standing.overdue OR told.run <> standing.run \
                    OR told.last_safe_day IS DISTINCT FROM standing.last_safe_day \
                    OR told.holds_until IS DISTINCT FROM standing.holds_until OR told.revision <> standing.revision)";
        assert_eq!(self.number(told).await, 0, "what was told of members does not add up to where they stand");
        let strangers = "SELECT count(*) FROM (SELECT DISTINCT member FROM person) AS known WHERE NOT EXISTS \
                         (SELECT 1 FROM standing WHERE standing.member = known.member)";
        assert_eq!(self.number(strangers).await, 0, "nothing is kept of a member");
        let audited = format!("SELECT count(DISTINCT position) FROM audit WHERE outcome = {ACCEPTED} AND position > 0");
        assert_eq!(self.number(&audited).await, last, "an accepted command lacks its audit entry");
    }

    /// The number of the last audit entry.
    pub(crate) async fn last_audit(&self) -> i64 {
        self.number("SELECT coalesce(max(id), 0) FROM audit").await
    }

    /// The last position.
    pub(crate) async fn last_position(&self) -> i64 {
        self.number("SELECT coalesce(max(position), 0) FROM command").await
    }
}

fn rows(content: &Content) -> BTreeSet<String> {
    content.iter().flat_map(|(table, rows)| rows.iter().map(move |row| format!("{table}: {row}"))).collect()
}
