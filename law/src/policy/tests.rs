//! Books of revisions by the instant and by the day.

use super::*;
use crate::calendar::Month;

/// A way back by paying all that is overdue, with so much of it a month more.
pub(crate) fn back_payment(penalty: &str) -> BackPayment {
    BackPayment {
        penalty: penalty.parse().unwrap(),
        compound: false,
        cap_months: None,
        refuse_older_months: None,
        plus_current: false,
        flat: 0,
        waiting_months: 0,
        instalments: None,
    }
}

/// A law of the simplest kind, for tests of single rooms.
pub(crate) fn plain() -> Revision {
    let formal = || Formal { entitlement: vec![Entitlement::Immediate], run_off_months: 0 };
    Revision {
        effective: Day(0),
        contribution: 100,
        due_day: 15,
        due_month_offset: 1,
        entry: None,
        longest_months: None,
        on_holiday: OnHoliday::Same,
        holidays: Vec::new(),
        late_charge: None,
        prepay_months: 12,
        learnt_late_days: 30,
        retroactive_loss: RetroactiveLoss::FromKnown,
        lapse: vec![LapseCondition::Consecutive(6)],
        lapse_effective: LapseEffective::Breach,
        lapse_run_off_months: 0,
        formal_spell: FormalSpell::Resets,
        notice_days: None,
        confirmation: false,
        bar: Bar::Life,
        lifts_bar_after_months: None,
        back_payment: None,
        entitlement: vec![Entitlement::Immediate],
        suspend_after: None,
        suspension_return: None,
        co_payment: None,
        amnesties: Vec::new(),
        paid_before_stay: false,
        formal_private: formal(),
        formal_public: formal(),
        formal_month_counts: FormalMonthCounts::Employed,
        wage_rates: Vec::new(),
        dependants: None,
        social_assistance: false,
        transition: Transition { gaps_count: true, bars_lifted: false },
        notices: Notices::default(),
        assistance_levels: Vec::new(),
        sources: Vec::new(),
    }
}

/// A law of one revision that was always known.
pub(crate) fn law(revision: Revision) -> Law {
    laws([revision])
}

/// A law of several revisions that were always known.
pub(crate) fn laws(revisions: impl IntoIterator<Item = Revision>) -> Law {
    let published = |revision| Published { published: Moment::MIN, revision };
    Law::new("x", revisions.into_iter().map(published).collect()).unwrap()
}

#[test]
fn a_book_holds_what_was_published_by_then() {
    let published = |at, effective| Published {
        published: Moment(at),
        revision: Revision { effective: Day(effective), ..plain() },
    };
    let law = Law::new("x", vec![published(50, 20_000), published(10, 19_000)]).unwrap();
    let effective = |known| -> Vec<i32> {
        law.as_known(Moment(known)).revisions().iter().map(|revision| revision.effective.0).collect()
    };
    assert_eq!([effective(0), effective(10), effective(49)], [vec![19_000], vec![19_000], vec![19_000]]);
    assert_eq!(effective(50), [19_000, 20_000]);
    let book = law.as_known(Moment::MAX);
    assert_eq!((book.on(Day(19_999)).effective, book.on(Day(20_000)).effective), (Day(19_000), Day(20_000)));
    assert_eq!(book.on(Day(1)).effective, Day(19_000), "the first stands in for the days before it");
    assert_eq!(book.in_force_by(Day(19_999)).revisions().len(), 1);
    assert_eq!(book.in_force_by(Day(20_000)).revisions().len(), 2);
}

#[test]
fn a_law_has_at_least_one_revision_and_one_a_day() {
    assert_eq!(Law::new("x", Vec::new()), Err(BadLaw::Empty));
    let twice = || Published { published: Moment::MIN, revision: plain() };
    assert_eq!(Law::new("x", vec![twice(), twice()]), Err(BadLaw::SameDay(Day(0))));
    let free = Published { published: Moment::MIN, revision: Revision { contribution: 0, ..plain() } };
    assert_eq!(Law::new("x", vec![free]), Err(BadLaw::NoContribution(Day(0), 0)));
}

#[test]
fn a_field_tells_its_own_source() {
    let source = |field: &str| Source { field: field.to_owned(), citation: None, assumption: Some(field.to_owned()) };
    let revision = Revision { sources: vec![source("due.day"), source("lapse.consecutive")], ..plain() };
    assert_eq!(revision.source("lapse.consecutive"), Some(&source("lapse.consecutive")));
    assert_eq!(revision.source("lapse"), None);
}

#[test]
fn a_book_tells_how_long_a_revision_is_in_force_and_what_it_says_of_months() {
    let later = |effective, due_month_offset, due_day| Revision {
        effective: Day::of(2026, effective, 1).unwrap(),
        due_month_offset,
        due_day,
        contribution: 130,
        ..plain()
    };
    let law = laws([plain(), later(6, 0, 1)]);
    let (book, june) = (law.as_known(Moment::MAX), Day::of(2026, 6, 1).unwrap());
    let until = |day| book.on_and_until(day).1;
    assert_eq!([june.before(), june, june.after()].map(until), [june, Day::NEVER, Day::NEVER]);
    let price = |month: Month| book.terms(month).map(|terms| (terms.price, terms.first_day));
    assert_eq!(price(june.month()), Some((130, june)));
    assert_eq!(price(june.month().plus(-1)), Some((100, Day::of(2026, 5, 1).unwrap())));
    assert!(!book.is_in_order(), "May falls due on 15 June, June on the 1st");
    assert!(book.in_force_by(june.before()).is_in_order());
}
