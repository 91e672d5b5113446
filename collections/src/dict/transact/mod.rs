//! Transactions: several keys read and written as one step.
//!
//! # Protocol
//!
//! 1. *Run.* The closure runs with nothing locked. The first use of a key reads its entry and notes it; later ones, and all writes,
//!    are to the notes.
//! 2. *Commit.* Lock the bins of all keys in the notes (`engine/multi.rs`). If each entry is what was noted, write what is to be
//!    different; unlock. Then counting, growth, shrinking.
//! 3. *Again.* If one is not, unlock, drop the result, wait a little, and run the closure again.
//!
//! The step takes effect in 2, where all that was read is there at one time. A transaction that writes nothing does the same, also one
//! with a single key: its read alone may come between two writes of another commit, and the next one's read then before both.
//!
//! What was read is compared by value: if a word was changed and changed back meanwhile, the transaction could as well have read
//! it after that.
//!
//! # Progress
//!
//! A run is lost only if another thread has changed one of its keys since it was read: so some operation always gets through. A
//! transaction that loses [`PATIENCE`] runs asks others, those that begin or begin again, to stand back (`engine/courtesy.rs`).
//!
//! # Checked by
//!
//! `tests/transact.rs`, `tests/loom_transact.rs`.

pub(in crate::dict) mod log;
mod words;

pub use self::words::WordTransaction;

use super::engine::{Asking, Courtesy};
use crate::primitive::Pace;

/// Lost runs after which a transaction asks others to stand back.
const PATIENCE: u32 = 8;

/// What has been read was changed before the commit.
#[derive(Clone, Copy, Debug)]
pub(in crate::dict) struct Lost;

/// A dict's transaction, as it is run.
pub(in crate::dict) trait Attempt {
    /// Forgets all.
    fn begin(&mut self);

    /// Makes the changes if `keep` is true and all that was read is still so; if it is false, only looks.
    fn commit(&mut self, keep: bool) -> Result<(), Lost>;
}

/// Runs a closure until what it has read and its changes are one step. An error takes back the changes, but not before it is known
/// that what it rests on was so at one time.
pub(in crate::dict) fn run<T: Attempt, R, E>(
    courtesy: &Courtesy,
    transaction: &mut T,
    mut f: impl FnMut(&mut T) -> Result<R, E>,
) -> Result<R, E> {
    let mut asking: Option<Asking<'_>> = None;
    let mut pace = Pace::default();
    let mut lost = 0;
    loop {
        if asking.is_none() {
            courtesy.heed();
        }
        transaction.begin();
        let result = f(transaction);
        match transaction.commit(result.is_ok()) {
            Ok(()) => return result,
            Err(Lost) => drop(result),
        }
        lost += 1;
        match &mut asking {
            Some(asking) => asking.insist(),
            None if lost >= PATIENCE => asking = courtesy.ask(),
            None => {}
        }
        if asking.is_none() {
            pace.wait();
        }
    }
}
