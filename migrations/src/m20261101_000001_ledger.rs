//! The first step: all tables of the ledger, with facts and personal data apart.
//!
//! Only BIGINT, INTEGER, SMALLINT, TEXT and BLOB (BYTEA) are used, so that one schema holds in SQLite and PostgreSQL. Ids and
//! positions are 64 bits wide, instants are microseconds of UTC, days count from 1 January 1970. Deliberately
//! absent: names, numbers and phones in the clear, and foreign keys, since the one writer decides the order in
//! which the rows of a transaction arrive and personal data must be erasable without touching facts.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// The step itself.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The tables whose rows are evidence: they are added to and never altered.
const APPEND_ONLY: [&str; 3] = ["fact", "command", "audit"];

/// Every table that the step creates, in the order of creation.
const TABLES: [&str; 10] = [
    "ledger",
    "command",
    "fact",
    "payment",
    "employer",
    "employer_access",
    "employment",
    "person",
    "identifier",
    "audit",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut tables = ledger_tables();
        tables.extend(employer_tables());
        tables.extend(personal_tables());
        tables.push(audit_table());
        for table in tables {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        let postgres = manager.get_database_backend() == DbBackend::Postgres;
        if postgres {
            manager.get_connection().execute_unprepared(REFUSAL_IN_POSTGRES).await?;
        }
        for table in APPEND_ONLY {
            if postgres {
                manager.get_connection().execute_unprepared(&refuse_in_postgres(table)).await?;
            } else {
                manager.get_connection().execute_unprepared(&refuse("UPDATE", table)).await?;
                manager.get_connection().execute_unprepared(&refuse("DELETE", table)).await?;
            }
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES.into_iter().rev() {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        if manager.get_database_backend() == DbBackend::Postgres {
            manager.get_connection().execute_unprepared("DROP FUNCTION refuse_change()").await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        // SQLite would otherwise keep half a schema when the process dies in between.
        Some(true)
    }
}

/// What the triggers of PostgreSQL do.
const REFUSAL_IN_POSTGRES: &str = "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
     RAISE EXCEPTION 'table % is append only: % is refused, a correction is a later row', TG_TABLE_NAME, TG_OP; \
     END $$";

/// The trigger that keeps `table` append only in PostgreSQL, whoever holds the connection.
pub(crate) fn refuse_in_postgres(table: &str) -> String {
    format!(
        "CREATE TRIGGER {table}_refuses_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} \
         FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
}

/// The trigger that keeps `table` append only in SQLite, whoever holds the connection.
pub(crate) fn refuse(act: &str, table: &str) -> String {
    let name = act.to_lowercase();
    format!(
        "CREATE TRIGGER {table}_refuses_{name} BEFORE {act} ON {table} BEGIN \
         SELECT RAISE(ABORT, 'table {table} is append only: {act} is refused, a correction is a later row'); END"
    )
}

/// A 64-bit primary key. The builder writes BIGINT as INTEGER in SQLite, where that is 64 bits wide too and makes the
/// key the row's own address, without a second index.
pub(crate) fn id(name: &'static str) -> ColumnDef {
    bigint(name).primary_key().take()
}

pub(crate) fn bigint(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).big_integer().not_null().take()
}

pub(crate) fn bigint_null(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).big_integer().null().take()
}

pub(crate) fn int(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).integer().not_null().take()
}

pub(crate) fn int_null(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).integer().null().take()
}

pub(crate) fn smallint(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).small_integer().not_null().take()
}

pub(crate) fn smallint_null(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).small_integer().null().take()
}

pub(crate) fn text(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).text().not_null().take()
}

fn text_null(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).text().null().take()
}

pub(crate) fn blob(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).blob().not_null().take()
}

fn blob_null(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).blob().null().take()
}

pub(crate) fn table<const N: usize>(name: &'static str, columns: [ColumnDef; N]) -> TableCreateStatement {
    let mut statement = Table::create().table(name).take();
    for column in columns {
        statement.col(column);
    }
    statement
}

