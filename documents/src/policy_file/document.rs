//! A law document: one revision of a law, whole, or based on another and saying only what differs.
//!
//! Absent: files and folders; a document is a text here, and the revision on which it is based is handed in.

use krama_law::calendar::Day;
use krama_law::policy::{
    Bar, Formal, FormalMonthCounts, FormalSpell, LapseEffective, Notices, OnHoliday, RetroactiveLoss, Revision,
    Transition,
};

use crate::policy_file::Fault;
use crate::policy_file::language::{FIELDS, Field};
use crate::policy_file::paper::Paper;

/// A document as it was read, before the revision on which it may be based is known.
pub struct Document {
    law: String,
    effective: Day,
    title: String,
    based_on: Option<String>,
    retroactive: bool,
    paper: Paper,
}

/// A revision of a law with what its document says of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sheet {
    /// The name of the law whose document it is.
    pub law: String,
    /// What the revision is, in one line.
    pub title: String,
    /// Whether the law itself says that it applies from a day before its publication.
    pub retroactive: bool,
    /// The rules.
    pub revision: Revision,
    /// The paths of the fields that the document itself sets; all of them where it is based on no other.
    pub sets: Vec<&'static str>,
}

impl Document {
    /// Reads a document.
    ///
    /// # Errors
    /// Everything that is wrong with it by itself.
    pub fn parse(text: &str) -> Result<Document, Vec<Fault>> {
        let paper = Paper::parse(text, &["law", "effective", "title", "based_on", "retroactive"])?;
        let one = |fault| vec![fault];
        let (effective, line) = paper.text("effective").map_err(one)?;
        let day = effective.parse().map_err(|error| {
            let problem = format!("`effective` should be the first day of the revision, such as 2027-01-01: {error}");
            vec![Fault { line, problem }]
        })?;
        Ok(Document {
            law: paper.text("law").map_err(one)?.0.to_owned(),
            effective: day,
            title: paper.text("title").map_err(one)?.0.to_owned(),
            based_on: paper.optional_text("based_on").map_err(one)?.map(|(text, _)| text.to_owned()),
            retroactive: paper.flag("retroactive").map_err(one)?,
            paper,
        })
    }

    /// The law whose revision it is.
    pub fn law(&self) -> &str {
        &self.law
    }

    /// The first day of the revision.
    pub fn effective(&self) -> Day {
        self.effective
    }

    /// The law on which it is based, if it says only what differs.
    pub fn based_on(&self) -> Option<&str> {
        self.based_on.as_deref()
    }

    /// The revision that the document makes of the one on which it is based; of none where it is whole.
    ///
    /// # Errors
    /// Everything that is wrong with its values, or is missing.
    pub fn revision(self, base: Option<&Revision>) -> Result<Sheet, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut revision = base.cloned().unwrap_or_else(blank);
        revision.effective = self.effective;
        // What a revision says of the gaps and bars before it is about itself alone.
        revision.transition = Transition { gaps_count: true, bars_lifted: false };
        for setting in &self.paper.settings {
            let Field { path, read, .. } = *setting.field;
            if let Err(problem) = read(&setting.item, &mut revision) {
                faults.push(Fault { line: setting.line, problem: format!("`{path}` {problem}") });
            } else if base.is_some_and(|base| is_repeated(setting.field, base, &revision)) {
                let problem =
                    format!("`{path}` is what it was before; a document that is based on another leaves it out");
                faults.push(Fault { line: setting.line, problem });
            }
        }
        let dependants_are_new = base.is_some_and(|base| base.dependants.is_none());
        let entry_is_new = base.is_some_and(|base| base.entry.is_none());
        for field in FIELDS.iter().filter(|field| field.is_of(&revision)) {
            let of_dependants = field.path.starts_with("dependants");
            let of_entry = field.path.starts_with("voluntary.entry.");
            let own = base.is_none()
                || is_of_transition(field)
                || (of_entry && entry_is_new)
                || (of_dependants && dependants_are_new && revision.dependants.is_some());
            if own && self.paper.setting(field.path).is_none() {
                faults.push(Fault { line: None, problem: format!("`{}` is missing", field.path) });
            }
        }
        if revision.suspend_after.is_none() && revision.suspension_return.is_some() {
            let setting = self.paper.setting("voluntary.suspension_return");
            let problem = "`voluntary.suspension_return` needs a number in `voluntary.suspend_after`".to_owned();
            faults.push(Fault { line: setting.and_then(|setting| setting.line), problem });
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let sets = self.paper.settings.iter().map(|setting| setting.field.path).collect();
        revision.sources = FIELDS
            .iter()
            .filter(|field| field.is_of(&revision) || self.paper.setting(field.path).is_some())
            .filter_map(|field| {
                let inherited = base.and_then(|base| base.source(field.path));
                self.paper.sources.iter().find(|source| source.field == field.path).or(inherited).cloned()
            })
            .collect();
        Ok(Sheet { law: self.law, title: self.title, retroactive: self.retroactive, revision, sets })
    }
}

/// Whether a field says again what it said before. What becomes of older gaps and bars every revision says for itself.
fn is_repeated(field: &Field, base: &Revision, revision: &Revision) -> bool {
    !is_of_transition(field) && field.is_of(base) && field.written(base) == field.written(revision)
}

fn is_of_transition(field: &Field) -> bool {
    field.path.starts_with("transition.")
}

/// A revision in which every field is still to be read.
fn blank() -> Revision {
    Revision {
        effective: Day(0),
        contribution: 0,
        due_day: 0,
        due_month_offset: 0,
        entry: None,
        longest_months: None,
        on_holiday: OnHoliday::Same,
        holidays: Vec::new(),
        late_charge: None,
        prepay_months: 0,
        learnt_late_days: 0,
        retroactive_loss: RetroactiveLoss::FromKnown,
        lapse: Vec::new(),
        lapse_effective: LapseEffective::Breach,
        lapse_run_off_months: 0,
        formal_spell: FormalSpell::Resets,
        notice_days: None,
        confirmation: false,
        notices: Notices::default(),
        bar: Bar::Life,
        lifts_bar_after_months: None,
        back_payment: None,
        entitlement: Vec::new(),
        suspend_after: None,
        suspension_return: None,
        co_payment: None,
        amnesties: Vec::new(),
        paid_before_stay: false,
        formal_private: Formal { entitlement: Vec::new(), run_off_months: 0 },
        formal_public: Formal { entitlement: Vec::new(), run_off_months: 0 },
        formal_month_counts: FormalMonthCounts::Employed,
        wage_rates: Vec::new(),
        dependants: None,
        social_assistance: false,
        transition: Transition { gaps_count: true, bars_lifted: false },
        assistance_levels: Vec::new(),
        sources: Vec::new(),
    }
}
