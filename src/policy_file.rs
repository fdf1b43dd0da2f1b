//! Law documents: TOML on one side, `krama_law::policy` on the other, strict in between.
//!
//! A law is a folder, a revision a file named by its effective day. An unknown field, a field without a source, a
//! source without a field, and a number out of range are errors that name the file, the line where TOML knows it,
//! and what would be right. Absent: any opinion on what a good law is.

use std::fs;
use std::path::{Path, PathBuf};

use krama_law::calendar::{Day, Moment};
use krama_law::policy::{BackPayment, Bar, Entitlement, LapseCondition, Law, OnHoliday, Published, Revision, Source};
use serde::Deserialize;

use crate::law_words::{EffectiveWord, EntitlementLimb, LapseLimb, LevelWord, LossWord, SpellWord};

/// A law document that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", file.display())]
pub struct BadPolicy {
    /// The document or folder.
    pub file: PathBuf,
    /// What is wrong with it, with the line where it is known.
    pub problem: String,
}

/// Reads every revision in the folder of a law. All of them count as published before the ledger began.
///
/// # Errors
/// The folder has no document, or one of them cannot be used.
pub fn read_law(folder: &Path) -> Result<Law, BadPolicy> {
    let bad = |file: &Path, problem: String| BadPolicy { file: file.to_owned(), problem };
    let entries = fs::read_dir(folder).map_err(|error| bad(folder, format!("the folder cannot be read: {error}")))?;
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    let mut revisions = Vec::new();
    let mut name: Option<String> = None;
    for file in &files {
        let text = fs::read_to_string(file).map_err(|error| bad(file, error.to_string()))?;
        let document: Document = toml::from_str(&text).map_err(|error| bad(file, error.to_string()))?;
        if file.file_stem().is_none_or(|stem| stem.to_string_lossy() != document.effective) {
            return Err(bad(
                file,
                format!("the file should be named {}.toml, by its effective day", document.effective),
            ));
        }
        if name.get_or_insert_with(|| document.law.clone()) != &document.law {
            return Err(bad(file, format!("law `{}` differs from the other documents of the folder", document.law)));
        }
        let revision = document.revision().map_err(|problem| bad(file, problem))?;
        revisions.push(Published { published: Moment::MIN, revision });
    }
    Law::new(name.as_deref().unwrap_or_default(), revisions).map_err(|error| bad(folder, error.to_string()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    law: String,
    effective: String,
    #[expect(dead_code, reason = "read by people; kept strict so that a misspelt key is noticed")]
    title: String,
    voluntary: Voluntary,
    late_knowledge: LateKnowledge,
    formal: Formal,
    assistance: Assistance,
    source: Vec<SourceEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Voluntary {
    contribution_riel: i64,
    due_day: u8,
    due_month_offset: u8,
    on_holiday: HolidayRule,
    #[serde(default)]
    holidays: Vec<String>,
    prepay_months: u16,
    suspend_after: NumberOr<Never>,
    entitlement: Vec<EntitlementLimb>,
    lapse: Lapse,
    r#return: Return,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lapse {
    conditions: Vec<LapseLimb>,
    effective: EffectiveWord,
    formal_spell: SpellWord,
    notice_days: NumberOr<NoneWord>,
    confirmation: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Return {
    bar: NumberOr<Life>,
    lifts_bar_after_months: NumberOr<Never>,
    back_payment: BackPaymentRule,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum BackPaymentRule {
    Absent(NoneWord),
    Terms(Terms),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Terms {
    /// The penalty a month, as a text, so that it stays an exact decimal.
    penalty: String,
    #[serde(default)]
    compound: bool,
    cap_months: Option<u16>,
    refuse_older_months: Option<u16>,
    #[serde(default)]
    plus_current: bool,
    #[serde(default)]
    flat_riel: i64,
    #[serde(default)]
    waiting_months: u16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LateKnowledge {
    learnt_late_days: u16,
    retroactive_loss: LossWord,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Formal {
    private: FormalPrivate,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FormalPrivate {
    entitlement: Vec<EntitlementLimb>,
    run_off_months: u16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Assistance {
    levels: Vec<LevelWord>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceEntry {
    field: String,
    citation: Option<String>,
    assumption: Option<String>,
}

/// A number, or a word that stands for its absence.
#[derive(Deserialize)]
#[serde(untagged)]
enum NumberOr<W> {
    Number(u16),
    /// Only there to be recognised.
    Word(W),
}

impl<W> NumberOr<W> {
    fn number(&self) -> Option<u16> {
        match self {
            NumberOr::Number(number) => Some(*number),
            NumberOr::Word(_word) => None,
        }
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Never {
    Never,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum NoneWord {
    None,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Life {
    Life,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum HolidayRule {
    Same,
    NextWorkingDay,
}

/// Every field that a document must support with a source.
const FIELDS: [&str; 20] = [
    "voluntary.contribution_riel",
    "voluntary.due_day",
    "voluntary.due_month_offset",
    "voluntary.on_holiday",
    "voluntary.prepay_months",
    "voluntary.suspend_after",
    "voluntary.entitlement",
    "voluntary.lapse.conditions",
    "voluntary.lapse.effective",
    "voluntary.lapse.formal_spell",
    "voluntary.lapse.notice_days",
    "voluntary.lapse.confirmation",
    "voluntary.return.bar",
    "voluntary.return.lifts_bar_after_months",
    "voluntary.return.back_payment",
    "late_knowledge.learnt_late_days",
    "late_knowledge.retroactive_loss",
    "formal.private.entitlement",
    "formal.private.run_off_months",
    "assistance.levels",
];

impl Document {
    fn revision(&self) -> Result<Revision, String> {
        let voluntary = &self.voluntary;
        in_range("voluntary.contribution_riel", voluntary.contribution_riel, 1, 1_000_000_000)?;
        in_range("voluntary.due_day", voluntary.due_day, 1, 31)?;
        in_range("voluntary.due_month_offset", voluntary.due_month_offset, 0, 12)?;
        in_range("voluntary.prepay_months", voluntary.prepay_months, 0, 120)?;
        in_range("late_knowledge.learnt_late_days", self.late_knowledge.learnt_late_days, 0, 366)?;
        let mut holidays = Vec::new();
        for holiday in &voluntary.holidays {
            holidays.push(holiday.parse::<Day>().map_err(|error| format!("voluntary.holidays: {error}"))?);
        }
        holidays.sort_unstable();
        Ok(Revision {
            effective: self.effective.parse().map_err(|error| format!("effective: {error}"))?,
            contribution: voluntary.contribution_riel,
            due_day: voluntary.due_day,
            due_month_offset: voluntary.due_month_offset,
            on_holiday: match voluntary.on_holiday {
                HolidayRule::Same => OnHoliday::Same,
                HolidayRule::NextWorkingDay => OnHoliday::NextWorkingDay,
            },
            holidays,
            prepay_months: voluntary.prepay_months,
            learnt_late_days: self.late_knowledge.learnt_late_days,
            retroactive_loss: self.late_knowledge.retroactive_loss.into(),
            lapse: lapse_conditions(&voluntary.lapse.conditions)?,
            lapse_effective: voluntary.lapse.effective.into(),
            formal_spell: voluntary.lapse.formal_spell.into(),
            notice_days: voluntary.lapse.notice_days.number(),
            confirmation: voluntary.lapse.confirmation,
            bar: voluntary.r#return.bar.number().map_or(Bar::Life, Bar::Months),
            lifts_bar_after_months: voluntary.r#return.lifts_bar_after_months.number(),
            back_payment: voluntary.r#return.back_payment.terms()?,
            entitlement: entitlement("voluntary.entitlement", &voluntary.entitlement)?,
            formal_entitlement: entitlement("formal.private.entitlement", &self.formal.private.entitlement)?,
            suspend_after: voluntary.suspend_after.number(),
            run_off_months: self.formal.private.run_off_months,
            assistance_levels: self.assistance.levels.iter().map(|&level| level.into()).collect(),
            sources: self.sources()?,
        })
    }

    fn sources(&self) -> Result<Vec<Source>, String> {
        for field in FIELDS {
            if !self.source.iter().any(|source| source.field == field) {
                return Err(format!("`{field}` has no [[source]]: give it a citation, or an assumption"));
            }
        }
        for (index, source) in self.source.iter().enumerate() {
            let field = &source.field;
            if !FIELDS.contains(&field.as_str()) {
                return Err(format!("[[source]] names `{field}`, which is no field of a law document"));
            }
            if self.source[..index].iter().any(|earlier| earlier.field == *field) {
                return Err(format!("`{field}` has two [[source]] entries; one says all"));
            }
            if source.citation.is_none() && source.assumption.is_none() {
                return Err(format!("[[source]] of `{field}` needs a `citation` or an `assumption`"));
            }
        }
        let entry = |entry: &SourceEntry| Source {
            field: entry.field.clone(),
            citation: entry.citation.clone(),
            assumption: entry.assumption.clone(),
        };
        Ok(self.source.iter().map(entry).collect())
    }
}

impl BackPaymentRule {
    fn terms(&self) -> Result<Option<BackPayment>, String> {
        let terms = match self {
            BackPaymentRule::Absent(NoneWord::None) => return Ok(None),
            BackPaymentRule::Terms(terms) => terms,
        };
        in_range("voluntary.return.back_payment.flat_riel", terms.flat_riel, 0, 1_000_000_000)?;
        let penalty = terms.penalty.parse();
        Ok(Some(BackPayment {
            penalty: penalty.map_err(|error| format!("voluntary.return.back_payment.penalty: {error}"))?,
            compound: terms.compound,
            cap_months: terms.cap_months,
            refuse_older_months: terms.refuse_older_months,
            plus_current: terms.plus_current,
            flat: terms.flat_riel,
            waiting_months: terms.waiting_months,
        }))
    }
}

fn lapse_conditions(limbs: &[LapseLimb]) -> Result<Vec<LapseCondition>, String> {
    for limb in limbs {
        if let LapseLimb::Window((paid, of)) = *limb {
            window("voluntary.lapse.conditions", paid, of)?;
        }
    }
    Ok(limbs.iter().map(|&limb| limb.into()).collect())
}

fn entitlement(field: &str, limbs: &[EntitlementLimb]) -> Result<Vec<Entitlement>, String> {
    if limbs.is_empty() {
        return Err(format!("`{field}` needs at least one limb, such as {{ consecutive = 2 }} or \"immediate\""));
    }
    for limb in limbs {
        if let EntitlementLimb::Window((insured, of)) = *limb {
            window(field, insured, of)?;
        }
    }
    Ok(limbs.iter().map(|&limb| limb.into()).collect())
}

/// Checks that a window asks for at least one month and at most as many as it has.
fn window(field: &str, needed: u16, of: u16) -> Result<(), String> {
    if needed == 0 || needed > of || of > 120 {
        return Err(format!("`{field}`: window = [{needed}, {of}] should be [n, w] with 1 <= n <= w <= 120"));
    }
    Ok(())
}

fn in_range<N: PartialOrd + std::fmt::Display>(field: &str, value: N, least: N, most: N) -> Result<(), String> {
    if value < least || value > most {
        return Err(format!("`{field}` is {value}; it should lie between {least} and {most}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str = include_str!("../policies/kh/2023-08-28.toml");

    fn problem(from: &str, to: &str) -> String {
        assert!(SHIPPED.contains(from), "`{from}` is no longer in the document");
        let text = SHIPPED.replacen(from, to, 1);
        match toml::from_str::<Document>(&text) {
            Ok(document) => document.revision().expect_err("the document is broken"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn faults_are_named_with_what_would_be_right() {
        assert!(problem("due_day = 15", "due_day = 32").contains("between 1 and 31"));
        assert!(problem("due_day = 15", "due_dya = 15").contains("due_dya"));
        assert!(problem("{ window = [6, 12] }", "{ window = [13, 12] }").contains("1 <= n <= w"));
        assert!(
            problem("field = \"voluntary.due_day\"", "field = \"voluntary.due_dya\"").contains("voluntary.due_day")
        );
        assert!(problem("effective = \"2023-08-28\"", "effective = \"2023-02-30\"").contains("2023-02-30"));
        assert!(problem("bar = \"life\"", "bar = \"forever\"").contains("bar"));
    }
}
