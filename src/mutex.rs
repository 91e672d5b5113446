//! Locks that own a region: whoever holds the lock opens the region's sessions.
//!
//! There is no lock per node and no reference that outlives the session, so the lock protects the whole graph and nothing
//! of it can be touched without. Both locks are thin: [`Mutex`] and [`RwLock`] of `polder-sync` around a [`Region`].

mod many;

use core::fmt;
use core::mem;
use core::ops::{Deref, DerefMut};
use core::panic::{RefUnwindSafe, UnwindSafe};
use std::time::{Duration, Instant};

use polder_sync::{Lockable, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::{Ctx, Rebrand, Region, View};

/// A mutex that owns a region.
///
/// [`lock`](Self::lock) gives a guard that derefs to the [`Region`]: `guard.open(…)` and `guard.read(…)` are sessions.
/// [`with`](Self::with) does both in one call. Regions move in and out by [`replace`](Self::replace) and
/// [`swap`](Self::swap), so a lock can hand whole graphs from thread to thread.
///
/// Several of them are taken together, without deadlock, by [`lock_many`](fn@polder_sync::lock_many).
///
/// Does not poison: after a panic in a session, the lock is free and the region as the work until then left it.
/// `Mutex<Poison<Region<R>>>` from [`polder::sync`](crate::sync) remembers the panic.
///
/// A session inside a session of the same lock deadlocks, as does `lock` while this thread holds a guard. With debug
/// assertions both panic instead, and so does taking locks in orders that *could* deadlock, see
/// [`set_lock_order_check`](crate::sync::set_lock_order_check).
///
/// ```
/// use polder::{Ref, Region, RegionMutex};
///
/// let log: RegionMutex<Vec<Ref<'static, String>>> = RegionMutex::new(Region::new(|_| Vec::new()));
/// std::thread::scope(|scope| {
///     for n in 0..4 {
///         let log = &log;
///         scope.spawn(move || log.with(|lines, ctx| lines.push(ctx.alloc(format!("thread {n}")))));
///     }
/// });
/// assert_eq!(log.lock().read(|lines, _| lines.len()), 4);
/// ```
pub struct RegionMutex<R: Rebrand> {
    lock: Mutex<Region<R>>,
}

// Stated where the compiler would derive the same, here and below, because rustdoc (1.95) fails on deriving a bound over
// all brands.

// SAFETY: a lock owns its region.
unsafe impl<R: Rebrand> Send for RegionMutex<R> where for<'r> R::At<'r>: Send {}
// SAFETY: a shared mutex gives its region to one thread at a time.
unsafe impl<R: Rebrand> Sync for RegionMutex<R> where for<'r> R::At<'r>: Send {}

/// For [`when`](fn@polder_sync::when): the closure gets the region, and opens it itself.
impl<R: Rebrand + 'static> Lockable for RegionMutex<R>
where
    for<'r> R::At<'r>: Send,
{
    type Lock = Mutex<Region<R>>;

    fn as_lock(&self) -> &Mutex<Region<R>> {
        &self.lock
    }
}

/// The right to use the region of a [`RegionMutex`]: derefs to the [`Region`].
pub type RegionGuard<'a, R> = MutexGuard<'a, Region<R>>;

impl<R: Rebrand> RegionMutex<R> {
    /// A free lock around a region.
    pub const fn new(region: Region<R>) -> Self {
        RegionMutex { lock: Mutex::new(region) }
    }

    /// Waits for the lock. Blocking; not fair.
    #[inline]
    #[track_caller]
    pub fn lock(&self) -> RegionGuard<'_, R> {
        self.lock.lock()
    }

    /// Takes the lock if it is free. Never waits.
    #[inline]
    #[track_caller]
    pub fn try_lock(&self) -> Option<RegionGuard<'_, R>> {
        self.lock.try_lock()
    }

    /// Waits for the lock, at most for `timeout`. Blocking.
    #[track_caller]
    pub fn try_lock_for(&self, timeout: Duration) -> Option<RegionGuard<'_, R>> {
        self.lock.try_lock_for(timeout)
    }

    /// Waits for the lock, at most until `deadline`. Blocking.
    #[track_caller]
    pub fn try_lock_until(&self, deadline: Instant) -> Option<RegionGuard<'_, R>> {
        self.lock.try_lock_until(deadline)
    }

    /// Waits for the lock and opens the region for one session, on this thread. Blocking.
    #[inline]
    #[track_caller]
    pub fn with<U>(&self, session: impl for<'x, 'r> FnOnce(&'x mut R::At<'r>, &'x mut Ctx<'r>) -> U) -> U {
        self.lock().open(session)
    }

    /// Waits for the lock and puts `region` in; returns the one that was there. Blocking.
    #[must_use = "the region that was there is dropped otherwise"]
    #[track_caller]
    pub fn replace(&self, region: Region<R>) -> Region<R> {
        mem::replace(&mut *self.lock(), region)
    }

    /// Waits for the lock and exchanges its region with `region`. Blocking.
    #[track_caller]
    pub fn swap(&self, region: &mut Region<R>) {
        mem::swap(&mut *self.lock(), region);
    }

    /// The region, without locking: `&mut self` proves that nobody else has it.
    pub fn get_mut(&mut self) -> &mut Region<R> {
        self.lock.get_mut()
    }

    /// The region, without locking.
    #[must_use = "the region is dropped otherwise"]
    pub fn into_region(self) -> Region<R> {
        self.lock.into_inner()
    }

    /// Whether the lock was held at some moment during the call.
    pub fn is_locked(&self) -> bool {
        self.lock.is_locked()
    }
}

