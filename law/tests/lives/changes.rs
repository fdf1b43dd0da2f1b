//! Standing changes: those days that are answered otherwise, and no others, by asking about every single day.

use krama_law::answer::{Answer, Scheme, Schemes};
use krama_law::calendar::{Day, Moment};
use krama_law::change::{DayState, changes};
use krama_law::decision::decide;
use krama_law::fact::Recorded;
use krama_law::timeline::Timeline;

use crate::strategy::{Laws, Life, START, own_day};
use crate::{check, lives};

fn state(answer: &Answer) -> DayState {
    let has = |scheme: &Scheme| answer.covers.iter().any(|cover| cover.scheme == *scheme);
    let covers = Scheme::ALL.into_iter().filter(has).fold(Schemes::NONE, |all, scheme| all.with(scheme, true));
    DayState { standing: answer.standing, covers }
}

/// The last thing that became known changes exactly the days that it is said to change.
fn changes_are_true(life: &Life) -> Result<(), String> {
    let Some(known) = life.facts.iter().map(|recorded| recorded.known).max() else { return Ok(()) };
    let heads: Vec<_> = life.heads.iter().map(|(id, facts)| (*id, Timeline::new(facts.clone()))).collect();
    let timeline = |with: fn(Moment, Moment) -> bool| {
        let facts: Vec<Recorded> = life.facts.iter().filter(|fact| with(fact.known, known)).cloned().collect();
        Timeline::new(facts).with_heads(heads.clone())
    };
    let (before, after) = (timeline(|at, last| at < last), timeline(|at, last| at <= last));
    let today = known.day();
    let told = changes(&before, &after, &life.law, today, known);
    let first = life.facts.iter().map(|recorded| own_day(&recorded.fact)).min().unwrap_or(today).min(Day(START));
    let mut day = first;
    while day <= today {
        let [was, is] = [&before, &after].map(|timeline| state(&decide(timeline, &life.law, day, known)));
        let said: Vec<_> = told.iter().filter(|change| change.from <= day && day <= change.until).collect();
        let wanted = if was == is { vec![] } else { vec![(was, is)] };
        if said.iter().map(|change| (change.before, change.after)).collect::<Vec<_>>() != wanted {
            return Err(format!("on {day}, known on {today}: wanted {wanted:?}, told {told:#?}"));
        }
        day = day.after();
    }
    let maximal = told.windows(2).all(|two| {
        let apart = (two[0].before, two[0].after) != (two[1].before, two[1].after);
        two[0].until < two[1].from && (apart || two[0].until.after() < two[1].from)
    });
    if maximal { Ok(()) } else { Err(format!("not maximal, or not in order: {told:#?}")) }
}

#[test]
fn changes_are_the_days_that_are_answered_otherwise() {
    // Every day of a life is asked about twice, so a life costs far more here than in a comparison.
    for laws in [Laws::Cambodia, Laws::Random] {
        check(lives(1_000) / 200, laws, changes_are_true);
    }
}
