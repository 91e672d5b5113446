//! Numbers of which some are drawn much more often than others.
//!
//! To draw one takes longer than an update does, so they are drawn beforehand, into a ring that threads go round. It
//! is read in order, which costs next to nothing.

use std::cell::RefCell;
use std::rc::Rc;

use crate::rng::SplitMix;

/// Numbers in a ring: a power of two.
pub(super) const RING: usize = 1 << 20;

thread_local! {
    /// The ring that was drawn last: all contenders of a group go round the same one.
    static LAST: RefCell<Option<(u64, f64, Rc<[u32]>)>> = const { RefCell::new(None) };
}

/// A ring of numbers below `count`: number k is drawn in proportion to (k + 1) to the power of -`exponent`.
pub(super) fn ring(count: u64, exponent: f64) -> Rc<[u32]> {
    LAST.with_borrow_mut(|last| match last {
        Some((of, with, ring)) if *of == count && *with == exponent => Rc::clone(ring),
        _ => {
            let ring: Rc<[u32]> = draw(count, exponent, RING).into();
            *last = Some((count, exponent, Rc::clone(&ring)));
            ring
        }
    })
}

fn draw(count: u64, exponent: f64, numbers: usize) -> Vec<u32> {
    let mut total = 0.0;
    let up_to: Vec<f64> = (0..count)
        .map(|number| {
            total += ((number + 1) as f64).powf(-exponent);
            total
        })
        .collect();
    let mut choice = SplitMix::new(count);
    let unit = || choice.draw() as f64 / u64::MAX as f64 * total;
    std::iter::repeat_with(unit)
        .take(numbers)
        .map(|place| up_to.partition_point(|&sum| sum < place).min(up_to.len() - 1) as u32)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_drawn_as_often_as_they_should_be() {
        let (count, numbers) = (700, 400_000);
        let mut seen = vec![0u32; count as usize];
        for number in draw(count, 0.99, numbers) {
            seen[number as usize] += 1;
        }
        let weight = |number: u64| ((number + 1) as f64).powf(-0.99);
        let all: f64 = (0..count).map(weight).sum();
        for number in [0, 1, 9, 99] {
            let expected = numbers as f64 * weight(number) / all;
            let ratio = f64::from(seen[number as usize]) / expected;
            assert!((0.85..1.15).contains(&ratio), "{number}: {ratio}");
        }
        assert!(seen[0] > seen[9] && seen[9] > seen[99] && seen.iter().all(|&times| times > 0));
    }

    #[test]
    fn an_exponent_of_zero_is_even() {
        let mut seen = [0u32; 4];
        for number in draw(4, 0.0, 40_000) {
            seen[number as usize] += 1;
        }
        assert!(seen.iter().all(|times| times.abs_diff(10_000) < 500), "{seen:?}");
    }

    #[test]
    fn one_ring_is_drawn_once() {
        assert!(Rc::ptr_eq(&ring(10, 0.99), &ring(10, 0.99)));
        assert!(!Rc::ptr_eq(&ring(10, 0.99), &ring(11, 0.99)));
    }
}
