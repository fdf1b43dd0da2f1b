//! Set pieces about money: late, double, partial, ahead, returned, of nobody known.

use time::macros::date;

use super::super::calendar::Month;
use super::super::payment::{Bank, CONTRIBUTION, Line, Payer, Payment};
use super::super::person::{Sex, number_nobody_has};
use super::Stage;

pub(super) fn stage(stage: &mut Stage<'_>) {
    late_file(stage);
    saved_on_the_last_day(stage);
    one_day_too_late(stage);
    prepaid_year(stage);
    double(stage);
    paid_twice(stage);
    partial(stage);
    several_at_once(stage);
    bounced(stage);
    certificate_payer(stage);
    unknown_payer(stage);
}

fn late_file(stage: &mut Stage<'_>) {
    let who = stage.cast("Chan", "Sreymom", Sex::Female, date!(2025 - 02 - 03));
    stage.pays_monthly(who, Bank::Tonlesap, Month::new(2025, 2), Month::new(2026, 1));
    stage.pays(who, Bank::Tonlesap, date!(2026 - 09 - 15), &[(7 * CONTRIBUTION, None)]);
    stage.pays_monthly(who, Bank::Tonlesap, Month::new(2026, 9), Month::new(2026, 11));
    stage.tell(
        "late-file",
        who,
        "She pays all she owes on the last safe day, but the bank file that holds it arrives a week \
         late, so for six days she seems abandoned until the file undoes it.",
        &[
            (date!(2026 - 02 - 15), "the last due day she has paid for: January 2026"),
            (date!(2026 - 09 - 15), "pays 109,200 riel, seven months, on the last safe day"),
            (date!(2026 - 09 - 16), "seems abandoned, as far as is known"),
            (date!(2026 - 09 - 21), "seems abandoned for the last day"),
            (date!(2026 - 09 - 22), "the file arrives; she was never abandoned"),
        ],
    );
}

fn saved_on_the_last_day(stage: &mut Stage<'_>) {
    let who = stage.cast("Heng", "Dara", Sex::Male, date!(2025 - 01 - 20));
    stage.pays_monthly(who, Bank::Apsara, Month::new(2025, 1), Month::new(2025, 11));
    stage.pays(who, Bank::Apsara, date!(2026 - 07 - 15), &[(CONTRIBUTION, None)]);
    stage.pays(who, Bank::Apsara, date!(2026 - 08 - 14), &[(7 * CONTRIBUTION, None)]);
    stage.pays_monthly(who, Bank::Apsara, Month::new(2026, 8), Month::new(2026, 11));
    stage.tell(
        "saved-on-the-last-day",
        who,
        "With seven months about to be overdue he pays a single month on the last safe day, which \
         saves him for one month more, and the rest on the day before the next last day.",
        &[
            (date!(2026 - 07 - 15), "pays one month on the last safe day"),
            (date!(2026 - 07 - 16), "would be abandoned without it; the file arrives that day"),
            (date!(2026 - 08 - 14), "pays 109,200 riel, all seven months still owed"),
        ],
    );
}

fn one_day_too_late(stage: &mut Stage<'_>) {
    let who = stage.cast("Seng", "Sophal", Sex::Male, date!(2025 - 01 - 22));
    stage.pays_monthly(who, Bank::Tonlesap, Month::new(2025, 1), Month::new(2025, 11));
    stage.pays(who, Bank::Tonlesap, date!(2026 - 07 - 16), &[(CONTRIBUTION, None)]);
    stage.tell(
        "one-day-too-late",
        who,
        "He has missed the same months as the man who was saved, but pays one day later: he is out \
         for life and his money stands in suspense.",
        &[
            (date!(2026 - 07 - 15), "the last safe day; nothing is paid"),
            (date!(2026 - 07 - 16), "abandoned; pays 15,600 riel that day, kept in suspense"),
            (date!(2026 - 07 - 24), "the bank file with the payment arrives"),
        ],
    );
}

