//! The decision kernel: a timeline, a law, a day and an instant give one answer.
//!
//! A life is played from one day on which something can change to the next; no calendar is walked. The same play
//! serves one answer, its explanation and its account. Absent: clocks, storage, and words.

use crate::answer::{Answer, Cover, Door, EnrolmentRefusal, Scheme, Schemes, Standing};
use crate::calendar::{Day, Moment, Month};
use crate::explanation::Step;
use crate::fact::{Fact, FactId};
use crate::good_faith::{kept_otherwise, learnt_after};
use crate::money::Riel;
use crate::play::{Ahead, Play, Question, Telling, played, played_in_force};
use crate::policy::{Law, RetroactiveLoss};
use crate::purse::Place;
use crate::timeline::Timeline;

/// What the law says of a member on the day `valid_at`, as known at the instant `known_at`.
pub fn decide(timeline: &Timeline, law: &Law, valid_at: Day, known_at: Moment) -> Answer {
    let question = Question::of(valid_at, known_at);
    played(timeline, law, question, |play| play.answer(timeline, law, question))
}

/// The same for the cover of a stay that began on a day: where the law says so, what was paid from that day on does not
/// count for it.
pub fn decide_for_stay(timeline: &Timeline, law: &Law, valid_at: Day, known_at: Moment, began: Day) -> Answer {
    let question = Question { stay: Some(began), ..Question::of(valid_at, known_at) };
    played(timeline, law, question, |play| play.answer(timeline, law, question))
}

/// What the law would say if one more fact were known.
pub fn what_if(timeline: &Timeline, law: &Law, supposed: &Fact, valid_at: Day, known_at: Moment) -> Answer {
    decide(&timeline.supposing([supposed.clone()], known_at), law, valid_at, known_at)
}

/// The ways back that are open on a day, in the order of their kinds; none for somebody who is not out.
pub fn doors(timeline: &Timeline, law: &Law, valid_at: Day, known_at: Moment) -> Vec<Door> {
    played(timeline, law, Question::of(valid_at, known_at), |play| play.doors(timeline, law, known_at))
}

/// An answer with the steps that led to it and the months and payments behind it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Explanation {
    /// The answer.
    pub answer: Answer,
    /// What changed, day by day, oldest first.
    pub steps: Vec<Step>,
    /// The standing and the schemes at the start of each maximal stretch of days, oldest first.
    pub stretches: Vec<Stretch>,
    /// The months from the first that can matter to the last that is owed, paid or current.
    pub months: Vec<MonthLine>,
    /// Every part of every payment, where it lies.
    pub placements: Vec<Placement>,
    /// The ways back that are open.
    pub doors: Vec<Door>,
}

/// A maximal stretch of days with one standing and one set of covers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stretch {
    /// Its first day; the first stretch has none.
    pub from: Option<Day>,
    /// The standing.
    pub standing: Standing,
    /// The schemes that cover.
    pub schemes: Vec<Scheme>,
}

/// One month of a member's account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MonthLine {
    /// Which month.
    pub month: Month,
    /// The last day on which it can be paid without being overdue.
    pub due: Day,
    /// What it costs.
    pub price: Riel,
    /// What lies on it.
    pub allocated: Riel,
    /// What is charged, beside what it lacks, if it is paid on the day.
    pub charge: Riel,
    /// The day on which the last riel that it needed was placed.
    pub paid_on: Option<Day>,
    /// The payments of which something lies on it.
    pub payments: Vec<FactId>,
    /// How it stands.
    pub state: MonthState,
}

impl MonthLine {
    /// What has to be paid on the day for it to be paid.
    pub fn lacking(&self) -> Riel {
        self.price - self.allocated + self.charge
    }

    /// Whether it has fallen due unpaid.
    pub fn is_overdue(&self) -> bool {
        self.state == MonthState::Overdue
    }
}

/// How a month stands on the day of the answer; the first that applies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MonthState {
    /// Its price is reached.
    Paid,
    /// Some day of it was worked in formal employment.
    Worked,
    /// It is excused.
    Excused,
    /// It was forgiven, or lies before the present enrolment.
    NotOwed,
    /// It has fallen due unpaid.
    Overdue,
    /// It is owed and has not fallen due.
    Open,
}

/// A part of one payment, or of several that were saved up together, in its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Placement {
    /// Whose money.
    pub payments: Vec<FactId>,
    /// Where it lies.
    pub place: Place,
    /// How much, in riel.
    pub amount: Riel,
    /// Since when.
    pub on: Day,
}

/// The answer with everything that led to it.
pub fn explain(timeline: &Timeline, law: &Law, valid_at: Day, known_at: Moment) -> Explanation {
    let question = Question { telling: Telling::Whole, ..Question::of(valid_at, known_at) };
    played(timeline, law, question, |mut play| {
        // Looks ahead begin with a copy of the machine, which should not copy the steps.
        let steps = play.at_day.steps.take().unwrap_or_default();
        Explanation {
            answer: play.answer(timeline, law, question),
            steps,
            stretches: play.stretches(),
            months: play.month_lines(),
            placements: play.placements(),
            doors: play.doors(timeline, law, known_at),
        }
    })
}

