//! One behaviour: a block of memory with its place in each queue, its closure, and later its result.
//!
//! The block is one allocation, owned by the behaviour and its handle. Who else may use it, and until when, is I2 and
//! I4 of the queues; what becomes of the result, C3 of the completion.
//!
//! | field | who |
//! |---|---|
//! | `entry`, `rw_entry`, `acquired` | the owner; the lock that it waits for |
//! | `before`, `enqueued`, `owners`, `completion` | as their transitions say |
//! | the slots | `queue` |
//! | `locks` | the owner until it has run, then nobody: emptied |
//! | `stage` | the owner until the completion, the handle afterwards, the last of the two in the end |
//!
//! Orderings: `when_enqueued`, `when_await` and `when_pass_*` in the table of `queue`.

use std::{
    cell::Cell,
    fmt, mem,
    panic::{AssertUnwindSafe, catch_unwind},
    ptr::NonNull,
    sync::atomic::Ordering::Relaxed,
    thread,
};

use super::{
    DuplicateLock,
    completion::{Completion, Watcher},
    executor, hooks,
    queue::{self, Slot},
    tuples::{Body, Locks},
};
use crate::{
    edge::edge,
    primitive::{AtomicU32, Backoff, UnsafeCell},
    raw_lock::Entry,
    rwlock::RwEntry,
};

/// The part of a block that does not depend on its types; the first part, so that a pointer to it is one to the
/// block.
#[repr(C)]
pub struct Header {
    /// For mutexes, one after the other. First, so that a pointer to it is one to the header.
    entry: Entry,
    /// For the others.
    rw_entry: RwEntry,
    vtable: &'static Vtable,
    slots: NonNull<Slot>,
    /// How many slots, and so locks.
    pub(super) count: u32,
    /// The locks it has, and the one that it waits for. Whoever owns the behaviour touches it.
    acquired: Cell<u32>,
    /// Threads that are asking a lock for this behaviour. Whoever runs it meanwhile leaves it its locks until they are done.
    asking: AtomicU32,
    /// Queues in which somebody is before it, and one while it is on its way through the tails.
    before: AtomicU32,
    /// 1 when it has a place in all its queues.
    enqueued: AtomicU32,
    /// The handle, and the behaviour that has not ended.
    owners: AtomicU32,
    pub(super) completion: Completion,
}

/// What depends on the types of a block.
struct Vtable {
    /// Runs the closure and keeps its result.
    call: unsafe fn(NonNull<Header>),
    /// Drops the block's shares of its locks.
    forget_locks: unsafe fn(NonNull<Header>),
    /// Moves the result to where the pointer says, an `Option<thread::Result<U>>`.
    take: unsafe fn(NonNull<Header>, *mut ()),
    /// Frees the block.
    free: unsafe fn(NonNull<Header>),
}

#[repr(C)]
struct Block<L: Locks, F, U> {
    header: Header,
    slots: L::Slots,
    locks: UnsafeCell<Option<L>>,
    stage: UnsafeCell<Stage<F, U>>,
}

/// What has become of the closure.
enum Stage<F, U> {
    Closure(F),
    Running,
    Result(thread::Result<U>),
    Taken,
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Header").field("locks", &self.count).finish_non_exhaustive()
    }
}

impl Header {
    /// What waits for a mutex. Keeps the provenance of the block.
    pub(super) fn entry(behaviour: NonNull<Self>) -> NonNull<Entry> {
        behaviour.cast()
    }

    /// What waits for another lock. Keeps the provenance of the block.
    ///
    /// # Safety
    /// - The behaviour is alive.
    pub(super) unsafe fn rw_entry(behaviour: NonNull<Self>) -> NonNull<RwEntry> {
        // SAFETY: a field of the block.
        unsafe { behaviour.byte_add(mem::offset_of!(Self, rw_entry)) }.cast()
    }

    /// The slot of this index.
    ///
    /// # Safety
    /// - The index is below `count`.
    pub(super) unsafe fn slot(&self, index: u32) -> NonNull<Slot> {
        // SAFETY: the clause above; `slots` is the beginning of an array of `count`.
        unsafe { self.slots.add(index as usize) }
    }

    /// Says that the behaviour has a place in all its queues, and everybody before it too.
    pub(super) fn set_enqueued(&self) {
        // Release: the tails, to whoever comes next and goes on to those that both want.
        self.enqueued.store(1, edge!("when_enqueued", Release, weaker Relaxed));
    }

