//! The law: what is proposed by one person, approved by another or withdrawn, and what is in force then.
//!
//! A document is read by the crate that reads those of `policies/`; what may be proposed when, and by whom it is
//! approved, is told here once more.

use krama::proto::google_type::Date;
use krama::proto::v1;
use krama::proto::v1::ProposalState;
use krama_documents::policy_file::{Document, Reading, Sheet};
use krama_law::calendar::Day;
use krama_law::policy::{Law, Published};
use sha2::{Digest as _, Sha256};
use tonic::Code;

use crate::refusal::{No, denied, no, not_now};
use crate::workload::command::Effect;
use crate::workload::model::{Model, Place, Verdict, not_found, optional_day_of};
use crate::world::id_in;

/// A text of the law that was proposed.
#[derive(Clone, Debug)]
pub(crate) struct Proposed {
    pub(crate) id: String,
    pub(crate) matter: Matter,
    /// The digest of the whole document, as it was told.
    pub(crate) digest: String,
    /// Who proposed it.
    pub(crate) proposer: String,
    pub(crate) state: ProposalState,
}

/// What a document is.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "documents of the law are few")]
pub(crate) enum Matter {
    /// A revision.
    Revision(Sheet),
    /// A reading: its name, and the document.
    Reading(String, String),
}

impl Matter {
    /// The first day of a revision.
    pub(crate) fn begins(&self) -> Option<Day> {
        match self {
            Matter::Revision(sheet) => Some(sheet.revision.effective),
            Matter::Reading(..) => None,
        }
    }

    /// The name of a reading.
    pub(crate) fn reading(&self) -> &str {
        match self {
            Matter::Revision(_) => "",
            Matter::Reading(name, _) => name,
        }
    }
}

impl Model {
    /// What a document is that may say only what differs from the revision before it; none where it is unsound.
    fn read(&self, document: &str) -> Option<Matter> {
        let revisions = || self.law.revisions().iter().map(|one| &one.revision);
        if document.starts_with("reading") {
            let read = revisions().find_map(|revision| Reading::parse(document, revision).ok())?;
            return Some(Matter::Reading(read.name, document.to_owned()));
        }
        let document = Document::parse(document).ok().filter(|document| document.law() == self.law.name)?;
        let base = revisions().rfind(|revision| revision.effective < document.effective())?;
        document.revision(Some(base)).ok().map(Matter::Revision)
    }

    /// Whether a text may become part of the law today. `field` names it in a refusal.
    fn may_begin(&self, matter: &Matter, field: &'static str) -> Result<(), No> {
        let sheet = match matter {
            Matter::Revision(sheet) => sheet,
            Matter::Reading(name, _) if self.readings.contains(name) => {
                return Err(no(Code::InvalidArgument, "POLICY_UNSOUND").at(field));
            }
            Matter::Reading(..) => return Ok(()),
        };
        let begins = sheet.revision.effective;
        if self.law.revisions().iter().any(|one| one.revision.effective == begins) {
            return Err(not_now("POLICY_DAY_TAKEN"));
        }
        if begins < self.today && !sheet.retroactive {
            return Err(not_now("POLICY_DAY_PASSED"));
        }
        Ok(())
    }

    pub(super) fn judge_proposal(&self, ask: &v1::ProposePolicyRequest) -> Result<Verdict, No> {
        let unsound = no(Code::InvalidArgument, "POLICY_UNSOUND").at("document");
        self.may_begin(&self.read(&ask.document).ok_or(unsound)?, "document")?;
        Ok(Verdict::Taken { warned: false })
    }

    pub(super) fn propose(&mut self, ask: &v1::ProposePolicyRequest, who: &str, place: &Place, told: &Effect) {
        let Effect::Text(_, digest) = told else { panic!("a proposal has a text: {told:?}") };
        self.proposals.push(Proposed {
            id: place.id.clone(),
            matter: self.read(&ask.document).expect("a sound document"),
            digest: digest.clone(),
            proposer: id_in(who).to_owned(),
            state: ProposalState::Open,
        });
    }

