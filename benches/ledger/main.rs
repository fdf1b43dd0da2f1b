//! How fast the ledger takes payments and transitions, each figure beside a bare insert of the same rows in the same run.
//!
//! `KRAMA_BENCH_MEMBERS` says how many members are loaded first, `KRAMA_BENCH_BACKENDS` into which databases (`sqlite`,
//! `postgres` or both), `KRAMA_BENCH_PARTS` what is measured (`streams`, `single` or both). Service, clients and database
//! share the machine. Machine, data, seed and command are printed, since a figure without them means little;
//! `benches/RESULTS.md` holds those of one run. Absent: reads.

use std::time::Duration;
use std::{env, fs};

use krama::config::Config;
use krama::server;
use tokio::runtime::Handle;
use tonic::transport::{Channel, Endpoint};

use crate::ceiling::{Ceiling, What};
use crate::ground::{found, is_wanted, machine, middle, on_each, pass, runtime, settings};
use crate::population::{LONG, Population, SEED, SHORT};
use crate::traffic::{IN_FLIGHT, STREAMS, single_payments, stream_payments, stream_transitions};

mod ceiling;
#[path = "../../src/store/tests/cluster.rs"]
#[expect(dead_code, reason = "the tests of the store need more of it")]
mod cluster;
mod ground;
mod population;
mod traffic;

/// Times that everything is measured; the middle one counts.
const ROUNDS: usize = 3;
/// The most records of one measurement.
const RECORDS_MOST: u64 = 10_000;
/// Connections of the single calls.
const CONNECTIONS: usize = 4;

/// What the ledger must reach: streams as a part of the bare insert, single calls in a second.
const SHORT_LIVES: f64 = 0.10;
const LONG_LIVES: f64 = 0.04;
const SINGLE_CALLS: f64 = 5_000.0;

/// Draws members who were not drawn before.
struct Cast {
    population: Population,
    short: u64,
    long: u64,
}

impl Cast {
    /// The next members with short lives, or with long ones.
    fn next(&mut self, long: bool, count: u64) -> Vec<u64> {
        let Population { members, long: last } = self.population;
        let (first, size, drawn) =
            if long { (members - last, last, &mut self.long) } else { (0, members - last, &mut self.short) };
        let from = *drawn;
        *drawn += count;
        // A step that has no part in common with the size meets everybody before anybody again.
        let step = (size / 3..).find(|step| gcd(*step, size) == 1).expect("a step");
        (from..from + count).map(|at| first + at * step % size).collect()
    }

    /// Members who pay: only those whom nobody employs, so that each payment finds its month.
    fn payers(&mut self, long: bool, count: u64) -> Vec<u64> {
        let both = self.next(long, 2 * count);
        both.into_iter().map(|member| member | 1).take(usize::try_from(count).expect("a number")).collect()
    }
}

fn gcd(one: u64, two: u64) -> u64 {
    if two == 0 { one } else { gcd(two, one % two) }
}

/// What was measured in each round, in records a second.
#[derive(Default)]
struct Figures {
    bare_payments: Vec<f64>,
    payments: [Vec<f64>; 2],
    bare_transitions: Vec<f64>,
    transitions: [Vec<f64>; 2],
    single: Vec<f64>,
    waits: Vec<[Duration; 2]>,
    /// Of single calls: what service, clients and SQLite took of the processors for each.
    processors: Vec<Duration>,
}

/// What this program has taken of the processors so far.
fn processors() -> Duration {
    // In hundredths of a second, after the name in brackets: the 14th and the 15th field of the line.
    let line = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = line.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    Duration::from_millis(fields.filter_map(|field| field.parse::<u64>().ok()).sum::<u64>() * 10)
}

fn rate(records: usize, took: Duration) -> f64 {
    f64::from(u32::try_from(records).expect("a number")) / took.as_secs_f64()
}

impl Population {
    /// The records of one measurement: about members with short lives, and about those with long ones, of whom each
    /// round takes three times as many.
    fn records(self) -> [u64; 2] {
        let short = (self.members / 40).clamp(200, RECORDS_MOST);
        [short, short.min(self.long / (3 * u64::try_from(ROUNDS).expect("a small number")))]
    }
}

