//! CheckCoverage: the question of a hospital.

use krama::proto::google_type::Date;
use krama::proto::v1;
use krama::proto::v1::check_coverage_request::SecondFact;

use crate::refusal::{No, invalid, not_now, required};
use crate::say::{check, date, date_plus, identifier, national_id, phone, registration, reversal};
use crate::world::{AGENT, FACILITY, OFFICER, World, last_instant};

const TODAY: &str = "2026-03-10";

/// A member with five paid months, covered in March.
async fn covered(today: &str) -> (World, String) {
    let world = World::on("2025-11-03").await;
    let member = world.enrolled(1).await;
    world.pay(&member, "2025-11-03", 5).await;
    world.clock_to(today).await;
    (world, member)
}

/// Spoils a good question and sees it refused.
async fn spoilt(world: &World, spoil: impl FnOnce(&mut v1::CheckCoverageRequest), no: No) {
    let mut ask = check(1);
    spoil(&mut ask);
    world.refuses(FACILITY, ask, no).await;
}

fn without_place(reply: v1::CheckCoverageResponse) -> v1::CheckCoverageResponse {
    v1::CheckCoverageResponse { position: None, ..reply }
}

#[tokio::test]
async fn a_hospital_learns_that_the_person_is_covered_and_until_when_to_believe_it() {
    let (world, _) = covered(TODAY).await;
    let reply = world.reads(FACILITY, check(1)).await;
    assert_eq!((reply.verdict(), reply.covered), (v1::Verdict::Covered, true));
    assert_eq!(reply.covers.len(), 1);
    assert_eq!((reply.covers[0].scheme(), reply.covers[0].from_day), (v1::Scheme::Voluntary, Some(date("2026-01-01"))));
    assert_eq!(reply.policy_revision, "2023-08-28");
    assert_eq!(reply.as_of.and_then(|as_of| as_of.valid_at), Some(date(TODAY)));
    let fresh = reply.fresh_until.expect("an instant");
    let end = last_instant(TODAY);
    assert!((end.seconds..=end.seconds + 1).contains(&fresh.seconds), "{fresh:?} is not the end of the day");
    assert!(reply.check_reference.len() >= 8 && reply.check_reference.is_ascii());
    let loaded: Vec<(v1::Registry, bool)> = reply.sources.iter().map(|s| (s.registry(), s.loaded)).collect();
    assert!(loaded.contains(&(v1::Registry::Voluntary, true)) && loaded.contains(&(v1::Registry::Poverty, false)));
    assert!(reply.sources.iter().all(|source| source.loaded == source.as_of.is_some()));
}

#[tokio::test]
async fn the_reference_is_the_same_for_the_same_answer_and_another_for_another() {
    let (world, _) = covered(TODAY).await;
    let first = world.reads(FACILITY, check(1)).await.check_reference;
    assert_eq!(world.reads(FACILITY, check(1)).await.check_reference, first);
    let earlier = v1::CheckCoverageRequest { service_date: Some(date("2026-03-09")), ..check(1) };
    assert_ne!(world.reads(FACILITY, earlier).await.check_reference, first);
}

#[tokio::test]
async fn any_of_three_second_facts_opens_the_answer() {
    let (world, _) = covered(TODAY).await;
    for second_fact in [
        SecondFact::BirthDate(date("1988-04-16")),
        SecondFact::BirthYear(1988),
        SecondFact::Phone("012 000001".to_owned()),
        SecondFact::Phone(phone(1)),
    ] {
        let ask = v1::CheckCoverageRequest { second_fact: Some(second_fact), ..check(1) };
        assert!(world.reads(AGENT, ask).await.covered);
    }
}

#[tokio::test]
async fn an_unknown_person_and_a_wrong_second_fact_have_one_and_the_same_answer() {
    let (world, _) = covered(TODAY).await;
    let stranger = without_place(world.reads(FACILITY, check(404)).await);
    assert_eq!((stranger.verdict(), stranger.covered), (v1::Verdict::NoMatch, false));
    assert_eq!((stranger.fresh_until, stranger.sources.len()), (None, 0));
    for wrong in [SecondFact::BirthDate(date("1988-04-17")), SecondFact::BirthYear(1989), SecondFact::Phone(phone(2))] {
        let ask = v1::CheckCoverageRequest { second_fact: Some(wrong.clone()), ..check(1) };
        assert_eq!(without_place(world.reads(FACILITY, ask).await), stranger, "{wrong:?}");
    }
}