/// A free lock around the default region.
impl<R: Rebrand> Default for RegionMutex<R>
where
    for<'r> R::At<'r>: Default,
{
    fn default() -> Self {
        RegionMutex::new(Region::default())
    }
}

impl<R: Rebrand> From<Region<R>> for RegionMutex<R> {
    fn from(region: Region<R>) -> Self {
        RegionMutex::new(region)
    }
}

impl<R: Rebrand> fmt::Debug for RegionMutex<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegionMutex").field("lock", &self.lock).finish()
    }
}

/// A readers-writer lock that owns a region: many read sessions at once, or one that writes.
///
/// An [`RwLock`] around a [`Region`], with its costs, progress and fairness: readers of a lock that is seldom written write
/// no line that another thread uses, and neither readers nor writers starve. No poisoning: after a panic in a session, the
/// lock is free and the region as the work until then left it.
///
/// Not re-entrant: a thread that has it for writing and locks again waits for itself for ever, and one that reads may, if
/// another waits to write. With debug assertions both panic instead, and so does taking locks in orders that *could*
/// deadlock, see [`RegionMutex`].
///
/// ```
/// use polder::{Ref, Region, RegionRwLock};
///
/// let table: RegionRwLock<Vec<Ref<'static, u64>>> = RegionRwLock::new(Region::new(|ctx| vec![ctx.alloc(1)]));
/// table.with(|table, ctx| ctx[table[0]] += 1);
/// assert_eq!(table.read_with(|table, view| view[table[0]]), 2);
/// let reading = table.read();
/// std::thread::scope(|scope| {
///     scope.spawn(|| assert_eq!(table.read_with(|t, view| view[t[0]]), 2)); // at the same time
/// });
/// assert_eq!(reading.read(|t, view| view[t[0]]), 2);
/// ```
pub struct RegionRwLock<R: Rebrand> {
    lock: RwLock<Region<R>>,
}

// SAFETY: a lock owns its region.
unsafe impl<R: Rebrand> Send for RegionRwLock<R> where for<'r> R::At<'r>: Send {}
// SAFETY: a shared readers-writer lock gives its region to one thread at a time, or shares it.
unsafe impl<R: Rebrand> Sync for RegionRwLock<R> where for<'r> R::At<'r>: Send + Sync {}

// A panic leaves a region as its type says, and what is not done yet is not done, with or without a lock around it.
impl<R: Rebrand> UnwindSafe for RegionRwLock<R> {}
impl<R: Rebrand> RefUnwindSafe for RegionRwLock<R> {}

