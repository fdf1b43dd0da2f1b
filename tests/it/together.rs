//! Many callers at once: one record where one is meant, every record where many are.

use std::collections::BTreeSet;

use krama::proto::v1;
use prost::Message as _;
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::ask::Ask as _;
use crate::say::{MONTH, account, hire_of, payment, registration, worker};
use crate::world::{COLLECTOR, OFFICER, PAYROLL, World, said};

const TODAY: &str = "2026-03-10";

/// Sends all at once and answers what came back, in the order of sending.
async fn at_once<A: crate::ask::Ask>(world: &World, who: &str, asks: Vec<A>) -> Vec<A::Reply> {
    let sent: Vec<_> = asks
        .into_iter()
        .map(|ask| {
            let (channel, said) = (world.channel.clone(), said(who));
            tokio::spawn(async move { ask.send(channel, said).await })
        })
        .collect();
    let mut replies = Vec::new();
    for reply in sent {
        replies.push(reply.await.expect("the task ends").expect("every call is answered"));
    }
    replies
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_of_the_same_request_make_one_record() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    let before = world.book.last_position().await;
    let paid = payment(&member, TODAY);
    let replies = at_once(&world, COLLECTOR, vec![paid; 64]).await;
    let distinct: BTreeSet<Vec<u8>> = replies.iter().map(v1::RecordPaymentResponse::encode_to_vec).collect();
    assert_eq!(distinct.len(), 1, "all were answered alike");
    assert_eq!(world.book.last_position().await, before + 1);
    assert_eq!(world.book.number("SELECT count(*) FROM payment").await, 1);
    assert_eq!(world.book.number("SELECT count(*) FROM audit WHERE method = 'RecordPayment'").await, 64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_payment_under_many_ids_is_recorded_once_and_known_for_a_duplicate() {
    let world = World::on(TODAY).await;
    let member = world.enrolled(1).await;
    let paid = payment(&member, TODAY);
    let asks = (0..32).map(|_| v1::RecordPaymentRequest { request_id: crate::say::fresh(), ..paid.clone() }).collect();
    let replies = at_once(&world, COLLECTOR, asks).await;
    let accepted = replies.iter().filter(|reply| reply.outcome() == v1::Outcome::Accepted).count();
    let duplicates = replies.iter().filter(|reply| reply.outcome() == v1::Outcome::Duplicate).count();
    assert_eq!((accepted, duplicates), (1, 31));
    let ids: BTreeSet<&str> = replies.iter().map(|reply| reply.payment_id.as_str()).collect();
    assert_eq!(ids.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_payments_at_once_all_land_in_an_order_of_their_own() {
    let world = World::on(TODAY).await;
    let mut members = Vec::new();
    for number in 1..=4 {
        members.push(world.enrolled(number).await);
    }
    let before = world.book.last_position().await;
    let asks = (0..200).map(|index| payment(&members[index % 4], TODAY)).collect();
    let mut replies = at_once(&world, COLLECTOR, asks).await;
    replies.sort_by_key(|reply| reply.position.as_ref().map(|position| position.number));
    let numbers: Vec<i64> = replies.iter().filter_map(|r| r.position.as_ref()).map(|p| p.number).collect();
    assert_eq!(numbers, (before + 1..=before + 200).collect::<Vec<i64>>());
    let known: Vec<_> = replies.iter().filter_map(|r| r.known_time).map(|t| (t.seconds, t.nanos)).collect();
    assert!(known.len() == 200 && known.is_sorted_by(|one, next| one < next), "known time rises with the position");
    for member in &members {
        let totals = world.reads(OFFICER, account(member)).await.totals.expect("totals");
        assert_eq!((totals.received_riel, totals.months_riel), (50 * MONTH, 13 * MONTH));
        assert_eq!(totals.credit_riel, 37 * MONTH);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_meets_a_full_queue_is_told_to_come_again_and_loses_nothing() {
    let world = World::with(TODAY, |config| config.limits.waiting_commands = 1).await;
    let member = world.enrolled(1).await;
    let sent: Vec<_> = (0..64)
        .map(|_| {
            let (channel, paid) = (world.channel.clone(), payment(&member, TODAY));
            tokio::spawn(async move {
                let mut refused = 0;
                loop {
                    match paid.clone().send(channel.clone(), said(COLLECTOR)).await {
                        Ok(reply) => return (refused, reply.outcome()),
                        Err(status) => {
                            let details = status.get_error_details();
                            let reason = details.error_info().map(|info| info.reason.clone());
                            assert_eq!((status.code(), reason.as_deref()), (Code::ResourceExhausted, Some("TOO_BUSY")));
                            assert!(details.retry_info().is_some() && crate::refusal::is_listed("TOO_BUSY"));
                            refused += 1;
                        }
                    }
                    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                }
            })
        })
        .collect();
    let mut refused = 0;
    for client in sent {
        let (times, outcome) = client.await.expect("the client ends");
        assert_eq!(outcome, v1::Outcome::Accepted, "what was refused was not taken");
        refused += times;
    }
    assert!(refused > 0, "a queue of one holds sixty-four");
    assert_eq!(world.book.number("SELECT count(*) FROM payment").await, 64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_stranger_hired_by_many_at_once_becomes_one_member() {
    let world = World::on(TODAY).await;
    let mut asks = Vec::new();
    for number in 1..=8 {
        let employer = world.granted(&format!("E-{number}"), TODAY).await;
        asks.push(hire_of(&employer, "W-1", TODAY, worker(9)));
    }
    let replies = at_once(&world, PAYROLL, asks).await;
    let created = replies.iter().filter(|reply| reply.r#match() == v1::WorkerMatch::Created).count();
    let matched = replies.iter().filter(|reply| reply.r#match() == v1::WorkerMatch::Matched).count();
    assert_eq!((created, matched), (1, 7));
    let listed = world.reads(OFFICER, v1::ListMembersRequest::default()).await;
    assert_eq!(listed.members.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_number_registered_by_many_at_once_has_one_holder() {
    let world = World::on(TODAY).await;
    let sent: Vec<_> = (0..16)
        .map(|_| {
            let (channel, said) = (world.channel.clone(), said(OFFICER));
            tokio::spawn(async move { registration(7).send(channel, said).await })
        })
        .collect();
    let mut taken = 0;
    for reply in sent {
        match reply.await.expect("the task ends") {
            Ok(_) => taken += 1,
            Err(status) => assert_eq!(status.code(), Code::AlreadyExists),
        }
    }
    assert_eq!(taken, 1);
}
