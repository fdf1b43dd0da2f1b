//! The reference model: an answer reached by walking through every day, in the order of the rules' section 5.
//!
//! Read `facts` (what is known) with `retract` and `jobs`, then `month` (what holds of a month on a day), `day` (the
//! order within a day) with `payments`, `lapse`, `entry` and `back`, `late` (section 4, learnt late), `cover`, `household`, and
//! `doors`. Numbers in comments name sections of the rules. The model shares only nouns with the kernel, and has no
//! cleverness: where it spares work it says why nothing can be hidden by that.

mod back;
mod cover;
mod day;
mod doors;
mod entry;
mod facts;
mod household;
mod jobs;
mod lapse;
mod late;
mod month;
mod payments;
mod purse;
mod quote;
mod retract;
mod table;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_of_facts;

use krama_law::answer::{CoPayment, EnrolmentRefusal, Scheme, Standing};
use krama_law::calendar::{Day, Moment};
use krama_law::fact::{Fact, FactId, MemberId, Recorded};
use krama_law::money::Riel;
use krama_law::policy::{Book, Law, RetroactiveLoss};

pub(crate) use doors::{doors, what_if};
pub(crate) use quote::rate_as_written;

pub(crate) use day::Walk;
use day::walk;
use facts::{Payment, World};
use month::View;
use table::Table;

/// A member's facts, and those of the heads of the households.
#[derive(Clone, Copy)]
pub(crate) struct Person<'a> {
    pub(crate) facts: &'a [Recorded],
    pub(crate) heads: &'a [(MemberId, Vec<Recorded>)],
}

/// A question: of whom, under which law, for which day, as known when, and for a stay that began on which day.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) person: Person<'a>,
    pub(crate) law: &'a Law,
    pub(crate) day: Day,
    pub(crate) known: Moment,
    pub(crate) stay: Option<Day>,
}

/// What the model says of a member on a day. The field names are those of the rules.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ModelAnswer {
    /// Where the member stands.
    pub(crate) standing: Standing,
    /// Since when; absent when it was so from the beginning.
    pub(crate) since: Option<Day>,
    /// The covers in the order of schemes; true where one is only kept in good faith.
    pub(crate) covers: Vec<(Scheme, bool)>,
    /// Months overdue.
    pub(crate) overdue: u32,
    /// The run of missed months.
    pub(crate) run: u32,
    /// Money not needed by any month.
    pub(crate) credit: Riel,
    /// Money that could not be allocated.
    pub(crate) suspense: Riel,
    /// Money added up for a return.
    pub(crate) pot: Riel,
    /// Money paid as penalty or fee.
    pub(crate) surcharge: Riel,
    /// Money of payments that came to nothing.
    pub(crate) reversed: Riel,
    /// Money paid back.
    pub(crate) refunded: Riel,
    /// Money on contribution months.
    pub(crate) on_months: Riel,
    /// Enrolments refused on the day, in the order of their known time.
    pub(crate) refused: Vec<EnrolmentRefusal>,
    /// The last day on which paying still prevents the next lapse.
    pub(crate) last_safe_day: Option<Day>,
    /// The price of coming back by paying.
    pub(crate) quote: Option<Riel>,
    /// The part of a bill that is owed after a return.
    pub(crate) co_payment: Option<CoPayment>,
}

/// Section 9: only facts recorded by an instant, in the order in which the ledger came to know them.
fn known_by(facts: &[Recorded], known: Moment) -> Vec<&Recorded> {
    let mut known: Vec<&Recorded> = facts.iter().filter(|fact| fact.known <= known).collect();
    known.sort_by_key(|fact| (fact.known, fact.id));
    known
}

/// The world of facts that are known, under the law as known at an instant, with months up to the day asked at least.
fn world_of<'a>(facts: &[&Recorded], law: &'a Law, known: Moment, asked: Day) -> World<'a> {
    let book = law.as_known(known);
    let table = Table::new(facts, law, &book, asked);
    let losses = late::losses(facts, &book);
    World::new(facts, book, table, &losses)
}

/// Answers a question.
pub(crate) fn answer(asked: Asked<'_>) -> ModelAnswer {
    let known = known_by(asked.person.facts, asked.known);
    let world = world_of(&known, asked.law, asked.known, asked.day);
    let walked = walk(&world, asked.day);
    let safe = last_safe_day(&known, asked.law, &world, &walked, asked.day);
    tell(&asked, &world, &walked, safe)
}

/// A law with the calendar of all lives that begin no earlier than a day and are asked no later than another.
pub(crate) struct Ground<'a> {
    law: &'a Law,
    table: Table,
}

