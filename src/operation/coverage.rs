//! Coverage: the question of a hospital, and the explanation behind an answer.
//!
//! A question about somebody who is unknown, who is named with a wrong second fact or who is out of the caller's
//! scope has one and the same answer. Absent: entitlement and everything else that the law decides.

pub(crate) mod at_hand;
pub mod forecast;
pub(crate) mod glance;
pub mod lapse;
pub mod notice;

use std::sync::Arc;

use krama_law::answer::{Answer, CoPayment, Cover, Door};
use krama_law::calendar::{Day, Moment};
use krama_law::decision::{Explanation, MonthLine, decide, decide_for_stay, explain, least_saving_amount};
use krama_law::money::Riel;
use krama_law::policy::Law;
use krama_law::timeline::Timeline;

use crate::operation::Desk;
use crate::operation::coverage::at_hand::Traits;
use crate::operation::coverage::glance::Seen;
use crate::operation::failure::{Failure, IdentifierKind, Refusal};
use crate::operation::page::{Needs, Page};
use crate::operation::person::{BirthDate, Identifier, identifier_hash, phone_hash};
use crate::operation::policy::statute::Statute;
use crate::operation::reading::{AtLeast, Reading, Snapshot};
use crate::operation::standing::contested::{answers_under_readings, differ};
use crate::operation::standing::holds;

/// What the law says of a member, with what the member can do about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decision {
    /// The answer of the law.
    pub answer: Answer,
    /// What is owed for months that are overdue, in riel.
    pub owed: Riel,
    /// The least amount, in riel, that prevents the next lapse when paid on the last safe day; none where nothing that
    /// is paid would.
    pub least_amount: Option<Riel>,
    /// The doors that stand open.
    pub doors: Vec<Door>,
}

impl Decision {
    /// The decision for a day, as known at an instant.
    pub(crate) fn of(timeline: &Timeline, law: &Law, day: Day, known: Moment) -> Decision {
        let explanation = explain(timeline, law, day, known);
        Decision::from_explanation(&explanation, timeline, law)
    }

    fn from_explanation(explanation: &Explanation, timeline: &Timeline, law: &Law) -> Decision {
        let answer = explanation.answer.clone();
        let (day, known) = (answer.valid_at, answer.known_at);
        let overdue = explanation.months.iter().filter(|line| line.is_overdue() && answer.overdue > 0);
        let owed = overdue.map(MonthLine::lacking).sum();
        let least_amount = answer.last_safe_day.and_then(|_| least_saving_amount(timeline, law, day, known));
        Decision { answer, owed, least_amount, doors: explanation.doors.clone() }
    }
}

/// A hospital's question.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Check {
    /// The number that the person shows.
    pub identifier: Identifier,
    /// One more thing that the person knows.
    pub second_fact: SecondFact,
    /// The day of the service; today when absent.
    pub service_date: Option<Day>,
    /// The first day of the stay that the service belongs to.
    pub stay: Option<Day>,
}

/// What a person knows besides a number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SecondFact {
    /// The birth date.
    BirthDate(BirthDate),
    /// The year of birth alone.
    BirthYear(u16),
    /// The phone number in the register.
    Phone(String),
}

/// The answer to a hospital.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Checked {
    /// Nobody with this number and this second fact is known.
    NoMatch,
    /// The number is of a registry that is not loaded, so that nothing can be said.
    CannotTell,
    /// The person is known.
    Known {
        /// Every cover on the day.
        covers: Vec<Cover>,
        /// What the member owes of the bill, if anything.
        co_payment: Option<CoPayment>,
        /// The day of the service.
        day: Day,
        /// As known at.
        known: Moment,
        /// The revision in force on the day.
        revision: Day,
        /// Proves later what was answered, as of the position of the answer.
        proof: [u8; 5],
    },
}

impl Checked {
    /// What is answered where number and second fact name nobody.
    fn nobody(check: &Check) -> Checked {
        // The registry of these cards is not loaded: that nobody is found says nothing about the person.
        let equity_card = check.identifier.kind == IdentifierKind::EquityCard;
        if equity_card { Checked::CannotTell } else { Checked::NoMatch }
    }
}

