//! Standing changes: what a command that was accepted did to the answers about a member.
//!
//! Derived again whenever the command is repeated, from what was known just before it and with it. Absent: who is
//! told of them, and how many at once; that is the counter's.

pub mod feed;

use krama_law::calendar::Moment;
use krama_law::change::{StandingChange, changes};
use krama_law::policy::Law;

use crate::operation::command::{Accepted, Stage};
use crate::operation::page::Page;

/// What an accepted command changed for a member, as known at its own position, oldest first. It costs two lives to
/// tell, so nothing is told where the caller may not know it.
pub(crate) fn changes_of(page: &Page, member: i64, accepted: &Accepted, stage: &Stage<'_>) -> Vec<StandingChange> {
    if !stage.for_staff {
        return Vec::new();
    }
    changes_at(page, member, accepted.known, stage.law)
}

/// What the command that became known at an instant changed for a member. Known time rises with each command, so what
/// bears its instant is its own.
pub(crate) fn changes_at(page: &Page, member: i64, known: Moment, law: &Law) -> Vec<StandingChange> {
    let before = page.timeline_before(member, known);
    let after = page.timeline_before(member, Moment(known.0 + 1));
    changes(&before, &after, law, known.day(), known)
}
