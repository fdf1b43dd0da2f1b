//! The values of the ways back: the terms of a return by paying, what is borne of a bill after it, and amnesties; and what
//! is charged for paying late, which is written as they are.
//!
//! Absent: bars and entitlements, which are plain numbers and lists.

use krama_law::money::{Rate, Riel};
use krama_law::policy::{Amnesty, BackPayment, CoPaymentRule, Instalments, LateCharge};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml_edit::Item;

use crate::policy_file::values::{MONTHS_MOST, RIEL_MOST, counted, day, in_range, list, parsed, quoted, riel};

/// The terms of a return by paying what is owed, or `none`.
pub(in crate::policy_file) struct Terms;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TermsTable {
    /// The penalty a month, as a text, so that it stays an exact decimal.
    penalty: String,
    #[serde(default)]
    compound: bool,
    cap_months: Option<u16>,
    refuse_older_months: Option<u16>,
    #[serde(default)]
    plus_current: bool,
    #[serde(default)]
    flat_riel: Riel,
    #[serde(default)]
    waiting_months: u16,
    max_payments: Option<u16>,
    instalments_from_months: Option<u16>,
}

impl TermsTable {
    fn terms(&self) -> Result<BackPayment, String> {
        in_range("flat_riel ", self.flat_riel, 0, RIEL_MOST)?;
        in_range("cap_months ", self.cap_months.unwrap_or(1), 1, MONTHS_MOST)?;
        in_range("refuse_older_months ", self.refuse_older_months.unwrap_or(1), 1, MONTHS_MOST)?;
        in_range("waiting_months ", self.waiting_months, 0, 120)?;
        in_range("max_payments ", self.max_payments.unwrap_or(1), 1, MONTHS_MOST)?;
        in_range("instalments_from_months ", self.instalments_from_months.unwrap_or(1), 1, MONTHS_MOST)?;
        let from_months = self.instalments_from_months.unwrap_or(0);
        if self.max_payments.is_none() && from_months > 0 {
            return Err("has instalments_from_months without max_payments; it should have both".to_owned());
        }
        Ok(BackPayment {
            penalty: rate("penalty", &self.penalty)?,
            compound: self.compound,
            cap_months: self.cap_months,
            refuse_older_months: self.refuse_older_months,
            plus_current: self.plus_current,
            flat: self.flat_riel,
            waiting_months: self.waiting_months,
            instalments: self.max_payments.map(|most| Instalments { most, from_months }),
        })
    }
}

impl Terms {
    pub(in crate::policy_file) fn read(&self, item: &Item) -> Result<Option<BackPayment>, String> {
        or_none::<TermsTable>(item)?.map(|table| table.terms()).transpose()
    }

    pub(in crate::policy_file) fn write(&self, terms: &Option<BackPayment>) -> String {
        let Some(terms) = terms else { return quoted("none") };
        let mut parts = vec![format!("penalty = {}", quoted(&terms.penalty.to_string()))];
        parts.extend(terms.compound.then(|| "compound = true".to_owned()));
        parts.extend(terms.cap_months.map(|months| format!("cap_months = {months}")));
        parts.extend(terms.refuse_older_months.map(|months| format!("refuse_older_months = {months}")));
        parts.extend(terms.plus_current.then(|| "plus_current = true".to_owned()));
        parts.extend((terms.flat != 0).then(|| format!("flat_riel = {}", terms.flat)));
        parts.extend((terms.waiting_months != 0).then(|| format!("waiting_months = {}", terms.waiting_months)));
        if let Some(Instalments { most, from_months }) = terms.instalments {
            parts.push(format!("max_payments = {most}"));
            parts.extend((from_months > 0).then(|| format!("instalments_from_months = {from_months}")));
        }
        format!("{{ {} }}", parts.join(", "))
    }

