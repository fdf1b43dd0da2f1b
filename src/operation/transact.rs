//! The one write path: permit, replay, decide, save, audit, commit; many commands a commit.
//!
//! One task holds the writer. It takes the commands that wait, loads what they need in a fixed number of queries,
//! decides them one after the other in memory, so that records about one member see each other in order, writes
//! everything in bulk and answers after the commit. A refused command leaves an audit row and nothing else.
//! `validate_only` is the same path rolled back. Absent: what a command means; that is in the file of its subject.

pub(crate) mod dated;
pub(crate) mod foreseen;

use std::collections::BTreeSet;
use std::sync::Arc;

use krama_law::calendar::Moment;
use tokio::sync::{mpsc, oneshot};

use crate::clock::Dice;
use crate::operation::Desk;
use crate::operation::caller::{Caller, Purpose};
use crate::operation::command::{Accepted, Act, Content, Decided, Method, Stage};
use crate::operation::failure::{Failure, Refusal};
use crate::operation::page::{Needs, Page};
use crate::store;
use crate::store::audit::{self, AuditRow, Outcome, Slot};
use crate::store::ledger::{self, CommandRow};
use crate::store::seal::Vault;

/// What every write carries besides its content.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ticket {
    /// The caller's own id of the request; an accepted write binds it for ever.
    pub request_id: [u8; 16],
    /// Whether to answer what the write would answer, and change nothing.
    pub validate_only: bool,
}

/// What a write answers, with the place that it took in the ledger.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recorded<R> {
    /// The position of the command; none when nothing was recorded.
    pub position: Option<i64>,
    /// The known time of the command; none when nothing was recorded.
    pub known: Option<Moment>,
    /// Whether the same content was recorded before under another request id.
    pub duplicate: bool,
    /// The answer of the subject.
    pub reply: R,
}

/// A command in the queue of the writer, whatever its subject.
pub(crate) trait Waiting: Send {
    fn needs(&self, vault: &Vault, needs: &mut Needs);
    fn validate_only(&self) -> bool;
    /// Decides, changes the page, keeps the answer, and tells how it ended.
    fn take_place(&mut self, page: &mut Page, stage: &mut Stage<'_>) -> Entry;
    /// Answers what was decided, or why that came to nothing.
    fn answer(self: Box<Self>, saved: Result<(), Failure>);
}

/// What one command leaves in the audit and in the table of commands.
pub(crate) struct Entry {
    audit: AuditRow,
    accepted: bool,
}

struct WaitingAct<A: Act> {
    act: A,
    caller: Caller,
    ticket: Ticket,
    slot: Option<Slot>,
    digest: [u8; 32],
    outcome: Option<Result<Recorded<A::Reply>, Failure>>,
    reply_to: oneshot::Sender<Result<Recorded<A::Reply>, Failure>>,
}

impl<A: Act> WaitingAct<A> {
    /// The place of a write that was accepted before; a rehearsal has none.
    fn place(&self, position: i64, known: Moment) -> (Option<i64>, Option<Moment>) {
        let real = !self.ticket.validate_only;
        (real.then_some(position), real.then_some(known))
    }

    fn decide(&self, page: &mut Page, stage: &mut Stage<'_>) -> Result<(Recorded<A::Reply>, Outcome), Failure> {
        stage.for_staff = self.caller.role.is_staff();
        let request = (self.caller.id.clone(), self.ticket.request_id);
        if let Some(command) = page.command(&request) {
            if command.digest != self.digest {
                let method = Method::name_of(command.kind);
                return Err(Refusal::RequestIdReused { request_id: self.ticket.request_id, method }.into());
            }
            let (position, accepted) = (command.position, Accepted::of(command));
            let reply = self.act.reply(page, stage, &accepted);
            let (position, known) = self.place(position, accepted.known);
            return Ok((Recorded { position, known, duplicate: false, reply }, Outcome::Repeated));
        }
        match self.act.decide(&self.caller, page, stage)? {
            Decided::Repeated { position, accepted } => {
                let reply = self.act.reply(page, stage, &accepted);
                let (position, known) = self.place(position, accepted.known);
                Ok((Recorded { position, known, duplicate: true, reply }, Outcome::Repeated))
            }
            Decided::New { rows, subject, fact } => {
                let note = rows.note.as_deref().map(|note| ledger::seal_note(stage.vault, stage.position, note));
                let (note, detail) = (note.transpose()?, rows.detail);
                page.add(rows);
                let command = CommandRow {
                    position: stage.position,
                    known_at: stage.known.0,
                    caller: self.caller.id.clone(),
                    role: self.caller.role.number(),
                    request_id: self.ticket.request_id,
                    digest: self.digest,
                    kind: A::METHOD.number(),
                    subject,
                    fact,
                    detail,
                    note,
                };
                let accepted = Accepted::of(&command);
                page.add_command(command);
                let reply = self.act.reply(page, stage, &accepted);
                let (position, known) = (Some(stage.position), Some(stage.known));
                if self.ticket.validate_only {
                    let recorded = Recorded { position: None, known: None, duplicate: false, reply };
                    return Ok((recorded, Outcome::DryRun));
                }
                Ok((Recorded { position, known, duplicate: false, reply }, Outcome::Accepted))
            }
        }
    }
}

impl<A: Act> Waiting for WaitingAct<A> {
    fn needs(&self, vault: &Vault, needs: &mut Needs) {
        needs.requests.push((self.caller.id.clone(), self.ticket.request_id));
        self.act.needs(&self.caller, vault, needs);
    }

