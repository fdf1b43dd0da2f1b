//! How far a life is played, and what is asked of it on the way.

use super::*;
use crate::decision::{decide, first_day_of_cover};
use crate::fact::{AssistanceLevel, Fact, FactId};
use crate::policy::tests::{back_payment, law, laws, plain};
use crate::policy::{BackPayment, Entitlement, LapseCondition, Revision};
use crate::timeline::tests::{day, enrolled, hired, known, paid};

fn ask<R>(facts: &[(&str, Fact)], law: &Law, asked: &str, ask: impl FnOnce(Play<'_>) -> R) -> R {
    played(&known(facts), law, Question::of(day(asked), Moment::MAX), ask)
}

#[test]
fn nobody_lapses_who_works_without_an_end_or_owes_nothing() {
    let law = law(plain());
    let member = [("2025-01-10", enrolled("2025-01-10"))];
    let can_lapse = |facts: &[(&str, Fact)], asked| ask(facts, &law, asked, |play| play.can_lapse());
    assert!(can_lapse(&member, "2025-01-10") && !can_lapse(&member, "2025-01-09"));
    let works = |until| [member[0].clone(), ("2025-03-05", hired(1, "2025-03-05", until))];
    assert!(can_lapse(&works(None), "2025-03-04") && !can_lapse(&works(None), "2025-03-05"));
    assert!(can_lapse(&works(Some("2025-04-20")), "2025-03-05"));
    assert!(!can_lapse(&member, "2025-08-16"), "the lapse has come");
    assert!(!can_lapse(&[member[0].clone(), ("2025-02-01", Fact::Died { on: day("2025-02-01") })], "2025-02-02"));
}

#[test]
fn something_follows_while_a_payment_a_fact_or_a_revision_is_to_come() {
    let follows = |facts: &[(&str, Fact)], law: &Law, asked| ask(facts, law, asked, |play| !play.nothing_follows());
    let one = law(plain());
    let member = [("2025-01-10", enrolled("2025-01-10")), ("2025-01-10", paid("2025-02-10", 100))];
    assert!(follows(&member, &one, "2025-02-09") && !follows(&member, &one, "2025-02-10"));
    let works = [member[0].clone(), ("2025-03-05", hired(1, "2025-03-05", Some("2025-04-20")))];
    assert!(follows(&works, &one, "2025-04-20") && !follows(&works, &one, "2025-04-21"));
    let two = laws([plain(), Revision { effective: day("2025-06-01"), ..plain() }]);
    assert!(follows(&member, &two, "2025-05-31") && !follows(&member, &two, "2025-06-01"));
}

#[test]
fn a_look_ahead_sees_the_lapse_and_the_end_of_covers_and_stops_when_it_is_told() {
    let law = law(plain());
    let member = [("2025-01-10", enrolled("2025-01-10"))];
    let ahead = |asked| ask(&member, &law, asked, |play| play.ahead(|_| false));
    let seen = ahead("2025-02-01");
    assert_eq!(seen.first_change(), Some(day("2025-02-16")));
    assert!(seen.has_lapse() && seen.saw_covers_end());
    assert_eq!(seen.cover_until(Scheme::Voluntary), Some(day("2025-08-15")));
    assert!(!ahead("2025-08-16").has_lapse() || ahead("2025-08-16").states.is_empty());
    let first = ask(&member, &law, "2025-02-01", |play| play.ahead(|ahead| ahead.first_change().is_some()));
    assert!(!first.has_lapse() && !first.saw_covers_end() && first.states.len() == 1);
}

/// The horizon lies behind the last thing that can still happen, whichever rule brings it.
#[test]
fn the_last_change_of_all_is_seen() {
    let until = |facts: &[(&str, Fact)], revision: Revision, asked| {
        decide(&known(facts), &law(revision), day(asked), Moment::MAX).covers[0].until.map(|until| until.to_string())
    };
    // Ten years paid ahead, of which five on end are enough within the last ten.
    let ahead = [("2025-01-10", enrolled("2025-01-10")), ("2025-01-10", paid("2025-01-10", 12_100))];
    let long = Entitlement::Window { insured: 60, of: 120 };
    let revision = |prepay_months, due_month_offset| Revision {
        entitlement: vec![long],
        lapse: Vec::new(),
        prepay_months,
        due_month_offset,
        ..plain()
    };
    // January 2035 is the last month paid. Of the 120 before a month sixty are paid for sixty months more.
    assert_eq!(until(&ahead, revision(120, 1), "2035-02-10"), Some("2040-02-29".to_owned()));
    assert_eq!(until(&ahead, revision(120, 12), "2031-02-10"), Some("2040-02-29".to_owned()));
    // The run-off of five years after the last employment.
    let worked = [("2025-01-10", hired(1, "2025-01-10", Some("2025-06-20")))];
    let mut run_off = plain();
    run_off.formal_private.run_off_months = 60;
    assert_eq!(until(&worked, run_off, "2025-06-21"), Some("2030-06-30".to_owned()));
    // A notice that allows a lapse only four hundred days after it was served.
    let noticed =
        [("2025-01-10", enrolled("2025-01-10")), ("2025-08-20", Fact::NoticeServed { on: day("2025-08-20") })];
    let slow = Revision { notice_days: Some(400), ..plain() };
    assert_eq!(until(&noticed, slow, "2025-08-20"), Some("2026-09-23".to_owned()));
    // Nothing can be paid ahead and each month falls due in itself: the seventh that is missed after January is August.
    let member = [("2025-01-10", enrolled("2025-01-10")), ("2025-01-10", paid("2025-01-10", 100))];
    let prompt = Revision { prepay_months: 0, due_month_offset: 0, ..plain() };
    assert_eq!(until(&member, prompt, "2025-01-20"), Some("2025-08-15".to_owned()));
}

/// What is learnt late leaves time, and the horizon lies behind it, however long after its day it was learnt.
#[test]
fn a_lapse_is_seen_behind_the_time_that_is_left_by_what_was_learnt_years_later() {
    let until = |facts: &[(&str, Fact)], asked| {
        decide(&known(facts), &law(plain()), day(asked), Moment::MAX).last_safe_day.map(|day| day.to_string())
    };
    let enrolled_earlier = [("2024-11-07", enrolled("2024-11-07")), ("2027-07-17", enrolled("2024-10-04"))];
    let gone = Fact::Reversed { payment: FactId(2), on: day("2024-12-01") };
    let reversed =
        [("2024-11-07", enrolled("2024-11-07")), ("2024-11-07", paid("2024-11-07", 100)), ("2027-07-17", gone)];
    for (facts, first) in [(&enrolled_earlier[..], "2024-10-04"), (&reversed[..], "2024-12-01")] {
        for asked in [first, "2024-12-20", "2025-06-16", "2027-07-17", "2027-09-15"] {
            assert_eq!(until(facts, asked).as_deref(), Some("2027-09-15"), "on {asked}");
        }
        assert_eq!(until(facts, "2027-09-16"), None, "it has lapsed");
    }
}

#[test]
fn a_lapse_is_seen_behind_the_long_time_that_a_law_leaves_for_what_is_learnt_at_once() {
    let patient =
        Revision { learnt_late_days: 366, prepay_months: 0, lapse: vec![LapseCondition::Consecutive(1)], ..plain() };
    let gone = Fact::Reversed { payment: FactId(2), on: day("2025-01-20") };
    let life = [("2025-01-10", enrolled("2025-01-10")), ("2025-01-10", paid("2025-01-10", 100)), ("2025-01-20", gone)];
    let answer = decide(&known(&life), &law(patient), day("2025-01-20"), Moment::MAX);
    assert_eq!(answer.last_safe_day, Some(day("2026-02-15")));
}

/// Who lapses and returns on the day by money that was added up, at no price, begins anew and can lapse once more.
#[test]
fn a_lapse_is_seen_behind_a_return_that_is_still_to_come() {
    let recent = BackPayment { refuse_older_months: Some(5), ..back_payment("0") };
    let law = law(Revision {
        lapse: vec![LapseCondition::Window { paid: 30, of: 68 }],
        suspend_after: Some(0),
        suspension_return: Some(recent),
        back_payment: Some(BackPayment { cap_months: Some(0), ..back_payment("0") }),
        ..plain()
    });
    let months = (0..10).map(|month| day("2024-10-25").month().plus(month).day_clamped(25));
    let payment = |on| Fact::Payment { on, amount: 100, month: None };
    let mut life = vec![("2024-10-04", enrolled("2024-10-04")), ("2026-01-20", paid("2025-11-01", 100))];
    life.extend(months.map(|on| ("2026-01-20", payment(on))));
    let safe = |asked| decide(&known(&life), &law, day(asked), Moment::MAX).last_safe_day.map(|day| day.to_string());
    // The lapse of 16 June 2030 brings back at once; of the window after that too little is paid five years later.
    for asked in ["2026-02-01", "2030-06-16", "2035-04-15"] {
        assert_eq!(safe(asked).as_deref(), Some("2035-04-15"), "on {asked}");
    }
    assert_eq!(safe("2035-04-16"), None);
}

#[test]
fn money_reaches_the_months_that_are_owed_and_unpaid_in_their_order() {
    let law = law(Revision { prepay_months: 2, ..plain() });
    let life = [
        ("2025-01-10", enrolled("2025-01-10")),
        ("2025-01-10", paid("2025-01-10", 130)),
        ("2025-03-05", hired(1, "2025-03-05", Some("2025-03-20"))),
    ];
    let lacking = |facts: &[(&str, Fact)], asked| -> Vec<String> {
        let lacking = ask(facts, &law, asked, |play| play.at_day.lacking_months(play.today()));
        lacking.iter().map(|(month, lack)| format!("{month} {lack}")).collect()
    };
    assert_eq!(lacking(&life, "2025-03-25"), ["2025-02 70", "2025-04 100", "2025-05 100"]);
    assert_eq!(lacking(&life, "2025-01-09"), Vec::<String>::new());
    assert_eq!(lacking(&life[..1], "2025-08-16"), Vec::<String>::new(), "the membership has lapsed");
    let dead = [life[0].clone(), ("2025-02-01", Fact::Died { on: day("2025-02-01") })];
    assert_eq!(lacking(&dead, "2025-02-02"), Vec::<String>::new());
}

#[test]
fn the_first_month_that_is_not_paid_is_seen_however_far_it_was_paid_ahead() {
    let life = [("2025-01-10", enrolled("2025-01-10")), ("2025-01-10", paid("2025-01-10", 12_100))];
    // A hundred and twenty months are paid after the current one; February 2035 falls due in itself, or a year later.
    let holds_until = |due_month_offset| {
        let far = law(Revision { lapse: Vec::new(), prepay_months: 120, due_month_offset, ..plain() });
        decide(&known(&life), &far, day("2025-01-10"), Moment::MAX).holds_until
    };
    assert_eq!([0, 12].map(holds_until), [Some(day("2035-02-15")), Some(day("2036-02-15"))]);
}

#[test]
fn that_one_more_month_is_overdue_is_the_first_change_too() {
    let entitlement = vec![Entitlement::Window { insured: 6, of: 12 }];
    let law = law(Revision { entitlement, ..plain() });
    // September falls due in October, October in November. Between lie days on which nothing changes: the beginning of a month,
    // and that of a certificate which this law does not know.
    let certificate = Fact::Certificate { level: AssistanceLevel::Poor2, from: day("2025-11-05"), until: None };
    let life =
        [("2025-01-10", enrolled("2025-01-10")), ("2025-01-10", paid("2025-01-10", 800)), ("2025-10-01", certificate)];
    let holds_until = decide(&known(&life), &law, day("2025-10-20"), Moment::MAX).holds_until;
    assert_eq!(holds_until, Some(day("2025-11-15")));
}

#[test]
fn a_cover_that_begins_after_years_of_waiting_is_seen() {
    let terms = BackPayment { waiting_months: 60, ..back_payment("0") };
    // Since the reform nobody lapses, and who had lapsed waits for five years after paying.
    let reform = Revision {
        effective: day("2025-08-18"),
        lapse: Vec::new(),
        back_payment: Some(terms),
        prepay_months: 0,
        ..plain()
    };
    let law = laws([Revision { prepay_months: 0, ..plain() }, reform]);
    let life = known(&[("2025-01-10", enrolled("2025-01-10")), ("2025-08-20", paid("2025-08-20", 700))]);
    let first = first_day_of_cover(&life, &law, Scheme::Voluntary, day("2025-08-20"), Moment::MAX);
    assert_eq!(first, Some(day("2030-08-01")));
}
