//! Warnings: who is about to lose membership, notices that fall due, their service and their delivery.

use std::path::{Path, PathBuf};
use std::{env, fs};

use krama::proto::v1;
use tonic::{Code, Request};

use crate::feed::listed;
use crate::refusal::{invalid, no, not_now, required};
use crate::say::{MONTH, check, date, date_plus, explain, fresh, national_id};
use crate::world::{FACILITY, GATEWAY, OFFICER, World, said};

const TODAY: &str = "2025-08-20";

fn service(member: &str, on: &str) -> v1::ServeNoticeRequest {
    v1::ServeNoticeRequest {
        request_id: fresh(),
        member_id: member.to_owned(),
        on: Some(date(on)),
        channel: v1::NoticeChannel::Letter.into(),
        ..Default::default()
    }
}

fn delivery(notice: &str) -> v1::RecordNoticeDeliveryRequest {
    v1::RecordNoticeDeliveryRequest {
        request_id: fresh(),
        notice_id: notice.to_owned(),
        state: v1::DeliveryState::Delivered.into(),
        channel: v1::NoticeChannel::Sms.into(),
        ..Default::default()
    }
}

/// Three members: one paid January alone, one three months more, one all of the year.
async fn three() -> (World, Vec<String>) {
    let world = World::on("2025-01-06").await;
    let mut members = Vec::new();
    for (number, months) in [(1, 1), (2, 4), (3, 12)] {
        let member = world.enrolled(number).await;
        world.pay(&member, "2025-01-06", months).await;
        members.push(member);
    }
    world.clock_to(TODAY).await;
    (world, members)
}

pub(crate) async fn forecasts(world: &World, until: &str) -> Vec<v1::Forecast> {
    let mut request =
        Request::new(v1::ForecastCoverageRequest { until_day: Some(date(until)), at_least_position: None });
    *request.metadata_mut() = said(GATEWAY);
    let mut client = v1::coverage_service_client::CoverageServiceClient::new(world.channel.clone());
    let mut stream = client.forecast_coverage(request).await.expect("a forecast").into_inner();
    let mut all = Vec::new();
    while let Some(reply) = stream.message().await.expect("a message") {
        assert_eq!(reply.position, Some(world.last_position().await));
        all.extend(reply.forecasts);
    }
    all
}

#[tokio::test]
async fn a_forecast_names_whoever_is_in_danger_the_most_urgent_first_with_what_it_takes() {
    let (world, members) = three().await;
    let mut expected = Vec::new();
    for member in &members {
        let decision = world.reads(OFFICER, explain(member)).await.decision.expect("a decision");
        expected.push((decision.last_safe_day.expect("a day"), decision.least_amount_riel));
    }
    // Whether the lapse run has been there or not.
    for _ in 0..2 {
        let all = forecasts(&world, "2026-12-31").await;
        let told: Vec<_> = all.iter().map(|one| (one.last_safe_day.expect("a day"), one.least_amount_riel)).collect();
        assert_eq!(told, expected);
        assert_eq!(all.iter().map(|one| one.member_id.clone()).collect::<Vec<_>>(), members);
        let last = format!("{:04}-{:02}-{:02}", told[0].0.year, told[0].0.month, told[0].0.day);
        assert_eq!(forecasts(&world, &last).await.len(), 1, "the last day of the window counts");
        assert!(forecasts(&world, TODAY).await.is_empty());
        world.lapses().await;
    }
    world.pay(&members[0], TODAY, expected[0].1.expect("an amount") / MONTH).await;
    let moved = forecasts(&world, "2026-12-31").await;
    assert!(moved[0].last_safe_day != Some(expected[0].0), "paying the least amount prevents the next loss");
    let past = v1::ForecastCoverageRequest { until_day: Some(date_plus(TODAY, -1)), at_least_position: None };
    world.refuses(GATEWAY, past, not_now("DAY_IN_PAST").at("until_day")).await;
    world.refuses(GATEWAY, v1::ForecastCoverageRequest::default(), required("until_day")).await;
}

#[tokio::test]
async fn a_forecast_of_more_members_than_it_may_hold_is_refused_whole() {
    let world = World::with(TODAY, |config| config.limits.forecast_members = 2).await;
    for number in 1..=3 {
        world.enrolled(number).await;
    }
    let ask = v1::ForecastCoverageRequest { until_day: Some(date("2026-12-31")), at_least_position: None };
    world.refuses(GATEWAY, ask, no(Code::ResourceExhausted, "RESULT_TOO_LARGE")).await;
}

