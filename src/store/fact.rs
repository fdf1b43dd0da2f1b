//! Facts of members: the law's own type, laid out in columns and read back as it was.
//!
//! The numbers that stand for kinds, sectors and levels are part of every ledger ever written: they are never
//! changed nor used again for something else. Deliberately absent: what facts mean, and any way to alter one.

use krama_law::calendar::{Day, Moment, Month};
use krama_law::fact::{AssistanceLevel, EmployerAct, EmploymentId, Fact, FactId, MemberId, Recorded, Relation, Sector};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::store::bulk;
use crate::store::connection::Write;
use crate::store::failure::Failure;

/// The facts of these members, each with its member, in the order in which they were recorded.
pub async fn facts_of(conn: &impl ConnectionTrait, members: &[i64]) -> Result<Vec<(i64, Recorded)>, Failure> {
    let keys = members.iter().map(|member| [(*member).into()]);
    let mut rows = bulk::select_by::<table::Entity, 1>(conn, [table::Column::Member], keys).await?;
    rows.sort_unstable_by_key(|row| row.id);
    rows.iter().map(|row| Ok((row.member, recorded(row)?))).collect()
}

/// The facts that the commands at the positions from one to another recorded, each with its member, in order. Their ids
/// lie between those of the two, the latter left out.
pub async fn facts_between(
    conn: &impl ConnectionTrait,
    from: i64,
    before: i64,
) -> Result<Vec<(i64, Recorded)>, Failure> {
    let query = table::Entity::find().filter(table::Column::Id.gte(from)).filter(table::Column::Id.lt(before));
    let rows = query.order_by_asc(table::Column::Id).all(conn).await?;
    rows.iter().map(|row| Ok((row.member, recorded(row)?))).collect()
}

/// Everybody who was ever said to live in the household of one of these heads.
pub async fn members_of_heads(conn: &impl ConnectionTrait, heads: &[i64]) -> Result<Vec<i64>, Failure> {
    let keys = heads.iter().map(|head| [(*head).into()]);
    let Some(among) = bulk::among(conn, [table::Column::Target], keys)? else { return Ok(Vec::new()) };
    // The condition of the index must stand in the text.
    let query = table::Entity::find().filter(Expr::cust("kind = 17")).filter(among);
    let mut members: Vec<i64> = query.select_only().column(table::Column::Member).into_tuple().all(conn).await?;
    members.sort_unstable();
    members.dedup();
    Ok(members)
}

/// Adds facts, each with the member whose life it belongs to.
pub async fn insert_facts(write: &Write, facts: &[(i64, Recorded)]) -> Result<(), Failure> {
    bulk::insert(write, facts.iter().map(|(member, recorded)| laid_out(*member, recorded))).await
}

/// The number that stands for a sector in every table.
pub fn sector_code(sector: Sector) -> i16 {
    match sector {
        Sector::Private => 1,
        Sector::Public => 2,
    }
}

/// The sector for which a number stands.
pub fn sector_of(code: i16) -> Option<Sector> {
    [Sector::Private, Sector::Public].into_iter().find(|sector| sector_code(*sector) == code)
}

fn level_code(level: AssistanceLevel) -> i16 {
    match level {
        AssistanceLevel::Poor1 => 1,
        AssistanceLevel::Poor2 => 2,
        AssistanceLevel::AtRisk => 3,
    }
}

fn level_of(code: i16) -> Option<AssistanceLevel> {
    use AssistanceLevel::{AtRisk, Poor1, Poor2};
    [Poor1, Poor2, AtRisk].into_iter().find(|level| level_code(*level) == code)
}

fn act_code(act: EmployerAct) -> i16 {
    match act {
        EmployerAct::Declared => 1,
        EmployerAct::Paid => 2,
    }
}

fn act_of(code: i16) -> Option<EmployerAct> {
    [EmployerAct::Declared, EmployerAct::Paid].into_iter().find(|act| act_code(*act) == code)
}

fn relation_code(relation: Relation) -> i16 {
    match relation {
        Relation::Child => 1,
        Relation::Spouse => 2,
        Relation::Other => 3,
    }
}

