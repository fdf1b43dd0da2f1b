//! ReversePayment: what comes to nothing, once, and what that changes.

use krama::proto::v1;
use tonic::Code;

use crate::refusal::{invalid, no, not_now, required};
use crate::say::{account, date, fresh, get, payment, reversal};
use crate::world::{COLLECTOR, OFFICER, World};

const TODAY: &str = "2026-03-10";

#[tokio::test]
async fn a_bounced_transfer_counts_up_to_the_day_before() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    world.clock_to("2026-04-20").await;
    let paid = world.pay(&member, "2026-04-15", 2).await;
    world.clock_to("2026-04-25").await;
    let reply = world.takes(COLLECTOR, reversal(&paid.payment_id, "2026-04-22")).await;
    let effect = reply.effect.expect("an effect");
    assert_eq!(effect.months_reopened, ["2026-03", "2026-04"]);
    assert_eq!(effect.riel_short, 0, "March is owed again, and has time until it is due again");
    assert!(effect.masked_name.starts_with('C'));
    assert_eq!(reply.standing_changes, None, "a collector is not told where a member stands");
    let told = world.reads(OFFICER, account(&member)).await;
    let totals = told.totals.expect("totals");
    assert_eq!((totals.reversed_riel, totals.months_riel), (2 * crate::say::MONTH, 0));
}

#[tokio::test]
async fn the_fund_is_told_which_days_are_answered_otherwise() {
    let world = World::on("2026-01-10").await;
    let member = world.enrolled(1).await;
    world.clock_to("2026-02-05").await;
    let paid = world.pay(&member, "2026-02-05", 2).await;
    world.clock_to(TODAY).await;
    let reply = world.takes(OFFICER, reversal(&paid.payment_id, "2026-03-05")).await;
    let changes = reply.standing_changes.expect("changes");
    assert!(!changes.more);
    // What was covered until yesterday stays so, in good faith.
    let [change] = &changes.changes[..] else { panic!("{changes:?}") };
    assert_eq!((change.from_day, change.until_day), (Some(date(TODAY)), Some(date(TODAY))), "{change:?}");
    let covered = |state: &Option<v1::DayState>| state.as_ref().expect("a state").covered;
    assert_eq!((covered(&change.before), covered(&change.after)), (true, false));
    assert_eq!((change.kind(), change.fact_ids.len()), (v1::StandingChangeKind::Changed, 1));
}

#[tokio::test]
async fn who_relied_on_a_late_payment_that_bounces_has_time_to_pay_again() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    world.clock_to("2026-11-10").await;
    let standing = async || world.reads(OFFICER, get(&member)).await.decision.expect("a decision").standing();
    assert_eq!(standing().await, v1::Standing::Abandoned);
    let paid = world.pay(&member, "2026-10-15", 1).await;
    assert_eq!(standing().await, v1::Standing::InArrears);
    let reply = world.takes(OFFICER, reversal(&paid.payment_id, "2026-10-15")).await;
    assert_eq!(reply.effect.expect("an effect").months_reopened, ["2026-03"]);
    assert_eq!(standing().await, v1::Standing::InArrears);
}

#[tokio::test]
async fn a_reversal_lies_between_the_value_date_and_today() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    let paid = world.pay(&member, "2026-03-05", 1).await.payment_id;
    let told = world.refuses(COLLECTOR, reversal(&paid, "2026-03-11"), not_now("DAY_IN_FUTURE").at("on")).await;
    assert_eq!(told.metadata["latest"], TODAY);
    let told = world.refuses(COLLECTOR, reversal(&paid, "2026-03-04"), not_now("DAY_BEFORE_START").at("on")).await;
    assert_eq!(told.metadata["first_day"], "2026-03-05");
    world.takes(COLLECTOR, reversal(&paid, "2026-03-05")).await;
}

#[tokio::test]
async fn a_payment_is_reversed_once() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    let paid = world.pay(&member, TODAY, 1).await.payment_id;
    let first = world.takes(COLLECTOR, reversal(&paid, TODAY)).await;
    let again = world.ask(COLLECTOR, reversal(&paid, TODAY)).await.expect("the same again");
    assert_eq!(again, v1::ReversePaymentResponse { outcome: v1::Outcome::Duplicate.into(), ..first });
    let other = v1::ReversePaymentRequest { reason: v1::ReversalReason::Mistake.into(), ..reversal(&paid, TODAY) };
    let told = world.refuses(COLLECTOR, other, not_now("PAYMENT_REVERSED")).await;
    assert_eq!((&told.metadata["payment_id"], told.metadata["reversed_on"].as_str()), (&paid, TODAY));
}

#[tokio::test]
async fn a_collector_reverses_its_own_payments_only() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    let paid = world.pay(&member, TODAY, 1).await.payment_id;
    let missing = no(Code::NotFound, "PAYMENT_NOT_FOUND");
    world.refuses("COLLECTOR/other-bank", reversal(&paid, TODAY), missing).await;
    world.refuses(OFFICER, reversal(&member, TODAY), missing).await;
    world.takes(OFFICER, reversal(&paid, TODAY)).await;
}

