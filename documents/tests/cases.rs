//! Runs every case file against the law alone.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use krama_documents::policy_file::{FIELDS, law_folders, law_named, read_law};
use krama_law::policy::Law;
use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cases")
}

/// The folder of the shipped laws.
fn laws() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies")
}

fn shelf(name: &str, reading: Option<&str>) -> Result<Law, String> {
    law_named(&laws(), name, reading)
}

fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder of cases is there");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("it can be read").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    files
}

/// Runs every case of a folder; fewer than `least` would be an empty test.
#[track_caller]
fn all_pass(folder: &Path, least: usize) {
    let mut failures = Vec::new();
    let mut passed = 0;
    for file in yaml_files(folder) {
        let text = fs::read_to_string(&file).expect("a case file can be read");
        let verdicts = krama_documents::case_file::run(&text, &shelf);
        for verdict in verdicts.unwrap_or_else(|error| panic!("{}: {error}", file.display())) {
            if verdict.differences.is_empty() {
                passed += 1;
            } else {
                let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
                failures.push(format!("{name}: {}\n    {}", verdict.name, verdict.differences.join("\n    ")));
            }
        }
    }
    assert!(failures.is_empty(), "{} cases failed, {passed} passed:\n{}", failures.len(), failures.join("\n"));
    assert!(passed >= least, "only {passed} cases ran");
}

#[test]
fn the_kernel_answers_every_case_as_it_expects() {
    all_pass(&folder(), 40);
}

#[test]
fn the_kernel_answers_every_case_of_this_project_as_it_expects() {
    all_pass(&folder().join("own"), 60);
}

#[test]
fn a_wrong_expectation_fails_and_says_how() {
    let case = "
- name: \"paid to January, then nothing\"
  policy: {base: kh-current}
  facts:
    - {enrolled: 2025-02-03}
    - {monthly: {from: 2025-02, to: 2026-01, day: 10, amount: 15600}}
  expect:
    - {on: 2026-09-15, standing: ABANDONED}
";
    let verdicts = krama_documents::case_file::run(case, &shelf).expect("the case is well formed");
    assert_eq!(verdicts[0].differences, ["on 2026-09-15: standing should be ABANDONED, is IN_ARREARS"]);
}

#[test]
fn a_key_that_the_format_does_not_know_is_an_error() {
    let case = "
- name: misspelt
  policy: {base: kh-current}
  facts: []
  expect:
    - {on: 2026-09-15, standin: ABANDONED}
";
    let error = krama_documents::case_file::run(case, &shelf).expect_err("a misspelt key must not pass");
    assert!(error.contains("standin"), "{error}");
}

#[test]
fn the_copied_cases_are_the_same_as_their_source_while_it_is_there() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/cases");
    if !source.is_dir() {
        return;
    }
    for file in yaml_files(&source) {
        let copy = folder().join(file.file_name().expect("a file has a name"));
        let text = fs::read_to_string(&copy).unwrap_or_else(|error| panic!("{}: {error}", copy.display()));
        assert_eq!(text, fs::read_to_string(&file).expect("the source can be read"), "{} differs", copy.display());
    }
}

#[test]
fn the_shipped_law_of_cambodia_reads_as_the_frozen_law_of_the_cases() {
    let law = shelf("kh", None).unwrap_or_else(|error| panic!("{error}"));
    let mut shipped = law.revisions()[0].revision.clone();
    let frozen = krama_documents::case_file::frozen_kh_current();
    (shipped.effective, shipped.sources) = (frozen.effective, frozen.sources.clone());
    // No answer depends on when members are warned, nor on what is paid on wages.
    (shipped.notices, shipped.wage_rates) = (frozen.notices.clone(), frozen.wage_rates.clone());
    assert_eq!(shipped, frozen);
}

#[test]
fn every_shipped_law_passes_its_cases() {
    let folders = law_folders(&laws()).unwrap_or_else(|error| panic!("{error}"));
    assert!(folders.len() >= 13, "{folders:?}");
    for folder in folders {
        let book = read_law(&folder).unwrap_or_else(|error| panic!("{error}"));
        let file = folder.join("cases.yaml");
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let cases =
            krama_documents::case_file::read(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        for case in &cases {
            assert_eq!(case.law(), Some(book.law.name.as_str()), "{}: {}", file.display(), case.name());
        }
        all_pass(&folder, 2);
    }
}

#[test]
fn every_reading_of_cambodias_law_has_a_case() {
    let text = fs::read_to_string(laws().join("kh/cases.yaml")).expect("the cases can be read");
    let book = read_law(&laws().join("kh")).unwrap_or_else(|error| panic!("{error}"));
    assert!(book.readings.len() >= 4);
    for reading in &book.readings {
        assert!(text.contains(&format!("reading: {}", reading.name)), "no case of the reading {}", reading.name);
    }
}

/// The keys of a policy and of the tables in it, as cases write them.
fn keys_of(policy: &Value, above: &str, keys: &mut BTreeSet<String>) {
    for (key, value) in policy.as_object().into_iter().flatten() {
        keys.insert(format!("{above}{key}"));
        if value.is_object() {
            keys_of(value, &format!("{key}."), keys);
        } else if key == "then" {
            value.as_array().into_iter().flatten().for_each(|later| keys_of(later, "", keys));
        }
    }
}

#[test]
fn every_field_of_the_language_is_set_by_some_case() {
    let mut keys = BTreeSet::new();
    let mut laws_with_cases = BTreeSet::new();
    let shipped = law_folders(&laws()).expect("the folder of laws is there");
    for folder in [folder(), folder().join("own")].into_iter().chain(shipped) {
        for file in yaml_files(&folder) {
            let text = fs::read_to_string(&file).expect("a case file can be read");
            let cases: Vec<Value> = serde_saphyr::from_str(&text).expect("a case file is YAML");
            for case in &cases {
                keys_of(&case["policy"], "", &mut keys);
                laws_with_cases.extend(case["policy"]["law"].as_str().map(str::to_owned));
            }
        }
    }
    // A reform says only what differs, so its cases try the fields that its documents set.
    for name in laws_with_cases {
        let book = read_law(&laws().join(&name)).unwrap_or_else(|error| panic!("{error}"));
        let own = book.sheets.iter().filter(|sheet| sheet.law == name && sheet.sets.len() < FIELDS.len() / 2);
        keys.extend(own.flat_map(|sheet| &sheet.sets).map(|path| (*path).to_owned()));
    }
    let unused =
        |field: &&krama_documents::policy_file::Field| !keys.contains(field.case_key) && !keys.contains(field.path);
    let unused: Vec<&str> = FIELDS.iter().filter(unused).map(|field| field.path).collect();
    assert!(unused.is_empty(), "no case tries {unused:?}");
}

#[test]
fn the_table_of_the_documentation_is_the_language() {
    let text = fs::read_to_string(laws().join("../docs/laws.md")).expect("the page on laws is there");
    let table = text.lines().skip_while(|line| !line.starts_with("| field | in a case |")).skip(2);
    let rows: Vec<&str> = table.take_while(|line| line.starts_with('|')).collect();
    let expected: Vec<String> =
        FIELDS.iter().map(|field| format!("| `{}` | `{}` | {} |", field.path, field.case_key, field.meaning)).collect();
    assert_eq!(rows, expected);
}
