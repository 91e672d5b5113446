//! Families for references and for the types of the standard library; those that need `std` are in `with_std`.
//!
//! Three kinds: types without a brand, which are moved and cloned as they are; containers, which are taken apart item by
//! item; and references, which go through the [`Mover`] or the [`Cloner`].

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet, BinaryHeap, LinkedList, VecDeque};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::cmp::Reverse;

use super::{Cloner, DeepClone, Frozen, FrozenRef, Mover, Rebrand, Ref, Region, Relocate};

impl<F: Rebrand> Rebrand for Ref<'static, F> {
    type At<'r> = Ref<'r, F::At<'r>>;
}

impl<F: Relocate> Relocate for Ref<'static, F> {
    #[inline]
    fn relocate<'o, 'n>(node: Self::At<'o>, mover: &mut Mover<'o, 'n>) -> Self::At<'n> {
        mover.mv::<F>(node)
    }
}

impl<F: DeepClone> DeepClone for Ref<'static, F> {
    fn deep_clone<'o, 'n>(node: &Self::At<'o>, cloner: &mut Cloner<'o, 'n>) -> Self::At<'n> {
        cloner.clone_ref::<F>(*node)
    }
}

impl<F: Rebrand> Rebrand for Ref<'static, [F]> {
    type At<'r> = Ref<'r, [F::At<'r>]>;
}

impl<F: Relocate> Relocate for Ref<'static, [F]> {
    fn relocate<'o, 'n>(node: Self::At<'o>, mover: &mut Mover<'o, 'n>) -> Self::At<'n> {
        mover.mv_slice::<F>(node)
    }
}

impl<F: DeepClone> DeepClone for Ref<'static, [F]> {
    fn deep_clone<'o, 'n>(node: &Self::At<'o>, cloner: &mut Cloner<'o, 'n>) -> Self::At<'n> {
        cloner.clone_slice::<F>(*node)
    }
}

impl Rebrand for Ref<'static, str> {
    type At<'r> = Ref<'r, str>;
}

impl Relocate for Ref<'static, str> {
    fn relocate<'o, 'n>(node: Self::At<'o>, mover: &mut Mover<'o, 'n>) -> Self::At<'n> {
        mover.mv_str(node)
    }
}

impl DeepClone for Ref<'static, str> {
    fn deep_clone<'o, 'n>(node: &Self::At<'o>, cloner: &mut Cloner<'o, 'n>) -> Self::At<'n> {
        cloner.clone_str(*node)
    }
}

/// A type without a brand is its own family.
macro_rules! plain {
    ($([$($generics:tt)*] $type:ty),+ $(,)?) => {$(
        impl<$($generics)*> Rebrand for $type {
            type At<'r> = $type;
        }

        impl<$($generics)*> Relocate for $type {
            #[inline]
            fn relocate<'o, 'n>(value: Self, _: &mut Mover<'o, 'n>) -> Self {
                value
            }
        }
    )+};
}

/// As `plain`, for types that are `Clone`.
macro_rules! plain_clone {
    ($([$($generics:tt)*] $type:ty),+ $(,)?) => {$(
        plain!([$($generics)*] $type);

        impl<$($generics)*> DeepClone for $type {
            #[inline]
            fn deep_clone<'o, 'n>(value: &Self, _: &mut Cloner<'o, 'n>) -> Self {
                value.clone()
            }
        }
    )+};
}

macro_rules! plain_copy {
    ($($type:ty)+) => { plain_clone!($([] $type),+); };
}

plain_copy! {
    () bool char
    u8 u16 u32 u64 u128 usize
    i8 i16 i32 i64 i128 isize
    f32 f64
    core::num::NonZeroU8 core::num::NonZeroU16 core::num::NonZeroU32 core::num::NonZeroU64 core::num::NonZeroUsize
    core::num::NonZeroI8 core::num::NonZeroI16 core::num::NonZeroI32 core::num::NonZeroI64 core::num::NonZeroIsize
    core::cmp::Ordering core::time::Duration core::any::TypeId core::net::IpAddr core::net::SocketAddr
}

