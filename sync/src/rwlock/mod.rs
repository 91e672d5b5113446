//! The readers-writer lock: readers name it in a slot of their thread, and a writer looks into all slots.
//!
//! # What & when not
//!
//! A value that many read and few change. While nobody writes, a reader writes nothing that another thread reads. Writers pay
//! for that, now and then, with a heavy fence and a walk over all threads; where writing is frequent readers are counted
//! instead, as in any such lock, and a mutex is often as good. Not re-entrant, no poisoning, no intrusive use.
//!
//! # Representation
//!
//! ```text
//!   RwLock<T>                                                      registry
//!   ┌─────────┬──────┬──────┬───────┬─────────┬──────┬───────┐     ┌ node ┬ reads[8] ─ address of a lock, or null
//!   │ writers │ word │ gate │ drain │ entries │ bias │ value │     ├ node ┼ reads[8]
//!   └────┬────┴──┬───┴──┬───┴───┬───┴────┬────┴──┬───┴───────┘     └ …    ┴
//!        │       │      │       │        │       └ when readers may have the bias back
//!        │       │      │       │        └ entries that wait to read, a list
//!        │       │      │       └ who waits for the last reader, and a number that each change makes another
//!        │       │      └ the phase that lasts: bed of the threads that wait to read
//!        │       └ BIASED │ WRITER │ REVOKING │ ENTRIES │ PHASE │ readers: 29 bits │ waiting: 30 bits
//!        └ a RawLock: held by the writer
//! ```
//!
//! # States
//!
//! | in `word` | means |
//! |---|---|
//! | `BIASED` | readers may get in by a slot |
//! | `WRITER` | a writer is in, or waits for the readers that are left; no other reader gets in |
//! | `REVOKING` | that writer found the bias: readers may be left in slots |
//! | `ENTRIES` | entries that want to read came since `WRITER` |
//! | `PHASE` | changes when those who wait are let in |
//! | readers | those who are in without a slot: without the bias, without a node, beyond eight, let in by a writer, entries |
//! | waiting | threads that will be readers when `WRITER` goes |
//!
//! # Transitions
//!
//! ```text
//!   try_enter, join   readers + n, perhaps BIASED        a reader, or who grants entries; not if WRITER
//!   join              waiting + 1                        a reader, if WRITER
//!   give_up           waiting − 1                        the same reader, if PHASE is still the same
//!   leave             readers − 1
//!   claim             WRITER                             who has `writers`
//!   revoke            BIASED → REVOKING                  the same; a heavy fence follows
//!   announce, hear    + ENTRIES, − ENTRIES               an entry, if WRITER; the writer
//!   try_end           − WRITER, REVOKING; readers + waiting + entries (+ 1 for a downgrade); waiting = 0; PHASE changes if it
//!                     was more; BIASED again if a writer that had found it gave up
//!   step, conclude    drain: another number              whoever leaves while there is a writer; the writer; who tells it
//! ```
//!
//! # Invariants
//!
//! - **I1, exclusion.** A write guard exists only while its thread has `writers`, `WRITER` is set, no reader is counted and no
//!   slot of a reader that is in names the lock. A read guard is counted, or a slot of its thread names the lock from
//!   before the look that found `BIASED` until the guard ends.
//! - **I2, one writer.** `WRITER` and `REVOKING` are changed by who has `writers`. While it is set, `BIASED` does not come.
//! - **I3, slots go with the bias.** With neither `BIASED` nor `REVOKING` nobody is in by a slot: `REVOKING` goes only when
//!   no reader is left, or `BIASED` comes back in the same step.
//! - **I4, an exclusive borrow comes after all guards**, as at the mutex.
//! - **I5, the gate has the phase.** While `WRITER` is set, `gate` is `PHASE`, for whoever has read that `WRITER`.
//! - **I6, one teller.** `conclude` succeeds once for each wait for the last reader, as numbers do not come back; and only for whoever
//!   made the last change.
//!
//! # Who may touch what
//!
//! | field | who | rule |
//! |---|---|---|
//! | a read slot | its thread; scans read | registry, N2, N3 |
//! | `gate` | the writer | before it gives `writers` back |
//! | `drain.done`, `drain.entry` | the writer before its step; `done` then by who tells it | I6 |
//! | an entry's fields | who put it in the list, then who took the list | `take` is an exchange |
//! | `value` | guards; `&mut RwLock` | I1, I4 |
//!
//! # Protocols
//!
//! *Read.* (1) If `BIASED`: name the lock in a free slot; light fence; look again: still `BIASED`, then in. Else clear the slot as in
//! *Leave*. (2) `join`: counted, or waiting: sleep on the gate until the phase is over; the writer has counted the reader by then.
//!
//! *Leave.* Clear the slot, light fence, look; or `leave`. If there is a writer (and for the count: if it was the last): *tell*.
//!
//! *Write.* (1) Take `writers`. (2) `claim`. (3) If `BIASED`: `revoke`, heavy fence. (4) Look for a reader: the count, and if
//! `REVOKING` all slots of all nodes. None: in. (5) Look for a while at the one that was found, then for the next. (6) `step`
//! as the one who waits; look once more, and `conclude` if none is left; sleep on `done`. If the deadline passes: withdraw, by a change
//! of the number, or wait for whoever is telling; and *end* with the bias restored.
//!
//! *Tell.* `step`; if somebody waits, look for a reader; none: `conclude`; who succeeds wakes the writer, or calls the entry.
//!
//! *End.* Take the list of entries if announced; `try_end`; set the gate; give back `writers`; wake all at the gate; call the entries. So all
//! readers that wait get in at once: they are counted in one step, and need not queue at a lock, one waking the next.
//!
//! *Entries.* To write: an entry of `writers`, and then *Write* from 2 on without 5 and without sleep. To read: `try_enter`; else
//! into the list, and `announce`; if the writer has gone meanwhile, see to the whole list oneself.
//!
//! *The bias* comes with a reader that is counted: at once in a new lock, and after a revocation not before nine times what fence and first look
//! took (10 ms at most). So no more than a tenth of the time goes into revocations, however reads and writes alternate. A
//! writer's wait for readers is left out of the sum, since any lock has that.
//!
//! *Fork.* In a child the slots of other threads are cleared, so what these read there is not locked; what they counted or wrote is.
//!
//! # Orderings
//!
//! | edge | writer site | reader site | orders | evidence |
//! |---|---|---|---|---|
//! | F: `fence_light`, `fence_heavy` | the fences of *Read* 1, *Leave*, *Write* 3 | – | below | killed by loom `a_reader_in_a_slot_and_a_writer`, either left out |
//! | W2: `slot_clear`, `slot_publish` and `read_slot_scan` | a slot, Release | `Slot::names`, Acquire | reading before writing | killed by loom `a_slot_that_names_another_lock_has_given_up_the_first`, but `slot_publish`, see `reclaim` |
//! | `rw_leave`, `rw_look` | `Word::leave`, Release | `Word::look`, Acquire | the same for those who count | killed by loom `a_reader_that_counts_and_a_writer`, either side Relaxed |
//! | `rw_end`, `rw_enter` | `Word::try_end`, Release | `step_in`, Acquire | writing before reading | killed by loom `a_reader_that_counts_and_a_writer`, either side Relaxed |
//! | `rw_bias` | `try_end`, Release, and the read-modify-writes after it | `is_still_biased`, Acquire | the same for those in slots | killed by loom `a_bias_that_came_back_comes_with_what_was_written` |
//! | `rw_late` | `try_end`, Release | `give_up`, Acquire | the same for one that gave up too late | killed by loom `a_reader_gives_up` |
//! | `rw_gate`, `rw_gate_seen` | `Core::end`, Release | `wait_for_writer`, Acquire | the same for one that waited | killed by loom `a_writer_lets_in_those_who_wait`, either side Relaxed |
//! | `rw_claim` | `claim`, Release | `join`, Acquire (`rw_enter`) | the gate of the last phase before the wait for this one (I5) | argument: the writer that set the gate comes before this one by `writers`; no model within loom's bound finds a stale gate |
//! | `rw_step_release`, `rw_step` | `Drain::step`, Release and Acquire | the same | all that was done before earlier changes, before the look after the last | killed by loom `the_last_reader_wakes_the_writer`, either half left out |
//! | `rw_told`, `rw_told_seen` | `left`, Release | `wait_for_readers`, Acquire | reading before writing, when another thread has looked | killed by loom `a_reader_that_counts_and_a_writer`, either side Relaxed |
//! | `rw_entry_push`, `rw_entry_take` | `Entries::push`, Release | `take`, Acquire | an entry before its use | killed by loom `no_entry_that_reads_is_forgotten`, either side Relaxed |
//! | `rw_announce`, `rw_hear` | `announce`, Release | `hear`, Acquire | an entry is in the list before it is looked for | argument: loom's exchanges find the last value always |
//! | writer to writer | – | – | one section before the next | `raw_lock` |
//! | – | – | `glance`, `done` and `entry` before a step, `conclude`, Relaxed | nothing | argument: confirmed by an exchange, or before a `step` |
//!
//! All changes of `word` are read-modify-writes, so that each continues the release sequences before it.
//!
//! # Proof sketch
//!
//! *A reader in a slot.* **A** names the lock, **L** light, **B** finds `BIASED`. A writer: **X** takes the bias away, **H** heavy, **Y** reads the slot,
//! itself or in another thread that its `step` comes before. F: in the first case Y sees A, or what came later in the slot: a
//! clearing, or another lock's name, and then by W2 the reading is over. In the second case B sees X, or a later value of the word: if that
//! has `BIASED`, the writer has ended, and by `rw_bias` the reader sees what it wrote. So a reader that is in is seen, and one that is
//! not seen is not in: I1 and I3.
//!
//! *No wake-up is lost.* Take the changes of `drain` from the writer's step on, and the last of them, **Z**. A reader that leaves and does not
//! see `WRITER` is out for all that follows H (F), or was never counted after `claim` (one word). One that does makes a change. So the look after
//! Z, which comes after H and after all other changes (`rw_step`), sees all readers out that have made theirs. When the last one has,
//! nobody makes a further change, and the exchange succeeds: the writer is told, or has withdrawn. A late
//! exchange fails, for the number is another one (64 bits), so nobody is told on the strength of an old look.
//!
//! *No reader is forgotten.* One that joins under `WRITER` is in `waiting` when that writer's `try_end` comes, which counts it, changes the phase,
//! and then the gate; by I5 the gate had the phase before, so the reader sleeps until then or not at all (P1). A phase does not come
//! back: a writer that waits changes it no more until the reader has left, and one that gives up changes it to a new one, a million
//! times before the number comes round. An entry is announced under `WRITER`, and then that
//! writer hears of it before it ends, or whoever put it in sees that there is no writer and takes the list.
//!
//! *Progress.* A reader waits for one writer, and that one for readers that are in. A writer waits for its turn, which is the mutex's matter,
//! and for the readers that are in when it comes: none gets in after `claim`.
//!
//! # Checked by
//!
//! `tests/loom_rwlock.rs` (edges as above), `tests/rwlock.rs` natively and under Miri, the unit tests for entries, and
//! the coherence model of `polder-bench` (`rwlock-read`: nothing moves at 2, 8 and 32 cores).
//!
//! # Sources
//!
//! D. Dice, A. Kogan, *BRAVO: Biased Locking for Reader-Writer Locks* (2019): slots, revocation, and the rule for the bias. B.
//! Brandenburg, J. Anderson, *Spin-Based Reader-Writer Synchronization* (2010): phases. Deviations: 1) slots belong to threads and are found
//! without hashing, and take no read-modify-write, for the fence is the writer's; 2) a writer that waits for slots sleeps; 3) those who wait are
//! counted by the writer that leaves, so that a phase needs no tickets.

