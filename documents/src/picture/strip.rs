//! The strips: twelve months a year, and under each what was paid, worked, owed and covered, by the day.
//!
//! Absent: sentences, which stand below the strips.

use krama_law::answer::{Scheme, Standing};
use krama_law::calendar::{Day, Month};
use krama_law::decision::MonthState;

use crate::catalogue::{Catalogue, Key};
use crate::picture::pen::{Fill, Ink, PAPER, Pen, wide};
use crate::picture::{LEFT, Life, MARGIN, Mark, swatch};

/// How tall a year is, and where its lanes stand in it.
const HEIGHT: f64 = 27.0;
const MONTHS: f64 = 0.0;
const PAYMENTS: f64 = 7.4;
const JOBS: f64 = 12.2;
const ARREARS: f64 = 16.4;
const COVER: f64 = 20.4;
/// How tall a bar is.
const BAR: f64 = 2.6;

/// How wide a month is.
fn month_width() -> f64 {
    (PAPER.0 - MARGIN - LEFT) / 12.0
}

/// Where a day of its year stands.
fn place(day: Day) -> f64 {
    let (year, month, number) = day.parts();
    let days = f64::from(Month::of(year, month).last_day().parts().2);
    LEFT + month_width() * (f64::from(month - 1) + f64::from(number - 1) / days)
}

/// Draws the years of a life; answers where the next thing may stand.
pub(super) fn years(pen: &mut Pen, life: &Life, (first, last): (i32, i32), catalogue: &Catalogue, top: f64) -> f64 {
    let width = month_width();
    for month in 1..=12_u8 {
        let name = catalogue.month(Month::of(last, month));
        let name = name.split(' ').next().unwrap_or_default();
        let name: String = if name.is_ascii() { name.chars().take(3).collect() } else { name.to_owned() };
        pen.centred((LEFT + width * (f64::from(month) - 0.5), top + 2.0), 2.5, Ink::Grey, &name);
    }
    let mut y = top + 4.4;
    for year in first..=last {
        of_year(pen, life, year, catalogue, y);
        y += HEIGHT;
    }
    y
}

fn of_year(pen: &mut Pen, life: &Life, year: i32, catalogue: &Catalogue, y: f64) {
    let right = PAPER.0 - MARGIN;
    pen.line((MARGIN, y - 1.0), (right, y - 1.0), Ink::Pale, 0.3);
    pen.bold(
        (MARGIN, y + 4.4),
        4.4,
        Ink::Black,
        catalogue.month(Month::of(year, 1)).rsplit(' ').next().unwrap_or_default(),
    );
    let lanes = [
        (MONTHS + 4.2, Key::PageMonths),
        (PAYMENTS + 2.2, Key::PagePayments),
        (JOBS + 2.2, Key::PageJobs),
        (ARREARS + 2.2, Key::PageArrears),
        (COVER + 2.2, Key::PageCover),
    ];
    for (down, key) in lanes {
        pen.ending_at((LEFT - 2.0, y + down), 2.3, Ink::Grey, &catalogue.part(key));
    }
    for month in 2..=12_u8 {
        let x = LEFT + month_width() * f64::from(month - 1);
        pen.line((x, y + 6.6), (x, y + HEIGHT - 2.6), Ink::Pale, 0.15);
    }
    for (month, state) in life.months.iter().filter(|(month, _)| month.parts().0 == year) {
        debt(pen, (place(month.first_day()), y + MONTHS), *state);
    }
    bars(pen, life, year, y);
    for event in life.events.iter().filter(|event| event.day.parts().0 == year) {
        let x = place(event.day);
        match event.mark {
            Mark::Paid(amount) => {
                pen.arrow((x, y + PAYMENTS + 2.2), Ink::Black);
                pen.text((x + 1.3, y + PAYMENTS + 2.2), 2.1, Ink::Black, &catalogue.number(amount));
            }
            Mark::Overdue(months) => {
                pen.centred((x, y + ARREARS + 2.3), 2.6, Ink::Red, &catalogue.number(i64::from(months)));
            }
            Mark::Lost => lost(pen, (x, y + 6.4), y + HEIGHT - 2.6),
            Mark::Back => back(pen, (x, y + 6.4), y + HEIGHT - 2.6),
            Mark::None => {}
        }
    }
    if life.on.parts().0 == year {
        // The day asked about, behind which nothing has happened yet.
        let x = place(life.on);
        pen.line((x, y - 0.4), (x, y + HEIGHT - 2.6), Ink::Black, 0.35);
        pen.dot((x, y - 0.4), 0.7, Ink::Black);
    }
}

/// The day of a loss: an unbroken line through all lanes, with a bar at its foot.
pub(super) fn lost(pen: &mut Pen, (x, top): (f64, f64), foot: f64) {
    pen.line((x, top), (x, foot), Ink::Red, 0.5);
    pen.line((x - 1.0, foot), (x + 1.0, foot), Ink::Red, 0.7);
}

/// The day of a return: a broken line, so that no printer makes the two alike.
pub(super) fn back(pen: &mut Pen, (x, top): (f64, f64), foot: f64) {
    pen.dashes((x, top), (x, foot), Ink::Black, 0.5);
}

