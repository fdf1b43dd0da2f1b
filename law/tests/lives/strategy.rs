//! Lives and laws to try, biased to the edges: the day before, the day and the day after each due day.

use krama_law::calendar::{Day, Moment, Month};
use krama_law::fact::{AssistanceLevel, EmploymentId, Fact, FactId, Recorded, Sector};
use krama_law::policy::{
    BackPayment, Bar, Entitlement, FormalSpell, LapseCondition, LapseEffective, Law, OnHoliday, Published,
    RetroactiveLoss, Revision,
};
use proptest::prelude::*;
use proptest::sample::select;

use crate::cambodia::cambodia;

/// In October 2024; lives begin here.
const START: i32 = 20_000;
/// The days that a life spans.
const SPAN: i32 = 1_100;

/// Which laws a life is tried under.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Laws {
    /// Cambodia's, as the cases freeze it.
    Cambodia,
    /// Anything that the language can say.
    Random,
}

/// A life, a law and questions.
pub(crate) struct Life {
    pub(crate) facts: Vec<Recorded>,
    pub(crate) law: Law,
    pub(crate) questions: Vec<(Day, Moment)>,
}

impl std::fmt::Debug for Life {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.told())
    }
}

impl Life {
    /// The facts, one on a line with days and months as they are written, and the law.
    pub(crate) fn told(&self) -> String {
        let mut facts: Vec<&Recorded> = self.facts.iter().collect();
        facts.sort_by_key(|recorded| (recorded.known, recorded.id));
        let line = |recorded: &Recorded| {
            readable(&format!("known {:?} #{} {:?}", recorded.known.day(), recorded.id.0, recorded.fact))
        };
        let facts: Vec<String> = facts.into_iter().map(line).collect();
        let law: Vec<String> =
            self.law.revisions().iter().map(|published| readable(&format!("{published:?}"))).collect();
        format!("{}\n{}", facts.join("\n"), law.join("\n"))
    }
}

/// Writes days and months as people do.
fn readable(text: &str) -> String {
    let mut text = text.to_owned();
    for (name, write) in [("Day(", day_text as fn(i32) -> String), ("Month(", month_text)] {
        while let Some(start) = text.find(name) {
            let end = start + text[start..].find(')').unwrap();
            let number = text[start + name.len()..end].parse().unwrap();
            text.replace_range(start..=end, &write(number));
        }
    }
    text
}

fn day_text(number: i32) -> String {
    Day(number).to_string()
}

fn month_text(number: i32) -> String {
    Month(number).to_string()
}

/// A life under one of the laws.
pub(crate) fn life(laws: Laws) -> BoxedStrategy<Life> {
    let law = match laws {
        Laws::Cambodia => Just(Law::new("kh", vec![published(cambodia())]).unwrap()).boxed(),
        Laws::Random => random_law(),
    };
    (law, any::<bool>(), prop::collection::vec(happening(), 1..40), prop::collection::vec((day(), -40..200_i32), 1..4))
        .prop_map(|(law, steady, happenings, questions)| {
            let questions = questions
                .into_iter()
                .map(|(day, after)| (day, if after > 150 { Moment::MAX } else { Moment::end_of(day.plus(after)) }))
                .collect();
            Life { facts: facts(steady, &happenings), law, questions }
        })
        .boxed()
}

/// A day of the life, more often than not near the middle or the end of a month, or its beginning.
fn day() -> BoxedStrategy<Day> {
    let anywhere = (0..SPAN).prop_map(|days| Day(START + days));
    let months = 0..SPAN / 30;
    let edge = (months, select(vec![1_u8, 9, 10, 11, 14, 15, 16, 17, 28, 29, 30, 31]))
        .prop_map(|(months, number)| Day(START).month().plus(months).day_clamped(number));
    prop_oneof![1 => anywhere, 3 => edge].boxed()
}

/// What happens, and how many days later it becomes known.
fn happening() -> BoxedStrategy<(Happening, i32)> {
    let late = prop_oneof![6 => Just(0), 2 => 1..40_i32, 1 => 40..250_i32];
    (any_happening(), late).boxed()
}

