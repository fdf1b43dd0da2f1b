//! PolicyService: the law is shown, changed by two people, and in force from its day on; ConfirmLapse and WaiveLapse.

use krama::proto::v1;
use prost::Message as _;
use tokio::task::JoinSet;
use tonic::Code;

use crate::ask::Ask;
use crate::refusal::{denied, invalid, no, not_now, required};
use crate::say::{MONTH, date, enrolment, explain, fresh, registration};
use crate::world::{AGENT, COLLECTOR, OFFICER, SUPERVISOR, World, said};

/// A shipped proposal as a document of the law itself.
pub(crate) fn reform(name: &str) -> String {
    let text = match name {
        "kh-back-payment" => include_str!("../../policies/kh-back-payment/2027-01-01.toml"),
        "kh-grace" => include_str!("../../policies/kh-grace/2027-01-01.toml"),
        "kh-suspension" => include_str!("../../policies/kh-suspension/2027-01-01.toml"),
        "kh-confirmation" => include_str!("../../policies/kh-confirmation/2027-01-01.toml"),
        _ => panic!("no such proposal: {name}"),
    };
    text.replace(&format!("law = \"{name}\""), "law = \"kh\"")
}

pub(crate) fn proposal(document: &str) -> v1::ProposePolicyRequest {
    v1::ProposePolicyRequest { request_id: fresh(), document: document.to_owned(), ..Default::default() }
}

pub(crate) fn approval(proposed: &v1::ProposePolicyResponse) -> v1::ApprovePolicyRequest {
    v1::ApprovePolicyRequest {
        request_id: fresh(),
        proposal_id: proposed.proposal_id.clone(),
        digest: proposed.digest.clone(),
        case_reference: "gazette-12".to_owned(),
        legal_basis: "Sub-Decree 12 of 2026".to_owned(),
        ..Default::default()
    }
}

fn withdrawal(proposed: &v1::ProposePolicyResponse) -> v1::WithdrawProposalRequest {
    v1::WithdrawProposalRequest {
        request_id: fresh(),
        proposal_id: proposed.proposal_id.clone(),
        case_reference: "gazette-12".to_owned(),
        reason: "not now".to_owned(),
        ..Default::default()
    }
}

fn confirmation(member: &str) -> v1::ConfirmLapseRequest {
    v1::ConfirmLapseRequest {
        request_id: fresh(),
        member_id: member.to_owned(),
        case_reference: "file-3".to_owned(),
        legal_basis: "Sub-Decree 280, looked at by two".to_owned(),
        ..Default::default()
    }
}

fn waiver(member: &str) -> v1::WaiveLapseRequest {
    let v1::ConfirmLapseRequest { request_id, member_id, case_reference, legal_basis, .. } = confirmation(member);
    v1::WaiveLapseRequest { request_id, member_id, case_reference, legal_basis, ..Default::default() }
}

/// Publishes a document by two people.
pub(crate) async fn publish(world: &World, document: &str) -> v1::ApprovePolicyResponse {
    let proposed = world.takes(OFFICER, proposal(document)).await;
    world.takes(SUPERVISOR, approval(&proposed)).await
}

