//! The months of one life: from when each is exempt, what was put off, and what lies on it.
//!
//! A month is looked at on a day, since employment that has not begun exempts nothing yet. Absent: what the law says
//! of a month whoever asks (`almanac`), who decides what is allocated to which month (`allocation`), and what follows
//! from missed ones (`standing`).

use crate::almanac::DueDay;
use crate::calendar::{Day, Month};
use crate::life::Life;
use crate::money::Riel;
use crate::policy::Book;

/// Rows are made for a year more than is asked for, so that a life that goes on does not ask every month.
const AHEAD: i32 = 12;

/// What is particular to one member in one calendar month.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MonthRow {
    /// The riel allocated to it.
    pub(crate) allocated: Riel,
    /// The later due day that it was given, after what was learnt late.
    pub(crate) put_off: Option<DueDay>,
    /// The first day of the earliest employment that covers any of its days.
    pub(crate) worked_from: Day,
    /// The day from which an excuse for it counts: the first day of the first month of the excuse.
    pub(crate) excused_from: Day,
    /// The day on which its price was reached: a later revision that asks more does not reopen it.
    pub(crate) reached_on: Option<Day>,
    /// Set when it need never be paid.
    pub(crate) forgiven: bool,
}

impl MonthRow {
    const UNTOUCHED: MonthRow = MonthRow {
        allocated: 0,
        put_off: None,
        worked_from: Day::NEVER,
        excused_from: Day::NEVER,
        reached_on: None,
        forgiven: false,
    };

    /// When it falls due, by its own due day unless it was put off.
    pub(crate) fn due(&self, month: Month, book: &Book<'_>) -> DueDay {
        self.put_off.unwrap_or_else(|| book.due_day(month))
    }
}

/// The months of a life from the first that can matter, grown as far as they are asked for.
#[derive(Clone, Debug)]
pub(crate) struct Months {
    base: Month,
    /// The first month after the rows.
    end: Month,
    rows: Vec<MonthRow>,
}

impl Months {
    pub(crate) fn new(life: &Life, until: Month) -> Months {
        let first_enrolment = life.enrolments.first().map(|enrolment| enrolment.on.month());
        let first_job = life.jobs.first().map(|job| job.from.month());
        let base = first_enrolment.into_iter().chain(first_job).min().unwrap_or(until).min(until);
        let mut months = Months { base, end: base, rows: Vec::new() };
        months.extend(life, until);
        months
    }

    /// Makes sure that there are rows up to a month.
    #[inline]
    pub(crate) fn extend(&mut self, life: &Life, until: Month) {
        if self.end <= until {
            self.grow(life, self.end, until.plus(AHEAD));
        }
    }

    #[cold]
    fn grow(&mut self, life: &Life, from: Month, until: Month) {
        let count = usize::try_from(until.0 - self.base.0 + 1).unwrap_or(0);
        self.rows.resize(count, MonthRow::UNTOUCHED);
        self.end = until.plus(1);
        for job in &life.jobs {
            let last = job.until.map_or(until, Day::month);
            for row in self.between(job.from.month().max(from), last) {
                row.worked_from = row.worked_from.min(job.from);
            }
        }
        for excuse in &life.excuses {
            for row in self.between(excuse.from.max(from), excuse.to) {
                row.excused_from = row.excused_from.min(excuse.from.first_day());
            }
        }
    }

    /// The row of a month; none before the first month that can matter.
    #[inline]
    pub(crate) fn get(&self, month: Month) -> Option<&MonthRow> {
        self.rows.get(month.places_after(self.base))
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, month: Month) -> Option<&mut MonthRow> {
        let place = month.places_after(self.base);
        self.rows.get_mut(place)
    }

    /// The rows from a month to another, both included, as far as there are any.
    #[inline]
    pub(crate) fn range(&self, first: Month, last: Month) -> impl DoubleEndedIterator<Item = (Month, &MonthRow)> {
        let (start, end) = self.bounds(first, last);
        let number = |index: usize| self.base.0 + i32::try_from(index).unwrap_or(0);
        (number(start)..number(end)).map(Month).zip(&self.rows[start..end])
    }

    pub(crate) fn between(&mut self, first: Month, last: Month) -> &mut [MonthRow] {
        let (start, end) = self.bounds(first, last);
        &mut self.rows[start..end]
    }

    #[inline]
    fn bounds(&self, first: Month, last: Month) -> (usize, usize) {
        let index = |month: i32| {
            let rows = month.saturating_sub(self.base.0).max(0);
            usize::try_from(rows).unwrap_or(0).min(self.rows.len())
        };
        let (start, end) = (index(first.0), index(last.0.saturating_add(1)));
        (start, end.max(start))
    }

    /// The first month that can matter.
    pub(crate) fn base(&self) -> Month {
        self.base
    }

    /// The first month after the rows.
    pub(crate) fn end(&self) -> Month {
        self.end
    }
}
