//! Bins whose memory is new, or given back while somebody is still led to them.
//!
//! Orderings: the engine's own; the models store numbers before any other thread runs.

use std::sync::atomic::Ordering::Relaxed;

use super::{Bin, Claim, Entries, WordBin, Words, key, model, spawn, spread, table};

/// In bin 2, the first that can be given back.
const MOVES: u64 = key(2, 2);

/// What was a value is a zero then.
#[test]
fn what_was_given_back_is_not_found() {
    model(2, || {
        let table = table(2);
        table.put(key(1, 0), 1);
        table.split();
        table.put(MOVES, 1);
        let reader = spawn(&table, |table: &Words| table.get(MOVES));
        assert!(table.merge());
        assert_eq!(reader.join().unwrap(), Some(1));
    });
}

/// What was a pointer is null then, and looked at by nobody.
#[test]
fn no_entry_is_looked_for_in_what_was_given_back() {
    model(2, || {
        let table = table(2);
        table.put(key(1, 0), 1);
        table.split();
        table.put(MOVES, 1);
        let reader = spawn(&table, |table: &Entries| table.get(MOVES));
        assert!(table.merge());
        assert_eq!(reader.join().unwrap(), Some(MOVES));
    });
}

/// A bin that comes again has another version than it had, so that who has read the one does not take what it reads now for that.
#[test]
fn a_bin_that_comes_again_is_another() {
    model(0, || {
        let table = table::<WordBin>(2);
        table.put(key(1, 0), 1);
        let mut versions = Vec::new();
        for _ in 0..3 {
            table.split();
            table.put(MOVES, 1);
            versions.push(table.bin(2).state().version());
            assert!(table.merge());
            assert!(!table.bin(2).state().is_used());
            table.take(MOVES);
        }
        versions.sort_unstable();
        versions.dedup();
        assert_eq!(versions.len(), 3);
    });
}

/// Who has locked a bin by an old hint has it to itself, even if its memory is given back and it is split off again.
#[test]
fn a_lock_is_one_writers() {
    model(2, || {
        let table = table(2);
        table.put(key(1, 0), 1);
        table.split();
        let late = spawn(&table, |table: &Words| drop(Claim::of(table, 2, table.bin(2))));
        assert!(table.merge());
        table.split();
        let claim = table.claim(spread(MOVES));
        assert!(table.bin(2).state().is_locked(), "unlocked by somebody else");
        drop(claim);
        late.join().unwrap();
    });
}

/// The first bins of all.
#[test]
fn who_is_led_to_a_bin_has_its_memory() {
    model(3, || {
        let table = table(0);
        let reader = spawn(&table, |table: &Words| table.get(key(1, 0)));
        table.put(key(1, 0), 1);
        assert!(matches!(reader.join().unwrap(), None | Some(1)));
    });
}

/// One more.
#[test]
fn who_counts_bins_has_their_memory() {
    model(3, || {
        let table = table(2);
        let reader = spawn(&table, |table: &Words| {
            let end = table.end();
            assert!((0..end).all(|index| table.bin(index).header().tags().count() == 0));
            end
        });
        assert!(table.split());
        assert!(matches!(reader.join().unwrap(), 2 | 3));
    });
}

/// As many as there were when others were given back.
#[test]
fn who_counts_what_is_left_has_its_memory() {
    model(2, || {
        let table = table(2);
        let reader = spawn(&table, |table: &Words| {
            (0..table.end()).map(|index| table.bin(index).header().tags().count()).sum::<usize>()
        });
        assert!(table.split() && table.split() && table.split());
        assert!(table.merge());
        assert_eq!((table.end(), reader.join().unwrap()), (4, 0));
    });
}

/// Bins that were there from the beginning, and of which none has a level written: a zero means an empty bin, until it is given back.
#[test]
fn a_bin_that_was_given_back_is_not_an_empty_one() {
    model(2, || {
        let table = table(4);
        table.floor.store(2, Relaxed);
        table.put(MOVES, 1);
        let reader = spawn(&table, |table: &Words| table.get(MOVES));
        assert!(table.merge() && table.merge());
        assert_eq!(reader.join().unwrap(), Some(1));
        assert_eq!(table.get(MOVES), Some(1));
    });
}
