//! Poison: a mark on a value whose change was cut short by a panic.
//!
//! Exclusion and poisoning are separate matters, so this type knows no lock: put it into any.

use std::{
    error::Error,
    fmt,
    marker::PhantomData,
    ops::{Deref, DerefMut},
    thread,
};

/// A value that remembers that a panic interrupted a change of it.
///
/// [`get`](Self::get) gives a guard for changing the value. If a panic starts while the guard lives and unwinds through
/// it, the value is *poisoned*: from then on [`get`](Self::get), [`peek`](Self::peek) and
/// [`into_inner`](Self::into_inner) answer [`Poisoned`]. [`get_anyway`](Self::get_anyway) and
/// [`peek_anyway`](Self::peek_anyway) look past the mark, and [`clear`](Self::clear) removes it once the value is whole
/// again.
///
/// Poison is advice about *logical* wholeness, not safety: nothing is unsound without it. It knows no lock, and works
/// in any; `Mutex<Poison<T>>` is the mutex that poisons.
///
/// All operations take constant time and never wait.
///
/// ```
/// use polder_sync::{Mutex, Poison, Poisoned};
///
/// struct Books { left: i64, right: i64 }
///
/// fn book(books: &Mutex<Poison<Books>>, amount: i64) -> Result<(), Poisoned> {
///     let mut slot = books.lock();
///     let mut books = slot.get()?;
///     books.left -= amount;
///     assert!(amount > 0, "a payment goes forward"); // too late: the left side is written already
///     books.right += amount;
///     Ok(())
/// }
///
/// let books = Mutex::new(Poison::new(Books { left: 0, right: 0 }));
/// assert_eq!(book(&books, 5), Ok(()));
/// let books = std::panic::AssertUnwindSafe(books); // the mark makes it so
/// # std::panic::set_hook(Box::new(|_| {}));
/// let panicked = std::panic::catch_unwind(|| book(&books, -3)).is_err();
/// # let _ = std::panic::take_hook();
/// assert!(panicked);
/// assert!(book(&books, 5).is_err());
///
/// // Repair, then carry on.
/// let mut slot = books.lock();
/// assert_eq!((slot.peek_anyway().left, slot.peek_anyway().right), (-2, 5));
/// slot.get_anyway().left = -5;
/// slot.clear();
/// drop(slot);
/// assert_eq!(book(&books, 1), Ok(()));
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Poison<T: ?Sized> {
    poisoned: bool,
    value: T,
}

impl<T> Poison<T> {
    /// A value without a mark.
    pub const fn new(value: T) -> Self {
        Self { poisoned: false, value }
    }

    /// The value.
    ///
    /// # Errors
    ///
    /// [`Poisoned`] with the value in it, if the value is poisoned.
    pub fn into_inner(self) -> Result<T, Poisoned<T>> {
        if self.poisoned { Err(Poisoned(self.value)) } else { Ok(self.value) }
    }
}

impl<T: ?Sized> Poison<T> {
    /// The right to change the value, watched for panics.
    ///
    /// # Errors
    ///
    /// [`Poisoned`] if the value is poisoned. The error borrows nothing, so `?` can carry it out of the function; the
    /// value stays where it is, see [`get_anyway`](Self::get_anyway).
    pub fn get(&mut self) -> Result<PoisonGuard<'_, T>, Poisoned> {
        if self.poisoned { Err(Poisoned(())) } else { Ok(self.get_anyway()) }
    }

    /// The right to change the value, poisoned or not, watched for panics. Leaves the mark as it is.
    pub fn get_anyway(&mut self) -> PoisonGuard<'_, T> {
        PoisonGuard { unwinding_before: thread::panicking(), poison: self, _not_send: PhantomData }
    }

    /// A look at the value.
    ///
    /// # Errors
    ///
    /// [`Poisoned`] if the value is poisoned.
    pub fn peek(&self) -> Result<&T, Poisoned> {
        if self.poisoned { Err(Poisoned(())) } else { Ok(&self.value) }
    }

    /// A look at the value, poisoned or not.
    pub const fn peek_anyway(&self) -> &T {
        &self.value
    }

    /// Whether a panic has interrupted a change since the value was made or [cleared](Self::clear).
    pub const fn is_poisoned(&self) -> bool {
        self.poisoned
    }

    /// Declares the value whole again.
    pub const fn clear(&mut self) {
        self.poisoned = false;
    }
}

impl<T> From<T> for Poison<T> {
    /// A value without a mark.
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Poison<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Poison").field("poisoned", &self.poisoned).field("value", &&self.value).finish()
    }
}

/// The right to change what a [`Poison`] holds; poisons the value if dropped by a panic that began in its lifetime.
///
/// A guard made while the thread already unwinds (in a destructor) does not mark the value: whatever goes wrong in
/// there cannot be told from the panic that was under way. A panic of another thread that was lent `&mut *guard` does not
/// mark it either, unless it comes back to this one. Forgetting a guard (`mem::forget`) switches it off.
#[must_use = "the guard watches for panics only while it lives"]
#[clippy::has_significant_drop]
pub struct PoisonGuard<'a, T: ?Sized> {
    unwinding_before: bool,
    poison: &'a mut Poison<T>,
    /// `unwinding_before` is about this thread.
    _not_send: PhantomData<*const ()>,
}

// SAFETY: a shared guard gives `&T` and nothing else; the marker only keeps the guard itself on its thread.
unsafe impl<T: ?Sized + Sync> Sync for PoisonGuard<'_, T> {}

impl<T: ?Sized> Deref for PoisonGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.poison.value
    }
}

impl<T: ?Sized> DerefMut for PoisonGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.poison.value
    }
}

impl<T: ?Sized> Drop for PoisonGuard<'_, T> {
    fn drop(&mut self) {
        if !self.unwinding_before && thread::panicking() {
            self.poison.poisoned = true;
        }
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for PoisonGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for PoisonGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// The value is poisoned: a panic interrupted a change of it.
///
/// From [`Poison::into_inner`] it carries the value, otherwise nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Poisoned<T = ()>(T);

impl<T> Poisoned<T> {
    /// What the error carries.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> fmt::Debug for Poisoned<T> {
    /// Does not show the value, so that `unwrap` works for any.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Poisoned").finish_non_exhaustive()
    }
}

impl<T> fmt::Display for Poisoned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("poisoned: a panic interrupted an earlier change of the value")
    }
}

impl<T> Error for Poisoned<T> {}
