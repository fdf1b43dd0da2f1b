//! EnrollMember.

use krama::proto::v1;
use tonic::Code;

use crate::policy::publish;
use crate::refusal::{invalid, no, not_now, required};
use crate::say::{date, enrolment, fresh, hire, separation};
use crate::world::{OFFICER, World};

const TODAY: &str = "2026-03-10";

fn on(member: &str, day: &str, reason: &str) -> v1::EnrollMemberRequest {
    v1::EnrollMemberRequest { on: Some(date(day)), reason: reason.to_owned(), ..enrolment(member) }
}

#[tokio::test]
async fn who_enrols_today_owes_this_month_and_is_current() {
    let world = World::on(TODAY).await;
    let member = world.member(1).await;
    let reply = world.takes(OFFICER, enrolment(&member)).await;
    assert_eq!((reply.outcome(), reply.on), (v1::Outcome::Accepted, Some(date(TODAY))));
    let decision = reply.decision.expect("a decision");
    assert_eq!(decision.standing(), v1::Standing::Current);
    assert_eq!(decision.since, Some(date(TODAY)));
    assert_eq!((decision.covered, decision.overdue_months), (false, 0));
    // Seven months overdue are the first that are more than six: March to September, due on 15 October.
    assert_eq!(decision.last_safe_day, Some(date("2026-10-15")));
    assert_eq!(decision.least_amount_riel, Some(15_600));
    assert_eq!(decision.policy_revision, "2023-08-28");
}

#[tokio::test]
async fn an_enrolment_may_not_lie_ahead_and_needs_a_reason_to_lie_back() {
    let world = World::on(TODAY).await;
    let member = world.member(1).await;
    let told = world.refuses(OFFICER, on(&member, "2026-03-11", ""), not_now("DAY_IN_FUTURE").at("on")).await;
    assert_eq!((told.metadata["day"].as_str(), told.metadata["latest"].as_str()), ("2026-03-11", TODAY));
    let told = world.refuses(OFFICER, on(&member, "2026-03-09", " "), not_now("DAY_TOO_OLD").at("on")).await;
    assert_eq!((told.metadata["day"].as_str(), told.metadata["earliest"].as_str()), ("2026-03-09", TODAY));
    let reply = world.takes(OFFICER, on(&member, "2026-03-09", "the form lay at the branch")).await;
    assert_eq!(reply.on, Some(date("2026-03-09")));
    let other = world.member(2).await;
    world.takes(OFFICER, on(&other, TODAY, "")).await;
}

#[tokio::test]
async fn nobody_enrols_before_there_was_a_law() {
    let world = World::on(TODAY).await;
    let member = world.member(1).await;
    let told = world.refuses(OFFICER, on(&member, "2023-08-27", "old"), not_now("DAY_BEFORE_START").at("on")).await;
    assert_eq!((told.metadata["day"].as_str(), told.metadata["first_day"].as_str()), ("2023-08-27", "2023-08-28"));
    world.takes(OFFICER, on(&member, "2023-08-28", "the first day")).await;
}

#[tokio::test]
async fn a_reason_has_at_most_five_hundred_characters() {
    let world = World::on(TODAY).await;
    let member = world.member(1).await;
    world.refuses(OFFICER, on(&member, "2026-03-09", &"ក".repeat(501)), invalid("reason")).await;
    world.takes(OFFICER, on(&member, "2026-03-09", &"ក".repeat(500))).await;
}

#[tokio::test]
async fn an_enrolment_that_is_malformed_names_the_field() {
    let world = World::on(TODAY).await;
    let member = world.member(1).await;
    world.refuses(OFFICER, enrolment(""), required("member_id")).await;
    world.refuses(OFFICER, enrolment("12"), invalid("member_id")).await;
    let nameless = v1::EnrollMemberRequest { request_id: String::new(), ..enrolment(&member) };
    world.refuses(OFFICER, nameless, required("request_id")).await;
    let partial = krama::proto::google_type::Date { year: 2026, month: 3, day: 0 };
    let partial = v1::EnrollMemberRequest { on: Some(partial), ..enrolment(&member) };
    world.refuses(OFFICER, partial, invalid("on")).await;
    world.refuses(OFFICER, enrolment("0000000000000"), no(Code::NotFound, "MEMBER_NOT_FOUND")).await;
}

