//! Every table tried: what is written comes back by each of its keys, and what is broken is named.
//!
//! Deliberately absent: files and keys, which the tests beside this folder try.

use krama_law::calendar::{Day, Moment, Month};
use krama_law::fact::{AssistanceLevel, EmployerAct, EmploymentId, Fact, FactId, MemberId, Recorded, Relation, Sector};
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::store::audit::{AuditRow, Outcome};
use crate::store::employer::{AccessRow, EmployerRow};
use crate::store::employment::EmploymentRow;
use crate::store::failure::Failure;
use crate::store::ledger::CommandRow;
use crate::store::payment::{PaymentKey, PaymentRow};
use crate::store::person::{Details, IdentifierRow, PersonRow};
use crate::store::tests::{Folder, audit_entry, command, details, message, notice, on_both, taken};
use crate::store::{audit, employer, employment, fact, ledger, payment, person};

on_both! {
    commands_are_found_by_request_and_position,
    every_kind_of_fact_comes_back_as_it_was,
    a_fact_that_says_too_much_or_too_little_is_corrupt,
    payments_are_found_by_key_member_and_id,
    employers_grants_and_employments_come_back,
    a_person_is_read_in_the_version_that_was_known,
    audit_entries_are_counted_and_paged,
    a_thousand_keys_and_rows_take_no_longer_texts,
    every_letter_comes_back_as_it_was,
}

async fn commands_are_found_by_request_and_position(folder: Folder) {
    let store = folder.open().await;
    let write = store.begin().await.unwrap();
    assert_eq!(ledger::last(&write).await.unwrap(), (0, 0));
    let rows = [command(1), command(2), command(3)];
    ledger::insert_commands(&write, &rows).await.unwrap();
    let asked = [("payroll-1".to_owned(), rows[1].request_id), ("payroll-2".to_owned(), rows[0].request_id)];
    assert_eq!(ledger::commands_by_request(&write, &asked).await.unwrap(), [rows[1].clone()]);
    assert_eq!(ledger::commands_at(&write, &[3, 1, 3, 9]).await.unwrap(), [rows[0].clone(), rows[2].clone()]);
    assert_eq!(ledger::commands_at(&write, &[]).await.unwrap(), []);

    let taken = CommandRow { position: 4, ..command(1) };
    let refused = ledger::insert_commands(&write, &[taken]).await.unwrap_err();
    assert!(matches!(refused, Failure::Conflict(_)), "{refused:?}");
    if write.get_database_backend() == DbBackend::Postgres {
        // Here the refused statement ends the transaction.
        assert!(matches!(ledger::last(&write).await.unwrap_err(), Failure::Internal(_)));
        return;
    }
    // Here the transaction goes on: only the statement was refused.
    write.commit().await.unwrap();
    assert_eq!(ledger::last(&store.read().await.unwrap()).await.unwrap().0, 3);
}

async fn every_kind_of_fact_comes_back_as_it_was(folder: Folder) {
    let (day, later, month) = (Day(20_000), Day(20_100), Month(24_300));
    let employment = EmploymentId(160);
    let household = |relation, disabled, registered, until| Fact::Household {
        head: MemberId(162),
        relation,
        disabled,
        registered,
        from: day,
        until,
    };
    let facts = [
        Fact::Enrolled { on: day },
        Fact::Payment { on: day, amount: 15_600, month: Some(month) },
        Fact::Payment { on: day, amount: 15_600, month: None },
        Fact::Reversed { payment: FactId(161), on: day },
        Fact::Hired { employment, sector: Sector::Private, from: day, until: None },
        Fact::Hired { employment, sector: Sector::Public, from: day, until: Some(later) },
        Fact::Separated { employment, last: later },
        Fact::Amended { employment, from: Some(day), until: None },
        Fact::Amended { employment, from: None, until: None },
        Fact::EmploymentRetracted { employment },
        Fact::Certificate { level: AssistanceLevel::Poor1, from: day, until: None },
        Fact::Certificate { level: AssistanceLevel::Poor2, from: day, until: Some(later) },
        Fact::Certificate { level: AssistanceLevel::AtRisk, from: day, until: Some(later) },
        Fact::Excused { from: month, to: month },
        Fact::NoticeServed { on: day },
        Fact::LapseConfirmed { on: day },
        Fact::LapseWaived { on: day },
        Fact::Died { on: Day(-1) },
        Fact::Refunded { payment: FactId(161), amount: 7_800, on: later },
        Fact::EmployerMonth { month, act: EmployerAct::Declared, on: later },
        Fact::EmployerMonth { month, act: EmployerAct::Paid, on: day },
        Fact::Born { on: Day(-7_000) },
        household(Relation::Child, false, false, None),
        household(Relation::Child, true, false, Some(later)),
        household(Relation::Spouse, false, true, Some(later)),
        household(Relation::Other, true, true, None),
        Fact::Retracted { fact: FactId(160) },
    ];
    let known = (160..).zip(facts).map(|(id, fact)| (id % 3, Recorded { id: FactId(id), known: Moment(-id), fact }));
    let known: Vec<(i64, Recorded)> = known.collect();
    let store = folder.open().await;
    let write = store.begin().await.unwrap();
    fact::insert_facts(&write, &known).await.unwrap();
    assert_eq!(fact::facts_of(&write, &[2, 1, 0, 0]).await.unwrap(), known);
    assert!(fact::facts_of(&write, &[1]).await.unwrap().iter().all(|(member, _)| *member == 1));
}

