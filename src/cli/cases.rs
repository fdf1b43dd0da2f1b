//! `krama cases`: runs case files, the stories with expected answers that jurists write, against the law.
//!
//! Needs no server: a case is judged by the kernel alone. Folders are searched for `.yaml` files, deeper ones too, and
//! run in the order of their names. Ends with status 1 when any case fails. Thousands of cases take a while, so how far
//! it is goes to standard error; what is printed stays the same from run to run.

use std::fs;
use std::io::Write;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;

use anyhow::{Context, bail};
use krama_documents::case_file::{self, Case};
use krama_documents::policy_file::law_named;

use crate::clock::Stopwatch;

/// Runs case files against the law.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Case files, or folders of them.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The folder of the laws that cases name.
    #[arg(long, value_name = "FOLDER", default_value = "policies")]
    laws: PathBuf,
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
    let mut tally = Tally { passed: 0, failed: 0, progress: Progress::start() };
    for file in &files {
        let text = fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
        let cases = match case_file::read(&text) {
            Ok(cases) => cases,
            Err(error) => {
                tally.failed += 1;
                writeln!(out, "FAILED  {}\n  is no case file: {error}", file.display())?;
                continue;
            }
        };
        for batch in cases.chunks(BATCH) {
            for (case, differences) in batch.iter().zip(judged(batch, &args.laws)) {
                tally.note(file, case, &differences, out)?;
            }
        }
    }
    let Tally { passed, failed, .. } = tally;
    if passed + failed == 0 {
        bail!("no case was found; case files end in .yaml");
    }
    writeln!(out, "{passed} passed, {failed} failed")?;
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// How many cases are judged before their outcome is printed.
const BATCH: usize = 500;

/// The differences of each case, in the order of the cases, judged on all processors at once.
fn judged(cases: &[Case], laws: &Path) -> Vec<Vec<String>> {
    // A case that cannot be asked fails as one that is answered otherwise, and the next ones run.
    let shelf = |name: &str, reading: Option<&str>| law_named(laws, name, reading);
    let judge = |case: &Case| match case.run(&shelf) {
        Ok(verdict) => verdict.differences,
        Err(error) => vec![format!("cannot be asked: {error}")],
    };
    let processors = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let share = cases.len().div_ceil(processors).max(1);
        let shares: Vec<_> =
            cases.chunks(share).map(|share| scope.spawn(move || share.iter().map(judge).collect::<Vec<_>>())).collect();
        shares.into_iter().flat_map(|share| share.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    })
}

/// What came of the cases so far.
struct Tally {
    passed: usize,
    failed: usize,
    progress: Progress,
}

impl Tally {
    fn note(&mut self, file: &Path, case: &Case, differences: &[String], out: &mut dyn Write) -> std::io::Result<()> {
        if differences.is_empty() {
            self.passed += 1;
        } else {
            self.failed += 1;
            writeln!(out, "FAILED  {}: {}", file.display(), case.name())?;
            for difference in differences {
                writeln!(out, "  {difference}")?;
            }
        }
        self.progress.tell(self.passed + self.failed, self.failed);
        Ok(())
    }
}

/// Tells every now and then how far it is, so that nobody takes a long run for a hung one.
struct Progress {
    watch: Stopwatch,
    /// At how many seconds it is told next.
    next: f64,
}

impl Progress {
    /// After how many seconds it is told again; a shorter run is not told of.
    const EVERY: f64 = 2.0;

    fn start() -> Progress {
        Progress { watch: Stopwatch::start(), next: Progress::EVERY }
    }

    fn tell(&mut self, run: usize, failed: usize) {
        let elapsed = self.watch.seconds();
        if elapsed >= self.next {
            self.next = elapsed + Progress::EVERY;
            // Where nobody reads standard error the run goes on all the same.
            drop(writeln!(std::io::stderr(), "{run} cases run, {failed} failed"));
        }
    }
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
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let args = Args { paths: vec![root.join(path)], laws: root.join("policies") };
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
