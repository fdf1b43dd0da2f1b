//! ContributionService on the wire.

mod correction;
mod list;
mod payments;
mod reconcile;

use std::collections::HashMap;

use krama_law::calendar::Day;
use krama_law::decision::{MonthLine, MonthState, Placement};
use krama_law::purse::Place;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use crate::grpc::batch::Replies;
pub(super) use crate::grpc::contribution::payments::Payments;
use crate::grpc::wire::{Fields, date, id_text, timestamp};
use crate::grpc::{Counter, Limits, at_least, decision, member, outcome, status, ticket};
use crate::operation::caller::Role;
use crate::operation::contribution::key;
use crate::operation::contribution::list::PaymentNow;
use crate::operation::contribution::{Account, Payer, Payment, Quote, SuspenseReason, Taken};
use crate::operation::reading::Reading;
use crate::operation::transact::{Recorded, Ticket};
use crate::proto::v1;
use crate::proto::v1::contribution_service_server::ContributionService;

/// Characters of an institution, of a reference and of what a payer wrote at most.
const INSTITUTION_MOST: usize = 64;
const REFERENCE_MOST: usize = 128;
const PAYER_TEXT_MOST: usize = 256;
/// Months that a quote names at most.
const QUOTED_MONTHS_MOST: i32 = 36;
/// Months and payments that an account holds at most.
const ACCOUNT_MONTHS_MOST: usize = 600;
const ACCOUNT_PAYMENTS_MOST: usize = 500;

#[tonic::async_trait]
impl ContributionService for Counter {
    async fn record_payment(
        &self,
        request: Request<v1::RecordPaymentRequest>,
    ) -> Result<Response<v1::RecordPaymentResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let shaped = payment(self.fields(), &self.limits, &message);
        let (ticket, payment) = self.shaped(&caller, "RecordPayment", shaped).await?;
        let recorded = self.desk.record_payment(&caller, ticket, payment).await.map_err(|f| status::of(&f))?;
        let mut response = self.recorded(caller.role, &recorded);
        if ticket.validate_only {
            response.payment_id.clear();
        }
        Ok(Response::new(response))
    }

    type RecordPaymentsStream = ReceiverStream<Result<v1::RecordPaymentsResponse, Status>>;

    async fn record_payments(
        &self,
        request: Request<Streaming<v1::RecordPaymentsRequest>>,
    ) -> Replies<v1::RecordPaymentsResponse> {
        self.stream::<Payments>(request)
    }

    async fn batch_record_payments(
        &self,
        request: Request<v1::BatchRecordPaymentsRequest>,
    ) -> Result<Response<v1::BatchRecordPaymentsResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let (results, summary) = self.batch::<Payments>(&caller, message.options, message.records).await?;
        Ok(Response::new(v1::BatchRecordPaymentsResponse { results, summary: Some(summary) }))
    }

    async fn get_account(
        &self,
        request: Request<v1::GetAccountRequest>,
    ) -> Result<Response<v1::GetAccountResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let mut fields = self.fields();
        let member = fields.id("member_id", &message.member_id);
        let member = self.shaped(&caller, "GetAccount", fields.finish(Some(member))).await?;
        let found = self.desk.get_account(member, at_least(message.at_least_position)).await;
        let reading = self.looked(&caller, "GetAccount", found).await?;
        Ok(Response::new(self.account(member, &reading)))
    }

    async fn quote_payment(
        &self,
        request: Request<v1::QuotePaymentRequest>,
    ) -> Result<Response<v1::QuotePaymentResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let mut fields = self.fields();
        let payer = match &message.payer {
            Some(v1::quote_payment_request::Payer::MemberId(id)) => Some(Payer::Member(fields.id("member_id", id))),
            Some(v1::quote_payment_request::Payer::Identifier(number)) => {
                member::identifier(&mut fields, "identifier", Some(number)).map(Payer::Identifier)
            }
            None => {
                fields.missing("payer");
                None
            }
        };
        let months = message.months.unwrap_or(1);
        if !(1..=QUOTED_MONTHS_MOST).contains(&months) {
            fields.invalid("months", format!("must lie between 1 and {QUOTED_MONTHS_MOST}"));
        }
        let payer = self.shaped(&caller, "QuotePayment", fields.finish(payer)).await?;
        let months = usize::try_from(months).unwrap_or(1);
        let quoted = self.desk.quote_payment(&payer, months, at_least(message.at_least_position)).await;
        let reading = self.looked(&caller, "QuotePayment", quoted).await?;
        let mut response = reading.answer.as_ref().map(|quote| quote_message(quote, caller.role)).unwrap_or_default();
        response.position = self.position(reading.position);
        Ok(Response::new(response))
    }

    async fn reverse_payment(
        &self,
        request: Request<v1::ReversePaymentRequest>,
    ) -> Result<Response<v1::ReversePaymentResponse>, Status> {
        self.reverse(request).await
    }

    async fn get_payment_by_reference(
        &self,
        request: Request<v1::GetPaymentByReferenceRequest>,
    ) -> Result<Response<v1::GetPaymentByReferenceResponse>, Status> {
        self.payment_by_reference(request).await
    }

    async fn list_payments(
        &self,
        request: Request<v1::ListPaymentsRequest>,
    ) -> Result<Response<v1::ListPaymentsResponse>, Status> {
        self.payments(request).await
    }

    async fn list_suspense(
        &self,
        request: Request<v1::ListSuspenseRequest>,
    ) -> Result<Response<v1::ListSuspenseResponse>, Status> {
        self.list_suspense_told(request).await
    }

    async fn assign_payment(
        &self,
        request: Request<v1::AssignPaymentRequest>,
    ) -> Result<Response<v1::AssignPaymentResponse>, Status> {
        self.assign_payment_told(request).await
    }

    async fn record_refund(
        &self,
        request: Request<v1::RecordRefundRequest>,
    ) -> Result<Response<v1::RecordRefundResponse>, Status> {
        self.record_refund_told(request).await
    }

    async fn reconcile_collection(
        &self,
        request: Request<v1::ReconcileCollectionRequest>,
    ) -> Result<Response<v1::ReconcileCollectionResponse>, Status> {
        self.reconcile_collection_told(request).await
    }
}

