//! `AtomicRef`: a cell that always has a value.

use std::{fmt, marker::PhantomData};

use super::{
    ArcLike, RefGuard,
    raw::{Mismatch, Raw, stand_back},
};
use crate::primitive::{Arc, Backoff};

/// A shared reference that threads load and replace at once: an atomic `Arc<T>`.
///
/// [`load`](Self::load) costs two stores to the thread's own memory and a few plain loads: no lock, no read-modify-write, no
/// fence (where the system has asymmetric ones), and no write to a line that another thread reads. So any number of
/// cores read at full speed beside each other.
///
/// | operation | progress | cost |
/// |---|---|---|
/// | [`load`](Self::load) | wait-free | a few loads and stores, own lines only |
/// | [`load_full`](Self::load_full) | wait-free | the same, and one increment of the value's count |
/// | [`store`](Self::store), [`swap`](Self::swap) | lock-free | one exchange, and now and then a scan: see below |
/// | [`compare_exchange`](Self::compare_exchange) | lock-free | likewise |
/// | [`rcu`](Self::rcu), [`try_rcu`](Self::try_rcu) | lock-free | the same for each attempt; some thread's attempt succeeds |
/// | `drop`, [`into_inner`](Self::into_inner) | wait-free | no scan: nobody can be reading |
///
/// **Consistency.** Operations on one cell have one order, and each load sees what the last store before it put in, with
/// everything that was written before that store (Release, Acquire). Between two cells there is no order beyond that.
///
/// **How long an old value lives.** The cell's count of a replaced value is given back when no guard has the value:
///
/// - at once, in the call that replaces it, while one thread alone uses this crate;
/// - else in the same call too, if the thread replaces values less often than every 100 µs (and no other has just done so:
///   the pause is one for the whole process);
/// - else in batches: 256 values, or 16 for each thread if that is more, or a megabyte of large ones. A writing thread keeps
///   less than two batches, and what guards hold.
///
/// A guard holds up *its* value and no other, however long it lives, and endless `load_full`s hold up nothing; only a thread that
/// loses its processor within the few instructions of a `load_full` makes the others keep what they replace until it
/// goes on. A thread that stops writing, or ends, leaves up to two batches, until somebody writes again or calls
/// [`reclaim::flush`](crate::reclaim::flush).
///
/// **Destructors** of old values run in `store`, `swap`, `compare_exchange`, `rcu` or `flush`, of any thread that writes to any
/// cell; they may use cells, this one too. If one panics, that call panics after it has done its work, and no other value is
/// lost or leaked.
///
/// **Guards across blocking calls** are fine: they hold up one value and one of the thread's eight slots. More than eight at
/// a time work too, at the price of `load_full`.
///
/// ```
/// use polder_sync::AtomicRef;
/// use std::{sync::Arc, thread};
///
/// let config = AtomicRef::new(Arc::new(String::from("old")));
/// thread::scope(|scope| {
///     scope.spawn(|| config.store(Arc::new(String::from("new"))));
///     let seen = config.load();
///     assert!(*seen == "old" || *seen == "new");
/// });
/// assert_eq!(*config.load(), "new");
/// ```
///
/// A cell of one type cannot pass for a cell of another, though its values could:
///
/// ```compile_fail,E0308
/// # use polder_sync::AtomicRef;
/// fn narrow(cell: &AtomicRef<for<'a> fn(&'a str)>) -> &AtomicRef<fn(&'static str)> { cell }
/// ```
/// ```
/// fn narrow(cell: &std::sync::Arc<for<'a> fn(&'a str)>) -> &std::sync::Arc<fn(&'static str)> { cell }
/// ```
///
/// # Source
/// M. Michael, *Hazard Pointers* (2004), with asymmetric fences as in folly, and counts that are given back late as in
/// D. Anderson, G. Blelloch and Y. Wei, *Concurrent Deferred Reference Counting* (2021). What is ours: the reservation,
/// and the pace of scans; see the header of the module `reclaim`.
pub struct AtomicRef<T, A: ArcLike<Target = T> = Arc<T>> {
    /// Never null.
    raw: Raw<A>,
    target: PhantomData<fn(T) -> T>,
}

