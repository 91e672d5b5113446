//! What a reference cell can hold.

use std::ptr::NonNull;

use crate::primitive::Arc;

/// A counted reference that fits in one pointer and can be read by those who hold no count.
///
/// `AtomicRef` holds such a reference by one of its counts, and shows it to readers who have none. Implemented for
/// `Arc<T>` of sized `T`, and by polder for frozen regions. A reference to an unsized value takes two words and is
/// refused by the compiler:
///
/// ```compile_fail,E0277
/// let text: std::sync::Arc<str> = "two words".into();
/// let cell = polder_sync::AtomicRef::new(text);
/// ```
/// ```
/// let text: std::sync::Arc<Box<str>> = std::sync::Arc::new("one word".into());
/// let cell = polder_sync::AtomicRef::new(text);
/// ```
///
/// # Safety
/// - [`into_raw`](Self::into_raw) gives a pointer that identifies the value: equal for two references to one value,
///   different for references to two values that exist at the same time. It is not null, and it stays valid while
///   any count is left.
/// - `from_raw(p)` takes over one count, which `into_raw` or `increment` gave out, on any thread. `ManuallyDrop` of what
///   it returns may be read while *another* count is known to stay, and any number of times at once.
/// - `increment` adds a count, may be called while a count is known to stay, runs no foreign code and does not unwind.
/// - No method gives exclusive access to the value while there is more than one count.
/// - The reference itself may dangle: it has no Rust reference or `Box` inside, for a guard's copy of it may outlive the value
///   by a moment. `as_raw` gives a pointer with the provenance of `into_raw`'s.
pub unsafe trait ArcLike: Sized + Send + Sync + 'static {
    /// What guards deref to.
    type Target;

    /// What guards deref to. No foreign code.
    fn target(&self) -> &Self::Target;

    /// The pointer of this reference, which keeps its count.
    fn as_raw(&self) -> NonNull<()>;

    /// Gives the count to the caller, as a pointer.
    fn into_raw(self) -> NonNull<()>;

    /// The reference whose count the caller has.
    ///
    /// # Safety
    /// - `raw` came from [`into_raw`](Self::into_raw) or [`as_raw`](Self::as_raw) of this type.
    /// - The caller gives up a count, or knows that another stays for as long as the result lives and never drops it.
    unsafe fn from_raw(raw: NonNull<()>) -> Self;

    /// Adds a count.
    ///
    /// # Safety
    /// - `raw` came from [`into_raw`](Self::into_raw) or [`as_raw`](Self::as_raw) of this type.
    /// - A count stays during the call.
    unsafe fn increment(raw: NonNull<()>);
}

// SAFETY: `Arc::into_raw` points to the value, which is one allocation of its own (also for values of size zero, beside the
// counts); counts are atomic, overflow aborts, and `Arc` gives exclusive access to the only count alone.
unsafe impl<T: Send + Sync + 'static> ArcLike for Arc<T> {
    type Target = T;

    #[inline]
    fn target(&self) -> &T {
        self
    }

    #[inline]
    fn as_raw(&self) -> NonNull<()> {
        let raw = Arc::as_ptr(self).cast_mut().cast();
        // SAFETY: the address of a value that an `Arc` has allocated.
        unsafe { NonNull::new_unchecked(raw) }
    }

    #[inline]
    fn into_raw(self) -> NonNull<()> {
        let raw = Arc::into_raw(self).cast_mut().cast();
        // SAFETY: the address of a value that an `Arc` has allocated.
        unsafe { NonNull::new_unchecked(raw) }
    }

    #[inline]
    unsafe fn from_raw(raw: NonNull<()>) -> Self {
        // SAFETY: the caller's clauses are those of `Arc::from_raw`.
        unsafe { Arc::from_raw(raw.as_ptr().cast()) }
    }

    #[inline]
    unsafe fn increment(raw: NonNull<()>) {
        // SAFETY: the caller's clauses are those of `Arc::increment_strong_count`.
        unsafe { Arc::increment_strong_count(raw.as_ptr().cast::<T>()) }
    }
}