    /// Waits until `set_enqueued`: a few steps of a running thread, none of them foreign code.
    pub(super) fn await_enqueued(&self) {
        let backoff = Backoff::new();
        // Acquire: from `set_enqueued`.
        while self.enqueued.load(edge!("when_await", Acquire, weaker Relaxed)) == 0 {
            backoff.snooze();
        }
    }

    /// So many of those before it are not any more; true if nobody is, and then the caller owns the behaviour.
    pub(super) fn pass(&self, count: u32) -> bool {
        // Release: the caller's last use of the behaviour, to whoever owns it next. Acquire: the others' last uses.
        let order = edge!("when_pass_release", AcqRel, weaker Acquire, "when_pass_acquire", weaker Release);
        self.before.fetch_sub(count, order) == count
    }
}

/// Makes a behaviour with two owners, itself and its handle. It has not been launched.
///
/// # Errors
/// If two locks are one; the closure is dropped.
pub(super) fn make<L: Locks, F, U>(locks: L, body: F) -> Result<NonNull<Header>, DuplicateLock>
where
    F: Body<L, U> + Send + 'static,
    U: Send + 'static,
{
    let targets = locks.targets()?;
    let block = Box::into_raw(Box::<Block<L, F, U>>::new_uninit()).cast::<Block<L, F, U>>();
    // SAFETY: a box is not null.
    let behaviour = unsafe { NonNull::new_unchecked(block.cast::<Header>()) };
    // SAFETY: the field lies within the allocation; nothing is read.
    let slots = unsafe { &raw mut (*block).slots };
    let header = Header {
        entry: Entry::new(granted_mutex),
        rw_entry: RwEntry::new(granted_rw),
        vtable: &const {
            Vtable {
                call: call::<L, F, U>,
                forget_locks: forget_locks::<L, F, U>,
                take: take::<L, F, U>,
                free: free::<L, F, U>,
            }
        },
        // SAFETY: a field of a block is not null.
        slots: unsafe { NonNull::new_unchecked(slots.cast()) },
        count: L::COUNT,
        acquired: Cell::new(0),
        asking: AtomicU32::new(0),
        before: AtomicU32::new(L::COUNT + 1),
        enqueued: AtomicU32::new(0),
        owners: AtomicU32::new(2),
        completion: Completion::new(),
    };
    let made = Block {
        header,
        slots: L::slots(targets, behaviour),
        locks: UnsafeCell::new(Some(locks)),
        stage: UnsafeCell::new(Stage::Closure(body)),
    };
    // SAFETY: allocated for a block and not used yet.
    unsafe { block.write(made) };
    Ok(behaviour)
}

/// Lets a behaviour begin to wait for its locks.
///
/// # Safety
/// - It has been made and not been launched; the caller's share of it goes to the behaviour itself.
pub(super) unsafe fn launch(behaviour: NonNull<Header>) {
    // SAFETY: alive with its locks, as it has not run; not enqueued, by the clause above.
    let first = unsafe { queue::enqueue(behaviour) };
    // SAFETY: first everywhere, and so this thread's.
    if first && unsafe { acquire(behaviour) } {
        // SAFETY: it holds all its locks.
        unsafe { executor::submit(behaviour) };
    }
}

/// Takes the locks of a behaviour that it does not have yet, in their order; false if it waits for one of them, whose
/// release will go on from there.
///
/// # Safety
/// - The caller owns the behaviour, which is the first in all its queues and in no queue for a lock. It is given up
///   unless the result is true.
unsafe fn acquire(behaviour: NonNull<Header>) -> bool {
    loop {
        // SAFETY: alive, as it is the caller's in each round.
        let header = unsafe { behaviour.as_ref() };
        let index = header.acquired.get();
        if index == header.count {
            return true;
        }
        // Before the lock is asked for: from then on another thread may be in `granted`.
        header.acquired.set(index + 1);
        // SAFETY: below the count.
        let slot = unsafe { header.slot(index) };
        // SAFETY: part of the block.
        let target = unsafe { slot.as_ref() }.target;
        // Relaxed: before the entry is queued, which publishes it.
        header.asking.fetch_add(1, Relaxed);
        // SAFETY: `run` leaves the block its locks while anybody is asking for it; the entry is in no queue, and part of a
        // block that lives until it has run.
        let acquired = unsafe { target.acquire(behaviour) };
        // Release, edge `when_asked`: this thread's last look at the lock, and at a behaviour that it has given up.
        header.asking.fetch_sub(1, edge!("when_asked", Release, weaker Relaxed));
        if !acquired {
            return false;
        }
    }
}

