//! The arithmetic: medians, intervals, generators, clean windows.

use polder_bench::rng;
use polder_bench::stats::{self, Spread};
use polder_bench::window::{self, Batch, ENOUGH, WINDOW};

#[test]
fn quartiles_interpolate() {
    assert_eq!(stats::spread(&[4.0, 1.0, 3.0, 2.0]), Some(Spread { q1: 1.75, median: 2.5, q3: 3.25 }));
    assert_eq!(stats::spread(&[7.0]), Some(Spread { q1: 7.0, median: 7.0, q3: 7.0 }));
    assert_eq!(stats::spread(&[]), None);
    assert_eq!(stats::median(&[9.0, 1.0, 5.0]), Some(5.0));
}

#[test]
fn a_bootstrap_of_equal_values_has_no_width() {
    let interval = stats::bootstrap(&[2.0; 15]).expect("there are values");
    assert_eq!((interval.low, interval.median, interval.high), (2.0, 2.0, 2.0));
    assert_eq!(stats::bootstrap(&[]), None);
}

#[test]
fn a_bootstrap_covers_what_the_binomial_says() {
    // The median of 15 distinct values: the exact 95 % interval by order statistics is the 4th to the 12th. The
    // percentile bootstrap comes out within one place of it.
    let values: Vec<f64> = (1..=15).map(f64::from).collect();
    let interval = stats::bootstrap(&values).expect("there are values");
    assert_eq!(interval.median, 8.0);
    assert!((3.0..=5.0).contains(&interval.low), "{interval:?}");
    assert!((11.0..=13.0).contains(&interval.high), "{interval:?}");
    assert_eq!(stats::bootstrap(&values), Some(interval), "the draws are the same each time");
}

#[test]
fn a_jump_lands_where_steps_lead() {
    for count in [0, 1, 2, 3, 10, 63, 64, 1000, 12_345] {
        assert_eq!(rng::jump(0xFACE, count), rng::steps(0xFACE, count as u32), "{count} steps");
    }
    assert_ne!(rng::jump(1, 1_000_000_007), rng::jump(1, 1_000_000_008));
}

/// Batches of 10 operations every 5 µs, from `from` to `to`, in µs.
fn batches(from: u64, to: u64) -> Vec<Batch> {
    (from..to).step_by(5).map(|us| Batch { end: us * 1000, operations: 10 }).collect()
}

#[track_caller]
fn near(rate: Option<f64>, expected: f64) {
    assert!(rate.is_some_and(|rate| (rate / expected - 1.0).abs() < 1e-9), "{rate:?} is not {expected}");
}

#[test]
fn a_batch_counts_in_both_windows_for_its_parts() {
    // Batches of 30 µs do not divide a window: whole ones would make windows of 6 and 7 of them.
    let long = (0..400).map(|at| Batch { end: at * 30_000, operations: 60 }).collect();
    near(window::rate(&[long]).per_second, 2e6);
}

#[test]
fn clean_threads_have_their_rate() {
    let rate = window::rate(&[batches(0, 10_001), batches(2, 10_001)]);
    // 10 operations in 5 µs are 2 M/s a thread.
    near(rate.per_second, 4e6);
    assert_eq!((rate.clean, rate.windows), (49, 49));
}

#[test]
fn a_gap_strikes_the_windows_it_touches() {
    // One thread is away from 1 ms to 3 ms.
    let mut away = batches(0, 10_001);
    away.retain(|batch| !(1_000_000..3_000_000).contains(&batch.end));
    let rate = window::rate(&[away, batches(0, 10_001)]);
    // The gap runs from 995 µs to 3000 µs: windows 4 to 15 of 50.
    assert_eq!((rate.clean, rate.windows), (38, 50));
    near(rate.per_second, 4e6);
}

#[test]
fn a_gap_shorter_than_the_limit_is_none() {
    let mut short = batches(0, 10_001);
    short.retain(|batch| !(1_000_000..1_040_000).contains(&batch.end));
    assert_eq!(window::rate(&[short, batches(0, 10_001)]).clean, 50);
}

#[test]
fn few_clean_windows_are_no_result() {
    let enough = ENOUGH as u64 * WINDOW / 1000 + 5;
    assert!(window::rate(&[batches(0, enough)]).per_second.is_some());
    let rate = window::rate(&[batches(0, enough - 10)]);
    assert_eq!((rate.per_second, rate.clean), (None, ENOUGH - 1));
}

#[test]
fn threads_that_never_ran_together_have_no_rate() {
    let rate = window::rate(&[batches(0, 5_000), batches(5_000, 10_000)]);
    assert_eq!((rate.per_second, rate.clean), (None, 0));
    assert_eq!(window::rate(&[batches(0, 10_000), Vec::new()]).per_second, None);
    assert_eq!(window::rate(&[]).per_second, None);
}

#[test]
fn turns_of_a_time_slice_are_not_clean() {
    // Two threads that take turns of 1 ms on one core: both worked all the time, never at once.
    let turns = |odd: u64| {
        let mut turns = batches(0, 20_000);
        turns.retain(|batch| batch.end / 1_000_000 % 2 == odd);
        turns
    };
    let rate = window::rate(&[turns(0), turns(1)]);
    assert_eq!((rate.per_second, rate.clean), (None, 0));
}
