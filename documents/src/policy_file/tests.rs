//! The reader tried on the shipped document with one fault, or one more rule, at a time.

use std::path::Path;

use krama_law::policy::{Entry, EntryMonths, Instalments, LateCharge, Revision, Within};

use super::*;

const SHIPPED: &str = include_str!("../../../policies/kh/2023-08-28.toml");

fn read(from: &str, to: &str) -> Result<Revision, Vec<Fault>> {
    assert!(SHIPPED.contains(from), "`{from}` is no longer in the document");
    let text = SHIPPED.replacen(from, to, 1);
    Document::parse(&text)?.revision(None).map(|sheet| sheet.revision)
}

fn shipped() -> Revision {
    read("", "").expect("the shipped document is sound")
}

/// The line of the shipped document on which a text first stands.
fn line_of(text: &str) -> usize {
    SHIPPED.lines().position(|line| line.contains(text)).expect("the text is in the document") + 1
}

#[track_caller]
fn refused(from: &str, to: &str, says: &str) -> Vec<Fault> {
    let faults = read(from, to).expect_err("the document is broken");
    assert!(faults.iter().any(|fault| fault.problem.contains(says)), "{faults:?}");
    faults
}

#[track_caller]
fn refused_at(from: &str, to: &str, says: &str) {
    let faults = refused(from, to, says);
    let lines: Vec<Option<usize>> = faults.iter().map(|fault| fault.line).collect();
    assert!(lines.contains(&Some(line_of(from))), "{faults:?}");
}

#[test]
fn faults_are_named_with_their_line_and_what_would_be_right() {
    refused_at("due_day = 15", "due_day = 32", "`voluntary.due_day` is 32; it should lie between 1 and 31");
    refused_at(
        "due_day = 15",
        "due_dya = 15",
        "`voluntary.due_dya` is no field of a law; the nearest is `voluntary.due_day`",
    );
    refused_at("{ window = [6, 12] }", "{ window = [13, 12] }", "1 <= n <= w");
    refused_at("effective = \"2023-08-28\"", "effective = \"2023-02-30\"", "2023-02-30");
    refused_at("bar = \"life\"", "bar = \"forever\"", "it should be a number, or \"life\"");
    refused_at("on_holiday = \"same\"", "on_holiday = \"monday\"", "one of: same, next_working_day");
    refused_at("contribution_riel = 15600", "contribution_riel = 0", "between 1 and 1000000000");
    refused_at("confirmation = false", "confirmation = \"no\"", "confirmation");
    refused("due_day = 15\n", "due_day = \n", "this is no TOML");
}

#[test]
fn a_whole_document_says_everything() {
    let source = "[[source]]\nfield = \"transition.bars\"";
    let text = SHIPPED.replacen("bars = \"stand\"", "", 1);
    let text = text.split(source).next().expect("it is the last source").to_owned();
    let faults = Document::parse(&text).and_then(|document| document.revision(None)).expect_err("a field is missing");
    assert_eq!(faults, [Fault { line: None, problem: "`transition.bars` is missing".to_owned() }]);
}

#[test]
fn every_field_has_one_source_and_every_source_a_field() {
    let faults =
        refused("field = \"voluntary.due_day\"", "field = \"voluntary.due_dya\"", "the nearest is `voluntary.due_day`");
    assert!(faults.iter().any(|fault| fault.problem.contains("`voluntary.due_day` has no [[source]]")), "{faults:?}");
    refused("field = \"voluntary.due_month_offset\"", "field = \"voluntary.due_day\"", "two [[source]] entries");
    refused("assumption = \"No duty of notice was found.\"", "", "needs a `citation` or an `assumption`");
    refused("assumption = \"No duty of notice was found.\"", "asumption = \"None.\"", "not `asumption`");
    refused("field = \"dependants.disabled\"", "field = \"dependants\"", "not set in this document");
}