#[tokio::test]
async fn what_becomes_of_a_notice_is_told_in_the_feed_and_its_service_is_a_fact() {
    let (world, members) = three().await;
    world.lapses().await;
    let notices: Vec<v1::Notice> =
        listed(&world, GATEWAY, 50).await.into_iter().flat_map(|change| change.notices).collect();
    let notice = notices.iter().find(|notice| notice.member_id == members[0]).expect("a notice").clone();
    let before = world.reads(OFFICER, explain(&members[0])).await.decision.expect("a decision");
    assert_eq!(notice.last_safe_day, before.last_safe_day);
    assert_eq!(notice.least_amount_riel, before.least_amount_riel);
    let [english, khmer] = &notice.texts[..] else { panic!("{notice:?}") };
    let (amount, months) = (before.least_amount_riel.expect("an amount"), before.overdue_months);
    let day = before.last_safe_day.expect("a day");
    let amount = format!("{},{:03}", amount / 1_000, amount % 1_000);
    let said = format!("NSSF: {months} months are unpaid. Pay at least {amount} riel by {} ", day.day);
    assert!(english.text.starts_with(&said) && english.text.contains(&day.year.to_string()), "{english:?} / {said}");
    assert_eq!((english.language.as_str(), english.segments, english.reviewed), ("en", 1, true));
    assert_eq!((khmer.language.as_str(), khmer.segments, khmer.reviewed), ("km", 2, false), "{}", khmer.text);
    assert!(khmer.text.contains('៛') && !khmer.text.is_ascii(), "{}", khmer.text);
    for state in
        [v1::DeliveryState::Sent, v1::DeliveryState::Delivered, v1::DeliveryState::Failed, v1::DeliveryState::Expired]
    {
        let told = v1::RecordNoticeDeliveryRequest { state: state.into(), ..delivery(&notice.notice_id) };
        world.takes(GATEWAY, told).await;
        let last = listed(&world, GATEWAY, 50).await.pop().expect("a message");
        let heard = &last.deliveries[0];
        assert_eq!((heard.state(), &heard.notice_id, heard.on), (state, &notice.notice_id, Some(date(TODAY))));
    }
    let served = v1::ServeNoticeRequest { notice_id: notice.notice_id.clone(), ..service(&members[0], TODAY) };
    let rehearsed = world.ask(OFFICER, v1::ServeNoticeRequest { validate_only: true, ..served.clone() }).await;
    assert_eq!(rehearsed.expect("a rehearsal").fact_id, "");
    let reply = world.takes(OFFICER, served.clone()).await;
    assert!(!reply.fact_id.is_empty());
    assert_eq!(reply.texts, notice.texts, "what was handed over is what the feed told");
    assert_eq!(world.ask(OFFICER, served).await.expect("again"), reply);
    let last = listed(&world, OFFICER, 50).await.pop().expect("a message");
    assert_eq!(last.facts[0].kind, "NOTICE_SERVED");
    // This law has no clock that a notice starts.
    let after = world.reads(OFFICER, explain(&members[0])).await.decision.expect("a decision");
    assert_eq!((before.last_safe_day, before.standing), (after.last_safe_day, after.standing));
    assert_eq!(world.keeps_the_truth().await, 0);
    let by_hand = world.takes(OFFICER, service(&members[1], TODAY)).await;
    assert!(by_hand.texts.is_empty(), "of a notice that is none of the feed's nothing is known");
}

/// Cambodia's law, but nobody lapses within thirty days of a served notice.
fn law_with_a_clock() -> PathBuf {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/kh/2023-08-28.toml");
    let text = fs::read_to_string(shipped).expect("the shipped law");
    let folder = env::temp_dir().join(format!("krama law {}", fresh())).join("kh");
    fs::create_dir_all(&folder).expect("a folder can be made");
    let text = text.replace("notice_days = \"none\"", "notice_days = 30");
    fs::write(folder.join("2023-08-28.toml"), text).expect("a law can be written");
    folder
}

#[tokio::test]
async fn where_the_law_has_a_clock_only_the_service_of_a_notice_starts_it() {
    let law = law_with_a_clock();
    let world = World::with("2025-01-06", |config| config.policy.folder.clone_from(&law)).await;
    let member = world.enrolled(1).await;
    world.pay(&member, "2025-01-06", 1).await;
    world.clock_to("2025-03-16").await;
    world.lapses().await;
    let told = listed(&world, GATEWAY, 50).await;
    let notices: Vec<&v1::Notice> = told.iter().flat_map(|change| &change.notices).collect();
    assert_eq!(notices.len(), 1, "no loss is to be seen, and the first missed month is warned of all the same");
    assert_eq!((notices[0].kind(), notices[0].last_safe_day), (v1::NoticeKind::FirstMissed, None));
    assert_eq!(notices[0].least_amount_riel, None);
    let said = "NSSF: 1 month is unpaid. Please pay, or ask us at any office.";
    assert_eq!((notices[0].texts[0].text.as_str(), notices[0].texts[1].segments), (said, 1));
    let sent = world.takes(GATEWAY, delivery(&notices[0].notice_id)).await;
    assert_eq!(sent.outcome(), v1::Outcome::Accepted);
    world.clock_to("2025-12-01").await;
    world.lapses().await;
    let decision = world.reads(OFFICER, explain(&member)).await.decision.expect("a decision");
    assert_eq!((decision.standing(), decision.last_safe_day), (v1::Standing::InArrears, None));
    // Nine months late: the clock runs from the service on.
    let on = v1::ServeNoticeRequest { notice_id: notices[0].notice_id.clone(), ..service(&member, "2025-12-01") };
    world.takes(OFFICER, on).await;
    let decision = world.reads(OFFICER, explain(&member)).await.decision.expect("a decision");
    let last = decision.last_safe_day.expect("a day");
    assert_eq!((last, decision.standing()), (date("2025-12-30"), v1::Standing::InArrears));
    let warned = listed(&world, GATEWAY, 50).await.pop().expect("a message").notices;
    assert_eq!(warned[0].last_safe_day, Some(last), "what is near by now is warned of with the service");
    assert_eq!(world.keeps_the_truth().await, 0);
    world.clock_to("2025-12-31").await;
    world.lapses().await;
    let decision = world.reads(OFFICER, explain(&member)).await.decision.expect("a decision");
    assert_eq!(decision.standing(), v1::Standing::Abandoned);
    assert_eq!(world.keeps_the_truth().await, 0);
    // What stays behind in a temporary place does no harm.
    let _ = fs::remove_dir_all(law.parent().expect("the law is in a folder of its own"));
}

