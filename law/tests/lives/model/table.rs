//! The calendar of one member under one book: months in order with their own due days and contributions.
//!
//! A table only spares computing the same dates again on every day; it holds nothing that depends on facts other
//! than how far it must reach.

use krama_law::calendar::{Day, Month};
use krama_law::fact::{Fact, Recorded};
use krama_law::money::Riel;
use krama_law::policy::{Book, LapseCondition, Law, OnHoliday, Revision};

/// A due day, with what section 7 needs for counting started months from it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Due {
    /// The last day on which paying is in time.
    pub(super) day: Day,
    /// The month in which it lies before any holiday moves it.
    pub(super) month: Month,
    /// The policy's number of the day in that month. Reading: a month that falls due later through what was learnt
    /// late takes the number, too, from the revision whose due day it takes.
    pub(super) number: u8,
}

/// Section 2: the due day of a month by the revision on its 1st (section 12).
pub(super) fn own_due(book: &Book<'_>, month: Month) -> Due {
    let revision = book.on(month.first_day());
    let due_month = month.plus(i32::from(revision.due_month_offset));
    let mut day = due_month.day_clamped(revision.due_day);
    if revision.on_holiday == OnHoliday::NextWorkingDay {
        while day.is_weekend() || revision.holidays.contains(&day) {
            day = day.after();
        }
    }
    Due { day, month: due_month, number: revision.due_day }
}

/// Section 4: the first due day of any month that is not before `earliest`.
pub(super) fn first_due_from(book: &Book<'_>, earliest: Day) -> Due {
    let reach = book.revisions().iter().map(|revision| i32::from(revision.due_month_offset)).max().unwrap_or(0) + 3;
    let around = (-reach..=3).map(|months| own_due(book, earliest.month().plus(months)));
    around.filter(|due| due.day >= earliest).min_by_key(|due| due.day).unwrap_or(Due {
        day: Day::NEVER,
        month: earliest.month(),
        number: 1,
    })
}

/// The months that a member's life can touch.
#[derive(Clone)]
pub(super) struct Table {
    /// The first month of the table.
    pub(super) base: Month,
    /// The first day of each month, and of the one after the last.
    firsts: Vec<Day>,
    /// The own due day of each month.
    pub(super) due: Vec<Due>,
    /// The revision on the 1st of each month: from when it is in force, and what it asks.
    own_price: Vec<(Day, Riel)>,
}

impl Table {
    pub(super) fn new(facts: &[&Recorded], law: &Law, book: &Book<'_>, asked: Day) -> Table {
        let (mut first, mut last) = (asked, asked);
        for recorded in facts {
            for day in days_of(&recorded.fact) {
                (first, last) = (first.min(day), last.max(day));
            }
            last = last.max(recorded.known.day());
        }
        // A fact with an end far away, such as an excuse for ever, must not make the table endless.
        let last = last.min(asked.plus(365 * 100));
        let revisions = || law.revisions().iter().map(|published| &published.revision);
        // Money that was added up during a suspension can bring one return, after which everything begins anew.
        let begins = if revisions().any(|revision| revision.suspension_return.is_some()) { 2 } else { 1 };
        let reach = begins * revisions().map(months_ahead).max().unwrap_or(0);
        let base = first.month().plus(-1);
        let months = last.month().0 - base.0 + 1 + reach;
        let all = || (0..months).map(|number| base.plus(number));
        let firsts: Vec<Day> = (0..=months).map(|number| base.plus(number).first_day()).collect();
        let own_price = all().map(|month| book.on(month.first_day())).map(|own| (own.effective, own.contribution));
        Table { base, due: all().map(|month| own_due(book, month)).collect(), own_price: own_price.collect(), firsts }
    }

    /// How many months there are.
    pub(super) fn len(&self) -> usize {
        self.due.len()
    }

    /// The place of a month in the lists, if it is within the table.
    pub(super) fn index(&self, month: Month) -> Option<usize> {
        let index = month.0.abs_diff(self.base.0) as usize;
        (month >= self.base && index < self.due.len()).then_some(index)
    }

    pub(super) fn month_of(&self, day: Day) -> Month {
        let after = self.firsts.partition_point(|&first| first <= day);
        if after == 0 || after > self.len() {
            return day.month();
        }
        self.base.plus(i32::try_from(after).unwrap_or(0) - 1)
    }

    pub(super) fn first_day(&self, month: Month) -> Day {
        self.index(month).map_or_else(|| month.first_day(), |index| self.firsts[index])
    }

    pub(super) fn last_day(&self, month: Month) -> Day {
        self.index(month).map_or_else(|| month.last_day(), |index| self.firsts[index + 1].before())
    }

    /// Section 4: what a month costs on a day. A month of a revision not yet in force costs what the day's asks.
    pub(super) fn price(&self, book: &Book<'_>, month: Month, day: Day) -> Riel {
        let (effective, own) = self.index(month).map_or_else(
            || {
                let own = book.on(month.first_day());
                (own.effective, own.contribution)
            },
            |index| self.own_price[index],
        );
        if effective > day { book.on(day).contribution } else { own }
    }
}

/// How many months after the last fact a revision may still reach: paid ahead, missed, due, noticed, learnt late.
pub(super) fn months_ahead(revision: &Revision) -> i32 {
    let longest = revision.lapse.iter().map(|condition| match *condition {
        LapseCondition::Consecutive(months) => i32::from(months) + 1,
        LapseCondition::Window { of, .. } => i32::from(of),
    });
    let notice = i32::from(revision.notice_days.unwrap_or(0)) / 28 + 1;
    let learnt = i32::from(revision.learnt_late_days) / 28 + 1;
    let offset = i32::from(revision.due_month_offset) + 1;
    // What was added up during a suspension may bring a return, and a new beginning, without another payment.
    let back = revision.suspension_return.map_or(0, |terms| 12 + i32::from(terms.refuse_older_months.unwrap_or(0)));
    back + longest.max().unwrap_or(0) + i32::from(revision.prepay_months) + notice + learnt + offset * 2 + 6
}

/// The days that a fact speaks of.
fn days_of(fact: &Fact) -> Vec<Day> {
    match *fact {
        Fact::Enrolled { on }
        | Fact::Payment { on, .. }
        | Fact::Reversed { on, .. }
        | Fact::Refunded { on, .. }
        | Fact::NoticeServed { on }
        | Fact::LapseConfirmed { on }
        | Fact::LapseWaived { on }
        | Fact::Died { on } => vec![on],
        Fact::Separated { last, .. } => vec![last],
        Fact::Hired { from, until, .. } => [Some(from), until].into_iter().flatten().collect(),
        Fact::Amended { from, until, .. } => [from, until].into_iter().flatten().collect(),
        Fact::Certificate { from, .. } => vec![from],
        Fact::Excused { from, to } => vec![from.first_day(), to.last_day()],
        // None of these is about a month of contributions.
        Fact::EmploymentRetracted { .. }
        | Fact::EmployerMonth { .. }
        | Fact::Born { .. }
        | Fact::Household { .. }
        | Fact::Retracted { .. } => Vec::new(),
    }
}
