//! What is sent and what is told: every write of the contract as one type, alone or as a record of a batch.

use std::sync::atomic::{AtomicU64, Ordering};

use krama::proto::google_type::Date;
use krama::proto::v1;
use krama::proto::v1::ErrorReason;
use krama::proto::v1::transition_record::Transition;
use krama_law::calendar::Moment;
use prost_types::Timestamp;
use tonic::Status;
use tonic::metadata::MetadataMap;
use tonic::transport::Channel;
use tonic_types::StatusExt as _;

use crate::ask::{Ask, Write, Written};
use crate::pour::{Pour, Poured};
use crate::world::saying;

/// What an answer tells besides what every answer does.
pub(crate) trait Answer: Written + prost::Message + Default {
    /// The id of what was recorded, as later calls name it; the etag of a record.
    fn id(&self) -> String;

    /// What a caller learns besides.
    fn effect(&self) -> Effect {
        Effect::None
    }
}

/// What a caller learns besides.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Effect {
    /// Nothing.
    None,
    /// Of a payment: why it waits, and the receipt.
    Money(v1::SuspenseReason, v1::CollectorEffect),
    /// Of a hire: who the worker is, and what it did.
    Work(v1::WorkerMatch, v1::EmployerEffect),
    /// Of a proposal: the whole document and its digest.
    Text(String, String),
    /// Of an approval: the first day of the revision.
    Begins(Option<Date>),
}

/// What a caller was told of a command.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Told {
    pub(crate) outcome: v1::Outcome,
    /// Code, reason and first field of a refusal.
    pub(crate) refusal: Option<(i32, String, Option<String>)>,
    pub(crate) position: Option<i64>,
    pub(crate) known: Option<Moment>,
    pub(crate) id: String,
    pub(crate) effect: Effect,
    /// The answer to the byte, but for its outcome.
    pub(crate) body: Vec<u8>,
}

impl Told {
    /// Nothing, yet.
    pub(crate) fn nothing() -> Told {
        Told::no(0, String::new(), None)
    }

    fn answer<R: Answer>(mut reply: R) -> Told {
        let position = reply.position().as_ref().map(|position| position.number);
        let known = reply.known_time().as_ref().map(instant);
        // The outcome is the first field of every answer, and never the unspecified one: two bytes.
        let body = reply.encode_to_vec().split_off(2);
        let (outcome, id, effect) = (reply.outcome(), reply.id(), reply.effect());
        Told { outcome, refusal: None, position, known, id, effect, body }
    }

    fn no(code: i32, reason: String, field: Option<String>) -> Told {
        let refusal = Some((code, reason, field));
        let (outcome, effect) = (v1::Outcome::Rejected, Effect::None);
        Told { outcome, refusal, position: None, known: None, id: String::new(), effect, body: Vec::new() }
    }

    fn status(status: &Status) -> Told {
        let details = status.get_error_details();
        let info = details.error_info().unwrap_or_else(|| panic!("a refusal without a reason: {status:?}"));
        let violations = details.bad_request().map(|bad| bad.field_violations.clone()).unwrap_or_default();
        let field = violations.first().map(|violation| violation.field.clone());
        Told::no(status.code().into(), info.reason.clone(), field)
    }

    fn record<R: Answer + std::fmt::Debug>(answer: Option<R>, refusal: Option<v1::Refusal>) -> Told {
        match (answer, refusal) {
            (Some(answer), None) => Told::answer(answer),
            (None, Some(refusal)) => {
                let name = refusal.reason().as_str_name().trim_start_matches("ERROR_REASON_").to_owned();
                assert_ne!(refusal.reason(), ErrorReason::Unspecified);
                Told::no(refusal.code, name, refusal.fields.first().map(|field| field.field.clone()))
            }
            both => panic!("a record has an answer or a refusal: {both:?}"),
        }
    }
}

/// The instant of the law that the wire tells.
pub(crate) fn instant(at: &Timestamp) -> Moment {
    Moment(at.seconds * 1_000_000 + i64::from(at.nanos) / 1_000)
}

