//! Corrections among many reports: each kind of record on a stream and in one message, as its single call would be.

use krama::proto::v1;
use krama::proto::v1::Outcome::{Accepted, Duplicate, Rejected};
use krama::proto::v1::report_transitions_response::Message;
use krama::proto::v1::transition_record::Transition;
use krama::proto::v1::transition_result::Answer;
use tonic::Code;

use crate::book::{REFUSED, UNCHANGED};
use crate::pour::{all_or_none, options, transitions};
use crate::refusal::{invalid, no, required};
use crate::say::{amendment, date, employments, fresh, hire, no_payroll, rekey, retraction, separation};
use crate::world::{OFFICER, PAYROLL, World};

const TODAY: &str = "2026-03-10";

fn nowhere() -> v1::Position {
    v1::Position::default()
}

/// An amendment of what a request reported.
fn amends(employer: &str, number: &str, request: &str, first_day: &str) -> v1::AmendEmploymentRequest {
    let replaces_request_id = request.to_owned();
    v1::AmendEmploymentRequest {
        replaces: None,
        replaces_request_id,
        ..amendment(employer, number, &nowhere(), first_day)
    }
}

/// A retraction of what a request reported.
fn retracts(employer: &str, number: &str, request: &str) -> v1::RetractEmploymentRequest {
    let replaces_request_id = request.to_owned();
    v1::RetractEmploymentRequest { replaces: None, replaces_request_id, ..retraction(employer, number, &nowhere()) }
}

/// A hire of somebody, its amendment and its retraction; another's hire, separation and new number; a month without
/// payroll.
pub(crate) fn every_kind(employer: &str) -> Vec<Transition> {
    let hired = hire(employer, "W-1", "2026-02-02", 1);
    let amended = amends(employer, "W-1", &hired.request_id, "2026-02-09");
    let gone = retracts(employer, "W-1", &amended.request_id);
    let other = hire(employer, "W-2", "2026-02-02", 2);
    vec![
        Transition::Hire(hired),
        Transition::Hire(other),
        Transition::Amendment(amended),
        Transition::Rekey(rekey(employer, "W-2", "W-3")),
        Transition::Retraction(gone),
        Transition::Separation(separation(employer, "W-3", "2026-03-01")),
        Transition::NoPayroll(no_payroll(employer, "2026-01")),
    ]
}

impl World {
    /// What a stream of transitions answers.
    pub(crate) async fn reports(
        &self,
        who: &str,
        options: &v1::BatchOptions,
        told: &[Transition],
    ) -> Vec<v1::TransitionResult> {
        let poured = self.pours(who, transitions(options, told.to_vec())).await;
        poured.end.expect("a bad record ends nothing");
        let results = poured.replies.into_iter().filter_map(|reply| match reply.message.expect("a message") {
            Message::Result(result) => Some(result),
            Message::Summary(_) => None,
        });
        results.collect()
    }

    /// What the single call answers.
    async fn single(&self, who: &str, told: &Transition) -> Answer {
        let answer = match told.clone() {
            Transition::Hire(message) => self.ask(who, message).await.map(Answer::Hire),
            Transition::Separation(message) => self.ask(who, message).await.map(Answer::Separation),
            Transition::Amendment(message) => self.ask(who, message).await.map(Answer::Amendment),
            Transition::Retraction(message) => self.ask(who, message).await.map(Answer::Retraction),
            Transition::Rekey(message) => self.ask(who, message).await.map(Answer::Rekey),
            Transition::NoPayroll(message) => self.ask(who, message).await.map(Answer::NoPayroll),
        };
        answer.unwrap_or_else(|status| panic!("{told:?}: {status:?}"))
    }
}

pub(crate) fn outcomes(results: &[v1::TransitionResult]) -> Vec<v1::Outcome> {
    results.iter().map(v1::TransitionResult::outcome).collect()
}

fn reasons(results: &[v1::TransitionResult]) -> Vec<v1::ErrorReason> {
    results.iter().map(|result| result.refusal.as_ref().map_or_else(Default::default, v1::Refusal::reason)).collect()
}

pub(crate) async fn two_people(world: &World) -> String {
    world.member(1).await;
    world.member(2).await;
    world.granted("E-1", "2026-01-01").await
}

#[tokio::test]
async fn a_hire_its_amendment_and_its_retraction_see_one_another_in_order() {
    for who in [PAYROLL, OFFICER] {
        let world = World::on(TODAY).await;
        let employer = two_people(&world).await;
        let (options, told) = (options(), every_kind(&employer));
        // A client that is cut off has read some results, and the server may have taken more.
        let first = world.reports(who, &options, &told[..3]).await;
        let results = world.reports(who, &options, &told).await;
        assert_eq!(outcomes(&results), [Accepted; 7], "{results:?}");
        assert_eq!(results[..3], first[..], "what had been taken is answered as it was");
        for (result, told) in results.iter().zip(&told) {
            let single = world.single(who, told).await;
            assert_eq!(result.answer, Some(single), "the single call answers the same");
        }
        let listed = world.reads(PAYROLL, employments(&employer)).await.employments;
        assert_eq!((listed[0].retracted, listed[0].employed), (true, false));
        assert_eq!((listed[1].employment_number.as_str(), listed[1].last_day), ("W-3", Some(date("2026-03-01"))));
        let before = world.book.content().await;
        assert_eq!(world.reports(who, &options, &told).await, results);
        assert_eq!(world.book.changed_since(&before).await, UNCHANGED, "sent again, nothing is recorded");
        world.book.holds_together().await;
    }
}

