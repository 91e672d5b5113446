//! The parker as its users see it: tokens, deadlines, and a primitive built on the three functions.
#![cfg(not(polder_loom))]

use std::{
    marker::PhantomData,
    sync::{
        Arc,
        atomic::{
            AtomicU32,
            Ordering::{Acquire, Relaxed, Release, SeqCst},
        },
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use polder_sync::parker::{self, Deadline, Parker, Unparker, Wake};

const SOON: Duration = Duration::from_millis(20);

#[test]
fn a_token_that_was_left_before_ends_the_park_at_once() {
    let parker = Parker::new();
    parker.unpark();
    parker.park();
    parker.unparker().unpark();
    assert!(parker.park_timeout(Duration::ZERO));
    parker.unpark();
    assert!(parker.park_until(Instant::now()));
}

#[test]
fn tokens_do_not_add_up() {
    let parker = Parker::default();
    let unparker = parker.unparker();
    for _ in 0..10 {
        unparker.clone().unpark();
    }
    parker.park();
    assert!(!parker.park_timeout(SOON));
}

#[test]
fn deadlines_end_the_park_and_not_early() {
    let parker = Parker::new();
    let begin = Instant::now();
    assert!(!parker.park_timeout(SOON));
    assert!(begin.elapsed() >= SOON);
    let deadline = Instant::now() + SOON;
    assert!(!parker.park_until(deadline));
    assert!(Instant::now() >= deadline);
    assert!(!parker.park_until(begin), "in the past");
    assert!(!parker.park_timeout(Duration::ZERO));
}

#[test]
fn a_token_after_the_deadline_stays_for_the_next_park() {
    let parker = Parker::new();
    assert!(!parker.park_timeout(Duration::from_millis(1)));
    parker.unpark();
    assert!(parker.park_timeout(Duration::ZERO));
}

#[test]
fn a_sleeper_is_woken_and_sees_what_was_written() {
    for _ in 0..if cfg!(miri) { 5 } else { 1_000 } {
        let parker = Parker::new();
        let unparker = parker.unparker();
        let value = Arc::new(AtomicU32::new(0));
        let written = Arc::clone(&value);
        let waker = thread::spawn(move || {
            written.store(42, Relaxed);
            unparker.unpark();
        });
        parker.park();
        assert_eq!(value.load(Relaxed), 42);
        waker.join().expect("does not panic");
    }
}

#[test]
fn a_timeout_beyond_the_clock_waits_for_the_token() {
    let parker = Parker::new();
    let unparker = parker.unparker();
    let waker = thread::spawn(move || {
        thread::sleep(SOON);
        unparker.unpark();
    });
    assert!(parker.park_timeout(Duration::MAX));
    waker.join().expect("does not panic");
}

/// Two threads take turns, each asleep until the other says so. Hangs if a token is lost.
#[test]
fn two_threads_take_turns() {
    const TURNS: u32 = if cfg!(miri) { 20 } else { 5_000 };
    let (here, there) = (Parker::new(), Parker::new());
    let (wake_here, wake_there) = (here.unparker(), there.unparker());
    let turn = Arc::new(AtomicU32::new(0));
    let theirs = Arc::clone(&turn);
    let other = thread::spawn(move || {
        for round in 0..TURNS {
            there.park();
            assert_eq!(theirs.fetch_add(1, Relaxed), 2 * round + 1);
            wake_here.unpark();
        }
    });
    for round in 0..TURNS {
        assert_eq!(turn.fetch_add(1, Relaxed), 2 * round);
        wake_there.unpark();
        here.park();
    }
    other.join().expect("does not panic");
}

/// Messages from several threads, one parker: nothing is left behind when the owner looks at everything at each token.
#[test]
fn a_storm_of_unparks_delivers_everything() {
    const EACH: u32 = if cfg!(miri) { 20 } else { 5_000 };
    let parker = Parker::new();
    let (sender, receiver) = mpsc::channel();
    let senders: Vec<_> = (0..3)
        .map(|thread| {
            let (sender, unparker) = (sender.clone(), parker.unparker());
            thread::spawn(move || {
                for message in 0..EACH {
                    sender.send(thread * EACH + message).expect("the owner listens");
                    unparker.unpark();
                }
            })
        })
        .collect();
    let mut received = 0;
    while received < 3 * EACH {
        if received % 2 == 0 {
            parker.park();
        } else {
            let _ = parker.park_timeout(Duration::from_micros(50));
        }
        received += u32::try_from(receiver.try_iter().count()).expect("few");
    }
    assert_eq!(received, 3 * EACH);
    senders.into_iter().for_each(|sender| sender.join().expect("does not panic"));
}

#[test]
fn a_parker_may_move_between_parks_and_go_before_its_unparkers() {
    let parker = Parker::new();
    let unparker = parker.unparker();
    assert!(!parker.park_timeout(Duration::from_millis(1)));
    let mover = thread::spawn(move || parker.park());
    unparker.unpark();
    mover.join().expect("does not panic");
    unparker.unpark(); // for nobody
}

/// A semaphore of the simplest kind, to show that the three functions are enough for one.
struct Semaphore {
    units: AtomicU32,
}

impl Semaphore {
    fn take(&self, deadline: Deadline) -> bool {
        loop {
            if self.units.fetch_update(Acquire, Relaxed, |units| units.checked_sub(1)).is_ok() {
                return true;
            }
            if parker::wait(&self.units, 0, deadline) == Wake::TimedOut {
                return false;
            }
        }
    }

    fn give(&self) {
        self.units.fetch_add(1, Release);
        parker::wake_one(&self.units);
    }
}

/// Units go round among threads, some of which give up; none is lost and none is made. Hangs if a wake-up is lost.
#[test]
fn a_semaphore_on_the_three_functions() {
    const ROUNDS: u32 = if cfg!(miri) { 5 } else { 2_000 };
    let semaphore = Semaphore { units: AtomicU32::new(2) };
    let inside = AtomicU32::new(0);
    thread::scope(|scope| {
        for thread in 0..4 {
            let (semaphore, inside) = (&semaphore, &inside);
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    let deadline = match (round + thread) % 3 {
                        0 => Deadline::after(Duration::from_micros(30)),
                        1 => Deadline::at(Instant::now() + Duration::from_micros(30)),
                        _ => Deadline::NEVER,
                    };
                    if semaphore.take(deadline) {
                        assert!(inside.fetch_add(1, SeqCst) < 2);
                        if round % 64 == 0 {
                            thread::yield_now();
                        }
                        inside.fetch_sub(1, SeqCst);
                        semaphore.give();
                    }
                }
            });
        }
    });
    assert_eq!(semaphore.units.load(Relaxed), 2);
}

