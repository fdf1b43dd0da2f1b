//! Batches in one message, and what is the same on a stream: each record as its single call, all or none, the list.

use krama::proto::v1;
use krama::proto::v1::Outcome::{Accepted, AcceptedWithWarning, Duplicate, Rejected};
use krama::proto::v1::record_payment_request::Payer;
use krama::proto::v1::transition_record::Transition;
use prost::Message as _;
use tonic::Code;

use crate::book::{ACCEPTED, REFUSED, UNCHANGED};
use crate::pour::{all_or_none, batch, messages, options, records, telling, transitions};
use crate::refusal::{invalid, no, required};
use crate::say::{date, date_plus, fresh, hire, hire_of, payment, quote, separation, worker};
use crate::world::{COLLECTOR, OFFICER, PAYROLL, World};

const TODAY: &str = "2026-03-10";

/// A payment of somebody whom nobody knows.
pub(crate) fn anonymous() -> v1::RecordPaymentRequest {
    v1::RecordPaymentRequest { payer: Some(Payer::PayerText("ម៉ាលី".to_owned())), ..payment("", TODAY) }
}

fn outcomes(results: &[v1::PaymentResult]) -> Vec<v1::Outcome> {
    results.iter().map(v1::PaymentResult::outcome).collect()
}

#[tokio::test]
async fn each_record_is_answered_as_the_single_call_would_be() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    let good = payment(&member, TODAY);
    let again = v1::RecordPaymentRequest { request_id: fresh(), ..good.clone() };
    let tomorrow = v1::RecordPaymentRequest { value_date: Some(date_plus(TODAY, 1)), ..payment(&member, TODAY) };
    let nothing = v1::RecordPaymentRequest { amount_riel: 0, reference: String::new(), ..payment(&member, TODAY) };
    let rehearsal = v1::RecordPaymentRequest { validate_only: true, ..payment(&member, TODAY) };
    let sent = [good.clone(), anonymous(), again, tomorrow.clone(), nothing.clone(), rehearsal];
    let told = options();
    let before = world.book.last_audit().await;
    let reply = world.ask(COLLECTOR, batch(&told, &sent)).await.expect("a batch");
    let expected = [Accepted, AcceptedWithWarning, Duplicate, Rejected, Rejected, Rejected];
    assert_eq!(outcomes(&reply.results), expected);
    let first = world.ask(COLLECTOR, good).await.expect("the single call");
    assert_eq!(reply.results[0].payment, Some(first.clone()), "to the byte");
    let repeated = v1::RecordPaymentResponse { outcome: Duplicate.into(), ..first.clone() };
    assert_eq!(reply.results[2].payment, Some(repeated));
    assert_eq!(reply.results[1].payment.as_ref().expect("an answer").warning(), v1::SuspenseReason::UnknownPayer);

    let late = reply.results[3].refusal.as_ref().expect("a refusal");
    let single = world.ask(COLLECTOR, tomorrow).await.expect_err("the single call is refused");
    assert_eq!((late.code, late.message.as_str()), (single.code().into(), single.message()));
    assert_eq!((late.reason(), late.metadata["latest"].as_str()), (v1::ErrorReason::DayInFuture, TODAY));
    let bad = reply.results[4].refusal.as_ref().expect("a refusal");
    let fields: Vec<&str> = bad.fields.iter().map(|field| field.field.as_str()).collect();
    assert_eq!((bad.reason(), fields), (v1::ErrorReason::FieldRequired, vec!["reference", "amount_riel"]));
    let rehearsed = reply.results[5].refusal.as_ref().expect("a refusal");
    assert_eq!(rehearsed.fields[0].field, "validate_only");

    let last = reply.results[1].payment.as_ref().and_then(|answer| answer.position.clone());
    let (records, rejected) = (6, 3);
    let counts =
        v1::BatchSummary { records, accepted: 1, accepted_with_warning: 1, duplicates: 1, rejected, ..summary(&told) };
    assert_eq!(reply.summary, Some(v1::BatchSummary { position: last, ..counts }));
    let entries = world.book.audit_after(before).await;
    let told_of: Vec<_> = entries.iter().take(6).map(|entry| (entry.method.as_str(), entry.reason.as_str())).collect();
    assert!(told_of.iter().all(|(method, _)| *method == "RecordPayment"), "{told_of:?}");
    assert_eq!((told_of[3].1, told_of[4].1, told_of[5].1), ("DAY_IN_FUTURE", "FIELD_REQUIRED", "FIELD_INVALID"));
}

