//! The model held against dates worked out by hand: the day before, the day and the day after each edge.
//!
//! The law is Cambodia's with a contribution of a hundred and the due day on the 15th of the next month; each test
//! replaces what it is about. Here stand the doors, terms and transitions; `tests_of_facts` has the corrections.

use krama_law::answer::{DoorKind, Scheme, Standing};
use krama_law::calendar::{Day, Moment};
use krama_law::fact::{EmployerAct, EmploymentId, Fact, FactId, MemberId, Recorded, Sector};
use krama_law::money::Riel;
use krama_law::policy::{
    Amnesty, BackPayment, Bar, CoPaymentRule, Entitlement, Formal, FormalMonthCounts, LapseCondition, Law, Published,
    Revision, Transition,
};

use super::{Asked, ModelAnswer, Person, answer, doors};
use crate::cambodia::cambodia;

pub(super) fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// A fact that became known on a day.
pub(super) fn known(on: &str, fact: Fact) -> (Day, Fact) {
    (day(on), fact)
}

/// An enrolment told on its own day.
pub(super) fn enrolled(on: &str) -> (Day, Fact) {
    known(on, Fact::Enrolled { on: day(on) })
}

/// A payment told on its own day.
pub(super) fn paid(on: &str, amount: Riel) -> (Day, Fact) {
    known(on, Fact::Payment { on: day(on), amount, month: None })
}

pub(super) fn hired(job: i64, sector: Sector, from: &str, until: Option<&str>) -> (Day, Fact) {
    known(from, Fact::Hired { employment: EmploymentId(job), sector, from: day(from), until: until.map(day) })
}

/// A hundred on the 10th of each of so many months.
pub(super) fn monthly(first: &str, months: i32) -> Vec<(Day, Fact)> {
    let payment = |number| {
        let on = day(first).month().plus(number).day_clamped(10);
        (on, Fact::Payment { on, amount: 100, month: None })
    };
    (0..months).map(payment).collect()
}

/// A door with its price, first day of cover and last day.
type Told = (DoorKind, Option<Riel>, Option<String>, Option<String>);

/// A life under a law, with the ids of facts in the order in which they are given, from 0.
pub(super) struct Story {
    facts: Vec<Recorded>,
    heads: Vec<(MemberId, Vec<Recorded>)>,
    law: Law,
}

fn recorded(facts: Vec<(Day, Fact)>, first: i64) -> Vec<Recorded> {
    let one = |(index, (known, fact)): (usize, (Day, Fact))| Recorded {
        id: FactId(first + i64::try_from(index).unwrap()),
        known: Moment::start_of(known),
        fact,
    };
    facts.into_iter().enumerate().map(one).collect()
}

impl Story {
    pub(super) fn new(revision: Revision, facts: Vec<(Day, Fact)>) -> Story {
        let law = Law::new("test", vec![Published { published: Moment::MIN, revision }]).unwrap();
        Story { facts: recorded(facts, 0), heads: Vec::new(), law }
    }

    /// The same under a law with one more revision, which was always known.
    pub(super) fn then(mut self, later: Revision) -> Story {
        let mut revisions = self.law.revisions().to_vec();
        revisions.push(Published { published: Moment::MIN, revision: later });
        self.law = Law::new("test", revisions).unwrap();
        self
    }

    pub(super) fn head(mut self, head: i64, facts: Vec<(Day, Fact)>) -> Story {
        self.heads.push((MemberId(head), recorded(facts, 1_000)));
        self
    }

    fn asked(&self, on: &str, known: Moment, stay: Option<&str>) -> Asked<'_> {
        let person = Person { facts: &self.facts, heads: &self.heads };
        Asked { person, law: &self.law, day: day(on), known, stay: stay.map(day) }
    }

    /// With everything known.
    pub(super) fn on(&self, on: &str) -> ModelAnswer {
        answer(self.asked(on, Moment::MAX, None))
    }

    /// As known at the end of a day.
    pub(super) fn as_known(&self, on: &str, known: &str) -> ModelAnswer {
        answer(self.asked(on, Moment::end_of(day(known)), None))
    }

    pub(super) fn covers(&self, on: &str) -> Vec<Scheme> {
        self.on(on).covers.into_iter().map(|(scheme, _)| scheme).collect()
    }

    fn stay(&self, on: &str, began: &str) -> Vec<Scheme> {
        let answer = answer(self.asked(on, Moment::MAX, Some(began)));
        answer.covers.into_iter().map(|(scheme, _)| scheme).collect()
    }

    /// Each door, as known at the end of the day.
    fn doors(&self, on: &str) -> Vec<Told> {
        let doors = doors(self.asked(on, Moment::end_of(day(on)), None));
        let text = |day: Option<Day>| day.map(|day| day.to_string());
        doors.iter().map(|door| (door.kind, door.price, text(door.benefits_from), text(door.open_until))).collect()
    }
}

