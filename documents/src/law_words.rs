//! Law words: the words by which documents write the values of the law, once for law documents and case files.
//!
//! Only what both need stands here. Absent: ranges and defaults, which are each document's own.

use krama_law::answer::Scheme;
use krama_law::fact::AssistanceLevel;
use krama_law::policy::{
    Entitlement, FormalMonthCounts, FormalSpell, LapseCondition, LapseEffective, OnHoliday, RetroactiveLoss,
};
use serde::Deserialize;

/// `{ consecutive = 6 }` or `{ window = [9, 12] }`.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LapseLimb {
    Consecutive(u16),
    Window((u16, u16)),
}

/// `{ consecutive = 2 }`, `{ window = [6, 12] }` or `immediate`.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EntitlementLimb {
    Consecutive(u16),
    Window((u16, u16)),
    Immediate,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EffectiveWord {
    Breach,
    FirstMissed,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SpellWord {
    Resets,
    Pauses,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LossWord {
    FromKnown,
    FromValid,
}

#[derive(Clone, Copy, Deserialize)]
pub(crate) enum LevelWord {
    #[serde(rename = "POOR_1")]
    Poor1,
    #[serde(rename = "POOR_2")]
    Poor2,
    #[serde(rename = "AT_RISK")]
    AtRisk,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HolidayWord {
    Same,
    NextWorkingDay,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MonthCountsWord {
    Employed,
    Declared,
    Paid,
}

/// Whether months that were overdue under an older revision count towards a lapse.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum GapsWord {
    Count,
    Forget,
}

/// What becomes of the bars of lapses under an older revision.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BarsWord {
    Stand,
    Lifted,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum SchemeWord {
    Voluntary,
    Formal,
    RunOff,
    Assistance,
    Dependant,
}

impl From<LapseLimb> for LapseCondition {
    fn from(limb: LapseLimb) -> LapseCondition {
        match limb {
            LapseLimb::Consecutive(months) => LapseCondition::Consecutive(months),
            LapseLimb::Window((paid, of)) => LapseCondition::Window { paid, of },
        }
    }
}

impl From<EntitlementLimb> for Entitlement {
    fn from(limb: EntitlementLimb) -> Entitlement {
        match limb {
            EntitlementLimb::Consecutive(months) => Entitlement::Consecutive(months),
            EntitlementLimb::Window((insured, of)) => Entitlement::Window { insured, of },
            EntitlementLimb::Immediate => Entitlement::Immediate,
        }
    }
}

impl From<EffectiveWord> for LapseEffective {
    fn from(word: EffectiveWord) -> LapseEffective {
        match word {
            EffectiveWord::Breach => LapseEffective::Breach,
            EffectiveWord::FirstMissed => LapseEffective::FirstMissed,
        }
    }
}

impl From<SpellWord> for FormalSpell {
    fn from(word: SpellWord) -> FormalSpell {
        match word {
            SpellWord::Resets => FormalSpell::Resets,
            SpellWord::Pauses => FormalSpell::Pauses,
        }
    }
}

impl From<LossWord> for RetroactiveLoss {
    fn from(word: LossWord) -> RetroactiveLoss {
        match word {
            LossWord::FromKnown => RetroactiveLoss::FromKnown,
            LossWord::FromValid => RetroactiveLoss::FromValid,
        }
    }
}

impl From<LevelWord> for AssistanceLevel {
    fn from(word: LevelWord) -> AssistanceLevel {
        match word {
            LevelWord::Poor1 => AssistanceLevel::Poor1,
            LevelWord::Poor2 => AssistanceLevel::Poor2,
            LevelWord::AtRisk => AssistanceLevel::AtRisk,
        }
    }
}

impl From<HolidayWord> for OnHoliday {
    fn from(word: HolidayWord) -> OnHoliday {
        match word {
            HolidayWord::Same => OnHoliday::Same,
            HolidayWord::NextWorkingDay => OnHoliday::NextWorkingDay,
        }
    }
}

impl From<MonthCountsWord> for FormalMonthCounts {
    fn from(word: MonthCountsWord) -> FormalMonthCounts {
        match word {
            MonthCountsWord::Employed => FormalMonthCounts::Employed,
            MonthCountsWord::Declared => FormalMonthCounts::Declared,
            MonthCountsWord::Paid => FormalMonthCounts::Paid,
        }
    }
}

impl From<SchemeWord> for Scheme {
    fn from(word: SchemeWord) -> Scheme {
        match word {
            SchemeWord::Voluntary => Scheme::Voluntary,
            SchemeWord::Formal => Scheme::Formal,
            SchemeWord::RunOff => Scheme::RunOff,
            SchemeWord::Assistance => Scheme::Assistance,
            SchemeWord::Dependant => Scheme::Dependant,
        }
    }
}