mod announced;
#[cfg(any(test, polder_loom))]
mod behaviour;
mod bias;
mod core;
mod drain;
mod entry;
mod guard;
mod state;
#[cfg(all(test, not(polder_loom)))]
mod tests;

use std::{
    fmt,
    panic::Location,
    time::{Duration, Instant},
};

#[cfg(polder_loom)]
pub use self::behaviour::Access;
use self::core::{Deadline, Hold};
pub use self::guard::{RwLockReadGuard, RwLockWriteGuard};
pub(crate) use self::{core::Core, entry::RwEntry};
use crate::{
    held,
    order::{Kind, LockId},
    parker::{Native, Parking},
    primitive::{UnsafeCell, const_fn},
};

/// A value that any number of threads read at once, or one changes.
///
/// **Readers** of a lock that is mostly read write nothing that another thread reads or writes: [`read`](Self::read) is
/// two stores and a few loads, without a read-modify-write and (where the system has asymmetric fences) without a fence,
/// so any number of cores read at full speed beside each other. That holds for up to eight read locks that a thread has
/// at a time; further ones, and those that follow closely on a writer, are counted in the lock.
///
/// **Writers** pay for it: the first [`write`](Self::write) after a time of reading interrupts every running thread of the process for a moment
/// (a [heavy fence](crate::fence::heavy)), and looks at eight slots of each thread. Readers count from then on, for nine
/// times as long as that took, so that a lock which is written often is an ordinary one.
///
/// | operation | progress | cost |
/// |---|---|---|
/// | `read`, no writer for a while | wait-free | own lines only |
/// | `read`, otherwise | lock-free without a writer, else blocking | a read-modify-write each for in and out |
/// | `try_read` | lock-free | the same |
/// | `write`, `try_write` of a lock that is not being read by slots | blocking; lock-free | two read-modify-writes in, two out |
/// | the same, after a time of reading | likewise | the heavy fence, and linear in the number of threads |
///
/// **Waiting and fairness.** Writers take turns, as at a [`Mutex`](crate::Mutex). From the moment when a writer's turn has come no new reader
/// gets in; when it leaves, all readers that wait get in together, before the next writer. So a reader waits for one writer at
/// most, and a writer for those before it and the readers between: neither starves. Who waits, first looks again
/// for a few microseconds, and then sleeps.
///
/// **Consistency.** What a writer did happens before what all later readers and writers do; and what a reader did, before
/// what later writers do.
///
/// **Panics.** A panic while a guard lives gives the lock back and nothing more: the next thread finds the value as the panic
/// left it. Where it matters, hold a [`Poison`](crate::Poison).
///
/// **Not re-entrant.** A thread that writes and locks again waits for itself for ever. So may one that reads and reads again: if a
/// writer has come between, the second `read` waits for the writer, and that one for the first. With debug assertions either
/// panics instead; [`try_read`](Self::try_read) is the way to read again.
///
/// **Forgotten guards** (`mem::forget`) leave the lock held for ever; half a million of them end the process. A forgotten read guard may in addition use up one of the
/// thread's eight slots, and keeps naming the lock by its address: a lock that comes to lie there later cannot be
/// written either.
///
/// **Not intrusive**, as the mutex: the thread that gives up the lock may still use its address for a moment.
///
/// ```
/// use polder_sync::RwLock;
/// use std::thread;
///
/// static NAMES: RwLock<Vec<&str>> = RwLock::new(Vec::new());
///
/// NAMES.write().push("north");
/// thread::scope(|scope| {
///     for _ in 0..4 {
///         scope.spawn(|| assert_eq!(NAMES.read().first(), Some(&"north")));
///     }
/// });
/// ```
pub struct RwLock<T: ?Sized> {
    core: Core,
    id: LockId,
    value: UnsafeCell<T>,
}