/// A percent a month, nothing else.
pub(super) fn terms() -> BackPayment {
    BackPayment {
        penalty: "0.01".parse().unwrap(),
        compound: false,
        cap_months: None,
        refuse_older_months: None,
        plus_current: false,
        flat: 0,
        waiting_months: 0,
        instalments: None,
    }
}

/// A lapse after the second missed month, and cover at once.
pub(super) fn strict() -> Revision {
    Revision { lapse: vec![LapseCondition::Consecutive(1)], entitlement: vec![Entitlement::Immediate], ..cambodia() }
}

/// Suspended with more than one month overdue, and nobody lapses.
pub(super) fn suspending() -> Revision {
    let duty = CoPaymentRule { days: 45, rate: "0.05".parse().unwrap(), max_months: 12, ceiling: None };
    Revision {
        lapse: Vec::new(),
        suspend_after: Some(1),
        suspension_return: Some(terms()),
        co_payment: Some(duty),
        ..strict()
    }
}

#[test]
fn suspended_money_is_added_up_until_it_reaches_the_price() {
    // January, due on 15 February, and February, due on 15 March, are missed: suspended on 16 March.
    let story =
        Story::new(suspending(), vec![enrolled("2026-01-05"), paid("2026-03-20", 100), paid("2026-04-10", 204)]);
    assert_eq!(story.covers("2026-03-15"), [Scheme::Voluntary]);
    assert_eq!((story.covers("2026-03-16"), story.on("2026-03-16").quote), (Vec::new(), Some(203)));
    // One month paid alone would have brought the cover back under the plain rule.
    let waits = story.on("2026-03-20");
    assert_eq!((waits.pot, waits.overdue, waits.covers.len(), waits.standing), (100, 2, 0, Standing::InArrears));
    let back = story.on("2026-04-10");
    assert_eq!((back.pot, back.surcharge, back.overdue, back.on_months), (0, 3, 0, 301));
    assert_eq!((back.standing, story.covers("2026-04-10")), (Standing::Current, vec![Scheme::Voluntary]));
    // Of bills 5 % for each of two months, for 45 days after 10 April.
    let duty = back.co_payment.unwrap();
    assert_eq!((duty.months, duty.until), (2, day("2026-05-25")));
    assert!(story.on("2026-05-25").co_payment.is_some() && story.on("2026-05-26").co_payment.is_none());
}

#[test]
fn a_suspension_ends_by_itself_when_months_are_excused() {
    let month = |text: &str| text.parse().unwrap();
    let excuse = known("2026-03-25", Fact::Excused { from: month("2026-01"), to: month("2026-01") });
    let story = Story::new(suspending(), vec![enrolled("2026-01-05"), paid("2026-03-20", 50), excuse]);
    assert_eq!(story.as_known("2026-03-24", "2026-03-24").pot, 50);
    // Known later, the excuse has always been: nothing was suspended, and February was paid in part.
    let after = story.on("2026-03-25");
    assert_eq!((after.pot, after.on_months, after.overdue), (0, 50, 1));
}

#[test]
fn a_suspension_ends_on_the_first_day_without_employment_that_exempts_enough() {
    // Suspended on 16 March; a job from 20 to 25 March exempts March and nothing else: still two months. One that is
    // told to have begun in February exempts February from its first day on.
    let facts = vec![
        enrolled("2026-01-05"),
        paid("2026-03-18", 50),
        hired(1, Sector::Private, "2026-03-20", Some("2026-03-25")),
    ];
    let story = Story::new(suspending(), facts);
    assert_eq!(story.on("2026-03-26").pot, 50);
    // Under a law without the way back from 1 April it ends that day, and the pot is allocated.
    let plain = Revision { effective: day("2026-04-01"), suspension_return: None, ..suspending() };
    let story = story.then(plain);
    assert_eq!((story.on("2026-03-31").pot, story.on("2026-03-31").on_months), (50, 0));
    assert_eq!((story.on("2026-04-01").pot, story.on("2026-04-01").on_months), (0, 50));
}

