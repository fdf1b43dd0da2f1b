//! What is told of a life, step by step.

use super::*;
use crate::calendar::Moment;
use crate::decision::explain;
use crate::fact::{AssistanceLevel, EmploymentId, Fact, MemberId, Relation};
use crate::policy::tests::{back_payment, law, plain};
use crate::policy::{BackPayment, Bar, DependantRule, Entitlement, Instalments, LapseCondition, LateCharge, Revision};
use crate::timeline::Timeline;
use crate::timeline::tests::{day, enrolled, hired, known, paid};

/// The month before must be insured, and the third month missed ends the membership.
pub(crate) fn by_the_month() -> Revision {
    Revision {
        entitlement: vec![Entitlement::Consecutive(1)],
        assistance_levels: vec![AssistanceLevel::Poor1],
        lapse: vec![LapseCondition::Consecutive(2)],
        prepay_months: 1,
        ..plain()
    }
}

/// Who is out comes back by paying what is overdue, ten per cent a month more.
pub(crate) fn terms() -> BackPayment {
    back_payment("0.1")
}

/// The steps up to a day, each with its day and the numbers of its facts.
fn steps(timeline: &Timeline, revision: Revision, until: &str) -> Vec<String> {
    let explanation = explain(timeline, &law(revision), day(until), Moment::MAX);
    let tell = |step: &Step| {
        let facts: Vec<i64> = step.facts.iter().map(|fact| fact.0).collect();
        readable(format!("{} {:?} {facts:?}", step.day, step.clause))
    };
    explanation.steps.iter().map(tell).collect()
}

/// Writes days and months as people do.
fn readable(mut text: String) -> String {
    for (name, write) in [
        ("Day(", (|number| Day(number).to_string()) as fn(i32) -> String),
        ("Month(", |number| Month(number).to_string()),
    ] {
        while let Some(start) = text.find(name) {
            let end = start + text[start..].find(')').unwrap();
            let number = text[start + name.len()..end].parse().unwrap();
            text.replace_range(start..=end, &write(number));
        }
    }
    text
}

#[test]
fn enrolment_payment_employment_certificate_and_death_are_told_with_their_facts() {
    let from_5_february =
        Fact::Certificate { level: AssistanceLevel::Poor1, from: day("2025-02-05"), until: Some(day("2025-02-20")) };
    let life = known(&[
        ("2025-01-10", enrolled("2025-01-10")),
        ("2025-01-10", paid("2025-01-10", 100)),
        ("2025-02-05", from_5_february),
        ("2025-03-05", hired(1, "2025-03-05", None)),
        ("2025-04-20", Fact::Separated { employment: EmploymentId(1), last: day("2025-04-20") }),
        ("2025-06-20", Fact::Died { on: day("2025-06-20") }),
        ("2025-10-01", Fact::Excused { from: day("2026-10-01").month(), to: day("2026-10-01").month() }),
    ]);
    // After the death nothing falls due, and nobody lapses.
    assert_eq!(
        steps(&life, by_the_month(), "2026-12-31"),
        [
            "2025-01-10 Enrolled { first_month: 2025-01 } [1]",
            "2025-01-10 PaymentAllocated { amount: 100, months: [2025-01], credit: 0 } [2]",
            "2025-02-01 CoverBegan { scheme: Voluntary } []",
            "2025-02-05 CoverBegan { scheme: Assistance } [3]",
            "2025-02-21 CoverEnded { scheme: Assistance } []",
            "2025-03-05 Employed [4]",
            "2025-03-05 CoverEnded { scheme: Voluntary } []",
            "2025-03-05 CoverBegan { scheme: Formal } []",
            "2025-03-16 MonthOverdue { month: 2025-02, overdue: 1 } []",
            "2025-04-21 EmploymentEnded [5]",
            "2025-04-21 CoverBegan { scheme: Voluntary } []",
            "2025-04-21 CoverEnded { scheme: Formal } []",
            "2025-06-16 MonthOverdue { month: 2025-05, overdue: 2 } []",
            "2025-06-16 CoverEnded { scheme: Voluntary } []",
            "2025-06-21 Died [6]",
        ]
    );
}

