//! Corrections of a life: a death, a fact entered by mistake, months that need not be paid.
//!
//! Each names its case and its reason, which are kept sealed with the command. A death is taken back by a supervisor
//! who is not the one that recorded it. Absent: payments and employments, which have corrections of their own.

use krama_law::calendar::{Day, Month};
use krama_law::change::StandingChange;
use krama_law::fact::{Fact, FactId, Recorded};

use crate::operation::Desk;
use crate::operation::caller::{Caller, Role};
use crate::operation::change::changes_of;
use crate::operation::command::{Accepted, Act, Content, Decided, Method, Stage, position_of};
use crate::operation::failure::{Failure, Refusal};
use crate::operation::page::{Needs, Page, Rows};
use crate::operation::prepared::{self, Turn};
use crate::operation::transact::{Recorded as Written, Ticket};
use crate::store::seal::Vault;

/// On what a correction rests.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ground {
    /// The file or ticket.
    pub case: String,
    /// What a person wrote about it.
    pub reason: String,
}

/// That a member died.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Death {
    /// Who.
    pub member: i64,
    /// The day of death.
    pub on: Day,
    /// On what the report rests.
    pub ground: Ground,
}

/// That a fact was entered by mistake.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FactRetraction {
    /// Whose fact.
    pub member: i64,
    /// Which.
    pub fact: i64,
    /// On what the retraction rests.
    pub ground: Ground,
}

/// Months that need not be paid.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Excuse {
    /// Whose months.
    pub member: i64,
    /// The first.
    pub from: Month,
    /// The last.
    pub to: Month,
    /// Why; the number of the contract.
    pub kind: i16,
    /// On what the excuse rests.
    pub ground: Ground,
    /// Under which id it was prepared, where so many months take two people; none to prepare it.
    pub prepared: Option<i64>,
}

/// What a correction of a life answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Corrected {
    /// The fact that was recorded, or had been before; none where the act is only prepared.
    pub fact: Option<i64>,
    /// What changed about the member.
    pub changes: Vec<StandingChange>,
}

impl Desk {
    /// Records a death.
    ///
    /// # Errors
    /// There is no such member, the day lies ahead, or another day of death stands.
    pub async fn report_death(
        &self,
        caller: &Caller,
        ticket: Ticket,
        death: Death,
    ) -> Result<Written<Corrected>, Failure> {
        self.writer.submit(caller, ticket, death).await
    }

    /// Takes a fact back.
    ///
    /// # Errors
    /// There is no such fact, it is corrected by another call, or it needs another person.
    pub async fn retract_fact(
        &self,
        caller: &Caller,
        ticket: Ticket,
        retraction: FactRetraction,
    ) -> Result<Written<Corrected>, Failure> {
        self.writer.submit(caller, ticket, retraction).await
    }

    /// Excuses months.
    ///
    /// # Errors
    /// There is no such member, or so many months take two people and another one is needed.
    pub async fn excuse_months(
        &self,
        caller: &Caller,
        ticket: Ticket,
        excuse: Excuse,
    ) -> Result<Written<Corrected>, Failure> {
        self.writer.submit(caller, ticket, excuse).await
    }
}

impl Ground {
    pub(crate) fn content(&self, content: &mut Content) {
        content.text(&self.case);
        content.text(&self.reason);
    }

    pub(crate) fn note(&self) -> String {
        format!("{}\n{}", self.case, self.reason)
    }
}

/// Refuses what is about nobody.
pub(crate) fn must_be_known(page: &Page, member: i64) -> Result<(), Refusal> {
    page.person(member).map(|_| ()).ok_or(Refusal::MemberNotFound { member })
}

/// One fact of a member, with its ground.
pub(crate) fn one_fact(member: i64, fact: Fact, ground: &Ground, detail: i16, stage: &Stage<'_>) -> Decided {
    let recorded = Recorded { id: stage.fact(0), known: stage.known, fact };
    let rows = Rows { facts: vec![(member, recorded)], note: Some(ground.note()), detail, ..Rows::default() };
    Decided::New { rows, subject: Some(member), fact: Some(stage.fact(0).0) }
}

/// What stands already, with the command that recorded it.
fn stands(member: i64, recorded: &Recorded) -> Decided {
    let accepted = Accepted { known: recorded.known, subject: Some(member), fact: Some(recorded.id.0) };
    Decided::Repeated { position: position_of(recorded.id.0), accepted }
}

fn taken_back(facts: &[Recorded], id: FactId) -> bool {
    facts.iter().any(|other| other.fact == Fact::Retracted { fact: id })
}

pub(crate) fn answer(member: i64, page: &Page, stage: &Stage<'_>, accepted: &Accepted) -> Corrected {
    let changes = changes_of(page, member, accepted, stage);
    Corrected { fact: accepted.fact, changes }
}

impl Corrected {
    /// Whether a second person has still to do it.
    pub fn is_prepared(&self) -> bool {
        self.fact.is_none()
    }
}

impl Act for Death {
    type Reply = Corrected;
    const METHOD: Method = Method::ReportDeath;

    fn content(&self, content: &mut Content) {
        content.number(self.member);
        content.number(i64::from(self.on.0));
        self.ground.content(content);
    }

    fn needs(&self, _caller: &Caller, _vault: &Vault, needs: &mut Needs) {
        needs.members.push(self.member);
    }

