//! The invented people: who they are and when the enrolment desk met them.
//!
//! What a person does with money or work is decided elsewhere (`habit`, `work`,
//! `scene`). Numbers are text from the start, since all of them may begin with zeros.

use std::collections::BTreeSet;

use time::Date;
use time::macros::date;

use super::calendar::{Month, later, next_working_day};
use super::draw::Draw;
use super::names::{COMMUNES, FAMILY, MEN, Name, TRADES, WOMEN};

/// The first day on which the desk is open.
const FIRST_DAY: Date = date!(2025 - 01 - 02);

/// A person's place in `World::people`.
pub(super) type Who = usize;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Sex {
    Female,
    Male,
}

impl Sex {
    pub(super) fn letter(self) -> &'static str {
        match self {
            Sex::Female => "F",
            Sex::Male => "M",
        }
    }
}

/// Older people often know the year of their birth alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Birth {
    Day(Date),
    Year(i32),
}

/// How a person is called, in the order in which Khmer names are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct FullName {
    pub(super) family: Name,
    pub(super) given: Name,
}

impl FullName {
    pub(super) fn latin(self) -> String {
        format!("{} {}", self.family.latin, self.given.latin)
    }

    pub(super) fn khmer(self) -> String {
        format!("{} {}", self.family.khmer, self.given.khmer)
    }
}

/// What the enrolment desk recorded; people whom only employers know have none.
#[derive(Clone, Debug)]
pub(super) struct Enrolment {
    pub(super) registered_on: Date,
    pub(super) enrolled_on: Date,
    /// Set once all people are known, since the fund numbers them in order of registration.
    pub(super) member_number: String,
    /// Shown instead of an identity card, which is often pledged for a loan.
    pub(super) certificate: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) commune: &'static str,
    pub(super) occupation: &'static str,
}

#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) name: FullName,
    pub(super) sex: Sex,
    pub(super) birth: Birth,
    pub(super) national_id: Option<String>,
    pub(super) enrolment: Option<Enrolment>,
    /// Whether the person gives the certificate number when paying at the bank.
    pub(super) pays_by_certificate: bool,
}

impl Person {
    /// The desk's record. Callers know that this person enrolled.
    pub(super) fn enrolment(&self) -> &Enrolment {
        self.enrolment.as_ref().expect("only people who enrolled are asked for their enrolment")
    }

    pub(super) fn member_number(&self) -> &str {
        &self.enrolment().member_number
    }

    /// The number by which a bank knows the person.
    pub(super) fn payer_number(&self) -> &str {
        match &self.enrolment().certificate {
            Some(certificate) if self.pays_by_certificate => certificate,
            _ => self.member_number(),
        }
    }
}

/// Identity and certificate numbers given out so far: no two invented people share one.
#[derive(Default)]
pub(super) struct Issued {
    numbers: BTreeSet<String>,
}

impl Issued {
    fn national_id(&mut self, draw: &mut Draw) -> String {
        loop {
            // A third begin with two zeros at least, the case that spreadsheets spoil.
            let end = if draw.percent(35) { 10_000_000 } else { 1_000_000_000 };
            let number = format!("{:09}", draw.below(end));
            if self.numbers.insert(number.clone()) {
                return number;
            }
        }
    }

    fn certificate(&mut self, year: i32, draw: &mut Draw) -> String {
        loop {
            let number = format!("IEC{:02}-{:07}", year.rem_euclid(100), draw.below(60_000));
            if self.numbers.insert(number.clone()) {
                return number;
            }
        }
    }
}

/// A person of the given day of enrolment, otherwise left to chance.
pub(super) fn enrolled(enrolled_on: Date, draw: &mut Draw, issued: &mut Issued) -> Person {
    let mut person = known_to_employers(draw, issued);
    let certificate = draw.percent(12).then(|| issued.certificate(enrolled_on.year(), draw));
    if certificate.is_some() {
        person.national_id = None;
        person.pays_by_certificate = draw.percent(60);
    }
    // The interview about the occupation takes a few days for some.
    let waits_days = if draw.percent(55) { 0 } else { draw.between(1, 9) };
    person.enrolment = Some(Enrolment {
        registered_on: later(enrolled_on, -waits_days).max(FIRST_DAY),
        enrolled_on,
        member_number: String::new(),
        certificate,
        phone: (!draw.percent(9)).then(|| phone(draw)),
        commune: draw.pick(&COMMUNES),
        occupation: draw.pick(&TRADES),
    });
    person
}

/// A person of whom the fund knows nothing until a payroll names them.
pub(super) fn known_to_employers(draw: &mut Draw, issued: &mut Issued) -> Person {
    let sex = if draw.percent(57) { Sex::Female } else { Sex::Male };
    let given = match sex {
        Sex::Female => draw.pick(&WOMEN),
        Sex::Male => draw.pick(&MEN),
    };
    let name = FullName { family: draw.pick(&FAMILY), given };
    let birth = birth(draw);
    let national_id = Some(issued.national_id(draw));
    Person { name, sex, birth, national_id, enrolment: None, pays_by_certificate: false }
}

/// Most people enrol in the campaign of the first four months, the others after it.
pub(super) fn enrolment_day(draw: &mut Draw) -> Date {
    let day = if draw.percent(82) { draw.between(1, 118) } else { draw.between(119, 470) };
    next_working_day(later(FIRST_DAY, day - 1))
}

/// Numbers everyone who enrolled, in the order of registration, with gaps: cards are
/// spoilt and desks share one series.
pub(super) fn number_members(people: &mut [Person], draw: &mut Draw) {
    let mut order: Vec<Who> = (0..people.len()).filter(|&who| people[who].enrolment.is_some()).collect();
    order.sort_by_key(|&who| (people[who].enrolment().registered_on, who));
    let mut serial = 4_000;
    for who in order {
        serial += draw.between(1, 9);
        if let Some(enrolment) = &mut people[who].enrolment {
            enrolment.member_number = format!("000251-{serial:06}");
        }
    }
}

/// A number in the fund's own form from a series that was never given out.
pub(super) fn number_nobody_has(draw: &mut Draw) -> String {
    format!("000999-{:06}", draw.below(9_000))
}

fn birth(draw: &mut Draw) -> Birth {
    let year = draw.months(1962, 2006);
    // The older, the likelier that only the year is on the papers.
    if draw.percent(if year < 1980 { 20 } else { 4 }) {
        return Birth::Year(year);
    }
    let month = Month::new(year, 1).plus(draw.months(0, 11));
    Birth::Day(month.day(draw.between(1, 28)))
}

/// The subscriber part begins with a zero, to keep clear of numbers in daily use.
fn phone(draw: &mut Draw) -> String {
    let prefix = draw.pick(&["10", "11", "12", "15", "16", "17", "69", "70", "77", "81", "89", "92", "93"]);
    match draw.below(4) {
        0 => format!("+855{}0{:06}", draw.pick(&["31", "71", "88", "96", "97"]), draw.below(1_000_000)),
        _ => format!("+855{prefix}0{:05}", draw.below(100_000)),
    }
}