fn summary(options: &v1::BatchOptions) -> v1::BatchSummary {
    v1::BatchSummary { batch_id: options.batch_id.clone(), ..v1::BatchSummary::default() }
}

#[tokio::test]
async fn a_batch_sent_again_answers_the_same_and_records_nothing() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    let sent = [payment(&member, TODAY), anonymous(), payment(&member, TODAY)];
    let told = options();
    let first = world.ask(COLLECTOR, batch(&told, &sent)).await.expect("a batch");
    let before = world.book.content().await;
    let again = world.ask(COLLECTOR, batch(&told, &sent)).await.expect("the same batch");
    assert_eq!(again.encode_to_vec(), first.encode_to_vec());
    let streamed = world.pours(COLLECTOR, messages(&told, &sent)).await.told();
    assert_eq!(streamed, (first.results, first.summary), "a stream is no other thing");
    assert_eq!(world.book.changed_since(&before).await, UNCHANGED);
    let listed: Vec<_> = world.listed(COLLECTOR, &told.batch_id).await.iter().map(v1::BatchResult::outcome).collect();
    assert_eq!(listed, [Accepted, AcceptedWithWarning, Accepted], "sent again is no duplicate");
}

#[tokio::test]
async fn five_hundred_records_are_a_batch_and_one_more_is_not() {
    let world = World::on(TODAY).await;
    let mut sent: Vec<_> = (0..501).map(|_| anonymous()).collect();
    let large = no(Code::ResourceExhausted, "REQUEST_TOO_LARGE");
    let told = world.refuses(COLLECTOR, batch(&options(), &sent), large).await;
    assert_eq!((told.metadata["limit"].as_str(), told.metadata["unit"].as_str()), ("500", "records"));
    world.refuses(COLLECTOR, batch(&options(), &[]), required("records")).await;
    sent.pop();
    let whole = telling(v1::ResultMode::Exceptions, &options());
    let reply = world.ask(COLLECTOR, batch(&whole, &sent)).await.expect("five hundred");
    assert_eq!((reply.results.len(), reply.summary.expect("a summary").accepted_with_warning), (500, 500));
    let whole = telling(v1::ResultMode::Summary, &whole);
    let reply = world.ask(COLLECTOR, batch(&whole, &sent)).await.expect("the same");
    assert_eq!((reply.results.len(), reply.summary.expect("a summary").records), (0, 500));
    assert_eq!(world.book.number("SELECT count(*) FROM payment").await, 500);
}

#[tokio::test]
async fn a_batch_without_sound_options_is_refused_by_field() {
    let world = World::on(TODAY).await;
    let sent = [anonymous()];
    let spoilt = |spoil: fn(&mut v1::BatchOptions)| {
        let mut told = options();
        spoil(&mut told);
        batch(&told, &sent)
    };
    world.refuses(COLLECTOR, spoilt(|told| told.batch_id.clear()), required("options.batch_id")).await;
    world.refuses(COLLECTOR, spoilt(|told| told.batch_id = "7".to_owned()), invalid("options.batch_id")).await;
    world.refuses(COLLECTOR, spoilt(|told| told.result_mode = 9), invalid("options.result_mode")).await;
    world.refuses(COLLECTOR, spoilt(|told| told.on_failure = -1), invalid("options.on_failure")).await;
    let none = v1::BatchRecordPaymentsRequest { options: None, records: records(&sent) };
    world.refuses(COLLECTOR, none, required("options")).await;
    let none = v1::BatchReportTransitionsRequest { options: Some(options()), records: Vec::new() };
    world.refuses(PAYROLL, none, required("records")).await;
    world.refuses(PAYROLL, v1::ListBatchResultsRequest::default(), required("batch_id")).await;
}

