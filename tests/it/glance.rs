//! What is at hand: whom hospitals ask about again is not read again, and yet no answer is older than what this server
//! acknowledged, or than the position that the question names.

use krama::proto::v1;
use krama::proto::v1::check_coverage_request::SecondFact;
use krama::server;
use tonic::transport::Channel;

use crate::ask::Ask;
use crate::crash::number_of;
use crate::feed::Chance;
use crate::say::{MONTH, check, date, explain, get, hire, payment, phone, registration, reversal, separation, update};
use crate::world::{COLLECTOR, FACILITY, OFFICER, PAYROLL, World, channel_to, said};

/// Who pays for three months on the first of these days is covered on the second, whenever the payment is learnt of.
const FIRST: &str = "2026-01-05";
const TODAY: &str = "2026-03-10";
const MEMBERS: usize = 5;
const ROUNDS: u64 = 60;

async fn ask<A: Ask>(channel: &Channel, who: &str, ask: A) -> A::Reply {
    let reply = ask.clone().send(channel.clone(), said(who)).await;
    reply.unwrap_or_else(|status| panic!("{who} is refused {ask:?}: {status:?}"))
}

/// What is written of a member: enough to make and to unmake cover.
struct Life {
    member: String,
    birth: String,
    paid: Option<String>,
    job: Option<String>,
}

/// Writes something about a member at one of the servers; answers the position at which it was recorded.
async fn write(to: &Channel, employer: &str, number: u32, life: &mut Life, chance: &mut Chance) -> v1::Position {
    let position = match (chance.below(4), life.paid.take(), life.job.take()) {
        (0, Some(paid), job) => {
            life.job = job;
            ask(to, COLLECTOR, reversal(&paid, TODAY)).await.position
        }
        (1, paid, Some(job)) => {
            life.paid = paid;
            ask(to, PAYROLL, separation(employer, &job, TODAY)).await.position
        }
        (1, paid, None) => {
            let job = format!("W-{number}-{}", chance.below(1 << 40));
            let reply = ask(to, PAYROLL, hire(employer, &job, TODAY, number)).await;
            (life.paid, life.job) = (paid, Some(job));
            reply.position
        }
        (2, paid, job) => {
            (life.paid, life.job) = (paid, job);
            let etag = ask(to, OFFICER, get(&life.member)).await.member.expect("a member").etag;
            life.birth = format!("1988-04-{:02}", 1 + chance.below(28));
            let corrected = v1::UpdateMemberRequest {
                birth_date: Some(date(&life.birth)),
                latin_name: registration(number).latin_name,
                phone: phone(number),
                ..update(&life.member, &etag)
            };
            ask(to, OFFICER, corrected).await.position
        }
        (_, _, job) => {
            let paid = v1::RecordPaymentRequest { amount_riel: 3 * MONTH, ..payment(&life.member, FIRST) };
            let reply = ask(to, COLLECTOR, paid).await;
            (life.paid, life.job) = (Some(reply.payment_id), job);
            reply.position
        }
    };
    position.expect("a position")
}

