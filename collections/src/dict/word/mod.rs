//! What a `WordDict` can hold.

mod compound;
pub(crate) mod integer;

use std::hash::Hash;

pub use self::{compound::HalfWord, integer::IntegerWord};

/// A plain value of up to eight bytes, kept in place by a [`WordDict`](crate::WordDict).
///
/// `from_bits(to_bits(x))` must be `x`; if it is not, a dict gives back something else than was put in, and nothing worse.
/// The dict calls both with nothing locked, so they may panic and may use the dict.
///
/// Here are integers, floats, `bool`, `char`, `()`, `NonZero` and `Option<NonZero>`, `Wrapping`, `Saturating`, `Ipv4Addr`, pairs
/// of what has 32 bits at most ([`HalfWord`]), arrays of `u8`, `u16` and `u32` of up to eight bytes.
///
/// # Examples
///
/// ```
/// use polder_collections::{Word, WordKey};
///
/// #[derive(Clone, Copy, PartialEq, Eq, Hash)]
/// struct User(u32);
///
/// impl Word for User {
///     fn to_bits(self) -> u64 {
///         self.0.into()
///     }
///
///     fn from_bits(bits: u64) -> Self {
///         Self(bits as u32)
///     }
/// }
///
/// impl WordKey for User {}
/// ```
pub trait Word: Copy + Send + Sync + 'static {
    /// The value as a number.
    fn to_bits(self) -> u64;
    /// The value that became this number.
    fn from_bits(bits: u64) -> Self;
}

/// A [`Word`] that can be a key: two are equal just when their bits are. So floats, with two zeros, are values only.
pub trait WordKey: Word + Eq + Hash {}

macro_rules! integers {
    ($($type:ty),*) => {$(
        impl Word for $type {
            #[inline(always)]
            fn to_bits(self) -> u64 {
                self as u64
            }

            #[inline(always)]
            fn from_bits(bits: u64) -> Self {
                bits as Self
            }
        }

        impl WordKey for $type {}
    )*};
}

integers!(u8, u16, u32, u64, usize, i8, i16, i32, i64, isize);

impl Word for bool {
    #[inline(always)]
    fn to_bits(self) -> u64 {
        u64::from(self)
    }

    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        bits != 0
    }
}

impl WordKey for bool {}

impl Word for char {
    #[inline(always)]
    fn to_bits(self) -> u64 {
        u64::from(u32::from(self))
    }

    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        char::from_u32(bits as u32).unwrap_or(char::REPLACEMENT_CHARACTER)
    }
}

impl WordKey for char {}

impl Word for () {
    #[inline(always)]
    fn to_bits(self) -> u64 {
        0
    }

    #[inline(always)]
    fn from_bits(_: u64) -> Self {}
}

impl WordKey for () {}

impl Word for f32 {
    #[inline(always)]
    fn to_bits(self) -> u64 {
        self.to_bits().into()
    }

    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        Self::from_bits(bits as u32)
    }
}

impl Word for f64 {
    #[inline(always)]
    fn to_bits(self) -> u64 {
        self.to_bits()
    }

    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        Self::from_bits(bits)
    }
}