#[test]
fn a_lapse_is_told_with_the_bar_that_employment_suspends_and_lifts() {
    let life = known(&[
        ("2025-01-10", enrolled("2025-01-10")),
        ("2025-05-02", paid("2025-05-02", 30)),
        ("2025-05-10", hired(1, "2025-05-10", Some("2025-05-20"))),
        ("2025-05-22", enrolled("2025-05-22")),
        ("2025-06-10", hired(2, "2025-06-10", Some("2025-07-20"))),
        ("2025-06-12", hired(3, "2025-06-12", Some("2025-07-20"))),
    ]);
    let lifting = Revision { lifts_bar_after_months: Some(3), ..by_the_month() };
    assert_eq!(
        steps(&life, lifting, "2025-12-31"),
        [
            "2025-01-10 Enrolled { first_month: 2025-01 } [1]",
            "2025-02-16 MonthOverdue { month: 2025-01, overdue: 1 } []",
            "2025-03-16 MonthOverdue { month: 2025-02, overdue: 2 } []",
            "2025-04-16 Lapsed { run: 3, oldest: Some(2025-01), dated: 2025-04-16 } []",
            "2025-05-02 PaymentSuspended { amount: 30, reason: Abandoned } [2]",
            "2025-05-10 Reinstated [3]",
            "2025-05-10 CoverBegan { scheme: Formal } []",
            "2025-05-21 BarStandsAgain [3]",
            "2025-05-21 CoverEnded { scheme: Formal } []",
            "2025-05-22 EnrolmentRefused { reason: VoluntaryAbandoned } [4]",
            "2025-06-10 Reinstated [5]",
            "2025-06-10 CoverBegan { scheme: Formal } []",
            "2025-06-12 Employed [6]",
            "2025-07-21 BarLifted { months: 3 } [5, 6]",
            "2025-07-21 EmploymentEnded [5, 6]",
            "2025-07-21 CoverEnded { scheme: Formal } []",
        ]
    );
}

#[test]
fn a_return_is_told_with_every_payment_that_was_added_up_for_it() {
    let life = known(&[
        ("2025-01-10", enrolled("2025-01-10")),
        ("2025-04-20", paid("2025-04-20", 200)),
        ("2025-04-22", paid("2025-04-22", 500)),
    ]);
    let lenient = Revision { back_payment: Some(terms()), ..by_the_month() };
    assert_eq!(
        steps(&life, lenient, "2025-05-10"),
        [
            "2025-01-10 Enrolled { first_month: 2025-01 } [1]",
            "2025-02-16 MonthOverdue { month: 2025-01, overdue: 1 } []",
            "2025-03-16 MonthOverdue { month: 2025-02, overdue: 2 } []",
            "2025-04-16 Lapsed { run: 3, oldest: Some(2025-01), dated: 2025-04-16 } []",
            "2025-04-20 PaymentSavedUp { amount: 200, pot: 200, price: 360 } [2]",
            "2025-04-22 PaymentSavedUp { amount: 500, pot: 700, price: 360 } [3]",
            "2025-04-22 ReturnedByBackPayment { price: 360, surcharge: 60, months: [2025-01, 2025-02, 2025-03] } [2, 3]",
            "2025-04-22 SavedUpAllocated { amount: 340, months: [2025-04, 2025-05], credit: 140 } [2, 3]",
            "2025-04-22 CoverBegan { scheme: Voluntary } []",
        ]
    );
}