async fn a_fact_that_says_too_much_or_too_little_is_corrupt(folder: Folder) {
    let store = folder.open().await;
    for (id, columns, values) in [
        (1, "kind", "1"),
        (2, "kind, day_from, code", "1, 20000, 1"),
        (3, "kind, day_from", "99, 20000"),
        (4, "kind, day_from, target, code", "4, 20000, 1, 9"),
        (5, "kind, day_from, target, code", "17, 20000, 1, 4"),
        (6, "kind, day_from, target, code", "17, 20000, 1, 17"),
        (7, "kind, day_from, month_from, code", "15, 20000, 24300, 3"),
        (8, "kind, day_from, target", "18, 20000, 1"),
    ] {
        let write = store.begin().await.unwrap();
        let sql = format!("INSERT INTO fact (id, member, known_at, {columns}) VALUES ({id}, 1, 1, {values})");
        write.execute_unprepared(&sql).await.unwrap();
        let failure = fact::facts_of(&write, &[1]).await.unwrap_err();
        assert!(message(&failure).starts_with(&format!("row {id} of table fact cannot be read")), "{failure}");
        write.rollback().await.unwrap();
    }
}

async fn payments_are_found_by_key_member_and_id(folder: Folder) {
    let store = folder.open().await;
    let write = store.begin().await.unwrap();
    let payer = payment::seal_payer(store.vault(), 32, "som one").unwrap();
    let unknown = PaymentRow { suspense: Some(1), payer: Some(payer), month: None, ..taken(32, None) };
    let rows = [taken(16, Some(1)), unknown, taken(48, Some(2))];
    payment::insert(&write, &rows).await.unwrap();
    let counts = |id, member| {
        let fact = Fact::Payment { on: Day(20_000), amount: 15_600, month: None };
        (member, Recorded { id: FactId(id), known: Moment(id), fact })
    };
    fact::insert_facts(&write, &[counts(16, 1), counts(48, 2)]).await.unwrap();
    let late = PaymentRow { suspense: Some(5), ..taken(80, Some(2)) };
    let other_line = PaymentKey { line: 2, ..rows[0].key.clone() };
    let keys = [rows[1].key.clone(), other_line, rows[0].key.clone()];
    let found = payment::by_keys(&write, &keys).await.unwrap();
    assert_eq!(found, rows[..2]);
    assert_eq!(found[1].open_payer(store.vault()).unwrap().as_deref(), Some("som one"));
    assert_eq!(found[0].open_payer(store.vault()).unwrap(), None);
    assert_eq!(payment::of_members(&write, &[1, 2, 3]).await.unwrap(), [rows[0].clone(), rows[2].clone()]);
    assert_eq!(payment::by_ids(&write, &[48]).await.unwrap(), [rows[2].clone()]);
    payment::insert(&write, std::slice::from_ref(&late)).await.unwrap();
    assert_eq!(payment::of_members(&write, &[2]).await.unwrap(), [rows[2].clone(), late.clone()], "one waits");
    assert_eq!(payment::page_of_member(&write, 2, 48, 9).await.unwrap(), [late]);

    let moved = PaymentRow { id: 16, ..rows[1].clone() };
    assert!(matches!(moved.open_payer(store.vault()), Err(Failure::Corrupt { table: "payment", id: 16, .. })));
    let twice = PaymentRow { id: 64, ..rows[0].clone() };
    assert!(matches!(payment::insert(&write, &[twice]).await, Err(Failure::Conflict(_))));
}

