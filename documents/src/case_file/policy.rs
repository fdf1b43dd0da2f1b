//! The policy of a case: the frozen law of the case files with single fields replaced, and later revisions of it.
//!
//! Absent: ranges. A case may try a law that nobody would publish.

use std::fmt::Display;
use std::str::FromStr;

use krama_law::answer::Scheme;
use krama_law::calendar::{Day, Moment};
use krama_law::fact::AssistanceLevel;
use krama_law::money::Riel;
use krama_law::policy::{
    Amnesty, BackPayment, Bar, CoPaymentRule, DependantRule, Entitlement, Entry, Formal, FormalMonthCounts,
    FormalSpell, Instalments, LapseCondition, LapseEffective, LateCharge, Law, Notices, OnHoliday, Published,
    RetroactiveLoss, Revision, Transition,
};
use serde::Deserialize;

use crate::case_file::{Shelf, day, given};
use crate::law_words::{Bars, EntitlementLimb, Gaps, LapseLimb, RateTable, WithinWord, Word};

/// The law of a case: one that is shipped, by its name (`law`, and `reading` for one of its readings), or the frozen one
/// with single fields replaced. The first revision and each later one are written with the same keys; `base` and `then` are for
/// the first alone, `published` and a day in `effective` for the later ones.
#[derive(Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct CasePolicy {
    base: Option<String>,
    law: Option<String>,
    reading: Option<String>,
    then: Vec<CasePolicy>,
    published: Option<String>,
    /// Of the first revision the word of `lapse_effective`, of a later one its first day.
    effective: Option<String>,
    amount: Option<Riel>,
    due_day: Option<u8>,
    due_month_offset: Option<u8>,
    on_holiday: Option<Word<OnHoliday>>,
    holidays: Option<Vec<String>>,
    prepay_months: Option<u16>,
    #[serde(deserialize_with = "given")]
    entry: Option<Option<EntryTerms>>,
    #[serde(deserialize_with = "given")]
    late_charge: Option<Option<LateChargeTerms>>,
    #[serde(deserialize_with = "given")]
    longest_months: Option<Option<u16>>,
    lapse: Option<Vec<LapseLimb>>,
    lapse_effective: Option<Word<LapseEffective>>,
    lapse_run_off_months: Option<u16>,
    formal_spell: Option<Word<FormalSpell>>,
    bar: Option<BarText>,
    #[serde(deserialize_with = "given")]
    lifts_bar_after_months: Option<Option<u16>>,
    entitlement: Option<Vec<EntitlementLimb>>,
    formal_entitlement: Option<Vec<EntitlementLimb>>,
    run_off_months: Option<u16>,
    public_entitlement: Option<Vec<EntitlementLimb>>,
    public_run_off_months: Option<u16>,
    formal_month_counts: Option<Word<FormalMonthCounts>>,
    formal_contributions: Option<Vec<RateTable>>,
    #[serde(deserialize_with = "given")]
    dependants: Option<Option<DependantTerms>>,
    assistance_levels: Option<Vec<Word<AssistanceLevel>>>,
    social_assistance: Option<bool>,
    retroactive_loss: Option<Word<RetroactiveLoss>>,
    learnt_late_days: Option<u16>,
    confirmation: Option<bool>,
    notices: Option<NoticeTerms>,
    #[serde(deserialize_with = "given")]
    suspend_after: Option<Option<u16>>,
    #[serde(deserialize_with = "given")]
    suspension_return: Option<Option<BackPaymentTerms>>,
    paid_before_stay: Option<bool>,
    #[serde(deserialize_with = "given")]
    notice_days: Option<Option<u16>>,
    #[serde(deserialize_with = "given")]
    back_payment: Option<Option<BackPaymentTerms>>,
    #[serde(deserialize_with = "given")]
    co_payment: Option<Option<CoPaymentTerms>>,
    amnesties: Option<Vec<AmnestyTerms>>,
    transition: Option<TransitionTerms>,
}

#[derive(PartialEq, Deserialize)]
#[serde(untagged)]
enum BarText {
    Months(u16),
    Life(String),
}

#[derive(PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct LateChargeTerms {
    p: serde_json::Number,
    #[serde(default)]
    compound: bool,
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryTerms {
    employed: LapseLimb,
    within: Option<WithinWord>,
}