/// A fact whose references are numbers, so that a life stays whole when it shrinks.
#[derive(Clone, Debug)]
enum Happening {
    Fact(Fact),
    Reverse { payment: usize, after: i32 },
}

fn any_happening() -> BoxedStrategy<Happening> {
    let job = (0..3_i64).prop_map(EmploymentId);
    let amount = select(vec![100_i64, 100, 100, 50, 200, 300, 700, 1_500]);
    let named = prop_oneof![3 => Just(None), 1 => (-3..4_i32).prop_map(Some)];
    let payment = (day(), amount, named).prop_map(|(on, amount, named)| Fact::Payment {
        on,
        amount,
        month: named.map(|months| on.month().plus(months)),
    });
    let monthly = (0..SPAN / 30, 1..28_u8).prop_map(|(months, number)| {
        let on = Day(START).month().plus(months).day_clamped(number);
        Fact::Payment { on, amount: 100, month: None }
    });
    let length = prop_oneof![2 => Just(None), 2 => (0..90_i32).prop_map(Some), 1 => (90..400_i32).prop_map(Some)];
    let hired = (job.clone(), day(), length).prop_map(|(employment, from, days)| Fact::Hired {
        employment,
        sector: Sector::Private,
        from,
        until: days.map(|days| from.plus(days)),
    });
    let days = (prop::option::of(day()), prop::option::of(day()));
    let fact = prop_oneof![
        3 => day().prop_map(|on| Fact::Enrolled { on }),
        3 => (0..120_i32).prop_map(|days| Fact::Enrolled { on: Day(START + days) }),
        14 => monthly,
        8 => payment,
        3 => hired,
        2 => (job.clone(), day()).prop_map(|(employment, last)| Fact::Separated { employment, last }),
        1 => (job.clone(), days).prop_map(|(employment, (from, until))| Fact::Amended { employment, from, until }),
        1 => job.prop_map(|employment| Fact::EmploymentRetracted { employment }),
        1 => (day(), prop::option::of(0..200_i32)).prop_map(|(from, days)| Fact::Certificate {
            level: AssistanceLevel::Poor1,
            from,
            until: days.map(|days| from.plus(days)),
        }),
        1 => (day(), 0..4_i32).prop_map(|(from, more)| Fact::Excused {
            from: from.month(),
            to: from.month().plus(more),
        }),
        1 => day().prop_map(|on| Fact::NoticeServed { on }),
        1 => day().prop_map(|on| Fact::LapseConfirmed { on }),
        1 => day().prop_map(|on| Fact::LapseWaived { on }),
    ];
    let rare = day().prop_map(|on| Fact::Died { on });
    let fact = prop_oneof![40 => fact, 1 => rare].prop_map(Happening::Fact);
    let after = prop_oneof![1 => Just(0), 3 => 1..60_i32];
    let reverse = (any::<usize>(), after).prop_map(|(payment, after)| Happening::Reverse { payment, after });
    prop_oneof![16 => fact, 1 => reverse].boxed()
}

