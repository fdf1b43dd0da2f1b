//! Work: employers, who may speak for them, employments and their corrections.

use std::collections::BTreeMap;

use krama::proto::v1;
use krama::proto::v1::report_hire_request::Worker;
use krama_law::answer::Scheme;
use krama_law::calendar::{Day, Month};
use krama_law::decision::{first_day_of_cover, has_lapsed};
use krama_law::fact::{EmploymentId, Fact, Sector};
use tonic::Code;

use crate::refusal::{No, denied, exists, no, not_now};
use crate::workload::model::{Model, Place, Verdict, day_of, not_found, optional_day_of, role_of};
use crate::world::id_in;

/// How many days a first day may lie ahead.
const AHEAD_DAYS: i32 = 30;

/// An employer on record.
#[derive(Clone, Debug)]
pub(crate) struct Employer {
    content: v1::RegisterEmployerRequest,
    position: i64,
    /// Each grant, with its place.
    grants: Vec<(v1::GrantEmployerAccessRequest, i64)>,
    idle_months: BTreeMap<String, i64>,
}

/// An employment.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    /// Its id on the wire.
    pub(crate) id: String,
    pub(crate) employer: String,
    /// The number that it bears.
    pub(crate) number: String,
    /// The report of the hire.
    told: v1::ReportHireRequest,
    found: v1::WorkerMatch,
    /// Whose it is; none while an officer has to decide.
    pub(crate) member: Option<String>,
    pub(crate) days: (Day, Option<Day>),
    pub(crate) retracted: bool,
    law_id: EmploymentId,
    position: i64,
    /// Where the last report about it stands, and the last report of a hire or a separation.
    pub(crate) last: i64,
    reported: i64,
    /// Numbers that it bore before, with the place at which each was taken away.
    bore: Vec<(String, i64)>,
}

impl Job {
    /// The days for which it holds its number: while it is not known whose it is, from the first one on.
    fn held(&self) -> (Day, Option<Day>) {
        (self.days.0, self.days.1.filter(|_| self.member.is_some()))
    }

    /// Whether it and other days can be told apart under one number.
    fn is_apart_from(&self, days: (Day, Option<Day>)) -> bool {
        let before = |(_, until): (Day, Option<Day>), from: Day| until.is_some_and(|until| until < from);
        let held = self.held();
        self.retracted || before(held, days.0) || before(days, held.0)
    }
}

fn employer_of(ask: &v1::RegisterEmployerRequest) -> v1::RegisterEmployerRequest {
    v1::RegisterEmployerRequest { request_id: String::new(), validate_only: false, ..ask.clone() }
}

fn hire_of(ask: &v1::ReportHireRequest) -> v1::ReportHireRequest {
    v1::ReportHireRequest { request_id: String::new(), validate_only: false, ..ask.clone() }
}

fn grant_of(ask: &v1::GrantEmployerAccessRequest) -> v1::GrantEmployerAccessRequest {
    v1::GrantEmployerAccessRequest { request_id: String::new(), validate_only: false, ..ask.clone() }
}

fn days_of(ask: &v1::ReportHireRequest) -> (Day, Option<Day>) {
    (day_of(ask.first_day.as_ref()), optional_day_of(ask.last_day.as_ref()))
}

impl Model {
    /// Whether a caller may report for an employer today.
    fn may_report(&self, who: &'static str, employer: &str) -> Result<(), No> {
        let known = self.employers.get(employer);
        if role_of(who) == "OFFICER" {
            return known.map(|_| ()).ok_or(not_found("EMPLOYER_NOT_FOUND"));
        }
        let stands = |(grant, _): &(v1::GrantEmployerAccessRequest, i64)| {
            grant.provider_id == id_in(who)
                && day_of(grant.from_day.as_ref()) <= self.today
                && optional_day_of(grant.until_day.as_ref()).is_none_or(|until| self.today <= until)
        };
        let granted = known.is_some_and(|employer| employer.grants.iter().any(stands));
        if granted { Ok(()) } else { Err(denied("EMPLOYER_NOT_GRANTED")) }
    }

