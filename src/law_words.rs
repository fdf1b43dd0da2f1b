//! Law words: the words by which documents write the values of the law, once for law documents and case files.
//!
//! Only what both need stands here. Absent: ranges and defaults, which are each document's own.

use krama_law::fact::AssistanceLevel;
use krama_law::policy::{Entitlement, FormalSpell, LapseCondition, LapseEffective, RetroactiveLoss};
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
