//! The picture: a member's life on one page that can be printed for an appeal.
//!
//! Each year is a strip: its months as a debt, what was paid on which day, employments, how many months were overdue, and
//! cover; below stands what happened and where the law says so. Everything can be read in black and white. Absent: any
//! decision; what is drawn was answered elsewhere.

mod pen;
mod strip;

use krama_law::answer::{Scheme, Standing};
use krama_law::calendar::{Day, Month};
use krama_law::decision::{Explanation, MonthState};
use krama_law::explanation::Clause;
use krama_law::money::Riel;

use crate::catalogue::{Catalogue, Key, Message, Value, clause};
use crate::picture::pen::{Fill, Ink, PAPER, Pen, wide, wrapped};

/// A life to be drawn.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Life {
    /// Who it is, or which law it is under; one line.
    pub caption: String,
    /// The day asked about.
    pub on: Day,
    /// The day at whose end it was known.
    pub known: Day,
    /// The first day of the revision in force on the day.
    pub revision: Day,
    /// Where the member stands.
    pub standing: Standing,
    /// Since when.
    pub since: Option<Day>,
    /// The months, oldest first.
    pub months: Vec<(Month, MonthState)>,
    /// Each maximal stretch of one standing and one set of covers; the first has no first day.
    pub stretches: Vec<(Option<Day>, Standing, Vec<Scheme>)>,
    /// What happened, oldest first.
    pub events: Vec<Event>,
    /// The readings of the law, each in one line, under which the member would stand or be covered otherwise.
    pub contested: Vec<String>,
}

/// Something that happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// When.
    pub day: Day,
    /// What, in a sentence.
    pub text: String,
    /// Where the law says so; empty where it only follows from the facts.
    pub citation: String,
    /// What of it is drawn in the strips.
    pub mark: Mark,
}

/// What of an event is drawn in the strips.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mark {
    /// Money came.
    Paid(Riel),
    /// So many months are overdue now.
    Overdue(u32),
    /// Membership was lost.
    Lost,
    /// A way back was taken.
    Back,
    /// Nothing.
    None,
}

impl Mark {
    /// What of a clause is drawn.
    pub fn of(clause: &Clause) -> Mark {
        match clause {
            Clause::PaymentAllocated { amount, .. }
            | Clause::PaymentSuspended { amount, .. }
            | Clause::PaymentSavedUp { amount, .. } => Mark::Paid(*amount),
            Clause::MonthOverdue { overdue, .. } => Mark::Overdue(*overdue),
            Clause::Lapsed { .. } | Clause::CoverSuspended | Clause::MembershipOver { .. } => Mark::Lost,
            Clause::Reinstated | Clause::ReturnedByBackPayment { .. } | Clause::SuspensionOver => Mark::Back,
            Clause::Enrolled { .. }
            | Clause::EnrolmentRefused { .. }
            | Clause::ChargedForDelay { .. }
            | Clause::InstalmentsDropped { .. }
            | Clause::SavedUpAllocated { .. }
            | Clause::MonthsExcused { .. }
            | Clause::MonthsForgiven { .. }
            | Clause::NoticeServed
            | Clause::CoverWaits { .. }
            | Clause::PaymentReversed { .. }
            | Clause::PaymentRefunded { .. }
            | Clause::BarLiftedByLaw
            | Clause::LearntLate { .. }
            | Clause::LapsePending { .. }
            | Clause::LapseWaived
            | Clause::LapseAverted
            | Clause::Employed
            | Clause::EmploymentEnded
            | Clause::BarStandsAgain
            | Clause::BarLifted { .. }
            | Clause::CoverBegan { .. }
            | Clause::CoverEnded { .. }
            | Clause::CoverRunsOn { .. }
            | Clause::CoverRanOut
            | Clause::Died => Mark::None,
        }
    }
}

