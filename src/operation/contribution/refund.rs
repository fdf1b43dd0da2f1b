//! Refunds: money that no month needs is paid back.
//!
//! At most what lies today in credit, in suspense or in the pot of the payment; a month is never opened again by it.
//! Absent: the transfer itself, which another system makes.

use krama_law::calendar::Day;
use krama_law::change::StandingChange;
use krama_law::decision::explain;
use krama_law::fact::{Fact, FactId, Recorded};
use krama_law::money::Riel;
use krama_law::purse::Place;

use crate::operation::Desk;
use crate::operation::caller::Caller;
use crate::operation::change::changes_of;
use crate::operation::command::{Accepted, Act, Content, Decided, Method, Stage};
use crate::operation::contribution::list::refunded_of;
use crate::operation::contribution::reverse::reversal_of;
use crate::operation::failure::{Failure, Refusal};
use crate::operation::page::{Needs, Page, Rows};
use crate::operation::transact::{Recorded as Written, Ticket};
use crate::store::payment::PaymentRow;
use crate::store::payment_change::{ChangeKind, PaymentChangeRow};
use crate::store::seal::Vault;

/// Money that is paid back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refund {
    /// Of which payment.
    pub payment: i64,
    /// How much, in riel.
    pub amount: Riel,
    /// Why.
    pub reason: String,
}

/// What a refund answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refunded {
    /// The ledger's id of the payment.
    pub payment: i64,
    /// The day on which the money is paid back.
    pub on: Day,
    /// What changed about the member.
    pub changes: Vec<StandingChange>,
}

impl Desk {
    /// Records that money of a payment is paid back today.
    ///
    /// # Errors
    /// There is no such payment, it came to nothing, so much cannot be paid back, or the caller put it to the member.
    pub async fn record_refund(
        &self,
        caller: &Caller,
        ticket: Ticket,
        refund: Refund,
    ) -> Result<Written<Refunded>, Failure> {
        self.writer.submit(caller, ticket, refund).await
    }
}

/// What may be paid back of a payment today.
fn refundable(row: &PaymentRow, page: &Page, stage: &Stage<'_>) -> Riel {
    let Some(member) = page.holder(row) else { return row.amount - refunded_of(page, row.id) };
    let explanation = explain(&page.timeline(member), stage.law, stage.today(), stage.known);
    let own = explanation.placements.iter().filter(|placement| placement.payments == [FactId(row.id)]);
    let free = own.filter(|placement| matches!(placement.place, Place::Credit | Place::Suspense(_) | Place::Pot));
    free.map(|placement| placement.amount).sum()
}

impl Act for Refund {
    type Reply = Refunded;
    const METHOD: Method = Method::RecordRefund;

    fn content(&self, content: &mut Content) {
        content.number(self.payment);
        content.number(self.amount);
        content.text(&self.reason);
    }

    fn needs(&self, _caller: &Caller, _vault: &Vault, needs: &mut Needs) {
        needs.payment_ids.push(self.payment);
    }

    fn decide(&self, caller: &Caller, page: &Page, stage: &mut Stage<'_>) -> Result<Decided, Failure> {
        let payment = self.payment;
        let row = page.payment_by_id(payment).ok_or(Refusal::PaymentNotFound { payment })?;
        if let Some(reversal) = reversal_of(page, payment) {
            return Err(Refusal::PaymentReversed { payment, on: Day(reversal.on) }.into());
        }
        let assigned = page.payment_changes(payment).iter().find(|change| change.kind == ChangeKind::Assigned);
        if assigned.is_some_and(|change| page.caller_at(change.position) == Some(caller.id.as_str())) {
            return Err(Refusal::SecondPersonRequired { method: Self::METHOD.name() }.into());
        }
        let refundable = refundable(row, page, stage);
        if self.amount > refundable {
            return Err(Refusal::AmountAboveRefundable { payment, amount: self.amount, refundable }.into());
        }
        let (member, today) = (page.holder(row), stage.today());
        let mut rows = Rows::default();
        if let Some(member) = member {
            let fact = Fact::Refunded { payment: FactId(payment), amount: self.amount, on: today };
            rows.facts.push((member, Recorded { id: stage.fact(0), known: stage.known, fact }));
        }
        rows.payment_changes.push(PaymentChangeRow {
            position: stage.position,
            known_at: stage.known.0,
            payment,
            kind: ChangeKind::Refunded,
            on: today.0,
            member: None,
            amount: Some(self.amount),
            reason: 0,
        });
        rows.note = Some(self.reason.clone());
        Ok(Decided::New { rows, subject: member, fact: Some(payment) })
    }

    fn reply(&self, page: &Page, stage: &Stage<'_>, accepted: &Accepted) -> Refunded {
        let changes = accepted.subject.map(|member| changes_of(page, member, accepted, stage));
        Refunded { payment: self.payment, on: accepted.known.day(), changes: changes.unwrap_or_default() }
    }
}
