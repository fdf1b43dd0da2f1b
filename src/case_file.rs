//! Case files: stories with their expected answers, as lawyers write them, read and judged by the kernel.
//!
//! The format is told in `docs/cases.md`. A case runs against the law alone: no server, no storage. Absent on
//! purpose: tolerance; a key that the format does not know is an error, since a misspelt expectation would pass.

mod facts;
mod policy;

use std::fmt::Write as _;

use krama_law::answer::{Answer, EnrolmentRefusal, Scheme, Standing};
use krama_law::calendar::{Day, Moment, Month};
use krama_law::decision::decide;
use krama_law::money::Riel;
use serde::{Deserialize, Deserializer};

use crate::case_file::facts::{CaseFact, timeline};
use crate::case_file::policy::CasePolicy;
pub use crate::case_file::policy::frozen_kh_current;

/// What came of one case: its name, and each difference between what it expects and what the kernel answers.
#[derive(Debug)]
pub struct Verdict {
    /// The story in one line.
    pub name: String,
    /// One line a difference; empty when the case passed.
    pub differences: Vec<String>,
}

/// Runs every case of a file.
///
/// # Errors
/// The text is no case file; the message names the line or the case and what is wrong.
pub fn run(text: &str) -> Result<Vec<Verdict>, String> {
    let cases: Vec<Case> = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
    cases.iter().map(|case| case.run().map_err(|error| format!("case `{}`: {error}", case.name))).collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    policy: CasePolicy,
    facts: Vec<CaseFact>,
    expect: Vec<Expectation>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expectation {
    on: String,
    known: Option<String>,
    standing: Option<String>,
    cover: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given")]
    since: Option<Option<String>>,
    overdue: Option<u32>,
    run: Option<u32>,
    credit: Option<Riel>,
    suspense: Option<Riel>,
    pot: Option<Riel>,
    #[serde(default, deserialize_with = "given")]
    quote: Option<Option<Riel>>,
    refused: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given")]
    last_safe_day: Option<Option<String>>,
}

/// Tells a key that is given as `null` from one that is not given.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl Case {
    fn run(&self) -> Result<Verdict, String> {
        let law = self.policy.law()?;
        let timeline = timeline(&self.facts)?;
        let mut differences = Vec::new();
        for expectation in &self.expect {
            let on = day(&expectation.on)?;
            let known = expectation.known.as_deref().map(day).transpose()?.map_or(Moment::MAX, Moment::end_of);
            let answer = decide(&timeline, &law, on, known);
            expectation.compare(&answer, &mut differences);
        }
        Ok(Verdict { name: self.name.clone(), differences })
    }
}

impl Expectation {
    fn compare(&self, answer: &Answer, differences: &mut Vec<String>) {
        let mut check = |key: &str, wanted: Option<String>, got: String| {
            if let Some(wanted) = wanted.filter(|wanted| *wanted != got) {
                let mut line = format!("on {}", self.on);
                if let Some(known) = &self.known {
                    let _ = write!(line, " as known on {known}");
                }
                let _ = write!(line, ": {key} should be {wanted}, is {got}");
                differences.push(line);
            }
        };
        let or_null = |value: Option<String>| value.unwrap_or_else(|| "null".to_owned());
        let mut wanted_cover = self.cover.clone();
        if let Some(cover) = &mut wanted_cover {
            cover.sort_unstable();
        }
        let mut cover: Vec<&str> = answer.covers.iter().map(|cover| scheme_name(cover.scheme)).collect();
        cover.sort_unstable();
        let refused: Vec<&str> = answer.refused.iter().map(|(_, reason)| refusal_name(*reason)).collect();
        check("standing", self.standing.clone(), standing_name(answer.standing).to_owned());
        check("cover", wanted_cover.map(|cover| cover.join(", ")), cover.join(", "));
        check("since", self.since.clone().map(or_null), or_null(answer.since.map(|day| day.to_string())));
        check("overdue", self.overdue.map(|n| n.to_string()), answer.overdue.to_string());
        check("run", self.run.map(|n| n.to_string()), answer.run.to_string());
        check("credit", self.credit.map(|n| n.to_string()), answer.money.credit.to_string());
        check("suspense", self.suspense.map(|n| n.to_string()), answer.money.suspense.to_string());
        check("pot", self.pot.map(|n| n.to_string()), answer.money.pot.to_string());
        let quote = answer.back_payment_price.map(|n| n.to_string());
        check("quote", self.quote.map(|quote| or_null(quote.map(|n| n.to_string()))), or_null(quote));
        check("refused", self.refused.as_ref().map(|refused| refused.join(", ")), refused.join(", "));
        let last_safe_day = answer.last_safe_day.map(|day| day.to_string());
        check("last_safe_day", self.last_safe_day.clone().map(or_null), or_null(last_safe_day));
    }
}

fn day(text: &str) -> Result<Day, String> {
    text.parse().map_err(|error: krama_law::calendar::BadCalendarText| error.to_string())
}

fn month(text: &str) -> Result<Month, String> {
    text.parse().map_err(|error: krama_law::calendar::BadCalendarText| error.to_string())
}

fn standing_name(standing: Standing) -> &'static str {
    match standing {
        Standing::Closed => "CLOSED",
        Standing::Employed => "EMPLOYED",
        Standing::Abandoned => "ABANDONED",
        Standing::NotEnrolled => "NOT_ENROLLED",
        Standing::LapsePending => "LAPSE_PENDING",
        Standing::InArrears => "IN_ARREARS",
        Standing::Current => "CURRENT",
    }
}

fn scheme_name(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Voluntary => "VOLUNTARY",
        Scheme::Formal => "FORMAL",
        Scheme::RunOff => "RUN_OFF",
        Scheme::Assistance => "ASSISTANCE",
    }
}

fn refusal_name(reason: EnrolmentRefusal) -> &'static str {
    match reason {
        EnrolmentRefusal::Deceased => "DECEASED",
        EnrolmentRefusal::FormallyEmployed => "FORMALLY_EMPLOYED",
        EnrolmentRefusal::VoluntaryAbandoned => "VOLUNTARY_ABANDONED",
        EnrolmentRefusal::AlreadyEnrolled => "ALREADY_ENROLLED",
    }
}
