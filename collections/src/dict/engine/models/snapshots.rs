//! Snapshots beside writers, splits and merges.

use super::{Words, key, model, spawn, table};

const LEFT: u64 = key(1, 0);
const RIGHT: u64 = key(2, 1);
/// In bin 1, and in bin 3 when there is one.
const MOVES: u64 = key(3, 3);

/// Who has the later write of a thread has the earlier.
#[test]
fn a_snapshot_cuts_no_thread_in_two() {
    for (first, second) in [(LEFT, RIGHT), (RIGHT, LEFT)] {
        model(2, move || {
            let table = table(2);
            table.put(first, 1);
            table.put(second, 1);
            let writer = spawn(&table, move |table: &Words| {
                table.put(first, 2);
                table.put(second, 2);
            });
            let all = table.all();
            let of = |wanted| all.iter().find(|(key, _)| *key == wanted).map(|(_, value)| *value);
            assert!(
                matches!((of(first), of(second)), (Some(1 | 2), Some(1)) | (Some(2), Some(2))),
                "the later without the earlier: {all:?}"
            );
            writer.join().unwrap();
        });
    }
}

/// One thread moves an entry from key to key: the new one first.
#[test]
fn a_snapshot_has_a_key_on_one_side_of_its_move() {
    for (from, to) in [(LEFT, RIGHT), (RIGHT, LEFT)] {
        model(2, move || {
            let table = table(2);
            table.put(from, 1);
            let writer = spawn(&table, move |table: &Words| {
                table.put(to, 1);
                table.take(from);
            });
            assert!(!table.all().is_empty(), "neither the old key nor the new one");
            writer.join().unwrap();
            assert_eq!(table.all(), [(to, 1)]);
        });
    }
}

/// Whoever has seen a write that the snapshot has not does not see one come later that the snapshot has.
#[test]
fn a_snapshot_is_at_one_moment_for_readers_too() {
    model(1, || {
        let table = table(2);
        table.put(LEFT, 1);
        table.put(RIGHT, 1);
        let writer = spawn(&table, |table: &Words| table.put(LEFT, 2));
        let reader = spawn(&table, |table: &Words| {
            table.put(RIGHT, 2);
            table.get(LEFT)
        });
        let all = table.all();
        let seen = reader.join().unwrap();
        writer.join().unwrap();
        // The reader's own write is later than the snapshot, which has the writer's: so it was there already.
        if all == [(LEFT, 2), (RIGHT, 1)] {
            assert_eq!(seen, Some(2), "it had not come yet");
        }
    });
}

#[test]
fn a_snapshot_has_each_entry_once_while_a_bin_is_split() {
    model(3, || {
        let table = table(3);
        table.put(RIGHT, 1);
        table.put(MOVES, 1);
        let splitter = spawn(&table, |table: &Words| table.split());
        assert_eq!(table.all(), [(RIGHT, 1), (MOVES, 1)]);
        splitter.join().unwrap();
    });
}

#[test]
fn a_snapshot_has_each_entry_once_while_a_bin_is_merged() {
    model(2, || {
        let table = table(3);
        table.put(RIGHT, 1);
        table.put(MOVES, 1);
        table.split();
        let merger = spawn(&table, |table: &Words| table.merge());
        assert_eq!(table.all(), [(RIGHT, 1), (MOVES, 1)]);
        merger.join().unwrap();
    });
}

/// The next one does not begin before the last one has all that it is to have.
#[test]
fn two_snapshots_take_turns() {
    model(3, || {
        let table = table(2);
        table.put(LEFT, 1);
        table.put(RIGHT, 1);
        let other = spawn(&table, |table: &Words| table.all());
        assert_eq!(table.all(), [(LEFT, 1), (RIGHT, 1)]);
        assert_eq!(other.join().unwrap(), [(LEFT, 1), (RIGHT, 1)]);
    });
}
