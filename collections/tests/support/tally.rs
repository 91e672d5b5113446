//! Keys and values whose drops are counted one by one, and may panic.

use std::{
    fmt,
    hash::{Hash, Hasher},
    sync::{
        Arc,
        atomic::{
            AtomicU8, AtomicUsize,
            Ordering::{AcqRel, Acquire, Relaxed},
        },
    },
    thread,
};

/// Who was dropped, and how often.
#[derive(Clone)]
pub(crate) struct Tally(Arc<Book>);

struct Book {
    born: AtomicUsize,
    /// For each that was born, how often it was dropped.
    drops: Box<[AtomicU8]>,
    /// Called at the end of each drop, unless a panic unwinds: two of them would end the process.
    hook: Box<dyn Fn() + Send + Sync>,
}

/// A number that is one of a kind.
pub(crate) struct Counted {
    number: u64,
    id: usize,
    tally: Tally,
}

impl Tally {
    /// For at most so many. The hook is a part of each drop.
    pub(crate) fn new(most: usize, hook: impl Fn() + Send + Sync + 'static) -> Self {
        let drops = (0..most).map(|_| AtomicU8::new(0)).collect();
        Self(Arc::new(Book { born: AtomicUsize::new(0), drops, hook: Box::new(hook) }))
    }

    pub(crate) fn new_one(&self, number: u64) -> Counted {
        let id = self.0.born.fetch_add(1, Relaxed);
        assert!(id < self.0.drops.len(), "more are made than the test has said");
        Counted { number, id, tally: self.clone() }
    }

    /// How many there are. Fails if one was dropped twice.
    pub(crate) fn alive(&self) -> usize {
        let born = self.0.born.load(Relaxed);
        let drops = self.0.drops[..born].iter().map(|drops| drops.load(Acquire));
        drops.enumerate().filter(|&(id, drops)| is_alive(id, drops)).count()
    }
}

fn is_alive(id: usize, drops: u8) -> bool {
    assert!(drops <= 1, "number {id} was dropped {drops} times");
    drops == 0
}

impl Counted {
    /// The number, of one that is alive.
    pub(crate) fn number(&self) -> u64 {
        assert!(
            is_alive(self.id, self.tally.0.drops[self.id].load(Relaxed)),
            "number {} is used after its end",
            self.id
        );
        self.number
    }
}

impl fmt::Debug for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (number {})", self.number, self.id)
    }
}

impl Clone for Counted {
    fn clone(&self) -> Self {
        self.tally.new_one(self.number())
    }
}

impl PartialEq for Counted {
    fn eq(&self, other: &Self) -> bool {
        self.number() == other.number()
    }
}

impl Eq for Counted {}

impl Hash for Counted {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.number());
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let Book { drops, hook, .. } = &*self.tally.0;
        let is_first = drops[self.id].fetch_add(1, AcqRel) == 0;
        // A second drop is for `alive` to report.
        if is_first && !thread::panicking() {
            hook();
        }
    }
}
