//! What became of the lines of a file: sums, and the lines that a person has to know of.
//!
//! Bounded, so that a file of nothing but bad lines does not fill the memory: what is not told is counted, and is told
//! when the mended file is sent again.

use crate::cli::client::Refusal;
use crate::cli::lines::Wrong;
use crate::cli::words::{count, counted};
use crate::proto::v1::{ErrorReason, Outcome};

/// How many lines a table tells.
const ROWS_MOST: usize = 1_000;
/// The column at which a table's text begins.
const INDENT: usize = 14;

/// What a person has to know of a line that was taken.
pub(super) enum Note {
    /// Something about it waits for an officer.
    Waits(String),
    /// It brought somebody back, with benefits from a day on.
    Reinstated(String),
}

/// A table with a bounded number of rows.
#[derive(Default)]
struct Table {
    rows: Vec<(u64, String)>,
    beyond: usize,
}

impl Table {
    fn row(&mut self, line: u64, text: impl FnOnce() -> String) {
        if self.rows.len() < ROWS_MOST { self.rows.push((line, text())) } else { self.beyond += 1 }
    }

    fn write(&self, text: &mut String, title: &str) {
        if self.rows.is_empty() {
            return;
        }
        let mut rows: Vec<&(u64, String)> = self.rows.iter().collect();
        rows.sort_by_key(|(line, _)| *line);
        text.push_str(&format!("\n{title}\n"));
        for (line, told) in rows {
            let mut place = format!("  {:<width$}", format!("line {line}"), width = INDENT - 2);
            for part in told.lines() {
                text.push_str(&format!("{place:INDENT$}{part}\n"));
                place.clear();
            }
        }
        if self.beyond > 0 {
            text.push_str(&format!("  and {} more, told when the file is sent again\n", count(self.beyond)));
        }
    }
}

/// What became of the lines so far.
#[derive(Default)]
pub(super) struct Tally {
    /// The last line that the server has answered.
    pub(super) answered: u64,
    /// How many it has answered.
    pub(super) lines: usize,
    accepted: usize,
    warned: usize,
    duplicates: usize,
    rejected: usize,
    unreadable: usize,
    /// The last line that was found unreadable: a file that is begun anew shows the same again.
    unreadable_to: u64,
    bad: Table,
    waiting: Table,
    reinstated: Table,
}

impl Tally {
    /// Notes a line that cannot be sent.
    pub(super) fn unreadable(&mut self, line: u64, wrong: &Wrong) {
        if line > self.unreadable_to {
            self.unreadable_to = line;
            self.unreadable += 1;
            self.bad.row(line, || format!("{wrong}\nwhat to do: mend the line and send the file again"));
        }
    }

    /// Notes what the server made of a line.
    pub(super) fn answered(&mut self, line: u64, outcome: Outcome, note: Option<Note>, refusal: Option<Refusal>) {
        self.answered = line;
        self.lines += 1;
        *match outcome {
            Outcome::Accepted | Outcome::Unspecified => &mut self.accepted,
            Outcome::AcceptedWithWarning => &mut self.warned,
            Outcome::Duplicate => &mut self.duplicates,
            Outcome::Rejected => &mut self.rejected,
        } += 1;
        match note {
            Some(Note::Waits(why)) => self.waiting.row(line, || why),
            Some(Note::Reinstated(from)) => self.reinstated.row(line, || format!("benefits from {from}")),
            None => {}
        }
        if let Some(refusal) = refusal {
            self.bad.row(line, || told(&refusal));
        }
    }

    /// Whether every line was taken.
    pub(super) fn is_clean(&self) -> bool {
        self.rejected == 0 && self.unreadable == 0
    }

    /// The tables, and then the sums.
    pub(super) fn text(&self, file: &str) -> String {
        let mut text = String::new();
        self.reinstated.write(&mut text, "Reinstated");
        self.waiting.write(&mut text, "Taken, and waiting");
        self.bad.write(&mut text, "Not taken");
        let sums = [
            (self.accepted, "accepted"),
            (self.warned, "accepted and waiting"),
            (self.duplicates, "recorded before"),
            (self.rejected, "rejected"),
            (self.unreadable, "unreadable"),
        ];
        let sums: Vec<String> =
            sums.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{} {what}", count(*n))).collect();
        let lines = counted(self.lines + self.unreadable, "line", "lines");
        let sums = if sums.is_empty() { "nothing to send".to_owned() } else { sums.join(", ") };
        text.push_str(&format!("\n{file}: {lines}: {sums}\n"));
        text
    }
}

/// A refusal in a table: each field with its rule, or the message, then the reason and what to do.
fn told(refusal: &Refusal) -> String {
    let fields: Vec<String> = refusal.fields.iter().map(|(field, rule)| format!("{field}: {rule}")).collect();
    let what = if fields.is_empty() { refusal.message.clone() } else { fields.join("\n") };
    // The id is made of the line's key, so there is no other to send it under.
    let is_another = refusal.reason == ErrorReason::RequestIdReused;
    let other = "another line of this key was taken with other content; correct that one.";
    let next = if is_another { other } else { refusal.advice() };
    format!("{what}\n{}; what to do: {next}", refusal.reason_name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_bounded_and_counts_the_rest() {
        let mut tally = Tally::default();
        for line in 2..2_000 {
            tally.unreadable(line, &Wrong::new("amount_riel", "is required"));
            // The same line again, after a break.
            tally.unreadable(line, &Wrong::new("amount_riel", "is required"));
        }
        let text = tally.text("a.csv");
        assert!(text.contains("  line 2      amount_riel: is required\n"), "{text}");
        assert!(text.contains("and 998 more"), "{text}");
        assert!(text.ends_with("a.csv: 1,998 lines: 1,998 unreadable\n"), "{text}");
        assert!(!tally.is_clean());
    }
}