/// The facts of a life; a steady one begins with an enrolment and a year of payments.
fn facts(steady: bool, happenings: &[(Happening, i32)]) -> Vec<Recorded> {
    let mut facts: Vec<(Day, Fact)> = Vec::new();
    if steady {
        facts.push((Day(START), Fact::Enrolled { on: Day(START) }));
        for month in 0..10 {
            let on = Day(START).month().plus(month).day_clamped(25);
            facts.push((on, Fact::Payment { on, amount: 100, month: None }));
        }
    }
    for (happening, late) in happenings {
        match happening {
            Happening::Fact(fact) => facts.push((own_day(fact).plus(*late), fact.clone())),
            Happening::Reverse { payment, after } => {
                // The ledger takes one reversal of a payment, and refuses a second.
                let reversed = |index: usize| {
                    let id = FactId(i64::try_from(index).unwrap());
                    facts.iter().any(|(_, fact)| matches!(fact, Fact::Reversed { payment, .. } if *payment == id))
                };
                let paid: Vec<(usize, Day)> = facts
                    .iter()
                    .enumerate()
                    .filter_map(|(index, (_, fact))| {
                        let Fact::Payment { on, .. } = fact else { return None };
                        (!reversed(index)).then_some((index, *on))
                    })
                    .collect();
                if let Some(&(index, on)) = paid.get(payment % paid.len().max(1)) {
                    let payment = FactId(i64::try_from(index).unwrap());
                    let on = on.plus(*after);
                    // Nobody hears of a bounced payment before the payment itself.
                    let known = on.plus(*late).max(facts[index].0);
                    facts.push((known, Fact::Reversed { payment, on }));
                }
            }
        }
    }
    let recorded = |(index, (known, fact)): (usize, (Day, Fact))| Recorded {
        id: FactId(i64::try_from(index).unwrap()),
        known: Moment::start_of(known),
        fact,
    };
    facts.into_iter().enumerate().map(recorded).collect()
}

/// The day on which a fact is known at the earliest.
fn own_day(fact: &Fact) -> Day {
    match *fact {
        Fact::Enrolled { on }
        | Fact::Payment { on, .. }
        | Fact::Reversed { on, .. }
        | Fact::NoticeServed { on }
        | Fact::LapseConfirmed { on }
        | Fact::LapseWaived { on }
        | Fact::Died { on } => on,
        Fact::Hired { from, .. } | Fact::Certificate { from, .. } => from,
        Fact::Separated { last, .. } => last,
        Fact::Amended { from, until, .. } => from.or(until).unwrap_or(Day(START + 400)),
        Fact::EmploymentRetracted { .. } => Day(START + 500),
        Fact::Excused { from, .. } => from.first_day(),
    }
}

fn published(revision: Revision) -> Published {
    Published { published: Moment::MIN, revision }
}

fn random_law() -> BoxedStrategy<Law> {
    let second = prop::option::weighted(0.3, (revision(), day(), 0..100_i32));
    (revision(), second)
        .prop_map(|(first, second)| {
            let mut revisions = vec![published(first)];
            if let Some((mut later, effective, before)) = second {
                later.effective = effective;
                revisions.push(Published { published: Moment::start_of(effective.plus(-before)), revision: later });
            }
            Law::new("random", revisions).unwrap()
        })
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
    let cover = (
        select(vec![
            vec![Entitlement::Consecutive(2), Entitlement::Window { insured: 6, of: 12 }],
            vec![Entitlement::Immediate],
            vec![Entitlement::Consecutive(3)],
            vec![Entitlement::Window { insured: 2, of: 4 }],
        ]),
        select(vec![vec![Entitlement::Immediate], vec![Entitlement::Consecutive(2)]]),
        prop::option::weighted(0.25, 0..4_u16),
        0..4_u16,
    );
    (select(vec![100_i64, 100, 130]), select(vec![12_u16, 3, 0]), lapse, due, late, after, cover)
        .prop_map(|(contribution, prepay_months, lapse, due, late, after, cover)| Revision {
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
            formal_entitlement: cover.1,
            suspend_after: cover.2,
            run_off_months: cover.3,
            holidays: vec![Day(START + 13), Day(START + 14), Day(START + 190)],
            ..cambodia()
        })
        .boxed()
}

fn back_payment() -> BoxedStrategy<BackPayment> {
    let months = || prop::option::of(0..9_u16);
    (
        select(vec!["0", "0.01", "0.015"]),
        any::<bool>(),
        months(),
        months(),
        any::<bool>(),
        select(vec![0_i64, 50]),
        0..3_u16,
    )
        .prop_map(|(penalty, compound, cap_months, refuse_older_months, plus_current, flat, waiting_months)| {
            BackPayment {
                penalty: penalty.parse().unwrap(),
                compound,
                cap_months,
                refuse_older_months,
                plus_current,
                flat,
                waiting_months,
            }
        })
        .boxed()
}
