//! A global allocator under which memory that was given back is not reused at once, and shows who touches it.
//!
//! A block that is freed is filled with a pattern and kept for a while. Who reads it reads the pattern, which no value has.
//! Who writes to it (a count that is decremented late, for instance) changes the pattern, and is found out when the
//! block's time is over. With an ordinary allocator both mostly hit the block's next user, or nothing.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    env, process, slice,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

/// What a freed block is full of.
pub(crate) const POISON: u8 = 0xDE;

/// Blocks that are kept at most.
const BLOCKS: usize = 1 << 15;
/// Bytes that are kept at most.
const BYTES: usize = 16 << 20;
/// The largest block that is kept.
const LARGEST: usize = 4 << 10;

/// The system's allocator with a quarantine.
pub(crate) struct Quarantine;

static ENABLED: AtomicBool = AtomicBool::new(false);
static WARD: Mutex<Ward> = Mutex::new(Ward::new());

/// Begins to keep blocks; the address sanitizer has a quarantine of its own, and sees more with that.
pub(crate) fn begin() {
    ENABLED.store(env::var_os("ASAN_OPTIONS").is_none(), Relaxed);
}

/// The kept blocks, in a ring.
struct Ward {
    blocks: [(usize, Layout); BLOCKS],
    first: usize,
    len: usize,
    bytes: usize,
}

impl Ward {
    const fn new() -> Self {
        Self { blocks: [(0, Layout::new::<()>()); BLOCKS], first: 0, len: 0, bytes: 0 }
    }

    /// Takes a block in; gives out the one whose time is over, if there is one.
    fn exchange(&mut self, block: usize, layout: Layout) -> Option<(usize, Layout)> {
        let over = (self.len == BLOCKS || self.bytes > BYTES).then(|| {
            let over = self.blocks[self.first];
            self.first = (self.first + 1) % BLOCKS;
            self.len -= 1;
            self.bytes -= over.1.size();
            over
        });
        self.blocks[(self.first + self.len) % BLOCKS] = (block, layout);
        self.len += 1;
        self.bytes += layout.size();
        over
    }
}

/// Ends the process if somebody has written to the block since it was freed.
fn examine(block: *const u8, size: usize) {
    // SAFETY: the block was allocated with this size and belongs to the quarantine.
    let bytes = unsafe { slice::from_raw_parts(block, size) };
    if bytes.iter().any(|&byte| byte != POISON) {
        eprintln!("memory was written to after it had been freed: a block of {size} bytes");
        process::abort();
    }
}

// SAFETY: memory comes from the system's allocator and goes back to it with the same layout, once; between, it belongs to
// the quarantine alone. Nothing in here allocates or unwinds.
unsafe impl GlobalAlloc for Quarantine {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's clauses.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if layout.size() > LARGEST || !ENABLED.load(Relaxed) {
            // SAFETY: the caller's clauses.
            return unsafe { System.dealloc(block, layout) };
        }
        // SAFETY: the block is the caller's, who gives it up, and of this size.
        unsafe { block.write_bytes(POISON, layout.size()) };
        let mut ward = WARD.lock().unwrap_or_else(PoisonError::into_inner);
        let over = ward.exchange(block.expose_provenance(), layout);
        drop(ward);
        if let Some((block, layout)) = over {
            let block = std::ptr::with_exposed_provenance_mut::<u8>(block);
            examine(block, layout.size());
            // SAFETY: allocated with this layout, and not given back yet.
            unsafe { System.dealloc(block, layout) };
        }
    }
}
