//! Payments read again, on the wire.

use krama_law::calendar::{Day, Month};
use tonic::{Request, Response, Status};

use crate::grpc::contribution::{INSTITUTION_MOST, REFERENCE_MOST, suspense_told_to};
use crate::grpc::wire::{date, id_text, timestamp};
use crate::grpc::{Counter, at_least};
use crate::operation::caller::Role;
use crate::operation::contribution::assign::{After, WaitingPayment};
use crate::operation::contribution::key;
use crate::operation::contribution::list::{PaymentNow, Which};
use crate::proto::v1;

impl Counter {
    pub(super) async fn payment_by_reference(
        &self,
        request: Request<v1::GetPaymentByReferenceRequest>,
    ) -> Result<Response<v1::GetPaymentByReferenceResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let mut fields = self.fields();
        fields.at_most("institution", &message.institution, INSTITUTION_MOST);
        let institution = fields.text("institution", &message.institution);
        let day = fields.day("business_date", message.business_date.as_ref());
        fields.at_most("reference", &message.reference, REFERENCE_MOST);
        let reference = fields.text("reference", &message.reference);
        if message.line < 0 {
            fields.invalid("line", "must not be negative");
        }
        let key = fields.finish(Some(key(institution, day, reference, message.line)));
        let key = self.shaped(&caller, "GetPaymentByReference", key).await?;
        let found = self.desk.find_payment(&caller, key, at_least(message.at_least_position)).await;
        let reading = self.looked(&caller, "GetPaymentByReference", found).await?;
        Ok(Response::new(v1::GetPaymentByReferenceResponse {
            found: reading.answer.is_some(),
            payment: reading.answer.as_ref().map(|payment| record(payment, caller.role)),
            position: self.position(reading.position),
        }))
    }

    pub(super) async fn payments(
        &self,
        request: Request<v1::ListPaymentsRequest>,
    ) -> Result<Response<v1::ListPaymentsResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let mut fields = self.fields();
        let which = if message.member_id.is_empty() {
            fields.at_most("institution", &message.institution, INSTITUTION_MOST);
            let own = message.institution.is_empty() && caller.role == Role::Collector;
            let institution = if own { caller.id.clone() } else { fields.text("institution", &message.institution) };
            Which::Day(institution, fields.day("business_date", message.business_date.as_ref()))
        } else {
            if caller.role == Role::Collector {
                fields.invalid("member_id", "is for the fund's staff; name a business_date");
            }
            if message.business_date.is_some() {
                fields.invalid("business_date", "must not be given together with member_id");
            }
            Which::Member(fields.id("member_id", &message.member_id))
        };
        let most = self.page_size(&mut fields, message.page_size);
        let after = Counter::page_start(&mut fields, &message.page_token);
        let shaped = fields.finish(Some((which, after, most)));
        let (which, after, most) = self.shaped(&caller, "ListPayments", shaped).await?;
        let listed = self.desk.list_payments(&caller, &which, after, most, at_least(message.at_least_position)).await;
        let reading = self.looked(&caller, "ListPayments", listed).await?;
        let (payments, more) = &reading.answer;
        let next = payments.last().filter(|_| *more).map(|payment| id_text(payment.row.id));
        Ok(Response::new(v1::ListPaymentsResponse {
            payments: payments.iter().map(|payment| record(payment, caller.role)).collect(),
            next_page_token: next.unwrap_or_default(),
            position: self.position(reading.position),
        }))
    }
}

impl Counter {
    pub(super) async fn list_suspense_told(
        &self,
        request: Request<v1::ListSuspenseRequest>,
    ) -> Result<Response<v1::ListSuspenseResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let mut fields = self.fields();
        let most = self.page_size(&mut fields, message.page_size);
        let after = match message.page_token.as_str() {
            "" => After::Nobodys(i64::MIN),
            token => place_of(token).unwrap_or_else(|| {
                fields.invalid("page_token", "must be the next_page_token of a page before, or empty");
                After::Nobodys(i64::MIN)
            }),
        };
        let (after, most) = self.shaped(&caller, "ListSuspense", fields.finish(Some((after, most)))).await?;
        let listed = self.desk.list_suspense(after, most, at_least(message.at_least_position)).await;
        let reading = self.looked(&caller, "ListSuspense", listed).await?;
        let (waiting, next) = &reading.answer;
        let waits = |waiting: &WaitingPayment| v1::WaitingPayment {
            payment: Some(record(&waiting.payment, caller.role)),
            payer_told: waiting.told.clone().unwrap_or_default(),
            suspense_riel: waiting.payment.suspended,
        };
        Ok(Response::new(v1::ListSuspenseResponse {
            payments: waiting.iter().map(waits).collect(),
            next_page_token: next.map(place_text).unwrap_or_default(),
            position: self.position(reading.position),
        }))
    }
}

/// A place in the list of the money in suspense, as a token tells it.
fn place_text(after: After) -> String {
    match after {
        After::Nobodys(id) => format!("n.{id:x}"),
        After::Members(member, id) => format!("m.{member:x}.{id:x}"),
    }
}

/// The place that a token tells.
fn place_of(token: &str) -> Option<After> {
    let number = |text: &str| u64::from_str_radix(text, 16).ok().map(u64::cast_signed);
    match token.split('.').collect::<Vec<_>>()[..] {
        ["n", id] => Some(After::Nobodys(number(id)?)),
        ["m", member, id] => Some(After::Members(number(member)?, number(id)?)),
        _ => None,
    }
}

fn record(payment: &PaymentNow, role: Role) -> v1::RecordedPayment {
    let row = &payment.row;
    let member = payment.member.filter(|_| role.is_staff());
    v1::RecordedPayment {
        payment_id: id_text(row.id),
        institution: row.key.institution.clone(),
        business_date: Some(date(Day(row.key.business_date))),
        reference: row.key.reference.clone(),
        line: row.key.line,
        value_date: Some(date(Day(row.value_date))),
        amount_riel: row.amount,
        month: row.month.map(|month| Month(month).to_string()),
        channel: i32::from(row.channel),
        known_time: Some(timestamp(payment.known)),
        suspense_reason: payment.suspense.map_or(0, |reason| suspense_told_to(role, reason).into()),
        reversed_on: payment.reversed_on.map(date),
        refunded_riel: payment.refunded,
        member_id: member.map(id_text).unwrap_or_default(),
    }
}
