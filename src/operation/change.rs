//! Standing changes: what a command that was accepted did to the answers about a member.
//!
//! Derived again whenever the command is repeated, from what was known just before it and with it. Absent: who is
//! told of them, and how many at once; that is the counter's.

use krama_law::change::{StandingChange, changes};
use krama_law::timeline::Timeline;

use crate::operation::command::{Accepted, Stage};
use crate::operation::page::Page;

/// What an accepted command changed for a member, as known at its own position, oldest first. It costs two lives to
/// tell, so nothing is told where the caller may not know it.
pub(crate) fn changes_of(page: &Page, member: i64, accepted: &Accepted, stage: &Stage<'_>) -> Vec<StandingChange> {
    if !stage.for_staff {
        return Vec::new();
    }
    let known = accepted.known;
    let timeline = page.timeline(member);
    let facts = timeline.facts();
    // Known time rises with each command, so what bears its instant is its own.
    let before = facts.iter().filter(|recorded| recorded.known < known).cloned().collect();
    let after = facts.iter().filter(|recorded| recorded.known <= known).cloned().collect();
    changes(&Timeline::new(before), &Timeline::new(after), stage.law, known.day(), known)
}
