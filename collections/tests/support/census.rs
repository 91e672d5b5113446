//! Values that are counted while they live, and that notice when they are used after that.

use std::sync::{
    Arc,
    atomic::{
        AtomicUsize,
        Ordering::{AcqRel, Acquire, Relaxed},
    },
};

const ALIVE: usize = 0x600d_600d;
const DEAD: usize = 0xdead;

/// Counts the births and deaths of its [`Member`]s.
#[derive(Clone, Debug, Default)]
pub(crate) struct Census(Arc<Figures>);

#[derive(Debug, Default)]
struct Figures {
    born: AtomicUsize,
    died: AtomicUsize,
    twice: AtomicUsize,
}

/// A value with a number, on the heap so that an access after its end is one to memory that was given back.
#[derive(Debug)]
pub(crate) struct Member {
    number: Box<usize>,
    state: AtomicUsize,
    census: Census,
}

impl Census {
    /// A new value.
    pub(crate) fn member(&self, number: usize) -> Member {
        self.0.born.fetch_add(1, Relaxed);
        Member { number: Box::new(number), state: AtomicUsize::new(ALIVE), census: self.clone() }
    }

    /// How many values there are now. Fails if one has died twice.
    pub(crate) fn alive(&self) -> usize {
        assert_eq!(self.0.twice.load(Relaxed), 0, "a value was dropped twice");
        // The deaths first: a value that is born and dies between the two reads would make the difference negative.
        let died = self.0.died.load(Acquire);
        self.0.born.load(Acquire) - died
    }
}

impl Member {
    /// The number, of a value that is alive.
    pub(crate) fn number(&self) -> usize {
        assert_eq!(self.state.load(Relaxed), ALIVE, "a value is read after its end");
        *self.number
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        if self.state.swap(DEAD, Relaxed) != ALIVE {
            self.census.0.twice.fetch_add(1, Relaxed);
        }
        self.census.0.died.fetch_add(1, AcqRel);
    }
}
