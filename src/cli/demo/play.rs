//! The play: day by day, first the desk, then the banks, then the payrolls, each over its own channel.
//!
//! Calls of a day run side by side where their order cannot matter; the payments of one payer go one after the other,
//! as they stand in the file, so that every play ends the same. Absent on purpose: any decision and any waiting for the
//! present; the clock is moved by a call, as an integrator would.

use std::collections::BTreeMap;
use std::future::Future;

use anyhow::Context;
use time::Date;
use tokio::task::JoinSet;
use tonic::Response;

use super::callers::Callers;
use super::plan::{BankLine, DayPlan, Delivery, Employer, Movement, Plan, Report};
use super::replies::Replies;
use crate::cli::civil;
use crate::cli::client::Refusal;
use crate::proto::sandbox::MoveClockRequest;
use crate::proto::v1::GrantEmployerAccessRequest;

/// How many calls of one caller are under way at the same time.
pub(super) const AT_ONCE: usize = 64;

/// The hour at which everybody comes to work.
const OPENS_AT: u8 = 8;

/// Moves the clock of the sandbox to the morning of a day.
pub(super) async fn move_clock(callers: &mut Callers, day: Date) -> anyhow::Result<()> {
    let request = MoveClockRequest { to: Some(civil::at_hour(day, OPENS_AT)) };
    let moved = callers.clock.move_clock(request).await.map_err(Refusal::from);
    moved.with_context(|| format!("the clock cannot be moved to {day}"))?;
    Ok(())
}

/// Registers the employers and lets their providers report for them from this day on.
pub(super) async fn open(callers: &mut Callers, plan: &Plan, replies: &mut Replies, day: Date) -> anyhow::Result<()> {
    for Employer { request, provider } in &plan.employers {
        let number = request.enterprise_number.clone();
        let answer = callers.employers.register_employer(request.clone()).await.map_err(Refusal::from);
        let employer_id = answer.with_context(|| format!("employer {number}"))?.into_inner().employer_id;
        let grant = GrantEmployerAccessRequest {
            // The id of a grant is the id of the employer's registration, turned: one business key, one request.
            request_id: uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, request.request_id.as_bytes()).to_string(),
            validate_only: false,
            employer_id: employer_id.clone(),
            provider_id: provider.clone(),
            from_day: Some(civil::wire(day)),
            until_day: None,
        };
        let granted = callers.employers.grant_employer_access(grant).await.map_err(Refusal::from);
        granted.with_context(|| format!("access to employer {number}"))?;
        replies.employers.insert(number, (employer_id, provider.clone()));
    }
    Ok(())
}

/// Everything that happens on one day.
pub(super) async fn day(
    callers: &mut Callers,
    plan: &Plan,
    today: Date,
    doings: &DayPlan,
    replies: &mut Replies,
) -> anyhow::Result<()> {
    desk(callers, today, doings, replies).await?;
    for delivery in &doings.deliveries {
        deliver(callers, today, delivery, replies).await?;
    }
    for report in &doings.reports {
        payroll(callers, plan, today, report, replies).await?;
    }
    Ok(())
}

async fn desk(callers: &Callers, today: Date, doings: &DayPlan, replies: &mut Replies) -> anyhow::Result<()> {
    let registrations = doings.registrations.iter().map(|registration| {
        let (mut desk, number) = (callers.desk.clone(), registration.member_number.clone());
        let request = registration.request.clone();
        async move { (number, desk.register_member(request).await.map(Response::into_inner)) }
    });
    for (number, answer) in side_by_side(registrations).await? {
        match answer.map_err(Refusal::from) {
            Ok(answer) => drop(replies.members.insert(number, answer.member_id)),
            Err(refusal) => replies.surprises.push(format!("{today}: registering {number}: {refusal}")),
        }
    }
    let mut enrolments = Vec::new();
    for enrolment in &doings.enrolments {
        // Somebody who could not be registered has been told of already.
        let Some(member_id) = replies.members.get(&enrolment.member_number) else { continue };
        let (mut desk, number) = (callers.desk.clone(), enrolment.member_number.clone());
        let mut request = enrolment.request.clone();
        request.member_id.clone_from(member_id);
        enrolments.push(async move { (number, desk.enroll_member(request).await.map(Response::into_inner)) });
    }
    for (number, answer) in side_by_side(enrolments).await? {
        match answer.map_err(Refusal::from) {
            Ok(_) => replies.enrolled += 1,
            Err(refusal) => replies.surprises.push(format!("{today}: enrolling {number}: {refusal}")),
        }
    }
    Ok(())
}

