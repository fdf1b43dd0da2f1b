//! Members: registration, records, enrolment, deaths, excuses and what is taken back.

use std::collections::BTreeSet;

use krama::proto::v1;
use krama_law::answer::EnrolmentRefusal;
use krama_law::calendar::Month;
use krama_law::decision::refusal_of_enrolment;
use krama_law::fact::{Fact, FactId, MemberId, Recorded};
use tonic::Code;

use crate::refusal::{No, denied, exists, no, not_now};
use crate::workload::command::Command;
use crate::workload::model::household::Stay;
use crate::workload::model::{Model, Paid, Place, Verdict, day_of, not_found, optional_day_of, role_of};
use crate::world::id_in;

/// A person on record.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    /// The version of the record; none until it was read.
    pub(crate) etag: Option<String>,
    /// The numbers, each as its kind and value.
    pub(crate) numbers: BTreeSet<(i32, String)>,
    pub(crate) name: v1::PersonName,
    pub(crate) sex: i32,
    pub(crate) birth: (i32, i32, i32),
    /// By what facts of others name the person.
    pub(crate) law_id: MemberId,
    /// The households that stand.
    pub(crate) stays: Vec<Stay>,
    /// Whether the life says the day of birth.
    pub(crate) birth_is_fact: bool,
    pub(crate) facts: Vec<Recorded>,
    /// Facts that have no other correction than to be taken back.
    pub(crate) entered: Vec<Entered>,
}

/// A death, an excuse, the service of a notice, or what was decided about a lapse.
#[derive(Clone, Debug)]
pub(crate) struct Entered {
    /// Its id on the wire.
    pub(crate) id: String,
    fact: FactId,
    position: i64,
    said: Fact,
    recorder: String,
    /// The position at which it was taken back.
    retracted: Option<i64>,
}

impl Entered {
    fn is_death(&self) -> bool {
        matches!(self.said, Fact::Died { .. })
    }
}

pub(crate) fn numbers(identifiers: &[v1::Identifier]) -> BTreeSet<(i32, String)> {
    identifiers.iter().map(|identifier| (identifier.kind, identifier.value.clone())).collect()
}

impl Model {
    /// The member with a number.
    pub(crate) fn holder(&self, number: &(i32, String)) -> Option<&str> {
        let held = self.people.iter().find(|(_, person)| person.numbers.contains(number));
        held.map(|(id, _)| id.as_str())
    }

    fn must_be_known(&self, member: &str) -> Result<&Person, No> {
        self.people.get(member).ok_or(not_found("MEMBER_NOT_FOUND"))
    }

    pub(super) fn judge_registration(&self, ask: &v1::RegisterMemberRequest) -> Result<Verdict, No> {
        if numbers(&ask.identifiers).iter().any(|number| self.holder(number).is_some()) {
            return Err(exists("IDENTIFIER_IN_USE"));
        }
        Ok(Verdict::Taken { warned: false })
    }

    pub(super) fn register(&mut self, ask: &v1::RegisterMemberRequest, place: &Place) {
        let birth = ask.birth_date.expect("a birth date");
        self.people.insert(
            place.id.clone(),
            Person {
                etag: None,
                numbers: numbers(&ask.identifiers),
                name: ask.latin_name.clone().expect("a name"),
                sex: ask.sex,
                birth: (birth.year, birth.month, birth.day),
                law_id: MemberId(place.position),
                stays: Vec::new(),
                birth_is_fact: false,
                facts: Vec::new(),
                entered: Vec::new(),
            },
        );
    }

    pub(super) fn judge_update(&self, ask: &v1::UpdateMemberRequest) -> Result<Verdict, No> {
        let person = self.must_be_known(&ask.member_id)?;
        if person.etag.as_ref() != Some(&ask.etag) {
            return Err(no(Code::Aborted, "ETAG_STALE"));
        }
        let taken = |number: &(i32, String)| self.holder(number).is_some_and(|holder| holder != ask.member_id);
        if numbers(&ask.more_identifiers).iter().any(taken) {
            return Err(exists("IDENTIFIER_IN_USE"));
        }
        Ok(Verdict::Taken { warned: false })
    }

    pub(super) fn update(&mut self, ask: &v1::UpdateMemberRequest, place: &Place) {
        let person = self.people.get_mut(&ask.member_id).expect("a member on record");
        person.etag = Some(place.id.clone());
        person.numbers.extend(numbers(&ask.more_identifiers));
    }

    pub(super) fn judge_enrolment(&self, ask: &v1::EnrollMemberRequest, place: &Place) -> Result<Verdict, No> {
        self.must_be_known(&ask.member_id)?;
        let on = optional_day_of(ask.on.as_ref()).unwrap_or(self.today);
        if on > self.today {
            return Err(not_now("DAY_IN_FUTURE").at("on"));
        }
        if on < self.today && ask.reason.is_empty() {
            return Err(not_now("DAY_TOO_OLD").at("on"));
        }
        match refusal_of_enrolment(&self.timeline(&ask.member_id), &self.law, on, place.known) {
            Some(EnrolmentRefusal::Deceased) => Err(not_now("DECEASED")),
            Some(EnrolmentRefusal::FormallyEmployed) => Err(not_now("FORMALLY_EMPLOYED")),
            Some(EnrolmentRefusal::VoluntaryAbandoned) => Err(not_now("VOLUNTARY_ABANDONED")),
            Some(EnrolmentRefusal::AlreadyEnrolled) => Err(not_now("ALREADY_ENROLLED")),
            Some(EnrolmentRefusal::InsuredTooShort) => Err(not_now("INSURED_TOO_SHORT")),
            Some(EnrolmentRefusal::EntryClosed) => Err(not_now("ENTRY_CLOSED")),
            None => Ok(Verdict::Taken { warned: false }),
        }
    }