async fn employers_grants_and_employments_come_back(folder: Folder) {
    let store = folder.open().await;
    let write = store.begin().await.unwrap();
    let factory = EmployerRow {
        id: 1,
        position: 1,
        number: "0007".into(),
        name_latin: "Garment".into(),
        name_khmer: "កាត់ដេរ".into(),
        sector: Sector::Private,
    };
    let school = EmployerRow { id: 2, position: 2, number: "8".into(), sector: Sector::Public, ..factory.clone() };
    employer::insert(&write, &[factory.clone(), school.clone()]).await.unwrap();
    assert_eq!(employer::by_ids(&write, &[2, 1, 7]).await.unwrap(), [factory.clone(), school.clone()]);
    assert_eq!(employer::by_numbers(&write, &["8".into(), "7".into()]).await.unwrap(), [school]);

    let grant = |employer, provider: &str, position| AccessRow {
        employer,
        provider: provider.into(),
        from_day: 20_000,
        until_day: (position > 3).then_some(20_010),
        position,
    };
    let grants = [grant(1, "payroll-1", 3), grant(1, "payroll-1", 4), grant(2, "payroll-2", 5)];
    employer::insert_access(&write, &grants).await.unwrap();
    assert_eq!(employer::access_of_employers(&write, &[1, 2]).await.unwrap(), grants);
    assert_eq!(employer::access_of_providers(&write, &["payroll-1".into()]).await.unwrap(), grants[..2]);

    let worker = employment::seal_worker(store.vault(), 33, "{}").unwrap();
    let row = |id: i64, member, worker| EmploymentRow {
        id,
        member,
        employer: 1,
        number: format!("E{}", id % 16),
        first_day: i32::try_from(id).unwrap(),
        match_state: 1,
        digest: [4; 32],
        worker,
    };
    let rows = [row(17, Some(9), None), row(33, None, Some(worker)), row(50, Some(9), None)];
    employment::insert(&write, &rows).await.unwrap();
    assert_eq!(employment::by_numbers(&write, &[(1, "E1".into()), (2, "E2".into())]).await.unwrap(), rows[..2]);
    assert_eq!(employment::of_members(&write, &[9]).await.unwrap(), [rows[0].clone(), rows[2].clone()]);
    assert_eq!(employment::by_ids(&write, &[33]).await.unwrap(), [rows[1].clone()]);
    assert_eq!(rows[1].open_worker(store.vault()).unwrap().as_deref(), Some("{}"));
    assert_eq!(employment::page(&write, 1, 0, 2).await.unwrap(), rows[..2]);
    assert_eq!(employment::page(&write, 1, 33, 2).await.unwrap(), rows[2..]);
    assert_eq!(employment::page(&write, 2, 0, 2).await.unwrap(), []);
}

async fn a_person_is_read_in_the_version_that_was_known(folder: Folder) {
    let store = folder.open().await;
    let (vault, write) = (store.vault(), store.begin().await.unwrap());
    let moved = Details { commune: Some("Tuol Kouk".into()), ..details() };
    let versions = [
        PersonRow::seal(vault, 1, 10, 100, &details()).unwrap(),
        PersonRow::seal(vault, 1, 20, 200, &moved).unwrap(),
        PersonRow::seal(vault, 2, 11, 110, &details()).unwrap(),
    ];
    person::insert_persons(&write, &versions).await.unwrap();
    assert_eq!(person::latest(&write, &[2, 1]).await.unwrap(), versions[1..]);
    assert_eq!(person::versions_as_known(&write, &[2, 1], 105).await.unwrap(), versions[..1]);
    assert!(versions[1].open(vault).ok() == Some(moved));
    assert_eq!(person::page_members(&write, 0, 1).await.unwrap(), [(1, 10)]);
    assert_eq!(person::page_members(&write, 10, 9).await.unwrap(), [(2, 11)]);

    let theirs = PersonRow { member: 2, ..versions[0].clone() };
    assert!(matches!(theirs.open(vault), Err(Failure::Corrupt { table: "person", id: 2, .. })));

    let card = IdentifierRow::seal(vault, (10, 0), 1, 2, "0012", "00-12").unwrap();
    let phone = IdentifierRow::seal(vault, (10, 1), 1, 3, "0012", "0012").unwrap();
    person::insert_identifiers(&write, &[card.clone(), phone.clone()]).await.unwrap();
    let hash = person::identifier_hash(vault, 2, "0012");
    assert_eq!(person::identifiers_by_hash(&write, &[hash]).await.unwrap(), std::slice::from_ref(&card));
    assert_eq!(person::holders(&write, &[hash, [0; 32]]).await.unwrap(), [(hash, 1)]);
    assert_eq!(person::identifiers_of(&write, &[1]).await.unwrap(), [card.clone(), phone]);
    assert_eq!(card.open(vault).unwrap(), "00-12");
    let altered = IdentifierRow { kind: 3, ..card };
    assert!(matches!(altered.open(vault), Err(Failure::Corrupt { table: "identifier", id: 10, .. })));
}

