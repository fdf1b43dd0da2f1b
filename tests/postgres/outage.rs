//! PostgreSQL crashes, or the way to it is cut, while callers write and read: they are told to come again, and nothing
//! is lost.
//!
//! Crashes happen to a cluster of the test's own; cut is a relay between the server and the cluster. The server is never
//! restarted.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use krama::config::{Config, Secret};
use krama::proto::v1;
use krama::server;
use tokio::net::{TcpListener, UnixStream};
use tokio::sync::watch;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::ask::Ask;
use crate::book::Book;
use crate::cluster::{Database, tool};
use crate::say::{account, enrolment, payment, registration};
use crate::world::{COLLECTOR, Folder, OFFICER, channel_to, said, settings};

const TODAY: &str = "2026-03-10";
const DISTURBANCES: usize = 3;
/// On a busy machine few calls are under way when it comes, so it comes again until enough have met it, at most so often.
const DISTURBANCES_MOST: usize = 12;
const WRITERS: usize = 6;

/// A cluster that only one test uses.
struct Cluster(&'static str);

impl Cluster {
    fn start(&self) -> PathBuf {
        tool(&["start", self.0])
    }

    fn crash(&self) {
        tool(&["kill", self.0]);
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        tool(&["stop", self.0]);
    }
}

/// A relay between a server and a database, of which the connections can be cut without a word to either end.
struct Relay {
    address: SocketAddr,
    cut: watch::Sender<u32>,
}

impl Relay {
    async fn to(socket: PathBuf) -> Relay {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("its address");
        let (cut, cuts) = watch::channel(0);
        tokio::spawn(async move {
            while let Ok((mut from, _)) = listener.accept().await {
                let (socket, mut cuts) = (socket.clone(), cuts.clone());
                cuts.mark_unchanged();
                tokio::spawn(async move {
                    let mut to = UnixStream::connect(socket).await.expect("the database listens");
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut from, &mut to) => {}
                        _ = cuts.changed() => {
                            // Both ends stay open and hear nothing more.
                            std::future::pending::<()>().await;
                        }
                    }
                });
            }
        });
        Relay { address, cut }
    }

    /// Cuts every connection that is open now.
    fn cut(&self) {
        self.cut.send_modify(|cuts| *cuts += 1);
    }
}

/// What the callers of a test have met together.
#[derive(Default)]
struct Met {
    acknowledged: AtomicUsize,
    turned_away: AtomicUsize,
    enough: AtomicBool,
    reads: bool,
}

impl Met {
    /// The only thing that a caller may be told while the storage is away.
    fn turned_away(&self, status: &Status) {
        let details = status.get_error_details();
        let reason = details.error_info().map(|info| info.reason.as_str());
        let told = (status.code(), reason);
        // A read has no bound but that of its call.
        let late = self.reads && told == (Code::DeadlineExceeded, Some("DEADLINE"));
        assert!(late || told == (Code::Unavailable, Some("STORAGE_UNAVAILABLE")), "{status:?}");
        assert!(details.retry_info().is_some());
        self.turned_away.fetch_add(1, Ordering::Relaxed);
    }
}

