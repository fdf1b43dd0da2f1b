//! The lapse run: who stands otherwise by time alone is told of once, whoever runs it and however it is broken off.

use std::collections::BTreeMap;
use std::time::Duration;

use krama::proto::v1;
use krama::server;
use tonic::Code;

use crate::feed::{folded, listed};
use crate::say::{check, date, payment};
use crate::world::{COLLECTOR, FACILITY, GATEWAY, OFFICER, World};

const MEMBERS: u32 = 60;

/// Members who pay one month each and nothing more.
async fn crowd(lapse_members: usize) -> World {
    let world = World::with("2025-01-06", |config| config.limits.lapse_members = lapse_members).await;
    for number in 1..=MEMBERS {
        let member = world.enrolled(number).await;
        world.pay(&member, "2025-01-06", 1).await;
    }
    world
}

fn abandoned(changes: &[v1::Change]) -> BTreeMap<String, usize> {
    let mut lost = BTreeMap::new();
    for told in changes.iter().flat_map(|change| &change.standings) {
        let state = |state: &Option<v1::DayState>| state.as_ref().map(v1::DayState::standing);
        if state(&told.after) == Some(v1::Standing::Abandoned) && state(&told.before) != state(&told.after) {
            *lost.entry(told.member_id.clone()).or_default() += 1;
        }
    }
    lost
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_side_by_side_and_broken_off_tell_of_everybody_once() {
    let world = crowd(7).await;
    world.clock_to("2025-12-01").await;
    // Nobody waits for the run: what is asked today is decided today.
    let told = world.reads(FACILITY, check(1)).await;
    assert!(!told.covered);
    // A run that is dropped in the middle leaves whole parts behind.
    world
        .beside(async |desk| {
            drop(tokio::time::timeout(Duration::from_millis(30), desk.pass_time(None, |_| {})).await);
        })
        .await;
    world.keeps_the_truth().await;
    let (one, first) = server::open(&world.config).await.expect("a desk");
    let (two, second) = server::open(&world.config).await.expect("another");
    let (left, right) = tokio::join!(one.pass_time(None, |_| {}), two.pass_time(None, |_| {}));
    left.expect("the one ends");
    right.expect("the other ends");
    one.close(first).await;
    two.close(second).await;
    assert_eq!(world.keeps_the_truth().await, 0);
    assert_eq!(world.lapses().await.members, 0);
    let changes = listed(&world, OFFICER, 100).await;
    let lost = abandoned(&changes);
    assert_eq!(lost.len(), usize::try_from(MEMBERS).expect("a number"));
    assert!(lost.values().all(|times| *times == 1), "{lost:?}");
    let steps: Vec<&v1::Change> = changes.iter().filter(|change| change.method == "PassTime").collect();
    assert!(steps.len() > 5 && steps.iter().all(|step| step.standings.len() <= 7 && !step.standings.is_empty()));
    let gone = folded(&changes)
        .values()
        .filter(|told| told.after.as_ref().is_some_and(|after| after.standing() == v1::Standing::Abandoned))
        .count();
    assert_eq!(gone, lost.len());
    world.book.holds_together().await;
}

#[tokio::test]
async fn a_run_takes_what_was_due_by_a_day_and_no_day_to_come() {
    let world = crowd(500).await;
    world.clock_to("2025-03-20").await;
    let until = |day: &str| day.parse().expect("a day");
    // February fell due on the fifteenth of March and nothing before it.
    let early = world.beside(async |desk| desk.pass_time(Some(until("2025-01-31")), |_| {}).await).await;
    assert_eq!(early.expect("a run").members, 0);
    let ahead = world.beside(async |desk| desk.pass_time(Some(until("2025-03-21")), |_| {}).await).await;
    assert_eq!(ahead.expect_err("a day to come").reason(), "DAY_IN_FUTURE");
    let due = world.beside(async |desk| desk.pass_time(Some(until("2025-03-20")), |_| {}).await).await;
    assert_eq!(due.expect("a run").told, usize::try_from(MEMBERS).expect("a number"));
}

#[tokio::test]
async fn a_server_lets_time_pass_by_itself_when_the_clock_moves() {
    let world = World::with("2025-01-06", |config| config.lapse.every_seconds = 3_600).await;
    let member = world.enrolled(1).await;
    world.ask(COLLECTOR, payment(&member, "2025-01-06")).await.expect("a payment");
    let before = world.last_position().await;
    world.clock_to("2025-03-20").await;
    let next = v1::Position { number: before.number + 1, ..before.clone() };
    for _ in 0..400 {
        let wait = v1::GetPositionRequest { at_least_position: Some(next.clone()) };
        match world.ask(GATEWAY, wait).await {
            Ok(_) => break,
            Err(status) => assert_eq!(status.code(), Code::Unavailable, "{status:?}"),
        }
    }
    let ask = v1::ListChangesRequest { after_position: Some(before), ..Default::default() };
    let told = world.ask(OFFICER, ask).await.expect("the feed").changes;
    assert_eq!((told.len(), told[0].method.as_str()), (1, "PassTime"));
    let stands = &told[0].standings[0];
    assert_eq!((&stands.member_id, stands.overdue_months), (&member, 1));
    assert_eq!(told[0].notices[0].due_on, Some(date("2025-03-20")));
    assert_eq!(told[0].notices[0].least_amount_riel, Some(crate::say::MONTH));
}
