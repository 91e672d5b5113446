//! The contract of [`Parking`](super::Parking), over every parker that exists on this system.

use std::{
    sync::atomic::Ordering::{Relaxed, SeqCst},
    thread,
    time::{Duration, Instant},
};

use super::{Native, Parking, Table, Wake};
use crate::primitive::AtomicU32;

const SOON: Duration = Duration::from_millis(20);

fn another_value_does_not_sleep<P: Parking>() {
    let word = AtomicU32::new(1);
    assert_eq!(P::wait(&word, 0, None), Wake::Woken);
}

fn a_deadline_ends_the_sleep_and_not_early<P: Parking>() {
    let word = AtomicU32::new(0);
    let begin = Instant::now();
    assert_eq!(P::wait(&word, 0, P::after(SOON)), Wake::TimedOut);
    assert!(begin.elapsed() >= SOON);
    let deadline = Instant::now() + SOON;
    assert_eq!(P::wait(&word, 0, P::at(deadline)), Wake::TimedOut);
    assert!(Instant::now() >= deadline);
}

fn a_deadline_in_the_past_ends_the_sleep_at_once<P: Parking>() {
    let word = AtomicU32::new(0);
    let past = Instant::now();
    thread::sleep(Duration::from_millis(1));
    assert_eq!(P::wait(&word, 0, P::at(past)), Wake::TimedOut);
    assert_eq!(P::wait(&word, 0, P::after(Duration::ZERO)), Wake::TimedOut);
}

fn a_timeout_beyond_the_clock_is_none<P: Parking>() {
    assert!(P::after(Duration::MAX).is_none());
    assert!(P::after(Duration::from_secs(u64::MAX / 2 + 1)).is_none());
}

/// P1: one wake-up for each sleeper is enough, whenever it comes.
fn each_wake_up_reaches_a_sleeper<P: Parking>() {
    const SLEEPERS: u32 = 4;
    for round in 0..if cfg!(miri) { 3 } else { 300 } {
        let word = AtomicU32::new(0);
        let tokens = AtomicU32::new(0);
        thread::scope(|scope| {
            for _ in 0..SLEEPERS {
                scope.spawn(|| {
                    while word.load(Relaxed) == 0 {
                        let _ = P::wait(&word, 0, None);
                    }
                    tokens.fetch_add(1, Relaxed);
                });
            }
            if round % 2 == 0 {
                thread::yield_now();
            }
            word.store(1, Relaxed);
            for _ in 0..SLEEPERS {
                P::wake_one(&word);
            }
        });
        assert_eq!(tokens.into_inner(), SLEEPERS);
    }
}

/// One wake-up gets one of two sleepers, so the other one's deadline passes.
fn a_wake_up_has_one_receiver<P: Parking>() {
    let word = AtomicU32::new(0);
    let asleep = AtomicU32::new(0);
    let (woken, timed_out) = thread::scope(|scope| {
        let sleep = || {
            asleep.fetch_add(1, SeqCst);
            P::wait(&word, 0, P::after(10 * SOON))
        };
        let sleepers = [scope.spawn(sleep), scope.spawn(sleep)];
        while asleep.load(SeqCst) < 2 {
            thread::yield_now();
        }
        thread::sleep(5 * SOON);
        P::wake_one(&word);
        let wakes = sleepers.map(|sleeper| sleeper.join().expect("does not panic"));
        let count = |which| wakes.iter().filter(|&&wake| wake == which).count();
        (count(Wake::Woken), count(Wake::TimedOut))
    });
    // On a machine so slow that the sleepers have given up before the wake-up, nobody receives it.
    assert!(woken <= 1, "{woken} threads woken by one wake-up");
    assert_eq!(woken + timed_out, 2);
}

/// Waking other words, some of which share the sleeper's bucket, leaves it asleep.
fn strangers_do_not_wake_each_other<P: Parking>() {
    let words: [AtomicU32; 300] = std::array::from_fn(|_| AtomicU32::new(0));
    let (mine, others) = words.split_first().expect("not empty");
    thread::scope(|scope| {
        let sleeper = scope.spawn(|| P::wait(mine, 0, P::after(5 * SOON)));
        while !sleeper.is_finished() {
            others.iter().for_each(P::wake_one);
            thread::sleep(SOON);
        }
        assert_eq!(sleeper.join().expect("does not panic"), Wake::TimedOut);
    });
}

macro_rules! over_each_parker {
    ($($promise:ident)*) => {
        mod native {
            $(#[test] fn $promise() { super::$promise::<super::Native>() })*
        }
        mod table {
            $(#[test] fn $promise() { super::$promise::<super::Table>() })*
        }
    };
}

over_each_parker! {
    another_value_does_not_sleep
    a_deadline_ends_the_sleep_and_not_early
    a_deadline_in_the_past_ends_the_sleep_at_once
    a_timeout_beyond_the_clock_is_none
    each_wake_up_reaches_a_sleeper
    a_wake_up_has_one_receiver
    strangers_do_not_wake_each_other
}
