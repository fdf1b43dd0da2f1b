//! Other numbers that employments were given, and the months for which employers have no payroll.
//!
//! Rows are added and never altered; an employment bears the number that it was given last. Deliberately absent:
//! whether a number may be given.

use sea_orm::ConnectionTrait;

use crate::store::bulk;
use crate::store::connection::Write;
use crate::store::failure::Failure;

/// Another number of an employment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RekeyRow {
    /// The position of the command that recorded it.
    pub position: i64,
    /// When it became known, in microseconds of UTC.
    pub known_at: i64,
    /// Which employment.
    pub employment: i64,
    /// Its employer.
    pub employer: i64,
    /// The number that it bears from now on.
    pub number: String,
}

/// That an employer has no payroll for a month.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoPayrollRow {
    /// The position of the command that recorded it.
    pub position: i64,
    /// When it became known, in microseconds of UTC.
    pub known_at: i64,
    /// The employer.
    pub employer: i64,
    /// The month, counted as the law counts months.
    pub month: i32,
}

/// The numbers that were given to these employments, in the order in which they were given.
pub async fn of_employments(conn: &impl ConnectionTrait, employments: &[i64]) -> Result<Vec<RekeyRow>, Failure> {
    let keys = employments.iter().map(|employment| [(*employment).into()]);
    Ok(rows(bulk::select_by::<table::Entity, 1>(conn, [table::Column::Employment], keys).await?))
}

/// The employments to which these employers gave these numbers later, in the order in which they were given.
pub async fn by_numbers(conn: &impl ConnectionTrait, numbers: &[(i64, String)]) -> Result<Vec<RekeyRow>, Failure> {
    let keys = numbers.iter().map(|(employer, number)| [(*employer).into(), number.as_str().into()]);
    let columns = [table::Column::Employer, table::Column::Number];
    Ok(rows(bulk::select_by::<table::Entity, 2>(conn, columns, keys).await?))
}

/// What was said of these employers' months, each an employer and a month.
pub async fn months(conn: &impl ConnectionTrait, keys: &[(i64, i32)]) -> Result<Vec<NoPayrollRow>, Failure> {
    let keys = keys.iter().map(|(employer, month)| [(*employer).into(), (*month).into()]);
    let columns = [month_table::Column::Employer, month_table::Column::Month];
    let found = bulk::select_by::<month_table::Entity, 2>(conn, columns, keys).await?;
    let row = |row: month_table::Model| NoPayrollRow {
        position: row.position,
        known_at: row.known_at,
        employer: row.employer,
        month: row.month,
    };
    Ok(found.into_iter().map(row).collect())
}

/// Adds numbers.
pub async fn insert(write: &Write, rekeys: &[RekeyRow]) -> Result<(), Failure> {
    let model = |row: &RekeyRow| table::Model {
        position: row.position,
        known_at: row.known_at,
        employment: row.employment,
        employer: row.employer,
        number: row.number.clone(),
    };
    bulk::insert(write, rekeys.iter().map(model)).await
}

/// Adds months.
pub async fn insert_months(write: &Write, months: &[NoPayrollRow]) -> Result<(), Failure> {
    let model = |row: &NoPayrollRow| month_table::Model {
        position: row.position,
        known_at: row.known_at,
        employer: row.employer,
        month: row.month,
    };
    bulk::insert(write, months.iter().map(model)).await
}

fn rows(mut models: Vec<table::Model>) -> Vec<RekeyRow> {
    models.sort_unstable_by_key(|row| row.position);
    let row = |row: table::Model| RekeyRow {
        position: row.position,
        known_at: row.known_at,
        employment: row.employment,
        employer: row.employer,
        number: row.number,
    };
    models.into_iter().map(row).collect()
}

mod table {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "employment_rekey")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub position: i64,
        pub known_at: i64,
        pub employment: i64,
        pub employer: i64,
        pub number: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod month_table {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "no_payroll")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub position: i64,
        pub known_at: i64,
        pub employer: i64,
        pub month: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