#[tokio::test]
async fn the_law_is_told_field_by_field_with_its_sources_and_readings() {
    let world = World::on("2026-03-10").await;
    let told = world.reads(AGENT, v1::GetPolicyRequest::default()).await;
    assert_eq!((told.law.as_str(), told.effective_day), ("kh", Some(date("2023-08-28"))));
    let lapse = told.fields.iter().find(|field| field.path == "voluntary.lapse.conditions").expect("a field");
    assert_eq!(lapse.said, "when more than 6 months in a row are missed");
    assert!(lapse.citation.contains("more than six months") && !lapse.assumption.is_empty(), "{lapse:?}");
    assert!(told.fields.iter().all(|field| !(field.citation.is_empty() && field.assumption.is_empty())));
    let names: Vec<&str> = told.readings.iter().map(|reading| reading.name.as_str()).collect();
    assert_eq!(names, ["due-within-the-month", "elapsed", "formal-cover-at-once", "six-overdue"]);
    assert!(told.differences.is_empty() && told.digest.len() == 64);
    let listed = world.reads("AUDITOR/court", v1::ListPoliciesRequest::default()).await;
    let [only] = &listed.revisions[..] else { panic!("{listed:?}") };
    assert!(only.in_force && only.publish_time.is_none() && only.digest == told.digest && listed.proposals.is_empty());
    let before = v1::GetPolicyRequest {
        policy: Some(v1::get_policy_request::Policy::OnDay(date("2023-08-27"))),
        ..Default::default()
    };
    let told = world.refuses(OFFICER, before, no(Code::NotFound, "POLICY_NOT_FOUND")).await;
    assert_eq!(told.metadata["policy"], "2023-08-27");
}

#[tokio::test]
async fn a_document_is_checked_before_it_is_proposed() {
    let world = World::on("2026-03-10").await;
    let check = |document: String| v1::CheckPolicyRequest { document, ..Default::default() };
    let good = world.reads(OFFICER, check(reform("kh-back-payment"))).await;
    assert!(good.sound && good.faults.is_empty(), "{:?}", good.faults);
    let paths: Vec<&str> = good.differences.iter().map(|one| one.path.as_str()).collect();
    assert_eq!(paths, ["voluntary.return.back_payment"]);
    let proposed = world.takes(OFFICER, proposal(&good.document)).await;
    assert_eq!((&proposed.digest, &proposed.document), (&good.digest, &good.document));
    let bad = reform("kh-back-payment").replace("cap_months = 24", "cap_months = 0");
    let told = world.reads(OFFICER, check(bad.clone())).await;
    assert!(!told.sound && told.document.is_empty());
    let line = bad.lines().position(|line| line.contains("cap_months")).expect("the line") + 1;
    assert_eq!(told.faults[0].line, i32::try_from(line).ok());
    assert!(told.faults[0].problem.contains("between 1 and 600"), "{told:?}");
    world.refuses(OFFICER, proposal(&bad), no(Code::InvalidArgument, "POLICY_UNSOUND").at("document")).await;
    world.refuses(OFFICER, check(String::new()), required("document")).await;
    world.refuses(OFFICER, proposal(" "), required("document")).await;
    let other = reform("kh-back-payment").replace("law = \"kh\"", "law = \"th\"");
    assert!(world.reads(OFFICER, check(other)).await.faults[0].problem.contains("should be `kh`"));
}

#[tokio::test]
async fn two_people_change_the_law_and_only_what_was_read() {
    let world = World::on("2026-03-10").await;
    let proposed = world.takes(SUPERVISOR, proposal(&reform("kh-back-payment"))).await;
    world.refuses(SUPERVISOR, approval(&proposed), denied("SECOND_PERSON_REQUIRED")).await;
    let second = "SUPERVISOR/desk-3";
    let other = v1::ApprovePolicyRequest { digest: "0".repeat(64), ..approval(&proposed) };
    world.refuses(second, other, no(Code::Aborted, "POLICY_DIGEST_DIFFERS")).await;
    let short = v1::ApprovePolicyRequest { digest: "12".to_owned(), ..approval(&proposed) };
    world.refuses(second, short, invalid("digest")).await;
    let bare = v1::ApprovePolicyRequest { legal_basis: String::new(), ..approval(&proposed) };
    world.refuses(second, bare, required("legal_basis")).await;
    let nobody = v1::ApprovePolicyRequest { proposal_id: world.member(1).await, ..approval(&proposed) };
    world.refuses(second, nobody, no(Code::NotFound, "POLICY_NOT_FOUND")).await;
    let asked = approval(&proposed);
    let first = world.takes(second, asked.clone()).await;
    assert_eq!(first.effective_day, Some(date("2027-01-01")));
    assert_eq!(world.ask(second, asked).await.expect("the same again"), first);
    let closed = not_now("POLICY_PROPOSAL_CLOSED");
    let told = world.refuses(second, approval(&proposed), closed).await;
    assert_eq!(told.metadata["state"], "APPROVED");
    world.refuses(OFFICER, withdrawal(&proposed), closed).await;
    let told = world.refuses(OFFICER, proposal(&reform("kh-confirmation")), not_now("POLICY_DAY_TAKEN")).await;
    assert_eq!(told.metadata["day"], "2027-01-01");

    let later = reform("kh-confirmation").replace("2027-01-01", "2027-03-01");
    let withdrawn = world.takes(OFFICER, proposal(&later)).await;
    world.takes(OFFICER, withdrawal(&withdrawn)).await;
    world.refuses(second, approval(&withdrawn), closed).await;
    let listed = world.reads(OFFICER, v1::ListPoliciesRequest::default()).await;
    let states: Vec<_> = listed.proposals.iter().map(|one| (one.state(), one.proposer.as_str())).collect();
    let desk = (v1::ProposalState::Withdrawn, "desk-1");
    assert_eq!(states, [(v1::ProposalState::Approved, "desk-2"), desk]);
    assert_eq!(listed.revisions.len(), 2);
    assert!(listed.revisions[0].in_force && !listed.revisions[1].in_force);
}

