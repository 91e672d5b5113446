//! What [`Segments`] promises, in one thread and in several. The orderings are the business of `models`.

use std::{
    sync::{
        Barrier,
        atomic::{AtomicU8, AtomicU64, Ordering::Relaxed},
    },
    thread,
};

use super::{Segments, Zeroed, block};

// SAFETY: an atomic number, for which zero is nothing special.
unsafe impl Zeroed for AtomicU64 {}

/// An element of two cache lines.
#[repr(align(128))]
struct Line([AtomicU64; 16]);

// SAFETY: atomic integers, which are valid as zeros and need no drop.
unsafe impl Zeroed for Line {}

impl Line {
    fn set(&self, value: u64) {
        self.0.iter().for_each(|word| word.store(value, Relaxed));
    }

    fn is(&self, value: u64) -> bool {
        self.0.iter().all(|word| word.load(Relaxed) == value)
    }
}

/// An element whose segments are as long as no page.
struct Odd(#[expect(dead_code, reason = "only its size counts")] [AtomicU64; 3]);

// SAFETY: atomic integers, which are valid as zeros and need no drop.
unsafe impl Zeroed for Odd {}

/// An element after it has been reserved.
fn reserved<T: Zeroed>(segments: &Segments<T>, index: usize) -> &T {
    segments.reserve(index);
    // SAFETY: reserved by this thread just now.
    unsafe { segments.get(index) }
}

const MIB: usize = 1 << 20;
/// The elements of a mebibyte.
const LINES: usize = MIB / size_of::<Line>();
/// The number of elements in the tests that walk over all of them.
const MANY: usize = if cfg!(miri) { 1 << 8 } else { 1 << 14 };

#[test]
fn every_index_has_an_element_of_its_own_that_stays() {
    for first_log in [1, 2, 5] {
        let segments = Segments::<AtomicU64>::new(first_log, false);
        let addresses: Vec<_> = (0..MANY)
            .map(|index| {
                let element = reserved(&segments, index);
                assert_eq!(element.swap(index as u64 + 1, Relaxed), 0, "{index} is new and zero");
                element as *const _
            })
            .collect();
        for (index, &address) in addresses.iter().enumerate() {
            let element = reserved(&segments, index);
            assert_eq!(element.load(Relaxed), index as u64 + 1, "{index} is shared with another");
            assert!(std::ptr::eq(element, address), "{index} has moved");
        }
        assert_eq!(segments.reserved_bytes(), MANY * 8, "first segment 2^{first_log}");
    }
}

#[test]
fn segments_come_singly_and_whole() {
    let segments = Segments::<AtomicU64>::new(2, false);
    assert_eq!(segments.reserved_bytes(), 0);
    let exist = || (0..40).filter(|&index| segments.try_get(index).is_some()).collect::<Vec<_>>();
    assert_eq!(exist(), []);
    segments.reserve(9);
    assert_eq!(exist(), Vec::from_iter(8..16));
    segments.reserve(3);
    assert_eq!(exist(), Vec::from_iter((0..4).chain(8..16)));
    segments.reserve(8);
    segments.reserve(0);
    assert_eq!(segments.reserved_bytes(), 12 * 8, "nothing is reserved twice");
    assert!(segments.try_get(usize::MAX).is_none());
}

#[test]
fn elements_of_a_segment_are_neighbours() {
    let segments = Segments::<Odd>::new(3, false);
    for index in (0..MANY).filter(|&index| index != 0 && (index < 8 || !index.is_power_of_two())) {
        let (before, here) = (reserved(&segments, index - 1) as *const Odd, reserved(&segments, index) as *const Odd);
        assert_eq!(before.wrapping_add(1), here);
    }
}

#[test]
fn segments_are_aligned_to_pairs_of_lines() {
    for huge_pages in [false, true] {
        let segments = Segments::<AtomicU64>::new(1, huge_pages);
        for log in 0..if cfg!(miri) { 10 } else { 24 } {
            let first = reserved(&segments, if log == 0 { 0 } else { 1 << log });
            let alignment = if huge_pages && 8 << log >= 4 * MIB && cfg!(unix) { 2 * MIB } else { block::ALIGN };
            assert_eq!((first as *const AtomicU64).addr() % alignment, 0, "segment of 2^{log}, {huge_pages}");
        }
    }
}

#[test]
fn who_races_for_a_segment_gets_the_same() {
    const THREADS: usize = 4;
    let rounds = if cfg!(miri) { 3 } else { 200 };
    for _ in 0..rounds {
        let (segments, start) = (Segments::<AtomicU64>::new(1, false), Barrier::new(THREADS));
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    start.wait();
                    (0..200).for_each(|index| {
                        reserved(&segments, index).fetch_add(1, Relaxed);
                    });
                });
            }
        });
        assert!((0..200).all(|index| reserved(&segments, index).load(Relaxed) == THREADS as u64));
        assert_eq!(segments.reserved_bytes(), 256 * 8);
    }
}

