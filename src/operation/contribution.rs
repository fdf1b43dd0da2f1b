//! Contributions: payments as banks push them, accounts, and what a person may pay now.
//!
//! Money that was taken is never rejected: what cannot be allocated stands in suspense with its reason. Absent:
//! allocation itself, which the law does anew with each answer.

pub mod assign;
pub mod list;
pub mod reconcile;
pub mod refund;
pub mod reverse;

use std::cmp::Reverse;

use krama_law::answer::Standing;
use krama_law::calendar::{Day, Month};
use krama_law::change::StandingChange;
use krama_law::decision::{Explanation, MonthLine, MonthState, charges_hold_until, explain, price_of_months};
use krama_law::fact::{Fact, Recorded};
use krama_law::money::Riel;
use krama_law::purse::{Place, SuspenseReason as LawSuspense};

use crate::operation::Desk;
use crate::operation::caller::{Caller, Role};
use crate::operation::change::changes_of;
use crate::operation::command::{Accepted, Act, Content, Decided, Method, Stage, position_of};
use crate::operation::contribution::list::PaymentNow;
use crate::operation::coverage::Decision;
use crate::operation::failure::{Failure, Refusal};
use crate::operation::page::{Needs, Page, Rows};
use crate::operation::person::{Identifier, identifier_hash, masked_name};
use crate::operation::reading::{AtLeast, Reading};
use crate::operation::transact::{Recorded as Written, Ticket};
use crate::store::payment::{self, PaymentKey};
/// A payment as the ledger keeps it.
pub type PaymentRow = payment::PaymentRow;
use crate::store::seal::Vault;

/// The text of a payer whom nobody tried to resolve.
const UNRESOLVED: &str = "text";

/// A payment as a bank reports it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Payment {
    /// Who issued the reference, on which business day, which reference and which line: the business key.
    pub key: PaymentKey,
    /// The day on which the payer handed the money over.
    pub value_date: Day,
    /// How much, in riel.
    pub amount: Riel,
    /// The contribution month that the payer named.
    pub month: Option<Month>,
    /// By which door the money came; the number of the contract.
    pub channel: i16,
    /// Who paid, or for whom.
    pub payer: Payer,
}

/// For whom a payment is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Payer {
    /// A member by the ledger's id.
    Member(i64),
    /// A member by a number.
    Identifier(Identifier),
    /// Somebody whom the bank could not tell.
    Text(String),
}

/// The business key of a payment.
pub fn key(institution: String, business_date: Day, reference: String, line: i32) -> PaymentKey {
    PaymentKey { institution, business_date: business_date.0, reference, line }
}

/// Why a payment stands in suspense.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SuspenseReason {
    /// Nobody has the number that the payer gave.
    UnknownPayer,
    /// The person was not a voluntary member on the value date.
    NotEnrolled,
    /// The person had lapsed.
    Abandoned,
    /// The person was dead.
    Deceased,
    /// The value date is too old for the caller; an officer must look at it.
    BackdatedTooFar,
}

impl SuspenseReason {
    /// The number in the contract and in the ledger.
    pub fn number(self) -> i16 {
        match self {
            SuspenseReason::UnknownPayer => 1,
            SuspenseReason::NotEnrolled => 2,
            SuspenseReason::Abandoned => 3,
            SuspenseReason::Deceased => 4,
            SuspenseReason::BackdatedTooFar => 5,
        }
    }
}

impl SuspenseReason {
    /// The reason with a number.
    pub(crate) fn of(number: i16) -> Option<SuspenseReason> {
        use SuspenseReason::{Abandoned, BackdatedTooFar, Deceased, NotEnrolled, UnknownPayer};
        let all = [UnknownPayer, NotEnrolled, Abandoned, Deceased, BackdatedTooFar];
        all.into_iter().find(|reason| reason.number() == number)
    }
}

impl From<LawSuspense> for SuspenseReason {
    fn from(reason: LawSuspense) -> SuspenseReason {
        match reason {
            LawSuspense::NotEnrolled => SuspenseReason::NotEnrolled,
            LawSuspense::Abandoned => SuspenseReason::Abandoned,
            LawSuspense::Deceased => SuspenseReason::Deceased,
        }
    }
}

