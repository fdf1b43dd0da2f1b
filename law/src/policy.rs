//! Policy: one dated revision of a law as plain values, and the book of revisions that are in force by day.
//!
//! The code of the kernel holds no number of its own; each is a field here, and each field is supported by a
//! citation or marked as an assumption (see `Source`). A revision is immutable once published. Absent on
//! purpose: file formats; a revision is read from a document elsewhere.

mod book;
mod entry;
mod wages;

use std::sync::Arc;

use crate::almanac::Almanac;
use crate::answer::Scheme;
use crate::calendar::{Day, Moment};
use crate::fact::{AssistanceLevel, Sector};
use crate::money::{Rate, Riel};
pub use book::Book;
pub(crate) use book::in_force;
pub use entry::{Entry, EntryMonths, Within};
pub use wages::{Branch, WageBase, WageContribution, WageRate};

/// The rules in force from one day on, until a later revision takes their place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Revision {
    /// The first day on which these rules apply.
    pub effective: Day,
    /// What one month costs a voluntary member, in riel; at least 1.
    pub contribution: Riel,
    /// The day of the month on which a contribution falls due (clamped to the month's last day), 1 to 31.
    pub due_day: u8,
    /// In which month after the contribution month that is; 0 is the month itself.
    pub due_month_offset: u8,
    /// Who may enrol by an employment before; `None`: everybody.
    pub entry: Option<Entry>,
    /// How many months a membership lasts, that of the enrolment included; `None`: without an end.
    pub longest_months: Option<u16>,
    /// What happens to a due day that is a holiday or a weekend.
    pub on_holiday: OnHoliday,
    /// The dated public holidays, in order.
    pub holidays: Vec<Day>,
    /// What paying an overdue month costs more, for a member who has neither lapsed nor is suspended; `None`: nothing.
    pub late_charge: Option<LateCharge>,
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
    /// For how many months after the month of the last day before a lapse cover runs on, for who was covered; 0 for none.
    pub lapse_run_off_months: u16,
    /// What a month with employment does to a run of missed months.
    pub formal_spell: FormalSpell,
    /// How many days after a served notice a lapse may come at the earliest; `None`: no notice is needed.
    pub notice_days: Option<u16>,
    /// Whether an officer must confirm each lapse.
    pub confirmation: bool,
    /// When a member is warned of a loss; no answer depends on it.
    pub notices: Notices,
    /// For how long a lapsed member cannot enrol again.
    pub bar: Bar,
    /// After how many months of formal employment the bar is lifted; `None`: never.
    pub lifts_bar_after_months: Option<u16>,
    /// The door of paying back what is owed, where the law has it.
    pub back_payment: Option<BackPayment>,
    /// What makes a voluntary member entitled; any limb is enough.
    pub entitlement: Vec<Entitlement>,
    /// With how many overdue months voluntary cover is still given; `None`: arrears alone do not suspend it.
    pub suspend_after: Option<u16>,
    /// The way back from such a suspension, where paying the overdue months one by one is not: while suspended, money
    /// is added up until it reaches the price; `None`: cover comes back as soon as few enough months are overdue.
    pub suspension_return: Option<BackPayment>,
    /// What a member who paid to come back owes of the bill of a benefit; `None`: nothing.
    pub co_payment: Option<CoPaymentRule>,
    /// Doors that are open between two dates and otherwise shut.
    pub amnesties: Vec<Amnesty>,
    /// Whether only what was paid before the first day of a stay counts for the cover of that stay.
    pub paid_before_stay: bool,
    /// The scheme of those employed in the private sector.
    pub formal_private: Formal,
    /// The scheme of those employed by the State.
    pub formal_public: Formal,
    /// What makes a month of formal employment an insured one.
    pub formal_month_counts: FormalMonthCounts,
    /// What is paid on wages; no answer depends on it.
    pub wage_rates: Vec<WageRate>,
    /// Who is covered through the head of a household; `None`: nobody.
    pub dependants: Option<DependantRule>,
    /// Whether somebody who lapsed is referred to social assistance.
    pub social_assistance: bool,
    /// What becomes of gaps and bars that began under an older revision.
    pub transition: Transition,
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

/// When a member is warned that the membership is in danger.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Notices {
    /// Whether when the first month becomes overdue.
    pub first_missed: bool,
    /// How many days before the last day on which paying still prevents the loss, each once.
    pub days_before: Vec<u16>,
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
    /// In how many payments it can be paid; `None`: in any number.
    pub instalments: Option<Instalments>,
}

/// In how many payments a return can be paid: of what is added up only the newest so many count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Instalments {
    /// At most so many payments, at least 1.
    pub most: u16,
    /// For who has so many months overdue; who has fewer pays in one.
    pub from_months: u16,
}

/// What a month costs more when it is paid late.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LateCharge {
    /// The part of what is paid late, for each started month since the month's due day.
    pub penalty: Rate,
    /// Whether it is compound rather than simple.
    pub compound: bool,
}

/// What a member who paid to come back owes of the bill of a benefit, for a time after the return.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CoPaymentRule {
    /// For how many days after the day of the return.
    pub days: u16,
    /// The part of the bill for each month that was overdue on the day of the return.
    pub rate: Rate,
    /// At most so many months are counted.
    pub max_months: u16,
    /// At most so many riel a bill.
    pub ceiling: Option<Riel>,
}

