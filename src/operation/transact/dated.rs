//! Commands of an older register: each becomes known at the instant that the register tells, not at the present one.
//!
//! They take the one write path like any other. That known time still rises with the position is made sure of here: the
//! register comes in the order of its instants, and each of its commands must follow the one before it without a gap, so
//! that nothing else has been recorded, at a later instant, in between. Absent: the order of the register, which is who
//! brings it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Entry, Outcome, Waiting, audit_row};
use crate::operation::caller::Caller;
use crate::operation::command::Stage;
use crate::operation::failure::Failure;
use crate::operation::page::{Needs, Page};
use crate::store::audit::AuditRow;
use crate::store::seal::Vault;
use krama_law::calendar::Moment;
use tokio::sync::oneshot;

/// The method under which the audit notes what is about a register as a whole.
pub(crate) const IMPORT: &str = "ImportRegister";

/// How far a register is.
#[derive(Clone, Debug)]
pub(crate) struct Course(Arc<Mutex<Places>>);

#[derive(Debug)]
struct Places {
    /// The last position that is on the disk, as far as the register knows.
    committed: i64,
    /// The last position of the batch that is being decided.
    deciding: i64,
    /// Why nothing more of the register is recorded.
    halted: Option<&'static str>,
}

/// Something else was recorded in between.
const NOT_ALONE: &str = "REGISTER_NOT_ALONE";
/// A row before could not be recorded. What comes after it waits for another run, which begins with that row.
const HALTED: &str = "REGISTER_HALTED";

impl Course {
    /// A register of which everything up to a position is recorded.
    pub(crate) fn after(position: i64) -> Course {
        Course(Arc::new(Mutex::new(Places { committed: position, deciding: position, halted: None })))
    }

    /// Whether something else was recorded in between; then nothing more of the register is.
    pub(crate) fn has_strayed(&self) -> bool {
        self.places().halted == Some(NOT_ALONE)
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A command of a register.
pub(crate) struct Dated {
    pub(crate) inner: Box<dyn Waiting>,
    pub(crate) caller: Caller,
    pub(crate) known: Moment,
    pub(crate) course: Course,
    pub(crate) accepted: bool,
    /// Whether it was decided before, in a batch that could not be saved.
    pub(crate) tried: bool,
    /// Whether it had no turn, since nothing more of the register is recorded.
    pub(crate) passed_over: bool,
}

impl Waiting for Dated {
    fn needs(&self, vault: &Vault, needs: &mut Needs) {
        // A batch is about to be decided, for the first time or, in halves, anew.
        let mut places = self.course.places();
        places.deciding = places.committed;
        drop(places);
        self.inner.needs(vault, needs);
    }

    fn validate_only(&self) -> bool {
        false
    }

    fn take_place(&mut self, page: &mut Page, stage: &mut Stage<'_>) -> Entry {
        let now = stage.known;
        let mut places = self.course.places();
        if places.halted.is_none() && stage.position != places.deciding + 1 {
            // What is tried anew may have been recorded by the first try, though it failed: another run will see.
            places.halted = Some(if self.tried { HALTED } else { NOT_ALONE });
        }
        self.tried = true;
        self.passed_over = places.halted.is_some();
        if let Some(reason) = places.halted {
            self.accepted = false;
            // Without a number among the rows of the register: it has not had its turn.
            let mut audit = audit_row(Some(&self.caller), IMPORT, now);
            audit.reason = Some(reason.to_owned());
            return Entry { audit, accepted: false };
        }
        stage.known = self.known;
        let mut entry = self.inner.take_place(page, stage);
        // The audit tells when it was done.
        entry.audit.at = now.0;
        self.accepted = entry.accepted;
        places.deciding += i64::from(entry.accepted);
        entry
    }

    fn reply(&mut self, page: &Page, stage: &mut Stage<'_>, audit: &mut AuditRow) {
        stage.known = self.known;
        self.inner.reply(page, stage, audit);
    }

    fn answer(self: Box<Self>, saved: Result<(), Failure>) {
        let mut places = self.course.places();
        match &saved {
            Ok(()) => places.committed += i64::from(self.accepted),
            Err(_) => places.halted = places.halted.or(Some(HALTED)),
        }
        drop(places);
        // What was decided of it before, in a batch that could not be saved, came to nothing.
        self.inner.answer(if self.passed_over { saved.and(Err(Failure::Stopping)) } else { saved });
    }
}

/// The audit row that a register leaves when all of it has had its turn.
pub(crate) struct Finished {
    pub(crate) caller: Caller,
    pub(crate) kept: oneshot::Sender<Result<(), Failure>>,
}

impl Waiting for Finished {
    fn needs(&self, _vault: &Vault, _needs: &mut Needs) {}

    fn validate_only(&self) -> bool {
        false
    }

    fn take_place(&mut self, _page: &mut Page, stage: &mut Stage<'_>) -> Entry {
        let mut audit = audit_row(Some(&self.caller), IMPORT, stage.known);
        audit.outcome = Outcome::Accepted;
        Entry { audit, accepted: false }
    }

    fn answer(self: Box<Self>, saved: Result<(), Failure>) {
        // Whoever asked may have gone; the row stays.
        drop(self.kept.send(saved));
    }
}
