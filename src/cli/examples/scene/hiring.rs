//! Set pieces about work: who is hired when, and what the payroll makes of it.

use time::macros::date;

use super::super::calendar::Month;
use super::super::payment::{Bank, CONTRIBUTION};
use super::super::person::{Birth, Sex, number_nobody_has};
use super::super::work::{BUILDER, Employment, GARMENT, HOTEL, WorkerNumber};
use super::Stage;

pub(super) fn stage(stage: &mut Stage<'_>) {
    out_for_life_then_hired(stage);
    retroactive_hire(stage);
    bar_stands_again(stage);
    late_separation(stage);
    never_seen(stage);
    duplicate_hire(stage);
    wrong_number(stage);
    unknown_number(stage);
}

fn out_for_life_then_hired(stage: &mut Stage<'_>) {
    let who = stage.cast("Sok", "Sreyneang", Sex::Female, date!(2025 - 01 - 27));
    stage.pays_monthly(who, Bank::Apsara, Month::new(2025, 1), Month::new(2025, 7));
    let mut hire = Employment::new(who, GARMENT, date!(2026 - 05 - 04), date!(2026 - 05 - 05));
    hire.number = WorkerNumber::NationalId;
    stage.world.employments.push(hire);
    stage.tell(
        "out-for-life-then-hired",
        who,
        "She stops paying after July 2025 and is out for life, until a garment factory hires her: \
         that reinstates her, and benefits run from the third month on.",
        &[
            (date!(2026 - 03 - 15), "the last safe day passes"),
            (date!(2026 - 03 - 16), "abandoned"),
            (date!(2026 - 05 - 04), "first day of work: employed and reinstated"),
            (date!(2026 - 05 - 05), "the hire is reported"),
            (date!(2026 - 07 - 01), "benefits run, after two months of employment"),
        ],
    );
}

fn retroactive_hire(stage: &mut Stage<'_>) {
    let who = stage.cast("Nhem", "Ratanak", Sex::Male, date!(2025 - 02 - 10));
    stage.pays_monthly(who, Bank::Tonlesap, Month::new(2025, 2), Month::new(2025, 10));
    stage.world.employments.push(Employment::new(who, HOTEL, date!(2026 - 06 - 08), date!(2026 - 07 - 09)));
    stage.tell(
        "retroactive-hire",
        who,
        "A hotel hires him eight days before he would be abandoned and reports it a month late, so \
         that for more than three weeks he seems abandoned although he never was.",
        &[
            (date!(2026 - 06 - 08), "first day of work, not yet known"),
            (date!(2026 - 06 - 16), "seems abandoned, as far as is known"),
            (date!(2026 - 07 - 08), "seems abandoned for the last day"),
            (date!(2026 - 07 - 09), "the hire is reported; the abandonment never was"),
        ],
    );
}

fn bar_stands_again(stage: &mut Stage<'_>) {
    let who = stage.cast("Chea", "Bora", Sex::Male, date!(2025 - 01 - 13));
    stage.pays_monthly(who, Bank::Apsara, Month::new(2025, 1), Month::new(2025, 6));
    let mut hire = Employment::new(who, BUILDER, date!(2026 - 03 - 02), date!(2026 - 03 - 04));
    hire.ended = Some((date!(2026 - 08 - 31), date!(2026 - 09 - 01)));
    stage.world.employments.push(hire);
    stage.tell(
        "bar-stands-again",
        who,
        "Abandoned, he is reinstated by a job on a building site; when the job ends the old bar \
         stands again.",
        &[
            (date!(2026 - 02 - 16), "abandoned"),
            (date!(2026 - 03 - 02), "first day of work: employed and reinstated"),
            (date!(2026 - 05 - 01), "benefits run"),
            (date!(2026 - 08 - 31), "last day worked"),
            (date!(2026 - 09 - 01), "abandoned again; the separation is reported"),
        ],
    );
}

