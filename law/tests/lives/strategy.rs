//! Lives and laws to try, biased to the edges: the day before, the day and the day after each due day.

use krama_law::calendar::{Day, Moment, Month};
use krama_law::fact::{AssistanceLevel, EmployerAct, EmploymentId, Fact, FactId, MemberId, Recorded, Relation, Sector};
use krama_law::policy::Law;
use proptest::prelude::*;
use proptest::sample::select;

use crate::cambodia::cambodia;
use crate::laws::{published, random_law, rare_law};
use crate::model::{Asked, Person};

mod rare;

/// In October 2024; lives begin here.
pub(crate) const START: i32 = 20_000;
/// The days that a life spans.
pub(crate) const SPAN: i32 = 1_100;

/// Which laws a life is tried under.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Laws {
    /// Cambodia's, as the cases freeze it.
    Cambodia,
    /// Anything that the language can say.
    Random,
    /// The same for lives full of what seldom happens, with windows of months that are longer than such lives.
    Rare,
}

/// A question to a life.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question {
    pub(crate) day: Day,
    pub(crate) known: Moment,
    /// The first day of the stay that is asked about, if it is one.
    pub(crate) stay: Option<Day>,
}

/// A life with those of the heads of its households, a law and questions.
pub(crate) struct Life {
    pub(crate) facts: Vec<Recorded>,
    pub(crate) heads: Vec<(MemberId, Vec<Recorded>)>,
    pub(crate) law: Law,
    pub(crate) questions: Vec<Question>,
    /// What is supposed to be known too when it is asked what would be if.
    pub(crate) supposed: Fact,
}

impl std::fmt::Debug for Life {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.told())
    }
}

impl Life {
    pub(crate) fn person(&self) -> Person<'_> {
        Person { facts: &self.facts, heads: &self.heads }
    }

    pub(crate) fn asked(&self, question: Question) -> Asked<'_> {
        let Question { day, known, stay } = question;
        Asked { person: self.person(), law: &self.law, day, known, stay }
    }

    /// The facts, one on a line with days and months as they are written, and the law.
    pub(crate) fn told(&self) -> String {
        let told = |facts: &[Recorded]| {
            let mut facts: Vec<&Recorded> = facts.iter().collect();
            facts.sort_by_key(|recorded| (recorded.known, recorded.id));
            let line = |recorded: &Recorded| {
                readable(&format!("known {:?} #{} {:?}", recorded.known.day(), recorded.id.0, recorded.fact))
            };
            facts.into_iter().map(line).collect::<Vec<String>>().join("\n")
        };
        let heads = self.heads.iter().map(|(id, facts)| format!("head {}:\n{}\n", id.0, told(facts)));
        let law: Vec<String> =
            self.law.revisions().iter().map(|published| readable(&format!("{published:?}"))).collect();
        let supposed = readable(&format!("{:?}", self.supposed));
        format!(
            "{}\n{}{}\n{:?}\nsupposed {supposed}",
            told(&self.facts),
            heads.collect::<String>(),
            law.join("\n"),
            self.questions
        )
    }
}

/// Writes days and months as people do.
pub(crate) fn readable(text: &str) -> String {
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
        Laws::Rare => rare_law(),
    };
    let own = match laws {
        Laws::Cambodia | Laws::Random => (steady(), prop::collection::vec(happening(), 1..40)).boxed(),
        Laws::Rare => (rare::steady(), prop::collection::vec(rare::happening(), 1..30)).boxed(),
    };
    let head = (prop_oneof![1 => Just(0), 4 => 10..36_i32], prop::collection::vec(happening(), 0..16));
    let heads = prop_oneof![1 => Just(Vec::new()).boxed(), 2 => prop::collection::vec(head, 1..3).boxed()];
    let questions = prop::collection::vec(question(), 1..4);
    (
        law,
        own,
        heads,
        prop::option::weighted(0.7, (born(), household(), prop::option::weighted(0.3, 100..900_i32))),
        (prop::option::weighted(0.8, worked_before()), questions),
        plain_fact(),
    )
        .prop_map(|(law, (steady, mut happenings), heads, dependant, (worked, questions), supposed)| {
            // Where the law asks for an employment before an enrolment most lives have one.
            if law.revisions().iter().any(|published| published.revision.entry.is_some()) {
                happenings.extend(worked.map(|worked| (Happening::Fact(worked), 0)));
            }
            if !heads.is_empty()
                && let Some((born, household, retracted_after)) = dependant
            {
                // In most lives with heads the person is somebody in the household of one from early on.
                let fact = if steady.months > 0 { usize::try_from(steady.months).unwrap() + 1 } else { 0 };
                let retracted = retracted_after.map(|after| (Happening::Retract { fact, after }, 0));
                let first = [(Happening::Fact(household), 0), (Happening::Fact(born), 0)];
                happenings.splice(0..0, first.into_iter().chain(retracted));
            }
            let heads = heads.iter().enumerate().map(|(index, (steady, happenings))| {
                let number = i64::try_from(index).unwrap() + 1;
                (MemberId(number), facts(Steady { before: 0, months: *steady }, happenings, 1_000 * number))
            });
            let facts = facts(steady, &happenings, 0);
            let questions = questions.iter().map(|asking| asking.about(&facts)).collect();
            Life { facts, heads: heads.collect(), law, questions, supposed }
        })
        .boxed()
}

