//! Runs every case file against the law alone.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cases")
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
        let verdicts = krama_documents::case_file::run(&text);
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
    let verdicts = krama_documents::case_file::run(case).expect("the case is well formed");
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
    let error = krama_documents::case_file::run(case).expect_err("a misspelt key must not pass");
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
    let law = krama_documents::policy_file::read_law(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies/kh"));
    let law = law.unwrap_or_else(|error| panic!("{error}"));
    let mut shipped = law.revisions()[0].revision.clone();
    let frozen = krama_documents::case_file::frozen_kh_current();
    (shipped.effective, shipped.sources) = (frozen.effective, frozen.sources.clone());
    assert_eq!(shipped, frozen);
}
