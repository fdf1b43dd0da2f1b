//! Population: standing and schemes of many members, month by month, to compare laws over all their history.
//!
//! The same play as for one answer, without steps and without a look ahead. By present knowledge only: cover that is
//! kept in good faith is a matter of single days. Absent: who the members are, sums, and threads; the caller deals
//! with these.

use crate::answer::{Schemes, Standing};
use crate::calendar::{Day, Moment, Month};
use crate::play::{Question, played};
use crate::policy::Law;
use crate::timeline::Timeline;

/// Tells the standing and the schemes that cover at the end of each month from `first` to `last`, both included.
pub fn each_month(
    timeline: &Timeline,
    law: &Law,
    known_at: Moment,
    (first, last): (Month, Month),
    mut tell: impl FnMut(Month, Standing, Schemes),
) {
    played(timeline, law, Question::of(last.last_day(), known_at), |play| {
        let mut states = play.past().iter().peekable();
        let mut now = (Standing::NotEnrolled, Schemes::NONE);
        for month in (first.0..=last.0).map(Month) {
            let next_month: Day = play.at_day.book.first_day(month.plus(1));
            while let Some((_, state)) = states.next_if(|(from, _)| *from < next_month) {
                now = (state.standing, state.covers);
            }
            tell(month, now.0, now.1);
        }
    });
}
