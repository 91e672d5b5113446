//! What a transaction has read and means to write: one step for each key, found by hash.

use smallvec::SmallVec;

use crate::dict::engine::Hashed;

/// Steps that are kept without an allocation, and looked through one by one.
const FEW: usize = 8;

/// What a [`Log`] is made of.
pub(in crate::dict) trait Step {
    fn hash(&self) -> Hashed;
}

/// The steps of a transaction, in the order of their keys' first use.
pub(in crate::dict) struct Log<T> {
    steps: SmallVec<[T; FEW]>,
    /// Open addressing, a power of two: one more than a step's place, or zero. At most half full, and empty while steps are few.
    index: Vec<u32>,
}

impl<T> Log<T> {
    pub(in crate::dict) fn len(&self) -> usize {
        self.steps.len()
    }
}

impl<T: Step> Log<T> {
    pub(in crate::dict) fn new() -> Self {
        Self { steps: SmallVec::new(), index: Vec::new() }
    }

    pub(in crate::dict) fn clear(&mut self) {
        self.steps.clear();
        self.index.clear();
    }

    pub(in crate::dict) fn steps(&self) -> &[T] {
        &self.steps
    }

    pub(in crate::dict) fn step(&mut self, place: usize) -> &mut T {
        &mut self.steps[place]
    }

    /// The place of a key's step. Constant time, if hashes are good.
    pub(in crate::dict) fn find(&self, hash: Hashed, mut is: impl FnMut(&T) -> bool) -> Option<usize> {
        let mut is = |place: usize| self.steps[place].hash() == hash && is(&self.steps[place]);
        if self.index.is_empty() {
            return (0..self.steps.len()).find(|&place| is(place));
        }
        self.probe(hash).map_while(|at| (self.index[at] as usize).checked_sub(1)).find(|&place| is(place))
    }

    /// Adds the step of a key that has none. Its place.
    pub(in crate::dict) fn push(&mut self, step: T) -> usize {
        let place = self.steps.len();
        assert!(place < u32::MAX as usize / 4, "too many keys for a transaction");
        self.steps.push(step);
        if place >= FEW {
            self.enter(place);
        }
        place
    }

    fn enter(&mut self, place: usize) {
        let entered = if self.index.len() < 2 * self.steps.len() {
            self.index = vec![0; (4 * self.steps.len()).next_power_of_two()];
            0..place + 1
        } else {
            place..place + 1
        };
        for place in entered {
            let mut free = self.probe(self.steps[place].hash());
            let at = free.find(|&at| self.index[at] == 0).expect("half of the index is free");
            drop(free);
            self.index[at] = place as u32 + 1;
        }
    }

    /// The places in the index where a hash may be, one after the other.
    fn probe(&self, hash: Hashed) -> impl Iterator<Item = usize> + use<T> {
        // The golden ratio of 2^64: neighbouring hashes are spread.
        const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;
        let mask = self.index.len() - 1;
        let first = (hash.bits().wrapping_mul(SPREAD) >> 32) as usize;
        (0..=mask).map(move |step| (first + step) & mask)
    }
}
