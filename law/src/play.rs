//! A life played: the machine taken from one day on which something can change to the next.
//!
//! Here is decided how far ahead it is worth looking. Absent: every rule; the machine is only called.

use crate::answer::{Scheme, Schemes, Standing};
use crate::calendar::{Day, Moment, Month};
use crate::decision::{MonthLine, MonthState, Placement, Stretch};
use crate::household::HeadCovers;
use crate::life::Life;
use crate::months::{Months, Sets};
use crate::policy::{Book, Entitlement, LapseCondition, Law};
use crate::purse::{Parcel, Place, Purse};
use crate::rhythm::marks;
use crate::standing::{Machine, State, Today};
use crate::timeline::Timeline;

/// How far ahead anything is looked for, in months: beyond a century nothing is promised.
const FARTHEST_MONTHS: i32 = 1_200;

/// How much of the way is told.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Telling {
    /// Only what an answer needs.
    Brief,
    /// Every step.
    Whole,
}

/// A life played up to the day asked about.
pub(crate) struct Play<'a> {
    pub(crate) day: Day,
    pub(crate) at_day: Machine<'a>,
    /// The states up to the day, each with its first day.
    past: Vec<(Day, State)>,
}

/// The room that a play took, for the next one: in a pass over many lives it is made once.
#[derive(Default)]
pub(crate) struct Room {
    past: Vec<(Day, State)>,
    months: Months,
    purse: Purse,
}

/// What is seen when nothing more is recorded after the day asked about.
#[derive(Default)]
pub(crate) struct Ahead {
    /// The states after the day, each with its first day, as far as was looked.
    pub(crate) states: Vec<(Day, State)>,
    /// The first day of the next lapse.
    pub(crate) lapse: Option<Day>,
    /// Which covers of the day asked about have not ended by what was seen.
    lasting: Schemes,
}

/// What is asked of a life.
#[derive(Clone, Copy)]
pub(crate) struct Question {
    pub(crate) day: Day,
    pub(crate) known_at: Moment,
    /// The first day of the stay whose cover is asked about.
    pub(crate) stay: Option<Day>,
    pub(crate) telling: Telling,
}

impl Question {
    /// What holds on a day as known at an instant.
    pub(crate) fn of(day: Day, known_at: Moment) -> Question {
        Question { day, known_at, stay: None, telling: Telling::Brief }
    }
}