/// Doors that are open between two dates and otherwise shut.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Amnesty {
    /// The first day.
    pub from: Day,
    /// The last day.
    pub until: Day,
    /// The terms of a back-payment, in place of those of the revision.
    pub back_payment: Option<BackPayment>,
    /// Whether the bar does not stand.
    pub re_enrolment: bool,
}

/// The formal scheme of one sector.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Formal {
    /// What makes an employed person entitled; any limb is enough.
    pub entitlement: Vec<Entitlement>,
    /// For how many months after the month of the last day worked cover runs on.
    pub run_off_months: u16,
}

/// What makes a month with any day of formal employment an insured one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FormalMonthCounts {
    /// The employment itself.
    Employed,
    /// That the employer has declared it.
    Declared,
    /// That the employer has paid it.
    Paid,
}

/// Who is covered through the head of a household.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DependantRule {
    /// By which covers of the head.
    pub head_schemes: Vec<Scheme>,
    /// A child is a dependant until the day before this birthday.
    pub child_under: u8,
    /// Whether a disabled person is a dependant at any age.
    pub disabled: bool,
    /// A spouse is a dependant until the day before this birthday; `None`: at any age.
    pub spouse_under: Option<u8>,
    /// Whether only a registered marriage makes a spouse.
    pub registered_marriage: bool,
}

/// What becomes of gaps and bars that began under an older revision, once a revision takes effect.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Transition {
    /// Whether months that were overdue before count towards a lapse.
    pub gaps_count: bool,
    /// Whether bars of earlier lapses are lifted.
    pub bars_lifted: bool,
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
    /// The months under each set of revisions that was known at some time, oldest first.
    almanacs: Vec<(Moment, Arc<Almanac>)>,
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
    /// A month that costs nothing would count as paid for everybody.
    #[error("the contribution of the revision effective from {0} is {1}; it must be at least 1")]
    NoContribution(Day, Riel),
}

impl Law {
    /// A law of these revisions, in any order.
    ///
    /// # Errors
    /// There is no revision, two take effect on one day, or a contribution is less than 1.
    pub fn new(name: &str, mut revisions: Vec<Published>) -> Result<Law, BadLaw> {
        revisions.sort_by_key(|published| published.revision.effective);
        if revisions.is_empty() {
            return Err(BadLaw::Empty);
        }
        if let Some(pair) = revisions.windows(2).find(|pair| pair[0].revision.effective == pair[1].revision.effective) {
            return Err(BadLaw::SameDay(pair[0].revision.effective));
        }
        if let Some(free) = revisions.iter().map(|p| &p.revision).find(|revision| revision.contribution < 1) {
            return Err(BadLaw::NoContribution(free.effective, free.contribution));
        }
        let mut instants: Vec<Moment> = revisions.iter().map(|published| published.published).collect();
        // Before the first publication too there is an almanac: that of the oldest revision.
        instants.push(Moment::MIN);
        instants.sort_unstable();
        instants.dedup();
        let almanac = |known| (known, Arc::new(Almanac::of(&known_by(&revisions, known))));
        let almanacs = instants.into_iter().map(almanac).collect();
        Ok(Law { name: name.to_owned(), revisions, almanacs })
    }

    /// The revisions that had been published by `known`.
    pub fn as_known(&self, known: Moment) -> Book<'_> {
        let newest = self.almanacs.partition_point(|(from, _)| *from <= known).saturating_sub(1);
        Book { revisions: known_by(&self.revisions, known), almanac: Arc::clone(&self.almanacs[newest].1) }
    }

    /// All revisions, oldest first.
    pub fn revisions(&self) -> &[Published] {
        &self.revisions
    }
}

/// The revisions that had been published by an instant, oldest first.
fn known_by(revisions: &[Published], known: Moment) -> Vec<&Revision> {
    let by_then: Vec<&Revision> = revisions.iter().filter(|p| p.published <= known).map(|p| &p.revision).collect();
    // Before the first publication there was no law to decide by; the oldest one then stands in, since an answer
    // without any rule would be no answer.
    if by_then.is_empty() { vec![&revisions[0].revision] } else { by_then }
}

impl BackPayment {
    /// How many payments can add up to a return of somebody with so many months overdue; `None`: any number.
    pub fn payments_that_count(&self, overdue: usize) -> Option<usize> {
        let Instalments { most, from_months } = self.instalments?;
        Some(if overdue < usize::from(from_months) { 1 } else { usize::from(most) })
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

    /// The formal scheme of a sector.
    pub fn formal(&self, sector: Sector) -> &Formal {
        match sector {
            Sector::Private => &self.formal_private,
            Sector::Public => &self.formal_public,
        }
    }

    /// The amnesty that is open on a day.
    pub fn amnesty(&self, day: Day) -> Option<&Amnesty> {
        self.amnesties.iter().find(|amnesty| (amnesty.from..=amnesty.until).contains(&day))
    }

    /// The terms of a back-payment on a day, where that door is open: those of an amnesty, else the revision's own.
    pub fn back_payment_on(&self, day: Day) -> Option<BackPayment> {
        self.amnesty(day).and_then(|amnesty| amnesty.back_payment).or(self.back_payment)
    }

    /// The bar on a day; an amnesty can lay it aside.
    pub fn bar_on(&self, day: Day) -> Bar {
        if self.amnesty(day).is_some_and(|amnesty| amnesty.re_enrolment) { Bar::Months(0) } else { self.bar }
    }

    /// What supports the value of a field, if the document says so.
    pub fn source(&self, field: &str) -> Option<&Source> {
        self.sources.iter().find(|source| source.field == field)
    }
}

#[cfg(test)]
pub(crate) mod tests;
