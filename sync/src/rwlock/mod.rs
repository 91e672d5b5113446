//! HEADER

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
    time::{Duration, Instant},
};

#[cfg(polder_loom)]
pub use self::behaviour::Access;
use self::core::Hold;
pub use self::guard::{RwLockReadGuard, RwLockWriteGuard};
pub(crate) use self::{core::Core, entry::RwEntry};
use crate::{
    held,
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
/// (a [heavy fence](crate::fence::heavy)), and looks at eight slots of each thread. Readers count from then on, for ten
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
/// writer has come between, the second `read` waits for the writer, and that one for the first.
///
/// **Forgotten guards** (`mem::forget`) leave the lock held for ever. A forgotten read guard may in addition use up one of the
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
            Self { core: Core::new(), value: UnsafeCell::new(value) }
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
    /// Inside a closure that was given to `combine`; nothing is locked then. That holds for all ways to lock.
    ///
    /// ```
    /// let lock = polder_sync::RwLock::new(1);
    /// let (one, two) = (lock.read(), lock.read());
    /// assert_eq!(*one + *two, 2);
    /// ```
    #[inline]
    pub fn read(&self) -> RwLockReadGuard<'_, T> {
        held::enter();
        RwLockReadGuard::new_reading(self, self.core.read())
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
    pub fn try_read(&self) -> Option<RwLockReadGuard<'_, T>> {
        self.reading_if(Core::try_read)
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
    pub fn try_read_for(&self, timeout: Duration) -> Option<RwLockReadGuard<'_, T>> {
        // No clock is read on the way in that is usually taken.
        self.reading_if(|core| core.try_read().or_else(|| core.read_until(Native::after(timeout))))
    }

    /// Reads, sleeping until `deadline` at most while another thread writes; `None` if that took longer.
    ///
    /// Blocking as [`try_read_for`](Self::try_read_for). A lock that nobody writes is had even if the deadline has passed.
    #[inline]
    pub fn try_read_until(&self, deadline: Instant) -> Option<RwLockReadGuard<'_, T>> {
        self.reading_if(|core| core.read_until(Native::at(deadline)))
    }

    /// Writes, sleeping while others read or write. Blocking; see [`RwLock`] for who goes first.
    ///
    /// # Deadlocks
    ///
    /// Never returns if the calling thread has the lock already, in either way, or holds what others are waiting for who
    /// have it; or if a guard was forgotten (`mem::forget`).
    ///
    /// ```
    /// let lock = polder_sync::RwLock::new(1);
    /// *lock.write() += 1;
    /// assert_eq!(*lock.read(), 2);
    /// ```
    #[inline]
    pub fn write(&self) -> RwLockWriteGuard<'_, T> {
        held::enter();
        self.core.write();
        RwLockWriteGuard::new_writing(self)
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
    pub fn try_write(&self) -> Option<RwLockWriteGuard<'_, T>> {
        self.writing_if(Core::try_write)
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
    pub fn try_write_for(&self, timeout: Duration) -> Option<RwLockWriteGuard<'_, T>> {
        self.writing_if(|core| core.write_until(Native::after(timeout)))
    }

    /// Writes, sleeping until `deadline` at most while others have the lock; `None` if that took longer.
    ///
    /// Blocking as [`try_write_for`](Self::try_write_for). A lock that nobody has is had even if the deadline has passed.
    #[inline]
    pub fn try_write_until(&self, deadline: Instant) -> Option<RwLockWriteGuard<'_, T>> {
        self.writing_if(|core| core.write_until(Native::at(deadline)))
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
    pub fn with<U>(&self, f: impl FnOnce(&mut T) -> U) -> U {
        f(&mut self.write())
    }

    /// Runs `f` on the value while reading, on the calling thread; otherwise as [`read`](Self::read).
    ///
    /// # Panics
    ///
    /// If `f` does. The lock is given back.
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

    /// A guard, if `enter` gets in.
    #[inline]
    fn reading_if(&self, enter: impl FnOnce(&Core) -> Option<Hold>) -> Option<RwLockReadGuard<'_, T>> {
        held::enter();
        let guard = enter(&self.core).map(|hold| RwLockReadGuard::new_reading(self, hold));
        if guard.is_none() {
            held::leave();
        }
        guard
    }

    /// A guard, if `enter` gets in.
    #[inline]
    fn writing_if(&self, enter: impl FnOnce(&Core) -> bool) -> Option<RwLockWriteGuard<'_, T>> {
        held::enter();
        let guard = enter(&self.core).then(|| RwLockWriteGuard::new_writing(self));
        if guard.is_none() {
            held::leave();
        }
        guard
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
        match self.try_read() {
            Some(guard) => out.field("value", &&*guard),
            None => out.field("value", &format_args!("<locked>")),
        };
        out.finish()
    }
}