#[tokio::test]
async fn money_of_nobody_bounces_too() {
    let world = World::on(TODAY).await;
    let payer = Some(v1::record_payment_request::Payer::PayerText("somebody".to_owned()));
    let unknown = v1::RecordPaymentRequest { payer, ..payment("", TODAY) };
    let taken = world.takes(COLLECTOR, unknown).await;
    let reply = world.takes(COLLECTOR, reversal(&taken.payment_id, TODAY)).await;
    assert_eq!(reply.effect.expect("an effect"), v1::CollectorEffect::default());
}

#[tokio::test]
async fn a_reversal_that_lacks_something_names_the_field() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    let paid = world.pay(&member, TODAY, 1).await.payment_id;
    let spoilt = async |spoil: fn(&mut v1::ReversePaymentRequest), no| {
        let mut told = reversal(&paid, TODAY);
        spoil(&mut told);
        world.refuses(COLLECTOR, told, no).await;
    };
    spoilt(|told| told.request_id.clear(), required("request_id")).await;
    spoilt(|told| told.payment_id.clear(), required("payment_id")).await;
    spoilt(|told| told.payment_id = "x".to_owned(), invalid("payment_id")).await;
    spoilt(|told| told.on = None, required("on")).await;
    spoilt(|told| told.reason = 0, required("reason")).await;
    spoilt(|told| told.reason = 9, invalid("reason")).await;
}

#[tokio::test]
async fn a_bank_learns_whether_its_payment_landed() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    let told = payment(&member, TODAY);
    let lost = v1::GetPaymentByReferenceRequest {
        institution: told.institution.clone(),
        business_date: told.business_date,
        reference: told.reference.clone(),
        ..Default::default()
    };
    let reply = world.reads(COLLECTOR, lost.clone()).await;
    assert_eq!((reply.found, reply.payment), (false, None));
    let taken = world.takes(COLLECTOR, told).await;
    let landed = world.reads(COLLECTOR, lost.clone()).await.payment.expect("it landed");
    assert_eq!((&landed.payment_id, landed.member_id.as_str()), (&taken.payment_id, ""));
    assert_eq!(world.reads(OFFICER, lost.clone()).await.payment.expect("the same").member_id, member);
    world.takes(COLLECTOR, reversal(&taken.payment_id, TODAY)).await;
    assert_eq!(world.reads(COLLECTOR, lost.clone()).await.payment.expect("it").reversed_on, Some(date(TODAY)));
    let denied = crate::refusal::denied("INSTITUTION_NOT_OWN");
    world.refuses("COLLECTOR/other-bank", lost.clone(), denied).await;
    let broken = v1::GetPaymentByReferenceRequest { reference: String::new(), line: -1, ..lost };
    world.refuses(COLLECTOR, broken, required("reference")).await;
}

#[tokio::test]
async fn payments_are_listed_by_day_and_by_member() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(world.pay(&member, TODAY, 1).await.payment_id);
    }
    world.pay(&member, "2026-03-09", 1).await;
    let of_day = v1::ListPaymentsRequest { business_date: Some(date(TODAY)), page_size: 2, ..Default::default() };
    let first = world.reads(COLLECTOR, of_day.clone()).await;
    let rest = v1::ListPaymentsRequest { page_token: first.next_page_token.clone(), ..of_day.clone() };
    let rest = world.reads(COLLECTOR, rest).await;
    let listed: Vec<_> =
        first.payments.iter().chain(&rest.payments).map(|payment| payment.payment_id.clone()).collect();
    assert_eq!((listed, rest.next_page_token.as_str()), (ids, ""));
    assert!(world.reads("COLLECTOR/other-bank", of_day.clone()).await.payments.is_empty());
    let of_member = v1::ListPaymentsRequest { member_id: member.clone(), ..Default::default() };
    assert_eq!(world.reads(OFFICER, of_member.clone()).await.payments.len(), 4);
    world.refuses(COLLECTOR, of_member.clone(), invalid("member_id")).await;
    let nobody = v1::ListPaymentsRequest { member_id: listed_id(&first), ..Default::default() };
    world.refuses(OFFICER, nobody, no(Code::NotFound, "MEMBER_NOT_FOUND")).await;
    world.refuses(OFFICER, v1::ListPaymentsRequest::default(), required("institution")).await;
    let both = v1::ListPaymentsRequest { business_date: Some(date(TODAY)), ..of_member };
    world.refuses(OFFICER, both, invalid("business_date")).await;
    let others = v1::ListPaymentsRequest { institution: "other-bank".to_owned(), ..of_day };
    world.refuses(COLLECTOR, others, crate::refusal::denied("INSTITUTION_NOT_OWN")).await;
    assert_ne!(fresh(), fresh());
}

fn listed_id(page: &v1::ListPaymentsResponse) -> String {
    page.payments[0].payment_id.clone()
}