/// How a life begins that begins with an enrolment.
#[derive(Clone, Copy, Debug)]
struct Steady {
    /// How many months before the others it begins.
    before: i32,
    /// For how many months it is paid from then on; 0 for one that begins otherwise.
    months: i32,
}

fn steady() -> BoxedStrategy<Steady> {
    let months = prop_oneof![3 => Just(0), 2 => Just(10), 1 => 4..24_i32];
    months.prop_map(|months| Steady { before: 0, months }).boxed()
}

/// A question before the life is known of which it is asked.
#[derive(Clone, Debug)]
struct Asking {
    day: Day,
    /// In its place the day of a fact, or the day on which that became known, and so many days from it.
    near: Option<(usize, bool, i32)>,
    /// How many days later it is asked.
    after: i32,
    /// How many days before a stay had begun, or on the day of which fact.
    stay: Option<(i32, Option<usize>)>,
}

fn question() -> BoxedStrategy<Asking> {
    let near = prop::option::of((any::<usize>(), any::<bool>(), -1..3_i32));
    let began = (select(vec![0, 0, 1, 2, 5, 20, 40, 80, 150]), prop::option::of(any::<usize>()));
    (day(), near, -40..250_i32, prop::option::weighted(0.5, began))
        .prop_map(|(day, near, after, stay)| Asking { day, near, after, stay })
        .boxed()
}

impl Asking {
    fn about(&self, facts: &[Recorded]) -> Question {
        let fact = |number: usize| facts.get(number % facts.len().max(1));
        let day = match self.near.and_then(|(number, known, days)| Some((fact(number)?, known, days))) {
            Some((fact, known, days)) => if known { fact.known.day() } else { own_day(&fact.fact) }.plus(days),
            None => self.day,
        };
        let began = |(days, number): (i32, Option<usize>)| {
            let on = number.and_then(fact).map(|fact| own_day(&fact.fact)).filter(|&on| on <= day);
            on.unwrap_or(day.plus(-days))
        };
        let known = if self.after > 150 { Moment::MAX } else { Moment::end_of(day.plus(self.after)) };
        Question { day, known, stay: self.stay.map(began) }
    }
}

/// A day of the life, more often than not near the middle or the end of a month, or its beginning.
pub(crate) fn day() -> BoxedStrategy<Day> {
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
    /// An employer declares or pays some months on end, each so many days after its 1st.
    Declare {
        first: Month,
        months: i32,
        act: EmployerAct,
        after: i32,
    },
    Reverse {
        payment: usize,
        after: i32,
    },
    Refund {
        payment: usize,
        amount: i64,
        after: i32,
    },
    Retract {
        fact: usize,
        after: i32,
    },
    /// A fact that is entered by mistake, and retracted so many days later.
    Mistake {
        fact: Fact,
        after: i32,
    },
    /// An employment turns out, so many days after it was reported, to have begun and ended so many days later.
    Correct {
        job: usize,
        begun: Option<i32>,
        ended: Option<i32>,
        after: i32,
    },
    /// Another payment is made on the day of an earlier one.
    Again {
        payment: usize,
        amount: i64,
    },
}