/// The value that was loaded from a cell that is never empty.
fn some<V>(value: Option<V>) -> V {
    // SAFETY: an `AtomicRef` puts nothing but values in its cell.
    unsafe { value.unwrap_unchecked() }
}

impl<T, A: ArcLike<Target = T>> AtomicRef<T, A> {
    /// A cell with this value.
    ///
    /// ```
    /// # use polder_sync::AtomicRef;
    /// # use std::sync::Arc;
    /// let cell = AtomicRef::new(Arc::new(1));
    /// # assert_eq!(*cell.load(), 1);
    /// ```
    pub fn new(value: A) -> Self {
        Self { raw: Raw::new(Some(value)), target: PhantomData }
    }

    /// The value, for reading, for as long as the guard lives. Wait-free.
    ///
    /// ```
    /// # use polder_sync::AtomicRef;
    /// # use std::sync::Arc;
    /// let cell = AtomicRef::new(Arc::new(1));
    /// let one = cell.load();
    /// cell.store(Arc::new(2));
    /// assert_eq!((*one, *cell.load()), (1, 2));
    /// ```
    #[inline]
    pub fn load(&self) -> RefGuard<'_, T, A> {
        RefGuard::new(some(self.raw.load()))
    }

    /// The value, with a count of its own. Wait-free; increments the value's count, which all threads that do so share.
    ///
    /// ```
    /// # use polder_sync::AtomicRef;
    /// # use std::sync::Arc;
    /// let cell = AtomicRef::new(Arc::new(1));
    /// let one: Arc<i32> = cell.load_full();
    /// # assert_eq!(*one, 1);
    /// ```
    #[inline]
    pub fn load_full(&self) -> A {
        some(self.raw.load_full())
    }

    /// Replaces the value. Lock-free.
    ///
    /// # Panics
    /// If the destructor of a value that was replaced earlier does. The new value is in place then.
    #[inline]
    pub fn store(&self, value: A) {
        self.raw.store(Some(value));
    }

    /// Replaces the value and returns the old one. Lock-free.
    ///
    /// The old value may have a second count for a while, on behalf of readers: `Arc::try_unwrap` succeeds only after that.
    ///
    /// # Panics
    /// If the destructor of a value that was replaced earlier does. The new value is in place then, and the old one is dropped
    /// later.
    ///
    /// ```
    /// # use polder_sync::AtomicRef;
    /// # use std::sync::Arc;
    /// let cell = AtomicRef::new(Arc::new(1));
    /// assert_eq!(*cell.swap(Arc::new(2)), 1);
    /// ```
    #[inline]
    pub fn swap(&self, value: A) -> A {
        some(self.raw.swap(Some(value)))
    }

    /// Replaces the value by `new` if it is `current`, by identity (`Arc::ptr_eq`). Lock-free.
    ///
    /// # Errors
    /// The value that is there instead, and `new` back.
    ///
    /// # Panics
    /// If the destructor of a value that was replaced earlier does. The new value is in place then.
    ///
    /// ```
    /// # use polder_sync::AtomicRef;
    /// # use std::sync::Arc;
    /// let one = Arc::new(1);
    /// let cell = AtomicRef::new(one.clone());
    /// cell.compare_exchange(&one, Arc::new(2)).expect("it was `one`");
    ///
    /// let failed = cell.compare_exchange(&one, Arc::new(3)).expect_err("it is another one now");
    /// assert_eq!((*failed.current, *failed.new), (2, 3));
    /// ```
    #[inline]
    pub fn compare_exchange(&self, current: &A, new: A) -> Result<(), CompareExchangeError<'_, T, A>> {
        let current = current.as_raw().as_ptr();
        self.raw.compare_exchange(current, Some(new)).map_err(|Mismatch { current, new }| CompareExchangeError {
            current: RefGuard::new(some(current)),
            new: some(new),
        })
    }

    /// Replaces the value by what `next` makes of it; returns the old one. Lock-free.
    ///
    /// `next` is called again when another thread was faster: it should have no effects. If it panics, nothing has changed.
    ///
    /// # Panics
    /// If `next` does, or the destructor of a value that was replaced earlier; in the latter case the new value is in
    /// place.
    ///
    /// ```
    /// # use polder_sync::AtomicRef;
    /// # use std::sync::Arc;
    /// let list = AtomicRef::new(Arc::new(vec![1]));
    /// let old = list.rcu(|list| Arc::new([&list[..], &[2]].concat()));
    /// assert_eq!((&old[..], &list.load()[..]), (&[1][..], &[1, 2][..]));
    /// ```
    #[inline]
    pub fn rcu(&self, mut next: impl FnMut(&T) -> A) -> RefGuard<'_, T, A> {
        let mut current = self.load();
        let backoff = Backoff::new();
        loop {
            let new = next(&current);
            match self.raw.replace(Some(RefGuard::into_loaded(current)), Some(new)) {
                Ok(old) => return RefGuard::new(some(old)),
                Err(failed) => drop(failed),
            }
            stand_back(&backoff);
            current = self.load();
        }
    }

    /// As [`rcu`](Self::rcu), for a `next` that may decline.
    ///
    /// # Errors
    /// What `next` declined with. Nothing has changed then.
    ///
    /// ```
    /// # use polder_sync::AtomicRef;
    /// # use std::sync::Arc;
    /// let stock = AtomicRef::new(Arc::new(1_u32));
    /// let take = |stock: &u32| stock.checked_sub(1).map(Arc::new).ok_or("sold out");
    /// assert_eq!(*stock.try_rcu(take).expect("one was left"), 1);
    /// assert_eq!(stock.try_rcu(take).expect_err("none is left"), "sold out");
    /// ```
    #[inline]
    pub fn try_rcu<E>(&self, mut next: impl FnMut(&T) -> Result<A, E>) -> Result<RefGuard<'_, T, A>, E> {
        let mut current = self.load();
        let backoff = Backoff::new();
        loop {
            let new = next(&current)?;
            match self.raw.replace(Some(RefGuard::into_loaded(current)), Some(new)) {
                Ok(old) => return Ok(RefGuard::new(some(old))),
                Err(failed) => drop(failed),
            }
            stand_back(&backoff);
            current = self.load();
        }
    }

    /// The value, taken out of a cell that nobody shares any more. Wait-free.
    pub fn into_inner(self) -> A {
        some(self.raw.into_inner())
    }
}

