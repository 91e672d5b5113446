//! Atomics of any plain type: the crate `atomic`, behind a type of our own.
//!
//! A newtype and not a re-export: `From` and the names of std's newer methods (`update`, `try_update`) cannot be
//! added from outside, a value that would never be dropped is refused when it is put in and not when it is first
//! read, and the crate behind stays a private matter. Every atomic step is that crate's. It carries no edge of this
//! crate's proofs, so it is std's atomic under `polder_loom` too.

use std::{fmt, panic::RefUnwindSafe, sync::atomic::Ordering};

use bytemuck::NoUninit;

/// An atomic of any plain type: floats, `bool`, `char`, enums without fields, small structs, integers.
///
/// Works as the atomics of [`std::sync::atomic`] do, with their orderings and names.
///
/// **What fits.** `T: NoUninit` (of the crate `bytemuck`, which also derives it): `Copy`, no padding, no pointers.
///
/// **Lock-free or not.** A type of 1, 2, 4 or 8 bytes whose alignment is its size uses one instruction of the
/// processor, or a loop of a few: loads and stores are wait-free, the rest lock-free. Every other type takes a
/// spinlock for each operation: one of 64 that all such atomics of the process share, chosen by address, and nobody
/// sleeps or yields. That is every type of more than 8 bytes, but also `[u8; 4]` (aligned to 1), and `u64` and `f64`
/// on 32-bit x86 (aligned to 4). [`is_lock_free`](Self::is_lock_free) tells, at compile time if asked in a `const`. A
/// locking atomic orders as acquire and release whatever ordering is asked for; in particular its `SeqCst` makes no
/// total order. For more than 8 bytes prefer a [`SeqCell`](crate::SeqCell), whose reads write nothing shared.
///
/// **Comparing.** [`compare_exchange`](Self::compare_exchange) compares bytes: `0.0` is not `-0.0`, and a NaN is
/// itself.
///
/// ```
/// use polder_sync::Atomic;
/// use std::sync::atomic::Ordering::Relaxed;
///
/// static HOTTEST: Atomic<f64> = Atomic::new(f64::MIN);
///
/// for celsius in [19.5, 23.0, 21.0] {
///     HOTTEST.update(Relaxed, Relaxed, |so_far| so_far.max(celsius));
/// }
/// assert_eq!(HOTTEST.load(Relaxed), 23.0);
///
/// // No lock behind it, or this does not compile.
/// const { assert!(Atomic::<[u16; 1]>::is_lock_free()) };
/// ```
///
/// Types with padding, with ownership, or with pointers in them are refused:
///
/// ```compile_fail,E0277
/// let pair = polder_sync::Atomic::new((1_u8, 2_u16));
/// ```
///
/// ```compile_fail,E0277
/// let text = polder_sync::Atomic::new(String::from("text"));
/// ```
///
/// ```compile_fail,E0277
/// let slice = polder_sync::Atomic::new(b"text".as_slice());
/// ```
#[repr(transparent)]
pub struct Atomic<T: NoUninit>(atomic::Atomic<T>);

/// A panic cannot leave the value half written: no foreign code runs under the lock, if there is one.
impl<T: NoUninit + RefUnwindSafe> RefUnwindSafe for Atomic<T> {}

impl<T: NoUninit> Atomic<T> {
    /// An atomic that holds `value`.
    #[inline]
    pub const fn new(value: T) -> Self {
        Self(atomic::Atomic::new(value))
    }

    /// Whether atomics of this type work without a lock, on the target that the program is built for.
    ///
    /// ```
    /// use polder_sync::Atomic;
    /// assert!(Atomic::<f32>::is_lock_free());
    /// assert!(!Atomic::<[f32; 4]>::is_lock_free());
    /// ```
    #[inline]
    #[must_use]
    pub const fn is_lock_free() -> bool {
        atomic::Atomic::<T>::is_lock_free()
    }

    /// The value.
    ///
    /// # Panics
    ///
    /// If the atomic is lock-free and `order` is `Release` or `AcqRel`.
    #[inline]
    pub fn load(&self, order: Ordering) -> T {
        self.0.load(order)
    }

    /// Replaces the value.
    ///
    /// # Panics
    ///
    /// If the atomic is lock-free and `order` is `Acquire` or `AcqRel`.
    #[inline]
    pub fn store(&self, value: T, order: Ordering) {
        self.0.store(value, order);
    }

    /// Replaces the value and returns the previous one.
    #[inline]
    pub fn swap(&self, value: T, order: Ordering) -> T {
        self.0.swap(value, order)
    }

