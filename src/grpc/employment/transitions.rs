//! Many hires and separations at once: the door of ReportTransitions and BatchReportTransitions.
//!
//! A further kind of record is a case of the oneof in the contract and an arm below.

use crate::grpc::Counter;
use crate::grpc::batch::{Door, Enlisted, Line, Said, Sent, Taken, coming, no_rehearsal};
use crate::grpc::employment::{hire, separation};
use crate::operation::batch::Slot;
use crate::operation::caller::Caller;
use crate::proto::v1;
use crate::proto::v1::report_transitions_request::Message;
use crate::proto::v1::report_transitions_response::Message as Reply;
use crate::proto::v1::transition_record::Transition;
use crate::proto::v1::transition_result::Answer;

/// Batches of transitions.
pub(super) struct Transitions;

impl Door for Transitions {
    type Message = v1::ReportTransitionsRequest;
    type Record = v1::TransitionRecord;
    type Answer = Answer;
    type Result = v1::TransitionResult;
    type Reply = v1::ReportTransitionsResponse;
    const NAMES: (&'static str, &'static str) = ("ReportTransitions", "BatchReportTransitions");

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

    fn enlist(counter: &Counter, caller: &Caller, slot: Slot, record: v1::TransitionRecord) -> Enlisted<Answer> {
        let mut fields = counter.fields();
        let (teller, role) = (counter.clone(), caller.role);
        match record.transition {
            Some(Transition::Hire(message)) => {
                no_rehearsal(&mut fields, message.validate_only);
                let (ticket, hire) = hire(fields, &message).map_err(|refused| ("ReportHire", refused))?;
                let (entrant, answer) = counter.desk.enlist(caller, ticket.request_id, slot, hire);
                let taken = coming(answer, move |recorded| {
                    let answer = teller.hired(role, recorded);
                    taken(answer.outcome, recorded.position, Answer::Hire(answer))
                });
                Ok((entrant, taken))
            }
            Some(Transition::Separation(message)) => {
                no_rehearsal(&mut fields, message.validate_only);
                let (ticket, end) = separation(fields, &message).map_err(|refused| ("ReportSeparation", refused))?;
                let (entrant, answer) = counter.desk.enlist(caller, ticket.request_id, slot, end);
                let taken = coming(answer, move |recorded| {
                    let answer = teller.separated(role, recorded);
                    taken(answer.outcome, recorded.position, Answer::Separation(answer))
                });
                Ok((entrant, taken))
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

/// What became of a transition. An officer who decides a hire in review is bound by no day yet.
fn taken(outcome: i32, position: Option<i64>, answer: Answer) -> Taken<Answer> {
    Taken { outcome, fix_by: None, position, answer }
}
