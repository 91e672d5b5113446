//! What a behaviour asks for, in types: any number of locks, and closures that fit them.

use std::ptr::NonNull;

use super::{
    DuplicateLock,
    block::Header,
    queue::{Slot, sorted},
    request::{Held, Item, sealed},
    target::Target,
};

/// A share of each lock of one request; not for others to implement.
pub trait Locks: sealed::Locks + Send + 'static {
    /// What the closure gets.
    type Access<'a>;
    /// `[Target; N]`.
    #[doc(hidden)]
    type Targets;
    /// `[Slot; N]`.
    #[doc(hidden)]
    type Slots;
    /// N.
    #[doc(hidden)]
    const COUNT: u32;

    /// The locks in the order in which they are taken.
    #[doc(hidden)]
    fn targets(&self) -> Result<Self::Targets, DuplicateLock>;

    /// A place for each of them.
    #[doc(hidden)]
    fn slots(targets: Self::Targets, behaviour: NonNull<Header>) -> Self::Slots;

    /// The values.
    ///
    /// # Safety
    /// - All targets are held for `'a`, they differ, and this is called once in that time.
    #[doc(hidden)]
    unsafe fn access<'a>(&self) -> Self::Access<'a>;
}

/// What may be given to [`when`](fn@crate::when): an `&Arc` of a [`Lockable`](super::Lockable), or a tuple of at most eight of those.
///
/// Not for others to implement.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no request of `when`",
    label = "not locks that a behaviour can ask for",
    note = "a request is an `&Arc<Mutex<T>>`, or a tuple of up to eight"
)]
pub trait Request: sealed::Request {
    /// The shares of the locks that the behaviour keeps.
    #[doc(hidden)]
    type Locks: Locks;

    /// Takes the shares.
    #[doc(hidden)]
    fn locks(self) -> Self::Locks;
}

/// A closure that fits the locks `L` and returns a `U`: one argument for each lock, in their order. Write their types
/// out: `|a: &mut A, b: &mut B| …`.
#[diagnostic::on_unimplemented(
    message = "this closure does not fit the locks of the behaviour",
    label = "not a closure of one reference for each lock",
    note = "write the types of the arguments out: `|a: &mut A, b: &mut B| …`"
)]
pub trait Body<L: Locks, U> {
    /// Calls it.
    #[doc(hidden)]
    fn run(self, access: L::Access<'_>) -> U;
}

/// As [`Body`], with the result of an earlier behaviour before the references.
#[diagnostic::on_unimplemented(
    message = "this closure does not fit the earlier result and the locks of the behaviour",
    label = "not a closure of a value and one reference for each lock",
    note = "write the types of the arguments out: `|value: T, a: &mut A| …`"
)]
pub trait ChainedBody<T, L: Locks, U> {
    /// Calls it.
    #[doc(hidden)]
    fn run_with(self, value: T, access: L::Access<'_>) -> U;
}

macro_rules! tuples {
    ($($count:literal: $($name:ident $index:tt),*;)*) => { $(
        impl<$($name: Held),*> sealed::Locks for ($($name,)*) {}

        impl<$($name: Held),*> Locks for ($($name,)*) {
            type Access<'a> = ($($name::Access<'a>,)*);
            type Targets = [Target; $count];
            type Slots = [Slot; $count];
            const COUNT: u32 = $count;

            #[inline]
            fn targets(&self) -> Result<Self::Targets, DuplicateLock> {
                sorted([$(self.$index.target()),*])
            }

            #[inline]
            fn slots(targets: Self::Targets, behaviour: NonNull<Header>) -> Self::Slots {
                targets.map(|target| Slot::new(target, behaviour))
            }

            #[inline]
            unsafe fn access<'a>(&self) -> Self::Access<'a> {
                ($(
                    // SAFETY: the clause of the trait, for each of the locks; they differ.
                    unsafe { self.$index.access() },
                )*)
            }
        }

        impl<$($name: Item),*> sealed::Request for ($($name,)*) {}

        impl<$($name: Item),*> Request for ($($name,)*) {
            type Locks = ($($name::Held,)*);

            #[inline]
            fn locks(self) -> Self::Locks {
                ($(self.$index.held(),)*)
            }
        }

        impl<Run, U, $($name: Held),*> Body<($($name,)*), U> for Run
        where
            Run: for<'a> FnOnce($($name::Access<'a>),*) -> U,
        {
            #[inline]
            fn run(self, access: <($($name,)*) as Locks>::Access<'_>) -> U {
                self($(access.$index),*)
            }
        }

        impl<Run, T, U, $($name: Held),*> ChainedBody<T, ($($name,)*), U> for Run
        where
            Run: for<'a> FnOnce(T, $($name::Access<'a>),*) -> U,
        {
            #[inline]
            fn run_with(self, value: T, access: <($($name,)*) as Locks>::Access<'_>) -> U {
                self(value, $(access.$index),*)
            }
        }
    )* };
}

tuples! {
    1: A 0;
    2: A 0, B 1;
    3: A 0, B 1, C 2;
    4: A 0, B 1, C 2, D 3;
    5: A 0, B 1, C 2, D 3, E 4;
    6: A 0, B 1, C 2, D 3, E 4, F 5;
    7: A 0, B 1, C 2, D 3, E 4, F 5, G 6;
    8: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7;
}

// No lock at all: a closure for the pool.

impl Locks for () {
    type Access<'a> = ();
    type Targets = [Target; 0];
    type Slots = [Slot; 0];
    const COUNT: u32 = 0;

    fn targets(&self) -> Result<[Target; 0], DuplicateLock> {
        Ok([])
    }

    fn slots(targets: [Target; 0], _behaviour: NonNull<Header>) -> [Slot; 0] {
        targets.map(|_| unreachable!("there are none"))
    }

    unsafe fn access<'a>(&self) -> Self::Access<'a> {}
}

impl Request for () {
    type Locks = ();

    fn locks(self) {}
}

impl<Run: FnOnce() -> U, U> Body<(), U> for Run {
    fn run(self, (): ()) -> U {
        self()
    }
}

impl<Run: FnOnce(T) -> U, T, U> ChainedBody<T, (), U> for Run {
    fn run_with(self, value: T, (): ()) -> U {
        self(value)
    }
}
