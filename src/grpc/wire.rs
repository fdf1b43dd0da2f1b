//! Wire: scalars that all services share, in both directions, and the list of what is wrong with a request.
//!
//! Ids travel as opaque text with a check character, so that one read over a phone is not mistaken for another.
//! Absent: messages of one service, which are converted beside it.

use krama_law::calendar::{Day, Moment, Month};
use prost_types::Timestamp;
use tonic::Status;

use crate::grpc::status;
use crate::proto::google_type::Date;
use crate::proto::v1;

/// Crockford's base 32: no letter that looks like a digit.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Data characters of an id: sixty bits.
const ID_CHARACTERS: usize = 12;
/// The check character is the id modulo this prime, so that one wrong character is noticed.
const CHECK_MODULUS: u64 = 29;

/// The text of an id.
pub fn id_text(id: i64) -> String {
    let id = u64::try_from(id).unwrap_or(0);
    let data = base32(id, ID_CHARACTERS);
    let check = ALPHABET[usize::try_from(id % CHECK_MODULUS).unwrap_or(0)];
    format!("{data}{}", char::from(check))
}

/// The id that a text writes; none when it is malformed or its check character is wrong.
pub(crate) fn id_of(text: &str) -> Option<i64> {
    let plain: Vec<u8> = text.bytes().filter(|byte| *byte != b'-').map(|byte| byte.to_ascii_lowercase()).collect();
    if plain.len() != ID_CHARACTERS + 1 || !text.is_ascii() {
        return None;
    }
    let digit = |byte: &u8| ALPHABET.iter().position(|letter| letter == byte).and_then(|at| u64::try_from(at).ok());
    let mut id: u64 = 0;
    for byte in &plain[..ID_CHARACTERS] {
        id = id * 32 + digit(byte)?;
    }
    (digit(&plain[ID_CHARACTERS])? == id % CHECK_MODULUS).then(|| i64::try_from(id).ok())?
}

/// A number in base 32 with a fixed number of characters.
pub(crate) fn base32(mut number: u64, characters: usize) -> String {
    let mut text = vec![b'0'; characters];
    for place in text.iter_mut().rev() {
        *place = ALPHABET[usize::try_from(number % 32).unwrap_or(0)];
        number /= 32;
    }
    text.into_iter().map(char::from).collect()
}

/// A day on the wire.
pub(crate) fn date(day: Day) -> Date {
    let (year, month, day) = day.parts();
    Date { year, month: i32::from(month), day: i32::from(day) }
}

/// An instant on the wire.
pub(crate) fn timestamp(moment: Moment) -> Timestamp {
    let nanos = moment.0.rem_euclid(1_000_000) * 1_000;
    Timestamp { seconds: moment.0.div_euclid(1_000_000), nanos: i32::try_from(nanos).unwrap_or(0) }
}

/// A position on the wire.
pub(crate) fn position(epoch: &str, number: i64) -> v1::Position {
    v1::Position { epoch: epoch.to_owned(), number }
}

/// A UUID on the wire.
pub(crate) fn uuid_text(uuid: [u8; 16]) -> String {
    uuid::Uuid::from_bytes(uuid).to_string()
}

/// What is wrong with a request, field by field.
#[derive(Default)]
pub(crate) struct Fields {
    wrong: Vec<Wrong>,
    text_bytes: usize,
}

/// One field that cannot be used.
pub(crate) struct Wrong {
    pub(crate) field: String,
    pub(crate) rule: String,
    pub(crate) missing: bool,
}

impl Fields {
    /// A fresh list, with the longest text that a field may hold.
    pub(crate) fn new(text_bytes: usize) -> Fields {
        Fields { wrong: Vec::new(), text_bytes }
    }

    /// Notes that a required field is empty.
    pub(crate) fn missing(&mut self, field: &str) {
        self.wrong.push(Wrong { field: field.to_owned(), rule: "is required".to_owned(), missing: true });
    }

    /// Notes that a field breaks a rule.
    pub(crate) fn invalid(&mut self, field: &str, rule: impl Into<String>) {
        self.wrong.push(Wrong { field: field.to_owned(), rule: rule.into(), missing: false });
    }

    /// The value, if nothing was wrong with any field.
    pub(crate) fn finish<T>(self, value: Option<T>) -> Result<T, Status> {
        match value {
            Some(value) if self.wrong.is_empty() => Ok(value),
            Some(_) | None => Err(status::malformed(&self.wrong)),
        }
    }

    /// The refusal of a request of which something is wrong.
    pub(crate) fn refusal(self) -> Status {
        status::malformed(&self.wrong)
    }

    /// A text that must not be empty.
    pub(crate) fn text(&mut self, field: &str, text: &str) -> String {
        if text.chars().all(is_invisible) {
            self.missing(field);
        }
        self.optional_text(field, text).unwrap_or_default()
    }

    /// A text that may be empty.
    pub(crate) fn optional_text(&mut self, field: &str, text: &str) -> Option<String> {
        if text.len() > self.text_bytes {
            self.invalid(field, format!("must have at most {} bytes", self.text_bytes));
        } else if text.chars().any(char::is_control) {
            self.invalid(field, "must not hold control characters");
        } else if text.chars().any(turns_text) {
            self.invalid(field, "must not hold characters that change the direction of text");
        }
        (!text.chars().all(is_invisible)).then(|| text.trim().to_owned())
    }

