//! Every interleaving of owners that look, let go and change.
//!
//! ```text
//! RUSTFLAGS="--cfg polder_loom" CARGO_TARGET_DIR=target/loom cargo test -p polder-collections --release --lib models
//! ```

use loom::{cell::UnsafeCell, model, thread};

use super::Shared;

/// A value whose looks and changes loom watches; it changes when it is dropped.
struct Watched(UnsafeCell<u32>);

// SAFETY: loom panics where two accesses are not ordered and one of them is a change.
unsafe impl Sync for Watched {}

impl Watched {
    fn shared() -> Shared<Self> {
        Shared::new(Self(UnsafeCell::new(0)))
    }

    fn look(&self) -> u32 {
        // SAFETY: as for `Sync`.
        self.0.with(|number| unsafe { *number })
    }

    fn change(&mut self) {
        // SAFETY: as for `Sync`.
        self.0.with_mut(|number| unsafe { *number += 1 });
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.change();
    }
}

#[test]
fn the_last_one_frees_after_all_looks() {
    model(|| {
        let mine = Watched::shared();
        let other = mine.clone();
        let looker = thread::spawn(move || assert_eq!(other.look(), 0));
        assert_eq!(mine.look(), 0);
        drop(mine);
        looker.join().unwrap();
    });
}

#[test]
fn who_is_alone_changes_after_all_looks() {
    model(|| {
        let mine = Watched::shared();
        let mut other = mine.clone();
        // The one who asks comes second: loom goes back only to the last access before a change of the count.
        let changer = thread::spawn(move || {
            if let Some(watched) = other.get_mut() {
                watched.change();
            }
        });
        assert_eq!(mine.look(), 0);
        drop(mine);
        changer.join().unwrap();
    });
}

#[test]
fn a_clone_of_a_borrowed_handle_is_counted() {
    model(|| {
        let mine = Watched::shared();
        let other = mine.clone();
        let cloner = thread::spawn(move || {
            let further = other.clone();
            drop(other);
            assert_eq!(further.look(), 0);
        });
        match mine.try_unwrap() {
            Ok(mut watched) => watched.change(),
            Err(shared) => assert_eq!(shared.look(), 0),
        }
        cloner.join().unwrap();
    });
}
