//! Standing: what was last decided of each member, what was told of it at which position, and the notices of it.
//!
//! `standing` is a cache of answers and may be written again and again; what was told is evidence. A ledger that is older
//! than this step gets a row a member that nobody may go by and that the next lapse run decides. Deliberately absent: any
//! answer, which only the law can give.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::m20261101_000001_ledger::{
    bigint, bigint_null, blob, id, index, int, int_null, primary_key, refuse, refuse_in_postgres, smallint,
    smallint_null, table,
};

/// The step itself.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The tables that the step creates, and of these the ones that are evidence.
const TABLES: [&str; 4] = ["standing", "standing_told", "notice", "notice_delivery"];
const APPEND_ONLY: [&str; 3] = ["standing_told", "notice", "notice_delivery"];

/// The dependants of a head are found without looking at all other facts; 17 is the kind of a household.
const BY_HEAD: &str = "CREATE INDEX fact_by_head ON fact (target) WHERE kind = 17";

/// A row that no reader goes by, as it is of no edition of the law, and that is due since ever.
const UNDECIDED: &str = "INSERT INTO standing (member, position, standing, covers, overdue, run, co_payment, revision, \
     edition, wake_on) SELECT DISTINCT member, 0, 4, EMPTY, 0, 0, 0, 0, 0, -2147483648 FROM person";

/// The columns that an answer is kept in.
fn answer() -> [ColumnDef; 8] {
    [
        smallint("standing"),
        blob("covers"),
        int("overdue"),
        int("run"),
        int_null("last_safe_day"),
        int_null("holds_until"),
        smallint("co_payment"),
        int("revision"),
    ]
}

fn with_answer(name: &'static str, before: Vec<ColumnDef>, after: Vec<ColumnDef>) -> TableCreateStatement {
    let mut statement = table(name, []);
    for column in before.into_iter().chain(answer()).chain(after) {
        statement.col(column);
    }
    statement
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let noticed = vec![bigint("edition"), int("wake_on"), int_null("noticed_for"), smallint_null("noticed_days")];
        let standing = with_answer("standing", vec![id("member"), bigint("position")], noticed);
        let before =
            vec![bigint("position"), bigint("member"), smallint_null("was_standing"), smallint_null("was_covers")];
        let mut told = with_answer("standing_told", before, vec![]);
        told.index(&mut primary_key(&["position", "member"]));
        let notice = [
            id("id"),
            bigint("position"),
            bigint("member"),
            smallint("kind"),
            int("due_on"),
            int_null("last_safe_day"),
            bigint_null("amount"),
        ];
        let delivery = [id("position"), bigint("notice"), smallint("state"), smallint("channel"), int("on_day")];
        for table in [standing, told, table("notice", notice), table("notice_delivery", delivery)] {
            manager.create_table(table).await?;
        }
        let indexes = [
            index("standing_by_wake_on", "standing", &["wake_on", "member"]),
            index("standing_by_edition", "standing", &["edition", "member"]),
            index("standing_by_last_safe_day", "standing", &["last_safe_day", "member"]),
            index("standing_told_by_member", "standing_told", &["member", "position"]),
            index("notice_by_position", "notice", &["position"]),
            index("notice_by_member", "notice", &["member"]),
            index("notice_delivery_by_notice", "notice_delivery", &["notice"]),
        ];
        for index in indexes {
            manager.create_index(index).await?;
        }
        let connection = manager.get_connection();
        let postgres = manager.get_database_backend() == DbBackend::Postgres;
        connection.execute_unprepared(BY_HEAD).await?;
        connection.execute_unprepared(&UNDECIDED.replace("EMPTY", if postgres { "''::bytea" } else { "x''" })).await?;
        for table in APPEND_ONLY {
            if postgres {
                connection.execute_unprepared(&refuse_in_postgres(table)).await?;
            } else {
                connection.execute_unprepared(&refuse("UPDATE", table)).await?;
                connection.execute_unprepared(&refuse("DELETE", table)).await?;
            }
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("DROP INDEX fact_by_head").await?;
        for table in TABLES.into_iter().rev() {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
