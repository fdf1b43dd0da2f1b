//! Employment: employers, who may report for them, hires and separations.
//!
//! A hire reinstates a person the moment it is reported; what the reporter learns of that is `EmployerEffect` and
//! nothing else: no cover, no arrears, no other employer. Corrections of what was reported are in files of their own.

pub mod amend;
pub mod hire;
pub mod named;
pub mod rekey;

use krama_law::calendar::{Day, Moment};
use krama_law::change::StandingChange;
use krama_law::fact::{EmploymentId, Fact, Recorded, Sector};

use crate::operation::Desk;
use crate::operation::caller::{Caller, Role};
use crate::operation::change::changes_of;
use crate::operation::command::{Accepted, Act, Content, Decided, Method, Stage, position_of};
use crate::operation::employment::hire::{Hire, Hired, WorkerMatch, worker_told};
use crate::operation::employment::named::Named;
use crate::operation::failure::{Failure, Refusal};
use crate::operation::page::{Needs, Page, Rows};
use crate::operation::person::Identifier;
use crate::operation::reading::{AtLeast, Reading, Snapshot};
use crate::operation::transact::{Recorded as Written, Ticket};
use crate::store::employer::{AccessRow, EmployerRow};
use crate::store::employment::{self, EmploymentRow};
use crate::store::ledger::{self, CommandRow};
use crate::store::seal::Vault;

/// A new employer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewEmployer {
    /// Its number at the fund.
    pub number: String,
    /// Its name in Khmer letters.
    pub khmer_name: String,
    /// Its name in Latin letters.
    pub latin_name: String,
    /// Its sector.
    pub sector: Sector,
}

/// A grant by which a payroll provider may report for an employer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Grant {
    /// The employer.
    pub employer: i64,
    /// The caller id of the provider.
    pub provider: String,
    /// The first day.
    pub from: Day,
    /// The last day, if there is one.
    pub until: Option<Day>,
}

/// A separation as payroll reports it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Separation {
    /// The employer.
    pub employer: i64,
    /// The employer's number of the employment.
    pub number: String,
    /// The first day of the employment, to tell two under one number apart.
    pub first_day: Option<Day>,
    /// The last day worked.
    pub last_day: Day,
    /// Why; the number of the contract.
    pub reason: i16,
}

/// What a separation answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Separated {
    /// The ledger's id of the employment.
    pub employment: i64,
    /// What changed about the worker.
    pub changes: Vec<StandingChange>,
}

/// An employment as its employer sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Employment {
    /// The ledger's id.
    pub id: i64,
    /// The employer's number.
    pub number: String,
    /// The worker's number as the employer gave it.
    pub worker: Option<Identifier>,
    /// The worker's name as the employer gave it, all but the first letters hidden.
    pub masked_name: String,
    /// How the worker was found.
    pub worker_match: WorkerMatch,
    /// The first day worked.
    pub first_day: Day,
    /// The last day worked, where it is known.
    pub last_day: Option<Day>,
    /// Whether it covers today.
    pub employed: bool,
    /// Why it ended, where that was reported; the number of the contract.
    pub separation_reason: i16,
    /// When it was reported.
    pub known: Moment,
    /// Whether it was taken back: it never was.
    pub retracted: bool,
    /// The position at which the last thing about it was recorded.
    pub last_position: i64,
}

impl Desk {
    /// Registers an employer.
    ///
    /// # Errors
    /// The number belongs to an employer with other names or another sector.
    pub async fn register_employer(
        &self,
        caller: &Caller,
        ticket: Ticket,
        new: NewEmployer,
    ) -> Result<Written<i64>, Failure> {
        self.writer.submit(caller, ticket, new).await
    }

    /// Grants a provider access to an employer.
    ///
    /// # Errors
    /// There is no such employer.
    pub async fn grant_employer_access(
        &self,
        caller: &Caller,
        ticket: Ticket,
        grant: Grant,
    ) -> Result<Written<i64>, Failure> {
        self.writer.submit(caller, ticket, grant).await
    }

    /// Records a hire.
    ///
    /// # Errors
    /// The caller may not report for the employer, the worker's number is somebody else's, or the days do not fit.
    pub async fn report_hire(&self, caller: &Caller, ticket: Ticket, hire: Hire) -> Result<Written<Hired>, Failure> {
        self.writer.submit(caller, ticket, hire).await
    }

    /// Records a separation.
    ///
    /// # Errors
    /// The caller may not report for the employer, or there is no such employment that is open.
    pub async fn report_separation(
        &self,
        caller: &Caller,
        ticket: Ticket,
        separation: Separation,
    ) -> Result<Written<Separated>, Failure> {
        self.writer.submit(caller, ticket, separation).await
    }