    fn decide(&self, _caller: &Caller, page: &Page, stage: &mut Stage<'_>) -> Result<Decided, Failure> {
        let (member, today) = (self.member, stage.today());
        must_be_known(page, member)?;
        let timeline = page.timeline(member);
        let facts = timeline.facts();
        let deaths = facts.iter().filter(|recorded| matches!(recorded.fact, Fact::Died { .. }));
        if let Some(held) = deaths.rev().find(|recorded| !taken_back(facts, recorded.id)) {
            if held.fact == (Fact::Died { on: self.on }) {
                return Ok(stands(member, held));
            }
            return Err(Refusal::Deceased { member }.into());
        }
        if self.on > today {
            return Err(Refusal::DayInFuture { field: "on", day: self.on, latest: today }.into());
        }
        Ok(one_fact(member, Fact::Died { on: self.on }, &self.ground, 0, stage))
    }

    fn reply(&self, page: &Page, stage: &Stage<'_>, accepted: &Accepted) -> Corrected {
        answer(self.member, page, stage, accepted)
    }
}

/// What is done instead of retracting a fact: its kind and the call; none where it may be retracted.
fn remedy(fact: &Fact) -> Option<(&'static str, &'static str)> {
    match fact {
        Fact::Payment { .. } => Some(("PAYMENT", "REVERSE_PAYMENT")),
        Fact::Hired { .. } => Some(("HIRED", "RETRACT_EMPLOYMENT")),
        Fact::Separated { .. } => Some(("SEPARATED", "AMEND_EMPLOYMENT")),
        Fact::Amended { .. } => Some(("AMENDED", "AMEND_EMPLOYMENT")),
        Fact::Reversed { .. } => Some(("REVERSED", "NONE")),
        Fact::Refunded { .. } => Some(("REFUNDED", "NONE")),
        Fact::EmploymentRetracted { .. } => Some(("EMPLOYMENT_RETRACTED", "NONE")),
        Fact::Retracted { .. } => Some(("RETRACTED", "NONE")),
        Fact::Enrolled { .. }
        | Fact::EmployerMonth { .. }
        | Fact::Certificate { .. }
        | Fact::Excused { .. }
        | Fact::NoticeServed { .. }
        | Fact::LapseConfirmed { .. }
        | Fact::LapseWaived { .. }
        | Fact::Died { .. }
        | Fact::Born { .. }
        | Fact::Household { .. } => None,
    }
}

impl Act for FactRetraction {
    type Reply = Corrected;
    const METHOD: Method = Method::RetractFact;

    fn content(&self, content: &mut Content) {
        content.number(self.member);
        content.number(self.fact);
        self.ground.content(content);
    }

    fn needs(&self, _caller: &Caller, _vault: &Vault, needs: &mut Needs) {
        needs.members.push(self.member);
        needs.positions.push(position_of(self.fact));
    }

    fn decide(&self, caller: &Caller, page: &Page, stage: &mut Stage<'_>) -> Result<Decided, Failure> {
        let (member, fact) = (self.member, self.fact);
        must_be_known(page, member)?;
        let timeline = page.timeline(member);
        let facts = timeline.facts();
        let target = facts.iter().find(|recorded| recorded.id.0 == fact).ok_or(Refusal::FactNotFound { fact })?;
        if let Some((kind, remedy)) = remedy(&target.fact) {
            return Err(Refusal::FactNotRetractable { fact, kind, remedy }.into());
        }
        let retracted = Fact::Retracted { fact: target.id };
        if let Some(held) = facts.iter().find(|recorded| recorded.fact == retracted) {
            return Ok(stands(member, held));
        }
        let recorder = page.caller_at(position_of(fact));
        let second = caller.role == Role::Supervisor && recorder != Some(caller.id.as_str());
        if matches!(target.fact, Fact::Died { .. }) && !second {
            return Err(Refusal::SecondPersonRequired { method: Self::METHOD.name() }.into());
        }
        Ok(one_fact(member, retracted, &self.ground, 0, stage))
    }

    fn reply(&self, page: &Page, stage: &Stage<'_>, accepted: &Accepted) -> Corrected {
        answer(self.member, page, stage, accepted)
    }
}

impl Excuse {
    /// What stands of these months since they were prepared. The preparation is of one act: where that was taken back
    /// since, it is used up.
    fn done(&self, page: &Page, fact: &Fact) -> Result<Option<Decided>, Refusal> {
        let Some(prepared) = self.prepared else { return Ok(None) };
        let timeline = page.timeline(self.member);
        let facts = timeline.facts();
        let mut since = facts.iter().filter(|recorded| recorded.id.0 > prepared && recorded.fact == *fact).peekable();
        if since.peek().is_none() {
            return Ok(None);
        }
        let held = since.find(|recorded| !taken_back(facts, recorded.id));
        let held = held.ok_or(Refusal::PreparationNotFound { prepared })?;
        Ok(Some(stands(self.member, held)))
    }
}

impl Act for Excuse {
    type Reply = Corrected;
    const METHOD: Method = Method::ExcuseMonths;

    fn content(&self, content: &mut Content) {
        content.number(self.member);
        content.number(i64::from(self.from.0));
        content.number(i64::from(self.to.0));
        content.number(i64::from(self.kind));
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
        must_be_known(page, self.member)?;
        let months = self.to.0 - self.from.0 + 1;
        let fact = Fact::Excused { from: self.from, to: self.to };
        if months > stage.limits.excuse_months_alone || self.prepared.is_some() {
            let as_prepared = Excuse { prepared: None, ..self.clone() };
            match prepared::turn(&as_prepared, self.prepared, caller, page)? {
                Turn::First => return Ok(prepared::first(Some(self.member), self.ground.note())),
                Turn::Second { .. } => {
                    if let Some(done) = self.done(page, &fact)? {
                        return Ok(done);
                    }
                }
            }
        }
        Ok(one_fact(self.member, fact, &self.ground, self.kind, stage))
    }

    fn reply(&self, page: &Page, stage: &Stage<'_>, accepted: &Accepted) -> Corrected {
        answer(self.member, page, stage, accepted)
    }

    fn warns(reply: &Corrected) -> bool {
        reply.is_prepared()
    }
}