/// Plays a life as known at an instant and hands it over.
pub(crate) fn played<R>(timeline: &Timeline, law: &Law, question: Question, ask: impl FnOnce(Play<'_>) -> R) -> R {
    played_by(law.as_known(question.known_at), timeline, law, question, ask)
}

/// The same, as if the revisions that take effect after the day had not been published.
pub(crate) fn played_in_force<R>(
    timeline: &Timeline,
    law: &Law,
    question: Question,
    ask: impl FnOnce(Play<'_>) -> R,
) -> R {
    let book = law.as_known(question.known_at).in_force_by(question.day);
    played_by(book, timeline, law, question, ask)
}

fn played_by<R>(
    book: Book<'_>,
    timeline: &Timeline,
    law: &Law,
    question: Question,
    ask: impl FnOnce(Play<'_>) -> R,
) -> R {
    ask(Packed::of(timeline, law, &book, question).played(&book, question, Room::default()))
}

/// A life ready to be played, with the days on which something begins or ceases to count.
#[derive(Debug)]
pub(crate) struct Packed {
    life: Life,
    marks: Vec<Day>,
}

impl Packed {
    pub(crate) fn of(timeline: &Timeline, law: &Law, book: &Book<'_>, question: Question) -> Packed {
        let mut life = Life::of(timeline, question.known_at, book);
        for household in &mut life.households {
            if let Some(head) = timeline.head(household.head) {
                household.covers = head_covers(head, law, question);
            }
        }
        let marks = marks(&life, book);
        Packed { life, marks }
    }

    pub(crate) fn played<'a>(&'a self, book: &'a Book<'a>, question: Question, room: Room) -> Play<'a> {
        Play::new(&self.life, book, &self.marks, question, room)
    }
}

/// The covers of a head from the first to the last day that anything is known of, those of dependants left out.
fn head_covers(head: &Timeline, law: &Law, question: Question) -> HeadCovers {
    let book = law.as_known(question.known_at);
    let mut life = Life::of(head, question.known_at, &book);
    life.households.clear();
    let marks = marks(&life, &book);
    let last = marks.last().copied().into_iter().chain(life.payments.last().map(|payment| payment.on)).max();
    let played = |day| {
        let question = Question { day, telling: Telling::Brief, ..question };
        Play::new(&life, &book, &marks, question, Room::default())
    };
    let play = played(last.unwrap_or(question.day));
    let ahead = play.ahead(|_| false);
    let states = play.past.iter().chain(&ahead.states);
    let changes = states.map(|(day, state)| (*day, state.covers)).collect();
    let for_stay = question.stay.map(|began| {
        let play = played(question.day);
        play.at_day.covers_for_stay(play.today(), began)
    });
    HeadCovers { changes, for_stay }
}

impl<'a> Play<'a> {
    fn new(life: &'a Life, book: &'a Book<'a>, marks: &'a [Day], question: Question, room: Room) -> Play<'a> {
        let Question { day, telling, .. } = question;
        let Room { mut past, months, purse } = room;
        past.clear();
        past.reserve(16);
        // Rows for what can be paid on the day, which may pass quietly.
        let ahead = book.revisions().iter().map(|revision| i32::from(revision.prepay_months)).max();
        let until = book.month_of(day).plus(ahead.unwrap_or(0).max(1));
        let mut machine = Machine::new(life, book, marks, until, (months, purse));
        if telling == Telling::Whole {
            machine.steps = Some(Vec::new());
        }
        // Of the days before the one asked about nobody asks what was overdue, unless every step is told.
        machine.brisk = telling == Telling::Brief;
        let mut play = Play { day, past, at_day: machine };
        let mut now = Day::MIN;
        loop {
            now = play.at_day.receive_while_quiet(day, now);
            let next = play.at_day.next_day(now);
            if next > day {
                break;
            }
            now = next;
            pass(&mut play.at_day, now, &mut play.past);
        }
        let machine = &mut play.at_day;
        let counts_overdue = machine.brisk && machine.state.standing == Standing::InArrears;
        machine.brisk = false;
        if counts_overdue && machine.passed == day {
            let today = machine.look_up(day);
            machine.look_ahead(today);
        } else if counts_overdue {
            pass(machine, day, &mut play.past);
        }
        play
    }

    /// The states up to the day, each with its first day.
    pub(crate) fn past(&self) -> &[(Day, State)] {
        &self.past
    }

    /// The room that the play took.
    pub(crate) fn into_room(self) -> Room {
        Room { past: self.past, months: self.at_day.months, purse: self.at_day.purse }
    }

    /// Looks ahead, as if nothing more were recorded, until enough was seen or nothing changes any more.
    pub(crate) fn ahead(&self, enough: impl Fn(&Ahead) -> bool) -> Ahead {
        let mut machine = self.at_day.clone();
        machine.steps = None;
        let mut ahead = Ahead { lasting: machine.state.covers, states: Vec::with_capacity(16), lapse: None };
        self.onward(&mut machine, |machine, day| {
            pass(machine, day, &mut ahead.states);
            // What is overdue is a change too, but only the first change is asked for.
            machine.brisk = !ahead.states.is_empty();
            ahead.lapse = ahead.lapse.or(machine.lapse.map(|_| day));
            ahead.lasting = ahead.lasting.and(machine.state.covers);
            enough(&ahead)
        });
        ahead
    }

    /// Takes a machine that stands at the end of the day on, until it is told to stop or nothing changes any more.
    pub(crate) fn onward(&self, machine: &mut Machine<'a>, mut pass: impl FnMut(&mut Machine<'a>, Day) -> bool) {
        let farthest = self.day.month().plus(FARTHEST_MONTHS);
        let (life, book, marks) = (machine.life, machine.book, machine.marks);
        let horizon_from = |day| horizon(life, book, marks, day).min(farthest).last_day();
        let (mut now, mut horizon) = (self.day, horizon_from(self.day));
        loop {
            let next = machine.next_day(now);
            if next > horizon {
                return;
            }
            now = next;
            if pass(machine, now) {
                return;
            }
            // Who returns by money that was added up begins anew, as who pays does.
            if machine.returned.is_some_and(|returned| returned.on == now) {
                horizon = horizon_from(now);
            }
        }
    }

    /// The first day of the unbroken stretch of a cover that there is on the day.
    pub(crate) fn cover_from(&self, scheme: Scheme) -> Day {
        let stretch = self.past.iter().rev().take_while(|(_, state)| state.covers.has(scheme));
        stretch.last().map_or(self.day, |(day, _)| *day)
    }

    /// The day asked about, with what the machine looked up for it.
    pub(crate) fn today(&self) -> Today<'a> {
        let book = self.at_day.book;
        let month = book.month_of(self.day);
        let fallen_due = book.newest_fallen_due(self.day, month);
        Today { day: self.day, month, revision: book.on(self.day), fallen_due }
    }

    /// The last day on which what is charged for paying late is as on the day; open when nothing is.
    pub(crate) fn charges_hold_until(&self) -> Option<Day> {
        let (today, machine) = (self.today(), &self.at_day);
        let charged = machine.overdue_months(today).any(|month| machine.charge_for_delay(month, today) > 0);
        charged.then(|| machine.next_price_step(self.day).before())
    }

    /// The stretches of one standing and one set of covers, from the first to the horizon.
    pub(crate) fn stretches(&self) -> Vec<Stretch> {
        let mut stretches = vec![Stretch { from: None, standing: Standing::NotEnrolled, schemes: Vec::new() }];
        for (day, state) in self.past.iter().chain(&self.ahead(|_| false).states) {
            let schemes: Vec<Scheme> = Scheme::ALL.into_iter().filter(|&scheme| state.covers.has(scheme)).collect();
            let same = stretches.last().is_some_and(|last| last.standing == state.standing && last.schemes == schemes);
            if !same {
                stretches.push(Stretch { from: Some(*day), standing: state.standing, schemes });
            }
        }
        stretches
    }

    pub(crate) fn month_lines(&self) -> Vec<MonthLine> {
        let (today, machine) = (self.today(), &self.at_day);
        let (first, end) = (machine.months.base(), machine.months.end());
        let on_month = |parcel: &Parcel| if let Place::Month(month) = parcel.place { Some(month) } else { None };
        let mut parcels: Vec<(Month, &Parcel)> =
            machine.purse.parcels.iter().filter_map(|parcel| Some((on_month(parcel)?, parcel))).collect();
        parcels.sort_by_key(|(month, _)| *month);
        let touched = parcels.last().map(|(month, _)| *month);
        let last = touched.map_or(today.month, |month| month.max(today.month));
        let lines = (first.0..end.0).map(Month).take_while(|month| *month <= last).map(|month| {
            let of_month =
                parcels.partition_point(|(of, _)| *of < month)..parcels.partition_point(|(of, _)| *of <= month);
            self.month_line(month, &parcels[of_month])
        });
        lines.collect()
    }

    /// The line of a month, with what lies on it.
    fn month_line(&self, month: Month, parcels: &[(Month, &Parcel)]) -> MonthLine {
        let (day, machine) = (self.day, &self.at_day);
        let parcels = parcels.iter().map(|(_, parcel)| *parcel);
        let paid = machine.paid(month, day);
        let is_among =
            |set: fn(&Sets) -> u64| machine.months.get(month).is_some_and(|(sets, bit)| set(sets) & bit != 0);
        let state = if paid {
            MonthState::Paid
        } else if is_among(|sets| sets.worked) {
            MonthState::Worked
        } else if is_among(|sets| sets.excused) {
            MonthState::Excused
        } else if !machine.owed(month) {
            MonthState::NotOwed
        } else if machine.has_fallen_due(month, day) {
            MonthState::Overdue
        } else {
            MonthState::Open
        };
        MonthLine {
            month,
            due: machine.due(month).day,
            price: machine.book.price(month, day),
            allocated: machine.months.row(month).allocated,
            charge: machine.charge_for_delay(month, self.today()),
            paid_on: parcels.clone().map(|parcel| parcel.on).max().filter(|_| paid),
            payments: parcels.flat_map(|parcel| machine.purse.payments_of(parcel)).collect(),
            state,
        }
    }

    pub(crate) fn placements(&self) -> Vec<Placement> {
        let purse = &self.at_day.purse;
        let placement = |parcel: &Parcel| Placement {
            payments: purse.payments_of(parcel),
            place: parcel.place,
            amount: parcel.amount,
            on: parcel.on,
        };
        purse.parcels.iter().map(placement).collect()
    }
}