/// For [`when`](fn@polder_sync::when), which also reads: the closure gets the region, and opens it itself.
impl<R: Rebrand + 'static> Lockable for RegionRwLock<R>
where
    for<'r> R::At<'r>: Send + Sync,
{
    type Lock = RwLock<Region<R>>;

    fn as_lock(&self) -> &RwLock<Region<R>> {
        &self.lock
    }
}

impl<R: Rebrand> RegionRwLock<R> {
    /// A free lock around a region.
    pub const fn new(region: Region<R>) -> Self {
        RegionRwLock { lock: RwLock::new(region) }
    }

    /// Waits for shared access. Wait-free while nobody writes, else blocking. The guard's `read` is a session; any number of
    /// threads can be in one.
    #[inline]
    #[track_caller]
    pub fn read(&self) -> RegionReadGuard<'_, R> {
        RegionReadGuard { guard: self.lock.read() }
    }

    /// Waits for exclusive access. Blocking.
    #[inline]
    #[track_caller]
    pub fn write(&self) -> RegionWriteGuard<'_, R> {
        RegionWriteGuard { guard: self.lock.write() }
    }

    /// Takes shared access if there is no writer. Never waits.
    #[inline]
    #[track_caller]
    pub fn try_read(&self) -> Option<RegionReadGuard<'_, R>> {
        self.lock.try_read().map(|guard| RegionReadGuard { guard })
    }

    /// Takes exclusive access if the lock is free. Never waits.
    #[inline]
    #[track_caller]
    pub fn try_write(&self) -> Option<RegionWriteGuard<'_, R>> {
        self.lock.try_write().map(|guard| RegionWriteGuard { guard })
    }

    /// Waits for shared access, at most for `timeout`. Blocking.
    ///
    /// ```
    /// use polder::{Region, RegionRwLock};
    /// use std::time::Duration;
    ///
    /// let lock: RegionRwLock<Vec<u64>> = RegionRwLock::new(Region::new(|_| vec![1, 2]));
    /// let writing = lock.write();
    /// assert!(lock.try_read_for(Duration::from_millis(1)).is_none());
    /// drop(writing);
    /// assert!(lock.try_read_for(Duration::MAX).is_some());
    /// ```
    #[track_caller]
    pub fn try_read_for(&self, timeout: Duration) -> Option<RegionReadGuard<'_, R>> {
        self.lock.try_read_for(timeout).map(|guard| RegionReadGuard { guard })
    }

    /// Waits for shared access, at most until `deadline`. Blocking.
    #[track_caller]
    pub fn try_read_until(&self, deadline: Instant) -> Option<RegionReadGuard<'_, R>> {
        self.lock.try_read_until(deadline).map(|guard| RegionReadGuard { guard })
    }

    /// Waits for exclusive access, at most for `timeout`. Blocking; while it waits for readers, no new ones get in.
    #[track_caller]
    pub fn try_write_for(&self, timeout: Duration) -> Option<RegionWriteGuard<'_, R>> {
        self.lock.try_write_for(timeout).map(|guard| RegionWriteGuard { guard })
    }

    /// Waits for exclusive access, at most until `deadline`. Blocking as [`try_write_for`](Self::try_write_for).
    #[track_caller]
    pub fn try_write_until(&self, deadline: Instant) -> Option<RegionWriteGuard<'_, R>> {
        self.lock.try_write_until(deadline).map(|guard| RegionWriteGuard { guard })
    }

    /// Waits for shared access and reads the region for one session, on this thread. Blocking.
    #[track_caller]
    pub fn read_with<U>(&self, session: impl for<'x, 'r> FnOnce(&'x R::At<'r>, View<'x, 'r>) -> U) -> U {
        self.read().read(session)
    }

    /// Waits for exclusive access and opens the region for one session, on this thread. Blocking.
    #[track_caller]
    pub fn with<U>(&self, session: impl for<'x, 'r> FnOnce(&'x mut R::At<'r>, &'x mut Ctx<'r>) -> U) -> U {
        self.write().open(session)
    }

    /// Waits for exclusive access and puts `region` in; returns the one that was there. Blocking.
    #[must_use = "the region that was there is dropped otherwise"]
    #[track_caller]
    pub fn replace(&self, region: Region<R>) -> Region<R> {
        mem::replace(&mut *self.write(), region)
    }

    /// Waits for exclusive access and exchanges the lock's region with `region`. Blocking.
    #[track_caller]
    pub fn swap(&self, region: &mut Region<R>) {
        mem::swap(&mut *self.write(), region);
    }

    /// The region, without locking: `&mut self` proves that nobody else has it.
    pub fn get_mut(&mut self) -> &mut Region<R> {
        self.lock.get_mut()
    }

    /// The region, without locking.
    #[must_use = "the region is dropped otherwise"]
    pub fn into_region(self) -> Region<R> {
        self.lock.into_inner()
    }

    /// Whether some thread reads, writes, or waits for readers in order to write, at some moment during the call. Linear in
    /// the number of threads; for diagnostics.
    pub fn is_locked(&self) -> bool {
        self.lock.is_locked()
    }
}

