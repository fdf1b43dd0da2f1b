//! Standing changes: on which days one more thing known makes another answer.
//!
//! Two timelines of one member, one of which knows more, are held against each other day by day up to a day; a cover
//! that is kept in good faith stays in the answers of its days, and so is no change of them. Absent: who is told.

use crate::answer::{Scheme, Schemes, Standing};
use crate::calendar::{Day, Moment};
use crate::decision::{Stretch, explain, has_lapsed};
use crate::explanation::{Clause, Step};
use crate::fact::FactId;
use crate::good_faith::{given, given_on};
use crate::policy::{Law, RetroactiveLoss};
use crate::timeline::Timeline;

/// A maximal stretch of days on which standing or covers are answered otherwise than before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StandingChange {
    /// Its first day.
    pub from: Day,
    /// Its last day; none lies after the day up to which was asked.
    pub until: Day,
    /// What was answered before.
    pub before: DayState,
    /// What is answered now.
    pub after: DayState,
    /// What kind of change it is.
    pub kind: ChangeKind,
    /// The facts that were not known before.
    pub facts: Vec<FactId>,
    /// The effective day of the revision in force on the first day.
    pub revision: Day,
}

/// What is answered of a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DayState {
    /// The standing.
    pub standing: Standing,
    /// The schemes that cover, those in good faith too.
    pub covers: Schemes,
}

/// What became of a lapse, where the change is about one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChangeKind {
    /// Neither of the others.
    Changed,
    /// A hire brings back somebody whose lapse had taken effect.
    Reinstated,
    /// The lapse that was answered before never was.
    Undone,
}

/// On which days up to `today` the answers of `after` differ from those of `before`, oldest first, both as known at an
/// instant. `after` is `before` with more facts, none of which was known before the instant's own day began.
pub fn changes(before: &Timeline, after: &Timeline, law: &Law, today: Day, known: Moment) -> Vec<StandingChange> {
    let (was, is) = (explain(before, law, today, known), explain(after, law, today, known));
    let begins = |stretch: &Stretch| stretch.from.unwrap_or(Day::MIN);
    let stretches = was.stretches.iter().chain(&is.stretches);
    let mut starts: Vec<Day> = stretches.map(begins).filter(|day| *day <= today).collect();
    starts.sort_unstable();
    let differs = |day: &&Day| state_on(&was.stretches, **day) != state_on(&is.stretches, **day);
    let Some(&first) = starts.iter().find(differs) else { return Vec::new() };
    let (book, news) = (law.as_known(known), news(before, after));
    let given = given(before, law, first, today.min(known.day()));
    starts.extend(given.iter().map(|(day, _)| *day));
    // Another revision may leave or take what was given, where nothing else changes.
    starts.extend(book.revisions().iter().map(|revision| revision.effective));
    starts.retain(|day| first <= *day && *day <= today);
    starts.sort_unstable();
    starts.dedup();

    let mut changes: Vec<StandingChange> = Vec::new();
    for (index, &from) in starts.iter().enumerate() {
        let until = starts.get(index + 1).map_or(today, |next| next.before());
        let revision = book.on(from);
        let kept = match revision.retroactive_loss {
            RetroactiveLoss::FromKnown => given_on(&given, from),
            RetroactiveLoss::FromValid => Schemes::NONE,
        };
        let answered = |stretches: &[Stretch]| {
            let state = state_on(stretches, from);
            let kept = if state.standing == Standing::Closed { Schemes::NONE } else { kept };
            DayState { covers: either(state.covers, kept), ..state }
        };
        let (before, now) = (answered(&was.stretches), answered(&is.stretches));
        if before == now {
            continue;
        }
        if let Some(last) = changes.last_mut()
            && (last.until.after(), last.before, last.after) == (from, before, now)
        {
            last.until = until;
            continue;
        }
        let kind = if before.standing != Standing::Abandoned {
            ChangeKind::Changed
        } else if now.standing == Standing::Employed && has_lapsed(after, law, from, known) {
            ChangeKind::Reinstated
        } else if now.standing != Standing::Closed && lapse_by(&was.steps, from) != lapse_by(&is.steps, from) {
            ChangeKind::Undone
        } else {
            ChangeKind::Changed
        };
        let (facts, revision) = (news.clone(), revision.effective);
        changes.push(StandingChange { from, until, before, after: now, kind, facts, revision });
    }
    changes
}

/// The state on a day, by the stretches of an explanation.
fn state_on(stretches: &[Stretch], day: Day) -> DayState {
    let found = stretches.iter().rev().find(|stretch| stretch.from.is_none_or(|from| from <= day));
    found.map_or(DayState { standing: Standing::NotEnrolled, covers: Schemes::NONE }, |stretch| DayState {
        standing: stretch.standing,
        covers: stretch.schemes.iter().fold(Schemes::NONE, |covers, &scheme| covers.with(scheme, true)),
    })
}

fn either(one: Schemes, other: Schemes) -> Schemes {
    Scheme::ALL.into_iter().fold(one, |all, scheme| all.with(scheme, other.has(scheme)))
}

/// The last lapse that had taken effect by a day.
fn lapse_by(steps: &[Step], day: Day) -> Option<Day> {
    let lapses = steps.iter().filter(|step| step.day <= day && matches!(step.clause, Clause::Lapsed { .. }));
    lapses.map(|step| step.day).next_back()
}

fn news(before: &Timeline, after: &Timeline) -> Vec<FactId> {
    let known = |id: FactId| before.facts().iter().any(|recorded| recorded.id == id);
    after.facts().iter().map(|recorded| recorded.id).filter(|id| !known(*id)).collect()
}

#[cfg(test)]
mod tests;
