//! The set pieces: people whose days are fixed, so that a story can be told of them.
//!
//! Names and days are written here by hand and are the same for every seed; only
//! numbers, birth dates and trades are drawn. Scenes about money stand in `paying`,
//! scenes about work in `hiring`; this file holds the stage that both use.

mod hiring;
mod paying;

use time::Date;

use super::World;
use super::calendar::Month;
use super::draw::Draw;
use super::names::{FAMILY, MEN, Name, WOMEN};
use super::payment::{Bank, CONTRIBUTION, Line, Payer, Payment};
use super::person::{self, FullName, Issued, Sex, Who};

/// What one set piece shows.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    pub(super) key: &'static str,
    /// The person it is about, unless nobody knows who that is.
    pub(super) who: Option<Who>,
    /// A number that matters beside the member number: of a stranger, a wrong one, a certificate.
    pub(super) other_number: String,
    /// One sentence.
    pub(super) what: &'static str,
    /// The days to look at, and what is to be seen on each.
    pub(super) days: Vec<(Date, &'static str)>,
}

/// Puts all set pieces into the world.
pub(super) fn stage_all(world: &mut World, draw: &mut Draw, issued: &mut Issued) {
    let mut stage = Stage { world, draw, issued };
    paying::stage(&mut stage);
    hiring::stage(&mut stage);
}

struct Stage<'a> {
    world: &'a mut World,
    draw: &'a mut Draw,
    issued: &'a mut Issued,
}

impl Stage<'_> {
    /// A member with the given name, who has an identity card.
    fn cast(&mut self, family: &str, given: &str, sex: Sex, enrolled_on: Date) -> Who {
        let mut person = person::enrolled(enrolled_on, self.draw, self.issued);
        let other = person::known_to_employers(self.draw, self.issued);
        person.name = full_name(family, given, sex);
        person.sex = sex;
        person.national_id = other.national_id;
        person.pays_by_certificate = false;
        if let Some(enrolment) = &mut person.enrolment {
            enrolment.certificate = None;
        }
        self.world.people.push(person);
        self.world.people.len() - 1
    }

    /// Someone of whom the fund knows nothing.
    fn cast_stranger(&mut self, family: &str, given: &str, sex: Sex) -> Who {
        let mut person = person::known_to_employers(self.draw, self.issued);
        person.name = full_name(family, given, sex);
        person.sex = sex;
        self.world.people.push(person);
        self.world.people.len() - 1
    }

    /// Every month from one to another, each paid early in the month after it.
    fn pays_monthly(&mut self, who: Who, bank: Bank, from: Month, through: Month) {
        let mut month = from;
        while month <= through {
            let value = month.plus(1).day(self.draw.between(2, 12));
            self.pays(who, bank, value, &[(CONTRIBUTION, Some(month))]);
            month = month.plus(1);
        }
    }

    /// One transaction, which the caller may still change.
    fn pays(&mut self, who: Who, bank: Bank, value: Date, lines: &[(i64, Option<Month>)]) -> &mut Payment {
        let lines = lines.iter().map(|&(amount, month)| Line { amount, month }).collect();
        self.world.payments.push(Payment::new(Payer::Person(who), bank, value, lines));
        self.world.payments.last_mut().expect("a payment was put there just now")
    }

    fn tell(&mut self, key: &'static str, who: Who, what: &'static str, days: &[(Date, &'static str)]) {
        self.tell_of(key, Some(who), String::new(), what, days);
    }

    fn tell_of(
        &mut self,
        key: &'static str,
        who: Option<Who>,
        other_number: String,
        what: &'static str,
        days: &[(Date, &'static str)],
    ) {
        self.world.scenes.push(Scene { key, who, other_number, what, days: days.to_vec() });
    }

    fn national_id(&self, who: Who) -> String {
        self.world.people[who].national_id.clone().unwrap_or_default()
    }
}

fn full_name(family: &str, given: &str, sex: Sex) -> FullName {
    let givens: &[Name] = match sex {
        Sex::Female => &WOMEN,
        Sex::Male => &MEN,
    };
    FullName { family: named(&FAMILY, family), given: named(givens, given) }
}

/// A name of the tables, so that its Khmer spelling is written in one place only.
fn named(names: &[Name], latin: &str) -> Name {
    let found = names.iter().find(|name| name.latin == latin);
    *found.expect("the scenes are cast with names of the tables")
}
