//! One test at a time.
//!
//! Replaced values of all cells go the same ways: a thread that ends leaves its own to whoever scans next, and figures are
//! of the process. A test that counts exactly must be alone with them.

use polder_sync::{Mutex, MutexGuard, reclaim};

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// The right to be the only test that runs. What earlier tests left behind is dropped first.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    let alone = ONE_AT_A_TIME.lock();
    reclaim::flush();
    alone
}
