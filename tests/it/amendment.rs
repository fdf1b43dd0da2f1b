//! AmendEmployment, RetractEmployment, RekeyEmployment and ReportNoPayroll: what payroll takes back or tells again.

use krama::proto::v1;
use tonic::Code;

use crate::refusal::{denied, invalid, no, not_now, required};
use crate::say::{
    amendment, date, employments, get, hire, hire_of, name, no_payroll, rekey, retraction, separation, worker,
};
use crate::world::{OFFICER, PAYROLL, World};

const TODAY: &str = "2026-03-10";

/// A worker hired on 2 February, the employer, and the position of the hire.
async fn employed(world: &World) -> (String, String, v1::Position) {
    let member = world.member(1).await;
    let employer = world.granted("E-1", "2026-01-01").await;
    let hired = world.takes(PAYROLL, hire(&employer, "W-1", "2026-02-02", 1)).await;
    (employer, member, hired.position.expect("a position"))
}

async fn only(world: &World, employer: &str) -> v1::Employment {
    let mut listed = world.reads(PAYROLL, employments(employer)).await.employments;
    assert_eq!(listed.len(), 1);
    listed.remove(0)
}

#[tokio::test]
async fn an_amendment_replaces_both_days_and_opens_an_end_again() {
    let world = World::on(TODAY).await;
    let (employer, member, hired) = employed(&world).await;
    let ended = v1::AmendEmploymentRequest {
        last_day: Some(date("2026-03-01")),
        ..amendment(&employer, "W-1", &hired, "2026-02-16")
    };
    let reply = world.takes(PAYROLL, ended).await;
    assert_eq!(reply.standing_changes, None, "an employer is not told where a worker stands");
    let listed = only(&world, &employer).await;
    assert_eq!((listed.first_day, listed.last_day), (Some(date("2026-02-16")), Some(date("2026-03-01"))));
    assert_eq!(listed.last_position, reply.position);
    let opened = amendment(&employer, "W-1", &reply.position.expect("a position"), "2026-02-09");
    let opened = world.takes(OFFICER, opened).await;
    let listed = only(&world, &employer).await;
    assert_eq!((listed.first_day, listed.last_day, listed.employed), (Some(date("2026-02-09")), None, true));
    let standing = world.reads(OFFICER, get(&member)).await.decision.expect("a decision").standing();
    assert_eq!(standing, v1::Standing::Employed);
    let changes = opened.standing_changes.expect("changes").changes;
    assert_eq!(changes.len(), 2, "the week before the first day, and the days after the last: {changes:?}");
    assert_eq!((changes[1].from_day, changes[1].until_day), (Some(date("2026-03-02")), Some(date(TODAY))));
}

#[tokio::test]
async fn an_end_that_the_hire_itself_gave_opens_too() {
    let world = World::on(TODAY).await;
    world.member(1).await;
    let employer = world.granted("E-1", "2026-01-01").await;
    let told = v1::ReportHireRequest { last_day: Some(date("2026-02-27")), ..hire(&employer, "W-1", "2026-02-02", 1) };
    let hired = world.takes(PAYROLL, told).await.position.expect("a position");
    world.takes(PAYROLL, amendment(&employer, "W-1", &hired, "2026-02-02")).await;
    let listed = only(&world, &employer).await;
    assert_eq!((listed.last_day, listed.employed), (None, true));
}

#[tokio::test]
async fn a_first_day_after_a_lapse_reinstates_and_one_before_it_does_not() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    let employer = world.granted("E-1", "2026-01-01").await;
    world.clock_to("2026-11-01").await;
    let hired = world.takes(PAYROLL, hire(&employer, "W-1", "2026-10-10", 1)).await;
    assert!(!hired.effect.expect("an effect").reinstated, "the lapse of 16 October never was");
    let later = amendment(&employer, "W-1", &hired.position.expect("a position"), "2026-10-20");
    let reply = world.takes(OFFICER, later).await;
    // What was believed until now shields: the member had been shown as employed on the day of the lapse.
    let kinds: Vec<_> = reply.standing_changes.expect("changes").changes.iter().map(|change| change.kind()).collect();
    assert!(!kinds.is_empty());
    let standing = world.reads(OFFICER, get(&member)).await.decision.expect("a decision").standing();
    assert_eq!(standing, v1::Standing::Employed);
}

