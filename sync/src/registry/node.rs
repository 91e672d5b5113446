//! One thread's node: what it protects, and what only it may touch.

use std::{
    cell::Cell,
    process, ptr,
    sync::atomic::Ordering::{self, Relaxed},
};

use crate::{
    bell::Bell,
    config::{READ_SLOTS, SLOTS},
    counter::Cells,
    edge::edge,
    primitive::{AtomicPtr, AtomicUsize, UnsafeCell},
    reclaim::Own,
};

/// Who may use a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Owner {
    /// Nobody. Guards that outlived their thread's registration may still be in it; then it is not *idle*.
    Nobody = 0,
    /// The thread whose thread-local variable points to it.
    Thread = 1,
    /// A value that may go from thread to thread: an owned pin.
    Value = 2,
    /// An operation of a thread that is ending, and has given its node back.
    Operation = 3,
    /// Somebody is looking whether it can be had, or taking what an owner left in it. Guards may linger.
    Candidate = 4,
}

/// A node of the registry. `mod.rs` says who may touch what.
///
/// Aligned to two cache lines, because processors fetch lines in pairs.
#[repr(C, align(128))]
pub(crate) struct Node {
    /// Line 0: what the owner protects, pointer by pointer.
    slots: [Slot; SLOTS],
    /// Line 1: reservations of any reference cell's value, by the owner.
    pub(crate) all: Sequence,
    /// Traversals by the owner.
    pub(crate) pin: Sequence,
    /// How many pins of the owner are nested in each other.
    pin_depth: UnsafeCell<usize>,
    /// What the owner sleeps on while it waits for a word in its own frame.
    pub(crate) bell: Bell,
    /// How many retired items are in it: as of the owner's last scan, or exactly if it has no owner.
    pub(crate) kept: AtomicUsize,
    /// An [`Owner`].
    owner: AtomicUsize,
    /// Written before the node is pushed, never again.
    next: AtomicPtr<Node>,
    /// Whether the registry counts it as live. Touched by the owner only.
    counted: Cell<bool>,
    /// Whether `own` is in use. Touched by the owner only.
    busy: Cell<bool>,
    /// Line 2: the addresses of the locks that the owner reads under. Apart from `slots`, which scans of reclamation read
    /// much more often.
    reads: [Slot; READ_SLOTS],
    /// Line 3 and on: what the owner writes often and others seldom read.
    own: UnsafeCell<Own>,
    /// The owner's cells of all counters.
    pub(crate) cells: Cells,
}

// SAFETY: the owner alone touches `pin_depth`, `counted`, `busy` and `own` (N2); everything else is atomic.
unsafe impl Sync for Node {}
// SAFETY: nothing in a node is tied to the thread that made it.
unsafe impl Send for Node {}

impl Node {
    pub(super) fn new(owner: Owner) -> Self {
        Self {
            slots: std::array::from_fn(|_| Slot(AtomicPtr::new(ptr::null_mut()))),
            all: Sequence(AtomicUsize::new(0)),
            pin: Sequence(AtomicUsize::new(0)),
            pin_depth: UnsafeCell::new(0),
            bell: Bell::new(),
            kept: AtomicUsize::new(0),
            owner: AtomicUsize::new(owner as usize),
            next: AtomicPtr::new(ptr::null_mut()),
            counted: Cell::new(false),
            busy: Cell::new(false),
            reads: std::array::from_fn(|_| Slot(AtomicPtr::new(ptr::null_mut()))),
            own: UnsafeCell::new(Own::new()),
            cells: Cells::new(),
        }
    }

    /// A slot that protects nothing. Owner only.
    #[inline]
    pub(crate) fn free_slot(&self) -> Option<&Slot> {
        let first = &self.slots[0];
        if first.is_free() { Some(first) } else { self.other_free_slot() }
    }

    /// As [`free_slot`](Self::free_slot), for guards within guards. Apart, to keep the usual path short where it is
    /// inlined.
    #[inline(never)]
    fn other_free_slot(&self) -> Option<&Slot> {
        self.slots[1..].iter().find(|slot| slot.is_free())
    }

    /// A read slot that names no lock. Owner only.
    #[inline]
    pub(crate) fn free_read_slot(&self) -> Option<&Slot> {
        let first = &self.reads[0];
        if first.is_free() { Some(first) } else { self.other_free_read_slot() }
    }

    /// As [`free_read_slot`](Self::free_read_slot), for a thread that reads under another lock already. Apart, likewise.
    #[inline(never)]
    fn other_free_read_slot(&self) -> Option<&Slot> {
        self.reads[1..].iter().find(|slot| slot.is_free())
    }

    /// The read slots.
    pub(crate) fn read_slots(&self) -> &[Slot] {
        &self.reads
    }