// SAFETY: moving the lock moves the value, for which `T: Send` suffices; there is no tie to a thread besides guards, and
// those borrow the lock, so that it cannot move.
unsafe impl<T: ?Sized + Send> Send for RwLock<T> {}
// SAFETY: a shared lock gives the value to one thread after another (I1), which amounts to sending it, and gives references to
// several at once, which takes `T: Sync`.
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLock<T> {}

impl<T> RwLock<T> {
    const_fn! {
        /// A free lock around `value`.
        pub const fn new(value: T) -> Self {
            Self { core: Core::new(), id: LockId::new(), value: UnsafeCell::new(value) }
        }
    }

    /// The value, without locking: nobody else can have a lock that is given away.
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> RwLock<T> {
    /// Reads, sleeping while another thread writes. The cost is that of [`RwLock`]'s table; the first use on a thread
    /// registers it.
    ///
    /// # Deadlocks
    ///
    /// Never returns if the calling thread writes, or holds what the writer is waiting for; and may never return if it reads
    /// already, see [`RwLock`].
    ///
    /// # Panics
    ///
    /// Inside a closure that was given to [`Mutex::combine`](crate::Mutex::combine), as do all ways to lock. And with debug
    /// assertions, instead of waiting for the calling thread itself (also where it reads already and a writer *could* come
    /// between), and where the order in which it takes locks could deadlock with one seen earlier. Nothing is taken then.
    ///
    /// ```
    /// let lock = polder_sync::RwLock::new(1);
    /// let reading = lock.read();
    /// std::thread::scope(|scope| {
    ///     scope.spawn(|| assert_eq!(*lock.read() + *reading, 2)); // at the same time
    /// });
    /// ```
    #[inline]
    #[track_caller]
    pub fn read(&self) -> RwLockReadGuard<'_, T> {
        let site = Location::caller();
        self.id.before_blocking(Kind::Shared, site);
        held::enter();
        RwLockReadGuard::new_reading(self, self.core.read(), site)
    }

