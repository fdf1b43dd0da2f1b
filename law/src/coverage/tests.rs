//! Entitlement by months that are further back than those of random lives, and the end of a duty.

use super::*;
use crate::answer::Answer;
use crate::calendar::Moment;
use crate::decision::decide;
use crate::fact::Fact;
use crate::life::Life;
use crate::money::Rate;
use crate::months::Months;
use crate::policy::tests::{law, plain};
use crate::policy::{CoPaymentRule, Revision};
use crate::purse::Purse;
use crate::standing::Return;
use crate::timeline::tests::{day, enrolled, known};

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
