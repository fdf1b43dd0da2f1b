//! The one write path: permit, replay, decide, save, audit, commit; many commands a commit.
//!
//! One task holds the writer. It takes the commands that wait, loads what they need in a fixed number of queries,
//! decides them one after the other in memory, so that records about one member see each other in order, writes
//! everything in bulk and answers after the commit. A refused command leaves an audit row and nothing else.
//! `validate_only` is the same path rolled back. Absent: what a command means; that is in the file of its subject.

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
use crate::store::audit::{self, AuditRow, Outcome};
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
        let mut accepted = false;
        self.outcome = Some(match decided {
            Ok((recorded, outcome)) => {
                accepted = matches!(outcome, Outcome::Accepted | Outcome::DryRun);
                audit.outcome = outcome;
                audit.position = recorded.position;
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
    }
}

/// The way to the writer.
#[derive(Clone)]
pub(crate) struct WriterHandle {
    queue: mpsc::Sender<Queued>,
}

/// What stands in the queue of the writer.
pub(crate) enum Queued {
    Command(Box<dyn Waiting>),
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
        let (reply_to, reply) = oneshot::channel();
        let digest = Content::of(&act);
        let waiting = WaitingAct { act, caller: caller.clone(), ticket, digest, outcome: None, reply_to };
        self.queue.try_send(Queued::Command(Box::new(waiting))).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Failure::Busy,
            mpsc::error::TrySendError::Closed(_) => Failure::Stopping,
        })?;
        reply.await.unwrap_or(Err(Failure::Stopping))
    }

    /// Leaves the audit row of a refusal at the counter, and returns when it is on the disk. When the queue is full
    /// the row waits for its place, so that a flood of refused calls slows itself down and not the work.
    pub(crate) async fn note_refusal(&self, caller: Option<Caller>, method: String, reason: &'static str) {
        let (noted, kept) = oneshot::channel();
        let refused = RefusedAtCounter { caller, method, reason, noted };
        let queued = self.queue.send(Queued::Command(Box::new(refused))).await;
        if queued.is_err() || kept.await.is_err() {
            tracing::warn!(reason, "a refusal could not be audited; the log before this says why");
        }
    }
}

impl WriterHandle {
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
        let mut put_off: Option<Box<dyn Waiting>> = None;
        let mut stopping = false;
        while !stopping || put_off.is_some() {
            let first = match put_off.take() {
                Some(waiting) => waiting,
                None => match self.queue.recv().await {
                    Some(Queued::Command(waiting)) => waiting,
                    Some(Queued::Stop) | None => return,
                },
            };
            let mut batch = vec![first];
            // A rehearsal is rolled back, so it has a transaction of its own.
            while batch.len() < self.desk.limits.batch_commands && !batch[0].validate_only() {
                match self.queue.try_recv() {
                    Ok(Queued::Command(waiting)) if waiting.validate_only() => {
                        put_off = Some(waiting);
                        break;
                    }
                    Ok(Queued::Command(waiting)) => batch.push(waiting),
                    Ok(Queued::Stop) => {
                        stopping = true;
                        break;
                    }
                    Err(_) => break,
                }
            }
            self.settle(batch).await;
        }
    }

    /// Writes a batch and answers it. A batch that cannot be saved, though the database can be reached, is tried again
    /// in halves: what is sound is kept, and only the command at fault is told of it.
    async fn settle(&mut self, batch: Vec<Box<dyn Waiting>>) {
        let mut parts = vec![batch];
        while let Some(mut part) = parts.pop() {
            let desk = self.desk.clone();
            let saved = desk.store.in_time(self.write(&mut part)).await;
            self.desk.tide.settle();
            let failure = match saved {
                Err(fault) if part.len() > 1 && !fault.is_passing() => {
                    let cause: &dyn std::error::Error = &fault;
                    tracing::warn!(commands = part.len(), cause, "a batch cannot be saved and is tried in halves");
                    let second = part.split_off(part.len() / 2);
                    parts.extend([second, part]);
                    continue;
                }
                saved => saved.err().map(Failure::from),
            };
            for waiting in part {
                waiting.answer(failure.clone().map_or(Ok(()), Err));
            }
        }
    }

    /// Decides a batch and makes it durable.
    async fn write(&mut self, batch: &mut [Box<dyn Waiting>]) -> Result<(), store::failure::Failure> {
        let desk = &self.desk;
        let rehearsal = batch[0].validate_only();
        let mut needs = Needs::default();
        for waiting in batch.iter() {
            waiting.needs(desk.store.vault(), &mut needs);
        }
        let write = desk.store.begin().await?;
        let mut page = Page::load(&write, desk.store.vault(), needs).await?;
        let (mut position, last_known) = ledger::last(&write).await?;
        let mut audit_id = audit::last_id(&write).await?;
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
            };
            let mut entry = waiting.take_place(&mut page, &mut stage);
            if entry.accepted {
                position += 1;
                known = now;
            }
            audit_id += 1;
            entry.audit.id = audit_id;
            audits.push(entry.audit);
        }
        (self.between)(Step::Save)?;
        page.save(&write).await?;
        let write = if rehearsal {
            write.rollback().await?;
            desk.store.begin().await?
        } else {
            write
        };
        audit::insert(&write, &audits).await?;
        (self.between)(Step::Commit)?;
        write.commit().await?;
        (self.between)(Step::Answer)
    }
}
