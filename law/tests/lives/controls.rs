//! Negative controls: an answer that is deliberately wrong must be found by the very checks that the kernel's answers
//! stand, in each field and at each edge.

use std::cell::RefCell;
use std::collections::BTreeMap;

use krama_law::answer::{Answer, CoPayment, DoorKind, EnrolmentRefusal, Scheme, Standing};
use krama_law::calendar::{Day, Moment};
use krama_law::decision::explain;
use krama_law::explanation::Clause;
use krama_law::fact::{Fact, FactId, Recorded};
use krama_law::policy::{Law, Revision};

use crate::cambodia::cambodia;
use crate::edges::{decided, edges_are_true, the_least_amount_saves};
use crate::laws::published;
use crate::model::ModelAnswer;
use crate::strategy::{Laws, Life, Question};
use crate::{check, decide, in_fields_of_the_model, is_the_model_s, model, timeline};

/// Enrolled in February 2025, a year paid, and then silence: in arrears, and covered to the end of August 2026.
fn life() -> Life {
    let enrolled: Day = "2025-02-03".parse().unwrap();
    let mut facts = vec![Fact::Enrolled { on: enrolled }];
    for month in 0..12 {
        facts.push(Fact::Payment { on: enrolled.month().plus(month).day_clamped(10), amount: 100, month: None });
    }
    let recorded = |(index, fact): (usize, Fact)| Recorded {
        id: FactId(i64::try_from(index).unwrap()),
        known: Moment::start_of(enrolled),
        fact,
    };
    Life {
        facts: facts.into_iter().enumerate().map(recorded).collect(),
        heads: Vec::new(),
        law: Law::new("kh", vec![published(cambodia())]).unwrap(),
        questions: Vec::new(),
        supposed: Fact::Enrolled { on: enrolled },
    }
}

fn asked_on() -> Day {
    "2026-08-20".parse().unwrap()
}

#[test]
fn a_wrong_answer_is_found_whatever_is_wrong_in_it() {
    let life = life();
    let asked = life.asked(Question { day: asked_on(), known: Moment::MAX, stay: None });
    let right = in_fields_of_the_model(decide(&asked));
    is_the_model_s(asked, &right).unwrap();
    let duty = CoPayment { rate: "0.05".parse().unwrap(), months: 1, ceiling: None, until: asked_on() };
    let wrongs: Vec<(&str, ModelAnswer)> = vec![
        ("standing", ModelAnswer { standing: Standing::Current, ..right.clone() }),
        ("since", ModelAnswer { since: right.since.map(Day::after), ..right.clone() }),
        ("no cover", ModelAnswer { covers: Vec::new(), ..right.clone() }),
        ("kept", ModelAnswer { covers: vec![(Scheme::Voluntary, true)], ..right.clone() }),
        ("overdue", ModelAnswer { overdue: right.overdue + 1, ..right.clone() }),
        ("run", ModelAnswer { run: right.run + 1, ..right.clone() }),
        ("credit", ModelAnswer { credit: 1, ..right.clone() }),
        ("suspense", ModelAnswer { suspense: 1, ..right.clone() }),
        ("pot", ModelAnswer { pot: 1, ..right.clone() }),
        ("surcharge", ModelAnswer { surcharge: 1, ..right.clone() }),
        ("reversed", ModelAnswer { reversed: 1, ..right.clone() }),
        ("refunded", ModelAnswer { refunded: 1, ..right.clone() }),
        ("on months", ModelAnswer { on_months: right.on_months - 1, ..right.clone() }),
        ("refused", ModelAnswer { refused: vec![EnrolmentRefusal::AlreadyEnrolled], ..right.clone() }),
        ("last safe day", ModelAnswer { last_safe_day: right.last_safe_day.map(Day::before), ..right.clone() }),
        ("quote", ModelAnswer { quote: Some(1), ..right.clone() }),
        ("co-payment", ModelAnswer { co_payment: Some(duty), ..right.clone() }),
    ];
    for (what, wrong) in wrongs {
        assert!(is_the_model_s(asked, &wrong).is_err(), "{what}");
    }
}

#[test]
fn an_edge_that_is_a_day_off_is_found() {
    let life = life();
    let right = decided(&life, asked_on());
    edges_are_true(&life, &right).unwrap();
    // In August the cover ends with the month; the answer holds so long too.
    let end: Day = "2026-08-31".parse().unwrap();
    assert_eq!((right.holds_until, right.covers[0].until), (Some(end), Some(end)));
    let with_cover = |change: &dyn Fn(&mut krama_law::answer::Cover)| {
        let mut wrong = right.clone();
        change(&mut wrong.covers[0]);
        wrong
    };
    let wrongs: Vec<(&str, Answer)> = vec![
        ("holds a day longer", Answer { holds_until: Some(end.after()), ..right.clone() }),
        ("holds a day less", Answer { holds_until: Some(end.before()), ..right.clone() }),
        ("holds for ever", Answer { holds_until: None, ..right.clone() }),
        ("covers a day longer", with_cover(&|cover| cover.until = Some(end.after()))),
        ("covers a day less", with_cover(&|cover| cover.until = Some(end.before()))),
        ("covers from a day later", with_cover(&|cover| cover.from = cover.from.after())),
        ("covers from a day earlier", with_cover(&|cover| cover.from = cover.from.before())),
        ("another scheme covers", with_cover(&|cover| cover.scheme = Scheme::Formal)),
    ];
    for (what, wrong) in wrongs {
        assert!(edges_are_true(&life, &wrong).is_err(), "{what}");
    }
}