fn prepaid_year(stage: &mut Stage<'_>) {
    let who = stage.cast("Pich", "Bopha", Sex::Female, date!(2025 - 02 - 17));
    stage.pays(who, Bank::Tonlesap, date!(2025 - 02 - 20), &[(12 * CONTRIBUTION, None)]);
    stage.tell(
        "prepaid-year",
        who,
        "She pays a whole year at once, is never heard of again, stays covered for long and is \
         abandoned when seven months are overdue.",
        &[
            (date!(2025 - 02 - 20), "pays 187,200 riel: February 2025 to January 2026"),
            (date!(2025 - 04 - 01), "first day of cover, after two paid months"),
            (date!(2026 - 08 - 31), "last day of cover: six of twelve months paid"),
            (date!(2026 - 09 - 15), "the last safe day"),
            (date!(2026 - 09 - 16), "abandoned"),
        ],
    );
}

fn double(stage: &mut Stage<'_>) {
    let who = stage.cast("Lim", "Theary", Sex::Female, date!(2025 - 03 - 03));
    let (may, through) = (Month::new(2025, 5), Month::new(2026, 11));
    stage.pays_monthly(who, Bank::Tonlesap, Month::new(2025, 3), Month::new(2025, 4));
    let payment = stage.pays(who, Bank::Tonlesap, date!(2025 - 06 - 12), &[(CONTRIBUTION, Some(may))]);
    payment.delivered_again = true;
    stage.pays_monthly(who, Bank::Tonlesap, may.plus(1), through);
    stage.tell(
        "double",
        who,
        "The bank delivers one and the same transaction in two files under one reference; it counts \
         once.",
        &[
            (date!(2025 - 06 - 12), "pays May 2025"),
            (date!(2025 - 06 - 16), "the file with the payment arrives"),
            (date!(2025 - 06 - 24), "the next file holds it again"),
        ],
    );
}

fn paid_twice(stage: &mut Stage<'_>) {
    let who = stage.cast("Keo", "Vuthy", Sex::Male, date!(2025 - 02 - 10));
    let june = Month::new(2025, 6);
    stage.pays_monthly(who, Bank::Apsara, Month::new(2025, 2), Month::new(2025, 5));
    stage.pays(who, Bank::Apsara, date!(2025 - 07 - 07), &[(CONTRIBUTION, Some(june))]);
    stage.pays(who, Bank::Apsara, date!(2025 - 07 - 10), &[(CONTRIBUTION, Some(june))]);
    stage.pays_monthly(who, Bank::Apsara, Month::new(2025, 8), Month::new(2026, 11));
    stage.tell(
        "paid-twice",
        who,
        "He pays June twice by mistake under two references; the second sum goes to July, which he \
         then need not pay.",
        &[
            (date!(2025 - 07 - 07), "pays June 2025"),
            (date!(2025 - 07 - 10), "pays June 2025 again"),
            (date!(2025 - 08 - 16), "not in arrears, although nothing was paid for July by name"),
        ],
    );
}

fn partial(stage: &mut Stage<'_>) {
    let who = stage.cast("Mao", "Kunthea", Sex::Female, date!(2025 - 04 - 01));
    let march = Month::new(2026, 3);
    stage.pays_monthly(who, Bank::Apsara, Month::new(2025, 4), Month::new(2026, 2));
    stage.pays(who, Bank::Apsara, date!(2026 - 04 - 09), &[(CONTRIBUTION / 2, Some(march))]);
    stage.pays(who, Bank::Apsara, date!(2026 - 04 - 22), &[(CONTRIBUTION / 2, Some(march))]);
    stage.pays_monthly(who, Bank::Apsara, march.plus(1), Month::new(2026, 11));
    stage.tell(
        "partial",
        who,
        "She pays half of March before the due day and half after it, so the month is overdue for \
         six days.",
        &[
            (date!(2026 - 04 - 09), "pays 7,800 riel of 15,600"),
            (date!(2026 - 04 - 16), "in arrears: March 2026 is half paid"),
            (date!(2026 - 04 - 22), "pays the other 7,800 riel; March is paid"),
        ],
    );
}

