//! Retired things on their way to being freed: who may still use them, and when that is over.
//!
//! ```text
//!              scan: heavy(), look at all nodes                 settle: look again
//!   fresh ──┬──────────────────────────────► waiting ──────────────────────────────► free ──► dropped, outside of here
//!           │     some reader's number was odd         each has changed since
//!           ├──────────────────────────────────────────────────────────────────────► free
//!           │     no reader's number was odd
//!           └──► fresh    a slot protects the address
//! ```

use std::mem;

use crate::{
    config::MOST_BATCHES,
    edge::edge,
    fence,
    registry::{REGISTRY, Sequence, Stamp},
};

/// Something that readers know by an address.
pub(super) trait Retired {
    /// What a slot holds that protects it.
    fn address(&self) -> *const ();
}

/// Whose reservations a structure's readers make, besides slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Readers {
    /// The few instructions that take a count of a reference cell's value.
    OfCells,
    /// Pins.
    Pinned,
}

/// Retired items of one structure or one thread. Nothing in here runs foreign code.
pub(super) struct Garbage<T> {
    /// Not looked at yet, or found protected by a slot.
    fresh: Vec<T>,
    /// Looked at while somebody was reading.
    waiting: Vec<Batch<T>>,
    /// Nobody can be using these.
    free: Vec<T>,
    len: usize,
}

/// Items that no slot protects, and that these readers may have found.
struct Batch<T> {
    items: Vec<T>,
    readers: Vec<Reader>,
}

/// A reader that was in the middle of something when it was looked at.
struct Reader {
    sequence: &'static Sequence,
    stamp: Stamp,
}

impl Reader {
    /// Whether it may be in the middle of the same thing still.
    fn is_still_reading(&self) -> bool {
        // Acquire, edge R3: a changed number was written with Release after the reads, or after a number that was.
        self.sequence.load(edge!("sequence_settle", Acquire, weaker Relaxed)) == self.stamp
    }
}

impl<T> Garbage<T> {
    pub(super) const fn new() -> Self {
        Self { fresh: Vec::new(), waiting: Vec::new(), free: Vec::new(), len: 0 }
    }

    /// How many items there are in all states.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// How many items only wait to be dropped.
    pub(super) fn free_len(&self) -> usize {
        self.free.len()
    }

    /// How many items wait for readers that were seen in the middle of something.
    pub(super) fn waiting_len(&self) -> usize {
        self.waiting.iter().map(|batch| batch.items.len()).sum()
    }

    /// Adds an item that was retired just now.
    #[inline]
    pub(super) fn push(&mut self, item: T) {
        self.fresh.push(item);
        self.len += 1;
    }

    /// Takes out an item that nobody can be using.
    #[inline]
    pub(super) fn pop_free(&mut self) -> Option<T> {
        let item = self.free.pop()?;
        self.len -= 1;
        Some(item)
    }

    /// Takes everything out, in whatever state.
    pub(super) fn take_all(&mut self) -> impl Iterator<Item = T> {
        let Self { fresh, waiting, free, .. } = mem::replace(self, Self::new());
        fresh.into_iter().chain(waiting.into_iter().flat_map(|batch| batch.items)).chain(free)
    }

    /// Every item.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.fresh.iter().chain(self.waiting.iter().flat_map(|batch| &batch.items)).chain(&self.free)
    }

    /// Adds what another one holds, each item in its state.
    pub(super) fn merge(&mut self, other: Self) {
        let Self { fresh, waiting, free, len } = other;
        self.fresh.extend(fresh);
        self.waiting.extend(waiting);
        self.free.extend(free);
        self.len += len;
    }

    /// Frees what no reader can be using any more of what waits.
    fn settle(&mut self) {
        self.waiting.retain_mut(|batch| {
            // The last one first, and no further than the first that still reads: a stuck batch costs one look.
            while batch.readers.pop_if(|reader| !reader.is_still_reading()).is_some() {}
            if !batch.readers.is_empty() {
                return true;
            }
            self.free.append(&mut batch.items);
            false
        });
    }

    /// Makes `batch` wait.
    fn wait(&mut self, mut batch: Batch<T>) {
        let many = self.waiting.len() >= MOST_BATCHES;
        match self.waiting.last_mut() {
            // A long stall: more batches would only be more to look at. The later look at a reader replaces the
            // earlier one; that is a longer wait and so a safe one.
            Some(last) if many => {
                last.items.append(&mut batch.items);
                last.readers.retain(|old| !batch.readers.iter().any(|new| std::ptr::eq(old.sequence, new.sequence)));
                last.readers.append(&mut batch.readers);
            }
            _ => self.waiting.push(batch),
        }
    }
}

impl<T: Retired> Garbage<T> {
    /// Looks who may be using what, and frees what nobody can. One heavy fence, unless nothing is fresh; linear in
    /// items and nodes.
    pub(super) fn scan(&mut self, readers_are: Readers) {
        self.settle();
        if self.fresh.is_empty() {
            return;
        }
        // F: a reader whose announcement is not seen below looks at its source after this fence, and so cannot find
        // what was unlinked before it was retired.
        fence::heavy();
        let mut protected = Vec::new();
        let mut readers = Vec::new();
        for node in REGISTRY.nodes() {
            let sequence = match readers_are {
                Readers::OfCells => &node.all,
                Readers::Pinned => &node.pin,
            };
            // Acquire, edge R3: an even number, or a new one, was written after the reads before it.
            let stamp = sequence.load(edge!("sequence_scan", Acquire, weaker Relaxed));
            if !stamp.is_even() {
                readers.push(Reader { sequence, stamp });
            }
            protected.extend(node.protected().filter(|address| !address.is_null()));
        }
        let mut items = mem::take(&mut self.fresh);
        if !protected.is_empty() {
            protected.sort_unstable();
            let is_protected = |item: &mut T| protected.binary_search(&item.address().cast_mut()).is_ok();
            self.fresh = items.extract_if(.., is_protected).collect();
        }
        if readers.is_empty() {
            if self.free.is_empty() && self.fresh.is_empty() {
                // The usual case gives both vectors their memory back.
                self.fresh = mem::replace(&mut self.free, items);
            } else {
                self.free.append(&mut items);
            }
        } else {
            self.wait(Batch { items, readers });
        }
    }
}