#[derive(PartialEq, Deserialize)]
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
    max_payments: Option<u16>,
    #[serde(default)]
    instalments_from_months: u16,
}

#[derive(PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct CoPaymentTerms {
    days: u16,
    p: serde_json::Number,
    max_months: u16,
    ceiling: Option<Riel>,
}

#[derive(PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct AmnestyTerms {
    from: String,
    until: String,
    back_payment: Option<BackPaymentTerms>,
    #[serde(default)]
    re_enrolment: bool,
}

#[derive(PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct DependantTerms {
    heads: Option<Vec<Word<Scheme>>>,
    child_under: Option<u8>,
    disabled: Option<bool>,
    #[serde(default, deserialize_with = "given")]
    spouse_under: Option<Option<u8>>,
    registered_marriage: Option<bool>,
}

#[derive(PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct NoticeTerms {
    first_missed: bool,
    days_before: Vec<u16>,
}

#[derive(PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct TransitionTerms {
    gaps: Option<Word<Gaps>>,
    bars: Option<Word<Bars>>,
}

impl CasePolicy {
    /// The shipped law that the case is about.
    pub(super) fn named(&self) -> Option<&str> {
        self.law.as_deref()
    }

    pub(super) fn law(&self, shelf: &Shelf<'_>) -> Result<Law, String> {
        if let Some(name) = &self.law {
            let alone = CasePolicy { law: Some(name.clone()), reading: self.reading.clone(), ..CasePolicy::default() };
            if *self != alone {
                return Err(format!("law `{name}` is taken as it is; `base` is for replacing single fields"));
            }
            return shelf(name, self.reading.as_deref());
        }
        if self.reading.is_some() {
            return Err("a `reading` is of a shipped law; name it with `law`".to_owned());
        }
        match self.base.as_deref() {
            Some("kh-current") => {}
            Some(base) => return Err(format!("policy base `{base}` is unknown; `kh-current` is known")),
            None => return Err("a policy needs a `law`, or the `base` `kh-current`".to_owned()),
        }
        if self.published.is_some() {
            return Err(
                "the first revision was published before all facts; `published` is for those in `then`".to_owned()
            );
        }
        let mut first = frozen_kh_current();
        match self.effective.as_deref() {
            None => {}
            Some("breach") => first.lapse_effective = LapseEffective::Breach,
            Some("first_missed") => first.lapse_effective = LapseEffective::FirstMissed,
            Some(word) => return Err(format!("effective `{word}` is neither `breach` nor `first_missed`")),
        }
        let mut revisions = vec![Published { published: Moment::MIN, revision: self.applied_to(first)? }];
        for (index, later) in self.then.iter().enumerate() {
            let before = revisions[index].revision.clone();
            let revision =
                later.later_than(before).map_err(|error| format!("then, revision {}: {error}", index + 1))?;
            revisions.push(revision);
        }
        Law::new("kh-current", revisions).map_err(|error| error.to_string())
    }

    /// A later revision: the one before it with single fields replaced.
    fn later_than(&self, before: Revision) -> Result<Published, String> {
        if self.base.is_some() || self.law.is_some() || self.reading.is_some() || !self.then.is_empty() {
            return Err("`base`, `law`, `reading` and `then` belong to the first revision".to_owned());
        }
        let effective = day(self.effective.as_deref().ok_or("`effective`, its first day, is missing")?)?;
        if effective <= before.effective {
            return Err(format!("it is effective from {effective}, which is not after the one before"));
        }
        let published = self.published.as_deref().map(day).transpose()?.map_or(Moment::MIN, Moment::start_of);
        // What a revision says of the gaps and bars before it is about itself alone.
        let transition = Transition { gaps_count: true, bars_lifted: false };
        Ok(Published { published, revision: self.applied_to(Revision { effective, transition, ..before })? })
    }

