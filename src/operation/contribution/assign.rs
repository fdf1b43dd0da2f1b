//! Money in suspense: what waits for an officer, and whose it turns out to be.
//!
//! It keeps its value date and becomes known when it is put to the member, so that it undoes a lapse that it would have
//! prevented. Beside money of nobody stands money of members that the law can put on no month; the standing that is kept of
//! a member tells whether there is any. Absent: what is done about the latter, which is a refund.

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
use crate::store::standing;

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

/// How many members of whom nothing is kept one page may look at; then it ends early, with a place to go on from.
const LOOKED_AT: usize = 4_096;
/// How many of them are looked at at a time.
const MEMBERS_AT_A_TIME: u64 = 256;

/// From where a page of the money in suspense goes on. Money of nobody comes first, as it was recorded, then that of
/// members, by member and as it was recorded.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum After {
    /// After a payment of nobody, by its id.
    Nobodys(i64),
    /// After a payment of a member, by the ids of both.
    Members(i64, i64),
}

/// A page of the money in suspense, and from where the next goes on, if there may be one.
pub type SuspensePage = (Vec<WaitingPayment>, Option<After>);

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

    /// A page of the payments of which something stands in suspense today.
    ///
    /// # Errors
    /// The storage fails.
    pub async fn list_suspense(
        &self,
        after: After,
        most: u32,
        at_least: Option<AtLeast>,
    ) -> Result<Reading<SuspensePage>, Failure> {
        let snapshot = self.snapshot(at_least.as_ref()).await?;
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let (mut found, mut after) = (Vec::new(), Some(after));
        if let Some(After::Nobodys(id)) = after {
            let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
            let rows = payment::page_of_waiting(&snapshot.read, id, limit).await?;
            let payments = self.as_they_stand(&snapshot, rows).await?;
            found.extend(payments.into_iter().map(|payment| (After::Nobodys(payment.row.id), payment)));
            after = Some(After::Members(i64::MIN, i64::MIN));
        }
        let mut looked_at = 0;
        while let Some(After::Members(member, _)) = after.filter(|_| found.len() <= most && looked_at < LOOKED_AT) {
            let (today, edition) = (snapshot.today(), snapshot.statute.editions.at(snapshot.known));
            let members = standing::in_suspense(&snapshot.read, today, edition, member, MEMBERS_AT_A_TIME).await?;
            looked_at += members.len();
            let rows = self.payments_of(&snapshot, &members).await?;
            let payments = self.as_they_stand(&snapshot, rows).await?.into_iter();
            let own = payments.filter_map(|payment| Some((After::Members(payment.member?, payment.row.id), payment)));
            // One that was put to another member stands with that one.
            let is_here = |payment: &PaymentNow| payment.member.is_some_and(|member| members.contains(&member));
            let suspended = own.filter(|(place, payment)| payment.suspended > 0 && Some(*place) > after);
            let suspended = suspended.filter(|(_, payment)| is_here(payment));
            let from = found.len();
            found.extend(suspended);
            found[from..].sort_unstable_by_key(|(place, _)| *place);
            let all = u64::try_from(members.len()).unwrap_or(u64::MAX) < MEMBERS_AT_A_TIME;
            after = members.last().filter(|_| !all).map(|last| After::Members(last.saturating_add(1), i64::MIN));
        }
        if found.len() > most {
            found.truncate(most);
            after = found.last().map(|(place, _)| *place);
        }
        let mut waiting = Vec::new();
        for (_, payment) in found {
            // Of money that has a member now, nobody needs what the payer told.
            let nobodys = payment.member.is_none();
            let told = if nobodys { payment.row.open_payer(self.store.vault())? } else { None };
            waiting.push(WaitingPayment { payment, told });
        }
        Ok(snapshot.with((waiting, after)))
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
        // What was paid back of it before it was anybody's never was the member's.
        let amount = row.amount - refunded_of(page, payment);
        if page.holder(row).is_some() || reversal_of(page, payment).is_some() || amount <= 0 {
            return Err(Refusal::PaymentNotWaiting { payment }.into());
        }
        // The id was kept for the fact when the payment was taken.
        let fact = Fact::Payment { on: Day(row.value_date), amount, month: row.month.map(Month) };
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