#[test]
fn an_amount_that_does_not_save_or_is_more_than_the_least_is_found() {
    let life = life();
    let question = Question { day: asked_on(), known: Moment::MAX, stay: None };
    the_least_amount_saves(&life, question, Some(100)).unwrap();
    for wrong in [None, Some(99), Some(101), Some(200)] {
        assert!(the_least_amount_saves(&life, question, wrong).is_err(), "{wrong:?}");
    }
}

/// A comparison over lives in which a rule is never met says nothing about it.
#[test]
fn random_lives_meet_every_rule() {
    let met: RefCell<BTreeMap<&str, u32>> = RefCell::default();
    let note = |rule, is_met: bool| *met.borrow_mut().entry(rule).or_default() += u32::from(is_met);
    check(1_000, Laws::Random, |life| {
        life.questions.iter().for_each(|&question| note_rules(life, question, &note));
        note_doors(life, life.questions[0], &note);
        Ok(())
    });
    let met = met.into_inner();
    println!("{met:#?}");
    let never: Vec<_> = met.iter().filter(|(_, times)| **times == 0).collect();
    assert!(never.is_empty(), "never met in a thousand lives: {never:?}");
}

/// Notes which rules an answer is about.
fn note_rules(life: &Life, question: Question, note: &dyn Fn(&'static str, bool)) {
    let asked = life.asked(question);
    let answer = model::answer(asked);
    let covered = |scheme, kept| answer.covers.contains(&(scheme, kept));
    let without_stay = model::answer(life.asked(Question { stay: None, ..question }));
    note("refunded", answer.refunded > 0);
    note("reversed", answer.reversed > 0);
    note("surcharge", answer.surcharge > 0);
    note("pot", answer.pot > 0);
    note("price while suspended", answer.quote.is_some() && answer.standing == Standing::InArrears);
    note("co-payment", answer.co_payment.is_some());
    note("dependant", covered(Scheme::Dependant, false));
    note("dependant in good faith", covered(Scheme::Dependant, true));
    note(
        "another cover in good faith",
        answer.covers.iter().any(|&(scheme, kept)| kept && scheme != Scheme::Dependant),
    );
    note("run-off", covered(Scheme::RunOff, false));
    note("a stay that is not covered", answer.covers != without_stay.covers);
    note("last safe day", answer.last_safe_day.is_some());
    for standing in [Standing::Closed, Standing::LapsePending, Standing::Abandoned, Standing::NotEnrolled] {
        let name = match standing {
            Standing::Closed => "closed",
            Standing::LapsePending => "pending",
            Standing::Abandoned => "abandoned",
            Standing::Employed | Standing::NotEnrolled | Standing::InArrears | Standing::Current => "not enrolled",
        };
        note(name, answer.standing == standing);
    }
    let steps = explain(&timeline(life.person()), &life.law, question.day, question.known).steps;
    let refused = |why| steps.iter().any(|step| step.clause == Clause::EnrolmentRefused { reason: why });
    note("insured too short", refused(EnrolmentRefusal::InsuredTooShort));
    note("entry closed", refused(EnrolmentRefusal::EntryClosed));
    note_clauses(life, question, &answer, note);
    let retracted = |fact: &Recorded| matches!(fact.fact, Fact::Retracted { .. });
    let kept: Vec<Recorded> = life.facts.iter().filter(|fact| !retracted(fact)).cloned().collect();
    let person = model::Person { facts: &kept, heads: &life.heads };
    note("a retraction that matters", model::answer(model::Asked { person, ..asked }) != answer);
}

/// Notes which clauses matter to an answer: without them it would be another.
fn note_clauses(life: &Life, question: Question, answer: &ModelAnswer, note: &dyn Fn(&'static str, bool)) {
    let matters = |clause, without: &dyn Fn(&mut Revision) -> bool| {
        let mut revisions = life.law.revisions().to_vec();
        let had_it =
            revisions.iter_mut().filter_map(|published| without(&mut published.revision).then_some(())).count();
        let law = (had_it > 0).then(|| Law::new("without", revisions).unwrap());
        let other = |law: Law| model::answer(model::Asked { law: &law, ..life.asked(question) }) != *answer;
        note(clause, law.is_some_and(other));
    };
    matters("entry matters", &|revision| revision.entry.take().is_some());
    matters("a charge for delay", &|revision| revision.late_charge.take().is_some());
    matters("at most so many payments", &|revision| {
        let own = [&mut revision.back_payment, &mut revision.suspension_return];
        let all = own.into_iter().chain(revision.amnesties.iter_mut().map(|amnesty| &mut amnesty.back_payment));
        all.flatten().filter_map(|terms| terms.instalments.take()).count() > 0
    });
    matters("cover runs on after a lapse", &|revision| std::mem::take(&mut revision.lapse_run_off_months) > 0);
    matters("the longest time matters", &|revision| revision.longest_months.take().is_some());
}

/// Notes which ways back are open.
fn note_doors(life: &Life, question: Question, note: &dyn Fn(&'static str, bool)) {
    let doors = model::doors(life.asked(Question { known: Moment::end_of(question.day), stay: None, ..question }));
    for (name, kind) in [
        ("door of formal employment", DoorKind::FormalEmployment),
        ("door of back-payment", DoorKind::BackPayment),
        ("door of re-enrolment", DoorKind::ReEnrolment),
        ("door of social assistance", DoorKind::SocialAssistance),
    ] {
        note(name, doors.iter().any(|door| door.kind == kind));
    }
    note("a door of an amnesty", doors.iter().any(|door| door.open_until.is_some()));
}