impl Ahead {
    /// The first day on which anything is different.
    pub(crate) fn first_change(&self) -> Option<Day> {
        self.states.first().map(|(day, _)| *day)
    }

    /// Whether a lapse was seen.
    pub(crate) fn has_lapse(&self) -> bool {
        self.lapse.is_some()
    }

    /// The last day of a cover that there is on the day asked about; open when no end was seen.
    pub(crate) fn cover_until(&self, scheme: Scheme) -> Option<Day> {
        self.states.iter().find(|(_, state)| !state.covers.has(scheme)).map(|(day, _)| day.before())
    }

    /// The first day on which a scheme covers.
    pub(crate) fn cover_from(&self, scheme: Scheme) -> Option<Day> {
        self.states.iter().find(|(_, state)| state.covers.has(scheme)).map(|(day, _)| *day)
    }

    /// Whether every cover of the day asked about has ended by what was seen.
    pub(crate) fn saw_covers_end(&self) -> bool {
        self.lasting.is_empty()
    }
}

/// Lets a day pass and keeps the state if it differs from the one before.
fn pass(machine: &mut Machine<'_>, day: Day, states: &mut Vec<(Day, State)>) {
    let before = machine.state;
    machine.pass(day);
    if machine.state != before {
        states.push((day, machine.state));
    }
}

