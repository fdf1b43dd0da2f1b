//! The standings of a page: everybody whose life a command touches is looked at again, in the transaction of the facts.
//!
//! Cover of a dependant hangs on the head's life, so whoever touches a head touches its dependants. Absent: who may go by
//! what is kept.

use std::collections::BTreeSet;

use krama_law::calendar::Day;
use krama_law::decision::least_saving_amount;
use krama_law::notices::{self, Warned};

use crate::operation::command::Stage;
use crate::operation::page::{Page, Rows};
use crate::operation::standing::contested::{Looked, look};
use crate::store::connection::{Readable, Write};
use crate::store::fact;
use crate::store::failure::Failure;
use crate::store::notice::{NoticeKind, NoticeRow};
use crate::store::standing::{self, StandingRow, ToldRow};

impl Page {
    /// Loads what the looking needs: the dependants of everybody on the page, with their other heads, and what is kept
    /// of all of them.
    pub(crate) async fn load_standings(&mut self, conn: &impl Readable) -> Result<(), Failure> {
        self.load_kin(conn).await?;
        let here: Vec<i64> = self.loaded.iter().copied().collect();
        let rows = standing::of_members(conn, &here).await?;
        self.standings.extend(rows.into_iter().map(|row| (row.member, row)));
        Ok(())
    }

    /// Loads the dependants of everybody on the page, with their other heads.
    pub(crate) async fn load_kin(&mut self, conn: &impl Readable) -> Result<(), Failure> {
        let here: Vec<i64> = self.loaded.iter().copied().collect();
        let dependants = fact::members_of_heads(conn, &here).await?;
        self.load_facts(conn, dependants.into_iter()).await?;
        self.load_heads(conn).await
    }

    /// Everybody whose life these rows touch.
    pub(crate) fn touched(&self, rows: &Rows) -> BTreeSet<i64> {
        let facts = rows.facts.iter().map(|(member, _)| *member);
        let persons = rows.persons.iter().map(|(person, _)| person.member);
        self.with_dependants(facts.chain(persons).chain(rows.look_at.iter().copied()).collect())
    }

    /// These members and everybody who ever lived in a household of theirs.
    pub(crate) fn with_dependants(&self, mut members: BTreeSet<i64>) -> BTreeSet<i64> {
        let dependants = members.iter().filter_map(|head| self.dependants.get(head)).flatten();
        let dependants: Vec<i64> = dependants.copied().collect();
        members.extend(dependants);
        members
    }

    /// How many members are told of at a position, and how many notices are.
    pub(crate) fn told_at(&self, position: i64) -> (usize, usize) {
        let told = self.new_told.iter().filter(|row| row.position == position).count();
        (told, self.new_notices.iter().filter(|row| row.position == position).count())
    }

    /// What is kept of a member.
    pub(crate) fn standing(&self, member: i64) -> Option<&StandingRow> {
        self.standings.get(&member)
    }

    /// Decides anew about members after a command was added, and tells what is otherwise than it was told last.
    pub(crate) fn look_again(&mut self, members: &BTreeSet<i64>, stage: &mut Stage<'_>) {
        let (today, position) = (stage.today(), stage.position);
        let edition = stage.statute.editions.at(stage.known);
        let book = stage.law.as_known(stage.known);
        let rules = &book.on(today).notices;
        // From then on another revision is in force, and no reader goes by the row.
        let next_revision = book.revisions().iter().map(|revision| revision.effective).filter(|day| today < *day).min();
        for &member in members {
            let timeline = self.timeline(member);
            let Looked { kept, suspended, readings_until } = look(stage.statute, &timeline, (today, stage.known));
            // What nobody was told yet is not what was so before.
            let held = self.standings.get(&member);
            let was = held.filter(|row| row.position > 0);
            let warned = held.and_then(|row| row.noticed).map(|(day, days)| Warned { last_safe_day: day, days });
            let stood = (was.map(|row| row.kept.standing), kept.standing);
            let due = notices::due(rules, kept.last_safe_day, stood, warned, today);
            let warned = due.map_or(warned, |due| Some(due.warned));
            let next_notice = notices::next(rules, kept.last_safe_day, warned, today);
            let changes = [kept.holds_until, readings_until].map(|until| until.map(Day::after));
            let wakes = [changes[0], changes[1], next_notice, next_revision];
            let mut row = StandingRow {
                member,
                position: was.map_or(0, |row| row.position),
                suspended,
                edition,
                readings_until,
                wake_on: wakes.into_iter().flatten().min().unwrap_or(Day::NEVER),
                noticed: warned.map(|warned| (warned.last_safe_day, warned.days)),
                kept,
            };
            if was.is_none_or(|was| was.kept != row.kept) {
                let was = was.map(|was| (was.kept.standing, was.kept.schemes()));
                self.new_told.push(ToldRow { position, member, was, now: row.kept.clone() });
                row.position = position;
            }
            let overdue = row.kept.overdue;
            if let Some(due) = due {
                self.new_notices.push(NoticeRow {
                    id: stage.fresh_id(),
                    position,
                    member,
                    kind: if due.first_missed { NoticeKind::FirstMissed } else { NoticeKind::BeforeLoss },
                    due_on: due.due_on,
                    last_safe_day: due.warned.last_safe_day,
                    overdue: Some(overdue),
                    amount: least_saving_amount(&timeline, stage.law, today, stage.known),
                });
            }
            if self.standings.get(&member) != Some(&row) {
                self.standings.insert(member, row);
                self.new_standings.insert(member);
            }
        }
    }

    pub(super) async fn save_standings(&self, write: &Write) -> Result<(), Failure> {
        let rows: Vec<StandingRow> =
            self.new_standings.iter().filter_map(|member| self.standing(*member).cloned()).collect();
        standing::replace(write, &rows).await?;
        standing::insert_told(write, &self.new_told).await
    }
}
