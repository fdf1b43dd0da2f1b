//! Laws as folders: one document a revision, named by its first day, and the readings beside them.
//!
//! The first document of a folder may be based on another law: then that law holds until its day. Absent: what the
//! documents say; a folder only puts them together.

use std::fs;
use std::path::{Path, PathBuf};

use krama_law::calendar::Moment;
use krama_law::policy::{Law, Published};

use crate::policy_file::document::{Document, Sheet};
use crate::policy_file::reading::Reading;
use crate::policy_file::{BadPolicy, Fault, LawBook};

/// Reads the law of a folder with its readings. All revisions count as published before the ledger began.
///
/// # Errors
/// The folder has no document, or some cannot be used.
pub fn read_law(folder: &Path) -> Result<LawBook, BadPolicy> {
    read(folder, &mut Vec::new())
}

/// A law of a folder of laws, by its name, or one of its readings.
///
/// # Errors
/// There is none of that name, or it cannot be used.
pub fn law_named(laws: &Path, name: &str, reading: Option<&str>) -> Result<Law, String> {
    let book = read_law(&laws.join(name)).map_err(|bad| bad.to_string())?;
    let Some(wanted) = reading else { return Ok(book.law) };
    let found = book.readings.iter().find(|reading| reading.name == wanted);
    found.and_then(|reading| reading.of(&book.law)).ok_or_else(|| {
        let names: Vec<&str> = book.readings.iter().map(|reading| reading.name.as_str()).collect();
        format!("law `{name}` has no reading `{wanted}`; it has: {}", names.join(", "))
    })
}

/// The folders of laws in a folder, in the order of their names.
///
/// # Errors
/// The folder cannot be read.
pub fn law_folders(folder: &Path) -> Result<Vec<PathBuf>, BadPolicy> {
    let mut folders = entries(folder)?;
    folders.retain(|entry| entries(entry).is_ok_and(|files| files.iter().any(|file| is_toml(file))));
    Ok(folders)
}

/// Reads a folder on which the folders `above` are based.
fn read(folder: &Path, above: &mut Vec<PathBuf>) -> Result<LawBook, BadPolicy> {
    let mut sheets: Vec<Sheet> = Vec::new();
    let mut readings: Vec<Reading> = Vec::new();
    let mut name = String::new();
    for file in entries(folder)?.iter().filter(|file| is_toml(file)) {
        let bad = |faults| BadPolicy { file: file.clone(), faults };
        let one = |problem: String| bad(vec![Fault { line: None, problem }]);
        let document = Document::parse(&text_of(file)?).map_err(bad)?;
        let day = document.effective();
        if file.file_stem().is_none_or(|stem| stem.to_string_lossy() != day.to_string()) {
            return Err(one(format!("the file should be named {day}.toml, by its effective day")));
        }
        if folder.file_name().is_none_or(|folder| folder.to_string_lossy() != document.law()) {
            return Err(one(format!("law `{}` should be the name of the folder", document.law())));
        }
        document.law().clone_into(&mut name);
        match document.based_on() {
            Some(base) if base != document.law() => {
                if !sheets.is_empty() {
                    return Err(one(format!(
                        "only the first document of a law can be based on another; a later one is based on `{name}`"
                    )));
                }
                let base = folder.with_file_name(base);
                if above.contains(&base) || base == folder {
                    return Err(one(format!("law `{name}` is based on itself")));
                }
                above.push(folder.to_owned());
                let base = read(&base, above)?;
                above.pop();
                (sheets, readings) = (base.sheets, base.readings);
                sheets.retain(|sheet| sheet.revision.effective <= day);
            }
            Some(_) | None => {}
        }
        let base = document.based_on().map(|_| sheets.last().map(|sheet| sheet.revision.clone()));
        if base == Some(None) {
            return Err(one("there is no earlier revision on which it could be based".to_owned()));
        }
        let sheet = document.revision(base.flatten().as_ref()).map_err(bad)?;
        // What begins on the same day takes the place of what the other law said of it.
        sheets.retain(|earlier| earlier.revision.effective < day);
        sheets.push(sheet);
    }
    let unusable = |problem: String| BadPolicy { file: folder.to_owned(), faults: vec![Fault { line: None, problem }] };
    let published = sheets.iter().map(|sheet| Published { published: Moment::MIN, revision: sheet.revision.clone() });
    let law = Law::new(&name, published.collect()).map_err(|error| unusable(error.to_string()))?;
    readings.extend(own_readings(folder, &sheets)?);
    readings.retain(|reading| reading.of(&law).is_some());
    readings.sort_by(|one, other| one.name.cmp(&other.name));
    match readings.windows(2).find(|pair| pair[0].name == pair[1].name) {
        Some(pair) => Err(unusable(format!("two readings are named `{}`", pair[0].name))),
        None => Ok(LawBook { law, sheets, readings }),
    }
}

/// The readings of a folder; each is of the newest revision that it can read.
fn own_readings(folder: &Path, sheets: &[Sheet]) -> Result<Vec<Reading>, BadPolicy> {
    let folder = folder.join("readings");
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut readings = Vec::new();
    for file in entries(&folder)?.iter().filter(|file| is_toml(file)) {
        let bad = |faults| BadPolicy { file: file.clone(), faults };
        let text = text_of(file)?;
        let mut newest_first = sheets.iter().rev();
        let first = newest_first.next().ok_or_else(|| bad(Vec::new()))?;
        let reading = Reading::parse(&text, &first.revision)
            .or_else(|faults| newest_first.find_map(|sheet| Reading::parse(&text, &sheet.revision).ok()).ok_or(faults));
        let reading = reading.map_err(bad)?;
        if file.file_stem().is_none_or(|stem| stem.to_string_lossy() != reading.name) {
            let problem = format!("the file should be named {}.toml, by its reading", reading.name);
            return Err(bad(vec![Fault { line: None, problem }]));
        }
        readings.push(reading);
    }
    Ok(readings)
}

fn text_of(file: &Path) -> Result<String, BadPolicy> {
    fs::read_to_string(file).map_err(|error| unreadable(file, &error))
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, BadPolicy> {
    let entries = fs::read_dir(folder).map_err(|error| unreadable(folder, &error))?;
    let mut entries: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    entries.sort();
    Ok(entries)
}

fn unreadable(file: &Path, error: &std::io::Error) -> BadPolicy {
    BadPolicy { file: file.to_owned(), faults: vec![Fault { line: None, problem: format!("cannot be read: {error}") }] }
}

fn is_toml(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "toml")
}
