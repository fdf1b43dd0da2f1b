//! What is learnt late of a life, and the time that it leaves.

use super::*;
use crate::fact::EmploymentId;
use crate::policy::tests::{law, plain};
use crate::timeline::tests::{day, enrolled, hired, known};

/// What was learnt late: the months that are owed again, the days without lapse, and what it is about. A month that is
/// given as `..` goes on without an end.
fn lates(facts: &[(&str, Fact)]) -> Vec<String> {
    let law = law(plain());
    let life = Life::of(&known(facts), Moment::MAX, &law.as_known(Moment::MAX));
    let tell = |late: &Late| {
        let last = if late.last.0 == i32::MAX { "..".to_owned() } else { late.last.to_string() };
        let months = if late.first > late.last { "no month".to_owned() } else { format!("{} to {last}", late.first) };
        let about = late.about_from.map_or("nothing".to_owned(), |from| from.to_string());
        format!("{months}, {} to {}, about {about}, by {}", late.from, late.due.day, late.fact.0)
    };
    life.lates.iter().map(tell).collect()
}

fn amended(from: Option<&str>, until: Option<&str>) -> Fact {
    Fact::Amended { employment: EmploymentId(1), from: from.map(day), until: until.map(day) }
}

fn died(on: &str) -> Fact {
    Fact::Died { on: day(on) }
}

fn retracted(fact: i64) -> Fact {
    Fact::Retracted { fact: FactId(fact) }
}

#[test]
fn an_employment_that_turns_out_shorter_leaves_time_for_the_months_that_it_no_longer_exempts() {
    let job = |until| ("2025-03-05", hired(1, "2025-03-05", until));
    let corrected = |until, by: Fact| lates(&[job(until), ("2025-09-10", by)]);
    // Known on 10 September, and thirty days to pay: until the due day of September.
    let shorter = corrected(Some("2025-08-20"), amended(None, Some("2025-05-31")));
    assert_eq!(shorter, ["2025-06 to 2025-08, 2025-06-01 to 2025-10-15, about 2025-03-05, by 2"]);
    let of_an_open_one = corrected(None, amended(None, Some("2025-05-31")));
    assert_eq!(of_an_open_one, ["2025-06 to .., 2025-06-01 to 2025-10-15, about 2025-03-05, by 2"]);
    let later = corrected(Some("2025-08-20"), amended(Some("2025-04-01"), None));
    assert_eq!(later, ["2025-03 to 2025-08, 2025-03-05 to 2025-10-15, about 2025-03-05, by 2"]);
    let never = corrected(Some("2025-08-20"), Fact::EmploymentRetracted { employment: EmploymentId(1) });
    assert_eq!(never, later);
    assert_eq!(corrected(Some("2025-08-20"), amended(Some("2025-04-01"), Some("2025-05-31"))).len(), 2);
    // The same days again, a longer time, and what had no day anyway take nothing away.
    let nothing: [String; 0] = [];
    assert_eq!(corrected(Some("2025-08-20"), amended(Some("2025-03-05"), Some("2025-08-20"))), nothing);
    assert_eq!(corrected(Some("2025-08-20"), amended(Some("2025-03-01"), Some("2025-08-21"))), nothing);
    assert_eq!(corrected(Some("2025-03-04"), amended(None, Some("2025-03-01"))), nothing);
    assert_eq!(corrected(None, Fact::Separated { employment: EmploymentId(2), last: day("2025-04-01") }), nothing);
}

#[test]
fn a_death_that_was_a_mistake_leaves_time_where_it_was_the_one_that_counted() {
    let enrolled = ("2025-01-10", enrolled("2025-01-10"));
    let time = |from: &str, by| format!("0000-01 to .., {} to 2025-10-15, about {from}, by {by}", day(from).after());
    let one = lates(&[enrolled.clone(), ("2025-03-05", died("2025-03-01")), ("2025-09-10", retracted(2))]);
    assert_eq!(one, [time("2025-03-01", 3)]);
    // Of two the earlier counts, whichever became known first.
    let two = |mistake| {
        let deaths = [("2025-03-05", died("2025-03-01")), ("2025-04-05", died("2025-02-01"))];
        let [first, second] = deaths;
        lates(&[enrolled.clone(), first, second, ("2025-09-10", retracted(mistake))])
    };
    let nothing: [String; 0] = [];
    assert_eq!(two(2), nothing);
    assert_eq!(two(3), [time("2025-02-01", 4)]);
    // Once the earlier is retracted the other counts; what became known after a retraction does not matter to it.
    let both = [
        enrolled.clone(),
        ("2025-03-05", died("2025-03-01")),
        ("2025-04-05", died("2025-02-01")),
        ("2025-09-10", retracted(3)),
        ("2025-09-11", retracted(2)),
    ];
    assert_eq!(lates(&both), [time("2025-02-01", 4), time("2025-03-01", 5)]);
    let turned = [
        enrolled.clone(),
        ("2025-03-05", died("2025-03-01")),
        ("2025-04-05", died("2025-02-01")),
        ("2025-09-10", retracted(2)),
        ("2025-09-11", retracted(3)),
    ];
    assert_eq!(lates(&turned), [time("2025-02-01", 5)]);
    let afterwards = [
        enrolled,
        ("2025-03-05", died("2025-03-01")),
        ("2025-09-10", retracted(2)),
        ("2025-09-12", died("2025-02-01")),
    ];
    assert_eq!(lates(&afterwards), [time("2025-03-01", 3)]);
}

#[test]
fn what_was_entered_by_mistake_never_was_and_what_it_left_ends_with_it() {
    let excused = Fact::Excused { from: day("2025-03-01").month(), to: day("2025-05-01").month() };
    assert_eq!(
        lates(&[("2025-03-05", excused), ("2025-09-10", retracted(1))]),
        ["2025-03 to 2025-05, 2025-03-01 to 2025-10-15, about 2025-03-01, by 2"]
    );
    assert_eq!(
        lates(&[("2025-03-05", enrolled("2025-03-05")), ("2025-09-10", retracted(1))]),
        ["no month, 2025-03-06 to 2025-10-15, about 2025-03-05, by 2"]
    );
    let paid = Fact::Payment { on: day("2025-03-08"), amount: 100, month: None };
    let refund = |on| Fact::Refunded { payment: FactId(1), amount: 100, on: day(on) };
    let of_refund =
        |on| lates(&[("2025-03-08", paid.clone()), ("2025-03-08", refund(on)), ("2025-09-10", retracted(2))]);
    assert_eq!(of_refund("2025-04-02"), ["no month, 2025-04-02 to 2025-10-15, about 2025-04-02, by 3"]);
    // One that is dated before its payment counts from the payment on.
    assert_eq!(of_refund("2025-03-02"), ["no month, 2025-03-08 to 2025-10-15, about 2025-03-08, by 3"]);
}
