//! Integers, with which a dict calculates where they are.

use super::Word;

/// A [`Word`] that is an integer: what `fetch_add` and its like take. The trait is sealed, so that what they run on a
/// locked bin is known.
pub trait IntegerWord: Word + Ord + sealed::Integer {}

pub(crate) mod sealed {
    /// The arithmetic of atomics, which wraps around.
    pub trait Integer: Sized {
        fn added(self, other: Self) -> Self;
        fn subtracted(self, other: Self) -> Self;
        fn anded(self, other: Self) -> Self;
        fn ored(self, other: Self) -> Self;
        fn xored(self, other: Self) -> Self;
    }
}

macro_rules! integers {
    ($($type:ty),*) => {$(
        impl sealed::Integer for $type {
            #[inline(always)]
            fn added(self, other: Self) -> Self {
                self.wrapping_add(other)
            }

            #[inline(always)]
            fn subtracted(self, other: Self) -> Self {
                self.wrapping_sub(other)
            }

            #[inline(always)]
            fn anded(self, other: Self) -> Self {
                self & other
            }

            #[inline(always)]
            fn ored(self, other: Self) -> Self {
                self | other
            }

            #[inline(always)]
            fn xored(self, other: Self) -> Self {
                self ^ other
            }
        }

        impl IntegerWord for $type {}
    )*};
}

integers!(u8, u16, u32, u64, usize, i8, i16, i32, i64, isize);