/// What recording a payment answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Taken {
    /// The ledger's id of the payment.
    pub payment: i64,
    /// Why it stands in suspense, if it does.
    pub suspense: Option<SuspenseReason>,
    /// The months that it completed.
    pub months: Vec<Month>,
    /// What months that are overdue or partly paid still lack.
    pub riel_short: Riel,
    /// The last day on which paying still prevents the next lapse.
    pub last_safe_day: Option<Day>,
    /// Of money that waits for an officer: the last day on which letting it count still prevents the next lapse.
    pub fix_by: Option<Day>,
    /// The payer's name, all but the first letters hidden.
    pub masked_name: String,
    /// What changed about the member.
    pub changes: Vec<StandingChange>,
}

/// What a person may pay now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Quote {
    /// The name, all but the first letters hidden.
    pub masked_name: String,
    /// The next months that money reaches, each with what it lacks and its due day.
    pub months: Vec<(Month, Riel, Day)>,
    /// What months that are overdue or partly paid still lack.
    pub riel_short: Riel,
    /// The decision behind it.
    pub decision: Decision,
    /// The last day on which the quote stands if nothing more is recorded.
    pub good_until: Option<Day>,
}

/// A member's account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// Months and placements, and the answer behind them.
    pub explanation: Explanation,
    /// Every payment of the member, newest value date first.
    pub payments: Vec<PaymentNow>,
}

impl Desk {
    /// Records a payment.
    ///
    /// # Errors
    /// A day lies in the future, or the business key is taken by another payment.
    pub async fn record_payment(
        &self,
        caller: &Caller,
        ticket: Ticket,
        payment: Payment,
    ) -> Result<Written<Taken>, Failure> {
        self.writer.submit(caller, ticket, payment).await
    }

    /// A member's account today.
    ///
    /// # Errors
    /// There is no such member.
    pub async fn get_account(&self, member: i64, at_least: Option<AtLeast>) -> Result<Reading<Account>, Failure> {
        let snapshot = self.snapshot(at_least.as_ref()).await?;
        let page = self.page(&snapshot, Needs { members: vec![member], ..Needs::default() }).await?;
        if page.person(member).is_none() {
            return Err(Refusal::MemberNotFound { member }.into());
        }
        let timeline = page.timeline(member);
        let explanation = explain(&timeline, snapshot.law(), snapshot.today(), snapshot.known);
        let rows = self.payments_of(&snapshot, &[member]).await?;
        let mut payments = self.as_they_stand(&snapshot, rows).await?;
        // Money that waited may have turned out to be somebody else's.
        payments.retain(|payment| payment.member.is_none_or(|holder| holder == member));
        payments.sort_by_key(|payment| Reverse((payment.row.value_date, payment.row.id)));
        Ok(snapshot.with(Account { explanation, payments }))
    }

    /// What a person may pay today; none where nobody is found.
    ///
    /// # Errors
    /// The storage fails.
    pub async fn quote_payment(
        &self,
        payer: &Payer,
        months: usize,
        at_least: Option<AtLeast>,
    ) -> Result<Reading<Option<Quote>>, Failure> {
        let snapshot = self.snapshot(at_least.as_ref()).await?;
        let mut needs = Needs::default();
        payer.needs(self.store.vault(), &mut needs);
        let page = self.page(&snapshot, needs).await?;
        let Some(member) = payer.resolve(&page, self.store.vault()) else { return Ok(snapshot.with(None)) };
        let (timeline, today, known) = (page.timeline(member), snapshot.today(), snapshot.known);
        let explanation = explain(&timeline, snapshot.law(), today, known);
        let decision = Decision::of(&timeline, snapshot.law(), today, known);
        let due = |month: Month| snapshot.law().as_known(known).due(month);
        let lacking = price_of_months(&timeline, snapshot.law(), today, known, months).into_iter();
        let charged_until = charges_hold_until(&timeline, snapshot.law(), today, known);
        Ok(snapshot.with(Some(Quote {
            masked_name: page.person(member).map(masked_name).unwrap_or_default(),
            months: lacking.map(|(month, riel)| (month, riel, due(month))).collect(),
            riel_short: riel_short(&explanation),
            good_until: decision.answer.holds_until.into_iter().chain(charged_until).min(),
            decision,
        })))
    }
}

