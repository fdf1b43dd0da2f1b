//! The facts of a case: one key says which kind of fact it is, the others are its fields.
//!
//! Labels stand for ids: of jobs, of facts, and of the other members of the case. Absent: whether the facts make sense
//! together; a story may hold what the law refuses.

use std::collections::BTreeMap;

use krama_law::calendar::{Day, Moment, Month};
use krama_law::fact::{AssistanceLevel, EmployerAct, EmploymentId, Fact, FactId, MemberId, Recorded, Relation, Sector};
use krama_law::money::Riel;
use krama_law::timeline::Timeline;
use serde::Deserialize;

use crate::case_file::{day, month};
use crate::law_words::Word;

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

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ActWord {
    Declared,
    Paid,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RelationWord {
    Child,
    Spouse,
    Other,
}

/// A fact as written: one key says which kind it is, the others are its fields.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct CaseFact {
    enrolled: Option<String>,
    payment: Option<String>,
    monthly: Option<Monthly>,
    reversed: Option<String>,
    refunded: Option<String>,
    job: Option<String>,
    hired: Option<String>,
    separated: Option<String>,
    amended: Option<String>,
    retracted: Option<String>,
    employer_month: Option<ActWord>,
    certificate: Option<Word<AssistanceLevel>>,
    excused: Option<MonthRange>,
    notice: Option<String>,
    confirmed: Option<String>,
    waived: Option<String>,
    died: Option<String>,
    born: Option<String>,
    household: Option<String>,
    retracted_fact: Option<String>,
    amount: Option<Riel>,
    r#for: Option<String>,
    sector: Option<Word<Sector>>,
    relation: Option<RelationWord>,
    disabled: Option<bool>,
    registered: Option<bool>,
    id: Option<String>,
    on: Option<String>,
    from: Option<String>,
    until: Option<String>,
    known: Option<String>,
}

/// The life that a case tells, with the lives of the heads of its households.
pub(super) struct Story {
    pub(super) timeline: Timeline,
    /// An employment that no fact names, for what is only supposed.
    pub(super) another_job: EmploymentId,
}

impl Story {
    /// Facts known on one day keep the order of the list.
    pub(super) fn of(facts: &[CaseFact], others: &BTreeMap<String, Vec<CaseFact>>) -> Result<Story, String> {
        let mut labels = Labels::default();
        for label in others.keys() {
            let next = i64::try_from(labels.members.len()).map_err(|error| error.to_string())?;
            labels.members.insert(label.clone(), MemberId(next));
        }
        let timeline = labels.timeline(facts)?;
        let mut heads = Vec::new();
        for (label, facts) in others {
            let head = labels.timeline(facts).map_err(|error| format!("of `{label}`: {error}"))?;
            heads.push((labels.member(label)?, head));
        }
        let timeline = if heads.is_empty() { timeline } else { timeline.with_heads(heads) };
        Ok(Story { timeline, another_job: labels.next_job() })
    }
}

/// The labels that a case gives to facts, jobs and members, so that later facts can name them.
#[derive(Default)]
struct Labels {
    facts: BTreeMap<String, FactId>,
    payments: BTreeMap<String, FactId>,
    jobs: BTreeMap<String, EmploymentId>,
    members: BTreeMap<String, MemberId>,
    /// How many facts were read.
    read: i64,
}

impl Labels {
    fn timeline(&mut self, facts: &[CaseFact]) -> Result<Timeline, String> {
        let mut timeline = Vec::new();
        for (number, fact) in facts.iter().enumerate() {
            let known = fact.known.as_deref().map(day).transpose()?;
            let read = fact.read(self).map_err(|error| format!("fact {}: {error}", number + 1))?;
            if let Some(label) = &fact.id {
                self.name(label, &read).map_err(|error| format!("fact {}: {error}", number + 1))?;
            }
            for (own_day, fact) in read {
                let known = Moment::start_of(known.unwrap_or(own_day));
                timeline.push(Recorded { id: FactId(self.read), known, fact });
                self.read += 1;
            }
        }
        Ok(Timeline::new(timeline))
    }

    /// Gives a label to the fact that comes next.
    fn name(&mut self, label: &str, read: &[Read]) -> Result<(), String> {
        let [(_, fact)] = read else { return Err("several facts cannot share one `id`".to_owned()) };
        if self.facts.insert(label.to_owned(), FactId(self.read)).is_some() {
            return Err(format!("the id `{label}` is given twice"));
        }
        if matches!(fact, Fact::Payment { .. }) {
            self.payments.insert(label.to_owned(), FactId(self.read));
        }
        Ok(())
    }

    fn payment(&self, label: &str) -> Result<FactId, String> {
        self.payments.get(label).copied().ok_or_else(|| format!("no payment has the id `{label}` before this"))
    }

    fn fact(&self, label: &str) -> Result<FactId, String> {
        self.facts.get(label).copied().ok_or_else(|| format!("no fact has the id `{label}` before this"))
    }

    fn member(&self, label: &str) -> Result<MemberId, String> {
        self.members.get(label).copied().ok_or_else(|| format!("no member is labelled `{label}` in `others`"))
    }

    fn job(&self, label: &str) -> Result<EmploymentId, String> {
        self.jobs.get(label).copied().ok_or_else(|| format!("no job is labelled `{label}` before this"))
    }

