//! ExplainCoverage: where a member stands on a day, as known at an instant, and why.

use krama::proto::v1;
use prost_types::Timestamp;
use tonic::Code;

use crate::policy::{publish, reform};
use crate::refusal::{invalid, no, not_now, required};
use crate::say::{date, explain};
use crate::world::{AGENT, OFFICER, World};

fn on(member: &str, day: &str) -> v1::ExplainCoverageRequest {
    v1::ExplainCoverageRequest { valid_at: Some(date(day)), ..explain(member) }
}

/// Enrolled in November and paid to January, as known on 20 September of the next year.
async fn silent_since_january() -> (World, String) {
    let world = World::on("2025-11-03").await;
    let member = world.enrolled(1).await;
    world.pay(&member, "2025-11-03", 3).await;
    world.clock_to("2026-09-20").await;
    (world, member)
}

#[tokio::test]
async fn the_lapse_is_explained_step_by_step_with_the_law_behind_it() {
    let (world, member) = silent_since_january().await;
    let reply = world.reads(AGENT, explain(&member)).await;
    let decision = reply.decision.expect("a decision");
    assert_eq!((decision.standing(), decision.since), (v1::Standing::Abandoned, Some(date("2026-09-16"))));
    assert_eq!((decision.overdue_months, decision.run_months), (0, 0));
    assert_eq!((decision.last_safe_day, decision.least_amount_riel), (None, None));
    let doors: Vec<v1::DoorKind> = decision.doors.iter().map(v1::Door::kind).collect();
    assert_eq!(doors, [v1::DoorKind::FormalEmployment]);
    let first = reply.steps.first().expect("a step");
    assert_eq!(first.day, Some(date("2026-09-16")), "the newest loss comes first");
    for step in &reply.steps {
        assert!(!step.clause.is_empty() && !step.text.is_empty() && step.day.is_some(), "{step:?}");
    }
    assert!(reply.steps.iter().any(|step| step.citation.contains("more than six months")), "{:?}", reply.steps);
    let months: Vec<(&str, v1::MonthState)> =
        reply.months.iter().map(|month| (month.month.as_str(), month.state())).collect();
    assert_eq!(months.first(), Some(&("2025-11", v1::MonthState::Paid)));
    assert_eq!(months.last().map(|(month, _)| *month), Some("2026-09"));
    let standing = |month: &str| reply.months.iter().find(|view| view.month == month).map(v1::MonthView::standing);
    assert_eq!(standing("2026-08"), Some(v1::Standing::InArrears));
    assert_eq!(standing("2026-09"), Some(v1::Standing::Abandoned));
}

#[tokio::test]
async fn the_last_safe_day_is_safe_and_the_next_is_too_late() {
    let (world, member) = silent_since_january().await;
    for (day, standing, run) in [
        ("2026-02-15", v1::Standing::Current, 0),
        ("2026-03-15", v1::Standing::Current, 0),
        ("2026-03-16", v1::Standing::InArrears, 1),
        ("2026-09-15", v1::Standing::InArrears, 6),
        ("2026-09-16", v1::Standing::Abandoned, 0),
        ("2025-11-02", v1::Standing::NotEnrolled, 0),
        ("2025-11-03", v1::Standing::Current, 0),
    ] {
        let decision = world.reads(OFFICER, on(&member, day)).await.decision.expect("a decision");
        assert_eq!((decision.standing(), decision.run_months), (standing, run), "{day}");
        let as_of = decision.as_of.and_then(|as_of| as_of.valid_at);
        assert_eq!(as_of, Some(date(day)));
    }
    let eve = world.reads(OFFICER, on(&member, "2026-09-15")).await.decision.expect("a decision");
    assert_eq!(eve.last_safe_day, Some(date("2026-09-15")));
    assert_eq!(eve.holds_until, Some(date("2026-09-15")));
}

