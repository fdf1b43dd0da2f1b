//! Every small life: all histories of up to some months over what can happen in a month, under Cambodia's law and reforms.
//!
//! `KRAMA_MONTHS` sets how many months are gone through. Chance plays no part: what is not found here for so many
//! months is not there. The lives are shared out among threads; a beginning that several have in common is lived once,
//! and each is walked once for all days that are asked. A test holds that against asking each day alone.

use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use krama_law::calendar::{Day, Moment, Month};
use krama_law::fact::{EmploymentId, Fact, FactId, Recorded, Sector};
use krama_law::policy::{
    Amnesty, BackPayment, Bar, CoPaymentRule, LapseCondition, LapseEffective, LateCharge, Law, Revision,
};

use crate::cambodia::cambodia;
use crate::laws::published;
use crate::model::{Asked, Ground, ModelAnswer, Person, Walk};
use crate::{decide, in_fields_of_the_model, model, setting};

/// What can happen in a month.
#[derive(Clone, Copy, Debug)]
enum Happens {
    Pays,
    Nothing,
    Works,
    Excused,
}

const ALL: [Happens; 4] = [Happens::Pays, Happens::Nothing, Happens::Works, Happens::Excused];

/// How often it is told how far the search has come.
const TOLD_EVERY: Duration = Duration::from_secs(5);

/// The first month of every life.
fn first_month() -> Month {
    "2025-02".parse().unwrap()
}

/// A day of the `number`-th month of every life, counted from 0.
fn day_of(number: i32, day: u8) -> Day {
    first_month().plus(number).day_clamped(day)
}

/// A law, and what happens under it besides the history.
struct Reform {
    name: &'static str,
    law: Law,
    happens: Vec<Fact>,
}

/// Cambodia's law with a lapse after two months, so that small lives meet it, and its reforms.
fn reforms() -> Vec<Reform> {
    let today = Revision { lapse: vec![LapseCondition::Consecutive(1)], ..cambodia() };
    let terms = BackPayment {
        penalty: "0.01".parse().unwrap(),
        compound: false,
        cap_months: Some(12),
        refuse_older_months: None,
        plus_current: false,
        flat: 0,
        waiting_months: 0,
        instalments: None,
    };
    let duty = CoPaymentRule { days: 45, rate: "0.05".parse().unwrap(), max_months: 12, ceiling: None };
    let amnesty = Amnesty { from: day_of(3, 5), until: day_of(4, 20), back_payment: Some(terms), re_enrolment: true };
    let enrols_again = vec![Fact::Enrolled { on: day_of(3, 20) }];
    let reform =
        |name, revision, happens| Reform { name, law: Law::new(name, vec![published(revision)]).unwrap(), happens };
    vec![
        reform("today", today.clone(), Vec::new()),
        reform(
            "back-payment with a small penalty",
            Revision { back_payment: Some(terms), co_payment: Some(duty), ..today.clone() },
            Vec::new(),
        ),
        reform(
            "enrolling again after two months",
            Revision { bar: Bar::Months(2), ..today.clone() },
            enrols_again.clone(),
        ),
        reform(
            "twelve months of grace",
            Revision { lapse: vec![LapseCondition::Consecutive(12)], ..today.clone() },
            Vec::new(),
        ),
        reform(
            "suspension instead of a lapse, with its way back",
            Revision {
                lapse: Vec::new(),
                suspend_after: Some(1),
                suspension_return: Some(terms),
                co_payment: Some(duty),
                ..today.clone()
            },
            Vec::new(),
        ),
        reform(
            "notice before a lapse",
            Revision { notice_days: Some(30), ..today.clone() },
            vec![Fact::NoticeServed { on: day_of(3, 1) }],
        ),
        reform(
            "confirmation by a person",
            Revision { confirmation: true, ..today.clone() },
            vec![Fact::LapseWaived { on: day_of(2, 20) }, Fact::LapseConfirmed { on: day_of(3, 20) }],
        ),
        reform(
            "four months at the most, a charge for paying late, and cover that runs on after a lapse",
            Revision {
                longest_months: Some(4),
                late_charge: Some(LateCharge { penalty: "0.02".parse().unwrap(), compound: false }),
                lapse_run_off_months: 1,
                bar: Bar::Months(2),
                ..today.clone()
            },
            enrols_again.clone(),
        ),
        reform(
            "lapse from the first missed month",
            Revision { lapse_effective: LapseEffective::FirstMissed, ..today.clone() },
            Vec::new(),
        ),
        reform(
            "two of three months",
            Revision { lapse: vec![LapseCondition::Window { paid: 2, of: 3 }], ..today.clone() },
            Vec::new(),
        ),
        reform("amnesty", Revision { amnesties: vec![amnesty], ..today }, enrols_again),
    ]
}