    fn applied_to(&self, mut revision: Revision) -> Result<Revision, String> {
        set(&mut revision.contribution, self.amount);
        set(&mut revision.due_day, self.due_day);
        set(&mut revision.due_month_offset, self.due_month_offset);
        set(&mut revision.on_holiday, self.on_holiday.map(|word| word.0));
        if let Some(texts) = &self.holidays {
            revision.holidays = texts.iter().map(|text| day(text)).collect::<Result<_, _>>()?;
            // The law looks a holiday up by halves.
            revision.holidays.sort_unstable();
        }
        set(&mut revision.prepay_months, self.prepay_months);
        set(&mut revision.entry, self.entry.map(|entry| entry.map(|entry| entry.clause())));
        set(&mut revision.longest_months, self.longest_months);
        if let Some(charge) = &self.late_charge {
            revision.late_charge = charge.as_ref().map(LateChargeTerms::charge).transpose()?;
        }
        set_all(&mut revision.lapse, self.lapse.as_deref());
        set(&mut revision.lapse_effective, self.lapse_effective.map(|word| word.0));
        set(&mut revision.lapse_run_off_months, self.lapse_run_off_months);
        set(&mut revision.formal_spell, self.formal_spell.map(|word| word.0));
        match &self.bar {
            None => {}
            Some(BarText::Months(months)) => revision.bar = Bar::Months(*months),
            Some(BarText::Life(word)) if word == "life" => revision.bar = Bar::Life,
            Some(BarText::Life(word)) => return Err(format!("bar `{word}` is neither `life` nor a number of months")),
        }
        set(&mut revision.lifts_bar_after_months, self.lifts_bar_after_months);
        set_all(&mut revision.entitlement, self.entitlement.as_deref());
        set_all(&mut revision.formal_private.entitlement, self.formal_entitlement.as_deref());
        set(&mut revision.formal_private.run_off_months, self.run_off_months);
        set_all(&mut revision.formal_public.entitlement, self.public_entitlement.as_deref());
        set(&mut revision.formal_public.run_off_months, self.public_run_off_months);
        set(&mut revision.formal_month_counts, self.formal_month_counts.map(|word| word.0));
        if let Some(tables) = &self.formal_contributions {
            revision.wage_rates = tables.iter().map(RateTable::rate).collect::<Result<_, _>>()?;
        }
        if let Some(terms) = &self.dependants {
            revision.dependants = terms.as_ref().map(|terms| terms.applied_to(revision.dependants));
        }
        set_words(&mut revision.assistance_levels, self.assistance_levels.as_deref());
        set(&mut revision.social_assistance, self.social_assistance);
        set(&mut revision.retroactive_loss, self.retroactive_loss.map(|word| word.0));
        set(&mut revision.learnt_late_days, self.learnt_late_days);
        set(&mut revision.confirmation, self.confirmation);
        if let Some(NoticeTerms { first_missed, days_before }) = &self.notices {
            revision.notices = Notices { first_missed: *first_missed, days_before: days_before.clone() };
        }
        set(&mut revision.suspend_after, self.suspend_after);
        set(&mut revision.suspension_return, terms("suspension_return", self.suspension_return.as_ref())?);
        set(&mut revision.paid_before_stay, self.paid_before_stay);
        set(&mut revision.notice_days, self.notice_days);
        set(&mut revision.back_payment, terms("back_payment", self.back_payment.as_ref())?);
        if let Some(rule) = &self.co_payment {
            revision.co_payment = rule.as_ref().map(CoPaymentTerms::rule).transpose()?;
        }
        if let Some(amnesties) = &self.amnesties {
            revision.amnesties = amnesties.iter().map(AmnestyTerms::amnesty).collect::<Result<_, _>>()?;
        }
        if let Some(terms) = &self.transition {
            revision.transition.gaps_count = terms.gaps.is_none_or(|gaps| gaps.0 != Gaps::Forget);
            revision.transition.bars_lifted = terms.bars.is_some_and(|bars| bars.0 == Bars::Lifted);
        }
        Ok(revision)
    }
}

/// Replaces a field by a value that is given.
fn set<T>(field: &mut T, value: Option<impl Into<T>>) {
    if let Some(value) = value {
        *field = value.into();
    }
}

fn set_all<T, W: Copy + Into<T>>(field: &mut Vec<T>, words: Option<&[W]>) {
    if let Some(words) = words {
        *field = words.iter().map(|&word| word.into()).collect();
    }
}

fn set_words<T: Copy>(field: &mut Vec<T>, words: Option<&[Word<T>]>) {
    if let Some(words) = words {
        *field = words.iter().map(|word| word.0).collect();
    }
}

/// Terms that are given, and may be given as absent.
fn terms(field: &str, terms: Option<&Option<BackPaymentTerms>>) -> Result<Option<Option<BackPayment>>, String> {
    terms.map(|terms| terms.as_ref().map(|terms| terms.terms(field)).transpose()).transpose()
}