    /// Whether a slot protects `pointer`, other than `except`. Owner only.
    #[inline]
    pub(crate) fn protects(&self, pointer: *mut (), except: Option<&Slot>) -> bool {
        // Relaxed: the owner reads what itself wrote.
        let has = |slot: &Slot| slot.0.load(Relaxed) == pointer;
        self.slots.iter().any(|slot| has(slot) && !except.is_some_and(|except| ptr::eq(except, slot)))
    }

    /// Runs `f` on what only the owner may touch; `None`, and `f` is not run, if that is going on already. Foreign code
    /// could come back here only through a global allocator that uses cells.
    ///
    /// # Safety
    /// - The caller owns the node (N2).
    #[inline]
    pub(crate) unsafe fn with_own<U>(&self, f: impl FnOnce(&mut Own) -> U) -> Option<U> {
        struct Idle<'a>(&'a Cell<bool>);

        impl Drop for Idle<'_> {
            #[inline]
            fn drop(&mut self) {
                self.0.set(false);
            }
        }

        if self.busy.replace(true) {
            return None;
        }
        let _idle = Idle(&self.busy);
        Some(self.own.with_mut(|own| {
            // SAFETY: the caller is the only one with access (N2), and not inside another such call, by the look at `busy`.
            f(unsafe { &mut *own })
        }))
    }

    /// Whether `with_own` would find it in use. Owner only.
    pub(crate) fn is_busy(&self) -> bool {
        self.busy.get()
    }

    /// Changes how many pins of the owner are nested in each other; returns what it is then. Forgotten pins can make it
    /// overflow on a small machine, which ends the process, as it does with an `Arc`.
    ///
    /// # Safety
    /// - The caller owns the node (N2), or holds a pin of it, which keeps it from having a next owner.
    #[inline]
    pub(crate) unsafe fn change_depth(&self, change: isize) -> usize {
        self.pin_depth.with_mut(|depth| {
            // SAFETY: the caller is the only one with access, by the clause above.
            let depth = unsafe { &mut *depth };
            *depth = depth.checked_add_signed(change).unwrap_or_else(|| process::abort());
            *depth
        })
    }

    /// The pointers that the node protects at some moment of the call, or `null`s.
    pub(crate) fn protected(&self) -> impl Iterator<Item = *mut ()> {
        // Acquire, edge R2: whoever stopped protecting a pointer has finished reading, also if the slot has gone on to
        // another pointer since.
        self.slots.iter().map(|slot| slot.0.load(edge!("slot_scan", Acquire, weaker Relaxed)))
    }

    /// Makes the caller the only one who may touch `own`, if the node is nobody's, whether a guard lingers or not.
    /// [`disown`](Self::disown) ends it.
    pub(super) fn try_claim(&self) -> bool {
        if self.owner.load(Relaxed) != Owner::Nobody as usize {
            return false;
        }
        // Acquire, edge N-own: what the last owner did to its part of the node comes before what the next one does.
        let order = edge!("node_own", Acquire, weaker Relaxed);
        self.owner.compare_exchange(Owner::Nobody as usize, Owner::Candidate as usize, order, Relaxed).is_ok()
    }

    /// Makes the caller, who has claimed the node and found it idle, the owner.
    pub(super) fn own_claimed(&self, owner: Owner) {
        // Relaxed: read by a forked child only, which has everything that its thread has seen. Until here the node was a
        // candidate, so that such a child does not take a lingering guard's node for one of a thread that is gone.
        self.owner.store(owner as usize, Relaxed);
    }

    /// Whether the registry has counted it, which it will have from now on as `counted` says. Owner only.
    pub(super) fn count(&self, counted: bool) -> bool {
        self.counted.replace(counted)
    }

    /// Whether no guard lingers in a node without an owner. Once true it stays so until somebody owns the node.
    pub(super) fn is_idle(&self) -> bool {
        // Acquire, edge N-idle: the guard's last access to the node comes before the next owner's first.
        let order = edge!("node_idle", Acquire, weaker Relaxed);
        self.pin.load(order).is_even() && self.all_slots().all(|slot| slot.0.load(order).is_null())
    }

    /// Every slot of either kind.
    fn all_slots(&self) -> impl Iterator<Item = &Slot> {
        self.slots.iter().chain(&self.reads)
    }

    /// Ends the caller's ownership.
    pub(crate) fn disown(&self) {
        // Release, edge N-own: see `try_own`.
        self.owner.store(Owner::Nobody as usize, edge!("node_disown", Release, weaker Relaxed));
    }

    /// Whether the node belongs to `owner`, at some moment.
    pub(super) fn is_of(&self, owner: Owner) -> bool {
        self.owner.load(Relaxed) == owner as usize
    }

    /// Ends every guard in the node.
    ///
    /// # Safety
    /// - Nobody uses the guards in it again, and this process has one thread.
    #[cfg(all(unix, not(polder_loom)))]
    pub(super) unsafe fn clear(&self) {
        for slot in self.all_slots() {
            slot.0.store(ptr::null_mut(), Relaxed);
        }
        self.all.settle();
        self.pin.settle();
        self.pin_depth.with_mut(|depth| {
            // SAFETY: the caller is the only thread, and no pin is left.
            unsafe { *depth = 0 }
        });
    }

    /// Takes the node from an owner that does not exist in this process. Guards stay.
    ///
    /// # Safety
    /// - The node is not the calling thread's, nor a value's, and this process has one thread.
    #[cfg(all(unix, not(polder_loom)))]
    pub(super) unsafe fn abandon(&self) {
        // The owner may have been in the middle of changing it: forgotten, not dropped.
        self.own.with_mut(|own| {
            // SAFETY: the caller is the only thread; the old value is not touched.
            unsafe { own.write(Own::new()) }
        });
        self.busy.set(false);
        self.kept.store(0, Relaxed);
        self.owner.store(Owner::Nobody as usize, Relaxed);
    }

    pub(super) fn next(&self) -> *mut Node {
        // Relaxed: written before the push that the reader's way here acquired (edge N-push).
        self.next.load(Relaxed)
    }

    pub(super) fn set_next(&self, next: *mut Node) {
        // Relaxed: before the push, whose Release covers it.
        self.next.store(next, Relaxed);
    }

    /// A number for the node, spread over the low bits.
    pub(crate) fn number(&self) -> usize {
        ptr::from_ref(self).addr() / align_of::<Self>()
    }
}

