//! The feed: what each position of the ledger changed, in the order of commits, from any position on.
//!
//! It is read from the tables in pages: one position a command, so there is neither a gap nor a repetition, whichever
//! server wrote and whichever is asked. What stands otherwise now was written down with the facts, so that all that was
//! told gives the table of standings. The stretches of days that are answered otherwise are derived again from the facts
//! as of the position; few ask for them, and the writer has less to do. Absent: who may see what.

use std::collections::BTreeSet;
use std::time::Duration;

use krama_law::calendar::Moment;
use krama_law::change::StandingChange;
use krama_law::fact::Recorded;

use crate::operation::Desk;
use crate::operation::change::changes_at;
use crate::operation::command::{Method, first_fact_of, position_of};
use crate::operation::failure::Failure;
use crate::operation::page::{Needs, Page};
use crate::operation::reading::{AtLeast, Reading};
use crate::store::{fact, ledger, notice, standing};

/// Where a member stands from a position on.
pub type Told = standing::ToldRow;
/// A notice that fell due.
pub type Notice = notice::NoticeRow;
/// What became of a notice.
pub type Delivery = notice::DeliveryRow;

pub use crate::store::notice::NoticeKind;

/// What the feed tells of one position.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// The position.
    pub position: i64,
    /// The instant at which it became known.
    pub known: Moment,
    /// The name of the command.
    pub method: &'static str,
    /// The facts that were recorded, each with its member.
    pub facts: Vec<(i64, Recorded)>,
    /// Who stands otherwise than was told last.
    pub standings: Vec<Told>,
    /// The days that are answered otherwise than before, by member; only where they are asked for.
    pub stretches: Vec<(i64, Vec<StandingChange>)>,
    /// The notices that fell due.
    pub notices: Vec<Notice>,
    /// What was told of notices.
    pub deliveries: Vec<Delivery>,
}

impl Desk {
    /// What the next positions after one changed, at most so many, and the position up to which the ledger was seen.
    ///
    /// # Errors
    /// The storage fails.
    pub async fn changes_after(&self, after: i64, most: u32, stretches: bool) -> Result<Reading<Vec<Change>>, Failure> {
        let read = self.store.read().await?;
        let commands = ledger::commands_after(&read, after, u64::from(most)).await?;
        let Some(last) = commands.last().map(|command| command.position) else {
            return Ok(Reading { position: ledger::last(&read).await?.0, answer: Vec::new() });
        };
        let mut facts = fact::facts_between(&read, first_fact_of(after + 1), first_fact_of(last + 1)).await?;
        let mut told = standing::told_between(&read, after, last).await?;
        let mut notices = notice::told_between(&read, after, last).await?;
        let mut deliveries = notice::deliveries_between(&read, after, last).await?;
        let page = if stretches && !facts.is_empty() {
            let lives = facts.iter().map(|(member, _)| *member).collect();
            let needs = Needs { lives, ..Needs::default() };
            let mut page = Page::load(&read, self.store.vault(), needs).await?;
            page.load_kin(&read).await?;
            Some(page)
        } else {
            None
        };
        let statute = self.held.through(&read, last).await?;
        let law = &statute.law;
        // The deriving may take a while, and needs the database no more.
        drop(read);
        let changes = commands.into_iter().map(|command| {
            let (position, known) = (command.position, Moment(command.known_at));
            let facts = first(&mut facts, |(_, recorded)| position_of(recorded.id.0) == position);
            let members: BTreeSet<i64> = facts.iter().map(|(member, _)| *member).collect();
            let members = page.as_ref().map(|page| (page, page.with_dependants(members)));
            let stretches = members.into_iter().flat_map(|(page, members)| {
                let of = move |member| (member, changes_at(page, member, known, law));
                members.into_iter().map(of).filter(|(_, changes)| !changes.is_empty())
            });
            Change {
                position,
                known,
                method: Method::name_of(command.kind),
                stretches: stretches.collect(),
                facts,
                standings: first(&mut told, |row| row.position == position),
                notices: first(&mut notices, |row| row.position == position),
                deliveries: first(&mut deliveries, |row| row.position == position),
            }
        });
        Ok(Reading { position: last, answer: changes.collect() })
    }

    /// Waits until there is something after a position, but not longer than so; tells whether there is.
    pub async fn news_after(&self, position: i64, patience: Duration) -> bool {
        let mut newest = self.newest.subscribe();
        tokio::time::timeout(patience, newest.wait_for(|newest| *newest > position)).await.is_ok()
    }

    /// The position after which a reader of the feed begins, once the ledger has come to where the reader wants it.
    ///
    /// # Errors
    /// A position is of another epoch, or was not reached in time.
    pub async fn begins_after(&self, after: Option<AtLeast>, at_least: Option<AtLeast>) -> Result<i64, Failure> {
        if let Some(after) = &after {
            self.must_be_own(after)?;
        }
        self.wait_for(at_least.as_ref()).await?;
        Ok(after.map_or(0, |after| after.number))
    }

    /// The last position, and when what it holds became known.
    ///
    /// # Errors
    /// The position asked for is of another epoch, or was not reached in time.
    pub async fn get_position(&self, at_least: Option<AtLeast>) -> Result<Reading<Moment>, Failure> {
        let snapshot = self.snapshot(at_least.as_ref()).await?;
        Ok(snapshot.with(snapshot.known))
    }
}

/// Takes the first elements, as far as they are of a kind.
fn first<T>(all: &mut Vec<T>, is: impl Fn(&T) -> bool) -> Vec<T> {
    let count = all.iter().take_while(|one| is(one)).count();
    all.drain(..count).collect()
}
