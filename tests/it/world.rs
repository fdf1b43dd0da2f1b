//! A server with a ledger of its own, and the ways to ask it.

use std::path::{Path, PathBuf};
use std::{env, fs};

use krama::config::{Config, Secret};
use krama::operation::Desk;
use krama::operation::lapse::Passed;
use krama::proto::{sandbox, v1};
use krama::server::{self, Running};
use krama_law::calendar::{Day, Moment};
use prost_types::Timestamp;
use tonic::Status;
use tonic::metadata::{MetadataKey, MetadataMap, MetadataValue};
use tonic::transport::{Channel, Endpoint};

use crate::ask::{Ask, Write, Written};
use crate::book::{ACCEPTED, Book, REFUSED, UNCHANGED};
use crate::cluster::Database;
use crate::refusal::{No, Told};
use crate::say::{date, day};

/// The fund's own staff.
pub(crate) const OFFICER: &str = "OFFICER/desk-1";
/// A second pair of eyes.
pub(crate) const SUPERVISOR: &str = "SUPERVISOR/desk-2";
/// The hotline.
pub(crate) const AGENT: &str = "AGENT/hotline";
/// A bank.
pub(crate) const COLLECTOR: &str = "COLLECTOR/apsara-bank";
/// A hospital.
pub(crate) const FACILITY: &str = "FACILITY/calmette";
/// A notice gateway.
pub(crate) const GATEWAY: &str = "SERVICE/notices";
/// A payroll provider.
pub(crate) const PAYROLL: &str = "PAYROLL/sovann-payroll";

/// Whether this program tries the service on PostgreSQL; `tests/postgres.rs` is the one that does.
pub(crate) const ON_POSTGRES: bool = matches!(env!("CARGO_CRATE_NAME").as_bytes(), b"postgres");

/// A folder that lives as long as the test, with a database if the ledger is not in the folder.
#[derive(Debug)]
pub(crate) struct Folder(pub(crate) PathBuf, pub(crate) Option<Database>);

impl Folder {
    /// A fresh folder.
    pub(crate) fn new() -> Folder {
        let path = env::temp_dir().join(format!("krama it {}", uuid::Uuid::new_v4()));
        fs::create_dir(&path).expect("a folder can be made");
        Folder(path, ON_POSTGRES.then(Database::new))
    }

    /// The file of the ledger; there is none where the ledger is in PostgreSQL.
    pub(crate) fn ledger(&self) -> PathBuf {
        self.0.join("krama.sqlite")
    }

    /// The address of the ledger; empty where it is a file.
    pub(crate) fn url(&self) -> String {
        self.1.as_ref().map_or_else(String::new, Database::url)
    }

    /// The bytes of the ledger on the disk.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let Some(database) = &self.1 else {
            let log = fs::read(self.ledger().with_extension("sqlite-wal")).unwrap_or_default();
            return [fs::read(self.ledger()).expect("a ledger"), log].concat();
        };
        database.files()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder that stays behind in a temporary place does no harm.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A sandbox server on a free port.
pub(crate) struct World {
    pub(crate) config: Config,
    pub(crate) channel: Channel,
    pub(crate) book: Book,
    pub(crate) folder: Folder,
    running: Running,
}

/// The settings of a test: the defaults, in a folder, on a free port.
pub(crate) fn settings(folder: &Folder, today: &str) -> Config {
    let mut config = Config::defaults().expect("the defaults can be read");
    config.server.listen = "127.0.0.1:0".parse().expect("an address");
    config.server.drain_seconds = 1;
    config.store.url = Secret(folder.url());
    config.store.path = folder.ledger();
    config.store.key_file = folder.0.join("krama.key");
    config.policy.folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/kh");
    config.sandbox.enabled = true;
    // A test lets time pass itself, or nobody could say what a read has changed.
    config.lapse.every_seconds = 0;
    config.limits.position_wait_milliseconds = 50;
    config.limits.heartbeat_milliseconds = 100;
    config.limits.position_poll_milliseconds = 5;
    config.sandbox.clock_start = today.to_owned();
    config
}

/// A connection to an address of this machine.
pub(crate) fn channel_to(address: std::net::SocketAddr) -> Channel {
    Endpoint::from_shared(format!("http://{address}")).expect("an address").connect_lazy()
}

