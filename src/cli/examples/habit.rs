//! How ordinary people pay: who is punctual, who pays ahead, who gives up.
//!
//! A habit only makes payments. It never asks what the law makes of them; the
//! shares below are chosen so that dozens have given up by the end of the two years.

use time::Date;

use super::calendar::{Month, later};
use super::draw::Draw;
use super::payment::{Bank, CONTRIBUTION, LAST_DAY, Line, Payer, Payment};
use super::person::Who;

/// When and in which portions a person pays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Manner {
    /// In the first days of the following month, now and then too late.
    Punctual,
    /// Already within the month itself.
    Early,
    /// Some months at a time, ahead.
    Ahead(i32),
    /// Lets months pile up, then pays them together.
    CatchesUp,
    /// Half a month now, half later.
    Halves,
}

/// A time without payments.
#[derive(Clone, Copy, Debug)]
struct Silence {
    from: Month,
    end: SilenceEnd,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum SilenceEnd {
    /// Gives up for good.
    Never,
    /// Comes back in time and pays what was left out.
    InTime(Month),
    /// Comes back when it is too late; the money can only stand in suspense.
    TooLate(Month),
}

/// Months in which the person has a job and pays nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Away {
    pub(super) from: Month,
    pub(super) until: Option<Month>,
}

impl Away {
    fn holds(self, month: Month) -> bool {
        self.from <= month && self.until.is_none_or(|until| month <= until)
    }
}

/// How one person will pay over the two years.
#[derive(Clone, Debug)]
pub(super) struct Habit {
    bank: Bank,
    manner: Manner,
    names_month: bool,
    silence: Option<Silence>,
    pub(super) away: Option<Away>,
}

impl Habit {
    pub(super) fn draw(enrolled: Month, draw: &mut Draw) -> Habit {
        let manner = match draw.below(100) {
            0..=49 => Manner::Punctual,
            50..=66 => Manner::Early,
            67..=76 => Manner::Ahead(draw.pick(&[3, 3, 3, 6, 12])),
            77..=92 => Manner::CatchesUp,
            _ => Manner::Halves,
        };
        let bank = if draw.percent(54) { Bank::Tonlesap } else { Bank::Apsara };
        let names_month = draw.percent(60);
        let silence = draw.percent(37).then(|| Silence::draw(enrolled, draw));
        Habit { bank, manner, names_month, silence, away: None }
    }

    /// The day from which the person is out for good, if the silence lasts until then.
    pub(super) fn abandoned_on(&self) -> Option<Date> {
        let silence = self.silence?;
        match silence.end {
            SilenceEnd::InTime(_) => None,
            SilenceEnd::Never | SilenceEnd::TooLate(_) => Some(silence.from.abandonment_when_unpaid_from()),
        }
    }

    /// Gives up from a month on, as some do when a job has ended.
    pub(super) fn give_up(&mut self, from: Month) {
        self.silence = Some(Silence { from, end: SilenceEnd::Never });
    }

    pub(super) fn payments(&self, who: Who, enrolled_on: Date, draw: &mut Draw) -> Vec<Payment> {
        let mut till = Till { habit: self, who, enrolled_on, payments: Vec::new() };
        let mut behind = Vec::new();
        let mut paid_ahead_until = Month::of(enrolled_on);
        let mut month = paid_ahead_until;
        while month.first_day() <= LAST_DAY {
            let quiet = self.silence.is_some_and(|silence| silence.holds(month));
            let away = self.away.is_some_and(|away| away.holds(month));
            if !away && (quiet || month >= paid_ahead_until) {
                if !quiet || self.catches_up_later() {
                    behind.push(month);
                }
                if !quiet && self.pays_now(&behind, draw) {
                    till.pay(&behind, month, draw);
                    paid_ahead_until = month.plus(self.months_ahead());
                    behind.clear();
                }
            }
            month = month.plus(1);
        }
        till.payments.retain(|payment| payment.business() <= LAST_DAY);
        till.payments
    }

    fn catches_up_later(&self) -> bool {
        self.silence.is_some_and(|silence| matches!(silence.end, SilenceEnd::InTime(_)))
    }

    fn pays_now(&self, behind: &[Month], draw: &mut Draw) -> bool {
        match self.manner {
            Manner::CatchesUp => behind.len() >= 3 || draw.percent(40),
            Manner::Punctual | Manner::Early | Manner::Ahead(_) | Manner::Halves => true,
        }
    }

