//! SandboxService: GetClock and MoveClock, and a server in earnest, which has neither.

use krama::proto::{sandbox, v1};
use prost_types::Timestamp;
use tonic::Code;

use crate::book::ACCEPTED;
use crate::refusal::{invalid, no, not_now, required};
use crate::say::{date, get};
use crate::world::{OFFICER, World, midnight, said};

const TODAY: &str = "2026-03-10";

#[tokio::test]
async fn the_clock_stands_where_the_settings_put_it_and_moves_forward_only() {
    let world = World::on(TODAY).await;
    let read = world.reads(OFFICER, sandbox::GetClockRequest {}).await;
    assert_eq!((read.now, read.today), (Some(midnight(TODAY)), Some(date(TODAY))));
    let to = |seconds: i64| sandbox::MoveClockRequest {
        to: Some(Timestamp { seconds: midnight(TODAY).seconds + seconds, nanos: 0 }),
    };
    let told = world.refuses(OFFICER, to(-1), not_now("CLOCK_BACKWARDS")).await;
    assert!(told.metadata["now"].starts_with("2026-03-09T17:00:00"), "{:?}", told.metadata);
    assert!(told.metadata["to"].starts_with("2026-03-09T16:59:59"), "{:?}", told.metadata);
    world.refuses(OFFICER, sandbox::MoveClockRequest { to: None }, required("to")).await;
    let unreal = sandbox::MoveClockRequest { to: Some(Timestamp { seconds: i64::MAX, nanos: 0 }) };
    world.refuses(OFFICER, unreal, invalid("to")).await;
    for (seconds, today) in [(0, TODAY), (86_399, TODAY), (86_400, "2026-03-11")] {
        let moved = world.ask(OFFICER, to(seconds)).await.expect("forward, or not at all");
        assert_eq!((moved.today, moved.now), (Some(date(today)), to(seconds).to), "{seconds}");
    }
    assert_eq!(world.reads(OFFICER, sandbox::GetClockRequest {}).await.today, Some(date("2026-03-11")));
}

#[tokio::test]
async fn whoever_moves_the_clock_is_noted() {
    let world = World::on(TODAY).await;
    let audit = world.book.last_audit().await;
    world.clock_to("2026-03-11").await;
    let entries = world.book.audit_after(audit).await;
    let noted: Vec<_> = entries.iter().map(|e| (e.method.as_str(), e.outcome, e.caller.as_str())).collect();
    assert_eq!(noted, [("MoveClock", ACCEPTED, "desk-1")]);
}

#[tokio::test]
async fn a_lapse_of_six_months_takes_a_moment() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    for (today, standing) in [("2026-10-15", v1::Standing::InArrears), ("2026-10-16", v1::Standing::Abandoned)] {
        world.clock_to(today).await;
        let decision = world.reads(OFFICER, get(&member)).await.decision.expect("a decision");
        assert_eq!(decision.standing(), standing, "{today}");
    }
}

#[tokio::test]
async fn a_server_in_earnest_believes_nobody_who_names_itself_and_has_no_clock_to_move() {
    let world = World::with(TODAY, |config| config.sandbox.enabled = false).await;
    let unknown = no(Code::Unauthenticated, "CALLER_MISSING");
    world.refuses_saying(said(OFFICER), v1::ListMembersRequest::default(), unknown, "").await;
    for status in [
        world.ask(OFFICER, sandbox::GetClockRequest {}).await.expect_err("no clock"),
        world.ask(OFFICER, sandbox::MoveClockRequest { to: Some(midnight(TODAY)) }).await.expect_err("no clock"),
    ] {
        assert!([Code::Unauthenticated, Code::Unimplemented].contains(&status.code()), "{status:?}");
    }
}
