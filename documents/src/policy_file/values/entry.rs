//! The values of entry: the employment that is asked for before an enrolment, and the time after it.
//!
//! Absent: how long a membership lasts, which is a plain number.

use krama_law::policy::{Entry, EntryMonths, Within};
use toml_edit::Item;

use crate::law_words::{LapseLimb, WithinWord};
use crate::policy_file::values::{MONTHS_MOST, counted, in_range, parsed, quoted, window};

/// The word for a time without an end.
const ANY_TIME: &str = "any_time";

/// Months of formal employment before an enrolment.
pub(in crate::policy_file) struct Employed;

impl Employed {
    pub(in crate::policy_file) fn read(&self, item: &Item) -> Result<EntryMonths, String> {
        let limb: LapseLimb = parsed(item)?;
        match limb {
            LapseLimb::Consecutive(months) => in_range("consecutive ", months, 1, MONTHS_MOST)?,
            LapseLimb::Window((worked, of)) => window(worked, of)?,
        }
        Ok(limb.into())
    }

    pub(in crate::policy_file) fn write(&self, months: &EntryMonths) -> String {
        match months {
            EntryMonths::Consecutive(months) => format!("{{ consecutive = {months} }}"),
            EntryMonths::Window { worked, of } => format!("{{ window = [{worked}, {of}] }}"),
        }
    }

    pub(in crate::policy_file) fn say(&self, months: &EntryMonths) -> String {
        match months {
            EntryMonths::Consecutive(months) => {
                format!("{} in a row, up to that of the last day worked", counted(months, "months"))
            }
            EntryMonths::Window { worked, of } => {
                format!("{worked} of the {} up to that of the last day worked", counted(of, "months"))
            }
        }
    }
}

/// The time after the last day worked within which one enrols.
pub(in crate::policy_file) struct EntryTime;

impl EntryTime {
    pub(in crate::policy_file) fn read(&self, item: &Item) -> Result<Option<Within>, String> {
        match item.as_str() {
            Some(ANY_TIME) => return Ok(None),
            Some(word) => {
                return Err(format!("is {word:?}; it should be {{ days = 20 }}, {{ months = 6 }}, or {ANY_TIME:?}"));
            }
            None => {}
        }
        let time: WithinWord = parsed(item)?;
        match time {
            WithinWord::Days(days) => in_range("days ", days, 0, 3_660)?,
            WithinWord::Months(months) => in_range("months ", months, 0, 120)?,
        }
        Ok(Some(time.into()))
    }

    pub(in crate::policy_file) fn write(&self, within: &Option<Within>) -> String {
        match within {
            None => quoted(ANY_TIME),
            Some(Within::Days(days)) => format!("{{ days = {days} }}"),
            Some(Within::Months(months)) => format!("{{ months = {months} }}"),
        }
    }

    pub(in crate::policy_file) fn say(&self, within: &Option<Within>) -> String {
        match within {
            None => "at any time".to_owned(),
            Some(Within::Days(days)) => format!("up to {} after the last day worked", counted(days, "days")),
            Some(Within::Months(months)) => {
                format!("up to the end of the month {} after that of the last day worked", counted(months, "months"))
            }
        }
    }
}

/// An entry of which the fields are still to be read.
pub(in crate::policy_file) fn unread() -> Entry {
    Entry { employed: EntryMonths::Consecutive(1), within: None }
}
