//! The model held against dates worked out by hand: retractions, refunds and households, at their edges.

use krama_law::answer::{Scheme, Standing};
use krama_law::calendar::Month;
use krama_law::fact::{EmploymentId, Fact, FactId, MemberId, Relation, Sector};
use krama_law::policy::{DependantRule, Revision};

use super::tests::{Story, day, enrolled, hired, known, monthly, paid, strict, suspending};

fn retracted(on: &str, fact: i64) -> (krama_law::calendar::Day, Fact) {
    known(on, Fact::Retracted { fact: FactId(fact) })
}

fn refunded(on: &str, payment: i64, amount: i64) -> (krama_law::calendar::Day, Fact) {
    known(on, Fact::Refunded { payment: FactId(payment), amount, on: day(on) })
}

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

#[test]
fn an_excuse_that_never_was_leaves_time_to_pay() {
    let excused = |on: &str| known(on, Fact::Excused { from: month("2026-01"), to: month("2026-02") });
    let story = Story::new(strict(), vec![enrolled("2026-01-05"), excused("2026-01-20"), retracted("2026-04-20", 1)]);
    let before = story.as_known("2026-04-19", "2026-04-19");
    assert_eq!((before.standing, before.overdue), (Standing::InArrears, 1));
    // January and February fall due on the first due day thirty days after 20 April: 15 June. March was due in April.
    for (on, standing, overdue) in [
        ("2026-04-20", Standing::InArrears, 1),
        ("2026-06-15", Standing::InArrears, 2),
        ("2026-06-16", Standing::Abandoned, 0),
    ] {
        let answer = story.on(on);
        assert_eq!((answer.standing, answer.overdue), (standing, overdue), "{on}");
    }
    assert_eq!(story.on("2026-04-20").last_safe_day, Some(day("2026-06-15")));
}

#[test]
fn a_death_that_never_was_leaves_time_to_pay() {
    let died = known("2026-02-10", Fact::Died { on: day("2026-02-10") });
    let story = Story::new(strict(), vec![enrolled("2026-01-05"), died, retracted("2026-05-20", 1)]);
    assert_eq!(story.as_known("2026-02-11", "2026-05-19").standing, Standing::Closed);
    // All months due after 10 February fall due on 15 July at the earliest, first due day after 19 June.
    assert_eq!((story.on("2026-05-20").standing, story.on("2026-05-20").overdue), (Standing::Current, 0));
    assert_eq!(story.on("2026-07-15").standing, Standing::Current);
    assert_eq!(story.on("2026-07-16").standing, Standing::Abandoned);
}

#[test]
fn of_two_deaths_the_later_one_takes_nothing_away() {
    let died = |on: &str| known(on, Fact::Died { on: day(on) });
    let facts = vec![enrolled("2026-01-05"), died("2026-02-10"), died("2026-03-10"), retracted("2026-05-20", 2)];
    assert_eq!(Story::new(strict(), facts.clone()).on("2026-02-11").standing, Standing::Closed);
    // When both never were, each is judged by what stood when it was taken away: the first was the one that counted.
    let both = [facts, vec![retracted("2026-05-21", 1)]].concat();
    assert_eq!(Story::new(strict(), both).on("2026-07-15").standing, Standing::Current);
}

#[test]
fn an_enrolment_that_never_was_is_followed_by_time_without_lapse() {
    // The later enrolment was refused; taken back on 1 March it still keeps lapses off to 15 April.
    let facts = vec![enrolled("2026-01-05"), enrolled("2026-02-20"), retracted("2026-03-01", 1)];
    let story = Story::new(strict(), facts);
    assert_eq!(story.as_known("2026-02-20", "2026-02-28").refused.len(), 1);
    assert_eq!((story.on("2026-02-20").refused.len(), story.on("2026-03-16").overdue), (0, 2));
    assert_eq!(story.on("2026-04-15").standing, Standing::InArrears);
    assert_eq!(story.on("2026-04-16").standing, Standing::Abandoned);
}

#[test]
fn an_end_that_never_was_opens_the_employment_and_revives_no_earlier_one() {
    let separated = |on: &str, last: &str| known(on, Fact::Separated { employment: EmploymentId(1), last: day(last) });
    let job = hired(1, Sector::Private, "2026-01-05", None);
    let facts = vec![job, separated("2026-02-01", "2026-01-31"), separated("2026-03-01", "2026-02-28")];
    let employed = |facts: Vec<_>, on: &str| Story::new(strict(), facts).on(on).standing == Standing::Employed;
    assert!(employed(facts.clone(), "2026-02-28") && !employed(facts.clone(), "2026-03-01"));
    // The older end is not the one that stands.
    let older = [facts.clone(), vec![retracted("2026-04-01", 1)]].concat();
    assert!(employed(older.clone(), "2026-02-28") && !employed(older, "2026-03-01"));
    let newer = [facts.clone(), vec![retracted("2026-04-01", 2)]].concat();
    assert!(employed(newer.clone(), "2026-03-01") && employed(newer, "2027-03-01"));
    let hire = [facts, vec![retracted("2026-04-01", 0)]].concat();
    assert!(!employed(hire, "2026-01-05"));
}

