//! What a behaviour asks for, in types: one lock, and how.

use std::{fmt, ptr::NonNull, sync::Arc};

use super::{target::Target, tuples::Request};
use crate::{Mutex, RwLock};

/// A type with a lock in it that [`when`](fn@crate::when) can take: an `&Arc<L>` is then an item of a request.
///
/// Implement it for a type that wraps a lock of this crate; the behaviour's closure gets what that lock holds.
///
/// ```
/// use polder_sync::{Lockable, Mutex, when};
/// use std::sync::Arc;
///
/// struct Account {
///     owner: String,
///     balance: Mutex<i64>,
/// }
///
/// impl Lockable for Account {
///     type Lock = Mutex<i64>;
///
///     fn as_lock(&self) -> &Mutex<i64> {
///         &self.balance
///     }
/// }
///
/// let account = Arc::new(Account { owner: "Ada".into(), balance: Mutex::new(10) });
/// when(&account, |balance: &mut i64| *balance += 5).wait();
/// assert_eq!((account.owner.as_str(), *account.balance.lock()), ("Ada", 15));
/// ```
pub trait Lockable: Send + Sync + 'static {
    /// The lock.
    type Lock: ValueLock + ?Sized;

    /// The lock. Called once for each behaviour that asks for it.
    fn as_lock(&self) -> &Self::Lock;
}

impl<T: ?Sized + Send + 'static> Lockable for Mutex<T> {
    type Lock = Self;

    fn as_lock(&self) -> &Self {
        self
    }
}

/// A lock of this crate that has a value; not for others to implement.
pub trait ValueLock: sealed::Lock + Send + Sync + 'static {
    /// What is behind the lock.
    type Value: ?Sized + 'static;

    /// The lock as the queues know it.
    #[doc(hidden)]
    fn target(&self) -> Target;

    /// Where the value is. Whoever holds the target's lock may use it.
    #[doc(hidden)]
    fn value(&self) -> *mut Self::Value;
}

impl<T: ?Sized + Send + 'static> ValueLock for Mutex<T> {
    type Value = T;

    fn target(&self) -> Target {
        Target::mutex(self.raw())
    }

    fn value(&self) -> *mut T {
        self.value_pointer()
    }
}

impl<T: ?Sized + Send + Sync + 'static> Lockable for RwLock<T> {
    type Lock = Self;

    fn as_lock(&self) -> &Self {
        self
    }
}

impl<T: ?Sized + Send + Sync + 'static> ValueLock for RwLock<T> {
    type Value = T;

    fn target(&self) -> Target {
        Target::write(self.core())
    }

    fn value(&self) -> *mut T {
        self.value_pointer()
    }
}

/// A lock of this crate whose value several may read at once; not for others to implement.
pub trait ReadLock: ValueLock<Value: Sync> {
    /// The lock as the queues know it, for reading.
    #[doc(hidden)]
    fn read_target(&self) -> Target;

    /// Where the value is. Whoever holds that target may read it.
    #[doc(hidden)]
    fn value_to_read(&self) -> *const Self::Value;
}

impl<T: ?Sized + Send + Sync + 'static> ReadLock for RwLock<T> {
    fn read_target(&self) -> Target {
        Target::read(self.core())
    }

    fn value_to_read(&self) -> *const T {
        self.value_to_read()
    }
}

/// Asks for a lock in order to read: an item of a request. Made by [`read`](fn@read).
#[derive(Debug)]
pub struct Read<'a, L: Lockable + ?Sized>(&'a Arc<L>);

/// Asks for a lock in order to write: an item of a request. Made by [`write`](fn@write).
#[derive(Debug)]
pub struct Write<'a, L: Lockable + ?Sized>(&'a Arc<L>);

/// Asks for a readers-writer lock in order to read: the closure gets an `&T`, perhaps beside others that do.
///
/// ```
/// use polder_sync::{Mutex, RwLock, when};
/// use std::sync::Arc;
///
/// let (prices, sum) = (Arc::new(RwLock::new(vec![1, 2, 3])), Arc::new(Mutex::new(0)));
/// let added = when((&sum, when::read(&prices)), |sum: &mut i32, prices: &Vec<i32>| *sum += prices.iter().sum::<i32>());
/// let raised = when(&prices, |prices: &mut Vec<i32>| prices.iter_mut().for_each(|price| *price += 1));
/// added.wait();
/// raised.wait();
/// assert_eq!((*sum.lock(), prices.read()[0]), (6, 2));
/// ```
pub fn read<L: Lockable<Lock: ReadLock> + ?Sized>(lock: &Arc<L>) -> Read<'_, L> {
    Read(lock)
}

/// Asks for a lock in order to write, as the plain `&lock` does.
pub fn write<L: Lockable + ?Sized>(lock: &Arc<L>) -> Write<'_, L> {
    Write(lock)
}

/// One item of a request, taken: a share of the lock. Not for others to implement.
///
/// # Safety
/// - `target` and `access` are about one lock, which lives and stays where it is as long as the item, wherever that
///   is moved.
pub unsafe trait Held: sealed::Held + Send + 'static {
    /// What the closure gets for it.
    type Access<'a>;

    /// The lock as the queues know it.
    #[doc(hidden)]
    fn target(&self) -> Target;

    /// The value.
    ///
    /// # Safety
    /// - The target is held for `'a`, and this is called once in that time.
    #[doc(hidden)]
    unsafe fn access<'a>(&self) -> Self::Access<'a>;
}

