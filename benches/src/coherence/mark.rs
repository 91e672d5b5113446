//! How a recorded program says where its operations begin and end: stores to addresses that nothing else uses.

use std::io;
use std::sync::atomic::{AtomicU8, Ordering, compiler_fence};

/// The most cores that can be simulated.
pub const MOST_CORES: usize = 256;

/// Where the marks are; nothing else of a Linux process is placed there.
const BASE: usize = 0x10_0000_0000;
/// A line per core, so that the marks of two of them never meet.
const STRIDE: usize = 64;
const PER_KIND: usize = MOST_CORES * STRIDE;
const KINDS: [Kind; 3] = [Kind::Begin, Kind::End, Kind::Wrote];
const LENGTH: usize = PER_KIND * KINDS.len();

/// What a mark says of the operation of its core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It begins with the next instruction.
    Begin,
    /// It ended with the instruction before.
    End,
    /// The one that ended last was a write.
    Wrote,
}

/// A store that is a message to whoever reads the trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// What it says.
    pub kind: Kind,
    /// Of which core.
    pub core: usize,
}

impl Mark {
    /// The mark that a store to this address is, if it is one.
    #[inline]
    pub fn at(address: u64) -> Option<Self> {
        let offset = address.checked_sub(BASE as u64).filter(|&offset| offset < LENGTH as u64)? as usize;
        Some(Self { kind: KINDS[offset / PER_KIND], core: offset % PER_KIND / STRIDE })
    }

    /// The address of the store.
    pub const fn address(self) -> u64 {
        (BASE + self.kind as usize * PER_KIND + self.core * STRIDE) as u64
    }
}

/// The memory that the marks are stored to, in the program that is recorded.
#[derive(Clone, Copy, Debug)]
pub struct Board(&'static [AtomicU8]);

impl Board {
    /// Maps it.
    ///
    /// # Errors
    ///
    /// When the system does not place it where the reader of the trace expects it.
    pub fn map() -> io::Result<Self> {
        let wanted = std::ptr::without_provenance_mut(BASE);
        let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
        // SAFETY: an anonymous mapping; the address is a wish, so nothing that is mapped is replaced.
        let base = unsafe { libc::mmap(wanted, LENGTH, access, kind, -1, 0) };
        if base == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        if base != wanted {
            return Err(io::Error::other("the addresses of the marks are taken"));
        }
        // SAFETY: LENGTH readable and writable bytes, zeroed, never unmapped; atomics have no other requirement.
        Ok(Self(unsafe { std::slice::from_raw_parts(base.cast(), LENGTH) }))
    }

    /// Says it.
    #[inline(always)]
    pub fn say(self, kind: Kind, core: usize) {
        let cell = &self.0[kind as usize * PER_KIND + core * STRIDE];
        // What is marked stays on its side: the processor is out of the question in a program that is interpreted, one
        // thread at a time.
        compiler_fence(Ordering::SeqCst);
        // Relaxed: nobody reads it.
        cell.store(1, Ordering::Relaxed);
        compiler_fence(Ordering::SeqCst);
    }
}
