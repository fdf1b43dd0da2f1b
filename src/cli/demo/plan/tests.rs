//! The plan that the examples of the repository make.

use std::path::PathBuf;

use time::macros::date;

use super::*;
use crate::proto::v1::record_payment_request::Payer;
use crate::proto::v1::report_hire_request::Worker;
use crate::proto::v1::{IdentifierKind, PaymentChannel};

fn plan() -> Plan {
    Plan::read(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples")).unwrap()
}

#[test]
fn everything_is_on_its_day() {
    let plan = plan();
    assert_eq!(plan.employers.len(), 3);
    assert_eq!(plan.sum(|day| day.registrations.len()), 500);
    assert_eq!(plan.sum(|day| day.enrolments.len()), 500);
    assert_eq!(plan.sum(|day| day.deliveries.len()), 191);
    assert_eq!(plan.sum(|day| day.lines().count()), 8_095);
    assert_eq!(plan.sum(|day| day.reports.len()), 144);
    assert_eq!(plan.returned, 30);
}

#[test]
fn a_file_is_known_on_the_day_it_arrives_and_not_before() {
    let plan = plan();
    let late = plan.pieces.iter().find(|piece| piece.key == "late-file").unwrap();
    assert_eq!(plan.arrivals(&late.member_number, date!(2026 - 09 - 15)), [date!(2026 - 09 - 22)]);
    let double = plan.pieces.iter().find(|piece| piece.key == "double").unwrap();
    let arrivals = plan.arrivals(&double.member_number, date!(2025 - 06 - 12));
    assert_eq!(arrivals, [date!(2025 - 06 - 16), date!(2025 - 06 - 24)]);
    let line = |day: Date| plan.days[&day].lines().find(|line| line.payer == double.member_number).unwrap();
    assert_eq!(line(arrivals[0]).request, line(arrivals[1]).request, "one payment has one request id");
}

#[test]
fn both_banks_are_read_alike() {
    let plan = plan();
    let wallet = &plan.days[&date!(2025 - 07 - 09)].deliveries;
    let wallet = wallet.iter().find(|delivery| delivery.institution == "apsara-wallet").unwrap();
    let line = &wallet.lines[0];
    assert_eq!((line.payer.as_str(), line.value_date), ("IEC25-0005332", date!(2025 - 07 - 01)));
    assert_eq!((line.request.amount_riel, line.request.month.as_deref()), (7_800, None));
    assert_eq!(line.request.channel(), PaymentChannel::Khqr);
    let Some(Payer::Identifier(identifier)) = &line.request.payer else { panic!("{line:?}") };
    assert_eq!(identifier.kind(), IdentifierKind::RegistrationCertificate);
    assert_eq!(wallet.lines[2].request.month.as_deref(), Some("2025-06"));
}

#[test]
fn a_worker_is_named_by_member_number_or_described() {
    let plan = plan();
    let hires = |day: Date| plan.days[&day].reports.iter().map(|report| &report.movement);
    let Some(Movement::Hire(known)) = hires(date!(2025 - 11 - 04)).next() else { panic!() };
    assert_eq!(known.worker, Some(Worker::MemberNumber("000251-005888".to_owned())));
    let Some(Movement::Hire(other)) = hires(date!(2025 - 11 - 05)).next() else { panic!() };
    let Some(Worker::WorkerDetails(details)) = &other.worker else { panic!("{other:?}") };
    let latin = details.latin_name.as_ref().unwrap();
    assert_eq!((latin.family.as_str(), latin.given.as_str()), ("Duong", "Pisey"));
}

#[test]
fn a_line_that_stands_twice_has_two_request_ids_and_one_content() {
    let plan = plan();
    let reports = &plan.days[&date!(2025 - 06 - 04)].reports;
    let [Movement::Hire(first), Movement::Hire(second)] = [&reports[0].movement, &reports[1].movement] else {
        panic!("{reports:?}")
    };
    assert_ne!(first.request_id, second.request_id);
    let same = ReportHireRequest { request_id: first.request_id.clone(), ..(**second).clone() };
    assert_eq!(**first, same);
}
