//! Reading: one state of the ledger, no older than the caller asked for, and what it says.
//!
//! Every answer names the position at which it was true. Absent: writing, and what the answers are about.

use std::sync::Arc;

use krama_law::calendar::{Day, Moment};
use krama_law::policy::Law;

use crate::operation::Desk;
use crate::operation::failure::{Failure, Refusal};
use crate::operation::page::{Needs, Page};
use crate::operation::policy::statute::Statute;
use crate::store::connection::Read;
use crate::store::ledger;

/// The least position that a reader wants to see.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AtLeast {
    /// Of which ledger.
    pub epoch: String,
    /// The position.
    pub number: i64,
}

/// An answer and the position at which it was true.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reading<T> {
    /// The position of the last command that the answer saw.
    pub position: i64,
    /// The answer.
    pub answer: T,
}

/// One state of the ledger.
pub(crate) struct Snapshot {
    pub(crate) read: Read,
    pub(crate) position: i64,
    /// The instant as known at which questions are answered: now.
    pub(crate) known: Moment,
    /// The law as it stands at the position.
    pub(crate) statute: Arc<Statute>,
}

impl Snapshot {
    pub(crate) fn today(&self) -> Day {
        self.known.day()
    }

    pub(crate) fn law(&self) -> &Law {
        &self.statute.law
    }

    pub(crate) fn with<T>(&self, answer: T) -> Reading<T> {
        Reading { position: self.position, answer }
    }
}

impl Desk {
    /// The present state of the ledger.
    pub(crate) async fn snapshot(&self, at_least: Option<&AtLeast>) -> Result<Snapshot, Failure> {
        self.wait_for(at_least).await?;
        let now = self.instant().await?;
        let read = self.store.read().await?;
        let (position, last_known) = ledger::last(&read).await?;
        let known = now.max(Moment(last_known));
        let statute = self.held.through(&read, position).await?;
        Ok(Snapshot { read, position, known, statute })
    }

    /// The instant as known at which a state may be told that is read after this.
    pub(crate) async fn instant(&self) -> Result<Moment, Failure> {
        let now = match self.store.present().await? {
            None => self.clock.now(),
            Some(present) => {
                let now = self.agreed(&present);
                present.coming.map_or(now, |coming| now.min(Moment(coming - 1)))
            }
        };
        Ok(self.tide.tell(now))
    }

    /// Waits until the ledger has come to the position that a reader wants to see, but not for long.
    pub(crate) async fn wait_for(&self, wanted: Option<&AtLeast>) -> Result<(), Failure> {
        let Some(wanted) = wanted else { return Ok(()) };
        self.must_be_own(wanted)?;
        let mut newest = self.newest.subscribe();
        if wanted.number > *newest.borrow() {
            // Another server may have written it long ago.
            self.reached(ledger::last(self.store.single()).await?.0);
        }
        let reached = newest.wait_for(|newest| wanted.number <= *newest);
        if let Ok(Ok(_)) = tokio::time::timeout(self.limits.position_wait, reached).await {
            return Ok(());
        }
        let current = *self.newest.borrow();
        Err(Refusal::PositionNotReached { number: wanted.number, current }.into())
    }

    /// Refuses a position that was issued before the ledger was restored.
    pub(crate) fn must_be_own(&self, wanted: &AtLeast) -> Result<(), Refusal> {
        if wanted.epoch == self.epoch {
            return Ok(());
        }
        Err(Refusal::PositionFromOtherEpoch { epoch: wanted.epoch.clone(), current: self.epoch.clone() })
    }

    /// A page for a question.
    pub(crate) async fn page(&self, snapshot: &Snapshot, needs: Needs) -> Result<Page, Failure> {
        Ok(Page::load(&snapshot.read, self.store.vault(), needs).await?)
    }
}
