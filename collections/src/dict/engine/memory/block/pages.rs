//! Pages of the system: memory comes when it is touched, and can be given back piece by piece.

use std::{alloc::Layout, io, ptr};

use super::{Heap, Source};

/// From so many bytes on a block has pages of its own: those of the allocator would be zeroed, hence touched, by it.
const PAGES_FROM: usize = 256 << 10;
/// From so many bytes on a block may have huge pages.
const HUGE_FROM: usize = 4 << 20;
/// The size of a huge page where pages have 4 KiB. Elsewhere it is merely what is aligned and released as a whole.
const HUGE: usize = 2 << 20;

/// The source of blocks of this size.
pub(super) fn source(bytes: usize, huge_pages: bool) -> &'static dyn Source {
    if bytes < PAGES_FROM {
        &Heap
    } else if bytes < HUGE_FROM || !huge_pages {
        &Pages
    } else {
        &HugePages
    }
}

/// Mappings of ordinary pages.
struct Pages;

impl Source for Pages {
    fn occupied(&self, bytes: usize) -> usize {
        bytes.next_multiple_of(page_size())
    }

    fn allocate(&self, layout: Layout) -> *mut u8 {
        map(self.occupied(layout.size()))
    }

    unsafe fn free(&self, base: *mut u8, layout: Layout) {
        // SAFETY: the caller's: a mapping of this length, not used any more.
        unsafe { unmap(base, self.occupied(layout.size())) }
    }

    unsafe fn release(&self, base: *mut u8, length: usize) -> usize {
        // SAFETY: the caller's.
        unsafe { give_back(base, length, page_size()) }
    }
}

/// Mappings that begin at a multiple of [`HUGE`], with the wish for huge pages.
struct HugePages;

impl Source for HugePages {
    fn occupied(&self, bytes: usize) -> usize {
        Pages.occupied(bytes)
    }

    fn allocate(&self, layout: Layout) -> *mut u8 {
        let length = self.occupied(layout.size());
        // The system aligns to ordinary pages: take so much that an aligned piece is within, and cut off the rest.
        let Some(enough) = length.checked_add(HUGE) else { return ptr::null_mut() };
        let whole = map(enough);
        if whole.is_null() {
            return whole;
        }
        let before = whole.align_offset(HUGE);
        let base = whole.wrapping_add(before);
        // SAFETY: the part of the mapping in front of the block, not used.
        unsafe { unmap(whole, before) };
        // SAFETY: the part behind the block, not used.
        unsafe { unmap(base.wrapping_add(length), HUGE - before) };
        #[cfg(any(target_os = "linux", target_os = "android"))]
        {
            // SAFETY: a mapping of ours; advice that is not taken changes nothing.
            unsafe { libc::madvise(base.cast(), length, libc::MADV_HUGEPAGE) };
        }
        base
    }

    unsafe fn free(&self, base: *mut u8, layout: Layout) {
        // SAFETY: the caller's: a mapping of this length, not used any more.
        unsafe { unmap(base, self.occupied(layout.size())) }
    }

    unsafe fn release(&self, base: *mut u8, length: usize) -> usize {
        // SAFETY: the caller's.
        unsafe { give_back(base, length, HUGE.max(page_size())) }
    }
}

/// The bytes of a page.
fn page_size() -> usize {
    // SAFETY: a question about a constant of the system.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(size).expect("the system says how large its pages are")
}

/// Memory is private, and on Linux not counted against the limit of what the system promises before it is touched: a
/// table that grows bin by bin takes a segment of its own size into the address space long before it needs all of it.
const PRIVATE: libc::c_int = libc::MAP_PRIVATE
    | libc::MAP_ANON
    | if cfg!(any(target_os = "linux", target_os = "android")) { libc::MAP_NORESERVE } else { 0 };

/// The pages can be read and written.
const ACCESS: libc::c_int = libc::PROT_READ | libc::PROT_WRITE;

/// Maps pages of zeros; null if the system refuses.
fn map(length: usize) -> *mut u8 {
    // SAFETY: a new mapping at an address that the system chooses: nothing that is mapped is replaced.
    let base = unsafe { libc::mmap(ptr::null_mut(), length, ACCESS, PRIVATE, -1, 0) };
    if base == libc::MAP_FAILED { ptr::null_mut() } else { base.cast() }
}

/// Ends the mapping of whole pages, if there are any.
///
/// # Safety
///
/// `base..base + length` are whole pages from [`map`], not used any more.
unsafe fn unmap(base: *mut u8, length: usize) {
    if length > 0 {
        // SAFETY: the caller's.
        let result = unsafe { libc::munmap(base.cast(), length) };
        // The system may lack room in its books when a mapping falls into two; then this piece stays mapped, unused.
        debug_assert!(
            result == 0 || io::Error::last_os_error().raw_os_error() == Some(libc::ENOMEM),
            "the mapping could not be ended"
        );
    }
}

/// Replaces the whole pieces of `base..base + length` by untouched zeros; `piece` is a multiple of the page size.
/// Returns how many bytes.
///
/// # Safety
///
/// The range lies within pages from [`map`], is all zeros and stays so during the call.
unsafe fn give_back(base: *mut u8, length: usize, piece: usize) -> usize {
    let skipped = base.align_offset(piece);
    let whole = length.saturating_sub(skipped) / piece * piece;
    if whole == 0 {
        return 0;
    }
    // SAFETY: the caller's; the pieces lie within the range.
    if unsafe { forget(base.wrapping_add(skipped), whole) } { whole } else { 0 }
}

/// # Safety
///
/// As for [`give_back`], for whole pages.
#[cfg(any(target_os = "linux", target_os = "android"))]
unsafe fn forget(base: *mut u8, length: usize) -> bool {
    // SAFETY: the caller's: what the pages hold is what they hold without memory, zeros. Refused, they stay as they are.
    unsafe { libc::madvise(base.cast(), length, libc::MADV_DONTNEED) == 0 }
}

/// # Safety
///
/// As for [`give_back`], for whole pages.
#[cfg(target_os = "macos")]
unsafe fn forget(base: *mut u8, length: usize) -> bool {
    // SAFETY: the caller's: a new mapping in the place of our own, under the lock of the address space, so that readers
    // find zeros in the one or the other. The system puts the old mapping back if it refuses.
    unsafe { libc::mmap(base.cast(), length, ACCESS, PRIVATE | libc::MAP_FIXED, -1, 0) != libc::MAP_FAILED }
}

/// # Safety
///
/// None: there is no way to be sure of zeros.
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "macos")))]
unsafe fn forget(_base: *mut u8, _length: usize) -> bool {
    false
}
