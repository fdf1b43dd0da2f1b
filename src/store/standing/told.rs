//! What was told, held against the rows of standing: the last that the feed said of a member is what the row says.
//!
//! Deliberately absent: what the law says of a row.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, EntityTrait, Statement};

use super::{ToldRow, told_table};
use crate::store::failure::Failure;

/// What was told at the positions that the rows after a member up to another name, by member.
pub async fn by_rows(conn: &impl ConnectionTrait, after: i64, until: i64) -> Result<BTreeMap<i64, ToldRow>, Failure> {
    const TOLD: &str = "SELECT told.* FROM standing JOIN standing_told AS told ON told.position = standing.position \
                        AND told.member = standing.member WHERE standing.member > $1 AND standing.member <= $2";
    let asked = Statement::from_sql_and_values(conn.get_database_backend(), TOLD, [after.into(), until.into()]);
    let models = told_table::Entity::find().from_raw_sql(asked).all(conn).await?;
    models.into_iter().map(|model| Ok((model.member, ToldRow::try_from(model)?))).collect()
}

/// Everybody of whom something was told at a later position than the row names, or who was told of and has no row. A row
/// that an older ledger brought along names none. All that was ever told is gone through.
pub async fn past_rows(conn: &impl ConnectionTrait) -> Result<Vec<i64>, Failure> {
    const PAST: &str = "SELECT DISTINCT told.member FROM standing_told AS told LEFT JOIN standing \
                        ON standing.member = told.member \
                        WHERE standing.member IS NULL \
                        OR (standing.position > 0 AND told.position > standing.position) ORDER BY told.member";
    let rows = conn.query_all_raw(Statement::from_string(conn.get_database_backend(), PAST)).await?;
    rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
}
