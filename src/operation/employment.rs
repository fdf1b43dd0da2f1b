//! Employment: employers, who may report for them, hires and separations.
//!
//! A hire reinstates a person the moment it is reported; what the reporter learns of that is `EmployerEffect` and
//! nothing else: no cover, no arrears, no other employer. Absent: corrections of what was reported.

use krama_law::answer::Scheme;
use krama_law::calendar::{Day, Moment};
use krama_law::decision::{first_day_of_cover, has_lapsed};
use krama_law::fact::{EmploymentId, Fact, Recorded, Sector};

use crate::operation::Desk;
use crate::operation::caller::{Caller, Role};
use crate::operation::failure::{Failure, IdentifierKind, Refusal};
use crate::operation::member::content_of;
use crate::operation::page::{Needs, Page, Rows};
use crate::operation::person::{
    Identifier, Particulars, Sex, birth_of, identifier_hash, likeness_hashes, masked_name, rows_of_registration,
    same_name,
};
use crate::operation::reading::{AtLeast, Reading, Snapshot};
use crate::operation::transact::{
    Accepted, Act, Content, Decided, Method, Recorded as Written, Stage, Ticket, position_of,
};
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

/// A hire as payroll reports it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hire {
    /// The employer.
    pub employer: i64,
    /// The employer's number of the employment.
    pub number: String,
    /// The first day worked.
    pub first_day: Day,
    /// The last day worked, where it is known from the start.
    pub last_day: Option<Day>,
    /// Who was hired.
    pub worker: Worker,
}

/// How a worker is named.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Worker {
    /// By the fund's own number alone.
    MemberNumber(String),
    /// By a number and what else the employer knows.
    Details(Identifier, Particulars),
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

/// How the worker of a hire was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WorkerMatch {
    /// A member the ledger knew.
    Matched = 1,
    /// Nobody the ledger knew: a member was registered.
    Created = 2,
    /// Perhaps a member the ledger knew: an officer decides.
    PendingReview = 3,
}

impl WorkerMatch {
    fn of(number: i16) -> WorkerMatch {
        let all = [WorkerMatch::Matched, WorkerMatch::Created, WorkerMatch::PendingReview];
        all.into_iter().find(|found| *found as i16 == number).unwrap_or(WorkerMatch::PendingReview)
    }
}

