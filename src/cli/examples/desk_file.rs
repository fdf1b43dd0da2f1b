//! What the fund's own desk hands over: the register, the employers, the story.

use std::io;

use super::World;
use super::calendar::iso;
use super::person::{Birth, Person};
use super::sheet::{Files, Sheet};
use super::work::EMPLOYERS;

const REGISTER: [&str; 14] = [
    "registered_on",
    "enrolled_on",
    "member_number",
    "national_id",
    "certificate_number",
    "family_name_khmer",
    "given_name_khmer",
    "family_name_latin",
    "given_name_latin",
    "sex",
    "birth_date",
    "phone",
    "commune_code",
    "occupation",
];

pub(super) fn write(files: &mut Files, world: &World) -> io::Result<()> {
    write_register(files, &world.people)?;
    write_employers(files)?;
    write_story(files, world)
}

/// A birth date as the desk and the payrolls write it when the day is not known.
pub(super) fn birth_text(birth: Birth) -> String {
    match birth {
        Birth::Day(day) => iso(day),
        Birth::Year(year) => year.to_string(),
    }
}

fn write_register(files: &mut Files, people: &[Person]) -> io::Result<()> {
    let mut sheet = Sheet::begin("register.csv", &REGISTER)?;
    let mut members: Vec<&Person> = people.iter().filter(|person| person.enrolment.is_some()).collect();
    members.sort_by_key(|person| person.member_number());
    for person in members {
        let enrolment = person.enrolment();
        sheet.row(&[
            iso(enrolment.registered_on).as_str(),
            &iso(enrolment.enrolled_on),
            &enrolment.member_number,
            person.national_id.as_deref().unwrap_or_default(),
            enrolment.certificate.as_deref().unwrap_or_default(),
            person.name.family.khmer,
            person.name.given.khmer,
            person.name.family.latin,
            person.name.given.latin,
            person.sex.letter(),
            &birth_text(person.birth),
            enrolment.phone.as_deref().unwrap_or_default(),
            enrolment.commune,
            enrolment.occupation,
        ])?;
    }
    sheet.end(files)
}

fn write_employers(files: &mut Files) -> io::Result<()> {
    let header = ["employer_number", "name_latin", "name_khmer", "sector", "trade", "payroll_provider", "folder"];
    let mut sheet = Sheet::begin("employers.csv", &header)?;
    for employer in &EMPLOYERS {
        sheet.row(&[
            employer.number,
            employer.latin,
            employer.khmer,
            "private",
            employer.trade,
            employer.package.id(),
            &format!("payroll/{}", employer.id),
        ])?;
    }
    sheet.end(files)
}

fn write_story(files: &mut Files, world: &World) -> io::Result<()> {
    let header = ["key", "member_number", "other_number", "name_latin", "name_khmer", "what_happens", "key_days"];
    let mut sheet = Sheet::begin("story.csv", &header)?;
    for scene in &world.scenes {
        let person = scene.who.map(|who| &world.people[who]);
        let enrolled = person.filter(|person| person.enrolment.is_some());
        let days: Vec<String> = scene.days.iter().map(|(day, sight)| format!("{} {sight}", iso(*day))).collect();
        sheet.row(&[
            scene.key,
            enrolled.map(Person::member_number).unwrap_or_default(),
            &scene.other_number,
            &person.map(|person| person.name.latin()).unwrap_or_default(),
            &person.map(|person| person.name.khmer()).unwrap_or_default(),
            scene.what,
            &days.join(" | "),
        ])?;
    }
    sheet.end(files)
}