    /// Holds the whole document that was told against what was proposed.
    pub(super) fn shows_proposal(&self, document: &str, digest: &str) -> Result<(), String> {
        let proposed = self.proposals.last().expect("what was proposed");
        let bytes: [u8; 32] = Sha256::digest(document.as_bytes()).into();
        if bytes.map(|byte| format!("{byte:02x}")).concat() != digest {
            return Err(format!("{digest} is not the digest of what is told: {document}"));
        }
        let same = match &proposed.matter {
            Matter::Reading(_, asked) => asked == document,
            Matter::Revision(expected) => {
                let whole = Document::parse(document).and_then(|document| document.revision(None));
                let whole = whole.map_err(|faults| format!("the document that is told has faults: {faults:?}"))?;
                let said = |sheet: &Sheet| (sheet.law.clone(), sheet.title.clone(), sheet.retroactive);
                said(&whole) == said(expected) && whole.revision == expected.revision
            }
        };
        if same { Ok(()) } else { Err(format!("{:?} was proposed, and told is {document}", proposed.matter)) }
    }

    /// A proposal that nobody has decided about.
    fn open(&self, proposal: &str) -> Result<&Proposed, No> {
        let found = self.proposals.iter().find(|proposed| proposed.id == proposal);
        let found = found.ok_or(not_found("POLICY_NOT_FOUND"))?;
        if found.state == ProposalState::Open { Ok(found) } else { Err(not_now("POLICY_PROPOSAL_CLOSED")) }
    }

    pub(super) fn judge_approval(&self, ask: &v1::ApprovePolicyRequest, who: &str) -> Result<Verdict, No> {
        let found = self.open(&ask.proposal_id)?;
        if found.proposer == id_in(who) {
            return Err(denied("SECOND_PERSON_REQUIRED"));
        }
        if found.digest != ask.digest {
            return Err(no(Code::Aborted, "POLICY_DIGEST_DIFFERS"));
        }
        self.may_begin(&found.matter, "proposal_id")?;
        Ok(Verdict::Taken { warned: false })
    }

    fn close(&mut self, proposal: &str, state: ProposalState) -> Matter {
        let found = self.proposals.iter_mut().find(|proposed| proposed.id == proposal).expect("a proposal");
        found.state = state;
        found.matter.clone()
    }

    pub(super) fn approve(&mut self, ask: &v1::ApprovePolicyRequest, place: &Place) {
        let what = match self.close(&ask.proposal_id, ProposalState::Approved) {
            Matter::Revision(sheet) => {
                self.publish(Published { published: place.known, revision: sheet.revision });
                "revisions published"
            }
            Matter::Reading(name, _) => {
                self.readings.insert(name);
                "readings published"
            }
        };
        self.count(what.to_owned());
    }

    fn publish(&mut self, published: Published) {
        let revisions = self.law.revisions().iter().cloned().chain([published]).collect();
        self.law = Law::new(&self.law.name, revisions).expect("a law");
    }

    /// Holds the first day that an approval told against what was proposed.
    pub(super) fn shows_approval(&self, ask: &v1::ApprovePolicyRequest, told: Option<Date>) -> Result<(), String> {
        let found = self.proposals.iter().find(|proposed| proposed.id == ask.proposal_id).expect("a proposal");
        let (told, begins) = (optional_day_of(told.as_ref()), found.matter.begins());
        if told == begins { Ok(()) } else { Err(format!("it begins on {begins:?}, and told is {told:?}")) }
    }

    pub(super) fn judge_withdrawal(&self, ask: &v1::WithdrawProposalRequest) -> Result<Verdict, No> {
        self.open(&ask.proposal_id).map(|_| Verdict::Taken { warned: false })
    }

    pub(super) fn withdraw(&mut self, ask: &v1::WithdrawProposalRequest) {
        self.close(&ask.proposal_id, ProposalState::Withdrawn);
    }

    /// The first day of the revision in force today.
    pub(crate) fn in_force(&self) -> Option<Day> {
        let mut begins = self.law.revisions().iter().map(|one| one.revision.effective);
        begins.rfind(|begins| *begins <= self.today)
    }
}