impl Life {
    /// A life as the law explains it; `cite` tells where the law says what decides a clause.
    pub fn of(
        caption: &str,
        explanation: &Explanation,
        catalogue: &Catalogue,
        cite: impl Fn(&[&str], Day) -> String,
    ) -> Life {
        let answer = &explanation.answer;
        let event = |step: &krama_law::explanation::Step| Event {
            day: step.day,
            text: catalogue.say(&clause(&step.clause)),
            citation: cite(step.fields, step.decided_on),
            mark: Mark::of(&step.clause),
        };
        let stretch = |one: &krama_law::decision::Stretch| (one.from, one.standing, one.schemes.clone());
        Life {
            caption: caption.to_owned(),
            on: answer.valid_at,
            known: answer.valid_at,
            revision: answer.revision,
            standing: answer.standing,
            since: answer.since,
            months: explanation.months.iter().map(|line| (line.month, line.state)).collect(),
            stretches: explanation.stretches.iter().map(stretch).collect(),
            events: explanation.steps.iter().map(event).collect(),
            contested: Vec::new(),
        }
    }

    /// The first and the last year that are drawn: those with a month or an event, the newest ones where they are many.
    fn years(&self, most: i32) -> (i32, i32) {
        let last = self.on.parts().0;
        let months = self.months.first().map(|(month, _)| month.parts().0);
        let first = months.into_iter().chain(self.events.first().map(|event| event.day.parts().0)).min();
        (first.unwrap_or(last).clamp(last - most + 1, last), last)
    }
}

/// The margin of the page, in millimetres.
const MARGIN: f64 = 14.0;
/// Where the months begin.
const LEFT: f64 = 40.0;
/// The room between two lives.
const BETWEEN: f64 = 7.0;
/// How many years a page holds, with one life and with two.
const YEARS_OF_ONE: i32 = 5;
const YEARS_OF_TWO: i32 = 2;

/// One life as a page.
pub fn page(life: &Life, catalogue: &Catalogue) -> String {
    drawn(&[life], catalogue)
}

/// The same life under two laws, on one page.
pub fn compared(one: &Life, other: &Life, catalogue: &Catalogue) -> String {
    drawn(&[one, other], catalogue)
}

fn drawn(lives: &[&Life], catalogue: &Catalogue) -> String {
    let title = catalogue.part(Key::PageTitle);
    let mut pen = Pen::new(&title);
    pen.bold((MARGIN, 20.0), 6.2, Ink::Black, &title);
    let mut y = 27.0;
    let most = if lives.len() > 1 { YEARS_OF_TWO } else { YEARS_OF_ONE };
    for life in lives {
        y = head(&mut pen, life, catalogue, y);
        y = strip::years(&mut pen, life, life.years(most), catalogue, y + 2.0) + BETWEEN;
    }
    y = strip::legend(&mut pen, lives, catalogue, y + 1.0 - BETWEEN);
    columns(&mut pen, lives, catalogue, y + 7.0);
    foot(&mut pen, catalogue);
    pen.finish()
}

/// Who it is, where the member stands, and as of when; answers where the next line may stand.
fn head(pen: &mut Pen, life: &Life, catalogue: &Catalogue, y: f64) -> f64 {
    let ink = match life.standing {
        Standing::Abandoned | Standing::LapsePending => Ink::Red,
        Standing::Closed | Standing::Employed | Standing::NotEnrolled | Standing::InArrears | Standing::Current => {
            Ink::Black
        }
    };
    pen.text((MARGIN, y + 1.0), 3.9, Ink::Black, &life.caption);
    let mut standing = catalogue.part(Key::of_standing(life.standing));
    if let Some(since) = life.since {
        let since = catalogue.say(&Message::of(Key::PageSince, [("day", Value::Day(since))]));
        standing = format!("{standing} {since}");
    }
    pen.bold((MARGIN, y + 8.0), 5.0, ink, &standing);
    let on = [("day", Value::Day(life.on)), ("known", Value::Day(life.known))];
    let on = catalogue.say(&Message::of(Key::PageOn, on));
    let by = catalogue.say(&Message::of(Key::PageBy, [("day", Value::Day(life.revision))]));
    pen.text((MARGIN, y + 13.0), 3.0, Ink::Grey, &format!("{on}. {by}."));
    let mut y = y + 16.0;
    if !life.contested.is_empty() {
        let contested = format!("{} {}", catalogue.part(Key::PageContested), life.contested.join("; "));
        for line in wrapped(&contested, 3.0, PAPER.0 - 2.0 * MARGIN) {
            pen.text((MARGIN, y + 1.2), 3.0, Ink::Red, &line);
            y += 4.2;
        }
    }
    y
}