/// What a member is to the head, in one number: the relation in the two lowest bits, then one bit each for what else
/// the law asks.
mod household {
    use super::{Relation, relation_code};

    const RELATION: i16 = 0b0011;
    const DISABLED: i16 = 0b0100;
    const REGISTERED: i16 = 0b1000;

    pub(super) fn code(relation: Relation, disabled: bool, registered: bool) -> i16 {
        let bit = |set, bit| if set { bit } else { 0 };
        relation_code(relation) | bit(disabled, DISABLED) | bit(registered, REGISTERED)
    }

    /// The relation, whether the member is disabled and whether the marriage is registered.
    pub(super) fn of(code: i16) -> Option<(Relation, bool, bool)> {
        let relations = [Relation::Child, Relation::Spouse, Relation::Other];
        let relation = relations.into_iter().find(|relation| relation_code(*relation) == code & RELATION)?;
        Some((relation, code & DISABLED != 0, code & REGISTERED != 0))
    }
}

/// The numbers that stand for the kinds of facts.
mod kind {
    pub(super) const ENROLLED: i16 = 1;
    pub(super) const PAYMENT: i16 = 2;
    pub(super) const REVERSED: i16 = 3;
    pub(super) const HIRED: i16 = 4;
    pub(super) const SEPARATED: i16 = 5;
    pub(super) const AMENDED: i16 = 6;
    pub(super) const EMPLOYMENT_RETRACTED: i16 = 7;
    pub(super) const CERTIFICATE: i16 = 8;
    pub(super) const EXCUSED: i16 = 9;
    pub(super) const NOTICE_SERVED: i16 = 10;
    pub(super) const LAPSE_CONFIRMED: i16 = 11;
    pub(super) const LAPSE_WAIVED: i16 = 12;
    pub(super) const DIED: i16 = 13;
    pub(super) const REFUNDED: i16 = 14;
    pub(super) const EMPLOYER_MONTH: i16 = 15;
    pub(super) const BORN: i16 = 16;
    pub(super) const HOUSEHOLD: i16 = 17;
    pub(super) const RETRACTED: i16 = 18;
}

/// The columns of a fact. A column that its kind does not use stays empty.
fn laid_out(member: i64, recorded: &Recorded) -> table::Model {
    let empty = |kind| table::Model {
        id: recorded.id.0,
        member,
        known_at: recorded.known.0,
        kind,
        day_from: None,
        day_until: None,
        amount: None,
        month_from: None,
        month_to: None,
        target: None,
        code: None,
    };
    let on = |kind, day: Day| table::Model { day_from: Some(day.0), ..empty(kind) };
    let about = |kind, employment: EmploymentId| table::Model { target: Some(employment.0), ..empty(kind) };
    match recorded.fact {
        Fact::Enrolled { on: day } => on(kind::ENROLLED, day),
        Fact::Payment { on: day, amount, month } => {
            table::Model { amount: Some(amount), month_from: month.map(|month| month.0), ..on(kind::PAYMENT, day) }
        }
        Fact::Reversed { payment, on: day } => table::Model { target: Some(payment.0), ..on(kind::REVERSED, day) },
        Fact::Hired { employment, sector, from, until } => table::Model {
            day_from: Some(from.0),
            day_until: until.map(|day| day.0),
            code: Some(sector_code(sector)),
            ..about(kind::HIRED, employment)
        },
        Fact::Separated { employment, last } => {
            table::Model { day_until: Some(last.0), ..about(kind::SEPARATED, employment) }
        }
        Fact::Amended { employment, from, until } => table::Model {
            day_from: from.map(|day| day.0),
            day_until: until.map(|day| day.0),
            ..about(kind::AMENDED, employment)
        },
        Fact::EmploymentRetracted { employment } => about(kind::EMPLOYMENT_RETRACTED, employment),
        Fact::Certificate { level, from, until } => table::Model {
            code: Some(level_code(level)),
            day_until: until.map(|day| day.0),
            ..on(kind::CERTIFICATE, from)
        },
        Fact::Excused { from, to } => {
            table::Model { month_from: Some(from.0), month_to: Some(to.0), ..empty(kind::EXCUSED) }
        }
        Fact::NoticeServed { on: day } => on(kind::NOTICE_SERVED, day),
        Fact::LapseConfirmed { on: day } => on(kind::LAPSE_CONFIRMED, day),
        Fact::LapseWaived { on: day } => on(kind::LAPSE_WAIVED, day),
        Fact::Died { on: day } => on(kind::DIED, day),
        Fact::Refunded { payment, amount, on: day } => {
            table::Model { target: Some(payment.0), amount: Some(amount), ..on(kind::REFUNDED, day) }
        }
        Fact::EmployerMonth { month, act, on: day } => {
            table::Model { month_from: Some(month.0), code: Some(act_code(act)), ..on(kind::EMPLOYER_MONTH, day) }
        }
        Fact::Born { on: day } => on(kind::BORN, day),
        Fact::Household { head, relation, disabled, registered, from, until } => table::Model {
            day_until: until.map(|day| day.0),
            target: Some(head.0),
            code: Some(household::code(relation, disabled, registered)),
            ..on(kind::HOUSEHOLD, from)
        },
        Fact::Retracted { fact } => table::Model { target: Some(fact.0), ..empty(kind::RETRACTED) },
    }
}

