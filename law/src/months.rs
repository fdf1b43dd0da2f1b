//! The months of one life: what lies on each, and which of them are paid, worked, excused or forgiven.
//!
//! Most questions are asked of many months at once (how many are overdue, are six of the last twelve insured), so
//! these are kept as sets, sixty-four months a word. Absent: what the law says of a month whoever asks (`almanac`),
//! which months are owed (`owed`), and who decides what is allocated to which month (`allocation`).

use crate::almanac::DueDay;
use crate::calendar::{Day, Month};
use crate::jobs::Job;
use crate::life::Life;
use crate::money::Riel;
use crate::policy::Book;

/// Room is made for a year more than is asked for, so that a life that goes on does not ask every month.
const AHEAD: i32 = 12;

/// The months in a word.
const WORD: i32 = 64;

/// What lies on a month.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct MonthRow {
    /// The riel allocated to it.
    pub(crate) allocated: Riel,
    /// The day on which its price was reached: a later revision that asks more does not reopen it.
    pub(crate) reached_on: Option<Day>,
}

/// Sixty-four months as sets: bit `n` stands for the `n`-th month after the first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sets {
    /// The price was reached.
    pub(crate) paid: u64,
    /// Something lies on it, and the price was not reached on the day on which it was put there.
    pub(crate) partly: u64,
    /// An employment that has begun covers one of its days.
    pub(crate) worked: u64,
    /// It is excused, by an excuse that is heard of.
    pub(crate) excused: u64,
    /// It need never be paid.
    pub(crate) forgiven: u64,
}

impl Sets {
    const NONE: Sets = Sets { paid: 0, partly: 0, worked: 0, excused: 0, forgiven: 0 };

    /// The months that are not owed, whoever is enrolled.
    #[inline]
    pub(crate) fn not_owed(&self) -> u64 {
        self.worked | self.excused | self.forgiven
    }
}

/// At most sixty-four of the months, those of `mask`.
#[derive(Clone, Copy)]
pub(crate) struct Part {
    /// The month of bit 0.
    pub(crate) first: Month,
    pub(crate) sets: Sets,
    pub(crate) mask: u64,
}

impl Part {
    /// The month of a bit.
    #[inline]
    pub(crate) fn month(&self, bit: u32) -> Month {
        Month(self.first.0.saturating_add_unsigned(bit))
    }

    /// Which of some months of the part are such as is asked for.
    pub(crate) fn such(&self, months: u64, is_such: impl Fn(Month) -> bool) -> u64 {
        Bits(months).filter(|&bit| is_such(self.month(bit))).fold(0, |such, bit| such | 1 << bit)
    }

    /// The months of the part up to one.
    #[inline]
    pub(crate) fn up_to(&self, month: Month) -> u64 {
        let bits = u32::try_from(month.0.saturating_sub(self.first.0).saturating_add(1)).unwrap_or(0);
        self.mask & below(bits)
    }

    /// The months of the part from one on.
    #[inline]
    pub(crate) fn from(&self, month: Month) -> u64 {
        let bits = u32::try_from(month.0.saturating_sub(self.first.0)).unwrap_or(0);
        self.mask & !below(bits)
    }
}

/// The bits below the first so many.
#[inline]
fn below(bits: u32) -> u64 {
    1_u64.checked_shl(bits).map_or(u64::MAX, |bit| bit - 1)
}

/// The bits above the highest one of a word.
#[inline]
pub(crate) fn above(word: u64) -> u64 {
    !below(u64::BITS - word.leading_zeros())
}

/// The bits of a word, the lowest first.
#[derive(Clone, Copy)]
pub(crate) struct Bits(pub(crate) u64);

impl Iterator for Bits {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        let bit = self.0.trailing_zeros();
        self.0 &= self.0.wrapping_sub(1);
        (bit < u64::BITS).then_some(bit)
    }
}

impl DoubleEndedIterator for Bits {
    #[inline]
    fn next_back(&mut self) -> Option<u32> {
        let bit = self.0.checked_ilog2()?;
        self.0 &= !(1 << bit);
        Some(bit)
    }
}

/// The months of a life from the first that can matter, as far as room was made for them.
#[derive(Clone, Default, Debug)]
pub(crate) struct Months {
    base: Month,
    rows: Vec<MonthRow>,
    sets: Vec<Sets>,
    /// The later due days that months were given, after what was learnt late; for most lives no row at all.
    put_off: Vec<Option<DueDay>>,
}

