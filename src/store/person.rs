//! Personal data: who a member is, in every version that was ever known, sealed under the key file.
//!
//! A value is found by its keyed hash and read by unsealing it; nothing here stands in the clear, and facts know
//! nothing of this file. Deliberately absent: how names and numbers are normalised, and whether two records are the
//! same person.

use std::collections::BTreeMap;

use sea_orm::sea_query::{Condition, Expr};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};

use crate::store::bulk;
use crate::store::connection::Write;
use crate::store::failure::Failure;
use crate::store::seal::{self, Vault};

/// Who a member is. It has no `Debug`, so that it cannot slip into a log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    /// The family name in Khmer letters, as it was given.
    pub family_khmer: String,
    /// The given name in Khmer letters, as it was given.
    pub given_khmer: String,
    /// The family name in Latin letters, as it was given.
    pub family_latin: String,
    /// The given name in Latin letters, as it was given.
    pub given_latin: String,
    /// The sex, by the numbers of the floors above.
    pub sex: u8,
    /// The year of birth, if it is known.
    pub birth_year: Option<u16>,
    /// The month of birth, if it is known.
    pub birth_month: Option<u8>,
    /// The day of birth, if it is known.
    pub birth_day: Option<u8>,
    /// A telephone number.
    pub phone: Option<String>,
    /// The commune of residence.
    pub commune: Option<String>,
}

/// One version of who a member is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PersonRow {
    /// The member.
    pub member: i64,
    /// The position at which this version was recorded.
    pub position: i64,
    /// When it became known, in microseconds of UTC.
    pub known_at: i64,
    /// The sealed [`Details`].
    pub sealed: Vec<u8>,
}

/// One number, card or phone of a member.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IdentifierRow {
    /// The position at which it was recorded.
    pub position: i64,
    /// Which one of that position.
    pub ordinal: i16,
    /// The member.
    pub member: i64,
    /// Of which kind it is.
    pub kind: i16,
    /// The keyed hash of the kind and the normalised value, by [`identifier_hash`].
    pub hash: [u8; 32],
    /// The sealed value, as it was given.
    pub sealed: Vec<u8>,
}

impl PersonRow {
    /// Seals `details` into a version of `member`.
    pub fn seal(
        vault: &Vault,
        member: i64,
        position: i64,
        known_at: i64,
        details: &Details,
    ) -> Result<PersonRow, Failure> {
        // The error of the serialiser could quote a value, so it is left behind here and in `open`.
        let plain = serde_json::to_vec(details)
            .map_err(|_| Failure::Internal("the details of a person cannot be serialised".into()))?;
        let sealed = vault.seal(&seal::bound_to("person", member), &plain)?;
        Ok(PersonRow { member, position, known_at, sealed })
    }

    /// The details that were sealed.
    pub fn open(&self, vault: &Vault) -> Result<Details, Failure> {
        let broken = |what| Failure::corrupt("person", self.member, what);
        let plain = vault
            .unseal(&seal::bound_to("person", self.member), &self.sealed)
            .ok_or_else(|| broken("its seal does not open"))?;
        serde_json::from_slice(&plain).map_err(|_| broken("what was sealed has another shape"))
    }
}

impl IdentifierRow {
    /// Seals an identifier of `member`: `normalised` is what it is found by, `given` what is printed.
    pub fn seal(
        vault: &Vault,
        (position, ordinal): (i64, i16),
        member: i64,
        kind: i16,
        normalised: &str,
        given: &str,
    ) -> Result<IdentifierRow, Failure> {
        let hash = identifier_hash(vault, kind, normalised);
        let sealed = vault.seal(&seal::bound_to(&place(kind), member), given.as_bytes())?;
        Ok(IdentifierRow { position, ordinal, member, kind, hash, sealed })
    }

