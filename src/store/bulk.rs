//! Many keys and many rows at once, in a few texts.
//!
//! A database binds only so many values in a statement, and keeps a prepared statement per distinct text. So all keys go out
//! in one statement whose text does not depend on how many there are, as one JSON array in SQLite, as one array a column in
//! PostgreSQL, and so do rows; but SQLite, which reads JSON slowly, is given rows as plain values, in statements of a few
//! sizes. Each table then knows a handful of texts however the load varies. Deliberately absent: any knowledge of a
//! table.

use sea_orm::sea_query::{Expr, IntoCondition, SimpleExpr, Value};
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ColumnTrait, ConnectionTrait, DbBackend, EntityName as _, EntityTrait,
    IdenStatic as _, IntoActiveModel, Iterable as _, QueryFilter, Statement,
};

use crate::store::connection::{Write, is_postgres};
use crate::store::failure::Failure;

/// The numbers of keys that a query asks for, ascending; a lesser number of keys is filled up by repeating one.
const KEYS: [usize; 3] = [1, 16, 256];
/// The numbers of rows that a statement of SQLite has room for, ascending; rows are put into the least of them, and what
/// is too much for the largest into several statements.
const ROOM: [usize; 4] = [4, 16, 64, 256];

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

/// All rows whose columns hold one of the keys, each a value a column; rows come once, in no order.
///
pub(crate) async fn select_by<E: EntityTrait, const N: usize>(
    conn: &impl ConnectionTrait,
    columns: [E::Column; N],
    keys: impl Iterator<Item = [Value; N]>,
) -> Result<Vec<E::Model>, Failure> {
    let Some(among) = among(conn, columns, keys)? else { return Ok(Vec::new()) };
    Ok(E::find().filter(among).all(conn).await?)
}

/// That columns hold one of the keys, each a value a column; none where there is no key.
pub(crate) fn among<C: ColumnTrait, const N: usize>(
    conn: &impl ConnectionTrait,
    columns: [C; N],
    keys: impl Iterator<Item = [Value; N]>,
) -> Result<Option<SimpleExpr>, Failure> {
    let keys: Vec<[Value; N]> = keys.collect();
    if keys.is_empty() {
        return Ok(None);
    }
    Ok(Some(if is_postgres(conn) { among_arrays(columns, keys)? } else { among_listed(columns, keys)? }))
}

/// The columns hold one of the keys, as one JSON array. A join from the keys to the rows, in this order, makes SQLite
/// look each of several columns up in their common index.
fn among_listed<C: ColumnTrait, const N: usize>(columns: [C; N], keys: Vec<[Value; N]>) -> Result<SimpleExpr, Failure> {
    let mut list = List::default();
    for key in keys {
        list.begin();
        key.into_iter().try_for_each(|value| list.push(value))?;
    }
    let names = columns.map(|column| (column.as_column_ref().0.to_string(), column.as_str()));
    let (table, name) = &names[0];
    let sql = if N == 1 {
        format!("\"{table}\".\"{name}\" IN (SELECT {} FROM json_each(?))", list.column(0))
    } else {
        let alike = |(at, (_, name)): (usize, &(String, &str))| format!("own.\"{name}\" = {}", list.column(at));
        let alike = names.iter().enumerate().map(alike).collect::<Vec<_>>().join(" AND ");
        let own = format!("SELECT own.rowid FROM json_each(?) CROSS JOIN \"{table}\" AS own ON {alike}");
        format!("\"{table}\".rowid IN ({own})")
    };
    Ok(Expr::cust_with_values(sql, [list.finish()]))
}

