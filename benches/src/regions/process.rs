//! What the system knows about this process: its heap, and the memory that it really touches.

use std::fs;
use std::hint::black_box;

/// Bytes that malloc has handed out and not got back, with its headers and its rounding. Counted by the allocator
/// itself, so that no row pays for a counting wrapper. `None` where the C library does not tell.
pub(crate) fn held() -> Option<f64> {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // SAFETY: takes no argument and only reads the allocator's own books, under its locks.
        let books = unsafe { libc::mallinfo2() };
        Some((books.uordblks + books.hblkhd) as f64)
    }
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    None
}

/// Bytes of anonymous memory that have been touched and are resident: the kernel's page tables, not its estimate.
pub(super) fn touched() -> Option<f64> {
    let rollup = fs::read_to_string("/proc/self/smaps_rollup").ok()?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Anonymous:"))?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim_end().parse().ok()?;
    Some(kib * 1024.0)
}

/// Makes malloc keep what it has, and have `bytes` to begin with: everything comes from one heap whose pages are
/// there, and nothing is given back. Only where the allocator can be told; elsewhere both kinds of heap are alike.
pub(crate) fn keep_heap(bytes: usize) {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    for (option, value) in [(libc::M_MMAP_MAX, 0), (libc::M_TRIM_THRESHOLD, i32::MAX), (libc::M_TOP_PAD, 1 << 20)] {
        // SAFETY: sets a tuning word of the allocator; called before any other thread exists.
        let taken = unsafe { libc::mallopt(option, value) };
        assert_eq!(taken, 1, "malloc takes its documented options");
    }
    // Not zeros: those would come from the kernel untouched.
    drop(black_box(vec![1u8; bytes]));
}

/// Makes malloc join its free pieces, so that the next structure finds room in one stretch, as in a fresh process.
///
/// The contenders that allocate node by node are at their best then. In a heap left shuffled, by nothing worse than
/// dropping such a list with half of it unlinked, their next list is walked several times slower.
pub(super) fn tidy_heap() {
    // A request of this size makes glibc merge its small free pieces before it answers.
    drop(black_box(Vec::<u8>::with_capacity(1 << 20)));
}
