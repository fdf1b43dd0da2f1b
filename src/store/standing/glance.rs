//! A glance: the newest position, and of numbers that people show whose they are, who that is and what is kept of the
//! standing; in one statement, so that many questions are one way to the database and back.
//!
//! Deliberately absent: who asks, and when a row may be gone by.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, FromQueryResult as _, Statement};

use crate::store::bulk;
use crate::store::connection::{Store, is_postgres};
use crate::store::failure::Failure;
use crate::store::person::PersonRow;
use crate::store::standing::{StandingRow, standing_table};

/// Who has a number: the newest version of each, with the row of standing.
pub type Holders = Vec<(PersonRow, Option<StandingRow>)>;

/// What one look at the ledger finds.
#[derive(Debug)]
pub struct Glance {
    /// The last position, and its known time.
    pub last: (i64, i64),
    /// Who has each of the numbers, by its hash; nothing of a number that nobody has.
    pub holders: HashMap<[u8; 32], Holders>,
}

/// The statement, with what reads the keys; the columns of `standing` follow those that are named.
pub(in crate::store) fn text(postgres: bool) -> String {
    let keys = if postgres { "= ANY($1::bytea[])" } else { "IN (SELECT unhex(value ->> 0) FROM json_each($1))" };
    format!(
        "SELECT last.position AS last_position, last.known_at AS last_known, identifier.hash AS number, \
         person.member AS holder, person.position AS person_position, person.known_at AS person_known, \
         person.sealed AS sealed, standing.* \
         FROM (SELECT position, known_at FROM command ORDER BY position DESC LIMIT 1) AS last \
         LEFT JOIN identifier ON identifier.hash {keys} \
         LEFT JOIN person ON person.member = identifier.member AND person.position = \
         (SELECT max(newest.position) FROM person AS newest WHERE newest.member = identifier.member) \
         LEFT JOIN standing ON standing.member = identifier.member ORDER BY identifier.position, identifier.ordinal"
    )
}

/// Looks at the ledger for who has these numbers. The statement sees one state by itself and needs no transaction.
pub async fn glance(store: &Store, numbers: &[[u8; 32]]) -> Result<Glance, Failure> {
    let conn = store.single();
    let keys = bulk::keys_of_bytes(conn, numbers)?;
    let statement = Statement::from_sql_and_values(conn.get_database_backend(), text(is_postgres(conn)), [keys]);
    let mut glance = Glance { last: (0, 0), holders: HashMap::new() };
    for row in conn.query_all_raw(statement).await? {
        glance.last = (row.try_get("", "last_position")?, row.try_get("", "last_known")?);
        let Some(member) = row.try_get::<Option<i64>>("", "holder")? else { continue };
        let number = bulk::fixed(row.try_get("", "number")?, "identifier", member)?;
        let person = PersonRow {
            member,
            position: row.try_get("", "person_position")?,
            known_at: row.try_get("", "person_known")?,
            sealed: row.try_get("", "sealed")?,
        };
        let decided = row.try_get::<Option<i64>>("", "edition")?.is_some();
        let model = decided.then(|| standing_table::Model::from_query_result(&row, "")).transpose()?;
        let holders = glance.holders.entry(number).or_default();
        holders.push((person, model.map(StandingRow::try_from).transpose()?));
    }
    Ok(glance)
}