    /// Replaces the value if its bytes are those of `current`.
    ///
    /// # Errors
    ///
    /// The value that was found instead; `Ok` has the one that was replaced.
    ///
    /// # Panics
    ///
    /// If the atomic is lock-free and `failure` is `Release` or `AcqRel`.
    ///
    /// ```
    /// use polder_sync::Atomic;
    /// use std::sync::atomic::Ordering::SeqCst;
    ///
    /// let letter = Atomic::new('a');
    /// assert_eq!(letter.compare_exchange('a', 'b', SeqCst, SeqCst), Ok('a'));
    /// assert_eq!(letter.compare_exchange('a', 'c', SeqCst, SeqCst), Err('b'));
    /// ```
    #[inline]
    pub fn compare_exchange(&self, current: T, new: T, success: Ordering, failure: Ordering) -> Result<T, T> {
        self.0.compare_exchange(current, new, success, failure)
    }

    /// As [`compare_exchange`](Self::compare_exchange), but may fail for no reason, which is cheaper in a loop.
    ///
    /// # Errors
    ///
    /// The value that was found, which may be `current` itself.
    ///
    /// # Panics
    ///
    /// If the atomic is lock-free and `failure` is `Release` or `AcqRel`.
    #[inline]
    pub fn compare_exchange_weak(&self, current: T, new: T, success: Ordering, failure: Ordering) -> Result<T, T> {
        self.0.compare_exchange_weak(current, new, success, failure)
    }

    /// Replaces the value by what `f` makes of it, and returns the previous one.
    ///
    /// `f` runs again, on the new value, if another thread was faster; no lock is held meanwhile. `load_order` is for
    /// reading the value, `store_order` for the step that succeeds.
    ///
    /// # Panics
    ///
    /// If `f` does (the value stays), or if the atomic is lock-free and `load_order` is `Release` or `AcqRel`.
    ///
    /// ```
    /// use polder_sync::Atomic;
    /// use std::sync::atomic::Ordering::Relaxed;
    ///
    /// let half_life = Atomic::new(8.0_f32);
    /// assert_eq!(half_life.update(Relaxed, Relaxed, |value| value / 2.0), 8.0);
    /// assert_eq!(half_life.into_inner(), 4.0);
    /// ```
    #[inline]
    pub fn update(&self, store_order: Ordering, load_order: Ordering, mut f: impl FnMut(T) -> T) -> T {
        self.0.fetch_update(store_order, load_order, |value| Some(f(value))).unwrap_or_else(|value| value)
    }

    /// Replaces the value by what `f` makes of it, unless that is `None`; otherwise as [`update`](Self::update).
    ///
    /// # Errors
    ///
    /// The value for which `f` gave `None`, which stays.
    ///
    /// # Panics
    ///
    /// As [`update`](Self::update).
    ///
    /// ```
    /// use polder_sync::Atomic;
    /// use std::sync::atomic::Ordering::Relaxed;
    ///
    /// let seats = Atomic::new(1_u8);
    /// assert_eq!(seats.try_update(Relaxed, Relaxed, |free| free.checked_sub(1)), Ok(1));
    /// assert_eq!(seats.try_update(Relaxed, Relaxed, |free| free.checked_sub(1)), Err(0));
    /// ```
    #[inline]
    pub fn try_update(
        &self,
        store_order: Ordering,
        load_order: Ordering,
        f: impl FnMut(T) -> Option<T>,
    ) -> Result<T, T> {
        self.0.fetch_update(store_order, load_order, f)
    }

    /// The value, for an exclusive borrow: nobody else reads or writes.
    #[inline]
    pub fn get_mut(&mut self) -> &mut T {
        self.0.get_mut()
    }

    /// The value of an atomic that is given away, so that nobody else can use it.
    #[inline]
    pub fn into_inner(self) -> T {
        self.0.into_inner()
    }
}

/// Operations that the crate behind has under the same name, each of which returns the previous value.
macro_rules! fetch {
    ($type:ty: $($name:ident: $what:literal;)*) => {
        impl Atomic<$type> {$(
            #[doc = $what]
            ///
            /// Returns the previous value.
            #[inline]
            pub fn $name(&self, value: $type, order: Ordering) -> $type {
                self.0.$name(value, order)
            }
        )*}
    };
}

macro_rules! integers {
    ($($type:ty),*) => {$(
        fetch! { $type:
            fetch_add: "Adds `value`, wrapping around.";
            fetch_sub: "Subtracts `value`, wrapping around.";
            fetch_and: "Keeps the bits that are also set in `value`.";
            fetch_or: "Sets the bits of `value`.";
            fetch_xor: "Flips the bits of `value`.";
            fetch_max: "Keeps the larger of the two.";
            fetch_min: "Keeps the smaller of the two.";
        }
    )*};
}
integers!(i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize);

fetch! { bool:
    fetch_and: "True if it was and `value` is.";
    fetch_or: "True if it was or `value` is.";
    fetch_xor: "True if exactly one of the two is.";
}

impl<T: NoUninit + Default> Default for Atomic<T> {
    /// An atomic that holds the default value.
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: NoUninit> From<T> for Atomic<T> {
    /// An atomic that holds `value`.
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: NoUninit + fmt::Debug> fmt::Debug for Atomic<T> {
    /// Shows the value, by a relaxed load.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
