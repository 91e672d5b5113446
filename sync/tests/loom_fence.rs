//! The asymmetric fences where both are full ones: every interleaving, and every value that the loads may return.
//!
//! ```text
//! RUSTFLAGS="--cfg polder_loom" CARGO_TARGET_DIR=target/loom cargo test -p polder-sync --release --test loom_fence
//! ```
//! What the kernel does for the asymmetric kind is beyond loom; `tests/fences.rs` tries that.
#![cfg(all(polder_loom, not(polder_shuttle)))]

use loom::{
    sync::{
        Arc,
        atomic::{
            AtomicBool, AtomicUsize,
            Ordering::{Acquire, Relaxed, Release},
        },
    },
    thread,
};
use polder_sync::fence;

/// F in its smallest form. Each side writes, fences and looks; at least one sees the other.
#[test]
fn store_buffering_is_ruled_out() {
    loom::model(|| {
        let places = Arc::new((AtomicBool::new(false), AtomicBool::new(false)));
        let often = thread::spawn({
            let places = Arc::clone(&places);
            move || {
                places.0.store(true, Relaxed);
                fence::light();
                places.1.load(Relaxed)
            }
        });
        places.1.store(true, Relaxed);
        fence::heavy();
        let seldom_saw = places.0.load(Relaxed);
        assert!(often.join().unwrap() || seldom_saw, "both looked too early");
    });
}

/// Two frequent sides and a rare one: the rare one answers for both, whatever they do to each other.
#[test]
fn one_heavy_fence_answers_for_two_light_ones() {
    loom::model(|| {
        let places = Arc::new([0; 3].map(|_| AtomicBool::new(false)));
        let often = [0, 1].map(|own| {
            let places = Arc::clone(&places);
            thread::spawn(move || {
                places[own].store(true, Relaxed);
                fence::light();
                places[2].load(Relaxed)
            })
        });
        places[2].store(true, Relaxed);
        fence::heavy();
        let seldom_saw = [0, 1].map(|other: usize| places[other].load(Relaxed));
        for (often, seldom_saw) in often.into_iter().zip(seldom_saw) {
            assert!(often.join().unwrap() || seldom_saw, "one side and the rare one looked too early");
        }
    });
}

/// Shape 1, as the readers of a cell use it: a slot that names what is in use, and a writer who frees what no slot names.
#[test]
fn what_a_slot_names_is_not_freed() {
    const OLD: usize = 1;
    const NEW: usize = 2;
    const NOTHING: usize = 0;
    loom::model(|| {
        // The cell, the slot, and whether the old value has been freed.
        let state = Arc::new((AtomicUsize::new(OLD), AtomicUsize::new(NOTHING), loom::cell::UnsafeCell::new(false)));
        let reader = thread::spawn({
            let state = Arc::clone(&state);
            move || {
                let (cell, slot, freed) = &*state;
                let found = cell.load(Acquire);
                slot.store(found, Release);
                fence::light();
                if cell.load(Acquire) == found && found == OLD {
                    let freed = freed.with(|freed| {
                        // SAFETY: loom checks that nobody writes meanwhile; that is what this model is about.
                        unsafe { *freed }
                    });
                    assert!(!freed, "in use and freed");
                }
                slot.store(NOTHING, Release);
            }
        });
        let (cell, slot, freed) = &*state;
        cell.swap(NEW, loom::sync::atomic::Ordering::AcqRel);
        fence::heavy();
        if slot.load(Acquire) != OLD {
            freed.with_mut(|freed| {
                // SAFETY: as above; the slot has been found empty after the swap, so no reader uses the old value.
                unsafe { *freed = true }
            });
        }
        reader.join().unwrap();
    });
}
