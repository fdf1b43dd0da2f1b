//! `krama cases`: runs case files, the stories with expected answers that jurists write, against the law.
//!
//! Needs no server: a case is judged by the kernel alone. Folders are searched for `.yaml` files, deeper ones too, and
//! run in the order of their names. Ends with status 1 when any case fails.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};

use crate::case_file;

/// Runs case files against the law.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Case files, or folders of them.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

/// Runs the cases and prints each difference.
///
/// # Errors
/// A path cannot be read, or holds no case at all.
pub fn run(args: &Args, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let mut files = Vec::new();
    for path in &args.paths {
        collect(path, &mut files)?;
    }
    let (mut passed, mut failed) = (0, 0);
    for file in &files {
        let text = fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
        let verdicts = match case_file::run(&text) {
            Ok(verdicts) => verdicts,
            Err(error) => {
                failed += 1;
                writeln!(out, "FAILED  {}\n  is no case file: {error}", file.display())?;
                continue;
            }
        };
        for verdict in verdicts {
            if verdict.differences.is_empty() {
                passed += 1;
                continue;
            }
            failed += 1;
            writeln!(out, "FAILED  {}: {}", file.display(), verdict.name)?;
            for difference in &verdict.differences {
                writeln!(out, "  {difference}")?;
            }
        }
    }
    if passed + failed == 0 {
        bail!("no case was found; case files end in .yaml");
    }
    writeln!(out, "{passed} passed, {failed} failed")?;
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A file that is named is run whatever its name; in a folder only `.yaml` files are.
fn collect(path: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let unreadable = || format!("{} cannot be read", path.display());
    if !fs::metadata(path).with_context(unreadable)?.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let entries = fs::read_dir(path).with_context(unreadable)?;
    let mut entries: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    entries.sort();
    for entry in entries {
        if entry.is_dir() || entry.extension().is_some_and(|extension| extension == "yaml") {
            collect(&entry, files)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run_on(path: &str) -> (anyhow::Result<ExitCode>, String) {
        let mut out = Vec::new();
        let args = Args { paths: vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(path)] };
        let ended = run(&args, &mut out);
        (ended, String::from_utf8(out).unwrap())
    }

    #[test]
    fn a_folder_of_cases_is_counted() {
        let (ended, text) = run_on("tests/cases");
        assert_eq!(ended.unwrap(), ExitCode::SUCCESS, "{text}");
        assert!(text.ends_with("passed, 0 failed\n"), "{text}");
    }

    #[test]
    fn a_file_that_is_no_case_file_fails_and_is_named() {
        let (ended, text) = run_on("Cargo.toml");
        assert_eq!(ended.unwrap(), ExitCode::FAILURE);
        assert!(text.contains("Cargo.toml\n  is no case file"), "{text}");
        assert!(text.ends_with("0 passed, 1 failed\n"), "{text}");
    }

    #[test]
    fn a_folder_without_cases_is_an_error_and_not_a_pass() {
        assert!(run_on("proto/krama").0.is_err());
    }
}
