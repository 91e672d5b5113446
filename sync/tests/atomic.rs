//! Atomics of plain types: each operation on each kind of type, with and without a lock behind.
#![cfg(not(polder_loom))]

use std::{
    panic::{AssertUnwindSafe, RefUnwindSafe, catch_unwind},
    sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst},
    thread,
};

use polder_sync::{Atomic, NoUninit};

const ROUNDS: u32 = if cfg!(miri) { 50 } else { 10_000 };
const THREADS: u32 = 4;

#[derive(Clone, Copy, Debug, PartialEq, Default)]
#[repr(u8)]
enum Light {
    #[default]
    Red,
    Amber,
    Green,
}
// SAFETY: an enum with a primitive representation and no fields is one byte without padding.
unsafe impl NoUninit for Light {}

#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct Pair {
    left: u64,
    right: u64,
}
// SAFETY: two fields of one size and alignment in the order of C leave no padding.
unsafe impl NoUninit for Pair {}

/// Every operation that all types have; the three values differ.
fn works<T: NoUninit + PartialEq + std::fmt::Debug>(first: T, second: T, third: T) {
    let mut atomic = Atomic::new(first);
    assert_eq!(atomic.load(Acquire), first);
    atomic.store(second, Release);
    assert_eq!(atomic.swap(third, AcqRel), second);
    assert_eq!(atomic.compare_exchange(first, second, SeqCst, Relaxed), Err(third));
    assert_eq!(atomic.compare_exchange(third, second, SeqCst, Relaxed), Ok(third));
    while let Err(found) = atomic.compare_exchange_weak(second, first, AcqRel, Acquire) {
        assert_eq!(found, second);
    }
    assert_eq!(atomic.update(AcqRel, Acquire, |value| if value == first { third } else { second }), first);
    assert_eq!(atomic.try_update(AcqRel, Acquire, |_| None), Err(third));
    assert_eq!(atomic.try_update(AcqRel, Acquire, |value| (value == third).then_some(second)), Ok(third));
    assert_eq!(*atomic.get_mut(), second);
    *atomic.get_mut() = first;
    assert_eq!(format!("{atomic:?}"), format!("Atomic({first:?})"));
    assert_eq!(atomic.into_inner(), first);
}

#[test]
fn every_kind_of_type() {
    works(1_u8, 2, 3);
    works(-1_i16, 2, -3);
    works(1.5_f32, -2.5, f32::INFINITY);
    works(1.5_f64, -0.0, f64::MIN_POSITIVE);
    works('a', 'é', '\u{10FFFF}');
    works(Light::Red, Light::Amber, Light::Green);
    works([1_u8, 2, 3], [4, 5, 6], [7, 8, 9]);
    works([1_u8; 4], [2; 4], [3; 4]);
    works(1_u128, u128::MAX, 3);
    works(Pair { left: 1, right: 2 }, Pair { left: 1, right: 3 }, Pair { left: 0, right: 2 });
}

#[test]
fn booleans() {
    let flag = Atomic::new(false);
    assert!(!flag.fetch_or(true, AcqRel));
    assert!(flag.fetch_and(true, AcqRel));
    assert!(flag.fetch_xor(true, AcqRel));
    assert!(!flag.fetch_and(true, AcqRel));
    assert!(!flag.swap(true, AcqRel));
    assert_eq!(flag.compare_exchange(false, true, AcqRel, Acquire), Err(true));
    assert!(flag.into_inner());
}

#[test]
fn integers_wrap_and_return_the_previous_value() {
    macro_rules! integer {
        ($($type:ty)*) => {$({
            let atomic = Atomic::new(<$type>::MAX);
            assert_eq!(atomic.fetch_add(1, AcqRel), <$type>::MAX);
            assert_eq!(atomic.fetch_sub(1, AcqRel), <$type>::MIN);
            assert_eq!(atomic.fetch_and(0b1100, AcqRel), <$type>::MAX);
            assert_eq!(atomic.fetch_or(0b0011, AcqRel), 0b1100);
            assert_eq!(atomic.fetch_xor(0b0101, AcqRel), 0b1111);
            assert_eq!(atomic.fetch_max(0b1011, AcqRel), 0b1010);
            assert_eq!(atomic.fetch_max(1, AcqRel), 0b1011);
            assert_eq!(atomic.fetch_min(1, AcqRel), 0b1011);
            assert_eq!(atomic.fetch_min(2, AcqRel), 1);
            // The order is that of the type, and not of its bits.
            assert_eq!(atomic.fetch_min(<$type>::MIN, AcqRel), 1);
            assert_eq!(atomic.fetch_max(<$type>::MAX, AcqRel), <$type>::MIN);
            assert_eq!(atomic.load(Acquire), <$type>::MAX);
        })*};
    }
    integer!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize);
}

