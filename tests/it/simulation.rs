//! SimulatePolicy: what it says of a text of the law is what comes to pass when the text is published.

use std::collections::BTreeMap;

use krama::proto::v1;
use krama::proto::v1::policy_service_client::PolicyServiceClient;
use krama::proto::v1::simulate_policy_request::Policy;
use krama::proto::v1::simulate_policy_response::Message;
use tonic::{Code, Request, Streaming};

use crate::policy::{approval, proposal, publish, reform};
use crate::refusal::{no, not_now, required};
use crate::say::{date, death, explain, hire};
use crate::world::{COLLECTOR, OFFICER, PAYROLL, SUPERVISOR, World, said};

fn simulating(policy: Policy, as_of: Option<&str>) -> v1::SimulatePolicyRequest {
    v1::SimulatePolicyRequest { policy: Some(policy), as_of: as_of.map(date), at_least_position: None }
}

async fn begun(world: &World, ask: v1::SimulatePolicyRequest) -> Streaming<v1::SimulatePolicyResponse> {
    let mut request = Request::new(ask);
    *request.metadata_mut() = said(OFFICER);
    let mut client = PolicyServiceClient::new(world.channel.clone());
    client.simulate_policy(request).await.expect("a simulation").into_inner()
}

/// The result at the end of a stream, and the members told of on the way.
async fn ended(mut stream: Streaming<v1::SimulatePolicyResponse>) -> (v1::SimulationResult, Vec<i64>) {
    let mut told = Vec::new();
    loop {
        let reply = stream.message().await.expect("a message").expect("the result comes before the end");
        match reply.message.expect("something is told") {
            Message::Progress(progress) => {
                assert!(progress.members <= progress.members_total, "{progress:?}");
                told.push(progress.members);
            }
            Message::Result(result) => {
                assert!(stream.message().await.expect("an end").is_none(), "the result is the last message");
                return (result, told);
            }
        }
    }
}

/// People who stand in every way: barred, current, in arrears, employed, registered only, and dead.
async fn crowd(world: &World) -> Vec<String> {
    let mut members = Vec::new();
    for (number, months) in [(1, 0), (2, 0), (3, 0), (4, 13), (5, 24), (6, 6), (7, 7), (8, 1)] {
        let member = world.enrolled(number).await;
        if months > 0 {
            world.pay(&member, "2026-01-05", months).await;
        }
        members.push(member);
    }
    let employer = world.granted("E-1", "2026-01-01").await;
    for number in [9, 10] {
        members.push(world.member(number).await);
    }
    for number in [3, 10] {
        let hired = hire(&employer, &number.to_string(), "2026-01-05", number);
        world.takes(PAYROLL, hired).await;
    }
    world.takes(OFFICER, death(&members[7], "2026-01-05")).await;
    members
}

/// What is decided of everybody, on a day or today.
async fn decided(world: &World, members: &[String], day: Option<&str>) -> Vec<v1::Decision> {
    let mut decisions = Vec::new();
    for member in members {
        let ask = v1::ExplainCoverageRequest { valid_at: day.map(date), ..explain(member) };
        decisions.push(world.reads(OFFICER, ask).await.decision.expect("a decision"));
    }
    decisions
}

