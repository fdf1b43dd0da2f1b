//! Facts: the closed list of what can be known about a member's life, each with both of its times.
//!
//! Facts are the only input of the law besides the law itself; every answer is derived from them. A fact is
//! never changed: a correction is a later fact that names what it replaces. Absent on purpose: names, numbers
//! of identity, and whatever else tells who the member is.

use crate::calendar::{Day, Moment, Month};
use crate::money::Riel;

/// Names a fact in the ledger. Rises with the order in which facts were recorded.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FactId(pub i64);

/// Names a member of whom another is a dependant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MemberId(pub i64);

/// Names one employment of one person at one employer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct EmploymentId(pub i64);

/// A fact as the ledger holds it: what happened, and when the ledger came to know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recorded {
    /// Which fact this is.
    pub id: FactId,
    /// The instant at which it was recorded.
    pub known: Moment,
    /// What happened, with its own (valid) days.
    pub fact: Fact,
}

/// What happened. Days are valid days: when it was so in the world.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fact {
    /// The person joined the voluntary scheme.
    Enrolled {
        /// The day of enrolment.
        on: Day,
    },
    /// Money was handed over for the member. Money that came for an unknown person and was assigned to the member
    /// later is such a fact too: it keeps its value date and is known from the assignment on.
    Payment {
        /// The day on which the payer handed it over.
        on: Day,
        /// How much.
        amount: Riel,
        /// The contribution month that the payer named, if any.
        month: Option<Month>,
    },
    /// A payment came to nothing: it counts up to the day before.
    Reversed {
        /// Which payment.
        payment: FactId,
        /// From when it no longer counts.
        on: Day,
    },
    /// Some of a payment was paid back: of its credit, then of what waits in suspense, then of what was added up for
    /// a return; what none of them holds any longer is taken off months.
    Refunded {
        /// Which payment.
        payment: FactId,
        /// How much.
        amount: Riel,
        /// The day on which it was paid back.
        on: Day,
    },
    /// A person began to work for an employer.
    Hired {
        /// Which employment this begins.
        employment: EmploymentId,
        /// Of which sector the employer is.
        sector: Sector,
        /// The first day worked.
        from: Day,
        /// The last day worked, where it was known from the start.
        until: Option<Day>,
    },
    /// An employment ended.
    Separated {
        /// Which employment.
        employment: EmploymentId,
        /// The last day worked.
        last: Day,
    },
    /// An employment had other days than was reported; what is given replaces what stood.
    Amended {
        /// Which employment.
        employment: EmploymentId,
        /// The first day worked, if that was wrong.
        from: Option<Day>,
        /// The last day worked, if that was wrong.
        until: Option<Day>,
    },
    /// An employment never was.
    EmploymentRetracted {
        /// Which employment.
        employment: EmploymentId,
    },
    /// An employer declared or paid a month of formal employment.
    EmployerMonth {
        /// The month.
        month: Month,
        /// What the employer did.
        act: EmployerAct,
        /// The day on which it was done.
        on: Day,
    },
    /// The poverty registry certified the member's household.
    Certificate {
        /// At which level.
        level: AssistanceLevel,
        /// The first day of its validity.
        from: Day,
        /// The last day of its validity; open when absent.
        until: Option<Day>,
    },
    /// Months need not be paid.
    Excused {
        /// The first excused month.
        from: Month,
        /// The last excused month.
        to: Month,
    },
    /// A notice that cover is in danger was served on the member.
    NoticeServed {
        /// The day of service.
        on: Day,
    },
    /// An officer confirmed that a pending lapse takes effect.
    LapseConfirmed {
        /// The day of the confirmation.
        on: Day,
    },
    /// An officer waived a pending lapse.
    LapseWaived {
        /// The day of the waiver.
        on: Day,
    },
    /// The member died. The day itself still belongs to the living.
    Died {
        /// The day of death.
        on: Day,
    },
    /// The day of birth, as the personal register has it; the newest counts.
    Born {
        /// The day of birth.
        on: Day,
    },
    /// The member lives in the household of another one, its head.
    Household {
        /// The head.
        head: MemberId,
        /// What the member is to the head.
        relation: Relation,
        /// Whether the member is disabled.
        disabled: bool,
        /// Whether the marriage is registered.
        registered: bool,
        /// The first day.
        from: Day,
        /// The last day; open when absent.
        until: Option<Day>,
    },
    /// A fact was entered by mistake and never was. What a correction replaced is not revived by retracting it.
    Retracted {
        /// Which fact.
        fact: FactId,
    },
}

/// What a member is to the head of the household.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Relation {
    /// A child, or an orphan in the head's care.
    Child,
    /// Husband or wife.
    Spouse,
    /// Somebody else; no law that is known makes one a dependant.
    Other,
}

/// What an employer did about a month of formal employment.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum EmployerAct {
    /// Declared it to the fund.
    Declared,
    /// Paid its contribution, which declares it as well.
    Paid,
}

/// The sector of an employer, which decides the formal scheme.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Sector {
    /// A private enterprise.
    Private,
    /// The State and its establishments.
    Public,
}

/// The level that the poverty registry found for a household.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum AssistanceLevel {
    /// Very poor.
    Poor1,
    /// Poor.
    Poor2,
    /// Near poverty, with a member who is vulnerable.
    AtRisk,
}
