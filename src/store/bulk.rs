//! Many keys and many rows at once, in a few texts.
//!
//! A database binds only so many values in a statement, and keeps a prepared statement per distinct text. So keys go
//! out in batches of a few sizes, and rows too in SQLite; PostgreSQL takes all rows as one array a column. Each table
//! then knows a handful of texts however the load varies. Deliberately absent: any knowledge of a table.

use sea_orm::sea_query::{IntoCondition, OnConflict, Value};
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ConnectionTrait, DbBackend, EntityName as _, EntityTrait, IdenStatic as _,
    IntoActiveModel, Iterable as _, QueryFilter, Statement,
};

use crate::store::connection::{Write, is_postgres};
use crate::store::failure::Failure;

/// The numbers of keys that a query asks for, ascending; a lesser number of keys is filled up by repeating one.
const KEYS: [usize; 3] = [1, 16, 256];
/// The numbers of rows that an insert carries, descending. The widest table has 14 columns, so the largest insert
/// binds 3,584 values where SQLite takes 32,766 and PostgreSQL 65,535.
const ROWS: [usize; 5] = [256, 64, 16, 4, 1];

/// All rows that meet the condition which `condition` makes of a batch of keys. A key may be given twice; rows come
/// once, in no order.
pub(crate) async fn select<E, K>(
    conn: &impl ConnectionTrait,
    keys: &[K],
    condition: impl Fn(&[K]) -> sea_orm::Condition,
) -> Result<Vec<E::Model>, Failure>
where
    E: EntityTrait,
    K: Ord + Clone,
{
    let mut found = Vec::new();
    for batch in key_batches(keys) {
        found.extend(E::find().filter(condition(&batch).into_condition()).all(conn).await?);
    }
    Ok(found)
}

/// Writes all rows; nothing happens when there is none.
pub(crate) async fn insert<M, A>(write: &Write, rows: impl Iterator<Item = M>) -> Result<(), Failure>
where
    M: IntoActiveModel<A>,
    A: ActiveModelTrait + ActiveModelBehavior + Send,
{
    put(write, rows, None).await
}

/// Writes all rows, those whose key is taken in place of what stands there, as `instead` says. A key comes once.
pub(crate) async fn replace<M, A>(
    write: &Write,
    rows: impl Iterator<Item = M>,
    instead: OnConflict,
) -> Result<(), Failure>
where
    M: IntoActiveModel<A>,
    A: ActiveModelTrait + ActiveModelBehavior + Send,
{
    put(write, rows, Some(instead)).await
}

async fn put<M, A>(write: &Write, rows: impl Iterator<Item = M>, instead: Option<OnConflict>) -> Result<(), Failure>
where
    M: IntoActiveModel<A>,
    A: ActiveModelTrait + ActiveModelBehavior + Send,
{
    let mut rows: Vec<A> = rows.map(IntoActiveModel::into_active_model).collect();
    if is_postgres(write) {
        if let Some(statement) = unnested(&rows, instead.is_some())? {
            write.execute_raw(statement).await?;
        }
        return Ok(());
    }
    for size in ROWS {
        while rows.len() >= size {
            let rest = rows.split_off(size);
            let mut insert = A::Entity::insert_many(rows);
            if let Some(instead) = &instead {
                insert = insert.on_conflict(instead.clone());
            }
            insert.exec_without_returning(write).await?;
            rows = rest;
        }
    }
    Ok(())
}

