//! Many payments at once: the door of RecordPayments and BatchRecordPayments.

use crate::grpc::Counter;
use crate::grpc::batch::{Door, Enlisted, Line, Said, Sent, Taken, coming, no_rehearsal};
use crate::grpc::contribution::payment;
use crate::operation::batch::Slot;
use crate::operation::caller::Caller;
use crate::operation::contribution::Taken as Recording;
use crate::operation::transact::Recorded;
use crate::proto::v1;
use crate::proto::v1::record_payments_request::Message;
use crate::proto::v1::record_payments_response::Message as Reply;

/// Batches of payments.
pub(in crate::grpc) struct Payments;

impl Door for Payments {
    type Message = v1::RecordPaymentsRequest;
    type Record = v1::PaymentRecord;
    type Answer = v1::RecordPaymentResponse;
    type Result = v1::PaymentResult;
    type Reply = v1::RecordPaymentsResponse;
    const NAMES: (&'static str, &'static str) = ("RecordPayments", "BatchRecordPayments");
    const PREVIEWED: bool = false;

    fn sent(message: v1::RecordPaymentsRequest) -> Sent<v1::PaymentRecord> {
        match message.message {
            Some(Message::Start(options)) => Sent::Start(options),
            Some(Message::Record(record)) => Sent::Record(record),
            None => Sent::Nothing,
        }
    }

    fn sequence(record: &v1::PaymentRecord) -> i64 {
        record.client_sequence
    }

    fn enlist(
        counter: &Counter,
        caller: &Caller,
        slot: Option<Slot>,
        record: v1::PaymentRecord,
    ) -> Enlisted<Self::Answer> {
        let mut fields = counter.fields();
        let Some(message) = record.payment else {
            fields.missing("payment");
            return Err((Self::NAMES.0, fields.refusal()));
        };
        no_rehearsal(&mut fields, message.validate_only);
        let (ticket, payment) =
            payment(fields, &counter.limits, &message).map_err(|refused| ("RecordPayment", refused))?;
        let (entrant, answer) = counter.desk.enlist(caller, ticket.request_id, slot, payment);
        let (counter, role) = (counter.clone(), caller.role);
        let taken = move |recorded: &Recorded<Recording>| {
            let answer = counter.recorded(role, recorded);
            Taken { outcome: answer.outcome, fix_by: recorded.reply.fix_by, position: recorded.position, answer }
        };
        Ok((entrant, coming(answer, taken)))
    }

    fn result(line: Line, payment: Option<v1::RecordPaymentResponse>) -> v1::PaymentResult {
        let Line { client_sequence, outcome, fix_by, refusal } = line;
        v1::PaymentResult { client_sequence, outcome, fix_by, refusal, payment }
    }

    fn reply(said: Said<v1::PaymentResult>) -> v1::RecordPaymentsResponse {
        let message = match said {
            Said::Result(result) => Reply::Result(result),
            Said::Summary(summary) => Reply::Summary(summary),
        };
        v1::RecordPaymentsResponse { message: Some(message) }
    }
}