/// Goes on with a behaviour that has just been given the lock it waited for. Runs no foreign code.
///
/// # Safety
/// - The lock is held in the behaviour's name, and the caller owns it.
unsafe fn granted(behaviour: NonNull<Header>) {
    // SAFETY: it waited for one lock, and so is in no queue for one; it is given up.
    if unsafe { acquire(behaviour) } {
        // SAFETY: it holds all its locks.
        unsafe { executor::submit(behaviour) };
    }
}

/// # Safety
/// - Called by a mutex, with the entry that it was asked for.
unsafe fn granted_mutex(entry: NonNull<Entry>) {
    // SAFETY: who waits for a lock waits for this call, and so belongs to it. The entry is the first field, and the
    // pointer the one to the block.
    unsafe { granted(entry.cast()) };
}

/// # Safety
/// - Called by a readers-writer lock, with the entry that it was asked for.
unsafe fn granted_rw(entry: NonNull<RwEntry>) {
    // SAFETY: made by `rw_entry` from a pointer to the block, by going as far in the other direction.
    let behaviour = unsafe { entry.byte_sub(mem::offset_of!(Header, rw_entry)) };
    // SAFETY: as for a mutex.
    unsafe { granted(behaviour.cast()) };
}

/// Runs a behaviour to its end. A behaviour that has thereby become ready and should run next is the result.
///
/// # Safety
/// - The caller owns the behaviour, which holds all its locks, and gives it up. It owns the result.
pub(super) unsafe fn run(behaviour: NonNull<Header>) -> Option<NonNull<Header>> {
    // SAFETY: alive until `disown`.
    let header = unsafe { behaviour.as_ref() };
    // SAFETY: it holds its locks and has not run.
    unsafe { (header.vtable.call)(behaviour) };
    // All locks before all queues: who comes next then finds them free, unless a thread has been waiting.
    for index in 0..header.count {
        // SAFETY: below the count.
        let slot = unsafe { header.slot(index) };
        // SAFETY: part of the block.
        let target = unsafe { slot.as_ref() }.target;
        // SAFETY: held since `acquire`.
        unsafe { target.release() };
    }
    let mut hot = None;
    for index in 0..header.count {
        // SAFETY: below the count.
        let slot = unsafe { header.slot(index) };
        let ready = |next| {
            // SAFETY: `leave` gave it to this thread; nobody has asked for its locks.
            if !unsafe { acquire(next) } {
                return;
            }
            if hot.is_none() {
                hot = Some(next);
            } else {
                // SAFETY: it holds all its locks.
                unsafe { executor::submit(next) };
            }
        };
        // SAFETY: it has had its turn, and its lock is alive until `forget_locks`; `acquire` owns what it gets.
        unsafe { queue::leave(slot, ready) };
    }
    // A thread that has asked a lock for this behaviour may still be on its way out of there. It runs no foreign code.
    let backoff = Backoff::new();
    // Acquire, edge `when_asked`: see `acquire`.
    while header.asking.load(edge!("when_all_asked", Acquire, weaker Relaxed)) > 0 {
        backoff.snooze();
    }
    // From here on nobody's queue leads to this behaviour, so foreign code may run: destructors, and wakers.
    quietly(|| {
        // SAFETY: locks and queues are done with.
        unsafe { (header.vtable.forget_locks)(behaviour) }
    });
    match header.completion.finish() {
        None => {}
        Some(Watcher::Task(waker)) => quietly(|| waker.wake()),
        // SAFETY: `then` has made it and left it here.
        Some(Watcher::Next(next)) => unsafe { launch(next) },
    }
    quietly(|| {
        // SAFETY: the behaviour's own share.
        unsafe { disown(behaviour) }
    });
    hot
}

/// Runs foreign code of which nobody waits for the result; a panic has been reported by the panic hook, and ends
/// here.
fn quietly(f: impl FnOnce()) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(f)) {
        // A payload whose destructor panics as well is left alone.
        if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
            mem::forget(second);
        }
    }
}

