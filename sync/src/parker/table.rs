//! A hashed table of waiters: the parker for systems whose futex is out of reach, on std's mutex and condition
//! variable.
//!
//! ```text
//!            hash(address)
//!   BUCKETS ───────┬────────────┬──────────
//!              bucket 0      bucket 1    …
//!              ┌────────────────────────┐
//!   queue      │ (A, •) (B, •) (A, •)   │  in order of arrival, under the bucket's lock
//!              └────┼──────┼──────┼─────┘
//!                condvar condvar condvar     one for each waiter: a wake-up reaches the chosen one only
//! ```
//!
//! **A waiter is woken by being taken out of the queue**; its condition variable only tells it to look. Everything
//! happens under the bucket's lock, so both promises are short:
//!
//! - P1: the waiter compares the word and enters the queue in one locked section. A waker's section comes after it and
//!   finds the waiter, or comes before it, and then the waker's earlier change of the word is visible to the
//!   comparison.
//! - P2: a waiter whose deadline has passed looks for itself in the queue under the lock. Still there: it removes
//!   itself, and no waker can choose it. Gone: it was chosen, and says so.
//!
//! # Orderings
//!
//! | edge | writer site | reader site | orders | evidence |
//! |---|---|---|---|---|
//! | – | whoever changes the word, then `wake_one` | `wait`, Relaxed | the change before the comparison | the bucket's lock does; killed by loom `no_wake_up_is_lost_among_three` when the comparison is moved out of it |
//!
//! No access of the word in here carries an edge: the lock orders them all.
//!
//! A sleep allocates one waiter. Finding oneself is linear in the sleepers of the bucket, and so is waking.

use std::{
    array,
    collections::VecDeque,
    ptr,
    sync::{PoisonError, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};

use super::{Parking, Wake};
use crate::{
    config::BUCKETS,
    primitive::{
        AtomicU32,
        blocking::{Arc, Condvar, Mutex, MutexGuard, process_wide, wait_until},
    },
};

/// The portable parker.
pub(crate) struct Table;

/// A sleeping thread.
struct Waiter {
    /// Of the word it sleeps on. A key, never dereferenced.
    address: usize,
    /// Notified after the waiter has been taken out of the queue.
    chosen: Condvar,
}

type Queue = VecDeque<Arc<Waiter>>;

process_wide! {
    static TABLE: [Mutex<Queue>; BUCKETS] = array::from_fn(|_| Mutex::new(VecDeque::new()));
}

impl Parking for Table {
    type Deadline = Instant;

    fn after(timeout: Duration) -> Option<Instant> {
        Instant::now().checked_add(timeout)
    }

    fn at(instant: Instant) -> Option<Instant> {
        Some(instant)
    }

    fn wait(word: &AtomicU32, expected: u32, deadline: Option<Instant>) -> Wake {
        let address = ptr::from_ref(word).addr();
        let bucket = bucket(address);
        let mut queue = lock(bucket);
        // Relaxed: the bucket's lock orders this load after the change of every waker whose section came before.
        if word.load(Relaxed) != expected {
            return Wake::Woken;
        }
        let me = Arc::new(Waiter { address, chosen: Condvar::new() });
        queue.push_back(Arc::clone(&me));
        loop {
            let late;
            (queue, late) = match deadline {
                None => (me.chosen.wait(queue).unwrap_or_else(PoisonError::into_inner), false),
                Some(deadline) => wait_until(bucket, queue, &me.chosen, deadline),
            };
            match queue.iter().position(|waiter| Arc::ptr_eq(waiter, &me)) {
                None => return Wake::Woken,
                Some(position) if late => {
                    queue.remove(position);
                    return Wake::TimedOut;
                }
                Some(_) => {}
            }
        }
    }

    fn wake_one(word: &AtomicU32) {
        let address = ptr::from_ref(word).addr();
        let mut queue = lock(bucket(address));
        let chosen = queue.iter().position(|waiter| waiter.address == address).and_then(|first| queue.remove(first));
        drop(queue);
        if let Some(waiter) = chosen {
            waiter.chosen.notify_one();
        }
    }

    fn wake_all(word: &AtomicU32) {
        let address = ptr::from_ref(word).addr();
        let mut queue = lock(bucket(address));
        // Most wake-ups find nobody or few; those who sleep on other words keep their order.
        let chosen: Vec<_> = queue.iter().filter(|waiter| waiter.address == address).cloned().collect();
        queue.retain(|waiter| waiter.address != address);
        drop(queue);
        for waiter in chosen {
            waiter.chosen.notify_one();
        }
    }
}

/// The bucket of an address: bits from the middle of a multiplication (Fibonacci hashing), which depend on all the lower
/// ones, because neighbouring words differ in their low bits only.
fn bucket(address: usize) -> &'static Mutex<Queue> {
    const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
    const { assert!(BUCKETS.is_power_of_two()) };
    let hash = (address as u64).wrapping_mul(GOLDEN) >> 32;
    &TABLE[hash as usize % TABLE.len()]
}

/// Locks a bucket. Nothing in here panics while it holds one, and a queue is whole between any two steps.
fn lock(bucket: &Mutex<Queue>) -> MutexGuard<'_, Queue> {
    bucket.lock().unwrap_or_else(PoisonError::into_inner)
}
