//! Cover through the head of a household: who is a dependant on a day (readings of section 8).

use krama_law::answer::Scheme;
use krama_law::calendar::Day;
use krama_law::fact::{MemberId, Relation};
use krama_law::policy::DependantRule;

use super::facts::{Household, World};

/// The heads through whom the person is a dependant on the day, and by which of their covers.
pub(super) fn heads(world: &World<'_>, day: Day) -> Vec<(MemberId, Vec<Scheme>)> {
    let Some(rule) = &world.book.on(day).dependants else { return Vec::new() };
    if world.dead_on(day) {
        return Vec::new();
    }
    // A head who is a dependant hands nothing on.
    let schemes: Vec<Scheme> =
        rule.head_schemes.iter().copied().filter(|&scheme| scheme != Scheme::Dependant).collect();
    let households = world.households.iter().filter(|household| household.holds_on(day));
    let dependent = households.filter(|household| is_dependant(household, rule, world.born, day));
    dependent.map(|household| (household.head, schemes.clone())).collect()
}

fn is_dependant(household: &Household, rule: &DependantRule, born: Option<Day>, day: Day) -> bool {
    // Where no birth day is known, no age can be shown.
    let younger_than = |age: u8| born.is_some_and(|born| day < birthday(born, age));
    match household.relation {
        Relation::Child => (household.disabled && rule.disabled) || younger_than(rule.child_under),
        Relation::Spouse => {
            (household.registered || !rule.registered_marriage) && rule.spouse_under.is_none_or(younger_than)
        }
        Relation::Other => false,
    }
}

/// The day on which somebody turns an age; for one born on 29 February, in a common year, 1 March.
fn birthday(born: Day, age: u8) -> Day {
    let (year, month, day) = born.parts();
    let year = year + i32::from(age);
    Day::of(year, month, day).or(Day::of(year, 3, 1)).unwrap_or(Day::NEVER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leap_day_s_child_comes_of_age_on_the_first_of_march() {
        let born: Day = "2008-02-29".parse().unwrap();
        assert_eq!(birthday(born, 18).to_string(), "2026-03-01");
        assert_eq!(birthday(born, 20).to_string(), "2028-02-29");
        assert_eq!(birthday("2008-08-31".parse().unwrap(), 18).to_string(), "2026-08-31");
    }
}