#[test]
fn a_payment_that_never_was_opens_its_month_late() {
    // January was paid on 10 February; that this never was is learnt on 1 April: due on 15 May.
    let story = Story::new(strict(), vec![enrolled("2026-01-05"), paid("2026-02-10", 100), retracted("2026-04-01", 1)]);
    assert_eq!(story.as_known("2026-02-10", "2026-03-31").on_months, 100);
    let after = story.on("2026-02-10");
    assert_eq!((after.on_months, after.reversed, after.overdue), (0, 100, 0));
    assert_eq!(story.on("2026-05-15").standing, Standing::InArrears);
    assert_eq!(story.on("2026-05-16").standing, Standing::Abandoned);
}

#[test]
fn retracting_a_reversal_or_what_is_not_known_changes_nothing() {
    let reversed = known("2026-02-20", Fact::Reversed { payment: FactId(1), on: day("2026-02-20") });
    let facts = vec![enrolled("2026-01-05"), paid("2026-02-10", 100), reversed, retracted("2026-02-25", 2)];
    let story = Story::new(strict(), facts);
    assert_eq!((story.on("2026-02-25").reversed, story.on("2026-02-25").on_months), (100, 0));
    let early = Story::new(strict(), vec![enrolled("2026-01-05"), retracted("2026-01-04", 0)]);
    assert_eq!(early.on("2026-01-05").standing, Standing::Current);
}

#[test]
fn a_refund_takes_credit_first_and_then_the_newest_month() {
    let rules = Revision { prepay_months: 1, ..strict() };
    // 250 on 5 January: January, February and 50 of credit.
    let facts = vec![
        enrolled("2026-01-05"),
        paid("2026-01-05", 250),
        refunded("2026-01-20", 1, 80),
        refunded("2026-01-21", 1, 500),
    ];
    let story = Story::new(rules, facts);
    let money = |on: &str| {
        let answer = story.on(on);
        (answer.on_months, answer.credit, answer.refunded)
    };
    assert_eq!(money("2026-01-19"), (200, 50, 0));
    assert_eq!(money("2026-01-20"), (170, 0, 80));
    // Never more than the payment.
    assert_eq!(money("2026-01-21"), (0, 0, 250));
}

#[test]
fn a_reversal_after_a_refund_takes_the_rest_and_a_refund_after_a_reversal_nothing() {
    let reversed = |on: &str| known(on, Fact::Reversed { payment: FactId(1), on: day(on) });
    let money = |later: Vec<_>| {
        let facts = [vec![enrolled("2026-01-05"), paid("2026-01-10", 100)], later].concat();
        let answer = Story::new(strict(), facts).on("2026-02-01");
        (answer.on_months, answer.reversed, answer.refunded)
    };
    assert_eq!(money(vec![refunded("2026-01-20", 1, 30), reversed("2026-01-21")]), (0, 70, 30));
    assert_eq!(money(vec![reversed("2026-01-20"), refunded("2026-01-20", 1, 30)]), (0, 100, 0));
    assert_eq!(money(vec![refunded("2026-01-20", 1, 30), retracted("2026-01-25", 2)]), (100, 0, 0));
}

#[test]
fn a_refund_that_opens_a_month_is_late_only_when_learnt_so() {
    // January is due on 15 February; paid back on 20 March it is due on 15 May, thirty days and more on, and no lapse
    // comes before the day after.
    let facts = vec![enrolled("2026-01-05"), paid("2026-02-10", 100), refunded("2026-03-20", 1, 1)];
    let story = Story::new(strict(), facts);
    assert_eq!((story.on("2026-03-20").overdue, story.on("2026-03-20").on_months), (1, 99));
    assert_eq!((story.on("2026-05-15").standing, story.on("2026-05-15").overdue), (Standing::InArrears, 2));
    assert_eq!(story.on("2026-05-16").standing, Standing::Abandoned);
}

