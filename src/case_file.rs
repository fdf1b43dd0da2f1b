//! Case files: stories with their expected answers, as lawyers write them, read and judged by the kernel.
//!
//! The format is told in `docs/cases.md`. A case runs against the law alone: no server, no storage. Absent on
//! purpose: tolerance; a key that the format does not know is an error, since a misspelt expectation would pass.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use krama_law::answer::{Answer, EnrolmentRefusal, Scheme, Standing};
use krama_law::calendar::{Day, Moment, Month};
use krama_law::decision::decide;
use krama_law::fact::{AssistanceLevel, EmploymentId, Fact, FactId, Recorded, Sector};
use krama_law::money::Riel;
use krama_law::policy::{
    BackPayment, Bar, Entitlement, FormalSpell, LapseCondition, LapseEffective, Law, OnHoliday, Published,
    RetroactiveLoss, Revision,
};
use krama_law::timeline::Timeline;
use serde::{Deserialize, Deserializer};

/// What came of one case: its name, and each difference between what it expects and what the kernel answers.
#[derive(Debug)]
pub struct Verdict {
    /// The story in one line.
    pub name: String,
    /// One line a difference; empty when the case passed.
    pub differences: Vec<String>,
}

/// Runs every case of a file.
///
/// # Errors
/// The text is no case file; the message names the line or the case and what is wrong.
pub fn run(text: &str) -> Result<Vec<Verdict>, String> {
    let cases: Vec<Case> = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
    cases.iter().map(|case| case.run().map_err(|error| format!("case `{}`: {error}", case.name))).collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    policy: CasePolicy,
    facts: Vec<CaseFact>,
    expect: Vec<Expectation>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CasePolicy {
    base: String,
    amount: Option<Riel>,
    due_day: Option<u8>,
    due_month_offset: Option<u8>,
    prepay_months: Option<u16>,
    lapse: Option<Vec<LapseLimb>>,
    effective: Option<Effective>,
    formal_spell: Option<Spell>,
    bar: Option<BarText>,
    lifts_bar_after_months: Option<u16>,
    entitlement: Option<Vec<EntitlementLimb>>,
    formal_entitlement: Option<Vec<EntitlementLimb>>,
    run_off_months: Option<u16>,
    assistance_levels: Option<Vec<Level>>,
    retroactive_loss: Option<Loss>,
    learnt_late_days: Option<u16>,
    confirmation: Option<bool>,
    suspend_after: Option<u16>,
    notice_days: Option<u16>,
    back_payment: Option<BackPaymentTerms>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum LapseLimb {
    Consecutive(u16),
    Window((u16, u16)),
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum EntitlementLimb {
    Consecutive(u16),
    Window((u16, u16)),
    Immediate,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Effective {
    Breach,
    FirstMissed,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Spell {
    Resets,
    Pauses,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Loss {
    FromKnown,
    FromValid,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Level {
    #[serde(rename = "POOR_1")]
    Poor1,
    #[serde(rename = "POOR_2")]
    Poor2,
    AtRisk,
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MonthRange {
    from: String,
    to: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Monthly {
    from: String,
    to: String,
    day: u8,
    amount: Riel,
}

/// A fact as written: one key says which kind it is, the others are its fields.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct CaseFact {
    enrolled: Option<String>,
    payment: Option<String>,
    monthly: Option<Monthly>,
    reversed: Option<String>,
    job: Option<String>,
    hired: Option<String>,
    separated: Option<String>,
    amended: Option<String>,
    retracted: Option<String>,
    certificate: Option<Level>,
    excused: Option<MonthRange>,
    notice: Option<String>,
    confirmed: Option<String>,
    waived: Option<String>,
    died: Option<String>,
    amount: Option<Riel>,
    r#for: Option<String>,
    id: Option<String>,
    on: Option<String>,
    from: Option<String>,
    until: Option<String>,
    known: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expectation {
    on: String,
    known: Option<String>,
    standing: Option<String>,
    cover: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given")]
    since: Option<Option<String>>,
    overdue: Option<u32>,
    run: Option<u32>,
    credit: Option<Riel>,
    suspense: Option<Riel>,
    pot: Option<Riel>,
    #[serde(default, deserialize_with = "given")]
    quote: Option<Option<Riel>>,
    refused: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given")]
    last_safe_day: Option<Option<String>>,
}

/// Tells a key that is given as `null` from one that is not given.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl Case {
    fn run(&self) -> Result<Verdict, String> {
        let law = self.policy.law()?;
        let timeline = timeline(&self.facts)?;
        let mut differences = Vec::new();
        for expectation in &self.expect {
            let on = day(&expectation.on)?;
            let known = expectation.known.as_deref().map(day).transpose()?.map_or(Moment::MAX, Moment::end_of);
            let answer = decide(&timeline, &law, on, known);
            expectation.compare(&answer, &mut differences);
        }
        Ok(Verdict { name: self.name.clone(), differences })
    }
}

impl CasePolicy {
    fn law(&self) -> Result<Law, String> {
        if self.base != "kh-current" {
            return Err(format!("policy base `{}` is unknown; `kh-current` is known", self.base));
        }
        let mut revision = frozen_kh_current();
        revision.contribution = self.amount.unwrap_or(revision.contribution);
        revision.due_day = self.due_day.unwrap_or(revision.due_day);
        revision.due_month_offset = self.due_month_offset.unwrap_or(revision.due_month_offset);
        revision.prepay_months = self.prepay_months.unwrap_or(revision.prepay_months);
        if let Some(limbs) = &self.lapse {
            let limb = |limb: &LapseLimb| match *limb {
                LapseLimb::Consecutive(months) => LapseCondition::Consecutive(months),
                LapseLimb::Window((paid, of)) => LapseCondition::Window { paid, of },
            };
            revision.lapse = limbs.iter().map(limb).collect();
        }
        revision.lapse_effective = self.effective.map_or(revision.lapse_effective, |effective| match effective {
            Effective::Breach => LapseEffective::Breach,
            Effective::FirstMissed => LapseEffective::FirstMissed,
        });
        revision.formal_spell = self.formal_spell.map_or(revision.formal_spell, |spell| match spell {
            Spell::Resets => FormalSpell::Resets,
            Spell::Pauses => FormalSpell::Pauses,
        });
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
        revision.retroactive_loss = self.retroactive_loss.map_or(revision.retroactive_loss, |loss| match loss {
            Loss::FromKnown => RetroactiveLoss::FromKnown,
            Loss::FromValid => RetroactiveLoss::FromValid,
        });
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
    let limb = |limb: &EntitlementLimb| match *limb {
        EntitlementLimb::Consecutive(months) => Entitlement::Consecutive(months),
        EntitlementLimb::Window((insured, of)) => Entitlement::Window { insured, of },
        EntitlementLimb::Immediate => Entitlement::Immediate,
    };
    limbs.map(|limbs| limbs.iter().map(limb).collect())
}

impl From<Level> for AssistanceLevel {
    fn from(level: Level) -> AssistanceLevel {
        match level {
            Level::Poor1 => AssistanceLevel::Poor1,
            Level::Poor2 => AssistanceLevel::Poor2,
            Level::AtRisk => AssistanceLevel::AtRisk,
        }
    }
}

/// The law of the case files, frozen, so that no edit of a shipped law breaks a case.
pub(crate) fn frozen_kh_current() -> Revision {
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

/// The timeline that the facts of a case make. Facts known on one day keep the order of the list.
fn timeline(facts: &[CaseFact]) -> Result<Timeline, String> {
    let mut labels = Labels::default();
    let mut timeline = Vec::new();
    for (number, fact) in facts.iter().enumerate() {
        let read = fact.read(&mut labels).map_err(|error| format!("fact {}: {error}", number + 1))?;
        let known = fact.known.as_deref().map(day).transpose()?;
        for (own_day, label, fact) in read {
            let id = FactId(i64::try_from(timeline.len()).map_err(|error| error.to_string())?);
            if let Some(label) = label {
                labels.payments.insert(label, id);
            }
            timeline.push(Recorded { id, known: Moment::start_of(known.unwrap_or(own_day)), fact });
        }
    }
    Ok(Timeline::new(timeline))
}

/// The labels that facts give to payments and jobs, so that later facts can name them.
#[derive(Default)]
struct Labels {
    payments: BTreeMap<String, FactId>,
    jobs: BTreeMap<String, EmploymentId>,
}

impl Labels {
    fn job(&self, label: &str) -> Result<EmploymentId, String> {
        self.jobs.get(label).copied().ok_or_else(|| format!("no job is labelled `{label}` before this"))
    }

    fn new_job(&mut self, label: &str) -> EmploymentId {
        let id = EmploymentId(i64::try_from(self.jobs.len()).unwrap_or(i64::MAX));
        *self.jobs.entry(label.to_owned()).or_insert(id)
    }
}

/// A fact with the day on which it counts as recorded when the case does not say, and its label.
type Read = (Day, Option<String>, Fact);

impl CaseFact {
    fn read(&self, labels: &mut Labels) -> Result<Vec<Read>, String> {
        let need = |field: &'static str, value: &Option<String>| {
            value.as_deref().ok_or_else(|| format!("`{field}` is missing")).and_then(day)
        };
        let one = |on: Day, fact: Fact| Ok(vec![(on, None, fact)]);
        if let Some(on) = &self.enrolled {
            let on = day(on)?;
            one(on, Fact::Enrolled { on })
        } else if let Some(on) = &self.payment {
            let on = day(on)?;
            let month = self.r#for.as_deref().map(month).transpose()?;
            let amount = self.amount.ok_or("`amount` is missing")?;
            Ok(vec![(on, self.id.clone(), Fact::Payment { on, amount, month })])
        } else if let Some(monthly) = &self.monthly {
            let (from, to) = (month(&monthly.from)?, month(&monthly.to)?);
            let pay = |month: Month| {
                let on = month.day_clamped(monthly.day);
                (on, None, Fact::Payment { on, amount: monthly.amount, month: None })
            };
            Ok((from.0..=to.0).map(Month).map(pay).collect())
        } else if let Some(label) = &self.reversed {
            let on = need("on", &self.on)?;
            let payment = labels.payments.get(label).copied();
            let payment = payment.ok_or_else(|| format!("no payment has the id `{label}` before this"))?;
            one(on, Fact::Reversed { payment, on })
        } else if let Some(label) = &self.job {
            let from = need("from", &self.from)?;
            let until = self.until.as_deref().map(day).transpose()?;
            one(from, Fact::Hired { employment: labels.new_job(label), sector: Sector::Private, from, until })
        } else if let Some(label) = &self.hired {
            let from = need("on", &self.on)?;
            one(from, Fact::Hired { employment: labels.new_job(label), sector: Sector::Private, from, until: None })
        } else if let Some(label) = &self.separated {
            let last = need("on", &self.on)?;
            one(last, Fact::Separated { employment: labels.job(label)?, last })
        } else if let Some(label) = &self.amended {
            let from = self.from.as_deref().map(day).transpose()?;
            let until = self.until.as_deref().map(day).transpose()?;
            let own = from.or(until).ok_or("an amendment needs `from` or `until`")?;
            one(own, Fact::Amended { employment: labels.job(label)?, from, until })
        } else if let Some(label) = &self.retracted {
            let known = need("known", &self.known)?;
            one(known, Fact::EmploymentRetracted { employment: labels.job(label)? })
        } else {
            self.read_others()
        }
    }

    fn read_others(&self) -> Result<Vec<Read>, String> {
        let one = |on: Day, fact: Fact| Ok(vec![(on, None, fact)]);
        if let Some(level) = self.certificate {
            let from = day(self.from.as_deref().ok_or("`from` is missing")?)?;
            let until = self.until.as_deref().map(day).transpose()?;
            one(from, Fact::Certificate { level: level.into(), from, until })
        } else if let Some(range) = &self.excused {
            let (from, to) = (month(&range.from)?, month(&range.to)?);
            one(from.first_day(), Fact::Excused { from, to })
        } else if let Some(on) = &self.notice {
            let on = day(on)?;
            one(on, Fact::NoticeServed { on })
        } else if let Some(on) = &self.confirmed {
            let on = day(on)?;
            one(on, Fact::LapseConfirmed { on })
        } else if let Some(on) = &self.waived {
            let on = day(on)?;
            one(on, Fact::LapseWaived { on })
        } else if let Some(on) = &self.died {
            let on = day(on)?;
            one(on, Fact::Died { on })
        } else {
            Err("no key says which kind of fact this is".to_owned())
        }
    }
}

impl Expectation {
    fn compare(&self, answer: &Answer, differences: &mut Vec<String>) {
        let mut check = |key: &str, wanted: Option<String>, got: String| {
            if let Some(wanted) = wanted.filter(|wanted| *wanted != got) {
                let mut line = format!("on {}", self.on);
                if let Some(known) = &self.known {
                    let _ = write!(line, " as known on {known}");
                }
                let _ = write!(line, ": {key} should be {wanted}, is {got}");
                differences.push(line);
            }
        };
        let or_null = |value: Option<String>| value.unwrap_or_else(|| "null".to_owned());
        let mut wanted_cover = self.cover.clone();
        if let Some(cover) = &mut wanted_cover {
            cover.sort_unstable();
        }
        let mut cover: Vec<&str> = answer.covers.iter().map(|cover| scheme_name(cover.scheme)).collect();
        cover.sort_unstable();
        let refused: Vec<&str> = answer.refused.iter().map(|(_, reason)| refusal_name(*reason)).collect();
        check("standing", self.standing.clone(), standing_name(answer.standing).to_owned());
        check("cover", wanted_cover.map(|cover| cover.join(", ")), cover.join(", "));
        check("since", self.since.clone().map(or_null), or_null(answer.since.map(|day| day.to_string())));
        check("overdue", self.overdue.map(|n| n.to_string()), answer.overdue.to_string());
        check("run", self.run.map(|n| n.to_string()), answer.run.to_string());
        check("credit", self.credit.map(|n| n.to_string()), answer.money.credit.to_string());
        check("suspense", self.suspense.map(|n| n.to_string()), answer.money.suspense.to_string());
        check("pot", self.pot.map(|n| n.to_string()), answer.money.pot.to_string());
        let quote = answer.back_payment_price.map(|n| n.to_string());
        check("quote", self.quote.map(|quote| or_null(quote.map(|n| n.to_string()))), or_null(quote));
        check("refused", self.refused.as_ref().map(|refused| refused.join(", ")), refused.join(", "));
        let last_safe_day = answer.last_safe_day.map(|day| day.to_string());
        check("last_safe_day", self.last_safe_day.clone().map(or_null), or_null(last_safe_day));
    }
}

fn day(text: &str) -> Result<Day, String> {
    text.parse().map_err(|error: krama_law::calendar::BadCalendarText| error.to_string())
}

fn month(text: &str) -> Result<Month, String> {
    text.parse().map_err(|error: krama_law::calendar::BadCalendarText| error.to_string())
}

fn standing_name(standing: Standing) -> &'static str {
    match standing {
        Standing::Closed => "CLOSED",
        Standing::Employed => "EMPLOYED",
        Standing::Abandoned => "ABANDONED",
        Standing::NotEnrolled => "NOT_ENROLLED",
        Standing::LapsePending => "LAPSE_PENDING",
        Standing::InArrears => "IN_ARREARS",
        Standing::Current => "CURRENT",
    }
}

fn scheme_name(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Voluntary => "VOLUNTARY",
        Scheme::Formal => "FORMAL",
        Scheme::RunOff => "RUN_OFF",
        Scheme::Assistance => "ASSISTANCE",
    }
}

fn refusal_name(reason: EnrolmentRefusal) -> &'static str {
    match reason {
        EnrolmentRefusal::Deceased => "DECEASED",
        EnrolmentRefusal::FormallyEmployed => "FORMALLY_EMPLOYED",
        EnrolmentRefusal::VoluntaryAbandoned => "VOLUNTARY_ABANDONED",
        EnrolmentRefusal::AlreadyEnrolled => "ALREADY_ENROLLED",
    }
}
