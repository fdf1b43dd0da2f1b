//! The story: at which moments of the play somebody looks, and who then tells what is seen.
//!
//! A moment belongs to a key day of a set piece in `story.csv`. What is told is what the server answers at that moment;
//! what the story expects is only held against it. Scenes about money stand in `paying`, about work in `hiring`.

mod hiring;
mod paying;

use std::collections::BTreeMap;

use anyhow::Context;
use time::Date;

use super::plan::{Piece, Plan};
use super::witness::Witness;

/// A moment at which somebody looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    key: &'static str,
    /// Which of the key days of the set piece it is about.
    day: usize,
    looks: Looks,
    scene: Scene,
}

/// When somebody looks: on the key day itself, or once the fund can know what happened on it.
#[derive(Clone, Copy, Debug)]
enum Looks {
    ThatDay,
    /// When the money that was paid that day is delivered, for the last time if it is delivered twice.
    OnceDelivered,
    /// When the first money of the other number is delivered.
    OnceFirstDelivered,
    /// When the hire is reported.
    OnceReported,
}

/// What is looked at. One name for each telling, so that none can be forgotten.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Scene {
    Seems,
    StillSeems,
    LateFile,
    Saved,
    PaidTheRest,
    TooLate,
    TooLateMoney,
    PaysAYear,
    FirstCover,
    LastCover,
    LastSafeDay,
    Abandoned,
    Double,
    PaidTwice,
    NotInArrears,
    HalfPaid,
    OtherHalf,
    PiledUp,
    AllAtOnce,
    Returned,
    Certificate,
    UnknownPayer,
    UnknownPayerStill,
    OutForLife,
    Reinstated,
    BenefitsRun,
    NeverWasOut,
    HiredFromOutside,
    BarStands,
    LateSeparation,
    PaidAfterSeparation,
    NeverSeen,
    DuplicateHire,
    WrongNumber,
    UnknownNumber,
    RightNumber,
}

const fn moment(key: &'static str, day: usize, looks: Looks, scene: Scene) -> Moment {
    Moment { key, day, looks, scene }
}

const MOMENTS: &[Moment] = &[
    moment("late-file", 2, Looks::ThatDay, Scene::Seems),
    moment("late-file", 3, Looks::ThatDay, Scene::StillSeems),
    moment("late-file", 4, Looks::ThatDay, Scene::LateFile),
    moment("saved-on-the-last-day", 1, Looks::ThatDay, Scene::Saved),
    moment("saved-on-the-last-day", 2, Looks::OnceDelivered, Scene::PaidTheRest),
    moment("one-day-too-late", 1, Looks::ThatDay, Scene::TooLate),
    moment("one-day-too-late", 2, Looks::ThatDay, Scene::TooLateMoney),
    moment("prepaid-year", 0, Looks::OnceDelivered, Scene::PaysAYear),
    moment("prepaid-year", 1, Looks::ThatDay, Scene::FirstCover),
    moment("prepaid-year", 2, Looks::ThatDay, Scene::LastCover),
    moment("prepaid-year", 3, Looks::ThatDay, Scene::LastSafeDay),
    moment("prepaid-year", 4, Looks::ThatDay, Scene::Abandoned),
    moment("double", 2, Looks::ThatDay, Scene::Double),
    moment("paid-twice", 1, Looks::OnceDelivered, Scene::PaidTwice),
    moment("paid-twice", 2, Looks::ThatDay, Scene::NotInArrears),
    moment("partial", 1, Looks::ThatDay, Scene::HalfPaid),
    moment("partial", 2, Looks::OnceDelivered, Scene::OtherHalf),
    moment("several-at-once", 0, Looks::ThatDay, Scene::PiledUp),
    moment("several-at-once", 1, Looks::OnceDelivered, Scene::AllAtOnce),
    moment("bounced", 2, Looks::OnceDelivered, Scene::Returned),
    moment("certificate-payer", 0, Looks::OnceFirstDelivered, Scene::Certificate),
    moment("unknown-payer", 0, Looks::OnceDelivered, Scene::UnknownPayer),
    moment("unknown-payer", 2, Looks::OnceDelivered, Scene::UnknownPayerStill),
    moment("out-for-life-then-hired", 1, Looks::ThatDay, Scene::OutForLife),
    moment("out-for-life-then-hired", 3, Looks::ThatDay, Scene::Reinstated),
    moment("out-for-life-then-hired", 4, Looks::ThatDay, Scene::BenefitsRun),
    moment("retroactive-hire", 1, Looks::ThatDay, Scene::Seems),
    moment("retroactive-hire", 2, Looks::ThatDay, Scene::StillSeems),
    moment("retroactive-hire", 3, Looks::ThatDay, Scene::NeverWasOut),
    moment("bar-stands-again", 0, Looks::ThatDay, Scene::OutForLife),
    moment("bar-stands-again", 1, Looks::OnceReported, Scene::HiredFromOutside),
    moment("bar-stands-again", 2, Looks::ThatDay, Scene::BenefitsRun),
    moment("bar-stands-again", 4, Looks::ThatDay, Scene::BarStands),
    moment("late-separation", 2, Looks::ThatDay, Scene::LateSeparation),
    moment("late-separation", 3, Looks::OnceDelivered, Scene::PaidAfterSeparation),
    moment("never-seen", 1, Looks::ThatDay, Scene::NeverSeen),
    moment("never-seen", 2, Looks::ThatDay, Scene::BenefitsRun),
    moment("duplicate-hire", 1, Looks::ThatDay, Scene::DuplicateHire),
    moment("wrong-number", 1, Looks::ThatDay, Scene::WrongNumber),
    moment("unknown-number", 1, Looks::ThatDay, Scene::UnknownNumber),
    moment("unknown-number", 2, Looks::ThatDay, Scene::RightNumber),
];

