//! Timelines that grow, are asked as of an instant, and are supposed to hold more.

use super::*;
use crate::fact::Sector;

pub(crate) fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// A timeline of facts, each with the day at the start of which it became known. They are numbered from 1.
pub(crate) fn known(facts: &[(&str, Fact)]) -> Timeline {
    let recorded = |(id, (known, fact)): (i64, &(&str, Fact))| recorded(id, known, fact.clone());
    Timeline::new((1..).zip(facts).map(recorded).collect())
}

pub(crate) fn recorded(id: i64, known: &str, fact: Fact) -> Recorded {
    Recorded { id: FactId(id), known: Moment::start_of(day(known)), fact }
}

/// An employment that begins on a day, in the private sector.
pub(crate) fn hired(employment: i64, from: &str, until: Option<&str>) -> Fact {
    let (employment, sector) = (EmploymentId(employment), Sector::Private);
    Fact::Hired { employment, sector, from: day(from), until: until.map(day) }
}

/// A payment for no month in particular.
pub(crate) fn paid(on: &str, amount: i64) -> Fact {
    Fact::Payment { on: day(on), amount, month: None }
}

pub(crate) fn enrolled(on: &str) -> Fact {
    Fact::Enrolled { on: day(on) }
}

fn began() -> Recorded {
    recorded(1, "2026-01-05", hired(7, "2026-01-05", None))
}

fn left() -> Recorded {
    recorded(2, "2026-03-02", Fact::Separated { employment: EmploymentId(7), last: day("2026-02-28") })
}

#[test]
fn a_fact_that_is_added_is_as_if_it_had_been_there() {
    let mut grown = Timeline::new(vec![began()]);
    assert_ne!(grown, Timeline::new(vec![began(), left()]));
    grown.push(left());
    assert_eq!(grown, Timeline::new(vec![left(), began()]));
    assert_eq!(grown.facts(), [began(), left()]);
    assert_ne!(grown, grown.clone().with_heads(vec![(MemberId(3), Timeline::default())]));
}

#[test]
fn an_employment_is_told_as_it_was_known() {
    let timeline = Timeline::new(vec![began(), left()]);
    let told = |id, known| timeline.employment(EmploymentId(id), Moment::start_of(day(known)));
    let from = day("2026-01-05");
    assert_eq!(told(7, "2026-01-04"), None);
    assert_eq!(told(7, "2026-03-01"), Some(Employment { from, until: None }));
    assert_eq!(told(7, "2026-03-02"), Some(Employment { from, until: Some(day("2026-02-28")) }));
    assert_eq!(told(8, "2026-03-02"), None);
}

#[test]
fn facts_none_of_which_corrects_a_payment_are_sorted_once_for_all_who_ask_for_all_of_them() {
    let facts = [("2026-01-05", paid("2026-01-05", 100)), ("2026-01-06", paid("2025-12-30", 50))];
    let timeline = known(&facts);
    let sorted = |known| timeline.sorted(Moment::start_of(day(known))).map(|sorted| sorted.payments.len());
    assert_eq!(["2026-01-05", "2026-01-06", "2026-01-07"].map(sorted), [None, Some(2), Some(2)]);
    let payments = &timeline.sorted(Moment::MAX).unwrap().payments;
    assert_eq!(payments.iter().map(|payment| payment.amount).collect::<Vec<_>>(), [50, 100]);
    let bounced = Fact::Reversed { payment: FactId(1), on: day("2026-01-09") };
    let corrected = known(&[facts[0].clone(), facts[1].clone(), ("2026-01-09", bounced)]);
    assert!(corrected.sorted(Moment::MAX).is_none());
}

#[test]
fn what_is_supposed_comes_after_all_that_a_ledger_can_hold() {
    let mut newest = began();
    newest.id = FactId(1 << 62);
    let known = newest.known;
    let supposed = Timeline::new(vec![newest, left()]).supposing([paid("2026-01-05", 1), paid("2026-01-05", 2)], known);
    let [first, one, two] = supposed.facts() else { panic!("what is known later is left out") };
    assert!(first.id < one.id && one.id < two.id && two.known == known);
}
