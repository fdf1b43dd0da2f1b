//! The desk when something fails underneath: between the steps of a batch, and in the database itself.
//!
//! Whatever failed, a retry under the same request id ends in the one right state, and what is sound is not held up by
//! what is not. Each test runs on both databases. Deliberately absent: the wire, and a database that goes away, which
//! `tests/it` tries from outside.

mod kept;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use krama_law::calendar::Moment;
use krama_law::fact::Sector;
use tokio::task::JoinHandle;

use crate::operation::batch::Slot;
use crate::operation::caller::{Caller, Role};
use crate::operation::employment::NewEmployer;
use crate::operation::failure::Failure;
use crate::operation::policy::simulation::Supposed;
use crate::operation::register::{self, Course};
use crate::operation::transact::writer::{Between, Step};
use crate::operation::transact::{Recorded, Ticket};
use crate::operation::{Desk, Limits, Opening};
use crate::server::tests::kept::{
    a_row_is_gone_by_today_only_while_the_law_says_so_and_a_wrong_one_is_found,
    a_row_that_an_older_ledger_brings_is_decided_by_the_next_run,
};
use crate::store;
use crate::store::audit::Outcome;
use crate::store::connection::Store;
use crate::store::tests::{Folder, on_both};
use crate::store::{audit, employer, ledger};
use krama_documents::policy_file::read_law;

on_both! {
    a_retry_after_a_failure_between_two_steps_ends_in_one_state,
    under_faults_at_every_step_each_command_is_taken_once,
    a_fault_of_one_command_holds_up_no_other,
    a_rehearsal_that_fails_leaves_nothing,
    what_was_told_as_known_stays_so_whoever_writes,
    a_row_is_gone_by_today_only_while_the_law_says_so_and_a_wrong_one_is_found,
    a_row_that_an_older_ledger_brings_is_decided_by_the_next_run,
    a_register_goes_on_after_faults_and_ends_where_another_wrote,
    rows_of_a_register_behind_one_that_cannot_be_saved_are_not_told_as_taken,
    no_more_simulations_run_at_once_than_may,
}

