//! Changes of the law: proposed by one person, approved by another, or withdrawn.
//!
//! What is proposed is a whole document, a revision or a reading, and what is approved is bound to its digest. Absent: the
//! reading of documents.

use krama_law::calendar::Day;

use crate::operation::Desk;
use crate::operation::caller::Caller;
use crate::operation::command::{Accepted, Act, Content, Decided, Method, Stage, position_of};
use crate::operation::failure::{Failure, Refusal};
use crate::operation::member::correction::Ground;
use crate::operation::page::{Needs, Page, Rows};
use crate::operation::policy::Which;
use crate::operation::policy::statute::{ProposalOf, State, digest};
use crate::operation::transact::{Recorded, Ticket};
use crate::store::policy::{PolicyKind, PolicyRow};
use crate::store::seal::Vault;

/// A revision, or a reading, that is proposed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proposal {
    /// The document, which may say only what differs.
    pub document: String,
}

/// That a proposal becomes part of the law.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Approval {
    /// The proposal.
    pub proposal: i64,
    /// The digest of the document that was read.
    pub digest: [u8; 32],
    /// On what it rests: the case, and the text of law.
    pub ground: Ground,
}

/// That a proposal is taken back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Withdrawal {
    /// The proposal.
    pub proposal: i64,
    /// On what it rests.
    pub ground: Ground,
}

/// What was proposed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proposed {
    /// The id of the proposal.
    pub proposal: i64,
    /// The whole document.
    pub document: String,
}

impl Desk {
    /// Proposes a revision or a reading.
    ///
    /// # Errors
    /// The document cannot be used, or its day cannot be the first of a revision.
    pub async fn propose_policy(
        &self,
        caller: &Caller,
        ticket: Ticket,
        proposal: Proposal,
    ) -> Result<Recorded<Proposed>, Failure> {
        self.writer.submit(caller, ticket, proposal).await
    }

    /// Makes a proposal part of the law.
    ///
    /// # Errors
    /// There is no such proposal, it is decided, another document was read, or another person is needed.
    pub async fn approve_policy(
        &self,
        caller: &Caller,
        ticket: Ticket,
        approval: Approval,
    ) -> Result<Recorded<Option<Day>>, Failure> {
        self.writer.submit(caller, ticket, approval).await
    }

    /// Takes a proposal back.
    ///
    /// # Errors
    /// There is no such proposal, or it is decided.
    pub async fn withdraw_proposal(
        &self,
        caller: &Caller,
        ticket: Ticket,
        withdrawal: Withdrawal,
    ) -> Result<Recorded<()>, Failure> {
        self.writer.submit(caller, ticket, withdrawal).await
    }
}

/// A proposal that is still open.
fn open(proposal: i64, stage: &Stage<'_>) -> Result<ProposalOf, Refusal> {
    let found = stage.statute.proposal(position_of(proposal));
    let found = found.filter(|found| found.id() == proposal);
    let found = found.ok_or(Refusal::PolicyNotFound { policy: Which::Proposal(proposal) })?;
    match found.state {
        State::Open => Ok(found),
        State::Approved | State::Withdrawn => {
            Err(Refusal::PolicyProposalClosed { proposal, state: found.state.name() })
        }
    }
}

/// An act about a proposal.
fn act(proposal: i64, kind: PolicyKind, ground: &Ground, stage: &Stage<'_>) -> Decided {
    let row = PolicyRow {
        position: stage.position,
        known_at: stage.known.0,
        kind,
        proposal: Some(position_of(proposal)),
        document: String::new(),
    };
    let rows = Rows { policies: vec![row], note: Some(ground.note()), ..Rows::default() };
    Decided::New { rows, subject: None, fact: Some(proposal) }
}

impl Act for Proposal {
    type Reply = Proposed;
    const METHOD: Method = Method::ProposePolicy;

    fn content(&self, content: &mut Content) {
        content.text(&self.document);
    }

    fn needs(&self, _caller: &Caller, _vault: &Vault, _needs: &mut Needs) {}

    fn decide(&self, _caller: &Caller, _page: &Page, stage: &mut Stage<'_>) -> Result<Decided, Failure> {
        let matter = stage.statute.resolved(&self.document, stage.known).map_err(|faults| {
            let faults = faults.iter().map(ToString::to_string).collect();
            Refusal::PolicyUnsound { field: "document", faults }
        })?;
        stage.statute.refuses(&matter, stage.today(), "document")?;
        let row = PolicyRow {
            position: stage.position,
            known_at: stage.known.0,
            kind: PolicyKind::Proposed,
            proposal: None,
            document: matter.text(),
        };
        let rows = Rows { policies: vec![row], ..Rows::default() };
        Ok(Decided::New { rows, subject: None, fact: Some(stage.fact(0).0) })
    }

    fn reply(&self, page: &Page, stage: &Stage<'_>, accepted: &Accepted) -> Proposed {
        let proposal = accepted.fact.unwrap_or_default();
        let position = position_of(proposal);
        // What this very command adds is on the page and not yet in the law.
        let new = page.new_policies().iter().find(|row| row.position == position).map(|row| row.document.clone());
        let held = || stage.statute.proposal(position).map(|held| held.document);
        Proposed { proposal, document: new.or_else(held).unwrap_or_default() }
    }
}

impl Act for Approval {
    type Reply = Option<Day>;
    const METHOD: Method = Method::ApprovePolicy;

    fn content(&self, content: &mut Content) {
        content.number(self.proposal);
        content.text(&self.digest.map(|byte| format!("{byte:02x}")).concat());
        self.ground.content(content);
    }

    fn needs(&self, _caller: &Caller, _vault: &Vault, needs: &mut Needs) {
        needs.positions.push(position_of(self.proposal));
    }

    fn decide(&self, caller: &Caller, page: &Page, stage: &mut Stage<'_>) -> Result<Decided, Failure> {
        let found = open(self.proposal, stage)?;
        if page.caller_at(found.position) == Some(caller.id.as_str()) {
            return Err(Refusal::SecondPersonRequired { method: Self::METHOD.name() }.into());
        }
        if digest(&found.document) != self.digest {
            return Err(Refusal::PolicyDigestDiffers { proposal: self.proposal }.into());
        }
        stage.statute.refuses(&found.matter, stage.today(), "proposal_id")?;
        Ok(act(self.proposal, PolicyKind::Approved, &self.ground, stage))
    }

    fn reply(&self, _page: &Page, stage: &Stage<'_>, _accepted: &Accepted) -> Option<Day> {
        stage.statute.proposal(position_of(self.proposal)).and_then(|found| found.matter.effective())
    }
}

impl Act for Withdrawal {
    type Reply = ();
    const METHOD: Method = Method::WithdrawProposal;

    fn content(&self, content: &mut Content) {
        content.number(self.proposal);
        self.ground.content(content);
    }

    fn needs(&self, _caller: &Caller, _vault: &Vault, _needs: &mut Needs) {}

    fn decide(&self, _caller: &Caller, _page: &Page, stage: &mut Stage<'_>) -> Result<Decided, Failure> {
        open(self.proposal, stage)?;
        Ok(act(self.proposal, PolicyKind::Withdrawn, &self.ground, stage))
    }

    fn reply(&self, _page: &Page, _stage: &Stage<'_>, _accepted: &Accepted) {}
}
