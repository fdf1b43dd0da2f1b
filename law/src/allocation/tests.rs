//! Payments of one day of which some come to nothing, who relied on which, and money that has to pay a way back.

use crate::calendar::Moment;
use crate::decision::decide;
use crate::fact::{Fact, FactId};
use crate::policy::tests::{back_payment, law, plain};
use crate::policy::{BackPayment, Revision};
use crate::timeline::tests::{day, enrolled, hired, known, paid};

fn void(payment: i64) -> Fact {
    Fact::Reversed { payment: FactId(payment), on: day("2025-01-12") }
}

/// How many months are overdue on the day before and the day after each due day from February to June.
fn overdue(facts: &[(&str, Fact)]) -> Vec<u32> {
    let asked = ["2025-02-16", "2025-03-16", "2025-04-16", "2025-05-16", "2025-06-16"];
    let law = law(plain());
    asked.iter().map(|text| decide(&known(facts), &law, day(text), Moment::MAX).overdue).collect()
}

#[test]
fn which_month_was_relied_upon_is_told_by_what_was_known_before_each_reversal() {
    let mut facts = vec![
        ("2025-01-10", enrolled("2025-01-10")),
        ("2025-01-12", paid("2025-01-12", 100)),
        ("2025-01-12", paid("2025-01-12", 100)),
    ];
    assert_eq!(overdue(&facts), [0, 0, 1, 2, 3]);
    // The first was believed to pay January until March; the money of the second moves there. Who believed that February was
    // paid has no time for it: it never came to nothing.
    facts.push(("2025-03-01", void(2)));
    assert_eq!(overdue(&facts), [0, 1, 2, 3, 4]);
    // From then on the second was believed to pay January, until May: that month has time until the due day of May.
    facts.push(("2025-05-01", void(3)));
    assert_eq!(overdue(&facts), [0, 1, 2, 3, 5]);
    // Learnt at once, nobody relied on them.
    let at_once = [&facts[..3], &[("2025-01-12", void(2)), ("2025-01-12", void(3))]].concat();
    assert_eq!(overdue(&at_once), [1, 2, 3, 4, 5]);
}

#[test]
fn money_of_somebody_who_works_while_suspended_pays_the_way_back_first() {
    let fee = BackPayment { flat: 50, ..back_payment("0") };
    // A month falls due within itself. March is overdue on the 16th, which suspends; worked from the 20th on, it is owed no more,
    // but only the fee ends the suspension.
    let law = law(Revision { due_month_offset: 0, suspend_after: Some(0), suspension_return: Some(fee), ..plain() });
    let life = [
        ("2025-03-01", enrolled("2025-03-01")),
        ("2025-03-20", hired(1, "2025-03-20", Some("2025-06-20"))),
        ("2025-04-10", paid("2025-04-10", 70)),
    ];
    let money = decide(&known(&life), &law, day("2025-05-05"), Moment::MAX).money;
    assert_eq!((money.surcharge, money.on_months + money.credit, money.pot), (50, 20, 0));
}