#[tokio::test]
async fn numbers_rise_within_a_call_and_a_record_is_not_empty() {
    let world = World::on(TODAY).await;
    let mut sent = batch(&options(), &[anonymous(), anonymous(), anonymous(), anonymous(), anonymous(), anonymous()]);
    let numbers = [0, 5, 5, 4, (1 << 53) - 1, 1 << 53];
    sent.records.iter_mut().zip(numbers).for_each(|(record, number)| record.client_sequence = number);
    let reply = world.ask(COLLECTOR, sent.clone()).await.expect("a batch");
    let expected = [Rejected, AcceptedWithWarning, Rejected, Rejected, AcceptedWithWarning, Rejected];
    assert_eq!(outcomes(&reply.results), expected);
    for result in reply.results.iter().filter(|result| result.outcome() == Rejected) {
        assert_eq!(result.refusal.as_ref().expect("a refusal").fields[0].field, "client_sequence");
    }
    let batch_id = sent.options.expect("options").batch_id;
    let listed: Vec<i64> = world.listed(COLLECTOR, &batch_id).await.iter().map(|line| line.client_sequence).collect();
    assert_eq!(listed, [5, (1 << 53) - 1]);

    let mut sent = batch(&options(), &[anonymous()]);
    sent.records[0].payment = None;
    let reply = world.ask(COLLECTOR, sent).await.expect("a batch");
    assert_eq!(reply.results[0].refusal.as_ref().expect("a refusal").fields[0].field, "payment");
}

#[tokio::test]
async fn all_or_none_records_everything_or_leaves_audit_entries_only() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    let known = payment(&member, TODAY);
    world.takes(COLLECTOR, known.clone()).await;
    let bad = v1::RecordPaymentRequest { value_date: Some(date_plus(TODAY, 1)), ..payment(&member, TODAY) };
    let malformed = v1::RecordPaymentRequest { amount_riel: -1, ..payment(&member, TODAY) };
    for spoilt in [bad, malformed] {
        let told = all_or_none();
        let sent = [payment(&member, TODAY), known.clone(), spoilt, anonymous()];
        let (before, audit) = (world.book.content().await, world.book.last_audit().await);
        let reply = world.ask(COLLECTOR, batch(&told, &sent)).await.expect("an answer");
        assert_eq!(outcomes(&reply.results), [Rejected, Accepted, Rejected, Rejected]);
        let reasons: Vec<_> = reply.results.iter().map(|r| r.refusal.as_ref().map(v1::Refusal::reason)).collect();
        let undone = Some(v1::ErrorReason::BatchRejected);
        assert_eq!((reasons[0], reasons[1], reasons[3]), (undone, None, undone));
        assert_eq!(world.book.changed_since(&before).await, UNCHANGED, "nothing is recorded");
        assert_eq!(world.book.audit_after(audit).await.iter().filter(|e| e.outcome == REFUSED).count(), 3);
        let listed = world.listed(COLLECTOR, &told.batch_id).await;
        assert_eq!(listed.iter().map(v1::BatchResult::outcome).collect::<Vec<_>>(), outcomes(&reply.results));
        assert_eq!((listed[0].reason(), listed[0].position.clone()), (v1::ErrorReason::BatchRejected, None));

        let streamed = world.pours(COLLECTOR, messages(&told, &sent)).await.told();
        assert_eq!(streamed, (reply.results, reply.summary));
        let mended = [sent[0].clone(), known.clone(), payment(&member, TODAY), sent[3].clone()];
        let audit = world.book.last_audit().await;
        let (results, summary) = world.pours(COLLECTOR, messages(&told, &mended)).await.told();
        assert_eq!(outcomes(&results), [Accepted, Accepted, Accepted, AcceptedWithWarning]);
        assert_eq!(world.book.audit_after(audit).await.iter().filter(|e| e.outcome == ACCEPTED).count(), 3);
        assert_eq!(summary.expect("a summary").records, 4);
    }
    world.book.holds_together().await;
    world.keeps_the_truth().await;
}

