//! How long one answer takes: a life of ten years, with 120 payments and ten other facts.
//!
//! Printed with the figures are the machine and the data, since a figure without them means little.

use criterion::{Criterion, criterion_group, criterion_main};
use krama_law::calendar::{Day, Moment, Month};
use krama_law::decision::{decide, explain};
use krama_law::fact::{AssistanceLevel, EmploymentId, Fact, FactId, Recorded, Sector};
use krama_law::policy::{Law, Published};
use krama_law::timeline::Timeline;

#[path = "../tests/lives/cambodia.rs"]
mod cambodia;

fn day(text: &str) -> Day {
    text.parse().expect("a day of the benchmark is well formed")
}

/// Cambodia's law as one revision.
fn law() -> Law {
    let published = Published { published: Moment::MIN, revision: cambodia::cambodia() };
    Law::new("kh", vec![published]).expect("one revision makes a law")
}

/// Ten years from January 2016: 120 payments, mostly in time, and ten other facts.
fn life() -> Timeline {
    let mut facts = vec![(day("2016-01-04"), Fact::Enrolled { on: day("2016-01-04") })];
    for month in 0..120 {
        let on = Month::of(2016, 1).plus(month).day_clamped(if month % 7 == 0 { 28 } else { 10 });
        facts.push((on, Fact::Payment { on, amount: 100, month: None }));
    }
    for (index, from) in ["2018-03-05", "2020-06-01", "2022-09-12"].into_iter().enumerate() {
        let employment = EmploymentId(i64::try_from(index).unwrap_or(0));
        let (from, last) = (day(from), day(from).plus(50));
        facts.push((from, Fact::Hired { employment, sector: Sector::Private, from, until: None }));
        facts.push((last, Fact::Separated { employment, last }));
    }
    let excused = day("2021-04-01").month();
    facts.push((day("2021-04-01"), Fact::Excused { from: excused, to: excused }));
    let (from, until) = (day("2023-01-10"), Some(day("2024-01-09")));
    facts.push((from, Fact::Certificate { level: AssistanceLevel::Poor1, from, until }));
    facts.push((day("2024-05-02"), Fact::NoticeServed { on: day("2024-05-02") }));
    let recorded = |(index, (known, fact)): (usize, (Day, Fact))| Recorded {
        id: FactId(i64::try_from(index).unwrap_or(0)),
        known: Moment::start_of(known),
        fact,
    };
    Timeline::new(facts.into_iter().enumerate().map(recorded).collect())
}

fn answers(criterion: &mut Criterion) {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    println!(
        "machine: {} {}, {cores} cores; data: ten years, 120 payments, 10 other facts; no seed, fixed data; command: make bench",
        std::env::consts::ARCH,
        std::env::consts::OS
    );
    let (law, life, today) = (law(), life(), day("2025-12-20"));
    criterion.bench_function("one answer for today", |bencher| {
        bencher.iter(|| decide(&life, &law, today, Moment::MAX));
    });
    criterion.bench_function("one explanation with its steps", |bencher| {
        bencher.iter(|| explain(&life, &law, today, Moment::MAX));
    });
}

criterion_group!(benches, answers);
criterion_main!(benches);
