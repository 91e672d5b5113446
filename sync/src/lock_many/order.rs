//! Addresses in ascending order, each with the position that it came from, and duplicates among them.

use super::DuplicateLock;

/// The address of a lock, and its position in the call.
pub(super) type Place = (usize, usize);

/// The most that the network sorts. Larger arrays go to the sort of the standard library, which does not allocate either.
const WIDTH: usize = 8;

/// The positions of `addresses` in ascending order of address.
///
/// # Errors
///
/// If two addresses are equal.
#[inline]
pub(super) fn in_order<const N: usize>(addresses: [usize; N]) -> Result<[Place; N], DuplicateLock> {
    let mut position = 0..N;
    let mut places = addresses.map(|address| (address, position.next().unwrap_or(N)));
    if N <= WIDTH {
        network(&mut places);
    } else {
        places.sort_unstable();
    }
    distinct(&mut places)?;
    Ok(places)
}

/// Whether no two of the sorted `places` have one address; if two have, which.
#[inline]
pub(super) fn distinct(places: &mut [Place]) -> Result<(), DuplicateLock> {
    if places.windows(2).any(|pair| pair[0].0 == pair[1].0) { Err(duplicate(places)) } else { Ok(()) }
}

/// The duplicate whose second position is the smallest, among `places` that have one.
#[cold]
fn duplicate(places: &mut [Place]) -> DuplicateLock {
    // Equal addresses by position as well: the network does not see to that.
    places.sort_unstable();
    let pairs = places.windows(2).filter(|pair| pair[0].0 == pair[1].0);
    let (first, second) =
        pairs.map(|pair| (pair[0].1, pair[1].1)).min_by_key(|&(_, second)| second).expect("two addresses are equal");
    DuplicateLock { first, second }
}

/// Batcher's odd-even merge sort of eight, without the comparators that reach beyond `N`.
///
/// Those would find the larger value in its place already, if all beyond `N` were infinite. So the rest sorts `N`, in
/// 1, 3, 5, 9, 12, 16 and 19 comparisons for two to eight. Straight-line code: the conditions are constants.
#[inline]
fn network<const N: usize>(places: &mut [Place; N]) {
    macro_rules! exchange {
        ($($low:literal $high:literal),*) => {$(
            if $high < N {
                let (low, high) = (places[$low], places[$high]);
                let swap = high.0 < low.0;
                places[$low] = if swap { high } else { low };
                places[$high] = if swap { low } else { high };
            }
        )*};
    }
    exchange!(0 1, 2 3, 4 5, 6 7);
    exchange!(0 2, 1 3, 4 6, 5 7);
    exchange!(1 2, 5 6);
    exchange!(0 4, 1 5, 2 6, 3 7);
    exchange!(2 4, 3 5);
    exchange!(1 2, 3 4, 5 6);
}

#[cfg(all(test, not(polder_loom)))]
mod tests {
    use super::*;

    /// A network that sorts all sequences of zeros and ones sorts everything.
    fn sorts_zeros_and_ones<const N: usize>() {
        for bits in 0..1_usize << N {
            let mut places: [Place; N] = std::array::from_fn(|position| (bits >> position & 1, position));
            network(&mut places);
            assert!(places.is_sorted_by_key(|place| place.0), "{bits:b} of {N}");
            let mut positions = places.map(|place| place.1);
            positions.sort_unstable();
            assert_eq!(positions, std::array::from_fn(|position| position));
            assert!(
                places.iter().all(|&(bit, position)| bits >> position & 1 == bit),
                "keys stay with their positions"
            );
        }
    }

    #[test]
    fn the_network_sorts_up_to_eight() {
        sorts_zeros_and_ones::<0>();
        sorts_zeros_and_ones::<1>();
        sorts_zeros_and_ones::<2>();
        sorts_zeros_and_ones::<3>();
        sorts_zeros_and_ones::<4>();
        sorts_zeros_and_ones::<5>();
        sorts_zeros_and_ones::<6>();
        // As much again, twice, of what is safe code.
        if !cfg!(miri) {
            sorts_zeros_and_ones::<7>();
            sorts_zeros_and_ones::<8>();
        }
    }

    #[test]
    fn positions_come_in_the_order_of_addresses() {
        assert_eq!(in_order([30, 10, 20]), Ok([(10, 1), (20, 2), (30, 0)]));
        let many: [usize; 12] = std::array::from_fn(|position| 7 * position % 12);
        assert_eq!(in_order(many).map(|places| places.map(|place| many[place.1])), Ok(std::array::from_fn(|n| n)));
    }

    #[test]
    fn the_duplicate_that_ends_first_is_named() {
        assert_eq!(in_order([5, 5]), Err(DuplicateLock { first: 0, second: 1 }));
        assert_eq!(in_order([1, 9, 9, 9, 1]), Err(DuplicateLock { first: 1, second: 2 }));
        assert_eq!(in_order([9, 1, 1, 2, 9]), Err(DuplicateLock { first: 1, second: 2 }));
        assert_eq!(in_order([1, 3, 3, 1, 2, 1, 2, 2]), Err(DuplicateLock { first: 1, second: 2 }));
    }
}
