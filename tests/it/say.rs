//! What callers say: requests that are good as they stand, for a test to spoil, and people to speak about.

use krama::proto::google_type::Date;
use krama::proto::v1;
use krama_law::calendar::Day;

use crate::world::{COLLECTOR, OFFICER, World};

/// What a month costs.
pub(crate) const MONTH: i64 = 15_600;

/// A day of the calendar.
pub(crate) fn day(text: &str) -> Day {
    text.parse().unwrap_or_else(|_| panic!("{text} is no day"))
}

/// A day on the wire.
pub(crate) fn date(text: &str) -> Date {
    wire(day(text))
}

/// A day on the wire, some days from another.
pub(crate) fn date_plus(text: &str, days: i32) -> Date {
    wire(day(text).plus(days))
}

fn wire(day: Day) -> Date {
    let (year, month, day) = day.parts();
    Date { year, month: i32::from(month), day: i32::from(day) }
}

/// A fresh request id.
pub(crate) fn fresh() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// A national identity number, with leading zeros.
pub(crate) fn national_id(number: u32) -> v1::Identifier {
    identifier(v1::IdentifierKind::NationalId, &format!("{number:09}"))
}

/// A number of a kind.
pub(crate) fn identifier(kind: v1::IdentifierKind, value: &str) -> v1::Identifier {
    v1::Identifier { kind: kind.into(), value: value.to_owned() }
}

/// The member number under which the fund knows the person with a number.
pub(crate) fn member_number(number: u32) -> String {
    format!("SE-{number:06}")
}

/// The phone of the person with a number.
pub(crate) fn phone(number: u32) -> String {
    format!("+855 12 {number:06}")
}

/// A name; the parts may be empty.
pub(crate) fn name(family: &str, given: &str) -> v1::PersonName {
    v1::PersonName { family: family.to_owned(), given: given.to_owned() }
}

/// Letters in which numbers are told apart, since names hold no digits.
pub(crate) fn given_name(number: u32) -> String {
    let letters = number.to_string().bytes().map(|digit| char::from(b'a' + (digit - b'0'))).collect::<String>();
    format!("Sophea{letters}")
}

/// The registration of the person with a number.
pub(crate) fn registration(number: u32) -> v1::RegisterMemberRequest {
    v1::RegisterMemberRequest {
        request_id: fresh(),
        validate_only: false,
        khmer_name: Some(name("ជា", "សុភា")),
        latin_name: Some(name("Chea", &given_name(number))),
        sex: v1::Sex::Female.into(),
        birth_date: Some(date("1988-04-16")),
        identifiers: vec![national_id(number), identifier(v1::IdentifierKind::MemberNumber, &member_number(number))],
        phone: phone(number),
        commune_code: "120102".to_owned(),
    }
}

/// The enrolment of a member today.
pub(crate) fn enrolment(member: &str) -> v1::EnrollMemberRequest {
    v1::EnrollMemberRequest { request_id: fresh(), member_id: member.to_owned(), ..Default::default() }
}

/// A month's contribution for a member, handed over and booked on a day.
pub(crate) fn payment(member: &str, on: &str) -> v1::RecordPaymentRequest {
    v1::RecordPaymentRequest {
        request_id: fresh(),
        institution: "apsara-bank".to_owned(),
        business_date: Some(date(on)),
        reference: format!("TX-{}", fresh()),
        value_date: Some(date(on)),
        amount_riel: MONTH,
        channel: v1::PaymentChannel::Wallet.into(),
        payer: Some(v1::record_payment_request::Payer::MemberId(member.to_owned())),
        ..Default::default()
    }
}

/// The reversal of a payment that bounced on a day.
pub(crate) fn reversal(payment: &str, on: &str) -> v1::ReversePaymentRequest {
    v1::ReversePaymentRequest {
        request_id: fresh(),
        payment_id: payment.to_owned(),
        on: Some(date(on)),
        reason: v1::ReversalReason::Bounced.into(),
        ..Default::default()
    }
}

/// A payment that waits, put to a member.
pub(crate) fn assignment(payment: &str, member: &str) -> v1::AssignPaymentRequest {
    v1::AssignPaymentRequest {
        request_id: fresh(),
        payment_id: payment.to_owned(),
        member_id: member.to_owned(),
        reason: "the payer showed the receipt".to_owned(),
        ..Default::default()
    }
}