fn any_happening() -> BoxedStrategy<Happening> {
    let after = || prop_oneof![1 => Just(0), 3 => 1..60_i32];
    let reverse = (any::<usize>(), after()).prop_map(|(payment, after)| Happening::Reverse { payment, after });
    // One paid back before its payment was made counts from the payment on.
    let amount = select(vec![100_i64, 50, 30, 250, 5_000]);
    let refund = (any::<usize>(), amount, prop_oneof![5 => after(), 1 => -9..0_i32, 3 => 60..300_i32])
        .prop_map(|(payment, amount, after)| Happening::Refund { payment, amount, after });
    let retracted_after = prop_oneof![1 => Just(0), 2 => 1..40_i32, 2 => 40..300_i32];
    let retract = (any::<usize>(), retracted_after).prop_map(|(fact, after)| Happening::Retract { fact, after });
    let act = select(vec![EmployerAct::Declared, EmployerAct::Paid]);
    let declare = (0..SPAN / 30, 1..14_i32, act, select(vec![0, 5, 14, 29, 30, 31, 45, 75])).prop_map(
        |(first, months, act, after)| Happening::Declare { first: Day(START).month().plus(first), months, act, after },
    );
    prop_oneof![
        32 => plain_fact().prop_map(Happening::Fact),
        2 => reverse,
        2 => refund,
        2 => retract,
        1 => declare,
    ]
    .boxed()
}

/// An employment that ended not long before the life begins.
fn worked_before() -> BoxedStrategy<Fact> {
    (30..300_i32, select(vec![1, 1, 5, 6, 20, 21, 40, 90]))
        .prop_map(|(days, ago)| Fact::Hired {
            employment: EmploymentId(9),
            sector: Sector::Private,
            from: Day(START - ago - days),
            until: Some(Day(START - ago)),
        })
        .boxed()
}

