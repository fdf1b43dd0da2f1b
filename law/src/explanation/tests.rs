//! By which fields of the law, and by the law of which day, a step is decided.

use super::*;
use crate::calendar::Moment;
use crate::decision::explain;
use crate::fact::{AssistanceLevel, EmploymentId, Fact, FactId, MemberId, Relation, Sector};
use crate::policy::tests::{law, laws, plain};
use crate::policy::{Amnesty, BackPayment, DependantRule, Entitlement, Formal, Revision};
use crate::telling::tests::{by_the_month, terms};
use crate::timeline::Timeline;
use crate::timeline::tests::{day, enrolled, hired, known, paid};

#[test]
fn a_clause_names_the_fields_that_decide_it_and_none_where_it_only_follows_from_the_facts() {
    let lapsed = Clause::Lapsed { run: 7, oldest: None, dated: Day(20_000) };
    assert_eq!(lapsed.fields(), ["voluntary.lapse.conditions", "voluntary.lapse.effective"]);
    assert!(Clause::Died.fields().is_empty());
}

/// The steps of a clause, each with the chief field that decides it and the day of the law that does.
fn decided(timeline: &Timeline, revision: Revision, until: &str, clause: &str) -> Vec<String> {
    let steps = explain(timeline, &law(revision), day(until), Moment::MAX).steps;
    let told = steps.iter().filter(|step| format!("{:?}", step.clause).starts_with(clause));
    told.map(|step| format!("{} {} {}", step.day, step.fields.first().unwrap_or(&"-"), step.decided_on)).collect()
}

#[test]
fn a_cover_names_the_sector_and_the_limit_that_decide_it() {
    let at_once = || Formal { entitlement: vec![Entitlement::Immediate], run_off_months: 1 };
    let by_state = || Revision {
        formal_public: at_once(),
        formal_private: Formal { entitlement: vec![Entitlement::Consecutive(9)], run_off_months: 1 },
        ..plain()
    };
    let job = |number, sector, from: &str, until: &str| {
        let (employment, until) = (EmploymentId(number), Some(day(until)));
        (from.to_owned(), Fact::Hired { employment, sector, from: day(from), until })
    };
    let of =
        |jobs: &[(String, Fact)]| known(&jobs.iter().map(|(on, fact)| (on.as_str(), fact.clone())).collect::<Vec<_>>());
    // The private employment covers nobody yet; the one of the State does, and what runs on after it is its own.
    let both =
        of(&[job(1, Sector::Private, "2025-01-05", "2025-03-31"), job(2, Sector::Public, "2025-02-10", "2025-02-20")]);
    assert_eq!(
        decided(&both, by_state(), "2025-06-30", "Cover"),
        ["2025-02-10 formal.public.entitlement 2025-02-10", "2025-02-21 formal.private.entitlement 2025-02-21",]
    );
    let state = of(&[job(1, Sector::Public, "2025-02-10", "2025-02-20")]);
    assert_eq!(
        decided(&state, by_state(), "2025-06-30", "Cover"),
        [
            "2025-02-10 formal.public.entitlement 2025-02-10",
            "2025-02-21 - 2025-02-21",
            "2025-02-21 formal.public.run_off_months 2025-02-21",
            "2025-04-01 formal.public.run_off_months 2025-04-01",
        ]
    );
    let private = of(&[job(1, Sector::Private, "2025-02-10", "2025-02-20")]);
    let by_employer = Revision { formal_private: at_once(), ..plain() };
    assert_eq!(
        decided(&private, by_employer, "2025-03-15", "CoverBegan"),
        ["2025-02-10 formal.private.entitlement 2025-02-10", "2025-02-21 formal.private.run_off_months 2025-02-21",]
    );
}

