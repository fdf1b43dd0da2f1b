//! The months of one life: which are exempt, when each falls due, what it costs and what lies on it.
//!
//! A month is looked at on a day, since employment that has not begun exempts nothing yet. Absent: who decides
//! what is allocated to which month (`purse`), and what follows from missed ones (`standing`).

use crate::calendar::{Day, Month};
use crate::money::Riel;
use crate::policy::Book;
use crate::timeline::{DueDay, Life};

/// What is known of one calendar month, whatever the day.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MonthRow {
    pub(crate) month: Month,
    /// What it costs by the revision in force on its 1st.
    pub(crate) own_price: Riel,
    /// From when that revision is in force; a month costs what the revision of the day asks until then.
    pub(crate) priced_from: Day,
    /// When it falls due, after what was learnt late.
    pub(crate) due: DueDay,
    /// The first day of the earliest employment that covers any of its days.
    pub(crate) worked_from: Day,
    /// The day from which an excuse for it counts: the first day of the first month of the excuse.
    pub(crate) excused_from: Day,
    /// The riel allocated to it.
    pub(crate) allocated: Riel,
    /// Set when its price was reached once: a later revision that asks more does not reopen it.
    pub(crate) reached: bool,
    /// Set when it need never be paid.
    pub(crate) forgiven: bool,
}

/// The months of a life from the first that can matter, grown as far as they are asked for.
#[derive(Clone, Debug)]
pub(crate) struct Months {
    base: Month,
    rows: Vec<MonthRow>,
}

impl Months {
    pub(crate) fn new(life: &Life, book: &Book<'_>, until: Month) -> Months {
        let first_enrolment = life.enrolments.first().map(|enrolment| enrolment.on.month());
        let first_job = life.jobs.first().map(|job| job.from.month());
        let base = first_enrolment.into_iter().chain(first_job).min().unwrap_or(until).min(until);
        let mut months = Months { base, rows: Vec::with_capacity(usize::try_from(until.0 - base.0).unwrap_or(0) + 16) };
        months.extend(life, book, until);
        months
    }

    /// Makes sure that there are rows up to a month.
    pub(crate) fn extend(&mut self, life: &Life, book: &Book<'_>, until: Month) {
        let from = self.end();
        if from > until {
            return;
        }
        for month in (from.0..=until.0).map(Month) {
            let revision = book.on(month.first_day());
            self.rows.push(MonthRow {
                month,
                own_price: revision.contribution,
                priced_from: revision.effective,
                due: book.due_day(month),
                worked_from: Day::NEVER,
                excused_from: Day::NEVER,
                allocated: 0,
                reached: false,
                forgiven: false,
            });
        }
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

    /// Gives the months that begin after a day the due days of another book; what was learnt late is kept.
    pub(crate) fn date_anew(&mut self, old: &Book<'_>, new: &Book<'_>, day: Day) {
        for row in self.between(day.month().plus(1), Month(i32::MAX - 1)) {
            if row.due == old.due_day(row.month) {
                row.due = new.due_day(row.month);
            }
            let revision = new.on(row.month.first_day());
            (row.own_price, row.priced_from) = (revision.contribution, revision.effective);
        }
    }

    /// The row of a month; none before the first month that can matter.
    pub(crate) fn get(&self, month: Month) -> Option<&MonthRow> {
        usize::try_from(month.0 - self.base.0).ok().and_then(|index| self.rows.get(index))
    }

    pub(crate) fn get_mut(&mut self, month: Month) -> Option<&mut MonthRow> {
        usize::try_from(month.0 - self.base.0).ok().and_then(|index| self.rows.get_mut(index))
    }

    /// The rows from a month to another, both included, as far as there are any.
    pub(crate) fn slice(&self, first: Month, last: Month) -> &[MonthRow] {
        let (start, end) = self.bounds(first, last);
        &self.rows[start..end]
    }

    pub(crate) fn between(&mut self, first: Month, last: Month) -> &mut [MonthRow] {
        let (start, end) = self.bounds(first, last);
        &mut self.rows[start..end]
    }

    fn bounds(&self, first: Month, last: Month) -> (usize, usize) {
        let index = |month: i64| usize::try_from(month - i64::from(self.base.0)).unwrap_or(0).min(self.rows.len());
        let (start, end) = (index(i64::from(first.0)), index(i64::from(last.0) + 1));
        (start, end.max(start))
    }

    /// The first month after the rows.
    pub(crate) fn end(&self) -> Month {
        self.base.plus(i32::try_from(self.rows.len()).unwrap_or(i32::MAX))
    }

    pub(crate) fn all_mut(&mut self) -> &mut [MonthRow] {
        &mut self.rows
    }

    pub(crate) fn all(&self) -> &[MonthRow] {
        &self.rows
    }
}
