//! Which days of a life are looked at, and how many payments are taken between them. A day too many would change no
//! answer, so that no comparison of answers notices it; but it is the promise of this room that there are few.

use super::*;
use crate::calendar::Moment;
use crate::decision::decide;
use crate::fact::{EmploymentId, Fact, FactId};
use crate::policy::tests::{back_payment, law, laws, plain};
use crate::policy::{CoPaymentRule, Entitlement, Formal, LateCharge, OnHoliday, Revision};
use crate::timeline::tests::{day, enrolled, hired, known, paid};

/// When facts became known that were known in time.
const KNOWN: &str = "2025-01-10";

/// The first days of a steady life until two months are insured; before that each beginning of a month may entitle.
const BEGINS: &str = "2025-01-10 2025-01-11 2025-02-01 2025-02-10 2025-03-01";

/// Two months on end, or six of twelve, as in Cambodia.
fn two_or_six() -> Revision {
    let entitlement = vec![Entitlement::Consecutive(2), Entitlement::Window { insured: 6, of: 12 }];
    let formal = || Formal { entitlement: entitlement.clone(), run_off_months: 0 };
    Revision { formal_private: formal(), formal_public: formal(), entitlement: entitlement.clone(), ..plain() }
}

/// Who has lapsed may come back by paying, one per cent a month more.
fn lenient(revision: Revision) -> Revision {
    let terms = back_payment("0.01");
    Revision { back_payment: Some(terms), ..revision }
}

/// Enrolled on 10 January 2025, and so many months paid, each on its 10th.
fn steady(months: i32) -> Vec<(&'static str, Fact)> {
    let mut facts = vec![(KNOWN, enrolled("2025-01-10"))];
    pays(&mut facts, months, "2025-01", 10, 100);
    facts
}

