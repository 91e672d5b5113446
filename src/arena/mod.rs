//! The untyped core of a region: a bump allocator that runs destructors, joins another in O(1), and can be evacuated.
//!
//! # What, and when not
//!
//! An [`Arena`] gives out room for values and keeps them until it is dropped. It knows no lifetimes, no threads and no
//! language: whoever stands on it (`region` with brands, a dynamic layer with run-time checks) decides who may touch a
//! value and when. Single values are never freed; [`FromSpace`] moves the live ones out of an arena and frees the rest.
//!
//! # Representation
//!
//! ```text
//!  Arena ─ newest ──► chunk ──► chunk ──► chunk ◄── oldest      each chunk: { next, size | room … }
//!        ─ bump, end      ╰─ free room of one chunk (that with most left)
//!        ─ last drop ──► entry ──► entry ──► entry ◄── first drop
//!
//!  value without destructor   │ value …… │                      rounded up to 8 bytes, at least 8
//!  value with destructor      │ entry { next, drop } │ value …… │
//!  slice with destructor      │ length │ entry { next, drop } │ items …… │
//! ```
//!
//! # Invariants
//!
//! - **I1** Every chunk in the list was allocated with the global allocator, with the layout that its header's size tells,
//!   and belongs to this arena alone.
//! - **I2** `bump..end` lies in one chunk of the list, is unused, and `bump` is a multiple of [`GRAIN`]. Both are null in
//!   an arena without chunks.
//! - **I3** Every value starts at a multiple of [`GRAIN`] and has at least [`GRAIN`] bytes of its own, so addresses tell
//!   values apart, zero-sized ones too, and a vacated value can hold a pointer.
//! - **I4** An entry of the drop list stands directly before an initialised value of the type that its `drop` expects, and
//!   occurs once.
//! - **I5** Values do not move and stay allocated until the arena is dropped, absorbed (then they are the other arena's) or
//!   evacuated.
//!
//! # Checked by
//!
//! Miri with strict provenance under Stacked and Tree Borrows (`tests/region_*.rs`), AddressSanitizer.

mod chunk;
mod drops;
mod evacuate;

use alloc::vec::Vec;
use core::alloc::Layout;
use core::cell::Cell;
use core::fmt;
use core::mem;
use core::ptr::NonNull;

use chunk::ChunkList;
use drops::{DropList, Entry, drop_one, drop_slice};

use crate::config::GRAIN;

pub(crate) use evacuate::{FromSpace, Spans, Vacant};

/// Bump allocator with a drop list; see the [module](self).
pub(crate) struct Arena {
    bump: Cell<*mut u8>,
    end: Cell<*mut u8>,
    chunks: ChunkList,
    drops: DropList,
}

/// Room for one value of a known type, not yet initialised: see [`Arena::reserve`].
pub(crate) struct Room<T> {
    /// Where the value goes.
    pub(crate) value: NonNull<T>,
}

/// Size of a value rounded up to the grain, at least one grain (I3).
const fn room_for(size: usize) -> usize {
    if size == 0 { GRAIN } else { size.next_multiple_of(GRAIN) }
}

impl Arena {
    /// An arena without a chunk: allocates nothing.
    #[inline]
    pub(crate) const fn new() -> Self {
        Arena {
            bump: Cell::new(core::ptr::null_mut()),
            end: Cell::new(core::ptr::null_mut()),
            chunks: ChunkList::new(),
            drops: DropList::new(),
        }
    }

    /// Bytes of all chunks.
    pub(crate) fn bytes(&self) -> usize {
        self.chunks.bytes()
    }

    /// Whether any value has a destructor to run.
    #[inline]
    pub(crate) fn has_destructors(&self) -> bool {
        !self.drops.is_empty()
    }

    /// Moves `value` into the arena. O(1) amortised.
    ///
    /// # Safety
    /// - Everything that `value` borrows outlives the arena, since its destructor runs when the arena is dropped.
    /// - If the arena moves to another thread, `T` is `Send`.
    #[inline]
    pub(crate) unsafe fn alloc<T>(&self, value: T) -> NonNull<T> {
        let room = self.reserve::<T>();
        // SAFETY: the room is fresh, aligned and large enough for a `T`.
        unsafe { room.value.write(value) };
        // SAFETY: the room is this arena's, and was initialised on the line above; the rest is the caller's promise.
        unsafe { self.commit(&room) };
        room.value
    }

