//! The banks' files, each on the day on which it arrives.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, anyhow, ensure};
use serde::Deserialize;
use time::Date;

use super::{BankLine, DayPlan, Delivery, rows};
use crate::cli::civil;
use crate::cli::lines::{Line, Sheet, payment};

#[derive(Deserialize)]
struct DeliveryRow {
    file: String,
    institution: String,
    arrives_on: String,
    lines: usize,
    total_khr: i64,
}

/// Puts every delivery on the day on which it arrives.
pub(super) fn read(examples: &Path, days: &mut BTreeMap<Date, DayPlan>) -> anyhow::Result<()> {
    for delivery in rows::<DeliveryRow>(&examples.join("deliveries.csv"))? {
        let arrives_on = civil::parse_day(&delivery.arrives_on).map_err(|error| anyhow!(error))?;
        let read = Sheet::whole(&examples.join(&delivery.file), payment::COLUMNS)?;
        let lines: anyhow::Result<Vec<BankLine>> =
            read.iter().map(|line| bank_line(line, &delivery.institution)).collect();
        let lines = lines.with_context(|| delivery.file.clone())?;
        // The list of deliveries says how many lines and how much money a file holds: a torn file is not played.
        let total: i64 = lines.iter().map(|line| line.request.amount_riel).sum();
        ensure!(
            (lines.len(), total) == (delivery.lines, delivery.total_khr),
            "{}: holds {} lines and {total} riel, and should hold {} and {}",
            delivery.file,
            lines.len(),
            delivery.lines,
            delivery.total_khr
        );
        let delivery = Delivery { institution: delivery.institution, lines };
        days.entry(arrives_on).or_default().deliveries.push(delivery);
    }
    Ok(())
}

fn bank_line(line: &Line, institution: &str) -> anyhow::Result<BankLine> {
    let at = || format!("line {}", line.number);
    let request = payment::request(line, institution).with_context(at)?;
    Ok(BankLine { payer: line.text("payer").to_owned(), value_date: line.day("value_date").with_context(at)?, request })
}
