//! Exactly once: a request id binds what was accepted, a business key binds what was recorded.

use krama::proto::v1;
use prost::Message as _;

use crate::ask::{Ask, Write, Written as _};
use crate::book::{REHEARSED, REPEATED, UNCHANGED};
use crate::refusal::exists;
use crate::say::{
    MONTH, date, employer, enrolment, fresh, grant, hire, national_id, payment, registration, reversal, separation,
    worker,
};
use crate::world::{COLLECTOR, OFFICER, PAYROLL, SUPERVISOR, World};

const TODAY: &str = "2026-03-10";

/// What a write asked and answered.
struct Said<W: Write> {
    who: &'static str,
    ask: W,
    reply: W::Reply,
}

/// Rehearses a write, takes it, repeats it, and tries to use its id for something else.
async fn once<W: Write>(
    world: &World,
    who: &'static str,
    ask: W,
    other: impl FnOnce(&mut W),
    without_ids: fn(&mut W::Reply),
) -> Said<W> {
    let mut rehearsal = ask.clone();
    *rehearsal.validate_only() = true;
    let (before, audit) = (world.book.content().await, world.book.last_audit().await);
    let rehearsed = world.ask(who, rehearsal.clone()).await.expect("a rehearsal of something good");
    assert_eq!(world.book.changed_since(&before).await, UNCHANGED, "a rehearsal of {} leaves nothing", W::RPC);
    let entries = world.book.audit_after(audit).await;
    assert_eq!(entries.len(), 1);
    assert_eq!((entries[0].outcome, entries[0].position, entries[0].method.as_str()), (REHEARSED, None, W::RPC));

    let reply = world.takes(who, ask.clone()).await;
    let mut expected = reply.clone();
    without_ids(&mut expected);
    (*expected.position(), *expected.known_time()) = (None, None);
    assert_eq!(rehearsed, expected, "a rehearsal of {} answers what the write answers", W::RPC);

    let said = Said { who, ask, reply };
    said.again(world).await;
    // An id that is bound answers a rehearsal too, without a place.
    assert_eq!(world.ask(who, rehearsal).await.expect("a rehearsal of what is done"), expected, "{}", W::RPC);
    let mut reused = said.ask.clone();
    other(&mut reused);
    let told = world.refuses(who, reused, exists("REQUEST_ID_REUSED")).await;
    assert_eq!(told.metadata["request_id"], *said.ask.clone().request_id());
    assert_eq!(told.metadata["method"], W::RPC);
    said
}

impl<W: Write> Said<W> {
    /// The same id with the same content answers what was answered then, to the byte, and records nothing.
    async fn again(&self, world: &World) {
        let (before, audit) = (world.book.content().await, world.book.last_audit().await);
        let mut upper = self.ask.clone();
        *upper.request_id() = upper.request_id().to_uppercase();
        for ask in [self.ask.clone(), upper] {
            let reply = world.ask(self.who, ask).await.expect("a repeated request");
            assert_eq!(reply.encode_to_vec(), self.reply.encode_to_vec(), "{}: {reply:?}", W::RPC);
        }
        assert_eq!(world.book.changed_since(&before).await, UNCHANGED, "{} was recorded twice", W::RPC);
        let outcomes: Vec<i16> = world.book.audit_after(audit).await.iter().map(|entry| entry.outcome).collect();
        assert_eq!(outcomes, [REPEATED, REPEATED]);
    }
}