/// A fact that names no other one.
fn plain_fact() -> BoxedStrategy<Fact> {
    let job = (0..3_i64).prop_map(EmploymentId);
    let amount = select(vec![100_i64, 100, 100, 50, 200, 300, 500, 700, 1_000, 1_500]);
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
    let sector = select(vec![Sector::Private, Sector::Private, Sector::Public]);
    let hired = (job.clone(), sector, day(), length).prop_map(|(employment, sector, from, days)| Fact::Hired {
        employment,
        sector,
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
    prop_oneof![160 => fact, 3 => rare, 4 => born(), 8 => household()].boxed()
}

/// The ages at which something ends are near in many lives, one of them that of a child of a leap day.
fn born() -> BoxedStrategy<Fact> {
    let age = select(vec![18, 18, 20, 60, 5, 40]);
    let near = (day(), age).prop_map(|(day, age)| day.month().plus(-12 * age).day_clamped(day.parts().2));
    let leap = select(vec!["2008-02-29", "1968-02-29", "2004-02-29"]).prop_map(|day| day.parse().unwrap());
    prop_oneof![4 => near, 1 => leap].prop_map(|on| Fact::Born { on }).boxed()
}

/// Heads 1 and 2 have timelines where the life has that many heads; head 3 never has one.
fn household() -> BoxedStrategy<Fact> {
    let head = select(vec![1_i64, 1, 1, 2, 2, 3]);
    let relation = select(vec![
        Relation::Child,
        Relation::Child,
        Relation::Child,
        Relation::Spouse,
        Relation::Spouse,
        Relation::Other,
    ]);
    let from = prop_oneof![1 => (0..300_i32).prop_map(|days| Day(START + days)), 1 => day()];
    let span = (from, prop::option::weighted(0.3, 0..600_i32));
    (head, relation, prop::bool::weighted(0.3), prop::bool::weighted(0.7), span)
        .prop_map(|(head, relation, disabled, registered, (from, days))| Fact::Household {
            head: MemberId(head),
            relation,
            disabled,
            registered,
            from,
            until: days.map(|days| from.plus(days)),
        })
        .boxed()
}

/// The facts of a life; a steady one begins with an enrolment and some months of payments. Ids begin with `first`.
fn facts(steady: Steady, happenings: &[(Happening, i32)], first: i64) -> Vec<Recorded> {
    let id = |index: usize| FactId(first + i64::try_from(index).unwrap());
    let mut facts: Vec<(Day, Fact)> = Vec::new();
    if steady.months > 0 {
        let first = Day(START).month().plus(-steady.before);
        let on = if steady.before == 0 { Day(START) } else { first.day_clamped(5) };
        facts.push((on, Fact::Enrolled { on }));
        for month in 0..steady.months {
            let on = first.plus(month).day_clamped(25);
            facts.push((on, Fact::Payment { on, amount: 100, month: None }));
        }
    }
    for (happening, late) in happenings {
        match happening {
            Happening::Fact(fact) => facts.push((own_day(fact).plus(*late), fact.clone())),
            Happening::Declare { first, months, act, after } => {
                for month in (0..*months).map(|number| first.plus(number)) {
                    let on = month.first_day().plus(*after);
                    facts.push((on.plus(*late), Fact::EmployerMonth { month, act: *act, on }));
                }
            }
            Happening::Reverse { payment, after } => {
                // The ledger takes one reversal of a payment, and refuses a second.
                let reversed = |index: usize| {
                    facts
                        .iter()
                        .any(|(_, fact)| matches!(fact, Fact::Reversed { payment, .. } if *payment == id(index)))
                };
                let paid: Vec<(usize, Day)> = paid(&facts).into_iter().filter(|(index, _)| !reversed(*index)).collect();
                if let Some(&(index, on)) = paid.get(payment % paid.len().max(1)) {
                    let on = on.plus(*after);
                    // Nobody hears of a bounced payment before the payment itself.
                    let known = on.plus(*late).max(facts[index].0);
                    facts.push((known, Fact::Reversed { payment: id(index), on }));
                }
            }
            Happening::Refund { payment, amount, after } => {
                let paid = paid(&facts);
                if let Some(&(index, on)) = paid.get(payment % paid.len().max(1)) {
                    let on = on.plus(*after);
                    let known = on.plus(*late).max(facts[index].0);
                    facts.push((known, Fact::Refunded { payment: id(index), amount: *amount, on }));
                }
            }
            Happening::Retract { fact, after } => {
                // A fact that was retracted is none any more, so that the ledger refuses to retract it again.
                let retracted = |index: usize| {
                    facts.iter().any(|(_, fact)| matches!(fact, Fact::Retracted { fact } if *fact == id(index)))
                };
                let left: Vec<usize> = (0..facts.len()).filter(|&index| !retracted(index)).collect();
                if let Some(&index) = left.get(fact % left.len().max(1)) {
                    facts.push((facts[index].0.plus(after + late), Fact::Retracted { fact: id(index) }));
                }
            }
            Happening::Mistake { fact, after } => {
                let known = own_day(fact).plus(*late);
                facts.push((known, fact.clone()));
                facts.push((known.plus(*after), Fact::Retracted { fact: id(facts.len() - 1) }));
            }
            Happening::Correct { job, begun, ended, after } => {
                let reported = facts.iter().filter_map(|(known, fact)| {
                    let Fact::Hired { employment, from, until, .. } = *fact else { return None };
                    let from_other = begun.map(|days| from.plus(days));
                    let until = ended.map(|days| until.unwrap_or(from.plus(90)).plus(days));
                    Some((known.plus(after + late), Fact::Amended { employment, from: from_other, until }))
                });
                let reported: Vec<(Day, Fact)> = reported.collect();
                facts.extend(reported.get(job % reported.len().max(1)).cloned());
            }
            Happening::Again { payment, amount } => {
                let paid = paid(&facts);
                if let Some(&(_, on)) = paid.get(payment % paid.len().max(1)) {
                    facts.push((on.plus(*late), Fact::Payment { on, amount: *amount, month: None }));
                }
            }
        }
    }
    let recorded =
        |(index, (known, fact)): (usize, (Day, Fact))| Recorded { id: id(index), known: Moment::start_of(known), fact };
    facts.into_iter().enumerate().map(recorded).collect()
}

/// The payments with their value dates, by their place in the life.
fn paid(facts: &[(Day, Fact)]) -> Vec<(usize, Day)> {
    let payments = facts.iter().enumerate().filter_map(|(index, (_, fact))| {
        let Fact::Payment { on, .. } = fact else { return None };
        Some((index, *on))
    });
    payments.collect()
}

/// The day on which a fact is known at the earliest.
pub(crate) fn own_day(fact: &Fact) -> Day {
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
        Fact::Refunded { on, .. } | Fact::EmployerMonth { on, .. } => on,
        // Born long before the ledger began, but told to it in these years.
        Fact::Born { .. } => Day(START + 200),
        Fact::Household { from, .. } => from,
        Fact::EmploymentRetracted { .. } | Fact::Retracted { .. } => Day(START + 500),
        Fact::Excused { from, .. } => from.first_day(),
    }
}