#[test]
fn payments_that_come_to_nothing_or_are_paid_back_are_told_with_the_months_that_they_open() {
    let life = known(&[
        ("2025-01-10", enrolled("2025-01-10")),
        ("2025-01-11", paid("2025-01-11", 330)),
        ("2025-01-12", paid("2025-01-12", 70)),
        ("2025-01-12", Fact::Reversed { payment: FactId(3), on: day("2025-01-12") }),
        ("2025-01-20", Fact::Refunded { payment: FactId(2), amount: 150, on: day("2025-01-20") }),
        ("2025-01-25", Fact::Refunded { payment: FactId(2), amount: 900, on: day("2025-01-25") }),
        ("2025-02-03", paid("2025-02-03", 100)),
        ("2025-02-07", Fact::Reversed { payment: FactId(7), on: day("2025-02-05") }),
    ]);
    assert_eq!(
        steps(&life, by_the_month(), "2025-02-28"),
        [
            "2025-01-10 Enrolled { first_month: 2025-01 } [1]",
            "2025-01-11 PaymentAllocated { amount: 330, months: [2025-01, 2025-02], credit: 130 } [2]",
            "2025-01-12 PaymentReversed { amount: 70, months: [] } [4]",
            "2025-01-20 PaymentRefunded { amount: 150, months: [2025-02] } [5]",
            "2025-01-20 LearntLate { until: 2025-03-15 } [5]",
            "2025-01-25 PaymentRefunded { amount: 180, months: [2025-01] } [6]",
            "2025-01-25 LearntLate { until: 2025-03-15 } [6]",
            "2025-02-03 PaymentAllocated { amount: 100, months: [2025-01], credit: 0 } [7]",
            "2025-02-03 CoverBegan { scheme: Voluntary } []",
            "2025-02-05 PaymentReversed { amount: 100, months: [2025-01] } [8]",
            "2025-02-05 LearntLate { until: 2025-03-15 } [8]",
            "2025-02-05 CoverEnded { scheme: Voluntary } []",
        ]
    );
}

#[test]
fn a_pending_lapse_is_told_until_it_is_waived_averted_or_confirmed() {
    let life = known(&[
        ("2025-01-10", enrolled("2025-01-10")),
        ("2025-04-18", Fact::LapseWaived { on: day("2025-04-18") }),
        ("2025-05-20", paid("2025-05-20", 200)),
        ("2025-08-01", Fact::LapseConfirmed { on: day("2025-08-01") }),
    ]);
    let confirmed = Revision { confirmation: true, ..by_the_month() };
    assert_eq!(
        steps(&life, confirmed, "2025-12-31"),
        [
            "2025-01-10 Enrolled { first_month: 2025-01 } [1]",
            "2025-02-16 MonthOverdue { month: 2025-01, overdue: 1 } []",
            "2025-03-16 MonthOverdue { month: 2025-02, overdue: 2 } []",
            "2025-04-16 LapsePending { run: 3 } []",
            "2025-04-16 MonthOverdue { month: 2025-03, overdue: 3 } []",
            "2025-04-18 LapseWaived [2]",
            "2025-05-16 LapsePending { run: 4 } []",
            "2025-05-16 MonthOverdue { month: 2025-04, overdue: 4 } []",
            "2025-05-20 PaymentAllocated { amount: 200, months: [2025-01, 2025-02], credit: 0 } [3]",
            "2025-05-20 LapseAverted []",
            "2025-06-16 LapsePending { run: 3 } []",
            "2025-06-16 MonthOverdue { month: 2025-05, overdue: 3 } []",
            "2025-07-16 MonthOverdue { month: 2025-06, overdue: 4 } []",
            "2025-08-01 Lapsed { run: 4, oldest: Some(2025-03), dated: 2025-08-01 } [4]",
        ]
    );
}

#[test]
fn a_suspension_is_told_and_what_was_learnt_late() {
    let life = known(&[
        ("2025-01-10", enrolled("2025-01-10")),
        ("2025-02-01", hired(1, "2025-02-01", None)),
        ("2025-04-10", Fact::Separated { employment: EmploymentId(1), last: day("2025-02-28") }),
        ("2025-05-02", paid("2025-05-02", 20)),
        ("2025-06-20", paid("2025-06-20", 1_000)),
    ]);
    let suspended = Revision { suspend_after: Some(0), suspension_return: Some(terms()), ..by_the_month() };
    assert_eq!(
        steps(&life, suspended, "2025-07-31"),
        [
            "2025-01-10 Enrolled { first_month: 2025-01 } [1]",
            "2025-02-01 Employed [2]",
            "2025-02-01 CoverBegan { scheme: Formal } []",
            "2025-02-16 MonthOverdue { month: 2025-01, overdue: 1 } []",
            "2025-03-01 CoverSuspended []",
            "2025-03-01 EmploymentEnded [3]",
            "2025-03-01 LearntLate { until: 2025-05-15 } [3]",
            "2025-03-01 CoverEnded { scheme: Formal } []",
            "2025-05-02 PaymentSavedUp { amount: 20, pot: 20, price: 130 } [4]",
            "2025-05-16 MonthOverdue { month: 2025-03, overdue: 3 } []",
            "2025-05-16 MonthOverdue { month: 2025-04, overdue: 3 } []",
            "2025-06-16 Lapsed { run: 3, oldest: Some(2025-03), dated: 2025-06-16 } []",
            "2025-06-20 PaymentSuspended { amount: 1000, reason: Abandoned } [5]",
        ]
    );
}

