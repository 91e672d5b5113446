//! Behaviours: their order, their atomicity, their results, and how they get along with threads that block.
#![cfg(not(polder_loom))]

use std::{
    collections::HashMap,
    panic::{self, AssertUnwindSafe},
    pin::pin,
    sync::{
        Arc, Barrier,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
        mpsc,
    },
    task::{Context, Poll, Wake, Waker},
    thread,
    time::{Duration, Instant},
};

use polder_sync::{Behaviour, DuplicateLock, Lockable, Mutex, try_when, when};

/// Long enough that only a lost behaviour takes longer.
const LONG: Duration = Duration::from_secs(60);

/// Many, or few where each step is slow.
const fn many(natively: usize, emulated: usize) -> usize {
    if cfg!(miri) { emulated } else { natively }
}

fn lock<T>(value: T) -> Arc<Mutex<T>> {
    Arc::new(Mutex::new(value))
}

/// What the behaviour returns; fails if it does not end.
#[track_caller]
fn ended<U: Send + 'static>(behaviour: Behaviour<U>) -> U {
    behaviour.wait_timeout(LONG).expect("a behaviour has been lost")
}

/// Ends when all threads have ended that run drains in the emulator, which wants that.
struct Settled;

impl Drop for Settled {
    fn drop(&mut self) {
        if cfg!(miri) {
            thread::sleep(Duration::from_secs(5));
        }
    }
}

#[test]
fn a_behaviour_gets_the_values_and_returns_a_result() {
    let _settled = Settled;
    let (number, word) = (lock(1), lock(String::from("a")));
    let sum = when((&number, &word), |number: &mut i32, word: &mut String| {
        *number += 1;
        word.push('b');
        *number as usize + word.len()
    });
    assert_eq!(ended(sum), 4);
    assert_eq!((*number.lock(), word.lock().as_str()), (2, "ab"));
}

#[test]
fn requests_have_none_to_eight_locks() {
    let _settled = Settled;
    assert_eq!(ended(when((), || 7)), 7);
    let locks: [_; 8] = std::array::from_fn(|n| lock(1_u32 << n));
    let [a, b, c, d, e, f, g, h] = &locks;
    assert_eq!(ended(when(a, |a: &mut u32| *a)), 1);
    assert_eq!(ended(when((a,), |a: &mut u32| *a)), 1);
    let sum = when((h, c, a, b, d, g, f, e), |h: &mut u32, c: &mut u32, a: &mut u32, b: &mut u32, d: &mut u32, g: &mut u32, f: &mut u32, e: &mut u32| {
        assert_eq!((*h, *c, *a, *b, *d, *g, *f, *e), (128, 4, 1, 2, 8, 64, 32, 16));
        *a + *b + *c + *d + *e + *f + *g + *h
    });
    assert_eq!(ended(sum), 255);
}

#[test]
fn behaviours_of_one_lock_run_in_the_order_of_their_spawning() {
    let _settled = Settled;
    let seen = lock(Vec::new());
    let rounds = many(10_000, 40);
    for n in 0..rounds {
        drop(when(&seen, move |seen: &mut Vec<usize>| seen.push(n)));
    }
    let seen = ended(when(&seen, |seen: &mut Vec<usize>| std::mem::take(seen)));
    assert!(seen.into_iter().eq(0..rounds));
}