async fn open(folder: &Folder, between: Between) -> (Arc<Desk>, JoinHandle<()>) {
    let law = read_law(&Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/kh")).unwrap();
    let limits = Limits {
        batch_commands: 64,
        waiting_commands: 512,
        hire_ahead_days: 30,
        max_backdate_days: 92,
        excuse_months_alone: 6,
        lapse_members: 100,
        forecast_members: 100,
        // Rows are falsified here past the desk, at no position, which what is at hand could not know.
        numbers_at_hand: 0,
        glance_questions: 16,
        glance_patience: Duration::from_millis(50),
        glance_age: Duration::ZERO,
        simulation_members: 100,
        simulations_at_once: 1,
        previews_at_once: 1,
        position_wait: Duration::from_millis(100),
        position_poll: Duration::from_millis(10),
    };
    Desk::open_with(Opening { store: folder.settings(), law, limits, sandbox: None }, between).await.unwrap()
}

/// Registers the employer with a number; the number is the request id too.
async fn register(desk: &Desk, number: u64) -> Result<Recorded<i64>, Failure> {
    send(desk, number, false).await
}

async fn send(desk: &Desk, number: u64, validate_only: bool) -> Result<Recorded<i64>, Failure> {
    let role = Role::Officer;
    let caller = Caller { id: "desk-1".into(), role, user: None, purpose: None, case: None, employers: None };
    let ticket = Ticket { request_id: u128::from(number).to_be_bytes(), validate_only };
    desk.register_employer(&caller, ticket, works(format!("E-{number}"))).await
}

fn works(number: String) -> NewEmployer {
    let (khmer_name, latin_name) = ("ក្រុមហ៊ុន".to_owned(), "Works".to_owned());
    NewEmployer { number, khmer_name, latin_name, sector: Sector::Private }
}

fn passing() -> store::failure::Failure {
    store::failure::Failure::Unavailable("the cable was pulled".into())
}

fn lasting() -> store::failure::Failure {
    store::failure::Failure::Internal("the statement was wrong".into())
}

/// Fails once, before one step.
fn once(step: Step, fault: fn() -> store::failure::Failure) -> Between {
    let mut spent = false;
    Box::new(move |at| if at == step && !std::mem::replace(&mut spent, at == step) { Err(fault()) } else { Ok(()) })
}

/// What the ledger holds: its employers' positions in the order of their ids, and how each audited call ended.
async fn held(folder: &Folder) -> (Vec<i64>, Vec<Outcome>) {
    let store = Store::open(&folder.settings()).await.unwrap();
    let read = store.read().await.unwrap();
    let (last, _) = ledger::last(&read).await.unwrap();
    let commands = ledger::commands_at(&read, &(0..=last).collect::<Vec<_>>()).await.unwrap();
    let positions: Vec<i64> = commands.iter().map(|command| command.position).collect();
    assert_eq!(positions, (1..=last).collect::<Vec<_>>(), "positions have no gaps");
    assert!(commands.is_sorted_by(|one, next| one.known_at < next.known_at), "known times rise");
    let subjects: Vec<i64> = commands.iter().filter_map(|command| command.subject).collect();
    let mut rows = employer::by_ids(&read, &subjects).await.unwrap();
    rows.sort_by_key(|row| row.position);
    assert_eq!(rows.len(), commands.len(), "each command made one employer");
    let audited = audit::page(&read, 0, 10_000).await.unwrap();
    (rows.into_iter().map(|row| row.position).collect(), audited.into_iter().map(|entry| entry.outcome).collect())
}

async fn a_retry_after_a_failure_between_two_steps_ends_in_one_state(folder: Folder) {
    let mut number = 0;
    let mut expected = Vec::new();
    for step in [Step::Save, Step::Commit, Step::Answer] {
        for fault in [passing, lasting] {
            number += 1;
            let (desk, writer) = open(&folder, once(step, fault)).await;
            let failed = register(&desk, number).await.unwrap_err();
            assert_eq!(failed == Failure::Unavailable, fault().is_passing(), "{failed:?}");
            let taken = register(&desk, number).await.unwrap();
            assert_eq!(taken.position, i64::try_from(number).ok());
            assert_eq!(register(&desk, number).await.unwrap(), taken, "and the same again");
            desk.close(writer).await;
            expected.extend([Outcome::Accepted, Outcome::Repeated]);
            // What became durable before its answer was lost is met by the first retry as a repetition.
            expected.extend((step == Step::Answer).then_some(Outcome::Repeated));
        }
    }
    let (positions, outcomes) = held(&folder).await;
    assert_eq!(positions.len(), 6);
    assert_eq!(outcomes, expected);
}

async fn under_faults_at_every_step_each_command_is_taken_once(folder: Folder) {
    let count = AtomicU64::new(0);
    // Three steps make a batch that goes well, so seven carries each fault through all of them.
    let between = move |_| match count.fetch_add(1, Ordering::Relaxed) % 7 {
        2 => Err(passing()),
        5 => Err(lasting()),
        _ => Ok(()),
    };
    let (desk, writer) = open(&folder, Box::new(between)).await;
    let sent: Vec<_> = (1..=60)
        .map(|number| {
            let desk = desk.clone();
            tokio::spawn(async move {
                loop {
                    match register(&desk, number).await {
                        Ok(taken) => return (number, taken),
                        Err(failure) => assert!(!matches!(failure, Failure::Refused(_)), "{failure:?}"),
                    }
                }
            })
        })
        .collect();
    let mut answered = Vec::new();
    for client in sent {
        answered.push(client.await.unwrap());
    }
    for (number, taken) in &answered {
        let again = loop {
            if let Ok(again) = register(&desk, *number).await {
                break again;
            }
        };
        assert_eq!(&again, taken);
    }
    desk.close(writer).await;
    let (positions, outcomes) = held(&folder).await;
    assert_eq!(positions, (1..=60).collect::<Vec<_>>());
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Outcome::Accepted).count(), 60);
}

