//! The event as its users see it.
#![cfg(not(polder_loom))]

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use polder_sync::Event;

const SOON: Duration = Duration::from_millis(20);
/// Longer than a test may take.
const LONG: Duration = Duration::from_secs(86_400);

/// Waits until a thread has begun to wait for the event.
fn until_somebody_waits(event: &Event) {
    while format!("{event:?}") != "Event { set: false, crowded: true }" {
        thread::yield_now();
    }
}

#[test]
fn it_is_set_until_it_is_reset() {
    static EVENT: Event = Event::new(false);
    assert!(!EVENT.is_set());
    for _ in 0..3 {
        EVENT.set();
        EVENT.set();
        assert!(EVENT.is_set());
        EVENT.wait();
        assert!(EVENT.wait_for(Duration::ZERO) && EVENT.wait_until(Instant::now()));
        assert!(EVENT.is_set(), "waiting takes nothing away");
        EVENT.reset();
        EVENT.reset();
        assert!(!EVENT.is_set());
        assert!(!EVENT.wait_for(Duration::ZERO));
    }
}

#[test]
fn it_may_be_set_at_first() {
    let event = Event::new(true);
    event.wait();
    event.reset();
    assert!(!event.wait_for(Duration::from_millis(1)));
    assert!(!Event::default().is_set());
}

#[test]
fn timed_waits_end_and_not_early() {
    let event = Event::new(false);
    let begin = Instant::now();
    assert!(!event.wait_for(SOON));
    assert!(begin.elapsed() >= SOON);
    let deadline = Instant::now() + SOON;
    assert!(!event.wait_until(deadline));
    assert!(Instant::now() >= deadline);
    assert!(!event.wait_until(begin), "in the past");
}

/// No `set` follows the reset: whoever missed the one would wait for ever.
#[test]
fn those_who_wait_are_released_though_the_event_is_reset_at_once() {
    let waits: [fn(&Event) -> bool; 4] = [
        |event| {
            event.wait();
            true
        },
        |event| event.wait_for(Duration::MAX),
        |event| event.wait_for(LONG),
        |event| event.wait_until(Instant::now() + LONG),
    ];
    for _ in 0..if cfg!(miri) { 2 } else { 50 } {
        let event = Event::new(false);
        for wait in waits {
            thread::scope(|scope| {
                let waiter = scope.spawn(|| wait(&event));
                until_somebody_waits(&event);
                event.set();
                event.reset();
                assert!(waiter.join().expect("does not panic"));
                assert!(!event.is_set());
            });
        }
    }
}

/// A thread in its second wait is not released by what released it from the first.
#[test]
fn a_wait_after_the_reset_needs_a_set_of_its_own() {
    let event = Event::new(false);
    let rounds = AtomicU32::new(0);
    thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..3 {
                event.wait();
                event.reset();
                rounds.fetch_add(1, Relaxed);
            }
        });
        for round in 0..3 {
            until_somebody_waits(&event);
            assert!(rounds.load(Relaxed) <= round, "no more rounds than sets");
            event.set();
        }
    });
    assert_eq!((rounds.into_inner(), event.is_set()), (3, false));
}

/// The consumer resets first and looks afterwards; so it never sleeps over work.
#[test]
fn no_sign_is_lost_between_producers_and_a_consumer() {
    const EACH: u32 = if cfg!(miri) { 20 } else { 5_000 };
    let event = Event::new(false);
    let work = Mutex::new(VecDeque::new());
    thread::scope(|scope| {
        for producer in 0..3 {
            let (event, work) = (&event, &work);
            scope.spawn(move || {
                for n in 0..EACH {
                    work.lock().unwrap().push_back(producer * EACH + n);
                    event.set();
                }
            });
        }
        let mut sum = 0;
        let mut left = 3 * EACH;
        while left > 0 {
            event.wait();
            event.reset();
            let found = std::mem::take(&mut *work.lock().unwrap());
            left -= u32::try_from(found.len()).expect("as many as were made");
            sum += found.iter().map(|&n| u64::from(n)).sum::<u64>();
        }
        assert_eq!(sum, (0..u64::from(3 * EACH)).sum());
    });
}

/// Setters, resetters and timed waiters at random; in the end one `set` lets everybody out.
#[test]
fn a_crowd_ends() {
    let event = Event::new(false);
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for patience in [1, 50, 300] {
            let (event, stop) = (&event, &stop);
            scope.spawn(move || {
                while !stop.load(Relaxed) {
                    let _ = event.wait_for(Duration::from_micros(patience));
                }
                event.wait();
            });
        }
        for round in 0..if cfg!(miri) { 10 } else { 5_000 } {
            event.set();
            if round % 3 == 0 {
                thread::yield_now();
            }
            event.reset();
        }
        stop.store(true, Relaxed);
        event.set();
    });
}

#[test]
fn an_event_in_an_arc_may_end_with_its_waiter() {
    for _ in 0..if cfg!(miri) { 5 } else { 500 } {
        let event = Arc::new(Event::new(false));
        let waiter = thread::spawn({
            let event = Arc::clone(&event);
            move || event.wait()
        });
        event.set();
        drop(event);
        waiter.join().expect("does not panic");
    }
}

#[test]
fn debug_and_size() {
    let event = Event::new(true);
    assert_eq!(format!("{event:?}"), "Event { set: true, crowded: false }");
    event.reset();
    assert_eq!(format!("{event:?}"), "Event { set: false, crowded: false }");
    assert_eq!(size_of::<Event>(), 4);
}
