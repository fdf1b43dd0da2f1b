//! Laws to try: anything that the language of revisions can say, each rule likely enough to be met.

use krama_law::answer::Scheme;
use krama_law::calendar::{Day, Moment};
use krama_law::policy::{
    Amnesty, BackPayment, Bar, CoPaymentRule, DependantRule, Entitlement, Entry, EntryMonths, Formal,
    FormalMonthCounts, FormalSpell, Instalments, LapseCondition, LapseEffective, LateCharge, Law, OnHoliday, Published,
    RetroactiveLoss, Revision, Transition, Within,
};
use proptest::prelude::*;
use proptest::sample::select;

use crate::cambodia::cambodia;
use crate::strategy::{START, day};

/// A revision that was always known.
pub(crate) fn published(revision: Revision) -> Published {
    Published { published: Moment::MIN, revision }
}

/// A law of one to three revisions. A later one is anything, or the first with other terms of transition, so that
/// what had begun under the older one goes on.
pub(crate) fn random_law() -> BoxedStrategy<Law> {
    let later = (revision(), day(), 0..100_i32, any::<bool>(), transition());
    let later = prop_oneof![5 => Just(Vec::new()).boxed(), 4 => prop::collection::vec(later, 1..3).boxed()];
    (revision(), later)
        .prop_map(|(first, later)| {
            let mut revisions = vec![published(first.clone())];
            for (other, effective, before, much_the_same, transition) in later {
                let rules = if much_the_same {
                    Revision { lapse: other.lapse, bar: other.bar, amnesties: other.amnesties, ..first.clone() }
                } else {
                    other
                };
                if revisions.iter().all(|known| known.revision.effective != effective) {
                    revisions.push(Published {
                        published: Moment::start_of(effective.plus(-before)),
                        revision: Revision { effective, transition, ..rules },
                    });
                }
            }
            Law::new("random", revisions).unwrap()
        })
        .boxed()
}

/// The same, where a later revision often asks less of a month, nobody need lapse, and windows of months may be longer
/// than a word of sixty-four.
pub(crate) fn rare_law() -> BoxedStrategy<Law> {
    let long_lapse = select(vec![None, None, Some(vec![]), Some(vec![LapseCondition::Window { paid: 30, of: 68 }])]);
    let long_cover = select(vec![
        None,
        None,
        Some(vec![Entitlement::Window { insured: 25, of: 66 }]),
        Some(vec![Entitlement::Consecutive(66), Entitlement::Window { insured: 50, of: 70 }]),
    ]);
    (random_law(), long_lapse, long_cover, select(vec![None, Some(60_i64), Some(50)]))
        .prop_map(|(law, lapse, entitlement, later_price)| {
            let revisions = law.revisions().iter().enumerate().map(|(index, published)| {
                let mut revision = published.revision.clone();
                revision.contribution = later_price.filter(|_| index > 0).unwrap_or(revision.contribution);
                revision.lapse = lapse.clone().unwrap_or(revision.lapse);
                revision.entitlement = entitlement.clone().unwrap_or(revision.entitlement);
                Published { revision, ..*published }
            });
            Law::new("rare", revisions.collect()).unwrap()
        })
        .boxed()
}

fn transition() -> BoxedStrategy<Transition> {
    (prop::bool::weighted(0.5), prop::bool::weighted(0.4))
        .prop_map(|(gaps_count, bars_lifted)| Transition { gaps_count, bars_lifted })
        .boxed()
}

