//! The one write path: permit, replay, decide, save, audit, commit; many commands a commit.
//!
//! Here is what happens to one command: it is permitted, found to be a repetition or decided, its facts are added to the
//! page, everybody whose life they touch is looked at again, and its answer is made. A refused command leaves an audit row
//! and nothing else. Absent: what a command means, which is in the file of its subject, and the task that writes, which is
//! in `writer`.

pub(crate) mod dated;
pub(crate) mod foreseen;
mod rehearsal;
pub(crate) mod writer;

use krama_law::calendar::Moment;
use tokio::sync::{mpsc, oneshot};

use crate::operation::caller::{Caller, Purpose};
use crate::operation::command::{Accepted, Act, Content, Decided, Method, Stage};
use crate::operation::failure::{Failure, Refusal};
use crate::operation::page::{Needs, Page};
use crate::store::audit::{AuditRow, Outcome, Slot};
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
    /// Decides, changes the page, and tells how it ended.
    fn take_place(&mut self, page: &mut Page, stage: &mut Stage<'_>) -> Entry;
    /// Makes the answer to what was decided, from a page to which others of the batch may have added since: what is
    /// answered is as of the command's own known time, as it is when the command is repeated.
    fn reply(&mut self, _page: &Page, _stage: &mut Stage<'_>, _audit: &mut AuditRow) {}
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
    settled: Option<Settled>,
    outcome: Option<Result<Recorded<A::Reply>, Failure>>,
    reply_to: oneshot::Sender<Result<Recorded<A::Reply>, Failure>>,
}

/// A command that is not refused, before its answer is made.
struct Settled {
    accepted: Accepted,
    position: Option<i64>,
    known: Option<Moment>,
    duplicate: bool,
}

impl<A: Act> WaitingAct<A> {
    /// The place of a write that was accepted before; a rehearsal has none.
    fn place(&self, position: i64, known: Moment) -> (Option<i64>, Option<Moment>) {
        let real = !self.ticket.validate_only;
        (real.then_some(position), real.then_some(known))
    }

    fn decide(&self, page: &mut Page, stage: &mut Stage<'_>) -> Result<(Settled, Outcome), Failure> {
        let request = (self.caller.id.clone(), self.ticket.request_id);
        if let Some(command) = page.command(&request) {
            if command.digest != self.digest {
                let method = Method::name_of(command.kind);
                return Err(Refusal::RequestIdReused { request_id: self.ticket.request_id, method }.into());
            }
            let accepted = Accepted::of(command);
            let (position, known) = self.place(command.position, accepted.known);
            return Ok((Settled { accepted, position, known, duplicate: false }, Outcome::Repeated));
        }
        match self.act.decide(&self.caller, page, stage)? {
            Decided::Repeated { position, accepted } => {
                let (position, known) = self.place(position, accepted.known);
                Ok((Settled { accepted, position, known, duplicate: true }, Outcome::Repeated))
            }
            Decided::Nothing => {
                let accepted = Accepted { known: stage.known, subject: None, fact: None };
                Ok((Settled { accepted, position: None, known: None, duplicate: false }, Outcome::Repeated))
            }
            Decided::New { rows, subject, fact } => {
                let note = rows.note.as_deref().map(|note| ledger::seal_note(stage.vault, stage.position, note));
                let (note, detail) = (note.transpose()?, rows.detail);
                let touched = page.touched(&rows);
                page.add(rows);
                page.look_again(&touched, stage);
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
                let (position, known) = self.place(stage.position, stage.known);
                let outcome = if self.ticket.validate_only { Outcome::DryRun } else { Outcome::Accepted };
                Ok((Settled { accepted, position, known, duplicate: false }, outcome))
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
        match decided {
            Ok((settled, outcome)) => {
                accepted = matches!(outcome, Outcome::Accepted | Outcome::DryRun);
                audit.outcome = outcome;
                audit.position = settled.position;
                self.settled = Some(settled);
            }
            Err(failure) => {
                audit.reason = Some(failure.reason().to_owned());
                self.outcome = Some(Err(failure));
            }
        }
        Entry { audit, accepted }
    }

    fn reply(&mut self, page: &Page, stage: &mut Stage<'_>, audit: &mut AuditRow) {
        let Some(settled) = self.settled.take() else { return };
        stage.for_staff = self.caller.role.is_staff();
        let reply = self.act.reply(page, stage, &settled.accepted);
        audit.reason = A::warns(&reply).then(|| WARNED.to_owned());
        let Settled { position, known, duplicate, .. } = settled;
        self.outcome = Some(Ok(Recorded { position, known, duplicate, reply }));
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
    let waiting =
        WaitingAct { act, caller: caller.clone(), ticket, slot, digest, settled: None, outcome: None, reply_to };
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
