//! What only few locks need, allocated when one first does: the entries that wait for the lock, the tail of the queue of
//! behaviours, and the board of closures.
//!
//! Orderings: `lock_push`, `lock_pop`, `lock_side_get`, `lock_side_set` and `lock_side_lost`, in the table of [`raw_lock`](super).

use std::{
    panic::{RefUnwindSafe, UnwindSafe},
    ptr::{self, NonNull},
    sync::atomic::Ordering::Relaxed,
};

use super::{board::Board, length::Length, state::State};
use crate::{
    edge::edge,
    primitive::{AtomicPtr, UnsafeCell, const_fn},
    when::Behaviours,
};

/// Somebody who waits for a lock without a thread of its own: at the beginning of a `repr(C)` struct of the waiter.
#[repr(C)]
pub(crate) struct Entry {
    /// Written by the pusher before the push, and by the holder afterwards.
    next: UnsafeCell<*mut Entry>,
    /// Called once with the entry, by the thread that releases the lock.
    grant: unsafe fn(NonNull<Entry>),
    /// Whether the entry has the lock when `grant` is called; else it is free.
    takes: bool,
}

impl Entry {
    /// An entry that takes the lock: `grant` is called while the lock is held in the entry's name.
    pub(crate) fn new(grant: unsafe fn(NonNull<Entry>)) -> Self {
        Self { next: UnsafeCell::new(ptr::null_mut()), grant, takes: true }
    }

    /// An entry that only wants to know when it is its turn to try.
    pub(crate) fn caller(call: unsafe fn(NonNull<Entry>)) -> Self {
        Self { next: UnsafeCell::new(ptr::null_mut()), grant: call, takes: false }
    }
}

/// The rest of a lock. Aligned so that the board has a cache line of its own.
#[repr(C, align(64))]
pub(crate) struct Side {
    pub(super) board: Board,
    /// How long closures take that were run from the board.
    pub(super) length: Length,
    /// Entries that came lately, the last one first.
    pushed: AtomicPtr<Entry>,
    /// Entries in the order of their coming. The holder's.
    queue: UnsafeCell<*mut Entry>,
    /// Whether the last release that had the choice went to a sleeper. The holder's.
    turn: UnsafeCell<bool>,
    /// Whether the last caller was called alone. The holder's.
    alone: UnsafeCell<bool>,
    /// The queue of the behaviours that want this lock; `when` alone touches it.
    pub(crate) behaviours: Behaviours,
}

impl Side {
    fn new() -> Self {
        Self {
            board: Board::new(),
            length: Length::new(),
            pushed: AtomicPtr::new(ptr::null_mut()),
            queue: UnsafeCell::new(ptr::null_mut()),
            turn: UnsafeCell::new(false),
            alone: UnsafeCell::new(false),
            behaviours: Behaviours::new(),
        }
    }

    /// Whether it is the turn of a sleeper, not of an entry.
    ///
    /// # Safety
    /// - The caller holds the lock.
    pub(super) unsafe fn take_turns(&self) -> bool {
        // SAFETY: the clause above.
        unsafe { turn(&self.turn) }
    }

    /// Whether a sleeper is called beside a caller.
    ///
    /// # Safety
    /// - The caller holds the lock.
    pub(super) unsafe fn sleepers_beside(&self) -> bool {
        // SAFETY: the clause above.
        unsafe { turn(&self.alone) }
    }

    /// Puts `entry` in; it must be announced afterwards.
    ///
    /// # Safety
    /// - The entry is in no queue, and stays where it is until its `grant` is called.
    pub(super) unsafe fn push(&self, entry: NonNull<Entry>) {
        let mut last = self.pushed.load(Relaxed);
        loop {
            // SAFETY: nobody else knows the entry yet, by the clause above.
            let next = unsafe { &entry.as_ref().next };
            next.with_mut(|next| {
                // SAFETY: so nobody else touches its link either.
                unsafe { *next = last }
            });
            // Release: the entry, to `take`.
            let order = edge!("lock_push", Release, weaker Relaxed);
            match self.pushed.compare_exchange_weak(last, entry.as_ptr(), order, Relaxed) {
                Ok(_) => return,
                Err(now) => last = now,
            }
        }
    }

