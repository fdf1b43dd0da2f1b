//! Corrections of payments on the wire: reversals, assignments and refunds.

use tonic::{Request, Response, Status};

use crate::grpc::member::REASON_MOST;
use crate::grpc::member::correction::{prepared, prepared_id};
use crate::grpc::wire::{date, id_text, timestamp};
use crate::grpc::{Counter, outcome, status, ticket};
use crate::operation::contribution::assign::Assignment;
use crate::operation::contribution::refund::Refund;
use crate::operation::contribution::reverse::{Reversal, Reversed};
use crate::proto::v1;

impl Counter {
    pub(super) async fn reverse(
        &self,
        request: Request<v1::ReversePaymentRequest>,
    ) -> Result<Response<v1::ReversePaymentResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let mut fields = self.fields();
        let ticket = ticket(&mut fields, &message.request_id, message.validate_only);
        let payment = fields.id("payment_id", &message.payment_id);
        let on = fields.day("on", message.on.as_ref());
        let reason = fields.choice::<v1::ReversalReason>("reason", message.reason);
        let reason = reason.and_then(|reason| i16::try_from(i32::from(reason)).ok());
        let shaped = fields.finish(reason.map(|reason| Reversal { payment, on, reason }));
        let reversal = self.shaped(&caller, "ReversePayment", shaped).await?;
        let recorded = self.desk.reverse_payment(&caller, ticket, reversal).await.map_err(|f| status::of(&f))?;
        let reversed = &recorded.reply;
        Ok(Response::new(v1::ReversePaymentResponse {
            outcome: outcome(&recorded, false),
            payment_id: id_text(reversed.payment),
            position: self.position_of(&recorded),
            known_time: recorded.known.map(timestamp),
            effect: Some(effect(reversed)),
            standing_changes: self.standing_changes(caller.role, &reversed.changes),
        }))
    }

    pub(super) async fn assign_payment_told(
        &self,
        request: Request<v1::AssignPaymentRequest>,
    ) -> Result<Response<v1::AssignPaymentResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let mut fields = self.fields();
        let ticket = ticket(&mut fields, &message.request_id, message.validate_only);
        let payment = fields.id("payment_id", &message.payment_id);
        let member = fields.id("member_id", &message.member_id);
        fields.at_most("reason", &message.reason, REASON_MOST);
        let reason = fields.text("reason", &message.reason);
        let shaped = fields.finish(Some(Assignment { payment, member, reason }));
        let assignment = self.shaped(&caller, "AssignPayment", shaped).await?;
        let recorded = self.desk.assign_payment(&caller, ticket, assignment).await.map_err(|f| status::of(&f))?;
        Ok(Response::new(v1::AssignPaymentResponse {
            outcome: outcome(&recorded, false),
            position: self.position_of(&recorded),
            known_time: recorded.known.map(timestamp),
            standing_changes: self.standing_changes(caller.role, &recorded.reply.changes),
        }))
    }

    pub(super) async fn record_refund_told(
        &self,
        request: Request<v1::RecordRefundRequest>,
    ) -> Result<Response<v1::RecordRefundResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let mut fields = self.fields();
        let ticket = ticket(&mut fields, &message.request_id, message.validate_only);
        let payment = fields.id("payment_id", &message.payment_id);
        if !(1..=self.limits.amount_riel).contains(&message.amount_riel) {
            fields.invalid("amount_riel", format!("must lie between 1 and {}", self.limits.amount_riel));
        }
        fields.at_most("reason", &message.reason, REASON_MOST);
        let reason = fields.text("reason", &message.reason);
        let prepared = prepared(&mut fields, &message.prepared_id);
        let shaped = fields.finish(Some(Refund { payment, amount: message.amount_riel, reason, prepared }));
        let refund = self.shaped(&caller, "RecordRefund", shaped).await?;
        let recorded = self.desk.record_refund(&caller, ticket, refund).await.map_err(|f| status::of(&f))?;
        let is_prepared = recorded.reply.is_prepared();
        Ok(Response::new(v1::RecordRefundResponse {
            outcome: outcome(&recorded, is_prepared),
            position: self.position_of(&recorded),
            known_time: recorded.known.map(timestamp),
            on: recorded.reply.on.map(date),
            prepared_id: prepared_id(&recorded, is_prepared),
            standing_changes: self.standing_changes(caller.role, &recorded.reply.changes),
        }))
    }
}

fn effect(reversed: &Reversed) -> v1::CollectorEffect {
    v1::CollectorEffect {
        months_paid: Vec::new(),
        riel_short: reversed.riel_short,
        last_safe_day: reversed.last_safe_day.map(date),
        masked_name: reversed.masked_name.clone(),
        months_reopened: reversed.months.iter().map(ToString::to_string).collect(),
    }
}
