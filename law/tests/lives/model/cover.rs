//! Cover on a day by present knowledge (section 8), and the duty that may come with it.

use krama_law::answer::{CoPayment, Scheme, Standing};
use krama_law::calendar::Day;

use super::day::Walk;
use super::facts::World;
use super::month::View;

/// The schemes that cover on the last day of a walk, but for the cover through the head of a household.
pub(super) fn covers(world: &World<'_>, walked: &Walk, day: Day, stay: Option<Day>) -> Vec<Scheme> {
    let view = View { world, state: &walked.state, day, stay };
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
    if run_off(&view, walked) || run_off_after_lapse(&view, walked) {
        covers.push(Scheme::RunOff);
    }
    if world.certified(day) {
        covers.push(Scheme::Assistance);
    }
    covers
}

pub(super) fn voluntary(view: &View<'_>, standing: Standing) -> bool {
    let rules = view.rules();
    let waiting = view.state.waiting_until.is_some_and(|until| view.day < until);
    let too_many = rules.suspend_after.is_some_and(|most| view.overdue_months().len() > usize::from(most));
    matches!(standing, Standing::Current | Standing::InArrears | Standing::LapsePending)
        && !waiting
        && !too_many
        && !view.state.suspended
        && view.entitled(&rules.entitlement)
}

/// Employed on the day and entitled, by the scheme of the sector of any employment that covers the day; also asked on
/// last days worked, for the run-off.
pub(super) fn formal(view: &View<'_>) -> bool {
    let entitled = |sector| view.entitled(&view.rules().formal(sector).entitlement);
    let employments = view.world.jobs.iter().filter(|job| job.covers(view.day));
    !view.world.dead_on(view.day) && employments.into_iter().any(|job| entitled(job.sector))
}

/// Reading: any last day worked that FORMAL covered will do, not only the newest; how long cover runs on is a rule
/// of the day asked, for the sector of the employment that ended, and whether FORMAL covered is told by present
/// knowledge, not by what was kept in good faith, nor for a stay, which is about another day.
fn run_off(view: &View<'_>, walked: &Walk) -> bool {
    let reaches = |&(last, sector): &(Day, _)| {
        let months = i32::from(view.rules().formal(sector).run_off_months);
        months > 0 && last < view.day && view.day <= last.month().plus(months).last_day()
    };
    !view.world.employed_on(view.day) && walked.covered_last_days.iter().any(reaches)
}

/// Somebody who lapsed and was covered on the day before goes on being covered to the end of so many months after the
/// month in which the membership ended, which is that of the day before the one that dates the lapse.
fn run_off_after_lapse(view: &View<'_>, walked: &Walk) -> bool {
    let Some(lapse) = view.state.lapse.filter(|_| walked.covered_before_lapse) else { return false };
    let months = i32::from(view.rules().lapse_run_off_months);
    let ended = lapse.dated.before().month();
    months > 0 && !view.world.employed_on(view.day) && view.current_month() <= ended.plus(months)
}

/// Section 8, at its end: after a return by paying, for some days, a part of each bill.
pub(super) fn co_payment(view: &View<'_>, covers: &[Scheme]) -> Option<CoPayment> {
    let rule = view.rules().co_payment?;
    let (returned, overdue) = view.state.returned?;
    let until = returned.plus(i32::from(rule.days));
    let covered = !view.world.dead_on(view.day) && covers.contains(&Scheme::Voluntary);
    let months = overdue.min(usize::from(rule.max_months));
    // Reading: the duty of a stay is asked of the cover of that stay.
    (covered && view.day <= until && overdue > 0).then(|| CoPayment {
        rate: rule.rate,
        months: u16::try_from(months).unwrap_or(u16::MAX),
        ceiling: rule.ceiling,
        until,
    })
}
