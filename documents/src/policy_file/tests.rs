//! The reader tried on the shipped document with one fault, or one more rule, at a time.

use super::*;

const SHIPPED: &str = include_str!("../../../policies/kh/2023-08-28.toml");

fn read(from: &str, to: &str) -> Result<Revision, String> {
    assert!(SHIPPED.contains(from), "`{from}` is no longer in the document");
    let text = SHIPPED.replacen(from, to, 1);
    let document = toml::from_str::<Document>(&text).map_err(|error| error.to_string())?;
    document.revision()
}

#[track_caller]
fn refused(from: &str, to: &str, says: &str) {
    let problem = read(from, to).expect_err("the document is broken");
    assert!(problem.contains(says), "{problem}");
}

#[test]
fn faults_are_named_with_what_would_be_right() {
    refused("due_day = 15", "due_day = 32", "between 1 and 31");
    refused("due_day = 15", "due_dya = 15", "due_dya");
    refused("{ window = [6, 12] }", "{ window = [13, 12] }", "1 <= n <= w");
    refused("field = \"voluntary.due_day\"", "field = \"voluntary.due_dya\"", "voluntary.due_day");
    refused("effective = \"2023-08-28\"", "effective = \"2023-02-30\"", "2023-02-30");
    refused("bar = \"life\"", "bar = \"forever\"", "bar");
}

#[test]
fn a_fault_in_a_table_that_could_be_none_is_named_too() {
    refused("back_payment = \"none\"", "back_payment = \"nothing\"", "a table, or \"none\"");
    refused("back_payment = \"none\"", "back_payment = { penalty = \"0.01\", cap = 3 }", "cap_months");
    refused("back_payment = \"none\"", "back_payment = { penalty = \"1 %\" }", "back_payment.penalty");
    refused(
        "co_payment = \"none\"",
        "co_payment = { days = 45, rate = \"0.05\", max_months = 0 }",
        "between 1 and 120",
    );
    let shut = "amnesties = [{ from = \"2027-01-01\", until = \"2027-12-31\", back_payment = \"none\", re_enrolment = false }]";
    refused("amnesties = []", shut, "opens no door");
    let back =
        "amnesties = [{ from = \"2027-01-01\", until = \"2026-12-31\", back_payment = \"none\", re_enrolment = true }]";
    refused("amnesties = []", back, "cannot end on 2026-12-31");
    refused("suspension_return = \"none\"", "suspension_return = { penalty = \"0\" }", "needs a number");
    refused("social_assistance = \"none\"", "social_assistance = \"grant\"", "referral");
    refused("field = \"dependants.disabled\"", "field = \"dependants\"", "`dependants.disabled` has no [[source]]");
}

#[test]
fn rules_that_cambodia_has_not_are_read_as_written() {
    let amnesty = "amnesties = [{ from = \"2027-01-01\", until = \"2027-12-31\", back_payment = { penalty = \"0\" }, re_enrolment = true }]";
    let revision = read("amnesties = []", amnesty).expect("an amnesty can be written");
    assert_eq!(revision.amnesties[0].until.to_string(), "2027-12-31");
    assert!(revision.amnesties[0].re_enrolment && revision.amnesties[0].back_payment.is_some());
    let terms = "suspend_after = 0\nsuspension_return = { penalty = \"0\", cap_months = 24, plus_current = true }";
    let revision =
        read("suspend_after = \"never\"\nsuspension_return = \"none\"", terms).expect("terms can be written");
    assert_eq!(revision.suspension_return.map(|terms| (terms.cap_months, terms.plus_current)), Some((Some(24), true)));
    let rule = "co_payment = { days = 45, rate = \"0.05\", max_months = 12, ceiling_riel = 30000000 }";
    let revision = read("co_payment = \"none\"", rule).expect("a co-payment can be written");
    assert_eq!(revision.co_payment.and_then(|rule| rule.ceiling), Some(30_000_000));
    let revision = read("spouse_under = 60", "spouse_under = \"none\"").expect("a spouse of any age can be written");
    assert_eq!(revision.dependants.map(|rule| rule.spouse_under), Some(None));
}

#[test]
fn members_are_warned_on_the_days_that_the_law_names_and_by_a_law_without_them_not_at_all() {
    const WARNS: &str = "[voluntary.notices]\nfirst_missed = true\ndays_before = [60, 30]\n";
    let shipped = read("days_before = [60, 30]", "days_before = [30, 366, 60]").expect("in any order");
    assert_eq!((shipped.notices.first_missed, shipped.notices.days_before), (true, vec![366, 60, 30]));
    for (days, says) in [("[0]", "between 1 and 366"), ("[367]", "between 1 and 366"), ("[30, 60, 30]", "twice")] {
        refused("days_before = [60, 30]", &format!("days_before = {days}"), says);
    }
    refused("days_before = [60, 30]", "days = [60, 30]", "days");
    refused(WARNS, "", "which is no field of this law document");
    refused(
        "field = \"voluntary.notices.days_before\"",
        "field = \"voluntary.notices\"",
        "`voluntary.notices.days_before` has no [[source]]",
    );
}
