//! What the payroll packages export: one file per employer and month of reporting.

use std::collections::BTreeMap;
use std::io;

use time::Date;

use super::World;
use super::calendar::{Month, iso, slashed};
use super::desk_file::birth_text;
use super::person::Birth;
use super::sheet::{Files, Sheet};
use super::work::{EMPLOYERS, Employer, Employment, Package, WorkerNumber};

pub(super) struct Written {
    pub(super) files: usize,
    pub(super) lines: usize,
}

const SOVANN: [&str; 13] = [
    "reported_on",
    "event",
    "employer_no",
    "employment_no",
    "worker_no",
    "family_name",
    "given_name",
    "family_name_kh",
    "given_name_kh",
    "sex",
    "birth_date",
    "first_day",
    "last_day",
];

const KRAVAN: [&str; 11] = [
    "Employer ID",
    "Contract No.",
    "Movement",
    "NSSF or ID No.",
    "Name (Khmer)",
    "Name (Latin)",
    "Sex",
    "Date of birth",
    "Start",
    "End",
    "Reported",
];

/// One line of a payroll file.
struct Report<'a> {
    reported: Date,
    employment: &'a Employment,
    employment_number: String,
    worker_number: String,
    is_hire: bool,
}

pub(super) fn write(files: &mut Files, world: &World) -> io::Result<Written> {
    let mut written = Written { files: 0, lines: 0 };
    for (index, employer) in EMPLOYERS.iter().enumerate() {
        let mut months: BTreeMap<Month, Vec<Report<'_>>> = BTreeMap::new();
        for report in reports(world, index) {
            months.entry(Month::of(report.reported)).or_default().push(report);
        }
        for (month, reports) in months {
            let name = format!("payroll/{}/{}.csv", employer.id, month.iso());
            write_month(files, &name, world, employer, &reports)?;
            written.files += 1;
            written.lines += reports.len();
        }
    }
    Ok(written)
}

/// All lines of an employer in the order in which they were reported.
fn reports(world: &World, employer: usize) -> Vec<Report<'_>> {
    let mut employments: Vec<&Employment> =
        world.employments.iter().filter(|employment| employment.employer == employer).collect();
    employments.sort_by_key(|employment| (employment.first, employment.reported));
    let mut reports = Vec::new();
    for (index, &employment) in employments.iter().enumerate() {
        let employment_number = format!("{}-{:05}", EMPLOYERS[employer].prefix, index + 1);
        let mut report = |reported, worker_number: &str, is_hire| {
            reports.push(Report {
                reported,
                employment,
                employment_number: employment_number.clone(),
                worker_number: worker_number.to_owned(),
                is_hire,
            });
        };
        let number = worker_number(world, employment);
        if let Some((wrong, tried)) = &employment.first_tried {
            report(*tried, wrong, true);
        }
        report(employment.reported, &number, true);
        if employment.twice {
            report(employment.reported, &number, true);
        }
        if let Some((_, told)) = employment.ended {
            report(told, &number, false);
        }
    }
    reports.sort_by_key(|report| report.reported);
    reports
}

fn worker_number(world: &World, employment: &Employment) -> String {
    let person = &world.people[employment.who];
    match &employment.number {
        WorkerNumber::Member => person.member_number().to_owned(),
        WorkerNumber::NationalId => person.national_id.clone().unwrap_or_default(),
        WorkerNumber::Other(number) => number.clone(),
    }
}

fn write_month(
    files: &mut Files,
    name: &str,
    world: &World,
    employer: &Employer,
    reports: &[Report<'_>],
) -> io::Result<()> {
    let header: &[&str] = match employer.package {
        Package::Sovann => &SOVANN,
        Package::Kravan => &KRAVAN,
    };
    let mut sheet = Sheet::begin(name, header)?;
    for report in reports {
        match employer.package {
            Package::Sovann => sheet.row(&sovann_row(world, employer, report))?,
            Package::Kravan => sheet.row(&kravan_row(world, employer, report))?,
        }
    }
    sheet.end(files)
}

fn sovann_row(world: &World, employer: &Employer, report: &Report<'_>) -> [String; 13] {
    let person = &world.people[report.employment.who];
    [
        iso(report.reported),
        if report.is_hire { "HIRE" } else { "SEPARATION" }.to_owned(),
        employer.number.to_owned(),
        report.employment_number.clone(),
        report.worker_number.clone(),
        person.name.family.latin.to_owned(),
        person.name.given.latin.to_owned(),
        person.name.family.khmer.to_owned(),
        person.name.given.khmer.to_owned(),
        person.sex.letter().to_owned(),
        birth_text(person.birth),
        iso(report.employment.first),
        last_day(report, iso),
    ]
}

fn kravan_row(world: &World, employer: &Employer, report: &Report<'_>) -> [String; 11] {
    let person = &world.people[report.employment.who];
    let birth = match person.birth {
        Birth::Day(day) => slashed(day),
        Birth::Year(year) => year.to_string(),
    };
    [
        employer.number.to_owned(),
        report.employment_number.clone(),
        if report.is_hire { "New" } else { "Left" }.to_owned(),
        report.worker_number.clone(),
        person.name.khmer(),
        person.name.latin(),
        person.sex.letter().to_owned(),
        birth,
        slashed(report.employment.first),
        last_day(report, slashed),
        slashed(report.reported),
    ]
}

/// Blank in the line of a hire: the end is not known then.
fn last_day(report: &Report<'_>, text: fn(Date) -> String) -> String {
    match report.employment.ended {
        Some((last, _)) if !report.is_hire => text(last),
        _ => String::new(),
    }
}