    pub(super) fn enroll(&mut self, ask: &v1::EnrollMemberRequest, place: &Place) {
        let on = optional_day_of(ask.on.as_ref()).unwrap_or(self.today);
        self.learn(&ask.member_id, place.fact(0), place.known, Fact::Enrolled { on });
    }

    pub(super) fn judge_death(&self, ask: &v1::ReportDeathRequest) -> Result<Verdict, No> {
        let person = self.must_be_known(&ask.member_id)?;
        let on = day_of(ask.on.as_ref());
        let stands = person.entered.iter().find(|entered| entered.is_death() && entered.retracted.is_none());
        if let Some(stands) = stands.filter(|stands| stands.said == Fact::Died { on }) {
            return Ok(Verdict::Held { position: stands.position, duplicate: true });
        }
        // Whatever other day it is.
        if stands.is_some() {
            return Err(not_now("DECEASED"));
        }
        if on > self.today {
            return Err(not_now("DAY_IN_FUTURE").at("on"));
        }
        Ok(Verdict::Taken { warned: false })
    }

    pub(super) fn die(&mut self, ask: &v1::ReportDeathRequest, who: &str, place: &Place) {
        self.enter(&ask.member_id, who, place, Fact::Died { on: day_of(ask.on.as_ref()) });
    }

    /// Learns a fact whose id is told, so that it can be taken back.
    pub(super) fn enter(&mut self, member: &str, who: &str, place: &Place, said: Fact) {
        self.learn(member, place.fact(0), place.known, said.clone());
        let entered = Entered {
            id: place.id.clone(),
            fact: place.fact(0),
            position: place.position,
            said,
            recorder: id_in(who).to_owned(),
            retracted: None,
        };
        self.people.get_mut(member).expect("a member on record").entered.push(entered);
    }

    pub(super) fn judge_excuse(&self, ask: &v1::ExcuseMonthsRequest, who: &'static str) -> Result<Verdict, No> {
        let person = self.must_be_known(&ask.member_id)?;
        let (from, to) = months(ask);
        if to.0 - from.0 < ALONE && ask.prepared_id.is_empty() {
            return Ok(Verdict::Taken { warned: false });
        }
        let turn = self.turn(&Command::Excuse(ask.clone()), who)?;
        let Some(prepared) = turn else { return Ok(Verdict::Taken { warned: true }) };
        // What stands of these months since they were prepared is what was to be done.
        let same = |entered: &&Entered| entered.said == Fact::Excused { from, to };
        let since = person.entered.iter().filter(|entered| entered.position > prepared.place.position);
        let since: Vec<&Entered> = since.filter(same).collect();
        if let Some(stands) = since.iter().find(|entered| entered.retracted.is_none()) {
            return Ok(Verdict::Held { position: stands.position, duplicate: true });
        }
        if since.is_empty() { Ok(Verdict::Taken { warned: false }) } else { Err(not_found("PREPARATION_NOT_FOUND")) }
    }

    pub(super) fn excuse(&mut self, ask: &v1::ExcuseMonthsRequest, who: &str, place: &Place) {
        let (from, to) = months(ask);
        let alone = to.0 - from.0 < ALONE;
        if alone || self.takes_turn(&Command::Excuse(ask.clone()), who, place) {
            self.enter(&ask.member_id, who, place, Fact::Excused { from, to });
        }
    }

    pub(super) fn judge_fact_retraction(&self, ask: &v1::RetractFactRequest, who: &'static str) -> Result<Verdict, No> {
        let person = self.must_be_known(&ask.member_id)?;
        let Some(entered) = person.entered.iter().find(|entered| entered.id == ask.fact_id) else {
            let payment = self.payments.get(&ask.fact_id).and_then(Paid::member);
            let job = self.jobs.iter().find(|job| job.id == ask.fact_id).and_then(|job| job.member.as_deref());
            let own = payment.or(job).is_some_and(|member| member == ask.member_id);
            return Err(if own { not_now("FACT_NOT_RETRACTABLE") } else { not_found("FACT_NOT_FOUND") });
        };
        if let Some(position) = entered.retracted {
            return Ok(Verdict::Held { position, duplicate: true });
        }
        let second = role_of(who) == "SUPERVISOR" && entered.recorder != id_in(who);
        if entered.is_death() && !second {
            return Err(denied("SECOND_PERSON_REQUIRED"));
        }
        Ok(Verdict::Taken { warned: false })
    }

    pub(super) fn retract_fact(&mut self, ask: &v1::RetractFactRequest, place: &Place) {
        let person = self.people.get_mut(&ask.member_id).expect("a member on record");
        let entered = person.entered.iter_mut().find(|entered| entered.id == ask.fact_id).expect("a fact");
        entered.retracted = Some(place.position);
        let fact = Fact::Retracted { fact: entered.fact };
        self.learn(&ask.member_id, place.fact(0), place.known, fact);
    }
}

/// How many months one person excuses alone.
const ALONE: i32 = 6;

fn months(ask: &v1::ExcuseMonthsRequest) -> (Month, Month) {
    (ask.from_month.parse().expect("a month"), ask.to_month.parse().expect("a month"))
}
