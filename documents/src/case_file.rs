//! Case files: stories with their expected answers, as lawyers write them, read and judged by the kernel.
//!
//! The format is told in `docs/cases.md`. A case runs against the law alone: no server, no storage. Absent on
//! purpose: tolerance; a key that the format does not know is an error, since a misspelt expectation would pass.

mod compare;
mod expectation;
mod facts;
mod policy;
mod words;

use std::collections::BTreeMap;

use krama_law::calendar::{Day, Month};
use krama_law::policy::Law;
use krama_law::timeline::Timeline;
use serde::{Deserialize, Deserializer};

use crate::case_file::expectation::Expectation;
use crate::case_file::facts::{CaseFact, Story};
use crate::case_file::policy::CasePolicy;
pub use crate::case_file::policy::frozen_kh_current;

/// One story with what is expected of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    name: String,
    policy: CasePolicy,
    facts: Vec<CaseFact>,
    /// The facts of other members, by the label under which a household names them.
    #[serde(default)]
    others: BTreeMap<String, Vec<CaseFact>>,
    expect: Vec<Expectation>,
}

/// What came of one case: its name, and each difference between what it expects and what the kernel answers.
#[derive(Debug)]
pub struct Verdict {
    /// The story in one line.
    pub name: String,
    /// One line a difference; empty when the case passed.
    pub differences: Vec<String>,
}

/// Where the laws are that cases name: a law by its name, or one of its readings.
pub type Shelf<'a> = dyn Fn(&str, Option<&str>) -> Result<Law, String> + Sync + 'a;

/// How many values a case file may have: those of a few hundred thousand cases.
const NODES_MOST: usize = 20_000_000;

/// Reads the cases of a file.
///
/// # Errors
/// The text is no case file; the message names the line and what is wrong.
pub fn read(text: &str) -> Result<Vec<Case>, String> {
    // The reader's own bounds guard against strangers' documents and end at some thousand cases; a generated file has more.
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_nodes: NODES_MOST, max_events: 2 * NODES_MOST },
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| error.to_string())
}

/// Runs every case of a file.
///
/// # Errors
/// The text is no case file, or a case of it contradicts itself; the message says which and what is wrong.
pub fn run(text: &str, shelf: &Shelf<'_>) -> Result<Vec<Verdict>, String> {
    read(text)?.iter().map(|case| case.run(shelf).map_err(|error| format!("case `{}`: {error}", case.name))).collect()
}

impl Case {
    /// The story in one line.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The law that the case names, where it names one.
    pub fn law(&self) -> Option<&str> {
        self.policy.named()
    }

    /// The life that the case tells.
    ///
    /// # Errors
    /// A fact of the case makes no sense; the message says which.
    pub fn timeline(&self) -> Result<Timeline, String> {
        Ok(Story::of(&self.facts, &self.others)?.timeline)
    }

    /// The last day about which the case asks.
    ///
    /// # Errors
    /// The case asks about no day.
    pub fn last_day(&self) -> Result<Day, String> {
        let days: Vec<Day> = self.expect.iter().map(Expectation::day).collect::<Result<_, _>>()?;
        days.into_iter().max().ok_or_else(|| "the case asks about no day".to_owned())
    }

    /// Asks the law every question of the case, and compares.
    ///
    /// # Errors
    /// A day, a label or a value of the case makes no sense; the message says which.
    pub fn run(&self, shelf: &Shelf<'_>) -> Result<Verdict, String> {
        let law = self.policy.law(shelf)?;
        let story = Story::of(&self.facts, &self.others)?;
        let mut differences = Vec::new();
        for expectation in &self.expect {
            expectation.judge(&story, &law, &mut differences)?;
        }
        Ok(Verdict { name: self.name.clone(), differences })
    }
}

/// Tells a key that is given as `null` from one that is not given.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

fn day(text: &str) -> Result<Day, String> {
    text.parse().map_err(|error: krama_law::calendar::BadCalendarText| error.to_string())
}

fn month(text: &str) -> Result<Month, String> {
    text.parse().map_err(|error: krama_law::calendar::BadCalendarText| error.to_string())
}

#[cfg(test)]
mod tests;
