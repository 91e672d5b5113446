//! Memory comes back with the entries. Alone in its process, whose memory it looks at.
#![cfg(all(target_os = "linux", not(miri), not(polder_loom)))]
#![cfg(feature = "std")]

use foldhash::fast::FixedState;
use polder_collections::WordDict;

/// The memory that the process has in use.
fn resident_bytes() -> u64 {
    let statistics = std::fs::read_to_string("/proc/self/statm").expect("Linux has it");
    let pages: u64 =
        statistics.split(' ').nth(1).and_then(|field| field.parse().ok()).expect("the second is the number");
    pages * 4096
}

/// dashmap keeps all of it, scc and flurry gave it back too late: the memory of entries that are gone.
#[test]
fn scc_150_the_memory_of_removed_entries_comes_back() {
    const KEYS: u64 = 1_000_000;
    let words = WordDict::<u64, u64, _>::with_hasher(FixedState::default());
    let before = resident_bytes();
    for round in 0..2 {
        for key in 0..KEYS {
            words.insert(key, round);
        }
        let full = resident_bytes().saturating_sub(before);
        assert!(full >= KEYS * 16, "the entries take {full} bytes, so few that the measurement is wrong");
        for key in 0..KEYS {
            assert_eq!(words.remove(&key), Some(round));
        }
        words.shrink_to_fit();
        let empty = resident_bytes().saturating_sub(before);
        assert!(empty < full / 4, "of {full} bytes {empty} are left, in round {round}");
    }
}
