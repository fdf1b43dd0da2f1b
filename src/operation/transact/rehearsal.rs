//! Rehearsals of many commands at once, as a preview is: they are decided from a state of the ledger that is read, while the
//! writer goes on.
//!
//! Nothing is recorded of them but their audit entries, which the writer notes when all are decided; nobody is answered
//! before that. Absent: the rehearsal of a single command, which the writer decides in its turn and undoes.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::writer::Course;
use super::{Entry, Queued, Waiting};
use crate::clock::Dice;
use crate::operation::Desk;
use crate::operation::command::Stage;
use crate::operation::failure::Failure;
use crate::operation::page::{Needs, Page};
use crate::store::audit::AuditRow;
use crate::store::seal::Vault;

/// Decides commands as if they came next, when it is their turn, and lets each be noted and answered.
pub(super) async fn rehearse(desk: Arc<Desk>, turns: Arc<Semaphore>, mut commands: Vec<Box<dyn Waiting>>) {
    // The turns are never taken back.
    let Ok(_turn) = turns.acquire().await else { return };
    let mut needs = Needs::default();
    commands.iter().for_each(|waiting| waiting.needs(desk.store.vault(), &mut needs));
    let seen = match see(&desk, needs).await {
        Ok(seen) => seen,
        Err(failure) => return answer(commands, &failure),
    };
    // Thousands of lives are played: that is no work for those who attend to connections.
    let deciding = desk.clone();
    let decided = tokio::task::spawn_blocking(move || {
        let (mut page, mut course) = seen;
        let mut dice = Dice::new();
        let turns = course.decide(&deciding, &mut dice, &mut commands, &mut page);
        let audits = turns.map(|turns| {
            let taken = commands.iter_mut().zip(turns);
            taken.map(|(waiting, turn)| turn.reply(&deciding, &mut dice, &mut **waiting, &page)).collect::<Vec<_>>()
        });
        (commands, audits)
    });
    // A decision that panicked has told its callers by letting go of them.
    let Ok((commands, audits)) = decided.await else { return };
    let audits = match audits {
        Ok(audits) => audits,
        Err(failure) => return answer(commands, &failure.into()),
    };
    for (inner, audit) in commands.into_iter().zip(audits) {
        // A writer that has ended lets go of it, which tells its caller.
        if desk.writer.enqueue(Queued::Command(Box::new(Rehearsed { inner, audit }))).await.is_err() {
            return;
        }
    }
}

/// What commands need to see, and where the ledger stands.
async fn see(desk: &Desk, needs: Needs) -> Result<(Page, Course), Failure> {
    let snapshot = desk.snapshot(None).await?;
    let mut page = desk.page(&snapshot, needs).await?;
    page.load_standings(&snapshot.read).await?;
    Ok((page, Course { position: snapshot.position, known: snapshot.known, statute: snapshot.statute }))
}

fn answer(commands: Vec<Box<dyn Waiting>>, failure: &Failure) {
    commands.into_iter().for_each(|waiting| waiting.answer(Err(failure.clone())));
}

/// A command that was rehearsed, with what it leaves in the audit.
struct Rehearsed {
    inner: Box<dyn Waiting>,
    audit: AuditRow,
}

impl Waiting for Rehearsed {
    fn needs(&self, _vault: &Vault, _needs: &mut Needs) {}

    fn validate_only(&self) -> bool {
        false
    }

    fn take_place(&mut self, _page: &mut Page, stage: &mut Stage<'_>) -> Entry {
        Entry { audit: AuditRow { at: stage.known.0, ..self.audit.clone() }, accepted: false }
    }

    fn answer(self: Box<Self>, saved: Result<(), Failure>) {
        self.inner.answer(saved);
    }
}
