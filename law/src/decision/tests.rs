//! Questions beside the answer of a day, which no story asks: whether, why not, since when, and the account by months.

use super::*;
use crate::policy::tests::{law, laws, plain};
use crate::policy::{Entitlement, LapseCondition, LateCharge, Revision};
use crate::timeline::tests::{day, enrolled, hired, known, paid};

/// Enrolled on 10 January 2025, with one payment on that day.
fn member(amount: Riel) -> Timeline {
    known(&[("2025-01-10", enrolled("2025-01-10")), ("2025-01-10", paid("2025-01-10", amount))])
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
    // A month that was worked is not owed, however late it is.
    let worked =
        known(&[("2025-01-10", enrolled("2025-01-10")), ("2025-02-05", hired(1, "2025-02-05", Some("2025-02-20")))]);
    let months = explain(&worked, &charging, day("2025-04-16"), Moment::MAX).months;
    assert_eq!(months.iter().map(|line| line.charge).collect::<Vec<_>>(), [6, 0, 2, 0]);
    let without = law(plain);
    assert_eq!((lacking(&without, "2025-04-16"), hold(&without, "2025-04-16")), (vec![100, 100], None));
    // Who lapsed pays on the terms of a way back, if there is one.
    assert_eq!((lacking(&charging, "2025-09-16"), hold(&charging, "2025-09-16")), (vec![], None));
}

#[test]
fn the_least_amount_that_saves_a_membership_is_told_and_that_nothing_can_be_saved() {
    let law = law(plain());
    let least = |amount, text| least_saving_amount(&member(amount), &law, day(text), Moment::MAX);
    // One month more moves the lapse, what it lacks.
    assert_eq!(
        [least(100, "2025-09-15"), least(100, "2025-03-01"), least(130, "2025-09-15")],
        [Some(100), Some(100), Some(70)]
    );
    assert_eq!(least(100, "2025-09-16"), None, "the membership has lapsed");
    // January is overdue, but February was paid: what is paid goes to January first, and only the next month moves the lapse.
    let february = Fact::Payment { on: day("2025-01-10"), amount: 100, month: "2025-02".parse().ok() };
    let gap = known(&[("2025-01-10", enrolled("2025-01-10")), ("2025-01-10", february)]);
    assert_eq!(least_saving_amount(&gap, &law, day("2025-10-15"), Moment::MAX), Some(200));
    let months = |count| price_of_months(&member(130), &law, day("2025-09-15"), Moment::MAX, count);
    let february = day("2025-02-01").month();
    assert_eq!(months(2), [(february, 70), (february.plus(1), 100)]);
    assert_eq!(months(100).len(), 20, "from February to a year after September");
}

#[test]
fn a_life_is_told_in_stretches_of_one_standing_and_one_set_of_covers() {
    let one_month = Revision { entitlement: vec![Entitlement::Window { insured: 1, of: 12 }], ..plain() };
    let stretches = explain(&member(100), &law(one_month), day("2025-03-10"), Moment::MAX).stretches;
    let tell = |stretch: &Stretch| {
        let from = stretch.from.map_or("always".to_owned(), |from| from.to_string());
        format!("{from} {:?} {:?}", stretch.standing, stretch.schemes)
    };
    assert_eq!(
        stretches.iter().map(tell).collect::<Vec<_>>(),
        [
            "always NotEnrolled []",
            "2025-01-10 Current []",
            "2025-02-01 Current [Voluntary]",
            "2025-03-16 InArrears [Voluntary]",
            "2025-09-16 Abandoned []",
        ]
    );
}