#[test]
fn an_amnesty_opens_doors_between_its_two_days() {
    let amnesty = Amnesty {
        from: day("2026-06-01"),
        until: day("2026-06-30"),
        back_payment: Some(BackPayment { flat: 7, ..terms() }),
        re_enrolment: true,
    };
    // Lapsed on 16 March for life; what comes on 1 April finds no door.
    let facts = vec![enrolled("2026-01-05"), paid("2026-04-01", 30), paid("2026-06-30", 20), paid("2026-07-01", 10)];
    let story = Story::new(Revision { amnesties: vec![amnesty], social_assistance: true, ..strict() }, facts);
    let formal = |from: &str| (DoorKind::FormalEmployment, None, Some(from.to_owned()), None);
    let social = (DoorKind::SocialAssistance, None, None, None);
    // Hired in May: June and July count only from 1 July on, as two months before.
    assert_eq!(story.doors("2026-05-31"), [formal("2026-07-01"), social.clone()]);
    // 1 June: four months, January to April, are 4, 3, 2 and 1 months late: 400 and 10, and the fee of 7.
    let until = Some("2026-06-30".to_owned());
    let by_paying = (DoorKind::BackPayment, Some(417), Some("2026-06-01".to_owned()), until.clone());
    let by_enrolling = (DoorKind::ReEnrolment, None, Some("2026-06-01".to_owned()), until);
    assert_eq!(story.doors("2026-06-01"), [formal("2026-08-01"), by_paying, by_enrolling, social.clone()]);
    assert_eq!((story.on("2026-06-30").pot, story.on("2026-06-30").suspense), (20, 30));
    // Shut again: what was added up stays, and what comes is in suspense.
    assert_eq!((story.on("2026-07-01").pot, story.on("2026-07-01").suspense), (20, 40));
    assert_eq!(story.doors("2026-07-01").len(), 2);
    assert!(story.doors("2026-03-15").is_empty());
}

#[test]
fn a_new_law_can_lift_bars_and_forget_gaps() {
    // January and February missed: lapsed on 16 March. Lifted at the start of 1 May, before its enrolment.
    let facts = vec![enrolled("2026-01-05"), enrolled("2026-05-01")];
    let lifts = |on: &str| Revision {
        effective: day(on),
        transition: Transition { gaps_count: true, bars_lifted: true },
        ..strict()
    };
    let story = Story::new(strict(), facts.clone()).then(lifts("2026-05-01"));
    assert_eq!(story.on("2026-04-30").standing, Standing::Abandoned);
    assert_eq!((story.on("2026-05-01").standing, story.on("2026-05-01").refused.len()), (Standing::Current, 0));
    // A lapse on the very first day of the law is its own.
    let story = Story::new(strict(), facts).then(lifts("2026-03-16"));
    assert_eq!(story.on("2026-05-01").standing, Standing::Abandoned);
}

#[test]
fn gaps_from_before_a_law_are_passed_over_if_it_says_so() {
    let forgets = |on: &str| Revision {
        effective: day(on),
        transition: Transition { gaps_count: false, bars_lifted: false },
        ..strict()
    };
    let story = |on: &str| Story::new(strict(), vec![enrolled("2026-01-05")]).then(forgets(on));
    // January was due on 15 February. Overdue on the day before 17 February, it is passed over: February and March
    // make two on 16 April.
    let forgotten = story("2026-02-17");
    assert_eq!((forgotten.on("2026-02-16").run, forgotten.on("2026-02-17").run), (1, 0));
    assert_eq!(
        (forgotten.on("2026-02-17").overdue, forgotten.on("2026-02-17").last_safe_day),
        (1, Some(day("2026-04-15")))
    );
    assert_eq!(forgotten.on("2026-04-15").standing, Standing::InArrears);
    assert_eq!(forgotten.on("2026-04-16").standing, Standing::Abandoned);
    // On the day before 16 February it was not overdue yet, so it counts.
    assert_eq!(
        (story("2026-02-16").on("2026-03-15").run, story("2026-02-16").on("2026-03-16").standing),
        (1, Standing::Abandoned)
    );
}

