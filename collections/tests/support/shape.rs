//! Hash functions of many shapes, in one type.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::{FixedState, FoldHasher};

/// What becomes of a good hash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Itself.
    #[default]
    Good,
    /// Another good one.
    Other,
    /// The same for all.
    Constant,
    /// One of four, far from each other.
    Four,
    /// Nothing above bit 32.
    Low,
    /// Nothing but the upper 16 bits.
    High,
    /// The square of itself, which makes small ones frequent.
    Skewed,
    /// Good ones, but a quarter of all are the same.
    Lumped,
}

pub(crate) const SHAPES: [Shape; 8] =
    [Shape::Good, Shape::Other, Shape::Constant, Shape::Four, Shape::Low, Shape::High, Shape::Skewed, Shape::Lumped];

pub(crate) struct Shaped {
    good: FoldHasher<'static>,
    shape: Shape,
}

impl BuildHasher for Shape {
    type Hasher = Shaped;

    fn build_hasher(&self) -> Shaped {
        let seed = if *self == Self::Other { 2 } else { 1 };
        Shaped { good: FixedState::with_seed(seed).build_hasher(), shape: *self }
    }
}

impl Hasher for Shaped {
    fn write(&mut self, bytes: &[u8]) {
        self.good.write(bytes);
    }

    fn finish(&self) -> u64 {
        // The hash of a single number is not even enough for a test that relies on it.
        let good = self.good.finish();
        let good = (good ^ good >> 32).wrapping_mul(0x9fb2_1c65_1e98_df25);
        match self.shape {
            Shape::Good | Shape::Other => good,
            Shape::Constant => 0x1234_5678_9abc_def0,
            Shape::Four => good & 0xc000_0000_0000_0000 | 0x0123_4567_89ab_cdef,
            Shape::Low => good >> 32,
            Shape::High => good & 0xffff_0000_0000_0000,
            Shape::Skewed => ((u128::from(good) * u128::from(good)) >> 64) as u64,
            Shape::Lumped => {
                if good & 3 == 0 {
                    0xffff_ffff_ffff_ffff
                } else {
                    good
                }
            }
        }
    }
}