fn payment(
    mut fields: Fields,
    limits: &Limits,
    message: &v1::RecordPaymentRequest,
) -> Result<(Ticket, Payment), Status> {
    use v1::record_payment_request::Payer as Told;
    let ticket = ticket(&mut fields, &message.request_id, message.validate_only);
    fields.at_most("institution", &message.institution, INSTITUTION_MOST);
    let institution = fields.text("institution", &message.institution);
    let business_date = fields.day("business_date", message.business_date.as_ref());
    fields.at_most("reference", &message.reference, REFERENCE_MOST);
    let reference = fields.text("reference", &message.reference);
    if message.line < 0 {
        fields.invalid("line", "must not be negative");
    }
    let value_date = fields.day("value_date", message.value_date.as_ref());
    if !(1..=limits.amount_riel).contains(&message.amount_riel) {
        fields.invalid("amount_riel", format!("must lie between 1 and {}", limits.amount_riel));
    }
    let month = fields.optional_month("month", message.month.as_deref());
    let channel = fields.choice::<v1::PaymentChannel>("channel", message.channel);
    let payer = match &message.payer {
        Some(Told::MemberId(id)) => Some(Payer::Member(fields.id("member_id", id))),
        Some(Told::Identifier(number)) => {
            member::identifier(&mut fields, "identifier", Some(number)).map(Payer::Identifier)
        }
        Some(Told::PayerText(text)) => {
            fields.at_most("payer_text", text, PAYER_TEXT_MOST);
            Some(Payer::Text(fields.text("payer_text", text)))
        }
        None => {
            fields.missing("payer");
            None
        }
    };
    let payment = payer.zip(channel).map(|(payer, channel)| Payment {
        key: key(institution, business_date, reference, message.line),
        value_date,
        amount: message.amount_riel,
        month,
        channel: i16::try_from(i32::from(channel)).unwrap_or(0),
        payer,
    });
    fields.finish(payment.map(|payment| (ticket, payment)))
}

/// A collector learns that money waits, but not what that says about the person.
fn suspense_told_to(role: Role, reason: SuspenseReason) -> v1::SuspenseReason {
    let hidden = role == Role::Collector;
    match reason {
        SuspenseReason::UnknownPayer => v1::SuspenseReason::UnknownPayer,
        SuspenseReason::BackdatedTooFar => v1::SuspenseReason::BackdatedTooFar,
        SuspenseReason::NotEnrolled | SuspenseReason::Abandoned | SuspenseReason::Deceased if hidden => {
            v1::SuspenseReason::NotDisclosed
        }
        SuspenseReason::NotEnrolled => v1::SuspenseReason::NotEnrolled,
        SuspenseReason::Abandoned => v1::SuspenseReason::Abandoned,
        SuspenseReason::Deceased => v1::SuspenseReason::Deceased,
    }
}

