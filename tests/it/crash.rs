//! Crashes: a client streams payments while the server's process is killed at random moments, and goes on after the last
//! record that was acknowledged.
//!
//! After each crash the ledger holds every acknowledged record exactly once, in its place, and nothing that was not
//! sent. The checker itself is shown ledgers that are wrong, and must notice. `KRAMA_CRASHES` says how often,
//! `KRAMA_SEED` from which seed.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use krama::proto::v1;
use krama::proto::v1::record_payments_response::Message;
use tokio_stream::StreamExt as _;
use tonic::transport::Channel;

use crate::ask::Ask;
use crate::batch::anonymous;
use crate::book::Book;
use crate::pour::{Pour as _, Poured, options, record, start};
use crate::process::{Process, keeps_the_truth};
use crate::say::{enrolment, payment, registration};
use crate::world::{COLLECTOR, Folder, OFFICER, channel_to, said};

const TODAY: &str = "2026-03-10";
/// The longest time between the beginning of a stream and the crash.
const LONGEST_MILLISECONDS: u64 = 700;

/// A small generator of the splitmix family; the seed tells all of a run.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// The number in a variable of the environment, if it is set.
pub(crate) fn number_of(variable: &str) -> Option<u64> {
    env::var(variable).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{variable} is no number: {text}")))
}

/// What the client knows: how far it has sent, and where in the ledger each acknowledged record is.
struct Client {
    members: Vec<String>,
    namespace: uuid::Uuid,
    batch: v1::BatchOptions,
    /// The number of the last record that was handed to the transport.
    sent: Arc<AtomicI64>,
    acknowledged: BTreeMap<i64, (String, i64)>,
}

impl Client {
    /// The record with a number, the same whenever it is sent.
    fn record(members: &[String], namespace: uuid::Uuid, number: i64) -> v1::RecordPaymentsRequest {
        let id = uuid::Uuid::new_v5(&namespace, &number.to_be_bytes()).to_string();
        // Every fourth is somebody's; what waits in suspense is as much money.
        let at = usize::try_from(number).expect("a number") / 4 % members.len();
        let known = || payment(&members[at], TODAY);
        let told = if number % 4 == 0 { known() } else { anonymous() };
        let payment = v1::RecordPaymentRequest { request_id: id, reference: reference(number), ..told };
        record(v1::PaymentRecord { client_sequence: number, payment: Some(payment) })
    }

    /// Streams records from the one after the last acknowledged, up to a number, until all are answered or the server
    /// is gone.
    async fn stream(&mut self, channel: &Channel, until: i64) -> Option<v1::BatchSummary> {
        let from = self.acknowledged.last_key_value().map_or(0, |(number, _)| *number) + 1;
        let (members, namespace, sent) = (self.members.clone(), self.namespace, self.sent.clone());
        let records = tokio_stream::iter(from..=until).map(move |number| {
            sent.fetch_max(number, Ordering::SeqCst);
            Client::record(&members, namespace, number)
        });
        let messages = tokio_stream::once(start(&self.batch)).chain(records);
        let opened = v1::RecordPaymentsRequest::open(channel.clone(), said(COLLECTOR), messages).await;
        // The server may be killed before it answers at all.
        let poured = Poured::read(opened.ok()?).await;
        let mut summary = None;
        for reply in poured.replies {
            match reply.message.expect("a message") {
                Message::Result(result) => self.note(result),
                Message::Summary(told) => summary = Some(told),
            }
        }
        summary
    }

    fn note(&mut self, result: v1::PaymentResult) {
        let number = result.client_sequence;
        let answer = result.payment.unwrap_or_else(|| panic!("record {number} is refused: {:?}", result.refusal));
        assert_ne!(answer.outcome(), v1::Outcome::Duplicate, "under its own id it is no duplicate");
        let place = (reference(number), answer.position.expect("a position").number);
        assert!(self.acknowledged.insert(number, place).is_none(), "record {number} is answered twice on one stream");
    }
}

fn reference(number: i64) -> String {
    format!("R-{number}")
}

/// The payments of a ledger: the reference of each, and the position at which it was recorded.
async fn ledger(book: &Book) -> Vec<(String, i64)> {
    let rows = book.texts("SELECT reference || '=' || (id / 16) FROM payment ORDER BY id").await;
    let row = |row: &String| {
        let (reference, position) = row.split_once('=').expect("two parts");
        (reference.to_owned(), position.parse().expect("a position"))
    };
    rows.iter().map(row).collect()
}

