//! One bin: insertions, removals, updates, and lookups while slots are used again.

use loom::model;

use super::{Entries, EntryBin, Modelled, Words, key, spawn, table};

const A: u64 = key(1, 0);
const B: u64 = key(2, 0);
/// Of the same tag as `A`, in the same bin.
const TWIN: u64 = key(1, 2);

#[test]
fn one_of_two_insertions_of_a_key_is_the_first() {
    model(|| {
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
    model(|| {
        let table = table(2);
        let other = spawn(&table, |table: &Words| (table.put(A, 1), table.get(A)));
        assert_eq!((table.put(B, 2), table.get(B)), (None, Some(2)));
        assert_eq!(other.join().unwrap(), (None, Some(1)));
        assert_eq!((table.get(A), table.get(B)), (Some(1), Some(2)));
    });
}

#[test]
fn a_removal_and_an_insertion_have_an_order() {
    model(|| {
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
    model(|| {
        let table = table(2);
        table.put(B, 7);
        let reader = spawn(&table, |table: &Words| {
            let first = table.get(A);
            // What was there before `A` came is no older than that.
            (first, first.map(|_| table.get(B)))
        });
        table.put(B, 8);
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
    model(|| {
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

/// The slot of a removed key is used again for another key, of the same tag, which is updated then.
#[test]
fn no_key_is_found_with_the_value_of_another() {
    model(|| {
        let table = table(2);
        table.put(A, 1);
        let reader = spawn(&table, |table: &Words| (table.get(A), table.get(TWIN)));
        assert_eq!(table.take(A), Some(1));
        table.put(TWIN, 10);
        table.put(TWIN, 11);
        match reader.join().unwrap() {
            (Some(1) | None, None | Some(10 | 11)) => {}
            outcome => panic!("a value that was never the key's: {outcome:?}"),
        }
    });
}

/// The same with the key itself coming back: no value from before its removal after one from after.
#[test]
fn a_key_that_comes_back_has_its_new_value() {
    model(|| {
        let table = table(2);
        table.put(A, 1);
        let reader = spawn(&table, |table: &Words| (table.get(A), table.get(A)));
        table.take(A);
        table.put(B, 5);
        table.put(A, 2);
        match reader.join().unwrap() {
            (Some(1), _) | (None, None | Some(2)) | (Some(2), Some(2)) => {}
            outcome => panic!("back in time: {outcome:?}"),
        }
    });
}

/// Three threads at a slot: an update of the old key, its removal and the insertion of a new one, a lookup.
#[test]
fn an_update_does_not_reach_the_next_key_of_the_slot() {
    model(|| {
        let table = table(2);
        table.put(A, 1);
        let updater = spawn(&table, |table: &Words| {
            let mut claim = table.claim(super::spread(A));
            if let Some((place, _)) = claim.find(super::spread(A), |(key, _)| key == A) {
                claim.replace(place, (A, 2));
            }
        });
        let reader = spawn(&table, |table: &Words| table.get(TWIN));
        table.take(A);
        table.put(TWIN, 10);
        updater.join().unwrap();
        assert!(matches!(reader.join().unwrap(), None | Some(10)));
        assert_eq!((table.get(A), table.get(TWIN)), (None, Some(10)));
    });
}

/// A pointer that has been stored into a used slot is no entry before its tag is there: what one lookup has found, the next
/// one does not miss.
#[test]
fn an_entry_is_found_from_one_moment_on() {
    const OLD: u64 = A;
    const NEW: u64 = TWIN;
    model(|| {
        let table = table(2);
        table.put(OLD, 0);
        let reader = spawn(&table, |table: &Entries| (table.get(NEW), table.get(NEW)));
        table.take(OLD);
        table.put(NEW, 0);
        let seen = reader.join().unwrap();
        assert!(!(seen.0.is_some() && seen.1.is_none()), "found, then missed, and never removed");
    });
}

/// An entry comes with what its thread did before.
#[test]
fn an_entry_is_passed_on() {
    model(|| {
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
