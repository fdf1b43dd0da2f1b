//! Notices: what is sent to a member's phone, in as few text messages as it can be.
//!
//! A text message holds 160 signs of the plain alphabet of phones, or 70 of any other; a longer text is cut into pieces of
//! 153 or 67. Khmer is any other. Absent: when a notice is served, and on whom.

use krama_law::calendar::Day;
use krama_law::money::Riel;

use crate::catalogue::{Catalogue, Key, Message, Value};

/// A notice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Notice {
    /// Months are overdue, and no loss is to be seen.
    Missed {
        /// How many are overdue.
        months: u32,
    },
    /// A loss is to be seen, and there is a last day on which paying helps.
    LastSafeDay {
        /// How many are overdue.
        months: u32,
        /// The least amount that helps when paid on the last day.
        amount: Riel,
        /// The last day.
        day: Day,
    },
    /// A lapse waits for a person to confirm it.
    LapsePending {
        /// How many months are overdue.
        months: u32,
        /// What is owed.
        amount: Riel,
    },
    /// The membership has lapsed.
    Lapsed {
        /// From when.
        day: Day,
    },
    /// An employment brought the membership back.
    Reinstated {
        /// The first day of benefits.
        day: Day,
    },
}

impl Notice {
    /// The notice as a message of the catalogue.
    pub fn message(self) -> Message {
        match self {
            Notice::Missed { months } => Message::of(Key::NoticeMissed, [("months", Value::Count(months))]),
            Notice::LastSafeDay { months, amount, day } => Message::of(
                Key::NoticeLastSafeDay,
                [("months", Value::Count(months)), ("amount", Value::Riel(amount)), ("day", Value::Day(day))],
            ),
            Notice::LapsePending { months, amount } => Message::of(
                Key::NoticeLapsePending,
                [("months", Value::Count(months)), ("amount", Value::Riel(amount))],
            ),
            Notice::Lapsed { day } => Message::of(Key::NoticeLapsed, [("day", Value::Day(day))]),
            Notice::Reinstated { day } => Message::of(Key::NoticeReinstated, [("day", Value::Day(day))]),
        }
    }

    /// The notice as it is sent.
    pub fn sms(self, catalogue: &Catalogue) -> Sms {
        Sms::of(catalogue.say(&self.message()))
    }
}

/// A text as phones carry it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sms {
    /// The text.
    pub text: String,
    /// How many messages it takes.
    pub segments: usize,
}

/// Signs of the plain alphabet that are neither letters, digits nor a space.
const PLAIN: &str = "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ!\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà\n\r";
/// Signs of it that take the room of two.
const PLAIN_OF_TWO: &str = "^{}\\[~]|€";

impl Sms {
    /// A text with the number of its messages.
    pub fn of(text: String) -> Sms {
        let plain: Option<usize> = text.chars().map(plain_length).sum();
        let (length, one, many) = match plain {
            Some(length) => (length, 160, 153),
            None => (text.encode_utf16().count(), 70, 67),
        };
        let segments = if length <= one { 1 } else { length.div_ceil(many) };
        Sms { text, segments }
    }
}

/// The room that a sign takes in the plain alphabet; none for one that it lacks.
fn plain_length(sign: char) -> Option<usize> {
    if sign.is_ascii_alphanumeric() || sign == ' ' || PLAIN.contains(sign) {
        Some(1)
    } else {
        PLAIN_OF_TWO.contains(sign).then_some(2)
    }
}