    pub(super) fn judge_employer(&self, ask: &v1::RegisterEmployerRequest) -> Result<Verdict, No> {
        let content = employer_of(ask);
        let mut known = self.employers.values();
        match known.find(|employer| employer.content.enterprise_number == ask.enterprise_number) {
            Some(held) if held.content == content => Ok(Verdict::Held { position: held.position, duplicate: true }),
            Some(_) => Err(exists("EMPLOYER_NUMBER_IN_USE")),
            None => Ok(Verdict::Taken { warned: false }),
        }
    }

    pub(super) fn found(&mut self, ask: &v1::RegisterEmployerRequest, place: &Place) {
        let content = employer_of(ask);
        let employer = Employer { content, position: place.position, grants: Vec::new(), idle_months: BTreeMap::new() };
        self.employers.insert(place.id.clone(), employer);
    }

    pub(super) fn judge_grant(&self, ask: &v1::GrantEmployerAccessRequest) -> Result<Verdict, No> {
        let employer = self.employers.get(&ask.employer_id).ok_or(not_found("EMPLOYER_NOT_FOUND"))?;
        let held = employer.grants.iter().find(|(grant, _)| *grant == grant_of(ask));
        Ok(held.map_or(Verdict::Taken { warned: false }, |&(_, position)| Verdict::Held { position, duplicate: true }))
    }

    pub(super) fn grant(&mut self, ask: &v1::GrantEmployerAccessRequest, place: &Place) {
        let employer = self.employers.get_mut(&ask.employer_id).expect("an employer");
        employer.grants.push((grant_of(ask), place.position));
    }

    /// Who the worker of a hire is: a member, nobody on record, or perhaps a member.
    fn worker(&self, ask: &v1::ReportHireRequest) -> Result<(v1::WorkerMatch, Option<&str>), No> {
        use v1::WorkerMatch::{Created, Matched, PendingReview};
        let details = match ask.worker.as_ref().expect("a worker") {
            Worker::MemberNumber(number) => {
                let number = (v1::IdentifierKind::MemberNumber.into(), number.clone());
                let member = self.holder(&number).ok_or(not_now("WORKER_UNKNOWN"))?;
                return Ok((Matched, Some(member)));
            }
            Worker::WorkerDetails(details) => details,
        };
        let number = details.identifier.as_ref().map(|number| (number.kind, number.value.clone()));
        let birth = details.birth_date.expect("a birth date");
        let name = details.latin_name.as_ref().expect("a name");
        if let Some(member) = self.holder(&number.expect("a number")) {
            let person = &self.people[member];
            if person.birth != (birth.year, birth.month, birth.day) || person.sex != details.sex {
                return Err(not_now("WORKER_CONFLICT"));
            }
            let certain = person.name == *name;
            return Ok(if certain { (Matched, Some(member)) } else { (PendingReview, None) });
        }
        let close =
            |person: &super::Person| person.name == *name && person.birth.0 == birth.year && person.sex == details.sex;
        Ok((if self.people.values().any(close) { PendingReview } else { Created }, None))
    }

