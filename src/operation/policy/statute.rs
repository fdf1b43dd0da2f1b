//! The statute: the law as the ledger holds it, with the documents, the readings and the proposals behind it.
//!
//! Made anew from the rows whenever one is added, and never changed. Absent: the storage, and who may change the law.

use std::sync::Arc;

use krama_documents::policy_file::{Document, Fault, Reading, Sheet};
use krama_law::calendar::{Day, Moment};
use krama_law::policy::{self, Law};
use sha2::{Digest as _, Sha256};

use crate::operation::command::first_fact_of;
use crate::operation::failure::Refusal;
use crate::operation::standing::Editions;
use crate::store::failure::Failure;
use crate::store::policy::{PolicyKind, PolicyRow};

/// The law of the ledger.
#[derive(Clone)]
pub struct Statute {
    /// The law by which is decided.
    pub law: Law,
    /// The revisions of the law by their first days.
    pub revisions: Vec<Published>,
    /// The readings, in the order in which they were published.
    pub readings: Vec<HeldReading>,
    /// The editions of the law, under which answers are kept.
    pub(crate) editions: Editions,
    rows: Arc<Vec<PolicyRow>>,
}

impl std::fmt::Debug for Statute {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Statute({}, {} revisions)", self.law.name, self.revisions.len())
    }
}

/// A revision of the law.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Published {
    /// When it became part of the law.
    pub published: Moment,
    /// What it says.
    pub sheet: Sheet,
}

/// A reading of the law.
#[derive(Clone, Debug)]
pub struct HeldReading {
    /// When it became one.
    pub published: Moment,
    /// What it reads otherwise.
    pub reading: Reading,
    /// The law under it.
    pub law: Law,
}

/// What a document of the law is.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "documents of the law are few, and each is read once where it is needed")]
pub enum Matter {
    /// A revision.
    Revision(Sheet),
    /// A reading.
    Reading(Reading),
}

impl Matter {
    /// The first day of a revision; a reading has none.
    pub fn effective(&self) -> Option<Day> {
        match self {
            Matter::Revision(sheet) => Some(sheet.revision.effective),
            Matter::Reading(_) => None,
        }
    }

    /// What it is, in one line.
    pub fn title(&self) -> &str {
        match self {
            Matter::Revision(sheet) => &sheet.title,
            Matter::Reading(reading) => &reading.title,
        }
    }

    /// The whole document.
    pub fn text(&self) -> String {
        match self {
            Matter::Revision(sheet) => sheet.text(),
            Matter::Reading(reading) => reading.text().to_owned(),
        }
    }
}

/// A proposal.
#[derive(Clone, Debug)]
pub struct ProposalOf {
    /// The position at which it was made.
    pub position: i64,
    /// When it was made.
    pub known: Moment,
    /// What it proposes.
    pub matter: Matter,
    /// The document.
    pub document: String,
    /// What became of it.
    pub state: State,
}

/// What became of a proposal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// It waits.
    Open,
    /// It is part of the law.
    Approved,
    /// It was taken back.
    Withdrawn,
}

impl State {
    /// The name of the state in the contract, without its prefix.
    pub fn name(self) -> &'static str {
        match self {
            State::Open => "OPEN",
            State::Approved => "APPROVED",
            State::Withdrawn => "WITHDRAWN",
        }
    }
}

impl ProposalOf {
    /// The id of the proposal.
    pub fn id(&self) -> i64 {
        first_fact_of(self.position)
    }
}

/// The digest of a document.
pub fn digest(document: &str) -> [u8; 32] {
    Sha256::digest(document.as_bytes()).into()
}

