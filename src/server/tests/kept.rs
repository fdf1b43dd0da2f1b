//! What is kept of a member's standing: who goes by it, who does not, and that a wrong row is found out.
//!
//! A row is falsified here, past the desk, to see whose answer it changes. Deliberately absent: a way to do so from
//! outside.

use krama_law::answer::{Cover, Scheme, Standing};
use krama_law::calendar::Day;

use crate::operation::Desk;
use crate::operation::caller::{Caller, Role};
use crate::operation::coverage::{Check, Checked, SecondFact};
use crate::operation::failure::IdentifierKind;
use crate::operation::member::Registration;
use crate::operation::person::{BirthDate, Identifier, Particulars, Sex};
use crate::operation::transact::Ticket;
use crate::server::tests::open;
use crate::store::connection::Store;
use crate::store::standing::{self, StandingRow};
use crate::store::tests::Folder;

const BIRTH: BirthDate = BirthDate { year: 1980, month: None, day: None };

fn identifier() -> Identifier {
    Identifier { kind: IdentifierKind::NationalId, value: "012345678".into() }
}

async fn register(desk: &Desk) -> i64 {
    let caller =
        Caller { id: "desk-1".into(), role: Role::Officer, user: None, purpose: None, case: None, employers: None };
    let nobody = (String::new(), String::new());
    let particulars =
        Particulars { khmer: nobody, latin: ("Chea".into(), "Sophea".into()), sex: Sex::Female, birth: BIRTH };
    let new = Registration { particulars, identifiers: vec![identifier()], phone: None, commune: None };
    desk.register_member(&caller, Ticket { request_id: [1; 16], validate_only: false }, new).await.unwrap().reply
}

/// Whether a hospital is told that the person is covered.
async fn covered(desk: &Desk, service_date: Option<Day>, stay: Option<Day>) -> bool {
    let second_fact = SecondFact::BirthYear(BIRTH.year);
    let check = Check { identifier: identifier(), second_fact, service_date, stay };
    match desk.check_coverage(&check, None).await.unwrap().answer {
        Checked::Known { covers, .. } => !covers.is_empty(),
        nobody @ (Checked::NoMatch | Checked::CannotTell) => panic!("{nobody:?}"),
    }
}

async fn falsify(store: &Store, row: &StandingRow) {
    let write = store.begin().await.unwrap();
    standing::replace(&write, std::slice::from_ref(row)).await.unwrap();
    write.commit().await.unwrap();
}

pub(super) async fn a_row_is_gone_by_today_only_while_the_law_says_so_and_a_wrong_one_is_found(folder: Folder) {
    let (desk, writer) = open(&folder, Box::new(|_| Ok(()))).await;
    let member = register(&desk).await;
    let store = folder.open().await;
    let right = standing::of_members(&store.read().await.unwrap(), &[member]).await.unwrap().pop().unwrap();
    assert_eq!((right.kept.standing, right.kept.covers.len(), right.position), (Standing::NotEnrolled, 0, 1));
    assert!(desk.verify(|_| {}).await.unwrap().is_sound());

    let today = desk.today();
    let mut wrong = right.clone();
    wrong.kept.covers = vec![Cover { scheme: Scheme::Formal, from: today.plus(-9), until: None, kept: false }];
    falsify(&store, &wrong).await;
    assert!(covered(&desk, None, None).await, "the answer for today is the one that is kept");
    assert!(covered(&desk, Some(today), None).await);
    assert!(!covered(&desk, Some(today.before()), None).await, "any other question is decided");
    assert!(!covered(&desk, None, Some(today)).await, "and so is that for a stay");
    let found = desk.verify(|_| {}).await.unwrap();
    assert_eq!((found.members, found.wrong, found.untold), (1, vec![member], vec![member]));

    let yesterday = Some(today.before());
    let mut past = wrong.clone();
    past.kept.holds_until = yesterday;
    let mut other_edition = wrong.clone();
    other_edition.edition ^= 1;
    let mut other_revision = wrong.clone();
    other_revision.kept.revision = wrong.kept.revision.before();
    for stale in [past, other_edition, other_revision] {
        falsify(&store, &stale).await;
        assert!(!covered(&desk, None, None).await, "nobody goes by {stale:?}");
        let found = desk.verify(|_| {}).await.unwrap();
        assert_eq!((found.due, found.wrong.len()), (1, 0));
    }
    // The lapse run sets right what it finds due.
    wrong.wake_on = today;
    falsify(&store, &wrong).await;
    let passed = desk.pass_time(None, |_| {}).await.unwrap();
    assert_eq!((passed.members, passed.told), (1, 1));
    assert_eq!(desk.pass_time(None, |_| {}).await.unwrap().members, 0, "a run leaves nothing to the next");
    assert!(desk.verify(|_| {}).await.unwrap().is_sound());
    desk.close(writer).await;
}

/// A ledger that is older than the table has rows that nobody may go by.
pub(super) async fn a_row_that_an_older_ledger_brings_is_decided_by_the_next_run(folder: Folder) {
    let (desk, writer) = open(&folder, Box::new(|_| Ok(()))).await;
    let member = register(&desk).await;
    let store = folder.open().await;
    let right = standing::of_members(&store.read().await.unwrap(), &[member]).await.unwrap().pop().unwrap();
    let brought = StandingRow { position: 0, edition: 0, wake_on: Day(i32::MIN), ..right.clone() };
    falsify(&store, &brought).await;
    assert!(!covered(&desk, None, None).await);
    assert!(desk.verify(|_| {}).await.unwrap().is_sound());
    assert_eq!(desk.pass_time(None, |_| {}).await.unwrap().told, 1);
    let again = standing::of_members(&store.read().await.unwrap(), &[member]).await.unwrap().pop().unwrap();
    assert_eq!(again, StandingRow { position: 2, ..right });
    desk.close(writer).await;
}