impl<'a> Ground<'a> {
    pub(crate) fn new(law: &'a Law, first: Day, last: Day) -> Ground<'a> {
        let begins = Recorded { id: FactId(0), known: Moment::start_of(first), fact: Fact::Enrolled { on: first } };
        let table = Table::new(&[&begins], law, &law.as_known(Moment::MAX), last);
        Ground { law, table }
    }
}

/// Answers for several days, in order, with everything known, by one walk, which may have been begun before: then it must
/// have been the same life up to there. Tells, too, the walk as it was at the end of the day `keep`, if that comes before
/// the days asked, and whether it may be shared by lives that are the same up to that day: not where money lies on a
/// later month, since whether that one is excused may be known only later, and then have mattered.
///
/// No fact may be valid after the first day asked: then the future of each day is the same walk, and the first lapse on it
/// the next one of every day before it.
pub(crate) fn answers(
    person: Person<'_>,
    ground: &Ground<'_>,
    begun: Option<&Walk>,
    keep: Day,
    days: &[Day],
) -> (Vec<ModelAnswer>, Option<Walk>) {
    let law = ground.law;
    let known = known_by(person.facts, Moment::MAX);
    let book = law.as_known(Moment::MAX);
    let losses = late::losses(&known, &book);
    let world = World::new(&known, book, ground.table.clone(), &losses);
    let mut walked = begun.cloned().unwrap_or_else(|| Walk::begin(&world, keep));
    walked.go_on(&world, keep);
    let decided = walked.state.last_month_with_money(&world.own).is_none_or(|month| month <= keep.month());
    let kept = decided.then(|| walked.clone());
    let mut ahead: Option<Option<Day>> = None;
    let one = |&day: &Day| {
        walked.go_on(&world, day);
        let out = walked.state.lapse.is_some() || world.dead_on(day) || walked.state.pending;
        let safe = match ahead.filter(|safe| !out && safe.is_none_or(|safe| day <= safe)) {
            Some(safe) => safe,
            None => last_safe_day(&known, law, &world, &walked, day),
        };
        ahead = (!out).then_some(safe);
        tell(&Asked { person, law, day, known: Moment::MAX, stay: None }, &world, &walked, safe)
    };
    (days.iter().map(one).collect(), kept)
}

fn tell(asked: &Asked<'_>, world: &World<'_>, walked: &Walk, last_safe_day: Option<Day>) -> ModelAnswer {
    let day = asked.day;
    let view = View { world, state: &walked.state, day, stay: asked.stay };
    let (standing, lapse) = (walked.standing(), walked.state.lapse.as_ref());
    let counted = lapse.is_none() && !world.dead_on(day) && walked.state.enrolment.is_some();
    let purse = &walked.state.purse;
    let now = covers_as_known(asked, world, walked, asked.known);
    ModelAnswer {
        standing,
        // Section 11: ABANDONED is dated by the lapse, also after an employment in between.
        since: match (standing, lapse) {
            (Standing::Abandoned, Some(lapse)) => Some(lapse.dated),
            _ => walked.since(),
        },
        co_payment: cover::co_payment(&view, &now),
        covers: with_kept(asked, world, now),
        overdue: if counted { count(view.overdue_months().len()) } else { 0 },
        run: if counted && !world.employed_on(day) { count(view.run().len()) } else { 0 },
        credit: purse.credit(),
        suspense: purse.suspense(),
        pot: purse.pot(),
        surcharge: purse.surcharge(),
        reversed: purse.reversed,
        refunded: purse.refunded(),
        on_months: purse.on_months(),
        refused: walked.refused.clone(),
        last_safe_day,
        quote: quote::quote(&view).map(|quote| quote.price),
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Section 8 by what is known at an instant: the member's own covers, and the one through the head of a household.
fn covers_as_known(asked: &Asked<'_>, world: &World<'_>, walked: &Walk, known: Moment) -> Vec<Scheme> {
    let mut covers = cover::covers(world, walked, asked.day, asked.stay);
    let through = |(head, schemes): &(MemberId, Vec<Scheme>)| {
        // The head's timeline is asked for the head alone, so a head's own head is never looked at.
        // Reading: for a stay of the dependant, what the head paid from its first day on does not count either.
        let timeline = asked.person.heads.iter().find(|(id, _)| id == head);
        timeline.is_some_and(|(_, facts)| {
            let facts = known_by(facts, known);
            let world = world_of(&facts, asked.law, known, asked.day);
            let walked = walk(&world, asked.day);
            cover::covers(&world, &walked, asked.day, asked.stay).iter().any(|scheme| schemes.contains(scheme))
        })
    };
    if household::heads(world, asked.day).iter().any(through) {
        covers.push(Scheme::Dependant);
    }
    covers
}

/// Section 9: what the ledger gave for the day, as known at its end, is kept in good faith.
fn with_kept(asked: &Asked<'_>, world: &World<'_>, now: Vec<Scheme>) -> Vec<(Scheme, bool)> {
    let day = asked.day;
    let mut answer: Vec<(Scheme, bool)> = now.iter().map(|&scheme| (scheme, false)).collect();
    // Reading: for good faith the `retroactive_loss` is that of the revision in force on the day covered, since a
    // cover may be lost by several facts together, which may have become known under different revisions.
    let keeps = world.book.on(day).retroactive_loss == RetroactiveLoss::FromKnown;
    let then_at = Moment::end_of(day);
    if keeps && then_at < asked.known && !world.dead_on(day) && learnt_since(asked, then_at) {
        let then = known_by(asked.person.facts, then_at);
        let world = world_of(&then, asked.law, then_at, day);
        let given = covers_as_known(asked, &world, &walk(&world, day), then_at);
        answer.extend(given.into_iter().filter(|scheme| !now.contains(scheme)).map(|scheme| (scheme, true)));
    }
    answer.sort_unstable();
    answer
}

/// Whether anything at all became known after an instant, by that of the question: where nothing did, what was given
/// then is what is given now.
fn learnt_since(asked: &Asked<'_>, then: Moment) -> bool {
    let later = |known: Moment| then < known && known <= asked.known;
    let own = asked.person.facts.iter();
    let heads = asked.person.heads.iter().flat_map(|(_, facts)| facts);
    own.chain(heads).any(|fact| later(fact.known)) || asked.law.revisions().iter().any(|law| later(law.published))
}

fn same(one: &Book<'_>, other: &Book<'_>) -> bool {
    let (one, other) = (one.revisions(), other.revisions());
    one.len() == other.len() && one.iter().zip(other).all(|(a, b)| a.effective == b.effective)
}

/// Section 11: the day before the next lapse, found by living on from the end of the day asked, without facts that
/// are valid later except known ends of employments, under the revisions in force by that day.
fn last_safe_day(known: &[&Recorded], law: &Law, world: &World<'_>, walked: &Walk, day: Day) -> Option<Day> {
    let book = world.book.in_force_by(day);
    if !same(&book, &world.book) {
        // Revisions not yet in force are left out of everything: of due days, and of the time left by what was learnt.
        let table = Table::new(known, law, &book, day);
        let losses = late::losses(known, &book);
        let world = World::new(known, book, table, &losses);
        let walked = walk(&world, day);
        return next_lapse(known, &world, &walked, day);
    }
    next_lapse(known, world, walked, day)
}

fn next_lapse(known: &[&Recorded], world: &World<'_>, walked: &Walk, day: Day) -> Option<Day> {
    let state = &walked.state;
    let in_open_job = world.jobs.iter().any(|job| job.from <= day && job.until.is_none());
    let out = world.dead_on(day) || state.lapse.is_some() || state.pending || state.enrolment.is_none();
    let book = &world.book;
    if out || in_open_job || book.on(day).confirmation || book.on(day).lapse.is_empty() {
        return None;
    }
    let mut future = World::new(known, book.clone(), world.own.clone(), &world.losses);
    future.drop_facts_after(day);

    let mut state = state.clone();
    let mut end = future.horizon(&state, day);
    let mut next = day.after();
    while next <= end {
        day::live(&future, &mut state, next, &mut day::Log::default());
        if state.lapse.is_some() {
            return Some(next.before());
        }
        // Who comes back by money that was added up begins anew, and needs as many months again.
        if state.returned.is_some_and(|(on, _)| on == next) {
            end = future.horizon(&state, next);
        }
        next = next.after();
    }
    None
}

/// Section 11: whether an amount that is paid on the last safe day, for no month that is named, prevents the lapse of
/// the day after. Nothing else is valid after the day asked, as there.
pub(crate) fn saves(asked: Asked<'_>, last: Day, amount: Riel) -> bool {
    let known = known_by(asked.person.facts, asked.known);
    let book = asked.law.as_known(asked.known).in_force_by(asked.day);
    let losses = late::losses(&known, &book);
    let mut world = World::new(&known, book.clone(), Table::new(&known, asked.law, &book, last), &losses);
    let mut state = walk(&world, asked.day).state;
    world.drop_facts_after(asked.day);
    let payment = Payment { id: FactId(i64::MAX), on: last, amount, named: None, known: Moment::MAX, void: None };
    if last > asked.day {
        world.payments.push(payment);
    } else {
        state.receive(&world, &payment, last);
        state.return_if_paid(&world, last);
    }
    let mut next = asked.day.after();
    while next <= last.after() {
        day::live(&world, &mut state, next, &mut day::Log::default());
        next = next.after();
    }
    state.lapse.is_none()
}