    /// Room for a `T`, and for its drop entry if it needs one.
    #[inline]
    pub(crate) fn reserve<T>(&self) -> Room<T> {
        let prefix = if mem::needs_drop::<T>() { size_of::<Entry>() } else { 0 };
        Room { value: self.room(prefix, room_for(size_of::<T>()), align_of::<T>()).cast() }
    }

    /// Tells the arena that `room` is initialised: from now on the value's destructor will run.
    ///
    /// # Safety
    /// `room` came from [`reserve`](Self::reserve) of this arena (or of one it absorbed), holds a value, was not committed
    /// before; and the clauses of [`alloc`](Self::alloc).
    #[inline]
    pub(crate) unsafe fn commit<T>(&self, room: &Room<T>) {
        if mem::needs_drop::<T>() {
            // SAFETY: `reserve` left room for an entry before a value that needs dropping (I4).
            unsafe { self.drops.push(room.value.cast(), drop_one::<T>) };
        }
    }

    /// Moves the items of a vector into the arena. O(n).
    ///
    /// # Safety
    /// As [`alloc`](Self::alloc), for every item.
    pub(crate) unsafe fn alloc_slice<T>(&self, mut items: Vec<T>) -> NonNull<[T]> {
        // SAFETY: `items` is a live allocation of its length, read once: its length is set to zero below.
        let slice = unsafe { self.copy_slice(NonNull::from(items.as_mut_slice())) };
        // SAFETY: zero is within the capacity, and the items are owned by the arena now.
        unsafe { items.set_len(0) };
        slice
    }

    /// Copies the bits of `items` into the arena, which owns them from now on.
    ///
    /// # Safety
    /// As [`alloc`](Self::alloc), for every item; and the caller treats the originals as moved out.
    pub(crate) unsafe fn copy_slice<T>(&self, items: NonNull<[T]>) -> NonNull<[T]> {
        let target = self.reserve_slice::<T>(items.len());
        // SAFETY: `reserve_slice` made room for as many, in a place that overlaps nothing (I2).
        unsafe { target.cast::<T>().copy_from_nonoverlapping(items.cast(), items.len()) };
        // SAFETY: initialised on the line above.
        unsafe { self.commit_slice(target) };
        target
    }

    /// Room for `len` items, and for length and drop entry if they need dropping.
    ///
    /// # Panics
    /// When the items exceed `isize::MAX` bytes.
    pub(crate) fn reserve_slice<T>(&self, len: usize) -> NonNull<[T]> {
        let layout = Layout::array::<T>(len).unwrap_or_else(|_| too_large(len));
        let prefix = if mem::needs_drop::<T>() { size_of::<Entry>() + size_of::<usize>() } else { 0 };
        // Rounded up, so that the entry before the items stays aligned on every target.
        let start = self.room(prefix.next_multiple_of(GRAIN), room_for(layout.size()), layout.align());
        NonNull::slice_from_raw_parts(start.cast(), len)
    }

    /// As [`commit`](Self::commit), for room from [`reserve_slice`](Self::reserve_slice).
    ///
    /// # Safety
    /// As [`commit`](Self::commit).
    pub(crate) unsafe fn commit_slice<T>(&self, items: NonNull<[T]>) {
        if mem::needs_drop::<T>() {
            // SAFETY: `reserve_slice` left room for a length and an entry before items that need dropping (I4).
            unsafe { self.drops.push_slice(items.cast(), items.len(), drop_slice::<T>) };
        }
    }

    /// Makes everything in `other` this arena's. O(1).
    pub(crate) fn absorb(&self, other: Arena) {
        let other = mem::ManuallyDrop::new(other);
        self.chunks.append(&other.chunks);
        self.drops.append(&other.drops);
        if other.left() > self.left() {
            self.bump.set(other.bump.get());
            self.end.set(other.end.get());
        }
    }

    /// Free bytes of the chunk in use.
    #[inline]
    fn left(&self) -> usize {
        self.end.get().addr() - self.bump.get().addr()
    }

