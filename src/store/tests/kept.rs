//! The tables of standing and of notices tried: rows come back as they were, in the order asked for, by an index.
//!
//! Deliberately absent: what a row means, and who may go by it.

use std::collections::BTreeMap;

use krama_law::answer::{Cover, Scheme, Schemes, Standing};
use krama_law::calendar::{Day, Moment};
use krama_law::fact::{Fact, FactId, MemberId, Recorded, Relation};
use sea_orm::sea_query::{Condition, Expr};
use sea_orm::{ConnectionTrait, Statement};

use crate::store::notice::{DeliveryRow, DeliveryState, NoticeKind, NoticeRow};
use crate::store::person::{IdentifierRow, PersonRow};
use crate::store::standing::glance::{self, glance};
use crate::store::standing::{Kept, StandingRow, ToldRow, told};
use crate::store::tests::{Folder, command, details, on_both};
use crate::store::{fact, ledger, notice, person, standing};

on_both! {
    a_standing_is_replaced_and_what_was_told_of_it_stays,
    who_is_due_and_who_is_in_danger_is_told_in_order,
    who_is_due_first_is_read_from_an_index_and_not_sorted,
    notices_and_what_became_of_them_come_back_by_position,
    one_look_finds_the_person_and_the_standing_under_a_number,
    dependants_are_found_by_their_head,
    what_was_told_is_never_altered,
}

fn kept(standing: Standing, last_safe_day: Option<i32>) -> Kept {
    let cover = |scheme, until| Cover { scheme, from: Day(20_000), until, kept: false };
    Kept {
        standing,
        covers: vec![cover(Scheme::Voluntary, Some(Day(20_100))), cover(Scheme::Dependant, None)],
        overdue: 2,
        run: 3,
        last_safe_day: last_safe_day.map(Day),
        holds_until: last_safe_day.map(Day),
        co_payment: true,
        contested: true,
        revision: Day(19_000),
    }
}

fn row(member: i64, wake_on: i32, edition: i64, last_safe_day: Option<i32>) -> StandingRow {
    let kept = kept(Standing::InArrears, last_safe_day);
    let (readings_until, noticed) = (Some(Day(20_050)), Some((None, 10_000)));
    StandingRow { member, position: 7, kept, suspended: 0, edition, readings_until, wake_on: Day(wake_on), noticed }
}

async fn a_standing_is_replaced_and_what_was_told_of_it_stays(folder: Folder) {
    let store = folder.open().await;
    let write = store.begin().await.unwrap();
    let all = [Standing::Closed, Standing::Employed, Standing::Abandoned, Standing::NotEnrolled];
    let all = all.into_iter().chain([Standing::LapsePending, Standing::InArrears, Standing::Current]);
    let rows: Vec<StandingRow> = (1..)
        .zip(all)
        .map(|(member, standing)| StandingRow { kept: kept(standing, None), ..row(member, 5, 1, None) })
        .collect();
    standing::replace(&write, &rows).await.unwrap();
    assert_eq!(standing::page(&write, i64::MIN, 99).await.unwrap(), rows);
    let bare =
        Kept { covers: Vec::new(), co_payment: false, contested: false, ..kept(Standing::Current, Some(20_500)) };
    let noticed = Some((Some(Day(20_500)), 30));
    let newer = StandingRow { position: 8, kept: bare.clone(), noticed, ..row(3, 9, 2, None) };
    standing::replace(&write, std::slice::from_ref(&newer)).await.unwrap();
    assert_eq!(standing::of_members(&write, &[3, 3, 99]).await.unwrap(), [newer]);
    assert_eq!(standing::page(&write, 3, 2).await.unwrap(), rows[3..5]);
    let was = Some((Standing::Employed, Schemes::NONE.with(Scheme::Formal, true)));
    let told = [
        ToldRow { position: 7, member: 3, was: None, now: rows[2].kept.clone() },
        ToldRow { position: 8, member: 2, was, now: rows[1].kept.clone() },
        ToldRow { position: 8, member: 3, was, now: bare },
    ];
    standing::insert_told(&write, &told).await.unwrap();
    assert_eq!(standing::told_between(&write, 7, 8).await.unwrap(), told[1..]);
    assert_eq!(standing::told_between(&write, 0, 7).await.unwrap(), told[..1]);
    // The rows of 1 and 2 name position 7, that of 3 names 8.
    let by_rows = BTreeMap::from([(3, told[2].clone())]);
    assert_eq!(told::by_rows(&write, 1, 4).await.unwrap(), by_rows);
    assert_eq!(told::by_rows(&write, 3, 9).await.unwrap(), BTreeMap::new());
    assert_eq!(told::past_rows(&write).await.unwrap(), [2], "of whom something was told at 8");
    standing::insert_told(&write, &[ToldRow { member: 99, ..told[0].clone() }]).await.unwrap();
    assert_eq!(told::past_rows(&write).await.unwrap(), [2, 99], "and of nobody who has a row");
}

