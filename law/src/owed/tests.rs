//! Which months are overdue and which run they make, over lives longer than random ones.

use super::*;
use crate::answer::{Answer, Standing};
use crate::calendar::Moment;
use crate::decision::{MonthState, decide, explain};
use crate::fact::{AssistanceLevel, EmploymentId, Fact, FactId};
use crate::life::Life;
use crate::months::{Months, Sets};
use crate::policy::tests::{law, laws, plain};
use crate::policy::{Entitlement, Law, Revision};
use crate::purse::Purse;
use crate::timeline::tests::{day, enrolled, hired, known, paid};

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

/// A payment of a month's price for a month that the payer names.
fn paid_for(on: &str, named: &str) -> Fact {
    Fact::Payment { on: day(on), amount: 100, month: Some(month(named)) }
}

fn on(facts: &[(&str, Fact)], law: &Law, asked: &str) -> Answer {
    decide(&known(facts), law, day(asked), Moment::MAX)
}

#[test]
fn a_run_is_as_long_as_it_is_and_ends_at_a_month_that_is_paid() {
    let nobody_lapses = law(Revision { lapse: Vec::new(), ..plain() });
    let life = [("2018-01-10", enrolled("2018-01-10")), ("2018-06-10", paid_for("2018-06-10", "2018-06"))];
    let answer = on(&life, &nobody_lapses, "2026-02-20");
    // January to May 2018, and from July 2018 to January 2026.
    assert_eq!((answer.overdue, answer.run), (5 + 91, 91));
    // One month that is paid ends the run, however many are overdue before it.
    let one_more = [life[0].clone(), life[1].clone(), ("2025-06-10", paid_for("2025-06-10", "2025-06"))];
    let answer = on(&one_more, &nobody_lapses, "2026-02-20");
    assert_eq!((answer.overdue, answer.run), (5 + 90, 7));
    let [enrolled, first, second] = one_more;
    let worked_too = [enrolled, first, second, ("2025-06-15", hired(1, "2025-06-15", Some("2025-06-20")))];
    let answer = on(&worked_too, &nobody_lapses, "2026-02-20");
    assert_eq!((answer.overdue, answer.run), (5 + 90, 7));
    // All of them were worked from 2020 to 2024, whether they had been paid or not.
    let worked = [life[0].clone(), life[1].clone(), ("2020-01-01", hired(1, "2020-01-01", Some("2024-12-31")))];
    let answer = on(&worked, &nobody_lapses, "2026-02-20");
    assert_eq!((answer.overdue, answer.run), (5 + 18 + 13, 13));
}

#[test]
fn a_month_that_is_paid_and_worked_ends_a_run_like_any_other() {
    let life = [
        ("2025-01-10", enrolled("2025-01-10")),
        ("2025-01-10", paid_for("2025-01-10", "2025-03")),
        ("2025-03-05", hired(1, "2025-03-05", Some("2025-03-20"))),
    ];
    let answer = on(&life, &law(plain()), "2025-06-20");
    assert_eq!((answer.overdue, answer.run), (4, 2), "January, February, April and May; the last two of them on end");
}

#[test]
fn a_month_is_paid_once_a_revision_asks_no_more_than_what_lies_on_it() {
    let last_month = vec![Entitlement::Window { insured: 1, of: 1 }];
    let first = Revision { contribution: 130, entitlement: last_month, ..plain() };
    let cheaper = Revision { effective: day("2025-08-01"), contribution: 100, ..first.clone() };
    let law = laws([first, cheaper]);
    let life = [
        ("2025-06-10", enrolled("2025-06-10")),
        ("2025-06-10", paid("2025-06-10", 260)),
        // On the day of payment nobody can know of a lower price: August lacks thirty.
        ("2025-06-20", paid_for("2025-06-20", "2025-08")),
        ("2025-09-02", paid("2025-09-02", 100)),
    ];
    // Something else happens in September, so that the day is looked at.
    let certificate = Fact::Certificate { level: AssistanceLevel::Poor1, from: day("2025-09-18"), until: None };
    let life = [&life[..], &[("2025-09-18", certificate)]].concat();
    let state = |asked: &str| {
        let months = explain(&known(&life), &law, day(asked), Moment::MAX).months;
        months.iter().find(|line| line.month == month("2025-08")).map(|line| (line.state, line.allocated))
    };
    assert_eq!(state("2025-07-31"), Some((MonthState::Open, 100)));
    assert_eq!(state("2025-08-01"), Some((MonthState::Paid, 100)));
    // It insures like any other.
    let covers = |asked: &str| on(&life, &law, asked).covers.len();
    assert_eq!(["2025-08-31", "2025-09-01", "2025-09-20"].map(covers), [1, 1, 1]);
    // The payment of September goes to September, and nothing is overdue until October is.
    let standing = |asked: &str| (on(&life, &law, asked).standing, on(&life, &law, asked).overdue);
    assert_eq!(standing("2025-11-15"), (Standing::Current, 0));
    assert_eq!(standing("2025-11-16"), (Standing::InArrears, 1));
}

