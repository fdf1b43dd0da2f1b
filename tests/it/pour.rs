//! Batches as a client sends them: on a stream, all at once or bit by bit, and in one message.

use krama::proto::v1;
use krama::proto::v1::contribution_service_client::ContributionServiceClient;
use krama::proto::v1::employment_service_client::EmploymentServiceClient;
use krama::proto::v1::record_payments_request::Message as Paying;
use krama::proto::v1::report_transitions_request::Message as Reporting;
use tokio_stream::Stream;
use tonic::metadata::MetadataMap;
use tonic::transport::Channel;
use tonic::{Request, Status, Streaming};

use crate::ask::Ask;
use crate::say::fresh;
use crate::world::{World, said};

/// A message of a client on a stream.
pub(crate) trait Pour: Send + Sync + Sized + 'static {
    /// What the server sends.
    type Reply: prost::Message + Default + 'static;

    /// Opens the stream.
    async fn open(
        to: Channel,
        said: MetadataMap,
        messages: impl Stream<Item = Self> + Send + 'static,
    ) -> Result<Streaming<Self::Reply>, Status>;
}

macro_rules! pours {
    ($($request:ident $reply:ident $client:ident $method:ident $name:literal;)*) => {$(
        impl Pour for v1::$request {
            type Reply = v1::$reply;

            async fn open(
                to: Channel,
                said: MetadataMap,
                messages: impl Stream<Item = Self> + Send + 'static,
            ) -> Result<Streaming<v1::$reply>, Status> {
                let mut request = Request::new(messages);
                *request.metadata_mut() = said;
                Ok($client::new(to).$method(request).await?.into_inner())
            }
        }

        /// A stream of one message, of which the first answer is read.
        impl Ask for v1::$request {
            type Reply = v1::$reply;
            const RPC: &'static str = $name;

            async fn send(self, to: Channel, said: MetadataMap) -> Result<v1::$reply, Status> {
                let mut request = Request::new(tokio_stream::iter([self]));
                *request.metadata_mut() = said;
                let mut replies = $client::new(to).$method(request).await?.into_inner();
                Ok(replies.message().await?.unwrap_or_default())
            }
        }
    )*};
}

pours! {
    RecordPaymentsRequest RecordPaymentsResponse ContributionServiceClient record_payments "RecordPayments";
    ReportTransitionsRequest ReportTransitionsResponse EmploymentServiceClient report_transitions "ReportTransitions";
}

/// The options of a fresh batch: every result, each record by itself.
pub(crate) fn options() -> v1::BatchOptions {
    v1::BatchOptions { batch_id: fresh(), ..v1::BatchOptions::default() }
}

/// The options of a fresh batch of which all is taken or nothing.
pub(crate) fn all_or_none() -> v1::BatchOptions {
    v1::BatchOptions { on_failure: v1::FailureMode::AllOrNone.into(), ..options() }
}

/// The same batch with other results.
pub(crate) fn telling(mode: v1::ResultMode, options: &v1::BatchOptions) -> v1::BatchOptions {
    v1::BatchOptions { result_mode: mode.into(), ..options.clone() }
}

/// The payments as records, numbered from 1.
pub(crate) fn records(payments: &[v1::RecordPaymentRequest]) -> Vec<v1::PaymentRecord> {
    let record = |(client_sequence, payment): (i64, &v1::RecordPaymentRequest)| v1::PaymentRecord {
        client_sequence,
        payment: Some(payment.clone()),
    };
    (1..).zip(payments).map(record).collect()
}

/// The payments as one message.
pub(crate) fn batch(
    options: &v1::BatchOptions,
    payments: &[v1::RecordPaymentRequest],
) -> v1::BatchRecordPaymentsRequest {
    v1::BatchRecordPaymentsRequest { options: Some(options.clone()), records: records(payments) }
}

/// The first message of a stream of payments.
pub(crate) fn start(options: &v1::BatchOptions) -> v1::RecordPaymentsRequest {
    v1::RecordPaymentsRequest { message: Some(Paying::Start(options.clone())) }
}

/// A payment on a stream.
pub(crate) fn record(record: v1::PaymentRecord) -> v1::RecordPaymentsRequest {
    v1::RecordPaymentsRequest { message: Some(Paying::Record(record)) }
}

/// The payments as the messages of a stream.
pub(crate) fn messages(
    options: &v1::BatchOptions,
    payments: &[v1::RecordPaymentRequest],
) -> Vec<v1::RecordPaymentsRequest> {
    std::iter::once(start(options)).chain(records(payments).into_iter().map(record)).collect()
}

/// Transitions as the messages of a stream, numbered from 1.
pub(crate) fn transitions(
    options: &v1::BatchOptions,
    told: Vec<v1::transition_record::Transition>,
) -> Vec<v1::ReportTransitionsRequest> {
    let start = v1::ReportTransitionsRequest { message: Some(Reporting::Start(options.clone())) };
    let records = (1..).zip(told).map(|(client_sequence, transition)| {
        let record = v1::TransitionRecord { client_sequence, transition: Some(transition) };
        v1::ReportTransitionsRequest { message: Some(Reporting::Record(record)) }
    });
    std::iter::once(start).chain(records).collect()
}

/// What a stream answered, and how it ended.
pub(crate) struct Poured<R> {
    pub(crate) replies: Vec<R>,
    pub(crate) end: Result<(), Status>,
}

impl<R> Poured<R> {
    /// Reads until the stream ends.
    pub(crate) async fn read(mut stream: Streaming<R>) -> Poured<R> {
        let mut replies = Vec::new();
        loop {
            match stream.message().await {
                Ok(Some(reply)) => replies.push(reply),
                Ok(None) => return Poured { replies, end: Ok(()) },
                Err(status) => return Poured { replies, end: Err(status) },
            }
        }
    }
}

impl Poured<v1::RecordPaymentsResponse> {
    /// The results, and the summary if there is one.
    pub(crate) fn told(self) -> (Vec<v1::PaymentResult>, Option<v1::BatchSummary>) {
        use v1::record_payments_response::Message::{Result, Summary};
        let (mut results, mut summary) = (Vec::new(), None);
        for reply in self.replies {
            assert!(summary.is_none(), "nothing follows the summary");
            match reply.message.expect("a message") {
                Result(result) => results.push(result),
                Summary(told) => summary = Some(told),
            }
        }
        (results, summary)
    }
}

impl World {
    /// Sends messages on a stream and reads what comes.
    pub(crate) async fn pours<M: Pour>(&self, who: &str, messages: Vec<M>) -> Poured<M::Reply> {
        let stream = M::open(self.channel.clone(), said(who), tokio_stream::iter(messages)).await;
        Poured::read(stream.expect("the stream opens")).await
    }

    /// Everything that is listed of a batch.
    pub(crate) async fn listed(&self, who: &str, batch_id: &str) -> Vec<v1::BatchResult> {
        let (mut results, mut page_token) = (Vec::new(), String::new());
        loop {
            let batch_id = batch_id.to_owned();
            let ask = v1::ListBatchResultsRequest { batch_id, page_size: 500, page_token, at_least_position: None };
            let reply = self.reads(who, ask).await;
            results.extend(reply.results);
            page_token = reply.next_page_token;
            if page_token.is_empty() {
                return results;
            }
        }
    }
}