async fn who_is_due_and_who_is_in_danger_is_told_in_order(folder: Folder) {
    let store = folder.open().await;
    let write = store.begin().await.unwrap();
    let rows = [
        row(1, 30, 1, Some(70)),
        row(2, 10, 1, Some(60)),
        row(3, 99, 2, Some(65)),
        row(4, 99, 1, Some(60)),
        row(5, 99, 1, None),
    ];
    let calm = kept(Standing::Current, None);
    let calm = StandingRow { kept: Kept { contested: false, ..calm }, ..row(6, 99, 1, None) };
    standing::replace(&write, &rows).await.unwrap();
    standing::replace(&write, &[calm]).await.unwrap();
    assert_eq!(standing::due(&write, Day(30), 1, 9).await.unwrap(), [2, 1]);
    assert_eq!(standing::due(&write, Day(30), 1, 1).await.unwrap(), [2]);
    assert_eq!(standing::due(&write, Day(9), 1, 9).await.unwrap(), [3], "then those of another edition");
    assert_eq!(standing::due(&write, Day(9), 3, 9).await.unwrap(), [2, 1, 4, 5, 6, 3]);
    let losses = standing::losses(&write, (Day(20), Day(70)), 1, 9).await.unwrap();
    assert_eq!(losses, [(Day(60), 4), (Day(70), 1)]);
    assert_eq!(standing::losses(&write, (Day(20), Day(69)), 1, 9).await.unwrap(), [(Day(60), 4)]);
    assert_eq!(standing::undecided(&write, Day(20), 1, i64::MIN, 9).await.unwrap(), [2, 3]);
    assert_eq!(standing::undecided(&write, Day(20), 1, 2, 9).await.unwrap(), [3]);
    assert_eq!(standing::contested(&write, Day(20), 1, i64::MIN, 9).await.unwrap(), [1, 4, 5]);
    assert_eq!(standing::contested(&write, Day(20), 1, 1, 1).await.unwrap(), [4]);
}

async fn who_is_due_first_is_read_from_an_index_and_not_sorted(folder: Folder) {
    let store = folder.open().await;
    let write = store.begin().await.unwrap();
    let (explain, column) = if folder.is_shared() {
        // Of a table without rows another plan would cost less.
        write.execute_unprepared("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off").await.unwrap();
        ("EXPLAIN", 0)
    } else {
        ("EXPLAIN QUERY PLAN", 3)
    };
    for which in ["edition = 1 AND wake_on <= 5", "edition < 5", "edition > 5"] {
        let query = standing::due_first(Condition::all().add(Expr::cust(which)), 9);
        let query = write.get_database_backend().build(&query);
        let asked = Statement { sql: format!("{explain} {}", query.sql), ..query };
        let plan = write.query_all_raw(asked).await.unwrap();
        let steps: Vec<String> = plan.iter().map(|row| row.try_get_by_index(column).unwrap()).collect();
        assert!(steps.iter().any(|step| step.contains("standing_by_due")), "{which}: {steps:?}");
        let astray = ["Sort", "Seq Scan", "TEMP B-TREE", "SCAN"];
        assert!(!steps.iter().any(|step| astray.iter().any(|word| step.contains(word))), "{which}: {steps:?}");
    }
}

