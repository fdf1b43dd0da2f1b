//! Lapses that wait for a person: confirmed, or waived until another month is overdue.
//!
//! One person prepares it and a supervisor who is somebody else does it. Each names the case and the text of law on which
//! it rests, which are kept sealed with the command. Absent: when a lapse waits at all; that is the law's.

use krama_law::answer::Standing;
use krama_law::decision::decide;
use krama_law::fact::Fact;

use crate::operation::Desk;
use crate::operation::caller::Caller;
use crate::operation::command::{Accepted, Act, Content, Decided, Method, Stage, position_of};
use crate::operation::failure::{Failure, Refusal};
use crate::operation::member::correction::{Corrected, Ground, answer, must_be_known, one_fact};
use crate::operation::page::{Needs, Page};
use crate::operation::prepared::{self, Turn};
use crate::operation::transact::{Recorded, Ticket};
use crate::store::seal::Vault;

/// What a person decides about the pending lapse of a member: that it takes effect, or that it does not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verdict<const CONFIRMED: bool> {
    /// Whose lapse.
    pub member: i64,
    /// On what the decision rests: the case, and the text of law.
    pub ground: Ground,
    /// Under which id it was prepared; none to prepare it.
    pub prepared: Option<i64>,
}

impl Desk {
    /// Decides about a pending lapse.
    ///
    /// # Errors
    /// There is no such member, no lapse waits, nothing of the kind was prepared since it waits, or another person is
    /// needed.
    pub async fn decide_lapse<const CONFIRMED: bool>(
        &self,
        caller: &Caller,
        ticket: Ticket,
        verdict: Verdict<CONFIRMED>,
    ) -> Result<Recorded<Corrected>, Failure> {
        self.writer.submit(caller, ticket, verdict).await
    }
}

impl<const CONFIRMED: bool> Act for Verdict<CONFIRMED> {
    type Reply = Corrected;
    const METHOD: Method = if CONFIRMED { Method::ConfirmLapse } else { Method::WaiveLapse };

    fn content(&self, content: &mut Content) {
        content.number(self.member);
        self.ground.content(content);
        if let Some(prepared) = self.prepared {
            content.number(prepared);
        }
    }

    fn needs(&self, _caller: &Caller, _vault: &Vault, needs: &mut Needs) {
        needs.members.push(self.member);
        needs.positions.extend(self.prepared.map(position_of));
    }

    fn decide(&self, caller: &Caller, page: &Page, stage: &mut Stage<'_>) -> Result<Decided, Failure> {
        let (member, today) = (self.member, stage.today());
        must_be_known(page, member)?;
        let answer = decide(&page.timeline(member), stage.law, today, stage.known);
        if answer.standing != Standing::LapsePending {
            return Err(Refusal::LapseNotPending { member }.into());
        }
        let as_prepared = Self { prepared: None, ..self.clone() };
        match prepared::turn(&as_prepared, self.prepared, caller, page)? {
            Turn::First => return Ok(prepared::first(Some(member), self.ground.note())),
            // What was prepared about an earlier lapse says nothing about this one.
            Turn::Second { prepared } if answer.since.is_some_and(|since| prepared.day() < since) => {
                return Err(Refusal::PreparationNotFound { prepared: self.prepared.unwrap_or_default() }.into());
            }
            Turn::Second { .. } => {}
        }
        let fact = if CONFIRMED { Fact::LapseConfirmed { on: today } } else { Fact::LapseWaived { on: today } };
        Ok(one_fact(member, fact, &self.ground, 0, stage))
    }

    fn reply(&self, page: &Page, stage: &Stage<'_>, accepted: &Accepted) -> Corrected {
        answer(self.member, page, stage, accepted)
    }

    fn warns(reply: &Corrected) -> bool {
        reply.is_prepared()
    }
}
