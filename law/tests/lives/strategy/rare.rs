//! What seldom happens, happening often: lives that began years earlier, mistakes, corrections that shorten an employment,
//! payments of one day that come to nothing, and money put on months of which a revision asks less.

use super::*;

/// A life that begins so long before the others that its months fill more than a word of sixty-four, or as they do.
pub(super) fn steady() -> BoxedStrategy<Steady> {
    let early = (select(vec![58, 62, 66]), select(vec![8, 30, 55, 64, 72, 80]));
    let early = early.prop_map(|(before, months)| Steady { before, months });
    prop_oneof![1 => early.boxed(), 3 => super::steady()].boxed()
}

/// What happens, and how many days later it becomes known.
pub(super) fn happening() -> BoxedStrategy<(Happening, i32)> {
    let late = || prop_oneof![3 => Just(0), 2 => 1..40_i32, 2 => 40..250_i32];
    let after = || prop_oneof![1 => Just(0), 2 => 1..40_i32, 2 => 40..300_i32];
    let dies = day().prop_map(|on| Fact::Died { on });
    let works = (0..3_i64, day(), prop::option::of(0..300_i32)).prop_map(|(job, from, days)| Fact::Hired {
        employment: EmploymentId(job),
        sector: Sector::Private,
        from,
        until: days.map(|days| from.plus(days)),
    });
    let worked_for_years = (0..400_i32).prop_map(|days| Fact::Hired {
        employment: EmploymentId(3),
        sector: Sector::Private,
        from: Day(START - 2_000),
        until: Some(Day(START + days)),
    });
    let excused =
        (day(), 0..9_i32).prop_map(|(from, more)| Fact::Excused { from: from.month(), to: from.month().plus(more) });
    let by_mistake = prop_oneof![2 => dies.clone(), 2 => works.clone(), 2 => excused, 1 => plain_fact()];
    let mistake = (by_mistake, after()).prop_map(|(fact, after)| Happening::Mistake { fact, after });
    let other = || prop::option::of(prop_oneof![1 => Just(0), 2 => -40..40_i32, 2 => -200..0_i32]);
    let correct = (any::<usize>(), other(), other(), after())
        .prop_map(|(job, begun, ended, after)| Happening::Correct { job, begun, ended, after });
    let amount = select(vec![100_i64, 100, 50, 300]);
    let again = (any::<usize>(), amount).prop_map(|(payment, amount)| Happening::Again { payment, amount });
    let void = any::<usize>().prop_map(|payment| Happening::Reverse { payment, after: 0 });
    let refund = (any::<usize>(), select(vec![100_i64, 60, 30]), 0..200_i32)
        .prop_map(|(payment, amount, after)| Happening::Refund { payment, amount, after });
    // Less than a month's price, for a month that has not begun.
    let ahead = (day(), select(vec![50_i64, 60, 100]), 1..8_i32).prop_map(|(on, amount, months)| {
        Happening::Fact(Fact::Payment { on, amount, month: Some(on.month().plus(months)) })
    });
    let fact = |fact: BoxedStrategy<Fact>| fact.prop_map(Happening::Fact);
    let seldom = prop_oneof![
        4 => mistake,
        4 => correct,
        3 => again,
        3 => void,
        2 => refund,
        3 => ahead,
        3 => fact(works.boxed()),
        1 => fact(worked_for_years.boxed()),
        1 => fact(dies.boxed()),
    ];
    prop_oneof![2 => super::happening(), 1 => (seldom, late())].boxed()
}