    /// `size` bytes at a multiple of `align` and of the grain, with at least `prefix` unused bytes before them.
    /// `size` and `prefix` are multiples of the grain, `align` is a power of two.
    #[inline(always)]
    fn room(&self, prefix: usize, size: usize, align: usize) -> NonNull<u8> {
        let bump = self.bump.get();
        let before = prefix_at(bump.addr(), prefix, align);
        // Cannot overflow: a layout's size is at most `isize::MAX`, and `before` is below prefix + align.
        if before + size <= self.left() {
            // SAFETY: `before + size` bytes from `bump` lie in one chunk (I2).
            unsafe { self.take(bump, before, size) }
        } else {
            self.grow(prefix, size, align)
        }
    }

    /// Takes the room `start + before ..+ size` and moves the bump pointer behind it.
    ///
    /// # Safety
    /// `start ..+ before + size` is unused room of one chunk, which is the chunk in use.
    #[inline(always)]
    unsafe fn take(&self, start: *mut u8, before: usize, size: usize) -> NonNull<u8> {
        // SAFETY: in bounds of the chunk, by the caller.
        let value = unsafe { start.add(before) };
        // SAFETY: as above; one past its end at most.
        self.bump.set(unsafe { value.add(size) });
        // SAFETY: inside an allocation, so not null.
        unsafe { NonNull::new_unchecked(value) }
    }

    /// The slow path of [`room`](Self::room): a new chunk.
    #[cold]
    #[inline(never)]
    fn grow(&self, prefix: usize, size: usize, align: usize) -> NonNull<u8> {
        let need = prefix.checked_add(size).and_then(|n| n.checked_add(align)).unwrap_or_else(|| too_large(size));
        let (start, end) = self.chunks.add(need).unwrap_or_else(|| too_large(size));
        let before = prefix_at(start.addr(), prefix, align);
        let (kept_bump, kept_end, kept_left) = (self.bump.get(), self.end.get(), self.left());
        self.end.set(end);
        // SAFETY: the new chunk has `need` bytes from `start`, which cover prefix, padding and value (I2).
        let value = unsafe { self.take(start, before, size) };
        if self.left() < kept_left {
            // An oversized value filled its own chunk: go on with the other.
            self.bump.set(kept_bump);
            self.end.set(kept_end);
        }
        value
    }
}

/// Distance from `addr`, a multiple of the grain, to the next multiple of `align` that leaves `prefix` bytes before it.
#[inline(always)]
const fn prefix_at(addr: usize, prefix: usize, align: usize) -> usize {
    if align <= GRAIN {
        return prefix;
    }
    // Wrapping: the next multiple may be the end of the address space, and the distance is right all the same.
    let mask = align - 1;
    (addr.wrapping_add(prefix).wrapping_add(mask) & !mask).wrapping_sub(addr)
}

#[cold]
#[inline(never)]
fn too_large(size: usize) -> ! {
    panic!("polder: a value of {size} bytes or items exceeds the address space")
}

impl Drop for Arena {
    fn drop(&mut self) {
        // Also when a destructor panics: the list runs the others first, and the chunks go with the unwinding.
        // SAFETY: nobody can reach a value any more, so this is the last use of each.
        unsafe { self.drops.run(|_| true) };
        // Field `chunks` frees the memory.
    }
}

impl fmt::Debug for Arena {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arena").field("bytes", &self.bytes()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::Arena;

    #[test]
    #[should_panic(expected = "exceeds the address space")]
    fn more_items_than_addresses_panic() {
        Arena::new().reserve_slice::<u64>(usize::MAX / 8);
    }

    #[test]
    #[should_panic(expected = "exceeds the address space")]
    fn more_bytes_than_addresses_panic() {
        Arena::new().room(16, isize::MAX as usize & !7, 1 << 20);
    }

    #[test]
    fn an_oversized_value_leaves_the_chunk_in_use() {
        let arena = Arena::new();
        let first = arena.reserve::<u64>().value.addr().get();
        arena.reserve::<[u64; 4096]>();
        assert_eq!(arena.reserve::<u64>().value.addr().get(), first + 8);
    }

    #[test]
    fn chunks_double() {
        let arena = Arena::new();
        let mut sizes = vec![];
        for _ in 0..10_000 {
            arena.reserve::<u64>();
            if sizes.last() != Some(&arena.bytes()) {
                sizes.push(arena.bytes());
            }
        }
        assert!(sizes.len() > 2 && sizes.windows(2).all(|pair| pair[1] >= 2 * pair[0] || cfg!(miri)), "{sizes:?}");
    }
}