    pub(in crate::policy_file) fn say(&self, terms: &Option<BackPayment>) -> String {
        let Some(terms) = terms else { return "there is no such way".to_owned() };
        let asked = match terms.cap_months {
            Some(months) => format!("at most the newest {} owed", counted(months, "months")),
            None => "every month owed".to_owned(),
        };
        let kind = if terms.compound { ", compound" } else { "" };
        let mut parts = vec![asked, format!("a penalty of {} a month started{kind}", percent(terms.penalty))];
        parts.extend(terms.refuse_older_months.map(|months| format!("none older than {}", counted(months, "months"))));
        parts.extend(terms.plus_current.then(|| "the current month as well".to_owned()));
        parts.extend((terms.flat != 0).then(|| format!("a fee of {}", riel(terms.flat))));
        let waiting = counted(terms.waiting_months, "months");
        parts.extend((terms.waiting_months != 0).then(|| format!("{waiting} without voluntary cover afterwards")));
        if let Some(Instalments { most, from_months }) = terms.instalments {
            let who = if from_months > 0 {
                format!(", for who owes {} or more, and else in one", counted(from_months, "months"))
            } else {
                String::new()
            };
            parts.push(format!("in at most {}{who}", counted(most, "payments")));
        }
        parts.join("; ")
    }
}

/// What is charged for paying late, or `none`.
pub(in crate::policy_file) struct Charge;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChargeTable {
    /// The part a month, as a text, so that it stays an exact decimal.
    penalty: String,
    #[serde(default)]
    compound: bool,
}

impl Charge {
    pub(in crate::policy_file) fn read(&self, item: &Item) -> Result<Option<LateCharge>, String> {
        let Some(table) = or_none::<ChargeTable>(item)? else { return Ok(None) };
        Ok(Some(LateCharge { penalty: rate("penalty", &table.penalty)?, compound: table.compound }))
    }

    pub(in crate::policy_file) fn write(&self, charge: &Option<LateCharge>) -> String {
        let Some(charge) = charge else { return quoted("none") };
        let compound = if charge.compound { ", compound = true" } else { "" };
        format!("{{ penalty = {}{compound} }}", quoted(&charge.penalty.to_string()))
    }

    pub(in crate::policy_file) fn say(&self, charge: &Option<LateCharge>) -> String {
        let Some(charge) = charge else { return "nothing".to_owned() };
        let kind = if charge.compound { ", compound" } else { "" };
        format!("{} of it for each month started{kind}", percent(charge.penalty))
    }
}

/// What is borne of a bill after a return, or `none`.
pub(in crate::policy_file) struct CoPayment;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CoPaymentTable {
    days: u16,
    /// The part of a bill for each month, as a text, so that it stays an exact decimal.
    rate: String,
    max_months: u16,
    ceiling_riel: Option<Riel>,
}

impl CoPayment {
    pub(in crate::policy_file) fn read(&self, item: &Item) -> Result<Option<CoPaymentRule>, String> {
        let Some(table) = or_none::<CoPaymentTable>(item)? else { return Ok(None) };
        in_range("days ", table.days, 1, 3_660)?;
        in_range("max_months ", table.max_months, 1, 120)?;
        in_range("ceiling_riel ", table.ceiling_riel.unwrap_or(1), 1, RIEL_MOST)?;
        let rate = rate("rate", &table.rate)?;
        Ok(Some(CoPaymentRule { days: table.days, rate, max_months: table.max_months, ceiling: table.ceiling_riel }))
    }

    pub(in crate::policy_file) fn write(&self, rule: &Option<CoPaymentRule>) -> String {
        let Some(rule) = rule else { return quoted("none") };
        let (days, rate, months) = (rule.days, quoted(&rule.rate.to_string()), rule.max_months);
        let ceiling = rule.ceiling.map_or_else(String::new, |ceiling| format!(", ceiling_riel = {ceiling}"));
        format!("{{ days = {days}, rate = {rate}, max_months = {months}{ceiling} }}")
    }

    pub(in crate::policy_file) fn say(&self, rule: &Option<CoPaymentRule>) -> String {
        let Some(rule) = rule else { return "nothing".to_owned() };
        let ceiling = rule.ceiling.map_or_else(String::new, |ceiling| format!(" and at most {}", riel(ceiling)));
        let (part, days) = (percent(rule.rate), counted(rule.days, "days"));
        let months = counted(rule.max_months, "months");
        format!("for {days}, {part} of a bill for each month that was owed, counting at most {months}{ceiling}")
    }
}

/// Doors that are open between two dates.
pub(in crate::policy_file) struct Amnesties;

