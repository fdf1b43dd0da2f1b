//! Entitlement by months that are further back than those of random lives, and the end of a duty.

use super::*;
use crate::answer::Answer;
use crate::calendar::Moment;
use crate::decision::{decide, decide_for_stay};
use crate::fact::Fact;
use crate::life::Life;
use crate::money::Rate;
use crate::months::Months;
use crate::policy::tests::{law, laws, plain};
use crate::policy::{CoPaymentRule, Revision};
use crate::purse::Purse;
use crate::standing::Return;
use crate::timeline::tests::{day, enrolled, hired, known, paid};

/// Enrolled in January 2018, and so many months paid, each on its 10th; asked on a day.
fn covered(months: i32, entitlement: Entitlement, asked: &str) -> Answer {
    let mut life = vec![("2018-01-10", enrolled("2018-01-10"))];
    for number in 0..months {
        let on = "2018-01".parse::<Month>().unwrap().plus(number).day_clamped(10);
        life.push(("2018-01-10", Fact::Payment { on, amount: 100, month: None }));
    }
    let revision = Revision { entitlement: vec![entitlement], lapse: Vec::new(), ..plain() };
    decide(&known(&life), &law(revision), day(asked), Moment::MAX)
}

fn until(answer: &Answer) -> Option<String> {
    answer.covers.first().and_then(|cover| cover.until).map(|until| until.to_string())
}

#[test]
fn a_window_of_seventy_months_is_counted_whole() {
    let sixty = Entitlement::Window { insured: 60, of: 70 };
    // The sixtieth month is December 2022; ten more may pass, and the first drops out when an eleventh has.
    assert!(covered(59, sixty, "2023-06-01").covers.is_empty());
    assert_eq!(until(&covered(60, sixty, "2023-06-01")), Some("2023-11-30".to_owned()));
    assert!(covered(60, sixty, "2023-12-01").covers.is_empty());
    assert_eq!(covered(60, sixty, "2023-06-01").covers[0].from, day("2023-01-01"));
    assert!(covered(64, sixty, "2024-03-31").covers.len() == 1 && covered(64, sixty, "2024-04-01").covers.is_empty());
}

#[test]
fn seventy_months_on_end_are_counted_whole() {
    let seventy = Entitlement::Consecutive(70);
    assert!(covered(69, seventy, "2023-11-01").covers.is_empty());
    let answer = covered(70, seventy, "2023-11-01");
    // The seventieth month is October 2023; November falls due in December, and has then to be paid.
    assert_eq!((answer.covers[0].from, until(&answer)), (day("2023-11-01"), Some("2023-12-15".to_owned())));
    assert!(
        covered(130, seventy, "2028-12-15").covers.len() == 1 && covered(130, seventy, "2028-12-16").covers.is_empty()
    );
    // A month more than there are is never reached.
    assert!(covered(130, Entitlement::Consecutive(131), "2028-12-01").covers.is_empty());
}

#[test]
fn who_had_nothing_overdue_before_the_return_owes_no_part_of_a_bill() {
    let rule = CoPaymentRule { days: 45, rate: Rate::ZERO, max_months: 12, ceiling: None };
    let (life, law) = (Life::default(), law(Revision { co_payment: Some(rule), ..plain() }));
    let book = law.as_known(Moment::MAX);
    let on = day("2025-01-10");
    let mut machine = Machine::new(&life, &book, &[], on.month(), (Months::default(), Purse::default()));
    let mut duty = |overdue, scheme, asked: Day| {
        let today = machine.look_up(asked);
        machine.returned = Some(Return { on, overdue });
        machine.co_payment(today, Schemes::NONE.with(scheme, true)).map(|duty| (duty.months, duty.until))
    };
    assert_eq!(duty(3, Scheme::Voluntary, on), Some((3, on.plus(45))));
    assert_eq!(duty(30, Scheme::Voluntary, on.plus(45)), Some((12, on.plus(45))));
    assert_eq!(duty(0, Scheme::Voluntary, on), None);
    assert_eq!(duty(3, Scheme::Formal, on), None);
    assert_eq!(duty(3, Scheme::Voluntary, on.plus(46)), None);
}

#[test]
fn for_a_stay_a_month_counts_that_had_reached_its_price_before_whatever_is_asked_since() {
    let first = Revision { paid_before_stay: true, entitlement: vec![Entitlement::Consecutive(1)], ..plain() };
    let dearer = Revision { effective: day("2025-08-01"), contribution: 130, ..first.clone() };
    let august = "2025-08".parse().ok();
    let life = [
        ("2025-07-05", enrolled("2025-07-05")),
        ("2025-07-05", paid("2025-07-05", 100)),
        ("2025-07-20", Fact::Payment { on: day("2025-07-20"), amount: 100, month: august }),
    ];
    let covers = |facts: &[(&str, Fact)], revisions: [Revision; 2], began| {
        let (law, asked) = (laws(revisions), day("2025-09-20"));
        decide_for_stay(&known(facts), &law, asked, Moment::MAX, day(began)).covers.len()
    };
    assert_eq!(covers(&life, [first.clone(), dearer.clone()], "2025-09-02"), 1);
    assert_eq!(covers(&life, [first.clone(), dearer], "2025-07-20"), 0);
    // Of a revision that asks less no price need have been reached on a day.
    let cheaper = Revision { effective: day("2025-08-01"), contribution: 60, ..first.clone() };
    let part = Fact::Payment { on: day("2025-07-20"), amount: 60, month: august };
    let life = [life[0].clone(), life[1].clone(), ("2025-07-20", part)];
    assert_eq!(covers(&life, [first.clone(), cheaper.clone()], "2025-09-02"), 1);
    assert_eq!(covers(&life, [first, cheaper], "2025-07-20"), 0);
}

#[test]
fn a_month_that_had_fallen_due_before_the_enrolment_is_neither_owed_nor_insured() {
    let within_the_month = Revision { due_month_offset: 0, entitlement: vec![Entitlement::Consecutive(1)], ..plain() };
    let life = [("2025-03-05", hired(1, "2025-03-05", Some("2025-03-31"))), ("2025-04-20", enrolled("2025-04-20"))];
    let law = law(within_the_month);
    let asked = |text: &str| decide(&known(&life), &law, day(text), Moment::MAX);
    // March was worked, and so insures April; April itself insures nothing.
    assert_eq!(until(&asked("2025-04-20")), Some("2025-04-30".to_owned()));
    assert!(asked("2025-05-01").covers.is_empty() && asked("2025-05-10").covers.is_empty());
}