#[test]
fn a_share_of_an_emptied_pot_is_paid_back_from_the_pool_and_its_surcharge_last() {
    // Suspended on 16 March with January and February, for 203. Two payments, of 100 and 110, reach it on 20 March:
    // 200 on the two months, 3 of surcharge, and 7 towards March.
    let facts = vec![
        enrolled("2026-01-05"),
        paid("2026-03-18", 100),
        paid("2026-03-20", 110),
        refunded("2026-03-25", 1, 100),
        refunded("2026-03-26", 2, 110),
    ];
    let story = Story::new(suspending(), facts);
    let money = |on: &str| {
        let answer = story.on(on);
        (answer.on_months, answer.surcharge, answer.credit, answer.refunded)
    };
    assert_eq!(money("2026-03-24"), (207, 3, 0, 0));
    assert_eq!(money("2026-03-25"), (107, 3, 0, 100));
    assert_eq!(money("2026-03-26"), (0, 0, 0, 210));
}

fn household(head: i64, relation: Relation, from: &str) -> (krama_law::calendar::Day, Fact) {
    let (head, from_day) = (MemberId(head), day(from));
    known(from, Fact::Household { head, relation, disabled: false, registered: true, from: from_day, until: None })
}

fn born(on: &str) -> (krama_law::calendar::Day, Fact) {
    known("2026-01-01", Fact::Born { on: day(on) })
}

#[test]
fn a_child_is_covered_through_the_head_until_the_day_before_it_comes_of_age() {
    // Enrolled in January; January and February are paid: covered from 1 March on.
    let head = || [vec![enrolled("2026-01-05")], monthly("2026-01-01", 12)].concat();
    let child = |birth: &str| {
        Story::new(crate::cambodia::cambodia(), vec![household(1, Relation::Child, "2026-02-10"), born(birth)])
            .head(1, head())
    };
    let story = child("2008-06-15");
    assert_eq!((story.covers("2026-02-28"), story.covers("2026-03-01")), (vec![], vec![Scheme::Dependant]));
    assert_eq!((story.covers("2026-06-14"), story.covers("2026-06-15")), (vec![Scheme::Dependant], vec![]));
    let leap = child("2008-02-29");
    assert_eq!((leap.covers("2026-02-28"), leap.covers("2026-03-01")), (vec![], vec![]));
    // Without a birth day no age can be shown, and without the head's timeline no cover.
    let unknown =
        Story::new(crate::cambodia::cambodia(), vec![household(1, Relation::Child, "2026-02-10")]).head(1, head());
    assert_eq!(unknown.covers("2026-03-01"), []);
    let absent =
        Story::new(crate::cambodia::cambodia(), vec![household(2, Relation::Child, "2026-02-10"), born("2010-01-01")]);
    assert_eq!(absent.head(1, head()).covers("2026-03-01"), []);
}

#[test]
fn a_spouse_is_covered_by_what_the_law_asks() {
    let head = || [vec![enrolled("2026-01-05")], monthly("2026-01-01", 12)].concat();
    let spouse = |rule: DependantRule, birth: Option<&str>| {
        let facts =
            [vec![household(1, Relation::Spouse, "2026-01-01")], birth.map(born).into_iter().collect()].concat();
        Story::new(Revision { dependants: Some(rule), ..crate::cambodia::cambodia() }, facts).head(1, head())
    };
    let rule = crate::cambodia::cambodia().dependants.unwrap();
    let sixty = spouse(rule.clone(), Some("1966-07-01"));
    assert_eq!((sixty.covers("2026-06-30"), sixty.covers("2026-07-01")), (vec![Scheme::Dependant], vec![]));
    assert_eq!(spouse(rule.clone(), None).covers("2026-03-01"), []);
    let any_age = DependantRule { spouse_under: None, ..rule.clone() };
    assert_eq!(spouse(any_age, None).covers("2026-03-01"), [Scheme::Dependant]);
    let formal_only = DependantRule { head_schemes: vec![Scheme::Formal, Scheme::Dependant], ..rule };
    assert_eq!(spouse(formal_only, Some("1990-01-01")).covers("2026-03-01"), []);
}

#[test]
fn a_dependant_keeps_what_was_given_when_the_head_s_payment_bounces_later() {
    let bounced = known("2026-05-20", Fact::Reversed { payment: FactId(1_001), on: day("2026-01-10") });
    let head = [vec![enrolled("2026-01-05")], monthly("2026-01-01", 2), vec![bounced]].concat();
    let person = vec![household(1, Relation::Child, "2026-02-10"), born("2015-01-01")];
    let story = Story::new(crate::cambodia::cambodia(), person).head(1, head);
    assert_eq!(story.as_known("2026-03-10", "2026-05-19").covers, [(Scheme::Dependant, false)]);
    assert_eq!(story.as_known("2026-03-10", "2026-05-20").covers, [(Scheme::Dependant, true)]);
}
