//! Payments as the bank told of them, whether or not it is known whose they are.
//!
//! The business key of a payment exists once; that it counts for a member is a fact of that member, under the same id.
//! Deliberately absent: what a payment pays for, and the sums of anything.

use sea_orm::sea_query::{Condition, Expr, ExprTrait, Query, SelectStatement, UnionType};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::store::bulk;
use crate::store::connection::Write;
use crate::store::failure::Failure;
use crate::store::seal::{self, Vault};

/// By what a bank and the fund know a payment: the business key.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PaymentKey {
    /// Who issued the reference.
    pub institution: String,
    /// The business day of the institution, in days since 1970-01-01.
    pub business_date: i32,
    /// The institution's reference.
    pub reference: String,
    /// The line, where one reference covers several payments.
    pub line: i32,
}

/// A payment that was taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PaymentRow {
    /// The id of its fact, or the one that its fact would have had where the payer is unknown.
    pub id: i64,
    /// Whose it is, if that is known.
    pub member: Option<i64>,
    /// The business key.
    pub key: PaymentKey,
    /// The day on which the payer handed it over, in days since 1970-01-01.
    pub value_date: i32,
    /// How much, in riel.
    pub amount: i64,
    /// The contribution month that the payer named, counted as the law counts months.
    pub month: Option<i32>,
    /// By which door the money came.
    pub channel: i16,
    /// Why it stands in suspense, if it did so when it was taken.
    pub suspense: Option<i16>,
    /// The digest of its content.
    pub digest: [u8; 32],
    /// What the bank told of an unknown payer, sealed by [`seal_payer`].
    pub payer: Option<Vec<u8>>,
}

/// The payments with these business keys, by id.
pub async fn by_keys(conn: &impl ConnectionTrait, keys: &[PaymentKey]) -> Result<Vec<PaymentRow>, Failure> {
    use table::Column::{BusinessDate, Institution, Line, Reference};
    let values = |key: &PaymentKey| {
        let (institution, reference) = (key.institution.as_str().into(), key.reference.as_str().into());
        [institution, key.business_date.into(), reference, key.line.into()]
    };
    let columns = [Institution, BusinessDate, Reference, Line];
    rows(bulk::select_by::<table::Entity, 4>(conn, columns, keys.iter().map(values)).await?)
}

/// The payments that were known to be these members' when they were taken, by id.
pub async fn of_members(conn: &impl ConnectionTrait, members: &[i64]) -> Result<Vec<PaymentRow>, Failure> {
    let any = |keys: &[i64]| Condition::all().add(table::Column::Id.in_subquery(ids_of(keys)));
    rows(bulk::select::<table::Entity, _>(conn, members, any).await?)
}

/// The ids of the payments that were known to be these members' when they were taken: a payment that counts bears the id of
/// the fact that it became, and the others wait for an officer.
fn ids_of(members: &[i64]) -> SelectStatement {
    let of = |table: &'static str| {
        Query::select().column("id").from(table).and_where(Expr::col("member").is_in(members.iter().copied())).take()
    };
    let waiting = of("payment").and_where(Expr::col("suspense").is_not_null()).take();
    // In clear, as the index of those who wait has it; 2 is the kind of a payment.
    of("fact").and_where(Expr::cust("kind = 2")).union(UnionType::All, waiting).take()
}

/// The payments with these ids, by id.
pub async fn by_ids(conn: &impl ConnectionTrait, ids: &[i64]) -> Result<Vec<PaymentRow>, Failure> {
    let any = |keys: &[i64]| Condition::all().add(table::Column::Id.is_in(keys.iter().copied()));
    rows(bulk::select::<table::Entity, _>(conn, ids, any).await?)
}

/// The next `limit` payments that an institution booked under a day, after an id, by id.
pub async fn page_of_day(
    conn: &impl ConnectionTrait,
    institution: &str,
    business_date: i32,
    after: i64,
    limit: u64,
) -> Result<Vec<PaymentRow>, Failure> {
    let day = table::Column::Institution.eq(institution).and(table::Column::BusinessDate.eq(business_date));
    page(conn, Condition::all().add(day), after, limit).await
}

