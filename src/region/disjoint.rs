//! Tuples and arrays of references that can be borrowed for writing together.

use super::Ref;
use crate::error::DuplicateRef;

/// What [`Ctx::get_disjoint_mut`](crate::Ctx::get_disjoint_mut) takes: tuples of up to eight [`Ref`]s, and arrays.
///
/// Sealed: implemented here only.
pub trait Disjoint<'r>: sealed::Sealed<'r> {
    /// The same tuple or array, of `&mut`.
    type Mut<'x>
    where
        'r: 'x,
        Self: 'x;

    #[doc(hidden)]
    fn check(&self) -> Result<(), DuplicateRef>;

    /// # Safety
    /// The caller has the session's token exclusively for `'x`, and [`check`](Self::check) passed.
    #[doc(hidden)]
    unsafe fn borrow_mut<'x>(self) -> Self::Mut<'x>
    where
        'r: 'x,
        Self: 'x;
}

mod sealed {
    pub trait Sealed<'r> {}
}

/// Nodes do not overlap and have distinct addresses (arena invariant I3), and no reference points into one.
#[inline(always)]
fn all_distinct<const N: usize>(addrs: [usize; N]) -> Result<(), DuplicateRef> {
    for second in 1..N {
        for first in 0..second {
            if addrs[first] == addrs[second] {
                return Err(DuplicateRef { first, second });
            }
        }
    }
    Ok(())
}

impl<'r, T: ?Sized, const N: usize> sealed::Sealed<'r> for [Ref<'r, T>; N] {}

impl<'r, T: ?Sized, const N: usize> Disjoint<'r> for [Ref<'r, T>; N] {
    type Mut<'x>
        = [&'x mut T; N]
    where
        'r: 'x,
        Self: 'x;

    #[inline(always)]
    fn check(&self) -> Result<(), DuplicateRef> {
        all_distinct(self.map(Ref::addr))
    }

    #[inline(always)]
    unsafe fn borrow_mut<'x>(self) -> [&'x mut T; N]
    where
        'r: 'x,
        Self: 'x,
    {
        // SAFETY: the token is exclusive, and the nodes are distinct, by the caller.
        self.map(|node| unsafe { node.node().as_mut() })
    }
}

macro_rules! tuples {
    ($($(($T:ident $node:ident))+;)+) => {$(
        impl<'r, $($T: ?Sized),+> sealed::Sealed<'r> for ($(Ref<'r, $T>,)+) {}

        impl<'r, $($T: ?Sized),+> Disjoint<'r> for ($(Ref<'r, $T>,)+) {
            type Mut<'x> = ($(&'x mut $T,)+) where 'r: 'x, Self: 'x;

            #[inline(always)]
            fn check(&self) -> Result<(), DuplicateRef> {
                let ($($node,)+) = self;
                all_distinct([$($node.addr()),+])
            }

            #[inline(always)]
            unsafe fn borrow_mut<'x>(self) -> Self::Mut<'x>
            where
                'r: 'x,
                Self: 'x,
            {
                let ($($node,)+) = self;
                ($(
                    // SAFETY: the token is exclusive, and the nodes are distinct, by the caller.
                    unsafe { $node.node().as_mut() },
                )+)
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
