//! The plan of a play: what each caller does on which day, read from the examples before anything is sent.
//!
//! Files are read in the shapes that `examples/README.md` tells, and turned into the very requests that will be sent;
//! only ids that the server gives are filled in later. Absent on purpose: any expectation of what will be answered.

mod bank;
mod desk;
mod payroll;
mod piece;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use serde::de::DeserializeOwned;
use time::Date;

use crate::proto::v1::{
    EnrollMemberRequest, RecordPaymentRequest, RegisterEmployerRequest, RegisterMemberRequest, ReportHireRequest,
    ReportSeparationRequest,
};

pub(super) use piece::Piece;

/// Everything that will be done.
#[derive(Debug)]
pub(super) struct Plan {
    /// The employers, registered on the first day.
    pub(super) employers: Vec<Employer>,
    /// What happens on each day on which anything does.
    pub(super) days: BTreeMap<Date, DayPlan>,
    /// The set pieces of the story.
    pub(super) pieces: Vec<Piece>,
    /// Transactions that a bank took back; known to the plan, and not played.
    pub(super) returned: usize,
}

/// What happens on one day, in this order.
#[derive(Default, Debug)]
pub(super) struct DayPlan {
    /// People whom the desk puts on record.
    pub(super) registrations: Vec<Registration>,
    /// People whom the desk enrols, by their member number.
    pub(super) enrolments: Vec<Enrolment>,
    /// Files that banks deliver.
    pub(super) deliveries: Vec<Delivery>,
    /// What payroll providers report.
    pub(super) reports: Vec<Report>,
}

/// An employer and the provider that may report for it.
#[derive(Debug)]
pub(super) struct Employer {
    pub(super) request: RegisterEmployerRequest,
    pub(super) provider: String,
}

/// A person at the desk.
#[derive(Debug)]
pub(super) struct Registration {
    pub(super) member_number: String,
    pub(super) request: RegisterMemberRequest,
}

/// An enrolment at the desk. The member id is filled in when it is played.
#[derive(Debug)]
pub(super) struct Enrolment {
    pub(super) member_number: String,
    pub(super) request: EnrollMemberRequest,
}

/// A bank's file.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) institution: String,
    pub(super) lines: Vec<BankLine>,
}

/// A line of a bank's file.
#[derive(Clone, Debug)]
pub(super) struct BankLine {
    /// The number that the payer gave.
    pub(super) payer: String,
    /// The day on which the payer handed the money over.
    pub(super) value_date: Date,
    pub(super) request: RecordPaymentRequest,
}

/// A line of a payroll file. The employer id is filled in when it is played.
#[derive(Clone, Debug)]
pub(super) struct Report {
    pub(super) employer_number: String,
    pub(super) worker_number: String,
    pub(super) movement: Movement,
}

/// What a payroll provider reports.
#[derive(Clone, Debug)]
pub(super) enum Movement {
    Hire(Box<ReportHireRequest>),
    Separation(ReportSeparationRequest),
}

impl Plan {
    /// Reads the examples of a folder.
    ///
    /// # Errors
    /// A file is missing or not in its shape; the message names the file and the line.
    pub(super) fn read(examples: &Path) -> anyhow::Result<Plan> {
        let mut days = BTreeMap::new();
        desk::read_register(examples, &mut days)?;
        let employers = desk::read_employers(examples)?;
        bank::read(examples, &mut days)?;
        for employer in &employers {
            payroll::read(&examples.join(&employer.folder), &mut days)?;
        }
        let returned = rows::<Vec<String>>(&examples.join("returns.csv"))?.len();
        let employers = employers.into_iter().map(|row| row.employer).collect();
        Ok(Plan { employers, days, pieces: piece::read(examples)?, returned })
    }

    /// The days on which a payment of this payer and value date is delivered, in order.
    pub(super) fn arrivals(&self, payer: &str, value_date: Date) -> Vec<Date> {
        let arrives = |line: &BankLine| line.payer == payer && line.value_date == value_date;
        let days = self.days.iter().filter(|(_, plan)| plan.lines().any(arrives));
        days.map(|(day, _)| *day).collect()
    }

    /// The first day on which a payment of this payer is delivered.
    pub(super) fn first_arrival(&self, payer: &str) -> Option<Date> {
        let day = self.days.iter().find(|(_, plan)| plan.lines().any(|line| line.payer == payer));
        day.map(|(day, _)| *day)
    }

    /// The day on which a hire of this worker is reported.
    pub(super) fn reported(&self, worker: &str) -> Option<Date> {
        let hired = |report: &Report| report.worker_number == worker && matches!(report.movement, Movement::Hire(_));
        self.days.iter().find(|(_, plan)| plan.reports.iter().any(hired)).map(|(day, _)| *day)
    }

    /// How many things of a kind the plan holds.
    pub(super) fn sum(&self, of: impl Fn(&DayPlan) -> usize) -> usize {
        self.days.values().map(of).sum()
    }
}

impl DayPlan {
    /// The lines of all bank files of the day.
    pub(super) fn lines(&self) -> impl Iterator<Item = &BankLine> {
        self.deliveries.iter().flat_map(|delivery| &delivery.lines)
    }
}

/// The rows of a file, or an error that names the file and the line.
fn rows<R: DeserializeOwned>(file: &Path) -> anyhow::Result<Vec<R>> {
    let reader = csv::Reader::from_path(file);
    let mut reader = reader.with_context(|| format!("{} cannot be read", file.display()))?;
    let rows: Result<Vec<R>, csv::Error> = reader.deserialize().collect();
    // The error of the csv crate names the line itself.
    rows.with_context(|| format!("{} is not in its shape", file.display()))
}

#[cfg(test)]
mod tests;
