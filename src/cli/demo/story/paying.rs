//! Scenes about money: late, double, partial, ahead, returned, of nobody known.

use anyhow::Context;

use super::super::replies::PaymentReply;
use super::super::witness::{Witness, stands, verdict};
use crate::cli::{civil, words};
use crate::proto::v1::{AccountPayment, MonthState, Outcome, Standing, SuspenseReason};

/// Out, as far as is known: money or a report is on its way.
pub(super) async fn seems(witness: &mut Witness<'_>) -> anyhow::Result<String> {
    let answer = witness.explained(witness.today(), None).await?;
    let decision = answer.decision.context("the explanation holds no decision")?;
    witness.expect_standing(Standing::Abandoned, &decision);
    witness.expect_since(witness.today(), &decision);
    let missed = answer.months.iter().filter(|month| month.state() == MonthState::Overdue).count();
    let missed = words::counted(missed, "month is", "months are");
    let name = witness.name().await?;
    Ok(format!("{name} {}, as far as the fund knows: {missed} unpaid past the due day.", stands(&decision)))
}

pub(super) async fn still_seems(witness: &mut Witness<'_>) -> anyhow::Result<()> {
    let decision = witness.decision(witness.today()).await?;
    witness.expect_standing(Standing::Abandoned, &decision);
    Ok(())
}

pub(super) async fn late_file(witness: &mut Witness<'_>) -> anyhow::Result<String> {
    let (paid_on, out_on, last_out) = (witness.day(1), witness.day(2), witness.day(3));
    let paid = witness.paid_on(1);
    let now = witness.decision(witness.today()).await?;
    let then = witness.decision(out_on).await?;
    let as_known = witness.decision_as_known(out_on, last_out).await?;
    witness.expect_standing(Standing::Current, &now);
    witness.expect_standing(Standing::Current, &then);
    witness.expect_standing(Standing::Abandoned, &as_known);
    let name = witness.name().await?;
    Ok(format!(
        "The late file arrives. {name} had paid {} on {paid_on}, for {}: she was never out. About {out_on} the fund \
         now says {}; asked what it knew on {last_out}, it still says {}.",
        words::riel(amount(&paid)),
        months(&paid),
        words::standing(then.standing()),
        words::standing(as_known.standing()),
    ))
}

pub(super) async fn saved(witness: &mut Witness<'_>) -> anyhow::Result<String> {
    let (paid_on, rest_on) = (witness.day(0), witness.day(2));
    let paid = witness.paid_on(0);
    let now = witness.decision(witness.today()).await?;
    witness.expect_standing(Standing::InArrears, &now);
    let last_safe_day = civil::day_text(now.last_safe_day);
    // The story has him pay the rest on the day before the next last safe day.
    let next = rest_on.next_day().map(|day| day.to_string()).unwrap_or_default();
    witness.expect("the next last safe day", next, last_safe_day.clone());
    let (name, amount) = (witness.name().await?, words::riel(amount(&paid)));
    Ok(format!(
        "{name} paid {amount} on {paid_on}, the last safe day, and that saved him: he {}. The next last safe day is \
         {last_safe_day}.",
        stands(&now)
    ))
}

pub(super) async fn paid_the_rest(witness: &mut Witness<'_>) -> anyhow::Result<String> {
    let paid = witness.paid_on(2);
    let now = witness.decision(witness.today()).await?;
    witness.expect_standing(Standing::Current, &now);
    let name = witness.name().await?;
    let (amount, months) = (words::riel(amount(&paid)), months(&paid));
    Ok(format!("{name} pays {amount}, for {months}: he {}.", stands(&now)))
}

pub(super) async fn too_late(witness: &mut Witness<'_>) -> anyhow::Result<String> {
    let now = witness.decision(witness.today()).await?;
    witness.expect_standing(Standing::Abandoned, &now);
    witness.expect_since(witness.today(), &now);
    let before = witness.decision(witness.day(0)).await?;
    witness.expect_standing(Standing::InArrears, &before);
    let (safe, name) = (civil::day_text(before.last_safe_day), witness.name().await?);
    witness.expect("the last safe day", witness.day(0).to_string(), safe.clone());
    Ok(format!("{name} let the last safe day pass, {safe}, and {}.", stands(&now)))
}

pub(super) async fn too_late_money(witness: &mut Witness<'_>) -> anyhow::Result<String> {
    let paid = witness.paid_on(1);
    let account = witness.account().await?;
    let held = account.totals.unwrap_or_default().suspense_riel;
    witness.expect("the money in suspense", amount(&paid), held);
    let is_it = |payment: &&AccountPayment| paid.iter().any(|reply| reply.answer.payment_id == payment.payment_id);
    let payment = account.payments.iter().find(is_it);
    let reason = payment.map(|payment| payment.suspense_reason()).unwrap_or_default();
    witness.expect("why", words::suspense(SuspenseReason::Abandoned), words::suspense(reason));
    let told = paid.first().map(|reply| reply.answer.warning()).unwrap_or_default();
    witness.expect("what the bank is told", words::suspense(SuspenseReason::NotDisclosed), words::suspense(told));
    let (paid_on, name) = (witness.day(1), witness.name().await?);
    Ok(format!(
        "The money arrives that {name} paid on {paid_on}, one day too late: {} stand in suspense, refundable, because \
         {}. The bank learns that it is kept, not why.",
        words::riel(held),
        words::suspense(reason)
    ))
}

