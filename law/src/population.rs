//! Population: standing and schemes of many members, month by month, to compare laws over all their history.
//!
//! Members are packed once, as lives ready to be played, and can then be passed over as often as one likes. It is the
//! same play as for one answer, without steps and without a look ahead. By present knowledge only: cover that is kept in
//! good faith is a matter of single days. Absent: who the members are, sums, and threads; the caller deals with these,
//! a population for each thread.

use crate::answer::{Schemes, Standing};
use crate::calendar::{Moment, Month};
use crate::play::{Packed, Question, Room};
use crate::policy::{Book, Law};
use crate::timeline::Timeline;

/// Members under one law, as known at one instant.
#[derive(Debug)]
pub struct Population<'a> {
    law: &'a Law,
    book: Book<'a>,
    known_at: Moment,
    members: Vec<Packed>,
}

impl<'a> Population<'a> {
    /// Nobody yet.
    pub fn new(law: &'a Law, known_at: Moment) -> Population<'a> {
        Population { law, book: law.as_known(known_at), known_at, members: Vec::new() }
    }

    /// Takes in a member.
    pub fn add(&mut self, timeline: &Timeline) {
        // Which day is asked about matters only for a stay.
        let question = Question::of(self.known_at.day(), self.known_at);
        self.members.push(Packed::of(timeline, self.law, &self.book, question));
    }

    /// Tells of each member, in the order in which they were taken in, the standing and the schemes that cover at the end
    /// of each month from `first` to `last`, both included. A member is told by number, from 0 on.
    pub fn each_month(&self, (first, last): (Month, Month), mut tell: impl FnMut(usize, Month, Standing, Schemes)) {
        let question = Question::of(self.book.first_day(last.plus(1)).before(), self.known_at);
        let mut room = Room::default();
        for (number, member) in self.members.iter().enumerate() {
            let play = member.played(&self.book, question, room);
            let mut month = first;
            let mut now = (Standing::NotEnrolled, Schemes::NONE);
            let mut tell_until = |end: Month, (standing, schemes)| {
                (month.0..end.0).for_each(|month| tell(number, Month(month), standing, schemes));
                month = month.max(end);
            };
            for (from, state) in play.past() {
                // The months that ended before the state began.
                tell_until(self.book.month_of(*from), now);
                now = (state.standing, state.covers);
            }
            tell_until(last.plus(1), now);
            room = play.into_room();
        }
    }
}