    /// A page of an employer's employments in the order of their reports, and whether there are more.
    ///
    /// # Errors
    /// The caller may not see the employer.
    pub async fn list_employments(
        &self,
        caller: &Caller,
        employer: i64,
        after: i64,
        most: u32,
        at_least: Option<AtLeast>,
    ) -> Result<Reading<(Vec<Employment>, bool)>, Failure> {
        let snapshot = self.snapshot(at_least.as_ref()).await?;
        let page = self.page(&snapshot, Needs { employers: vec![employer], ..Needs::default() }).await?;
        may_report(caller, employer, &page, snapshot.today())?;
        let mut rows = employment::page(&snapshot.read, employer, after, u64::from(most) + 1).await?;
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let more = rows.len() > most;
        rows.truncate(most);
        let employment_ids = rows.iter().map(|row| row.id).collect();
        let page = self.page(&snapshot, Needs { employment_ids, ..Needs::default() }).await?;
        let reports: Vec<i64> = rows.iter().flat_map(|row| positions_of_reports(row, &page)).collect();
        let commands = ledger::commands_at(&snapshot.read, &reports).await?;
        let mut employments = Vec::new();
        for row in &rows {
            employments.push(self.employment(row, &page, &commands, &snapshot)?);
        }
        Ok(snapshot.with((employments, more)))
    }
}

impl Desk {
    fn employment(
        &self,
        row: &EmploymentRow,
        page: &Page,
        commands: &[CommandRow],
        snapshot: &Snapshot,
    ) -> Result<Employment, Failure> {
        let today = snapshot.today();
        let days = page.days_of(row, snapshot.known);
        let first_day = days.map_or(Day(row.first_day), |days| days.from);
        let last_day = days.and_then(|days| days.until);
        let told = row.open_worker(self.store.vault())?;
        let told = told.as_deref().and_then(worker_told);
        let reports = positions_of_reports(row, page);
        let report = |position: &i64| commands.iter().find(|command| command.position == *position);
        let last_report = reports.last().and_then(report);
        Ok(Employment {
            id: row.id,
            number: page.number_of(row).to_owned(),
            worker: told.as_ref().map(|(identifier, _)| identifier.clone()),
            // Nothing about a worker that the employer did not say itself.
            masked_name: told.map(|(_, name)| name).unwrap_or_default(),
            worker_match: WorkerMatch::of(row.match_state),
            first_day,
            last_day,
            employed: days.is_some() && first_day <= today && last_day.is_none_or(|last| today <= last),
            separation_reason: last_report.map_or(0, |command| command.detail),
            known: reports.first().and_then(report).map_or(Moment(0), |command| Moment(command.known_at)),
            retracted: row.member.is_some() && days.is_none(),
            last_position: named::last_report(row, page, snapshot.known).0,
        })
    }
}

/// The positions of the report of a hire and, where there is one, of the report of its separation.
fn positions_of_reports(row: &EmploymentRow, page: &Page) -> Vec<i64> {
    let mut positions = vec![position_of(row.id)];
    if let Some(member) = row.member {
        let timeline = page.timeline(member);
        let separated = timeline
            .facts()
            .iter()
            .rev()
            .find(|recorded| matches!(recorded.fact, Fact::Separated { employment, .. } if employment.0 == row.id));
        positions.extend(separated.map(|recorded| position_of(recorded.id.0)));
    }
    positions
}

/// Whether a caller may report for an employer today. A provider learns only that it has no grant, so that it
/// cannot find out which employers exist.
pub(super) fn may_report(caller: &Caller, employer: i64, page: &Page, today: Day) -> Result<(), Refusal> {
    if caller.role != Role::Payroll {
        return page.employer(employer).map(|_| ()).ok_or(Refusal::EmployerNotFound { employer });
    }
    let stands = |grant: &AccessRow| {
        grant.provider == caller.id && grant.from_day <= today.0 && grant.until_day.is_none_or(|until| today.0 <= until)
    };
    if caller.may_speak_for(employer) && page.access(employer).iter().any(stands) {
        return Ok(());
    }
    Err(Refusal::EmployerNotGranted { employer })
}

impl Act for NewEmployer {
    type Reply = i64;
    const METHOD: Method = Method::RegisterEmployer;

    fn content(&self, content: &mut Content) {
        content.text(&self.number);
        content.text(&self.khmer_name);
        content.text(&self.latin_name);
        content.number(sector_number(self.sector));
    }

    fn needs(&self, _caller: &Caller, _vault: &Vault, needs: &mut Needs) {
        needs.employer_numbers.push(self.number.clone());
    }

    fn decide(&self, _caller: &Caller, page: &Page, stage: &mut Stage<'_>) -> Result<Decided, Failure> {
        if let Some(held) = page.employer_by_number(&self.number) {
            let same =
                held.name_khmer == self.khmer_name && held.name_latin == self.latin_name && held.sector == self.sector;
            if !same {
                return Err(Refusal::EmployerNumberInUse { employer: held.id }.into());
            }
            let known = page.accepted(held.position).map_or(stage.known, |accepted| accepted.known);
            let accepted = Accepted { known, subject: Some(held.id), fact: None };
            return Ok(Decided::Repeated { position: held.position, accepted });
        }
        let id = stage.fresh_id();
        let row = EmployerRow {
            id,
            position: stage.position,
            number: self.number.clone(),
            name_latin: self.latin_name.clone(),
            name_khmer: self.khmer_name.clone(),
            sector: self.sector,
        };
        let rows = Rows { employers: vec![row], ..Rows::default() };
        Ok(Decided::New { rows, subject: Some(id), fact: None })
    }

