//! The files of the catalogue held against the code and against each other.

use std::collections::{BTreeMap, BTreeSet};

use krama_law::answer::EnrolmentRefusal;
use krama_law::explanation::Clause;
use krama_law::purse::SuspenseReason;

use super::*;

/// Each message of a language's files with the values that it names.
fn messages(language: Language) -> BTreeMap<String, BTreeSet<String>> {
    let mut messages: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut key = String::new();
    for line in language.texts().iter().flat_map(|text| text.lines()).filter(|line| !line.starts_with('#')) {
        if !line.starts_with([' ', '}'])
            && let Some((name, _)) = line.split_once(" = ")
        {
            key = name.to_owned();
            assert!(messages.insert(key.clone(), BTreeSet::new()).is_none(), "`{key}` stands twice in {language:?}");
        }
        for named in line.split('$').skip(1) {
            let value: String = named.chars().take_while(|sign| sign.is_ascii_alphanumeric() || *sign == '_').collect();
            messages.entry(key.clone()).or_default().insert(value);
        }
    }
    messages
}

#[test]
fn both_languages_have_the_same_messages_with_the_same_values() {
    assert_eq!(messages(Language::English), messages(Language::Khmer));
    for text in Language::ALL.iter().flat_map(|language| language.texts()) {
        FluentResource::try_new(text.to_owned()).expect("a file of the catalogue is well formed");
    }
}

#[test]
fn every_message_is_used_and_every_key_has_one() {
    let files: BTreeSet<String> =
        messages(Language::English).into_keys().filter(|key| !key.starts_with("refusal-")).collect();
    let keys: BTreeSet<String> = Key::ALL.iter().map(|key| key.text().to_owned()).collect();
    assert_eq!(files, keys);
}

fn month(text: &str) -> Month {
    text.parse().expect("it is a month")
}

fn day(text: &str) -> Day {
    text.parse().expect("it is a day")
}

/// Every clause, in each of its forms.
fn clauses() -> Vec<Clause> {
    let (may, june) = (month("2026-05"), month("2026-06"));
    let on = day("2026-09-16");
    let mut clauses = vec![
        Clause::Enrolled { first_month: may },
        Clause::PaymentAllocated { amount: 15_600, months: vec![may], credit: 0 },
        Clause::PaymentAllocated { amount: 40_000, months: vec![may, june], credit: 8_800 },
        Clause::PaymentAllocated { amount: 15_600, months: Vec::new(), credit: 15_600 },
        Clause::ChargedForDelay { amount: 312 },
        Clause::PaymentSavedUp { amount: 10_000, pot: 20_000, price: 180_180 },
        Clause::SavedUpAllocated { amount: 15_600, months: vec![may], credit: 0 },
        Clause::SavedUpAllocated { amount: 40_000, months: vec![may, june], credit: 8_800 },
        Clause::SavedUpAllocated { amount: 15_600, months: Vec::new(), credit: 15_600 },
        Clause::InstalmentsDropped { amount: 10_000, payments: 12 },
        Clause::PaymentReversed { amount: 15_600, months: Vec::new() },
        Clause::PaymentReversed { amount: 15_600, months: vec![may] },
        Clause::PaymentRefunded { amount: 31_200, months: Vec::new() },
        Clause::PaymentRefunded { amount: 31_200, months: vec![june, may] },
        Clause::CoverSuspended,
        Clause::SuspensionOver,
        Clause::BarLiftedByLaw,
        Clause::MembershipOver { months: 24 },
        Clause::MonthsExcused { from: may, to: june },
        Clause::MonthsForgiven { months: vec![may] },
        Clause::MonthsForgiven { months: vec![may, june] },
        Clause::NoticeServed,
        Clause::CoverWaits { until: on },
        Clause::MonthOverdue { month: may, overdue: 1 },
        Clause::MonthOverdue { month: june, overdue: 7 },
        Clause::LearntLate { until: on },
        Clause::LapsePending { run: 7 },
        Clause::LapseWaived,
        Clause::LapseAverted,
        Clause::Lapsed { run: 7, oldest: Some(may), dated: on },
        Clause::Lapsed { run: 0, oldest: None, dated: on },
        Clause::Employed,
        Clause::Reinstated,
        Clause::EmploymentEnded,
        Clause::BarStandsAgain,
        Clause::BarLifted { months: 12 },
        Clause::ReturnedByBackPayment { price: 180_180, surcharge: 8_580, months: vec![may] },
        Clause::CoverRunsOn { until: on },
        Clause::CoverRanOut,
        Clause::Died,
    ];
    let refusals = [
        EnrolmentRefusal::Deceased,
        EnrolmentRefusal::FormallyEmployed,
        EnrolmentRefusal::VoluntaryAbandoned,
        EnrolmentRefusal::AlreadyEnrolled,
        EnrolmentRefusal::InsuredTooShort,
        EnrolmentRefusal::EntryClosed,
    ];
    clauses.extend(refusals.map(|reason| Clause::EnrolmentRefused { reason }));
    let reasons = [SuspenseReason::NotEnrolled, SuspenseReason::Abandoned, SuspenseReason::Deceased];
    clauses.extend(reasons.map(|reason| Clause::PaymentSuspended { amount: 15_600, reason }));
    clauses.extend(Scheme::ALL.map(|scheme| Clause::CoverBegan { scheme }));
    clauses.extend(Scheme::ALL.map(|scheme| Clause::CoverEnded { scheme }));
    clauses
}

