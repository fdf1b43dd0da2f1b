//! The ledger itself: which one it is, and the commands that it accepted, one position each.
//!
//! A command binds its caller and request id for ever; what it made known stands in the tables of its subject.
//! Deliberately absent: refused commands, which leave an audit entry only.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Statement};

use crate::store::connection::Write;
use crate::store::failure::Failure;
use crate::store::seal::Vault;
use crate::store::{bulk, seal};

/// The id of the one row that says which ledger this is.
const ONLY_ROW: i16 = 1;

/// Which ledger this is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ledger {
    /// Tells this ledger's positions from those of every other, as a UUID.
    pub epoch: String,
    /// Whether it belongs to a sandbox, where time can be moved and callers name themselves.
    pub sandbox: bool,
    /// Where a sandbox's clock was set to last, in microseconds of UTC.
    pub sandbox_clock: Option<i64>,
}

/// A command that was accepted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CommandRow {
    /// Its place in the order of the ledger.
    pub position: i64,
    /// When the ledger came to know, in microseconds of UTC.
    pub known_at: i64,
    /// Who sent it.
    pub caller: String,
    /// In which role.
    pub role: i16,
    /// The caller's id of the request.
    pub request_id: [u8; 16],
    /// The digest of its content.
    pub digest: [u8; 32],
    /// What it asked for.
    pub kind: i16,
    /// The member or employer that it was about.
    pub subject: Option<i64>,
    /// Its main fact, payment or employment.
    pub fact: Option<i64>,
    /// What the report told besides its fact, by a number of its subject; 0 where it told nothing.
    pub detail: i16,
    /// What a person wrote about the command, sealed by [`seal_note`].
    pub note: Option<Vec<u8>>,
}

/// Seals what a person wrote about the command at `position`.
pub fn seal_note(vault: &Vault, position: i64, note: &str) -> Result<Vec<u8>, Failure> {
    vault.seal(&seal::bound_to("command.note", position), note.as_bytes())
}

/// The last position and its known time; zeros when nothing was accepted yet.
pub async fn last(conn: &impl ConnectionTrait) -> Result<(i64, i64), Failure> {
    let newest = command_table::Entity::find().order_by_desc(command_table::Column::Position).one(conn).await?;
    Ok(newest.map_or((0, 0), |row| (row.position, row.known_at)))
}

/// Where a writer goes on: the last position, its known time and the number of the last audit entry; zeros where there is
/// none.
pub async fn ends(conn: &impl ConnectionTrait) -> Result<(i64, i64, i64), Failure> {
    const ENDS: &str = "SELECT coalesce((SELECT max(position) FROM command), 0), \
                        coalesce((SELECT known_at FROM command ORDER BY position DESC LIMIT 1), 0), \
                        coalesce((SELECT max(id) FROM audit), 0)";
    let row = conn.query_one_raw(Statement::from_string(conn.get_database_backend(), ENDS)).await?;
    let row = row.ok_or_else(|| Failure::Internal("the ends of the ledger were not answered".into()))?;
    Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?))
}

/// The commands that bound these pairs of caller and request id, by position.
pub async fn commands_by_request(
    conn: &impl ConnectionTrait,
    requests: &[(String, [u8; 16])],
) -> Result<Vec<CommandRow>, Failure> {
    let columns = [command_table::Column::Caller, command_table::Column::RequestId];
    let keys = requests.iter().map(|(caller, request_id)| [caller.as_str().into(), request_id.to_vec().into()]);
    rows(bulk::select_by::<command_table::Entity, 2>(conn, columns, keys).await?)
}

/// The commands at these positions, by position.
pub async fn commands_at(conn: &impl ConnectionTrait, positions: &[i64]) -> Result<Vec<CommandRow>, Failure> {
    let keys = positions.iter().map(|position| [(*position).into()]);
    rows(bulk::select_by::<command_table::Entity, 1>(conn, [command_table::Column::Position], keys).await?)
}

/// The next `limit` commands after a position, by position.
pub async fn commands_after(conn: &impl ConnectionTrait, after: i64, limit: u64) -> Result<Vec<CommandRow>, Failure> {
    let query = command_table::Entity::find().filter(command_table::Column::Position.gt(after));
    rows(query.order_by_asc(command_table::Column::Position).limit(limit).all(conn).await?)
}

