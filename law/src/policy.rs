//! Policy: one dated revision of a law as plain values, and the book of revisions that are in force by day.
//!
//! The code of the kernel holds no number of its own; each is a field here, and each field is supported by a
//! citation or marked as an assumption (see `Source`). A revision is immutable once published. Absent on
//! purpose: file formats; a revision is read from a document elsewhere.

use crate::calendar::{Day, Moment, Month};
use crate::fact::AssistanceLevel;
use crate::money::{Rate, Riel};
use crate::timeline::DueDay;

/// The rules in force from one day on, until a later revision takes their place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Revision {
    /// The first day on which these rules apply.
    pub effective: Day,
    /// What one month costs a voluntary member, in riel.
    pub contribution: Riel,
    /// The day of the month on which a contribution falls due (clamped to the month's last day), 1 to 31.
    pub due_day: u8,
    /// In which month after the contribution month that is; 0 is the month itself.
    pub due_month_offset: u8,
    /// What happens to a due day that is a holiday or a weekend.
    pub on_holiday: OnHoliday,
    /// The dated public holidays, in order.
    pub holidays: Vec<Day>,
    /// How many months after the current one can be paid ahead.
    pub prepay_months: u16,
    /// How many days a member has at least, after a fact that takes away becomes known late.
    pub learnt_late_days: u16,
    /// Whether what is learnt later takes a cover away for days that have passed.
    pub retroactive_loss: RetroactiveLoss,
    /// Conditions of lapse; any of them is enough, none means that nobody lapses.
    pub lapse: Vec<LapseCondition>,
    /// From which day a lapse is dated.
    pub lapse_effective: LapseEffective,
    /// What a month with employment does to a run of missed months.
    pub formal_spell: FormalSpell,
    /// How many days after a served notice a lapse may come at the earliest; `None`: no notice is needed.
    pub notice_days: Option<u16>,
    /// Whether an officer must confirm each lapse.
    pub confirmation: bool,
    /// For how long a lapsed member cannot enrol again.
    pub bar: Bar,
    /// After how many months of formal employment the bar is lifted; `None`: never.
    pub lifts_bar_after_months: Option<u16>,
    /// The door of paying back what is owed, where the law has it.
    pub back_payment: Option<BackPayment>,
    /// What makes a voluntary member entitled; any limb is enough.
    pub entitlement: Vec<Entitlement>,
    /// What makes an employed person entitled; any limb is enough.
    pub formal_entitlement: Vec<Entitlement>,
    /// With how many overdue months voluntary cover is still given; `None`: arrears alone do not suspend it.
    pub suspend_after: Option<u16>,
    /// For how many months after the month of the last day worked formal cover runs on.
    pub run_off_months: u16,
    /// Which levels of the poverty registry give assistance cover.
    pub assistance_levels: Vec<AssistanceLevel>,
    /// Where the values come from.
    pub sources: Vec<Source>,
}

/// What supports one field of a revision.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// The field, by its name in the law document (`lapse.consecutive`).
    pub field: String,
    /// The text of law or the public statement that says so; absent for a pure assumption.
    pub citation: Option<String>,
    /// Why this value was chosen where the law is silent or ambiguous; absent where it is clear.
    pub assumption: Option<String>,
}

/// What happens to a due day that falls on a weekend or a dated holiday.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OnHoliday {
    /// It stays.
    Same,
    /// It moves to the next day that is neither.
    NextWorkingDay,
}

/// From when a late fact that takes away takes a cover away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RetroactiveLoss {
    /// Only from the day on which it became known; what was given before is kept in good faith.
    FromKnown,
    /// From the day on which it was so in the world.
    FromValid,
}

/// One condition of lapse.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LapseCondition {
    /// The run of missed months is longer than this.
    Consecutive(u16),
    /// Of the last `of` owed months fewer than `paid` are paid.
    Window {
        /// How many must be paid.
        paid: u16,
        /// Of how many.
        of: u16,
    },
}

/// From which day a lapse is dated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LapseEffective {
    /// The day on which the condition first holds.
    Breach,
    /// The first day of the oldest month of the run.
    FirstMissed,
}

/// What a month with employment does to the run of missed months.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FormalSpell {
    /// It ends the run.
    Resets,
    /// It is passed over.
    Pauses,
}

/// For how long a lapsed member cannot enrol again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bar {
    /// For ever.
    Life,
    /// For this many months; 0 is no bar.
    Months(u16),
}

