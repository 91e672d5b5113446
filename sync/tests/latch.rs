//! The latch as its users see it.
#![cfg(not(polder_loom))]

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{
            AtomicU32,
            Ordering::{Relaxed, SeqCst},
        },
    },
    thread,
    time::{Duration, Instant},
};

use polder_sync::CountDownLatch;

const SOON: Duration = Duration::from_millis(20);
/// Longer than a test may take.
const LONG: Duration = Duration::from_secs(86_400);

#[test]
fn it_opens_at_zero_and_stays_open() {
    let latch = CountDownLatch::new(3);
    latch.count_down();
    assert_eq!((latch.count(), latch.is_open()), (2, false));
    latch.count_down_by(2);
    assert_eq!((latch.count(), latch.is_open()), (0, true));
    for _ in 0..2 {
        latch.wait();
        assert!(latch.wait_for(Duration::ZERO));
        assert!(latch.wait_until(Instant::now()));
    }
}

#[test]
fn a_latch_without_counts_is_open() {
    static LATCH: CountDownLatch = CountDownLatch::new(0);
    assert!(LATCH.is_open());
    LATCH.wait();
    LATCH.count_down_by(0);
    assert_eq!(LATCH.count(), 0);
}

#[test]
fn counting_below_zero_panics_and_changes_nothing() {
    let latch = CountDownLatch::new(2);
    let too_many = |n| {
        let panic = catch_unwind(AssertUnwindSafe(|| latch.count_down_by(n))).expect_err("too many");
        panic.downcast_ref::<String>().expect("a message").clone()
    };
    assert_eq!(too_many(3), "a latch with 2 left to count cannot be counted down by 3");
    assert_eq!(latch.count(), 2);
    assert!(too_many(u32::MAX).contains("4294967295"));
    latch.count_down_by(2);
    assert!(catch_unwind(AssertUnwindSafe(|| latch.count_down())).is_err());
    assert!(latch.is_open());
}

#[test]
fn the_largest_count() {
    let latch = CountDownLatch::new(CountDownLatch::MAX_COUNT);
    assert_eq!(latch.count(), (1 << 31) - 1);
    assert!(!latch.wait_for(Duration::ZERO));
    latch.count_down_by(CountDownLatch::MAX_COUNT - 1);
    assert_eq!(latch.count(), 1);
    latch.count_down();
    assert!(latch.is_open());
    assert!(catch_unwind(|| CountDownLatch::new(CountDownLatch::MAX_COUNT + 1)).is_err());
}

#[test]
fn timed_waits_end_and_not_early() {
    let latch = CountDownLatch::new(1);
    let begin = Instant::now();
    assert!(!latch.wait_for(SOON));
    assert!(begin.elapsed() >= SOON);
    let deadline = Instant::now() + SOON;
    assert!(!latch.wait_until(deadline));
    assert!(Instant::now() >= deadline);
    assert!(!latch.wait_until(begin), "in the past");
}

#[test]
fn opening_ends_every_kind_of_wait() {
    let waits: [fn(&CountDownLatch) -> bool; 4] = [
        |latch| {
            latch.wait();
            true
        },
        |latch| latch.wait_for(Duration::MAX),
        |latch| latch.wait_for(LONG),
        |latch| latch.wait_until(Instant::now() + LONG),
    ];
    let latch = CountDownLatch::new(2);
    thread::scope(|scope| {
        let waiters: Vec<_> = waits
            .into_iter()
            .map(|wait| {
                scope.spawn({
                    let latch = &latch;
                    move || wait(latch)
                })
            })
            .collect();
        thread::sleep(SOON);
        // One that wakes nobody, and changes the word under those who sleep.
        latch.count_down();
        thread::sleep(SOON);
        assert!(waiters.iter().all(|waiter| !waiter.is_finished()));
        latch.count_down();
        assert!(waiters.into_iter().all(|waiter| waiter.join().expect("does not panic")));
    });
}

#[test]
fn a_waiter_sees_what_was_written_before_each_count() {
    const PARTIES: u32 = 4;
    for _ in 0..if cfg!(miri) { 4 } else { 500 } {
        let latch = CountDownLatch::new(PARTIES);
        let written = [const { AtomicU32::new(0) }; PARTIES as usize];
        thread::scope(|scope| {
            for cell in &written {
                scope.spawn(|| {
                    cell.store(1, Relaxed);
                    latch.count_down();
                });
            }
            for _ in 0..2 {
                scope.spawn(|| {
                    latch.wait();
                    assert_eq!(written.iter().map(|cell| cell.load(Relaxed)).sum::<u32>(), PARTIES);
                });
            }
        });
    }
}

/// Counts of several at once race with each other; exactly the sum goes through.
#[test]
fn racing_counts_never_go_below_zero() {
    for _ in 0..if cfg!(miri) { 3 } else { 200 } {
        let latch = CountDownLatch::new(10);
        let counted = AtomicU32::new(0);
        thread::scope(|scope| {
            for n in [1, 2, 3, 4, 5] {
                let (latch, counted) = (&latch, &counted);
                scope.spawn(move || {
                    if catch_unwind(AssertUnwindSafe(|| latch.count_down_by(n))).is_ok() {
                        counted.fetch_add(n, SeqCst);
                    }
                });
            }
        });
        assert_eq!(counted.into_inner() + latch.count(), 10);
    }
}

#[test]
fn a_latch_in_an_arc_may_end_with_its_waiter() {
    for _ in 0..if cfg!(miri) { 5 } else { 500 } {
        let latch = Arc::new(CountDownLatch::new(1));
        let waiter = thread::spawn({
            let latch = Arc::clone(&latch);
            move || latch.wait()
        });
        latch.count_down();
        drop(latch);
        waiter.join().expect("does not panic");
    }
}

#[test]
fn debug_and_size() {
    let latch = CountDownLatch::new(3);
    assert_eq!(format!("{latch:?}"), "CountDownLatch { count: 3 }");
    assert!(!latch.wait_for(Duration::from_millis(1)));
    assert_eq!(format!("{latch:?}"), "CountDownLatch { count: 3 }", "whoever has waited leaves no trace in it");
    assert_eq!(size_of::<CountDownLatch>(), 4);
}
