//! What the person at the terminal sees: dated lines, and a counter that overwrites itself where that is possible.

use std::io::Write;

use time::Date;

/// Text is broken before it passes this column.
const WIDTH: usize = 100;

/// The column at which the text of a dated line begins.
const INDENT: usize = 12;

/// Where the play is told.
pub(super) struct Screen<'a> {
    out: &'a mut dyn Write,
    /// Whether a line can be overwritten.
    is_terminal: bool,
    counting: bool,
}

impl<'a> Screen<'a> {
    pub(super) fn new(out: &'a mut dyn Write, is_terminal: bool) -> Screen<'a> {
        Screen { out, is_terminal, counting: false }
    }

    /// A line as it is.
    pub(super) fn line(&mut self, text: &str) -> std::io::Result<()> {
        self.wipe()?;
        writeln!(self.out, "{text}")?;
        self.out.flush()
    }

    /// What is seen on a day.
    pub(super) fn told(&mut self, day: Date, text: &str) -> std::io::Result<()> {
        self.line(&filled(&format!("{day}  "), text))
    }

    /// An answer that is not what the story expects.
    pub(super) fn discrepancy(&mut self, text: &str) -> std::io::Result<()> {
        self.line(&filled("DIFFERS     ", text))
    }

    /// How far the play is; shown on a terminal only, until the next line.
    pub(super) fn count(&mut self, text: &str) -> std::io::Result<()> {
        if self.is_terminal {
            self.counting = true;
            write!(self.out, "\r\u{1b}[2K{text}")?;
            self.out.flush()?;
        }
        Ok(())
    }

    fn wipe(&mut self) -> std::io::Result<()> {
        if self.counting {
            self.counting = false;
            write!(self.out, "\r\u{1b}[2K")?;
        }
        Ok(())
    }
}

/// A text after a label, broken between words, with the later lines under the first.
fn filled(label: &str, text: &str) -> String {
    let mut lines = vec![label.to_owned()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().map_or("", |line| line.as_str());
        let fits = line.chars().count() + 1 + word.chars().count() <= WIDTH;
        if !fits {
            lines.push(" ".repeat(INDENT));
        }
        if let Some(line) = lines.last_mut() {
            if line.chars().count() > INDENT {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn long_text_is_broken_under_its_beginning() {
        let mut out = Vec::new();
        Screen::new(&mut out, false).told(date!(2026 - 09 - 16), &"abcdefghi ".repeat(12)).unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(lines[0].starts_with("2026-09-16  abcdefghi abcdefghi"), "{text}");
        assert!(lines[1].starts_with("            abcdefghi"), "{text}");
        assert!(lines.iter().all(|line| line.len() <= WIDTH), "{text}");
    }

    #[test]
    fn a_counter_is_shown_on_a_terminal_only_and_wiped_by_the_next_line() {
        let (mut plain, mut live) = (Vec::new(), Vec::new());
        for (out, is_terminal) in [(&mut plain, false), (&mut live, true)] {
            let mut screen = Screen::new(out, is_terminal);
            screen.count("2025-03-16").unwrap();
            screen.line("done").unwrap();
        }
        assert_eq!(plain, b"done\n");
        assert_eq!(live, b"\r\x1b[2K2025-03-16\r\x1b[2Kdone\n");
    }
}