impl Months {
    /// No months, but for the place where they begin, with the first enrolment or employment; in the room that the months
    /// of another life took.
    pub(crate) fn new(life: &Life, until: Month, room: Months) -> Months {
        let first_enrolment = life.enrolments.first().map(|enrolment| enrolment.on.month());
        let first_job = life.jobs.first().map(|job| job.from.month());
        let base = first_enrolment.into_iter().chain(first_job).min().unwrap_or(until).min(until);
        let mut months = Months { base, ..room };
        months.rows.clear();
        months.sets.clear();
        months.put_off.clear();
        months
    }

    /// Makes room up to a month, and for a year more.
    pub(crate) fn make_room(&mut self, until: Month) {
        let count = until.plus(AHEAD + 1).places_after(self.base);
        self.rows.resize(count, MonthRow::default());
        self.sets.resize(count.div_ceil(u64::BITS as usize), Sets::NONE);
    }

    /// The first month that can matter.
    pub(crate) fn base(&self) -> Month {
        self.base
    }

    /// The first month that there is no room for.
    #[inline]
    pub(crate) fn end(&self) -> Month {
        self.base.plus(i32::try_from(self.rows.len()).unwrap_or(i32::MAX))
    }

    /// Whether there is room for a month.
    #[inline]
    pub(crate) fn has(&self, month: Month) -> bool {
        month.places_after(self.base) < self.rows.len()
    }

    /// What lies on a month.
    #[inline]
    pub(crate) fn row(&self, month: Month) -> MonthRow {
        self.rows.get(month.places_after(self.base)).copied().unwrap_or_default()
    }

    /// A month among the sets: its word, and its bit there; none where there is no room for it.
    #[inline]
    pub(crate) fn get(&self, month: Month) -> Option<(&Sets, u64)> {
        let place = month.places_after(self.base);
        let sets = self.sets.get(place / u64::BITS as usize).filter(|_| place < self.rows.len())?;
        Some((sets, 1 << (place % u64::BITS as usize)))
    }

    /// The months from one to another, both included, as far as there is room: oldest part first.
    #[inline]
    pub(crate) fn parts(&self, first: Month, last: Month) -> impl Iterator<Item = Part> {
        let (mut first, last) = (first.max(self.base), last.min(self.end().plus(-1)));
        std::iter::from_fn(move || {
            let part = (first <= last).then(|| self.part(first, last))?;
            first = first.plus(WORD);
            Some(part)
        })
    }

    /// The same, newest part first.
    #[inline]
    pub(crate) fn parts_back(&self, first: Month, last: Month) -> impl Iterator<Item = Part> {
        let (first, mut last) = (first.max(self.base), last.min(self.end().plus(-1)));
        std::iter::from_fn(move || {
            let part = (first <= last).then(|| self.part(first.max(last.plus(1 - WORD)), last))?;
            last = last.plus(-WORD);
            Some(part)
        })
    }

    /// The months from one that there is room for to another, but at most sixty-four.
    #[inline]
    fn part(&self, first: Month, last: Month) -> Part {
        let place = first.places_after(self.base);
        let (word, shift) = (place / u64::BITS as usize, place % u64::BITS as usize);
        let low = &self.sets[word];
        let high = self.sets.get(word + 1).unwrap_or(&Sets::NONE);
        let joined = |low: u64, high: u64| low >> shift | (high << 1) << (u64::BITS as usize - 1 - shift);
        let sets = Sets {
            paid: joined(low.paid, high.paid),
            partly: joined(low.partly, high.partly),
            worked: joined(low.worked, high.worked),
            excused: joined(low.excused, high.excused),
            forgiven: joined(low.forgiven, high.forgiven),
        };
        let count = u32::try_from(last.0 - first.0 + 1).unwrap_or(0);
        Part { first, sets, mask: below(count) }
    }

    /// Marks the months from one to another, as far as there is room, in one of the sets.
    pub(crate) fn mark(&mut self, first: Month, last: Month, set: impl Fn(&mut Sets) -> &mut u64) {
        let mut begins = self.base;
        for sets in &mut self.sets {
            let part = Part { first: begins, sets: *sets, mask: u64::MAX };
            *set(sets) |= part.from(first) & part.up_to(last);
            begins = begins.plus(WORD);
        }
    }