fn revision() -> BoxedStrategy<Revision> {
    let consecutive = (0..7_u16).prop_map(|months| vec![LapseCondition::Consecutive(months)]);
    let window = (1..4_u16, 4..7_u16).prop_map(|(paid, of)| vec![LapseCondition::Window { paid, of }]);
    let both = (0..7_u16)
        .prop_map(|months| vec![LapseCondition::Consecutive(months), LapseCondition::Window { paid: 2, of: 5 }]);
    let lapse = prop_oneof![4 => consecutive, 2 => window, 1 => both, 1 => Just(Vec::new())];
    let due = (
        select(vec![15_u8, 15, 1, 10, 28, 31]),
        select(vec![1_u8, 1, 0, 2]),
        select(vec![OnHoliday::Same, OnHoliday::Same, OnHoliday::NextWorkingDay]),
    );
    let late = (
        select(vec![30_u16, 30, 0, 60]),
        select(vec![RetroactiveLoss::FromKnown, RetroactiveLoss::FromKnown, RetroactiveLoss::FromValid]),
    );
    let after = (
        select(vec![LapseEffective::Breach, LapseEffective::FirstMissed]),
        select(vec![FormalSpell::Resets, FormalSpell::Pauses]),
        prop::option::weighted(0.2, 0..40_u16),
        prop::bool::weighted(0.2),
        select(vec![Bar::Life, Bar::Months(0), Bar::Months(2), Bar::Months(12)]),
        prop::option::of(0..5_u16),
        prop::option::of(back_payment()),
    );
    let formal = || {
        let entitlement = select(vec![vec![Entitlement::Immediate], vec![Entitlement::Consecutive(2)]]);
        (entitlement, 0..4_u16).prop_map(|(entitlement, run_off_months)| Formal { entitlement, run_off_months })
    };
    let cover = (
        select(vec![
            vec![Entitlement::Consecutive(2), Entitlement::Window { insured: 6, of: 12 }],
            vec![Entitlement::Immediate],
            vec![Entitlement::Consecutive(3)],
            vec![Entitlement::Window { insured: 2, of: 4 }],
        ]),
        (formal(), formal()),
        suspension(),
        select(vec![
            FormalMonthCounts::Employed,
            FormalMonthCounts::Employed,
            FormalMonthCounts::Declared,
            FormalMonthCounts::Paid,
        ]),
        prop::bool::weighted(0.6),
        prop::option::weighted(0.9, dependants()),
    );
    let more = (prop::option::weighted(0.7, co_payment()), amnesties(), any::<bool>(), transition());
    let money = (select(vec![100_i64, 100, 130]), select(vec![12_u16, 3, 0]));
    let term = (
        prop::option::weighted(0.12, entry()),
        prop::option::weighted(0.15, 1..15_u16),
        select(vec![0_u16, 0, 1, 6]),
        prop::option::weighted(0.15, late_charge()),
    );
    (money, lapse, due, late, after, cover, more, term)
        .prop_map(|((contribution, prepay_months), lapse, due, late, after, cover, more, term)| Revision {
            entry: term.0,
            longest_months: term.1,
            late_charge: term.3,
            lapse_run_off_months: term.2,
            contribution,
            prepay_months,
            lapse,
            due_day: due.0,
            due_month_offset: due.1,
            on_holiday: due.2,
            learnt_late_days: late.0,
            retroactive_loss: late.1,
            lapse_effective: after.0,
            formal_spell: after.1,
            notice_days: after.2,
            confirmation: after.3,
            bar: after.4,
            lifts_bar_after_months: after.5,
            back_payment: after.6,
            entitlement: cover.0,
            formal_private: cover.1.0,
            formal_public: cover.1.1,
            suspend_after: cover.2.0,
            suspension_return: cover.2.1,
            formal_month_counts: cover.3,
            paid_before_stay: cover.4,
            dependants: cover.5,
            co_payment: more.0,
            amnesties: more.1,
            social_assistance: more.2,
            transition: more.3,
            holidays: vec![Day(START + 13), Day(START + 14), Day(START + 190)],
            ..cambodia()
        })
        .boxed()
}

/// From how many overdue months on cover is suspended, and the way back, if another than paying them one by one.
fn suspension() -> BoxedStrategy<(Option<u16>, Option<BackPayment>)> {
    let both = (0..4_u16, back_payment()).prop_map(|(after, terms)| (Some(after), Some(terms)));
    let plain = (0..4_u16).prop_map(|after| (Some(after), None));
    // A way back from nothing is never met.
    let idle = back_payment().prop_map(|terms| (None, Some(terms)));
    prop_oneof![12 => Just((None, None)), 8 => both, 4 => plain, 1 => idle].boxed()
}

