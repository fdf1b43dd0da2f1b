//! What must hold of every life whatever the law says, and for each such invariant a control: the same check where it
//! must fail, so that a check which cannot fail is found out.
//!
//! Nothing here knows the rules; that is the part of the model.

use krama_law::answer::{Answer, Scheme, Standing};
use krama_law::calendar::{Day, Moment};
use krama_law::decision::{MonthState, decide, explain, has_lapsed};
use krama_law::fact::{Fact, FactId, Recorded};
use krama_law::money::Riel;
use krama_law::policy::{LapseCondition, Law, Published, RetroactiveLoss, Revision};
use krama_law::timeline::Timeline;

use crate::cambodia::cambodia;
use crate::strategy::{Laws, Life, Question};
use crate::{lives, try_lives};

/// Every life stands the question.
fn holds(laws: Laws, ask: impl Fn(&Life) -> Result<(), String>) {
    if let Some(fault) = try_lives(lives(1_000), laws, ask) {
        panic!("{fault}");
    }
}

/// Some life does not: the check can fail.
fn can_fail(laws: Laws, ask: impl Fn(&Life) -> Result<(), String>) {
    assert!(try_lives(lives(1_000).max(1_000), laws, ask).is_some(), "the check never fails");
}

fn timeline(life: &Life, facts: Vec<Recorded>) -> Timeline {
    let heads = life.heads.iter().map(|(id, facts)| (*id, Timeline::new(facts.clone())));
    Timeline::new(facts).with_heads(heads.collect())
}

fn answer(life: &Life, law: &Law, day: Day, known: Moment) -> Answer {
    decide(&timeline(life, life.facts.clone()), law, day, known)
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, one: T, other: T) -> Result<(), String> {
    if one == other { Ok(()) } else { Err(format!("{what}:\n{one:?}\n{other:?}")) }
}

// ---- What is known later never changes "as known then" ----------------------------------------------------------

fn as_known_then(life: &Life, known: impl Fn(Moment) -> Moment) -> Result<(), String> {
    life.questions.iter().try_for_each(|&Question { day, known: at, .. }| {
        let by_then: Vec<Recorded> = life.facts.iter().filter(|fact| fact.known <= at).cloned().collect();
        let then = decide(&timeline(life, by_then), &life.law, day, at);
        let now = answer(life, &life.law, day, known(at));
        same(&format!("on {day} as known on {}", at.day()), then, Answer { known_at: at, ..now })
    })
}

#[test]
fn what_becomes_known_later_does_not_change_what_was_known_then() {
    holds(Laws::Random, |life| as_known_then(life, |at| at));
    can_fail(Laws::Random, |life| as_known_then(life, |_| Moment::MAX));
}

// ---- Days before a revision are as without it -----------------------------------------------------------------------

/// What an answer says of its own day; until when it holds is a matter of days to come.
fn of_the_day(answer: Answer) -> Answer {
    let mut answer = Answer { holds_until: None, last_safe_day_published: None, ..answer };
    for cover in &mut answer.covers {
        cover.until = None;
    }
    answer
}

fn as_without_the_newest(life: &Life, day: impl Fn(Day, Day) -> Day) -> Result<(), String> {
    let revisions = life.law.revisions();
    let Some((newest, older)) = revisions.split_last().filter(|(_, older)| !older.is_empty()) else { return Ok(()) };
    let without = Law::new("without", older.to_vec()).unwrap();
    let effective = newest.revision.effective;
    life.questions.iter().try_for_each(|&Question { day: asked, known, .. }| {
        let day = day(asked, effective);
        let (with, without) = (answer(life, &life.law, day, known), answer(life, &without, day, known));
        same(&format!("on {day}, a revision being effective from {effective}"), of_the_day(with), of_the_day(without))
    })
}

#[test]
fn days_before_a_revision_are_as_without_it() {
    holds(Laws::Random, |life| as_without_the_newest(life, |asked, effective| asked.min(effective.before())));
    can_fail(Laws::Random, |life| as_without_the_newest(life, |asked, effective| asked.max(effective)));
}

// ---- The order of arrival ------------------------------------------------------------------------------------------

/// The same law without any time for what is learnt late, since that depends on when something is learnt.
fn from_valid(law: &Law) -> Law {
    let revision = |published: &Published| Published {
        published: Moment::MIN,
        revision: Revision { retroactive_loss: RetroactiveLoss::FromValid, ..published.revision.clone() },
    };
    Law::new("from valid", law.revisions().iter().map(revision).collect()).unwrap()
}

/// The day of a fact that stands for itself, so that it can arrive at any time.
fn own_day(fact: &Fact) -> Option<Day> {
    match *fact {
        Fact::Enrolled { on } | Fact::Payment { on, .. } | Fact::NoticeServed { on } => Some(on),
        Fact::Certificate { from, .. } => Some(from),
        Fact::Excused { from, .. } => Some(from.first_day()),
        Fact::Reversed { .. }
        | Fact::Refunded { .. }
        | Fact::Hired { .. }
        | Fact::Separated { .. }
        | Fact::Amended { .. }
        | Fact::EmploymentRetracted { .. }
        | Fact::EmployerMonth { .. }
        | Fact::LapseConfirmed { .. }
        | Fact::LapseWaived { .. }
        | Fact::Died { .. }
        | Fact::Born { .. }
        | Fact::Household { .. }
        | Fact::Retracted { .. } => None,
    }
}

