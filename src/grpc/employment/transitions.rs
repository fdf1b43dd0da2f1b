//! Many reports of payroll at once: the door of ReportTransitions and BatchReportTransitions.
//!
//! A further kind of record is a case of the oneof in the contract and an arm below.

use tonic::Status;

use crate::grpc::Counter;
use crate::grpc::batch::{Door, Enlisted, Line, Said, Sent, Taken, coming, no_rehearsal};
use crate::grpc::employment::correction::{no_payroll, rekey};
use crate::grpc::employment::{hire, separation};
use crate::operation::batch::{Act, Slot};
use crate::operation::caller::{Caller, Role};
use crate::operation::transact::{Recorded, Ticket};
use crate::proto::v1;
use crate::proto::v1::report_transitions_request::Message;
use crate::proto::v1::report_transitions_response::Message as Reply;
use crate::proto::v1::transition_record::Transition;
use crate::proto::v1::transition_result::Answer;

/// Batches of transitions.
pub(in crate::grpc) struct Transitions;

impl Door for Transitions {
    type Message = v1::ReportTransitionsRequest;
    type Record = v1::TransitionRecord;
    type Answer = Answer;
    type Result = v1::TransitionResult;
    type Reply = v1::ReportTransitionsResponse;
    const NAMES: (&'static str, &'static str) = ("ReportTransitions", "BatchReportTransitions");
    const PREVIEWED: bool = true;

    fn sent(message: v1::ReportTransitionsRequest) -> Sent<v1::TransitionRecord> {
        match message.message {
            Some(Message::Start(options)) => Sent::Start(options),
            Some(Message::Record(record)) => Sent::Record(record),
            None => Sent::Nothing,
        }
    }

    fn sequence(record: &v1::TransitionRecord) -> i64 {
        record.client_sequence
    }

    fn enlist(
        counter: &Counter,
        caller: &Caller,
        slot: Option<Slot>,
        record: v1::TransitionRecord,
    ) -> Enlisted<Answer> {
        let mut fields = counter.fields();
        let desk = Enlisting { counter, caller, slot };
        match record.transition {
            Some(Transition::Hire(message)) => {
                no_rehearsal(&mut fields, message.validate_only);
                desk.enlist("ReportHire", hire(fields, &message), |counter, role, recorded| {
                    let answer = counter.hired(role, recorded);
                    (answer.outcome, Answer::Hire(answer))
                })
            }
            Some(Transition::Separation(message)) => {
                no_rehearsal(&mut fields, message.validate_only);
                desk.enlist("ReportSeparation", separation(fields, &message), |counter, role, recorded| {
                    let answer = counter.separated(role, recorded);
                    (answer.outcome, Answer::Separation(answer))
                })
            }
            Some(Transition::Amendment(message)) => {
                no_rehearsal(&mut fields, message.validate_only);
                desk.enlist("AmendEmployment", counter.amendment(fields, message), |counter, role, recorded| {
                    let answer = counter.amended(role, recorded);
                    (answer.outcome, Answer::Amendment(answer))
                })
            }
            Some(Transition::Retraction(message)) => {
                no_rehearsal(&mut fields, message.validate_only);
                desk.enlist("RetractEmployment", counter.retraction(fields, message), |counter, role, recorded| {
                    let answer = counter.retracted(role, recorded);
                    (answer.outcome, Answer::Retraction(answer))
                })
            }
            Some(Transition::Rekey(message)) => {
                no_rehearsal(&mut fields, message.validate_only);
                desk.enlist("RekeyEmployment", rekey(fields, &message), |counter, _, recorded| {
                    let answer = counter.rekeyed(recorded);
                    (answer.outcome, Answer::Rekey(answer))
                })
            }
            Some(Transition::NoPayroll(message)) => {
                no_rehearsal(&mut fields, message.validate_only);
                desk.enlist("ReportNoPayroll", no_payroll(fields, &message), |counter, _, recorded| {
                    let answer = counter.without_payroll(recorded);
                    (answer.outcome, Answer::NoPayroll(answer))
                })
            }
            None => {
                fields.missing("transition");
                Err((Self::NAMES.0, fields.refusal()))
            }
        }
    }

    fn result(line: Line, answer: Option<Answer>) -> v1::TransitionResult {
        let Line { client_sequence, outcome, fix_by, refusal } = line;
        v1::TransitionResult { client_sequence, outcome, fix_by, refusal, answer }
    }

    fn reply(said: Said<v1::TransitionResult>) -> v1::ReportTransitionsResponse {
        let message = match said {
            Said::Result(result) => Reply::Result(result),
            Said::Summary(summary) => Reply::Summary(summary),
        };
        v1::ReportTransitionsResponse { message: Some(message) }
    }
}

/// A record on its way to the writer.
struct Enlisting<'a> {
    counter: &'a Counter,
    caller: &'a Caller,
    slot: Option<Slot>,
}

impl Enlisting<'_> {
    /// Makes a record ready that was shaped, and answers it as its single call, of this name, would.
    fn enlist<A: Act>(
        self,
        method: &'static str,
        shaped: Result<(Ticket, A), Status>,
        told: impl FnOnce(&Counter, Role, &Recorded<A::Reply>) -> (i32, Answer) + Send + 'static,
    ) -> Enlisted<Answer> {
        let (ticket, act) = shaped.map_err(|refused| (method, refused))?;
        let (entrant, answer) = self.counter.desk.enlist(self.caller, ticket.request_id, self.slot, act);
        let (counter, role, is_preview) = (self.counter.clone(), self.caller.role, self.slot.is_none());
        let taken = coming(answer, move |recorded| {
            let (outcome, mut answer) = told(&counter, role, recorded);
            if is_preview {
                employment_of(&mut answer).map(String::clear);
            }
            // An officer who decides a hire in review is bound by no day yet.
            Taken { outcome, fix_by: None, position: recorded.position, answer }
        });
        Ok((entrant, taken))
    }
}

/// The id of the employment in an answer. In a preview it may be of one that is not recorded, and will have another.
fn employment_of(answer: &mut Answer) -> Option<&mut String> {
    match answer {
        Answer::Hire(answer) => Some(&mut answer.employment_id),
        Answer::Separation(answer) => Some(&mut answer.employment_id),
        Answer::Amendment(answer) => Some(&mut answer.employment_id),
        Answer::Retraction(answer) => Some(&mut answer.employment_id),
        Answer::Rekey(answer) => Some(&mut answer.employment_id),
        Answer::NoPayroll(_) => None,
    }
}
