//! What it costs to let time pass: the lapse run over a population of whom 10,000 change, and over twice as many of whom as
//! many change; and the days on which very many change, by themselves.
//!
//! `KRAMA_BENCH_MEMBERS` says how many members the smaller population has, `KRAMA_BENCH_BACKENDS` in which databases they
//! are (`sqlite`, `postgres` or both). Who changes has paid up to the last month and goes on owing; of the others every
//! second is employed, and the rest has paid ahead for some months, all for the same. Absent: other traffic.

use std::sync::Arc;
use std::time::Duration;

use krama::config::Config;
use krama::operation::Desk;
use krama::operation::caller::{Caller, Role};
use krama::server;
use krama::store::connection::Store;
use krama::store::fact;
use krama::store::ledger::{self, CommandRow};
use krama_law::calendar::{Day, Moment};
use krama_law::fact::{Fact, FactId, Recorded};
use sea_orm::ConnectionTrait as _;
use tokio::task::JoinHandle;

use crate::ground::{found, is_wanted, machine, middle, on_each, pass, runtime, settings};
use crate::population::{BANK, MONTH_RIEL, Population, SEED, bytes, member_id, today};

#[path = "../../src/store/tests/cluster.rs"]
#[expect(dead_code, reason = "the tests of the store need more of it")]
mod cluster;
#[path = "../ledger/ground.rs"]
mod ground;
#[path = "../ledger/population.rs"]
mod population;

/// Who changes, and in how many months in a row that is measured.
const CHANGES: u64 = 10_000;
const ROUNDS: usize = 5;
/// The day of a month after the one on which the month before fell due.
const AFTER_DUE: u8 = 16;
/// For how many months the others have paid.
const AHEAD: i64 = 7;
/// Members in one commit of the loading.
const CHUNK: usize = 20_000;

/// What the run must reach.
const SECONDS: f64 = 10.0;
const OF_TWICE: f64 = 1.10;

/// Lets everybody whom nobody employs pay ahead, but for those who are to change.
async fn pay_ahead(config: &Config, members: u64) {
    let store = Store::open(&settings(config)).await.expect("the ledger opens");
    let payers: Vec<u64> = (0..members).filter(|number| number % 2 == 1 && *number >= 2 * CHANGES).collect();
    for chunk in payers.chunks(CHUNK) {
        let write = store.begin().await.expect("a transaction");
        let (last, known) = ledger::last(&write).await.expect("the ledger");
        let (mut commands, mut facts) = (Vec::new(), Vec::new());
        for (at, number) in (1..).zip(chunk) {
            let (position, known, member) = (last + at, known + at, member_id(*number));
            let place = u64::try_from(position).expect("a position");
            let id = FactId(position * 16);
            commands.push(CommandRow {
                position,
                known_at: known,
                caller: BANK.to_owned(),
                role: 2,
                request_id: bytes(place),
                digest: bytes(place + (1 << 42)),
                kind: 3,
                subject: Some(member),
                fact: Some(id.0),
                detail: 0,
                note: None,
            });
            let fact = Fact::Payment { on: today(), amount: AHEAD * MONTH_RIEL, month: None };
            facts.push((member, Recorded { id, known: Moment(known), fact }));
        }
        ledger::insert_commands(&write, &commands).await.expect("commands");
        fact::insert_facts(&write, &facts).await.expect("facts");
        write.commit().await.expect("a commit");
    }
    store.close().await.expect("the ledger closes");
}

/// A population, and the day that it has come to.
struct Lives {
    members: u64,
    desk: Arc<Desk>,
    writer: JoinHandle<()>,
    day: Day,
}

impl Lives {
    async fn begin(backend: &str, config: &Config, members: u64) -> Lives {
        found(config).await;
        population::load(&settings(config), Population::of(members)).await;
        pay_ahead(config, members).await;
        let (desk, writer) = server::open(config).await.expect("the ledger opens");
        let (looked_at, told, took) = pass(&desk).await;
        println!(
            "{backend}: of {members} members {looked_at} were decided for the first time, {told} told, in {took:.1?}"
        );
        Lives { members, desk, writer, day: today() }
    }

