//! The main job: somebody lapses, and a hire that payroll reports brings them back; a late bank file undoes a lapse.

use krama::proto::v1;

use crate::refusal::not_now;
use crate::say::{MONTH, account, check, date, enrolment, explain, get, hire_of, payment, separation, worker};
use crate::world::{COLLECTOR, FACILITY, OFFICER, PAYROLL, World};

/// Enrolled on 3 November 2025 and paid to January 2026: the last safe day is 15 September.
async fn enrolled_and_paid() -> (World, String) {
    let world = World::on("2025-11-03").await;
    let member = world.enrolled(1).await;
    let receipt = world.pay(&member, "2025-11-03", 3).await.effect.expect("an effect");
    assert_eq!(receipt.months_paid, ["2025-11", "2025-12", "2026-01"]);
    assert_eq!(receipt.last_safe_day, Some(date("2026-09-15")));
    (world, member)
}

async fn standing(world: &World, member: &str) -> v1::Standing {
    world.reads(OFFICER, get(member)).await.decision.expect("a decision").standing()
}

async fn verdict_on(world: &World, day: &str) -> v1::Verdict {
    let ask = v1::CheckCoverageRequest { service_date: Some(date(day)), ..check(1) };
    world.reads(FACILITY, ask).await.verdict()
}

