//! A paper: what a law document or a reading says, field by field, each with its line and its source.
//!
//! Here a text is read strictly: every key is known, every field that is set has a source, every source a field. All
//! faults are gathered, so that a writer mends a document in one go. Absent: what the fields do to a revision.

use krama_law::policy::Source;
use toml_edit::{ImDocument, Item, Key, TableLike};

use crate::policy_file::Fault;
use crate::policy_file::language::{FIELDS, Field, field, nearest};

/// A field that a paper sets.
pub(super) struct Setting {
    pub(super) field: &'static Field,
    pub(super) item: Item,
    pub(super) line: Option<usize>,
}

/// What a paper says.
pub(super) struct Paper {
    header: Vec<(&'static str, Item, Option<usize>)>,
    pub(super) settings: Vec<Setting>,
    pub(super) sources: Vec<Source>,
}

impl Paper {
    /// Reads a text whose keys outside the fields are `header`.
    pub(super) fn parse(text: &str, header: &[&'static str]) -> Result<Paper, Vec<Fault>> {
        let document = ImDocument::parse(text).map_err(|error| {
            let line = error.span().map(|span| line_at(text, span.start));
            vec![Fault { line, problem: format!("this is no TOML: {}", error.message()) }]
        })?;
        let mut reader = Reader { text, faults: Vec::new() };
        let mut paper = Paper { header: Vec::new(), settings: Vec::new(), sources: Vec::new() };
        for (key, item) in document.iter() {
            let line = reader.line(document.key(key));
            if let Some(known) = header.iter().find(|known| **known == key) {
                paper.header.push((known, item.clone(), line));
            } else if key == "source" {
                reader.sources(item, &paper.settings, &mut paper.sources);
            } else {
                reader.field(key, item, line, &mut paper.settings);
            }
        }
        for setting in &paper.settings {
            let path = setting.field.path;
            if !paper.sources.iter().any(|source| source.field == path) {
                let problem = format!("`{path}` has no [[source]]: give it a citation, or an assumption");
                reader.faults.push(Fault { line: setting.line, problem });
            }
        }
        if reader.faults.is_empty() { Ok(paper) } else { Err(reader.faults) }
    }

    /// A text of the header that must be there.
    pub(super) fn text(&self, key: &str) -> Result<(&str, Option<usize>), Fault> {
        match self.header.iter().find(|(known, ..)| *known == key) {
            None => Err(Fault { line: None, problem: format!("`{key}` is missing at the top") }),
            Some((_, item, line)) => match item.as_str() {
                Some(text) if !text.trim().is_empty() => Ok((text, *line)),
                Some(_) | None => Err(Fault { line: *line, problem: format!("`{key}` should be a text") }),
            },
        }
    }

    /// A text of the header that may be absent.
    pub(super) fn optional_text(&self, key: &str) -> Result<Option<(&str, Option<usize>)>, Fault> {
        if self.has(key) { self.text(key).map(Some) } else { Ok(None) }
    }

    /// A yes or no of the header; no where it is absent.
    pub(super) fn flag(&self, key: &str) -> Result<bool, Fault> {
        let Some((_, item, line)) = self.header.iter().find(|(known, ..)| *known == key) else { return Ok(false) };
        item.as_bool().ok_or_else(|| Fault { line: *line, problem: format!("`{key}` should be true or false") })
    }

    fn has(&self, key: &str) -> bool {
        self.header.iter().any(|(known, ..)| *known == key)
    }

    pub(super) fn setting(&self, path: &str) -> Option<&Setting> {
        self.settings.iter().find(|setting| setting.field.path == path)
    }
}

struct Reader<'a> {
    text: &'a str,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn line(&self, key: Option<&Key>) -> Option<usize> {
        key.and_then(Key::span).map(|span| line_at(self.text, span.start))
    }

    fn fault(&mut self, line: Option<usize>, problem: String) {
        self.faults.push(Fault { line, problem });
    }

    /// Takes in what stands at a path: a field, or a section of them.
    fn field(&mut self, path: &str, item: &Item, line: Option<usize>, settings: &mut Vec<Setting>) {
        let section = format!("{path}.");
        let is_section = FIELDS.iter().any(|field| field.path.starts_with(&section));
        match (field(path), item.as_table_like()) {
            (_, Some(table)) if is_section => {
                for (key, item) in table.iter() {
                    let line = self.line(table.key(key));
                    self.field(&format!("{section}{key}"), item, line, settings);
                }
            }
            (Some(field), _) => settings.push(Setting { field, item: item.clone(), line }),
            (None, _) if is_section => self.fault(line, format!("`{path}` should be a section of fields")),
            (None, _) => {
                self.fault(line, format!("`{path}` is no field of a law; the nearest is `{}`", nearest(path)));
            }
        }
    }

    fn sources(&mut self, item: &Item, settings: &[Setting], sources: &mut Vec<Source>) {
        let Some(tables) = item.as_array_of_tables() else {
            return self.fault(None, "sources should be written as [[source]]".to_owned());
        };
        for table in tables {
            let line = table.span().map(|span| line_at(self.text, span.start));
            let told = match told_sources(table) {
                Ok(told) => told,
                Err(problem) => {
                    self.fault(line, problem);
                    continue;
                }
            };
            for source in told {
                let path = source.field.as_str();
                if !settings.iter().any(|setting| setting.field.path == path) {
                    let near = field(path).map_or_else(
                        || format!("no field of a law; the nearest is `{}`", nearest(path)),
                        |_| "not set in this document".to_owned(),
                    );
                    self.fault(line, format!("[[source]] is of `{path}`, which is {near}"));
                } else if sources.iter().any(|earlier| earlier.field == path) {
                    self.fault(line, format!("`{path}` has two [[source]] entries; one says all"));
                } else {
                    sources.push(source);
                }
            }
        }
    }
}

/// What one entry says of its field, or of each of its fields.
fn told_sources(table: &dyn TableLike) -> Result<Vec<Source>, String> {
    let (mut fields, mut citation, mut assumption) = (Vec::new(), None, None);
    for (key, item) in table.iter() {
        let text = |item: &Item| item.as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned);
        let known = match key {
            "field" => text(item).map(|text| fields.push(text)),
            "fields" => item.as_array().and_then(|list| {
                fields = list.iter().map(|one| one.as_str().map(str::to_owned)).collect::<Option<_>>()?;
                Some(())
            }),
            "citation" => text(item).map(|text| citation = Some(text)),
            "assumption" => text(item).map(|text| assumption = Some(text)),
            _ => {
                return Err(format!(
                    "[[source]] knows `field`, `fields`, `citation` and `assumption`, and not `{key}`"
                ));
            }
        };
        known.ok_or_else(|| format!("[[source]]: `{key}` should be a text, and `fields` a list of texts"))?;
    }
    if fields.is_empty() {
        return Err("[[source]] needs a `field`, or several `fields`".to_owned());
    }
    if citation.is_none() && assumption.is_none() {
        return Err(format!("[[source]] of `{}` needs a `citation` or an `assumption`", fields.join("`, `")));
    }
    let source = |field| Source { field, citation: citation.clone(), assumption: assumption.clone() };
    Ok(fields.into_iter().map(source).collect())
}

/// The line of a place in a text, as editors count.
fn line_at(text: &str, place: usize) -> usize {
    text.bytes().take(place).filter(|byte| *byte == b'\n').count() + 1
}
