//! The format tried by hand: what it reads, what it refuses, and how a difference is told.

use super::*;

/// These cases name no shipped law.
fn no_shelf(name: &str, _reading: Option<&str>) -> Result<krama_law::policy::Law, String> {
    Err(format!("no law `{name}` is shipped here"))
}

/// The differences of one case with these facts, others and expectations, under Cambodia's law and some replaced fields.
fn differences(policy: &str, facts: &str, expect: &str) -> Result<Vec<String>, String> {
    let text =
        format!("- name: one\n  policy: {{base: kh-current{policy}}}\n  facts: [{facts}]\n  expect: [{expect}]\n");
    run(&text, &no_shelf).map(|verdicts| verdicts[0].differences.clone())
}

#[track_caller]
fn refused(policy: &str, facts: &str, expect: &str, says: &str) {
    let error = differences(policy, facts, expect).expect_err("the case must not pass");
    assert!(error.contains(says), "{error}");
}

const YEAR: &str = "{enrolled: 2025-02-03}, {monthly: {from: 2025-02, to: 2026-01, day: 10, amount: 15600}}";

#[test]
fn every_key_of_an_answer_that_differs_is_told_in_one_line() {
    let expect = "{on: 2026-09-16, standing: CURRENT, since: null, overdue: 1, last_safe_day: 2026-09-15, \
                  cover_from: {VOLUNTARY: 2025-05-01}, kept: [FORMAL], on_months: 1, surcharge: 1, reversed: 1, refunded: 1, \
                  co_payment: {months: 2, until: 2026-10-01}, holds_until: 2026-10-01, least: 15600, \
                  doors: [{door: BACK_PAYMENT, price: 1}], quote: 5}";
    let told = differences("", YEAR, expect).expect("it is well formed");
    for line in [
        "on 2026-09-16: standing should be CURRENT, is ABANDONED",
        "on 2026-09-16: since should be null, is 2026-09-16",
        "on 2026-09-16: overdue should be 1, is 0",
        "on 2026-09-16: last_safe_day should be 2026-09-15, is null",
        "on 2026-09-16: cover_from of VOLUNTARY should be 2025-05-01, is no cover",
        "on 2026-09-16: kept should be FORMAL, is ",
        "on 2026-09-16: on_months should be 1, is 187200",
        "on 2026-09-16: co_payment should be a duty, is null",
        "on 2026-09-16: holds_until should be 2026-10-01, is null",
        "on 2026-09-16: least should be 15600, is null",
        "on 2026-09-16: quote should be 5, is null",
    ] {
        assert!(told.iter().any(|told| told == line), "{line}\nis not in\n{}", told.join("\n"));
    }
}

#[test]
fn steps_are_a_part_in_order() {
    let steps = |list: &str| differences("", YEAR, &format!("{{on: 2026-09-16, steps: [{list}]}}"));
    let (overdue, lapsed) = ("{day: 2026-03-16, clause: month_overdue}", "{day: 2026-09-16, clause: lapsed}");
    assert_eq!(steps(&format!("{overdue}, {lapsed}")), Ok(Vec::new()));
    let told = steps(&format!("{lapsed}, {overdue}")).expect("it is well formed");
    assert_eq!(told.len(), 1);
    assert!(
        told[0].starts_with("on 2026-09-16: steps should go on to 2026-03-16 month_overdue, and hold "),
        "{told:?}"
    );
}

