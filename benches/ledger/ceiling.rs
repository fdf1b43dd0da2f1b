//! The ceiling: the rows that the service would write, inserted in batches by plain statements into the same tables.
//!
//! One commit a batch, as durable as the service's. In SQLite a statement carries 256 rows, in PostgreSQL all of them as
//! one array a column. Nothing is looked up, decided or answered. Absent: the service.

use std::time::{Duration, Instant};

use sea_orm::sqlx::{AssertSqlSafe, PgPool, Row as _, SqlitePool, query};
use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbBackend};

use crate::population::{BANK, MONTH_RIEL, PROVIDER, bytes, employer_id, member_id, today};

/// Commands in one commit: as many as the service puts into one.
const BATCH: u64 = 512;
/// Rows in one statement of SQLite.
const ROWS: usize = 256;

/// A value of a row.
#[derive(Clone, Debug)]
enum Cell {
    Number(Option<i64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
}

/// Rows for one table.
struct Rows {
    table: &'static str,
    columns: &'static [&'static str],
    rows: Vec<Vec<Cell>>,
}

fn number(number: impl Into<i64>) -> Cell {
    Cell::Number(Some(number.into()))
}

fn text(text: &str) -> Cell {
    Cell::Text(Some(text.to_owned()))
}

fn blob<const N: usize>(place: u64) -> Cell {
    Cell::Bytes(Some(bytes::<N>(place).to_vec()))
}

/// What is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum What {
    /// Payments.
    Payments,
    /// Hires and separations by turns.
    Transitions,
}

/// The connection of the bare inserts.
pub(crate) struct Ceiling(DatabaseConnection);

impl Ceiling {
    /// Connects to the ledger of a file or of an address.
    pub(crate) async fn open(url: &str, file: &std::path::Path) -> Ceiling {
        let mut options = ConnectOptions::new(if url.is_empty() { "sqlite://ledger" } else { url });
        let file = file.to_owned();
        options.max_connections(1).sqlx_logging(false).test_before_acquire(false);
        options.map_sqlx_sqlite_opts(move |defaults| {
            use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
            let durable = defaults.filename(&file).journal_mode(SqliteJournalMode::Wal);
            durable.synchronous(SqliteSynchronous::Full)
        });
        Ceiling(Database::connect(options).await.expect("the ledger can be reached"))
    }

    fn postgres(&self) -> Option<&PgPool> {
        let is_postgres = self.0.get_database_backend() == DbBackend::Postgres;
        is_postgres.then(|| self.0.get_postgres_connection_pool())
    }

    fn sqlite(&self) -> &SqlitePool {
        self.0.get_sqlite_connection_pool()
    }

    /// The last position, the last known time and the number of the last audit entry.
    async fn last(&self) -> (i64, i64, i64) {
        let sql = "SELECT (SELECT max(position) FROM command), (SELECT max(known_at) FROM command \
                   WHERE position = (SELECT max(position) FROM command)), (SELECT coalesce(max(id), 0) FROM audit)";
        match self.postgres() {
            Some(pool) => {
                let row = query(sql).fetch_one(pool).await.expect("the ledger");
                (row.get(0), row.get(1), row.get(2))
            }
            None => {
                let row = query(sql).fetch_one(self.sqlite()).await.expect("the ledger");
                (row.get(0), row.get(1), row.get(2))
            }
        }
    }

    /// Writes so many commands about these members with all their rows; answers how long that took.
    pub(crate) async fn insert(&self, what: What, members: &[u64]) -> Duration {
        let (mut position, mut known, mut audit) = self.last().await;
        let mut batches = Vec::new();
        for batch in members.chunks(usize::try_from(BATCH).expect("a small number")) {
            let mut tables = tables();
            for &member in batch {
                (position, known, audit) = (position + 1, known + 1, audit + 1);
                rows_of(what, &mut tables, member, (position, known, audit));
            }
            batches.push(tables);
        }
        let began = Instant::now();
        for batch in batches {
            match self.postgres() {
                Some(pool) => unnest(pool, batch).await,
                None => values(self.sqlite(), batch).await,
            }
        }
        began.elapsed()
    }
}

/// Of each table the columns, in the order of the rows.
fn tables() -> [Rows; 5] {
    let rows = |table, columns| Rows { table, columns, rows: Vec::new() };
    [
        rows(
            "command",
            &[
                "position",
                "known_at",
                "caller",
                "role",
                "request_id",
                "digest",
                "kind",
                "subject",
                "fact",
                "detail",
                "note",
            ],
        ),
        rows(
            "fact",
            &[
                "id",
                "member",
                "known_at",
                "kind",
                "day_from",
                "day_until",
                "amount",
                "month_from",
                "month_to",
                "target",
                "code",
            ],
        ),
        rows(
            "payment",
            &[
                "id",
                "member",
                "institution",
                "business_date",
                "reference",
                "line",
                "value_date",
                "amount",
                "month",
                "channel",
                "suspense",
                "digest",
                "payer",
            ],
        ),
        rows("employment", &["id", "member", "employer", "number", "first_day", "match_state", "digest", "worker"]),
        rows(
            "audit",
            &[
                "id",
                "at",
                "caller",
                "role",
                "user_name",
                "purpose",
                "case_reference",
                "method",
                "outcome",
                "reason",
                "position",
                "request_id",
                "batch",
                "sequence",
            ],
        ),
    ]
}

