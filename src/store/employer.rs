//! Employers, and the dated grants by which others may speak for them.
//!
//! A grant is never altered: its end is a later row for the same first day, with a later position. Deliberately
//! absent: who may speak for whom on a day, which the floors above read out of the grants.

use krama_law::fact::Sector;
use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait, ConnectionTrait};

use crate::store::connection::Write;
use crate::store::failure::Failure;
use crate::store::{bulk, fact};

/// An employer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EmployerRow {
    /// The ledger's id of the employer.
    pub id: i64,
    /// The position at which it was registered.
    pub position: i64,
    /// Its number at the fund.
    pub number: String,
    /// Its name in Latin letters.
    pub name_latin: String,
    /// Its name in Khmer letters.
    pub name_khmer: String,
    /// Its sector.
    pub sector: Sector,
}

/// A grant: a provider may speak for an employer from a day on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccessRow {
    /// The employer that granted it.
    pub employer: i64,
    /// The id of the caller to which it was granted.
    pub provider: String,
    /// The first day, in days since 1970-01-01.
    pub from_day: i32,
    /// The last day, if there is one.
    pub until_day: Option<i32>,
    /// The position at which this was said.
    pub position: i64,
}

/// The employers with these ids, by id.
pub async fn by_ids(conn: &impl ConnectionTrait, ids: &[i64]) -> Result<Vec<EmployerRow>, Failure> {
    let keys = ids.iter().map(|id| [(*id).into()]);
    rows(bulk::select_by::<employer_table::Entity, 1>(conn, [employer_table::Column::Id], keys).await?)
}

/// The employers with these numbers, by id.
pub async fn by_numbers(conn: &impl ConnectionTrait, numbers: &[String]) -> Result<Vec<EmployerRow>, Failure> {
    let any = |keys: &[String]| Condition::all().add(employer_table::Column::Number.is_in(keys));
    rows(bulk::select::<employer_table::Entity, _>(conn, numbers, any).await?)
}

/// Adds employers.
pub async fn insert(write: &Write, employers: &[EmployerRow]) -> Result<(), Failure> {
    bulk::insert(write, employers.iter().map(employer_table::Model::from)).await
}

/// All that was ever said of the grants to these providers, by position.
pub async fn access_of_providers(conn: &impl ConnectionTrait, providers: &[String]) -> Result<Vec<AccessRow>, Failure> {
    let any = |keys: &[String]| Condition::all().add(access_table::Column::Provider.is_in(keys));
    Ok(grants(bulk::select::<access_table::Entity, _>(conn, providers, any).await?))
}

/// All that was ever said of the grants of these employers, by position.
pub async fn access_of_employers(conn: &impl ConnectionTrait, employers: &[i64]) -> Result<Vec<AccessRow>, Failure> {
    let keys = employers.iter().map(|employer| [(*employer).into()]);
    Ok(grants(bulk::select_by::<access_table::Entity, 1>(conn, [access_table::Column::Employer], keys).await?))
}

/// Adds grants, or the ends of grants.
pub async fn insert_access(write: &Write, grants: &[AccessRow]) -> Result<(), Failure> {
    bulk::insert(write, grants.iter().map(access_table::Model::from)).await
}

fn rows(models: Vec<employer_table::Model>) -> Result<Vec<EmployerRow>, Failure> {
    let mut rows = models.into_iter().map(EmployerRow::try_from).collect::<Result<Vec<_>, _>>()?;
    rows.sort_unstable_by_key(|row| row.id);
    Ok(rows)
}

fn grants(models: Vec<access_table::Model>) -> Vec<AccessRow> {
    let mut rows: Vec<AccessRow> = models.into_iter().map(AccessRow::from).collect();
    // One position may carry several grants, so the rest of the key settles their order.
    rows.sort_unstable_by(|a, b| {
        let key = |row: &AccessRow| (row.position, row.employer, row.from_day);
        key(a).cmp(&key(b)).then_with(|| a.provider.cmp(&b.provider))
    });
    rows
}

impl From<&EmployerRow> for employer_table::Model {
    fn from(row: &EmployerRow) -> employer_table::Model {
        employer_table::Model {
            id: row.id,
            position: row.position,
            number: row.number.clone(),
            name_latin: row.name_latin.clone(),
            name_khmer: row.name_khmer.clone(),
            sector: fact::sector_code(row.sector),
        }
    }
}

impl TryFrom<employer_table::Model> for EmployerRow {
    type Error = Failure;

    fn try_from(row: employer_table::Model) -> Result<EmployerRow, Failure> {
        let sector =
            fact::sector_of(row.sector).ok_or_else(|| Failure::corrupt("employer", row.id, "its sector is unknown"))?;
        Ok(EmployerRow {
            id: row.id,
            position: row.position,
            number: row.number,
            name_latin: row.name_latin,
            name_khmer: row.name_khmer,
            sector,
        })
    }
}

impl From<&AccessRow> for access_table::Model {
    fn from(row: &AccessRow) -> access_table::Model {
        access_table::Model {
            employer: row.employer,
            provider: row.provider.clone(),
            from_day: row.from_day,
            until_day: row.until_day,
            position: row.position,
        }
    }
}

impl From<access_table::Model> for AccessRow {
    fn from(row: access_table::Model) -> AccessRow {
        AccessRow {
            employer: row.employer,
            provider: row.provider,
            from_day: row.from_day,
            until_day: row.until_day,
            position: row.position,
        }
    }
}

mod employer_table {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "employer")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        pub position: i64,
        pub number: String,
        pub name_latin: String,
        pub name_khmer: String,
        pub sector: i16,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod access_table {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "employer_access")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub employer: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub provider: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub from_day: i32,
        pub until_day: Option<i32>,
        #[sea_orm(primary_key, auto_increment = false)]
        pub position: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