/// Money of a payment that is paid back.
pub(crate) fn refund(payment: &str, amount_riel: i64) -> v1::RecordRefundRequest {
    v1::RecordRefundRequest {
        request_id: fresh(),
        payment_id: payment.to_owned(),
        amount_riel,
        reason: "the payer asked for it".to_owned(),
        ..Default::default()
    }
}

/// Another first day and an open end, in place of what stood at a position.
pub(crate) fn amendment(
    employer: &str,
    employment: &str,
    replaces: &v1::Position,
    first_day: &str,
) -> v1::AmendEmploymentRequest {
    v1::AmendEmploymentRequest {
        request_id: fresh(),
        employer_id: employer.to_owned(),
        employment_number: employment.to_owned(),
        replaces: Some(replaces.clone()),
        first_day: Some(date(first_day)),
        ..Default::default()
    }
}

/// An employment taken back.
pub(crate) fn retraction(employer: &str, employment: &str, replaces: &v1::Position) -> v1::RetractEmploymentRequest {
    v1::RetractEmploymentRequest {
        request_id: fresh(),
        employer_id: employer.to_owned(),
        employment_number: employment.to_owned(),
        replaces: Some(replaces.clone()),
        ..Default::default()
    }
}

/// Another number for an employment.
pub(crate) fn rekey(employer: &str, employment: &str, new: &str) -> v1::RekeyEmploymentRequest {
    v1::RekeyEmploymentRequest {
        request_id: fresh(),
        employer_id: employer.to_owned(),
        employment_number: employment.to_owned(),
        new_employment_number: new.to_owned(),
        ..Default::default()
    }
}

/// A month without payroll.
pub(crate) fn no_payroll(employer: &str, month: &str) -> v1::ReportNoPayrollRequest {
    v1::ReportNoPayrollRequest {
        request_id: fresh(),
        employer_id: employer.to_owned(),
        month: month.to_owned(),
        ..Default::default()
    }
}

/// The death of a member.
pub(crate) fn death(member: &str, on: &str) -> v1::ReportDeathRequest {
    v1::ReportDeathRequest {
        request_id: fresh(),
        member_id: member.to_owned(),
        on: Some(date(on)),
        case_reference: "case-7".to_owned(),
        reason: "the commune's certificate".to_owned(),
        ..Default::default()
    }
}

/// A fact taken back.
pub(crate) fn retracted(member: &str, fact: &str) -> v1::RetractFactRequest {
    v1::RetractFactRequest {
        request_id: fresh(),
        member_id: member.to_owned(),
        fact_id: fact.to_owned(),
        case_reference: "case-8".to_owned(),
        legal_basis: "entered for the wrong person".to_owned(),
        ..Default::default()
    }
}

/// Months excused for illness.
pub(crate) fn excuse(member: &str, from: &str, to: &str) -> v1::ExcuseMonthsRequest {
    v1::ExcuseMonthsRequest {
        request_id: fresh(),
        member_id: member.to_owned(),
        from_month: from.to_owned(),
        to_month: to.to_owned(),
        kind: v1::ExcuseReason::Illness.into(),
        case_reference: "case-9".to_owned(),
        legal_basis: "Prakas 109, a long stay".to_owned(),
        ..Default::default()
    }
}

/// The record of the person with number one, as it was registered, in place of a version.
pub(crate) fn update(member: &str, etag: &str) -> v1::UpdateMemberRequest {
    let told = registration(1);
    v1::UpdateMemberRequest {
        request_id: fresh(),
        validate_only: false,
        member_id: member.to_owned(),
        etag: etag.to_owned(),
        khmer_name: told.khmer_name,
        latin_name: told.latin_name,
        sex: told.sex,
        birth_date: told.birth_date,
        more_identifiers: Vec::new(),
        phone: told.phone,
        commune_code: told.commune_code,
    }
}

/// An employer with an enterprise number.
pub(crate) fn employer(number: &str) -> v1::RegisterEmployerRequest {
    v1::RegisterEmployerRequest {
        request_id: fresh(),
        enterprise_number: number.to_owned(),
        khmer_name: "រោងចក្រ".to_owned(),
        latin_name: "Romdoul Thread".to_owned(),
        sector: v1::Sector::Private.into(),
        ..Default::default()
    }
}

/// A grant to the payroll provider of these tests.
pub(crate) fn grant(employer: &str, from: &str, until: Option<&str>) -> v1::GrantEmployerAccessRequest {
    v1::GrantEmployerAccessRequest {
        request_id: fresh(),
        employer_id: employer.to_owned(),
        provider_id: "sovann-payroll".to_owned(),
        from_day: Some(date(from)),
        until_day: until.map(date),
        ..Default::default()
    }
}

