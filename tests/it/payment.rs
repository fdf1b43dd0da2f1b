//! RecordPayment: what is taken, what waits, and what is no payment at all.

use krama::proto::google_type::Date;
use krama::proto::v1;
use krama::proto::v1::record_payment_request::Payer;

use crate::refusal::{No, denied, invalid, not_now, required};
use crate::say::{MONTH, account, date, date_plus, enrolment, fresh, national_id, payment, registration};
use crate::world::{COLLECTOR, OFFICER, World};

const TODAY: &str = "2026-03-10";

fn by(payer: Payer) -> v1::RecordPaymentRequest {
    v1::RecordPaymentRequest { payer: Some(payer), ..payment("", TODAY) }
}

/// Spoils a good payment and sees it refused.
async fn spoilt(world: &World, spoil: impl FnOnce(&mut v1::RecordPaymentRequest), no: No) {
    let mut told = by(Payer::Identifier(national_id(1)));
    spoil(&mut told);
    world.refuses(COLLECTOR, told, no).await;
}

#[tokio::test]
async fn a_payment_by_number_fills_the_month_and_prints_a_receipt() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    let reply = world.takes(COLLECTOR, by(Payer::Identifier(national_id(1)))).await;
    assert_eq!((reply.outcome(), reply.warning()), (v1::Outcome::Accepted, v1::SuspenseReason::Unspecified));
    assert!(!reply.payment_id.is_empty());
    let effect = reply.effect.expect("an effect");
    assert_eq!(effect.months_paid, ["2026-03"]);
    // April to October are seven again.
    assert_eq!((effect.riel_short, effect.last_safe_day), (0, Some(date("2026-11-15"))));
    assert!(effect.masked_name.starts_with('C') && !effect.masked_name.contains("hea"), "{}", effect.masked_name);
    let listed = world.reads(OFFICER, account(&member)).await.payments;
    assert_eq!((listed.len(), &listed[0].payment_id), (1, &reply.payment_id));
}

#[tokio::test]
async fn the_months_on_a_receipt_are_those_that_the_payment_completed() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    let part = |amount_riel| v1::RecordPaymentRequest { amount_riel, ..payment(&member, TODAY) };
    let first = world.takes(COLLECTOR, part(10_000)).await.effect.expect("an effect");
    assert_eq!((first.months_paid, first.riel_short), (Vec::<String>::new(), 5_600));
    let second = world.takes(COLLECTOR, part(5_600 + MONTH + 1)).await.effect.expect("an effect");
    assert_eq!((second.months_paid, second.riel_short), (vec!["2026-03".into(), "2026-04".into()], MONTH - 1));
}

#[tokio::test]
async fn the_month_that_the_payer_names_comes_first() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    let named = |month: &str| v1::RecordPaymentRequest { month: Some(month.to_owned()), ..payment(&member, TODAY) };
    let effect = world.takes(COLLECTOR, named("2026-05")).await.effect.expect("an effect");
    assert_eq!(effect.months_paid, ["2026-05"]);
    // A month that cannot take the money is passed over: it is paid, or before enrolment, or too far ahead.
    for (month, filled) in
        [("2026-05", "2026-03"), ("2026-02", "2026-04"), ("2027-04", "2026-06"), ("2027-03", "2027-03")]
    {
        let effect = world.takes(COLLECTOR, named(month)).await.effect.expect("an effect");
        assert_eq!(effect.months_paid, [filled], "{month}");
    }
    let two = v1::RecordPaymentRequest { amount_riel: 2 * MONTH, ..named("2026-12") };
    let effect = world.takes(COLLECTOR, two).await.effect.expect("an effect");
    assert_eq!(effect.months_paid, ["2026-07", "2026-12"], "the oldest first, as on every list");
    for malformed in ["", "2026-13", "2026-3", "March", "2026-03-10"] {
        spoilt(&world, |told| told.month = Some(malformed.to_owned()), invalid("month")).await;
    }
}