/// How a question learns of what another server acknowledged.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    /// Each waits for a look at the ledger.
    Looking,
    /// By naming the position; a look serves for as long as the test runs.
    Position,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_asked_about_again_is_never_answered_by_less_than_was_acknowledged() {
    write_and_ask_by_turns(By::Looking).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_look_is_not_gone_by_for_what_this_server_acknowledged_or_a_position_that_is_named() {
    write_and_ask_by_turns(By::Position).await;
}

async fn write_and_ask_by_turns(by: By) {
    let seed = number_of("KRAMA_SEED").unwrap_or(11);
    let mut chance = Chance(seed);
    // So few are held that some of them are pushed out.
    let world = World::with(FIRST, |config| {
        config.limits.numbers_at_hand = 8;
        config.limits.glance_age_milliseconds = if by == By::Looking { 0 } else { 3_600_000 };
    });
    let world = world.await;
    let employer = world.granted("E-1", "2025-01-01").await;
    let mut lives = Vec::new();
    for number in 1..=u32::try_from(MEMBERS).expect("a number") {
        let (member, birth) = (world.enrolled(number).await, "1988-04-16".to_owned());
        lives.push(Life { member, birth, paid: None, job: None });
    }
    world.clock_to(TODAY).await;
    let other = server::start(&world.config).await.expect("another server of the same ledger");
    let servers = [world.channel.clone(), channel_to(other.address)];
    // Nobody has the number yet, and then somebody does.
    let mut registered = None;
    for verdict in [v1::Verdict::NoMatch, v1::Verdict::NotCovered] {
        for server in &servers {
            let question = v1::CheckCoverageRequest { at_least_position: registered.clone(), ..check(99) };
            assert_eq!(ask(server, FACILITY, question).await.verdict(), verdict);
        }
        if verdict == v1::Verdict::NoMatch {
            registered = ask(&servers[0], OFFICER, registration(99)).await.position;
        }
    }
    let mut verdicts = [0, 0];
    for round in 0..ROUNDS {
        let at = usize::try_from(chance.below(MEMBERS as u64)).expect("an index");
        let writes = usize::try_from(chance.below(2)).expect("an index");
        let to = &servers[writes];
        let number = u32::try_from(at).expect("a number") + 1;
        let written = write(to, &employer, number, &mut lives[at], &mut chance).await;
        for (at, life) in lives.iter().enumerate() {
            let by_facts = ask(&servers[0], OFFICER, explain(&life.member)).await.decision.expect("a decision");
            for (answers, server) in servers.iter().enumerate() {
                let named = by == By::Position && answers != writes;
                let at_least_position = named.then(|| written.clone());
                let second_fact = Some(SecondFact::BirthDate(date(&life.birth)));
                let number = u32::try_from(at).expect("a number") + 1;
                let question = v1::CheckCoverageRequest { second_fact, at_least_position, ..check(number) };
                let reply = ask(server, FACILITY, question).await;
                let of = format!("KRAMA_SEED={seed}: of member {at} in round {round}");
                assert_ne!(reply.verdict(), v1::Verdict::NoMatch, "{of}: a corrected birth date");
                assert_eq!((reply.covered, &reply.covers), (by_facts.covered, &by_facts.covers), "{of}");
                assert!(reply.position.is_some_and(|position| position.number >= written.number), "{of}");
                verdicts[usize::from(reply.covered)] += 1;
            }
        }
    }
    assert!(verdicts.iter().all(|count| *count > 20), "all were answered alike: {verdicts:?}");
    // A wrong second fact is nobody's, though the person is at hand.
    let wrong = v1::CheckCoverageRequest { second_fact: Some(SecondFact::BirthYear(1989)), ..check(1) };
    assert_eq!(ask(&servers[0], FACILITY, wrong).await.verdict(), v1::Verdict::NoMatch);
    other.stop().await;
    world.book.holds_together().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_who_ask_at_once_are_each_answered_about_their_own() {
    let world = World::with(FIRST, |config| config.limits.glance_questions = 7).await;
    for number in 1..=20 {
        let member = world.enrolled(number).await;
        if number % 2 == 1 {
            world.pay(&member, FIRST, 3).await;
        }
    }
    world.clock_to(TODAY).await;
    let asked: Vec<_> = (0..200_u32)
        .map(|at| {
            let (number, channel) = (1 + at % 25, world.channel.clone());
            tokio::spawn(async move { (number, check(number).send(channel, said(FACILITY)).await) })
        })
        .collect();
    for asked in asked {
        let (number, reply) = asked.await.expect("it is asked");
        let verdict = reply.expect("an answer").verdict();
        let expected = match number {
            21.. => v1::Verdict::NoMatch,
            number if number % 2 == 1 => v1::Verdict::Covered,
            _ => v1::Verdict::NotCovered,
        };
        assert_eq!(verdict, expected, "of number {number}");
    }
}
