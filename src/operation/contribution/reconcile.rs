//! Reconciliation: whether a bank and the ledger hold the same payments for a business date.
//!
//! Count, sum and digest are compared and, where the bank sends its lines, the first that differs is named. What
//! became of a payment afterwards plays no part: both sides compare what was booked. Absent: any repair.

use krama_law::calendar::Day;
use krama_law::money::Riel;
use sha2::{Digest as _, Sha256};

use crate::operation::Desk;
use crate::operation::caller::Caller;
use crate::operation::contribution::list::must_be_own;
use crate::operation::failure::Failure;
use crate::operation::reading::{AtLeast, Reading};
use crate::store::payment;

/// A line of a collection, in the order in which lines are compared.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Line {
    /// The reference.
    pub reference: String,
    /// The line under it.
    pub line: i32,
    /// The day on which the payer handed the money over.
    pub value_date: Day,
    /// How much, in riel.
    pub amount: Riel,
}

/// A collection in three values.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Totals {
    /// How many payments.
    pub count: i64,
    /// Their sum, in riel.
    pub sum: Riel,
    /// The digest of their lines.
    pub digest: [u8; 32],
}

/// What a reconciliation answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reconciled {
    /// What the ledger holds.
    pub totals: Totals,
    /// The first line that differs: as the bank has it, and as the ledger has it.
    pub first_difference: Option<(Option<Line>, Option<Line>)>,
}

impl Totals {
    fn of(lines: &[Line]) -> Totals {
        let mut digest = Sha256::new();
        for Line { reference, line, value_date, amount } in lines {
            digest.update(format!("{reference}\t{line}\t{value_date}\t{amount}\n"));
        }
        Totals {
            count: i64::try_from(lines.len()).unwrap_or(i64::MAX),
            sum: lines.iter().map(|line| line.amount).sum(),
            digest: digest.finalize().into(),
        }
    }
}

impl Desk {
    /// What the ledger holds of an institution's business date, and where the bank's own lines first differ from it.
    ///
    /// # Errors
    /// A collector asks for another institution.
    pub async fn reconcile_collection(
        &self,
        caller: &Caller,
        institution: &str,
        day: Day,
        mut told: Vec<Line>,
        at_least: Option<AtLeast>,
    ) -> Result<Reading<Reconciled>, Failure> {
        must_be_own(caller, institution)?;
        let snapshot = self.snapshot(at_least.as_ref()).await?;
        let rows = payment::page_of_day(&snapshot.read, institution, day.0, i64::MIN, i64::MAX.unsigned_abs()).await?;
        let line = |row: payment::PaymentRow| Line {
            reference: row.key.reference,
            line: row.key.line,
            value_date: Day(row.value_date),
            amount: row.amount,
        };
        let mut held: Vec<Line> = rows.into_iter().map(line).collect();
        held.sort_unstable();
        told.sort_unstable();
        let first_difference = if told.is_empty() { None } else { first_difference(&told, &held) };
        Ok(snapshot.with(Reconciled { totals: Totals::of(&held), first_difference }))
    }
}

/// The first place at which two sorted lists differ. A key that only one side has is its own; one that both have with
/// other values is a pair.
fn first_difference(told: &[Line], held: &[Line]) -> Option<(Option<Line>, Option<Line>)> {
    let at = (0..told.len().max(held.len())).find(|&at| told.get(at) != held.get(at))?;
    let (told, held) = (told.get(at).cloned(), held.get(at).cloned());
    let key = |line: &Line| (line.reference.clone(), line.line);
    match (&told, &held) {
        (Some(one), Some(other)) if key(one) < key(other) => Some((told, None)),
        (Some(one), Some(other)) if key(one) > key(other) => Some((None, held)),
        _ => Some((told, held)),
    }
}
