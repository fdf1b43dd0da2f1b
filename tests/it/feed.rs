//! The feed: every position once and in order, whoever writes, whoever watches and however often the line breaks.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use krama::proto::v1;
use krama::proto::v1::change_service_client::ChangeServiceClient;
use krama::proto::v1::watch_changes_response::Message;
use krama::server;
use tonic::transport::Channel;
use tonic::{Code, Request, Status, Streaming};

use crate::ask::Ask;
use crate::book::Book;
use crate::refusal::{invalid, no, required};
use crate::say::{MONTH, enrolment, explain, payment, registration, reversal};
use crate::world::{COLLECTOR, Folder, GATEWAY, OFFICER, ON_POSTGRES, World, channel_to, midnight, said, settings};

const TODAY: &str = "2026-03-10";
const WRITERS: usize = 5;
const ROUNDS: usize = 30;
const WATCHERS: usize = 4;

/// Draws numbers that look like chance and are the same in each run.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    /// A number below a bound.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

async fn watch(
    channel: Channel,
    who: &str,
    after: Option<v1::Position>,
    kinds: &[v1::ChangeKind],
) -> Result<Streaming<v1::WatchChangesResponse>, Status> {
    let kinds = kinds.iter().map(|kind| i32::from(*kind)).collect();
    let mut request = Request::new(v1::WatchChangesRequest { after_position: after, kinds });
    *request.metadata_mut() = said(who);
    Ok(ChangeServiceClient::new(channel).watch_changes(request).await?.into_inner())
}

/// The next message that is no heartbeat.
async fn next(stream: &mut Streaming<v1::WatchChangesResponse>) -> Result<v1::Change, Status> {
    loop {
        let message = stream.message().await?.and_then(|reply| reply.message);
        match message.expect("a feed has no end of its own") {
            Message::Change(change) => return Ok(change),
            Message::Heartbeat(_) => {}
        }
    }
}

/// Everything that the feed tells a caller, by pages of a size.
pub(crate) async fn listed(world: &World, who: &str, page_size: i32) -> Vec<v1::Change> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let ask = v1::ListChangesRequest { after_position: after, page_size, ..Default::default() };
        let page = world.ask(who, ask).await.expect("a page of changes");
        assert!(page.changes.len() <= usize::try_from(page_size).expect("a size"));
        all.extend(page.changes);
        after = page.position;
        if !page.more {
            return all;
        }
    }
}

/// Where each member stands by all that was told.
pub(crate) fn folded(changes: &[v1::Change]) -> BTreeMap<String, v1::MemberStanding> {
    let mut stands: BTreeMap<String, v1::MemberStanding> = BTreeMap::new();
    for told in changes.iter().flat_map(|change| &change.standings) {
        let before = stands.get(&told.member_id).and_then(|known| known.after.clone());
        assert_eq!(told.before, before, "what was so before is what was told last");
        stands.insert(told.member_id.clone(), told.clone());
    }
    stands
}

fn positions(changes: &[v1::Change]) -> Vec<i64> {
    changes.iter().map(|change| change.position.as_ref().map_or(0, |position| position.number)).collect()
}

