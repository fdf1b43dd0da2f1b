//! Refunds: money that no month needs is paid back.
//!
//! At most what lies today in credit, in suspense or in the pot of the payment; a month is never opened again by it. One
//! person prepares it and a supervisor who is somebody else does it, once; who put the payment to its member is neither.
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
use crate::operation::command::{Accepted, Act, Content, Decided, Method, Stage, position_of};
use crate::operation::contribution::list::refunded_of;
use crate::operation::contribution::reverse::reversal_of;
use crate::operation::failure::{Failure, Refusal};
use crate::operation::page::{Needs, Page, Rows};
use crate::operation::prepared::{self, Turn};
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
    /// Under which id it was prepared; none to prepare it.
    pub prepared: Option<i64>,
}

/// What a refund answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refunded {
    /// The day on which the money is paid back; none where the refund is only prepared.
    pub on: Option<Day>,
    /// What changed about the member.
    pub changes: Vec<StandingChange>,
}

impl Refunded {
    /// Whether a second person has still to do it.
    pub fn is_prepared(&self) -> bool {
        self.on.is_none()
    }
}

impl Desk {
    /// Records that money of a payment is paid back today, or prepares it.
    ///
    /// # Errors
    /// There is no such payment, it came to nothing, so much cannot be paid back, nothing of the kind was prepared, or
    /// another person is needed.
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

impl Refund {
    /// What this very preparation has led to already: a refund moves money, so it is done once.
    fn done(&self, page: &Page) -> Option<(i64, Accepted)> {
        self.prepared?;
        let digest = Content::of(self);
        let refunds = page.payment_changes(self.payment).iter().filter(|change| change.kind == ChangeKind::Refunded);
        let mut commands = refunds.filter_map(|change| page.command_at(change.position));
        let done = commands.find(|command| command.digest == digest)?;
        Some((done.position, Accepted::of(done)))
    }
}

impl Act for Refund {
    type Reply = Refunded;
    const METHOD: Method = Method::RecordRefund;

    fn content(&self, content: &mut Content) {
        content.number(self.payment);
        content.number(self.amount);
        content.text(&self.reason);
        if let Some(prepared) = self.prepared {
            content.number(prepared);
        }
    }

    fn needs(&self, _caller: &Caller, _vault: &Vault, needs: &mut Needs) {
        needs.payment_ids.push(self.payment);
        needs.positions.extend(self.prepared.map(position_of));
    }

    fn decide(&self, caller: &Caller, page: &Page, stage: &mut Stage<'_>) -> Result<Decided, Failure> {
        let payment = self.payment;
        let row = page.payment_by_id(payment).ok_or(Refusal::PaymentNotFound { payment })?;
        if let Some((position, accepted)) = self.done(page) {
            return Ok(Decided::Repeated { position, accepted });
        }
        if let Some(reversal) = reversal_of(page, payment) {
            return Err(Refusal::PaymentReversed { payment, on: Day(reversal.on) }.into());
        }
        let refundable = refundable(row, page, stage);
        if self.amount > refundable {
            return Err(Refusal::AmountAboveRefundable { payment, amount: self.amount, refundable }.into());
        }
        let (member, today) = (page.holder(row), stage.today());
        let as_prepared = Self { prepared: None, ..self.clone() };
        let turn = prepared::turn(&as_prepared, self.prepared, caller, page)?;
        let assigned = page.payment_changes(payment).iter().find(|change| change.kind == ChangeKind::Assigned);
        if assigned.is_some_and(|change| page.caller_at(change.position) == Some(caller.id.as_str())) {
            return Err(Refusal::SecondPersonRequired { method: Self::METHOD.name() }.into());
        }
        match turn {
            Turn::First => return Ok(prepared::first(member, self.reason.clone())),
            // What was prepared about money of nobody says nothing about a member's.
            Turn::Second { prepared } if assigned.is_some_and(|change| prepared.0 < change.known_at) => {
                return Err(Refusal::PreparationNotFound { prepared: self.prepared.unwrap_or_default() }.into());
            }
            Turn::Second { .. } => {}
        }
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
        let on = accepted.fact.map(|_| accepted.known.day());
        Refunded { on, changes: changes.unwrap_or_default() }
    }

    fn warns(reply: &Refunded) -> bool {
        reply.is_prepared()
    }
}
