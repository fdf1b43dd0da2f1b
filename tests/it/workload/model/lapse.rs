//! What takes two people, lapses that two of them decide about, and notices: their service and what became of them.

use krama::proto::v1;
use krama_law::answer::Standing;
use krama_law::decision::decide;
use krama_law::fact::Fact;

use crate::refusal::{No, denied, not_now};
use crate::say::date;
use crate::workload::command::Command;
use crate::workload::model::{Model, Place, Verdict, day_of, not_found, optional_day_of, role_of};
use crate::world::id_in;

/// An act that one person prepared, for another to do.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    /// What was asked, but for the request id.
    pub(crate) content: Command,
    /// Who prepared it, and where that stands.
    pub(crate) by: String,
    pub(super) place: Place,
    /// Where it was done.
    pub(super) done: Option<i64>,
}

impl Prepared {
    pub(crate) fn position(&self) -> i64 {
        self.place.position
    }

    pub(crate) fn is_done(&self) -> bool {
        self.done.is_some()
    }
}

/// What was asked, and under which id it was prepared.
fn as_prepared(command: &Command) -> (Command, String) {
    let mut content = command.content();
    let id = content.prepared_id().map(std::mem::take).expect("an act of two people");
    (content, id)
}

impl Model {
    /// The preparation that an act names, if the same was prepared word for word.
    pub(super) fn prepared_for(&self, command: &Command) -> Option<&Prepared> {
        let (content, id) = as_prepared(command);
        self.prepared.get(&id).filter(|prepared| prepared.content == content)
    }

    /// Whose turn it is: the first person's, of whom nothing is prepared, or the second's.
    pub(super) fn turn(&self, command: &Command, who: &'static str) -> Result<Option<&Prepared>, No> {
        if as_prepared(command).1.is_empty() {
            return Ok(None);
        }
        let prepared = self.prepared_for(command).ok_or(not_found("PREPARATION_NOT_FOUND"))?;
        if role_of(who) != "SUPERVISOR" || prepared.by == id_in(who) {
            return Err(denied("SECOND_PERSON_REQUIRED"));
        }
        Ok(Some(prepared))
    }

    /// Notes whose turn it was. Answers whether the act is done.
    pub(super) fn takes_turn(&mut self, command: &Command, who: &str, place: &Place) -> bool {
        let (content, id) = as_prepared(command);
        if id.is_empty() {
            let prepared = Prepared { content, by: id_in(who).to_owned(), place: place.clone(), done: None };
            self.prepared.insert(place.id.clone(), prepared);
            return false;
        }
        self.prepared.get_mut(&id).expect("something prepared").done = Some(place.position);
        self.count(format!("{} done by a second person", command.rpc()));
        true
    }

    /// The members whose lapse waits for a person now.
    pub(crate) fn pending(&self) -> Vec<String> {
        let known = self.next_known();
        let stands = |member: &&String| decide(&self.timeline(member), &self.law, self.today, known).standing;
        let people = self.people.keys().filter(|id| !id.contains(' '));
        people.filter(|member| stands(member) == Standing::LapsePending).cloned().collect()
    }

    pub(super) fn judge_lapse(
        &self,
        member: &str,
        command: &Command,
        who: &'static str,
        place: &Place,
    ) -> Result<Verdict, No> {
        self.people.get(member).ok_or(not_found("MEMBER_NOT_FOUND"))?;
        let answer = decide(&self.timeline(member), &self.law, self.today, place.known);
        if answer.standing != Standing::LapsePending {
            return Err(not_now("LAPSE_NOT_PENDING"));
        }
        let Some(prepared) = self.turn(command, who)? else { return Ok(Verdict::Taken { warned: true }) };
        // It was prepared about the lapse that waited then.
        if answer.since.is_some_and(|since| prepared.place.known.day() < since) {
            return Err(not_found("PREPARATION_NOT_FOUND"));
        }
        Ok(Verdict::Taken { warned: false })
    }

    pub(super) fn decide_lapse(&mut self, member: &str, fact: Fact, command: &Command, who: &str, place: &Place) {
        if self.takes_turn(command, who, place) {
            self.enter(member, who, place, fact);
        }
    }

    pub(super) fn judge_service(&self, ask: &v1::ServeNoticeRequest) -> Result<Verdict, No> {
        self.people.get(&ask.member_id).ok_or(not_found("MEMBER_NOT_FOUND"))?;
        if !ask.notice_id.is_empty() && self.notices.get(&ask.notice_id) != Some(&ask.member_id) {
            return Err(not_found("NOTICE_NOT_FOUND"));
        }
        if day_of(ask.on.as_ref()) > self.today {
            return Err(not_now("DAY_IN_FUTURE").at("on"));
        }
        Ok(Verdict::Taken { warned: false })
    }

    pub(super) fn serve(&mut self, ask: &v1::ServeNoticeRequest, who: &str, place: &Place) {
        self.enter(&ask.member_id, who, place, Fact::NoticeServed { on: day_of(ask.on.as_ref()) });
    }

    pub(super) fn judge_delivery(&self, ask: &v1::RecordNoticeDeliveryRequest) -> Result<Verdict, No> {
        self.notices.get(&ask.notice_id).ok_or(not_found("NOTICE_NOT_FOUND"))?;
        if optional_day_of(ask.on.as_ref()).is_some_and(|on| on > self.today) {
            return Err(not_now("DAY_IN_FUTURE").at("on"));
        }
        Ok(Verdict::Taken { warned: false })
    }

    pub(super) fn deliver(&mut self, ask: &v1::RecordNoticeDeliveryRequest, place: &Place) {
        let on = optional_day_of(ask.on.as_ref()).unwrap_or(self.today);
        let delivery = v1::NoticeDelivery {
            notice_id: ask.notice_id.clone(),
            state: ask.state,
            channel: ask.channel,
            on: Some(date(&on.to_string())),
        };
        self.deliveries.push((place.position, delivery));
    }
}
