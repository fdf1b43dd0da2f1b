//! A second opinion for the tests: reads the files back and reckons who is out when.
//!
//! It is written apart from the generator and from the engine, slowly and plainly, so
//! that the days told in the story are held against something. It knows the lapse and
//! the allocation of payments and nothing else: no readings, no cover, no late learning.

use std::collections::{BTreeMap, BTreeSet};

use time::Date;

use super::calendar::{Month, later};
use super::payment::{CONTRIBUTION, LAST_DAY};
use super::sheet::Files;

/// Rows of a file by column name.
pub(super) fn rows(files: &Files, name: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(files[name].as_slice());
    let header = reader.headers().unwrap().clone();
    let row =
        |record: csv::StringRecord| header.iter().map(str::to_owned).zip(record.iter().map(str::to_owned)).collect();
    reader.records().map(|record| row(record.unwrap())).collect()
}

/// Reads both forms of a day.
pub(super) fn day(text: &str) -> Date {
    let parts: Vec<&str> = text.split(['-', '/']).collect();
    let (year, middle, last) =
        if text.contains('-') { (parts[0], parts[1], parts[2]) } else { (parts[2], parts[1], parts[0]) };
    Month::new(year.parse().unwrap(), middle.parse().unwrap()).day(last.parse().unwrap())
}

fn month(text: &str) -> Option<Month> {
    let (left, right) = text.split_once(['-', '/'])?;
    let (year, month) = if left.len() == 4 { (left, right) } else { (right, left) };
    Some(Month::new(year.parse().unwrap(), month.parse().unwrap()))
}

#[derive(Clone, Debug)]
struct Paid {
    value: Date,
    known: Date,
    amount: i64,
    month: Option<Month>,
}

#[derive(Clone, Debug)]
struct Spell {
    first: Date,
    known: Date,
    ended: Option<(Date, Date)>,
}

#[derive(Clone, Debug)]
pub(super) struct Member {
    enrolled_on: Date,
    paid: Vec<Paid>,
    spells: BTreeMap<String, Spell>,
}

impl Member {
    /// The day of the first lapse, by what was known at the end of a day.
    pub(super) fn lapse(&self, known: Date) -> Option<Date> {
        let enrolled = Month::of(self.enrolled_on);
        let mut paid: BTreeMap<Month, i64> = BTreeMap::new();
        let mut waiting: Vec<&Paid> = self.paid.iter().filter(|paid| paid.known <= known).collect();
        waiting.sort_by_key(|paid| (paid.value, paid.known));
        let mut waiting = waiting.into_iter().peekable();
        let mut today = enrolled;
        while today.first_day() <= LAST_DAY {
            let breach = today.day(16);
            while let Some(payment) = waiting.next_if(|payment| payment.value < breach) {
                self.allocate(payment, known, &mut paid);
            }
            if breach > self.enrolled_on && self.run(breach, known, &paid) > 6 && !self.employed(breach, known) {
                return Some(breach);
            }
            today = today.plus(1);
        }
        None
    }

    fn allocate(&self, payment: &Paid, known: Date, paid: &mut BTreeMap<Month, i64>) {
        let mut left = payment.amount;
        let limit = Month::of(payment.value).plus(12);
        let mut month = Month::of(self.enrolled_on);
        let mut order: Vec<Month> = payment.month.into_iter().filter(|&named| named <= limit).collect();
        while month <= limit {
            order.push(month);
            month = month.plus(1);
        }
        for month in order {
            if month < Month::of(self.enrolled_on) || self.exempt(month, payment.value, known) {
                continue;
            }
            let lacks = CONTRIBUTION - paid.get(&month).copied().unwrap_or_default();
            let part = lacks.min(left);
            *paid.entry(month).or_default() += part;
            left -= part;
        }
    }

    fn run(&self, today: Date, known: Date, paid: &BTreeMap<Month, i64>) -> usize {
        let mut run = 0;
        let mut month = Month::of(today);
        while month >= Month::of(self.enrolled_on) {
            let is_paid = paid.get(&month).copied().unwrap_or_default() >= CONTRIBUTION;
            if is_paid || self.exempt(month, today, known) {
                break;
            }
            if today > month.plus(1).day(15) {
                run += 1;
            }
            month = month.plus(-1);
        }
        run
    }

    /// Whether an employment begun by `today` covers any day of the month.
    fn exempt(&self, month: Month, today: Date, known: Date) -> bool {
        self.spells_known(known).any(|(first, last)| {
            first <= today && first <= month.last_day() && last.is_none_or(|last| last >= month.first_day())
        })
    }

    fn employed(&self, today: Date, known: Date) -> bool {
        self.spells_known(known).any(|(first, last)| first <= today && last.is_none_or(|last| today <= last))
    }

    fn spells_known(&self, known: Date) -> impl Iterator<Item = (Date, Option<Date>)> {
        self.spells.values().filter(move |spell| spell.known <= known).map(move |spell| {
            let last = spell.ended.filter(|(_, told)| *told <= known).map(|(last, _)| last);
            (spell.first, last)
        })
    }