impl Statute {
    /// The statute that rows make, which are in the order of their positions.
    pub(crate) fn of(rows: Vec<PolicyRow>) -> Result<Statute, Failure> {
        let broken = |row: &PolicyRow| Failure::corrupt("policy", row.position, "the document cannot be read");
        let read = |row: &PolicyRow| whole(&row.document).ok_or_else(|| broken(row));
        let mut revisions = Vec::new();
        let mut readings = Vec::new();
        let mut name = String::new();
        for row in &rows {
            match row.kind {
                PolicyKind::Revision => {
                    let sheet = read(row)?;
                    sheet.law.clone_into(&mut name);
                    revisions.push(Published { published: Moment(row.known_at), sheet });
                }
                PolicyKind::Approved => {
                    let proposal = rows.iter().find(|proposed| Some(proposed.position) == row.proposal);
                    let proposal = proposal.ok_or_else(|| broken(row))?;
                    if Reading::is_meant_by(&proposal.document) {
                        readings.push((row, &proposal.document, proposal.known_at));
                    } else {
                        revisions.push(Published { published: Moment(row.known_at), sheet: read(proposal)? });
                    }
                }
                PolicyKind::Reading => readings.push((row, &row.document, row.known_at)),
                PolicyKind::Proposed | PolicyKind::Withdrawn => {}
            }
        }
        revisions.sort_by_key(|one| one.sheet.revision.effective);
        let published = revisions
            .iter()
            .map(|one| policy::Published { published: one.published, revision: one.sheet.revision.clone() });
        let law = Law::new(&name, published.collect());
        let law = law.map_err(|_| Failure::corrupt("policy", 0, "the revisions make no law"))?;
        let mut held = Vec::new();
        for (row, document, written) in readings {
            let reading = reading_of(document, &revisions, Moment(written)).map_err(|_| broken(row))?;
            let published = Moment(row.known_at);
            held.extend(reading.of(&law).map(|law| HeldReading { published, reading, law }));
        }
        let readings = held;
        Ok(Statute { editions: Editions::of(&law, &readings), law, revisions, readings, rows: Arc::new(rows) })
    }

    /// The same with later rows.
    pub(crate) fn with(&self, later: Vec<PolicyRow>) -> Result<Statute, Failure> {
        let mut rows = Vec::clone(&self.rows);
        rows.extend(later);
        Statute::of(rows)
    }

    /// The position of the last row.
    pub(crate) fn last_position(&self) -> i64 {
        self.rows.last().map_or(i64::MIN, |row| row.position)
    }

