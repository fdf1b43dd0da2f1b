//! Members: registering a person, finding one again, and enrolling in the voluntary scheme.
//!
//! Every person is a member record: workers and dependants too. Personal data goes to the register, apart from
//! facts; the law only ever sees the member's id.

pub mod correction;
pub mod household;
pub mod update;

use std::collections::{HashMap, HashSet};

use krama_law::answer::{EnrolmentRefusal, Standing};
use krama_law::calendar::{Day, Moment};
use krama_law::change::StandingChange;
use krama_law::decision::{decide, refusal_of_enrolment};
use krama_law::fact::{Fact, Recorded};
use krama_law::policy::Bar;

use crate::operation::Desk;
use crate::operation::caller::Caller;
use crate::operation::change::changes_of;
use crate::operation::command::{Accepted, Act, Content, Decided, Method, Stage};
use crate::operation::coverage::Decision;
use crate::operation::failure::{Failure, Refusal};
use crate::operation::page::{Needs, Page, Rows};
use crate::operation::person::{
    Identifier, Particulars, identifier_hash, identifiers_in, phone_hash, rows_of_registration,
};
use crate::operation::reading::{AtLeast, Reading, Snapshot};
use crate::operation::transact::{Recorded as Written, Ticket};
use crate::store::person::{self, Details};
use crate::store::seal::Vault;

/// What is told of a new member.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Registration {
    /// Names, sex and birth date.
    pub particulars: Particulars,
    /// The numbers by which the person is known.
    pub identifiers: Vec<Identifier>,
    /// A phone number.
    pub phone: Option<String>,
    /// The commune of residence, by its code.
    pub commune: Option<String>,
}

/// An enrolment in the voluntary scheme.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Enrolment {
    /// Who enrols.
    pub member: i64,
    /// The day; today when absent.
    pub on: Option<Day>,
    /// Why the day lies in the past.
    pub reason: String,
}

/// What an enrolment answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Enrolled {
    /// The day of enrolment.
    pub on: Day,
    /// What the law says of the member on the day of the report.
    pub decision: Decision,
    /// What changed about the member.
    pub changes: Vec<StandingChange>,
}

/// A member's record. It cannot be printed by mistake.
#[derive(Clone, PartialEq, Eq)]
pub struct Member {
    /// The ledger's id.
    pub id: i64,
    /// Names, sex, birth date, phone, commune.
    pub details: Details,
    /// The numbers by which the person is known.
    pub identifiers: Vec<Identifier>,
    /// When the person was registered.
    pub registered: Moment,
    /// The position at which this version of the record was written.
    pub version: i64,
}

/// By what a member is looked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Selector {
    /// A number.
    Identifier(Identifier),
    /// A phone, which several may share.
    Phone(String),
}

impl Desk {
    /// Registers a person.
    ///
    /// # Errors
    /// A number belongs to somebody already.
    pub async fn register_member(
        &self,
        caller: &Caller,
        ticket: Ticket,
        registration: Registration,
    ) -> Result<Written<i64>, Failure> {
        self.writer.submit(caller, ticket, registration).await
    }

    /// Enrols a member in the voluntary scheme.
    ///
    /// # Errors
    /// There is no such member, the day may not be, or the law refuses.
    pub async fn enroll_member(
        &self,
        caller: &Caller,
        ticket: Ticket,
        enrolment: Enrolment,
    ) -> Result<Written<Enrolled>, Failure> {
        self.writer.submit(caller, ticket, enrolment).await
    }

    /// A member's record and what the law says of the member today.
    ///
    /// # Errors
    /// There is no such member.
    pub async fn get_member(
        &self,
        member: i64,
        at_least: Option<AtLeast>,
    ) -> Result<Reading<(Member, Decision)>, Failure> {
        let snapshot = self.snapshot(at_least.as_ref()).await?;
        let page = self.page(&snapshot, Needs { members: vec![member], ..Needs::default() }).await?;
        let found = self.members_in(&snapshot, &[member]).await?.pop();
        let found = found.ok_or(Refusal::MemberNotFound { member })?;
        let decision = Decision::of(&page.timeline(member), snapshot.law(), snapshot.today(), snapshot.known);
        Ok(snapshot.with((found, decision)))
    }