#[test]
fn what_is_zero_is_zero_after_its_release() {
    for huge_pages in [false, true] {
        let segments = Segments::<Line>::new(2, huge_pages);
        let count = if cfg!(miri) { 1 << 6 } else { 16 * LINES };
        // Neither end of the range at the end of a page, and segments of every kind within.
        let (from, to) = (3, count - 3);
        for index in 0..count {
            reserved(&segments, index).set(if (from..to).contains(&index) { 0 } else { 7 });
        }
        // SAFETY: the range has been set to zero, and nobody else has the array.
        let bytes = unsafe { segments.release(from, to) };
        assert!(bytes <= (to - from) * size_of::<Line>());
        for index in 0..count {
            let expected = if (from..to).contains(&index) { 0 } else { 7 };
            assert!(reserved(&segments, index).is(expected), "element {index}, huge pages {huge_pages}");
            reserved(&segments, index).set(index as u64);
        }
        assert!((0..count).all(|index| reserved(&segments, index).is(index as u64)));
    }
}

#[test]
fn what_does_not_exist_is_not_released() {
    let segments = Segments::<Line>::new(2, false);
    // SAFETY: no element exists.
    assert_eq!(unsafe { segments.release(0, usize::MAX) }, 0);
    let last = reserved(&segments, 4 * LINES - 1);
    // SAFETY: nothing but zeros.
    let released = unsafe { segments.release(0, usize::MAX) };
    let all = 2 * MIB;
    assert_eq!(segments.reserved_bytes(), 2 * LINES * size_of::<Line>());
    assert_eq!(released, if gives_back() { all } else { 0 });
    // SAFETY: an empty range.
    assert_eq!(unsafe { segments.release(3 * LINES, 3 * LINES) }, 0);
    // SAFETY: as before, an end in front of the beginning.
    assert_eq!(unsafe { segments.release(4 * LINES, 2 * LINES) }, 0);
    assert!(last.is(0));
}

#[test]
fn huge_pages_are_released_whole() {
    let segments = Segments::<Line>::new(2, true);
    segments.reserve(8 * LINES);
    assert_eq!(segments.reserved_bytes(), 8 * MIB);
    // SAFETY: nothing but zeros.
    let release = |from, to| unsafe { segments.release(from, to) };
    let expected = |bytes| if gives_back() { bytes } else { 0 };
    // The segment begins at 8 MiB of elements.
    assert_eq!(release(8 * LINES, 10 * LINES - 1), 0);
    assert_eq!(release(8 * LINES + 1, 12 * LINES - 1), 0);
    assert_eq!(release(8 * LINES, 10 * LINES), expected(2 * MIB));
    assert_eq!(release(8 * LINES + 1, 14 * LINES + 1), expected(4 * MIB));
}

