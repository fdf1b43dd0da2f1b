//! The audit log: who did, saw or was refused what, and for what purpose.
//!
//! Entries are added by the one writer, which numbers them without gaps. Deliberately absent: what was answered,
//! names of members, and any way to alter an entry.

use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::store::bulk;
use crate::store::connection::Write;
use crate::store::failure::Failure;

/// How a call ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It was accepted.
    Accepted,
    /// It was refused, and changed nothing.
    Refused,
    /// It was tried and undone, because only the answer was asked for.
    DryRun,
    /// It had been accepted before, and was answered as then.
    Repeated,
}

/// An entry of the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditRow {
    /// Its number.
    pub id: i64,
    /// When, in microseconds of UTC.
    pub at: i64,
    /// Which caller.
    pub caller: String,
    /// In which role.
    pub role: i16,
    /// Which person behind the caller, as the caller named them.
    pub user_name: Option<String>,
    /// For what purpose.
    pub purpose: Option<i16>,
    /// The reference of the case.
    pub case_reference: Option<String>,
    /// Which operation.
    pub method: String,
    /// How it ended.
    pub outcome: Outcome,
    /// The stable name of the reason, if it was refused.
    pub reason: Option<String>,
    /// The position that it took, if it was accepted.
    pub position: Option<i64>,
    /// The caller's id of the request, if it was a write.
    pub request_id: Option<[u8; 16]>,
    /// The caller's id of the batch that the write came in, and its number there.
    pub slot: Option<Slot>,
}

/// The place of a record in a batch of its caller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slot {
    /// The caller's id of the batch.
    pub batch: [u8; 16],
    /// The caller's number of the record.
    pub sequence: i64,
}

/// The number of the last entry; 0 when there is none.
pub async fn last_id(conn: &impl ConnectionTrait) -> Result<i64, Failure> {
    let newest = table::Entity::find().order_by_desc(table::Column::Id).one(conn).await?;
    Ok(newest.map_or(0, |row| row.id))
}

/// How many entries there are.
pub async fn count(conn: &impl ConnectionTrait) -> Result<u64, Failure> {
    Ok(table::Entity::find().count(conn).await?)
}

/// The next `limit` entries after the number `after_id`; 0 begins.
pub async fn page(conn: &impl ConnectionTrait, after_id: i64, limit: u64) -> Result<Vec<AuditRow>, Failure> {
    let query = table::Entity::find().filter(table::Column::Id.gt(after_id));
    let models = query.order_by_asc(table::Column::Id).limit(limit).all(conn).await?;
    models.into_iter().map(AuditRow::try_from).collect()
}

/// The highest number of a record of a caller's batch; none when nothing was decided of it.
pub async fn last_of_batch(conn: &impl ConnectionTrait, caller: &str, batch: [u8; 16]) -> Result<Option<i64>, Failure> {
    let numbers = table::Entity::find().select_only().column_as(table::Column::Sequence.max(), "last");
    let numbers = numbers.filter(table::Column::Batch.eq(batch.to_vec())).filter(table::Column::Caller.eq(caller));
    let last: Option<Option<i64>> = numbers.into_tuple().one(conn).await?;
    Ok(last.flatten())
}

/// Whether a caller's call of a method was ever accepted. Looks through the log from its end.
pub async fn has_accepted(conn: &impl ConnectionTrait, caller: &str, method: &str) -> Result<bool, Failure> {
    let accepted = table::Entity::find()
        .filter(table::Column::Caller.eq(caller))
        .filter(table::Column::Method.eq(method))
        .filter(table::Column::Outcome.eq(outcome_code(Outcome::Accepted)));
    Ok(accepted.order_by_desc(table::Column::Id).one(conn).await?.is_some())
}

/// The newest entry of each record of a caller's batch, in the order of their numbers, at most `limit` after one.
pub async fn of_batch(
    conn: &impl ConnectionTrait,
    caller: &str,
    batch: [u8; 16],
    after: i64,
    limit: u64,
) -> Result<Vec<AuditRow>, Failure> {
    let newest = table::Entity::find()
        .select_only()
        .column_as(table::Column::Id.max(), "newest")
        .filter(table::Column::Batch.eq(batch.to_vec()))
        .filter(table::Column::Caller.eq(caller))
        .filter(table::Column::Sequence.gt(after))
        .group_by(table::Column::Sequence)
        .order_by_asc(table::Column::Sequence)
        .limit(limit);
    let newest: Vec<i64> = newest.into_tuple().all(conn).await?;
    let any = |keys: &[i64]| Condition::all().add(table::Column::Id.is_in(keys.iter().copied()));
    let models = bulk::select::<table::Entity, _>(conn, &newest, any).await?;
    let mut rows = models.into_iter().map(AuditRow::try_from).collect::<Result<Vec<_>, _>>()?;
    rows.sort_unstable_by_key(|row| row.slot.map(|slot| slot.sequence));
    Ok(rows)
}

/// Adds entries.
pub async fn insert(write: &Write, entries: &[AuditRow]) -> Result<(), Failure> {
    bulk::insert(write, entries.iter().map(table::Model::from)).await
}

/// The number that stands for an outcome in every ledger.
fn outcome_code(outcome: Outcome) -> i16 {
    match outcome {
        Outcome::Accepted => 1,
        Outcome::Refused => 2,
        Outcome::DryRun => 3,
        Outcome::Repeated => 4,
    }
}

fn outcome_of(code: i16) -> Option<Outcome> {
    use Outcome::{Accepted, DryRun, Refused, Repeated};
    [Accepted, Refused, DryRun, Repeated].into_iter().find(|outcome| outcome_code(*outcome) == code)
}

impl From<&AuditRow> for table::Model {
    fn from(row: &AuditRow) -> table::Model {
        table::Model {
            id: row.id,
            at: row.at,
            caller: row.caller.clone(),
            role: row.role,
            user_name: row.user_name.clone(),
            purpose: row.purpose,
            case_reference: row.case_reference.clone(),
            method: row.method.clone(),
            outcome: outcome_code(row.outcome),
            reason: row.reason.clone(),
            position: row.position,
            request_id: row.request_id.map(Vec::from),
            batch: row.slot.map(|slot| slot.batch.to_vec()),
            sequence: row.slot.map(|slot| slot.sequence),
        }
    }
}

impl TryFrom<table::Model> for AuditRow {
    type Error = Failure;

    fn try_from(row: table::Model) -> Result<AuditRow, Failure> {
        let outcome =
            outcome_of(row.outcome).ok_or_else(|| Failure::corrupt("audit", row.id, "its outcome is unknown"))?;
        let batch = row.batch.map(|bytes| bulk::fixed(bytes, "audit", row.id)).transpose()?;
        Ok(AuditRow {
            id: row.id,
            at: row.at,
            caller: row.caller,
            role: row.role,
            user_name: row.user_name,
            purpose: row.purpose,
            case_reference: row.case_reference,
            method: row.method,
            outcome,
            reason: row.reason,
            position: row.position,
            request_id: row.request_id.map(|bytes| bulk::fixed(bytes, "audit", row.id)).transpose()?,
            slot: batch.zip(row.sequence).map(|(batch, sequence)| Slot { batch, sequence }),
        })
    }
}

mod table {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        pub at: i64,
        pub caller: String,
        pub role: i16,
        pub user_name: Option<String>,
        pub purpose: Option<i16>,
        pub case_reference: Option<String>,
        pub method: String,
        pub outcome: i16,
        pub reason: Option<String>,
        pub position: Option<i64>,
        pub request_id: Option<Vec<u8>>,
        pub batch: Option<Vec<u8>>,
        pub sequence: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
