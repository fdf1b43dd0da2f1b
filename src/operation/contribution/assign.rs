//! Money that waits for an officer: what waits, and whose it turns out to be.
//!
//! It keeps its value date and becomes known when it is put to the member, so that it undoes a lapse that it would have
//! prevented. Absent: money of a member that the law keeps in suspense, which an account tells.

use krama_law::calendar::{Day, Month};
use krama_law::change::StandingChange;
use krama_law::fact::{Fact, FactId, Recorded};

use crate::operation::Desk;
use crate::operation::caller::Caller;
use crate::operation::change::changes_of;
use crate::operation::command::{Accepted, Act, Content, Decided, Method, Stage};
use crate::operation::contribution::list::{PaymentNow, refunded_of};
use crate::operation::contribution::reverse::reversal_of;
use crate::operation::failure::{Failure, Refusal};
use crate::operation::page::{Needs, Page, Rows};
use crate::operation::reading::{AtLeast, Reading};
use crate::operation::transact::{Recorded as Written, Ticket};
use crate::store::payment;
use crate::store::payment_change::{ChangeKind, PaymentChangeRow};
use crate::store::seal::Vault;

/// Whose money that waits turns out to be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Assignment {
    /// Which payment.
    pub payment: i64,
    /// Whose it is.
    pub member: i64,
    /// Why the officer is sure.
    pub reason: String,
}

/// What an assignment answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Assigned {
    /// The ledger's id of the payment.
    pub payment: i64,
    /// What changed about the member.
    pub changes: Vec<StandingChange>,
}

/// A payment that waits, with what the payer told.
#[derive(Clone, PartialEq, Eq)]
pub struct WaitingPayment {
    /// The payment.
    pub payment: PaymentNow,
    /// What the payer told, where nobody was found by it.
    pub told: Option<String>,
}

impl Desk {
    /// Puts money that waits to a member.
    ///
    /// # Errors
    /// The payment does not wait, or there is no such member.
    pub async fn assign_payment(
        &self,
        caller: &Caller,
        ticket: Ticket,
        assignment: Assignment,
    ) -> Result<Written<Assigned>, Failure> {
        self.writer.submit(caller, ticket, assignment).await
    }

    /// A page of the payments that wait for an officer, oldest first, and whether there are more.
    ///
    /// # Errors
    /// The storage fails.
    pub async fn list_suspense(
        &self,
        after: i64,
        most: u32,
        at_least: Option<AtLeast>,
    ) -> Result<Reading<(Vec<WaitingPayment>, bool)>, Failure> {
        let snapshot = self.snapshot(at_least.as_ref()).await?;
        let mut rows = payment::page_of_waiting(&snapshot.read, after, u64::from(most) + 1).await?;
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let more = rows.len() > most;
        rows.truncate(most);
        let mut waiting = Vec::new();
        for payment in self.as_they_stand(&snapshot, rows).await? {
            let told = payment.row.open_payer(self.store.vault())?;
            waiting.push(WaitingPayment { payment, told });
        }
        Ok(snapshot.with((waiting, more)))
    }
}

impl Act for Assignment {
    type Reply = Assigned;
    const METHOD: Method = Method::AssignPayment;

    fn content(&self, content: &mut Content) {
        content.number(self.payment);
        content.number(self.member);
        content.text(&self.reason);
    }

    fn needs(&self, _caller: &Caller, _vault: &Vault, needs: &mut Needs) {
        needs.payment_ids.push(self.payment);
        needs.members.push(self.member);
    }

    fn decide(&self, _caller: &Caller, page: &Page, stage: &mut Stage<'_>) -> Result<Decided, Failure> {
        let (payment, member) = (self.payment, self.member);
        let row = page.payment_by_id(payment).ok_or(Refusal::PaymentNotFound { payment })?;
        if page.person(member).is_none() {
            return Err(Refusal::MemberNotFound { member }.into());
        }
        let held = page.payment_changes(payment).iter().find(|change| change.kind == ChangeKind::Assigned);
        if let Some(held) = held.filter(|held| held.member == Some(member)) {
            let known = krama_law::calendar::Moment(held.known_at);
            let accepted = Accepted { known, subject: Some(member), fact: Some(payment) };
            return Ok(Decided::Repeated { position: held.position, accepted });
        }
        let is_somebodys = page.holder(row).is_some();
        let refunded = refunded_of(page, payment);
        if is_somebodys || reversal_of(page, payment).is_some() || refunded > 0 {
            return Err(Refusal::PaymentNotWaiting { payment }.into());
        }
        // The id was kept for the fact when the payment was taken.
        let fact = Fact::Payment { on: Day(row.value_date), amount: row.amount, month: row.month.map(Month) };
        let recorded = Recorded { id: FactId(payment), known: stage.known, fact };
        let change = PaymentChangeRow {
            position: stage.position,
            known_at: stage.known.0,
            payment,
            kind: ChangeKind::Assigned,
            on: stage.today().0,
            member: Some(member),
            amount: None,
            reason: 0,
        };
        let mut rows = Rows { payment_changes: vec![change], ..Rows::default() };
        rows.facts.push((member, recorded));
        rows.note = Some(self.reason.clone());
        Ok(Decided::New { rows, subject: Some(member), fact: Some(payment) })
    }

    fn reply(&self, page: &Page, stage: &Stage<'_>, accepted: &Accepted) -> Assigned {
        Assigned { payment: self.payment, changes: changes_of(page, self.member, accepted, stage) }
    }
}