fn late_separation(stage: &mut Stage<'_>) {
    let who = stage.cast("Yim", "Davy", Sex::Female, date!(2025 - 02 - 12));
    stage.pays_monthly(who, Bank::Tonlesap, Month::new(2025, 2), Month::new(2025, 4));
    let mut hire = Employment::new(who, HOTEL, date!(2025 - 05 - 05), date!(2025 - 05 - 07));
    hire.ended = Some((date!(2025 - 09 - 30), date!(2025 - 12 - 10)));
    stage.world.employments.push(hire);
    stage.pays(who, Bank::Tonlesap, date!(2026 - 01 - 08), &[(3 * CONTRIBUTION, None)]);
    stage.pays_monthly(who, Bank::Tonlesap, Month::new(2026, 1), Month::new(2026, 11));
    stage.tell(
        "late-separation",
        who,
        "She leaves a hotel at the end of September 2025, which the hotel reports ten weeks late; \
         cover given meanwhile is kept, and she pays the three months as soon as she can.",
        &[
            (date!(2025 - 05 - 05), "first day of work"),
            (date!(2025 - 09 - 30), "last day worked, not yet known"),
            (date!(2025 - 12 - 10), "the separation is reported; October and November are owed"),
            (date!(2026 - 01 - 08), "pays October to December 2025"),
        ],
    );
}

fn never_seen(stage: &mut Stage<'_>) {
    let who = stage.cast_stranger("Khiev", "Visal", Sex::Male);
    let mut hire = Employment::new(who, BUILDER, date!(2025 - 10 - 06), date!(2025 - 10 - 07));
    hire.number = WorkerNumber::NationalId;
    stage.world.employments.push(hire);
    let number = stage.national_id(who);
    stage.tell_of(
        "never-seen",
        Some(who),
        number,
        "A construction firm hires a man of whom the fund has never heard; the report of the hire \
         is what makes him known.",
        &[
            (date!(2025 - 10 - 06), "first day of work"),
            (date!(2025 - 10 - 07), "the hire is reported; he becomes known"),
            (date!(2025 - 12 - 01), "benefits run, after two months of employment"),
        ],
    );
}

fn duplicate_hire(stage: &mut Stage<'_>) {
    let who = stage.cast("Touch", "Sophea", Sex::Female, date!(2025 - 01 - 15));
    stage.pays_monthly(who, Bank::Apsara, Month::new(2025, 1), Month::new(2025, 5));
    let mut hire = Employment::new(who, GARMENT, date!(2025 - 06 - 02), date!(2025 - 06 - 04));
    hire.twice = true;
    stage.world.employments.push(hire);
    stage.tell(
        "duplicate-hire",
        who,
        "The garment factory's file holds the line of her hire twice under one employment number; \
         it is one employment.",
        &[(date!(2025 - 06 - 02), "first day of work"), (date!(2025 - 06 - 04), "reported, twice")],
    );
}

fn wrong_number(stage: &mut Stage<'_>) {
    let owner = stage.cast("Kong", "Maly", Sex::Female, date!(2025 - 02 - 18));
    stage.pays_monthly(owner, Bank::Tonlesap, Month::new(2025, 2), Month::new(2026, 11));
    let worker = stage.cast_stranger("Duong", "Pisey", Sex::Female);
    // Written out, so that the two can never be taken for one person by chance.
    stage.world.people[owner].birth = Birth::Day(date!(1988 - 04 - 19));
    stage.world.people[worker].birth = Birth::Day(date!(1999 - 11 - 02));
    let number = stage.national_id(owner);
    let mut hire = Employment::new(worker, HOTEL, date!(2025 - 11 - 03), date!(2025 - 11 - 05));
    hire.number = WorkerNumber::Other(number.clone());
    stage.world.employments.push(hire);
    stage.tell_of(
        "wrong-number",
        Some(owner),
        number,
        "A hotel reports a hire under an identity number that is hers, but with another woman's \
         name and birth date; she must not become employed by it.",
        &[
            (date!(2025 - 11 - 03), "first day of work of the other woman"),
            (date!(2025 - 11 - 05), "reported under the wrong number; refused"),
        ],
    );
}

fn unknown_number(stage: &mut Stage<'_>) {
    let who = stage.cast("Vong", "Rithy", Sex::Male, date!(2025 - 03 - 05));
    stage.pays_monthly(who, Bank::Apsara, Month::new(2025, 3), Month::new(2025, 12));
    let wrong = number_nobody_has(stage.draw);
    let mut hire = Employment::new(who, BUILDER, date!(2026 - 01 - 12), date!(2026 - 01 - 22));
    hire.first_tried = Some((wrong.clone(), date!(2026 - 01 - 14)));
    stage.world.employments.push(hire);
    stage.tell_of(
        "unknown-number",
        Some(who),
        wrong,
        "A construction firm reports his hire under a member number that nobody has, and a week \
         later again under the right one.",
        &[
            (date!(2026 - 01 - 12), "first day of work"),
            (date!(2026 - 01 - 14), "reported under a number nobody has; refused"),
            (date!(2026 - 01 - 22), "reported under his own number; employed since 12 January"),
        ],
    );
}
