//! The banks' files. Two shapes, one reader: columns go by either name, and days, months and amounts by either form.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, anyhow, ensure};
use serde::Deserialize;
use time::Date;

use super::{BankLine, DayPlan, Delivery, request_id, rows};
use crate::cli::{civil, words};
use crate::proto::v1::record_payment_request::Payer;
use crate::proto::v1::{Identifier, PaymentChannel, RecordPaymentRequest};

#[derive(Deserialize)]
struct DeliveryRow {
    file: String,
    institution: String,
    arrives_on: String,
    lines: usize,
    total_khr: i64,
}

#[derive(Deserialize)]
struct LineRow {
    #[serde(alias = "TXN_REF", alias = "Transaction no.")]
    reference: String,
    #[serde(alias = "LINE_NO", alias = "Line")]
    line: i32,
    #[serde(alias = "VALUE_DATE", alias = "Paid on")]
    value_date: String,
    #[serde(alias = "BUSINESS_DATE", alias = "Booked on")]
    business_date: String,
    #[serde(alias = "PAYER_ID", alias = "Customer no.")]
    payer: String,
    #[serde(alias = "AMOUNT_KHR", alias = "Amount (KHR)")]
    amount: String,
    #[serde(alias = "FOR_MONTH", alias = "Bill month")]
    month: String,
    #[serde(alias = "CHANNEL", alias = "Source")]
    channel: String,
}

/// Puts every delivery on the day on which it arrives.
pub(super) fn read(examples: &Path, days: &mut BTreeMap<Date, DayPlan>) -> anyhow::Result<()> {
    for delivery in rows::<DeliveryRow>(&examples.join("deliveries.csv"))? {
        let arrives_on = civil::parse_day(&delivery.arrives_on).map_err(|error| anyhow!(error))?;
        let read = rows::<LineRow>(&examples.join(&delivery.file))?;
        let lines: anyhow::Result<Vec<BankLine>> =
            read.into_iter().map(|row| row.line(&delivery.institution)).collect();
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

impl LineRow {
    fn line(self, institution: &str) -> anyhow::Result<BankLine> {
        let at = format!("transaction {}, line {}", self.reference, self.line);
        self.read(institution).with_context(|| at)
    }

    fn read(self, institution: &str) -> anyhow::Result<BankLine> {
        let value_date = civil::parse_day(&self.value_date).map_err(|error| anyhow!(error))?;
        let business_date = civil::parse_day(&self.business_date).map_err(|error| anyhow!(error))?;
        let payer = match words::kind_of(&self.payer) {
            Some(kind) => Payer::Identifier(Identifier { kind: kind.into(), value: self.payer.clone() }),
            None => Payer::PayerText(self.payer.clone()),
        };
        // The key of a payment. A bank that sends a file again sends the same ids again.
        let key = [institution, &business_date.to_string(), &self.reference, &self.line.to_string()];
        let request = RecordPaymentRequest {
            request_id: request_id(&[&["payment"], &key[..]].concat()),
            validate_only: false,
            institution: institution.to_owned(),
            business_date: Some(civil::wire(business_date)),
            reference: self.reference,
            line: self.line,
            value_date: Some(civil::wire(value_date)),
            amount_riel: self.amount.replace(',', "").parse().context("the amount is no whole number")?,
            month: month(&self.month)?,
            channel: channel(&self.channel)?.into(),
            payer: Some(payer),
        };
        Ok(BankLine { payer: self.payer, value_date, request })
    }
}

/// A month in either form, `2025-06` or `06/2025`, or none.
fn month(text: &str) -> anyhow::Result<Option<String>> {
    match (text, text.split_once('/')) {
        ("", _) => Ok(None),
        (iso, None) if iso.len() == 7 => Ok(Some(iso.to_owned())),
        (_, Some((month, year))) => Ok(Some(format!("{year}-{month}"))),
        (other, None) => Err(anyhow!("`{other}` is no month")),
    }
}

fn channel(text: &str) -> anyhow::Result<PaymentChannel> {
    match text {
        "COUNTER" => Ok(PaymentChannel::Branch),
        "MOBILE" => Ok(PaymentChannel::OnlineBanking),
        "AGENT" => Ok(PaymentChannel::CashAgent),
        "APP" => Ok(PaymentChannel::Wallet),
        "KHQR" => Ok(PaymentChannel::Khqr),
        other => Err(anyhow!("`{other}` is no channel of these banks")),
    }
}
