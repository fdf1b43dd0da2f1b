//! QuotePayment: what a person may pay now.

use krama::proto::v1;
use krama::proto::v1::quote_payment_request::Payer;

use crate::policy::publish;
use crate::refusal::{invalid, required};
use crate::say::{MONTH, account, date, excuse, hire, national_id, quote};
use crate::world::{AGENT, COLLECTOR, OFFICER, World};

const TODAY: &str = "2026-03-10";

fn months(member: &str, months: i32) -> v1::QuotePaymentRequest {
    v1::QuotePaymentRequest { months: Some(months), ..quote(member) }
}

#[tokio::test]
async fn a_quote_prices_the_next_months_and_a_payment_of_it_fills_them() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    let reply = world.reads(COLLECTOR, quote(&member)).await;
    assert!(reply.payer_found && reply.masked_name.contains("***"));
    let march = v1::QuotedMonth { month: "2026-03".into(), amount_riel: MONTH, due_day: Some(date("2026-04-15")) };
    assert_eq!((reply.months, reply.total_riel, reply.riel_short), (vec![march], MONTH, 0));
    assert_eq!((reply.last_safe_day, reply.least_amount_riel), (Some(date("2026-10-15")), Some(MONTH)));
    assert!(reply.doors.is_empty());
    let three = world.reads(AGENT, months(&member, 3)).await;
    let named: Vec<String> = three.months.into_iter().map(|month| month.month).collect();
    assert_eq!((named.len(), three.total_riel), (3, 3 * MONTH));
    let paid = world.pay(&member, TODAY, 3).await.effect.expect("an effect");
    assert_eq!(paid.months_paid, named);
}

#[tokio::test]
async fn at_least_one_and_at_most_thirty_six_months_are_quoted() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    for out in [0, -1, 37, i32::MAX] {
        world.refuses(COLLECTOR, months(&member, out), invalid("months")).await;
    }
    // March, and twelve months ahead of it.
    for (asked, quoted) in [(1, 1), (12, 12), (13, 13), (14, 13), (36, 13)] {
        assert_eq!(world.reads(COLLECTOR, months(&member, asked)).await.months.len(), quoted, "{asked}");
    }
}

#[tokio::test]
async fn a_payer_who_is_not_on_record_is_an_answer() {
    let world = World::on(TODAY).await;
    let stranger = v1::QuotePaymentRequest { payer: Some(Payer::Identifier(national_id(404))), ..Default::default() };
    let nobody = quote("0000000000000");
    for ask in [stranger, nobody] {
        let reply = world.reads(COLLECTOR, ask).await;
        assert!(reply.position.is_some());
        assert_eq!(v1::QuotePaymentResponse { position: None, ..reply }, v1::QuotePaymentResponse::default());
    }
    world.refuses(COLLECTOR, v1::QuotePaymentRequest::default(), required("payer")).await;
    world.refuses(COLLECTOR, quote(""), required("member_id")).await;
    world.refuses(COLLECTOR, quote("?"), invalid("member_id")).await;
    let numberless = Payer::Identifier(v1::Identifier { value: String::new(), ..national_id(1) });
    let numberless = v1::QuotePaymentRequest { payer: Some(numberless), ..Default::default() };
    world.refuses(COLLECTOR, numberless, required("identifier.value")).await;
}

#[tokio::test]
async fn who_cannot_pay_is_quoted_no_month_and_the_bank_does_not_learn_why() {
    let world = World::on(TODAY).await;
    let registered = world.member(1).await;
    let lapsed = world.enrolled(2).await;
    let employed = world.enrolled(3).await;
    let employer = world.employer("E-1").await;
    world.takes(OFFICER, hire(&employer, "W-3", "2026-03-10", 3)).await;
    world.clock_to("2026-10-16").await;
    let mut told = Vec::new();
    for member in [&registered, &lapsed] {
        let reply = world.reads(COLLECTOR, quote(member)).await;
        assert!(reply.payer_found && reply.months.is_empty() && reply.total_riel == 0, "{reply:?}");
        told.push((reply.riel_short, reply.last_safe_day, reply.least_amount_riel, reply.doors, reply.good_until));
    }
    assert_eq!(told[0], told[1], "a bank cannot tell somebody who lapsed from somebody who never enrolled");
    let officer = world.reads(OFFICER, quote(&lapsed)).await;
    let doors: Vec<v1::DoorKind> = officer.doors.iter().map(v1::Door::kind).collect();
    assert_eq!(doors, [v1::DoorKind::FormalEmployment]);
    assert_eq!(officer.doors[0].first_benefit_day, Some(date("2026-12-01")));
    let reply = world.reads(COLLECTOR, quote(&employed)).await;
    assert!(reply.payer_found && reply.months.is_empty(), "every month of an open employment is exempt");
}

#[tokio::test]
async fn where_the_law_charges_for_paying_late_the_quote_has_the_charge_and_holds_until_it_grows() {
    const CHARGE: &str = r#"
law = "kh"
effective = "2026-05-01"
title = "Two percent a month"
based_on = "kh"

[voluntary]
late_charge = { penalty = "0.02" }

[transition]
gaps = "count"
bars = "stand"

[[source]]
fields = ["voluntary.late_charge", "transition.gaps", "transition.bars"]
assumption = "Tried here."
"#;
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    publish(&world, CHARGE).await;
    world.takes(OFFICER, excuse(&member, "2026-04", "2026-05")).await;
    world.clock_to("2026-05-10").await;
    // March fell due on 15 April; nothing falls due again before June does, on 15 July.
    let reply = world.reads(COLLECTOR, quote(&member)).await;
    let charged = MONTH + MONTH * 2 / 100;
    assert_eq!((reply.total_riel, reply.riel_short), (charged, charged));
    assert_eq!(reply.good_until, Some(date("2026-05-15")));
    let march = world.reads(OFFICER, account(&member)).await.months.remove(0);
    assert_eq!((march.due_riel, march.paid_riel, march.late_charge_riel), (Some(MONTH), 0, charged - MONTH));
    world.clock_to("2026-05-16").await;
    let reply = world.reads(COLLECTOR, quote(&member)).await;
    assert_eq!(reply.total_riel, MONTH + MONTH * 4 / 100);
}