    /// The entry that has waited longest; it is out of the queue then.
    ///
    /// # Safety
    /// - The caller holds the lock of which `state` is.
    pub(super) unsafe fn pop(&self, state: &State) -> Option<Granted> {
        self.queue.with_mut(|queue| {
            // SAFETY: the holder alone touches the queue.
            let queue = unsafe { &mut *queue };
            if queue.is_null() {
                state.retract_entries();
                // Acquire: the entries, from `push`.
                let mut last = self.pushed.swap(ptr::null_mut(), edge!("lock_pop", Acquire, weaker Relaxed));
                while let Some(entry) = NonNull::new(last) {
                    // SAFETY: entries that were pushed stay until they are granted, which the holder alone does.
                    last = unsafe { replace_next(entry, *queue) };
                    *queue = entry.as_ptr();
                }
            }
            let first = NonNull::new(*queue)?;
            // SAFETY: an entry in the queue stays until it is granted, and the holder alone takes it out.
            *queue = unsafe { replace_next(first, ptr::null_mut()) };
            if !queue.is_null() {
                state.keep_entries();
            }
            Some(Granted(first))
        })
    }
}

/// # Safety
/// - The caller holds the lock.
unsafe fn turn(side: &UnsafeCell<bool>) -> bool {
    side.with_mut(|side| {
        // SAFETY: the holder alone touches it.
        let side = unsafe { &mut *side };
        *side = !*side;
        *side
    })
}

/// An entry whose turn it is.
#[must_use]
pub(super) struct Granted(NonNull<Entry>);

impl Granted {
    /// Whether it takes the lock.
    pub(super) fn takes(&self) -> bool {
        // SAFETY: the entry stays where it is until it is granted.
        unsafe { self.0.as_ref() }.takes
    }

    /// Tells the entry.
    ///
    /// # Safety
    /// - If the entry takes the lock, the caller holds it and gives it up.
    pub(super) unsafe fn grant(self) {
        // SAFETY: the entry stays where it is until it is granted.
        let grant = unsafe { self.0.as_ref() }.grant;
        // SAFETY: called once, as the entry is out of the queue, in the holder's thread.
        unsafe { grant(self.0) }
    }
}

/// # Safety
/// - The caller holds the lock in whose queue the entry is.
unsafe fn replace_next(entry: NonNull<Entry>, next: *mut Entry) -> *mut Entry {
    // SAFETY: the entry stays where it is while it is in the queue.
    let field = unsafe { &entry.as_ref().next };
    field.with_mut(|field| {
        // SAFETY: after the push the holder alone touches the field.
        let field = unsafe { &mut *field };
        std::mem::replace(field, next)
    })
}

/// The way from a lock to its side.
pub(super) struct Aside(AtomicPtr<Side>);

impl Aside {
    const_fn! {
        pub(super) const fn new() -> Self {
            Self(AtomicPtr::new(ptr::null_mut()))
        }
    }

    /// The side, if the lock has one.
    #[inline]
    pub(super) fn get(&self) -> Option<&Side> {
        // Acquire: the side was filled in before.
        let side = self.0.load(edge!("lock_side_get", Acquire, weaker Relaxed));
        // SAFETY: a side lives as long as its lock, which is borrowed.
        unsafe { side.as_ref() }
    }

    /// The side, made now if there is none.
    pub(super) fn get_or_make(&self) -> &Side {
        self.get().unwrap_or_else(|| self.make())
    }

    #[cold]
    fn make(&self) -> &Side {
        let made = Box::into_raw(Box::new(Side::new()));
        // Release: what is in it, to `get`. Acquire on failure: the other one was filled in before.
        let (won, lost) =
            (edge!("lock_side_set", Release, weaker Relaxed), edge!("lock_side_lost", Acquire, weaker Relaxed));
        match self.0.compare_exchange(ptr::null_mut(), made, won, lost) {
            // SAFETY: just made, and lives as long as the lock from now on.
            Ok(_) => unsafe { &*made },
            Err(other) => {
                // SAFETY: nobody else has seen it.
                drop(unsafe { Box::from_raw(made) });
                // SAFETY: a side lives as long as its lock, which is borrowed.
                unsafe { &*other }
            }
        }
    }
}

/// No foreign code runs between two states of a side, so no panic leaves it half changed.
impl UnwindSafe for Aside {}
impl RefUnwindSafe for Aside {}

impl Drop for Aside {
    fn drop(&mut self) {
        // Relaxed: the exclusive borrow comes after every use of the lock.
        let side = self.0.load(Relaxed);
        if !side.is_null() {
            // SAFETY: made by `Box::into_raw`, and nobody can use the lock any more.
            drop(unsafe { Box::from_raw(side) });
        }
    }
}