/// A month as a debt, wide as the month.
pub(super) fn debt(pen: &mut Pen, (x, y): (f64, f64), state: MonthState) {
    let (left, top, wide, tall) = (x + 0.8, y + 0.4, month_width() - 1.6, 5.0);
    let (fill, line) = fill_of(state);
    match state {
        MonthState::NotOwed => pen.dot((x + month_width() / 2.0, y + 2.9), 0.4, Ink::Grey),
        MonthState::Paid | MonthState::Worked | MonthState::Excused | MonthState::Open => {
            pen.rect((left, top), (wide, tall), fill, line);
        }
        MonthState::Overdue => {
            pen.rect((left, top), (wide, tall), fill, line);
            pen.line((left + 2.6, top + 0.7), (left + wide - 2.6, top + tall - 0.7), Ink::Red, 0.6);
            pen.line((left + 2.6, top + tall - 0.7), (left + wide - 2.6, top + 0.7), Ink::Red, 0.6);
        }
    }
}

fn fill_of(state: MonthState) -> (Fill, Option<Ink>) {
    match state {
        MonthState::Paid => (Fill::Ink(Ink::Black), Some(Ink::Black)),
        MonthState::Worked | MonthState::Excused => (Fill::Pattern("upright"), Some(Ink::Grey)),
        MonthState::Overdue => (Fill::None, Some(Ink::Red)),
        MonthState::Open => (Fill::None, Some(Ink::Black)),
        MonthState::NotOwed => (Fill::None, None),
    }
}

pub(super) fn fill_of_scheme(scheme: Scheme) -> Fill {
    match scheme {
        Scheme::Voluntary => Fill::Ink(Ink::Grey),
        Scheme::Formal => Fill::Pattern("rising"),
        Scheme::RunOff => Fill::Pattern("flat"),
        Scheme::Assistance => Fill::Pattern("dots"),
        Scheme::Dependant => Fill::Pattern("upright"),
    }
}

/// Employments and covers of a year, up to the day asked about.
fn bars(pen: &mut Pen, life: &Life, year: i32, y: f64) {
    let (start, end) = (Month::of(year, 1).first_day(), Month::of(year, 12).last_day().min(life.on));
    for (index, (from, standing, schemes)) in life.stretches.iter().enumerate() {
        let until = life.stretches.get(index + 1).and_then(|(next, ..)| *next).map_or(end, Day::before);
        let (from, until) = (from.unwrap_or(Day::MIN).max(start), until.min(end));
        if from > until {
            continue;
        }
        let (left, right) =
            (place(from), if until.after().parts().0 == year { place(until.after()) } else { PAPER.0 - MARGIN });
        if *standing == Standing::Employed {
            pen.rect((left, y + JOBS), (right - left, BAR), Fill::Ink(Ink::Black), None);
        }
        // Several covers at once share the height of the lane.
        let tall = BAR / schemes.len().max(1) as f64;
        for (row, scheme) in schemes.iter().enumerate() {
            let top = y + COVER + tall * row as f64;
            pen.rect((left, top), (right - left, tall), fill_of_scheme(*scheme), Some(Ink::Grey));
        }
    }
}

/// What the signs mean, of those that occur; answers where the next thing may stand.
pub(super) fn legend(pen: &mut Pen, lives: &[&Life], catalogue: &Catalogue, y: f64) -> f64 {
    pen.line((MARGIN, y - 2.0), (PAPER.0 - MARGIN, y - 2.0), Ink::Pale, 0.3);
    let mut x = MARGIN;
    let states = [
        (MonthState::Paid, Key::PagePaid),
        (MonthState::Worked, Key::PageExempt),
        (MonthState::Overdue, Key::PageOverdue),
        (MonthState::Open, Key::PageOpen),
    ];
    let occurs = |state: MonthState| lives.iter().any(|life| life.months.iter().any(|(_, other)| *other == state));
    for (state, key) in states.into_iter().filter(|(state, _)| occurs(*state)) {
        let (fill, line) = fill_of(state);
        let next = swatch(pen, (x, y + 2.6), fill, line, &catalogue.part(key));
        if state == MonthState::Overdue {
            pen.line((x + 1.0, y + 0.8), (x + 3.2, y + 2.6), Ink::Red, 0.5);
            pen.line((x + 1.0, y + 2.6), (x + 3.2, y + 0.8), Ink::Red, 0.5);
        }
        x = next;
    }
    if occurs(MonthState::NotOwed) {
        pen.dot((x + 1.0, y + 1.7), 0.4, Ink::Grey);
        pen.text((x + 3.0, y + 2.6), 2.6, Ink::Black, &catalogue.part(Key::PageNotOwed));
    }
    let mut x = MARGIN;
    let covers = |scheme: Scheme| lives.iter().any(|life| life.stretches.iter().any(|(.., all)| all.contains(&scheme)));
    for scheme in Scheme::ALL.into_iter().filter(|scheme| covers(*scheme)) {
        let name = catalogue.part(Key::of_scheme(scheme));
        x = swatch(pen, (x, y + 7.4), fill_of_scheme(scheme), Some(Ink::Grey), &name);
    }
    turns(pen, lives, catalogue, y + 9.0)
}

/// What the lines through all lanes mean, where there are any.
fn turns(pen: &mut Pen, lives: &[&Life], catalogue: &Catalogue, y: f64) -> f64 {
    let mut x = MARGIN;
    for (mark, key) in [(Mark::Lost, Key::PageLost), (Mark::Back, Key::PageBack)] {
        if !lives.iter().any(|life| life.events.iter().any(|event| event.mark == mark)) {
            continue;
        }
        let (at, foot) = ((x + 1.0, y + 0.6), y + 3.4);
        if mark == Mark::Lost {
            lost(pen, at, foot)
        } else {
            back(pen, at, foot)
        }
        let name = catalogue.part(key);
        pen.text((x + 3.2, y + 3.2), 2.6, Ink::Black, &name);
        x += 3.2 + wide(&name, 2.6) + 5.0;
    }
    if x > MARGIN { y + 4.8 } else { y }
}