macro_rules! commands {
    ($($name:ident $request:ident $reply:ident $($id:ident)*;)*) => {
        /// A write.
        #[derive(Clone, PartialEq, Debug)]
        pub(crate) enum Command {
            $($name(v1::$request),)*
        }

        /// What each of them is called by.
        pub(crate) const RPCS: &[&str] = &[$(<v1::$request as Ask>::RPC,)*];

        impl Command {
            pub(crate) fn rpc(&self) -> &'static str {
                match self {
                    $(Command::$name(_) => <v1::$request as Ask>::RPC,)*
                }
            }

            pub(crate) fn request_id(&mut self) -> &mut String {
                match self {
                    $(Command::$name(ask) => Write::request_id(ask),)*
                }
            }

            pub(crate) fn validate_only(&mut self) -> &mut bool {
                match self {
                    $(Command::$name(ask) => Write::validate_only(ask),)*
                }
            }

            async fn send(self, to: Channel, said: MetadataMap) -> Told {
                match self {
                    $(Command::$name(ask) => match ask.send(to, said).await {
                        Ok(reply) => Told::answer(reply),
                        Err(status) => Told::status(&status),
                    },)*
                }
            }
        }

        $(commands!(@answer $reply $($id)*);)*
    };
    (@answer RecordPaymentResponse $id:ident) => {
        impl Answer for v1::RecordPaymentResponse {
            fn id(&self) -> String {
                self.$id.clone()
            }

            fn effect(&self) -> Effect {
                Effect::Money(self.warning(), self.effect.clone().expect("every payment has an effect"))
            }
        }
    };
    (@answer ReportHireResponse $id:ident) => {
        impl Answer for v1::ReportHireResponse {
            fn id(&self) -> String {
                self.$id.clone()
            }

            fn effect(&self) -> Effect {
                Effect::Work(self.r#match(), self.effect.expect("every hire has an effect"))
            }
        }
    };
    (@answer ProposePolicyResponse $id:ident) => {
        impl Answer for v1::ProposePolicyResponse {
            fn id(&self) -> String {
                self.$id.clone()
            }

            fn effect(&self) -> Effect {
                Effect::Text(self.document.clone(), self.digest.clone())
            }
        }
    };
    (@answer ApprovePolicyResponse) => {
        impl Answer for v1::ApprovePolicyResponse {
            fn id(&self) -> String {
                String::new()
            }

            fn effect(&self) -> Effect {
                Effect::Begins(self.effective_day)
            }
        }
    };
    (@answer $reply:ident $($id:ident)*) => {
        impl Answer for v1::$reply {
            fn id(&self) -> String {
                // Of two ids one is empty.
                [$(self.$id.clone(),)* String::new()].concat()
            }
        }
    };
}

commands! {
    Register RegisterMemberRequest RegisterMemberResponse member_id;
    Enroll EnrollMemberRequest EnrollMemberResponse;
    Update UpdateMemberRequest UpdateMemberResponse etag;
    Die ReportDeathRequest ReportDeathResponse fact_id;
    Excuse ExcuseMonthsRequest ExcuseMonthsResponse fact_id prepared_id;
    RetractFact RetractFactRequest RetractFactResponse;
    Settle SetHouseholdRequest SetHouseholdResponse;
    Serve ServeNoticeRequest ServeNoticeResponse fact_id;
    Confirm ConfirmLapseRequest ConfirmLapseResponse fact_id prepared_id;
    Waive WaiveLapseRequest WaiveLapseResponse fact_id prepared_id;
    Deliver RecordNoticeDeliveryRequest RecordNoticeDeliveryResponse;
    Propose ProposePolicyRequest ProposePolicyResponse proposal_id;
    Approve ApprovePolicyRequest ApprovePolicyResponse;
    Withdraw WithdrawProposalRequest WithdrawProposalResponse;
    Pay RecordPaymentRequest RecordPaymentResponse payment_id;
    Reverse ReversePaymentRequest ReversePaymentResponse payment_id;
    Assign AssignPaymentRequest AssignPaymentResponse;
    Refund RecordRefundRequest RecordRefundResponse prepared_id;
    Found RegisterEmployerRequest RegisterEmployerResponse employer_id;
    Grant GrantEmployerAccessRequest GrantEmployerAccessResponse grant_id;
    Hire ReportHireRequest ReportHireResponse employment_id;
    Separate ReportSeparationRequest ReportSeparationResponse employment_id;
    Amend AmendEmploymentRequest AmendEmploymentResponse employment_id;
    Retract RetractEmploymentRequest RetractEmploymentResponse employment_id;
    Rekey RekeyEmploymentRequest RekeyEmploymentResponse employment_id;
    NoPayroll ReportNoPayrollRequest ReportNoPayrollResponse;
}