#[tokio::test]
async fn the_feed_tells_each_position_once_and_adds_up_to_where_everybody_stands() {
    let world = World::on("2025-01-06").await;
    let (member, other) = (world.enrolled(1).await, world.enrolled(2).await);
    let paid = world.pay(&member, "2025-01-06", 2).await;
    world.clock_to("2025-05-20").await;
    world.lapses().await;
    world.ask(COLLECTOR, reversal(&paid.payment_id, "2025-01-07")).await.expect("a reversal");
    let months = v1::RecordPaymentRequest { amount_riel: 5 * MONTH, ..payment(&other, "2025-05-20") };
    let told = world.ask(OFFICER, months).await.expect("a payment");
    let last = world.last_position().await.number;
    let all = listed(&world, OFFICER, 3).await;
    assert_eq!(positions(&all), (1..=last).collect::<Vec<_>>());
    assert_eq!(listed(&world, OFFICER, 500).await, all, "however large the pages are");
    let methods: Vec<&str> = all.iter().map(|change| change.method.as_str()).collect();
    assert_eq!(methods.iter().filter(|method| **method == "PassTime").count(), 1);
    assert!(all.iter().all(|change| change.known_time.is_some()));
    let kinds: Vec<&str> = all.iter().flat_map(|change| &change.facts).map(|fact| fact.kind.as_str()).collect();
    assert_eq!(kinds, ["ENROLLED", "ENROLLED", "PAYMENT", "REVERSED", "PAYMENT"]);
    // What the write answered of days that are otherwise now, the feed tells too.
    let paid = &all.last().expect("a message").member_changes;
    assert_eq!(paid.iter().map(|changes| &changes.member_id).collect::<Vec<_>>(), [&other]);
    assert_eq!(paid[0].changes, told.standing_changes);
    assert!(told.standing_changes.is_some_and(|told| !told.changes.is_empty()));
    for (id, told) in folded(&all) {
        let decision = world.reads(OFFICER, explain(&id)).await.decision.expect("a decision");
        let after = told.after.expect("a state");
        assert_eq!((after.standing(), after.covered), (decision.standing(), decision.covered), "{id}");
        assert_eq!((&told.covers, told.overdue_months), (&decision.covers, decision.overdue_months), "{id}");
        assert_eq!((&told.last_safe_day, told.run_months), (&decision.last_safe_day, decision.run_months), "{id}");
        assert_eq!(told.holds_until, decision.holds_until, "{id}");
    }
    world.book.holds_together().await;
}

#[tokio::test]
async fn each_role_gets_what_it_needs_and_nobody_is_named() {
    let world = World::on("2025-01-06").await;
    let member = world.enrolled(1).await;
    world.employer("E-1").await;
    world.pay(&member, "2025-01-06", 1).await;
    world.clock_to("2025-03-20").await;
    world.lapses().await;
    let all = listed(&world, OFFICER, 50).await;
    let brief = listed(&world, GATEWAY, 50).await;
    assert!(brief.len() < all.len(), "positions of which nothing is left are passed over");
    assert!(brief.iter().all(|change| change.method.is_empty() && change.facts.is_empty()));
    assert!(brief.iter().all(|change| change.member_changes.is_empty()));
    for told in brief.iter().flat_map(|change| &change.standings) {
        assert!(told.covers.is_empty() && told.last_safe_day.is_none() && told.policy_revision.is_empty());
        assert!(told.after.is_some());
    }
    let notices: Vec<&v1::Notice> = brief.iter().flat_map(|change| &change.notices).collect();
    assert_eq!(notices.len(), 1, "the first missed month is warned of");
    assert_eq!((notices[0].kind(), &notices[0].member_id), (v1::NoticeKind::FirstMissed, &member));
    let only = |kinds: &[v1::ChangeKind]| v1::ListChangesRequest {
        kinds: kinds.iter().map(|kind| i32::from(*kind)).collect(),
        ..Default::default()
    };
    let warned = world.reads(OFFICER, only(&[v1::ChangeKind::Notice])).await;
    assert_eq!((warned.changes.len(), warned.changes[0].standings.len(), warned.more), (1, 0, false));
    assert_eq!(warned.position, Some(world.last_position().await), "what was passed over was seen");
    assert!(world.reads(GATEWAY, only(&[v1::ChangeKind::Fact])).await.changes.is_empty());
    let text = format!("{all:?}");
    for secret in ["Chea", "Sophea", "SE-000001", "855", "apsara-bank", "TX-"] {
        assert!(!text.contains(secret), "{secret} is in the feed");
    }
    let bad = v1::ListChangesRequest { kinds: vec![9], ..Default::default() };
    world.refuses(GATEWAY, bad, invalid("kinds[0]")).await;
    let nothing = v1::ListChangesRequest { kinds: vec![0], ..Default::default() };
    world.refuses(GATEWAY, nothing, required("kinds[0]")).await;
}