    /// The identifier as it was given.
    pub fn open(&self, vault: &Vault) -> Result<String, Failure> {
        // The row's key is a pair; its position is the half that finds it.
        let plain = vault.unseal(&seal::bound_to(&place(self.kind), self.member), &self.sealed);
        plain
            .and_then(|plain| String::from_utf8(plain).ok())
            .ok_or_else(|| Failure::corrupt("identifier", self.position, "its seal does not open"))
    }
}

/// The hash by which an identifier of this kind is found.
pub fn identifier_hash(vault: &Vault, kind: i16, normalised: &str) -> [u8; 32] {
    vault.search_hash(&place(kind), normalised)
}

/// The newest version of each of these members, by member.
pub async fn latest(conn: &impl ConnectionTrait, members: &[i64]) -> Result<Vec<PersonRow>, Failure> {
    versions_as_known(conn, members, i64::MAX).await
}

/// The newest version of each of these members among those known at `known_at`, by member.
pub async fn versions_as_known(
    conn: &impl ConnectionTrait,
    members: &[i64],
    known_at: i64,
) -> Result<Vec<PersonRow>, Failure> {
    let any = |keys: &[i64]| {
        let known = person_table::Column::KnownAt.lte(known_at);
        Condition::all().add(person_table::Column::Member.is_in(keys.iter().copied())).add(known)
    };
    let mut newest: BTreeMap<i64, PersonRow> = BTreeMap::new();
    // A member has few versions, so all are read and the newest is kept; positions rise with known times.
    for row in bulk::select::<person_table::Entity, _>(conn, members, any).await? {
        let older = newest.get(&row.member).is_none_or(|kept| kept.position < row.position);
        if older {
            newest.insert(row.member, PersonRow::from(row));
        }
    }
    Ok(newest.into_values().collect())
}

/// Every version of these members, in the order in which they were recorded.
pub async fn versions(conn: &impl ConnectionTrait, members: &[i64]) -> Result<Vec<PersonRow>, Failure> {
    let keys = members.iter().map(|member| [(*member).into()]);
    let mut found = bulk::select_by::<person_table::Entity, 1>(conn, [person_table::Column::Member], keys).await?;
    found.sort_unstable_by_key(|row| row.position);
    Ok(found.into_iter().map(PersonRow::from).collect())
}

/// When each of these members was registered: the known time of the first version, by member.
pub async fn registered(conn: &impl ConnectionTrait, members: &[i64]) -> Result<BTreeMap<i64, i64>, Failure> {
    let mut first = BTreeMap::new();
    for row in versions(conn, members).await? {
        first.entry(row.member).or_insert(row.known_at);
    }
    Ok(first)
}

/// All identifiers of these members, in the order in which they were recorded.
pub async fn identifiers_of(conn: &impl ConnectionTrait, members: &[i64]) -> Result<Vec<IdentifierRow>, Failure> {
    let any = |keys: &[i64]| Condition::all().add(identifier_table::Column::Member.is_in(keys.iter().copied()));
    identifiers(bulk::select::<identifier_table::Entity, _>(conn, members, any).await?)
}

/// All identifiers with these hashes, in the order in which they were recorded.
pub async fn identifiers_by_hash(
    conn: &impl ConnectionTrait,
    hashes: &[[u8; 32]],
) -> Result<Vec<IdentifierRow>, Failure> {
    let keys = hashes.iter().map(|hash| [hash.to_vec().into()]);
    identifiers(bulk::select_by::<identifier_table::Entity, 1>(conn, [identifier_table::Column::Hash], keys).await?)
}