fn effect(taken: &Taken) -> v1::CollectorEffect {
    v1::CollectorEffect {
        months_paid: taken.months.iter().map(ToString::to_string).collect(),
        riel_short: taken.riel_short,
        last_safe_day: taken.last_safe_day.map(date),
        masked_name: taken.masked_name.clone(),
        months_reopened: Vec::new(),
    }
}

fn quote_message(quote: &Quote, role: Role) -> v1::QuotePaymentResponse {
    let answer = &quote.decision.answer;
    let quoted = |(month, riel, due): &(krama_law::calendar::Month, i64, Day)| v1::QuotedMonth {
        month: month.to_string(),
        amount_riel: *riel,
        due_day: Some(date(*due)),
    };
    // A collector takes money; a door that money does not open would only tell it about the person.
    let priced = |door: &&krama_law::answer::Door| role != Role::Collector || door.price.is_some();
    v1::QuotePaymentResponse {
        payer_found: true,
        masked_name: quote.masked_name.clone(),
        months: quote.months.iter().map(quoted).collect(),
        total_riel: quote.months.iter().map(|(_, riel, _)| riel).sum(),
        riel_short: quote.riel_short,
        last_safe_day: answer.last_safe_day.map(date),
        least_amount_riel: quote.decision.least_amount,
        doors: quote.decision.doors.iter().filter(priced).map(decision::door).collect(),
        good_until: quote.good_until.map(date),
        as_of: Some(decision::as_of(answer.valid_at, answer.known_at)),
        policy_revision: answer.revision.to_string(),
        position: None,
    }
}

impl Counter {
    /// What recording a payment answers.
    fn recorded(&self, role: Role, recorded: &Recorded<Taken>) -> v1::RecordPaymentResponse {
        let taken = &recorded.reply;
        v1::RecordPaymentResponse {
            outcome: outcome(recorded, taken.suspense.is_some()),
            warning: taken.suspense.map_or(0, |reason| suspense_told_to(role, reason).into()),
            payment_id: id_text(taken.payment),
            position: self.position_of(recorded),
            known_time: recorded.known.map(timestamp),
            effect: Some(effect(taken)),
            standing_changes: self.standing_changes(role, &taken.changes),
        }
    }

    fn account(&self, member: i64, reading: &Reading<Account>) -> v1::GetAccountResponse {
        let account = &reading.answer;
        let explanation = &account.explanation;
        let (answer, placements) = (&explanation.answer, &explanation.placements);
        let months = explanation.months.iter().map(|line| month_message(line, placements));
        let omitted_months = explanation.months.len().saturating_sub(ACCOUNT_MONTHS_MOST);
        let omitted_payments = account.payments.len().saturating_sub(ACCOUNT_PAYMENTS_MOST);
        let payments: Vec<v1::AccountPayment> = account
            .payments
            .iter()
            .take(ACCOUNT_PAYMENTS_MOST)
            .map(|payment| payment_message(payment, placements))
            .collect();
        // What is nobody's is no fact of the member yet, but was received all the same.
        let nobodys = account.payments.iter().filter(|payment| payment.member.is_none());
        let (mut waiting, mut reversed, mut refunded) = (0, 0, 0);
        for (place, amount) in nobodys.flat_map(places_of_nobody) {
            *match place {
                v1::MoneyPlace::Reversed => &mut reversed,
                v1::MoneyPlace::Refunded => &mut refunded,
                v1::MoneyPlace::Unspecified
                | v1::MoneyPlace::Month
                | v1::MoneyPlace::Credit
                | v1::MoneyPlace::Suspense
                | v1::MoneyPlace::Pot
                | v1::MoneyPlace::Surcharge => &mut waiting,
            } += amount;
        }
        let money = answer.money;
        let count = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
        v1::GetAccountResponse {
            member_id: id_text(member),
            months: months.skip(omitted_months).collect(),
            omitted_months: count(omitted_months),
            payments,
            omitted_payments: count(omitted_payments),
            totals: Some(v1::MoneyTotals {
                received_riel: account.payments.iter().map(|paid| paid.row.amount - paid.refunded_before).sum(),
                months_riel: money.on_months,
                credit_riel: money.credit,
                suspense_riel: money.suspense + waiting,
                pot_riel: money.pot,
                surcharge_riel: money.surcharge,
                reversed_riel: money.reversed + reversed,
                refunded_riel: money.refunded + refunded,
            }),
            as_of: Some(decision::as_of(answer.valid_at, answer.known_at)),
            policy_revision: answer.revision.to_string(),
            position: self.position(reading.position),
        }
    }
}

