//! Law words: the words by which documents write the values of the law, once for law documents and case files.
//!
//! Each word stands in one table, by which it is read and written, so that what is read can be written again. Absent:
//! ranges and defaults, which are each document's own.

use krama_law::answer::Scheme;
use krama_law::fact::{AssistanceLevel, Sector};
use krama_law::money::{Rate, Riel, Rounding};
use krama_law::policy::{
    Branch, Entitlement, EntryMonths, FormalMonthCounts, FormalSpell, LapseCondition, LapseEffective, OnHoliday,
    RetroactiveLoss, WageBase, WageRate, Within,
};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// A value of the law that documents write as one word.
pub(crate) trait Worded: Copy + PartialEq + 'static {
    /// Each value with its word, and with what it says.
    const WORDS: &'static [(&'static str, Self, &'static str)];

    /// The word of the value.
    fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, value, _)| *value == self).map_or("", |(word, ..)| word)
    }

    /// What the value says.
    fn said(self) -> &'static str {
        Self::WORDS.iter().find(|(_, value, _)| *value == self).map_or("", |(.., said)| said)
    }
}

/// A word as it is read.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Word<T>(pub(crate) T);

impl<'de, T: Worded> Deserialize<'de> for Word<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Word<T>, D::Error> {
        let text = String::deserialize(deserializer)?;
        let found = T::WORDS.iter().find(|(word, ..)| *word == text);
        found.map(|(_, value, _)| Word(*value)).ok_or_else(|| {
            let words: Vec<&str> = T::WORDS.iter().map(|(word, ..)| *word).collect();
            D::Error::custom(format!("`{text}` should be one of: {}", words.join(", ")))
        })
    }
}

/// `{ consecutive = 6 }` or `{ window = [9, 12] }`.
#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LapseLimb {
    Consecutive(u16),
    Window((u16, u16)),
}

/// `{ consecutive = 2 }`, `{ window = [6, 12] }` or `immediate`.
#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EntitlementLimb {
    Consecutive(u16),
    Window((u16, u16)),
    Immediate,
}

/// `{ days = 20 }` or `{ months = 6 }`.
#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WithinWord {
    Days(u16),
    Months(u16),
}

/// One rate of contributions on wages.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RateTable {
    sector: Word<Sector>,
    branch: Word<Branch>,
    from: Option<String>,
    /// The parts, as texts, so that they stay exact decimals.
    pub(crate) employer: String,
    pub(crate) worker: String,
    pub(crate) floor_riel: Option<Riel>,
    pub(crate) ceiling_riel: Option<Riel>,
    pub(crate) ranks_riel: Option<Vec<Riel>>,
    rounding: Word<Rounding>,
}

impl RateTable {
    pub(crate) fn rate(&self) -> Result<WageRate, String> {
        let part = |text: &str| text.parse::<Rate>().map_err(|error| error.to_string());
        let from = self.from.as_deref().map(|text| text.parse().map_err(|error| format!("holds no day: {error}")));
        let clamped = WageBase::Between { floor: self.floor_riel.unwrap_or(0), ceiling: self.ceiling_riel };
        Ok(WageRate {
            sector: self.sector.0,
            branch: self.branch.0,
            from: from.transpose()?,
            employer: part(&self.employer)?,
            worker: part(&self.worker)?,
            base: self.ranks_riel.clone().map_or(clamped, WageBase::Ranks),
            rounding: self.rounding.0,
        })
    }
}

/// Whether months that were overdue under an older revision count towards a lapse.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gaps {
    Count,
    Forget,
}

/// What becomes of the bars of lapses under an older revision.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bars {
    Stand,
    Lifted,
}

/// Whether somebody who lapsed is referred to the poverty registry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum AssistanceDoor {
    None,
    Referral,
}

impl Worded for LapseEffective {
    const WORDS: &'static [(&'static str, LapseEffective, &'static str)] = &[
        ("breach", LapseEffective::Breach, "from the day on which its condition first holds"),
        ("first_missed", LapseEffective::FirstMissed, "from the 1st of the oldest month missed"),
    ];
}

impl Worded for FormalSpell {
    const WORDS: &'static [(&'static str, FormalSpell, &'static str)] =
        &[("resets", FormalSpell::Resets, "it ends the run"), ("pauses", FormalSpell::Pauses, "it is passed over")];
}