/// Says what is wrong with a ledger in the eyes of a client, if anything is.
fn check(ledger: &[(String, i64)], acknowledged: &BTreeMap<i64, (String, i64)>, sent: i64) -> Result<(), String> {
    let mut held: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for (reference, position) in ledger {
        held.entry(reference).or_default().push(*position);
    }
    for (reference, position) in acknowledged.values() {
        let found = held.get(reference.as_str()).map(Vec::as_slice).unwrap_or_default();
        if found != [*position] {
            return Err(format!("{reference} was acknowledged at {position} and is held at {found:?}"));
        }
    }
    let known: BTreeSet<String> = (1..=sent).map(reference).collect();
    for (reference, positions) in held {
        if positions.len() != 1 || !known.contains(reference) {
            return Err(format!("{reference} is held at {positions:?}; {sent} records were sent"));
        }
    }
    Ok(())
}

/// Shows the checker what it must notice: the ledger as it is, with one thing wrong.
fn control(ledger: &[(String, i64)], client: &Client, sent: i64, chance: &mut Chance) {
    let chosen = usize::try_from(chance.below(client.acknowledged.len() as u64)).expect("a number");
    let (reference, _) = client.acknowledged.values().nth(chosen).expect("a record");
    let at = ledger.iter().position(|(held, _)| held == reference).expect("it is held");
    let spoilt = |spoil: fn(&mut Vec<(String, i64)>, usize)| {
        let mut rows = ledger.to_vec();
        spoil(&mut rows, at);
        check(&rows, &client.acknowledged, sent)
    };
    assert!(spoilt(|_, _| ()).is_ok());
    assert!(spoilt(|rows, at| drop(rows.remove(at))).is_err(), "an acknowledged row is missing");
    assert!(spoilt(|rows, at| rows.push(rows[at].clone())).is_err(), "an acknowledged row is doubled");
    assert!(spoilt(|rows, at| rows[at].1 += 1).is_err(), "an acknowledged row is elsewhere");
    assert!(spoilt(|rows, _| rows.push(("R-0".to_owned(), 1))).is_err(), "a row was never sent");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_is_resumed_after_crashes_holds_every_record_once() {
    let crashes = number_of("KRAMA_CRASHES").unwrap_or(5);
    let seed = number_of("KRAMA_SEED").unwrap_or_else(|| uuid::Uuid::new_v4().as_u64_pair().0);
    println!("{crashes} crashes, KRAMA_SEED={seed}");
    let mut chance = Chance(seed);
    let folder = Folder::new();
    let mut process = Process::start(&folder, "krama=info").await;
    let mut client = Client {
        members: Vec::new(),
        namespace: uuid::Uuid::from_u64_pair(seed, seed),
        batch: options(),
        sent: Arc::new(AtomicI64::new(0)),
        acknowledged: BTreeMap::new(),
    };
    for number in 1..=8 {
        let channel = channel_to(process.address);
        let member = registration(number).send(channel.clone(), said(OFFICER)).await.expect("a member").member_id;
        enrolment(&member).send(channel, said(OFFICER)).await.expect("an enrolment");
        client.members.push(member);
    }
    let book = Book::open(&folder).await;
    let mut interrupted = 0;
    for crash in 1..=crashes {
        let channel = channel_to(process.address);
        let delay = Duration::from_millis(chance.below(LONGEST_MILLISECONDS));
        let killing = async {
            tokio::time::sleep(delay).await;
            process.kill();
        };
        let ((), summary) = tokio::join!(killing, client.stream(&channel, i64::MAX));
        assert_eq!(summary, None, "the stream was cut off");
        process = Process::start(&folder, "krama=info").await;
        let (rows, sent) = (ledger(&book).await, client.sent.load(Ordering::SeqCst));
        interrupted += usize::from(rows.len() > client.acknowledged.len());
        println!(
            "crash {crash} after {delay:?}: {} acknowledged, {} held, {sent} sent",
            client.acknowledged.len(),
            rows.len()
        );
        check(&rows, &client.acknowledged, sent).unwrap_or_else(|wrong| panic!("KRAMA_SEED={seed}: {wrong}"));
    }
    let sent = client.sent.load(Ordering::SeqCst) + 100;
    let before = client.acknowledged.len();
    let summary = client.stream(&channel_to(process.address), sent).await.expect("the rest comes to its end");
    assert_eq!(usize::try_from(summary.records).expect("a number"), client.acknowledged.len() - before);
    assert!(client.acknowledged.keys().copied().eq(1..=sent), "every record is acknowledged");
    let rows = ledger(&book).await;
    check(&rows, &client.acknowledged, sent).unwrap_or_else(|wrong| panic!("KRAMA_SEED={seed}: {wrong}"));
    assert_eq!(i64::try_from(rows.len()).expect("a number"), sent);
    control(&rows, &client, sent, &mut chance);
    book.holds_together().await;
    keeps_the_truth(&folder).await;
    println!("{interrupted} of {crashes} crashes came between a commit and its answer; {sent} records are held once");
}