#[test]
fn wait_compares_first_and_honours_the_deadline() {
    let word = AtomicU32::new(7);
    assert_eq!(parker::wait(&word, 8, Deadline::NEVER), Wake::Woken);
    let begin = Instant::now();
    while parker::wait(&word, 7, Deadline::at(begin + SOON)) == Wake::Woken {}
    assert!(begin.elapsed() >= SOON);
    assert_eq!(word.load(Relaxed), 7, "the word is the caller's");
}

#[test]
fn debug_says_what_it_is() {
    let parker = Parker::new();
    assert_eq!(format!("{parker:?} {:?}", parker.unparker()), "Parker { .. } Unparker { .. }");
}

/// Answers whether `T` is `Send` or `Sync`: the inherent constants exist under that bound and hide the trait's.
struct Probe<T>(PhantomData<T>);

trait Otherwise {
    const SEND: bool = false;
    const SYNC: bool = false;
}

impl<T> Otherwise for Probe<T> {}

impl<T: Send> Probe<T> {
    const SEND: bool = true;
}

impl<T: Sync> Probe<T> {
    const SYNC: bool = true;
}

#[test]
fn send_and_sync() {
    // The probe itself: a pointer is neither.
    assert_eq!((<Probe<*const u32>>::SEND, <Probe<*const u32>>::SYNC), (false, false));
    assert_eq!((<Probe<Parker>>::SEND, <Probe<Parker>>::SYNC), (true, false));
    assert_eq!((<Probe<Unparker>>::SEND, <Probe<Unparker>>::SYNC), (true, true));
    assert_eq!((<Probe<Deadline>>::SEND, <Probe<Deadline>>::SYNC), (true, true));
}
