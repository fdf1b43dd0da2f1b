//! How long ten thousand stories of four years take, read and judged, on one processor.
//!
//! The command `krama cases` does the same and shares the judging among all processors.

use std::fmt::Write as _;
use std::time::Instant;

use krama_documents::case_file::{Case, read};

const CASES: u64 = 10_000;
const MONTHS: u64 = 48;
const SEED: u64 = 280;

/// A number from 0 to below `bound` that a seed and a place decide (the finaliser of SplitMix64).
fn chance(seed: u64, place: u64, bound: u64) -> u64 {
    let mut mixed = seed.wrapping_add(place.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ (mixed >> 31)) % bound
}

/// A file of stories: each month is paid on some day but for one in ten, and four questions are asked.
fn file() -> String {
    let mut text = String::new();
    for case in 0..CASES {
        let _ = writeln!(
            text,
            "- name: \"story {case}\"\n  policy: {{base: kh-current}}\n  facts:\n    - {{enrolled: 2022-01-03}}"
        );
        for month in 0..MONTHS {
            let place = case * MONTHS + month;
            if chance(SEED, place, 10) > 0 {
                let (year, number, day) = (2022 + month / 12, month % 12 + 1, 1 + chance(SEED + 1, place, 28));
                let _ = writeln!(text, "    - {{payment: {year}-{number:02}-{day:02}, amount: 15600}}");
            }
        }
        text.push_str("  expect:\n");
        for year in 2022..2026 {
            let _ = writeln!(text, "    - {{on: {year}-12-31, standing: CURRENT}}");
        }
    }
    text
}

/// The stories name no shipped law.
fn no_shelf(name: &str, _reading: Option<&str>) -> Result<krama_law::policy::Law, String> {
    Err(format!("no law `{name}` is shipped here"))
}

fn main() {
    // The test runner asks every target for its tests; there is none here, and ten thousand stories take their time.
    if std::env::args().any(|argument| argument == "--test") || cfg!(debug_assertions) {
        return;
    }
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let (arch, os) = (std::env::consts::ARCH, std::env::consts::OS);
    println!(
        "machine: {arch} {os}, {cores} cores; data: {CASES} stories of {MONTHS} months, 4 questions each; seed {SEED}; one thread; command: make bench"
    );
    let text = file();
    let start = Instant::now();
    let cases: Vec<Case> = read(&text).expect("the file is well formed");
    let read = start.elapsed();
    let passed =
        cases.iter().filter(|case| case.run(&no_shelf).is_ok_and(|verdict| verdict.differences.is_empty())).count();
    println!("{} MB read in {read:.2?}, judged in {:.2?}; {passed} passed", text.len() >> 20, start.elapsed() - read);
}
