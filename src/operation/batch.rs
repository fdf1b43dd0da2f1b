//! Batches: records that go to the writer side by side, and what was decided of them, for who asks later.
//!
//! A record is a command like any other; its batch is a note in its audit entry. Deliberately absent: bounds on how many
//! are under way, and the order of answers, which belong to the stream or the call that brings them.

use std::collections::HashMap;

use krama_law::calendar::Moment;

use crate::operation::Desk;
use crate::operation::caller::Caller;
pub(crate) use crate::operation::command::Act;
use crate::operation::failure::Failure;
use crate::operation::reading::{AtLeast, Reading};
use crate::operation::transact::dated::{Course, Dated};
use crate::operation::transact::foreseen::{Watch, Watched};
use crate::operation::transact::{self, Answer, Queued, Ticket, WARNED, Waiting};
use crate::store::audit::{self, AuditRow};
use crate::store::ledger;

/// The place of a record in a batch of its caller.
pub type Slot = audit::Slot;

/// A record that is ready for the writer.
pub(crate) struct Entrant(Box<dyn Waiting>);

impl Entrant {
    /// The same as a command of an older register, known at an instant that the register tells.
    pub(crate) fn dated(self, caller: &Caller, course: &Course, known: Moment) -> Entrant {
        let (caller, course) = (caller.clone(), course.clone());
        let inner = self.0;
        Entrant(Box::new(Dated { inner, caller, known, course, accepted: false, tried: false, passed_over: false }))
    }
}

impl Entrant {
    /// The same, watched over with the others that are decided together; it came through a door, under a number.
    pub(crate) fn watched(
        self,
        watch: &Watch,
        caller: &Caller,
        door: &'static str,
        number: i64,
        slot: Option<Slot>,
    ) -> Entrant {
        let (watch, caller) = (watch.clone(), caller.clone());
        Entrant(Box::new(Watched { inner: self.0, number, watch, caller, door, slot }))
    }
}

/// What became of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// It was recorded.
    Accepted,
    /// It was recorded, and something about it waits for a person.
    Warned,
    /// The same had been recorded before under another request id.
    Duplicate,
    /// It was refused.
    Rejected,
}

/// What was last decided of a record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listed {
    /// The caller's number of the record.
    pub sequence: i64,
    /// The caller's id of the request, if it could be read.
    pub request_id: Option<[u8; 16]>,
    /// What became of it.
    pub fate: Fate,
    /// Its position, unless it was rejected.
    pub position: Option<i64>,
    /// The stable name of the reason, if it was rejected.
    pub reason: Option<String>,
}

impl Desk {
    /// Makes a record of a batch ready for the writer; answers it, and where its answer will come. Without a place in a
    /// batch it is rehearsed only.
    pub(crate) fn enlist<A: Act>(
        &self,
        caller: &Caller,
        request_id: [u8; 16],
        slot: Option<Slot>,
        act: A,
    ) -> (Entrant, Answer<A::Reply>) {
        let ticket = Ticket { request_id, validate_only: slot.is_none() };
        let (waiting, answer) = transact::waiting(caller, ticket, slot, act);
        (Entrant(waiting), answer)
    }

    /// The same for a record that was refused before it came to the desk; it is answered once the refusal is kept.
    pub(crate) fn enlist_refusal(
        &self,
        caller: &Caller,
        method: &str,
        reason: &'static str,
        slot: Option<Slot>,
    ) -> (Entrant, tokio::sync::oneshot::Receiver<()>) {
        let (waiting, kept) = transact::refused(Some(caller.clone()), method.to_owned(), reason, slot);
        (Entrant(waiting), kept)
    }

    /// Hands a record to the writer, and waits while too much stands before it.
    pub(crate) async fn enter(&self, entrant: Entrant) -> Result<(), Failure> {
        self.writer.enqueue(Queued::Command(entrant.0)).await
    }

    /// Hands records to the writer of which all are taken or none.
    pub(crate) async fn enter_together(&self, entrants: Vec<Entrant>) -> Result<(), Failure> {
        let together = entrants.into_iter().map(|entrant| entrant.0).collect();
        self.writer.enqueue(Queued::Together(together)).await
    }

    /// What was last decided of each record of a caller's batch, in the order of their numbers, and whether there are
    /// more.
    ///
    /// # Errors
    /// The storage fails.
    pub async fn list_batch_results(
        &self,
        caller: &Caller,
        batch: [u8; 16],
        after: i64,
        most: u32,
        at_least: Option<AtLeast>,
    ) -> Result<Reading<(Vec<Listed>, bool)>, Failure> {
        let snapshot = self.snapshot(at_least.as_ref()).await?;
        let mut rows = audit::of_batch(&snapshot.read, &caller.id, batch, after, u64::from(most) + 1).await?;
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let more = rows.len() > most;
        rows.truncate(most);
        // A record that repeats another under a new id is told from one that was sent again by the id of the first.
        let positions: Vec<i64> = rows.iter().filter_map(|row| row.position).collect();
        let commands = ledger::commands_at(&snapshot.read, &positions).await?;
        let first: HashMap<i64, [u8; 16]> = commands.iter().map(|one| (one.position, one.request_id)).collect();
        let listed = rows.into_iter().filter_map(|row| listed(row, &first)).collect();
        Ok(snapshot.with((listed, more)))
    }
}

fn listed(row: AuditRow, first: &HashMap<i64, [u8; 16]>) -> Option<Listed> {
    let sequence = row.slot?.sequence;
    let bound_by = row.position.and_then(|position| first.get(&position));
    let (fate, reason) = match row.outcome {
        audit::Outcome::Refused => (Fate::Rejected, row.reason),
        audit::Outcome::Repeated if bound_by != row.request_id.as_ref() => (Fate::Duplicate, None),
        audit::Outcome::Accepted | audit::Outcome::Repeated | audit::Outcome::DryRun => {
            (if row.reason.as_deref() == Some(WARNED) { Fate::Warned } else { Fate::Accepted }, None)
        }
    };
    Some(Listed { sequence, request_id: row.request_id, fate, position: row.position, reason })
}