impl Command {
    /// The command as a record of a batch of transitions, if it can be one.
    #[expect(clippy::wildcard_enum_match_arm, reason = "whatever else there is, is none")]
    pub(crate) fn transition(self) -> Option<Transition> {
        Some(match self {
            Command::Hire(hire) => Transition::Hire(hire),
            Command::Separate(separation) => Transition::Separation(separation),
            Command::Amend(amendment) => Transition::Amendment(amendment),
            Command::Retract(retraction) => Transition::Retraction(retraction),
            Command::Rekey(rekey) => Transition::Rekey(rekey),
            Command::NoPayroll(month) => Transition::NoPayroll(month),
            _ => return None,
        })
    }

    /// Under which id it was prepared, where it may take two people.
    #[expect(clippy::wildcard_enum_match_arm, reason = "whatever else there is takes one")]
    pub(crate) fn prepared_id(&mut self) -> Option<&mut String> {
        match self {
            Command::Refund(ask) => Some(&mut ask.prepared_id),
            Command::Excuse(ask) => Some(&mut ask.prepared_id),
            Command::Confirm(ask) => Some(&mut ask.prepared_id),
            Command::Waive(ask) => Some(&mut ask.prepared_id),
            _ => None,
        }
    }

    /// What it says, whoever says it and under which id.
    pub(crate) fn content(&self) -> Command {
        let mut content = self.clone();
        content.request_id().clear();
        *content.validate_only() = false;
        content
    }
}

/// One call: a command, or many in a batch.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Call {
    pub(crate) commands: Vec<Command>,
    pub(crate) carrier: Carrier,
}

/// How commands travel.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Carrier {
    /// By itself.
    Alone,
    /// In one message.
    Batch(v1::BatchOptions),
    /// As the records of a stream.
    Stream(v1::BatchOptions),
}

impl Call {
    pub(crate) fn alone(command: Command) -> Call {
        Call { commands: vec![command], carrier: Carrier::Alone }
    }

    pub(crate) fn options(&self) -> Option<&v1::BatchOptions> {
        match &self.carrier {
            Carrier::Alone => None,
            Carrier::Batch(options) | Carrier::Stream(options) => Some(options),
        }
    }

    /// The call that carries many commands, if it is one.
    pub(crate) fn through(&self) -> Option<&'static str> {
        let payments = matches!(self.commands[0], Command::Pay(_));
        Some(match (&self.carrier, payments) {
            (Carrier::Alone, _) => return None,
            (Carrier::Batch(_), true) => v1::BatchRecordPaymentsRequest::RPC,
            (Carrier::Batch(_), false) => v1::BatchReportTransitionsRequest::RPC,
            (Carrier::Stream(_), true) => v1::RecordPaymentsRequest::RPC,
            (Carrier::Stream(_), false) => v1::ReportTransitionsRequest::RPC,
        })
    }

    pub(crate) fn all_or_none(&self) -> bool {
        self.options().is_some_and(|options| options.on_failure() == v1::FailureMode::AllOrNone)
    }

    /// Sends the call; answers what is told of each of its commands. `case` is what the audit will know it by.
    async fn send(self, to: Channel, who: &str, case: &str) -> Vec<Told> {
        let told =
            [("krama-caller", who), ("krama-user", "vanna"), ("krama-purpose", "correction"), ("krama-case", case)];
        let said = saying(&told);
        let payments = matches!(self.commands[0], Command::Pay(_));
        match self.carrier {
            Carrier::Alone => vec![self.commands.into_iter().next().expect("a command").send(to, said).await],
            Carrier::Batch(options) if payments => {
                let ask = v1::BatchRecordPaymentsRequest { options: Some(options), records: paid(self.commands) };
                let reply = ask.send(to, said).await.expect("a batch is answered");
                reply.results.into_iter().map(|result| Told::record(result.payment, result.refusal)).collect()
            }
            Carrier::Batch(options) => {
                let ask =
                    v1::BatchReportTransitionsRequest { options: Some(options), records: reported(self.commands) };
                let reply = ask.send(to, said).await.expect("a batch is answered");
                reply.results.into_iter().map(transition).collect()
            }
            Carrier::Stream(options) if payments => {
                use v1::record_payments_request::Message;
                let first = Message::Start(options);
                let messages = std::iter::once(first).chain(paid(self.commands).into_iter().map(Message::Record));
                let messages = messages.map(|message| v1::RecordPaymentsRequest { message: Some(message) });
                let replies = streamed(to, said, messages.collect()).await.into_iter();
                let results = replies.filter_map(|reply: v1::RecordPaymentsResponse| match reply.message {
                    Some(v1::record_payments_response::Message::Result(result)) => Some(result),
                    Some(v1::record_payments_response::Message::Summary(_)) | None => None,
                });
                results.map(|result| Told::record(result.payment, result.refusal)).collect()
            }
            Carrier::Stream(options) => {
                use v1::report_transitions_request::Message;
                let first = Message::Start(options);
                let messages = std::iter::once(first).chain(reported(self.commands).into_iter().map(Message::Record));
                let messages = messages.map(|message| v1::ReportTransitionsRequest { message: Some(message) });
                let replies = streamed(to, said, messages.collect()).await.into_iter();
                let results = replies.filter_map(|reply: v1::ReportTransitionsResponse| match reply.message {
                    Some(v1::report_transitions_response::Message::Result(result)) => Some(result),
                    Some(v1::report_transitions_response::Message::Summary(_)) | None => None,
                });
                results.map(transition).collect()
            }
        }
    }
}

