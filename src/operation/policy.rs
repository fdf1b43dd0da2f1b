//! The law of the ledger: what is in force, what is proposed, and how two people change it.
//!
//! The law is read from the ledger, so that every server of it decides by the same one. A server holds what it has read
//! together with the position up to which that is complete; whoever sees a later position reads what came since. Absent:
//! what a document may say, and how it is written.

pub mod change;
pub mod simulation;
pub mod statute;

use std::sync::{Arc, PoisonError, RwLock};

use krama_documents::policy_file::{LawBook, Sheet};
use krama_law::calendar::{Day, Moment};

use crate::operation::failure::{Failure, Refusal};
use crate::operation::page::Needs;
use crate::operation::policy::statute::{Matter, ProposalOf, Statute};
use crate::operation::reading::{AtLeast, Reading};
use crate::operation::{CannotOpen, Desk};
use crate::store;
use crate::store::connection::{Readable, Write};
use crate::store::policy::{self, PolicyKind, PolicyRow};

/// What a server holds of the law, and up to which position that is all there is.
pub(crate) struct Held {
    held: RwLock<(i64, Arc<Statute>)>,
}

impl Held {
    pub(crate) fn new(through: i64, statute: Statute) -> Held {
        Held { held: RwLock::new((through, Arc::new(statute))) }
    }

    /// The law as it stands at a position or a later one, if that has been read.
    pub(crate) fn read_through(&self, position: i64) -> Option<Arc<Statute>> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        (held.0 >= position).then(|| held.1.clone())
    }

    /// Takes what the law is up to a position, from who knows it.
    pub(crate) fn keep(&self, position: i64, statute: &Arc<Statute>) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        if held.0 < position {
            *held = (position, statute.clone());
        }
    }

    /// The law as it stands at a position, or a later one: what was published after a question's instant is not in force
    /// for it.
    pub(crate) async fn through(
        &self,
        conn: &impl Readable,
        position: i64,
    ) -> Result<Arc<Statute>, store::failure::Failure> {
        if let Some(statute) = self.read_through(position) {
            return Ok(statute);
        }
        let (_, statute) = self.held.read().unwrap_or_else(PoisonError::into_inner).clone();
        let newer = policy::since(conn, statute.last_position()).await?;
        let statute = if newer.is_empty() { statute } else { Arc::new(statute.with(newer)?) };
        self.keep(position, &statute);
        Ok(statute)
    }
}

/// Founds the law of a ledger that has none yet with the shipped one, and reads it.
pub(crate) async fn open(write: &Write, shipped: &LawBook) -> Result<Statute, CannotOpen> {
    let mut rows = policy::since(write, i64::MIN).await?;
    if rows.is_empty() {
        let revisions = shipped.sheets.iter().map(|sheet| (PolicyKind::Revision, sheet.text()));
        let readings = shipped.readings.iter().map(|reading| (PolicyKind::Reading, reading.text().to_owned()));
        let documents: Vec<_> = revisions.chain(readings).collect();
        // What the ledger begins with lies before its first position, and was known before its first instant.
        let first = 1 - i64::try_from(documents.len()).unwrap_or(0);
        let row =
            |(position, (kind, document))| PolicyRow { position, known_at: i64::MIN, kind, proposal: None, document };
        rows = (first..).zip(documents).map(row).collect();
        policy::insert(write, &rows).await?;
    }
    let statute = Statute::of(rows)?;
    if statute.law.name != shipped.law.name {
        let (ledger, given) = (statute.law.name.clone(), shipped.law.name.clone());
        return Err(CannotOpen::OtherLaw { ledger, given });
    }
    Ok(statute)
}

/// A revision or a proposal, as it is shown.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The law.
    pub statute: Arc<Statute>,
    /// The document.
    pub matter: Matter,
    /// The revision before it, or the one that a reading reads.
    pub before: Option<Sheet>,
}

/// What a check of a document finds.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The document made whole; none where it cannot be used.
    pub shown: Option<Shown>,
    /// What is wrong with it, each with its line where it is at one.
    pub faults: Vec<(Option<usize>, String)>,
}