#[test]
fn the_cover_of_a_dependant_is_told_with_the_household() {
    let child = Fact::Household {
        head: MemberId(1),
        relation: Relation::Child,
        disabled: false,
        registered: false,
        from: day("2025-03-03"),
        until: Some(day("2025-04-30")),
    };
    let head = known(&[("2025-01-10", enrolled("2025-01-10")), ("2025-01-10", paid("2025-01-10", 200))]);
    let life = known(&[("2025-01-02", Fact::Born { on: day("2020-01-02") }), ("2025-03-03", child)]);
    let dependants = DependantRule {
        head_schemes: vec![Scheme::Voluntary],
        child_under: 18,
        disabled: false,
        spouse_under: None,
        registered_marriage: false,
    };
    let with_dependants = Revision { dependants: Some(dependants), ..by_the_month() };
    let life = life.with_heads(vec![(MemberId(1), head)]);
    assert_eq!(
        steps(&life, with_dependants, "2025-12-31"),
        ["2025-03-03 CoverBegan { scheme: Dependant } [2]", "2025-04-16 CoverEnded { scheme: Dependant } []",]
    );
}

#[test]
fn cover_that_runs_on_after_a_lapse_is_told_apart_from_other_cover_of_its_time() {
    let poor =
        Fact::Certificate { level: AssistanceLevel::Poor1, from: day("2025-03-05"), until: Some(day("2025-03-31")) };
    let life = known(&[("2025-01-10", enrolled("2025-01-10")), ("2025-03-05", poor)]);
    let running_on = Revision {
        lapse: vec![LapseCondition::Consecutive(0)],
        lapse_run_off_months: 1,
        assistance_levels: vec![AssistanceLevel::Poor1],
        ..plain()
    };
    assert_eq!(
        steps(&life, running_on, "2025-04-30"),
        [
            "2025-01-10 Enrolled { first_month: 2025-01 } [1]",
            "2025-01-10 CoverBegan { scheme: Voluntary } []",
            "2025-02-16 Lapsed { run: 1, oldest: Some(2025-01), dated: 2025-02-16 } []",
            "2025-02-16 CoverEnded { scheme: Voluntary } []",
            "2025-02-16 CoverRunsOn { until: 2025-03-31 } []",
            "2025-03-05 CoverBegan { scheme: Assistance } [2]",
            "2025-04-01 CoverRanOut []",
            "2025-04-01 CoverEnded { scheme: Assistance } []",
        ]
    );
}

#[test]
fn payments_that_no_longer_add_up_for_a_return_are_told_only_where_there_are_some() {
    let life = known(&[
        ("2025-01-10", enrolled("2025-01-10")),
        ("2025-04-20", paid("2025-04-20", 50)),
        ("2025-04-21", paid("2025-04-21", 60)),
        ("2025-04-22", paid("2025-04-22", 70)),
    ]);
    let in_two = BackPayment { instalments: Some(Instalments { most: 2, from_months: 1 }), ..terms() };
    assert_eq!(
        steps(&life, Revision { back_payment: Some(in_two), ..by_the_month() }, "2025-04-30")[4..],
        [
            "2025-04-20 PaymentSavedUp { amount: 50, pot: 50, price: 360 } [2]",
            "2025-04-21 PaymentSavedUp { amount: 60, pot: 110, price: 360 } [3]",
            "2025-04-22 InstalmentsDropped { amount: 50, payments: 2 } [4]",
            "2025-04-22 PaymentSavedUp { amount: 70, pot: 130, price: 360 } [4]",
        ]
    );
}

