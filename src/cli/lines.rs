//! The lines of comma-separated files, as banks and payroll packages hand them over: read one by one, by the names of
//! their columns.
//!
//! A column goes by its own name or by the names that known exports give it, whatever the case; days, months and amounts
//! by either usual form. Absent: what a file is sent for, and more than one line in memory.

pub(super) mod payment;
pub(super) mod register;
pub(super) mod report;

use std::fmt;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use anyhow::{Context, anyhow, bail};
use prost_types::Timestamp;
use time::Date;
use uuid::Uuid;

use super::civil;
use crate::proto::google_type;
use crate::proto::v1::Sex;

/// The namespace of the request ids of files: a business key names the same request whenever its line is sent.
const REQUESTS: Uuid = Uuid::from_u128(0x8a1d_6f0e_51c4_4a7b_9d3e_2b60_c1f7_0280);

/// The request id that a business key always has.
pub(super) fn request_id(parts: &[&str]) -> String {
    Uuid::new_v5(&REQUESTS, parts.join("\u{1f}").as_bytes()).to_string()
}

/// A column of a kind of file.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: &'static str,
    /// What exports that we know call it.
    pub(super) also: &'static [&'static str],
    /// Whether every file has it.
    pub(super) required: bool,
    /// What it holds, for who makes the file.
    pub(super) holds: &'static str,
}

/// When an older register came to know a row.
pub(super) const KNOWN_AT: Column =
    Column { name: "known_at", also: &[], required: false, holds: "register only: when it became known there" };

impl Column {
    fn is_called(&self, header: &str) -> bool {
        self.name.eq_ignore_ascii_case(header) || self.also.iter().any(|name| name.eq_ignore_ascii_case(header))
    }
}

/// The columns of a kind of file, for `--help`.
pub(super) fn help(columns: &[Column]) -> String {
    let mut text =
        "Columns, in any order, in UTF-8 with one header line; * is required, others are ignored:\n".to_owned();
    for Column { name, also, required, holds } in columns {
        let star = if *required { '*' } else { ' ' };
        text.push_str(&format!("  {star} {name:<22} {holds}\n"));
        if !also.is_empty() {
            text.push_str(&format!("    {:<22} also called {}\n", "", also.join(", ")));
        }
    }
    text
}

/// What is wrong with a line: a column, and the rule that it breaks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Wrong {
    pub(super) column: &'static str,
    pub(super) rule: String,
}

impl Wrong {
    pub(super) fn new(column: &'static str, rule: impl Into<String>) -> Wrong {
        Wrong { column, rule: rule.into() }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.column, self.rule)
    }
}

impl std::error::Error for Wrong {}

/// A file that is being read.
pub(super) struct Sheet<R = File> {
    reader: csv::Reader<R>,
    /// How many bytes the file has, and whether the last of them is no end of a line.
    bytes: u64,
    unended: bool,
    /// How many fields the header has.
    fields: usize,
    columns: &'static [Column],
    /// Where each column stands in a line; none where the file lacks it.
    places: Vec<Option<usize>>,
}

/// A line, by the names of its columns.
#[derive(Debug)]
pub(super) struct Line {
    /// Its number in the file; the header has the first.
    pub(super) number: u64,
    columns: &'static [Column],
    texts: Vec<String>,
}

impl Sheet {
    /// Opens a file and finds its columns.
    ///
    /// # Errors
    /// The file cannot be read or lacks a column.
    pub(super) fn open(file: &Path, columns: &'static [Column]) -> anyhow::Result<Sheet> {
        let source = File::open(file).with_context(|| format!("{} cannot be read", file.display()))?;
        Sheet::of(source, &file.display().to_string(), columns)
    }

    /// All lines of a file that must be sound.
    ///
    /// # Errors
    /// The file, or a line of it, cannot be read.
    pub(super) fn whole(file: &Path, columns: &'static [Column]) -> anyhow::Result<Vec<Line>> {
        let lines: Result<Vec<_>, _> = Sheet::open(file, columns)?.collect();
        let lines = lines.with_context(|| format!("{} cannot be read", file.display()))?;
        let sound = lines.into_iter().map(|line| line.map_err(|(number, wrong)| anyhow!("line {number}: {wrong}")));
        sound.collect::<Result<_, _>>().with_context(|| file.display().to_string())
    }
}