#[test]
#[should_panic(expected = "capacity overflow")]
fn an_index_may_be_too_large() {
    Segments::<AtomicU8Pair>::new(2, false).reserve(usize::MAX);
}

#[test]
#[should_panic(expected = "capacity overflow")]
fn a_segment_may_be_too_large() {
    struct Large(#[expect(dead_code, reason = "only its size counts")] [AtomicU64; 1 << (usize::BITS / 2 - 4)]);
    // SAFETY: atomic integers, which are valid as zeros and need no drop.
    unsafe impl Zeroed for Large {}
    // The last slot that there is.
    Segments::<Large>::new(2, false).reserve(1 << (super::SLOTS - 1));
}

#[test]
#[should_panic(expected = "capacity overflow")]
fn the_first_segment_may_be_too_large() {
    Segments::<AtomicU64>::new(usize::BITS, false);
}

#[test]
#[should_panic(expected = "two elements")]
fn the_first_segment_may_be_too_small() {
    Segments::<AtomicU64>::new(0, false);
}

/// An element as small as one may be.
#[repr(align(2))]
struct AtomicU8Pair(#[expect(dead_code, reason = "only its size counts")] [AtomicU8; 2]);

// SAFETY: atomic integers, which are valid as zeros and need no drop.
unsafe impl Zeroed for AtomicU8Pair {}

/// Whether the system takes pages back.
fn gives_back() -> bool {
    cfg!(any(target_os = "linux", target_os = "android", target_os = "macos")) && !cfg!(miri)
}

/// What only Linux tells.
#[cfg(all(target_os = "linux", not(miri)))]
mod resident {
    use super::{LINES, Line, MIB, Relaxed, Segments, reserved};

    const ALL: usize = 64 * MIB;

    /// The bytes of the 64 MiB from this element that are in memory; none if they are not mapped.
    fn bytes(first: *const Line) -> Option<usize> {
        // SAFETY: a question about a constant.
        let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;
        let mut seen = vec![0; ALL / page];
        // SAFETY: the vector has a byte for each page; the addresses are looked up and not followed.
        let result = unsafe { libc::mincore(first.cast_mut().cast(), ALL, seen.as_mut_ptr()) };
        (result == 0).then(|| seen.iter().filter(|&byte| byte & 1 == 1).count() * page)
    }

    #[test]
    fn memory_comes_when_touched_and_goes_when_released() {
        for huge_pages in [false, true] {
            let segments = Segments::<Line>::new(2, huge_pages);
            let (from, to) = (64 * LINES, 128 * LINES);
            let touch = |value| (from..to).for_each(|index| reserved(&segments, index).0[0].store(value, Relaxed));
            let first = reserved(&segments, from);
            assert_eq!(bytes(first), Some(0), "to reserve touches nothing");
            touch(1);
            touch(0);
            // The system may have taken some of it out of memory meanwhile, but not most.
            assert!(bytes(first) > Some(ALL / 2));
            // SAFETY: all are zero, and nobody else has the array.
            assert_eq!(unsafe { segments.release(from + 16 * LINES, to) }, 48 * MIB);
            // One huge page at the edge may be put together again.
            assert!((1..=18 * MIB).contains(&bytes(first).unwrap()), "huge pages {huge_pages}");
            // SAFETY: as above: all are zero, and nobody else has the array.
            assert_eq!(unsafe { segments.release(0, to) }, ALL);
            assert_eq!(bytes(first), Some(0), "huge pages {huge_pages}");
        }
    }

    #[test]
    fn a_dropped_array_leaves_no_mapping() {
        // Another thread's mapping may come to lie where ours was, but not each time.
        let gone = (0..100).any(|round| {
            let segments = Segments::<Line>::new(2, round % 2 == 0);
            let first: *const Line = reserved(&segments, 64 * LINES);
            assert_eq!(bytes(first), Some(0));
            drop(segments);
            bytes(first).is_none()
        });
        assert!(gone);
    }
}