#[tokio::test]
async fn each_write_is_done_once_and_answers_the_same_for_ever() {
    let world = World::on(TODAY).await;
    let registered = once(&world, OFFICER, registration(1), |w| w.phone.clear(), |r| r.member_id.clear()).await;
    let member = registered.reply.member_id.clone();
    let reason = |w: &mut v1::EnrollMemberRequest| w.reason = "another".to_owned();
    let enrolled = once(&world, OFFICER, enrolment(&member), reason, |_| {}).await;
    let line = |w: &mut v1::RecordPaymentRequest| w.line = 1;
    let paid = once(&world, COLLECTOR, payment(&member, TODAY), line, |r| r.payment_id.clear()).await;
    let sector = |w: &mut v1::RegisterEmployerRequest| w.sector = v1::Sector::Public.into();
    let employer = once(&world, OFFICER, employer("E-1"), sector, |r| r.employer_id.clear()).await;
    let at = employer.reply.employer_id.clone();
    let until = |w: &mut v1::GrantEmployerAccessRequest| w.until_day = Some(date("2027-01-01"));
    let granted = once(&world, OFFICER, grant(&at, TODAY, None), until, |r| r.grant_id.clear()).await;
    let last = |w: &mut v1::ReportHireRequest| w.last_day = Some(date("2026-12-31"));
    let hired = once(&world, PAYROLL, hire(&at, "W-1", TODAY, 1), last, |r| r.employment_id.clear()).await;
    let because = |w: &mut v1::ReportSeparationRequest| w.reason = v1::SeparationReason::Other.into();
    let left = once(&world, PAYROLL, separation(&at, "W-1", TODAY), because, |_| {}).await;

    let because = |w: &mut v1::ReversePaymentRequest| w.reason = v1::ReversalReason::Withdrawn.into();
    let bounced = once(&world, COLLECTOR, reversal(&paid.reply.payment_id, TODAY), because, |_| {}).await;

    world.pay(&member, TODAY, 3).await;
    world.clock_to("2027-06-01").await;
    world.pay(&member, "2027-06-01", 1).await;
    let world = world.restart().await;
    registered.again(&world).await;
    enrolled.again(&world).await;
    paid.again(&world).await;
    employer.again(&world).await;
    granted.again(&world).await;
    hired.again(&world).await;
    left.again(&world).await;
    bounced.again(&world).await;
}

#[tokio::test]
async fn each_correction_is_done_once_and_answers_the_same_for_ever() {
    use crate::say;
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    let at = world.granted("E-1", TODAY).await;
    let unknown = Some(v1::record_payment_request::Payer::Identifier(national_id(7)));
    let waits = v1::RecordPaymentRequest { payer: unknown, amount_riel: 14 * MONTH, ..payment("", TODAY) };
    let waits = world.takes(COLLECTOR, waits).await.payment_id;
    let why = |w: &mut v1::AssignPaymentRequest| w.reason = "another".to_owned();
    let assigned = once(&world, OFFICER, say::assignment(&waits, &member), why, |_| {}).await;
    let less = |w: &mut v1::RecordRefundRequest| w.amount_riel = 1;
    let prepared = once(&world, "OFFICER/desk-3", say::refund(&waits, MONTH), less, |r| r.prepared_id.clear()).await;
    let prepared_id = prepared.reply.prepared_id.clone();
    let second = v1::RecordRefundRequest { prepared_id, ..say::refund(&waits, MONTH) };
    let refunded = once(&world, SUPERVISOR, second, less, |_| {}).await;
    let hired = world.takes(PAYROLL, hire(&at, "W-1", TODAY, 1)).await.position.expect("a position");
    let open = |w: &mut v1::AmendEmploymentRequest| w.first_day = Some(date("2026-03-08"));
    let amended = once(&world, OFFICER, say::amendment(&at, "W-1", &hired, "2026-03-09"), open, |_| {}).await;
    let other = |w: &mut v1::RekeyEmploymentRequest| w.new_employment_number = "W-3".to_owned();
    let rekeyed = once(&world, PAYROLL, say::rekey(&at, "W-1", "W-2"), other, |_| {}).await;
    let last = rekeyed.reply.position.clone().expect("a position");
    let began = |w: &mut v1::RetractEmploymentRequest| w.began_on = Some(date("2026-03-09"));
    let gone = once(&world, OFFICER, say::retraction(&at, "W-2", &last), began, |_| {}).await;
    let month = |w: &mut v1::ReportNoPayrollRequest| w.month = "2026-01".to_owned();
    let silent = once(&world, PAYROLL, say::no_payroll(&at, "2026-02"), month, |_| {}).await;
    let to = |w: &mut v1::ExcuseMonthsRequest| w.to_month = "2026-05".to_owned();
    let excused = once(&world, OFFICER, say::excuse(&member, "2026-03", "2026-04"), to, |r| r.fact_id.clear()).await;
    let case = |w: &mut v1::RetractFactRequest| w.case_reference = "another".to_owned();
    let back = once(&world, OFFICER, say::retracted(&member, &excused.reply.fact_id), case, |_| {}).await;
    let day = |w: &mut v1::ReportDeathRequest| w.on = Some(date("2026-03-08"));
    let died = once(&world, OFFICER, say::death(&member, "2026-03-09"), day, |r| r.fact_id.clear()).await;
    let etag = world.reads(OFFICER, say::get(&member)).await.member.expect("a member").etag;
    let phone = |w: &mut v1::UpdateMemberRequest| w.phone.clear();
    let updated = once(&world, OFFICER, say::update(&member, &etag), phone, |r| r.etag.clear()).await;

    world.clock_to("2027-06-01").await;
    world.pay(&member, "2027-06-01", 1).await;
    let world = world.restart().await;
    assigned.again(&world).await;
    prepared.again(&world).await;
    refunded.again(&world).await;
    amended.again(&world).await;
    rekeyed.again(&world).await;
    gone.again(&world).await;
    silent.again(&world).await;
    excused.again(&world).await;
    back.again(&world).await;
    died.again(&world).await;
    updated.again(&world).await;
}

