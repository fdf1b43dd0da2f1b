//! The policy of a case: the frozen law of the case files with single fields replaced.

use krama_law::calendar::{Day, Moment};
use krama_law::fact::AssistanceLevel;
use krama_law::money::Riel;
use krama_law::policy::{
    BackPayment, Bar, Entitlement, FormalSpell, LapseCondition, LapseEffective, Law, OnHoliday, Published,
    RetroactiveLoss, Revision,
};
use serde::Deserialize;

use crate::law_words::{EffectiveWord, EntitlementLimb, LapseLimb, LevelWord, LossWord, SpellWord};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CasePolicy {
    base: String,
    amount: Option<Riel>,
    due_day: Option<u8>,
    due_month_offset: Option<u8>,
    prepay_months: Option<u16>,
    lapse: Option<Vec<LapseLimb>>,
    effective: Option<EffectiveWord>,
    formal_spell: Option<SpellWord>,
    bar: Option<BarText>,
    lifts_bar_after_months: Option<u16>,
    entitlement: Option<Vec<EntitlementLimb>>,
    formal_entitlement: Option<Vec<EntitlementLimb>>,
    run_off_months: Option<u16>,
    assistance_levels: Option<Vec<LevelWord>>,
    retroactive_loss: Option<LossWord>,
    learnt_late_days: Option<u16>,
    confirmation: Option<bool>,
    suspend_after: Option<u16>,
    notice_days: Option<u16>,
    back_payment: Option<BackPaymentTerms>,
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum BarText {
    Months(u16),
    Life(String),
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct BackPaymentTerms {
    p: serde_json::Number,
    #[serde(default)]
    compound: bool,
    cap_months: Option<u16>,
    refuse_older_months: Option<u16>,
    #[serde(default)]
    plus_current: bool,
    #[serde(default)]
    flat: Riel,
    #[serde(default)]
    waiting_months: u16,
}

impl CasePolicy {
    pub(super) fn law(&self) -> Result<Law, String> {
        if self.base != "kh-current" {
            return Err(format!("policy base `{}` is unknown; `kh-current` is known", self.base));
        }
        let mut revision = frozen_kh_current();
        revision.contribution = self.amount.unwrap_or(revision.contribution);
        revision.due_day = self.due_day.unwrap_or(revision.due_day);
        revision.due_month_offset = self.due_month_offset.unwrap_or(revision.due_month_offset);
        revision.prepay_months = self.prepay_months.unwrap_or(revision.prepay_months);
        if let Some(limbs) = &self.lapse {
            revision.lapse = limbs.iter().map(|&limb| limb.into()).collect();
        }
        revision.lapse_effective = self.effective.map_or(revision.lapse_effective, Into::into);
        revision.formal_spell = self.formal_spell.map_or(revision.formal_spell, Into::into);
        revision.bar = match &self.bar {
            None => revision.bar,
            Some(BarText::Months(months)) => Bar::Months(*months),
            Some(BarText::Life(word)) if word == "life" => Bar::Life,
            Some(BarText::Life(word)) => return Err(format!("bar `{word}` is neither `life` nor a number of months")),
        };
        revision.lifts_bar_after_months = self.lifts_bar_after_months;
        revision.entitlement = limbs(self.entitlement.as_deref()).unwrap_or(revision.entitlement);
        revision.formal_entitlement = limbs(self.formal_entitlement.as_deref()).unwrap_or(revision.formal_entitlement);
        revision.run_off_months = self.run_off_months.unwrap_or(revision.run_off_months);
        if let Some(levels) = &self.assistance_levels {
            revision.assistance_levels = levels.iter().map(|&level| level.into()).collect();
        }
        revision.retroactive_loss = self.retroactive_loss.map_or(revision.retroactive_loss, Into::into);
        revision.learnt_late_days = self.learnt_late_days.unwrap_or(revision.learnt_late_days);
        revision.confirmation = self.confirmation.unwrap_or(revision.confirmation);
        revision.suspend_after = self.suspend_after;
        revision.notice_days = self.notice_days;
        revision.back_payment = self.back_payment.as_ref().map(BackPaymentTerms::terms).transpose()?;
        let published = Published { published: Moment::MIN, revision };
        Law::new("kh-current", vec![published]).map_err(|error| error.to_string())
    }
}

impl BackPaymentTerms {
    fn terms(&self) -> Result<BackPayment, String> {
        Ok(BackPayment {
            penalty: self.p.to_string().parse().map_err(|error| format!("back_payment.p: {error}"))?,
            compound: self.compound,
            cap_months: self.cap_months,
            refuse_older_months: self.refuse_older_months,
            plus_current: self.plus_current,
            flat: self.flat,
            waiting_months: self.waiting_months,
        })
    }
}

fn limbs(limbs: Option<&[EntitlementLimb]>) -> Option<Vec<Entitlement>> {
    limbs.map(|limbs| limbs.iter().map(|&limb| limb.into()).collect())
}

/// The law of the case files, frozen, so that no edit of a shipped law breaks a case.
pub fn frozen_kh_current() -> Revision {
    let entitlement = vec![Entitlement::Consecutive(2), Entitlement::Window { insured: 6, of: 12 }];
    Revision {
        effective: Day(0),
        contribution: 15_600,
        due_day: 15,
        due_month_offset: 1,
        on_holiday: OnHoliday::Same,
        holidays: Vec::new(),
        prepay_months: 12,
        learnt_late_days: 30,
        retroactive_loss: RetroactiveLoss::FromKnown,
        lapse: vec![LapseCondition::Consecutive(6)],
        lapse_effective: LapseEffective::Breach,
        formal_spell: FormalSpell::Resets,
        notice_days: None,
        confirmation: false,
        bar: Bar::Life,
        lifts_bar_after_months: None,
        back_payment: None,
        entitlement: entitlement.clone(),
        formal_entitlement: entitlement,
        suspend_after: None,
        run_off_months: 0,
        assistance_levels: vec![AssistanceLevel::Poor1, AssistanceLevel::Poor2, AssistanceLevel::AtRisk],
        sources: Vec::new(),
    }
}
