//! The kinds of values that fields of a law document hold: each read strictly, written back, and said in words.
//!
//! A kind reads a TOML item and says what is wrong with it and what would be right, without naming the field. Absent:
//! where a value stands in a revision.

mod entry;
mod wages;
mod ways_back;

use std::fmt::Display;

use krama_law::calendar::Day;
use krama_law::money::Riel;
use krama_law::policy::{Entitlement, LapseCondition};
use serde::de::{DeserializeOwned, IntoDeserializer};
use toml_edit::Item;

pub(super) use entry::{Employed, EntryTime, unread};
pub(super) use wages::WageRates;
pub use wages::branch_name;
pub(super) use ways_back::{Amnesties, Charge, CoPayment, Terms};

use crate::law_words::{EntitlementLimb, LapseLimb, Word, Worded};

/// More riel than any contribution, fee or bill.
const RIEL_MOST: Riel = 1_000_000_000;
/// More months than anybody is insured.
const MONTHS_MOST: u16 = 600;

/// An item as a value of serde's; tables may be written inline or not.
fn parsed<T: DeserializeOwned>(item: &Item) -> Result<T, String> {
    let value = item.clone().into_value().map_err(|_| "has no value".to_owned())?;
    T::deserialize(value.into_deserializer()).map_err(|error| format!("cannot be read: {}", error.message()))
}

fn quoted(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}

fn in_range<N: PartialOrd + Display>(what: &str, value: N, least: N, most: N) -> Result<(), String> {
    if value < least || value > most {
        return Err(format!("{what}is {value}; it should lie between {least} and {most}"));
    }
    Ok(())
}

/// A number with its unit, in words.
fn counted(number: impl Display, unit: &str) -> String {
    let number = number.to_string();
    if number == "1" {
        format!("1 {}", unit.trim_end_matches('s'))
    } else {
        format!("{number} {unit}").trim_end().to_owned()
    }
}

/// An amount with its thousands apart.
fn riel(amount: Riel) -> String {
    let digits = amount.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text + " riel"
}

/// An amount of money.
pub(super) struct Riels {
    pub(super) least: Riel,
}

impl Riels {
    pub(super) fn read(&self, item: &Item) -> Result<Riel, String> {
        let amount = parsed(item)?;
        in_range("", amount, self.least, RIEL_MOST).map(|()| amount)
    }

    pub(super) fn write(&self, amount: &Riel) -> String {
        amount.to_string()
    }

    pub(super) fn say(&self, amount: &Riel) -> String {
        riel(*amount)
    }
}

/// A number of something.
pub(super) struct Count<N> {
    pub(super) least: N,
    pub(super) most: N,
    pub(super) unit: &'static str,
}

impl<N: Copy + Display + TryFrom<i64> + Into<i64>> Count<N> {
    pub(super) fn read(&self, item: &Item) -> Result<N, String> {
        let number: i64 = parsed(item)?;
        in_range("", number, self.least.into(), self.most.into())?;
        N::try_from(number).map_err(|_| format!("is {number}, which is too large"))
    }

    pub(super) fn write(&self, number: &N) -> String {
        number.to_string()
    }

    pub(super) fn say(&self, number: &N) -> String {
        counted(number, self.unit)
    }
}

/// A number, or a word that stands for its absence.
pub(super) struct OrWord<N> {
    pub(super) word: &'static str,
    pub(super) says: &'static str,
    pub(super) least: N,
    pub(super) most: N,
    pub(super) unit: &'static str,
}

impl<N: Copy + Display + TryFrom<i64> + Into<i64>> OrWord<N> {
    pub(super) fn read(&self, item: &Item) -> Result<Option<N>, String> {
        match item.as_str() {
            Some(word) if word == self.word => Ok(None),
            Some(word) => Err(format!("is {word:?}; it should be a number, or {:?}", self.word)),
            None => Count { least: self.least, most: self.most, unit: self.unit }.read(item).map(Some),
        }
    }

    pub(super) fn write(&self, number: &Option<N>) -> String {
        number.map_or_else(|| quoted(self.word), |number| number.to_string())
    }

    pub(super) fn say(&self, number: &Option<N>) -> String {
        number.map_or_else(|| self.says.to_owned(), |number| counted(number, self.unit))
    }
}

/// One word of a closed list.
pub(super) struct Words;

impl Words {
    pub(super) fn read<T: Worded>(&self, item: &Item) -> Result<T, String> {
        parsed::<Word<T>>(item).map(|word| word.0)
    }

    pub(super) fn write<T: Worded>(&self, value: &T) -> String {
        quoted(value.word())
    }

    pub(super) fn say<T: Worded>(&self, value: &T) -> String {
        value.said().to_owned()
    }
}

/// Several words of a closed list.
pub(super) struct WordList;

impl WordList {
    pub(super) fn read<T: Worded>(&self, item: &Item) -> Result<Vec<T>, String> {
        let words: Vec<Word<T>> = parsed(item)?;
        let values: Vec<T> = words.iter().map(|word| word.0).collect();
        for (index, value) in values.iter().enumerate() {
            if values[..index].contains(value) {
                return Err(format!("names {} twice", value.word()));
            }
        }
        Ok(values)
    }

    pub(super) fn write<T: Worded>(&self, values: &[T]) -> String {
        list(values.iter().map(|value| quoted(value.word())))
    }

    pub(super) fn say<T: Worded>(&self, values: &[T]) -> String {
        let said: Vec<&str> = values.iter().map(|value| value.said()).collect();
        if said.is_empty() { "none".to_owned() } else { said.join(", ") }
    }
}

/// Yes or no.
pub(super) struct YesNo;

impl YesNo {
    pub(super) fn read(&self, item: &Item) -> Result<bool, String> {
        parsed(item)
    }

