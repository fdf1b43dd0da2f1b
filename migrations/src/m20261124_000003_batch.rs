//! Batches: an audit entry tells in which batch of its caller the record came, and under which number.
//!
//! What was decided of a record stands in its audit entry already, whether it was taken or rejected, so the results of
//! a batch are that entry found by another way. Deliberately absent: a table of batches, which would say nothing more.

use sea_orm_migration::prelude::*;

/// The step itself.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Most entries belong to no batch and cost the index nothing.
const INDEX: &str = "CREATE INDEX audit_by_batch ON audit (batch, sequence, id) WHERE batch IS NOT NULL";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let batch = ColumnDef::new("batch").blob().null().take();
        let sequence = ColumnDef::new("sequence").big_integer().null().take();
        for column in [batch, sequence] {
            // SQLite takes one column at a time.
            manager.alter_table(Table::alter().table("audit").add_column(column).take()).await?;
        }
        manager.get_connection().execute_unprepared(INDEX).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("DROP INDEX audit_by_batch").await?;
        for column in ["sequence", "batch"] {
            manager.alter_table(Table::alter().table("audit").drop_column(column).take()).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
