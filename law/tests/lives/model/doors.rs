//! The ways back that are open on a day, and what an answer would be if one more fact were known.
//!
//! Each first day of cover is found by living through the days that follow with the door used.

use krama_law::answer::{Door, DoorKind, Scheme};
use krama_law::calendar::{Day, Month};
use krama_law::fact::{EmploymentId, Fact, FactId, Recorded, Sector};
use krama_law::money::Riel;

use super::day::{Walk, walk};
use super::entry;
use super::facts::World;
use super::jobs::employment_of;
use super::month::View;
use super::quote::{amnesty, back_payment, payments_that_count, quote};
use super::table::own_due;
use super::{Asked, ModelAnswer, Person, answer, cover, known_by, world_of};

/// How many years are looked ahead for a first day of cover.
const YEARS_AHEAD: i32 = 10;
/// For how many months somebody who enrols again is taken to pay.
const MONTHS_PAID: i32 = 24;

/// The facts known, and more that become known at the instant asked, after all others.
fn with_more(asked: &Asked<'_>, more: &[Fact]) -> Vec<Recorded> {
    let mut facts: Vec<Recorded> = known_by(asked.person.facts, asked.known).into_iter().cloned().collect();
    for fact in more {
        let id = FactId(facts.iter().map(|fact| fact.id.0).max().unwrap_or(0) + 1);
        facts.push(Recorded { id, known: asked.known, fact: fact.clone() });
    }
    facts
}

/// The answer if one more fact were known.
pub(crate) fn what_if(asked: Asked<'_>, fact: &Fact) -> ModelAnswer {
    let facts = with_more(&asked, std::slice::from_ref(fact));
    answer(Asked { person: Person { facts: &facts, heads: asked.person.heads }, ..asked })
}

/// The first day from the one asked on with a cover, if these facts were known too and nothing more is recorded.
fn first_cover(asked: &Asked<'_>, more: &[Fact], scheme: Scheme) -> Option<Day> {
    let facts = with_more(asked, more);
    let last = asked.day.month().plus(12 * YEARS_AHEAD).day_clamped(asked.day.parts().2);
    let known: Vec<&Recorded> = facts.iter().collect();
    let world = world_of(&known, asked.law, asked.known, last);
    let mut walked = Walk::begin(&world, asked.day);
    let mut day = asked.day;
    while day <= last {
        walked.go_on(&world, day);
        if cover::covers(&world, &walked, day, None).contains(&scheme) {
            return Some(day);
        }
        day = day.after();
    }
    None
}

/// The ways back in the order of their kinds; none for somebody who is dead, or neither out nor suspended.
pub(crate) fn doors(asked: Asked<'_>) -> Vec<Door> {
    let known = known_by(asked.person.facts, asked.known);
    let world = world_of(&known, asked.law, asked.known, asked.day);
    let walked = walk(&world, asked.day);
    let (day, state) = (asked.day, &walked.state);
    let (lapsed, employed) = (state.lapse.is_some(), world.employed_on(day));
    if world.dead_on(day) || !(lapsed || state.suspended) {
        return Vec::new();
    }
    let mut doors = Vec::new();
    if lapsed && !employed {
        doors.push(formal_employment(&asked));
    }
    doors.extend(by_paying(&asked, &world, &walked));
    if lapsed && !employed && world.refusal(state, day).is_none() {
        doors.push(by_enrolling(&asked, &world, &walked));
    }
    if lapsed && world.book.on(day).social_assistance {
        doors.push(Door { kind: DoorKind::SocialAssistance, price: None, benefits_from: None, open_until: None });
    }
    doors
}

fn formal_employment(asked: &Asked<'_>) -> Door {
    let known = known_by(asked.person.facts, asked.known);
    let ids = known.iter().filter_map(|fact| employment_of(&fact.fact)).map(|employment| employment.0);
    let employment = EmploymentId(ids.max().unwrap_or(0) + 1);
    let hired = Fact::Hired { employment, sector: Sector::Private, from: asked.day, until: None };
    Door {
        kind: DoorKind::FormalEmployment,
        price: None,
        benefits_from: first_cover(asked, &[hired], Scheme::Formal),
        open_until: None,
    }
}

fn by_paying(asked: &Asked<'_>, world: &World<'_>, walked: &Walk) -> Option<Door> {
    let day = asked.day;
    let view = View::of(world, &walked.state, day);
    let price = quote(&view)?.price;
    let mut counting = walked.state.purse.payments_in_pot();
    if let Some(most) = payments_that_count(&view) {
        // The payment that is supposed is the newest of those that count.
        let older = (counting.len() + 1).saturating_sub(most).min(counting.len());
        counting.drain(..older);
    }
    // Section 7: any payment reaches a price of nothing, but there has to be one.
    let lacks = (price - counting.iter().sum::<Riel>()).max(1);
    let payment = Fact::Payment { on: day, amount: lacks, month: None };
    // Somebody suspended comes back on the suspension's own terms, which no amnesty changes.
    let of_amnesty =
        amnesty(view.rules(), day).filter(|amnesty| walked.state.lapse.is_some() && amnesty.back_payment.is_some());
    debug_assert!(of_amnesty.is_none() || back_payment(view.rules(), day).is_some());
    Some(Door {
        kind: DoorKind::BackPayment,
        price: Some(price),
        benefits_from: first_cover(asked, &[payment], Scheme::Voluntary),
        open_until: of_amnesty.map(|amnesty| amnesty.until),
    })
}

fn by_enrolling(asked: &Asked<'_>, world: &World<'_>, walked: &Walk) -> Door {
    let day = asked.day;
    let rules = world.book.on(day);
    let this_month = day.month();
    let first = if own_due(&world.book, this_month).day >= day { this_month } else { this_month.plus(1) };
    let mut facts = vec![Fact::Enrolled { on: day }];
    for month in (0..MONTHS_PAID).map(|number: i32| -> Month { first.plus(number) }) {
        let on = day.max(month.first_day());
        facts.push(Fact::Payment { on, amount: world.book.on(on).contribution, month: Some(month) });
    }
    let would_stand = walked.state.lapse.is_some_and(|lapse| lapse.bars_without_amnesty(&world.book, day));
    let shut_otherwise = would_stand || entry::unmet(world, day).is_some();
    let laid_aside = amnesty(rules, day).filter(|amnesty| amnesty.re_enrolment && shut_otherwise);
    let until = laid_aside.map(|amnesty| amnesty.until);
    Door {
        kind: DoorKind::ReEnrolment,
        price: None,
        benefits_from: first_cover(asked, &facts, Scheme::Voluntary),
        open_until: until.or_else(|| entry::closes(world, day)),
    }
}
