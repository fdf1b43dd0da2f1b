//! What an answer says of its own end: how long it holds, and from when until when each cover lasts, asked of the model.

use krama_law::answer::{Answer, CoPayment, Scheme, Standing};
use krama_law::calendar::{Day, Moment};

use crate::strategy::{Laws, Life, Question};
use crate::{check, decide, lives, model};

/// The part of an answer that `holds_until` speaks of, as the model tells it: cover that is only kept in good faith is
/// a matter of its day alone.
type Lasting = (Standing, Vec<Scheme>, u32, u32, Option<CoPayment>);

/// The question for a day with everything known.
fn all_known(day: Day) -> Question {
    Question { day, known: Moment::MAX, stay: None }
}

fn lasting(life: &Life, day: Day) -> Lasting {
    let answer = model::answer(life.asked(all_known(day)));
    let covers = answer.covers.iter().filter(|(_, kept)| !kept).map(|(scheme, _)| *scheme).collect();
    (answer.standing, covers, answer.overdue, answer.run, answer.co_payment)
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
        let covers = |on: Day| lasting(life, on).1.contains(&cover.scheme);
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
