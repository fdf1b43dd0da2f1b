//! Employments as they were reported: which number an employer gave to whom, from which day.
//!
//! Only what identifies an employment stands here; its days as of now follow from the facts of the member.
//! Deliberately absent: whether an employment is open, and who the worker is.

use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::store::bulk;
use crate::store::connection::Write;
use crate::store::failure::Failure;
use crate::store::seal::{self, Vault};

/// An employment that was reported.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EmploymentRow {
    /// The id of the fact of its hire.
    pub id: i64,
    /// Whose it is; nobody's while an officer has to decide.
    pub member: Option<i64>,
    /// The employer.
    pub employer: i64,
    /// The employer's number of the employment.
    pub number: String,
    /// The first day as it was reported, in days since 1970-01-01.
    pub first_day: i32,
    /// How the worker was found.
    pub match_state: i16,
    /// The digest of the report.
    pub digest: [u8; 32],
    /// What the employer told of a worker who was not found, sealed by [`seal_worker`].
    pub worker: Option<Vec<u8>>,
}

/// All employments that these employers gave these numbers, by id.
pub async fn by_numbers(conn: &impl ConnectionTrait, numbers: &[(i64, String)]) -> Result<Vec<EmploymentRow>, Failure> {
    let keys = numbers.iter().map(|(employer, number)| [(*employer).into(), number.as_str().into()]);
    rows(bulk::select_by::<table::Entity, 2>(conn, [table::Column::Employer, table::Column::Number], keys).await?)
}

/// The employments of these members, by id.
pub async fn of_members(conn: &impl ConnectionTrait, members: &[i64]) -> Result<Vec<EmploymentRow>, Failure> {
    let any = |keys: &[i64]| Condition::all().add(table::Column::Member.is_in(keys.iter().copied()));
    rows(bulk::select::<table::Entity, _>(conn, members, any).await?)
}

/// The employments with these ids, by id.
pub async fn by_ids(conn: &impl ConnectionTrait, ids: &[i64]) -> Result<Vec<EmploymentRow>, Failure> {
    let any = |keys: &[i64]| Condition::all().add(table::Column::Id.is_in(keys.iter().copied()));
    rows(bulk::select::<table::Entity, _>(conn, ids, any).await?)
}

/// The next `limit` employments of an employer after the id `after_id`, by id; 0 begins.
pub async fn page(
    conn: &impl ConnectionTrait,
    employer: i64,
    after_id: i64,
    limit: u64,
) -> Result<Vec<EmploymentRow>, Failure> {
    let query = table::Entity::find()
        .filter(table::Column::Employer.eq(employer))
        .filter(table::Column::Id.gt(after_id))
        .order_by_asc(table::Column::Id)
        .limit(limit);
    rows(query.all(conn).await?)
}

/// Adds employments.
pub async fn insert(write: &Write, employments: &[EmploymentRow]) -> Result<(), Failure> {
    bulk::insert(write, employments.iter().map(table::Model::from)).await
}

/// Seals what the employer told of the worker of employment `id`.
pub fn seal_worker(vault: &Vault, id: i64, worker: &str) -> Result<Vec<u8>, Failure> {
    vault.seal(&seal::bound_to("employment.worker", id), worker.as_bytes())
}

impl EmploymentRow {
    /// What the employer told of the worker, if it was kept.
    pub fn open_worker(&self, vault: &Vault) -> Result<Option<String>, Failure> {
        let open = |sealed| seal::open_text(vault, "employment", "employment.worker", self.id, sealed);
        self.worker.as_deref().map(open).transpose()
    }
}

fn rows(models: Vec<table::Model>) -> Result<Vec<EmploymentRow>, Failure> {
    let mut rows = models.into_iter().map(EmploymentRow::try_from).collect::<Result<Vec<_>, _>>()?;
    rows.sort_unstable_by_key(|row| row.id);
    Ok(rows)
}

impl From<&EmploymentRow> for table::Model {
    fn from(row: &EmploymentRow) -> table::Model {
        table::Model {
            id: row.id,
            member: row.member,
            employer: row.employer,
            number: row.number.clone(),
            first_day: row.first_day,
            match_state: row.match_state,
            digest: row.digest.to_vec(),
            worker: row.worker.clone(),
        }
    }
}

impl TryFrom<table::Model> for EmploymentRow {
    type Error = Failure;

    fn try_from(row: table::Model) -> Result<EmploymentRow, Failure> {
        Ok(EmploymentRow {
            id: row.id,
            member: row.member,
            employer: row.employer,
            number: row.number,
            first_day: row.first_day,
            match_state: row.match_state,
            digest: bulk::fixed(row.digest, "employment", row.id)?,
            worker: row.worker,
        })
    }
}

mod table {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "employment")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        pub member: Option<i64>,
        pub employer: i64,
        pub number: String,
        pub first_day: i32,
        pub match_state: i16,
        pub digest: Vec<u8>,
        pub worker: Option<Vec<u8>>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
