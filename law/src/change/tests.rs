//! What becomes of answers that were given when something is learnt late, and what is called what.

use super::*;
use crate::fact::Fact;
use crate::fact::{EmploymentId, FactId};
use crate::policy::tests::{back_payment, law, laws, plain};
use crate::policy::{Entitlement, Formal, Revision};
use crate::timeline::tests::{day, enrolled, hired, known, paid};

/// Enrolled on 10 January 2025 with that month paid: of February to August the seventh falls due on 15 September, so that
/// the membership lapses on the day after. A notice that was served is heard of on 1 October.
fn silent() -> Vec<(&'static str, Fact)> {
    let notice = Fact::NoticeServed { on: day("2025-09-30") };
    vec![("2025-01-10", enrolled("2025-01-10")), ("2025-01-10", paid("2025-01-10", 100)), ("2025-10-01", notice)]
}

/// The changes that one more fact brings, which becomes known on a day and is the last; told up to that day.
fn told(facts: &[(&str, Fact)], learnt: &str, fact: Fact, revision: Revision) -> Vec<String> {
    let more: Vec<(&str, Fact)> = facts.iter().cloned().chain([(learnt, fact)]).collect();
    let at = Moment::start_of(day(learnt));
    let changes = changes(&known(facts), &known(&more), &law(revision.clone()), day(learnt), at);
    let state = |state: DayState| {
        let covers: Vec<Scheme> = Scheme::ALL.into_iter().filter(|scheme| state.covers.has(*scheme)).collect();
        format!("{:?} {covers:?}", state.standing)
    };
    let new = FactId(i64::try_from(more.len()).unwrap());
    let tell = |change: &StandingChange| {
        assert_eq!((&change.facts, change.revision), (&vec![new], revision.effective));
        let (before, after) = (state(change.before), state(change.after));
        format!("{} to {}: {before}, now {after}: {:?}", change.from, change.until, change.kind)
    };
    changes.iter().map(tell).collect()
}

#[test]
fn a_hire_reinstates_from_its_first_day_whom_a_lapse_had_put_out() {
    let told = told(&silent(), "2025-10-20", hired(7, "2025-10-05", None), plain());
    assert_eq!(told, ["2025-10-05 to 2025-10-20: Abandoned [], now Employed [Formal]: Reinstated"]);
}

#[test]
fn a_hire_before_the_lapse_undoes_it() {
    let told = told(&silent(), "2025-10-20", hired(7, "2025-09-10", Some("2025-10-10")), plain());
    assert_eq!(
        told,
        [
            "2025-09-10 to 2025-09-15: InArrears [Voluntary], now Employed [Voluntary, Formal]: Changed",
            "2025-09-16 to 2025-10-10: Abandoned [], now Employed [Formal]: Undone",
            // Of the months from February on those before September are still overdue; the run begins anew.
            "2025-10-11 to 2025-10-20: Abandoned [], now InArrears [Voluntary]: Undone",
        ]
    );
}

#[test]
fn a_payment_that_arrives_late_undoes_a_lapse_up_to_the_one_that_it_cannot_prevent() {
    let told = told(&silent(), "2025-10-20", paid("2025-09-10", 100), plain());
    assert_eq!(told, ["2025-09-16 to 2025-10-15: Abandoned [], now InArrears [Voluntary]: Undone"]);
    assert!(changes_none(&silent(), "2025-10-20", paid("2025-10-16", 100)));
}

fn changes_none(facts: &[(&str, Fact)], learnt: &str, fact: Fact) -> bool {
    told(facts, learnt, fact, plain()).is_empty()
}

#[test]
fn a_lapse_after_which_somebody_comes_back_is_not_undone() {
    let terms = back_payment("0");
    let lenient = Revision { back_payment: Some(terms), ..plain() };
    let told = told(&silent(), "2025-10-20", paid("2025-10-10", 800), lenient);
    assert_eq!(told, ["2025-10-10 to 2025-10-20: Abandoned [], now Current [Voluntary]: Changed"]);
}

#[test]
fn a_death_ends_also_what_is_kept_in_good_faith_and_undoes_nothing() {
    let told = told(&silent(), "2025-10-20", Fact::Died { on: day("2025-09-01") }, plain());
    assert_eq!(
        told,
        [
            "2025-09-02 to 2025-09-15: InArrears [Voluntary], now Closed []: Changed",
            "2025-09-16 to 2025-10-20: Abandoned [], now Closed []: Changed",
        ]
    );
}

/// The month before must be insured; January is paid, and that payment comes to nothing.
fn bounced(learnt: &str, revision: Revision) -> Vec<String> {
    let by_the_month = Revision { entitlement: vec![Entitlement::Consecutive(1)], ..revision };
    let bounced = Fact::Reversed { payment: FactId(2), on: day("2025-02-10") };
    told(&silent()[..2], learnt, bounced, by_the_month)
}

