//! Money: payments, what became of them, and what the one who took them is told.

use krama::proto::google_type::Date;
use krama::proto::v1;
use krama::proto::v1::record_payment_request::Payer;
use krama_law::calendar::{Day, Moment, Month};
use krama_law::decision::{Explanation, MonthState, explain};
use krama_law::fact::{Fact, FactId};
use krama_law::purse::{Place as Lies, SuspenseReason};

use crate::refusal::{No, denied, exists, not_now};
use crate::workload::command::Command;
use crate::workload::model::{Model, Place, Verdict, day_of, not_found, role_of};
use crate::world::id_in;

/// How many days old a collector's value date may be.
const BACKDATE_DAYS: i32 = 92;

/// A payment that was taken.
#[derive(Clone, Debug)]
pub(crate) struct Paid {
    /// What was told, but for the request id.
    pub(crate) content: v1::RecordPaymentRequest,
    position: i64,
    fact: FactId,
    /// Whose it was when it was taken.
    payer: Option<String>,
    /// Why it waits for an officer, or waited.
    pub(crate) waits: Option<v1::SuspenseReason>,
    /// To whom an officer put it, who that was, and where it stands.
    assigned: Option<(String, String, i64)>,
    reversed: Option<(Day, i32, i64)>,
    pub(crate) refunded: i64,
}

impl Paid {
    /// Whose it is.
    pub(crate) fn member(&self) -> Option<&str> {
        let assigned = self.assigned.as_ref().map(|(member, ..)| member.as_str());
        assigned.or(self.payer.as_deref().filter(|_| self.waits.is_none()))
    }

    /// Whether an officer may still put it to somebody, and what was not paid back of it with it.
    pub(crate) fn is_waiting(&self) -> bool {
        let left = self.refunded < self.content.amount_riel;
        self.waits.is_some() && self.assigned.is_none() && self.reversed.is_none() && left
    }

    /// Whether it waits as money that was meant for a member.
    pub(crate) fn waits_for(&self, member: &str) -> bool {
        self.assigned.is_none() && self.waits.is_some() && self.payer.as_deref() == Some(member)
    }

    /// A member turned out to have another id.
    pub(crate) fn rename(&mut self, from: &str, to: &str) {
        let assigned = self.assigned.iter_mut().map(|(member, ..)| member);
        assigned.chain(&mut self.payer).filter(|member| *member == from).for_each(|member| to.clone_into(member));
    }

    pub(crate) fn reversed_on(&self) -> Option<Day> {
        self.reversed.map(|(on, ..)| on)
    }

    fn key(&self) -> (&str, Option<&Date>, &str, i32) {
        key(&self.content)
    }
}

fn key(ask: &v1::RecordPaymentRequest) -> (&str, Option<&Date>, &str, i32) {
    (&ask.institution, ask.business_date.as_ref(), &ask.reference, ask.line)
}

fn content(ask: &v1::RecordPaymentRequest) -> v1::RecordPaymentRequest {
    v1::RecordPaymentRequest { request_id: String::new(), validate_only: false, ..ask.clone() }
}

fn fact_of(ask: &v1::RecordPaymentRequest) -> Fact {
    let month = ask.month.as_ref().map(|month| month.parse::<Month>().expect("a month"));
    Fact::Payment { on: day_of(ask.value_date.as_ref()), amount: ask.amount_riel, month }
}

/// Why the law keeps a payment in suspense, or a part of it.
fn suspended(explanation: &Explanation, fact: FactId) -> Option<SuspenseReason> {
    let own = explanation.placements.iter().filter(|placement| placement.payments.contains(&fact));
    own.filter_map(|placement| if let Lies::Suspense(reason) = placement.place { Some(reason) } else { None })
        .next_back()
}

/// A reason of the law, as the fund's staff is told it.
fn disclosed(reason: SuspenseReason) -> v1::SuspenseReason {
    match reason {
        SuspenseReason::NotEnrolled => v1::SuspenseReason::NotEnrolled,
        SuspenseReason::Abandoned => v1::SuspenseReason::Abandoned,
        SuspenseReason::Deceased => v1::SuspenseReason::Deceased,
    }
}

impl Model {
    /// Why something of a payment stands in suspense, and how much, if anything does.
    pub(crate) fn in_suspense(&self, paid: &Paid) -> Option<(v1::SuspenseReason, i64)> {
        if paid.is_waiting() {
            return paid.waits.map(|reason| (reason, paid.content.amount_riel - paid.refunded));
        }
        let explanation = explain(&self.timeline(paid.member()?), &self.law, self.today, self.next_known());
        let reason = suspended(&explanation, paid.fact)?;
        let parts = explanation.placements.iter().filter(|placement| placement.payments.contains(&paid.fact));
        let parts = parts.filter(|placement| matches!(placement.place, Lies::Suspense(_)));
        Some((disclosed(reason), parts.map(|part| part.amount).sum()))
    }

    fn payer(&self, ask: &v1::RecordPaymentRequest) -> Option<&str> {
        match ask.payer.as_ref().expect("a payer") {
            Payer::MemberId(id) => self.people.get_key_value(id).map(|(id, _)| id.as_str()),
            Payer::Identifier(number) => self.holder(&(number.kind, number.value.clone())),
            Payer::PayerText(_) => None,
        }
    }

