//! What a way back costs and when it brings cover, where that is far away or partly paid.

use super::*;
use crate::decision::doors;
use crate::policy::tests::{back_payment, law, plain};
use crate::policy::{Amnesty, BackPayment, Bar, Entitlement, Revision};
use crate::timeline::tests::{day, enrolled, known, paid};

/// Enrolled in January 2025 and never paid: out from 16 August on.
fn out() -> Vec<(&'static str, Fact)> {
    vec![("2025-01-10", enrolled("2025-01-10"))]
}

fn terms(waiting_months: u16) -> BackPayment {
    BackPayment { waiting_months, ..back_payment("0") }
}

/// The kind, the price, the first day of cover and the last day of each door, asked at the end of the day: what is supposed is
/// learnt at that instant.
fn open(facts: &[(&str, Fact)], revision: Revision, asked: &str) -> Vec<String> {
    let asked = day(asked);
    let doors = doors(&known(facts), &law(revision), asked, Moment::end_of(asked));
    let text = |day: Option<Day>| day.map_or("-".to_owned(), |day| day.to_string());
    let tell = |door: &Door| {
        format!("{:?} {:?} {} {}", door.kind, door.price, text(door.benefits_from), text(door.open_until))
    };
    doors.iter().map(tell).collect()
}

#[test]
fn what_was_added_up_already_is_part_of_the_price() {
    let mut saves = out();
    saves.push(("2025-08-20", paid("2025-08-20", 300)));
    let lenient = Revision { back_payment: Some(terms(0)), entitlement: vec![Entitlement::Consecutive(8)], ..plain() };
    // Paying what is left pays January to July and not one month more; August is passed over until it falls due.
    assert_eq!(
        open(&saves, lenient, "2025-08-25"),
        ["FormalEmployment None 2025-08-25 -", "BackPayment Some(700) - -"]
    );
}

#[test]
fn a_first_day_of_cover_is_told_up_to_ten_years_ahead() {
    let waits = |months| Revision { back_payment: Some(terms(months)), lapse: Vec::new(), ..plain() };
    let far = |months| {
        let suspended = Revision { suspend_after: Some(0), suspension_return: Some(terms(months)), ..waits(months) };
        let mut excused = out();
        excused
            .push(("2025-08-10", Fact::Excused { from: "2025-08".parse().unwrap(), to: "2040-12".parse().unwrap() }));
        open(&excused, suspended, "2025-08-20")
    };
    assert_eq!(far(0), ["BackPayment Some(700) 2025-08-20 -"]);
    assert_eq!(far(1), ["BackPayment Some(700) 2025-09-01 -"]);
    assert_eq!(far(60), ["BackPayment Some(700) 2030-08-01 -"]);
    assert_eq!(far(120), ["BackPayment Some(700) 2035-08-01 -"]);
    assert_eq!(far(121), ["BackPayment Some(700) - -"]);
}

#[test]
fn an_amnesty_bounds_the_doors_that_it_opens_and_no_others() {
    let amnesty = |back_payment, re_enrolment| Amnesty {
        from: day("2025-08-01"),
        until: day("2025-10-31"),
        back_payment,
        re_enrolment,
    };
    let with = |back_payment, re_enrolment, revision: Revision| Revision {
        amnesties: vec![amnesty(back_payment, re_enrolment)],
        ..revision
    };
    let hired = "FormalEmployment None 2025-08-25 -";
    assert_eq!(
        open(&out(), with(Some(terms(0)), true, plain()), "2025-08-25"),
        [hired, "BackPayment Some(700) 2025-08-25 2025-10-31", "ReEnrolment None 2025-08-25 2025-10-31"]
    );
    // What the law allows without it is not bounded by it.
    let mild = Revision { bar: Bar::Months(0), back_payment: Some(terms(0)), ..plain() };
    assert_eq!(
        open(&out(), with(None, true, mild), "2025-08-25"),
        [hired, "BackPayment Some(700) 2025-08-25 -", "ReEnrolment None 2025-08-25 -"]
    );
    let suspended = Revision { suspend_after: Some(2), suspension_return: Some(terms(0)), ..plain() };
    assert_eq!(
        open(&out(), with(Some(terms(0)), true, suspended), "2025-08-10"),
        ["BackPayment Some(600) 2025-08-10 -"]
    );
}

#[test]
fn a_new_enrolment_is_supposed_to_be_paid_from_the_month_that_can_still_be_paid() {
    let reform = |due_day, due_month_offset, entitlement| Revision {
        bar: Bar::Months(0),
        entitlement: vec![entitlement],
        due_day,
        due_month_offset,
        ..plain()
    };
    let re_enrols = |revision, asked| open(&out(), revision, asked).pop().unwrap();
    // Where a month falls due within itself, on its 15th, one who enrols by then owes it and pays it at once.
    let two = Entitlement::Consecutive(2);
    assert_eq!(re_enrols(reform(15, 0, two), "2025-09-14"), "ReEnrolment None 2025-11-01 -");
    assert_eq!(re_enrols(reform(15, 0, two), "2025-09-15"), "ReEnrolment None 2025-11-01 -");
    assert_eq!(re_enrols(reform(15, 0, two), "2025-09-16"), "ReEnrolment None 2025-12-01 -");
    // The last of the two years that are supposed to be paid still counts.
    assert_eq!(re_enrols(reform(15, 1, Entitlement::Consecutive(24)), "2025-09-16"), "ReEnrolment None 2027-09-01 -");
    assert_eq!(re_enrols(reform(15, 1, Entitlement::Consecutive(25)), "2025-09-16"), "ReEnrolment None - -");
}
