//! The plan: what callers say in a round, drawn from a seed and from what is on record.
//!
//! Most of it is plausible, much of it collides with what others say, and some of it is wrong on purpose. Absent: what
//! should come of it; that is the model's.

mod lapse;
mod law;
mod wrong;

use std::collections::HashMap;

use krama::proto::google_type::Date;
use krama::proto::v1;
use krama::proto::v1::record_payment_request::Payer;
use krama::proto::v1::report_hire_request::Worker;
use krama_law::calendar::Day;

use crate::crash::Chance;
use crate::say::{
    MONTH, assignment, date, death, employer, enrolment, grant, hire, identifier, member_number, name, national_id,
    no_payroll, payment, registration, rekey, retracted, reversal, separation, worker,
};
use crate::workload::command::{Call, Carrier, Command};
use crate::workload::model::{Model, role_of};
use crate::workload::plan::law::approval_of;
use crate::world::id_in;

/// People there are, known and unknown.
const PEOPLE: u64 = 30;
/// Enterprises there are.
const ENTERPRISES: u64 = 4;
/// Who may be granted access.
const PROVIDERS: [&str; 2] = ["sovann-payroll", "mekong-payroll"];
/// Numbers that an employer gives.
const NUMBERS: u64 = 8;

/// What each caller has said before.
pub(crate) type History = HashMap<&'static str, Vec<Command>>;

/// Draws what is said.
pub(crate) struct Planner<'a> {
    pub(crate) model: &'a Model,
    pub(crate) chance: &'a mut Chance,
    pub(crate) history: &'a mut History,
    /// Whose lapse waits for a person.
    pub(crate) pending: Vec<String>,
}

