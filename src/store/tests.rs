//! The memory tried as it runs: on real databases, through the same functions, with what goes wrong in the field.
//!
//! Each test has a ledger of its own in each database, removed afterwards. Here are files, keys and transactions; the
//! tables are in `rows`. Deliberately absent: rules of the law, and fakes.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use krama_law::calendar::{Day, Moment};
use krama_law::fact::{Fact, FactId, Recorded};
use sea_orm::{ConnectionTrait, Statement};

use crate::store::audit::{AuditRow, Outcome};
use crate::store::connection::{Place, Settings, Store, Write};
use crate::store::failure::Failure;
use crate::store::ledger::CommandRow;
use crate::store::payment::{PaymentKey, PaymentRow};
use crate::store::person::{Details, IdentifierRow, PersonRow};
use crate::store::{audit, fact, ledger, payment, person, seal};

pub(crate) mod cluster;
mod kept;
mod rows;

/// Makes two tests of each function, one for each database.
macro_rules! on_both {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test($crate::store::tests::Folder::with_sqlite()).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test($crate::store::tests::Folder::with_postgres()).await;
            })+
        }
    };
}
pub(crate) use on_both;

on_both! {
    a_ledger_keeps_its_epoch_its_key_and_its_rows_when_it_is_opened_again,
    evidence_is_added_to_and_never_altered,
    what_is_not_committed_is_gone_and_a_reader_sees_one_state,
    one_statement_may_change_thousands_of_pages,
    personal_data_is_not_in_the_files,
    the_key_file_is_the_owners_alone_and_no_other_key_opens_the_ledger,
    of_many_that_open_a_new_ledger_at_once_all_find_the_same,
}

/// A folder that lives as long as the test, with a database if the ledger is not in the folder.
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
    database: Option<cluster::Database>,
}

impl Folder {
    pub(crate) fn with_sqlite() -> Folder {
        let path = std::env::temp_dir().join(format!("krama store {}", seal::fresh_uuid()));
        fs::create_dir(&path).unwrap();
        Folder { path, database: None }
    }

    pub(crate) fn with_postgres() -> Folder {
        let mut folder = Folder::with_sqlite();
        folder.database = Some(cluster::Database::new());
        folder
    }

    pub(crate) fn settings(&self) -> Settings {
        let place = match &self.database {
            // The blank and the question mark show that a path is never read as an address.
            None => Place::File(self.path.join("ledger ?1.db")),
            Some(database) => Place::Postgres(database.url()),
        };
        let patience = Duration::from_secs(10);
        let key_file = self.path.join("key");
        Settings { place, key_file, readers: 2, connection_patience: patience, statement_patience: patience }
    }

    /// Whether several servers may share the ledger.
    pub(crate) fn is_shared(&self) -> bool {
        self.database.is_some()
    }

    pub(crate) async fn open(&self) -> Store {
        Store::open(&self.settings()).await.unwrap()
    }

    /// Lets the database refuse rows of a table by a text in a column, whoever writes them; none when there is no text.
    pub(crate) async fn refuse_rows(&self, table: &str, column: &str, texts: &[&str]) {
        let any = format!("NEW.{column} IN ('{}')", texts.join("', '"));
        let store = self.open().await;
        let write = store.begin().await.unwrap();
        let sql = match self.settings().place {
            Place::File(_) => format!(
                "DROP TRIGGER IF EXISTS poison; CREATE TRIGGER poison BEFORE INSERT ON {table} WHEN {any} \
                 BEGIN SELECT RAISE(ABORT, 'poison'); END"
            ),
            Place::Postgres(_) => format!(
                "CREATE OR REPLACE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN RAISE EXCEPTION 'poison'; END $$; \
                 CREATE OR REPLACE TRIGGER poison BEFORE INSERT ON {table} FOR EACH ROW WHEN ({any}) \
                 EXECUTE FUNCTION poison()"
            ),
        };
        write.execute_unprepared(&sql).await.unwrap();
        write.commit().await.unwrap();
    }

