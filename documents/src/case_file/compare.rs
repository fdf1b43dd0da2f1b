//! Holds an answer against what a case expects of it: only the keys that are given, one line a difference.
//!
//! Both sides are brought to one text before they are compared, so that a difference reads as it is written in a case.

use std::collections::BTreeMap;
use std::fmt::Display;

use krama_law::answer::{Answer, Cover, Door};
use krama_law::calendar::Day;
use krama_law::explanation::Step;
use krama_law::money::Riel;
use krama_law::policy::WageContribution;

use crate::case_file::expectation::{Expectation, ExpectedCoPayment, ExpectedDoor, ExpectedStep};
use crate::case_file::words;
use crate::law_words::Worded;

/// How many steps a difference shows.
const STEPS_SHOWN: usize = 12;

/// The differences of one expectation.
pub(super) struct Checks<'a> {
    preamble: String,
    differences: &'a mut Vec<String>,
}

impl Checks<'_> {
    pub(super) fn new(preamble: String, differences: &mut Vec<String>) -> Checks<'_> {
        Checks { preamble, differences }
    }

    fn texts(&mut self, key: &str, wanted: Option<String>, got: &str) {
        if let Some(wanted) = wanted.filter(|wanted| wanted != got) {
            self.differences.push(format!("{}: {key} should be {wanted}, is {got}", self.preamble));
        }
    }

    fn number<T: Display>(&mut self, key: &str, wanted: Option<T>, got: T) {
        self.texts(key, wanted.map(|wanted| wanted.to_string()), &got.to_string());
    }

    fn day_or_null(&mut self, key: &str, wanted: Option<&Option<String>>, got: Option<Day>) {
        self.texts(key, wanted.cloned().map(or_null), &or_null(got));
    }

    pub(super) fn days(&mut self, key: &str, wanted: &[String], got: &[Day]) {
        let got: Vec<String> = got.iter().map(ToString::to_string).collect();
        self.texts(key, Some(wanted.join(", ")), &got.join(", "));
    }

    pub(super) fn amount_or_null(&mut self, key: &str, wanted: Option<Option<Riel>>, got: Option<Riel>) {
        self.texts(key, wanted.map(or_null), &or_null(got));
    }

    /// Names in any order.
    fn set(&mut self, key: &str, wanted: Option<&Vec<String>>, mut got: Vec<&str>) {
        got.sort_unstable();
        let sorted = |wanted: &Vec<String>| {
            let mut wanted = wanted.clone();
            wanted.sort_unstable();
            wanted.join(", ")
        };
        self.texts(key, wanted.map(sorted), &got.join(", "));
    }

    /// A day of some covers, each by its scheme.
    fn of_covers(
        &mut self,
        key: &str,
        wanted: Option<&BTreeMap<String, Option<String>>>,
        covers: &[Cover],
        get: fn(&Cover) -> Option<Day>,
    ) {
        for (scheme, day) in wanted.into_iter().flatten() {
            let cover = covers.iter().find(|cover| words::scheme(cover.scheme) == scheme);
            let got = cover.map_or_else(|| "no cover".to_owned(), |cover| or_null(get(cover)));
            self.texts(&format!("{key} of {scheme}"), Some(or_null(day.clone())), &got);
        }
    }

    fn co_payment(&mut self, wanted: Option<&Option<ExpectedCoPayment>>, answer: &Answer) {
        let (wanted, got) = match (wanted, answer.co_payment) {
            (None, _) => return,
            (Some(None), None) => return,
            (Some(None), Some(duty)) => {
                return self.texts("co_payment", Some(or_null(None::<Riel>)), &format!("until {}", duty.until));
            }
            (Some(Some(_)), None) => {
                return self.texts("co_payment", Some("a duty".to_owned()), &or_null(None::<Riel>));
            }
            (Some(Some(wanted)), Some(duty)) => (wanted, duty),
        };
        self.number("co_payment.months", wanted.months, got.months);
        self.texts("co_payment.until", wanted.until.clone(), &got.until.to_string());
        self.amount_or_null("co_payment.ceiling", wanted.ceiling, got.ceiling);
    }

    /// All branches that have a rate.
    pub(super) fn contributions(&mut self, wanted: &BTreeMap<String, [Riel; 3]>, got: &[WageContribution]) {
        let told = |branch: &str, amounts: &[Riel; 3]| format!("{branch} {amounts:?}");
        let wanted: Vec<String> = wanted.iter().map(|(branch, amounts)| told(branch, amounts)).collect();
        let told = got.iter().map(|paid| told(paid.branch.word(), &[paid.base, paid.employer, paid.worker]));
        let mut got: Vec<String> = told.collect();
        got.sort_unstable();
        self.texts("contributions", Some(wanted.join(", ")), &got.join(", "));
    }

    /// All doors in their order; of each only what is asked.
    pub(super) fn doors(&mut self, wanted: &[ExpectedDoor], got: &[Door]) {
        let names: Vec<&str> = wanted.iter().map(|door| door.door.as_str()).collect();
        let got_names: Vec<&str> = got.iter().map(|door| words::door(door.kind)).collect();
        self.texts("doors", Some(names.join(", ")), &got_names.join(", "));
        for wanted in wanted {
            let name = &wanted.door;
            let Some(door) = got.iter().find(|door| words::door(door.kind) == name) else { continue };
            self.amount_or_null(&format!("price of {name}"), wanted.price, door.price);
            self.day_or_null(&format!("benefits_from of {name}"), wanted.benefits_from.as_ref(), door.benefits_from);
            self.day_or_null(&format!("open_until of {name}"), wanted.open_until.as_ref(), door.open_until);
        }
    }

    /// Steps that must be among those of the answer, in this order; others may stand between them.
    pub(super) fn steps(&mut self, wanted: &[ExpectedStep], got: &[Step]) {
        let mut rest = got.iter();
        for wanted in wanted {
            let before = rest.clone();
            let found =
                rest.any(|step| step.day.to_string() == wanted.day && words::clause(&step.clause) == wanted.clause);
            if found {
                continue;
            }
            let name = |step: &Step| format!("{} {}", step.day, words::clause(&step.clause));
            let mut left: Vec<String> = before.clone().take(STEPS_SHOWN).map(name).collect();
            if before.len() > STEPS_SHOWN {
                left.push("...".to_owned());
            }
            let left = if left.is_empty() { "nothing".to_owned() } else { left.join(", ") };
            self.differences.push(format!(
                "{}: steps should go on to {} {}, and hold {left}",
                self.preamble, wanted.day, wanted.clause
            ));
            // What comes after a step that is missing would only be missing too.
            return;
        }
    }
}

