//! Positions: every read takes the least that it must see, and tells what it saw.

use krama::proto::v1;
use tonic::Code;

use crate::ask::{Ask, Write as _};
use crate::refusal::{no, required};
use crate::say::{account, check, employer, employments, explain, get, national_id, quote, registration};
use crate::world::{OFFICER, World};

const TODAY: &str = "2026-03-10";

/// Asks with the present position, the one after it, and one of another life of the database.
async fn places<A: Ask>(
    world: &World,
    ask: impl Fn(Option<v1::Position>) -> A,
    of: fn(&A::Reply) -> Option<v1::Position>,
) {
    let present = world.last_position().await;
    for reached in [None, Some(present.clone()), Some(v1::Position { number: 1, ..present.clone() })] {
        let reply = world.reads(OFFICER, ask(reached)).await;
        assert_eq!(of(&reply), Some(present.clone()), "{}", A::RPC);
    }
    let next = v1::Position { number: present.number + 1, ..present.clone() };
    let told = world.refuses(OFFICER, ask(Some(next)), no(Code::Unavailable, "POSITION_NOT_REACHED")).await;
    let numbers = (told.metadata["number"].parse(), told.metadata["current_number"].parse());
    assert_eq!(numbers, (Ok(present.number + 1), Ok(present.number)), "{}", A::RPC);
    let elsewhere = v1::Position { epoch: "another".to_owned(), number: 1 };
    let told = world.refuses(OFFICER, ask(Some(elsewhere)), no(Code::OutOfRange, "POSITION_FROM_OTHER_EPOCH")).await;
    assert_eq!((told.metadata["epoch"].as_str(), &told.metadata["current_epoch"]), ("another", &present.epoch));
}

#[tokio::test]
async fn every_read_sees_at_least_the_position_that_it_names() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    let id = world.employer("E-1").await;
    places(&world, |at| v1::GetMemberRequest { at_least_position: at, ..get(&member) }, |r| r.position.clone()).await;
    let selector = v1::find_member_request::Selector::Identifier(national_id(1));
    let find = |at| v1::FindMemberRequest { selector: Some(selector.clone()), at_least_position: at };
    places(&world, find, |r| r.position.clone()).await;
    let list = |at| v1::ListMembersRequest { at_least_position: at, ..Default::default() };
    places(&world, list, |r| r.position.clone()).await;
    let read = |at| v1::GetAccountRequest { at_least_position: at, ..account(&member) };
    places(&world, read, |r| r.position.clone()).await;
    let price = |at| v1::QuotePaymentRequest { at_least_position: at, ..quote(&member) };
    places(&world, price, |r| r.position.clone()).await;
    let list = |at| v1::ListEmploymentsRequest { at_least_position: at, ..employments(&id) };
    places(&world, list, |r| r.position.clone()).await;
    let why = |at| v1::ExplainCoverageRequest { at_least_position: at, ..explain(&member) };
    places(&world, why, |r| r.position.clone()).await;
    let covered = |at| v1::CheckCoverageRequest { at_least_position: at, ..check(1) };
    places(&world, covered, |r| r.position.clone()).await;
}

#[tokio::test]
async fn a_writer_reads_its_own_write_and_positions_and_known_time_rise_together() {
    let world = World::on(TODAY).await;
    let mut last: Option<(i64, prost_types::Timestamp)> = None;
    for number in 1..=5 {
        let written = world.takes(OFFICER, registration(number)).await;
        let position = written.position.expect("a position");
        let seen = v1::GetMemberRequest { at_least_position: Some(position.clone()), ..get(&written.member_id) };
        assert_eq!(world.reads(OFFICER, seen).await.position, Some(position.clone()));
        let known = written.known_time.expect("an instant");
        if let Some((earlier, known_then)) = last {
            assert_eq!(position.number, earlier + 1);
            assert!((known.seconds, known.nanos) > (known_then.seconds, known_then.nanos), "known time stood still");
        }
        last = Some((position.number, known));
    }
}

#[tokio::test]
async fn a_refusal_and_a_rehearsal_take_no_position() {
    let world = World::on(TODAY).await;
    let before = world.last_position().await;
    let mut rehearsal = employer("E-1");
    *rehearsal.validate_only() = true;
    world.ask(OFFICER, rehearsal).await.expect("a rehearsal");
    world.refuses(OFFICER, v1::RegisterEmployerRequest::default(), required("request_id")).await;
    assert_eq!(world.last_position().await, before);
    let taken = world.takes(OFFICER, employer("E-1")).await;
    assert_eq!(taken.position.map(|position| position.number), Some(before.number + 1));
}

#[tokio::test]
async fn two_ledgers_have_two_epochs() {
    let (one, two) = (World::on(TODAY).await, World::on(TODAY).await);
    assert_ne!(one.last_position().await.epoch, two.last_position().await.epoch);
}