impl<R: Read + Seek> Sheet<R> {
    fn of(mut source: R, name: &str, columns: &'static [Column]) -> anyhow::Result<Sheet<R>> {
        let (bytes, unended) = end_of(&mut source).with_context(|| format!("{name} cannot be read"))?;
        // Lines are told by their numbers. The default terminator takes the end of a line of Windows for the beginning
        // of the next; here its first half belongs to the last field, and is trimmed.
        let mut reader = csv::ReaderBuilder::new();
        let mut reader = reader.terminator(csv::Terminator::Any(b'\n')).flexible(true).from_reader(source);
        let headers = reader.headers().with_context(|| format!("{name} has no header line in UTF-8"))?;
        let place = |column: &Column| headers.iter().position(|header| column.is_called(header.trim()));
        let fields = headers.len();
        let places: Vec<Option<usize>> = columns.iter().map(place).collect();
        let lacks = |(column, place): &(&Column, &Option<usize>)| column.required && place.is_none();
        if let Some((column, _)) = columns.iter().zip(&places).find(lacks) {
            bail!("{name} has no column `{}`: {}\n\n{}", column.name, column.holds, help(columns));
        }
        Ok(Sheet { reader, bytes, unended, fields, columns, places })
    }
}

/// How many bytes a file has, and whether it ends within a line.
fn end_of(file: &mut (impl Read + Seek)) -> std::io::Result<(u64, bool)> {
    let mut last = [b'\n'];
    let bytes = file.seek(SeekFrom::End(0))?;
    if bytes > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    file.rewind()?;
    Ok((bytes, last != [b'\n']))
}

/// A line, or the number of one that cannot be read and why; an error is the file's.
impl<R: Read> Iterator for Sheet<R> {
    type Item = std::io::Result<Result<Line, (u64, Wrong)>>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut record = csv::ByteRecord::new();
        loop {
            match self.reader.read_byte_record(&mut record) {
                Err(error) => return Some(Err(error.into())),
                Ok(false) => return None,
                // The end of a line of Windows alone is an empty line.
                Ok(true) if record.len() == 1 && record[0].trim_ascii().is_empty() && self.fields > 1 => {}
                Ok(true) => return Some(Ok(self.line(record))),
            }
        }
    }
}

impl<R: Read> Sheet<R> {
    fn line(&self, record: csv::ByteRecord) -> Result<Line, (u64, Wrong)> {
        // The reader stands behind the line, which is on the next one unless the file ended without an end of line.
        let end = self.reader.position();
        let broken = record.iter().flatten().filter(|&&byte| byte == b'\n').count();
        let over = u64::try_from(broken).unwrap_or(u64::MAX) + u64::from(!(end.byte() == self.bytes && self.unended));
        let number = end.line().saturating_sub(over);
        if record.len() != self.fields {
            let rule = format!("has {} fields, and the header has {}", record.len(), self.fields);
            return Err((number, Wrong::new("line", rule)));
        }
        let Ok(record) = csv::StringRecord::from_byte_record(record) else {
            return Err((number, Wrong::new("line", "is not in UTF-8")));
        };
        let text =
            |place: &Option<usize>| place.and_then(|place| record.get(place)).unwrap_or_default().trim().to_owned();
        Ok(Line { number, columns: self.columns, texts: self.places.iter().map(text).collect() })
    }
}

impl Line {
    /// What stands in a column; empty where the file lacks it.
    pub(super) fn text(&self, column: &str) -> &str {
        let place = self.columns.iter().position(|known| known.name == column);
        place.map_or("", |place| &self.texts[place])
    }

    /// What stands in a column that is filled.
    pub(super) fn filled(&self, column: &'static str) -> Result<&str, Wrong> {
        Some(self.text(column)).filter(|text| !text.is_empty()).ok_or_else(|| Wrong::new(column, "is required"))
    }

    /// The day in a column.
    pub(super) fn day(&self, column: &'static str) -> Result<Date, Wrong> {
        civil::parse_day(self.filled(column)?).map_err(|rule| Wrong::new(column, rule))
    }

    /// The day in a column that may be empty, as the contract carries it.
    pub(super) fn optional_day(&self, column: &'static str) -> Result<Option<google_type::Date>, Wrong> {
        if self.text(column).is_empty() { Ok(None) } else { self.day(column).map(|day| Some(civil::wire(day))) }
    }

    /// The instant in a column; a day stands for its beginning in Phnom Penh.
    pub(super) fn moment(&self, column: &'static str) -> Result<Timestamp, Wrong> {
        let text = self.filled(column)?;
        let day = civil::parse_day(text).map(|day| civil::at_hour(day, 0));
        day.or_else(|_| civil::parse_known_at(text)).map_err(|rule| Wrong::new(column, rule))
    }

