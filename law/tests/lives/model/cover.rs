//! Cover on a day by present knowledge (section 8).

use krama_law::answer::{Scheme, Standing};
use krama_law::calendar::Day;

use super::day::Walk;
use super::facts::World;
use super::month::View;

/// The schemes that cover on the last day of a walk.
pub(super) fn covers(world: &World<'_>, walked: &Walk, day: Day) -> Vec<Scheme> {
    let view = View { world, state: &walked.state, day };
    if world.dead_on(day) {
        return Vec::new();
    }
    let mut covers = Vec::new();
    if voluntary(&view, walked.standing()) {
        covers.push(Scheme::Voluntary);
    }
    if formal(&view) {
        covers.push(Scheme::Formal);
    }
    if run_off(&view, walked) {
        covers.push(Scheme::RunOff);
    }
    if world.certified(day) {
        covers.push(Scheme::Assistance);
    }
    covers
}

fn voluntary(view: &View<'_>, standing: Standing) -> bool {
    let rules = view.rules();
    let waiting = view.state.waiting_until.is_some_and(|until| view.day < until);
    let suspended = rules.suspend_after.is_some_and(|most| view.overdue_months().len() > usize::from(most));
    matches!(standing, Standing::Current | Standing::InArrears | Standing::LapsePending)
        && !waiting
        && !suspended
        && view.entitled(&rules.entitlement)
}

/// Employed on the day and entitled; also asked on last days worked, for the run-off.
pub(super) fn formal(view: &View<'_>) -> bool {
    view.world.employed_on(view.day) && !view.world.dead_on(view.day) && view.entitled(&view.rules().formal_entitlement)
}

/// Reading: any last day worked that FORMAL covered will do, not only the newest; how long cover runs on is a rule
/// of the day asked, and whether FORMAL covered is told by present knowledge, not by what was kept in good faith.
fn run_off(view: &View<'_>, walked: &Walk) -> bool {
    let months = i32::from(view.rules().run_off_months);
    let reaches = |last: &Day| *last < view.day && view.day <= last.month().plus(months).last_day();
    months > 0 && !view.world.employed_on(view.day) && walked.covered_last_days.iter().any(reaches)
}
