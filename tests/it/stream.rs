//! Streams: what holds only where records come one after the other, and a client reads when it likes, or never.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use krama::proto::v1;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt as _};
use tonic::Code;
use tonic::transport::{Channel, Endpoint};
use tonic_types::StatusExt as _;

use crate::ask::Ask;
use crate::batch::anonymous;
use crate::book::UNCHANGED;
use crate::pour::{Pour, Poured, all_or_none, messages, options, record, start, telling};
use crate::process::Process;
use crate::refusal::{invalid, no, required};
use crate::say::{enrolment, payment, registration};
use crate::world::{COLLECTOR, Folder, OFFICER, PAYROLL, World, channel_to, said};

const TODAY: &str = "2026-03-10";
/// A deadline of the tests, not of the server.
const PATIENCE: Duration = Duration::from_secs(120);

/// A connection on which little may lie unread.
fn narrow(world: &World) -> Channel {
    let endpoint = Endpoint::from_shared(format!("http://{}", world.address())).expect("an address");
    endpoint.initial_stream_window_size(Some(65_535)).initial_connection_window_size(Some(65_535)).connect_lazy()
}

async fn payments(
    channel: &Channel,
    messages: impl Stream<Item = v1::RecordPaymentsRequest> + Send + 'static,
) -> tonic::Streaming<v1::RecordPaymentsResponse> {
    v1::RecordPaymentsRequest::open(channel.clone(), said(COLLECTOR), messages).await.expect("the stream opens")
}

/// So many payments of strangers, made as they are sent.
fn strangers(count: i64) -> impl Iterator<Item = v1::RecordPaymentsRequest> {
    (1..=count).map(|client_sequence| record(v1::PaymentRecord { client_sequence, payment: Some(anonymous()) }))
}

#[tokio::test]
async fn a_stream_begins_with_its_options_and_names_what_is_wrong() {
    let world = World::on(TODAY).await;
    let good = options();
    let bad = v1::BatchOptions { result_mode: 9, ..options() };
    world.refuses(COLLECTOR, start(&bad), invalid("start.result_mode")).await;
    let bad = v1::BatchOptions { batch_id: String::new(), ..options() };
    world.refuses(COLLECTOR, start(&bad), required("start.batch_id")).await;
    world.refuses(COLLECTOR, messages(&good, &[anonymous()]).remove(1), required("start")).await;
    world.refuses(PAYROLL, v1::ReportTransitionsRequest::default(), required("start")).await;

    let [first, second] = [anonymous(), anonymous()];
    let mut sent = messages(&good, &[first, second]);
    sent.insert(2, start(&good));
    for (at, no) in [(2, invalid("start")), (2, required("message"))] {
        let poured = world.pours(COLLECTOR, sent.clone()).await;
        no.check("RecordPayments", &poured.end.clone().expect_err("it ends there"));
        let (results, summary) = poured.told();
        assert_eq!((results.len(), summary), (1, None), "what came before it is answered");
        sent[at] = v1::RecordPaymentsRequest::default();
    }
    let empty = world.pours(COLLECTOR, vec![start(&good)]).await.told();
    assert_eq!((empty.0.len(), empty.1.expect("a summary").records), (0, 0));
    let empty = world.pours(COLLECTOR, vec![start(&all_or_none())]).await.told();
    assert_eq!(empty.1.expect("a summary").records, 0);
}

#[tokio::test]
async fn each_mode_tells_what_it_says() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    let sent = [payment(&member, TODAY), anonymous(), v1::RecordPaymentRequest { line: -1, ..anonymous() }];
    let told = options();
    let modes = [v1::ResultMode::All, v1::ResultMode::Exceptions, v1::ResultMode::Summary, v1::ResultMode::Unspecified];
    let mut summaries = Vec::new();
    for (mode, expected) in modes.into_iter().zip([vec![1, 2, 3], vec![2, 3], vec![], vec![1, 2, 3]]) {
        let (results, summary) = world.pours(COLLECTOR, messages(&telling(mode, &told), &sent)).await.told();
        let numbers: Vec<i64> = results.iter().map(|result| result.client_sequence).collect();
        assert_eq!(numbers, expected, "{mode:?}");
        summaries.push(summary.expect("a summary"));
    }
    assert!(summaries.iter().all(|summary| *summary == summaries[0] && summary.records == 3));
}