/// What is known of somebody who was found.
struct Found {
    member: i64,
    covers: Vec<Cover>,
    co_payment: Option<CoPayment>,
    revision: Day,
    day: Day,
    known: Moment,
    position: i64,
}

impl Desk {
    /// Answers a hospital.
    ///
    /// # Errors
    /// The day of the service lies in the future.
    pub async fn check_coverage(&self, check: &Check, at_least: Option<AtLeast>) -> Result<Reading<Checked>, Failure> {
        let vault = self.store.vault();
        let hash = identifier_hash(vault, &check.identifier);
        if let Some(reading) = self.check_by_what_is_kept(check, hash, at_least.as_ref()).await? {
            return Ok(reading);
        }
        let snapshot = self.snapshot(at_least.as_ref()).await?;
        let page = self.page(&snapshot, Needs { hashes: vec![hash], ..Needs::default() }).await?;
        Ok(snapshot.with(self.check_on(&snapshot, &page, check)?))
    }

    /// Answers many questions from one state, each by itself.
    ///
    /// # Errors
    /// The storage fails, or the position asked for was not reached.
    pub async fn check_many(
        &self,
        checks: &[Check],
        at_least: Option<AtLeast>,
    ) -> Result<Reading<Vec<Result<Checked, Failure>>>, Failure> {
        let snapshot = self.snapshot(at_least.as_ref()).await?;
        let vault = self.store.vault();
        let hashes = checks.iter().map(|check| identifier_hash(vault, &check.identifier)).collect();
        let page = self.page(&snapshot, Needs { hashes, ..Needs::default() }).await?;
        let answers = checks.iter().map(|check| self.check_on(&snapshot, &page, check).map_err(Failure::from));
        Ok(snapshot.with(answers.collect()))
    }

    /// Decides one question from the facts.
    fn check_on(&self, snapshot: &Snapshot, page: &Page, check: &Check) -> Result<Checked, Refusal> {
        let today = snapshot.today();
        let day = check.service_date.unwrap_or(today);
        if day > today {
            return Err(Refusal::DayInFuture { field: "service_date", day, latest: today });
        }
        let hash = identifier_hash(self.store.vault(), &check.identifier);
        let known_by = page.holders(&hash).iter().find_map(|&member| {
            let traits = Traits::of(page.person(member)?, self.store.vault());
            self.confirms(&traits, &check.second_fact).then_some(member)
        });
        let Some(member) = known_by else {
            return Ok(Checked::nobody(check));
        };
        let timeline = page.timeline(member);
        let answer = match check.stay {
            None => decide(&timeline, snapshot.law(), day, snapshot.known),
            Some(began) => decide_for_stay(&timeline, snapshot.law(), day, snapshot.known, began),
        };
        let found = Found {
            member,
            covers: answer.covers,
            co_payment: answer.co_payment,
            revision: answer.revision,
            day,
            known: snapshot.known,
            position: snapshot.position,
        };
        Ok(self.checked(check, found))
    }

    /// The answer about today from what is kept, if that may be gone by.
    async fn check_by_what_is_kept(
        &self,
        check: &Check,
        hash: [u8; 32],
        at_least: Option<&AtLeast>,
    ) -> Result<Option<Reading<Checked>>, Failure> {
        if check.stay.is_some() {
            return Ok(None);
        }
        self.wait_for(at_least).await?;
        let Seen { position, known, holders } = self.glance(hash, at_least.map(|least| least.number)).await?;
        let Some(statute) = self.held.read_through(position) else { return Ok(None) };
        if check.service_date.is_some_and(|day| day != known.day()) {
            return Ok(None);
        }
        let Some(holder) = holders.iter().find(|holder| self.confirms(&holder.traits, &check.second_fact)) else {
            return Ok(Some(Reading { position, answer: Checked::nobody(check) }));
        };
        let row = holder.row.as_ref().filter(|row| holds(row, &statute, known) && !row.kept.co_payment);
        let Some(row) = row else { return Ok(None) };
        let found = Found {
            member: row.member,
            covers: row.kept.covers.clone(),
            co_payment: None,
            revision: row.kept.revision,
            day: known.day(),
            known,
            position,
        };
        Ok(Some(Reading { position, answer: self.checked(check, found) }))
    }