    /// Whether any file of the ledger holds the text.
    fn stored(&self, text: &str) -> bool {
        let holds = |bytes: &[u8]| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        let mut files = fs::read_dir(&self.path).unwrap();
        files.any(|file| holds(&fs::read(file.unwrap().path()).unwrap()))
            || self.database.as_ref().is_some_and(|database| holds(&database.files()))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
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
        slot: None,
    }
}

fn notice(id: i64, member: i64) -> (i64, Recorded) {
    (member, Recorded { id: FactId(id), known: Moment(id), fact: Fact::NoticeServed { on: Day(20_000) } })
}

async fn a_ledger_keeps_its_epoch_its_key_and_its_rows_when_it_is_opened_again(folder: Folder) {
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

async fn evidence_is_added_to_and_never_altered(folder: Folder) {
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
            match folder.settings().place {
                Place::Postgres(_) => format!("TRUNCATE {table}"),
                Place::File(_) => format!("INSERT OR REPLACE INTO {table} SELECT * FROM {table}"),
            },
        ] {
            let write = store.begin().await.unwrap();
            let error = write.execute_unprepared(&sql).await.unwrap_err();
            assert!(error.to_string().contains("is append only"), "{sql}: {error}");
        }
    }
}

async fn what_is_not_committed_is_gone_and_a_reader_sees_one_state(folder: Folder) {
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
    let refused = refused.to_string();
    assert!(refused.contains("readonly") || refused.contains("read-only transaction"), "{refused}");
}

/// What undoes the statement is more than a database keeps beside a file before it begins one.
async fn one_statement_may_change_thousands_of_pages(folder: Folder) {
    const ROWS: i64 = 6_000;
    let store = folder.open().await;
    let write = store.begin().await.unwrap();
    write
        .execute_unprepared("CREATE TABLE wide (id bigint PRIMARY KEY, body text NOT NULL CHECK (body <> 'yyy'))")
        .await
        .unwrap();
    let fill = format!(
        "WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < {ROWS}) \
         INSERT INTO wide SELECT id, substr('{}', 1 + id % 7) FROM n",
        "x".repeat(3_500)
    );
    write.execute_unprepared(&fill).await.unwrap();
    write.commit().await.unwrap();

    let write = store.begin().await.unwrap();
    write.execute_unprepared("UPDATE wide SET body = 'z' || body").await.unwrap();
    write.commit().await.unwrap();
    let write = store.begin().await.unwrap();
    write.execute_unprepared("SAVEPOINT before").await.unwrap();
    let refused = format!("UPDATE wide SET body = CASE id WHEN {ROWS} THEN 'yyy' ELSE 'y' || body END");
    write.execute_unprepared(&refused).await.unwrap_err();
    write.execute_unprepared("ROLLBACK TO SAVEPOINT before").await.unwrap();
    let changed =
        Statement::from_string(write.get_database_backend(), "SELECT count(*) FROM wide WHERE body LIKE 'zx%'");
    let changed = write.query_one_raw(changed).await.unwrap().unwrap();
    assert_eq!(changed.try_get_by_index::<i64>(0).unwrap(), ROWS, "each is as it was before what was refused");
}

async fn personal_data_is_not_in_the_files(folder: Folder) {
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
    assert!(folder.stored("0016"));
    check_secrets(&folder);
    store.close().await.unwrap();
    assert!(folder.stored("0016"));
    check_secrets(&folder);
}

fn check_secrets(folder: &Folder) {
    for secret in ["Sokhanunique", "Chantha", "សុខ", "012345678901", "012 345 678 901", "sokhanunique"] {
        assert!(!folder.stored(secret), "{secret} lies open");
    }
}

