//! Values that are made once though several threads ask for them.

use std::{hash::BuildHasher, ptr};

use super::{
    engine::Boarding,
    word::{Word, WordKey},
    word_dict::WordDict,
};

/// Says that a thread would wait for itself.
#[cold]
#[inline(never)]
pub(super) fn refuse_reentry() -> ! {
    panic!("get_or_insert_once: the closure for a key asks for the same key");
}

impl<K: WordKey, V: Word, S: BuildHasher> WordDict<K, V, S> {
    /// The value of a key; if there is none, `make` makes it. At most one thread at a time does that for a key; others that ask for the
    /// same key meanwhile wait, and drop their closures if the value is there then.
    ///
    /// `make` runs with nothing locked, and may use the dict, for this key too, but for this method. If another method has put
    /// in a value by the end of it, that one stays and is returned. If the entry was removed again by the time a waiter
    /// looks, then that one makes a new one.
    ///
    /// **Blocking**, the only method that is: a caller that finds no entry waits for the closure of another one, while the
    /// [`BlockingHooks`](polder_sync::parker::BlockingHooks) are told. Closures that ask for each other's keys, each in a thread of its own, wait for
    /// ever, as with locks. Other keys do not wait. A key that is there is found as by [`get`](Self::get), without waiting, also
    /// during a flight. Nothing is kept of a closure that has ended.
    ///
    /// **Happens before.** All that `make` did, before the return of each caller that gets its value.
    ///
    /// # Panics
    ///
    /// If `make` asks for the same key with this method, where it would wait for itself. If `make` panics: nothing was put in, and
    /// one of those who wait runs its own closure.
    ///
    /// ```
    /// use polder_collections::WordDict;
    /// use std::{sync::atomic::{AtomicU32, Ordering::Relaxed}, thread};
    ///
    /// let squares: WordDict<u64, u64> = WordDict::new();
    /// let made = AtomicU32::new(0);
    /// thread::scope(|scope| {
    ///     for _ in 0..4 {
    ///         scope.spawn(|| {
    ///             let square = squares.get_or_insert_once(12, || {
    ///                 made.fetch_add(1, Relaxed);
    ///                 12 * 12
    ///             });
    ///             assert_eq!(square, 144);
    ///         });
    ///     }
    /// });
    /// assert_eq!(made.into_inner(), 1);
    /// ```
    #[inline]
    pub fn get_or_insert_once(&self, key: K, make: impl FnOnce() -> V) -> V {
        match self.get(&key) {
            Some(value) => value,
            None => self.make_once(key, make),
        }
    }

    #[cold]
    fn make_once(&self, key: K, make: impl FnOnce() -> V) -> V {
        let (hash, bits) = (self.hash(key), key.to_bits());
        let mark = u128::from(bits) << 64 | u128::from(hash.bits());
        loop {
            // SAFETY: no address: the mark is the key.
            let pilot = match unsafe { self.table.flights.board(mark, ptr::null(), |_| true) } {
                Boarding::Pilot(pilot) => pilot,
                Boarding::Reentry => refuse_reentry(),
                Boarding::Wait(flight) => {
                    flight.wait();
                    match self.get(&key) {
                        Some(value) => return value,
                        None => continue,
                    }
                }
            };
            // Looks first: the last flight may have landed before the boarding.
            let value = self.get_or_insert_with(key, make);
            // Those who wait find it.
            drop(pilot);
            return value;
        }
    }
}