#[test]
fn a_month_to_come_that_is_paid_by_a_lower_price_insures_nothing_yet() {
    let first =
        Revision { contribution: 130, entitlement: vec![Entitlement::Window { insured: 2, of: 12 }], ..plain() };
    let cheaper = Revision { effective: day("2025-08-01"), contribution: 100, ..first.clone() };
    let law = laws([first, cheaper]);
    // June is paid; July, which costs what was asked then, and October in part.
    let life = [
        ("2025-06-10", enrolled("2025-06-10")),
        ("2025-06-10", paid("2025-06-10", 130)),
        ("2025-06-20", paid_for("2025-06-20", "2025-07")),
        ("2025-06-20", paid_for("2025-06-20", "2025-10")),
    ];
    let covers = |asked: &str| on(&life, &law, asked).covers.len();
    assert_eq!(["2025-08-20", "2025-10-31", "2025-11-01"].map(covers), [0, 0, 1]);
}

#[test]
fn of_the_last_seventy_months_so_many_must_be_paid() {
    let most_of_seventy = law(Revision { lapse: vec![LapseCondition::Window { paid: 60, of: 70 }], ..plain() });
    let after = |months: i32| {
        let mut life = vec![("2018-01-10", enrolled("2018-01-10"))];
        for number in 0..months {
            let on = month("2018-01").plus(number).day_clamped(10);
            life.push(("2018-01-10", Fact::Payment { on, amount: 100, month: None }));
        }
        on(&life, &most_of_seventy, "2026-02-20").since.map(|since| since.to_string())
    };
    // The seventieth month is October 2023. With one more paid it is the next that makes too few of the last seventy.
    assert_eq!([59, 60, 61].map(after), ["2023-11-16", "2023-12-16", "2024-01-16"].map(|text| Some(text.to_owned())));
}

#[test]
fn no_month_falls_due_before_an_older_one_until_one_is_put_off() {
    let (life, law) = (Life::default(), law(plain()));
    let book = law.as_known(Moment::MAX);
    let first = month("2025-01");
    let mut machine = Machine::new(&life, &book, &[], first, (Months::default(), Purse::default()));
    assert!(machine.falls_due_in_order() && machine.months.none_put_off());
    machine.months.put_off(first, book.due_day(first.plus(3)));
    assert!(!machine.falls_due_in_order() && !machine.months.none_put_off());
    assert_eq!(machine.due(first), book.due_day(first.plus(3)));
}

/// The oldest open month after a day in the sixth month, counted from the first that is owed.
fn oldest_open(ready: impl FnOnce(&mut Machine<'_>)) -> i32 {
    let (life, law) = (Life::default(), law(plain()));
    let (book, first) = (law.as_known(Moment::MAX), month("2025-01"));
    let mut machine = Machine::new(&life, &book, &[], first, (Months::default(), Purse::default()));
    machine.months.make_room(first.plus(20));
    (machine.enrolled_from, machine.oldest_open) = (Some(first), first);
    ready(&mut machine);
    let today = machine.look_up(day("2025-06-10"));
    machine.advance_oldest_open(today);
    machine.oldest_open.0 - first.0
}

#[test]
fn months_are_closed_that_can_never_be_overdue_again() {
    let first = month("2025-01");
    assert_eq!(oldest_open(|_| {}), 0);
    let pay = |machine: &mut Machine<'_>, months, amount| {
        let reached = (amount == 100).then_some(day("2025-01-10"));
        (0..months).for_each(|number| machine.months.add(first.plus(number), amount, reached));
    };
    // Those that are paid, worked or excused, for one reason or for several, are so for good.
    assert_eq!(oldest_open(|machine| pay(machine, 9, 100)), 9);
    let marked = |set: fn(&mut Sets) -> &mut u64| oldest_open(|machine| machine.months.mark(first, first.plus(8), set));
    assert_eq!(marked(|sets| &mut sets.worked), 9);
    assert_eq!(marked(|sets| &mut sets.excused), 9);
    let twice = |one: fn(&mut Sets) -> &mut u64, other: fn(&mut Sets) -> &mut u64| {
        oldest_open(|machine| {
            machine.months.mark(first, first.plus(8), one);
            machine.months.mark(first, first.plus(8), other);
        })
    };
    assert_eq!(twice(|sets| &mut sets.worked, |sets| &mut sets.excused), 9);
    assert_eq!(twice(|sets| &mut sets.paid, |sets| &mut sets.worked), 9);
    assert_eq!(twice(|sets| &mut sets.paid, |sets| &mut sets.excused), 9);
    // What is forgiven, or of which as much is paid as is asked by now, is closed once it has begun: the price of one to
    // come may change.
    assert_eq!(marked(|sets| &mut sets.forgiven), 5);
    assert_eq!(oldest_open(|machine| (0..9).for_each(|n| machine.months.add(first.plus(n), 100, None))), 5);
    assert_eq!(oldest_open(|machine| pay(machine, 9, 99)), 0);
    assert_eq!(oldest_open(|machine| machine.enrolled_from = Some(first.plus(3))), 3);
}