impl Figures {
    fn tell(&self, backend: &str) {
        println!("\n{backend}: records a second, the middle of {ROUNDS} rounds; in brackets each round's ratio");
        let line = |what: &str, taken: &[f64], bare: &[f64], least: f64| {
            if taken.is_empty() {
                return;
            }
            let ratios: Vec<f64> = taken.iter().zip(bare).map(|(taken, bare)| taken / bare).collect();
            let each: Vec<String> = ratios.iter().map(|ratio| format!("{ratio:.3}")).collect();
            let verdict = if middle(&ratios) >= least { "reached" } else { "MISSED" };
            println!(
                "  {what:<44} {:>7.0} of {:>7.0} = {:.3} [{}], at least {least}: {verdict}",
                middle(taken),
                middle(bare),
                middle(&ratios),
                each.join(" ")
            );
        };
        for (at, facts, least) in
            [(0, format!("up to {SHORT} facts"), SHORT_LIVES), (1, format!("{LONG} facts"), LONG_LIVES)]
        {
            line(&format!("payments on {STREAMS} streams, {facts}"), &self.payments[at], &self.bare_payments, least);
            let what = format!("transitions on {STREAMS} streams, {facts}");
            line(&what, &self.transitions[at], &self.bare_transitions, least);
        }
        if self.single.is_empty() {
            return;
        }
        let (single, bare) = (middle(&self.single), middle(&self.bare_payments));
        let verdict = match (backend, single >= SINGLE_CALLS) {
            ("sqlite", true) => format!(", at least {SINGLE_CALLS}: reached"),
            ("sqlite", false) => format!(", at least {SINGLE_CALLS}: MISSED"),
            _ => String::new(),
        };
        let [half, most] = self.waits[self.waits.len() / 2];
        println!(
            "  {:<44} {single:>7.0} of {bare:>7.0} = {:.3}; half within {half:.1?}, 99 of 100 within {most:.1?}, {:.0?} of \
             the processors each{verdict}",
            format!("single payments, {IN_FLIGHT} in flight, up to {SHORT} facts"),
            single / bare,
            self.processors[self.processors.len() / 2]
        );
    }
}

fn channel(address: std::net::SocketAddr) -> Channel {
    Endpoint::from_shared(format!("http://{address}")).expect("an address").connect_lazy()
}

async fn measure(backend: &str, config: &Config, population: Population, parts: &str, service: &Handle) {
    found(config).await;
    population::load(&settings(config), population).await;
    let (desk, writer) = server::open(config).await.expect("the ledger opens");
    let (looked_at, _, took) = pass(&desk).await;
    println!("{backend}: the standing of {looked_at} members was decided in {took:.1?}");
    desk.close(writer).await;
    let serving = config.clone();
    let running = service.spawn(async move { server::start(&serving).await.expect("the server starts") });
    let running = running.await.expect("the server starts");
    let ceiling = Ceiling::open(&config.store.url.0, &config.store.path).await;
    let one = channel(running.address);
    let many: Vec<Channel> = (0..CONNECTIONS).map(|_| channel(running.address)).collect();
    let records = population.records();
    let mut cast = Cast { population, short: 0, long: 0 };
    stream_payments(&one, &cast.payers(false, records[0])).await;
    let mut figures = Figures::default();
    for round in 1..=ROUNDS {
        let members = cast.payers(false, records[0]);
        figures.bare_payments.push(rate(members.len(), ceiling.insert(What::Payments, &members).await));
        if parts.contains("streams") {
            for long in [false, true] {
                let members = cast.payers(long, records[usize::from(long)]);
                let took = stream_payments(&one, &members).await;
                figures.payments[usize::from(long)].push(rate(members.len(), took));
            }
            let members = cast.next(false, records[0]);
            figures.bare_transitions.push(rate(members.len(), ceiling.insert(What::Transitions, &members).await));
            for long in [false, true] {
                let members = cast.next(long, records[usize::from(long)]);
                let took = stream_transitions(&one, &members).await;
                figures.transitions[usize::from(long)].push(rate(members.len(), took));
            }
        }
        if parts.contains("single") {
            let members = cast.payers(false, records[0]);
            let before = processors();
            let (took, waits) = single_payments(&many, &members).await;
            figures.processors.push((processors() - before) / u32::try_from(members.len()).expect("a number"));
            figures.single.push(rate(members.len(), took));
            figures.waits.push(waits);
        }
        println!("{backend}: round {round} of {ROUNDS} is measured");
    }
    figures.tell(backend);
    service.spawn(running.stop()).await.expect("the server stops");
}

fn main() {
    if !is_wanted() {
        return;
    }
    let members = ground::members();
    let parts = env::var("KRAMA_BENCH_PARTS").unwrap_or_else(|_| "streams single".to_owned());
    let population = Population::of(members);
    println!(
        "{}, shared by service, clients and database; data: {members} members, {} of them with {LONG} facts, the others \
         with 2 to {SHORT}; {:?} records a measurement, {ROUNDS} rounds; seed {SEED}; command: \
         KRAMA_BENCH_MEMBERS={members} cargo bench --locked --bench ledger",
        machine(),
        population.long,
        population.records()
    );
    let (service, clients) = (runtime(), runtime());
    on_each(1, |backend, configs| {
        clients.block_on(measure(backend, &configs[0], population, &parts, service.handle()));
    });
}