    /// Reads, if no thread writes or waits for the last readers in order to write. Lock-free; never waits.
    ///
    /// ```
    /// let lock = polder_sync::RwLock::new(1);
    /// assert!(lock.try_read().is_some());
    /// let writing = lock.write();
    /// assert!(lock.try_read().is_none());
    /// # drop(writing);
    /// ```
    #[inline]
    #[track_caller]
    pub fn try_read(&self) -> Option<RwLockReadGuard<'_, T>> {
        held::enter();
        self.reading_if(self.core.try_read(), Location::caller())
    }

    /// Reads, sleeping for `timeout` at most while another thread writes; `None` if that took longer.
    ///
    /// Blocking, for `timeout` and whatever the scheduler adds. A timeout that the clock cannot show, such as
    /// [`Duration::MAX`], means for ever. A zero timeout does not sleep, yet is dearer than [`try_read`](Self::try_read) while a
    /// thread writes.
    ///
    /// ```
    /// use polder_sync::RwLock;
    /// use std::time::Duration;
    ///
    /// let lock = RwLock::new(1);
    /// let writing = lock.write();
    /// assert!(lock.try_read_for(Duration::from_millis(1)).is_none());
    /// drop(writing);
    /// assert!(lock.try_read_for(Duration::MAX).is_some());
    /// ```
    #[inline]
    #[track_caller]
    pub fn try_read_for(&self, timeout: Duration) -> Option<RwLockReadGuard<'_, T>> {
        self.read_until(|| Native::after(timeout), Location::caller())
    }

    /// Reads, sleeping until `deadline` at most while another thread writes; `None` if that took longer.
    ///
    /// Blocking as [`try_read_for`](Self::try_read_for). A lock that nobody writes is had even if the deadline has passed.
    #[inline]
    #[track_caller]
    pub fn try_read_until(&self, deadline: Instant) -> Option<RwLockReadGuard<'_, T>> {
        self.read_until(|| Native::at(deadline), Location::caller())
    }

    /// Writes, sleeping while others read or write. Blocking; see [`RwLock`] for who goes first.
    ///
    /// # Deadlocks
    ///
    /// Never returns if the calling thread has the lock already, in either way, or holds what others are waiting for who
    /// have it; or if a guard was forgotten (`mem::forget`).
    ///
    /// # Panics
    ///
    /// As [`read`](Self::read).
    ///
    /// ```
    /// let lock = polder_sync::RwLock::new(1);
    /// *lock.write() += 1;
    /// assert_eq!(*lock.read(), 2);
    /// ```
    #[inline]
    #[track_caller]
    pub fn write(&self) -> RwLockWriteGuard<'_, T> {
        let site = Location::caller();
        self.id.before_blocking(Kind::Exclusive, site);
        held::enter();
        self.core.write();
        RwLockWriteGuard::new_writing(self, site)
    }

    /// Writes, if nobody has the lock. Never waits; after a time of reading as dear as [`write`](Self::write), also if
    /// it is refused because somebody reads.
    ///
    /// ```
    /// let lock = polder_sync::RwLock::new(1);
    /// assert!(lock.try_write().is_some());
    /// let reading = lock.read();
    /// assert!(lock.try_write().is_none());
    /// # drop(reading);
    /// ```
    #[inline]
    #[track_caller]
    pub fn try_write(&self) -> Option<RwLockWriteGuard<'_, T>> {
        held::enter();
        self.writing_if(self.core.try_write(), Location::caller())
    }

    /// Writes, sleeping for `timeout` at most while others have the lock; `None` if that took longer.
    ///
    /// Blocking as [`try_read_for`](Self::try_read_for). While it waits for the last readers no new ones get in.
    ///
    /// ```
    /// use polder_sync::RwLock;
    /// use std::time::Duration;
    ///
    /// let lock = RwLock::new(1);
    /// let reading = lock.read();
    /// assert!(lock.try_write_for(Duration::from_millis(1)).is_none());
    /// drop(reading);
    /// assert!(lock.try_write_for(Duration::MAX).is_some());
    /// ```
    #[inline]
    #[track_caller]
    pub fn try_write_for(&self, timeout: Duration) -> Option<RwLockWriteGuard<'_, T>> {
        self.write_until(Native::after(timeout), Location::caller())
    }

    /// Writes, sleeping until `deadline` at most while others have the lock; `None` if that took longer.
    ///
    /// Blocking as [`try_write_for`](Self::try_write_for). A lock that nobody has is had even if the deadline has passed.
    #[inline]
    #[track_caller]
    pub fn try_write_until(&self, deadline: Instant) -> Option<RwLockWriteGuard<'_, T>> {
        self.write_until(Native::at(deadline), Location::caller())
    }

    /// Runs `f` on the value while writing, on the calling thread; otherwise as [`write`](Self::write).
    ///
    /// # Panics
    ///
    /// If `f` does. The lock is given back.
    ///
    /// ```
    /// let words = polder_sync::RwLock::new(vec!["a"]);
    /// words.with(|words| words.push("b"));
    /// assert_eq!(words.read_with(|words| words.len()), 2);
    /// ```
    #[track_caller]
    pub fn with<U>(&self, f: impl FnOnce(&mut T) -> U) -> U {
        f(&mut self.write())
    }

    /// Runs `f` on the value while reading, on the calling thread; otherwise as [`read`](Self::read).
    ///
    /// # Panics
    ///
    /// If `f` does. The lock is given back.
    #[track_caller]
    pub fn read_with<U>(&self, f: impl FnOnce(&T) -> U) -> U {
        f(&self.read())
    }

    /// The value, without locking: an exclusive borrow of the lock rules out guards.
    pub fn get_mut(&mut self) -> &mut T {
        self.value.with_mut(|value| {
            // SAFETY: the exclusive borrow of the lock lasts as long as the reference; I4: it hands on what earlier holders
            // wrote.
            unsafe { &mut *value }
        })
    }

    /// Whether some thread reads, writes or is about to write, at some moment during the call. Linear in the number of
    /// threads; for diagnostics only.
    pub fn is_locked(&self) -> bool {
        self.core.is_locked()
    }

    /// Whether some thread writes, or waits for the last readers in order to write, at some moment during the call.
    /// Wait-free; for diagnostics only.
    pub fn is_write_locked(&self) -> bool {
        self.core.has_writer()
    }

    /// The lock alone, for the queues of behaviours.
    pub(crate) fn core(&self) -> &Core {
        &self.core
    }

    /// Where the value is, for whoever reads without a guard.
    pub(crate) fn value_to_read(&self) -> *const T {
        self.value.with(|value| value)
    }

    /// Where the value is, for whoever writes without a guard.
    pub(crate) fn value_pointer(&self) -> *mut T {
        self.value.with_mut(|value| value)
    }

    /// A guard, if the caller has just got in by `hold`.
    #[inline]
    fn reading_if(&self, hold: Option<Hold>, site: &'static Location<'static>) -> Option<RwLockReadGuard<'_, T>> {
        let guard = hold.map(|hold| RwLockReadGuard::new_reading(self, hold, site));
        if guard.is_none() {
            held::leave();
        }
        guard
    }

    /// A guard, if the caller has just got in.
    #[inline]
    fn writing_if(&self, is_in: bool, site: &'static Location<'static>) -> Option<RwLockWriteGuard<'_, T>> {
        let guard = is_in.then(|| RwLockWriteGuard::new_writing(self, site));
        if guard.is_none() {
            held::leave();
        }
        guard
    }

    /// The timed ways in for readers. A wait with an end cannot deadlock, so only one without is checked.
    #[inline]
    fn read_until(
        &self,
        deadline: impl FnOnce() -> Deadline,
        site: &'static Location<'static>,
    ) -> Option<RwLockReadGuard<'_, T>> {
        held::enter();
        // The clock is read only if it matters.
        let hold = self.core.try_read().or_else(|| {
            let deadline = deadline();
            self.check_endless(deadline, Kind::Shared, site);
            self.core.read_until(deadline)
        });
        self.reading_if(hold, site)
    }

    /// The timed ways in for writers.
    #[inline]
    fn write_until(&self, deadline: Deadline, site: &'static Location<'static>) -> Option<RwLockWriteGuard<'_, T>> {
        held::enter();
        self.check_endless(deadline, Kind::Exclusive, site);
        self.writing_if(self.core.write_until(deadline), site)
    }

    /// The check of orders before a wait that has no deadline, with the lock counted as held already.
    fn check_endless(&self, deadline: Deadline, kind: Kind, site: &'static Location<'static>) {
        if deadline.is_none() {
            held::leave();
            self.id.before_blocking(kind, site);
            held::enter();
        }
    }
}

impl<T: Default> Default for RwLock<T> {
    /// A free lock around the default value.
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for RwLock<T> {
    /// A free lock around `value`.
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLock<T> {
    /// Shows the value, or `<locked>` while a thread writes. Never waits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("RwLock");
        // Also inside a combined closure, which may take no lock.
        match self.core.try_read() {
            Some(hold) => {
                held::enter_anyway();
                let guard = RwLockReadGuard::new_reading(self, hold, Location::caller());
                out.field("value", &&*guard)
            }
            None => out.field("value", &format_args!("<locked>")),
        };
        out.finish()
    }
}
