//! A restart keeps everything: the ledger, the answers, and the sandbox clock where it stood.

use krama::proto::{sandbox, v1};
use krama::server;

use crate::say::{account, check, employments, explain, get, hire};
use crate::world::{OFFICER, PAYROLL, World};

const TODAY: &str = "2026-03-10";

#[tokio::test]
async fn what_was_answered_before_a_restart_is_answered_after_it() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    world.pay(&member, TODAY, 2).await;
    let employer = world.granted("E-1", TODAY).await;
    world.takes(PAYROLL, hire(&employer, "W-1", "2026-03-20", 1)).await;
    let book = world.book.content().await;
    let before = (
        world.reads(OFFICER, get(&member)).await,
        world.reads(OFFICER, account(&member)).await,
        world.reads(OFFICER, explain(&member)).await,
        world.reads(OFFICER, check(1)).await,
        world.reads(PAYROLL, employments(&employer)).await,
        world.reads(OFFICER, v1::ListMembersRequest::default()).await,
    );
    let world = world.restart().await;
    let changed = world.book.changed_since(&book).await;
    assert!(changed.iter().all(|row| row[2..].starts_with("ledger: ")), "only the clock may be written: {changed:?}");
    let after = (
        world.reads(OFFICER, get(&member)).await,
        world.reads(OFFICER, account(&member)).await,
        world.reads(OFFICER, explain(&member)).await,
        world.reads(OFFICER, check(1)).await,
        world.reads(PAYROLL, employments(&employer)).await,
        world.reads(OFFICER, v1::ListMembersRequest::default()).await,
    );
    assert_eq!(without_instants(after), without_instants(before));
}

type Answers = (
    v1::GetMemberResponse,
    v1::GetAccountResponse,
    v1::ExplainCoverageResponse,
    v1::CheckCoverageResponse,
    v1::ListEmploymentsResponse,
    v1::ListMembersResponse,
);

/// The answers without the instant at which each was given.
fn without_instants(mut answers: Answers) -> Answers {
    answers.0.decision.iter_mut().for_each(|decision| decision.as_of = None);
    answers.1.as_of = None;
    answers.2.decision.iter_mut().for_each(|decision| decision.as_of = None);
    answers.3.as_of = None;
    answers.3.sources.iter_mut().for_each(|source| source.as_of = None);
    answers
}

#[tokio::test]
async fn the_clock_of_a_sandbox_goes_on_where_it_stood() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    world.clock_to("2026-10-16").await;
    let moved = world.now().await;
    let world = world.restart().await;
    assert_eq!(world.now().await, moved, "time went back by a restart");
    let decision = world.reads(OFFICER, get(&member)).await.decision.expect("a decision");
    assert_eq!(decision.standing(), v1::Standing::Abandoned);
    let world = world.restart().await.restart().await;
    let reply = world.reads(OFFICER, sandbox::GetClockRequest {}).await;
    assert_eq!(reply.now, Some(moved));
}

#[tokio::test]
async fn the_ledger_of_a_sandbox_is_never_taken_for_a_real_one() {
    for with_a_command in [false, true] {
        let world = World::on(TODAY).await;
        if with_a_command {
            world.member(1).await;
        }
        let mut config = world.config.clone();
        let folder = world.stop().await;
        config.sandbox.enabled = false;
        let refused = server::start(&config).await.err().expect("a sandbox's ledger is no real one").to_string();
        assert!(refused.contains("--sandbox"), "{refused}");
        config.sandbox.enabled = true;
        server::start(&config).await.expect("as a sandbox it still starts").stop().await;
        drop(folder);
    }
}

#[tokio::test]
async fn a_ledger_without_its_key_does_not_start() {
    let world = World::on(TODAY).await;
    world.member(1).await;
    let config = world.config.clone();
    let folder = world.stop().await;
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(&config.store.key_file).expect("a key file").permissions(),
    );
    assert_eq!(mode & 0o777, 0o600, "only the owner reads the key");
    std::fs::rename(&config.store.key_file, folder.0.join("elsewhere")).expect("the key is moved");
    let refused = server::start(&config).await.err().expect("without its key nothing can be read").to_string();
    assert!(!config.store.key_file.exists(), "no second key is made: {refused}");
}