impl Payer {
    fn needs(&self, vault: &Vault, needs: &mut Needs) {
        match self {
            Payer::Member(member) => needs.members.push(*member),
            Payer::Identifier(identifier) => needs.hashes.push(identifier_hash(vault, identifier)),
            Payer::Text(_) => {}
        }
    }

    /// The one member that the payer names; none where nobody or more than one is meant.
    fn resolve(&self, page: &Page, vault: &Vault) -> Option<i64> {
        match self {
            Payer::Member(member) => page.person(*member).map(|_| *member),
            Payer::Identifier(identifier) => match page.holders(&identifier_hash(vault, identifier)) {
                [member] => Some(*member),
                [] | [_, _, ..] => None,
            },
            Payer::Text(_) => None,
        }
    }

    /// What the bank told of the payer, to be sealed where nobody was found.
    fn told(&self) -> String {
        match self {
            Payer::Member(member) => format!("member:{member}"),
            Payer::Identifier(identifier) => format!("{}:{}", identifier.kind.name(), identifier.value),
            Payer::Text(text) => format!("{UNRESOLVED}:{text}"),
        }
    }
}

impl Act for Payment {
    type Reply = Taken;
    const METHOD: Method = Method::RecordPayment;

    fn content(&self, content: &mut Content) {
        content.text(&self.key.institution);
        content.number(i64::from(self.key.business_date));
        content.text(&self.key.reference);
        content.number(i64::from(self.key.line));
        content.number(i64::from(self.value_date.0));
        content.number(self.amount);
        content.optional(self.month.map(|month| i64::from(month.0)));
        content.number(i64::from(self.channel));
        content.text(&self.payer.told());
    }

    fn needs(&self, _caller: &Caller, vault: &Vault, needs: &mut Needs) {
        needs.payments.push(self.key.clone());
        self.payer.needs(vault, needs);
    }

    fn decide(&self, caller: &Caller, page: &Page, stage: &mut Stage<'_>) -> Result<Decided, Failure> {
        // A collector speaks for its own references only: it must not learn of another's payments, nor take their keys.
        if caller.role == Role::Collector && self.key.institution != caller.id {
            return Err(Refusal::InstitutionNotOwn.into());
        }
        let digest = Content::of(self);
        if let Some(held) = page.payment(&self.key) {
            if held.digest != digest {
                let field = self.first_difference(held);
                return Err(Refusal::PaymentKeyReused { payment: held.id, field }.into());
            }
            let position = position_of(held.id);
            let accepted = page.accepted(position).unwrap_or(Accepted {
                known: stage.known,
                subject: held.member,
                fact: Some(held.id),
            });
            return Ok(Decided::Repeated { position, accepted });
        }
        let today = stage.today();
        for (field, day) in [("value_date", self.value_date), ("business_date", Day(self.key.business_date))] {
            if day > today {
                return Err(Refusal::DayInFuture { field, day, latest: today }.into());
            }
        }
        let member = self.payer.resolve(page, stage.vault);
        let oldest = today.plus(-stage.limits.max_backdate_days);
        let too_old = caller.role == Role::Collector && self.value_date < oldest;
        let suspense = match member {
            None => Some(SuspenseReason::UnknownPayer),
            Some(_) if too_old => Some(SuspenseReason::BackdatedTooFar),
            Some(_) => None,
        };
        let id = stage.fact(0);
        let mut rows = Rows::default();
        if let Some(member) = member.filter(|_| suspense.is_none()) {
            let fact = Fact::Payment { on: self.value_date, amount: self.amount, month: self.month };
            rows.facts.push((member, Recorded { id, known: stage.known, fact }));
        }
        let payer = match member {
            None => Some(payment::seal_payer(stage.vault, id.0, &self.payer.told())?),
            Some(_) => None,
        };
        rows.payments.push(PaymentRow {
            id: id.0,
            member,
            key: self.key.clone(),
            value_date: self.value_date.0,
            amount: self.amount,
            month: self.month.map(|month| month.0),
            channel: self.channel,
            suspense: suspense.map(SuspenseReason::number),
            digest,
            payer,
        });
        Ok(Decided::New { rows, subject: member, fact: Some(id.0) })
    }