#[tokio::test]
async fn corrections_are_taken_with_what_they_correct_or_not_at_all() {
    let world = World::on(TODAY).await;
    let employer = two_people(&world).await;
    let mut told = every_kind(&employer);
    // It replaces the hire, which the amendment before it has replaced already.
    let Transition::Hire(hired) = told[0].clone() else { panic!("a hire is first") };
    told.push(Transition::Retraction(retracts(&employer, "W-1", &hired.request_id)));
    told.swap(4, 7);
    let before = world.book.content().await;
    let record = |(client_sequence, transition)| v1::TransitionRecord { client_sequence, transition: Some(transition) };
    let records = (1..).zip(told.clone()).map(record).collect();
    let message = v1::BatchReportTransitionsRequest { options: Some(all_or_none()), records };
    let results = world.ask(PAYROLL, message).await.expect("an answer").results;
    assert_eq!(outcomes(&results), [Rejected; 8]);
    let stale = reasons(&results).into_iter().filter(|reason| *reason == v1::ErrorReason::PositionStale);
    assert_eq!((stale.count(), reasons(&results)[4]), (1, v1::ErrorReason::PositionStale), "{results:?}");
    assert_eq!(world.book.changed_since(&before).await, UNCHANGED);

    told.remove(4);
    let taken = world.reports(PAYROLL, &all_or_none(), &told).await;
    assert_eq!(outcomes(&taken), [Accepted; 7]);
    assert_eq!(world.reports(PAYROLL, &all_or_none(), &told).await, taken, "in another batch, the same answers");
    world.book.holds_together().await;
}

#[tokio::test]
async fn a_correction_tells_its_employer_of_a_reinstatement() {
    let world = World::on("2025-01-10").await;
    let member = world.enrolled(1).await;
    world.pay(&member, "2025-01-10", 1).await;
    world.clock_to(TODAY).await;
    let employer = world.granted("E-1", "2025-01-01").await;
    let told = hire(&employer, "W-1", "2026-03-02", 1);
    let earlier = amends(&employer, "W-1", &told.request_id, "2026-02-02");
    let sent = [Transition::Hire(told), Transition::Amendment(earlier.clone())];
    let results = world.reports(PAYROLL, &options(), &sent).await;
    let [Some(Answer::Hire(hired)), Some(Answer::Amendment(amended))] = [&results[0].answer, &results[1].answer] else {
        panic!("{results:?}")
    };
    let [hired, amended] = [hired.effect.as_ref(), amended.effect.as_ref()].map(|effect| effect.expect("an effect"));
    assert_eq!((hired.reinstated, amended.reinstated), (true, true));
    let from = [hired.benefits_from, amended.benefits_from];
    assert_eq!(from, [Some(date("2026-05-01")), Some(date("2026-04-01"))]);
    assert_eq!(world.ask(PAYROLL, earlier).await.expect("the single call").effect.as_ref(), Some(amended));
}

#[tokio::test]
async fn a_correction_names_one_thing_that_it_replaces() {
    let world = World::on(TODAY).await;
    let employer = two_people(&world).await;
    let hired = hire(&employer, "W-1", "2026-02-02", 1);
    let position = world.takes(PAYROLL, hired.clone()).await.position.expect("a position");
    let (id, day) = (hired.request_id.as_str(), "2026-02-03");
    let stale = no(Code::Aborted, "POSITION_STALE");
    let told = world.refuses(PAYROLL, amends(&employer, "W-1", &fresh(), day), stale).await;
    let current = position.number.to_string();
    assert_eq!((told.metadata["number"].as_str(), told.metadata["current_number"].as_str()), ("0", current.as_str()));
    // Another caller's report is nothing that this one has made.
    world.refuses(OFFICER, retracts(&employer, "W-1", id), stale).await;
    let both = v1::AmendEmploymentRequest {
        replaces_request_id: id.to_owned(),
        ..amendment(&employer, "W-1", &position, day)
    };
    world.refuses(PAYROLL, both, invalid("replaces_request_id")).await;
    world.refuses(PAYROLL, amends(&employer, "W-1", "7", day), invalid("replaces_request_id")).await;
    world.refuses(PAYROLL, retracts(&employer, "W-1", ""), required("replaces")).await;

    let elsewhere = v1::Position { epoch: fresh(), ..position };
    let rehearsal = v1::RekeyEmploymentRequest { validate_only: true, ..rekey(&employer, "W-1", "W-2") };
    let spoilt = [
        Transition::Amendment(amendment(&employer, "W-1", &elsewhere, day)),
        Transition::Retraction(retracts(&employer, "W-1", "")),
        Transition::Rekey(rehearsal),
        Transition::NoPayroll(no_payroll(&employer, "2026-13")),
        Transition::Amendment(amends(&employer, "W-1", id, "2026-02-02")),
    ];
    let audit = world.book.last_audit().await;
    let results = world.reports(PAYROLL, &options(), &spoilt).await;
    assert_eq!(outcomes(&results), [Rejected, Rejected, Rejected, Rejected, Duplicate]);
    let expected = ["POSITION_FROM_OTHER_EPOCH", "FIELD_REQUIRED", "FIELD_INVALID", "FIELD_INVALID"];
    let named = |reason: &v1::ErrorReason| reason.as_str_name().trim_start_matches("ERROR_REASON_").to_owned();
    assert_eq!(reasons(&results)[..4].iter().map(named).collect::<Vec<_>>(), expected);
    let entries = world.book.audit_after(audit).await;
    let refused = entries.iter().filter(|entry| entry.outcome == REFUSED);
    let seen: Vec<_> = refused.map(|entry| (entry.method.as_str(), entry.reason.as_str())).collect();
    let methods = ["AmendEmployment", "RetractEmployment", "RekeyEmployment", "ReportNoPayroll"];
    assert_eq!(seen, methods.into_iter().zip(expected).collect::<Vec<_>>());
}