/// A free lock around the default region.
impl<R: Rebrand> Default for RegionRwLock<R>
where
    for<'r> R::At<'r>: Default,
{
    fn default() -> Self {
        RegionRwLock::new(Region::default())
    }
}

impl<R: Rebrand> From<Region<R>> for RegionRwLock<R> {
    fn from(region: Region<R>) -> Self {
        RegionRwLock::new(region)
    }
}

impl<R: Rebrand> fmt::Debug for RegionRwLock<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("RegionRwLock");
        match self.try_read() {
            Some(guard) => out.field("region", &*guard),
            None => out.field("region", &format_args!("<locked>")),
        };
        out.finish()
    }
}

/// Shared access to the region of a [`RegionRwLock`]: derefs to the [`Region`], whose `read` is a session.
#[must_use = "the lock is given back when the guard is dropped"]
pub struct RegionReadGuard<'a, R: Rebrand> {
    guard: RwLockReadGuard<'a, Region<R>>,
}

// SAFETY: a shared guard gives `&Region`.
unsafe impl<R: Rebrand> Sync for RegionReadGuard<'_, R> where for<'r> R::At<'r>: Sync {}

impl<R: Rebrand> Deref for RegionReadGuard<'_, R> {
    type Target = Region<R>;

    fn deref(&self) -> &Region<R> {
        &self.guard
    }
}

impl<R: Rebrand> fmt::Debug for RegionReadGuard<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

/// Exclusive access to the region of a [`RegionRwLock`]: derefs to the [`Region`].
#[must_use = "the lock is given back when the guard is dropped"]
pub struct RegionWriteGuard<'a, R: Rebrand> {
    guard: RwLockWriteGuard<'a, Region<R>>,
}

impl<'a, R: Rebrand> RegionWriteGuard<'a, R> {
    /// Becomes shared access, with no writer in between.
    ///
    /// ```
    /// use polder::{Region, RegionRwLock, RegionWriteGuard};
    ///
    /// let lock: RegionRwLock<Vec<u64>> = RegionRwLock::new(Region::new(|_| vec![1]));
    /// let mut writing = lock.write();
    /// writing.open(|list, _| list.push(2));
    /// let reading = RegionWriteGuard::downgrade(writing);
    /// assert_eq!(reading.read(|list, _| list.len()), 2);
    /// assert!(lock.try_read().is_some() && lock.try_write().is_none());
    /// ```
    #[track_caller]
    pub fn downgrade(guard: Self) -> RegionReadGuard<'a, R> {
        RegionReadGuard { guard: RwLockWriteGuard::downgrade(guard.guard) }
    }
}

// SAFETY: a shared guard gives `&Region`.
unsafe impl<R: Rebrand> Sync for RegionWriteGuard<'_, R> where for<'r> R::At<'r>: Sync {}

impl<R: Rebrand> Deref for RegionWriteGuard<'_, R> {
    type Target = Region<R>;

    fn deref(&self) -> &Region<R> {
        &self.guard
    }
}

impl<R: Rebrand> DerefMut for RegionWriteGuard<'_, R> {
    fn deref_mut(&mut self) -> &mut Region<R> {
        &mut self.guard
    }
}

impl<R: Rebrand> fmt::Debug for RegionWriteGuard<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
