//! What a case expects of one day: the question that it asks, and the keys of the answer.
//!
//! Here the question is put to the law; `compare` holds the answer against what is expected.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use krama_law::answer::Answer;
use krama_law::calendar::{Day, Moment};
use krama_law::decision::{decide, decide_for_stay, doors, explain, least_saving_amount, price_of_months, what_if};
use krama_law::fact::{Fact, Sector};
use krama_law::money::Riel;
use krama_law::notices;
use krama_law::policy::Law;
use krama_law::timeline::Timeline;
use serde::Deserialize;

use crate::case_file::compare::Checks;
use crate::case_file::facts::Story;
use crate::case_file::{day, given, month};
use crate::law_words::Word;

/// A value that is checked when its key is given, also when it is given as `null`.
type OrNull<T> = Option<Option<T>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expectation {
    on: String,
    known: Option<String>,
    stay_started_on: Option<String>,
    r#if: Option<Supposed>,
    pub(super) standing: Option<String>,
    pub(super) cover: Option<Vec<String>>,
    pub(super) cover_from: Option<BTreeMap<String, Option<String>>>,
    pub(super) cover_until: Option<BTreeMap<String, Option<String>>>,
    pub(super) kept: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given")]
    pub(super) since: OrNull<String>,
    pub(super) overdue: Option<u32>,
    pub(super) run: Option<u32>,
    pub(super) on_months: Option<Riel>,
    pub(super) credit: Option<Riel>,
    pub(super) suspense: Option<Riel>,
    pub(super) pot: Option<Riel>,
    pub(super) surcharge: Option<Riel>,
    pub(super) reversed: Option<Riel>,
    pub(super) refunded: Option<Riel>,
    #[serde(default, deserialize_with = "given")]
    pub(super) quote: OrNull<Riel>,
    pub(super) refused: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given")]
    pub(super) last_safe_day: OrNull<String>,
    #[serde(default, deserialize_with = "given")]
    pub(super) last_safe_day_published: OrNull<String>,
    #[serde(default, deserialize_with = "given")]
    pub(super) co_payment: OrNull<ExpectedCoPayment>,
    #[serde(default, deserialize_with = "given")]
    pub(super) holds_until: OrNull<String>,
    #[serde(default, deserialize_with = "given")]
    pub(super) least: OrNull<Riel>,
    pub(super) doors: Option<Vec<ExpectedDoor>>,
    pub(super) steps: Option<Vec<ExpectedStep>>,
    warned: Option<Vec<String>>,
    contributions: Option<ExpectedContributions>,
}

