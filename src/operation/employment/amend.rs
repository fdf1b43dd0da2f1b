//! Corrections of employments: other days than were reported, or none at all.
//!
//! An amendment is absolute and names the position that it replaces, so that nobody undoes unseen what another has
//! recorded meanwhile. Absent: what the corrected days mean for months and cover.

use krama_law::answer::Scheme;
use krama_law::calendar::Day;
use krama_law::change::StandingChange;
use krama_law::decision::{first_day_of_cover, has_lapsed};
use krama_law::fact::{EmploymentId, Fact, Recorded};
use krama_law::timeline::Employment;

use crate::operation::Desk;
use crate::operation::caller::Caller;
use crate::operation::change::changes_of;
use crate::operation::command::{Accepted, Act, Content, Decided, Method, Stage};
use crate::operation::employment::may_report;
use crate::operation::employment::named::{Named, are_apart, days_held, last_report};
use crate::operation::failure::{Failure, Refusal};
use crate::operation::page::{Needs, Page, Rows};
use crate::operation::reading::AtLeast;
use crate::operation::transact::{Recorded as Written, Ticket};
use crate::store::employment::EmploymentRow;
use crate::store::seal::Vault;

/// Other days of an employment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Amendment {
    /// Which employment.
    pub named: Named,
    /// What the amendment replaces.
    pub replaces: Replaced,
    /// The first day worked.
    pub first_day: Day,
    /// The last day worked; open when absent.
    pub last_day: Option<Day>,
}

/// That an employment never was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Retraction {
    /// Which employment.
    pub named: Named,
    /// What the retraction replaces.
    pub replaces: Replaced,
}

/// What a correction replaces.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Replaced {
    /// What was recorded at a position.
    Position(i64),
    /// What the caller reported itself under a request id: within one batch it does not know the position yet.
    Request([u8; 16]),
}

/// What a correction answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Corrected {
    /// The ledger's id of the employment.
    pub employment: i64,
    /// Whether the employment ends a lapse that had taken effect.
    pub reinstated: bool,
    /// The first day of formal benefits if nothing more is reported.
    pub benefits_from: Option<Day>,
    /// What changed about the worker.
    pub changes: Vec<StandingChange>,
}

impl Desk {
    /// Corrects the days of an employment.
    ///
    /// # Errors
    /// The caller may not report for the employer, there is no such employment, it stands otherwise than the caller
    /// believes, or the days do not fit.
    pub async fn amend_employment(
        &self,
        caller: &Caller,
        ticket: Ticket,
        amendment: Amendment,
    ) -> Result<Written<Corrected>, Failure> {
        self.writer.submit(caller, ticket, amendment).await
    }

    /// Takes an employment back.
    ///
    /// # Errors
    /// The caller may not report for the employer, there is no such employment, or it stands otherwise than the caller
    /// believes.
    pub async fn retract_employment(
        &self,
        caller: &Caller,
        ticket: Ticket,
        retraction: Retraction,
    ) -> Result<Written<Corrected>, Failure> {
        self.writer.submit(caller, ticket, retraction).await
    }

    /// The number of a position of this ledger's epoch.
    ///
    /// # Errors
    /// The position is of another epoch.
    pub fn of_this_epoch(&self, position: &AtLeast) -> Result<i64, Failure> {
        if position.epoch == self.epoch {
            return Ok(position.number);
        }
        let (epoch, current) = (position.epoch.clone(), self.epoch.clone());
        Err(Refusal::PositionFromOtherEpoch { epoch, current }.into())
    }
}

impl Replaced {
    fn needs(self, caller: &Caller, needs: &mut Needs) {
        match self {
            Replaced::Position(_) => {}
            Replaced::Request(request) => needs.requests.push((caller.id.clone(), request)),
        }
    }

    fn content(self, content: &mut Content) {
        match self {
            Replaced::Position(position) => content.number(position),
            Replaced::Request(request) => content.text(&uuid::Uuid::from_bytes(request).to_string()),
        }
    }

    /// Refuses a correction of something that has changed since it was looked at.
    fn must_be_the_last(
        self,
        caller: &Caller,
        row: &EmploymentRow,
        page: &Page,
        stage: &Stage<'_>,
    ) -> Result<(), Refusal> {
        let number = match self {
            Replaced::Position(position) => position,
            Replaced::Request(request) => {
                page.command(&(caller.id.clone(), request)).map_or(0, |command| command.position)
            }
        };
        let (current, _) = last_report(row, page, stage.known);
        if number == current { Ok(()) } else { Err(Refusal::PositionStale { number, current }) }
    }
}

impl Named {
    fn needs(&self, needs: &mut Needs) {
        needs.employers.push(self.employer);
        needs.employments.push((self.employer, self.number.clone()));
    }

    fn content(&self, content: &mut Content) {
        content.number(self.employer);
        content.text(&self.number);
        content.optional(self.first_day.map(|first| i64::from(first.0)));
    }

    /// The employment that is to be corrected, and whose it is.
    fn corrected<'a>(&self, page: &'a Page, stage: &Stage<'_>) -> Result<(&'a EmploymentRow, i64), Refusal> {
        let Some(row) = self.find(page, stage.known) else {
            let (employer, number) = (self.employer, self.number.clone());
            return Err(Refusal::EmploymentNotFound { employer, number });
        };
        let member = row.member.ok_or(Refusal::EmploymentInReview { employment: row.id })?;
        Ok((row, member))
    }
}

