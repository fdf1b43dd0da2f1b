//! The writer: the one task that decides and records, many commands a commit.
//!
//! It takes the commands that wait, loads what they need in a fixed number of queries, decides them one after the other in
//! memory, so that records about one member see each other in order, writes everything in bulk, makes the answers
//! meanwhile and gives them after the commit. `validate_only` is the same path rolled back; a preview of many commands is
//! decided beside the writer, in `rehearsal`. Absent: what happens to a single command.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::task::Poll;

use krama_law::calendar::Moment;
use tokio::sync::{Semaphore, mpsc};

use crate::clock::Dice;
use crate::operation::Desk;
use crate::operation::command::Stage;
use crate::operation::coverage::at_hand::Coming;
use crate::operation::failure::{Failure, Refusal};
use crate::operation::page::{Needs, Page};
use crate::operation::policy::statute::Statute;
use crate::operation::transact::{Entry, Queued, Waiting, rehearsal};
use crate::store;
use crate::store::audit::{self, AuditRow, Outcome};
use crate::store::ledger;

/// The steps of a batch before which a test lets it fail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// Everything is decided, nothing is written down.
    Save,
    /// Everything is written down, nothing is durable.
    Commit,
    /// Everything is durable, nobody has been told.
    Answer,
}

/// What is done before a step of each batch: nothing, but in the tests that show what a failure there leaves behind.
pub(crate) type Between = Box<dyn FnMut(Step) -> Result<(), store::failure::Failure> + Send>;

/// What the refusal of one command means for the others of its batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Bond {
    /// Nothing.
    None,
    /// Nothing of them is taken.
    Together,
}

/// The one task that writes.
pub(crate) struct Writer {
    desk: Arc<Desk>,
    dice: Dice,
    queue: mpsc::Receiver<Queued>,
    /// How many rehearsals of many commands may be decided at the same time.
    rehearsals: Arc<Semaphore>,
    between: Between,
}

impl Writer {
    /// The writer of a desk.
    pub(crate) fn new(desk: Arc<Desk>, queue: mpsc::Receiver<Queued>, between: Between) -> Writer {
        let rehearsals = Arc::new(Semaphore::new(desk.limits.previews_at_once));
        Writer { desk, dice: Dice::new(), queue, rehearsals, between }
    }

    /// Works until it is told to stop, or every way to it is gone.
    pub(crate) async fn run(mut self) {
        let mut put_off = None;
        let mut stopping = false;
        while !stopping || put_off.is_some() {
            let first = match put_off.take() {
                Some(queued) => Some(queued),
                None => self.queue.recv().await,
            };
            let mut batch = match first {
                Some(Queued::Command(waiting)) => vec![waiting],
                Some(Queued::Together(together)) if together.iter().any(|waiting| waiting.validate_only()) => {
                    // The next batch does not wait for it; it waits for its turn among others of its kind.
                    drop(tokio::spawn(rehearsal::rehearse(self.desk.clone(), self.rehearsals.clone(), together)));
                    continue;
                }
                Some(Queued::Together(together)) => {
                    self.settle(together, Bond::Together).await;
                    continue;
                }
                Some(Queued::Stop) | None => return,
            };
            // A rehearsal is rolled back, so it has a transaction of its own.
            while batch.len() < self.desk.limits.batch_commands && !batch[0].validate_only() {
                match self.queue.try_recv() {
                    Ok(Queued::Command(waiting)) if !waiting.validate_only() => batch.push(waiting),
                    Ok(Queued::Stop) => {
                        stopping = true;
                        break;
                    }
                    Ok(alone) => {
                        put_off = Some(alone);
                        break;
                    }
                    Err(_) => break,
                }
            }
            self.settle(batch, Bond::None).await;
        }
    }