/// What a hire answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hired {
    /// The ledger's id of the employment.
    pub employment: i64,
    /// How the worker was found.
    pub worker_match: WorkerMatch,
    /// Whether the hire ends a lapse that had taken effect.
    pub reinstated: bool,
    /// The first day of formal benefits if nothing more is reported.
    pub benefits_from: Option<Day>,
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
    /// The worker's name, all but the first letters hidden.
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
    ) -> Result<Written<i64>, Failure> {
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
        let members = rows.iter().filter_map(|row| row.member).collect();
        let page = self.page(&snapshot, Needs { members, ..Needs::default() }).await?;
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
        let reports = positions_of_reports(row, page);
        let report = |position: &i64| commands.iter().find(|command| command.position == *position);
        let last_report = reports.last().and_then(report);
        Ok(Employment {
            id: row.id,
            number: row.number.clone(),
            worker: told.as_deref().and_then(worker_told),
            masked_name: row.member.and_then(|member| page.person(member)).map(masked_name).unwrap_or_default(),
            worker_match: WorkerMatch::of(row.match_state),
            first_day,
            last_day,
            employed: days.is_some() && first_day <= today && last_day.is_none_or(|last| today <= last),
            separation_reason: last_report.map_or(0, |command| command.detail),
            known: reports.first().and_then(report).map_or(Moment(0), |command| Moment(command.known_at)),
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
fn may_report(caller: &Caller, employer: i64, page: &Page, today: Day) -> Result<(), Refusal> {
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
        if let Some(until) = self.until.filter(|&until| until < self.from) {
            return Err(Refusal::DayBeforeStart { field: "until_day", day: until, first_day: self.from }.into());
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

/// Whom a hire turned out to be about.
enum Found {
    Member(i64),
    Nobody,
    Perhaps,
}

impl Hire {
    /// Finds the worker. A number alone is enough when the fund issued it; otherwise what the employer tells of the
    /// person must agree with the register, so that a stranger is never reinstated by a typing error.
    fn find(&self, page: &Page, vault: &Vault) -> Result<Found, Refusal> {
        let (identifier, particulars) = match &self.worker {
            Worker::MemberNumber(number) => {
                let identifier = Identifier { kind: IdentifierKind::MemberNumber, value: number.clone() };
                return match page.holders(&identifier_hash(vault, &identifier)) {
                    [member] => Ok(Found::Member(*member)),
                    [] | [_, _, ..] => Err(Refusal::WorkerUnknown { field: "member_number" }),
                };
            }
            Worker::Details(identifier, particulars) => (identifier, particulars),
        };
        if let Some(&member) = page.holders(&identifier_hash(vault, identifier)).first() {
            let details = page.person(member).ok_or(Refusal::WorkerUnknown { field: "worker_details" })?;
            let born = birth_of(details).is_some_and(|held| held.agrees(particulars.birth));
            if !born || Sex::of(details.sex) != Some(particulars.sex) {
                return Err(Refusal::WorkerConflict { kind: identifier.kind });
            }
            return Ok(if same_name(details, particulars) { Found::Member(member) } else { Found::Perhaps });
        }
        let likely = likeness_hashes(vault, particulars).iter().any(|hash| !page.holders(hash).is_empty());
        Ok(if likely { Found::Perhaps } else { Found::Nobody })
    }

    fn repeats(&self, held: &EmploymentRow) -> Result<(), Refusal> {
        if held.digest == Content::of(self) {
            return Ok(());
        }
        // The first day is part of the key, so that what differs is the last day or the worker.
        Err(Refusal::EmploymentKeyReused { employment: held.id, field: "worker" })
    }

    /// What the employer told of the worker's number, to be sealed and shown to the employer again.
    fn told(&self) -> String {
        match &self.worker {
            Worker::MemberNumber(number) => format!("{}:{number}", IdentifierKind::MemberNumber.number()),
            Worker::Details(identifier, _) => format!("{}:{}", identifier.kind.number(), identifier.value),
        }
    }
}

/// The number that an employer told, as it was sealed.
fn worker_told(text: &str) -> Option<Identifier> {
    let (kind, value) = text.split_once(':')?;
    Some(Identifier { kind: IdentifierKind::of(kind.parse().ok()?)?, value: value.to_owned() })
}

impl Act for Hire {
    type Reply = Hired;
    const METHOD: Method = Method::ReportHire;

    fn content(&self, content: &mut Content) {
        content.number(self.employer);
        content.text(&self.number);
        content.number(i64::from(self.first_day.0));
        content.optional(self.last_day.map(|last| i64::from(last.0)));
        content.text(&self.told());
        if let Worker::Details(_, particulars) = &self.worker {
            content_of(particulars, content);
        }
    }

    fn needs(&self, _caller: &Caller, vault: &Vault, needs: &mut Needs) {
        needs.employers.push(self.employer);
        needs.employments.push((self.employer, self.number.clone()));
        match &self.worker {
            Worker::MemberNumber(number) => {
                let identifier = Identifier { kind: IdentifierKind::MemberNumber, value: number.clone() };
                needs.hashes.push(identifier_hash(vault, &identifier));
            }
            Worker::Details(identifier, particulars) => {
                needs.hashes.push(identifier_hash(vault, identifier));
                needs.hashes.extend(likeness_hashes(vault, particulars));
            }
        }
    }

    fn decide(&self, caller: &Caller, page: &Page, stage: &mut Stage<'_>) -> Result<Decided, Failure> {
        let today = stage.today();
        may_report(caller, self.employer, page, today)?;
        let latest = today.plus(stage.limits.hire_ahead_days);
        if self.first_day > latest {
            return Err(Refusal::DayInFuture { field: "first_day", day: self.first_day, latest }.into());
        }
        if let Some(day) = self.last_day.filter(|&last| last < self.first_day) {
            return Err(Refusal::DayBeforeStart { field: "last_day", day, first_day: self.first_day }.into());
        }
        let held = page.employments(self.employer, &self.number);
        if let Some(same) = held.iter().find(|held| held.first_day == self.first_day.0) {
            self.repeats(same)?;
            let position = position_of(same.id);
            let known = page.accepted(position).map_or(stage.known, |accepted| accepted.known);
            let accepted = Accepted { known, subject: same.member, fact: Some(same.id) };
            return Ok(Decided::Repeated { position, accepted });
        }
        // Under one number one employment at a time: until the other has ended this one cannot be told apart.
        for other in held {
            let days = page.days_of(other, stage.known);
            if days.is_none_or(|days| days.until.is_none()) {
                let (employment, first_day) = (other.id, Day(other.first_day));
                return Err(Refusal::EmploymentAlreadyOpen { employment, first_day }.into());
            }
        }
        let found = self.find(page, stage.vault)?;
        self.record(&found, page, stage)
    }

    fn reply(&self, page: &Page, stage: &Stage<'_>, accepted: &Accepted) -> Hired {
        let employment = accepted.fact.unwrap_or_default();
        let held = page.employments(self.employer, &self.number).iter().find(|row| row.id == employment);
        let worker_match = WorkerMatch::of(held.map_or(0, |row| row.match_state));
        let mut hired = Hired { employment, worker_match, reinstated: false, benefits_from: None };
        if let Some(member) = accepted.subject {
            let (timeline, law, known) = (page.timeline(member), stage.law, accepted.known);
            hired.reinstated = has_lapsed(&timeline, law, self.first_day, known);
            hired.benefits_from = first_day_of_cover(&timeline, law, Scheme::Formal, self.first_day, known);
        }
        hired
    }
}

impl Hire {
    /// The rows of a hire whose worker was looked for.
    fn record(&self, found: &Found, page: &Page, stage: &mut Stage<'_>) -> Result<Decided, Failure> {
        let id = stage.fact(0);
        let mut rows = Rows::default();
        let (member, worker_match) = match (found, &self.worker) {
            (Found::Member(member), _) => (Some(*member), WorkerMatch::Matched),
            (Found::Nobody, Worker::Details(identifier, particulars)) => {
                let member = stage.fresh_id();
                let identifiers = [identifier.clone()];
                let (person, found_by) = rows_of_registration(stage, member, particulars, &identifiers, None, None)?;
                rows.persons.push(person);
                rows.identifiers = found_by;
                (Some(member), WorkerMatch::Created)
            }
            (Found::Nobody | Found::Perhaps, _) => (None, WorkerMatch::PendingReview),
        };
        if let Some(member) = member {
            let sector = page.employer(self.employer).map_or(Sector::Private, |employer| employer.sector);
            let employment = EmploymentId(id.0);
            let fact = Fact::Hired { employment, sector, from: self.first_day, until: self.last_day };
            rows.facts.push((member, Recorded { id, known: stage.known, fact }));
        }
        rows.employments.push(EmploymentRow {
            id: id.0,
            member,
            employer: self.employer,
            number: self.number.clone(),
            first_day: self.first_day.0,
            match_state: worker_match as i16,
            digest: Content::of(self),
            worker: Some(employment::seal_worker(stage.vault, id.0, &self.told())?),
        });
        Ok(Decided::New { rows, subject: member, fact: Some(id.0) })
    }
}

impl Act for Separation {
    type Reply = i64;
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
        let held = page.employments(self.employer, &self.number);
        let meant = held.iter().filter(|row| self.first_day.is_none_or(|first| row.first_day == first.0));
        let Some(row) = meant.max_by_key(|row| row.id) else {
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

    fn reply(&self, _page: &Page, _stage: &Stage<'_>, accepted: &Accepted) -> i64 {
        accepted.fact.unwrap_or_default()
    }
}

fn sector_number(sector: Sector) -> i64 {
    match sector {
        Sector::Private => 1,
        Sector::Public => 2,
    }
}
