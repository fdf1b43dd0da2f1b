//! What the examples must hold, read from the files themselves.

use std::collections::{BTreeMap, BTreeSet};

use time::Date;
use time::macros::date;

use super::calendar::later;
use super::payment::LAST_DAY;
use super::reckoning::{self, Books, day, rows};
use super::sheet::Files;
use super::{Summary, make};

const SEED: u64 = 280;

fn files() -> Files {
    make(SEED).unwrap().0
}

fn scene(files: &Files, key: &str) -> BTreeMap<String, String> {
    let mut story = rows(files, "story.csv").into_iter().filter(|row| row["key"] == key);
    story.next().unwrap_or_else(|| panic!("the story lacks {key}"))
}

/// All lines of the files below a folder, each with the name of its file.
fn lines(files: &Files, folder: &str) -> Vec<(String, BTreeMap<String, String>)> {
    let names = files.keys().filter(|name| name.starts_with(folder));
    names.flat_map(|name| rows(files, name).into_iter().map(|row| (name.clone(), row))).collect()
}

fn final_lapse(books: &Books, number: &str) -> Option<Date> {
    books.members[number].lapse(later(LAST_DAY, 40))
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    assert_eq!(make(SEED).unwrap(), make(SEED).unwrap());
}

#[test]
fn the_committed_examples_are_those_of_the_shipped_seed() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    for (name, bytes) in super::make(super::SHIPPED_SEED).unwrap().0 {
        let committed = std::fs::read(folder.join(&name)).unwrap_or_default();
        assert!(committed == bytes, "examples/{name} differs; write them again with `krama examples examples`");
    }
}

#[test]
fn another_seed_gives_other_bytes_of_the_same_story() {
    let (one, other) = (files(), make(SEED + 1).unwrap().0);
    for name in ["register.csv", "deliveries.csv", "banks/tonlesap-bank/2026-03-part2.csv"] {
        assert_ne!(one[name], other[name], "{name}");
    }
    let told = |files| -> Vec<_> {
        let story = rows(files, "story.csv").into_iter();
        story.map(|row| (row["key"].clone(), row["name_latin"].clone(), row["key_days"].clone())).collect()
    };
    assert_eq!(told(&one), told(&other));
}

#[test]
fn the_files_stay_small_and_as_many_as_summed_up() {
    let (files, summary) = make(SEED).unwrap();
    let Summary { members, strangers, bank_lines, bank_files, payroll_lines, payroll_files, scenes, .. } = summary;
    assert_eq!(members, rows(&files, "register.csv").len());
    assert_eq!((members, strangers), (500, 60));
    assert_eq!(bank_files, rows(&files, "deliveries.csv").len());
    assert_eq!(bank_lines, lines(&files, "banks/").len());
    assert_eq!(payroll_lines, lines(&files, "payroll/").len());
    assert_eq!(summary.returns, rows(&files, "returns.csv").len());
    assert_eq!(scenes, rows(&files, "story.csv").len());
    assert_eq!(files.len(), 5 + bank_files + payroll_files);
    assert!(files.values().map(Vec::len).sum::<usize>() < 2_500_000);
}

#[test]
fn leading_zeros_are_kept() {
    let files = files();
    let register = rows(&files, "register.csv");
    for row in &register {
        let number = &row["member_number"];
        assert!(number.len() == 13 && number.starts_with("000251-0"), "{number}");
        assert!(row["national_id"].is_empty() != row["certificate_number"].is_empty());
        assert!(row["national_id"].is_empty() || row["national_id"].len() == 9);
        assert_eq!(row["commune_code"].len(), 6);
    }
    assert!(register.iter().filter(|row| row["national_id"].starts_with("00")).count() > 50);
    assert!(register.iter().any(|row| row["commune_code"].starts_with('0')));
    assert!(rows(&files, "employers.csv").iter().all(|row| row["employer_number"].starts_with("000")));
}