    /// Writes a batch and answers it. A batch that cannot be saved, though the database can be reached, is tried again
    /// in halves: what is sound is kept, and only the command at fault is told of it.
    async fn settle(&mut self, batch: Vec<Box<dyn Waiting>>, bond: Bond) {
        let mut parts = vec![batch];
        while let Some(mut part) = parts.pop() {
            let desk = self.desk.clone();
            let saved = desk.store.in_time(self.write(&mut part, bond)).await;
            self.desk.tide.settle();
            self.desk.at_hand().expect_nothing();
            let undone = match saved {
                Err(fault) if part.len() > 1 && !fault.is_passing() && bond == Bond::None => {
                    let cause: &dyn std::error::Error = &fault;
                    tracing::warn!(commands = part.len(), cause, "a batch cannot be saved and is tried in halves");
                    let second = part.split_off(part.len() / 2);
                    parts.extend([second, part]);
                    continue;
                }
                saved => saved.map_err(Failure::from),
            };
            for (at, waiting) in part.into_iter().enumerate() {
                waiting.answer(match &undone {
                    Ok(undone) if undone.contains(&at) => Err(Refusal::BatchRejected.into()),
                    Ok(_) => Ok(()),
                    Err(failure) => Err(failure.clone()),
                });
            }
        }
    }

    /// Decides a batch and makes it durable. Answers which commands were undone because another one was refused.
    async fn write(
        &mut self,
        batch: &mut [Box<dyn Waiting>],
        bond: Bond,
    ) -> Result<BTreeSet<usize>, store::failure::Failure> {
        let desk = &self.desk;
        let rehearsal = batch.iter().any(|waiting| waiting.validate_only());
        let mut needs = Needs::default();
        for waiting in batch.iter() {
            waiting.needs(desk.store.vault(), &mut needs);
        }
        let write = desk.store.begin().await?;
        let mut page = Page::load(&write, desk.store.vault(), needs).await?;
        page.load_standings(&write).await?;
        let (last, last_known, mut last_audit) = ledger::ends(&write).await?;
        // Servers that share a database tell the present itself as known, so what they write is known after it.
        let now =
            write.present().await?.map_or_else(|| desk.clock.now(), |present| Moment(desk.agreed(&present).0 + 1));
        // The first command of the batch is known after everything that was told or recorded so far; from then on
        // known time rises with the position, also when the clock stands still.
        let known = Moment(desk.tide.rise(now.max(Moment(last_known + 1))).0 - 1);
        let mut course = Course { position: last, known, statute: desk.held.through(&write, last).await? };
        let turns = course.decide(desk, &mut self.dice, batch, &mut page)?;
        let position = course.position;
        let undone = if bond == Bond::Together { undone(&turns, last) } else { BTreeSet::new() };
        (self.between)(Step::Save)?;
        // A rehearsal tells of everything that the saving would meet.
        let saves = rehearsal || undone.is_empty();
        let saving = async { if saves { page.save(&write).await } else { Ok(()) } };
        let mut audits = Vec::with_capacity(turns.len());
        let mut to_reply = batch.iter_mut().zip(turns);
        let reply = || {
            let (waiting, turn) = to_reply.next()?;
            audits.push(turn.reply(desk, &mut self.dice, &mut **waiting, &page));
            Some(())
        };
        beside(saving, reply).await?;
        undo(&mut audits, &undone);
        let is_kept = !rehearsal && undone.is_empty();
        let write = if is_kept {
            write
        } else {
            write.rollback().await?;
            let write = desk.store.begin().await?;
            // Another server may have been here in between.
            last_audit = audit::last_id(&write).await?;
            write
        };
        audits.iter_mut().zip(last_audit + 1..).for_each(|(audit, id)| audit.id = id);
        audit::insert(&write, &audits).await?;
        (self.between)(Step::Commit)?;
        let is_further = is_kept && position > last;
        if is_further {
            let (members, numbers) = page.touches();
            desk.at_hand().expect(Coming { after: last, place: (position, course.known.0), members, numbers });
        }
        write.commit().await?;
        if is_further {
            desk.held.keep(position, &course.statute);
            desk.at_hand().reach((position, course.known.0));
        }
        if is_kept {
            desk.reached(position);
        }
        (self.between)(Step::Answer)?;
        Ok(undone)
    }
}

