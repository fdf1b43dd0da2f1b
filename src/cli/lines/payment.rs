//! A line of a bank's file: a payment.

use super::{Column, KNOWN_AT, Line, Wrong, request_id};
use crate::cli::{civil, words};
use crate::proto::v1::record_payment_request::Payer;
use crate::proto::v1::{Identifier, PaymentChannel, RecordPaymentRequest};

/// The columns of a bank's file.
pub(in crate::cli) const COLUMNS: &[Column] = &[
    Column {
        name: "reference",
        also: &["TXN_REF", "Transaction no."],
        required: true,
        holds: "the transaction's number",
    },
    Column { name: "line", also: &["LINE_NO"], required: true, holds: "line within the transaction, from 1" },
    Column { name: "value_date", also: &["Paid on"], required: true, holds: "day the payer handed the money over" },
    Column { name: "business_date", also: &["Booked on"], required: true, holds: "day on which the bank booked it" },
    Column {
        name: "payer",
        also: &["PAYER_ID", "Customer no."],
        required: true,
        holds: "the payer's number; any other text is kept, and the money waits for an officer",
    },
    Column {
        name: "payer_kind",
        also: &[],
        required: false,
        holds: "its kind, such as national-id, if not by its shape",
    },
    Column {
        name: "amount_riel",
        also: &["amount", "AMOUNT_KHR", "Amount (KHR)"],
        required: true,
        holds: "riel, 15600 or 15,600",
    },
    Column {
        name: "month",
        also: &["FOR_MONTH", "Bill month"],
        required: false,
        holds: "month paid for, if one was named",
    },
    Column {
        name: "channel",
        also: &["Source"],
        required: true,
        holds: "BRANCH, ONLINE_BANKING, WALLET, CASH_AGENT, KHQR or FUND_OFFICE",
    },
    Column { name: "institution", also: &[], required: false, holds: "who issued the reference, if not --institution" },
    KNOWN_AT,
];

/// The payment of a line. Its request id is made of its key, so that a line that is sent again is known again.
pub(in crate::cli) fn request(line: &Line, institution: &str) -> Result<RecordPaymentRequest, Wrong> {
    let told = line.text("institution");
    let institution = if told.is_empty() { institution } else { told };
    if institution.is_empty() {
        return Err(Wrong::new("institution", "is required where --institution is not given"));
    }
    let (reference, business_date) = (line.filled("reference")?, line.day("business_date")?);
    let number: i32 = line.number("line")?;
    let key = ["payment", institution, &business_date.to_string(), reference, &number.to_string()];
    Ok(RecordPaymentRequest {
        request_id: request_id(&key),
        validate_only: false,
        institution: institution.to_owned(),
        business_date: Some(civil::wire(business_date)),
        reference: reference.to_owned(),
        line: number,
        value_date: Some(civil::wire(line.day("value_date")?)),
        amount_riel: line.number("amount_riel")?,
        month: line.month("month")?,
        channel: channel(line.filled("channel")?)?.into(),
        payer: Some(payer(line)?),
    })
}

fn payer(line: &Line) -> Result<Payer, Wrong> {
    let (payer, told) = (line.filled("payer")?, line.text("payer_kind"));
    let kind = match told {
        "" => words::kind_of(payer),
        told => Some(words::parse_kind(told).map_err(|rule| Wrong::new("payer_kind", rule))?),
    };
    Ok(match kind {
        Some(kind) => Payer::Identifier(Identifier { kind: kind.into(), value: payer.to_owned() }),
        None => Payer::PayerText(payer.to_owned()),
    })
}

/// A channel by its name in the contract, or as the banks of the examples call it.
fn channel(text: &str) -> Result<PaymentChannel, Wrong> {
    let text = text.to_ascii_uppercase();
    let named = PaymentChannel::from_str_name(&format!("PAYMENT_CHANNEL_{text}"));
    if let Some(channel) = named.filter(|channel| *channel != PaymentChannel::Unspecified) {
        return Ok(channel);
    }
    match text.as_str() {
        "COUNTER" => Ok(PaymentChannel::Branch),
        "MOBILE" => Ok(PaymentChannel::OnlineBanking),
        "AGENT" => Ok(PaymentChannel::CashAgent),
        "APP" => Ok(PaymentChannel::Wallet),
        other => Err(Wrong::new("channel", format!("`{other}` is no channel"))),
    }
}