fn late_charge() -> BoxedStrategy<LateCharge> {
    (select(vec!["0.02", "0.015", "0.3"]), any::<bool>())
        .prop_map(|(penalty, compound)| LateCharge { penalty: penalty.parse().unwrap(), compound })
        .boxed()
}

/// An employment that is asked for before an enrolment, short enough to be met.
fn entry() -> BoxedStrategy<Entry> {
    let consecutive = (1..4_u16).prop_map(EntryMonths::Consecutive);
    let window = (1..4_u16, 3..8_u16).prop_map(|(worked, of)| EntryMonths::Window { worked, of });
    let days = select(vec![0_u16, 5, 20, 60, 200]).prop_map(Within::Days);
    let within = prop_oneof![days, (0..5_u16).prop_map(Within::Months)];
    (prop_oneof![consecutive, window], prop::option::weighted(0.7, within))
        .prop_map(|(employed, within)| Entry { employed, within })
        .boxed()
}

fn co_payment() -> BoxedStrategy<CoPaymentRule> {
    let ceiling = prop::option::of(Just(30_000_i64));
    (select(vec![0_u16, 1, 20, 45, 200, 200]), select(vec![1_u16, 2, 12]), ceiling)
        .prop_map(|(days, max_months, ceiling)| CoPaymentRule {
            days,
            rate: "0.05".parse().unwrap(),
            max_months,
            ceiling,
        })
        .boxed()
}

/// None, one or two amnesties that do not overlap.
fn amnesties() -> BoxedStrategy<Vec<Amnesty>> {
    let one = (day(), prop_oneof![0..5_i32, 5..250_i32], prop::option::weighted(0.7, back_payment()), any::<bool>())
        .prop_map(|(from, days, back_payment, re_enrolment)| Amnesty {
            from,
            until: from.plus(days),
            back_payment,
            re_enrolment,
        });
    let some = prop::collection::vec(one, 1..3).prop_map(|mut amnesties: Vec<Amnesty>| {
        amnesties.sort_by_key(|amnesty| amnesty.from);
        amnesties.dedup_by(|later, earlier| later.from <= earlier.until);
        amnesties
    });
    prop_oneof![3 => Just(Vec::new()).boxed(), 2 => some.boxed()].boxed()
}

fn dependants() -> BoxedStrategy<DependantRule> {
    let schemes = select(vec![
        vec![Scheme::Voluntary, Scheme::Formal, Scheme::RunOff],
        vec![Scheme::Voluntary, Scheme::Formal, Scheme::RunOff],
        vec![Scheme::Formal, Scheme::Dependant],
        vec![Scheme::Voluntary, Scheme::Assistance],
    ]);
    let spouse = select(vec![Some(60_u8), Some(40), None]);
    (schemes, select(vec![18_u8, 20]), any::<bool>(), spouse, any::<bool>())
        .prop_map(|(head_schemes, child_under, disabled, spouse_under, registered_marriage)| DependantRule {
            head_schemes,
            child_under,
            disabled,
            spouse_under,
            registered_marriage,
        })
        .boxed()
}

fn back_payment() -> BoxedStrategy<BackPayment> {
    let months = || prop::option::of(0..9_u16);
    let instalments =
        (1..5_u16, select(vec![0_u16, 0, 3, 6])).prop_map(|(most, from_months)| Instalments { most, from_months });
    (
        select(vec!["0", "0.01", "0.015"]),
        any::<bool>(),
        months(),
        months(),
        any::<bool>(),
        select(vec![0_i64, 50]),
        0..3_u16,
        prop::option::weighted(0.25, instalments),
    )
        .prop_map(
            |(penalty, compound, cap_months, refuse_older_months, plus_current, flat, waiting_months, instalments)| {
                BackPayment {
                    penalty: penalty.parse().unwrap(),
                    compound,
                    cap_months,
                    refuse_older_months,
                    plus_current,
                    flat,
                    waiting_months,
                    instalments,
                }
            },
        )
        .boxed()
}