    pub(super) fn write(&self, value: &bool) -> String {
        value.to_string()
    }

    pub(super) fn say(&self, value: &bool) -> String {
        if *value { "yes" } else { "no" }.to_owned()
    }
}

/// Days, each once.
pub(super) struct Holidays;

impl Holidays {
    pub(super) fn read(&self, item: &Item) -> Result<Vec<Day>, String> {
        let texts: Vec<String> = parsed(item)?;
        let mut days: Vec<Day> = texts.iter().map(|text| day(text)).collect::<Result<_, _>>()?;
        // The law looks a holiday up by halves.
        days.sort_unstable();
        match days.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(twice) => Err(format!("names {} twice", twice[0])),
            None => Ok(days),
        }
    }

    pub(super) fn write(&self, days: &[Day]) -> String {
        list(days.iter().map(|day| quoted(&day.to_string())))
    }

    pub(super) fn say(&self, days: &[Day]) -> String {
        let days: Vec<String> = days.iter().map(ToString::to_string).collect();
        if days.is_empty() { "none".to_owned() } else { days.join(", ") }
    }
}

/// Numbers of days before something, the farthest first.
pub(super) struct DaysBefore;

impl DaysBefore {
    pub(super) fn read(&self, item: &Item) -> Result<Vec<u16>, String> {
        let mut days: Vec<u16> = parsed(item)?;
        for number in &days {
            in_range("", *number, 1, 366)?;
        }
        days.sort_unstable_by(|one, other| other.cmp(one));
        match days.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(twice) => Err(format!("names {} twice", twice[0])),
            None => Ok(days),
        }
    }

    pub(super) fn write(&self, days: &[u16]) -> String {
        list(days.iter().map(ToString::to_string))
    }

    pub(super) fn say(&self, days: &[u16]) -> String {
        let days: Vec<String> = days.iter().map(|number| counted(number, "days")).collect();
        if days.is_empty() { "never".to_owned() } else { days.join(", ") }
    }
}

/// Conditions of lapse; any of them is enough.
pub(super) struct LapseConditions;

impl LapseConditions {
    pub(super) fn read(&self, item: &Item) -> Result<Vec<LapseCondition>, String> {
        let limbs: Vec<LapseLimb> = parsed(item)?;
        for limb in &limbs {
            match *limb {
                LapseLimb::Consecutive(months) => in_range("consecutive ", months, 0, MONTHS_MOST)?,
                LapseLimb::Window((paid, of)) => window(paid, of)?,
            }
        }
        Ok(limbs.into_iter().map(Into::into).collect())
    }

    pub(super) fn write(&self, conditions: &[LapseCondition]) -> String {
        list(conditions.iter().map(|condition| match condition {
            LapseCondition::Consecutive(months) => format!("{{ consecutive = {months} }}"),
            LapseCondition::Window { paid, of } => format!("{{ window = [{paid}, {of}] }}"),
        }))
    }

    pub(super) fn say(&self, conditions: &[LapseCondition]) -> String {
        let said: Vec<String> = conditions
            .iter()
            .map(|condition| match condition {
                LapseCondition::Consecutive(months) => {
                    format!("when more than {} in a row are missed", counted(months, "months"))
                }
                LapseCondition::Window { paid, of } => {
                    format!("when fewer than {paid} of the last {} owed are paid", counted(of, "months"))
                }
            })
            .collect();
        if said.is_empty() { "never".to_owned() } else { said.join(", or ") }
    }
}

/// What makes somebody entitled; any limb is enough.
pub(super) struct Entitlements;

impl Entitlements {
    pub(super) fn read(&self, item: &Item) -> Result<Vec<Entitlement>, String> {
        let limbs: Vec<EntitlementLimb> = parsed(item)?;
        if limbs.is_empty() {
            return Err("needs at least one limb, such as { consecutive = 2 } or \"immediate\"".to_owned());
        }
        for limb in &limbs {
            match *limb {
                EntitlementLimb::Consecutive(months) => in_range("consecutive ", months, 1, MONTHS_MOST)?,
                EntitlementLimb::Window((insured, of)) => window(insured, of)?,
                EntitlementLimb::Immediate => {}
            }
        }
        Ok(limbs.into_iter().map(Into::into).collect())
    }

    pub(super) fn write(&self, limbs: &[Entitlement]) -> String {
        list(limbs.iter().map(|limb| match limb {
            Entitlement::Consecutive(months) => format!("{{ consecutive = {months} }}"),
            Entitlement::Window { insured, of } => format!("{{ window = [{insured}, {of}] }}"),
            Entitlement::Immediate => quoted("immediate"),
        }))
    }

    pub(super) fn say(&self, limbs: &[Entitlement]) -> String {
        let said = limbs.iter().map(|limb| match limb {
            Entitlement::Consecutive(months) => format!("the newest {} are insured", counted(months, "months")),
            Entitlement::Window { insured, of } => {
                format!("{insured} of the {} before are insured", counted(of, "months"))
            }
            Entitlement::Immediate => "at once".to_owned(),
        });
        said.collect::<Vec<_>>().join(", or ")
    }
}

/// Checks that a window asks for at least one month and at most as many as it has.
fn window(needed: u16, of: u16) -> Result<(), String> {
    if needed == 0 || needed > of || of > 120 {
        return Err(format!("has window = [{needed}, {of}]; it should be [n, w] with 1 <= n <= w <= 120"));
    }
    Ok(())
}

fn list(values: impl Iterator<Item = String>) -> String {
    format!("[{}]", values.collect::<Vec<_>>().join(", "))
}

fn day(text: &str) -> Result<Day, String> {
    text.parse().map_err(|error| format!("holds no day: {error}"))
}
