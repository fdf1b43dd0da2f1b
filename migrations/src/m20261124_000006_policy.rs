//! The law in the ledger: the documents with which it began, and what was proposed, approved and withdrawn since.
//!
//! One row an act, none of them ever changed: what is in force follows from them. Deliberately absent: fields of the law
//! as columns; a document is kept as it was written.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::m20261101_000001_ledger::{bigint, bigint_null, id, refuse, refuse_in_postgres, smallint, table, text};

/// The step itself.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [id("position"), bigint("known_at"), smallint("kind"), bigint_null("proposal"), text("document")];
        manager.create_table(table("policy", columns)).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            manager.get_connection().execute_unprepared(&refuse_in_postgres("policy")).await?;
        } else {
            manager.get_connection().execute_unprepared(&refuse("UPDATE", "policy")).await?;
            manager.get_connection().execute_unprepared(&refuse("DELETE", "policy")).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("policy").to_owned()).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