#[test]
fn days_whose_cover_is_kept_in_good_faith_do_not_change() {
    assert_eq!(
        bounced("2025-02-20", plain()),
        ["2025-02-20 to 2025-02-20: Current [Voluntary], now Current []: Changed"]
    );
    let strict = Revision { retroactive_loss: RetroactiveLoss::FromValid, ..plain() };
    assert_eq!(
        bounced("2025-02-20", strict),
        [
            "2025-02-10 to 2025-02-15: Current [Voluntary], now Current []: Changed",
            "2025-02-16 to 2025-02-20: Current [Voluntary], now InArrears []: Changed",
        ]
    );
}

#[test]
fn what_is_kept_is_what_was_given_by_what_was_known_on_each_day() {
    let by_the_month = Revision { entitlement: vec![Entitlement::Consecutive(1)], ..plain() };
    // Employed all the time, as is learnt on 20 February: the cover of February, which begins with the month, had been given.
    let works = hired(7, "2025-01-20", None);
    assert_eq!(
        told(&silent()[..2], "2025-02-20", works, by_the_month.clone()),
        [
            "2025-01-20 to 2025-01-31: Current [], now Employed [Formal]: Changed",
            "2025-02-01 to 2025-02-19: Current [Voluntary], now Employed [Voluntary, Formal]: Changed",
            "2025-02-20 to 2025-02-20: Current [Voluntary], now Employed [Formal]: Changed",
        ]
    );
    // Where the payment was known since the 12th to have come to nothing on the 5th, it was given up to the 11th.
    let mut bounced = silent()[..2].to_vec();
    bounced.push(("2025-02-12", Fact::Reversed { payment: FactId(2), on: day("2025-02-05") }));
    assert_eq!(
        told(&bounced, "2025-02-20", hired(7, "2025-02-06", None), by_the_month),
        [
            "2025-02-06 to 2025-02-11: Current [Voluntary], now Employed [Voluntary, Formal]: Changed",
            "2025-02-12 to 2025-02-20: Current [], now Employed [Formal]: Changed",
        ]
    );
}

#[test]
fn a_revision_that_no_longer_takes_what_was_given_begins_a_change_of_its_own() {
    let taking = Revision { retroactive_loss: RetroactiveLoss::FromValid, ..plain() };
    let leaving = Revision { effective: day("2025-06-01"), ..plain() };
    let before = [("2025-01-10", hired(1, "2025-01-10", None))];
    let later = Fact::Amended { employment: EmploymentId(1), from: Some(day("2025-06-20")), until: None };
    let after = [before[0].clone(), ("2025-06-20", later)];
    let (today, at) = (day("2025-06-20"), Moment::start_of(day("2025-06-20")));
    let changes = changes(&known(&before), &known(&after), &laws([taking, leaving]), today, at);
    let told: Vec<_> = changes
        .iter()
        .map(|change| (change.from.to_string(), change.until.to_string(), change.after.covers.has(Scheme::Formal)))
        .collect();
    let told: Vec<_> = told.iter().map(|(from, until, kept)| (from.as_str(), until.as_str(), *kept)).collect();
    assert_eq!(told, [("2025-01-10", "2025-05-31", false), ("2025-06-01", "2025-06-19", true)]);
}

#[test]
fn up_to_a_day_in_the_past_only_days_up_to_it_are_told() {
    let facts = silent();
    let more: Vec<(&str, Fact)> = facts.iter().cloned().chain([("2025-10-20", paid("2025-09-10", 100))]).collect();
    let at = Moment::start_of(day("2025-10-20"));
    let up_to = |text| {
        let changes = changes(&known(&facts), &known(&more), &law(plain()), day(text), at);
        changes.iter().map(|change| change.until.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(up_to("2025-09-15"), Vec::<String>::new());
    assert_eq!(up_to("2025-09-16"), ["2025-09-16"]);
    assert_eq!(up_to("2025-10-05"), ["2025-10-05"]);
}

#[test]
fn no_change_is_told_of_the_days_to_come_though_a_revision_begins_among_them() {
    let never = Formal { entitlement: vec![Entitlement::Consecutive(99)], run_off_months: 0 };
    let later = Revision { effective: day("2025-12-01"), formal_private: never, ..plain() };
    let law = laws([plain(), later]);
    let more: Vec<_> = silent().into_iter().chain([("2025-10-20", hired(7, "2025-10-05", None))]).collect();
    let at = Moment::start_of(day("2025-10-20"));
    let told = changes(&known(&silent()), &known(&more), &law, day("2025-10-20"), at);
    let days: Vec<_> = told.iter().map(|change| (change.from, change.until)).collect();
    assert_eq!(days, [(day("2025-10-05"), day("2025-10-20"))]);
}
