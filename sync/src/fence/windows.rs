//! `FlushProcessWriteBuffers`, which every Windows since Vista has and which cannot fail: no state, no decision.
//!
//! Orderings: F in the table of `fence`.

use std::sync::atomic::{Ordering::SeqCst, compiler_fence};

use super::Mode;
use crate::primitive::fence;

#[link(name = "kernel32")]
unsafe extern "system" {
    /// Interrupts each processor that runs a thread of this process, and returns when their write buffers are empty.
    safe fn FlushProcessWriteBuffers();
}

#[inline]
pub(super) fn light() {
    compiler_fence(SeqCst);
}

pub(super) fn heavy() {
    fence(SeqCst);
    FlushProcessWriteBuffers();
}

/// The mode of the process. Nothing to decide here.
#[inline]
pub(crate) fn prepare() -> Mode {
    Mode::Asymmetric
}