#[tokio::test]
async fn a_service_date_is_today_or_past_and_a_stay_begins_before_it() {
    let (world, _) = covered(TODAY).await;
    let on = |days| v1::CheckCoverageRequest { service_date: Some(date_plus(TODAY, days)), ..check(1) };
    let told = world.refuses(FACILITY, on(1), not_now("DAY_IN_FUTURE").at("service_date")).await;
    assert_eq!((told.metadata["day"].as_str(), told.metadata["latest"].as_str()), ("2026-03-11", TODAY));
    for days in [0, -1] {
        assert!(world.reads(FACILITY, on(days)).await.covered);
    }
    let stay = |service: i32, stay: i32| v1::CheckCoverageRequest {
        stay_started_on: Some(date_plus(TODAY, stay)),
        ..on(service)
    };
    world.refuses(FACILITY, stay(-1, 0), invalid("stay_started_on")).await;
    for started in [-1, -20] {
        assert!(world.reads(FACILITY, stay(-1, started)).await.covered);
    }
    let undated = |days| v1::CheckCoverageRequest { service_date: None, ..stay(0, days) };
    assert!(world.reads(FACILITY, undated(0)).await.covered);
    world.refuses(FACILITY, undated(1), invalid("stay_started_on")).await;
}

#[tokio::test]
async fn cover_begins_and_ends_on_its_days() {
    let (world, _) = covered("2026-10-20").await;
    let on = |day: &str| v1::CheckCoverageRequest { service_date: Some(date(day)), ..check(1) };
    // Paid from November to March: two months make the cover of January; six of twelve are never reached, and the
    // two newest before May are not both paid.
    for (day, verdict) in [
        ("2025-12-31", v1::Verdict::NotCovered),
        ("2026-01-01", v1::Verdict::Covered),
        ("2026-04-15", v1::Verdict::Covered),
        ("2026-10-20", v1::Verdict::NotCovered),
    ] {
        let reply = world.reads(FACILITY, on(day)).await;
        assert_eq!((reply.verdict(), reply.covered), (verdict, verdict == v1::Verdict::Covered), "{day}");
        assert_eq!(reply.covers.is_empty(), !reply.covered, "{day}");
    }
}

#[tokio::test]
async fn an_equity_card_is_never_denied_while_its_registry_is_not_loaded() {
    let world = World::on(TODAY).await;
    let card = identifier(v1::IdentifierKind::EquityCard, "EC-12-0001");
    let holder = v1::RegisterMemberRequest { identifiers: vec![national_id(1), card.clone()], ..registration(1) };
    world.takes(OFFICER, holder).await;
    let shown = v1::CheckCoverageRequest { identifier: Some(card), ..check(1) };
    let unknown = identifier(v1::IdentifierKind::EquityCard, "EC-12-0404");
    let unknown = v1::CheckCoverageRequest { identifier: Some(unknown), ..check(1) };
    for ask in [unknown, shown] {
        let reply = world.reads(FACILITY, ask).await;
        assert_eq!((reply.verdict(), reply.covered), (v1::Verdict::CannotTell, false));
        let poverty = reply.sources.iter().find(|source| source.registry() == v1::Registry::Poverty);
        assert!(poverty.is_some_and(|source| !source.loaded));
    }
}

#[tokio::test]
async fn a_question_that_lacks_something_names_the_field() {
    let world = World::on(TODAY).await;
    spoilt(&world, |ask| ask.identifier = None, required("identifier")).await;
    spoilt(&world, |ask| ask.identifier = Some(Default::default()), required("identifier.kind")).await;
    let long = v1::Identifier { value: "7".repeat(65), ..national_id(1) };
    spoilt(&world, |ask| ask.identifier = Some(long), invalid("identifier.value")).await;
    spoilt(&world, |ask| ask.second_fact = None, required("second_fact")).await;
    let year = Date { year: 1988, month: 0, day: 0 };
    spoilt(&world, |ask| ask.second_fact = Some(SecondFact::BirthDate(year)), invalid("birth_date")).await;
    for out in [1899, 2200, -1, i32::MAX] {
        spoilt(&world, |ask| ask.second_fact = Some(SecondFact::BirthYear(out)), invalid("birth_year")).await;
    }
    spoilt(&world, |ask| ask.second_fact = Some(SecondFact::Phone("1".into())), invalid("phone")).await;
    spoilt(&world, |ask| ask.service_date = Some(year), invalid("service_date")).await;
    spoilt(&world, |ask| ask.visit_type = 5, invalid("visit_type")).await;
}

#[tokio::test]
async fn a_cover_that_was_given_and_turns_out_not_to_have_been_due_is_told_as_kept_in_good_faith() {
    let world = World::on("2025-11-03").await;
    let member = world.enrolled(1).await;
    let paid = world.pay(&member, "2025-11-03", 5).await.payment_id;
    world.clock_to(TODAY).await;
    let basis = |reply: v1::CheckCoverageResponse| -> Vec<v1::CoverBasis> {
        reply.covers.iter().map(v1::Cover::basis).collect()
    };
    assert_eq!(basis(world.reads(FACILITY, check(1)).await), [v1::CoverBasis::PresentKnowledge]);
    world.ask(OFFICER, reversal(&paid, "2025-11-04")).await.expect("the payment bounces");
    assert!(basis(world.reads(FACILITY, check(1)).await).is_empty(), "from today on there is none");
    let before = v1::CheckCoverageRequest { service_date: Some(date_plus(TODAY, -1)), ..check(1) };
    assert_eq!(basis(world.reads(FACILITY, before).await), [v1::CoverBasis::GoodFaith]);
}
