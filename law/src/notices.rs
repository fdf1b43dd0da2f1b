//! Notices: on which day a member is to be warned that the membership is in danger.
//!
//! A warning is about one loss, named by the last day on which paying prevents it. When that day moves, all that was
//! warned of before is of another loss. Absent: the serving of a notice, which is a fact, and whether a warning arrives.

use crate::answer::Standing;
use crate::calendar::Day;
use crate::policy::Notices;

/// How many days before a loss the warning about the first missed month counts as: more than any that the law names.
const FIRST_MISSED: u16 = 10_000;

/// What a member was warned of last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Warned {
    /// The last day on which paying prevents the loss; none where no loss was to be seen, as under a law that lets nobody
    /// lapse before a notice was served.
    pub last_safe_day: Option<Day>,
    /// Which warning it was: that of so many days before.
    pub days: u16,
}

/// A warning that is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Due {
    /// Whether it is the one about the first missed month.
    pub first_missed: bool,
    /// The day on which it fell due.
    pub due_on: Day,
    /// What the member is warned of with it.
    pub warned: Warned,
}

/// The warning that is due on a day, if one is; of several the most urgent. `last_safe_day` is when paying is last of use,
/// `stood` how the member stood before, if that is known, and now, `warned` what the member was warned of before.
pub fn due(
    rules: &Notices,
    last_safe_day: Option<Day>,
    stood: (Option<Standing>, Standing),
    warned: Option<Warned>,
    today: Day,
) -> Option<Due> {
    if last_safe_day.is_some_and(|last| last < today) {
        return None;
    }
    let staged = last_safe_day.and_then(|last| {
        let days = open_stages(rules, last, warned).filter(|days| falls(last, *days) <= today).min()?;
        Some((false, falls(last, days), days))
    });
    let in_arrears_before = matches!(stood.0, Some(Standing::InArrears | Standing::LapsePending));
    let falls_into_arrears = !in_arrears_before && stood.1 == Standing::InArrears;
    let first = (rules.first_missed && falls_into_arrears).then_some((true, today, FIRST_MISSED));
    let (first_missed, due_on, days) = staged.or(first)?;
    Some(Due { first_missed, due_on, warned: Warned { last_safe_day, days } })
}

/// The next day after a day on which a warning falls due, if nothing changes until then.
pub fn next(rules: &Notices, last_safe_day: Option<Day>, warned: Option<Warned>, today: Day) -> Option<Day> {
    let last_safe_day = last_safe_day?;
    let days = open_stages(rules, last_safe_day, warned).map(|days| falls(last_safe_day, days));
    days.filter(|day| today < *day).min()
}

/// The warnings before a loss that the member has not had and that come after the one that was last.
fn open_stages(rules: &Notices, last_safe_day: Day, warned: Option<Warned>) -> impl Iterator<Item = u16> {
    let had =
        warned.filter(|warned| warned.last_safe_day == Some(last_safe_day)).map_or(u16::MAX, |warned| warned.days);
    rules.days_before.iter().copied().filter(move |days| *days < had)
}

fn falls(last_safe_day: Day, days: u16) -> Day {
    last_safe_day.plus(-i32::from(days))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FALLS: (Option<Standing>, Standing) = (Some(Standing::Current), Standing::InArrears);
    const IS: (Option<Standing>, Standing) = (Some(Standing::InArrears), Standing::InArrears);

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn rules() -> Notices {
        Notices { first_missed: true, days_before: vec![60, 30] }
    }

    #[test]
    fn each_warning_comes_once_on_its_day_and_late_ones_together() {
        let (safe, mut warned) = (Some(day("2026-10-15")), None);
        let first = due(&rules(), safe, FALLS, warned, day("2026-05-16")).unwrap();
        assert!(first.first_missed);
        warned = Some(first.warned);
        assert_eq!(next(&rules(), safe, warned, day("2026-05-16")), Some(day("2026-08-16")));
        assert_eq!(due(&rules(), safe, IS, warned, day("2026-08-15")), None);
        let sixty = due(&rules(), safe, IS, warned, day("2026-08-16")).unwrap();
        assert_eq!((sixty.first_missed, sixty.due_on, sixty.warned.days), (false, day("2026-08-16"), 60));
        warned = Some(sixty.warned);
        assert_eq!(due(&rules(), safe, IS, warned, day("2026-09-14")), None);
        let thirty = due(&rules(), safe, IS, warned, day("2026-09-20")).unwrap();
        assert_eq!((thirty.due_on, thirty.warned.days), (day("2026-09-15"), 30));
        assert_eq!(next(&rules(), safe, Some(thirty.warned), day("2026-09-20")), None);
        // Of two that are late only the nearer is worth sending.
        let late = due(&rules(), safe, IS, None, day("2026-10-01")).unwrap();
        assert_eq!(late.warned.days, 30);
        assert_eq!(due(&rules(), safe, IS, Some(late.warned), day("2026-10-01")), None);
    }

    #[test]
    fn on_the_last_day_on_which_paying_helps_a_warning_is_still_of_use() {
        let safe = Some(day("2026-10-15"));
        assert_eq!(due(&rules(), safe, IS, None, day("2026-10-15")).map(|due| due.warned.days), Some(30));
        assert_eq!(due(&rules(), safe, IS, None, day("2026-10-16")), None);
        // A warning that falls due today is not the next one.
        assert_eq!(next(&rules(), safe, None, day("2026-08-15")), Some(day("2026-08-16")));
        assert_eq!(next(&rules(), safe, None, day("2026-08-16")), Some(day("2026-09-15")));
    }

    #[test]
    fn who_cannot_lapse_before_a_notice_is_warned_of_the_first_missed_month_all_the_same() {
        let first = due(&rules(), None, FALLS, None, day("2026-05-16")).unwrap();
        assert_eq!((first.first_missed, first.warned.last_safe_day), (true, None));
        // Once the notice is served and a loss is to be seen, the others follow.
        let served = Some(day("2026-07-01"));
        assert_eq!(next(&rules(), served, Some(first.warned), day("2026-05-20")), Some(day("2026-06-01")));
    }

    #[test]
    fn another_loss_is_warned_of_anew_and_one_that_cannot_be_prevented_not_at_all() {
        let warned = Some(Warned { last_safe_day: Some(day("2026-10-15")), days: 30 });
        let moved = Some(day("2026-11-15"));
        assert_eq!(due(&rules(), moved, IS, warned, day("2026-09-17")).map(|due| due.warned.days), Some(60));
        assert_eq!(due(&rules(), moved, FALLS, warned, day("2026-11-16")), None);
        assert_eq!(due(&rules(), None, IS, None, day("2026-09-17")), None);
        let employed = (Some(Standing::Current), Standing::Employed);
        assert_eq!(due(&rules(), None, employed, None, day("2026-09-17")), None);
        assert_eq!(due(&Notices::default(), moved, FALLS, None, day("2026-11-10")), None);
    }
}