/// The moments of a story, on the days on which somebody looks.
///
/// # Errors
/// The story lacks a set piece or a key day, or nothing in the files belongs to one.
pub(super) fn schedule(plan: &Plan) -> anyhow::Result<BTreeMap<Date, Vec<(Piece, Moment)>>> {
    let mut schedule: BTreeMap<Date, Vec<(Piece, Moment)>> = BTreeMap::new();
    for moment in MOMENTS {
        let piece = plan.pieces.iter().find(|piece| piece.key == moment.key);
        let piece = piece.with_context(|| format!("story.csv has no set piece `{}`", moment.key))?;
        let at = || format!("story.csv, `{}`, key day {}", moment.key, moment.day + 1);
        let day = *piece.days.get(moment.day).with_context(at)?;
        let payer = if piece.member_number.is_empty() { &piece.other_number } else { &piece.member_number };
        let looks = match moment.looks {
            Looks::ThatDay => Some(day),
            Looks::OnceDelivered => plan.arrivals(payer, day).last().copied(),
            Looks::OnceFirstDelivered => plan.first_arrival(&piece.other_number),
            Looks::OnceReported => plan.reported(&piece.member_number),
        };
        let looks = looks.with_context(at).context("nothing in the files belongs to it")?;
        schedule.entry(looks).or_default().push((piece.clone(), *moment));
    }
    Ok(schedule)
}

/// Looks, and tells what is seen in a sentence or two; nothing where it is only worth a check.
pub(super) async fn tell(moment: Moment, witness: &mut Witness<'_>) -> anyhow::Result<Option<String>> {
    let told = match moment.scene {
        Scene::Seems => paying::seems(witness).await,
        Scene::StillSeems => return paying::still_seems(witness).await.map(|()| None),
        Scene::LateFile => paying::late_file(witness).await,
        Scene::Saved => paying::saved(witness).await,
        Scene::PaidTheRest => paying::paid_the_rest(witness).await,
        Scene::TooLate => paying::too_late(witness).await,
        Scene::TooLateMoney => paying::too_late_money(witness).await,
        Scene::PaysAYear => paying::pays_a_year(witness).await,
        Scene::FirstCover => paying::first_cover(witness).await,
        Scene::LastCover => paying::last_cover(witness).await,
        Scene::LastSafeDay => paying::last_safe_day(witness).await,
        Scene::Abandoned => paying::abandoned(witness).await,
        Scene::Double => paying::double(witness).await,
        Scene::PaidTwice => paying::paid_twice(witness).await,
        Scene::NotInArrears => paying::not_in_arrears(witness).await,
        Scene::HalfPaid => paying::half_paid(witness).await,
        Scene::OtherHalf => paying::other_half(witness).await,
        Scene::PiledUp => paying::piled_up(witness).await,
        Scene::AllAtOnce => paying::all_at_once(witness).await,
        Scene::Returned => paying::returned(witness).await,
        Scene::Certificate => paying::certificate(witness).await,
        Scene::UnknownPayer => paying::unknown_payer(witness, 0),
        Scene::UnknownPayerStill => paying::unknown_payer(witness, 2),
        Scene::OutForLife => hiring::out_for_life(witness, moment.day).await,
        Scene::Reinstated => hiring::reinstated(witness).await,
        Scene::BenefitsRun => hiring::benefits_run(witness).await,
        Scene::NeverWasOut => hiring::never_was_out(witness).await,
        Scene::HiredFromOutside => hiring::hired_from_outside(witness).await,
        Scene::BarStands => hiring::bar_stands(witness).await,
        Scene::LateSeparation => hiring::late_separation(witness).await,
        Scene::PaidAfterSeparation => hiring::paid_after_separation(witness).await,
        Scene::NeverSeen => hiring::never_seen(witness).await,
        Scene::DuplicateHire => hiring::duplicate_hire(witness).await,
        Scene::WrongNumber => hiring::wrong_number(witness).await,
        Scene::UnknownNumber => hiring::unknown_number(witness),
        Scene::RightNumber => hiring::right_number(witness).await,
    };
    told.map(Some).with_context(|| format!("{}, key day {}", moment.key, moment.day + 1))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use time::macros::date;

    use super::*;

    #[test]
    fn somebody_looks_at_every_set_piece_once_its_facts_can_be_known() {
        let plan = Plan::read(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples")).unwrap();
        for piece in &plan.pieces {
            assert!(MOMENTS.iter().any(|moment| moment.key == piece.key), "nobody looks at {}", piece.key);
        }
        let schedule = schedule(&plan).unwrap();
        assert_eq!(schedule.values().map(Vec::len).sum::<usize>(), MOMENTS.len());
        let scenes = |day: Date| schedule[&day].iter().map(|(_, moment)| moment.scene).collect::<Vec<_>>();
        assert!(scenes(date!(2026 - 09 - 22)).contains(&Scene::LateFile));
        assert!(scenes(date!(2026 - 05 - 05)).contains(&Scene::Reinstated));
        assert!(scenes(date!(2025 - 06 - 24)).contains(&Scene::Double));
    }
}