#[tokio::test]
async fn a_payment_in_suspense_and_a_hire_under_review_repeat_too() {
    let world = World::on(TODAY).await;
    let at = world.granted("E-1", TODAY).await;
    let stranger = v1::record_payment_request::Payer::Identifier(national_id(1));
    let unknown = v1::RecordPaymentRequest { payer: Some(stranger), ..payment("", TODAY) };
    let unknown = once(&world, COLLECTOR, unknown, |w| w.amount_riel = 1, |r| r.payment_id.clear()).await;
    let member = world.enrolled(1).await;
    unknown.again(&world).await;
    world.clock_to("2026-10-16").await;
    let late = once(&world, COLLECTOR, payment(&member, "2026-10-16"), |w| w.line = 9, |r| r.payment_id.clear()).await;
    assert_eq!(late.reply.warning(), v1::SuspenseReason::NotDisclosed);
    let mut close = worker(1);
    close.khmer_name = None;
    close.latin_name = Some(crate::say::name("Keo", "Dara"));
    let close = crate::say::hire_of(&at, "W-1", TODAY, close);
    let close = once(&world, PAYROLL, close, |w| w.last_day = Some(date(TODAY)), |r| r.employment_id.clear()).await;
    // The late bank file undoes the lapse; what was answered then stays answered.
    world.pay(&member, "2026-10-15", 7).await;
    world.takes(OFFICER, hire(&at, "W-2", "2026-10-16", 1)).await;
    let world = world.restart().await;
    unknown.again(&world).await;
    late.again(&world).await;
    close.again(&world).await;
}

#[tokio::test]
async fn a_refused_write_binds_nothing() {
    let world = World::on(TODAY).await;
    let member = world.member(1).await;
    let mut tomorrow = payment(&member, TODAY);
    tomorrow.value_date = Some(date("2026-03-11"));
    world.ask(COLLECTOR, tomorrow.clone()).await.expect_err("it is dated tomorrow");
    world.clock_to("2026-03-11").await;
    world.takes(COLLECTOR, tomorrow).await;
    let broken = v1::EnrollMemberRequest { member_id: "0000000000000".to_owned(), ..enrolment(&member) };
    world.ask(OFFICER, broken.clone()).await.expect_err("nobody");
    world.takes(OFFICER, v1::EnrollMemberRequest { member_id: member, ..broken }).await;
}

#[tokio::test]
async fn a_rehearsal_binds_nothing() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    let rehearsal = v1::RecordPaymentRequest { validate_only: true, ..payment(&member, TODAY) };
    world.ask(COLLECTOR, rehearsal.clone()).await.expect("a rehearsal");
    let other = v1::RecordPaymentRequest { validate_only: false, amount_riel: 2 * MONTH, ..rehearsal };
    assert_eq!(world.takes(COLLECTOR, other).await.outcome(), v1::Outcome::Accepted);
}

