//! Standing: what was last decided of each member, and what was told of it at which position.
//!
//! A row of `standing` is a cache of an answer and is written again; a row of `standing_told` is what the feed says, and
//! stays. The numbers that stand for standings and schemes are never changed. Deliberately absent: when a row may be gone
//! by, which the floor above decides.

pub mod glance;
pub mod told;

use krama_law::answer::{Cover, Scheme, Schemes, Standing};
use krama_law::calendar::Day;
use sea_orm::sea_query::{Condition, Expr, ExprTrait, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Statement};

use crate::store::bulk;
use crate::store::connection::Write;
use crate::store::failure::Failure;

/// What is kept of an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kept {
    /// Where the member stands.
    pub standing: Standing,
    /// The covers, none of them kept in good faith only.
    pub covers: Vec<Cover>,
    /// Months overdue.
    pub overdue: u32,
    /// The run of missed months.
    pub run: u32,
    /// The last day on which paying still prevents the next lapse.
    pub last_safe_day: Option<Day>,
    /// The last day on which all this is so, if nothing more is recorded; open when absent.
    pub holds_until: Option<Day>,
    /// Whether a part of a bill is to be paid. How much is not kept: few have such a duty.
    pub co_payment: bool,
    /// Whether some reading of the law gives another standing or another cover.
    pub contested: bool,
    /// The effective day of the revision in force.
    pub revision: Day,
}

impl Kept {
    /// The schemes that cover.
    pub fn schemes(&self) -> Schemes {
        self.covers.iter().fold(Schemes::NONE, |schemes, cover| schemes.with(cover.scheme, true))
    }
}

/// The row of a member.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StandingRow {
    /// The member.
    pub member: i64,
    /// The position at which this was told; 0 when nothing was told yet.
    pub position: i64,
    /// What is kept of the answer.
    pub kept: Kept,
    /// How much of the member's money the law keeps in suspense, in riel.
    pub suspended: i64,
    /// By which edition of the law it was decided; 0 when it was not decided.
    pub edition: i64,
    /// The last day on which the answers under all readings of the law are as they were when it was decided, if nothing
    /// more is recorded: so long `contested` is what it says. Open when absent.
    pub readings_until: Option<Day>,
    /// The first day on which it must be looked at again.
    pub wake_on: Day,
    /// The last safe day of which the member was last to be warned, if there was one, and how many days before.
    pub noticed: Option<(Option<Day>, u16)>,
}

impl StandingRow {
    /// The row of a member of whom nothing was decided: nobody goes by it, and the next lapse run decides it.
    pub fn undecided(member: i64) -> StandingRow {
        let kept = Kept {
            standing: Standing::NotEnrolled,
            covers: Vec::new(),
            overdue: 0,
            run: 0,
            last_safe_day: None,
            holds_until: None,
            co_payment: false,
            contested: false,
            revision: Day(0),
        };
        StandingRow {
            member,
            position: 0,
            kept,
            suspended: 0,
            edition: 0,
            readings_until: None,
            wake_on: Day(i32::MIN),
            noticed: None,
        }
    }
}

/// What the feed says of a member at a position.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ToldRow {
    /// The position.
    pub position: i64,
    /// The member.
    pub member: i64,
    /// What was told before, if anything was.
    pub was: Option<(Standing, Schemes)>,
    /// What is so now.
    pub now: Kept,
}

/// The rows of these members.
pub async fn of_members(conn: &impl ConnectionTrait, members: &[i64]) -> Result<Vec<StandingRow>, Failure> {
    let keys = members.iter().map(|member| [(*member).into()]);
    let models = bulk::select_by::<standing_table::Entity, 1>(conn, [standing_table::Column::Member], keys).await?;
    models.into_iter().map(StandingRow::try_from).collect()
}

/// The next `limit` rows after a member, by member.
pub async fn page(conn: &impl ConnectionTrait, after: i64, limit: u64) -> Result<Vec<StandingRow>, Failure> {
    let query = standing_table::Entity::find().filter(standing_table::Column::Member.gt(after));
    let models = query.order_by_asc(standing_table::Column::Member).limit(limit).all(conn).await?;
    models.into_iter().map(StandingRow::try_from).collect()
}

/// How many members have a row, and how many are registered.
pub async fn counts(conn: &impl ConnectionTrait) -> Result<(i64, i64), Failure> {
    const COUNTS: &str = "SELECT (SELECT count(*) FROM standing), (SELECT count(DISTINCT member) FROM person)";
    let row = conn.query_one_raw(Statement::from_string(conn.get_database_backend(), COUNTS)).await?;
    let row = row.ok_or_else(|| Failure::Internal("a count was not answered".into()))?;
    Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))
}

