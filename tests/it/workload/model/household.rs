//! Households: who belongs to whom, from when until when.

use krama::proto::v1;
use krama_law::calendar::Day;
use krama_law::fact::{Fact, FactId, Relation};

use crate::refusal::{No, not_now};
use crate::workload::model::{Model, Place, Verdict, day_of, not_found, optional_day_of};

/// Households that one command may take back.
const TAKEN_BACK_MOST: usize = 12;

/// A household that stands, and the fact that says so.
#[derive(Clone, Debug)]
pub(crate) struct Stay {
    fact: FactId,
    said: Fact,
    days: (Day, Option<Day>),
}

impl Stay {
    fn meets(&self, (from, until): (Day, Option<Day>)) -> bool {
        self.days.1.is_none_or(|last| from <= last) && until.is_none_or(|last| self.days.0 <= last)
    }

    /// The same household on other days.
    fn on(&self, from: Day, until: Option<Day>) -> Fact {
        let Fact::Household { head, relation, disabled, registered, .. } = self.said else { panic!("no household") };
        Fact::Household { head, relation, disabled, registered, from, until }
    }
}

fn days_of(ask: &v1::SetHouseholdRequest) -> (Day, Option<Day>) {
    (day_of(ask.from_day.as_ref()), optional_day_of(ask.until_day.as_ref()))
}

impl Model {
    pub(super) fn judge_household(&self, ask: &v1::SetHouseholdRequest) -> Result<Verdict, No> {
        let nobody = not_found("MEMBER_NOT_FOUND");
        let person = self.people.get(&ask.member_id).ok_or(nobody)?;
        if !ask.head_member_id.is_empty() && !self.people.contains_key(&ask.head_member_id) {
            return Err(nobody);
        }
        if person.stays.iter().filter(|stay| stay.meets(days_of(ask))).count() > TAKEN_BACK_MOST {
            return Err(not_now("HOUSEHOLDS_OVERLAP"));
        }
        // Everybody here has a whole day of birth.
        Ok(Verdict::Taken { warned: false })
    }

    pub(super) fn settle(&mut self, ask: &v1::SetHouseholdRequest, place: &Place) {
        let (from, until) = days_of(ask);
        let head = self.people.get(&ask.head_member_id).map(|person| person.law_id);
        let person = self.people.get_mut(&ask.member_id).expect("a member on record");
        let (gone, kept): (Vec<Stay>, Vec<Stay>) =
            std::mem::take(&mut person.stays).into_iter().partition(|stay| stay.meets((from, until)));
        let mut facts: Vec<Fact> = gone.iter().map(|stay| Fact::Retracted { fact: stay.fact }).collect();
        for stay in &gone {
            let (first, last) = stay.days;
            if first < from {
                facts.push(stay.on(first, Some(from.before())));
            }
            if let Some(end) = until.filter(|end| last.is_none_or(|last| *end < last)) {
                facts.push(stay.on(end.after(), last));
            }
        }
        facts.extend(head.map(|head| {
            let relation = match ask.relation() {
                v1::HouseholdRelation::Child => Relation::Child,
                v1::HouseholdRelation::Spouse => Relation::Spouse,
                v1::HouseholdRelation::Other | v1::HouseholdRelation::Unspecified => Relation::Other,
            };
            let (disabled, registered) = (ask.disabled, ask.registered_marriage);
            Fact::Household { head, relation, disabled, registered, from, until }
        }));
        person.stays = kept;
        let (year, month, day) = person.birth;
        let part = |number: i32| u8::try_from(number).expect("a small number");
        if !std::mem::replace(&mut person.birth_is_fact, true) {
            facts.push(Fact::Born { on: Day::of(year, part(month), part(day)).expect("a day") });
        }
        for (ordinal, fact) in (0..).zip(facts) {
            if let Fact::Household { from, until, .. } = fact {
                let stay = Stay { fact: place.fact(ordinal), said: fact.clone(), days: (from, until) };
                self.people.get_mut(&ask.member_id).expect("a member on record").stays.push(stay);
            }
            self.learn(&ask.member_id, place.fact(ordinal), place.known, fact);
        }
    }
}