/// The next `limit` payments that were known to be a member's when they were taken, or put to the member later, after
/// an id, by id.
pub async fn page_of_member(
    conn: &impl ConnectionTrait,
    member: i64,
    after: i64,
    limit: u64,
) -> Result<Vec<PaymentRow>, Failure> {
    let assigned =
        Query::select().column("payment").from("payment_change").and_where(Expr::col("member").eq(member)).take();
    let ids = ids_of(&[member]).union(UnionType::All, assigned).take();
    page(conn, Condition::all().add(table::Column::Id.in_subquery(ids)), after, limit).await
}

/// The next `limit` payments that wait for an officer, after an id, by id: those that were nobody's when they were
/// taken, did not come to nothing since, were not put to a member, and of which something is left.
pub async fn page_of_waiting(conn: &impl ConnectionTrait, after: i64, limit: u64) -> Result<Vec<PaymentRow>, Failure> {
    let gone =
        "NOT EXISTS (SELECT 1 FROM payment_change AS gone WHERE gone.payment = payment.id AND gone.kind IN (1, 2))";
    let left = "payment.amount > (SELECT coalesce(sum(back.amount), 0) FROM payment_change AS back \
                WHERE back.payment = payment.id AND back.kind = 3)";
    let waits = Condition::all().add(table::Column::Suspense.is_not_null());
    page(conn, waits.add(Expr::cust(gone)).add(Expr::cust(left)), after, limit).await
}

async fn page(
    conn: &impl ConnectionTrait,
    which: Condition,
    after: i64,
    limit: u64,
) -> Result<Vec<PaymentRow>, Failure> {
    let query = table::Entity::find().filter(which).filter(table::Column::Id.gt(after));
    rows(query.order_by_asc(table::Column::Id).limit(limit).all(conn).await?)
}

/// Adds payments.
pub async fn insert(write: &Write, payments: &[PaymentRow]) -> Result<(), Failure> {
    bulk::insert(write, payments.iter().map(table::Model::from)).await
}

/// Seals what the bank told of the payer of payment `id`.
pub fn seal_payer(vault: &Vault, id: i64, payer: &str) -> Result<Vec<u8>, Failure> {
    vault.seal(&seal::bound_to("payment.payer", id), payer.as_bytes())
}

impl PaymentRow {
    /// What the bank told of the payer, if it was kept.
    pub fn open_payer(&self, vault: &Vault) -> Result<Option<String>, Failure> {
        let open = |sealed| seal::open_text(vault, "payment", "payment.payer", self.id, sealed);
        self.payer.as_deref().map(open).transpose()
    }
}

fn rows(models: Vec<table::Model>) -> Result<Vec<PaymentRow>, Failure> {
    let mut rows = models.into_iter().map(PaymentRow::try_from).collect::<Result<Vec<_>, _>>()?;
    rows.sort_unstable_by_key(|row| row.id);
    Ok(rows)
}

impl From<&PaymentRow> for table::Model {
    fn from(row: &PaymentRow) -> table::Model {
        table::Model {
            id: row.id,
            member: row.member,
            institution: row.key.institution.clone(),
            business_date: row.key.business_date,
            reference: row.key.reference.clone(),
            line: row.key.line,
            value_date: row.value_date,
            amount: row.amount,
            month: row.month,
            channel: row.channel,
            suspense: row.suspense,
            digest: row.digest.to_vec(),
            payer: row.payer.clone(),
        }
    }
}

impl TryFrom<table::Model> for PaymentRow {
    type Error = Failure;

    fn try_from(row: table::Model) -> Result<PaymentRow, Failure> {
        let key = PaymentKey {
            institution: row.institution,
            business_date: row.business_date,
            reference: row.reference,
            line: row.line,
        };
        Ok(PaymentRow {
            id: row.id,
            member: row.member,
            key,
            value_date: row.value_date,
            amount: row.amount,
            month: row.month,
            channel: row.channel,
            suspense: row.suspense,
            digest: bulk::fixed(row.digest, "payment", row.id)?,
            payer: row.payer,
        })
    }
}

mod table {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "payment")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        pub member: Option<i64>,
        pub institution: String,
        pub business_date: i32,
        pub reference: String,
        pub line: i32,
        pub value_date: i32,
        pub amount: i64,
        pub month: Option<i32>,
        pub channel: i16,
        pub suspense: Option<i16>,
        pub digest: Vec<u8>,
        pub payer: Option<Vec<u8>>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