    /// Lets day after day pass, up to the next one of which something is so; answers how many were told of on it.
    async fn until(&mut self, is_it: impl Fn(Day, u64) -> bool) -> (u64, Duration) {
        let role = Role::Officer;
        let caller = Caller { id: "desk-1".into(), role, employers: None, user: None, purpose: None, case: None };
        loop {
            self.day = self.day.plus(1);
            self.desk.move_clock(&caller, Moment::start_of(self.day)).await.expect("the clock moves");
            let (_, told, took) = pass(&self.desk).await;
            let told = u64::try_from(told).expect("a number");
            if is_it(self.day, told) {
                return (told, took);
            }
            assert!(self.day < today().plus(400), "nobody changes any more");
        }
    }
}

async fn measure(backend: &str, configs: &[Config], members: u64) {
    let mut both = Vec::new();
    for (config, members) in configs.iter().zip([members, 2 * members]) {
        both.push(Lives::begin(backend, config, members).await);
    }
    // On the first due day those are told of who were hired with a month unpaid, too.
    for lives in &mut both {
        lives.until(|day, _| day.parts().2 == AFTER_DUE).await;
    }
    let mut seconds = [Vec::new(), Vec::new()];
    for round in 1..=ROUNDS {
        for (lives, seconds) in both.iter_mut().zip(&mut seconds) {
            let (told, took) = lives.until(|day, _| day.parts().2 == AFTER_DUE).await;
            assert!((CHANGES * 9 / 10..=CHANGES * 11 / 10).contains(&told), "{told} changed on {}", lives.day);
            println!(
                "{backend}: round {round}: {}, {told} of {} members changed, {took:.2?}",
                lives.day, lives.members
            );
            seconds.push(took.as_secs_f64());
        }
    }
    let ratios: Vec<f64> = seconds[1].iter().zip(&seconds[0]).map(|(twice, once)| twice / once).collect();
    let each: Vec<String> = ratios.iter().map(|ratio| format!("{ratio:.3}")).collect();
    let verdict = |reached: bool| if reached { "reached" } else { "MISSED" };
    let (once, ratio) = (middle(&seconds[0]), middle(&ratios));
    println!(
        "{backend}: {once:.2} s for {CHANGES} changes among {members} members, at most {SECONDS}: {}; among {} members {:.2} \
         s, {ratio:.3} as long [{}], at most {OF_TWICE}: {}; {}",
        verdict(once <= SECONDS),
        2 * members,
        middle(&seconds[1]),
        each.join(" "),
        verdict(ratio <= OF_TWICE),
        machine()
    );
    for (lives, config) in both.iter_mut().zip(configs) {
        let many = lives.members / 4;
        let (told, took) = lives.until(|_, told| told >= many).await;
        println!("{backend}: the day after a due day: {told} of {} members changed, {took:.1?}", lives.members);
        // As another revision, or another release of the program, would find every row.
        let store = Store::open(&settings(config)).await.expect("the ledger opens");
        let write = store.begin().await.expect("a transaction");
        write.execute_unprepared("UPDATE standing SET edition = 1").await.expect("another edition");
        write.commit().await.expect("a commit");
        store.close().await.expect("the ledger closes");
        let (looked_at, told, took) = pass(&lives.desk).await;
        println!("{backend}: a new edition of the law: {looked_at} members looked at, {told} changed, {took:.1?}");
    }
    for lives in both {
        lives.desk.close(lives.writer).await;
    }
}

fn main() {
    if !is_wanted() {
        return;
    }
    let members = ground::members();
    assert!(members >= 8 * CHANGES, "KRAMA_BENCH_MEMBERS must be at least {}", 8 * CHANGES);
    println!(
        "{}; data: {members} and {} members; seed {SEED}; command: KRAMA_BENCH_MEMBERS={members} cargo bench --locked \
         --bench lapse",
        machine(),
        2 * members
    );
    on_each(2, |backend, configs| runtime().block_on(measure(backend, configs, members)));
}