    /// The employments that bear a number now.
    fn bearers<'a>(&'a self, employer: &'a str, number: &'a str) -> impl Iterator<Item = &'a Job> {
        self.jobs.iter().filter(move |job| job.employer == employer && job.number == number)
    }

    pub(super) fn judge_hire(&self, ask: &v1::ReportHireRequest, who: &'static str) -> Result<Verdict, No> {
        self.may_report(who, &ask.employer_id)?;
        let days = days_of(ask);
        if days.0 > self.today.plus(AHEAD_DAYS) {
            return Err(not_now("DAY_IN_FUTURE").at("first_day"));
        }
        if days.1.is_some_and(|last| last < days.0) {
            return Err(not_now("DAY_BEFORE_START").at("last_day"));
        }
        let reported = |job: &&Job| {
            job.employer == ask.employer_id
                && job.told.employment_number == ask.employment_number
                && job.told.first_day == ask.first_day
        };
        if let Some(same) = self.jobs.iter().filter(reported).find(|job| job.told == hire_of(ask)) {
            return Ok(Verdict::Held { position: same.position, duplicate: true });
        }
        let bears = |job: &&Job| job.number == ask.employment_number && !job.retracted;
        if self.jobs.iter().filter(reported).any(|job| bears(&job)) {
            return Err(exists("EMPLOYMENT_KEY_REUSED"));
        }
        if self.bearers(&ask.employer_id, &ask.employment_number).any(|job| !job.is_apart_from(days)) {
            return Err(not_now("EMPLOYMENT_ALREADY_OPEN"));
        }
        let (found, _) = self.worker(ask)?;
        Ok(Verdict::Taken { warned: found == v1::WorkerMatch::PendingReview })
    }

    pub(super) fn hire(&mut self, ask: &v1::ReportHireRequest, place: &Place) {
        let (found, member) = self.worker(ask).expect("a worker");
        let mut member = member.map(str::to_owned);
        if found == v1::WorkerMatch::Created {
            let Some(Worker::WorkerDetails(details)) = &ask.worker else { panic!("nobody is made of a number") };
            let told = v1::RegisterMemberRequest {
                latin_name: details.latin_name.clone(),
                sex: details.sex,
                birth_date: details.birth_date,
                identifiers: details.identifier.clone().into_iter().collect(),
                ..Default::default()
            };
            // The ledger gives the new member an id that the employer is not told.
            let id = format!("of employment {}", place.id);
            self.register(&told, &Place { id: id.clone(), ..place.clone() });
            member = Some(id);
        }
        let (from, until) = days_of(ask);
        let employment = EmploymentId(place.fact(0).0);
        if let Some(member) = &member {
            let fact = Fact::Hired { employment, sector: self.sector(&ask.employer_id), from, until };
            self.learn(member, place.fact(0), place.known, fact);
        }
        self.jobs.push(Job {
            id: place.id.clone(),
            employer: ask.employer_id.clone(),
            number: ask.employment_number.clone(),
            told: hire_of(ask),
            found,
            member,
            days: (from, until),
            retracted: false,
            law_id: employment,
            position: place.position,
            last: place.position,
            reported: place.position,
            bore: Vec::new(),
        });
    }

    fn sector(&self, employer: &str) -> Sector {
        let public = self.employers[employer].content.sector() == v1::Sector::Public;
        if public { Sector::Public } else { Sector::Private }
    }

    /// What a hire is said to have done.
    pub(super) fn shows_hire(
        &self,
        ask: &v1::ReportHireRequest,
        found: v1::WorkerMatch,
        effect: &v1::EmployerEffect,
    ) -> Result<(), String> {
        let job = self.jobs.last().expect("the hire that was taken in");
        let first_day = day_of(ask.first_day.as_ref());
        let (reinstated, benefits_from) = job.member.as_ref().map_or((false, None), |member| {
            let (timeline, known) = (self.timeline(member), self.known);
            let from = first_day_of_cover(&timeline, &self.law, Scheme::Formal, first_day, known);
            (has_lapsed(&timeline, &self.law, first_day, known), from)
        });
        let told = optional_day_of(effect.benefits_from.as_ref());
        let waits = job.member.is_none();
        if (found, effect.reinstated, told, effect.needs_attention) == (job.found, reinstated, benefits_from, waits) {
            return Ok(());
        }
        Err(format!("the hire is {:?} and {reinstated} {benefits_from:?}, and told as {found:?} {effect:?}", job.found))
    }

    /// The employment that a report names: without a first day the open one or, where none is, the one that began last;
    /// one that never was only where there is no other.
    fn named(&self, employer: &str, number: &str, first_day: Option<Day>) -> Result<&Job, No> {
        let meant = self.jobs.iter().filter(|job| job.employer == employer && job.number == number);
        let meant = meant.filter(|job| first_day.is_none_or(|first| first == job.days.0));
        let is_open = |job: &&Job| !job.retracted && job.member.is_some() && job.days.1.is_none();
        let rank = |job: &&Job| (!job.retracted, is_open(job), job.days.0);
        meant.max_by_key(rank).ok_or(not_found("EMPLOYMENT_NOT_FOUND"))
    }

    pub(super) fn judge_separation(&self, ask: &v1::ReportSeparationRequest, who: &'static str) -> Result<Verdict, No> {
        self.may_report(who, &ask.employer_id)?;
        let first_day = optional_day_of(ask.first_day.as_ref());
        let job = self.named(&ask.employer_id, &ask.employment_number, first_day)?;
        if job.retracted {
            return Err(not_found("EMPLOYMENT_NOT_FOUND"));
        }
        if job.member.is_none() {
            return Err(not_now("EMPLOYMENT_IN_REVIEW"));
        }
        let last_day = day_of(ask.last_day.as_ref());
        if last_day < job.days.0 {
            return Err(not_now("DAY_BEFORE_START").at("last_day"));
        }
        match job.days.1 {
            Some(ended) if ended == last_day => Ok(Verdict::Held { position: job.reported, duplicate: true }),
            Some(_) => Err(not_now("EMPLOYMENT_NOT_OPEN")),
            None => Ok(Verdict::Taken { warned: false }),
        }
    }

    /// The employment that a report names, to be changed.
    fn changed(&mut self, employer: &str, number: &str, first_day: Option<Day>, place: &Place) -> &mut Job {
        let law_id = self.named(employer, number, first_day).expect("an employment").law_id;
        let job = self.jobs.iter_mut().find(|job| job.law_id == law_id).expect("an employment");
        job.last = place.position;
        job
    }

    pub(super) fn separate(&mut self, ask: &v1::ReportSeparationRequest, place: &Place) {
        let first_day = optional_day_of(ask.first_day.as_ref());
        let job = self.changed(&ask.employer_id, &ask.employment_number, first_day, place);
        let last = day_of(ask.last_day.as_ref());
        job.days.1 = Some(last);
        job.reported = place.position;
        let (employment, member) = (job.law_id, job.member.clone().expect("a member"));
        self.learn(&member, place.fact(0), place.known, Fact::Separated { employment, last });
    }

    fn replaced<'a>(&self, job: &'a Job, replaces: Option<&v1::Position>) -> Result<&'a Job, No> {
        let stands = replaces.is_some_and(|position| position.number == job.last);
        if stands { Ok(job) } else { Err(no(Code::Aborted, "POSITION_STALE")) }
    }

    pub(super) fn judge_amendment(&self, ask: &v1::AmendEmploymentRequest, who: &'static str) -> Result<Verdict, No> {
        self.may_report(who, &ask.employer_id)?;
        let began_on = optional_day_of(ask.began_on.as_ref());
        let job = self.named(&ask.employer_id, &ask.employment_number, began_on)?;
        if job.member.is_none() {
            return Err(not_now("EMPLOYMENT_IN_REVIEW"));
        }
        if job.retracted {
            return Err(not_now("EMPLOYMENT_RETRACTED"));
        }
        let days = (day_of(ask.first_day.as_ref()), optional_day_of(ask.last_day.as_ref()));
        if days == job.days {
            return Ok(Verdict::Held { position: job.last, duplicate: true });
        }
        self.replaced(job, ask.replaces.as_ref())?;
        if days.0 > self.today.plus(AHEAD_DAYS) {
            return Err(not_now("DAY_IN_FUTURE").at("first_day"));
        }
        if days.1.is_some_and(|last| last < days.0) {
            return Err(not_now("DAY_BEFORE_START").at("last_day"));
        }
        let mut others = self.bearers(&ask.employer_id, &ask.employment_number);
        if others.any(|other| other.law_id != job.law_id && !other.is_apart_from(days)) {
            return Err(not_now("EMPLOYMENT_ALREADY_OPEN"));
        }
        Ok(Verdict::Taken { warned: false })
    }

    pub(super) fn amend(&mut self, ask: &v1::AmendEmploymentRequest, place: &Place) {
        let began_on = optional_day_of(ask.began_on.as_ref());
        let job = self.changed(&ask.employer_id, &ask.employment_number, began_on, place);
        let (was, employment) = (job.days, job.law_id);
        job.days = (day_of(ask.first_day.as_ref()), optional_day_of(ask.last_day.as_ref()));
        let (is, member) = (job.days, job.member.clone().expect("a member"));
        let from = (is.0 != was.0).then_some(is.0);
        // To open an end, the law must first be told it anew, and then that it never was.
        let opens = is.1.is_none() && was.1.is_some();
        let until = if opens { was.1 } else { is.1.filter(|_| is.1 != was.1) };
        self.learn(&member, place.fact(0), place.known, Fact::Amended { employment, from, until });
        if opens {
            self.learn(&member, place.fact(1), place.known, Fact::Retracted { fact: place.fact(0) });
        }
    }

    pub(super) fn judge_retraction(
        &self,
        ask: &v1::RetractEmploymentRequest,
        who: &'static str,
    ) -> Result<Verdict, No> {
        self.may_report(who, &ask.employer_id)?;
        let began_on = optional_day_of(ask.began_on.as_ref());
        let job = self.named(&ask.employer_id, &ask.employment_number, began_on)?;
        if job.member.is_none() {
            return Err(not_now("EMPLOYMENT_IN_REVIEW"));
        }
        if job.retracted {
            return Ok(Verdict::Held { position: job.last, duplicate: true });
        }
        self.replaced(job, ask.replaces.as_ref())?;
        Ok(Verdict::Taken { warned: false })
    }

    pub(super) fn retract(&mut self, ask: &v1::RetractEmploymentRequest, place: &Place) {
        let began_on = optional_day_of(ask.began_on.as_ref());
        let job = self.changed(&ask.employer_id, &ask.employment_number, began_on, place);
        job.retracted = true;
        // It never was, so that it is named by the day of its report.
        job.days = days_of(&job.told);
        let (employment, member) = (job.law_id, job.member.clone().expect("a member"));
        self.learn(&member, place.fact(0), place.known, Fact::EmploymentRetracted { employment });
    }

    pub(super) fn judge_rekey(&self, ask: &v1::RekeyEmploymentRequest, who: &'static str) -> Result<Verdict, No> {
        self.may_report(who, &ask.employer_id)?;
        let began_on = optional_day_of(ask.began_on.as_ref());
        let (employer, number, new) = (&ask.employer_id, &ask.employment_number, &ask.new_employment_number);
        let job = match self.named(employer, number, began_on) {
            Ok(job) => job,
            Err(no) => {
                let bears_new = self.bearers(employer, new);
                let done = bears_new.filter_map(|job| job.bore.last().filter(|(bore, _)| bore == number));
                let position = done.map(|(_, position)| *position).max().ok_or(no)?;
                return Ok(Verdict::Held { position, duplicate: true });
            }
        };
        if job.retracted {
            return Err(not_now("EMPLOYMENT_RETRACTED"));
        }
        let mut others = self.bearers(employer, new);
        if others.any(|other| other.law_id != job.law_id && !other.is_apart_from(job.held())) {
            return Err(not_now("EMPLOYMENT_ALREADY_OPEN"));
        }
        Ok(Verdict::Taken { warned: false })
    }

    pub(super) fn rekey(&mut self, ask: &v1::RekeyEmploymentRequest, place: &Place) {
        let began_on = optional_day_of(ask.began_on.as_ref());
        let job = self.changed(&ask.employer_id, &ask.employment_number, began_on, place);
        job.bore.push((job.number.clone(), place.position));
        job.number = ask.new_employment_number.clone();
    }

    pub(super) fn judge_no_payroll(&self, ask: &v1::ReportNoPayrollRequest, who: &'static str) -> Result<Verdict, No> {
        self.may_report(who, &ask.employer_id)?;
        if let Some(&position) = self.employers[&ask.employer_id].idle_months.get(&ask.month) {
            return Ok(Verdict::Held { position, duplicate: true });
        }
        if ask.month.parse::<Month>().expect("a month") > self.today.month() {
            return Err(not_now("DAY_IN_FUTURE").at("month"));
        }
        Ok(Verdict::Taken { warned: false })
    }

    pub(super) fn no_payroll(&mut self, ask: &v1::ReportNoPayrollRequest, place: &Place) {
        let employer = self.employers.get_mut(&ask.employer_id).expect("an employer");
        employer.idle_months.insert(ask.month.clone(), place.position);
    }
}
