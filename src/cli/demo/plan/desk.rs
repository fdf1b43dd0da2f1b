//! The enrolment desk's files: the register of the self-employed, and the employers.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, anyhow};
use serde::Deserialize;
use time::Date;

use super::{DayPlan, Employer, Enrolment, Registration, rows};
use crate::cli::civil;
use crate::cli::lines::{self, request_id};
use crate::proto::v1::{
    EnrollMemberRequest, Identifier, IdentifierKind, PersonName, RegisterEmployerRequest, RegisterMemberRequest, Sector,
};

#[derive(Deserialize)]
struct RegisterRow {
    registered_on: String,
    enrolled_on: String,
    member_number: String,
    national_id: String,
    certificate_number: String,
    family_name_khmer: String,
    given_name_khmer: String,
    family_name_latin: String,
    given_name_latin: String,
    sex: String,
    birth_date: String,
    phone: String,
    commune_code: String,
}

#[derive(Deserialize)]
struct EmployerLine {
    employer_number: String,
    name_latin: String,
    name_khmer: String,
    sector: String,
    payroll_provider: String,
    folder: String,
}

/// An employer with the folder of its payroll files.
pub(super) struct EmployerRow {
    pub(super) employer: Employer,
    pub(super) folder: String,
}

/// Puts every registration and every enrolment on its day.
pub(super) fn read_register(examples: &Path, days: &mut BTreeMap<Date, DayPlan>) -> anyhow::Result<()> {
    let file = examples.join("register.csv");
    for row in rows::<RegisterRow>(&file)? {
        let number = row.member_number.clone();
        let at = || format!("{}, member {number}", file.display());
        let registered_on = civil::parse_day(&row.registered_on).map_err(|error| anyhow!(error)).with_context(at)?;
        let enrolled_on = civil::parse_day(&row.enrolled_on).map_err(|error| anyhow!(error)).with_context(at)?;
        let enrolment = EnrollMemberRequest {
            request_id: request_id(&["enrolment", &number, &row.enrolled_on]),
            ..EnrollMemberRequest::default()
        };
        let request = row.registration().with_context(at)?;
        let member_number = number.clone();
        days.entry(registered_on).or_default().registrations.push(Registration { member_number, request });
        let enrolment = Enrolment { member_number: number.clone(), request: enrolment };
        days.entry(enrolled_on).or_default().enrolments.push(enrolment);
    }
    Ok(())
}

/// The employers, in the order of their file.
pub(super) fn read_employers(examples: &Path) -> anyhow::Result<Vec<EmployerRow>> {
    let mut employers = Vec::new();
    for row in rows::<EmployerLine>(&examples.join("employers.csv"))? {
        let sector = match row.sector.as_str() {
            "private" => Sector::Private,
            "public" => Sector::Public,
            other => return Err(anyhow!("employers.csv: `{other}` is no sector")),
        };
        let request = RegisterEmployerRequest {
            request_id: request_id(&["employer", &row.employer_number]),
            validate_only: false,
            enterprise_number: row.employer_number,
            khmer_name: row.name_khmer,
            latin_name: row.name_latin,
            sector: sector.into(),
        };
        employers
            .push(EmployerRow { employer: Employer { request, provider: row.payroll_provider }, folder: row.folder });
    }
    Ok(employers)
}

impl RegisterRow {
    fn registration(self) -> anyhow::Result<RegisterMemberRequest> {
        let numbers = [
            (IdentifierKind::MemberNumber, self.member_number.clone()),
            (IdentifierKind::NationalId, self.national_id),
            (IdentifierKind::RegistrationCertificate, self.certificate_number),
        ];
        let given = numbers.into_iter().filter(|(_, value)| !value.is_empty());
        Ok(RegisterMemberRequest {
            request_id: request_id(&["registration", &self.member_number]),
            validate_only: false,
            khmer_name: Some(PersonName { family: self.family_name_khmer, given: self.given_name_khmer }),
            latin_name: Some(PersonName { family: self.family_name_latin, given: self.given_name_latin }),
            sex: lines::sex(&self.sex).map_err(|rule| anyhow!(rule))?.into(),
            birth_date: Some(lines::birth_date(&self.birth_date).map_err(|rule| anyhow!(rule))?),
            identifiers: given.map(|(kind, value)| Identifier { kind: kind.into(), value }).collect(),
            phone: self.phone,
            commune_code: self.commune_code,
        })
    }
}
