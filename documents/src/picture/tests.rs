//! Lines of a page are cut where a reader would cut them, and nothing on it is told by colour alone.

use super::*;

#[test]
fn lines_are_cut_where_a_reader_would() {
    assert_eq!(wrapped("one two three", 10.0, 45.0), ["one two", "three"]);
    let khmer = wrapped("សមាជិកភាពបានផុត", 10.0, 30.0);
    assert!(
        khmer.len() > 1
            && khmer.iter().all(|line| ('\u{1780}'..='\u{17b3}').contains(&line.chars().next().unwrap_or(' '))),
        "{khmer:?}"
    );
}

/// How bright an ink is to the eye: 0 is black and 100 is white.
fn lightness(colour: &str) -> f64 {
    let part = |at: usize| {
        let sign = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
        if sign <= 0.04045 { sign / 12.92 } else { ((sign + 0.055) / 1.055).powf(2.4) }
    };
    let light = 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
    116.0 * light.cbrt() - 16.0
}

/// What is drawn, without any colour.
fn without_colours(draw: impl Fn(&mut Pen)) -> String {
    let mut pen = Pen::new("");
    draw(&mut pen);
    let svg = pen.finish();
    let mut parts = svg.split('#');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let colour = part.len() > 6 && part.bytes().take(6).all(|sign| sign.is_ascii_hexdigit());
        text.push_str(if colour { &part[6..] } else { part });
    }
    text
}

#[test]
fn inks_that_mean_something_by_themselves_differ_without_their_hue() {
    let greys = [Ink::Black, Ink::Grey, Ink::Pale].map(|ink| lightness(ink.colour()));
    assert!(greys.windows(2).all(|pair| pair[1] - pair[0] > 25.0), "{greys:?}");
    assert!(100.0 - greys[2] > 10.0, "what is pale can be seen on paper: {greys:?}");
    assert!(lightness(Ink::Red.colour()) < 45.0, "red is dark, so that it can be read in black and white");
}

#[test]
fn every_sign_of_a_page_has_a_shape_of_its_own() {
    let states = [MonthState::Paid, MonthState::Worked, MonthState::Overdue, MonthState::Open, MonthState::NotOwed];
    let months = states.map(|state| without_colours(|pen| strip::debt(pen, (50.0, 50.0), state)));
    let fill = |scheme| strip::fill_of_scheme(scheme);
    let schemes = Scheme::ALL
        .map(|scheme| without_colours(|pen| pen.rect((50.0, 50.0), (9.0, 3.0), fill(scheme), Some(Ink::Grey))));
    let turns = [strip::lost as fn(&mut Pen, (f64, f64), f64), strip::back];
    let turns = turns.map(|turn| without_colours(|pen| turn(pen, (50.0, 50.0), 60.0)));
    for signs in [&months[..], &schemes, &turns] {
        for (index, sign) in signs.iter().enumerate() {
            assert!(!signs[..index].contains(sign), "two signs differ in colour alone: {sign}");
        }
    }
}
