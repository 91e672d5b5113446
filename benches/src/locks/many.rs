//! Ways to hold two locks at once without a deadlock: the contenders of the bank.

use std::ptr;

use happylock::ThreadKey;
use happylock::collection::RefLockCollection;
use polder_sync::{Mutex, lock_many};

use super::backends::Lock;

/// Values, of which two at a time are worked on.
pub(super) trait Vault<T: Send>: Send + Sync + 'static {
    /// What a thread must have to take locks; of one thread there is one at a time.
    type Key;

    /// Puts the values away.
    fn new(values: Vec<T>) -> Self;
    /// The calling thread's key.
    fn key() -> Self::Key;
    /// Works on two different values, both locked.
    fn two(&self, key: &mut Self::Key, first: usize, second: usize, work: impl FnOnce(&mut T, &mut T) + Send);
    /// Looks at each value, one after the other.
    fn each(&self, key: &mut Self::Key, look: impl FnMut(&T) + Send);
}

/// Each value behind a lock of its own, taken in the order of their addresses: one comparison and one branch, as in
/// `lock_many` of two, so that both predict it well or badly alike.
#[derive(Debug)]
pub(super) struct Ordered<L>(Vec<L>);

impl<T: Send + 'static, L: Lock<T>> Vault<T> for Ordered<L> {
    type Key = ();

    fn new(values: Vec<T>) -> Self {
        Self(values.into_iter().map(L::new).collect())
    }

    fn key() {}

    #[inline]
    fn two(&self, (): &mut (), first: usize, second: usize, work: impl FnOnce(&mut T, &mut T) + Send) {
        let (one, other) = (&self.0[first], &self.0[second]);
        if ptr::from_ref(one) < ptr::from_ref(other) {
            one.with(|one| other.with(|other| work(one, other)));
        } else {
            other.with(|other| one.with(|one| work(one, other)));
        }
    }

    fn each(&self, (): &mut (), mut look: impl FnMut(&T) + Send) {
        for lock in &self.0 {
            lock.with(|value| look(value));
        }
    }
}

/// All values behind one lock.
#[derive(Debug)]
pub(super) struct OneLock<L>(L);

impl<T: Send + 'static, L: Lock<Vec<T>>> Vault<T> for OneLock<L> {
    type Key = ();

    fn new(values: Vec<T>) -> Self {
        Self(L::new(values))
    }

    fn key() {}

    #[inline]
    fn two(&self, (): &mut (), first: usize, second: usize, work: impl FnOnce(&mut T, &mut T) + Send) {
        self.0.with(|values| {
            let [one, other] = values.get_disjoint_mut([first, second]).expect("two different values that exist");
            work(one, other);
        });
    }

    fn each(&self, (): &mut (), look: impl FnMut(&T) + Send) {
        self.0.with(|values| values.iter().for_each(look));
    }
}

/// polder: both at once. It finds the order by itself and refuses duplicates.
pub(super) struct Many<T>(Vec<Mutex<T>>);

impl<T: Send + 'static> Vault<T> for Many<T> {
    type Key = ();

    fn new(values: Vec<T>) -> Self {
        Self(values.into_iter().map(Mutex::new).collect())
    }

    fn key() {}

    #[inline]
    fn two(&self, (): &mut (), first: usize, second: usize, work: impl FnOnce(&mut T, &mut T) + Send) {
        let (mut one, mut other) = lock_many((&self.0[first], &self.0[second])).expect("two different locks");
        work(&mut one, &mut other);
    }

    fn each(&self, (): &mut (), mut look: impl FnMut(&T) + Send) {
        for lock in &self.0 {
            look(&lock.lock());
        }
    }
}

/// happylock: a collection of two borrowed locks, made for the occasion, that sorts them and refuses duplicates.
pub(super) struct Collected<T>(Vec<happylock::Mutex<T>>);

impl<T: Send + 'static> Vault<T> for Collected<T> {
    type Key = ThreadKey;

    fn new(values: Vec<T>) -> Self {
        Self(values.into_iter().map(happylock::Mutex::new).collect())
    }

    fn key() -> ThreadKey {
        ThreadKey::get().expect("nobody else on this thread has it")
    }

    #[inline]
    fn two(&self, key: &mut ThreadKey, first: usize, second: usize, work: impl FnOnce(&mut T, &mut T) + Send) {
        let pair = (&self.0[first], &self.0[second]);
        let both = RefLockCollection::try_new(&pair).expect("two different locks");
        both.scoped_lock(key, |(one, other)| work(one, other));
    }

    fn each(&self, key: &mut ThreadKey, mut look: impl FnMut(&T) + Send) {
        for lock in &self.0 {
            lock.scoped_lock(&mut *key, |value| look(value));
        }
    }
}