pub(super) async fn pays_a_year(witness: &mut Witness<'_>) -> anyhow::Result<String> {
    let paid = witness.paid_on(0);
    let (name, amount) = (witness.name().await?, words::riel(amount(&paid)));
    Ok(format!("{name} has paid {amount} at once: {}.", months(&paid)))
}

pub(super) async fn first_cover(witness: &mut Witness<'_>) -> anyhow::Result<String> {
    let today = witness.today();
    let yesterday = today.previous_day().unwrap_or(today);
    let (before, now) = (witness.checked(yesterday).await?, witness.checked(today).await?);
    witness.expect("that she was covered the day before", false, before.covered);
    witness.expect("that she is covered", true, now.covered);
    let name = witness.name().await?;
    Ok(format!("A hospital asks about {name}: {} today, {} yesterday.", verdict(&now), verdict(&before)))
}

pub(super) async fn last_cover(witness: &mut Witness<'_>) -> anyhow::Result<String> {
    let (today, now) = (witness.today(), witness.checked(witness.today()).await?);
    let until = now.covers.first().and_then(|cover| cover.until_day);
    witness.expect("that she is covered", true, now.covered);
    witness.expect("the last day of the cover", today.to_string(), civil::day_text(until));
    let name = witness.name().await?;
    Ok(format!("{name} is {}, until {}.", verdict(&now), civil::day_text(until)))
}

pub(super) async fn last_safe_day(witness: &mut Witness<'_>) -> anyhow::Result<String> {
    let today = witness.today();
    let now = witness.decision(today).await?;
    let day_after_cover = witness.day(2).next_day().unwrap_or(today);
    let after = witness.checked(day_after_cover).await?;
    witness.expect("the last safe day", today.to_string(), civil::day_text(now.last_safe_day));
    witness.expect("that she is covered after the last day of the cover", false, after.covered);
    let (name, least) = (witness.name().await?, words::riel(now.least_amount_riel.unwrap_or_default()));
    Ok(format!(
        "{name} {}, and {} since {day_after_cover}. Her last safe day is {}: {least} would keep her in.",
        stands(&now),
        verdict(&after),
        civil::day_text(now.last_safe_day),
    ))
}

pub(super) async fn abandoned(witness: &mut Witness<'_>) -> anyhow::Result<String> {
    let now = witness.decision(witness.today()).await?;
    witness.expect_standing(Standing::Abandoned, &now);
    witness.expect_since(witness.today(), &now);
    Ok(format!("{} {}.", witness.name().await?, stands(&now)))
}

pub(super) async fn double(witness: &mut Witness<'_>) -> anyhow::Result<String> {
    let paid = witness.paid_on(0);
    let account = witness.account().await?;
    witness.expect("the number of deliveries", 2, paid.len());
    let reference = paid.first().map(|reply| reply.line.request.reference.clone()).unwrap_or_default();
    let booked: Vec<_> = account.payments.iter().filter(|payment| payment.reference == reference).collect();
    witness.expect("the number of payments on the account", 1, booked.len());
    let same = paid.iter().all(|reply| paid.first().is_some_and(|first| first.answer == reply.answer));
    witness.expect("that both deliveries were answered alike", true, same);
    let name = witness.name().await?;
    Ok(format!(
        "The bank delivers transaction {reference} of {name} for the second time: {} on her account, {}.",
        words::counted(booked.len(), "payment", "payments"),
        words::riel(booked.iter().map(|payment| payment.amount_riel).sum()),
    ))
}

pub(super) async fn paid_twice(witness: &mut Witness<'_>) -> anyhow::Result<String> {
    let (first, second) = (witness.paid_on(0), witness.paid_on(1));
    let named = second.first().and_then(|reply| reply.line.request.month.clone()).unwrap_or_default();
    witness.expect("that the second sum goes to another month", true, months(&first) != months(&second));
    witness.expect("the month of the first sum", named.clone(), months(&first));
    let name = witness.name().await?;
    Ok(format!("{name} has paid {named} twice by mistake; the second sum goes to {}.", months(&second)))
}

pub(super) async fn not_in_arrears(witness: &mut Witness<'_>) -> anyhow::Result<String> {
    let now = witness.decision(witness.today()).await?;
    witness.expect_standing(Standing::Current, &now);
    let name = witness.name().await?;
    Ok(format!("{name} {}, although nothing came for the last month by its name.", stands(&now)))
}