/// The first day, not before `from`, on which a scheme covers if nothing more is recorded.
pub fn first_day_of_cover(timeline: &Timeline, law: &Law, scheme: Scheme, from: Day, known_at: Moment) -> Option<Day> {
    played(timeline, law, Question::of(from, known_at), |play| {
        let now = play.at_day.state.covers.has(scheme).then_some(from);
        now.or_else(|| play.ahead(|ahead| ahead.cover_from(scheme).is_some()).cover_from(scheme))
    })
}

/// The least amount, in riel, that prevents the next lapse when it is paid on the last safe day for no month that is
/// named, under the law in force and by the prices of that day. None where there is no such day, and where nothing that
/// is paid on it would.
pub fn least_saving_amount(timeline: &Timeline, law: &Law, day: Day, known_at: Moment) -> Option<Riel> {
    played_in_force(timeline, law, Question::of(day, known_at), |play| play.least_saving_amount())
}

/// What the next `count` months cost a voluntary member who pays on the day, the oldest owed first, and which
/// they are; fewer where fewer can be paid.
pub fn price_of_months(timeline: &Timeline, law: &Law, day: Day, known_at: Moment, count: usize) -> Vec<(Month, Riel)> {
    played(timeline, law, Question::of(day, known_at), |play| {
        let mut months = play.at_day.lacking_months(play.today());
        months.truncate(count);
        months
    })
}

/// The last day on which these prices hold by what the law charges for paying late; open where it charges nothing.
pub fn charges_hold_until(timeline: &Timeline, law: &Law, day: Day, known_at: Moment) -> Option<Day> {
    played(timeline, law, Question::of(day, known_at), |play| play.charges_hold_until())
}

/// Why an enrolment on the day would be refused; none when it would not.
pub fn refusal_of_enrolment(timeline: &Timeline, law: &Law, day: Day, known_at: Moment) -> Option<EnrolmentRefusal> {
    played(timeline, law, Question::of(day, known_at), |play| play.at_day.refuses_enrolment(play.today()))
}

/// Whether a lapse had taken effect on the day and the person has not come back since by paying or enrolling.
pub fn has_lapsed(timeline: &Timeline, law: &Law, day: Day, known_at: Moment) -> bool {
    played(timeline, law, Question::of(day, known_at), |play| play.at_day.lapse.is_some())
}

impl Play<'_> {
    fn answer(&self, timeline: &Timeline, law: &Law, question: Question) -> Answer {
        let Question { day, known_at, stay, .. } = question;
        let (machine, today) = (&self.at_day, self.today());
        let state = machine.state;
        let looks_for_lapse = self.nothing_follows() && self.can_lapse();
        let ahead = self.ahead(|ahead| {
            let seen = ahead.first_change().is_some() && ahead.saw_covers_end();
            seen && (ahead.has_lapse() || !looks_for_lapse)
        });
        let published = self.last_safe_day_seen(&ahead);
        let another_comes = machine.book.revisions().iter().any(|revision| revision.effective > day);
        let last_safe_day = if another_comes {
            played_in_force(timeline, law, Question::of(day, known_at), |play| play.last_safe_day())
        } else {
            published
        };
        let present_until = ahead.first_change().map(Day::before);
        let looks_back = !machine.dead(day) && learnt_after(timeline, law, day, known_at);
        let kept_until = looks_back
            .then(|| kept_otherwise(timeline, law, (day, present_until), known_at, state.covers).map(Day::before))
            .flatten();
        Answer {
            valid_at: day,
            known_at,
            revision: today.revision.effective,
            standing: state.standing,
            since: state.since,
            covers: self.covers(timeline, law, question, &ahead),
            overdue: state.overdue,
            run: state.run,
            money: machine.purse.money(),
            refused: machine.refused.iter().filter(|(on, ..)| *on == day).map(|&(_, fact, why)| (fact, why)).collect(),
            last_safe_day,
            last_safe_day_published: published
                .filter(|day| another_comes && last_safe_day.is_none_or(|last| *day < last)),
            back_payment_price: machine.price_of_any_return(today),
            co_payment: state.co_payment.filter(|_| self.covers_asked(stay).has(Scheme::Voluntary)),
            holds_until: kept_until.or(present_until),
        }
    }

    /// The covers of the day: those of present knowledge, and those kept in good faith.
    fn covers(&self, timeline: &Timeline, law: &Law, question: Question, ahead: &Ahead) -> Vec<Cover> {
        let Question { day, known_at, stay, .. } = question;
        let today = self.today();
        let now = self.covers_asked(stay);
        let given_then = if self.at_day.dead(day)
            || today.revision.retroactive_loss == RetroactiveLoss::FromValid
            || !learnt_after(timeline, law, day, known_at)
        {
            now
        } else {
            let then = Question { known_at: Moment::end_of(day), telling: Telling::Brief, ..question };
            played(timeline, law, then, |then| then.covers_asked(stay))
        };
        let cover = |scheme| {
            if now.has(scheme) {
                let (from, until) = (self.cover_from(scheme), ahead.cover_until(scheme));
                Some(Cover { scheme, from, until, kept: false })
            } else {
                given_then.has(scheme).then_some(Cover { scheme, from: day, until: Some(day), kept: true })
            }
        };
        Scheme::ALL.into_iter().filter_map(cover).collect()
    }

    fn covers_asked(&self, stay: Option<Day>) -> Schemes {
        let machine = &self.at_day;
        stay.map_or(machine.state.covers, |began| machine.covers_for_stay(self.today(), began))
    }
}

#[cfg(test)]
mod tests;