#[tokio::test]
async fn a_late_hire_is_told_to_the_fund_as_a_lapse_undone_when_it_is_amended() {
    let world = World::on(TODAY).await;
    world.enrolled(1).await;
    let employer = world.granted("E-1", "2026-01-01").await;
    world.clock_to("2026-11-01").await;
    let hired = world.takes(PAYROLL, hire(&employer, "W-1", "2026-10-20", 1)).await;
    assert!(hired.effect.expect("an effect").reinstated);
    let earlier = amendment(&employer, "W-1", &hired.position.expect("a position"), "2026-10-12");
    let reply = world.takes(OFFICER, earlier).await;
    assert!(!reply.effect.expect("an effect").reinstated);
    let changes = reply.standing_changes.expect("changes").changes;
    let undone = changes.iter().find(|change| change.kind() == v1::StandingChangeKind::Undone).expect("a lapse undone");
    assert_eq!((undone.from_day, undone.until_day), (Some(date("2026-10-16")), Some(date("2026-10-19"))));
}

#[tokio::test]
async fn a_hire_after_a_lapse_is_told_to_the_fund_as_reinstated() {
    let world = World::on(TODAY).await;
    let member = world.member(1).await;
    let enrolled = world.takes(OFFICER, crate::say::enrolment(&member)).await.standing_changes.expect("changes");
    assert_eq!(enrolled.changes.len(), 1);
    let employer = world.granted("E-1", "2026-01-01").await;
    world.clock_to("2026-11-01").await;
    let hired = world.takes(OFFICER, hire(&employer, "W-1", "2026-10-20", 1)).await;
    let changes = hired.standing_changes.expect("changes").changes;
    let [change] = &changes[..] else { panic!("{changes:?}") };
    assert_eq!((change.kind(), change.from_day), (v1::StandingChangeKind::Reinstated, Some(date("2026-10-20"))));
    let left = world.takes(OFFICER, separation(&employer, "W-1", "2026-10-25")).await;
    let changes = left.standing_changes.expect("changes").changes;
    assert_eq!((changes.len(), changes[0].from_day), (1, Some(date("2026-10-26"))));
    let paid = world.takes(OFFICER, crate::say::payment(&member, "2026-10-15")).await;
    let kinds: Vec<_> = paid.standing_changes.expect("changes").changes.iter().map(|change| change.kind()).collect();
    assert!(kinds.contains(&v1::StandingChangeKind::Undone), "{kinds:?}");
}

#[tokio::test]
async fn a_correction_of_something_that_has_changed_since_is_refused() {
    let world = World::on(TODAY).await;
    let (employer, _, hired) = employed(&world).await;
    let left = world.takes(PAYROLL, separation(&employer, "W-1", "2026-03-06")).await.position.expect("a position");
    let stale = no(Code::Aborted, "POSITION_STALE");
    let told = world.refuses(PAYROLL, amendment(&employer, "W-1", &hired, "2026-02-03"), stale).await;
    assert_eq!(told.metadata["current_number"], left.number.to_string());
    world.refuses(PAYROLL, retraction(&employer, "W-1", &hired), stale).await;
    let foreign = v1::Position { epoch: "another".to_owned(), number: left.number };
    let other = no(Code::OutOfRange, "POSITION_FROM_OTHER_EPOCH");
    world.refuses(PAYROLL, amendment(&employer, "W-1", &foreign, "2026-02-03"), other).await;
    world.refuses(PAYROLL, retraction(&employer, "W-1", &foreign), other).await;
    // Days that stand already are no change, whatever position is named.
    let stands = v1::AmendEmploymentRequest {
        last_day: Some(date("2026-03-06")),
        ..amendment(&employer, "W-1", &hired, "2026-02-02")
    };
    let again = world.ask(PAYROLL, stands).await.expect("it stands");
    assert_eq!((again.outcome(), again.position), (v1::Outcome::Duplicate, Some(left)));
}

#[tokio::test]
async fn amended_days_fit_each_other_and_the_neighbours() {
    let world = World::on(TODAY).await;
    let (employer, _, hired) = employed(&world).await;
    let late = amendment(&employer, "W-1", &hired, "2026-04-10");
    let told = world.refuses(PAYROLL, late, not_now("DAY_IN_FUTURE").at("first_day")).await;
    assert_eq!(told.metadata["latest"], "2026-04-09");
    let turned = v1::AmendEmploymentRequest {
        last_day: Some(date("2026-02-01")),
        ..amendment(&employer, "W-1", &hired, "2026-02-02")
    };
    world.refuses(PAYROLL, turned, not_now("DAY_BEFORE_START").at("last_day")).await;
    let left = world.takes(PAYROLL, separation(&employer, "W-1", "2026-02-20")).await.position.expect("a position");
    world.takes(PAYROLL, hire(&employer, "W-1", "2026-03-01", 1)).await;
    let open = v1::AmendEmploymentRequest {
        began_on: Some(date("2026-02-02")),
        ..amendment(&employer, "W-1", &left, "2026-02-02")
    };
    world.refuses(PAYROLL, open, not_now("EMPLOYMENT_ALREADY_OPEN")).await;
}

