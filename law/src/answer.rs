//! The answer as a value: what the law says of one member on one day, as known at one instant.
//!
//! These are the nouns that every floor speaks of; how an answer is reached is in `standing` and `coverage`.

use crate::calendar::{Day, Moment};
use crate::fact::FactId;
use crate::money::{Rate, Riel};

/// Where a member stands towards the voluntary scheme; the first that applies, in this order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Standing {
    /// Dead.
    Closed,
    /// In formal employment.
    Employed,
    /// Lapsed, and not yet back by any door.
    Abandoned,
    /// Not a voluntary member.
    NotEnrolled,
    /// A condition of lapse holds and an officer has not yet confirmed it.
    LapsePending,
    /// At least one month is overdue.
    InArrears,
    /// Nothing is overdue.
    Current,
}

/// A scheme that can cover a person. Several can at once.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Scheme {
    /// The voluntary scheme, by contributions paid.
    Voluntary,
    /// The formal scheme, by employment.
    Formal,
    /// The formal scheme after the employment has ended.
    RunOff,
    /// Social assistance, by a certificate of the poverty registry.
    Assistance,
    /// The scheme that covers the head of the household.
    Dependant,
}

impl Scheme {
    /// Every scheme, in the order of answers.
    pub const ALL: [Scheme; 5] =
        [Scheme::Voluntary, Scheme::Formal, Scheme::RunOff, Scheme::Assistance, Scheme::Dependant];
}

/// A set of schemes.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Schemes(u8);

impl Schemes {
    /// No scheme.
    pub const NONE: Schemes = Schemes(0);

    /// Whether a scheme is among them.
    pub fn has(self, scheme: Scheme) -> bool {
        self.0 & (1 << scheme as u8) != 0
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// These and another one, where `covered` says so.
    #[must_use]
    pub fn with(self, scheme: Scheme, covered: bool) -> Schemes {
        Schemes(self.0 | u8::from(covered) << scheme as u8)
    }

    /// Those that are not among others.
    #[must_use]
    pub fn without(self, others: Schemes) -> Schemes {
        Schemes(self.0 & !others.0)
    }

    /// Those that are in both.
    #[must_use]
    pub fn and(self, other: Schemes) -> Schemes {
        Schemes(self.0 & other.0)
    }
}

/// Why an enrolment is refused; the first that applies, in this order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum EnrolmentRefusal {
    /// The person is dead.
    Deceased,
    /// The person is in formal employment.
    FormallyEmployed,
    /// The person has lapsed and the bar stands.
    VoluntaryAbandoned,
    /// The person is a voluntary member already.
    AlreadyEnrolled,
    /// The person was not in formal employment for as long as the law asks before.
    InsuredTooShort,
    /// The time after the end of the last employment within which one can enrol has passed.
    EntryClosed,
}

/// A cover on the day of the answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cover {
    /// Which scheme covers.
    pub scheme: Scheme,
    /// The first day of the unbroken stretch.
    pub from: Day,
    /// The last day of the stretch if nothing more is recorded; open when absent.
    pub until: Option<Day>,
    /// Whether it is only kept in good faith: the ledger gave it for that day and has since learnt otherwise.
    pub kept: bool,
}

/// Where the money received for a member lies, in riel. The places add up to all that was received.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Money {
    /// On contribution months.
    pub on_months: Riel,
    /// Not needed by any month; refundable.
    pub credit: Riel,
    /// Could not be allocated; refundable.
    pub suspense: Riel,
    /// Added up towards a back-payment.
    pub pot: Riel,
    /// Paid as penalty of a back-payment, or as charge for paying a month late.
    pub surcharge: Riel,
    /// Of payments that came to nothing.
    pub reversed: Riel,
    /// Paid back.
    pub refunded: Riel,
}

/// What the member owes of the bill of a benefit after having paid to come back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CoPayment {
    /// The part of the bill for each month.
    pub rate: Rate,
    /// How many months count.
    pub months: u16,
    /// At most so many riel a bill.
    pub ceiling: Option<Riel>,
    /// The last day of the duty.
    pub until: Day,
}

/// A way back that is open to somebody who lapsed, or whose cover is suspended until the arrears are paid.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Door {
    /// Which way.
    pub kind: DoorKind,
    /// What it costs on the day, where it has a price.
    pub price: Option<Riel>,
    /// The first day of its cover if it is used on the day and, for a new enrolment, every month is then paid; absent
    /// where it brings none.
    pub benefits_from: Option<Day>,
    /// The last day on which it is open, where an amnesty opens it, or where one must enrol within a time after the end of
    /// an employment.
    pub open_until: Option<Day>,
}

/// The ways back.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum DoorKind {
    /// Being hired.
    FormalEmployment,
    /// Paying what is owed.
    BackPayment,
    /// Enrolling again.
    ReEnrolment,
    /// A referral to social assistance, which decides for itself.
    SocialAssistance,
}

/// What the law says of a member on a day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The day asked about.
    pub valid_at: Day,
    /// The instant as known at which it is answered.
    pub known_at: Moment,
    /// The effective day of the revision in force on the day.
    pub revision: Day,
    /// Where the member stands.
    pub standing: Standing,
    /// The first day of the unbroken stretch of this standing; absent when it was so from the beginning.
    pub since: Option<Day>,
    /// Every cover on the day, in the order of schemes.
    pub covers: Vec<Cover>,
    /// Months overdue; 0 for the lapsed and the dead.
    pub overdue: u32,
    /// The run of missed months; 0 for the employed, the lapsed and the dead.
    pub run: u32,
    /// Where every riel lies.
    pub money: Money,
    /// Enrolments refused on the day.
    pub refused: Vec<(FactId, EnrolmentRefusal)>,
    /// The last day on which paying still prevents the next lapse.
    pub last_safe_day: Option<Day>,
    /// The same under revisions that are published but not yet in force, when that is sooner.
    pub last_safe_day_published: Option<Day>,
    /// What coming back by paying costs on the day; absent where there is no such door, or nothing to come back from.
    pub back_payment_price: Option<Riel>,
    /// The duty to pay a part of a bill, after a return.
    pub co_payment: Option<CoPayment>,
    /// The last day on which standing, covers, overdue months, run and co-payment duty are as answered, if nothing
    /// more is recorded; open when absent.
    pub holds_until: Option<Day>,
}
