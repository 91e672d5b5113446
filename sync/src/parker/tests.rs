//! The contract of [`Parking`](super::Parking) and the token's protocol, over every parker that exists or can be built
//! on this system.

use std::{
    sync::atomic::{
        AtomicU64,
        Ordering::{Relaxed, SeqCst},
    },
    thread,
    time::{Duration, Instant},
};

use super::{Addresses, Native, Parking, Table, Wake, token::Token, windows::milliseconds};
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
}

/// Near the end of what clocks can show; not every clock gets there. Too long for `TimedOut`, whatever the system
/// counts in.
fn a_long_timeout_does_not_end_early<P: Parking>() {
    for seconds in [u64::from(u32::MAX), i64::MAX as u64 / 2, i64::MAX as u64 + 1] {
        let word = AtomicU32::new(0);
        thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(SOON);
                word.store(1, SeqCst);
                P::wake_one(&word);
            });
            while word.load(SeqCst) == 0 {
                assert_eq!(P::wait(&word, 0, P::after(Duration::from_secs(seconds))), Wake::Woken);
            }
        });
    }
}

/// Four sleepers, released by `wake` after the word has changed, with and without a head start.
fn all_wake_up<P: Parking>(wake: impl Fn(&AtomicU32, u32)) {
    const SLEEPERS: u32 = 4;
    for round in 0..if cfg!(miri) { 3 } else { 300 } {
        let word = AtomicU32::new(0);
        let awake = AtomicU32::new(0);
        thread::scope(|scope| {
            for _ in 0..SLEEPERS {
                scope.spawn(|| {
                    while word.load(Relaxed) == 0 {
                        let _ = P::wait(&word, 0, None);
                    }
                    awake.fetch_add(1, Relaxed);
                });
            }
            if round % 2 == 0 {
                thread::yield_now();
            }
            word.store(1, Relaxed);
            wake(&word, SLEEPERS);
        });
        assert_eq!(awake.into_inner(), SLEEPERS);
    }
}

/// P1: one wake-up for each sleeper is enough, whenever it comes. Hangs otherwise.
fn each_wake_up_reaches_a_sleeper<P: Parking>() {
    all_wake_up::<P>(|word, sleepers| (0..sleepers).for_each(|_| P::wake_one(word)));
}

/// P1 for `wake_all`: one is enough for all of them. Hangs otherwise.
fn wake_all_leaves_nobody_behind<P: Parking>() {
    all_wake_up::<P>(|word, _| P::wake_all(word));
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

/// P2: among sleepers that give up all the time, each unit and its wake-up reach the one that does not. Hangs if a
/// time-out takes a wake-up along.
fn a_time_out_takes_no_wake_up_along<P: Parking>() {
    const UNITS: u32 = if cfg!(miri) { 3 } else { 200 };
    let units = AtomicU32::new(0);
    let taken = AtomicU32::new(0);
    let take = || units.fetch_update(SeqCst, SeqCst, |units| units.checked_sub(1)).is_ok();
    thread::scope(|scope| {
        scope.spawn(|| {
            while taken.load(SeqCst) < UNITS {
                if take() {
                    taken.fetch_add(1, SeqCst);
                } else {
                    let _ = P::wait(&units, 0, None);
                }
            }
        });
        for hasty in 0..3 {
            let (units, taken) = (&units, &taken);
            scope.spawn(move || {
                while taken.load(SeqCst) < UNITS {
                    let timeout = Duration::from_micros(50 + 37 * hasty);
                    // A thread that has been woken answers for the unit, and does not want it.
                    if P::wait(units, 0, P::after(timeout)) == Wake::Woken {
                        P::wake_one(units);
                        thread::yield_now();
                    }
                }
            });
        }
        for unit in 0..UNITS {
            units.fetch_add(1, SeqCst);
            P::wake_one(&units);
            while taken.load(SeqCst) <= unit {
                thread::yield_now();
            }
        }
    });
    assert_eq!(units.into_inner(), 0);
}

/// Waking other words, some of which share the sleeper's bucket, leaves it asleep.
fn strangers_do_not_wake_each_other<P: Parking>() {
    let words: [AtomicU32; 300] = std::array::from_fn(|_| AtomicU32::new(0));
    let (mine, others) = words.split_first().expect("not empty");
    thread::scope(|scope| {
        let sleeper = scope.spawn(|| P::wait(mine, 0, P::after(5 * SOON)));
        while !sleeper.is_finished() {
            others.iter().for_each(P::wake_one);
            others.iter().for_each(P::wake_all);
            thread::sleep(SOON);
        }
        assert_eq!(sleeper.join().expect("does not panic"), Wake::TimedOut);
    });
}

fn a_token_ends_one_park<P: Parking>() {
    let token = Token::new();
    assert!(!token.park::<P>(P::after(Duration::ZERO)));
    token.unpark::<P>();
    token.unpark::<P>();
    assert!(token.park::<P>(None));
    assert!(!token.park::<P>(P::after(SOON)), "tokens do not add up");
    token.unpark::<P>();
    assert!(token.park::<P>(P::after(Duration::ZERO)), "a token that is there is taken without waiting");
}

/// Several threads count up and leave a token each time; the owner, who parks with and without deadlines, ends when it
/// has seen the last count. Hangs if a token is lost.
fn a_storm_of_tokens_ends_with_one<P: Parking>() {
    const THREADS: u64 = 3;
    const EACH: u64 = if cfg!(miri) { 10 } else { 3_000 };
    let token = Token::new();
    let count = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for round in 0..EACH {
                    count.fetch_add(1, Relaxed);
                    token.unpark::<P>();
                    if round % 64 == 0 {
                        thread::yield_now();
                    }
                }
            });
        }
        let mut parks = 0_u64;
        while count.load(Relaxed) < THREADS * EACH {
            parks += 1;
            let deadline = if parks.is_multiple_of(3) { P::after(Duration::from_micros(20)) } else { None };
            let taken = token.park::<P>(deadline);
            assert!(taken || deadline.is_some());
        }
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
        mod windows {
            $(#[test] fn $promise() { super::$promise::<super::Addresses>() })*
        }
    };
}

