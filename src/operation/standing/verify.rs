//! Verification: every standing that is kept, held against what the law says and against what the feed told.
//!
//! Members are gone through page by page, each page in one state of the ledger, while others go on writing. Absent:
//! mending; the facts are right by definition, so a difference is a fault of this program and is to be reported.

use crate::operation::Desk;
use crate::operation::failure::Failure;
use crate::operation::page::Needs;
use crate::operation::standing::contested::look;
use crate::operation::standing::{holds, readings_hold};
use crate::store::standing::{self, Kept, told};

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
                found.untold.extend(told::past_rows(&snapshot.read).await?);
                found.untold.sort_unstable();
                found.untold.dedup();
                return Ok(found);
            };
            let told = told::by_rows(&snapshot.read, after, last.member).await?;
            after = last.member;
            let members: Vec<i64> = rows.iter().map(|row| row.member).collect();
            let page = self.page(&snapshot, Needs { lives: members, ..Needs::default() }).await?;
            for row in rows {
                found.members += 1;
                let current = readings_hold(&row, snapshot.known);
                if holds(&row, &snapshot.statute, snapshot.known) {
                    let about = (snapshot.today(), snapshot.known);
                    let now = look(&snapshot.statute, &page.timeline(row.member), about);
                    let contested = if current { now.kept.contested } else { row.kept.contested };
                    if (Kept { contested, ..now.kept }, now.suspended) != (row.kept.clone(), row.suspended)
                        || (current && now.readings_until != row.readings_until)
                    {
                        found.wrong.push(row.member);
                    }
                    found.due += u64::from(!current);
                } else {
                    found.due += 1;
                }
                let agrees = told.get(&row.member).is_some_and(|told| told.now == row.kept);
                // A row that an older ledger brought along was never told.
                if !agrees && row.position > 0 {
                    found.untold.push(row.member);
                }
            }
            tell(&found);
        }
    }
}