#[tokio::test]
async fn a_law_does_not_begin_in_the_past_unless_it_says_so() {
    let world = World::on("2026-03-10").await;
    let begins = |day: &str| reform("kh-confirmation").replace("2027-01-01", day);
    let told = world.refuses(OFFICER, proposal(&begins("2026-03-09")), not_now("POLICY_DAY_PASSED")).await;
    assert_eq!((told.metadata["day"].as_str(), told.metadata["earliest"].as_str()), ("2026-03-09", "2026-03-10"));
    world.takes(OFFICER, proposal(&begins("2026-03-10"))).await;
    let slow = world.takes(OFFICER, proposal(&begins("2026-03-11"))).await;
    let rehearsal = v1::ProposePolicyRequest { validate_only: true, ..proposal(&begins("2026-04-01")) };
    let told = world.ask(OFFICER, rehearsal).await.expect("a rehearsal");
    assert!(told.position.is_none() && told.proposal_id.is_empty() && told.digest.len() == 64);
    let retroactive = begins("2026-01-01").replace("based_on", "retroactive = true\nbased_on");
    publish(&world, &retroactive).await;
    world.clock_to("2026-03-12").await;
    world.refuses(SUPERVISOR, approval(&slow), not_now("POLICY_DAY_PASSED")).await;
}

#[tokio::test]
async fn of_two_readings_of_one_name_one_is_published() {
    let world = World::on("2026-03-10").await;
    let document = "reading = \"late\"\ntitle = \"Paid late\"\n\n[voluntary]\ndue_day = 20\n\n\
                    [[source]]\nfield = \"voluntary.due_day\"\nassumption = \"The window may be longer.\"\n";
    let first = world.takes(OFFICER, proposal(document)).await;
    let second = world.takes(OFFICER, proposal(document)).await;
    let told = world.takes(SUPERVISOR, approval(&first)).await;
    assert_eq!(told.effective_day, None);
    // The refusal names the field that the caller filled in.
    let unsound = no(Code::InvalidArgument, "POLICY_UNSOUND");
    world.refuses(SUPERVISOR, approval(&second), unsound.at("proposal_id")).await;
    world.refuses(OFFICER, proposal(document), unsound.at("document")).await;
    let simulated = v1::simulate_policy_request::Policy::ProposalId(second.proposal_id);
    let ask = v1::SimulatePolicyRequest { policy: Some(simulated), ..Default::default() };
    world.refuses(OFFICER, ask, unsound.at("proposal_id")).await;
}