#[test]
fn every_delivery_is_there_and_one_alone_comes_late() {
    let files = files();
    let mut late = Vec::new();
    for delivery in rows(&files, "deliveries.csv") {
        let held = rows(&files, &delivery["file"]);
        assert_eq!(delivery["lines"], held.len().to_string());
        let column = if delivery["institution"] == "apsara-wallet" { "Amount (KHR)" } else { "AMOUNT_KHR" };
        let total: i64 = held.iter().map(|row| row[column].replace(',', "").parse::<i64>().unwrap()).sum();
        assert_eq!(delivery["total_khr"], total.to_string());
        if day(&delivery["arrives_on"]) != later(day(&delivery["to_day"]), 1) {
            late.push((delivery["file"].clone(), delivery["arrives_on"].clone()));
        }
    }
    let expected = ("banks/tonlesap-bank/2026-09-part2.csv".to_owned(), "2026-09-22".to_owned());
    assert_eq!(late, [expected]);
}

#[test]
fn dozens_are_out_at_the_end_and_some_of_them_are_hired() {
    let books = reckoning::read(&files());
    let out: Vec<_> = books.members.keys().filter_map(|number| Some((number, final_lapse(&books, number)?))).collect();
    let hired = out.iter().filter(|(number, lapse)| books.members[*number].hired_from(*lapse)).count();
    let paid = out.iter().filter(|(number, lapse)| books.members[*number].paid_from(*lapse) > 0).count();
    println!("{} abandoned at some time, {hired} of them hired later, {paid} paid later", out.len());
    assert!((60..160).contains(&out.len()), "{}", out.len());
    assert!(hired >= 5 && paid >= 5, "{hired} hired, {paid} paid");
    // A wrong member number counts among the unknown; the others are the never seen.
    assert_eq!(books.strangers.len(), 60);
    assert!(books.unknown_payers.len() >= 5);
}

#[test]
fn only_the_people_of_the_story_seem_out_by_mistake() {
    let files = files();
    let books = reckoning::read(&files);
    let wrongly: BTreeMap<&str, (Date, Date)> = books
        .members
        .iter()
        .filter_map(|(number, member)| {
            let days = member.days_wrongly_out();
            Some((number.as_str(), (*days.first()?, *days.last()?)))
        })
        .collect();
    let (late, retroactive) = (scene(&files, "late-file"), scene(&files, "retroactive-hire"));
    let expected = BTreeMap::from([
        (late["member_number"].as_str(), (date!(2026 - 09 - 16), date!(2026 - 09 - 21))),
        (retroactive["member_number"].as_str(), (date!(2026 - 06 - 16), date!(2026 - 07 - 08))),
    ]);
    assert_eq!(wrongly, expected);
}

#[test]
fn the_days_of_the_story_are_the_days_of_the_reckoning() {
    let files = files();
    let books = reckoning::read(&files);
    let check = |key: &str, expected: Option<Date>| {
        assert_eq!(final_lapse(&books, &scene(&files, key)["member_number"]), expected, "{key}");
    };
    check("late-file", None);
    check("saved-on-the-last-day", None);
    check("one-day-too-late", Some(date!(2026 - 07 - 16)));
    check("prepaid-year", Some(date!(2026 - 09 - 16)));
    check("out-for-life-then-hired", Some(date!(2026 - 03 - 16)));
    check("bar-stands-again", Some(date!(2026 - 02 - 16)));
    check("retroactive-hire", None);
    for key in ["double", "paid-twice", "partial", "several-at-once", "bounced", "certificate-payer"] {
        check(key, None);
    }
    for key in ["late-separation", "duplicate-hire", "wrong-number", "unknown-number"] {
        check(key, None);
    }
}

#[test]
fn a_transaction_comes_twice_under_one_reference() {
    let files = files();
    let number = scene(&files, "double")["member_number"].clone();
    let mut held: Vec<_> = lines(&files, "banks/tonlesap-bank/2025-06");
    held.retain(|(_, row)| row["PAYER_ID"] == number && row["VALUE_DATE"] == "2025-06-12");
    let [(first, one), (second, other)] = held.as_slice() else { panic!("{held:?}") };
    assert_ne!(first, second);
    assert_eq!(one, other);
}

