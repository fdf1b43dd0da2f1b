//! The price of a back-payment (section 7), as an exact fraction that is rounded up once.

use krama_law::calendar::{Day, Month};
use krama_law::money::{Lack, Rate, Riel, price_with_penalty};
use krama_law::policy::{Amnesty, BackPayment, Revision};
use num_bigint::BigUint;

use super::month::View;
use super::table::Due;

/// What a back-payment asks for on a day.
pub(super) struct Quote {
    /// The months with what each lacks, oldest first.
    pub(super) months: Vec<(Month, Riel)>,
    /// The whole price.
    pub(super) price: Riel,
}

/// Penalties are counted in millionths, as a rate has at most six decimals.
const WHOLE: u64 = 1_000_000;

/// The amnesty that is open on a day; of several the first in the order of the law.
pub(super) fn amnesty(rules: &Revision, day: Day) -> Option<&Amnesty> {
    rules.amnesties.iter().find(|amnesty| amnesty.from <= day && day <= amnesty.until)
}

/// The terms of the back-payment door on a day: those of an amnesty where it has any, else the revision's own.
pub(super) fn back_payment(rules: &Revision, day: Day) -> Option<BackPayment> {
    match amnesty(rules, day).and_then(|amnesty| amnesty.back_payment) {
        Some(terms) => Some(terms),
        None => rules.back_payment,
    }
}

/// The terms on which somebody comes back by paying on the day; none where there is nothing to come back from.
pub(super) fn terms(view: &View<'_>) -> Option<BackPayment> {
    // Reading: the dead have no door, whatever stood before.
    if view.world.dead_on(view.day) {
        None
    } else if view.state.lapse.is_some() {
        // Reading: nobody comes back to a membership whose time is over.
        back_payment(view.rules(), view.day).filter(|_| !view.state.time_is_over(view.world, view.day))
    } else if view.state.suspended {
        view.rules().suspension_return
    } else {
        None
    }
}

/// How many payments may add up to a return on a day, where that is limited.
pub(super) fn payments_that_count(view: &View<'_>) -> Option<usize> {
    let instalments = terms(view)?.instalments?;
    let owes_enough = view.overdue_months().len() >= usize::from(instalments.from_months);
    Some(if owes_enough { usize::from(instalments.most) } else { 1 })
}

/// The quote of the day; none while there is no way back by paying, or nothing to come back from.
pub(super) fn quote(view: &View<'_>) -> Option<Quote> {
    let door = terms(view)?;
    let current = view.current_month();
    let mut months = view.overdue_months();
    if let Some(oldest) = door.refuse_older_months {
        months.retain(|month| current.0 - month.0 <= i32::from(oldest));
    }
    if let Some(cap) = door.cap_months {
        months.drain(..months.len().saturating_sub(usize::from(cap)));
    }
    // Reading: the current month is asked for once, also where it is overdue already.
    if door.plus_current && view.owed(current) && !view.paid(current) && !months.contains(&current) {
        months.push(current);
    }
    let asked: Vec<(Riel, u32)> =
        months.iter().map(|&month| (view.lack(month), started_months(view.due(month), view.day))).collect();
    let months = months.iter().map(|&month| (month, view.lack(month))).collect();
    Some(Quote { months, price: price(&asked, millionths(door.penalty), door.compound, door.flat) })
}

/// How much of money that is left goes on a month, and how much is charged for paying it late: the most that can be put
/// on it with what is charged on that, rounded up. What then is left of the money, less than another riel would cost,
/// is charged too.
pub(super) fn with_late_charge(view: &View<'_>, month: Month, left: Riel) -> (Riel, Riel) {
    let lack = view.lack(month);
    let late = started_months(view.due(month), view.day);
    let Some(terms) = view.rules().late_charge.filter(|_| late > 0) else { return (left.min(lack), 0) };
    let cost = |part: Riel| price(&[(part, late)], millionths(terms.penalty), terms.compound, 0);
    if left >= cost(lack) {
        return (lack, cost(lack) - lack);
    }
    let (mut affordable, mut too_much) = (0, lack);
    while too_much - affordable > 1 {
        let between = affordable + (too_much - affordable) / 2;
        if cost(between) <= left { affordable = between } else { too_much = between }
    }
    (affordable, left - affordable)
}

/// The started months since a due day: the smallest number with which the day is not after the same number of the
/// due month moved on by it, unmoved by holidays; 0 while it has not fallen due.
fn started_months(due: Due, day: Day) -> u32 {
    if day <= due.day {
        return 0;
    }
    let mut started = 1;
    while day > due.month.plus(started).day_clamped(due.number) {
        started += 1;
    }
    started.unsigned_abs()
}

/// The rate in millionths. Its parts are private, so it is asked for the penalty of one month on a million.
fn millionths(rate: Rate) -> u64 {
    let whole = Lack { amount: 1_000_000, months_late: 1 };
    u64::try_from(price_with_penalty(&[whole], rate, false, 0)).unwrap_or(WHOLE) - WHOLE
}

/// A rate as a law document writes it.
pub(crate) fn rate_as_written(rate: Rate) -> String {
    let parts = millionths(rate);
    format!("{}.{:06}", parts / WHOLE, parts % WHOLE)
}

/// The sum of `lack * (1 + p * k)` or `lack * (1 + p)^k`, and the flat fee, rounded up once.
fn price(asked: &[(Riel, u32)], penalty: u64, compound: bool, flat: Riel) -> Riel {
    let big = |number: Riel| BigUint::from(number.unsigned_abs());
    let longest = asked.iter().map(|&(_, late)| late).max().unwrap_or(0);
    let power = if compound { longest } else { 1 };
    let denominator = BigUint::from(WHOLE).pow(power);
    let mut numerator = big(flat) * &denominator;
    for &(lack, late) in asked {
        numerator += if compound {
            big(lack) * BigUint::from(WHOLE + penalty).pow(late) * BigUint::from(WHOLE).pow(power - late)
        } else {
            big(lack) * BigUint::from(WHOLE + penalty * u64::from(late))
        };
    }
    let rounded_up = (numerator + &denominator - 1_u32) / denominator;
    Riel::try_from(rounded_up).unwrap_or(Riel::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(text: &str, number: u8) -> Due {
        let day: Day = text.parse().unwrap();
        Due { day, month: day.month(), number }
    }

    #[test]
    fn started_months_step_on_the_day_after_each_due_day() {
        let started = |due, day: &str| started_months(due, day.parse().unwrap());
        let march = due("2026-03-15", 15);
        assert_eq!(
            ["2026-03-15", "2026-03-16", "2026-04-15", "2026-04-16"].map(|day| started(march, day)),
            [0, 1, 1, 2]
        );
        let february = due("2026-02-28", 31);
        assert_eq!(["2026-03-01", "2026-03-31", "2026-04-01"].map(|day| started(february, day)), [1, 1, 2]);
    }

    #[test]
    fn prices_are_exact() {
        assert_eq!(millionths("0.015".parse().unwrap()), 15_000);
        assert_eq!(price(&[(15_600, 2)], 10_000, true, 0), 15_914);
        assert_eq!(price(&[(15_600, 2), (15_600, 2)], 10_000, true, 0), 31_828);
        assert_eq!(price(&[(301, 1), (301, 2), (301, 3)], 20_000, false, 0), 940);
        assert_eq!(price(&[], 20_000, true, 500), 500);
    }
}