/// Without `corrections` only facts are kept that stand for themselves, one a day.
fn in_any_order(life: &Life, corrections: bool) -> Result<(), String> {
    let law = from_valid(&life.law);
    let mut days = Vec::new();
    let mut facts = life.facts.clone();
    facts.retain(|recorded| {
        let day = own_day(&recorded.fact).filter(|day| !days.contains(day));
        days.extend(day);
        day.is_some() || corrections
    });
    // The other way round, and with the second half first.
    let arrived = |order: &dyn Fn(usize) -> usize| -> Vec<Recorded> {
        let known = |(index, recorded): (usize, &Recorded)| Recorded {
            known: Moment(Moment::start_of(Day(30_000)).0 + i64::try_from(order(index)).unwrap()),
            ..recorded.clone()
        };
        facts.iter().enumerate().map(known).collect()
    };
    let count = facts.len();
    let orders: [&dyn Fn(usize) -> usize; 3] =
        [&|index| index, &|index| count - index, &|index| (index + count / 2) % count];
    let [first, reversed, turned] = orders.map(arrived);
    life.questions.iter().try_for_each(|&Question { day, .. }| {
        let of = |facts: &Vec<Recorded>| {
            let answer = decide(&timeline(life, facts.clone()), &law, day, Moment::MAX);
            (answer.standing, answer.since, answer.overdue, answer.run, answer.money)
        };
        same(&format!("on {day}"), of(&first), of(&reversed))?;
        same(&format!("on {day}"), of(&first), of(&turned))
    })
}

#[test]
fn facts_of_distinct_days_may_arrive_in_any_order() {
    holds(Laws::Random, |life| in_any_order(life, false));
    can_fail(Laws::Random, |life| in_any_order(life, true));
}

// ---- One more payment ----------------------------------------------------------------------------------------------

/// How good a standing is for somebody who pays.
fn rank(standing: Standing) -> u8 {
    match standing {
        Standing::Abandoned => 0,
        Standing::LapsePending => 1,
        Standing::InArrears => 2,
        Standing::Current | Standing::Employed | Standing::Closed | Standing::NotEnrolled => 3,
    }
}

/// What takes money back, with the day on which it does.
fn taken_back(facts: &[Recorded]) -> Vec<(&Recorded, Day)> {
    let valued = |payment: FactId| {
        let payment = facts.iter().find(|recorded| recorded.id == payment)?;
        if let Fact::Payment { on, .. } = payment.fact { Some(on) } else { None }
    };
    let taken = facts.iter().filter_map(|recorded| {
        let day = if let Fact::Reversed { payment, on } = recorded.fact {
            // What is reversed on its own value date never counted.
            valued(payment).filter(|valued| *valued < on).map(|_| on)
        } else if let Fact::Refunded { payment, on, .. } = recorded.fact {
            valued(payment).map(|valued| on.max(valued))
        } else {
            None
        };
        Some((recorded, day?))
    });
    taken.collect()
}

/// Whether money is taken back, after a day and by another, from before a month that is paid. Such a month ends the run
/// while it is the newest; one more payment can have moved it on by a month, so that the one in which it was is missed.
fn opens_a_gap(life: &Life, law: &Law, after: Day, by: Day) -> bool {
    let timeline = timeline(life, life.facts.clone());
    taken_back(&life.facts).iter().filter(|(_, on)| (after..=by).contains(on)).any(|&(_, on)| {
        let months = explain(&timeline, law, on, Moment::MAX).months;
        let mut states = months.iter().map(|line| line.state);
        states.any(|state| matches!(state, MonthState::Overdue | MonthState::Open))
            && states.any(|state| state == MonthState::Paid)
    })
}

/// `ahead`: the payer names the month that lies so many months ahead.
fn one_more_payment(life: &Life, law: &Law, ahead: Option<i32>) -> Result<(), String> {
    let Some(&Question { day: on, .. }) = life.questions.first() else { return Ok(()) };
    let enrolls_later = |fact: &Recorded| matches!(fact.fact, Fact::Enrolled { on: later } if later > on);
    if life.facts.iter().any(enrolls_later) {
        return Ok(());
    }
    let mut facts = life.facts.clone();
    let paid = Fact::Payment { on, amount: 100, month: ahead.map(|months| on.month().plus(months)) };
    facts.push(Recorded { id: FactId(1_000_000), known: Moment::start_of(on), fact: paid });
    [0, 1, 15, 31, 62, 180, 400].into_iter().try_for_each(|later| {
        let day = on.plus(later);
        let without = answer(life, law, day, Moment::MAX);
        let with = decide(&timeline(life, facts.clone()), law, day, Moment::MAX);
        let covers = |answer: &Answer, scheme| answer.covers.iter().any(|cover| cover.scheme == scheme);
        // While somebody is out, months are not told as overdue, though they are.
        let out = has_lapsed(&timeline(life, life.facts.clone()), law, day, Moment::MAX);
        let worse = rank(with.standing) < rank(without.standing)
            || with.overdue > without.overdue && !out
            || covers(&without, Scheme::Voluntary) && !covers(&with, Scheme::Voluntary);
        if worse && !opens_a_gap(life, law, on, day) {
            Err(format!("paying on {on} makes {day} worse:\n{without:?}\n{with:?}"))
        } else {
            Ok(())
        }
    })
}