#[tokio::test]
async fn a_day_ahead_is_answered_as_if_nothing_more_were_recorded() {
    let world = World::on("2025-11-03").await;
    let member = world.enrolled(1).await;
    world.pay(&member, "2025-11-03", 3).await;
    let decision = world.reads(OFFICER, on(&member, "2026-09-16")).await.decision.expect("a decision");
    assert_eq!(decision.standing(), v1::Standing::Abandoned);
    let as_of = decision.as_of.expect("a day and an instant");
    assert_eq!(as_of.valid_at, Some(date("2026-09-16")));
    assert_eq!(as_of.known_at.map(|known| known.seconds), Some(world.now().await.seconds));
}

#[tokio::test]
async fn nothing_is_told_as_known_later_than_now() {
    let (world, member) = silent_since_january().await;
    let now = world.now().await;
    let known = |at: Timestamp| v1::ExplainCoverageRequest { known_at: Some(at), ..explain(&member) };
    let later = Timestamp { nanos: now.nanos + 1_000, ..now };
    let told = world.refuses(OFFICER, known(later), not_now("KNOWN_AT_IN_FUTURE")).await;
    assert!(told.metadata["now"].starts_with("2026-09-19T17:00:00"), "{:?}", told.metadata);
    assert!(told.metadata.contains_key("known_at"));
    let as_of = world.reads(OFFICER, known(now)).await.decision.and_then(|decision| decision.as_of);
    assert_eq!(as_of.and_then(|as_of| as_of.known_at), Some(now));
    let before = Timestamp { seconds: now.seconds - 86_400 * 3_650, nanos: 0 };
    let decision = world.reads(OFFICER, known(before)).await.decision.expect("a decision");
    assert_eq!(decision.standing(), v1::Standing::NotEnrolled, "nothing was known then");
    for unreal in [Timestamp { seconds: i64::MAX, nanos: 0 }, Timestamp { seconds: 0, nanos: -1 }] {
        world.refuses(OFFICER, known(unreal), invalid("known_at")).await;
    }
}

#[tokio::test]
async fn what_was_answered_as_known_then_is_answered_so_for_ever() {
    let world = World::on("2026-03-10").await;
    let member = world.enrolled(1).await;
    let mut told = Vec::new();
    for _ in 0..4 {
        let reply = world.reads(OFFICER, explain(&member)).await;
        told.push((reply.decision, reply.months));
        world.pay(&member, "2026-03-10", 1).await;
    }
    world.clock_to("2026-05-01").await;
    let world = world.restart().await;
    for (decision, months) in told {
        let as_of = decision.as_ref().and_then(|decision| decision.as_of).expect("a day and an instant");
        let then =
            v1::ExplainCoverageRequest { known_at: as_of.known_at, valid_at: as_of.valid_at, ..explain(&member) };
        let reply = world.reads(OFFICER, then).await;
        assert_eq!((reply.decision, reply.months), (decision, months), "{as_of:?}");
    }
}

#[tokio::test]
async fn nobody_is_not_explained() {
    let world = World::on("2026-03-10").await;
    world.refuses(OFFICER, explain(""), required("member_id")).await;
    world.refuses(OFFICER, explain("x"), invalid("member_id")).await;
    world.refuses(AGENT, explain("0000000000000"), no(Code::NotFound, "MEMBER_NOT_FOUND")).await;
    let member = world.member(1).await;
    let halfway = krama::proto::google_type::Date { year: 2026, month: 3, day: 0 };
    let halfway = v1::ExplainCoverageRequest { valid_at: Some(halfway), ..explain(&member) };
    world.refuses(OFFICER, halfway, invalid("valid_at")).await;
    let decision = world.reads(OFFICER, explain(&member)).await.decision.expect("a decision");
    assert_eq!((decision.standing(), decision.since), (v1::Standing::NotEnrolled, None));
}

#[tokio::test]
async fn the_reasons_are_told_in_the_language_asked_for() {
    let world = World::on("2026-03-10").await;
    let member = world.enrolled(1).await;
    let ask = |language: &str| v1::ExplainCoverageRequest { language: language.to_owned(), ..explain(&member) };
    let english = world.reads(OFFICER, ask("")).await;
    assert!(english.text_reviewed);
    assert_eq!(english.steps[0].text, "Enrolled in the voluntary scheme; March 2026 is the first month owed.");
    assert_eq!(world.reads(OFFICER, ask("en-GB")).await, english);
    let khmer = world.reads(OFFICER, ask("km")).await;
    assert!(!khmer.text_reviewed);
    assert!(khmer.steps[0].text.contains("មីនា ២០២៦"), "{}", khmer.steps[0].text);
    assert_eq!((&khmer.steps[0].clause, &khmer.steps[0].values), (&english.steps[0].clause, &english.steps[0].values));
    world.refuses(OFFICER, ask("fr"), crate::refusal::invalid("language")).await;
}

