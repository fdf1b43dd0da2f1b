//! Good faith: what the ledger gave for a day, as known at the end of that day, is kept for that day (section 9).
//!
//! Absent: who is covered by present knowledge (`coverage`).

use crate::answer::Schemes;
use crate::calendar::{Day, Moment};
use crate::play::{Question, played};
use crate::policy::{Law, RetroactiveLoss};
use crate::timeline::Timeline;

/// Whether anything became known, of the member, of a head or of the law, between the end of a day and an instant.
pub(crate) fn learnt_after(timeline: &Timeline, law: &Law, day: Day, known_at: Moment) -> bool {
    let end = Moment::end_of(day);
    // Who asks about today is spared the look.
    end < known_at && became_known(timeline, law).any(|known| end < known && known <= known_at)
}

/// When each fact of the member and of the heads, and each revision, became known.
fn became_known(timeline: &Timeline, law: &Law) -> impl Iterator<Item = Moment> {
    let heads = timeline.heads().flat_map(Timeline::facts);
    let heard = timeline.facts().iter().chain(heads).map(|recorded| recorded.known);
    heard.chain(law.revisions().iter().map(|revision| revision.published))
}

/// The covers that the ledger gave for each day from `first` to the day before `today`, as known at the end of that
/// day: each with the day from which it held. What was known is the same from one recording to the next, so one
/// play tells of all days between.
pub(crate) fn given(timeline: &Timeline, law: &Law, first: Day, today: Day) -> Vec<(Day, Schemes)> {
    let mut starts: Vec<Day> = became_known(timeline, law).map(Moment::day).collect();
    starts.push(first);
    starts.retain(|day| first <= *day && *day < today);
    starts.sort_unstable();
    starts.dedup();
    let mut given = Vec::new();
    for (index, &start) in starts.iter().enumerate() {
        let last = starts.get(index + 1).map_or(today.before(), |next| next.before());
        played(timeline, law, Question::of(last, Moment::end_of(last)), |play| {
            let at_start = play.past().iter().rev().find(|(from, _)| *from <= start);
            given.push((start, at_start.map_or(Schemes::NONE, |(_, state)| state.covers)));
            let within = play.past().iter().filter(|(from, _)| start < *from);
            given.extend(within.map(|(from, state)| (*from, state.covers)));
        });
    }
    if first < today {
        // Nothing that was answered of today is past.
        given.push((today, Schemes::NONE));
    }
    given
}

/// What was given on a day, by such a list.
pub(crate) fn given_on(given: &[(Day, Schemes)], day: Day) -> Schemes {
    given.iter().rev().find(|(from, _)| *from <= day).map_or(Schemes::NONE, |(_, covers)| *covers)
}

/// The first day after a day, up to another, on which other covers are kept in good faith than on that day, where by
/// present knowledge the same holds on all of them.
pub(crate) fn kept_otherwise(
    timeline: &Timeline,
    law: &Law,
    (day, until): (Day, Option<Day>),
    known_at: Moment,
    covers: Schemes,
) -> Option<Day> {
    let newest = became_known(timeline, law).filter(|known| *known <= known_at).max()?;
    // From the day on which the newest became known nothing is learnt later.
    let today = until.map_or(newest.day(), |until| until.after().min(newest.day()));
    let given = given(timeline, law, day, today);
    let book = law.as_known(known_at);
    let kept = |day: Day| match book.on(day).retroactive_loss {
        RetroactiveLoss::FromKnown => given_on(&given, day).without(covers),
        RetroactiveLoss::FromValid => Schemes::NONE,
    };
    let effective = book.revisions().iter().map(|revision| revision.effective);
    let mut starts: Vec<Day> = given.iter().map(|(from, _)| *from).chain(effective).collect();
    starts.retain(|&start| day < start && until.is_none_or(|until| start <= until));
    starts.sort_unstable();
    starts.into_iter().find(|&start| kept(start) != kept(day))
}

#[cfg(test)]
mod tests;
