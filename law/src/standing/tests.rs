//! What the machine looks up for a day, and what it notes.

use super::*;
use crate::calendar::Moment;
use crate::policy::tests::{law, plain};
use crate::timeline::tests::day;

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
