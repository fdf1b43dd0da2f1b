//! Verification: every standing that is kept, held against what the law says and against what the feed told.
//!
//! Members are gone through page by page, each page in one state of the ledger, while others go on writing. Absent:
//! mending; the facts are right by definition, so a difference is a fault of this program and is to be reported.

use krama_law::decision::decide;

use crate::operation::Desk;
use crate::operation::failure::Failure;
use crate::operation::page::Needs;
use crate::operation::standing::{holds, kept_of};
use crate::store::standing;

/// How many members are held against the law at a time.
const MEMBERS_A_PAGE: u64 = 256;

/// What was found.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Verified {
    /// Members who were looked at.
    pub members: u64,
    /// Of these, whose row nobody goes by any more, since time has passed or the law is another: the lapse run is due.
    pub due: u64,
    /// Members whose row says something else than the law.
    pub wrong: Vec<i64>,
    /// Members whose row says something else than the feed.
    pub untold: Vec<i64>,
    /// Members without a row.
    pub missing: i64,
}

impl Verified {
    /// Whether everything is as it must be.
    pub fn is_sound(&self) -> bool {
        self.wrong.is_empty() && self.untold.is_empty() && self.missing == 0
    }
}

impl Desk {
    /// Recomputes every standing that is kept. `tell` hears how far it has come.
    ///
    /// # Errors
    /// The storage fails.
    pub async fn verify(&self, mut tell: impl FnMut(&Verified)) -> Result<Verified, Failure> {
        let mut found = Verified::default();
        let mut after = i64::MIN;
        loop {
            let snapshot = self.snapshot(None).await?;
            let rows = standing::page(&snapshot.read, after, MEMBERS_A_PAGE).await?;
            let Some(last) = rows.last() else {
                let (kept, registered) = standing::counts(&snapshot.read).await?;
                found.missing = registered - kept;
                return Ok(found);
            };
            after = last.member;
            let members: Vec<i64> = rows.iter().map(|row| row.member).collect();
            let told = standing::newest_told(&snapshot.read, &members).await?;
            let page = self.page(&snapshot, Needs { lives: members, ..Needs::default() }).await?;
            for row in rows {
                found.members += 1;
                if holds(&row, &snapshot.statute, snapshot.known) {
                    let answer = decide(&page.timeline(row.member), snapshot.law(), snapshot.today(), snapshot.known);
                    if kept_of(&answer) != row.kept || answer.money.suspense != row.suspended {
                        found.wrong.push(row.member);
                    }
                } else {
                    found.due += 1;
                }
                let agrees =
                    told.get(&row.member).is_some_and(|told| told.position == row.position && told.now == row.kept);
                // A row that an older ledger brought along was never told.
                if !agrees && row.position > 0 {
                    found.untold.push(row.member);
                }
            }
            tell(&found);
        }
    }
}
