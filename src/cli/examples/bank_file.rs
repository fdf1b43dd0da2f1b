//! What the banks export: their files, when each arrives, and what was taken back.

use std::collections::BTreeMap;
use std::io;

use super::World;
use super::calendar::{iso, later, next_working_day};
use super::payment::{Bank, Payer, Payment, Piece, day_text, month_text};
use super::sheet::{Files, Sheet};

pub(super) struct Written {
    pub(super) files: usize,
    pub(super) lines: usize,
    pub(super) returns: usize,
}

const TONLESAP: [&str; 9] = [
    "TXN_REF",
    "LINE_NO",
    "VALUE_DATE",
    "BUSINESS_DATE",
    "PAYER_ID",
    "PAYER_NAME",
    "AMOUNT_KHR",
    "FOR_MONTH",
    "CHANNEL",
];

const APSARA: [&str; 9] = [
    "Booked on",
    "Paid on",
    "Transaction no.",
    "Line",
    "Customer no.",
    "Customer name",
    "Bill month",
    "Amount (KHR)",
    "Source",
];

/// A payment with the reference that its bank gave it.
struct Booked<'a> {
    reference: String,
    payment: &'a Payment,
}

pub(super) fn write(files: &mut Files, world: &World) -> io::Result<Written> {
    let booked: Vec<(Bank, Vec<Booked<'_>>)> =
        Bank::ALL.into_iter().map(|bank| (bank, book(bank, &world.payments))).collect();
    let mut written = Written { files: 0, lines: 0, returns: 0 };
    let header = ["file", "institution", "from_day", "to_day", "arrives_on", "lines", "total_khr"];
    let mut deliveries = Sheet::begin("deliveries.csv", &header)?;
    for (bank, booked) in &booked {
        for (piece, booked) in pieces(booked) {
            let (lines, total) = write_piece(files, world, *bank, piece, &booked)?;
            written.files += 1;
            written.lines += lines;
            deliveries.row(&[
                piece.file(*bank),
                bank.id().to_owned(),
                iso(piece.first_day()),
                iso(piece.last_day()),
                iso(piece.arrives_on(*bank)),
                lines.to_string(),
                total.to_string(),
            ])?;
        }
    }
    deliveries.end(files)?;
    written.returns = write_returns(files, &booked)?;
    Ok(written)
}

/// The bank numbers its transactions in the order in which it books them.
fn book(bank: Bank, payments: &[Payment]) -> Vec<Booked<'_>> {
    let mut payments: Vec<&Payment> = payments.iter().filter(|payment| payment.bank == bank).collect();
    // The sort is stable: what was booked on one day keeps the order of the world.
    payments.sort_by_key(|payment| (payment.business(), payment.value));
    let number = |(place, payment): (usize, &'_ Payment)| match bank {
        Bank::Tonlesap => format!("TB{}{:05}", iso(payment.business()).replace('-', ""), place + 1),
        // Other customers use the wallet too, hence the strides between two of ours.
        Bank::Apsara => format!("{:012}", 418_830 + place * 37 + place % 11),
    };
    payments
        .into_iter()
        .enumerate()
        .map(|(place, payment)| Booked { reference: number((place, payment)), payment })
        .collect()
}

/// Sorts transactions into files, some of them into a second one as well.
fn pieces<'a>(booked: &'a [Booked<'a>]) -> BTreeMap<Piece, Vec<&'a Booked<'a>>> {
    let mut pieces: BTreeMap<Piece, Vec<&Booked<'_>>> = BTreeMap::new();
    for booked in booked {
        let piece = booked.payment.piece();
        pieces.entry(piece).or_default().push(booked);
        if booked.payment.delivered_again {
            pieces.entry(piece.next()).or_default().push(booked);
        }
    }
    pieces
}

fn write_piece(
    files: &mut Files,
    world: &World,
    bank: Bank,
    piece: Piece,
    booked: &[&Booked<'_>],
) -> io::Result<(usize, i64)> {
    let header = match bank {
        Bank::Tonlesap => &TONLESAP,
        Bank::Apsara => &APSARA,
    };
    let mut sheet = Sheet::begin(&piece.file(bank), header)?;
    let (mut lines, mut total) = (0, 0);
    for booked in booked {
        for (index, line) in booked.payment.lines.iter().enumerate() {
            sheet.row(&row(world, booked, index + 1, line.amount))?;
            lines += 1;
            total += line.amount;
        }
    }
    sheet.end(files)?;
    Ok((lines, total))
}

/// One line in the columns of its bank.
fn row(world: &World, booked: &Booked<'_>, line: usize, amount: i64) -> [String; 9] {
    let payment = booked.payment;
    let bank = payment.bank;
    let (number, latin, khmer) = match &payment.payer {
        Payer::Person(who) => {
            let person = &world.people[*who];
            let number = person.payer_number().to_owned();
            (number, person.name.latin().to_uppercase(), person.name.khmer())
        }
        Payer::Unknown { number, latin, khmer } => (number.clone(), latin.clone(), khmer.clone()),
    };
    let reference = booked.reference.clone();
    let value = day_text(bank, payment.value);
    let business = day_text(bank, payment.business());
    let month = month_text(bank, payment.lines[line - 1].month);
    let channel = payment.channel.to_owned();
    let line = line.to_string();
    match bank {
        Bank::Tonlesap => [reference, line, value, business, number, latin, amount.to_string(), month, channel],
        Bank::Apsara => [business, value, reference, line, number, khmer, month, with_separators(amount), channel],
    }
}

/// `109,200`, as people read it and machines do not.
fn with_separators(amount: i64) -> String {
    let digits = amount.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn write_returns(files: &mut Files, booked: &[(Bank, Vec<Booked<'_>>)]) -> io::Result<usize> {
    let header = ["institution", "original_reference", "returned_on", "reported_on", "amount_khr", "status", "reason"];
    let mut sheet = Sheet::begin("returns.csv", &header)?;
    let mut returns: Vec<_> = booked
        .iter()
        .flat_map(|(_, booked)| booked)
        .filter_map(|booked| booked.payment.returned.map(|day| (day, booked)))
        .collect();
    returns.sort_by_key(|(day, booked)| (*day, booked.payment.bank));
    for (day, booked) in &returns {
        let amount: i64 = booked.payment.lines.iter().map(|line| line.amount).sum();
        let reasons = ["INSUFFICIENT_FUNDS", "ACCOUNT_CLOSED", "INSUFFICIENT_FUNDS", "PAYER_DISPUTE"];
        sheet.row(&[
            booked.payment.bank.id().to_owned(),
            booked.reference.clone(),
            iso(*day),
            iso(next_working_day(later(*day, 1))),
            amount.to_string(),
            "RETURNED".to_owned(),
            reasons[usize::from(day.day()) % reasons.len()].to_owned(),
        ])?;
    }
    sheet.end(files)?;
    Ok(returns.len())
}