/// The month after which nothing changes any more, if nothing more is recorded and nobody returns after the day.
fn horizon(life: &Life, book: &Book<'_>, marks: &[Day], day: Day) -> Month {
    let mut settle = 0;
    let mut ahead = 0;
    let mut days = 0;
    for revision in book.revisions() {
        let lapses = revision.lapse.iter().map(|condition| match *condition {
            LapseCondition::Consecutive(months) => months,
            LapseCondition::Window { of, .. } => of,
        });
        let formal = [&revision.formal_private, &revision.formal_public];
        let limbs = revision.entitlement.iter().chain(formal.into_iter().flat_map(|formal| &formal.entitlement));
        let limbs = limbs.map(|limb| match *limb {
            Entitlement::Consecutive(months) => months,
            Entitlement::Window { of, .. } => of,
            Entitlement::Immediate => 0,
        });
        let longest = lapses.chain(limbs).max().unwrap_or(0).max(revision.suspend_after.unwrap_or(0));
        let lasting = revision.longest_months.unwrap_or(0).saturating_add(revision.lapse_run_off_months);
        let longest = longest.saturating_add(lasting);
        let amnesties = revision.amnesties.iter().filter_map(|amnesty| amnesty.back_payment);
        let terms = amnesties.chain(revision.back_payment).chain(revision.suspension_return);
        let back = terms.map(|terms| {
            terms.waiting_months.max(terms.refuse_older_months.unwrap_or(0)).max(terms.cap_months.unwrap_or(0))
        });
        let run_off = formal.into_iter().map(|formal| i32::from(formal.run_off_months)).max().unwrap_or(0);
        settle = settle.max(i32::from(longest) + i32::from(back.max().unwrap_or(0))).max(run_off);
        ahead = ahead.max(i32::from(revision.prepay_months) + i32::from(revision.due_month_offset));
        days = days.max(revision.notice_days.unwrap_or(0)).max(revision.co_payment.map_or(0, |rule| rule.days));
    }
    let paid = life.payments.last().map(|payment| payment.on);
    let last = marks.last().copied().into_iter().chain(paid).chain(time_left(life, book)).max().unwrap_or(day).max(day);
    let last = last.plus(i32::from(days));
    last.month().plus(settle + ahead + 3)
}

/// The last day of the time that may be left, to be found when the life is lived, by an enrolment or by money that is
/// gone, when that was learnt; the due day after it is no farther than any other.
fn time_left(life: &Life, book: &Book<'_>) -> Option<Day> {
    let enrolled = life.enrolments.iter().map(|enrolment| enrolment.known);
    let reversed = life.reversals.iter().filter_map(|&index| life.payments[index].reversal);
    let reversed = reversed.map(|reversal| reversal.known);
    let refunded = life.refunds.iter().map(|refund| refund.known);
    let learnt = enrolled.chain(reversed).chain(refunded).map(|known| known.day());
    let left = book.revisions().iter().map(|revision| revision.learnt_late_days).max().unwrap_or(0);
    learnt.max().map(|learnt| learnt.plus(i32::from(left)))
}

#[cfg(test)]
mod tests;
