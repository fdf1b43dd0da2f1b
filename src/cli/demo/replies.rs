//! What the server answered so far: the only memory of the play, so that the story tells answers and not the plan.

use std::collections::{BTreeMap, BTreeSet};

use time::Date;

use super::plan::{BankLine, Report};
use crate::cli::client::Refusal;
use crate::proto::v1::{Outcome, RecordPaymentResponse, ReportHireResponse, ReportSeparationResponse, SuspenseReason};

/// All answers that the story or the summary needs.
#[derive(Default, Debug)]
pub(super) struct Replies {
    /// The ledger's id of everybody whom the desk registered, by member number.
    pub(super) members: BTreeMap<String, String>,
    /// How many enrolments were accepted.
    pub(super) enrolled: usize,
    /// The employers' ids, with the provider that reports for each, by employer number.
    pub(super) employers: BTreeMap<String, (String, String)>,
    /// Every line of a bank with what came of it.
    pub(super) payments: Vec<PaymentReply>,
    /// Every reported hire with what came of it.
    pub(super) hires: Vec<HireReply>,
    /// Every reported separation with what came of it.
    pub(super) separations: Vec<SeparationReply>,
    /// Refusals that no set piece is about.
    pub(super) surprises: Vec<String>,
    /// The payments already counted as money received.
    counted: BTreeSet<String>,
    /// What was received, each payment once.
    pub(super) received_riel: i64,
    /// Of that, what came for nobody on record.
    pub(super) unknown_riel: i64,
    /// Lines that had been recorded before.
    pub(super) repeated: usize,
}

/// A bank's line and its answer.
#[derive(Debug)]
pub(super) struct PaymentReply {
    pub(super) line: BankLine,
    pub(super) answer: RecordPaymentResponse,
}

/// A hire and its answer.
#[derive(Debug)]
pub(super) struct HireReply {
    pub(super) day: Date,
    pub(super) worker: String,
    pub(super) answer: Result<ReportHireResponse, Refusal>,
}

/// A separation and its answer.
#[derive(Debug)]
pub(super) struct SeparationReply {
    pub(super) day: Date,
    pub(super) worker: String,
    pub(super) answer: Result<ReportSeparationResponse, Refusal>,
}

impl Replies {
    /// Takes down what came of a bank's line.
    pub(super) fn payment(&mut self, day: Date, line: BankLine, answer: Result<RecordPaymentResponse, Refusal>) {
        let answer = match answer {
            Ok(answer) => answer,
            Err(refusal) => {
                let (reference, line) = (&line.request.reference, line.request.line);
                self.surprises.push(format!("{day}: the payment {reference}, line {line}: {refusal}"));
                return;
            }
        };
        if answer.outcome() != Outcome::Duplicate && self.counted.insert(answer.payment_id.clone()) {
            self.received_riel += line.request.amount_riel;
            if answer.warning() == SuspenseReason::UnknownPayer {
                self.unknown_riel += line.request.amount_riel;
            }
        } else {
            self.repeated += 1;
        }
        self.payments.push(PaymentReply { line, answer });
    }

    /// Takes down what came of a hire. A refusal is a surprise unless a set piece is about it.
    pub(super) fn hire(
        &mut self,
        day: Date,
        report: &Report,
        answer: Result<ReportHireResponse, Refusal>,
        is_in_the_story: bool,
    ) {
        if let (Err(refusal), false) = (&answer, is_in_the_story) {
            self.surprises.push(format!("{day}: a hire at {}: {refusal}", report.employer_number));
        }
        self.hires.push(HireReply { day, worker: report.worker_number.clone(), answer });
    }

    /// Takes down what came of a separation.
    pub(super) fn separation(&mut self, day: Date, report: &Report, answer: Result<ReportSeparationResponse, Refusal>) {
        if let Err(refusal) = &answer {
            self.surprises.push(format!("{day}: a separation at {}: {refusal}", report.employer_number));
        }
        self.separations.push(SeparationReply { day, worker: report.worker_number.clone(), answer });
    }

    /// The payments of a payer with a value date, in the order of their delivery.
    pub(super) fn payments_of(&self, payer: &str, value_date: Date) -> Vec<&PaymentReply> {
        let of = |reply: &&PaymentReply| reply.line.payer == payer && reply.line.value_date == value_date;
        self.payments.iter().filter(of).collect()
    }

    /// How many payments were counted.
    pub(super) fn payment_count(&self) -> usize {
        self.counted.len()
    }
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;
    use crate::proto::v1::RecordPaymentRequest;

    fn line(amount_riel: i64) -> BankLine {
        let request = RecordPaymentRequest { amount_riel, ..RecordPaymentRequest::default() };
        BankLine { payer: "000251-005139".to_owned(), value_date: date!(2025 - 06 - 12), request }
    }

    fn answer(outcome: Outcome, warning: SuspenseReason, id: &str) -> Result<RecordPaymentResponse, Refusal> {
        Ok(RecordPaymentResponse {
            outcome: outcome.into(),
            warning: warning.into(),
            payment_id: id.to_owned(),
            ..RecordPaymentResponse::default()
        })
    }

    #[test]
    fn a_payment_that_comes_again_is_counted_once_however_it_is_answered() {
        let (mut replies, day) = (Replies::default(), date!(2025 - 06 - 16));
        let none = SuspenseReason::Unspecified;
        replies.payment(day, line(15_600), answer(Outcome::Accepted, none, "a"));
        replies.payment(day, line(15_600), answer(Outcome::Accepted, none, "a"));
        replies.payment(day, line(15_600), answer(Outcome::Duplicate, none, "a"));
        let unknown = SuspenseReason::UnknownPayer;
        replies.payment(day, line(7_800), answer(Outcome::AcceptedWithWarning, unknown, "b"));
        assert_eq!((replies.received_riel, replies.unknown_riel), (23_400, 7_800));
        assert_eq!((replies.payment_count(), replies.repeated), (2, 2));
        assert_eq!(replies.payments_of("000251-005139", date!(2025 - 06 - 12)).len(), 4);
    }
}