async fn the_key_file_is_the_owners_alone_and_no_other_key_opens_the_ledger(folder: Folder) {
    let settings = folder.settings();
    folder.open().await.close().await.unwrap();
    let mode = || fs::metadata(&settings.key_file).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(), fs::read(&settings.key_file).unwrap().len()), (0o600, 32));

    let refused = async |why: &str| {
        let failure = Store::open(&settings).await.unwrap_err();
        assert!(
            matches!(&failure, Failure::Unusable { place, .. } if *place == settings.key_file.display().to_string()),
            "{failure:?}"
        );
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
    let folder = Folder::with_sqlite();
    let right = folder.settings();
    let refused = async |settings: Settings, why: &str| {
        let failure = Store::open(&settings).await.unwrap_err();
        assert!(message(&failure).contains(why), "{}", message(&failure));
    };
    let place = Place::File(folder.path.join("absent").join("ledger.db"));
    refused(Settings { place, ..right.clone() }, "the folder of the database does not exist").await;
    refused(Settings { place: Place::File(folder.path.clone()), ..right.clone() }, "this is a folder").await;
    let path = folder.path.join("text.db");
    fs::write(&path, "this is no database, whatever its name may promise to the reader".repeat(50)).unwrap();
    refused(Settings { place: Place::File(path), ..right }, "file is not a database").await;
}

#[tokio::test]
async fn a_database_that_could_lose_a_commit_is_refused_by_the_name_of_the_setting() {
    let folder = Folder::with_postgres();
    let url = folder.database.as_ref().unwrap().url();
    let open = async |level: &str| {
        let place = Place::Postgres(format!("{url}&options[synchronous_commit]={level}"));
        Store::open(&Settings { place, ..folder.settings() }).await
    };
    for level in ["off", "local", "remote_write"] {
        let refused = format!("synchronous_commit is {level} where on or remote_apply is needed");
        let failure = open(level).await.unwrap_err();
        assert!(message(&failure).contains(&refused), "{}", message(&failure));
    }
    open("remote_apply").await.unwrap();
    // A socket alone is an address too.
    let place = Place::Postgres(format!("{}&user=krama", url.replace("krama@localhost", "")));
    Store::open(&Settings { place, ..folder.settings() }).await.unwrap();
}

#[tokio::test]
async fn a_writer_that_stands_still_loses_its_lock_and_all_that_it_wrote() {
    let folder = Folder::with_postgres();
    let frozen = Settings { statement_patience: Duration::from_millis(300), ..folder.settings() };
    let frozen = Store::open(&frozen).await.unwrap();
    let store = folder.open().await;
    let held = frozen.begin().await.unwrap();
    ledger::insert_commands(&held, &[command(1)]).await.unwrap();
    // This waits for the lock, which nobody gives back.
    let write = store.begin().await.unwrap();
    assert_eq!(ledger::last(&write).await.unwrap(), (0, 0));
    ledger::insert_commands(&write, &[command(1)]).await.unwrap();
    write.commit().await.unwrap();
    let lost = held.commit().await.unwrap_err();
    assert!(lost.is_passing(), "{lost:?}");
    let write = frozen.begin().await.unwrap();
    assert_eq!(ledger::last(&write).await.unwrap().0, 1, "and it goes on afterwards");
}

#[tokio::test]
async fn an_address_that_cannot_be_used_is_refused_without_its_password() {
    let folder = Folder::with_postgres();
    let right = folder.settings();
    let nowhere = format!("postgres://somebody:hunter2@localhost/nowhere?host={}", folder.path.display());
    for address in ["postgres://somebody:hunter2@[::/krama", &nowhere] {
        let place = Place::Postgres(address.to_owned());
        let patience = Duration::from_millis(300);
        let failure = Store::open(&Settings { place, connection_patience: patience, ..right.clone() }).await;
        let failure = failure.unwrap_err();
        assert!(matches!(failure, Failure::Unusable { .. }), "{failure:?}");
        assert!(!format!("{failure:?} {}", message(&failure)).contains("hunter2"), "{failure:?}");
    }
}

async fn of_many_that_open_a_new_ledger_at_once_all_find_the_same(folder: Folder) {
    let open = |settings: Settings| tokio::spawn(async move { Store::open(&settings).await });
    let opening: Vec<_> = (0..6).map(|_| open(folder.settings())).collect();
    let mut epochs = std::collections::BTreeSet::new();
    for opened in opening {
        let store = opened.await.unwrap().unwrap();
        epochs.insert(ledger::identity(&store.read().await.unwrap()).await.unwrap().epoch);
    }
    assert_eq!(epochs.len(), 1);
}
