//! The reference model: an answer reached by walking through every day, in the order of the rules' section 5.
//!
//! Read `facts` (what is known), then `month` (what holds of a month on a day), `day` (the order within a day),
//! `late` (section 4, learnt late) and `cover`. Numbers in comments name sections of the rules.

mod cover;
mod day;
mod facts;
mod late;
mod month;
mod purse;
mod quote;
mod table;

use krama_law::answer::{EnrolmentRefusal, Scheme, Standing};
use krama_law::calendar::{Day, Moment};
use krama_law::fact::Recorded;
use krama_law::money::Riel;
use krama_law::policy::{Book, Law, RetroactiveLoss};

use day::{Walk, walk};
use facts::World;
use late::{JobLoss, job_losses};
use month::View;
use table::Table;

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
    /// Money added up for a back-payment.
    pub(crate) pot: Riel,
    /// Money paid as penalty or fee.
    pub(crate) surcharge: Riel,
    /// Money of payments that came to nothing.
    pub(crate) reversed: Riel,
    /// Money on contribution months.
    pub(crate) on_months: Riel,
    /// Enrolments refused on the day, in the order of their known time.
    pub(crate) refused: Vec<EnrolmentRefusal>,
    /// The last day on which paying still prevents the next lapse.
    pub(crate) last_safe_day: Option<Day>,
    /// The price of the back-payment.
    pub(crate) quote: Option<Riel>,
}

/// Answers for a day as known at an instant.
pub(crate) fn answer(facts: &[Recorded], law: &Law, valid_at: Day, known_at: Moment) -> ModelAnswer {
    // Section 9: only facts recorded by then, in the order in which the ledger came to know them.
    let mut known: Vec<&Recorded> = facts.iter().filter(|fact| fact.known <= known_at).collect();
    known.sort_by_key(|fact| (fact.known, fact.id));
    let book = law.as_known(known_at);
    let table = Table::new(&known, law, &book, valid_at);
    let losses = job_losses(&known, &book);
    let world = World::new(&known, book.clone(), table, &losses);
    let walked = walk(&world, valid_at);

    let view = View { world: &world, state: &walked.state, day: valid_at };
    let (standing, lapse) = (walked.standing(), walked.state.lapse.as_ref());
    let counted = lapse.is_none() && !world.dead_on(valid_at) && walked.state.enrolment.is_some();
    let purse = &walked.state.purse;
    ModelAnswer {
        standing,
        // Section 11: ABANDONED is dated by the lapse, also after an employment in between.
        since: match (standing, lapse) {
            (Standing::Abandoned, Some(lapse)) => Some(lapse.dated),
            _ => walked.since(),
        },
        covers: covers(&known, law, &world, &walked, valid_at, known_at),
        overdue: if counted { count(view.overdue_months().len()) } else { 0 },
        run: if counted && !world.employed_on(valid_at) { count(view.run().len()) } else { 0 },
        credit: purse.credit(),
        suspense: purse.suspense(),
        pot: purse.pot(),
        surcharge: purse.surcharge(),
        reversed: purse.reversed,
        on_months: purse.on_months(),
        refused: walked.refused.clone(),
        last_safe_day: last_safe_day(&known, law, &book, &world, &walked, &losses, valid_at),
        quote: quote::quote(&view).map(|quote| quote.price),
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Section 8 by present knowledge, and section 9: what the ledger gave for the day is kept in good faith.
fn covers(
    known: &[&Recorded],
    law: &Law,
    world: &World<'_>,
    walked: &Walk,
    day: Day,
    known_at: Moment,
) -> Vec<(Scheme, bool)> {
    let now = cover::covers(world, walked, day);
    let mut answer: Vec<(Scheme, bool)> = now.iter().map(|&scheme| (scheme, false)).collect();
    // Reading: for good faith the `retroactive_loss` is that of the revision in force on the day covered, since a
    // cover may be lost by several facts together, which may have become known under different revisions.
    let keeps = world.book.on(day).retroactive_loss == RetroactiveLoss::FromKnown;
    let then_at = Moment::end_of(day);
    if keeps && then_at < known_at && !world.dead_on(day) {
        let then: Vec<&Recorded> = known.iter().copied().filter(|fact| fact.known <= then_at).collect();
        let book = law.as_known(then_at);
        let table = Table::new(known, law, &book, day);
        let losses = job_losses(&then, &book);
        let world = World::new(&then, book, table, &losses);
        let given = cover::covers(&world, &walk(&world, day), day);
        answer.extend(given.into_iter().filter(|scheme| !now.contains(scheme)).map(|scheme| (scheme, true)));
    }
    answer.sort_unstable();
    answer
}

fn same(one: &Book<'_>, other: &Book<'_>) -> bool {
    let (one, other) = (one.revisions(), other.revisions());
    one.len() == other.len() && one.iter().zip(other).all(|(a, b)| a.effective == b.effective)
}

/// Section 11: the day before the next lapse, found by living on from the end of the day asked, without facts that
/// are valid later except known ends of employments, under the revisions in force by that day.
fn last_safe_day(
    known: &[&Recorded],
    law: &Law,
    book: &Book<'_>,
    world: &World<'_>,
    walked: &Walk,
    losses: &[JobLoss],
    day: Day,
) -> Option<Day> {
    let state = &walked.state;
    let in_open_job = world.jobs.iter().any(|job| job.from <= day && job.until.is_none());
    let out = world.dead_on(day) || state.lapse.is_some() || state.pending || state.enrolment.is_none();
    let book = book.in_force_by(day);
    if out || in_open_job || book.on(day).confirmation || book.on(day).lapse.is_empty() {
        return None;
    }
    // Revisions not yet in force are left out of the due days too.
    let table = if same(&book, &world.book) { world.own.clone() } else { Table::new(known, law, &book, day) };
    let mut future = World::new(known, book, table, losses);
    future.drop_facts_after(day);

    let mut state = state.clone();
    let end = future.horizon(&state, day);
    let mut next = day.after();
    while next <= end {
        day::live(&future, &mut state, next, &mut day::Log::default());
        if state.lapse.is_some() {
            return Some(next.before());
        }
        next = next.after();
    }
    None
}