#[tokio::test]
async fn a_payment_that_lacks_something_names_the_field() {
    let world = World::on(TODAY).await;
    spoilt(&world, |told| told.request_id.clear(), required("request_id")).await;
    spoilt(&world, |told| told.institution.clear(), required("institution")).await;
    spoilt(&world, |told| told.reference = " ".to_owned(), required("reference")).await;
    spoilt(&world, |told| told.business_date = None, required("business_date")).await;
    spoilt(&world, |told| told.value_date = None, required("value_date")).await;
    spoilt(&world, |told| told.line = -1, invalid("line")).await;
    spoilt(&world, |told| told.channel = 0, required("channel")).await;
    spoilt(&world, |told| told.channel = 7, invalid("channel")).await;
    spoilt(&world, |told| told.payer = None, required("payer")).await;
    spoilt(&world, |told| told.payer = Some(Payer::MemberId("x".to_owned())), invalid("member_id")).await;
    spoilt(&world, |told| told.payer = Some(Payer::PayerText(String::new())), required("payer_text")).await;
    let kindless = Payer::Identifier(v1::Identifier { kind: 0, value: "7".to_owned() });
    spoilt(&world, |told| told.payer = Some(kindless), required("identifier.kind")).await;
    for unreal in [(2026, 2, 29), (2026, 3, 0), (1899, 12, 31), (2200, 1, 1), (i32::MAX, i32::MAX, i32::MIN)] {
        let (year, month, day) = unreal;
        spoilt(&world, |told| told.value_date = Some(Date { year, month, day }), invalid("value_date")).await;
    }
}

#[tokio::test]
async fn an_amount_lies_between_one_riel_and_the_limit() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    let most = world.config.limits.amount_riel;
    assert_eq!(most, 1_000_000_000);
    for amount in [0, -1, most + 1, i64::MAX, i64::MIN] {
        spoilt(&world, |told| told.amount_riel = amount, invalid("amount_riel")).await;
    }
    for amount in [1, most] {
        let told = v1::RecordPaymentRequest { amount_riel: amount, ..payment(&member, TODAY) };
        assert_eq!(world.takes(COLLECTOR, told).await.outcome(), v1::Outcome::Accepted);
    }
    let totals = world.reads(OFFICER, account(&member)).await.totals.expect("totals");
    assert_eq!((totals.received_riel, totals.months_riel), (most + 1, 13 * MONTH));
    assert_eq!(totals.credit_riel, most + 1 - 13 * MONTH);
}

#[tokio::test]
async fn texts_have_their_longest_length_in_characters() {
    let world = World::on(TODAY).await;
    let long = |count: usize| "ក".repeat(count);
    spoilt(&world, |told| told.institution = long(65), invalid("institution")).await;
    spoilt(&world, |told| told.reference = long(129), invalid("reference")).await;
    spoilt(&world, |told| told.payer = Some(Payer::PayerText(long(257))), invalid("payer_text")).await;
    let number = v1::Identifier { value: "7".repeat(65), ..national_id(1) };
    spoilt(&world, |told| told.payer = Some(Payer::Identifier(number)), invalid("identifier.value")).await;
    let longest =
        v1::RecordPaymentRequest { institution: long(64), reference: long(128), ..by(Payer::PayerText(long(256))) };
    world.takes(OFFICER, longest).await;
}

#[tokio::test]
async fn a_bank_records_its_own_references_only() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    let other = v1::RecordPaymentRequest { institution: "other-bank".to_owned(), ..payment(&member, TODAY) };
    let told = world.refuses(COLLECTOR, other.clone(), denied("INSTITUTION_NOT_OWN").at("institution")).await;
    assert_eq!(told.fields, ["institution"]);
    world.takes("COLLECTOR/other-bank", other.clone()).await;
    // Also of a payment that is on record it learns nothing.
    let known = v1::RecordPaymentRequest { request_id: fresh(), ..other };
    world.refuses(COLLECTOR, known, denied("INSTITUTION_NOT_OWN")).await;
}

#[tokio::test]
async fn no_payment_is_dated_tomorrow() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    for field in ["value_date", "business_date"] {
        let mut told = payment(&member, TODAY);
        let date = if field == "value_date" { &mut told.value_date } else { &mut told.business_date };
        *date = Some(date_plus(TODAY, 1));
        let told = world.refuses(COLLECTOR, told, not_now("DAY_IN_FUTURE").at(field)).await;
        assert_eq!((told.metadata["day"].as_str(), told.metadata["latest"].as_str()), ("2026-03-11", TODAY));
    }
    world.takes(COLLECTOR, payment(&member, TODAY)).await;
    // Seven hours before midnight in Phnom Penh the day in UTC is still the one before: the civil day counts.
    world.clock_to("2026-03-11").await;
    world.takes(COLLECTOR, payment(&member, "2026-03-11")).await;
}