fn several_at_once(stage: &mut Stage<'_>) {
    let who = stage.cast("Ros", "Samnang", Sex::Male, date!(2025 - 02 - 05));
    stage.pays_monthly(who, Bank::Tonlesap, Month::new(2025, 2), Month::new(2025, 7));
    let lines = [8, 9, 10].map(|month| (CONTRIBUTION, Some(Month::new(2025, month))));
    stage.pays(who, Bank::Tonlesap, date!(2025 - 11 - 11), &lines);
    stage.pays_monthly(who, Bank::Tonlesap, Month::new(2025, 11), Month::new(2026, 11));
    stage.tell(
        "several-at-once",
        who,
        "He lets three months pile up in the fishing season and pays them in one transaction of \
         three lines.",
        &[
            (date!(2025 - 09 - 16), "in arrears: August 2025 is overdue"),
            (date!(2025 - 11 - 11), "pays August, September and October 2025 under one reference"),
        ],
    );
}

fn bounced(stage: &mut Stage<'_>) {
    let who = stage.cast("Prak", "Chanthy", Sex::Female, date!(2025 - 03 - 17));
    let january = Month::new(2026, 1);
    stage.pays_monthly(who, Bank::Tonlesap, Month::new(2025, 3), Month::new(2025, 12));
    let payment = stage.pays(who, Bank::Tonlesap, date!(2026 - 02 - 10), &[(CONTRIBUTION, Some(january))]);
    payment.returned = Some(date!(2026 - 02 - 13));
    stage.pays(who, Bank::Tonlesap, date!(2026 - 02 - 24), &[(CONTRIBUTION, Some(january))]);
    stage.pays_monthly(who, Bank::Tonlesap, january.plus(1), Month::new(2026, 11));
    stage.tell(
        "bounced",
        who,
        "Her transfer for January is returned three days later, and she pays again after the due day.",
        &[
            (date!(2026 - 02 - 10), "pays January 2026"),
            (date!(2026 - 02 - 13), "the transfer is returned (in returns.csv)"),
            (date!(2026 - 02 - 24), "pays January 2026 again"),
        ],
    );
}

fn certificate_payer(stage: &mut Stage<'_>) {
    let who = stage.cast("Sao", "Phalla", Sex::Female, date!(2025 - 03 - 10));
    // Beyond the numbers that are drawn, so that nobody else can have it.
    let certificate = "IEC25-0060417".to_owned();
    let person = &mut stage.world.people[who];
    person.national_id = None;
    person.pays_by_certificate = true;
    if let Some(enrolment) = &mut person.enrolment {
        enrolment.certificate = Some(certificate.clone());
    }
    stage.pays_monthly(who, Bank::Tonlesap, Month::new(2025, 3), Month::new(2026, 11));
    stage.tell_of(
        "certificate-payer",
        Some(who),
        certificate,
        "Her identity card is pledged for a loan, so she enrolled with a registration certificate \
         and the bank knows her by that number alone.",
        &[(date!(2025 - 03 - 10), "enrols without an identity card")],
    );
}

fn unknown_payer(stage: &mut Stage<'_>) {
    let number = number_nobody_has(stage.draw);
    let days = [date!(2025 - 08 - 12), date!(2025 - 09 - 11), date!(2025 - 10 - 13)];
    for value in days {
        let payer =
            Payer::Unknown {
                number: number.clone(), latin: "NOU KOLAB".to_owned(), khmer: "នូ កុលាប".to_owned()
            };
        let lines = vec![Line { amount: CONTRIBUTION, month: None }];
        stage.world.payments.push(Payment::new(payer, Bank::Apsara, value, lines));
    }
    stage.tell_of(
        "unknown-payer",
        None,
        number,
        "Somebody pays three times under a number that the fund never gave out; the money stands in \
         suspense until its owner is found.",
        &[
            (days[0], "pays 15,600 riel, kept in suspense"),
            (days[1], "pays again"),
            (days[2], "pays for the last time: 46,800 riel in suspense"),
        ],
    );
}
