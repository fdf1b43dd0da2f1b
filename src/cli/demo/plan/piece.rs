//! The set pieces of `story.csv`: whom they are about, and on which days something is to be seen.

use std::path::Path;

use anyhow::{Context, anyhow};
use serde::Deserialize;
use time::Date;

use super::rows;
use crate::cli::civil;

/// A set piece.
#[derive(Clone, Debug)]
pub(in crate::cli::demo) struct Piece {
    /// Short name.
    pub(in crate::cli::demo) key: String,
    /// The member it is about; empty when the fund has numbered nobody.
    pub(in crate::cli::demo) member_number: String,
    /// A number that matters beside it.
    pub(in crate::cli::demo) other_number: String,
    /// The days to look at, in the order in which the story names them.
    pub(in crate::cli::demo) days: Vec<Date>,
}

#[derive(Deserialize)]
struct StoryRow {
    key: String,
    member_number: String,
    other_number: String,
    key_days: String,
}

/// The set pieces, in the order of the story.
pub(super) fn read(examples: &Path) -> anyhow::Result<Vec<Piece>> {
    let rows = rows::<StoryRow>(&examples.join("story.csv"))?;
    rows.into_iter().map(|row| row.piece().context("story.csv")).collect()
}

impl StoryRow {
    fn piece(self) -> anyhow::Result<Piece> {
        // A day is written first, what is to be seen on it after a space.
        let day = |part: &str| civil::parse_day(part.split(' ').next().unwrap_or_default());
        let days: Result<Vec<Date>, String> = self.key_days.split(" | ").map(day).collect();
        let days = days.map_err(|error| anyhow!("{}: {error}", self.key))?;
        Ok(Piece { key: self.key, member_number: self.member_number, other_number: self.other_number, days })
    }
}