/// Who has numbers with these hashes: each hash with a member, in the order in which that was recorded.
pub async fn holders(conn: &impl ConnectionTrait, hashes: &[[u8; 32]]) -> Result<Vec<([u8; 32], i64)>, Failure> {
    let keys = hashes.iter().map(|hash| [hash.to_vec().into()]);
    let Some(among) = bulk::among(conn, [identifier_table::Column::Hash], keys)? else { return Ok(Vec::new()) };
    // Nothing but what the index holds, so that no row is read.
    let query = identifier_table::Entity::find().filter(among).select_only();
    let query = query.column(identifier_table::Column::Hash).column(identifier_table::Column::Position);
    let query = query.column(identifier_table::Column::Member);
    let mut found: Vec<(Vec<u8>, i64, i64)> = query.into_tuple().all(conn).await?;
    found.sort_unstable_by_key(|(_, position, _)| *position);
    let holder = |(hash, position, member)| Ok((bulk::fixed(hash, "identifier", position)?, member));
    found.into_iter().map(holder).collect()
}

/// The next `limit` members who were registered after a position, with the position of each; 0 begins.
pub async fn page_members(conn: &impl ConnectionTrait, after: i64, limit: u64) -> Result<Vec<(i64, i64)>, Failure> {
    // The first version of a person is its registration; later ones are passed over.
    let first = "NOT EXISTS (SELECT 1 FROM person AS earlier WHERE earlier.member = person.member \
                 AND earlier.position < person.position)";
    let query = person_table::Entity::find()
        .select_only()
        .column(person_table::Column::Member)
        .column(person_table::Column::Position)
        .filter(person_table::Column::Position.gt(after))
        .filter(Expr::cust(first))
        .order_by_asc(person_table::Column::Position)
        .limit(limit);
    Ok(query.into_tuple().all(conn).await?)
}

/// Adds versions of persons.
pub async fn insert_persons(write: &Write, persons: &[PersonRow]) -> Result<(), Failure> {
    bulk::insert(write, persons.iter().map(person_table::Model::from)).await
}

/// Adds identifiers.
pub async fn insert_identifiers(write: &Write, identifiers: &[IdentifierRow]) -> Result<(), Failure> {
    bulk::insert(write, identifiers.iter().map(identifier_table::Model::from)).await
}

/// What tells one kind of identifier from another, in hashes and in seals.
fn place(kind: i16) -> String {
    format!("identifier {kind}")
}

fn identifiers(models: Vec<identifier_table::Model>) -> Result<Vec<IdentifierRow>, Failure> {
    let mut rows = models.into_iter().map(IdentifierRow::try_from).collect::<Result<Vec<_>, _>>()?;
    rows.sort_unstable_by_key(|row| (row.position, row.ordinal));
    Ok(rows)
}

impl From<&PersonRow> for person_table::Model {
    fn from(row: &PersonRow) -> person_table::Model {
        person_table::Model {
            member: row.member,
            position: row.position,
            known_at: row.known_at,
            sealed: row.sealed.clone(),
        }
    }
}

impl From<person_table::Model> for PersonRow {
    fn from(row: person_table::Model) -> PersonRow {
        PersonRow { member: row.member, position: row.position, known_at: row.known_at, sealed: row.sealed }
    }
}

impl From<&IdentifierRow> for identifier_table::Model {
    fn from(row: &IdentifierRow) -> identifier_table::Model {
        identifier_table::Model {
            position: row.position,
            ordinal: row.ordinal,
            member: row.member,
            kind: row.kind,
            hash: row.hash.to_vec(),
            sealed: row.sealed.clone(),
        }
    }
}

impl TryFrom<identifier_table::Model> for IdentifierRow {
    type Error = Failure;

    fn try_from(row: identifier_table::Model) -> Result<IdentifierRow, Failure> {
        Ok(IdentifierRow {
            position: row.position,
            ordinal: row.ordinal,
            member: row.member,
            kind: row.kind,
            hash: bulk::fixed(row.hash, "identifier", row.position)?,
            sealed: row.sealed,
        })
    }
}

mod person_table {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "person")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub member: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub position: i64,
        pub known_at: i64,
        pub sealed: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod identifier_table {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "identifier")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub position: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub ordinal: i16,
        pub member: i64,
        pub kind: i16,
        pub hash: Vec<u8>,
        pub sealed: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