    fn validate_only(&self) -> bool {
        self.ticket.validate_only
    }

    fn take_place(&mut self, page: &mut Page, stage: &mut Stage<'_>) -> Entry {
        let decided = self.decide(page, stage);
        let mut audit = audit_row(Some(&self.caller), A::METHOD.name(), stage.known);
        audit.request_id = Some(self.ticket.request_id);
        audit.slot = self.slot;
        let mut accepted = false;
        self.outcome = Some(match decided {
            Ok((recorded, outcome)) => {
                accepted = matches!(outcome, Outcome::Accepted | Outcome::DryRun);
                audit.outcome = outcome;
                audit.position = recorded.position;
                audit.reason = A::warns(&recorded.reply).then(|| WARNED.to_owned());
                Ok(recorded)
            }
            Err(failure) => {
                audit.reason = Some(failure.reason().to_owned());
                Err(failure)
            }
        });
        Entry { audit, accepted }
    }

    fn answer(self: Box<Self>, saved: Result<(), Failure>) {
        let answer = match (saved, self.outcome) {
            (Ok(()), Some(outcome)) => outcome,
            (Ok(()), None) => Err(Failure::Stopping),
            (Err(failure), _) => Err(failure),
        };
        // The caller may have gone; what was recorded stays recorded.
        drop(self.reply_to.send(answer));
    }
}

/// A refusal at the counter, which never came to a decision but leaves its audit row like any other.
struct RefusedAtCounter {
    caller: Option<Caller>,
    method: String,
    reason: &'static str,
    slot: Option<Slot>,
    noted: oneshot::Sender<()>,
}

impl Waiting for RefusedAtCounter {
    fn needs(&self, _vault: &Vault, _needs: &mut Needs) {}

    fn validate_only(&self) -> bool {
        false
    }

    fn take_place(&mut self, _page: &mut Page, stage: &mut Stage<'_>) -> Entry {
        let mut audit = audit_row(self.caller.as_ref(), &self.method, stage.known);
        audit.reason = Some(self.reason.to_owned());
        audit.slot = self.slot;
        Entry { audit, accepted: false }
    }

    fn answer(self: Box<Self>, saved: Result<(), Failure>) {
        if saved.is_ok() {
            // The caller may have gone; the row stays.
            let _ = self.noted.send(());
        }
    }
}

/// The audit row of a refusal, until it turns out to be something better.
pub(crate) fn audit_row(caller: Option<&Caller>, method: &str, at: Moment) -> AuditRow {
    AuditRow {
        id: 0,
        at: at.0,
        caller: caller.map_or_else(String::new, |caller| caller.id.clone()),
        role: caller.map_or(0, |caller| caller.role.number()),
        user_name: caller.and_then(|caller| caller.user.clone()),
        purpose: caller.and_then(|caller| caller.purpose).map(Purpose::number),
        case_reference: caller.and_then(|caller| caller.case.clone()),
        method: method.to_owned(),
        outcome: Outcome::Refused,
        reason: None,
        position: None,
        request_id: None,
        slot: None,
    }
}

/// What the audit says, as a reason, of what was accepted and still waits for a person.
pub(crate) const WARNED: &str = "ACCEPTED_WITH_WARNING";

/// The way to the writer.
#[derive(Clone)]
pub(crate) struct WriterHandle {
    queue: mpsc::Sender<Queued>,
}

/// What stands in the queue of the writer.
pub(crate) enum Queued {
    Command(Box<dyn Waiting>),
    /// Commands of which none is taken when one is refused.
    Together(Vec<Box<dyn Waiting>>),
    /// The writer ends after what stands before this.
    Stop,
}

impl WriterHandle {
    /// A way to a writer, with the queue for it.
    pub(crate) fn new(waiting_commands: usize) -> (WriterHandle, mpsc::Receiver<Queued>) {
        let (queue, receiver) = mpsc::channel(waiting_commands);
        (WriterHandle { queue }, receiver)
    }

    /// Hands a command to the writer and waits for its answer, which comes after the commit.
    pub(crate) async fn submit<A: Act>(
        &self,
        caller: &Caller,
        ticket: Ticket,
        act: A,
    ) -> Result<Recorded<A::Reply>, Failure> {
        let (waiting, reply) = waiting(caller, ticket, None, act);
        self.queue.try_send(Queued::Command(waiting)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Failure::Busy,
            mpsc::error::TrySendError::Closed(_) => Failure::Stopping,
        })?;
        reply.await.unwrap_or(Err(Failure::Stopping))
    }

