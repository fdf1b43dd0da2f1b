//! The model: what the contract says of every write, held in memory and asked one command at a time.
//!
//! It is written from the contract; where that leaves a choice (the sums of a refund, ids) it follows the service. Where a
//! member stands, and where money lies, is asked of the law with the model's own list of facts. Absent: order; the model
//! is told in which order the service decided, and holds every answer against that.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use krama::proto::google_type::Date;
use krama::proto::v1;
use krama_law::calendar::{Day, Moment};
use krama_law::fact::{Fact, FactId, MemberId, Recorded};
use krama_law::policy::Law;
use krama_law::timeline::Timeline;
use tonic::Code;

use crate::book::{ACCEPTED, REFUSED, REHEARSED, REPEATED};
use crate::refusal::{No, denied, exists, not_now};
use crate::workload::command::{Command, Effect, Told};
use crate::workload::model::form::{allowed, makes_an_id, malformed};
use crate::world::id_in;

mod form;
mod household;
mod lapse;
mod law;
mod money;
mod people;
mod work;

pub(crate) use lapse::Prepared;
pub(crate) use law::Proposed;
pub(crate) use money::Paid;
pub(crate) use people::Person;
pub(crate) use work::{Employer, Job};

/// What the contract says of a command.
#[derive(Clone, Debug)]
pub(crate) enum Verdict {
    /// It is recorded, with or without a warning.
    Taken { warned: bool },
    /// It was recorded before, at a position; under this request id or under another.
    Held { position: i64, duplicate: bool },
    /// It is refused.
    No(No),
}

/// Where a command stands that was taken.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) position: i64,
    pub(crate) known: Moment,
    /// The id by which later calls name what was recorded.
    pub(crate) id: String,
}

impl Place {
    /// The id of a fact of this command.
    pub(crate) fn fact(&self, ordinal: i64) -> FactId {
        FactId(self.position * 16 + ordinal)
    }
}

/// A command as the audit tells of it: by whom, with what answer, in which order.
#[derive(Clone, Debug)]
pub(crate) struct Attempt<'a> {
    pub(crate) who: &'static str,
    pub(crate) command: &'a Command,
    pub(crate) told: &'a Told,
    /// The call that carried it, where that is one for many.
    pub(crate) through: Option<&'static str>,
    /// How the audit says that it ended, why it was refused, and the position that it took.
    pub(crate) audited: (i16, String, Option<i64>),
}

/// How a command was answered that was taken.
#[derive(Clone, Debug)]
struct First {
    rpc: &'static str,
    role: &'static str,
    told: Told,
}

/// Everything that was recorded.
#[derive(Clone)]
pub(crate) struct Model {
    pub(crate) law: Law,
    pub(crate) today: Day,
    /// The last position, and when it was known.
    pub(crate) position: i64,
    pub(crate) known: Moment,
    bound: HashMap<(String, String), (Command, i64)>,
    first: HashMap<i64, First>,
    pub(crate) people: BTreeMap<String, Person>,
    pub(crate) employers: BTreeMap<String, Employer>,
    pub(crate) jobs: Vec<Job>,
    pub(crate) payments: BTreeMap<String, Paid>,
    /// What one person prepared, by its id.
    pub(crate) prepared: BTreeMap<String, Prepared>,
    pub(crate) proposals: Vec<Proposed>,
    /// The names of the readings that are published.
    pub(crate) readings: BTreeSet<String>,
    /// The notices that the feed told, and whom each warns.
    pub(crate) notices: BTreeMap<String, String>,
    /// What became of them, each at its position.
    pub(crate) deliveries: Vec<(i64, v1::NoticeDelivery)>,
    pub(crate) tally: BTreeMap<String, u64>,
}

