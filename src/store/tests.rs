//! The memory tried as it runs: on real files, through the same functions, with what goes wrong in the field.
//!
//! Each test has a folder of its own, removed afterwards. Here are files, keys and transactions; the tables are in
//! `rows`. Deliberately absent: rules of the law, and fakes.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use krama_law::calendar::{Day, Moment};
use krama_law::fact::{Fact, FactId, Recorded};
use sea_orm::ConnectionTrait;

use crate::store::audit::{AuditRow, Outcome};
use crate::store::connection::{Settings, Store, Write};
use crate::store::failure::Failure;
use crate::store::ledger::CommandRow;
use crate::store::payment::{PaymentKey, PaymentRow};
use crate::store::person::{Details, IdentifierRow, PersonRow};
use crate::store::{audit, fact, ledger, payment, person, seal};

mod rows;

/// A folder that lives as long as the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        let path = std::env::temp_dir().join(format!("krama store {}", seal::fresh_uuid()));
        fs::create_dir(&path).unwrap();
        Folder(path)
    }

    fn settings(&self) -> Settings {
        // The blank and the question mark show that a path is never read as an address.
        Settings { path: self.0.join("ledger ?1.db"), readers: 2, key_file: self.0.join("key") }
    }

    async fn open(&self) -> Store {
        Store::open(&self.settings()).await.unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn message(failure: &Failure) -> String {
    let cause = std::error::Error::source(failure).map(ToString::to_string).unwrap_or_default();
    format!("{failure}: {cause}")
}

fn command(position: i64) -> CommandRow {
    CommandRow {
        position,
        known_at: 1_000_000 + position,
        caller: "payroll-1".into(),
        role: 1,
        request_id: u128::try_from(position).unwrap().to_be_bytes(),
        digest: [7; 32],
        kind: 3,
        subject: Some(5),
        fact: None,
        detail: 0,
        note: None,
    }
}

fn taken(id: i64, member: Option<i64>) -> PaymentRow {
    let key = PaymentKey { institution: "bank".into(), business_date: 20_000, reference: format!("00{id}"), line: 1 };
    PaymentRow {
        id,
        member,
        key,
        value_date: 19_999,
        amount: 15_600,
        month: Some(24_000),
        channel: 2,
        suspense: None,
        digest: [1; 32],
        payer: None,
    }
}

fn details() -> Details {
    Details {
        family_khmer: "សុខ".into(),
        given_khmer: "ចាន់ថា".into(),
        family_latin: "Sokhanunique".into(),
        given_latin: "Chantha".into(),
        sex: 1,
        birth_year: Some(1980),
        birth_month: None,
        birth_day: None,
        phone: Some("012345678901".into()),
        commune: None,
    }
}

fn audit_entry(id: i64) -> AuditRow {
    AuditRow {
        id,
        at: 9,
        caller: "bank".into(),
        role: 2,
        user_name: Some("clerk 7".into()),
        purpose: Some(2),
        case_reference: None,
        method: "RecordPayment".into(),
        outcome: Outcome::Refused,
        reason: Some("AMOUNT_MUST_BE_POSITIVE".into()),
        position: None,
        request_id: Some([3; 16]),
    }
}

fn notice(id: i64, member: i64) -> (i64, Recorded) {
    (member, Recorded { id: FactId(id), known: Moment(id), fact: Fact::NoticeServed { on: Day(20_000) } })
}

#[tokio::test]
async fn a_ledger_keeps_its_epoch_its_key_and_its_rows_when_it_is_opened_again() {
    let folder = Folder::new();
    let store = folder.open().await;
    let first = ledger::identity(&store.read().await.unwrap()).await.unwrap();
    let write = store.begin().await.unwrap();
    ledger::insert_commands(&write, &[command(1)]).await.unwrap();
    ledger::mark_sandbox(&write).await.unwrap();
    write.commit().await.unwrap();
    let check = store.vault().key_check();
    store.close().await.unwrap();

    let store = folder.open().await;
    let read = store.read().await.unwrap();
    let again = ledger::identity(&read).await.unwrap();
    assert_eq!(again.epoch, first.epoch);
    assert!(!first.sandbox && again.sandbox);
    assert_eq!(store.vault().key_check(), check);
    assert_eq!(ledger::last(&read).await.unwrap(), (1, 1_000_001));
}

#[tokio::test]
async fn evidence_is_added_to_and_never_altered() {
    let folder = Folder::new();
    let store = folder.open().await;
    let write = store.begin().await.unwrap();
    fact::insert_facts(&write, &[notice(1, 1)]).await.unwrap();
    ledger::insert_commands(&write, &[command(1)]).await.unwrap();
    audit::insert(&write, &[audit_entry(1)]).await.unwrap();
    write.commit().await.unwrap();
    for table in ["fact", "command", "audit"] {
        for sql in [
            format!("UPDATE {table} SET role = role").replace("role", if table == "fact" { "kind" } else { "role" }),
            format!("DELETE FROM {table}"),
            format!("INSERT OR REPLACE INTO {table} SELECT * FROM {table}"),
        ] {
            let write = store.begin().await.unwrap();
            let error = write.execute_unprepared(&sql).await.unwrap_err();
            assert!(error.to_string().contains("is append only"), "{sql}: {error}");
        }
    }
}

#[tokio::test]
async fn what_is_not_committed_is_gone_and_a_reader_sees_one_state() {
    let folder = Folder::new();
    let store = folder.open().await;
    for end in [drop::<Write> as fn(Write), |write| drop(tokio::spawn(write.rollback()))] {
        let write = store.begin().await.unwrap();
        ledger::insert_commands(&write, &[command(1)]).await.unwrap();
        end(write);
        // The next writer waits for the one connection, so it begins after the undoing.
        let write = store.begin().await.unwrap();
        assert_eq!(ledger::last(&write).await.unwrap(), (0, 0));
    }
    let before = store.read().await.unwrap();
    assert_eq!(ledger::last(&before).await.unwrap(), (0, 0));
    let write = store.begin().await.unwrap();
    ledger::insert_commands(&write, &[command(1)]).await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(ledger::last(&before).await.unwrap(), (0, 0));
    assert_eq!(ledger::last(&store.read().await.unwrap()).await.unwrap().0, 1);
    let refused = before.execute_unprepared("DELETE FROM person").await.unwrap_err();
    assert!(refused.to_string().contains("readonly"), "{refused}");
}

#[tokio::test]
async fn personal_data_is_not_in_the_files() {
    let folder = Folder::new();
    let store = folder.open().await;
    let (vault, write) = (store.vault(), store.begin().await.unwrap());
    let row = PersonRow::seal(vault, 1, 1, 1, &details()).unwrap();
    person::insert_persons(&write, &[row]).await.unwrap();
    let number = IdentifierRow::seal(vault, (1, 0), 1, 1, "012345678901", "012 345 678 901").unwrap();
    person::insert_identifiers(&write, &[number]).await.unwrap();
    let payer = payment::seal_payer(vault, 16, "Sokhanunique").unwrap();
    payment::insert(&write, &[PaymentRow { payer: Some(payer), ..taken(16, None) }]).await.unwrap();
    write.commit().await.unwrap();
    // What lies open is found by the same search, in the log while open and in the file after the close.
    assert!(stored(&folder.0, "0016"));
    check_secrets(&folder.0);
    store.close().await.unwrap();
    assert!(stored(&folder.0, "0016"));
    check_secrets(&folder.0);
}

fn check_secrets(folder: &Path) {
    for secret in ["Sokhanunique", "Chantha", "សុខ", "012345678901", "012 345 678 901", "sokhanunique"] {
        assert!(!stored(folder, secret), "{secret} lies open");
    }
}

/// Whether any file of the ledger holds the text.
fn stored(folder: &Path, text: &str) -> bool {
    fs::read_dir(folder)
        .unwrap()
        .any(|file| fs::read(file.unwrap().path()).unwrap().windows(text.len()).any(|window| window == text.as_bytes()))
}

#[tokio::test]
async fn the_key_file_is_the_owners_alone_and_no_other_key_opens_the_ledger() {
    let folder = Folder::new();
    let settings = folder.settings();
    folder.open().await.close().await.unwrap();
    let mode = || fs::metadata(&settings.key_file).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(), fs::read(&settings.key_file).unwrap().len()), (0o600, 32));

    let refused = async |why: &str| {
        let failure = Store::open(&settings).await.unwrap_err();
        assert!(matches!(&failure, Failure::Unusable { path, .. } if *path == settings.key_file), "{failure:?}");
        assert!(message(&failure).contains(why), "{}", message(&failure));
    };
    fs::set_permissions(&settings.key_file, fs::Permissions::from_mode(0o640)).unwrap();
    refused("open to others than its owner (mode 0640)").await;
    fs::set_permissions(&settings.key_file, fs::Permissions::from_mode(0o600)).unwrap();
    let right = fs::read(&settings.key_file).unwrap();
    fs::write(&settings.key_file, [9; 32]).unwrap();
    refused("not the key file under which the ledger was written").await;
    fs::write(&settings.key_file, [9; 33]).unwrap();
    refused("exactly 32 bytes").await;
    fs::remove_file(&settings.key_file).unwrap();
    refused("cannot be opened").await;
    // A missing key is not made anew: that would hide the loss until the first row was read.
    assert!(!settings.key_file.exists());
    fs::write(&settings.key_file, right).unwrap();
    fs::set_permissions(&settings.key_file, fs::Permissions::from_mode(0o600)).unwrap();
    folder.open().await;
}

#[tokio::test]
async fn a_wrong_place_is_named() {
    let folder = Folder::new();
    let right = folder.settings();
    let refused = async |settings: Settings, why: &str| {
        let failure = Store::open(&settings).await.unwrap_err();
        assert!(message(&failure).contains(why), "{}", message(&failure));
    };
    let path = folder.0.join("absent").join("ledger.db");
    refused(Settings { path, ..right.clone() }, "the folder of the database does not exist").await;
    refused(Settings { path: folder.0.clone(), ..right.clone() }, "this is a folder").await;
    let path = folder.0.join("text.db");
    fs::write(&path, "this is no database, whatever its name may promise to the reader".repeat(50)).unwrap();
    refused(Settings { path, ..right }, "file is not a database").await;
}