async fn a_fault_of_one_command_holds_up_no_other(folder: Folder) {
    let (desk, writer) = open(&folder, Box::new(|_| Ok(()))).await;
    folder.refuse_rows("employer", "number", &["E-7", "E-23"]).await;
    let sent: Vec<_> = (1..=40)
        .map(|number| {
            let desk = desk.clone();
            (number, tokio::spawn(async move { register(&desk, number).await }))
        })
        .collect();
    for (number, reply) in sent {
        let reply = reply.await.unwrap();
        assert_eq!(matches!(reply, Err(Failure::Broken(_))), [7, 23].contains(&number), "{number}: {reply:?}");
    }
    let (positions, outcomes) = held(&folder).await;
    assert_eq!((positions.len(), outcomes.len()), (38, 38));
    folder.refuse_rows("employer", "number", &[]).await;
    assert_eq!(register(&desk, 7).await.unwrap().position, Some(39));
    desk.close(writer).await;
    assert_eq!(held(&folder).await.0.len(), 39);
}

async fn a_rehearsal_that_fails_leaves_nothing(folder: Folder) {
    for step in [Step::Save, Step::Commit] {
        let (desk, writer) = open(&folder, once(step, passing)).await;
        assert_eq!(send(&desk, 1, true).await.unwrap_err(), Failure::Unavailable);
        desk.close(writer).await;
        assert_eq!(held(&folder).await, (vec![], vec![]));
    }
}

/// Two servers where the database can have two, else one. Both write, both are asked; then each answer is held against
/// the ledger: what was told as known at an instant must be all that is ever known at that instant.
async fn what_was_told_as_known_stays_so_whoever_writes(folder: Folder) {
    let (one, writer) = open(&folder, Box::new(|_| Ok(()))).await;
    let second = if folder.is_shared() { Some(open(&folder, Box::new(|_| Ok(()))).await) } else { None };
    let two = second.as_ref().map_or(one.clone(), |(desk, _)| desk.clone());
    let asking: Vec<_> = [one.clone(), two.clone()]
        .into_iter()
        .map(|desk| {
            tokio::spawn(async move {
                let mut told = Vec::new();
                while told.len() < 2_000 && told.last().is_none_or(|(_, position)| *position < 300) {
                    let snapshot = desk.snapshot(None).await.unwrap();
                    told.push((snapshot.known.0, snapshot.position));
                }
                told
            })
        })
        .collect();
    for number in (1..=300).step_by(2) {
        let (first, second) = tokio::join!(register(&one, number), register(&two, number + 1));
        first.unwrap();
        second.unwrap();
    }
    let mut told = Vec::new();
    for asked in asking {
        told.extend(asked.await.unwrap());
    }
    let snapshot = one.snapshot(None).await.unwrap();
    let commands = ledger::commands_at(&snapshot.read, &(1..=300).collect::<Vec<_>>()).await.unwrap();
    for (known, position) in told {
        let by_then = commands.iter().filter(|command| command.known_at <= known).count();
        assert_eq!(i64::try_from(by_then).ok(), Some(position), "what was known at {known} changed later");
    }
    drop(snapshot);
    one.close(writer).await;
    if let Some((desk, writer)) = second {
        desk.close(writer).await;
    }
    assert_eq!(held(&folder).await.0.len(), 300);
}