#[test]
fn the_account_names_the_state_of_each_month() {
    let mut facts = vec![
        ("2025-01-10", enrolled("2025-01-10")),
        ("2025-01-10", paid("2025-01-10", 130)),
        ("2025-03-05", hired(1, "2025-03-05", Some("2025-03-20"))),
        ("2025-05-01", Fact::Excused { from: day("2025-05-01").month(), to: day("2025-05-01").month() }),
        ("2025-05-02", Fact::Payment { on: day("2025-05-02"), amount: 70, month: Some(day("2025-02-01").month()) }),
    ];
    let states = |facts: &[(&str, Fact)]| -> Vec<String> {
        let months = explain(&known(facts), &law(plain()), day("2025-06-20"), Moment::MAX).months;
        months.iter().map(|line| format!("{} {:?} {:?} {:?}", line.month, line.state, line.paid_on, line.due)).collect()
    };
    let told = |month: &str, state: &str, paid_on: Option<&str>, due: &str| {
        format!("{month} {state} {:?} {:?}", paid_on.map(day), day(due))
    };
    let wanted = [
        told("2025-01", "Paid", Some("2025-01-10"), "2025-02-15"),
        told("2025-02", "Paid", Some("2025-05-02"), "2025-03-15"),
        told("2025-03", "Worked", None, "2025-04-15"),
        told("2025-04", "Overdue", None, "2025-05-15"),
        told("2025-05", "Excused", None, "2025-06-15"),
        told("2025-06", "Open", None, "2025-07-15"),
    ];
    assert_eq!(states(&facts), wanted);
    // What lies on a month to come is told too, with the months on the way there.
    facts.push((
        "2025-06-20",
        Fact::Payment { on: day("2025-06-20"), amount: 40, month: Some(day("2025-08-01").month()) },
    ));
    let more = [told("2025-07", "Open", None, "2025-08-15"), told("2025-08", "Open", None, "2025-09-15")];
    assert_eq!(states(&facts), [&wanted[..], &more[..]].concat());
}

#[test]
fn the_last_safe_day_under_the_published_law_is_told_where_it_comes_earlier() {
    let stricter = Revision { effective: day("2025-06-01"), lapse: vec![LapseCondition::Consecutive(3)], ..plain() };
    let milder = Revision { effective: day("2025-06-01"), lapse: vec![LapseCondition::Consecutive(9)], ..plain() };
    let safe = |revisions: Vec<Revision>, asked| {
        let answer = decide(&member(100), &laws(revisions), day(asked), Moment::MAX);
        (answer.last_safe_day.map(|day| day.to_string()), answer.last_safe_day_published.map(|day| day.to_string()))
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(safe(vec![plain()], "2025-05-01"), (some("2025-09-15"), None));
    // February to May are four months on 16 June, when the stricter revision is in force.
    assert_eq!(safe(vec![plain(), stricter.clone()], "2025-05-01"), (some("2025-09-15"), some("2025-06-15")));
    assert_eq!(safe(vec![plain(), stricter], "2025-06-01"), (some("2025-06-15"), None));
    assert_eq!(safe(vec![plain(), milder], "2025-05-01"), (some("2025-09-15"), None));
    let the_same = Revision { effective: day("2025-06-01"), ..plain() };
    assert_eq!(safe(vec![plain(), the_same], "2025-05-01"), (some("2025-09-15"), None));
    // Before the first revision that one stands in, and the others are only published.
    let of_april = Revision { effective: day("2025-04-01"), ..plain() };
    let of_june = Revision { effective: day("2025-06-01"), lapse: vec![LapseCondition::Consecutive(3)], ..plain() };
    assert_eq!(safe(vec![of_april, of_june], "2025-03-20"), (some("2025-09-15"), some("2025-06-15")));
    let never = Revision { effective: day("2025-06-01"), lapse: Vec::new(), ..plain() };
    assert_eq!(safe(vec![plain(), never.clone()], "2025-05-01"), (some("2025-09-15"), None));
    let first_never = Revision { lapse: Vec::new(), ..plain() };
    let then = Revision { effective: day("2025-06-01"), ..plain() };
    assert_eq!(safe(vec![first_never, then], "2025-05-01"), (None, some("2025-09-15")));
}