    /// Whether the member is hired on or after the day.
    pub(super) fn hired_from(&self, from: Date) -> bool {
        self.spells.values().any(|spell| spell.first >= from)
    }

    /// Riel valued on or after a day: they can only stand in suspense.
    pub(super) fn paid_from(&self, from: Date) -> i64 {
        self.paid.iter().filter(|paid| paid.value >= from).map(|paid| paid.amount).sum()
    }

    /// The days on which the member seemed to have lapsed, and in the end had not by then.
    pub(super) fn days_wrongly_out(&self) -> Vec<Date> {
        let truth = self.lapse(later(LAST_DAY, 40));
        let wrongly_out = |today| {
            let seems = self.lapse(today).is_some_and(|lapse| lapse <= today);
            seems && truth.is_none_or(|truth| truth > today)
        };
        let mut days: Vec<Date> = Vec::new();
        let mut month = Month::of(self.enrolled_on);
        while month.first_day() <= LAST_DAY {
            // Only on a 16th can somebody begin to seem out; from there on every day is asked.
            let mut today = month.day(16);
            while today <= LAST_DAY && !days.contains(&today) && wrongly_out(today) {
                days.push(today);
                today = later(today, 1);
            }
            month = month.plus(1);
        }
        days
    }
}

/// What the files say of all members, and of those whom no register knows.
pub(super) struct Books {
    pub(super) members: BTreeMap<String, Member>,
    pub(super) unknown_payers: BTreeSet<String>,
    pub(super) strangers: BTreeSet<String>,
}

pub(super) fn read(files: &Files) -> Books {
    let mut members = BTreeMap::new();
    let mut owners = BTreeMap::new();
    for row in rows(files, "register.csv") {
        let number = row["member_number"].clone();
        for column in ["member_number", "national_id", "certificate_number"] {
            if !row[column].is_empty() {
                let birth = row["birth_date"].clone();
                let earlier = owners.insert(row[column].clone(), (number.clone(), birth));
                assert!(earlier.is_none(), "two members share the number {}", row[column]);
            }
        }
        let enrolled_on = day(&row["enrolled_on"]);
        members.insert(number, Member { enrolled_on, paid: Vec::new(), spells: BTreeMap::new() });
    }
    let mut books = Books { members, unknown_payers: BTreeSet::new(), strangers: BTreeSet::new() };
    read_banks(files, &owners, &mut books);
    read_payrolls(files, &owners, &mut books);
    books
}

type Owners = BTreeMap<String, (String, String)>;

fn read_banks(files: &Files, owners: &Owners, books: &mut Books) {
    let mut seen = BTreeSet::new();
    let mut deliveries = rows(files, "deliveries.csv");
    deliveries.sort_by_key(|delivery| day(&delivery["arrives_on"]));
    for delivery in deliveries {
        let apsara = delivery["institution"] == "apsara-wallet";
        let columns = if apsara {
            ["Transaction no.", "Line", "Paid on", "Customer no.", "Amount (KHR)", "Bill month"]
        } else {
            ["TXN_REF", "LINE_NO", "VALUE_DATE", "PAYER_ID", "AMOUNT_KHR", "FOR_MONTH"]
        };
        for row in rows(files, &delivery["file"]) {
            let [reference, line, value, payer, amount, named] = columns.map(|column| row[column].clone());
            if !seen.insert((delivery["institution"].clone(), reference, line)) {
                continue;
            }
            let Some((number, _)) = owners.get(&payer) else {
                books.unknown_payers.insert(payer);
                continue;
            };
            books.members.get_mut(number).unwrap().paid.push(Paid {
                value: day(&value),
                known: day(&delivery["arrives_on"]),
                amount: amount.replace(',', "").parse().unwrap(),
                month: month(&named),
            });
        }
    }
}

fn read_payrolls(files: &Files, owners: &Owners, books: &mut Books) {
    let payrolls: Vec<&String> = files.keys().filter(|name| name.starts_with("payroll/")).collect();
    for name in payrolls {
        let kravan = !name.contains("romdoul-thread");
        let columns = if kravan {
            ["Reported", "Movement", "Contract No.", "NSSF or ID No.", "Date of birth", "Start", "End"]
        } else {
            ["reported_on", "event", "employment_no", "worker_no", "birth_date", "first_day", "last_day"]
        };
        for row in rows(files, name) {
            let [reported, event, employment, worker, birth, first, last] = columns.map(|column| row[column].clone());
            let Some((number, known_birth)) = owners.get(&worker) else {
                books.strangers.insert(worker);
                continue;
            };
            let birth = if birth.len() == 4 { birth } else { super::calendar::iso(day(&birth)) };
            if birth != *known_birth {
                continue;
            }
            let spells = &mut books.members.get_mut(number).unwrap().spells;
            if ["HIRE", "New"].contains(&event.as_str()) {
                let spell = Spell { first: day(&first), known: day(&reported), ended: None };
                spells.entry(employment).or_insert(spell);
            } else {
                spells.get_mut(&employment).unwrap().ended = Some((day(&last), day(&reported)));
            }
        }
    }
}
