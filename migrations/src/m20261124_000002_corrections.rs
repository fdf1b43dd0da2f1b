//! The second step: what happened to a payment after it was taken, other numbers of an employment, and months without
//! a payroll.
//!
//! The key of an employment may now be given again: once it was retracted, or bears another number, the next one may
//! begin on the same day. Whether it may is the writer's to decide, so the index that refused it goes. Deliberately
//! absent: any change of a row that stands.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::m20261101_000001_ledger::{
    bigint, bigint_null, id, index, int, refuse, refuse_in_postgres, smallint, table, text,
};

/// The step itself.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The tables that the step creates, all of them evidence.
const TABLES: [&str; 3] = ["payment_change", "employment_rekey", "no_payroll"];

/// Money that waits for an officer is found without looking at all other.
const WAITING: &str = "CREATE INDEX payment_waiting ON payment (id) WHERE suspense IS NOT NULL";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let payment_change = [
            id("position"),
            bigint("known_at"),
            bigint("payment"),
            smallint("kind"),
            int("on_day"),
            bigint_null("member"),
            bigint_null("amount"),
            smallint("reason"),
        ];
        let employment_rekey =
            [id("position"), bigint("known_at"), bigint("employment"), bigint("employer"), text("number")];
        let no_payroll = [id("position"), bigint("known_at"), bigint("employer"), int("month")];
        manager.create_table(table("payment_change", payment_change)).await?;
        manager.create_table(table("employment_rekey", employment_rekey)).await?;
        manager.create_table(table("no_payroll", no_payroll)).await?;
        let indexes = [
            index("payment_change_by_payment", "payment_change", &["payment"]),
            index("payment_change_by_member", "payment_change", &["member"]),
            index("employment_rekey_by_employment", "employment_rekey", &["employment"]),
            index("employment_rekey_by_number", "employment_rekey", &["employer", "number"]),
            index("no_payroll_by_employer", "no_payroll", &["employer", "month"]),
        ];
        for index in indexes {
            manager.create_index(index).await?;
        }
        let by_number = Index::drop().name("employment_by_number").table("employment").to_owned();
        manager.drop_index(by_number).await?;
        let by_number = index("employment_by_number", "employment", &["employer", "number", "first_day"]);
        manager.create_index(by_number).await?;
        manager.get_connection().execute_unprepared(WAITING).await?;
        for table in TABLES {
            if manager.get_database_backend() == DbBackend::Postgres {
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
        // The index that refused a second employment of one key stays away: such employments may stand by now.
        manager.drop_index(Index::drop().name("payment_waiting").table("payment").to_owned()).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