    fn reply(&self, _page: &Page, _stage: &Stage<'_>, accepted: &Accepted) -> i64 {
        accepted.subject.unwrap_or_default()
    }
}

impl Act for Grant {
    type Reply = i64;
    const METHOD: Method = Method::GrantEmployerAccess;

    fn content(&self, content: &mut Content) {
        content.number(self.employer);
        content.text(&self.provider);
        content.number(i64::from(self.from.0));
        content.optional(self.until.map(|until| i64::from(until.0)));
    }

    fn needs(&self, _caller: &Caller, _vault: &Vault, needs: &mut Needs) {
        needs.employers.push(self.employer);
    }

    fn decide(&self, _caller: &Caller, page: &Page, stage: &mut Stage<'_>) -> Result<Decided, Failure> {
        let employer = self.employer;
        if page.employer(employer).is_none() {
            return Err(Refusal::EmployerNotFound { employer }.into());
        }
        let row = AccessRow {
            employer,
            provider: self.provider.clone(),
            from_day: self.from.0,
            until_day: self.until.map(|until| until.0),
            position: stage.position,
        };
        let same = |held: &&AccessRow| AccessRow { position: row.position, ..(*held).clone() } == row;
        if let Some(held) = page.access(employer).iter().find(same) {
            let known = page.accepted(held.position).map_or(stage.known, |accepted| accepted.known);
            let accepted = Accepted { known, subject: Some(employer), fact: Some(held.position) };
            return Ok(Decided::Repeated { position: held.position, accepted });
        }
        let rows = Rows { access: vec![row], ..Rows::default() };
        Ok(Decided::New { rows, subject: Some(employer), fact: Some(stage.position) })
    }

    /// The id of the grant, which is its position.
    fn reply(&self, _page: &Page, _stage: &Stage<'_>, accepted: &Accepted) -> i64 {
        accepted.fact.unwrap_or_default()
    }
}

impl Act for Separation {
    type Reply = Separated;
    const METHOD: Method = Method::ReportSeparation;

    fn content(&self, content: &mut Content) {
        content.number(self.employer);
        content.text(&self.number);
        content.optional(self.first_day.map(|first| i64::from(first.0)));
        content.number(i64::from(self.last_day.0));
        content.number(i64::from(self.reason));
    }

    fn needs(&self, _caller: &Caller, _vault: &Vault, needs: &mut Needs) {
        needs.employers.push(self.employer);
        needs.employments.push((self.employer, self.number.clone()));
    }

    fn decide(&self, caller: &Caller, page: &Page, stage: &mut Stage<'_>) -> Result<Decided, Failure> {
        may_report(caller, self.employer, page, stage.today())?;
        let named = Named { employer: self.employer, number: self.number.clone(), first_day: self.first_day };
        let is_gone = |row: &&EmploymentRow| row.member.is_some() && page.days_of(row, stage.known).is_none();
        let Some(row) = named.find(page, stage.known).filter(|row| !is_gone(row)) else {
            let (employer, number) = (self.employer, self.number.clone());
            return Err(Refusal::EmploymentNotFound { employer, number }.into());
        };
        let employment = row.id;
        let (Some(member), Some(days)) = (row.member, page.days_of(row, stage.known)) else {
            return Err(Refusal::EmploymentInReview { employment }.into());
        };
        if self.last_day < days.from {
            let (day, first_day) = (self.last_day, days.from);
            return Err(Refusal::DayBeforeStart { field: "last_day", day, first_day }.into());
        }
        if let Some(last_day) = days.until {
            if last_day != self.last_day {
                return Err(Refusal::EmploymentNotOpen { employment, last_day }.into());
            }
            let report = positions_of_reports(row, page).pop();
            let timeline = page.timeline(member);
            let reported = timeline.facts().iter().find(|recorded| Some(position_of(recorded.id.0)) == report);
            let (position, known) = (report.unwrap_or(0), reported.map_or(stage.known, |recorded| recorded.known));
            let accepted = Accepted { known, subject: Some(member), fact: Some(employment) };
            return Ok(Decided::Repeated { position, accepted });
        }
        let fact = Fact::Separated { employment: EmploymentId(employment), last: self.last_day };
        let recorded = Recorded { id: stage.fact(0), known: stage.known, fact };
        let rows = Rows { facts: vec![(member, recorded)], detail: self.reason, ..Rows::default() };
        Ok(Decided::New { rows, subject: Some(member), fact: Some(employment) })
    }

    fn reply(&self, page: &Page, stage: &Stage<'_>, accepted: &Accepted) -> Separated {
        let changes = accepted.subject.map(|member| changes_of(page, member, accepted, stage));
        Separated { employment: accepted.fact.unwrap_or_default(), changes: changes.unwrap_or_default() }
    }
}

fn sector_number(sector: Sector) -> i64 {
    match sector {
        Sector::Private => 1,
        Sector::Public => 2,
    }
}
