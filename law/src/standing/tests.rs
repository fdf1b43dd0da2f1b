//! What the machine looks up for a day, and what it notes.

use super::*;
use crate::calendar::Moment;
use crate::decision::decide;
use crate::policy::tests::{law, laws, plain};
use crate::policy::{Law, Transition};
use crate::timeline::tests::{day, enrolled, known};

fn machine<R>(revision: Revision, ask: impl FnOnce(&mut Machine<'_>) -> R) -> R {
    let (life, law) = (Life::default(), law(revision));
    let book = law.as_known(Moment::MAX);
    ask(&mut Machine::new(&life, &book, &[], day("2025-01-10").month(), (Months::default(), Purse::default())))
}

#[test]
fn the_month_of_a_day_is_found_from_that_of_the_day_before_however_far_it_is() {
    let days = ["2025-01-10", "2025-01-31", "2025-02-01", "2025-04-01", "2025-04-30", "2025-05-28", "2031-12-31"];
    machine(plain(), |machine| {
        days.iter().for_each(|text| assert_eq!(machine.enter_month(day(text)), day(text).month()))
    });
    // From January it is 28 days after the first of February to the first of March.
    let skipped =
        |from, to| machine(plain(), |machine| (machine.enter_month(day(from)), machine.enter_month(day(to))).1);
    assert_eq!(skipped("2025-01-31", "2025-03-01"), day("2025-03-01").month());
    assert_eq!(skipped("2025-01-31", "2025-02-28"), day("2025-02-28").month());
}

#[test]
fn money_unsettles_a_day_only_where_it_can_bring_a_lapse_on_the_next() {
    let unsettled = |revision| {
        machine(revision, |machine| {
            machine.allocated_on(day("2025-01-10"));
            machine.unsettled.is_some()
        })
    };
    assert!(!unsettled(plain()));
    assert!(unsettled(Revision { lapse: vec![LapseCondition::Window { paid: 2, of: 3 }], ..plain() }));
    assert!(unsettled(Revision { notice_days: Some(30), ..plain() }));
}

#[test]
fn the_oldest_revision_has_no_bars_before_it_to_lift() {
    let lifting = |effective: &str| Revision {
        effective: day(effective),
        transition: Transition { gaps_count: true, bars_lifted: true },
        ..plain()
    };
    // The seventh month in a row is missed on 16 August.
    let life = known(&[("2025-01-10", enrolled("2025-01-10"))]);
    let stands = |law: &Law, asked| decide(&life, law, day(asked), Moment::MAX).standing;
    let alone = law(lifting("2025-09-01"));
    assert_eq!(["2025-08-31", "2025-09-01"].map(|asked| stands(&alone, asked)), [Standing::Abandoned; 2]);
    let second = laws([plain(), lifting("2025-09-01")]);
    assert_eq!(
        ["2025-08-31", "2025-09-01"].map(|asked| stands(&second, asked)),
        [Standing::Abandoned, Standing::NotEnrolled]
    );
}