impl Planner<'_> {
    fn one_in(&mut self, bound: u64) -> bool {
        self.chance.below(bound) == 0
    }

    fn number(&mut self, bound: u64) -> u32 {
        u32::try_from(self.chance.below(bound)).expect("a small number")
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        let bound = u64::try_from(from.len()).expect("a number");
        (bound > 0).then(|| from[usize::try_from(self.chance.below(bound)).expect("an index")].clone())
    }

    fn uuid(&mut self) -> String {
        uuid::Uuid::from_u64_pair(self.chance.below(u64::MAX), self.chance.below(u64::MAX)).to_string()
    }

    /// A day up to so many days ago; now and then one that lies ahead.
    fn day(&mut self, back: u64) -> Day {
        if self.one_in(25) {
            return self.model.today.plus(1);
        }
        self.model.today.plus(-i32::try_from(self.chance.below(back + 1)).expect("a small number"))
    }

    fn text(&mut self, back: u64) -> String {
        self.day(back).to_string()
    }

    fn member(&mut self) -> String {
        let all: Vec<String> = self.model.people.keys().filter(|id| !id.contains(' ')).cloned().collect();
        // Members of whom much is known already are rare otherwise.
        let few = all.len().min(8);
        let from = if self.one_in(2) { &all[..few] } else { &all[..] };
        let nobody = "0000000000022".to_owned();
        if self.one_in(30) { nobody } else { self.pick(from).unwrap_or(nobody) }
    }

    fn employer(&mut self) -> String {
        let all: Vec<String> = self.model.employers.keys().cloned().collect();
        self.pick(&all).filter(|_| !self.one_in(30)).unwrap_or_else(|| "0000000000022".to_owned())
    }

    fn payment_id(&mut self, wanted: impl Fn(&super::model::Paid) -> bool) -> String {
        let all: Vec<String> =
            self.model.payments.iter().filter(|(_, paid)| wanted(paid)).map(|(id, _)| id.clone()).collect();
        let recent = all.len().saturating_sub(12);
        let nobody = "0000000000033".to_owned();
        if self.one_in(30) { nobody } else { self.pick(&all[recent..]).unwrap_or(nobody) }
    }

    fn employment_number(&mut self) -> String {
        format!("W-{}", self.chance.below(NUMBERS))
    }

    /// What a caller says in a round.
    pub(crate) fn calls(&mut self, who: &'static str) -> Vec<Call> {
        let most = match role_of(who) {
            // The fund's staff have the most different things to say.
            "OFFICER" | "SUPERVISOR" => 9,
            "SERVICE" if !self.model.notices.is_empty() => 4,
            _ if matches!(id_in(who), "nobodys-payroll" | "calmette" | "notices") => 1,
            _ => 5,
        };
        (0..=self.chance.below(most)).map(|_| self.call(who)).collect()
    }

    /// What is said before anybody else can do much: an officer tells of employers and people, and what the law should
    /// be; then a supervisor makes it the law, and the officer says who may speak for whom and who enrols.
    pub(crate) fn opening(&mut self, who: &'static str) -> Vec<Call> {
        let mut commands = Vec::new();
        if role_of(who) == "SUPERVISOR" {
            commands.extend(self.model.proposals.iter().map(approval_of));
        } else if self.model.employers.is_empty() {
            commands.push(Command::Propose(self.founding()));
            commands.extend((0..ENTERPRISES).map(|number| Command::Found(employer(&format!("E-{number}")))));
            let known = (1..=12).map(|number| v1::RegisterMemberRequest { khmer_name: None, ..registration(number) });
            commands.extend(known.map(Command::Register));
        } else {
            for employer in self.model.employers.keys() {
                for provider in PROVIDERS {
                    let told = grant(employer, &self.model.today.to_string(), None);
                    let provider_id = provider.to_owned();
                    commands.push(Command::Grant(v1::GrantEmployerAccessRequest { provider_id, ..told }));
                }
            }
            // Many owe the month before, so that a lapse waits soon.
            let enrolled = |(days, member): (i32, &String)| {
                let on = Some(date(&self.model.today.plus(-days).to_string()));
                let reason = "the form came late".to_owned();
                Command::Enroll(v1::EnrollMemberRequest { on, reason, ..enrolment(member) })
            };
            commands.extend((0..27).step_by(3).zip(self.model.people.keys()).map(enrolled));
        }
        for command in &mut commands {
            *command.request_id() = self.uuid();
        }
        commands.into_iter().map(Call::alone).collect()
    }

    fn call(&mut self, who: &'static str) -> Call {
        let batched = matches!(role_of(who), "COLLECTOR" | "PAYROLL") && self.one_in(5);
        if !batched {
            return Call::alone(self.command(who));
        }
        let many = 2 + self.chance.below(7);
        let in_batch = |command: &Command| match role_of(who) {
            "COLLECTOR" => matches!(command, Command::Pay(_)),
            _ => command.clone().transition().is_some(),
        };
        let mut commands = Vec::new();
        while commands.len() < usize::try_from(many).expect("a small number") {
            commands.extend(Some(self.command(who)).filter(in_batch));
        }
        let on_failure = if self.one_in(3) { v1::FailureMode::AllOrNone } else { v1::FailureMode::Continue };
        let result_mode = v1::ResultMode::All.into();
        let options = v1::BatchOptions {
            batch_id: self.uuid(),
            result_mode,
            on_failure: on_failure.into(),
            preview_token: String::new(),
        };
        let carrier = if self.one_in(2) { Carrier::Stream(options) } else { Carrier::Batch(options) };
        Call { commands, carrier }
    }

    /// A command: a new one, or one that was sent before, sent again or changed.
    fn command(&mut self, who: &'static str) -> Command {
        let before = self.history.get(who).cloned().unwrap_or_default();
        let recent = before[before.len().saturating_sub(30)..].to_vec();
        let mut command = match (self.chance.below(20), self.pick(&recent)) {
            (0..2, Some(again)) => again,
            (2, Some(mut again)) => {
                *again.request_id() = self.uuid();
                again
            }
            (3, Some(mut again)) => {
                self.alter(&mut again);
                again
            }
            (4, _) => {
                let mut rehearsal = self.fresh(who);
                *rehearsal.validate_only() = true;
                rehearsal
            }
            (5, _) => {
                let mut spoilt = self.fresh(who);
                self.spoil(&mut spoilt);
                spoilt
            }
            _ => self.fresh(who),
        };
        // A rehearsal that is sent again may become earnest.
        if self.one_in(4) {
            *command.validate_only() = false;
        }
        self.history.entry(who).or_default().push(command.clone());
        command
    }

    fn fresh(&mut self, who: &'static str) -> Command {
        let mut command = match (role_of(who), self.chance.below(120)) {
            ("COLLECTOR", 0..96) => self.payment(who),
            ("COLLECTOR", 96..116) | ("OFFICER", 53..57) => self.reversal(),
            ("PAYROLL", 0..54) | ("OFFICER", 57..63) => self.hire(),
            ("PAYROLL", 54..84) | ("OFFICER", 63..67) => self.separation(),
            ("PAYROLL", 84..96) | ("OFFICER", 67..71) => self.amendment(),
            ("PAYROLL", 96..105) | ("OFFICER", 71..74) => self.retraction(),
            ("PAYROLL", 105..112) | ("OFFICER", 74..77) => self.rekey(),
            ("PAYROLL", 112..117) | ("OFFICER", 77..80) => self.no_payroll(),
            ("SUPERVISOR", 0..24) | ("OFFICER", 89..92) => self.refund(who),
            ("SUPERVISOR", 24..44) | ("OFFICER", 99..103) => self.confirmation(who),
            ("SUPERVISOR", 44..60) | ("OFFICER", 103..107) => self.waiver(who),
            ("SUPERVISOR", 60..73) | ("OFFICER", 80..83) => self.fact_retraction(),
            ("SUPERVISOR", 73..88) | ("OFFICER", 83..87) => self.excuse(who),
            ("SUPERVISOR", 88..93) | ("OFFICER", 87..89) => self.death(),
            ("SUPERVISOR", 93..99) | ("OFFICER", 107..112) => self.proposal(),
            ("SUPERVISOR", 99..112) => self.approval(),
            ("SUPERVISOR", 112..117) | ("OFFICER", 112..116) => self.withdrawal(),
            ("OFFICER", 0..10) => self.registration(),
            ("OFFICER", 10..20) => self.enrolment(),
            ("OFFICER", 20..27) => self.update(),
            ("OFFICER", 27..32) => self.employer_of(),
            ("OFFICER", 32..38) => self.grant(),
            ("OFFICER", 38..46) => self.household(),
            ("OFFICER", 46..53) => self.service(),
            ("OFFICER", 92..99) => self.assignment(),
            ("OFFICER", 116..120) | ("SERVICE", 0..116) => self.delivery(),
            // Whoever it is, it is not theirs to ask.
            (_, part) if part % 3 == 0 => self.registration(),
            (_, part) if part % 3 == 1 => self.approval(),
            _ => self.refund(who),
        };
        *command.request_id() = self.uuid();
        command
    }

    fn registration(&mut self) -> Command {
        let number = 1 + self.number(PEOPLE);
        Command::Register(v1::RegisterMemberRequest { khmer_name: None, ..registration(number) })
    }

    fn enrolment(&mut self) -> Command {
        let on = self.one_in(3).then(|| date(&self.text(60)));
        let reason = if self.one_in(3) { String::new() } else { "the form came late".to_owned() };
        Command::Enroll(v1::EnrollMemberRequest { on, reason, ..enrolment(&self.member()) })
    }

    fn update(&mut self) -> Command {
        let member = self.member();
        let Some(person) = self.model.people.get(&member) else { return self.enrolment() };
        let told = registration(1);
        let more = self.one_in(3).then(|| national_id(100 + self.number(40)));
        let (year, month, day) = person.birth;
        Command::Update(v1::UpdateMemberRequest {
            member_id: member,
            etag: person.etag.clone().filter(|_| !self.one_in(4)).unwrap_or_else(|| "none".to_owned()),
            latin_name: Some(person.name.clone()),
            sex: person.sex,
            birth_date: Some(Date { year, month, day }),
            more_identifiers: more.into_iter().collect(),
            phone: format!("+855 12 {:06}", self.number(999_999)),
            commune_code: told.commune_code,
            ..Default::default()
        })
    }

    fn death(&mut self) -> Command {
        // Few die.
        let member = self.model.people.keys().filter(|id| !id.contains(' ')).nth(1).cloned();
        let member = match self.chance.below(4) {
            0 => "0000000000022".to_owned(),
            1 => self.member(),
            _ => member.unwrap_or_else(|| self.member()),
        };
        Command::Die(death(&member, &self.text(20)))
    }

    fn fact_retraction(&mut self) -> Command {
        let entered: Vec<(String, String)> = self
            .model
            .people
            .iter()
            .flat_map(|(id, person)| person.entered.iter().map(|entered| (id.clone(), entered.id.clone())))
            .collect();
        let paid = self.payment_id(|paid| paid.member().is_some());
        let member = self.model.payments.get(&paid).and_then(|paid| paid.member()).unwrap_or_default().to_owned();
        let (member, fact) = match self.pick(&entered) {
            Some(found) if !self.one_in(5) => found,
            _ if member.is_empty() => (self.member(), paid),
            _ => (member, paid),
        };
        let member = if self.one_in(10) { self.member() } else { member };
        Command::RetractFact(retracted(&member, &fact))
    }

    fn household(&mut self) -> Command {
        let from = self.day(200);
        let until = self.one_in(2).then(|| date(&from.plus(self.days_on() * 3).to_string()));
        let head_member_id = match self.chance.below(4) {
            0 => String::new(),
            1 => "0000000000022".to_owned(),
            _ => self.member(),
        };
        let relation = if self.one_in(2) { v1::HouseholdRelation::Spouse } else { v1::HouseholdRelation::Child };
        Command::Settle(v1::SetHouseholdRequest {
            member_id: self.member(),
            head_member_id,
            relation: relation.into(),
            disabled: self.one_in(3),
            registered_marriage: self.one_in(2),
            from_day: Some(date(&from.to_string())),
            until_day: until,
            ..Default::default()
        })
    }

    /// Somebody who pays: mostly one of a few, so that others fall behind.
    fn payer(&mut self) -> String {
        let few: Vec<String> = self.model.people.keys().filter(|id| !id.contains(' ')).take(4).cloned().collect();
        self.pick(&few).filter(|_| !self.one_in(4)).unwrap_or_else(|| self.member())
    }

    fn payment(&mut self, who: &'static str) -> Command {
        let member = self.payer();
        let payer = match self.chance.below(12) {
            0 => Payer::PayerText("ម៉ាលី".to_owned()),
            1 | 2 => Payer::Identifier(national_id(1 + self.number(PEOPLE))),
            _ => Payer::MemberId(member),
        };
        let today = self.model.today.to_string();
        let months = i64::from(1 + self.number(4));
        let amount_riel = if self.one_in(6) { 1 + i64::from(self.number(40_000)) } else { MONTH * months };
        let month = self.one_in(8).then(|| self.day(60).month().to_string());
        let business_date = Some(date(&if self.one_in(4) { self.text(3) } else { today.clone() }));
        let back = if self.one_in(12) {
            130
        } else if self.one_in(3) {
            40
        } else {
            2
        };
        Command::Pay(v1::RecordPaymentRequest {
            institution: if self.one_in(30) { "other-bank".to_owned() } else { id_in(who).to_owned() },
            business_date,
            reference: format!("R-{}", self.chance.below(60)),
            line: i32::try_from(self.chance.below(2)).expect("a small number"),
            value_date: Some(date(&self.text(back))),
            amount_riel,
            month,
            payer: Some(payer),
            ..payment("", &today)
        })
    }

    fn reversal(&mut self) -> Command {
        let paid = self.payment_id(|_| true);
        let on = self.text(10);
        Command::Reverse(reversal(&paid, &on))
    }

    fn assignment(&mut self) -> Command {
        let waits = !self.one_in(5);
        let paid = self.payment_id(|paid| !waits || paid.is_waiting());
        Command::Assign(assignment(&paid, &self.member()))
    }

    fn employer_of(&mut self) -> Command {
        let told = employer(&format!("E-{}", self.chance.below(ENTERPRISES)));
        let latin_name = if self.one_in(2) { "Another Thread".to_owned() } else { told.latin_name.clone() };
        Command::Found(v1::RegisterEmployerRequest { latin_name, ..told })
    }

    fn grant(&mut self) -> Command {
        let until = self.one_in(4).then(|| self.model.today.plus(30).to_string());
        let employer = if self.one_in(2) { self.member() } else { self.employer() };
        let told = grant(&employer, &self.text(90), until.as_deref());
        let provider_id = self.pick(&PROVIDERS).expect("a provider").to_owned();
        Command::Grant(v1::GrantEmployerAccessRequest { provider_id, ..told })
    }

    fn hire(&mut self) -> Command {
        let number = 1 + self.number(PEOPLE);
        let days = if self.one_in(6) { -i32::try_from(self.chance.below(33)).expect("a small number") } else { 0 };
        let first_day = self.day(45).plus(-days);
        let told = hire(&self.employer(), &self.employment_number(), &first_day.to_string(), number);
        let last_day = self.one_in(4).then(|| date(&first_day.plus(self.days_on()).to_string()));
        let known = v1::WorkerDetails { khmer_name: None, ..worker(number) };
        let details = match self.chance.below(24) {
            0 => v1::WorkerDetails { birth_date: Some(date("1987-04-16")), ..known },
            1 => v1::WorkerDetails { latin_name: Some(name("Keo", "Dara")), ..known },
            2 => {
                let passport = identifier(v1::IdentifierKind::Passport, &format!("N{number:07}"));
                v1::WorkerDetails { identifier: Some(passport), ..known }
            }
            _ => known,
        };
        let worker =
            if self.one_in(3) { Worker::MemberNumber(member_number(number)) } else { Worker::WorkerDetails(details) };
        Command::Hire(v1::ReportHireRequest { last_day, worker: Some(worker), ..told })
    }

    /// How long after a day another one lies; now and then before it.
    fn days_on(&mut self) -> i32 {
        i32::try_from(self.chance.below(40)).expect("a small number") - 2
    }

    /// A number that an employer gave, or another one.
    fn job(&mut self) -> (String, String, Option<Day>, v1::Position) {
        let jobs: Vec<_> = self
            .model
            .jobs
            .iter()
            .map(|job| (job.employer.clone(), job.number.clone(), job.days.0, job.last))
            .collect();
        let recent = jobs.len().saturating_sub(16);
        let unknown = (self.employer(), self.employment_number(), self.model.today, 1);
        let (employer, number, first_day, last) = self.pick(&jobs[recent..]).unwrap_or(unknown);
        let number = if self.one_in(12) { self.employment_number() } else { number };
        let first_day = self.one_in(3).then_some(first_day);
        let last = if self.one_in(8) { last - 1 } else { last };
        (employer, number, first_day, v1::Position { epoch: String::new(), number: last })
    }

    fn separation(&mut self) -> Command {
        let (employer, number, first_day, _) = self.job();
        let last_day = self.day(30).plus(self.days_on() / 4);
        let told = separation(&employer, &number, &last_day.to_string());
        let first_day = first_day.map(|day| date(&day.to_string()));
        Command::Separate(v1::ReportSeparationRequest { first_day, ..told })
    }

    fn amendment(&mut self) -> Command {
        let (employer_id, employment_number, began_on, replaces) = self.job();
        let first_day = self.day(60);
        let last_day = self.one_in(2).then(|| date(&first_day.plus(self.days_on()).to_string()));
        Command::Amend(v1::AmendEmploymentRequest {
            employer_id,
            employment_number,
            began_on: began_on.map(|day| date(&day.to_string())),
            replaces: Some(replaces),
            first_day: Some(date(&first_day.to_string())),
            last_day,
            ..Default::default()
        })
    }

    fn retraction(&mut self) -> Command {
        let (employer_id, employment_number, began_on, replaces) = self.job();
        Command::Retract(v1::RetractEmploymentRequest {
            employer_id,
            employment_number,
            began_on: began_on.map(|day| date(&day.to_string())),
            replaces: Some(replaces),
            ..Default::default()
        })
    }

    fn rekey(&mut self) -> Command {
        let (employer, number, began_on, _) = self.job();
        let told = rekey(&employer, &number, &self.employment_number());
        let began_on = began_on.map(|day| date(&day.to_string()));
        Command::Rekey(v1::RekeyEmploymentRequest { began_on, ..told })
    }

    fn no_payroll(&mut self) -> Command {
        let month = self.day(90).plus(if self.one_in(4) { 40 } else { 0 }).month();
        Command::NoPayroll(no_payroll(&self.employer(), &month.to_string()))
    }
}