#[tokio::test]
async fn an_all_or_none_stream_has_a_bound_and_passes_it_with_nothing() {
    let world = World::with(TODAY, |config| config.limits.all_or_none_records = 600).await;
    let sent: Vec<_> = (0..601).map(|_| anonymous()).collect();
    let before = world.book.content().await;
    let poured = world.pours(COLLECTOR, messages(&all_or_none(), &sent)).await;
    let large = no(Code::ResourceExhausted, "REQUEST_TOO_LARGE");
    let told = large.check("RecordPayments", &poured.end.expect_err("it is too large"));
    assert_eq!((told.metadata["limit"].as_str(), told.metadata["unit"].as_str()), ("600", "records"));
    assert_eq!(world.book.changed_since(&before).await, UNCHANGED);
    let told = telling(v1::ResultMode::Summary, &all_or_none());
    let (_, summary) = world.pours(COLLECTOR, messages(&told, &sent[..600])).await.told();
    assert_eq!(summary.expect("a summary").accepted_with_warning, 600);
    assert_eq!(world.book.last_position().await, 600);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_writes_everything_before_reading_does_not_hang_and_loses_nothing() {
    // More than the transport holds in either direction.
    const RECORDS: i64 = 15_000;
    let world = World::with(TODAY, |config| config.limits.results_unread_milliseconds = 300).await;
    let channel = narrow(&world);
    let told = options();
    let (write, written) = mpsc::channel(1);
    let mut replies = payments(&channel, ReceiverStream::new(written)).await;
    let writing = async {
        write.send(start(&told)).await.expect("it is sent");
        for message in strangers(RECORDS) {
            write.send(message).await.expect("it is sent");
        }
    };
    tokio::time::timeout(PATIENCE, writing).await.expect("the writing comes to its end");
    drop(write);
    let mut read = 0;
    let end = loop {
        match replies.message().await {
            Ok(Some(_)) => read += 1,
            Ok(None) => panic!("the stream ended as if all results had been read"),
            Err(status) => break status,
        }
    };
    let not_read = no(Code::ResourceExhausted, "RESULTS_NOT_READ");
    let metadata = not_read.check("RecordPayments", &end).metadata;
    assert_eq!((metadata["limit"].as_str(), metadata["unit"].as_str()), ("300", "milliseconds"));
    let kept = world.book.number("SELECT count(*) FROM payment").await;
    assert!((read..RECORDS).contains(&kept), "{read} were read, {kept} are kept");
    let listed = world.listed(COLLECTOR, &told.batch_id).await;
    assert_eq!(i64::try_from(listed.len()).expect("a number"), kept, "what was taken is listed");
    assert!(listed.iter().map(|line| line.client_sequence).eq(1..=kept), "without a gap");

    // Whoever asks for the summary alone may write first.
    let told = telling(v1::ResultMode::Summary, &options());
    let sent: Vec<_> = std::iter::once(start(&told)).chain(strangers(3_000)).collect();
    let poured = Poured::read(payments(&channel, tokio_stream::iter(sent)).await).await;
    assert_eq!(poured.told().1.expect("a summary").records, 3_000);
}

#[tokio::test]
async fn a_slow_reader_is_waited_for() {
    let world = World::with(TODAY, |config| config.limits.results_unread_milliseconds = 2_000).await;
    let sent: Vec<_> = std::iter::once(start(&options())).chain(strangers(1_500)).collect();
    let mut replies = payments(&narrow(&world), tokio_stream::iter(sent)).await;
    let mut read = 0;
    while let Some(reply) = replies.message().await.expect("it goes on") {
        read += 1;
        if read % 100 == 0 {
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
        assert!(reply.message.is_some());
    }
    assert_eq!(read, 1_501);
}

/// Reads so many results on a connection of its own, and is gone in the middle of writing.
fn cut_off(address: SocketAddr, told: &v1::BatchOptions, after: usize) -> usize {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let pulled = Arc::new(AtomicUsize::new(0));
    let (counter, first) = (pulled.clone(), start(told));
    let sent = tokio_stream::iter(std::iter::once(first).chain(strangers(i64::MAX - 1))).map(move |message| {
        counter.fetch_add(1, Ordering::Relaxed);
        message
    });
    runtime.block_on(async {
        let mut replies = payments(&channel_to(address), sent).await;
        for _ in 0..after {
            replies.message().await.expect("it goes on").expect("a reply");
        }
    });
    // With its runtime the client's connection ends.
    drop(runtime);
    pulled.load(Ordering::Relaxed)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_goes_away_leaves_what_was_acknowledged_and_no_more_is_taken() {
    let world = World::on(TODAY).await;
    let told = options();
    let (address, sent) = (world.address(), told.clone());
    let pulled = tokio::task::spawn_blocking(move || cut_off(address, &sent, 300)).await.expect("the client ends");
    let mut before = -1;
    while before != world.book.last_position().await {
        before = world.book.last_position().await;
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    let listed = world.listed(COLLECTOR, &told.batch_id).await;
    assert!((300..=pulled).contains(&listed.len()), "{} are listed, {pulled} were sent", listed.len());
    assert_eq!(i64::try_from(listed.len()).expect("a number"), before);
    world.book.holds_together().await;
    world.keeps_the_truth().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_thousand_payments_take_no_more_memory_than_a_few() {
    const RECORDS: i64 = 20_000;
    /// More than the caches of the database still take, and far less than the records would.
    const GROWTH_KIB: i64 = 24 * 1_024;
    let folder = Folder::new();
    let process = Process::start(&folder, "krama=warn,krama::cli=info").await;
    let channel = channel_to(process.address);
    let member = registration(1).send(channel.clone(), said(OFFICER)).await.expect("a member").member_id;
    enrolment(&member).send(channel.clone(), said(OFFICER)).await.expect("an enrolment");
    let of_member = v1::PaymentRecord { client_sequence: 1, payment: Some(payment(&member, TODAY)) };
    let first = [start(&options()), record(of_member)].into_iter();
    let mut replies = payments(&channel, tokio_stream::iter(first.chain(strangers(RECORDS).skip(1)))).await;
    let (mut read, mut early, mut most) = (0, 0, 0);
    let mut summary = None;
    while let Some(reply) = replies.message().await.expect("it goes on") {
        match reply.message.expect("a message") {
            v1::record_payments_response::Message::Result(result) => {
                read += 1;
                assert_eq!(result.client_sequence, read);
                if read % 1_000 == 0 {
                    most = most.max(process.memory());
                    early = if read == 4_000 { most } else { early };
                }
            }
            v1::record_payments_response::Message::Summary(told) => summary = Some(told),
        }
    }
    assert_eq!(summary.map(|summary| summary.records), Some(RECORDS));
    println!("{early} KiB after 4,000 records, {most} KiB at most");
    assert!(most - early < GROWTH_KIB, "{early} KiB after 4,000 records, {most} KiB at most");
}

#[tokio::test]
async fn a_stream_that_is_open_when_the_server_stops_is_told_to_come_again() {
    let world = World::on(TODAY).await;
    let (write, written) = mpsc::channel(1);
    let mut replies = payments(&world.channel, ReceiverStream::new(written)).await;
    write.send(start(&options())).await.expect("it is sent");
    write.send(strangers(1).next().expect("a record")).await.expect("it is sent");
    replies.message().await.expect("it goes on").expect("a result");
    let stopping = tokio::spawn(world.stop());
    let end = tokio::time::timeout(PATIENCE, replies.message()).await.expect("it ends");
    let status = end.expect_err("the client says nothing, and is told all the same");
    let reason = status.get_details_error_info().map(|info| info.reason);
    assert_eq!((status.code(), reason.as_deref()), (Code::Unavailable, Some("DRAINING")), "{status:?}");
    drop(stopping.await.expect("the server stops"));
}
