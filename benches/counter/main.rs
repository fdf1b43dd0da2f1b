//! How fast a hospital is answered, while others write: each figure beside tonic alone, or tonic with one lookup.
//!
//! `KRAMA_BENCH_MEMBERS` says how many members are loaded first, `KRAMA_BENCH_BACKENDS` into which databases (`sqlite`,
//! `postgres` or both). Cold: each member is asked about for the first time. Drawn: as hospitals ask, by Zipf's law, about
//! some for the first time. Hot: drawn so too, and each was asked about before. Service, clients and database share the
//! machine. Absent: writes, but for those that go on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use krama::config::Config;
use krama::proto::google_type::Date;
use krama::proto::v1;
use krama::proto::v1::contribution_service_client::ContributionServiceClient;
use krama::proto::v1::coverage_service_client::CoverageServiceClient;
use krama::server;
use krama::store::connection::Store;
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tonic::Request;
use tonic::transport::{Channel, Endpoint};

use crate::bare::Lookup;
use crate::ground::{found, is_wanted, machine, middle, on_each, runtime, settings};
use crate::population::{BANK, LONG, MONTH_RIEL, Population, SEED, SHORT, mixed, national_id, today};

mod bare;
#[path = "../../src/store/tests/cluster.rs"]
#[expect(dead_code, reason = "the tests of the store need more of it")]
mod cluster;
#[path = "../ledger/ground.rs"]
mod ground;
#[path = "../ledger/population.rs"]
mod population;

/// Times that everything is measured; the middle one counts.
const ROUNDS: usize = 5;
/// Questions under way at the same time, and the connections on which they go.
const IN_FLIGHT: usize = 64;
const CONNECTIONS: usize = 4;
/// Questions of one measurement drawn by Zipf's law, and the most of those about people who were never asked about.
const DRAWN: usize = 20_000;
const COLD_MOST: usize = 10_000;
/// A write is sent so often.
const BETWEEN_WRITES: Duration = Duration::from_millis(10);
/// How unevenly people are asked about.
const SKEW: f64 = 0.99;

/// What the service must reach of tonic alone when hot, and of tonic with one lookup when cold.
const OF_ECHO: f64 = 0.6;
const OF_LOOKUP: f64 = 0.7;

/// Draws members as Zipf's law has them: the k-th is asked about as often as 1/k^[`SKEW`] says (Gray and others, Quickly
/// generating billion-record synthetic databases, 1994).
#[derive(Clone, Copy)]
struct Zipf {
    members: u64,
    zeta: f64,
    eta: f64,
}

fn real(number: u64) -> f64 {
    f64::from(u32::try_from(number).expect("a number of members"))
}

impl Zipf {
    fn new(members: u64) -> Zipf {
        let zeta = |of: u64| (1..=of).map(|at| real(at).powf(-SKEW)).sum::<f64>();
        let (zeta, two) = (zeta(members), zeta(2));
        let eta = (1.0 - (2.0 / real(members)).powf(1.0 - SKEW)) / (1.0 - two / zeta);
        Zipf { members, zeta, eta }
    }

    /// A rank, from 0 on.
    fn rank(self, place: u64) -> u64 {
        let chance = real(mixed(place) >> 32) / real(u64::from(u32::MAX));
        let scaled = chance * self.zeta;
        if scaled < 1.0 {
            return 0;
        }
        if scaled < 1.0 + 0.5_f64.powf(SKEW) {
            return 1;
        }
        let rank = (real(self.members) * (self.eta * chance - self.eta + 1.0).powf(1.0 / (1.0 - SKEW))) as u64;
        rank.min(self.members - 1)
    }

    /// A member. Who is asked about often was not registered first.
    fn member(self, place: u64) -> u64 {
        scattered(self.rank(place), self.members)
    }
}

/// Another order of the members.
fn scattered(place: u64, members: u64) -> u64 {
    let gcd = |mut one: u64, mut two: u64| {
        while two > 0 {
            (one, two) = (two, one % two);
        }
        one
    };
    // A step that has no part in common with the number of members meets everybody before anybody again.
    let step = (members / 3 + 1..).find(|step| gcd(*step, members) == 1).expect("a step");
    place * step % members
}

fn date(year: i32, month: i32, day: i32) -> Date {
    Date { year, month, day }
}

fn identifier(member: u64) -> v1::Identifier {
    v1::Identifier { kind: v1::IdentifierKind::NationalId.into(), value: national_id(member) }
}

