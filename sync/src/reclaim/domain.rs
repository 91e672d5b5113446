//! Domains: the garbage of one structure.
//!
//! Orderings: the table of `reclaim` has the edges that stand here.

use std::{fmt, iter, mem, num::NonZero, sync::OnceLock, thread, time::Duration};

use crossbeam_utils::CachePadded;

use super::{
    dropping::{drop_one, is_dropping},
    garbage::{Garbage, Readers, Retired},
    pace::{Due, Pace, limit},
    stranded::Stranded,
};
use crate::{config::MOST_SHARDS, private::Private, registry};

/// How long a retirement waits for the list beside the parts, which others have for as long as it takes to empty it.
///
/// Whoever has it for longer has lost its processor, or does not exist in this child of a fork.
const PUSH_TIMEOUT: Duration = Duration::from_millis(10);

/// Who drops what a [`Domain`] finds free, and when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DropPolicy {
    /// Whoever retires drops, after the operation, a few earlier items each time.
    #[default]
    Inline,
    /// Nobody, until somebody calls [`Domain::collect`]: for items whose destructors may run foreign code, which must not
    /// happen in the middle of something.
    Deferred,
}

/// The garbage of one structure: items that were unlinked from it, and that readers may be using still.
///
/// `T` owns an item; dropping it frees the item. Readers hold [`Pin`](super::Pin)s, [`OwnedPin`](super::OwnedPin)s or
/// [`Protected`](super::Protected) pointers. An item is free once no slot protects its address and every pin that was
/// there at a scan has ended or been renewed: at the latest one scan after that. Scans happen every so many retirements
/// (256, and more when there are many threads), or at once when the last was long ago.
///
/// **What is kept behind.** A `Protected` pointer keeps one item. A pin keeps everything that is retired while it lives, without
/// bound; [`stats`](Self::stats) shows it.
///
/// **Dropping the domain** drops all its items, so `T` may borrow what outlives the domain. As with a `Vec`, two items whose
/// destructors panic in it end the process; [`drain`](Self::drain) first does not.
///
/// **After `fork`**, in the child: a part of the domain that another thread was in the middle of changing stays locked, as any
/// lock would. [`retire`](Self::retire) goes round it, and what it puts beside it
/// stays there; the operations that block wait for ever.
///
/// ```
/// use polder_sync::reclaim::{self, Domain, DropPolicy};
/// use std::sync::atomic::{AtomicPtr, Ordering::AcqRel};
///
/// // An owning handle: not a `Box`, because others still read what it owns.
/// struct Owned(*mut u64);
/// // SAFETY: it owns a `u64`.
/// unsafe impl Send for Owned {}
/// impl Drop for Owned {
///     fn drop(&mut self) {
///         // SAFETY: from `Box::into_raw`, and dropped once.
///         drop(unsafe { Box::from_raw(self.0) });
///     }
/// }
///
/// let garbage = Domain::new(DropPolicy::Inline);
/// let head = AtomicPtr::new(Box::into_raw(Box::new(7)));
/// let reader = reclaim::protect(&head).expect("not null");
///
/// let old = head.swap(std::ptr::null_mut(), AcqRel);
/// // SAFETY: `head` was the only way to it, and readers borrow `head`, which lives as long as `garbage`.
/// unsafe { garbage.retire(old.cast(), Owned(old)) };
///
/// // SAFETY: the guard protects what it points to.
/// assert_eq!(unsafe { *reader.as_ptr() }, 7);
/// drop(reader);
/// garbage.flush();
/// assert_eq!(garbage.stats().kept, 0);
/// ```
pub struct Domain<T> {
    policy: DropPolicy,
    /// As many as there are processors, so that threads seldom meet; made at the first retirement.
    shards: OnceLock<Box<[CachePadded<Private<Shard<T>>>]>>,
    /// What was retired while every shard was in use. Locked to push or to take all, no longer.
    overflow: Private<Vec<Item<T>>>,
    /// What was retired while a thread had even that for longer than [`PUSH_TIMEOUT`]. Waiting there as a rule keeps those who
    /// retire from outrunning those who scan.
    stranded: Stranded<Item<T>>,
}

struct Shard<T> {
    garbage: Garbage<Item<T>>,
    pace: Pace,
}

struct Item<T> {
    address: *const (),
    /// Dropped to free what is at the address.
    owned: T,
}

// SAFETY: the address is a number here; the item goes where its owner may go.
unsafe impl<T: Send> Send for Item<T> {}

impl<T> Retired for Item<T> {
    #[inline]
    fn address(&self) -> *const () {
        self.address
    }
}