impl Amnesties {
    pub(in crate::policy_file) fn read(&self, item: &Item) -> Result<Vec<Amnesty>, String> {
        let mut amnesties = Vec::new();
        let value = item.clone().into_value().map_err(|_| "has no value".to_owned())?;
        let tables = value.as_array().ok_or("should be a list of tables, such as [{ from = ..., until = ... }]")?;
        for table in tables {
            amnesties.push(amnesty(&Item::Value(table.clone()))?);
        }
        amnesties.sort_by_key(|amnesty| amnesty.from);
        match amnesties.windows(2).find(|pair| pair[1].from <= pair[0].until) {
            Some(pair) => Err(format!(
                "has overlapping amnesties: one until {} and one from {}; the second should begin later",
                pair[0].until, pair[1].from
            )),
            None => Ok(amnesties),
        }
    }

    pub(in crate::policy_file) fn write(&self, amnesties: &[Amnesty]) -> String {
        list(amnesties.iter().map(|amnesty| {
            let (from, until) = (quoted(&amnesty.from.to_string()), quoted(&amnesty.until.to_string()));
            let terms = Terms.write(&amnesty.back_payment);
            let open = amnesty.re_enrolment;
            format!("{{ from = {from}, until = {until}, back_payment = {terms}, re_enrolment = {open} }}")
        }))
    }

    pub(in crate::policy_file) fn say(&self, amnesties: &[Amnesty]) -> String {
        let said = amnesties.iter().map(|amnesty| {
            let mut doors = Vec::new();
            doors.extend(amnesty.re_enrolment.then(|| "enrolling again in spite of the bar".to_owned()));
            let paying = amnesty.back_payment.is_some();
            doors.extend(paying.then(|| format!("paying back ({})", Terms.say(&amnesty.back_payment))));
            format!("from {} to {}: {}", amnesty.from, amnesty.until, doors.join(", and "))
        });
        let said: Vec<String> = said.collect();
        if said.is_empty() { "none".to_owned() } else { said.join("; ") }
    }
}

fn amnesty(item: &Item) -> Result<Amnesty, String> {
    const KEYS: [&str; 4] = ["from", "until", "back_payment", "re_enrolment"];
    let table = item.as_table_like().ok_or("should be a list of tables, such as [{ from = ..., until = ... }]")?;
    if let Some((key, _)) = table.iter().find(|(key, _)| !KEYS.contains(key)) {
        return Err(format!("has an amnesty with the unknown key `{key}`; it should be one of: {}", KEYS.join(", ")));
    }
    let get = |key: &str| table.get(key).ok_or_else(|| format!("has an amnesty without `{key}`"));
    let (from, until): (String, String) = (parsed(get("from")?)?, parsed(get("until")?)?);
    let (from, until) = (day(&from)?, day(&until)?);
    if until < from {
        return Err(format!("has an amnesty from {from} that cannot end on {until}"));
    }
    let (back_payment, re_enrolment) = (Terms.read(get("back_payment")?)?, parsed::<bool>(get("re_enrolment")?)?);
    if back_payment.is_none() && !re_enrolment {
        return Err(format!("has an amnesty from {from} that opens no door"));
    }
    Ok(Amnesty { from, until, back_payment, re_enrolment })
}

/// A table, or the word `none`, which says that the law has no such rule.
fn or_none<T: DeserializeOwned>(item: &Item) -> Result<Option<T>, String> {
    match item.as_str() {
        Some("none") => Ok(None),
        Some(word) => Err(format!("is {word:?}; it should be a table, or \"none\"")),
        None => parsed(item).map(Some),
    }
}

/// A part of a whole, at most all of it.
pub(super) fn rate(key: &str, text: &str) -> Result<Rate, String> {
    let rate: Rate = text.parse().map_err(|error| format!("has a {key} that cannot be read: {error}"))?;
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let at_most_one = match whole.trim_start_matches('0') {
        "" => true,
        "1" => decimals.bytes().all(|digit| digit == b'0'),
        _ => false,
    };
    if at_most_one {
        Ok(rate)
    } else {
        Err(format!("has {key} = {text:?}; it should lie between 0 and 1, as 0.01 for 1 %"))
    }
}

/// A rate as people say it.
pub(super) fn percent(rate: Rate) -> String {
    let text = rate.to_string();
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
    let digits = format!("{whole}{decimals:0<2}");
    let (whole, rest) = digits.split_at(whole.len() + 2);
    let whole = whole.trim_start_matches('0');
    let (whole, rest) = (if whole.is_empty() { "0" } else { whole }, rest.trim_end_matches('0'));
    if rest.is_empty() { format!("{whole} %") } else { format!("{whole}.{rest} %") }
}