    /// Marks the months of an employment.
    pub(crate) fn work(&mut self, job: &Job) {
        let last = job.until.map_or(Month(i32::MAX), Day::month);
        self.mark(job.from.month(), last, |sets| &mut sets.worked);
    }

    /// Makes one of the sets empty.
    pub(crate) fn clear(&mut self, set: impl Fn(&mut Sets) -> &mut u64) {
        self.sets.iter_mut().for_each(|sets| *set(sets) = 0);
    }

    /// Puts money on a month, or takes it off; `reached_on` is the day on which its price is reached with it.
    #[inline]
    pub(crate) fn add(&mut self, month: Month, amount: Riel, reached_on: Option<Day>) {
        let place = month.places_after(self.base);
        let Some(row) = self.rows.get_mut(place) else { return };
        row.allocated += amount;
        row.reached_on = reached_on;
        let (sets, bit) = (&mut self.sets[place / u64::BITS as usize], 1 << (place % u64::BITS as usize));
        let (paid, partly) = (reached_on.is_some(), reached_on.is_none() && row.allocated > 0);
        sets.paid = if paid { sets.paid | bit } else { sets.paid & !bit };
        sets.partly = if partly { sets.partly | bit } else { sets.partly & !bit };
    }

    /// Puts on a month all that it costs, where nothing lies on it and it is not one that need not be paid; answers
    /// whether it did.
    #[inline]
    pub(crate) fn pay_untouched(&mut self, month: Month, price: Riel, on: Day) -> bool {
        let place = month.places_after(self.base);
        let (Some(row), bit) = (self.rows.get_mut(place), 1 << (place % u64::BITS as usize)) else { return false };
        let sets = &mut self.sets[place / u64::BITS as usize];
        let untouched = (sets.paid | sets.partly | sets.not_owed()) & bit == 0;
        if untouched {
            (row.allocated, row.reached_on) = (price, Some(on));
            sets.paid |= bit;
        }
        untouched
    }

    /// Takes everything off a month and those after it.
    pub(crate) fn take_off_from(&mut self, first: Month) {
        let months = first.0.max(self.base.0)..self.end().0;
        for month in months.map(Month) {
            self.add(month, -self.row(month).allocated, None);
        }
    }

    /// Whether no month was given a later due day.
    #[inline]
    pub(crate) fn none_put_off(&self) -> bool {
        self.put_off.is_empty()
    }

    /// When a month falls due, by its own due day unless it was put off.
    #[inline]
    pub(crate) fn due(&self, month: Month, book: &Book<'_>) -> DueDay {
        let put_off = self.put_off.get(month.places_after(self.base)).copied().flatten();
        put_off.unwrap_or_else(|| book.due_day(month))
    }

