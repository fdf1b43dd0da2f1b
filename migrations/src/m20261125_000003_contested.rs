//! Contested: whether the readings of the law differ about a member, kept and told with everything else of a standing;
//! and of a notice how many months were overdue, which its text says.
//!
//! Nothing was known of either before: what was told says no, and a row says no until it is decided anew, which the edition
//! of the law sees to, as it now comprises the readings; an older notice has no text. Deliberately absent: which readings
//! differ; the law tells.

use sea_orm_migration::prelude::*;

use crate::m20261101_000001_ledger::{int_null, smallint};

/// The step itself.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The tables that answers are kept in.
const TABLES: [&str; 2] = ["standing", "standing_told"];

/// Few are contested, and they are listed without looking at all others.
const CONTESTED: &str = "CREATE INDEX standing_contested ON standing (member) WHERE contested = 1";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in TABLES {
            let contested = smallint("contested").default(0).take();
            manager.alter_table(Table::alter().table(name).add_column(contested).to_owned()).await?;
        }
        let overdue = int_null("overdue");
        manager.alter_table(Table::alter().table("notice").add_column(overdue).to_owned()).await?;
        let until = int_null("readings_until");
        manager.alter_table(Table::alter().table("standing").add_column(until).to_owned()).await?;
        manager.get_connection().execute_unprepared(CONTESTED).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("DROP INDEX standing_contested").await?;
        manager.alter_table(Table::alter().table("standing").drop_column("readings_until").to_owned()).await?;
        manager.alter_table(Table::alter().table("notice").drop_column("overdue").to_owned()).await?;
        for name in TABLES {
            manager.alter_table(Table::alter().table(name).drop_column("contested").to_owned()).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
