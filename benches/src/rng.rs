//! Two small generators: one for choices, one for work that can be checked afterwards.

/// SplitMix64: choices that are the same in every run.
#[derive(Clone, Copy, Debug)]
pub struct SplitMix(u64);

impl SplitMix {
    /// A sequence of its own per seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    #[inline]
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// The next number below `bound`, which is not 0.
    #[inline]
    pub fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.draw()) * bound as u128) >> 64) as usize
    }
}

/// One step of xorshift64: six cycles that depend on the step before and that no compiler can fold into fewer, so that
/// a chain of them is work of a known length. [`jump`] says where a chain must end. 0 stays 0.
#[inline]
pub fn step(mut state: u64) -> u64 {
    state ^= state << 13;
    state ^= state >> 7;
    state ^ (state << 17)
}

/// So many steps, done one by one.
#[inline]
pub fn steps(mut state: u64, count: u32) -> u64 {
    for _ in 0..count {
        state = step(state);
    }
    state
}

/// Where `count` steps from `state` lead, in O(log count): a step is linear over bits, so that many steps are a power
/// of one matrix.
pub fn jump(mut state: u64, mut count: u64) -> u64 {
    // Per bit of the state, what the steps make of it.
    let mut matrix: [u64; 64] = std::array::from_fn(|bit| step(1 << bit));
    while count > 0 {
        if count & 1 == 1 {
            state = apply(&matrix, state);
        }
        let half = matrix;
        matrix = half.map(|image| apply(&half, image));
        count >>= 1;
    }
    state
}

fn apply(matrix: &[u64; 64], state: u64) -> u64 {
    (0..64).filter(|bit| state >> bit & 1 == 1).fold(0, |sum, bit| sum ^ matrix[bit])
}
