//! Standing that is kept: after whatever is recorded and however much time passes, it is what the law says.

use krama::proto::v1;

use crate::say::{
    MONTH, check, date, death, enrolment, excuse, explain, hire, payment, registration, retraction, reversal,
    separation,
};
use crate::world::{COLLECTOR, FACILITY, OFFICER, PAYROLL, SUPERVISOR, World};

/// What a hospital is told agrees with the explanation, whether the answer was kept or is decided anew.
async fn agrees(world: &World, number: u32, member: &str) {
    let told = world.reads(FACILITY, check(number)).await;
    let decision = world.reads(OFFICER, explain(member)).await.decision.expect("a decision");
    assert_eq!(told.covers, decision.covers);
    assert_eq!((told.covered, &told.policy_revision), (decision.covered, &decision.policy_revision));
    assert_eq!(told.as_of.and_then(|as_of| as_of.valid_at), decision.as_of.and_then(|as_of| as_of.valid_at));
}

#[tokio::test]
async fn what_is_kept_is_what_the_law_says_through_a_life() {
    let world = World::on("2025-01-06").await;
    let member = world.enrolled(1).await;
    let paid = world.pay(&member, "2025-01-06", 3).await;
    assert_eq!(world.keeps_the_truth().await, 0);
    agrees(&world, 1, &member).await;
    let employer = world.granted("E-1", "2025-01-01").await;
    for (day, due) in [("2025-03-20", 1), ("2025-05-16", 1), ("2025-06-16", 1)] {
        world.clock_to(day).await;
        // Time has passed and nobody has looked: what is kept is not gone by, and nothing is wrong.
        assert_eq!(world.keeps_the_truth().await, due, "{day}");
        agrees(&world, 1, &member).await;
        assert_eq!(world.lapses().await.members, 1, "{day}");
        assert_eq!((world.keeps_the_truth().await, world.lapses().await.members), (0, 0), "{day}");
        agrees(&world, 1, &member).await;
    }
    world.ask(COLLECTOR, reversal(&paid.payment_id, "2025-06-10")).await.expect("a payment bounces");
    assert_eq!(world.keeps_the_truth().await, 0);
    agrees(&world, 1, &member).await;
    world.ask(OFFICER, excuse(&member, "2025-04", "2025-05")).await.expect("months are excused");
    let late = v1::RecordPaymentRequest { amount_riel: 2 * MONTH, ..payment(&member, "2025-06-12") };
    world.ask(COLLECTOR, late).await.expect("a payment");
    assert_eq!(world.keeps_the_truth().await, 0);
    agrees(&world, 1, &member).await;
    world.ask(PAYROLL, hire(&employer, "1", "2025-07-01", 1)).await.expect("a hire ahead");
    assert_eq!(world.keeps_the_truth().await, 0);
    world.clock_to("2025-07-01").await;
    agrees(&world, 1, &member).await;
    world.lapses().await;
    world.clock_to("2025-09-03").await;
    world.lapses().await;
    agrees(&world, 1, &member).await;
    let left = world.ask(PAYROLL, separation(&employer, "1", "2025-08-31")).await.expect("a separation");
    assert_eq!(world.keeps_the_truth().await, 0);
    agrees(&world, 1, &member).await;
    world.clock_to("2026-06-20").await;
    agrees(&world, 1, &member).await;
    world.lapses().await;
    let replaces = left.position.expect("a position");
    world.ask(PAYROLL, retraction(&employer, "1", &replaces)).await.expect("a retraction");
    assert_eq!(world.keeps_the_truth().await, 0);
    agrees(&world, 1, &member).await;
    world.ask(SUPERVISOR, death(&member, "2026-06-19")).await.expect("a death");
    agrees(&world, 1, &member).await;
    assert_eq!(world.keeps_the_truth().await, 0);
    world.book.holds_together().await;
}

#[tokio::test]
async fn a_rehearsal_keeps_nothing_and_a_second_record_in_one_commit_sees_the_first() {
    let world = World::on("2026-03-10").await;
    let member = world.member(1).await;
    let before = world.book.content().await;
    let rehearsed = v1::EnrollMemberRequest { validate_only: true, ..enrolment(&member) };
    world.ask(OFFICER, rehearsed).await.expect("a rehearsal");
    assert_eq!(world.book.changed_since(&before).await, crate::book::UNCHANGED);
    let started = (0..12).map(|number| world.ask(OFFICER, registration(100 + number)));
    for done in futures_of(started).await {
        done.expect("a member");
    }
    world.ask(OFFICER, enrolment(&member)).await.expect("the member enrols");
    let paid = (0..6).map(|_| world.ask(COLLECTOR, payment(&member, "2026-03-10")));
    for done in futures_of(paid).await {
        done.expect("a payment");
    }
    assert_eq!(world.keeps_the_truth().await, 0);
    assert_eq!(world.book.number("SELECT count(*) FROM standing").await, 13);
    world.book.holds_together().await;
    let told = world.reads(OFFICER, explain(&member)).await.decision.expect("a decision");
    assert_eq!(told.as_of.and_then(|as_of| as_of.valid_at), Some(date("2026-03-10")));
}

/// Waits for all at once, so that their commands meet in the writer's queue.
async fn futures_of<F: Future>(all: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut all: Vec<_> = all.map(Box::pin).collect();
    let mut done: Vec<Option<F::Output>> = all.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, done) in all.iter_mut().zip(&mut done).filter(|(_, done)| done.is_none()) {
            if let std::task::Poll::Ready(output) = future.as_mut().poll(context) {
                *done = Some(output);
            }
        }
        if done.iter().all(Option::is_some) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}