/// Adds accepted commands.
pub async fn insert_commands(write: &Write, commands: &[CommandRow]) -> Result<(), Failure> {
    bulk::insert(write, commands.iter().map(command_table::Model::from)).await
}

/// Which ledger this is.
pub async fn identity(conn: &impl ConnectionTrait) -> Result<Ledger, Failure> {
    let row = only_row(conn).await?;
    let row = row.ok_or_else(|| Failure::corrupt("ledger", i64::from(ONLY_ROW), "the row is missing"))?;
    Ok(Ledger { epoch: row.epoch, sandbox: row.sandbox != 0, sandbox_clock: row.sandbox_clock })
}

/// Marks the ledger as a sandbox's, for ever: there is no way back to a ledger whose times can be trusted.
pub async fn mark_sandbox(write: &Write) -> Result<(), Failure> {
    let update = ledger_table::Entity::update_many().col_expr(ledger_table::Column::Sandbox, Expr::value(1_i16));
    update.filter(ledger_table::Column::Id.eq(ONLY_ROW)).exec(write).await?;
    Ok(())
}

/// Keeps where a sandbox's clock was set to, so that a restart does not set it back.
pub async fn keep_sandbox_clock(write: &Write, at: i64) -> Result<(), Failure> {
    let clock = Expr::value(Some(at));
    let update = ledger_table::Entity::update_many().col_expr(ledger_table::Column::SandboxClock, clock);
    update.filter(ledger_table::Column::Id.eq(ONLY_ROW)).exec(write).await?;
    Ok(())
}

/// What the ledger keeps of its key; `None` when it has not been founded yet.
pub(crate) async fn key_check(conn: &impl ConnectionTrait) -> Result<Option<[u8; 32]>, Failure> {
    let row = only_row(conn).await?;
    row.map(|row| bulk::fixed(row.key_check, "ledger", i64::from(ONLY_ROW))).transpose()
}

/// Gives a new ledger its epoch and its key.
pub(crate) async fn found(write: &Write, key_check: &[u8; 32]) -> Result<(), Failure> {
    let epoch = seal::fresh_uuid();
    let row =
        ledger_table::Model { id: ONLY_ROW, epoch, sandbox: 0, sandbox_clock: None, key_check: key_check.to_vec() };
    bulk::insert(write, std::iter::once(row)).await
}

async fn only_row(conn: &impl ConnectionTrait) -> Result<Option<ledger_table::Model>, Failure> {
    Ok(ledger_table::Entity::find_by_id(ONLY_ROW).one(conn).await?)
}

fn rows(models: Vec<command_table::Model>) -> Result<Vec<CommandRow>, Failure> {
    let mut rows = models.into_iter().map(CommandRow::try_from).collect::<Result<Vec<_>, _>>()?;
    rows.sort_unstable_by_key(|row| row.position);
    Ok(rows)
}

impl From<&CommandRow> for command_table::Model {
    fn from(row: &CommandRow) -> command_table::Model {
        command_table::Model {
            position: row.position,
            known_at: row.known_at,
            caller: row.caller.clone(),
            role: row.role,
            request_id: row.request_id.to_vec(),
            digest: row.digest.to_vec(),
            kind: row.kind,
            subject: row.subject,
            fact: row.fact,
            detail: row.detail,
            note: row.note.clone(),
        }
    }
}

impl TryFrom<command_table::Model> for CommandRow {
    type Error = Failure;

    fn try_from(row: command_table::Model) -> Result<CommandRow, Failure> {
        Ok(CommandRow {
            position: row.position,
            known_at: row.known_at,
            caller: row.caller,
            role: row.role,
            request_id: bulk::fixed(row.request_id, "command", row.position)?,
            digest: bulk::fixed(row.digest, "command", row.position)?,
            kind: row.kind,
            subject: row.subject,
            fact: row.fact,
            detail: row.detail,
            note: row.note,
        })
    }
}

mod ledger_table {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "ledger")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i16,
        pub epoch: String,
        pub sandbox: i16,
        pub sandbox_clock: Option<i64>,
        pub key_check: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod command_table {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "command")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub position: i64,
        pub known_at: i64,
        pub caller: String,
        pub role: i16,
        pub request_id: Vec<u8>,
        pub digest: Vec<u8>,
        pub kind: i16,
        pub subject: Option<i64>,
        pub fact: Option<i64>,
        pub detail: i16,
        pub note: Option<Vec<u8>>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