impl World {
    /// A server whose clock stands at the beginning of a day.
    pub(crate) async fn on(today: &str) -> World {
        World::with(today, |_| {}).await
    }

    /// The same, with settings of its own.
    pub(crate) async fn with(today: &str, change: impl FnOnce(&mut Config)) -> World {
        World::of(Folder::new(), today, change).await
    }

    /// The same, on the ledger of a folder.
    pub(crate) async fn of(folder: Folder, today: &str, change: impl FnOnce(&mut Config)) -> World {
        let mut config = settings(&folder, today);
        change(&mut config);
        let running = server::start(&config).await.expect("the server starts");
        let book = Book::open(&folder).await;
        World { channel: channel_to(running.address), config, book, running, folder }
    }

    /// Stops the server and starts it again on the same ledger.
    pub(crate) async fn restart(self) -> World {
        let World { config, running, book, folder, channel } = self;
        drop(channel);
        running.stop().await;
        let running = server::start(&config).await.expect("the server starts again");
        World { channel: channel_to(running.address), config, book, running, folder }
    }

    /// Stops the server and leaves its folder behind for as long as it is held.
    pub(crate) async fn stop(self) -> Folder {
        self.running.stop().await;
        self.folder
    }

    /// Where the server listens.
    pub(crate) fn address(&self) -> std::net::SocketAddr {
        self.running.address
    }

    /// Sends a message as somebody who also names the person, the purpose and the case.
    pub(crate) async fn ask<A: Ask>(&self, who: &str, ask: A) -> Result<A::Reply, Status> {
        ask.send(self.channel.clone(), said(who)).await
    }

    /// The answer to a read, which must not change the ledger.
    pub(crate) async fn reads<A: Ask>(&self, who: &str, ask: A) -> A::Reply {
        let before = self.book.content().await;
        let reply = self.ask(who, ask.clone()).await;
        let reply = reply.unwrap_or_else(|status| panic!("{who} is refused {ask:?}: {status:?}"));
        assert_eq!(self.book.changed_since(&before).await, UNCHANGED, "{} only reads", A::RPC);
        reply
    }

    /// The answer to a write that is accepted: a position of its own and exactly one audit entry.
    pub(crate) async fn takes<W: Write>(&self, who: &str, ask: W) -> W::Reply {
        let (position, audit) = (self.book.last_position().await, self.book.last_audit().await);
        let reply = self.ask(who, ask.clone()).await;
        let mut reply = reply.unwrap_or_else(|status| panic!("{who} is refused {ask:?}: {status:?}"));
        let accepted = [v1::Outcome::Accepted, v1::Outcome::AcceptedWithWarning];
        assert!(accepted.contains(&reply.outcome()), "{ask:?}: {:?}", reply.outcome());
        let told = reply.position().as_ref().map(|position| position.number);
        assert_eq!(told, Some(position + 1), "{ask:?}");
        assert!(reply.known_time().is_some(), "{ask:?}");
        let entries = self.book.audit_after(audit).await;
        let entry = entries.first().unwrap_or_else(|| panic!("{} left no audit entry", W::RPC));
        assert_eq!(entries.len(), 1, "{entries:?}");
        assert_eq!((entry.method.as_str(), entry.outcome, entry.position), (W::RPC, ACCEPTED, told));
        assert_eq!(entry.caller, id_in(who));
        reply
    }

    /// A refusal: as expected, without a trace in the ledger, and with exactly one audit entry.
    pub(crate) async fn refuses<A: Ask>(&self, who: &str, ask: A, no: No) -> Told {
        self.refuses_saying(said(who), ask, no, id_in(who)).await
    }

    /// The same, for a caller who says of itself what it likes.
    pub(crate) async fn refuses_saying<A: Ask>(&self, said: MetadataMap, ask: A, no: No, caller: &str) -> Told {
        let (before, audit) = (self.book.content().await, self.book.last_audit().await);
        let reply = ask.clone().send(self.channel.clone(), said).await;
        let status = match reply {
            Err(status) => status,
            Ok(reply) => panic!("expected {no:?} for {ask:?}, got {reply:?}"),
        };
        let told = no.check(A::RPC, &status);
        let entries = self.audited(audit).await;
        let seen: Vec<_> = entries.iter().map(|e| (e.method.as_str(), e.outcome, e.reason.as_str())).collect();
        assert_eq!(seen, [(A::RPC, REFUSED, no.reason())], "the audit of {ask:?}");
        assert_eq!(entries[0].caller, caller, "the audit of {ask:?}");
        assert_eq!(self.book.changed_since(&before).await, UNCHANGED, "a refusal changes nothing: {ask:?}");
        told
    }