#[tokio::test]
async fn a_notice_that_is_nobodys_or_of_tomorrow_is_refused() {
    let (world, members) = three().await;
    world.lapses().await;
    let notices = listed(&world, GATEWAY, 50).await;
    let notice = notices.iter().flat_map(|change| &change.notices).find(|one| one.member_id == members[0]);
    let notice = notice.expect("a notice").notice_id.clone();
    let unknown = no(Code::NotFound, "NOTICE_NOT_FOUND");
    world.refuses(GATEWAY, delivery(&members[0]), unknown).await;
    let of_another = v1::ServeNoticeRequest { notice_id: notice.clone(), ..service(&members[1], TODAY) };
    world.refuses(OFFICER, of_another, unknown).await;
    let tomorrow = not_now("DAY_IN_FUTURE").at("on");
    world.refuses(OFFICER, service(&members[0], "2025-08-21"), tomorrow).await;
    world
        .refuses(
            GATEWAY,
            v1::RecordNoticeDeliveryRequest { on: Some(date_plus(TODAY, 1)), ..delivery(&notice) },
            tomorrow,
        )
        .await;
    world.refuses(OFFICER, service(&notice, TODAY), no(Code::NotFound, "MEMBER_NOT_FOUND")).await;
    world
        .refuses(OFFICER, v1::ServeNoticeRequest { channel: 0, ..service(&members[0], TODAY) }, required("channel"))
        .await;
    world
        .refuses(OFFICER, v1::ServeNoticeRequest { channel: 99, ..service(&members[0], TODAY) }, invalid("channel"))
        .await;
    world.refuses(GATEWAY, v1::RecordNoticeDeliveryRequest { state: 0, ..delivery(&notice) }, required("state")).await;
    world
        .refuses(
            GATEWAY,
            v1::RecordNoticeDeliveryRequest { request_id: String::new(), ..delivery(&notice) },
            required("request_id"),
        )
        .await;
}

#[tokio::test]
async fn many_questions_are_answered_as_each_would_be_and_a_bad_one_spoils_no_other() {
    let (world, _) = three().await;
    let bad = v1::CheckCoverageRequest { second_fact: None, ..check(1) };
    let ahead = v1::CheckCoverageRequest { service_date: Some(date_plus(TODAY, 1)), ..check(1) };
    let yesterday = v1::CheckCoverageRequest { service_date: Some(date_plus(TODAY, -1)), ..check(3) };
    let checks = vec![check(1), check(404), bad.clone(), check(3), ahead.clone(), yesterday.clone(), check(3)];
    let reply =
        world.reads(FACILITY, v1::BatchCheckCoverageRequest { checks: checks.clone(), at_least_position: None }).await;
    assert_eq!(reply.results.len(), checks.len());
    assert_eq!(reply.position, Some(world.last_position().await));
    for (check, result) in checks.into_iter().zip(&reply.results) {
        match world.ask(FACILITY, check).await {
            Ok(single) => {
                let answer = result.answer.as_ref().expect("an answer");
                assert_eq!((&answer.covers, answer.verdict), (&single.covers, single.verdict));
                assert_eq!(
                    (&answer.check_reference, &answer.fresh_until),
                    (&single.check_reference, &single.fresh_until)
                );
            }
            Err(status) => {
                let refusal = result.refusal.as_ref().expect("a refusal");
                assert_eq!((refusal.code, refusal.message.as_str()), (status.code().into(), status.message()));
            }
        }
    }
    assert!(reply.results[3].answer.as_ref().is_some_and(|answer| answer.covered));
    world.refuses(FACILITY, v1::BatchCheckCoverageRequest::default(), required("checks")).await;
    let placed = v1::CheckCoverageRequest { at_least_position: reply.position, ..check(1) };
    let placed = v1::BatchCheckCoverageRequest { checks: vec![placed], at_least_position: None };
    world.refuses(FACILITY, placed, invalid("checks[0].at_least_position")).await;
    let many = v1::BatchCheckCoverageRequest {
        checks: vec![v1::CheckCoverageRequest { identifier: Some(national_id(1)), ..check(1) }; 501],
        at_least_position: None,
    };
    world.refuses(FACILITY, many, no(Code::ResourceExhausted, "REQUEST_TOO_LARGE")).await;
}