    fn months_ahead(&self) -> i32 {
        match self.manner {
            Manner::Ahead(months) => months,
            Manner::Punctual | Manner::Early | Manner::CatchesUp | Manner::Halves => 1,
        }
    }
}

impl Silence {
    fn draw(enrolled: Month, draw: &mut Draw) -> Silence {
        let from = enrolled.plus(draw.months(1, 21));
        let end = match draw.below(100) {
            0..=71 => SilenceEnd::Never,
            // At most five months are left out, so that nobody comes back at the very edge:
            // the edge belongs to the people of the story.
            72..=85 => SilenceEnd::InTime(from.plus(draw.months(2, 4))),
            _ => SilenceEnd::TooLate(from.plus(draw.months(8, 11))),
        };
        Silence { from, end }
    }

    fn holds(self, month: Month) -> bool {
        let until = match self.end {
            SilenceEnd::Never => None,
            SilenceEnd::InTime(until) | SilenceEnd::TooLate(until) => Some(until),
        };
        // Who comes back too late pays three times more, then understands.
        let gave_up_again = match self.end {
            SilenceEnd::TooLate(until) => month >= until.plus(3),
            SilenceEnd::Never | SilenceEnd::InTime(_) => false,
        };
        gave_up_again || (self.from <= month && until.is_none_or(|until| month < until))
    }
}

/// Collects the payments of one person.
struct Till<'a> {
    habit: &'a Habit,
    who: Who,
    enrolled_on: Date,
    payments: Vec<Payment>,
}

impl Till<'_> {
    /// Pays the given months, the newest of which is `month`, and what comes ahead.
    fn pay(&mut self, behind: &[Month], month: Month, draw: &mut Draw) {
        let mut months = behind.to_vec();
        months.extend((1..self.habit.months_ahead()).map(|ahead| month.plus(ahead)));
        let next = month.plus(1);
        let value = match self.habit.manner {
            Manner::Early => month.day(draw.between(9, 27)),
            Manner::Ahead(_) => month.day(draw.between(3, 20)),
            Manner::CatchesUp => next.day(draw.between(1, 26)),
            Manner::Punctual if draw.percent(6) => next.day(draw.between(16, 27)),
            Manner::Punctual => next.day(draw.between(1, 8) + draw.between(0, 6)),
            Manner::Halves => return self.pay_halves(&months, next, draw),
        };
        self.transfer(value, &months, draw);
        if months.len() == 1 && draw.below(1_000) < 8 {
            // Paid, forgot it, and paid again some days later.
            self.transfer(later(value, draw.between(1, 6)), &months, draw);
        }
    }

    fn pay_halves(&mut self, months: &[Month], next: Month, draw: &mut Draw) {
        for &month in months {
            let line = Line { amount: CONTRIBUTION / 2, month: self.habit.names_month.then_some(month) };
            let first = next.day(draw.between(1, 8));
            let second = later(first, draw.between(4, 13));
            self.book(first, vec![line]);
            self.book(second, vec![line]);
        }
    }

    /// One transaction for some months: a line for each, or one sum that names none.
    fn transfer(&mut self, value: Date, months: &[Month], draw: &mut Draw) {
        let by_month = months.len() == 1 || (self.habit.names_month && draw.percent(50));
        let lines = if by_month {
            let named = |&month| Line { amount: CONTRIBUTION, month: self.habit.names_month.then_some(month) };
            months.iter().map(named).collect()
        } else {
            let months = i64::try_from(months.len()).expect("there are few months in two years");
            vec![Line { amount: CONTRIBUTION * months, month: None }]
        };
        self.book(value, lines);
        if let Some(payment) = self.payments.last_mut() {
            payment.delivered_again = draw.below(1_000) < 2;
            let bounces = draw.below(1_000) < 4;
            payment.returned = bounces.then(|| {
                let days = draw.between(2, 6);
                payment.bank.books_on(later(payment.business(), days))
            });
        }
    }

    fn book(&mut self, value: Date, lines: Vec<Line>) {
        let value = value.max(self.enrolled_on);
        self.payments.push(Payment::new(Payer::Person(self.who), self.habit.bank, value, lines));
    }
}
