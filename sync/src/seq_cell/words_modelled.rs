//! The value as a row of the model's atomics: the twin of `words.rs` under `--cfg polder_loom`, where an atomic is an
//! object that the model knows and cannot lie over the bytes of a value. Orderings: as there.

use std::{marker::PhantomData, mem::MaybeUninit, ptr, sync::atomic::Ordering::Relaxed};

use bytemuck::NoUninit;

use crate::primitive::AtomicU64;

/// Eight bytes of the value in each word; the last one is filled up with zeroes.
pub(super) struct Words<T> {
    words: Box<[AtomicU64]>,
    value: PhantomData<T>,
}

impl<T: NoUninit> Words<T> {
    pub(super) fn new(value: T) -> Self {
        Self { words: pack(&value).map(AtomicU64::new).collect(), value: PhantomData }
    }

    pub(super) fn copy(&self) -> MaybeUninit<T> {
        let mut copy = MaybeUninit::<T>::uninit();
        let bytes: Vec<u8> = self.words.iter().flat_map(|word| word.load(Relaxed).to_ne_bytes()).collect();
        assert!(bytes.len() >= size_of::<T>());
        // SAFETY: both are as long as a `T` at least, as just asserted, and they are two allocations.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), copy.as_mut_ptr().cast(), size_of::<T>()) };
        copy
    }

    /// # Safety
    ///
    /// - Of all calls on one `Words`, each happens before the next.
    pub(super) unsafe fn store(&self, value: T) {
        self.words.iter().zip(pack(&value)).for_each(|(word, bits)| word.store(bits, Relaxed));
    }

    pub(super) fn into_inner(self) -> T {
        // SAFETY: nobody else has a reference, so no store is under way, and the last one happened before.
        unsafe { self.copy().assume_init() }
    }
}

/// The bytes of `value`, eight in each number.
fn pack<T: NoUninit>(value: &T) -> impl Iterator<Item = u64> + '_ {
    bytemuck::bytes_of(value).chunks(8).map(|chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        u64::from_ne_bytes(word)
    })
}