    fn next_job(&self) -> EmploymentId {
        EmploymentId(i64::try_from(self.jobs.len()).unwrap_or(i64::MAX))
    }

    fn new_job(&mut self, label: &str) -> EmploymentId {
        let id = self.next_job();
        *self.jobs.entry(label.to_owned()).or_insert(id)
    }
}

/// A fact with the day on which it counts as recorded when the case does not say.
type Read = (Day, Fact);

fn one(own_day: Day, fact: Fact) -> Result<Vec<Read>, String> {
    Ok(vec![(own_day, fact)])
}

/// A day in a field that the kind of fact needs.
fn need(field: &str, value: Option<&String>) -> Result<Day, String> {
    value.ok_or_else(|| format!("`{field}` is missing")).and_then(|text| day(text))
}

impl CaseFact {
    fn read(&self, labels: &mut Labels) -> Result<Vec<Read>, String> {
        if let Some(on) = &self.enrolled {
            let on = day(on)?;
            one(on, Fact::Enrolled { on })
        } else if let Some(on) = &self.payment {
            let on = day(on)?;
            let month = self.r#for.as_deref().map(month).transpose()?;
            one(on, Fact::Payment { on, amount: self.amount()?, month })
        } else if let Some(monthly) = &self.monthly {
            let (from, to) = (month(&monthly.from)?, month(&monthly.to)?);
            let pay = |month: Month| {
                let on = month.day_clamped(monthly.day);
                (on, Fact::Payment { on, amount: monthly.amount, month: None })
            };
            Ok((from.0..=to.0).map(Month).map(pay).collect())
        } else if let Some(label) = &self.reversed {
            let on = need("on", self.on.as_ref())?;
            one(on, Fact::Reversed { payment: labels.payment(label)?, on })
        } else if let Some(label) = &self.refunded {
            let on = need("on", self.on.as_ref())?;
            one(on, Fact::Refunded { payment: labels.payment(label)?, amount: self.amount()?, on })
        } else {
            self.read_work(labels)
        }
    }

    fn read_work(&self, labels: &mut Labels) -> Result<Vec<Read>, String> {
        let sector = self.sector.map_or(Sector::Private, |word| word.0);
        if let Some(label) = &self.job {
            let (from, until) = (need("from", self.from.as_ref())?, self.until()?);
            one(from, Fact::Hired { employment: labels.new_job(label), sector, from, until })
        } else if let Some(label) = &self.hired {
            let from = need("on", self.on.as_ref())?;
            one(from, Fact::Hired { employment: labels.new_job(label), sector, from, until: None })
        } else if let Some(label) = &self.separated {
            let last = need("on", self.on.as_ref())?;
            one(last, Fact::Separated { employment: labels.job(label)?, last })
        } else if let Some(label) = &self.amended {
            let (from, until) = (self.from.as_deref().map(day).transpose()?, self.until()?);
            let own = from.or(until).ok_or("an amendment needs `from` or `until`")?;
            one(own, Fact::Amended { employment: labels.job(label)?, from, until })
        } else if let Some(label) = &self.retracted {
            let known = need("known", self.known.as_ref())?;
            one(known, Fact::EmploymentRetracted { employment: labels.job(label)? })
        } else if let Some(act) = self.employer_month {
            let on = need("on", self.on.as_ref())?;
            let month = month(self.r#for.as_deref().ok_or("`for` is missing")?)?;
            one(on, Fact::EmployerMonth { month, act: act.into(), on })
        } else {
            self.read_others(labels)
        }
    }

    fn read_others(&self, labels: &Labels) -> Result<Vec<Read>, String> {
        if let Some(level) = self.certificate {
            let (from, until) = (need("from", self.from.as_ref())?, self.until()?);
            one(from, Fact::Certificate { level: level.0, from, until })
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
        } else if let Some(on) = &self.born {
            let on = day(on)?;
            one(on, Fact::Born { on })
        } else if let Some(head) = &self.household {
            let (from, until) = (need("from", self.from.as_ref())?, self.until()?);
            let relation = self.relation.ok_or("`relation` is missing")?.into();
            let (disabled, registered) = (self.disabled.unwrap_or(false), self.registered.unwrap_or(false));
            let head = labels.member(head)?;
            one(from, Fact::Household { head, relation, disabled, registered, from, until })
        } else if let Some(label) = &self.retracted_fact {
            let known = need("known", self.known.as_ref())?;
            one(known, Fact::Retracted { fact: labels.fact(label)? })
        } else {
            Err("no key says which kind of fact this is".to_owned())
        }
    }

    fn amount(&self) -> Result<Riel, String> {
        self.amount.ok_or_else(|| "`amount` is missing".to_owned())
    }

    fn until(&self) -> Result<Option<Day>, String> {
        self.until.as_deref().map(day).transpose()
    }
}

impl From<ActWord> for EmployerAct {
    fn from(word: ActWord) -> EmployerAct {
        match word {
            ActWord::Declared => EmployerAct::Declared,
            ActWord::Paid => EmployerAct::Paid,
        }
    }
}

impl From<RelationWord> for Relation {
    fn from(word: RelationWord) -> Relation {
        match word {
            RelationWord::Child => Relation::Child,
            RelationWord::Spouse => Relation::Spouse,
            RelationWord::Other => Relation::Other,
        }
    }
}