    /// Why a payment waits for an officer when it is taken now, if it does.
    fn waits(&self, ask: &v1::RecordPaymentRequest, who: &'static str) -> Option<v1::SuspenseReason> {
        let oldest = self.today.plus(-BACKDATE_DAYS);
        let too_old = role_of(who) == "COLLECTOR" && day_of(ask.value_date.as_ref()) < oldest;
        match self.payer(ask) {
            None => Some(v1::SuspenseReason::UnknownPayer),
            Some(_) if too_old => Some(v1::SuspenseReason::BackdatedTooFar),
            Some(_) => None,
        }
    }

    pub(super) fn judge_payment(
        &self,
        ask: &v1::RecordPaymentRequest,
        who: &'static str,
        place: &Place,
    ) -> Result<Verdict, No> {
        if role_of(who) == "COLLECTOR" && ask.institution != id_in(who) {
            return Err(denied("INSTITUTION_NOT_OWN"));
        }
        if let Some(held) = self.payments.values().find(|paid| paid.key() == key(ask)) {
            if held.content != content(ask) {
                return Err(exists("PAYMENT_KEY_REUSED"));
            }
            return Ok(Verdict::Held { position: held.position, duplicate: true });
        }
        for (field, date) in [("value_date", &ask.value_date), ("business_date", &ask.business_date)] {
            if day_of(date.as_ref()) > self.today {
                return Err(not_now("DAY_IN_FUTURE").at(field));
            }
        }
        if self.waits(ask, who).is_some() {
            return Ok(Verdict::Taken { warned: true });
        }
        let payer = self.payer(ask).expect("somebody pays").to_owned();
        let mut supposed = self.clone_of(&payer);
        supposed.learn(&payer, place.fact(0), place.known, fact_of(ask));
        let explanation = explain(&supposed.timeline(&payer), &self.law, self.today, place.known);
        Ok(Verdict::Taken { warned: suspended(&explanation, place.fact(0)).is_some() })
    }

    /// A model of one person alone, to suppose something in.
    fn clone_of(&self, member: &str) -> Model {
        let mut alone = Model::new(self.law.clone(), self.readings.clone(), self.today);
        alone.people.insert(member.to_owned(), self.people[member].clone());
        alone
    }

    pub(super) fn pay(&mut self, ask: &v1::RecordPaymentRequest, who: &'static str, place: &Place) {
        let paid = Paid {
            content: content(ask),
            position: place.position,
            fact: place.fact(0),
            payer: self.payer(ask).map(str::to_owned),
            waits: self.waits(ask, who),
            assigned: None,
            reversed: None,
            refunded: 0,
        };
        if let Some(member) = paid.member().map(str::to_owned) {
            self.learn(&member, place.fact(0), place.known, fact_of(ask));
        }
        self.payments.insert(place.id.clone(), paid);
    }

    /// What the receipt of a payment says.
    pub(super) fn shows_receipt(
        &self,
        id: &str,
        warning: v1::SuspenseReason,
        effect: &v1::CollectorEffect,
        role: &str,
    ) -> Result<(), String> {
        let paid = &self.payments[id];
        let differs = |what: &str| Err(format!("the receipt tells another {what}: {warning:?} {effect:?}"));
        let Some(member) = paid.member() else {
            return if paid.waits == Some(warning) { Ok(()) } else { differs("reason why the money waits") };
        };
        let timeline = self.timeline(member);
        let now = explain(&timeline, &self.law, self.today, self.known);
        if let Some(reason) = suspended(&now, paid.fact) {
            let reason = if role == "COLLECTOR" { v1::SuspenseReason::NotDisclosed } else { disclosed(reason) };
            return if warning == reason { Ok(()) } else { differs("reason why the money waits") };
        }
        if warning != v1::SuspenseReason::Unspecified {
            return differs("reason, where there is none");
        }
        let safe = effect.last_safe_day.as_ref().map(|date| day_of(Some(date)));
        if safe != now.answer.last_safe_day {
            return differs("last safe day");
        }
        // Which payment completed a month is plain where none was handed over later.
        let value = day_of(paid.content.value_date.as_ref());
        let later = |other: &Paid| other.member() == Some(member) && day_of(other.content.value_date.as_ref()) > value;
        if !self.payments.values().any(later) {
            let before = Moment(self.known.0 - 1);
            let was = explain(&timeline, &self.law, self.today, before);
            let paid_in = |explanation: &Explanation, month| {
                explanation.months.iter().any(|line| line.month == month && line.state == MonthState::Paid)
            };
            let lines = now.months.iter().filter(|line| line.payments.contains(&paid.fact));
            let completed = lines.map(|line| line.month).filter(|&month| paid_in(&now, month) && !paid_in(&was, month));
            if !completed.map(|month| month.to_string()).eq(effect.months_paid.iter().cloned()) {
                return differs("list of months");
            }
        }
        Ok(())
    }

