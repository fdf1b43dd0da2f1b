//! An older register: facts that another system had recorded, with the instants at which it came to know them.
//!
//! Only a ledger that is empty, or holds nothing but a part of the same register, takes one in: then known time can
//! rise with the position, and no answer "as known then" that was ever given changes. Absent: the files, and their order.

use krama_law::calendar::Day;
use tokio::sync::oneshot;

use crate::operation::Desk;
use crate::operation::caller::{Caller, Purpose, Role};
use crate::operation::command::{Accepted, Act, Content, Decided, Method, Stage};
use crate::operation::failure::{Failure, IdentifierKind, Refusal};
use crate::operation::member::{Enrolled, Enrolment};
use crate::operation::page::{Needs, Page};
use crate::operation::person::{Identifier, identifier_hash};
use crate::operation::transact::Queued;
use crate::operation::transact::dated::{Finished, IMPORT};
use crate::store::seal::Vault;
use crate::store::{audit, ledger};

pub(crate) use crate::operation::transact::dated::Course;

/// The caller of every command of a register.
const CALLER: &str = "register-import";

/// Why an enrolment of a register lies before the day on which it became known.
const REASON: &str = "recorded in the older register";

/// An enrolment, of which the member is known by number only.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NamedEnrolment {
    /// The member's number at the fund.
    pub member_number: String,
    /// The day.
    pub on: Day,
}

/// Who brings a register; the person is who typed the command.
pub fn caller(user: &str) -> Caller {
    Caller {
        id: CALLER.to_owned(),
        role: Role::Service,
        employers: None,
        user: Some(user.to_owned()),
        purpose: Some(Purpose::Correction),
        case: None,
    }
}

impl Desk {
    /// Whether the ledger takes in a register, by the id of its batch, and the number of the last of its rows that has
    /// had its turn; none where something else is recorded.
    ///
    /// # Errors
    /// The storage fails.
    pub(crate) async fn begin_register(&self, batch: [u8; 16]) -> Result<Option<(Course, i64)>, Failure> {
        let snapshot = self.snapshot(None).await?;
        let done = audit::last_of_batch(&snapshot.read, CALLER, batch).await?;
        let newest = ledger::commands_at(&snapshot.read, &[snapshot.position]).await?;
        // A register has begun in an empty ledger and goes on without a gap, so the newest command tells for all.
        let alone = newest.iter().all(|command| command.caller == CALLER && done.is_some());
        Ok(alone.then(|| (Course::after(snapshot.position), done.unwrap_or(0))))
    }

    /// Notes that all of a register has had its turn.
    ///
    /// # Errors
    /// The storage fails.
    pub(crate) async fn finish_register(&self, caller: &Caller) -> Result<(), Failure> {
        let (kept, answer) = oneshot::channel();
        self.writer.enqueue(Queued::Command(Box::new(Finished { caller: caller.clone(), kept }))).await?;
        answer.await.unwrap_or(Err(Failure::Stopping))
    }

    /// Whether a register was begun and not finished. Such a ledger answers nobody: what is still to come becomes known
    /// before the present.
    ///
    /// # Errors
    /// The storage fails.
    pub(crate) async fn holds_part_of_a_register(&self) -> Result<bool, Failure> {
        let snapshot = self.snapshot(None).await?;
        let newest = ledger::commands_at(&snapshot.read, &[snapshot.position]).await?;
        let by_register = newest.first().is_some_and(|command| command.caller == CALLER);
        Ok(by_register && !audit::has_accepted(&snapshot.read, CALLER, IMPORT).await?)
    }

    /// The ledger's id of an employer.
    ///
    /// # Errors
    /// The storage fails.
    pub(crate) async fn employer_numbered(&self, number: &str) -> Result<Option<i64>, Failure> {
        let snapshot = self.snapshot(None).await?;
        let page =
            self.page(&snapshot, Needs { employer_numbers: vec![number.to_owned()], ..Needs::default() }).await?;
        Ok(page.employer_by_number(number).map(|employer| employer.id))
    }
}

impl NamedEnrolment {
    fn identifier(&self) -> Identifier {
        Identifier { kind: IdentifierKind::MemberNumber, value: self.member_number.clone() }
    }

    fn of(&self, member: i64, known: Day) -> Enrolment {
        let reason = if self.on < known { REASON.to_owned() } else { String::new() };
        Enrolment { member, on: Some(self.on), reason }
    }
}

impl Act for NamedEnrolment {
    type Reply = Enrolled;
    const METHOD: Method = Method::EnrollMember;

    fn content(&self, content: &mut Content) {
        content.text(&self.member_number);
        content.number(i64::from(self.on.0));
    }

    fn needs(&self, _caller: &Caller, vault: &Vault, needs: &mut Needs) {
        needs.hashes.push(identifier_hash(vault, &self.identifier()));
    }

    fn decide(&self, caller: &Caller, page: &Page, stage: &mut Stage<'_>) -> Result<Decided, Failure> {
        match page.holders(&identifier_hash(stage.vault, &self.identifier())) {
            [member] => self.of(*member, stage.today()).decide(caller, page, stage),
            [] | [_, _, ..] => Err(Refusal::WorkerUnknown { field: "member_number" }.into()),
        }
    }

    fn reply(&self, page: &Page, stage: &Stage<'_>, accepted: &Accepted) -> Enrolled {
        self.of(accepted.subject.unwrap_or_default(), accepted.known.day()).reply(page, stage, accepted)
    }
}
