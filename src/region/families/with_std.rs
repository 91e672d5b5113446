//! Families for what `alloc` does not have: locks, hashed containers, and the types of an operating system.

use core::hash::{BuildHasher, Hash};
use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::OnceLock;

use super::{Cloner, DeepClone, Mover, Rebrand, Relocate};
use crate::mutex::{RegionMutex, RegionRwLock};

plain_copy! {
    std::time::Instant std::time::SystemTime std::thread::ThreadId
}

plain_clone! {
    [] std::ffi::OsString,
    [] std::path::PathBuf,
}

// Opaque to the traversals of the region that holds them: moved as a whole.
plain! {
    [R: Rebrand] RegionMutex<R>,
    [R: Rebrand] RegionRwLock<R>,
    [T: 'static] polder_sync::Poison<T>,
}

container! {
    [] OnceLock, |value, to| value.into_inner().map_or_else(OnceLock::new, |value| to(value).into()),
        |value, to| value.get().map_or_else(OnceLock::new, |value| to(value).into());
}

/// A lock around a member. A lock that is moved is not held, and one that was poisoned stays so.
macro_rules! lock {
    ($($Lock:ident)::+, |$old:ident, $to:ident| $move:expr) => {
        impl<T: Rebrand> Rebrand for $($Lock)::+<T> {
            type At<'r> = $($Lock)::+<T::At<'r>>;
        }

        impl<T: Relocate> Relocate for $($Lock)::+<T> {
            fn relocate<'o, 'n>($old: Self::At<'o>, mover: &mut Mover<'o, 'n>) -> Self::At<'n> {
                let mut $to = |value| T::relocate(value, mover);
                $move
            }
        }
    };
}

lock!(polder_sync::Mutex, |old, to| polder_sync::Mutex::new(to(old.into_inner())));
lock!(std::sync::Mutex, |old, to| match old.into_inner() {
    Ok(value) => std::sync::Mutex::new(to(value)),
    Err(poisoned) => {
        let lock = std::sync::Mutex::new(to(poisoned.into_inner()));
        poison(|| lock.lock());
        lock
    }
});
lock!(std::sync::RwLock, |old, to| match old.into_inner() {
    Ok(value) => std::sync::RwLock::new(to(value)),
    Err(poisoned) => {
        let lock = std::sync::RwLock::new(to(poisoned.into_inner()));
        poison(|| lock.write());
        lock
    }
});

/// Poisons a lock the one way there is: by unwinding past its guard. The panic hook stays silent.
fn poison<G>(lock: impl FnOnce() -> G) {
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let _guard = lock();
        resume_unwind(Box::new(()));
    }));
    debug_assert!(unwound.is_err());
}

// Keys may hold references, which hash by address: hashed containers are built anew, with the hasher of the old one.

impl<K: Rebrand, V: Rebrand, S: 'static> Rebrand for HashMap<K, V, S> {
    type At<'r> = HashMap<K::At<'r>, V::At<'r>, S>;
}

impl<K: Relocate, V: Relocate, S: BuildHasher + Clone + 'static> Relocate for HashMap<K, V, S>
where
    for<'x> K::At<'x>: Eq + Hash,
{
    fn relocate<'o, 'n>(value: Self::At<'o>, mover: &mut Mover<'o, 'n>) -> Self::At<'n> {
        let mut moved = HashMap::with_capacity_and_hasher(value.len(), value.hasher().clone());
        moved.extend(value.into_iter().map(|(key, value)| (K::relocate(key, mover), V::relocate(value, mover))));
        moved
    }
}

impl<K: DeepClone, V: DeepClone, S: BuildHasher + Clone + 'static> DeepClone for HashMap<K, V, S>
where
    for<'x> K::At<'x>: Eq + Hash,
{
    fn deep_clone<'o, 'n>(value: &Self::At<'o>, cloner: &mut Cloner<'o, 'n>) -> Self::At<'n> {
        let mut clone = HashMap::with_capacity_and_hasher(value.len(), value.hasher().clone());
        clone.extend(value.iter().map(|(key, value)| (K::deep_clone(key, cloner), V::deep_clone(value, cloner))));
        clone
    }
}

impl<T: Rebrand, S: 'static> Rebrand for HashSet<T, S> {
    type At<'r> = HashSet<T::At<'r>, S>;
}

impl<T: Relocate, S: BuildHasher + Clone + 'static> Relocate for HashSet<T, S>
where
    for<'x> T::At<'x>: Eq + Hash,
{
    fn relocate<'o, 'n>(value: Self::At<'o>, mover: &mut Mover<'o, 'n>) -> Self::At<'n> {
        let mut moved = HashSet::with_capacity_and_hasher(value.len(), value.hasher().clone());
        moved.extend(value.into_iter().map(|item| T::relocate(item, mover)));
        moved
    }
}

impl<T: DeepClone, S: BuildHasher + Clone + 'static> DeepClone for HashSet<T, S>
where
    for<'x> T::At<'x>: Eq + Hash,
{
    fn deep_clone<'o, 'n>(value: &Self::At<'o>, cloner: &mut Cloner<'o, 'n>) -> Self::At<'n> {
        let mut clone = HashSet::with_capacity_and_hasher(value.len(), value.hasher().clone());
        clone.extend(value.iter().map(|item| T::deep_clone(item, cloner)));
        clone
    }
}