/// A month falls due on its own first day, so that it is overdue on the second.
#[test]
fn what_is_learnt_late_puts_months_off_from_the_day_from_which_it_counts() {
    let at_once = law(Revision { due_month_offset: 0, due_day: 1, ..plain() });
    let life = [
        ("2025-01-10", enrolled("2025-01-10")),
        ("2025-01-10", paid("2025-01-10", 100)),
        ("2025-03-10", hired(1, "2025-03-10", None)),
        ("2025-05-20", Fact::EmploymentRetracted { employment: EmploymentId(1) }),
    ];
    let overdue = |asked: &str| on(&life, &at_once, asked).overdue;
    // February is the first month owed, and paid. March is overdue until the day from which the employment was believed,
    // and not from then on: all that it exempted has time until the due day after 30 days.
    assert_eq!(["2025-03-01", "2025-03-02", "2025-03-09"].map(overdue), [0, 1, 1]);
    assert_eq!(["2025-03-10", "2025-05-20", "2025-07-01", "2025-07-02"].map(overdue), [0, 0, 0, 5]);
}

#[test]
fn only_months_that_were_owed_by_the_day_on_which_it_was_learnt_are_put_off() {
    let law = law(plain());
    let enrols = |on: &'static str| {
        let life = [
            ("2025-03-10", hired(1, "2025-03-10", None)),
            ("2025-05-20", Fact::EmploymentRetracted { employment: EmploymentId(1) }),
            (on, enrolled(on)),
        ];
        let answer = |asked: &str| decide(&known(&life), &law, day(asked), Moment::MAX);
        (answer("2025-06-15").overdue, answer("2025-06-16").overdue, answer("2025-07-16").overdue)
    };
    // Whoever had enrolled by then was told that May is exempt, and has time to the middle of July.
    assert_eq!(enrols("2025-05-20"), (0, 0, 2));
    assert_eq!(enrols("2025-05-21"), (0, 1, 2));
}

#[test]
fn of_a_death_that_was_a_mistake_months_are_put_off_that_fell_due_after_it() {
    let law = law(plain());
    let overdue = |died: &str| {
        let life = [
            ("2025-01-10", enrolled("2025-01-10")),
            ("2025-01-10", paid("2025-01-10", 100)),
            ("2025-03-20", Fact::Died { on: day(died) }),
            ("2025-04-20", Fact::Retracted { fact: FactId(3) }),
        ];
        on(&life, &law, "2025-04-16").overdue
    };
    // February falls due on 15 March: who is believed to have died on that day could have paid it in time.
    assert_eq!(["2025-03-14", "2025-03-15", "2025-03-16"].map(overdue), [0, 1, 1]);
}

#[test]
fn a_month_may_fall_due_before_an_older_one_that_was_put_off() {
    let life = [
        ("2025-01-10", enrolled("2025-01-10")),
        ("2025-01-10", paid("2025-01-10", 100)),
        ("2025-02-10", paid("2025-02-10", 100)),
        ("2025-03-20", Fact::Reversed { payment: FactId(3), on: day("2025-03-20") }),
    ];
    let law = law(plain());
    let overdue = |asked: &str| on(&life, &law, asked).overdue;
    // February has time until May, thirty days after it was learnt; March has not.
    assert_eq!(["2025-04-15", "2025-04-16", "2025-05-15", "2025-05-16"].map(overdue), [0, 1, 1, 3]);
}
