//! PreviewTransitions: what many reports would do, and a commit that is taken only if they still do it.

use krama::proto::v1;
use krama::proto::v1::Outcome::{Accepted, Rejected};
use krama::proto::v1::transition_record::Transition;
use krama::proto::v1::transition_result::Answer;
use tonic::{Code, Status};

use crate::book::{REFUSED, REHEARSED, UNCHANGED};
use crate::policy::{publish, reform};
use crate::pour::{Poured, all_or_none, batch, transitions};
use crate::refusal::{invalid, no, required};
use crate::say::{hire, hire_of, payment, separation, worker};
use crate::transitions::{every_kind, outcomes, two_people};
use crate::world::{COLLECTOR, OFFICER, PAYROLL, World};

const TODAY: &str = "2026-03-10";

fn records(told: &[Transition]) -> Vec<v1::TransitionRecord> {
    let record = |(client_sequence, transition)| v1::TransitionRecord { client_sequence, transition: Some(transition) };
    (1..).zip(told.iter().cloned()).map(record).collect()
}

fn preview(told: &[Transition]) -> v1::PreviewTransitionsRequest {
    v1::PreviewTransitionsRequest { records: records(told) }
}

fn with(preview_token: &str) -> v1::BatchOptions {
    v1::BatchOptions { preview_token: preview_token.to_owned(), ..all_or_none() }
}

fn commit(token: &str, told: &[Transition]) -> v1::BatchReportTransitionsRequest {
    v1::BatchReportTransitionsRequest { options: Some(with(token)), records: records(told) }
}

/// A result as a preview tells it: without a place, a time and the id of an employment.
fn without_place(mut result: v1::TransitionResult) -> v1::TransitionResult {
    macro_rules! clear {
        ($($kind:ident),*) => {
            match &mut result.answer {
                $(Some(Answer::$kind(answer)) => {
                    (answer.position, answer.known_time) = (None, None);
                    answer.employment_id.clear();
                })*
                Some(Answer::NoPayroll(answer)) => (answer.position, answer.known_time) = (None, None),
                None => {}
            }
        };
    }
    clear!(Hire, Separation, Amendment, Retraction, Rekey);
    result
}

fn stale(status: &Status, cause: &str) -> String {
    let told = no(Code::Aborted, "PREVIEW_STALE").check("PreviewTransitions", status);
    assert_eq!(told.metadata["cause"], cause);
    told.metadata.get("records").cloned().unwrap_or_default()
}

#[tokio::test]
async fn a_preview_tells_what_a_commit_then_does_and_changes_nothing() {
    for who in [PAYROLL, OFFICER] {
        let world = World::on(TODAY).await;
        let employer = two_people(&world).await;
        let told = every_kind(&employer);
        let (before, audit) = (world.book.content().await, world.book.last_audit().await);
        let seen = world.ask(who, preview(&told)).await.expect("a preview");
        assert_eq!(world.book.changed_since(&before).await, UNCHANGED);
        let entries = world.book.audit_after(audit).await;
        assert!(entries.len() == 7 && entries.iter().all(|entry| entry.outcome == REHEARSED), "{entries:?}");
        assert_eq!((outcomes(&seen.results), seen.summary.expect("a summary").accepted), (vec![Accepted; 7], 7));
        assert_eq!(world.ask(who, preview(&told)).await.expect("a preview").results, seen.results, "looking is free");

        let options = with(&seen.preview_token);
        let taken = world.reports(who, &options, &told).await;
        assert_eq!(taken.iter().cloned().map(without_place).collect::<Vec<_>>(), seen.results);
        let before = world.book.content().await;
        assert_eq!(world.reports(who, &options, &told).await, taken, "sent again it is no change since the preview");
        assert_eq!(world.book.changed_since(&before).await, UNCHANGED);
        world.book.holds_together().await;
    }
}

#[tokio::test]
async fn a_preview_with_a_rejected_record_gives_no_token_and_records_nothing() {
    let world = World::on(TODAY).await;
    let employer = two_people(&world).await;
    let good = Transition::Hire(hire(&employer, "W-1", "2026-02-02", 1));
    let nobody = Transition::Hire(v1::ReportHireRequest { worker: None, ..hire(&employer, "W-2", TODAY, 2) });
    let unknown = Transition::Separation(separation(&employer, "W-7", TODAY));
    let before = world.book.content().await;
    // A malformed record never comes to a decision; the first of them must not make the others real.
    for told in
        [[nobody.clone(), good.clone()], [good.clone(), nobody], [unknown.clone(), good.clone()], [good, unknown]]
    {
        let seen = world.ask(PAYROLL, preview(&told)).await.expect("a preview");
        let mut outcomes = outcomes(&seen.results);
        outcomes.sort_by_key(|outcome| i32::from(*outcome));
        assert_eq!((outcomes, seen.preview_token.as_str()), (vec![Accepted, Rejected], ""));
    }
    assert_eq!(world.book.changed_since(&before).await, UNCHANGED);
    world.refuses(PAYROLL, preview(&[]), required("records")).await;
}

