//! ListSuspense, AssignPayment, RecordRefund and ReconcileCollection: money that waits, and both sides of a collection.

use krama::proto::v1;
use tonic::Code;

use crate::refusal::{denied, invalid, no, not_now, required};
use crate::say::{MONTH, account, assignment, date, death, fresh, get, national_id, payment, refund, reversal};
use crate::world::{COLLECTOR, OFFICER, SUPERVISOR, World};

const TODAY: &str = "2026-03-10";
/// An officer who puts no money to members here.
const CLERK: &str = "OFFICER/desk-3";

/// Money of somebody whom nobody knows.
async fn unknown(world: &World, on: &str) -> String {
    let payer = Some(v1::record_payment_request::Payer::Identifier(national_id(77)));
    let told = v1::RecordPaymentRequest { payer, ..payment("", on) };
    world.takes(COLLECTOR, told).await.payment_id
}

/// Money of a payment, paid back by two people.
async fn pay_back(world: &World, payment: &str, amount: i64) {
    let first = refund(payment, amount);
    let prepared_id = world.takes(CLERK, first.clone()).await.prepared_id;
    world.takes(SUPERVISOR, v1::RecordRefundRequest { request_id: fresh(), prepared_id, ..first }).await;
}

async fn waiting(world: &World) -> Vec<v1::WaitingPayment> {
    world.reads(OFFICER, v1::ListSuspenseRequest::default()).await.payments
}

#[tokio::test]
async fn money_of_nobody_waits_and_is_put_to_its_member() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    let paid = unknown(&world, TODAY).await;
    let listed = waiting(&world).await;
    let [one] = &listed[..] else { panic!("{listed:?}") };
    assert_eq!(one.payer_told, "NATIONAL_ID:000000077");
    let record = one.payment.as_ref().expect("a payment");
    assert_eq!((&record.payment_id, record.suspense_reason()), (&paid, v1::SuspenseReason::UnknownPayer));
    world.takes(OFFICER, assignment(&paid, &member)).await;
    assert!(waiting(&world).await.is_empty());
    let told = world.reads(OFFICER, account(&member)).await;
    assert_eq!((told.payments.len(), told.payments[0].payment_id.clone()), (1, paid.clone()));
    let totals = told.totals.expect("totals");
    assert_eq!((totals.received_riel, totals.months_riel, totals.suspense_riel), (MONTH, MONTH, 0));
    // From now on it is the member's like any other.
    let effect = world.takes(COLLECTOR, reversal(&paid, TODAY)).await.effect.expect("an effect");
    assert_eq!(effect.months_reopened, ["2026-03"]);
}

#[tokio::test]
async fn money_that_is_assigned_late_undoes_a_lapse() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    world.clock_to("2026-10-15").await;
    let paid = unknown(&world, "2026-10-15").await;
    world.clock_to("2026-10-20").await;
    let standing = async || world.reads(OFFICER, get(&member)).await.decision.expect("a decision").standing();
    assert_eq!(standing().await, v1::Standing::Abandoned);
    let changes = world.takes(OFFICER, assignment(&paid, &member)).await.standing_changes.expect("changes").changes;
    assert_eq!(standing().await, v1::Standing::InArrears);
    let [undone] = &changes[..] else { panic!("{changes:?}") };
    assert_eq!((undone.from_day, undone.until_day), (Some(date("2026-10-16")), Some(date("2026-10-20"))));
    assert_eq!((undone.kind(), &undone.fact_ids), (v1::StandingChangeKind::Undone, &vec![paid]));
}