async fn deliver(callers: &Callers, today: Date, delivery: &Delivery, replies: &mut Replies) -> anyhow::Result<()> {
    let bank = callers.banks.get(&delivery.institution).context("every bank of the plan has a channel")?;
    let mut payers: BTreeMap<&str, Vec<BankLine>> = BTreeMap::new();
    for line in &delivery.lines {
        payers.entry(line.payer.as_str()).or_default().push(line.clone());
    }
    let calls = payers.into_values().map(|lines| {
        let mut bank = bank.clone();
        async move {
            let mut answers = Vec::with_capacity(lines.len());
            for line in lines {
                let answer = bank.record_payment(line.request.clone()).await.map(Response::into_inner);
                answers.push((line, answer));
            }
            answers
        }
    });
    for (line, answer) in side_by_side(calls).await?.into_iter().flatten() {
        replies.payment(today, line, answer.map_err(Refusal::from));
    }
    Ok(())
}

async fn payroll(
    callers: &mut Callers,
    plan: &Plan,
    today: Date,
    report: &Report,
    replies: &mut Replies,
) -> anyhow::Result<()> {
    let employer = replies.employers.get(&report.employer_number).cloned();
    let (employer_id, provider) = employer.context("every employer of the plan was registered on the first day")?;
    let payroll = callers.payrolls.get_mut(&provider).context("every provider of the plan has a channel")?;
    match &report.movement {
        Movement::Hire(request) => {
            let mut request = (**request).clone();
            request.employer_id = employer_id;
            let answer = payroll.report_hire(request).await.map(Response::into_inner).map_err(Refusal::from);
            let in_the_story = plan.pieces.iter().any(|piece| piece.other_number == report.worker_number);
            replies.hire(today, report, answer, in_the_story);
        }
        Movement::Separation(request) => {
            let mut request = request.clone();
            request.employer_id = employer_id;
            let answer = payroll.report_separation(request).await.map(Response::into_inner).map_err(Refusal::from);
            replies.separation(today, report, answer);
        }
    }
    Ok(())
}

/// Runs calls side by side, a bounded number at a time; answers come back in the order in which calls ended.
pub(super) async fn side_by_side<F>(calls: impl IntoIterator<Item = F>) -> anyhow::Result<Vec<F::Output>>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let (mut under_way, mut answers) = (JoinSet::new(), Vec::new());
    for call in calls {
        if under_way.len() >= AT_ONCE
            && let Some(answer) = under_way.join_next().await
        {
            answers.push(answer?);
        }
        under_way.spawn(call);
    }
    while let Some(answer) = under_way.join_next().await {
        answers.push(answer?);
    }
    Ok(answers)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn no_more_calls_are_under_way_than_may_be_and_none_is_lost() {
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let calls = (0..500).map(|number| {
            let (now, most) = (now.clone(), most.clone());
            async move {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                now.fetch_sub(1, Ordering::SeqCst);
                number
            }
        });
        let mut answers = side_by_side(calls).await.unwrap();
        answers.sort_unstable();
        assert_eq!(answers, (0..500).collect::<Vec<_>>());
        assert!(most.load(Ordering::SeqCst) <= AT_ONCE);
    }
}
