//! Sets of items: tuples, arrays, slices.

use std::{cmp::Ordering, iter};

use super::{
    DuplicateLock, LockItem,
    how::{How, Refused},
    order::{self, Place},
};

/// Items that [`lock_many`](fn@crate::lock_many) and its relatives take together.
///
/// | set | guards |
/// |---|---|
/// | a tuple of one to eight items, of any kinds | the tuple of their guards |
/// | an array `[item; N]` | an array |
/// | a slice `&[item]` | a `Vec` |
///
/// Guards come in the order of the items. The trait is sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no set of locks",
    label = "not a set of locks",
    note = "sets are tuples of one to eight borrows of locks, arrays of them, and slices `&[&mutex, …][..]`"
)]
pub trait LockMany: Sealed {
    /// One guard for each item.
    type Guards;

    /// Takes all the locks, or none.
    #[doc(hidden)]
    #[track_caller]
    fn take<H: How>(self, how: &H) -> Result<Self::Guards, Refused<H::Failure>>;
}

/// Keeps [`LockMany`] to the sets in here.
pub trait Sealed {}

impl<A: LockItem> Sealed for (A,) {}

impl<A: LockItem> LockMany for (A,) {
    type Guards = (A::Guard,);

    #[inline]
    fn take<H: How>(self, how: &H) -> Result<Self::Guards, Refused<H::Failure>> {
        how.announce(self.0);
        Ok((how.take(self.0)?,))
    }
}

impl<A: LockItem, B: LockItem> Sealed for (A, B) {}

// The most common set by far: one comparison, and then no more than two locks by hand.
impl<A: LockItem, B: LockItem> LockMany for (A, B) {
    type Guards = (A::Guard, B::Guard);

    #[inline]
    fn take<H: How>(self, how: &H) -> Result<Self::Guards, Refused<H::Failure>> {
        let order = self.0.address().cmp(&self.1.address());
        if order.is_ne() {
            how.announce(self.0);
            how.announce(self.1);
        }
        match order {
            Ordering::Less => {
                let left = how.take(self.0)?;
                let right = how.take(self.1)?;
                Ok((left, right))
            }
            Ordering::Greater => {
                let right = how.take(self.1)?;
                let left = how.take(self.0)?;
                Ok((left, right))
            }
            Ordering::Equal => Err(Refused::Duplicate(DuplicateLock { first: 0, second: 1 })),
        }
    }
}

macro_rules! tuple {
    ($($item:ident $guard:ident $position:tt),+) => {
        impl<$($item: LockItem),+> Sealed for ($($item,)+) {}

        impl<$($item: LockItem),+> LockMany for ($($item,)+) {
            type Guards = ($($item::Guard,)+);

            #[inline]
            fn take<HOW: How>(self, how: &HOW) -> Result<Self::Guards, Refused<HOW::Failure>> {
                let places = order::in_order([$(self.$position.address()),+]).map_err(Refused::Duplicate)?;
                $(how.announce(self.$position);)+
                let mut guards = ($(None::<$item::Guard>,)+);
                for (_, position) in places {
                    match position {
                        $($position => guards.$position = Some(how.take(self.$position)?),)+
                        _ => unreachable!("a position beyond the tuple"),
                    }
                }
                match guards {
                    ($(Some($guard),)+) => Ok(($($guard,)+)),
                    _ => unreachable!("each position occurs once"),
                }
            }
        }
    };
}

tuple!(A a 0, B b 1, C c 2);
tuple!(A a 0, B b 1, C c 2, D d 3);
tuple!(A a 0, B b 1, C c 2, D d 3, E e 4);
tuple!(A a 0, B b 1, C c 2, D d 3, E e 4, F f 5);
tuple!(A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6);
tuple!(A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6, H h 7);

impl<I: LockItem, const N: usize> Sealed for [I; N] {}

impl<I: LockItem, const N: usize> LockMany for [I; N] {
    type Guards = [I::Guard; N];

    #[inline]
    fn take<H: How>(self, how: &H) -> Result<Self::Guards, Refused<H::Failure>> {
        let places = order::in_order(self.map(LockItem::address)).map_err(Refused::Duplicate)?;
        let mut guards = [const { None }; N];
        fill(&places, &self, how, &mut guards)?;
        Ok(guards.map(filled))
    }
}

impl<I: LockItem> Sealed for &[I] {}

impl<I: LockItem> LockMany for &[I] {
    type Guards = Vec<I::Guard>;

    fn take<H: How>(self, how: &H) -> Result<Self::Guards, Refused<H::Failure>> {
        let mut places: Vec<Place> = self.iter().map(|item| item.address()).zip(0..).collect();
        places.sort_unstable();
        order::distinct(&mut places).map_err(Refused::Duplicate)?;
        let mut guards: Vec<_> = iter::repeat_with(|| None).take(self.len()).collect();
        fill(&places, self, how, &mut guards)?;
        // In place, if a guard leaves room for `None`.
        Ok(guards.into_iter().map(filled).collect())
    }
}

/// Announces all items, takes them in the order of `places`, and puts each guard where its item is.
#[inline]
#[track_caller]
fn fill<I: LockItem, H: How>(
    places: &[Place],
    items: &[I],
    how: &H,
    guards: &mut [Option<I::Guard>],
) -> Result<(), Refused<H::Failure>> {
    for &item in items {
        how.announce(item);
    }
    for &(_, position) in places {
        guards[position] = Some(how.take(items[position])?);
    }
    Ok(())
}

/// A guard that [`fill`] has put in its place.
fn filled<G>(guard: Option<G>) -> G {
    guard.expect("each position occurs once")
}