    /// The members with a number or a phone, at most as many as a page holds, and whether there are more.
    ///
    /// # Errors
    /// The storage fails.
    pub async fn find_members(
        &self,
        selector: &Selector,
        most: usize,
        at_least: Option<AtLeast>,
    ) -> Result<Reading<(Vec<Member>, bool)>, Failure> {
        let snapshot = self.snapshot(at_least.as_ref()).await?;
        let hash = match selector {
            Selector::Identifier(identifier) => identifier_hash(self.store.vault(), identifier),
            Selector::Phone(phone) => phone_hash(self.store.vault(), phone),
        };
        let found = person::identifiers_by_hash(&snapshot.read, &[hash]).await?;
        // Identifiers come in the order in which they were recorded, and so do their holders.
        let mut seen = HashSet::new();
        let mut members: Vec<i64> = found.iter().map(|row| row.member).filter(|member| seen.insert(*member)).collect();
        let more = members.len() > most;
        members.truncate(most);
        let mut members = self.members_in(&snapshot, &members).await?;
        if let Selector::Phone(phone) = selector {
            // A phone that a person gave up is still found by; the record tells that it is not theirs any more.
            let vault = self.store.vault();
            let asked = phone_hash(vault, phone);
            members.retain(|member| member.details.phone.as_ref().is_some_and(|own| phone_hash(vault, own) == asked));
        }
        Ok(snapshot.with((members, more)))
    }

    /// A page of members in the order of their registration, after a position, and where the next one begins.
    ///
    /// # Errors
    /// The storage fails.
    pub async fn list_members(
        &self,
        after: i64,
        most: u32,
        at_least: Option<AtLeast>,
    ) -> Result<Reading<(Vec<Member>, Option<i64>)>, Failure> {
        let snapshot = self.snapshot(at_least.as_ref()).await?;
        let mut page = person::page_members(&snapshot.read, after, u64::from(most) + 1).await?;
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let more = page.len() > most;
        page.truncate(most);
        let next = page.last().filter(|_| more).map(|(_, position)| *position);
        let members: Vec<i64> = page.iter().map(|(member, _)| *member).collect();
        let members = self.members_in(&snapshot, &members).await?;
        Ok(snapshot.with((members, next)))
    }

    /// A page of the members whose standing or cover today hangs on a reading of the law, by id, after a member, and after
    /// whom the next one begins.
    ///
    /// # Errors
    /// The storage fails.
    pub async fn list_contested(
        &self,
        after: i64,
        most: u32,
        at_least: Option<AtLeast>,
    ) -> Result<Reading<(Vec<Member>, Option<i64>)>, Failure> {
        let snapshot = self.snapshot(at_least.as_ref()).await?;
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let (members, next) = self.contested_after(&snapshot, after, most).await?;
        let members = self.members_in(&snapshot, &members).await?;
        Ok(snapshot.with((members, next)))
    }

    async fn members_in(&self, snapshot: &Snapshot, ids: &[i64]) -> Result<Vec<Member>, Failure> {
        let vault = self.store.vault();
        let identifiers = person::identifiers_of(&snapshot.read, ids).await?;
        let registered = person::registered(&snapshot.read, ids).await?;
        let mut persons = person::latest(&snapshot.read, ids).await?;
        let places: HashMap<i64, usize> = ids.iter().enumerate().map(|(place, member)| (*member, place)).collect();
        persons.sort_by_key(|row| places.get(&row.member).copied());
        let mut members = Vec::new();
        for row in persons {
            let own: Vec<_> =
                identifiers.iter().filter(|identifier| identifier.member == row.member).cloned().collect();
            members.push(Member {
                id: row.member,
                details: row.open(vault)?,
                identifiers: identifiers_in(&own, vault)?,
                registered: Moment(registered.get(&row.member).copied().unwrap_or(row.known_at)),
                version: row.position,
            });
        }
        Ok(members)
    }
}

impl Act for Registration {
    type Reply = i64;
    const METHOD: Method = Method::RegisterMember;

    fn content(&self, content: &mut Content) {
        content_of(&self.particulars, content);
        content.number(i64::try_from(self.identifiers.len()).unwrap_or(i64::MAX));
        for identifier in &self.identifiers {
            content.number(i64::from(identifier.kind.number()));
            content.text(&identifier.value);
        }
        content.text(self.phone.as_deref().unwrap_or_default());
        content.text(self.commune.as_deref().unwrap_or_default());
    }

    fn needs(&self, _caller: &Caller, vault: &Vault, needs: &mut Needs) {
        needs.hashes.extend(self.identifiers.iter().map(|identifier| identifier_hash(vault, identifier)));
    }

    fn decide(&self, _caller: &Caller, page: &Page, stage: &mut Stage<'_>) -> Result<Decided, Failure> {
        for (index, identifier) in self.identifiers.iter().enumerate() {
            if let Some(&member) = page.holders(&identifier_hash(stage.vault, identifier)).first() {
                let field = format!("identifiers[{index}].value");
                return Err(Refusal::IdentifierInUse { kind: identifier.kind, field, member }.into());
            }
        }
        self.particulars.birth.must_not_follow(stage.today(), "birth_date")?;
        let member = stage.fresh_id();
        let (phone, commune) = (self.phone.as_deref(), self.commune.as_deref());
        let (person, identifiers) =
            rows_of_registration(stage, member, &self.particulars, &self.identifiers, phone, commune)?;
        let rows = Rows { persons: vec![person], identifiers, ..Rows::default() };
        Ok(Decided::New { rows, subject: Some(member), fact: None })
    }