/// The columns hold one of the keys, as one array a column. With `= ANY` PostgreSQL would read the array anew for each
/// row of a small table.
fn among_arrays<C: ColumnTrait, const N: usize>(columns: [C; N], keys: Vec<[Value; N]>) -> Result<SimpleExpr, Failure> {
    let mut arrays = vec![(String::from("{"), ""); N];
    for key in keys {
        for ((array, kind), value) in arrays.iter_mut().zip(key) {
            if array.len() > 1 {
                array.push(',');
            }
            *kind = push_element(array, value)?;
        }
    }
    let name = |column: &C| {
        let (table, column) = column.as_column_ref();
        format!("\"{table}\".\"{column}\"")
    };
    let names: Vec<String> = columns.iter().map(name).collect();
    let casts: Vec<String> = (1..).zip(&arrays).map(|(at, (_, kind))| format!("${at}::{kind}[]")).collect();
    let sql = format!("({}) IN (SELECT * FROM UNNEST({}))", names.join(", "), casts.join(", "));
    Ok(Expr::cust_with_values(sql, arrays.into_iter().map(|(array, _)| array + "}")))
}

/// Keys of bytes as one value for a statement that is written by hand: in SQLite the rows of `json_each`, each read by
/// `unhex(value ->> 0)`, in PostgreSQL an array of `bytea`.
pub(crate) fn keys_of_bytes<const N: usize>(conn: &impl ConnectionTrait, keys: &[[u8; N]]) -> Result<Value, Failure> {
    if is_postgres(conn) {
        let mut array = String::from("{");
        for key in keys {
            if array.len() > 1 {
                array.push(',');
            }
            push_element(&mut array, key.to_vec().into())?;
        }
        return Ok((array + "}").into());
    }
    if keys.is_empty() {
        return Ok("[]".into());
    }
    let mut list = List::default();
    for key in keys {
        list.begin();
        list.push(key.to_vec().into())?;
    }
    Ok(list.finish())
}

/// Writes all rows; nothing happens when there is none.
pub(crate) async fn insert<M, A>(write: &Write, rows: impl Iterator<Item = M>) -> Result<(), Failure>
where
    M: IntoActiveModel<A>,
    A: ActiveModelTrait + ActiveModelBehavior + Send,
{
    put(write, rows, false).await
}

/// Writes all rows, those whose key is taken in place of what stands there. The key is the first column, and comes once.
pub(crate) async fn replace<M, A>(write: &Write, rows: impl Iterator<Item = M>) -> Result<(), Failure>
where
    M: IntoActiveModel<A>,
    A: ActiveModelTrait + ActiveModelBehavior + Send,
{
    put(write, rows, true).await
}

async fn put<M, A>(write: &Write, rows: impl Iterator<Item = M>, replaces: bool) -> Result<(), Failure>
where
    M: IntoActiveModel<A>,
    A: ActiveModelTrait + ActiveModelBehavior + Send,
{
    let rows = rows.map(IntoActiveModel::into_active_model).collect::<Vec<A>>();
    let mut statements = Vec::new();
    if is_postgres(write) {
        if !rows.is_empty() {
            statements.push(unnested(&rows)?);
        }
    } else {
        let [.., largest] = ROOM;
        let mut rows = rows.into_iter();
        while rows.len() > 0 {
            statements.push(valued(rows.by_ref().take(largest).collect())?);
        }
    }
    let mut names = names::<A>().into_iter();
    let key = names.next().filter(|_| replaces);
    let set: Vec<String> = names.map(|name| format!("{name} = EXCLUDED.{name}")).collect();
    for mut statement in statements {
        if let Some(key) = &key {
            statement.sql.push_str(&format!(" ON CONFLICT ({key}) DO UPDATE SET {}", set.join(", ")));
        }
        write.execute_raw(statement).await?;
    }
    Ok(())
}

/// One statement of SQLite for these rows: each value by itself. Where there is room for more rows their values are not
/// bound, which is NULL, and a row without a key is none: so few texts serve any number of rows. With a condition SQLite
/// does not take what may follow for one of a join. A statement that fails ends its transaction, so SQLite need not keep what
/// it would take to undo the statement alone (`OR FAIL`), which is every page that is changed.
fn valued<A: ActiveModelTrait>(rows: Vec<A>) -> Result<Statement, Failure> {
    let names = names::<A>();
    let room = ROOM.into_iter().find(|room| *room >= rows.len()).unwrap_or(rows.len());
    let row = format!("({})", vec!["?"; names.len()].join(","));
    let texts = vec![row; room].join(",");
    let mut values = Vec::with_capacity(rows.len() * names.len());
    for mut row in rows {
        for column in <A::Entity as EntityTrait>::Column::iter() {
            let value = row.take(column).into_value();
            values.push(value.ok_or_else(|| Failure::Internal("a column of a new row is not set".into()))?);
        }
    }
    let (table, names) = (A::Entity::default().table_name().to_owned(), names.join(", "));
    let sql =
        format!("INSERT OR FAIL INTO \"{table}\" ({names}) SELECT * FROM (VALUES {texts}) WHERE column1 IS NOT NULL");
    Ok(Statement::from_sql_and_values(DbBackend::Sqlite, sql, values))
}