/// A share of a lock: what keeps it alive, and where it is.
struct Share<L: Lockable + ?Sized> {
    /// What `as_lock` has said, once and for all: it may be any code.
    lock: NonNull<L::Lock>,
    /// Keeps it alive.
    _owner: Arc<L>,
}

// SAFETY: the pointer is a shared borrow of what the `Arc` owns, and both are `Send` where `L` and its lock are
// `Sync`.
unsafe impl<L: Lockable + ?Sized> Send for Share<L> {}

impl<L: Lockable + ?Sized> Share<L> {
    fn new(owner: &Arc<L>) -> Self {
        let owner = Arc::clone(owner);
        // A borrow of the contents of an `Arc`, which stay where they are while there is one.
        Self { lock: NonNull::from(owner.as_lock()), _owner: owner }
    }

    fn lock(&self) -> &L::Lock {
        // SAFETY: `_owner` keeps it alive.
        unsafe { self.lock.as_ref() }
    }
}

impl<L: Lockable + ?Sized> fmt::Debug for Share<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lock().target().fmt(f)
    }
}

/// A share of a lock whose value a behaviour changes.
#[derive(Debug)]
pub struct Exclusive<L: Lockable + ?Sized>(Share<L>);

// SAFETY: both use the pointer that `Share::new` has made, to what the share keeps alive.
unsafe impl<L: Lockable + ?Sized> Held for Exclusive<L> {
    type Access<'a> = &'a mut <L::Lock as ValueLock>::Value;

    fn target(&self) -> Target {
        self.0.lock().target()
    }

    unsafe fn access<'a>(&self) -> Self::Access<'a> {
        let value = self.0.lock().value();
        // SAFETY: the lock is held for `'a`, and nobody else has been given its value for that time.
        unsafe { &mut *value }
    }
}

/// A share of a lock whose value a behaviour reads.
#[derive(Debug)]
pub struct Shared<L: Lockable + ?Sized>(Share<L>);

// SAFETY: as for `Exclusive`.
unsafe impl<L: Lockable<Lock: ReadLock> + ?Sized> Held for Shared<L> {
    type Access<'a> = &'a <L::Lock as ValueLock>::Value;

    fn target(&self) -> Target {
        self.0.lock().read_target()
    }

    unsafe fn access<'a>(&self) -> Self::Access<'a> {
        let value = self.0.lock().value_to_read();
        // SAFETY: the lock is held for `'a`, so that others read at most.
        unsafe { &*value }
    }
}

/// One item of a tuple that is a [`Request`]. Not for others to implement.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no item of a request of `when`",
    label = "not a lock that a behaviour can ask for",
    note = "items are `&Arc<Mutex<T>>`: the behaviour keeps a share of the lock"
)]
pub trait Item: sealed::Item {
    /// The share of the lock.
    #[doc(hidden)]
    type Held: Held;

    /// Takes the share.
    #[doc(hidden)]
    fn held(self) -> Self::Held;
}

impl<L: Lockable + ?Sized> Item for &Arc<L> {
    type Held = Exclusive<L>;

    fn held(self) -> Exclusive<L> {
        Exclusive(Share::new(self))
    }
}

impl<L: Lockable + ?Sized> Request for &Arc<L> {
    type Locks = (Exclusive<L>,);

    fn locks(self) -> Self::Locks {
        (self.held(),)
    }
}

impl<L: Lockable + ?Sized> Item for Write<'_, L> {
    type Held = Exclusive<L>;

    fn held(self) -> Exclusive<L> {
        Exclusive(Share::new(self.0))
    }
}

impl<L: Lockable + ?Sized> Request for Write<'_, L> {
    type Locks = (Exclusive<L>,);

    fn locks(self) -> Self::Locks {
        (self.held(),)
    }
}

impl<L: Lockable<Lock: ReadLock> + ?Sized> Item for Read<'_, L> {
    type Held = Shared<L>;

    fn held(self) -> Shared<L> {
        Shared(Share::new(self.0))
    }
}

impl<L: Lockable<Lock: ReadLock> + ?Sized> Request for Read<'_, L> {
    type Locks = (Shared<L>,);

    fn locks(self) -> Self::Locks {
        (self.held(),)
    }
}

/// Traits that nobody outside can name, and so nobody outside can implement what needs them.
pub(super) mod sealed {
    use super::{Arc, Exclusive, Lockable, Mutex, Read, RwLock, Shared, Write};

    pub trait Lock {}
    impl<T: ?Sized> Lock for Mutex<T> {}
    impl<T: ?Sized> Lock for RwLock<T> {}

    pub trait Held {}
    impl<L: Lockable + ?Sized> Held for Exclusive<L> {}
    impl<L: Lockable + ?Sized> Held for Shared<L> {}

    pub trait Locks {}
    impl Locks for () {}

    pub trait Request {}
    impl Request for () {}
    impl<L: Lockable + ?Sized> Request for &Arc<L> {}
    impl<L: Lockable + ?Sized> Request for Write<'_, L> {}
    impl<L: Lockable + ?Sized> Request for Read<'_, L> {}

    pub trait Item {}
    impl<L: Lockable + ?Sized> Item for &Arc<L> {}
    impl<L: Lockable + ?Sized> Item for Write<'_, L> {}
    impl<L: Lockable + ?Sized> Item for Read<'_, L> {}
}
