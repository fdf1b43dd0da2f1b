//! What happened to a payment after it was taken: that it came to nothing, was put to a member, was paid back.
//!
//! Rows are added and never altered. What concerns a member is a fact of that member besides; money of nobody has
//! these rows alone. Deliberately absent: whether any of it may happen, and what it means for months.

use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait, ConnectionTrait};

use crate::store::bulk;
use crate::store::connection::Write;
use crate::store::failure::Failure;

/// One thing that happened to a payment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PaymentChangeRow {
    /// The position of the command that recorded it.
    pub position: i64,
    /// When it became known, in microseconds of UTC.
    pub known_at: i64,
    /// Which payment.
    pub payment: i64,
    /// What happened.
    pub kind: ChangeKind,
    /// The day on which it happened, in days since 1970-01-01.
    pub on: i32,
    /// To whom it was put; nobody where it was not.
    pub member: Option<i64>,
    /// How much was paid back; none where nothing was.
    pub amount: Option<i64>,
    /// Why, by a number of the floors above.
    pub reason: i16,
}

/// What can happen to a payment. The numbers are part of every ledger.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChangeKind {
    /// It came to nothing.
    Reversed = 1,
    /// It was put to a member.
    Assigned = 2,
    /// Some of it was paid back.
    Refunded = 3,
}

impl ChangeKind {
    fn of(number: i16) -> Option<ChangeKind> {
        use ChangeKind::{Assigned, Refunded, Reversed};
        [Reversed, Assigned, Refunded].into_iter().find(|kind| *kind as i16 == number)
    }
}

/// What happened to these payments, in the order in which it was recorded.
pub async fn of_payments(conn: &impl ConnectionTrait, payments: &[i64]) -> Result<Vec<PaymentChangeRow>, Failure> {
    let any = |keys: &[i64]| Condition::all().add(table::Column::Payment.is_in(keys.iter().copied()));
    rows(bulk::select::<table::Entity, _>(conn, payments, any).await?)
}

/// What was put to these members, in the order in which it was recorded.
pub async fn of_members(conn: &impl ConnectionTrait, members: &[i64]) -> Result<Vec<PaymentChangeRow>, Failure> {
    let any = |keys: &[i64]| Condition::all().add(table::Column::Member.is_in(keys.iter().copied()));
    rows(bulk::select::<table::Entity, _>(conn, members, any).await?)
}

/// Adds what happened.
pub async fn insert(write: &Write, changes: &[PaymentChangeRow]) -> Result<(), Failure> {
    bulk::insert(write, changes.iter().map(table::Model::from)).await
}

fn rows(models: Vec<table::Model>) -> Result<Vec<PaymentChangeRow>, Failure> {
    let mut rows = models.into_iter().map(PaymentChangeRow::try_from).collect::<Result<Vec<_>, _>>()?;
    rows.sort_unstable_by_key(|row| row.position);
    Ok(rows)
}

impl From<&PaymentChangeRow> for table::Model {
    fn from(row: &PaymentChangeRow) -> table::Model {
        table::Model {
            position: row.position,
            known_at: row.known_at,
            payment: row.payment,
            kind: row.kind as i16,
            on_day: row.on,
            member: row.member,
            amount: row.amount,
            reason: row.reason,
        }
    }
}

impl TryFrom<table::Model> for PaymentChangeRow {
    type Error = Failure;

    fn try_from(row: table::Model) -> Result<PaymentChangeRow, Failure> {
        let kind = ChangeKind::of(row.kind);
        Ok(PaymentChangeRow {
            position: row.position,
            known_at: row.known_at,
            payment: row.payment,
            kind: kind.ok_or_else(|| Failure::corrupt("payment_change", row.position, "its kind is unknown"))?,
            on: row.on_day,
            member: row.member,
            amount: row.amount,
            reason: row.reason,
        })
    }
}

mod table {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "payment_change")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub position: i64,
        pub known_at: i64,
        pub payment: i64,
        pub kind: i16,
        pub on_day: i32,
        pub member: Option<i64>,
        pub amount: Option<i64>,
        pub reason: i16,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