impl<T: Send + Sync + 'static> AtomicRef<T> {
    /// A cell with this value, moved to an `Arc` of its own.
    pub fn from_value(value: T) -> Self {
        Self::new(Arc::new(value))
    }
}

impl<T, A: ArcLike<Target = T>> From<A> for AtomicRef<T, A> {
    fn from(value: A) -> Self {
        Self::new(value)
    }
}

impl<T, A: ArcLike<Target = T> + Default> Default for AtomicRef<T, A> {
    fn default() -> Self {
        Self::new(A::default())
    }
}

impl<T: fmt::Debug, A: ArcLike<Target = T>> fmt::Debug for AtomicRef<T, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AtomicRef").field(&*self.load()).finish()
    }
}

/// The cell had another value than the one that was to be replaced; error of [`AtomicRef::compare_exchange`].
pub struct CompareExchangeError<'c, T, A: ArcLike<Target = T> = Arc<T>> {
    /// What the cell had.
    pub current: RefGuard<'c, T, A>,
    /// What was not put in.
    pub new: A,
}

impl<T, A: ArcLike<Target = T>> fmt::Debug for CompareExchangeError<'_, T, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompareExchangeError").finish_non_exhaustive()
    }
}

impl<T, A: ArcLike<Target = T>> fmt::Display for CompareExchangeError<'_, T, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the cell has another value than the expected one")
    }
}

impl<T, A: ArcLike<Target = T>> std::error::Error for CompareExchangeError<'_, T, A> {}