    /// Leaves the audit row of a refusal at the counter, and returns when it is on the disk. When the queue is full
    /// the row waits for its place, so that a flood of refused calls slows itself down and not the work.
    pub(crate) async fn note_refusal(&self, caller: Option<Caller>, method: String, reason: &'static str) {
        let (refused, kept) = refused(caller, method, reason, None);
        let queued = self.queue.send(Queued::Command(refused)).await;
        if queued.is_err() || kept.await.is_err() {
            tracing::warn!(reason, "a refusal could not be audited; the log before this says why");
        }
    }
}

/// A command before it stands in the queue, and where its answer will come.
pub(crate) fn waiting<A: Act>(
    caller: &Caller,
    ticket: Ticket,
    slot: Option<Slot>,
    act: A,
) -> (Box<dyn Waiting>, Answer<A::Reply>) {
    let (reply_to, reply) = oneshot::channel();
    let digest = Content::of(&act);
    let waiting = WaitingAct { act, caller: caller.clone(), ticket, slot, digest, outcome: None, reply_to };
    (Box::new(waiting), reply)
}

/// A refusal at the counter before it stands in the queue, and what tells that it is on the disk.
pub(crate) fn refused(
    caller: Option<Caller>,
    method: String,
    reason: &'static str,
    slot: Option<Slot>,
) -> (Box<dyn Waiting>, oneshot::Receiver<()>) {
    let (noted, kept) = oneshot::channel();
    (Box::new(RefusedAtCounter { caller, method, reason, slot, noted }), kept)
}

/// Where the answer to a command comes.
pub(crate) type Answer<R> = oneshot::Receiver<Result<Recorded<R>, Failure>>;

impl WriterHandle {
    /// Puts something in the queue, and waits for a place there.
    pub(crate) async fn enqueue(&self, queued: Queued) -> Result<(), Failure> {
        self.queue.send(queued).await.map_err(|_| Failure::Stopping)
    }

    /// Lets the writer end once everything that waits now is answered.
    pub(crate) async fn stop(&self) {
        // When the writer has ended already there is nothing left to ask of it.
        drop(self.queue.send(Queued::Stop).await);
    }
}

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
    between: Between,
}

impl Writer {
    /// The writer of a desk.
    pub(crate) fn new(desk: Arc<Desk>, queue: mpsc::Receiver<Queued>, between: Between) -> Writer {
        Writer { desk, dice: Dice::new(), queue, between }
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
        let (last, last_known) = ledger::last(&write).await?;
        let mut position = last;
        // Servers that share a database tell the present itself as known, so what they write is known after it.
        let now =
            write.present().await?.map_or_else(|| desk.clock.now(), |present| Moment(desk.agreed(&present).0 + 1));
        // The first command of the batch is known after everything that was told or recorded so far; from then on
        // known time rises with the position, also when the clock stands still.
        let mut known = Moment(desk.tide.rise(now.max(Moment(last_known + 1))).0 - 1);
        let mut audits = Vec::with_capacity(batch.len());
        for waiting in batch.iter_mut() {
            let now = Moment(known.0 + 1);
            let mut stage = Stage {
                law: &desk.law,
                vault: desk.store.vault(),
                limits: &desk.limits,
                position: position + 1,
                known: now,
                dice: &mut self.dice,
                for_staff: false,
            };
            let entry = waiting.take_place(&mut page, &mut stage);
            if entry.accepted {
                position += 1;
                known = now;
            }
            audits.push(entry.audit);
        }
        let undone = if bond == Bond::Together { undo(&mut audits, last) } else { BTreeSet::new() };
        (self.between)(Step::Save)?;
        let write = if rehearsal || !undone.is_empty() {
            // A rehearsal tells of everything that the saving would meet.
            if rehearsal {
                page.save(&write).await?;
            }
            write.rollback().await?;
            desk.store.begin().await?
        } else {
            page.save(&write).await?;
            write
        };
        let numbers = audit::last_id(&write).await? + 1..;
        audits.iter_mut().zip(numbers).for_each(|(audit, id)| audit.id = id);
        audit::insert(&write, &audits).await?;
        (self.between)(Step::Commit)?;
        write.commit().await?;
        (self.between)(Step::Answer)?;
        Ok(undone)
    }
}

/// Makes refusals of everything that a batch would have recorded after a position, if one of its commands was refused,
/// and answers which they are. What had been recorded before stays so.
fn undo(audits: &mut [AuditRow], last: i64) -> BTreeSet<usize> {
    let mut undone = BTreeSet::new();
    if audits.iter().any(|audit| audit.outcome == Outcome::Refused) {
        for (at, audit) in audits.iter_mut().enumerate().filter(|(_, audit)| audit.position > Some(last)) {
            (audit.outcome, audit.position) = (Outcome::Refused, None);
            audit.reason = Some(Refusal::BatchRejected.reason().to_owned());
            undone.insert(at);
        }
    }
    undone
}
