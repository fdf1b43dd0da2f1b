//! The rates of contributions on wages: branch by branch, each from its day on.
//!
//! Absent: what comes of them for a wage.

use krama_law::money::Riel;
use krama_law::policy::{Branch, WageBase, WageRate};
use toml_edit::Item;

use crate::law_words::{RateTable, Worded};
use crate::policy_file::values::ways_back::{percent, rate};
use crate::policy_file::values::{RIEL_MOST, in_range, list, parsed, quoted, riel};

/// The rates of all branches and sectors.
pub(in crate::policy_file) struct WageRates;

/// A rate of a document, with its numbers in their ranges.
fn sound(table: &RateTable) -> Result<WageRate, String> {
    for (key, part) in [("employer", &table.employer), ("worker", &table.worker)] {
        rate(key, part)?;
    }
    let (floor, ceiling) = (table.floor_riel.unwrap_or(0), table.ceiling_riel.unwrap_or(RIEL_MOST));
    in_range("floor_riel ", floor, 0, RIEL_MOST)?;
    in_range("ceiling_riel ", ceiling, floor.max(1), RIEL_MOST)?;
    let Some(ranks) = &table.ranks_riel else { return table.rate() };
    if table.floor_riel.is_some() || table.ceiling_riel.is_some() {
        return Err("has ranks_riel beside a floor or a ceiling; the first and the last rank are those".to_owned());
    }
    if ranks.len() < 2 || ranks.windows(2).any(|pair| pair[1] <= pair[0]) {
        return Err("has ranks_riel that should be two bounds or more, each above the one before".to_owned());
    }
    for bound in ranks {
        in_range("ranks_riel ", *bound, 0, RIEL_MOST)?;
    }
    table.rate()
}

impl WageRates {
    pub(in crate::policy_file) fn read(&self, item: &Item) -> Result<Vec<WageRate>, String> {
        let tables: Vec<RateTable> = parsed(item)?;
        let mut rates: Vec<WageRate> = tables.iter().map(sound).collect::<Result<_, _>>()?;
        let place =
            |rate: &WageRate| (rate.sector, Branch::ALL.iter().position(|branch| *branch == rate.branch), rate.from);
        rates.sort_by_key(place);
        match rates.windows(2).find(|pair| place(&pair[0]) == place(&pair[1])) {
            Some(twice) => Err(format!(
                "has two rates of {} in the {} sector {}; a later one should begin on a later day",
                twice[0].branch.said(),
                twice[0].sector.said(),
                began(&twice[0])
            )),
            None => Ok(rates),
        }
    }

    pub(in crate::policy_file) fn write(&self, rates: &[WageRate]) -> String {
        list(rates.iter().map(|rate| {
            let mut parts = vec![
                format!("sector = {}", quoted(rate.sector.word())),
                format!("branch = {}", quoted(rate.branch.word())),
            ];
            parts.extend(rate.from.map(|from| format!("from = {}", quoted(&from.to_string()))));
            parts.push(format!("employer = {}", quoted(&rate.employer.to_string())));
            parts.push(format!("worker = {}", quoted(&rate.worker.to_string())));
            match &rate.base {
                WageBase::Between { floor, ceiling } => {
                    parts.extend((*floor != 0).then(|| format!("floor_riel = {floor}")));
                    parts.extend(ceiling.map(|ceiling| format!("ceiling_riel = {ceiling}")));
                }
                WageBase::Ranks(bounds) => {
                    parts.push(format!("ranks_riel = {}", list(bounds.iter().map(ToString::to_string))));
                }
            }
            parts.push(format!("rounding = {}", quoted(rate.rounding.word())));
            format!("{{ {} }}", parts.join(", "))
        }))
    }

    pub(in crate::policy_file) fn say(&self, rates: &[WageRate]) -> String {
        let said: Vec<String> = rates.iter().map(said).collect();
        if said.is_empty() { "nothing is said".to_owned() } else { said.join("; ") }
    }
}

/// What a branch is called.
pub fn branch_name(branch: Branch) -> &'static str {
    branch.said()
}

fn began(rate: &WageRate) -> String {
    rate.from.map_or_else(|| "without a day".to_owned(), |from| format!("from {from}"))
}

fn said(rate: &WageRate) -> String {
    let base = match &rate.base {
        WageBase::Between { floor: 0, ceiling: None } => "the wage".to_owned(),
        WageBase::Between { floor, ceiling: None } => format!("the wage, at least {}", riel(*floor)),
        WageBase::Between { floor, ceiling: Some(ceiling) } => {
            format!("the wage, at least {} and at most {}", riel(*floor), riel(*ceiling))
        }
        WageBase::Ranks(bounds) => {
            let bound = |bound: Option<&Riel>| riel(bound.copied().unwrap_or(0));
            format!(
                "the middle of its rank among {} from {} to {}",
                bounds.len() - 1,
                bound(bounds.first()),
                bound(bounds.last())
            )
        }
    };
    format!(
        "{} ({}, {}): {} by the employer and {} by the worker of {base}, {}",
        rate.branch.said(),
        rate.sector.word(),
        began(rate),
        percent(rate.employer),
        percent(rate.worker),
        rate.rounding.said()
    )
}