    /// Lets a month fall due later.
    pub(crate) fn put_off(&mut self, month: Month, due: DueDay) {
        if self.has(month) {
            self.put_off.resize(self.rows.len(), None);
            self.put_off[month.places_after(self.base)] = Some(due);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Month = Month(24_300);
    const ON: Day = Day(20_000);

    /// Months of which some are paid, paid in part or worked, on both sides of where a word ends.
    fn some() -> Months {
        let mut months = Months::new(&Life::default(), FIRST, Months::default());
        months.make_room(FIRST.plus(180));
        for place in [0, 3, 62, 63, 64, 65, 100, 127, 128, 180] {
            months.add(FIRST.plus(place), 100, Some(ON));
        }
        for place in [1, 61, 66, 126, 129] {
            months.add(FIRST.plus(place), 40, None);
        }
        months.mark(FIRST.plus(60), FIRST.plus(70), |sets| &mut sets.worked);
        months.mark(FIRST.plus(-9), FIRST.plus(1), |sets| &mut sets.excused);
        months
    }

    fn is(months: &Months, place: i32, set: fn(&Sets) -> u64) -> bool {
        months.get(FIRST.plus(place)).is_some_and(|(sets, bit)| set(sets) & bit != 0)
    }

    #[test]
    fn any_stretch_of_months_is_read_as_its_months_are() {
        let months = some();
        let all: [fn(&Sets) -> u64; 5] =
            [|sets| sets.paid, |sets| sets.partly, |sets| sets.worked, |sets| sets.excused, |sets| sets.forgiven];
        for (first, last) in (0..130).flat_map(|first| [0, 1, 30, 63].map(|more| (first, first + more))) {
            let part = months.parts(FIRST.plus(first), FIRST.plus(last)).next().unwrap();
            let back = months.parts_back(FIRST.plus(first), FIRST.plus(last)).next().unwrap();
            assert_eq!((part.first, part.mask), (FIRST.plus(first), below(u32::try_from(last - first + 1).unwrap())));
            for set in all {
                let found = Bits(set(&part.sets) & part.mask).map(|bit| part.month(bit).0 - FIRST.0);
                let wanted = (first..=last).filter(|&place| is(&months, place, set));
                assert!(found.eq(wanted), "{first} to {last}");
                assert_eq!(set(&back.sets) & back.mask, set(&part.sets) & part.mask);
            }
        }
        let firsts = |parts: Vec<Part>| parts.iter().map(|part| part.first.0 - FIRST.0).collect::<Vec<_>>();
        assert_eq!(firsts(months.parts(FIRST.plus(-5), FIRST.plus(150)).collect()), [0, 64, 128]);
        assert_eq!(firsts(months.parts_back(FIRST, FIRST.plus(150)).collect()), [87, 23, 0]);
    }

    #[test]
    fn money_is_put_on_months_and_taken_off() {
        let mut months = some();
        let (paid, partly) = (|sets: &Sets| sets.paid, |sets: &Sets| sets.partly);
        assert!([0, 64, 180].iter().all(|&place| is(&months, place, paid) && !is(&months, place, partly)));
        assert!([1, 66, 129].iter().all(|&place| !is(&months, place, paid) && is(&months, place, partly)));
        // What is paid for a month is only put where nothing lies and something is owed.
        let untouched = [0, 1, 65, 2, 4, 130].map(|place| months.pay_untouched(FIRST.plus(place), 100, ON));
        assert_eq!(untouched, [false, false, false, true, true, true]);
        assert!([2, 4, 130].iter().all(|&place| is(&months, place, paid)));
        assert_eq!((months.row(FIRST.plus(4)).allocated, months.row(FIRST.plus(4)).reached_on), (100, Some(ON)));
        months.add(FIRST.plus(1), 60, Some(ON));
        assert!(is(&months, 1, paid) && !is(&months, 1, partly));
        months.add(FIRST.plus(1), -10, None);
        assert!(!is(&months, 1, paid) && is(&months, 1, partly));
        months.add(FIRST.plus(1), -90, None);
        assert!(!is(&months, 1, paid) && !is(&months, 1, partly));
        // What is put where something lies already adds to it.
        months.add(FIRST.plus(61), 20, None);
        months.add(FIRST.plus(62), 10, Some(ON));
        assert!(is(&months, 61, partly) && is(&months, 62, paid) && months.row(FIRST.plus(62)).allocated == 110);
        months.take_off_from(FIRST.plus(64));
        assert!(
            is(&months, 63, paid) && (64..190).all(|place| !is(&months, place, paid) && !is(&months, place, partly))
        );
        assert_eq!((months.row(FIRST.plus(63)).allocated, months.row(FIRST.plus(128)).allocated), (100, 0));
    }

    #[test]
    fn a_month_is_not_owed_for_one_reason_or_for_several() {
        let mut months = some();
        months.mark(FIRST.plus(65), FIRST.plus(75), |sets| &mut sets.excused);
        months.mark(FIRST.plus(67), FIRST.plus(90), |sets| &mut sets.forgiven);
        let not_owed: Vec<i32> = (0..180).filter(|&place| is(&months, place, Sets::not_owed)).collect();
        assert!(not_owed.into_iter().eq((0..2).chain(60..91)));
    }

    #[test]
    fn there_is_room_for_a_year_more_and_for_nothing_before_or_after() {
        let months = some();
        let has = [-1, 0, 192, 193].map(|place| months.has(FIRST.plus(place)));
        assert_eq!(has, [false, true, true, false]);
        assert_eq!([-1, 193].map(|place| months.get(FIRST.plus(place)).is_some()), [false, false]);
        assert_eq!((months.base(), months.end()), (FIRST, FIRST.plus(193)));
        // Whatever is asked for, only those are read.
        let (before, after) = (FIRST.plus(-90), FIRST.plus(400));
        assert_eq!(months.parts(before, after).map(|part| part.mask.count_ones()).sum::<u32>(), 193);
        assert_eq!(months.parts_back(before, after).map(|part| part.mask.count_ones()).sum::<u32>(), 193);
    }
}
