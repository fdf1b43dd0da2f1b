//! Payments read again: whether one landed, and page by page those of an institution's day or of a member.
//!
//! A collector sees its own and nothing of the person. Absent: months and placements, which an account tells.

use std::collections::HashMap;

use krama_law::calendar::{Day, Moment};
use krama_law::decision::explain;
use krama_law::money::Riel;
use krama_law::purse::Place;

use crate::operation::Desk;
use crate::operation::caller::{Caller, Role};
use crate::operation::command::position_of;
use crate::operation::contribution::reverse::reversal_of;
use crate::operation::contribution::{PaymentRow, SuspenseReason};
use crate::operation::failure::{Failure, Refusal};
use crate::operation::page::{Needs, Page};
use crate::operation::reading::{AtLeast, Reading, Snapshot};
use crate::store::payment::{self, PaymentKey};
use crate::store::payment_change::{self, ChangeKind, PaymentChangeRow};

/// A payment as it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PaymentNow {
    /// The payment as it was recorded.
    pub row: PaymentRow,
    /// When it became known.
    pub known: Moment,
    /// Whose it is; nobody's while it waits for an officer.
    pub member: Option<i64>,
    /// Why it, or a part of it, stands in suspense today.
    pub suspense: Option<SuspenseReason>,
    /// How much of it does.
    pub suspended: Riel,
    /// From when it no longer counts.
    pub reversed_on: Option<Day>,
    /// What was paid back of it.
    pub refunded: Riel,
    /// What of that was paid back while it was nobody's, and so never was the member's.
    pub refunded_before: Riel,
}

/// Which payments are asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Which {
    /// Those that an institution booked under a day.
    Day(String, Day),
    /// Those of a member.
    Member(i64),
}

impl Desk {
    /// The payment with a business key; none where none was recorded.
    ///
    /// # Errors
    /// A collector asks for a payment of another institution.
    pub async fn find_payment(
        &self,
        caller: &Caller,
        key: PaymentKey,
        at_least: Option<AtLeast>,
    ) -> Result<Reading<Option<PaymentNow>>, Failure> {
        must_be_own(caller, &key.institution)?;
        let snapshot = self.snapshot(at_least.as_ref()).await?;
        let found = payment::by_keys(&snapshot.read, &[key]).await?;
        let mut found = self.as_they_stand(&snapshot, found).await?;
        Ok(snapshot.with(found.pop()))
    }

    /// A page of payments in the order in which they were recorded, and whether there are more.
    ///
    /// # Errors
    /// A collector asks for those of another institution, or there is no such member.
    pub async fn list_payments(
        &self,
        caller: &Caller,
        which: &Which,
        after: i64,
        most: u32,
        at_least: Option<AtLeast>,
    ) -> Result<Reading<(Vec<PaymentNow>, bool)>, Failure> {
        let limit = u64::from(most) + 1;
        if let Which::Day(institution, _) = which {
            must_be_own(caller, institution)?;
        }
        let snapshot = self.snapshot(at_least.as_ref()).await?;
        let mut rows = match which {
            Which::Day(institution, day) => {
                payment::page_of_day(&snapshot.read, institution, day.0, after, limit).await?
            }
            Which::Member(member) => {
                let member = *member;
                let page = self.page(&snapshot, Needs { members: vec![member], ..Needs::default() }).await?;
                page.person(member).ok_or(Refusal::MemberNotFound { member })?;
                payment::page_of_member(&snapshot.read, member, after, limit).await?
            }
        };
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let more = rows.len() > most;
        rows.truncate(most);
        let found = self.as_they_stand(&snapshot, rows).await?;
        Ok(snapshot.with((found, more)))
    }

    /// Payments with what became of them.
    pub(super) async fn as_they_stand(
        &self,
        snapshot: &Snapshot,
        rows: Vec<PaymentRow>,
    ) -> Result<Vec<PaymentNow>, Failure> {
        let payment_ids = rows.iter().map(|row| row.id).collect();
        let page = self.page(snapshot, Needs { payment_ids, ..Needs::default() }).await?;
        let mut waiting: HashMap<i64, (SuspenseReason, Riel)> = HashMap::new();
        let mut members: Vec<i64> = rows.iter().filter_map(|row| page.holder(row)).collect();
        members.sort_unstable();
        members.dedup();
        for member in members {
            let explanation = explain(&page.timeline(member), snapshot.law(), snapshot.today(), snapshot.known);
            for placement in &explanation.placements {
                if let Place::Suspense(reason) = placement.place {
                    for fact in &placement.payments {
                        waiting.entry(fact.0).or_insert((reason.into(), 0)).1 += placement.amount;
                    }
                }
            }
        }
        let stands = |row: PaymentRow| {
            let known = page.accepted(position_of(row.id)).map_or(snapshot.known, |accepted| accepted.known);
            let reversed_on = reversal_of(&page, row.id).map(|change| Day(change.on));
            let refunded = refunded_of(&page, row.id);
            let refunded_before = refunded_before(&page, row.id);
            let member = page.holder(&row);
            let of_nobody = SuspenseReason::of(row.suspense.unwrap_or_default())
                .filter(|_| member.is_none() && reversed_on.is_none() && refunded < row.amount);
            let of_nobody = of_nobody.map(|reason| (reason, row.amount - refunded));
            let (suspense, suspended) = of_nobody.or(waiting.get(&row.id).copied()).unzip();
            PaymentNow {
                row,
                known,
                member,
                suspense,
                suspended: suspended.unwrap_or(0),
                reversed_on,
                refunded,
                refunded_before,
            }
        };
        Ok(rows.into_iter().map(stands).collect())
    }

    /// The payments of members, those too that were put to a member later or wait for an officer.
    pub(super) async fn payments_of(&self, snapshot: &Snapshot, members: &[i64]) -> Result<Vec<PaymentRow>, Failure> {
        let mut rows = payment::of_members(&snapshot.read, members).await?;
        let assigned = payment_change::of_members(&snapshot.read, members).await?;
        let assigned: Vec<i64> = assigned.iter().map(|change| change.payment).collect();
        rows.extend(payment::by_ids(&snapshot.read, &assigned).await?);
        rows.sort_by_key(|row| row.id);
        rows.dedup_by_key(|row| row.id);
        Ok(rows)
    }
}

/// What was paid back of a payment.
pub(super) fn refunded_of(page: &Page, payment: i64) -> Riel {
    let refunds = page.payment_changes(payment).iter().filter(|change| change.kind == ChangeKind::Refunded);
    refunds.filter_map(|change| change.amount).sum()
}

/// What was paid back of a payment before an officer put it to its member.
fn refunded_before(page: &Page, payment: i64) -> Riel {
    let changes = page.payment_changes(payment);
    let Some(assigned) = changes.iter().find(|change| change.kind == ChangeKind::Assigned) else { return 0 };
    let before =
        |change: &&PaymentChangeRow| change.kind == ChangeKind::Refunded && change.position < assigned.position;
    changes.iter().filter(before).filter_map(|change| change.amount).sum()
}

/// A collector speaks for its own references only.
pub(super) fn must_be_own(caller: &Caller, institution: &str) -> Result<(), Refusal> {
    let own = caller.role != Role::Collector || institution == caller.id;
    if own { Ok(()) } else { Err(Refusal::InstitutionNotOwn) }
}
