//! How fast the kernel is: one answer for a life of ten years, and a population month by month.
//!
//! Printed with the figures are the machine, the data and the seed, since a figure without them means little.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use krama_law::answer::{Scheme, Standing};
use krama_law::calendar::{Day, Moment, Month};
use krama_law::decision::{decide, explain};
use krama_law::fact::{AssistanceLevel, EmploymentId, Fact, FactId, Recorded, Sector};
use krama_law::policy::{Law, Published};
use krama_law::population::Population;
use krama_law::timeline::Timeline;

#[path = "../tests/lives/cambodia.rs"]
mod cambodia;

/// The seed of the population.
const SEED: u64 = 280;
const MEMBERS: u64 = 2_000;
const MONTHS: i32 = 120;

fn day(text: &str) -> Day {
    text.parse().expect("a day of the benchmark is well formed")
}

/// Cambodia's law as one revision.
fn law() -> Law {
    let published = Published { published: Moment::MIN, revision: cambodia::cambodia() };
    Law::new("kh", vec![published]).expect("one revision makes a law")
}

/// A timeline of facts, each known on its day.
fn timeline(mut facts: Vec<(Day, Fact)>) -> Timeline {
    facts.sort_by_key(|(known, _)| *known);
    let recorded = |(index, (known, fact)): (usize, (Day, Fact))| Recorded {
        id: FactId(i64::try_from(index).unwrap_or(0)),
        known: Moment::start_of(known),
        fact,
    };
    Timeline::new(facts.into_iter().enumerate().map(recorded).collect())
}

fn job(number: i64, from: Day, days: i32) -> [(Day, Fact); 2] {
    let (employment, last) = (EmploymentId(number), from.plus(days));
    let hired = Fact::Hired { employment, sector: Sector::Private, from, until: None };
    [(from, hired), (last, Fact::Separated { employment, last })]
}

/// Ten years from January 2016: 120 payments, mostly in time, and ten other facts.
fn life() -> Timeline {
    let mut facts = vec![(day("2016-01-04"), Fact::Enrolled { on: day("2016-01-04") })];
    for month in 0..MONTHS {
        let on = Month::of(2016, 1).plus(month).day_clamped(if month % 7 == 0 { 28 } else { 10 });
        facts.push((on, Fact::Payment { on, amount: 100, month: None }));
    }
    for (number, from) in (0..).zip(["2018-03-05", "2020-06-01", "2022-09-12"]) {
        facts.extend(job(number, day(from), 50));
    }
    let excused = day("2021-04-01").month();
    facts.push((day("2021-04-01"), Fact::Excused { from: excused, to: excused }));
    let (from, until) = (day("2023-01-10"), Some(day("2024-01-09")));
    facts.push((from, Fact::Certificate { level: AssistanceLevel::Poor1, from, until }));
    facts.push((day("2024-05-02"), Fact::NoticeServed { on: day("2024-05-02") }));
    timeline(facts)
}

/// A number from 0 to below `bound` that a seed and a place decide (the finaliser of SplitMix64).
fn chance(seed: u64, place: u64, bound: u64) -> u64 {
    let mut mixed = seed.wrapping_add(place.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ (mixed >> 31)) % bound
}

/// A member of the population: enrolled within the first year; one in five gives up some day, one in five pays with
/// gaps, one in ten takes a job for some months; the others pay each month.
fn member(number: u64) -> Timeline {
    let roll = |place, bound| chance(SEED + number, place, bound);
    let month_after = |months: u64| Month::of(2016, 1).plus(i32::try_from(months).unwrap_or(0));
    let enrolled = month_after(roll(0, 12)).first_day();
    let kind = roll(1, 10);
    let gives_up = if kind < 2 { month_after(12 + roll(2, 96)) } else { Month::of(2030, 1) };
    let mut facts = vec![(enrolled, Fact::Enrolled { on: enrolled })];
    for month in (enrolled.month().0..Month::of(2016, 1).plus(MONTHS).0).map(Month).filter(|month| *month < gives_up) {
        let place = u64::try_from(month.0).unwrap_or(0);
        if !(kind < 4 && roll(place, 9) == 0) {
            let on = month.first_day().plus(i32::try_from(roll(place + 1, 28)).unwrap_or(0));
            facts.push((on, Fact::Payment { on, amount: 100, month: None }));
        }
    }
    if kind == 9 {
        facts.extend(job(1, month_after(30 + roll(3, 60)).first_day(), 200));
    }
    timeline(facts)
}

fn told(data: &str) {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let (arch, os) = (std::env::consts::ARCH, std::env::consts::OS);
    println!("machine: {arch} {os}, {cores} cores; data: {data}; command: make bench");
}

fn answers(criterion: &mut Criterion) {
    told("ten years, 120 payments, 10 other facts; no seed, fixed data");
    let (law, life, today) = (law(), life(), day("2025-12-31"));
    criterion.bench_function("one answer for today", |bencher| {
        bencher.iter(|| decide(black_box(&life), &law, today, Moment::MAX));
    });
    criterion.bench_function("one explanation with its steps", |bencher| {
        bencher.iter(|| explain(black_box(&life), &law, today, Moment::MAX));
    });
}

fn population(criterion: &mut Criterion) {
    told(&format!("{MEMBERS} members over {MONTHS} months; seed {SEED}; one thread"));
    let law = law();
    let members: Vec<Timeline> = (0..MEMBERS).map(member).collect();
    let packed = || {
        let mut population = Population::new(&law, Moment::MAX);
        members.iter().for_each(|member| population.add(member));
        population
    };
    let population = packed();
    let months = (Month::of(2016, 1), Month::of(2016, 1).plus(MONTHS - 1));
    let mut group = criterion.benchmark_group("population");
    group.throughput(Throughput::Elements(MEMBERS * u64::from(MONTHS.unsigned_abs())));
    group.measurement_time(Duration::from_secs(10));
    group.bench_function("packing, by member-months", |bencher| bencher.iter(packed));
    group.bench_function("member-months", |bencher| {
        bencher.iter(|| {
            let (mut covered, mut out) = (0_u64, 0_u64);
            black_box(&population).each_month(months, |_, _, standing, schemes| {
                covered += u64::from(schemes.has(Scheme::Voluntary));
                out += u64::from(standing == Standing::Abandoned);
            });
            (covered, out)
        });
    });
    group.finish();
}

criterion_group!(benches, answers, population);
criterion_main!(benches);
