//! What the engine does when foreign code fails, and with memory, without other threads.

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
};

use super::{Hashed, Options, Table, WordBin};

fn table() -> Table<WordBin> {
    Table::new(Options { bins: 2, grows: true, huge_pages: false })
}

fn put(table: &Table<WordBin>, key: u64, hash_of: impl Fn((u64, u64)) -> Hashed) {
    let hash = Hashed::new(key);
    let mut claim = table.claim(hash);
    let crowding = claim.insert(hash.tag(), (key, key));
    drop(claim);
    table.count(1);
    table.grow_sometimes(hash, crowding, hash_of);
}

/// Bins that could not be split off do not keep the table from becoming small again.
#[test]
fn a_table_shrinks_after_splits_that_failed() {
    let table = table();
    let fails = Cell::new(true);
    let hash_of = |(key, _)| {
        assert!(!fails.get(), "no hash");
        Hashed::new(key)
    };
    let mut failures = 0;
    for key in 0..100 {
        failures += usize::from(catch_unwind(AssertUnwindSafe(|| put(&table, key, hash_of))).is_err());
    }
    assert!(failures > 2 && table.bin_count() > 4, "{failures} splits failed");
    for key in 0..100 {
        let found = table.find(Hashed::new(key), |(other, _)| other == key);
        assert_eq!(found, Some((key, key)), "nothing is lost");
    }
    fails.set(false);
    for key in 0..100 {
        let mut claim = table.claim(Hashed::new(key));
        let (place, _) = claim.find(Hashed::new(key), |(other, _)| other == key).expect("put in above");
        let left = claim.remove(place);
        drop(claim);
        table.count(-1);
        table.shrink_sometimes(Hashed::new(key), left);
    }
    table.shrink_to(0);
    assert_eq!(table.bin_count(), 2);
}

/// A bin whose memory was given back begins with another version.
#[test]
fn a_table_that_shrank_grows_again() {
    let many = if cfg!(miri) { 200 } else { 40_000 };
    let table = table();
    for _ in 0..2 {
        for key in 0..many {
            put(&table, key, |(key, _)| Hashed::new(key));
        }
        let grown = table.bin_count();
        assert!(grown > many / 14, "{grown} bins");
        for key in 0..many {
            let mut claim = table.claim(Hashed::new(key));
            let (place, item) = claim.find(Hashed::new(key), |(other, _)| other == key).expect("put in above");
            assert_eq!(item, (key, key));
            let left = claim.remove(place);
            drop(claim);
            table.count(-1);
            table.shrink_sometimes(Hashed::new(key), left);
        }
        table.shrink_to(0);
        assert_eq!((table.bin_count(), table.len()), (2, 0));
    }
}
