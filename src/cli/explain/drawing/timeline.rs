//! The rows of the timeline: twelve cells a year, each two signs wide at most.
//!
//! One table holds every sign with its meaning, so that the legend cannot disagree with the drawing.

use crate::proto::v1::{MonthState, MonthView, Scheme, Standing};

use super::{Ink, Pen};

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Wide enough for a month's name and, in the lower row, for three covers at once.
const CELL: usize = 5;
const LABEL: usize = 13;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Sign {
    sign: &'static str,
    meaning: &'static str,
    ink: Ink,
}

/// The timeline with its legend; nothing when there is no month.
pub(super) fn rows(months: &[MonthView], pen: Pen) -> Vec<String> {
    let mut years: Vec<(i32, [Option<&MonthView>; 12])> = Vec::new();
    for view in months {
        let Some((year, month)) = parse(&view.month) else { continue };
        if years.last().is_none_or(|(last, _)| *last != year) {
            years.push((year, [None; 12]));
        }
        if let Some((_, cells)) = years.last_mut() {
            cells[month] = Some(view);
        }
    }
    if years.is_empty() {
        return vec!["(no month is on record yet)".to_owned()];
    }
    let mut rows = vec![row("", &MONTHS.map(|name| (name.to_owned(), Ink::Faint)), pen)];
    for (year, cells) in &years {
        let debts = cells.map(|view| view.map(debt).map(|sign| (sign.sign.to_owned(), sign.ink)).unwrap_or_default());
        rows.push(row(&format!("{year:04} month"), &debts, pen));
        rows.push(row("     cover", &cells.map(|view| view.map(cover).unwrap_or_default()), pen));
    }
    rows.push(String::new());
    rows.extend(legend(months));
    rows
}

fn row(label: &str, cells: &[(String, Ink); 12], pen: Pen) -> String {
    let mut text = format!("{label:LABEL$}");
    for (sign, ink) in cells {
        // Padding stands outside the colour, so that a coloured row is as wide as a plain one.
        let padding = CELL.saturating_sub(sign.chars().count());
        text.push_str(&pen.ink(*ink, sign));
        text.push_str(&" ".repeat(padding));
    }
    text.trim_end().to_owned()
}

fn parse(month: &str) -> Option<(i32, usize)> {
    let (year, month) = month.split_once('-')?;
    let month: usize = month.parse().ok()?;
    (1..=12).contains(&month).then_some((year.parse().ok()?, month - 1))
}

fn debt(view: &MonthView) -> Sign {
    match view.state() {
        MonthState::Unspecified => Sign { sign: "?", meaning: "of a state this program does not know", ink: Ink::None },
        MonthState::NotOwed => Sign { sign: "·", meaning: "not owed", ink: Ink::Faint },
        MonthState::Paid => Sign { sign: "■", meaning: "paid", ink: Ink::Good },
        MonthState::NotYetDue => Sign { sign: "□", meaning: "owed, not due yet", ink: Ink::None },
        MonthState::Overdue => Sign { sign: "×", meaning: "overdue", ink: Ink::Bad },
        MonthState::Exempt => Sign { sign: "e", meaning: "exempt: employed or excused", ink: Ink::None },
        MonthState::Forgiven => Sign { sign: "f", meaning: "forgiven", ink: Ink::None },
    }
}

fn scheme(scheme: Scheme) -> Sign {
    match scheme {
        Scheme::Unspecified => Sign { sign: "?", meaning: "another scheme", ink: Ink::Good },
        Scheme::Voluntary => Sign { sign: "V", meaning: "voluntary cover", ink: Ink::Good },
        Scheme::Formal => Sign { sign: "F", meaning: "cover by formal employment", ink: Ink::Good },
        Scheme::RunOff => Sign { sign: "R", meaning: "run-off, after employment or a lapse", ink: Ink::Good },
        Scheme::Assistance => Sign { sign: "A", meaning: "social assistance", ink: Ink::Good },
        Scheme::Dependant => Sign { sign: "D", meaning: "cover as a dependant", ink: Ink::Good },
    }
}

fn no_cover(view: &MonthView) -> Sign {
    match view.standing() {
        Standing::Abandoned => Sign { sign: "X", meaning: "abandoned, no cover", ink: Ink::Bad },
        Standing::Closed => Sign { sign: "+", meaning: "dead", ink: Ink::Faint },
        Standing::Unspecified
        | Standing::Employed
        | Standing::NotEnrolled
        | Standing::LapsePending
        | Standing::InArrears
        | Standing::Current => Sign { sign: "-", meaning: "no cover", ink: Ink::Faint },
    }
}

fn cover_signs(view: &MonthView) -> Vec<Sign> {
    if view.covers.is_empty() {
        return vec![if view.covered { scheme(Scheme::Unspecified) } else { no_cover(view) }];
    }
    view.covers.iter().map(|cover| scheme(cover.scheme())).collect()
}

fn cover(view: &MonthView) -> (String, Ink) {
    let signs = cover_signs(view);
    (signs.iter().map(|sign| sign.sign).collect(), signs.first().map_or(Ink::None, |sign| sign.ink))
}

/// Two lines: the signs of the upper row and those of the lower one, in the order in which they first occur.
fn legend(months: &[MonthView]) -> Vec<String> {
    let line = |label: &str, signs: Vec<Sign>| {
        let mut seen: Vec<Sign> = Vec::new();
        for sign in signs {
            if !seen.contains(&sign) {
                seen.push(sign);
            }
        }
        let told: Vec<String> = seen.iter().map(|sign| format!("{} {}", sign.sign, sign.meaning)).collect();
        format!("{label:LABEL$}{}", told.join("   "))
    };
    vec![
        line("month", months.iter().map(debt).collect()),
        line("cover", months.iter().flat_map(cover_signs).collect()) + "   (at the end of the month)",
    ]
}