async fn a_register_goes_on_after_faults_and_ends_where_another_wrote(folder: Folder) {
    let count = AtomicU64::new(0);
    let between = move |_| match count.fetch_add(1, Ordering::Relaxed) % 7 {
        2 => Err(passing()),
        5 => Err(lasting()),
        _ => Ok(()),
    };
    let (desk, writer) = open(&folder, Box::new(between)).await;
    let (batch, caller) = ([7; 16], register::caller("vanna"));
    // Every seventh row is refused at the counter.
    let last = 40;
    let load = async |course: &Course, numbers: std::ops::RangeInclusive<i64>| {
        let (mut answers, mut refusals) = (Vec::new(), Vec::new());
        for number in numbers {
            let slot = Some(Slot { batch, sequence: number });
            let entrant = if number % 7 == 0 {
                let (entrant, kept) = desk.enlist_refusal(&caller, "RegisterEmployer", "FIELD_REQUIRED", slot);
                refusals.push(kept);
                entrant
            } else {
                let id = i128::from(number).to_be_bytes();
                let (entrant, answer) = desk.enlist(&caller, id, slot, works(format!("R-{number}")));
                answers.push(answer);
                entrant
            };
            desk.enter(entrant.dated(&caller, course, Moment(number * 1_000))).await.unwrap();
        }
        let mut failed = false;
        for answer in answers {
            failed |= answer.await.unwrap().is_err();
        }
        for kept in refusals {
            failed |= kept.await.is_err();
        }
        !failed
    };
    let mut runs = 0;
    loop {
        let (course, done) = desk.begin_register(batch).await.unwrap().unwrap();
        runs += 1;
        if load(&course, done + 1..=last).await {
            break;
        }
        assert!(!course.has_strayed(), "nobody else wrote");
    }
    assert!(runs > 1, "the faults were met");
    assert!(desk.begin_register([8; 16]).await.unwrap().is_none(), "another register finds it taken");
    assert!(desk.holds_part_of_a_register().await.unwrap());
    while desk.finish_register(&caller).await.is_err() {}
    assert!(!desk.holds_part_of_a_register().await.unwrap());

    let snapshot = desk.snapshot(None).await.unwrap();
    let commands = ledger::commands_at(&snapshot.read, &(1..=snapshot.position).collect::<Vec<_>>()).await.unwrap();
    let known: Vec<i64> = commands.iter().map(|command| command.known_at).collect();
    let rows = (1..=last).filter(|number| number % 7 != 0);
    assert_eq!(known, rows.map(|number| number * 1_000).collect::<Vec<_>>(), "each row once, in order, known as told");
    let turns = audit::of_batch(&snapshot.read, &caller.id, batch, 0, 100).await.unwrap();
    assert_eq!(turns.len(), usize::try_from(last).unwrap());
    drop(snapshot);

    let (course, done) = desk.begin_register(batch).await.unwrap().unwrap();
    assert_eq!(done, last);
    while register(&desk, 1).await.is_err() {}
    assert!(!load(&course, last + 1..=last + 1).await && course.has_strayed(), "nothing follows what another wrote");
    assert!(desk.begin_register(batch).await.unwrap().is_none());
    desk.close(writer).await;
    held(&folder).await;
}

async fn rows_of_a_register_behind_one_that_cannot_be_saved_are_not_told_as_taken(folder: Folder) {
    let (desk, writer) = open(&folder, Box::new(|_| Ok(()))).await;
    folder.refuse_rows("employer", "number", &["R-6"]).await;
    let (batch, caller) = ([7; 16], register::caller("vanna"));
    let (course, _) = desk.begin_register(batch).await.unwrap().unwrap();
    // While another holds the writer lock the rows come to stand in one batch.
    let other = Store::open(&folder.settings()).await.unwrap();
    let lock = other.begin().await.unwrap();
    let mut answers = Vec::new();
    for number in 1..=12_i64 {
        let (id, slot) = (i128::from(number).to_be_bytes(), Some(Slot { batch, sequence: number }));
        let (entrant, answer) = desk.enlist(&caller, id, slot, works(format!("R-{number}")));
        desk.enter(entrant.dated(&caller, &course, Moment(number * 1_000))).await.unwrap();
        answers.push(answer);
    }
    lock.rollback().await.unwrap();
    other.close().await.unwrap();
    for (number, answer) in (1..).zip(answers) {
        assert_eq!(answer.await.unwrap().is_ok(), number < 6, "{number}");
    }
    folder.refuse_rows("employer", "number", &[]).await;
    desk.close(writer).await;
    assert_eq!(held(&folder).await.0.len(), 5);
}

async fn no_more_simulations_run_at_once_than_may(folder: Folder) {
    let (desk, writer) = open(&folder, Box::new(|_| Ok(()))).await;
    let reform = include_str!("../../policies/kh-back-payment/2027-01-01.toml");
    // A day that has not passed when this is read.
    let reform = reform.replace("law = \"kh-back-payment\"", "law = \"kh\"").replace("2027-01-01", "2200-01-01");
    let supposed = Supposed::Document(reform);
    let first = desk.simulation(&supposed, None, None).await.unwrap();
    assert_eq!(desk.simulation(&supposed, None, None).await.unwrap_err(), Failure::Busy);
    // Whoever comes to the end, or goes away, gives the turn back.
    drop(first);
    desk.simulation(&supposed, None, None).await.unwrap();
    desk.close(writer).await;
}