#[test]
fn every_clause_is_said_with_all_its_values_in_both_languages() {
    for language in Language::ALL {
        let catalogue = Catalogue::new(language);
        for one in clauses() {
            let message = clause(&one);
            let (text, sound) = catalogue.told(message.key.text(), &message.values);
            assert!(sound && !text.contains('$'), "{language:?}: {one:?}: {text}");
            let named = &messages(language)[message.key.text()];
            let given: BTreeSet<String> = message.values.iter().map(|(name, _)| (*name).to_owned()).collect();
            assert_eq!(&given, named, "{one:?}");
        }
    }
}

#[test]
fn sentences_read_as_their_language_does() {
    let (english, khmer) = (Catalogue::new(Language::English), Catalogue::new(Language::Khmer));
    let overdue = clause(&Clause::MonthOverdue { month: month("2026-07"), overdue: 6 });
    assert_eq!(english.say(&overdue), "July 2026 fell due unpaid: 6 months are overdue.");
    assert_eq!(khmer.say(&overdue), "កក្កដា ២០២៦ ហួសកំណត់ដោយមិនបានបង់៖ សរុបហួសកំណត់ ៦ ខែ។");
    let months = vec![month("2025-11"), month("2026-01")];
    let paid = clause(&Clause::PaymentAllocated { amount: 46_800, months, credit: 0 });
    assert_eq!(english.say(&paid), "A payment of 46,800 riel went to November 2025 to January 2026.");
    assert_eq!(khmer.say(&paid), "ប្រាក់ ៤៦.៨០០៛ ត្រូវបានទូទាត់សម្រាប់ វិច្ឆិកា ២០២៥ ដល់ មករា ២០២៦។");
    assert_eq!(english.riel(-1_000_000), "-1,000,000 riel");
    assert_eq!(english.riel(999), "999 riel");
    assert_eq!(
        (english.day(day("2026-09-16")), khmer.day(day("2026-09-16"))),
        ("16 September 2026".to_owned(), "១៦ កញ្ញា ២០២៦".to_owned())
    );
}

#[test]
fn notices_fit_into_few_messages() {
    let on = day("2026-12-31");
    let notices = [
        (Notice::Missed { months: 1 }, 1, 1),
        (Notice::Missed { months: 12 }, 1, 1),
        (Notice::LastSafeDay { months: 0, amount: 15_600, day: on }, 1, 2),
        (Notice::LastSafeDay { months: 12, amount: 187_200, day: on }, 1, 2),
        (Notice::LapsePending { months: 12, amount: 187_200 }, 1, 2),
        (Notice::Lapsed { day: on }, 1, 2),
        (Notice::Reinstated { day: on }, 1, 1),
    ];
    let (english, khmer) = (Catalogue::new(Language::English), Catalogue::new(Language::Khmer));
    for (notice, in_english, in_khmer) in notices {
        let (plain, other) = (notice.sms(&english), notice.sms(&khmer));
        assert_eq!((plain.segments, other.segments), (in_english, in_khmer), "{} / {}", plain.text, other.text);
    }
}

#[test]
fn a_notice_counts_its_months_as_people_do() {
    let english = Catalogue::new(Language::English);
    let warned = |months| Notice::LastSafeDay { months, amount: 15_600, day: day("2026-12-31") }.sms(&english).text;
    assert!(warned(0).starts_with("NSSF: no month is unpaid. Pay at least 15,600 riel by 31 December 2026"));
    assert!(warned(1).starts_with("NSSF: 1 month is unpaid. "));
    assert!(warned(2).starts_with("NSSF: 2 months are unpaid. "));
    let missed = Notice::Missed { months: 1 }.sms(&english).text;
    assert_eq!(missed, "NSSF: 1 month is unpaid. Please pay, or ask us at any office.");
}

#[test]
fn messages_are_counted_as_phones_count_them() {
    assert_eq!(Sms::of("a".repeat(160)).segments, 1);
    assert_eq!(Sms::of("a".repeat(161)).segments, 2);
    assert_eq!(Sms::of("a".repeat(307)).segments, 3);
    assert_eq!(Sms::of("€".repeat(80)).segments, 1);
    assert_eq!(Sms::of("€".repeat(81)).segments, 2);
    assert_eq!(Sms::of("ក".repeat(70)).segments, 1);
    assert_eq!(Sms::of("ក".repeat(71)).segments, 2);
    assert_eq!(Sms::of("ក".repeat(135)).segments, 3);
}

#[test]
fn a_language_is_known_by_its_tag() {
    assert_eq!(Language::of("km"), Some(Language::Khmer));
    assert_eq!(Language::of("km-KH"), Some(Language::Khmer));
    assert_eq!(Language::of("en-GB"), Some(Language::English));
    assert_eq!(Language::of("fr"), None);
    assert_eq!(Language::of("khmer please"), None);
    assert!(Language::English.is_reviewed() && !Language::Khmer.is_reviewed());
}
