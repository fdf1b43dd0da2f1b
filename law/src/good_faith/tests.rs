//! What is kept in good faith, and until when.

use super::*;
use crate::decision::decide;
use crate::fact::{EmploymentId, Fact, FactId, MemberId, Recorded};
use crate::policy::tests::{law, laws, plain};
use crate::policy::{Entitlement, Formal, Published, Revision};
use crate::timeline::tests::{day, enrolled, hired, known, paid};

#[test]
fn a_second_look_is_taken_only_where_something_was_learnt_after_the_day() {
    let life = known(&[("2025-01-10", enrolled("2025-01-10")), ("2025-03-10", paid("2025-03-01", 100))]);
    let learnt = |life: &Timeline, asked, known_at| learnt_after(life, &law(plain()), day(asked), known_at);
    let at = |text| Moment::start_of(day(text));
    assert!(learnt(&life, "2025-03-09", Moment::MAX) && learnt(&life, "2025-03-09", at("2025-03-10")));
    assert!(!learnt(&life, "2025-03-10", Moment::MAX) && !learnt(&life, "2025-03-01", at("2025-03-09")));
    assert!(!learnt(&life, "2025-03-10", Moment::end_of(day("2025-03-10"))));
    let dependant = Timeline::default().with_heads(vec![(MemberId(1), life)]);
    assert!(learnt(&dependant, "2025-03-09", Moment::MAX) && !learnt(&dependant, "2025-03-10", Moment::MAX));
    // What is known with the last instant of a day is known on that day.
    let last = Moment::end_of(day("2025-03-10"));
    let at_last = Timeline::new(vec![Recorded { id: FactId(1), known: last, fact: paid("2025-03-01", 100) }]);
    assert!(learnt(&at_last, "2025-03-09", last) && !learnt(&at_last, "2025-03-10", Moment::MAX));
    let published = |known_at| {
        let revision = Revision { effective: day("2025-06-01"), ..plain() };
        let first = Published { published: Moment::MIN, revision: plain() };
        let law = Law::new("x", vec![first, Published { published: at("2025-03-10"), revision }]).unwrap();
        learnt_after(&Timeline::default(), &law, day("2025-03-09"), known_at)
    };
    assert!(published(Moment::MAX) && !published(at("2025-03-09")));
}

#[test]
fn an_answer_with_a_kept_cover_holds_until_another_is_kept() {
    let at_once = Formal { entitlement: vec![Entitlement::Immediate], run_off_months: 0 };
    let formal = || Revision { formal_private: at_once.clone(), ..plain() };
    // Hired from 5 January, of which nothing is true, as becomes known on 20 May.
    let never = Fact::EmploymentRetracted { employment: EmploymentId(1) };
    let life = known(&[("2025-01-05", hired(1, "2025-01-05", None)), ("2025-05-20", never)]);
    let holds = |law: &Law, asked: &str, known_at| {
        let answer = decide(&life, law, day(asked), known_at);
        (answer.covers.iter().filter(|cover| cover.kept).count(), answer.holds_until.map(|until| until.to_string()))
    };
    let until = |text: &str| Some(text.to_owned());
    let plain_law = law(formal());
    assert_eq!(holds(&plain_law, "2025-01-04", Moment::MAX), (0, until("2025-01-04")));
    assert_eq!(holds(&plain_law, "2025-01-05", Moment::MAX), (1, until("2025-05-19")));
    assert_eq!(holds(&plain_law, "2025-05-19", Moment::MAX), (1, until("2025-05-19")));
    assert_eq!(holds(&plain_law, "2025-05-20", Moment::MAX), (0, None));
    // As it was known before, nothing is kept and nothing ends.
    assert_eq!(holds(&plain_law, "2025-03-01", Moment::end_of(day("2025-05-19"))), (0, None));
    // A law that takes back from the valid day keeps nothing from its first day on.
    let harsh = Revision { effective: day("2025-04-01"), retroactive_loss: RetroactiveLoss::FromValid, ..formal() };
    let then_harsh = laws(vec![formal(), harsh]);
    assert_eq!(holds(&then_harsh, "2025-03-01", Moment::MAX), (1, until("2025-03-31")));
    assert_eq!(holds(&then_harsh, "2025-04-01", Moment::MAX), (0, None));
}

#[test]
fn nothing_is_kept_after_a_death_whenever_it_is_learnt() {
    let life = known(&[("2025-01-10", enrolled("2025-01-10")), ("2025-05-20", Fact::Died { on: day("2025-03-10") })]);
    let answer = decide(&life, &law(plain()), day("2025-03-20"), Moment::MAX);
    assert_eq!((answer.covers, answer.holds_until), (Vec::new(), None));
}