#[test]
fn money_that_the_charge_for_delay_takes_whole_is_told_as_on_no_month() {
    let late = |amount| known(&[("2025-01-10", enrolled("2025-01-10")), ("2025-02-20", paid("2025-02-20", amount))]);
    let charge = LateCharge { penalty: "0.02".parse().unwrap(), compound: false };
    let charging = || Revision { late_charge: Some(charge), ..plain() };
    let told = |amount| steps(&late(amount), charging(), "2025-02-28")[3..].to_vec();
    assert_eq!(told(1), ["2025-02-20 ChargedForDelay { amount: 1 } [2]"]);
    assert_eq!(
        told(102),
        [
            "2025-02-20 PaymentAllocated { amount: 102, months: [2025-01], credit: 0 } [2]",
            "2025-02-20 ChargedForDelay { amount: 2 } [2]"
        ]
    );
}

#[test]
fn excuses_notices_forgiven_months_and_the_wait_after_a_return_are_told() {
    let month = |text: &str| day(text).month();
    let life = known(&[
        ("2025-01-10", enrolled("2025-01-10")),
        ("2025-01-12", Fact::Excused { from: month("2025-02-01"), to: month("2025-03-01") }),
        ("2025-05-20", Fact::NoticeServed { on: day("2025-05-20") }),
        ("2025-07-20", paid("2025-07-20", 120)),
    ]);
    let recent = BackPayment { cap_months: Some(1), waiting_months: 2, ..terms() };
    let law = Revision { notice_days: Some(30), back_payment: Some(recent), ..by_the_month() };
    assert_eq!(
        steps(&life, law, "2025-08-31"),
        [
            "2025-01-10 Enrolled { first_month: 2025-01 } [1]",
            "2025-02-01 MonthsExcused { from: 2025-02, to: 2025-03 } [2]",
            "2025-02-16 MonthOverdue { month: 2025-01, overdue: 1 } []",
            "2025-05-16 MonthOverdue { month: 2025-04, overdue: 2 } []",
            "2025-05-20 NoticeServed [3]",
            "2025-06-16 MonthOverdue { month: 2025-05, overdue: 3 } []",
            "2025-06-19 Lapsed { run: 3, oldest: Some(2025-01), dated: 2025-06-19 } []",
            "2025-07-20 PaymentSavedUp { amount: 120, pot: 120, price: 110 } [4]",
            "2025-07-20 ReturnedByBackPayment { price: 110, surcharge: 10, months: [2025-06] } [4]",
            "2025-07-20 MonthsForgiven { months: [2025-01, 2025-04, 2025-05] } []",
            "2025-07-20 CoverWaits { until: 2025-09-01 } []",
            "2025-07-20 SavedUpAllocated { amount: 10, months: [2025-07], credit: 0 } [4]",
            "2025-08-16 MonthOverdue { month: 2025-07, overdue: 1 } []",
        ]
    );
}

#[test]
fn what_was_saved_up_is_told_where_an_enrolment_allocates_it_and_time_that_is_left_by_a_late_one() {
    let life = known(&[
        ("2025-01-10", enrolled("2025-01-10")),
        ("2025-05-02", paid("2025-05-02", 130)),
        ("2025-06-20", enrolled("2025-06-01")),
    ]);
    let open = Revision { bar: Bar::Months(0), back_payment: Some(terms()), ..by_the_month() };
    assert_eq!(
        steps(&life, open, "2025-06-30")[4..],
        [
            "2025-05-02 PaymentSavedUp { amount: 130, pot: 130, price: 360 } [2]",
            "2025-06-01 Enrolled { first_month: 2025-06 } [3]",
            "2025-06-01 LearntLate { until: 2025-08-15 } [3]",
            "2025-06-01 SavedUpAllocated { amount: 130, months: [2025-06, 2025-07], credit: 0 } [2]",
        ]
    );
}

