//! The language of the law: every field of a law document in one table.
//!
//! A field is named by its path in a document and by its key in a case; it is read into a revision, written back, and
//! said in words. Whatever reads, checks, prints or compares law documents goes through this table, so a field that
//! stands here is known everywhere. Absent: documents as wholes, and where their values come from.

use std::fmt;

use krama_law::answer::Scheme;
use krama_law::policy::{DependantRule, Notices, Revision};
use toml_edit::Item;

use crate::law_words::{AssistanceDoor, Bars, Gaps};
use crate::policy_file::values::{
    Amnesties, Charge, CoPayment, Count, DaysBefore, Employed, Entitlements, EntryTime, Holidays, LapseConditions,
    OrWord, Riels, Terms, WageRates, WordList, Words, YesNo, unread,
};

/// One field of the language.
pub struct Field {
    /// Its path in a law document.
    pub path: &'static str,
    /// The key by which a case sets it; a key of a table where the case writes one (`dependants.heads`).
    pub case_key: &'static str,
    /// What it decides.
    pub meaning: &'static str,
    pub(super) read: fn(&Item, &mut Revision) -> Result<(), String>,
    pub(super) write: fn(&Revision) -> String,
    pub(super) say: fn(&Revision) -> String,
}

impl fmt::Debug for Field {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.path)
    }
}

impl Field {
    /// The value of the field in a revision, as a document writes it.
    pub fn written(&self, revision: &Revision) -> String {
        (self.write)(revision)
    }

    /// The value of the field in a revision, in words.
    pub fn said(&self, revision: &Revision) -> String {
        (self.say)(revision)
    }

    /// Whether a revision has this field: a law that covers no dependants, or has nobody warned, says nothing more about it,
    /// and one without a clause that it may leave out need not say so.
    pub fn is_of(&self, revision: &Revision) -> bool {
        let is_said = || revision.source(self.path).is_some();
        if self.path.starts_with("voluntary.notices") {
            return revision.notices != Notices::default();
        }
        match self.path {
            "voluntary.longest_months" => return revision.longest_months.is_some() || is_said(),
            "voluntary.late_charge" => return revision.late_charge.is_some() || is_said(),
            "formal.contributions" => return !revision.wage_rates.is_empty() || is_said(),
            "voluntary.lapse.run_off_months" => return revision.lapse_run_off_months > 0 || is_said(),
            ENTRY => return revision.entry.is_none() && is_said(),
            path if path.starts_with(ENTRY) => return revision.entry.is_some(),
            _ => {}
        }
        match self.path.strip_prefix("dependants") {
            None => true,
            Some("") => revision.dependants.is_none(),
            Some(_) => revision.dependants.is_some(),
        }
    }
}

/// A field whose value is of one kind: how it is reached in a revision, and of which kind it is.
macro_rules! field {
    ($path:literal, $key:literal, $meaning:literal, $kind:expr, $($place:ident).+) => {
        Field {
            path: $path,
            case_key: $key,
            meaning: $meaning,
            read: |item, revision| $kind.read(item).map(|value| revision.$($place).+ = value),
            write: |revision| $kind.write(&revision.$($place).+),
            say: |revision| $kind.say(&revision.$($place).+),
        }
    };
}

/// A field of the rule on dependants, which is made when its first field is read.
macro_rules! dependant_field {
    ($path:literal, $key:literal, $meaning:literal, $kind:expr, $place:ident) => {
        Field {
            path: $path,
            case_key: $key,
            meaning: $meaning,
            read: |item, revision| {
                let value = $kind.read(item)?;
                revision.dependants.get_or_insert_with(nobody).$place = value;
                Ok(())
            },
            write: |revision| revision.dependants.as_ref().map_or_else(String::new, |rule| $kind.write(&rule.$place)),
            say: |revision| revision.dependants.as_ref().map_or_else(String::new, |rule| $kind.say(&rule.$place)),
        }
    };
}