/// One statement for any number of rows: an array a column. The arrays go as text and are cast, since those of the
/// driver know no NULL. A row that takes another's place has its key in the first column.
fn unnested<A: ActiveModelTrait>(rows: &[A], replaces: bool) -> Result<Option<Statement>, Failure> {
    let (mut names, mut casts, mut arrays) = (Vec::new(), Vec::new(), Vec::<Value>::new());
    for column in <A::Entity as EntityTrait>::Column::iter() {
        let (mut array, mut kind) = (String::from("{"), "");
        for row in rows {
            let value = row.get(column).into_value();
            let value = value.ok_or_else(|| Failure::Internal("a column of a new row is not set".into()))?;
            if array.len() > 1 {
                array.push(',');
            }
            kind = push_element(&mut array, value)?;
        }
        array.push('}');
        names.push(format!("\"{}\"", column.as_str()));
        arrays.push(array.into());
        casts.push(format!("${}::{kind}[]", arrays.len()));
    }
    let (table, casts) = (A::Entity::default().table_name().to_owned(), casts.join(", "));
    let mut sql =
        format!("INSERT INTO \"{table}\" ({columns}) SELECT * FROM UNNEST({casts})", columns = names.join(", "));
    if let [key, others @ ..] = names.as_slice()
        && replaces
    {
        let set: Vec<String> = others.iter().map(|name| format!("{name} = EXCLUDED.{name}")).collect();
        sql.push_str(&format!(" ON CONFLICT ({key}) DO UPDATE SET {}", set.join(", ")));
    }
    Ok((!rows.is_empty()).then(|| Statement::from_sql_and_values(DbBackend::Postgres, sql, arrays)))
}

/// Adds an element to an array as PostgreSQL reads one, and answers its type.
#[expect(clippy::wildcard_enum_match_arm, reason = "the schema has these types and no other")]
fn push_element(array: &mut String, value: Value) -> Result<&'static str, Failure> {
    let (kind, text) = match value {
        Value::SmallInt(number) => ("smallint", number.map(|number| number.to_string())),
        Value::Int(number) => ("integer", number.map(|number| number.to_string())),
        Value::BigInt(number) => ("bigint", number.map(|number| number.to_string())),
        // In quotes everything stands for itself but the quote and the backslash.
        Value::String(text) => ("text", text.map(|text| quoted(&text.replace('\\', "\\\\").replace('"', "\\\"")))),
        Value::Bytes(bytes) => ("bytea", bytes.map(|bytes| quoted(&hexadecimal(&bytes)))),
        _ => return Err(Failure::Internal("a column has a type that the schema does not use".into())),
    };
    array.push_str(text.as_deref().unwrap_or("NULL"));
    Ok(kind)
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

/// Bytes as PostgreSQL reads them within quotes.
fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(3 + 2 * bytes.len());
    text.push_str("\\\\x");
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

/// Bytes that must have a length, which the database does not check by itself.
pub(crate) fn fixed<const N: usize>(bytes: Vec<u8>, table: &'static str, id: i64) -> Result<[u8; N], Failure> {
    bytes.try_into().map_err(|_| Failure::corrupt(table, id, "bytes of a fixed length have another length"))
}

/// Distinct keys in batches of the sizes in [`KEYS`].
fn key_batches<K: Ord + Clone>(keys: &[K]) -> Vec<Vec<K>> {
    let mut keys = keys.to_vec();
    keys.sort_unstable();
    keys.dedup();
    let [.., largest] = KEYS;
    let mut batches: Vec<Vec<K>> = keys.chunks(largest).map(<[K]>::to_vec).collect();
    for batch in &mut batches {
        let size = KEYS.into_iter().find(|size| *size >= batch.len()).unwrap_or(largest);
        if let Some(last) = batch.last().cloned() {
            batch.resize(size, last);
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_in_one_batch_and_sizes_are_few() {
        for count in [0_usize, 1, 2, 16, 17, 256, 257, 1000] {
            let keys: Vec<usize> = (0..count).chain(0..count).collect();
            let batches = key_batches(&keys);
            assert!(batches.iter().all(|batch| KEYS.contains(&batch.len())));
            let mut seen: Vec<usize> = batches
                .into_iter()
                .flat_map(|mut batch| {
                    batch.dedup();
                    batch
                })
                .collect();
            seen.sort_unstable();
            assert_eq!(seen, (0..count).collect::<Vec<_>>());
        }
    }
}
