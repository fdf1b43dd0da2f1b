//! The law in the ledger: the documents with which it began, and the acts by which it was changed.
//!
//! Rows are added and never altered. Documents with which a ledger began lie before its first position. Deliberately
//! absent: what a document says.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::store::bulk;
use crate::store::connection::Write;
use crate::store::failure::Failure;

/// One act about the law.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PolicyRow {
    /// The position of the command that recorded it; below 1 for what the ledger began with.
    pub position: i64,
    /// When it became known, in microseconds of UTC.
    pub known_at: i64,
    /// Which act.
    pub kind: PolicyKind,
    /// The position of the proposal that it is about.
    pub proposal: Option<i64>,
    /// The document; empty for an act about a proposal.
    pub document: String,
}

/// The acts about the law, with their numbers in the ledger.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PolicyKind {
    /// The ledger began with this revision.
    Revision,
    /// The ledger began with this reading.
    Reading,
    /// A revision was proposed.
    Proposed,
    /// A proposal became part of the law.
    Approved,
    /// A proposal was taken back.
    Withdrawn,
}

impl PolicyKind {
    const ALL: [PolicyKind; 5] =
        [PolicyKind::Revision, PolicyKind::Reading, PolicyKind::Proposed, PolicyKind::Approved, PolicyKind::Withdrawn];

    fn number(self) -> i16 {
        let index = PolicyKind::ALL.iter().position(|kind| *kind == self).unwrap_or(0);
        i16::try_from(index).unwrap_or(0) + 1
    }

    fn of(number: i16) -> Option<PolicyKind> {
        PolicyKind::ALL.get(usize::try_from(number).ok()?.checked_sub(1)?).copied()
    }
}

/// The acts after a position, oldest first.
pub async fn since(conn: &impl ConnectionTrait, position: i64) -> Result<Vec<PolicyRow>, Failure> {
    let query = table::Entity::find().filter(table::Column::Position.gt(position));
    let models = query.order_by_asc(table::Column::Position).all(conn).await?;
    let row = |model: table::Model| {
        let unknown = || Failure::corrupt("policy", model.position, "the kind is unknown");
        Ok(PolicyRow {
            position: model.position,
            known_at: model.known_at,
            kind: PolicyKind::of(model.kind).ok_or_else(unknown)?,
            proposal: model.proposal,
            document: model.document,
        })
    };
    models.into_iter().map(row).collect()
}

/// Adds acts.
pub async fn insert(write: &Write, rows: &[PolicyRow]) -> Result<(), Failure> {
    let model = |row: &PolicyRow| table::Model {
        position: row.position,
        known_at: row.known_at,
        kind: row.kind.number(),
        proposal: row.proposal,
        document: row.document.clone(),
    };
    bulk::insert(write, rows.iter().map(model)).await
}

mod table {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "policy")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub position: i64,
        pub known_at: i64,
        pub kind: i16,
        pub proposal: Option<i64>,
        pub document: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