plain_clone! {
    [] String,
    [] Box<str>,
    [] alloc::borrow::Cow<'static, str>,
    [] alloc::ffi::CString,
    [] core::ops::RangeFull,
    [T: Clone + 'static] core::ops::Range<T>,
    [T: Clone + 'static] core::num::Wrapping<T>,
    [T: ?Sized + 'static] &'static T,
    [T: ?Sized + 'static] Arc<T>,
    [T: ?Sized + 'static] alloc::rc::Rc<T>,
    [T: ?Sized + 'static] alloc::sync::Weak<T>,
    [T: ?Sized + 'static] core::marker::PhantomData<T>,
    [R: Rebrand] Frozen<R>,
    [R: Rebrand, F: Rebrand] FrozenRef<R, F>,
}

// Opaque to the traversals of the region that holds them: moved as a whole.
plain! {
    [R: Rebrand] Region<R>,
    [] core::sync::atomic::AtomicBool,
    [] core::sync::atomic::AtomicU8,
    [] core::sync::atomic::AtomicU16,
    [] core::sync::atomic::AtomicU32,
    [] core::sync::atomic::AtomicUsize,
    [] core::sync::atomic::AtomicI8,
    [] core::sync::atomic::AtomicI16,
    [] core::sync::atomic::AtomicI32,
    [] core::sync::atomic::AtomicIsize,
}

#[cfg(target_has_atomic = "64")]
plain! {
    [] core::sync::atomic::AtomicU64,
    [] core::sync::atomic::AtomicI64,
}

/// Regions that are nested too deep for the stack cannot be cloned: this recurses, a level a region.
impl<R: DeepClone> DeepClone for Region<R> {
    fn deep_clone<'o, 'n>(value: &Self, _: &mut Cloner<'o, 'n>) -> Self {
        value.clone()
    }
}

impl<T: Rebrand, const N: usize> Rebrand for [T; N] {
    type At<'r> = [T::At<'r>; N];
}

impl<T: Relocate, const N: usize> Relocate for [T; N] {
    #[inline]
    fn relocate<'o, 'n>(value: Self::At<'o>, mover: &mut Mover<'o, 'n>) -> Self::At<'n> {
        value.map(|item| T::relocate(item, mover))
    }
}

impl<T: DeepClone, const N: usize> DeepClone for [T; N] {
    fn deep_clone<'o, 'n>(value: &Self::At<'o>, cloner: &mut Cloner<'o, 'n>) -> Self::At<'n> {
        value.each_ref().map(|item| T::deep_clone(item, cloner))
    }
}

macro_rules! tuples {
    ($($(($T:ident $item:ident))+;)+) => {$(
        impl<$($T: Rebrand),+> Rebrand for ($($T,)+) {
            type At<'r> = ($($T::At<'r>,)+);
        }

        impl<$($T: Relocate),+> Relocate for ($($T,)+) {
            #[inline]
            fn relocate<'o, 'n>(($($item,)+): Self::At<'o>, mover: &mut Mover<'o, 'n>) -> Self::At<'n> {
                ($($T::relocate($item, mover),)+)
            }
        }

        impl<$($T: DeepClone),+> DeepClone for ($($T,)+) {
            fn deep_clone<'o, 'n>(($($item,)+): &Self::At<'o>, cloner: &mut Cloner<'o, 'n>) -> Self::At<'n> {
                ($($T::deep_clone($item, cloner),)+)
            }
        }
    )+};
}

tuples! {
    (A a);
    (A a) (B b);
    (A a) (B b) (C c);
    (A a) (B b) (C c) (D d);
    (A a) (B b) (C c) (D d) (E e);
    (A a) (B b) (C c) (D d) (E e) (F f);
    (A a) (B b) (C c) (D d) (E e) (F f) (G g);
    (A a) (B b) (C c) (D d) (E e) (F f) (G g) (H h);
}

/// A container of one type parameter: `$move` and `$clone` make the member at the new brand.
macro_rules! container {
    ($([$($bound:tt)*] $Type:ident, |$value:ident, $item:ident| $move:expr, |$ref:ident, $shared:ident| $clone:expr;)+) => {$(
        impl<T: Rebrand> Rebrand for $Type<T> {
            type At<'r> = $Type<T::At<'r>>;
        }

        impl<T: Relocate> Relocate for $Type<T>
        where
            $($bound)*
        {
            #[inline]
            fn relocate<'o, 'n>($value: Self::At<'o>, mover: &mut Mover<'o, 'n>) -> Self::At<'n> {
                let mut $item = |item| T::relocate(item, mover);
                $move
            }
        }

        impl<T: DeepClone> DeepClone for $Type<T>
        where
            $($bound)*
        {
            fn deep_clone<'o, 'n>($ref: &Self::At<'o>, cloner: &mut Cloner<'o, 'n>) -> Self::At<'n> {
                let mut $shared = |item: &T::At<'o>| T::deep_clone(item, cloner);
                $clone
            }
        }
    )+};
}

container! {
    [] Option, |value, to| value.map(&mut to), |value, to| value.as_ref().map(&mut to);
    [] Box, |value, to| Box::new(to(*value)), |value, to| Box::new(to(value));
    [] Vec, |value, to| value.into_iter().map(&mut to).collect(), |value, to| value.iter().map(&mut to).collect();
    [] VecDeque, |value, to| value.into_iter().map(&mut to).collect(), |value, to| value.iter().map(&mut to).collect();
    [for<'x> T::At<'x>: Ord] BTreeSet,
        |value, to| value.into_iter().map(&mut to).collect(), |value, to| value.iter().map(&mut to).collect();
    [for<'x> T::At<'x>: Ord] BinaryHeap,
        |value, to| value.into_iter().map(&mut to).collect(), |value, to| value.iter().map(&mut to).collect();
    [] Reverse, |value, to| Reverse(to(value.0)), |value, to| Reverse(to(&value.0));
    [] LinkedList, |value, to| value.into_iter().map(&mut to).collect(), |value, to| value.iter().map(&mut to).collect();
    [] RefCell, |value, to| RefCell::new(to(value.into_inner())), |value, to| RefCell::new(to(&value.borrow()));
}

impl<T: Rebrand> Rebrand for Cell<T> {
    type At<'r> = Cell<T::At<'r>>;
}

impl<T: Relocate> Relocate for Cell<T> {
    fn relocate<'o, 'n>(value: Self::At<'o>, mover: &mut Mover<'o, 'n>) -> Self::At<'n> {
        Cell::new(T::relocate(value.into_inner(), mover))
    }
}

impl<T: DeepClone> DeepClone for Cell<T>
where
    for<'x> T::At<'x>: Copy,
{
    fn deep_clone<'o, 'n>(value: &Self::At<'o>, cloner: &mut Cloner<'o, 'n>) -> Self::At<'n> {
        Cell::new(T::deep_clone(&value.get(), cloner))
    }
}

impl<T: Rebrand> Rebrand for Box<[T]> {
    type At<'r> = Box<[T::At<'r>]>;
}

impl<T: Relocate> Relocate for Box<[T]> {
    fn relocate<'o, 'n>(value: Self::At<'o>, mover: &mut Mover<'o, 'n>) -> Self::At<'n> {
        value.into_iter().map(|item| T::relocate(item, mover)).collect()
    }
}

impl<T: DeepClone> DeepClone for Box<[T]> {
    fn deep_clone<'o, 'n>(value: &Self::At<'o>, cloner: &mut Cloner<'o, 'n>) -> Self::At<'n> {
        value.iter().map(|item| T::deep_clone(item, cloner)).collect()
    }
}

impl<T: Rebrand, E: Rebrand> Rebrand for Result<T, E> {
    type At<'r> = Result<T::At<'r>, E::At<'r>>;
}

impl<T: Relocate, E: Relocate> Relocate for Result<T, E> {
    fn relocate<'o, 'n>(value: Self::At<'o>, mover: &mut Mover<'o, 'n>) -> Self::At<'n> {
        match value {
            Ok(value) => Ok(T::relocate(value, mover)),
            Err(error) => Err(E::relocate(error, mover)),
        }
    }
}

impl<T: DeepClone, E: DeepClone> DeepClone for Result<T, E> {
    fn deep_clone<'o, 'n>(value: &Self::At<'o>, cloner: &mut Cloner<'o, 'n>) -> Self::At<'n> {
        match value {
            Ok(value) => Ok(T::deep_clone(value, cloner)),
            Err(error) => Err(E::deep_clone(error, cloner)),
        }
    }
}

impl<K: Rebrand, V: Rebrand> Rebrand for BTreeMap<K, V> {
    type At<'r> = BTreeMap<K::At<'r>, V::At<'r>>;
}

impl<K: Relocate, V: Relocate> Relocate for BTreeMap<K, V>
where
    for<'x> K::At<'x>: Ord,
{
    fn relocate<'o, 'n>(value: Self::At<'o>, mover: &mut Mover<'o, 'n>) -> Self::At<'n> {
        value.into_iter().map(|(key, value)| (K::relocate(key, mover), V::relocate(value, mover))).collect()
    }
}

impl<K: DeepClone, V: DeepClone> DeepClone for BTreeMap<K, V>
where
    for<'x> K::At<'x>: Ord,
{
    fn deep_clone<'o, 'n>(value: &Self::At<'o>, cloner: &mut Cloner<'o, 'n>) -> Self::At<'n> {
        value.iter().map(|(key, value)| (K::deep_clone(key, cloner), V::deep_clone(value, cloner))).collect()
    }
}

// Down here, where it sees the macros.
#[cfg(feature = "std")]
mod with_std;