/// The role in `ROLE/id`.
pub(crate) fn role_of(who: &'static str) -> &'static str {
    who.split_once('/').expect("a role").0
}

/// A day that a well-formed request tells.
pub(crate) fn day_of(date: Option<&Date>) -> Day {
    let date = date.expect("a day");
    let part = |number: i32| u8::try_from(number).expect("a small number");
    Day::of(date.year, part(date.month), part(date.day)).expect("a day of the calendar")
}

pub(crate) fn optional_day_of(date: Option<&Date>) -> Option<Day> {
    date.map(|date| day_of(Some(date)))
}

impl Model {
    pub(crate) fn new(law: Law, readings: BTreeSet<String>, today: Day) -> Model {
        Model {
            law,
            today,
            position: 0,
            known: Moment::start_of(today),
            bound: HashMap::new(),
            first: HashMap::new(),
            people: BTreeMap::new(),
            employers: BTreeMap::new(),
            jobs: Vec::new(),
            payments: BTreeMap::new(),
            prepared: BTreeMap::new(),
            proposals: Vec::new(),
            readings,
            notices: BTreeMap::new(),
            deliveries: Vec::new(),
            tally: BTreeMap::new(),
        }
    }

    /// Holds an answer against the contract, and takes in what was recorded.
    pub(crate) fn step(&mut self, attempt: &Attempt<'_>) -> Result<(), String> {
        let verdict = self.verdict(attempt);
        self.meets(&verdict, attempt)?;
        let rehearsal = *attempt.command.clone().validate_only();
        if let Verdict::Taken { .. } = verdict
            && !rehearsal
        {
            let told = attempt.told;
            let position = self.position + 1;
            let known = told.known.ok_or("what is recorded has a known time")?;
            self.take(attempt, &Place { position, known, id: told.id.clone() });
            self.first
                .insert(position, First { rpc: attempt.command.rpc(), role: role_of(attempt.who), told: told.clone() });
            self.shows(attempt)?;
        }
        Ok(())
    }

    /// The same for commands of which all are taken or none.
    pub(crate) fn step_together(&mut self, attempts: &[Attempt<'_>]) -> Result<(), String> {
        let mut supposed = self.clone();
        let mut verdicts = Vec::new();
        for attempt in attempts {
            let verdict = supposed.verdict(attempt);
            if let Verdict::Taken { .. } = verdict {
                let place = supposed.next(attempt.told);
                supposed.take(attempt, &place);
            }
            verdicts.push(verdict);
        }
        if !verdicts.iter().any(|verdict| matches!(verdict, Verdict::No(_))) {
            return attempts.iter().try_for_each(|attempt| self.step(attempt));
        }
        for (verdict, attempt) in verdicts.into_iter().zip(attempts) {
            let undone = match verdict {
                Verdict::Taken { .. } => true,
                // It repeats something that was only to be recorded by another record.
                Verdict::Held { position, .. } => position > self.position,
                Verdict::No(_) => false,
            };
            let verdict = if undone { Verdict::No(not_now("BATCH_REJECTED")) } else { verdict };
            self.meets(&verdict, attempt)?;
        }
        Ok(())
    }

    /// The place that a command takes next; where nothing was told, because it is only supposed, a likely one.
    fn next(&self, told: &Told) -> Place {
        let known = told.known.unwrap_or(self.next_known());
        let position = self.position + 1;
        let id = if told.id.is_empty() { format!("supposed-{position}") } else { told.id.clone() };
        Place { position, known, id }
    }

    /// An instant of today after everything that is known.
    fn next_known(&self) -> Moment {
        Moment(self.known.max(Moment::start_of(self.today)).0 + 1)
    }

    /// What the contract says of a command now.
    pub(crate) fn verdict(&self, attempt: &Attempt<'_>) -> Verdict {
        let (who, command) = (attempt.who, attempt.command);
        if !allowed(command).contains(&role_of(who)) {
            return Verdict::No(denied("ROLE_NOT_ALLOWED"));
        }
        if let Some(no) = malformed(command, attempt.through.is_some()) {
            return Verdict::No(no);
        }
        let key = (id_in(who).to_owned(), command.clone().request_id().clone());
        if let Some((content, position)) = self.bound.get(&key) {
            if *content != command.content() {
                return Verdict::No(exists("REQUEST_ID_REUSED"));
            }
            return Verdict::Held { position: *position, duplicate: false };
        }
        let place = self.next(attempt.told);
        let judged = match command {
            Command::Register(ask) => self.judge_registration(ask),
            Command::Enroll(ask) => self.judge_enrolment(ask, &place),
            Command::Update(ask) => self.judge_update(ask),
            Command::Die(ask) => self.judge_death(ask),
            Command::Excuse(ask) => self.judge_excuse(ask, who),
            Command::RetractFact(ask) => self.judge_fact_retraction(ask, who),
            Command::Settle(ask) => self.judge_household(ask),
            Command::Serve(ask) => self.judge_service(ask),
            Command::Deliver(ask) => self.judge_delivery(ask),
            Command::Confirm(ask) => self.judge_lapse(&ask.member_id, command, who, &place),
            Command::Waive(ask) => self.judge_lapse(&ask.member_id, command, who, &place),
            Command::Propose(ask) => self.judge_proposal(ask),
            Command::Approve(ask) => self.judge_approval(ask, who),
            Command::Withdraw(ask) => self.judge_withdrawal(ask),
            Command::Pay(ask) => self.judge_payment(ask, who, &place),
            Command::Reverse(ask) => self.judge_reversal(ask, who),
            Command::Assign(ask) => self.judge_assignment(ask),
            Command::Refund(ask) => self.judge_refund(ask, who, &place),
            Command::Found(ask) => self.judge_employer(ask),
            Command::Grant(ask) => self.judge_grant(ask),
            Command::Hire(ask) => self.judge_hire(ask, who),
            Command::Separate(ask) => self.judge_separation(ask, who),
            Command::Amend(ask) => self.judge_amendment(ask, who),
            Command::Retract(ask) => self.judge_retraction(ask, who),
            Command::Rekey(ask) => self.judge_rekey(ask, who),
            Command::NoPayroll(ask) => self.judge_no_payroll(ask, who),
        };
        judged.unwrap_or_else(Verdict::No)
    }

    /// Takes in a command that was taken.
    fn take(&mut self, attempt: &Attempt<'_>, place: &Place) {
        let (who, command) = (attempt.who, attempt.command);
        self.position = place.position;
        self.known = place.known;
        let key = (id_in(who).to_owned(), command.clone().request_id().clone());
        self.bound.insert(key, (command.content(), place.position));
        self.count(format!("{} taken", command.rpc()));
        if let Some(rpc) = attempt.through {
            self.count(format!("{rpc} taken"));
        }
        match command {
            Command::Register(ask) => self.register(ask, place),
            Command::Enroll(ask) => self.enroll(ask, place),
            Command::Update(ask) => self.update(ask, place),
            Command::Die(ask) => self.die(ask, who, place),
            Command::Excuse(ask) => self.excuse(ask, who, place),
            Command::RetractFact(ask) => self.retract_fact(ask, place),
            Command::Settle(ask) => self.settle(ask, place),
            Command::Serve(ask) => self.serve(ask, who, place),
            Command::Deliver(ask) => self.deliver(ask, place),
            Command::Confirm(ask) => {
                let fact = Fact::LapseConfirmed { on: self.today };
                self.decide_lapse(&ask.member_id, fact, command, who, place);
            }
            Command::Waive(ask) => {
                let fact = Fact::LapseWaived { on: self.today };
                self.decide_lapse(&ask.member_id, fact, command, who, place);
            }
            Command::Propose(ask) => self.propose(ask, who, place, &attempt.told.effect),
            Command::Approve(ask) => self.approve(ask, place),
            Command::Withdraw(ask) => self.withdraw(ask),
            Command::Pay(ask) => self.pay(ask, who, place),
            Command::Reverse(ask) => self.reverse(ask, place),
            Command::Assign(ask) => self.assign(ask, who, place),
            Command::Refund(ask) => self.refund(ask, who, place),
            Command::Found(ask) => self.found(ask, place),
            Command::Grant(ask) => self.grant(ask, place),
            Command::Hire(ask) => self.hire(ask, place),
            Command::Separate(ask) => self.separate(ask, place),
            Command::Amend(ask) => self.amend(ask, place),
            Command::Retract(ask) => self.retract(ask, place),
            Command::Rekey(ask) => self.rekey(ask, place),
            Command::NoPayroll(ask) => self.no_payroll(ask, place),
        }
    }

    /// Holds an answer and its audit entry against what the contract says.
    fn meets(&mut self, verdict: &Verdict, attempt: &Attempt<'_>) -> Result<(), String> {
        let (command, told) = (attempt.command, attempt.told);
        let rehearsal = *command.clone().validate_only();
        let expected = |what: &str| Err(format!("{what}; the contract says {verdict:?}, the caller was told {told:?}"));
        let mut warned = told.outcome == v1::Outcome::AcceptedWithWarning;
        let (outcome, position, audited) = match verdict {
            Verdict::No(no) => {
                self.count(no.reason().to_owned());
                // What anybody could be told says nothing of the call.
                if !matches!(no.reason(), "ROLE_NOT_ALLOWED" | "FIELD_REQUIRED" | "FIELD_INVALID") {
                    let calls = [Some(command.rpc()), attempt.through];
                    calls.into_iter().flatten().for_each(|rpc| self.count(format!("{rpc} refused")));
                }
                let Some((code, reason, field)) = &told.refusal else { return expected("it is not refused") };
                if !no.is(*code, reason, field.as_deref()) {
                    return expected("it is refused for another reason");
                }
                (v1::Outcome::Rejected, None, REFUSED)
            }
            Verdict::Taken { warned } => {
                let outcome = if *warned { v1::Outcome::AcceptedWithWarning } else { v1::Outcome::Accepted };
                let position = (!rehearsal).then_some(self.position + 1);
                if !rehearsal && told.known <= Some(self.known) {
                    return expected("known time does not rise");
                }
                (outcome, position, if rehearsal { REHEARSED } else { ACCEPTED })
            }
            Verdict::Held { position, duplicate } => {
                self.count(if *duplicate { "duplicate" } else { "repeated" }.to_owned());
                let first = &self.first[position];
                // A duplicate of what waits is noted as waiting, too.
                warned |= first.told.outcome == v1::Outcome::AcceptedWithWarning;
                let same_view = first.rpc == command.rpc() && first.role == role_of(attempt.who);
                if same_view && !rehearsal && told.body != first.told.body {
                    return expected(&format!("it is not answered as at first: {:?}", first.told));
                }
                let outcome = if *duplicate { v1::Outcome::Duplicate } else { first.told.outcome };
                (outcome, (!rehearsal).then_some(*position), REPEATED)
            }
        };
        if told.outcome != outcome || told.position != position {
            return expected(&format!("expected {outcome:?} at {position:?}"));
        }
        if rehearsal && (told.known.is_some() || (makes_an_id(command) && !told.id.is_empty())) {
            return expected("a rehearsal has no known time and makes no id");
        }
        let reason = told.refusal.as_ref().map_or("", |(_, reason, _)| reason);
        let warning = if warned { "ACCEPTED_WITH_WARNING" } else { "" };
        let (ended, why, at) = &attempt.audited;
        if (*ended, *at) != (audited, position) || (why != reason && why != warning) {
            return expected(&format!("the audit says {:?}", attempt.audited));
        }
        Ok(())
    }

    fn count(&mut self, what: String) {
        *self.tally.entry(what).or_default() += 1;
    }

    /// Holds what a caller learnt against the law, after the command was taken in.
    fn shows(&self, attempt: &Attempt<'_>) -> Result<(), String> {
        match (&attempt.told.effect, attempt.command) {
            (Effect::Money(warning, effect), Command::Pay(_)) => {
                self.shows_receipt(&attempt.told.id, *warning, effect, role_of(attempt.who))
            }
            (Effect::Work(found, effect), Command::Hire(ask)) => self.shows_hire(ask, *found, effect),
            (Effect::Text(document, digest), Command::Propose(_)) => self.shows_proposal(document, digest),
            (Effect::Begins(day), Command::Approve(ask)) => self.shows_approval(ask, *day),
            _ => Ok(()),
        }
    }

    /// A member's facts as the law reads them, with those of the heads of the member's households.
    pub(crate) fn timeline(&self, member: &str) -> Timeline {
        let facts = &self.people[member].facts;
        let head = |recorded: &Recorded| {
            if let Fact::Household { head, .. } = recorded.fact { Some(head) } else { None }
        };
        let heads: BTreeSet<MemberId> = facts.iter().filter_map(head).collect();
        let own = |person: &&Person| heads.contains(&person.law_id);
        let heads = self.people.values().filter(own);
        let heads = heads.map(|person| (person.law_id, Timeline::new(person.facts.clone()))).collect();
        Timeline::new(facts.clone()).with_heads(heads)
    }

    fn learn(&mut self, member: &str, id: FactId, known: Moment, fact: Fact) {
        let person = self.people.get_mut(member).expect("a member on record");
        person.facts.push(Recorded { id, known, fact });
    }
}

/// A refusal by a code that has no helper of its own.
pub(crate) fn not_found(reason: &'static str) -> No {
    crate::refusal::no(Code::NotFound, reason)
}
