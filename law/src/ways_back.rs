//! Ways back: which doors are open to somebody who is out, what they cost, and from when they bring cover.
//!
//! Each answer is a counterfactual: the same play with the facts of the door supposed. Absent: what a door does
//! (`doors`).

use crate::answer::{Door, DoorKind, Scheme};
use crate::calendar::{Day, Moment, Month};
use crate::doors::barred;
use crate::fact::{EmploymentId, Fact, Sector};
use crate::money::Riel;
use crate::play::{Play, Question, played};
use crate::policy::Law;
use crate::timeline::Timeline;

/// For how many months a new enrolment is supposed to be paid.
const MONTHS_PAID: i32 = 24;
/// How far ahead a first day of cover is looked for.
const YEARS: i32 = 10;

impl Play<'_> {
    /// The ways back that are open on the day, in the order of their kinds.
    pub(crate) fn doors(&self, timeline: &Timeline, law: &Law, known_at: Moment) -> Vec<Door> {
        let (day, machine, today) = (self.day, &self.at_day, self.today());
        if machine.dead(day) || machine.lapse.is_none() && !machine.suspended {
            return Vec::new();
        }
        let first_day = |scheme: Scheme, facts: Vec<Fact>| {
            let supposed = timeline.supposing(facts, known_at);
            played(&supposed, law, Question::of(day, known_at), |play| play.first_day_of(scheme))
        };
        let mut doors = Vec::new();
        let amnesty = today.revision.amnesty(day);
        if machine.lapse.is_some() && !machine.employed(day) {
            let employment = EmploymentId(i64::MAX);
            let hired = Fact::Hired { employment, sector: Sector::Private, from: day, until: None };
            let benefits_from = first_day(Scheme::Formal, vec![hired]);
            doors.push(Door { kind: DoorKind::FormalEmployment, price: None, benefits_from, open_until: None });
        }
        if let Some(price) = machine.price_of_any_return(today) {
            let paid = Fact::Payment { on: day, amount: machine.lacking_for(price, today), month: None };
            let benefits_from = first_day(Scheme::Voluntary, vec![paid]);
            let by_amnesty = amnesty.filter(|amnesty| machine.lapse.is_some() && amnesty.back_payment.is_some());
            let open_until = by_amnesty.map(|amnesty| amnesty.until);
            doors.push(Door { kind: DoorKind::BackPayment, price: Some(price), benefits_from, open_until });
        }
        if let Some(lapse) = machine.lapse.filter(|_| machine.refuses_enrolment(today).is_none()) {
            let benefits_from = first_day(Scheme::Voluntary, self.enrolment_that_is_paid());
            let entry = today.revision.entry.as_ref();
            let shut_otherwise = barred(today.revision.bar, lapse, day)
                || entry.is_some_and(|entry| machine.entry_not_met(today, entry).is_some());
            let by_amnesty = amnesty.filter(|_| shut_otherwise).map(|amnesty| amnesty.until);
            let open_until = by_amnesty.or_else(|| machine.entry_closes(today));
            doors.push(Door { kind: DoorKind::ReEnrolment, price: None, benefits_from, open_until });
        }
        if machine.lapse.is_some() && today.revision.social_assistance {
            let kind = DoorKind::SocialAssistance;
            doors.push(Door { kind, price: None, benefits_from: None, open_until: None });
        }
        doors
    }

    /// An enrolment on the day and a payment of each month from the first owed one on, as soon as it begins.
    fn enrolment_that_is_paid(&self) -> Vec<Fact> {
        let (day, book) = (self.day, self.at_day.book);
        let month = book.month_of(day);
        let first = if book.due(month) < day { month.plus(1) } else { month };
        let pay = |month: Month| {
            let on = month.first_day().max(day);
            let amount: Riel = book.on(on).contribution;
            Fact::Payment { on, amount, month: Some(month) }
        };
        let paid = (0..MONTHS_PAID).map(|number| pay(first.plus(number)));
        std::iter::once(Fact::Enrolled { on: day }).chain(paid).collect()
    }

    /// The first day, from the day asked about on, on which a scheme covers if nothing more is recorded.
    fn first_day_of(&self, scheme: Scheme) -> Option<Day> {
        if self.at_day.state.covers.has(scheme) {
            return Some(self.day);
        }
        let from = self.ahead(|ahead| ahead.cover_from(scheme).is_some()).cover_from(scheme)?;
        (from.month() <= self.day.month().plus(12 * YEARS)).then_some(from)
    }
}

#[cfg(test)]
mod tests;
