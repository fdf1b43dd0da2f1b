//! Suspense: how much of a member's money the law keeps in suspense, beside what is kept of the standing.
//!
//! It is part of the same cache. The rows that are there were decided without it, so they are made rows that nobody goes by
//! and that the next lapse run decides. Deliberately absent: which payments these are, and why.

use sea_orm_migration::prelude::*;

/// The step itself.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const COLUMN: &str = "ALTER TABLE standing ADD COLUMN suspended bigint NOT NULL DEFAULT 0";
const UNDECIDED: &str = "UPDATE standing SET edition = 0";
const INDEX: &str = "CREATE INDEX standing_in_suspense ON standing (member) WHERE suspended > 0";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for sql in [COLUMN, UNDECIDED, INDEX] {
            manager.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for sql in ["DROP INDEX standing_in_suspense", "ALTER TABLE standing DROP COLUMN suspended"] {
            manager.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