fn month_message(line: &MonthLine, placements: &[Placement]) -> v1::AccountMonth {
    let mut parts: HashMap<i64, i64> = HashMap::new();
    for placement in placements.iter().filter(|placement| placement.place == Place::Month(line.month)) {
        // Of money that was saved up together the first payment stands for all.
        if let Some(payment) = placement.payments.first() {
            *parts.entry(payment.0).or_default() += placement.amount;
        }
    }
    let mut parts: Vec<(i64, i64)> = parts.into_iter().collect();
    parts.sort_unstable();
    let part = |(payment, amount): &(i64, i64)| v1::MonthPart { payment_id: id_text(*payment), amount_riel: *amount };
    let owed = match line.state {
        MonthState::Paid | MonthState::Overdue | MonthState::Open => true,
        MonthState::Worked | MonthState::Excused | MonthState::NotOwed => false,
    };
    let exemption = match line.state {
        MonthState::Worked => v1::ExemptionReason::Employed,
        MonthState::Excused => v1::ExemptionReason::Excused,
        MonthState::Paid | MonthState::Overdue | MonthState::Open | MonthState::NotOwed => {
            v1::ExemptionReason::Unspecified
        }
    };
    v1::AccountMonth {
        month: line.month.to_string(),
        state: decision::month_state(line.state).into(),
        owed,
        paid: line.state == MonthState::Paid,
        due_day: owed.then(|| date(line.due)),
        due_riel: owed.then_some(line.price),
        paid_riel: line.allocated,
        late_charge_riel: line.charge,
        paid_on: line.paid_on.map(date),
        parts: parts.iter().map(part).collect(),
        exemption_reason: exemption.into(),
    }
}

/// Where the money of a payment lies that is nobody's.
fn places_of_nobody(payment: &PaymentNow) -> Vec<(v1::MoneyPlace, i64)> {
    let rest = payment.row.amount - payment.refunded;
    let place = if payment.reversed_on.is_some() { v1::MoneyPlace::Reversed } else { v1::MoneyPlace::Suspense };
    let places = [(place, rest), (v1::MoneyPlace::Refunded, payment.refunded)];
    places.into_iter().filter(|(_, amount)| *amount > 0).collect()
}

fn payment_message(payment: &PaymentNow, placements: &[Placement]) -> v1::AccountPayment {
    let row = &payment.row;
    let own = placements.iter().filter(|placement| placement.payments.iter().any(|fact| fact.0 == row.id));
    let mut parts: Vec<v1::PaymentPart> = own.map(part_message).collect();
    if payment.member.is_none() {
        let part = |(place, amount): (v1::MoneyPlace, i64)| v1::PaymentPart {
            place: place.into(),
            month: None,
            amount_riel: amount,
        };
        parts.extend(places_of_nobody(payment).into_iter().map(part));
    }
    v1::AccountPayment {
        payment_id: id_text(row.id),
        institution: row.key.institution.clone(),
        business_date: Some(date(Day(row.key.business_date))),
        reference: row.key.reference.clone(),
        line: row.key.line,
        value_date: Some(date(Day(row.value_date))),
        amount_riel: row.amount,
        month: row.month.map(|month| krama_law::calendar::Month(month).to_string()),
        channel: i32::from(row.channel),
        known_time: Some(timestamp(payment.known)),
        parts,
        suspense_reason: payment.suspense.map_or(0, |reason| i32::from(reason.number())),
    }
}

fn part_message(placement: &Placement) -> v1::PaymentPart {
    let (place, month) = match placement.place {
        Place::Month(month) => (v1::MoneyPlace::Month, Some(month.to_string())),
        Place::Credit => (v1::MoneyPlace::Credit, None),
        Place::Suspense(_) => (v1::MoneyPlace::Suspense, None),
        Place::Pot => (v1::MoneyPlace::Pot, None),
        Place::Surcharge => (v1::MoneyPlace::Surcharge, None),
        Place::Reversed => (v1::MoneyPlace::Reversed, None),
        Place::Refunded => (v1::MoneyPlace::Refunded, None),
    };
    v1::PaymentPart { place: place.into(), month, amount_riel: placement.amount }
}
