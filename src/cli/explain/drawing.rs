//! The drawing of an explanation: a pair of rows for each year, then the reasons, the money and the ways back.
//!
//! The upper row tells what each month is as a debt, the lower one which cover holds at its end. Signs are told in a
//! legend that lists only those that occur. Absent on purpose: colour where the output is no terminal.

mod timeline;

use crate::proto::v1::{Decision, ExplainCoverageResponse, Standing};

use crate::cli::{civil, words};

/// How to draw: with colours for a terminal, without for a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pen {
    /// Plain text.
    Plain,
    /// Text with colours.
    Coloured,
}

#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
enum Ink {
    #[default]
    None,
    Good,
    Warning,
    Bad,
    Faint,
}

impl Pen {
    fn ink(self, ink: Ink, text: &str) -> String {
        let code = match ink {
            Ink::None => return text.to_owned(),
            Ink::Good => "32",
            Ink::Warning => "33",
            Ink::Bad => "31",
            Ink::Faint => "2",
        };
        match self {
            Pen::Plain => text.to_owned(),
            Pen::Coloured => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        }
    }
}

/// An explanation as lines of text.
pub(super) fn draw(answer: &ExplainCoverageResponse, pen: Pen) -> String {
    let decision = answer.decision.clone().unwrap_or_default();
    let mut lines = vec![as_of(&decision), stands(&decision, pen), String::new()];
    lines.extend(timeline::rows(&answer.months, pen));
    if answer.omitted_months > 0 {
        lines.push(format!("({} older months are left out)", answer.omitted_months));
    }
    lines.extend(covers(&decision));
    lines.extend(money(&decision));
    lines.extend(doors(&decision));
    lines.extend(contested(answer));
    lines.extend(reasons(answer));
    lines.join("\n") + "\n"
}

fn as_of(decision: &Decision) -> String {
    let as_of = decision.as_of.unwrap_or_default();
    let (day, known) = (civil::day_text(as_of.valid_at), civil::moment_text(as_of.known_at));
    format!("on {day}, as known at {known} in Phnom Penh, by the policy {}", decision.policy_revision)
}

fn stands(decision: &Decision, pen: Pen) -> String {
    let standing = decision.standing();
    let ink = match standing {
        Standing::Abandoned | Standing::Closed => Ink::Bad,
        Standing::InArrears | Standing::LapsePending => Ink::Warning,
        Standing::Employed | Standing::Current => Ink::Good,
        Standing::NotEnrolled | Standing::Unspecified => Ink::None,
    };
    let mut text = pen.ink(ink, &words::standing(standing).to_uppercase());
    if decision.since.is_some() {
        text.push_str(&format!(" since {}", civil::day_text(decision.since)));
    }
    if decision.overdue_months > 0 {
        let months = usize::try_from(decision.overdue_months).unwrap_or(0);
        text.push_str(&format!(", {} overdue", words::counted(months, "month", "months")));
    }
    if let Some(until) = decision.holds_until {
        text.push_str(&format!("; holds until {} if nothing more is recorded", civil::day_text(Some(until))));
    }
    text
}

fn covers(decision: &Decision) -> Vec<String> {
    let mut lines = section("Cover");
    if decision.covers.is_empty() {
        lines.push("  none".to_owned());
    }
    lines.extend(decision.covers.iter().map(|cover| format!("  {}", words::cover(cover))));
    lines.extend(decision.co_payment.iter().map(|duty| format!("  the member pays {}", words::co_payment(duty))));
    lines
}

fn money(decision: &Decision) -> Vec<String> {
    let mut lines = section("Money");
    let balance = decision.balance.unwrap_or_default();
    let places = [
        ("owed for overdue months", balance.owed_riel),
        ("credit, refundable", balance.credit_riel),
        ("in suspense, refundable", balance.suspense_riel),
        ("towards a back-payment", balance.pot_riel),
    ];
    let filled = places.iter().filter(|(_, amount)| *amount != 0);
    lines.extend(filled.map(|(place, amount)| format!("  {place}: {}", words::riel(*amount))));
    if let Some(day) = decision.last_safe_day {
        let amount = decision.least_amount_riel.map(|amount| format!(" at least {}", words::riel(amount)));
        let day = civil::day_text(Some(day));
        lines.push(format!(
            "  last safe day: {day}; paying{} on that day prevents the lapse",
            amount.unwrap_or_default()
        ));
    }
    if let Some(day) = decision.last_safe_day_when_policy_changes {
        let day = civil::day_text(Some(day));
        lines.push(format!("  under a policy that is published and not yet in force: {day}"));
    }
    if lines.len() == section("").len() {
        lines.push("  nothing owed, nothing held".to_owned());
    }
    lines
}

fn doors(decision: &Decision) -> Vec<String> {
    if decision.doors.is_empty() {
        return Vec::new();
    }
    let mut lines = section("Ways back");
    for door in &decision.doors {
        let mut text = format!("  {}", words::door(door.kind()));
        if let Some(price) = door.price_riel {
            text.push_str(&format!(", {} today", words::riel(price)));
        }
        if let Some(day) = door.first_benefit_day {
            text.push_str(&format!(", benefits from {} for somebody who takes it today", civil::day_text(Some(day))));
        }
        if let Some(day) = door.open_until {
            text.push_str(&format!(", open until {}", civil::day_text(Some(day))));
        }
        lines.push(text);
    }
    lines
}

/// What other readings of the law would make of the day, where any differs.
fn contested(answer: &ExplainCoverageResponse) -> Vec<String> {
    if answer.contested.is_empty() {
        return Vec::new();
    }
    let mut lines = section("Contested: a person should look at this before it is final");
    for one in &answer.contested {
        let mut text = format!("  {}: {}", one.title, words::standing(one.standing()).to_uppercase());
        if one.since.is_some() {
            text.push_str(&format!(" since {}", civil::day_text(one.since)));
        }
        let covers: Vec<String> = one.covers.iter().map(words::cover).collect();
        text.push_str(&if covers.is_empty() { ", no cover".to_owned() } else { format!(", {}", covers.join("; ")) });
        lines.push(text);
    }
    lines
}

/// The steps in the order of the server, each with the number of its source; the sources stand below, once each.
fn reasons(answer: &ExplainCoverageResponse) -> Vec<String> {
    let mut lines = section("Why");
    let mut sources: Vec<&str> = Vec::new();
    for step in &answer.steps {
        let mut line = format!("  {}  {}", civil::day_text(step.day), step.text);
        if !step.citation.is_empty() {
            let known = sources.iter().position(|source| *source == step.citation);
            let at = known.unwrap_or_else(|| {
                sources.push(&step.citation);
                sources.len() - 1
            });
            line.push_str(&format!(" [{}]", at + 1));
        }
        lines.push(line);
    }
    if answer.omitted_steps > 0 {
        lines.push(format!("  ({} older steps are left out)", answer.omitted_steps));
    }
    if answer.steps.is_empty() {
        lines.push("  nothing has happened yet".to_owned());
    }
    if !sources.is_empty() {
        lines.extend(section("Sources"));
    }
    lines.extend(sources.iter().enumerate().map(|(at, source)| format!("  [{}] {source}", at + 1)));
    lines
}

fn section(title: &str) -> Vec<String> {
    vec![String::new(), title.to_owned()]
}

#[cfg(test)]
mod tests;
