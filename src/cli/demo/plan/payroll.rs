//! The payrolls' files. Two packages, one reader: columns go by either name, and days and movements by either form.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use serde::Deserialize;
use time::Date;

use super::desk::{birth_date, sex};
use super::{DayPlan, Movement, Report, request_id, rows};
use crate::cli::{civil, words};
use crate::proto::google_type;
use crate::proto::v1::report_hire_request::Worker;
use crate::proto::v1::{
    Identifier, IdentifierKind, PersonName, ReportHireRequest, ReportSeparationRequest, SeparationReason, WorkerDetails,
};

#[derive(Deserialize)]
struct ReportRow {
    #[serde(alias = "Reported")]
    reported_on: String,
    #[serde(alias = "Movement")]
    event: String,
    #[serde(alias = "Employer ID")]
    employer_no: String,
    #[serde(alias = "Contract No.")]
    employment_no: String,
    #[serde(alias = "NSSF or ID No.")]
    worker_no: String,
    #[serde(default)]
    family_name: String,
    #[serde(default)]
    given_name: String,
    #[serde(default)]
    family_name_kh: String,
    #[serde(default)]
    given_name_kh: String,
    #[serde(default, rename = "Name (Latin)")]
    latin: String,
    #[serde(default, rename = "Name (Khmer)")]
    khmer: String,
    #[serde(alias = "Sex")]
    sex: String,
    #[serde(alias = "Date of birth")]
    birth_date: String,
    #[serde(alias = "Start")]
    first_day: String,
    #[serde(alias = "End")]
    last_day: String,
}

/// Puts every line of an employer's files on the day on which it was reported.
pub(super) fn read(folder: &Path, days: &mut BTreeMap<Date, DayPlan>) -> anyhow::Result<()> {
    let unreadable = || format!("{} cannot be read", folder.display());
    let entries = fs::read_dir(folder).with_context(unreadable)?;
    let mut files: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    files.sort();
    for file in files {
        for (index, row) in rows::<ReportRow>(&file)?.into_iter().enumerate() {
            let line = format!("{}, line {}", file.display(), index + 2);
            let reported_on = civil::parse_day(&row.reported_on).map_err(|error| anyhow!(error));
            let reported_on = reported_on.with_context(|| line.clone())?;
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let request_id = request_id(&["report", &row.employer_no, &name, &index.to_string()]);
            let report = row.report(request_id).with_context(|| line)?;
            days.entry(reported_on).or_default().reports.push(report);
        }
    }
    Ok(())
}

impl ReportRow {
    /// A package draws a request id for every line, so that a line that stands twice is found out by the business key.
    fn report(self, request_id: String) -> anyhow::Result<Report> {
        let first_day = wire(&self.first_day)?;
        let movement = match self.event.as_str() {
            "HIRE" | "New" => Movement::Hire(Box::new(ReportHireRequest {
                request_id,
                validate_only: false,
                employer_id: String::new(),
                employment_number: self.employment_no.clone(),
                first_day: Some(first_day),
                last_day: None,
                worker: Some(self.worker()?),
            })),
            "SEPARATION" | "Left" => Movement::Separation(ReportSeparationRequest {
                request_id,
                validate_only: false,
                employer_id: String::new(),
                employment_number: self.employment_no.clone(),
                first_day: Some(first_day),
                last_day: Some(wire(&self.last_day)?),
                reason: SeparationReason::Unspecified.into(),
            }),
            other => return Err(anyhow!("`{other}` is no movement of these packages")),
        };
        Ok(Report { employer_number: self.employer_no, worker_number: self.worker_no, movement })
    }

    /// A member number says who it is; any other number is told with what makes the person recognisable.
    fn worker(&self) -> anyhow::Result<Worker> {
        let kind = words::kind_of(&self.worker_no);
        let kind = kind.ok_or_else(|| anyhow!("`{}` is no number of a worker", self.worker_no))?;
        if kind == IdentifierKind::MemberNumber {
            return Ok(Worker::MemberNumber(self.worker_no.clone()));
        }
        Ok(Worker::WorkerDetails(WorkerDetails {
            identifier: Some(Identifier { kind: kind.into(), value: self.worker_no.clone() }),
            khmer_name: Some(name(&self.family_name_kh, &self.given_name_kh, &self.khmer)),
            latin_name: Some(name(&self.family_name, &self.given_name, &self.latin)),
            birth_date: Some(birth_date(&self.birth_date)?),
            sex: sex(&self.sex)?.into(),
        }))
    }
}

/// One package keeps family and given name apart; the other writes both in one column, family name first.
fn name(family: &str, given: &str, whole: &str) -> PersonName {
    let (family, given) = whole.split_once(' ').unwrap_or((family, if whole.is_empty() { given } else { whole }));
    PersonName { family: family.to_owned(), given: given.to_owned() }
}

fn wire(text: &str) -> anyhow::Result<google_type::Date> {
    civil::parse_day(text).map(civil::wire).map_err(|error| anyhow!(error))
}