/// The fact that the columns hold. Laid out again it must give the same columns, or something was lost on the way.
fn recorded(row: &table::Model) -> Result<Recorded, Failure> {
    let broken = |what| Failure::corrupt("fact", row.id, what);
    let fact = fact_of(row)
        .ok_or_else(|| broken("its kind is unknown, or a column that the kind needs is empty or out of range"))?;
    let recorded = Recorded { id: FactId(row.id), known: Moment(row.known_at), fact };
    if laid_out(row.member, &recorded) != *row {
        return Err(broken("a column that the kind does not use is filled"));
    }
    Ok(recorded)
}

fn fact_of(row: &table::Model) -> Option<Fact> {
    let from = row.day_from.map(Day);
    let until = row.day_until.map(Day);
    let employment = row.target.map(EmploymentId);
    Some(match row.kind {
        kind::ENROLLED => Fact::Enrolled { on: from? },
        kind::PAYMENT => Fact::Payment { on: from?, amount: row.amount?, month: row.month_from.map(Month) },
        kind::REVERSED => Fact::Reversed { payment: FactId(row.target?), on: from? },
        kind::HIRED => Fact::Hired { employment: employment?, sector: sector_of(row.code?)?, from: from?, until },
        kind::SEPARATED => Fact::Separated { employment: employment?, last: until? },
        kind::AMENDED => Fact::Amended { employment: employment?, from, until },
        kind::EMPLOYMENT_RETRACTED => Fact::EmploymentRetracted { employment: employment? },
        kind::CERTIFICATE => Fact::Certificate { level: level_of(row.code?)?, from: from?, until },
        kind::EXCUSED => Fact::Excused { from: Month(row.month_from?), to: Month(row.month_to?) },
        kind::NOTICE_SERVED => Fact::NoticeServed { on: from? },
        kind::LAPSE_CONFIRMED => Fact::LapseConfirmed { on: from? },
        kind::LAPSE_WAIVED => Fact::LapseWaived { on: from? },
        kind::DIED => Fact::Died { on: from? },
        kind::REFUNDED => Fact::Refunded { payment: FactId(row.target?), amount: row.amount?, on: from? },
        kind::EMPLOYER_MONTH => {
            Fact::EmployerMonth { month: Month(row.month_from?), act: act_of(row.code?)?, on: from? }
        }
        kind::BORN => Fact::Born { on: from? },
        kind::HOUSEHOLD => {
            let (relation, disabled, registered) = household::of(row.code?)?;
            Fact::Household { head: MemberId(row.target?), relation, disabled, registered, from: from?, until }
        }
        kind::RETRACTED => Fact::Retracted { fact: FactId(row.target?) },
        _ => return None,
    })
}

mod table {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "fact")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        pub member: i64,
        pub known_at: i64,
        pub kind: i16,
        pub day_from: Option<i32>,
        pub day_until: Option<i32>,
        pub amount: Option<i64>,
        pub month_from: Option<i32>,
        pub month_to: Option<i32>,
        pub target: Option<i64>,
        pub code: Option<i16>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