/// The terms on which a lapsed member may pay what is owed and come back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BackPayment {
    /// The penalty for each started month since a month's due day.
    pub penalty: Rate,
    /// Whether the penalty is compound rather than simple.
    pub compound: bool,
    /// At most this many of the newest overdue months are asked for.
    pub cap_months: Option<u16>,
    /// Months older than this many before the current one are not asked for.
    pub refuse_older_months: Option<u16>,
    /// Whether the current month is asked for too.
    pub plus_current: bool,
    /// A flat fee, in riel.
    pub flat: Riel,
    /// For how many months after the return there is no voluntary cover.
    pub waiting_months: u16,
}

/// One limb of an entitlement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Entitlement {
    /// The newest months before the current one, this many, are insured.
    Consecutive(u16),
    /// Of the months before the current one enough are insured.
    Window {
        /// How many must be insured.
        insured: u16,
        /// Of how many.
        of: u16,
    },
    /// At once.
    Immediate,
}

/// A revision and the instant at which it was published.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Published {
    /// When it became known to the ledger.
    pub published: Moment,
    /// The rules.
    pub revision: Revision,
}

/// A law: the series of its revisions, in the order of their effective days.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Law {
    /// The short name of the law, such as `kh`.
    pub name: String,
    revisions: Vec<Published>,
}

/// Revisions that do not make a law.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadLaw {
    /// A law needs at least one revision.
    #[error("a law needs at least one revision")]
    Empty,
    /// Two revisions claim the same day.
    #[error("two revisions are effective from {0}")]
    SameDay(Day),
}

impl Law {
    /// A law of these revisions, in any order.
    ///
    /// # Errors
    /// There is no revision, or two take effect on one day.
    pub fn new(name: &str, mut revisions: Vec<Published>) -> Result<Law, BadLaw> {
        revisions.sort_by_key(|published| published.revision.effective);
        if revisions.is_empty() {
            return Err(BadLaw::Empty);
        }
        if let Some(pair) = revisions.windows(2).find(|pair| pair[0].revision.effective == pair[1].revision.effective) {
            return Err(BadLaw::SameDay(pair[0].revision.effective));
        }
        Ok(Law { name: name.to_owned(), revisions })
    }

    /// The revisions that had been published by `known`.
    pub fn as_known(&self, known: Moment) -> Book<'_> {
        let known: Vec<&Revision> =
            self.revisions.iter().filter(|p| p.published <= known).map(|p| &p.revision).collect();
        // Before the first publication there was no law to decide by; the oldest one then stands in, since an
        // answer without any rule would be no answer.
        let revisions = if known.is_empty() { vec![&self.revisions[0].revision] } else { known };
        Book { revisions }
    }

    /// All revisions, oldest first.
    pub fn revisions(&self) -> &[Published] {
        &self.revisions
    }
}

/// The revisions known at one instant, by effective day. Never empty.
#[derive(Clone, Debug)]
pub struct Book<'a> {
    revisions: Vec<&'a Revision>,
}

impl<'a> Book<'a> {
    /// The revision in force on a day. Days before the first revision are answered by the first.
    pub fn on(&self, day: Day) -> &'a Revision {
        let after = self.revisions.iter().rev().find(|revision| revision.effective <= day);
        after.copied().unwrap_or(self.revisions[0])
    }

    /// The same book without the revisions that take effect after `day`.
    pub fn in_force_by(&self, day: Day) -> Book<'a> {
        let mut revisions: Vec<_> = self.revisions.iter().copied().filter(|r| r.effective <= day).collect();
        if revisions.is_empty() {
            revisions.push(self.revisions[0]);
        }
        Book { revisions }
    }

    /// The revisions, oldest first.
    pub fn revisions(&self) -> &[&'a Revision] {
        &self.revisions
    }

    /// The last day on which a month can be paid without being overdue, by its own revision.
    pub fn due(&self, month: Month) -> Day {
        self.due_day(month).day
    }

    /// The due day of a month, with the month in which it lies before a holiday moves it.
    pub(crate) fn due_day(&self, month: Month) -> DueDay {
        let revision = self.on(month.first_day());
        let lies_in = month.plus(i32::from(revision.due_month_offset));
        let number = revision.due_day;
        DueDay { day: revision.working_day(lies_in.day_clamped(number)), month: lies_in, number }
    }
}

impl Revision {
    /// The day itself, or the next working day where the law moves due days off weekends and holidays.
    pub fn working_day(&self, mut day: Day) -> Day {
        if self.on_holiday == OnHoliday::NextWorkingDay {
            while day.is_weekend() || self.holidays.binary_search(&day).is_ok() {
                day = day.after();
            }
        }
        day
    }

    /// What supports the value of a field, if the document says so.
    pub fn source(&self, field: &str) -> Option<&Source> {
        self.sources.iter().find(|source| source.field == field)
    }
}