impl Expectation {
    /// Compares what the answer itself holds.
    pub(super) fn compare(&self, answer: &Answer, checks: &mut Checks<'_>) {
        let covers = &answer.covers;
        let schemes = |kept_only: bool| {
            let some = covers.iter().filter(|cover| cover.kept || !kept_only);
            some.map(|cover| words::scheme(cover.scheme)).collect()
        };
        checks.texts("standing", self.standing.clone(), words::standing(answer.standing));
        checks.set("cover", self.cover.as_ref(), schemes(false));
        checks.set("kept", self.kept.as_ref(), schemes(true));
        checks.of_covers("cover_from", self.cover_from.as_ref(), covers, |cover| Some(cover.from));
        checks.of_covers("cover_until", self.cover_until.as_ref(), covers, |cover| cover.until);
        checks.day_or_null("since", self.since.as_ref(), answer.since);
        checks.number("overdue", self.overdue, answer.overdue);
        checks.number("run", self.run, answer.run);
        let money = answer.money;
        checks.number("on_months", self.on_months, money.on_months);
        checks.number("credit", self.credit, money.credit);
        checks.number("suspense", self.suspense, money.suspense);
        checks.number("pot", self.pot, money.pot);
        checks.number("surcharge", self.surcharge, money.surcharge);
        checks.number("reversed", self.reversed, money.reversed);
        checks.number("refunded", self.refunded, money.refunded);
        checks.amount_or_null("quote", self.quote, answer.back_payment_price);
        let refused: Vec<&str> = answer.refused.iter().map(|(_, reason)| words::refusal(*reason)).collect();
        checks.texts("refused", self.refused.as_ref().map(|refused| refused.join(", ")), &refused.join(", "));
        checks.day_or_null("last_safe_day", self.last_safe_day.as_ref(), answer.last_safe_day);
        let published = self.last_safe_day_published.as_ref();
        checks.day_or_null("last_safe_day_published", published, answer.last_safe_day_published);
        checks.co_payment(self.co_payment.as_ref(), answer);
        checks.day_or_null("holds_until", self.holds_until.as_ref(), answer.holds_until);
    }
}

fn or_null<T: Display>(value: Option<T>) -> String {
    value.map_or_else(|| "null".to_owned(), |value| value.to_string())
}