    fn checked(&self, check: &Check, found: Found) -> Checked {
        let Found { member, covers, co_payment, revision, day, known, position } = found;
        if covers.is_empty() && check.identifier.kind == IdentifierKind::EquityCard {
            // The card itself may cover, by a certificate that the ledger does not have.
            return Checked::CannotTell;
        }
        let evidence = format!("{member}|{}|{}|{position}", day.0, i64::from(!covers.is_empty()));
        let mut proof = [0; 5];
        proof.copy_from_slice(&self.store.vault().search_hash("check", &evidence)[..5]);
        Checked::Known { covers, co_payment, day, known, revision, proof }
    }

    /// Whether the register confirms a second fact.
    fn confirms(&self, traits: &Traits, second_fact: &SecondFact) -> bool {
        match second_fact {
            SecondFact::BirthDate(told) => traits.birth.is_some_and(|held| held.agrees(*told)),
            SecondFact::BirthYear(year) => traits.birth.is_some_and(|held| held.year == *year),
            SecondFact::Phone(phone) => traits.phone.is_some_and(|held| held == phone_hash(self.store.vault(), phone)),
        }
    }

    /// The decision for a day as known at an instant, with all that led to it.
    ///
    /// # Errors
    /// There is no such member, or the instant lies in the future.
    pub async fn explain_coverage(
        &self,
        member: i64,
        valid_at: Option<Day>,
        known_at: Option<Moment>,
        at_least: Option<AtLeast>,
    ) -> Result<Reading<Explained>, Failure> {
        let snapshot = self.snapshot(at_least.as_ref()).await?;
        let known = known_at.unwrap_or(snapshot.known);
        if known > snapshot.known {
            return Err(Refusal::KnownAtInFuture { known_at: known, now: snapshot.known }.into());
        }
        let page = self.page(&snapshot, Needs { members: vec![member], ..Needs::default() }).await?;
        if page.person(member).is_none() {
            return Err(Refusal::MemberNotFound { member }.into());
        }
        let timeline = page.timeline(member);
        let explanation = explain(&timeline, snapshot.law(), valid_at.unwrap_or(snapshot.today()), known);
        let decision = Decision::from_explanation(&explanation, &timeline, snapshot.law());
        let about = (explanation.answer.valid_at, explanation.answer.known_at);
        let contested = answers_under_readings(&snapshot.statute, &timeline, about)
            .filter(|(_, under)| differ(under, &explanation.answer))
            .map(|(reading, answer)| Contested { reading: reading.name.clone(), title: reading.title.clone(), answer })
            .collect();
        let statute = snapshot.statute.clone();
        Ok(snapshot.with(Explained { decision, explanation, contested, statute }))
    }
}

/// A decision with all that led to it, and with what other readings of the law would make of it.
#[derive(Clone, Debug)]
pub struct Explained {
    /// The decision.
    pub decision: Decision,
    /// What led to it.
    pub explanation: Explanation,
    /// The readings that would decide otherwise.
    pub contested: Vec<Contested>,
    statute: Arc<Statute>,
}

/// A reading that would decide otherwise.
#[derive(Clone, Debug)]
pub struct Contested {
    /// Its name.
    pub reading: String,
    /// What it is, in one line.
    pub title: String,
    /// What the law would say under it.
    pub answer: Answer,
}

impl Explained {
    /// What supports a clause on a day: the citation of its chief field, or the assumption.
    pub fn citation(&self, fields: &[&str], day: Day) -> String {
        let book = self.statute.law.as_known(self.explanation.answer.known_at);
        let source = fields.iter().find_map(|field| book.on(day).source(field));
        source.map_or_else(String::new, |source| match (&source.citation, &source.assumption) {
            (Some(citation), _) => citation.clone(),
            (None, Some(assumption)) => format!("Assumption: {assumption}"),
            (None, None) => String::new(),
        })
    }
}