/// At most `limit` members whose rows are of an edition of the law and are due on a day, the longest due first; where there
/// is none, those of another edition.
pub async fn due(conn: &impl ConnectionTrait, by: Day, edition: i64, limit: u64) -> Result<Vec<i64>, Failure> {
    let members = async |which: Condition| -> Result<Vec<i64>, Failure> {
        let rows = conn.query_all(&due_first(which, limit)).await?;
        Ok(rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?)
    };
    let of_edition = Condition::all().add(standing_table::Column::Edition.eq(edition));
    let mut found = members(of_edition.add(standing_table::Column::WakeOn.lte(by.0))).await?;
    if found.is_empty() {
        // On either side of an edition the index leads, which "another than" would not let it.
        for other in [standing_table::Column::Edition.lt(edition), standing_table::Column::Edition.gt(edition)] {
            found.extend(members(Condition::all().add(other)).await?);
        }
    }
    Ok(found)
}

/// The members whose rows meet a condition on edition and day, the longest due first: in the order of the index and no
/// further, so that nobody has to read everybody and sort them before the first is told.
pub(in crate::store) fn due_first(which: Condition, limit: u64) -> SelectStatement {
    let query = standing_table::Entity::find().select_only().column(standing_table::Column::Member).filter(which);
    let query = query.order_by_asc(standing_table::Column::Edition).order_by_asc(standing_table::Column::WakeOn);
    query.order_by_asc(standing_table::Column::Position).limit(limit).into_query()
}

/// That rows are of an edition of the law and hold on a day, of rows that are gone through or found by something else: the
/// index of those who are due, which leads to each row by itself, is kept out of it.
fn holding(day: Day, edition: i64) -> Condition {
    Condition::all().add(Expr::cust("+edition").eq(edition)).add(Expr::cust("+wake_on").gt(day.0))
}

/// The last safe days between two days, both included, of at most `limit` members whose rows are of an edition of the law
/// and hold on the first of the days, each with its member, in order. Everybody's row is gone through.
pub async fn losses(
    conn: &impl ConnectionTrait,
    (from, until): (Day, Day),
    edition: i64,
    limit: u64,
) -> Result<Vec<(Day, i64)>, Failure> {
    let query = standing_table::Entity::find()
        .select_only()
        .column(standing_table::Column::LastSafeDay)
        .column(standing_table::Column::Member)
        .filter(standing_table::Column::LastSafeDay.between(from.0, until.0))
        .filter(holding(from, edition))
        .order_by_asc(standing_table::Column::LastSafeDay)
        .order_by_asc(standing_table::Column::Member)
        .limit(limit);
    let found: Vec<(i32, i64)> = query.into_tuple().all(conn).await?;
    Ok(found.into_iter().map(|(day, member)| (Day(day), member)).collect())
}

/// The first `limit` members whose rows meet a condition, by member.
async fn members(conn: &impl ConnectionTrait, condition: Condition, limit: u64) -> Result<Vec<i64>, Failure> {
    let query = standing_table::Entity::find().select_only().column(standing_table::Column::Member).filter(condition);
    let query = query.order_by_asc(standing_table::Column::Member).limit(limit);
    Ok(query.into_tuple().all(conn).await?)
}

/// The next `limit` members after one whose rows do not hold on a day, or are of another edition of the law.
pub async fn undecided(
    conn: &impl ConnectionTrait,
    today: Day,
    edition: i64,
    after: i64,
    limit: u64,
) -> Result<Vec<i64>, Failure> {
    let past = standing_table::Column::WakeOn.lte(today.0);
    let open = Condition::any().add(past).add(standing_table::Column::Edition.ne(edition));
    members(conn, Condition::all().add(standing_table::Column::Member.gt(after)).add(open), limit).await
}

/// The next `limit` members from one on of whose money some is in suspense by a row that holds on a day and is of an edition
/// of the law, with those whose row tells nothing since it does not.
pub async fn in_suspense(
    conn: &impl ConnectionTrait,
    today: Day,
    edition: i64,
    from: i64,
    limit: u64,
) -> Result<Vec<i64>, Failure> {
    // In clear, as the index has it.
    let some = Condition::all().add(Expr::cust("suspended > 0")).add(standing_table::Column::Member.gte(from));
    let mut found = members(conn, some, limit).await?;
    // One look by an index, so that a ledger whose rows all hold is not gone through.
    if !due(conn, today, edition, 1).await?.is_empty() {
        found.extend(undecided(conn, today, edition, from.saturating_sub(1), limit).await?);
        found.sort_unstable();
        found.dedup();
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    }
    Ok(found)
}