#[test]
fn the_end_of_voluntary_cover_names_what_ended_it() {
    let life = |more: &[(&'static str, Fact)]| {
        let first = [("2025-01-10", enrolled("2025-01-10")), ("2025-01-10", paid("2025-01-10", 200))];
        known(&[&first, more].concat())
    };
    let ended = |more: &[(&'static str, Fact)], revision| decided(&life(more), revision, "2025-12-31", "CoverEnded");
    // February is the last month paid; April asks for March.
    assert_eq!(ended(&[], by_the_month()), ["2025-04-16 voluntary.entitlement 2025-04-16"]);
    let always = || Revision { entitlement: vec![Entitlement::Immediate], ..by_the_month() };
    assert_eq!(ended(&[], always()), ["2025-06-16 voluntary.lapse.conditions 2025-06-16"]);
    let limited = Revision { suspend_after: Some(0), ..always() };
    assert_eq!(ended(&[], limited), ["2025-04-16 voluntary.suspend_after 2025-04-16"]);
    // With one month overdue, as many as the limit lets be, it is the entitlement that fails.
    let both = Revision { suspend_after: Some(1), ..by_the_month() };
    assert_eq!(ended(&[], both), ["2025-04-16 voluntary.entitlement 2025-04-16"]);
    let one = Revision { suspend_after: Some(1), ..always() };
    assert_eq!(ended(&[], one), ["2025-05-16 voluntary.suspend_after 2025-05-16"]);
    let with_return = Revision { suspend_after: Some(0), suspension_return: Some(terms()), ..always() };
    assert_eq!(ended(&[], with_return), ["2025-04-16 voluntary.suspend_after 2025-04-16"]);
    let three = Revision { longest_months: Some(3), ..always() };
    assert_eq!(ended(&[], three), ["2025-04-01 voluntary.longest_months 2025-04-01"]);
    assert_eq!(ended(&[("2025-02-05", hired(1, "2025-02-05", None))], always())[0], "2025-02-05 - 2025-02-05");
    assert_eq!(ended(&[("2025-02-05", Fact::Died { on: day("2025-02-05") })], always()), ["2025-02-06 - 2025-02-06"]);
}

#[test]
fn a_way_back_names_its_own_terms_and_a_month_the_law_of_its_first_day() {
    let life = known(&[("2025-01-10", enrolled("2025-01-10")), ("2025-04-20", paid("2025-04-20", 900))]);
    let back = |revision: &Revision| {
        let of = |clause| decided(&life, revision.clone(), "2025-04-30", clause);
        [of("PaymentSavedUp"), of("ReturnedByBackPayment")].concat()
    };
    let twice = |field: &str| vec![format!("2025-04-20 {field} 2025-04-20"); 2];
    let open = Revision { back_payment: Some(terms()), ..by_the_month() };
    assert_eq!(back(&open), twice("voluntary.return.back_payment"));
    let suspended =
        Revision { lapse: Vec::new(), suspend_after: Some(0), suspension_return: Some(terms()), ..open.clone() };
    assert_eq!(back(&suspended), twice("voluntary.suspension_return"));
    let amnesty =
        |back_payment| Amnesty { from: day("2025-04-01"), until: day("2025-04-30"), back_payment, re_enrolment: true };
    let for_april = Revision { amnesties: vec![amnesty(Some(terms()))], back_payment: None, ..open.clone() };
    assert_eq!(back(&for_april), twice("voluntary.return.amnesties"));
    let of_enrolment = Revision { amnesties: vec![amnesty(None)], ..open.clone() };
    assert_eq!(back(&of_enrolment), twice("voluntary.return.back_payment"));
    assert_eq!(decided(&life, open, "2025-02-28", "MonthOverdue"), ["2025-02-16 voluntary.due_day 2025-01-01"]);
}

#[test]
fn the_end_of_a_dependant_s_cover_names_the_limit_of_age_or_the_head() {
    let household = |relation, until: Option<&str>| Fact::Household {
        head: MemberId(1),
        relation,
        disabled: false,
        registered: true,
        from: day("2025-01-10"),
        until: until.map(day),
    };
    let rule = DependantRule {
        head_schemes: vec![Scheme::Voluntary],
        child_under: 18,
        disabled: false,
        spouse_under: Some(60),
        registered_marriage: true,
    };
    let head = || known(&[("2025-01-10", enrolled("2025-01-10")), ("2025-01-10", paid("2025-01-10", 200))]);
    let ended = |born: &str, fact| {
        let life = known(&[("2025-01-02", Fact::Born { on: day(born) }), ("2025-01-10", fact)]);
        let life = life.with_heads(vec![(MemberId(1), head())]);
        let always = vec![Entitlement::Immediate];
        let revision = Revision { dependants: Some(rule.clone()), entitlement: always, ..by_the_month() };
        decided(&life, revision, "2025-12-31", "CoverEnded")
    };
    assert_eq!(ended("2007-03-05", household(Relation::Child, None)), ["2025-03-05 dependants.child_under 2025-03-05"]);
    assert_eq!(
        ended("1965-03-05", household(Relation::Spouse, None)),
        ["2025-03-05 dependants.spouse_under 2025-03-05"]
    );
    // Somebody of twenty in the household of a parent too, who is covered through the spouse.
    let grown = household(Relation::Child, None);
    let spouse = household(Relation::Spouse, None);
    let both =
        known(&[("2025-01-02", Fact::Born { on: day("2005-01-02") }), ("2025-01-10", grown), ("2025-01-10", spouse)]);
    let revision =
        Revision { dependants: Some(rule.clone()), entitlement: vec![Entitlement::Immediate], ..by_the_month() };
    let told = decided(&both.with_heads(vec![(MemberId(1), head())]), revision, "2025-12-31", "CoverEnded");
    assert_eq!(told, ["2025-06-16 dependants.head_schemes 2025-06-16"]);
    // The head lapses.
    assert_eq!(
        ended("2015-03-05", household(Relation::Child, None)),
        ["2025-06-16 dependants.head_schemes 2025-06-16"]
    );
    assert_eq!(ended("2015-03-05", household(Relation::Child, Some("2025-02-28"))), ["2025-03-01 - 2025-03-01"]);
}

#[test]
fn cover_that_ends_by_a_fact_names_no_field() {
    let certificate =
        Fact::Certificate { level: AssistanceLevel::Poor1, from: day("2025-01-05"), until: Some(day("2025-02-28")) };
    let ended = |more: &[(&'static str, Fact)], revision| {
        let life = known(&[&[("2025-01-05", certificate.clone())], more].concat());
        decided(&life, revision, "2025-12-31", "CoverEnded")
    };
    let listed = |levels: &[AssistanceLevel]| Revision { assistance_levels: levels.to_vec(), ..plain() };
    let poor = listed(&[AssistanceLevel::Poor1]);
    assert_eq!(ended(&[], poor.clone()), ["2025-03-01 - 2025-03-01"]);
    assert_eq!(
        ended(&[("2025-02-05", Fact::Died { on: day("2025-02-05") })], poor.clone()),
        ["2025-02-06 - 2025-02-06"]
    );
    // The law ceases to list the level.
    let until_february = laws([poor, Revision { effective: day("2025-02-01"), ..listed(&[]) }]);
    let steps =
        explain(&known(&[("2025-01-05", certificate.clone())]), &until_february, day("2025-02-10"), Moment::MAX).steps;
    assert_eq!(steps.last().unwrap().fields, ["assistance.levels"]);
}

#[test]
fn cover_that_runs_off_names_the_sector_by_which_it_lasts_longest() {
    let formal = |run_off_months| Formal { entitlement: vec![Entitlement::Immediate], run_off_months };
    let until = |private, public, worked: &str, again: Option<&str>| {
        let job = |number, sector, until: &str| Fact::Hired {
            employment: EmploymentId(number),
            sector,
            from: day("2025-01-10"),
            until: Some(day(until)),
        };
        let mut facts =
            vec![("2025-01-10", job(1, Sector::Private, worked)), ("2025-01-10", job(2, Sector::Public, "2025-02-20"))];
        facts.extend(again.map(|on| ("2025-03-10", hired(3, on, Some("2025-12-31")))));
        let revision = Revision { formal_private: formal(private), formal_public: formal(public), ..plain() };
        decided(&known(&facts), revision, "2025-12-31", "Cover").split_off(2)
    };
    let covers = |private, public, again| until(private, public, "2025-02-20", again);
    let of = |field: &str| [format!("2025-02-21 {field} 2025-02-21"), format!("2025-04-01 {field} 2025-04-01")];
    assert_eq!(covers(0, 1, None), of("formal.public.run_off_months"));
    assert_eq!(covers(1, 0, None), of("formal.private.run_off_months"));
    assert_eq!(covers(1, 1, None), of("formal.private.run_off_months"));
    // Nothing runs off after the private employment, which ended later.
    let later = of("formal.public.run_off_months").map(|told| told.replace("2025-02-21", "2025-03-21"));
    assert_eq!(until(0, 1, "2025-03-20", None), later);
    // A hire ends it.
    assert_eq!(covers(0, 1, Some("2025-03-10"))[2], "2025-03-10 - 2025-03-10");
}

#[test]
fn a_month_that_was_put_off_falls_due_by_what_was_learnt_late() {
    let gone = Fact::Reversed { payment: FactId(2), on: day("2025-01-20") };
    let life =
        known(&[("2025-01-10", enrolled("2025-01-10")), ("2025-01-10", paid("2025-01-10", 100)), ("2025-02-20", gone)]);
    assert_eq!(
        decided(&life, plain(), "2025-04-20", "MonthOverdue"),
        [
            "2025-03-16 voluntary.due_day 2025-02-01",
            "2025-04-16 late_knowledge.learnt_late_days 2025-04-16",
            "2025-04-16 voluntary.due_day 2025-03-01",
        ]
    );
}

#[test]
fn who_lapses_and_comes_back_on_one_day_loses_cover_by_the_wait() {
    let life = known(&[
        ("2025-01-10", enrolled("2025-01-10")),
        ("2025-01-10", paid("2025-01-10", 100)),
        ("2025-05-16", paid("2025-05-16", 360)),
    ]);
    let waiting = BackPayment { waiting_months: 2, ..terms() };
    let revision =
        Revision { entitlement: vec![Entitlement::Immediate], back_payment: Some(waiting), ..by_the_month() };
    let told = decided(&life, revision, "2025-05-16", "CoverEnded");
    assert_eq!(told, ["2025-05-16 voluntary.return.back_payment 2025-05-16"]);
}

#[test]
fn a_law_that_takes_dependants_cover_away_names_what_it_asks_since() {
    let rule = |disabled, registered_marriage| DependantRule {
        head_schemes: vec![Scheme::Voluntary],
        child_under: 18,
        disabled,
        spouse_under: Some(60),
        registered_marriage,
    };
    let head = || known(&[("2025-01-10", enrolled("2025-01-10")), ("2025-01-10", paid("2025-01-10", 200))]);
    let ended = |relation, disabled, then: Option<DependantRule>| {
        let (from, registered) = (day("2025-01-10"), false);
        let household = Fact::Household { head: MemberId(1), relation, disabled, registered, from, until: None };
        let life = known(&[("2025-01-02", Fact::Born { on: day("1995-01-02") }), ("2025-01-10", household)]);
        let by = |dependants| Revision { dependants, entitlement: vec![Entitlement::Immediate], ..by_the_month() };
        let law = laws([by(Some(rule(true, false))), Revision { effective: day("2025-03-05"), ..by(then) }]);
        let steps = explain(&life.with_heads(vec![(MemberId(1), head())]), &law, day("2025-03-05"), Moment::MAX).steps;
        let last = steps.last().unwrap();
        assert_eq!((last.day, &last.clause), (day("2025-03-05"), &Clause::CoverEnded { scheme: Scheme::Dependant }));
        last.fields[0]
    };
    assert_eq!(ended(Relation::Spouse, false, Some(rule(true, true))), "dependants.registered_marriage");
    assert_eq!(ended(Relation::Child, true, Some(rule(false, false))), "dependants.disabled");
    assert_eq!(ended(Relation::Child, true, None), "dependants");
}