pub(crate) fn primary_key(columns: &[&'static str]) -> IndexCreateStatement {
    let mut key = Index::create();
    for column in columns {
        key.col(*column);
    }
    key.primary().take()
}

pub(crate) fn index(name: &'static str, table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut statement = Index::create().name(name).table(table).take();
    for column in columns {
        statement.col(*column);
    }
    statement
}

fn unique(name: &'static str, table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    index(name, table, columns).unique().take()
}

/// What was asked, what it made known, and the money that came with it.
fn ledger_tables() -> Vec<TableCreateStatement> {
    let ledger = [
        smallint("id").primary_key().take(),
        text("epoch"),
        smallint("sandbox"),
        bigint_null("sandbox_clock"),
        blob("key_check"),
    ];
    let command = [
        id("position"),
        bigint("known_at"),
        text("caller"),
        smallint("role"),
        blob("request_id"),
        blob("digest"),
        smallint("kind"),
        bigint_null("subject"),
        bigint_null("fact"),
        smallint("detail"),
        blob_null("note"),
    ];
    let fact = [
        id("id"),
        bigint("member"),
        bigint("known_at"),
        smallint("kind"),
        int_null("day_from"),
        int_null("day_until"),
        bigint_null("amount"),
        int_null("month_from"),
        int_null("month_to"),
        bigint_null("target"),
        smallint_null("code"),
    ];
    let payment = [
        id("id"),
        bigint_null("member"),
        text("institution"),
        int("business_date"),
        text("reference"),
        int("line"),
        int("value_date"),
        bigint("amount"),
        int_null("month"),
        smallint("channel"),
        smallint_null("suspense"),
        blob("digest"),
        blob_null("payer"),
    ];
    vec![table("ledger", ledger), table("command", command), table("fact", fact), table("payment", payment)]
}

/// Employers, who may speak for them, and whom they employ.
fn employer_tables() -> Vec<TableCreateStatement> {
    let employer =
        [id("id"), bigint("position"), text("number"), text("name_latin"), text("name_khmer"), smallint("sector")];
    let access = [bigint("employer"), text("provider"), int("from_day"), int_null("until_day"), bigint("position")];
    let employment = [
        id("id"),
        bigint_null("member"),
        bigint("employer"),
        text("number"),
        int("first_day"),
        smallint("match_state"),
        blob("digest"),
        blob_null("worker"),
    ];
    let mut access = table("employer_access", access);
    access.index(&mut primary_key(&["employer", "provider", "from_day", "position"]));
    vec![table("employer", employer), access, table("employment", employment)]
}

/// The two tables that hold what tells who a member is; every value in them is sealed or hashed under the key.
fn personal_tables() -> Vec<TableCreateStatement> {
    let person = [bigint("member"), bigint("position"), bigint("known_at"), blob("sealed")];
    let identifier =
        [bigint("position"), smallint("ordinal"), bigint("member"), smallint("kind"), blob("hash"), blob("sealed")];
    let mut person = table("person", person);
    person.index(&mut primary_key(&["member", "position"]));
    let mut identifier = table("identifier", identifier);
    identifier.index(&mut primary_key(&["position", "ordinal"]));
    vec![person, identifier]
}

/// Who did, saw or was refused what.
fn audit_table() -> TableCreateStatement {
    let audit = [
        id("id"),
        bigint("at"),
        text("caller"),
        smallint("role"),
        text_null("user_name"),
        smallint_null("purpose"),
        text_null("case_reference"),
        text("method"),
        smallint("outcome"),
        text_null("reason"),
        bigint_null("position"),
        blob_null("request_id"),
    ];
    table("audit", audit)
}

/// The ways by which rows are found, and the business keys that may exist only once.
fn indexes() -> Vec<IndexCreateStatement> {
    let payment_key = ["institution", "business_date", "reference", "line"];
    vec![
        unique("command_by_request", "command", &["caller", "request_id"]),
        index("fact_by_member", "fact", &["member", "id"]),
        unique("payment_by_key", "payment", &payment_key),
        index("payment_by_member", "payment", &["member"]),
        unique("employer_by_number", "employer", &["number"]),
        index("employer_access_by_provider", "employer_access", &["provider"]),
        unique("employment_by_number", "employment", &["employer", "number", "first_day"]),
        index("employment_by_member", "employment", &["member"]),
        index("employment_by_employer", "employment", &["employer", "id"]),
        index("person_by_position", "person", &["position"]),
        index("identifier_by_hash", "identifier", &["hash"]),
        index("identifier_by_member", "identifier", &["member"]),
    ]
}
