//! Medians, quartiles and bootstrap intervals.

use crate::rng::SplitMix;

/// Resamples of a bootstrap.
const RESAMPLES: usize = 10_000;

/// The quantile `at` (0 to 1) of values sorted in ascending order, interpolated between neighbours.
///
/// # Panics
///
/// When there is no value.
pub fn quantile(sorted: &[f64], at: f64) -> f64 {
    let place = at * (sorted.len() - 1) as f64;
    let below = place.floor() as usize;
    let above = place.ceil() as usize;
    sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64)
}

/// The middle half of some values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// The first quartile.
    pub q1: f64,
    /// The median.
    pub median: f64,
    /// The third quartile.
    pub q3: f64,
}

/// The quartiles of `values`, or `None` when there are none.
pub fn spread(values: &[f64]) -> Option<Spread> {
    let sorted = sorted(values)?;
    Some(Spread { q1: quantile(&sorted, 0.25), median: quantile(&sorted, 0.5), q3: quantile(&sorted, 0.75) })
}

/// The median of `values`, or `None` when there are none.
pub fn median(values: &[f64]) -> Option<f64> {
    sorted(values).map(|sorted| quantile(&sorted, 0.5))
}

fn sorted(values: &[f64]) -> Option<Vec<f64>> {
    if values.is_empty() {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    Some(sorted)
}

/// A median with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The median of the values themselves.
    pub median: f64,
    /// The upper end.
    pub high: f64,
}

/// The median of `values` and its 95 % percentile-bootstrap interval, or `None` when there are no values. The draws
/// are the same in every run.
pub fn bootstrap(values: &[f64]) -> Option<Interval> {
    let median_of_all = median(values)?;
    let mut rng = SplitMix::new(0xB007);
    let mut drawn = vec![0.0; values.len()];
    let mut medians = Vec::with_capacity(RESAMPLES);
    for _ in 0..RESAMPLES {
        drawn.fill_with(|| values[rng.below(values.len())]);
        drawn.sort_by(f64::total_cmp);
        medians.push(quantile(&drawn, 0.5));
    }
    medians.sort_by(f64::total_cmp);
    Some(Interval { low: quantile(&medians, 0.025), median: median_of_all, high: quantile(&medians, 0.975) })
}
