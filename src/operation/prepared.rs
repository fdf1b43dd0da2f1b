//! Prepared acts: what takes two people is written down by the first and done by the second.
//!
//! Whoever asks for such an act without naming a preparation prepares it: a command is recorded, and no fact. A supervisor
//! who is somebody else does it by saying the same again, word for word, under the preparation. So nobody does what another
//! has not read, and nothing is kept beside the command itself. Absent: which acts take two people; each says so.

use krama_law::calendar::Moment;

use crate::operation::caller::{Caller, Role};
use crate::operation::command::{Act, Content, Decided, first_fact_of, position_of};
use crate::operation::failure::Refusal;
use crate::operation::page::{Page, Rows};

/// Whose turn it is.
pub(crate) enum Turn {
    /// The first person's: the act is prepared.
    First,
    /// The second person's: the act is done.
    Second {
        /// When it was prepared.
        prepared: Moment,
    },
}

/// The id of what was prepared at a position.
pub(crate) fn id_at(position: i64) -> i64 {
    first_fact_of(position)
}

/// Whose turn it is to do an act, which is given as it is without the preparation that it names.
///
/// # Errors
/// Nothing of this content was prepared under the id, or the caller may not be the second person.
pub(crate) fn turn<A: Act>(act: &A, prepared: Option<i64>, caller: &Caller, page: &Page) -> Result<Turn, Refusal> {
    let Some(id) = prepared else { return Ok(Turn::First) };
    let found = page.command_at(position_of(id)).filter(|command| id_at(command.position) == id);
    let same = found.filter(|command| command.fact.is_none() && command.digest == Content::of(act));
    let command = same.ok_or(Refusal::PreparationNotFound { prepared: id })?;
    if caller.role != Role::Supervisor || command.caller == caller.id {
        return Err(Refusal::SecondPersonRequired { method: A::METHOD.name() });
    }
    Ok(Turn::Second { prepared: Moment(command.known_at) })
}

/// An act about somebody that is prepared: it is on record with its ground, and changes nothing.
pub(crate) fn first(member: Option<i64>, note: String) -> Decided {
    Decided::New { rows: Rows { note: Some(note), ..Rows::default() }, subject: member, fact: None }
}