#[tokio::test]
async fn money_that_was_reported_too_late_waits_and_may_be_another_s() {
    let world = World::on(TODAY).await;
    let (one, other) = (world.enrolled(1).await, world.enrolled(2).await);
    world.clock_to("2026-07-01").await;
    let paid = world.pay(&one, "2026-03-10", 1).await;
    assert_eq!(paid.warning(), v1::SuspenseReason::BackdatedTooFar);
    let totals = async |member: &str| world.reads(OFFICER, account(member)).await.totals.expect("totals");
    assert_eq!(totals(&one).await.suspense_riel, MONTH);
    world.takes(OFFICER, assignment(&paid.payment_id, &other)).await;
    assert_eq!((totals(&one).await.received_riel, totals(&other).await.months_riel), (0, MONTH));
}

#[tokio::test]
async fn only_money_that_waits_is_assigned_and_only_once() {
    let world = World::on(TODAY).await;
    let (member, other) = (world.enrolled(1).await, world.enrolled(2).await);
    let paid = unknown(&world, TODAY).await;
    let nobody = no(Code::NotFound, "MEMBER_NOT_FOUND");
    world.refuses(OFFICER, assignment(&paid, &paid), nobody).await;
    world.refuses(OFFICER, assignment(&member, &member), no(Code::NotFound, "PAYMENT_NOT_FOUND")).await;
    world
        .refuses(
            OFFICER,
            v1::AssignPaymentRequest { reason: String::new(), ..assignment(&paid, &member) },
            required("reason"),
        )
        .await;
    let first = world.takes(OFFICER, assignment(&paid, &member)).await;
    let again = world.ask(OFFICER, assignment(&paid, &member)).await.expect("the same again");
    assert_eq!(again, v1::AssignPaymentResponse { outcome: v1::Outcome::Duplicate.into(), ..first });
    let gone = not_now("PAYMENT_NOT_WAITING");
    world.refuses(OFFICER, assignment(&paid, &other), gone).await;
    let own = world.pay(&member, TODAY, 1).await.payment_id;
    world.refuses(OFFICER, assignment(&own, &other), gone).await;
    let bounced = unknown(&world, TODAY).await;
    world.takes(COLLECTOR, reversal(&bounced, TODAY)).await;
    world.refuses(OFFICER, assignment(&bounced, &member), gone).await;
    assert!(waiting(&world).await.is_empty());
}

#[tokio::test]
async fn suspense_is_read_page_by_page() {
    let world = World::on(TODAY).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(unknown(&world, TODAY).await);
    }
    let first = world.reads(OFFICER, v1::ListSuspenseRequest { page_size: 2, ..Default::default() }).await;
    let rest = v1::ListSuspenseRequest { page_token: first.next_page_token.clone(), ..Default::default() };
    let rest = world.reads(OFFICER, rest).await;
    let listed: Vec<_> = first.payments.iter().chain(&rest.payments).map(|one| one.payment.clone()).collect();
    assert_eq!(listed.into_iter().map(|one| one.expect("a payment").payment_id).collect::<Vec<_>>(), ids);
    assert!(rest.next_page_token.is_empty());
    world.refuses(OFFICER, v1::ListSuspenseRequest { page_size: -1, ..Default::default() }, invalid("page_size")).await;
}

/// Of each payment in suspense, read page by page: its id, whose it is, why it stands there and how much of it.
async fn suspended(world: &World, page_size: i32) -> Vec<(String, String, v1::SuspenseReason, i64)> {
    let (mut listed, mut page_token) = (Vec::new(), String::new());
    loop {
        let ask = v1::ListSuspenseRequest { page_size, page_token, at_least_position: None };
        let page = world.reads(OFFICER, ask).await;
        assert!(page.payments.len() <= usize::try_from(page_size).expect("a size"));
        listed.extend(page.payments.into_iter().map(|one| {
            assert_eq!(one.payer_told.is_empty(), one.payment.as_ref().is_some_and(|paid| !paid.member_id.is_empty()));
            let paid = one.payment.expect("a payment");
            let reason = paid.suspense_reason();
            (paid.payment_id, paid.member_id, reason, one.suspense_riel)
        }));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return listed;
        }
    }
}