/// How much a [`Domain`] keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DomainStats {
    /// Retired and not dropped yet.
    pub kept: usize,
    /// Of these, known to be in no reader's use, and waiting to be dropped.
    pub free: usize,
    /// Of these, waiting for pins that were there at a scan.
    pub pinned: usize,
}

impl<T> Domain<T> {
    crate::primitive::const_fn! {
        /// A domain without garbage. Allocates nothing.
        pub const fn new(policy: DropPolicy) -> Self {
            Self { policy, shards: OnceLock::new(), overflow: Private::new(Vec::new()), stranded: Stranded::new() }
        }
    }

    /// Who drops, and when.
    pub fn policy(&self) -> DropPolicy {
        self.policy
    }
}

impl<T: Send> Domain<T> {
    /// Takes an item that was unlinked, to drop it when nobody can be using it.
    ///
    /// `address` is what readers give to, or get from, [`protect`](super::protect) as that item. Amortised O(1), with a scan
    /// that is linear in the batch and the nodes. Goes on to another part of the domain when one is in use, and to a list beside
    /// them when all are; it waits for another thread that is at that list, 10 ms at most, or that makes the parts at the first use. With
    /// [`DropPolicy::Inline`] destructors run in here, one as a rule, more after a pin that was long. They may retire again,
    /// also here; what they retire is dropped later, not deeper.
    ///
    /// # Panics
    /// If a destructor that runs in here does; nothing is lost.
    ///
    /// # Safety
    /// - The item can be found no more: no `AtomicPtr` that anybody gives to [`protect`](super::protect) holds its address,
    ///   and who pins from now on cannot reach it. (Who is pinned already may.)
    /// - Readers reach the item only under a pin or protection that they made before it was unlinked, and which ends before
    ///   the domain is dropped or [drained](Self::drain) (a reader's guard borrows the structure that owns the domain).
    /// - The item is retired once, and dropping `owned` is sound on any thread.
    pub unsafe fn retire(&self, address: *const (), owned: T) {
        let item = Item { address, owned };
        let shards = self.shards();
        let start = registry::current().map_or(0, registry::Node::number);
        let place = |i: usize| &*shards[(start + i) % shards.len()];
        let free_shard = (0..shards.len()).find_map(|i| Some((place(i), place(i).try_lock()?)));
        let Some((shard, mut locked)) = free_shard else { return self.retire_beside(item) };
        let free = locked.add(item, self);
        // Destructors run when nothing is locked.
        drop(locked);
        free.drop_each(shard);
    }

    #[cold]
    fn retire_beside(&self, item: Item<T>) {
        let overflow = match self.stranded.is_in_use() {
            // A model's clock lets every deadline pass, and what a mutex alone orders needs no model.
            _ if cfg!(polder_loom) => None,
            false => self.overflow.try_lock_for(PUSH_TIMEOUT),
            true => self.overflow.try_lock(),
        };
        match overflow {
            Some(mut overflow) => overflow.push(item),
            None => self.stranded.push(item),
        }
    }

    /// Scans, and with [`DropPolicy::Inline`] drops what is free.
    ///
    /// Blocks while another thread is inside a shard, which is for a scan at most.
    ///
    /// # Panics
    /// If a destructor does; the others stay, and are dropped later.
    pub fn flush(&self) {
        for shard in self.shards.get().into_iter().flatten() {
            shard.lock().scan(self);
        }
        if self.policy == DropPolicy::Inline {
            self.collect(usize::MAX);
        }
    }

    /// Drops at most so many free items on the calling thread; returns how many it was: none from within the destructor of
    /// an item, for destructors do not nest. Does not scan.
    ///
    /// Blocks as [`flush`](Self::flush). Nothing is locked while a destructor runs.
    ///
    /// # Panics
    /// If a destructor does; the others stay, and can be collected later.
    pub fn collect(&self, at_most: usize) -> usize {
        let mut dropped = 0;
        if is_dropping() {
            return dropped;
        }
        for shard in self.shards.get().into_iter().flatten() {
            while dropped < at_most {
                let Some(item) = shard.lock().garbage.pop_free() else { break };
                dropped += 1;
                drop_one(item);
            }
        }
        dropped
    }

    /// Drops everything, whoever waits for whatever: nobody can be reading, because readers' guards borrow what is
    /// borrowed exclusively here.
    ///
    /// # Panics
    /// If a destructor does; the others stay, and are dropped with the domain at the latest.
    pub fn drain(&mut self) {
        for shard in self.shards.get().into_iter().flatten() {
            let mut shard_locked = shard.lock();
            shard_locked.take_over(self);
            let many = shard_locked.garbage.take_all().collect();
            drop(shard_locked);
            Freed { one: None, many }.drop_each(shard);
        }
    }

