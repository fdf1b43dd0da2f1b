//! Law documents: TOML on one side, `krama_law::policy` on the other, strict in between.
//!
//! A law is a folder, a revision a file named by its effective day. An unknown field, a field without a source, a
//! source without a field, and a number out of range are errors that name the file, the line where TOML knows it,
//! and what would be right. Absent: any opinion on what a good law is.

mod document;
mod sources;

use std::fs;
use std::path::{Path, PathBuf};

use krama_law::calendar::{Day, Moment};
use krama_law::money::Rate;
use krama_law::policy::{
    Amnesty, BackPayment, Bar, CoPaymentRule, DependantRule, Entitlement, Formal, LapseCondition, Law, Notices,
    Published, Revision, Transition,
};

use crate::law_words::{BarsWord, EntitlementLimb, GapsWord, LapseLimb};
use crate::policy_file::document::{AssistanceDoor, CoPayment, Dependants, Document, Sector, Terms};

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

/// More riel than any contribution, fee or bill.
const RIEL_MOST: i64 = 1_000_000_000;

impl Document {
    fn revision(&self) -> Result<Revision, String> {
        let voluntary = &self.voluntary;
        let back = &voluntary.r#return;
        in_range("voluntary.contribution_riel", voluntary.contribution_riel, 1, RIEL_MOST)?;
        in_range("voluntary.due_day", voluntary.due_day, 1, 31)?;
        in_range("voluntary.due_month_offset", voluntary.due_month_offset, 0, 12)?;
        in_range("voluntary.prepay_months", voluntary.prepay_months, 0, 120)?;
        in_range("late_knowledge.learnt_late_days", self.late_knowledge.learnt_late_days, 0, 366)?;
        let suspend_after = voluntary.suspend_after.number();
        if suspend_after.is_none() && voluntary.suspension_return.0.is_some() {
            return Err("`voluntary.suspension_return` needs a number in `voluntary.suspend_after`".to_owned());
        }
        Ok(Revision {
            effective: day("effective", &self.effective)?,
            contribution: voluntary.contribution_riel,
            due_day: voluntary.due_day,
            due_month_offset: voluntary.due_month_offset,
            on_holiday: voluntary.on_holiday.into(),
            holidays: holidays(&voluntary.holidays)?,
            prepay_months: voluntary.prepay_months,
            learnt_late_days: self.late_knowledge.learnt_late_days,
            retroactive_loss: self.late_knowledge.retroactive_loss.into(),
            lapse: lapse_conditions(&voluntary.lapse.conditions)?,
            lapse_effective: voluntary.lapse.effective.into(),
            formal_spell: voluntary.lapse.formal_spell.into(),
            notice_days: voluntary.lapse.notice_days.number(),
            confirmation: voluntary.lapse.confirmation,
            notices: notices(voluntary.notices.as_ref())?,
            bar: back.bar.number().map_or(Bar::Life, Bar::Months),
            lifts_bar_after_months: back.lifts_bar_after_months.number(),
            back_payment: terms("voluntary.return.back_payment", back.back_payment.0.as_ref())?,
            entitlement: entitlement("voluntary.entitlement", &voluntary.entitlement)?,
            suspend_after,
            suspension_return: terms("voluntary.suspension_return", voluntary.suspension_return.0.as_ref())?,
            co_payment: back.co_payment.0.as_ref().map(co_payment).transpose()?,
            amnesties: back.amnesties.iter().map(amnesty).collect::<Result<_, _>>()?,
            paid_before_stay: voluntary.paid_before_stay,
            formal_private: formal("formal.private", &self.formal.private)?,
            formal_public: formal("formal.public", &self.formal.public)?,
            formal_month_counts: self.formal.month_counts.into(),
            dependants: self.dependants.0.as_ref().map(dependants).transpose()?,
            social_assistance: self.assistance.social_assistance == AssistanceDoor::Referral,
            transition: Transition {
                gaps_count: self.transition.gaps == GapsWord::Count,
                bars_lifted: self.transition.bars == BarsWord::Lifted,
            },
            assistance_levels: self.assistance.levels.iter().map(|&level| level.into()).collect(),
            sources: sources::sources(self)?,
        })
    }
}

/// More days than lie between any two warnings that would be of use.
const NOTICE_DAYS_MOST: u16 = 366;

