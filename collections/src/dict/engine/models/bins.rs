//! One bin: insertions, removals, updates, and lookups while slots are used again.

use std::sync::atomic::Ordering::{Acquire, Release};

use loom::sync::Arc;

use super::{Bin, Entries, EntryBin, Modelled, Words, key, model, spawn, spread, table};
use crate::primitive::AtomicU64;

const A: u64 = key(1, 0);
const OTHER: u64 = key(2, 0);
/// Of the same tag as `A`, in the same bin.
const TWIN: u64 = key(1, 2);

#[test]
fn one_of_two_insertions_of_a_key_is_the_first() {
    model(3, || {
        let table = table(2);
        let other = spawn(&table, |table: &Words| table.put(A, 1));
        let mine = table.put(A, 2);
        let other = other.join().unwrap();
        match (mine, other) {
            (None, Some(2)) => assert_eq!(table.get(A), Some(1)),
            (Some(1), None) => assert_eq!(table.get(A), Some(2)),
            outcome => panic!("both were first, or neither: {outcome:?}"),
        }
        assert_eq!(table.all().len(), 1);
    });
}

#[test]
fn insertions_of_two_keys_both_stay() {
    model(3, || {
        let table = table(2);
        let other = spawn(&table, |table: &Words| (table.put(A, 1), table.get(A)));
        assert_eq!((table.put(OTHER, 2), table.get(OTHER)), (None, Some(2)));
        assert_eq!(other.join().unwrap(), (None, Some(1)));
        assert_eq!((table.get(A), table.get(OTHER)), (Some(1), Some(2)));
    });
}

#[test]
fn a_removal_and_an_insertion_have_an_order() {
    model(3, || {
        let table = table(2);
        table.put(A, 1);
        let remover = spawn(&table, |table: &Words| table.take(A));
        let replaced = table.put(A, 2);
        match (replaced, remover.join().unwrap()) {
            (Some(1), Some(2)) => assert_eq!(table.get(A), None),
            (None, Some(1)) => assert_eq!(table.get(A), Some(2)),
            outcome => panic!("no order explains {outcome:?}"),
        }
    });
}

/// A key comes with its value, and with what its thread did before.
#[test]
fn what_is_found_is_whole() {
    model(3, || {
        let table = table(2);
        table.put(OTHER, 7);
        let reader = spawn(&table, |table: &Words| {
            let first = table.get(A);
            // What was there before `A` came is no older than that.
            (first, first.map(|_| table.get(OTHER)))
        });
        table.put(OTHER, 8);
        table.put(A, 1);
        match reader.join().unwrap() {
            (None, None) | (Some(1), Some(Some(8))) => {}
            outcome => panic!("a key without its value: {outcome:?}"),
        }
    });
}

/// What is read of a value comes with what its writer did before.
#[test]
fn an_updated_value_is_passed_on() {
    model(3, || {
        let table = table(2);
        table.put(A, 1);
        table.put(key(3, 1), 1);
        let reader = spawn(&table, |table: &Words| {
            let first = table.get(A);
            (first, table.get(key(3, 1)))
        });
        table.put(key(3, 1), 2);
        table.put(A, 2);
        match reader.join().unwrap() {
            (Some(1), Some(1 | 2)) | (Some(2), Some(2)) => {}
            outcome => panic!("a value without what came before: {outcome:?}"),
        }
    });
}

/// The slot of a removed key is used again for another key, of the same tag.
#[test]
fn no_key_is_found_with_the_value_of_another() {
    for (wanted, value) in [(A, 1), (TWIN, 10)] {
        model(3, move || {
            let table = table(2);
            table.put(A, 1);
            let reader = spawn(&table, move |table: &Words| table.get(wanted));
            assert_eq!(table.take(A), Some(1));
            table.put(TWIN, 10);
            let seen = reader.join().unwrap();
            assert!(seen.is_none_or(|seen| seen == value), "a value that was never the key's: {seen:?}");
        });
    }
}

/// The same with the key itself coming back: who knows of its new value does not find the old one, nor none.
#[test]
fn a_key_that_comes_back_has_its_new_value() {
    model(2, || {
        let table = table(2);
        table.put(A, 1);
        let told = Arc::new(AtomicU64::new(0));
        let reader = spawn(&table, {
            let told = Arc::clone(&told);
            move |table: &Words| (told.load(Acquire), table.get(A))
        });
        table.take(A);
        table.put(A, 2);
        told.store(1, Release);
        match reader.join().unwrap() {
            (0, None | Some(1 | 2)) | (1, Some(2)) => {}
            outcome => panic!("back in time: {outcome:?}"),
        }
    });
}

/// An update of the old key, its removal and the insertion of a new one.
#[test]
fn an_update_does_not_reach_the_next_key_of_the_slot() {
    model(3, || {
        let table = table(2);
        table.put(A, 1);
        let updater = spawn(&table, |table: &Words| {
            let mut claim = table.claim(spread(A));
            if let Some((place, _)) = claim.find(spread(A), |(key, _)| key == A) {
                claim.replace(place, (A, 2));
            }
        });
        table.take(A);
        table.put(TWIN, 10);
        updater.join().unwrap();
        assert_eq!((table.get(A), table.get(TWIN)), (None, Some(10)));
    });
}

/// The same, with an update that does not look for the key a second time.
#[test]
fn an_update_where_a_key_was_found_does_not_reach_the_next_one() {
    model(3, || {
        let table = table(2);
        table.put(A, 1);
        let updater = spawn(&table, |table: &Words| {
            table.put_where_found(A, 2);
        });
        table.take(A);
        table.put(TWIN, 10);
        updater.join().unwrap();
        assert_eq!((table.get(A), table.get(TWIN)), (None, Some(10)));
    });
}

/// A pointer that has been stored into a used slot is no entry before its tag is there: else the next lookup would miss it.
#[test]
fn an_entry_is_found_from_one_moment_on() {
    model(3, || {
        let table = table(2);
        table.put(A, 0);
        let reader = spawn(&table, |table: &Entries| table.get(TWIN).map(|_| table.bin(0).header().tags().count()));
        table.take(A);
        table.put(TWIN, 0);
        assert!(matches!(reader.join().unwrap(), None | Some(1)), "found without a tag");
    });
}

/// An entry comes with what its thread did before.
#[test]
fn an_entry_is_passed_on() {
    model(3, || {
        let table = table::<EntryBin>(2);
        table.put(A, 0);
        let other = key(5, 1);
        let reader = spawn(&table, move |table: &Entries| (table.get(A), table.get(other)));
        table.put(other, 0);
        table.take(A);
        match reader.join().unwrap() {
            (Some(A), _) | (None, Some(_)) => {}
            outcome => panic!("a removal without what came before: {outcome:?}"),
        }
        assert_eq!(EntryBin::key(EntryBin::item(A, 0)), A);
    });
}
