//! What only the inside can show: a section held open, and who waits for its end.

use std::{
    sync::atomic::{AtomicU32, Ordering::SeqCst},
    thread,
    time::Duration,
};

use super::SeqCell;

#[test]
fn an_open_section_refuses_try_load_and_keeps_the_old_value() {
    let cell = SeqCell::new([1_u64, 2]);
    let inside = cell.sequence.enter();
    assert_eq!(cell.try_load(), None);
    assert!(cell.sequence.look().is_none());
    inside.leave();
    assert_eq!(cell.try_load(), Some([1, 2]));
}

#[test]
fn a_section_that_has_passed_fails_the_validation_and_the_entry() {
    let cell = SeqCell::new(0_u32);
    let quiet = cell.sequence.look().expect("nobody is inside");
    assert!(cell.sequence.is_still(quiet));
    cell.store(0); // the same bytes: it is the number that counts
    assert!(!cell.sequence.is_still(quiet));
    assert!(cell.sequence.enter_at(quiet).is_none());
    assert_eq!(cell.try_load(), Some(0), "the failed entry left no mark");
}

#[test]
fn everybody_waits_for_the_end_of_a_section() {
    let cell = SeqCell::new(1_u32);
    let done = AtomicU32::new(0);
    thread::scope(|scope| {
        let inside = cell.sequence.enter();
        let begin = |run: fn(&SeqCell<u32>)| {
            let (cell, done) = (&cell, &done);
            scope.spawn(move || {
                run(cell);
                done.fetch_add(1, SeqCst);
            })
        };
        let waiting = [
            begin(|cell| assert!(cell.load() < 16)),
            begin(|cell| cell.store(2)),
            begin(|cell| assert!(cell.swap(4) < 16)),
            begin(|cell| assert!(cell.update(|value| value + 1) < 16)),
        ];
        thread::sleep(Duration::from_millis(20));
        assert_eq!(done.load(SeqCst), 0, "the section is open");
        inside.leave();
        waiting.into_iter().for_each(|thread| thread.join().expect("gets its turn"));
    });
    assert_eq!(done.into_inner(), 4);
}
