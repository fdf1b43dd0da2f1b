//! Notices: of what a member was to be warned at which position, and what became of the warning.
//!
//! A notice that was due says nothing about whether it reached anybody; that is told afterwards. Deliberately absent: the
//! serving of a notice, which is a fact of the member's life, and addresses.

use krama_law::calendar::Day;
use krama_law::money::Riel;
use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::store::bulk;
use crate::store::connection::Write;
use crate::store::failure::Failure;

/// What a notice warns of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoticeKind {
    /// The first month has become overdue.
    FirstMissed,
    /// The loss is near.
    BeforeLoss,
}

/// A notice that was due.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoticeRow {
    /// Its id.
    pub id: i64,
    /// The position at which it was told.
    pub position: i64,
    /// The member.
    pub member: i64,
    /// What it warns of.
    pub kind: NoticeKind,
    /// The day on which it was due by the law.
    pub due_on: Day,
    /// The last day on which paying prevents the loss, where one is to be seen.
    pub last_safe_day: Option<Day>,
    /// The least amount that prevents it when paid on that day, in riel.
    pub amount: Option<Riel>,
    /// How many months were overdue; not known of notices of an older ledger.
    pub overdue: Option<u32>,
}

/// What became of a notice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DeliveryState {
    /// It was handed to a carrier.
    Sent,
    /// The carrier says that it arrived.
    Delivered,
    /// It cannot be delivered.
    Failed,
    /// Nothing was heard of it in time.
    Expired,
}

/// What was told of a notice.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeliveryRow {
    /// The position at which it was told.
    pub position: i64,
    /// Of which notice.
    pub notice: i64,
    /// What became of it.
    pub state: DeliveryState,
    /// By which way, by the numbers of the floors above.
    pub channel: i16,
    /// On which day.
    pub on: Day,
}

/// The notices with these ids.
pub async fn by_ids(conn: &impl ConnectionTrait, ids: &[i64]) -> Result<Vec<NoticeRow>, Failure> {
    let any = |keys: &[i64]| Condition::all().add(notice_table::Column::Id.is_in(keys.iter().copied()));
    let models = bulk::select::<notice_table::Entity, _>(conn, ids, any).await?;
    models.into_iter().map(NoticeRow::try_from).collect()
}

/// The notices that were told at the positions after one up to another, in order.
pub async fn told_between(conn: &impl ConnectionTrait, after: i64, until: i64) -> Result<Vec<NoticeRow>, Failure> {
    let query = notice_table::Entity::find().filter(notice_table::Column::Position.gt(after));
    let query = query.filter(notice_table::Column::Position.lte(until));
    let query = query.order_by_asc(notice_table::Column::Position).order_by_asc(notice_table::Column::Member);
    query.all(conn).await?.into_iter().map(NoticeRow::try_from).collect()
}

/// What was told of notices at the positions after one up to another, in order.
pub async fn deliveries_between(
    conn: &impl ConnectionTrait,
    after: i64,
    until: i64,
) -> Result<Vec<DeliveryRow>, Failure> {
    let query = delivery_table::Entity::find().filter(delivery_table::Column::Position.gt(after));
    let query = query.filter(delivery_table::Column::Position.lte(until));
    let models = query.order_by_asc(delivery_table::Column::Position).all(conn).await?;
    models.into_iter().map(DeliveryRow::try_from).collect()
}

/// Adds notices.
pub async fn insert(write: &Write, rows: &[NoticeRow]) -> Result<(), Failure> {
    bulk::insert(write, rows.iter().map(notice_table::Model::from)).await
}

/// Adds what was told of notices.
pub async fn insert_deliveries(write: &Write, rows: &[DeliveryRow]) -> Result<(), Failure> {
    bulk::insert(write, rows.iter().map(delivery_table::Model::from)).await
}

/// The number that stands for a kind of notice in every ledger.
fn kind_code(kind: NoticeKind) -> i16 {
    match kind {
        NoticeKind::FirstMissed => 1,
        NoticeKind::BeforeLoss => 2,
    }
}

/// The number that stands for what became of a notice in every ledger.
fn state_code(state: DeliveryState) -> i16 {
    match state {
        DeliveryState::Sent => 1,
        DeliveryState::Delivered => 2,
        DeliveryState::Failed => 3,
        DeliveryState::Expired => 4,
    }
}

impl From<&NoticeRow> for notice_table::Model {
    fn from(row: &NoticeRow) -> notice_table::Model {
        notice_table::Model {
            id: row.id,
            position: row.position,
            member: row.member,
            kind: kind_code(row.kind),
            due_on: row.due_on.0,
            last_safe_day: row.last_safe_day.map(|day| day.0),
            amount: row.amount,
            overdue: row.overdue.map(|months| i32::try_from(months).unwrap_or(i32::MAX)),
        }
    }
}

impl TryFrom<notice_table::Model> for NoticeRow {
    type Error = Failure;

    fn try_from(row: notice_table::Model) -> Result<NoticeRow, Failure> {
        let kinds = [NoticeKind::FirstMissed, NoticeKind::BeforeLoss];
        let kind = kinds.into_iter().find(|kind| kind_code(*kind) == row.kind);
        Ok(NoticeRow {
            id: row.id,
            position: row.position,
            member: row.member,
            kind: kind.ok_or_else(|| Failure::corrupt("notice", row.id, "its kind is unknown"))?,
            due_on: Day(row.due_on),
            last_safe_day: row.last_safe_day.map(Day),
            amount: row.amount,
            overdue: row.overdue.and_then(|months| u32::try_from(months).ok()),
        })
    }
}

impl From<&DeliveryRow> for delivery_table::Model {
    fn from(row: &DeliveryRow) -> delivery_table::Model {
        delivery_table::Model {
            position: row.position,
            notice: row.notice,
            state: state_code(row.state),
            channel: row.channel,
            on_day: row.on.0,
        }
    }
}

impl TryFrom<delivery_table::Model> for DeliveryRow {
    type Error = Failure;

    fn try_from(row: delivery_table::Model) -> Result<DeliveryRow, Failure> {
        use DeliveryState::{Delivered, Expired, Failed, Sent};
        let state = [Sent, Delivered, Failed, Expired].into_iter().find(|state| state_code(*state) == row.state);
        Ok(DeliveryRow {
            position: row.position,
            notice: row.notice,
            state: state.ok_or_else(|| Failure::corrupt("notice_delivery", row.position, "its state is unknown"))?,
            channel: row.channel,
            on: Day(row.on_day),
        })
    }
}

mod notice_table {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "notice")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        pub position: i64,
        pub member: i64,
        pub kind: i16,
        pub due_on: i32,
        pub last_safe_day: Option<i32>,
        pub amount: Option<i64>,
        pub overdue: Option<i32>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod delivery_table {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "notice_delivery")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub position: i64,
        pub notice: i64,
        pub state: i16,
        pub channel: i16,
        pub on_day: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