fn said<T>(pairs: &[(&'static str, &'static str)], message: T) -> Request<T> {
    let mut request = Request::new(message);
    for (key, value) in pairs {
        request.metadata_mut().insert(*key, value.parse().expect("plain metadata"));
    }
    request
}

fn question(member: u64) -> Request<v1::CheckCoverageRequest> {
    let who = [
        ("krama-caller", "FACILITY/calmette"),
        ("krama-user", "vanna"),
        ("krama-purpose", "care"),
        ("krama-case", "case-7"),
    ];
    let ask = v1::CheckCoverageRequest {
        identifier: Some(identifier(member)),
        second_fact: Some(v1::check_coverage_request::SecondFact::BirthDate(date(1988, 4, 16))),
        ..Default::default()
    };
    said(&who, ask)
}

/// Asks about these members, many at the same time; answers how many were answered in a second, and within which time
/// half of them and all but one in a hundred were.
async fn ask(channels: &[Channel], members: Vec<u64>) -> (f64, [Duration; 2]) {
    let (members, next) = (Arc::new(members), Arc::new(AtomicUsize::new(0)));
    let began = Instant::now();
    let callers = (0..IN_FLIGHT).map(|caller| {
        let (channel, members, next) = (channels[caller % channels.len()].clone(), members.clone(), next.clone());
        tokio::spawn(async move {
            let mut client = CoverageServiceClient::new(channel);
            let mut took = Vec::new();
            while let Some(member) = members.get(next.fetch_add(1, Ordering::Relaxed)) {
                let sent = Instant::now();
                let reply = client.check_coverage(question(*member)).await.expect("an answer").into_inner();
                assert!(matches!(reply.verdict(), v1::Verdict::Covered | v1::Verdict::NotCovered), "{reply:?}");
                took.push(sent.elapsed());
            }
            took
        })
    });
    let mut took = Vec::new();
    for caller in callers.collect::<Vec<_>>() {
        took.extend(caller.await.expect("the caller comes to an end"));
    }
    let whole = began.elapsed();
    took.sort_unstable();
    let rate = f64::from(u32::try_from(took.len()).expect("a number")) / whole.as_secs_f64();
    (rate, [took[took.len() / 2], took[took.len() * 99 / 100]])
}

/// Writes a payment after the other, a hundred a second, of people who are asked about, until it is told to end; counts
/// those that were taken.
async fn write(channel: Channel, zipf: Zipf, taken: Arc<AtomicU64>, ends: Arc<AtomicBool>) {
    let mut pace = tokio::time::interval(BETWEEN_WRITES);
    let (mut sent, mut under_way) = (1 << 50, JoinSet::new());
    while !ends.load(Ordering::Relaxed) {
        pace.tick().await;
        sent += 1;
        let (year, month, day) = today().parts();
        let today = date(year, i32::from(month), i32::from(day));
        let payment = v1::RecordPaymentRequest {
            request_id: uuid::Uuid::new_v4().to_string(),
            institution: BANK.to_owned(),
            business_date: Some(today),
            reference: uuid::Uuid::new_v4().to_string(),
            value_date: Some(today),
            amount_riel: MONTH_RIEL,
            channel: v1::PaymentChannel::Wallet.into(),
            payer: Some(v1::record_payment_request::Payer::Identifier(identifier(zipf.member(sent)))),
            ..Default::default()
        };
        let (channel, taken) = (channel.clone(), taken.clone());
        under_way.spawn(async move {
            let sent = said(&[("krama-caller", "COLLECTOR/apsara-bank")], payment);
            let reply = ContributionServiceClient::new(channel).record_payment(sent).await.expect("it is taken");
            assert_eq!(reply.into_inner().outcome(), v1::Outcome::Accepted);
            taken.fetch_add(1, Ordering::Relaxed);
        });
    }
    under_way.join_all().await;
}

/// What was measured in each round, in answers a second: of the service, and beside it.
#[derive(Default)]
struct Figures {
    service: Vec<f64>,
    beside: Vec<f64>,
    waits: Vec<[Duration; 2]>,
}

impl Figures {
    async fn round(&mut self, service: &[Channel], beside: &[Channel], [one, other]: [Vec<u64>; 2]) {
        self.beside.push(ask(beside, other).await.0);
        let (rate, waits) = ask(service, one).await;
        self.service.push(rate);
        self.waits.push(waits);
    }

