//! Retired things on their way to being freed: who may still use them, and when that is over.
//!
//! ```text
//!              scan: heavy(), look at all nodes                 settle: look again
//!   fresh ──┬──────────────────────────────► waiting ──────────────────────────────► free ──► dropped, outside of here
//!           │     some reader's number was odd         each has changed since
//!           ├──────────────────────────────────────────────────────────────────────► free
//!           │     no reader's number was odd
//!           └──► held, and with the next scan fresh again    a slot protects the address
//!
//!           0          at        len
//!   ring    │ fresh …  │ free …  │      retiring puts an item where a free one was, and gives that out: one place is
//!           └──────────┴─────────┘      read and written, and the allocator gets a block back for each that it gave
//! ```

use std::{mem, ptr};

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

    /// Whether this item may be dropped, although a reader uses what it stands for, because `other` keeps that.
    fn is_spare_beside(&self, _other: &Self) -> bool {
        false
    }
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
    /// Before `at`, what was retired since the last scan. From there on what nobody can be using, with gaps.
    ring: Vec<Option<T>>,
    at: usize,
    /// Found protected by a slot at the last scan; to be looked at again.
    held: Vec<T>,
    /// Looked at while somebody was reading.
    waiting: Vec<Batch<T>>,
    /// Nobody can be using these either.
    more_free: Vec<T>,
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
    fn key(&self) -> (usize, Stamp) {
        (ptr::from_ref(self.sequence).addr(), self.stamp)
    }

    /// Whether it may be in the middle of the same thing still.
    fn is_still_reading(&self) -> bool {
        // Acquire, edge R3: a changed number was written with Release after the reads, or after a number that was.
        self.sequence.load(edge!("sequence_settle", Acquire, weaker Relaxed)) == self.stamp
    }
}

impl<T> Garbage<T> {
    pub(super) const fn new() -> Self {
        Self { ring: Vec::new(), at: 0, held: Vec::new(), waiting: Vec::new(), more_free: Vec::new() }
    }

    /// How many items there are in all states. Linear.
    pub(super) fn len(&self) -> usize {
        self.iter().count()
    }

    /// How many items only wait to be dropped. Linear.
    pub(super) fn free_len(&self) -> usize {
        self.ring[self.at..].iter().flatten().count() + self.more_free.len()
    }

    /// How many items wait for readers that were seen in the middle of something.
    pub(super) fn waiting_len(&self) -> usize {
        self.waiting.iter().map(|batch| batch.items.len()).sum()
    }

    /// Adds an item that was retired just now; takes out one that nobody can be using, if it comes to hand.
    #[inline]
    pub(super) fn exchange(&mut self, item: T) -> Option<T> {
        let free = match self.ring.get_mut(self.at) {
            Some(place) => place.replace(item),
            None => {
                self.ring.push(Some(item));
                None
            }
        };
        self.at += 1;
        free.or_else(|| self.more_free.pop())
    }

    /// How many items were retired since the last scan.
    pub(super) fn fresh_len(&self) -> usize {
        self.at
    }

    /// Adds an item that was retired earlier, to be looked at by the next scan.
    pub(super) fn adopt(&mut self, item: T) {
        self.held.push(item);
    }

    /// Adds all items of another one, to be looked at by the next scan.
    pub(super) fn adopt_all(&mut self, other: &mut Self) {
        self.held.extend(other.take_all());
    }