#[tokio::test]
async fn money_for_nobody_on_record_is_kept_in_suspense() {
    let world = World::on(TODAY).await;
    let unknown = [
        Payer::Identifier(national_id(404)),
        Payer::PayerText("ម៉ាលី from the market".to_owned()),
        Payer::MemberId("0000000000000".to_owned()),
    ];
    for payer in unknown {
        let reply = world.takes(COLLECTOR, by(payer)).await;
        assert_eq!(reply.outcome(), v1::Outcome::AcceptedWithWarning);
        assert_eq!(reply.warning(), v1::SuspenseReason::UnknownPayer);
        let effect = reply.effect.expect("an effect");
        assert_eq!(effect, v1::CollectorEffect::default());
    }
}

#[tokio::test]
async fn who_is_not_enrolled_is_told_to_the_officer_and_not_to_the_bank() {
    let world = World::on(TODAY).await;
    let member = world.member(1).await;
    for (who, reason) in [(COLLECTOR, v1::SuspenseReason::NotDisclosed), (OFFICER, v1::SuspenseReason::NotEnrolled)] {
        let reply = world.takes(who, payment(&member, TODAY)).await;
        assert_eq!((reply.outcome(), reply.warning()), (v1::Outcome::AcceptedWithWarning, reason));
        let effect = reply.effect.expect("an effect");
        assert_eq!((effect.months_paid.len(), effect.riel_short, effect.last_safe_day), (0, 0, None));
        assert!(effect.masked_name.contains("***"));
    }
    let totals = world.reads(OFFICER, account(&member)).await.totals.expect("totals");
    assert_eq!((totals.received_riel, totals.suspense_riel), (2 * MONTH, 2 * MONTH));
}

#[tokio::test]
async fn a_bank_may_report_back_ninety_two_days_and_an_officer_further() {
    let world = World::on("2025-09-01").await;
    let member = world.enrolled(1).await;
    world.clock_to(TODAY).await;
    let paid = |days: i32| {
        let on = Some(date_plus(TODAY, -days));
        v1::RecordPaymentRequest { value_date: on, ..payment(&member, TODAY) }
    };
    let reply = world.takes(COLLECTOR, paid(92)).await;
    assert_eq!((reply.outcome(), reply.warning()), (v1::Outcome::Accepted, v1::SuspenseReason::Unspecified));
    let waiting = world.takes(COLLECTOR, paid(93)).await;
    let expected = (v1::Outcome::AcceptedWithWarning, v1::SuspenseReason::BackdatedTooFar);
    assert_eq!((waiting.outcome(), waiting.warning()), expected);
    assert_eq!(waiting.effect.expect("an effect").months_paid.len(), 0);
    assert_eq!(world.takes(OFFICER, paid(93)).await.outcome(), v1::Outcome::Accepted);
    world.clock_to("2026-03-20").await;
    let reply = world.reads(OFFICER, account(&member)).await;
    let totals = reply.totals.expect("totals");
    assert_eq!((totals.received_riel, totals.months_riel, totals.suspense_riel), (3 * MONTH, 2 * MONTH, MONTH));
    let listed = reply.payments.iter().find(|listed| listed.payment_id == waiting.payment_id).expect("it is listed");
    assert_eq!(listed.suspense_reason(), v1::SuspenseReason::BackdatedTooFar);
    assert_eq!(listed.known_time, waiting.known_time, "it was recorded when it was recorded");
}

#[tokio::test]
async fn a_payers_number_counts_with_its_kind() {
    let world = World::on(TODAY).await;
    let told = registration(1);
    let card = v1::Identifier { kind: v1::IdentifierKind::NssfCard.into(), value: "C-77".to_owned() };
    let with_card = v1::RegisterMemberRequest { identifiers: vec![card.clone()], ..told };
    let member = world.takes(OFFICER, with_card).await.member_id;
    world.takes(OFFICER, enrolment(&member)).await;
    let as_passport = v1::Identifier { kind: v1::IdentifierKind::Passport.into(), ..card.clone() };
    let reply = world.takes(COLLECTOR, by(Payer::Identifier(as_passport))).await;
    assert_eq!(reply.warning(), v1::SuspenseReason::UnknownPayer);
    let reply = world.takes(COLLECTOR, by(Payer::Identifier(card))).await;
    assert_eq!(reply.outcome(), v1::Outcome::Accepted);
}
