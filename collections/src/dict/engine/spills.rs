//! Slots for what does not fit into a bin: a pool of spills that bins link to.
//!
//! A spill that is given back may be another bin's at once: whoever walks a chain looks at its bin's version after each
//! step. So their memory stays what it is as long as the table lives; but it returns to the system when no spill is in use.
//!
//! Orderings: D1 and D6 in the table of `engine`.

use std::sync::atomic::Ordering::Relaxed;

use super::{
    bin::{Slot, Spill},
    bits::{Link, Tags},
    bulk::fetch,
    memory::Segments,
};
use crate::{
    edge::edge,
    primitive::{AtomicU64, Pace},
};

/// The spills of a table.
pub(crate) struct Spills<S: Slot> {
    memory: Segments<Spill<S>>,
    /// One while somebody changes the numbers below: a few instructions, or the making of a segment.
    lock: AtomicU64,
    /// A chain of spills that were given back.
    free: AtomicU64,
    /// Spills from here on were never given out.
    fresh: AtomicU64,
    /// How many are out.
    live: AtomicU64,
}

impl<S: Slot> Spills<S> {
    const FIRST_LOG: u32 = 4;

    pub(crate) fn new(huge_pages: bool) -> Self {
        Self {
            memory: Segments::new(Self::FIRST_LOG, huge_pages),
            lock: AtomicU64::new(0),
            free: AtomicU64::new(0),
            fresh: AtomicU64::new(0),
            live: AtomicU64::new(0),
        }
    }

    /// The spill of a link that a bin or another spill has or had.
    #[inline]
    pub(crate) fn get(&self, link: Link) -> &Spill<S> {
        debug_assert!(!link.is_none(), "the end of the chain");
        // SAFETY: the link was published after the spill was taken out of the pool, which reserved it (edges D1, D4).
        unsafe { self.memory.get(link.0 as usize - 1) }
    }

    /// Asks for the line of a spill.
    pub(crate) fn fetch(&self, link: Link) {
        fetch(self.get(link));
    }

    /// A spill that nobody has, without tags.
    pub(crate) fn take(&self) -> Link {
        self.locked(|| {
            // Relaxed: all under the lock.
            self.live.store(self.live.load(Relaxed) + 1, Relaxed);
            let free = Link(self.free.load(Relaxed) as u32);
            if free.is_none() {
                let fresh = self.fresh.load(Relaxed);
                let link = u32::try_from(fresh + 1).ok().filter(|&link| link <= Link::MOST).expect("capacity overflow");
                self.memory.reserve(fresh as usize);
                self.fresh.store(fresh + 1, Relaxed);
                return Link(link);
            }
            let (_, next) = self.get(free).load();
            self.free.store(next.0.into(), Relaxed);
            free
        })
    }

    /// Gives back a spill that no bin links to any more, and whose bin has got a new version since.
    pub(crate) fn give(&self, link: Link) {
        self.locked(|| {
            // Relaxed: all under the lock.
            let live = self.live.load(Relaxed) - 1;
            self.live.store(live, Relaxed);
            self.get(link).publish(Tags(0), Link(self.free.load(Relaxed) as u32));
            self.free.store(link.0.into(), Relaxed);
            if live == 0 {
                self.forget_all();
            }
        });
    }

    /// With the lock held, and no spill in use: begins from the start.
    fn forget_all(&self) {
        const WORTH_IT: u64 = 1 << 12;
        let fresh = self.fresh.load(Relaxed);
        if fresh < WORTH_IT {
            return;
        }
        // SAFETY: nobody writes to a spill that is not in use, and what walkers read there they forget.
        unsafe { self.memory.release(0, fresh as usize) };
        self.fresh.store(0, Relaxed);
        self.free.store(0, Relaxed);
    }

    fn locked<T>(&self, f: impl FnOnce() -> T) -> T {
        struct Unlock<'a>(&'a AtomicU64);
        impl Drop for Unlock<'_> {
            fn drop(&mut self) {
                // Release, edge D6: what was done under the lock.
                self.0.store(0, edge!("dict_pool_unlock", Release, weaker Relaxed));
            }
        }
        let mut pace = Pace::default();
        // Acquire, edge D6: what was done under the lock before.
        while self.lock.compare_exchange(0, 1, edge!("dict_pool_lock", Acquire, weaker Relaxed), Relaxed).is_err() {
            pace.wait();
        }
        let _unlock = Unlock(&self.lock);
        f()
    }
}