/// Gives up one of the two shares of a behaviour.
///
/// # Safety
/// - The caller has a share, and does not use the behaviour afterwards.
pub(super) unsafe fn disown(behaviour: NonNull<Header>) {
    // SAFETY: alive, as the caller has a share.
    let header = unsafe { behaviour.as_ref() };
    let free = header.vtable.free;
    // Release: this owner's last use, to whoever frees the block.
    if header.owners.fetch_sub(1, edge!("when_disown", Release, weaker Relaxed)) == 1 {
        // Acquire: the other owner's last use. A load and not a fence, which the thread sanitizer does not understand.
        header.owners.load(edge!("when_free", Acquire, weaker Relaxed));
        // SAFETY: this was the last share.
        unsafe { free(behaviour) };
    }
}

/// The result of a behaviour that has ended, if it has not been taken.
///
/// # Safety
/// - The behaviour's closure returns `U`, and its completion has been seen by the caller, who is its handle.
pub(super) unsafe fn take_result<U>(behaviour: NonNull<Header>) -> Option<thread::Result<U>> {
    let mut result: Option<thread::Result<U>> = None;
    // SAFETY: the handle has a share.
    let header = unsafe { behaviour.as_ref() };
    // SAFETY: the clause above.
    unsafe { (header.vtable.take)(behaviour, (&raw mut result).cast()) };
    result
}

/// # Safety
/// - The behaviour is a `Block<L, F, U>` that holds its locks and has not run.
unsafe fn call<L: Locks, F: Body<L, U>, U>(behaviour: NonNull<Header>) {
    let block = behaviour.cast::<Block<L, F, U>>();
    // SAFETY: alive: it has not ended. The handle reads no more of it than the header.
    let block = unsafe { block.as_ref() };
    let body = block.stage.with_mut(|stage| {
        // SAFETY: before the completion nobody else touches the stage.
        unsafe { mem::replace(&mut *stage, Stage::Running) }
    });
    let Stage::Closure(body) = body else { unreachable!("a behaviour runs once") };
    let access = block.locks.with(|locks| {
        // SAFETY: shared until `forget_locks`.
        let locks = unsafe { &*locks };
        let locks = locks.as_ref().expect("they are forgotten after the run");
        // SAFETY: all of them are held until `run` goes on, and the closure cannot keep the references: it is bound
        // for any lifetime.
        unsafe { locks.access() }
    });
    let result = catch_unwind(AssertUnwindSafe(|| {
        let _inside = hooks::Inside::begin();
        body.run(access)
    }));
    block.stage.with_mut(|stage| {
        // SAFETY: as above; nothing is dropped by the assignment.
        unsafe { *stage = Stage::Result(result) }
    });
}

/// # Safety
/// - The behaviour is a `Block<L, F, U>` that uses its locks no more.
unsafe fn forget_locks<L: Locks, F, U>(behaviour: NonNull<Header>) {
    // SAFETY: alive: it has not ended.
    let block = unsafe { behaviour.cast::<Block<L, F, U>>().as_ref() };
    let locks = block.locks.with_mut(|locks| {
        // SAFETY: nobody but the runner touches them.
        unsafe { mem::take(&mut *locks) }
    });
    drop(locks);
}

/// # Safety
/// - The behaviour is a `Block<L, F, U>` that has completed, and the caller its handle.
/// - The pointer is to an `Option<thread::Result<U>>`.
unsafe fn take<L: Locks, F, U>(behaviour: NonNull<Header>, result: *mut ()) {
    // SAFETY: the handle has a share.
    let block = unsafe { behaviour.cast::<Block<L, F, U>>().as_ref() };
    let stage = block.stage.with_mut(|stage| {
        // SAFETY: after the completion the stage is the handle's.
        unsafe { mem::replace(&mut *stage, Stage::Taken) }
    });
    if let Stage::Result(taken) = stage {
        // SAFETY: the second clause.
        unsafe { *result.cast::<Option<thread::Result<U>>>() = Some(taken) };
    }
}

/// # Safety
/// - The behaviour is a `Block<L, F, U>` without owners.
unsafe fn free<L: Locks, F, U>(behaviour: NonNull<Header>) {
    // SAFETY: made by `make` from a box of this type.
    let block = unsafe { Box::from_raw(behaviour.cast::<Block<L, F, U>>().as_ptr()) };
    // An access to what both owners have used, so that a checker sees who came last.
    let stage = block.stage.with_mut(|stage| {
        // SAFETY: nobody else is left.
        unsafe { mem::replace(&mut *stage, Stage::Taken) }
    });
    // First the block, then foreign code.
    drop(block);
    drop(stage);
}

const _: () = assert!(mem::offset_of!(Header, entry) == 0);
