//! What an answer says of its own end: how long it holds, and from when until when each cover lasts, asked of the model.

use krama_law::answer::{Answer, CoPayment, Scheme, Standing};
use krama_law::calendar::{Day, Moment};
use krama_law::decision::least_saving_amount;
use krama_law::money::Riel;

use crate::strategy::{Laws, Life, Question};
use crate::{check, decide, lives, model, timeline};

/// The part of an answer that `holds_until` speaks of, as the model tells it: each cover is kept in good faith, or not.
type Lasting = (Standing, Vec<(Scheme, bool)>, u32, u32, Option<CoPayment>);

/// The question for a day with everything known.
fn all_known(day: Day) -> Question {
    Question { day, known: Moment::MAX, stay: None }
}

fn lasting(life: &Life, day: Day) -> Lasting {
    let answer = model::answer(life.asked(all_known(day)));
    (answer.standing, answer.covers, answer.overdue, answer.run, answer.co_payment)
}

/// Asks the model about the edges that an answer names.
pub(crate) fn edges_are_true(life: &Life, answer: &Answer) -> Result<(), String> {
    let day = answer.valid_at;
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
        let covers = |on: Day| lasting(life, on).1.contains(&(cover.scheme, false));
        let ended = cover.until.is_some_and(|until| !covers(until) || covers(until.after()));
        if covers(cover.from.before()) || !covers(cover.from) || ended {
            return Err(format!("on {day}: {cover:?}"));
        }
    }
    Ok(())
}

/// The kernel's answer for a day with everything known.
pub(crate) fn decided(life: &Life, day: Day) -> Answer {
    decide(&life.asked(all_known(day)))
}

#[test]
fn an_answer_holds_as_long_as_it_says_and_covers_begin_and_end_as_it_says() {
    // Each edge asks the model for several more days, so a life costs far more here than in a comparison.
    let lives = lives(3_000) / 50;
    for laws in [Laws::Cambodia, Laws::Random] {
        check(lives, laws, |life| {
            life.questions.iter().try_for_each(|question| edges_are_true(life, &decided(life, question.day)))
        });
    }
}

/// The least amount that saves the membership does so on the last safe day, and less does not; there is one where
/// there is such a day, and paying helps.
pub(crate) fn the_least_amount_saves(life: &Life, question: Question, least: Option<Riel>) -> Result<(), String> {
    let asked = life.asked(Question { stay: None, ..question });
    let (day, known) = (asked.day, asked.known.day());
    let (last, least) = match (decide(&asked).last_safe_day, least) {
        (None, None) => return Ok(()),
        (Some(last), Some(least)) => (last, least),
        // Who is suspended under a law that a reform took away while an employment went on has no way back to pay for.
        (Some(last), None) if !model::saves(asked, last, 1_000_000) => return Ok(()),
        (last, least) => return Err(format!("on {day}, known on {known}: {least:?} by {last:?}")),
    };
    let saves = |amount| model::saves(asked, last, amount);
    let too_little = [least / 2, least - 1].into_iter().find(|&amount| amount > 0 && saves(amount));
    match (saves(least), too_little) {
        (true, None) => Ok(()),
        (saves, other) => {
            Err(format!("on {day}, known on {known}, {least} by {last} saves: {saves}, and so does {other:?}"))
        }
    }
}

#[test]
fn the_least_amount_that_saves_a_membership_does_so_by_the_last_safe_day() {
    for laws in [Laws::Cambodia, Laws::Random, Laws::Rare] {
        check(lives(1_000) / 2, laws, |life| {
            life.questions.iter().try_for_each(|&question| {
                let asked = life.asked(question);
                let least = least_saving_amount(&timeline(asked.person), asked.law, asked.day, asked.known);
                the_least_amount_saves(life, question, least)
            })
        });
    }
}
