//! Learnt late: the time that a fact which takes away leaves to a member who could not have known of it.
//!
//! What is learnt late is noted where corrections meet their originals (`life`) and where a reversal reopens a month
//! (`allocation`); here is what follows from it on a day.

use crate::calendar::{Day, Month};
use crate::life::Late;
use crate::standing::Machine;

impl Machine<'_> {
    pub(crate) fn shielded(&self, day: Day) -> bool {
        self.lates.iter().any(|late| self.heard(late) && late.from <= day && day <= late.due.day)
    }

    /// Whether a late fact counts: it is no later fact than is heard, or is about something that is.
    fn heard(&self, late: &Late) -> bool {
        late.from <= self.heard_until || late.about_from.is_some_and(|from| from <= self.heard_until)
    }

    /// Lets months that a late fact makes owed again fall due no earlier than it says. They are those of its months
    /// that are owed on some day from the one from which it counts to the one on which it was learnt.
    pub(crate) fn put_off_due_days(&mut self, day: Day) {
        for index in 0..self.lates.len() {
            let late = self.lates[index];
            if day < late.from || late.learnt < day || !self.heard(&late) {
                continue;
            }
            self.months.extend(self.life, late.due.month);
            let first = late.first.max(self.months.base());
            for month in (first.0..=late.last.min(late.due.month).0).map(Month) {
                let Some(row) = self.months.get(month) else { continue };
                let earlier = row.due(month, &self.book).day < late.due.day;
                if earlier && self.owed(month, row, day) && self.book.due(month) > late.due_after {
                    self.put_off(month, late);
                }
            }
        }
    }

    pub(crate) fn put_off(&mut self, month: Month, late: Late) {
        if let Some(row) = self.months.get_mut(month) {
            row.put_off = Some(late.due);
        }
    }
}
