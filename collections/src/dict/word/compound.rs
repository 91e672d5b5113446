//! Words that are made of others: pairs, arrays, numbers that are not zero, wrappers.

use std::{
    net::Ipv4Addr,
    num::{NonZero, Saturating, Wrapping},
};

use super::{Word, WordKey};

/// A [`Word`] that takes the lower 32 bits at most, so that two of them make a pair. The trait is sealed.
pub trait HalfWord: Word + sealed::Half {}

mod sealed {
    pub trait Half {}
}

macro_rules! halves {
    ($($type:ty),*) => {$(
        impl sealed::Half for $type {}
        impl HalfWord for $type {}
    )*};
}

halves!((), bool, char, u8, u16, u32, i8, i16, i32, f32);

impl<A: HalfWord, B: HalfWord> Word for (A, B) {
    #[inline(always)]
    fn to_bits(self) -> u64 {
        // Negative numbers have ones above, which the other half takes the place of.
        self.0.to_bits() & u64::from(u32::MAX) | self.1.to_bits() << 32
    }

    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        (A::from_bits(bits & u64::from(u32::MAX)), B::from_bits(bits >> 32))
    }
}

impl<A: HalfWord + WordKey, B: HalfWord + WordKey> WordKey for (A, B) {}

macro_rules! arrays {
    ($($type:ty: $($length:literal)*;)*) => {$($(
        impl Word for [$type; $length] {
            #[inline(always)]
            fn to_bits(self) -> u64 {
                self.into_iter().rev().fold(0, |bits, item| bits << <$type>::BITS | u64::from(item))
            }

            #[inline(always)]
            fn from_bits(bits: u64) -> Self {
                std::array::from_fn(|index| (bits >> (index as u32 * <$type>::BITS)) as $type)
            }
        }

        impl WordKey for [$type; $length] {}
    )*)*};
}

arrays! {
    u8: 1 2 3 4 5 6 7 8;
    u16: 1 2 3 4;
    u32: 1 2;
}

macro_rules! non_zeros {
    ($($type:ty),*) => {$(
        impl Word for NonZero<$type> {
            #[inline(always)]
            fn to_bits(self) -> u64 {
                self.get().to_bits()
            }

            #[inline(always)]
            fn from_bits(bits: u64) -> Self {
                Self::new(<$type as Word>::from_bits(bits)).unwrap_or(Self::MIN)
            }
        }

        impl WordKey for NonZero<$type> {}

        impl Word for Option<NonZero<$type>> {
            #[inline(always)]
            fn to_bits(self) -> u64 {
                self.map_or(0, Word::to_bits)
            }

            #[inline(always)]
            fn from_bits(bits: u64) -> Self {
                NonZero::new(<$type as Word>::from_bits(bits))
            }
        }

        impl WordKey for Option<NonZero<$type>> {}
    )*};
}

non_zeros!(u8, u16, u32, u64, usize, i8, i16, i32, i64, isize);

macro_rules! wrappers {
    ($($wrapper:ident),*) => {$(
        impl<T: Word> Word for $wrapper<T> {
            #[inline(always)]
            fn to_bits(self) -> u64 {
                self.0.to_bits()
            }

            #[inline(always)]
            fn from_bits(bits: u64) -> Self {
                Self(T::from_bits(bits))
            }
        }

        impl<T: WordKey> WordKey for $wrapper<T> {}
    )*};
}

wrappers!(Wrapping, Saturating);

impl Word for Ipv4Addr {
    #[inline(always)]
    fn to_bits(self) -> u64 {
        self.to_bits().into()
    }

    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        Self::from_bits(bits as u32)
    }
}

impl WordKey for Ipv4Addr {}
