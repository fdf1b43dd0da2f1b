//! Which employment a report is about, and what was recorded of it last.
//!
//! An employment is named by its employer and the number that it bears now. Absent: whether the report may be made.

use krama_law::calendar::{Day, Moment};
use krama_law::fact::{Fact, Recorded};
use krama_law::timeline::Employment;

use crate::operation::command::position_of;
use crate::operation::page::Page;
use crate::store::employment::EmploymentRow;

/// How a report names an employment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Named {
    /// The employer.
    pub employer: i64,
    /// The number that it bears.
    pub number: String,
    /// Its first day, to tell two under one number apart.
    pub first_day: Option<Day>,
}

/// Where an employment stands among those under its number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum State {
    Retracted,
    Ended,
    Open,
}

impl Named {
    /// The employment that is meant. Without a first day that is the open one, or else the one that began last; a
    /// retracted one only where there is no other.
    pub(super) fn find<'a>(&self, page: &'a Page, known: Moment) -> Option<&'a EmploymentRow> {
        let held = page.employments(self.employer, &self.number).iter();
        let meant = held.filter(|row| page.number_of(row) == self.number).filter_map(|row| {
            let days = page.days_of(row, known);
            let first_day = days.map_or(Day(row.first_day), |days| days.from);
            let state = match days {
                Some(days) if days.until.is_none() => State::Open,
                Some(_) => State::Ended,
                // Nobody's yet: it has no days, but was not taken back either.
                None if row.member.is_none() => State::Ended,
                None => State::Retracted,
            };
            self.first_day.is_none_or(|first| first == first_day).then_some((state, first_day, row))
        });
        meant.max_by_key(|(state, first_day, _)| (*state, *first_day)).map(|(.., row)| row)
    }
}

/// The days for which an employment holds its number; none where it was retracted. While it is not known whose it is,
/// it holds it from the first day that was reported on: what an officer decides later must not make two of one number.
pub(super) fn days_held(row: &EmploymentRow, page: &Page, known: Moment) -> Option<Employment> {
    match row.member {
        Some(_) => page.days_of(row, known),
        None => Some(Employment { from: Day(row.first_day), until: None }),
    }
}

/// Whether two employments have no day in common, so that one number tells which is meant.
pub(super) fn are_apart(one: Employment, two: Employment) -> bool {
    let before = |one: Employment, two: Employment| one.until.is_some_and(|until| until < two.from);
    before(one, two) || before(two, one)
}

/// The position at which the last thing about an employment was recorded, and its known time.
pub(super) fn last_report(row: &EmploymentRow, page: &Page, known: Moment) -> (i64, Moment) {
    let hired = position_of(row.id);
    let mut last = (hired, page.accepted(hired).map_or(known, |accepted| accepted.known));
    if let Some(rekey) = page.rekeys(row.id).last() {
        last = last.max((rekey.position, Moment(rekey.known_at)));
    }
    let Some(member) = row.member else { return last };
    let timeline = page.timeline(member);
    let facts = timeline.facts();
    let is_about = |recorded: &Recorded| match recorded.fact {
        Fact::Hired { employment, .. }
        | Fact::Separated { employment, .. }
        | Fact::Amended { employment, .. }
        | Fact::EmploymentRetracted { employment } => employment.0 == row.id,
        Fact::Enrolled { .. }
        | Fact::Payment { .. }
        | Fact::Reversed { .. }
        | Fact::Refunded { .. }
        | Fact::EmployerMonth { .. }
        | Fact::Certificate { .. }
        | Fact::Excused { .. }
        | Fact::NoticeServed { .. }
        | Fact::LapseConfirmed { .. }
        | Fact::LapseWaived { .. }
        | Fact::Died { .. }
        | Fact::Born { .. }
        | Fact::Household { .. }
        | Fact::Retracted { .. } => false,
    };
    let takes_back = |recorded: &Recorded| {
        let Fact::Retracted { fact } = recorded.fact else { return false };
        facts.iter().any(|other| other.id == fact && is_about(other))
    };
    let told = facts.iter().rev().find(|recorded| is_about(recorded) || takes_back(recorded));
    told.map_or(last, |recorded| last.max((position_of(recorded.id.0), recorded.known)))
}
