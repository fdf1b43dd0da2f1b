//! Questions beside the answer of a day, which no story asks: whether, why not, since when, and the account by months.

use super::*;
use crate::fact::{FactId, Recorded};
use crate::policy::tests::plain;
use crate::policy::{Entitlement, LateCharge, Published, Revision};

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn law(revision: Revision) -> Law {
    Law::new("x", vec![Published { published: Moment::MIN, revision }]).unwrap()
}

/// Enrolled on 10 January 2025, with one payment on that day.
fn member(amount: Riel) -> Timeline {
    let on = day("2025-01-10");
    let facts = [Fact::Enrolled { on }, Fact::Payment { on, amount, month: None }];
    let recorded = (1..).zip(facts).map(|(id, fact)| Recorded { id: FactId(id), known: Moment::start_of(on), fact });
    Timeline::new(recorded.collect())
}

#[test]
fn a_lapse_is_told_from_its_day_on_and_refuses_an_enrolment() {
    // January is paid; of February to August the seventh falls due on 15 September.
    let (member, law) = (member(100), law(plain()));
    let lapsed = |text| has_lapsed(&member, &law, day(text), Moment::MAX);
    assert_eq!([lapsed("2025-09-15"), lapsed("2025-09-16"), lapsed("2025-09-17")], [false, true, true]);
    let refused = |timeline: &Timeline, text| refusal_of_enrolment(timeline, &law, day(text), Moment::MAX);
    assert_eq!(refused(&member, "2025-09-15"), Some(EnrolmentRefusal::AlreadyEnrolled));
    assert_eq!(refused(&member, "2025-09-16"), Some(EnrolmentRefusal::VoluntaryAbandoned));
    assert_eq!(refused(&Timeline::default(), "2025-09-16"), None);
}

#[test]
fn the_account_tells_of_each_month_how_it_stands_and_by_which_payment() {
    let (member, law) = (member(100), law(plain()));
    let account = |text| explain(&member, &law, day(text), Moment::MAX);
    let overdue = |text| -> Vec<String> {
        let months = account(text).months;
        months.iter().filter(|line| line.is_overdue()).map(|line| line.month.to_string()).collect()
    };
    assert_eq!(overdue("2025-04-15"), ["2025-02"]);
    assert_eq!(overdue("2025-04-16"), ["2025-02", "2025-03"]);
    let account = account("2025-04-16");
    let january = &account.months[0];
    assert_eq!((january.state, january.paid_on), (MonthState::Paid, Some(day("2025-01-10"))));
    assert_eq!((&january.payments, january.allocated), (&vec![FactId(2)], 100));
    assert_eq!(account.months.iter().map(|line| line.payments.len()).sum::<usize>(), 1);
    let placed = Place::Month(january.month);
    let on = day("2025-01-10");
    assert_eq!(account.placements, [Placement { payments: vec![FactId(2)], place: placed, amount: 100, on }]);
}

#[test]
fn the_first_day_of_a_cover_is_found_ahead_and_is_the_day_asked_once_it_covers() {
    let two_months = Revision { entitlement: vec![Entitlement::Window { insured: 2, of: 12 }], ..plain() };
    let (member, law) = (member(200), law(two_months));
    let first = |scheme, text| first_day_of_cover(&member, &law, scheme, day(text), Moment::MAX);
    assert_eq!(first(Scheme::Voluntary, "2025-01-10"), Some(day("2025-03-01")));
    assert_eq!(first(Scheme::Voluntary, "2025-02-28"), Some(day("2025-03-01")));
    assert_eq!(first(Scheme::Voluntary, "2025-03-10"), Some(day("2025-03-10")));
    assert_eq!(first(Scheme::Formal, "2025-01-10"), None);
}

#[test]
fn a_month_paid_late_lacks_its_charge_which_holds_to_the_next_due_day() {
    let charge = LateCharge { penalty: "0.02".parse().unwrap(), compound: false };
    let (member, plain) = (member(100), plain());
    let charging = law(Revision { late_charge: Some(charge), ..plain.clone() });
    let lacking = |law: &Law, text| -> Vec<Riel> {
        price_of_months(&member, law, day(text), Moment::MAX, 2).iter().map(|(_, riel)| *riel).collect()
    };
    let hold = |law: &Law, text| charges_hold_until(&member, law, day(text), Moment::MAX);
    assert_eq!((lacking(&charging, "2025-03-15"), hold(&charging, "2025-03-15")), (vec![100, 100], None));
    assert_eq!(
        (lacking(&charging, "2025-03-16"), hold(&charging, "2025-03-16")),
        (vec![102, 100], Some(day("2025-04-15")))
    );
    assert_eq!(
        (lacking(&charging, "2025-04-16"), hold(&charging, "2025-04-16")),
        (vec![104, 102], Some(day("2025-05-15")))
    );
    let months = explain(&member, &charging, day("2025-04-16"), Moment::MAX).months;
    assert_eq!(months.iter().map(MonthLine::lacking).collect::<Vec<_>>(), [0, 104, 102, 100]);
    assert_eq!(months.iter().map(|line| line.charge).collect::<Vec<_>>(), [0, 4, 2, 0]);
    let without = law(plain);
    assert_eq!((lacking(&without, "2025-04-16"), hold(&without, "2025-04-16")), (vec![100, 100], None));
    // Who lapsed pays on the terms of a way back, if there is one.
    assert_eq!((lacking(&charging, "2025-09-16"), hold(&charging, "2025-09-16")), (vec![], None));
}
