//! Books of revisions by the instant and by the day.

use super::*;

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
        dependants: None,
        social_assistance: false,
        transition: Transition { gaps_count: true, bars_lifted: false },
        notices: Notices::default(),
        assistance_levels: Vec::new(),
        sources: Vec::new(),
    }
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