/// The next `limit` members after one who are contested, whose rows are of an edition of the law and hold on a day.
pub async fn contested(
    conn: &impl ConnectionTrait,
    today: Day,
    edition: i64,
    after: i64,
    limit: u64,
) -> Result<Vec<i64>, Failure> {
    // In clear, as the index has it.
    let contested = holding(today, edition).add(Expr::cust("contested = 1"));
    members(conn, contested.add(standing_table::Column::Member.gt(after)), limit).await
}

/// What was told at the positions after one up to another, in order.
pub async fn told_between(conn: &impl ConnectionTrait, after: i64, until: i64) -> Result<Vec<ToldRow>, Failure> {
    let query = told_table::Entity::find().filter(told_table::Column::Position.gt(after));
    let query = query.filter(told_table::Column::Position.lte(until));
    let query = query.order_by_asc(told_table::Column::Position).order_by_asc(told_table::Column::Member);
    query.all(conn).await?.into_iter().map(ToldRow::try_from).collect()
}

/// Writes rows in place of those that their members had.
pub async fn replace(write: &Write, rows: &[StandingRow]) -> Result<(), Failure> {
    bulk::replace(write, rows.iter().map(standing_table::Model::from)).await
}

/// Adds what is told.
pub async fn insert_told(write: &Write, rows: &[ToldRow]) -> Result<(), Failure> {
    bulk::insert(write, rows.iter().map(told_table::Model::from)).await
}

const STANDINGS: [Standing; 7] = [
    Standing::Closed,
    Standing::Employed,
    Standing::Abandoned,
    Standing::NotEnrolled,
    Standing::LapsePending,
    Standing::InArrears,
    Standing::Current,
];

/// The number that stands for a standing in every ledger.
fn standing_code(standing: Standing) -> i16 {
    match standing {
        Standing::Closed => 1,
        Standing::Employed => 2,
        Standing::Abandoned => 3,
        Standing::NotEnrolled => 4,
        Standing::LapsePending => 5,
        Standing::InArrears => 6,
        Standing::Current => 7,
    }
}

fn standing_of(code: i16) -> Option<Standing> {
    STANDINGS.into_iter().find(|standing| standing_code(*standing) == code)
}

/// The number that stands for a scheme in every ledger.
fn scheme_code(scheme: Scheme) -> u8 {
    match scheme {
        Scheme::Voluntary => 1,
        Scheme::Formal => 2,
        Scheme::RunOff => 3,
        Scheme::Assistance => 4,
        Scheme::Dependant => 5,
    }
}

/// Schemes as a number: a bit each.
fn schemes_code(schemes: Schemes) -> i16 {
    let bits = Scheme::ALL.into_iter().filter(|scheme| schemes.has(*scheme)).map(|scheme| 1 << scheme_code(scheme));
    bits.sum()
}

fn schemes_of(code: i16) -> Schemes {
    let has = |scheme: Scheme| code & (1 << scheme_code(scheme)) != 0;
    Scheme::ALL.into_iter().fold(Schemes::NONE, |schemes, scheme| schemes.with(scheme, has(scheme)))
}

/// Covers as bytes: of each the scheme, the first day and the last, which is the latest number there is when open.
fn covers_bytes(covers: &[Cover]) -> Vec<u8> {
    let one = |cover: &Cover| {
        let (from, until) = (cover.from.0.to_be_bytes(), cover.until.map_or(i32::MAX, |day| day.0).to_be_bytes());
        [&[scheme_code(cover.scheme)][..], &from, &until].concat()
    };
    covers.iter().flat_map(one).collect()
}

fn covers_of(bytes: &[u8]) -> Option<Vec<Cover>> {
    let (covers, rest) = bytes.as_chunks::<9>();
    let one = |&[code, a, b, c, d, e, f, g, h]: &[u8; 9]| {
        let scheme = Scheme::ALL.into_iter().find(|scheme| scheme_code(*scheme) == code)?;
        let until = i32::from_be_bytes([e, f, g, h]);
        let until = (until != i32::MAX).then_some(Day(until));
        Some(Cover { scheme, from: Day(i32::from_be_bytes([a, b, c, d])), until, kept: false })
    };
    if rest.is_empty() { covers.iter().map(one).collect() } else { None }
}