    pub(super) fn judge_reversal(&self, ask: &v1::ReversePaymentRequest, who: &'static str) -> Result<Verdict, No> {
        let own = |paid: &&Paid| role_of(who) != "COLLECTOR" || paid.content.institution == id_in(who);
        let paid = self.payments.get(&ask.payment_id).filter(own).ok_or(not_found("PAYMENT_NOT_FOUND"))?;
        let on = day_of(ask.on.as_ref());
        if let Some((day, reason, position)) = paid.reversed {
            if (day, reason) != (on, ask.reason) {
                return Err(not_now("PAYMENT_REVERSED"));
            }
            return Ok(Verdict::Held { position, duplicate: true });
        }
        if on > self.today {
            return Err(not_now("DAY_IN_FUTURE").at("on"));
        }
        if on < day_of(paid.content.value_date.as_ref()) {
            return Err(not_now("DAY_BEFORE_START").at("on"));
        }
        Ok(Verdict::Taken { warned: false })
    }

    pub(super) fn reverse(&mut self, ask: &v1::ReversePaymentRequest, place: &Place) {
        let on = day_of(ask.on.as_ref());
        let paid = self.payments.get_mut(&ask.payment_id).expect("a payment");
        paid.reversed = Some((on, ask.reason, place.position));
        let (payment, member) = (paid.fact, paid.member().map(str::to_owned));
        if let Some(member) = member {
            self.learn(&member, place.fact(0), place.known, Fact::Reversed { payment, on });
        }
    }

    pub(super) fn judge_assignment(&self, ask: &v1::AssignPaymentRequest) -> Result<Verdict, No> {
        let paid = self.payments.get(&ask.payment_id).ok_or(not_found("PAYMENT_NOT_FOUND"))?;
        if !self.people.contains_key(&ask.member_id) {
            return Err(not_found("MEMBER_NOT_FOUND"));
        }
        match &paid.assigned {
            Some((member, _, position)) if *member == ask.member_id => {
                Ok(Verdict::Held { position: *position, duplicate: true })
            }
            _ if paid.is_waiting() => Ok(Verdict::Taken { warned: false }),
            _ => Err(not_now("PAYMENT_NOT_WAITING")),
        }
    }

    pub(super) fn assign(&mut self, ask: &v1::AssignPaymentRequest, who: &str, place: &Place) {
        let paid = self.payments.get_mut(&ask.payment_id).expect("a payment");
        paid.assigned = Some((ask.member_id.clone(), id_in(who).to_owned(), place.position));
        // What was paid back before it was anybody's is not the member's.
        let left = paid.content.amount_riel - paid.refunded;
        let told = v1::RecordPaymentRequest { amount_riel: left, ..paid.content.clone() };
        let (fact, told) = (paid.fact, fact_of(&told));
        self.learn(&ask.member_id, fact, place.known, told);
    }

    pub(super) fn judge_refund(
        &self,
        ask: &v1::RecordRefundRequest,
        who: &'static str,
        place: &Place,
    ) -> Result<Verdict, No> {
        let paid = self.payments.get(&ask.payment_id).ok_or(not_found("PAYMENT_NOT_FOUND"))?;
        let command = Command::Refund(ask.clone());
        let done = self.prepared_for(&command).and_then(|prepared| prepared.done);
        if let Some(position) = done {
            return Ok(Verdict::Held { position, duplicate: true });
        }
        if paid.reversed.is_some() {
            return Err(not_now("PAYMENT_REVERSED"));
        }
        let refundable = match paid.member() {
            None => paid.content.amount_riel - paid.refunded,
            Some(member) => {
                let told = explain(&self.timeline(member), &self.law, self.today, place.known);
                let own = told.placements.iter().filter(|placement| placement.payments == [paid.fact]);
                let free = own.filter(|part| matches!(part.place, Lies::Credit | Lies::Suspense(_) | Lies::Pot));
                free.map(|part| part.amount).sum()
            }
        };
        if ask.amount_riel > refundable {
            return Err(not_now("AMOUNT_ABOVE_REFUNDABLE").at("amount_riel"));
        }
        let prepared = self.turn(&command, who)?;
        if let Some((_, by, at)) = &paid.assigned {
            if by == id_in(who) {
                return Err(denied("SECOND_PERSON_REQUIRED"));
            }
            if prepared.is_some_and(|prepared| prepared.place.position < *at) {
                return Err(not_found("PREPARATION_NOT_FOUND"));
            }
        }
        Ok(Verdict::Taken { warned: prepared.is_none() })
    }

    pub(super) fn refund(&mut self, ask: &v1::RecordRefundRequest, who: &str, place: &Place) {
        if !self.takes_turn(&Command::Refund(ask.clone()), who, place) {
            return;
        }
        let (amount, on) = (ask.amount_riel, self.today);
        let paid = self.payments.get_mut(&ask.payment_id).expect("a payment");
        paid.refunded += amount;
        let (payment, member) = (paid.fact, paid.member().map(str::to_owned));
        if let Some(member) = member {
            self.learn(&member, place.fact(0), place.known, Fact::Refunded { payment, amount, on });
        }
    }
}