#[tokio::test]
async fn what_no_month_of_a_member_can_take_is_listed_with_its_reason() {
    let world = World::on(TODAY).await;
    let (stranger, lapsed, dead) = (world.member(1).await, world.enrolled(2).await, world.enrolled(3).await);
    world.clock_to("2026-11-20").await;
    world.takes(OFFICER, death(&dead, "2026-11-01")).await;
    let mut paid = Vec::new();
    for member in [&stranger, &lapsed, &dead, &dead] {
        paid.push(world.pay(member, "2026-11-20", 1).await.payment_id);
    }
    let nobodys = unknown(&world, "2026-11-20").await;
    let all = suspended(&world, 50).await;
    let row = |at: usize, member: &String, reason| (paid[at].clone(), member.clone(), reason, MONTH);
    use v1::SuspenseReason::{Abandoned, Deceased, NotEnrolled, UnknownPayer};
    let mut expected = vec![
        row(0, &stranger, NotEnrolled),
        row(1, &lapsed, Abandoned),
        row(2, &dead, Deceased),
        row(3, &dead, Deceased),
        (nobodys.clone(), String::new(), UnknownPayer, MONTH),
    ];
    assert_eq!(all[0], expected[4], "what waits for a member comes first");
    let sorted = |mut rows: Vec<(String, String, v1::SuspenseReason, i64)>| {
        rows.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        rows
    };
    assert_eq!(sorted(all.clone()), sorted(expected.clone()));
    for size in 1..=5 {
        assert_eq!(suspended(&world, size).await, all, "the same by pages of {size}");
    }
    // Paid back, it is in suspense no more, nor is what was put on a month by a late enrolment.
    pay_back(&world, &paid[0], 600).await;
    pay_back(&world, &paid[3], MONTH).await;
    world.takes(COLLECTOR, reversal(&paid[1], "2026-11-20")).await;
    expected[0].3 -= 600;
    expected.remove(3);
    expected.remove(1);
    assert_eq!(sorted(suspended(&world, 2).await), sorted(expected.clone()));
    world.takes(OFFICER, assignment(&nobodys, &stranger)).await;
    expected[2] = (nobodys, stranger, NotEnrolled, MONTH);
    assert_eq!(sorted(suspended(&world, 1).await), sorted(expected));
    let bad = v1::ListSuspenseRequest { page_token: "m.1".to_owned(), ..Default::default() };
    world.refuses(OFFICER, bad, invalid("page_token")).await;
}

#[tokio::test]
async fn what_is_left_after_a_refund_can_still_be_put_to_its_member() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    let paid = unknown(&world, TODAY).await;
    pay_back(&world, &paid, 600).await;
    let [(_, _, reason, left)] = &suspended(&world, 5).await[..] else { panic!("one payment waits") };
    assert_eq!((*reason, *left), (v1::SuspenseReason::UnknownPayer, MONTH - 600));
    world.takes(OFFICER, assignment(&paid, &member)).await;
    assert!(suspended(&world, 5).await.is_empty());
    let totals = world.reads(OFFICER, account(&member)).await.totals.expect("totals");
    assert_eq!((totals.received_riel, totals.months_riel), (MONTH - 600, MONTH - 600));
}

#[tokio::test]
async fn credit_is_paid_back_and_money_on_months_is_not() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    // March to the twelfth month ahead are thirteen.
    let paid = world.pay(&member, TODAY, 15).await.payment_id;
    let above = not_now("AMOUNT_ABOVE_REFUNDABLE").at("amount_riel");
    let told = world.refuses(SUPERVISOR, refund(&paid, 2 * MONTH + 1), above).await;
    assert_eq!(told.metadata["refundable_riel"], (2 * MONTH).to_string());
    pay_back(&world, &paid, MONTH).await;
    pay_back(&world, &paid, MONTH).await;
    world.refuses(SUPERVISOR, refund(&paid, 1), above).await;
    let totals = world.reads(OFFICER, account(&member)).await.totals.expect("totals");
    assert_eq!((totals.refunded_riel, totals.credit_riel, totals.months_riel), (2 * MONTH, 0, 13 * MONTH));
    world.refuses(SUPERVISOR, refund(&paid, 0), invalid("amount_riel")).await;
    world.takes(COLLECTOR, reversal(&paid, TODAY)).await;
    world.refuses(SUPERVISOR, refund(&paid, 1), not_now("PAYMENT_REVERSED")).await;
}