#[tokio::test]
async fn nobody_enrols_twice_nor_while_employed() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    let told = world.refuses(OFFICER, enrolment(&member), not_now("ALREADY_ENROLLED")).await;
    assert_eq!(told.metadata["member_id"], member);
    assert_eq!(told.metadata.get("enrolled_on").map(String::as_str), Some(TODAY));

    let worker = world.member(2).await;
    let employer = world.employer("E-1").await;
    world.takes(OFFICER, hire(&employer, "W-2", "2026-03-10", 2)).await;
    let told = world.refuses(OFFICER, enrolment(&worker), not_now("FORMALLY_EMPLOYED")).await;
    assert_eq!((&told.metadata["member_id"], told.metadata["day"].as_str()), (&worker, TODAY));
    world.takes(OFFICER, on(&worker, "2026-03-09", "the day before the job")).await;
}

#[tokio::test]
async fn who_abandoned_is_barred_for_life_from_the_first_day_on() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    world.clock_to("2026-10-15").await;
    let told = world.refuses(OFFICER, enrolment(&member), not_now("ALREADY_ENROLLED")).await;
    assert_eq!(told.metadata["member_id"], member);
    world.clock_to("2026-10-16").await;
    let told = world.refuses(OFFICER, enrolment(&member), not_now("VOLUNTARY_ABANDONED")).await;
    let expected = [("day", "2026-10-16"), ("lapsed_on", "2026-10-16"), ("policy_revision", "2023-08-28")];
    for (key, value) in expected {
        assert_eq!(told.metadata.get(key).map(String::as_str), Some(value), "{key}");
    }
    assert!(!told.metadata.contains_key("barred_until"), "the bar is for life");
    let again = v1::EnrollMemberRequest { request_id: fresh(), ..enrolment(&member) };
    world.refuses(OFFICER, again, not_now("VOLUNTARY_ABANDONED")).await;
}

/// A law that lets only those enrol who were employed for two months before, within twenty days.
const ENTRY: &str = r#"
law = "kh"
effective = "2026-04-01"
title = "Who was employed goes on"
based_on = "kh"

[voluntary.entry]
employed = { consecutive = 2 }
within = { days = 20 }

[transition]
gaps = "count"
bars = "stand"

[[source]]
fields = ["voluntary.entry.employed", "voluntary.entry.within", "transition.gaps", "transition.bars"]
assumption = "Tried here."
"#;

#[tokio::test]
async fn where_the_law_asks_for_an_employment_before_only_who_had_it_enrols_and_in_time() {
    let world = World::on(TODAY).await;
    let (nobody, worker) = (world.member(1).await, world.member(2).await);
    let employer = world.employer("E-1").await;
    world.takes(OFFICER, hire(&employer, "W-2", TODAY, 2)).await;
    publish(&world, ENTRY).await;
    world.clock_to("2026-04-10").await;
    world.takes(OFFICER, separation(&employer, "W-2", "2026-04-09")).await;
    let told = world.refuses(OFFICER, enrolment(&nobody), not_now("INSURED_TOO_SHORT")).await;
    let expected = [("member_id", nobody.as_str()), ("day", "2026-04-10"), ("policy_revision", "2026-04-01")];
    assert_eq!(expected.map(|(key, _)| told.metadata[key].as_str()), expected.map(|(_, value)| value));
    world.clock_to("2026-04-30").await;
    let told = world.refuses(OFFICER, enrolment(&worker), not_now("ENTRY_CLOSED")).await;
    assert_eq!((&told.metadata["member_id"], told.metadata["day"].as_str()), (&worker, "2026-04-30"));
    world.takes(OFFICER, on(&worker, "2026-04-29", "the form lay at the branch")).await;
}