    fn reply(&self, _page: &Page, _stage: &Stage<'_>, accepted: &Accepted) -> i64 {
        accepted.subject.unwrap_or_default()
    }
}

/// Adds what is told of a person to the content of a command.
pub(crate) fn content_of(particulars: &Particulars, content: &mut Content) {
    for text in [&particulars.khmer.0, &particulars.khmer.1, &particulars.latin.0, &particulars.latin.1] {
        content.text(text);
    }
    content.number(particulars.sex as i64);
    content.number(i64::from(particulars.birth.year));
    content.optional(particulars.birth.month.map(i64::from));
    content.optional(particulars.birth.day.map(i64::from));
}

impl Act for Enrolment {
    type Reply = Enrolled;
    const METHOD: Method = Method::EnrollMember;

    fn content(&self, content: &mut Content) {
        content.number(self.member);
        content.optional(self.on.map(|on| i64::from(on.0)));
        content.text(&self.reason);
    }

    fn needs(&self, _caller: &Caller, _vault: &Vault, needs: &mut Needs) {
        needs.members.push(self.member);
    }

    fn decide(&self, _caller: &Caller, page: &Page, stage: &mut Stage<'_>) -> Result<Decided, Failure> {
        let (member, today) = (self.member, stage.today());
        if page.person(member).is_none() {
            return Err(Refusal::MemberNotFound { member }.into());
        }
        let day = self.on.unwrap_or(today);
        if day > today {
            return Err(Refusal::DayInFuture { field: "on", day, latest: today }.into());
        }
        if day < today && self.reason.is_empty() {
            return Err(Refusal::DayTooOld { field: "on", day, earliest: today }.into());
        }
        let first_day = stage.law.revisions()[0].revision.effective;
        if day < first_day {
            return Err(Refusal::DayBeforeStart { field: "on", day, first_day }.into());
        }
        let timeline = page.timeline(member);
        if let Some(reason) = refusal_of_enrolment(&timeline, stage.law, day, stage.known) {
            let answer = decide(&timeline, stage.law, day, stage.known);
            let enrolments = timeline.facts().iter().filter_map(|recorded| {
                if let Fact::Enrolled { on } = recorded.fact { Some(on).filter(|&on| on <= day) } else { None }
            });
            return Err(refusal(reason, (member, enrolments.max()), day, &answer, stage).into());
        }
        let fact = stage.fact(0);
        let mut rows = Rows::default();
        rows.facts.push((member, Recorded { id: fact, known: stage.known, fact: Fact::Enrolled { on: day } }));
        rows.note = (!self.reason.is_empty()).then(|| self.reason.clone());
        Ok(Decided::New { rows, subject: Some(member), fact: Some(fact.0) })
    }

    fn reply(&self, page: &Page, stage: &Stage<'_>, accepted: &Accepted) -> Enrolled {
        let today = accepted.known.day();
        let decision = Decision::of(&page.timeline(self.member), stage.law, today, accepted.known);
        let changes = changes_of(page, self.member, accepted, stage);
        Enrolled { on: self.on.unwrap_or(today), decision, changes }
    }
}

/// The refusal of an enrolment, with what the member needs to know.
fn refusal(
    reason: EnrolmentRefusal,
    (member, enrolled_on): (i64, Option<Day>),
    day: Day,
    answer: &krama_law::answer::Answer,
    stage: &Stage<'_>,
) -> Refusal {
    match reason {
        EnrolmentRefusal::Deceased => Refusal::Deceased { member },
        EnrolmentRefusal::FormallyEmployed => Refusal::FormallyEmployed { member, day },
        EnrolmentRefusal::AlreadyEnrolled => Refusal::AlreadyEnrolled { member, enrolled_on },
        EnrolmentRefusal::InsuredTooShort => Refusal::InsuredTooShort { member, day, revision: answer.revision },
        EnrolmentRefusal::EntryClosed => Refusal::EntryClosed { member, day, revision: answer.revision },
        EnrolmentRefusal::VoluntaryAbandoned => {
            let lapsed_on = answer.since.filter(|_| answer.standing == Standing::Abandoned);
            let barred_until =
                lapsed_on.and_then(|lapsed_on| match stage.law.as_known(stage.known).on(lapsed_on).bar {
                    Bar::Life => None,
                    Bar::Months(months) => Some(lapsed_on.month().plus(i32::from(months)).first_day().before()),
                });
            Refusal::VoluntaryAbandoned { member, day, lapsed_on, barred_until, revision: answer.revision }
        }
    }
}
