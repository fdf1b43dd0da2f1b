//! A line of a payroll's file: a hire, a separation, or what corrects them.

use super::{Column, KNOWN_AT, Line, Wrong, request_id};
use crate::cli::{civil, words};
use crate::proto::v1::report_hire_request::Worker;
use crate::proto::v1::transition_record::Transition;
use crate::proto::v1::{
    AmendEmploymentRequest, Identifier, IdentifierKind, PersonName, RekeyEmploymentRequest, ReportHireRequest,
    ReportNoPayrollRequest, ReportSeparationRequest, RetractEmploymentRequest, SeparationReason, WorkerDetails,
};

const fn column(name: &'static str, also: &'static [&'static str], holds: &'static str) -> Column {
    Column { name, also, required: false, holds }
}

/// The columns of a payroll's file.
pub(in crate::cli) const COLUMNS: &[Column] = &[
    Column {
        name: "event",
        also: &["Movement"],
        required: true,
        holds: "HIRE, SEPARATION, AMEND, RETRACT, REKEY or NO_PAYROLL (also New, Left)",
    },
    column("employer_no", &["Employer ID", "employer_id"], "the ledger's id, or a number given by --employer"),
    column("employment_no", &["Contract No."], "your number of the employment; all events but NO_PAYROLL"),
    column("worker_no", &["NSSF or ID No."], "HIRE: member number, or another number with all that follows"),
    column("worker_kind", &[], "HIRE: its kind, such as national-id, if not by its shape"),
    column("family_name", &[], "HIRE: family name in Latin letters"),
    column("given_name", &[], "HIRE: given name in Latin letters"),
    column("family_name_kh", &[], "HIRE: family name in Khmer letters"),
    column("given_name_kh", &[], "HIRE: given name in Khmer letters"),
    column("name", &["Name (Latin)"], "HIRE: both in one, family name first, instead"),
    column("name_kh", &["Name (Khmer)"], "HIRE: the same in Khmer letters"),
    column("sex", &[], "HIRE: F or M"),
    column("birth_date", &["Date of birth"], "HIRE: a day, or the year alone"),
    column("first_day", &["Start"], "HIRE, AMEND: first day worked; SEPARATION: to tell two apart"),
    column("last_day", &["End"], "SEPARATION: last day worked; HIRE, AMEND: if it is known"),
    column("reason", &[], "SEPARATION: RESIGNATION, DISMISSAL, END_OF_CONTRACT, RETIREMENT, ..."),
    column("began_on", &[], "AMEND, RETRACT: first day as its HIRE told it; REKEY: to tell two apart"),
    column("ended_on", &[], "AMEND, RETRACT: last day, if a SEPARATION told it since"),
    column("new_employment_no", &[], "REKEY: the number that it bears from now on"),
    column("month", &[], "NO_PAYROLL: the month"),
    KNOWN_AT,
    column("reported_on", &["Reported"], "not sent: the ledger notes itself when it learns"),
];

/// What a line reports, for an employer of the ledger. The request id is made of what is reported about which
/// employment, so that a line that is sent again is known again.
pub(in crate::cli) fn transition(line: &Line, employer: &str) -> Result<Transition, Wrong> {
    let event = line.filled("event")?.to_ascii_uppercase();
    match event.as_str() {
        "HIRE" | "NEW" => Ok(Transition::Hire(ReportHireRequest {
            request_id: hire_id(line, employer, "first_day")?,
            validate_only: false,
            employer_id: employer.to_owned(),
            employment_number: number(line)?,
            first_day: Some(civil::wire(line.day("first_day")?)),
            // A package repeats the last day in every line of an employment; a hire tells it where it has one.
            last_day: line.optional_day("last_day")?,
            worker: Some(worker(line)?),
        })),
        "SEPARATION" | "LEFT" => Ok(Transition::Separation(ReportSeparationRequest {
            request_id: separation_id(line, employer, "last_day")?,
            validate_only: false,
            employer_id: employer.to_owned(),
            employment_number: number(line)?,
            first_day: line.optional_day("first_day")?,
            last_day: Some(civil::wire(line.day("last_day")?)),
            reason: reason(line.text("reason"))?.into(),
        })),
        "AMEND" => Ok(Transition::Amendment(AmendEmploymentRequest {
            request_id: key("amendment", line, employer, &["began_on", "ended_on", "first_day", "last_day"])?,
            validate_only: false,
            employer_id: employer.to_owned(),
            employment_number: number(line)?,
            began_on: Some(civil::wire(line.day("began_on")?)),
            replaces: None,
            first_day: Some(civil::wire(line.day("first_day")?)),
            last_day: line.optional_day("last_day")?,
            replaces_request_id: replaced(line, employer)?,
        })),
        "RETRACT" => Ok(Transition::Retraction(RetractEmploymentRequest {
            request_id: key("retraction", line, employer, &["began_on", "ended_on"])?,
            validate_only: false,
            employer_id: employer.to_owned(),
            employment_number: number(line)?,
            began_on: Some(civil::wire(line.day("began_on")?)),
            replaces: None,
            replaces_request_id: replaced(line, employer)?,
        })),
        "REKEY" => {
            let new = line.filled("new_employment_no")?;
            let began_on = line.optional_day("began_on")?;
            Ok(Transition::Rekey(RekeyEmploymentRequest {
                request_id: request_id(&["rekey", employer, &number(line)?, &civil::day_text(began_on), new]),
                validate_only: false,
                employer_id: employer.to_owned(),
                employment_number: number(line)?,
                began_on,
                new_employment_number: new.to_owned(),
            }))
        }
        "NO_PAYROLL" => {
            let month = line.month("month")?.ok_or_else(|| Wrong::new("month", "is required"))?;
            Ok(Transition::NoPayroll(ReportNoPayrollRequest {
                request_id: request_id(&["no payroll", employer, &month]),
                validate_only: false,
                employer_id: employer.to_owned(),
                month,
            }))
        }
        other => Err(Wrong::new("event", format!("`{other}` is no event"))),
    }
}

fn number(line: &Line) -> Result<String, Wrong> {
    line.filled("employment_no").map(str::to_owned)
}

/// The request id of an event of an employment, with the days that tell it from others.
fn key(event: &str, line: &Line, employer: &str, days: &[&'static str]) -> Result<String, Wrong> {
    let mut parts = vec![event.to_owned(), employer.to_owned(), number(line)?];
    for &day in days {
        parts.push(line.optional_day(day)?.map_or_else(String::new, |day| civil::day_text(Some(day))));
    }
    Ok(request_id(&parts.iter().map(String::as_str).collect::<Vec<_>>()))
}

fn hire_id(line: &Line, employer: &str, first_day: &'static str) -> Result<String, Wrong> {
    key("hire", line, employer, &[first_day])
}

fn separation_id(line: &Line, employer: &str, last_day: &'static str) -> Result<String, Wrong> {
    key("separation", line, employer, &[last_day])
}

/// The report that a correction replaces: the separation, where one was told since, or else the hire.
fn replaced(line: &Line, employer: &str) -> Result<String, Wrong> {
    if line.text("ended_on").is_empty() {
        hire_id(line, employer, "began_on")
    } else {
        separation_id(line, employer, "ended_on")
    }
}

/// A member number says who it is; any other number is told with what makes the person recognisable.
fn worker(line: &Line) -> Result<Worker, Wrong> {
    let (told, value) = (line.text("worker_kind"), line.filled("worker_no")?);
    let kind = match told {
        "" => words::kind_of(value)
            .ok_or_else(|| Wrong::new("worker_no", "has no shape that is known here; name its kind in worker_kind"))?,
        told => words::parse_kind(told).map_err(|rule| Wrong::new("worker_kind", rule))?,
    };
    if kind == IdentifierKind::MemberNumber {
        return Ok(Worker::MemberNumber(value.to_owned()));
    }
    Ok(Worker::WorkerDetails(WorkerDetails {
        identifier: Some(Identifier { kind: kind.into(), value: value.to_owned() }),
        khmer_name: Some(name(line, ["family_name_kh", "given_name_kh", "name_kh"])),
        latin_name: Some(name(line, ["family_name", "given_name", "name"])),
        birth_date: Some(line.birth_date("birth_date")?),
        sex: line.sex("sex")?.into(),
    }))
}

/// One package keeps family and given name apart; the other writes both in one column, family name first.
fn name(line: &Line, [family, given, whole]: [&'static str; 3]) -> PersonName {
    let (family, given, whole) = (line.text(family), line.text(given), line.text(whole));
    let (family, given) = whole.split_once(' ').unwrap_or((family, if whole.is_empty() { given } else { whole }));
    PersonName { family: family.to_owned(), given: given.to_owned() }
}

fn reason(text: &str) -> Result<SeparationReason, Wrong> {
    if text.is_empty() {
        return Ok(SeparationReason::Unspecified);
    }
    let reason = SeparationReason::from_str_name(&format!("SEPARATION_REASON_{}", text.to_ascii_uppercase()));
    reason.ok_or_else(|| Wrong::new("reason", format!("`{text}` is no reason of a separation")))
}