/// The result of a simulation, counted from answers about each member.
fn counted(before: &[v1::Decision], after: &[v1::Decision]) -> v1::SimulationResult {
    let mut result = v1::SimulationResult::default();
    let (mut standings, mut moves) = (BTreeMap::new(), BTreeMap::new());
    let (mut schemes, mut doors) = (BTreeMap::new(), BTreeMap::new());
    for (before, after) in before.iter().zip(after) {
        result.members += 1;
        standings.entry(before.standing).or_insert([0, 0])[0] += 1;
        standings.entry(after.standing).or_insert([0, 0])[1] += 1;
        if before.standing != after.standing {
            *moves.entry((before.standing, after.standing)).or_insert(0) += 1;
        }
        result.covered_before += i64::from(before.covered);
        result.covered_after += i64::from(after.covered);
        result.gained_cover += i64::from(after.covered && !before.covered);
        result.lost_cover += i64::from(before.covered && !after.covered);
        for (which, decision) in [before, after].into_iter().enumerate() {
            for cover in &decision.covers {
                schemes.entry(cover.scheme).or_insert([0, 0])[which] += 1;
            }
            for door in &decision.doors {
                let counted = doors.entry(door.kind).or_insert([(0, 0), (0, 0)]);
                counted[which].0 += 1;
                counted[which].1 += door.price_riel.unwrap_or(0);
            }
        }
    }
    let standing = |(standing, [before, after]): (i32, [i64; 2])| v1::StandingCount { standing, before, after };
    result.standings = standings.into_iter().map(standing).collect();
    let moved = |((before, after), members): ((i32, i32), i64)| v1::StandingMove { before, after, members };
    result.moves = moves.into_iter().map(moved).collect();
    let scheme = |(scheme, [before, after]): (i32, [i64; 2])| v1::SchemeCount { scheme, before, after };
    result.schemes = schemes.into_iter().map(scheme).collect();
    let door = |(kind, [before, after]): (i32, [(i64, i64); 2])| v1::DoorCount {
        kind,
        before: before.0,
        after: after.0,
        price_before_riel: before.1,
        price_after_riel: after.1,
    };
    result.doors = doors.into_iter().map(door).collect();
    result
}

/// A result without what tells when it was asked for, in the order of the contract's numbers.
fn plain(mut result: v1::SimulationResult) -> v1::SimulationResult {
    (result.position, result.effective_day, result.as_of) = (None, None, None);
    result.standings.sort_by_key(|one| one.standing);
    result.moves.sort_by_key(|one| (one.before, one.after));
    result.schemes.sort_by_key(|one| one.scheme);
    result.doors.sort_by_key(|one| one.kind);
    result
}

#[tokio::test]
async fn what_is_simulated_is_what_happens() {
    for name in ["kh-back-payment", "kh-grace", "kh-suspension"] {
        let world = World::on("2026-01-05").await;
        let members = crowd(&world).await;
        world.clock_to("2026-12-31").await;
        let days = ["2027-01-01", "2027-02-20"];
        let (mut simulated, mut without) = (Vec::new(), Vec::new());
        for day in days {
            let ask = simulating(Policy::Document(reform(name)), Some(day));
            let (result, _) = ended(begun(&world, ask).await).await;
            assert_eq!((result.effective_day, result.as_of), (Some(date(days[0])), Some(date(day))));
            assert_eq!(result.position, Some(world.last_position().await));
            simulated.push(plain(result));
            without.push(decided(&world, &members, Some(day)).await);
        }
        publish(&world, &reform(name)).await;
        for ((day, simulated), without) in days.into_iter().zip(simulated).zip(without) {
            world.clock_to(day).await;
            let happened = plain(counted(&without, &decided(&world, &members, None).await));
            assert_eq!(simulated, happened, "{name} on {day}");
        }
    }
}

#[tokio::test]
async fn it_tells_what_a_reform_is_for() {
    let world = World::on("2026-01-05").await;
    crowd(&world).await;
    world.clock_to("2026-12-31").await;
    let ask = simulating(Policy::Document(reform("kh-grace")), Some("2027-02-20"));
    let (result, _) = ended(begun(&world, ask).await).await;
    // Two paid up to June and July 2026: on 16 February 2027 the one has missed seven months.
    let [moved] = &result.moves[..] else { panic!("{result:?}") };
    assert_eq!((moved.before(), moved.after(), moved.members), (v1::Standing::Abandoned, v1::Standing::InArrears, 1));
    let ask = simulating(Policy::Document(reform("kh-back-payment")), None);
    let (result, _) = ended(begun(&world, ask).await).await;
    assert_eq!(result.as_of, Some(date("2027-01-01")), "the first day of the text");
    let door = result.doors.iter().find(|door| door.kind() == v1::DoorKind::BackPayment).expect("a door");
    assert_eq!((door.before, door.price_before_riel), (0, 0));
    assert!(door.after >= 2 && door.price_after_riel > 0, "{door:?}");
}

