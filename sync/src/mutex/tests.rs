//! The word alone, and the slow path over every parker that exists on this system.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    thread,
    time::Duration,
};

use super::{
    contended,
    word::{Released, Word},
};
use crate::{
    parker::{Addresses, Native, Parking, Table, Wake},
    primitive::AtomicU32,
};

#[test]
fn a_free_word_is_taken_once() {
    let word = Word::new();
    assert!(!word.is_held());
    assert!(word.take_free());
    assert!(word.is_held() && word.is_held_by_a_runner());
    assert!(!word.take_free());
    assert_eq!(word.release(), Released::Quiet);
    assert!(!word.is_held());
}

#[test]
fn a_crowded_word_asks_for_a_wake_up_once() {
    let word = Word::new();
    assert!(word.take_free());
    assert!(!word.take_or_crowd());
    assert!(word.is_held() && !word.is_held_by_a_runner());
    assert!(!word.take_free());
    assert_eq!(word.release(), Released::WakeOne);
    assert!(word.take_free());
    assert_eq!(word.release(), Released::Quiet);
}

#[test]
fn a_thread_that_may_have_been_chosen_leaves_the_mark() {
    let word = Word::new();
    assert!(word.take_or_crowd());
    assert!(word.is_held() && !word.is_held_by_a_runner());
    assert_eq!(word.release(), Released::WakeOne);
}

fn release<P: Parking>(word: &Word) {
    if word.release() == Released::WakeOne {
        contended::wake_one::<P>(word);
    }
}

/// Sections that read and write the counter in two steps lose counts unless they exclude each other. Hangs if a wake-up
/// is lost; every third attempt is a short timed one, whose sleepers come and go among the others.
fn sections_exclude_each_other<P: Parking>() {
    const THREADS: u64 = 4;
    const SECTIONS: u64 = if cfg!(miri) { 8 } else { 5_000 };
    let (word, counter) = (Word::new(), AtomicU64::new(0));
    let section = || {
        let before = counter.load(Relaxed);
        if before % 64 == 0 {
            thread::yield_now();
        }
        counter.store(before + 1, Relaxed);
        release::<P>(&word);
    };
    let taken: u64 = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                scope.spawn(|| {
                    let mut taken = 0;
                    for round in 0..SECTIONS {
                        let deadline = if round % 3 == 0 { P::after(Duration::from_micros(20)) } else { None };
                        if contended::acquire::<P>(&word, deadline) {
                            section();
                            taken += 1;
                        } else {
                            assert!(deadline.is_some());
                        }
                    }
                    taken
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("does not panic")).sum()
    });
    assert_eq!(counter.into_inner(), taken);
    assert!(!word.is_held());
}

#[test]
fn sections_exclude_each_other_over_the_native_parker() {
    sections_exclude_each_other::<Native>();
}

#[test]
fn sections_exclude_each_other_over_the_table() {
    sections_exclude_each_other::<Table>();
}

#[test]
fn sections_exclude_each_other_over_the_addresses_of_windows() {
    sections_exclude_each_other::<Addresses>();
}

/// A parker whose sleepers wake at their deadline, with the word released meanwhile.
struct Late;

impl Parking for Late {
    type Deadline = ();

    fn after(_: Duration) -> Option<()> {
        Some(())
    }

    fn at(_: std::time::Instant) -> Option<()> {
        Some(())
    }

    fn wait(word: &AtomicU32, _: u32, _: Option<()>) -> Wake {
        word.store(0, Relaxed);
        Wake::TimedOut
    }

    fn wake_one(_: &AtomicU32) {}

    fn wake_all(_: &AtomicU32) {}
}

#[test]
fn a_mutex_that_is_free_at_the_deadline_is_taken_without_a_mark() {
    let word = Word::new();
    assert!(word.take_free());
    assert!(contended::acquire::<Late>(&word, Some(())));
    assert_eq!(word.release(), Released::Quiet);
}

#[test]
fn without_a_deadline_only_the_mutex_ends_the_wait() {
    let word = Word::new();
    assert!(word.take_free());
    assert!(contended::acquire::<Late>(&word, None));
    assert_eq!(word.release(), Released::WakeOne, "the mark stays: the thread may have been chosen");
}
