//! The clock and the dice: the only source of the present instant and of fresh random ids.
//!
//! In a sandbox time is a value that stands still until the owner of the server sets it forward, so that an
//! integrator sees a six-month lapse in a minute. Outside a sandbox there is no way to move it.

use std::sync::Mutex;
use std::time::Instant;

use krama_law::calendar::Moment;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use uuid::Uuid;

/// Where the present instant comes from.
#[derive(Debug)]
pub enum Clock {
    /// The clock of the machine.
    System,
    /// A value that is set by hand.
    Sandbox(Mutex<Moment>),
}

/// What has been told as known, and what is being written: an answer "as known then" never changes, so nothing is
/// recorded under an instant that an answer was already given for.
#[derive(Debug, Default)]
pub struct Tide(Mutex<Waters>);

#[derive(Debug)]
struct Waters {
    told: Moment,
    /// The known time of the first command of the batch that is being written.
    coming: Option<Moment>,
}

impl Default for Waters {
    fn default() -> Waters {
        Waters { told: Moment(i64::MIN), coming: None }
    }
}

impl Tide {
    fn waters(&self) -> std::sync::MutexGuard<'_, Waters> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The instant that an answer may be given for which is read after this: before what is being written.
    pub fn tell(&self, now: Moment) -> Moment {
        let mut waters = self.waters();
        let told = waters.coming.map_or(now, |coming| now.min(Moment(coming.0 - 1)));
        waters.told = waters.told.max(told);
        told
    }

    /// The known time of the first command of a batch, after everything that was told.
    pub fn rise(&self, now: Moment) -> Moment {
        let mut waters = self.waters();
        let coming = now.max(Moment(waters.told.0.saturating_add(1)));
        waters.coming = Some(coming);
        coming
    }

    /// Nothing is being written any more.
    pub fn settle(&self) {
        self.waters().coming = None;
    }
}

/// A sandbox clock was asked to go back, or there is no sandbox.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CannotMove {
    /// Time runs forward only.
    #[error("the sandbox clock only moves forward")]
    Backwards,
    /// The clock of the machine is not ours to move.
    #[error("this server is no sandbox")]
    NotASandbox,
}

impl Clock {
    /// A sandbox clock that stands at an instant, or at the present one.
    pub fn sandbox(start: Option<Moment>) -> Clock {
        Clock::Sandbox(Mutex::new(start.unwrap_or_else(system_now)))
    }

    /// The present instant.
    pub fn now(&self) -> Moment {
        match self {
            Clock::System => system_now(),
            Clock::Sandbox(value) => *value.lock().unwrap_or_else(std::sync::PoisonError::into_inner),
        }
    }

    /// Sets a sandbox clock forward and answers the new instant.
    ///
    /// # Errors
    /// The instant lies before the present one, or the server is no sandbox.
    pub fn move_to(&self, to: Moment) -> Result<Moment, CannotMove> {
        let Clock::Sandbox(value) = self else { return Err(CannotMove::NotASandbox) };
        let mut value = value.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if to < *value {
            return Err(CannotMove::Backwards);
        }
        *value = to;
        Ok(to)
    }
}

/// The instant that the machine's clock shows.
#[expect(clippy::disallowed_methods, reason = "this is the one room that may look at the clock")]
fn system_now() -> Moment {
    let micros = time::OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000;
    Moment(i64::try_from(micros).unwrap_or(i64::MAX))
}

/// How long something takes or ago it is, for progress lines, metrics and bounds; never part of an answer. What was started
/// earlier comes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts measuring.
    pub fn start() -> Stopwatch {
        Stopwatch(Instant::now())
    }

    /// The seconds since the start.
    pub fn seconds(&self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}

/// Draws ids that cannot be guessed.
#[derive(Debug)]
pub struct Dice(ChaCha20Rng);

impl Dice {
    /// Dice seeded by the operating system.
    pub fn new() -> Dice {
        let mut seed = [0; 32];
        seed[..16].copy_from_slice(Uuid::new_v4().as_bytes());
        seed[16..].copy_from_slice(Uuid::new_v4().as_bytes());
        Dice(ChaCha20Rng::from_seed(seed))
    }

    /// A fresh id of sixty random bits, which is a positive number and twelve characters when written.
    pub fn id(&mut self) -> i64 {
        i64::try_from(self.0.next_u64() >> 4).unwrap_or(0)
    }
}

impl Default for Dice {
    fn default() -> Dice {
        Dice::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sandbox_clock_stands_still_and_only_moves_forward() {
        let clock = Clock::sandbox(Some(Moment(10)));
        assert_eq!((clock.now(), clock.now()), (Moment(10), Moment(10)));
        assert_eq!(clock.move_to(Moment(11)), Ok(Moment(11)));
        assert_eq!(clock.move_to(Moment(10)), Err(CannotMove::Backwards));
        assert_eq!(clock.now(), Moment(11));
        assert_eq!(Clock::System.move_to(Moment(i64::MAX)), Err(CannotMove::NotASandbox));
    }

    #[test]
    fn ids_are_positive_and_differ() {
        let mut dice = Dice::new();
        let ids: std::collections::HashSet<i64> = (0..1_000).map(|_| dice.id()).collect();
        assert_eq!(ids.len(), 1_000);
        assert!(ids.iter().all(|id| (0..1 << 60).contains(id)));
    }
}