/// Makes and reads the columns that an answer is kept in, which two tables have.
macro_rules! kept {
    ($model:expr, $table:literal, $id:expr) => {{
        let broken = |what| Failure::corrupt($table, $id, what);
        let count = |number: i32| u32::try_from(number).map_err(|_| broken("a count is negative"));
        Kept {
            standing: standing_of($model.standing).ok_or_else(|| broken("its standing is unknown"))?,
            covers: covers_of(&$model.covers).ok_or_else(|| broken("its covers cannot be read"))?,
            overdue: count($model.overdue)?,
            run: count($model.run)?,
            last_safe_day: $model.last_safe_day.map(Day),
            holds_until: $model.holds_until.map(Day),
            co_payment: $model.co_payment != 0,
            contested: $model.contested != 0,
            revision: Day($model.revision),
        }
    }};
}

fn count(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

impl From<&StandingRow> for standing_table::Model {
    fn from(row: &StandingRow) -> standing_table::Model {
        let kept = &row.kept;
        standing_table::Model {
            member: row.member,
            position: row.position,
            standing: standing_code(kept.standing),
            covers: covers_bytes(&kept.covers),
            overdue: count(kept.overdue),
            run: count(kept.run),
            last_safe_day: kept.last_safe_day.map(|day| day.0),
            holds_until: kept.holds_until.map(|day| day.0),
            co_payment: i16::from(kept.co_payment),
            contested: i16::from(kept.contested),
            revision: kept.revision.0,
            suspended: row.suspended,
            edition: row.edition,
            readings_until: row.readings_until.map(|day| day.0),
            wake_on: row.wake_on.0,
            noticed_for: row.noticed.and_then(|(day, _)| day).map(|day| day.0),
            noticed_days: row.noticed.map(|(_, days)| i16::try_from(days).unwrap_or(i16::MAX)),
        }
    }
}

impl TryFrom<standing_table::Model> for StandingRow {
    type Error = Failure;

    fn try_from(model: standing_table::Model) -> Result<StandingRow, Failure> {
        let noticed_days = model.noticed_days.and_then(|days| u16::try_from(days).ok());
        Ok(StandingRow {
            member: model.member,
            position: model.position,
            kept: kept!(model, "standing", model.member),
            suspended: model.suspended,
            edition: model.edition,
            readings_until: model.readings_until.map(Day),
            wake_on: Day(model.wake_on),
            noticed: noticed_days.map(|days| (model.noticed_for.map(Day), days)),
        })
    }
}

impl From<&ToldRow> for told_table::Model {
    fn from(row: &ToldRow) -> told_table::Model {
        let now = &row.now;
        told_table::Model {
            position: row.position,
            member: row.member,
            was_standing: row.was.map(|(standing, _)| standing_code(standing)),
            was_covers: row.was.map(|(_, covers)| schemes_code(covers)),
            standing: standing_code(now.standing),
            covers: covers_bytes(&now.covers),
            overdue: count(now.overdue),
            run: count(now.run),
            last_safe_day: now.last_safe_day.map(|day| day.0),
            holds_until: now.holds_until.map(|day| day.0),
            co_payment: i16::from(now.co_payment),
            contested: i16::from(now.contested),
            revision: now.revision.0,
        }
    }
}

impl TryFrom<told_table::Model> for ToldRow {
    type Error = Failure;

    fn try_from(model: told_table::Model) -> Result<ToldRow, Failure> {
        let was = model.was_standing.map(|code| {
            standing_of(code).ok_or_else(|| Failure::corrupt("standing_told", model.member, "its standing is unknown"))
        });
        Ok(ToldRow {
            position: model.position,
            member: model.member,
            was: was.transpose()?.zip(model.was_covers.map(schemes_of)),
            now: kept!(model, "standing_told", model.member),
        })
    }
}

mod standing_table {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "standing")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub member: i64,
        pub position: i64,
        pub standing: i16,
        pub covers: Vec<u8>,
        pub overdue: i32,
        pub run: i32,
        pub last_safe_day: Option<i32>,
        pub holds_until: Option<i32>,
        pub co_payment: i16,
        pub contested: i16,
        pub revision: i32,
        pub suspended: i64,
        pub edition: i64,
        pub readings_until: Option<i32>,
        pub wake_on: i32,
        pub noticed_for: Option<i32>,
        pub noticed_days: Option<i16>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod told_table {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "standing_told")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub position: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub member: i64,
        pub was_standing: Option<i16>,
        pub was_covers: Option<i16>,
        pub standing: i16,
        pub covers: Vec<u8>,
        pub overdue: i32,
        pub run: i32,
        pub last_safe_day: Option<i32>,
        pub holds_until: Option<i32>,
        pub co_payment: i16,
        pub contested: i16,
        pub revision: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
