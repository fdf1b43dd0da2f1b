//! The schema of the ledger, step by step: every step that a database has ever taken, in order.
//!
//! A step that was released is never edited; the next change is the next step. Deliberately absent: the reading
//! and writing of rows, and data of any kind.

use sea_orm_migration::prelude::{MigrationTrait, MigratorTrait, async_trait};
use sea_orm_migration::sea_orm::{DatabaseTransaction, DbErr};

mod m20261101_000001_ledger;
mod m20261124_000002_corrections;
mod m20261124_000003_batch;
mod m20261124_000006_policy;
mod m20261125_000001_standing;
mod m20261125_000002_suspense;
mod m20261125_000003_contested;
mod m20261125_000004_neighbours;

/// Takes a database from whatever step it is at to the newest one, and refuses one that is ahead. Takes no lock: the
/// transaction must hold the one by which only one process writes at a time.
pub async fn bring_up_to_date(transaction: &DatabaseTransaction) -> Result<(), DbErr> {
    Migrator::up(transaction, None).await
}

struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261101_000001_ledger::Migration),
            Box::new(m20261124_000002_corrections::Migration),
            Box::new(m20261124_000003_batch::Migration),
            Box::new(m20261124_000006_policy::Migration),
            Box::new(m20261125_000001_standing::Migration),
            Box::new(m20261125_000002_suspense::Migration),
            Box::new(m20261125_000003_contested::Migration),
            Box::new(m20261125_000004_neighbours::Migration),
        ]
    }
}