#[tokio::test]
async fn a_commit_is_aborted_when_what_was_shown_is_not_so_any_more() {
    let world = World::on(TODAY).await;
    let employer = two_people(&world).await;
    let third = world.enrolled(3).await;
    let told = [1, 2, 3].map(|number| Transition::Hire(hire(&employer, &format!("W-{number}"), "2026-02-02", number)));
    let token = world.ask(PAYROLL, preview(&told)).await.expect("a preview").preview_token;

    // Another caller, other records, other options.
    let other = world.ask(OFFICER, commit(&token, &told)).await.expect_err("another caller");
    assert_eq!(stale(&other, "CONTENT"), "");
    let fewer = world.ask(PAYROLL, commit(&token, &told[..2])).await.expect_err("fewer records");
    assert_eq!(stale(&fewer, "CONTENT"), "");
    world.refuses(PAYROLL, commit("7", &told), invalid("preview_token")).await;
    let mut each = commit(&token, &told);
    each.options = Some(v1::BatchOptions { on_failure: v1::FailureMode::Continue.into(), ..with(&token) });
    world.refuses(PAYROLL, each, invalid("options.preview_token")).await;
    world.refuses(COLLECTOR, batch(&with(&token), &[payment(&third, TODAY)]), invalid("options.preview_token")).await;

    // Something is recorded about somebody else, and then about the third.
    let token = world.ask(PAYROLL, preview(&told)).await.expect("a preview").preview_token;
    world.member(4).await;
    world.pay(&third, TODAY, 1).await;
    let (before, audit) = (world.book.content().await, world.book.last_audit().await);
    let status = world.ask(PAYROLL, commit(&token, &told)).await.expect_err("the third has changed");
    assert_eq!(stale(&status, "MEMBERS"), "3");
    let streamed: Poured<_> = world.pours(PAYROLL, transitions(&with(&token), told.to_vec())).await;
    assert_eq!(stale(&streamed.end.expect_err("on a stream as well"), "MEMBERS"), "3");
    assert!(streamed.replies.is_empty(), "nothing is told of single records");
    assert_eq!(world.book.changed_since(&before).await, UNCHANGED, "nothing is taken");
    let entries = world.book.audit_after(audit).await;
    assert!(entries.iter().all(|entry| (entry.outcome, entry.reason.as_str()) == (REFUSED, "PREVIEW_STALE")));
    assert_eq!(entries.len(), 8, "each record and the call, twice: {entries:?}");

    let token = world.ask(PAYROLL, preview(&told)).await.expect("a preview").preview_token;
    world.clock_to("2026-03-11").await;
    let status = world.ask(PAYROLL, commit(&token, &told)).await.expect_err("another day");
    stale(&status, "DAY");
    let token = world.ask(PAYROLL, preview(&told)).await.expect("a preview").preview_token;
    world.member(5).await;
    let reply = world.ask(PAYROLL, commit(&token, &told)).await.expect("nothing about them has changed");
    assert_eq!(outcomes(&reply.results), [Accepted; 3]);
}

#[tokio::test]
async fn a_preview_is_bounded_and_its_commit_may_be_larger_than_other_batches() {
    let change = |config: &mut krama::config::Config| {
        (config.limits.preview_records, config.limits.all_or_none_records) = (300, 100);
    };
    let world = World::with(TODAY, change).await;
    let employer = world.granted("E-1", "2026-01-01").await;
    let stranger = |number| v1::WorkerDetails { khmer_name: None, ..worker(number) };
    let told = |number| Transition::Hire(hire_of(&employer, &format!("W-{number}"), "2026-02-02", stranger(number)));
    let mut told: Vec<Transition> = (1..=301).map(told).collect();
    let large = no(Code::ResourceExhausted, "REQUEST_TOO_LARGE");
    let refused = world.refuses(PAYROLL, preview(&told), large).await;
    assert_eq!((refused.metadata["limit"].as_str(), refused.metadata["unit"].as_str()), ("300", "records"));
    told.pop();
    let seen = world.ask(PAYROLL, preview(&told)).await.expect("a preview");
    let created = |result: &v1::TransitionResult| matches!(&result.answer, Some(Answer::Hire(answer)) if answer.r#match() == v1::WorkerMatch::Created);
    assert!(seen.results.iter().all(created));
    let taken = world.reports(PAYROLL, &with(&seen.preview_token), &told).await;
    assert_eq!(outcomes(&taken), vec![Accepted; 300]);
}

#[tokio::test]
async fn a_commit_is_aborted_under_another_revision_of_the_law() {
    let world = World::on(TODAY).await;
    let employer = two_people(&world).await;
    let told = [Transition::Hire(hire(&employer, "W-1", "2026-02-02", 1))];
    let token = world.ask(PAYROLL, preview(&told)).await.expect("a preview").preview_token;
    publish(&world, &reform("kh-back-payment").replace("2027-01-01", TODAY)).await;
    let status = world.ask(PAYROLL, commit(&token, &told)).await.expect_err("another revision");
    assert_eq!(stale(&status, "POLICY"), "");
    let token = world.ask(PAYROLL, preview(&told)).await.expect("a preview").preview_token;
    let reply = world.ask(PAYROLL, commit(&token, &told)).await.expect("previewed anew");
    assert_eq!(outcomes(&reply.results), [Accepted]);
}