/// A section that is `"none"` where the law has nothing of the kind, and else the fields that follow.
macro_rules! section {
    ($path:expr, $key:literal, $meaning:literal, $place:ident, $kind:literal, $none:literal) => {
        Field {
            path: $path,
            case_key: $key,
            meaning: $meaning,
            read: |item, revision| {
                if item.as_str() != Some("none") {
                    return Err(concat!("should be \"none\", or ", $kind, " of its fields").to_owned());
                }
                revision.$place = None;
                Ok(())
            },
            write: |revision| if revision.$place.is_none() { "\"none\"".to_owned() } else { String::new() },
            say: |revision| if revision.$place.is_none() { $none.to_owned() } else { "by these rules".to_owned() },
        }
    };
}

/// A field of the clause of entry, which is made when its first field is read.
macro_rules! entry_field {
    ($path:literal, $key:literal, $meaning:literal, $kind:expr, $place:ident) => {
        Field {
            path: $path,
            case_key: $key,
            meaning: $meaning,
            read: |item, revision| {
                let value = $kind.read(item)?;
                revision.entry.get_or_insert_with(unread).$place = value;
                Ok(())
            },
            write: |revision| revision.entry.as_ref().map_or_else(String::new, |entry| $kind.write(&entry.$place)),
            say: |revision| revision.entry.as_ref().map_or_else(String::new, |entry| $kind.say(&entry.$place)),
        }
    };
}

/// The section of the clause of entry.
const ENTRY: &str = "voluntary.entry";