    /// Calls `f` with every item that was retired and is not dropped yet.
    ///
    /// Each item once, unless it is retired during the call; one whose destructor has begun is not among them. Nothing is
    /// locked while `f` runs; other threads may retire. The items that are being shown are taken out meanwhile: they are not
    /// dropped, and another call at the same time, of this or of [`stats`](Self::stats), misses them. So who must see all
    /// calls it from one thread at a time, and not from within `f`.
    pub fn for_each_retired(&self, mut f: impl FnMut(&T)) {
        for shard in self.shards.get().into_iter().flatten() {
            let taken = {
                let mut shard = shard.lock();
                shard.take_over(self);
                mem::replace(&mut shard.garbage, Garbage::new())
            };
            let shown = PutBack { shard, taken: Some(taken) };
            shown.taken.iter().flat_map(Garbage::iter).for_each(|item| f(&item.owned));
        }
    }

    /// How much is kept. Blocks as [`flush`](Self::flush).
    pub fn stats(&self) -> DomainStats {
        let kept = self.overflow.lock().len() + self.stranded.len();
        let mut stats = DomainStats { kept, ..DomainStats::default() };
        for shard in self.shards.get().into_iter().flatten() {
            let shard = shard.lock();
            stats.kept += shard.garbage.len();
            stats.free += shard.garbage.free_len();
            stats.pinned += shard.garbage.waiting_len();
        }
        stats
    }

    fn shards(&self) -> &[CachePadded<Private<Shard<T>>>] {
        self.shards.get_or_init(|| {
            let processors = thread::available_parallelism().map_or(1, NonZero::get);
            let new = || CachePadded::new(Private::new(Shard { garbage: Garbage::new(), pace: Pace::new() }));
            (0..processors.clamp(1, MOST_SHARDS)).map(|_| new()).collect()
        })
    }
}

/// Items to be dropped when nothing is locked. Seldom more than one, and that takes no memory.
struct Freed<T> {
    one: Option<Item<T>>,
    many: Vec<Item<T>>,
}

impl<T> Freed<T> {
    fn pop(&mut self) -> Option<Item<T>> {
        self.one.take().or_else(|| self.many.pop())
    }

    /// Drops one item after the other. When a destructor panics the rest goes back to `shard`, for a later time: a second
    /// panic while the first unwinds would end the process.
    fn drop_each(self, shard: &Private<Shard<T>>) {
        struct Rest<'a, T>(Freed<T>, &'a Private<Shard<T>>);

        impl<T> Drop for Rest<'_, T> {
            fn drop(&mut self) {
                while let Some(item) = self.0.pop() {
                    self.1.lock().garbage.push_free(item);
                }
            }
        }

        let mut rest = Rest(self, shard);
        while let Some(item) = rest.0.pop() {
            drop_one(item);
        }
    }
}

impl<T> Shard<T> {
    /// Takes an item in, scans when that is due, and gives out what is to be dropped now.
    fn add(&mut self, item: Item<T>, domain: &Domain<T>) -> Freed<T> {
        let free = self.garbage.exchange(item);
        let due = self.pace.add(1);
        if due != Due::Nothing {
            self.scan(domain);
        }
        if domain.policy == DropPolicy::Deferred || is_dropping() {
            if let Some(free) = free {
                self.garbage.push_free(free);
            }
            return Freed { one: None, many: Vec::new() };
        }
        let many = match due {
            Due::Nothing => 0,
            Due::Eager => self.garbage.free_len(),
            Due::Batch => self.garbage.free_len().saturating_sub(limit()),
        };
        Freed { one: free, many: iter::from_fn(|| self.garbage.pop_free()).take(many).collect() }
    }

    fn scan(&mut self, domain: &Domain<T>) {
        self.take_over(domain);
        self.garbage.scan(Readers::Pinned);
        self.pace.restart();
    }

    /// Takes what was retired while every shard was in use, but what another one has just begun to take.
    fn take_over(&mut self, domain: &Domain<T>) {
        if let Some(mut overflow) = domain.overflow.try_lock() {
            mem::take(&mut *overflow).into_iter().for_each(|item| self.garbage.adopt(item));
        }
        domain.stranded.take().for_each(|item| self.garbage.adopt(item));
    }
}

/// Puts garbage back that was taken out to be shown, also when the viewer panics.
struct PutBack<'a, T> {
    shard: &'a Private<Shard<T>>,
    taken: Option<Garbage<Item<T>>>,
}

impl<T> Drop for PutBack<'_, T> {
    fn drop(&mut self) {
        if let Some(taken) = self.taken.take() {
            self.shard.lock().garbage.merge(taken);
        }
    }
}

impl<T> fmt::Debug for Domain<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Domain").field("policy", &self.policy).finish_non_exhaustive()
    }
}