    fn tell(&self, what: &str, beside: &str, least: Option<f64>) {
        let ratios: Vec<f64> = self.service.iter().zip(&self.beside).map(|(one, other)| one / other).collect();
        let each: Vec<String> = ratios.iter().map(|ratio| format!("{ratio:.3}")).collect();
        let verdict = least.map_or("nothing is asked of this".to_owned(), |least| {
            let verdict = if middle(&ratios) >= least { "reached" } else { "MISSED" };
            format!("at least {least}: {verdict}")
        });
        let mut waits = self.waits.clone();
        waits.sort_unstable();
        let [half, most] = waits[waits.len() / 2];
        println!(
            "  {what:<5} {:>6.0} of {:>6.0} of {beside} = {:.3} [{}], {verdict}; half within {half:.1?}, \
             99 of 100 within {most:.1?}",
            middle(&self.service),
            middle(&self.beside),
            middle(&ratios),
            each.join(" ")
        );
    }
}

fn channels(address: std::net::SocketAddr) -> Vec<Channel> {
    let one = |_| Endpoint::from_shared(format!("http://{address}")).expect("an address").connect_lazy();
    (0..CONNECTIONS).map(one).collect()
}

async fn measure(backend: &str, config: &Config, members: u64, service: &Handle) {
    let population = Population::of(members);
    found(config).await;
    population::load(&settings(config), population).await;
    let (desk, writer) = server::open(config).await.expect("the ledger opens");
    let (looked_at, _, took) = ground::pass(&desk).await;
    println!("{backend}: the standing of {looked_at} members was decided in {took:.1?}");
    desk.close(writer).await;
    let serving = config.clone();
    let running = service.spawn(async move { server::start(&serving).await.expect("the server starts") });
    let running = running.await.expect("the server starts");
    let asked = channels(running.address);
    let sample = CoverageServiceClient::new(asked[0].clone()).check_coverage(question(0)).await;
    let sample = sample.expect("an answer").into_inner();
    let store = Store::open(&settings(config)).await.expect("the ledger opens");
    let lookup = Lookup::open(&config.store.url.0, &config.store.path, config.store.readers, store).await;
    let (one, other) = (sample.clone(), sample);
    let echo = channels(service.spawn(bare::serve(one, None)).await.expect("an echo"));
    let bare = channels(service.spawn(bare::serve(other, Some(lookup))).await.expect("a lookup"));
    let zipf = Zipf::new(members);
    let (taken, ends) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let writes = tokio::spawn(write(asked[0].clone(), zipf, taken.clone(), ends.clone()));
    let began = Instant::now();
    // Everybody is asked about once, here or there.
    let part = (usize::try_from(members).expect("a number") / (2 * ROUNDS)).min(COLD_MOST);
    let mut met = 1..members;
    let mut cold = Figures::default();
    for _ in 0..ROUNDS {
        let mut next = || met.by_ref().take(part).map(|place| scattered(place, members)).collect::<Vec<_>>();
        cold.round(&asked, &bare, [next(), next()]).await;
    }
    let mut places = 0..;
    let mut next = || places.by_ref().take(DRAWN).map(|place| zipf.member(place)).collect::<Vec<_>>();
    let (mut drawn, mut hot) = (Figures::default(), Figures::default());
    ask(&asked, next()).await;
    for _ in 0..ROUNDS {
        drawn.round(&asked, &echo, [next(), next()]).await;
    }
    let again = next();
    ask(&asked, again.clone()).await;
    for _ in 0..ROUNDS {
        hot.round(&asked, &echo, [again.clone(), again.clone()]).await;
    }
    let writes_a_second = real(taken.load(Ordering::Relaxed)) / began.elapsed().as_secs_f64();
    ends.store(true, Ordering::Relaxed);
    writes.await.expect("the writing ends");
    println!(
        "{backend}: answers a second, {IN_FLIGHT} in flight, with {writes_a_second:.0} writes a second going on, the middle \
         of {ROUNDS} rounds; in brackets each round's ratio; {}",
        machine()
    );
    cold.tell("cold", "tonic and one lookup by sea-orm", Some(OF_LOOKUP));
    drawn.tell("drawn", "tonic alone", None);
    hot.tell("hot", "tonic alone", Some(OF_ECHO));
    service.spawn(running.stop()).await.expect("the server stops");
}

fn main() {
    if !is_wanted() {
        return;
    }
    let members = ground::members();
    println!(
        "{}, shared by service, clients and database; data: {members} members, {} of them with {LONG} facts, the others \
         with 2 to {SHORT}; seed {SEED}; command: KRAMA_BENCH_MEMBERS={members} cargo bench --locked --bench counter",
        machine(),
        Population::of(members).long
    );
    let (service, clients) = (runtime(), runtime());
    on_each(1, |backend, configs| clients.block_on(measure(backend, &configs[0], members, service.handle())));
}
