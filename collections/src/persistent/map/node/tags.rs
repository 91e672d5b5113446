//! Which of sixteen bytes are the one that is looked for.

/// Tags that are compared at once.
pub(super) const GROUP: usize = 16;

/// The positions where the tag stands, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Matches(u16);

impl Iterator for Matches {
    type Item = usize;

    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        if self.0 == 0 {
            return None;
        }
        let lowest = self.0.trailing_zeros() as usize;
        self.0 &= self.0 - 1;
        Some(lowest)
    }
}

/// Where the tag stands in the group.
#[inline(always)]
pub(super) fn find(group: &[u8; GROUP], tag: u8) -> Matches {
    #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
    // SAFETY: the feature is there: it is asked for above.
    let found = unsafe { vector(group, tag) };
    #[cfg(not(all(target_arch = "x86_64", target_feature = "sse2")))]
    let found = words(group, tag);
    Matches(found)
}

#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
#[target_feature(enable = "sse2")]
#[inline]
fn vector(group: &[u8; GROUP], tag: u8) -> u16 {
    use core::arch::x86_64::{__m128i, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_set1_epi8};

    // SAFETY: sixteen bytes are there and initialised, by the type; `loadu` asks for no alignment.
    let bytes = unsafe { _mm_loadu_si128(core::ptr::from_ref(group).cast::<__m128i>()) };
    // One bit a byte, sixteen of them.
    _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(tag.cast_signed()))) as u16
}

/// The same with ordinary words.
#[cfg(any(all(test, not(polder_loom)), not(all(target_arch = "x86_64", target_feature = "sse2"))))]
fn words(group: &[u8; GROUP], tag: u8) -> u16 {
    const LOW: u64 = 0x7F7F_7F7F_7F7F_7F7F;
    /// Brings the lowest bits of eight bytes together in the highest byte.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let half = |bytes: &[u8]| {
        let word = bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
        let differs = word ^ (u64::from(tag) * 0x0101_0101_0101_0101);
        // The highest bit of each byte that is zero; exact, as no carry leaves a byte.
        let zero = !((differs & LOW).wrapping_add(LOW) | differs | LOW);
        ((zero >> 7).wrapping_mul(GATHER) >> 56) as u16
    };
    half(&group[..8]) | half(&group[8..]) << 8
}

#[cfg(all(test, not(polder_loom)))]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_comparing_find_what_is_there() {
        let mut state = 1_u64;
        for _ in 0..if cfg!(miri) { 50 } else { 20_000 } {
            let group: [u8; GROUP] = core::array::from_fn(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                // Few values and their neighbours, on which a carry would show.
                [0, 1, 2, 0x7F, 0x80, 0x81, 0xFE, 0xFF][(state >> 61) as usize]
            });
            for tag in [0, 1, 2, 0x7F, 0x80, 0x81, 0xFE, 0xFF, 0x55] {
                let there = (0..GROUP).filter(|&i| group[i] == tag);
                assert_eq!(
                    find(&group, tag).collect::<Vec<_>>(),
                    there.clone().collect::<Vec<_>>(),
                    "{group:?}, {tag}"
                );
                assert_eq!(
                    Matches(words(&group, tag)).collect::<Vec<_>>(),
                    there.collect::<Vec<_>>(),
                    "{group:?}, {tag}"
                );
            }
        }
    }
}