/// A place for one protected pointer, or for the address of a lock that its owner reads under.
pub(crate) struct Slot(AtomicPtr<()>);

impl Slot {
    /// Whether the slot protects nothing. Owner only.
    #[inline]
    fn is_free(&self) -> bool {
        // Relaxed: the owner reads what itself wrote.
        self.0.load(Relaxed).is_null()
    }

    /// Announces `pointer`; a fence and a look whether it is still current must follow. Owner only.
    #[inline]
    pub(crate) fn publish(&self, pointer: *mut ()) {
        // Release, edge R2: a scan that reads this pointer here knows that the reads under the slot's earlier pointers
        // are over. The release of those pointers does not cover it: a later plain store of the same thread does not
        // continue a release sequence since C++20.
        self.0.store(pointer, edge!("slot_publish", Release, weaker Relaxed));
    }

    /// Whether `lock` is in the slot, at some moment. For read slots.
    pub(crate) fn names(&self, lock: *mut ()) -> bool {
        // Acquire, edge W2: whoever is out of the lock has finished reading, also if the slot has gone on to another lock.
        ptr::eq(self.0.load(edge!("read_slot_scan", Acquire, weaker Relaxed)), lock)
    }

    /// Stops protecting. By the guard, which is on the owner's thread.
    #[inline]
    pub(crate) fn clear(&self) {
        // Release, edge R2: reads of the value come before the scan that finds the slot empty.
        self.0.store(ptr::null_mut(), edge!("slot_clear", Release, weaker Relaxed));
    }
}

/// A number that the owner alone changes: odd while it may be reading, and another one each time.
///
/// It wraps. A reader that meets the same odd number again takes it for unchanged, which only delays what it waits for.
pub(crate) struct Sequence(AtomicUsize);

/// A value of a [`Sequence`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stamp(usize);

impl Stamp {
    /// Nobody was reading.
    pub(crate) fn is_even(self) -> bool {
        self.0.is_multiple_of(2)
    }
}

impl Sequence {
    /// The value now.
    pub(crate) fn load(&self, order: Ordering) -> Stamp {
        Stamp(self.0.load(order))
    }

    /// From even to odd; a fence must follow. Owner only.
    #[inline]
    pub(crate) fn begin(&self) {
        // Relaxed: the owner reads what itself wrote.
        let value = self.0.load(Relaxed);
        debug_assert!(value.is_multiple_of(2), "two reservations at once");
        // Release, edge R3: a scan that sees this number knows that the reads before it are over, as at `Slot::publish`.
        self.0.store(value.wrapping_add(1), edge!("sequence_begin", Release, weaker Relaxed));
    }

    /// From odd to even. Owner only.
    #[inline]
    pub(crate) fn end(&self) {
        let value = self.0.load(Relaxed);
        debug_assert!(!value.is_multiple_of(2), "no reservation");
        // Release, edge R3: the reads come before the scan that sees the even number.
        self.0.store(value.wrapping_add(1), edge!("sequence_end", Release, weaker Relaxed));
    }

    /// From odd to the next odd: what was read so far is given up. A fence must follow. Owner only.
    pub(crate) fn renew(&self) {
        let value = self.0.load(Relaxed);
        debug_assert!(!value.is_multiple_of(2), "no reservation");
        // Release, edge R3: as `end` and `begin` in one.
        self.0.store(value.wrapping_add(2), edge!("sequence_renew", Release, weaker Relaxed));
    }

    /// To the next even number, whatever it was.
    #[cfg(all(unix, not(polder_loom)))]
    fn settle(&self) {
        let value = self.0.load(Relaxed);
        self.0.store(value.wrapping_add(value % 2), Relaxed);
    }
}
