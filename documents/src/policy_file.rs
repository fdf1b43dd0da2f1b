//! Law documents: TOML on one side, `krama_law::policy` on the other, strict in between.
//!
//! A law is a folder, a revision a file named by its effective day. An unknown field, a field without a source, a
//! source without a field, and a number out of range are errors that name the file, the line, and what would be right.
//! A document may be based on another and then says only what differs. Absent: any opinion on what a good law is.

mod document;
mod folder;
mod language;
mod paper;
mod reading;
mod values;
mod written;

use std::fmt;
use std::path::PathBuf;

use krama_law::policy::Law;

pub use document::{Document, Sheet};
pub use folder::{law_folders, law_named, read_law};
pub use language::{FIELDS, Field, field};
pub use reading::{Reading, Said};
pub use values::branch_name;
pub use written::{Difference, difference};

/// A law with the documents behind it.
#[derive(Clone, Debug)]
pub struct LawBook {
    /// The law.
    pub law: Law,
    /// Its revisions with what their documents say of them, oldest first.
    pub sheets: Vec<Sheet>,
    /// Its readings, by name.
    pub readings: Vec<Reading>,
}

/// A document that cannot be used.
#[derive(Debug, thiserror::Error)]
pub struct BadPolicy {
    /// The document or folder.
    pub file: PathBuf,
    /// What is wrong with it; at least one thing.
    pub faults: Vec<Fault>,
}

impl fmt::Display for BadPolicy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.faults.iter().enumerate() {
            let line = fault.line.map_or_else(String::new, |line| format!(":{line}"));
            let end = if index > 0 { "\n" } else { "" };
            write!(formatter, "{end}{}{line}: {}", self.file.display(), fault.problem)?;
        }
        Ok(())
    }
}

/// One thing that is wrong with a document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// The line, where it is at one.
    pub line: Option<usize>,
    /// What is wrong, and what would be right.
    pub problem: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.line.map_or_else(String::new, |line| format!("line {line}: "));
        write!(formatter, "{line}{}", self.problem)
    }
}

#[cfg(test)]
mod tests;
