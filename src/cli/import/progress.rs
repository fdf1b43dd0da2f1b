//! How far a long piece of work is, told on standard error, so that what is printed can be kept in a file.

use std::io::{IsTerminal as _, Write as _};

use crate::cli::words::count;
use crate::clock::Stopwatch;

/// After how long progress is told, and how often then: on a terminal, where it overwrites itself, and elsewhere.
const QUIET_SECONDS: f64 = 2.0;
const TOLD_EVERY_SECONDS: (f64, f64) = (1.0, 10.0);

pub(super) struct Progress {
    watch: Stopwatch,
    next: f64,
    /// How many lines there are, roughly: a text may be broken over several.
    lines: usize,
    what: &'static str,
}

impl Progress {
    /// Begins to watch over work on so many lines, of which some will be, in a word, `what`.
    pub(super) fn of(lines: usize, what: &'static str) -> Progress {
        Progress { watch: Stopwatch::start(), next: QUIET_SECONDS, lines, what }
    }

    /// So many lines are done; tells it when it is time to.
    pub(super) fn done(&mut self, lines: usize) {
        let seconds = self.watch.seconds();
        if seconds >= self.next {
            #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
            let rate = (lines as f64 / seconds).round();
            let what = self.what;
            let every =
                self.say(&format!("{} of about {} lines {what}, {rate} a second", count(lines), count(self.lines)), "");
            self.next = seconds + every;
        }
    }

    /// Tells something that stays to be read.
    pub(super) fn news(&mut self, text: &str) {
        self.say(text, "\n");
    }

    fn say(&self, text: &str, end: &str) -> f64 {
        let mut err = std::io::stderr();
        let (often, seldom) = TOLD_EVERY_SECONDS;
        let (begin, end, every) = if err.is_terminal() { ("\r\u{1b}[2K", end, often) } else { ("", "\n", seldom) };
        // Where nobody reads it, the work goes on.
        drop(write!(err, "{begin}{text}{end}").and_then(|()| err.flush()));
        every
    }
}