    fn reply(&self, page: &Page, stage: &Stage<'_>, accepted: &Accepted) -> Taken {
        let payment = accepted.fact.unwrap_or_default();
        let held = page.payment(&self.key).and_then(|row| row.suspense);
        let waiting = [SuspenseReason::UnknownPayer, SuspenseReason::BackdatedTooFar];
        let mut taken = Taken {
            payment,
            suspense: waiting.into_iter().find(|reason| Some(reason.number()) == held),
            months: Vec::new(),
            riel_short: 0,
            last_safe_day: None,
            fix_by: None,
            masked_name: String::new(),
            changes: Vec::new(),
        };
        let Some(member) = accepted.subject else { return taken };
        taken.masked_name = page.person_at(member, accepted.known).map(masked_name).unwrap_or_default();
        let explanation = explain(&page.timeline(member), stage.law, accepted.known.day(), accepted.known);
        if taken.suspense.is_some() {
            taken.fix_by = explanation.answer.last_safe_day;
            return taken;
        }
        taken.changes = changes_of(page, member, accepted, stage);
        for placement in explanation.placements.iter().filter(|p| p.payments.iter().any(|fact| fact.0 == payment)) {
            match placement.place {
                Place::Month(month) if completed(&explanation, month, payment) => taken.months.push(month),
                Place::Suspense(reason) => taken.suspense = Some(reason.into()),
                Place::Month(_) | Place::Credit | Place::Pot | Place::Surcharge | Place::Reversed | Place::Refunded => {
                }
            }
        }
        // A month that the payer named is filled before older ones.
        taken.months.sort_unstable();
        if taken.suspense.is_none() {
            taken.riel_short = riel_short(&explanation);
            taken.last_safe_day = explanation.answer.last_safe_day;
        }
        taken
    }

    fn warns(taken: &Taken) -> bool {
        taken.suspense.is_some()
    }
}

impl Payment {
    /// The first field in which a payment differs from the one that holds its key.
    fn first_difference(&self, held: &PaymentRow) -> &'static str {
        if self.value_date.0 != held.value_date {
            "value_date"
        } else if self.amount != held.amount {
            "amount_riel"
        } else if self.month.map(|month| month.0) != held.month {
            "month"
        } else if self.channel != held.channel {
            "channel"
        } else {
            "payer"
        }
    }
}

/// Whether a month is paid in full and a payment brought the last of its money.
fn completed(explanation: &Explanation, month: Month, payment: i64) -> bool {
    let paid = explanation.months.iter().any(|line| line.month == month && line.state == MonthState::Paid);
    let parts = explanation.placements.iter().filter(|placement| placement.place == Place::Month(month));
    let last = parts.flat_map(|placement| &placement.payments).next_back();
    paid && last.is_some_and(|fact| fact.0 == payment)
}

/// What months that are overdue or partly paid still lack. Nothing is lacking of somebody who has lapsed or died, as
/// nothing is overdue then; a collector would learn of the lapse from it.
fn riel_short(explanation: &Explanation) -> Riel {
    if matches!(explanation.answer.standing, Standing::Abandoned | Standing::Closed) {
        return 0;
    }
    let lacking = explanation.months.iter().filter(|line| match line.state {
        MonthState::Overdue => true,
        MonthState::Open => line.allocated > 0,
        MonthState::Paid | MonthState::Worked | MonthState::Excused | MonthState::NotOwed => false,
    });
    lacking.map(MonthLine::lacking).sum()
}
