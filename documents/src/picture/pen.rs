//! The pen: the few shapes of which a page is made, written as SVG.
//!
//! Lengths are millimetres on the paper. Absent: any notion of what is drawn.

use std::fmt::Write as _;

/// The height and width of the paper: A4, upright.
pub(super) const PAPER: (f64, f64) = (210.0, 297.0);

/// An ink. Black, grey and pale can be told apart on any printer; what is red must differ from what is black in its shape
/// or be a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ink {
    Black,
    Grey,
    Pale,
    /// For what is lost. Dark in black and white.
    Red,
}

impl Ink {
    pub(super) fn colour(self) -> &'static str {
        match self {
            Ink::Black => "#1a1a1a",
            Ink::Grey => "#6b6b6b",
            Ink::Pale => "#dcdcdc",
            Ink::Red => "#9c1c1c",
        }
    }
}

/// What fills a shape.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fill {
    None,
    Ink(Ink),
    /// A pattern by its id.
    Pattern(&'static str),
}

impl Fill {
    fn text(self) -> String {
        match self {
            Fill::None => "none".to_owned(),
            Fill::Ink(ink) => ink.colour().to_owned(),
            Fill::Pattern(id) => format!("url(#{id})"),
        }
    }
}

/// A page that is being drawn.
pub(super) struct Pen {
    svg: String,
}

/// Hatchings, so that covers can be told apart on any printer.
const PATTERNS: &str = r##"<defs>
<pattern id="rising" width="1.6" height="1.6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="1.6" height="1.6" fill="#fff"/><line x1="0" y1="0" x2="0" y2="1.6" stroke="#1a1a1a" stroke-width="0.9"/></pattern>
<pattern id="upright" width="1.2" height="1.2" patternUnits="userSpaceOnUse"><rect width="1.2" height="1.2" fill="#fff"/><line x1="0.3" y1="0" x2="0.3" y2="1.2" stroke="#1a1a1a" stroke-width="0.4"/></pattern>
<pattern id="dots" width="1.2" height="1.2" patternUnits="userSpaceOnUse"><rect width="1.2" height="1.2" fill="#fff"/><circle cx="0.6" cy="0.6" r="0.34" fill="#1a1a1a"/></pattern>
<pattern id="flat" width="1" height="0.9" patternUnits="userSpaceOnUse"><rect width="1" height="0.9" fill="#fff"/><line x1="0" y1="0.3" x2="1" y2="0.3" stroke="#1a1a1a" stroke-width="0.35"/></pattern>
</defs>
"##;

