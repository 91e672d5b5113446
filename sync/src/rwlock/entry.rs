//! Taking the lock without a thread that waits for it: entries, for behaviours.
//!
//! The module header of [`rwlock`](super) has the protocol, the invariants and the orderings.

use std::{
    ptr::{self, NonNull},
    sync::atomic::Ordering::Relaxed,
};

use super::core::Core;
use crate::{
    edge::edge,
    primitive::{AtomicPtr, const_fn},
    raw_lock::Entry,
};

/// Somebody who waits for the lock without a thread of its own: at the beginning of a `repr(C)` struct of the waiter.
#[repr(C)]
pub(crate) struct RwEntry {
    /// Its place among the writers. At the beginning, so that its address is the entry's.
    writer: Entry,
    /// The lock for which it waits as a writer.
    lock: AtomicPtr<Core>,
    /// The next one in a list of readers.
    next: AtomicPtr<RwEntry>,
    /// Called once with the entry, when the lock is held in its name.
    grant: unsafe fn(NonNull<RwEntry>),
}

impl RwEntry {
    /// An entry that is in no queue. `grant` is called once for each [`lock_entry`](Core::lock_entry) that returns false.
    pub(crate) fn new(grant: unsafe fn(NonNull<Self>)) -> Self {
        Self {
            writer: Entry::new(begin_turn),
            lock: AtomicPtr::new(ptr::null_mut()),
            next: AtomicPtr::new(ptr::null_mut()),
            grant,
        }
    }

    /// Gives the lock to an entry.
    ///
    /// # Safety
    /// - The entry waits, in no list any more, and the lock is held in its name.
    pub(super) unsafe fn grant(entry: NonNull<Self>) {
        // SAFETY: an entry stays where it is until its `grant` is called.
        let grant = unsafe { entry.as_ref() }.grant;
        // SAFETY: called once, by the clause above.
        unsafe { grant(entry) }
    }
}

/// An entry's turn among the writers has come.
///
/// # Safety
/// - The argument is the beginning of an [`RwEntry`] that waits as a writer, and the lock's `writers` is held in its name.
unsafe fn begin_turn(entry: NonNull<Entry>) {
    let entry = entry.cast::<RwEntry>();
    // SAFETY: an entry stays where it is until its `grant` is called.
    let lock = unsafe { entry.as_ref() }.lock.load(Relaxed);
    // SAFETY: the thread that gives the turn borrows the lock for as long as it takes.
    let lock = unsafe { &*lock };
    if lock.begin_write_of(entry) {
        // SAFETY: no reader is left, and nobody else has been made to call it.
        unsafe { RwEntry::grant(entry) }
    }
}

impl Core {
    /// Takes the lock for `entry` if that needs no wait: true, and its `grant` is not called. Else `grant` is called when the
    /// lock is held in the entry's name, perhaps before this returns, by a thread that gives up the lock, or by this one.
    ///
    /// # Safety
    /// - The entry waits for nothing else. If the result is false, it stays where it is until its `grant` is called.
    /// - The lock stays where it is until the entry has had it and given it back.
    pub(crate) unsafe fn lock_entry(&self, entry: NonNull<RwEntry>, write: bool) -> bool {
        if write {
            // SAFETY: by the clauses above, nobody else has the entry yet.
            let lock = unsafe { &entry.as_ref().lock };
            lock.store(ptr::from_ref(self).cast_mut(), Relaxed);
            // SAFETY: the clauses above.
            return unsafe { self.writers.lock_entry(entry.cast()) } && self.begin_write_of(entry);
        }
        if self.word.try_enter(1, || self.bias.may_return()) {
            return true;
        }
        // SAFETY: the clauses above.
        self.entries.push(unsafe { List::of(entry) });
        if !self.word.announce() {
            self.collect();
        }
        false
    }

