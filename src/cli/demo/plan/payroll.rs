//! The payrolls' files, each line on the day on which it was reported.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use time::Date;

use super::{DayPlan, Movement, Report};
use crate::cli::lines::{Line, Sheet, report, request_id};
use crate::proto::v1::transition_record::Transition;

/// Puts every line of an employer's files on the day on which it was reported.
pub(super) fn read(folder: &Path, days: &mut BTreeMap<Date, DayPlan>) -> anyhow::Result<()> {
    let unreadable = || format!("{} cannot be read", folder.display());
    let entries = fs::read_dir(folder).with_context(unreadable)?;
    let mut files: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    files.sort();
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for (index, line) in Sheet::whole(&file, report::COLUMNS)?.iter().enumerate() {
            let at = || format!("{}, line {}", file.display(), line.number);
            let request_id = request_id(&["report", line.text("employer_no"), &name, &index.to_string()]);
            let reported_on = line.day("reported_on").with_context(at)?;
            let report = reported(line, request_id).with_context(at)?;
            days.entry(reported_on).or_default().reports.push(report);
        }
    }
    Ok(())
}

/// A package draws a request id for every line, so that a line that stands twice is found out by the business key.
fn reported(line: &Line, request_id: String) -> anyhow::Result<Report> {
    let movement = match report::transition(line, "")? {
        Transition::Hire(mut hire) => {
            hire.request_id = request_id;
            Movement::Hire(Box::new(hire))
        }
        Transition::Separation(mut separation) => {
            separation.request_id = request_id;
            Movement::Separation(separation)
        }
        Transition::Amendment(_) | Transition::Retraction(_) | Transition::Rekey(_) | Transition::NoPayroll(_) => {
            bail!("these packages report hires and separations only")
        }
    };
    let (employer_number, worker_number) = (line.text("employer_no").to_owned(), line.text("worker_no").to_owned());
    Ok(Report { employer_number, worker_number, movement })
}