#[tokio::test]
async fn a_position_of_another_life_of_the_ledger_fails_loudly() {
    let world = World::on(TODAY).await;
    let elsewhere = Some(v1::Position { epoch: "another".to_owned(), number: 1 });
    let foreign = no(Code::OutOfRange, "POSITION_FROM_OTHER_EPOCH");
    world.refuses(GATEWAY, v1::WatchChangesRequest { after_position: elsewhere.clone(), kinds: vec![] }, foreign).await;
    let list = v1::ListChangesRequest { after_position: elsewhere.clone(), ..Default::default() };
    world.refuses(GATEWAY, list, foreign).await;
    world.refuses(GATEWAY, v1::GetPositionRequest { at_least_position: elsewhere }, foreign).await;
    let present = world.reads(GATEWAY, v1::GetPositionRequest::default()).await;
    let position = present.position.expect("a position");
    assert_eq!((position.number, present.known_at.is_some()), (0, true));
    let before = v1::ListChangesRequest {
        after_position: Some(v1::Position { number: -1, ..position.clone() }),
        ..Default::default()
    };
    world.refuses(GATEWAY, before, invalid("after_position.number")).await;
    let ahead = v1::Position { number: 1, ..position };
    let not_yet = v1::ListChangesRequest { at_least_position: Some(ahead), ..Default::default() };
    world.refuses(GATEWAY, not_yet, no(Code::Unavailable, "POSITION_NOT_REACHED")).await;
}

#[tokio::test]
async fn a_read_waits_a_while_for_a_position_that_is_coming() {
    let world = World::with(TODAY, |config| config.limits.position_wait_milliseconds = 20_000).await;
    let position = world.last_position().await;
    let coming = v1::Position { number: position.number + 1, ..position };
    let wait = v1::GetPositionRequest { at_least_position: Some(coming) };
    let (seen, written) = tokio::join!(world.ask(GATEWAY, wait), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        world.ask(OFFICER, registration(1)).await
    });
    assert_eq!(seen.expect("it was reached").position, written.expect("a member").position);
}

#[tokio::test]
async fn who_hears_nothing_is_told_how_far_the_feed_has_come_and_is_let_go_when_the_server_stops() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    let mut notices =
        watch(world.channel.clone(), GATEWAY, None, &[v1::ChangeKind::Notice]).await.expect("the feed opens");
    let heard = notices.message().await.expect("a message").and_then(|reply| reply.message);
    let Some(Message::Heartbeat(heartbeat)) = heard else { panic!("expected a heartbeat, got {heard:?}") };
    assert_eq!(heartbeat.position, Some(world.last_position().await));
    // What is written while others are watched wakes them at once, and is told without a heartbeat's delay.
    let mut all = watch(world.channel.clone(), OFFICER, heartbeat.position, &[]).await.expect("the feed opens");
    let paid = world.ask(COLLECTOR, payment(&member, TODAY)).await.expect("a payment");
    assert_eq!(next(&mut all).await.expect("a change").position, paid.position);
    world.stop().await;
    let ended = loop {
        match notices.message().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("the stream ended without a word"),
            Err(status) => break status,
        }
    };
    assert_eq!(ended.code(), Code::Unavailable, "{ended:?}");
}

