//! Tuning constants, each with its reason.

/// Size of an arena's first chunk in bytes.
///
/// Large enough for some twenty list nodes, so that a small region costs two allocations (its root and one chunk); small
/// enough for the allocator's thread cache, so that those two are cheap. `regions/tiny` in the contention report
/// measures it.
pub(crate) const FIRST_CHUNK: usize = if cfg!(miri) { 128 } else { 512 };

/// Largest chunk an arena asks for on its own account; a single larger value still gets a chunk of its size.
///
/// Chunks double up to here. A low limit makes glibc map and unmap every chunk, and each page is then faulted in again
/// by the next region; chunks of this size stay below the 32 MiB up to which its mapping threshold adapts, so that a
/// program which builds and drops big regions keeps its pages (`regions/list/build`).
pub(crate) const LAST_CHUNK: usize = if cfg!(miri) { 2048 } else { 16 << 20 };

/// Alignment that every node has at least, and the unit of the moved bitmap: a vacated node holds a forwarding pointer.
pub(crate) const GRAIN: usize = 8;

/// Nested regions that are dropped by plain recursion; deeper ones wait for their turn.
///
/// Enough that no destructor of a program written by hand notices, and some tens of KiB of stack at most.
#[cfg(feature = "std")]
pub(crate) const DIRECT_DROPS: usize = if cfg!(miri) { 8 } else { 64 };