/// Pays an amount in each of so many months.
fn pays(facts: &mut Vec<(&'static str, Fact)>, months: i32, first: &str, number: u8, amount: i64) {
    let first: Month = first.parse().unwrap();
    facts.extend((0..months).map(|month| {
        let on = first.plus(month).day_clamped(number);
        (KNOWN, Fact::Payment { on, amount, month: None })
    }));
}

/// Readies a machine for a life, and asks it something.
fn machine<R>(facts: &[(&str, Fact)], revision: Revision, ask: impl FnOnce(Machine<'_>) -> R) -> R {
    let (timeline, law) = (known(facts), law(revision));
    let book = law.as_known(Moment::MAX);
    let life = Life::of(&timeline, Moment::MAX, &book);
    let marks = marks(&life, &book);
    ask(Machine::new(&life, &book, &marks, day("2025-01-10").month(), Default::default()))
}

/// Takes a machine through a life up to a day; tells the days that it is given, and in brackets how many payments it takes
/// between them without being given their days. `to` stands for each 1st and each 16th between, the day after a due day.
fn days_of(mut machine: Machine<'_>, until: &str) -> String {
    let until = day(until);
    let (mut now, mut told) = (Day::MIN, Vec::new());
    let mut ticks = (Day::MIN, Day::MIN);
    loop {
        let before = machine.next.payments;
        now = machine.receive_while_quiet(until, now);
        if machine.next.payments > before {
            told.push(format!("({})", machine.next.payments - before));
            ticks = (Day::MIN, Day::MIN);
        }
        let next = machine.next_day(now);
        if next > until {
            return told.join(" ");
        }
        now = next;
        machine.pass(now);
        if tick_after(ticks.1) == Some(now) {
            told.pop();
            ticks.1 = now;
            let between = if tick_after(ticks.0) == Some(now) { " " } else { " to " };
            told.push(format!("{}{between}{now}", ticks.0));
        } else {
            ticks = (now, now);
            told.push(now.to_string());
        }
    }
}

/// The 16th after a 1st, and the 1st after a 16th.
fn tick_after(day: Day) -> Option<Day> {
    match day.parts().2 {
        1 => Some(day.month().day_clamped(16)),
        16 => Some(day.month().plus(1).first_day()),
        _ => None,
    }
}

/// The days of a life of which only standing and covers are asked for before the last.
fn days(facts: &[(&str, Fact)], revision: Revision, until: &str) -> String {
    machine(facts, revision, |mut machine| {
        machine.brisk = true;
        days_of(machine, until)
    })
}

/// The days of a life of which it is asked for each day how many months are overdue.
fn days_counting_arrears(facts: &[(&str, Fact)], revision: Revision, until: &str) -> String {
    machine(facts, revision, |machine| days_of(machine, until))
}

#[test]
fn years_of_steady_payments_are_one_stretch_and_arrears_too_until_they_may_have_a_consequence() {
    let life = steady(24);
    // The cover ends in August: until then there are six paid months of twelve. The lapse comes in the same month.
    let brisk = days(&life, two_or_six(), "2027-12-01");
    assert_eq!(brisk, format!("{BEGINS} (22) 2027-02-16 2027-08-01 2027-08-16"));
    let counting = days_counting_arrears(&life, two_or_six(), "2027-08-16");
    assert_eq!(counting, format!("{BEGINS} (22) 2027-02-16 to 2027-08-16"));
    // Who is entitled at once is so in arrears too, but by no window that would tell how long.
    assert_eq!(days(&life, plain(), "2027-04-30"), "2025-01-10 2025-01-11 (23) 2027-02-16 to 2027-04-16");
}

#[test]
fn a_charge_for_delay_makes_nobody_slower_who_is_in_time() {
    let charge = LateCharge { penalty: "0.02".parse().unwrap(), compound: false };
    let charging = Revision { late_charge: Some(charge), ..two_or_six() };
    assert_eq!(days(&steady(24), charging, "2027-01-31"), format!("{BEGINS} (22)"));
}

#[test]
fn payments_that_are_not_just_a_month_are_taken_between_days_as_well() {
    let mut halves = steady(3);
    pays(&mut halves, 10, "2025-04", 5, 50);
    pays(&mut halves, 10, "2025-04", 8, 50);
    assert_eq!(days(&halves, two_or_six(), "2026-06-01"), format!("{BEGINS} (21) 2026-03-16"));
    let named = Fact::Payment { on: day("2025-06-20"), amount: 100, month: "2025-09".parse().ok() };
    let mut named_ahead = steady(12);
    named_ahead.push((KNOWN, named));
    assert_eq!(days(&named_ahead, two_or_six(), "2026-03-01"), format!("{BEGINS} (11)"));
    let year_ahead = [(KNOWN, enrolled("2025-01-10")), (KNOWN, paid("2025-01-10", 1_300))];
    assert_eq!(
        days(&year_ahead, two_or_six(), "2026-12-31"),
        "2025-01-10 2025-01-11 2025-02-01 2025-03-01 2026-03-16 2026-09-01 2026-09-16"
    );
}

#[test]
fn months_that_are_excused_or_worked_are_passed_over() {
    let mut excused = steady(6);
    let months = Fact::Excused { from: "2025-07".parse().unwrap(), to: "2025-09".parse().unwrap() };
    excused.push((KNOWN, months));
    pays(&mut excused, 6, "2025-10", 10, 100);
    assert_eq!(days(&excused, two_or_six(), "2026-04-28"), format!("{BEGINS} (4) 2025-07-01 2025-09-01 (6)"));
    let mut worked = steady(4);
    worked.push((KNOWN, hired(1, "2025-05-05", Some("2026-09-20"))));
    assert_eq!(days(&worked, two_or_six(), "2026-12-31"), format!("{BEGINS} (2) 2025-05-05 2026-09-21 2026-11-16"));
    assert_eq!(
        days(&worked, plain(), "2026-12-31"),
        "2025-01-10 2025-01-11 (3) 2025-05-05 2026-09-21 2026-11-16 to 2026-12-16"
    );
    // The cover that runs off for two months, and months that count only once they are declared, end with a month.
    let mut run_off = two_or_six();
    run_off.formal_private.run_off_months = 2;
    assert_eq!(
        days(&worked, run_off, "2027-01-31"),
        format!("{BEGINS} (2) 2025-05-05 2026-09-21 2026-10-01 to 2026-12-01")
    );
    let declared = Revision { formal_month_counts: FormalMonthCounts::Declared, ..plain() };
    assert_eq!(
        days(&worked, declared, "2025-08-31"),
        "2025-01-10 2025-01-11 2025-02-01 2025-02-10 2025-03-01 2025-03-10 2025-04-01 2025-04-10 2025-05-01 2025-05-05 \
         2025-05-16 to 2025-08-16"
    );
    // Of somebody with a gap it is to be seen at each due day when it has become too long.
    let mut gap = steady(3);
    gap.push((KNOWN, hired(1, "2025-05-05", Some("2025-09-20"))));
    assert_eq!(
        days(&gap, two_or_six(), "2025-11-30"),
        format!("{BEGINS} (1) 2025-05-05 2025-05-16 to 2025-09-16 2025-09-21 2025-10-01 to 2025-11-16")
    );
}

#[test]
fn payments_in_arrears_are_taken_between_days_until_they_end_them() {
    let mut late = steady(4);
    pays(&mut late, 10, "2025-06", 20, 100);
    assert_eq!(
        days(&late, two_or_six(), "2026-06-01"),
        format!(
            "{BEGINS} (2) 2025-06-16 2025-06-20 2025-07-16 2025-07-20 2025-08-16 (1) 2025-08-20 2025-09-16 (1) \
             2025-09-20 2025-10-16 (1) 2025-10-20 2025-11-16 (1) 2025-11-20 2025-12-16 (1) 2025-12-20 2026-01-16 (1) \
             2026-01-20 2026-02-16 (1) 2026-02-20 2026-03-16 (1) 2026-03-20 2026-04-16"
        )
    );
    assert_eq!(
        days_counting_arrears(&late, two_or_six(), "2025-10-20"),
        format!(
            "{BEGINS} (2) 2025-06-16 2025-06-20 2025-07-16 2025-07-20 2025-08-16 2025-08-20 2025-09-16 2025-09-20 \
             2025-10-16 2025-10-20"
        )
    );
    let mut partly = steady(8);
    pays(&mut partly, 8, "2025-12", 5, 50);
    pays(&mut partly, 1, "2026-08", 5, 700);
    assert_eq!(
        days(&partly, two_or_six(), "2026-12-01"),
        format!("{BEGINS} (6) 2025-10-16 (7) 2026-07-01 2026-07-05 2026-08-01 2026-08-05 2026-09-16")
    );
    let mut at_once = steady(12);
    pays(&mut at_once, 4, "2026-05", 20, 200);
    assert_eq!(
        days(&at_once, two_or_six(), "2026-12-01"),
        format!("{BEGINS} (10) 2026-02-16 (3) 2026-07-20 2026-08-16 (1) 2026-08-20 2026-10-16")
    );
}

#[test]
fn nothing_follows_a_death_or_a_lapse_from_which_there_is_no_way_back_by_paying() {
    let mut died = steady(3);
    died.push((KNOWN, Fact::Died { on: day("2025-05-05") }));
    pays(&mut died, 2, "2025-08", 10, 100);
    assert_eq!(days(&died, plain(), "2027-12-01"), "2025-01-10 2025-01-11 (2) 2025-05-06 (2)");
    let mut lapsed = steady(2);
    pays(&mut lapsed, 2, "2025-11", 10, 100);
    assert_eq!(days(&lapsed, plain(), "2027-12-01"), "2025-01-10 2025-01-11 (1) 2025-04-16 to 2025-10-16 (2)");
    lapsed.push((KNOWN, hired(1, "2025-12-05", Some("2026-02-20"))));
    assert_eq!(
        days(&lapsed, plain(), "2027-12-01"),
        "2025-01-10 2025-01-11 (1) 2025-04-16 to 2025-10-16 (1) 2025-12-05 2025-12-10 2025-12-16 to 2026-02-16 \
         2026-02-21"
    );
}

#[test]
fn what_is_added_up_for_a_return_is_looked_at_when_the_price_of_the_return_steps() {
    let mut saves = steady(2);
    saves.push((KNOWN, paid("2025-11-20", 500)));
    // 15 November 2025 is a Saturday: the month falls due on Monday the 17th, and the price steps on the 16th.
    let moved = Revision { on_holiday: OnHoliday::NextWorkingDay, ..lenient(plain()) };
    assert_eq!(
        days(&saves, moved, "2026-03-31"),
        "2025-01-10 2025-01-11 (1) 2025-04-16 to 2025-06-01 2025-06-17 2025-07-01 to 2025-11-01 2025-11-18 2025-11-20 \
         2025-12-01 to 2026-02-16 2026-02-17 2026-03-01 2026-03-16 2026-03-17"
    );
    saves.push((KNOWN, paid("2025-12-20", 5_000)));
    let duty = CoPaymentRule { days: 45, rate: "0.05".parse().unwrap(), max_months: 12, ceiling: None };
    let with_duty = Revision { co_payment: Some(duty), ..lenient(plain()) };
    assert_eq!(
        days(&saves, with_duty, "2026-04-28"),
        "2025-01-10 2025-01-11 (1) 2025-04-16 to 2025-11-16 2025-11-20 2025-12-01 2025-12-16 2025-12-20 2026-01-01 to \
         2026-02-01 2026-02-04"
    );
    let mut waits = lenient(two_or_six());
    waits.back_payment.as_mut().unwrap().waiting_months = 3;
    assert_eq!(
        days(&saves, waits, "2026-08-28"),
        format!(
            "{BEGINS} 2025-04-16 to 2025-11-16 2025-11-20 2025-12-01 2025-12-16 2025-12-20 2026-01-01 to 2026-03-01"
        )
    );
}

#[test]
fn other_rules_than_that_of_the_run_are_looked_at_in_each_month_of_arrears() {
    let life = steady(8);
    let window = Revision { lapse: vec![LapseCondition::Window { paid: 2, of: 5 }], ..two_or_six() };
    assert_eq!(
        days(&life, window, "2026-02-28"),
        "2025-01-10 2025-01-11 2025-02-01 2025-02-10 2025-02-11 2025-03-01 (6) 2025-10-16 to 2026-01-16"
    );
    let suspension = Revision { suspend_after: Some(2), ..two_or_six() };
    assert_eq!(days(&life, suspension, "2026-02-28"), format!("{BEGINS} (6) 2025-10-16 to 2026-02-16"));
    let never = Revision { lapse: Vec::new(), ..two_or_six() };
    assert_eq!(days(&life, never, "2026-12-31"), format!("{BEGINS} (6) 2025-10-16 2026-04-01 to 2026-12-16"));
    let confirmed = Revision { confirmation: true, ..two_or_six() };
    assert_eq!(
        days(&steady(12), confirmed.clone(), "2026-10-01"),
        format!("{BEGINS} (10) 2026-02-16 2026-08-01 to 2026-10-01")
    );
    let mut waived = steady(12);
    waived.push((KNOWN, Fact::LapseWaived { on: day("2026-09-01") }));
    assert_eq!(days(&waived, confirmed, "2026-12-01"), format!("{BEGINS} (10) 2026-02-16 2026-08-01 to 2026-12-01"));
}

#[test]
fn what_was_learnt_late_or_came_to_nothing_is_looked_at_until_the_time_that_it_leaves_is_over() {
    let mut bounced = steady(12);
    bounced.push(("2025-06-20", Fact::Reversed { payment: FactId(6), on: day("2025-06-12") }));
    assert_eq!(
        days(&bounced, two_or_six(), "2026-02-01"),
        format!(
            "{BEGINS} (4) 2025-06-12 2025-06-13 2025-06-16 2025-07-01 2025-07-10 2025-07-16 2025-08-01 2025-08-10 \
             2025-08-16 (4) 2026-01-16 2026-02-01"
        )
    );
    let mut left_earlier = steady(8);
    left_earlier.push((KNOWN, hired(1, "2025-05-05", None)));
    let left = Fact::Separated { employment: EmploymentId(1), last: day("2025-06-20") };
    left_earlier.push(("2025-08-20", left));
    assert_eq!(
        days(&left_earlier, two_or_six(), "2026-02-01"),
        "2025-01-10 2025-01-11 2025-01-16 2025-02-01 2025-02-10 2025-02-16 2025-03-01 (2) 2025-05-05 (2) 2025-06-21 \
         2025-07-01 2025-07-10 2025-07-16 2025-08-01 2025-08-10 2025-08-16 to 2025-10-16 2025-12-16 to 2026-02-01"
    );
}

/// How many payments are taken at once after the first two days of a life, and the last of their days.
fn at_once(
    facts: &[(&str, Fact)],
    revision: Revision,
    ready: impl FnOnce(&mut Machine<'_>),
) -> (usize, Option<String>) {
    machine(facts, revision, |mut machine| {
        machine.pass(day("2025-01-10"));
        machine.pass(day("2025-01-11"));
        ready(&mut machine);
        let before = machine.next.payments;
        let last = machine.receive_month_by_month(day("2025-10-10"));
        (machine.next.payments - before, last.map(|last| last.to_string()))
    })
}

#[test]
fn payments_of_just_a_month_are_taken_at_once_as_far_as_nothing_else_is_about_them() {
    let taken = |facts: &[(&str, Fact)]| at_once(facts, plain(), |_| {});
    let last = |text: &str| Some(text.to_owned());
    assert_eq!(taken(&steady(24)), (8, last("2025-09-10")));
    assert_eq!(taken(&steady(1)), (0, None));
    // One of another amount, one that names its month, one that comes too late, and one that comes to nothing.
    let but = |fifth: Fact| {
        let mut facts = steady(5);
        facts[5] = (KNOWN, fifth);
        taken(&facts)
    };
    let on = day("2025-05-10");
    assert_eq!(but(paid("2025-05-10", 101)), (3, last("2025-04-10")));
    assert_eq!(but(Fact::Payment { on, amount: 100, month: Some(on.month()) }), (3, last("2025-04-10")));
    assert_eq!(but(paid("2025-06-15", 100)), (4, last("2025-06-15")));
    assert_eq!(but(paid("2025-06-16", 100)), (3, last("2025-04-10")));
    let mut bounced = steady(12);
    bounced.push((KNOWN, Fact::Reversed { payment: FactId(6), on: day("2025-09-01") }));
    assert_eq!(taken(&bounced), (3, last("2025-04-10")));
    // No more is paid ahead than the law allows.
    let mut ahead = steady(1);
    ahead.extend((0..20).map(|_| (KNOWN, paid("2025-01-12", 100))));
    assert_eq!(taken(&ahead), (12, last("2025-01-12")));
    // A month on which something lies, or that is excused, is not just a month.
    let mut excused = steady(12);
    excused.push((KNOWN, Fact::Excused { from: "2025-04".parse().unwrap(), to: "2025-04".parse().unwrap() }));
    assert_eq!(taken(&excused), (2, last("2025-03-10")));
}

#[test]
fn nothing_is_taken_at_once_where_each_payment_is_to_be_told_or_months_were_put_off() {
    let (life, month) = (steady(12), "2025-09".parse().unwrap());
    let with = |ready: fn(&mut Machine<'_>)| at_once(&life, plain(), ready).0;
    assert_eq!(with(|_| {}), 8);
    assert_eq!(with(|machine| machine.steps = Some(Vec::new())), 0);
    assert_eq!(with(|machine| machine.enrolled_from = None), 0);
    assert_eq!(with(|machine| machine.quiet_until = Day::NEVER), 0);
    assert_eq!(with(|machine| machine.enrolled_from = Some(machine.oldest_open.plus(1))), 0);
    let put_off = at_once(&life, plain(), |machine| {
        let due = machine.book.due_day(month);
        machine.months.make_room(month);
        machine.months.put_off(month, due);
    });
    assert_eq!(put_off.0, 0);
}

#[test]
fn due_days_that_holidays_move_and_those_in_disorder_are_found() {
    let moved = Revision { on_holiday: OnHoliday::NextWorkingDay, due_day: 31, due_month_offset: 0, ..two_or_six() };
    assert_eq!(
        days_counting_arrears(&steady(6), moved, "2025-11-30"),
        format!("{BEGINS} (4) 2025-08-01 2025-09-01 2025-09-02 2025-10-01 2025-11-01")
    );
}

#[test]
fn a_payment_ends_the_arrears_on_its_day_also_where_a_later_month_became_cheaper() {
    // Each month falls due on its 5th. For March 100 of 130 were paid ahead; since March a month costs 100.
    let window = || Revision {
        due_day: 5,
        due_month_offset: 0,
        entitlement: vec![Entitlement::Window { insured: 1, of: 12 }],
        ..plain()
    };
    let dear = Revision { contribution: 130, ..window() };
    let law = laws([dear, Revision { effective: day("2025-03-01"), ..window() }]);
    let ahead = Fact::Payment { on: day("2025-01-04"), amount: 100, month: "2025-03".parse().ok() };
    let life = known(&[
        ("2025-01-03", enrolled("2025-01-03")),
        ("2025-01-03", paid("2025-01-03", 130)),
        ("2025-01-04", ahead),
        ("2025-03-10", paid("2025-03-10", 130)),
    ]);
    let answer = |asked| decide(&life, &law, day(asked), Moment::MAX);
    assert_eq!(
        (answer("2025-03-09").standing, answer("2025-03-09").since),
        (Standing::InArrears, Some(day("2025-02-06")))
    );
    for asked in ["2025-03-10", "2025-03-20"] {
        assert_eq!((answer(asked).standing, answer(asked).since), (Standing::Current, Some(day("2025-03-10"))));
    }
}