/// How far the ledger has come in the course of a batch.
pub(super) struct Course {
    /// The last position.
    pub(super) position: i64,
    /// Its known time, or the instant after which the next command becomes known.
    pub(super) known: Moment,
    /// The law as it stands there.
    pub(super) statute: Arc<Statute>,
}

/// Where a command stands in a batch.
struct Place {
    position: i64,
    known: Moment,
    statute: Arc<Statute>,
}

impl Place {
    /// What may be used there.
    fn stage<'a>(&'a self, desk: &'a Desk, dice: &'a mut Dice) -> Stage<'a> {
        Stage {
            law: &self.statute.law,
            statute: &self.statute,
            vault: desk.store.vault(),
            limits: &desk.limits,
            position: self.position,
            known: self.known,
            dice,
            for_staff: false,
        }
    }
}

/// A command that had its turn and is not answered yet.
pub(super) struct Turn {
    place: Place,
    audit: AuditRow,
}

impl Turn {
    /// Makes the answer to the command, and tells what it leaves in the audit.
    pub(super) fn reply(mut self, desk: &Desk, dice: &mut Dice, waiting: &mut dyn Waiting, page: &Page) -> AuditRow {
        waiting.reply(page, &mut self.place.stage(desk, dice), &mut self.audit);
        self.audit
    }
}

impl Course {
    /// Decides commands one after the other; each has a turn.
    pub(super) fn decide(
        &mut self,
        desk: &Desk,
        dice: &mut Dice,
        batch: &mut [Box<dyn Waiting>],
        page: &mut Page,
    ) -> Result<Vec<Turn>, store::failure::Failure> {
        let mut turns = Vec::with_capacity(batch.len());
        let mut policies = 0;
        for waiting in batch {
            let known = Moment(self.known.0 + 1);
            let place = Place { position: self.position + 1, known, statute: self.statute.clone() };
            let Entry { audit, accepted } = waiting.take_place(page, &mut place.stage(desk, dice));
            if accepted {
                self.position += 1;
                self.known = known;
            }
            turns.push(Turn { place, audit });
            // A change of the law holds for whatever stands behind it in the batch.
            let changed = page.new_policies();
            if changed.len() > policies {
                self.statute = Arc::new(self.statute.with(changed[policies..].to_vec())?);
                policies = changed.len();
            }
        }
        Ok(turns)
    }
}

/// Does work of which each bit is soon done while something else is waited for, and what is left of it after that. The
/// database has a thread of its own, which would be waited for idly.
async fn beside<T>(waited_for: impl Future<Output = T>, mut bit: impl FnMut() -> Option<()>) -> T {
    let mut waited_for = std::pin::pin!(waited_for);
    let done = std::future::poll_fn(|context| {
        loop {
            if let Poll::Ready(done) = waited_for.as_mut().poll(context) {
                return Poll::Ready(done);
            }
            if bit().is_none() {
                return Poll::Pending;
            }
        }
    })
    .await;
    while bit().is_some() {}
    done
}

/// Which commands of a batch would have been recorded after a position and are not, since one of them was refused. What
/// had been recorded before stays so.
fn undone(turns: &[Turn], last: i64) -> BTreeSet<usize> {
    if turns.iter().all(|turn| turn.audit.outcome != Outcome::Refused) {
        return BTreeSet::new();
    }
    turns.iter().enumerate().filter(|(_, turn)| turn.audit.position > Some(last)).map(|(at, _)| at).collect()
}

/// Makes refusals of what is undone.
fn undo(audits: &mut [AuditRow], undone: &BTreeSet<usize>) {
    for (_, audit) in audits.iter_mut().enumerate().filter(|(at, _)| undone.contains(at)) {
        (audit.outcome, audit.position) = (Outcome::Refused, None);
        audit.reason = Some(Refusal::BatchRejected.reason().to_owned());
    }
}
