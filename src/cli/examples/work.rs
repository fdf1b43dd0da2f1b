//! The three invented employers, and who works for them from when to when.
//!
//! An employment here is what happened; the payroll files tell it, sometimes late,
//! twice or wrongly.

use time::Date;
use time::macros::date;

use super::calendar::{Month, later, next_working_day};
use super::draw::Draw;
use super::habit::{Away, Habit};
use super::payment::LAST_DAY;
use super::person::{Person, Who};

/// The two payroll packages, each with an export shape of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Package {
    /// Days `YYYY-MM-DD`, snake-case columns.
    Sovann,
    /// Days `DD/MM/YYYY`, columns as an accountant would head them.
    Kravan,
}

impl Package {
    pub(super) fn id(self) -> &'static str {
        match self {
            Package::Sovann => "sovann-payroll",
            Package::Kravan => "kravan-hr",
        }
    }
}

pub(super) struct Employer {
    pub(super) id: &'static str,
    pub(super) number: &'static str,
    pub(super) latin: &'static str,
    pub(super) khmer: &'static str,
    pub(super) trade: &'static str,
    pub(super) package: Package,
    /// Begins the employment numbers of this employer.
    pub(super) prefix: &'static str,
}

pub(super) const GARMENT: usize = 0;
pub(super) const HOTEL: usize = 1;
pub(super) const BUILDER: usize = 2;

pub(super) const EMPLOYERS: [Employer; 3] = [
    Employer {
        id: "romdoul-thread",
        number: "00041270",
        latin: "Romdoul Thread Garment Factory",
        khmer: "រោងចក្រកាត់ដេរ រំដួលថ្រេត",
        trade: "garment factory",
        package: Package::Sovann,
        prefix: "RT",
    },
    Employer {
        id: "kolab-river-hotel",
        number: "00058803",
        latin: "Kolab River Hotel",
        khmer: "សណ្ឋាគារ កុលាបទន្លេ",
        trade: "hotel",
        package: Package::Kravan,
        prefix: "KR",
    },
    Employer {
        id: "prasat-laterite",
        number: "00007716",
        latin: "Prasat Laterite Construction",
        khmer: "ក្រុមហ៊ុនសំណង់ ប្រាសាទថ្មបាយក្រៀម",
        trade: "construction",
        package: Package::Kravan,
        prefix: "PL",
    },
];

/// The number by which a payroll names the worker.
#[derive(Clone, Debug)]
pub(super) enum WorkerNumber {
    Member,
    NationalId,
    /// A number that is not the worker's own.
    Other(String),
}

#[derive(Clone, Debug)]
pub(super) struct Employment {
    pub(super) who: Who,
    pub(super) employer: usize,
    pub(super) number: WorkerNumber,
    pub(super) first: Date,
    pub(super) reported: Date,
    /// The last day worked, and when the employer told it.
    pub(super) ended: Option<(Date, Date)>,
    /// Whether the payroll holds the line of the hire twice.
    pub(super) twice: bool,
    /// A number that nobody has, with which the hire was reported before, and when.
    pub(super) first_tried: Option<(String, Date)>,
}

impl Employment {
    pub(super) fn new(who: Who, employer: usize, first: Date, reported: Date) -> Employment {
        Employment {
            who,
            employer,
            number: WorkerNumber::Member,
            first,
            reported,
            ended: None,
            twice: false,
            first_tried: None,
        }
    }
}

/// A hire of someone the fund has never seen.
pub(super) fn of_stranger(who: Who, draw: &mut Draw) -> Employment {
    let first = next_working_day(later(date!(2025 - 01 - 06), draw.between(0, 690)));
    let mut employment = Employment::new(who, any_employer(draw), first, reported(first, draw));
    employment.number = WorkerNumber::NationalId;
    end_perhaps(&mut employment, draw);
    employment
}

/// Perhaps a hire of an ordinary member; what it means for the paying is put into the habit.
pub(super) fn of_member(who: Who, person: &Person, habit: &mut Habit, draw: &mut Draw) -> Option<Employment> {
    let enrolled = Month::of(person.enrolment().enrolled_on);
    let first = match habit.abandoned_on() {
        // Out for good, and hired all the same: the way back that the law leaves open.
        Some(day) if draw.percent(24) => later(day, draw.between(12, 220)),
        Some(_) => return None,
        None if draw.percent(10) => enrolled.plus(draw.months(3, 18)).day(draw.between(1, 26)),
        None => return None,
    };
    let first = next_working_day(first);
    if first > later(LAST_DAY, -10) {
        return None;
    }
    let mut employment = Employment::new(who, any_employer(draw), first, reported(first, draw));
    if person.national_id.is_some() && draw.percent(50) {
        employment.number = WorkerNumber::NationalId;
    }
    end_perhaps(&mut employment, draw);
    if habit.abandoned_on().is_none() {
        let until = employment.ended.map(|(last, _)| Month::of(last));
        habit.away = Some(Away { from: Month::of(first), until });
        if let Some(until) = until
            && draw.percent(30)
        {
            habit.give_up(until.plus(1));
        }
    }
    Some(employment)
}

fn any_employer(draw: &mut Draw) -> usize {
    draw.pick(&[GARMENT, GARMENT, GARMENT, GARMENT, GARMENT, HOTEL, HOTEL, BUILDER, BUILDER, BUILDER])
}

/// Most offices report within the three days that the rules give them.
fn reported(day: Date, draw: &mut Draw) -> Date {
    let days = if draw.percent(85) { draw.between(0, 3) } else { draw.between(4, 12) };
    next_working_day(later(day, days))
}

fn end_perhaps(employment: &mut Employment, draw: &mut Draw) {
    if !draw.percent(38) {
        return;
    }
    let last = later(employment.first, draw.between(40, 330));
    let told = reported(last, draw);
    if told <= LAST_DAY {
        employment.ended = Some((last, told));
    }
}