    /// The audit entries after one of them. The entry of a refusal at the counter may be written after its answer,
    /// so it is waited for.
    pub(crate) async fn audited(&self, after: i64) -> Vec<crate::book::Entry> {
        for _ in 0..200 {
            let entries = self.book.audit_after(after).await;
            if !entries.is_empty() {
                return entries;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        Vec::new()
    }

    /// Sets the clock to the beginning of a day.
    pub(crate) async fn clock_to(&self, today: &str) {
        let to = Some(midnight(today));
        let reply = self.ask(OFFICER, sandbox::MoveClockRequest { to }).await.expect("the clock moves");
        assert_eq!(reply.today, Some(date(today)));
    }

    /// A desk of its own on the ledger of this world, as another process would have it.
    pub(crate) async fn beside<T>(&self, ask: impl AsyncFnOnce(&Desk) -> T) -> T {
        let (desk, writer) = server::open(&self.config).await.expect("the ledger opens for another");
        let answer = ask(&desk).await;
        desk.close(writer).await;
        answer
    }

    /// Lets time pass for every member whom it has changed.
    pub(crate) async fn lapses(&self) -> Passed {
        self.beside(async |desk| desk.pass_time(None, |_| {}).await.expect("time passes")).await
    }

    /// Whatever is kept of anybody's standing is what the law says and what the feed told. Answers how many members
    /// wait for the lapse run.
    pub(crate) async fn keeps_the_truth(&self) -> u64 {
        let found = self.beside(async |desk| desk.verify(|_| {}).await.expect("it can be verified")).await;
        assert!(found.is_sound(), "{found:?}");
        found.due
    }

    /// The instant at which the clock stands.
    pub(crate) async fn now(&self) -> Timestamp {
        let reply = self.ask(OFFICER, sandbox::GetClockRequest {}).await.expect("the clock can be read");
        reply.now.expect("an instant")
    }

    /// The last position, as a caller would hold it.
    pub(crate) async fn last_position(&self) -> v1::Position {
        let reply = self.ask(OFFICER, v1::ListMembersRequest { page_size: 1, ..Default::default() }).await;
        reply.expect("members can be listed").position.expect("a position")
    }
}

/// The instant at which a day begins in Phnom Penh.
pub(crate) fn midnight(today: &str) -> Timestamp {
    at(Moment::start_of(day(today)))
}

/// The instant at which a day ends in Phnom Penh: one microsecond before the next.
pub(crate) fn last_instant(today: &str) -> Timestamp {
    at(Moment(Moment::start_of(Day(day(today).0 + 1)).0 - 1))
}

fn at(moment: Moment) -> Timestamp {
    let nanos = i32::try_from(moment.0.rem_euclid(1_000_000) * 1_000).expect("less than a second");
    Timestamp { seconds: moment.0.div_euclid(1_000_000), nanos }
}

/// The id in `ROLE/id` or `ROLE/id;employer=...`.
pub(crate) fn id_in(who: &str) -> &str {
    let id = who.split_once('/').map_or("", |(_, id)| id);
    id.split_once(';').map_or(id, |(id, _)| id)
}

/// What a caller says of itself when it reads about a person.
pub(crate) fn said(who: &str) -> MetadataMap {
    let purpose = if who.starts_with("FACILITY") { "care" } else { "correction" };
    saying(&[("krama-caller", who), ("krama-user", "vanna"), ("krama-purpose", purpose), ("krama-case", "case-7")])
}

/// Any metadata.
pub(crate) fn saying(pairs: &[(&'static str, &str)]) -> MetadataMap {
    let mut said = MetadataMap::new();
    for (key, value) in pairs {
        let value = MetadataValue::try_from(*value).expect("plain metadata");
        said.insert(MetadataKey::from_static(key), value);
    }
    said
}