#[test]
fn the_faults_of_the_banks_are_there() {
    let files = files();
    let paid = |key: &str, column: &str| -> Vec<String> {
        let number = scene(&files, key)[column].clone();
        let of_payer = |row: &BTreeMap<String, String>| row.get("Customer no.") == Some(&number);
        let held = lines(&files, "banks/apsara-wallet").into_iter().filter(|(_, row)| of_payer(row));
        held.map(|(_, row)| format!("{} {}", row["Paid on"], row["Amount (KHR)"])).collect()
    };
    let unknown = paid("unknown-payer", "other_number");
    assert_eq!(unknown, ["12/08/2025 15,600", "11/09/2025 15,600", "13/10/2025 15,600"]);
    let partial = paid("partial", "member_number");
    assert!(partial.contains(&"09/04/2026 7,800".to_owned()));
    assert!(partial.contains(&"22/04/2026 7,800".to_owned()));
    assert!(paid("paid-twice", "member_number").contains(&"10/07/2025 15,600".to_owned()));
    assert!(paid("saved-on-the-last-day", "member_number").contains(&"15/07/2026 15,600".to_owned()));

    let certificate = scene(&files, "certificate-payer")["other_number"].clone();
    let tonlesap = lines(&files, "banks/tonlesap-bank");
    assert_eq!(tonlesap.iter().filter(|(_, row)| row["PAYER_ID"] == certificate).count(), 21);

    let references: BTreeSet<&String> = tonlesap.iter().map(|(_, row)| &row["TXN_REF"]).collect();
    let mut returns = rows(&files, "returns.csv");
    returns.retain(|row| row["institution"] == "tonlesap-bank");
    assert!(!returns.is_empty());
    assert!(returns.iter().all(|row| references.contains(&row["original_reference"])));
}

#[test]
fn the_faults_of_the_payrolls_are_there() {
    let files = files();
    let register = rows(&files, "register.csv");

    let number = &scene(&files, "duplicate-hire")["member_number"];
    let mut twice = rows(&files, "payroll/romdoul-thread/2025-06.csv");
    twice.retain(|row| row["worker_no"] == *number);
    assert_eq!(twice.len(), 2);
    assert_eq!(twice[0], twice[1]);

    let wrong = scene(&files, "wrong-number");
    let owner = register.iter().find(|row| row["national_id"] == wrong["other_number"]).unwrap();
    let mut hires = rows(&files, "payroll/kolab-river-hotel/2025-11.csv");
    hires.retain(|row| row["NSSF or ID No."] == wrong["other_number"]);
    assert_eq!(hires.len(), 1);
    assert_ne!(day(&hires[0]["Date of birth"]), day(&owner["birth_date"]));

    let unknown = scene(&files, "unknown-number");
    let january = rows(&files, "payroll/prasat-laterite/2026-01.csv");
    let line = |column: &str| january.iter().find(|row| row["NSSF or ID No."] == unknown[column]).unwrap();
    assert_eq!(line("other_number")["Contract No."], line("member_number")["Contract No."]);
    assert!(register.iter().all(|row| row["member_number"] != unknown["other_number"]));

    let stranger = scene(&files, "never-seen");
    assert!(stranger["member_number"].is_empty());
    assert!(register.iter().all(|row| row["national_id"] != stranger["other_number"]));
    let october = rows(&files, "payroll/prasat-laterite/2025-10.csv");
    assert!(october.iter().any(|row| row["NSSF or ID No."] == stranger["other_number"]));

    let july = rows(&files, "payroll/kolab-river-hotel/2026-07.csv");
    let hired = scene(&files, "retroactive-hire")["member_number"].clone();
    let hire = july.iter().find(|row| row["NSSF or ID No."] == hired).unwrap();
    assert_eq!((hire["Start"].as_str(), hire["Reported"].as_str()), ("08/06/2026", "09/07/2026"));
}