#[tokio::test]
async fn money_of_nobody_is_paid_back_and_waits_no_longer() {
    let world = World::on(TODAY).await;
    let paid = unknown(&world, TODAY).await;
    pay_back(&world, &paid, MONTH - 1).await;
    assert_eq!(waiting(&world).await.len(), 1);
    pay_back(&world, &paid, 1).await;
    assert!(waiting(&world).await.is_empty());
    world.refuses(SUPERVISOR, refund(&paid, 1), not_now("AMOUNT_ABOVE_REFUNDABLE")).await;
}

#[tokio::test]
async fn who_assigned_money_neither_prepares_its_refund_nor_does_it() {
    let world = World::on(TODAY).await;
    let member = world.member(1).await;
    let paid = unknown(&world, TODAY).await;
    let before = world.takes(CLERK, refund(&paid, MONTH)).await.prepared_id;
    world.takes(OFFICER, assignment(&paid, &member)).await;
    // What was prepared about money of nobody says nothing about the member's.
    let first = refund(&paid, MONTH);
    let by = |prepared_id: &str| v1::RecordRefundRequest {
        request_id: fresh(),
        prepared_id: prepared_id.to_owned(),
        ..first.clone()
    };
    world.refuses(SUPERVISOR, by(&before), no(Code::NotFound, "PREPARATION_NOT_FOUND")).await;
    let second = denied("SECOND_PERSON_REQUIRED");
    world.refuses(OFFICER, refund(&paid, MONTH), second).await;
    let prepared = world.takes(CLERK, first.clone()).await.prepared_id;
    world.refuses("SUPERVISOR/desk-1", by(&prepared), second).await;
    world.takes(SUPERVISOR, by(&prepared)).await;
}