/// A decimal as it was written, so that it stays exact.
fn exact<T: FromStr<Err: Display>>(field: &str, number: &serde_json::Number) -> Result<T, String> {
    number.to_string().parse().map_err(|error| format!("{field}.p: {error}"))
}

impl BackPaymentTerms {
    fn terms(&self, field: &str) -> Result<BackPayment, String> {
        Ok(BackPayment {
            penalty: exact(field, &self.p)?,
            compound: self.compound,
            cap_months: self.cap_months,
            refuse_older_months: self.refuse_older_months,
            plus_current: self.plus_current,
            flat: self.flat,
            waiting_months: self.waiting_months,
            instalments: self.max_payments.map(|most| Instalments { most, from_months: self.instalments_from_months }),
        })
    }
}

impl LateChargeTerms {
    fn charge(&self) -> Result<LateCharge, String> {
        Ok(LateCharge { penalty: exact("late_charge", &self.p)?, compound: self.compound })
    }
}

impl EntryTerms {
    fn clause(self) -> Entry {
        Entry { employed: self.employed.into(), within: self.within.map(Into::into) }
    }
}

impl CoPaymentTerms {
    fn rule(&self) -> Result<CoPaymentRule, String> {
        let rate = exact("co_payment", &self.p)?;
        Ok(CoPaymentRule { days: self.days, rate, max_months: self.max_months, ceiling: self.ceiling })
    }
}

impl AmnestyTerms {
    fn amnesty(&self) -> Result<Amnesty, String> {
        let back_payment = self.back_payment.as_ref().map(|terms| terms.terms("amnesties.back_payment")).transpose()?;
        let (from, until) = (day(&self.from)?, day(&self.until)?);
        Ok(Amnesty { from, until, back_payment, re_enrolment: self.re_enrolment })
    }
}

impl DependantTerms {
    /// The rule before with what is given replaced; where there was none, that of the frozen law.
    fn applied_to(&self, before: Option<DependantRule>) -> DependantRule {
        let mut rule = before.unwrap_or_else(frozen_dependants);
        set_words(&mut rule.head_schemes, self.heads.as_deref());
        set(&mut rule.child_under, self.child_under);
        set(&mut rule.disabled, self.disabled);
        set(&mut rule.spouse_under, self.spouse_under);
        set(&mut rule.registered_marriage, self.registered_marriage);
        rule
    }
}

/// The law of the case files, frozen, so that no edit of a shipped law breaks a case.
pub fn frozen_kh_current() -> Revision {
    let entitlement = vec![Entitlement::Consecutive(2), Entitlement::Window { insured: 6, of: 12 }];
    Revision {
        effective: Day(0),
        contribution: 15_600,
        due_day: 15,
        due_month_offset: 1,
        entry: None,
        longest_months: None,
        on_holiday: OnHoliday::Same,
        holidays: Vec::new(),
        late_charge: None,
        prepay_months: 12,
        learnt_late_days: 30,
        retroactive_loss: RetroactiveLoss::FromKnown,
        lapse: vec![LapseCondition::Consecutive(6)],
        lapse_effective: LapseEffective::Breach,
        lapse_run_off_months: 0,
        formal_spell: FormalSpell::Resets,
        notice_days: None,
        confirmation: false,
        bar: Bar::Life,
        lifts_bar_after_months: None,
        back_payment: None,
        entitlement: entitlement.clone(),
        suspend_after: None,
        suspension_return: None,
        co_payment: None,
        amnesties: Vec::new(),
        paid_before_stay: false,
        formal_private: Formal { entitlement: entitlement.clone(), run_off_months: 0 },
        formal_public: Formal { entitlement, run_off_months: 0 },
        formal_month_counts: FormalMonthCounts::Employed,
        wage_rates: Vec::new(),
        dependants: Some(frozen_dependants()),
        social_assistance: false,
        transition: Transition { gaps_count: true, bars_lifted: false },
        notices: Notices::default(),
        assistance_levels: vec![AssistanceLevel::Poor1, AssistanceLevel::Poor2, AssistanceLevel::AtRisk],
        sources: Vec::new(),
    }
}

fn frozen_dependants() -> DependantRule {
    DependantRule {
        head_schemes: vec![Scheme::Voluntary, Scheme::Formal, Scheme::RunOff],
        child_under: 18,
        disabled: true,
        spouse_under: Some(60),
        registered_marriage: true,
    }
}