/// The rows of one command.
fn rows_of(what: What, tables: &mut [Rows; 5], member: u64, (position, known, audit): (i64, i64, i64)) {
    const NOTHING: Cell = Cell::Number(None);
    let place = u64::try_from(position).expect("a position") + (1 << 44);
    let (id, day, who) = (position * 16, today().0, member_id(member));
    let hire = member % 2 == 1;
    let (caller, role, kind, method) = match (what, hire) {
        (What::Payments, _) => (BANK, 2, 3, "RecordPayment"),
        (What::Transitions, true) => (PROVIDER, 1, 6, "ReportHire"),
        (What::Transitions, false) => (PROVIDER, 1, 7, "ReportSeparation"),
    };
    let [commands, facts, payments, employments, audits] = tables;
    commands.rows.push(vec![
        number(position),
        number(known),
        text(caller),
        number(role),
        blob::<16>(place),
        blob::<32>(place + 1),
        number(kind),
        number(who),
        number(id),
        number(0),
        Cell::Bytes(None),
    ]);
    let amount = if what == What::Payments { number(MONTH_RIEL) } else { NOTHING };
    let code = if kind == 6 { number(1) } else { NOTHING };
    let target = if what == What::Transitions { number(id) } else { NOTHING };
    let (from, until) = if kind == 7 { (NOTHING, number(day)) } else { (number(day), NOTHING) };
    // The kinds of facts: a payment, a hire, a separation.
    let fact_kind = [2, 4, 5][usize::try_from(if kind == 3 { 0 } else { kind - 5 }).expect("a kind")];
    facts.rows.push(vec![
        number(id),
        number(who),
        number(known),
        number(fact_kind),
        from,
        until,
        amount,
        NOTHING,
        NOTHING,
        target,
        code,
    ]);
    if kind == 3 {
        payments.rows.push(vec![
            number(id),
            number(who),
            text(BANK),
            number(day),
            text(&format!("TX-{position}")),
            number(0),
            number(day),
            number(MONTH_RIEL),
            NOTHING,
            number(3),
            NOTHING,
            blob::<32>(place + 2),
            Cell::Bytes(None),
        ]);
    }
    if kind == 6 {
        employments.rows.push(vec![
            number(id),
            number(who),
            number(employer_id(member)),
            text(&format!("B-{position}")),
            number(day),
            number(1),
            blob::<32>(place + 2),
            blob::<56>(place + 3),
        ]);
    }
    audits.rows.push(vec![
        number(audit),
        number(known),
        text(caller),
        number(role),
        Cell::Text(None),
        NOTHING,
        Cell::Text(None),
        text(method),
        number(1),
        Cell::Text(None),
        number(position),
        blob::<16>(place),
        blob::<16>(7),
        number(position),
    ]);
}

/// Many rows a statement, in one transaction.
async fn values(pool: &SqlitePool, tables: [Rows; 5]) {
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await.expect("a transaction");
    for table in tables.into_iter().filter(|table| !table.rows.is_empty()) {
        let row = format!("({})", vec!["?"; table.columns.len()].join(","));
        let mut rows = table.rows;
        while !rows.is_empty() {
            let rest = rows.split_off(rows.len().min(ROWS));
            let many = vec![row.as_str(); rows.len()].join(",");
            let sql = format!("INSERT INTO {} ({}) VALUES {many}", table.table, table.columns.join(","));
            let mut insert = query(AssertSqlSafe(sql));
            for cell in rows.into_iter().flatten() {
                insert = match cell {
                    Cell::Number(number) => insert.bind(number),
                    Cell::Text(text) => insert.bind(text),
                    Cell::Bytes(bytes) => insert.bind(bytes),
                };
            }
            insert.execute(&mut *transaction).await.expect("rows are inserted");
            rows = rest;
        }
    }
    transaction.commit().await.expect("a commit");
}

/// All rows as one array a column, in one transaction.
async fn unnest(pool: &PgPool, tables: [Rows; 5]) {
    let mut transaction = pool.begin().await.expect("a transaction");
    for table in tables.into_iter().filter(|table| !table.rows.is_empty()) {
        let mut columns = vec![Vec::with_capacity(table.rows.len()); table.columns.len()];
        for row in table.rows {
            columns.iter_mut().zip(row).for_each(|(column, cell)| column.push(cell));
        }
        let kind = |column: &Vec<Cell>| match column[0] {
            Cell::Number(_) => "int8",
            Cell::Text(_) => "text",
            Cell::Bytes(_) => "bytea",
        };
        let arrays = (1..).zip(&columns).map(|(at, column)| format!("${at}::{}[]", kind(column))).collect::<Vec<_>>();
        let names = table.columns.join(",");
        let sql = format!("INSERT INTO {} ({names}) SELECT * FROM UNNEST({})", table.table, arrays.join(","));
        let mut insert = query(AssertSqlSafe(sql));
        for column in columns {
            let (mut numbers, mut texts, mut blobs) = (Vec::new(), Vec::new(), Vec::new());
            for cell in column {
                match cell {
                    Cell::Number(number) => numbers.push(number),
                    Cell::Text(text) => texts.push(text),
                    Cell::Bytes(bytes) => blobs.push(bytes),
                }
            }
            insert = if !numbers.is_empty() {
                insert.bind(numbers)
            } else if !texts.is_empty() {
                insert.bind(texts)
            } else {
                insert.bind(blobs)
            };
        }
        insert.execute(&mut *transaction).await.expect("rows are inserted");
    }
    transaction.commit().await.expect("a commit");
}