#[tokio::test]
async fn a_refund_takes_two_people_and_is_done_once() {
    let world = World::on(TODAY).await;
    let (member, other) = (world.enrolled(1).await, world.enrolled(2).await);
    let paid = world.pay(&member, TODAY, 15).await.payment_id;
    let others = world.pay(&other, TODAY, 15).await.payment_id;
    let told = world.reads(OFFICER, account(&member)).await;
    let first = refund(&paid, MONTH);
    let rehearsed = v1::RecordRefundRequest { validate_only: true, ..first.clone() };
    let rehearsed = world.ask(OFFICER, rehearsed).await.expect("a rehearsal");
    assert_eq!((rehearsed.outcome(), rehearsed.prepared_id), (v1::Outcome::AcceptedWithWarning, String::new()));
    // The first person prepares it: the command is on record, and no money moves.
    let before = world.book.content().await;
    let prepared = world.takes(OFFICER, first.clone()).await;
    let rows = world.book.changed_since(&before).await;
    assert!(prepared.outcome() == v1::Outcome::AcceptedWithWarning && prepared.on.is_none(), "{prepared:?}");
    assert!(prepared.standing_changes.as_ref().is_some_and(|told| told.changes.is_empty()), "{prepared:?}");
    let after = world.book.content().await;
    let same = |table: &str| assert_eq!(before.get(table), after.get(table), "{table} of {rows:?}");
    ["fact", "payment", "payment_change", "standing", "notice"].into_iter().for_each(same);
    let now = world.reads(OFFICER, account(&member)).await;
    assert_eq!((now.totals, now.payments), (told.totals, told.payments));
    // The second says the same, is another, and is a supervisor.
    let prepared_id = prepared.prepared_id.clone();
    let asked = v1::RecordRefundRequest { request_id: fresh(), prepared_id, ..first.clone() };
    let second = denied("SECOND_PERSON_REQUIRED");
    world.refuses(CLERK, asked.clone(), second).await;
    world.refuses("SUPERVISOR/desk-1", asked.clone(), second).await;
    let unprepared = no(Code::NotFound, "PREPARATION_NOT_FOUND");
    let reworded = v1::RecordRefundRequest { reason: "another reason".to_owned(), ..asked.clone() };
    let told = world.refuses(SUPERVISOR, reworded, unprepared).await;
    assert_eq!(told.metadata["prepared_id"], asked.prepared_id);
    for (payment_id, amount_riel) in [(&paid, MONTH + 1), (&paid, MONTH - 1), (&others, MONTH)] {
        let altered = v1::RecordRefundRequest { payment_id: payment_id.clone(), amount_riel, ..asked.clone() };
        world.refuses(SUPERVISOR, altered, unprepared).await;
    }
    let of_a_payment = v1::RecordRefundRequest { prepared_id: paid.clone(), ..asked.clone() };
    world.refuses(SUPERVISOR, of_a_payment, unprepared).await;
    let bad = v1::RecordRefundRequest { prepared_id: "yes".to_owned(), ..asked.clone() };
    world.refuses(SUPERVISOR, bad, invalid("prepared_id")).await;
    let done = world.takes(SUPERVISOR, asked.clone()).await;
    assert_eq!((done.outcome(), done.on, done.prepared_id.as_str()), (v1::Outcome::Accepted, Some(date(TODAY)), ""));
    // Said again under another id by whomever, it moves no money twice.
    for who in [SUPERVISOR, "SUPERVISOR/desk-3"] {
        let before = world.book.content().await;
        let again = v1::RecordRefundRequest { request_id: fresh(), ..asked.clone() };
        let again = world.ask(who, again).await.expect("the same again");
        assert_eq!(again, v1::RecordRefundResponse { outcome: v1::Outcome::Duplicate.into(), ..done.clone() });
        assert_eq!(world.book.changed_since(&before).await, crate::book::UNCHANGED);
    }
    assert_eq!(world.ask(OFFICER, first).await.expect("the first again"), prepared);
    let totals = world.reads(OFFICER, account(&member)).await.totals.expect("totals");
    assert_eq!((totals.refunded_riel, totals.credit_riel), (MONTH, MONTH));
    world.keeps_the_truth().await;
    world.book.holds_together().await;
}

#[tokio::test]
async fn a_prepared_refund_is_decided_by_what_lies_there_when_it_is_done() {
    let world = World::on(TODAY).await;
    let (member, other) = (world.enrolled(1).await, world.enrolled(2).await);
    let paid = world.pay(&member, TODAY, 15).await.payment_id;
    let (nobodys, bounced) = (unknown(&world, TODAY).await, unknown(&world, TODAY).await);
    let mut seconds = Vec::new();
    for (payment, amount) in [(&paid, 2 * MONTH), (&paid, MONTH), (&nobodys, MONTH), (&bounced, MONTH)] {
        let first = refund(payment, amount);
        let prepared_id = world.takes("SUPERVISOR/desk-3", first.clone()).await.prepared_id;
        seconds.push(v1::RecordRefundRequest { request_id: fresh(), prepared_id, ..first });
    }
    let above = not_now("AMOUNT_ABOVE_REFUNDABLE").at("amount_riel");
    // Half of the credit is paid back, money of nobody finds a month, and a payment bounces.
    world.takes(SUPERVISOR, seconds[1].clone()).await;
    let told = world.refuses(SUPERVISOR, seconds[0].clone(), above).await;
    assert_eq!(told.metadata["refundable_riel"], MONTH.to_string());
    world.takes(OFFICER, assignment(&nobodys, &other)).await;
    let told = world.refuses(SUPERVISOR, seconds[2].clone(), above).await;
    assert_eq!(told.metadata["refundable_riel"], "0");
    world.takes(COLLECTOR, reversal(&bounced, TODAY)).await;
    world.refuses(SUPERVISOR, seconds[3].clone(), not_now("PAYMENT_REVERSED")).await;
    // Nobody prepares what could not be done.
    world.refuses(OFFICER, refund(&paid, 2 * MONTH), above).await;
    world.refuses(OFFICER, refund(&bounced, 1), not_now("PAYMENT_REVERSED")).await;
    world.refuses(OFFICER, refund(&member, 1), no(Code::NotFound, "PAYMENT_NOT_FOUND")).await;
    let totals = world.reads(OFFICER, account(&member)).await.totals.expect("totals");
    assert_eq!((totals.refunded_riel, totals.credit_riel), (MONTH, MONTH));
}