fn notices(told: Option<&document::Notices>) -> Result<Notices, String> {
    const FIELD: &str = "voluntary.notices.days_before";
    let Some(told) = told else { return Ok(Notices::default()) };
    for days in &told.days_before {
        in_range(FIELD, *days, 1, NOTICE_DAYS_MOST)?;
    }
    let mut days_before = told.days_before.clone();
    days_before.sort_unstable_by(|one, other| other.cmp(one));
    if days_before.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(format!("`{FIELD}` names a number of days twice"));
    }
    Ok(Notices { first_missed: told.first_missed, days_before })
}

fn terms(field: &str, terms: Option<&Terms>) -> Result<Option<BackPayment>, String> {
    let Some(terms) = terms else { return Ok(None) };
    in_range(&format!("{field}.flat_riel"), terms.flat_riel, 0, RIEL_MOST)?;
    Ok(Some(BackPayment {
        penalty: rate(&format!("{field}.penalty"), &terms.penalty)?,
        compound: terms.compound,
        cap_months: terms.cap_months,
        refuse_older_months: terms.refuse_older_months,
        plus_current: terms.plus_current,
        flat: terms.flat_riel,
        waiting_months: terms.waiting_months,
    }))
}

fn co_payment(rule: &CoPayment) -> Result<CoPaymentRule, String> {
    const FIELD: &str = "voluntary.return.co_payment";
    in_range(&format!("{FIELD}.days"), rule.days, 1, 3_660)?;
    in_range(&format!("{FIELD}.max_months"), rule.max_months, 1, 120)?;
    if let Some(ceiling) = rule.ceiling_riel {
        in_range(&format!("{FIELD}.ceiling_riel"), ceiling, 1, RIEL_MOST)?;
    }
    let rate = rate(&format!("{FIELD}.rate"), &rule.rate)?;
    Ok(CoPaymentRule { days: rule.days, rate, max_months: rule.max_months, ceiling: rule.ceiling_riel })
}

fn amnesty(amnesty: &document::Amnesty) -> Result<Amnesty, String> {
    const FIELD: &str = "voluntary.return.amnesties";
    let from = day(&format!("{FIELD}.from"), &amnesty.from)?;
    let until = day(&format!("{FIELD}.until"), &amnesty.until)?;
    if until < from {
        return Err(format!("`{FIELD}`: an amnesty from {from} cannot end on {until}"));
    }
    let back_payment = terms(&format!("{FIELD}.back_payment"), amnesty.back_payment.0.as_ref())?;
    if back_payment.is_none() && !amnesty.re_enrolment {
        return Err(format!("`{FIELD}`: the amnesty from {from} opens no door"));
    }
    Ok(Amnesty { from, until, back_payment, re_enrolment: amnesty.re_enrolment })
}

fn formal(section: &str, sector: &Sector) -> Result<Formal, String> {
    Ok(Formal {
        entitlement: entitlement(&format!("{section}.entitlement"), &sector.entitlement)?,
        run_off_months: sector.run_off_months,
    })
}

fn dependants(rule: &Dependants) -> Result<DependantRule, String> {
    in_range("dependants.child_under", rule.child_under, 0, 120)?;
    let spouse_under = rule.spouse_under.number().unwrap_or(0);
    in_range("dependants.spouse_under", spouse_under, 0, 120)?;
    Ok(DependantRule {
        head_schemes: rule.head_schemes.iter().map(|&scheme| scheme.into()).collect(),
        child_under: rule.child_under,
        disabled: rule.disabled,
        spouse_under: rule.spouse_under.number().and_then(|age| u8::try_from(age).ok()),
        registered_marriage: rule.registered_marriage,
    })
}

fn holidays(texts: &[String]) -> Result<Vec<Day>, String> {
    let mut holidays = Vec::new();
    for text in texts {
        holidays.push(day("voluntary.holidays", text)?);
    }
    // The law looks a holiday up by halves.
    holidays.sort_unstable();
    Ok(holidays)
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

fn day(field: &str, text: &str) -> Result<Day, String> {
    text.parse().map_err(|error| format!("{field}: {error}"))
}

fn rate(field: &str, text: &str) -> Result<Rate, String> {
    text.parse().map_err(|error| format!("{field}: {error}"))
}

fn in_range<N: PartialOrd + std::fmt::Display>(field: &str, value: N, least: N, most: N) -> Result<(), String> {
    if value < least || value > most {
        return Err(format!("`{field}` is {value}; it should lie between {least} and {most}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
