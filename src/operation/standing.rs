//! Standing kept: an answer of the law that is written down beside the facts, and when it may be gone by.
//!
//! It is a cache and can never lie. A row answers one question only, what holds today as known now, and only while the
//! law under which it was decided is in force and the last day has not passed of which the law itself said that all stays
//! as it is. Whoever finds it otherwise decides anew from the facts. Absent: the writing of rows, which is a page's.

pub(crate) mod contested;
pub mod verify;

use std::iter;

use krama_law::answer::Answer;
use krama_law::calendar::Moment;
use krama_law::policy::Law;
use sha2::{Digest as _, Sha256};

use crate::operation::Desk;
use crate::operation::failure::Failure;
use crate::operation::policy::statute::{HeldReading, Statute};
use crate::store::standing::{Kept, StandingRow};

/// The editions of a law: what was known of it and of its readings, from each instant at which something of it was
/// published, as a number that another text of the law or another release of this program does not have.
#[derive(Clone, Debug)]
pub(crate) struct Editions(Vec<(Moment, i64)>);

impl Editions {
    pub(crate) fn of(law: &Law, readings: &[HeldReading]) -> Editions {
        let mut instants: Vec<Moment> = law.revisions().iter().map(|published| published.published).collect();
        instants.extend(readings.iter().map(|held| held.published));
        instants.push(Moment::MIN);
        instants.sort_unstable();
        instants.dedup();
        Editions(instants.into_iter().map(|known| (known, fingerprint(law, readings, known))).collect())
    }

    /// The edition known at an instant; never 0.
    pub(crate) fn at(&self, known: Moment) -> i64 {
        let newest = self.0.partition_point(|(from, _)| *from <= known).saturating_sub(1);
        self.0.get(newest).map_or(1, |(_, edition)| *edition)
    }
}

fn fingerprint(law: &Law, readings: &[HeldReading], known: Moment) -> i64 {
    let mut digest = Sha256::new();
    digest.update(env!("CARGO_PKG_VERSION"));
    let readings = readings.iter().filter(|held| held.published <= known);
    for law in iter::once(law).chain(readings.map(|held| &held.law)) {
        digest.update([0]);
        for revision in law.as_known(known).revisions() {
            digest.update(format!("{revision:?}"));
        }
    }
    let bytes: [u8; 32] = digest.finalize().into();
    let number = bytes[..7].iter().fold(0, |number, byte| number << 8 | i64::from(*byte));
    number.max(1)
}

impl Desk {
    /// The present instant, and the edition of the law that is known at it.
    pub(crate) async fn edition(&self) -> Result<(Moment, i64), Failure> {
        let snapshot = self.snapshot(None).await?;
        Ok((snapshot.known, snapshot.statute.editions.at(snapshot.known)))
    }
}

/// What is kept of an answer, as far as the law itself goes.
pub(crate) fn kept_of(answer: &Answer) -> Kept {
    Kept {
        standing: answer.standing,
        covers: answer.covers.clone(),
        overdue: answer.overdue,
        run: answer.run,
        last_safe_day: answer.last_safe_day,
        holds_until: answer.holds_until,
        co_payment: answer.co_payment.is_some(),
        contested: false,
        revision: answer.revision,
    }
}

/// Whether a row says what the law says today, as known now.
pub(crate) fn holds(row: &StandingRow, statute: &Statute, now: Moment) -> bool {
    let (law, today) = (&statute.law, now.day());
    row.edition == statute.editions.at(now)
        && row.kept.holds_until.is_none_or(|until| today <= until)
        && row.kept.revision == law.as_known(now).on(today).effective
}

/// Whether a row that holds also says truly whether the readings of the law differ.
pub(crate) fn readings_hold(row: &StandingRow, now: Moment) -> bool {
    row.readings_until.is_none_or(|until| now.day() <= until)
}
