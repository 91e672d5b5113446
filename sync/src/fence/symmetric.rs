//! Both fences are full ones: for systems without a barrier for whole processes, and for the checkers, which know none.

use super::Mode;
use crate::edge::edge_fence;

#[inline]
pub(super) fn light() {
    edge_fence!("fence_light", SeqCst);
}

#[inline]
pub(super) fn heavy() {
    edge_fence!("fence_heavy", SeqCst);
}

/// The mode of the process. Nothing to decide here.
#[inline]
pub(crate) fn prepare() -> Mode {
    Mode::Symmetric
}

/// Makes fences right in a forked child. Nothing to do here.
#[cfg(all(unix, not(polder_loom)))]
#[inline]
pub(crate) fn after_fork() {}
