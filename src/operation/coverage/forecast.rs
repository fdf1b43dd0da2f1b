//! The forecast: who loses voluntary membership next unless something is paid, the most urgent first.
//!
//! Who it is is read in one state of the ledger, as a number and a day each; what it takes to prevent the loss is worked
//! out from the facts known then, some members at a time, so that neither memory nor a transaction hangs on how fast
//! somebody reads. Absent: notices, which the lapse run gives.

use krama_law::answer::Standing;
use krama_law::calendar::{Day, Moment};
use krama_law::decision::{decide, least_saving_amount};
use krama_law::money::Riel;

use crate::operation::Desk;
use crate::operation::failure::{Failure, Refusal};
use crate::operation::page::Needs;
use crate::operation::reading::{AtLeast, Reading, Snapshot};
use crate::operation::standing::contested::is_contested;
use crate::store::standing;

/// How many members are decided about at a time.
const MEMBERS_A_PAGE: u64 = 256;

/// Who loses membership next, as known at an instant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outlook {
    /// As known at.
    pub known: Moment,
    /// The last day on which paying helps and the member, in order.
    pub losses: Vec<(Day, i64)>,
}

/// A loss that can still be prevented.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Forecast {
    /// The member.
    pub member: i64,
    /// Where the member stands.
    pub standing: Standing,
    /// The last day on which paying prevents the loss.
    pub last_safe_day: Day,
    /// The least amount that prevents it when paid on that day; none where nothing that is paid would.
    pub least_amount: Option<Riel>,
    /// Whether some reading of the law gives another standing or another cover today.
    pub contested: bool,
}

impl Desk {
    /// Who loses membership unless something is paid by a day between today and another.
    ///
    /// # Errors
    /// The window ends before today, or holds more members than one answer may.
    pub async fn outlook(&self, until: Day, at_least: Option<AtLeast>) -> Result<Reading<Outlook>, Failure> {
        let snapshot = self.snapshot(at_least.as_ref()).await?;
        let today = snapshot.today();
        if until < today {
            return Err(Refusal::DayInPast { field: "until_day", day: until, earliest: today }.into());
        }
        let edition = snapshot.statute.editions.at(snapshot.known);
        let most = self.limits.forecast_members;
        let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
        let mut losses = standing::losses(&snapshot.read, (today, until), edition, limit).await?;
        self.add_undecided(&snapshot, until, most, &mut losses).await?;
        if losses.len() > most {
            return Err(Refusal::ResultTooLarge { limit: most, unit: "members" }.into());
        }
        losses.sort_unstable();
        Ok(snapshot.with(Outlook { known: snapshot.known, losses }))
    }

    /// Adds those whose row nobody may go by today, until the lapse run has been there.
    async fn add_undecided(
        &self,
        snapshot: &Snapshot,
        until: Day,
        most: usize,
        losses: &mut Vec<(Day, i64)>,
    ) -> Result<(), Failure> {
        let (today, edition) = (snapshot.today(), snapshot.statute.editions.at(snapshot.known));
        let mut after = i64::MIN;
        while losses.len() <= most {
            let members = standing::undecided(&snapshot.read, today, edition, after, MEMBERS_A_PAGE).await?;
            let Some(last) = members.last() else { return Ok(()) };
            after = *last;
            let page = self.page(snapshot, Needs { lives: members.clone(), ..Needs::default() }).await?;
            for member in members {
                let answer = decide(&page.timeline(member), snapshot.law(), today, snapshot.known);
                losses.extend(answer.last_safe_day.filter(|day| *day <= until).map(|day| (day, member)));
            }
        }
        Ok(())
    }

    /// What it takes to prevent some of the losses of an outlook.
    ///
    /// # Errors
    /// The storage fails.
    pub async fn forecasts(&self, known: Moment, losses: &[(Day, i64)]) -> Result<Vec<Forecast>, Failure> {
        let snapshot = self.snapshot(None).await?;
        let lives = losses.iter().map(|(_, member)| *member).collect();
        let page = self.page(&snapshot, Needs { lives, ..Needs::default() }).await?;
        let forecast = |&(last_safe_day, member): &(Day, i64)| {
            let timeline = page.timeline(member);
            let answer = decide(&timeline, snapshot.law(), known.day(), known);
            Forecast {
                member,
                standing: answer.standing,
                contested: is_contested(&snapshot.statute, &timeline, &answer),
                last_safe_day,
                least_amount: least_saving_amount(&timeline, snapshot.law(), known.day(), known),
            }
        };
        Ok(losses.iter().map(forecast).collect())
    }
}