#[test]
fn every_reason_of_the_contract_has_a_message_in_both_languages() {
    use krama_documents::catalogue::{Catalogue, Language, refusal_key};
    let numbers = (1..1_000).filter_map(|number| v1::ErrorReason::try_from(number).ok());
    let reasons = numbers.map(|reason| reason.as_str_name().trim_start_matches("ERROR_REASON_"));
    let mut keys: Vec<String> = Vec::new();
    for reason in reasons {
        for language in Language::ALL {
            assert!(Catalogue::new(language).refusal(reason).is_some(), "{reason} has no message in {language:?}");
        }
        keys.push(refusal_key(reason));
    }
    let file = include_str!("../../documents/catalogue/refusals.en.ftl");
    let mut told: Vec<&str> = file.lines().filter_map(|line| line.split_once(" = ")).map(|(key, _)| key).collect();
    keys.sort_unstable();
    told.sort_unstable();
    assert_eq!(keys, told);
}

/// Paid from June to August 2026, then silent under a law that suspends for more than six months overdue, and back by
/// paying them, with a duty of co-payment.
#[tokio::test]
async fn a_return_from_a_suspension_names_its_own_source_and_the_duty_that_follows() {
    let world = World::on("2026-06-03").await;
    let duty = "[voluntary.return]\nco_payment = { days = 45, rate = \"0.05\", max_months = 12 }\n\n[voluntary.lapse]";
    let source =
        "[[source]]\nfield = \"voluntary.return.co_payment\"\nassumption = \"As Indonesia does.\"\n\n[[source]]";
    let law = reform("kh-suspension").replace("[voluntary.lapse]", duty).replacen("[[source]]", source, 1);
    publish(&world, &law).await;
    let member = world.enrolled(1).await;
    world.pay(&member, "2026-06-03", 3).await;
    world.clock_to("2027-04-20").await;
    let suspended = world.reads(AGENT, explain(&member)).await;
    let decision = suspended.decision.clone().expect("a decision");
    assert_eq!((decision.overdue_months, decision.covered, decision.co_payment.is_none()), (7, false, true));
    // Nobody lapses under this law, so there is nothing to prevent.
    assert_eq!((decision.last_safe_day, decision.least_amount_riel), (None, None));
    let [door] = &decision.doors[..] else { panic!("{:?}", decision.doors) };
    assert_eq!((door.kind(), door.price_riel), (v1::DoorKind::BackPayment, Some(109_200)));
    let cited = |reply: &v1::ExplainCoverageResponse, clause: &str| {
        let step = reply.steps.iter().find(|step| step.clause == clause);
        step.unwrap_or_else(|| panic!("{clause}: {:?}", reply.steps)).citation.clone()
    };
    let of_limit = "Assumption: A variant of the debate: what is a lapse today only suspends.";
    assert_eq!(cited(&suspended, "COVER_SUSPENDED"), of_limit);

    world.pay(&member, "2027-04-20", 7).await;
    let back = world.reads(AGENT, explain(&member)).await;
    let of_return = "Assumption: What is owed is paid without a penalty, two years of it at most, as Indonesia does.";
    assert_eq!(cited(&back, "RETURNED_BY_BACK_PAYMENT"), of_return);
    assert_eq!(cited(&back, "PAYMENT_SAVED_UP"), of_return);
    let decision = back.decision.expect("a decision");
    assert!(decision.covered && decision.doors.is_empty(), "{decision:?}");
    let owed = decision.co_payment.expect("a duty");
    assert_eq!((owed.rate.as_str(), owed.months, owed.ceiling_riel), ("0.05", 7, None));
    assert_eq!(owed.until_day, Some(date("2027-06-04")));
}
