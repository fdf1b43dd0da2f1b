//! Persons: names, birth dates and numbers as they are compared, hashed, masked and kept.
//!
//! What is compared is normalised: Unicode in its composed form, zero-width characters gone, Khmer digits as ASCII,
//! letters in one case. What was given is kept as it was given, for printing. Absent: who may see any of it.

use krama_law::calendar::Day;
use unicode_normalization::UnicodeNormalization as _;

use crate::operation::command::Stage;
use crate::operation::failure::{Failure, IdentifierKind, Refusal};
use crate::store::person::{self, Details, IdentifierRow, PersonRow};
use crate::store::seal::Vault;

/// The kind under which a phone number is hashed; above all kinds of identifiers.
const PHONE: i16 = 100;
/// The kind under which a name with a birth date and a sex is hashed, to notice one person under two numbers.
const LIKENESS: i16 = 101;

/// A number by which a person is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Identifier {
    /// Of which kind.
    pub kind: IdentifierKind,
    /// The number, as it was given.
    pub value: String,
}

/// What is told of a person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Particulars {
    /// The name in Khmer letters, as family and given name.
    pub khmer: (String, String),
    /// The name in Latin letters, as family and given name.
    pub latin: (String, String),
    /// The sex.
    pub sex: Sex,
    /// The birth date, as far as it is known.
    pub birth: BirthDate,
}

/// The sex as the register holds it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sex {
    /// Female.
    Female = 1,
    /// Male.
    Male = 2,
}

impl Sex {
    pub(crate) fn of(number: u8) -> Option<Sex> {
        [Sex::Female, Sex::Male].into_iter().find(|&sex| sex as u8 == number)
    }
}

/// A birth date, of which month and day may be unknown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BirthDate {
    /// The year.
    pub year: u16,
    /// The month, if it is known.
    pub month: Option<u8>,
    /// The day of the month, if it is known.
    pub day: Option<u8>,
}

impl BirthDate {
    /// Refuses a birth date of which even the earliest possible day lies after today.
    pub(crate) fn must_not_follow(self, today: Day, field: &'static str) -> Result<(), Refusal> {
        let earliest = Day::of(i32::from(self.year), self.month.unwrap_or(1), self.day.unwrap_or(1));
        match earliest.filter(|&day| day > today) {
            Some(day) => Err(Refusal::DayInFuture { field, day, latest: today }),
            None => Ok(()),
        }
    }

    /// Whether two birth dates can be of one person: what both know is the same.
    pub(crate) fn agrees(self, other: BirthDate) -> bool {
        let same = |one: Option<u8>, two: Option<u8>| one.is_none() || two.is_none() || one == two;
        self.year == other.year && same(self.month, other.month) && same(self.day, other.day)
    }
}

/// The birth date in a person's details.
pub(crate) fn birth_of(details: &Details) -> Option<BirthDate> {
    details.birth_year.map(|year| BirthDate { year, month: details.birth_month, day: details.birth_day })
}

/// Whether two numbers are one, however they are written.
pub fn same_number(one: &Identifier, two: &Identifier) -> bool {
    one.kind == two.kind && plain(&one.value) == plain(&two.value)
}

/// The keyed hash by which an identifier is found.
pub(crate) fn identifier_hash(vault: &Vault, identifier: &Identifier) -> [u8; 32] {
    person::identifier_hash(vault, identifier.kind.number(), &plain(&identifier.value))
}

/// The keyed hash by which a phone number is found.
pub(crate) fn phone_hash(vault: &Vault, phone: &str) -> [u8; 32] {
    person::identifier_hash(vault, PHONE, &plain_phone(phone))
}

/// The keyed hashes under which a person is found by name, birth year and sex; one a script.
pub(crate) fn likeness_hashes(vault: &Vault, particulars: &Particulars) -> Vec<[u8; 32]> {
    likenesses(particulars).iter().map(|text| person::identifier_hash(vault, LIKENESS, text)).collect()
}

fn likenesses(particulars: &Particulars) -> Vec<String> {
    let names = [&particulars.khmer, &particulars.latin];
    let named = names.into_iter().filter(|(family, given)| !plain_name(family, given).is_empty());
    let text = |(family, given): &(String, String)| {
        format!("{}|{}|{}", plain_name(family, given), particulars.birth.year, particulars.sex as u8)
    };
    named.map(text).collect()
}

/// Whether a person's name is the one told, in either script; a script that one side lacks says nothing.
pub(crate) fn same_name(details: &Details, particulars: &Particulars) -> bool {
    let same = |held: (&str, &str), told: &(String, String)| {
        let (held, told) = (plain_name(held.0, held.1), plain_name(&told.0, &told.1));
        !held.is_empty() && held == told
    };
    same((&details.family_khmer, &details.given_khmer), &particulars.khmer)
        || same((&details.family_latin, &details.given_latin), &particulars.latin)
}

/// The name with all but the first letter of each part hidden, for callers who only need to be sure of the person.
pub fn masked_name(details: &Details) -> String {
    let latin = (details.family_latin.clone(), details.given_latin.clone());
    mask(&latin, &(details.family_khmer.clone(), details.given_khmer.clone()))
}

