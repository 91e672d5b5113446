//! What does not fit into a bin: spills that are linked, unlinked and used again.
//!
//! Orderings: the engine's own; the models store numbers before any other thread runs.

use std::sync::atomic::Ordering::Release;

use super::{super::table::Hint, Words, key, model, spawn, table};

/// In the bin, which it fills together with others.
const INSIDE: u64 = key(11, 0);
/// Outside.
const OUTSIDE: u64 = key(9, 2);

/// Bin 0 is full, and `OUTSIDE` spilled.
fn crowded() -> loom::sync::Arc<Words> {
    let table = table(2);
    table.fill(INSIDE >> 32, 0);
    table.put(OUTSIDE, 1);
    table
}

#[test]
fn who_spills_is_found() {
    model(3, || {
        let table = table(2);
        table.fill(INSIDE >> 32, 0);
        let reader = spawn(&table, |table: &Words| (table.get(OUTSIDE), table.get(OUTSIDE)));
        table.put(OUTSIDE, 1);
        match reader.join().unwrap() {
            (None, None | Some(1)) | (Some(1), Some(1)) => {}
            outcome => panic!("found, then missed: {outcome:?}"),
        }
    });
}

/// A removal from the bin brings it in, and it is found in the one or the other place.
#[test]
fn who_comes_in_is_found() {
    model(2, || {
        let table = crowded();
        let reader = spawn(&table, |table: &Words| table.get(OUTSIDE));
        table.take(INSIDE);
        assert_eq!(reader.join().unwrap(), Some(1));
    });
}

/// The same with a bin that is split.
#[test]
fn who_moves_from_outside_is_found() {
    model(3, || {
        let table = crowded();
        let reader = spawn(&table, |table: &Words| table.get(OUTSIDE));
        assert!(table.split());
        assert_eq!(reader.join().unwrap(), Some(1));
    });
}

/// A spill that is given back is another bin's at once.
#[test]
fn nothing_is_found_in_the_spill_of_another_bin() {
    model(3, || {
        let table = crowded();
        table.fill(INSIDE >> 32, 1);
        // The same tag, and the same word but for the bin.
        let other = key(9, 1);
        let reader = spawn(&table, |table: &Words| table.get(OUTSIDE));
        table.take(OUTSIDE);
        table.put(other, 7);
        let seen = reader.join().unwrap();
        assert!(matches!(seen, None | Some(1)), "{seen:?}");
        assert_eq!(table.get(other), Some(7));
    });
}

/// Two bins spill at the same time: each into a spill of its own.
#[test]
fn two_bins_take_two_spills() {
    model(3, || {
        let table = table(2);
        table.fill(INSIDE >> 32, 0);
        table.fill(INSIDE >> 32, 1);
        let other = spawn(&table, |table: &Words| table.put(key(3, 1), 3));
        table.put(key(3, 0), 2);
        other.join().unwrap();
        assert_eq!((table.get(key(3, 0)), table.get(key(3, 1))), (Some(2), Some(3)));
        assert_eq!(table.all().len(), 16);
    });
}

/// One bin gives a spill back while another one takes one.
#[test]
fn a_spill_goes_from_bin_to_bin() {
    model(3, || {
        let table = crowded();
        table.fill(INSIDE >> 32, 1);
        let other = spawn(&table, |table: &Words| table.put(key(3, 1), 3));
        assert_eq!(table.take(OUTSIDE), Some(1));
        other.join().unwrap();
        table.put(key(4, 0), 4);
        assert_eq!((table.get(key(3, 1)), table.get(key(4, 0)), table.get(OUTSIDE)), (Some(3), Some(4), None));
    });
}

/// A hint may lead to a bin that is only just being split off, of which an entry goes outside: its state from before the split, and its
/// header from after it, must not be taken for an answer.
#[test]
fn who_is_outside_of_a_new_bin_is_found() {
    model(2, || {
        let table = table(2);
        // Eight for the bin to come, one more than it has room for.
        (0..8).for_each(|number| assert_eq!(table.put(key(11 + number, 2), number), None));
        table.bins.reserve(2);
        table.hint.store(Hint(0).with_count(3).0, Release);
        let reader = spawn(&table, |table: &Words| table.get(key(18, 2)));
        assert!(table.split());
        assert_eq!(reader.join().unwrap(), Some(7));
    });
}

/// A merge takes an entry out of a bin and puts it outside of the other one, which has others there.
#[test]
fn who_is_merged_outside_is_found() {
    const MERGED: u64 = key(9, 3);
    model(2, || {
        let table = table(3);
        table.fill(INSIDE >> 32, 1);
        // One spill full, of which one entry has a tag like that of the one to come.
        for tag in [25, 18, 20] {
            table.put(key(tag, 1), 0);
        }
        assert!(table.split());
        table.put(MERGED, 1);
        let reader = spawn(&table, |table: &Words| table.get(MERGED));
        assert!(table.merge());
        assert_eq!(reader.join().unwrap(), Some(1));
    });
}