    /// A month in either form, `2025-06` or `06/2025`, or none.
    pub(super) fn month(&self, column: &'static str) -> Result<Option<String>, Wrong> {
        let text = self.text(column);
        match text.split_once('/') {
            _ if text.is_empty() => Ok(None),
            Some((month, year)) => Ok(Some(format!("{year}-{month}"))),
            None if text.len() == 7 => Ok(Some(text.to_owned())),
            None => Err(Wrong::new(column, format!("`{text}` is no month; write it like 2026-09"))),
        }
    }

    /// A whole number, of which the thousands may be set apart.
    pub(super) fn number<N: std::str::FromStr>(&self, column: &'static str) -> Result<N, Wrong> {
        let text = self.filled(column)?;
        text.replace(',', "").parse().map_err(|_| Wrong::new(column, format!("`{text}` is no whole number")))
    }

    /// The sex in a column.
    pub(super) fn sex(&self, column: &'static str) -> Result<Sex, Wrong> {
        sex(self.filled(column)?).map_err(|rule| Wrong::new(column, rule))
    }

    /// The birth date in a column.
    pub(super) fn birth_date(&self, column: &'static str) -> Result<google_type::Date, Wrong> {
        birth_date(self.filled(column)?).map_err(|rule| Wrong::new(column, rule))
    }
}

/// A sex as every file here writes it.
pub(super) fn sex(text: &str) -> Result<Sex, String> {
    match text {
        "F" | "f" => Ok(Sex::Female),
        "M" | "m" => Ok(Sex::Male),
        other => Err(format!("`{other}` is no sex; write F or M")),
    }
}

/// A birth date, or the year alone where no more is known.
pub(super) fn birth_date(text: &str) -> Result<google_type::Date, String> {
    if let (4, Ok(year)) = (text.len(), text.parse()) {
        return Ok(google_type::Date { year, month: 0, day: 0 });
    }
    civil::parse_day(text).map(civil::wire)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    const COLUMNS: &[Column] = &[
        Column { name: "amount", also: &["Amount (KHR)"], required: true, holds: "riel" },
        Column { name: "month", also: &[], required: false, holds: "month" },
        Column { name: "born", also: &[], required: false, holds: "birth date" },
    ];

    fn sheet(bytes: &[u8]) -> anyhow::Result<Sheet<Cursor<Vec<u8>>>> {
        Sheet::of(Cursor::new(bytes.to_vec()), "a.csv", COLUMNS)
    }

    #[test]
    fn a_bad_line_is_told_by_its_number_and_does_not_stop_the_others() {
        let lines: [&[u8]; 7] = [
            b"\xef\xbb\xbfother,AMOUNT (khr) , Month",
            b"x,\"15,600\",06/2025",
            b"x,1",
            b"x,\xff,",
            b"",
            b"\"y",
            b"z\",2,\"2025-06\"",
        ];
        for (between, end) in [("\n", "\n"), ("\n", ""), ("\r\n", "\r\n"), ("\r\n", "\r\n\r\n"), ("\r\n", "")] {
            let bytes = [&lines.join(between.as_bytes()), end.as_bytes()].concat();
            let lines: Vec<_> = sheet(&bytes).unwrap().map(Result::unwrap).collect();
            assert_eq!(lines.len(), 4, "{between:?} {end:?}");
            let bad = |at: usize| lines[at].as_ref().unwrap_err().clone();
            assert_eq!(bad(1), (3, Wrong::new("line", "has 2 fields, and the header has 3")), "{between:?} {end:?}");
            assert_eq!(bad(2), (4, Wrong::new("line", "is not in UTF-8")));
            let good = |at: usize| lines[at].as_ref().unwrap();
            assert_eq!((good(0).number, good(0).number("amount")), (2, Ok(15_600)), "{between:?} {end:?}");
            assert_eq!((good(3).number, good(3).number("amount")), (6, Ok(2)), "{between:?} {end:?}");
            assert_eq!(good(0).month("month"), Ok(Some("2025-06".to_owned())));
            assert_eq!(good(3).month("month"), Ok(Some("2025-06".to_owned())));
            assert_eq!(good(3).birth_date("born"), Err(Wrong::new("born", "is required")));
        }
    }

    #[test]
    fn a_file_without_a_column_is_refused_by_its_name() {
        let told = sheet(b"month\n2025-06\n").err().unwrap().to_string();
        assert!(told.contains("no column `amount`") && told.contains("also called Amount (KHR)"), "{told}");
    }
}
