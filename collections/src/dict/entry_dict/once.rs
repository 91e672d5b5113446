//! Values that are made once though several threads ask for them.
//!
//! Orderings: those of the flights, in `engine::flights`; the one named below belongs to an example.

use std::{
    hash::{BuildHasher, Hash},
    ptr,
};

use super::{Dict, Ref};
use crate::dict::{engine::Boarding, once::refuse_reentry};

impl<K: Eq + Hash, V, S: BuildHasher> Dict<K, V, S> {
    /// The entry of a key; if there is none, `make` makes its value. At most one thread at a time does that for a key; others that ask
    /// for the same key meanwhile wait, and drop their closures if the entry is there then.
    ///
    /// `make` runs with nothing locked, and may use the dict, for this key too, but for this method. If another method has put
    /// in an entry by the end of it, that one stays and is returned, and the value that was made is dropped. If the entry was removed
    /// again by the time a waiter looks, then that one makes a new one.
    ///
    /// **Blocking**, the only method that is: a caller that finds no entry waits for the closure of another one, while the
    /// [`BlockingHooks`](polder_sync::parker::BlockingHooks) are told. Closures that ask for each other's keys, each in a thread of its
    /// own, wait for ever, as with locks. Keys that hash differently do not wait; ones whose 64 bits of hash are the same do. A key that is there is found
    /// as by [`get`](Self::get), without waiting. Who waits or runs `make` has no pin. Nothing is kept of a closure that has ended.
    ///
    /// **Happens before.** All that `make` did, before the return of each caller that gets its value.
    ///
    /// # Panics
    ///
    /// If `make` asks for the same key with this method, where it would wait for itself. If `make` panics, or comparing: nothing was
    /// put in, and one of those who wait runs its own closure.
    ///
    /// ```
    /// use polder_collections::Dict;
    /// use std::{sync::atomic::{AtomicU32, Ordering::Relaxed}, thread};
    ///
    /// let pages = Dict::new();
    /// let made = AtomicU32::new(0);
    /// thread::scope(|scope| {
    ///     for _ in 0..4 {
    ///         scope.spawn(|| {
    ///             let page = pages.get_or_insert_once("index", || {
    ///                 made.fetch_add(1, Relaxed);
    ///                 "Welcome".to_owned()
    ///             });
    ///             assert_eq!(*page, "Welcome");
    ///         });
    ///     }
    /// });
    /// assert_eq!(made.into_inner(), 1);
    /// ```
    #[inline]
    pub fn get_or_insert_once(&self, key: K, make: impl FnOnce() -> V) -> Ref<'_, K, V> {
        match self.get(&key) {
            Some(entry) => entry,
            None => self.make_once(key, make),
        }
    }

    #[cold]
    fn make_once(&self, key: K, make: impl FnOnce() -> V) -> Ref<'_, K, V> {
        let mark = u128::from(self.hash(&key).bits());
        loop {
            let is_same = |other: *const ()| {
                // SAFETY: a flight of this thread and this dict, so the key of a call further out, which has it till it lands (F3).
                let other = unsafe { &*other.cast::<K>() };
                *other == key
            };
            // SAFETY: the key stays where it is until the pilot has let go of it.
            let boarding = unsafe { self.store.table.flights.board(mark, ptr::from_ref(&key).cast(), is_same) };
            let pilot = match boarding {
                Boarding::Pilot(pilot) => pilot,
                Boarding::Reentry => refuse_reentry(),
                Boarding::Wait(flight) => {
                    flight.wait();
                    match self.get(&key) {
                        Some(entry) => return entry,
                        None => continue,
                    }
                }
            };
            // The last flight may have landed between the look and the boarding.
            if let Some(entry) = self.get(&key) {
                return entry;
            }
            let value = make();
            pilot.let_go_of_key();
            let entry = self.get_or_insert(key, value);
            // Those who wait find it.
            drop(pilot);
            return entry;
        }
    }
}