pub(super) async fn half_paid(witness: &mut Witness<'_>) -> anyhow::Result<String> {
    let paid = witness.paid_on(0);
    let now = witness.decision(witness.today()).await?;
    witness.expect_standing(Standing::InArrears, &now);
    witness.expect("what is owed", amount(&paid), now.balance.unwrap_or_default().owed_riel);
    let name = witness.name().await?;
    Ok(format!("{name} has paid {} of a month in time and {}.", words::riel(amount(&paid)), stands(&now)))
}

pub(super) async fn other_half(witness: &mut Witness<'_>) -> anyhow::Result<String> {
    let paid_on = witness.day(2);
    let paid = witness.paid_on(2);
    let eve = witness.decision(paid_on.previous_day().unwrap_or(paid_on)).await?;
    let then = witness.decision(paid_on).await?;
    witness.expect_standing(Standing::InArrears, &eve);
    witness.expect_standing(Standing::Current, &then);
    let from = civil::day(eve.since).unwrap_or(paid_on);
    let days = usize::try_from((paid_on - from).whole_days()).unwrap_or(0);
    let name = witness.name().await?;
    Ok(format!(
        "{name} paid the other {} on {paid_on}: {} in arrears, and {} from that day.",
        words::riel(amount(&paid)),
        words::counted(days, "day", "days"),
        words::standing(then.standing()),
    ))
}

pub(super) async fn piled_up(witness: &mut Witness<'_>) -> anyhow::Result<String> {
    let now = witness.decision(witness.today()).await?;
    witness.expect_standing(Standing::InArrears, &now);
    Ok(format!("{} {}: the fishing season has begun.", witness.name().await?, stands(&now)))
}

pub(super) async fn all_at_once(witness: &mut Witness<'_>) -> anyhow::Result<String> {
    let paid = witness.paid_on(1);
    let one = paid.iter().all(|reply| reply.line.request.reference == paid[0].line.request.reference);
    witness.expect("that it is one transaction", true, one);
    let then = witness.decision(witness.day(1)).await?;
    witness.expect_standing(Standing::Current, &then);
    let name = witness.name().await?;
    Ok(format!(
        "{name} pays {} in {} of one transaction, for {}: he {}.",
        words::riel(amount(&paid)),
        words::counted(paid.len(), "line", "lines"),
        months(&paid),
        stands(&then)
    ))
}

/// Honest about what this version lacks: the transfer that came back still counts.
pub(super) async fn returned(witness: &mut Witness<'_>) -> anyhow::Result<String> {
    let (first, second) = (witness.paid_on(0), witness.paid_on(2));
    let name = witness.name().await?;
    Ok(format!(
        "{name} pays {} again, because the bank took her transfer of {} back on {}. This version cannot take a payment \
         back yet, so both count here: {}, and {}.",
        words::riel(amount(&second)),
        witness.day(0),
        witness.day(1),
        months(&first),
        months(&second)
    ))
}

pub(super) async fn certificate(witness: &mut Witness<'_>) -> anyhow::Result<String> {
    let number = witness.other_number();
    let found = witness.find(number).await?.unwrap_or_default();
    let member = witness.member().await?;
    witness.expect("who has the certificate", member.member_id, found.member_id);
    let account = witness.account().await?;
    witness.expect("that the money is on the account", true, !account.payments.is_empty());
    let (name, months) = (witness.name().await?, account.payments.len());
    Ok(format!(
        "{name} enrolled without an identity card, and the bank knows her by certificate {number} alone: {} on her \
         account.",
        words::counted(months, "payment", "payments")
    ))
}

pub(super) fn unknown_payer(witness: &mut Witness<'_>, last: usize) -> anyhow::Result<String> {
    let number = witness.other_number();
    let paid: Vec<&PaymentReply> = (0..=last).flat_map(|index| witness.paid_on(index)).collect();
    for reply in &paid {
        let (outcome, warning) = (reply.answer.outcome().as_str_name(), reply.answer.warning());
        witness.expect("the outcome", Outcome::AcceptedWithWarning.as_str_name(), outcome);
        witness.expect("why", words::suspense(SuspenseReason::UnknownPayer), words::suspense(warning));
    }
    Ok(format!(
        "{} came under {number}, a number that the fund never gave out: {} stand in suspense, because {}.",
        words::counted(paid.len(), "payment", "payments"),
        words::riel(amount(&paid)),
        words::suspense(paid.last().map(|reply| reply.answer.warning()).unwrap_or_default())
    ))
}

/// The riel of some lines.
pub(super) fn amount(paid: &[&PaymentReply]) -> i64 {
    paid.iter().map(|reply| reply.line.request.amount_riel).sum()
}

/// The months that some payments completed, as the server told the bank.
pub(super) fn months(paid: &[&PaymentReply]) -> String {
    let mut months: Vec<&str> = paid
        .iter()
        .filter_map(|reply| reply.answer.effect.as_ref())
        .flat_map(|effect| &effect.months_paid)
        .map(String::as_str)
        .collect();
    months.sort_unstable();
    match months.as_slice() {
        [] => "no whole month".to_owned(),
        [month] => (*month).to_owned(),
        [first, second] => format!("{first} and {second}"),
        [first, .., last] => format!("{first} to {last}, {} months", months.len()),
    }
}
