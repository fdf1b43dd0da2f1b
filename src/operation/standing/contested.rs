//! Contested: where a reading of the law that a lawyer could defend gives another standing or another cover.
//!
//! The law is asked under each of its readings, as it is asked under its own words. Absent: what a reading is; that is a
//! document's.

use krama_documents::policy_file::Reading;
use krama_law::answer::{Answer, Scheme};
use krama_law::calendar::{Day, Moment};
use krama_law::decision::decide;
use krama_law::timeline::Timeline;

use crate::operation::Desk;
use crate::operation::failure::Failure;
use crate::operation::page::Needs;
use crate::operation::policy::statute::Statute;
use crate::operation::reading::Snapshot;
use crate::operation::standing::kept_of;
use crate::store::standing::{self, Kept};

/// How many members are looked for at a time.
const MEMBERS_A_STEP: u64 = 256;
/// How many steps are made for one page of a list.
const STEPS_A_PAGE: usize = 16;

/// Each reading of the law with what it makes of a day.
pub(crate) fn answers_under_readings<'a>(
    statute: &'a Statute,
    timeline: &'a Timeline,
    (day, known): (Day, Moment),
) -> impl Iterator<Item = (&'a Reading, Answer)> {
    statute.readings_at(known).map(move |held| (&held.reading, decide(timeline, &held.law, day, known)))
}

/// Whether two answers differ in what matters to a person: in standing, or in the schemes that cover.
pub(crate) fn differ(one: &Answer, other: &Answer) -> bool {
    let schemes = |answer: &Answer| answer.covers.iter().map(|cover| cover.scheme).collect::<Vec<Scheme>>();
    one.standing != other.standing || schemes(one) != schemes(other)
}

/// Whether some reading differs from an answer.
pub(crate) fn is_contested(statute: &Statute, timeline: &Timeline, answer: &Answer) -> bool {
    let about = (answer.valid_at, answer.known_at);
    answers_under_readings(statute, timeline, about).any(|(_, under)| differ(&under, answer))
}

/// What is to be kept of a day.
pub(crate) struct Looked {
    pub(crate) kept: Kept,
    /// How much of the member's money the law keeps in suspense, in riel.
    pub(crate) suspended: i64,
    /// The last day on which the answers under all readings stay as they are; open when absent.
    pub(crate) readings_until: Option<Day>,
}

/// Looks at a member under the law and under all of its readings.
pub(crate) fn look(statute: &Statute, timeline: &Timeline, (day, known): (Day, Moment)) -> Looked {
    let answer = decide(timeline, &statute.law, day, known);
    let (mut contested, mut readings_until) = (false, None);
    for (_, under) in answers_under_readings(statute, timeline, (day, known)) {
        contested |= differ(&under, &answer);
        readings_until = readings_until.into_iter().chain(under.holds_until).min();
    }
    Looked { kept: Kept { contested, ..kept_of(&answer) }, suspended: answer.money.suspense, readings_until }
}

impl Desk {
    /// Members after one, by id, whose standing or cover today hangs on a reading of the law: at most so many, and the
    /// member after whom the list goes on, where it does.
    pub(crate) async fn contested_after(
        &self,
        snapshot: &Snapshot,
        mut after: i64,
        most: usize,
    ) -> Result<(Vec<i64>, Option<i64>), Failure> {
        let (today, edition) = (snapshot.today(), snapshot.statute.editions.at(snapshot.known));
        let mut found = Vec::new();
        for _ in 0..STEPS_A_PAGE {
            let kept = standing::contested(&snapshot.read, today, edition, after, MEMBERS_A_STEP).await?;
            // Whoever has a row that nobody may go by today is decided anew.
            let open = standing::undecided(&snapshot.read, today, edition, after, MEMBERS_A_STEP).await?;
            let full = |members: &[i64]| u64::try_from(members.len()).is_ok_and(|len| len == MEMBERS_A_STEP);
            let ends = [&kept, &open].into_iter().filter(|members| full(members)).filter_map(|members| members.last());
            // Beyond the end of a list that was cut off nothing is known.
            let end = ends.min().copied();
            let within = |member: &i64| end.is_none_or(|end| *member <= end);
            let open: Vec<i64> = open.into_iter().filter(within).collect();
            let page = self.page(snapshot, Needs { lives: open.clone(), ..Needs::default() }).await?;
            let about = (today, snapshot.known);
            let disputed = |member: &i64| look(&snapshot.statute, &page.timeline(*member), about).kept;
            let mut members: Vec<i64> = open.into_iter().filter(|member| disputed(member).contested).collect();
            members.extend(kept.into_iter().filter(within));
            members.sort_unstable();
            found.extend(members);
            if found.len() > most {
                found.truncate(most);
                let last = found.last().copied();
                return Ok((found, last));
            }
            match end {
                Some(end) => after = end,
                None => return Ok((found, None)),
            }
        }
        Ok((found, Some(after)))
    }
}