/// Pays until there has been enough, each payment until it is acknowledged.
async fn pay(channel: tonic::transport::Channel, member: String, met: Arc<Met>) -> Vec<Paid> {
    let mut taken = Vec::new();
    while !met.enough.load(Ordering::Relaxed) {
        let paid = payment(&member, TODAY);
        loop {
            match paid.clone().send(channel.clone(), said(COLLECTOR)).await {
                Ok(reply) => {
                    assert_eq!(reply.outcome(), v1::Outcome::Accepted, "under its own id it is no duplicate");
                    taken.push((paid, reply));
                    met.acknowledged.fetch_add(1, Ordering::Relaxed);
                    break;
                }
                Err(status) => met.turned_away(&status),
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    taken
}

type Paid = (v1::RecordPaymentRequest, v1::RecordPaymentResponse);

async fn read(channel: tonic::transport::Channel, member: String, met: Arc<Met>) {
    while !met.enough.load(Ordering::Relaxed) {
        if let Err(status) = account(&member).send(channel.clone(), said(OFFICER)).await {
            met.turned_away(&status);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_crashes_under_load_turns_callers_away_and_loses_nothing() {
    let cluster = Cluster("outage");
    let mut folder = Folder::new();
    folder.1 = Some(Database::on(&cluster.start()));
    let mut config = settings(&folder, TODAY);
    config.store.connection_seconds = 1;
    stays_whole(&folder, config, async || {
        cluster.crash();
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        cluster.start();
    })
    .await;
    drop((folder, cluster));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_falls_silent_is_given_up_and_replaced() {
    let folder = Folder::new();
    let relay = Relay::to(tool(&["start"]).join(".s.PGSQL.5432")).await;
    let mut config = settings(&folder, TODAY);
    config.store.url = Secret(folder.url().replace("localhost", &relay.address.to_string()));
    config.store.url.0.truncate(config.store.url.0.find('?').expect("the folder of the socket"));
    (config.store.connection_seconds, config.store.statement_seconds) = (1, 1);
    config.limits.call_milliseconds = 8_000;
    stays_whole(&folder, config, async || relay.cut()).await;
}

/// Lets callers write and read, disturbs three times or more, and sees that all that was acknowledged is there once.
async fn stays_whole(folder: &Folder, config: Config, disturb: impl AsyncFn()) {
    let running = server::start(&config).await.expect("the server starts");
    let channel = channel_to(running.address);
    let mut members = Vec::new();
    for number in 1..=2 {
        let reply = registration(number).send(channel.clone(), said(OFFICER)).await.expect("a member");
        enrolment(&reply.member_id).send(channel.clone(), said(OFFICER)).await.expect("an enrolment");
        members.push(reply.member_id);
    }

    let (writing, reading) = (Arc::new(Met::default()), Arc::new(Met { reads: true, ..Met::default() }));
    let clients: Vec<_> = (0..WRITERS)
        .map(|client| tokio::spawn(pay(channel.clone(), members[client % 2].clone(), writing.clone())))
        .collect();
    let reader = tokio::spawn(read(channel.clone(), members[0].clone(), reading.clone()));
    for disturbed in 0..=DISTURBANCES_MOST {
        let wanted = writing.acknowledged.load(Ordering::Relaxed) + 50;
        while writing.acknowledged.load(Ordering::Relaxed) < wanted {
            assert!(!clients.iter().any(tokio::task::JoinHandle::is_finished), "a client was told something else");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let noticed = writing.turned_away.load(Ordering::Relaxed) >= WRITERS;
        if (disturbed >= DISTURBANCES && noticed) || disturbed == DISTURBANCES_MOST {
            break;
        }
        disturb().await;
    }
    writing.enough.store(true, Ordering::Relaxed);
    reading.enough.store(true, Ordering::Relaxed);
    reader.await.expect("the reader ends");
    let mut taken = Vec::new();
    for client in clients {
        taken.extend(client.await.expect("the client ends"));
    }
    let turned_away = (writing.turned_away.load(Ordering::Relaxed), reading.turned_away.load(Ordering::Relaxed));
    assert!(turned_away.0 >= WRITERS, "it was noticed: {turned_away:?}");

    let positions: BTreeSet<i64> =
        taken.iter().filter_map(|(_, reply)| reply.position.as_ref()).map(|p| p.number).collect();
    assert_eq!(positions.len(), taken.len(), "no two payments took one place");
    for (paid, reply) in taken.iter().step_by(7) {
        let again = paid.clone().send(channel.clone(), said(COLLECTOR)).await.expect("the same answer");
        assert_eq!(&again, reply);
    }
    let book = Book::open(folder).await;
    assert_eq!(book.number("SELECT count(*) FROM payment").await, i64::try_from(taken.len()).expect("a number"));
    book.holds_together().await;
    crate::process::keeps_the_truth(folder).await;
    running.stop().await;
}