/// Sends many messages at once, and answers in their order.
async fn all<A: Ask>(world: &World, who: &'static str, asks: impl IntoIterator<Item = A>) -> Vec<A::Reply>
where
    A::Reply: Send + 'static,
{
    const AT_ONCE: usize = 64;
    let mut asks = asks.into_iter().enumerate();
    let (mut running, mut answers) = (JoinSet::new(), Vec::new());
    loop {
        while running.len() < AT_ONCE
            && let Some((index, ask)) = asks.next()
        {
            let channel = world.channel.clone();
            running.spawn(async move { (index, ask.send(channel, said(who)).await) });
        }
        let Some(ended) = running.join_next().await else { break };
        let (index, answer) = ended.expect("the call ends");
        answers.push((index, answer.unwrap_or_else(|status| panic!("{}: {status:?}", A::RPC))));
    }
    answers.sort_by_key(|(index, _)| *index);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

/// An explanation without what tells when it was asked for.
fn bytes(mut told: v1::ExplainCoverageResponse) -> Vec<u8> {
    told.position = None;
    if let Some(as_of) = told.decision.as_mut().and_then(|decision| decision.as_of.as_mut()) {
        as_of.known_at = None;
    }
    told.encode_to_vec()
}

/// How many people were barred before the reform.
const BARRED: u32 = 2_000;

/// January to November 2026 are overdue on 1 January 2027, for 11, 10, ... 1 started months at 1 %, and January 2027 is
/// the current one: 12 x 15,600 and 1 % of 15,600 for each of 66 months.
const PRICE: i64 = 12 * MONTH + 66 * MONTH / 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reform_opens_a_priced_door_on_its_day_and_changes_nothing_before() {
    let world = World::on("2026-01-05").await;
    let members = all(&world, OFFICER, (1..=BARRED).map(registration)).await;
    let members: Vec<String> = members.into_iter().map(|reply| reply.member_id).collect();
    all(&world, OFFICER, members.iter().map(|member| enrolment(member))).await;
    let current = world.enrolled(BARRED + 1).await;
    world.pay(&current, "2026-01-05", 13).await;
    let asked: Vec<String> = members.iter().chain([&current]).cloned().collect();

    world.clock_to("2026-12-31").await;
    let then = world.now().await;
    let known_then =
        || asked.iter().map(|member| v1::ExplainCoverageRequest { known_at: Some(then), ..explain(member) });
    let day_before = date("2026-12-31");
    let of_the_day_before = |known_at| {
        let day = Some(day_before);
        asked.iter().map(move |member| v1::ExplainCoverageRequest { valid_at: day, known_at, ..explain(member) })
    };
    let before = all(&world, OFFICER, of_the_day_before(None)).await;
    let ahead = all(
        &world,
        OFFICER,
        known_then().map(|ask| v1::ExplainCoverageRequest { valid_at: Some(date("2027-01-01")), ..ask }),
    )
    .await;
    publish(&world, &reform("kh-back-payment")).await;

    let after = all(&world, OFFICER, of_the_day_before(None)).await;
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(bytes(before.clone()), bytes(after.clone()), "the day before");
    }
    let barred = before[0].decision.as_ref().expect("a decision");
    assert_eq!((barred.standing(), barred.doors.len()), (v1::Standing::Abandoned, 1));

    world.clock_to("2027-01-01").await;
    let now = all(&world, OFFICER, asked.iter().map(|member| explain(member))).await;
    let mut opened = 0;
    for told in &now[..members.len()] {
        let decision = told.decision.as_ref().expect("a decision");
        let door = decision.doors.iter().find(|door| door.kind() == v1::DoorKind::BackPayment).expect("the door");
        assert_eq!((decision.standing(), door.price_riel), (v1::Standing::Abandoned, Some(PRICE)));
        assert_eq!(decision.policy_revision, "2027-01-01");
        let lapsed = told.steps.iter().find(|step| step.clause == "LAPSED").expect("a step");
        assert!(lapsed.citation.contains("more than six months") && lapsed.text.contains("7 months"), "{lapsed:?}");
        opened += 1;
    }
    assert_eq!(opened, BARRED);
    let old = all(&world, OFFICER, of_the_day_before(Some(then))).await;
    for (before, old) in before.iter().zip(&old) {
        assert_eq!(bytes(before.clone()), bytes(old.clone()), "as known then");
    }
    let old = all(
        &world,
        OFFICER,
        known_then().map(|ask| v1::ExplainCoverageRequest { valid_at: Some(date("2027-01-01")), ..ask }),
    )
    .await;
    for (ahead, old) in ahead.iter().zip(&old) {
        assert_eq!(bytes(ahead.clone()), bytes(old.clone()), "what was foreseen then");
    }

    // One of them goes through the door.
    let paid = v1::RecordPaymentRequest { amount_riel: PRICE, ..crate::say::payment(&members[0], "2027-01-01") };
    world.takes(COLLECTOR, paid).await;
    let told = world.reads(OFFICER, explain(&members[0])).await;
    assert_eq!(told.decision.as_ref().map(v1::Decision::standing), Some(v1::Standing::Current));
    let back = told.steps.iter().find(|step| step.clause == "RETURNED_BY_BACK_PAYMENT").expect("a step");
    assert!(back.citation.contains("Proposed in public"), "{back:?}");

    // The law outlives the server.
    let world = world.restart().await;
    let told = world.reads(OFFICER, explain(&members[1])).await;
    assert_eq!(bytes(told), bytes(now[1].clone()));
}

#[tokio::test]
async fn a_pending_lapse_is_confirmed_or_waived_by_a_person() {
    let world = World::on("2026-03-10").await;
    publish(&world, &reform("kh-confirmation").replace("2027-01-01", "2026-04-01")).await;
    let (one, other) = (world.enrolled(1).await, world.enrolled(2).await);
    let standing =
        async |member: &str| world.reads(OFFICER, explain(member)).await.decision.expect("a decision").standing();
    // March to September are overdue on 16 October.
    world.clock_to("2026-10-15").await;
    let told = world.refuses(SUPERVISOR, confirmation(&one), not_now("LAPSE_NOT_PENDING")).await;
    assert_eq!(told.metadata["member_id"], one);
    world.clock_to("2026-10-16").await;
    assert_eq!(standing(&one).await, v1::Standing::LapsePending);
    world.refuses(AGENT, confirmation(&one), denied("ROLE_NOT_ALLOWED")).await;
    let bare = v1::ConfirmLapseRequest { legal_basis: " ".to_owned(), ..confirmation(&one) };
    world.refuses(SUPERVISOR, bare, required("legal_basis")).await;
    let bare = v1::WaiveLapseRequest { case_reference: String::new(), ..waiver(&one) };
    world.refuses(SUPERVISOR, bare, required("case_reference")).await;
    // The first person prepares it, and nothing changes.
    let asked = confirmation(&one);
    let rehearsed = v1::ConfirmLapseRequest { validate_only: true, ..asked.clone() };
    let rehearsed = world.ask(OFFICER, rehearsed).await.expect("a rehearsal");
    assert_eq!((rehearsed.outcome(), rehearsed.prepared_id), (v1::Outcome::AcceptedWithWarning, String::new()));
    let prepared = world.takes(OFFICER, asked.clone()).await;
    assert_eq!((prepared.outcome(), prepared.fact_id.as_str()), (v1::Outcome::AcceptedWithWarning, ""));
    assert!(prepared.standing_changes.as_ref().is_some_and(|told| told.changes.is_empty()), "{prepared:?}");
    assert_eq!(world.ask(OFFICER, asked.clone()).await.expect("the same again"), prepared);
    assert_eq!(standing(&one).await, v1::Standing::LapsePending);
    // The second does what was prepared, is another, and is a supervisor.
    let asked = v1::ConfirmLapseRequest { request_id: fresh(), prepared_id: prepared.prepared_id, ..asked };
    let second = denied("SECOND_PERSON_REQUIRED");
    world.refuses("OFFICER/desk-9", asked.clone(), second).await;
    world.refuses("SUPERVISOR/desk-1", asked.clone(), second).await;
    let unprepared = no(Code::NotFound, "PREPARATION_NOT_FOUND");
    let reworded = v1::ConfirmLapseRequest { legal_basis: "Another text".to_owned(), ..asked.clone() };
    let told = world.refuses(SUPERVISOR, reworded, unprepared).await;
    assert_eq!(told.metadata["prepared_id"], asked.prepared_id);
    world.refuses(SUPERVISOR, v1::ConfirmLapseRequest { member_id: other.clone(), ..asked.clone() }, unprepared).await;
    let waived = v1::WaiveLapseRequest { prepared_id: asked.prepared_id.clone(), ..waiver(&one) };
    world.refuses(SUPERVISOR, waived, unprepared).await;
    let nothing = v1::ConfirmLapseRequest { prepared_id: one.clone(), ..asked.clone() };
    world.refuses(SUPERVISOR, nothing, unprepared).await;
    let bad = v1::ConfirmLapseRequest { prepared_id: "yes".to_owned(), ..asked.clone() };
    world.refuses(SUPERVISOR, bad, invalid("prepared_id")).await;
    let confirmed = world.takes(SUPERVISOR, asked.clone()).await;
    assert_eq!((confirmed.outcome(), confirmed.prepared_id.as_str()), (v1::Outcome::Accepted, ""));
    assert_eq!(confirmed.standing_changes.as_ref().expect("changes").changes.len(), 1);
    assert_eq!(world.ask(SUPERVISOR, asked.clone()).await.expect("the same again"), confirmed);
    assert_eq!(standing(&one).await, v1::Standing::Abandoned);
    let again = v1::ConfirmLapseRequest { request_id: fresh(), ..asked };
    world.refuses(SUPERVISOR, again, not_now("LAPSE_NOT_PENDING")).await;
    // A supervisor may prepare as well, for another.
    let first = waiver(&other);
    let prepared = world.takes("SUPERVISOR/desk-3", first.clone()).await.prepared_id;
    let waived = v1::WaiveLapseRequest { request_id: fresh(), prepared_id: prepared, ..first };
    world.refuses("SUPERVISOR/desk-3", waived.clone(), second).await;
    world.takes(SUPERVISOR, waived.clone()).await;
    assert_eq!(standing(&other).await, v1::Standing::InArrears);
    world.clock_to("2026-11-16").await;
    assert_eq!(standing(&other).await, v1::Standing::LapsePending);
    let old = v1::WaiveLapseRequest { request_id: fresh(), ..waived };
    world.refuses(SUPERVISOR, old, unprepared).await;
    world.keeps_the_truth().await;
    world.book.holds_together().await;
    let stranger = confirmation(&confirmed.fact_id);
    world.refuses(SUPERVISOR, stranger, no(Code::NotFound, "MEMBER_NOT_FOUND")).await;
}

#[tokio::test]
async fn an_answer_that_hangs_on_a_reading_says_so() {
    let world = World::on("2026-03-10").await;
    let member = world.enrolled(1).await;
    world.clock_to("2026-08-31").await;
    assert!(world.reads(OFFICER, explain(&member)).await.contested.is_empty());
    // March to August: five are overdue, six by their own months, six have passed.
    world.clock_to("2026-09-20").await;
    let told = world.reads(OFFICER, explain(&member)).await;
    assert_eq!(told.decision.as_ref().map(v1::Decision::standing), Some(v1::Standing::InArrears));
    let names: Vec<&str> = told.contested.iter().map(|one| one.reading.as_str()).collect();
    assert_eq!(names, ["due-within-the-month", "elapsed", "six-overdue"]);
    let elapsed = &told.contested[1];
    assert_eq!((elapsed.standing(), elapsed.since), (v1::Standing::Abandoned, Some(date("2026-09-01"))));
    world.clock_to("2026-10-16").await;
    assert!(world.reads(OFFICER, explain(&member)).await.contested.is_empty());
}
