//! Households: a head's cover reaches the dependants, and whatever changes the head changes them in the same commit.

use krama::proto::google_type::Date;
use krama::proto::v1;
use tonic::Code;

use crate::feed::listed;
use crate::refusal::{invalid, no, required};
use crate::say::{check, date, explain, fresh, get, registration, reversal, update};
use crate::world::{COLLECTOR, FACILITY, OFFICER, World};

/// A child of ten.
fn child(number: u32) -> v1::RegisterMemberRequest {
    v1::RegisterMemberRequest { birth_date: Some(date("2015-06-15")), ..registration(number) }
}

fn household(member: &str, head: &str, relation: v1::HouseholdRelation, from: &str) -> v1::SetHouseholdRequest {
    v1::SetHouseholdRequest {
        request_id: fresh(),
        member_id: member.to_owned(),
        head_member_id: head.to_owned(),
        relation: relation.into(),
        from_day: Some(date(from)),
        ..Default::default()
    }
}

async fn covered(world: &World, member: &str, day: &str) -> bool {
    let ask = v1::ExplainCoverageRequest { valid_at: Some(date(day)), ..explain(member) };
    let decision = world.reads(OFFICER, ask).await.decision.expect("a decision");
    let schemes: Vec<v1::Scheme> = decision.covers.iter().map(v1::Cover::scheme).collect();
    assert!(schemes.is_empty() || schemes == [v1::Scheme::Dependant], "{schemes:?}");
    decision.covered
}

#[tokio::test]
async fn a_dependant_is_covered_while_the_head_is_and_changes_with_the_head() {
    let world = World::on("2025-01-06").await;
    let head = world.enrolled(1).await;
    let kid = world.ask(OFFICER, child(2)).await.expect("a child").member_id;
    world.pay(&head, "2025-01-06", 3).await;
    world.clock_to("2025-03-10").await;
    world.lapses().await;
    let set = world.takes(OFFICER, household(&kid, &head, v1::HouseholdRelation::Child, "2025-01-06")).await;
    assert_eq!(set.outcome(), v1::Outcome::Accepted);
    assert!(covered(&world, &kid, "2025-03-10").await);
    assert!(!covered(&world, &kid, "2025-02-20").await, "not before the head is");
    let hospital = v1::CheckCoverageRequest {
        second_fact: Some(v1::check_coverage_request::SecondFact::BirthYear(2015)),
        ..check(2)
    };
    assert!(world.reads(FACILITY, hospital.clone()).await.covered);
    assert_eq!(world.keeps_the_truth().await, 0);

    // The head's payment bounces: in the message of that position both stand otherwise.
    let paid = listed(&world, OFFICER, 50).await;
    let payment = paid.iter().flat_map(|change| &change.facts).find(|fact| fact.kind == "PAYMENT").expect("a payment");
    let bounced = world.ask(COLLECTOR, reversal(&payment.fact_id, "2025-03-09")).await.expect("a reversal");
    let last = listed(&world, OFFICER, 50).await.pop().expect("a message");
    assert_eq!(last.position, bounced.position);
    let told: Vec<&String> = last.standings.iter().map(|told| &told.member_id).collect();
    assert!(told.contains(&&head) && told.contains(&&kid), "{told:?}");
    assert!(last.member_changes.iter().any(|changes| changes.member_id == kid));
    assert!(!world.reads(FACILITY, hospital.clone()).await.covered);
    assert_eq!(world.keeps_the_truth().await, 0);

    // Paid anew, time takes it from both in one step.
    world.pay(&head, "2025-03-10", 4).await;
    assert!(world.reads(FACILITY, hospital.clone()).await.covered);
    world.clock_to("2026-02-01").await;
    assert!(!world.reads(FACILITY, hospital).await.covered);
    world.lapses().await;
    let last = listed(&world, OFFICER, 100).await.pop().expect("a message");
    assert_eq!((last.method.as_str(), last.standings.len()), ("PassTime", 2));
    assert_eq!(world.keeps_the_truth().await, 0);
    world.book.holds_together().await;
}