#[tokio::test]
async fn a_reading_can_be_looked_at_as_well() {
    let world = World::on("2026-03-10").await;
    world.enrolled(1).await;
    world.clock_to("2026-10-01").await;
    // Six months are overdue after 15 September.
    let text = include_str!("../../policies/kh/readings/six-overdue.toml").replace("six-overdue", "six-again");
    let (result, _) = ended(begun(&world, simulating(Policy::Document(text), None)).await).await;
    assert_eq!((result.effective_day, result.as_of), (None, Some(date("2026-10-01"))));
    let [moved] = &result.moves[..] else { panic!("{result:?}") };
    assert_eq!((moved.before(), moved.after(), moved.members), (v1::Standing::InArrears, v1::Standing::Abandoned, 1));
}

#[tokio::test]
async fn it_holds_up_nobody_and_hears_nothing_of_what_comes_after_it() {
    let world = World::with("2026-01-05", |config| config.limits.simulation_members = 2).await;
    let members = crowd(&world).await;
    world.clock_to("2026-12-31").await;
    let ask = simulating(Policy::Document(reform("kh-back-payment")), None);
    let (undisturbed, told) = ended(begun(&world, ask.clone()).await).await;
    assert_eq!(told, [2, 4, 6, 8, 10], "it tells how far it has come");
    let mut stream = begun(&world, ask.clone()).await;
    let first = stream.message().await.expect("a message").and_then(|reply| reply.message);
    let total = v1::SimulationProgress { members: 2, members_total: 10 };
    assert_eq!(first, Some(Message::Progress(total)));
    // The writer is free while nobody reads the stream, and what it takes is of another time.
    world.takes(COLLECTOR, crate::say::payment(&members[9], "2026-12-31")).await;
    world.pay(&members[5], "2026-12-31", 6).await;
    world.member(40).await;
    let (disturbed, _) = ended(stream).await;
    assert_eq!(plain(disturbed), plain(undisturbed));
    // Whoever goes away in the middle leaves nothing running that would keep the server.
    drop(begun(&world, ask).await);
    world.stop().await;
}

#[tokio::test]
async fn a_text_that_could_not_be_proposed_is_not_simulated() {
    let world = World::on("2026-03-10").await;
    let document = |text: String| simulating(Policy::Document(text), None);
    world.refuses(OFFICER, v1::SimulatePolicyRequest::default(), required("policy")).await;
    world.refuses(OFFICER, document(" ".to_owned()), required("document")).await;
    let bad = reform("kh-back-payment").replace("cap_months = 24", "cap_months = 0");
    world.refuses(OFFICER, document(bad), no(Code::InvalidArgument, "POLICY_UNSOUND").at("document")).await;
    let past = reform("kh-back-payment").replace("2027-01-01", "2026-03-09");
    world.refuses(OFFICER, document(past), not_now("POLICY_DAY_PASSED")).await;
    let yesterday = simulating(Policy::Document(reform("kh-back-payment")), Some("2026-03-09"));
    world.refuses(OFFICER, yesterday, not_now("DAY_IN_PAST").at("as_of")).await;
    let proposed = world.takes(OFFICER, proposal(&reform("kh-back-payment"))).await;
    let by_id = simulating(Policy::ProposalId(proposed.proposal_id.clone()), None);
    let (result, told) = ended(begun(&world, by_id.clone()).await).await;
    assert_eq!((result.members, told.len()), (0, 0), "nobody is registered");
    let nobody = simulating(Policy::ProposalId(world.member(1).await), None);
    world.refuses(OFFICER, nobody, no(Code::NotFound, "POLICY_NOT_FOUND")).await;
    world.takes(SUPERVISOR, approval(&proposed)).await;
    world.refuses(OFFICER, by_id, not_now("POLICY_PROPOSAL_CLOSED")).await;
    let taken = document(reform("kh-confirmation"));
    world.refuses(OFFICER, taken, not_now("POLICY_DAY_TAKEN")).await;
}
