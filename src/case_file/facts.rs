//! The facts of a case: one key says which kind of fact it is, the others are its fields.

use std::collections::BTreeMap;

use krama_law::calendar::{Day, Moment, Month};
use krama_law::fact::{EmploymentId, Fact, FactId, Recorded, Sector};
use krama_law::money::Riel;
use krama_law::timeline::Timeline;
use serde::Deserialize;

use crate::case_file::{day, month};
use crate::law_words::LevelWord;

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
pub(super) struct CaseFact {
    enrolled: Option<String>,
    payment: Option<String>,
    monthly: Option<Monthly>,
    reversed: Option<String>,
    job: Option<String>,
    hired: Option<String>,
    separated: Option<String>,
    amended: Option<String>,
    retracted: Option<String>,
    certificate: Option<LevelWord>,
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

/// The timeline that the facts of a case make. Facts known on one day keep the order of the list.
pub(super) fn timeline(facts: &[CaseFact]) -> Result<Timeline, String> {
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