#[test]
fn for_a_stay_only_what_was_paid_before_it_counts() {
    let revision = Revision { paid_before_stay: true, ..cambodia() };
    // January is paid on 10 February, February on 10 March.
    let facts = [vec![enrolled("2026-01-05")], monthly("2026-02-01", 2)].concat();
    let story = Story::new(revision, facts.clone());
    assert_eq!(story.covers("2026-03-20"), [Scheme::Voluntary]);
    assert_eq!(story.stay("2026-03-20", "2026-03-11"), [Scheme::Voluntary]);
    assert_eq!(story.stay("2026-03-20", "2026-03-10"), []);
    assert_eq!(Story::new(cambodia(), facts).stay("2026-03-20", "2026-03-10"), [Scheme::Voluntary]);
}

#[test]
fn a_month_of_work_counts_when_the_employer_did_what_the_law_asks() {
    let act = |act, on: &str| known(on, Fact::EmployerMonth { month: "2026-01".parse().unwrap(), act, on: day(on) });
    let under = |formal_month_counts| {
        let formal_private = Formal { entitlement: vec![Entitlement::Consecutive(1)], run_off_months: 0 };
        let facts = vec![
            hired(1, Sector::Private, "2026-01-05", None),
            act(EmployerAct::Declared, "2026-02-10"),
            act(EmployerAct::Paid, "2026-02-20"),
        ];
        let story = Story::new(Revision { formal_private, formal_month_counts, ..cambodia() }, facts);
        ["2026-02-01", "2026-02-09", "2026-02-10", "2026-02-19", "2026-02-20"].map(|on| story.covers(on).len())
    };
    assert_eq!(under(FormalMonthCounts::Employed), [1, 1, 1, 1, 1]);
    assert_eq!(under(FormalMonthCounts::Declared), [0, 0, 1, 1, 1]);
    assert_eq!(under(FormalMonthCounts::Paid), [0, 0, 0, 0, 1]);
}

#[test]
fn each_sector_has_its_own_cover_and_run_off() {
    let at_once = |run_off_months| Formal { entitlement: vec![Entitlement::Immediate], run_off_months };
    let later = Formal { entitlement: vec![Entitlement::Consecutive(12)], run_off_months: 6 };
    let revision = Revision { formal_private: later, formal_public: at_once(1), bar: Bar::Life, ..cambodia() };
    let private = hired(1, Sector::Private, "2026-01-05", Some("2026-03-20"));
    let public = hired(2, Sector::Public, "2026-03-01", Some("2026-03-25"));
    let story = Story::new(revision, vec![private, public]);
    assert_eq!(story.covers("2026-02-28"), []);
    assert_eq!(story.covers("2026-03-01"), [Scheme::Formal]);
    // The private job ended on a day that FORMAL covered, by the public one: six months after March.
    assert_eq!(story.covers("2026-09-30"), [Scheme::RunOff]);
    assert_eq!(story.covers("2026-10-01"), []);
}

#[test]
fn the_lapse_after_a_return_at_no_price_is_foreseen() {
    let free = |refuse_older_months| BackPayment { refuse_older_months, penalty: "0".parse().unwrap(), ..terms() };
    let revision = Revision {
        lapse: vec![LapseCondition::Window { paid: 30, of: 68 }],
        suspend_after: Some(0),
        suspension_return: Some(free(None)),
        back_payment: Some(free(Some(0))),
        ..cambodia()
    };
    let story = Story::new(revision, vec![enrolled("2024-10-04"), paid("2024-12-16", 100)]);
    // From October 2024 May 2030 is the sixty-eighth month. On the day of that lapse all that is overdue is too old to
    // be asked for, so what was added up brings a return, and pays June 2030; the sixty-eighth from there is January
    // 2036.
    let asked = story.on("2024-12-16");
    assert_eq!((asked.pot, asked.last_safe_day), (100, Some(day("2036-02-15"))));
    assert_eq!((story.on("2030-06-15").pot, story.on("2030-06-16").on_months), (100, 100));
    assert_eq!(story.on("2036-02-15").standing, Standing::InArrears);
    assert_eq!(story.on("2036-02-16").standing, Standing::Abandoned);
}