    /// Whether there is nothing.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.ring.is_empty() && self.held.is_empty() && self.waiting.is_empty() && self.more_free.is_empty()
    }

    /// Adds an item that nobody can be using. None comes out.
    pub(super) fn push_free(&mut self, item: T) -> Option<T> {
        self.more_free.push(item);
        None
    }

    /// Takes out an item that nobody can be using.
    pub(super) fn pop_free(&mut self) -> Option<T> {
        while self.ring.len() > self.at {
            if let Some(item) = self.ring.pop().flatten() {
                return Some(item);
            }
        }
        self.more_free.pop()
    }

    /// Takes everything out, in whatever state.
    pub(super) fn take_all(&mut self) -> impl Iterator<Item = T> {
        let Self { ring, held, waiting, more_free, .. } = mem::replace(self, Self::new());
        let waiting = waiting.into_iter().flat_map(|batch| batch.items);
        ring.into_iter().flatten().chain(held).chain(waiting).chain(more_free)
    }

    /// Every item.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        let waiting = self.waiting.iter().flat_map(|batch| &batch.items);
        self.ring.iter().flatten().chain(&self.held).chain(waiting).chain(&self.more_free)
    }

    /// Adds what another one holds, each item in its state.
    pub(super) fn merge(&mut self, mut other: Self) {
        self.more_free.extend(other.ring.drain(other.at..).flatten());
        self.held.extend(other.ring.into_iter().flatten().chain(other.held));
        other.waiting.into_iter().for_each(|batch| self.wait(batch));
        self.more_free.extend(other.more_free);
    }

    /// Frees what no reader can be using any more of what waits.
    fn settle(&mut self) {
        self.waiting.retain_mut(|batch| {
            // The last one first, and no further than the first that still reads: a stuck batch costs one look.
            while batch.readers.pop_if(|reader| !reader.is_still_reading()).is_some() {}
            if !batch.readers.is_empty() {
                return true;
            }
            self.more_free.append(&mut batch.items);
            false
        });
    }

    /// Makes `batch` wait.
    fn wait(&mut self, mut batch: Batch<T>) {
        let many = self.waiting.len() >= MOST_BATCHES;
        match self.waiting.last_mut() {
            // A long stall: more batches would only be more to look at. The joined one waits for all that both waited
            // for. Either may have looked at a reader later than the other: both looks stay, unless they are the same.
            Some(last) if many => {
                last.items.append(&mut batch.items);
                last.readers.append(&mut batch.readers);
                last.readers.retain(Reader::is_still_reading);
                last.readers.sort_unstable_by_key(Reader::key);
                last.readers.dedup_by_key(|reader| reader.key());
            }
            _ => self.waiting.push(batch),
        }
    }
}

impl<T: Retired> Garbage<T> {
    /// Looks who may be using what, and frees what nobody can. One heavy fence, unless there is nothing to look at; linear
    /// in items and nodes.
    pub(super) fn scan(&mut self, readers_are: Readers) {
        self.settle();
        if self.at == 0 && self.held.is_empty() {
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
        protected.sort_unstable();
        let is_protected = |item: &T| protected.binary_search(&item.address().cast_mut()).is_ok();
        // Most often nothing is held, nobody is reading, and all of the ring becomes free where it is.
        let unheld = self.held.extract_if(.., |item| !is_protected(item));
        if readers.is_empty() {
            self.more_free.extend(unheld);
        } else {
            let mut items: Vec<T> = unheld.collect();
            items.extend(
                self.ring[..self.at]
                    .iter_mut()
                    .filter(|place| !place.as_ref().is_none_or(is_protected))
                    .filter_map(Option::take),
            );
            self.wait(Batch { items, readers });
        }
        if !protected.is_empty() {
            let held = self.ring[..self.at].iter_mut().filter(|place| place.as_ref().is_some_and(is_protected));
            self.held.extend(held.filter_map(Option::take));
        }
        self.at = 0;
        // One count keeps a value; a writer that goes to and fro between two values would pile them up here.
        self.held.sort_unstable_by_key(|item| item.address().addr());
        let mut kept = 0;
        for i in 1..self.held.len() {
            if !self.held[i].is_spare_beside(&self.held[kept]) {
                kept += 1;
                self.held.swap(kept, i);
            }
        }
        let spare = self.held.len().min(kept + 1)..;
        self.more_free.extend(self.held.drain(spare));
    }
}
