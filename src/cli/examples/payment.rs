//! What a payment is before a bank gives it a shape, and which file it comes in.
//!
//! Amounts are whole riel. A payment says when money was handed over; whether it
//! saved anyone is not known here.

use time::Date;
use time::macros::date;

use super::calendar::{Month, iso, later, next_working_day};
use super::person::Who;

/// The contribution of one month, in riel.
pub(super) const CONTRIBUTION: i64 = 15_600;

/// The last day of the two years; nothing is booked after it.
pub(super) const LAST_DAY: Date = date!(2026 - 12 - 31);

/// The two invented banks, each with an export shape of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Bank {
    /// Counters and an app; days `YYYY-MM-DD`, Latin capitals, plain integers.
    Tonlesap,
    /// A telephone wallet; days `DD/MM/YYYY`, Khmer names, thousands separators.
    Apsara,
}

impl Bank {
    pub(super) const ALL: [Bank; 2] = [Bank::Tonlesap, Bank::Apsara];

    pub(super) fn id(self) -> &'static str {
        match self {
            Bank::Tonlesap => "tonlesap-bank",
            Bank::Apsara => "apsara-wallet",
        }
    }

    /// A counter books nothing at weekends, a wallet books at once.
    pub(super) fn books_on(self, value: Date) -> Date {
        match self {
            Bank::Tonlesap => next_working_day(value),
            Bank::Apsara => value,
        }
    }
}

/// Whose money it is, as far as the bank can tell.
#[derive(Clone, Debug)]
pub(super) enum Payer {
    Person(Who),
    /// A number that the fund never gave to anybody, with the names typed beside it.
    Unknown {
        number: String,
        latin: String,
        khmer: String,
    },
}

/// One line of a transaction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) amount: i64,
    pub(super) month: Option<Month>,
}

#[derive(Clone, Debug)]
pub(super) struct Payment {
    pub(super) payer: Payer,
    pub(super) bank: Bank,
    pub(super) value: Date,
    pub(super) lines: Vec<Line>,
    pub(super) channel: &'static str,
    /// Whether the bank delivers the same transaction a second time in its next file.
    pub(super) delivered_again: bool,
    /// The day on which the money was taken back.
    pub(super) returned: Option<Date>,
}

impl Payment {
    pub(super) fn new(payer: Payer, bank: Bank, value: Date, lines: Vec<Line>) -> Payment {
        // The channel follows from the day, so that it costs no draw: a later wish for
        // another channel must not move everything that is drawn after it.
        let channels: &[&'static str] = match bank {
            Bank::Tonlesap => &["COUNTER", "MOBILE", "AGENT"],
            Bank::Apsara => &["APP", "KHQR", "AGENT"],
        };
        let channel = channels[usize::from(value.day()) % channels.len()];
        Payment { payer, bank, value, lines, channel, delivered_again: false, returned: None }
    }

    pub(super) fn business(&self) -> Date {
        self.bank.books_on(self.value)
    }

    pub(super) fn piece(&self) -> Piece {
        Piece::of(self.business())
    }
}

/// A quarter of a month, the span of one bank file. The second ends on the 15th, so
/// that what is paid on a due day is known the day after, as a rule.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Piece {
    month: Month,
    part: u8,
}

/// The one delivery that comes a week after the last day it tells of.
const LATE: (Bank, Date) = (Bank::Tonlesap, date!(2026 - 09 - 15));

impl Piece {
    pub(super) fn of(business: Date) -> Piece {
        let part = match business.day() {
            0..=8 => 1,
            9..=15 => 2,
            16..=23 => 3,
            24.. => 4,
        };
        Piece { month: Month::of(business), part }
    }

    pub(super) fn next(self) -> Piece {
        Piece::of(later(self.last_day(), 1))
    }

    pub(super) fn first_day(self) -> Date {
        self.month.day([1, 9, 16, 24][usize::from(self.part - 1)])
    }

    pub(super) fn last_day(self) -> Date {
        match self.part {
            1 => self.month.day(8),
            2 => self.month.day(15),
            3 => self.month.day(23),
            _ => self.month.last_day(),
        }
    }

    pub(super) fn arrives_on(self, bank: Bank) -> Date {
        let days = if (bank, self.last_day()) == LATE { 7 } else { 1 };
        later(self.last_day(), days)
    }

    pub(super) fn file(self, bank: Bank) -> String {
        format!("banks/{}/{}-part{}.csv", bank.id(), self.month.iso(), self.part)
    }
}

/// The text of a month in the form of a bank; blank where the payer named none.
pub(super) fn month_text(bank: Bank, month: Option<Month>) -> String {
    match (bank, month) {
        (_, None) => String::new(),
        (Bank::Tonlesap, Some(month)) => month.iso(),
        (Bank::Apsara, Some(month)) => month.slashed(),
    }
}

/// The text of a day in the form of a bank.
pub(super) fn day_text(bank: Bank, day: Date) -> String {
    match bank {
        Bank::Tonlesap => iso(day),
        Bank::Apsara => super::calendar::slashed(day),
    }
}