#[tokio::test]
async fn a_hire_reported_by_payroll_reinstates_a_person() {
    let (world, member) = enrolled_and_paid().await;
    let employer = world.granted("E-1", "2025-11-03").await;
    for (today, expected) in [
        ("2026-09-14", v1::Standing::InArrears),
        ("2026-09-15", v1::Standing::InArrears),
        ("2026-09-16", v1::Standing::Abandoned),
    ] {
        world.clock_to(today).await;
        assert_eq!(standing(&world, &member).await, expected, "{today}");
    }
    world.clock_to("2026-09-18").await;
    let late = world.takes(COLLECTOR, payment(&member, "2026-09-16")).await;
    assert_eq!((late.outcome(), late.warning()), (v1::Outcome::AcceptedWithWarning, v1::SuspenseReason::NotDisclosed));
    let totals = world.reads(OFFICER, account(&member)).await.totals.expect("totals");
    assert_eq!((totals.suspense_riel, totals.months_riel), (MONTH, 3 * MONTH));
    world.refuses(OFFICER, enrolment(&member), not_now("VOLUNTARY_ABANDONED")).await;

    world.clock_to("2026-09-21").await;
    let hired = world.takes(PAYROLL, hire_of(&employer, "W-1", "2026-09-21", worker(1))).await;
    assert_eq!((hired.outcome(), hired.r#match()), (v1::Outcome::Accepted, v1::WorkerMatch::Matched));
    let effect = hired.effect.expect("an effect");
    assert_eq!((effect.reinstated, effect.needs_attention), (true, false));
    assert_eq!(effect.benefits_from, Some(date("2026-11-01")), "the first of the third month");
    assert_eq!(standing(&world, &member).await, v1::Standing::Employed);

    world.clock_to("2026-11-01").await;
    assert_eq!(verdict_on(&world, "2026-10-31").await, v1::Verdict::NotCovered);
    assert_eq!(verdict_on(&world, "2026-11-01").await, v1::Verdict::Covered);
    let covers = world.reads(FACILITY, check(1)).await.covers;
    assert_eq!((covers.len(), covers[0].scheme()), (1, v1::Scheme::Formal));
    assert_eq!(covers[0].from_day, Some(date("2026-11-01")));

    world.takes(PAYROLL, separation(&employer, "W-1", "2026-11-15")).await;
    world.clock_to("2026-11-16").await;
    assert_eq!(verdict_on(&world, "2026-11-15").await, v1::Verdict::Covered, "the last day worked");
    assert_eq!(verdict_on(&world, "2026-11-16").await, v1::Verdict::NotCovered);
    let decision = world.reads(OFFICER, get(&member)).await.decision.expect("a decision");
    assert_eq!((decision.standing(), decision.since), (v1::Standing::Abandoned, Some(date("2026-09-16"))));
}

#[tokio::test]
async fn a_hire_before_the_lapse_reinstates_nobody() {
    let (world, member) = enrolled_and_paid().await;
    let employer = world.granted("E-1", "2025-11-03").await;
    world.clock_to("2026-09-21").await;
    assert_eq!(standing(&world, &member).await, v1::Standing::Abandoned);
    let retroactive = hire_of(&employer, "W-1", "2026-09-15", worker(1));
    let effect = world.takes(PAYROLL, retroactive).await.effect.expect("an effect");
    assert!(!effect.reinstated, "the lapse never was");
    let decision = world.reads(OFFICER, get(&member)).await.decision.expect("a decision");
    assert_eq!((decision.standing(), decision.since), (v1::Standing::Employed, Some(date("2026-09-15"))));
    world.takes(PAYROLL, separation(&employer, "W-1", "2026-09-20")).await;
    assert_ne!(standing(&world, &member).await, v1::Standing::Abandoned);
}

#[tokio::test]
async fn a_hire_on_the_day_of_the_lapse_is_told_from_the_day_before() {
    for (first_day, reinstated) in [("2026-09-15", false), ("2026-09-16", false), ("2026-09-17", true)] {
        let (world, _) = enrolled_and_paid().await;
        let employer = world.granted("E-1", "2025-11-03").await;
        world.clock_to("2026-09-20").await;
        let hired = hire_of(&employer, "W-1", first_day, worker(1));
        let effect = world.takes(PAYROLL, hired).await.effect.expect("an effect");
        assert_eq!(effect.reinstated, reinstated, "{first_day}");
    }
}

#[tokio::test]
async fn a_bank_file_that_comes_late_undoes_the_lapse() {
    let (world, member) = enrolled_and_paid().await;
    world.clock_to("2026-09-22").await;
    let told = world.reads(OFFICER, explain(&member)).await.decision.expect("a decision");
    let before = told.as_of.and_then(|as_of| as_of.known_at).expect("an instant");
    assert_eq!(told.standing(), v1::Standing::Abandoned);
    let file = v1::RecordPaymentRequest {
        value_date: Some(date("2026-09-15")),
        business_date: Some(date("2026-09-21")),
        ..payment(&member, "2026-09-22")
    };
    let reply = world.takes(COLLECTOR, file).await;
    assert_eq!(reply.outcome(), v1::Outcome::Accepted);
    assert_eq!(reply.effect.expect("an effect").months_paid, ["2026-02"]);
    assert_eq!(standing(&world, &member).await, v1::Standing::InArrears);
    for (known_at, expected) in [
        (Some(before), v1::Standing::Abandoned),
        (reply.known_time, v1::Standing::InArrears),
        (None, v1::Standing::InArrears),
    ] {
        let ask = v1::ExplainCoverageRequest { known_at, valid_at: Some(date("2026-09-22")), ..explain(&member) };
        let decision = world.reads(OFFICER, ask).await.decision.expect("a decision");
        assert_eq!(decision.standing(), expected, "{known_at:?}");
    }
}

#[tokio::test]
async fn a_payment_of_the_last_safe_day_saves_and_one_of_the_day_after_does_not() {
    for (on, expected, outcome) in [
        ("2026-09-15", v1::Standing::InArrears, v1::Outcome::Accepted),
        ("2026-09-16", v1::Standing::Abandoned, v1::Outcome::AcceptedWithWarning),
    ] {
        let (world, member) = enrolled_and_paid().await;
        world.clock_to(on).await;
        assert_eq!(world.pay(&member, on, 1).await.outcome(), outcome, "{on}");
        world.clock_to("2026-09-17").await;
        assert_eq!(standing(&world, &member).await, expected, "{on}");
    }
}
