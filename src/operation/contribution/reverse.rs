//! Reversals: a payment came to nothing, as when a transfer bounced.
//!
//! Money of a member is taken off by a fact of the member; that of nobody only ceases to wait. Absent: where the money
//! lay, and which months are owed again; the law tells.

use krama_law::calendar::{Day, Month};
use krama_law::change::StandingChange;
use krama_law::decision::{Explanation, MonthState, explain};
use krama_law::fact::{Fact, FactId, Recorded};
use krama_law::money::Riel;
use krama_law::timeline::Timeline;

use crate::operation::Desk;
use crate::operation::caller::{Caller, Role};
use crate::operation::change::changes_of;
use crate::operation::command::{Accepted, Act, Content, Decided, Method, Stage};
use crate::operation::contribution::riel_short;
use crate::operation::failure::{Failure, Refusal};
use crate::operation::page::{Needs, Page, Rows};
use crate::operation::person::masked_name;
use crate::operation::transact::{Recorded as Written, Ticket};
use crate::store::payment::PaymentRow;
use crate::store::payment_change::{ChangeKind, PaymentChangeRow};
use crate::store::seal::Vault;

/// A reversal as a bank reports it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reversal {
    /// Which payment.
    pub payment: i64,
    /// The first day on which it no longer counts.
    pub on: Day,
    /// Why; the number of the contract.
    pub reason: i16,
}

/// What a reversal answers.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Reversed {
    /// The ledger's id of the payment.
    pub payment: i64,
    /// The months that were paid and are so no longer.
    pub months: Vec<Month>,
    /// What months that are overdue or partly paid lack now.
    pub riel_short: Riel,
    /// The last day on which paying still prevents the next lapse.
    pub last_safe_day: Option<Day>,
    /// The payer's name, all but the first letters hidden.
    pub masked_name: String,
    /// What changed about the member.
    pub changes: Vec<StandingChange>,
}

impl Desk {
    /// Reverses a payment.
    ///
    /// # Errors
    /// There is no such payment of the caller's, it was reversed otherwise, or the day does not fit.
    pub async fn reverse_payment(
        &self,
        caller: &Caller,
        ticket: Ticket,
        reversal: Reversal,
    ) -> Result<Written<Reversed>, Failure> {
        self.writer.submit(caller, ticket, reversal).await
    }
}

/// The payment with an id, if the caller may deal with it: a collector must not learn of another's payments.
pub(super) fn payment_of<'a>(page: &'a Page, caller: &Caller, payment: i64) -> Result<&'a PaymentRow, Refusal> {
    let own = |row: &&PaymentRow| caller.role != Role::Collector || row.key.institution == caller.id;
    page.payment_by_id(payment).filter(own).ok_or(Refusal::PaymentNotFound { payment })
}

/// The reversal of a payment, if there is one.
pub(super) fn reversal_of(page: &Page, payment: i64) -> Option<&PaymentChangeRow> {
    page.payment_changes(payment).iter().find(|change| change.kind == ChangeKind::Reversed)
}

impl Act for Reversal {
    type Reply = Reversed;
    const METHOD: Method = Method::ReversePayment;

    fn content(&self, content: &mut Content) {
        content.number(self.payment);
        content.number(i64::from(self.on.0));
        content.number(i64::from(self.reason));
    }

    fn needs(&self, _caller: &Caller, _vault: &Vault, needs: &mut Needs) {
        needs.payment_ids.push(self.payment);
    }

    fn decide(&self, caller: &Caller, page: &Page, stage: &mut Stage<'_>) -> Result<Decided, Failure> {
        let row = payment_of(page, caller, self.payment)?;
        let payment = row.id;
        if let Some(held) = reversal_of(page, payment) {
            if (held.on, held.reason) != (self.on.0, self.reason) {
                return Err(Refusal::PaymentReversed { payment, on: Day(held.on) }.into());
            }
            let position = held.position;
            let subject = page.accepted(position).and_then(|accepted| accepted.subject);
            let known = krama_law::calendar::Moment(held.known_at);
            return Ok(Decided::Repeated { position, accepted: Accepted { known, subject, fact: Some(payment) } });
        }
        let today = stage.today();
        if self.on > today {
            return Err(Refusal::DayInFuture { field: "on", day: self.on, latest: today }.into());
        }
        if self.on.0 < row.value_date {
            let (day, first_day) = (self.on, Day(row.value_date));
            return Err(Refusal::DayBeforeStart { field: "on", day, first_day }.into());
        }
        let member = page.holder(row);
        let mut rows = Rows::default();
        if let Some(member) = member {
            let fact = Fact::Reversed { payment: FactId(payment), on: self.on };
            rows.facts.push((member, Recorded { id: stage.fact(0), known: stage.known, fact }));
        }
        rows.payment_changes.push(PaymentChangeRow {
            position: stage.position,
            known_at: stage.known.0,
            payment,
            kind: ChangeKind::Reversed,
            on: self.on.0,
            member: None,
            amount: None,
            reason: self.reason,
        });
        Ok(Decided::New { rows, subject: member, fact: Some(payment) })
    }

    fn reply(&self, page: &Page, stage: &Stage<'_>, accepted: &Accepted) -> Reversed {
        let mut reversed = Reversed { payment: self.payment, ..Reversed::default() };
        let Some(member) = accepted.subject else { return reversed };
        let (known, today) = (accepted.known, accepted.known.day());
        let timeline = page.timeline(member);
        let earlier = timeline.facts().iter().filter(|recorded| recorded.known < known).cloned().collect();
        let was = explain(&Timeline::new(earlier), stage.law, today, known);
        let is = explain(&timeline, stage.law, today, known);
        let paid = |explanation: &Explanation, month: Month| {
            explanation.months.iter().any(|line| line.month == month && line.state == MonthState::Paid)
        };
        let months = was.months.iter().map(|line| line.month);
        reversed.months = months.filter(|&month| paid(&was, month) && !paid(&is, month)).collect();
        reversed.riel_short = riel_short(&is);
        reversed.last_safe_day = is.answer.last_safe_day;
        reversed.masked_name = page.person_at(member, known).map(masked_name).unwrap_or_default();
        reversed.changes = changes_of(page, member, accepted, stage);
        reversed
    }
}