fn with_lapse(lapse: LapseCondition) -> Law {
    let revision = Revision { lapse: vec![lapse], ..cambodia() };
    Law::new("x", vec![Published { published: Moment::MIN, revision }]).unwrap()
}

#[test]
fn one_more_payment_never_worsens_a_later_day() {
    let (consecutive, window) = (LapseCondition::Consecutive(2), LapseCondition::Window { paid: 3, of: 4 });
    for ahead in [None, Some(2)] {
        holds(Laws::Cambodia, |life| one_more_payment(life, &life.law, ahead));
        holds(Laws::Cambodia, |life| one_more_payment(life, &with_lapse(consecutive), ahead));
    }
    can_fail(Laws::Cambodia, |life| one_more_payment(life, &with_lapse(window), Some(2)));
}

// ---- Every riel ----------------------------------------------------------------------------------------------------

fn every_riel(life: &Life, received: impl Fn(&[Riel]) -> Riel) -> Result<(), String> {
    life.questions.iter().try_for_each(|&Question { day, known, .. }| {
        let paid = life.facts.iter().filter(|fact| fact.known <= known).filter_map(|recorded| {
            let Fact::Payment { on, amount, .. } = recorded.fact else { return None };
            (on <= day).then_some(amount)
        });
        let money = answer(life, &life.law, day, known).money;
        let places = [money.on_months, money.credit, money.suspense, money.pot, money.surcharge];
        let gone = [money.reversed, money.refunded];
        if places.iter().chain(&gone).any(|amount| *amount < 0) {
            return Err(format!("less than nothing on {day}: {money:?}"));
        }
        same(&format!("on {day}"), places.iter().chain(&gone).sum(), received(&paid.collect::<Vec<Riel>>()))
    })
}

#[test]
fn every_riel_is_in_exactly_one_place() {
    holds(Laws::Random, |life| every_riel(life, |paid| paid.iter().sum()));
    can_fail(Laws::Random, |life| every_riel(life, |paid| paid.iter().skip(1).sum()));
}

// ---- Nobody lapses without a day on which paying would have helped -----------------------------------------------------

/// Whether a payment becomes known after money was taken back that it had been paid before. It moves that money on to
/// later months, and so what it is missing from: like one more payment before (`opens_a_gap`).
fn moves_what_was_taken_back(life: &Life) -> bool {
    let place = |recorded: &Recorded| (recorded.known, recorded.id);
    taken_back(&life.facts).iter().any(|&(taking, day)| {
        let mut later = life.facts.iter().filter(|recorded| place(recorded) > place(taking));
        later.any(|recorded| matches!(recorded.fact, Fact::Payment { on, .. } if on <= day))
    })
}

/// For each lapse in a life: on the day before, as the ledger then knew, the person had not lapsed; and a payment on
/// that day, known the same day, would have kept the lapse away.
fn could_have_paid(life: &Life, law: &Law) -> Result<(), String> {
    let lapsed =
        |facts: &[Recorded], day: Day| has_lapsed(&timeline(life, facts.to_vec()), law, day, Moment::end_of(day));
    let Some(first) = life.facts.iter().map(|fact| fact.known.day()).min() else { return Ok(()) };
    let mut before = false;
    for day in (first.0..first.0 + 1_200).map(Day) {
        let now = lapsed(&life.facts, day);
        if now && !before {
            let helps = (1..=30).any(|ago| {
                let on = day.plus(-ago);
                let mut facts = life.facts.clone();
                let paid = Fact::Payment { on, amount: 1_000_000, month: None };
                facts.push(Recorded { id: FactId(1_000_000), known: Moment::end_of(on), fact: paid });
                !lapsed(&life.facts, on) && !lapsed(&facts, day)
            });
            if !helps {
                return Err(format!(
                    "lapsed on {day} as known then, and no payment in the 30 days before would have helped"
                ));
            }
        }
        before = now;
    }
    Ok(())
}

#[test]
fn nobody_lapses_without_a_day_on_which_paying_would_have_helped() {
    // Each life is asked on every day, so fewer are tried.
    let few = lives(1_000) / 20;
    let ask = |life: &Life| {
        if moves_what_was_taken_back(life) { Ok(()) } else { could_have_paid(life, &life.law) }
    };
    if let Some(fault) = try_lives(few, Laws::Cambodia, ask) {
        panic!("{fault}");
    }
    let harsh = try_lives(few.max(1_000), Laws::Cambodia, |life| could_have_paid(life, &from_valid(&life.law)));
    assert!(harsh.is_some(), "the check never fails");
}
