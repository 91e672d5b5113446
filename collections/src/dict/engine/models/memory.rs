//! Bins whose memory is given back while somebody is still led to them.

use loom::model;

use super::{Bin, Claim, Entries, Words, key, spawn, spread, table};

/// In bin 2, the first that can be given back.
const MOVES: u64 = key(2, 2);
/// The same, with the same tag.
const TWIN: u64 = key(2, 6);

/// What was a value is a zero then.
#[test]
fn what_was_given_back_is_not_found() {
    model(|| {
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
    model(|| {
        let table = table(2);
        table.put(key(1, 0), 1);
        table.split();
        table.put(MOVES, 1);
        let reader = spawn(&table, |table: &Entries| table.get(MOVES));
        assert!(table.merge());
        assert_eq!(reader.join().unwrap(), Some(MOVES));
    });
}

/// A bin that comes again has another version than it had.
#[test]
fn a_bin_that_comes_again_is_another() {
    model(|| {
        let table = table(2);
        table.put(key(1, 0), 1);
        table.split();
        table.put(MOVES, 1);
        let reader = spawn(&table, |table: &Words| table.get(MOVES));
        assert!(table.merge());
        table.take(MOVES);
        table.split();
        table.put(TWIN, 3);
        let seen = reader.join().unwrap();
        assert!(matches!(seen, None | Some(1)), "a value that was never the key's: {seen:?}");
    });
}

/// Who has locked a bin by an old hint has it to itself, even if it is given back and split off again.
#[test]
fn a_lock_is_not_given_back() {
    model(|| {
        let table = table(2);
        table.put(key(1, 0), 1);
        table.split();
        table.put(MOVES, 1);
        let writer = spawn(&table, |table: &Words| table.put(MOVES, 2));
        assert!(table.merge());
        table.split();
        table.put(TWIN, 3);
        assert_eq!(writer.join().unwrap(), Some(1));
        assert_eq!(table.all(), [(key(1, 0), 1), (MOVES, 2), (TWIN, 3)]);
    });
}

/// The same, of the lock alone.
#[test]
fn a_lock_is_one_writers() {
    model(|| {
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