#[tokio::test]
async fn records_about_one_member_see_each_other_in_order() {
    let world = World::on(TODAY).await;
    world.member(1).await;
    world.member(2).await;
    let employer = world.granted("E-1", "2026-01-01").await;
    let other = world.employer("E-2").await;
    // A name in Khmer letters is shared by all people of these tests.
    let stranger = v1::WorkerDetails { khmer_name: None, ..worker(9) };
    let told = vec![
        Transition::Separation(separation(&employer, "W-1", "2026-02-28")),
        Transition::Hire(hire(&employer, "W-1", "2026-02-01", 1)),
        Transition::Hire(hire(&employer, "W-1", "2026-03-01", 2)),
        Transition::Separation(separation(&employer, "W-1", "2026-02-28")),
        Transition::Hire(hire(&employer, "W-1", "2026-03-01", 2)),
        Transition::Hire(hire_of(&employer, "W-9", TODAY, stranger.clone())),
        Transition::Hire(hire_of(&employer, "W-10", TODAY, stranger)),
        Transition::Hire(hire(&other, "W-1", TODAY, 1)),
        Transition::Hire(v1::ReportHireRequest { worker: None, ..hire(&employer, "W-2", TODAY, 1) }),
    ];
    let options = options();
    let sent = transitions(&options, told);
    let poured = world.pours(PAYROLL, sent.clone()).await;
    poured.end.expect("one bad record ends nothing");
    let mut results = Vec::new();
    for reply in &poured.replies {
        if let Some(v1::report_transitions_response::Message::Result(result)) = &reply.message {
            results.push(result.clone());
        }
    }
    let seen: Vec<_> = results
        .iter()
        .map(|result| {
            (result.outcome(), result.refusal.as_ref().map_or(v1::ErrorReason::Unspecified, v1::Refusal::reason))
        })
        .collect();
    let none = v1::ErrorReason::Unspecified;
    let expected = [
        (Rejected, v1::ErrorReason::EmploymentNotFound),
        (Accepted, none),
        (Rejected, v1::ErrorReason::EmploymentAlreadyOpen),
        (Accepted, none),
        (Accepted, none),
        (Accepted, none),
        (Accepted, none),
        (Rejected, v1::ErrorReason::EmployerNotGranted),
        (Rejected, v1::ErrorReason::FieldRequired),
    ];
    assert_eq!(seen, expected);
    let Some(v1::transition_result::Answer::Hire(stranger)) = &results[6].answer else { panic!("a hire: {results:?}") };
    assert_eq!(stranger.r#match(), v1::WorkerMatch::Matched, "the record before it registered the person");
    let listed = world.listed(PAYROLL, &options.batch_id).await;
    let outcomes = |results: &[v1::BatchResult]| results.iter().map(v1::BatchResult::outcome).collect::<Vec<_>>();
    assert_eq!(outcomes(&listed), expected.map(|(outcome, _)| outcome));
    assert_eq!(listed[7].reason(), v1::ErrorReason::EmployerNotGranted);
    // What was accepted answers as before; what was rejected is decided anew, and may meet something else by now.
    let again = world.pours(PAYROLL, sent).await;
    let accepted = [1, 3, 4, 5, 6];
    assert!(accepted.into_iter().all(|at| again.replies[at] == poured.replies[at]));
    let relisted = world.listed(PAYROLL, &options.batch_id).await;
    assert_eq!((relisted[0].outcome(), relisted[0].reason()), (Rejected, v1::ErrorReason::DayBeforeStart));
    assert_eq!(relisted[2].outcome(), Duplicate, "what it asked for was recorded by another record meanwhile");
    assert_eq!(relisted[3..7], listed[3..7]);
}

#[tokio::test]
async fn transitions_in_one_message_are_taken_together_or_not_at_all() {
    let world = World::on(TODAY).await;
    world.member(1).await;
    let employer = world.granted("E-1", "2026-01-01").await;
    let good = Transition::Hire(hire(&employer, "W-1", "2026-02-01", 1));
    let bad = Transition::Separation(separation(&employer, "W-7", TODAY));
    let record =
        |(client_sequence, transition): (i64, Option<Transition>)| v1::TransitionRecord { client_sequence, transition };
    let sent = |told: [Option<Transition>; 2]| v1::BatchReportTransitionsRequest {
        options: Some(all_or_none()),
        records: (1..).zip(told).map(record).collect(),
    };
    for spoilt in [Some(bad), None] {
        let before = world.book.content().await;
        let reply = world.ask(PAYROLL, sent([Some(good.clone()), spoilt])).await.expect("an answer");
        assert_eq!(reply.summary.expect("a summary").rejected, 2);
        assert_eq!(world.book.changed_since(&before).await, UNCHANGED);
    }
    let end = Transition::Separation(separation(&employer, "W-1", TODAY));
    let reply = world.ask(PAYROLL, sent([Some(good), Some(end)])).await.expect("an answer");
    assert_eq!(reply.summary.expect("a summary").accepted, 2, "the second sees the first");
}

#[tokio::test]
async fn results_are_listed_page_by_page_for_the_caller_that_sent_them() {
    let world = World::on(TODAY).await;
    let told = options();
    let mut sent: Vec<_> = (0..5).map(|_| anonymous()).collect();
    sent[2].amount_riel = 0;
    let reply = world.ask(COLLECTOR, batch(&told, &sent)).await.expect("a batch");
    let mut ask = v1::ListBatchResultsRequest {
        batch_id: told.batch_id.to_uppercase(),
        page_size: 2,
        at_least_position: reply.summary.and_then(|summary| summary.position),
        ..Default::default()
    };
    let mut listed = Vec::new();
    for page in 1..=3 {
        let reply = world.reads(COLLECTOR, ask.clone()).await;
        assert_eq!((reply.results.len(), reply.next_page_token.is_empty()), (if page == 3 { 1 } else { 2 }, page == 3));
        listed.extend(reply.results);
        ask.page_token = reply.next_page_token;
    }
    assert_eq!(listed.iter().map(|line| line.client_sequence).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    for (line, (result, payment)) in listed.iter().zip(reply.results.iter().zip(&sent)) {
        let position = result.payment.as_ref().and_then(|answer| answer.position.clone());
        assert_eq!((line.outcome(), &line.position), (result.outcome(), &position));
        let request_id = if line.client_sequence == 3 { "" } else { payment.request_id.as_str() };
        assert_eq!(line.request_id, request_id);
    }
    assert_eq!(listed[2].reason(), v1::ErrorReason::FieldInvalid);
    for other in ["COLLECTOR/other-bank", PAYROLL, OFFICER] {
        assert!(world.listed(other, &told.batch_id).await.is_empty(), "{other}");
    }
    world.refuses(COLLECTOR, v1::ListBatchResultsRequest { page_size: -1, ..ask }, invalid("page_size")).await;
}

#[tokio::test]
async fn what_waits_for_an_officer_says_by_when() {
    let world = World::on("2025-09-01").await;
    let member = world.enrolled(1).await;
    world.pay(&member, "2025-09-01", 6).await;
    world.clock_to(TODAY).await;
    let old = v1::RecordPaymentRequest { value_date: Some(date("2025-11-01")), ..payment(&member, TODAY) };
    let reply = world.ask(COLLECTOR, batch(&options(), &[old, anonymous()])).await.expect("a batch");
    assert_eq!(outcomes(&reply.results), [AcceptedWithWarning, AcceptedWithWarning]);
    let by = world.ask(OFFICER, quote(&member)).await.expect("a quote").last_safe_day;
    assert!(by.is_some(), "the member can lapse");
    assert_eq!(reply.results[0].fix_by, by);
    assert_eq!(reply.results[1].fix_by, None, "of a stranger nothing is known");
}