    /// Notes that a text has more characters than its field takes.
    pub(crate) fn at_most(&mut self, field: &str, text: &str, characters: usize) {
        if text.chars().count() > characters && text.len() <= self.text_bytes {
            self.invalid(field, format!("must have at most {characters} characters"));
        }
    }

    /// An id that the ledger issued.
    pub(crate) fn id(&mut self, field: &str, text: &str) -> i64 {
        if text.is_empty() {
            self.missing(field);
            return 0;
        }
        id_of(text).unwrap_or_else(|| {
            self.invalid(field, "must be an id that the ledger issued; check it for a typing error");
            0
        })
    }

    /// The id of a request: a UUID.
    pub(crate) fn request_id(&mut self, text: &str) -> [u8; 16] {
        self.uuid("request_id", text)
    }

    /// A UUID.
    pub(crate) fn uuid(&mut self, field: &str, text: &str) -> [u8; 16] {
        if text.is_empty() {
            self.missing(field);
            return [0; 16];
        }
        uuid::Uuid::try_parse(text).map(|uuid| *uuid.as_bytes()).unwrap_or_else(|_| {
            self.invalid(field, "must be a UUID such as 0190b5a8-7c3e-7a54-9c3b-6a1f0f3f9f10");
            [0; 16]
        })
    }

    /// A whole civil day.
    pub(crate) fn day(&mut self, field: &str, date: Option<&Date>) -> Day {
        let Some(date) = date else {
            self.missing(field);
            return Day(0);
        };
        self.optional_day(field, Some(date)).unwrap_or(Day(0))
    }

    /// A whole civil day that may be absent.
    pub(crate) fn optional_day(&mut self, field: &str, date: Option<&Date>) -> Option<Day> {
        let date = date?;
        let day = u8::try_from(date.month).ok().zip(u8::try_from(date.day).ok());
        let day = day.and_then(|(month, day)| Day::of(date.year, month, day));
        // A century back and forth holds every day of a living person's record, and keeps arithmetic far from its ends.
        let found = day.filter(|_| (1900..=2199).contains(&date.year));
        if found.is_none() {
            self.invalid(field, "must be a whole day between 1900-01-01 and 2199-12-31");
        }
        found
    }

    /// A contribution month.
    pub(crate) fn month(&mut self, field: &str, text: &str) -> Option<Month> {
        if text.is_empty() {
            self.missing(field);
            return None;
        }
        self.optional_month(field, Some(text))
    }

    /// A contribution month that may be absent.
    pub(crate) fn optional_month(&mut self, field: &str, text: Option<&str>) -> Option<Month> {
        let month = text?.parse::<Month>().ok().filter(|month| (1900..=2199).contains(&month.parts().0));
        if month.is_none() {
            self.invalid(field, "must be a month such as 2026-09");
        }
        month
    }

    /// An instant that may be absent.
    pub(crate) fn optional_moment(&mut self, field: &str, timestamp: Option<&Timestamp>) -> Option<Moment> {
        let timestamp = timestamp?;
        // Between the years 1900 and 2200, in seconds.
        let fits = (-2_208_988_800..7_258_118_400).contains(&timestamp.seconds);
        if !fits || !(0..1_000_000_000).contains(&timestamp.nanos) {
            self.invalid(field, "must be an instant between the years 1900 and 2200");
            return None;
        }
        Some(Moment(timestamp.seconds * 1_000_000 + i64::from(timestamp.nanos) / 1_000))
    }

    /// One of an enumeration's values, but not the unspecified one.
    pub(crate) fn choice<E: TryFrom<i32>>(&mut self, field: &str, number: i32) -> Option<E> {
        if number == 0 {
            self.missing(field);
            return None;
        }
        self.optional_choice(field, number)
    }

    /// One of an enumeration's values.
    pub(crate) fn optional_choice<E: TryFrom<i32>>(&mut self, field: &str, number: i32) -> Option<E> {
        let value = E::try_from(number).ok();
        if value.is_none() {
            self.invalid(field, "must be a value that this version of the contract knows");
        }
        value
    }
}

/// A blank, or a character of no width, as Khmer text has between words; a text of nothing else is empty.
fn is_invisible(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

/// A character by which a text is shown as another than it is.
fn turns_text(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_the_round_trip_and_a_wrong_character_is_noticed() {
        for id in [0, 1, 31, 32, 1 << 40, (1 << 60) - 1] {
            let text = id_text(id);
            assert_eq!(id_of(&text), Some(id));
            assert_eq!(id_of(&text.to_uppercase()), Some(id));
            let mut wrong = text.clone().into_bytes();
            wrong[5] = if wrong[5] == b'k' { b'm' } else { b'k' };
            assert_eq!(id_of(&String::from_utf8(wrong).unwrap()), None, "{text}");
        }
        assert_eq!(id_of(""), None);
        assert_eq!(id_of("កខគ"), None);
    }

    #[test]
    fn instants_before_1970_have_positive_nanos() {
        assert_eq!(timestamp(Moment(-1)), Timestamp { seconds: -1, nanos: 999_999_000 });
    }
}
