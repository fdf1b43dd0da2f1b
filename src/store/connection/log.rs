//! The log of SQLite, copied into the file beside the writer.
//!
//! SQLite has the commit that fills the log copy all of it, and everybody who waits for that commit waits for the disk with
//! it. So a connection of its own copies what was committed while others are; the commit that fills the log copies the rest
//! and lets the log begin anew, which nobody can while somebody writes. Deliberately absent: anything that a commit's
//! being durable hangs on; that is in the log before it is answered.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, Statement};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// How long after a commit it is looked whether there is enough to copy.
const AFTER: Duration = Duration::from_millis(20);
/// At how many pages copying begins: half of a full log. Sooner, pages that come again would be copied again, and the disk
/// waited for more often.
const BEGINS_AT: i64 = 16_384;
/// How many pages are enough once it has begun: it goes on beside the commits, so that the one that fills the log finds
/// little left.
const ENOUGH_PAGES: i64 = 1_024;

/// The task that copies, until it is closed or dropped.
#[derive(Debug)]
pub(super) struct Log {
    conn: DatabaseConnection,
    committed: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Log {
    /// Copies on a connection what is committed from now on.
    pub(super) fn copied_by(conn: DatabaseConnection) -> Log {
        let committed = Arc::new(Notify::new());
        let (copier, told) = (conn.clone(), committed.clone());
        let task = tokio::spawn(async move {
            loop {
                told.notified().await;
                tokio::time::sleep(AFTER).await;
                if let Err(error) = copy(&copier).await {
                    // The writer copies what this does not.
                    let cause: &dyn std::error::Error = &error;
                    tracing::warn!(cause, "the log of the database could not be copied beside the writer");
                }
            }
        });
        Log { conn, committed, task }
    }

    /// What is told of each commit.
    pub(super) fn committed(&self) -> Arc<Notify> {
        self.committed.clone()
    }

    /// Ends, after what is being copied.
    pub(super) async fn close(&self) -> Result<(), DbErr> {
        self.task.abort();
        self.conn.close_by_ref().await
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Copies what was committed, if it is enough. Neither question nor copying waits for anybody, nor does anybody for them.
async fn copy(conn: &DatabaseConnection) -> Result<(), DbErr> {
    let ask = |sql| conn.query_one_raw(Statement::from_string(conn.get_database_backend(), sql));
    let Some(log) = ask("PRAGMA wal_checkpoint(NOOP)").await? else { return Ok(()) };
    let (pages, copied): (i64, i64) = (log.try_get_by_index(1)?, log.try_get_by_index(2)?);
    if pages >= BEGINS_AT && pages - copied >= ENOUGH_PAGES {
        ask("PRAGMA wal_checkpoint(PASSIVE)").await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sea_orm::{ConnectionTrait, Statement};

    use crate::store::tests::Folder;

    #[tokio::test]
    async fn what_was_committed_is_copied_though_the_log_is_not_full() {
        let folder = Folder::with_sqlite();
        let store = folder.open().await;
        let write = store.begin().await.unwrap();
        write.execute_unprepared("CREATE TABLE ballast (bytes BLOB)").await.unwrap();
        let pages = "WITH RECURSIVE page (at) AS (SELECT 1 UNION ALL SELECT at + 1 FROM page WHERE at < 17000) \
                     INSERT INTO ballast SELECT zeroblob(4000) FROM page";
        write.execute_unprepared(pages).await.unwrap();
        write.commit().await.unwrap();
        let mut left = 1_500;
        loop {
            let conn = store.single();
            let asked = Statement::from_string(conn.get_database_backend(), "PRAGMA wal_checkpoint(NOOP)");
            let log = conn.query_one_raw(asked).await.unwrap().unwrap();
            let (pages, copied): (i64, i64) = (log.try_get_by_index(1).unwrap(), log.try_get_by_index(2).unwrap());
            assert!(pages >= 17_000, "the log does not begin anew by itself: {pages}");
            if copied == pages {
                break;
            }
            left -= 1;
            assert!(left > 0, "{copied} of {pages}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        store.close().await.unwrap();
    }
}