#[tokio::test]
async fn an_employment_in_review_holds_its_number_from_its_first_day_on() {
    let world = World::on(TODAY).await;
    let (employer, _, _) = employed(&world).await;
    let left = world.takes(PAYROLL, separation(&employer, "W-1", "2026-02-20")).await.position.expect("a position");
    let somebody = v1::WorkerDetails { khmer_name: None, latin_name: Some(name("Keo", "Dara")), ..worker(1) };
    let waits = world.takes(PAYROLL, hire_of(&employer, "W-1", "2026-03-02", somebody)).await;
    assert_eq!(waits.r#match(), v1::WorkerMatch::PendingReview);
    let until = |last_day: &str| v1::AmendEmploymentRequest {
        began_on: Some(date("2026-02-02")),
        last_day: Some(date(last_day)),
        ..amendment(&employer, "W-1", &left, "2026-02-02")
    };
    let taken = not_now("EMPLOYMENT_ALREADY_OPEN");
    let told = world.refuses(PAYROLL, until("2026-03-02"), taken).await;
    assert_eq!(
        (told.metadata["employment_id"].as_str(), told.metadata["first_day"].as_str()),
        (&*waits.employment_id, "2026-03-02")
    );
    world.takes(PAYROLL, until("2026-03-01")).await;
    // The same holds for a hire and for another number.
    world.member(2).await;
    let other = |number: &str, last_day: &str| v1::ReportHireRequest {
        last_day: Some(date(last_day)),
        ..hire(&employer, number, "2026-01-05", 2)
    };
    world.refuses(PAYROLL, other("W-1", "2026-03-02"), taken).await;
    world.takes(PAYROLL, other("W-1", "2026-01-30")).await;
    world.takes(PAYROLL, hire(&employer, "W-2", "2026-03-05", 2)).await;
    world.refuses(PAYROLL, rekey(&employer, "W-2", "W-1"), taken).await;
    world.takes(PAYROLL, separation(&employer, "W-2", "2026-03-06")).await;
    world.refuses(PAYROLL, rekey(&employer, "W-2", "W-1"), taken).await;
}

#[tokio::test]
async fn a_retracted_employment_never_was_and_leaves_its_number() {
    let world = World::on(TODAY).await;
    let (employer, member, hired) = employed(&world).await;
    let reply = world.takes(OFFICER, retraction(&employer, "W-1", &hired)).await;
    let changes = reply.standing_changes.clone().expect("changes").changes;
    assert_eq!((changes[0].from_day, changes.len()), (Some(date("2026-02-02")), 1));
    assert!(only(&world, &employer).await.retracted);
    let standing = world.reads(OFFICER, get(&member)).await.decision.expect("a decision").standing();
    assert_eq!(standing, v1::Standing::NotEnrolled);
    let again = world.ask(OFFICER, retraction(&employer, "W-1", &hired)).await.expect("the same again");
    assert_eq!(again, v1::RetractEmploymentResponse { outcome: v1::Outcome::Duplicate.into(), ..reply });
    let gone = not_now("EMPLOYMENT_RETRACTED");
    world.refuses(PAYROLL, amendment(&employer, "W-1", &hired, "2026-02-03"), gone).await;
    world.refuses(PAYROLL, rekey(&employer, "W-1", "W-9"), gone).await;
    world.refuses(PAYROLL, separation(&employer, "W-1", TODAY), no(Code::NotFound, "EMPLOYMENT_NOT_FOUND")).await;
    // The same report again is not a new one; the number may be another's.
    let same = world.ask(PAYROLL, hire(&employer, "W-1", "2026-02-02", 1)).await.expect("the same report");
    assert_eq!(same.outcome(), v1::Outcome::Duplicate);
    world.member(2).await;
    world.takes(PAYROLL, hire(&employer, "W-1", "2026-02-02", 2)).await;
    assert_eq!(world.reads(PAYROLL, employments(&employer)).await.employments.len(), 2);
}

#[tokio::test]
async fn a_number_that_came_by_way_of_another_is_no_repetition() {
    let world = World::on(TODAY).await;
    let (employer, ..) = employed(&world).await;
    world.takes(PAYROLL, rekey(&employer, "W-1", "W-2")).await;
    let last = world.takes(PAYROLL, rekey(&employer, "W-2", "W-3")).await;
    // Nobody has ever said this, so that there is no first result to be told again.
    let unknown = no(Code::NotFound, "EMPLOYMENT_NOT_FOUND");
    world.refuses(PAYROLL, rekey(&employer, "W-1", "W-3"), unknown).await;
    world.refuses(PAYROLL, rekey(&employer, "W-1", "W-2"), unknown).await;
    let again = world.ask(PAYROLL, rekey(&employer, "W-2", "W-3")).await.expect("the same again");
    assert_eq!(again, v1::RekeyEmploymentResponse { outcome: v1::Outcome::Duplicate.into(), ..last });
}

#[tokio::test]
async fn another_number_is_the_same_employment_and_frees_the_old_one() {
    let world = World::on(TODAY).await;
    let (employer, member, _) = employed(&world).await;
    let reply = world.takes(PAYROLL, rekey(&employer, "W-1", "W-2")).await;
    let listed = only(&world, &employer).await;
    assert_eq!((listed.employment_number.as_str(), &listed.employment_id), ("W-2", &reply.employment_id));
    assert_eq!(listed.last_position, reply.position);
    let again = world.ask(PAYROLL, rekey(&employer, "W-1", "W-2")).await.expect("the same again");
    assert_eq!(again, v1::RekeyEmploymentResponse { outcome: v1::Outcome::Duplicate.into(), ..reply.clone() });
    // The first report again is still the first report; the old number is free for somebody else on the same day.
    let first = world.ask(PAYROLL, hire(&employer, "W-1", "2026-02-02", 1)).await.expect("the first report");
    assert_eq!((first.outcome(), &first.employment_id), (v1::Outcome::Duplicate, &reply.employment_id));
    world.member(2).await;
    world.takes(PAYROLL, hire(&employer, "W-1", "2026-02-02", 2)).await;
    world.refuses(PAYROLL, rekey(&employer, "W-1", "W-2"), not_now("EMPLOYMENT_ALREADY_OPEN")).await;
    world.refuses(PAYROLL, rekey(&employer, "W-7", "W-8"), no(Code::NotFound, "EMPLOYMENT_NOT_FOUND")).await;
    let left = world.takes(PAYROLL, separation(&employer, "W-2", TODAY)).await;
    assert_eq!(left.employment_id, reply.employment_id);
    world.clock_to("2026-03-11").await;
    let standing = world.reads(OFFICER, get(&member)).await.decision.expect("a decision").standing();
    assert_eq!(standing, v1::Standing::NotEnrolled);
}

#[tokio::test]
async fn an_employer_has_no_payroll_for_a_month() {
    let world = World::on(TODAY).await;
    let employer = world.granted("E-1", "2026-01-01").await;
    let first = world.takes(PAYROLL, no_payroll(&employer, "2026-02")).await;
    let again = world.ask(PAYROLL, no_payroll(&employer, "2026-02")).await.expect("the same again");
    assert_eq!((again.outcome(), again.position), (v1::Outcome::Duplicate, first.position));
    world.takes(PAYROLL, no_payroll(&employer, "2026-03")).await;
    world.refuses(PAYROLL, no_payroll(&employer, "2026-04"), not_now("DAY_IN_FUTURE").at("month")).await;
    world.refuses(PAYROLL, no_payroll(&employer, ""), required("month")).await;
    world.refuses(PAYROLL, no_payroll(&employer, "2026-13"), invalid("month")).await;
}

#[tokio::test]
async fn a_correction_needs_a_grant_and_its_fields() {
    let world = World::on(TODAY).await;
    let (employer, _, hired) = employed(&world).await;
    let stranger = "PAYROLL/another";
    let not_granted = denied("EMPLOYER_NOT_GRANTED");
    world.refuses(stranger, amendment(&employer, "W-1", &hired, TODAY), not_granted).await;
    world.refuses(stranger, retraction(&employer, "W-1", &hired), not_granted).await;
    world.refuses(stranger, rekey(&employer, "W-1", "W-2"), not_granted).await;
    world.refuses(stranger, no_payroll(&employer, "2026-02"), not_granted).await;
    let without = v1::AmendEmploymentRequest { replaces: None, ..amendment(&employer, "W-1", &hired, TODAY) };
    world.refuses(PAYROLL, without, required("replaces")).await;
    let without = v1::AmendEmploymentRequest { first_day: None, ..amendment(&employer, "W-1", &hired, TODAY) };
    world.refuses(PAYROLL, without, required("first_day")).await;
    let without = v1::RetractEmploymentRequest { replaces: None, ..retraction(&employer, "W-1", &hired) };
    world.refuses(PAYROLL, without, required("replaces")).await;
    world.refuses(PAYROLL, rekey(&employer, "W-1", ""), required("new_employment_number")).await;
    world.refuses(PAYROLL, rekey(&employer, "W-1", "W-1"), invalid("new_employment_number")).await;
    world.refuses(PAYROLL, retraction(&employer, "", &hired), required("employment_number")).await;
}