#[test]
fn comparing_is_of_bytes() {
    let float = Atomic::new(0.0_f64);
    assert_eq!(float.compare_exchange(-0.0, 1.0, AcqRel, Acquire), Err(0.0));
    float.store(f64::NAN, Relaxed);
    assert!(float.compare_exchange(f64::NAN, 1.0, AcqRel, Acquire).is_ok());
    assert_eq!(float.load(Relaxed), 1.0);
}

#[test]
fn what_has_a_lock_behind() {
    const { assert!(Atomic::<u8>::is_lock_free() && Atomic::<bool>::is_lock_free() && Atomic::<Light>::is_lock_free()) }
    assert!(Atomic::<u32>::is_lock_free() && Atomic::<f32>::is_lock_free() && Atomic::<char>::is_lock_free());
    assert_eq!(Atomic::<f64>::is_lock_free(), align_of::<f64>() == 8);
    assert!(!Atomic::<[u8; 4]>::is_lock_free(), "its alignment is 1");
    assert!(!Atomic::<[u8; 3]>::is_lock_free());
    assert!(!Atomic::<u128>::is_lock_free() && !Atomic::<Pair>::is_lock_free());
    assert_eq!(size_of::<Atomic<[u8; 3]>>(), 3, "the locks are elsewhere");
}

#[test]
fn the_small_promises() {
    static LIGHT: Atomic<Light> = Atomic::new(Light::Amber);
    assert_eq!(LIGHT.load(Relaxed), Light::Amber);
    assert_eq!(Atomic::<Light>::default().into_inner(), Light::Red);
    assert_eq!(Atomic::from(2.5).into_inner(), 2.5);
    fn shared<T: Send + Sync + RefUnwindSafe>(_: &T) {}
    shared(&LIGHT);
}

#[test]
fn a_panic_in_an_update_changes_nothing_and_holds_no_lock() {
    fn check<T: NoUninit + PartialEq + std::fmt::Debug>(first: T, second: T) {
        let atomic = Atomic::new(first);
        let panicked = catch_unwind(AssertUnwindSafe(|| atomic.update(AcqRel, Acquire, |_| panic!("injected"))));
        assert!(panicked.is_err());
        assert_eq!(atomic.swap(second, AcqRel), first);
    }
    check(1_u32, 2);
    check([1_u64; 3], [2; 3]);
}

#[test]
fn an_update_may_write_the_atomic_and_then_runs_again() {
    fn check<T: NoUninit + PartialEq + std::fmt::Debug>(first: T, second: T, third: T) {
        let atomic = Atomic::new(first);
        let old = atomic.update(AcqRel, Acquire, |value| {
            if value == first {
                atomic.store(second, Release);
            }
            third
        });
        assert_eq!((old, atomic.into_inner()), (second, third));
    }
    check('a', 'b', 'c');
    check([1_u64; 2], [2; 2], [3; 2]);
}

/// Runs `body` on several threads at once.
fn at_once(body: impl Fn(u32) + Sync) {
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let body = &body;
            scope.spawn(move || body(thread));
        }
    });
}

#[test]
fn many_threads_lose_no_update() {
    let (float, wide, pair) = (Atomic::new(0.0_f64), Atomic::new(0_u128), Atomic::new(Pair { left: 0, right: 9 }));
    let (sum, highest) = (Atomic::new(0_u32), Atomic::new(-1_i64));
    at_once(|thread| {
        for round in 0..ROUNDS {
            float.update(Relaxed, Relaxed, |value| value + 0.5);
            wide.fetch_add(1 << 70, Relaxed);
            let Pair { left, right } =
                pair.update(AcqRel, Acquire, |Pair { left, right }| Pair { left: left + 1, right: right + 1 });
            assert_eq!(left + 9, right, "parts of two values");
            sum.fetch_add(1, Relaxed);
            highest.fetch_max(i64::from(round * THREADS + thread), Relaxed);
        }
    });
    let total = THREADS * ROUNDS;
    assert_eq!(float.into_inner(), f64::from(total) / 2.0);
    assert_eq!(wide.into_inner(), u128::from(total) << 70);
    assert_eq!(pair.into_inner().left, u64::from(total));
    assert_eq!(sum.into_inner(), total);
    assert_eq!(highest.into_inner(), i64::from(total) - 1);
}

#[test]
fn one_thread_at_a_time_turns_the_light() {
    let light = Atomic::new(Light::Red);
    let mut turns = Atomic::new([0_u32; 3]);
    at_once(|_| {
        for _ in 0..ROUNDS {
            let next = |light| match light {
                Light::Red => Light::Green,
                Light::Green => Light::Amber,
                Light::Amber => Light::Red,
            };
            let old = light.update(AcqRel, Acquire, next);
            turns.update(Relaxed, Relaxed, |mut turns| {
                turns[old as usize] += 1;
                turns
            });
        }
    });
    let [red, amber, green] = *turns.get_mut();
    assert_eq!(red + amber + green, THREADS * ROUNDS);
    // Each colour follows the one before, so they differ by one at most, in this order.
    assert!(red >= green && green >= amber && red - amber <= 1, "{red} {green} {amber}");
}
