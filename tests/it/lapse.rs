//! The lapse run: who stands otherwise by time alone is told of once, whoever runs it and however it is broken off.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::Duration;

use krama::proto::v1;
use krama::server;
use tonic::Code;

use crate::crash::number_of;
use crate::feed::{Chance, folded, listed};
use crate::process::program;
use crate::say::{check, date, day, payment};
use crate::world::{COLLECTOR, FACILITY, GATEWAY, OFFICER, World};

const MEMBERS: u32 = 60;

/// Members who pay one month each and nothing more.
async fn crowd(lapse_members: usize) -> World {
    crowd_paying(lapse_members, |_| 1).await
}

/// Members who pay some months in advance and nothing more.
async fn crowd_paying(lapse_members: usize, months: fn(u32) -> i64) -> World {
    let world = World::with("2025-01-06", |config| config.limits.lapse_members = lapse_members).await;
    for number in 1..=MEMBERS {
        let member = world.enrolled(number).await;
        world.pay(&member, "2025-01-06", months(number)).await;
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

/// What was told of each member, in the order in which they were registered: the changes and the notices, oldest first,
/// without the ids that are drawn.
fn told_of_each(changes: &[v1::Change]) -> Vec<Vec<String>> {
    let mut members: Vec<&str> = Vec::new();
    let mut told: Vec<Vec<String>> = Vec::new();
    for change in changes {
        let standings = change.standings.iter().map(|told| {
            let nameless = v1::MemberStanding { member_id: String::new(), ..told.clone() };
            (told.member_id.as_str(), format!("{nameless:?}"))
        });
        let notices = change.notices.iter().map(|notice| {
            let (notice_id, member_id) = (String::new(), String::new());
            let nameless = v1::Notice { notice_id, member_id, ..notice.clone() };
            (notice.member_id.as_str(), format!("{nameless:?}"))
        });
        for (member, line) in standings.chain(notices) {
            let at = members.iter().position(|known| *known == member).unwrap_or_else(|| {
                members.push(member);
                told.push(Vec::new());
                members.len() - 1
            });
            told[at].push(line);
        }
    }
    told
}

/// Says of whom something was not told, was told twice or was told otherwise than in a run that nobody disturbed.
fn same(changes: &[v1::Change], undisturbed: &[v1::Change]) -> Result<(), String> {
    let (told, wanted) = (told_of_each(changes), told_of_each(undisturbed));
    let differs = |at: &usize| told.get(*at) != wanted.get(*at);
    match (0..told.len().max(wanted.len())).find(differs) {
        None => Ok(()),
        Some(at) => Err(format!("of member {at} was told {:?}, not {:?}", told.get(at), wanted.get(at))),
    }
}

/// Lets `krama lapse` run in small parts and kills it after so many of them; whether it was killed before its end.
async fn killed_after(world: &World, parts: u64) -> bool {
    let mut command = program(&world.folder);
    command.args(["lapse", "--sandbox"]).env("KRAMA_LIMITS__LAPSE_MEMBERS", "3");
    let mut run = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("the program starts");
    let running = tokio::task::spawn_blocking(move || {
        let lines = BufReader::new(run.stdout.take().expect("its output")).lines();
        let told = lines.map_while(Result::ok).take_while(|line| !line.starts_with("done"));
        let heard = told.take(usize::try_from(parts).expect("a number")).count();
        let kill = run.kill();
        let ended = run.wait().expect("it ends");
        kill.is_ok() && !ended.success() && u64::try_from(heard).is_ok_and(|heard| heard == parts)
    });
    tokio::time::timeout(Duration::from_secs(60), running).await.expect("in time").expect("it is waited for")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_is_killed_and_begun_again_tells_what_an_undisturbed_one_does() {
    let kills = number_of("KRAMA_CRASHES").unwrap_or(3).min(10);
    let seed = number_of("KRAMA_SEED").unwrap_or(5);
    let mut chance = Chance(seed);
    let months = |number: u32| i64::from(1 + number % 4);
    let (killed, whole) = (crowd_paying(3, months).await, crowd_paying(500, months).await);
    let mut in_the_middle = 0;
    for today in ["2025-03-20", "2025-06-20", "2025-12-20"] {
        killed.clock_to(today).await;
        whole.clock_to(today).await;
        let due = format!("SELECT count(*) FROM standing WHERE wake_on <= {}", day(today).0);
        for _ in 0..kills {
            let before = killed.book.number(&due).await;
            let cut_off = killed_after(&killed, 1 + chance.below(4)).await;
            let left = killed.book.number(&due).await;
            assert!(left <= before, "KRAMA_SEED={seed}: what was done stays done");
            in_the_middle += u64::from(cut_off && 0 < left && left < before);
            killed.keeps_the_truth().await;
        }
        killed.lapses().await;
        whole.lapses().await;
    }
    assert!(in_the_middle >= kills, "KRAMA_SEED={seed}: only {in_the_middle} runs were killed in the middle");
    let (told, undisturbed) = (listed(&killed, OFFICER, 100).await, listed(&whole, OFFICER, 100).await);
    let steps = |changes: &[v1::Change]| changes.iter().filter(|change| change.method == "PassTime").count();
    assert!(steps(&undisturbed) < steps(&told), "it was done in more parts");
    same(&told, &undisturbed).unwrap_or_else(|wrong| panic!("KRAMA_SEED={seed}: {wrong}"));
    folded(&told);
    assert_eq!(abandoned(&told).len(), usize::try_from(MEMBERS).expect("a number"));
    assert_eq!(killed.keeps_the_truth().await, 0);
    killed.book.holds_together().await;
    // What the comparison must notice: a feed with one thing wrong.
    let last = told.iter().rposition(|change| !change.standings.is_empty()).expect("somebody was told of");
    let warned = told.iter().rposition(|change| !change.notices.is_empty()).expect("somebody was warned");
    let spoilt = |at: usize, spoil: fn(&mut v1::Change)| {
        let mut feed = told.clone();
        spoil(&mut feed[at]);
        same(&feed, &undisturbed)
    };
    assert!(spoilt(last, |_| ()).is_ok());
    assert!(spoilt(last, |change| drop(change.standings.pop())).is_err(), "a change is missing");
    assert!(spoilt(last, |change| change.standings.push(change.standings[0].clone())).is_err(), "a change is doubled");
    assert!(spoilt(last, |change| change.standings[0].run_months += 1).is_err(), "a change is another");
    assert!(spoilt(warned, |change| drop(change.notices.pop())).is_err(), "a notice is missing");
    assert!(spoilt(warned, |change| change.notices.push(change.notices[0].clone())).is_err(), "a notice is doubled");
}