/// What happened, newest first: one column a life, each with its sources below.
fn columns(pen: &mut Pen, lives: &[&Life], catalogue: &Catalogue, top: f64) {
    let count = lives.len();
    let gap = 7.0;
    let room = PAPER.0 - 2.0 * MARGIN;
    let width = if count > 1 { (room - gap) / 2.0 } else { room };
    for (index, life) in lives.iter().enumerate() {
        let x = MARGIN + if index > 0 { width + gap } else { 0.0 };
        column(pen, life, catalogue, (x, top), width);
    }
}

/// The size of the text of a column, and the height of its lines.
const TEXT: f64 = 2.75;
const LINE: f64 = 4.0;
/// Where a column must end.
const BOTTOM: f64 = 276.0;

fn column(pen: &mut Pen, life: &Life, catalogue: &Catalogue, (x, top): (f64, f64), width: f64) {
    pen.bold((x, top), 3.6, Ink::Black, &catalogue.part(Key::PageWhy));
    let mut y = top + 5.4;
    let dated = 31.0;
    let mut sources: Vec<&str> = Vec::new();
    // What is told below needs room for its sources too, so a step goes on the page only where both fit.
    let room_of = |sources: &[&str]| {
        let lines: usize = sources.iter().map(|source| wrapped(source, TEXT, width - 5.0).len()).sum();
        if sources.is_empty() { 0.0 } else { LINE * lines as f64 + 7.0 }
    };
    let mut told = 0;
    for event in life.events.iter().rev() {
        let mut with = sources.clone();
        if !event.citation.is_empty() && !with.contains(&event.citation.as_str()) {
            with.push(&event.citation);
        }
        let number = with.iter().position(|source| *source == event.citation).map(|at| at + 1);
        let number = number.map_or_else(String::new, |at| format!(" [{}]", catalogue.number(at as i64)));
        let lines = wrapped(&format!("{}{number}", event.text), TEXT, width - dated);
        let height = LINE * lines.len() as f64;
        if y + height + room_of(&with) + LINE > BOTTOM {
            break;
        }
        let ink = if event.mark == Mark::Lost { Ink::Red } else { Ink::Black };
        pen.text((x, y), TEXT, Ink::Grey, &catalogue.day(event.day));
        for line in &lines {
            pen.text((x + dated, y), TEXT, ink, line);
            y += LINE;
        }
        sources = with;
        told += 1;
    }
    let rest = u32::try_from(life.events.len() - told).unwrap_or(u32::MAX);
    if rest > 0 {
        let more = Message::of(Key::PageMore, [("count", Value::Count(rest))]);
        pen.text((x + dated, y), TEXT, Ink::Grey, &catalogue.say(&more));
        y += LINE;
    }
    if !sources.is_empty() {
        y += 2.2;
        pen.bold((x, y), 3.0, Ink::Black, &catalogue.part(Key::PageSources));
        y += 4.4;
    }
    for (index, source) in sources.iter().enumerate() {
        pen.text((x, y), TEXT, Ink::Grey, &catalogue.number(index as i64 + 1));
        for line in wrapped(source, TEXT, width - 5.0) {
            pen.text((x + 5.0, y), TEXT, Ink::Grey, &line);
            y += LINE;
        }
    }
}

fn foot(pen: &mut Pen, catalogue: &Catalogue) {
    let y = 283.0;
    pen.line((MARGIN, y - 4.0), (PAPER.0 - MARGIN, y - 4.0), Ink::Pale, 0.3);
    pen.text((MARGIN, y), 2.75, Ink::Grey, &catalogue.part(Key::PageAppeal));
    if !catalogue.language().is_reviewed() {
        pen.text((MARGIN, y + 4.2), 2.75, Ink::Red, &catalogue.part(Key::PageUnreviewed));
    }
}

/// A swatch with what it means; answers where the next one may stand.
fn swatch(pen: &mut Pen, (x, y): (f64, f64), fill: Fill, line: Option<Ink>, text: &str) -> f64 {
    pen.rect((x, y - 2.3), (4.2, 2.8), fill, line);
    pen.text((x + 5.4, y), 2.6, Ink::Black, text);
    x + 5.4 + wide(text, 2.6) + 5.0
}

#[cfg(test)]
mod tests;