/// Every field, in the order of a document.
pub const FIELDS: &[Field] = &[
    field!("voluntary.contribution_riel", "amount", "The contribution of a month", Riels { least: 1 }, contribution),
    field!(
        "voluntary.due_day",
        "due_day",
        "The day of the month on which a contribution falls due",
        Count { least: 1_u8, most: 31, unit: "" },
        due_day
    ),
    field!(
        "voluntary.due_month_offset",
        "due_month_offset",
        "In which month after the contribution month that is",
        Count { least: 0_u8, most: 12, unit: "" },
        due_month_offset
    ),
    field!("voluntary.on_holiday", "on_holiday", "A due day on a weekend or a holiday", Words, on_holiday),
    field!("voluntary.holidays", "holidays", "The public holidays", Holidays, holidays),
    field!(
        "voluntary.prepay_months",
        "prepay_months",
        "How many months after the current one can be paid ahead",
        Count { least: 0_u16, most: 120, unit: "months" },
        prepay_months
    ),
    field!("voluntary.entitlement", "entitlement", "What makes a voluntary member entitled", Entitlements, entitlement),
    field!(
        "voluntary.paid_before_stay",
        "paid_before_stay",
        "Whether only what was paid before a stay counts for it",
        YesNo,
        paid_before_stay
    ),
    field!(
        "voluntary.suspend_after",
        "suspend_after",
        "With how many overdue months voluntary cover is still given",
        OrWord { word: "never", says: "any number of", least: 0, most: 120, unit: "months" },
        suspend_after
    ),
    field!(
        "voluntary.suspension_return",
        "suspension_return",
        "The way back from a suspension",
        Terms,
        suspension_return
    ),
    field!(
        "voluntary.longest_months",
        "longest_months",
        "How long a membership lasts at the most, the month of enrolment included; a field that a law may leave out",
        OrWord { word: "none", says: "without an end", least: 1, most: 600, unit: "months" },
        longest_months
    ),
    field!(
        "voluntary.late_charge",
        "late_charge",
        "What is charged on a month that is paid late; a field that a law may leave out",
        Charge,
        late_charge
    ),
    section!(
        ENTRY,
        "entry",
        "Whether only those may enrol who were employed before; a section that a law may leave out",
        entry,
        "a section",
        "everybody may"
    ),
    entry_field!(
        "voluntary.entry.employed",
        "entry.employed",
        "For which months somebody must have been in formal employment before enrolling",
        Employed,
        employed
    ),
    entry_field!(
        "voluntary.entry.within",
        "entry.within",
        "Until when after that employment one can enrol",
        EntryTime,
        within
    ),
    field!("voluntary.lapse.conditions", "lapse", "When the membership lapses", LapseConditions, lapse),
    field!("voluntary.lapse.effective", "lapse_effective", "From when a lapse is dated", Words, lapse_effective),
    field!(
        "voluntary.lapse.run_off_months",
        "lapse_run_off_months",
        "How long cover runs on after a lapse for somebody who was covered; a field that a law may leave out",
        Count { least: 0_u16, most: 120, unit: "months" },
        lapse_run_off_months
    ),
    field!(
        "voluntary.lapse.formal_spell",
        "formal_spell",
        "What a month with employment does to a run of missed months",
        Words,
        formal_spell
    ),
    field!(
        "voluntary.lapse.notice_days",
        "notice_days",
        "How long after a served notice a lapse may come at the earliest",
        OrWord { word: "none", says: "no notice is needed", least: 1, most: 366, unit: "days" },
        notice_days
    ),
    field!(
        "voluntary.lapse.confirmation",
        "confirmation",
        "Whether a person must confirm each lapse",
        YesNo,
        confirmation
    ),
    field!(
        "voluntary.notices.first_missed",
        "notices.first_missed",
        "Whether a member is warned when the first month is missed; a section that a law may leave out",
        YesNo,
        notices.first_missed
    ),
    field!(
        "voluntary.notices.days_before",
        "notices.days_before",
        "How many days before the last one on which paying still helps a member is warned",
        DaysBefore,
        notices.days_before
    ),
    Field {
        path: "voluntary.return.bar",
        case_key: "bar",
        meaning: "For how long somebody who lapsed cannot enrol again",
        read: |item, revision| {
            let months = BAR.read(item)?;
            revision.bar = months.map_or(krama_law::policy::Bar::Life, krama_law::policy::Bar::Months);
            Ok(())
        },
        write: |revision| BAR.write(&bar_months(revision)),
        say: |revision| BAR.say(&bar_months(revision)),
    },
    field!(
        "voluntary.return.lifts_bar_after_months",
        "lifts_bar_after_months",
        "After how much formal employment the bar is lifted",
        OrWord { word: "never", says: "never", least: 1, most: 600, unit: "months" },
        lifts_bar_after_months
    ),
    field!("voluntary.return.back_payment", "back_payment", "Coming back by paying what is owed", Terms, back_payment),
    field!(
        "voluntary.return.co_payment",
        "co_payment",
        "What somebody who paid to come back bears of a bill",
        CoPayment,
        co_payment
    ),
    field!("voluntary.return.amnesties", "amnesties", "Doors that are open between two dates", Amnesties, amnesties),
    field!(
        "late_knowledge.learnt_late_days",
        "learnt_late_days",
        "How long a member has at least after something that takes away was learnt late",
        Count { least: 0_u16, most: 366, unit: "days" },
        learnt_late_days
    ),
    field!(
        "late_knowledge.retroactive_loss",
        "retroactive_loss",
        "From when something learnt late takes cover away",
        Words,
        retroactive_loss
    ),
    field!(
        "formal.month_counts",
        "formal_month_counts",
        "What makes a month of formal employment an insured one",
        Words,
        formal_month_counts
    ),
    field!(
        "formal.contributions",
        "formal_contributions",
        "What is paid on a wage for each branch; a field that a law may leave out",
        WageRates,
        wage_rates
    ),
    field!(
        "formal.private.entitlement",
        "formal_entitlement",
        "What makes an employee of the private sector entitled",
        Entitlements,
        formal_private.entitlement
    ),
    field!(
        "formal.private.run_off_months",
        "run_off_months",
        "How long cover runs on after an employment in the private sector",
        Count { least: 0_u16, most: 120, unit: "months" },
        formal_private.run_off_months
    ),
    field!(
        "formal.public.entitlement",
        "public_entitlement",
        "What makes an employee of the State entitled",
        Entitlements,
        formal_public.entitlement
    ),
    field!(
        "formal.public.run_off_months",
        "public_run_off_months",
        "How long cover runs on after an employment by the State",
        Count { least: 0_u16, most: 120, unit: "months" },
        formal_public.run_off_months
    ),
    section!(
        "dependants",
        "dependants",
        "Whether anybody is covered through the head of a household",
        dependants,
        "a table",
        "nobody"
    ),
    dependant_field!(
        "dependants.head_schemes",
        "dependants.heads",
        "By which covers of the head dependants are covered",
        WordList,
        head_schemes
    ),
    dependant_field!(
        "dependants.child_under",
        "dependants.child_under",
        "Until which birthday a child is a dependant",
        Count { least: 1_u8, most: 120, unit: "years" },
        child_under
    ),
    dependant_field!(
        "dependants.disabled",
        "dependants.disabled",
        "Whether a disabled child is a dependant at any age",
        YesNo,
        disabled
    ),
    dependant_field!(
        "dependants.spouse_under",
        "dependants.spouse_under",
        "Until which birthday a spouse is a dependant",
        OrWord { word: "none", says: "at any age", least: 1_u8, most: 120, unit: "years" },
        spouse_under
    ),
    dependant_field!(
        "dependants.registered_marriage",
        "dependants.registered_marriage",
        "Whether only a registered marriage makes a spouse",
        YesNo,
        registered_marriage
    ),
    field!(
        "assistance.levels",
        "assistance_levels",
        "The levels of the poverty registry that give cover",
        WordList,
        assistance_levels
    ),
    Field {
        path: "assistance.social_assistance",
        case_key: "social_assistance",
        meaning: "What the fund does for somebody who lapsed and may be poor",
        read: |item, revision| {
            Words.read(item).map(|door: AssistanceDoor| revision.social_assistance = door == AssistanceDoor::Referral)
        },
        write: |revision| Words.write(&assistance_door(revision)),
        say: |revision| Words.say(&assistance_door(revision)),
    },
    Field {
        path: "transition.gaps",
        case_key: "transition.gaps",
        meaning: "What becomes of months missed before this revision",
        read: |item, revision| Words.read(item).map(|gaps: Gaps| revision.transition.gaps_count = gaps == Gaps::Count),
        write: |revision| Words.write(&gaps(revision)),
        say: |revision| Words.say(&gaps(revision)),
    },
    Field {
        path: "transition.bars",
        case_key: "transition.bars",
        meaning: "What becomes of bars that began before this revision",
        read: |item, revision| {
            Words.read(item).map(|bars: Bars| revision.transition.bars_lifted = bars == Bars::Lifted)
        },
        write: |revision| Words.write(&bars(revision)),
        say: |revision| Words.say(&bars(revision)),
    },
];

