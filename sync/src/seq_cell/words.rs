//! The value in place, read and written in atomic pieces: as many words of eight bytes as fit, and then at most one
//! piece of four, of two and of one.
//!
//! A byte is always part of the same piece, so accesses to it never differ in size, and no piece reaches into the
//! padding behind a value whose size is no multiple of eight. This is the ordinary build's; a model has its own twin
//! (`words_modelled.rs`), whose atomics cannot lie over a value.
//!
//! Orderings: none of its own; the cell's number orders the pieces.

use std::{
    cell::UnsafeCell,
    mem::MaybeUninit,
    ptr,
    sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering::Relaxed},
};

use bytemuck::NoUninit;

/// The bytes of a `T`, shared by all who have a reference.
///
/// Invariant W: except during a [`store`](Self::store), they are the bytes of one valid `T`. `MaybeUninit`, because
/// during a store they are a mixture of two.
#[repr(C, align(8))]
pub(super) struct Words<T>(UnsafeCell<MaybeUninit<T>>);

impl<T: NoUninit> Words<T> {
    const SIZE: usize = size_of::<T>();

    pub(super) const fn new(value: T) -> Self {
        Self(UnsafeCell::new(MaybeUninit::new(value)))
    }

    /// The bytes as they are found, piece by piece: not one value, unless nobody stored meanwhile.
    #[inline]
    pub(super) fn copy(&self) -> MaybeUninit<T> {
        let mut copy = MaybeUninit::uninit();
        for word in 0..Self::SIZE / 8 {
            self.copy_piece::<u64>(word * 8, &mut copy);
        }
        if Self::SIZE & 4 != 0 {
            self.copy_piece::<u32>(Self::SIZE & !7, &mut copy);
        }
        if Self::SIZE & 2 != 0 {
            self.copy_piece::<u16>(Self::SIZE & !3, &mut copy);
        }
        if Self::SIZE & 1 != 0 {
            self.copy_piece::<u8>(Self::SIZE & !1, &mut copy);
        }
        copy
    }

    /// Replaces the bytes, piece by piece.
    ///
    /// # Safety
    ///
    /// - Of all calls on one `Words`, each happens before the next.
    #[inline]
    pub(super) unsafe fn store(&self, value: T) {
        for word in 0..Self::SIZE / 8 {
            self.store_piece::<u64>(word * 8, &value);
        }
        if Self::SIZE & 4 != 0 {
            self.store_piece::<u32>(Self::SIZE & !7, &value);
        }
        if Self::SIZE & 2 != 0 {
            self.store_piece::<u16>(Self::SIZE & !3, &value);
        }
        if Self::SIZE & 1 != 0 {
            self.store_piece::<u8>(Self::SIZE & !1, &value);
        }
    }

    #[inline]
    pub(super) fn get_mut(&mut self) -> &mut T {
        // SAFETY: W; the exclusive borrow rules out a store under way.
        unsafe { self.0.get_mut().assume_init_mut() }
    }

    #[inline]
    pub(super) fn into_inner(self) -> T {
        // SAFETY: W; nobody else has a reference, so no store is under way.
        unsafe { self.0.into_inner().assume_init() }
    }

    #[inline]
    fn copy_piece<P: Piece>(&self, at: usize, copy: &mut MaybeUninit<T>) {
        let to = copy.as_mut_ptr().cast::<P>().wrapping_byte_add(at);
        // SAFETY: the callers keep `at` a multiple of the piece's size, and the whole piece inside the value.
        let piece = unsafe { P::load(self.piece(at)) };
        // SAFETY: inside `copy`, as above; `copy` need not be aligned for the piece.
        unsafe { to.write_unaligned(piece) };
    }

    #[inline]
    fn store_piece<P: Piece>(&self, at: usize, value: &T) {
        let from = ptr::from_ref(value).cast::<P>().wrapping_byte_add(at);
        // SAFETY: the callers keep the whole piece inside the value, and `NoUninit` says that each of its bytes is
        // initialised; `value` need not be aligned for the piece.
        let piece = unsafe { from.read_unaligned() };
        // SAFETY: the callers keep `at` a multiple of the piece's size, and the whole piece inside the value.
        unsafe { P::store(self.piece(at), piece) };
    }

    /// Where the piece at the offset `at` is: aligned, as the value is to eight bytes at least and `at` to the piece.
    #[inline]
    fn piece<P>(&self, at: usize) -> *mut P {
        self.0.get().cast::<P>().wrapping_byte_add(at)
    }
}

/// An integer that has an atomic of its size.
trait Piece: Copy {
    /// # Safety
    ///
    /// - `from` points into a [`Words`] that is borrowed, to initialised bytes, aligned to the size of the piece.
    /// - The bytes are accessed in pieces of this size only, until the borrow ends.
    unsafe fn load(from: *mut Self) -> Self;

    /// # Safety
    ///
    /// As for [`load`](Self::load).
    unsafe fn store(to: *mut Self, piece: Self);
}

macro_rules! pieces {
    ($($integer:ty: $atomic:ty),*) => {$(
        impl Piece for $integer {
            #[inline]
            unsafe fn load(from: *mut Self) -> Self {
                // SAFETY: the caller's promises.
                let atomic = unsafe { <$atomic>::from_ptr(from) };
                // Relaxed: a word proves nothing by itself; the number's edges E1 and E2 order it.
                atomic.load(Relaxed)
            }

            #[inline]
            unsafe fn store(to: *mut Self, piece: Self) {
                // SAFETY: the caller's promises.
                let atomic = unsafe { <$atomic>::from_ptr(to) };
                // Relaxed: as in `load`.
                atomic.store(piece, Relaxed);
            }
        }
    )*};
}
pieces!(u64: AtomicU64, u32: AtomicU32, u16: AtomicU16, u8: AtomicU8);