/// The hire of the member with a number, by member number.
pub(crate) fn hire(employer: &str, employment: &str, first_day: &str, number: u32) -> v1::ReportHireRequest {
    v1::ReportHireRequest {
        request_id: fresh(),
        employer_id: employer.to_owned(),
        employment_number: employment.to_owned(),
        first_day: Some(date(first_day)),
        worker: Some(v1::report_hire_request::Worker::MemberNumber(member_number(number))),
        ..Default::default()
    }
}

/// What payroll tells of the person with a number.
pub(crate) fn worker(number: u32) -> v1::WorkerDetails {
    let told = registration(number);
    v1::WorkerDetails {
        identifier: Some(national_id(number)),
        khmer_name: told.khmer_name,
        latin_name: told.latin_name,
        birth_date: told.birth_date,
        sex: told.sex,
    }
}

/// The hire of a person described by details.
pub(crate) fn hire_of(
    employer: &str,
    employment: &str,
    first_day: &str,
    details: v1::WorkerDetails,
) -> v1::ReportHireRequest {
    let worker = Some(v1::report_hire_request::Worker::WorkerDetails(details));
    v1::ReportHireRequest { worker, ..hire(employer, employment, first_day, 0) }
}

/// The end of an employment.
pub(crate) fn separation(employer: &str, employment: &str, last_day: &str) -> v1::ReportSeparationRequest {
    v1::ReportSeparationRequest {
        request_id: fresh(),
        employer_id: employer.to_owned(),
        employment_number: employment.to_owned(),
        last_day: Some(date(last_day)),
        ..Default::default()
    }
}

/// A hospital's question about the person with a number, who tells the birth date.
pub(crate) fn check(number: u32) -> v1::CheckCoverageRequest {
    v1::CheckCoverageRequest {
        identifier: Some(national_id(number)),
        second_fact: Some(v1::check_coverage_request::SecondFact::BirthDate(date("1988-04-16"))),
        ..Default::default()
    }
}

/// The question where a member stands and why.
pub(crate) fn explain(member: &str) -> v1::ExplainCoverageRequest {
    v1::ExplainCoverageRequest { member_id: member.to_owned(), ..Default::default() }
}

/// The question for a member.
pub(crate) fn get(member: &str) -> v1::GetMemberRequest {
    v1::GetMemberRequest { member_id: member.to_owned(), at_least_position: None }
}

/// The question for an account.
pub(crate) fn account(member: &str) -> v1::GetAccountRequest {
    v1::GetAccountRequest { member_id: member.to_owned(), at_least_position: None }
}

/// The question what a member may pay.
pub(crate) fn quote(member: &str) -> v1::QuotePaymentRequest {
    let payer = Some(v1::quote_payment_request::Payer::MemberId(member.to_owned()));
    v1::QuotePaymentRequest { payer, ..Default::default() }
}

/// The question for an employer's employments.
pub(crate) fn employments(employer: &str) -> v1::ListEmploymentsRequest {
    v1::ListEmploymentsRequest { employer_id: employer.to_owned(), ..Default::default() }
}

/// Steps that many stories begin with.
impl World {
    /// Registers the person with a number.
    pub(crate) async fn member(&self, number: u32) -> String {
        self.ask(OFFICER, registration(number)).await.expect("a member is registered").member_id
    }

    /// Registers the person with a number and enrols them today.
    pub(crate) async fn enrolled(&self, number: u32) -> String {
        let member = self.member(number).await;
        self.ask(OFFICER, enrolment(&member)).await.expect("the member enrols");
        member
    }

    /// Pays so many months on a day.
    pub(crate) async fn pay(&self, member: &str, on: &str, months: i64) -> v1::RecordPaymentResponse {
        let paid = v1::RecordPaymentRequest { amount_riel: MONTH * months, ..payment(member, on) };
        self.ask(COLLECTOR, paid).await.expect("the payment is taken")
    }

    /// Registers an employer.
    pub(crate) async fn employer(&self, number: &str) -> String {
        self.ask(OFFICER, employer(number)).await.expect("an employer is registered").employer_id
    }

    /// Registers an employer that lets the payroll provider of these tests report from a day on.
    pub(crate) async fn granted(&self, number: &str, from: &str) -> String {
        let employer = self.employer(number).await;
        self.ask(OFFICER, grant(&employer, from, None)).await.expect("access is granted");
        employer
    }
}
