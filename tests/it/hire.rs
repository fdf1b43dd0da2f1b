//! ReportHire: days, workers who are known, unknown, perhaps known, or somebody else.

use krama::proto::google_type::Date;
use krama::proto::v1;
use krama::proto::v1::report_hire_request::Worker;
use tonic::Code;

use crate::refusal::{No, exists, invalid, no, not_now, required};
use crate::say::{check, date, date_plus, employments, get, hire, hire_of, identifier, name, separation, worker};
use crate::world::{FACILITY, OFFICER, PAYROLL, World};

const TODAY: &str = "2026-03-10";

/// Spoils a good hire and sees it refused.
async fn spoilt(world: &World, employer: &str, spoil: impl FnOnce(&mut v1::ReportHireRequest), no: No) {
    let mut told = hire(employer, "W-1", TODAY, 1);
    spoil(&mut told);
    world.refuses(PAYROLL, told, no).await;
}

/// Spoils what is told of a worker and sees the hire refused.
async fn misdescribed(world: &World, employer: &str, spoil: impl FnOnce(&mut v1::WorkerDetails), no: No) {
    let mut details = worker(1);
    spoil(&mut details);
    world.refuses(PAYROLL, hire_of(employer, "W-1", TODAY, details), no).await;
}

#[tokio::test]
async fn a_member_is_hired_and_is_employed_from_the_first_day() {
    let world = World::on(TODAY).await;
    let member = world.member(1).await;
    let employer = world.granted("E-1", TODAY).await;
    let reply = world.takes(PAYROLL, hire(&employer, "W-1", TODAY, 1)).await;
    assert_eq!((reply.outcome(), reply.r#match()), (v1::Outcome::Accepted, v1::WorkerMatch::Matched));
    let expected =
        v1::EmployerEffect { reinstated: false, benefits_from: Some(date("2026-05-01")), needs_attention: false };
    assert_eq!(reply.effect, Some(expected));
    let decision = world.reads(OFFICER, get(&member)).await.decision.expect("a decision");
    assert_eq!((decision.standing(), decision.employed, decision.covered), (v1::Standing::Employed, true, false));
}

#[tokio::test]
async fn a_hire_lies_thirty_days_ahead_at_most() {
    let world = World::on(TODAY).await;
    let employer = world.granted("E-1", TODAY).await;
    world.member(1).await;
    let ahead = |days| v1::ReportHireRequest {
        first_day: Some(date_plus(TODAY, days)),
        ..hire(&employer, &format!("W-{days}"), TODAY, 1)
    };
    let told = world.refuses(PAYROLL, ahead(31), not_now("DAY_IN_FUTURE").at("first_day")).await;
    assert_eq!((told.metadata["day"].as_str(), told.metadata["latest"].as_str()), ("2026-04-10", "2026-04-09"));
    for days in [30, 0, -1, -700] {
        world.takes(PAYROLL, ahead(days)).await;
    }
}

#[tokio::test]
async fn a_last_day_does_not_lie_before_the_first() {
    let world = World::on(TODAY).await;
    let employer = world.granted("E-1", TODAY).await;
    world.member(1).await;
    let until = |last: &str| v1::ReportHireRequest {
        last_day: Some(date(last)),
        ..hire(&employer, &format!("W-{last}"), TODAY, 1)
    };
    let told = world.refuses(PAYROLL, until("2026-03-09"), not_now("DAY_BEFORE_START").at("last_day")).await;
    assert_eq!((told.metadata["day"].as_str(), told.metadata["first_day"].as_str()), ("2026-03-09", TODAY));
    for last in [TODAY, "2026-03-11", "2027-03-09"] {
        world.takes(PAYROLL, until(last)).await;
    }
}

#[tokio::test]
async fn a_hire_that_lacks_something_names_the_field() {
    let world = World::on(TODAY).await;
    let employer = world.granted("E-1", TODAY).await;
    let at = employer.as_str();
    spoilt(&world, at, |told| told.request_id.clear(), required("request_id")).await;
    spoilt(&world, at, |told| told.employer_id.clear(), required("employer_id")).await;
    spoilt(&world, at, |told| told.employer_id = "1".into(), invalid("employer_id")).await;
    spoilt(&world, at, |told| told.employment_number.clear(), required("employment_number")).await;
    spoilt(&world, at, |told| told.employment_number = "ក".repeat(65), invalid("employment_number")).await;
    spoilt(&world, at, |told| told.first_day = None, required("first_day")).await;
    let halves = Date { year: 2026, month: 3, day: 0 };
    spoilt(&world, at, |told| told.first_day = Some(halves), invalid("first_day")).await;
    spoilt(&world, at, |told| told.last_day = Some(halves), invalid("last_day")).await;
    spoilt(&world, at, |told| told.worker = None, required("worker")).await;
    let unnumbered = Some(Worker::MemberNumber(String::new()));
    spoilt(&world, at, |told| told.worker = unnumbered, required("member_number")).await;
    misdescribed(&world, at, |who| who.identifier = None, required("worker_details.identifier")).await;
    misdescribed(&world, at, |who| who.sex = 0, required("worker_details.sex")).await;
    misdescribed(&world, at, |who| who.birth_date = None, required("worker_details.birth_date")).await;
    let nameless = |who: &mut v1::WorkerDetails| (who.khmer_name, who.latin_name) = (None, None);
    misdescribed(&world, at, nameless, required("worker_details.latin_name.given")).await;
    let long = |who: &mut v1::WorkerDetails| who.khmer_name = Some(name("", &"ក".repeat(101)));
    misdescribed(&world, at, long, invalid("worker_details.khmer_name.given")).await;
    let longest = v1::ReportHireRequest {
        employment_number: "ក".repeat(64),
        ..hire_of(at, "", TODAY, v1::WorkerDetails { khmer_name: Some(name("", &"ក".repeat(100))), ..worker(1) })
    };
    world.takes(PAYROLL, longest).await;
}

#[tokio::test]
async fn a_member_number_of_nobody_is_refused_and_says_what_to_send() {
    let world = World::on(TODAY).await;
    let employer = world.granted("E-1", TODAY).await;
    let told = world.refuses(PAYROLL, hire(&employer, "W-1", TODAY, 404), not_now("WORKER_UNKNOWN")).await;
    assert_eq!(told.metadata["field"], "member_number");
}

#[tokio::test]
async fn a_stranger_is_registered_and_not_enrolled_and_matched_the_next_time() {
    let world = World::on(TODAY).await;
    let employer = world.granted("E-1", TODAY).await;
    let other = world.granted("E-2", TODAY).await;
    let reply = world.takes(PAYROLL, hire_of(&employer, "W-9", TODAY, worker(9))).await;
    assert_eq!((reply.outcome(), reply.r#match()), (v1::Outcome::Accepted, v1::WorkerMatch::Created));
    let effect = reply.effect.expect("an effect");
    assert_eq!((effect.reinstated, effect.needs_attention), (false, false));
    assert_eq!(effect.benefits_from, Some(date("2026-05-01")));
    let known = world.reads(FACILITY, check(9)).await;
    assert_eq!(known.verdict(), v1::Verdict::NotCovered);
    let again = world.takes(PAYROLL, hire_of(&other, "X-9", TODAY, worker(9))).await;
    assert_eq!(again.r#match(), v1::WorkerMatch::Matched);
}

#[tokio::test]
async fn a_number_of_somebody_else_is_a_conflict_and_reinstates_nobody() {
    let world = World::on(TODAY).await;
    let employer = world.granted("E-1", TODAY).await;
    world.member(1).await;
    let conflict = not_now("WORKER_CONFLICT");
    misdescribed(&world, &employer, |who| who.birth_date = Some(date("1988-04-17")), conflict).await;
    misdescribed(&world, &employer, |who| who.birth_date = Some(date("1987-04-16")), conflict).await;
    let man = v1::WorkerDetails { sex: v1::Sex::Male.into(), ..worker(1) };
    let told = world.refuses(PAYROLL, hire_of(&employer, "W-1", TODAY, man), conflict).await;
    assert_eq!((told.metadata["match"].as_str(), told.metadata["kind"].as_str()), ("CONFLICT", "NATIONAL_ID"));
    let year_only = v1::WorkerDetails { birth_date: Some(Date { year: 1988, month: 0, day: 0 }), ..worker(1) };
    let reply = world.takes(PAYROLL, hire_of(&employer, "W-1", TODAY, year_only)).await;
    assert_eq!(reply.r#match(), v1::WorkerMatch::Matched);
}

#[tokio::test]
async fn somebody_close_but_not_certain_waits_for_an_officer_with_the_day_kept() {
    let world = World::on(TODAY).await;
    let employer = world.granted("E-1", TODAY).await;
    let member = world.member(1).await;
    let renamed = v1::WorkerDetails { khmer_name: None, latin_name: Some(name("Keo", "Dara")), ..worker(1) };
    let passport = identifier(v1::IdentifierKind::Passport, "N0012345");
    let renumbered = v1::WorkerDetails { identifier: Some(passport), ..worker(1) };
    for (number, details) in [("W-1", renamed), ("W-2", renumbered)] {
        let reply = world.takes(PAYROLL, hire_of(&employer, number, "2026-03-02", details)).await;
        assert_eq!(reply.outcome(), v1::Outcome::AcceptedWithWarning);
        assert_eq!(reply.r#match(), v1::WorkerMatch::PendingReview);
        let waits = v1::EmployerEffect { reinstated: false, benefits_from: None, needs_attention: true };
        assert_eq!(reply.effect, Some(waits));
    }
    let decision = world.reads(OFFICER, get(&member)).await.decision.expect("a decision");
    assert!(!decision.employed, "nobody is employed by a guess");
    let listed = world.reads(PAYROLL, employments(&employer)).await.employments;
    assert_eq!((listed[0].r#match(), listed[0].first_day), (v1::WorkerMatch::PendingReview, Some(date("2026-03-02"))));
    assert!(!listed[0].employed);
    assert_eq!(listed[0].masked_name, "K*** D***", "what payroll said itself, and nothing of the register");
    world.refuses(PAYROLL, separation(&employer, "W-1", TODAY), not_now("EMPLOYMENT_IN_REVIEW")).await;
}

#[tokio::test]
async fn one_employment_is_open_under_a_number() {
    let world = World::on(TODAY).await;
    let employer = world.granted("E-1", "2026-01-01").await;
    world.member(1).await;
    world.member(2).await;
    let first = world.takes(PAYROLL, hire(&employer, "W-1", "2026-02-01", 1)).await;
    let second = hire(&employer, "W-1", "2026-03-01", 2);
    let told = world.refuses(PAYROLL, second.clone(), not_now("EMPLOYMENT_ALREADY_OPEN")).await;
    assert_eq!(told.metadata["employment_id"], first.employment_id);
    assert_eq!(told.metadata["first_day"], "2026-02-01");
    world.takes(PAYROLL, separation(&employer, "W-1", "2026-02-28")).await;
    world.takes(PAYROLL, second).await;
}

#[tokio::test]
async fn the_same_employment_again_is_a_duplicate_and_with_other_content_refused() {
    let world = World::on(TODAY).await;
    let employer = world.granted("E-1", TODAY).await;
    world.member(1).await;
    world.member(2).await;
    let first = world.takes(PAYROLL, hire(&employer, "W-1", TODAY, 1)).await;
    let again = world.ask(PAYROLL, hire(&employer, "W-1", TODAY, 1)).await.expect("the same again");
    let repeated = v1::ReportHireResponse { outcome: v1::Outcome::Duplicate.into(), ..first.clone() };
    assert_eq!(again, repeated);
    let reused = exists("EMPLOYMENT_KEY_REUSED");
    let told = world.refuses(PAYROLL, hire(&employer, "W-1", TODAY, 2), reused).await;
    assert_eq!((&told.metadata["employment_id"], told.metadata["field"].as_str()), (&first.employment_id, "worker"));
    assert!(!told.metadata["remedy"].is_empty());
    let fixed = v1::ReportHireRequest { last_day: Some(date("2026-12-31")), ..hire(&employer, "W-1", TODAY, 1) };
    let told = world.refuses(PAYROLL, fixed, reused).await;
    assert_eq!(told.metadata["field"], "last_day");
}

#[tokio::test]
async fn an_officer_learns_that_an_employer_does_not_exist() {
    let world = World::on(TODAY).await;
    world.member(1).await;
    let nowhere = hire("0000000000000", "W-1", TODAY, 1);
    world.refuses(OFFICER, nowhere, no(Code::NotFound, "EMPLOYER_NOT_FOUND")).await;
    let listed = employments("0000000000000");
    world.refuses(OFFICER, listed, no(Code::NotFound, "EMPLOYER_NOT_FOUND")).await;
}
