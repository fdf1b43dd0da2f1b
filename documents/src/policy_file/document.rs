//! The shape of a law document: its sections and fields as they are written, before anything is checked.
//!
//! Each section is strict, so that a misspelt key is an error and not a rule that silently does not hold. Absent:
//! ranges and sources, which are checked where the document becomes a revision.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::law_words::{
    BarsWord, EffectiveWord, EntitlementLimb, GapsWord, HolidayWord, LapseLimb, LevelWord, LossWord, MonthCountsWord,
    SchemeWord, SpellWord,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub(super) law: String,
    pub(super) effective: String,
    #[expect(dead_code, reason = "read by people; kept strict so that a misspelt key is noticed")]
    title: String,
    pub(super) voluntary: Voluntary,
    pub(super) late_knowledge: LateKnowledge,
    pub(super) formal: Formal,
    pub(super) dependants: OrNone<Dependants>,
    pub(super) assistance: Assistance,
    pub(super) transition: Transition,
    pub(super) source: Vec<SourceEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Voluntary {
    pub(super) contribution_riel: i64,
    pub(super) due_day: u8,
    pub(super) due_month_offset: u8,
    pub(super) on_holiday: HolidayWord,
    #[serde(default)]
    pub(super) holidays: Vec<String>,
    pub(super) prepay_months: u16,
    pub(super) entitlement: Vec<EntitlementLimb>,
    pub(super) paid_before_stay: bool,
    pub(super) suspend_after: NumberOr<Never>,
    pub(super) suspension_return: OrNone<Terms>,
    pub(super) lapse: Lapse,
    /// When members are warned; nobody is where the section is absent.
    pub(super) notices: Option<Notices>,
    pub(super) r#return: Return,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Notices {
    pub(super) first_missed: bool,
    pub(super) days_before: Vec<u16>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lapse {
    pub(super) conditions: Vec<LapseLimb>,
    pub(super) effective: EffectiveWord,
    pub(super) formal_spell: SpellWord,
    pub(super) notice_days: NumberOr<NoneWord>,
    pub(super) confirmation: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Return {
    pub(super) bar: NumberOr<Life>,
    pub(super) lifts_bar_after_months: NumberOr<Never>,
    pub(super) back_payment: OrNone<Terms>,
    pub(super) co_payment: OrNone<CoPayment>,
    pub(super) amnesties: Vec<Amnesty>,
}

/// The terms of a return by paying what is owed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Terms {
    /// The penalty a month, as a text, so that it stays an exact decimal.
    pub(super) penalty: String,
    #[serde(default)]
    pub(super) compound: bool,
    pub(super) cap_months: Option<u16>,
    pub(super) refuse_older_months: Option<u16>,
    #[serde(default)]
    pub(super) plus_current: bool,
    #[serde(default)]
    pub(super) flat_riel: i64,
    #[serde(default)]
    pub(super) waiting_months: u16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CoPayment {
    pub(super) days: u16,
    /// The part of a bill for each month, as a text, so that it stays an exact decimal.
    pub(super) rate: String,
    pub(super) max_months: u16,
    pub(super) ceiling_riel: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Amnesty {
    pub(super) from: String,
    pub(super) until: String,
    pub(super) back_payment: OrNone<Terms>,
    pub(super) re_enrolment: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LateKnowledge {
    pub(super) learnt_late_days: u16,
    pub(super) retroactive_loss: LossWord,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Formal {
    pub(super) month_counts: MonthCountsWord,
    pub(super) private: Sector,
    pub(super) public: Sector,
}

/// The formal scheme of one sector.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sector {
    pub(super) entitlement: Vec<EntitlementLimb>,
    pub(super) run_off_months: u16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Dependants {
    pub(super) head_schemes: Vec<SchemeWord>,
    pub(super) child_under: u8,
    pub(super) disabled: bool,
    pub(super) spouse_under: NumberOr<NoneWord>,
    pub(super) registered_marriage: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Assistance {
    pub(super) levels: Vec<LevelWord>,
    pub(super) social_assistance: AssistanceDoor,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Transition {
    pub(super) gaps: GapsWord,
    pub(super) bars: BarsWord,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceEntry {
    pub(super) field: String,
    pub(super) citation: Option<String>,
    pub(super) assumption: Option<String>,
}

/// A number, or a word that stands for its absence.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum NumberOr<W> {
    Number(u16),
    /// Only there to be recognised.
    Word(W),
}

impl<W> NumberOr<W> {
    pub(super) fn number(&self) -> Option<u16> {
        match self {
            NumberOr::Number(number) => Some(*number),
            NumberOr::Word(_word) => None,
        }
    }
}

/// A table, or the word `none`, which says that the law has no such rule. Read by hand, since a derived choice between
/// the two would not name the key that is wrong in a table.
pub(super) struct OrNone<T>(pub(super) Option<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OrNone<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<OrNone<T>, D::Error> {
        deserializer.deserialize_any(OrNoneVisitor(PhantomData))
    }
}

struct OrNoneVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for OrNoneVisitor<T> {
    type Value = OrNone<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a table, or \"none\"")
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<OrNone<T>, E> {
        if word == "none" { Ok(OrNone(None)) } else { Err(E::invalid_value(serde::de::Unexpected::Str(word), &self)) }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<OrNone<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(|value| OrNone(Some(value)))
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Never {
    Never,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum NoneWord {
    None,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Life {
    Life,
}

/// Whether somebody who lapsed is referred to the poverty registry.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum AssistanceDoor {
    None,
    Referral,
}
