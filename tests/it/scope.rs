//! Scope: a payroll provider reaches the employers that granted it access, on the days of the grant, and learns
//! nothing of the others.

use krama::proto::v1;
use tonic_types::StatusExt as _;

use crate::refusal::denied;
use crate::say::{employments, grant, hire, hire_of, separation, worker};
use crate::world::{OFFICER, PAYROLL, World};

const TODAY: &str = "2026-03-10";

#[tokio::test]
async fn a_provider_reaches_an_employer_on_the_days_of_the_grant_only() {
    let world = World::on(TODAY).await;
    world.member(1).await;
    let employer = world.employer("E-1").await;
    let hired = hire(&employer, "W-1", TODAY, 1);
    let not_granted = denied("EMPLOYER_NOT_GRANTED");
    let told = world.refuses(PAYROLL, hired.clone(), not_granted).await;
    assert_eq!(told.metadata["employer_id"], employer);
    world.takes(OFFICER, grant(&employer, "2026-03-11", Some("2026-03-12"))).await;
    world.refuses(PAYROLL, hired.clone(), not_granted).await;
    world.refuses(PAYROLL, employments(&employer), not_granted).await;
    world.clock_to("2026-03-11").await;
    world.takes(PAYROLL, hired).await;
    world.clock_to("2026-03-12").await;
    assert_eq!(world.reads(PAYROLL, employments(&employer)).await.employments.len(), 1);
    world.takes(PAYROLL, separation(&employer, "W-1", "2026-03-12")).await;
    world.clock_to("2026-03-13").await;
    world.refuses(PAYROLL, employments(&employer), not_granted).await;
    world.refuses(PAYROLL, hire(&employer, "W-2", "2026-03-13", 1), not_granted).await;
    world.refuses(PAYROLL, separation(&employer, "W-1", "2026-03-12"), not_granted).await;
}

#[tokio::test]
async fn a_change_of_provider_is_a_grant_that_ends_and_one_that_begins() {
    let world = World::on(TODAY).await;
    let employer = world.employer("E-1").await;
    world.takes(OFFICER, grant(&employer, "2026-01-01", Some(TODAY))).await;
    let successor = v1::GrantEmployerAccessRequest {
        provider_id: "mekong-payroll".to_owned(),
        ..grant(&employer, "2026-03-11", None)
    };
    world.takes(OFFICER, successor).await;
    let not_granted = denied("EMPLOYER_NOT_GRANTED");
    world.reads(PAYROLL, employments(&employer)).await;
    world.refuses("PAYROLL/mekong-payroll", employments(&employer), not_granted).await;
    world.clock_to("2026-03-11").await;
    world.refuses(PAYROLL, employments(&employer), not_granted).await;
    world.reads("PAYROLL/mekong-payroll", employments(&employer)).await;
}

#[tokio::test]
async fn another_employers_worker_cannot_be_touched() {
    let world = World::on(TODAY).await;
    world.member(1).await;
    let ours = world.granted("E-1", TODAY).await;
    let theirs = world.employer("E-2").await;
    world.takes(OFFICER, hire(&theirs, "X-1", TODAY, 1)).await;
    let not_granted = denied("EMPLOYER_NOT_GRANTED");
    world.refuses(PAYROLL, separation(&theirs, "X-1", TODAY), not_granted).await;
    world.refuses(PAYROLL, employments(&theirs), not_granted).await;
    world.refuses(PAYROLL, hire_of(&theirs, "X-2", TODAY, worker(2)), not_granted).await;
    let listed = world.reads(PAYROLL, employments(&ours)).await;
    assert!(listed.employments.is_empty());
}

#[tokio::test]
async fn an_employer_that_does_not_exist_looks_like_one_that_granted_nothing() {
    let world = World::on(TODAY).await;
    let employer = world.employer("E-1").await;
    let mut answers = Vec::new();
    for at in [employer.as_str(), "0000000000000"] {
        let status = world.ask(PAYROLL, employments(at)).await.expect_err("not granted");
        let info = status.get_details_error_info().expect("a reason");
        assert_eq!(info.metadata["employer_id"], at);
        answers.push((status.code(), status.message().to_owned(), info.reason));
    }
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test]
async fn credentials_that_are_confined_reach_no_further_than_they_say() {
    let world = World::on(TODAY).await;
    let one = world.granted("E-1", TODAY).await;
    let two = world.granted("E-2", TODAY).await;
    let never = world.employer("E-3").await;
    let confined = format!("{PAYROLL};employer={one},{never}");
    world.reads(&confined, employments(&one)).await;
    world.refuses(&confined, employments(&two), denied("EMPLOYER_NOT_GRANTED")).await;
    world.refuses(&confined, employments(&never), denied("EMPLOYER_NOT_GRANTED")).await;
    world.reads(PAYROLL, employments(&two)).await;
}

#[tokio::test]
async fn payroll_learns_of_a_worker_what_it_said_itself() {
    let world = World::on("2025-11-03").await;
    let member = world.enrolled(1).await;
    world.pay(&member, "2025-11-03", 3).await;
    let ours = world.granted("E-1", "2025-11-03").await;
    let theirs = world.employer("E-2").await;
    world.takes(OFFICER, hire(&theirs, "X-1", "2025-12-01", 1)).await;
    let listed = world.reads(PAYROLL, employments(&ours)).await;
    assert!(listed.employments.is_empty());
    world.takes(PAYROLL, hire_of(&ours, "W-1", "2025-11-03", worker(1))).await;
    let listed = world.reads(PAYROLL, employments(&ours)).await.employments;
    assert_eq!(listed.len(), 1);
    let told = listed[0].worker_identifier.as_ref().expect("the number that payroll gave");
    assert_eq!(told, &crate::say::national_id(1));
}
