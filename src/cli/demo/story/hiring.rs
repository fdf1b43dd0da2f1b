//! Scenes about work: hired, reported late, hired under a wrong number, hired although never seen.

use anyhow::Context;
use time::Duration;

use super::super::witness::{Witness, stands, verdict};
use super::paying::{amount, months};
use crate::cli::{civil, words};
use crate::proto::v1::{EmployerEffect, ErrorReason, MonthState, Outcome, ReportHireResponse, Standing, WorkerMatch};

pub(super) async fn out_for_life(witness: &mut Witness<'_>, day: usize) -> anyhow::Result<String> {
    let now = witness.decision(witness.today()).await?;
    witness.expect_standing(Standing::Abandoned, &now);
    witness.expect_since(witness.day(day), &now);
    let doors: Vec<&str> = now.doors.iter().map(|door| words::door(door.kind())).collect();
    let name = witness.name().await?;
    Ok(format!("{name} {}. Open ways back: {}.", stands(&now), doors.join("; ")))
}

/// The main job: an employer reports a hire, and somebody who was out for life is back.
pub(super) async fn reinstated(witness: &mut Witness<'_>) -> anyhow::Result<String> {
    let (first_day, benefits_day) = (witness.day(2), witness.day(4));
    let (response, effect) = hire(witness).await?;
    witness.expect("the match", WorkerMatch::Matched.as_str_name(), response.r#match().as_str_name());
    witness.expect("that it reinstates", true, effect.reinstated);
    witness.expect("the first day of benefits", benefits_day.to_string(), civil::day_text(effect.benefits_from));
    let eve = witness.decision(first_day.previous_day().unwrap_or(first_day)).await?;
    let now = witness.decision(witness.today()).await?;
    witness.expect_standing(Standing::Abandoned, &eve);
    witness.expect_standing(Standing::Employed, &now);
    witness.expect_since(first_day, &now);
    let (name, was) = (witness.name().await?, words::standing(eve.standing()));
    Ok(format!(
        "REINSTATED. A garment factory reports that it hired {name} on {first_day}. Until then she was {was}; \
         she {}. The factory is told: {}.",
        stands(&now),
        told(&effect)
    ))
}

pub(super) async fn hired_from_outside(witness: &mut Witness<'_>) -> anyhow::Result<String> {
    let (response, effect) = hire(witness).await?;
    witness.expect("the match", WorkerMatch::Matched.as_str_name(), response.r#match().as_str_name());
    witness.expect("that it reinstates", true, effect.reinstated);
    witness.expect("the first day of benefits", witness.day(2).to_string(), civil::day_text(effect.benefits_from));
    let now = witness.decision(witness.today()).await?;
    witness.expect_standing(Standing::Employed, &now);
    witness.expect_since(witness.day(1), &now);
    Ok(format!(
        "{} has found a job and {}. His employer is told: {}.",
        witness.name().await?,
        stands(&now),
        told(&effect)
    ))
}

pub(super) async fn benefits_run(witness: &mut Witness<'_>) -> anyhow::Result<String> {
    let today = witness.today();
    let yesterday = today.previous_day().unwrap_or(today);
    let (before, now) = (witness.checked(yesterday).await?, witness.checked(today).await?);
    witness.expect("that there was cover the day before", false, before.covered);
    witness.expect("that there is cover", true, now.covered);
    let from = now.covers.first().and_then(|cover| cover.from_day);
    witness.expect("the first day of the cover", today.to_string(), civil::day_text(from));
    let name = witness.name().await?;
    Ok(format!("A hospital asks about {name}: {} today, {} yesterday.", verdict(&now), verdict(&before)))
}

pub(super) async fn never_was_out(witness: &mut Witness<'_>) -> anyhow::Result<String> {
    let (first_day, out_on, last_out) = (witness.day(0), witness.day(1), witness.day(2));
    let (_, effect) = hire(witness).await?;
    // Nobody is reinstated who never was out.
    witness.expect("that it reinstates", false, effect.reinstated);
    let then = witness.decision(out_on).await?;
    let as_known = witness.decision_as_known(out_on, last_out).await?;
    witness.expect_standing(Standing::Employed, &then);
    witness.expect_since(first_day, &then);
    witness.expect_standing(Standing::Abandoned, &as_known);
    let name = witness.name().await?;
    Ok(format!(
        "A hotel reports, a month late, that it hired {name} on {first_day}: he was never out. About {out_on} the fund \
         now says {}; asked what it knew on {last_out}, it still says {}.",
        words::standing(then.standing()),
        words::standing(as_known.standing())
    ))
}

pub(super) async fn bar_stands(witness: &mut Witness<'_>) -> anyhow::Result<String> {
    let (out_on, last_day) = (witness.day(0), witness.day(3));
    witness.separated_today().await?;
    let eve = witness.decision(last_day).await?;
    let now = witness.decision(witness.today()).await?;
    witness.expect_standing(Standing::Employed, &eve);
    witness.expect_standing(Standing::Abandoned, &now);
    witness.expect_since(out_on, &now);
    let name = witness.name().await?;
    Ok(format!("The job of {name} ended on {last_day}, and the old bar stands again: he {}.", stands(&now)))
}

pub(super) async fn late_separation(witness: &mut Witness<'_>) -> anyhow::Result<String> {
    let last_day = witness.day(1);
    witness.separated_today().await?;
    let account = witness.account().await?;
    let after = format!("{:04}-{:02}", last_day.year(), u8::from(last_day.month()));
    let waiting = |state| state == MonthState::NotYetDue || state == MonthState::Overdue;
    let owed = account.months.iter().filter(|month| month.month > after && waiting(month.state()));
    let owed: Vec<_> = owed.collect();
    let names: Vec<&str> = owed.iter().map(|month| month.month.as_str()).collect();
    witness.expect("that the two months after the job are owed", true, names.len() >= 2);
    let overdue = owed.iter().filter(|month| month.state() == MonthState::Overdue).count();
    witness.expect("the number of them that is overdue already", 0, overdue);
    // Halfway between the end of the job and the report.
    let between = last_day + Duration::days((witness.today() - last_day).whole_days() / 2);
    let kept = witness.checked(between).await?;
    witness.expect("that cover given meanwhile is kept", true, kept.covered);
    let due = civil::day_text(owed.first().and_then(|month| month.due_day));
    let name = witness.name().await?;
    Ok(format!(
        "A hotel reports, ten weeks late, that {name} left on {last_day}. Owed again: {}, the first by {due}. Cover \
         given meanwhile is kept: about {between} a hospital is still told {}.",
        names.join(", "),
        verdict(&kept)
    ))
}

pub(super) async fn paid_after_separation(witness: &mut Witness<'_>) -> anyhow::Result<String> {
    let paid = witness.paid_on(3);
    let then = witness.decision(witness.day(3)).await?;
    witness.expect_standing(Standing::Current, &then);
    let (name, amount, months) = (witness.name().await?, words::riel(amount(&paid)), months(&paid));
    Ok(format!("{name} has paid {amount}, for {months}, and {}.", stands(&then)))
}

pub(super) async fn never_seen(witness: &mut Witness<'_>) -> anyhow::Result<String> {
    let (response, effect) = hire(witness).await?;
    witness.expect("the match", WorkerMatch::Created.as_str_name(), response.r#match().as_str_name());
    witness.expect("the first day of benefits", witness.day(2).to_string(), civil::day_text(effect.benefits_from));
    witness.expect("that it reinstates", false, effect.reinstated);
    let now = witness.decision(witness.today()).await?;
    witness.expect_standing(Standing::Employed, &now);
    witness.expect_since(witness.day(0), &now);
    Ok(format!(
        "A construction firm hires {}, of whom the fund had never heard: the report has made him known, and he {}. The \
         firm is told: {}.",
        witness.name().await?,
        stands(&now),
        told(&effect)
    ))
}

pub(super) async fn duplicate_hire(witness: &mut Witness<'_>) -> anyhow::Result<String> {
    let hires = witness.hired_today().await?;
    let answers: Vec<&ReportHireResponse> = hires.iter().filter_map(|reply| reply.answer.as_ref().ok()).collect();
    let outcomes: Vec<&str> = answers.iter().map(|answer| outcome(answer)).collect();
    witness.expect("what became of the two lines", "ACCEPTED, DUPLICATE".to_owned(), outcomes.join(", "));
    let one = answers.iter().all(|answer| answer.employment_id == answers[0].employment_id);
    witness.expect("that it is one employment", true, one);
    let name = witness.name().await?;
    Ok(format!("The factory's file holds the hire of {name} twice. The two lines: {}.", outcomes.join(", ")))
}

pub(super) async fn wrong_number(witness: &mut Witness<'_>) -> anyhow::Result<String> {
    let refused = refused(witness, ErrorReason::WorkerConflict);
    let now = witness.decision(witness.today()).await?;
    witness.expect("that she is employed", false, now.employed);
    let name = witness.name().await?;
    Ok(format!(
        "A hotel reports a hire under an identity number that belongs to {name}, with another name and birth date: \
         {refused}. {name} {}.",
        stands(&now)
    ))
}

pub(super) fn unknown_number(witness: &mut Witness<'_>) -> anyhow::Result<String> {
    let (number, refused) = (witness.other_number(), refused(witness, ErrorReason::WorkerUnknown));
    Ok(format!("A construction firm reports a hire under member number {number}, which nobody has: {refused}."))
}

pub(super) async fn right_number(witness: &mut Witness<'_>) -> anyhow::Result<String> {
    let (response, _) = hire(witness).await?;
    let now = witness.decision(witness.today()).await?;
    witness.expect_standing(Standing::Employed, &now);
    witness.expect_since(witness.day(0), &now);
    let name = witness.name().await?;
    Ok(format!("The firm reports {name} under his own number: {}. He {}.", outcome(&response), stands(&now)))
}

/// The answer to the hire that was reported today.
async fn hire(witness: &mut Witness<'_>) -> anyhow::Result<(ReportHireResponse, EmployerEffect)> {
    let replies = witness.hired_today().await?;
    let reply = replies.first().context("no hire was reported today")?;
    let response = reply.answer.clone()?;
    let effect = response.effect.unwrap_or_default();
    Ok((response, effect))
}

/// How the hire that was reported today under the other number was refused.
fn refused(witness: &mut Witness<'_>, wanted: ErrorReason) -> String {
    let told = match witness.hired_by_other_number().map(|reply| &reply.answer) {
        Some(Err(refusal)) => refusal.reason_name().to_owned(),
        Some(Ok(answer)) => outcome(answer).to_owned(),
        None => "nothing".to_owned(),
    };
    let wanted = wanted.as_str_name().trim_start_matches("ERROR_REASON_").to_owned();
    witness.expect("the answer to the report", wanted, told.clone());
    format!("refused as {told}")
}

fn outcome(answer: &ReportHireResponse) -> &'static str {
    match answer.outcome() {
        Outcome::Unspecified => "UNKNOWN",
        Outcome::Accepted => "ACCEPTED",
        Outcome::AcceptedWithWarning => "ACCEPTED_WITH_WARNING",
        Outcome::Duplicate => "DUPLICATE",
        Outcome::Rejected => "REJECTED",
    }
}

/// What an employer is told about a hire.
fn told(effect: &EmployerEffect) -> String {
    let reinstated = if effect.reinstated { "reinstated" } else { "nobody had to be reinstated" };
    match effect.benefits_from {
        Some(day) => format!("{reinstated}, benefits from {}", civil::day_text(Some(day))),
        None => format!("{reinstated}, no first day of benefits yet"),
    }
}