#[test]
fn a_fault_in_a_table_that_could_be_none_is_named_too() {
    refused_at("back_payment = \"none\"", "back_payment = \"nothing\"", "a table, or \"none\"");
    refused_at("back_payment = \"none\"", "back_payment = { penalty = \"0.01\", cap = 3 }", "cap_months");
    refused_at("back_payment = \"none\"", "back_payment = { penalty = \"1 %\" }", "penalty");
    refused_at("back_payment = \"none\"", "back_payment = { penalty = \"1.01\" }", "between 0 and 1");
    refused_at("back_payment = \"none\"", "back_payment = { penalty = \"0\", cap_months = 0 }", "cap_months is 0");
    refused(
        "co_payment = \"none\"",
        "co_payment = { days = 45, rate = \"0.05\", max_months = 0 }",
        "between 1 and 120",
    );
    refused("suspension_return = \"none\"", "suspension_return = { penalty = \"0\" }", "needs a number");
    refused("social_assistance = \"none\"", "social_assistance = \"grant\"", "referral");
}

#[test]
fn amnesties_are_in_order_and_apart() {
    let one = |from: &str, until: &str, open: bool| {
        format!("{{ from = \"{from}\", until = \"{until}\", back_payment = \"none\", re_enrolment = {open} }}")
    };
    let list = |amnesties: &[String]| format!("amnesties = [{}]", amnesties.join(", "));
    refused("amnesties = []", &list(&[one("2027-01-01", "2027-12-31", false)]), "opens no door");
    refused("amnesties = []", &list(&[one("2027-01-01", "2026-12-31", true)]), "cannot end on 2026-12-31");
    let overlapping = list(&[one("2027-06-01", "2027-12-31", true), one("2027-01-01", "2027-06-01", true)]);
    refused_at("amnesties = []", &overlapping, "overlapping amnesties: one until 2027-06-01");
    let apart = list(&[one("2027-06-02", "2027-12-31", true), one("2027-01-01", "2027-06-01", true)]);
    assert_eq!(read("amnesties = []", &apart).map(|revision| revision.amnesties.len()), Ok(2));
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

/// The shipped document with more fields of the voluntary section, and a source for each of them.
fn with_more(lines: &str, section: &str, fields: &[&str]) -> Result<Revision, Vec<Fault>> {
    let text = SHIPPED.replacen("\n[voluntary.lapse]", &format!("{lines}\n{section}\n[voluntary.lapse]"), 1);
    let fields: Vec<String> = fields.iter().map(|field| format!("{field:?}")).collect();
    let source = format!("[[source]]\nfields = [{}]\nassumption = \"Proposed.\"\n", fields.join(", "));
    let sheet = Document::parse(&(text + &source)).and_then(|document| document.revision(None))?;
    let again = Document::parse(&sheet.text()).and_then(|document| document.revision(None))?;
    assert_eq!(again.revision, sheet.revision, "{}", sheet.text());
    Ok(sheet.revision)
}

#[track_caller]
fn more_is_refused(lines: &str, section: &str, fields: &[&str], says: &str) {
    let faults = with_more(lines, section, fields).expect_err("the document is broken");
    assert!(faults.iter().any(|fault| fault.problem.contains(says)), "{faults:?}");
}

#[test]
fn an_entry_is_read_and_may_be_left_out() {
    const FIELDS: [&str; 2] = ["voluntary.entry.employed", "voluntary.entry.within"];
    assert_eq!(shipped().entry, None);
    let entry = |lines: &str| with_more("", &format!("[voluntary.entry]\n{lines}"), &FIELDS);
    let read = entry("employed = { window = [12, 18] }\nwithin = { months = 2 }").expect("it is sound").entry;
    let employed = EntryMonths::Window { worked: 12, of: 18 };
    assert_eq!(read, Some(Entry { employed, within: Some(Within::Months(2)) }));
    let read = entry("employed = { consecutive = 2 }\nwithin = { days = 20 }").expect("it is sound").entry;
    assert_eq!(read.and_then(|entry| entry.within), Some(Within::Days(20)));
    let read = entry("employed = { consecutive = 2 }\nwithin = \"any_time\"").expect("it is sound").entry;
    assert_eq!(read.map(|entry| entry.within), Some(None));
    let is_refused = |lines: &str, says: &str| {
        more_is_refused("", &format!("[voluntary.entry]\n{lines}"), &FIELDS, says);
    };
    is_refused("employed = { consecutive = 0 }\nwithin = \"any_time\"", "consecutive is 0");
    is_refused("employed = { window = [3, 2] }\nwithin = \"any_time\"", "1 <= n <= w");
    is_refused("employed = { consecutive = 2 }\nwithin = \"never\"", "{ days = 20 }, { months = 6 }, or \"any_time\"");
    is_refused("employed = { consecutive = 2 }\nwithin = { months = 121 }", "months is 121");
    let employed = "[voluntary.entry]\nemployed = { consecutive = 2 }";
    more_is_refused("", employed, &FIELDS[..1], "`voluntary.entry.within` is missing");
    let none = with_more("entry = \"none\"", "", &["voluntary.entry"]).expect("none can be said");
    assert!(none.entry.is_none() && none.source("voluntary.entry").is_some());
    more_is_refused("entry = \"open\"", "", &["voluntary.entry"], "should be \"none\", or a section");
}

#[test]
fn a_longest_time_is_read_and_may_be_left_out() {
    const FIELD: [&str; 1] = ["voluntary.longest_months"];
    assert_eq!(shipped().longest_months, None);
    let read = with_more("longest_months = 24", "", &FIELD).expect("it is sound");
    assert_eq!(read.longest_months, Some(24));
    let told = difference(&shipped(), &read);
    assert_eq!((told[0].before.as_str(), told[0].after.as_str()), ("", "24 months"));
    let none = with_more("longest_months = \"none\"", "", &FIELD).expect("none can be said");
    assert!(none.longest_months.is_none() && none.source(FIELD[0]).is_some());
    more_is_refused("longest_months = 0", "", &FIELD, "between 1 and 600");
}

#[test]
fn what_runs_on_after_a_lapse_is_read_and_may_be_left_out() {
    const SOURCE: &str = "field = \"voluntary.lapse.formal_spell\"";
    const BOTH: &str = "fields = [\"voluntary.lapse.run_off_months\", \"voluntary.lapse.formal_spell\"]";
    assert!(SHIPPED.contains(SOURCE));
    let read = |months: &str| {
        let text = SHIPPED.replacen("[voluntary.lapse]", &format!("[voluntary.lapse]\nrun_off_months = {months}"), 1);
        let sheet = Document::parse(&text.replacen(SOURCE, BOTH, 1))?.revision(None)?;
        let again = Document::parse(&sheet.text()).and_then(|document| document.revision(None))?;
        assert_eq!(again.revision, sheet.revision);
        Ok::<Revision, Vec<Fault>>(sheet.revision)
    };
    assert_eq!(shipped().lapse_run_off_months, 0);
    let months = ["6", "0"].map(|months| read(months).expect("it is sound").lapse_run_off_months);
    assert_eq!(months, [6, 0]);
    assert!(read("121").is_err_and(|faults| faults[0].problem.contains("between 0 and 120")));
}

#[test]
fn a_charge_for_paying_late_is_read_and_may_be_left_out() {
    const FIELD: [&str; 1] = ["voluntary.late_charge"];
    assert_eq!(shipped().late_charge, None);
    let read = with_more("late_charge = { penalty = \"0.02\" }", "", &FIELD).expect("it is sound");
    let charge = |compound| LateCharge { penalty: "0.02".parse().expect("it is a rate"), compound };
    assert_eq!(read.late_charge, Some(charge(false)));
    assert_eq!(difference(&shipped(), &read)[0].after, "2 % of it for each month started");
    let read = with_more("late_charge = { penalty = \"0.02\", compound = true }", "", &FIELD).expect("it is sound");
    assert_eq!(read.late_charge, Some(charge(true)));
    let none = with_more("late_charge = \"none\"", "", &FIELD).expect("none can be said");
    assert!(none.late_charge.is_none() && none.source(FIELD[0]).is_some());
    more_is_refused("late_charge = { penalty = \"2\" }", "", &FIELD, "between 0 and 1");
    more_is_refused("late_charge = { penalty = \"0\", flat_riel = 5 }", "", &FIELD, "flat_riel");
}

#[test]
fn rates_on_wages_are_read_and_may_be_left_out() {
    const LAST: &str = "branch = \"health_care\", employer = \"0.01\", worker = \"0\"";
    assert_eq!(shipped().wage_rates.len(), 5);
    let changed = |to: &str| read(LAST, to);
    let later = changed("branch = \"pension\", from = \"2030-01-01\", employer = \"0.015\", worker = \"0\"")
        .expect("it is sound");
    let told = &difference(&shipped(), &later)[0].after;
    assert!(
        told.ends_with("pension (public, from 2030-01-01): 1.5 % by the employer and 0 % by the worker of the wage, rounded to the nearest riel"),
        "{told}"
    );
    assert!(told.contains("of the middle of its rank among 20 from 200,000 riel to 1,200,000 riel"), "{told}");
    assert!(told.contains("of the wage, at least 400,000 riel and at most 1,200,000 riel"), "{told}");
    let refused = |to: &str, says: &str| {
        let faults = changed(to).expect_err("the rate is wrong");
        assert!(faults[0].problem.contains(says), "{faults:?}");
    };
    let health = |more: &str| format!("branch = \"health_care\", employer = \"0.01\", worker = \"0\"{more}");
    refused(&health("").replace("0.01", "1.01"), "employer = \"1.01\"; it should lie between 0 and 1");
    refused(
        &health("").replace("health_care", "unemployment"),
        "should be one of: occupational_risk, health_care, pension",
    );
    refused(&health(", from = \"2026-02-30\""), "holds no day");
    refused(&health(", floor_riel = -1"), "floor_riel is -1");
    refused(&health(", floor_riel = 5, ceiling_riel = 4"), "ceiling_riel is 4");
    refused(&health(", ranks_riel = [5, 6], ceiling_riel = 6"), "beside a floor or a ceiling");
    refused(&health(", ranks_riel = [5]"), "two bounds or more");
    refused(&health(", ranks_riel = [5, 5]"), "two bounds or more");
    refused(&health(", ranks_riel = [-1, 5]"), "ranks_riel is -1");
    refused(&health(", rate = \"0.01\""), "rate");
    let twice = health(
        ", rounding = \"up\" }, { sector = \"public\", branch = \"health_care\", employer = \"0\", worker = \"0\"",
    );
    refused(&twice, "two rates of health care in the public sector without a day");
}

#[test]
fn instalments_are_read_and_may_be_left_out() {
    let terms = |more: &str| read("back_payment = \"none\"", &format!("back_payment = {{ penalty = \"0\"{more} }}"));
    let instalments =
        |more| terms(more).expect("terms can be written").back_payment.and_then(|terms| terms.instalments);
    assert_eq!(instalments(""), None);
    assert_eq!(instalments(", max_payments = 12"), Some(Instalments { most: 12, from_months: 0 }));
    let both = terms(", max_payments = 12, instalments_from_months = 4").expect("terms can be written");
    assert_eq!(both.back_payment.and_then(|terms| terms.instalments), Some(Instalments { most: 12, from_months: 4 }));
    let said = &difference(&shipped(), &both)[0].after;
    assert!(said.ends_with("in at most 12 payments, for who owes 4 months or more, and else in one"), "{said}");
    let refused = |more, says: &str| {
        let faults = terms(more).expect_err("the terms are wrong");
        assert!(faults[0].problem.contains(says), "{faults:?}");
    };
    refused(", max_payments = 0", "max_payments is 0");
    refused(", max_payments = 2, instalments_from_months = 0", "instalments_from_months is 0");
    refused(", instalments_from_months = 4", "without max_payments");
}

const REFORM: &str = r#"
law = "kh"
effective = "2027-01-01"
title = "Paying back is accepted"
based_on = "kh"

[voluntary.return]
back_payment = { penalty = "0.015", cap_months = 24 }

[transition]
gaps = "count"
bars = "stand"

[[source]]
field = "voluntary.return.back_payment"
assumption = "Proposed."

[[source]]
field = "transition.gaps"
assumption = "Not said."

[[source]]
field = "transition.bars"
assumption = "Not said."
"#;

fn reformed(from: &str, to: &str) -> Result<Sheet, Vec<Fault>> {
    assert!(REFORM.contains(from));
    Document::parse(&REFORM.replacen(from, to, 1))?.revision(Some(&shipped()))
}

#[test]
fn a_document_based_on_another_says_only_what_differs() {
    let sheet = reformed("", "").expect("the reform is sound");
    let told = difference(&shipped(), &sheet.revision);
    assert_eq!(told.iter().map(|one| one.path).collect::<Vec<_>>(), ["voluntary.return.back_payment"]);
    assert_eq!(told[0].before, "there is no such way");
    assert_eq!(told[0].after, "at most the newest 24 months owed; a penalty of 1.5 % a month started");
    assert_eq!(told[0].source.as_ref().and_then(|source| source.assumption.as_deref()), Some("Proposed."));
    let says =
        |faults: Vec<Fault>, text: &str| assert!(faults.iter().any(|fault| fault.problem.contains(text)), "{faults:?}");
    let repeated = reformed("back_payment = {", "bar = \"life\"\nback_payment = {").expect_err("the bar has no source");
    says(repeated, "`voluntary.return.bar` has no [[source]]");
    let same = r#"back_payment = "none""#;
    says(
        reformed("back_payment = { penalty = \"0.015\", cap_months = 24 }", same).expect_err("it differs in nothing"),
        "leaves it out",
    );
    says(
        reformed("gaps = \"count\"\n", "").expect_err("it says for itself what becomes of gaps"),
        "not set in this document",
    );
}

#[test]
fn what_is_written_down_reads_back() {
    for sheet in [reformed("", ""), Document::parse(SHIPPED).and_then(|document| document.revision(None))] {
        let sheet = sheet.expect("the document is sound");
        let again = Document::parse(&sheet.text()).and_then(|document| document.revision(None));
        let again = again.unwrap_or_else(|faults| panic!("{faults:?}\n{}", sheet.text()));
        assert_eq!((again.revision, again.title), (sheet.revision, sheet.title));
    }
}

#[test]
fn every_shipped_law_reads_back_as_it_is_written() {
    let folders = law_folders(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies")).expect("the laws are there");
    for folder in folders {
        for sheet in read_law(&folder).expect("the law is sound").sheets {
            let again = Document::parse(&sheet.text()).and_then(|document| document.revision(None));
            let again = again.unwrap_or_else(|faults| panic!("{faults:?}\n{}", sheet.text()));
            assert_eq!(again.revision, sheet.revision, "{}", folder.display());
        }
    }
}

#[test]
fn a_reading_reads_assumptions_otherwise_and_nothing_else() {
    let reading = |lines: &str, field: &str| {
        let text =
            format!("reading = \"r\"\ntitle = \"t\"\n{lines}\n[[source]]\nfield = {field:?}\nassumption = \"a\"\n");
        Reading::parse(&text, &shipped())
    };
    let six = reading("[voluntary.lapse]\nconditions = [{ consecutive = 5 }]", "voluntary.lapse.conditions");
    let six = six.unwrap_or_else(|faults| panic!("{faults:?}"));
    let law = read_law(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies/kh")).expect("the law is sound").law;
    let read = six.of(&law).expect("the law can be read so");
    assert_eq!(read.revisions()[0].revision.lapse, [krama_law::policy::LapseCondition::Consecutive(5)]);
    let faults = reading("[voluntary.return]\nbar = 12", "voluntary.return.bar").expect_err("the bar is cited");
    assert!(faults[0].problem.contains("no assumption"), "{faults:?}");
    let faults = reading("[voluntary]\ndue_day = 15", "voluntary.due_day").expect_err("it says the same");
    assert!(faults[0].problem.contains("leaves it out"), "{faults:?}");
}

#[test]
fn every_field_has_a_place_and_a_name_of_its_own() {
    for (index, field) in FIELDS.iter().enumerate() {
        for other in &FIELDS[..index] {
            assert!(field.path != other.path && field.case_key != other.case_key, "{} {}", field.path, other.path);
        }
    }
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
    refused(WARNS, "", "which is not set in this document");
    refused(
        "field = \"voluntary.notices.days_before\"",
        "field = \"voluntary.notices\"",
        "`voluntary.notices.days_before` has no [[source]]",
    );
}