/// The facts of a history: a month is paid on the 10th of the next one.
fn facts(history: &[Happens], besides: &[Fact]) -> Vec<Recorded> {
    let enrolled = day_of(0, 4);
    let mut facts = vec![(enrolled, Fact::Enrolled { on: enrolled })];
    for (index, happens) in history.iter().enumerate() {
        let number = i32::try_from(index).unwrap();
        let month = first_month().plus(number);
        match happens {
            Happens::Pays => {
                let on = day_of(number + 1, 10);
                facts.push((on, Fact::Payment { on, amount: 100, month: None }));
            }
            Happens::Nothing => {}
            Happens::Works => {
                let (from, until) = (day_of(number, 5), Some(day_of(number, 25)));
                let employment = EmploymentId(i64::from(number));
                facts.push((from, Fact::Hired { employment, sector: Sector::Private, from, until }));
            }
            Happens::Excused => facts.push((month.first_day(), Fact::Excused { from: month, to: month })),
        }
    }
    // What would happen after the history is left out, so that no fact is valid after the days that are asked.
    let end = day_of(i32::try_from(history.len()).unwrap(), 10);
    let besides = besides.iter().map(|fact| (crate::strategy::own_day(fact), fact.clone()));
    facts.extend(besides.filter(|(day, _)| *day <= end));
    let recorded = |(index, (known, fact)): (usize, (Day, Fact))| Recorded {
        id: FactId(i64::try_from(index).unwrap()),
        known: Moment::start_of(known),
        fact,
    };
    facts.into_iter().enumerate().map(recorded).collect()
}

/// The days around the due day of the last month, the first of the next one, and some months on.
fn days_asked(months: usize) -> [Day; 4] {
    let months = i32::try_from(months).unwrap();
    let due = day_of(months, 15);
    [due, due.after(), first_month().plus(months + 1).first_day(), due.plus(75)]
}

/// A history with its facts under one law, the days that are asked, and what the model says of them.
struct Lived<'a> {
    history: &'a [Happens],
    reform: &'a Reform,
    person: Person<'a>,
    days: &'a [Day],
    wanted: &'a [ModelAnswer],
}

/// The beginning of a history, lived under each law to the end of its last month where lives may share that.
struct Begun {
    history: Vec<Happens>,
    walks: Vec<Option<Walk>>,
}

/// The search through all histories: each is lived on from where its beginning was left.
struct Search<'a> {
    reforms: &'a [Reform],
    grounds: Vec<Ground<'a>>,
    check: &'a (dyn Fn(&Lived<'_>) -> Result<(), String> + Sync),
    done: AtomicUsize,
}

impl<'a> Search<'a> {
    fn new(
        reforms: &'a [Reform],
        most: usize,
        check: &'a (dyn Fn(&Lived<'_>) -> Result<(), String> + Sync),
    ) -> Search<'a> {
        let last = days_asked(most)[3];
        let grounds = reforms.iter().map(|reform| Ground::new(&reform.law, day_of(0, 4), last)).collect();
        Search { reforms, grounds, check, done: AtomicUsize::new(0) }
    }

    /// Before any month.
    fn root(&self) -> Begun {
        Begun { history: Vec::new(), walks: self.reforms.iter().map(|_| None).collect() }
    }

    /// Lives one more month, checks the history, and tells where it was left.
    fn one_more(&self, begun: &Begun, happens: Happens) -> Result<Begun, String> {
        let mut history = begun.history.clone();
        history.push(happens);
        let days = days_asked(history.len());
        let end_of_month = day_of(i32::try_from(history.len()).unwrap() - 1, 31);
        let mut walks = Vec::new();
        for ((reform, ground), walk) in self.reforms.iter().zip(&self.grounds).zip(&begun.walks) {
            let facts = facts(&history, &reform.happens);
            let person = Person { facts: &facts, heads: &[] };
            let (wanted, kept) = model::answers(person, ground, walk.as_ref(), end_of_month, &days);
            let lived = Lived { history: &history, reform, person, days: &days, wanted: &wanted };
            (self.check)(&lived)?;
            walks.push(kept);
        }
        self.done.fetch_add(1, Ordering::Relaxed);
        Ok(Begun { history, walks })
    }

    /// Goes through all histories that begin so, up to a number of months; those of that number are handed over.
    fn descend(&self, begun: Begun, months: usize, hand_over: &mut dyn FnMut(Begun)) -> Result<(), String> {
        if begun.history.len() == months {
            hand_over(begun);
            return Ok(());
        }
        ALL.into_iter().try_for_each(|happens| self.descend(self.one_more(&begun, happens)?, months, hand_over))
    }
}