async fn audit_entries_are_counted_and_paged(folder: Folder) {
    let store = folder.open().await;
    let write = store.begin().await.unwrap();
    assert_eq!(audit::last_id(&write).await.unwrap(), 0);
    let accepted = AuditRow { outcome: Outcome::Accepted, position: Some(1), reason: None, ..audit_entry(2) };
    let rows = [audit_entry(1), accepted, AuditRow { request_id: None, ..audit_entry(3) }];
    audit::insert(&write, &rows).await.unwrap();
    assert_eq!((audit::last_id(&write).await.unwrap(), audit::count(&write).await.unwrap()), (3, 3));
    assert_eq!(ledger::ends(&write).await.unwrap(), (0, 0, 3), "a refusal leaves an entry and no position");
    ledger::insert_commands(&write, &[command(1), command(2)]).await.unwrap();
    assert_eq!(ledger::ends(&write).await.unwrap(), (2, 1_000_002, 3));
    assert_eq!(audit::page(&write, 0, 2).await.unwrap(), rows[..2]);
    assert_eq!(audit::page(&write, 2, 2).await.unwrap(), rows[2..]);
}

async fn a_thousand_keys_and_rows_take_no_longer_texts(folder: Folder) {
    let store = folder.open().await;
    let write = store.begin().await.unwrap();
    let ids: Vec<i64> = (1..=1_000).collect();
    let facts: Vec<(i64, Recorded)> = ids.iter().map(|id| notice(*id, *id)).collect();
    let commands: Vec<CommandRow> = ids.iter().map(|id| command(*id)).collect();
    let payments: Vec<PaymentRow> = ids.iter().map(|id| taken(*id, Some(*id))).collect();
    fact::insert_facts(&write, &facts).await.unwrap();
    ledger::insert_commands(&write, &commands).await.unwrap();
    payment::insert(&write, &payments).await.unwrap();
    let requests: Vec<(String, [u8; 16])> = commands.iter().map(|row| (row.caller.clone(), row.request_id)).collect();
    let keys: Vec<PaymentKey> = payments.iter().map(|row| row.key.clone()).collect();
    assert_eq!(fact::facts_of(&write, &ids).await.unwrap(), facts);
    assert_eq!(ledger::commands_by_request(&write, &requests).await.unwrap(), commands);
    assert_eq!(payment::by_keys(&write, &keys).await.unwrap(), payments);
    write.commit().await.unwrap();
}

#[tokio::test]
async fn pairs_of_keys_are_looked_up_and_never_scanned_for() {
    let folder = Folder::with_sqlite();
    let store = folder.open().await;
    let read = store.read().await.unwrap();
    // As `bulk` writes it.
    let own = "SELECT own.rowid FROM json_each('[]') CROSS JOIN command AS own \
               ON own.caller = json_each.value ->> 0 AND own.request_id = unhex(json_each.value ->> 1)";
    let sql = format!("EXPLAIN QUERY PLAN SELECT * FROM command WHERE command.rowid IN ({own})");
    let plan = read.query_all_raw(Statement::from_string(read.get_database_backend(), sql)).await.unwrap();
    let steps: Vec<String> = plan.iter().map(|row| row.try_get_by_index(3).unwrap()).collect();
    assert!(
        steps.iter().any(|step| step.contains("INDEX command_by_request (caller=? AND request_id=?)")),
        "{steps:?}"
    );
    assert!(steps.iter().all(|step| !step.starts_with("SCAN") || step.contains("json_each")), "{steps:?}");
}

async fn every_letter_comes_back_as_it_was(folder: Folder) {
    let store = folder.open().await;
    let write = store.begin().await.unwrap();
    let texts = ["", "NULL", "\"", "\\", "\\\"}", "{a,b}", "a,b", " a ", "it's", "$1", "ក្រុមហ៊ុន", "\n\t", "😀"];
    let rows: Vec<AuditRow> = texts
        .iter()
        .zip(1..)
        .map(|(text, id)| AuditRow { case_reference: Some((*text).to_owned()), ..audit_entry(id) })
        .collect();
    audit::insert(&write, &rows).await.unwrap();
    assert_eq!(audit::page(&write, 0, 99).await.unwrap(), rows);
    let bytes: Vec<u8> = (0..=255).collect();
    let paid =
        [PaymentRow { payer: Some(bytes), ..taken(1, None) }, PaymentRow { payer: Some(vec![]), ..taken(2, None) }];
    payment::insert(&write, &paid).await.unwrap();
    assert_eq!(payment::by_ids(&write, &[1, 2]).await.unwrap(), paid);
}
