//! Neighbours: what a write needs of a member lies together, and nothing is indexed that a write would have to look for
//! another place for.
//!
//! A commit of SQLite costs by the pages that it changes, and the rows of a million members lie scattered. So in SQLite
//! the facts of a member, and the versions of a person, lie in the order of the member, which is their key; PostgreSQL knows
//! no such tables and keeps its own. One index leads to whoever is due. Of a payment with a member it is a fact of the
//! member that tells where it is, so only those that wait for an officer are indexed by member, and what was told last of
//! a member is found at the position that its standing names. Deliberately absent: any change of what a row says.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::m20261101_000001_ledger::{
    bigint, bigint_null, blob, index, int, int_null, primary_key, refuse, smallint, smallint_null, table,
};

/// The step itself.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Indexes that nothing needs any more, each with its table and its columns.
const GONE: [(&str, &str, &[&str]); 5] = [
    ("payment_by_member", "payment", &["member"]),
    ("standing_by_wake_on", "standing", &["wake_on", "member"]),
    ("standing_by_edition", "standing", &["edition", "member"]),
    ("standing_by_last_safe_day", "standing", &["last_safe_day", "member"]),
    ("standing_told_by_member", "standing_told", &["member", "position"]),
];

/// Whoever is due, of each edition. Rows that are written after each other are told at rising positions, so that those due
/// on one day come to lie side by side.
const DUE: &str = "CREATE INDEX standing_by_due ON standing (edition, wake_on, position)";
const OF_MEMBER: &str = "CREATE INDEX payment_waiting_of_member ON payment (member) WHERE suspense IS NOT NULL";

/// The index by which a number is found tells whose it is, without the row.
const NUMBERS: &str = "CREATE INDEX identifier_by_hash ON identifier (hash, position, member)";

/// What else SQLite needs once the tables lie otherwise.
const AROUND: [&str; 3] = [
    "CREATE UNIQUE INDEX fact_by_id ON fact (id)",
    "CREATE INDEX fact_by_head ON fact (target) WHERE kind = 17",
    "CREATE INDEX person_by_position ON person (position)",
];

/// The tables of SQLite whose rows lie in the order of a key, each with the columns of the key.
fn in_order() -> [(TableCreateStatement, &'static str, &'static [&'static str]); 3] {
    let fact = [
        bigint("id"),
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
    let person = [bigint("member"), bigint("position"), bigint("known_at"), blob("sealed")];
    let told = [
        bigint("position"),
        bigint("member"),
        smallint_null("was_standing"),
        smallint_null("was_covers"),
        smallint("standing"),
        blob("covers"),
        int("overdue"),
        int("run"),
        int_null("last_safe_day"),
        int_null("holds_until"),
        smallint("co_payment"),
        int("revision"),
        smallint("contested").default(0).take(),
    ];
    [
        (table("ordered", fact), "fact", &["member", "id"]),
        (table("ordered", person), "person", &["member", "position"]),
        (table("ordered", told), "standing_told", &["position", "member"]),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        for (name, table, _) in GONE {
            manager.drop_index(Index::drop().name(name).table(table).to_owned()).await?;
        }
        manager.drop_index(Index::drop().name("identifier_by_hash").table("identifier").to_owned()).await?;
        for sql in [DUE, OF_MEMBER, NUMBERS] {
            connection.execute_unprepared(sql).await?;
        }
        if manager.get_database_backend() == DbBackend::Postgres {
            return Ok(());
        }
        for (mut table, name, key) in in_order() {
            let columns: Vec<String> = table.get_columns().iter().map(ColumnDef::get_column_name).collect();
            table.index(&mut primary_key(key)).extra("WITHOUT ROWID");
            manager.create_table(table).await?;
            let (order, columns) = (key.join(", "), columns.join(", "));
            // The order of the new key, so that each page is written once.
            let copy = format!("INSERT INTO ordered ({columns}) SELECT {columns} FROM {name} ORDER BY {order}");
            connection.execute_unprepared(&copy).await?;
            manager.drop_table(Table::drop().table(name).to_owned()).await?;
            connection.execute_unprepared(&format!("ALTER TABLE ordered RENAME TO {name}")).await?;
        }
        for sql in AROUND {
            connection.execute_unprepared(sql).await?;
        }
        for table in ["fact", "standing_told"] {
            connection.execute_unprepared(&refuse("UPDATE", table)).await?;
            connection.execute_unprepared(&refuse("DELETE", table)).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // The order in which rows lie stays as it is: nothing but time depends on it.
        for name in ["standing_by_due", "payment_waiting_of_member", "identifier_by_hash"] {
            manager.get_connection().execute_unprepared(&format!("DROP INDEX {name}")).await?;
        }
        for (name, table, columns) in GONE {
            manager.create_index(index(name, table, columns)).await?;
        }
        manager.create_index(index("identifier_by_hash", "identifier", &["hash"])).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