#[tokio::test]
async fn what_is_said_of_some_days_leaves_the_others_as_they_were() {
    let world = World::on("2025-01-06").await;
    let head = world.enrolled(1).await;
    let other = world.enrolled(3).await;
    world.pay(&head, "2025-01-06", 12).await;
    world.pay(&other, "2025-01-06", 12).await;
    let kid = world.ask(OFFICER, child(2)).await.expect("a child").member_id;
    world.takes(OFFICER, household(&kid, &head, v1::HouseholdRelation::Child, "2025-01-06")).await;
    // From May to June with nobody; from August on with another.
    let away = v1::SetHouseholdRequest {
        head_member_id: String::new(),
        relation: 0,
        until_day: Some(date("2025-06-30")),
        ..household(&kid, "", v1::HouseholdRelation::Unspecified, "2025-05-01")
    };
    world.takes(OFFICER, away).await;
    world.takes(OFFICER, household(&kid, &other, v1::HouseholdRelation::Child, "2025-08-01")).await;
    world.clock_to("2025-09-10").await;
    for (day, is) in [("2025-04-30", true), ("2025-05-01", false), ("2025-06-30", false), ("2025-07-01", true)] {
        assert_eq!(covered(&world, &kid, day).await, is, "{day}");
    }
    world.lapses().await;
    let before = covered(&world, &kid, "2025-09-10").await;
    assert!(before);
    // The first head's life is no longer the child's, from August on.
    let gone = listed(&world, OFFICER, 50).await;
    let paid = gone.iter().flat_map(|change| &change.facts).find(|fact| fact.kind == "PAYMENT").expect("a payment");
    world.ask(COLLECTOR, reversal(&paid.fact_id, "2025-01-07")).await.expect("a reversal");
    assert!(covered(&world, &kid, "2025-09-10").await);
    assert_eq!(world.keeps_the_truth().await, 0);
}

#[tokio::test]
async fn an_age_that_cannot_be_reckoned_is_warned_of_and_counts_once_it_can() {
    let world = World::on("2025-03-10").await;
    let head = world.enrolled(2).await;
    let year = Date { year: 2015, month: 0, day: 0 };
    let kid = v1::RegisterMemberRequest { birth_date: Some(year), ..registration(1) };
    let kid = world.ask(OFFICER, kid).await.expect("a child").member_id;
    let set = world.takes(OFFICER, household(&kid, &head, v1::HouseholdRelation::Child, "2025-03-10")).await;
    assert_eq!(set.outcome(), v1::Outcome::AcceptedWithWarning);
    let etag = world.reads(OFFICER, get(&kid)).await.member.expect("a member").etag;
    let known = v1::UpdateMemberRequest { birth_date: Some(date("2015-06-15")), ..update(&kid, &etag) };
    world.takes(OFFICER, known).await;
    let last = listed(&world, OFFICER, 50).await.pop().expect("a message");
    assert_eq!(last.facts.iter().map(|fact| fact.kind.as_str()).collect::<Vec<_>>(), ["BORN"]);
    assert_eq!(world.keeps_the_truth().await, 0);
}

#[tokio::test]
async fn a_household_that_cannot_be_is_refused() {
    let world = World::on("2025-03-10").await;
    let (head, kid) = (world.member(1).await, world.member(2).await);
    let good = || household(&kid, &head, v1::HouseholdRelation::Child, "2025-03-10");
    let own = v1::SetHouseholdRequest { head_member_id: kid.clone(), ..good() };
    world.refuses(OFFICER, own, invalid("head_member_id")).await;
    world.refuses(OFFICER, v1::SetHouseholdRequest { relation: 0, ..good() }, required("relation")).await;
    world.refuses(OFFICER, v1::SetHouseholdRequest { from_day: None, ..good() }, required("from_day")).await;
    let backwards = v1::SetHouseholdRequest { until_day: Some(date("2025-03-09")), ..good() };
    world.refuses(OFFICER, backwards, invalid("until_day")).await;
    let employer = world.employer("E-1").await;
    let nobody = v1::SetHouseholdRequest { head_member_id: employer.clone(), ..good() };
    let told = world.refuses(OFFICER, nobody, no(Code::NotFound, "MEMBER_NOT_FOUND")).await;
    assert_eq!(told.metadata["member_id"], employer);
    // Thirteen households, and then one that would take all of them back.
    for month in 1..=12 {
        let from = format!("2026-{month:02}-01");
        world.takes(OFFICER, v1::SetHouseholdRequest { from_day: Some(date(&from)), ..good() }).await;
    }
    world.takes(OFFICER, v1::SetHouseholdRequest { from_day: Some(date("2027-01-01")), ..good() }).await;
    let all = no(Code::FailedPrecondition, "HOUSEHOLDS_OVERLAP");
    world.refuses(OFFICER, good(), all).await;
    world.takes(OFFICER, v1::SetHouseholdRequest { from_day: Some(date("2026-02-01")), ..good() }).await;
}