/// Which revision is to be shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Which {
    /// The one in force today.
    Today,
    /// The one in force on a day.
    On(Day),
    /// A proposal.
    Proposal(i64),
}

/// The law as it is listed: with who proposed what.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The law.
    pub statute: Arc<Statute>,
    /// Every proposal, with its proposer.
    pub proposals: Vec<(ProposalOf, String)>,
    /// The present day.
    pub today: Day,
}

impl Desk {
    /// Sees to it that the law is known up to a position.
    pub(crate) async fn read_law_through(&self, position: i64) -> Result<(), Failure> {
        if self.held.read_through(position).is_none() {
            self.held.through(&self.store.read().await?, position).await?;
        }
        Ok(())
    }

    /// The revisions and proposals.
    ///
    /// # Errors
    /// The storage fails.
    pub async fn list_policies(&self, at_least: Option<AtLeast>) -> Result<Reading<Listed>, Failure> {
        let snapshot = self.snapshot(at_least.as_ref()).await?;
        let statute = snapshot.statute.clone();
        let proposals: Vec<ProposalOf> = statute.proposals(snapshot.position).collect();
        let positions = proposals.iter().map(|proposal| proposal.position).collect();
        let page = self.page(&snapshot, Needs { positions, ..Needs::default() }).await?;
        let named = |proposal: ProposalOf| {
            let proposer = page.caller_at(proposal.position).unwrap_or_default().to_owned();
            (proposal, proposer)
        };
        let proposals = proposals.into_iter().map(named).collect();
        let today = snapshot.today();
        Ok(snapshot.with(Listed { statute, proposals, today }))
    }

    /// One revision or proposal.
    ///
    /// # Errors
    /// There is none.
    pub async fn get_policy(&self, which: Which, at_least: Option<AtLeast>) -> Result<Reading<Shown>, Failure> {
        let snapshot = self.snapshot(at_least.as_ref()).await?;
        let statute = snapshot.statute.clone();
        let on = |day| statute.in_force(day, snapshot.known).map(Matter::Revision);
        let matter = match which {
            Which::Today => on(snapshot.today()),
            Which::On(day) => on(day),
            Which::Proposal(id) => {
                statute.proposals(snapshot.position).find(|one| one.id() == id).map(|one| one.matter)
            }
        };
        let matter = matter.ok_or(Refusal::PolicyNotFound { policy: which })?;
        let before = before(&matter, &statute, snapshot.today(), snapshot.known);
        Ok(snapshot.with(Shown { statute, matter, before }))
    }

    /// Reads a document as if it were proposed now.
    ///
    /// # Errors
    /// The storage fails.
    pub async fn check_policy(&self, document: &str, at_least: Option<AtLeast>) -> Result<Reading<Checked>, Failure> {
        let snapshot = self.snapshot(at_least.as_ref()).await?;
        let statute = snapshot.statute.clone();
        let checked = match statute.resolved(document, snapshot.known) {
            Err(faults) => {
                let faults = faults.into_iter().map(|fault| (fault.line, fault.problem)).collect();
                Checked { shown: None, faults }
            }
            Ok(matter) => {
                let late = statute.refuses(&matter, snapshot.today(), "document").err();
                let faults = late.map(|refusal| (None, told(&refusal))).into_iter().collect();
                let before = before(&matter, &statute, snapshot.today(), snapshot.known);
                Checked { shown: Some(Shown { statute, matter, before }), faults }
            }
        };
        Ok(snapshot.with(checked))
    }
}

/// What a document is held against: the revision before it, or the one in force, which a reading reads.
fn before(matter: &Matter, statute: &Statute, today: Day, known: Moment) -> Option<Sheet> {
    let day = matter.effective().map_or(today, Day::before);
    statute.in_force(day, known)
}

/// Why no revision can begin on the day of a document, as one of its faults.
fn told(refusal: &Refusal) -> String {
    if let Refusal::PolicyDayPassed { day, earliest } = refusal {
        format!("`effective` is {day}, which has passed; it should be {earliest} or later, or say retroactive = true")
    } else {
        "`effective` is the first day of another revision already; it should be another day".to_owned()
    }
}
