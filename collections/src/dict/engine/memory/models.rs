//! Every interleaving of the callers of [`Segments`], and every value that their loads may return.
//!
//! ```text
//! RUSTFLAGS="--cfg polder_loom" CARGO_TARGET_DIR=target/loom cargo test -p polder-collections --release --lib models
//! ```

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use loom::{cell::UnsafeCell, model, sync::Arc, thread};

use super::{Segments, Zeroed};
use crate::primitive::AtomicU64;

/// An element with a part that is written once, when the element is made: loom reports a read that is not ordered after.
struct Watched {
    made: UnsafeCell<bool>,
    count: AtomicU64,
}

// SAFETY: the cell is written by `zeroed` alone; loom panics where an access is not ordered after that.
unsafe impl Sync for Watched {}

// SAFETY: all that changes while it is shared is atomic; nothing is lost without a drop.
unsafe impl Zeroed for Watched {
    fn zeroed() -> Self {
        let made = UnsafeCell::new(false);
        // SAFETY: nobody else has it.
        made.with_mut(|made| unsafe { *made = true });
        Self { made, count: AtomicU64::new(0) }
    }

    fn clear(&self) {
        self.count.store(0, Relaxed);
    }
}

impl Watched {
    /// Counts, if the element is there as it was made.
    fn count(&self) {
        // SAFETY: as for `Sync`.
        assert!(self.made.with(|made| unsafe { *made }));
        self.count.fetch_add(1, Relaxed);
    }
}

fn segments() -> Arc<Segments<Watched>> {
    Arc::new(Segments::new(1, false))
}

#[test]
fn who_reserves_may_read() {
    model(|| {
        let mine = segments();
        let other = Arc::clone(&mine);
        let race = |segments: &Segments<Watched>, index| {
            segments.reserve(index);
            // SAFETY: reserved by this thread.
            unsafe { segments.get(index) }.count();
        };
        let racer = thread::spawn(move || race(&other, 2));
        race(&mine, 3);
        race(&mine, 2);
        racer.join().unwrap();
        assert_eq!(mine.try_get(2).map(|element| element.count.load(Relaxed)), Some(2));
        assert_eq!(mine.reserved_bytes(), 2 * size_of::<Watched>());
    });
}

#[test]
fn who_finds_an_element_may_read_it() {
    model(|| {
        let mine = segments();
        let other = Arc::clone(&mine);
        // The one who looks comes second: loom goes back only to the last access before a write, and that would be the load
        // by which the writer sees that there is nothing yet.
        let finder = thread::spawn(move || {
            if let Some(element) = other.try_get(3) {
                element.count();
            }
        });
        mine.reserve(2);
        finder.join().unwrap();
        assert!(mine.try_get(3).is_some());
        assert!(mine.try_get(1).is_none());
    });
}

#[test]
fn who_is_told_of_an_index_may_read() {
    model(|| {
        let mine = segments();
        let told = Arc::new(AtomicU64::new(0));
        let reserver = thread::spawn({
            let (segments, told) = (Arc::clone(&mine), Arc::clone(&told));
            move || {
                segments.reserve(4);
                told.store(4, Release);
            }
        });
        let rival = thread::spawn({
            let segments = Arc::clone(&mine);
            move || segments.reserve(5)
        });
        let index = told.load(Acquire);
        if index > 0 {
            // SAFETY: who told of the index had reserved it.
            unsafe { mine.get(index as usize) }.count();
        }
        reserver.join().unwrap();
        rival.join().unwrap();
    });
}
