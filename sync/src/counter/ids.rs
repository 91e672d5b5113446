//! Which cells are a counter's: places, who has one, and those that wait for the next counter.

use std::{
    sync::atomic::{
        AtomicBool,
        Ordering::{self, Relaxed},
    },
    time::Duration,
};

use super::cells::LINE;
use crate::{
    config::{COUNTER_CHUNK_BITS, COUNTER_LINES},
    primitive::{AtomicU32, const_fn, shared_static},
    private::{Private, PrivateGuard},
};

/// How long a dropped counter waits to give its place back.
const GIVE_TIMEOUT: Duration = Duration::from_millis(10);

/// Chunks of a node, with chunk 0, which does not exist.
pub(super) const CHUNKS: usize = 1 << COUNTER_CHUNK_BITS;

/// The first chunk that does exist.
pub(super) const FIRST_CHUNK: usize = 1;

/// Cells of the first chunk. Each further one has twice as many as the one before.
const FIRST_LEN: u32 = (LINE * COUNTER_LINES) as u32;

const _: () = assert!(FIRST_LEN.is_power_of_two(), "places are computed by logarithm");
const _: () = assert!((FIRST_LEN as u64) << (CHUNKS - 1) <= 1 << (32 - COUNTER_CHUNK_BITS), "an offset has room");

/// Where a counter's cell is in each node: a chunk's number in the low bits, and the cell's within the chunk above.
///
/// D1: but for `NONE`, the second number is less than the number of cells in the chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place(u32);

impl Place {
    /// No place: in chunk 0, so that whoever looks for a cell there finds none, without having to ask first.
    pub(super) const NONE: Self = Self(0);

    /// The place number `index`; `None` if there are not so many.
    fn nth(index: u32) -> Option<Self> {
        let from_first = index.checked_add(FIRST_LEN)?;
        let doublings = from_first.ilog2() - FIRST_LEN.ilog2();
        let chunk = doublings + FIRST_CHUNK as u32;
        let offset = from_first - (FIRST_LEN << doublings);
        ((chunk as usize) < CHUNKS).then_some(Self(offset << COUNTER_CHUNK_BITS | chunk))
    }

    #[inline]
    pub(super) fn chunk(self) -> usize {
        self.0 as usize % CHUNKS
    }

    #[inline]
    pub(super) fn offset(self) -> usize {
        (self.0 >> COUNTER_CHUNK_BITS) as usize
    }
}

/// A counter's place, or `NONE` as long as it has none.
pub(super) struct Seat(AtomicU32);

impl Seat {
    const_fn! {
        pub(super) const fn empty() -> Self {
            Self(AtomicU32::new(0))
        }
    }

    #[inline]
    pub(super) fn load(&self, order: Ordering) -> Place {
        Place(self.0.load(order))
    }

    pub(super) fn store(&self, place: Place, order: Ordering) {
        self.0.store(place.0, order);
    }
}

/// The places that have been handed out at all, and those of them that are free again.
pub(super) struct Pool {
    issued: u32,
    free: Vec<Place>,
}

shared_static! {
    static POOL: Private<Pool> = Private::new(Pool { issued: 0, free: Vec::new() });
}

/// The right to take places, if nobody has it at the moment. Does not wait.
///
/// In the child of a fork somebody who does not exist there may have it for ever. Then counters get no places any more, and
/// nobody hangs.
pub(super) fn pool() -> Option<PrivateGuard<'static, Pool>> {
    POOL.try_lock()
}

/// Gives back the place of a counter that is no more.
///
/// Waits for whoever has the pool, which is for a few instructions, but not for ever: one who has it for longer has lost its
/// processor, or does not exist in this child of a fork. Then the place is lost: some bytes in each node.
pub(super) fn give(place: Place) {
    // What was added at the place comes before what its next counter does: edges E1 and E2 of the mutex.
    static GAVE_UP: AtomicBool = AtomicBool::new(false);
    // Relaxed: spares those who come later the wait, once it was in vain.
    let pool = match GAVE_UP.load(Relaxed) {
        // A model's clock lets every deadline pass, and no model forks.
        _ if cfg!(polder_loom) => Some(POOL.lock()),
        false => POOL.try_lock_for(GIVE_TIMEOUT),
        true => POOL.try_lock(),
    };
    match pool {
        Some(mut pool) => pool.free.push(place),
        None => GAVE_UP.store(true, Relaxed),
    }
}

impl Pool {
    /// A place that no counter has; `None` if all are taken.
    pub(super) fn take(&mut self) -> Option<Place> {
        self.free.pop().or_else(|| {
            let place = Place::nth(self.issued)?;
            self.issued += 1;
            Some(place)
        })
    }
}

#[cfg(all(test, not(polder_loom)))]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::Counter;

    /// D1, and that no two places are one, up to the last.
    #[test]
    fn places_fill_their_chunks_one_after_the_other() {
        let mut expected = (FIRST_CHUNK, 0);
        let mut index = 0;
        while let Some(place) = Place::nth(index) {
            assert_eq!((place.chunk(), place.offset()), expected);
            assert_ne!(place, Place::NONE);
            expected.1 += 1;
            if expected.1 == (FIRST_LEN as usize) << (expected.0 - FIRST_CHUNK) {
                expected = (expected.0 + 1, 0);
            }
            index += 1;
        }
        assert_eq!(expected, (CHUNKS, 0), "all of every chunk");
        assert_eq!(Place::nth(u32::MAX), None);
    }

    /// A drop gives the place back.
    #[test]
    fn counters_in_turn_take_one_place() {
        let places: BTreeSet<u32> = (0..100)
            .map(|_| {
                let counter = Counter::new();
                assert_eq!(counter.seat.load(Relaxed), Place::NONE);
                counter.increment();
                counter.seat.load(Relaxed).0
            })
            .collect();
        assert!(!places.contains(&0) && places.len() == 1, "{places:?}");
    }
}