over_each_parker! {
    another_value_does_not_sleep
    a_deadline_ends_the_sleep_and_not_early
    a_deadline_in_the_past_ends_the_sleep_at_once
    a_timeout_beyond_the_clock_is_none
    a_long_timeout_does_not_end_early
    each_wake_up_reaches_a_sleeper
    wake_all_leaves_nobody_behind
    a_time_out_takes_no_wake_up_along
    strangers_do_not_wake_each_other
    a_token_ends_one_park
    a_storm_of_tokens_ends_with_one
}

// Not over the stand-in for Windows, whose many time-outs wake others for nothing (P3).
#[test]
fn a_wake_up_has_one_receiver_over_the_native_parker() {
    a_wake_up_has_one_receiver::<Native>();
}

#[test]
fn a_wake_up_has_one_receiver_over_the_table() {
    a_wake_up_has_one_receiver::<Table>();
}

/// A parker that returns two times out of three without having slept, and says once in a while that it timed out though
/// there is no deadline.
struct Restless;

impl Parking for Restless {
    type Deadline = <Native as Parking>::Deadline;

    fn after(timeout: Duration) -> Option<Self::Deadline> {
        Native::after(timeout)
    }

    fn at(instant: Instant) -> Option<Self::Deadline> {
        Native::at(instant)
    }

    fn wait(word: &AtomicU32, expected: u32, deadline: Option<Self::Deadline>) -> Wake {
        static CALLS: AtomicU32 = AtomicU32::new(0);
        match CALLS.fetch_add(1, Relaxed) % 6 {
            0 | 3 => Native::wait(word, expected, deadline),
            1 if deadline.is_none() => Wake::TimedOut,
            _ => Wake::Woken,
        }
    }

    fn wake_one(word: &AtomicU32) {
        Native::wake_one(word);
    }

    fn wake_all(word: &AtomicU32) {
        Native::wake_all(word);
    }
}

/// P3: nothing but a token or the deadline ends `park`.
#[test]
fn wake_ups_for_nothing_end_no_park() {
    a_token_ends_one_park::<Restless>();
    a_storm_of_tokens_ends_with_one::<Restless>();
    let token = Token::new();
    let begin = Instant::now();
    assert!(!token.park::<Restless>(Restless::after(SOON)));
    assert!(begin.elapsed() >= SOON);
}

#[test]
fn milliseconds_round_up_and_stop_short_of_for_ever() {
    assert_eq!(milliseconds(Duration::ZERO), 0);
    assert_eq!(milliseconds(Duration::from_nanos(1)), 1);
    assert_eq!(milliseconds(Duration::from_millis(20)), 20);
    assert_eq!(milliseconds(Duration::from_millis(20) + Duration::from_nanos(1)), 21);
    assert_eq!(milliseconds(Duration::from_millis(u64::from(u32::MAX) - 1)), u32::MAX - 1);
    assert_eq!(milliseconds(Duration::from_millis(u64::from(u32::MAX))), u32::MAX - 1);
    assert_eq!(milliseconds(Duration::MAX), u32::MAX - 1);
}
