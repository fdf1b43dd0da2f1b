//! Random lives under random laws: the kernel answers as the reference model does, in every field.
//!
//! `KRAMA_LIVES` sets how many lives are tried, `KRAMA_SEED` from which seed; it is printed. The seed is fixed unless it
//! is set, so that a run can be repeated. A failure is shrunk and told as facts, a law and a question.

mod cambodia;
mod exhaustive;
mod model;
mod strategy;

use krama_law::answer::{Scheme, Standing};
use krama_law::calendar::{Day, Moment};
use krama_law::decision::decide;
use krama_law::fact::Recorded;
use krama_law::policy::Law;
use krama_law::timeline::Timeline;
use model::ModelAnswer;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

/// What the kernel says, in the fields of the model.
fn kernel(facts: &[Recorded], law: &Law, day: Day, known: Moment) -> ModelAnswer {
    let answer = decide(&Timeline::new(facts.to_vec()), law, day, known);
    ModelAnswer {
        standing: answer.standing,
        since: answer.since,
        covers: answer.covers.iter().map(|cover| (cover.scheme, cover.kept)).collect(),
        overdue: answer.overdue,
        run: answer.run,
        credit: answer.money.credit,
        suspense: answer.money.suspense,
        pot: answer.money.pot,
        surcharge: answer.money.surcharge,
        reversed: answer.money.reversed,
        on_months: answer.money.on_months,
        refused: answer.refused.iter().map(|(_, reason)| *reason).collect(),
        last_safe_day: answer.last_safe_day,
        quote: answer.back_payment_price,
    }
}

/// A number from the environment.
fn setting(name: &str, otherwise: u32) -> u32 {
    std::env::var(name).ok().and_then(|number| number.parse().ok()).unwrap_or(otherwise)
}

fn lives(otherwise: u32) -> u32 {
    setting("KRAMA_LIVES", otherwise)
}

/// Tries lives until one does not stand the question.
fn check(lives: u32, laws: strategy::Laws, ask: impl Fn(&strategy::Life) -> Result<(), String>) {
    let config = Config { cases: lives, failure_persistence: None, max_shrink_iters: 4_000, ..Config::default() };
    let seed = setting("KRAMA_SEED", 280);
    println!("seed {seed}, {lives} lives");
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&seed.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let outcome = runner.run(&strategy::life(laws), |life| {
        ask(&life).map_err(|fault| TestCaseError::fail(format!("{fault}\n{}", life.told())))
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

fn compare(lives: u32, laws: strategy::Laws) {
    check(lives, laws, |life| {
        life.questions.iter().try_for_each(|&(day, known)| {
            let got = kernel(&life.facts, &life.law, day, known);
            let wanted = model::answer(&life.facts, &life.law, day, known);
            if got == wanted {
                return Ok(());
            }
            Err(format!("on {day}, as known on {}:\nkernel {got:#?}\nmodel {wanted:#?}", known.day()))
        })
    });
}

/// The part of an answer that `holds_until` speaks of, as the model tells it: cover that is only kept in good faith is
/// a matter of its day alone.
fn lasting(life: &strategy::Life, day: Day) -> (Standing, Vec<Scheme>, u32, u32) {
    let answer = model::answer(&life.facts, &life.law, day, Moment::MAX);
    let covers = answer.covers.iter().filter(|(_, kept)| !kept).map(|(scheme, _)| *scheme).collect();
    (answer.standing, covers, answer.overdue, answer.run)
}

/// Asks the model about the edges that an answer names: how long it holds, and from when until when each cover lasts.
fn edges_are_true(life: &strategy::Life, day: Day) -> Result<(), String> {
    let answer = decide(&Timeline::new(life.facts.clone()), &life.law, day, Moment::MAX);
    let now = lasting(life, day);
    let far = day.plus(1_000);
    let until = answer.holds_until.map_or(far, |until| until.min(far));
    for step in 0..=4 {
        let between = day.plus((until.0 - day.0) * step / 4);
        if lasting(life, between) != now {
            return Err(format!("on {day} the answer holds until {:?}, but not on {between}", answer.holds_until));
        }
    }
    if until < far && lasting(life, until.after()) == now {
        return Err(format!("on {day} the answer holds until {until}, and on the day after too"));
    }
    for cover in answer.covers.iter().filter(|cover| !cover.kept) {
        let covers = |on: Day| lasting(life, on).1.contains(&cover.scheme);
        let ended = cover.until.is_some_and(|until| !covers(until) || covers(until.after()));
        if covers(cover.from.before()) || !covers(cover.from) || ended {
            return Err(format!("on {day}: {cover:?}"));
        }
    }
    Ok(())
}

#[test]
fn an_answer_holds_as_long_as_it_says_and_covers_begin_and_end_as_it_says() {
    // Each edge asks the model for several more days, so a life costs far more here than in a comparison.
    let lives = lives(3_000) / 50;
    for laws in [strategy::Laws::Cambodia, strategy::Laws::Random] {
        check(lives, laws, |life| life.questions.iter().try_for_each(|&(day, _)| edges_are_true(life, day)));
    }
}

#[test]
fn the_kernel_equals_the_model_under_the_law_of_cambodia() {
    compare(lives(1_000), strategy::Laws::Cambodia);
}

#[test]
fn the_kernel_equals_the_model_under_random_laws() {
    compare(lives(1_000), strategy::Laws::Random);
}
