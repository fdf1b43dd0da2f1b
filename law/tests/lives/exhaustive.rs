//! Every small life: all histories of a few months over what can happen in a month, under Cambodia's law and reforms.
//!
//! `KRAMA_MONTHS` sets how many months are gone through. Chance plays no part: what is not found here for so many
//! months is not there.

use krama_law::calendar::{Day, Moment, Month};
use krama_law::fact::{EmploymentId, Fact, FactId, Recorded, Sector};
use krama_law::policy::{BackPayment, Bar, LapseCondition, Law, Published, Revision};

use crate::cambodia::cambodia;
use crate::{kernel, model, setting};

/// What can happen in a month.
#[derive(Clone, Copy, Debug)]
enum Happens {
    Pays,
    Nothing,
    Works,
    Excused,
}

const ALL: [Happens; 4] = [Happens::Pays, Happens::Nothing, Happens::Works, Happens::Excused];

/// The first month of every life.
fn first_month() -> Month {
    "2025-02".parse().unwrap()
}

/// Cambodia's law with a lapse after two months, so that small lives meet it, and its reforms.
fn laws() -> Vec<(&'static str, Revision)> {
    let today = Revision { lapse: vec![LapseCondition::Consecutive(1)], ..cambodia() };
    let back_payment = BackPayment {
        penalty: "0.01".parse().unwrap(),
        compound: false,
        cap_months: Some(12),
        refuse_older_months: None,
        plus_current: false,
        flat: 0,
        waiting_months: 0,
    };
    vec![
        ("today", today.clone()),
        ("back-payment with a small penalty", Revision { back_payment: Some(back_payment), ..today.clone() }),
        ("enrolling again after two months", Revision { bar: Bar::Months(2), ..today.clone() }),
        ("twelve months of grace", Revision { lapse: vec![LapseCondition::Consecutive(12)], ..today.clone() }),
        ("suspension instead of a lapse", Revision { lapse: Vec::new(), suspend_after: Some(1), ..today.clone() }),
        ("notice before a lapse", Revision { notice_days: Some(30), ..today.clone() }),
        ("confirmation by a person", Revision { confirmation: true, ..today }),
    ]
}

/// The facts of a history: a month is paid on the 10th of the next one.
fn facts(history: &[Happens]) -> Vec<Recorded> {
    let enrolled = first_month().day_clamped(4);
    let mut facts = vec![(enrolled, Fact::Enrolled { on: enrolled })];
    for (index, happens) in history.iter().enumerate() {
        let number = i32::try_from(index).unwrap();
        let month = first_month().plus(number);
        match happens {
            Happens::Pays => {
                let on = month.plus(1).day_clamped(10);
                facts.push((on, Fact::Payment { on, amount: 100, month: None }));
            }
            Happens::Nothing => {}
            Happens::Works => {
                let (from, until) = (month.day_clamped(5), Some(month.day_clamped(25)));
                let employment = EmploymentId(i64::from(number));
                facts.push((from, Fact::Hired { employment, sector: Sector::Private, from, until }));
            }
            Happens::Excused => facts.push((month.first_day(), Fact::Excused { from: month, to: month })),
        }
    }
    let recorded = |(index, (known, fact)): (usize, (Day, Fact))| Recorded {
        id: FactId(i64::try_from(index).unwrap()),
        known: Moment::start_of(known),
        fact,
    };
    facts.into_iter().enumerate().map(recorded).collect()
}

#[test]
fn the_kernel_equals_the_model_over_every_small_life() {
    let months = setting("KRAMA_MONTHS", 4);
    let laws = laws()
        .into_iter()
        .map(|(name, revision)| (name, Law::new(name, vec![Published { published: Moment::MIN, revision }]).unwrap()));
    let laws: Vec<(&str, Law)> = laws.collect();
    let end = first_month().plus(i32::try_from(months).unwrap());
    // The days around the due day of the last month, the first of the next one, and half a year on.
    let due = end.day_clamped(15);
    let days = [due, due.after(), end.plus(1).first_day(), due.plus(180)];
    for number in 0..4_usize.pow(months) {
        let history: Vec<Happens> = (0..months).map(|month| ALL[number / 4_usize.pow(month) % 4]).collect();
        let facts = facts(&history);
        for (name, law) in &laws {
            for day in days {
                let (got, wanted) =
                    (kernel(&facts, law, day, Moment::MAX), model::answer(&facts, law, day, Moment::MAX));
                assert_eq!(got, wanted, "{history:?} under {name}, on {day}");
            }
        }
    }
}
