//! Keys, values and elements that are counted, and all whose code may panic: the first call of it in one run, the second one in the next, and so on.

use std::{
    cell::Cell,
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    panic::resume_unwind,
    rc::Rc,
    thread,
};

/// How many are there, and after how many more calls of foreign code one panics.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) live: Cell<i64>,
    pub(crate) countdown: Cell<Option<u32>>,
    /// Whether destructors are foreign code that panics too.
    pub(crate) drops_panic: Cell<bool>,
}

impl World {
    /// Where foreign code may panic.
    pub(crate) fn step(&self) {
        let Some(left) = self.countdown.get() else { return };
        self.countdown.set(left.checked_sub(1));
        if left == 0 {
            resume_unwind(Box::new("injected"));
        }
    }
}

pub(crate) struct Bomb(pub(crate) Rc<World>, pub(crate) u64);

impl Bomb {
    pub(crate) fn new(world: &Rc<World>, value: u64) -> Self {
        world.live.set(world.live.get() + 1);
        Self(Rc::clone(world), value)
    }
}

impl fmt::Debug for Bomb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.1.fmt(f)
    }
}

impl Clone for Bomb {
    fn clone(&self) -> Self {
        self.0.step();
        Self::new(&self.0, self.1)
    }
}

impl Drop for Bomb {
    fn drop(&mut self) {
        self.0.live.set(self.0.live.get() - 1);
        if self.0.drops_panic.get() && !thread::panicking() {
            self.0.step();
        }
    }
}

impl PartialEq for Bomb {
    fn eq(&self, other: &Self) -> bool {
        self.0.step();
        self.1 == other.1
    }
}

impl Eq for Bomb {}

impl PartialOrd for Bomb {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Bomb {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.step();
        self.1.cmp(&other.1)
    }
}

impl Hash for Bomb {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.step();
        state.write_u64(self.1);
    }
}
