//! Random lives under random laws: the kernel answers as the reference model does, in every field.
//!
//! `KRAMA_LIVES` sets how many lives are tried, `KRAMA_SEED` from which seed; it is printed. The seed is fixed unless it
//! is set, so that a run can be repeated. A failure is shrunk and told as facts, a law and a question.

mod exhaustive;
mod model;
mod strategy;

use krama_law::calendar::{Day, Moment};
use krama_law::decision::decide;
use krama_law::fact::Recorded;
use krama_law::policy::Law;
use krama_law::timeline::Timeline;
use model::ModelAnswer;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

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

fn compare(lives: u32, laws: strategy::Laws) {
    let config = Config { cases: lives, failure_persistence: None, max_shrink_iters: 4_000, ..Config::default() };
    let seed = setting("KRAMA_SEED", 280);
    println!("seed {seed}, {lives} lives");
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&seed.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let outcome = runner.run(&strategy::life(laws), |life| {
        for &(day, known) in &life.questions {
            let (got, wanted) =
                (kernel(&life.facts, &life.law, day, known), model::answer(&life.facts, &life.law, day, known));
            proptest::prop_assert!(
                got == wanted,
                "on {day}, as known on {}:\nkernel {got:#?}\nmodel {wanted:#?}\n{}",
                known.day(),
                life.told()
            );
        }
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
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