    /// The proposals up to a position, in their order.
    pub fn proposals(&self, position: i64) -> impl Iterator<Item = ProposalOf> + '_ {
        let proposed = self.rows.iter().filter(move |row| row.kind == PolicyKind::Proposed && row.position <= position);
        proposed.filter_map(move |row| {
            let matter = if Reading::is_meant_by(&row.document) {
                Matter::Reading(reading_of(&row.document, &self.revisions, Moment(row.known_at)).ok()?)
            } else {
                Matter::Revision(whole(&row.document)?)
            };
            Some(ProposalOf {
                position: row.position,
                known: Moment(row.known_at),
                matter,
                document: row.document.clone(),
                state: self.state(row.position, position),
            })
        })
    }

    /// A proposal, by its position.
    pub(crate) fn proposal(&self, position: i64) -> Option<ProposalOf> {
        self.proposals(i64::MAX).find(|proposal| proposal.position == position)
    }

    /// What had become of a proposal by a position.
    fn state(&self, proposal: i64, by: i64) -> State {
        let about = self.rows.iter().filter(|row| row.proposal == Some(proposal) && row.position <= by);
        about
            .map(|row| if row.kind == PolicyKind::Approved { State::Approved } else { State::Withdrawn })
            .next_back()
            .unwrap_or(State::Open)
    }

    /// The revision in force on a day, of those published by an instant.
    pub fn in_force(&self, day: Day, known: Moment) -> Option<Sheet> {
        let mut newest_first = self.revisions.iter().rev().filter(|one| one.published <= known);
        newest_first.find(|one| one.sheet.revision.effective <= day).map(|one| one.sheet.clone())
    }

    /// The readings that had been published by an instant.
    pub fn readings_at(&self, known: Moment) -> impl Iterator<Item = &HeldReading> {
        self.readings.iter().filter(move |held| held.published <= known)
    }

    /// A document made whole against the law as it stands.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn resolved(&self, document: &str, known: Moment) -> Result<Matter, Vec<Fault>> {
        if Reading::is_meant_by(document) {
            let reading = reading_of(document, &self.revisions, known)?;
            return self.must_be_new(&reading).map(|()| Matter::Reading(reading)).map_err(|fault| vec![fault]);
        }
        self.revision_of(document, known).map(Matter::Revision)
    }

    /// A published reading is never edited; one that reads otherwise is another.
    pub(crate) fn must_be_new(&self, reading: &Reading) -> Result<(), Fault> {
        if !self.readings.iter().any(|held| held.reading.name == reading.name) {
            return Ok(());
        }
        let problem = format!("`reading` names `{}`, which is published; it should be another name", reading.name);
        Err(Fault { line: None, problem })
    }

    fn revision_of(&self, document: &str, known: Moment) -> Result<Sheet, Vec<Fault>> {
        let document = Document::parse(document)?;
        let one = |problem: String| vec![Fault { line: None, problem }];
        let name = &self.law.name;
        if document.law() != name {
            return Err(one(format!("`law` should be `{name}`, which is the law of this ledger")));
        }
        let base = match document.based_on() {
            None => None,
            Some(based_on) if based_on == name => {
                let before = self.in_force(document.effective().before(), known);
                Some(before.ok_or_else(|| one("there is no earlier revision on which it could be based".to_owned()))?)
            }
            Some(_) => return Err(one(format!("`based_on` should be `{name}`, which stands for the revision before"))),
        };
        document.revision(base.map(|sheet| sheet.revision).as_ref())
    }

    /// The law as if a revision were published at an instant, or as a reading reads it.
    pub(crate) fn supposing(&self, matter: Matter, published: Moment) -> Result<Law, Failure> {
        let sheet = match matter {
            Matter::Revision(sheet) => sheet,
            Matter::Reading(reading) => return Ok(reading.of(&self.law).unwrap_or_else(|| self.law.clone())),
        };
        let supposed = policy::Published { published, revision: sheet.revision };
        let revisions = self.law.revisions().iter().cloned().chain([supposed]).collect();
        Law::new(&self.law.name, revisions).map_err(|_| Failure::corrupt("policy", 0, "the revisions make no law"))
    }

    /// Refuses a revision that begins on a day on which none can begin any more, and a reading whose name is taken.
    /// `field` is the one of the request that names the text.
    pub(crate) fn refuses(&self, matter: &Matter, today: Day, field: &'static str) -> Result<(), Refusal> {
        let sheet = match matter {
            Matter::Revision(sheet) => sheet,
            Matter::Reading(reading) => {
                let taken = |fault: Fault| Refusal::PolicyUnsound { field, faults: vec![fault.problem] };
                return self.must_be_new(reading).map_err(taken);
            }
        };
        let day = sheet.revision.effective;
        if self.revisions.iter().any(|one| one.sheet.revision.effective == day) {
            return Err(Refusal::PolicyDayTaken { day });
        }
        if day < today && !sheet.retroactive {
            return Err(Refusal::PolicyDayPassed { day, earliest: today });
        }
        Ok(())
    }
}

/// A reading, of the revision in force when it was written, or else of the first that can be read so.
fn reading_of(document: &str, revisions: &[Published], written: Moment) -> Result<Reading, Vec<Fault>> {
    let then = |one: &&Published| one.published <= written && one.sheet.revision.effective <= written.day();
    let in_force = revisions.iter().rev().filter(|_| written > Moment::MIN).find(then);
    let mut candidates = in_force.into_iter().chain(revisions);
    let first = candidates.next().map(|one| Reading::parse(document, &one.sheet.revision));
    let first = first.unwrap_or_else(|| Err(Vec::new()));
    first.or_else(|faults| candidates.find_map(|one| Reading::parse(document, &one.sheet.revision).ok()).ok_or(faults))
}

/// A whole document, read.
fn whole(document: &str) -> Option<Sheet> {
    Document::parse(document).and_then(|document| document.revision(None)).ok()
}