const BAR: OrWord<u16> = OrWord { word: "life", says: "for life", least: 0, most: 600, unit: "months" };

/// The field at a path.
pub fn field(path: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.path == path)
}

/// The path that is nearest to one that is no field, for somebody who misspelt it.
pub(super) fn nearest(path: &str) -> &'static str {
    let distance = |field: &&Field| edits(path, field.path);
    FIELDS.iter().min_by_key(distance).map_or("", |field| field.path)
}

/// How many letters must be changed, added or taken away to make one text of the other.
fn edits(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.chars().enumerate() {
        let mut corner = row[0];
        row[0] = line + 1;
        for (at, against) in other.iter().enumerate() {
            let replaced = corner + usize::from(letter != *against);
            corner = row[at + 1];
            row[at + 1] = replaced.min(row[at] + 1).min(corner + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

/// A rule by which nobody is a dependant, before its fields are read.
fn nobody() -> DependantRule {
    let head_schemes: Vec<Scheme> = Vec::new();
    DependantRule { head_schemes, child_under: 0, disabled: false, spouse_under: None, registered_marriage: true }
}

fn bar_months(revision: &Revision) -> Option<u16> {
    match revision.bar {
        krama_law::policy::Bar::Life => None,
        krama_law::policy::Bar::Months(months) => Some(months),
    }
}

fn assistance_door(revision: &Revision) -> AssistanceDoor {
    if revision.social_assistance { AssistanceDoor::Referral } else { AssistanceDoor::None }
}

fn gaps(revision: &Revision) -> Gaps {
    if revision.transition.gaps_count { Gaps::Count } else { Gaps::Forget }
}

fn bars(revision: &Revision) -> Bars {
    if revision.transition.bars_lifted { Bars::Lifted } else { Bars::Stand }
}
