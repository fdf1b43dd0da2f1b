//! Revisions written down: as a whole document, in words, and as the difference of two in words.
//!
//! A document that says only what differs becomes a whole one here, so that what is published stands on its own.

use std::fmt::Write as _;

use krama_law::policy::{Revision, Source};

use crate::policy_file::document::Sheet;
use crate::policy_file::language::{FIELDS, Field};

impl Sheet {
    /// The revision as a whole document, which reads back as it is.
    pub fn text(&self) -> String {
        let revision = &self.revision;
        let quoted = |text: &str| toml_edit::Value::from(text).to_string();
        let mut text = format!(
            "law = {}\neffective = {}\ntitle = {}\n",
            quoted(&self.law),
            quoted(&revision.effective.to_string()),
            quoted(&self.title)
        );
        if self.retroactive {
            text.push_str("retroactive = true\n");
        }
        // Fields outside any section come first, since TOML gives a key to the section above it.
        let (bare, sectioned): (Vec<&Field>, Vec<&Field>) =
            FIELDS.iter().filter(|field| field.is_of(revision)).partition(|field| !field.path.contains('.'));
        for field in bare {
            line(&mut text, &format!("{} = {}", field.path, field.written(revision)));
        }
        let mut section = "";
        for field in sectioned {
            let (above, key) = field.path.rsplit_once('.').unwrap_or(("", field.path));
            if above != section {
                section = above;
                line(&mut text, &format!("\n[{section}]"));
            }
            line(&mut text, &format!("{key} = {}", field.written(revision)));
        }
        for source in &revision.sources {
            line(&mut text, &format!("\n[[source]]\nfield = {}", quoted(&source.field)));
            for (key, said) in [("citation", &source.citation), ("assumption", &source.assumption)] {
                if let Some(said) = said {
                    line(&mut text, &format!("{key} = {}", quoted(said)));
                }
            }
        }
        text
    }
}

fn line(text: &mut String, line: &str) {
    // Writing to a text cannot fail.
    let _ = writeln!(text, "{line}");
}

/// A field that differs between two revisions, in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// The path of the field.
    pub path: &'static str,
    /// What it decides.
    pub meaning: &'static str,
    /// What the first revision says; empty where it has no such field.
    pub before: String,
    /// What the second revision says; empty where it has no such field.
    pub after: String,
    /// What supports the second one.
    pub source: Option<Source>,
}

/// Where two revisions differ, in the order of the fields.
pub fn difference(before: &Revision, after: &Revision) -> Vec<Difference> {
    let said =
        |field: &Field, revision: &Revision| if field.is_of(revision) { field.said(revision) } else { String::new() };
    let differs = |field: &&Field| {
        let is_of = (field.is_of(before), field.is_of(after));
        is_of.0 != is_of.1 || (is_of.0 && field.written(before) != field.written(after))
    };
    let differing = FIELDS.iter().filter(differs).map(|field| Difference {
        path: field.path,
        meaning: field.meaning,
        before: said(field, before),
        after: said(field, after),
        source: after.source(field.path).cloned(),
    });
    differing.collect()
}