#[test]
fn a_later_revision_is_the_one_before_with_single_fields_replaced() {
    let policy = ", amount: 100, effective: first_missed, notice_days: 30, \
                  then: [{effective: 2026-07-01, published: 2026-06-01, bar: 12, transition: {gaps: forget, bars: lifted}}, \
                  {effective: 2027-01-01, notice_days: null, lapse_effective: breach, dependants: null}]";
    let text = format!("- {{name: one, policy: {{base: kh-current{policy}}}, facts: [], expect: []}}");
    let law = read(&text).expect("it reads")[0].policy.law(&no_shelf).expect("it makes a law");
    let [first, second, third] = law.revisions() else { panic!("there are three revisions") };
    let (first, second, third) = (&first.revision, &second.revision, &third.revision);
    assert_eq!([first.contribution, second.contribution, third.contribution], [100; 3]);
    assert_eq!([first.notice_days, second.notice_days, third.notice_days], [Some(30), Some(30), None]);
    assert!(second.transition.bars_lifted && !second.transition.gaps_count);
    assert!(!third.transition.bars_lifted && third.transition.gaps_count);
    assert_eq!(first.lapse_effective, second.lapse_effective);
    assert_ne!(second.lapse_effective, third.lapse_effective);
    assert!(second.dependants.is_some() && third.dependants.is_none());
    assert_eq!(law.revisions()[1].published, krama_law::calendar::Moment::start_of(second.effective.plus(-30)));
}

#[test]
fn what_makes_no_sense_is_named() {
    refused(", published: 2026-01-01", "", "", "`published` is for those in `then`");
    refused(", then: [{bar: 12}]", "", "", "then, revision 1: `effective`");
    refused(", then: [{base: kh-current, effective: 2026-07-01}]", "", "", "belong to the first revision");
    refused(", effective: 2026-07-01", "", "", "neither `breach` nor `first_missed`");
    refused("", "{refunded: P, amount: 1, on: 2026-01-01}", "", "no payment has the id `P`");
    refused("", "{enrolled: 2026-01-01, id: E}, {reversed: E, on: 2026-01-02}", "", "no payment has the id `E`");
    refused("", "{enrolled: 2026-01-01, id: E}, {died: 2026-01-01, id: E}", "", "`E` is given twice");
    refused("", "{monthly: {from: 2026-01, to: 2026-02, day: 1, amount: 1}, id: M}", "", "cannot share one `id`");
    refused("", "{retracted_fact: E, known: 2026-01-02}", "", "no fact has the id `E`");
    refused("", "{enrolled: 2026-01-01, id: E}, {retracted_fact: E}", "", "`known` is missing");
    refused("", "{household: head, relation: child, from: 2026-01-01}", "", "no member is labelled `head`");
    refused("", "{employer_month: paid, on: 2026-01-01}", "", "`for` is missing");
    refused("", "{employer_month: told, for: 2026-01, on: 2026-01-01}", "", "told");
    refused("", "", "{on: 2026-01-01, if: {}}", "exactly one of");
    refused("", "", "{on: 2026-01-01, if: {hired: 2026-01-01}, stay_started_on: 2026-01-01}", "cannot go together");
    refused("", "", "{on: 2026-01-01, if: {hired: 2026-01-01}, doors: []}", "told neither");
    refused("", "", "{on: 2026-01-01, doors: [{door: BACK_PAYMENT, prise: 1}]}", "prise");
}

#[test]
fn other_members_have_facts_of_their_own() {
    let text = "
- name: a child of somebody employed
  policy: {base: kh-current}
  facts:
    - {born: 2015-05-05}
    - {household: mother, relation: child, from: 2020-01-01}
  others:
    mother:
      - {job: A, from: 2020-01-01, sector: public}
  expect:
    - {on: 2019-12-31, standing: NOT_ENROLLED, cover: []}
";
    assert_eq!(run(text, &no_shelf).expect("it is well formed")[0].differences, Vec::<String>::new());
    let without = text.replace("mother:\n", "father:\n");
    assert!(run(&without, &no_shelf).expect_err("the mother is missing").contains("no member is labelled `mother`"));
}

#[test]
fn a_generated_file_of_thousands_of_cases_is_read() {
    let case = "- {name: one, policy: {base: kh-current}, facts: [{enrolled: 2025-02-03}], expect: [{on: 2025-02-03, run: 0}]}\n";
    assert_eq!(read(&case.repeat(12_000)).map(|cases| cases.len()), Ok(12_000));
}
