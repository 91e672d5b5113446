//! Going on after a panic, so that nothing is left undone, and then panicking.

use std::{
    any::Any,
    panic::{self, AssertUnwindSafe},
    thread,
};

/// The first of several panics.
#[derive(Default)]
pub(super) struct FirstPanic(Option<Box<dyn Any + Send>>);

impl FirstPanic {
    /// Runs what may panic. Whether it did not.
    pub(super) fn catch(&mut self, f: impl FnOnce()) -> bool {
        // Unwind safety: the panic goes on in the end, and nobody looks at anything before.
        let result = panic::catch_unwind(AssertUnwindSafe(f));
        let is_ok = result.is_ok();
        if let Err(payload) = result {
            self.0.get_or_insert(payload);
        }
        is_ok
    }

    /// Lets the panic go on, if there was one. From within a destructor that a panic runs it cannot: that panic goes on alone.
    pub(super) fn resume(self) {
        if let Some(payload) = self.0
            && !thread::panicking()
        {
            panic::resume_unwind(payload);
        }
    }
}