impl Pen {
    pub(super) fn new(title: &str) -> Pen {
        let (width, height) = PAPER;
        let title = escaped(title);
        let svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}mm\" height=\"{height}mm\" \
             viewBox=\"0 0 {width} {height}\" \
             font-family=\"'Noto Sans','DejaVu Sans','Noto Sans Khmer','Khmer OS',sans-serif\">\n\
             <title>{title}</title>\n{PATTERNS}<rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n"
        );
        Pen { svg }
    }

    pub(super) fn finish(mut self) -> String {
        self.svg.push_str("</svg>\n");
        self.svg
    }

    fn put(&mut self, element: std::fmt::Arguments<'_>) {
        // Writing to a text cannot fail.
        let _ = self.svg.write_fmt(element);
        self.svg.push('\n');
    }

    pub(super) fn rect(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), fill: Fill, line: Option<Ink>) {
        let (fill, line) = (fill.text(), line.map_or("none", Ink::colour));
        self.put(format_args!(
            "<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{height:.2}\" fill=\"{fill}\" stroke=\"{line}\" stroke-width=\"0.25\"/>"
        ));
    }

    pub(super) fn line(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64), ink: Ink, width: f64) {
        let ink = ink.colour();
        self.put(format_args!(
            "<line x1=\"{x1:.2}\" y1=\"{y1:.2}\" x2=\"{x2:.2}\" y2=\"{y2:.2}\" stroke=\"{ink}\" stroke-width=\"{width}\"/>"
        ));
    }

    /// A broken line.
    pub(super) fn dashes(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64), ink: Ink, width: f64) {
        let ink = ink.colour();
        self.put(format_args!(
            "<line x1=\"{x1:.2}\" y1=\"{y1:.2}\" x2=\"{x2:.2}\" y2=\"{y2:.2}\" stroke=\"{ink}\" stroke-width=\"{width}\" stroke-dasharray=\"1.1 0.7\"/>"
        ));
    }

    pub(super) fn dot(&mut self, (x, y): (f64, f64), radius: f64, ink: Ink) {
        let ink = ink.colour();
        self.put(format_args!("<circle cx=\"{x:.2}\" cy=\"{y:.2}\" r=\"{radius}\" fill=\"{ink}\"/>"));
    }

    /// A triangle that points down at a place.
    pub(super) fn arrow(&mut self, (x, y): (f64, f64), ink: Ink) {
        let ink = ink.colour();
        let (left, right, top) = (x - 0.9, x + 0.9, y - 1.5);
        self.put(format_args!("<path d=\"M{left:.2} {top:.2}H{right:.2}L{x:.2} {y:.2}Z\" fill=\"{ink}\"/>"));
    }

    pub(super) fn text(&mut self, (x, y): (f64, f64), size: f64, ink: Ink, text: &str) {
        self.write((x, y), size, ink, "", text);
    }

    pub(super) fn bold(&mut self, (x, y): (f64, f64), size: f64, ink: Ink, text: &str) {
        self.write((x, y), size, ink, " font-weight=\"bold\"", text);
    }

    pub(super) fn centred(&mut self, (x, y): (f64, f64), size: f64, ink: Ink, text: &str) {
        self.write((x, y), size, ink, " text-anchor=\"middle\"", text);
    }

    pub(super) fn ending_at(&mut self, (x, y): (f64, f64), size: f64, ink: Ink, text: &str) {
        self.write((x, y), size, ink, " text-anchor=\"end\"", text);
    }

    fn write(&mut self, (x, y): (f64, f64), size: f64, ink: Ink, how: &str, text: &str) {
        let (ink, text) = (ink.colour(), escaped(text));
        self.put(format_args!(
            "<text x=\"{x:.2}\" y=\"{y:.2}\" font-size=\"{size}\" fill=\"{ink}\"{how}>{text}</text>"
        ));
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A text cut into lines that are not wider than the room, which is measured by what its signs take on the average.
pub(super) fn wrapped(text: &str, size: f64, room: f64) -> Vec<String> {
    let (mut lines, mut line, mut width) = (Vec::new(), String::new(), 0.0);
    for word in text.split_inclusive([' ', '\u{17d4}', '\u{17d6}', '\u{200b}']) {
        let wide = wide(word, size);
        if width + wide > room && !line.is_empty() {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
            width = 0.0;
        }
        // Khmer sets no spaces between words, so what is wider than a line is cut before a syllable.
        for syllable in syllables(word) {
            let wide = self::wide(&syllable, size);
            if width + wide > room && !line.is_empty() {
                lines.push(std::mem::take(&mut line).trim_end().to_owned());
                width = 0.0;
            }
            line.push_str(&syllable);
            width += wide;
        }
    }
    if !line.trim().is_empty() {
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// A word as pieces between which it may be cut: Khmer before a consonant that stands for itself, others nowhere.
fn syllables(word: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut joined = false;
    for sign in word.chars() {
        let begins = ('\u{1780}'..='\u{17b3}').contains(&sign) && !joined;
        if begins || pieces.is_empty() {
            pieces.push(String::new());
        }
        // The sign after this one stands below it and belongs to it.
        joined = sign == '\u{17d2}';
        if let Some(last) = pieces.last_mut() {
            last.push(sign);
        }
    }
    pieces
}

/// The width of a text, about.
pub(super) fn wide(text: &str, size: f64) -> f64 {
    let of = |sign: char| match sign {
        // Vowels and signs above and below a letter take no room of their own.
        '\u{17b4}'..='\u{17b5}' | '\u{17b7}'..='\u{17bd}' | '\u{17c6}' | '\u{17c9}'..='\u{17d3}' => 0.0,
        '\u{1780}'..='\u{17ff}' => 0.82,
        'i' | 'l' | 'j' | 't' | 'f' | 'r' | '.' | ',' | ':' | ';' | ' ' | '\'' | '|' => 0.36,
        'm' | 'w' | 'M' | 'W' => 0.92,
        _ if sign.is_uppercase() || sign.is_ascii_digit() => 0.66,
        _ => 0.60,
    };
    text.chars().map(of).sum::<f64>() * size
}
