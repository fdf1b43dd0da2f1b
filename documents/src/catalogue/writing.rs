//! Days, months, amounts and numbers as each language writes them.
//!
//! Khmer has its own digits and names of months, sets thousands apart by a full stop and writes the riel's sign behind
//! the amount. Absent: sentences.

use krama_law::calendar::{Day, Month};
use krama_law::money::Riel;

use crate::catalogue::Language;

const ENGLISH_MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const KHMER_MONTHS: [&str; 12] =
    ["មករា", "កុម្ភៈ", "មីនា", "មេសា", "ឧសភា", "មិថុនា", "កក្កដា", "សីហា", "កញ្ញា", "តុលា", "វិច្ឆិកា", "ធ្នូ"];

pub(super) fn day(language: Language, day: Day) -> String {
    let (year, month, number) = day.parts();
    let (name, number) = (name(language, month), digits(language, &number.to_string()));
    format!("{number} {name} {}", digits(language, &year.to_string()))
}

pub(super) fn month(language: Language, month: Month) -> String {
    let (year, number) = month.parts();
    format!("{} {}", name(language, number), digits(language, &year.to_string()))
}

/// Months as people say them: one, or from the first to the last.
pub(super) fn span(language: Language, months: &[Month]) -> String {
    let (Some(first), Some(last)) = (months.iter().min(), months.iter().max()) else { return String::new() };
    if first == last {
        return month(language, *first);
    }
    let same_year = first.parts().0 == last.parts().0;
    let begin = if same_year { name(language, first.parts().1).to_owned() } else { month(language, *first) };
    let to = match language {
        Language::English => "to",
        Language::Khmer => "ដល់",
    };
    format!("{begin} {to} {}", month(language, *last))
}

pub(super) fn riel(language: Language, amount: Riel) -> String {
    let number = number(language, amount);
    match language {
        Language::English => format!("{number} riel"),
        Language::Khmer => format!("{number}៛"),
    }
}

/// A number with its thousands apart.
pub(super) fn number(language: Language, number: i64) -> String {
    let plain = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (index, digit) in plain.chars().enumerate() {
        if index > 0 && (plain.len() - index).is_multiple_of(3) {
            text.push(match language {
                Language::English => ',',
                Language::Khmer => '.',
            });
        }
        text.push(digit);
    }
    let sign = if number < 0 { "-" } else { "" };
    format!("{sign}{}", digits(language, &text))
}

fn name(language: Language, month: u8) -> &'static str {
    let names = match language {
        Language::English => &ENGLISH_MONTHS,
        Language::Khmer => &KHMER_MONTHS,
    };
    names[usize::from(month - 1)]
}

/// A text with its digits as the language writes them.
fn digits(language: Language, text: &str) -> String {
    match language {
        Language::English => text.to_owned(),
        Language::Khmer => text.chars().map(khmer_digit).collect(),
    }
}

fn khmer_digit(sign: char) -> char {
    let digit = sign.to_digit(10);
    digit.and_then(|digit| char::from_u32(u32::from('\u{17e0}') + digit)).unwrap_or(sign)
}