#[tokio::test]
async fn a_rehearsal_of_something_refused_is_refused_alike() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    let again = v1::EnrollMemberRequest { validate_only: true, ..enrolment(&member) };
    world.refuses(OFFICER, again, crate::refusal::not_now("ALREADY_ENROLLED")).await;
}

#[tokio::test]
async fn a_request_id_is_its_callers_own() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    let ours = payment(&member, TODAY);
    let theirs = v1::RecordPaymentRequest {
        request_id: ours.request_id.clone(),
        institution: "other-bank".to_owned(),
        ..payment(&member, TODAY)
    };
    let first = world.takes(COLLECTOR, ours).await;
    let second = world.takes("COLLECTOR/other-bank", theirs).await;
    assert_ne!(first.payment_id, second.payment_id);
}

#[tokio::test]
async fn one_request_id_serves_one_method() {
    let world = World::on(TODAY).await;
    let member = world.member(1).await;
    let enrolled = enrolment(&member);
    world.takes(OFFICER, enrolled.clone()).await;
    let other = v1::RegisterEmployerRequest { request_id: enrolled.request_id, ..employer("E-1") };
    let told = world.refuses(OFFICER, other, exists("REQUEST_ID_REUSED")).await;
    assert_eq!(told.metadata["method"], v1::EnrollMemberRequest::RPC);
}

#[tokio::test]
async fn the_same_payment_under_another_id_is_a_duplicate_with_the_first_result() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    let first = payment(&member, TODAY);
    let reply = world.takes(COLLECTOR, first.clone()).await;
    world.pay(&member, TODAY, 2).await;
    world.clock_to("2026-04-20").await;
    for who in [COLLECTOR, OFFICER] {
        let before = world.book.content().await;
        let again = v1::RecordPaymentRequest { request_id: fresh(), ..first.clone() };
        let mut again = world.ask(who, again).await.expect("a duplicate");
        assert_eq!(again.outcome(), v1::Outcome::Duplicate);
        again.outcome = reply.outcome;
        assert_eq!(again.standing_changes.take().is_some(), who == OFFICER, "told to the fund's staff only");
        assert_eq!(again, reply, "the first result");
        assert_eq!(world.book.changed_since(&before).await, UNCHANGED);
    }
    let rehearsal = v1::RecordPaymentRequest { request_id: fresh(), validate_only: true, ..first.clone() };
    let rehearsed = world.ask(COLLECTOR, rehearsal).await.expect("a duplicate");
    assert_eq!((rehearsed.outcome(), rehearsed.position), (v1::Outcome::Duplicate, None));
}

#[tokio::test]
async fn another_payment_under_a_known_key_is_refused_and_told_what_differs() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    let other = world.enrolled(2).await;
    let first = payment(&member, TODAY);
    let reply = world.takes(COLLECTOR, first.clone()).await;
    let differs = async |spoil: &dyn Fn(&mut v1::RecordPaymentRequest), field: &'static str| {
        let mut again = v1::RecordPaymentRequest { request_id: fresh(), ..first.clone() };
        spoil(&mut again);
        let told = world.refuses(COLLECTOR, again, exists("PAYMENT_KEY_REUSED").at(field)).await;
        assert_eq!(told.metadata["payment_id"], reply.payment_id);
        assert!(!told.metadata["remedy"].is_empty());
    };
    differs(&|p| p.amount_riel += 1, "amount_riel").await;
    differs(&|p| p.value_date = Some(date("2026-03-09")), "value_date").await;
    differs(&|p| p.month = Some("2026-03".to_owned()), "month").await;
    differs(&|p| p.channel = v1::PaymentChannel::Khqr.into(), "channel").await;
    let payer = v1::record_payment_request::Payer::MemberId(other);
    differs(&|p| p.payer = Some(payer.clone()), "payer").await;
    for change in [0, 1, 2, 3] {
        let mut another = v1::RecordPaymentRequest { request_id: fresh(), ..first.clone() };
        match change {
            0 => another.line = 1,
            1 => another.reference += "x",
            2 => another.institution += "x",
            _ => another.business_date = Some(date("2026-03-09")),
        }
        let taken = world.takes(OFFICER, another).await;
        assert_ne!(taken.payment_id, reply.payment_id, "another key is another payment");
    }
}