/// What was recorded before under another request id.
fn repeated(row: &EmploymentRow, page: &Page, stage: &Stage<'_>) -> Decided {
    let (position, known) = last_report(row, page, stage.known);
    Decided::Repeated { position, accepted: Accepted { known, subject: row.member, fact: Some(row.id) } }
}

impl Act for Amendment {
    type Reply = Corrected;
    const METHOD: Method = Method::AmendEmployment;

    fn content(&self, content: &mut Content) {
        self.named.content(content);
        self.replaces.content(content);
        content.number(i64::from(self.first_day.0));
        content.optional(self.last_day.map(|last| i64::from(last.0)));
    }

    fn needs(&self, caller: &Caller, _vault: &Vault, needs: &mut Needs) {
        self.named.needs(needs);
        self.replaces.needs(caller, needs);
    }

    fn decide(&self, caller: &Caller, page: &Page, stage: &mut Stage<'_>) -> Result<Decided, Failure> {
        let today = stage.today();
        may_report(caller, self.named.employer, page, today)?;
        let (row, member) = self.named.corrected(page, stage)?;
        let employment = row.id;
        let days = page.days_of(row, stage.known).ok_or(Refusal::EmploymentRetracted { employment })?;
        if (days.from, days.until) == (self.first_day, self.last_day) {
            return Ok(repeated(row, page, stage));
        }
        self.replaces.must_be_the_last(caller, row, page, stage)?;
        let latest = today.plus(stage.limits.hire_ahead_days);
        if self.first_day > latest {
            return Err(Refusal::DayInFuture { field: "first_day", day: self.first_day, latest }.into());
        }
        if let Some(day) = self.last_day.filter(|&last| last < self.first_day) {
            return Err(Refusal::DayBeforeStart { field: "last_day", day, first_day: self.first_day }.into());
        }
        self.stands_alone(row, page, stage)?;
        let employment = EmploymentId(employment);
        let from = (self.first_day != days.from).then_some(self.first_day);
        let given = self.last_day.or(days.until).filter(|_| self.last_day != days.until);
        let amended = Fact::Amended { employment, from, until: given };
        let mut rows = Rows::default();
        rows.facts.push((member, Recorded { id: stage.fact(0), known: stage.known, fact: amended }));
        if self.last_day.is_none() && days.until.is_some() {
            // The law knows no amendment to an open end. So the amendment takes over the end, whoever gave it, and is
            // taken back: the first day that it gave stays, and the employment is open.
            let reopened = Fact::Retracted { fact: stage.fact(0) };
            rows.facts.push((member, Recorded { id: stage.fact(1), known: stage.known, fact: reopened }));
        }
        Ok(Decided::New { rows, subject: Some(member), fact: Some(row.id) })
    }

    fn reply(&self, page: &Page, stage: &Stage<'_>, accepted: &Accepted) -> Corrected {
        let employment = accepted.fact.unwrap_or_default();
        let mut corrected = Corrected { employment, reinstated: false, benefits_from: None, changes: Vec::new() };
        if let Some(member) = accepted.subject {
            let (timeline, law, known) = (page.timeline(member), stage.law, accepted.known);
            corrected.reinstated = has_lapsed(&timeline, law, self.first_day, known);
            corrected.benefits_from = first_day_of_cover(&timeline, law, Scheme::Formal, self.first_day, known);
            corrected.changes = changes_of(page, member, accepted, stage);
        }
        corrected
    }
}

impl Amendment {
    /// Refuses days on which another employment under the number stands.
    fn stands_alone(&self, row: &EmploymentRow, page: &Page, stage: &Stage<'_>) -> Result<(), Refusal> {
        let (employer, number) = (self.named.employer, &self.named.number);
        let own = Employment { from: self.first_day, until: self.last_day };
        let others = page.employments(employer, number).iter();
        let others = others.filter(|other| other.id != row.id && page.number_of(other) == number.as_str());
        for other in others {
            let Some(days) = days_held(other, page, stage.known) else { continue };
            if !are_apart(days, own) {
                return Err(Refusal::EmploymentAlreadyOpen { employment: other.id, first_day: days.from });
            }
        }
        Ok(())
    }
}

impl Act for Retraction {
    type Reply = Corrected;
    const METHOD: Method = Method::RetractEmployment;

    fn content(&self, content: &mut Content) {
        self.named.content(content);
        self.replaces.content(content);
    }

    fn needs(&self, caller: &Caller, _vault: &Vault, needs: &mut Needs) {
        self.named.needs(needs);
        self.replaces.needs(caller, needs);
    }

    fn decide(&self, caller: &Caller, page: &Page, stage: &mut Stage<'_>) -> Result<Decided, Failure> {
        may_report(caller, self.named.employer, page, stage.today())?;
        let (row, member) = self.named.corrected(page, stage)?;
        if page.days_of(row, stage.known).is_none() {
            return Ok(repeated(row, page, stage));
        }
        self.replaces.must_be_the_last(caller, row, page, stage)?;
        let fact = Fact::EmploymentRetracted { employment: EmploymentId(row.id) };
        let recorded = Recorded { id: stage.fact(0), known: stage.known, fact };
        let rows = Rows { facts: vec![(member, recorded)], ..Rows::default() };
        Ok(Decided::New { rows, subject: Some(member), fact: Some(row.id) })
    }

    fn reply(&self, page: &Page, stage: &Stage<'_>, accepted: &Accepted) -> Corrected {
        let employment = accepted.fact.unwrap_or_default();
        let changes = accepted.subject.map(|member| changes_of(page, member, accepted, stage));
        Corrected { employment, reinstated: false, benefits_from: None, changes: changes.unwrap_or_default() }
    }
}
