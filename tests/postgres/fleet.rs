//! Several servers on one database: one ledger, one order and one clock, also when one of them is killed.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use krama::proto::{sandbox, v1};
use krama::server;
use prost::Message as _;
use tonic::transport::Channel;
use tonic::{Code, Status};

use crate::ask::Ask;
use crate::book::Book;
use crate::policy::{approval, proposal, reform};
use crate::process::Process;
use crate::say::{enrolment, get, payment, registration};
use crate::world::{COLLECTOR, Folder, OFFICER, SUPERVISOR, channel_to, midnight, said, settings};

const TODAY: &str = "2026-03-10";
const CLIENTS: usize = 9;
/// How many payments each client sends, and how many people all of them try to register.
const ROUNDS: u32 = 24;
/// After how many answers the one server is killed or stands still.
const LOST_AFTER: usize = 60;
/// How long a client waits for an answer before it asks another server.
const PATIENCE: Duration = Duration::from_millis(500);

/// Sends to one server after the other until one answers; only the law and the ledger can say no.
async fn send<A: Ask>(servers: &[Channel], first: usize, who: &str, ask: &A) -> Result<A::Reply, Status> {
    send_from(servers, &mut { first }, who, ask).await
}

/// The same, by a client who stays with the server that answered.
async fn send_from<A: Ask>(servers: &[Channel], turn: &mut usize, who: &str, ask: &A) -> Result<A::Reply, Status> {
    for _ in 0..100 {
        let channel = servers[*turn % servers.len()].clone();
        match tokio::time::timeout(PATIENCE, ask.clone().send(channel, said(who))).await {
            Ok(Err(status)) if is_lost(&status) => tokio::time::sleep(Duration::from_millis(10)).await,
            Ok(answer) => return answer,
            // A server that stands still says nothing at all.
            Err(_) => {}
        }
        *turn += 1;
    }
    panic!("nobody answers {ask:?}")
}

/// Whether the server did not answer; the client's own library tells of a broken connection in several ways.
fn is_lost(status: &Status) -> bool {
    matches!(status.code(), Code::Unavailable | Code::Unknown | Code::Cancelled | Code::Internal)
}

fn channels(addresses: &[SocketAddr]) -> Vec<Channel> {
    addresses.iter().copied().map(channel_to).collect()
}

#[derive(Default)]
struct Taken {
    payments: Vec<(v1::RecordPaymentRequest, v1::RecordPaymentResponse)>,
    /// The people whom this client was the one to register.
    registered: Vec<u32>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_servers_of_which_one_is_killed_keep_one_ledger_without_gaps() {
    three_servers_of_which_one_is_lost(Process::kill, |_| {}).await;
}

/// One that stands still in the middle of a batch holds the writer lock, until the database takes it away.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_servers_of_which_one_stands_still_keep_one_ledger_without_gaps() {
    three_servers_of_which_one_is_lost(|process| process.signal("STOP"), |process| process.signal("CONT")).await;
}

