//! The answer as a value: what the law says of one member on one day, as known at one instant.
//!
//! These are the nouns that every floor speaks of; how an answer is reached is in `standing` and `coverage`.

use crate::calendar::{Day, Moment};
use crate::fact::FactId;
use crate::money::Riel;

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
}

impl Scheme {
    /// Every scheme, in the order of answers.
    pub const ALL: [Scheme; 4] = [Scheme::Voluntary, Scheme::Formal, Scheme::RunOff, Scheme::Assistance];
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
    /// Paid as penalty of a back-payment.
    pub surcharge: Riel,
    /// Of payments that came to nothing.
    pub reversed: Riel,
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
    /// What a back-payment costs on the day; absent where there is no such door or no lapse.
    pub back_payment_price: Option<Riel>,
    /// The last day on which standing, covers, overdue months and run are as answered, if nothing more is
    /// recorded; open when absent.
    pub holds_until: Option<Day>,
}