/// The columns of a table, quoted.
fn names<A: ActiveModelTrait>() -> Vec<String> {
    <A::Entity as EntityTrait>::Column::iter().map(|column| format!("\"{}\"", column.as_str())).collect()
}

/// The value of a column of a new row.
fn set<A: ActiveModelTrait>(row: &A, column: <A::Entity as EntityTrait>::Column) -> Result<Value, Failure> {
    let value = row.get(column).into_value();
    value.ok_or_else(|| Failure::Internal("a column of a new row is not set".into()))
}

/// Rows of values as one JSON array, in which bytes are texts of hexadecimal digits.
#[derive(Default)]
struct List {
    text: String,
    /// Whether the column holds bytes.
    bytes: Vec<bool>,
    at: usize,
}

impl List {
    /// Begins a row.
    fn begin(&mut self) {
        self.text.push_str(if self.text.is_empty() { "[[" } else { "],[" });
        self.at = 0;
    }

    /// Adds a value to the row.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the schema has these types and no other")]
    fn push(&mut self, value: Value) -> Result<(), Failure> {
        let text = match &value {
            Value::SmallInt(number) => number.map(|number| number.to_string()),
            Value::Int(number) => number.map(|number| number.to_string()),
            Value::BigInt(number) => number.map(|number| number.to_string()),
            Value::String(text) => text.as_ref().map(|text| serde_json::Value::from(text.as_str()).to_string()),
            Value::Bytes(bytes) => bytes.as_ref().map(|bytes| quoted(&hexadecimal(bytes))),
            _ => return Err(Failure::Internal("a column has a type that the schema does not use".into())),
        };
        if self.at > 0 {
            self.text.push(',');
        }
        self.text.push_str(text.as_deref().unwrap_or("null"));
        if self.bytes.len() == self.at {
            self.bytes.push(matches!(value, Value::Bytes(_)));
        }
        self.at += 1;
        Ok(())
    }

    /// The expression of a column of the rows of `json_each`.
    fn column(&self, at: usize) -> String {
        let value = format!("json_each.value ->> {at}");
        if self.bytes.get(at) == Some(&true) { format!("unhex({value})") } else { value }
    }

    fn finish(self) -> Value {
        Value::from(self.text + "]]")
    }
}

/// One statement for any number of rows: an array a column. The arrays go as text and are cast, since those of the
/// driver know no NULL.
fn unnested<A: ActiveModelTrait>(rows: &[A]) -> Result<Statement, Failure> {
    let (mut names, mut casts, mut arrays) = (Vec::new(), Vec::new(), Vec::<Value>::new());
    for column in <A::Entity as EntityTrait>::Column::iter() {
        let (mut array, mut kind) = (String::from("{"), "");
        for row in rows {
            let value = set(row, column)?;
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
    let (table, names, casts) = (A::Entity::default().table_name().to_owned(), names.join(", "), casts.join(", "));
    let sql = format!("INSERT INTO \"{table}\" ({names}) SELECT * FROM UNNEST({casts})");
    Ok(Statement::from_sql_and_values(DbBackend::Postgres, sql, arrays))
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
        Value::Bytes(bytes) => ("bytea", bytes.map(|bytes| quoted(&format!("\\\\x{}", hexadecimal(&bytes))))),
        _ => return Err(Failure::Internal("a column has a type that the schema does not use".into())),
    };
    array.push_str(text.as_deref().unwrap_or("NULL"));
    Ok(kind)
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

/// Bytes as hexadecimal digits.
fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(2 * bytes.len());
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
