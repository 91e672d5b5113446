//! The contenders: one small trait, and one line each in [`contenders`].

use std::convert::identity;
use std::marker::PhantomData;
use std::sync::{self, LockResult, PoisonError};

use happylock::ThreadKey;
use polder::{Rebrand, Ref, Region, RegionMutex};

use super::combine::Combining;
use crate::workload::{Backend, Budget, Outcome};

/// A lock around a value.
pub trait Lock<T: Send>: Send + Sync + 'static {
    /// Whether the work may be done by another thread that has the lock.
    const COMBINES: bool = false;

    /// Puts the value behind a lock of its own.
    fn new(value: T) -> Self;
    /// Locks, works on the value, unlocks.
    fn with<U: Send>(&self, work: impl FnOnce(&mut T) -> U + Send) -> U;
}

/// A workload that any lock can do.
pub trait Contest: Copy + 'static {
    /// What the locks protect.
    type Value: Send + Sync + 'static;
    /// Does the work once.
    ///
    /// # Errors
    ///
    /// When the value afterwards is not what the operations add up to.
    fn run<L: Lock<Self::Value>>(&self, budget: &Budget) -> Outcome;
}

/// Everyone who takes part in `contest`.
pub fn contenders<C: Contest>(contest: C) -> Vec<Backend> {
    vec![
        one::<C, polder_sync::Mutex<C::Value>>("polder-mutex", contest),
        one::<C, Combining<C::Value>>("polder-combine", contest),
        one::<C, std::sync::Mutex<C::Value>>("std-mutex", contest),
        one::<C, parking_lot::Mutex<C::Value>>("parking_lot", contest),
        one::<C, parking_lot_012::Mutex<C::Value>>("parking_lot-0.12", contest),
        one::<C, usync::Mutex<C::Value>>("usync", contest),
        one::<C, happylock::Mutex<C::Value>>("happylock", contest),
        #[cfg(target_os = "linux")]
        one::<C, lamlock::Lock<C::Value>>("lamlock", contest),
        Backend::limit("spin", move |budget| contest.run::<spin::Mutex<C::Value>>(budget)),
    ]
}

/// One contender.
pub fn one<C: Contest, L: Lock<C::Value>>(name: &'static str, contest: C) -> Backend {
    Backend::new(name, move |budget| contest.run::<L>(budget))
}

/// Roots that are one reference to a node of type `T`.
#[derive(Debug)]
struct OneNode<T>(PhantomData<T>);

impl<T: 'static> Rebrand for OneNode<T> {
    type At<'r> = Ref<'r, T>;
}

/// A region with one node, behind its lock: what a `RegionMutex` costs beside a mutex around the bare value.
#[derive(Debug)]
pub struct InRegion<T: 'static>(RegionMutex<OneNode<T>>);

impl<T: Send + Sync + 'static> Lock<T> for InRegion<T> {
    fn new(value: T) -> Self {
        Self(RegionMutex::new(Region::new(|ctx| ctx.alloc(value))))
    }

    #[inline]
    fn with<U: Send>(&self, work: impl FnOnce(&mut T) -> U + Send) -> U {
        self.0.lock().open(|node, ctx| work(&mut ctx[*node]))
    }
}

/// The mutexes that hold the bare value, each with the way from what its `lock` gives to the guard.
macro_rules! bare {
    ($($mutex:ident::Mutex => $guard:expr;)+) => {$(
        impl<T: Send + 'static> Lock<T> for $mutex::Mutex<T> {
            fn new(value: T) -> Self {
                Self::new(value)
            }

            #[inline]
            fn with<U: Send>(&self, work: impl FnOnce(&mut T) -> U + Send) -> U {
                let mut guard = $guard(self.lock());
                work(&mut guard)
            }
        }
    )+};
}

bare! {
    polder_sync::Mutex => identity;
    // Nothing panics under these locks; as a program would, look at the flag all the same.
    sync::Mutex => |locked: LockResult<_>| locked.unwrap_or_else(PoisonError::into_inner);
    parking_lot::Mutex => identity;
    parking_lot_012::Mutex => identity;
    usync::Mutex => identity;
    spin::Mutex => identity;
}

/// parking_lot 0.12 behind the key of the thread, which stands for "this thread holds no lock".
impl<T: Send + 'static> Lock<T> for happylock::Mutex<T> {
    fn new(value: T) -> Self {
        Self::new(value)
    }

    #[inline]
    fn with<U: Send>(&self, work: impl FnOnce(&mut T) -> U + Send) -> U {
        let key = ThreadKey::get().expect("this thread holds no other lock of this crate");
        self.scoped_lock(key, work)
    }
}
