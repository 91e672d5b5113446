//! Who is making a value, so that no second one makes it: the side table of `get_or_insert_once`.
//!
//! # Representation
//!
//! A few lists of flights, each under a mutex of its own, made when the first flight of the table begins. A key's list is found by
//! its hash, its flights by their *mark*, a number of 128 bits that stands for the key. A flight is in its list as long as its
//! *pilot* runs its closure.
//!
//! # Invariants
//!
//! - **F1.** At most one thread is pilot of the flights with a mark. It may have several, one inside the other, if it says that their
//!   keys differ.
//! - **F2.** A flight leaves its list, and then its waiters are woken, when its pilot's [`Pilot`] is dropped, also by a panic.
//! - **F3.** The key that a flight names, if it names one, is there. Its pilot's thread alone looks at it, or takes the name away.
//!
//! No foreign code runs with a list locked, and nobody waits for anything there.
//!
//! # Orderings
//!
//! | edge | writer site | reader site | orders | evidence |
//! |---|---|---|---|---|
//! | `dict_flights_set` | `lists`, Release | the two below | the lists' making, before their use | argument: as `memory_publish` |
//! | `dict_flights_get` | `lists`, Release | `lists`, Acquire | the same | argument: as `memory_found` |
//! | `dict_flights_lost` | `lists`, Release | `lists`, failing, Acquire | the same, for who made them in vain | argument: as `memory_lost` |
//! | – | the lists' mutex; the landing's event | the same | what a pilot did, for its waiters | `polder_sync` |
//!
//! # Checked by
//!
//! `tests/once.rs`.

use std::{
    ptr::{self, NonNull},
    sync::{Arc, atomic::Ordering::Relaxed},
};

use polder_sync::{CachePadded, Event, Mutex};

use crate::{
    edge::edge,
    primitive::{AtomicPtr, ThreadId, this_thread},
};

const LISTS: usize = 8;

type List = CachePadded<Mutex<Vec<Arc<Flight>>>>;

/// The flights of a table.
pub(crate) struct Flights {
    /// `[List; LISTS]`, or null.
    lists: AtomicPtr<[List; LISTS]>,
}

/// A closure that runs.
pub(crate) struct Flight {
    mark: u128,
    pilot: ThreadId,
    /// Of the pilot's choice (F3), or null. Relaxed throughout: of one thread.
    key: AtomicPtr<()>,
    landed: Event,
}

/// The right to run the closure for a mark.
pub(crate) struct Pilot<'a> {
    list: &'a List,
    flight: Arc<Flight>,
}

/// What there is to do.
pub(crate) enum Boarding<'a> {
    /// Run the closure, and then drop this.
    Pilot(Pilot<'a>),
    /// Another thread runs one: wait for it.
    Wait(Arc<Flight>),
    /// This thread is running one, for this very key.
    Reentry,
}

impl Flight {
    /// Waits until it has landed. Blocking.
    pub(crate) fn wait(&self) {
        self.landed.wait();
    }
}

impl Flights {
    pub(crate) fn new() -> Self {
        Self { lists: AtomicPtr::new(ptr::null_mut()) }
    }

    /// Begins the flight of a mark, unless there is one. Of a flight of this thread with the same mark and a key `is_same` tells
    /// whether that is the same key, too; it may be foreign code. If there is no key, then the mark says it all.
    ///
    /// # Safety
    ///
    /// - `key` is null, or stays valid until the [`Pilot`] has let go of it or was dropped, for whatever `is_same` of any call on this
    ///   table does with it.
    pub(crate) unsafe fn board(
        &self,
        mark: u128,
        key: *const (),
        mut is_same: impl FnMut(*const ()) -> bool,
    ) -> Boarding<'_> {
        let list = &self.lists()[mark as usize % LISTS];
        let pilot = this_thread();
        let mine: Vec<Arc<Flight>> = {
            let mut flights = list.lock();
            let mut with_mark = flights.iter().filter(|flight| flight.mark == mark);
            match with_mark.next() {
                Some(first) if first.pilot == pilot => {
                    // All of them, then (F1), and they stay, for they are this thread's.
                    [first].into_iter().chain(with_mark).cloned().collect()
                }
                Some(other) => return Boarding::Wait(Arc::clone(other)),
                None => {
                    let flight = Self::flight(mark, pilot, key);
                    flights.push(Arc::clone(&flight));
                    return Boarding::Pilot(Pilot { list, flight });
                }
            }
        };
        let mut is_again = |flight: &Arc<Flight>| {
            let key = flight.key.load(Relaxed);
            key.is_null() || is_same(key.cast_const())
        };
        if mine.iter().any(&mut is_again) {
            return Boarding::Reentry;
        }
        let flight = Self::flight(mark, pilot, key);
        list.lock().push(Arc::clone(&flight));
        Boarding::Pilot(Pilot { list, flight })
    }

    fn flight(mark: u128, pilot: ThreadId, key: *const ()) -> Arc<Flight> {
        Arc::new(Flight { mark, pilot, key: AtomicPtr::new(key.cast_mut()), landed: Event::new(false) })
    }

    fn lists(&self) -> &[List; LISTS] {
        // Acquire: the lists' making.
        let mut lists = self.lists.load(edge!("dict_flights_get", Acquire, weaker Relaxed));
        if lists.is_null() {
            lists = self.make_lists();
        }
        // SAFETY: made by `make_lists`, seen through the edges above, and freed by `drop` only.
        unsafe { &*lists }
    }

    #[cold]
    fn make_lists(&self) -> *mut [List; LISTS] {
        let new = Box::into_raw(Box::new(std::array::from_fn(|_| List::default())));
        // Release, Acquire on failure: the lists' making, by this thread or by another one.
        let set = edge!("dict_flights_set", Release, weaker Relaxed);
        let lost = edge!("dict_flights_lost", Acquire, weaker Relaxed);
        match self.lists.compare_exchange(ptr::null_mut(), new, set, lost) {
            Ok(_) => new,
            Err(other) => {
                // SAFETY: just made, and nobody else has seen it.
                drop(unsafe { Box::from_raw(new) });
                other
            }
        }
    }
}

impl Drop for Flights {
    fn drop(&mut self) {
        // Relaxed: `&mut self`.
        if let Some(lists) = NonNull::new(self.lists.load(Relaxed)) {
            // SAFETY: made by `make_lists`; no pilot borrows the table any more.
            drop(unsafe { Box::from_raw(lists.as_ptr()) });
        }
    }
}

impl Pilot<'_> {
    /// The key may move from now on.
    pub(crate) fn let_go_of_key(&self) {
        self.flight.key.store(ptr::null_mut(), Relaxed);
    }
}

impl Drop for Pilot<'_> {
    fn drop(&mut self) {
        self.list.lock().retain(|flight| !Arc::ptr_eq(flight, &self.flight));
        self.flight.landed.set();
    }
}