/// What is paid on a wage for the month of the day.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedContributions {
    wage: Riel,
    sector: Option<Word<Sector>>,
    /// Of each branch the contributory wage, and what the employer and the worker pay.
    paid: BTreeMap<String, [Riel; 3]>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectedCoPayment {
    pub(super) months: Option<u16>,
    pub(super) until: Option<String>,
    #[serde(default, deserialize_with = "given")]
    pub(super) ceiling: OrNull<Riel>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectedDoor {
    pub(super) door: String,
    #[serde(default, deserialize_with = "given")]
    pub(super) price: OrNull<Riel>,
    #[serde(default, deserialize_with = "given")]
    pub(super) benefits_from: OrNull<String>,
    #[serde(default, deserialize_with = "given")]
    pub(super) open_until: OrNull<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectedStep {
    pub(super) day: String,
    pub(super) clause: String,
}

/// One more fact that the answer is to suppose; one of the keys says which kind it is.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Supposed {
    enrolled: Option<String>,
    hired: Option<String>,
    sector: Option<Word<Sector>>,
    payment: Option<String>,
    amount: Option<Riel>,
    r#for: Option<String>,
    pays_months: Option<usize>,
}

/// The first instant, not before the end of a day, at which everything is known; what is supposed is learnt then.
fn known_in_the_end(timeline: &Timeline, law: &Law, on: Day) -> Moment {
    let published = law.revisions().iter().map(|revision| revision.published).max();
    timeline.known_through().into_iter().chain(published).fold(Moment::end_of(on), Moment::max)
}

impl Expectation {
    /// Puts the question to the law and notes each difference.
    pub(super) fn judge(&self, story: &Story, law: &Law, differences: &mut Vec<String>) -> Result<(), String> {
        let timeline = &story.timeline;
        let on = day(&self.on)?;
        let known = match self.known.as_deref() {
            Some(known) => Moment::end_of(day(known)?),
            None => known_in_the_end(timeline, law, on),
        };
        let told_of_facts_alone = self.doors.is_none() && self.steps.is_none() && self.least.is_none();
        if !told_of_facts_alone && (self.r#if.is_some() || self.stay_started_on.is_some()) {
            return Err(format!(
                "on {on}: `doors`, `steps` and `least` are told neither of what is supposed nor for a stay"
            ));
        }
        let (answer, told): (Answer, String) = match (&self.r#if, &self.stay_started_on) {
            (Some(_), Some(_)) => return Err(format!("on {on}: `if` and `stay_started_on` cannot go together")),
            (Some(supposed), None) => {
                let fact = supposed.fact(story, law, on, known).map_err(|error| format!("on {on}: if: {error}"))?;
                (what_if(timeline, law, &fact, on, known), format!(" if {}", told(&fact)))
            }
            (None, Some(began)) => {
                let began = day(began)?;
                (decide_for_stay(timeline, law, on, known, began), format!(" for a stay from {began}"))
            }
            (None, None) => (decide(timeline, law, on, known), String::new()),
        };
        let mut checks = Checks::new(self.preamble(&told), differences);
        self.compare(&answer, &mut checks);
        if let Some(least) = self.least {
            checks.amount_or_null("least", Some(least), least_saving_amount(timeline, law, on, known));
        }
        if let Some(wanted) = &self.doors {
            checks.doors(wanted, &doors(timeline, law, on, known));
        }
        if let Some(wanted) = &self.steps {
            checks.steps(wanted, &explain(timeline, law, on, known).steps);
        }
        if let Some(wanted) = &self.warned {
            checks.days("warned", wanted, &warned_on(timeline, law, on, known));
        }
        if let Some(wanted) = &self.contributions {
            let revisions = law.as_known(known);
            let sector = wanted.sector.map_or(Sector::Private, |word| word.0);
            let got = revisions.on(on).wage_contributions(sector, wanted.wage, on.month());
            checks.contributions(&wanted.paid, &got);
        }
        Ok(())
    }

    /// The day about which is asked.
    pub(super) fn day(&self) -> Result<Day, String> {
        day(&self.on)
    }

    /// Which question it was, as each difference begins.
    fn preamble(&self, told: &str) -> String {
        let mut line = format!("on {}", self.on);
        if let Some(known) = &self.known {
            // Writing to a text cannot fail.
            let _ = write!(line, " as known on {known}");
        }
        line + told
    }
}

/// The days, up to one, on which a member is warned who is looked at every day.
fn warned_on(timeline: &Timeline, law: &Law, on: Day, known: Moment) -> Vec<Day> {
    let first = timeline.facts().iter().map(|recorded| recorded.known.day()).min().unwrap_or(on);
    let (mut days, mut stood, mut warned) = (Vec::new(), None, None);
    for today in (0..=on.0 - first.0).map(|ahead| first.plus(ahead)) {
        let known = Moment::end_of(today).min(known);
        let answer = decide(timeline, law, today, known);
        let rules = &law.as_known(known).on(today).notices;
        if let Some(due) = notices::due(rules, answer.last_safe_day, (stood, answer.standing), warned, today) {
            days.push(today);
            warned = Some(due.warned);
        }
        stood = Some(answer.standing);
    }
    days
}

impl Supposed {
    fn fact(&self, story: &Story, law: &Law, on: Day, known: Moment) -> Result<Fact, String> {
        let keys = [self.enrolled.is_some(), self.hired.is_some(), self.payment.is_some(), self.pays_months.is_some()];
        if keys.iter().filter(|key| **key).count() != 1 {
            return Err("exactly one of `enrolled`, `hired`, `payment` and `pays_months` is supposed".to_owned());
        }
        if let Some(text) = &self.hired {
            let sector = self.sector.map_or(Sector::Private, |word| word.0);
            Ok(Fact::Hired { employment: story.another_job, sector, from: day(text)?, until: None })
        } else if let Some(text) = &self.enrolled {
            Ok(Fact::Enrolled { on: day(text)? })
        } else if let Some(text) = &self.payment {
            let amount = self.amount.ok_or("`amount` is missing")?;
            Ok(Fact::Payment { on: day(text)?, amount, month: self.r#for.as_deref().map(month).transpose()? })
        } else {
            let count = self.pays_months.unwrap_or(0);
            let months = price_of_months(&story.timeline, law, on, known, count);
            Ok(Fact::Payment { on, amount: months.iter().map(|(_, price)| price).sum(), month: None })
        }
    }
}

/// What is supposed, in words.
fn told(fact: &Fact) -> String {
    if let Fact::Payment { on, amount, .. } = fact {
        format!("{amount} is paid on {on}")
    } else if let Fact::Hired { from, .. } = fact {
        format!("hired on {from}")
    } else {
        "enrolled".to_owned()
    }
}