async fn notices_and_what_became_of_them_come_back_by_position(folder: Folder) {
    let store = folder.open().await;
    let write = store.begin().await.unwrap();
    let notice = |id, position, kind, last_safe_day: Option<Day>| {
        let amount = last_safe_day.map(|_| 15_600);
        NoticeRow {
            id,
            position,
            member: id * 2,
            kind,
            due_on: Day(20_000),
            last_safe_day,
            amount,
            overdue: amount.map(|_| 3),
        }
    };
    let rows = [notice(1, 4, NoticeKind::FirstMissed, None), notice(2, 5, NoticeKind::BeforeLoss, Some(Day(20_030)))];
    notice::insert(&write, &rows).await.unwrap();
    assert_eq!(notice::by_ids(&write, &[2, 9]).await.unwrap(), rows[1..]);
    assert_eq!(notice::told_between(&write, 3, 4).await.unwrap(), rows[..1]);
    let states = [DeliveryState::Sent, DeliveryState::Delivered, DeliveryState::Failed, DeliveryState::Expired];
    let delivery = |(position, state)| DeliveryRow { position, notice: 1, state, channel: 3, on: Day(20_001) };
    let deliveries: Vec<DeliveryRow> = (6..).zip(states).map(delivery).collect();
    notice::insert_deliveries(&write, &deliveries).await.unwrap();
    assert_eq!(notice::deliveries_between(&write, 5, 99).await.unwrap(), deliveries);
    assert_eq!(notice::deliveries_between(&write, 6, 8).await.unwrap(), deliveries[1..3]);
}

async fn one_look_finds_the_person_and_the_standing_under_a_number(folder: Folder) {
    let store = folder.open().await;
    let hash = person::identifier_hash(store.vault(), 1, "000000007");
    let nothing = glance(&store, &[hash]).await.unwrap();
    assert_eq!((nothing.last, nothing.holders.len()), ((0, 0), 0));
    let write = store.begin().await.unwrap();
    ledger::insert_commands(&write, &[command(1), command(2)]).await.unwrap();
    let versions = [1, 2].map(|at| PersonRow::seal(store.vault(), 5, at, at, &details()).unwrap());
    person::insert_persons(&write, &versions).await.unwrap();
    let number = IdentifierRow::seal(store.vault(), (1, 0), 5, 1, "000000007", "000000007").unwrap();
    person::insert_identifiers(&write, &[number]).await.unwrap();
    write.commit().await.unwrap();
    let without = glance(&store, &[hash]).await.unwrap();
    assert_eq!(without.last, (2, 1_000_002));
    assert_eq!(without.holders[&hash], [(versions[1].clone(), None)], "the newest version, of whom nothing is kept");
    let write = store.begin().await.unwrap();
    standing::replace(&write, &[row(5, 9, 1, Some(70))]).await.unwrap();
    write.commit().await.unwrap();
    let stranger = person::identifier_hash(store.vault(), 2, "000000007");
    let found = glance(&store, &[stranger, hash]).await.unwrap();
    assert_eq!(found.holders[&hash], [(versions[1].clone(), Some(row(5, 9, 1, Some(70))))]);
    assert_eq!((found.last.0, found.holders.len()), (2, 1), "of a number that nobody has there is nothing");
    for numbers in [&[][..], &[stranger]] {
        let nobody = glance(&store, numbers).await.unwrap();
        assert_eq!((nobody.last.0, nobody.holders.len()), (2, 0));
    }
}