#[test]
fn a_return_that_takes_all_that_was_saved_up_leaves_nothing_to_tell_of() {
    let life = known(&[("2025-01-10", enrolled("2025-01-10")), ("2025-04-20", paid("2025-04-20", 360))]);
    let told = steps(&life, Revision { back_payment: Some(terms()), ..by_the_month() }, "2025-04-30");
    assert_eq!(
        told[4..],
        [
            "2025-04-20 PaymentSavedUp { amount: 360, pot: 360, price: 360 } [2]",
            "2025-04-20 ReturnedByBackPayment { price: 360, surcharge: 60, months: [2025-01, 2025-02, 2025-03] } [2]",
            "2025-04-20 CoverBegan { scheme: Voluntary } []",
        ]
    );
}

#[test]
fn what_was_saved_up_in_a_suspension_that_ends_by_itself_is_told_with_its_charge() {
    // February and March are overdue, and suspend; the employment exempts March.
    let life = |amount| {
        known(&[
            ("2025-01-03", enrolled("2025-01-03")),
            ("2025-01-03", paid("2025-01-03", 100)),
            ("2025-03-10", paid("2025-03-10", amount)),
            ("2025-03-20", hired(1, "2025-03-20", Some("2025-03-31"))),
        ])
    };
    let revision = Revision {
        due_day: 5,
        due_month_offset: 0,
        suspend_after: Some(1),
        suspension_return: Some(terms()),
        late_charge: Some(LateCharge { penalty: "0.01".parse().unwrap(), compound: false }),
        ..by_the_month()
    };
    let from_its_end = |amount| {
        let told = steps(&life(amount), revision.clone(), "2025-04-01");
        let from = told.iter().position(|step| step.contains("SuspensionOver")).unwrap();
        told[from + 1..].iter().take_while(|step| !step.contains("EmploymentEnded")).cloned().collect::<Vec<_>>()
    };
    assert_eq!(
        from_its_end(51),
        [
            "2025-04-01 SavedUpAllocated { amount: 51, months: [2025-02], credit: 0 } [3]",
            "2025-04-01 ChargedForDelay { amount: 1 } [3]",
        ]
    );
    assert_eq!(from_its_end(1), ["2025-04-01 ChargedForDelay { amount: 1 } [3]"]);
}

#[test]
fn time_that_is_left_for_several_months_is_told_once() {
    let life = known(&[
        ("2025-01-10", enrolled("2025-01-10")),
        ("2025-01-11", paid("2025-01-11", 170)),
        ("2025-03-01", Fact::Reversed { payment: FactId(2), on: day("2025-01-20") }),
    ]);
    assert_eq!(
        steps(&life, by_the_month(), "2025-01-31")[2..],
        [
            "2025-01-20 PaymentReversed { amount: 170, months: [2025-01] } [3]",
            "2025-01-20 LearntLate { until: 2025-04-15 } [3]"
        ]
    );
}

#[test]
fn an_excuse_that_had_begun_is_told_to_who_enrols_in_it() {
    let month = |text: &str| day(text).month();
    let excused = |to| Fact::Excused { from: month("2025-01-01"), to: month(to) };
    let told = |to| {
        let life = known(&[("2025-01-02", excused(to)), ("2025-02-10", enrolled("2025-02-10"))]);
        steps(&life, by_the_month(), "2025-03-01")
    };
    assert_eq!(
        told("2025-02-01"),
        [
            "2025-02-10 Enrolled { first_month: 2025-02 } [2]",
            "2025-02-10 MonthsExcused { from: 2025-01, to: 2025-02 } [1]"
        ]
    );
    assert_eq!(told("2025-01-01"), ["2025-02-10 Enrolled { first_month: 2025-02 } [2]"]);
    let life = known(&[("2025-01-01", enrolled("2025-01-01")), ("2025-01-02", excused("2025-01-01"))]);
    assert_eq!(
        steps(&life, by_the_month(), "2025-02-01"),
        [
            "2025-01-01 Enrolled { first_month: 2025-01 } [1]",
            "2025-01-01 MonthsExcused { from: 2025-01, to: 2025-01 } [2]"
        ]
    );
}
