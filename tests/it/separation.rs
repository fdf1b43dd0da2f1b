//! ReportSeparation.

use krama::proto::v1;
use tonic::Code;

use crate::refusal::{invalid, no, not_now, required};
use crate::say::{date, employments, get, hire, separation};
use crate::world::{OFFICER, PAYROLL, World};

const TODAY: &str = "2026-03-10";

async fn employed(world: &World) -> (String, String) {
    let member = world.member(1).await;
    let employer = world.granted("E-1", "2026-01-01").await;
    world.takes(PAYROLL, hire(&employer, "W-1", "2026-02-02", 1)).await;
    (employer, member)
}

#[tokio::test]
async fn a_separation_ends_the_employment_after_the_last_day() {
    let world = World::on(TODAY).await;
    let (employer, member) = employed(&world).await;
    let left = v1::ReportSeparationRequest {
        reason: v1::SeparationReason::Resignation.into(),
        ..separation(&employer, "W-1", TODAY)
    };
    let reply = world.takes(PAYROLL, left).await;
    assert_eq!(reply.outcome(), v1::Outcome::Accepted);
    let standing = async || {
        let decision = world.reads(OFFICER, get(&member)).await.decision.expect("a decision");
        (decision.employed, decision.standing())
    };
    assert_eq!(standing().await, (true, v1::Standing::Employed), "the last day is worked");
    world.clock_to("2026-03-11").await;
    assert_eq!(standing().await, (false, v1::Standing::NotEnrolled));
    let listed = world.reads(PAYROLL, employments(&employer)).await.employments;
    assert_eq!((listed[0].last_day, listed[0].employed), (Some(date(TODAY)), false));
    assert_eq!(listed[0].separation_reason(), v1::SeparationReason::Resignation);
    assert_eq!(listed[0].employment_id, reply.employment_id);
}

#[tokio::test]
async fn a_last_day_is_the_first_day_or_later_and_may_be_known_ahead() {
    let world = World::on(TODAY).await;
    let (employer, _) = employed(&world).await;
    let early = separation(&employer, "W-1", "2026-02-01");
    let told = world.refuses(PAYROLL, early, not_now("DAY_BEFORE_START").at("last_day")).await;
    assert_eq!((told.metadata["day"].as_str(), told.metadata["first_day"].as_str()), ("2026-02-01", "2026-02-02"));
    world.takes(PAYROLL, separation(&employer, "W-1", "2026-02-02")).await;
    world.member(2).await;
    world.takes(PAYROLL, hire(&employer, "W-2", TODAY, 2)).await;
    world.takes(PAYROLL, separation(&employer, "W-2", "2026-03-31")).await;
    assert!(world.reads(PAYROLL, employments(&employer)).await.employments[1].employed);
}

#[tokio::test]
async fn a_separation_that_lacks_something_names_the_field() {
    let world = World::on(TODAY).await;
    let (employer, _) = employed(&world).await;
    let spoilt = async |spoil: fn(&mut v1::ReportSeparationRequest), no| {
        let mut told = separation(&employer, "W-1", TODAY);
        spoil(&mut told);
        world.refuses(PAYROLL, told, no).await;
    };
    spoilt(|told| told.request_id.clear(), required("request_id")).await;
    spoilt(|told| told.employer_id.clear(), required("employer_id")).await;
    spoilt(|told| told.employment_number.clear(), required("employment_number")).await;
    spoilt(|told| told.last_day = None, required("last_day")).await;
    spoilt(|told| told.last_day = Some(Default::default()), invalid("last_day")).await;
    spoilt(|told| told.first_day = Some(Default::default()), invalid("first_day")).await;
    spoilt(|told| told.reason = 8, invalid("reason")).await;
}

#[tokio::test]
async fn an_employment_that_is_not_there_or_has_ended_otherwise_is_refused() {
    let world = World::on(TODAY).await;
    let (employer, _) = employed(&world).await;
    let missing = no(Code::NotFound, "EMPLOYMENT_NOT_FOUND");
    let told = world.refuses(PAYROLL, separation(&employer, "W-404", TODAY), missing).await;
    assert_eq!((&told.metadata["employer_id"], told.metadata["employment_number"].as_str()), (&employer, "W-404"));
    let began = |first: &str, last: &str| v1::ReportSeparationRequest {
        first_day: Some(date(first)),
        ..separation(&employer, "W-1", last)
    };
    world.refuses(PAYROLL, began("2026-02-01", TODAY), missing).await;
    let ended = world.takes(PAYROLL, began("2026-02-02", "2026-03-06")).await;
    let again = world.ask(PAYROLL, separation(&employer, "W-1", "2026-03-06")).await.expect("the same again");
    let expected = v1::ReportSeparationResponse { outcome: v1::Outcome::Duplicate.into(), ..ended.clone() };
    assert_eq!(again, expected);
    let told = world.refuses(PAYROLL, separation(&employer, "W-1", "2026-03-05"), not_now("EMPLOYMENT_NOT_OPEN")).await;
    assert_eq!(told.metadata["employment_id"], ended.employment_id);
    assert_eq!(told.metadata["last_day"], "2026-03-06");
}

#[tokio::test]
async fn without_a_first_day_the_open_employment_is_meant_or_the_one_that_began_last() {
    let world = World::on(TODAY).await;
    let (employer, _) = employed(&world).await;
    let newest = world.takes(PAYROLL, separation(&employer, "W-1", "2026-03-06")).await;
    // An older employment under the same number is reported late, with its end.
    let older = v1::ReportHireRequest { last_day: Some(date("2026-01-20")), ..hire(&employer, "W-1", "2026-01-05", 1) };
    world.takes(PAYROLL, older).await;
    let again = world.ask(PAYROLL, separation(&employer, "W-1", "2026-03-06")).await.expect("the one that began last");
    assert_eq!((again.outcome(), &again.employment_id), (v1::Outcome::Duplicate, &newest.employment_id));
    let open = world.takes(PAYROLL, hire(&employer, "W-1", "2026-03-07", 1)).await;
    let ended = world.takes(PAYROLL, separation(&employer, "W-1", "2026-03-09")).await;
    assert_eq!(ended.employment_id, open.employment_id, "the open one");
}
