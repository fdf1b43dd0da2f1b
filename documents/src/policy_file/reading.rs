//! A reading: other values for fields that a law only assumes, as another lawyer could defend them.
//!
//! A reading holds wherever the law still says what the reading reads otherwise; a later revision that settles the
//! question, or that answers it anew, is out of its reach. Absent: what comes of a reading in anybody's life.

use krama_law::policy::{Law, Published, Revision, Source};
use toml_edit::Item;

use crate::policy_file::Fault;
use crate::policy_file::language::{Field, field};
use crate::policy_file::paper::Paper;

impl std::fmt::Debug for Reading {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Reading({})", self.name)
    }
}

/// A named reading of a law.
#[derive(Clone)]
pub struct Reading {
    /// Its name.
    pub name: String,
    /// What it is, in one line.
    pub title: String,
    /// Why it can be defended, field by field.
    pub sources: Vec<Source>,
    text: String,
    changes: Vec<Change>,
}

/// A field as it is read otherwise.
#[derive(Clone, Debug)]
pub struct Said {
    /// The field.
    pub field: &'static Field,
    /// Its value, as a document writes it.
    pub written: String,
    /// Its value in words.
    pub said: String,
}

/// One field that is read otherwise.
#[derive(Clone)]
struct Change {
    field: &'static Field,
    /// What the law says, as it is written.
    instead_of: String,
    item: Item,
}

impl Reading {
    /// Reads a reading of a revision.
    ///
    /// # Errors
    /// Everything that is wrong with it; a field that the law cites and does not assume is not to be read otherwise.
    pub fn parse(text: &str, of: &Revision) -> Result<Reading, Vec<Fault>> {
        let paper = Paper::parse(text, &["reading", "title"])?;
        let one = |fault| vec![fault];
        let (name, title) = (paper.text("reading").map_err(one)?.0, paper.text("title").map_err(one)?.0);
        let mut faults = Vec::new();
        for setting in &paper.settings {
            let path = setting.field.path;
            let mut fault = |problem| faults.push(Fault { line: setting.line, problem });
            let mut read = of.clone();
            if let Err(problem) = (setting.field.read)(&setting.item, &mut read) {
                fault(format!("`{path}` {problem}"));
            } else if setting.field.written(&read) == setting.field.written(of) {
                fault(format!("`{path}` is what the law says; a reading leaves it out"));
            } else if !is_assumed(of, path) {
                fault(format!("`{path}` is no assumption of the law, so it cannot be read otherwise"));
            }
        }
        if paper.settings.is_empty() {
            faults.push(Fault { line: None, problem: "a reading reads at least one field otherwise".to_owned() });
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let change = |setting: &super::paper::Setting| Change {
            field: setting.field,
            instead_of: setting.field.written(of),
            item: setting.item.clone(),
        };
        let changes = paper.settings.iter().map(change).collect();
        let (name, title) = (name.to_owned(), title.to_owned());
        Ok(Reading { name, title, sources: paper.sources, text: text.to_owned(), changes })
    }

    /// Whether a text means to be a reading, and not a revision: it names one.
    pub fn is_meant_by(text: &str) -> bool {
        toml_edit::ImDocument::parse(text).is_ok_and(|document| document.get("reading").is_some())
    }

    /// The document.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Each field that is read otherwise.
    pub fn said(&self, of: &Revision) -> Vec<Said> {
        let read = self.applied_to(of);
        let said = |change: &Change| {
            let field = change.field;
            Said { field, written: field.written(&read), said: field.said(&read) }
        };
        self.changes.iter().map(said).collect()
    }

    /// The law under this reading; none where no revision can be read so.
    pub fn of(&self, law: &Law) -> Option<Law> {
        let readable = |published: &Published| self.can_read(&published.revision);
        if !law.revisions().iter().any(readable) {
            return None;
        }
        let read = |published: &Published| {
            let revision =
                if readable(published) { self.applied_to(&published.revision) } else { published.revision.clone() };
            Published { published: published.published, revision }
        };
        Law::new(&law.name, law.revisions().iter().map(read).collect()).ok()
    }

    /// Whether a revision still says, and only assumes, all that is read otherwise.
    pub fn can_read(&self, revision: &Revision) -> bool {
        let mut changes = self.changes.iter();
        changes.all(|change| {
            is_assumed(revision, change.field.path) && change.field.written(revision) == change.instead_of
        })
    }

    fn applied_to(&self, revision: &Revision) -> Revision {
        let mut revision = revision.clone();
        for change in &self.changes {
            // It was read once when the reading was, so it can be read again.
            drop((change.field.read)(&change.item, &mut revision));
        }
        revision
    }
}

fn is_assumed(revision: &Revision, path: &str) -> bool {
    field(path).is_some() && revision.source(path).is_some_and(|source| source.assumption.is_some())
}