impl Worded for RetroactiveLoss {
    const WORDS: &'static [(&'static str, RetroactiveLoss, &'static str)] = &[
        (
            "from_known",
            RetroactiveLoss::FromKnown,
            "from the day on which it was learnt; what was given before is kept in good faith",
        ),
        ("from_valid", RetroactiveLoss::FromValid, "from the day on which it was so"),
    ];
}

impl Worded for AssistanceLevel {
    const WORDS: &'static [(&'static str, AssistanceLevel, &'static str)] = &[
        ("POOR_1", AssistanceLevel::Poor1, "very poor"),
        ("POOR_2", AssistanceLevel::Poor2, "poor"),
        ("AT_RISK", AssistanceLevel::AtRisk, "at risk"),
    ];
}

impl Worded for OnHoliday {
    const WORDS: &'static [(&'static str, OnHoliday, &'static str)] = &[
        ("same", OnHoliday::Same, "stays where it is"),
        ("next_working_day", OnHoliday::NextWorkingDay, "moves to the next working day"),
    ];
}

impl Worded for FormalMonthCounts {
    const WORDS: &'static [(&'static str, FormalMonthCounts, &'static str)] = &[
        ("employed", FormalMonthCounts::Employed, "that it was worked"),
        ("declared", FormalMonthCounts::Declared, "that the employer declared it"),
        ("paid", FormalMonthCounts::Paid, "that the employer paid it"),
    ];
}

impl Worded for Sector {
    const WORDS: &'static [(&'static str, Sector, &'static str)] =
        &[("private", Sector::Private, "private"), ("public", Sector::Public, "public")];
}

impl Worded for Branch {
    const WORDS: &'static [(&'static str, Branch, &'static str)] = &[
        ("occupational_risk", Branch::OccupationalRisk, "occupational risk"),
        ("health_care", Branch::HealthCare, "health care"),
        ("pension", Branch::Pension, "pension"),
    ];
}

impl Worded for Rounding {
    const WORDS: &'static [(&'static str, Rounding, &'static str)] = &[
        ("up", Rounding::Up, "rounded up to the riel"),
        ("down", Rounding::Down, "rounded down to the riel"),
        ("nearest", Rounding::Nearest, "rounded to the nearest riel"),
    ];
}

impl Worded for Gaps {
    const WORDS: &'static [(&'static str, Gaps, &'static str)] =
        &[("count", Gaps::Count, "they count"), ("forget", Gaps::Forget, "they are forgotten")];
}

impl Worded for Bars {
    const WORDS: &'static [(&'static str, Bars, &'static str)] =
        &[("stand", Bars::Stand, "they stand"), ("lifted", Bars::Lifted, "they are lifted")];
}

impl Worded for AssistanceDoor {
    const WORDS: &'static [(&'static str, AssistanceDoor, &'static str)] = &[
        ("none", AssistanceDoor::None, "nothing"),
        ("referral", AssistanceDoor::Referral, "a referral to the poverty registry, which decides for itself"),
    ];
}

impl Worded for Scheme {
    const WORDS: &'static [(&'static str, Scheme, &'static str)] = &[
        ("VOLUNTARY", Scheme::Voluntary, "the voluntary scheme"),
        ("FORMAL", Scheme::Formal, "formal employment"),
        ("RUN_OFF", Scheme::RunOff, "what runs on after an employment or a lapse"),
        ("ASSISTANCE", Scheme::Assistance, "social assistance"),
        ("DEPENDANT", Scheme::Dependant, "the head of the household"),
    ];
}

impl From<LapseLimb> for LapseCondition {
    fn from(limb: LapseLimb) -> LapseCondition {
        match limb {
            LapseLimb::Consecutive(months) => LapseCondition::Consecutive(months),
            LapseLimb::Window((paid, of)) => LapseCondition::Window { paid, of },
        }
    }
}

impl From<LapseLimb> for EntryMonths {
    fn from(limb: LapseLimb) -> EntryMonths {
        match limb {
            LapseLimb::Consecutive(months) => EntryMonths::Consecutive(months),
            LapseLimb::Window((worked, of)) => EntryMonths::Window { worked, of },
        }
    }
}

impl From<WithinWord> for Within {
    fn from(time: WithinWord) -> Within {
        match time {
            WithinWord::Days(days) => Within::Days(days),
            WithinWord::Months(months) => Within::Months(months),
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