async fn three_servers_of_which_one_is_lost(lose: fn(&mut Process), find: fn(&mut Process)) {
    let folder = Folder::new();
    let mut config = settings(&folder, TODAY);
    config.store.statement_seconds = 2;
    // Both start on a database in which there is nothing yet.
    let (one, two) = tokio::join!(server::start(&config), server::start(&config));
    let (one, two) = (one.expect("the first starts"), two.expect("the second starts"));
    let mut doomed = Process::start(&folder, "krama=info").await;
    let servers = channels(&[doomed.address, one.address, two.address]);
    let mut members = Vec::new();
    for number in 1..=2 {
        let member = send(&servers, 0, OFFICER, &registration(number)).await.expect("a member").member_id;
        send(&servers, 1, OFFICER, &enrolment(&member)).await.expect("another server knows the member");
        members.push(member);
    }

    let answered = Arc::new(AtomicUsize::new(0));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let (servers, answered, member) = (servers.clone(), answered.clone(), members[client % 2].clone());
            tokio::spawn(async move {
                let (mut taken, mut turn) = (Taken::default(), client);
                for round in 0..ROUNDS {
                    let paid = payment(&member, TODAY);
                    let reply =
                        send_from(&servers, &mut turn, COLLECTOR, &paid).await.expect("a payment is never refused");
                    assert_eq!(reply.outcome(), v1::Outcome::Accepted);
                    taken.payments.push((paid, reply));
                    match send_from(&servers, &mut turn, OFFICER, &registration(100 + round)).await {
                        Ok(_) => taken.registered.push(100 + round),
                        Err(status) => assert_eq!(status.code(), Code::AlreadyExists, "{status:?}"),
                    }
                    answered.fetch_add(2, Ordering::Relaxed);
                }
                taken
            })
        })
        .collect();
    while answered.load(Ordering::Relaxed) < LOST_AFTER {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    lose(&mut doomed);

    let mut positions = BTreeMap::new();
    let mut registered = Vec::new();
    for client in clients {
        let taken = client.await.expect("the client ends");
        registered.extend(taken.registered);
        for (paid, reply) in taken.payments {
            let again = send(&servers, 1, COLLECTOR, &paid).await.expect("the same answer");
            assert_eq!(again.encode_to_vec(), reply.encode_to_vec(), "whichever server is asked");
            let (position, known) = (reply.position.expect("a position"), reply.known_time.expect("an instant"));
            assert!(positions.insert(position.number, (known.seconds, known.nanos)).is_none(), "one place for two");
        }
    }
    assert!(positions.values().is_sorted_by(|one, next| one < next), "known times rise with positions");
    registered.sort_unstable();
    assert_eq!(registered, (100..100 + ROUNDS).collect::<Vec<_>>(), "each person has one record");
    let book = Book::open(&folder).await;
    let sent = i64::from(ROUNDS) * i64::try_from(CLIENTS).expect("a number");
    assert_eq!(book.number("SELECT count(*) FROM payment").await, sent);
    assert_eq!(book.number("SELECT count(DISTINCT member) FROM person").await, i64::from(ROUNDS) + 2);
    book.holds_together().await;
    // If it only stood still it goes on now, and finds that its batch is not its own any more.
    find(&mut doomed);
    send(&servers[..2], 0, OFFICER, &registration(99)).await.expect("somebody answers");
    book.holds_together().await;
    crate::process::keeps_the_truth(&folder).await;
    one.stop().await;
    two.stop().await;
    drop((book, doomed));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_server_has_written_or_set_the_other_knows_at_once() {
    let folder = Folder::new();
    let config = settings(&folder, TODAY);
    let (one, two) = tokio::join!(server::start(&config), server::start(&config));
    let (one, two) = (one.expect("the first starts"), two.expect("the second starts"));
    let servers = channels(&[one.address, two.address]);
    let member = send(&servers, 0, OFFICER, &registration(1)).await.expect("a member").member_id;
    for round in 0..20 {
        let other = registration(10 + u32::try_from(round).expect("a number"));
        let at_least_position = send(&servers, round, OFFICER, &other).await.expect("a member").position;
        let seen = v1::GetMemberRequest { at_least_position, ..get(&member) };
        send(&servers, round + 1, OFFICER, &seen).await.expect("the other has it too");
    }
    for (round, today) in ["2026-03-11", "2026-04-01", "2026-10-16"].into_iter().enumerate() {
        let to = Some(midnight(today));
        send(&servers, round, OFFICER, &sandbox::MoveClockRequest { to }).await.expect("the clock moves");
        let clock = send(&servers, round + 1, OFFICER, &sandbox::GetClockRequest {}).await.expect("the clock");
        assert!(clock.today == Some(crate::say::date(today)), "the other server's clock stands at {clock:?}");
        let another = registration(50 + u32::try_from(round).expect("a number"));
        let written = send(&servers, round + 1, OFFICER, &another).await.expect("a member");
        let known = written.known_time.expect("an instant");
        assert!(known.seconds >= midnight(today).seconds, "{known:?}");
    }
    one.stop().await;
    two.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_law_that_two_people_changed_on_two_servers_is_in_force_on_both() {
    let folder = Folder::new();
    let config = settings(&folder, TODAY);
    let (one, two) = tokio::join!(server::start(&config), server::start(&config));
    let (one, two) = (one.expect("the first starts"), two.expect("the second starts"));
    let servers = channels(&[one.address, two.address]);
    let document = reform("kh-back-payment").replace("2027-01-01", "2026-03-11");
    let proposed = send(&servers, 0, OFFICER, &proposal(&document)).await.expect("a proposal");
    let approved = send(&servers, 1, SUPERVISOR, &approval(&proposed)).await.expect("an approval");
    let asked = v1::GetPolicyRequest { at_least_position: approved.position, ..Default::default() };
    for server in 0..2 {
        let before = send(&servers, server, OFFICER, &asked).await.expect("the law");
        assert_eq!(before.effective_day, Some(crate::say::date("2023-08-28")), "server {server}");
    }
    let to = Some(midnight("2026-03-11"));
    send(&servers, 0, OFFICER, &sandbox::MoveClockRequest { to }).await.expect("the clock moves");
    for server in 0..2 {
        let now = send(&servers, server, OFFICER, &asked).await.expect("the law");
        assert_eq!(now.effective_day, Some(crate::say::date("2026-03-11")), "server {server}");
        let member = registration(20 + u32::try_from(server).expect("a number"));
        let member = send(&servers, server, OFFICER, &member).await.expect("a member").member_id;
        let told = send(&servers, server, OFFICER, &get(&member)).await.expect("a member");
        assert_eq!(told.decision.expect("a decision").policy_revision, "2026-03-11", "server {server}");
    }
    one.stop().await;
    two.stop().await;
}