    /// Gives the lock back that an entry was given for writing (`write`) or reading.
    ///
    /// # Safety
    /// - The caller holds it in that way, and gives it up.
    pub(crate) unsafe fn unlock_entry(&self, write: bool) {
        if write { self.end_write_of_entry() } else { self.leave_counted() }
    }

    /// Keeps readers out; true if none is left, else the last one calls the entry.
    fn begin_write_of(&self, entry: NonNull<RwEntry>) -> bool {
        self.begin_write().is_none() || self.drain_for(entry)
    }

    /// Sees to the list, which no writer may have noticed.
    fn collect(&self) {
        loop {
            let list = self.entries.take();
            if list.len() == 0 {
                return;
            }
            if self.word.try_enter(list.len(), || self.bias.may_return()) {
                list.grant_all();
                return;
            }
            self.entries.push(list);
            if self.word.announce() {
                return;
            }
        }
    }
}

/// The entries that wait to read, in no order: they get in together.
pub(super) struct Entries(AtomicPtr<RwEntry>);

impl Entries {
    const_fn! {
        pub(super) const fn new() -> Self {
            Self(AtomicPtr::new(ptr::null_mut()))
        }
    }

    /// Puts a list in. It must be announced afterwards.
    fn push(&self, list: List) {
        let Some((first, last)) = list.ends else { return };
        let mut head = self.0.load(Relaxed);
        loop {
            // SAFETY: entries in a list stay where they are until they are granted.
            unsafe { last.as_ref() }.next.store(head, Relaxed);
            // Release, edge `rw_entry_push`: the entries, to `take`.
            let order = edge!("rw_entry_push", Release, weaker Relaxed);
            match self.0.compare_exchange_weak(head, first.as_ptr(), order, Relaxed) {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }

    /// Takes all out.
    pub(super) fn take(&self) -> List {
        // Acquire, edge `rw_entry_push`.
        let head = self.0.swap(ptr::null_mut(), edge!("rw_entry_take", Acquire, weaker Relaxed));
        List::from_chain(head)
    }
}

/// Entries that are one thread's to deal with.
#[must_use]
pub(super) struct List {
    ends: Option<(NonNull<RwEntry>, NonNull<RwEntry>)>,
    len: u64,
}

impl List {
    /// No entries.
    pub(super) const EMPTY: Self = Self { ends: None, len: 0 };

    /// A list of one.
    ///
    /// # Safety
    /// - The entry is in no list, and stays where it is until it is granted.
    unsafe fn of(entry: NonNull<RwEntry>) -> Self {
        Self { ends: Some((entry, entry)), len: 1 }
    }

    /// The entries from `first` on.
    fn from_chain(first: *mut RwEntry) -> Self {
        let Some(first) = NonNull::new(first) else { return Self::EMPTY };
        let (mut last, mut len) = (first, 1);
        // SAFETY: entries in a list stay where they are until they are granted.
        while let Some(next) = NonNull::new(unsafe { last.as_ref() }.next.load(Relaxed)) {
            (last, len) = (next, len + 1);
        }
        Self { ends: Some((first, last)), len }
    }

    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Adds the entries of another list.
    pub(super) fn add(&mut self, other: Self) {
        self.len += other.len;
        self.ends = match (self.ends, other.ends) {
            (Some((first, last)), Some((next, end))) => {
                // SAFETY: entries in a list stay where they are until they are granted.
                unsafe { last.as_ref() }.next.store(next.as_ptr(), Relaxed);
                Some((first, end))
            }
            (ours, theirs) => ours.or(theirs),
        };
    }

    /// Calls each. The lock is held in the name of all.
    pub(super) fn grant_all(self) {
        let mut next = self.ends.map_or(ptr::null_mut(), |(first, _)| first.as_ptr());
        while let Some(entry) = NonNull::new(next) {
            // SAFETY: entries in a list stay where they are until they are granted; so this comes first.
            next = unsafe { entry.as_ref() }.next.load(Relaxed);
            // SAFETY: in no other list, counted as a reader, and called once.
            unsafe { RwEntry::grant(entry) };
        }
    }
}