/// Holds the kernel against the model for one history under one law.
fn compare(lived: &Lived<'_>) -> Result<(), String> {
    for (&day, wanted) in lived.days.iter().zip(lived.wanted) {
        let asked = Asked { person: lived.person, law: &lived.reform.law, day, known: Moment::MAX, stay: None };
        let got = in_fields_of_the_model(decide(&asked));
        if got != *wanted {
            let (history, name) = (lived.history, lived.reform.name);
            return Err(format!("{history:?} under {name}, on {day}:\nkernel {got:#?}\nmodel {wanted:#?}"));
        }
    }
    Ok(())
}

/// Tells on the terminal, past the capture of the tests, how far a long search has come.
fn tell(done: usize, all: usize, reforms: usize, since: Instant) {
    let seconds = since.elapsed().as_secs();
    let _ = writeln!(std::io::stderr(), "{done} of {all} lives, each under {reforms} laws, in {seconds} s");
}

#[test]
fn the_kernel_equals_the_model_over_every_small_life() {
    let most = usize::try_from(setting("KRAMA_MONTHS", 4)).unwrap();
    let reforms = reforms();
    let search = Search::new(&reforms, most, &compare);
    let all: usize = (1..=most).map(|months| 4_usize.pow(u32::try_from(months).unwrap())).sum();
    let start = Instant::now();
    // The first months are gone through at once; what follows each beginning is shared out.
    let mut beginnings = Vec::new();
    let outcome = search.descend(search.root(), most.min(4), &mut |begun| beginnings.push(begun));
    outcome.unwrap_or_else(|fault| panic!("{fault}"));
    let beginnings = Mutex::new(beginnings);
    let stop = AtomicBool::new(false);
    let work = || {
        while !stop.load(Ordering::Relaxed) {
            let Some(begun) = beginnings.lock().unwrap().pop() else { break };
            let outcome = search.descend(begun, most, &mut |_| {});
            outcome.inspect_err(|_| stop.store(true, Ordering::Relaxed))?;
        }
        Ok(())
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let outcomes: Vec<Result<(), String>> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let mut told = Instant::now();
        while workers.iter().any(|worker| !worker.is_finished()) {
            std::thread::park_timeout(Duration::from_millis(20));
            if told.elapsed() > TOLD_EVERY {
                told = Instant::now();
                tell(search.done.load(Ordering::Relaxed), all, reforms.len(), start);
            }
        }
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    for outcome in outcomes {
        outcome.unwrap_or_else(|fault| panic!("{fault}"));
    }
    assert_eq!(search.done.load(Ordering::Relaxed), all);
    println!("{all} lives of up to {most} months, each under {} laws", reforms.len());
}

/// Lives that share their beginning, and are walked once for all days, are answered as if each day were asked alone.
#[test]
fn what_is_shared_changes_no_answer() {
    let reforms = reforms();
    let check = |lived: &Lived<'_>| {
        let Lived { history, reform, person, days, wanted } = *lived;
        let each = days
            .iter()
            .map(|&day| model::answer(Asked { person, law: &reform.law, day, known: Moment::MAX, stay: None }));
        let each: Vec<ModelAnswer> = each.collect();
        let fault = || format!("{history:?} under {}:\n{wanted:#?}\n{each:#?}", reform.name);
        if wanted == each { Ok(()) } else { Err(fault()) }
    };
    let search = Search::new(&reforms, 3, &check);
    let outcome = search.descend(search.root(), 3, &mut |_| {});
    outcome.unwrap_or_else(|fault| panic!("{fault}"));
}
