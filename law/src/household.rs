//! Households: who is a dependant of whom, and whether the head has a cover that reaches the dependants.
//!
//! The head's covers are those of the head's own timeline, as known at the same instant. Absent: the covers of
//! dependants of dependants; nobody is covered through somebody who is only covered through another.

use crate::answer::{Scheme, Schemes};
use crate::calendar::Day;
use crate::fact::Relation;
use crate::life::Household;
use crate::policy::DependantRule;
use crate::standing::{Machine, Today};

/// The covers of a head, from each day on which they change.
#[derive(Clone, Default, Debug)]
pub(crate) struct HeadCovers {
    pub(crate) changes: Vec<(Day, Schemes)>,
    /// The covers that reach the stay which is asked about.
    pub(crate) for_stay: Option<Schemes>,
}

impl HeadCovers {
    fn on(&self, day: Day) -> Schemes {
        let begun = self.changes.partition_point(|(from, _)| *from <= day);
        begun.checked_sub(1).map_or(Schemes::NONE, |newest| self.changes[newest].1)
    }

    pub(crate) fn days(&self) -> impl Iterator<Item = Day> {
        self.changes.iter().map(|(from, _)| *from)
    }
}

impl Household {
    pub(crate) fn covers_day(&self, day: Day) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }

    /// The fields of the law by which a person is no dependant in this household; none for who is one.
    fn fails(&self, born: Option<Day>, rule: &DependantRule, day: Day) -> Option<&'static [&'static str]> {
        let under = |age: u8| born.is_some_and(|born| day < birthday(born, age));
        match self.relation {
            Relation::Child if self.disabled && rule.disabled || under(rule.child_under) => None,
            Relation::Child if self.disabled => Some(&["dependants.disabled", "dependants.child_under"]),
            Relation::Child => Some(&["dependants.child_under"]),
            Relation::Spouse if !rule.spouse_under.is_none_or(under) => Some(&["dependants.spouse_under"]),
            Relation::Spouse if self.registered || !rule.registered_marriage => None,
            Relation::Spouse => Some(&["dependants.registered_marriage"]),
            Relation::Other => Some(&["dependants.head_schemes"]),
        }
    }
}

impl Machine<'_> {
    /// Whether the person is a dependant, on the day, of a head who has a cover that reaches dependants.
    pub(crate) fn dependant(&self, today: Today<'_>, for_stay: bool) -> bool {
        let Some(rule) = today.revision.dependants.as_ref().filter(|_| !self.life.households.is_empty()) else {
            return false;
        };
        let reach = rule.head_schemes.iter().filter(|scheme| **scheme != Scheme::Dependant);
        let reach = reach.fold(Schemes::NONE, |covers, scheme| covers.with(*scheme, true));
        self.life.households.iter().any(|household| {
            let covers = household.covers.for_stay.filter(|_| for_stay);
            household.covers_day(today.day)
                && household.fails(self.life.born, rule, today.day).is_none()
                && !covers.unwrap_or_else(|| household.covers.on(today.day)).and(reach).is_empty()
        })
    }

    /// The fields of the law that decide that the person is no dependant any more; none where the facts say so.
    pub(crate) fn dependant_no_more_by(&self, today: Today<'_>) -> &'static [&'static str] {
        let Some(rule) = today.revision.dependants.as_ref() else { return &["dependants"] };
        let there = self.life.households.iter().filter(|household| household.covers_day(today.day));
        let reasons: Option<Vec<_>> = there.map(|household| household.fails(self.life.born, rule, today.day)).collect();
        match reasons {
            Some(reasons) => reasons.first().copied().unwrap_or(&[]),
            None => &["dependants.head_schemes"],
        }
    }
}

/// The day on which a person has lived so many years; of somebody born on 29 February, 1 March in a common year.
pub(crate) fn birthday(born: Day, age: u8) -> Day {
    let (year, month, number) = born.parts();
    let year = year + i32::from(age);
    Day::of(year, month, number).unwrap_or_else(|| born.month().plus(12 * i32::from(age) + 1).first_day())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_birthday_is_the_same_day_of_the_year_and_the_day_after_it_where_there_is_none() {
        let of = |born: &str, age| birthday(born.parse().unwrap(), age).to_string();
        assert_eq!(of("2008-06-30", 18), "2026-06-30");
        assert_eq!(of("2008-02-29", 18), "2026-03-01");
        assert_eq!(of("2008-02-29", 20), "2028-02-29");
    }
}
