//! Entry: what somebody must have been before enrolling, and how soon after it one enrols.
//!
//! Absent: how long a membership lasts, which is a number of the revision.

use crate::calendar::Day;

/// Who may enrol: those who were in formal employment for long enough, and not too long ago.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The months of formal employment that are asked for.
    pub employed: EntryMonths,
    /// For how long after the last day worked one can enrol; `None`: for any time.
    pub within: Option<Within>,
}

/// Months insured by formal employment, counted back from that of the last day worked before the enrolment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EntryMonths {
    /// This many in a row.
    Consecutive(u16),
    /// Enough of the newest ones.
    Window {
        /// How many must be insured.
        worked: u16,
        /// Of how many.
        of: u16,
    },
}

/// A time after a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Within {
    /// So many days.
    Days(u16),
    /// Up to the end of the month that lies so many months after the month of the day.
    Months(u16),
}

impl Within {
    /// The last day of the time after a day.
    pub fn last_day(self, after: Day) -> Day {
        match self {
            Within::Days(days) => after.plus(i32::from(days)),
            Within::Months(months) => after.month().plus(i32::from(months)).last_day(),
        }
    }
}
