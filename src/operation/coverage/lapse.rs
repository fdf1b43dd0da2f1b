//! Lapses that wait for a person: confirmed, or waived until another month is overdue.
//!
//! Each names the case and the text of law on which it rests, which are kept sealed with the command. Absent: when a lapse
//! waits at all; that is the law's.

use krama_law::answer::Standing;
use krama_law::decision::decide;
use krama_law::fact::Fact;

use crate::operation::Desk;
use crate::operation::caller::Caller;
use crate::operation::command::{Accepted, Act, Content, Decided, Method, Stage};
use crate::operation::failure::{Failure, Refusal};
use crate::operation::member::correction::{Corrected, Ground, answer, must_be_known, one_fact};
use crate::operation::page::{Needs, Page};
use crate::operation::transact::{Recorded, Ticket};
use crate::store::seal::Vault;

/// What a person decides about the pending lapse of a member: that it takes effect, or that it does not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verdict<const CONFIRMED: bool> {
    /// Whose lapse.
    pub member: i64,
    /// On what the decision rests: the case, and the text of law.
    pub ground: Ground,
}

impl Desk {
    /// Decides about a pending lapse.
    ///
    /// # Errors
    /// There is no such member, or no lapse waits.
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
    }

    fn needs(&self, _caller: &Caller, _vault: &Vault, needs: &mut Needs) {
        needs.members.push(self.member);
    }

    fn decide(&self, _caller: &Caller, page: &Page, stage: &mut Stage<'_>) -> Result<Decided, Failure> {
        let (member, today) = (self.member, stage.today());
        must_be_known(page, member)?;
        if decide(&page.timeline(member), stage.law, today, stage.known).standing != Standing::LapsePending {
            return Err(Refusal::LapseNotPending { member }.into());
        }
        let fact = if CONFIRMED { Fact::LapseConfirmed { on: today } } else { Fact::LapseWaived { on: today } };
        Ok(one_fact(member, fact, &self.ground, 0, stage))
    }

    fn reply(&self, page: &Page, stage: &Stage<'_>, accepted: &Accepted) -> Corrected {
        answer(self.member, page, stage, accepted)
    }
}
