//! Bins that are split and merged, beside everything else.

use std::sync::atomic::Ordering::{Acquire, Release};

use loom::sync::Arc;

use super::{Entries, Words, key, model, spawn, spread, table};
use crate::primitive::AtomicU64;

/// Stays in bin 1 when bin 3 is split off.
const STAYS: u64 = key(1, 1);
/// Goes to bin 3.
const MOVES: u64 = key(2, 3);
/// The same, with the tag of `MOVES`.
const TWIN: u64 = key(2, 7);

fn with_both() -> Arc<Words> {
    let table = table(3);
    table.put(MOVES, 1);
    table.put(STAYS, 1);
    table
}

#[test]
fn a_split_hides_nothing() {
    for wanted in [MOVES, STAYS] {
        model(2, move || {
            let table = with_both();
            let reader = spawn(&table, move |table: &Words| table.get(wanted));
            assert!(table.split());
            assert_eq!(reader.join().unwrap(), Some(1));
            assert_eq!(table.all(), [(STAYS, 1), (MOVES, 1)]);
        });
    }
}

#[test]
fn a_merge_hides_nothing() {
    for wanted in [MOVES, STAYS] {
        model(2, move || {
            let table = with_both();
            assert!(table.split());
            let reader = spawn(&table, move |table: &Words| table.get(wanted));
            assert!(table.merge());
            assert_eq!(reader.join().unwrap(), Some(1));
            assert_eq!(table.all(), [(STAYS, 1), (MOVES, 1)]);
        });
    }
}

#[test]
fn a_split_and_an_insertion_lose_nothing() {
    model(3, || {
        let table = with_both();
        let writer = spawn(&table, |table: &Words| (table.put(TWIN, 3), table.get(TWIN)));
        table.split();
        assert_eq!(writer.join().unwrap(), (None, Some(3)));
        assert_eq!(table.all(), [(STAYS, 1), (MOVES, 1), (TWIN, 3)]);
    });
}

#[test]
fn a_split_and_an_update_have_an_order() {
    model(3, || {
        let table = with_both();
        let writer = spawn(&table, |table: &Words| {
            assert_eq!((table.put(MOVES, 2), table.put(STAYS, 2)), (Some(1), Some(1)));
            (table.get(MOVES), table.get(STAYS))
        });
        table.split();
        assert_eq!(writer.join().unwrap(), (Some(2), Some(2)));
        assert_eq!(table.all(), [(STAYS, 2), (MOVES, 2)]);
    });
}

#[test]
fn a_split_and_an_update_where_a_key_was_found_have_an_order() {
    model(3, || {
        let table = with_both();
        let writer = spawn(&table, |table: &Words| table.put_where_found(MOVES, 2));
        table.split();
        let value = if writer.join().unwrap() { 2 } else { 1 };
        assert_eq!((table.get(MOVES), table.get(STAYS)), (Some(value), Some(1)));
    });
}

#[test]
fn a_split_and_removals_have_an_order() {
    model(3, || {
        let table = with_both();
        let writer = spawn(&table, |table: &Words| {
            assert_eq!((table.take(MOVES), table.take(STAYS)), (Some(1), Some(1)));
            (table.get(MOVES), table.get(STAYS))
        });
        table.split();
        assert_eq!(writer.join().unwrap(), (None, None));
        assert_eq!(table.all(), []);
    });
}

#[test]
fn a_merge_and_writers_have_an_order() {
    model(2, || {
        let table = with_both();
        table.split();
        let writer = spawn(&table, |table: &Words| {
            assert_eq!((table.put(MOVES, 2), table.take(STAYS), table.put(TWIN, 3)), (Some(1), Some(1), None));
            (table.get(MOVES), table.get(STAYS), table.get(TWIN))
        });
        table.merge();
        assert_eq!(writer.join().unwrap(), (Some(2), None, Some(3)));
        assert_eq!(table.all(), [(MOVES, 2), (TWIN, 3)]);
    });
}

/// Values do not go back in time when a reader still looks where the key was.
#[test]
fn an_update_behind_a_split_is_seen_by_who_knows_of_it() {
    model(3, || {
        let table = with_both();
        let told = Arc::new(AtomicU64::new(0));
        let reader = spawn(&table, {
            let told = Arc::clone(&told);
            move |table: &Words| (told.load(Acquire), table.get(MOVES))
        });
        table.split();
        table.put(MOVES, 2);
        told.store(1, Release);
        match reader.join().unwrap() {
            (0, Some(1 | 2)) | (1, Some(2)) => {}
            outcome => panic!("back in time: {outcome:?}"),
        }
    });
}

/// The slots of a merged bin are used again when it is split off anew.
#[test]
fn the_slots_of_a_merged_bin_end_with_it() {
    model(1, || {
        let table = table(3);
        table.put(MOVES, 1);
        table.split();
        let reader = spawn(&table, |table: &Words| table.get(MOVES));
        table.merge();
        table.take(MOVES);
        table.put(TWIN, 3);
        table.split();
        let seen = reader.join().unwrap();
        assert!(matches!(seen, None | Some(1)), "a value that was never the key's: {seen:?}");
    });
}

/// The class of both keys is copied from one bin or from two.
#[test]
fn a_walk_meets_each_entry_once_while_a_bin_is_split() {
    model(3, || {
        let table = with_both();
        let walker = spawn(&table, walked);
        table.split();
        assert_eq!(walker.join().unwrap(), [(STAYS, 1), (MOVES, 1)]);
    });
}

#[test]
fn a_walk_meets_each_entry_once_while_a_bin_is_merged() {
    model(3, || {
        let table = with_both();
        table.split();
        let walker = spawn(&table, walked);
        table.merge();
        assert_eq!(walker.join().unwrap(), [(STAYS, 1), (MOVES, 1)]);
    });
}

/// What a walk meets in the classes of both keys.
fn walked(table: &Words) -> Vec<(u64, u64)> {
    let mut walk = table.walk();
    let mut all = Vec::new();
    let mut items = Vec::new();
    while walk.advance(2).is_some() && table.next_class(&mut walk, &mut items, |(key, _)| spread(key)) {
        all.extend_from_slice(&items);
    }
    all.sort_unstable();
    all
}

#[test]
fn entries_move_as_words_do() {
    model(3, || {
        let table = table(3);
        table.put(MOVES, 0);
        let told = Arc::new(AtomicU64::new(0));
        let reader = spawn(&table, {
            let told = Arc::clone(&told);
            move |table: &Entries| (told.load(Acquire), table.get(MOVES))
        });
        table.split();
        table.take(MOVES);
        told.store(1, Release);
        match reader.join().unwrap() {
            (0, _) | (1, None) => {}
            outcome => panic!("back in time: {outcome:?}"),
        }
    });
}
