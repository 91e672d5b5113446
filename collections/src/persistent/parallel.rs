//! rayon: what is to be built is cut up for many threads.

use alloc::vec::Vec;

/// Into how many parts to cut so many items.
pub(super) fn parts(len: usize) -> usize {
    /// Fewer are not worth a thread of their own.
    const LEAST: usize = if cfg!(test) { 40 } else { 1024 };
    // More than there are threads, as one may be slower than another.
    (len / LEAST).clamp(1, 4 * rayon::current_num_threads())
}

/// Parts of these sizes, in order; the last one is what is left. O(n).
pub(super) fn cut<T>(mut items: Vec<T>, sizes: impl ExactSizeIterator<Item = usize>) -> Vec<Vec<T>> {
    let last = sizes.len().saturating_sub(1);
    let mut end = 0;
    let ends: Vec<usize> = sizes
        .take(last)
        .map(|size| {
            end += size;
            end
        })
        .collect();
    // From the back, so that each item is moved once.
    let mut parts: Vec<_> = ends.into_iter().rev().map(|end| items.split_off(end)).collect();
    parts.push(items);
    parts.reverse();
    parts
}

#[cfg(all(test, not(polder_loom)))]
mod tests {
    use super::cut;

    #[test]
    fn what_is_cut_up_stays_in_order() {
        let sizes = [3, 0, 5, 2];
        let parts = cut((0..10).collect(), sizes.into_iter());
        assert_eq!(parts.iter().map(Vec::len).collect::<Vec<_>>(), sizes);
        assert!(parts.into_iter().flatten().eq(0..10));
        assert_eq!(cut(vec![1, 2], [9].into_iter()), [[1, 2]]);
    }
}