async fn streamed<M: Pour>(to: Channel, said: MetadataMap, messages: Vec<M>) -> Vec<M::Reply> {
    let stream = M::open(to, said, tokio_stream::iter(messages)).await.expect("the stream opens");
    let poured = Poured::read(stream).await;
    poured.end.expect("the stream comes to its end");
    poured.replies
}

fn paid(commands: Vec<Command>) -> Vec<v1::PaymentRecord> {
    let record = |(client_sequence, command)| {
        let Command::Pay(payment) = command else { panic!("no payment: {command:?}") };
        v1::PaymentRecord { client_sequence, payment: Some(payment) }
    };
    (1..).zip(commands).map(record).collect()
}

fn reported(commands: Vec<Command>) -> Vec<v1::TransitionRecord> {
    let record = |(client_sequence, command): (i64, Command)| {
        let transition = command.transition().unwrap_or_else(|| panic!("no transition"));
        v1::TransitionRecord { client_sequence, transition: Some(transition) }
    };
    (1..).zip(commands).map(record).collect()
}

fn transition(result: v1::TransitionResult) -> Told {
    use v1::transition_result::Answer;
    let refusal = result.refusal;
    match result.answer {
        Some(Answer::Hire(answer)) => Told::record(Some(answer), refusal),
        Some(Answer::Separation(answer)) => Told::record(Some(answer), refusal),
        Some(Answer::Amendment(answer)) => Told::record(Some(answer), refusal),
        Some(Answer::Retraction(answer)) => Told::record(Some(answer), refusal),
        Some(Answer::Rekey(answer)) => Told::record(Some(answer), refusal),
        Some(Answer::NoPayroll(answer)) => Told::record(Some(answer), refusal),
        None => Told::record(None::<v1::ReportHireResponse>, refusal),
    }
}

/// A call that was made: by whom, what it told, and when it began and ended by the clock of the callers.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub(crate) who: &'static str,
    pub(crate) call: Call,
    pub(crate) told: Vec<Told>,
    pub(crate) sent: u64,
    pub(crate) answered: u64,
}

/// A clock that moves with each look at it, and orders what several callers do.
#[derive(Default, Debug)]
pub(crate) struct Ticks(AtomicU64);

impl Ticks {
    pub(crate) fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::SeqCst)
    }
}

/// Makes a call.
pub(crate) async fn make(to: Channel, ticks: &Ticks, who: &'static str, call: Call, case: &str) -> Made {
    let sent = ticks.next();
    let told = call.clone().send(to, who, case).await;
    assert_eq!(told.len(), call.commands.len(), "every record is answered: {call:?}");
    Made { who, call, told, sent, answered: ticks.next() }
}
