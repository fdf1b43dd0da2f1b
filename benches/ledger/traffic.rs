//! The traffic: what banks and payroll send, by the service's own clients over the loopback.
//!
//! Every answer is read, and must be that the record was accepted. Absent: the figures.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use krama::proto::google_type::Date;
use krama::proto::v1;
use krama::proto::v1::contribution_service_client::ContributionServiceClient;
use krama::proto::v1::employment_service_client::EmploymentServiceClient;
use krama::proto::v1::record_payment_request::Payer;
use krama::proto::v1::report_hire_request::Worker;
use krama_law::calendar::Day;
use tonic::Request;
use tonic::transport::Channel;

use crate::population::{
    BANK, MONTH_RIEL, PROVIDER, employer_id, employment_number, member_number, national_id, today,
};

/// Streams at the same time.
pub(crate) const STREAMS: usize = 4;
/// Single calls at the same time.
pub(crate) const IN_FLIGHT: usize = 64;

/// Crockford's base 32, in which the contract writes ids.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

fn id_text(id: i64) -> String {
    let id = u64::try_from(id).expect("an id");
    let letter = |value: u64| char::from(ALPHABET[usize::try_from(value % 32).expect("a letter")]);
    let digits = (0..12).rev().map(|place| letter(id >> (5 * place)));
    digits.chain([letter(id % 29)]).collect()
}

fn date(day: Day) -> Date {
    let (year, month, day) = day.parts();
    Date { year, month: i32::from(month), day: i32::from(day) }
}

fn fresh() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// A payment of a member who is named by the national number.
pub(crate) fn payment(member: u64) -> v1::RecordPaymentRequest {
    let number = v1::Identifier { kind: v1::IdentifierKind::NationalId.into(), value: national_id(member) };
    v1::RecordPaymentRequest {
        request_id: fresh(),
        institution: BANK.to_owned(),
        business_date: Some(date(today())),
        reference: fresh(),
        value_date: Some(date(today())),
        amount_riel: MONTH_RIEL,
        channel: v1::PaymentChannel::Wallet.into(),
        payer: Some(Payer::Identifier(number)),
        ..Default::default()
    }
}

/// A hire of a member by the fund's number or, for those who are employed, the end of that.
pub(crate) fn transition(member: u64) -> v1::transition_record::Transition {
    use v1::transition_record::Transition::{Hire, Separation};
    if member.is_multiple_of(2) {
        return Separation(v1::ReportSeparationRequest {
            request_id: fresh(),
            employer_id: id_text(employer_id(member)),
            employment_number: employment_number(member),
            last_day: Some(date(today())),
            ..Default::default()
        });
    }
    Hire(v1::ReportHireRequest {
        request_id: fresh(),
        employer_id: id_text(employer_id(member)),
        employment_number: fresh(),
        first_day: Some(date(today())),
        worker: Some(Worker::MemberNumber(member_number(member))),
        ..Default::default()
    })
}

fn said<T>(who: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("krama-caller", who.parse().expect("plain metadata"));
    request
}

fn options() -> v1::BatchOptions {
    v1::BatchOptions { batch_id: fresh(), ..Default::default() }
}

/// Shares records among the streams.
fn shared<T: Clone>(records: &[T]) -> Vec<Vec<T>> {
    records.chunks(records.len().div_ceil(STREAMS)).map(<[T]>::to_vec).collect()
}