/// A name in Latin letters, or in Khmer where it has no other, all but the first letters hidden.
pub(crate) fn mask(latin: &(String, String), khmer: &(String, String)) -> String {
    let parts = if latin.0.is_empty() && latin.1.is_empty() { khmer } else { latin };
    let mask = |part: &String| part.chars().next().map(|first| format!("{first}***"));
    [&parts.0, &parts.1].into_iter().filter_map(mask).collect::<Vec<_>>().join(" ")
}

/// The rows that register a person under an id, with everything by which the person is to be found.
pub(crate) fn rows_of_registration(
    stage: &Stage<'_>,
    member: i64,
    particulars: &Particulars,
    identifiers: &[Identifier],
    phone: Option<&str>,
    commune: Option<&str>,
) -> Result<((PersonRow, Details), Vec<IdentifierRow>), Failure> {
    let details = Details {
        family_khmer: particulars.khmer.0.clone(),
        given_khmer: particulars.khmer.1.clone(),
        family_latin: particulars.latin.0.clone(),
        given_latin: particulars.latin.1.clone(),
        sex: particulars.sex as u8,
        birth_year: Some(particulars.birth.year),
        birth_month: particulars.birth.month,
        birth_day: particulars.birth.day,
        phone: phone.map(str::to_owned),
        commune: commune.map(str::to_owned),
    };
    let (vault, position) = (stage.vault, stage.position);
    let person = PersonRow::seal(vault, member, position, stage.known.0, &details)?;
    let mut found_by: Vec<(i16, String, &str)> = Vec::new();
    for identifier in identifiers {
        found_by.push((identifier.kind.number(), plain(&identifier.value), &identifier.value));
    }
    found_by.extend(phone.map(|phone| (PHONE, plain_phone(phone), phone)));
    found_by.extend(likenesses(particulars).into_iter().map(|text| (LIKENESS, text, "")));
    let mut rows = Vec::new();
    for (ordinal, (kind, normalised, given)) in found_by.iter().enumerate() {
        let place = (position, i16::try_from(ordinal).unwrap_or(i16::MAX));
        rows.push(IdentifierRow::seal(vault, place, member, *kind, normalised, given)?);
    }
    Ok(((person, details), rows))
}

/// The identifiers of a person that were given as such.
pub(crate) fn identifiers_in(rows: &[IdentifierRow], vault: &Vault) -> Result<Vec<Identifier>, Failure> {
    let mut identifiers = Vec::new();
    for row in rows {
        if let Some(kind) = IdentifierKind::of(row.kind) {
            identifiers.push(Identifier { kind, value: row.open(vault)? });
        }
    }
    Ok(identifiers)
}

/// A text as it is compared: composed, without zero-width characters and blanks, digits as ASCII, in one case.
fn plain(text: &str) -> String {
    let visible = text.nfc().filter(|c| !is_zero_width(*c) && !c.is_whitespace());
    visible.map(ascii_digit).flat_map(char::to_uppercase).collect()
}

/// A name as it is compared; the order of its parts does not count, since files disagree on it.
fn plain_name(family: &str, given: &str) -> String {
    let mut parts = [plain(family), plain(given)];
    parts.sort_unstable();
    parts.concat()
}

/// A phone number as it is compared: international, digits only.
fn plain_phone(phone: &str) -> String {
    let digits: String = phone.chars().map(ascii_digit).filter(char::is_ascii_digit).collect();
    // A plus sign, or two zeros, say that the country's code follows; without it the number is Cambodian.
    let international = phone.trim_start().starts_with('+').then_some(digits.as_str()).or(digits.strip_prefix("00"));
    match international.map_or(("855", digits.as_str()), |number| number.split_at(number.len().min(3))) {
        ("855", national) => format!("855{}", national.strip_prefix("855").unwrap_or(national).trim_start_matches('0')),
        (code, rest) => format!("{code}{rest}"),
    }
}

fn is_zero_width(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}')
}

/// A Khmer digit as the ASCII digit that it stands for; any other character as it is.
fn ascii_digit(c: char) -> char {
    match u32::from(c).checked_sub(0x17e0) {
        Some(value @ 0..=9) => char::from_digit(value, 10).unwrap_or(c),
        Some(_) | None => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_in_two_spellings_compares_equal() {
        assert_eq!(plain("០០១២\u{200b} 3"), "00123");
        assert_eq!(plain("iec25-0038313"), "IEC25-0038313");
        assert_eq!(plain_name("Sok", "Dara"), plain_name("DARA", "sok "));
        assert_eq!(plain_phone("+855 97 040 2255"), plain_phone("097-0402255"));
        assert_eq!(plain_phone("00855 97 0402255"), plain_phone("855970402255"));
        assert_ne!(plain_phone("+1 415 555 0100"), plain_phone("014 155 550 100"));
        assert_ne!(plain("007"), plain("07"));
    }

    #[test]
    fn what_both_birth_dates_know_must_agree() {
        let full = BirthDate { year: 1976, month: Some(3), day: Some(9) };
        let year = BirthDate { year: 1976, month: None, day: None };
        assert!(full.agrees(year) && year.agrees(full) && full.agrees(full));
        assert!(!full.agrees(BirthDate { day: Some(8), ..full }) && !year.agrees(BirthDate { year: 1977, ..year }));
    }
}