/// Sends to one server after the other until one takes it; the request id makes a repetition harmless.
async fn send<A: Ask>(servers: &[Channel], first: usize, who: &str, ask: &A) -> A::Reply {
    for turn in 0..200 {
        let channel = servers[(first + turn) % servers.len()].clone();
        match ask.clone().send(channel, said(who)).await {
            Ok(reply) => return reply,
            Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
    panic!("nobody takes {ask:?}")
}

/// Watches by fits and starts until a number of positions is reached: now here, now there, and never for long.
async fn watch_restlessly(servers: Vec<Channel>, seed: u64, goal: Arc<AtomicUsize>) -> Vec<v1::Change> {
    let (mut chance, mut seen) = (Chance(seed), Vec::<v1::Change>::new());
    let mut failures = 0;
    while seen.len() < goal.load(Ordering::Relaxed) {
        let server = usize::try_from(chance.below(servers.len() as u64)).expect("an index");
        let after = seen.last().and_then(|change| change.position.clone());
        let stream = watch(servers[server].clone(), OFFICER, after, &[]).await;
        let Ok(mut stream) = stream else {
            failures += 1;
            assert!(failures < 100, "no server lets anybody watch");
            tokio::time::sleep(Duration::from_millis(5)).await;
            continue;
        };
        failures = 0;
        // A server under load may need a while for the first message; after that nobody waits for long.
        let mut patience = Duration::from_secs(3);
        for _ in 0..=chance.below(9) {
            if seen.len() >= goal.load(Ordering::Relaxed) {
                break;
            }
            // A server may go in the middle of a message; what was not read comes again from another.
            let waited = tokio::time::timeout(patience, next(&mut stream)).await;
            let Ok(Ok(change)) = waited else { break };
            seen.push(change);
            patience = Duration::from_millis(1 + chance.below(40));
        }
    }
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn watchers_that_come_and_go_miss_nothing_and_get_nothing_twice_whoever_writes() {
    let folder = Folder::new();
    let mut config = settings(&folder, TODAY);
    config.limits.feed_positions = 7;
    let one = server::start(&config).await.expect("a server");
    // In PostgreSQL a second server shares the ledger, and leaves in the middle.
    let two = if ON_POSTGRES { Some(server::start(&config).await.expect("another")) } else { None };
    let servers: Vec<Channel> =
        [Some(one.address), two.as_ref().map(|two| two.address)].into_iter().flatten().map(channel_to).collect();
    let member = send(&servers, 0, OFFICER, &registration(1)).await.member_id;
    send(&servers, 1, OFFICER, &enrolment(&member)).await;
    // Somebody opens the feed and never reads it.
    let _idle = watch(servers[0].clone(), OFFICER, None, &[]).await.expect("the feed opens");
    let goal = Arc::new(AtomicUsize::new(usize::MAX));
    let watchers: Vec<_> = (0..WATCHERS)
        .map(|watcher| tokio::spawn(watch_restlessly(servers.clone(), watcher as u64 + 7, goal.clone())))
        .collect();
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let (servers, member) = (servers.clone(), member.clone());
            tokio::spawn(async move {
                for round in 0..ROUNDS {
                    let number = u32::try_from(100 + writer * ROUNDS + round).expect("a number");
                    send(&servers, writer + round, OFFICER, &registration(number)).await;
                    send(&servers, writer + round + 1, COLLECTOR, &payment(&member, TODAY)).await;
                }
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(150)).await;
    if let Some(two) = two {
        two.stop().await;
    }
    for writer in writers {
        writer.await.expect("the writer ends");
    }
    let to = Some(midnight("2026-03-11"));
    send(&servers[..1], 0, OFFICER, &krama::proto::sandbox::MoveClockRequest { to }).await;
    send(&servers[..1], 0, OFFICER, &registration(2)).await;
    let book = Book::open(&folder).await;
    let last = book.last_position().await;
    assert_eq!(last, i64::try_from(2 * WRITERS * ROUNDS + 3).expect("a number"));
    goal.store(usize::try_from(last).expect("a number"), Ordering::Relaxed);
    let mut first: Option<Vec<v1::Change>> = None;
    for watcher in watchers {
        let seen = tokio::time::timeout(Duration::from_secs(60), watcher).await.expect("in time").expect("it ends");
        assert_eq!(positions(&seen), (1..=last).collect::<Vec<_>>(), "every position once, in order");
        let first = first.get_or_insert_with(|| seen.clone());
        assert!(*first == seen, "everybody is told the same");
    }
    folded(&first.expect("somebody watched"));
    book.holds_together().await;
    one.stop().await;
}