/// Sends the payments of these members on streams; answers how long that took.
pub(crate) async fn stream_payments(channel: &Channel, members: &[u64]) -> Duration {
    use v1::record_payments_request::Message;
    let shares = shared(&members.iter().map(|&member| payment(member)).collect::<Vec<_>>());
    let began = Instant::now();
    let streams = shares.into_iter().map(|share| {
        let channel = channel.clone();
        tokio::spawn(async move {
            let count = share.len();
            let records = (1..).zip(share).map(|(client_sequence, payment)| {
                Message::Record(v1::PaymentRecord { client_sequence, payment: Some(payment) })
            });
            let messages = std::iter::once(Message::Start(options())).chain(records);
            let messages = messages.map(|message| v1::RecordPaymentsRequest { message: Some(message) });
            let who = format!("COLLECTOR/{BANK}");
            let sent = said(&who, tokio_stream::iter(messages.collect::<Vec<_>>()));
            let replies = ContributionServiceClient::new(channel).record_payments(sent).await;
            let mut replies = replies.expect("the stream opens").into_inner();
            let mut accepted = 0;
            while let Some(reply) = replies.message().await.expect("the stream goes on") {
                if let Some(v1::record_payments_response::Message::Result(result)) = reply.message {
                    assert_eq!(result.outcome(), v1::Outcome::Accepted, "{result:?}");
                    accepted += 1;
                }
            }
            assert_eq!(accepted, count);
        })
    });
    for stream in streams.collect::<Vec<_>>() {
        stream.await.expect("the stream comes to its end");
    }
    began.elapsed()
}

/// Sends the transitions of these members on streams; answers how long that took.
pub(crate) async fn stream_transitions(channel: &Channel, members: &[u64]) -> Duration {
    use v1::report_transitions_request::Message;
    let shares = shared(&members.iter().map(|&member| transition(member)).collect::<Vec<_>>());
    let began = Instant::now();
    let streams = shares.into_iter().map(|share| {
        let channel = channel.clone();
        tokio::spawn(async move {
            let count = share.len();
            let records = (1..).zip(share).map(|(client_sequence, transition)| {
                Message::Record(v1::TransitionRecord { client_sequence, transition: Some(transition) })
            });
            let messages = std::iter::once(Message::Start(options())).chain(records);
            let messages = messages.map(|message| v1::ReportTransitionsRequest { message: Some(message) });
            let who = format!("PAYROLL/{PROVIDER}");
            let sent = said(&who, tokio_stream::iter(messages.collect::<Vec<_>>()));
            let replies = EmploymentServiceClient::new(channel).report_transitions(sent).await;
            let mut replies = replies.expect("the stream opens").into_inner();
            let mut accepted = 0;
            while let Some(reply) = replies.message().await.expect("the stream goes on") {
                if let Some(v1::report_transitions_response::Message::Result(result)) = reply.message {
                    assert_eq!(result.outcome(), v1::Outcome::Accepted, "{result:?}");
                    accepted += 1;
                }
            }
            assert_eq!(accepted, count);
        })
    });
    for stream in streams.collect::<Vec<_>>() {
        stream.await.expect("the stream comes to its end");
    }
    began.elapsed()
}

/// Sends the payments of these members one by one, many at the same time; answers how long that took, and the time that
/// half of the calls and that all but one in a hundred stayed under.
pub(crate) async fn single_payments(channels: &[Channel], members: &[u64]) -> (Duration, [Duration; 2]) {
    let payments: Arc<Vec<_>> = Arc::new(members.iter().map(|&member| payment(member)).collect());
    let next = Arc::new(AtomicUsize::new(0));
    let began = Instant::now();
    let callers = (0..IN_FLIGHT).map(|caller| {
        let (channel, payments, next) = (channels[caller % channels.len()].clone(), payments.clone(), next.clone());
        tokio::spawn(async move {
            let mut client = ContributionServiceClient::new(channel);
            let who = format!("COLLECTOR/{BANK}");
            let mut took = Vec::new();
            while let Some(payment) = payments.get(next.fetch_add(1, Ordering::Relaxed)) {
                let sent = Instant::now();
                let reply = client.record_payment(said(&who, payment.clone())).await.expect("it is taken").into_inner();
                assert_eq!(reply.outcome(), v1::Outcome::Accepted, "{reply:?}");
                took.push(sent.elapsed());
            }
            took
        })
    });
    let mut took = Vec::new();
    for caller in callers.collect::<Vec<_>>() {
        took.extend(caller.await.expect("the caller comes to an end"));
    }
    let whole = began.elapsed();
    took.sort_unstable();
    (whole, [took[took.len() / 2], took[took.len() * 99 / 100]])
}
