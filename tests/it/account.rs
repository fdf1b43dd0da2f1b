//! GetAccount: each month, each payment, every riel.

use krama::proto::v1;
use tonic::Code;

use crate::refusal::{invalid, no, required};
use crate::say::{MONTH, account, date, hire, payment};
use crate::world::{COLLECTOR, OFFICER, World};

#[tokio::test]
async fn an_account_tells_each_month_and_where_every_riel_lies() {
    let world = World::on("2025-11-03").await;
    let member = world.enrolled(1).await;
    let first = world.pay(&member, "2025-11-03", 2).await;
    world.clock_to("2026-02-16").await;
    let part = v1::RecordPaymentRequest { amount_riel: 5_000, ..payment(&member, "2026-02-16") };
    let second = world.takes(COLLECTOR, part).await;
    let reply = world.reads(OFFICER, account(&member)).await;

    let months: Vec<&str> = reply.months.iter().map(|month| month.month.as_str()).collect();
    assert_eq!(months, ["2025-11", "2025-12", "2026-01", "2026-02"]);
    let states: Vec<v1::MonthState> = reply.months.iter().map(v1::AccountMonth::state).collect();
    use v1::MonthState::{NotYetDue, Overdue, Paid};
    assert_eq!(states, [Paid, Paid, Overdue, NotYetDue]);
    let january = &reply.months[2];
    assert_eq!((january.owed, january.paid, january.paid_on), (true, false, None));
    assert_eq!((january.due_day, january.due_riel, january.paid_riel), (Some(date("2026-02-15")), Some(MONTH), 5_000));
    let parts: Vec<(&str, i64)> =
        january.parts.iter().map(|part| (part.payment_id.as_str(), part.amount_riel)).collect();
    assert_eq!(parts, [(second.payment_id.as_str(), 5_000)]);
    assert_eq!((reply.months[0].paid, reply.months[0].paid_on), (true, Some(date("2025-11-03"))));

    let totals = reply.totals.expect("totals");
    assert_eq!((totals.received_riel, totals.months_riel), (2 * MONTH + 5_000, 2 * MONTH + 5_000));
    for payment in &reply.payments {
        assert_eq!(payment.parts.iter().map(|part| part.amount_riel).sum::<i64>(), payment.amount_riel);
        assert_eq!(payment.institution, "apsara-bank");
    }
    let listed: Vec<&str> = reply.payments.iter().map(|payment| payment.payment_id.as_str()).collect();
    assert_eq!(listed, [second.payment_id.as_str(), first.payment_id.as_str()]);
    assert_eq!(reply.payments[1].known_time, first.known_time);
    assert_eq!(reply.policy_revision, "2023-08-28");
    assert_eq!(reply.as_of.and_then(|as_of| as_of.valid_at), Some(date("2026-02-16")));
    assert_eq!((reply.omitted_months, reply.omitted_payments), (0, 0));
}

#[tokio::test]
async fn payments_are_listed_by_value_date_with_the_newest_first() {
    let world = World::on("2026-03-01").await;
    let member = world.enrolled(1).await;
    world.clock_to("2026-03-20").await;
    for on in ["2026-03-10", "2026-03-18", "2026-03-05"] {
        world.pay(&member, on, 1).await;
    }
    let reply = world.reads(OFFICER, account(&member)).await;
    let days: Vec<_> = reply.payments.iter().map(|payment| payment.value_date).collect();
    assert_eq!(days, [Some(date("2026-03-18")), Some(date("2026-03-10")), Some(date("2026-03-05"))]);
}

#[tokio::test]
async fn a_month_worked_is_exempt_and_says_why() {
    let world = World::on("2026-03-10").await;
    let member = world.enrolled(1).await;
    let employer = world.employer("E-1").await;
    world.takes(OFFICER, hire(&employer, "W-1", "2026-03-10", 1)).await;
    let months = world.reads(OFFICER, account(&member)).await.months;
    let march = months.iter().find(|month| month.month == "2026-03").expect("March is listed");
    assert_eq!((march.state(), march.exemption_reason()), (v1::MonthState::Exempt, v1::ExemptionReason::Employed));
    assert_eq!((march.owed, march.paid, march.due_day, march.due_riel), (false, false, None, None));
}

#[tokio::test]
async fn the_account_of_nobody_is_refused() {
    let world = World::on("2026-03-10").await;
    world.refuses(OFFICER, account(""), required("member_id")).await;
    world.refuses(OFFICER, account("?"), invalid("member_id")).await;
    world.refuses(OFFICER, account("0000000000000"), no(Code::NotFound, "MEMBER_NOT_FOUND")).await;
    let member = world.member(1).await;
    let reply = world.reads(OFFICER, account(&member)).await;
    assert_eq!(reply.totals, Some(v1::MoneyTotals::default()));
    assert!(reply.payments.is_empty() && reply.member_id == member);
}
