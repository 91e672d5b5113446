//! Transactions of a `Dict`, beside what `transact.rs` has for dicts of either kind: entries have an identity, and an end.
#![cfg(not(polder_loom))]
#![cfg(feature = "std")]

use std::{
    cell::Cell,
    panic::{self, AssertUnwindSafe},
    sync::Arc,
    thread,
};

use polder_collections::Dict;

/// What is looked up is found by what it is equivalent to, and given out by reference.
#[test]
fn keys_are_found_by_what_is_equivalent() {
    let dict = Dict::from([("a".to_owned(), vec![1]), ("b".to_owned(), vec![2])]);
    dict.transact(|tx| {
        assert_eq!(tx.get("a"), Some(&vec![1]));
        assert_eq!(tx.update("a", |value| [&value[..], &[10]].concat()), Some(&vec![1, 10]));
        assert!(tx.remove("b"));
        assert_eq!(tx.get_or_insert_with("b".to_owned(), Vec::new), &[0; 0]);
    });
    let sizes = ["a", "b", "c"].map(|key| dict.read(key, Vec::len));
    assert_eq!(sizes, [Some(2), Some(0), None]);
}

#[test]
fn a_lost_run_is_run_again() {
    let dict = Dict::from([("a", 10)]);
    let runs = Cell::new(0);
    let there = dict.transact(|tx| {
        runs.set(runs.get() + 1);
        let value = *tx.get("a").unwrap();
        let there = tx.contains_key("b");
        match runs.get() {
            // An equal value is another entry all the same.
            1 => drop(dict.insert("a", 10)),
            // What was looked for in vain comes.
            2 => drop(dict.insert("b", 20)),
            _ => {}
        }
        tx.insert("c", value);
        there
    });
    assert_eq!((runs.get(), there), (3, true));
    assert_eq!(dict, Dict::from([("a", 10), ("b", 20), ("c", 10)]));
}

/// Each value is dropped once: those of lost runs, of errors and panics, replaced ones and removed ones.
#[test]
fn nothing_is_lost_and_nothing_dropped_twice() {
    let shared = Arc::new(());
    let dict: Dict<u64, Arc<()>> = Dict::new();
    let runs = Cell::new(0);
    dict.transact(|tx| {
        runs.set(runs.get() + 1);
        tx.contains_key(&9);
        for key in 0..5 {
            tx.insert(key, Arc::clone(&shared));
            tx.insert(key, Arc::clone(&shared));
        }
        tx.remove(&4);
        if runs.get() < 3 {
            dict.insert(9, Arc::clone(&shared));
            dict.remove(&9);
            dict.insert(9, Arc::clone(&shared));
        }
    });
    assert_eq!(runs.get(), 3);
    dict.transact(|tx| {
        // One that is there, replaced and then taken out after all.
        tx.insert(3, Arc::clone(&shared));
        tx.remove(&3);
    });
    let _: Result<(), ()> = dict.try_transact(|tx| {
        tx.insert(0, Arc::clone(&shared));
        Err(())
    });
    let end = panic::catch_unwind(AssertUnwindSafe(|| {
        dict.transact(|tx| {
            tx.insert(0, Arc::clone(&shared));
            panic!("within");
        })
    }));
    assert!(end.is_err());
    assert_eq!(dict.len(), 4);
    // Pins of other tests may keep what was taken out for a while.
    while Arc::strong_count(&shared) > 5 {
        dict.flush();
        thread::yield_now();
    }
    assert_eq!(Arc::strong_count(&shared), 5);
    drop(dict);
    assert_eq!(Arc::strong_count(&shared), 1);
}