#[tokio::test]
async fn a_collection_is_compared_to_the_line() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    let line = |reference: &str, amount_riel: i64| v1::CollectionLine {
        reference: reference.to_owned(),
        line: 0,
        value_date: Some(date(TODAY)),
        amount_riel,
    };
    for reference in ["TX-2", "TX-1"] {
        let told = v1::RecordPaymentRequest { reference: reference.to_owned(), ..payment(&member, TODAY) };
        world.takes(COLLECTOR, told).await;
    }
    // SHA-256 of "TX-1\t0\t2026-03-10\t15600\nTX-2\t0\t2026-03-10\t15600\n".
    let digest = DIGEST.to_owned();
    let ask = v1::ReconcileCollectionRequest {
        business_date: Some(date(TODAY)),
        count: 2,
        sum_riel: 2 * MONTH,
        digest,
        ..Default::default()
    };
    let reply = world.reads(COLLECTOR, ask.clone()).await;
    assert!(reply.equal, "{reply:?}");
    let with = |lines: Vec<v1::CollectionLine>| v1::ReconcileCollectionRequest { lines, ..ask.clone() };
    let difference = async |lines| {
        let reply = world.reads(COLLECTOR, with(lines)).await;
        let reference = |line: Option<v1::CollectionLine>| line.map(|line| (line.reference, line.amount_riel));
        (reference(reply.first_difference_told), reference(reply.first_difference_held))
    };
    let tx = |number: &str, amount: i64| Some((number.to_owned(), amount));
    assert_eq!(difference(vec![line("TX-2", MONTH), line("TX-1", MONTH)]).await, (None, None));
    assert_eq!(difference(vec![line("TX-1", MONTH)]).await, (None, tx("TX-2", MONTH)));
    assert_eq!(difference(vec![line("TX-2", MONTH)]).await, (None, tx("TX-1", MONTH)));
    assert_eq!(difference(vec![line("TX-1", 1), line("TX-2", MONTH)]).await, (tx("TX-1", 1), tx("TX-1", MONTH)));
    let more = vec![line("TX-0", 1), line("TX-1", MONTH), line("TX-2", MONTH)];
    assert_eq!(difference(more).await, (tx("TX-0", 1), None));
    let off = v1::ReconcileCollectionRequest { count: 3, ..ask.clone() };
    assert!(!world.reads(COLLECTOR, off).await.equal);
    let others = v1::ReconcileCollectionRequest { institution: "other-bank".to_owned(), ..ask.clone() };
    world.refuses(COLLECTOR, others.clone(), denied("INSTITUTION_NOT_OWN")).await;
    assert_eq!(world.reads(OFFICER, others).await.count, 0);
    world
        .refuses(COLLECTOR, v1::ReconcileCollectionRequest { digest: "x".to_owned(), ..ask.clone() }, invalid("digest"))
        .await;
    world.refuses(COLLECTOR, v1::ReconcileCollectionRequest { digest: String::new(), ..ask }, required("digest")).await;
}

const DIGEST: &str = "ee980647519e0eea15a3e2c6742c8d594cf9d52b5847cfef246ce58587fe8d96";
