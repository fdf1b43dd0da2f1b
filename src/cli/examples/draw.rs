//! Seeded chance: the only source of variety in the examples.
//!
//! Every person draws from a stream of their own, so that a change to one person
//! leaves the bytes of all others alone. Numbers are made from the raw words of
//! ChaCha here rather than by the samplers of `rand`, since those may change what
//! they yield from one version to the next, and the same seed must give the same
//! bytes for as long as the files are in the repository.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

pub(super) struct Draw {
    words: ChaCha8Rng,
}

impl Draw {
    pub(super) fn new(seed: u64, stream: u64) -> Draw {
        let mut words = ChaCha8Rng::seed_from_u64(seed);
        words.set_stream(stream);
        Draw { words }
    }

    /// A number from 0 up to, and not including, `end`.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        assert!(end > 0, "there is no number below zero to draw");
        let wide = u128::from(self.words.next_u64()) * u128::from(end);
        u64::try_from(wide >> 64).expect("the upper half of a product of two words is a word")
    }

    /// A number from `low` to `high`, both included.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        assert!(low <= high, "an empty range {low} to {high}");
        let span = high.abs_diff(low) + 1;
        low.saturating_add_unsigned(self.below(span))
    }

    /// The same for the small counts of months.
    pub(super) fn months(&mut self, low: i32, high: i32) -> i32 {
        i32::try_from(self.between(low.into(), high.into())).expect("it lies between two i32")
    }

    pub(super) fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    pub(super) fn pick<T: Copy>(&mut self, among: &[T]) -> T {
        let index = usize::try_from(self.below(among.len() as u64)).expect("an index into a slice");
        among[index]
    }
}