async fn dependants_are_found_by_their_head(folder: Folder) {
    let store = folder.open().await;
    let write = store.begin().await.unwrap();
    let lives = |id, member, head| {
        let (relation, disabled, registered, from, until) = (Relation::Child, false, false, Day(20_000), None);
        let fact = Fact::Household { head: MemberId(head), relation, disabled, registered, from, until };
        (member, Recorded { id: FactId(id), known: Moment(id), fact })
    };
    let reversed = Fact::Reversed { payment: FactId(50), on: Day(20_000) };
    let facts = [
        lives(16, 1, 50),
        lives(32, 2, 50),
        lives(33, 2, 51),
        (3, Recorded { id: FactId(48), known: Moment(48), fact: reversed }),
    ];
    fact::insert_facts(&write, &facts).await.unwrap();
    assert_eq!(fact::members_of_heads(&write, &[50]).await.unwrap(), [1, 2], "what is no household does not count");
    assert_eq!(fact::members_of_heads(&write, &[51, 50]).await.unwrap(), [1, 2]);
    assert_eq!(fact::members_of_heads(&write, &[1]).await.unwrap(), [] as [i64; 0]);
    assert_eq!(fact::facts_between(&write, 32, 48).await.unwrap(), facts[1..3]);
}

async fn what_was_told_is_never_altered(folder: Folder) {
    let store = folder.open().await;
    let write = store.begin().await.unwrap();
    let told = ToldRow { position: 7, member: 3, was: None, now: kept(Standing::Current, None) };
    standing::insert_told(&write, &[told]).await.unwrap();
    let (kind, due_on) = (NoticeKind::FirstMissed, Day(1));
    let notice =
        NoticeRow { id: 1, position: 7, member: 3, kind, due_on, last_safe_day: None, amount: None, overdue: None };
    notice::insert(&write, &[notice]).await.unwrap();
    let state = DeliveryState::Sent;
    let delivery = DeliveryRow { position: 8, notice: 1, state, channel: 1, on: Day(1) };
    notice::insert_deliveries(&write, &[delivery]).await.unwrap();
    write.commit().await.unwrap();
    for table in ["standing_told", "notice", "notice_delivery"] {
        for sql in [format!("UPDATE {table} SET position = position"), format!("DELETE FROM {table}")] {
            let write = store.begin().await.unwrap();
            let error = write.execute_unprepared(&sql).await.unwrap_err();
            assert!(error.to_string().contains("is append only"), "{sql}: {error}");
        }
    }
}

#[tokio::test]
async fn what_is_looked_for_at_every_commit_and_every_question_is_found_by_an_index() {
    let folder = Folder::with_sqlite();
    let store = folder.open().await;
    let read = store.read().await.unwrap();
    for sql in [
        glance::text(false).replace("$1", "'[[\"01\"]]'"),
        "SELECT * FROM fact WHERE kind = 17 AND target IN (1, 2, 3)".to_owned(),
        "SELECT * FROM payment WHERE id IN (SELECT id FROM fact WHERE member IN (1, 2) AND kind = 2 \
         UNION ALL SELECT id FROM payment WHERE member IN (1, 2) AND suspense IS NOT NULL)"
            .to_owned(),
        "SELECT * FROM standing_told WHERE position > 5 AND position <= 9 ORDER BY position, member".to_owned(),
        "SELECT * FROM fact WHERE id >= 16 AND id < 160 ORDER BY id".to_owned(),
    ] {
        let asked = Statement::from_string(read.get_database_backend(), format!("EXPLAIN QUERY PLAN {sql}"));
        let plan = read.query_all_raw(asked).await.unwrap();
        let steps: Vec<String> = plan.iter().map(|row| row.try_get_by_index(3).unwrap()).collect();
        // The newest position is the first row of its table from behind, and its row is then gone through.
        let gone_through = ["command", "last", "json_each"];
        let scans = steps
            .iter()
            .filter(|step| step.starts_with("SCAN") && !gone_through.iter().any(|table| step.contains(table)));
        assert_eq!(scans.count(), 0, "{sql}: {steps:?}");
        assert!(
            steps.iter().all(|step| !step.contains("TEMP B-TREE") || sql.contains("identifier")),
            "{sql}: {steps:?}"
        );
    }
}
