//! The lapse run: time passes, and whoever stands otherwise by it is told of, with the notices that fall due.
//!
//! It takes the members whose answer time alone may have changed, some at a time, through the write path. So it may be
//! stopped anywhere, begun again, and run by several servers at once: what one has done the next finds done. A late run
//! makes the feed late; no answer waits for it, since a reader finds out by itself that a row is past its day. Absent:
//! any rule; the law decides as it does for everything else.

use krama_law::calendar::{Day, Moment};

use crate::operation::Desk;
use crate::operation::caller::{Caller, Role};
use crate::operation::command::{Accepted, Act, Content, Decided, Method, Stage};
use crate::operation::failure::{Failure, Refusal};
use crate::operation::page::{Needs, Page, Rows};
use crate::operation::transact::{self, Queued, Ticket};
use crate::store::seal::{self, Vault};
use crate::store::standing;

/// What a run did.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Passed {
    /// Members who were looked at again.
    pub members: usize,
    /// Of these, who stand otherwise than was told last.
    pub told: usize,
    /// Notices that were due.
    pub notices: usize,
}

/// That time has passed for some members.
struct PassTime {
    members: Vec<i64>,
    today: Day,
}

impl Desk {
    /// Looks again at every member for whom something was due by a day, today when absent. `tell` hears of each part.
    ///
    /// # Errors
    /// The day lies in the future, or the storage fails; what was done stays done.
    pub async fn pass_time(&self, by: Option<Day>, mut tell: impl FnMut(Passed)) -> Result<Passed, Failure> {
        let today = self.now().await?.day();
        let by = by.unwrap_or(today);
        if by > today {
            return Err(Refusal::DayInFuture { field: "as_of", day: by, latest: today }.into());
        }
        let mut passed = Passed::default();
        loop {
            let (now, edition) = self.edition().await?;
            let most = u64::try_from(self.limits.lapse_members).unwrap_or(u64::MAX);
            let members = standing::due(self.store.single(), by, edition, most).await?;
            if members.is_empty() {
                return Ok(passed);
            }
            let ticket = Ticket { request_id: seal::fresh_request_id(), validate_only: false };
            let act = PassTime { members, today: now.day() };
            let (waiting, answer) = transact::waiting(&myself(), ticket, None, act);
            self.writer.enqueue(Queued::Command(waiting)).await?;
            let part = answer.await.unwrap_or(Err(Failure::Stopping))?.reply;
            passed.members += part.members;
            passed.told += part.told;
            passed.notices += part.notices;
            tell(passed);
        }
    }

    /// Returns when the clock of a sandbox was moved.
    pub async fn time_moved(&self) {
        self.moved.notified().await;
    }
}

/// Who lets time pass: the ledger itself.
fn myself() -> Caller {
    Caller { id: "krama".to_owned(), role: Role::Service, employers: None, user: None, purpose: None, case: None }
}

impl Act for PassTime {
    type Reply = Passed;
    const METHOD: Method = Method::PassTime;

    fn content(&self, content: &mut Content) {
        content.number(i64::from(self.today.0));
        self.members.iter().for_each(|member| content.number(*member));
    }

    fn needs(&self, _caller: &Caller, _vault: &Vault, needs: &mut Needs) {
        needs.lives.extend(&self.members);
    }

    fn decide(&self, _caller: &Caller, page: &Page, stage: &mut Stage<'_>) -> Result<Decided, Failure> {
        let edition = stage.statute.editions.at(stage.known);
        // Another server may have been here between the looking and the lock.
        let is_due = |row: &standing::StandingRow| row.wake_on <= stage.today() || row.edition != edition;
        let look_at: Vec<i64> =
            self.members.iter().copied().filter(|member| page.standing(*member).is_none_or(is_due)).collect();
        if look_at.is_empty() {
            return Ok(Decided::Nothing);
        }
        Ok(Decided::New { rows: Rows { look_at, ..Rows::default() }, subject: None, fact: None })
    }

    fn reply(&self, page: &Page, stage: &Stage<'_>, accepted: &Accepted) -> Passed {
        let told_now = accepted.known == stage.known;
        let (told, notices) = if told_now { page.told_at(stage.position) } else { (0, 0) };
        Passed { members: self.members.len(), told, notices }
    }
}

/// How long it is from an instant to the end of its civil day.
pub fn until_midnight(now: Moment) -> std::time::Duration {
    let micros = Moment::end_of(now.day()).0.saturating_sub(now.0).saturating_add(1);
    std::time::Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}
